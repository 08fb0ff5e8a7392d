"""A judge held against labels: agreement, order, bias and means without it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kitae.core.mistakes import Mistake
from kitae.evaluate.judging.calibrate import BAR, calibrate, corrected_mean
from kitae.evaluate.judging.published import Row
from kitae.evaluate.judging.tally import categories_of
from kitae.evaluate.judging.votes import read_votes


def row(model: str, question: int, score: float, *, against: str = "") -> Row:
    scale = (0.0, 1.0) if against else (1.0, 10.0)
    return Row(
        model=model,
        question=str(question),
        turn=1,
        category="writing" if question < 20 else "math",
        score=score,
        low=score,
        high=score,
        failed=False,
        scale=scale,
        judge="j",
        prompt="",
        against=against,
    )


def rows(
    quality: dict[str, float], *, kind: float = 0.0, noise: float = 1.0, seed: int = 1, questions: int = 40
) -> list[Row]:
    random = np.random.default_rng(seed)
    hard = np.random.default_rng(99).normal(size=questions)
    return [
        row(model, question, float(np.clip(round(level + kind + hard[question] + noise * random.normal()), 1, 10)))
        for model, level in quality.items()
        for question in range(questions)
    ]


MODELS = {f"m{number}": 3.0 + 0.7 * number for number in range(7)}


def test_a_judge_that_ranks_as_people_do_is_accepted_however_kind_it_is() -> None:
    judged, labels = rows(MODELS, kind=0.8, seed=1), rows(MODELS, seed=2)
    found = calibrate(judged, labels, categories_of(judged))
    assert found.accepted and "order of 7 models" in found.why
    assert found.rank.value is not None and found.rank.value >= BAR
    assert found.overall.bias is not None and found.overall.bias_interval is not None
    assert found.overall.bias_interval.low < 0.8 < found.overall.bias_interval.high
    assert set(found.per_category) == {"math", "writing"}
    assert sum(each.n for each in found.per_category.values()) == found.overall.n == 7 * 40


def test_a_judge_that_gives_everything_the_same_is_not() -> None:
    judged = [row(model, question, 7.0) for model in MODELS for question in range(10)]
    found = calibrate(judged, rows(MODELS), {})
    assert not found.accepted and "not defined" in found.why


def test_a_judge_that_rolls_dice_is_not() -> None:
    judged = rows(dict.fromkeys(MODELS, 6.0), noise=3.0)
    found = calibrate(judged, rows(MODELS), {})
    assert not found.accepted and "below 0.95" in found.why


def test_an_order_that_may_be_chance_shows_nothing() -> None:
    """Both put the five models into the same order, by one question of four: on the others they are at odds."""

    def rated(slope: float) -> list[Row]:
        slopes = (2.0, slope, slope, slope)
        return [row(f"m{n}", question, 1 + each * n) for n in range(5) for question, each in enumerate(slopes)]

    found = calibrate(rated(-0.2), rated(0.2), {})
    assert found.rank.value == pytest.approx(1.0)
    assert found.rank.low is not None and found.rank.low < 0.95
    assert not found.accepted and "its lower end is below 0.95" in found.why


def test_a_single_question_has_no_interval_and_shows_nothing() -> None:
    one = [row(f"m{number}", 1, float(number)) for number in range(1, 8)]
    found = calibrate(one, one, {})
    assert found.rank.value == pytest.approx(1.0)
    assert not found.accepted and "without an interval" in found.why


def test_rows_of_several_judges_are_not_pooled() -> None:
    judged = [*rows(MODELS), *(replace(each, judge="k") for each in rows(MODELS))]
    with pytest.raises(Mistake, match="judged by j and by k"):
        calibrate(judged, rows(MODELS), {})


def test_with_few_models_single_answers_decide() -> None:
    two = {"m0": 3.0, "m1": 8.0}
    found = calibrate(rows(two, noise=2.5, seed=1), rows(two, noise=2.5, seed=2), {})
    assert found.rank.value == pytest.approx(1.0)
    assert not found.accepted and "single answers" in found.why


def test_the_corrected_mean_is_that_of_the_labels_where_all_have_one() -> None:
    labels = {("m", str(n), 1, ""): float(n) for n in range(10)}
    found = corrected_mean(dict.fromkeys(labels, 9.0), labels)
    assert found is not None and found[1] is not None
    assert found[0] == 4.5 and found[1].low < 4.5 < found[1].high


def test_without_labels_nothing_is_corrected() -> None:
    assert corrected_mean({("m", "1", 1, ""): 5.0}, {}) is None


@pytest.mark.parametrize("by_turn", [False, True])
def test_the_corrected_interval_holds_the_mean_that_labels_would_have_given(by_turn: bool) -> None:
    """A kind and noisy judge on 120 questions of two turns, labels on 40 of them (or on one turn of 80)."""
    random = np.random.default_rng(7)
    held, widths, alone = 0, [], []
    for _ in range(400):
        truth = random.normal(6, 1.5, 120)[:, None] + random.normal(0, 1.0, (120, 2))
        judge = truth + 0.9 + random.normal(0, 0.6, 120)[:, None] + random.normal(0, 0.5, (120, 2))
        judged = {("m", str(q), t, ""): float(judge[q, t]) for q in range(120) for t in (0, 1)}
        known = [(q, 0) for q in range(80)] if by_turn else [(q, t) for q in range(40) for t in (0, 1)]
        labels = {("m", str(q), t, ""): float(truth[q, t]) for q, t in known}
        found, own = corrected_mean(judged, labels), corrected_mean(labels, labels)
        assert found is not None and own is not None and found[1] is not None and own[1] is not None
        held += found[1].low <= 6 <= found[1].high
        widths.append(found[1].high - found[1].low)
        alone.append(own[1].high - own[1].low)
    assert 0.925 <= held / 400 <= 0.98
    assert np.mean(widths) < 0.9 * np.mean(alone)


def vote(question: int, winner: str, judge: str) -> dict[str, Any]:
    return {"question_id": question, "model_a": "a", "model_b": "b", "winner": winner, "judge": judge, "turn": 1}


def test_votes_of_several_people_are_put_together(tmp_path: Path) -> None:
    file = tmp_path / "votes.jsonl"
    lines = [vote(q, winner, f"expert_{n}") for q in range(6) for n, winner in enumerate(("model_a", "model_a", "tie"))]
    lines += [vote(q, "model_b", "expert_0") for q in range(6, 12)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    judged = [row("a", q, 1.0 if q < 6 else 0.0, against="b") for q in range(12)]
    judged += [row("b", q, 0.0 if q < 6 else 1.0, against="a") for q in range(12)]
    found = calibrate(judged, read_votes(file), {})
    assert found.overall.n == 12
    assert found.overall.kappa.value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ({"question_id": 1}, "no 'model_a'"),
        (vote(1, "a", "x"), "winner 'a'"),
        (vote(1, "tie", "x") | {"turn": None}, "not a vote"),
        (vote(1, "tie", "x") | {"turn": "first"}, "not a vote"),
        (vote(1, "tie", "x") | {"winner": ["model_a"]}, "not a vote"),
    ],
)
def test_what_is_no_vote_is_a_mistake(tmp_path: Path, line: dict[str, Any], what: str) -> None:
    (tmp_path / "votes.jsonl").write_text(json.dumps(line), encoding="utf-8")
    with pytest.raises(Mistake, match=what):
        read_votes(tmp_path / "votes.jsonl")


def test_labels_of_other_answers_are_a_mistake() -> None:
    with pytest.raises(Mistake, match="no answer has both"):
        calibrate(rows({"m": 5.0}), rows({"other": 5.0}), {})

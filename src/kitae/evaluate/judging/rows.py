"""Judgments of our own in the form in which published ones are counted, so that both go through one `tally`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from .asked import Answer
from .parsing import Parsed, Scale
from .published import OUTCOMES, Outcome, Row, bounded, pair_rows
from .request import About, JudgeRequest, Judgment
from .tally import Tally, tally


def rows_of(
    judgments: Sequence[Judgment],
    scale: Scale,
    answers: Iterable[Answer] = (),
    requests: Iterable[JudgeRequest] = (),
) -> list[Row]:
    """Rows for `tally.tally`: one for each rating, and two for each pair that was judged in both orders.

    Args:
        judgments: Of one protocol. A pair with one order missing has failed.
        scale: Of ratings.
        answers: What was judged, to look for what pleases a judge (`suspicion`).
        requests: All that was to be judged: one without a judgment has failed.
    """
    made = {each.key for each in judgments}
    judgments = [*judgments, *(_none(each) for each in requests if each.key not in made)]
    said = {answer.key: answer for answer in answers}
    single = [_single(each, scale, said) for each in judgments if not each.about.order]
    games: dict[tuple[tuple[str, ...], int], dict[str, Judgment]] = {}
    for each in judgments:
        if each.about.order:
            games.setdefault((each.about.answers, each.about.turn), {})[each.about.order] = each
    return single + [row for both in games.values() for row in _pair(both, said)]


def tally_of(
    judgments: Sequence[Judgment],
    scale: Scale,
    answers: Iterable[Answer] = (),
    requests: Iterable[JudgeRequest] = (),
) -> Tally:
    """What the single ratings of one model by one judge come to; arguments as of `rows_of`."""
    (found,) = tally(rows_of(judgments, scale, answers, requests), "mtbench")
    return found


def _none(request: JudgeRequest) -> Judgment:
    parse = Parsed(why="no judgment came")
    return Judgment(key=request.key, about=request.about, raw="", parse=parse, prompt_tokens=0, tokens=0, ms=0.0)


def _name(about: About) -> str:
    return f"{about.question}#{about.sample}" if about.sample else about.question


def _single(judgment: Judgment, scale: Scale, said: Mapping[str, Answer]) -> Row:
    about = judgment.about
    return Row(
        model=about.models[0],
        question=_name(about),
        turn=about.turn,
        category=about.category,
        **bounded(judgment.parse.score, scale),
        scale=scale,
        judge=about.judge,
        prompt=about.prompt,
        answer=_said(about, 0, said),
        cluster=about.cluster,
    )


def _said(about: About, number: int, said: Mapping[str, Answer]) -> str:
    answer = said.get(about.answers[number])
    return answer.turns[about.turn - 1] if answer else ""


def _pair(both: Mapping[str, Judgment], said: Mapping[str, Answer]) -> list[Row]:
    about = next(iter(both.values())).about
    return pair_rows(
        about.models[:2],
        outcome(both.get("ab"), "ab"),
        outcome(both.get("ba"), "ba"),
        question=_name(about),
        turn=about.turn,
        category=about.category,
        judge=about.judge,
        prompt=about.prompt,
        answers=(_said(about, 0, said), _said(about, 1, said)),
        cluster=about.cluster,
    )


def outcome(judgment: Judgment | None, order: Literal["ab", "ba"]) -> Outcome:
    """What a judgment says of the models as they are named, whatever the order they were shown in."""
    parsed = judgment.parse if judgment else Parsed(why="missing")
    shown = OUTCOMES[:2] if order == "ab" else OUTCOMES[1::-1]
    return {"A": shown[0], "B": shown[1], "tie": OUTCOMES[2], None: OUTCOMES[3]}[parsed.verdict]

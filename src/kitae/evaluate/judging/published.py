"""Judgments that others have published: FastChat's files, single and in pairs, and shaberi's.

FastChat (`lm-sys/FastChat`, `fastchat/llm_judge`) writes one JSON object a line; shaberi (`lightblue-tech`) one file a
model, with the question and the answer themselves. Rows are kept as they stand: what counts is decided in `tally`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...core.files import read_text
from ...core.mistakes import Mistake, nearest
from .extract import answers_in
from .parsing import Scale, fastchat_rating, fastchat_verdict

Kind = Literal["mtbench", "shaberi", "pairwise"]
Outcome = Literal["model_1", "model_2", "tie", "error"]

UNPARSED = -1
"""What FastChat writes where it found no rating."""


@dataclass(frozen=True)
class Row:
    """One judgment of one answer, or one game of a pair seen from one of its models."""

    model: str
    question: str
    turn: int
    category: str
    score: float | None
    """As the protocol counts it; `None` where it counts nothing."""
    low: float
    """The least that it could be: the score itself unless the judgment failed."""
    high: float
    failed: bool
    scale: Scale
    judge: str
    prompt: str
    """The name of the judge's prompt."""
    against: str = ""
    """Of a game: the other model."""
    agreed: bool | None = None
    """Of a game: whether both orders had the same result; `None` where one of them failed, and for single answers."""
    answer: str = ""
    """As far as it can be found."""
    doubt: str = ""
    """What is odd about the row."""
    where: str = ""
    cluster: str = ""
    """What errors are clustered by, where that is not the question itself."""

    @property
    def unit(self) -> str:
        return self.cluster or self.question

    @property
    def key(self) -> tuple[str, str, int, str]:
        """A later row with the same key replaces an earlier one."""
        return self.model, self.question, self.turn, self.against


def read_judgments(files: Sequence[Path], kind: str) -> list[Row]:
    """All rows of the files, in their order.

    Raises:
        Mistake: no such protocol, a missing or empty file, or a line that is no such judgment.
    """
    if kind not in READERS:
        raise Mistake(f"no protocol `{kind}` of published judgments", where="--protocol", hint=nearest(kind, READERS))
    read = READERS[kind]
    rows = [row for file in files for line, where in read_lines(file) for row in _read(read, line, file, where, kind)]
    for file in files:
        if not any(row.where.startswith(f"{file}, ") for row in rows):
            raise Mistake("a file without a judgment", where=str(file), hint="name files of JSON Lines")
    return rows


def read_rows(lines: Iterable[dict[str, Any]], kind: str, where: str) -> list[Row]:
    """Rows of objects that are no file's: FastChat's, which name their models themselves.

    Args:
        where: They are from.
    """
    return [
        row
        for number, line in enumerate(lines, start=1)
        for row in _read(READERS[kind], line, Path(), f"{where}, row {number}", kind)
    ]


def read_lines(file: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects of a file, each with where it stands.

    Raises:
        Mistake: the file is missing, or a line is no JSON object.
    """
    if not file.is_file():
        raise Mistake("there is no such file of judgments", where=str(file), hint="name files of JSON Lines")
    # Not splitlines(): U+2028 and its like stand inside strings.
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        if line.strip():
            yield _object(line, f"{file}, line {number}"), f"{file}, line {number}"


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise Mistake(f"not JSON: {error}", where=where, hint="one JSON object a line") from None
    if not isinstance(found, dict):
        raise Mistake("not a JSON object", where=where, hint="one JSON object a line")
    return found


_Read = Callable[[Mapping[str, Any], Path, str], list[Row]]


def _read(read: _Read, line: dict[str, Any], file: Path, where: str, kind: str) -> list[Row]:
    try:
        return read(line, file, where)
    except UNREADABLE as error:
        other = next((name for name, keys in _KEYS.items() if name != kind and keys <= line.keys()), "")
        hint = f"try `--protocol {other}`" if other else f"a line has {', '.join(sorted(_KEYS[kind]))}"
        raise unreadable(f"a judgment of the protocol {kind}", error, where, hint) from None


UNREADABLE = (KeyError, TypeError, ValueError, IndexError)
"""What reading a line ends in that is of another form."""


def unreadable(what: str, error: Exception, where: str, hint: str) -> Mistake:
    """
    Args:
        what: The line was taken for.
    """
    told = f"no {error}" if isinstance(error, KeyError) else str(error)
    return Mistake(f"not {what}: {told}", where=where, hint=hint)


_KEYS: dict[str, frozenset[str]] = {
    "mtbench": frozenset({"question_id", "model", "score"}),
    "pairwise": frozenset({"question_id", "model_1", "model_2"}),
    "shaberi": frozenset({"Question", "ModelAnswer", "score"}),
}


def _number(value: Any) -> float | None:
    """
    Raises:
        TypeError: it is neither a number nor null.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"the score {value!r} is no number")
    return float(value) if math.isfinite(value) else None


def bounded(score: float | None, scale: Scale) -> dict[str, Any]:
    """What a score counts, and what it could be: one off the scale is no score, though the mean has it in."""
    if score is None:
        return {"score": None, "low": scale[0], "high": scale[1], "failed": True}
    off = not scale[0] <= score <= scale[1]
    low, high = (min(score, scale[0]), max(score, scale[1])) if off else (score, score)
    return {"score": score, "low": low, "high": high, "failed": off}


def _single(line: Mapping[str, Any], file: Path, where: str) -> list[Row]:
    """FastChat's `…_single.jsonl`. The score that stands there counts, as in its `show_result`; where none stands, what
    is read from the judge's words."""
    text = str(line.get("judgment", ""))
    read = fastchat_rating(text, _TEN).score
    score = _number(line["score"]) if "score" in line else read
    score = None if score == UNPARSED else score
    judge, prompt = _judge(line)
    shown = str(line.get("user_prompt", ""))
    turn = int(line.get("turn", 1))
    return [
        Row(
            model=str(line["model"]),
            **_question(line),
            turn=turn,
            category=str(line.get("category", "")),
            **bounded(score, _TEN),
            scale=_TEN,
            judge=judge,
            prompt=prompt,
            answer=answers_in(shown, turn)[0],
            doubt="" if not text or score == read else "the score is not what the judge's words say",
            where=where,
        )
    ]


def _question(line: Mapping[str, Any]) -> dict[str, Any]:
    """Several samples of a question are no repeated rows. FastChat knows none; our own files tell them apart."""
    question, sample = str(line["question_id"]), int(line.get("sample", 0))
    return {"question": f"{question}#{sample}" if sample else question, "cluster": question if sample else ""}


_TEN: Scale = (1.0, 10.0)
HALF: Scale = (0.0, 1.0)
"""Of games: a tie is half a win."""


def _judge(line: Mapping[str, Any]) -> tuple[str, str]:
    """FastChat writes `[model, prompt]`; older files the model alone."""
    judge = line.get("judge", "")
    if isinstance(judge, (list, tuple)):
        return str(judge[0]), str(judge[1]) if len(judge) > 1 else ""
    return str(judge), ""


OUTCOMES: tuple[Outcome, ...] = ("model_1", "model_2", "tie", "error")


def _pair(line: Mapping[str, Any], file: Path, where: str) -> list[Row]:
    """FastChat's `…_pair.jsonl`: both orders."""
    judge, prompt = _judge(line)
    turn = int(line.get("turn", 1))
    shown = answers_in(str(line.get("g1_user_prompt", "")), turn)
    return pair_rows(
        (str(line["model_1"]), str(line["model_2"])),
        _outcome(line, 1),
        _outcome(line, 2),
        **_question(line),
        turn=turn,
        category=str(line.get("category", "")),
        judge=judge,
        prompt=prompt,
        answers=shown if len(shown) == 2 else ("", ""),
        where=where,
    )


def pair_rows(
    models: Sequence[str], first: Outcome, second: Outcome, *, answers: Sequence[str] = ("", ""), **told: Any
) -> list[Row]:
    """Two games from the side of each model. A win counts if both orders agree; any other two results are a tie.

    Args:
        models: As they are named; `first` and `second` are of the two orders.
        answers: Of each model.
        told: The row's other fields.
    """
    failed = "error" in (first, second)
    rows = []
    for number, own in enumerate(OUTCOMES[:2]):
        points = None if failed else _points(first, second, own)
        rows.append(
            Row(
                model=models[number],
                **bounded(points, HALF),
                scale=HALF,
                against=models[1 - number],
                agreed=None if failed else first == second,
                answer=answers[number],
                **told,
            )
        )
    return rows


def _outcome(line: Mapping[str, Any], game: int) -> Outcome:
    """
    Raises:
        ValueError: the result is none of FastChat's.
    """
    winner = line["winner"] if f"g{game}_winner" not in line and "winner" in line else line.get(f"g{game}_winner")
    if winner is None:
        winner = _from_words(str(line[f"g{game}_judgment"]), game)
    if winner not in OUTCOMES:
        raise ValueError(f"the winner {winner!r} is none of {', '.join(OUTCOMES)}")
    return OUTCOMES[OUTCOMES.index(winner)]


def _from_words(text: str, game: int) -> Outcome:
    verdict = fastchat_verdict(text, HALF).verdict
    first, second = OUTCOMES[:2] if game == 1 else OUTCOMES[1::-1]
    return {"A": first, "B": second, "tie": OUTCOMES[2], None: OUTCOMES[3]}[verdict]


def _points(first: Outcome, second: Outcome, own: Outcome) -> float:
    if first != second or first == "tie":
        return 0.5
    return 1.0 if first == own else 0.0


def _shaberi(line: Mapping[str, Any], file: Path, where: str) -> list[Row]:
    """A line of shaberi: the model is the file's name, and a question has no id but itself."""
    scale = _scale(line, file)
    return [
        Row(
            model=file.stem,
            question=str(line["Question"]),
            turn=1,
            category=str(line.get("Category", "")),
            **bounded(_number(line["score"]), scale),
            scale=scale,
            judge="",
            prompt=file.parent.name,
            answer=str(line["ModelAnswer"]),
            where=where,
        )
    ]


SCALES: dict[str, Scale] = {"tengu": (0.0, 10.0), "elyza": (1.0, 5.0), "mt-bench": _TEN, "rakuda": _TEN}
"""Of the benchmarks that shaberi runs, by a word of the folder's name."""


def _scale(line: Mapping[str, Any], file: Path) -> Scale:
    """Tengu-Bench alone has criteria, and marks from 0; a folder of another name is taken for one that marks from 1."""
    named = next((scale for word, scale in SCALES.items() if word in file.parent.name.lower()), None)
    return named or (SCALES["tengu"] if "Criteria" in line else _TEN)


READERS: dict[str, _Read] = {"mtbench": _single, "shaberi": _shaberi, "pairwise": _pair}

"""Suites: questions with known answers, which no training may see."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, ValidationError

from .mistakes import Mistake
from .noun import Noun, digest

SuiteKind = Literal["unseen", "known", "task"]
"""`unseen`: its documents are kept out of training. `known`: new questions about documents that are trained on.
`task`: inputs of a task of the company's own, none of which is trained on."""


class Evidence(Noun):
    """Where an answer stands: the file (below its source's folder), the heading, and the words."""

    file: str
    heading: str = ""
    quote: str


class Question(Noun):
    """One question of a suite. Further keys in the file are allowed and ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    question: str
    answerable: bool
    gold: tuple[str, ...] = ()
    """Alternatives, any of which makes an answer right."""
    evidence: tuple[Evidence, ...] = ()
    kind: str = ""
    difficulty: int = 1

    @property
    def version(self) -> str:
        """Changes when what is asked or what counts as right changes."""
        return digest([self.question, self.answerable, list(self.gold)])[:16]


class Suite(Noun):
    """Questions that are counted together, and never pooled with another suite."""

    name: str
    kind: SuiteKind
    questions: tuple[Question, ...]
    measure: Literal["answer", "exact", "lines"] = "answer"
    """How what was said is compared with gold; `exact` and `lines` are for tasks."""
    instruction: str = ""
    """Of a task: what stands before every input."""


def read_suite(file: Path, *, name: str, kind: SuiteKind) -> Suite:
    """Reads JSON Lines, one question a line.

    Raises:
        Mistake: the file is missing, a line is no question, or an id stands twice.
    """
    if not file.is_file():
        raise Mistake("the questions of a suite are missing", where=str(file), hint="correct `file` in [[suites]]")
    questions: dict[str, Question] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{file}, line {number}"
        question = _question(line, where)
        if question.id in questions:
            raise Mistake(f"the question id `{question.id}` stands twice", where=where, hint="give each its own id")
        questions[question.id] = question
    if not questions:
        raise Mistake("a suite without a question", where=str(file), hint="write one JSON object a line")
    return Suite(name=name, kind=kind, questions=tuple(questions.values()))


def _question(line: str, where: str) -> Question:
    try:
        question = Question.model_validate(json.loads(line))
    except (json.JSONDecodeError, ValidationError) as error:
        reason = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        key = ".".join(str(part) for part in reason["loc"])
        raise Mistake(
            f"not a question: {key} {reason['msg']}".replace(":  ", ": "),
            where=where,
            hint='a line is like {"id": "q1", "question": "…", "answerable": true, "gold": ["…"], "evidence": []}',
        ) from None
    if question.answerable and not question.gold:
        raise Mistake("an answerable question without `gold`", where=where, hint="say what a right answer contains")
    return question


_TAG = re.compile(r"<[^<>]{1,200}>")
_MARKS = re.compile(r"[\s|*_`#>\-:]+")


def squeeze(text: str) -> str:
    """Text without marks and white space, width-folded: quotes are looked for in this form.

    A quote may span line breaks, table bars or HTML tags of the file, which the reader has taken away.
    """
    return _MARKS.sub("", _TAG.sub("", unicodedata.normalize("NFKC", text)))

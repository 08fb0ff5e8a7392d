"""What a judge is told: published prompts read from their files, and our own."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ...core.files import read_text
from ...core.mistakes import Mistake
from ...core.noun import Noun, digest

Kind = Literal["single", "pair"]

FIELDS: dict[tuple[Kind, int], frozenset[str]] = {
    ("single", 1): frozenset({"question", "answer", "ref_answer_1"}),
    ("single", 2): frozenset({"question_1", "answer_1", "question_2", "answer_2", "ref_answer_1", "ref_answer_2"}),
    ("pair", 1): frozenset({"question", "answer_a", "answer_b", "ref_answer_1"}),
    ("pair", 2): frozenset(
        {"question_1", "question_2", "ref_answer_1", "ref_answer_2"}
        | {f"answer_{side}_{turn}" for side in "ab" for turn in (1, 2)}
    ),
}
"""What a template may be filled with, under FastChat's names; `{fence}` besides (see `delimit`)."""
FORMATS: dict[str, Kind] = {"[[rating]]": "single", "[[評価]]": "single", "[[A]]": "pair"}
"""How FastChat's files say what a judge has to write."""


class Template(Noun):
    """One prompt of a judge."""

    name: str
    kind: Kind
    turn: int
    """Which turn is judged; the second is shown with the first."""
    guided: bool
    """Whether it shows a right answer."""
    system: str
    text: str
    """Of the user's turn, with `{question}` and the like in it."""

    @property
    def digest(self) -> str:
        """Judgments under different prompts are not compared."""
        return digest([self.system, self.text])[:16]

    def fill(self, values: Mapping[str, str]) -> str:
        """The user's turn; what is filled in is taken as it is, braces included."""
        return self.text.format(**values)


def read_templates(file: Path) -> tuple[Template, ...]:
    """FastChat's `judge_prompts.jsonl`, byte for byte.

    Raises:
        Mistake: the file is missing, a line is no prompt, or a prompt asks for something that is not known.
    """
    if not file.is_file():
        raise Mistake("the judge's prompts are missing", where=str(file), hint="name the published judge_prompts.jsonl")
    lines = read_text(file).split("\n")
    return tuple(_read(line, f"{file}, line {number}") for number, line in enumerate(lines, 1) if line.strip())


def _read(line: str, where: str) -> Template:
    try:
        row: dict[str, Any] = json.loads(line)
        name, format_ = row["name"], row["output_format"]
        template = Template(
            name=name,
            kind=FORMATS[format_],
            turn=2 if "multi-turn" in name else 1,
            guided="{ref_answer_1}" in row["prompt_template"],
            system=row["system_prompt"],
            text=row["prompt_template"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Mistake(f"not a judge's prompt: {error}", where=where, hint=_LINE) from None
    check_fields(template, where)
    return template


_LINE = "a line is FastChat's: name, system_prompt, prompt_template, output_format [[rating]] or [[A]]"


def check_fields(template: Template, where: str) -> None:
    """
    Raises:
        Mistake: a brace that is never closed, or a field that cannot be filled; attributes (`{answer.x}`) among them.
    """
    try:
        found = {field for _, field, _, _ in string.Formatter().parse(template.text) if field is not None}
    except ValueError as error:
        what = f"the braces of the prompt `{template.name}` are not in order: {error}"
        raise Mistake(what, where=where, hint="write a brace that is meant as one twice: {{ or }}") from None
    wrong = sorted(found - FIELDS[template.kind, template.turn] - {"fence"})
    if wrong:
        known = ", ".join(f"{{{name}}}" for name in sorted(FIELDS[template.kind, template.turn]))
        raise Mistake(f"the prompt `{template.name}` asks for {{{wrong[0]}}}", where=where, hint=f"known are {known}")


def pick(templates: Sequence[Template], kind: Kind, turn: int, *, guided: bool) -> Template:
    """The prompt for a turn.

    Raises:
        Mistake: there is none.
    """
    for each in templates:
        if (each.kind, each.turn, each.guided) == (kind, turn, guided):
            return each
    what = f"no {kind} prompt for turn {turn}{' with a reference' if guided else ''}"
    raise Mistake(
        what, where="the judge's prompts", hint="take a set that has it: `kitae suites add FOLDER --prompts NAME`"
    )


def delimit(texts: Sequence[str]) -> str:
    """A mark that none of the texts can hold, since it is made of all of them: an answer cannot end itself early."""
    mark = digest(list(texts))[:12]
    while any(mark in text for text in texts):
        mark = digest(mark)[:12]
    return mark

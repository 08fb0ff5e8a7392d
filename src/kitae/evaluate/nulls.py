"""Rows that need no model: what a score is worth that cannot beat them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

from ..core.dialogue import Dialogue
from ..core.generation import Generated, Identity
from ..core.mistakes import Mistake, nearest
from ..core.passage import Passage
from ..engine.grounding import abstain, answer_with_citation
from .recipe import Row

Language = Literal["ja", "en"]

NULL = "null"


def refuse(shown: Sequence[Passage], language: Language) -> str:
    """Always says that the documents do not tell."""
    return abstain(language)


def copy(shown: Sequence[Passage], language: Language) -> str:
    """The best passage word for word, and its citation."""
    return answer_with_citation(shown[0].text, [1]) if shown else abstain(language)


def first(shown: Sequence[Passage], language: Language) -> str:
    """The first sentence of the best passage, and its citation."""
    return answer_with_citation(first_sentence(shown[0].text), [1]) if shown else abstain(language)


def first_sentence(text: str) -> str:
    """Up to the first full stop or line break, whichever comes first."""
    found = re.match(r".*?(?:[。！？!?]|\.(?=\s|$)|(?=\n)|$)", text.strip())
    return found[0] if found else ""


NULLS: dict[str, Callable[[Sequence[Passage], Language], str]] = {
    "null.refuse": refuse,
    "null.copy": copy,
    "null.first": first,
}

NULL_ROWS = (
    Row(name="null.refuse", model=NULL, way="closed"),
    Row(name="null.copy", model=NULL, way="retrieval"),
    Row(name="null.first", model=NULL, way="retrieval"),
)
"""They belong into every decision table."""


TASK_NULL_ROWS = (
    Row(name="null.usual", model=NULL, way="task"),
    Row(name="null.echo", model=NULL, way="task"),
)
"""The same for tasks: always what is most often wanted, and the input itself."""


def null_answer(row: Row, shown: Sequence[Passage], language: Language) -> Generated:
    """What a null row answers to a question, at no cost.

    Raises:
        Mistake: there is no such null row.
    """
    if row.name not in NULLS:
        raise Mistake(f"`{row.name}` is no null row", hint=nearest(row.name, NULLS))
    return _free(NULLS[row.name](shown, language))


def task_null_answer(row: Row, input: str, learnt: Sequence[Dialogue]) -> Generated:
    """What a null row makes of a task's input.

    Args:
        learnt: The task's pairs that models are trained on.
    """
    if row.name == "null.echo":
        return _free(input)
    counts = Counter(each.answer for each in learnt)
    return _free(min(counts, key=lambda output: (-counts[output], output)) if counts else "")


def _free(text: str) -> Generated:
    return Generated(text=text, finish="stop", prompt_tokens=0, tokens=0, seconds=0.0)


def null_identity(row: Row) -> Identity:
    return Identity(model=row.name, engine="rule", number_format="none")

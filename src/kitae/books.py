"""The books of one examined model: which one a name means, and what the records have of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .core.generation import Identity
from .core.mistakes import Mistake, nearest
from .core.records import Records
from .evaluate.judging.asked import REPLIES, Answer
from .evaluate.judging.request import JUDGMENTS, Judgment
from .project import Project


@dataclass(frozen=True)
class Book:
    """What the records have of one model."""

    name: str
    who: tuple[str, Identity]
    """As its answers name it; `name` may say more."""
    answers: Mapping[str, Answer]
    """By key."""
    judgments: Sequence[Judgment]
    """Of single answers."""

    @property
    def suites(self) -> list[str]:
        return list(dict.fromkeys(each.about.suite for each in self.judgments))


def examined_names(records: Records) -> dict[str, tuple[str, Identity]]:
    """Every examined model by what it is called: its name, with its identity where one name stands for several."""
    found: dict[str, dict[Identity, None]] = {}
    for row in records.all(REPLIES):
        found.setdefault(row["model"], {})[Identity.model_validate(row["identity"])] = None
    return {
        name if len(identities) == 1 else f"{name} [{each.model}, {each.engine}, {each.number_format}]": (name, each)
        for name, identities in found.items()
        for each in identities
    }


def meant(project: Project, written: str) -> list[str]:
    """The examined models that a name may mean; the store's latest where one is."""
    names = examined_names(project.records)
    if written in names:
        return [written]
    found = [told for told, (name, _) in names.items() if written in (name, _short(name))]
    if len(found) > 1:
        latest = [told for told in found if names[told][0] in _latest(project, written)]
        return latest if len(latest) == 1 else found
    return found


_VERSION = re.compile(r"@[0-9a-f]{8}")


def _short(name: str) -> str:
    return _VERSION.sub("", name)


def _latest(project: Project, written: str) -> list[str]:
    """What the store means by a name without a version."""
    bare, _, more = written.partition(" + ")
    try:
        return [f"{project.store.named(bare).id}{f' + {more}' if more else ''}"]
    except Mistake:
        return []


def book_of(project: Project, written: str) -> Book:
    """
    Raises:
        Mistake: no model of that name was examined, or it stands for several.
    """
    records, found = project.records, meant(project, written)
    names = examined_names(records)
    if not found:
        raise Mistake(f"no model `{written}` was examined", where="records", hint=nearest(written, names))
    if len(found) > 1:
        raise Mistake(
            f"`{written}` stands for {len(found)} models in the records",
            where="records",
            hint=f"name one: {'; '.join(found)}",
        )
    name, identity = names[found[0]]
    told = identity.model_dump(mode="json")
    replies = [row for row in records.all(REPLIES) if row["model"] == name and row["identity"] == told]
    rated = [row for row in records.all(JUDGMENTS) if row["about"]["models"] == [name]]
    return Book(
        name=found[0],
        who=(name, identity),
        answers={each.key: each for each in map(Answer.model_validate, replies)},
        judgments=[Judgment.model_validate(row) for row in rated if row["about"]["identities"] == [told]],
    )

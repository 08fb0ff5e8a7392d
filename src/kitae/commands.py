"""What people do with the road: walk it, plan it, compare, report, export, ask, find the dose.

These are the functions behind the commands; the command line, Python and the tests call the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .core.artifact import Artifact
from .core.files import write_atomically
from .core.label import EVERYONE, may_read
from .core.making import Making
from .core.mistakes import Mistake
from .core.run import Watcher
from .evaluate.table import Line, Table, decision_table
from .gate.client import LEDGER
from .measuring import load, rereading
from .project import Project, Variant
from .road import Road, walk

if TYPE_CHECKING:
    from .assistant.answer import Answer

AGAINST = "base.retrieval"
"""The row that others are compared with, unless somebody names another: what there is without any training."""

SHARES = (0.25, 0.5)
"""Of the dialogues; none at all is the base, all of them the project's own model."""


def make_all(
    project: Project, watcher: Watcher | None = None, *, until: str = "report", place: str = ""
) -> tuple[Making, Road]:
    """Walks the road under the store's lock, and writes the report at its end."""
    with project.store.lock():
        making = Making(project.store, project.records, watcher) if watcher else Making(project.store, project.records)
        road = walk(project, making, until=until, place=place)
        if until == "report":
            write_report(project, making)
    return making, road


def plan(project: Project, *, until: str = "report", place: str = "") -> Making:
    """What would be reused and what is stale, without making anything."""
    making = Making(project.store, project.records, dry=True)
    walk(project, making, until=until, place=place)
    return making


def sealed(project: Project) -> tuple[Making, Road]:
    """The road as far as everything is up to date.

    Raises:
        Mistake: something is stale, so that what there is does not belong together.
    """
    making = Making(project.store, project.records, dry=True)
    road = walk(project, making)
    if stale := [step for step in making.steps if step.outcome == "stale"]:
        raise Mistake(
            f"{len(stale)} of {len(making.steps)} artifacts are stale or not made yet, first {stale[0].artifact}",
            where=str(project.folder),
            hint="`kitae run` makes them; `kitae run --dry-run` says why",
        )
    return making, road


def decide(project: Project, scorecards: list[Artifact], against: str | None = None) -> Table:
    """The decision table of the scorecards."""
    return decision_table(scorecards, against=against or AGAINST, yen_per_hour=project.yen_per_hour)


def write_report(project: Project, making: Making) -> Path:
    """Writes `report.html` from what is sealed, and its decision table alone as `report.svg`."""
    from .report.page import write
    from .report.picture import picture
    from .report.story import Story

    story = Story(
        name=project.file.project.name,
        language=project.file.project.language,
        artifacts=making.used,
        goal=project.file.goal,
        steps=making.steps,
        ledger=list(project.records.all(LEDGER)),
        against=AGAINST,
        yen_per_hour=project.yen_per_hour,
    )
    write_atomically(project.folder / "report.svg", [picture(story).encode()])
    return write(project.folder / "report.html", story)


def export(project: Project, artifact: str, folder: Path, *, adapter: bool = False, place: str = "") -> Artifact:
    """Writes a model as a plain Hugging Face folder outside the store, with its card.

    Args:
        artifact: As in `Store.named`.
        folder: One that does not exist or is empty.
        adapter: The adapter alone, as PEFT reads it.
        place: Where it was trained, of `[[places]]`; the first when left out.

    Returns:
        The model.

    Raises:
        Mistake: there is no such model, place or adapter, the folder is not free, or the model was edited.
    """
    from .engine.export import CARD, NOTICE, export_model
    from .report.card import card
    from .report.licences import notice
    from .report.subject import Told

    model = project.store.named(artifact)
    told = Told(
        project=project.file.project.name,
        language=project.file.project.language,
        model=model,
        store=project.store,
        place=project.place(place),
        against=AGAINST,
        adapter=adapter,
    )
    export_model(model, folder, adapter=adapter, beside=lambda: {CARD: card(told), NOTICE: notice(model.licences)})
    return model


def ask(project: Project, question: str, groups: tuple[str, ...]) -> tuple[Answer, Artifact]:
    """Asks the tuned model with retrieval, on behalf of somebody in `groups`.

    Raises:
        Mistake: something is stale, or the model was trained on what these groups may not read.
    """
    from .assistant.answer import answer
    from .core.generation import Decoding

    _, road = sealed(project)
    model, file = road.models["tuned"], project.file
    reader = (EVERYONE, *groups)
    if not may_read(reader, model.groups):
        raise Mistake(
            f"the model learnt from documents of {', '.join(model.groups) or 'no common group'}",
            where=model.id,
            hint="ask as one of them: `kitae ask --group NAME`",
        )
    assert road.knowledge is not None
    generator = load(model, file, workers=1)
    told = answer(
        question,
        generator=generator,
        retriever=rereading(road.knowledge.open(), generator, file, file.knowledge.search.candidates),
        groups=reader,
        k=file.knowledge.search.k,
        decoding=Decoding(max_tokens=file.evaluate.max_tokens),
        language=file.project.language,
    )
    return told, model


@dataclass(frozen=True)
class Dose:
    """A model that learnt from a share of the dialogues, and what it has come to."""

    share: float
    model: str
    """As rows of the decision table call it."""
    dialogues: int
    tokens: int
    seconds: float
    """Of its tuning."""
    yen: float
    lines: tuple[Line, ...]
    """Closed book and with retrieval, on every suite."""


def doses(project: Project, watcher: Watcher | None = None) -> list[Dose]:
    """How much is learnt from none, a quarter, a half and all of the dialogues, and for how much.

    The same course on less: a share of the dialogues and of the tokens. What was made before is used again.
    """
    project = Project(project.folder)  # its file is changed below
    names = {f"dose-{round(100 * share)}": share for share in SHARES}
    variants = tuple(Variant(name=name, set={"train.tune.share": share}) for name, share in names.items())
    project.file = project.file.model_copy(update={"variants": variants})
    _, road = make_all(project, watcher, until="evaluate")
    table = decide(project, road.scorecards)
    shares = {"base": 0.0, **{f"tuned-{name}": share for name, share in names.items()}, "tuned": 1.0}
    return [_dose(road, table, model, share, project.yen_per_hour) for model, share in shares.items()]


def _dose(road: Road, table: Table, model: str, share: float, yen_per_hour: float) -> Dose:
    tuned = road.tuned.get(model)
    seconds = float(tuned.measured.get("training_seconds", 0.0)) if tuned else 0.0
    return Dose(
        share=share,
        model=model,
        dialogues=int(tuned.facts["examples"]) if tuned else 0,
        tokens=int(tuned.facts["trained_tokens"]) if tuned else 0,
        seconds=seconds,
        yen=seconds / 3600 * yen_per_hour,
        lines=tuple(line for line in table.lines if line.model == model and line.way in ("closed", "retrieval")),
    )

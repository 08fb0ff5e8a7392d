"""Whether a judge may decide: what came of holding it against labels, kept in the project's records."""

from __future__ import annotations

from ...core.generation import Identity
from ...core.noun import Noun, digest
from ...core.records import Records
from .agreement import Figure
from .alike import DOUBTS
from .drifts import drift_told

KIND = "calibrations"


def version_of(identity: Identity) -> str:
    """What a judge's ratings are told apart by: on another engine or in another number format it is another judge."""
    return f"{identity.model} {identity.engine} {identity.number_format}"


class Standing(Noun):
    """The last time that a judge was held against labels. Under another protocol it is another judge."""

    judge: str
    """Its name in the project then."""
    version: str
    protocol: str
    accepted: bool
    why: str
    bar: float
    rank: Figure
    """The rank correlation that decided."""
    kappa: Figure
    """Over single answers or games."""
    judgments: tuple[str, ...]
    """Digests of the files of its judgments; none where they are in the records."""
    labels: str
    """Digest of the file of labels."""


def _key(version: str, protocol: str) -> str:
    return digest([version, protocol])[:32]


def remember(records: Records, found: Standing) -> None:
    """Keeps what was found; a later one replaces it for readers."""
    records.add(KIND, _key(found.version, found.protocol), found.model_dump(mode="json"))


def standing(records: Records, version: str, protocol: str) -> Standing | None:
    """What is known of a judge; `None` where it was never held against anything as it is now."""
    row = records.get(KIND, _key(version, protocol))
    return Standing.model_validate(row) if row else None


def told(records: Records, judge: str, version: str, protocol: str) -> str:
    """What has to be said beside a judge's scores; empty where it is accepted."""
    found = standing(records, version, protocol)
    if found is not None:
        return "" if found.accepted else f"{judge} is not accepted for the number that decides: {found.why}"
    before = [row for row in records.all(KIND) if row.get("judge") == judge and row.get("protocol") == protocol]
    if before:
        return f"{judge} was held against labels as {before[-1]['version']}, and is {version} now: calibrate it again"
    return f"whether {judge} agrees with people is not known here under {protocol} (`kitae judge calibrate` tells)"


def doubts(records: Records, judge: str, version: str, protocol: str) -> dict[str, str]:
    """Why a judge may not decide, by the names of `alike.DOUBTS`; empty where it may.

    Args:
        judge: Its name in the project.
    """
    found = (told(records, judge, version, protocol), drift_told(records, judge, version))
    return {name: why for name, why in zip(DOUBTS, found, strict=True) if why}

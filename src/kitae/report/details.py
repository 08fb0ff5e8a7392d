"""Details of the runs: how long, how much memory, where, with which packages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..core.artifact import Artifact
from .story import Story

_COLUMNS = ("seconds", "host", "cores", "peak_memory_bytes", "sealed")


@dataclass(frozen=True)
class Made:
    """An artifact and what was measured when it was made."""

    artifact: Artifact
    outcome: str
    """`made` or `reused` in the run that wrote this report; empty where that is not known."""
    why: str
    seconds: float | None
    memory: float | None
    """Peak of the whole process up to then, in bytes."""
    cores: int | None
    figures: tuple[tuple[str, Any], ...]
    """What else the stage measured."""


@dataclass(frozen=True)
class Details:
    """All runs, and what they had in common."""

    made: tuple[Made, ...]
    seconds: float
    hosts: tuple[tuple[str, int | None], ...]
    packages: tuple[tuple[str, tuple[str, ...]], ...]
    """Package and its versions; more than one where it was updated in between."""
    versions: tuple[str, ...]
    """Of kitae."""


def details(story: Story) -> Details:
    """From `run.json` and `measured.json` of each artifact."""
    steps = {step.artifact: step for step in story.steps}
    made = []
    for artifact in story.by_id.values():
        step, measured = steps.get(artifact.id), artifact.measured
        made.append(
            Made(
                artifact=artifact,
                outcome=step.outcome if step else "",
                why=step.why if step else "",
                seconds=measured.get("seconds"),
                memory=measured.get("peak_memory_bytes"),
                cores=measured.get("cores"),
                figures=tuple((key, value) for key, value in measured.items() if key not in _COLUMNS),
            )
        )
    records = [each.record for each in story.by_id.values()]
    hosts = {str(each.artifact.measured["host"]): each.cores for each in made if "host" in each.artifact.measured}
    return Details(
        made=tuple(made),
        seconds=sum(each.seconds or 0.0 for each in made),
        hosts=tuple(hosts.items()),
        packages=_versions((package, version) for each in records for package, version in each.packages.items()),
        versions=tuple(dict.fromkeys(each.kitae for each in records if each.kitae)),
    )


def _versions(found: Iterable[tuple[str, str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    versions: dict[str, list[str]] = {}
    for package, version in found:
        if version not in versions.setdefault(package, []):
            versions[package].append(version)
    return tuple((package, tuple(each)) for package, each in sorted(versions.items()))

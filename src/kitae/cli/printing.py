"""How commands print: text for people, JSON for programs."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console

from ..core.artifact import Artifact
from ..core.store import Store
from .outputs import ArtifactLine, Output

if TYPE_CHECKING:
    from ..evaluate.statistics import Interval

MAGNITUDES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def console() -> Console:
    """The terminal; no colours or cursor movements where the output is a file."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())


def emit(output: Output, *, as_json: bool, text: Callable[[Console], None]) -> None:
    """Prints the output as JSON, or lets `text` print it."""
    if as_json:
        print(output.model_dump_json(by_alias=True))
    else:
        text(console())


def wrapping(console: Console, width: int = 78) -> Callable[[str], None]:
    """Prints lines that are cut between words, what follows indented by two more than where the line began."""

    def say(text: str = "") -> None:
        for line in text.split("\n"):
            for part in _cut(line, width):
                console.print(part, markup=False, highlight=False, soft_wrap=True)

    return say


def _cut(line: str, width: int) -> list[str]:
    """As columns count: Japanese characters take two. Words are never cut."""
    begin = line[: len(line) - len(line.lstrip())]
    parts, part = [], begin
    for word in re.findall(r"\S+\s*", line):
        if cell_len((part + word).rstrip()) > width and part.strip():
            parts.append(part.rstrip())
            part = f"{begin}  "
        part += word
    return [*parts, part.rstrip()]


def span(interval: Interval | None) -> str:
    """`0.12..0.34`; nothing where there is none."""
    return f"{interval.low:.2f}..{interval.high:.2f}" if interval else ""


def pair(interval: Interval | None) -> tuple[float, float] | None:
    """An interval as JSON has it."""
    return (interval.low, interval.high) if interval else None


def line(artifact: Artifact, store: Store, *, used: bool) -> ArtifactLine:
    return ArtifactLine(
        id=artifact.id,
        number=store.number(artifact),
        created=artifact.record.created,
        label=str(artifact.label),
        groups=artifact.groups,
        bytes=sum(seal.size for seal in artifact.record.files.values()),
        seconds=float(artifact.measured.get("seconds", 0.0)),
        used=used,
    )


def size(count: int) -> str:
    """`464 MB`; decimal magnitudes, as disks are sold."""
    for magnitude, unit in MAGNITUDES:
        if count >= magnitude:
            return f"{count / magnitude:.3g} {unit}"
    return f"{count} B"


def duration(seconds: float) -> str:
    """`4.2 s`, `3 min 10 s`, `2 h 05 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"

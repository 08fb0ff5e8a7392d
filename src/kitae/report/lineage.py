"""What was made from what: a picture, a table, and what left the building."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..core.artifact import Artifact
from ..core.label import Label
from .bilingual import Both
from .drawing import text_width
from .layers import Edge, place, reduced
from .numbers import when
from .story import Story

BOX_WIDTH, PADDING, LINE, NAME_SIZE = 136, 9, 14, 12
COLUMN, GAP, MARGIN = 172, 12, 6
"""Places of the picture, in pixels; `COLUMN` is from one layer to the next."""


@dataclass(frozen=True)
class Ancestor:
    """An artifact in the table of what was made from what."""

    artifact: Artifact
    files: int
    inputs: tuple[str, ...]
    missing: tuple[str, ...]
    """Inputs that are not part of the story."""


@dataclass(frozen=True)
class Sent:
    """Calls that went to one endpoint for one purpose with one label."""

    endpoint: str
    url: str
    model: str
    purpose: str
    label: Label
    sent: int
    refused: int
    bytes: int
    last: str


@dataclass(frozen=True)
class Lineage:
    """The picture, the table behind it, and the gate's ledger."""

    picture: Markup
    ancestors: tuple[Ancestor, ...]
    highest: Label | None
    sent: tuple[Sent, ...]
    calls: int
    refused: int


def lineage(story: Story) -> Lineage:
    """From the inputs that each artifact's record names."""
    known = story.by_id
    ancestors = tuple(
        Ancestor(
            artifact=artifact,
            files=len(artifact.record.files_read),
            inputs=tuple(dict.fromkeys(each.id for each in artifact.record.inputs if each.id in known)),
            missing=tuple(dict.fromkeys(each.id for each in artifact.record.inputs if each.id not in known)),
        )
        for artifact in known.values()
    )
    sent = _sent(story)
    return Lineage(
        picture=_picture(ancestors),
        ancestors=ancestors,
        highest=max((each.artifact.label for each in ancestors), key=lambda label: label.rank, default=None),
        sent=sent,
        calls=sum(each.sent for each in sent),
        refused=sum(each.refused for each in sent),
    )


def _sent(story: Story) -> tuple[Sent, ...]:
    """The gate writes a row before each call (`sent`), one with its outcome, and one where it refused."""
    alike: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in story.ledger:
        key = tuple(str(row[name]) for name in ("endpoint", "url", "model", "purpose", "label"))
        alike.setdefault(key, []).append(row)
    return tuple(
        Sent(
            endpoint=endpoint,
            url=url,
            model=model,
            purpose=purpose,
            label=Label(label),
            sent=sum(row["outcome"] == "sent" for row in rows),
            refused=sum(row["outcome"] == "refused by policy" for row in rows),
            bytes=sum(int(row["bytes"]) for row in rows if row["outcome"] == "sent"),
            last=when(max(str(row["time"]) for row in rows)),
        )
        for (endpoint, url, model, purpose, label), rows in alike.items()
    )


def _picture(ancestors: Sequence[Ancestor]) -> Markup:
    """Arrows from left to right. One that a longer way implies is left out: the table has them all."""
    found = {each.artifact.id: each.artifact for each in ancestors}
    inputs = {each.artifact.id: {*each.inputs, *each.missing} for each in ancestors}
    boxes, edges = _boxes(found, {(start, end) for end, starts in inputs.items() for start in starts})
    placed = place(
        {name: box.height for name, box in boxes.items()},
        reduced(edges),
        gap=GAP,
        last=[name for name, box in boxes.items() if box.kind == "scorecard"],
    )
    width = 2 * MARGIN + COLUMN * max(placed.layer.values(), default=0) + BOX_WIDTH
    parts = [_arrow(way) for way in placed.ways.values()]
    for name, box in boxes.items():
        parts.append(box.drawn(MARGIN + COLUMN * placed.layer[name], MARGIN + placed.y[name] - box.height / 2))
    return Markup(
        '<svg class="lineage" role="img" width="{0}" height="{1:.0f}" viewBox="0 0 {0} {1:.0f}">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0.5 7.5 4 0 7.5Z"/></marker></defs>{2}</svg>'
    ).format(width, placed.height + 2 * MARGIN, Markup("").join(parts))


def _boxes(found: Mapping[str, Artifact], edges: Collection[Edge]) -> tuple[dict[str, Box], set[Edge]]:
    """Artifacts of one kind that were made from the same and went into the same share a box, named after the first."""
    ids = [*dict.fromkeys(start for start, _ in sorted(edges) if start not in found), *found]
    alike: dict[tuple[object, ...], list[str]] = {}
    for id in ids:
        before = frozenset(start for start, end in edges if end == id)
        after = frozenset(end for start, end in edges if start == id)
        label = found[id].label if id in found else None
        alike.setdefault((id.partition("/")[0], label, before, after), []).append(id)
    first = {id: same[0] for same in alike.values() for id in same}
    boxes = {same[0]: Box(tuple(same), tuple(found[id] for id in same if id in found)) for same in alike.values()}
    return boxes, {(first[start], first[end]) for start, end in edges}


@dataclass(frozen=True)
class Box:
    """A box of the picture: one artifact, or some that share their place in it."""

    ids: tuple[str, ...]
    artifacts: tuple[Artifact, ...]
    """Empty for what is not part of the story."""

    @property
    def kind(self) -> str:
        return self.ids[0].partition("/")[0]

    @property
    def lines(self) -> list[str]:
        names = [id.partition("/")[2].partition("@")[0] for id in self.ids]
        return [line for name in names for line in wrapped(name, BOX_WIDTH - 2 * PADDING, NAME_SIZE)]

    @property
    def height(self) -> float:
        return 30 + LINE * len(self.lines)

    def drawn(self, left: float, top: float) -> Markup:
        text = left + PADDING
        names = Markup("").join(
            Markup('<text class="name" x="{:.0f}" y="{:.1f}">{}</text>').format(text, top + 27 + LINE * number, line)
            for number, line in enumerate(self.lines)
        )
        right = Markup('text-anchor="end" x="{:.0f}" y="{:.1f}"').format(left + BOX_WIDTH - PADDING, top + 14)
        below = Markup('x="{:.0f}" y="{:.1f}"').format(text, top + self.height - 6)
        if self.artifacts:
            label = self.artifacts[0].label
            made = max(when(each.record.created) for each in self.artifacts).removesuffix(" UTC")
            told = Markup("{}<text {}>{}</text>").format(Both(label.japanese, label).inside_svg(right), below, made)
        else:
            label = None
            told = Both("この報告にはない", "not in this report").inside_svg(below)
        return Markup(
            '<g class="box {} {}"><title>{}</title><rect x="{:.0f}" y="{top:.1f}" width="{}" height="{:.1f}" rx="5"/>'
            '<g class="small"><text x="{text:.0f}" y="{:.1f}">{}</text>{}</g>{}</g>'
        ).format(
            f"kind-{self.kind}" if self.artifacts else "ghost",
            f"label-{label}" if label else "",
            "\n".join(self.ids),
            left,
            BOX_WIDTH,
            self.height,
            top + 14,
            self.kind,
            told,
            names,
            top=top,
            text=text,
        )


def _arrow(way: Sequence[tuple[int, float]]) -> Markup:
    """From the right side of a box to the left side of another, level where it passes a layer."""
    stops = [(MARGIN + COLUMN * layer, MARGIN + y) for layer, y in way]
    x, y = stops[0][0] + BOX_WIDTH, stops[0][1]
    path = f"M{x:.0f} {y:.1f}"
    for number, (left, height) in enumerate(stops[1:], start=1):
        bend = (left - x) / 2
        path += f"C{x + bend:.0f} {y:.1f} {left - bend:.0f} {height:.1f} {left:.0f} {height:.1f}"
        x, y = left, height
        if number < len(stops) - 1:
            x += BOX_WIDTH
            path += f"H{x:.0f}"
    return Markup('<path class="arrow" d="{}"/>').format(path)


def wrapped(text: str, width: float, size: float) -> list[str]:
    """A name in lines that fit, broken after `-` and `.` where it can be."""
    lines = [""]
    for piece in re.findall(r"[^-.]*[-.]?", text):
        if text_width(lines[-1] + piece, size) > width and lines[-1]:
            lines.append("")
        lines[-1] += piece
    return lines

"""Documents → passages, cut where the structure allows it."""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..core.document import Document
from ..core.passage import Passage

SEPARATOR = " > "
"""Between the headings of a passage's path."""

_MARKER = re.compile(
    r"""[ \t\u3000]*(?:
        (?P<bullet>[-*+•・●○◯◎■□◆◇▪‣])(?=[ \t\u3000]|[^\W\d_])
      | (?P<number>[0-9０-９]+)[.．)）、](?![0-9０-９])
      | (?P<bracket>[(（][0-9０-９一二三四五六七八九十ア-ンa-zA-Zivx]{1,3}[)）])
      | (?P<circle>[①-⑳㋐-㋾])
      | (?P<kanji>[一二三四五六七八九十]{1,3})(?=[ \t\u3000.．、])
      | (?P<kana>[ア-ンイロハニホヘト])(?=[ \t\u3000.．、)）])
      | (?P<letter>[a-zA-Z])[.．)）](?=[ \t\u3000])
    )""",
    re.VERBOSE,
)
_SENTENCE = re.compile(r"[^。！？!?]*[。！？!?]+[」』）)】〉》”\"']*[ \t\u3000]*|[^。！？!?]+")
_ENDS = tuple("。！？!?」』）)")
_ANNOUNCES = re.compile(r"次の|次に掲げる|以下の|各号|下記|左記|[:：]$")
_CLAUSE = re.compile(r"[^、，,;；\n]*[、，,;；]|[^、，,;；\n]+|\n")

# What it costs to cut before a unit, where a piece costs 1: chosen by reading what came out, not measured.
_BEFORE_PARAGRAPH = 0.0
_BEFORE_ITEM = 0.05
_BEFORE_NESTED = _BEFORE_ROW = 0.2
_BEFORE_SENTENCE = 0.4
_NOT_HERE = 1.0


@dataclass(frozen=True, slots=True)
class Piece:
    """`body[start:end]`, and what stands above it in words so that it can be understood alone."""

    start: int
    end: int
    repeated: str = ""
    """A table's header rows, or the lead sentences of the lists that the piece goes on with."""

    def text(self, body: str) -> str:
        """The repeated lines, then the piece's own, without blank lines around."""
        own = body[self.start : self.end].strip("\n").rstrip()
        return f"{self.repeated}\n{own}" if self.repeated else own.lstrip()


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is never cut. The units of a body lie one after another and cover it."""

    start: int
    end: int
    penalty: float
    above: tuple[str, ...] = ()
    """Lines to repeat if a piece begins here, the outermost first."""
    header: bool = False
    """Whether `above` is a table's header, which is repeated however long it is."""


@dataclass(slots=True)
class _Reader:
    """Goes through the lines of a body and knows which list and which table it is in."""

    open_items: list[tuple[int, str, str]] = field(default_factory=list)
    """Indent, kind of marker and words of the items (and of the lead line) that the next line may belong to."""
    header: list[str] = field(default_factory=list)
    rows: int = 0

    def above(self, line: str) -> tuple[tuple[str, ...], bool, float]:
        """What to repeat before this line, whether it is a table's header, and what a cut before it costs."""
        if line.lstrip().startswith("|"):
            return self._row(line)
        self.header, self.rows = [], 0
        marker = _MARKER.match(line)
        indent = _columns(line)
        if marker is None:
            if self.open_items and self.open_items[-1][1] and indent > self.open_items[-1][0]:
                return self._leads(), False, _BEFORE_NESTED  # a further line of an item
            self.open_items = [(-1, "", line)]
            return (), False, _BEFORE_ITEM
        kind = marker.lastgroup or ""
        while self.open_items and self._closes(self.open_items[-1], indent, kind):
            self.open_items.pop()
        leads = self._leads()
        self.open_items.append((indent, kind, line[marker.end() :]))
        nested = any(kind for _, kind, _ in self.open_items[:-1])
        return leads, False, _BEFORE_NESTED if nested else _BEFORE_ITEM

    def _closes(self, item: tuple[int, str, str], indent: int, kind: str) -> bool:
        """Whether an item ends where a line with this indent and marker begins.

        At the same indent another marker begins a list inside the item, unless that marker is open further out.
        """
        if item[0] != indent:
            return item[0] > indent
        return item[1] == kind or any(each[:2] == (indent, kind) for each in self.open_items)

    def _leads(self) -> tuple[str, ...]:
        return tuple(filter(None, (_lead_sentence(words) for _, _, words in self.open_items)))

    def _row(self, line: str) -> tuple[tuple[str, ...], bool, float]:
        self.rows += 1
        is_header = self.rows == 1 or (self.rows == 2 and _is_rule(line))
        if is_header:
            self.header.append(line.rstrip())
            # A header without a row says nothing: cutting right behind it is as bad as cutting a sentence.
            return tuple(self.header[:-1]), True, _NOT_HERE if self.rows > 1 else _BEFORE_ITEM
        return tuple(self.header), True, _NOT_HERE if self.rows == len(self.header) + 1 else _BEFORE_ROW


def passages(document: Document, *, characters: int = 400) -> list[Passage]:
    """The passages of a document in order: a section as a whole where it fits, else pieces of it.

    Every character of every section's body stands in a passage; sections without a body yield none. Short sections
    stay apart, because an answer cites articles.

    Args:
        characters: Of a passage's text at most, unless a table's header leaves no room for a single row.
    """
    found = []
    for section in document.sections:
        body = document.body_text(section)
        for number, piece in enumerate(pieces(body, characters=characters)):
            found.append(
                Passage(
                    id=f"{section.id}.{number}",
                    document=document.id,
                    section=section.id,
                    heading=SEPARATOR.join(section.path) or document.title,
                    text=piece.text(body),
                    label=document.label,
                    groups=document.groups,
                    licence=document.licence,
                )
            )
    return found


def pieces(body: str, *, characters: int) -> list[Piece]:
    """Cuts a body so that the pieces lie one after another and cover it.

    Of all ways to cut it takes the one with few, full pieces whose cuts do the least harm (dynamic programming).
    """
    if not body.strip():
        return []
    if len(body) <= characters:
        return [Piece(0, len(body))]
    units = list(_units(body, characters))
    best: list[tuple[float, int]] = [(0.0, 0)] + [(math.inf, 0)] * len(units)
    for end in range(1, len(units) + 1):
        for start in range(end - 1, -1, -1):
            own = units[end - 1].end - units[start].start
            repeated = _repeated(units[start], characters)
            size = own + len(repeated) + bool(repeated)
            if size > characters and start < end - 1:
                if own > characters:
                    break
                continue
            slack = max(0.0, 1 - size / characters)
            price = best[start][0] + 1 + 0.5 * slack * slack + units[start].penalty
            if price < best[end][0]:
                best[end] = (price, start)
    cuts = [len(units)]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    return [
        Piece(units[start].start, units[end - 1].end, _repeated(units[start], characters) if start else "")
        for start, end in itertools.pairwise(reversed(cuts))
    ]


def _repeated(unit: _Unit, characters: int) -> str:
    """A table's header always; of lead sentences as many, the nearest first, as fit a quarter of a passage."""
    if unit.header:
        return "\n".join(unit.above)
    kept: list[str] = []
    room = characters // 4
    for line in reversed(unit.above):
        room -= len(line) + 1
        if room < 0:
            break
        kept.insert(0, line)
    return "\n".join(kept)


def _units(body: str, characters: int) -> Iterator[_Unit]:
    reader = _Reader()
    place, blank = 0, False
    for line in body.splitlines(keepends=True):
        start, place = place, place + len(line)
        if not line.strip():
            # Blank lines belong to what stands before them.
            blank = True
            yield _Unit(start, place, _NOT_HERE)
            continue
        above, header, penalty = reader.above(line)
        if blank and not above:
            penalty = _BEFORE_PARAGRAPH
        blank = False
        for part in _parts(line, max(characters // 2, characters - sum(len(each) + 1 for each in above))):
            yield _Unit(start, start + len(part), penalty, above, header)
            start += len(part)
            penalty = _BEFORE_SENTENCE if part.rstrip().endswith(_ENDS) else _NOT_HERE


def _parts(line: str, room: int) -> list[str]:
    """The sentences of a line; of a sentence that does not fit, its clauses; of such a clause, equal lengths."""
    if len(line) <= room // 2:
        return [line]
    found: list[str] = []
    for sentence in _SENTENCE.findall(line):
        if len(sentence) <= room:
            found.append(sentence)
            continue
        clause_start = len(found)
        for clause in _CLAUSE.findall(sentence):
            if len(found) > clause_start and len(found[-1]) + len(clause) <= room:
                found[-1] += clause
            else:
                found += [clause[at : at + room] for at in range(0, len(clause), room)]
    return found


def _columns(line: str) -> int:
    """Width of the white space at the start of a line; a tab goes to the next multiple of four."""
    width = 0
    for character in line:
        if character == "\t":
            width += 4 - width % 4
        elif character in " \u3000":
            width += 2 if unicodedata.east_asian_width(character) == "F" else 1
        else:
            break
    return width


def _is_rule(line: str) -> bool:
    """Whether a table's line is the one below its header: `|---|:--|`."""
    return "---" in line and set(line.strip()) <= set("|-: \t")


def _lead_sentence(words: str) -> str:
    """The sentence that announces a list, else the last one."""
    sentences: list[str] = [sentence.strip() for sentence in _SENTENCE.findall(words.strip())]
    announcing = [sentence for sentence in sentences if _ANNOUNCES.search(sentence)]
    return (announcing or sentences or [""])[-1]

"""The body of a section as a tree: sentences, list items with what stands above them, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .sentence import without_brackets

_MARKER = re.compile(
    r"^(?P<indent>[ \t　]*)(?P<marker>[-*+](?=[ \t　])|[•●○◦▪・](?![・])|\(?[0-9０-９]{1,2}[.)．）]"
    r"|（[0-9０-９一二三四五六七八九十]{1,3}）|[①-⑳]|[ア-ン][.．）)　]|[0-9０-９]{1,2}(?=[　\t])"
    r"|[一二三四五六七八九十]{1,3}(?=[　\t]))[ \t　]*(?P<text>\S.*)$"
)
_MARKER_ALONE = re.compile(r"^[ \t　]*(?:[一二三四五六七八九十]{1,4}|[０-９0-9]{1,2}|[イロハニホヘト])[ \t　]*$")
_RULE = re.compile(r"^[\s|:+=-]*-[\s|:+=-]*$")
_PAIR = re.compile(
    r"^(?P<key>[^：:]{1,40}?)[ 　\t]*(?:・{2,}|…+|‥+|：|(?<![0-9])[:]|　{2,}|[ \t]{3,}|―{2,})[ 　\t]*(?P<value>\S.*)$"
)
_TAGS = re.compile(r"<!--.*?-->|<[^<>]{1,200}>", re.DOTALL)


@dataclass
class Item:
    """A paragraph or a list item, with what is indented below it."""

    text: str
    depth: int
    marked: bool
    children: list[Item] = field(default_factory=list)
    table: list[list[str]] = field(default_factory=list)
    header: bool = False
    """Whether the table's first row was marked as its head."""

    @property
    def pair(self) -> tuple[str, str] | None:
        """Key and value of `始業 ・・・ 9時00分`."""
        match = _PAIR.match(self.text)
        if not match or self.children or match["key"].endswith("。"):
            return None
        return match["key"].strip("` 　"), match["value"].strip("` 　")


@dataclass(frozen=True)
class Statement:
    """One sentence or list item and the items above it, the outermost first."""

    raw: str
    """Verbatim."""
    text: str
    """Without brackets, marks and full stop."""
    above: tuple[str, ...]
    whole: bool
    """A sentence of its own; otherwise a piece of a list."""
    item: Item

    @property
    def continued(self) -> bool:
        """Whether the sentence leans on the one before it (`但し、…`)."""
        return re.match(r"(?:但し|ただし|なお|また、|又、|この場合|更に|さらに)", self.raw) is not None


def parse(body: str) -> list[Item]:
    """The items at the outermost level, in their order."""
    root = Item("", -1, False)
    stack = [root]
    joins = False
    pending = False
    for line in _TAGS.sub("", body).splitlines():
        if not line.strip(" \t　"):
            joins = False
            continue
        if line.strip().startswith("|"):
            joins = False
            _table_line(stack, line)
            continue
        if _MARKER_ALONE.match(line):
            pending, joins = True, False
            continue
        match = _MARKER.match(line)
        if match is None and joins and not stack[-1].text.endswith(("。", "：", ":")):
            stack[-1].text += line.strip()
            continue
        item = _item(line, match, pending)
        pending = False
        if match is None and not item.marked:
            item.depth = _paragraph_depth(stack, item)
        while stack[-1].depth >= item.depth:
            stack.pop()
        stack[-1].children.append(item)
        stack.append(item)
        joins = True
    return root.children


def _item(line: str, match: re.Match[str] | None, pending: bool) -> Item:
    if match is None:
        return Item(_unmarked(line), _columns(line), pending)
    return Item(_unmarked(match["text"]), _columns(match["indent"]) + 1, True)


def _paragraph_depth(stack: list[Item], item: Item) -> int:
    """An indented paragraph stands below the item it is indented under; one at the margin stands alone."""
    return item.depth + 1 if item.depth > 0 and any(each.marked for each in stack) else 0


def _columns(line: str) -> int:
    indent = line[: len(line) - len(line.lstrip(" \t　"))]
    return sum({" ": 1, "\t": 4, "　": 2}[character] for character in indent)


def _unmarked(text: str) -> str:
    return re.sub(r"\*\*|__|`", "", text).strip()


def _table_line(stack: list[Item], line: str) -> None:
    depth = _columns(line)
    while stack[-1].depth > max(depth, 0) and len(stack) > 1:
        stack.pop()
    owner = stack[-1]
    holder = owner.children[-1] if owner.children and owner.children[-1].table else None
    if _RULE.match(line.strip()):
        if holder is not None:
            holder.header = holder.header or len(holder.table) == 1
        return
    if holder is None:
        holder = Item("", depth + 1, True)
        owner.children.append(holder)
    holder.table.append([_unmarked(cell) for cell in line.strip().strip("|").split("|")])


def sentences(text: str) -> list[str]:
    """Cut after each 。 that stands outside of brackets and quotes."""
    found, start, depth = [], 0, 0
    for place, character in enumerate(text):
        depth = max(0, depth + (character in "「『（(") - (character in "」』）)"))
        if character == "。" and depth == 0:
            found.append(text[start : place + 1].strip())
            start = place + 1
    if text[start:].strip():
        found.append(text[start:].strip())
    return found


def statements(items: list[Item], above: tuple[str, ...] = ()) -> Iterator[Statement]:
    """All sentences and pieces, outermost first."""
    for item in items:
        parts = sentences(item.text)
        for raw in parts:
            if not (text := _plain(raw)):
                continue
            whole = raw.endswith("。") or (not item.marked and len(parts) > 1)
            yield Statement(raw, text, above, whole, item)
        yield from statements(item.children, (*above, item.text) if item.text else above)


def _plain(raw: str) -> str:
    """Without brackets, a label in front (`決定：`), marks, spaces around Japanese letters, full stop."""
    text = re.sub(r"^[>＞*\s]*(?:[^：。、「]{1,6}：(?=[^\s]{8}))?", "", without_brackets(raw))
    text = re.sub(r"(?<=[^\x00-\x7f])[ 　]+|[ 　]+(?=[^\x00-\x7f])", "", text)
    return re.sub(r"^(?:但し|ただし|なお)、?", "", text.rstrip("。").strip())


def walk(items: list[Item], above: tuple[str, ...] = ()) -> Iterator[tuple[Item, tuple[str, ...]]]:
    """Every item with the texts of those above it."""
    for item in items:
        yield item, above
        yield from walk(item.children, (*above, item.text) if item.text else above)

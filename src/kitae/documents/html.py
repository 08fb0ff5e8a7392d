"""HTML → lines: the main content, without menus and furigana."""

from __future__ import annotations

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .lines import Line, Reading, flowed

_INVISIBLE = {"script", "style", "noscript", "template", "svg", "iframe", "object", "select", "textarea", "button"}
_INVISIBLE |= {"input", "head", "title", "-comment", "datalist", "audio", "video", "canvas", "map"}
_FURIGANA = {"rt", "rp", "rtc"}
_NAVIGATION = {"nav", "aside", "footer"}
_NAVIGATION_ROLES = {"navigation", "banner", "contentinfo", "search", "complementary"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_PARAGRAPHS = {"p", "ul", "ol", "dl", "table", "blockquote", "pre", "section", "article", "figure", "fieldset", "hr"}
_BLOCKS = _PARAGRAPHS | {"div", "li", "dt", "dd", "tr", "td", "th", "caption", "header", "main", "address", "details"}
_BLOCKS |= {"summary", "figcaption", "form", "legend", "center", "body", "html", "tbody", "thead", "tfoot"}
_INDENT = 4
_MOST_COLUMNS = 100

MOSTLY = 0.7
"""From this share of links on, a page without a sentence is a way to other pages, and so are its lists. On a page that
says something a list of links is part of what it says."""

# Names of classes and ids that mean a menu when most of the words in them are links.
_MENU = re.compile(
    r"(?:global|g|site|main|local|side|sub|foot|header|footer|top)?[-_]?(?:nav|navi|navigation|menu)"
    r"|nav[-_]?(?:bar|header|footer|list)|(?:bread[-_]?)?crumbs?(?:[-_]?list)?|breadcrumb|topic[-_]?path|pankuzu"
    r"|toc|pagination|pager|page[-_]?top|to[-_]?top|skip(?:[-_]?links?)?|sns|share",
    re.IGNORECASE,
)
# Names that mean the frame of a page, unless its title or most of its text stands in it.
_FRAME = re.compile(
    r"(?:site|page|global|nav)?[-_]?(?:header|footer)|side[-_]?bar|bread[-_]?crumbs?|topic[-_]?path|pankuzu",
    re.IGNORECASE,
)


def read_html(text: str) -> Reading:
    """The lines of a page: `<main>` where there is one, else the body without navigation, header and footer."""
    tree = LexborHTMLParser(text)
    body = tree.body
    if body is None:
        return Reading(())
    title = tree.css_first("h1") or tree.css_first("title")
    root = _main(tree) or body
    page = _Page(body, inside_main=root is not body)
    page.render(root)
    if root is not body:
        page.removed["outside main"] += max(0, _size(body) - _size(root))
    return Reading(tuple(page.lines), flowed(title.text()) if title else "", dict(page.removed))


def tables_as_rows(fragment: str) -> list[str]:
    """The rows of the tables in a piece of HTML, as `| a | b |`."""
    body = LexborHTMLParser(fragment).body
    return [row for table in body.css("table") for row in table_rows(table)] if body else []


def table_rows(table: LexborNode) -> list[str]:
    """A table as Markdown-like rows.

    A cell that spans rows is repeated in each, so that a row can be read alone; a cell that spans columns is not.
    """
    rows: list[list[str]] = []
    heads: list[bool] = []
    hanging: dict[int, tuple[int, str]] = {}
    trs = table.css("tr")
    for tr in trs:
        row: list[str] = []
        cells = [cell for cell in tr.iter() if cell.tag in ("td", "th")]
        for cell in cells:
            _hang(row, hanging)
            text = _cell_text(cell)
            if (down := _span(cell, "rowspan", len(trs))) > 1:
                hanging[len(row)] = (down - 1, text)
            row += [text] + [""] * (_span(cell, "colspan", _MOST_COLUMNS) - 1)
        _hang(row, hanging)
        if any(row):
            rows.append(row)
            heads.append(bool(cells) and all(cell.tag == "th" for cell in cells))
    width = max((len(row) for row in rows), default=0)
    written = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    if len(heads) > 1 and heads[0] and not heads[1]:
        written.insert(1, "|" + "---|" * width)
    caption = table.css_first("caption")
    return [flowed(caption.text()), *written] if caption and written else written


class _Page:
    """Walks a page once, without recursion: pages nest as deep as they like."""

    def __init__(self, body: LexborNode, *, inside_main: bool) -> None:
        self.lines: list[Line] = []
        self.removed: Counter[str] = Counter()
        self._whole = max(1, _size(body))
        self._only_links = _share_of_links(body) >= MOSTLY and "。" not in _visible(body)
        self._main_depth = int(inside_main)
        self._pieces: list[str] = []
        self._lists: list[tuple[str, int]] = []
        self._marker = ""
        self._heading = 0
        self._pre = 0

    def render(self, root: LexborNode) -> None:
        above: list[LexborNode] = []
        node = root.child
        while node is not None or above:
            if node is None:
                closed = above.pop()
                self._leave(closed)
                node = closed.next
            elif self._enter(node):
                above.append(node)
                node = node.child
            else:
                node = node.next
        self._flush()

    def _enter(self, node: LexborNode) -> bool:
        """Whether to go on below the node."""
        tag = node.tag or ""
        if node.is_text_node:
            self._pieces.append(node.text_content or "")
            return False
        if tag in _INVISIBLE:
            return False
        if tag in _FURIGANA or self._is_frame(node, tag):
            self.removed["furigana" if tag in _FURIGANA else "navigation"] += _size(node)
            return False
        if tag == "br":
            self._pieces.append(" ") if self._heading else self._flush()
        elif tag == "img":
            self._pieces.append(node.attributes.get("alt") or "")
        elif tag == "table" and self._is_data(node):
            self._paragraph()
            self.lines += [Line(row) for row in table_rows(node)]
            self._blank()
            return False
        elif tag in _HEADINGS:
            self._paragraph()
            self._heading = _HEADINGS[tag]
        elif tag in _BLOCKS:
            self._open_block(node, tag)
        return True

    def _open_block(self, node: LexborNode, tag: str) -> None:
        self._flush()
        if tag in _PARAGRAPHS and not self._lists:
            self._blank()
        if tag in ("ul", "ol"):
            start = node.attributes.get("start") or "1"
            self._lists.append((tag, int(start) if start.isdecimal() else 1))
        elif tag == "li":
            self._item(node)
        elif tag == "pre":
            self._pre += 1
        elif tag in ("main", "article"):
            self._main_depth += 1

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _HEADINGS:
            self._end_heading()
            return
        if tag not in _BLOCKS:
            return
        self._flush()
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._marker = ""
        elif tag == "pre":
            self._pre -= 1
        elif tag in ("main", "article"):
            self._main_depth -= 1
        if tag in _PARAGRAPHS and not self._lists:
            self._blank()

    def _item(self, node: LexborNode) -> None:
        kind, number = self._lists[-1] if self._lists else ("ul", 1)
        value = node.attributes.get("value") or ""
        number = int(value) if value.isdecimal() else number
        if self._lists:
            self._lists[-1] = (kind, number + 1)
        self._marker = f"{number}. " if kind == "ol" else "- "

    def _end_heading(self) -> None:
        text, level, self._heading = flowed("".join(self._pieces)), self._heading, 0
        self._pieces.clear()
        if text:
            self.lines.append(Line(text, level))
            self._blank()

    def _paragraph(self) -> None:
        self._flush()
        self._blank()

    def _blank(self) -> None:
        if self.lines and self.lines[-1].text:
            self.lines.append(Line(""))

    def _flush(self) -> None:
        raw = "".join(self._pieces)
        self._pieces.clear()
        if self._pre:
            self.lines += [Line(line, verbatim=True) for line in raw.strip("\r\n").splitlines()]
            return
        text = flowed(raw)
        if not text.strip():
            return
        depth = max(0, len(self._lists) - bool(self._marker))
        self.lines.append(Line(" " * (_INDENT * depth) + self._marker + text))
        self._marker = ""

    def _is_frame(self, node: LexborNode, tag: str) -> bool:
        if tag in _NAVIGATION:
            # An aside or a footer inside the content may be a remark that belongs to it.
            return tag == "nav" or not self._main_depth
        if tag == "header":
            return not self._main_depth
        attributes = node.attributes
        if (attributes.get("role") or "") in _NAVIGATION_ROLES:
            return not self._main_depth
        if tag not in ("div", "ul", "ol", "p", "section", "dl", "table"):
            return False
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".split()
        if any(_MENU.fullmatch(name) for name in names) and _share_of_links(node) >= 0.5:
            return True
        if any(_FRAME.fullmatch(name) for name in names) and not self._main_depth:
            return node.css_first("h1") is None and _size(node) < 0.5 * self._whole
        if tag in ("ul", "ol", "p") and self._only_links and _share_of_links(node) >= MOSTLY:
            return True
        return tag in ("ul", "ol", "dl") and _is_contents(node)

    def _is_data(self, table: LexborNode) -> bool:
        """Whether a table holds data. Old pages also use tables to put a menu beside the text."""
        if (table.attributes.get("role") or "") == "presentation":
            return False
        if table.css_first("td table, th table, h1, h2, h3, h4, h5, h6") is not None:
            return False
        rows = table.css("tr")
        if max((len([cell for cell in row.iter() if cell.tag in ("td", "th")]) for row in rows), default=0) < 2:
            return False
        return len(rows) > 2 or _size(table) < 0.8 * self._whole or self._whole < 400


def _main(tree: LexborHTMLParser) -> LexborNode | None:
    """The one `<main>` of a page, if it says anything."""
    found = tree.css("main") or tree.css("[role=main]")
    return found[0] if len(found) == 1 and _size(found[0]) > 0 else None


def _size(node: LexborNode) -> int:
    """Characters of text below a node, spaces not counted."""
    return len(_visible(node))


def _visible(node: LexborNode) -> str:
    """The text below a node without spaces."""
    return "".join(
        "".join((each.text_content or "").split())
        for each in node.traverse(include_text=True)
        if each.is_text_node and (each.parent is None or each.parent.tag not in _INVISIBLE)
    )


def _share_of_links(node: LexborNode) -> float:
    return sum(_size(link) for link in node.css("a")) / max(1, _size(node))


def _is_contents(node: LexborNode) -> bool:
    """A table of contents: links to places on the same page and nothing else."""
    links = node.css("a")
    return (
        len(links) >= 3
        and all((link.attributes.get("href") or "").startswith("#") for link in links)
        and _share_of_links(node) >= 0.9
    )


def _cell_text(cell: LexborNode) -> str:
    pieces = []
    for node in cell.traverse(include_text=True):
        if node.is_text_node:
            above = node.parent.tag if node.parent else ""
            pieces.append("" if above in _FURIGANA or above in _INVISIBLE else node.text_content or "")
        elif node.tag in _BLOCKS or node.tag == "br":
            pieces.append("\v")
        elif node.tag == "img":
            pieces.append(node.attributes.get("alt") or "")
    # A break inside a cell separates; a line end in the source does not.
    parts = [flowed(part) for part in "".join(pieces).split("\v")]
    return " ".join(part for part in parts if part.strip()).replace("|", r"\|").strip(" \u3000")


def _span(cell: LexborNode, name: str, most: int) -> int:
    written = (cell.attributes.get(name) or "1").strip()
    return min(max(1, int(written)), most) if written.isdecimal() else 1


def _hang(row: list[str], hanging: dict[int, tuple[int, str]]) -> None:
    """Puts in the cells that hang down from rows above, as far as they follow here."""
    while len(row) in hanging:
        column = len(row)
        left, text = hanging.pop(column)
        row.append(text)
        if left > 1:
            hanging[column] = (left - 1, text)

"""Markdown → lines: marks go, numbering, lists and tables stay.

Read line by line and not through a parser: what is trained on and quoted must be the author's own lines, and authors
of Japanese Markdown write `##見出し` and `**「強調」**です`, which CommonMark does not take for what they mean.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator

from .html import tables_as_rows
from .lines import Line, Reading

_FENCE = re.compile(r"^[ \t]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(?P<fence>`{3,}|~{3,})(?P<info>.*)$")
_ATX = re.compile(r"^ {0,3}(?P<marks>#{1,6})(?P<text>[ \t\u3000].*|)$")
# `##見出し` without a space; with a single `#` that would be a hashtag.
_ATX_TIGHT = re.compile(r"^(?P<marks>#{2,6})(?P<text>[^\x00-\x7f].*)$")
_SETEXT = re.compile(r"^ {0,3}(?P<line>=+|-{2,})[ \t]*$")
_BREAK = re.compile(r"^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_QUOTE = re.compile(r"^(?: {0,3}>[ ]?)+")
_LIST = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_DEFINITION = re.compile(r"^ {0,3}\[(?P<name>[^\]^][^\]]*)\]:[ \t]*\S+")
_SEPARATOR = re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_TABLE = re.compile(r"^(?P<indent>[ \t]*)<table\b.*?</table[ \t]*>", re.DOTALL | re.IGNORECASE | re.MULTILINE)
_TAG_NAMES = (
    "a abbr address article aside b big blockquote body br caption center cite code col colgroup dd del details div dl"
    " dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 head header hr html i img input ins kbd li link main mark"
    " meta nav nobr ol p picture pre rb rp rt ruby s samp script section small source span strike strong style sub"
    " summary sup table tbody td tfoot th thead tr tt u ul var video wbr"
)
# Only tags that HTML has: `<氏名>` and `<your-id>` are places to fill in.
_TAG = re.compile(rf"</?(?:{'|'.join(_TAG_NAMES.split())})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_RUBY = re.compile(r"<r[tp]>.*?</r[tp]>", re.IGNORECASE | re.DOTALL)
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_ESCAPE = re.compile(r"\\([!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{}~])")
_IMAGE_OR_LINK = re.compile(
    r"!?\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]"
    r"\((?:<[^<>]*>|(?:[^\s()]|\([^()]*\))*)(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)"
)
_REFERENCE = re.compile(r"!?\[(?P<text>[^\[\]]+)\]\[(?P<name>[^\[\]]*)\]")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]+|[^\s<>@]+@[^\s<>@]+)>")
_STRONG = re.compile(r"(?<!\*)(\*\*\*?)(?=[^\s*])(.+?)(?<=[^\s*])\1(?!\*)")
_STRONG_LOW = re.compile(r"(?<![0-9A-Za-z_])(___?)(?=[^\s_])(.+?)(?<=[^\s_])\1(?![0-9A-Za-z_])")
# A single star between letters or digits is a multiplication sign.
_EMPHASIS = re.compile(r"(?<![*0-9A-Za-z])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![*0-9A-Za-z])")
_EMPHASIS_LOW = re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?![\w_])")
_KEPT = re.compile("\ue000(\\d+)\ue001")
_KEY = re.compile(r"^title\s*:\s*(?P<title>.+)$", re.MULTILINE)


def read_markdown(text: str) -> Reading:
    """The lines of a Markdown text. What it holds of HTML becomes text, its tables become rows; comments go."""
    rows = [line.replace("\ue000", "").replace("\ue001", "") for line in text.splitlines()]
    rows, front = _without_front_matter(rows)
    names = {match["name"].strip().casefold() for row in rows if (match := _DEFINITION.match(row))}
    removed: Counter[str] = Counter()
    if front:
        removed["front matter"] = len(front)
    lines: list[Line] = []
    for verbatim, chunk in _chunks(rows, removed):
        if verbatim:
            lines += [Line(row, verbatim=True) for row in chunk]
        else:
            lines += _lines_of(chunk, names)
    found = _KEY.search(front)
    title = found["title"].strip().strip("\"'") if found else ""
    return Reading(tuple(lines), title, dict(removed))


def inline(text: str, names: frozenset[str] | set[str] = frozenset()) -> str:
    """One line without Markdown's marks: links become their text, images their description, code its content.

    `~~struck~~` keeps its marks: what an author struck out must not read as valid.
    """
    kept: list[str] = []

    def keep(what: str) -> str:
        kept.append(what)
        return f"\ue000{len(kept) - 1}\ue001"

    text = _CODE.sub(lambda match: keep(_code(match[2])), text)
    text = _ESCAPE.sub(lambda match: keep(match[1]), text)
    text = _IMAGE_OR_LINK.sub(lambda match: match["text"], text)
    text = _IMAGE_OR_LINK.sub(lambda match: match["text"], text)  # a picture inside a link
    text = _REFERENCE.sub(
        lambda match: match["text"] if (match["name"] or match["text"]).strip().casefold() in names else match[0], text
    )
    text = _AUTOLINK.sub(lambda match: keep(match[1]), text)
    for marked in (_STRONG, _STRONG_LOW):
        text = marked.sub(lambda match: match[2], text)
    for marked in (_EMPHASIS, _EMPHASIS_LOW):
        text = marked.sub(lambda match: match[1], text)
    return _KEPT.sub(lambda match: kept[int(match[1])], html.unescape(text))


def _code(text: str) -> str:
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == " " and text.strip() else text


def _without_front_matter(rows: list[str]) -> tuple[list[str], str]:
    """Rows below a `---` block at the very top, and that block."""
    if not rows or rows[0].strip() != "---":
        return rows, ""
    end = next((number for number, row in enumerate(rows[1:60], start=1) if row.strip() in ("---", "...")), 0)
    front = rows[1:end]
    # A thematic break at the top is not front matter: every line of that is `key: value`, a list or indented.
    if not front or not all(re.match(r"^(?:[\w-]+\s*:|\s|-\s|#|$)", row) for row in front):
        return rows, ""
    return rows[end + 1 :], "\n".join(front)


def _chunks(rows: list[str], removed: Counter[str]) -> Iterator[tuple[bool, list[str]]]:
    """Stretches of code (`True`) and of text (`False`); comments taken out, fences too."""
    chunk: list[str] = []
    fence = ""
    last_end = max((number for number, row in enumerate(rows) if "-->" in row), default=-1)
    commented = False
    for number, row in enumerate(rows):
        if commented:
            inside, closed, row = row.partition("-->")
            removed["comment"] += len(inside.strip())
            commented = not closed
            if commented or not row.strip():
                continue
        if fence:
            if re.fullmatch(rf"[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*", row):
                yield True, chunk
                chunk, fence = [], ""
            else:
                chunk.append(row)
            continue
        if (match := _FENCE.match(row)) and not (match["fence"][0] == "`" and "`" in match["info"]):
            yield False, chunk
            chunk, fence = [], match["fence"]
            continue
        row, commented = _without_comments(row, number < last_end, removed)
        chunk.append(row)
    yield bool(fence), chunk


def _without_comments(row: str, may_go_on: bool, removed: Counter[str]) -> tuple[str, bool]:
    """The row without comments, and whether one goes on below. One that never ends is text: nothing is lost to it."""
    start = 0
    while (begin := row.find("<!--", start)) >= 0:
        if row[:begin].count("`") % 2:
            start = begin + 4
            continue
        end = row.find("-->", begin)
        if end < 0 and not may_go_on:
            break
        removed["comment"] += len(row[begin + 4 : end if end >= 0 else None].strip())
        if end < 0:
            return row[:begin], True
        row = row[:begin] + row[end + 3 :]
    return row, False


def _lines_of(chunk: list[str], names: set[str]) -> Iterator[Line]:
    """Lines of a stretch of text; tables written in HTML become rows at their place."""
    text = "\n".join(chunk)
    done = 0
    for match in _TABLE.finditer(text):
        yield from _text_lines(text[done : match.start()].removesuffix("\n"), names)
        yield from (Line(match["indent"] + row) for row in tables_as_rows(match[0]))
        done = match.end() + text.startswith("\n", match.end())
    yield from _text_lines(text[done:], names)


def _text_lines(text: str, names: set[str]) -> Iterator[Line]:
    rows = _without_tags(text).split("\n") if text else []
    tables = _table_rows(rows)
    skip = False
    for number, row in enumerate(rows):
        if skip:
            skip = False
            continue
        quoted = _QUOTE.match(row)
        if heading := None if quoted else _ATX.match(row) or _ATX_TIGHT.match(row):
            written = re.sub(r"(?:^|[ \t]+)#+[ \t]*$", "", heading["text"]).strip()
            yield Line(inline(written, names).strip(), level=len(heading["marks"]) if written else 0)
        elif number in tables:
            yield Line(_row(row, names))
        elif not quoted and (level := _setext(rows, number)):
            yield Line(inline(row.strip(), names), level=level)
            skip = True
        elif _BREAK.match(row) or _DEFINITION.match(row):
            yield Line("")
        else:
            yield Line(inline(row[quoted.end() :] if quoted else row, names))


def _without_tags(text: str) -> str:
    """Without furigana and tags. Code spans stay as they are: `<br>` in one is what the text is about."""
    # In a row of a table a line break would cut the row in two.
    text = re.sub(r"(?m)^[ \t]*\|.*$", lambda row: _LINE_BREAK.sub(" ", row[0]), text)
    pieces = re.split(r"((?<!`)`[^`\n]+`(?!`))", text)
    for number in range(0, len(pieces), 2):
        pieces[number] = _TAG.sub("", _LINE_BREAK.sub("\n", _RUBY.sub("", pieces[number])))
    return "".join(pieces)


def _table_rows(rows: list[str]) -> set[int]:
    """Numbers of the rows that belong to a table: with a bar in front, or around a separator line."""
    found = {number for number, row in enumerate(rows) if row.lstrip(" \t").startswith("|")}
    for number, row in enumerate(rows):
        if number and "|" in row and _SEPARATOR.match(row) and "|" in rows[number - 1]:
            found |= {number - 1, number}
            below = number + 1
            while below < len(rows) and "|" in rows[below]:
                found.add(below)
                below += 1
    return found


def _row(row: str, names: set[str]) -> str:
    """A table row with a bar at both ends and without padding."""
    indent = row[: len(row) - len(row.lstrip(" \t"))]
    inside = row.strip().removeprefix("|")
    inside = inside[:-1] if inside.endswith("|") and not inside.endswith("\\|") else inside
    cells = re.split(r"(?<!\\)\|", inside)
    if _SEPARATOR.match(row):
        return f"{indent}|{'---|' * len(cells)}"
    plain = (inline(cell.strip().replace(r"\|", "\uffff"), names).replace("\uffff", r"\|") for cell in cells)
    return f"{indent}| {' | '.join(plain)} |"


def _setext(rows: list[str], number: int) -> int:
    """1 or 2 where a single line of text is underlined, else 0.

    CommonMark would make a heading of a whole paragraph above `---`; people who write that mean a line across.
    """
    row = rows[number]
    under = _SETEXT.match(rows[number + 1]) if number + 1 < len(rows) else None
    alone = number == 0 or not rows[number - 1].strip()
    if under is None or not alone or not row.strip() or len(row) > 80:
        return 0
    if _LIST.match(row) or _DEFINITION.match(row) or row.startswith(("    ", "\t")) or row.rstrip().endswith("。"):
        return 0
    return 1 if under["line"].startswith("=") else 2

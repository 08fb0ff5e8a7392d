"""Which lines are headings: chapters, articles, questions, numbered lines of plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .lines import Line
from .numerals import NUMERAL, number_of

# Ranks of headings that only their words give away, below all that markup can say (1 to 6).
_PART_RANKS = {"編": 11, "章": 12, "節": 13, "款": 14, "目": 15}
_SUPPLEMENT_RANK = 12
_ARTICLE_RANK = 16
_FREE_RANK = 17
_QUESTION_RANK = 40
_LONGEST_TITLE = 60
_LONGEST_HEADING = 40
_LOOK_AHEAD = 6

_SUB = rf"(?:[のノ]{NUMERAL})*"
_PART = re.compile(rf"^[ \t　]*第(?P<number>{NUMERAL})(?P<part>[編章節款目]){_SUB}(?:[ \t　]+(?P<title>\S.*))?$")
_SUPPLEMENT = re.compile(r"^[ \t　]*附[ \t　]*則(?:[ \t　]*[（(][^（）()]*[)）])?(?:[ \t　]*抄)?$")
_TABLE = re.compile(
    rf"^[ \t　]*(?:別表|別記|別紙|別図|附表|附録|様式)(?:第{NUMERAL}号?{_SUB})?(?:[ \t　]*[（(][^（）()]*関係[)）])?$"
)
_ARTICLE = re.compile(
    rf"^(?P<indent>[ \t　]*)第(?P<number>{NUMERAL})条(?P<sub>{_SUB})"
    rf"(?P<several>から第{NUMERAL}条{_SUB}まで|及び第{NUMERAL}条{_SUB})?(?P<rest>.*)$"
)
# （目的）, or with brackets inside: （特例（第三条）の適用）.
_CAPTION = r"[^（）()。]{1,40}(?:[（(][^（）()。]{1,20}[)）][^（）()。]{0,20})?"
_CAPTIONED = re.compile(rf"^[ \t　]*[（(]{_CAPTION}[)）](?P<after>[ \t　].*|)$")
# What goes on with a sentence after 第n条 and so makes it a reference.
_GOES_ON = re.compile(r"^[のノにニをヲはハがガとトでもへやよかま、，。・及又並若各第中本但たし（(]")
_CAPTION_ALONE = re.compile(r"^[ \t　]*[（(][^。]{1,80}[)）]$")
_DIGITS = "[0-9０-９]"
_AFTER = "[.．:：、)）]"
_QUESTION = re.compile(
    rf"^[ \t　]*(?:[QＱ]{_DIGITS}{{0,3}}(?:{_AFTER}|[ 　])|問{_DIGITS}{{1,3}}(?:{_AFTER}|[ 　])|質問{_DIGITS}*[:：])"
    r"[ \t　]*\S"
)
_QUESTION_HEADING = re.compile(
    rf"^(?:[QＱ]{_DIGITS}{{0,3}}(?:{_AFTER}|[ 　]|$)|問{_DIGITS}{{1,3}}(?:{_AFTER}|[ 　]|$)|質問{_DIGITS}*[:：])"
)
_ANSWER = re.compile(rf"^[ \t　]*(?:(?:[AＡ]|答え?){_DIGITS}{{0,3}}(?:{_AFTER}|[ 　])|回答{_DIGITS}*[:： 　])")
_NUMBERED = re.compile(r"^[ \t　]{0,2}(?P<number>[0-9０-９]{1,2}(?:[.．][0-9０-９]{1,2})*)[.．、)）]?[ \t　]+\S")
_MARKED = re.compile(r"^[ 　]*(?P<mark>[■◆▼])[ 　]*\S")
_BRACKETED = re.compile(r"^[ 　]*[【〔]\S[^】〕]*[】〕]$")
_RANGE = re.compile(r"[（(]第.*[)）]$")
_BEGINNINGS = ("　", " ", "\t", "（", "1", "１", "①")
"""How the text of an article begins in the line below its number; a sentence that goes on begins otherwise."""
SENTENCE_ENDS = ("。", "．", ".", "、", ",", "：", ":", "；", ";", "」", "！", "!")


@dataclass(frozen=True)
class Heading:
    """Where a heading begins, where the text below it begins, and what it is called."""

    line: int
    body: int
    """Line in which the text below begins."""
    column: int
    """Character of that line: an article may go on in the line of its number."""
    text: str
    kind: str
    rank: int


def headings(lines: Sequence[Line], *, plain: bool) -> list[Heading]:
    """All headings in their order. A kind that the markup marks is looked for in the markup alone."""
    marked = [
        Heading(number, number + 1, 0, line.text.strip(), _kind(line.text), line.level)
        for number, line in enumerate(lines)
        if line.level
    ]
    taken = {heading.line for heading in marked}
    found = list(marked)
    if not any(_PART.match(heading.text) for heading in marked):
        found += _chapters(lines, taken)
    if not any(heading.kind == "article" for heading in marked):
        found += _articles(lines, taken, found)
    if not any(heading.kind == "faq" for heading in marked):
        found += _questions(lines, taken)
    if plain:
        found += _free(lines, {heading.line for heading in found} | _captions(found))
    return sorted(found, key=lambda heading: heading.line)


def is_article(heading: str) -> bool:
    """Whether a heading begins with 第n条."""
    match = _ARTICLE.match(heading)
    return match is not None and not re.match(r"^[のノにニを、]", match["rest"])


def _kind(heading: str) -> str:
    if is_article(heading):
        return "article"
    return "faq" if _QUESTION_HEADING.match(heading.strip()) else "heading"


def _blank(lines: Sequence[Line], number: int) -> bool:
    return not 0 <= number < len(lines) or not lines[number].text.strip()


def _chapters(lines: Sequence[Line], taken: set[int]) -> list[Heading]:
    """編, 章, 節, 款, 目, 附則 and 別表 on lines of their own, without those of a table of contents."""
    found: list[Heading] = []
    for number, line in enumerate(lines):
        if number in taken or line.verbatim:
            continue
        rank = _chapter_rank(line.text)
        if not rank or not _stands_alone(lines, number, line.text):
            continue
        found.append(Heading(number, number + 1, 0, line.text.strip(), "heading", rank))
    lines_of = {heading.line: heading for heading in found}
    return [heading for heading in found if not _in_contents(lines, heading, lines_of)]


def _chapter_rank(text: str) -> int:
    if _SUPPLEMENT.match(text):
        return _SUPPLEMENT_RANK
    if _TABLE.match(text):
        return _SUPPLEMENT_RANK
    part = _PART.match(text)
    title = (part["title"] or "") if part else ""
    if part is None or len(title) > _LONGEST_HEADING or title.endswith("。") or _RANGE.search(title):
        return 0
    return _PART_RANKS[part["part"]]


def _stands_alone(lines: Sequence[Line], number: int, text: str) -> bool:
    """Not a piece of a sentence that was cut at a link or at the edge of a page."""
    if _blank(lines, number - 1):
        return True
    before = lines[number - 1].text.rstrip()
    return lines[number - 1].level > 0 or before.endswith(("。", "）", ")")) or bool(_chapter_rank(before))


def _in_contents(lines: Sequence[Line], heading: Heading, found: dict[int, Heading]) -> bool:
    """Whether nothing stands between a chapter and the next one of its rank: so it is in a list of contents."""
    below = heading.line + 1
    while below < len(lines) and _blank(lines, below):
        below += 1
    following = found.get(below)
    return following is not None and following.rank <= heading.rank


def _articles(lines: Sequence[Line], taken: set[int], chapters: Sequence[Heading]) -> list[Heading]:
    """第n条 where it begins an article and is not mentioned."""
    restarts = {heading.line for heading in chapters if _chapter_rank(heading.text) == _SUPPLEMENT_RANK}
    found: list[Heading] = []
    last: tuple[int, ...] = ()
    for number, line in enumerate(lines):
        if number in restarts:
            last = ()
        match = _ARTICLE.match(line.text)
        if match is None or number in taken or line.verbatim:
            continue
        here = (number_of(match["number"]), *(number_of(each) for each in re.findall(NUMERAL, match["sub"])))
        article = _article(lines, number, match)
        if article is None:
            continue
        # With a caption or with its text right below, it can be no cell of a table of references.
        sure = "（" in article.text or (not _blank(lines, number + 1) and lines[number + 1].text.startswith("　"))
        if not _follows(here, last, sure=sure):
            continue
        found.append(article)
        last = here
    return found


def _article(lines: Sequence[Line], number: int, match: re.Match[str]) -> Heading | None:
    """The article that a line begins, or `None` where it only mentions one."""
    rest, line = match["rest"], lines[number].text
    # Several articles at once are only written down to say that they are gone.
    if match["several"] and "削除" not in (rest.strip(), _below(lines, number)):
        return None
    bare = line[: match.start("rest")].strip()
    if captioned := _CAPTIONED.match(rest):
        after = captioned["after"].strip()
        text = line[: match.start("rest") + captioned.start("after")].strip()
        return _heading(number, text, line, after)
    caption = _caption_above(lines, number)
    if not rest.strip():
        if not caption and not _blank(lines, number - 1) and not _ends_above(lines, number):
            return None
        if not (
            _blank(lines, number + 1) or lines[number + 1].text.startswith(("　", " ", "\t", "（", "1", "１", "①"))
        ):
            return None
        return _with_caption(lines, number, bare, caption, "")
    if rest[0] in " \t　":
        title = rest.strip()
        if len(title) <= _LONGEST_HEADING and not title.endswith(SENTENCE_ENDS) and not caption and title != "削除":
            return Heading(number, number + 1, 0, line.strip(), "article", _ARTICLE_RANK)
        if match["indent"] and not caption and title != "削除":
            return None
        return _with_caption(lines, number, bare, caption, title)
    if len(rest) <= 12 and not _GOES_ON.match(rest) and _blank(lines, number - 1) and not rest.endswith(SENTENCE_ENDS):
        return Heading(number, number + 1, 0, line.strip(), "article", _ARTICLE_RANK)
    return None


def _below(lines: Sequence[Line], number: int) -> str:
    """The next line that says something."""
    return next((line.text.strip() for line in lines[number + 1 : number + 4] if line.text.strip()), "")


def _with_caption(lines: Sequence[Line], number: int, bare: str, caption: range, after: str) -> Heading:
    words = "".join(lines[each].text.strip() for each in caption)
    heading = _heading(number, f"{bare}{words}", lines[number].text, after)
    return replace(heading, line=caption.start) if caption else heading


def _heading(number: int, text: str, line: str, after: str) -> Heading:
    """An article whose text begins in its own line where `after` is not empty."""
    if not after:
        return Heading(number, number + 1, 0, text, "article", _ARTICLE_RANK)
    return Heading(number, number, line.rindex(after), text, "article", _ARTICLE_RANK)


def _caption_above(lines: Sequence[Line], number: int) -> range:
    """The lines of `（目的）` right above an article; some are cut in two or three by links."""
    for count in (1, 2, 3):
        start = number - count
        if start < 0 or _blank(lines, start) or lines[start].level:
            break
        joined = "".join(lines[each].text.strip() for each in range(start, number))
        if _CAPTION_ALONE.match(joined) and joined.count("（") == joined.count("）"):
            return range(start, number)
    return range(number, number)


def _ends_above(lines: Sequence[Line], number: int) -> bool:
    return lines[number - 1].text.rstrip().endswith("。") or lines[number - 1].level > 0


def _captions(found: Sequence[Heading]) -> set[int]:
    return {line for heading in found for line in range(heading.line, heading.body)}


def _follows(here: tuple[int, ...], last: tuple[int, ...], *, sure: bool) -> bool:
    """Whether an article may come after another one: numbers rise, and do not leap where it is not sure."""
    if not last or here == (1,):
        return True
    return here > last and (sure or here[0] - last[0] <= 5)


def _questions(lines: Sequence[Line], taken: set[int]) -> list[Heading]:
    """Questions that an answer follows: `Q：… / A：…`."""
    found = []
    for number, line in enumerate(lines):
        if number in taken or line.verbatim or not _QUESTION.match(line.text):
            continue
        for below in range(number + 1, min(number + 1 + _LOOK_AHEAD, len(lines))):
            if _QUESTION.match(lines[below].text) or lines[below].level:
                break
            if _ANSWER.match(lines[below].text):
                found.append(_question(lines, number, below))
                break
    return found


def _question(lines: Sequence[Line], number: int, answer: int) -> Heading:
    """A question may go over several lines; the answer begins the text below it."""
    asked = [lines[each].text.strip() for each in range(number, answer) if not _blank(lines, each)]
    return Heading(number, answer, 0, "".join(asked), "faq", _QUESTION_RANK)


def _free(lines: Sequence[Line], taken: set[int]) -> list[Heading]:
    """Numbered, marked or bracketed lines that stand alone in plain text. The style seen first is the outermost."""
    ranks: dict[str, int] = {}
    found = []
    for number, line in enumerate(lines):
        text = line.text.strip()
        if number in taken or line.verbatim or number == 0 or not _blank(lines, number - 1):
            continue
        style, depth = _style(line.text)
        if not style or len(text) > _LONGEST_TITLE or text.endswith(SENTENCE_ENDS):
            continue
        if style == "number" and not _numbered_heading(lines, number):
            continue
        rank = ranks.setdefault(style, _FREE_RANK + 5 * len(ranks)) + depth
        found.append(Heading(number, number + 1, 0, text, "heading", min(rank, _QUESTION_RANK - 1)))
    return found


def _style(text: str) -> tuple[str, int]:
    if _BRACKETED.match(text):
        return "bracket", 0
    if marked := _MARKED.match(text):
        return marked["mark"], 0
    if numbered := _NUMBERED.match(text):
        return "number", len(re.findall(r"[.．]", numbered["number"]))
    return "", 0


def _numbered_heading(lines: Sequence[Line], number: int) -> bool:
    """Not an item of a list: a blank line follows, and then text that is no further number."""
    if not _blank(lines, number + 1) or number + 2 >= len(lines):
        return False
    return not _NUMBERED.match(lines[number + 2].text)

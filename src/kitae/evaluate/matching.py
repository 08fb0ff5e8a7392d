"""Whether an answer says what the gold says: at digit boundaries, not denied, not hedged, not a list of everything.

The rules look at Japanese (and a little English) surface forms. They are heuristics with known limits; each is here
because some way of copying or guessing would win without it, and each says why it let an answer fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .normalise import UNITS, is_quantity, normalise, quantities, unit

SHORT = 40
"""An answer may always have this many characters …"""
TIMES = 3
"""… or this many times those of the longest gold, so that copying a passage does not count."""


@dataclass(frozen=True, slots=True)
class Match:
    """Whether an answer is right, and in a few words why (not)."""

    right: bool
    why: str


def match(answer: str, gold: Sequence[str], question: str, *, longest: int = SHORT) -> Match:
    """Judges an answer (without citations, as written) to an answerable question.

    Args:
        answer: What the model says.
        gold: Alternatives, one of which suffices.
        question: What was asked; numbers that stand in it are nobody's guess.
        longest: Characters that an answer may always have.
    """
    said = normalise(answer)
    asked = normalise(question)
    alternatives = sorted({form for form in map(normalise, gold) if form}, key=lambda form: (-len(form), form))
    if not said:
        return Match(False, "empty")
    if too_long := _too_long(answer, gold, longest):
        return Match(False, too_long)
    if _echoes(said, asked, alternatives):
        return Match(False, "repeats the question")
    return _said(said.replace(asked, "。") if asked else said, alternatives, asked)


def _too_long(answer: str, gold: Sequence[str], longest: int) -> str:
    allowed = max(longest, TIMES * max(len(_dense(each)) for each in gold))
    found = len(_dense(answer))
    return f"{found} characters, more than {allowed}" if found > allowed else ""


def _dense(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _echoes(said: str, asked: str, alternatives: Sequence[str]) -> bool:
    return said in asked and _COPULA.sub("", said) not in alternatives


def _said(said: str, alternatives: Sequence[str], asked: str) -> Match:
    """The verdict over all places where an alternative stands."""
    good, bad = "", ""
    for form, start, end in _places(said, alternatives):
        if _denied(said, start, end, asked):
            return Match(False, f"denies 「{form}」")
        wrong = _hedged(said, start, end) or _misdirected(said, form, end, alternatives) or _asks(said, end)
        if wrong:
            bad = bad or wrong
        else:
            good = good or form
    if not good:
        listed = next((form for form in alternatives if _lists_all(said, form, asked)), "")
        if not listed:
            return Match(False, bad or "the gold is not in it")
        good = listed
    wrong = _says_the_opposite(said, alternatives) or _too_many(said, good, alternatives, asked)
    return Match(False, wrong) if wrong else Match(True, f"says 「{good}」")


def _places(said: str, alternatives: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Where an alternative stands whole: not inside a longer number, word or quantity."""
    for form in alternatives:
        start = said.find(form)
        while start >= 0:
            end = start + len(form)
            if _stands_alone(said, start, end):
                yield form, start, end
            start = said.find(form, start + 1)


_COARSER = {"か月": "年", "日": "月", "分": "時|時間|割", "秒": "分"}
_GOES_ON = re.compile(r"半|目|の\d")
_FINER = {"時": r"間|\d+分", "時間": r"\d+分", "年": r"\d+か月", "月": r"\d+日", "割": r"\d+分"}


def _stands_alone(said: str, start: int, end: int) -> bool:
    """Whether what stands there is no part of something longer.

    「2日」 is not in 「12日」, 「2.2日」, 「1月2日」 or 「2日半」; 「14時」 is not in 「14時間」;
    「支給」 is not in 「不支給」.
    """
    form, before, after = said[start:end], said[:start], said[end:]
    if form[0].isdigit():
        first = re.match(rf"\d+(?:\.\d+)?({UNITS})?", form)
        coarser = _COARSER.get(first[1] or "" if first else "", "")
        if re.search(r"\d\.?$|[\d.][\-~〜]$", before) or (coarser and re.search(rf"\d(?:{coarser})$", before)):
            return False
    elif re.search(r"[不非未無]$", before):
        return False
    if form[-1].isdigit() and re.match(r"\d|\.\d|[万億千百]|[\-~〜]\d", after):
        return False
    last = re.search(rf"(?<=\d)(?:{UNITS})$", form)
    if last and re.match(rf"{_GOES_ON.pattern}|{_FINER.get(last[0], '(?!)')}|[\-~〜]\d", after):
        return False
    latin = re.compile(r"[a-z]")
    return not (
        (latin.match(form[0]) and latin.search(before[-1:])) or (latin.match(form[-1]) and latin.match(after[:1]))
    )


# A clause ends at punctuation, and at 「で」 that leads on to something else (「2日で、延長は…」, 「2日で延長は…」).
_CLAUSE_END = re.compile(r"[、。(),;]|で(?![はなもしすきあごの])|(?<=す)が|\bbut\b")
_NOT = re.compile(
    r"(?<!少)(?<!つた)ない|ません|なく|なかった|[せれらえきかわけめ]ず(?:に|$)|不可|誤り|間違い|違い(?:ます|ました)"
    r"|\bnot\b|n't\b|\bnever\b"
)
# Obligations, limits and conditions have a negative form and a positive meaning.
_NOT_A_DENIAL = re.compile(
    r"なければ|なくては|なくとも|ないと|ない限り|ないうち|ざるを得|かもしれ|違いない|間違い(?:な|あり)|問題(?:な|あり)|差し支え"
    r"|しか|超え|越え|過ぎ|上回|下回|だけでなく|のみならず|ではないか"
)


# What denies the words themselves, and not what the question already denies of them.
_NOT_THIS = re.compile(
    r"^(?:で|という?|とい)?(?:は|も|じゃ)(?:あり|ござい)?(?:ない|ません|なく)|^でな|わけでは|とは限|とは言"
)


def _denied(said: str, start: int, end: int, asked: str) -> bool:
    """Whether the clause goes on to deny what stands there: 「2日ではありません」, 「支給しないわけではない」.

    To 「退職金がもらえないのは誰ですか」 the answer 「臨時社員には支給しません」 denies nothing.
    """
    tail = said[end : end + 30]
    stop = _CLAUSE_END.search(tail)
    tail = tail[: stop.start()] if stop else tail
    if re.search(r"\b(?:not|never|no|without)\s?(?:[a-z]+\s)?$", said[:start]):
        return True
    last = asked.rpartition("。")[2].removesuffix("ませんか")
    denial = _NOT_THIS if _NOT.search(last) else _NOT
    return bool(denial.search(tail)) and not _NOT_A_DENIAL.search(tail)


_MARKS = r"(?:以上|以内|以下|未満|まで|前|後)?"


def _hedged(said: str, start: int, end: int) -> str:
    """「2日または3日」 names two things where one was asked."""
    after = re.match(rf"{_MARKS}(?:です|ます)?(?:、?または|か、?\d|か(?=[一-龥ァ-ヶ]))", said[end:])
    before = re.search(rf"(?:または|(?:{UNITS}){_MARKS}か、?)$", said[:start])
    return "offers it as one of several" if after or before else ""


def _asks(said: str, end: int) -> str:
    return "asks instead of answering" if re.match(r"[^、。]{0,6}(?:です|ます|でしょう)?か(?:。|$)", said[end:]) else ""


_DIRECTIONS = {"以上": "up", "を超": "up", "超": "up", "以内": "down", "以下": "down", "未満": "down"}
_ORDER = {"前": "before", "後": "after"}
_OPPOSITE = {"up": "down", "down": "up", "before": "after", "after": "before"}


def _misdirected(said: str, form: str, end: int, alternatives: Sequence[str]) -> str:
    """「14日以内」 where the gold knows 「14日以上」: the right number with the opposite meaning."""
    found = _direction(said[end:])
    if not found:
        return ""
    meant = {_direction(other[len(form) :]) for other in alternatives if other.startswith(form)} - {""}
    opposite = found not in meant and _OPPOSITE[found] in meant
    return "the right number, the opposite direction" if opposite else ""


def _direction(text: str) -> str:
    for marks in (_DIRECTIONS, _ORDER):
        for mark, meaning in marks.items():
            if text.startswith(mark):
                return meaning
    return ""


_NEGATIVE = re.compile(r"(?:し|され)?(?:ない|ません)$")


def _says_the_opposite(said: str, alternatives: Sequence[str]) -> str:
    """「使えます。使えません。」 holds the gold and its contrary."""
    for form in alternatives:
        ending = _NEGATIVE.search(form)
        if ending is None or ending.start() == 0:
            continue
        stem = re.escape(form[: ending.start()])
        if re.search(rf"{stem}(?:する|します|される|されます|る|ます)(?!か)", said):
            return "says the opposite as well"
    return ""


def _too_many(said: str, good: str, alternatives: Sequence[str], asked: str) -> str:
    """An answer that names every number or every noun is a guess."""
    return _other_quantities(said, good, alternatives, asked) or _other_items(said, good, alternatives, asked)


def _other_quantities(said: str, good: str, alternatives: Sequence[str], asked: str) -> str:
    """Two further quantities of the gold's unit are too many; one is, if it merely stands beside it (「2日、3日」).

    In a bare list one of any unit is too many: 「30日、15,000円」 says nothing about what is which.
    """
    in_gold = [m[0] for form in alternatives for m in quantities(form)]
    kind = unit(good)
    if not kind:
        return ""
    given = {m[0] for m in quantities(asked)} | set(in_gold)
    same = [m for m in quantities(said) if unit(m[0]) == kind]
    others = {m[0] for m in same if m[0] not in given}
    if len(others) > 1:
        return f"also names {'、'.join(sorted(others))}"
    segments = _segments(said)
    listed = {part for part in segments if is_quantity(part)} - given
    if listed and set(segments) & set(in_gold):
        return f"also names {'、'.join(sorted(listed))}"
    beside = re.compile(rf"{_MARKS}(?:[、とや~〜\-]|または)+")
    for one, two in pairwise(same):
        if {one[0], two[0]} & others and beside.fullmatch(said[one.end() : two.start()]):
            return f"also names {'、'.join(others)}"
    return ""


_COPULA = re.compile(r"(?:です|だ|である|となります|になります|のみ|など|等|の\d+つ)+$")
_NO_ITEM = re.compile(r"^(?:原則|基本|通常|現在|毎年|以上|以下|次|下記|合計|全部|全て|各|当社|会社|社内|\d.*|[a-z ]*)$")
_BARE = re.compile(r"[^ぁ-ん]{2,20}")


def _other_items(said: str, good: str, alternatives: Sequence[str], asked: str) -> str:
    """Bare nouns in a list that are neither gold nor asked: one is too many where the gold is a list, else two."""
    items = good.split("、")
    segments = _segments(said)
    bare = {part for part in segments if _BARE.fullmatch(part)}
    if len(items) > 1:
        # The list may end in a sentence: 「臨時社員、嘱託社員、正社員には支給しない」.
        bare |= {
            head[0]
            for one, two in pairwise(segments)
            if one in items and (head := re.match(r"[^ぁ-ん]{2,20}(?=[はがをにのとで])", two))
        }
    elif good not in segments:
        return ""
    known = "。".join(alternatives)
    extra = sorted(
        part
        for part in bare
        if part not in known and part not in asked and not _NO_ITEM.match(part) and not any(i in part for i in items)
    )
    return f"also names {'、'.join(extra)}" if len(extra) > (0 if len(items) > 1 else 1) else ""


def _segments(said: str) -> list[str]:
    """What stands between commas, without 「です」."""
    return [_COPULA.sub("", part) for part in re.split(r"[、。()]|または", said)]


def _lists_all(said: str, form: str, asked: str) -> bool:
    """Whether every item of a list stands in the answer, in any order, none denied."""
    items = form.split("、")
    if len(items) < 2:
        return False
    for item in items:
        places = list(_places(said, [item]))
        if not places or any(_denied(said, start, end, asked) for _, start, end in places):
            return False
    return True

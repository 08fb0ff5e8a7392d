"""One spelling for what is written in many: widths, Japanese numerals, money, times, か月 and its variants.

Answers and gold go through the same function before they are compared, so a rule here need not be pretty Japanese; it
must only never make two different quantities equal.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from ..core import numerals
from ..core.mistakes import Mistake

UNITS = (
    "か月|か所|か国|時間|世帯|親等|ポイント|キロ|km|kg|"
    "年|月|週|日|時|分|秒|円|歳|人|名|回|件|条|項|号|章|割|倍|泊|%|枚|冊|台|点"
)
"""Counters that make a number a quantity. Longer ones first, for regular expressions."""

_KANJI = "〇零一二三四五六七八九十百千万億"
# Where a number in kanji is written before one of these it is read as a number; elsewhere 一 is part of a word (一般).
_NUMERAL = re.compile(rf"(?<![{_KANJI}\d.])[\d{_KANJI}][\d.{_KANJI}]*(?=\s*(?:{UNITS}|才|週間|日間|年間|パーセント))")
# 十分な and 一時的 are words. 十分 before other letters stays ambiguous and is read as ten minutes.
_WORD_NOT_NUMBER = re.compile(r"(?<![時間])十分(?=[にな])|一時(?!間|半|\d|から|まで|に|ごろ|頃)|万(?=一|年筆)|千(?=葉)")

_BULLET = re.compile(r"\s*\n\s*[・•●\-*]\s*")
_SENTENCE = re.compile(r"\s*(?:[。!?]|\n|\.(?=\s|$))+\s*")
_LIST = re.compile(r"\s*(?:[、・;]|,(?!\d)|(?<!\d),|/(?!\d)|(?<!\d)/|及び|および|並びに|ならびに)+\s*")
_OR = re.compile(r"、?(?:又は|若しくは|もしくは|あるいは|或いは|または)、?")
_QUOTES = re.compile(r"[「」『』\"'“”‘’*_`#|<>【】]")


def normalise(text: str) -> str:
    """The form in which answers and gold are compared.

    Width-folded, lower case, no white space but between Latin words; numbers as digits without commas before a counter;
    `、` between items of a list, `。` between sentences, `(` `)` kept; か月, 円, 時分 and % in one spelling.
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = _BULLET.sub("、", _QUOTES.sub("", text.strip()))
    text = _LIST.sub("、", _SENTENCE.sub("。", text))
    text = _OR.sub("または", text)
    text = re.sub(r"(?<![a-z])\s+|\s+(?![a-z])", "", text)
    text = re.sub(rf"(?<=[\d{_KANJI}何数])[ヶヵケカか箇個](?=[月年所国])", "か", text)
    return _measures(_digits(text)).strip("、。")


def _digits(text: str) -> str:
    """Numerals before a counter as digits: 三百五十五円 → 355円, 1万5千円 → 15000円, 十二か月 → 12か月."""
    words = {match.start() for match in _WORD_NOT_NUMBER.finditer(text)}

    def digits(match: re.Match[str]) -> str:
        if match.start() in words or not any(character in _KANJI for character in match[0]):
            return match[0]
        try:
            number = numerals.read(match[0].replace("零", "〇"), literal=True)
        except Mistake:  # 万 alone, 〇 after 十 …: no number, so a word
            return match[0]
        return f"{number.normalize():f}" if number else "0"

    return _NUMERAL.sub(digits, text)


def _measures(text: str) -> str:
    text = re.sub(r"¥(\d+)", r"\1円", text)
    text = re.sub(r"(?<=\d)(?:パーセント|percent)", "%", text)
    text = re.sub(r"(?<=\d)才", "歳", text)
    text = re.sub(r"(?<=\d)(週|日|年|か月)間", r"\1", text)
    text = re.sub(r"(?<!\d)(\d{1,2}):(\d{2})(?![\d:])", r"\1時\2分", text)
    text = re.sub(r"午後(\d{1,2})時(?!間)", lambda m: f"{int(m[1]) + 12 if int(m[1]) < 12 else int(m[1])}時", text)
    text = re.sub(r"午前(\d{1,2})時(?!間)", r"\1時", text)
    text = re.sub(r"(?<=\d時)0{1,2}分", "", text)
    text = re.sub(r"(?<=\d)(時間?)半", r"\g<1>30分", text)
    text = re.sub(r"(\d+)\.(\d+)時間", _hours, text)
    return re.sub(r"(?<=\d)年半", "年6か月", text)


def _hours(match: re.Match[str]) -> str:
    """8.5時間 → 8時間30分; hours that are no whole minutes stay."""
    minutes = Decimal(f"0.{match[2]}") * 60
    if minutes != minutes.to_integral_value():
        return match[0]
    return f"{match[1]}時間" + (f"{int(minutes)}分" if minutes else "")


def letters(text: str) -> str:
    """The normal form without punctuation and spaces: what character F1 is counted over."""
    return re.sub(r"[^\w%]+|_", "", normalise(text))


_PAIRS = r"\d+時間\d+分|\d+時\d+分|\d+年\d+か月|\d+月\d+日|\d+割\d+分"
_QUANTITY = re.compile(rf"(?<![\d.])(?:{_PAIRS}|\d+(?:\.\d+)?(?:{UNITS}))")


def quantities(text: str) -> list[re.Match[str]]:
    """Numbers with their counters in normalised text; 11時45分 is one quantity, not two."""
    return list(_QUANTITY.finditer(text))


def is_quantity(text: str) -> bool:
    """Whether normalised text is one quantity and nothing else."""
    return _QUANTITY.fullmatch(text) is not None


def unit(quantity: str) -> str:
    """The first counter of a quantity: 時 for 11時45分, 円 for 355円."""
    found = re.search(rf"(?<=\d)(?:{UNITS})", quantity)
    return found[0] if found else ""

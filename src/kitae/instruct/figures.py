"""Numbers with a unit, dates and times in a Japanese sentence, and the question word each is asked with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from .japanese import words

_DIGITS = r"[0-9０-９]+(?:[,，][0-9０-９]{3})*(?:[.．][0-9０-９]+)?"
_KANJI = r"[〇一二三四五六七八九十百千]+"
_NUMBER = rf"(?:{_DIGITS}|{_KANJI})(?:[万億千](?:{_DIGITS}|{_KANJI})?)*"

# Unit as written → (question word, class of the value). The longest is tried first.
UNITS: dict[str, tuple[str, str]] = {
    "円": ("いくら", "円"),
    "営業日": ("何営業日", "日"),
    "労働日": ("何労働日", "日"),
    "稼働日": ("何稼働日", "日"),
    "勤務日": ("何勤務日", "日"),
    "暦日": ("何暦日", "日"),
    "日": ("何日", "日"),
    "週": ("何週", "週"),
    "時間": ("何時間", "時間"),
    "分": ("何分", "時間"),
    "秒": ("何秒", "時間"),
    "年": ("何年", "年"),
    "年度": ("何年度", "年"),
    "か年": ("何か年", "年"),
    "箇年": ("何年", "年"),
    "歳": ("何歳", "歳"),
    "才": ("何歳", "歳"),
    "回": ("何回", "回"),
    "度": ("何度", "回"),
    "名": ("何名", "人"),
    "人": ("何人", "人"),
    "泊": ("何泊", "泊"),
    "%": ("何パーセント", "率"),
    "％": ("何パーセント", "率"),
    "パーセント": ("何パーセント", "率"),
    "割": ("何割", "率"),
    "倍": ("何倍", "率"),
    "km": ("何km", "長さ"),
    "ｋｍ": ("何km", "長さ"),
    "キロメートル": ("何キロメートル", "長さ"),
    "キロ": ("何キロ", "長さ"),
    "メートル": ("何メートル", "長さ"),
    "センチメートル": ("何センチメートル", "長さ"),
    "cm": ("何cm", "長さ"),
    "mm": ("何mm", "長さ"),
    "kg": ("何kg", "重さ"),
    "キログラム": ("何キログラム", "重さ"),
    "トン": ("何トン", "重さ"),
    "GB": ("何GB", "量"),
    "MB": ("何MB", "量"),
    "文字": ("何文字", "字"),
    "字": ("何字", "字"),
    "桁": ("何桁", "字"),
    "個": ("何個", "個"),
    "台": ("何台", "個"),
    "枚": ("何枚", "個"),
    "通": ("何通", "個"),
    "部": ("何部", "個"),
    "冊": ("何冊", "個"),
    "件": ("何件", "個"),
    "点": ("何点", "個"),
    "社": ("何社", "個"),
    "口": ("何口", "個"),
    "階": ("何階", "階"),
    "か所": ("何か所", "個"),
    "箇所": ("何か所", "個"),
    "平方メートル": ("何平方メートル", "広さ"),
    "立方メートル": ("何立方メートル", "量"),
    "リットル": ("何リットル", "量"),
    "度以下": ("何度以下", "度"),
}
for _month in ("か月", "カ月", "ヵ月", "ヶ月", "ケ月", "ヵ月", "箇月"):
    UNITS[_month] = ("何か月", "月")

_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_SUFFIX = r"(?:間|分(?=の|以|を|相当|、|$)|目|前|後|以内|以上|以下|以降|未満|超|ごと|程度|につき(?=\d))*"
_VALUE = re.compile(
    rf"(?P<value>{_NUMBER}(?P<unit>{_UNIT}))(?P<second>{_NUMBER}(?:か月|カ月|ヶ月|箇月|分))?(?P<suffix>{_SUFFIX})"
)

_CLOCK_ONE = rf"(?:(?:午前|午後|翌日|当日)*{_NUMBER}時(?!間)(?:{_NUMBER}分|半)?|正午)"
_CLOCK = re.compile(
    rf"(?P<one>{_CLOCK_ONE})(?:(?P<link>から|～|〜|－|ないし)(?P<two>{_CLOCK_ONE}))?(?P<until>までの間|まで)?"
)
_ERA = rf"(?:(?:令和|平成|昭和|西暦)?(?:{_NUMBER}|元)年(?:度)?|毎年|翌年|当年|各年|前年|同年|翌年度|前年度)"
_END = rf"(?:{_NUMBER}日|末日|末)"
_DAY = rf"(?:{_ERA}?{_NUMBER}月{_END}|(?:毎月|当月|翌月|前月|翌々月){_END}|{_ERA}{_NUMBER}月)"
_DATE = re.compile(rf"(?P<one>{_DAY})(?:(?P<link>から|～|〜|－)(?P<two>{_DAY}))?(?P<until>まで)?")
# 第3条, 別表1, 平成24年法律第46号: numbers that name something. 3分の1 has no question word people use.
_NAMES = re.compile(r"(?:第|平成|昭和|令和|大正|別表|様式|附則|No\.?|法律|省令|政令)[ 　]*$")
_GOES_ON = re.compile(r"^(?:条|項|号|章|節|款|分の|月[0-9０-９一二三四五六七八九十])")
_PREFIX = re.compile(
    r"(?:最大|最長|最低|満|約|通算|合計|年間|毎月|毎年|毎週|(?<![0-9０-９一-龥か])月|(?<![一-龥])年|(?<![一-龥])週)$"
)
# Units that stand for "each" when their number is one: 1日につき, 1泊あたり, 1週間の.
_EACH = re.compile(
    r"^(?:あたり|当たり|当り|につき|について|ごと|毎|の(?!範囲|限度|間|うち)|に(?=[0-9０-９一二三四五六七八九十何])|を単位|単位"
    r"|[0-9０-９最平約])"
)
_EVERY = {"毎年": "年に", "年": "年に", "年間": "年に", "毎月": "月に", "月": "月に", "毎週": "週に", "週": "週に"}
# Half of an answer: 6時間又は7時間, 7月1日及び12月1日.
_HALF = re.compile(r"^(?:まで|から)?(?:及び|並びに|又は|若しくは|もしくは|または|および|と(?=[0-9０-９一-龥]))")
_OTHER_HALF = re.compile(
    rf"{_NUMBER}(?:{_UNIT}|月|時){_SUFFIX}(?:及び|並びに|又は|若しくは|もしくは|または|および|と)$"
)
_ONE = frozenset({"1", "一"})


@dataclass(frozen=True)
class Figure:
    """A value in a sentence (code points). `text[start:end]` is what the question word replaces."""

    start: int
    end: int
    word: str
    """The question word: `何日`, `いくら`, `いつ`, `何時から何時まで`."""
    answer: str
    """What is answered, verbatim: with `前`, `以内`, `まで` and with `最大`, `毎月` before it."""
    unit: str
    """Class of the value: `円`, `日`, `率` …, `日付`, `時刻`."""


def figures(text: str) -> list[Figure]:
    """All values of a sentence in their order; what only names (`第3条`) or says "each" (`1日につき`) is left out."""
    found: list[Figure] = []
    taken = 0
    for figure in sorted(_all(text), key=lambda f: (f.start, f.start - f.end)):
        if figure.start >= taken:
            found.append(figure)
            taken = figure.end
    return [figure for figure in found if figure.word]


def _all(text: str) -> Iterator[Figure]:
    found = words(text)
    starts = {word.start for word in found if word.is_number or word.surface[:1] in "0123456789０１２３４５６７８９"}
    ends = {word.end for word in found}
    nouns = {word.start for word in found if word.is_noun and word.surface[0] not in "以前後間目未程超分"}
    yield from _dates(text)
    yield from _clocks(text)
    yield from _frequencies(text)
    yield from _ranges(text)
    for match in _VALUE.finditer(text):
        if match.start() not in starts or not {match.end("value"), match.end("value") + 1} & ends:
            continue
        if match.end("value") not in ends and text[match.end("value")] not in "間前後目分半":
            continue  # 4年生, 2口座: the unit is the beginning of another word
        each = match.end("value") in nouns  # 1日所定労働時間, 1回券
        if figure := _value(text, match, each=each):
            yield figure


def _value(text: str, match: re.Match[str], *, each: bool) -> Figure | None:
    before, after = text[: match.start()], text[match.end("value") :]
    if _NAMES.search(before) or _GOES_ON.match(after) or re.search(r"[.．×÷+＋±\-－~～〜]$", before):
        return None
    if re.match(r"[~～〜]|プラス|マイナス", after):
        return None
    if match["unit"] == "分" and re.match(r"の[0-9０-９一二三四五六七八九]", after):
        return None
    number = unicodedata.normalize("NFKC", match["value"])[: -len(match["unit"])]
    if _HALF.match(text[match.end() :]) or _OTHER_HALF.search(before):
        return Figure(match.start(), match.end(), "", "", "")
    word, unit = UNITS[match["unit"]]
    rest = re.sub(r"^間", "", after)
    counted = number in _ONE and (each or _EACH.match(rest))
    if unit != "円" and (counted or re.match(r"(?:あたり|当たり|当り|につき)", rest)):
        return Figure(match.start(), match.end("value"), "", "", unit)
    end = match.end("second") if match["second"] else match.end("value")
    prefix = _PREFIX.search(before)
    start = shown_from = prefix.start() if prefix else match.start()
    every = _EVERY.get(prefix[0]) if prefix else None
    if every is None:
        start = match.start()
    shown_to = match.end()
    if match["suffix"].endswith("前") and text[shown_to:].startswith("まで"):
        shown_to += 2
    return Figure(start, end, f"{every or ''}{word}", text[shown_from:shown_to], unit)


_RANGE = re.compile(rf"(?P<low>{_NUMBER})(?P<unit>{_UNIT})(?:以上|を超え、?){_NUMBER}(?P=unit)(?P<bound>未満|以下)")


def _ranges(text: str) -> Iterator[Figure]:
    """20時間以上30時間未満: one answer."""
    for match in _RANGE.finditer(text):
        word, unit = UNITS[match["unit"]]
        yield Figure(match.start(), match.end(), f"{word}以上{word}{match['bound']}", match[0], unit)


_OFTEN = re.compile(
    rf"{_NUMBER}(?:日|週間?|か月|カ月|ヶ月|箇月|年)(?:間)?(?:以内)?(?:に|ごとに|につき|あたり)(?:最大|原則)?{_NUMBER}回"
)


def _frequencies(text: str) -> Iterator[Figure]:
    """4週に1回: both numbers together are the answer."""
    for match in _OFTEN.finditer(text):
        if not re.search(r"[0-9０-９一-九第]$", text[: match.start()]):
            yield Figure(match.start(), match.end(), "どのくらいの頻度で", match[0], "回")


def _clocks(text: str) -> Iterator[Figure]:
    for match in _CLOCK.finditer(text):
        if re.search(r"[0-9０-９一-九第]$", text[: match.start()]) or text[match.end() :].startswith(
            ("点", "金", "的", "期", "預", "受", "帰")
        ):
            continue
        if match["one"] == "一時" and not re.match(r"から|まで|に|半|、", text[match.end("one") :]):
            continue
        if not match["two"] and match["one"] == "正午" and not match["until"]:
            continue
        word = f"何時{match['link']}何時" if match["two"] else "何時"
        end = match.end("two") if match["two"] else match.end("one")
        shown_to = match.start("until") + 2 if match["until"] else end
        yield Figure(match.start(), end, word, text[match.start() : shown_to], "時刻")


def _dates(text: str) -> Iterator[Figure]:
    for match in _DATE.finditer(text):
        if text[match.end() :].startswith(("法律", "政令", "省令", "厚生", "号")) or _NAMES.search(
            text[: match.start()]
        ):
            continue
        rest = text[match.end() :]
        if re.match(r"(?:の|[ 　])?(?:午前|午後|[0-9０-９]+時)", rest):
            continue  # a day and an hour together are neither いつ nor 何時
        if _HALF.match(rest) or re.match(r"の(?:翌|前)日", rest) or _OTHER_HALF.search(text[: match.start()]):
            yield Figure(match.start(), match.end(), "", "", "")
            continue
        end = match.end("two") if match["two"] else match.end("one")
        word = f"いつ{match['link']}いつ" if match["two"] else "いつ"
        shown_to = match.end("until") if match["until"] else end
        yield Figure(match.start(), end, word, text[match.start() : shown_to], "日付")

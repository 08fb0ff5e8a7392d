"""What a question needs from around its sentence: the list it stood in, the section's topic, the document's title."""

from __future__ import annotations

import re

from .candidate import Context
from .japanese import words
from .sentence import segments, without_brackets

# Headings that name the place of a text and not its matter.
_EMPTY = re.compile(
    r"^(?:目的|趣旨|定義|用語の定義|用語|適用範囲|適用|適用除外|総則|雑則|附則|付則|補則|その他|手続|手続き|留意事項|注意事項|改廃|委任|罰則"
    r"|施行期日|経過措置|概要|はじめに|対応|備考|本書について|本章の適用範囲|第[0-9０-９一二三四五六七八九十百]+条.{0,4}|前回の.*|.*について（お知らせ）)$"
)
_QUESTION = re.compile(r"[。？?]|(?:ます|です|ました|ません|ください|たいこと)か?$|(?:します|する|した)$")
_NUMBER = re.compile(
    r"^(?:第[0-9０-９一二三四五六七八九十百]+[条章節款編](?:の[0-9０-９一二三四五六七八九十]+)?|[0-9０-９]+(?:[.．][0-9０-９]+)*[.．、]?"
    r"|[(（][0-9０-９一二三四五六七八九十]+[)）]|Q[0-9０-９]*[.．:：]|（参考）)[ 　]*"
)
_ITSELF = re.compile(
    r"(?:この|本)(?:規程|規則|要領|要綱|手順書|手引き|マニュアル|ガイド|お知らせ|文書|法律|省令|政令|告示|表|書)(?![一-龥])"
)
# 第26条の, 前条第1項に規定する, 別表第1に定める: what they point to is not needed to ask.
_DIGITS = "0-9０-９一二三四五六七八九十百"
_PLACE = (
    rf"(?:(?:[一-龥]{{0,10}}(?:規程|規則|法|令|附則))?第[{_DIGITS}]+[条項号章](?:の[{_DIGITS}]+)?(?:第?[{_DIGITS}]+[項号])*"
    r"|(?:前|次|本|同)(?:[0-9０-９二三]?[条項号]|各[項号]))"
)
_PLACES = rf"{_PLACE}(?:[、及び又は並びに若しくはから]*{_PLACE})*"
_ASIDE = re.compile(
    rf"次の[^、]*を除き、|{_PLACES}(?:の(?:規定|規程|定め))?(?:にかかわらず|に関わらず|によらず|のほか|を除き|に定めるもののほか)、?"
    rf"|{_PLACES}(?:の(?:規定|規程|定め))?(?:により|による|に基づき|に基づく|に従い|に定める|に規定する|で定める|で定められた|の)、?"
)
POINTS = re.compile(
    r"(?<![一-龥])規定[はがを]|"
    r"前[条項号]|前各|前[0-9０-９二三]項|次[条項号]|次の|次に|同[条項号]|各号|本[条項章]|当該|上記|下記|以下の|左記|別表|別紙|別に定め|これ|それ|ここ|こちら"
    r"|同様|同じ|この|その(?!他)|当日の|第[0-9０-９一二三四五六七八九十]+[項号]|同意見|[(（)）]"
)
_GENERAL = re.compile(
    r"会社|従業員|社員|職員|場合|とき|必要|事項|規定|申出|請求|届出|書類|業務|期間|以内|以上"
    r"|原則|本人"
)
_OWN_CASE = re.compile(r"(?:場合|とき|時|際|ため)$")
_PERSONS = re.compile(r"(?:者|社員|従業員|職員|役員)$")


def plain_heading(heading: str) -> str:
    """`第20条　復職` → `復職`; `（目的）` → `目的`; `5. ファイルサーバーの使い方` → `ファイルサーバーの使い方`."""
    text = re.sub(r"【[^】]{1,6}】", "", heading).strip("#* 　")
    while (shorter := _NUMBER.sub("", text)) != text and shorter:
        text = shorter
    if match := re.fullmatch(r"[（(](.+)[)）]", text):
        text = match[1]
    return re.sub(r"について$", "", without_brackets(text).strip(" 　、。【】"))


def topic_of(heading: str) -> str:
    """The heading's matter, or nothing where it has none (`目的`)."""
    plain = plain_heading(heading)
    if _QUESTION.search(plain):
        return ""
    return (
        ""
        if _EMPTY.match(re.sub(r"[\s　]|抄$", "", plain))
        or len(plain) > 30
        or not re.search(r"[一-龥ァ-ヶーA-Za-z]", plain)
        else plain
    )


def plain_title(title: str) -> str:
    """The document's title as one would say it."""
    text = re.sub(r"^[0-9０-９_\-]+[_\-　 ]", "", plain_heading(title)).replace("_", " ")
    text = re.sub(r"[　 ]+(?:[A-ZＡ-Ｚ0-9０-９－\-]+|第[0-9０-９]+版|Ver.*)(?:[　 ].*)?$", "", text)
    return re.sub(r"\.(?:md|txt|html?|docx?|pdf)$", "", text).strip(" 　")


def shares_word(one: str, two: str) -> bool:
    """Whether a noun of `one` (two letters or more) stands in `two`."""
    return any(len(word.surface) > 1 and word.is_noun and word.surface in two for word in words(one))


def situated(way: str, above: tuple[str, ...], context: Context, *, continued: bool = False) -> str:
    """A question that stands alone, as far as that is possible: what still points elsewhere is for the gates to find.

    Args:
        way: The question made from the sentence alone.
        above: The items above the sentence, the outermost first.
        continued: The sentence leans on the one before it, so the topic has to be named.
    """
    text = re.sub(r"(?:本条|この条)による(?=[休期])", f"{context.topic}の" if context.topic else "", way)
    text = _ITSELF.sub(context.title, _ASIDE.sub("", text))
    text = re.sub(r"次の(?:各号に(?:掲げる|定める))?(?=書類|費用|資料|届)", "", text)
    text = _lead(text, above) + text
    if continued and context.topic and context.topic not in text:
        return f"{context.topic}について、{text}"
    return _about(text, context)


def _lead(way: str, above: tuple[str, ...]) -> str:
    """What the items above say first: 正社員の場合、 or the condition and topic of `…する場合、次のとおりとする`."""
    leads: list[str] = []
    for text in above:
        piece = without_brackets(text).split("。")[0].strip(" 　:：")
        if re.search(r"次の|以下の|下記の|次に|とおり|通り", piece):
            for part in segments(piece)[:-1]:
                topic = part.role == "topic" and part.text not in way and "は" not in way
                if (topic or part.role == "condition") and not re.search(r"次の|該当", part.text):
                    leads.append(part.text)
        elif _OWN_CASE.search(piece):
            leads.append(piece)
        elif _PERSONS.search(piece) and len(piece) <= 40:
            leads.append(f"{piece}は")
        elif len(piece) <= 15 and "、" not in piece and not shares_word(piece, way):
            leads.append(f"{piece}について")
    return "".join(f"{lead}、" for lead in dict.fromkeys(leads) if lead not in way)


def _about(text: str, context: Context) -> str:
    """Names the section's topic or the document where the question would not be understood without."""
    topic = context.topic
    if context.chapter and context.chapter not in topic:
        return (
            f"{context.chapter}について、{text}"
            if topic and shares_word(topic, text)
            else f"{context.chapter}の{topic}について、{text}"
        )
    if topic and not shares_word(topic, text) and _thin(text):
        bare = re.match(r"[^はが、]*(?<!いい)ですか$", text)  # a fragment: 完結の日から何年間ですか
        return f"{topic}は、{text}" if bare else f"{topic}について、{text}"
    if not topic and not shares_word(context.title, text) and _thin(text):
        return f"{context.title}では、{text}"
    return text


def _thin(text: str) -> bool:
    """Whether so few things are named that nobody could search for it."""
    named = {w.surface for w in words(text) if w.is_noun and len(w.surface) > 1 and not _GENERAL.fullmatch(w.surface)}
    return len(named) < 4

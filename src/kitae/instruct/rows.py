"""Facts of tables and of `key ・・・ value` items: row × column → cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .asking import questions
from .blocks import walk
from .candidate import Candidate, Context, View, sentence
from .context import situated
from .figures import figures
from .predicate import final
from .sentence import segments, without_brackets

_NOTHING = re.compile(r"^[-－―ー−/／\s]*$")
_CASE = re.compile(r"(?:場合|とき|時|以上|以下|未満|まで|後|前|以内|超|中)$")
_MEASURED = re.compile(r"(?:以上|以下|未満|超|以内)$")
_PERSON = re.compile(r"(?:長|者|役員|役|課|部|室|担当|窓口|委員会)$")
# Keys that name what is told, not whom or what it is told of.
_ATTRIBUTE = re.compile(
    r"(?:日数|条件|期限|開始日|終了日|額|時間|時刻|方法|先|期間|単位|料金?|率|数|場所|費用?|対象|要件|頻度|年齢|始業|終業|日時|場所|予算)$"
)
_MEMBER = {
    "対象": "はい、対象です。",
    "対象外": "いいえ、対象外です。",
    "可": "はい、可能です。",
    "不可": "いいえ、不可です。",
}


# 休憩45分: the value says itself what it is.
_NAMED_VALUE = re.compile(
    r"^(?!最大|最長|最低|通算|合計|原則|年間|月額|年額|日額|片道|往復|平日|毎)(?P<name>[一-龥]{2,6})(?P<word>(?:何|いくら).*)$"
)


@dataclass(frozen=True)
class _Cell:
    """A value with the names around it."""

    key_name: str
    """Head of the first column, or what the introduction counts by: `勤続年数`."""
    key: str
    column: str
    value: str
    quote: str


def tables(view: View) -> Iterator[Candidate]:
    """Tables with a head, with a pair a row, or with two rows of which one is the head."""
    for item, above in walk(list(view.items)):
        rows = item.table
        if rows and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows):
            topic, counted = _introduced(above, view.context)
            for cell in _cells(rows, item.header, counted):
                yield from _told(view, cell, above, topic)


def _cells(rows: list[list[str]], header: bool, counted: str) -> Iterator[_Cell]:
    width = len(rows[0])
    if not header and width == 2 and not _looks_like_head(rows):
        for key, value in rows:
            yield _Cell(counted, key, "", value, " | ".join((key, value)))
    elif not header and len(rows) == 2 and _same_sort(rows[1]):
        for key, value in zip(rows[0], rows[1], strict=True):
            yield _Cell(counted, key, "", value, value)
    else:
        head = rows[0]
        for row in rows[1:]:
            for column in range(1, width):
                yield _Cell(head[0], row[0], head[column], row[column], " | ".join(row))


def _looks_like_head(rows: list[list[str]]) -> bool:
    """A first row without values above rows with values."""
    return len(rows) > 1 and not any(figures(c) for c in rows[0]) and all(figures(row[1]) for row in rows[1:])


def _same_sort(cells: Sequence[str]) -> bool:
    units = {figure.unit for cell in cells for figure in figures(cell)[:1]}
    return len(units) == 1 and all(figures(cell) for cell in cells)


def pairs(view: View) -> Iterator[Candidate]:
    """`始業 ・・・ 9時00分`: asked by the topic of the sentence above."""
    for item, above in walk(list(view.items)):
        if (
            item.pair is None
            or not item.marked
            or re.search(r"定義|用語|言葉", view.heading)
            or not (above or view.context.topic)
        ):
            continue
        topic, counted = _introduced(above, view.context)
        key, value = item.pair
        if len(key) <= 40 and len(value) <= 80:
            cases = tuple(text for text in above if not re.search(r"次の|以下の|次に|とおり|通り", text))
            yield from _told(view, _Cell(counted, key, "", value, item.text), cases, topic)


def _introduced(above: tuple[str, ...], context: Context) -> tuple[str, str]:
    """What the values are, and what they are counted by: 勤続年数に応じた日数の年次有給休暇を与える."""
    for text in reversed(above):
        piece = without_brackets(text).split("。")[0]
        if not re.search(r"次の|以下の|次に|とおり|通り|応じ", piece):
            continue
        counted = re.search(r"(?:次のとおり|次の通り)?(?P<by>[^、はがをに]{2,12})に応じ(?:た|て)", piece)
        named = next((part.text for part in segments(piece) if part.role == "topic" and part.text.endswith("は")), "")
        given = re.search(
            r"(?P<what>[^、はがをのにで]{2,14})を(?:次のとおり)?(?:与える|支給する|付与する|認める|適用する)$", piece
        )
        topic = given["what"] if given and not named else re.sub(r"(?:については|に対しては|は)$", "", named)
        if re.search(r"(?:者|社員|従業員|場合)$|次の", topic):
            topic = given["what"] if given else ""
        if match := re.search(
            r"次の(?P<what>周期|期間|日数|割合|料率|時間|回数|手数料|単価|年数)(?:により|に|を|で|と)", piece
        ):
            topic = f"{topic}の{match['what']}" if topic else match["what"]
        topic = re.sub(r"^(?:.*に)?応じ(?:た|て)", "", topic)
        if topic and context.topic.endswith(topic):
            topic = context.topic
        if topic or counted:
            return (topic or context.topic), (counted["by"] if counted else "")
    return context.topic, ""


def _told(view: View, cell: _Cell, above: tuple[str, ...], topic: str) -> Iterator[Candidate]:
    if _NOTHING.match(cell.value) or _NOTHING.match(cell.key) or len(cell.key) > 50:
        return
    for ways, fact, answer, unit in _asked(cell, topic):
        yield Candidate(
            questions=tuple(dict.fromkeys(situated(way, above, view.context) for way in ways)),
            answer=answer,
            fact=fact,
            kind="permission" if unit == "yes" else "table",
            quote=cell.quote,
            anchors=(cell.key,),
            unit=unit,
            rank=0,
        )


def _asked(cell: _Cell, topic: str) -> Iterator[tuple[list[str], str, str, str]]:
    """Ways to ask, fact, answer, unit."""
    value = without_brackets(cell.value).split("。")[0].strip()
    key, column = without_brackets(cell.key).strip(), _spoken(cell.column)
    if value in _MEMBER and (column or topic):
        yield (
            [f"{key}は{column or topic}の対象ですか" if "対象" in value else f"{key}は{column or topic}できますか"],
            value,
            _MEMBER[value],
            "yes",
        )
        return
    value = re.sub(r"(?:とする|とします|である|です)$", "", value)
    ended = final(value)
    if ended is not None and ended.tail not in ("copula", "adjective") and len(value) > 3:
        yield from _sentence_cell(value, key, column, topic, without_brackets(cell.key_name))
        return
    word, unit = _word(value, column or key)
    if not cell.column and word in ("何", "どこ", "いつ") and unit == "words" and not _ATTRIBUTE.search(key):
        return
    if match := _NAMED_VALUE.match(word):
        topic, word = match["name"], match["word"]
    if word:
        yield _ways(cell, key, column, word, topic), value, sentence(value), unit


def _word(value: str, name: str) -> tuple[str, str]:
    """The question word that a value answers."""
    if re.search(r"[×÷＝]", value):
        return ("いくら" if "円" in value else "どのように計算するの"), "円"
    if re.search(r"[0-9０-９][^0-9０-９]*[~～〜]", value):
        return "どのくらい", "range"
    found = figures(value)
    if len(found) == 1 and len(value) <= 24:
        figure = found[0]
        before, after = value[: figure.start], value[figure.end :]
        if len(before) > 10 or re.search(r"[はが、]", before):
            return "", ""
        before = before.removesuffix("原則") if not before.endswith("たり") else before
        return f"{before}{figure.word}{after}".replace("頻度で", "頻度"), figure.unit
    if len(found) > 1:
        return "", ""
    if _PERSON.search(value) and re.search(r"者|承認|担当|長|先|窓口", name):
        return ("どこ" if re.search(r"(?:課|部|室|窓口)$", value) else "誰"), "who"
    return (_thing(name), "words") if 1 < len(value) <= 30 else ("", "")


def _thing(name: str) -> str:
    """The question word for a value in words, by the name of what it tells."""
    if re.search(r"(?:料金?|価格|金額|額|費用?)$", name):
        return "いくら"
    if re.search(r"(?:所在地|場所|先|窓口|会場)$", name):
        return "どこ"
    return "いつ" if re.search(r"(?:時期|日時|期限|曜日|日)$", name) else "何"


def _case(key: str, named: str) -> str:
    """移動距離が2km未満の場合; 本人が結婚するとき."""
    case = f"{named}が{key}の場合" if named and (_MEASURED.search(key) or not key.endswith("とき")) else key
    return case if _CASE.search(case) and not _MEASURED.search(case) else f"{case}の場合"


def _sentence_cell(
    value: str, key: str, column: str, topic: str, named: str
) -> Iterator[tuple[list[str], str, str, str]]:
    """A cell that is a sentence: 30日前までに届け出なければならない; 支給しない."""
    found = figures(value)
    if len(found) == 1:
        asked = questions(value, found[0].start, found[0].end, found[0].word)
        lead = f"{topic}は、" if _ATTRIBUTE.search(key) else f"{key}の場合、"
        if asked and topic:
            yield [f"{lead}{way}" for way in asked.ways], found[0].answer, sentence(found[0].answer), found[0].unit
        return
    if len(value) <= 40 and (what := column or topic):
        case = _case(key, named)
        ways = (
            [f"{what}の{key}はどうなっていますか"]
            if _ATTRIBUTE.search(key) and not column
            else [f"{case}、{what}はどうなりますか"]
        )
        told = final(value)
        stated = f"{told.form('stem')}ます。" if told and told.tail == "plain" else f"{value}ことになっています。"
        yield ways, value.rstrip("るうくすつぬぶむ"), stated, "rule"


def _spoken(head: str) -> str:
    """日当（1日） → 1日の日当."""
    match = re.fullmatch(r"(.+?)[（(]([^（）()]*)[)）]", head)
    if match and re.fullmatch(r"[0-9０-９一](?:日|泊|回|か月|月|人|時間|件|個)", match[2]):
        return f"{match[2]}の{match[1]}"
    return without_brackets(head).strip()


def _ways(cell: _Cell, key: str, column: str, word: str, topic: str) -> list[str]:
    named = without_brackets(cell.key_name)
    case = _case(key, named)
    if column:
        plain = [] if _MEASURED.search(key) or _CASE.search(key) else [f"{key}の{column}は{word}ですか"]
        if key.endswith("とき"):
            case = key
        return [*plain, f"{case}、{column}は{word}ですか"]
    if _ATTRIBUTE.search(key) and not named:
        return (
            [f"{topic}の{key}は{word}ですか"]
            if topic and key not in topic and topic not in key
            else [f"{key}は{word}ですか"]
        )
    if not topic or key in topic:
        return [f"{key}は{word}ですか"]
    if re.match(r"勤続|年齢|在職", key):
        return [f"{key}の人の{topic}は{word}ですか", f"{case}、{topic}は{word}ですか"]
    plain = (
        [f"{key}の{topic}は{word}ですか"]
        if not named and "の" not in topic and not _CASE.search(key) and len(key) <= 12
        else []
    )
    return [*plain, f"{case}、{topic}は{word}ですか"]

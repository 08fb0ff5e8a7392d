"""Short questions about a section's own topic: 定年は何歳ですか, 書籍購入補助はいつまでに申請すればいいですか."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from .asking import questions
from .blocks import Statement
from .candidate import Candidate, View, sentence
from .context import situated
from .figures import Figure, figures
from .predicate import final, middle
from .sentence import segments

_MONEY = re.compile(r"(?:手当|補助|補助金|費|費用|金|日当|料|旅費|代|祝い)$")
_LEAVE = re.compile(r"(?:休暇|休業|休職|休み)$")
_SPAN = re.compile(r"(?:期間|時間|期限|単位|周期|年数|日数|回数|納期)$")
_LIMIT = re.compile(r"上限|限度|範囲|まで|最大|超えて|超えない")
_EACH = re.compile(
    r"(?:[一-龥ァ-ヶー]*[1一１](?:回|人|名|日|泊|月|か月|年|世帯|件|枚|部門|便|週間|週)?(?:につき|あたり|当たり|当り))+(?:年間|月間)?$"
)
_ANCHOR = re.compile(r"(?:から|より|後|の)$")
_NAME = re.compile(r"^[一-龥ァ-ヶーA-Za-z]{2,10}(?<!時間)(?<!期間)(?<!期限)(?<!の)$")
_FILES = re.compile(
    r"申請|提出|届け出る|申し出る|報告|請求|連絡|申告|精算|清算|予約|行う|依頼|申し込む|通知"
    r"|届ける|受ける|取得|返却|終える"
)
_APPLIED = re.compile(r"申請|届|提出|申し出|申出|請求|申告|手続")
_DURATIONS = frozenset({"日", "週", "月", "年", "時間"})


def articles(view: View) -> Iterator[Candidate]:
    """Asks by the heading alone where the section has only one value of a sort."""
    topic = view.context.topic
    if not topic or len(topic) > 16 or re.search(r"[をにがはで]", topic):
        return
    counts = Counter(figure.unit for figure in figures(re.sub(r"\s+", "", view.body)))
    for statement in view.statements:
        if not statement.whole or statement.above:
            continue
        for figure in figures(statement.text):
            if counts[figure.unit] != 1 or not _about(topic, statement.text):
                continue
            for ways, fact in _asked(topic, statement, figure):
                yield Candidate(
                    questions=tuple(situated(way, (), view.context) for way in ways),
                    answer=sentence(fact),
                    fact=fact,
                    kind="article",
                    quote=statement.raw,
                    unit=figure.unit,
                    rank=0,
                )


def _asked(topic: str, statement: Statement, figure: Figure) -> Iterator[tuple[list[str], str]]:
    text = statement.text
    after = text[figure.end :]
    each = _EACH.search(text[: text.index(figure.answer)])
    answer = (each[0] if each else "") + figure.answer
    if _depends(text, figure):
        return
    limited = _LIMIT.search(text[max(0, figure.start - 12) : figure.end + 10]) is not None
    if figure.unit == "円" and _MONEY.search(topic):
        yield (
            (
                [f"{topic}はいくらまで出ますか", f"{topic}の上限はいくらですか"]
                if limited
                else [f"{topic}はいくらですか"]
            ),
            answer,
        )
    elif figure.unit in _spans(topic) and not re.match(r"以内に|前", after):
        yield [f"{topic}はどのくらいですか", f"{topic}は{figure.word}ですか"], answer
    elif figure.unit == "日" and _LEAVE.search(topic) and re.search(r"与え|取得|付与|限度", after):
        yield (
            [f"{topic}は何日取れますか", f"{topic}は何日までですか" if limited else f"{topic}は何日もらえますか"],
            answer,
        )
    elif figure.unit == "歳" and topic.startswith("定年"):
        yield [f"{topic}は何歳ですか"], answer
    elif figure.unit == "回" and limited:
        yield [f"{topic}は何回までですか"], answer


def _spans(topic: str) -> frozenset[str]:
    """The units in which a topic is told: 休憩時間 in hours, 試用期間 in months."""
    if topic.endswith("時間"):
        return frozenset({"時間"})
    return _DURATIONS if _SPAN.search(topic) else frozenset()


def _about(topic: str, text: str) -> bool:
    """Whether a sentence speaks of the topic itself and not of one sort of it."""
    first = segments(text)[0].text
    match = re.match(r"^(?P<what>.*?)(?:は|については|として)(?![じず])", first)
    if match is None:
        return True
    what = re.sub(r"の?(?:額|上限|上限額|期間|日数|金額|限度|限度額|支給額|補助額)$", "", match["what"])
    if re.fullmatch(
        rf"{re.escape(topic)}を(?:希望|利用|取得|受けようと|しようと)(?:する)?(?:者|社員|従業員|場合)", what
    ):
        return True
    longer = what.endswith(topic) and len(what) < len(topic) + 14 and not re.search(r"[0-9０-９]", what)
    return what in ("", "原則", topic) or longer


def _depends(text: str, figure: Figure) -> bool:
    """Whether the value holds only in a case that the heading does not name."""
    parts = segments(text)
    place = next((i for i, part in enumerate(parts) if part.start <= figure.start < part.end), 0)
    return any(part.role == "condition" or re.search(r"場合|とき|者[にはが]", part.text) for part in parts[: place + 1])


def deadlines(view: View) -> Iterator[Candidate]:
    """購入日から10日以内に申請を行い → いつまでに申請を行えばいいですか."""
    alone = len(re.findall(r"以内に|前まで|までに", view.body)) == 1
    for statement in view.statements:
        if not statement.whole:
            continue
        for figure in figures(statement.text):
            after = statement.text[figure.end :]
            suffix = re.match(r"(?:以内|前まで)(?=に)", after)
            anchored = _ANCHOR.search(statement.text[: figure.start]) is not None
            if suffix is None or not anchored or figure.unit not in _DURATIONS:
                continue
            start = _clause_start(statement.text, figure.start)
            if figure.start - start > 30:
                continue
            asked = questions(statement.text, start, figure.end + suffix.end(), "いつまで")
            if asked is None or asked.inside or not _is_filed(statement.text, figure):
                continue
            fact = statement.text[start : figure.end + suffix.end()]
            ways = list(asked.ways)
            topic = view.context.topic
            if alone and not statement.continued and _NAME.match(topic) and _about(topic, statement.text):
                ways.append(f"{topic}の期限はいつまでですか")
                if _APPLIED.search(asked.ways[0]):
                    ways.append(f"{topic}の手続きはいつまでにすればいいですか")
            yield Candidate(
                questions=tuple(
                    situated(way, statement.above, view.context, continued=statement.continued) for way in ways
                ),
                answer=sentence(fact),
                fact=fact,
                kind="deadline",
                quote=statement.raw,
                unit=figure.unit,
                rank=0,
            )


def _clause_start(text: str, place: int) -> int:
    """Where the phrase that ends at `place` begins: after the segment's は, or with the segment."""
    part = next(p for p in segments(text) if p.start <= place < p.end)
    topic = re.match(r"^.*[一-龥ァ-ヶー」]は(?![じず])", part.text[: place - part.start])
    return part.start + (topic.end() if topic else 0)


def _is_filed(text: str, figure: Figure) -> bool:
    """Whether the deadline is for something that somebody hands in."""
    for part in segments(text):
        if part.end <= figure.end or part.role not in ("clause", "final"):
            continue
        predicate = final(part.text) if part.role == "final" else middle(part.text, "plain")
        return predicate is not None and _FILES.fullmatch(predicate.noun or predicate.lemma) is not None
    return False

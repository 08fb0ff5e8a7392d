"""What is allowed, forbidden, due, paid or counted, and in which case: questions that はい or いいえ answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from .asking import plainer
from .blocks import Statement
from .candidate import Candidate, View, sentence
from .context import situated
from .figures import figures
from .predicate import Predicate, ask, final
from .sentence import Segment, segments

# Verbs whose passive people ask for: 支給されますか, 通算されますか.
_DONE = re.compile(
    r"支給|通算|適用|減額|返還|付与|控除|徴収|加算|補助|公開|免除|計上|返却|更新|延長|繰越"
    r"|保存|廃棄|消去|支弁|準用|公表|兼用|給付|休止|短縮"
)
_LEAVE = re.compile(
    r"(?:許可|承認|同意|認定|了解|確認|決裁|届出|申請)を(?:得て|受けて|得た場合|受けた場合|して|行って|経て)$|に限り$|(?:範囲|限度)(?:内)?(?:で|において|として)$"
)
_GRANTED = re.compile(r"^(?P<leave>[^、はを]{0,14}(?:許可|承認|同意)を(?:得て|受けて))(?P<rest>.+)$")
_STATES = re.compile(r"^(?P<what>.*?)(?P<state>無給|有給|無料|有料|無償|有償|不要|必要|任意|必須|非課税|対象外|自由)$")
_OPPOSITE = {
    "無給": "有給",
    "無料": "有料",
    "有料": "無料",
    "無償": "有償",
    "有償": "無償",
    "必須": "任意",
    "任意": "必須",
}
_PROMISES = re.compile(r"ないこと$")
_MUST_OBEY = re.compile(r"守ら|遵守|してはならない|禁止|慎ま|事項を守")


def permissions(view: View) -> Iterator[Candidate]:
    """May one, does one get it: 打刻してはならない → 打刻してもいいですか → いいえ、打刻してはいけません。"""
    for statement in view.statements:
        if _PROMISES.search(statement.text) and statement.above and _MUST_OBEY.search(statement.above[-1]):
            yield from judged(view, replace(statement, above=()), statement.text.removesuffix("こと"), forbidden=True)
        elif statement.whole:
            yield from judged(view, statement, statement.text)


def judged(view: View, statement: Statement, text: str, *, forbidden: bool = False) -> Iterator[Candidate]:
    if (re.search(r"のみ|に限り|に限る", text) and "できる" not in text) or re.search(r"次の.*(?:を除き|のほか)", text):
        return  # はい would promise too much, いいえ forbid too much
    """A sentence as a question that はい or いいえ answers; nothing where it has several clauses."""
    parts = segments(text)
    if parts[-1].role != "final" or any(part.role in ("clause", "noun") for part in parts[:-1]):
        return
    predicate = final(parts[-1].text)
    if predicate is None or re.search(r"(?:又は|若しくは|または)[一-龥]+$", predicate.head):
        return  # 返還又は廃棄する: an answer would name only the second
    if forbidden and predicate.tail == "not":
        predicate = replace(predicate, tail="must_not")
    told = _told(predicate)
    if told is None:
        return
    question, answer = told
    granted = ""
    if predicate.tail == "can" and (inner := _GRANTED.match(predicate.head)):
        granted, predicate = inner["leave"], replace(predicate, head=inner["rest"])
        if (renewed := _told(predicate)) is not None:
            question, answer = renewed
            answer = f"はい、{granted}{_only_verb(predicate)}。"
    kept = [part for part in parts[:-1] if part.role != "lead" and not _everybody(part)]
    leave = [part for part in kept if _LEAVE.search(part.text)] if predicate.tail == "can" else []
    if leave and len(figures(text)) > 1:
        return  # 1人については5日の範囲内で、2人以上の場合は10日の範囲内で
    if leave:
        kept = [part for part in kept if part not in leave]
        answer = f"はい、{leave[-1].text}{_only_verb(predicate)}。"
    body = "".join(f"{plainer(part.text)}、" for part in kept)
    yield Candidate(
        questions=tuple(_placed(body + way, view, statement, forbidden) for way in question),
        answer=answer,
        fact=leave[-1].text if leave else granted or _stem(predicate),
        kind="permission",
        quote=statement.raw,
        unit="yes" if answer.startswith("はい") else "no",
        rank=1,
    )


def _placed(way: str, view: View, statement: Statement, forbidden: bool) -> str:
    return way if forbidden else situated(way, statement.above, view.context, continued=statement.continued)


def _everybody(part: Segment) -> bool:
    return (
        re.match(
            r"^(?:全ての|すべての)?(?:従業員|社員|職員|会社及び従業員|会社及び社員|会社および従業員等?|会社及び従業員等)(?:等)?は$",
            part.text,
        )
        is not None
    )


def _stem(predicate: Predicate) -> str:
    """What of the verb stands in the document whatever its ending."""
    return predicate.noun or predicate.form("negative")


def _only_verb(predicate: Predicate) -> str:
    if predicate.noun or predicate.lemma == "する":
        return f"{predicate.noun}できます"
    return f"{replace(predicate, head='').form('plain')}ことができます"


def _told(p: Predicate) -> tuple[tuple[str, ...], str] | None:
    """Question endings and the answer, for what the sentence's end says."""
    if p.tail == "must_not":
        alone = replace(p, head=p.noun)
        return (
            f"{p.form('te')}もいいですか",
            f"{p.form('te')}も構いませんか",
        ), f"いいえ、{alone.form('te')}はいけません。"
    if p.tail == "must" and not re.search(r"[0-9０-９]", p.head) and p.lemma not in ("おく", "いる", "くる"):
        alone = replace(p, head=p.noun)
        ways = (f"{p.form('plain')}必要がありますか", f"{p.form('negative')}なければなりませんか")
        return ways, f"はい、{alone.form('negative')}なければなりません。"
    if p.tail in ("can", "cannot"):
        way = f"{p.head}できますか" if p.noun else f"{p.form('plain')}ことはできますか"
        verb = _only_verb(p)
        return (way,), f"はい、{verb}。" if p.tail == "can" else f"いいえ、{verb.removesuffix('できます')}できません。"
    if p.tail in ("plain", "not") and (
        _DONE.fullmatch(p.noun) or p.lemma in ("認める", "含む", "含める", "支払う", "与える")
    ):
        if re.search(r"[0-9０-９何]", p.head):
            return None
        done = _passive_stem(p)
        before = re.sub(r"(?:一切|原則として|原則|必ず|直ちに)(?=.{0,12}$)", "", p.head.removesuffix(p.noun))
        head, found, rest = before.rpartition("を")
        asked = f"{head}が{rest}" if found else before
        answer = f"はい、{done}ます。" if p.tail == "plain" else f"いいえ、{done}ません。"
        return (f"{asked}{done}ますか",), answer
    return None


def _passive_stem(p: Predicate) -> str:
    """支給され, 認められ, 支払われ."""
    if p.noun:
        return f"{p.noun}され"
    alone = replace(p, head="").form("negative")
    return alone + ("られ" if p.inflection.startswith(("下一段", "上一段")) else "れ")


def states(view: View) -> Iterator[Candidate]:
    """Paid or not, free or not: 賃金は無給とする → 有給ですか、無給ですか → 無給です。"""
    for statement in view.statements:
        if not statement.whole:
            continue
        for part in segments(statement.text):
            text = part.text.removesuffix("とし")
            predicate = final(part.text) if part.role == "final" else None
            head = (
                predicate.head
                if predicate and predicate.tail == "copula"
                else text
                if part.text.endswith("とし")
                else ""
            )
            match = _STATES.match(head)
            if not match or not re.search(r"[はをも]$", match["what"]):
                continue
            state = match["state"]
            what = re.sub(r"[はをも]$", "", match["what"])
            before = "".join(
                f"{p.text}、"
                for p in segments(statement.text)
                if p.end < part.start and p.role in ("topic", "condition")
            )
            other = _OPPOSITE.get(state)
            ways = [f"{before}{what}は{state}ですか、{other}ですか"] if other else [f"{before}{what}は{state}ですか"]
            answer = sentence(state) if other else f"はい、{state}です。"
            if state == "有給":
                ways = [f"{before}{what}は有給ですか、無給ですか"]
                answer = "有給です。"
            if state in ("無給", "有給") and re.search(r"休暇|休業|休職|欠勤|育児時間", view.context.topic):
                yield from _pay(view, statement, state)
            yield Candidate(
                questions=tuple(
                    situated(way, statement.above, view.context, continued=statement.continued) for way in ways
                ),
                answer=answer,
                fact=state,
                kind="permission",
                quote=statement.raw,
                unit="state",
                rank=0,
            )


def _pay(view: View, statement: Statement, state: str) -> Iterator[Candidate]:
    """Whether a leave is paid, asked by the section's heading."""
    topic = view.context.topic
    asked = ((f"{topic}は有給ですか、無給ですか", f"{state}です。"), (f"{topic}の間、賃金は支払われますか", ""))
    for way, answer in asked:
        yield Candidate(
            questions=(way,),
            answer=answer or ("はい、有給です。" if state == "有給" else "いいえ、無給です。"),
            fact=state,
            kind="permission",
            quote=statement.raw,
            unit="state",
            rank=0,
        )


def conditions(view: View) -> Iterator[Candidate]:
    """In which case: やむを得ない理由があるときは、延長することがある → どのような場合に延長することがありますか."""
    for statement in view.statements:
        if not statement.whole:
            continue
        parts = [part for part in segments(statement.text) if part.role != "lead"]
        if len(parts) not in (2, 3) or parts[-1].role != "final":
            continue
        place = next((i for i, part in enumerate(parts) if part.role == "condition"), None)
        if (
            place is None
            or place == len(parts) - 1
            or any(p.role in ("clause", "noun") or p.text.endswith("で") for p in parts)
        ):
            continue
        fact = re.sub(r"(?:は|に|には|で|においては|において)$", "", parts[place].text)
        predicate = final(parts[-1].text)
        if (
            not re.search(r"(?:とき|場合)$", fact)
            or len(fact) > 45
            or predicate is None
            or predicate.tail in ("must", "must_not", "copula")
        ):
            continue
        rest = "".join(f"{p.text}、" for i, p in enumerate(parts[:-1]) if i != place and not _everybody(p))
        asked = "どのような場合に、"
        if _done_to(predicate):
            predicate = predicate.passive() or predicate
            predicate = replace(predicate, head="が".join(predicate.head.rsplit("を", 1)))
        ways = [f"{rest}{asked}{ending}" for ending in ask(predicate)]
        yield Candidate(
            questions=tuple(
                situated(way, statement.above, view.context, continued=statement.continued) for way in ways
            ),
            answer=sentence(fact),
            fact=fact,
            kind="condition",
            quote=statement.raw,
            unit="case",
            rank=1,
        )


def _done_to(predicate: Predicate) -> bool:
    return _DONE.fullmatch(predicate.noun) is not None and predicate.tail in ("plain", "not")

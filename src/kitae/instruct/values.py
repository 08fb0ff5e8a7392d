"""Facts in a sentence whose place a question word can take: numbers, dates, who, which paper, which system."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .asking import questions
from .blocks import Statement
from .candidate import Candidate, View, sentence
from .context import situated
from .figures import figures
from .japanese import Word, words
from .predicate import final, middle
from .sentence import Segment, segments

_FORMULA = re.compile(r"[×÷＝=＋]")
KINDS = {"円": "money", "日付": "date", "時刻": "date"}


def numbers(view: View) -> Iterator[Candidate]:
    """Every value of every sentence: 3日前まで, 5,000円, 毎月20日, 午前9時から午後6時まで."""
    for statement in view.statements:
        if not statement.whole or _FORMULA.search(statement.text):
            continue
        for figure in figures(statement.text):
            asked = questions(statement.text, figure.start, figure.end, figure.word)
            if asked is None:
                continue
            kind = KINDS.get(figure.unit, "number")
            rank = 2 if asked.inside or len(figures(statement.text)) > 2 else 1
            yield _candidate(view, statement, asked.ways, figure.answer, kind, figure.unit, rank)


@dataclass(frozen=True)
class _Part:
    start: int
    end: int
    word: str
    answer: str


_PERSON = re.compile(
    r"(?:所属長|上長|上司|部長|課長|室長|所長|工場長|店長|支店長|係長|職長|班長|委員長|社長|専務|常務|会長|局長|長官|署長|学長|校長|機関の長|の長"
    r"|役員|取締役|監査役|責任者|担当者|管理者|産業医|医師|保健師|大臣|知事|市長|町長|村長|裁判官|税理士|社会保険労務士|代理人|当直|リーダー|伴走係)$"
)
_OFFICE = re.compile(
    r"(?:[一-龥]{2,}(?:部|課|室|局|係|署|庁|省|院)|窓口|事務局|委員会|取締役会|理事会|ヘルプデスク|センター|守衛所|裁判所|警察|組合|公庫|協会|機構|相談室)$"
)
_TELLS = re.compile(
    r"届け出る|申し出る|申請|提出|報告|連絡|通知|相談|請求|申し込む|届ける|返却|返す|申告|依頼"
    r"|送付|通報|渡す|交付|申し立てる|知らせる|預ける|問い合わせる|回付|提示"
)
_DOES = re.compile(
    r"負担|管理|決定|決める|定める|指名|指定|判断|作成|行う|保管|評価|選任|任命|承認|判定|発行"
    r"|担当|監査|認定|開催|許可|裁定|命ずる|認める|実施|主宰|確認|保存|招集|登録"
)
_LEAVE = r"(?:承認|許可|確認|同意|決裁|推薦|認定|認可|了解|承諾|許諾|審査|面談)"
_PAYERS = frozenset({"会社", "本人", "従業員", "社員", "各自", "利用者", "事業主", "申請者"})
_NOBODY = re.compile(r"^(?:他|当該|同|前|各|その|この|次|者|会社|本人|全|責任者|担当者|医師|役員)$")


def who(view: View) -> Iterator[Candidate]:
    """To whom, with whose leave, by whom: 所属長に届け出る, 部長の承認を得る, 総務部長が指名する."""
    found = [(s, part) for s in view.statements if s.whole for part in _people(s.text)]
    for statement, part in found:
        asked = questions(statement.text, part.start, part.end, part.word)
        if asked and not asked.inside:
            short = _by_topic(view, statement, part) if len(found) == 1 else ()
            yield _candidate(view, statement, (*asked.ways, *short), part.answer, "who", "who", 1)


def _by_topic(view: View, statement: Statement, part: _Part) -> tuple[str, ...]:
    """Short ways where the section names only one person: 在宅勤務には誰の許可が必要ですか."""
    topic, after = view.context.topic, statement.text[part.end :]
    named = re.match(r"^[一-龥ァ-ヶー・]{2,10}$", topic)
    if (
        statement.continued
        or not named
        or len(statement.text) > 70
        or re.search(r"会社は|とき|場合|延長|限り", statement.text)
    ):
        return ()
    if leave := re.match(rf"の({_LEAVE})[をが]", after):
        return (
            f"{topic}には{part.word}の{leave[1]}が必要ですか",
            f"{topic}は{part.word}の{leave[1]}をもらえばいいですか",
        )
    if re.match(r"[にへ].{0,12}(?:届け出|申請|提出|申し出|請求|申し込)", after):
        return (f"{topic}の申請は{part.word}にすればいいですか", f"{topic}の手続きは{part.word}にすればいいですか")
    if re.search(r"事故|異常|災害|故障|紛失|遅刻|欠勤|負傷", topic) and re.match(r"[にへ].{0,12}(?:報告|連絡)", after):
        return (f"{topic}は{part.word}に知らせればいいですか",)
    return ()


def _people(text: str) -> Iterator[_Part]:
    for segment in segments(text):
        found = words(segment.text)
        for index, word in enumerate(found[:-1]):
            particle = found[index + 1].surface
            if not word.is_noun or particle not in ("に", "へ", "の", "が"):
                continue
            first = _phrase(found, index)
            if first is None:
                continue
            start, end = found[first].start, word.end
            name = segment.text[start:end]
            question = _person_word(name)
            if (
                particle in ("が", "の")
                and name in _PAYERS
                and re.match(r".{0,6}負担", segment.text[found[index + 1].end :])
            ):
                yield _Part(segment.start + start, segment.start + end, "誰", name)
                continue
            if not question or not _fits(segment, text, found, index, particle):
                continue
            yield _Part(segment.start + start, segment.start + end, question, name)


def _person_word(name: str) -> str:
    if _NOBODY.match(name) or len(name) > 20:
        return ""
    if _OFFICE.search(name):
        return "どこ"
    return "誰" if _PERSON.search(name) else ""


def _phrase(found: tuple[Word, ...], last: int) -> int | None:
    """First word of the noun phrase that ends with `last`; `None` where a clause before it says which one is meant."""
    first = last
    while first and (
        found[first - 1].is_noun
        or (found[first - 1].surface in ("の", "・") and first > 1 and found[first - 2].is_noun)
    ):
        first -= 1
    before = found[first - 1] if first else None
    if before is not None and (before.form.startswith("連体形") or before.kind.startswith("連体詞")):
        return None
    if before is not None and before.surface in (
        "又は",
        "及び",
        "若しくは",
        "並びに",
        "または",
        "や",
        "か",
        "と",
        "」",
    ):
        return None
    return first


def _fits(segment: Segment, text: str, found: tuple[Word, ...], index: int, particle: str) -> bool:
    after = segment.text[found[index + 1].end :]
    if particle == "の":
        return re.match(rf"{_LEAVE}[をがに]", after) is not None
    verb = _verb(segment, text)
    if particle == "が":
        clause = re.search(r"[るた](?=[一-龥])", after)
        return _DOES.fullmatch(verb) is not None and clause is None
    return _TELLS.fullmatch(verb) is not None and not after.startswith(
        ("対", "おい", "関", "つい", "よ", "基", "属", "限")
    )


def _verb(segment: Segment, text: str) -> str:
    """The verb that closes a segment, or the sentence where the segment has none of its own."""
    predicate = (
        final(segment.text)
        if segment.role == "final"
        else middle(segment.text, "plain")
        if segment.role == "clause"
        else None
    )
    if predicate is None and segment.role in ("adverb", "noun"):
        following = next((s for s in segments(text) if s.start > segment.start and s.role in ("clause", "final")), None)
        return _verb(following, text) if following else ""
    if predicate is None:
        return ""
    if predicate.lemma in ("行う", "する") and not predicate.noun:
        held = re.search(r"([一-龥]{2})を$", predicate.head)
        if held and (_TELLS.fullmatch(held[1]) or _DOES.fullmatch(held[1])):
            return held[1]
    return predicate.noun or predicate.lemma


_FOR_WHOM = re.compile(
    r"^(?P<what>[^、]{2,24}?)は、?(?:原則として、?)?(?P<who>[^、]{2,40}?)"
    r"(?:のみを対象とする|を対象とする|に対してのみ支給する|に対してのみ適用する|に限る|とする者に限る)$"
)


def targets(view: View) -> Iterator[Candidate]:
    """Whom something is for: 補助は、技能職の従業員のみを対象とする."""
    for statement in view.statements:
        if statement.whole and (match := _FOR_WHOM.match(statement.text)):
            what = re.sub(r"の?対象者?$|については$", "", match["what"])
            if re.search(r"(?:者|社員|従業員|役員|職員|人|子|家族)$", match["who"]):
                verb = "もらえますか" if re.search(r"(?:金|手当|賞与|日当|費)$", what) else "使えますか"
                ways = (f"{what}の対象は誰ですか", f"{what}は誰が{verb}", f"{what}はどのような人が対象ですか")
                yield _candidate(view, statement, ways, match["who"], "who", "who", 0)


_PAPER = re.compile(
    r"(?:[一-龥ァ-ヶー]{2,}(?:書|届|願|票|証|明細|台帳|名簿|伝票|用紙|申請)|写し|領収書|診断書|カード|履歴書|辞表|退職願|証明|印鑑|レポート|計画|一覧表|図面|メール|日誌)$"
)
_HANDS = re.compile(
    r"提出|添付|添える|交付|持参|提示|発行|作成|出す|届ける|渡す|送付|記入|返却|携帯|着用|保管"
    r"|添え"
)


def papers(view: View) -> Iterator[Candidate]:
    """Which form or paper: 診断書を提出する, 出張申請書を提出し."""
    for statement in view.statements:
        if not statement.whole:
            continue
        for part in _papers(statement.text):
            asked = questions(statement.text, part.start, part.end, part.word)
            if asked and not asked.inside:
                yield _candidate(view, statement, asked.ways, part.answer, "paper", "paper", 1)


def _papers(text: str) -> Iterator[_Part]:
    for segment in segments(text):
        if segment.role not in ("final", "clause", "adverb"):
            continue
        found = words(segment.text)
        for index, word in enumerate(found[:-1]):
            if found[index + 1].surface != "を" or not word.is_noun:
                continue
            first = _phrase(found, index)
            if first is None:
                continue
            name = segment.text[found[first].start : word.end]
            after = segment.text[found[index + 1].end :]
            if (
                not _PAPER.search(name)
                or len(name) > 24
                or not re.match(rf"(?:{_HANDS.pattern})|[^を]*(?:提出|交付|添え)", after)
            ):
                continue
            yield _Part(segment.start + found[first].start, segment.start + word.end, "何", name)


_SYSTEM = re.compile(
    r"(?P<kind>[一-龥ァ-ヶー]*(?:システム|アプリ|ソフト|サイト|ポータル|サービス))?「(?P<name>[^「」]{2,15})」(?=で|から|により|に(?:申請|入力|記録|登録))"
)


def systems(view: View) -> Iterator[Candidate]:
    """Where one does it: 「こだま」で申請する."""
    for statement in view.statements:
        if not statement.whole:
            continue
        for match in _SYSTEM.finditer(statement.text):
            if re.search(r"[のや]$|「[^」]*」の?$", statement.text[: match.start()]):
                continue
            asked = questions(statement.text, match.start(), match.end(), "どのシステム")
            if asked and not asked.inside:
                yield _candidate(view, statement, asked.ways, f"「{match['name']}」", "system", "system", 1)


_MOMENT = re.compile(r"(?:前日|翌日|当日|末日|月末|初日|年度末|翌営業日|同日|月初|開始日|終了日|支払日|正午)$")


def moments(view: View) -> Iterator[Candidate]:
    """Days that are named by another one: 取得希望日の前日まで, 定年に達した日の属する月の末日."""
    for statement in view.statements:
        if not statement.whole:
            continue
        for segment in segments(statement.text):
            if part := _moment(segment):
                asked = questions(statement.text, part.start, part.end, part.word)
                if asked and not asked.inside:
                    yield _candidate(view, statement, asked.ways, part.answer, "date", "日付", 0)


def _moment(segment: Segment) -> _Part | None:
    found = words(segment.text)
    for index, word in enumerate(found):
        following = found[index + 1].surface if index + 1 < len(found) else ""
        if not _MOMENT.search(word.surface) or following not in ("まで", "に", "を"):
            continue
        if following == "に" and re.match(r"おけ|おい|つい|対|関|係|よ", segment.text[found[index + 1].end :]):
            continue
        topic = max(
            (
                w.end
                for w in found[:index]
                if w.surface in ("は", "を", "が", "に") and w.kind.startswith("助詞") and _closes(found, w, index)
            ),
            default=0,
        )
        answer = segment.text[topic : word.end]
        if re.search(r"[0-9０-９]", answer) or len(answer) > 30:
            continue
        shown = answer + ("まで" if following == "まで" else "")
        return _Part(segment.start + topic, segment.start + word.end, "いつ", shown)
    return None


def _closes(found: tuple[Word, ...], particle: Word, index: int) -> bool:
    """Whether a particle belongs to the main clause: no verb that modifies a noun stands between it and the moment."""
    return not any(w.start > particle.start and w.form.startswith("連体形") for w in found[:index])


def _candidate(
    view: View, statement: Statement, ways: tuple[str, ...], fact: str, kind: str, unit: str, rank: int
) -> Candidate:
    told = tuple(
        dict.fromkeys(situated(way, statement.above, view.context, continued=statement.continued) for way in ways)
    )
    return Candidate(
        questions=told, answer=sentence(fact), fact=fact, kind=kind, quote=statement.raw, unit=unit, rank=rank
    )

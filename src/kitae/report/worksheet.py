"""The worksheet of use cases: the page that a team fills in, and the page that tells what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from ..core import spelled
from ..core.label import JAPANESE, Label
from ..core.quantity import Money
from ..plan.worksheet import EXAMPLES, HEADS, Reason, UseCase, Way, Worksheet
from .bilingual import Both, Language
from .charts import bar
from .sheet import markdown, sheet

WAYS: Final[dict[Way, Both]] = {
    "prompt": Both("プロンプト", "prompt"),
    "retrieval": Both("検索", "retrieval"),
    "tuning": Both("学習", "tuning"),
}
WHY: Final[dict[Reason, Both]] = {
    "fits-the-prompt": Both(
        "要るものが一度の問いかけに入る。すぐに試せて、何も作らなくてよい",
        "all that is needed fits into one prompt; can be tried today, and nothing has to be made",
    ),
    "stands-in-documents": Both(
        "答えが文書にあり、文書は変わる。出典を示せるのは検索だけ",
        "the answer stands in documents, and they change; only retrieval names its source",
    ),
    "shown-by-examples": Both(
        f"見本が{EXAMPLES}件以上あり、判断や書式を見本から学べる",
        f"there are {EXAMPLES} examples or more, which show a judgement or a house format",
    ),
}
OF_WAY: Final[dict[Way, Reason]] = {
    "prompt": "fits-the-prompt",
    "retrieval": "stands-in-documents",
    "tuning": "shown-by-examples",
}
CHOSEN: Final = Both("チームが選んだ。規則では：", "chosen by the team; the rule says: ")

HOW: Final[tuple[Both, ...]] = (
    Both("今、人がしている作業。一行に一つ", "what people do today, one a row"),
    Both("1日20回、週3回、2週間に1回、月40回、年4回", "20 a day, 3 a week, once every 2 weeks, 40 a month, 4 a year"),
    Both("一回にかかる分", "minutes that one takes"),
    Both(
        "、".join(JAPANESE.values()) + "（扱う情報のうち最も高いもの）",
        ", ".join(JAPANESE) + " (the highest of what it handles)",
    ),
    Both(
        "答えるために見るもの。なし、数枚、文書（たくさんの、または変わる文書）",
        "what has to be looked at: nothing, pages, documents (many of them, or changing ones)",
    ),
    Both(
        "入力と正しい出力の組が何件あるか。なければ0", "how many pairs of input and right output there are; 0 for none"
    ),
    Both("減ると見込む時間の割合。6割、60%", "share of the time that is expected to be saved: 60%"),
    Both(
        "空けておくと規則が選ぶ。プロンプト、検索、学習",
        "leave it empty and the rule chooses; prompt, retrieval, tuning",
    ),
)


@dataclass(frozen=True)
class CaseRow:
    """A use case as the page tells it."""

    case: UseCase
    way: Both
    why: Both
    where: Both
    yearly: str
    hours: str
    value: str
    bar: Markup


def blank(*, project: str, file: str, language: Language) -> str:
    """The page to be filled in, as Markdown in one language."""
    heads = HEADS[language]
    return markdown(
        "worksheet.md.j2",
        language=language,
        project=project,
        file=file,
        heads=heads,
        columns=[(head, how.only(language)) for head, how in zip(heads, HOW, strict=True)],
        ways=[(name.only(language), WHY[OF_WAY[way]].only(language)) for way, name in WAYS.items()],
    )


def told(
    filled: Worksheet, *, project: str, language: Language, may_leave: Label | None, once: Decimal, monthly: Decimal
) -> str:
    """What comes of it, as a page in both languages.

    Args:
        may_leave: The highest label that an endpoint may receive; `None` where nothing leaves.
        once: Yen, for all that is paid one time.
        monthly: Yen, for what is paid every month.
    """
    rows = case_rows(filled, may_leave)
    facts = _facts(filled, may_leave, once, monthly)
    return sheet("worksheet.html", title=project, language=language, project=project, rows=rows, facts=facts)


def case_rows(filled: Worksheet, may_leave: Label | None) -> list[CaseRow]:
    """The most valuable first."""
    cases = sorted(filled.cases, key=lambda case: case.value(filled.wage), reverse=True)
    most = max((case.value(filled.wage) for case in cases), default=Decimal(0))
    own = filled.stays(may_leave)
    return [_row(case, filled.wage, most, case in own) for case in cases]


def _row(case: UseCase, wage: Decimal, most: Decimal, own: bool) -> CaseRow:
    value = case.value(wage)
    why = WHY[case.proposed[1]]
    if case.way != case.proposed[0]:
        other = WAYS[case.proposed[0]]
        why = Both(f"{CHOSEN.ja}{other.ja}。{why.ja}", f"{CHOSEN.en}{other.en}; {why.en}")
    where = Both("自社のモデルだけ", "own model only") if own else Both("外部のAPIでもよい", "an API may do it")
    return CaseRow(
        case=case,
        way=WAYS[case.way],
        why=why,
        where=where,
        yearly=f"{case.yearly:,.0f}",
        hours=f"{case.hours():,.0f} h",
        value=yen(value),
        bar=bar([("value", float(value / most) if most else 0.0)], told=yen(value)),
    )


def _facts(
    filled: Worksheet, may_leave: Label | None, once: Decimal, monthly: Decimal
) -> Sequence[tuple[Both, Both | str]]:
    own = sum((case.value(filled.wage) for case in filled.stays(may_leave)), Decimal(0))
    facts: list[tuple[Both, Both | str]] = [
        (Both("一年の価値（見込み）", "Value a year (expected)"), yen(filled.value)),
        (Both("うち自社のモデルでしかできない分", "of which only an own model can do"), yen(own)),
        (Both("一月の回答", "Answers a month"), f"{filled.answers_per_month:,.0f}"),
    ]
    if once or monthly:
        months = filled.months(once, monthly)
        enough = filled.enough_answers(monthly, once)
        never = "–"
        facts += [
            (Both("はじめの費用", "Paid once"), yen(once)),
            (Both("毎月の費用", "Paid a month"), yen(monthly)),
            (
                Both("元が取れるまで", "Paid back after"),
                Both(f"{months:,.1f}か月", f"{months:,.1f} months") if months is not None else never,
            ),
            (
                Both("2年で元が取れる一月の回答", "Answers a month that pay it back in two years"),
                f"{enough:,.0f}" if enough is not None else never,
            ),
        ]
    return facts


def yen(amount: Decimal) -> str:
    """Both ways."""
    return spelled.money(Money(amount=round(amount), currency="JPY"))

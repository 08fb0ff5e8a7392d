"""The plan as pages show it: cost by part, the options beside each other, other ways, and who says the prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from ..core import spelled
from ..core.mistakes import Mistake
from ..plan.alternatives import Way
from ..plan.options import DECLARED, Option
from ..plan.plan import Plan, Said
from ..plan.price import yen_told
from ..plan.reason import Reason
from ..plan.span import Span
from . import numbers
from .bilingual import Both, Language
from .charts import Segment, by_part, compared
from .sheet import sheet
from .timetable import BILLING

PARTS: Final[dict[str, tuple[str, Both]]] = {
    "computing": ("computing", Both("計算している時間", "Computing")),
    "paid but idle": ("idle", Both("払うが計算しない時間", "Paid but idle")),
    "storage": ("besides", Both("保管", "Storage")),
    "egress": ("besides", Both("外への転送", "Egress")),
    "experiments and failed runs": ("failed", Both("試行と失敗", "Experiments and failed runs")),
    "teacher": ("data", Both("データ作り（教師モデルの呼び出し）", "Making data (calls of the teacher)")),
    "judge": ("data", Both("採点（審査モデルの呼び出し）", "Judging (calls of the judge)")),
    "people": ("people", Both("人", "People")),
}
"""Class in the style sheet, and name, of each part of a cost."""

LEGEND: Final = (
    ("computing", Both("計算", "computing")),
    ("idle", Both("待ち", "idle")),
    ("besides", Both("保管・転送", "storage, egress")),
    ("failed", Both("試行と失敗", "experiments, failures")),
    ("data", Both("データ・採点", "data, judging")),
    ("people", Both("人", "people")),
)

WAYS: Final[dict[str, tuple[Both, Both]]] = {
    "API only": (
        Both("外部のAPIだけ", "API only"),
        Both(
            "文書は問いに添える。社外に出せないことは聞けない",
            "documents in the prompt; what may not leave cannot be asked",
        ),
    ),
    "retrieval only": (
        Both("検索だけ", "Retrieval only"),
        Both("もとのモデルのまま、見つけた文書を添える", "the base as it is, with passages"),
    ),
    "tuning only": (
        Both("指示学習だけ", "Tuning only"),
        Both("社内の書式、断り方、自社の作業", "house format, refusing, own tasks"),
    ),
    "continued pretraining": (
        Both("継続事前学習", "Continued pretraining"),
        Both("会社のことばと知識も", "and the company's words and knowledge"),
    ),
    "from scratch": (
        Both("はじめから作る", "From scratch"),
        Both("2兆トークン（Llama 2と同じ）", "2T tokens, as Llama 2"),
    ),
}

NOT_SAID: Final = Both("わからない（合計に入れていない）", "not known, not in the sum")
NOT_KNOWN: Final = Both("わからない", "not known")
NONE: Final = numbers.NONE


@dataclass(frozen=True)
class PartRow:
    """A part of the cheapest option's cost."""

    name: Both
    amount: Both | str
    bar: Markup


@dataclass(frozen=True)
class OptionRow:
    """A place where the training could be done."""

    name: str
    what: str
    memory: str
    hours: Both | str
    yen: str
    whole: str
    span: str
    """From the lower to the upper end of `whole`."""
    energy: str
    risk: Both
    notes: tuple[Both, ...]
    """The same on more machines, and what speaks against it at worst."""
    bar: Markup


@dataclass(frozen=True)
class WayRow:
    name: Both
    what: Both
    once: Both | str
    monthly: Both | str
    each: str
    """For an answer, at the number that is expected."""
    from_: str
    """Answers a month from which it costs less than the API."""
    paid_back: Both | str


@dataclass(frozen=True)
class PlanTold:
    """The section."""

    facts: tuple[tuple[Both, str], ...]
    parts: tuple[PartRow, ...]
    legend: tuple[tuple[str, Both], ...]
    options: tuple[OptionRow, ...]
    more: int
    """Dearer options that are not shown."""
    out: tuple[tuple[str, str, Reason], ...]
    """Name, machines, and why it fell out."""
    ways: tuple[WayRow, ...]
    answering: tuple[tuple[Both, str], ...]
    prices: tuple[Said, ...]
    others: tuple[str, ...]
    """What else the figures rest on."""
    worth: bool
    """Whether a worksheet says what is saved."""
    mistake: Mistake | None = None
    """Why there is no plan."""


def plan_told(plan: Plan | Mistake | None) -> PlanTold | None:
    """`None` where no plan was asked for."""
    if plan is None:
        return None
    if isinstance(plan, Mistake):
        return PlanTold((), (), (), (), 0, (), (), (), (), (), worth=False, mistake=plan)
    used = {kind for each in plan.shown for kind, amount in _segments(each.parts, 1.0) if amount}
    return PlanTold(
        facts=_facts(plan),
        parts=_parts(plan.parts),
        legend=tuple(each for each in LEGEND if each[0] in used),
        options=_options(plan.shown),
        more=len(plan.fitting) - len(plan.shown),
        out=tuple((each.name, each.what, each.why_out) for each in plan.out if each.why_out),
        ways=tuple(_way(plan, way) for way in plan.ways),
        answering=_answering(plan),
        prices=tuple(each for each in plan.said if each.what),
        others=tuple(each.source for each in plan.said if not each.what),
        worth=plan.worksheet is not None,
    )


def plan_page(plan: Plan, *, project: str, language: Language) -> str:
    """The section as a page of its own, in both languages: what a team shares before anything is paid for."""
    return sheet("planpage.html", title=project, language=language, project=project, plan=plan_told(plan))


def _facts(plan: Plan) -> tuple[tuple[Both, str], ...]:
    rate = plan.recipe.exchange
    courses = {
        "pretrain": Both("継続事前学習", "Continued pretraining"),
        "tune": Both("指示学習", "Tuning"),
        "prefer": Both("好みの学習", "Preferences"),
    }
    return (
        (Both("モデル", "Model"), spelled.number(plan.model.parameters)),
        *(
            (courses.get(name, Both(name, name)), f"{spelled.number(work.tokens)} tokens, {work.method}")
            for name, work in plan.works.items()
        ),
        (Both("為替", "Exchange"), f"¥{rate.yen:g} ± {rate.band:.0%} ({rate.on})"),
        (Both("消費税", "Consumption tax"), f"{plan.recipe.tax:.0%}"),
    )


def _parts(parts: Mapping[str, float | None]) -> tuple[PartRow, ...]:
    bars = by_part([(PARTS[name][0], amount or 0.0, yen(amount)) for name, amount in parts.items()])
    return tuple(
        PartRow(PARTS[name][1], NOT_SAID if amount is None else yen(amount), bar)
        for (name, amount), bar in zip(parts.items(), bars, strict=True)
    )


def _options(shown: Sequence[Option]) -> tuple[OptionRow, ...]:
    bars = compared(
        [(_segments(each.parts, 1.0), (each.whole.low, each.whole.high), yen(each.whole.mid)) for each in shown]
    )
    return tuple(_option(each, bar) for each, bar in zip(shown, bars, strict=True))


def _segments(parts: Mapping[str, float | None], factor: float) -> list[Segment]:
    """Amounts by class, in the order of the legend."""
    return [(kind, factor * sum(parts[name] or 0.0 for name in parts if PARTS[name][0] == kind)) for kind, _ in LEGEND]


def _option(option: Option, bar: Markup) -> OptionRow:
    found = option.estimate
    energy = [f"{option.kwh:,.3g} kWh"] if option.kwh is not None else []
    energy += [f"{option.kg:,.3g} kg CO2e"] if option.kg is not None else []
    return OptionRow(
        name=option.name,
        what=option.what,
        memory=f"{found.memory.total:,.0f} / {found.gpu.gib} GiB" if found else NONE,
        hours=_hours(option.hours),
        yen=yen(option.yen.mid),
        whole=yen(option.whole.mid),
        span=f"¥{option.whole.low:,.0f} – ¥{option.whole.high:,.0f}",
        energy=", ".join(energy) or NONE,
        risk=_risk(option),
        notes=_notes(option),
        bar=bar,
    )


def _hours(hours: Span) -> str:
    low, mid, high = (numbers.duration(3600 * each) for each in (hours.low, hours.mid, hours.high))
    return mid if low == high else f"{mid} ({low} – {high})"


def _notes(option: Option) -> tuple[Both, ...]:
    notes = [Both(option.at_worst.ja, option.at_worst.en)] if option.at_worst else []
    if more := option.faster:
        hours, whole = numbers.duration(3600 * more.hours.mid), yen(more.whole.mid)
        notes.append(Both(f"{more.what}なら{hours}、すべて込みで{whole}", f"on {more.what}: {hours}, in all {whole}"))
    return tuple(notes)


def _risk(option: Option) -> Both:
    if option.estimate is None or option.estimate.cost is None:
        return Both(
            "速さは試しの計測、以前の訓練、または2コアで測ったものから",
            "as fast as a probe or earlier courses were here, or else two cores",
        )
    if option.offer is not None and not option.offer.rented:
        return Both("買った機械。ほかの仕事も使うかもしれない", "bought; others may need it too")
    if option.offer is not None and not option.offer.priced:
        return Both("値段が書かれていない", "no price is set")
    if option.offer is not None and option.offer.declared:
        return Both("[[places]]の機械。ほかの仕事も使うかもしれない", DECLARED)
    return BILLING[option.estimate.cost.term]


def _way(plan: Plan, way: Way) -> WayRow:
    name, what = WAYS[way.name]
    each, months = way.yen(plan.answers, plan.recipe.serving.months), plan.paid_back(way)
    from_ = plan.pays_from.get(way.name)
    return WayRow(
        name=name,
        what=what,
        once=NOT_KNOWN if way.once is None else yen(way.once.mid),
        monthly=_monthly(plan, way),
        each=NONE if each is None else an_answer(each),
        from_=NONE if from_ is None else numbers.count(from_),
        paid_back=NONE if months is None else Both(f"{months:,.1f}か月", f"{months:,.1f} months"),
    )


def _monthly(plan: Plan, way: Way) -> Both | str:
    if way.per_answer is None:
        return NOT_KNOWN
    if way.per_answer and not plan.answers:
        each = an_answer(way.per_answer)
        return Both(f"1回答{each}", f"{each} an answer")
    return yen(way.per_month + way.per_answer * plan.answers)


def _answering(plan: Plan) -> tuple[tuple[Both, str], ...]:
    """The machine that answers, and what an answer costs by it and by the API."""
    serving = plan.serving
    facts = [(Both("答える機械", "Machine that answers"), serving.name)]
    if serving.answers_per_hour and serving.seconds:
        told = f"{numbers.count(serving.answers_per_hour)} / h"
        facts += [(Both("一時間の回答（少なくとも）", "Answers an hour, at least"), told)]
        span = f"{serving.seconds.low:,.1f}–{serving.seconds.high:,.1f} s"
        facts += [(Both("一つの回答の待ち時間", "Wait for an answer"), span)]
    if serving.yen_per_answer is not None:
        facts += [
            (Both("自社の1回答（休まず使えば）", "An answer by it, always busy"), an_answer(serving.yen_per_answer))
        ]
    if plan.api_yen is not None:
        facts += [(Both("APIの1回答", "An answer by the API"), an_answer(plan.api_yen))]
    if plan.answers:
        facts += [(Both("一月の回答（見込み）", "Answers a month, expected"), numbers.count(plan.answers))]
    if plan.worksheet is not None:
        facts += [(Both("一年の価値（見込み）", "Value a year, expected"), yen(float(plan.worksheet.value)))]
    return tuple(facts)


def yen(amount: float | None) -> str:
    """Both ways: `¥434,761 (約43.5万円)`."""
    return NONE if amount is None else yen_told(amount)


def an_answer(amount: float) -> str:
    """`¥1.03`: parts of a yen are what an answer costs."""
    return f"¥{amount:,.2f}" if amount < 100 else yen(amount)

"""The page that a team shares about a rented window: what is due when, which run stands where, who signed it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final

from ..core import spelled
from ..core.quantity import Money
from ..gate.policy import Place
from ..plan.billing import Bill, Term, due_after_cancelling
from ..plan.schedule import HOUR, Due, Schedule, Slot, What
from ..plan.window import PlannedRun
from .bilingual import Both, Language
from .numbers import duration
from .sheet import markdown, sheet
from .timeline import timeline

DUE: Final[dict[What, tuple[Both, Both]]] = {
    "on-sale": (
        Both("この日から買える", "On sale from this day"),
        Both(
            "ブロックは開始の8週間前から。空きがないことがある",
            "a block is sold from 8 weeks before; there may be none",
        ),
    ),
    "sign": (
        Both("実験計画に全員が署名する", "Sign the plan of experiments"),
        Both(
            "下の表の各実験に仮説・担当・打ち切り条件を書き、`signed_by`を埋める",
            "each run below has a hypothesis, an owner and a stop rule; fill in `signed_by`",
        ),
    ),
    "approval": (
        Both("社内の申請を出す", "Hand in the application"),
        Both("この紙と費用を添える", "with this page and its cost"),
    ),
    "quota": (
        Both("GPUの割り当て（クォータ）を申請する", "Ask the provider for the quota"),
        Both("使う地域と台数で。承認されないことがある", "for the region and the number of GPUs; it can be refused"),
    ),
    "prepare": (
        Both("データを作り終える", "Have the data ready"),
        Both(
            "`kitae run instruct`、`kitae train --preflight`（GPUは要らない）",
            "`kitae run instruct`, `kitae train --preflight` (no GPU needed)",
        ),
    ),
    "upload": (
        Both("送り始める", "Begin to send"),
        Both("`kitae train --job`が書く一覧のとおり", "what `kitae train --job` lists"),
    ),
    "rehearse": (
        Both("借りる前の点検を終える", "Rehearse, before the clock runs"),
        Both(
            "小さな一台で同じ作業を最初から最後まで。見つかった誤りはまだ直せる",
            "the same job on one small machine, from beginning to end; what is wrong can still be mended",
        ),
    ),
    "start": (
        Both("課金が始まる", "The clock starts"),
        Both("使っても使わなくても料金がかかる", "it costs whether it is used or not"),
    ),
    "first-step": (
        Both("最初の実験の最初の一歩", "First step of the first run"),
        Both("それまでに設置と現地の点検", "until then: installing, and the preflight there"),
    ),
    "last-checkpoint": (
        Both("最後のチェックポイント", "Last checkpoint"),
        Both(
            "訓練はここで自動的に止まる",
            "training stops here by itself",
        ),
    ),
    "pull": (
        Both("持ち帰り始める", "Begin to bring it back"),
        Both("`kitae pull`", "`kitae pull`"),
    ),
    "wipe": (
        Both("持ち帰りを確かめてから消す", "Wipe, when all is back"),
        Both(
            "`kitae verify`のあと、`kitae train --job`が書いた消去の手順",
            "after `kitae verify`: the commands that `kitae train --job` printed",
        ),
    ),
    "gone": (Both("機械が取り上げられる", "The machines are taken away"), Both("", "")),
    "end": (Both("契約の終わり", "End of what is paid for"), Both("", "")),
    "account": (
        Both("計画と実際を比べる", "Hold the plan against what it took"),
        Both("`kitae report`", "`kitae report`"),
    ),
}
"""What is due, and how it is done."""

BILLING: Final[dict[Term, Both]] = {
    "block": Both(
        "前払い。変更も取り消しもできない。終わりの30分前に機械が止められる（AWS Capacity Blocks、2026年）",
        "prepaid; no change, no cancellation; the machines end 30 minutes early (AWS Capacity Blocks, 2026)",
    ),
    "reservation": Both(
        "確保した時から、使っても使わなくても料金がかかる。取り消すまで続く",
        "bills from provisioning, used or not, until somebody cancels it",
    ),
    "spot": Both(
        "安いが、二分前の知らせでいつでも取り上げられる。チェックポイントから続ける",
        "cheap, and taken away at any moment with two minutes' notice; training goes on from its checkpoint",
    ),
    "on-demand": Both(
        "動いている間だけ料金がかかる。止め忘れると続く", "bills while it runs, also when somebody forgets to end it"
    ),
}

NOT_PUBLISHED: Final = Both("かかる。金額は公開されていない", "something; how much is not published")

NOT_SAID: Final = Both("未定（確かめること）", "open: find out")


@dataclass(frozen=True)
class Moment:
    """A line of the timetable."""

    at: str
    """Empty where it is not known."""
    what: Both
    how: Both


@dataclass(frozen=True)
class RunRow:
    """A run as the team agreed on it."""

    number: int
    """As in the picture; 0 for one that does not fit."""
    run: PlannedRun
    start: str
    end: str
    gpus: int


def timetable_html(planned: Schedule, *, project: str, place: Place | None, language: Language) -> str:
    """The page, in both languages."""
    told = _told(planned, project, place)
    return sheet("timetable.html", title=project, language=language, picture=timeline(planned), **told)


def timetable_markdown(planned: Schedule, *, project: str, place: Place | None, language: Language) -> str:
    """The same in one language, without the picture."""
    return markdown("timetable.md.j2", language=language, **_told(planned, project, place))


def _told(planned: Schedule, project: str, place: Place | None) -> dict[str, object]:
    rows = [_row(number, slot, planned) for number, slot in enumerate(planned.slots, start=1)]
    return {
        "project": project,
        "plan": planned,
        "place": place,
        "billing": BILLING[planned.window.billing],
        "facts": _facts(planned, place),
        "before": [_moment(due) for due in planned.before],
        "during": [_moment(due) for due in planned.during],
        "rows": [*rows, *(RunRow(0, run, "", "", run.gpus or planned.gpus) for run in planned.left_out)],
        "not_said": NOT_SAID,
    }


def when(moment: datetime.datetime) -> str:
    """`2026-12-07 09:00`, in the window's own time."""
    return moment.strftime("%Y-%m-%d %H:%M")


def _moment(due: Due) -> Moment:
    what, how = DUE[due.what]
    return Moment(when(due.at) if due.at else "", what, how)


def _row(number: int, slot: Slot, planned: Schedule) -> RunRow:
    return RunRow(number, slot.run, when(slot.start), when(slot.end), len(slot.lanes))


def _facts(planned: Schedule, place: Place | None) -> list[tuple[Both, Both | str]]:
    """The figures at the top; all but the price are computed from what the team declared."""
    window = planned.window
    facts: list[tuple[Both, Both | str]] = [
        (Both("借りる時間", "Rented"), f"{window.hours:g} h × {planned.gpus} GPU"),
        (Both("計画に入った時間", "Runs stand in"), f"{planned.used:,.1f} GPU-h"),
        (
            Both("払うが使わない", "Paid for and idle"),
            f"{planned.idle:,.1f} GPU-h ({planned.idle / planned.reserved:.0%})",
        ),
        (Both("送るのにかかる", "Sending takes"), _line(planned.upload)),
        (Both("持ち帰りにかかる", "Bringing back takes"), _line(planned.download)),
    ]
    if place is not None and place.yen_per_hour:
        yen = window.hours * place.yen_per_hour
        idle = yen * planned.idle / planned.reserved
        facts.append((Both("費用", "Cost"), _yen(yen)))
        facts.append((Both("うち使わない分", "of which idle"), _yen(idle)))
        before = Both("始まる前にやめると払う", "Due when given up before it starts")
        facts.append((before, _cancelled(planned, yen, -1.0)))
        facts.append(
            (Both("半分でやめると払う", "Due when given up half-way"), _cancelled(planned, yen, window.hours / 2))
        )
    return facts


def _cancelled(planned: Schedule, yen: float, hours: float) -> Both | str:
    """What is due when it is given up after so many hours; negative before it starts."""
    window = planned.window
    due = due_after_cancelling(window.billing, Bill(window.billing, window.hours, window.hours, 0.0), hours_run=hours)
    return NOT_PUBLISHED if due is None else _yen(yen * due / window.hours)


def _line(taken: datetime.timedelta | None) -> str:
    return duration(taken / HOUR * 3600) if taken is not None else "?"


def _yen(amount: float) -> str:
    return spelled.money(Money.model_validate({"amount": round(amount), "currency": "JPY"}))

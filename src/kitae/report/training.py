"""What training did and took, in words: the rows of a card's table, and hours, electricity and CO2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..core.artifact import Artifact
from ..core.quantity import Quantity
from ..gate.policy import Place
from . import numbers
from .bilingual import Both
from .energy import Energy
from .markdown import cell
from .subject import Told


@dataclass(frozen=True)
class TrainingRow:
    """One thing about each course."""

    words: Both
    values: tuple[str, ...]


def training(told: Told) -> list[TrainingRow]:
    """Method, amounts and losses of each course, side by side."""
    return [TrainingRow(words, tuple(read(each) for each in told.courses)) for words, read in _ROWS]


def _fact(name: str) -> Callable[[Artifact], str]:
    return lambda course: _figure(course.facts.get(name))


def _chosen(name: str) -> Callable[[Artifact], str]:
    return lambda course: _figure(course.record.recipe.get(name))


def _figure(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"
    return numbers.NONE if value is None else cell(value)


def _method(course: Artifact) -> str:
    recipe = course.record.recipe
    name = {"lora": "LoRA", "qlora": "QLoRA (4 bit)"}.get(str(course.facts.get("method")))
    if name is None:
        return _figure(course.facts.get("method"))
    return f"{name}, rank {recipe.get('rank')}, alpha {_figure(recipe.get('alpha'))}"


def _loss(on: str) -> Callable[[Artifact], str]:
    def read(course: Artifact) -> str:
        before, after = (course.facts.get(f"{on}_loss_{when}") for when in ("before", "after"))
        return numbers.NONE if before is None or after is None else f"{before:.3f} → {after:.3f}"

    return read


def _final_loss(course: Artifact) -> str:
    loss = course.facts.get("final_loss")
    return numbers.NONE if loss is None else f"{loss:.3f}"


_ROWS: tuple[tuple[Both, Callable[[Artifact], str]], ...] = (
    (Both("方法", "method"), _method),
    (Both("学ばせたパラメーター", "trained parameters"), _fact("trainable_parameters")),
    (Both("計算したトークン", "tokens computed"), _fact("trained_tokens")),
    (Both("うち損失を数えたもの", "of which the loss counts"), _fact("targets")),
    (Both("例（対話・文章）", "examples"), _fact("examples")),
    (Both("エポック", "epochs"), _fact("epochs")),
    (Both("ステップ", "steps"), _fact("steps")),
    (Both("系列長（トークン）", "sequence (tokens)"), _chosen("sequence")),
    (Both("1ステップのトークン", "tokens a step"), _chosen("batch_tokens")),
    (Both("学習率（最大）", "learning rate (highest)"), _chosen("learning_rate")),
    (Both("損失：検証", "loss, held out"), _loss("held_out")),
    (Both("損失：会社と関係のない文章（忘れた度合い）", "loss, general text (what is forgotten)"), _loss("general")),
    (
        Both("検証に使った例／取り置いた例", "held-out examples measured"),
        lambda course: str(course.facts.get("held_out_examples", numbers.NONE)).replace(" of ", " / "),
    ),
    (Both("損失：学習の最後", "loss, training, last step"), _final_loss),
    (Both("計算の数値形式", "computed in"), _fact("number_format")),
    (Both("装置", "device"), _fact("device")),
    (
        Both("かかった時間（読み込み・保存を含む）", "time, loading and saving included"),
        lambda course: numbers.duration(course.measured.get("seconds")),
    ),
)


def spent(found: Energy, place: Place | None) -> list[Both]:
    """Hours, electricity, its source and CO2, each with how it is known."""
    if not found.whole:
        return [
            Both(
                "途中のモデルが保管庫にもうないので、分からない",
                "Not known: a model on the way is no longer in the store",
            )
        ]
    told = [Both("時間：分からない", "Time: not known")]
    if found.seconds is not None:
        hours, taken = f"{found.seconds / 3600:.3g}", numbers.duration(found.seconds)
        told = [Both(f"時間：{hours}時間（{taken}、実測）", f"Time: {hours} hours ({taken}, measured)")]
    told.append(_electricity(found.kwh, place))
    source = cell(place.power_source) if place else ""
    told.append(Both(f"電源：{source or '書かれていない'}", f"Power source: {source or 'not given'}"))
    if found.grams_co2 is not None and place is not None:
        figure = f"{found.grams_co2.value / 1000:.3g} kg"
        factor = f"{place.grams_co2_per_kwh:g} g/kWh"
        source = cell(place.grid_source)
        told.append(
            Both(
                f"CO2：約{figure}（{factor}、{source}による計算）",
                f"CO2: about {figure} (computed with {factor}, {source})",
            )
        )
    else:
        why = "電力量か`grams_co2_per_kwh`がない", "electricity or `grams_co2_per_kwh` is not known"
        told.append(Both(f"CO2：計算していない（{why[0]}）", f"CO2: not computed ({why[1]})"))
    return told


def _electricity(kwh: Quantity | None, place: Place | None) -> Both:
    if kwh is None:
        return Both("電力量：測っておらず、`watts`も書かれていない", "Electricity: not measured and no `watts` given")
    figure = f"{kwh.value:.3g} kWh"
    if kwh.how == "measured":
        return Both(
            f"電力量：{figure}（GPUの実測（NVML）。機械のほかの部分は含まない）",
            f"Electricity: {figure} (measured at the GPUs by NVML, without the rest of the machine)",
        )
    watts = f"{place.watts:g} W" if place else ""
    return Both(
        f"電力量：約{figure}（推定：学習中の機械全体を{watts}とした。空調などは含まない）",
        f"Electricity: about {figure} (estimated: {watts} for the whole machine while it trained, no cooling)",
    )

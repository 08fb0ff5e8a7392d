"""Magnitudes that are probably slips: 7M parameters on eight A100 were meant to be 7B. They are asked back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..core import spelled
from ..core.mistakes import Mistake

BYTES_PER_PARAMETER: Final = 2
"""Weights alone, in 16 bits: what every way of training and serving holds at least."""

FULL_STATE: Final = 18
"""Bytes a parameter of full training with AdamW in mixed precision: what no way of training goes over by much."""

LEAST_FILL: Final = 0.001
"""Share of a node's memory. A full training that needs less would run on the processor of a laptop."""

NODE: Final = 8
"""GPUs. More of them make a small model faster, as LLaMA's 7B on 2,048, and say nothing about its size."""

PER_PARAMETER: Final = (1e-3, 1e5)
"""Tokens a parameter. Tuning 70B on 100 dialogues has 1e-6 … 1e-4 and is told by its method; SmolLM3 has 3,600."""

PER_HOUR: Final = 10.0
"""Yen for an hour of one GPU that a budget has at least. The cheapest one quoted is $0.31 (A100-40 spot) in 2026. There
is no most: a budget is for data, people and failed runs too."""

AS_WRITTEN: Final = "say `--as-written`"
"""How somebody says that a figure is meant."""

FACTORS: Final = (10**3, 10**-3, 10**4, 10**-4, 10**6, 10**-6, 10, 0.1)
"""M for B and back; 万 for 億; k for B; 億 for B, which is a tenth of it."""


@dataclass(frozen=True)
class Asked:
    """What a plan is asked for, as far as it was said."""

    parameters: float
    gpus: int = 1
    gib: float = 0.0
    """Memory of one; 0 where there is no GPU."""
    card: str = "GPU"
    tokens: float | None = None
    whole: bool = True
    """Whether all weights are trained, so that the tokens should stand in some relation to them."""
    budget: float | None = None
    """Yen, at most."""
    gpu_hours: float | None = None
    """That the training takes at least."""


@dataclass(frozen=True)
class Slip:
    """A figure that is out of all proportion, and what it may have been meant to be."""

    what: str
    meant: str

    def mistake(self, where: str = "", otherwise: str = AS_WRITTEN) -> Mistake:
        """To be raised where nobody has said that the figure is meant.

        Args:
            otherwise: How to say so there.
        """
        hint = f"write {self.meant} if that was meant; else {otherwise}" if self.meant else otherwise
        return Mistake(self.what, where=where, hint=hint, readings=(self.meant,) if self.meant else ())


def slips(asked: Asked) -> list[Slip]:
    """The figures that somebody should look at again. Nothing is judged that was not said."""
    return [found for check in (_size, _tokens, _budget) if (found := check(asked))]


def check(asked: Asked, *, where: str = "", otherwise: str = AS_WRITTEN) -> None:
    """
    Raises:
        Mistake: a figure is probably a slip; `readings` has what may have been meant.
    """
    for slip in slips(asked):
        raise slip.mistake(where, otherwise)


def _size(asked: Asked) -> Slip | None:
    """Parameters against the memory of all GPUs; on one GPU a small model is nothing odd."""
    memory = asked.gpus * asked.gib * 2**30
    if not memory:
        return None

    def fits(parameters: float) -> bool:
        node = memory * min(1.0, NODE / asked.gpus)
        small = asked.gpus > 1 and parameters * FULL_STATE < LEAST_FILL * node
        return not small and parameters * BYTES_PER_PARAMETER <= memory

    if fits(asked.parameters):
        return None
    on = f"{asked.gpus} {asked.card} of {asked.gib:g} GiB"
    share = asked.parameters * FULL_STATE / memory
    filled = f"{share:.2g} times" if share >= 1 else f"{100 * share:.2g} % of"
    what = f"{spelled.number(asked.parameters)} parameters on {on}: training fills {filled} their memory"
    return Slip(what, _meant(asked.parameters, fits))


def _tokens(asked: Asked) -> Slip | None:
    if asked.tokens is None or not asked.whole:
        return None

    def fits(tokens: float) -> bool:
        return PER_PARAMETER[0] <= tokens / asked.parameters <= PER_PARAMETER[1]

    if fits(asked.tokens):
        return None
    what = f"{spelled.number(asked.tokens)} tokens for {spelled.number(asked.parameters)} parameters"
    return Slip(f"{what}: {asked.tokens / asked.parameters:.1g} for each", _meant(asked.tokens, fits))


def _budget(asked: Asked) -> Slip | None:
    if asked.budget is None or not asked.gpu_hours:
        return None
    hours = asked.gpu_hours

    def fits(yen: float) -> bool:
        return yen / hours >= PER_HOUR

    if fits(asked.budget):
        return None
    what = f"¥{asked.budget:,.0f} for {hours:,.0f} GPU-hours: ¥{asked.budget / hours:,.2g} for an hour of one GPU"
    return Slip(what, _meant(asked.budget, fits, "¥"))


def _meant(value: float, fits: Callable[[float], bool], mark: str = "") -> str:
    """The first usual confusion that would fit; empty where none does."""
    found = next((value * factor for factor in FACTORS if fits(value * factor)), None)
    return f"{mark}{spelled.number(found)}" if found is not None else ""

"""Protocols: which prompts, how they are read, and what a failure is worth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ...core.mistakes import Mistake, nearest
from ...core.noun import Noun
from .asked import CATEGORIES, GUIDED
from .own_prompts import Language, own_templates
from .parsing import Read, Scale, fastchat_rating, fastchat_verdict, strict_rating, strict_verdict
from .prompts import Kind, Template, read_templates

TEN: Scale = (1.0, 10.0)
READERS: dict[tuple[Kind, bool], Read] = {
    ("single", True): strict_rating,
    ("pair", True): strict_verdict,
    ("single", False): fastchat_rating,
    ("pair", False): fastchat_verdict,
}
"""By kind and strictness."""


class Protocol(Noun):
    """How answers are judged. All of it is part of what makes two scores comparable."""

    name: str
    kind: Kind
    templates: tuple[Template, ...]
    strict: bool = True
    """Read by `parsing.strict_…`; FastChat's reader otherwise."""
    scale: Scale = TEN
    categories: tuple[str, ...] = CATEGORIES
    """Others are mistakes, since a misspelt `maths` would be judged without its reference; none: any will do."""
    guided: tuple[str, ...] = GUIDED
    turns: tuple[int, ...] = (1, 2)
    baseline: str = ""
    """Of pairs: the model that the others play against; all against all when left out."""
    temperature: float = 0.0
    max_tokens: int = 2048

    @property
    def read(self) -> Read:
        return READERS[self.kind, self.strict]


def mtbench(file: Path, kind: Kind = "single", *, baseline: str = "", turns: Sequence[int] = (1, 2)) -> Protocol:
    """MT-Bench as published (FastChat `llm_judge`): its prompts byte for byte, temperature 0, 2048 tokens.

    Args:
        file: The published `judge_prompts.jsonl`, or one of its Japanese descendants.

    Raises:
        Mistake: the file holds no such prompts.
    """
    name = "mtbench" if kind == "single" else "mtbench-pair"
    templates = tuple(each for each in read_templates(file) if each.kind == kind)
    if not templates:
        raise Mistake(
            f"no prompt for the protocol `{name}`", where=str(file), hint="take FastChat's judge_prompts.jsonl"
        )
    return Protocol(name=name, kind=kind, templates=templates, strict=False, baseline=baseline, turns=tuple(turns))


def own(language: Language, kind: Kind = "single", *, baseline: str = "") -> Protocol:
    """Our own prompts, delimited against injection and read strictly."""
    templates = tuple(each for each in own_templates(language) if each.kind == kind)
    return Protocol(name=f"kitae-{language}-{kind}", kind=kind, templates=templates, baseline=baseline)


Named = Literal["kitae-ja-single", "kitae-en-single", "kitae-ja-pair", "kitae-en-pair"]
OWN: dict[str, tuple[Language, Kind]] = {
    "kitae-ja-single": ("ja", "single"),
    "kitae-en-single": ("en", "single"),
    "kitae-ja-pair": ("ja", "pair"),
    "kitae-en-pair": ("en", "pair"),
}


def own_protocol(name: str, *, baseline: str = "") -> Protocol:
    """A protocol of ours by its name.

    Raises:
        Mistake: there is none of that name.
    """
    if name not in OWN:
        raise Mistake(f"no protocol `{name}`", hint=nearest(name, OWN))
    language, kind = OWN[name]
    return own(language, kind, baseline=baseline)

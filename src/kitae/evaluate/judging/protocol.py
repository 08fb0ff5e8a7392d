"""Protocols: which prompts, how they are read, and what a failure is worth."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.mistakes import Mistake, nearest
from ...core.noun import Noun
from .asked import CATEGORIES, GUIDED
from .own_prompts import Language, own_templates
from .parsing import Read, Scale, fastchat_rating, fastchat_verdict, strict_rating, strict_verdict
from .prompts import Kind, Template

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
    """Categories that are judged beside a reference; one that is missing is a mistake."""
    by_reference: bool = False
    """Whether what brings a reference is judged beside it in any other category too."""
    turns: tuple[int, ...] = (1, 2)
    baseline: str = ""
    """Of pairs: the model that the others play against; all against all when left out."""
    temperature: float = 0.0
    max_tokens: int = 2048

    @property
    def read(self) -> Read:
        return READERS[self.kind, self.strict]


def published(templates: Sequence[Template], kind: Kind = "single", *, baseline: str = "") -> Protocol:
    """MT-Bench as published (FastChat `llm_judge`): its prompts byte for byte, temperature 0, 2048 tokens.

    Args:
        templates: Of the published `judge_prompts.jsonl` or a Japanese descendant (`prompts.read_templates`). The turns
            are those that they know: of Stability's Japanese ones the first alone.

    Raises:
        Mistake: there is no prompt of this kind.
    """
    name = {"single": "mtbench", "pair": "mtbench-pair"}[kind]
    own = tuple(each for each in templates if each.kind == kind)
    if not own:
        raise Mistake(
            f"no prompts for the protocol `{name}`",
            where="the suite",
            hint="it is read from a suite's judge_prompts.jsonl: `kitae suites add FOLDER --prompts NAME`",
        )
    turns = tuple(sorted({each.turn for each in own}))
    return Protocol(name=name, kind=kind, templates=own, strict=False, baseline=baseline, turns=turns)


def own(language: Language, kind: Kind = "single", *, baseline: str = "") -> Protocol:
    """Our own prompts, delimited against injection and read strictly."""
    templates = tuple(each for each in own_templates(language) if each.kind == kind)
    name = f"kitae-{language}-{kind}"
    return Protocol(name=name, kind=kind, templates=templates, baseline=baseline, by_reference=True)


OWN: dict[str, tuple[Language, Kind]] = {
    "kitae-ja-single": ("ja", "single"),
    "kitae-en-single": ("en", "single"),
    "kitae-ja-pair": ("ja", "pair"),
    "kitae-en-pair": ("en", "pair"),
}
PUBLISHED: dict[str, Kind] = {"mtbench": "single", "mtbench-pair": "pair"}
"""Whose prompts are those of the suite's own files."""


def own_protocol(name: str, *, baseline: str = "") -> Protocol:
    """A protocol of ours by its name.

    Raises:
        Mistake: there is none of that name.
    """
    if name not in OWN:
        raise Mistake(f"no protocol `{name}`", hint=nearest(name, [*OWN, *PUBLISHED]))
    language, kind = OWN[name]
    return own(language, kind, baseline=baseline)


def protocol_named(name: str, templates: Sequence[Template] = (), *, baseline: str = "") -> Protocol:
    """Any protocol by its name.

    Args:
        name: Of `OWN` or `PUBLISHED`.
        templates: Of the suite's own files.

    Raises:
        Mistake: there is none of that name, or the suite has no prompts for it.
    """
    if name in PUBLISHED:
        return published(templates, PUBLISHED[name], baseline=baseline)
    return own_protocol(name, baseline=baseline)

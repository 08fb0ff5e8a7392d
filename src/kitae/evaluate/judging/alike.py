"""What has to be the same for two scores to be compared, and what is said where it is not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ...core.mistakes import Mistake, nearest
from .asked import Answer
from .request import Judgment

Conditions = Mapping[str, str]
"""Under which a score came about, by the names of `CONDITIONS`."""

SERVED = "served model"
CONDITIONS = (
    "judge",
    SERVED,
    "protocol",
    "prompt",
    "references",
    "question version",
    "engine",
    "number format",
    "answer length",
)
"""In the order in which they are told. `served model`: what the server of one judge named. `prompt`: the judge's.
`answer length`: where an answer is cut off."""

DOUBTS = ("calibration", "drift")
"""What keeps a judge from deciding: it is not accepted by labels, or its ratings have moved (`standing.doubts`)."""


def conditions_of(judgment: Judgment, answers: Mapping[str, Answer]) -> Conditions:
    """
    Args:
        answers: By key, as far as they are known: where one is cut off, a judgment itself does not say.
    """
    about = judgment.about
    return {
        "judge": about.judge,
        SERVED: judgment.served,
        "protocol": about.protocol,
        "prompt": about.prompt,
        "references": about.reference,
        "question version": about.version,
        "engine": ", ".join(each.engine for each in about.identities),
        "number format": ", ".join(each.number_format for each in about.identities),
        "answer length": ", ".join(_length(answers[key]) for key in about.answers if key in answers),
    }


def conditions_of_answer(answer: Answer) -> Conditions:
    """Of an answer that a program scores."""
    return {
        "question version": answer.version,
        "engine": answer.identity.engine,
        "number format": answer.identity.number_format,
        "answer length": _length(answer),
    }


def _length(answer: Answer) -> str:
    return f"{answer.decoding.max_tokens} tokens"


def check_names(despite: Collection[str], known: Collection[str] = (*CONDITIONS, *DOUBTS)) -> None:
    """
    Raises:
        Mistake: one of them is not known.
    """
    for name in despite:
        if name not in known:
            what = f"`{name}` is nothing that scores depend on"
            raise Mistake(what, where="--despite", hint=nearest(name, known))


def refuse_unlike(
    models: tuple[str, str], pairs: Sequence[tuple[Conditions, Conditions]], despite: Collection[str] = ()
) -> list[str]:
    """
    Args:
        models: Whose scores they are.
        pairs: Of both, for each answer that both gave.
        despite: Conditions that may differ.

    Returns:
        A note for each difference that is allowed.

    Raises:
        Mistake: another difference.
    """
    notes: list[str] = []
    refused: list[str] = []
    for what in CONDITIONS:
        found = [_values(what, own, other) for own, other in pairs]
        differing = [(own, other) for own, other in found if own != other]
        if differing:
            one, two = (value or "none" for value in differing[0])
            told = f"{what} differs in {len(differing)} of {len(pairs)}: {one}, {two}"
            (notes if what in despite else refused).append(told)
    if refused:
        raise Mistake(
            f"these scores cannot be compared: {'; '.join(refused)}",
            where=" and ".join(models),
            hint="measure both with the same, or name what may differ if you know that it does not matter",
        )
    return notes


def _values(what: str, own: Conditions, other: Conditions) -> tuple[str, str]:
    """Another judge has another server: that needs no name of its own."""
    if what == SERVED and own.get("judge") != other.get("judge"):
        return "", ""
    return own.get(what, ""), other.get(what, "")

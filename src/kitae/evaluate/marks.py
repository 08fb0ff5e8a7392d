"""What a program makes of the answers to a suite, beside the share of questions that are right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .clusters import SHARE, by_question, ratio
from .judging.asked import Answer, Asked
from .judging.suspicion import flags
from .scoring import Verdict
from .statistics import Estimate, Interval


@dataclass(frozen=True)
class Marks:
    """Of one model."""

    bounds: Interval | None
    """The share of right questions with every prompt that was refused for good wrong, as it counts, and right; `None`
    where none was."""
    per_category: Mapping[str, Estimate]
    """Empty where the suite has none."""
    figures: Mapping[str, Estimate]
    """What else the suite tells, by its name: see `own`, `honesty`, `citations`."""
    flags: tuple[str, ...]


def marks(
    prompts: Sequence[Asked],
    answers: Sequence[Answer],
    verdicts: Sequence[Verdict],
    figures: Mapping[str, Estimate] | None = None,
) -> Marks:
    """
    Args:
        prompts: Of the suite.
        answers: To them.
        verdicts: One on each answer.
        figures: What the suite tells besides.
    """
    asked = {prompt.id: prompt for prompt in prompts}
    categories: dict[str, list[tuple[str, float]]] = {}
    for answer, verdict in zip(answers, verdicts, strict=True):
        prompt = asked[answer.question]
        if prompt.category:
            categories.setdefault(prompt.category, []).append((prompt.question, verdict.credit))
    questions = [asked[answer.question].question for answer in answers]
    return Marks(
        bounds=bounds(questions, answers, verdicts),
        per_category={name: by_question(credits) for name, credits in categories.items()},
        figures=figures or {},
        flags=tuple(doubts(answers, verdicts)),
    )


def bounds(questions: Sequence[str], answers: Sequence[Answer], verdicts: Sequence[Verdict]) -> Interval | None:
    """Between what the mean lies whatever a model would have said to prompts that were refused for good.

    Args:
        questions: That each answer is to: what errors are clustered by.
    """
    refused = [answer.refused(len(answer.turns)) for answer in answers]
    if not any(refused):
        return None
    credits = [verdict.credit for verdict in verdicts]
    best = [1.0 if lost else credit for lost, credit in zip(refused, credits, strict=True)]
    low, high = (by_question(zip(questions, each, strict=True)).mean or 0.0 for each in (credits, best))
    return Interval(low=low, high=high, how="none")


def doubts(answers: Sequence[Answer], verdicts: Sequence[Verdict]) -> list[str]:
    """What is suspicious about the answers. A right one is not: what nobody knows may always be declined in one way."""
    return flags(["" if each.right else answer.turns[-1] for answer, each in zip(answers, verdicts, strict=True)])


Told = tuple[str, bool, Verdict]
"""A question, whether it can be answered, and what is to be said about one answer."""


def honesty(found: Iterable[Told]) -> dict[str, Estimate]:
    """False refusals of what can be answered, and false answers to what cannot."""
    seen = list(found)
    return {
        "false_refusals": by_question((name, float(each.false_refusal)) for name, known, each in seen if known),
        "false_answers": by_question((name, float(each.false_answer)) for name, known, each in seen if not known),
    }


def citations(found: Iterable[Told]) -> dict[str, Estimate]:
    """How well answers name their source.

    Returns:
        `citation_precision`: of all passages cited, how many hold evidence; what is cited for an unanswerable question
        never does. `citation_recall`: of the answerable questions with evidence, how many were answered with a citation
        of it. `evidence_shown`: of the same, how many had evidence among the passages shown.
    """
    seen = list(found)
    checkable = [(question, each) for question, _, each in seen if each.supported is not None]
    cited = [*checkable, *((question, each) for question, answerable, each in seen if not answerable)]
    supporting, all_cited = [each.supporting for _, each in cited], [each.cited for _, each in cited]
    return {
        "citation_precision": ratio(supporting, all_cited, [name for name, _ in cited], SHARE),
        "citation_recall": by_question((name, float(bool(each.supported))) for name, each in checkable),
        "evidence_shown": by_question((name, float(bool(each.evidence_shown))) for name, each in checkable),
    }

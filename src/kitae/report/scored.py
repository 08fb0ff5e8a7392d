"""A board of what a program scores, counted anew from the answers."""

from __future__ import annotations

from collections.abc import Sequence

from ..evaluate.judging.asked import Answer
from ..evaluate.judging.published import HALF
from ..evaluate.judging.suspicion import flags
from ..evaluate.judging.tally import Tally
from ..evaluate.scoring import Verdict
from ..evaluate.statistics import Estimate, by_question
from .boards import Board, Line, Rated, Said, Suite, Who, Words, best_first, names, questions, who_of


def scored(suite: Suite, said: Said) -> Board | None:
    """By a program; `None` where the suite needs a judge."""
    if (score := suite.score) is None:
        return None
    groups: dict[Who, list[Answer]] = {}
    for answer in said.to(suite):
        groups.setdefault(who_of(answer), []).append(answer)
    clusters = {prompt.id: (prompt.question, prompt.category) for prompt in suite.prompts}
    rated = {
        who: [_verdict(score(answer.question, answer.turns[-1]), who, answer) for answer in answers]
        for who, answers in groups.items()
    }
    lines = []
    for who, name in names(groups).items():
        credits = [(clusters[each.question], each.score or 0.0) for each in rated[who]]
        found = by_question((cluster, credit) for (cluster, _), credit in credits)
        categories: dict[str, list[tuple[str, float]]] = {}
        for (cluster, category), credit in credits:
            categories.setdefault(category, []).append((cluster, credit))
        lines.append(
            Line(
                who,
                name,
                _counted(who.model, found, len(credits), groups[who]),
                {category: by_question(own_credits) for category, own_credits in categories.items()},
                "",
                tuple(groups[who]),
            )
        )
    every = [each for own_rated in rated.values() for each in own_rated]
    return Board(
        suite=suite.name,
        kind="program",
        judge="",
        protocol="",
        scale=HALF,
        lines=best_first(lines),
        questions=questions(suite, every, {}),
        left_out=0,
        notes=suite.notes,
    )


def _verdict(verdict: Verdict, who: Who, answer: Answer) -> Rated:
    return Rated(
        who=who,
        question=answer.question,
        sample=answer.sample,
        turn=len(answer.turns),
        answer=answer.turns[-1],
        score=verdict.credit,
        words=(Words(why=verdict.why),),
    )


def _counted(model: str, found: Estimate, n: int, answers: Sequence[Answer]) -> Tally:
    """A program reads every answer, so nothing fails."""
    mean = found.mean or 0.0
    return Tally(
        model=model,
        n=n,
        n_failed=0,
        n_duplicate=0,
        mean_published=found.mean,
        mean_low=mean,
        mean_high=mean,
        per_turn={},
        per_category={},
        interval=found.interval,
        consistency=None,
        notes=tuple(flags([text for each in answers for text in each.turns])),
    )

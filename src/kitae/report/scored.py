"""A board of what a program scores, counted anew from the answers."""

from __future__ import annotations

from collections.abc import Sequence

from ..evaluate.clusters import by_question
from ..evaluate.judging.asked import Answer
from ..evaluate.judging.published import HALF
from ..evaluate.judging.tally import Tally
from ..evaluate.marks import Marks, marks
from ..evaluate.scoring import Verdict
from ..evaluate.statistics import Estimate
from .boards import Board, Line, Rated, Said, Suite, Who, Words, best_first, names, questions, who_of

REFUSED = "the endpoint refuses the prompt"


def scored(suite: Suite, said: Said) -> Board | None:
    """By a program; `None` where the suite needs a judge."""
    if (score := suite.score) is None:
        return None
    groups: dict[Who, list[Answer]] = {}
    for answer in said.to(suite):
        groups.setdefault(who_of(answer), []).append(answer)
    clusters = {prompt.id: prompt.question for prompt in suite.prompts}
    rated: list[Rated] = []
    lines = []
    for who, name in names(groups).items():
        answers = groups[who]
        verdicts = [score(answer.question, answer.turns[-1]) for answer in answers]
        rated += [_rated(verdict, who, answer) for verdict, answer in zip(verdicts, answers, strict=True)]
        credits = [(clusters[answer.question], each.credit) for answer, each in zip(answers, verdicts, strict=True)]
        marked = marks(suite.prompts, answers, verdicts)
        tally = _counted(who.model, by_question(credits, suite.units), marked, answers)
        lines.append(Line(who, name, tally, marked.per_category, "", tuple(answers)))
    return Board(
        suite=suite.name,
        kind="program",
        judge="",
        protocol="",
        scale=HALF,
        lines=best_first(lines),
        questions=questions(suite, rated, {}),
        left_out=0,
        notes=suite.notes,
    )


def _rated(verdict: Verdict, who: Who, answer: Answer) -> Rated:
    turn = len(answer.turns)
    return Rated(
        who=who,
        question=answer.question,
        sample=answer.sample,
        turn=turn,
        answer=answer.turns[-1],
        score=verdict.credit,
        words=(Words(why=REFUSED if answer.refused(turn) else verdict.why),),
    )


def _counted(model: str, found: Estimate, marked: Marks, answers: Sequence[Answer]) -> Tally:
    """A program reads every answer: what fails is what an endpoint refuses to answer, and counts as wrong."""
    mean, lost = found.mean or 0.0, marked.bounds
    refused = sum(answer.refused(len(answer.turns)) for answer in answers)
    told = (
        (f"{refused} of {len(answers)} answers: {REFUSED}; with them between {lost.low:.2f} and {lost.high:.2f}",)
        if lost
        else ()
    )
    return Tally(
        model=model,
        n=len(answers),
        n_failed=refused,
        n_duplicate=0,
        mean_published=found.mean,
        mean_low=lost.low if lost else mean,
        mean_high=lost.high if lost else mean,
        per_turn={},
        per_category={},
        interval=found.interval,
        consistency=None,
        notes=(*told, *marked.flags),
    )

"""A board of what one judge made of one suite, answer by answer or in pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ..evaluate.clusters import clustered
from ..evaluate.judging.asked import Answer, Asked
from ..evaluate.judging.parsing import Parsed, Scale
from ..evaluate.judging.published import Row
from ..evaluate.judging.request import About, Judgment
from ..evaluate.judging.rows import rows_of
from ..evaluate.judging.tally import tally
from ..evaluate.statistics import Estimate
from .boards import (
    Board,
    Kind,
    Line,
    Rated,
    Said,
    Suite,
    Who,
    Words,
    best_first,
    cost_of,
    judgments_of,
    names,
    questions,
    who_of,
)

NEVER_CAME = "no judgment came"


class Judged:
    """One suite under one judge and protocol."""

    def __init__(self, judgments: Sequence[Judgment], suite: Suite | None, said: Said, scale: Scale) -> None:
        self.suite = suite
        self.said = said
        self.scale = scale
        self.first = judgments[0].about
        self.kept = _latest(judgments, suite)
        self.left_out = len(judgments) - len(self.kept)
        self.kind: Kind = "pair" if self.first.order else "single"

    def board(self) -> Board:
        judgments = [*self.kept, *self._missing()]
        games = {} if self.kind == "single" else self._games(judgments)
        rated = self._singles(judgments) if self.kind == "single" else self._pairs(judgments, games)
        abouts = {each.about.question: each.about for each in judgments}
        return Board(
            suite=self.first.suite,
            kind=self.kind,
            judge=self.first.judge,
            protocol=self.first.protocol,
            scale=self.scale,
            lines=best_first(self._lines(rated, games, abouts)),
            questions=questions(self.suite, rated, abouts),
            left_out=self.left_out,
            notes=self.suite.notes if self.suite else (),
        )

    def _missing(self) -> Iterator[Judgment]:
        """What the judge was to rate beside what it did, and of which nothing came: it stopped, or every call failed.

        A sample, or a pair, of which it rated nothing was never put to it.
        """
        made = {(frozenset(each.about.answers), each.about.turn) for each in self.kept}
        turns = {each.about.turn for each in self.kept}
        put = {(frozenset(self.said.whos(each.about)), each.about.sample): each.about for each in self.kept}
        for prompt in self.suite.prompts if self.suite else ():
            given = self.said.by_prompt.get((prompt.id, prompt.version), ())
            said = {(who_of(each), each.sample): each for each in given}
            for about in put.values():
                wanted = [(who, about.sample) for who in self.said.whos(about)]
                answers = [said[key] for key in wanted if key in said]
                keys = frozenset(each.key for each in answers)
                for turn in turns if len(answers) == len(wanted) else ():
                    if (keys, turn) not in made and all(turn <= len(each.turns) for each in answers):
                        yield _never_came(about, answers, prompt, turn)

    def _singles(self, judgments: Sequence[Judgment]) -> list[Rated]:
        return [
            Rated(
                who=self.said.whos(each.about)[0],
                question=each.about.question,
                sample=each.about.sample,
                turn=each.about.turn,
                answer=self._answer(each.about, 0),
                score=each.parse.score,
                words=(Words(each.raw, each.parse.why, judgment=each),),
            )
            for each in judgments
        ]

    def _games(self, judgments: Sequence[Judgment]) -> dict[Who, list[Row]]:
        """Of each model. Answers of one name but another identity or length play for themselves."""
        whos = list(dict.fromkeys(who for each in judgments for who in self.said.whos(each.about)))
        number = {who: str(place) for place, who in enumerate(whos)}
        played = []
        for each in judgments:
            players = tuple(number[who] for who in self.said.whos(each.about))
            played.append(each.model_copy(update={"about": each.about.model_copy(update={"models": players})}))
        found: dict[Who, list[Row]] = {who: [] for who in whos}
        for row in rows_of(played, self.scale, self.said.by_key.values()):
            who = whos[int(row.model)]
            found[who].append(replace(row, model=who.model))
        return found

    def _pairs(self, judgments: Sequence[Judgment], games: Mapping[Who, Sequence[Row]]) -> list[Rated]:
        """Each answer with the mean of its points and what was said in each of its games."""
        points: dict[tuple[Who, str, int], list[float]] = {}
        for who, rows in games.items():
            for row in rows:
                if row.score is not None:
                    points.setdefault((who, row.question, row.turn), []).append(row.score)
        words: dict[tuple[Who, str, int, int], list[Words]] = {}
        answers: dict[tuple[Who, str, int, int], str] = {}
        for each in judgments:
            about, whos = each.about, self.said.whos(each.about)
            for side, other in ((0, 1), (1, 0)):
                key = (whos[side], about.question, about.sample, about.turn)
                shown_first = (about.order == "ab") == (side == 0)
                said = Words(each.raw, each.parse.why, about.models[other], shown_first, each)
                words.setdefault(key, []).append(said)
                answers[key] = self._answer(about, side)
        found = []
        for (who, question, sample, turn), own in words.items():
            name = f"{question}#{sample}" if sample else question
            won = points.get((who, name, turn))
            score = sum(won) / len(won) if won else None
            found.append(Rated(who, question, sample, turn, answers[who, question, sample, turn], score, tuple(own)))
        return found

    def _lines(
        self, rated: Sequence[Rated], games: Mapping[Who, Sequence[Row]], abouts: Mapping[str, About]
    ) -> list[Line]:
        own: dict[Who, list[Rated]] = {}
        for each in rated:
            own.setdefault(each.who, []).append(each)
        lines = []
        for who, name in names(own).items():
            mine = judgments_of(own[who])
            answers = self._answers(mine, who)
            rows = games[who] if games else rows_of(mine, self.scale, answers)
            (found,) = tally(rows, "pairwise" if games else "mtbench")
            lines.append(Line(who, name, found, self._categories(own[who], abouts), cost_of(mine), answers))
        return lines

    def _categories(self, rated: Sequence[Rated], abouts: Mapping[str, About]) -> dict[str, Estimate]:
        groups: dict[str, tuple[list[float], list[str]]] = {}
        for each in rated:
            about = abouts[each.question]
            if each.score is not None:
                scores, clusters = groups.setdefault(about.category, ([], []))
                scores.append(each.score)
                clusters.append(about.cluster)
        return {name: clustered(*own, self.scale) for name, own in groups.items()}

    def _answers(self, judgments: Sequence[Judgment], who: Who) -> tuple[Answer, ...]:
        keys = dict.fromkeys(key for each in judgments for key in each.about.answers)
        found = [self.said.by_key[key] for key in keys if key in self.said.by_key]
        return tuple(each for each in found if who_of(each) == who)

    def _answer(self, about: About, side: int) -> str:
        answer = self.said.by_key.get(about.answers[side])
        return answer.turns[about.turn - 1] if answer and len(answer.turns) >= about.turn else ""


def _latest(judgments: Sequence[Judgment], suite: Suite | None) -> list[Judgment]:
    """Those of the questions as they are asked today, under the prompts and references that came last."""
    today = {prompt.id: prompt.version for prompt in suite.prompts} if suite else None
    last: dict[tuple[str, int], tuple[str, str, str]] = {}
    for each in judgments:
        if today is None or today.get(each.about.question) == each.about.version:
            last[each.about.question, each.about.turn] = _edition(each.about)
    return [each for each in judgments if last.get((each.about.question, each.about.turn)) == _edition(each.about)]


def _edition(about: About) -> tuple[str, str, str]:
    return about.version, about.prompt, about.reference


def _never_came(about: About, answers: Sequence[Answer], prompt: Asked, turn: int) -> Judgment:
    """In the place of a judgment of these answers, which there is not; `about` is of others by the same judge."""
    own = about.model_copy(
        update={
            "answers": tuple(each.key for each in answers),
            "question": prompt.id,
            "cluster": prompt.question,
            "category": prompt.category,
            "version": prompt.version,
            "turn": turn,
        }
    )
    return Judgment(key="", about=own, raw="", parse=Parsed(why=NEVER_CAME), prompt_tokens=0, tokens=0, ms=0.0)

"""Answers side by side: each question with every row's answer, the gold, the passages, the verdict and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..core.artifact import Artifact
from ..core.passage import Passage
from ..core.suite import Question, Suite
from ..evaluate.nulls import NULL
from ..evaluate.scorecard import Score, scores
from ..evaluate.scoring import supports
from .bilingual import Both
from .story import Story

PASSAGES, SUITE = "passages", "suite"


@dataclass(frozen=True)
class ShownAnswer:
    """What one row said to one question."""

    row: str
    card: str
    """Id of the scorecard."""
    own: bool
    base: bool
    score: Score
    why: Both
    numbers: tuple[str, ...]
    """The passages that it cites, by their numbers in the prompt."""

    @property
    def right(self) -> bool:
        return self.score.verdict.right


@dataclass(frozen=True)
class ShownPassage:
    """A passage that stood in the prompts of some rows."""

    number: int
    id: str
    heading: str
    text: str | None
    """`None` where the index is no longer there."""
    evidence: bool
    """Whether it holds what the question's evidence quotes."""
    cited_by: tuple[str, ...]


@dataclass(frozen=True)
class ShownTogether:
    """Rows that were shown the same passages, and these passages."""

    rows: tuple[str, ...]
    passages: tuple[ShownPassage, ...]

    @property
    def has_evidence(self) -> bool:
        return any(passage.evidence for passage in self.passages)


@dataclass(frozen=True)
class ShownQuestion:
    """A question with all answers to it."""

    suite: str
    id: str
    asked: str
    answerable: bool
    kind: str
    question: Question | None
    """`None` where the suite's artifact is not part of the story."""
    answers: tuple[ShownAnswer, ...]
    nulls: tuple[ShownAnswer, ...]
    shown: tuple[ShownTogether, ...]

    def marks(self, rows: Iterable[str]) -> str:
        """A character for each row, for the page's filters: `1` right, `0` wrong, `-` not asked."""
        right = {each.row: each.right for each in (*self.answers, *self.nulls)}
        return "".join("-" if row not in right else str(int(right[row])) for row in rows)

    @property
    def change(self) -> str:
        """From the base to the project's own row: `better`, `worse` or `same`; empty where one of them is missing."""
        base = next((each for each in self.answers if each.base), None)
        own = next((each for each in self.answers if each.own), None)
        if base is None or own is None or base is own:
            return ""
        if base.right == own.right:
            return "same"
        return "better" if own.right else "worse"


def answers(story: Story) -> list[ShownQuestion]:
    """All questions of all suites, in the order in which they were asked."""
    found: dict[tuple[str, str], list[tuple[Artifact, Score]]] = {}
    for card in story.scorecards.values():
        for score in scores(card):
            found.setdefault((score.suite, score.question), []).append((card, score))
    asked = _questions(story.of("suite"))
    passages = _passages(story.of("index"))
    return [_question(story, each, asked.get(key), passages) for key, each in found.items()]


def _questions(suites: Iterable[Artifact]) -> dict[tuple[str, str], Question]:
    read = [next(artifact.rows(SUITE, Suite)) for artifact in suites]
    return {(suite.name, question.id): question for suite in read for question in suite.questions}


def _passages(indexes: Iterable[Artifact]) -> dict[str, Passage]:
    return {
        passage.id: passage for index in indexes if index.has(PASSAGES) for passage in index.rows(PASSAGES, Passage)
    }


def _question(
    story: Story,
    found: list[tuple[Artifact, Score]],
    question: Question | None,
    passages: Mapping[str, Passage],
) -> ShownQuestion:
    first = found[0][1]
    told = [_answer(story, card, score) for card, score in found]
    nulls = {row.name for row in story.rows.values() if row.model == NULL}
    return ShownQuestion(
        suite=first.suite,
        id=first.question,
        asked=first.asked,
        answerable=first.answerable,
        kind=first.kind,
        # Gold of another version is not what these answers were judged by.
        question=question if question is not None and question.version == first.version else None,
        answers=tuple(each for each in told if each.row not in nulls),
        nulls=tuple(each for each in told if each.row in nulls),
        shown=_shown(told, question, passages),
    )


def _answer(story: Story, card: Artifact, score: Score) -> ShownAnswer:
    name = next(row for row, each in story.scorecards.items() if each is card)
    place = {id: f"[{number}]" for number, id in enumerate(score.shown, start=1)}
    return ShownAnswer(
        row=name,
        card=card.id,
        own=name == story.own_row,
        base=name == story.base_row,
        score=score,
        why=reason(score.verdict.why),
        numbers=tuple(place.get(id, id) for id in score.cited),
    )


def _shown(
    told: Iterable[ShownAnswer], question: Question | None, passages: Mapping[str, Passage]
) -> tuple[ShownTogether, ...]:
    alike: dict[tuple[str, ...], list[ShownAnswer]] = {}
    for each in told:
        if each.score.shown:
            alike.setdefault(each.score.shown, []).append(each)
    return tuple(
        ShownTogether(
            rows=tuple(each.row for each in same),
            passages=tuple(_passage(number, id, same, question, passages) for number, id in enumerate(shown, start=1)),
        )
        for shown, same in alike.items()
    )


def _passage(
    number: int,
    id: str,
    same: Iterable[ShownAnswer],
    question: Question | None,
    passages: Mapping[str, Passage],
) -> ShownPassage:
    passage = passages.get(id)
    return ShownPassage(
        number=number,
        id=id,
        heading=passage.heading if passage else "",
        text=passage.text if passage else None,
        evidence=bool(passage and question and supports(passage, question.evidence)),
        cited_by=tuple(each.row for each in same if id in each.score.cited),
    )


_REASONS: tuple[tuple[str, str], ...] = (
    (r"declines, but the documents tell", "資料にあるのに断った"),
    (r"answers and declines at once", "断りながら答えてもいる"),
    (r"answers, but the documents do not tell", "資料にないのに答えた"),
    (r"declines, but cites a passage as support", "断ったが、根拠として資料を挙げた"),
    (r"says that the documents do not tell", "資料にないと答えた"),
    (r"corrects the premise", "質問の前提を正した"),
    (r"empty", "答えが空"),
    (r"(\d+) characters, more than (\d+)", r"\1字は長すぎる（上限\2字）"),
    (r"repeats the question", "質問をくり返しただけ"),
    (r"denies (「.*」)", r"\1を打ち消している"),
    (r"the gold is not in it", "正解が含まれない"),
    (r"says (「.*」)", r"\1と答えた"),
    (r"offers it as one of several", "候補の一つとして挙げただけ"),
    (r"asks instead of answering", "答えずに聞き返した"),
    (r"the right number, the opposite direction", "数は合うが向きが逆"),
    (r"says the opposite as well", "反対のことも述べた"),
    (r"as wanted", "正解どおり"),
    (r"(「.*」) was wanted", r"正解は\1"),
    (r"(\d+) lines, (\d+) wanted; F1 (.*)", r"\1行（正解は\2行）、F1 \3"),
    (r"also names (.*)", r"ほかに「\1」も挙げた"),
    (r"chose (「.*」)", r"\1を選んだ"),
    (r"no line 「答え：」 and more than one line", "「答え：」の行がなく、一行でもない"),
    (r"keeps every condition", "条件をすべて守った"),
    (r"repeats the instruction", "指示をくり返しただけ"),
    (r"not about what was asked", "頼まれたことに触れていない"),
    (r"says that it does not know", "知らないと答えた"),
    (r"declines what is well known", "よく知られたことなのに断った"),
    (r"refuses", "断った"),
    (r"says nothing that helps", "役に立つことを述べていない"),
    (r"names a number that nobody gave", "根拠のない数を挙げた"),
    (r"claims: (.*)", r"「\1」と断定した"),
    (r"no judgment came", "審査が届かなかった"),
    (r"the endpoint refuses the prompt", "接続先が質問そのものを断る"),
    (
        r"(\d+) of (\d+) answers: the endpoint refuses the prompt; with them between (.*) and (.*)",
        r"\2件のうち\1件は、接続先が質問そのものを断る。平均は\3から\4の間",
    ),
    (r"no \[\[n\]\](?: in the last line)?", "最後の行に点数がない"),
    (r"(\d+) \[\[n\]\] in the last line", r"最後の行に点数が\1個ある"),
    (r"(\[\[.*\]\]) is no number", r"\1は数ではない"),
    (r"(\[\[.*\]\]) is off the scale", r"\1は採点の範囲の外"),
    (r"no verdicts in the last line|no \[\[A\]\], \[\[B\]\] or \[\[C\]\]", "最後の行に判定がない"),
    (r"(\d+) verdicts in the last line", r"最後の行に判定が\1個ある"),
    (r"(\d+) of (\d+) answers: the same text to different questions", r"\2件中\1件：別の質問に同じ文"),
    (r"(\d+) of (\d+) answers: a rating like \[\[10\]\] in the answer", r"\2件中\1件：答えの中に[[10]]のような点数"),
    (r"(\d+) of (\d+) answers: a list that repeats itself", r"\2件中\1件：同じことをくり返す箇条書き"),
    (
        r"(\d+) of (\d+) answers: the failure of an interface \(\$ERROR\$\) instead of an answer",
        r"\2件中\1件：答えの代わりに接続の失敗（$ERROR$）",
    ),
)
"""What `evaluate` gives as reasons. One that is not here is shown as it is."""


def reason(why: str) -> Both:
    """A verdict's reason, or what is suspicious about answers, in both languages."""
    for pattern, japanese in _REASONS:
        if re.fullmatch(pattern, why, re.DOTALL):
            return Both(re.sub(pattern, japanese, why, count=1, flags=re.DOTALL), why)
    return Both(why, why)

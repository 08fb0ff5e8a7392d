"""What was examined in the files of FastChat's `llm_judge`, so that its programs read it too.

A row may have keys that FastChat does not know (`category`, `sample`): it passes over them, and `evaluate rescore`
reads them. What it writes and nobody here knows (`tstamp`) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from ..evaluate.judging.asked import Answer, Asked
from ..evaluate.judging.prompts import Template
from ..evaluate.judging.protocol import Protocol as Rules
from ..evaluate.judging.protocol import protocol_named
from ..evaluate.judging.published import UNPARSED
from ..evaluate.judging.request import Judgment, requests_for
from ..evaluate.judging.rows import outcome
from ..evaluate.judging.suspicion import ERROR
from .boards import Board, Said, Suite, Who, judgments_of, names, who_of

Rows = list[dict[str, Any]]


class Templated(Suite, Protocol):
    """A suite that may bring prompts for a judge."""

    @property
    def templates(self) -> tuple[Template, ...]: ...


@dataclass(frozen=True)
class _One:
    """A suite of one question."""

    name: str
    prompts: tuple[Asked, ...]


@dataclass(frozen=True)
class Exchange:
    """One suite with all that is known of it, on its way into files."""

    suite: Templated
    boards: Sequence[Board]
    said: Said

    def files(self) -> dict[str, Rows]:
        """Rows by path below `data/SUITE`."""
        found = {"question.jsonl": [_question(prompt) for prompt in self.suite.prompts]}
        if references := [_reference(prompt) for prompt in self.suite.prompts if prompt.references]:
            found["reference_answer/reference.jsonl"] = references
        for who, answers in self._answers().items():
            found[f"model_answer/{self.models[who]}.jsonl"] = answers
        for board in self.boards:
            if board.kind != "program" and board.lines:
                judge = judge_name(board.judge, board.protocol)
                found[f"model_judgment/{judge}_{board.kind}.jsonl"] = self.judged(board)
        return found

    def judged(self, board: Board) -> Rows:
        """What the judge of a board made of the answers."""
        return self._singles(board) if board.kind == "single" else self._pairs(board)

    @cached_property
    def models(self) -> dict[Who, str]:
        """What each is called in files and rows alike, as FastChat wants it."""
        rated = (line.who for board in self.boards for line in board.lines)
        whos = dict.fromkeys([*map(who_of, self.said.to(self.suite)), *rated])
        return dict(zip(whos, distinct(map(file_name, names(whos).values())), strict=True))

    def _answers(self) -> dict[Who, Rows]:
        """A choice for each sample; FastChat looks at the first alone."""
        found: dict[Who, dict[str, list[Answer]]] = {}
        for answer in self.said.to(self.suite):
            found.setdefault(who_of(answer), {}).setdefault(answer.question, []).append(answer)
        return {who: [self._answer(who, each) for each in by.values()] for who, by in found.items()}

    def _answer(self, who: Who, samples: list[Answer]) -> dict[str, Any]:
        samples.sort(key=lambda each: each.sample)
        return {
            "question_id": _id(samples[0].question),
            "answer_id": samples[0].key,
            "model_id": self.models[who],
            "choices": [{"index": each.sample, "turns": list(each.turns)} for each in samples],
        }

    def _singles(self, board: Board) -> Rows:
        return [
            {
                **_about(found),
                "model": self.models[rated.who],
                "judge": [judge_name(board.judge, board.protocol), self._template(found)],
                "user_prompt": self._sent(found),
                "judgment": found.raw or ERROR,
                "score": UNPARSED if rated.score is None else rated.score,
            }
            for question in board.questions
            for rated in question.rated
            for found in judgments_of([rated])
        ]

    def _pairs(self, board: Board) -> Rows:
        games: dict[tuple[tuple[str, ...], int], dict[str, Judgment]] = {}
        for found in judgments_of(each for question in board.questions for each in question.rated):
            games.setdefault((found.about.answers, found.about.turn), {})[found.about.order] = found
        rows = []
        for both in games.values():
            first = next(iter(both.values()))
            one, two = self.said.whos(first.about)
            row = {
                **_about(first),
                "model_1": self.models[one],
                "model_2": self.models[two],
                "judge": [judge_name(board.judge, board.protocol), self._template(first)],
            }
            for number, order in ((1, "ab"), (2, "ba")):
                game = both.get(order)
                row |= {
                    f"g{number}_winner": outcome(game, "ab" if number == 1 else "ba"),
                    f"g{number}_user_prompt": self._sent(game) if game else "",
                    f"g{number}_judgment": (game.raw if game else "") or ERROR,
                }
            rows.append(row)
        return rows

    def _template(self, judgment: Judgment) -> str:
        found = {each.digest: each.name for each in self._protocol(judgment).templates}
        return found.get(judgment.about.prompt, "")

    def _protocol(self, judgment: Judgment) -> Rules:
        return protocol_named(judgment.about.protocol, self.suite.templates)

    def _sent(self, judgment: Judgment) -> str:
        """The judge's prompt, made again: the records keep its digest. Empty where it is another today."""
        about = judgment.about
        answers = [self.said.by_key[key] for key in about.answers if key in self.said.by_key]
        prompt = self._prompts.get(about.question)
        if prompt is None or len(answers) < len(about.answers):
            return ""
        suite = _One(self.suite.name, (prompt,))
        made = requests_for(suite, answers, self._protocol(judgment), judge=about.judge)
        return next((each.messages[-1].content for each in made if each.key == judgment.key), "")

    @cached_property
    def _prompts(self) -> Mapping[str, Asked]:
        return {prompt.id: prompt for prompt in self.suite.prompts}


def judge_name(version: str, protocol: str) -> str:
    """What a judge is called in files and rows: under another protocol it is another judge."""
    return file_name(f"{version}.{protocol}")


def file_name(text: str) -> str:
    """Text that may be a file's name everywhere: `endpoint:a/b` becomes `endpoint-a-b`."""
    return re.sub(r"[^\w.@+-]+", "-", text).strip("-.") or "model"


def distinct(texts: Iterable[str]) -> Iterator[str]:
    """The same texts; one that came before has a number behind it."""
    seen: dict[str, int] = {}
    for text in texts:
        seen[text] = seen.get(text, 0) + 1
        yield text if seen[text] == 1 else f"{text}-{seen[text]}"


def _id(question: str) -> int | str:
    """FastChat's own are numbers."""
    return int(question) if question.isascii() and question.isdigit() and str(int(question)) == question else question


def _question(prompt: Asked) -> dict[str, Any]:
    return {"question_id": _id(prompt.id), "category": prompt.category, "turns": list(prompt.turns)}


def _reference(prompt: Asked) -> dict[str, Any]:
    turns = [{"index": 0, "turns": list(prompt.references)}]
    return {"question_id": _id(prompt.id), "answer_id": prompt.version, "model_id": "reference", "choices": turns}


def _about(judgment: Judgment) -> dict[str, Any]:
    about = judgment.about
    told: dict[str, Any] = {"question_id": _id(about.question), "turn": about.turn}
    told |= {"category": about.category} if about.category else {}
    return told | ({"sample": about.sample} if about.sample else {})

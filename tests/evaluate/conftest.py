"""A company of three rules, a searcher that knows them, and models that answer by rule."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from kitae.core.artifact import Artifact
from kitae.core.dialogue import Dialogue, Message
from kitae.core.generation import Decoding, Generated, Identity
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.noun import Noun, digest
from kitae.core.passage import Hit, Passage
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.evaluate.recipe import EvaluateRecipe, Row, SuiteRecipe
from kitae.evaluate.stage import EVALUATE, SUITES, place, question_files

TEXTS = (
    "従業員の父母又は子が死亡したときは、5日の慶弔休暇を与える。祖父母の場合は2日とする。届出は、原則として事前に行う。",
    "通勤手当の上限は、1か月につき45,000円とする。短時間の従業員については、20,000円を上限とする。",
    "試用期間中の従業員には、書籍購入補助を適用しない。",
)
PASSAGES = [
    Passage(
        id=f"rules/a.md#{number}.0",
        document="rules/a.md",
        section=f"rules/a.md#{number}",
        heading="規程 > 条",
        text=text,
        label=Label.CONFIDENTIAL if number == 2 else Label.INTERNAL,
        licence="own",
    )
    for number, text in enumerate(TEXTS)
]
QUESTIONS: list[dict[str, Any]] = [
    {
        "id": "q1",
        "question": "祖父が亡くなると何日休めますか。",
        "answerable": True,
        "gold": ["2日"],
        "evidence": [{"file": "a.md", "quote": "祖父母の場合は2日とする"}],
    },
    {
        "id": "q2",
        "question": "電車代は月いくらまでですか。",
        "answerable": True,
        "gold": ["45,000円"],
        "evidence": [{"file": "a.md", "quote": "1か月につき45,000円とする"}],
    },
    {
        "id": "q3",
        "question": "試用中に本の補助は使えますか。",
        "answerable": True,
        "gold": ["使えません", "適用しない"],
        "evidence": [{"file": "a.md", "quote": "書籍購入補助を適用しない"}],
    },
    {"id": "q4", "question": "食堂は何時に開きますか。", "answerable": False},
]
NOT_TOLD = "資料には書かれていません。"
HONEST = {"q1": "2日です。[1]", "q2": "45,000円です。[1]", "q3": "使えません。[1]", "q4": NOT_TOLD}
FOUND = {"q1": 0, "q2": 1, "q3": 2, "q4": 0}


class Searcher:
    """Knows which passage belongs to which question."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, tuple[str, ...]]] = []

    def search(self, question: str, *, k: int, groups: Collection[str]) -> list[Hit]:
        self.asked.append((question, k, tuple(groups)))
        best = next(FOUND[each["id"]] for each in QUESTIONS if each["question"] == question)
        order = sorted(range(len(PASSAGES)), key=lambda number: number != best)
        return [Hit(passage=PASSAGES[number], score=1.0) for number in order[:k]]


class Speaker:
    """Answers as it is told, and remembers what it was asked. Dies after `dies_after` batches, if that is given."""

    def __init__(
        self, told: Mapping[str, str], *, engine: str = "fake 1", seconds: float = 0.5, dies_after: int | None = None
    ) -> None:
        self.identity = Identity(model=digest(dict(told))[:8], engine=engine, number_format="int8")
        self.told = told
        self.prompts: list[tuple[Message, ...]] = []
        self.seconds = seconds
        self.dies_after = dies_after
        self.batches = 0

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        decoding: Decoding,
        *,
        done: Callable[[int], None] | None = None,
    ) -> list[Generated]:
        if self.batches == self.dies_after:
            raise KeyboardInterrupt
        self.batches += 1
        self.prompts += [tuple(prompt) for prompt in prompts]
        return [self._answer(prompt[-1].content, decoding) for prompt in prompts]

    def _answer(self, asked: str, decoding: Decoding) -> Generated:
        text = next(
            (
                self.told[each["id"]]
                for each in QUESTIONS
                if asked.endswith(each["question"]) and each["id"] in self.told
            ),
            NOT_TOLD,
        )
        finish = "length" if len(text) > decoding.max_tokens else "stop"
        return Generated.model_validate(
            {"text": text, "finish": finish, "prompt_tokens": len(asked), "tokens": 5, "seconds": self.seconds}
        )


class Workshop:
    """A store with a suite, and a way to measure rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records = Records(folder / "records")
        self.searcher = Searcher()
        self.making = Making(Store(folder / "store"), self.records)

    def suite(self, questions: Sequence[Mapping[str, Any]] = QUESTIONS, name: str = "company.unseen") -> Artifact:
        file = self.folder / f"{name}.jsonl"
        file.write_text("\n".join(json.dumps(question) for question in questions), encoding="utf-8")
        recipe = SuiteRecipe(name=name, file=file.name, kind="unseen")
        return self.making(
            SUITES, name, recipe, files=question_files(recipe, self.folder), given=lambda: {"folder": self.folder}
        )

    def dialogues(self, dialogues: Sequence[Dialogue], held_out: Sequence[Dialogue] | None = None) -> Artifact:
        def make(recipe: Noun, run: Run) -> Artifact:
            run.write("dialogues", dialogues)
            if held_out is not None:
                run.write("held_out", held_out)
            run.label(Label.RESTRICTED, ["hr"], ["CC0"])
            return run.seal()

        return self.making(Stage("fake", "dialogues", make, 1), "company", EvaluateRecipe())

    def measure(
        self,
        row: Row,
        speaker: Speaker | None = None,
        suites: Sequence[Artifact] | None = None,
        recipe: EvaluateRecipe | None = None,
        shots: Artifact | None = None,
    ) -> Artifact:
        return self.making(
            EVALUATE,
            row.name,
            recipe or EvaluateRecipe(),
            {"suites": suites if suites is not None else [self.suite()]} | ({"shots": [shots]} if shots else {}),
            identity=place(row, speaker.identity if speaker else None),
            given=lambda: {
                "row": row,
                "generator": (lambda: speaker) if speaker else None,
                "retriever": self.searcher,
                "records": self.records,
                "identity": speaker.identity if speaker else None,
            },
        )


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def speaker() -> Callable[..., Speaker]:
    """`speaker(told, …)`: a model that says what it is told to each question."""
    return lambda told=HONEST, **more: Speaker(told, **more)


@pytest.fixture
def passages() -> list[Passage]:
    return PASSAGES


@pytest.fixture
def questions() -> list[dict[str, Any]]:
    return [dict(question) for question in QUESTIONS]


def dialogue(
    id: str, kind: str = "number", *, answerable: bool = True, shown: bool = True, length: int = 1
) -> Dialogue:
    asked = f"質問{id}"
    return Dialogue(
        id=id,
        messages=(
            Message(role="user", content=asked * length),
            Message(role="assistant", content="5日です。[1]" if answerable else NOT_TOLD),
        ),
        kind=kind,
        question=asked,
        answer="5日" if answerable else "",
        answerable=answerable,
        passages=("rules/a.md#0.0",) if shown else (),
        gold=("rules/a.md#0.0",) if answerable else (),
        made_from=("rules/a.md#0",),
        label=Label.INTERNAL,
    )


@pytest.fixture
def make_dialogue() -> Callable[..., Dialogue]:
    return dialogue


JUDGE_SERVER = Path(__file__).parents[2] / "benchmarks" / "judge_server.py"


@contextlib.contextmanager
def serving(*options: str) -> Iterator[str]:
    command = [sys.executable, str(JUDGE_SERVER), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        finally:
            process.kill()


@pytest.fixture
def judge_server() -> Callable[..., contextlib.AbstractContextManager[str]]:
    """`with judge_server(options) as url`: the server of `benchmarks/judging.py`, in a process of its own."""
    return serving

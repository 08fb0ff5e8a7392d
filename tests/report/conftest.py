"""A project as the road leaves it, made of throwaway stages and the real evaluation, in about a second."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from kitae.core.artifact import Artifact
from kitae.core.dialogue import Dialogue, Message
from kitae.core.document import Document, Section
from kitae.core.generation import Decoding, Generated, Identity
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.noun import Noun, digest
from kitae.core.passage import Hit, Passage
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.evaluate.nulls import NULL_ROWS
from kitae.evaluate.recipe import EvaluateRecipe, Row, SuiteRecipe
from kitae.evaluate.stage import EVALUATE, SUITES, place, question_files
from kitae.report.story import Story

NASTY = '<script>alert("x")</script> "onerror=alert(1) </style> {{ 7*7 }} <img src=x>'
"""Stands in a passage, a question, an answer and the ledgers."""
NOT_TOLD = "資料には書かれていません。"

RULES = {
    "rules/休暇規程.md": {
        "第1条　有給休暇": "会社は、6か月継続して勤務した従業員に10日の年次有給休暇を与える。",
        "第2条　慶弔休暇": "祖父母が死亡したときは、3日の休暇を与える。届出は事前に行う。",
        "第3条　在宅勤務": "在宅勤務は、1週間につき2日を限度とする。",
    },
    "rules/旅費規程.md": {
        "第1条　日当": "国内出張の日当は、1日につき2,300円とする。",
        "第2条　仮払い": "仮払申請書は、出発日の4営業日前までに提出する。",
        "第3条　注意": f"次の文字は文字のまま示す。{NASTY}",
    },
}


def question(id: str, asked: str, gold: Sequence[str] = (), file: str = "", quote: str = "") -> dict[str, Any]:
    evidence = [{"file": file, "heading": "", "quote": quote}] if quote else []
    kind = "lookup" if gold else "missing_number"
    return {
        "id": id, "question": asked, "answerable": bool(gold), "gold": list(gold), "evidence": evidence, "kind": kind,
    }  # fmt: skip


UNSEEN = (
    question(
        "u1", "おばあちゃんが亡くなりました。何日休めますか。", ["3日", "三日"], "休暇規程.md", "3日の休暇を与える"
    ),
    question("u2", "在宅勤務は、家で1週間に何日までできますか。", ["2日"], "休暇規程.md", "1週間につき2日を限度とする"),
    question("u3", "社宅の家賃はいくらですか。"),
    question("u4", f"これは文字のまま出ますか。{NASTY}"),
)
KNOWN = (
    question("k1", "国内出張の日当はいくらですか。", ["2,300円"], "旅費規程.md", "1日につき2,300円とする"),
    question("k2", "退職金は何年勤めればもらえますか。"),
)

BASE = {
    "u1": "10日です。[1]",
    "u2": "2日です。[2]",
    "u3": "5万円です。[1]",
    "u4": NASTY,
    "k1": "2,300円です。[1]",
    "k2": "3年",
}
TUNED = {
    "u1": "3日です。[1]",
    "u2": "2日です。[1]",
    "u3": NOT_TOLD,
    "u4": NOT_TOLD,
    "k1": "2,300円です。[1]",
    "k2": NOT_TOLD,
}


class Nothing(Noun):
    """A recipe with one thing to differ by."""

    variant: str = ""


class Searcher:
    """Ranks passages by how many pairs of characters they share with the question."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = [(passage, _pairs(passage.heading + passage.text)) for passage in passages]

    def search(self, question: str, *, k: int, groups: Any) -> list[Hit]:
        asked = _pairs(question)
        scored = [(len(asked & pairs), passage) for passage, pairs in self.passages]
        best = sorted(scored, key=lambda each: (-each[0], each[1].id))[:k]
        return [Hit(passage=passage, score=float(score)) for score, passage in best]


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


class Speaker:
    """A model that answers a question as it is told, given the prompt."""

    def __init__(self, name: str, told: Callable[[str], str], seconds: float = 0.8) -> None:
        self.identity = Identity(model=digest(name)[:8], engine="ctranslate2 4.8.5", number_format="int8")
        self.told = told
        self.seconds = seconds

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        decoding: Decoding,
        *,
        done: Callable[[int], None] | None = None,
    ) -> list[Generated]:
        answers = [self.told(prompt[-1].content) for prompt in prompts]
        return [
            Generated(text=answer, finish="stop", prompt_tokens=300, tokens=len(answer), seconds=self.seconds)
            for answer in answers
        ]


class Company:
    """A store that fills as the road would fill it. `until` names the last stage that is walked."""

    def __init__(
        self,
        folder: Path,
        *,
        documents: Mapping[str, Mapping[str, str]] = RULES,
        suites: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        tokenizer: Path | None = None,
    ) -> None:
        self.folder = folder
        self.making = Making(Store(folder / "store"), Records(folder / "records"))
        self.texts = documents
        self.suites = suites if suites is not None else {"company.unseen": UNSEEN, "company.known": KNOWN}
        self.tokenizer = tokenizer

    def make(
        self,
        kind: str,
        name: str,
        write: Callable[[Run], None],
        inputs: Mapping[str, Any] | None = None,
        stage: str = "",
    ) -> Artifact:
        """An artifact of a throwaway stage."""

        def function(recipe: Nothing, run: Run, **given: Any) -> Artifact:
            write(run)
            return run.seal()

        stage_ = Stage(stage or kind, kind, function, 1, packages=("pydantic",))
        return self.making(stage_, name, Nothing(variant=name), inputs)

    def documents(self) -> list[Document]:
        return [_document(id, sections) for id, sections in self.texts.items()]

    def passages(self) -> list[Passage]:
        return [
            Passage(
                id=f"{section.id}.0",
                document=document.id,
                section=section.id,
                heading=" > ".join(section.path),
                text=document.body_text(section),
                label=document.label,
            )
            for document in self.documents()
            for section in document.sections
        ]

    def walk(self, until: str = "evaluate") -> Story:
        """The road up to a stage."""
        self.read()
        if until != "documents":
            self.prepare()
        if until in ("train", "evaluate"):
            self.train()
        if until == "evaluate":
            self.measure(BASE, TUNED)
        return self.story()

    def read(self) -> None:
        def read(run: Run) -> None:
            run.write("documents", self.documents())
            skipped = {"file": "rules/写真.png", "outcome": "skipped", "why": "no text: .png"}
            read = [{"file": id, "outcome": "read", "why": "", "left_out": {"navigation": 120}} for id in self.texts]
            run.write("ledger", [*read, skipped])
            run.label(Label.INTERNAL, ["all"], ["own"])
            run.facts(documents=len(self.texts))

        self.all = self.make("documents", "all", read)
        self.suite_artifacts = [self._suite(name, questions) for name, questions in self.suites.items()]

    def _suite(self, name: str, questions: Sequence[Mapping[str, Any]]) -> Artifact:
        file = self.folder / f"{name}.jsonl"
        file.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in questions), encoding="utf-8")
        recipe = SuiteRecipe(name=name, file=file.name, kind="known" if name.endswith("known") else "unseen")
        files = question_files(recipe, self.folder)
        return self.making(SUITES, name.split(".")[-1], recipe, files=files, given=lambda: {"folder": self.folder})

    def prepare(self) -> None:
        documents, passages = self.documents(), self.passages()

        def base(run: Run) -> None:
            run.label(Label.PUBLIC, ["all"], ["gemma"])
            if self.tokenizer:
                for file in self.tokenizer.glob("*.json"):
                    run.path(file.name).write_bytes(file.read_bytes())

        self.trainable = self.make(
            "documents",
            "trainable",
            lambda run: _write_split(run, documents),
            {"documents": self.all, "suites": self.suite_artifacts},
            stage="split",
        )
        self.base = self.make("model", "base", base, stage="adopt")
        self.trimmed = self.make("model", "trimmed", base, {"model": self.base, "documents": self.all}, stage="trim")
        self.words = self.make(
            "index", "words", lambda run: _ignore(run.write("passages", passages)), {"documents": self.all}
        )
        self.vectors = self.make("index", "vectors", lambda run: None, {"index": self.words, "model": self.trimmed})
        self.corpus = self.make(
            "corpus", "main", lambda run: _write_corpus(run, documents[1:]), {"documents": self.trainable}
        )
        self.dialogues = self.make(
            "dialogues",
            "main",
            lambda run: _write_dialogues(run, passages),
            {"documents": self.trainable, "passages": self.words},
        )

    def train(self) -> None:
        self.pretrained = self.make(
            "model",
            "pretrained",
            lambda run: _write_curve(run, 10, 3.4),
            {"model": self.trimmed, "corpus": self.corpus},
        )
        self.tuned = self._tuned("", self.pretrained)
        self.variant = self._tuned("-tune-only", self.trimmed)

    def _tuned(self, ending: str, start: Artifact) -> Artifact:
        tuned = self.make(
            "model",
            f"tuned{ending}",
            lambda run: _write_curve(run, 33, 2.1),
            {"model": start, "dialogues": self.dialogues},
        )
        return self.make("model", f"tuned{ending}-int8", lambda run: None, {"model": tuned}, stage="convert")

    def measure(self, base: Mapping[str, str], tuned: Mapping[str, str], ending: str = "") -> None:
        """The rows of the decision table, answered from a list."""
        closed = Row(name=f"base{ending}.closed", model="base", way="closed")
        self.row(closed, self.told("base.closed", {}), self.base)
        self.row(Row(name=f"base{ending}.retrieval", model="base"), self.told("base", base, seconds=1.4), self.base)
        self.row(Row(name=f"tuned{ending}.retrieval", model="tuned"), self.told("tuned", tuned), self.tuned)
        for row in NULL_ROWS:
            self.row(row, None, None)

    def row_of_another_engine(self) -> Artifact:
        speaker = self.told("other", TUNED)
        speaker.identity = speaker.identity.model_copy(update={"engine": "transformers 5.0"})
        return self.row(Row(name="tuned-tune-only.retrieval", model="tuned-tune-only"), speaker, self.variant)

    def dialogue_rows(self) -> list[Dialogue]:
        return list(self.dialogues.rows("dialogues", Dialogue))

    def told(self, name: str, answers: Mapping[str, str], seconds: float = 0.8) -> Speaker:
        asked = {each["question"]: each["id"] for questions in self.suites.values() for each in questions}

        def answer(prompt: str) -> str:
            id = next(id for text, id in asked.items() if prompt.endswith(text))
            return answers.get(id, "わかりません。5日です。")

        return Speaker(name, answer, seconds)

    def row(self, row: Row, speaker: Speaker | None, model: Artifact | None, shots: Artifact | None = None) -> Artifact:
        retrieval = row.way == "retrieval"
        inputs: dict[str, Artifact | Sequence[Artifact]] = {
            "suites": self.suite_artifacts,
            **({"model": model} if model else {}),
            **({"index": self.vectors} if retrieval else {}),
            **({"shots": shots} if shots else {}),
        }
        return self.making(
            EVALUATE,
            row.name,
            EvaluateRecipe(),
            inputs,
            identity=place(row, speaker.identity if speaker else None),
            given=lambda: {
                "row": row,
                "generator": (lambda: speaker) if speaker else None,
                "retriever": Searcher(self.passages()) if retrieval else None,
                "records": self.making.records,
                "identity": speaker.identity if speaker else None,
            },
        )

    def story(self, **more: Any) -> Story:
        """What the road would tell; `without` names kinds or ids of artifacts to leave out."""
        without = more.pop("without", ())
        artifacts = [each for each in self.making.used if each.id not in without and each.kind not in without]
        given: dict[str, Any] = {"name": "やまびこ精機", "language": "ja", "steps": self.making.steps}
        return Story(artifacts=artifacts, **(given | more))


def _ignore(_: object) -> None:
    return None


def _document(id: str, sections: Mapping[str, str]) -> Document:
    title = re.sub(r".*/|\.\w+$", "", id)
    text, found = "", []
    for number, (heading, body) in enumerate(sections.items()):
        start = len(text)
        text += f"{heading}\n"
        body_at = len(text)
        text += f"{body}\n\n"
        found.append(
            Section(
                id=f"{id}#{number}",
                heading=heading,
                path=(title, heading),
                kind="article",
                start=start,
                end=len(text),
                body=body_at,
            )
        )
    return Document(
        id=id,
        title=title,
        text=text,
        sections=tuple(found),
        source=id.split("/")[0],
        licence="own",
        label=Label.CONFIDENTIAL if "賃金" in id else Label.INTERNAL,
    )


def _write_split(run: Run, documents: Sequence[Document]) -> None:
    run.write("documents", documents[1:])
    held = [section.id for section in documents[0].sections]
    run.write("held_out", [{"section": id, "reason": "evidence", "why": f"evidence of {NASTY}"} for id in held])
    missing = {"outcome": "not found", "suite": "company.unseen", "question": "u9", "file": "x.md"}
    run.write("ledger", [missing | {"quote": NASTY, "why": "no document has this name"}])


def _write_corpus(run: Run, documents: Sequence[Document]) -> None:
    dropped = {"document": documents[0].id, "section": documents[0].sections[0].id, "rule": "too_short"}
    run.write("ledger", [dropped | {"detail": "4 characters", "sample": NASTY, "characters": 200}])
    characters = sum(len(document.text) for document in documents)
    counts = {"documents": len(documents), "sections": sum(len(each.sections) for each in documents)}
    steps = (("read", 1.0), ("passed the rules", 0.94), ("no exact duplicates", 0.91))
    run.facts(funnel=[{"step": step, "characters": round(characters * left), **counts} for step, left in steps])


def _write_dialogues(run: Run, passages: Sequence[Passage]) -> None:
    made = [_dialogue(number, passage) for number, passage in enumerate(passages)]
    run.write("dialogues", made[1:])
    run.write("held_out", made[:1])
    dropped = {"section": passages[0].section, "reason": "the answer has 61 characters", "kind": "number"}
    run.write("ledger", [dropped | {"question": "いつまでですか。", "quote": passages[0].text}])


def _dialogue(number: int, passage: Passage) -> Dialogue:
    answerable = number % 4 != 3
    asked = f"{passage.heading.split(' > ')[-1].split('　')[-1]}について教えてください。"
    return Dialogue(
        id=f"d{number}",
        messages=(
            Message(role="system", content="資料だけをもとに短く答え、最後に資料の番号を[1]のように付けます。"),
            Message(role="user", content=f"資料：\n[1] {passage.heading}\n{passage.text}\n\n質問：{asked}"),
            Message(role="assistant", content=f"{passage.text[:20]}です。[1]" if answerable else NOT_TOLD),
        ),
        kind=("article", "number", "faq")[number % 3] if answerable else "unanswerable",
        question=asked,
        answer=passage.text[:20] if answerable else "",
        answerable=answerable,
        passages=(passage.id,),
        gold=(passage.id,) if answerable else (),
        made_from=(passage.section,),
        label=Label.INTERNAL,
    )


def _write_curve(run: Run, steps: int, start: float) -> None:
    rows = [{"step": 0, "tokens": 0, "targets": 0, "loss": None, "held_out_loss": start + 0.1}]
    for step in range(1, steps + 1):
        loss = start * (0.45 + 0.55 / (1 + 0.25 * step)) + (0.1 if step % 3 == 0 else 0)
        rows.append({"step": step, "tokens": 2048 * step, "targets": 700, "loss": loss, "held_out_loss": None})
    rows[-1]["held_out_loss"] = start * 0.6
    run.write("curve", rows)
    run.facts(method="full", number_format="float32")
    run.measure(training_seconds=65.5, tokens_per_second=312.5)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A company with two documents and two suites, of which nothing has been made yet."""
    return Company(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The same company when the whole road was walked; a test that makes more takes `company`."""
    company = Company(tmp_path_factory.mktemp("finished"))
    company.walk()
    return company


@pytest.fixture
def make_company(tmp_path: Path) -> Callable[..., Company]:
    """`make_company(tokenizer=…)` or, for a large one, `make_company(questions=66, passages=120, characters=400)`."""

    def make(*, tokenizer: Path | None = None, questions: int = 0, passages: int = 0, characters: int = 0) -> Company:
        if not questions:
            return Company(tmp_path, tokenizer=tokenizer)
        text = "会社は、従業員に休暇を与える。届出は、所属長を経て総務部に行う。"
        sections = {f"第{n}条　休暇その{n}": f"{n}日{text * 20}"[:characters] for n in range(passages)}
        asked = [question(f"q{n}", f"休暇その{n}は何日ですか。", [f"{n}日"]) for n in range(questions)]
        return Company(tmp_path, documents={"rules/a.md": {}, "rules/b.md": sections}, suites={"company.unseen": asked})

    return make


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tokenizer of bytes that has Gemma's marks for turns."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    marks = ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>")
    vocabulary = {token: id for id, token in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(mark, special=True, normalized=False) for mark in marks])
    folder = tmp_path_factory.mktemp("tokenizer")
    made.save(str(folder / "tokenizer.json"))
    settings = {"bos_token": "<bos>", "eos_token": "<eos>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


@pytest.fixture
def nasty() -> str:
    """What stands in a passage, a question, an answer and elsewhere, and must stay text."""
    return NASTY

"""What tuning gains on questions that no training saw, beside the base with examples, with intervals.

    python benchmarks/gain.py seeds PROJECT [--seeds 0 1 2]        # a project's decision table with several seeds
    python benchmarks/gain.py ablation PROJECT [--only NAME …]     # what each choice is worth, one changed at a time
    python benchmarks/gain.py practice PROJECT [--shots 0 1 2]     # on reading practice that is left out: to choose by
    python benchmarks/gain.py jsquad FOLDER [--tokens 400k]        # reading Japanese Wikipedia: tuned on JaQuAD train

`seeds` and `practice` take changes to the project's file: `--set instruct.practice=10k train.tune.tokens=600k`.

PROJECT is a folder with kitae.toml (`kitae init demo --sample`). What was made before is used again. JSQuAD: 300
questions of the validation set by a fixed seed, each with two passages; of a quarter the right one is not among them.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kitae.adopt.recipe import AdoptRecipe, TrimRecipe
from kitae.adopt.stage import ADOPT, TRIM, base_files
from kitae.cli.progress import Lines
from kitae.commands import decide
from kitae.core.artifact import Artifact
from kitae.core.dialogue import Dialogue, Message
from kitae.core.document import Document, Section
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.noun import Noun, digest
from kitae.core.passage import Hit, Passage, Retriever
from kitae.core.quantity import parse_count
from kitae.core.reading import Reading, readings, shelf, version
from kitae.core.records import Records
from kitae.core.run import Run, Watcher
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.core.suite import Evidence, Question, Suite
from kitae.engine.convert import STAGE as CONVERT
from kitae.engine.convert import ConvertRecipe
from kitae.engine.grounding import abstain, answer_with_citation, grounded
from kitae.engine.open import open_generator
from kitae.evaluate.nulls import NULL_ROWS
from kitae.evaluate.recipe import EvaluateRecipe, Row
from kitae.evaluate.scorecard import Score, scores
from kitae.evaluate.stage import EVALUATE
from kitae.evaluate.stage import place as row_identity
from kitae.evaluate.statistics import Difference, estimate, paired_difference
from kitae.evaluate.suites import suite_in
from kitae.evaluate.table import Line, decision_table
from kitae.knowledge.search import lexical
from kitae.measuring import Measuring, identity_of
from kitae.project import Project, ProjectFile, Variant
from kitae.road import pairing, preferring, walk
from kitae.train.recipe import TuneRecipe
from kitae.train.stage import TUNE

SEED = 7
EVERY, HELD_PASSAGES = 8, 60
"""Every eighth document of the practice is left out, and the questions about so many of its passages are asked."""
QUESTIONS, WITHOUT = 300, 75
"""Of JSQuAD, and how many of them are shown two wrong passages."""

ABLATIONS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "no pretraining": {"train.pretrain.tokens": 0},
    "no reading practice": {"instruct.practice": 0},
    "reading practice alone": {"instruct.dialogues": 40},
    "twice the tokens": {"instruct.practice": 4400, "train.tune.tokens": 400_000},
    "one passage in a prompt": {"instruct.passages": 1},
    "unanswerable 0.1": {"instruct.unanswerable": 0.1},
    "unanswerable 0.3": {"instruct.unanswerable": 0.3},
    "whole vocabulary": {"vocabulary.vocabulary": "keep"},
    "LoRA rank 4": {"train.tune.rank": 4, "train.tune.alpha": 8},
    "LoRA rank 64": {"train.tune.rank": 64, "train.tune.alpha": 128},
    "search by words alone": {"knowledge.search.vectors": 0},
    "axes that learnt nothing": {"knowledge.embed.learn": False},
}
"""What is changed, one at a time."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).parents[2] / "shared" / "data"
    arguments.add_argument("what", choices=("seeds", "ablation", "practice", "jsquad"))
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    arguments.add_argument("--only", nargs="+", default=list(ABLATIONS))
    arguments.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
    arguments.add_argument("--shots", type=int, nargs="*", default=[], help="also the base with so many examples")
    arguments.add_argument("--tokens", default="400k")
    arguments.add_argument("--data", type=Path, default=Path(os.environ.get("KITAE_DATA", beside)))
    chosen = arguments.parse_args()
    settings = {key: _value(text) for key, text in (each.split("=", 1) for each in chosen.set)}
    if chosen.what == "seeds":
        seeds(chosen.folder, chosen.seeds, settings)
    elif chosen.what == "ablation":
        ablation(chosen.folder, chosen.only)
    elif chosen.what == "practice":
        practice(chosen.folder, settings, chosen.shots)
    else:
        jsquad(chosen.folder, chosen.data / "qa", parse_count(chosen.tokens))


# A project, changed


def changed(folder: Path, changes: Mapping[str, Any]) -> tuple[Project, Making, list[Artifact]]:
    """The project with these changes, walked to its scorecards."""
    project = with_changes(folder, changes)
    with project.store.lock():
        making = Making(project.store, project.records, Lines())
        road = walk(project, making, until="evaluate")
    return project, making, road.scorecards


def tuned_retrieval(project: Project) -> tuple[Making, Artifact]:
    """The one row of the table that an ablation looks at."""
    with project.store.lock():
        making = Making(project.store, project.records, Lines())
        road = walk(project, making, until="train")
        assert road.knowledge is not None
        made = {each.name: each for each in making.used if each.kind in ("suite", "dialogues")}
        suites = [made[suite.name] for suite in project.file.suites]
        models = {"tuned": road.models["tuned"]}
        measure = Measuring(project, making, road.knowledge, models, suites, made["main"])
        return making, measure(Row(name="tuned.retrieval", model="tuned", way="retrieval"))


def with_changes(folder: Path, changes: Mapping[str, Any]) -> Project:
    project = Project(folder)
    file: ProjectFile = project.variant(Variant(name="changed", set=dict(changes)))
    project.file = file.model_copy(update={"variants": ()})
    return project


def seeds(folder: Path, wanted: Sequence[int], settings: Mapping[str, Any]) -> None:
    for seed in wanted:
        changes = {**settings, "train.pretrain.seed": seed, "train.tune.seed": seed}
        project, making, cards = changed(folder, changes)
        print(f"\nseed {seed}: {_training_seconds(making):.0f} s of training")
        for line in decide(project, cards).lines:
            print(_told(line))


def ablation(folder: Path, only: Collection[str]) -> None:
    """Each change against the project as it is: right answers of tuned.retrieval, paired by question."""
    standard: dict[str, dict[str, Score]] = {}
    print("| change | suite | right | against as it is | false refusals | false answers | training |")
    print("|---|---|---|---|---|---|---|")
    for name, changes in ABLATIONS.items():
        if changes and name not in only:
            continue
        making, card = tuned_retrieval(with_changes(folder, changes))
        sheets: dict[str, dict[str, Score]] = {}
        for score in scores(card):
            sheets.setdefault(score.suite, {})[score.question] = score
        standard = standard or sheets
        for suite, sheet in sheets.items():
            print(f"| {name} | {suite} | {_changed_row(sheet, standard[suite])} | {_training_seconds(making):.0f} s |")


def _changed_row(sheet: Mapping[str, Score], standard: Mapping[str, Score]) -> str:
    own = [sheet[question].verdict.credit for question in standard]
    other = [standard[question].verdict.credit for question in standard]
    found, gain = estimate(own), paired_difference(own, other)
    assert found.mean is not None and found.interval and gain.mean is not None and gain.interval
    told = [score for score in sheet.values() if score.answerable]
    refused = sum(score.verdict.false_refusal for score in told)
    invented = sum(score.verdict.false_answer for score in sheet.values())
    return (
        f"{found.mean:.3f} ({found.interval.low:.3f} to {found.interval.high:.3f}) | "
        f"{gain.mean:+.3f} ({gain.interval.low:+.3f} to {gain.interval.high:+.3f}) | "
        f"{refused}/{len(told)} | {invented}/{len(sheet) - len(told)}"
    )


def _training_seconds(making: Making) -> float:
    models = {each.id: each for each in making.used if each.kind == "model"}
    return sum(float(each.measured.get("training_seconds", 0.0)) for each in models.values())


def _told(line: Line) -> str:
    gain = line.difference
    parts = [
        f"{line.suite:<10} {line.row:<16} {line.right_n:>3}/{line.n:<3} {line.right:.3f} "
        f"({line.interval.low:.3f} to {line.interval.high:.3f})",
        f"answerable {line.right_answerable_n}/{line.n_answerable}, refused {line.false_refusals_n}, "
        f"invented {line.false_answers_n}/{line.n_unanswerable}",
    ]
    if gain and gain.mean is not None and gain.interval:
        parts.append(f"{gain.mean:+.3f} ({gain.interval.low:+.3f} to {gain.interval.high:+.3f}) against {gain.against}")
    if gain and gain.mean_answerable is not None and gain.interval_answerable:
        inner = gain.interval_answerable
        parts.append(f"answerable {gain.mean_answerable:+.3f} ({inner.low:+.3f} to {inner.high:+.3f})")
    return "; ".join(parts)


class Nothing(Noun):
    """A recipe without choices."""


# Reading practice that is left out


def practice(folder: Path, settings: Mapping[str, Any], shots: Sequence[int]) -> None:
    """Tunes without every eighth document of the practice, and asks the questions about some passages of these.

    What a recipe is, is chosen on these and never on a suite. The search finds among all passages that were left out.
    """
    project = with_changes(folder, settings)
    file = project.file
    with project.store.lock():
        make = Making(project.store, project.records, Lines())
        walk(project, make, until="instruct")
        made = {f"{each.kind}/{each.name}": each for each in make.used}
        kept = make(KEPT, "kept", Nothing(), {"dialogues": made["dialogues/main"]})
        which = {"practice": version(), "every": f"{EVERY} {HELD_PASSAGES} documents"}
        suite = make(HELD, "held", Nothing(), identity=which)
        models = {"base": made["model/trimmed"]} if shots else {}
        models["tuned"] = make(TUNE, "kept", file.train.tune, {"model": made["model/trimmed"], "dialogues": [kept]})
        if file.pairs.questions:
            pairs = pairing(make, file, "-kept", models["tuned"], kept)
            models["preferred"] = preferring(make, file, "-kept", models["tuned"], pairs)
        search = lexical(passage for passage, _ in left_out())
        cards = measured(make, models, suite, search, kept, file.evaluate, shots=shots)
    print(f"left out of practice; {models['tuned'].facts['trained_tokens']:,} tokens of tuning", dict(settings))
    for line in decision_table(cards, against="base.retrieval" if shots else "null.copy").lines:
        print(_told(line))
    if "preferred" in models:
        print(_moved(*cards[-2:]))
    card = cards[-1]
    right = {each.id: each.evidence[0].file for each in suite_in(suite).questions if each.answerable}
    shown = [score for score in scores(card) if score.question in right]
    found = [s for s in shown if any(each.startswith(f"{right[s.question]}#") for each in s.shown)]
    print(f"found {len(found)}/{len(shown)}; right of these {sum(s.verdict.right for s in found)}")


def _moved(before: Artifact, after: Artifact) -> str:
    """By how much preferences changed what was invented and what was refused, paired by question."""
    pairs = [pair for pair in zip(scores(after), scores(before), strict=True) if pair[0].question == pair[1].question]
    invented = paired_difference(*_counted(pairs, "false_answer", answerable=False))
    refused = paired_difference(*_counted(pairs, "false_refusal", answerable=True))
    return (
        f"preferred against tuned: invented {_signed(invented)} of {invented.n} unanswerable, "
        f"refused {_signed(refused)} of {refused.n} answerable"
    )


def _counted(pairs: Sequence[tuple[Score, Score]], of: str, *, answerable: bool) -> tuple[list[float], list[float]]:
    """Whether each of the answerable questions, or of the others, was answered wrongly in this way, by either."""
    asked = [pair for pair in pairs if pair[0].answerable is answerable]
    one, other = ([float(getattr(pair[place].verdict, of)) for pair in asked] for place in (0, 1))
    return one, other


def _signed(told: Difference) -> str:
    assert told.mean is not None and told.interval is not None, "the suite has such questions"
    return f"{told.mean:+.3f} ({told.interval.low:+.3f} to {told.interval.high:+.3f})"


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def left_out() -> list[tuple[Passage, Reading]]:
    """Every eighth document of the practice."""
    found = zip(shelf("ja"), readings("ja"), strict=True)
    return [(passage, reading) for passage, reading in found if int(digest(reading.title), 16) % EVERY == 0]


def _kept(recipe: Nothing, dialogues: Artifact, run: Run) -> Artifact:
    """The dialogues that neither ask about nor show what is left out."""
    out = {passage.section for passage, _ in left_out()}
    passages = {passage.id for passage, _ in left_out()}
    run.label(dialogues.label, dialogues.groups, dialogues.licences)
    for rows in ("dialogues", "held_out", *(["apart"] if dialogues.has("apart") else [])):
        own = dialogues.rows(rows, Dialogue)
        run.write(rows, (d for d in own if not out.intersection(d.made_from) and not passages.intersection(d.passages)))
    return run.seal()


def _held(recipe: Nothing, run: Run) -> Artifact:
    run.label(Label.PUBLIC, ["all"], ["own"])
    questions: list[Question] = []
    for passage, reading in random.Random(SEED).sample(left_out(), HELD_PASSAGES):
        told = [(each.question, _gold(each.answer)) for each in reading.questions if _is_fact(each.answer)]
        for place, (question, gold) in enumerate([*told, *((each, ()) for each in reading.unanswerable)]):
            evidence = (Evidence(file=passage.document, quote=passage.text[:40]),) if gold else ()
            questions.append(
                Question(
                    id=f"{passage.id}-{place}",
                    question=question,
                    answerable=bool(gold),
                    gold=gold,
                    evidence=evidence,
                    kind="practice",
                )
            )
    return _sealed(Suite(name="practice", kind="unseen", questions=tuple(questions)), run)


def _is_fact(answer: str) -> bool:
    """Not yes or no, which rules could not tell from a guess."""
    return not answer.startswith(("はい", "いいえ"))


def _gold(answer: str) -> tuple[str, ...]:
    """The answer without the words around it, and its number with the counter where it has one."""
    bare = answer.removesuffix("。").removesuffix("です")
    numbers = re.findall(r"[0-9][0-9,.:]*[^0-9（(、]{1,2}", bare)
    return (bare, *numbers) if len(numbers) == 1 and len(numbers[0]) > 0.4 * len(bare) else (bare,)


def _sealed(suite: Suite, run: Run) -> Artifact:
    run.write("suite", [suite])
    run.facts(suite=suite.name, questions=len(suite.questions))
    return run.seal()


# JSQuAD


@dataclass(frozen=True)
class Asked:
    """A question on Wikipedia with its answers and the two passages that are shown."""

    id: str
    question: str
    answers: tuple[str, ...]
    shown: tuple[Passage, ...]
    right: Passage
    others: tuple[Passage, ...]
    """Two more of the same article."""

    @property
    def answerable(self) -> bool:
        return self.right in self.shown


class Given:
    """A retriever that finds the two passages that each question is to be shown."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        self._shown = {each.question: each.shown for each in asked}

    def search(self, question: str, *, k: int, groups: Collection[str]) -> list[Hit]:
        return [Hit(passage=passage, score=1.0) for passage in self._shown[question]]


def jsquad(folder: Path, data: Path, tokens: int) -> None:
    train = paired(sorted((data / "jaquad" / "train").glob("*.json")), together=True)
    held = paired([data / "jsquad" / "valid-v1.3.json"], together=False)
    random.Random(SEED).shuffle(held)
    test = _test(held)
    watcher: Watcher = Lines()
    make = Making(Store(folder / "store"), Records(folder / "records"), watcher)
    adopting = AdoptRecipe()
    base = make(ADOPT, "base", adopting, files=base_files(adopting, folder), given=lambda: {"folder": folder})
    texts = [passage for each in train[:4000] for passage in each.shown]
    documents = make(DOCUMENTS, "jaquad", Nothing(), identity={"n": str(len(texts))}, given=lambda: {"passages": texts})
    trimmed = make(TRIM, "trimmed", TrimRecipe(), {"model": base, "documents": documents})
    dialogues = make(DIALOGUES, "jaquad", Nothing(), identity={"n": str(len(train))}, given=lambda: {"asked": train})
    recipe = TuneRecipe(tokens=tokens)
    tuned = make(TUNE, "tuned", recipe, {"model": trimmed, "dialogues": [dialogues]})
    suite = make(SUITE, "jsquad", Nothing(), identity={"seed": str(SEED)}, given=lambda: {"asked": test})
    models = {"base": trimmed, "tuned": tuned}
    cards = measured(make, models, suite, Given(test), dialogues, EvaluateRecipe(passages=2), shots=[2])
    print(f"JSQuAD, {len(test)} questions; tuned on {tuned.facts['trained_tokens']:,} tokens of JaQuAD train dialogues")
    for line in decision_table(cards, against="base.retrieval").lines:
        print(_told(line))


def measured(
    make: Making,
    models: Mapping[str, Artifact],
    suite: Artifact,
    retriever: Retriever,
    dialogues: Artifact,
    recipe: EvaluateRecipe,
    *,
    shots: Sequence[int],
) -> list[Artifact]:
    """Scorecards of the null rows, of `base` once for each number of shots, and of every other model."""
    engine_file = ProjectFile.model_validate({"project": {"name": "x"}, "sources": [{"name": "x", "path": "."}]})
    loaded = {name: make(CONVERT, f"{name}-int8", ConvertRecipe(), {"model": model}) for name, model in models.items()}
    wanted = [*NULL_ROWS]
    for name in models:
        counts = shots if name == "base" else [0]
        names = {count: f"{name}.retrieval" if count == counts[-1] else f"{name}.{count}" for count in counts}
        wanted += [Row(name=names[count], model=name, shots=count) for count in counts]
    cards = []
    for row in wanted:
        model = loaded.get(row.model)
        identity = identity_of(model, engine_file) if model else None
        given: dict[str, Any] = {
            "row": row,
            "identity": identity,
            "generator": functools.partial(open_generator, model) if model else None,
            "retriever": retriever,
            "records": make.records,
        }
        inputs: dict[str, Any] = {"suites": [suite]} | ({"shots": [dialogues]} if row.shots else {})
        place = row_identity(row, identity)
        cards.append(make(EVALUATE, row.name, recipe, inputs, identity=place, given=functools.partial(dict, given)))
    return cards


def paired(files: Sequence[Path], *, together: bool) -> list[Asked]:
    """Questions with the right passage and another of the same article, in an order that a seed decides.

    Args:
        together: Whether all questions about a passage are shown the same two, and of a quarter of the passages the
            right one is left out.
    """
    chance = random.Random(SEED)
    found: list[Asked] = []
    for file in files:
        for number, article in enumerate(json.loads(file.read_text(encoding="utf-8"))["data"]):
            paragraphs = article["paragraphs"]
            passages = [_passage(file.stem, number, place, article["title"], p) for place, p in enumerate(paragraphs)]
            for paragraph, own in zip(paragraphs, passages, strict=True):
                others = [each for each in passages if each.text != own.text]
                if len(others) < 2:
                    continue
                chance.shuffle(others)
                missing = together and chance.random() < WITHOUT / QUESTIONS
                shown = others[:2] if missing else chance.sample([own, others[0]], 2)
                found += [
                    Asked(q["id"], q["question"], _answers(q), tuple(shown), own, tuple(others[:2]))
                    for q in paragraph["qas"]
                    if not q.get("is_impossible")
                ]
    return found


def _answers(question: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(answer["text"] for answer in question["answers"]))


def _passage(file: str, number: int, place: int, title: str, paragraph: Mapping[str, Any]) -> Passage:
    text = paragraph["context"].split(" [SEP] ")[-1]
    section = f"{file}/{number}.md#{place}"
    return Passage(
        id=f"{section}.0",
        document=section.partition("#")[0],
        section=section,
        heading=title,
        text=text[:600],
        label=Label.PUBLIC,
        licence="CC-BY-SA",
    )


def _test(held: Sequence[Asked]) -> list[Asked]:
    """300 questions; the first 75 of them are shown two other passages of the same article."""
    chosen = [each for each in {one.question: one for one in held}.values() if _holds(each)][:QUESTIONS]
    return [replace(each, shown=each.others) if place < WITHOUT else each for place, each in enumerate(chosen)]


def _holds(each: Asked) -> bool:
    return any(answer in each.right.text for answer in each.answers)


def _documents(recipe: Nothing, passages: Sequence[Passage], run: Run) -> Artifact:
    run.label(Label.PUBLIC, ["all"], ["CC-BY-SA"])
    rows = {passage.id: passage for passage in passages}
    run.write("documents", (_document(passage) for passage in rows.values()))
    return run.seal()


def _document(passage: Passage) -> Document:
    text = f"{passage.heading}\n{passage.text}"
    section = Section(
        id=passage.section, heading="", path=(passage.heading,), kind="lead", start=0, end=len(text), body=0
    )
    return Document(
        id=passage.id,
        title=passage.heading,
        text=text,
        sections=(section,),
        source="wikipedia",
        licence="CC-BY-SA",
        label=Label.PUBLIC,
    )


def _dialogues(recipe: Nothing, asked: Sequence[Asked], run: Run) -> Artifact:
    run.label(Label.PUBLIC, ["all"], ["CC-BY-SA"])
    run.write("dialogues", _spoken(asked))
    return run.seal()


def _spoken(asked: Sequence[Asked]) -> Iterator[Dialogue]:
    for each in asked:
        answer = min(each.answers, key=len)
        if each.answerable and (answer not in each.right.text or len(answer) > 30):
            continue
        number = each.shown.index(each.right) + 1 if each.answerable else 0
        reply = answer_with_citation(f"{answer}です。", [number]) if number else abstain("ja")
        yield Dialogue(
            id=digest([each.id, reply])[:16],
            messages=(*grounded(each.question, each.shown), Message(role="assistant", content=reply)),
            kind="jaquad" if number else "unanswerable.removed",
            question=each.question,
            answer=f"{answer}です。" if number else "",
            answerable=each.answerable,
            passages=tuple(passage.id for passage in each.shown),
            gold=(each.right.id,) if number else (),
            made_from=(each.right.section,),
            label=Label.PUBLIC,
            licence="CC-BY-SA",
        )


def _suite(recipe: Nothing, asked: Sequence[Asked], run: Run) -> Artifact:
    run.label(Label.PUBLIC, ["all"], ["CC-BY-SA"])
    questions = tuple(
        Question(
            id=each.id,
            question=each.question,
            answerable=each.answerable,
            gold=each.answers if each.answerable else (),
            evidence=(Evidence(file=each.right.document, quote=each.right.text[:200]),) if each.answerable else (),
            kind="wikipedia",
        )
        for each in asked
    )
    return _sealed(Suite(name="jsquad", kind="unseen", questions=questions), run)


DOCUMENTS = Stage(name="documents", kind="documents", function=_documents, format=1)
DIALOGUES = Stage(name="dialogues", kind="dialogues", function=_dialogues, format=1)
KEPT = Stage(name="kept", kind="dialogues", function=_kept, format=1)
HELD = Stage(name="held", kind="suite", function=_held, format=1)
SUITE = Stage(name="suite", kind="suite", function=_suite, format=1)


if __name__ == "__main__":
    main()

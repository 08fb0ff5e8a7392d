"""A folder of published files → one suite: questions, a chosen set of references, and which variant each file is."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.files import file_digest, read_text
from ...core.mistakes import Mistake, nearest
from ...core.noun import Noun
from ..judging.prompts import Template, read_templates
from ..matching import match
from ..normalise import normalise
from ..own.abstain import declines
from ..own.items import Prompt
from ..own.shelf import OwnSuite, Scored
from ..scoring import Verdict, bare
from ..surface import Tongue, best_f1, language
from .formats import HINT, Form, json_rows, read_questions
from .items import Item, Measure
from .known import KNOWN, LANGUAGES, Variant

UNKNOWN = "unknown"
"""Of a file whose digest is that of no published one."""


class Source(Noun):
    """A file that a suite was read from."""

    file: str
    """Its name below the folder."""
    digest: str
    role: str
    variant: str
    """Name of the published file that it is, or `unknown`."""
    source: str = ""
    licence: str = ""
    known_errors: str = ""


class Imported(Noun):
    """An imported suite, as it is kept in the project."""

    name: str
    form: Form
    measure: Measure
    variant: str
    """Of the questions: the name of the published set, or `unknown`."""
    references: str
    """The chosen set of references; empty where there is none."""
    prompt_set: str = ""
    """The chosen set of the judge's prompts; empty where there is none."""
    sources: tuple[Source, ...]
    templates: tuple[Template, ...] = ()
    """That set: what the protocols `mtbench` and `mtbench-pair` ask."""
    items: tuple[Item, ...]

    @property
    def notes(self) -> list[str]:
        """What has to be said wherever its scores are shown."""
        unknown = [each.file for each in self.sources if each.variant == UNKNOWN]
        said = [f"{file} is no published file that is known here: its scores are its own" for file in unknown]
        return said + [f"{each.file}: {each.known_errors}" for each in self.sources if each.known_errors]

    @property
    def language(self) -> Tongue | None:
        """That answers should be in: as it is known of published questions, else that of the right answers.

        `None` where neither says.
        """
        right = "\n".join(text for item in self.items for text in (*item.references, *item.gold))
        found = LANGUAGES.get(self.variant) or language(right)
        return None if found in ("none", "other") else found

    def suite(self) -> OwnSuite:
        """In the form that models are asked and answers scored."""
        prompts = [_prompt(item) for item in self.items]
        scored: Scored = "judge" if self.measure == "judge" else "program"
        return OwnSuite(
            name=self.name,
            title=f"{self.variant}, {self.form}",
            scored=scored,
            prompts=tuple(prompts),
            items=self.items,
            gold={item.id: item.gold for item in self.items} if self.measure == "gold" else {},
            units={item.id: item.cluster for item in self.items if item.cluster},
            _score={}
            if scored == "judge"
            else {item.id: functools.partial(score, item, self.measure) for item in self.items},
        )

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        return tuple(_prompt(item) for item in self.items)


def _prompt(item: Item) -> Prompt:
    return Prompt(
        id=item.id,
        question=item.id,
        category=item.category,
        turns=item.turns,
        references=item.references,
    )


def score(item: Item, measure: Measure, answer: str) -> Verdict:
    """Whether an answer says what is right."""
    if measure == "choice":
        right = chosen(answer, item)
        return bare(right, f"chose 「{answer.strip()[:40]}」")
    if not item.gold:
        right = declines(answer)
        return bare(
            right,
            "declined, as the passage does not tell" if right else "no answer stands there",
            false_answer=not right,
        )
    found = match(answer, item.gold, item.asked)
    return bare(found.right, found.why, f1=best_f1(answer, item.gold))


def chosen(answer: str, item: Item) -> bool:
    """Whether an answer names the right choice and no other, by its number or in its words."""
    said = normalise(answer)
    label, words = item.gold
    numbers = set(re.findall(r"(?<![\d.])\d(?![\d.])", said))
    return numbers == {label} or (not numbers and said == normalise(words))


@dataclass(frozen=True)
class _Files:
    """The files of a folder by what they are."""

    questions: list[Path]
    references: list[Path]
    prompts: list[Path]


def read_folder(folder: Path, *, name: str = "", references: str = "", prompts: str = "") -> Imported:
    """Reads a suite from published files.

    Args:
        folder: Holds the files of questions (several only of one form, such as JaQuAD's parts) and, for FastChat's
            form, files of reference answers and `judge_prompts….jsonl`. A single file will do.
        name: Of the suite; the variant's, or the folder's, when left out.
        references: Which set: the name of its file without `reference_`, or a part of it that no other has. Needed
            where there are several.
        prompts: Which set of the judge's prompts, in the same way. Without it a single set is taken, of several none.

    Raises:
        Mistake: no questions, questions of two forms, an id that stands twice, or a set that cannot be chosen.
    """
    files = _sorted(folder)
    reads = [read_questions(file) for file in files.questions]
    if len({each.form for each in reads}) > 1:
        forms = ", ".join(f"{file.name}: {each.form}" for file, each in zip(files.questions, reads, strict=True))
        raise Mistake(f"questions of several forms ({forms})", where=str(folder), hint="add one form at a time")
    items = _numbered([item for each in reads for item in each.items])
    _check_ids(items, folder)
    shown = _chosen(files.references, references, "references", folder)
    asked = _chosen(files.prompts, prompts, "prompts", folder) if prompts or len(files.prompts) == 1 else None
    sources = [_source(file, "questions") for file in files.questions]
    sources += [_source(file, role) for file, role in ((shown, "references"), (asked, "prompts")) if file]
    variants = {each.variant for each in sources if each.role == "questions"}
    variant = variants.pop() if len(variants) == 1 else UNKNOWN
    return Imported(
        name=name or (variant if variant != UNKNOWN else _name(folder)),
        form=reads[0].form,
        measure=reads[0].measure if reads[0].form == "squad" else _measure(reads[0].measure, items),
        variant=variant,
        references=_set_name(shown) if shown else "",
        prompt_set=_set_name(asked) if asked else "",
        sources=tuple(sources),
        templates=read_templates(asked) if asked else (),
        items=tuple(_with_references(items, shown) if shown else items),
    )


def _measure(measure: Measure, items: Sequence[Item]) -> Measure:
    """Plain questions without gold are for a judge; a mixture is refused."""
    if measure != "gold" or all(item.gold for item in items):
        return measure
    if any(item.gold for item in items):
        first = next(item.id for item in items if not item.gold)
        raise Mistake(
            f"the question `{first}` has no gold, and others have", where="questions", hint="give all or none"
        )
    return "judge"


def _name(folder: Path) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", folder.stem.lower()).strip("-") or "imported"


def _sorted(folder: Path) -> _Files:
    if not folder.exists():
        raise Mistake("there is no such folder", where=str(folder), hint="name the folder of the published files")
    found = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    files = _Files([], [], [])
    for file in found:
        getattr(files, _role(file)).append(file)
    if not files.questions:
        raise Mistake("no file of questions", where=str(folder), hint=HINT)
    return files


SUFFIXES = (".jsonl", ".json", ".csv")


def _role(file: Path) -> str:
    """By digest where it is known; else by FastChat's names: `judge_prompts…`, `reference…`."""
    known = KNOWN.get(file_digest(file))
    if known:
        return known.role
    if file.name.startswith("judge_prompts"):
        return "prompts"
    return "references" if file.name.startswith("reference") or file.parent.name == "reference_answer" else "questions"


def _source(file: Path, role: str) -> Source:
    found = file_digest(file)
    known = KNOWN.get(found) or Variant(name=UNKNOWN, role=role, source="", licence="")
    return Source(
        file=file.name,
        digest=found,
        role=role,
        variant=known.name,
        source=known.source,
        licence=known.licence,
        known_errors=known.known_errors,
    )


def _numbered(items: Sequence[Item]) -> list[Item]:
    """Questions without an id, as in ELYZA's table, are counted."""
    return [item if item.id else item.model_copy(update={"id": str(number)}) for number, item in enumerate(items, 1)]


def _check_ids(items: Sequence[Item], folder: Path) -> None:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise Mistake(f"the question id `{item.id}` stands twice", where=str(folder), hint="give each its own id")
        seen.add(item.id)


def _set_name(file: Path) -> str:
    known = KNOWN.get(file_digest(file))
    return known.name if known else re.sub(r"^(?:reference|judge_prompts)[_-]?", "", file.stem) or UNKNOWN


def _chosen(files: Sequence[Path], wanted: str, role: str, folder: Path) -> Path | None:
    """
    Raises:
        Mistake: several sets and none named, or none of that name.
    """
    names = {_set_name(file): file for file in files}
    if not wanted and len(names) < 2:
        return next(iter(names.values()), None)
    if not wanted:
        raise Mistake(
            f"{len(names)} sets of {role}: {', '.join(sorted(names))}",
            where=str(folder),
            hint=f"choose with `--{role} NAME`: scores under different sets are not comparable",
        )
    if wanted in names:
        return names[wanted]
    parts = [name for name in names if wanted in name]
    if len(parts) != 1:
        raise Mistake(f"no set of {role} `{wanted}`", where=str(folder), hint=nearest(wanted, names))
    return names[parts[0]]


def _with_references(items: Sequence[Item], file: Path) -> list[Item]:
    """FastChat's reference answers: rows like a model's answers.

    Raises:
        Mistake: a row is no answer, an id stands twice, or a set answers no question of the suite.
    """
    found: dict[str, tuple[str, ...]] = {}
    for row, where in json_rows(read_text(file), file):
        try:
            name, turns = str(row["question_id"]), tuple(map(str, row["choices"][0]["turns"]))
        except (KeyError, TypeError, IndexError) as error:
            what = f"not a reference answer: no {error}"
            raise Mistake(what, where=where, hint="a line has question_id and choices[0].turns") from None
        if name in found:
            raise Mistake(f"the reference to question `{name}` stands twice", where=where, hint="keep one of them")
        found[name] = turns
    if not found.keys() & {item.id for item in items}:
        raise Mistake("references to none of the questions", where=str(file), hint="take the set that belongs to them")
    return [item.model_copy(update={"references": found.get(item.id, item.references)}) for item in items]

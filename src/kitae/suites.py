"""A suite by its name: bundled with the package, the project's own, or imported."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .core.label import Label
from .core.mistakes import Mistake, nearest
from .core.noun import Noun, digest
from .core.passage import Passage
from .core.suite import Suite, read_suite
from .evaluate.imported.shelf import imported_suite
from .evaluate.imported.shelf import names as imported_names
from .evaluate.judging.asked import Asked as Prompt
from .evaluate.judging.prompts import Template
from .evaluate.marks import citations, honesty
from .evaluate.scoring import Verdict
from .evaluate.statistics import Estimate
from .evaluate.suites import OWN, OwnSuite, own_suite, score_of
from .evaluate.surface import Tongue
from .project import Project


class CompanyPrompt(Noun):
    """A question of one of the project's own suites, for a judge."""

    id: str
    question: str
    category: str = ""
    turns: tuple[str, ...]
    references: tuple[str, ...] = ()
    version: str


@dataclass(frozen=True)
class Asked:
    """A suite: what is asked, and how far it may go."""

    name: str
    prompts: Sequence[Prompt]
    label: Label
    own: OwnSuite | None = None
    """Where it is bundled or imported."""
    company: Suite | None = None
    """Where it is the project's own."""
    templates: tuple[Template, ...] = ()
    """Published prompts for a judge that were imported with it."""
    language: Tongue | None = None
    """That answers should be in; `None` where nobody says."""
    notes: tuple[str, ...] = ()
    """What has to be said wherever its scores are shown."""
    whole: int = 0
    """How many questions these were drawn from; 0 where they are all."""

    @functools.cached_property
    def score(self) -> Callable[[str, str], Verdict] | None:
        """The verdict of a program on an answer to the prompt of an id; `None` where a judge has to read it."""
        if self.company is not None:
            return score_of(self.company)
        return self.own.score if self.own is not None and self.own.scored == "program" else None

    def score_beside(self, shown: Mapping[str, Sequence[Passage]]) -> Callable[[str, str], Verdict] | None:
        """The same of answers to prompts that showed passages; by the ids of the prompts."""
        return score_of(self.company, shown) if self.company is not None else self.score

    def figures(self, verdicts: Iterable[tuple[str, Verdict]], *, shown: bool) -> dict[str, Estimate]:
        """What a program tells beside the share of right answers.

        Args:
            verdicts: Each with the id of its prompt.
            shown: Whether the prompts showed passages, so that there was something to cite.
        """
        if self.company is None:
            return self.own.figures(verdicts) if self.own is not None else {}
        answerable = {question.id: question.answerable for question in self.company.questions}
        told = [(name, answerable[name], each) for name, each in verdicts]
        return honesty(told) | (citations(told) if shown else {})

    @property
    def has_gold(self) -> bool:
        """Whether answers are compared with known ones, and so can be nearly right."""
        return self.company is not None or bool(self.gold)

    @property
    def gold(self) -> Mapping[str, tuple[str, ...]]:
        """Of published questions the answers that are known, by the ids of the prompts; empty of other suites."""
        return self.own.gold if self.own is not None else {}

    @property
    def units(self) -> Mapping[str, str]:
        """What the errors of a question are clustered by, where that is not the question itself."""
        return self.own.units if self.own is not None else {}

    @property
    def version(self) -> str:
        """Changes with any question."""
        return self.own.version if self.own else digest([prompt.version for prompt in self.prompts])[:16]

    @property
    def questions(self) -> int:
        """Wordings of one count once."""
        return len({prompt.question for prompt in self.prompts})

    def drawn(self, limit: int | None) -> Asked:
        """The suite with at most so many of its questions: always the same ones, and under a larger limit these too."""
        if limit is None or limit >= self.questions:
            return self
        order = sorted({prompt.question for prompt in self.prompts}, key=lambda question: digest([self.name, question]))
        chosen = set(order[:limit])
        return replace(
            self,
            prompts=[prompt for prompt in self.prompts if prompt.question in chosen],
            whole=len(order),
            notes=(*self.notes, f"{self.name}: only {limit} of its {len(order)} questions, always the same ones"),
        )


def suite_named(project: Project, name: str) -> Asked:
    """A bundled suite, one of `[[suites]]`, or one that was imported.

    Raises:
        Mistake: there is none of that name.
    """
    if name in OWN:
        own = own_suite(name)
        return Asked(name, own.prompts, Label.PUBLIC, own, language="ja")
    for recipe in project.file.suites:
        if recipe.name == name:
            suite = read_suite(project.folder / recipe.file, name=name, kind=recipe.kind)
            prompts = [
                CompanyPrompt(id=each.id, question=each.id, turns=(each.question,), version=each.version)
                for each in suite.questions
            ]
            return Asked(name, prompts, recipe.label, company=suite, language=project.file.project.language)
    if name in imported_names(project.folder):
        # What others have published is public; its licence stands in its own file.
        imported = imported_suite(project.folder, name)
        suite_of = imported.suite()
        return Asked(
            name,
            suite_of.prompts,
            Label.PUBLIC,
            suite_of,
            templates=imported.templates,
            language=imported.language,
            notes=tuple(imported.notes),
        )
    raise Mistake(f"no suite `{name}`", where="--suite", hint=nearest(name, suite_names(project)))


def suite_names(project: Project) -> list[str]:
    """What `suite_named` knows."""
    return [*OWN, *(recipe.name for recipe in project.file.suites), *imported_names(project.folder)]

"""A suite, a model and a judge, by the names that people give them: who answers, what is asked, who rates it."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from .adopt.sources import find_base
from .core.artifact import Artifact
from .core.generation import Identity
from .core.label import EVERYONE, Label, highest
from .core.mistakes import Mistake, nearest
from .core.noun import Noun, canonical, digest
from .core.suite import read_suite
from .engine.grounding import grounded
from .engine.open import hf_folder, tokenizer_folder
from .evaluate.answers import Model
from .evaluate.asking import Far, Near
from .evaluate.imported.shelf import imported_suite
from .evaluate.imported.shelf import names as imported_names
from .evaluate.judging.asked import Asked as Prompt
from .evaluate.judging.prompts import Template
from .evaluate.judging.standing import version_of
from .evaluate.suites import OWN, OwnSuite, own_suite
from .evaluate.turns import Frame, Framed, plain
from .gate.policy import Purpose
from .project import Project

if TYPE_CHECKING:
    from .core.generation import Generator
    from .core.passage import Retriever

ENDPOINT = "endpoint:"
FOLDERS = ("path:", "hf:")
SERVED = (
    "its server puts the messages into a chat template of its own, which cannot be seen from here; "
    "a wrong one costs a model a point and more"
)


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
    templates: tuple[Template, ...] = ()
    """Published prompts for a judge that were imported with it."""
    notes: tuple[str, ...] = ()
    """What has to be said wherever its scores are shown."""

    @property
    def version(self) -> str:
        """Changes with any question."""
        return self.own.version if self.own else digest([prompt.version for prompt in self.prompts])[:16]


@dataclass(frozen=True)
class Subject:
    """A model that answers: under test, or as a judge."""

    name: str
    who: Far | Near
    label: Label = Label.PUBLIC
    """Of what its answers tell."""
    notes: tuple[str, ...] = ()
    """Where it is asked otherwise than its maker says."""
    frame: Frame = plain
    searched: str = ""
    """Digest of what passages are searched with; empty where none are."""

    @property
    def identity(self) -> Identity:
        """What its answers are told apart by, the passages that it is shown among it."""
        found = self.who.identity
        return found.model_copy(update={"model": f"{found.model}+{self.searched}"}) if self.searched else found


def suite_named(project: Project, name: str) -> Asked:
    """A bundled suite, one of `[[suites]]`, or one that was imported.

    Raises:
        Mistake: there is none of that name.
    """
    if name in OWN:
        own = own_suite(name)
        return Asked(name, own.prompts, Label.PUBLIC, own)
    for recipe in project.file.suites:
        if recipe.name == name:
            suite = read_suite(project.folder / recipe.file, name=name, kind=recipe.kind)
            prompts = [
                CompanyPrompt(id=each.id, question=each.id, turns=(each.question,), version=each.version)
                for each in suite.questions
            ]
            return Asked(name, prompts, recipe.label)
    if name in imported_names(project.folder):
        # What others have published is public; its licence stands in its own file.
        imported = imported_suite(project.folder, name)
        suite_of = imported.suite()
        return Asked(name, suite_of.prompts, Label.PUBLIC, suite_of, imported.templates, tuple(imported.notes))
    raise Mistake(f"no suite `{name}`", where="--suite", hint=nearest(name, suite_names(project)))


def suite_names(project: Project) -> list[str]:
    """What `suite_named` knows."""
    return [*OWN, *(recipe.name for recipe in project.file.suites), *imported_names(project.folder)]


def subject_named(
    project: Project,
    name: str,
    *,
    label: Label,
    purpose: Purpose = "answer",
    adapter: Path | None = None,
    number_format: str = "float32",
) -> Subject:
    """A model by its name.

    Args:
        name: `model/tuned`, `path:FOLDER`, `hf:ORG/NAME`, or `endpoint:NAME`.
        label: Of what it is asked.
        purpose: For the ledger.
        adapter: The folder of a LoRA adapter in the form of PEFT that is added to the weights.
        number_format: That a folder is computed in.

    Raises:
        Mistake: there is no such model; or its endpoint may not receive the label, or has no key.
    """
    if name.startswith(ENDPOINT):
        if adapter is not None:
            raise Mistake("an adapter cannot be added behind an endpoint", where=name, hint="have its server load it")
        far = Far(project.gate(), name.removeprefix(ENDPOINT), label, purpose)
        far.check()
        return Subject(name, far, label, (SERVED,))
    if name.startswith(FOLDERS):
        base = find_base(name, project.folder)
        if base.folder is None:
            raise Mistake("a GGUF file is not asked as it is", where=name, hint="make it the project's base first")
        told = Label.PUBLIC if name.startswith("hf:") and adapter is None else Label.INTERNAL
        return _folder(name, base.folder, digest(base.identity), told, adapter, number_format)
    artifact = project.store.named(name)
    if artifact.kind != "model":
        raise Mistake(f"{artifact.id} is no model", where="--model", hint="for example model/tuned")
    if adapter is not None:
        return _folder(artifact.id, hf_folder(artifact), artifact.content, artifact.label, adapter, number_format)
    return _artifact(artifact)


def _artifact(artifact: Artifact) -> Subject:
    engine = str(artifact.facts.get("engine", "transformers"))
    number_format = str(artifact.facts.get("number_format", "float32"))
    identity = Identity(model=artifact.content, engine=f"{engine} {version(engine)}", number_format=number_format)

    def load() -> Generator:
        from .engine.open import open_generator

        return open_generator(artifact)

    # What was tuned here was tuned with the template that it is asked with.
    notes = () if "trained_tokens" in artifact.facts else _notes(tokenizer_folder(artifact))
    return Subject(artifact.id, Near(artifact.id, Model(identity, load)), artifact.label, notes)


def _folder(name: str, folder: Path, content: str, label: Label, adapter: Path | None, number_format: str) -> Subject:
    if adapter is not None:
        from .engine.adapter import adapter_digest

        content = digest([content, adapter_digest(adapter)])
        name = f"{name} with {adapter.name}"
    identity = Identity(model=content, engine=f"transformers {version('transformers')}", number_format=number_format)

    def load() -> Generator:
        from .core.quiet import hush

        hush()
        from .engine.local import TransformersGenerator

        return TransformersGenerator(folder, model=content, number_format=number_format, adapter=adapter)

    return Subject(name, Near(name, Model(identity, load)), label, _notes(folder))


def _notes(folder: Path) -> tuple[str, ...]:
    from .engine.chat import Renderer
    from .engine.template import template_notes

    return template_notes(folder, Renderer(folder).template)


def with_retrieval(project: Project, subject: Subject) -> Subject:
    """The same model, shown the passages that the project's search finds for each turn.

    Raises:
        Mistake: the index is stale or not made yet, or the model's endpoint may not receive any passage.
    """
    from .commands import sealed

    knowledge = sealed(project)[1].knowledge
    assert knowledge is not None
    search, language = project.file.knowledge.search, project.file.evaluate.language
    far = subject.who if isinstance(subject.who, Far) else None
    may_receive = far.endpoint.may_receive if far else Label.RESTRICTED
    open_it = functools.cache(lambda: knowledge.open(may_receive))
    # Passages above what the endpoint may receive are not even searched.
    label = highest([subject.label, min(may_receive, knowledge.words.label)])
    told = [knowledge.words.content, knowledge.vectors.content, canonical(search), language, str(may_receive)]
    return replace(
        subject,
        name=f"{subject.name} + retrieval",
        who=replace(far, label=label) if far else subject.who,
        label=label,
        frame=lambda turn: _framed(turn, open_it(), search.k, language),
        searched=digest([*told, list(project.file.evaluate.groups)])[:16],
    )


def _framed(turn: str, retriever: Retriever, k: int, language: str) -> Framed:
    hits = retriever.search(turn, k=k, groups=(EVERYONE,))
    system, user = grounded(turn, [hit.passage for hit in hits], language="en" if language == "en" else "ja")
    return Framed(user, system)


def judges(project: Project) -> Mapping[str, str]:
    """What `--judge` may name, and which model that is: `[judges]`, and every endpoint by its own name."""
    endpoints = {name: f"{ENDPOINT}{name}" for name in project.file.endpoints}
    told = {name: each.model or f"{ENDPOINT}{each.endpoint}" for name, each in project.file.judges.items()}
    return endpoints | told


def judge_version(project: Project, name: str) -> str:
    """What a judge's ratings are told apart by, without asking whether it may be asked.

    Raises:
        Mistake: there is none of that name.
    """
    model = _judging_model(project, name)
    if model.startswith(ENDPOINT):
        return version_of(Far(project.gate(), model.removeprefix(ENDPOINT), Label.PUBLIC, "judge").identity)
    return version_of(subject_named(project, model, label=Label.PUBLIC, purpose="judge").identity)


def _judging_model(project: Project, name: str) -> str:
    """
    Raises:
        Mistake: no judge is called so, and it is no name of a model.
    """
    known = judges(project)
    if name not in known and "/" not in name and ":" not in name:
        raise Mistake(f"no judge `{name}`", where="[judges] and [endpoints] in kitae.toml", hint=nearest(name, known))
    return known.get(name, name)


def judge_named(project: Project, name: str, *, label: Label) -> Subject:
    """A judge, ready to be asked.

    Args:
        name: Of `[judges]` or of an endpoint; or a model that runs here, as `subject_named` takes it.
        label: Of questions and answers together.

    Raises:
        Mistake: there is none, it may not receive the label, or its key is not set.
    """
    model = _judging_model(project, name)
    return replace(subject_named(project, model, label=label, purpose="judge"), name=name)

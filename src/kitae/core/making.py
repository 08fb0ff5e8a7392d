"""Making artifacts: reuse what is sealed, make what is stale, say why."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .artifact import Artifact, Input, RunRecord, artifact_id
from .label import highest, shared
from .memo import Memo
from .memory import give_back
from .noun import Noun, digest
from .records import Records
from .run import Run, Silent, Watcher
from .stage import Stage, version
from .store import Store

Given = Artifact | Sequence[Artifact]


@dataclass(frozen=True)
class Step:
    """What became of one artifact of the road."""

    artifact: str
    stage: str
    outcome: str
    """`reused`, `made`, or in a dry run `stale`."""
    why: str


@dataclass
class Making:
    """Turns stages into artifacts of one store. `dry` makes nothing and notes what is stale and why."""

    store: Store
    records: Records
    watcher: Watcher = field(default_factory=Silent)
    dry: bool = False
    steps: list[Step] = field(default_factory=list)
    used: list[Artifact] = field(default_factory=list)
    _made: dict[tuple[str, str], Artifact] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.memo = Memo(None if self.dry else self.store.memo_file)

    def __call__(
        self,
        stage: Stage,
        name: str,
        recipe: Noun,
        inputs: Mapping[str, Given] | None = None,
        *,
        files: Sequence[tuple[str, str]] = (),
        identity: Mapping[str, str] | None = None,
        given: Callable[[], Mapping[str, Any]] = dict,
    ) -> Artifact:
        """The artifact that `stage` makes of `recipe` and `inputs`, sealed.

        Args:
            files: path and SHA-256 of the user's files that the stage reads.
            identity: what else the result depends on, for example the engine behind a generator.
            given: makes further arguments of the stage's function that are no part of its identity; called only
                when the artifact has to be made.
        """
        inputs = inputs or {}
        record = self._record(stage, name, recipe, inputs, tuple(files), dict(identity or {}))
        # A variant that differs only further down shares what comes before, under the name it has already.
        same = self._made.get((stage.kind, record.fingerprint))
        if same is not None and same.name != name:
            return same
        if found := self.store.find(stage.kind, name, record.fingerprint):
            self._notice_changed_source(stage, found)
            return self._done(found, Step(found.id, stage.name, "reused", ""))
        if found := self._from_elsewhere(stage, record):
            where = ", ".join(f"{key} {value}" for key, value in sorted(found.record.identity.items()))
            return self._done(found, Step(found.id, stage.name, "reused", f"made elsewhere: {where}"))
        step = Step(
            artifact_id(stage.kind, name, record.fingerprint),
            stage.name,
            "stale" if self.dry else "made",
            self._why(record),
        )
        if self.dry:
            # Its content is not known yet; whatever is made from it is stale as well.
            pending = record.model_copy(update={"content": f"pending {record.fingerprint}"})
            return self._done(Artifact(Path("/nonexistent"), pending), step)
        return self._done(self._make(stage, recipe, inputs, record, given), step)

    def _make(
        self,
        stage: Stage,
        recipe: Noun,
        inputs: Mapping[str, Given],
        record: RunRecord,
        given: Callable[[], Mapping[str, Any]],
    ) -> Artifact:
        folder = self.store.folder_of(record.kind, record.name, record.fingerprint)
        run = Run(folder, record, self.memo, self.watcher)
        try:
            artifact = stage.function(recipe, **inputs, **given(), run=run)
        except BaseException as error:
            run.fail(error)
            raise
        finally:
            give_back()
        self.records.add(
            "runs",
            digest([artifact.id, artifact.measured]),
            {"artifact": artifact.id, "stage": stage.name, "measured": artifact.measured},
        )
        return artifact

    def _done(self, artifact: Artifact, step: Step) -> Artifact:
        self.steps.append(step)
        self.used.append(artifact)
        self._made[artifact.kind, artifact.record.fingerprint] = artifact
        return artifact

    def _record(
        self,
        stage: Stage,
        name: str,
        recipe: Noun,
        inputs: Mapping[str, Given],
        files: tuple[tuple[str, str], ...],
        identity: dict[str, str],
    ) -> RunRecord:
        flat = [(role, each) for role, given in inputs.items() for each in _several(given)]
        refs = tuple(Input(role=role, id=each.id, content=each.content) for role, each in flat)
        identity = stage.identity() | identity
        return RunRecord(
            kind=stage.kind,
            name=name,
            stage=stage.name,
            stage_format=stage.format,
            exact=stage.exact,
            fingerprint=stage.fingerprint(recipe, refs, files, identity),
            recipe=recipe.model_dump(mode="json"),
            given=recipe.model_dump(mode="json", exclude_unset=True),
            inputs=refs,
            files_read=files,
            identity=identity,
            packages=stage.versions(),
            source=stage.source(),
            kitae=version(),
            label=highest(each.label for _, each in flat),
            groups=shared(each.groups for _, each in flat),
            licences=tuple(sorted({licence for _, each in flat for licence in each.licences})),
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        )

    def _from_elsewhere(self, stage: Stage, new: RunRecord) -> Artifact | None:
        """The youngest artifact of the same recipe and inputs that was made at a place from which the stage takes it.

        What it was computed with, packages too, stays as its own record tells it.
        """
        if stage.takes is None:
            return None
        for old in reversed(self.store.artifacts(new.kind)):
            same = old.name == new.name and _asked(old.record) == _asked(new)
            if same and stage.takes(old.record.identity, new.identity):
                return self.store.find(old.kind, old.name, old.record.fingerprint)
        return None

    def _notice_changed_source(self, stage: Stage, found: Artifact) -> None:
        if found.record.source != stage.source():
            self.watcher.say(
                f"{found.id}: the source of `{stage.name}` changed since it was made, its format number did not; "
                "reused. Count the number up if the result would differ."
            )

    def _why(self, new: RunRecord) -> str:
        """What differs from the youngest artifact of the same name."""
        before = [a.record for a in self.store.artifacts(new.kind) if a.name == new.name]
        if not before:
            return "not made yet"
        return "; ".join(differences(before[-1], new)) or "only an older one fits"


def _asked(record: RunRecord) -> tuple[Any, ...]:
    """What a stage was asked to make, apart from where."""
    inputs = [(each.role, each.content) for each in record.inputs]
    return record.stage, record.stage_format, record.recipe, inputs, record.files_read


def differences(old: RunRecord, new: RunRecord) -> list[str]:
    """In words, what made the fingerprints differ."""
    found = []
    for key in sorted(old.recipe.keys() | new.recipe.keys()):
        before, after = old.recipe.get(key), new.recipe.get(key)
        if before != after:
            found.append(f"{key}: {_short(before)} → {_short(after)}")
    contents = {each.role: each.content for each in old.inputs}
    found += [
        f"{each.role} changed"
        for each in new.inputs
        if each.content not in [o.content for o in old.inputs if o.role == each.role] and each.role in contents
    ]
    if len(old.inputs) != len(new.inputs):
        found.append(f"{len(old.inputs)} → {len(new.inputs)} inputs")
    found += _changed_files(dict(old.files_read), dict(new.files_read))
    for what in ("packages", "identity"):
        before, after = getattr(old, what), getattr(new, what)
        found += [f"{key}: {before.get(key)} → {after[key]}" for key in after if before.get(key) != after[key]]
    if old.stage_format != new.stage_format:
        found.append(f"format of the stage: {old.stage_format} → {new.stage_format}")
    return found


def _changed_files(old: dict[str, str], new: dict[str, str]) -> list[str]:
    told = [f"{path} is new" for path in new if path not in old]
    told += [f"{path} is gone" for path in old if path not in new]
    told += [f"{path} was edited" for path in new if path in old and old[path] != new[path]]
    return told if len(told) <= 3 else [*told[:2], f"and {len(told) - 2} more files"]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _several(given: Given) -> Sequence[Artifact]:
    return [given] if isinstance(given, Artifact) else given

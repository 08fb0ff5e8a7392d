import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kitae.core.artifact import Artifact
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.mistakes import Mistake
from kitae.core.noun import Noun
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store


class Lines(Noun):
    count: int = 3
    text: str = "行"


class Line(Noun):
    n: int
    text: str


def write_lines(recipe: Lines, run: Run) -> Artifact:
    run.label(Label.CONFIDENTIAL, ["hr"], ["own"])
    run.write("lines", (Line(n=n, text=recipe.text) for n in range(recipe.count)))
    run.facts(lines=recipe.count)
    return run.seal()


def double(recipe: Lines, lines: Artifact, run: Run) -> Artifact:
    run.write("lines", (Line(n=line.n * 2, text=line.text) for line in lines.rows("lines", Line)))
    return run.seal()


WRITE = Stage(name="write", kind="documents", function=write_lines, format=1)
DOUBLE = Stage(name="double", kind="corpus", function=double, format=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def make(store: Store, tmp_path: Path) -> Making:
    return Making(store, Records(tmp_path / "records"))


def test_the_same_recipe_and_inputs_are_made_once(make: Making) -> None:
    first = make(WRITE, "a", Lines())
    again = make(WRITE, "a", Lines())
    assert first.id == again.id
    assert [step.outcome for step in make.steps] == ["made", "reused"]


def test_an_artifact_is_read_as_it_was_written(make: Making) -> None:
    artifact = make(WRITE, "a", Lines(count=2))
    assert list(artifact.rows("lines", Line)) == [Line(n=0, text="行"), Line(n=1, text="行")]
    assert artifact.facts == {"lines": 2}
    assert artifact.measured["seconds"] >= 0


def test_label_groups_and_licences_travel_to_what_is_made(make: Making) -> None:
    doubled = make(DOUBLE, "d", Lines(), {"lines": make(WRITE, "a", Lines())})
    assert (doubled.label, doubled.groups, doubled.licences) == (Label.CONFIDENTIAL, ("hr",), ("own",))


def test_the_content_digest_depends_on_rows_alone(tmp_path: Path) -> None:
    contents = set()
    for place in ("one", "two"):
        making = Making(Store(tmp_path / place / "store"), Records(tmp_path / place / "records"))
        contents.add(making(WRITE, "a", Lines()).content)
        contents.add(Making(making.store, making.records)(WRITE, "b", Lines()).content)
    assert len(contents) == 1
    assert making(WRITE, "a", Lines(count=4)).content not in contents


def test_an_input_with_the_same_content_does_not_make_what_follows_stale(make: Making) -> None:
    doubled = make(DOUBLE, "d", Lines(), {"lines": make(WRITE, "a", Lines())})
    other_format = Stage(name="write", kind="documents", function=write_lines, format=2)
    again = make(DOUBLE, "d", Lines(), {"lines": make(other_format, "a", Lines())})
    assert again.id == doubled.id
    assert [step.outcome for step in make.steps] == ["made", "made", "made", "reused"]


def test_two_names_for_one_fingerprint_share_one_artifact_in_a_run(make: Making, store: Store) -> None:
    assert make(WRITE, "a", Lines()).id == make(WRITE, "a-variant", Lines()).id
    assert len(store.artifacts()) == 1


def test_a_dry_run_makes_nothing_and_says_why(make: Making, store: Store, tmp_path: Path) -> None:
    make(DOUBLE, "d", Lines(), {"lines": make(WRITE, "a", Lines())})
    before = sorted(store.folder.rglob("*"))
    dry = Making(store, Records(tmp_path / "records"), dry=True)
    lines = dry(WRITE, "a", Lines(count=5))
    dry(DOUBLE, "d", Lines(), {"lines": lines})
    assert [(step.outcome, step.why) for step in dry.steps] == [("stale", "count: 3 → 5"), ("stale", "lines changed")]
    assert sorted(store.folder.rglob("*")) == before


def test_a_failed_run_keeps_its_work_and_is_never_read(make: Making, store: Store) -> None:
    tries: list[bool] = []

    def flaky(recipe: Lines, run: Run) -> Artifact:
        tries.append((run.work / "done").exists())
        (run.work / "done").write_text("so far")
        if len(tries) == 1:
            raise RuntimeError("power cut")
        run.write("lines", [Line(n=1, text="x")])
        return run.seal()

    stage = Stage(name="flaky", kind="corpus", function=flaky, format=1)
    with pytest.raises(RuntimeError):
        make(stage, "f", Lines())
    assert store.artifacts() == []
    (unsealed,) = store.unsealed()
    assert "power cut" in json.loads((unsealed / "run.json").read_text())["error"]
    artifact = make(stage, "f", Lines())
    assert tries == [False, True]
    assert not (artifact.folder / "work").exists()


def test_an_edited_file_is_named_and_not_used(make: Making) -> None:
    artifact = make(WRITE, "a", Lines())
    file = artifact.path("lines.jsonl")
    file.write_text(file.read_text().replace("行", "列"))
    assert artifact.edited() == ["lines.jsonl"]
    with pytest.raises(Mistake, match=r"lines\.jsonl"):
        make(WRITE, "a", Lines())


def test_an_edited_record_of_a_run_is_named(make: Making) -> None:
    artifact = make(WRITE, "a", Lines())
    file = artifact.path("run.json")
    file.write_text(file.read_text().replace('"confidential"', '"public"'))
    with pytest.raises(Mistake, match=r"run\.json"):
        make(WRITE, "a", Lines())


def test_a_store_or_an_artifact_of_a_newer_format_is_refused(make: Making, store: Store) -> None:
    artifact = make(WRITE, "a", Lines())
    file = artifact.path("run.json")
    file.write_text(file.read_text().replace('"format": 1,', '"format": 2,', 1))
    with pytest.raises(Mistake, match="format 2"):
        make(WRITE, "a", Lines())
    (store.folder / "format.json").write_text('{"format": 99}')
    with pytest.raises(Mistake, match="format 99"):
        Store(store.folder)


@pytest.fixture
def holder(store: Store) -> Iterator[subprocess.Popen[str]]:
    code = (
        "import sys, time; from pathlib import Path; from kitae.core.store import Store\n"
        "with Store(Path(sys.argv[1])).lock(): print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(store.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_two_runs_at_once_on_one_store_are_a_mistake(store: Store, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(Mistake, match=f"process {holder.pid}"), store.lock():
        pass
    holder.kill()
    holder.wait()
    with store.lock():
        assert str(os.getpid()) in (store.folder / ".lock").read_text()


def test_a_full_disk_is_a_mistake(make: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kitae.core.files.os.fsync", full)
    with pytest.raises(Mistake, match="disk is full"):
        make(WRITE, "a", Lines())


def test_artifacts_are_found_by_name_number_and_fingerprint(make: Making, store: Store) -> None:
    first, second = make(WRITE, "a", Lines()), make(WRITE, "a", Lines(count=1))
    assert store.named("documents/a").id == second.id
    assert store.named("documents/a@1").id == first.id
    assert store.named(first.id).id == first.id
    assert store.number(second) == 2
    with pytest.raises(Mistake, match="documents/b") as caught:
        store.named("documents/b")
    assert "documents/a" in caught.value.hint


def test_copies_arrive_whole_and_once(make: Making, store: Store, tmp_path: Path) -> None:
    artifact = make(WRITE, "a", Lines())
    other = Store(tmp_path / "usb")
    assert store.copy_to(other) == [artifact.id]
    assert store.copy_to(other) == []
    (copy,) = other.artifacts()
    assert copy.edited() == []
    assert copy.content == artifact.content


def test_an_edited_artifact_is_not_spread(make: Making, store: Store, tmp_path: Path) -> None:
    make(WRITE, "a", Lines()).path("lines.jsonl").write_text("{}\n")
    with pytest.raises(Mistake, match="edited"):
        store.copy_to(Store(tmp_path / "usb"))
    assert Store(tmp_path / "usb").artifacts() == []


def test_a_change_of_source_without_a_new_format_number_is_told(make: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    make(WRITE, "a", Lines())
    monkeypatch.setattr(Stage, "source", lambda self: "another")
    monkeypatch.setattr(make.watcher, "say", said.append)
    make(WRITE, "a", Lines())
    assert "format number" in said[0]

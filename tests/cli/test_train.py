"""`kitae train`: the same as `kitae run train`, or a job file and exactly what it needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kitae.commands import make_all, plan
from kitae.project import Project
from kitae.rented.inputs import read_inputs

Command = Callable[..., Any]

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "train-job.v1.json"

PLACES = """
[[places]]
name = "office"
may_hold = "restricted"

[[places]]
name = "rented"
gpu = "a100-80x1"
may_hold = "{may_hold}"

[[places]]
name = "cluster"
may_hold = "internal"
"""


def with_places(folder: Path, may_hold: str = "internal") -> Path:
    toml = folder / "kitae.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + PLACES.format(may_hold=may_hold), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def ready_once(tmp_path_factory: pytest.TempPathFactory, walked_once: Path) -> Path:
    """The walked project without any model that was trained."""
    folder = tmp_path_factory.mktemp("ready") / "tiny"
    shutil.copytree(walked_once, folder)
    for artifact in Project(folder).store.artifacts():
        if artifact.record.stage in ("pretrain", "tune", "convert", "evaluate"):
            shutil.rmtree(artifact.folder)
    return with_places(folder)


@pytest.fixture
def ready(tmp_path: Path, ready_once: Path, tiny_base: Path) -> Path:
    folder = tmp_path / "tiny"
    shutil.copytree(ready_once, folder)
    (tmp_path / "base").symlink_to(tiny_base, target_is_directory=True)
    return folder


def asked(kitae: Command, folder: Path, *options: str, kind: str = "slurm") -> dict[str, Any]:
    ended = kitae("-C", folder, "train", "--job", kind, *options, "--json")
    assert ended.code == 0, ended.err
    printed: dict[str, Any] = json.loads(ended.out)
    jsonschema.validate(printed, json.loads(SCHEMA.read_text(encoding="utf-8")))
    return printed


def test_without_options_it_is_run_train(kitae: Command, walked: Path) -> None:
    one, other = kitae("-C", walked, "train", "--json"), kitae("-C", walked, "run", "train", "--json")
    assert one.code == 0 and one.out == other.out


def test_a_job_sends_what_training_takes_and_nothing_else(kitae: Command, ready: Path) -> None:
    printed = asked(kitae, ready)
    own = {upload["path"].partition("@")[0] for upload in printed["uploads"] if not upload["path"].startswith("..")}
    corpora = {"store/corpus/main", "store/corpus/general"}
    expected = {"store/model/trimmed", *corpora, "store/dialogues/main", "kitae.toml", "train.inputs.json"}
    assert {path for path in own if not Path(path).is_absolute()} == expected
    for upload in printed["uploads"]:
        assert (ready / upload["path"]).exists()
        assert upload["bytes"] > 0
        of_documents = "public" if upload["path"].startswith("store/corpus/general@") else "internal"
        assert upload["label"] == (of_documents if upload["path"].startswith("store/") else None)


def test_a_job_without_pretraining_sends_no_corpus_but_general_text(kitae: Command, ready: Path) -> None:
    toml = ready / "kitae.toml"
    toml.write_text(toml.read_text().replace("tokens = 600", "tokens = 0"))
    sent = [each["path"].partition("@")[0] for each in asked(kitae, ready)["uploads"] if "/corpus/" in each["path"]]
    assert sent == ["store/corpus/general"], "which tuning is measured on"


PAIRS = """
[pairs]
questions = 12

[train.prefer]
tokens = "1k"
"""


def test_a_tuned_model_that_is_up_to_date_is_sent_to_learn_preferences_and_not_tuned_again(
    kitae: Command, walked: Path, tmp_path: Path
) -> None:
    toml = with_places(walked) / "kitae.toml"
    toml.write_text(toml.read_text() + PAIRS)
    node = sent(kitae, walked, tmp_path / "node")
    store = Project(walked).store
    (there,) = read_inputs(node / "train.inputs.json").models.values()
    assert (there.tuned, there.model.id, there.corpus) == (True, store.named("model/tuned").id, None)
    assert not list(node.glob("store/model/pretrained@*"))
    steps = plan(Project(node), until="train", place="cluster", inputs=read_inputs(node / "train.inputs.json")).steps
    assert [step.stage for step in steps if step.stage != "convert"] == ["pairs", "prefer"]
    # Only what is stale in the office: no second set of pairs where there is one.
    make_all(Project(walked), until="train")
    toml.write_text(toml.read_text().replace('tokens = "1k"', 'tokens = "900"'))
    again = sent(kitae, walked, tmp_path / "again")
    steps = plan(Project(again), until="train", place="cluster", inputs=read_inputs(again / "train.inputs.json")).steps
    assert [step.stage for step in steps if step.outcome == "stale"] == ["prefer"]
    here = plan(Project(walked), until="train").steps
    assert [step.artifact for step in here if step.stage == "prefer"] == [
        step.artifact for step in steps if step.stage == "prefer"
    ]


@pytest.mark.parametrize("kind", ["slurm", "skypilot"])
def test_what_leaves_stands_in_the_job_file_path_by_path(kind: str, kitae: Command, ready: Path) -> None:
    printed = asked(kitae, ready, kind=kind)
    text = Path(printed["file"]).read_text(encoding="utf-8")
    for upload in printed["uploads"]:
        if upload["path"].startswith("store/"):
            assert upload["path"] in text


def test_the_place_is_the_one_with_gpus(kitae: Command, ready: Path) -> None:
    assert "--place rented " in Path(asked(kitae, ready)["file"]).read_text()
    assert "--place cluster " in Path(asked(kitae, ready, "--place", "cluster")["file"]).read_text()


def refused(kitae: Command, folder: Path, *options: str, what: str, do: str) -> None:
    """A mistake, and nothing was written."""
    ended = kitae("-C", folder, "train", "--job", *(options or ("slurm",)))
    assert ended.code == 2, ended.out
    assert what in ended.err and do in ended.err and "Traceback" not in ended.err
    assert not list(folder.glob("train.*"))


def test_a_place_that_may_not_hold_the_documents_is_refused(kitae: Command, tiny_project: Path) -> None:
    with_places(tiny_project, may_hold="public")
    refused(kitae, tiny_project, what="`rented` may hold `public` (公開)", do="take the source out")


def test_one_source_above_what_the_place_may_hold_is_enough(kitae: Command, ready: Path) -> None:
    """Also where [split] keeps it out of training: nobody has to know how that works to know what left."""
    toml = ready / "kitae.toml"
    (ready / "secret").mkdir()
    (ready / "secret" / "plan.md").write_text("# 計画\n\n秘密の計画です。\n", encoding="utf-8")
    more = '\n[[sources]]\nname = "secret"\npath = "secret"\nlabel = "confidential"\n\n[split]\nlabel = "internal"\n'
    toml.write_text(toml.read_text() + more)
    refused(kitae, ready, what="documents that are `confidential`", do="take the source out")


def test_a_job_before_its_inputs_are_made_says_what_makes_them(kitae: Command, tiny_project: Path) -> None:
    refused(kitae, with_places(tiny_project), what="stale or not made yet", do="kitae run instruct")


def test_a_job_with_nothing_to_train_is_refused(kitae: Command, walked: Path) -> None:
    refused(kitae, with_places(walked), what="nothing to train", do="kitae run")


def test_an_unknown_kind_names_the_nearest(kitae: Command, ready: Path) -> None:
    refused(kitae, ready, "slrum", what="`slrum`", do="`slurm`")


def test_a_project_without_a_gpu_place_says_how_to_declare_one(kitae: Command, tiny_project: Path) -> None:
    refused(kitae, tiny_project, what="no place with a GPU", do="may_hold")


# On the node


def sent(kitae: Command, ready: Path, node: Path) -> Path:
    """A folder with what the job sends, and nothing else; kitae itself is the one that runs the tests."""
    printed = asked(kitae, ready, "--place", "cluster")
    for upload in printed["uploads"]:
        if not upload["path"].startswith(".."):
            source, target = ready / upload["path"], node / upload["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copyfile(source, target)
    shutil.copyfile(printed["file"], node / "train.slurm")
    return node


VARIANTS = """
[[variants]]
name = "tune-only"
set = { "train.pretrain.tokens" = 0 }

[[variants]]
name = "longer"
set = { "train.tune.tokens" = "1.3k" }
"""


def test_the_node_would_train_what_is_stale_in_the_office_and_nothing_else(
    kitae: Command, ready: Path, tmp_path: Path
) -> None:
    toml = ready / "kitae.toml"
    toml.write_text(toml.read_text() + VARIANTS)
    node = sent(kitae, ready, tmp_path / "node")
    steps = plan(Project(node), until="train", place="cluster", inputs=read_inputs(node / "train.inputs.json")).steps
    office = [step for step in plan(Project(ready), until="train").steps if step.stage in ("pretrain", "tune")]
    assert [step.artifact for step in steps] == [step.artifact for step in office]
    assert len({step.artifact for step in steps}) == 4


def test_what_is_not_what_was_sent_is_refused(kitae: Command, ready: Path, tmp_path: Path) -> None:
    node = sent(kitae, ready, tmp_path / "node")
    (rows,) = node.glob("store/dialogues/main@*/dialogues.jsonl")
    rows.write_bytes(rows.read_bytes()[:-10])
    ended = kitae("-C", node, "run", "train", "--inputs", node / "train.inputs.json")
    assert ended.code == 2
    assert "is not what was sent: dialogues.jsonl" in ended.err


def test_a_node_that_may_not_hold_what_was_sent_does_not_train(kitae: Command, ready: Path, tmp_path: Path) -> None:
    node = sent(kitae, ready, tmp_path / "node")
    toml = node / "kitae.toml"
    toml.write_text(toml.read_text().replace('may_hold = "internal"', 'may_hold = "public"'))
    ended = kitae("-C", node, "run", "train", "--place", "cluster", "--inputs", node / "train.inputs.json")
    assert ended.code == 2 and "may hold `public`" in ended.err


@pytest.mark.parametrize("stage", ["corpus", "evaluate"])
def test_only_training_can_be_done_from_what_was_sent(stage: str, kitae: Command, ready: Path, tmp_path: Path) -> None:
    node = sent(kitae, ready, tmp_path / "node")
    ended = kitae("-C", node, "run", stage, "--inputs", node / "train.inputs.json")
    assert ended.code == 2 and "needs the documents" in ended.err


@pytest.mark.slow
def test_several_processes_train_what_was_sent(kitae: Command, ready: Path, tmp_path: Path) -> None:
    """As the job file starts them on a node with several GPUs."""
    node = sent(kitae, ready, tmp_path / "node")
    started = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "kitae"]
    arguments = ["-C", str(node), "run", "train", "--place", "cluster", "--inputs", str(node / "train.inputs.json")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    ended = subprocess.run([*started, *arguments], env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "2 artifacts made, 0 reused\n", "one of them speaks"
    for name in ("model/pretrained", "model/tuned"):
        model = Project(node).store.named(name)
        assert model.facts["processes"] == 2
        assert not model.edited()
    # A mistake is said once, and ends all of them.
    (node / "kitae.toml").write_text((node / "kitae.toml").read_text().replace('"internal"', '"public"'))
    refused = subprocess.run([*started, *arguments], env=environment, capture_output=True, text=True, timeout=300)
    assert refused.returncode != 0
    assert refused.stderr.count("kitae: the place `cluster` may hold `public`") == 1
    assert "has died" not in refused.stderr


def test_a_list_of_inputs_that_is_none_is_a_mistake(kitae: Command, ready: Path) -> None:
    ended = kitae("-C", ready, "run", "train", "--inputs", ready / "kitae.toml")
    assert ended.code == 2 and "no list of inputs" in ended.err


@pytest.mark.slow
def test_the_job_trains_without_the_documents_and_the_road_goes_on_from_its_result(
    kitae: Command, ready: Path, tmp_path: Path
) -> None:
    node = sent(kitae, ready, tmp_path / "node")
    program = node / ".venv" / "bin" / "kitae"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m kitae "$@"\n')
    program.chmod(0o755)
    (node / ".venv" / ".installed").touch()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SLURM")}
    result = subprocess.run(["bash", node / "train.slurm"], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert not (node / "documents").exists()

    back = tmp_path / "back" / "store"
    for name in ("pretrained", "tuned"):
        (made,) = node.glob(f"store/model/{name}@*")
        shutil.copytree(made, back / "model" / made.name)
    assert kitae("-C", ready, "pull", back.parent).code == 0
    assert {step.outcome for step in plan(Project(ready), until="train").steps if step.stage == "tune"} == {"reused"}
    # Bit for bit what the office would have made itself, since both are this machine.
    here = tmp_path / "here" / "tiny"
    shutil.copytree(ready, here)
    (here.parent / "base").symlink_to((ready.parent / "base").resolve())
    for name in ("pretrained", "tuned"):
        (made,) = here.glob(f"store/model/{name}@*")
        shutil.rmtree(made)
    _, road = make_all(Project(here), until="train")
    assert road.tuned["tuned"].content == Project(ready).store.named("model/tuned").content

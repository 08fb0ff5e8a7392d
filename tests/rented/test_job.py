"""Job files are files that bash and SkyPilot read, and hand on the signal that a machine is about to go."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.gate.policy import Place
from kitae.rented.job import QUIET, Job, extras, job, launch
from kitae.rented.upload import Upload
from kitae.train.recipe import Course, PretrainRecipe, TuneRecipe

UPLOADS = (
    Upload("store/model/trimmed@0a1b2c3d", "store/model/trimmed@0a1b2c3d", 400_000_000, Label.INTERNAL),
    Upload("kitae.toml", "kitae.toml", 300, None),
    Upload("../the checkout/src/kitae", "src/kitae", 1_000_000, None),
)


def written(kind: str, gpu: str = "none", nodes: int = 1) -> Job:
    place = Place(name="rented node", gpu=gpu, nodes=nodes, may_hold=Label.INTERNAL)
    return job(kind, project="山彦 Tiny", place=place, uploads=UPLOADS, trained=["model/pretrained", "model/tuned"])


def sky(gpu: str = "none") -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(written("skypilot", gpu).text)
    return read


def checked(script: str) -> None:
    """Has bash read a script without running it."""
    result = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


PLACES = [("none", 1), ("a100-80x1", 1), ("a100-80x8", 1), ("h100-80x8", 4)]


@pytest.mark.parametrize(("gpu", "nodes"), PLACES)
def test_bash_reads_the_slurm_script(gpu: str, nodes: int) -> None:
    checked(written("slurm", gpu, nodes).text)


@pytest.mark.parametrize("gpu", ["none", "a100-80x8"])
def test_bash_reads_both_scripts_of_the_skypilot_file(gpu: str) -> None:
    checked(sky(gpu)["setup"])
    checked(sky(gpu)["run"])


def test_slurm_is_told_all_before_the_first_command() -> None:
    """It reads no directive after that."""
    text = written("slurm", "a100-80x8", nodes=2).text
    head = text[: re.search(r"^[^#\n]", text, re.MULTILINE).start()]  # type: ignore[union-attr]
    assert text.count("#SBATCH") == head.count("#SBATCH")
    for directive in ("--nodes=2", "--gpus-per-node=8", "--mem=656G", "--signal=B:TERM@300", "--requeue"):
        assert f"#SBATCH {directive}\n" in head


def test_skypilot_is_told_what_the_place_has() -> None:
    resources = sky("a100-80x8")["resources"]
    assert resources["accelerators"] == "A100-80GB:8"
    assert resources["use_spot"] is True and resources["job_recovery"]["strategy"] == "FAILOVER"
    assert sky("a100-40x1")["resources"]["accelerators"] == "A100:1"
    assert sky("h100-80x1")["resources"]["accelerators"] == "H100:1"
    assert "accelerators" not in sky()["resources"]
    assert resources["infra"] == "CLOUD/REGION"  # somebody has to decide it


def test_what_leaves_is_mounted_path_by_path() -> None:
    mounts = sky()["file_mounts"]
    (bucket,) = [target for target, source in mounts.items() if isinstance(source, dict)]
    sources = {target: source for target, source in mounts.items() if target != bucket}
    assert sources == {f"~/kitae-tiny/{each.target}": f"./{each.path}" for each in UPLOADS}


def test_what_leaves_is_sent_path_by_path() -> None:
    own, kitae, _ = written("slurm").submit
    assert own == "rsync -aR train.slurm store/model/trimmed@0a1b2c3d kitae.toml LOGIN:kitae-tiny/"
    assert kitae == "rsync -aR '../the checkout/./src/kitae' LOGIN:kitae-tiny/"


def test_nobody_is_told_anything() -> None:
    assert {"HF_HUB_OFFLINE", "SKYPILOT_DISABLE_USAGE_COLLECTION", "RAY_USAGE_STATS_ENABLED"} <= QUIET.keys()
    assert sky()["envs"] == QUIET
    for kind in ("slurm", "skypilot"):
        for name, value in QUIET.items():
            assert f"export {name}={value}\n" in written(kind).text
    commands = [line for line in written("skypilot").submit + written("skypilot").watch if "sky " in line]
    assert all(line.startswith("SKYPILOT_DISABLE_USAGE_COLLECTION=1 sky ") for line in commands)


def place(gpu: str, nodes: int = 1) -> Place:
    return Place(name="p", gpu=gpu, nodes=nodes, may_hold=Label.PUBLIC)


def test_one_process_is_plain_kitae_and_more_are_torchrun() -> None:
    plain = ".venv/bin/kitae -C . run train --place p --inputs train.inputs.json"
    assert launch(place("none"), "slurm") == launch(place("a100-40x1"), "skypilot") == plain
    assert "torchrun --standalone --nproc-per-node=8 -m kitae -C . run train" in launch(place("a100-80x8"), "skypilot")
    several = launch(place("a100-80x8", 4), "slurm")
    assert several.startswith("srun --nodes=4 ")
    assert "--nnodes=4 --nproc-per-node=8 " in several


def test_several_nodes_of_a_cloud_are_refused() -> None:
    with pytest.raises(Mistake, match="share no folder"):
        launch(place("a100-80x8", 2), "skypilot")


def test_wheels_are_installed_without_an_index() -> None:
    wheels = Upload("../wheelhouse-gpu", "wheelhouse-gpu", 1, None)
    text = job("slurm", project="p", place=place("none"), uploads=[wheels], trained=["model/tuned"]).text
    assert (
        "pip install --quiet --disable-pip-version-check --no-index --find-links wheelhouse-gpu 'kitae[gpu]'\n" in text
    )


@pytest.mark.parametrize(
    ("courses", "board", "installed"),
    [
        ([TuneRecipe(), PretrainRecipe()], False, ("gpu",)),
        ([PretrainRecipe(), TuneRecipe(method="qlora")], False, ("gpu", "qlora")),
        ([PretrainRecipe(optimiser="adamw8bit")], False, ("gpu", "qlora")),
        ([TuneRecipe()], True, ("gpu", "tensorboard")),
    ],
)
def test_what_the_courses_need_is_installed_as_it_is_pinned(
    courses: list[Course], board: bool, installed: tuple[str, ...]
) -> None:
    assert extras(courses, board=board) == installed
    text = job(
        "slurm", project="p", place=place("none"), uploads=UPLOADS, trained=["model/tuned"], extras=installed
    ).text
    assert f"-c constraints/gpu.txt --no-build-isolation '.[{','.join(installed)}]'\n" in text
    root = Path(__file__).parents[2]
    own = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    pinned = (root / "constraints" / "gpu.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    for package in (each.partition(">=")[0] for extra in installed for each in own[extra]):
        assert f"\n{package}==" in pinned


# What runs on the node, with stand-ins for what a node has


TRAINING = """#!{python}
import pathlib, signal, sys, time

def stop(*_):
    (checkpoints / "step-2").write_text("two")
    pathlib.Path("signalled").write_text("TERM")
    sys.exit(75)

signal.signal(signal.SIGTERM, stop)
folder = pathlib.Path("store/model/tuned@0a1b2c3d")
checkpoints = folder / "work" / "checkpoints"
found = [each.name for each in checkpoints.glob("step-*")]
checkpoints.mkdir(parents=True, exist_ok=True)
(folder / "run.json").write_text('{{"status": "running"}}')
if found:
    pathlib.Path("resumed").write_text(" ".join(found))
    (folder / "model.safetensors").write_text("weights")
    for each in checkpoints.iterdir():
        each.unlink()
    (folder / "run.json").write_text('{{"status": "sealed"}}')
    sys.exit(0)
(checkpoints / "step-1").write_text("one")
pathlib.Path("started").touch()
time.sleep(60)
"""


@dataclass(frozen=True)
class Node:
    """A folder that stands for a node: its home, its programs, and the job's folder."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "kitae-tiny"

    def program(self, path: str, text: str) -> None:
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)

    def start(self, script: str) -> subprocess.Popen[str]:
        (self.folder / "job.sh").write_text(script, encoding="utf-8")
        paths = f"{self.home / 'bin'}:{os.environ['PATH']}"
        environment = os.environ | {"HOME": str(self.home), "PATH": paths, "SLURM_JOB_ID": "7"}
        environment.pop("SLURM_SUBMIT_DIR", None)
        return subprocess.Popen(
            ["bash", str(self.folder / "job.sh")], env=environment, cwd=self.home, stderr=subprocess.PIPE, text=True
        )

    def stopped(self, script: str) -> tuple[int, str]:
        """Runs the script, sends it SIGTERM when training is under way; its exit code, what it complained of."""
        process = self.start(script)
        deadline = time.monotonic() + 20
        while not (self.folder / "started").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=20)
        return process.returncode, told


def node(home: Path, *, state: str = "RUNNING", gpus: str = "") -> Node:
    made = Node(home)
    made.folder.mkdir(parents=True)
    made.program("kitae-tiny/.venv/bin/kitae", TRAINING.format(python=sys.executable))
    (made.folder / ".venv" / ".installed").touch()
    made.program("bin/squeue", f"#!/bin/sh\necho {state}\n")
    made.program("bin/scontrol", '#!/bin/sh\necho "$@" > "$HOME/scontrol"\n')
    made.program("bin/nvidia-smi", f"#!/bin/sh\nprintf '{gpus}'\n")
    return made


def test_the_warning_of_slurm_reaches_training_and_the_job_is_queued_again(tmp_path: Path) -> None:
    there = node(tmp_path)
    code, told = there.stopped(written("slurm").text)
    assert (there.folder / "signalled").read_text() == "TERM", told
    assert (tmp_path / "scontrol").read_text() == "requeue 7\n"
    assert code == 0


def test_a_job_that_was_cancelled_stops_and_is_not_queued_again(tmp_path: Path) -> None:
    there = node(tmp_path, state="COMPLETING")
    code, _ = there.stopped(written("slurm").text)
    assert (there.folder / "signalled").exists()
    assert not (tmp_path / "scontrol").exists()
    assert code == 75


def test_a_finished_training_ends_the_job_with_its_exit_code(tmp_path: Path) -> None:
    there = node(tmp_path)
    there.program("kitae-tiny/.venv/bin/kitae", "#!/bin/sh\nexit 2\n")
    assert there.start(written("slurm").text).wait(timeout=20) == 2
    assert not (tmp_path / "scontrol").exists()


def test_an_installation_that_fails_ends_the_job_before_it_trains(tmp_path: Path) -> None:
    there = node(tmp_path)
    (there.folder / ".venv" / ".installed").unlink()
    there.program("bin/python3", "#!/bin/sh\nexit 9\n")
    assert there.start(written("slurm").text).wait(timeout=20) == 9
    assert not (there.folder / "started").exists()


def test_a_spot_machine_leaves_its_checkpoint_and_the_next_one_goes_on_from_it(tmp_path: Path) -> None:
    script, bucket = sky()["run"], tmp_path / "bucket"
    bucket.mkdir()
    one, two = node(tmp_path / "one"), node(tmp_path / "two")
    for each in (one, two):
        (each.home / "kitae-tiny-kept").symlink_to(bucket, target_is_directory=True)
    code, told = one.stopped(script)
    assert (one.folder / "signalled").exists(), told
    assert code == 75
    kept = bucket / "store/model/tuned@0a1b2c3d"
    assert {each.name for each in (kept / "work/checkpoints").iterdir()} == {"step-1", "step-2"}

    assert two.start(script).wait(timeout=20) == 0
    assert set((two.folder / "resumed").read_text().split()) == {"step-1", "step-2"}
    assert (kept / "run.json").read_text() == '{"status": "sealed"}'
    assert (kept / "model.safetensors").read_text() == "weights"
    assert not any((kept / "work/checkpoints").iterdir())


@pytest.mark.parametrize(
    ("shown", "fits"),
    [
        ("81920\\n81559\\n", True),
        ("81920\\n81559\\n81559\\n", True),
        ("81920\\n", False),
        ("40960\\n40960\\n", False),
        ("", False),
    ],
)
def test_a_node_with_other_gpus_is_refused_before_it_trains(shown: str, fits: bool, tmp_path: Path) -> None:
    there = node(tmp_path, gpus=shown)
    setup = sky("a100-80x2")["setup"]
    process = there.start(setup)
    _, told = process.communicate(timeout=20)
    assert (process.returncode == 0) is fits
    assert ("lacks 2 GPUs of 80 GiB" in told) is not fits

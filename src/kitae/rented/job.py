"""Job files that train on a rented node: for Slurm, and for SkyPilot on a cloud's spot machines."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from ..core.mistakes import Mistake
from ..core.quiet import OFF
from ..gate.policy import Gpu, Place
from ..train.recipe import Course
from .inputs import INPUTS
from .upload import WHEELHOUSE, Upload

FILES = {"slurm": "train.slurm", "skypilot": "train.sky.yaml"}
"""What each kind of job is written to, in the project's folder."""

GPU = "gpu"
"""The extra of kitae's package that every job installs."""

WARNING = 300
"""Seconds before the time limit at which Slurm says so: enough to write a checkpoint of some hundred gigabytes."""

QUIET = {**OFF, "RAY_USAGE_STATS_ENABLED": "0", "SKYPILOT_DISABLE_USAGE_COLLECTION": "1"}
"""What kitae switches off itself, and what SkyPilot and the Ray below it would send
(docs.skypilot.co/en/stable/reference/logging.html, docs.ray.io/en/latest/cluster/usage-stats.html)."""

SKY_CARDS = {("a100", 80): "A100-80GB", ("v100", 32): "V100-32GB"}
"""Cards whose memory is part of SkyPilot's name of them; the rest is the card's name in capitals."""

HOST_GIB = 16
"""Memory of a node besides as much as its GPUs have, into which weights are read first."""

CPUS_PER_GPU = 4

DISK_GB, COPIES = 100, 15
"""Of a cloud's node: so much for the system and packages, and for so many times what is uploaded. Weights are trained
twice and sealed; a checkpoint has them with two moments, and there are three of it while one is written."""


@dataclass(frozen=True)
class Job:
    """A job file and what to do with it."""

    file: str
    """Its name in the project's folder."""
    text: str
    edit: tuple[str, ...]
    """What only the user knows: names to be put in."""
    submit: tuple[str, ...]
    """Commands, in the project's folder; what leaves is in them or in the file, path by path."""
    watch: tuple[str, ...]
    bring_back: tuple[str, ...]
    wipe: tuple[str, ...]


def job(
    kind: str,
    *,
    project: str,
    place: Place,
    uploads: Sequence[Upload],
    trained: Sequence[str],
    extras: Sequence[str] = (GPU,),
) -> Job:
    """
    Args:
        kind: A key of `FILES`.
        project: Its name, from which those of job, folder and bucket are made.
        uploads: Everything that is sent; for Slurm the job file itself comes on top.
        trained: What will be made there: `model/tuned`.
        extras: Of kitae's package, what the courses need.

    Raises:
        Mistake: SkyPilot and several nodes, which share no folder there.
    """
    name = f"kitae-{_plain(project)}"
    values = {
        "name": name,
        "place": place,
        "gpus": place.gpus,
        "uploads": uploads,
        "trained": trained,
        "launch": launch(place, kind),
        "install": installing(uploads, extras),
        "quiet": QUIET,
        "warning": WARNING,
        "checked_mib": math.floor(place.gpus.gib * 1024 * 0.9) if place.gpus else 0,
    }
    return _skypilot(values) if kind == "skypilot" else _slurm(values)


def launch(place: Place, kind: str) -> str:
    """The command that trains: plain `kitae` for one process, torchrun for one on each GPU of each node."""
    arguments = f"-C . run train --place {shlex.quote(place.name)} --inputs {INPUTS}"
    processes = place.gpus.count if place.gpus else 1
    if place.nodes == 1 and processes == 1:
        return f".venv/bin/kitae {arguments}"
    if place.nodes == 1:
        return f".venv/bin/torchrun --standalone --nproc-per-node={processes} -m kitae {arguments}"
    if kind != "slurm":
        raise Mistake(
            f"the place `{place.name}` has {place.nodes} nodes; on a cloud they share no folder for checkpoints",
            where="[[places]] nodes in kitae.toml",
            hint="take one node with more GPUs, or a cluster with `kitae train --job slurm`",
        )
    return (
        f"srun --nodes={place.nodes} --ntasks={place.nodes} --ntasks-per-node=1 --kill-on-bad-exit=1 "
        f".venv/bin/torchrun --nnodes={place.nodes} --nproc-per-node={processes} "
        '--rdzv-backend=c10d --rdzv-endpoint="$head:29500" --rdzv-id="$SLURM_JOB_ID" '
        f"-m kitae {arguments}"
    )


def extras(courses: Iterable[Course], *, board: bool = False) -> tuple[str, ...]:
    """Of kitae's package, what these courses need on a GPU.

    Args:
        board: Whether curves are written for TensorBoard.
    """
    eight_bits = any(each.method == "qlora" or each.optimiser == "adamw8bit" for each in courses)
    return (GPU, *(("qlora",) if eight_bits else ()), *(("tensorboard",) if board else ()))


def installing(uploads: Sequence[Upload], extras: Sequence[str]) -> tuple[str, ...]:
    """Arguments of `pip install`, one call each: as the Makefile does it, without what only tests and demo need."""
    more = f"[{','.join(extras)}]"
    if any(upload.target == WHEELHOUSE for upload in uploads):
        return (f"--no-index --find-links {WHEELHOUSE} 'kitae{more}'",)
    pinned = "-c constraints/gpu.txt"
    return f"{pinned} setuptools wheel", f"{pinned} --no-build-isolation '.{more}'"


def _slurm(values: dict[str, Any]) -> Job:
    name, file = values["name"], FILES["slurm"]
    gpus: Gpu | None = values["gpus"]
    cores = CPUS_PER_GPU * (gpus.count if gpus else 1)
    made = [shlex.quote(f"LOGIN:{name}/./store/{each}@*") for each in values["trained"]]
    text = _rendered("train.slurm.j2", values | {"cores": cores, "memory": _memory(gpus)})
    return Job(
        file=file,
        text=text,
        edit=(
            f"LOGIN in the commands: the cluster's login node; partition and account in {file}",
            f"where Python is older than 3.11: the line `module load` in {file}",
        ),
        submit=(*_rsync(values["uploads"], name, file), f"ssh LOGIN 'cd {name} && sbatch {file}'"),
        watch=(f"ssh LOGIN 'squeue --me --name={name}; tail -n 20 {name}/train.*.log'",),
        bring_back=(f"rsync -aR {' '.join(made)} back/", "kitae pull back"),
        wipe=(f"ssh LOGIN 'rm -r {name}'", "rm -r back"),
    )


def _skypilot(values: dict[str, Any]) -> Job:
    name, file = values["name"], FILES["skypilot"]
    gpus: Gpu | None = values["gpus"]
    gigabytes = sum(upload.size for upload in values["uploads"]) / 10**9
    more = {
        "card": SKY_CARDS.get((gpus.card, gpus.gib), gpus.card.upper()) if gpus else "",
        "disk": max(256, DISK_GB + math.ceil(COPIES * gigabytes)),
        "bucket": f"{name}-edit",
    }
    sky = "SKYPILOT_DISABLE_USAGE_COLLECTION=1 sky"
    return Job(
        file=file,
        text=_rendered("train.sky.yaml.j2", values | more),
        edit=(
            f"CLOUD/REGION in {file}, for example aws/ap-northeast-1: the place that may hold these documents",
            f"the bucket `{more['bucket']}` in {file} and below: a name that nobody else has",
        ),
        submit=(f"{sky} jobs launch -n {name} {file}",),
        watch=(f"{sky} jobs queue", f"{sky} jobs logs -n {name}"),
        bring_back=(f"aws s3 cp --recursive s3://{more['bucket']}/ back/", "kitae pull back"),
        wipe=(f"{sky} storage delete {more['bucket']}", f"{sky} storage ls", f"{sky} status", "rm -r back"),
    )


def _rsync(uploads: Sequence[Upload], name: str, file: str) -> tuple[str, ...]:
    """One command for what is below the project's folder, one for kitae; `/./` is where the path on the node begins."""
    own = [file, *(upload.path for upload in uploads if upload.path == upload.target)]
    kitae = [
        f"{upload.path.removesuffix(upload.target)}./{upload.target}"
        for upload in uploads
        if upload.path != upload.target
    ]
    commands = [own, kitae] if kitae else [own]
    return tuple(f"rsync -aR {' '.join(shlex.quote(path) for path in paths)} LOGIN:{name}/" for paths in commands)


def _memory(gpus: Gpu | None) -> int:
    return HOST_GIB + (gpus.count * gpus.gib if gpus else 0)


def _plain(name: str) -> str:
    """For names of jobs, folders and buckets: what all of them take."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "project"


def _rendered(template: str, values: Mapping[str, Any]) -> str:
    import jinja2

    folder = resources.files(__package__)
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"size": _size, "json": lambda value: json.dumps(value, ensure_ascii=False)}
    return environment.get_template(template).render(values)


def _size(count: int) -> str:
    return f"{math.ceil(count / 1000):,} kB"

"""How well some seconds of real steps tell the time of a whole run on a CPU: predicted / actual for three recipes.

    python benchmarks/probe.py PROJECT [--minutes 10] [--only NAME …]   # makes what training learns from, where stale

Each recipe is probed first, then trained for about so many minutes from the same start: loading, measuring, steps,
checkpoints and saving, as a stage does it. Nothing is kept. The machine should have nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from kitae.commands import make_all
from kitae.core.quiet import hush
from kitae.plan.probe import Forecast, probe
from kitae.project import Project
from kitae.road import courses_of
from kitae.train.checkpoint import Checkpoints
from kitae.train.data import Data
from kitae.train.fit import fit
from kitae.train.measure import at_most
from kitae.train.recipe import Course
from kitae.train.stage import place
from kitae.train.trainee import Trainee

CHANGES: dict[str, tuple[str, dict[str, object]]] = {
    "tune, LoRA": ("tune", {"method": "lora", "epochs": 1.0}),
    "tune, every weight, large steps": ("tune", {"method": "full", "batch_tokens": 4096}),
    "pretrain, every weight": ("pretrain", {"method": "full"}),
}
"""Three recipes, as changes to the project's own."""


def train(course: Course, folder: Path, data: Data) -> float:
    """Seconds of the whole course."""
    begun, where = time.perf_counter(), place()
    trainee = Trainee(folder, course, number_format=where["number_format"], device=where["device"])
    with tempfile.TemporaryDirectory() as scratch:
        fit(
            trainee,
            course,
            data.examples,
            held_out=at_most(data.held_out, course.held_out_tokens),
            general=at_most(data.general, course.held_out_tokens),
            checkpoints=Checkpoints(Path(scratch) / "checkpoints", "benchmark"),
        )
        trainee.save(Path(scratch) / "model")
    return time.perf_counter() - begun


def lasting(course: Course, folder: Path, data: Data, minutes: float) -> tuple[Course, float]:
    """The course with as many tokens as fill the minutes, by a first probe; and what that probe said of its speed."""
    rate = probe(course, folder, data, place=place()).timing.tokens_per_second
    return course.model_copy(update={"tokens": max(1, round(rate * 60 * minutes))}), rate


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--only", nargs="+", default=list(CHANGES), choices=list(CHANGES), metavar="NAME")
    chosen = arguments.parse_args()
    hush()
    project = Project(chosen.folder)
    making, road = make_all(project, until="instruct")
    courses = reversed([*courses_of(project, road, making.memo)])
    own = {course.name: (folder, course, data) for _, folder, course, data in courses}
    rows = []
    for name in chosen.only:
        stage, changes = CHANGES[name]
        if stage not in own:
            print(f"{name}: the project has no such course")
            continue
        folder, course, data = own[stage]
        course, rate = lasting(course.model_copy(update=changes), folder, data, chosen.minutes)
        begun = time.perf_counter()
        predicted: Forecast = probe(course, folder, data, place=place())
        probed = time.perf_counter() - begun
        actual = train(course, folder, data)
        low, high = predicted.interval
        rows.append({"recipe": name, "predicted": predicted.seconds, "actual": actual, "parts": predicted.parts})
        print(
            f"{name:<32} probe {probed:4.0f} s ({rate:,.0f} tokens/s)  predicted {predicted.seconds:6.0f} s "
            f"({low:,.0f} to {high:,.0f})  actual {actual:6.0f} s  ratio {predicted.seconds / actual:.3f}",
            flush=True,
        )
    print(json.dumps(rows, ensure_ascii=False))


if __name__ == "__main__":
    main()

"""How fast our loop of training is beside others' on the same CPU, the same dialogues and the same model.

    python benchmarks/trainers PROJECT --peers PYTHON [--method lora|full] [--untrimmed] [--tokens 2k]

PROJECT has been walked as far as its dialogues. `--peers` names the Python of an environment made of
`constraints/peers-train.txt`; `make bench-train` makes it and calls this. Each contender runs in a process of its own,
with all cores:

- kitae's `fit`;
- TRL's SFTTrainer in six ways: padded batches of three sizes, `bfd` packing with three;
- a plain loop of transformers and PyTorch: padded batches of three sizes.

Number format and attention of each are those that are quickest on a few dialogues. What a contender has trained on is
checked (`checks.py`): the speed of one that learns other tokens, or lets a dialogue see its neighbour, does not count.
The first step is a warm-up. Steps have the same targets on average. Nothing is sent or downloaded.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from job import Dialogue, Job, Setting, Told
from templates import marked

from kitae.core.artifact import Artifact
from kitae.core.dialogue import Dialogue as Messages
from kitae.core.mistakes import Mistake
from kitae.core.quantity import parse_count
from kitae.core.quiet import OFF, hush
from kitae.engine.chat import Renderer
from kitae.project import Project
from kitae.train.example import dialogues_as_examples, fitting
from kitae.train.fit import plan
from kitae.train.optimiser import BETAS
from kitae.train.recipe import TuneRecipe
from kitae.train.stage import place

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results"

SEQUENCE = 1024
"""Tokens of our rows, one row a step."""

NUMBER_FORMATS = tuple(dict.fromkeys((place()["number_format"], "float32")))
"""That this processor has instructions for: bfloat16 without them takes hours, for everybody."""
ATTENTIONS = ("sdpa", "eager")

PADDED = tuple(Setting("", packing="padded", batch=batch) for batch in (1, 2, 4))
BFD = tuple(Setting("", packing="bfd", batch=batch, row=row) for batch, row in ((1, 1024), (2, 1024), (1, 2048)))

TRIED_ON = 4
"""Dialogues of middle length with which number formats and attentions are tried."""

OURS_EPOCHS = 4
"""We go through the dialogues so often: once would be over in seconds, too soon to be timed."""

QUIET = OFF | {
    "HF_DATASETS_OFFLINE": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "WANDB_MODE": "disabled",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True)
class Contender:
    """A way to train, as a program beside this one."""

    name: str
    script: str
    python: Path
    shapes: tuple[Setting, ...]
    """What is tried; the number format is filled in, and the attention where it can be chosen."""

    def formats(self) -> Iterator[Setting]:
        """Its second shape (batches of two dialogues) in every number format and attention."""
        shape = self.shapes[min(1, len(self.shapes) - 1)]
        attentions = ATTENTIONS if shape.packing == "padded" else (shape.attention,)
        for number_format in NUMBER_FORMATS:
            for attention in attentions:
                yield replace(shape, number_format=number_format, attention=attention)


@dataclass(frozen=True)
class Outcome:
    """What became of a contender with one setting."""

    name: str
    setting: Setting
    told: Told | None
    failed: str = ""
    """Why there is no result."""

    @property
    def not_correct(self) -> str:
        return self.failed or "; ".join(self.told.not_correct if self.told else ())

    @property
    def speed(self) -> float:
        """Tokens of the dialogues a second; 0 where it does not count."""
        return 0.0 if self.told is None or self.not_correct else self.told.tokens_per_second


def main() -> None:
    hush()
    chosen = arguments()
    try:
        compare(chosen)
    except Mistake as mistake:
        raise SystemExit(f"error: {mistake}") from None


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="PROJECT")
    parser.add_argument("--peers", type=Path, required=True, metavar="PYTHON")
    parser.add_argument("--method", choices=("full", "lora"), default="lora")
    parser.add_argument("--untrimmed", action="store_true", help="the base with its whole vocabulary")
    parser.add_argument(
        "--tokens", default="2k", help="that we compute in an epoch; about six times as many for others"
    )
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="all cores if left out")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of the JSON file")
    return parser.parse_args()


def compare(chosen: argparse.Namespace) -> None:
    store = Project(chosen.folder).store
    model = store.named("model/base" if chosen.untrimmed else "model/trimmed")
    job = make_job(model, list(store.named("dialogues/main").rows("dialogues", Messages)), chosen)
    print(describe(model, job), flush=True)
    peers = chosen.peers.absolute()  # not resolved: a link is what makes a Python that of its environment
    contenders = (
        Contender("kitae", "ours.py", Path(sys.executable), (Setting("", epochs=OURS_EPOCHS),)),
        Contender("TRL", "trl_sft.py", peers, (*PADDED, *BFD)),
        Contender("plain loop", "plain.py", peers, PADDED),
    )
    outcomes = [outcome for contender in contenders for outcome in outcomes_of(contender, job)]
    print(table(outcomes))
    result = summary(outcomes, job, model)
    suffix = f"{'' if job.method == 'lora' else '-' + job.method}{'-untrimmed' if chosen.untrimmed else ''}"
    file = chosen.results / f"training-cpu-{result['date']}{suffix}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\n{verdict(result)}\n{file}")


def make_job(model: Artifact, dialogues: Sequence[Messages], chosen: argparse.Namespace) -> Job:
    """The dialogues of the first rows that our loop would train on, of all that the project has.

    Raises:
        Mistake: too few tokens for a step after the warm-up.
    """
    tokens, renderer = parse_count(chosen.tokens), Renderer(model.folder)
    recipe = TuneRecipe(
        method=chosen.method, tokens=tokens, learning_rate=1e-5, sequence=SEQUENCE, batch_tokens=SEQUENCE
    )
    messages = {each.id: [message.model_dump() for message in each.messages] for each in dialogues}
    every = list(dialogues_as_examples(dialogues, renderer))
    examples = [every[place] for place in fitting(every, SEQUENCE).places]
    order = plan(examples, recipe)
    if order.steps < 2:
        raise Mistake(f"{order.steps} step of training leaves none to time", hint="raise --tokens")
    taken = [examples[index] for step in range(order.steps) for row in order.step(step) for index in row]
    return Job(
        model=str(model.folder),
        template=marked(renderer.template),
        method=recipe.method,
        rank=recipe.rank,
        alpha=recipe.alpha,
        learning_rate=recipe.learning_rate,
        betas=BETAS,
        sequence=SEQUENCE,
        batch_tokens=recipe.batch_tokens,
        steps=order.steps,
        threads=chosen.threads,
        dialogues=[Dialogue(each.tokens.tolist(), each.learnt.tolist(), messages[each.id]) for each in taken],
    )


def outcomes_of(contender: Contender, job: Job) -> list[Outcome]:
    """Finds the number format and attention on a few dialogues, then runs every shape on all of them."""
    ordered = sorted(job.dialogues, key=lambda each: len(each.tokens))
    middle = max(0, (len(ordered) - TRIED_ON) // 2)
    few = replace(job, dialogues=ordered[middle : middle + TRIED_ON], steps=2)
    tried = [run(contender, few, setting) for setting in contender.formats()]
    for each in tried:
        print(f"  tried: {line(each)}", flush=True)
    best = max(tried, key=lambda each: each.speed).setting
    outcomes = []
    for shape in contender.shapes:
        setting = replace(shape, number_format=best.number_format, attention=best.attention)
        outcomes.append(run(contender, job, setting))
        print(f"  {line(outcomes[-1])}", flush=True)
    return outcomes


def run(contender: Contender, job: Job, setting: Setting) -> Outcome:
    """Runs a contender in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "job.json"
        job.write(file)
        command = [str(contender.python), str(HERE / contender.script), str(file), json.dumps(asdict(setting))]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(job, contender.python, folder))
    if done.returncode < 0:
        why = f"ended by signal {-done.returncode}" + (", out of memory?" if done.returncode == -9 else "")
        return Outcome(contender.name, setting, None, why)
    if done.returncode:
        return Outcome(contender.name, setting, None, (done.stderr.strip().splitlines() or ["no word of why"])[-1])
    return Outcome(contender.name, setting, Told.read(done.stdout.splitlines()[-1]))


def environment(job: Job, python: Path, folder: str) -> dict[str, str]:
    """All cores, nothing sent or downloaded, nothing kept; peers see no package of ours."""
    values = os.environ | QUIET | {"HF_HOME": folder, "OMP_NUM_THREADS": str(job.threads)}
    if python != Path(sys.executable):
        values.pop("PYTHONPATH", None)
    return values


def describe(model: Artifact, job: Job) -> str:
    lengths = [len(each.tokens) for each in job.dialogues]
    return (
        f"{model.id}: {model.facts['parameters']:,} parameters, {model.facts['vocabulary']:,} tokens of vocabulary\n"
        f"{job.method}, {len(lengths)} dialogues of {sum(lengths):,} tokens, "
        f"{sum(each.targets for each in job.dialogues)} targets in {job.steps} steps, {job.threads} threads"
    )


def line(outcome: Outcome) -> str:
    name = f"{outcome.name}: {outcome.setting}"
    if outcome.not_correct:
        return f"{name:<52}  not correct: {outcome.not_correct}"
    told = outcome.told
    assert told is not None
    return (
        f"{name:<52}{told.tokens_per_second:>8,.0f}{told.computed / told.seconds:>10,.0f}"
        f"{told.targets / told.steps:>9.0f}{told.peak_bytes / 1e9:>8.1f}"
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """The quickest first; what is not correct last."""
    head = f"\n{'':<52}{'tokens/s':>8}{'computed':>10}{'targets':>9}{'memory':>8}\n"
    units = f"{'':<52}{'':>8}{'/s':>10}{'a step':>9}{'GB':>8}\n"
    return head + units + "\n".join(map(line, sorted(outcomes, key=lambda each: -each.speed)))


def summary(outcomes: Sequence[Outcome], job: Job, model: Artifact) -> dict[str, Any]:
    """What is kept of a run; the ratio is `None` where either side has no correct way."""
    ours, trl = (best(outcomes, name) for name in ("kitae", "TRL"))
    ratio = None
    if ours is not None and trl is not None and ours.told and trl.told:
        ratio = {
            "tokens_per_second": round(ours.speed / trl.speed, 2),
            "memory": round(ours.told.peak_bytes / trl.told.peak_bytes, 3),
            "of": str(trl.setting),
        }
    return {
        "date": date.today().isoformat(),
        "kitae": version("kitae"),
        "machine": {"processor": processor(), "cores": len(os.sched_getaffinity(0))},
        "model": {name: model.facts[name] for name in ("base", "architecture", "parameters", "vocabulary")},
        "method": job.method,
        "dialogues": len(job.dialogues),
        "tokens": sum(len(each.tokens) for each in job.dialogues),
        "targets": sum(each.targets for each in job.dialogues),
        "steps": job.steps,
        "threads": job.threads,
        "contenders": [row(each) for each in outcomes],
        "ours_by_trl": ratio,
    }


def row(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON; without its speed if that does not count."""
    values = {"name": outcome.name} | asdict(outcome.setting)
    if outcome.not_correct or outcome.told is None:
        return values | {"not_correct": outcome.not_correct}
    told = asdict(outcome.told)
    del told["not_correct"]
    return values | told | {"tokens_per_second": round(outcome.speed, 1)}


def best(outcomes: Sequence[Outcome], name: str) -> Outcome | None:
    """The quickest correct way of a contender."""
    correct = [each for each in outcomes if each.name == name and each.speed]
    return max(correct, key=lambda each: each.speed, default=None)


def processor() -> str:
    """As Linux calls it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"


def verdict(result: dict[str, Any]) -> str:
    if result["ours_by_trl"] is None:
        return "no correct way of TRL or of kitae to compare"
    ratio = result["ours_by_trl"]
    return (
        f"kitae by TRL's quickest correct way ({ratio['of']}): "
        f"{ratio['tokens_per_second']} times the tokens a second, {ratio['memory']} times the memory"
    )


if __name__ == "__main__":
    main()

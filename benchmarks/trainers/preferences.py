"""Whether our loss of preferences is that of TRL's DPOTrainer, on the same logits.

    python benchmarks/trainers/preferences.py --peers PYTHON

A tiny model with random weights is the one before training, the same with noise on its weights the one in training.
Thirty-two pairs of uneven answers go through both programs in float32: ours in packed rows where a prompt is computed
once, theirs in a padded batch. `--peers` as in `python benchmarks/trainers`; nothing is sent or downloaded.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kitae.core.quiet import OFF, hush
from kitae.engine.tiny import make_tiny
from kitae.train.example import Example
from kitae.train.measure import mean_loss, scores
from kitae.train.objective import DirectPreference
from kitae.train.recipe import PreferRecipe
from kitae.train.trainee import Trainee

HERE = Path(__file__).parent
PAIRS, SEED, NOISE = 32, 0, 0.05
BETAS = (0.05, 0.1, 0.5)
EQUAL = 1e-5
"""Relative: float32, summed in another order."""
VOCABULARY = range(7, 400)
"""Tokens of the tiny model that mean nothing."""

Pair = dict[str, list[int]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True, help="the Python of the peers' environment")
    peers = parser.parse_args().peers
    hush()
    with tempfile.TemporaryDirectory() as folder:
        before = make_tiny(Path(folder) / "before")
        after = noisy(before, Path(folder) / "after")
        told = [(beta, ours(before, after, beta), theirs(peers, before, after, beta)) for beta in BETAS]
    print(f"{'beta':>6}{'kitae':>14}{'TRL':>14}{'difference':>14}")
    for beta, one, other in told:
        print(f"{beta:>6}{one:>14.8f}{other:>14.8f}{abs(one / other - 1):>14.1e}")
    return int(any(abs(one / other - 1) > EQUAL for _, one, other in told))


def pairs() -> Iterator[Pair]:
    random = np.random.default_rng(SEED)
    for _ in range(PAIRS):
        lengths = {"prompt_ids": (5, 60), "chosen_ids": (1, 25), "rejected_ids": (1, 25)}
        yield {name: random.choice(VOCABULARY, random.integers(*between)).tolist() for name, between in lengths.items()}


def noisy(folder: Path, to: Path) -> Path:
    """The same model some steps later, as it were: its weights differ, so the loss is not log 2 for every pair."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    torch.manual_seed(SEED)
    with torch.no_grad():
        for weights in model.parameters():
            weights += NOISE * torch.randn_like(weights)
    model.save_pretrained(to)
    AutoTokenizer.from_pretrained(folder).save_pretrained(to)
    return to


def ours(before: Path, after: Path, beta: float) -> float:
    """Mean loss of a pair."""
    recipe = PreferRecipe(method="full", sequence=512, beta=beta, likelihood=0.0)
    examples = [example for number, pair in enumerate(pairs()) for example in both(number, pair)]
    plain = DirectPreference(beta=beta)
    known = scores(Trainee(before, recipe, number_format="float32"), examples, recipe, plain)
    trainee = Trainee(after, recipe, number_format="float32")
    loss = mean_loss(trainee, examples, recipe, DirectPreference(beta=beta, before=known))
    assert loss is not None
    return loss


def both(number: int, pair: Pair) -> Iterator[Example]:
    for which in ("chosen_ids", "rejected_ids"):
        tokens = np.array(pair["prompt_ids"] + pair[which], np.int32)
        yield Example(f"{number} {which}", tokens, np.arange(len(tokens)) >= len(pair["prompt_ids"]))


def theirs(python: str, before: Path, after: Path, beta: float) -> float:
    job: dict[str, Any] = {"before": str(before), "after": str(after), "beta": beta, "pairs": list(pairs())}
    command = [python, str(HERE / "trl_dpo.py")]
    quiet = os.environ | OFF
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, env=quiet, check=False)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return float(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())

"""How much memory a corpus takes: `python benchmarks/shards.py --tokens 100M`.

Documents of random tokens, whose lengths are spread like those of real ones, are written as a shard, packed, hashed for
the identity of checkpoints, and read in the order of training. After each part it says how long it took and how much
memory the process has: its own, and pages of the shard, which the system takes back when somebody needs them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from kitae.core.quantity import parse_count
from kitae.train.batch import Batch
from kitae.train.example import Example
from kitae.train.fit import identity, plan
from kitae.train.recipe import PretrainRecipe
from kitae.train.shards import Shard, whole, write_shard
from kitae.train.views import Cut

VOCABULARY = 36_000
SPREAD = 1.0
"""Of the logarithms of lengths, as of pages of the web."""
STEPS = 500
"""Whose rows are read."""


def documents(tokens: int, mean: int, seed: int = 0) -> Iterator[Example]:
    """Until there are so many tokens."""
    random = np.random.default_rng(seed)
    number = 0
    while tokens > 0:
        length = int(np.clip(random.lognormal(np.log(mean) - SPREAD**2 / 2, SPREAD), 16, 20 * mean))
        made = random.integers(1, VOCABULARY, length, dtype=np.int32)
        yield Example(f"site-{number % 97}/document-{number}.html", made, np.ones(length, np.bool_))
        tokens, number = tokens - length, number + 1


class Watch:
    """Says after each part what it took."""

    def __init__(self) -> None:
        self._then = time.perf_counter()
        print(f"{'':<34}{'seconds':>9}{'own':>10}{'mapped':>10}{'peak':>10}")
        self.say("torch and kitae loaded")

    def say(self, what: str) -> None:
        own, mapped, peak = (f"{_kib(name) / 1024:,.0f} MiB" for name in ("RssAnon", "RssFile", "VmHWM"))
        print(f"{what:<34}{time.perf_counter() - self._then:>9.1f}{own:>10}{mapped:>10}{peak:>10}", flush=True)
        self._then = time.perf_counter()


def _kib(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", default="100M", help="of the corpus")
    parser.add_argument("--mean", type=int, default=800, help="tokens of a document")
    parser.add_argument("--sequence", type=int, default=1024)
    given = parser.parse_args()
    tokens = parse_count(given.tokens)
    course = PretrainRecipe(tokens=tokens, sequence=given.sequence, batch_tokens=16 * given.sequence)
    with tempfile.TemporaryDirectory() as scratch:
        watch = Watch()
        folder = Path(scratch)
        write_shard(folder, documents(tokens, given.mean))
        watch.say(f"{tokens:,} tokens written")
        assert whole(folder)
        watch.say("held against its digests")
        shard = Shard(folder)
        examples = Cut(shard, course.sequence)
        watch.say(f"{len(shard):,} documents cut")
        order = plan(examples, course)
        watch.say(f"{len(examples):,} examples in {len(order.rows):,} rows")
        identity(course, examples, {})
        watch.say("hashed")
        for step in range(min(STEPS, order.steps)):
            for row in order.step(step):
                Batch.of([examples[index] for index in row], torch.device("cpu"))
        watch.say(f"{min(STEPS, order.steps)} of {order.steps:,} steps read")
        fill = sum(order.sizes) / len(order.rows) / course.sequence
        print(f"rows are filled to {fill:.1%}; the shard has {sum(f.stat().st_size for f in folder.iterdir()):,} bytes")


if __name__ == "__main__":
    main()

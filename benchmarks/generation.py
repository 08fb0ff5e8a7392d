"""How fast CTranslate2 reads prompts and makes tokens here, by batch, threads, and what glibc does with freed memory.

    python benchmarks/generation.py PROJECT                    # as kitae runs it
    python benchmarks/generation.py PROJECT --map-anew         # large blocks are mapped anew each time, glibc's default
    python benchmarks/generation.py PROJECT --threads 1        # what one of several workers does

The project's model for CTranslate2 and prompts of random tokens, so that only the arithmetic counts.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from pathlib import Path

import ctranslate2

from kitae.core.memory import keep
from kitae.engine.ct2 import vocabulary
from kitae.engine.open import CT2
from kitae.project import Project

BATCHES = ((1, 400), (8, 400), (16, 400), (32, 400), (8, 800))
"""Prompts, and the tokens of each."""
STEPS, SEED = 20, 0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--model", default="model/tuned-int8")
    arguments.add_argument("--map-anew", action="store_true")
    arguments.add_argument("--threads", type=int, default=os.cpu_count())
    chosen = arguments.parse_args()
    if not chosen.map_anew:
        keep()
    weights = Project(chosen.folder).store.named(chosen.model).path(CT2)
    engine = ctranslate2.Generator(
        str(weights), device="cpu", compute_type="int8", inter_threads=1, intra_threads=chosen.threads
    )
    words = vocabulary(weights)[1000:]
    chance = random.Random(SEED)
    print(f"ctranslate2 {ctranslate2.__version__}, {chosen.threads} threads")
    for count, length in BATCHES:
        prompts = [chance.choices(words, k=length) for _ in range(count)]
        _seconds(engine, prompts, 1)
        reading = _seconds(engine, prompts, 1)
        step = (_seconds(engine, prompts, 1 + STEPS) - reading) / STEPS
        print(f"{count:>3} x {length}: {count * length / reading:5.0f} tokens read a second, {step:.3f} s a step")


def _seconds(engine: ctranslate2.Generator, prompts: list[list[str]], tokens: int) -> float:
    start = time.perf_counter()
    engine.generate_batch(
        prompts, max_length=tokens, min_length=tokens, include_prompt_in_result=False, sampling_topk=1
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

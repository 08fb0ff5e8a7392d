"""What continuous refilling is worth with transformers: seconds of it and of padded batches for the same answers.

    python benchmarks/refilling.py FOLDER [--prompts 48]        # a Hugging Face folder, `demo/store/model/trimmed@…`

Prompts are of random tokens and uneven length. Answers end where the model says a token that it says often, or at 128
tokens, so they are uneven too. The machine should have nothing else to do.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from pathlib import Path

from kitae.core.quiet import hush

SEED = 0
LENGTHS = (40, 80, 160, 320)
MAX_TOKENS = 128
ENDS = 12
"""So many of the tokens that are said most often end an answer."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--prompts", type=int, default=48)
    chosen = arguments.parse_args()
    hush()
    import torch

    from kitae.engine.batched import by_length
    from kitae.engine.local import LIMITS, load, padded
    from kitae.engine.refill import refilled

    model = load(chosen.folder, torch.float32).eval()
    drawn = random.Random(SEED)
    prompts = [
        [drawn.randrange(300, model.config.vocab_size) for _ in range(drawn.choice(LENGTHS))]
        for _ in range(chosen.prompts)
    ]
    said = padded(model, prompts[:8], max_tokens=64, ends=[1], pad=0)
    ends = [token for token, _ in Counter(token for answer in said for token in answer).most_common(ENDS)]

    begun = time.perf_counter()
    batched: dict[int, list[int]] = {}
    for batch in by_length([len(prompt) for prompt in prompts], LIMITS):
        found = padded(model, [prompts[index] for index in batch], max_tokens=MAX_TOKENS, ends=ends, pad=0)
        batched |= dict(zip(batch, found, strict=True))
    in_batches = time.perf_counter() - begun
    begun = time.perf_counter()
    refill = refilled(model, prompts, max_tokens=MAX_TOKENS, ends=ends, pad=0)
    in_places = time.perf_counter() - begun
    same = sum(batched[index][: len(tokens)] == tokens for index, tokens in enumerate(refill))
    print(f"{len(prompts)} prompts, {sum(map(len, refill))} tokens of answers, at most {max(map(len, refill))} each")
    print(f"padded batches {in_batches:.1f} s, refilled {in_places:.1f} s: {in_batches / in_places:.2f} times as fast")
    print(f"{same} of {len(prompts)} answers are the same tokens")


if __name__ == "__main__":
    main()

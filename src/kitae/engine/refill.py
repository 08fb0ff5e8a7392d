"""Continuous refilling: where an answer ends, the next prompt takes its place, and none waits for a longer one.

transformers does it, with a cache in pages. Tokens are those of a padded batch, as far as a number format rounds alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import transformers

AT_ONCE = 16
"""Prompts under way together on a processor. On a GPU as many as its memory holds."""
PAGE = 32
"""Tokens."""
READ_TOGETHER = 512
"""Tokens of all prompts in a step."""
WAIT = 0.5
"""Seconds, after which is looked whether the engine is still alive."""


def refilled(
    model: Any, prompts: Sequence[Sequence[int]], *, max_tokens: int, ends: Sequence[int], pad: int
) -> list[list[int]]:
    """New tokens for each prompt, decoded greedily, up to and with the first that ends an answer.

    Args:
        model: A causal language model of transformers; it is left as it was.

    Raises:
        RuntimeError: the engine gave up.
    """
    settings = transformers.GenerationConfig(
        max_new_tokens=max_tokens, do_sample=False, eos_token_id=list(ends), pad_token_id=pad
    )
    manager = model.init_continuous_batching(
        generation_config=settings, continuous_batching_config=_sizes(model, prompts, max_tokens)
    )
    manager.start()
    try:
        return _collected(manager, manager.add_requests([list(prompt) for prompt in prompts]))
    finally:
        manager.stop(block=True, hard_stop=True)


def _collected(manager: Any, asked: Sequence[str]) -> list[list[int]]:
    found: dict[str, list[int]] = {}
    while len(found) < len(asked):
        result = manager.get_result(timeout=WAIT)
        if result is None:
            if not manager.is_running():
                raise RuntimeError(f"generation ended early: {manager.background_thread_status.fatal_error}")
        elif result.error:
            raise RuntimeError(f"generation failed: {result.error}")
        elif result.is_finished():
            found[result.request_id] = list(map(int, result.generated_tokens))
    return [found[each] for each in asked]


def _sizes(model: Any, prompts: Sequence[Sequence[int]], max_tokens: int) -> Any:
    """On a GPU transformers finds sizes that fit; on a processor, whose memory others share, just what is needed."""
    told = {"auto_switch_to_flash": False, "seed": 0}  # another attention would be looked for on the Hub
    if model.device.type != "cpu":
        return transformers.ContinuousBatchingConfig(**told)
    pages = sorted(-(-(len(prompt) + max_tokens) // PAGE) + 1 for prompt in prompts)
    return transformers.ContinuousBatchingConfig(
        page_size=PAGE,
        num_blocks=sum(pages[-AT_ONCE:]),
        max_batch_tokens=READ_TOGETHER,
        max_requests_per_batch=AT_ONCE,
        use_async_batching=False,
        **told,
    )

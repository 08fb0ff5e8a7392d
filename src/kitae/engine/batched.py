"""What the local engines share: prompts in batches, answers in order."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..core.dialogue import Message
from ..core.generation import Decoding, Finish, Generated, Identity
from ..core.mistakes import Mistake
from .chat import Renderer

Logits = npt.NDArray[np.float32]
"""(vocabulary,)"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a batch may be."""

    tokens: int
    """Prompt tokens, padding included."""
    examples: int
    spread: int | None = None
    """How much longer its longest prompt may be than its shortest; `None` where only padding is lost by it."""
    free_above: int | None = None
    """Prompts longer than this may differ by any length."""

    def allow(self, longest: int, length: int, examples: int) -> bool:
        """Whether a prompt of `length` tokens may join a batch and make it `examples` large."""
        free = self.spread is None or (self.free_above is not None and length > self.free_above)
        near = free or longest - length <= (self.spread or 0)
        return near and examples <= self.examples and longest * examples <= self.tokens


class Batched(ABC):
    """A `Generator` that answers in batches; an engine adds how tokens follow on tokens."""

    identity: Identity

    def __init__(self, tokenizer: Path, *, limits: Limits, workers: int = 1) -> None:
        """
        Args:
            tokenizer: A folder with config.json and tokenizer.json.
            limits: Of a batch.
            workers: How many batches `_continue` may be given at a time, each from a thread of its own.
        """
        self.renderer = Renderer(tokenizer)
        self._context = longest_context(tokenizer)
        self._limits = limits
        self._workers = workers

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        decoding: Decoding,
        *,
        done: Callable[[int], None] | None = None,
    ) -> list[Generated]:
        """Answers in the order of the prompts; calls `done` with the size of each batch that is finished.

        Raises:
            Mistake: a prompt and its answer do not fit into the model's context.
        """
        rendered = [self.renderer.prompt(prompt) for prompt in prompts]
        lengths = [len(prompt) for prompt in rendered]
        _check_lengths(lengths, decoding.max_tokens, self._context)
        batches = self._batches(lengths, decoding)
        workers = min(self._workers, len(batches))

        def work(batch: Sequence[int]) -> tuple[list[list[int]], float]:
            start = time.perf_counter()
            found = self._continue([rendered[index] for index in batch], decoding)
            return found, (time.perf_counter() - start) / len(batch) / workers

        answers: dict[int, Generated] = {}
        with ThreadPoolExecutor(max(1, workers)) as pool:
            for batch, (found, seconds) in zip(batches, pool.map(work, batches), strict=True):
                for index, tokens in zip(batch, found, strict=True):
                    answers[index] = self._answer(tokens, lengths[index], decoding, seconds)
                if done is not None:
                    done(len(batch))
        return [answers[index] for index in range(len(prompts))]

    def _batches(self, lengths: Sequence[int], decoding: Decoding) -> list[list[int]]:
        """Of indices: what `_continue` is given together."""
        return by_length(lengths, self._limits)

    def ends(self, decoding: Decoding) -> list[int]:
        """The tokens that end an answer."""
        return [*self.renderer.stop_ids, *(self.renderer.line_end_ids if decoding.line else ())]

    def log_odds(self, prompts: Sequence[Sequence[Message]], reply: str) -> list[float]:
        """For each prompt ln(p / (1 - p)), where p is the probability of the token that `reply` begins with.

        Raises:
            Mistake: a prompt does not fit into the model's context.
        """
        rendered = [self.renderer.prompt(prompt) for prompt in prompts]
        _check_lengths([len(prompt) for prompt in rendered], 1, self._context)
        begins = self.renderer.dialogue((Message(role="user", content="?"), Message(role="assistant", content=reply)))
        token = begins.tokens[begins.learnt.index(True)]
        return [_log_odds(logits, token) for logits in self._next(rendered)]

    def nats(self, texts: Sequence[str]) -> list[float]:
        """Of each text `-ln p(text)` as plain text, without a chat template; one text at a time.

        A model without a token that begins a text sees the one that ends it.

        Raises:
            Mistake: a text does not fit into the model's context.
        """
        begin = self.renderer.eos_id if self.renderer.bos_id is None else self.renderer.bos_id
        rendered = [[begin, *self.renderer.encode(text)] for text in texts]
        longest = max((len(tokens) for tokens in rendered), default=0)
        if self._context is not None and longest > self._context:
            raise Mistake(
                f"a text of {longest} tokens does not fit into the model's {self._context}", hint="cut it into pieces"
            )
        return [self._nats(tokens) for tokens in rendered]

    @abstractmethod
    def _nats(self, tokens: Sequence[int]) -> float:
        """`-ln p` of all tokens but the first, which begins the text."""

    @abstractmethod
    def _next(self, prompts: Sequence[Sequence[int]]) -> list[Logits]:
        """For each prompt the logits of the answer's first token."""

    @abstractmethod
    def _continue(self, prompts: Sequence[Sequence[int]], decoding: Decoding) -> list[list[int]]:
        """New tokens for each prompt, up to and with the first stop token; what follows it is ignored."""

    def _answer(self, tokens: Sequence[int], prompt_tokens: int, decoding: Decoding, seconds: float) -> Generated:
        """Cuts tokens at the first that ends an answer and decodes them.

        `finish` is `length` when none came: such an answer may end in the middle of a word or of a character.
        The ending token counts in `tokens`: it cost as much as the others.
        """
        tokens, ends = tokens[: decoding.max_tokens], self.ends(decoding)
        end = next((index for index, token in enumerate(tokens) if token in ends), None)
        finish: Finish = "length" if end is None else "stop"
        return Generated(
            text=self.renderer.decode(tokens[:end]).strip(),
            finish=finish,
            prompt_tokens=prompt_tokens,
            tokens=len(tokens) if end is None else end + 1,
            seconds=seconds,
        )


def _log_odds(logits: Logits, token: int) -> float:
    """Of one token against all others."""
    others = np.delete(logits.astype(np.float64), token)
    highest = others.max()
    return float(logits[token] - highest - np.log(np.exp(others - highest).sum()))


def by_length(lengths: Sequence[int], limits: Limits) -> list[list[int]]:
    """Batches of indices, the longest prompts first, so that what does not fit into memory fails at once.

    Args:
        lengths: Of the prompts, in tokens. One beyond the limit of tokens stands alone.
        limits: Of each batch.
    """
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    batches: list[list[int]] = []
    for index in order:
        if batches and limits.allow(lengths[batches[-1][0]], lengths[index], len(batches[-1]) + 1):
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def longest_context(folder: Path) -> int | None:
    """How many tokens the model in a Hugging Face folder was made for, if it says so."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    found = config.get("max_position_embeddings", config.get("text_config", {}).get("max_position_embeddings"))
    return int(found) if found else None


def _check_lengths(lengths: Sequence[int], max_tokens: int, context: int | None) -> None:
    longest = max(lengths, default=0)
    if context is not None and longest + max_tokens > context:
        raise Mistake(
            f"a prompt of {longest} tokens and an answer of {max_tokens} do not fit into the model's {context}",
            hint="show fewer passages, or ask for a shorter answer",
        )

"""Generation with CTranslate2, in int8: a quarter of transformers' memory, and fast on any processor.

Only for prompts within the model's attention window, though: beyond it (512 tokens for Gemma 3 270M) each token is read
by itself, which is right but slow, and transformers is faster. See `CTranslate2Generator._companion`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import ctranslate2
import numpy as np

from ..core.generation import Decoding, Identity
from ..core.memory import keep
from ..core.mistakes import Mistake
from .batched import Batched, Limits, Logits

LIMITS = Limits(tokens=6_400, examples=48, spread=0)
"""Twice as many tokens would make a step take more than twice as long.

CTranslate2 reads at once as many tokens as the shortest prompt of a batch has; each that another has more is a step of
its own, as dear as a token of the answer, and rounded otherwise than when read at once: with 24 more allowed, 16 of 105
answers in int8 came out in other words, and not sooner (docs/log.md). So prompts within the window are batched with
those of their own length, and an answer does not depend on its neighbours. Those beyond the window, which are read step
by step anyway, share their steps among as many as there are."""


class CTranslate2Generator(Batched):
    """A `Generator` on a model that `convert` made."""

    def __init__(
        self,
        weights: Path,
        tokenizer: Path,
        *,
        model: str,
        number_format: str,
        cores: int | None = None,
        workers: int | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        """
        Args:
            weights: The folder with model.bin.
            tokenizer: The folder with config.json and tokenizer.json.
            model: Content digest of the model, for `identity`.
            number_format: `int8` or `float32`, as the weights are.
            cores: How many to use; all by default.
            workers: How many batches to answer at a time, which share the cores. By default one for each core: two
                cores add little to one within a batch of a small model. A single question is answered soonest by 1.
            limits: Of a batch.

        Raises:
            Mistake: the folder holds no model that this CTranslate2 reads.
        """
        self._window = attention_window(tokenizer)
        self._cores = cores or os.cpu_count() or 1
        workers = workers or self._cores
        super().__init__(tokenizer, limits=replace(limits, free_above=self._window), workers=workers)
        self.identity = Identity(
            model=model, engine=f"ctranslate2 {ctranslate2.__version__}", number_format=number_format
        )
        self._spelling = vocabulary(weights)
        self._weights = weights
        self._engine = self._load()

    def _load(self) -> ctranslate2.Generator:
        keep()
        try:
            return ctranslate2.Generator(
                str(self._weights),
                device="cpu",
                compute_type=self.identity.number_format,
                inter_threads=self._workers,
                intra_threads=max(1, self._cores // self._workers),
            )
        except (RuntimeError, ValueError) as error:
            raise Mistake(
                f"CTranslate2 cannot load this model: {error}", where=str(self._weights), hint="convert it again"
            ) from None

    def _continue(self, prompts: Sequence[Sequence[int]], decoding: Decoding) -> list[list[int]]:
        """New tokens for each prompt, up to and with the first stop token."""
        sampled = decoding.temperature > 0
        read = [*prompts, *self._companion(prompts)]
        results = (self._seeded(decoding.seed) if sampled else self._engine).generate_batch(
            [[self._spelling[token] for token in prompt] for prompt in read],
            max_length=decoding.max_tokens,
            end_token=self.ends(decoding),
            return_end_token=True,
            include_prompt_in_result=False,
            sampling_topk=0 if sampled else 1,
            sampling_temperature=decoding.temperature if sampled else 1,
        )
        return [list(result.sequences_ids[0]) for result in results[: len(prompts)]]

    def _next(self, prompts: Sequence[Sequence[int]]) -> list[Logits]:
        """Each prompt in a batch of its own, so that none depends on its neighbours."""
        spelt = [[self._spelling[token] for token in prompt] for prompt in prompts]
        short = [n for n, prompt in enumerate(prompts) if not self._companion([prompt])]
        found = dict(zip(short, self._first_logits([spelt[n] for n in short], alone=True), strict=True))
        for n, prompt in enumerate(prompts):
            if n not in found:
                read = [spelt[n], *([self._spelling[t] for t in each] for each in self._companion([prompt]))]
                found[n] = self._first_logits(read, alone=False)[0]
        return [found[n] for n in range(len(prompts))]

    def _nats(self, tokens: Sequence[int]) -> float:
        """
        Raises:
            Mistake: the text reaches beyond the attention window, where CTranslate2 reads otherwise than the model.
        """
        if self._window and len(tokens) > self._window:
            what = f"a text of {len(tokens)} tokens reaches beyond the attention window of {self._window}"
            raise Mistake(what, hint="cut it into pieces")
        (found,) = self._engine.score_batch([[self._spelling[token] for token in tokens]], max_input_length=0)
        return -float(sum(found.log_probs))

    def _first_logits(self, prompts: list[list[str]], *, alone: bool) -> list[Logits]:
        if not prompts:
            return []
        results = self._engine.generate_batch(
            prompts,
            max_batch_size=1 if alone else 0,
            max_length=1,
            include_prompt_in_result=False,
            sampling_topk=1,
            return_logits_vocab=True,
        )
        # Tokens of a prompt that are read one by one have logits too: the last are those of the answer's first.
        return [np.asarray(result.logits[0][-1]).reshape(-1) for result in results]

    def _seeded(self, seed: int) -> ctranslate2.Generator:
        """The model, loaded anew: CTranslate2 takes a seed when a worker draws its first number, and never again."""
        ctranslate2.set_random_seed(seed)
        return self._load()

    def _companion(self, prompts: Sequence[Sequence[int]]) -> list[Sequence[int]]:
        """One more prompt, as long as the attention window, where all others are longer; its answer is thrown away.

        CTranslate2 reads as many tokens at once as the shortest prompt has, and the others' rest one by one. Read at
        once beyond the window, tokens attend to more than they should: with 4.8.5 and Gemma 3 270M, the next token of a
        prompt of 816 was 4.7 nats (KL) away from transformers'. One by one it was 0.0000, so the companion makes
        CTranslate2 read no more than the window at once.
        """
        if not self._window or min(map(len, prompts)) <= self._window:
            return []
        return [prompts[0][: self._window]]


def attention_window(folder: Path) -> int | None:
    """How many tokens back a local layer sees, for models that have such layers."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config = config.get("text_config", config)
    return config.get("sliding_window") if config.get("use_sliding_window") is not False else None


def vocabulary(weights: Path) -> list[str]:
    """The spelling of each token id, as the converted model knows it.

    Raises:
        Mistake: there is no vocabulary, or two ids have one spelling, so that a prompt could not be told unmistakably.
    """
    file = weights / "vocabulary.json"
    if not file.is_file():
        raise Mistake("no converted model in this folder", where=str(weights), hint="it must hold vocabulary.json")
    tokens: list[str] = json.loads(file.read_text(encoding="utf-8"))
    if len(set(tokens)) != len(tokens):
        raise Mistake("two tokens of the vocabulary have one spelling", where=str(file), hint="convert the model again")
    return tokens

"""Generation with transformers: every architecture, any device; the reference that faster engines are held against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from ..core.generation import Decoding, Identity, check_number_format
from ..core.mistakes import Mistake
from .adapter import add_adapter
from .batched import Batched, Limits, Logits, by_length
from .refill import refilled

LIMITS = Limits(tokens=4096, examples=16)
QUEUE = Limits(tokens=1 << 20, examples=256)
"""Prompts that refill one another: memory is taken by those under way alone."""

PIECE = 256
"""Tokens whose logits are held at a time: 270 MB for a vocabulary of 262,144."""


class TransformersGenerator(Batched):
    """A `Generator` on the model in a Hugging Face folder. Uses the first GPU if there is one."""

    def __init__(
        self,
        folder: Path,
        *,
        model: str,
        number_format: str = "float32",
        device: str | None = None,
        limits: Limits = LIMITS,
        adapter: Path | None = None,
    ) -> None:
        """
        Args:
            folder: With config.json, the weights and the tokenizer. Nothing is downloaded.
            model: Content digest of the model, with its adapter's if it has one, for `identity`.
            number_format: `float32`, `bfloat16` or `float16`.
            device: As torch names it; by default `cuda` where there is one, else `cpu`.
            limits: Of a batch.
            adapter: A LoRA adapter in the form of PEFT, added to the weights.

        Raises:
            Mistake: the folder holds no model that transformers can load, the number format is unknown, or the adapter
                does not fit.
        """
        check_number_format(number_format)
        super().__init__(folder, limits=limits)
        self.identity = Identity(
            model=model, engine=f"transformers {transformers.__version__}", number_format=number_format
        )
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._model = load(folder, getattr(torch, number_format)).to(self._device).eval()
        if adapter is not None:
            add_adapter(self._model, adapter)
        # A folder's own settings (temperature, penalties) must not change what `Decoding` says.
        self._model.generation_config = transformers.GenerationConfig()

    def _continue(self, prompts: Sequence[Sequence[int]], decoding: Decoding) -> list[list[int]]:
        """New tokens for each prompt, up to and with the first stop token."""
        told: dict[str, Any] = {
            "max_tokens": decoding.max_tokens,
            "ends": self.ends(decoding),
            "pad": self.renderer.pad_id,
        }
        if decoding.temperature > 0:
            torch.manual_seed(decoding.seed)
            return padded(self._model, prompts, temperature=decoding.temperature, **told)
        # A single prompt has nobody to take its place.
        return (refilled if len(prompts) > 1 else padded)(self._model, prompts, **told)

    def _batches(self, lengths: Sequence[int], decoding: Decoding) -> list[list[int]]:
        """Greedy answers refill one another; of drawn ones, neighbours in a batch decide what is drawn."""
        return super()._batches(lengths, decoding) if decoding.temperature else by_length(lengths, QUEUE)

    @torch.inference_mode()
    def _nats(self, tokens: Sequence[int]) -> float:
        """Piece by piece and in float32, so that the logits of a long text need not be held at once."""
        ids = torch.tensor([tokens], dtype=torch.long, device=self._device)
        total, past = 0.0, None
        for start in range(0, len(tokens) - 1, PIECE):
            end = min(start + PIECE, len(tokens) - 1)
            told = self._model(input_ids=ids[:, start:end], past_key_values=past, use_cache=True)
            past = told.past_key_values
            logits = told.logits[0].float()
            targets = ids[0, start + 1 : end + 1]
            total += float(torch.nn.functional.cross_entropy(logits, targets, reduction="sum"))
        return total

    @torch.inference_mode()
    def _next(self, prompts: Sequence[Sequence[int]]) -> list[Logits]:
        found: list[tuple[int, Logits]] = []
        for batch in by_length([len(prompt) for prompt in prompts], self._limits):
            ids, mask = _padded_left([prompts[index] for index in batch], self.renderer.pad_id)
            positions = (mask.cumsum(dim=1) - 1).clamp(min=0).to(self._device)
            told = self._model(
                input_ids=ids.to(self._device),
                attention_mask=mask.to(self._device),
                position_ids=positions,
                logits_to_keep=1,
            )
            found += list(zip(batch, told.logits[:, -1].float().cpu().numpy(), strict=True))
        return [logits for _, logits in sorted(found, key=lambda pair: pair[0])]


def load(folder: Path, dtype: torch.dtype) -> Any:
    """The causal language model of a Hugging Face folder, from local files only.

    Raises:
        Mistake: transformers cannot load it.
    """
    transformers.utils.logging.disable_progress_bar()
    try:
        return transformers.AutoModelForCausalLM.from_pretrained(str(folder), dtype=dtype, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise Mistake(
            f"transformers cannot load this model: {str(error).splitlines()[0]}",
            where=str(folder),
            hint="it must be a Hugging Face folder with config.json and *.safetensors",
        ) from None


@torch.inference_mode()
def padded(
    model: Any,
    prompts: Sequence[Sequence[int]],
    *,
    max_tokens: int,
    ends: Sequence[int],
    pad: int,
    temperature: float = 0.0,
) -> list[list[int]]:
    """New tokens for each prompt, in one batch that lasts as long as its longest answer; after an end stands noise."""
    ids, mask = _padded_left(prompts, pad)
    sampled = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    found = model.generate(
        input_ids=ids.to(model.device),
        attention_mask=mask.to(model.device),
        max_new_tokens=max_tokens,
        eos_token_id=list(ends),
        pad_token_id=pad,
        **(sampled if temperature > 0 else {"do_sample": False}),
    )
    return [list(map(int, row)) for row in found[:, ids.shape[1] :].tolist()]


def _padded_left(prompts: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens (prompts, longest) filled up on the left, and the mask that is 0 there."""
    longest = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), longest), pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, longest - len(prompt) :] = torch.tensor(prompt, dtype=torch.long)
        mask[row, longest - len(prompt) :] = 1
    return ids, mask

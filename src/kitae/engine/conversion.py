"""Conversion to CTranslate2, with its own converter, and a check of what came out.

The converter knows the architectures. Three things are added here, because it is silent where it is wrong:

- transformers 5 keeps the rotary bases of Gemma 3 in `rope_parameters`, while the converter reads the names of
  transformers 4 and takes a default where they are missing; so they are written under those names too.
- The vocabulary is the one that `Renderer` reads, with one distinct spelling for each row of the embedding; the
  converter's own list shifts where a tokenizer skips an id.
- The converted model has to agree with the original on a text, and is refused if it does not.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import ctranslate2
import torch
from ctranslate2.converters import TransformersConverter

from ..core.mistakes import Mistake
from .chat import Renderer
from .ct2 import vocabulary
from .local import load

AGREEMENT_NATS: Final = {"float32": 0.005, "int8": 1.0}
"""The largest mean difference, over the tokens of a text, in the log-probability of the next token.

Rounding alone makes less than 0.0001 in float32, and 0.3 in int8 (Gemma 3 270M); a wrong rotary base, norm or scale
makes more than 0.02.
"""

_CHECKED_TEXT: Final = (
    "従業員が私傷病により引き続き欠勤し、なお療養を必要とするときは、会社は期間を定めて休職を命じることがある。"
    "休職の事由が消えたときは、原則として元の職務に復帰させる。The plant in the valley makes springs and clock parts. "
    "復職の後六か月以内に同じ事由で欠勤したときは、休職の期間を通算する。About 120 people work there, in two shifts.\n"
)
_CHECKED_TOKENS = 96


def convert_folder(source: Path, target: Path, number_format: str, renderer: Renderer) -> float:
    """Converts the Hugging Face folder `source` into the new folder `target`, without a network.

    Float32 is made first whatever is asked for: only there is a small difference surely a fault.

    Returns:
        How far the result is from the original: the mean difference in the log-probability of the next token, in nats.

    Raises:
        Mistake: CTranslate2 does not know the architecture, or the result does not agree.
    """
    difference = _convert_and_check(source, target, "float32", renderer)
    if number_format != "float32":
        shutil.rmtree(target)
        difference = _convert_and_check(source, target, number_format, renderer)
    return difference


def _convert_and_check(source: Path, target: Path, number_format: str, renderer: Renderer) -> float:
    converter = _Converter(source, renderer)
    try:
        converter.convert(str(target), quantization=number_format)
    except (ValueError, NotImplementedError, KeyError, AttributeError) as error:
        raise Mistake(
            f"CTranslate2 {ctranslate2.__version__} cannot convert this model: {str(error).splitlines()[0]}",
            where=str(source),
            hint='use engine = "transformers" for it',
        ) from error
    difference = _difference(converter.expected, _scores(target, converter.tokens, number_format))
    if not difference <= AGREEMENT_NATS[number_format]:
        raise Mistake(
            f"in {number_format} the converted model differs from the original by {difference:.3f} nats a token, "
            f"more than {AGREEMENT_NATS[number_format]}",
            where=str(source),
            hint='use engine = "transformers" for it',
        )
    return difference


class _Converter(TransformersConverter):  # type: ignore[misc]
    """CTranslate2's converter with our loading; keeps what the original says, for it takes the original apart."""

    def __init__(self, source: Path, renderer: Renderer) -> None:
        super().__init__(str(source))
        self._source = source
        self._renderer = renderer
        self._rows = 0
        self.tokens: list[int] = []
        self.expected: list[float] = []

    def load_model(self, model_class: Any, model_name_or_path: str, **kwargs: Any) -> Any:
        model = load(self._source, torch.float32).eval()
        text = model.config.get_text_config()
        _write_old_rotary_names(text)
        self._rows = int(text.vocab_size)
        self.tokens = _checked_tokens(self._renderer, text)
        self.expected = _log_probabilities(model, self.tokens)
        return model

    def load_tokenizer(self, tokenizer_class: Any, model_name_or_path: str, **kwargs: Any) -> _Spellings:
        return _Spellings(self._renderer, self._rows)


class _Spellings:
    """As much of a tokenizer as the converter asks for."""

    def __init__(self, renderer: Renderer, rows: int) -> None:
        known = renderer.vocabulary
        self._rows = rows_of(known, rows)
        self.bos_token = None if renderer.bos_id is None else known[renderer.bos_id]
        self.eos_token = known[renderer.eos_id]
        # CTranslate2 wants one; no token is unknown here, for prompts are made of ids.
        self.unk_token = "<unk>" if "<unk>" in self._rows else self.eos_token
        self.chat_template = None

    def get_vocab(self) -> dict[str, int]:
        return {spelling: row for row, spelling in enumerate(self._rows)}


def rows_of(vocabulary: Mapping[int, str], rows: int) -> list[str]:
    """One distinct spelling for each row of the embedding, also for rows that no token stands for.

    Raises:
        ValueError: a token has no row, or two have one spelling.
    """
    if max(vocabulary) >= rows:
        raise ValueError(f"the tokenizer knows {max(vocabulary) + 1} tokens, the model {rows}")
    spellings = [vocabulary.get(row, f"<row {row}>") for row in range(rows)]
    if len(set(spellings)) != rows:
        raise ValueError("two tokens have one spelling")
    return spellings


def _write_old_rotary_names(config: Any) -> None:
    """`rope_theta` and `rope_local_base_freq`, where `rope_parameters` differ between kinds of layers."""
    rotary = getattr(config, "rope_parameters", None) or {}
    if "full_attention" in rotary:
        if any(each.get("rope_type", "default") != "default" for each in rotary.values()):
            raise NotImplementedError("its rotary embedding is scaled in some layers only")
        config.rope_theta = rotary["full_attention"]["rope_theta"]
        config.rope_local_base_freq = rotary["sliding_attention"]["rope_theta"]


def _checked_tokens(renderer: Renderer, config: Any) -> list[int]:
    """Tokens of a text, no more than fit into the model's attention window: CTranslate2 cannot score beyond it."""
    window = getattr(config, "sliding_window", None) or _CHECKED_TOKENS
    return renderer.plain(_CHECKED_TEXT)[: min(window, _CHECKED_TOKENS)]


@torch.inference_mode()
def _log_probabilities(model: Any, tokens: list[int]) -> list[float]:
    """Of each token but the first, given those before it."""
    ids = torch.tensor([tokens])
    logits = model(input_ids=ids, use_cache=False).logits[0, :-1]
    found = [
        -torch.nn.functional.cross_entropy(rows.float(), targets, reduction="none")
        for rows, targets in zip(torch.split(logits, 64), torch.split(ids[0, 1:], 64), strict=True)  # whole: gigabytes
    ]
    return [float(value) for value in torch.cat(found)]


def _scores(weights: Path, tokens: list[int], number_format: str) -> list[float]:
    engine = ctranslate2.Generator(str(weights), device="cpu", compute_type=number_format)
    spelling = vocabulary(weights)
    (scored,) = engine.score_batch([[spelling[token] for token in tokens]], max_input_length=0)
    return [float(value) for value in scored.log_probs]


def _difference(expected: list[float], found: list[float]) -> float:
    if len(expected) != len(found):
        return float("inf")
    return sum(abs(a - b) for a, b in zip(expected, found, strict=True)) / len(expected)

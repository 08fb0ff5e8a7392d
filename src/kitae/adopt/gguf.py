"""A GGUF file → a plain Hugging Face folder, dequantised once."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..core.mistakes import Mistake
from ..core.quiet import hush

NUMBER_FORMAT = "bfloat16"
"""What dequantised weights are saved in, for half the size of float32. The models were trained in it, so what was not
quantised (norms) comes back bit for bit; for the rest its rounding (0.2 % of Gemma's weights by norm) is small beside
the quantisation itself. Training in float32 reads it without a further loss."""

GPT2_SPLIT = ("gpt-2", "phi-2")
"""`tokenizer.ggml.pre` of byte-level vocabularies that were learnt on text split by GPT-2's expression."""
DIGIT_SPLIT = ("smollm",)
"""Those that were learnt with every digit on its own first. Checked token by token against llama.cpp."""


def dequantise(file: Path, folder: Path) -> str:
    """Writes config, weights (bfloat16), tokenizer and generation settings of `file` into `folder`.

    Returns:
        The licence that the file states; empty where it states none.

    Raises:
        Mistake: the file is damaged, or of an architecture or a vocabulary that cannot be read.
    """
    hush()
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    with _read_once(file) as reader:
        try:
            place, name = str(file.parent), file.name
            config = AutoConfig.from_pretrained(place, gguf_file=name)
            packed = AutoModelForCausalLM.from_pretrained(place, gguf_file=name, dtype=torch.float32)
            tokenizer = AutoTokenizer.from_pretrained(place, gguf_file=name)
        except (ValueError, KeyError, IndexError, TypeError, OSError, RuntimeError, NotImplementedError) as error:
            raise Mistake(
                f"the GGUF file cannot be read: {error}", where=str(file), hint="fetch it again, or choose another base"
            ) from error
        _split_as_learnt(tokenizer.backend_tokenizer, _field(reader, "tokenizer.ggml.pre"), file)
        licence = _field(reader, "general.license")
    # transformers keeps what it read packed; a model built from the config alone saves plain weights. On the meta
    # device nothing is initialised first, which would take longer than all the reading.
    with torch.device("meta"):
        plain = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    weights = {key: value.to(torch.bfloat16) for key, value in packed.state_dict().items()}
    plain.load_state_dict(weights, assign=True)
    plain.tie_weights()
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    _tidy(folder / "config.json", drop=("_name_or_path", "_model_name_or_path"))
    _tidy(folder / "tokenizer_config.json", drop=("is_local", "local_files_only", "name_or_path"))
    return licence.lower()


def _split_as_learnt(backend: Any, split: str, file: Path) -> None:
    """transformers takes GPT-2's expression for every byte-level vocabulary that it does not know, without a word."""
    from tokenizers import pre_tokenizers

    if not isinstance(backend.pre_tokenizer, pre_tokenizers.ByteLevel) or split in GPT2_SPLIT:
        return
    if split not in DIGIT_SPLIT:
        raise Mistake(
            f"the GGUF file splits text by a rule called `{split or 'none'}`, which is not known here",
            where=str(file),
            hint="adopt the model's Hugging Face folder instead: its tokenizer.json has the rule",
        )
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )


@contextlib.contextmanager
def _read_once(file: Path) -> Iterator[Any]:
    """transformers parses the file anew for the config, the weights and the tokenizer; 262,144 tokens take ten
    seconds each time. While this is open, one reader serves them all.

    Raises:
        Mistake: the file is no whole GGUF.
    """
    import gguf

    original: Any = gguf.GGUFReader
    try:
        reader = original(file)
    except (ValueError, IndexError, KeyError, TypeError, OSError, OverflowError, MemoryError) as error:
        raise Mistake(
            f"not a whole GGUF file: {error}", where=str(file), hint="fetch it again, or choose another base"
        ) from error
    gguf.GGUFReader = lambda *_: reader
    try:
        yield reader
    finally:
        gguf.GGUFReader = original


def _field(reader: Any, key: str) -> str:
    field = reader.get_field(key)
    return str(field.contents()) if field is not None else ""


def _tidy(file: Path, drop: tuple[str, ...]) -> None:
    """Takes out what tells of this machine, so that the same base makes the same files anywhere."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    kept = {key: value for key, value in settings.items() if key not in drop}
    file.write_text(json.dumps(kept, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")

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
"""What dequantised weights are saved in. The models were trained in it, and a weight of 4 bits has an error some
thirty times the rounding of bfloat16, so nothing that matters is lost for half the size of float32."""


def dequantise(file: Path, folder: Path) -> None:
    """Writes config, weights (bfloat16), tokenizer and generation settings of `file` into `folder`.

    Raises:
        Mistake: the file is damaged, or of an architecture that transformers does not read.
    """
    hush()
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    with _read_once(file):
        try:
            place, name = str(file.parent), file.name
            config = AutoConfig.from_pretrained(place, gguf_file=name)
            packed = AutoModelForCausalLM.from_pretrained(place, gguf_file=name, dtype=torch.float32)
            tokenizer = AutoTokenizer.from_pretrained(place, gguf_file=name)
        except (ValueError, KeyError, OSError, RuntimeError, NotImplementedError) as error:
            raise Mistake(
                f"the GGUF file cannot be read: {error}", where=str(file), hint="fetch it again, or choose another base"
            ) from error
    # transformers keeps what it read packed; a model built from the config alone saves plain weights.
    plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    plain.load_state_dict(packed.state_dict())
    plain.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    _tidy(folder / "config.json", drop=("_name_or_path", "_model_name_or_path"))
    _tidy(folder / "tokenizer_config.json", drop=("is_local", "local_files_only", "name_or_path"))


@contextlib.contextmanager
def _read_once(file: Path) -> Iterator[None]:
    """transformers parses the file anew for the config, the weights and the tokenizer; 262,144 tokens take ten
    seconds each time. While this is open, one reader serves them all.

    Raises:
        Mistake: the file is no whole GGUF.
    """
    import gguf

    original: Any = gguf.GGUFReader
    try:
        reader = original(file)
    except (ValueError, IndexError, KeyError, OSError, UnicodeDecodeError) as error:
        raise Mistake(
            f"not a whole GGUF file: {error}", where=str(file), hint="fetch it again, or choose another base"
        ) from error
    gguf.GGUFReader = lambda *_: reader
    try:
        yield
    finally:
        gguf.GGUFReader = original


def _tidy(file: Path, drop: tuple[str, ...]) -> None:
    """Takes out what tells of this machine, so that the same base makes the same files anywhere."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    kept = {key: value for key, value in settings.items() if key not in drop}
    file.write_text(json.dumps(kept, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")

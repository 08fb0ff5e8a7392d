"""No telemetry, no call home: switched off in one place, before the libraries that would are imported."""

from __future__ import annotations

import os

OFF = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
}


def hush() -> None:
    """Call it before importing transformers, huggingface_hub, peft or tokenizers. Imports nothing heavy itself."""
    os.environ.update(OFF)

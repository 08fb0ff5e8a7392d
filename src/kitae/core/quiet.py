"""What libraries read in the environment, set in one place before they do: no telemetry, no call home."""

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
    # PyTorch looks at it once, at the first product on a GPU; without it training, which is deterministic, is refused.
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}


def hush() -> None:
    """Call it before importing transformers, huggingface_hub, peft or tokenizers, and before anything is on a GPU.

    Imports nothing heavy itself.
    """
    os.environ.update(OFF)

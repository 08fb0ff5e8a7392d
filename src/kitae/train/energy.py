"""Electricity of a GPU, as it counts it itself (NVML)."""

from __future__ import annotations

from collections.abc import Callable

import torch

Reading = Callable[[], float]
"""Joules that were used since some moment long ago."""


def reading(device: str) -> Reading | None:
    """Of the GPU that this process trains on; `None` where none counts, or `nvidia-ml-py` is not installed.

    The device alone: not the processor, fans or power supply of its machine.
    """
    if device != "cuda":
        return None
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        # By its own name: torch counts only the devices that it is shown.
        name = torch.cuda.get_device_properties(torch.cuda.current_device()).uuid
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{name}".encode())
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)  # cards before Volta do not count
    except pynvml.NVMLError:
        return None
    return lambda: float(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1000

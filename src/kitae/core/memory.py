"""Memory that a stage used, given back to the system before the next stage needs it."""

from __future__ import annotations

import ctypes
import gc


def give_back() -> None:
    """Collects what is unreachable and has the C library return free memory to the system.

    glibc keeps it otherwise: after training that is about two gigabytes, on which the next stage's peak would stand
    (docs/log.md). Other C libraries have no such call and need none.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)

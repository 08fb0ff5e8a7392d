"""Memory of this process: the most that was held, and what the C library does with what is free."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import re
import resource
import sys
from pathlib import Path

PROCESS = Path("/proc/self")

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""glibc's numbers for `mallopt`."""
SPARE = 64 * 2**20
"""Bytes by which the heap grows at least."""


def keep() -> None:
    """Has glibc hold on to large blocks that are freed, until `give_back`.

    By default each large block is mapped anew and its pages are zeroed again. CTranslate2 grows the memory of attention
    by a token at a time, so a step of generation was mostly that: 0.31 s instead of 0.09 s for 16 answers behind 400
    tokens of prompt, on two cores (docs/log.md).
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(M_MMAP_MAX, 0)
        set_option(M_TRIM_THRESHOLD, 2**31 - 1)
        set_option(M_TOP_PAD, SPARE)


def give_back() -> None:
    """Collects what is unreachable and has the C library return free memory to the system.

    glibc keeps it otherwise: after training that is about two gigabytes, on which the next stage's peak would stand
    (docs/log.md). Other C libraries have no such call and need none.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def forget_peak() -> None:
    """Has `peak` count from now on, where the system knows of that (Linux)."""
    with contextlib.suppress(OSError):
        (PROCESS / "clear_refs").write_text("5")


def peak() -> int:
    """The most bytes that were held since `forget_peak`; elsewhere than on Linux since the process began."""
    with contextlib.suppress(OSError):
        if found := re.search(r"VmHWM:\s+(\d+) kB", (PROCESS / "status").read_text()):
            return int(found[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024

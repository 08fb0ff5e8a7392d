"""The benchmark of judging runs, and says what it measured."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "judging.py"


def test_a_smoke_run_makes_every_call_and_tells_the_rate() -> None:
    command = [sys.executable, str(SCRIPT), "--smoke", "--latency", "0.05"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.startswith("160 calls of 0.05 s, 32 at once: 640.0/s are possible\n")
    assert re.search(r"^kitae +160 calls in +\d+\.\d s: +\d+\.\d/s, \d+\.\d%$", printed, re.MULTILINE)

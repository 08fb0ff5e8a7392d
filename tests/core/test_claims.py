"""Two processes never work on one thing; a dead one holds nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kitae.core.claims import Claims

HOLD = """
import sys
from pathlib import Path
from kitae.core.claims import Claims
claims = Claims(Path(sys.argv[1]))
print(*(claims.take(key) for key in sys.argv[2:]), flush=True)
sys.stdin.readline()
claims.free(sys.argv[2])
print("freed", flush=True)
sys.stdin.readline()
"""


def holder(file: Path, *keys: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file), *keys], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_what_another_process_has_cannot_be_taken_until_it_frees_it_or_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "claims"
    with holder(file, "one", "two") as other, Claims(file) as ours:
        assert other.stdin and other.stdout
        assert other.stdout.readline() == "True True\n"
        assert [ours.take(key) for key in ("one", "two", "three")] == [False, False, True]
        print(file=other.stdin, flush=True)
        assert other.stdout.readline() == "freed\n"
        assert [ours.take(key) for key in ("one", "two")] == [True, False]
        other.kill()
        other.wait()
        assert ours.take("two")
    assert file.stat().st_size == 0

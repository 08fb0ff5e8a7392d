"""A disk that is really full: a file system of a few hundred kilobytes under the store."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kitae.commands import make_all
from kitae.project import Project


def on_a_small_disk(script: str, kilobytes: int) -> subprocess.CompletedProcess[str]:
    """Runs a script with `$DISK` mounted as a file system of that size, gone afterwards."""
    mount = f'mount -t tmpfs -o size={kilobytes}k tmpfs "$DISK"'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f"{mount} || exit 77\n{script}"]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [24, 60, 300, 1200])
def test_a_full_disk_is_told_and_what_was_sealed_is_intact(
    tiny_project: Path, kilobytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it fills up: while documents are written, the memo grows, or weights are saved."""
    store = tiny_project / "store"
    store.mkdir()
    monkeypatch.setenv("DISK", str(store))
    kitae = f"{sys.executable} -m kitae -C {tiny_project}"
    saved = tiny_project / "saved"
    result = on_a_small_disk(f'{kitae} run; echo "exit $?"; cp -r "$DISK" {saved}', kilobytes)
    if result.returncode == 77:
        pytest.skip(f"no file system can be mounted here: {result.stderr.strip()}")
    assert "exit 2" in result.stdout, result.stderr[-2000:]
    assert "disk is full" in result.stderr
    assert "Traceback" not in result.stderr
    # The same store with room again: everything sealed is sound, and the run goes on to the end.
    store.rmdir()
    saved.rename(store)
    project = Project(tiny_project)
    before = {artifact.id: artifact.content for artifact in project.store.artifacts()}
    assert all(artifact.edited() == [] for artifact in project.store.artifacts())
    make_all(project)
    after = {artifact.id: artifact.content for artifact in project.store.artifacts()}
    assert before.items() <= after.items()
    assert any(name.startswith("scorecard/tuned.retrieval") for name in after)

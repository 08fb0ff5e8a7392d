"""Who is at work on what, among processes that share a folder."""

from __future__ import annotations

import errno
import fcntl
import hashlib
from pathlib import Path
from types import TracebackType
from typing import Self

from .mistakes import Mistake


class Claims:
    """A lock of one byte for each key, in a file that stays empty.

    The system frees a process's locks when it ends, however it ends, so a kill leaves nothing behind. They keep
    processes apart, not threads of one process. Use with `with`.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._path = file
        # Closing any descriptor of the file would free every lock on it, so there is but one.
        self._file = file.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def take(self, key: str) -> bool:
        """Whether it is ours now; not if another process has it.

        Raises:
            Mistake: the disk knows no locks.
        """
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(key))
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                return False
            raise Mistake(
                f"this disk keeps no locks, so two processes could pay for the same thing: {error.strerror}",
                where=str(self._path),
                hint="keep the project on a disk with locks (NFS 4 has them)",
            ) from error
        return True

    def free(self, key: str) -> None:
        """Lets go of it."""
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _place(key))


def _place(key: str) -> int:
    """Where in the file a key's byte is: below 2^60, so that two keys all but never share one."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:15], 16)

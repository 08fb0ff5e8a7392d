"""Ends a process soon after another one that trains with it has died.

Otherwise it would wait in the middle of a step for what never comes. Libraries notice some deaths, by some ways of
speaking, after minutes; here each rank holds a connection to the first one, which the system closes with its process.
A machine that is gone without a word is noticed by keepalive.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
import threading
from collections.abc import Callable
from typing import Final

from ..core.mistakes import Mistake

KEEPALIVE: Final = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4))
"""A silent machine is asked after 10 seconds, and is gone after 4 more times of 5. Systems have some of these."""

GOODBYE: Final = b"."
"""What is said before a process ends as it should."""

SOON: Final = 5.0
"""Seconds in which the death of a process is noticed that has broken a connection."""


class Watch:
    """The connections between the first rank and the others, and a thread that waits on them."""

    def __init__(self, rank: int, count: int, told: Callable[[int], int]) -> None:
        """
        Args:
            told: Hands on a number from the first rank to all.
        """
        self._peers = _accepted(count - 1, told) if rank == 0 else _connected(rank, told)
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Says goodbye, after which nobody minds that this process ends; waits until the others have said it."""
        for peer in self._peers:
            try:
                peer.sendall(GOODBYE)
            except OSError:
                break  # it has died, and `_look` is about to say so
        self._thread.join(SOON)

    def wait(self) -> None:
        """Gives the thread time to notice a death, which it says and ends this process."""
        self._thread.join(SOON)

    def _look(self) -> None:
        with selectors.DefaultSelector() as selector:
            for peer, whose in self._peers.items():
                selector.register(peer, selectors.EVENT_READ, whose)
            while selector.get_map():
                for key, _ in selector.select():
                    assert isinstance(key.fileobj, socket.socket)
                    if not _said_goodbye(key.fileobj):
                        _die(key.data)
                    selector.unregister(key.fileobj)


def _said_goodbye(peer: socket.socket) -> bool:
    try:
        return peer.recv(1) == GOODBYE
    except OSError:
        return False


def _accepted(count: int, told: Callable[[int], int]) -> dict[socket.socket, str]:
    """On the first rank: connections from all others, and who they are."""
    peers = {}
    with socket.create_server((os.environ["MASTER_ADDR"], 0)) as server:
        told(server.getsockname()[1])
        for _ in range(count):
            peer, address = server.accept()
            peers[_kept_alive(peer)] = f"process {int.from_bytes(peer.recv(4))} at {address[0]}"
    return peers


def _connected(rank: int, told: Callable[[int], int]) -> dict[socket.socket, str]:
    peer = socket.create_connection((os.environ["MASTER_ADDR"], told(0)))
    peer.sendall(rank.to_bytes(4))
    return {_kept_alive(peer): "the first one, or one that it has lost,"}


def _kept_alive(peer: socket.socket) -> socket.socket:
    peer.settimeout(None)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE:
        if hasattr(socket, name):
            peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return peer


def _die(whose: str) -> None:
    """At once: the main thread may be waiting for the other one, and cannot be told."""
    mistake = Mistake(
        f"another process of this training has died: {whose} is gone",
        where=f"process {os.environ.get('RANK', '?')}",
        hint="its own message or the machine's log says why; the same command goes on from the last checkpoint",
    )
    print(f"kitae: {mistake}", file=sys.stderr, flush=True)
    os._exit(mistake.exit_code)

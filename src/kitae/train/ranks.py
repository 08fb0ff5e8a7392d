"""The processes that train together: one alone, or several that torchrun started.

What a rank does for all, or all do for one, goes through here; the loop itself does not know how many there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from ..core.mistakes import Mistake
from .watch import Watch

if TYPE_CHECKING:
    from torch import Tensor
    from torch.distributed.device_mesh import DeviceMesh

T = TypeVar("T")

PATIENCE: Final = timedelta(days=7)
"""So long one rank waits for another, which may be making what is trained on. `Watch` sees when one has died."""


class Alone:
    """One process that trains by itself."""

    rank = 0
    count = 1
    group: Any = None
    """Of torch, through which they speak; `None` for one process."""

    @property
    def aside(self) -> Alone:
        """The same ranks, for a thread that speaks while others do."""
        return self

    def share(self, rows: Sequence[T]) -> list[tuple[T, bool]]:
        """This rank's part of some rows, and whether each counts.

        All ranks have as many, since they gather weights together at each one: who has fewer does another rank's row
        once more, which does not count.
        """
        if not rows:
            return []
        places = range(self.rank, -(-len(rows) // self.count) * self.count, self.count)
        return [(rows[place % len(rows)], place < len(rows)) for place in places]

    def pieces(self, shard: str) -> int:
        """How many ranks share out one copy of the weights, as `Computing.shard` says."""
        machine = int(os.environ.get("LOCAL_WORLD_SIZE", self.count))
        return {"all": self.count, "node": machine, "none": 1}[shard] if self.count > 1 else 1

    def gathered(self, value: T) -> list[T]:
        """What each rank says, in their order; the same everywhere."""
        return [value]

    def total(self, value: float) -> float:
        """Summed over the ranks in their order, so that all have the same to the last bit."""
        return sum(self.gathered(value))

    def any(self, value: T) -> T:
        """What the first rank says that says something; what this one does if none."""
        return next((each for each in self.gathered(value) if each), value)

    def told(self, value: T) -> T:
        """What the first rank says."""
        return self.gathered(value)[0]

    def all(self, act: Callable[[], T]) -> T:
        """Does it on every rank, which goes well everywhere or nowhere.

        Raises:
            Mistake: of any rank.
        """
        found, mistake = _tried(act)
        if told := self.any(mistake):
            raise told
        return found  # type: ignore[return-value]

    def once(self, act: Callable[[], T]) -> T:
        """Does it on the first rank, for all.

        Raises:
            Mistake: of the first rank, on all.
        """
        found, mistake = self.told(_tried(act) if self.rank == 0 else (None, None))
        if mistake:
            raise mistake
        return found  # type: ignore[return-value]


class _Speaking(Alone):
    """Ranks that speak through a process group of torch, from the memory of the processor."""

    def __init__(self) -> None:
        import torch.distributed as dist

        self.rank, self.count = dist.get_rank(), dist.get_world_size()
        self.group = dist.new_group(backend="gloo", timeout=PATIENCE)

    def gathered(self, value: T) -> list[T]:
        import torch.distributed as dist

        found: list[Any] = [None] * self.count
        dist.all_gather_object(found, value, group=self.group)
        return found


class Several(_Speaking):
    """One of several processes, as torchrun started them.

    While it is entered, the death of one ends the others: see `Watch`.
    """

    def __init__(self, device: str) -> None:
        """
        Args:
            device: `cpu` or `cuda`; of the latter each rank of a machine takes one.
        """
        import torch
        import torch.distributed as dist

        if device == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("cpu:gloo,cuda:nccl" if device == "cuda" else "gloo", timeout=PATIENCE)
        super().__init__()
        self.device = device
        self._aside = _Speaking()
        self._watch = Watch(self.rank, self.count, self.told)

    @property
    def aside(self) -> Alone:
        return self._aside

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        import torch.distributed as dist

        if error is None or isinstance(error, Mistake):
            self._watch.end()
            dist.destroy_process_group()
        elif isinstance(error, RuntimeError):
            # Perhaps only because another rank has died; then that is what is said.
            self._watch.wait()

    def mesh(self, shard: str) -> DeviceMesh:
        """Which ranks share out one copy of the weights, and which have the same piece of another one."""
        from torch.distributed.device_mesh import init_device_mesh

        pieces = self.pieces(shard)
        return init_device_mesh(self.device, (self.count // pieces, pieces), mesh_dim_names=("copies", "pieces"))


ALONE: Final = Alone()

_present: list[Alone] = [ALONE]
"""Torch has one group of processes for all of a process, and so have we."""


def present() -> Alone:
    """The processes that train together here."""
    return _present[-1]


@contextmanager
def gathering(device: Callable[[], str]) -> Iterator[bool]:
    """Has the processes that torchrun started train together; gives whether this one only does what the first says.

    What such a process does has happened when this is entered. Without torchrun there is nothing to it.

    Args:
        device: `cpu` or `cuda`.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield False
        return
    from .along import follow

    with Several(device()) as ranks:
        if ranks.rank:
            follow(ranks)
            yield True
            return
        _present.append(ranks)
        try:
            yield False
            ranks.told(None)
        except Mistake:
            ranks.told(None)
            raise
        finally:
            _present.remove(ranks)


def whole(tensor: Tensor) -> Tensor:
    """A tensor in one piece, whatever ranks have pieces of it; all of them have to ask."""
    gather = getattr(tensor, "full_tensor", None)
    return gather() if gather else tensor


def part_of(tensor: Tensor) -> Tensor:
    """What this rank has of a tensor."""
    local = getattr(tensor, "to_local", None)
    return local() if local else tensor


def part(tensor: Tensor, like: Tensor) -> Tensor:
    """Of a tensor that is in one piece everywhere, what this rank has of `like`."""
    from torch.distributed.tensor import DTensor, distribute_tensor

    if not isinstance(like, DTensor):
        return tensor
    return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements, src_data_rank=None)


def _tried(act: Callable[[], T]) -> tuple[T | None, Mistake | None]:
    try:
        return act(), None
    except Mistake as mistake:
        return None, mistake

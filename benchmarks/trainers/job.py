"""What every contender is given and what it prints. Only the standard library, for peers have no package of ours."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Dialogue:
    """A dialogue as our renderer has it, and as messages for those who render themselves."""

    tokens: list[int]
    learnt: list[bool]
    messages: list[dict[str, str]]

    @property
    def targets(self) -> int:
        """Tokens that the loss counts; nothing stands before the first."""
        return sum(self.learnt[1:])


@dataclass(frozen=True)
class Job:
    """The same work for everybody."""

    model: str
    """A Hugging Face folder."""
    template: str
    """Of the chat, with marks around what the assistant says."""
    method: str
    """`lora` (on every linear layer but the head) or `full`."""
    rank: int
    alpha: float
    learning_rate: float
    betas: tuple[float, float]
    sequence: int
    """Tokens of our packed row."""
    batch_tokens: int
    """Tokens that we compute between two steps of the optimiser."""
    steps: int
    """Of the optimiser, over all dialogues; so each has the same targets on average."""
    threads: int
    dialogues: list[Dialogue]

    @classmethod
    def read(cls, file: Path) -> Self:
        values = json.loads(file.read_text(encoding="utf-8"))
        values["betas"] = tuple(values["betas"])
        return cls(**values | {"dialogues": [Dialogue(**each) for each in values["dialogues"]]})

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")


@dataclass(frozen=True)
class Setting:
    """How a contender goes about it."""

    number_format: str
    """What it multiplies in. Weights that are trained are float32 for everybody."""
    attention: str = "ours"
    """`sdpa` or `eager`, as transformers calls them."""
    packing: str = "shared beginnings"
    """`padded`, or TRL's name of the strategy."""
    batch: int = 1
    """Dialogues, or packed rows, that are computed at once."""
    row: int = 1024
    """Tokens of a packed row, or of the longest dialogue."""
    epochs: int = 1
    """How often the dialogues are gone through; more often where so few steps would be over too soon to be timed."""

    def __str__(self) -> str:
        rows = f"{self.batch} dialogues" if self.packing == "padded" else f"{self.batch} x {self.row}"
        return f"{self.packing}, {rows}, {self.number_format}, {self.attention}"


@dataclass
class Tally:
    """Counts what a contender computes, and takes the time at the end of each step."""

    tokens: list[int] = field(default_factory=lambda: [0])
    """Of the dialogues, without padding, by step; a shared beginning counts in each dialogue that it begins."""
    computed: list[int] = field(default_factory=lambda: [0])
    """With padding; a beginning that is computed once counts once."""
    targets: list[int] = field(default_factory=lambda: [0])
    ends: list[float] = field(default_factory=list)

    def add(self, *, tokens: int, computed: int, targets: int) -> None:
        self.tokens[-1] += tokens
        self.computed[-1] += computed
        self.targets[-1] += targets

    def end_of_step(self) -> None:
        self.ends.append(time.perf_counter())
        for counts in (self.tokens, self.computed, self.targets):
            counts.append(0)


@dataclass(frozen=True)
class Told:
    """What a contender says of itself. The first step is a warm-up: it counts nowhere but in `all_targets`."""

    tokens: int
    computed: int
    targets: int
    seconds: float
    steps: int
    all_targets: int
    """In every step, the first one included."""
    peak_bytes: int
    """The most memory that the process ever held (VmHWM)."""
    not_correct: list[str]
    versions: dict[str, str]

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds

    @classmethod
    def read(cls, line: str) -> Self:
        values = json.loads(line)
        return cls(**{each.name: values[each.name] for each in fields(cls)})

    @classmethod
    def of(cls, tally: Tally, peak: int, not_correct: Sequence[str], packages: Sequence[str]) -> Self:
        """
        Raises:
            ValueError: there was no step after the warm-up.
        """
        steps = len(tally.ends)
        if steps < 2:
            raise ValueError(f"{steps} steps: the first is a warm-up, so there is nothing to time")
        return cls(
            tokens=sum(tally.tokens[1:steps]),
            computed=sum(tally.computed[1:steps]),
            targets=sum(tally.targets[1:steps]),
            seconds=tally.ends[-1] - tally.ends[0],
            steps=steps - 1,
            all_targets=sum(tally.targets),
            peak_bytes=peak,
            not_correct=list(not_correct),
            versions={name: version(name) for name in packages},
        )


def peak_bytes() -> int:
    """VmHWM of this process, in bytes. Linux only."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def contend(contender: Callable[[Job, Setting], Told]) -> None:
    """The main program of every contender, `SCRIPT JOB SETTING`: a file of JSON, and JSON. Its last line is JSON."""
    import torch

    job = Job.read(Path(sys.argv[1]))
    given: dict[str, Any] = json.loads(sys.argv[2])
    torch.set_num_threads(job.threads)
    torch.manual_seed(0)
    print(json.dumps(asdict(contender(job, Setting(**given)))))

"""Published files of judgments, counted again without asking anybody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .published import read_judgments
from .tally import Tally, tally


def rescore(files: Sequence[Path], protocol: str) -> list[Tally]:
    """What the models in the files score, in the order in which they come.

    Args:
        files: FastChat's (`mtbench`, `pairwise`) or shaberi's (`shaberi`, one model a file).

    Raises:
        Mistake: a file that is missing or of another kind, or one model by two judges.
    """
    return tally(read_judgments(files, protocol), protocol)

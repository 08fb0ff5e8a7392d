"""What has to be sent to a rented machine and brought back from it, from what is in the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..core.artifact import Artifact
from ..core.store import Store
from .schedule import Amounts

WIDE: Final = 4
"""Bytes of a weight: models are kept in float32."""

STATE: Final = 3
"""A checkpoint of full training holds weights and both moments of AdamW; of LoRA's the model itself is the larger."""


def amounts(store: Store, *, every_weight: bool) -> Amounts:
    """
    Args:
        every_weight: Whether a course trains all of them.

    Returns:
        Nothing where no model was prepared for training yet.
    """
    models = [each for each in store.artifacts("model") if each.record.stage == "trim"]
    if not models:
        return Amounts()
    sent = [models[-1], *_newest(store.artifacts("corpus")), *_newest(store.artifacts("dialogues"))]
    parameters = int(models[-1].facts["parameters"])
    return Amounts(up=sum(map(_size, sent)), down=parameters * WIDE * (STATE if every_weight else 1))


def _newest(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """The last of each name; they come in the order of their making."""
    return list({each.name: each for each in artifacts}.values())


def _size(artifact: Artifact) -> int:
    return sum(seal.size for seal in artifact.record.files.values())

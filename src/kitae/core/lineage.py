"""Where an artifact comes from."""

from __future__ import annotations

from .artifact import Artifact
from .store import Store


def ancestors(artifact: Artifact, store: Store) -> list[Artifact]:
    """The artifact and everything it was made from that is still in the store, the nearest first."""
    known = {each.id: each for each in store.artifacts()}
    found: dict[str, Artifact] = {}
    waiting = [artifact]
    while waiting:
        each = waiting.pop(0)
        if each.id in found:
            continue
        found[each.id] = each
        waiting += [known[i.id] for i in each.record.inputs if i.id in known]
    return list(found.values())

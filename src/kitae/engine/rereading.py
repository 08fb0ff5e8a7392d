"""Search results, read once more by the model that is to answer from them.

A model that was taught to decline says with the first token of its answer whether a passage tells. Read one by one, the
candidates of a search are put in an order that knows what the question means; no further model is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ..core.dialogue import Message
from ..core.generation import Identity, Odds
from ..core.noun import digest
from ..core.passage import Hit, Retriever
from ..core.records import Records
from .grounding import Language, abstain, grounded

KIND = "odds"
"""Of the records."""

WEIGHT = 5.0
"""What a factor of e in the odds of declining is worth beside the search's score. On reading practice that was left
out, 3 and 10 found the same (docs/log.md)."""


class Rereading:
    """A `Retriever` that takes the best of another's candidates."""

    def __init__(self, retriever: Retriever, model: Odds, *, candidates: int, language: Language = "ja") -> None:
        """
        Args:
            retriever: Finds the candidates, and filters them.
            model: Reads them.
            candidates: How many are read.
        """
        self._retriever = retriever
        self._model = model
        self._candidates = candidates
        self._language = language

    def search(self, question: str, *, k: int, groups: Collection[str]) -> list[Hit]:
        """At most `k` passages that `groups` may read, the best first; equal ones by id."""
        hits = self._retriever.search(question, k=max(k, self._candidates), groups=groups)
        if len(hits) < 2:
            return hits
        prompts = [grounded(question, [hit.passage], language=self._language) for hit in hits]
        declined = self._model.log_odds(prompts, abstain(self._language))
        scores = [hit.score - WEIGHT * odds for hit, odds in zip(hits, declined, strict=True)]
        read = [hit.model_copy(update={"score": score}) for hit, score in zip(hits, scores, strict=True)]
        return sorted(read, key=lambda hit: (-hit.score, hit.passage.id))[:k]


class Remembered:
    """A model's odds, looked up in the records before it is asked, and before it is loaded."""

    def __init__(self, identity: Identity, load: Callable[[], Odds], records: Records) -> None:
        """
        Args:
            load: Called for every question that has something new; to load the model but once is its business.
        """
        self._identity = identity
        self._load = load
        self._records = records

    def log_odds(self, prompts: Sequence[Sequence[Message]], reply: str) -> list[float]:
        """As the model's own."""
        keys = [self._key(prompt, reply) for prompt in prompts]
        known = {key: row["odds"] for key in keys if (row := self._records.get(KIND, key)) is not None}
        missing = {key: prompt for key, prompt in zip(keys, prompts, strict=True) if key not in known}
        if missing:
            for key, odds in zip(missing, self._load().log_odds(list(missing.values()), reply), strict=True):
                self._records.add(KIND, key, {"identity": self._identity.model_dump(mode="json"), "odds": odds})
                known[key] = odds
        return [known[key] for key in keys]

    def _key(self, prompt: Sequence[Message], reply: str) -> str:
        messages = [message.model_dump(mode="json") for message in prompt]
        return digest([self._identity.model_dump(mode="json"), messages, reply])

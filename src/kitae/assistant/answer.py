"""One question, answered from what the person who asks may read."""

from __future__ import annotations

import time
from collections.abc import Collection

from ..core.generation import Decoding, Generator
from ..core.noun import Noun
from ..core.passage import Passage, Retriever
from ..engine.grounding import Language, Reading, grounded, read_answer


class Shown(Noun):
    """A passage that stood in the prompt."""

    number: int
    passage: Passage
    cited: bool


class Answer(Noun):
    """What the model said, what it was shown, and what it named as its source."""

    text: str
    """Without the citations."""
    abstained: bool
    shown: tuple[Shown, ...]
    seconds: float
    """Search and generation, without loading."""


def answer(
    question: str,
    *,
    generator: Generator,
    retriever: Retriever,
    groups: Collection[str],
    k: int,
    decoding: Decoding,
    language: Language,
) -> Answer:
    """Searches among what `groups` may read, asks the model, and reads its citations."""
    start = time.perf_counter()
    passages = [hit.passage for hit in retriever.search(question, k=k, groups=groups)]
    (generated,) = generator.generate([grounded(question, passages, language=language)], decoding)
    reading: Reading = read_answer(generated.text, passages)
    return Answer(
        text=reading.answer,
        abstained=reading.abstained,
        shown=tuple(
            Shown(number=number, passage=passage, cited=passage.id in reading.cited)
            for number, passage in enumerate(passages, start=1)
        ),
        seconds=time.perf_counter() - start,
    )

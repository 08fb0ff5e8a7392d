"""How well a model predicts the texts of a suite, whatever it answers: a score that needs no judge and no answer."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.generation import Likelihood
from ..core.noun import digest
from ..core.records import Records
from .answers import Model
from .statistics import Estimate
from .surface import bits_per_character

KIND = "predicted"
TEXTS = 100
"""Of a suite, at most; always the same ones."""
CHARACTERS = 300
"""Of a text, at most: within the attention window of every base here."""


def predicted(model: Model, turns: Iterable[tuple[str, str]], records: Records) -> Estimate | None:
    """Bits for a character of what is asked, from the records or the model.

    Args:
        model: That runs here.
        turns: Of all questions of a suite, each with its question.

    Returns:
        `None` where there is no text, or the model does not say how likely one is.
    """
    questions = {turn[:CHARACTERS]: question for question, turn in turns if turn.strip()}
    texts = sorted(questions, key=digest)[:TEXTS]
    key = digest([model.identity.model_dump(mode="json"), texts])
    row = records.get(KIND, key)
    if row is None:
        generator = model.loaded()
        if not isinstance(generator, Likelihood):
            return None
        row = {"identity": model.identity.model_dump(mode="json"), "nats": generator.nats(texts)}
        records.add(KIND, key, row)
    found = bits_per_character(row["nats"], texts, [questions[text] for text in texts])
    return found if found.mean is not None else None

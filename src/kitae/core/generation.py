"""What every engine promises, local or remote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, runtime_checkable

from .dialogue import Message
from .mistakes import Mistake, nearest
from .noun import Noun

Finish = Literal["stop", "length", "refused"]
"""`length`: cut off at the limit of tokens. `refused`: whoever was asked will not answer this prompt, however often."""


NUMBER_FORMATS = ("float32", "bfloat16", "float16")
"""In which a Hugging Face folder can be computed."""


def check_number_format(name: str) -> None:
    """
    Raises:
        Mistake: a folder cannot be computed in it.
    """
    if name not in NUMBER_FORMATS:
        raise Mistake(f"no number format `{name}`", where="--number-format", hint=nearest(name, NUMBER_FORMATS))


class Decoding(Noun):
    """How tokens are chosen. Greedy when the temperature is 0."""

    max_tokens: int = 96
    temperature: float = 0.0
    seed: int = 0
    line: bool = False
    """Whether an answer ends with its first line: for models that were never taught where to stop."""


class Generated(Noun):
    """One answer of a model."""

    text: str
    finish: Finish
    prompt_tokens: int
    tokens: int
    seconds: float
    """Wall-clock time; in a batch, the batch's time shared by its answers."""
    model: str = ""
    """What a server says that it answered with: it may change behind the name that was asked for. Empty where nothing
    is said, and for a model that runs here."""


class Identity(Noun):
    """What an answer is remembered by, apart from its question. Different ones are not compared silently."""

    model: str
    """Content digest of the model, or `endpoint:NAME:MODEL`."""
    engine: str
    """`transformers 5.23.0`, `ctranslate2 4.8.5`, `http` …"""
    number_format: str
    """`float32`, `bfloat16`, `int8`, or `unknown` for an endpoint."""


class Generator(Protocol):
    """A model you can talk to."""

    @property
    def identity(self) -> Identity: ...

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        decoding: Decoding,
        *,
        done: Callable[[int], None] | None = None,
    ) -> list[Generated]:
        """Answers to the prompts, in their order. Calls `done(n)` after each batch with how many more are finished."""
        ...


class Odds(Protocol):
    """A model whose probabilities are known, as those of local engines are."""

    def log_odds(self, prompts: Sequence[Sequence[Message]], reply: str) -> list[float]:
        """For each prompt ln(p / (1 - p)), where p is the probability that the answer begins as `reply` does."""
        ...


@runtime_checkable
class Likelihood(Protocol):
    """A model that says how likely texts are: what bits per character are computed from."""

    def nats(self, texts: Sequence[str]) -> list[float]:
        """Of each text `-ln p(text)`, summed over its tokens; what begins and ends a text does not count."""
        ...


class Local(Generator, Odds, Protocol):
    """A model that runs here."""

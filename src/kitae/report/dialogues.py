"""Dialogues: how many of each kind, some of them in full, and one as the model sees it, with what is learnt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ..core.artifact import Artifact
from ..core.dialogue import Dialogue
from ..core.mistakes import Mistake
from ..engine.chat import Renderer
from .story import Story

DIALOGUES, HELD_OUT, LEDGER = "dialogues", "held_out", "ledger"
SAMPLES = 6
DROPPED_SAMPLES = 2
TOKENIZERS = ("trimmed", "base")
"""Models of a project whose tokenizer training uses, the first that is there."""


@dataclass(frozen=True)
class Piece:
    """Neighbouring tokens of which all or none are learnt."""

    text: str
    learnt: bool


@dataclass(frozen=True)
class Learnt:
    """A dialogue in the tokens of a model."""

    dialogue: str
    model: str
    pieces: tuple[Piece, ...]
    tokens: int
    learnt: int


@dataclass(frozen=True)
class DroppedQuestions:
    """What could have been asked and was dropped for one reason."""

    reason: str
    count: int
    samples: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class DialogueSet:
    """A dialogues artifact."""

    artifact: Artifact
    kinds: tuple[tuple[str, int], ...]
    trained: int
    held_out: int
    answerable: int
    closed: int
    """Without any passage in the prompt."""
    samples: tuple[Dialogue, ...]
    """One of each of the most frequent kinds."""
    learnt: Learnt | None
    dropped: tuple[DroppedQuestions, ...]


def dialogue_sets(story: Story) -> list[DialogueSet]:
    """Every dialogues artifact of the story."""
    return [_set(story, artifact) for artifact in story.of("dialogues")]


def _set(story: Story, artifact: Artifact) -> DialogueSet:
    trained = list(artifact.rows(DIALOGUES, Dialogue)) if artifact.has(DIALOGUES) else []
    held_out = sum(1 for _ in artifact.raw(HELD_OUT)) if artifact.has(HELD_OUT) else 0
    kinds = Counter(each.kind for each in trained).most_common()
    firsts = {kind: next(each for each in trained if each.kind == kind) for kind, _ in kinds[:SAMPLES]}
    return DialogueSet(
        artifact=artifact,
        kinds=tuple(kinds),
        trained=len(trained),
        held_out=held_out,
        answerable=sum(each.answerable for each in trained),
        closed=sum(not each.passages for each in trained),
        samples=tuple(firsts.values()),
        learnt=_learnt(story, trained),
        dropped=_dropped(artifact.raw(LEDGER)) if artifact.has(LEDGER) else (),
    )


def _learnt(story: Story, dialogues: Sequence[Dialogue]) -> Learnt | None:
    """The shortest dialogue that answers from passages, in tokens; `None` without a tokenizer to show it with."""
    models = [model for name in TOKENIZERS if (model := story.named("model", name))]
    model = next((each for each in models if each.path("tokenizer.json").is_file()), None)
    fitting = [each for each in dialogues if each.answerable and each.passages] or dialogues
    if model is None or not fitting:
        return None
    dialogue = min(fitting, key=lambda each: (sum(len(message.content) for message in each.messages), each.id))
    try:
        renderer = Renderer(model.folder)
        rendered = renderer.dialogue(dialogue.messages, dialogue.tools)
    except Mistake:
        # A tokenizer that cannot render it has stopped the training already; the report tells the rest.
        return None
    return Learnt(
        dialogue=dialogue.id,
        model=model.id,
        pieces=tuple(_pieces(renderer, rendered.tokens, rendered.learnt)),
        tokens=len(rendered.tokens),
        learnt=sum(rendered.learnt),
    )


def _pieces(renderer: Renderer, tokens: Sequence[int], learnt: Sequence[bool]) -> Iterable[Piece]:
    for taught, group in groupby(zip(tokens, learnt, strict=True), key=lambda each: each[1]):
        yield Piece(_spelled(renderer, [token for token, _ in group]), taught)


def _spelled(renderer: Renderer, tokens: Sequence[int]) -> str:
    """Text with the control tokens in it, which decoding leaves out."""
    spelled, plain = [], []
    for token in tokens:
        if renderer.decode([token]):
            plain.append(token)
            continue
        spelled += [renderer.decode(plain), renderer.vocabulary[token]]
        plain = []
    return "".join([*spelled, renderer.decode(plain)])


def _dropped(ledger: Iterable[dict[str, Any]]) -> tuple[DroppedQuestions, ...]:
    reasons: dict[str, list[dict[str, Any]]] = {}
    for row in ledger:
        reasons.setdefault(re.sub(r"\d+", "n", str(row["reason"])), []).append(row)
    return tuple(
        DroppedQuestions(reason, len(rows), tuple(rows[:DROPPED_SAMPLES]))
        for reason, rows in sorted(reasons.items(), key=lambda each: -len(each[1]))
    )

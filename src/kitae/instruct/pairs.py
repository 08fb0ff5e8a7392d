"""model + dialogues → pairs: what the model itself answers, beside what is right."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..core.artifact import Artifact
from ..core.dialogue import Dialogue
from ..core.generation import Decoding, Generator
from ..core.mistakes import Mistake
from ..core.preference import Preference
from ..core.run import Run
from ..core.stage import Stage
from ..engine.grounding import Language, abstain, abstained, read_answer
from .everyday import share
from .recipe import PairsRecipe

ENDINGS = ("。", "です", "ます", ".")
"""Of an answer that says the same without them."""


def make(
    recipe: PairsRecipe,
    model: Artifact,
    dialogues: Sequence[Artifact],
    generator: Callable[[], Generator],
    run: Run,
) -> Artifact:
    """Has the model answer questions, and sets what it got wrong beside the right answer.

    Args:
        model: What `generator` speaks with.
        dialogues: Rows `apart`, which it has not learnt, or else `dialogues`; those with passages are asked.

    Returns:
        An artifact with the rows `pairs` and `held_out` (for measuring the loss).

    Raises:
        Mistake: the model answered everything as it should.
    """
    asked = chosen((d for each in dialogues for d in _rows(each)), recipe.questions)
    decoding = Decoding(max_tokens=recipe.max_tokens)
    advance = run.progress("answering", len(asked), "questions")
    replies = generator().generate([d.messages[:-1] for d in asked], decoding, done=advance)
    told = [(d, reply.text, fault(d, reply.text)) for d, reply in zip(asked, replies, strict=True)]
    pairs = balanced([_pair(d, text, kind) for d, text, kind in told if kind], [d for d, _, kind in told if not kind])
    if not pairs:
        raise Mistake(
            f"of {len(asked)} answers of the model there is nothing to prefer another to",
            where=model.id,
            hint="ask more with `questions` in [pairs], or leave preferences out with 0",
        )
    held = [pair for pair in pairs if share("held out", pair.id) < recipe.held_out]
    run.write("pairs", (pair for pair in pairs if pair not in held))
    run.write("held_out", held)
    run.facts(
        asked=len(asked),
        answers=dict(sorted(Counter(kind or "right" for _, _, kind in told).items())),
        pairs=len(pairs) - len(held),
        held_out=len(held),
        kinds=dict(sorted(Counter(pair.kind for pair in pairs).items())),
    )
    return run.seal()


def chosen(dialogues: Iterable[Dialogue], count: int) -> list[Dialogue]:
    """So many of the dialogues that show passages, by the hashes of their ids."""
    shown = [dialogue for dialogue in dialogues if dialogue.passages]
    return sorted(shown, key=lambda dialogue: share("pairs", dialogue.id))[:count]


def fault(dialogue: Dialogue, reply: str) -> str:
    """What is wrong with a reply: `invented`, `refused`, `wrong`; empty where it is right."""
    read = read_answer(reply, [])
    declined = abstained(read.answer, cites=bool(read.invalid))
    if not dialogue.answerable:
        return "" if declined else "invented"
    if declined:
        return "refused"
    said, right = _bare(read.answer), _bare(dialogue.answer)
    # More or fewer words around the same answer are no fault; an answer of one character is in too many others.
    same = said == right or (min(len(said), len(right)) > 1 and (said in right or right in said))
    return "" if same else "wrong"


def balanced(wrong: Sequence[Preference], right: Sequence[Dialogue]) -> list[Preference]:
    """As many pairs where answering is better than declining as the other way round.

    Otherwise the model would only learn to decline more, or less. Where it refused too little for that, questions that
    it answered are set against a refusal; where it refused too much, some of that is left out.
    """
    by_kind = {kind: [pair for pair in wrong if pair.kind == kind] for kind in ("invented", "refused", "wrong")}
    invented, refused = by_kind["invented"], by_kind["refused"]
    answered = [d for d in right if d.answerable][: max(0, len(invented) - len(refused))]
    against = [_pair(d, abstain(_language(d)), "answered") for d in answered]
    return [*by_kind["wrong"], *invented, *refused[: len(invented)], *against]


def _rows(dialogues: Artifact) -> Iterator[Dialogue]:
    return dialogues.rows("apart" if dialogues.has("apart") else "dialogues", Dialogue)


def _pair(dialogue: Dialogue, worse: str, kind: str) -> Preference:
    return Preference(
        id=dialogue.id,
        messages=dialogue.messages[:-1],
        better=dialogue.messages[-1].content,
        worse=worse,
        kind=kind,
        made_from=dialogue.made_from,
        label=dialogue.label,
        groups=dialogue.groups,
        licence=dialogue.licence,
    )


def _language(dialogue: Dialogue) -> Language:
    return "en" if dialogue.messages[0].content.isascii() else "ja"


def _bare(answer: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", answer).split())
    while ending := next((each for each in ENDINGS if text.endswith(each)), ""):
        text = text.removesuffix(ending)
    return text


PAIRS = Stage(name="pairs", kind="dialogues", function=make, format=1, exact=False)

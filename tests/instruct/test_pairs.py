from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from kitae.core.artifact import Artifact
from kitae.core.dialogue import Dialogue, Message
from kitae.core.generation import Decoding, Generated, Identity
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.mistakes import Mistake
from kitae.core.noun import Noun
from kitae.core.preference import Preference
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.instruct.pairs import PAIRS, fault
from kitae.instruct.recipe import PairsRecipe

NOTHING = "資料には書かれていません。"


def dialogue(number: int, answer: str) -> Dialogue:
    reply = f"{answer}です。[1]" if answer else NOTHING
    turns = (("system", "資料だけをもとに答えます。"), ("user", f"問{number}"), ("assistant", reply))
    return Dialogue(
        id=f"d{number}",
        messages=tuple(Message.model_validate({"role": role, "content": text}) for role, text in turns),
        kind="test",
        question=f"問{number}",
        answer=f"{answer}です。" if answer else "",
        answerable=bool(answer),
        passages=("p1", "p2"),
        made_from=("s1",),
        label=Label.INTERNAL,
    )


class Says:
    """A model that always says the same."""

    identity = Identity(model="says", engine="test", number_format="none")

    def __init__(self, text: str) -> None:
        self.text = text

    def generate(
        self, prompts: Sequence[Sequence[Message]], decoding: Decoding, *, done: Callable[[int], None] | None = None
    ) -> list[Generated]:
        assert all(prompt[-1].role == "user" for prompt in prompts)
        return [Generated(text=self.text, finish="stop", prompt_tokens=1, tokens=1, seconds=0.0) for _ in prompts]


class Rows(Noun):
    rows: tuple[Any, ...] = ()
    apart: tuple[Any, ...] = ()


def rows(recipe: Rows, run: Run) -> Artifact:
    run.write("dialogues", recipe.rows)
    if recipe.apart:
        run.write("apart", recipe.apart)
    run.label(Label.INTERNAL, ["all"], ["own"])
    return run.seal()


DIALOGUES = Stage(name="rows", kind="dialogues", function=rows, format=1)


def pairs(
    tmp_path: Path, says: str, made: Sequence[Dialogue], apart: Sequence[Dialogue] = (), **changes: Any
) -> Artifact:
    make = Making(Store(tmp_path / "store"), Records(tmp_path / "records"))
    dialogues = make(DIALOGUES, "main", Rows(rows=tuple(made), apart=tuple(apart)))
    recipe = PairsRecipe.model_validate({"questions": 100, "held_out": 0} | changes)
    given = {"generator": lambda: Says(says)}
    using: dict[str, Any] = {"model": dialogues, "dialogues": [dialogues]}
    return make(PAIRS, "pairs", recipe, using, given=lambda: given)


@pytest.mark.parametrize(
    ("answer", "reply", "expected"),
    [
        ("", NOTHING, ""),
        ("", "5日です。[1]", "invented"),
        ("", "定めはありません。[1]", "invented"),
        ("5日", "5日です。[1]", ""),
        ("5日", "５日間[2]", ""),
        ("5日", "15営業日です。[1]", "wrong"),
        ("5日", "6日です。[1]", "wrong"),
        ("5日", NOTHING, "refused"),
        ("A", "BかA", "wrong"),
    ],
)
def test_what_is_wrong_with_a_reply(answer: str, reply: str, expected: str) -> None:
    assert fault(dialogue(1, answer), reply) == expected


def test_inventions_are_set_against_the_right_reply_and_as_many_answers_against_a_refusal(tmp_path: Path) -> None:
    made = [dialogue(number, "" if number < 6 else "5日") for number in range(20)]
    found = pairs(tmp_path, "5日です。[1]", made)
    told = list(found.rows("pairs", Preference))
    assert {(pair.kind, pair.better, pair.worse) for pair in told} == {
        ("invented", NOTHING, "5日です。[1]"),
        ("answered", "5日です。[1]", NOTHING),
    }
    assert found.facts["kinds"] == {"answered": 6, "invented": 6}
    assert found.facts["answers"] == {"invented": 6, "right": 14}
    assert all(pair.messages[-1].role == "user" and pair.made_from == ("s1",) for pair in told)
    assert {pair.label for pair in told} == {Label.INTERNAL}
    assert found.label == Label.INTERNAL


def test_refusals_without_inventions_are_left_out(tmp_path: Path) -> None:
    made = [dialogue(number, "" if number < 6 else "5日") for number in range(20)]
    with pytest.raises(Mistake, match="nothing to prefer"):
        pairs(tmp_path, NOTHING, made)


def test_what_was_kept_apart_is_asked_instead_of_what_was_learnt(tmp_path: Path) -> None:
    learnt, apart = [dialogue(1, "5日")], [dialogue(number, "5日") for number in (2, 3)]
    found = pairs(tmp_path, "6日です。[1]", learnt, apart)
    assert {pair.id for pair in found.rows("pairs", Preference)} == {"d2", "d3"}


def test_so_many_are_asked_and_a_share_is_held_out(tmp_path: Path) -> None:
    made = [dialogue(number, "5日") for number in range(80)]
    found = pairs(tmp_path, "6日です。[1]", made, questions=60, held_out=0.3)
    kept, held = ({pair.id for pair in found.rows(name, Preference)} for name in ("pairs", "held_out"))
    assert found.facts["asked"] == len(kept) + len(held) == 60
    assert not kept & held
    assert 8 < len(held) < 30


def test_a_model_without_fault_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="of 3 answers of the model there is nothing to prefer"):
        pairs(tmp_path, "5日です。[1]", [dialogue(number, "5日") for number in range(3)])

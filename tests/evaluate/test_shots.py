import random
from collections.abc import Callable

import pytest

from kitae.core.dialogue import Dialogue
from kitae.core.mistakes import Mistake
from kitae.evaluate.shots import chosen_shots

Make = Callable[..., Dialogue]


@pytest.fixture
def pool(make_dialogue: Make) -> list[Dialogue]:
    return [
        *(make_dialogue(f"n{number}", "number") for number in range(9)),
        *(make_dialogue(f"d{number}", "definition") for number in range(5)),
        *(make_dialogue(f"f{number}", "faq") for number in range(2)),
        *(make_dialogue(f"u{number}", "unanswerable", answerable=False) for number in range(3)),
        *(make_dialogue(f"c{number}", "closed", shown=False) for number in range(4)),
    ]


def test_shots_are_of_different_kinds_and_one_is_unanswerable(pool: list[Dialogue]) -> None:
    found = chosen_shots(pool, 4, way="retrieval")
    assert [shot.answerable for shot in found] == [False, True, True, True]
    assert {shot.kind for shot in found} == {"unanswerable", "number", "definition", "faq"}


def test_the_order_of_the_dialogues_does_not_matter(pool: list[Dialogue]) -> None:
    shuffled = pool[:]
    random.Random(3).shuffle(shuffled)
    assert chosen_shots(shuffled, 6, way="retrieval") == chosen_shots(pool, 6, way="retrieval")


def test_closed_rows_have_closed_shots(pool: list[Dialogue]) -> None:
    assert {shot.kind for shot in chosen_shots(pool, 1, way="closed")} == {"closed"}


def test_a_question_of_a_suite_is_never_a_shot(pool: list[Dialogue]) -> None:
    first = chosen_shots(pool, 3, way="retrieval")
    asked = [f"「{shot.question}」。" for shot in first]
    second = chosen_shots(pool, 3, way="retrieval", asked=asked)
    assert not {shot.id for shot in first} & {shot.id for shot in second}


def test_short_dialogues_come_first(make_dialogue: Make) -> None:
    pool = [make_dialogue(f"n{number}", length=number + 1) for number in range(10)]
    assert {shot.id for shot in chosen_shots(pool, 5, way="retrieval")} == {f"n{n}" for n in range(5)}


def test_too_few_dialogues_are_a_mistake(pool: list[Dialogue]) -> None:
    with pytest.raises(Mistake, match="3 dialogues can serve"):
        chosen_shots(pool[:3], 5, way="retrieval")


def test_no_shots_are_no_work() -> None:
    assert chosen_shots(iter(()), 0, way="retrieval") == ()

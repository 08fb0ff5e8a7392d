from kitae.evaluate.cost import cost
from kitae.evaluate.nulls import NULL_ROWS
from kitae.evaluate.recipe import EvaluateRecipe, Row

RECIPE = EvaluateRecipe()
RETRIEVAL = Row(name="a", model="a")


def test_a_cost_is_estimated_seconds_that_grow_with_questions_and_parameters() -> None:
    one = cost(RECIPE, RETRIEVAL, questions=80)
    assert (one.unit, one.how) == ("s", "estimated")
    assert cost(RECIPE, RETRIEVAL, questions=160).value == 2 * one.value
    assert cost(RECIPE, RETRIEVAL, questions=80, parameters=116e6).value < one.value


def test_passages_and_shots_cost_time() -> None:
    closed = cost(RECIPE, Row(name="a", model="a", way="closed"), questions=80).value
    shots = cost(RECIPE, Row(name="a", model="a", shots=3), questions=80).value
    assert closed < cost(RECIPE, RETRIEVAL, questions=80).value < shots


def test_only_what_the_search_missed_is_asked_again_with_the_right_passage() -> None:
    given = cost(RECIPE, Row(name="a", model="a", way="given"), questions=80).value
    assert 0 < given < cost(RECIPE, RETRIEVAL, questions=80).value


def test_null_rows_cost_nothing() -> None:
    assert all(cost(RECIPE, row, questions=80).value == 0 for row in NULL_ROWS)

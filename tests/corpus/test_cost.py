from kitae.corpus.cost import cost


def test_a_cost_is_an_estimate_in_seconds() -> None:
    quantity = cost(characters=45_000)
    assert (quantity.unit, quantity.how) == ("s", "estimated")
    assert 0 < quantity.value < 1 < cost(characters=4_000_000).value

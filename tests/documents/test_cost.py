from kitae.documents.cost import cost, split_cost


def test_costs_are_estimates_in_seconds_that_grow_with_the_work() -> None:
    small, large = cost(files=10, size=100_000), cost(files=1000, size=50_000_000)
    assert (small.unit, small.how) == ("s", "estimated")
    assert 0 < small.value < 1 < large.value < 60
    assert 0 < split_cost(characters=45_000).value < 1 < split_cost(characters=4_600_000).value < 60

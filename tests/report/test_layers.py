from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kitae.report.layers import Edge, place, reduced

HEIGHT, GAP = 40.0, 10.0


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[str], set[Edge]]:
    """Nodes in an order that every edge follows, so without cycles."""
    nodes = [f"n{number}" for number in range(draw(st.integers(1, 9)))]
    pairs = [(one, two) for at, one in enumerate(nodes) for two in nodes[at + 1 :]]
    return nodes, set(draw(st.lists(st.sampled_from(pairs), max_size=14))) if pairs else set()


def reachable(edges: set[Edge], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        node = waiting.pop()
        new = {end for begin, end in edges if begin == node} - found
        found |= new
        waiting += new
    return found


@given(graphs())
def test_what_is_left_out_is_implied_and_nothing_more_could_be(graph: tuple[list[str], set[Edge]]) -> None:
    nodes, edges = graph
    left = reduced(edges)
    assert left <= edges
    assert all(reachable(left, node) == reachable(edges, node) for node in nodes)
    for edge in left:
        assert edge[1] not in reachable(left - {edge}, edge[0])


@given(graphs())
def test_edges_lead_to_the_right_through_every_layer(graph: tuple[list[str], set[Edge]]) -> None:
    nodes, edges = graph
    placed = place(dict.fromkeys(nodes, HEIGHT), edges, gap=GAP)
    assert placed.ways.keys() == edges
    for (start, end), way in placed.ways.items():
        assert [layer for layer, _ in way] == list(range(placed.layer[start], placed.layer[end] + 1))
        assert (way[0][1], way[-1][1]) == (placed.y[start], placed.y[end])
        assert len(way) >= 2


@given(graphs())
def test_no_node_lies_on_another_or_on_an_edge_that_passes(graph: tuple[list[str], set[Edge]]) -> None:
    nodes, edges = graph
    placed = place(dict.fromkeys(nodes, HEIGHT), edges, gap=GAP, last=nodes)
    for layer in set(placed.layer.values()):
        column = sorted(placed.y[node] for node in nodes if placed.layer[node] == layer)
        assert all(below - above >= HEIGHT + GAP - 1e-6 for above, below in pairwise(column))
        assert all(HEIGHT / 2 - 1e-6 <= y <= placed.height - HEIGHT / 2 + 1e-6 for y in column)
        passing = [y for way in placed.ways.values() for at, y in way[1:-1] if at == layer]
        assert all(abs(y - other) >= HEIGHT / 2 + GAP - 1e-6 for y in passing for other in column)


def test_sinks_stand_in_the_last_layer_when_told_so() -> None:
    placed = place(
        {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}, {("a", "b"), ("b", "c"), ("a", "d")}, gap=1.0, last=["d", "b"]
    )
    assert placed.layer == {"a": 0, "b": 1, "c": 2, "d": 2}

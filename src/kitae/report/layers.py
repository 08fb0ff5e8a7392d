"""Places for the nodes of a graph without cycles: in layers from left to right, few crossings, no node on an edge.

The usual method (Sugiyama, Tagawa and Toda, IEEE Transactions on Systems, Man and Cybernetics 11(2), 1981), as plainly
as a few dozen nodes allow: longest path, dummy nodes where an edge passes a layer, barycentre sweeps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 12
STRAIGHT = 6.0
"""How much more a long edge pulls on its own stops than a node does."""

Node = str
Edge = tuple[Node, Node]


@dataclass(frozen=True)
class Placed:
    """Layer of each node from 0, its middle's height, and the way of each edge through the layers."""

    layer: dict[Node, int]
    y: dict[Node, float]
    ways: dict[Edge, tuple[tuple[int, float], ...]]
    """Layer and height at each stop, ends included."""
    height: float


def reduced(edges: Iterable[Edge]) -> set[Edge]:
    """Without the edges that a longer way implies."""
    edges = set(edges)
    after = _successors(edges)
    reach: dict[Node, set[Node]] = {}

    def reachable(node: Node) -> set[Node]:
        if node not in reach:
            reach[node] = set().union(*({each} | reachable(each) for each in after.get(node, ())))
        return reach[node]

    return {
        (start, end)
        for start, end in edges
        if not any(end in reachable(other) for other in after[start] if other != end)
    }


def place(heights: Mapping[Node, float], edges: Iterable[Edge], *, gap: float, last: Collection[Node] = ()) -> Placed:
    """Lays out a graph.

    Args:
        heights: Of the nodes, which keep this order where nothing else decides.
        edges: Without cycles, each from a node to a node.
        gap: Between nodes of a layer, and between edges that pass.
        last: Nodes that stand in the last layer, if no edge leaves them.
    """
    nodes = list(heights)
    edges = sorted(set(edges), key=lambda edge: (nodes.index(edge[0]), nodes.index(edge[1])))
    layer = _layers(nodes, edges, last)
    columns, chains = _with_dummies(nodes, edges, layer)
    links = [link for chain in chains.values() for link in pairwise(chain)]
    columns = _ordered(columns, links)
    tall = {node: heights.get(node, 0.0) for column in columns for node in column}
    y = _heights(columns, links, tall, gap)
    top = min((at - tall[node] / 2 for node, at in y.items()), default=0.0)
    y = {node: at - top for node, at in y.items()}
    at_layer = {node: number for number, column in enumerate(columns) for node in column}
    return Placed(
        layer=layer,
        y={node: y[node] for node in nodes},
        ways={edge: tuple((at_layer[stop], y[stop]) for stop in chain) for edge, chain in chains.items()},
        height=max((at + tall[node] / 2 for node, at in y.items()), default=0.0),
    )


def _successors(edges: Iterable[Edge]) -> dict[Node, list[Node]]:
    after: dict[Node, list[Node]] = {}
    for start, end in edges:
        after.setdefault(start, []).append(end)
    return after


def _layers(nodes: Sequence[Node], edges: Sequence[Edge], last: Collection[Node]) -> dict[Node, int]:
    """Longest path from a source; then sources move as far right as what is made from them allows."""
    layer = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for start, end in edges:
            layer[end] = max(layer[end], layer[start] + 1)
    after = _successors(edges)
    has_source = {end for _, end in edges}
    for node in nodes:
        if node not in has_source and node in after:
            layer[node] = min(layer[each] for each in after[node]) - 1
    furthest = max(layer.values(), default=0)
    return {node: furthest if node in last and node not in after else at for node, at in layer.items()}


def _with_dummies(
    nodes: Sequence[Node], edges: Sequence[Edge], layer: Mapping[Node, int]
) -> tuple[list[list[Node]], dict[Edge, list[Node]]]:
    columns: list[list[Node]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node in nodes:
        columns[layer[node]].append(node)
    chains = {}
    for start, end in edges:
        between = range(layer[start] + 1, layer[end])
        dummies = [f"{start}\n{end}\n{number}" for number in between]
        for number, dummy in zip(between, dummies, strict=True):
            columns[number].append(dummy)
        chains[start, end] = [start, *dummies, end]
    return columns, chains


def _neighbours(links: Iterable[Edge]) -> tuple[dict[Node, list[Node]], dict[Node, list[Node]]]:
    links = list(links)
    return _successors((end, start) for start, end in links), _successors(links)


def _ordered(columns: list[list[Node]], links: Sequence[Edge]) -> list[list[Node]]:
    """Each column in the order of its neighbours' middles, swept both ways; the fewest crossings win."""
    before, after = _neighbours(links)
    best, fewest = columns, _crossings(columns, links)
    for sweep in range(SWEEPS):
        rightwards = sweep % 2 == 0
        neighbours = before if rightwards else after
        swept = list(columns)
        numbers = range(1, len(swept)) if rightwards else range(len(swept) - 2, -1, -1)
        for number in numbers:
            place = {node: float(at) for column in swept for at, node in enumerate(column)}
            swept[number] = sorted(swept[number], key=lambda node: _mean(neighbours, node, place))
        columns = swept
        settled = [_switched(column, columns, before, after) for column in columns]
        if (found := _crossings(settled, links)) < fewest:
            best, fewest = settled, found
    return best


def _switched(
    column: Sequence[Node],
    columns: Sequence[Sequence[Node]],
    before: Mapping[Node, Sequence[Node]],
    after: Mapping[Node, Sequence[Node]],
) -> list[Node]:
    """A column with neighbours changed about where that takes crossings away."""
    place = {node: at for each in columns for at, node in enumerate(each)}

    def crossings(upper: Node, lower: Node) -> int:
        return sum(
            place[one] > place[two]
            for side in (before, after)
            for one in side.get(upper, ())
            for two in side.get(lower, ())
        )

    order = list(column)
    for _ in order:
        for at in range(len(order) - 1):
            if crossings(order[at], order[at + 1]) > crossings(order[at + 1], order[at]):
                order[at], order[at + 1] = order[at + 1], order[at]
    return order


def _mean(neighbours: Mapping[Node, Sequence[Node]], node: Node, place: Mapping[Node, float]) -> float:
    near = neighbours.get(node)
    return sum(place[each] for each in near) / len(near) if near else place[node]


def _crossings(columns: Sequence[Sequence[Node]], links: Sequence[Edge]) -> int:
    place = {node: at for column in columns for at, node in enumerate(column)}
    number = {node: at for at, column in enumerate(columns) for node in column}
    crossings = 0
    for index, (start, end) in enumerate(links):
        for other_start, other_end in links[index + 1 :]:
            if number[start] == number[other_start]:
                crossings += (place[start] - place[other_start]) * (place[end] - place[other_end]) < 0
    return crossings


def _heights(
    columns: Sequence[Sequence[Node]], links: Sequence[Edge], tall: Mapping[Node, float], gap: float
) -> dict[Node, float]:
    """Middles as near to their neighbours' as the order and the gaps allow; long edges pull themselves straight."""
    before, after = _neighbours(links)
    both = {node: [*before.get(node, ()), *after.get(node, ())] for column in columns for node in column}
    y = {node: 0.0 for column in columns for node in column}
    for sweep in range(3 * SWEEPS):
        neighbours = both if sweep >= SWEEPS else (before, after)[sweep % 2]
        for column in columns if sweep % 2 == 0 else list(reversed(columns)):
            wanted = {node: _pulled(neighbours, node, y, tall) for node in column}
            y |= _stacked(column, wanted, tall, gap)
    return y


def _pulled(
    neighbours: Mapping[Node, Sequence[Node]], node: Node, y: Mapping[Node, float], tall: Mapping[Node, float]
) -> float:
    near = neighbours.get(node)
    if not near:
        return y[node]
    weights = [STRAIGHT if not tall[node] and not tall[each] else 1.0 for each in near]
    return sum(weight * y[each] for weight, each in zip(weights, near, strict=True)) / sum(weights)


def _stacked(
    column: Sequence[Node], wanted: Mapping[Node, float], tall: Mapping[Node, float], gap: float
) -> dict[Node, float]:
    """In order and without overlap, with the least sum of squares off the wanted places.

    Without its distance from the first, each place may only not be less than the one before: isotonic regression,
    found by pooling neighbours that are out of order.
    """
    offset, offsets = 0.0, {}
    for number, node in enumerate(column):
        if number:
            last = column[number - 1]
            offset += (tall[last] + tall[node]) / 2 + (gap if tall[last] or tall[node] else gap / 2)
        offsets[node] = offset
    pools: list[list[Node]] = []
    middles: list[float] = []
    for node in column:
        pools.append([node])
        middles.append(wanted[node] - offsets[node])
        while len(pools) > 1 and middles[-2] > middles[-1]:
            pool = pools.pop()
            middle = middles.pop()
            middles[-1] = (middles[-1] * len(pools[-1]) + middle * len(pool)) / (len(pools[-1]) + len(pool))
            pools[-1] += pool
    return {node: middle + offsets[node] for pool, middle in zip(pools, middles, strict=True) for node in pool}

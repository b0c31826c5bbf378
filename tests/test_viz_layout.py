"""The layered layout: no overlaps, edges that lead forwards, the same result each time."""

import itertools
import random

import numpy as np
import pytest

from autograd_lab.viz.layout import Layout, layered_layout

Graph = tuple[list[tuple[float, float]], list[tuple[int, int]]]


def random_graph(seed: int, count: int, reach: int = 40) -> Graph:
    rng = random.Random(seed)
    sizes = [(rng.uniform(40, 150), rng.uniform(30, 90)) for _ in range(count)]
    edges = [
        (rng.randrange(max(0, box - reach), box), box)
        for box in range(1, count)
        for _ in range(rng.randrange(1, 4))
    ]
    return sizes, edges


GRAPHS: dict[str, Graph] = {
    "one box": ([(50, 30)], []),
    "chain": ([(50, 30)] * 5, [(i, i + 1) for i in range(4)]),
    "square": ([(50, 30)] * 2, [(0, 1), (0, 1)]),
    "diamond": ([(50, 30)] * 4, [(0, 1), (0, 2), (1, 3), (2, 3)]),
    "skip": ([(50, 30)] * 5, [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4), (0, 3)]),
    "two skips side by side": ([(50, 30)] * 4, [(0, 1), (1, 2), (2, 3), (0, 3), (0, 3)]),
    "two parts": ([(50, 30)] * 4, [(0, 1), (2, 3)]),
    "shared weight": ([(50, 30)] * 60, [(i, i + 1) for i in range(1, 59)] + [(0, i) for i in range(2, 60)]),
    **{f"random {seed}": random_graph(seed, 30 + 10 * seed) for seed in range(5)},
    "300 boxes": random_graph(9, 300),
}


@pytest.fixture(params=GRAPHS, name="case")
def _case(request: pytest.FixtureRequest) -> tuple[Graph, Layout]:
    graph = GRAPHS[request.param]
    return graph, layered_layout(*graph)


def extent(layout: Layout, sizes: list[tuple[float, float]], box: int) -> tuple[float, float, float, float]:
    (along, across), (length, breadth) = layout.centres[box], sizes[box]
    return along - length / 2, along + length / 2, across - breadth / 2, across + breadth / 2


def test_boxes_do_not_overlap(case: tuple[Graph, Layout]) -> None:
    (sizes, _), layout = case
    boxes = [extent(layout, sizes, box) for box in range(len(sizes))]
    for (a0, a1, b0, b1), (c0, c1, d0, d1) in itertools.combinations(boxes, 2):
        apart_along = a1 <= c0 + 0.2 or c1 <= a0 + 0.2
        apart_across = b1 <= d0 + 0.2 or d1 <= b0 + 0.2
        assert apart_along or apart_across


def test_boxes_lie_inside_the_drawing(case: tuple[Graph, Layout]) -> None:
    (sizes, _), layout = case
    for box in range(len(sizes)):
        a0, a1, b0, b1 = extent(layout, sizes, box)
        assert min(a0, b0) >= -0.2
        assert a1 <= layout.length + 0.2
        assert b1 <= layout.breadth + 0.2


def test_edges_lead_forwards(case: tuple[Graph, Layout]) -> None:
    (_, edges), layout = case
    for (source, target), route in zip(edges, layout.routes, strict=True):
        assert layout.layers[source] < layout.layers[target]
        along = [point[0] for point in route.points]
        assert along == sorted(along)


def test_edges_join_their_boxes(case: tuple[Graph, Layout]) -> None:
    (sizes, edges), layout = case
    for (source, target), route in zip(edges, layout.routes, strict=True):
        first, last = route.points[0], route.points[-1]
        assert first == pytest.approx((extent(layout, sizes, source)[1], layout.centres[source][1]), abs=0.2)
        assert last == pytest.approx((extent(layout, sizes, target)[0], layout.centres[target][1]), abs=0.2)


def test_edges_pass_between_boxes(case: tuple[Graph, Layout]) -> None:
    (sizes, _), layout = case
    a0, a1, b0, b1 = np.array([extent(layout, sizes, box) for box in range(len(sizes))]).T
    for route in layout.routes:
        # Where an edge runs straight, it passes a layer; it may bend only between two layers.
        for (start, across), (stop, same) in itertools.pairwise(route.points):
            beside = (start + 1.2 < a1) & (a0 < stop - 1.2)
            assert not np.any(
                beside & (b0 + 0.2 < across) & (across < b1 - 0.2) if across == same else beside
            )


def test_same_graph_gives_same_layout(case: tuple[Graph, Layout]) -> None:
    graph, layout = case
    assert layered_layout(*graph) == layout


def test_edges_arrive_in_separate_slots(case: tuple[Graph, Layout]) -> None:
    (_, edges), layout = case
    arrivals: dict[int, list[int]] = {}
    for (_, target), route in zip(edges, layout.routes, strict=True):
        arrivals.setdefault(target, []).append(route.slot)
        assert abs(route.lane) <= route.lanes
    assert all(sorted(slots) == list(range(len(slots))) for slots in arrivals.values())


def test_twins_are_told_apart() -> None:
    layout = layered_layout(*GRAPHS["square"])
    assert [(route.twin, route.twins, route.lane) for route in layout.routes] == [(0, 2, -0.5), (1, 2, 0.5)]


def test_arguments_stand_in_order() -> None:
    layout = layered_layout([(50, 30)] * 5, [(0, 4), (1, 4), (2, 4), (3, 4)])
    across = [layout.centres[box][1] for box in range(4)]
    assert across == sorted(across)


def test_crossings_that_can_be_avoided_are_avoided() -> None:
    # Read in the order given, both pairs of edges would cross.
    layout = layered_layout([(50, 30)] * 4, [(0, 3), (1, 2)])
    (_, a), (_, b), (_, c), (_, d) = layout.centres
    assert (a < b) == (d < c)


def test_a_stream_of_heavy_edges_is_straight() -> None:
    # A chain with a parameter that joins each step from the side, like the layers of a network.
    edges = [(0, 1), (5, 1), (1, 2), (6, 2), (2, 3), (7, 3), (3, 4), (8, 4)]
    weights = [1.0, 1.0, *[500.0, 1.0] * 3]
    layout = layered_layout([(80.0 + 5 * box, 40) for box in range(9)], edges, weights=weights)
    assert len({layout.centres[box][1] for box in (1, 2, 3, 4)}) == 1


def test_a_leaf_stands_next_to_its_first_reader() -> None:
    layout = layered_layout([(50, 30)] * 5, [(0, 1), (1, 2), (2, 3), (4, 3)])
    assert layout.layers == (0, 1, 2, 3, 2)


def test_no_boxes() -> None:
    assert layered_layout([], []).centres == ()


def test_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="without cycles"):
        layered_layout([(50, 30)] * 2, [(0, 1), (1, 0)])


def test_depth_is_no_limit() -> None:
    layout = layered_layout([(10, 10)] * 5000, [(i, i + 1) for i in range(4999)])
    assert layout.layers[-1] == 4999

"""The cheapest flow by shortest paths costs what LEMON's and HiGHS's cost, and its prices prove it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.clearing import flow_bound, path_flow, path_loops
from fondaco.clearing.flow_bound import NoFlow, cheapest_flow

NODES = 7
Arcs = dict[tuple[int, int], int]


def arrays(arcs: Arcs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = sorted((start, end, most) for (start, end), most in arcs.items())
    starts, ends, gross = (np.array([row[at] for row in rows], np.int64) for at in range(3))
    return starts, ends, gross


def left_after(arcs: Arcs, caps: list[int]) -> np.ndarray:
    """Each node's room with nothing held: what is owed goes from the end of an arc to its start."""
    left = np.array(caps, np.int64)
    for (start, end), most in arcs.items():
        left[start] += most
        left[end] -= most
    return left


ARCS = st.dictionaries(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)).filter(lambda pair: pair[0] != pair[1]),
    st.integers(1, 50),
    min_size=1,
)
CAPS = st.lists(st.integers(0, 30), min_size=NODES, max_size=NODES)


@pytest.fixture(params=["as it runs", "plain"])
def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loops compiled where they are, and as plain Python."""
    if request.param == "plain":
        for name in ("raise_prices", "steps_at", "levels", "send"):
            loop = getattr(path_loops, name)
            monkeypatch.setattr(path_loops, name, getattr(loop, "py_func", loop))


def test_it_costs_what_others_cost_and_is_proved(loops: None) -> None:
    @given(ARCS, st.one_of(CAPS, st.just([0] * NODES)))
    def law(arcs: Arcs, caps: list[int]) -> None:
        starts, ends, gross = arrays(arcs)
        left = left_after(arcs, caps)
        held, prices = cheapest_flow(starts, ends, gross, left, "paths")
        assert ((held >= 0) & (held <= gross)).all()
        after = left.copy()
        np.subtract.at(after, starts, held)
        np.add.at(after, ends, held)
        assert (after >= 0).all()
        for other in ("flow", "lp"):
            assert held.sum() == cheapest_flow(starts, ends, gross, left, other)[0].sum()
        assert (prices >= 0).all()
        beyond = np.maximum(0, 1 - prices[ends] + prices[starts])
        assert int((gross * beyond).sum() + (np.array(caps) * prices).sum()) == int((gross - held).sum())

    law()


def test_who_cannot_be_helped_is_told() -> None:
    with pytest.raises(NoFlow):
        cheapest_flow(np.array([0]), np.array([1]), np.array([5]), np.array([5, -6]), "paths")


def test_the_same_is_found_again() -> None:
    draw = np.random.default_rng(3)
    arcs = {(int(a), int(b)): int(m) for a, b, m in draw.integers(1, 60, (300, 3)) if a != b}
    starts, ends, gross = arrays(arcs)
    left = left_after(arcs, [0] * 60)
    first, again = (path_flow.shortest_paths(starts, ends, gross, left) for _ in range(2))
    assert first is not None and again is not None
    assert all((one == other).all() for one, other in zip(first, again, strict=True))
    assert flow_bound.cheapest_flow(starts, ends, gross, left)[0].sum() == first[0].sum()

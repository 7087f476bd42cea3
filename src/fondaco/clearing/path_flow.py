"""The cheapest flow by shortest paths, where every arc costs one: for debts between very many parties, where simplex takes long.

Ford and Fulkerson's primal-dual method: prices are raised until whoever is in need can be reached, all that can go at these prices goes (Dinic), and so on. Where
every arc costs one, prices are how many arcs a unit goes along, so they are raised as often as the longest way has arcs: four times for a million
invoices between 25,000 firms drawn alike. The prices prove the flow as those of any other solver do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fondaco.clearing.crowd import Whole, order_of


def _loops() -> Any:
    """The loops, loaded when somebody asks: to load their compiler takes longer than most commands."""
    from fondaco.clearing import path_loops

    return path_loops


def are_paths_compiled() -> bool:
    """Whether the loops are compiled (extra `fast`); as plain Python they are slower than any solver."""
    return hasattr(_loops().send, "py_func")


def shortest_paths(starts: Whole, ends: Whole, gross: Whole, left: Whole) -> tuple[Whole, Whole] | None:
    """What is held on each arc, and the prices of nodes, as `cheapest_flow` says; None where somebody in need can't be reached.

    Arcs are sorted by start. Whole numbers throughout; the sums of `gross` and of `left` are below 2^56.
    """
    loops = _loops()
    nodes = len(left)
    held, price, left = np.zeros(len(gross), np.int64), np.zeros(nodes, np.int64), left.copy()
    numbers = np.arange(nodes + 1)
    out = np.searchsorted(starts, numbers)
    into = order_of(ends, nodes)
    by_end = np.searchsorted(ends[into], numbers)
    while (left < 0).any():  # ends: each round serves somebody in need, or nobody can be reached
        if loops.raise_prices(starts, ends, gross, held, out, into, by_end, left, price) < 0:
            return None
        loops.send(gross, held, left, *loops.steps_at(starts, ends, gross, held, out, into, by_end, price))
    return held, price

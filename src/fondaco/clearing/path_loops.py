"""The loops of the cheapest flow by shortest paths (`path_flow.py`): over arrays of whole numbers, so that they can be compiled.

Throughout: arc k leads from `starts[k]` to `ends[k]`, costs 1 a unit, holds at most `most[k]` and holds `held[k]`; arcs are sorted by start, those of node
u are `out[u]` to `out[u + 1]` - 1. `into` are arcs by their end, those that lead to u are `into[by_end[u]]` to `into[by_end[u + 1] - 1]`. `left[u]` is what u has to
give, below zero what it must get. `price[u]` is how far u is from who has something to give. A step is taken along an arc with room to a price
higher by one, or back along one that holds something to a price lower by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fondaco.clearing.compiled import compiled


@compiled
def raise_prices(starts: Any, ends: Any, most: Any, held: Any, out: Any, into: Any, by_end: Any, left: Any, price: Any) -> int:
    """Raise the prices until whoever must get something is reached by steps alone from who has something to give.

    Distances by reduced costs (`1 + price[u] - price[v]` along an arc, the opposite back), nearest first (Dial's buckets), up to the nearest in need. Returns how
    far that was, -1 when nobody in need can be reached.
    """
    nodes = len(left)
    far = np.iinfo(np.int64).max
    distance = np.full(nodes, far, np.int64)
    done = np.zeros(nodes, np.bool_)
    here = np.empty(nodes, np.int64)  # those at the distance in hand; the next ones are found by a pass when these are through
    count = 0
    for u in range(nodes):
        if left[u] > 0:
            distance[u] = 0
            here[count] = u
            count += 1
    at, found = 0, -1
    while count:
        place = 0
        while place < count:
            u = here[place]
            place += 1
            if done[u] or distance[u] != at:
                continue
            done[u] = True
            if left[u] < 0:
                found = at
            for k in range(out[u], out[u + 1]):
                v = ends[k]
                if not done[v] and held[k] < most[k]:
                    to = at + 1 + price[u] - price[v]
                    if to < distance[v]:
                        distance[v] = to
                        if to == at:
                            here[count] = v
                            count += 1
            for place_in in range(by_end[u], by_end[u + 1]):
                k = into[place_in]
                v = starts[k]
                if not done[v] and held[k] > 0:
                    to = at - 1 + price[u] - price[v]
                    if to < distance[v]:
                        distance[v] = to
                        if to == at:
                            here[count] = v
                            count += 1
        if found >= 0:
            break
        nearest, count = far, 0
        for u in range(nodes):
            if not done[u] and distance[u] < nearest:
                nearest = distance[u]
        if nearest == far:
            return -1
        at = nearest
        for u in range(nodes):
            if not done[u] and distance[u] == at:
                here[count] = u
                count += 1
    for u in range(nodes):
        price[u] += min(distance[u], found)
    return found


@compiled
def steps_at(
    starts: Any, ends: Any, most: Any, held: Any, out: Any, into: Any, by_end: Any, price: Any
) -> tuple[Any, Any, Any, Any, Any, Any]:
    """The steps that these prices allow, by the node that they are taken from: where each node's begin (`first`), where each leads (`to`), its arc (`arc`,
    -1 - k for back along k), which step leads back (`mate`), how much can be sent along it (`ahead`) and back (`behind`).

    What stands together is read together: most of the time goes into memory, so a step holds what its arc says, and its mate's room besides.
    """
    nodes = len(price)
    first = np.zeros(nodes + 1, np.int64)
    for u in range(nodes):
        count = 0
        for k in range(out[u], out[u + 1]):
            count += price[ends[k]] == price[u] + 1
        for place in range(by_end[u], by_end[u + 1]):
            count += price[starts[into[place]]] == price[u] - 1
        first[u + 1] = first[u] + count
    to = np.empty(first[nodes], np.int32)
    arc = np.empty(first[nodes], np.int32)
    mate = np.empty(first[nodes], np.int32)
    ahead = np.empty(first[nodes], np.int64)
    behind = np.empty(first[nodes], np.int64)
    forward = np.empty(len(ends), np.int32)  # by arc, the step along it
    for u in range(nodes):
        at = first[u]
        for k in range(out[u], out[u + 1]):
            if price[ends[k]] == price[u] + 1:
                to[at], arc[at], ahead[at], behind[at] = ends[k], k, most[k] - held[k], held[k]
                forward[k] = at
                at += 1
        for place in range(by_end[u], by_end[u + 1]):
            k = into[place]
            if price[starts[k]] == price[u] - 1:
                to[at], arc[at], ahead[at], behind[at] = starts[k], -1 - k, held[k], most[k] - held[k]
                at += 1
    for at in range(len(arc)):
        if arc[at] < 0:
            along = forward[-1 - arc[at]]
            mate[at], mate[along] = along, at
    return first, to, arc, mate, ahead, behind


@compiled
def levels(first: Any, to: Any, behind: Any, left: Any, level: Any, line: Any) -> bool:
    """Fill in `level`: how many steps lead from a node to the nearest in need, -1 where none do. Returns whether somebody who has something to give has any.

    Found from those in need backwards, so that who looks for them meets few dead ends: what leads from one to another is the other's step back.
    """
    nodes = len(left)
    count = 0
    for u in range(nodes):
        level[u] = -1
        if left[u] < 0:
            level[u] = 0
            line[count] = u
            count += 1
    place, reached = 0, False
    while place < count:
        u = line[place]
        place += 1
        reached = reached or left[u] > 0
        for at in range(first[u], first[u + 1]):
            v = to[at]
            if level[v] < 0 and behind[at] > 0:
                level[v] = level[u] + 1
                line[count] = v
                count += 1
    return reached


@compiled
def send(most: Any, held: Any, left: Any, first: Any, to: Any, arc: Any, mate: Any, ahead: Any, behind: Any) -> int:
    """Send all that these steps can carry (Dinic): level by level, until nobody in need is reached. Returns how much went."""
    nodes = len(left)
    level = np.empty(nodes, np.int32)
    line = np.empty(nodes, np.int64)
    tried = np.empty(nodes, np.int64)
    path = np.empty(nodes + 1, np.int64)
    total = 0
    while levels(first, to, behind, left, level, line):
        tried[:] = first[:nodes]
        for root in range(nodes):
            if left[root] <= 0 or level[root] < 0:
                continue
            path[0] = root
            depth = 0
            while left[root] > 0 and depth >= 0:
                u = path[depth]
                if left[u] < 0:
                    size = min(left[root], -left[u])
                    for step in range(depth):
                        size = min(size, ahead[tried[path[step]]])
                    back = depth
                    for step in range(depth - 1, -1, -1):
                        at = tried[path[step]]
                        ahead[at] -= size
                        behind[at] += size
                        ahead[mate[at]] += size
                        behind[mate[at]] -= size
                        if ahead[at] == 0:
                            back = step
                    left[root] -= size
                    left[u] += size
                    total += size
                    if left[u] == 0:  # no longer in need: nothing goes on from here
                        level[u] = -2
                        back = min(back, depth - 1)
                    depth = back
                    continue
                at = tried[u]
                while at < first[u + 1] and not (level[to[at]] == level[u] - 1 and ahead[at] > 0):
                    at += 1
                tried[u] = at
                if at < first[u + 1]:
                    depth += 1
                    path[depth] = to[at]
                else:
                    level[u] = -2
                    depth -= 1
    for at in range(len(arc)):
        if arc[at] >= 0:
            held[arc[at]] = most[arc[at]] - ahead[at]
    return total

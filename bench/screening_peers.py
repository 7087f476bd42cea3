"""What others find: each name's best score against the whole pool, and the score of the entity that it belongs to.

`rapidfuzz` compares every name with every listed one (token_sort: words sorted, ratio). `nomenklatura` (logic-v2) is given the right entity
always, and the ten likeliest of ours and of rapidfuzz's, so its recall is at most what is found here; queries carry the candidate's schema
and an id of their own, since it remembers names by id.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fondaco.compliance.lists import ListEdition


class Scores(NamedTuple):
    """For honest names the best score; for cases that of the right entity."""

    honest: list[float]
    cases: list[float]


class TokenSort:
    def __init__(self, editions: Sequence[ListEdition]) -> None:
        from rapidfuzz.utils import default_process

        self._process = default_process
        names = [(entry.entry_id, name.text) for edition in editions for entry in edition.entries for name in entry.names]
        self.owners = np.array([entity for entity, _ in names])
        self.names = [self._sorted(text) for _, text in names]
        self._places: dict[str, list[int]] = {}
        for place, (entity, _) in enumerate(names):
            self._places.setdefault(entity, []).append(place)

    def _sorted(self, text: str) -> str:
        return " ".join(sorted(self._process(text).split()))

    def run(
        self, names: Sequence[str], entities: Sequence[str], top: int = 10
    ) -> tuple[list[float], list[float], list[list[str]]]:
        """For each name the best score, that of its entity ("" for none), and the entities of the `top` likeliest names."""
        from rapidfuzz.fuzz import ratio
        from rapidfuzz.process import cdist

        best: list[float] = []
        own: list[float] = []
        near: list[list[str]] = []
        for start in range(0, len(names), 64):
            queries = [self._sorted(name) for name in names[start : start + 64]]
            table = cdist(queries, self.names, scorer=ratio, score_cutoff=40, dtype=np.float32, workers=1)
            best += table.max(1).tolist()
            for row, entity in zip(table, entities[start : start + 64], strict=True):
                own.append(float(row[self._places[entity]].max()) if entity else 0.0)
                near.append(list(dict.fromkeys(self.owners[np.argpartition(row, -top)[-top:]].tolist())))
        return best, own, near


class LogicV2:
    def __init__(self, editions: Sequence[ListEdition]) -> None:
        from followthemoney import model
        from nomenklatura.matching import get_algorithm

        self._model = model
        self._algorithm = get_algorithm("logic-v2")
        self._config = self._algorithm.default_config()
        self._asked = 0
        self._known = {
            entry.entry_id: (entry.schema, [name.text for name in entry.names]) for one in editions for entry in one.entries
        }
        self._made: dict[str, object] = {}

    def score(self, name: str, entity: str) -> float:
        schema, names = self._known[entity]
        listed = self._made.get(entity)
        if listed is None:
            listed = self._made[entity] = self._model.get_proxy({"id": entity, "schema": schema, "properties": {"name": names}})
        self._asked += 1
        query = self._model.get_proxy({"id": f"q{self._asked}", "schema": schema, "properties": {"name": [name]}})
        return float(self._algorithm.compare(query, listed, self._config).score)

    def run(
        self, names: Sequence[str], entities: Sequence[str], candidates: Sequence[Sequence[str]]
    ) -> tuple[list[float], list[float]]:
        best, own = [], []
        for name, entity, near in zip(names, entities, candidates, strict=True):
            scores = {one: self.score(name, one) for one in dict.fromkeys([*([entity] if entity else []), *near])}
            best.append(max(scores.values(), default=0.0))
            own.append(scores.get(entity, 0.0))
        return best, own


def sample(count: int, total: int, seed: int) -> list[int]:
    """So many places of so many, in order."""
    return sorted(random.Random(seed).sample(range(total), min(count, total)))

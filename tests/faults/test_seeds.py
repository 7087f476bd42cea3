"""Whole lives of a hub, each from one seed: whatever fails, the auditor finds nothing.

    FONDACO_SEEDS=20000 ./run test tests/faults     so many seeds
    FONDACO_SEED=4711 ./run test tests/faults       one seed, or the first of FONDACO_SEEDS

What a seed found is mended and the seed stays in `FOUND`, with a word of what it found.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

import pytest

from faults.life import Ended, play
from faults.little_union import LittleUnion, lay_out_little_union
from faults.machine import small_measures

FIRST = int(os.environ.get("FONDACO_SEED", "0"))
SEEDS = int(os.environ.get("FONDACO_SEEDS", "1" if "FONDACO_SEED" in os.environ else "1000"))
# So many seeds are one test: the little union is laid out once for each process.
_TOGETHER = 20
FOUND = {0: "a journal whose file could not be opened was told as another release's", 1: "so was one on a full disk"}


@pytest.fixture(scope="module")
def union() -> Iterator[LittleUnion]:
    """What all lives share is kept out of the search for garbage, of which it would be most."""
    made = lay_out_little_union()
    gc.collect()
    gc.freeze()
    yield made
    gc.unfreeze()


@pytest.fixture(autouse=True)
def measures(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Thresholds low enough for a short life; what apsw would print of faults that we made is not printed."""
    small_measures(monkeypatch.setattr)
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    yield


def _told(seed: int, ended: Ended) -> str:
    return "\n".join(
        [
            f"seed {seed}:",
            *(f"  {fault}" for fault in ended.faults),
            "the last steps:",
            *(f"  {step}" for step in ended.steps),
            f"to play it again: FONDACO_SEED={seed} ./run test tests/faults",
        ]
    )


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, _TOGETHER))
def test_whatever_fails_nothing_is_lost_doubled_or_undone(union: LittleUnion, first: int) -> None:
    wrong = []
    for seed in range(first, min(first + _TOGETHER, FIRST + SEEDS)):
        ended = play(seed, union)
        if ended.faults:
            wrong.append(_told(seed, ended))
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.skipif("FONDACO_SEED" in os.environ, reason="one seed is asked for")
@pytest.mark.parametrize("seed", FOUND)
def test_what_a_seed_found_is_mended(union: LittleUnion, seed: int) -> None:
    ended = play(seed, union)
    assert not ended.faults, _told(seed, ended)


@pytest.mark.parametrize("seed", [FIRST, FIRST + 1, FIRST + 2])
def test_the_same_seed_is_the_same_life_to_the_byte(union: LittleUnion, seed: int) -> None:
    assert play(seed, union).digest == play(seed, union).digest

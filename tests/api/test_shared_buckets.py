"""One rate for several processes: what one takes another finds taken."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from fondaco.api.shared_buckets import SharedBuckets


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = SharedBuckets.make()
    yield descriptor
    os.close(descriptor)


def test_a_bucket_empties_and_fills_at_its_rate(memory: int) -> None:
    buckets = SharedBuckets(memory, 10, 5)
    assert [buckets.take("ALFA", 100.0) for _ in range(5)] == [0] * 5
    assert buckets.take("ALFA", 100.0) == pytest.approx(0.1)
    assert buckets.take("BETA", 100.0) == 0, "each name has its own"
    assert buckets.take("ALFA", 100.2) == 0
    assert buckets.take("ALFA", 99.0, 2) > 0, "a time before the last one fills nothing"
    assert buckets.take("ALFA", 200.0, 50) == 0, "what costs more than a bucket passes when it is full"
    assert buckets.take("ALFA", 204.0) == pytest.approx(0.6), "and is paid for by waiting"


def test_what_another_process_took_is_taken(memory: int) -> None:
    buckets = SharedBuckets(memory, 0.001, 10)
    taking = "import sys; from fondaco.api.shared_buckets import SharedBuckets as B; b = B(int(sys.argv[1]), 0.001, 10); print(sum(b.take('ALFA', 50.0) == 0 for _ in range(500)))"
    assert buckets.take("ALFA", 50.0) == 0
    others = [
        subprocess.Popen([sys.executable, "-c", taking, str(memory)], pass_fds=(memory,), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert sum(int(one.communicate()[0]) for one in others) == 9
    assert buckets.take("ALFA", 50.0) > 0


def test_more_names_than_places_are_still_bounded(memory: int) -> None:
    buckets = SharedBuckets(memory, 0.001, 3)
    for number in range(20_000):
        assert buckets.take(f"NAME{number}", 1.0 + number / 1e6) == 0
    assert [buckets.take("LAST", 2.0) == 0 for _ in range(5)] == [True, True, True, False, False]

"""How often somebody may ask: at once, and for long."""

from __future__ import annotations

from pathlib import Path

import pytest

from doors import door_on
from fondaco.api import SettingsWrong, read_settings
from fondaco.api.bucket import Buckets
from union import SG1, SG2


def test_a_bucket_lets_so_many_through_at_once_and_then_so_many_a_second() -> None:
    buckets = Buckets(10, 5)
    assert [buckets.take("a", 0.0) for _ in range(5)] == [0] * 5
    assert buckets.take("a", 0.0) == pytest.approx(0.1)
    assert buckets.take("b", 0.0) == 0
    assert buckets.take("a", 0.1) == 0
    assert buckets.take("a", 0.1) > 0
    assert sum(buckets.take("a", 100 + n / 100) == 0 for n in range(1000)) == pytest.approx(5 + 99, abs=2)


def test_what_costs_more_than_a_bucket_waits_for_a_full_one_and_empties_it_for_long() -> None:
    buckets = Buckets(10, 5)
    assert buckets.take("a", 0.0, 50) == 0
    assert buckets.take("a", 4.0) > 0
    assert buckets.take("a", 4.7) == 0


def test_settings_are_read_or_told_with_what_is_wrong(tmp_path: Path) -> None:
    assert read_settings(tmp_path).requests_per_s == 2000
    for wrong in ("nope = 1", "headers_s = 0", "json_bytes_max = 'much'", "="):
        (tmp_path / "api.toml").write_text(wrong)
        with pytest.raises(SettingsWrong):
            read_settings(tmp_path)


@pytest.mark.server
def test_who_asks_too_often_is_told_when_to_come_again_and_others_are_heard(ready: tuple[Path, int], tmp_path: Path) -> None:
    with door_on(ready, tmp_path / "hub", "requests_per_s = 0.01\nrequests_at_once = 3\n") as door:
        found = [door.ask("GET", "/v1/day", who=who) for who in (f"{SG1}-maker", f"{SG1}-checker") * 2]
        assert [one.status for one in found] == [200, 200, 200, 429]
        assert 1 <= int(found[-1].headers["retry-after"]) <= 100
        assert door.ask("GET", "/v1/day", who=f"{SG2}-maker").status == 200

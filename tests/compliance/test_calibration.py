"""A calibration counts on the desk's own traffic and on a test set made from a seed; it proposes, and changes nothing."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from compliance.test_weighing import SCREENER, party
from fondaco.compliance import Calibration, Rate, Sample, calibrate, disguised_names, honest_names
from fondaco.compliance.calibration import THRESHOLDS, _proposals
from fondaco.core import Instant, Mention
from fondaco.reporting import calibration_html

TRAFFIC = [
    *(Sample("SG-TH", party(name)) for name in honest_names(7, 60)),
    *(Sample("TH-SG", party("Sorvemir Brulomarow")) for _ in range(3)),
    Sample("", [Mention("text", "RmtInf/Ustrd", "for the account of Sorvemir Brulomarov as agreed")]),
]


@pytest.fixture(scope="module")
def found() -> Calibration:
    return calibrate(SCREENER, TRAFFIC, "2026-11-24", 3)


def rates(found: Calibration, corridor: str) -> list[Rate]:
    return [one for one in found.rates if one.corridor == corridor]


def test_the_same_lists_traffic_and_seed_give_the_same_report(found: Calibration) -> None:
    again = calibrate(SCREENER, TRAFFIC, "2026-11-24", 3)
    assert msgspec.json.encode(again) == msgspec.json.encode(found)
    assert honest_names(1, 50) == honest_names(1, 50) != honest_names(2, 50)
    assert disguised_names(SCREENER.lists, 1) == disguised_names(SCREENER.lists, 1)


def test_a_higher_threshold_never_alerts_on_more_nor_finds_more(found: Calibration) -> None:
    for corridor in ("any", "SG-TH", "TH-SG"):
        own = rates(found, corridor)
        assert [one.threshold_milli for one in own] == list(THRESHOLDS)
        for lower, higher in itertools.pairwise(own):
            assert lower.alerts >= higher.alerts and lower.found >= higher.found and lower.honest_alerts >= higher.honest_alerts


def test_every_message_is_counted_once_in_its_corridor_and_once_in_all(found: Calibration) -> None:
    assert rates(found, "any")[0].messages == 64 and rates(found, "SG-TH")[0].messages == 60
    assert rates(found, "TH-SG")[0].alerts == 3 and rates(found, "any")[0].alerts >= 4


def test_what_a_calibration_says_of_a_threshold_is_what_screening_does_at_it(found: Calibration) -> None:

    at = next(one for one in rates(found, "any") if one.threshold_milli == 880)
    alerted = SCREENER.screen([list(one.said) for one in TRAFFIC], Instant(1))
    assert at.alerts == sum(verdict.outcome == "HIT" for verdict in alerted)


def test_it_proposes_and_changes_nothing(found: Calibration) -> None:
    version = SCREENER.lists.version
    assert {one.now_milli for one in found.proposals} == {880}
    assert all(800 <= one.proposed_milli <= 950 and one.why for one in found.proposals)
    assert all(one.proposed_milli <= 880 for one in found.proposals if one.list_id == "un"), (
        "the United Nations list is not narrowed"
    )
    assert SCREENER.lists.version == version and SCREENER.lists.settings["un"].threshold_milli == 880


def rate(threshold: int, alerts: int, found: int, list_id: str = "ofac") -> Rate:
    return Rate(list_id, "any", threshold, alerts, 1_000, found, 100, 0, 0)


@pytest.mark.parametrize(
    ("alerts", "found", "proposed"),
    [
        ((30, 9, 1), (99, 98, 97), 810),  # the lowest that is quiet enough
        ((30, 20, 5), (99, 97, 50), 810),  # what is quiet enough finds too little: the highest that finds
        ((30, 20, 5), (50, 40, 30), 800),  # nothing finds enough
    ],
)
def test_a_proposal_is_quiet_where_it_can_be_and_finds_where_it_must(
    alerts: tuple[int, ...], found: tuple[int, ...], proposed: int
) -> None:
    group = [rate(800 + 10 * at, a, f) for at, (a, f) in enumerate(zip(alerts, found, strict=True))]
    (one,) = _proposals(group, {"ofac": 880}, 100, 9_600)
    assert one.proposed_milli == proposed


def test_the_page_says_that_it_changes_nothing_and_needs_nothing_else(found: Calibration) -> None:
    page = calibration_html(found)
    assert "changes nothing" in page and "2026-11-24" in page and "<script" not in page and "src=" not in page
    assert page.count("<table>") == page.count("<caption>") == 1 + 3

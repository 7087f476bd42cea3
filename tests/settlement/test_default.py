"""A loss is borne in order, by nobody beyond what it has, and to the unit; what nobody can bear is told."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.settlement import ASSESSMENTS, OPERATOR, OWN_SHARE, SURVIVORS, Borne, Means, Survivor, Waterfall, pour, waterfall

MONEY = st.integers(0, 10**13) | st.integers(0, 50)
FAILING = st.lists(st.tuples(MONEY, MONEY, MONEY, MONEY), min_size=1, max_size=3).map(
    lambda rows: [Means(f"F{at}", *row) for at, row in enumerate(rows)]
)
SURVIVING = st.lists(st.tuples(MONEY, MONEY, MONEY), max_size=8).map(
    lambda rows: [Survivor(f"S{at}", *row) for at, row in enumerate(rows)]
)
WEIGHTS = st.dictionaries(st.sampled_from("ABCDEFGH"), st.tuples(MONEY, MONEY), max_size=8)


@given(MONEY, WEIGHTS)
def test_what_is_poured_adds_up_and_nobody_takes_more_than_its_most(minor: int, given_: dict[str, tuple[int, int]]) -> None:
    weights, most = ({who: pair[at] for who, pair in given_.items()} for at in (0, 1))
    shares, odd = pour(minor, weights, most)
    assert sum(shares.values()) == min(minor, sum(most[who] for who in most if weights[who]))
    assert all(0 <= shares[who] <= most[who] and (shares[who] == 0 or weights[who]) for who in weights)
    assert 0 <= odd < max(1, len(weights))


@given(MONEY, WEIGHTS)
def test_who_is_not_at_its_most_bears_by_weight_to_one_unit(minor: int, given_: dict[str, tuple[int, int]]) -> None:
    weights, most = ({who: pair[at] for who, pair in given_.items()} for at in (0, 1))
    shares, _ = pour(minor, weights, most)
    able = [who for who in weights if weights[who] and most[who]]
    for one in able:
        for other in able:
            # Per unit of weight nobody bears more than somebody with room, beyond the unit that does not divide.
            if shares[other] < most[other]:
                assert (shares[one] - 1) * weights[other] < (shares[other] + 1) * weights[one]


@given(WEIGHTS, MONEY, MONEY)
def test_a_larger_loss_takes_from_nobody_less_than_one_unit_below(
    given_: dict[str, tuple[int, int]], minor: int, more: int
) -> None:
    weights, most = ({who: pair[at] for who, pair in given_.items()} for at in (0, 1))
    before, after = pour(minor, weights, most)[0], pour(minor + more, weights, most)[0]
    # A largest remainder may pass to another; nothing else moves back.
    assert all(after[who] >= before[who] - 1 for who in weights)


def by_tranche(found: Waterfall) -> list[tuple[str, list[Borne]]]:
    return [(name, list(rows)) for name, rows in groupby(found.borne, key=lambda one: one.tranche)]


@given(FAILING, MONEY, SURVIVING)
def test_parts_add_up_to_the_loss_and_no_tranche_gives_more_than_it_has(
    failing: list[Means], operator: int, survivors: list[Survivor]
) -> None:
    found = waterfall(failing, ("HUB", operator), survivors)
    assert found.loss == sum(one.loss for one in failing) == sum(one.minor for one in found.borne) + found.unmet
    assert found.unmet >= 0 and all(0 <= one.minor <= one.size for one in found.borne)


@given(FAILING, MONEY, SURVIVING)
def test_a_tranche_bears_only_when_those_before_it_are_used_up(
    failing: list[Means], operator: int, survivors: list[Survivor]
) -> None:
    found = waterfall(failing, ("HUB", operator), survivors)
    common = [rows for name, rows in by_tranche(found) if name in (OWN_SHARE, OPERATOR, SURVIVORS, ASSESSMENTS)]
    weighty = {one.bic for one in survivors if one.weight} | {one.bic for one in failing} | {"HUB"}
    for at, rows in enumerate(common):
        later = sum(one.minor for after in common[at + 1 :] for one in after) + found.unmet
        if later:
            assert all(one.minor == one.size for one in rows if one.bic in weighty)
    for one in failing:
        own = [row for row in found.borne if row.bic == one.bic][:2]
        assert sum(row.minor for row in own) == min(one.loss, one.other_money + one.collateral), "its own means, for its own loss"
        assert own[1].minor == 0 or own[0].minor == own[0].size
    assert all(one.minor == 0 for one in found.borne if one.bic not in weighty), "a formula that gives no weight takes nothing"


@given(FAILING, MONEY, SURVIVING)
def test_no_survivor_bears_beyond_its_share_and_its_assessment(
    failing: list[Means], operator: int, survivors: list[Survivor]
) -> None:
    found = waterfall(failing, ("HUB", operator), survivors)
    for one in survivors:
        assert sum(row.minor for row in found.borne if row.bic == one.bic) <= one.share + one.assessed_at_most


def test_a_figure_by_hand() -> None:
    failing = [Means("F", 1_000, 50, 100, 150)]
    survivors = [Survivor("A", 100, 200, 1), Survivor("B", 200, 400, 2), Survivor("C", 30, 0, 4)]
    found = waterfall(failing, ("HUB", 200), survivors)
    # 1,000 less 50, 100, 150 and 200 leaves 500: C gives its 30, A and B all of theirs, and 170 more by one to two.
    assert [(one.tranche, one.bic, one.minor) for one in found.borne[:4]] == [
        ("its money of other currencies", "F", 50), ("its collateral", "F", 100), ("its share of the fund", "F", 150),
        ("the operator's tranche", "HUB", 200),
    ]  # fmt: skip
    assert [(one.bic, one.minor) for one in found.borne[4:]] == [
        ("A", 100), ("B", 200), ("C", 30), ("A", 57), ("B", 113), ("C", 0),
    ]  # fmt: skip
    assert found.unmet == 0 and found.odd == ((ASSESSMENTS, 1),)
    assert waterfall([Means("F", 2_000, 50, 100, 150)], ("HUB", 200), survivors).unmet == 2_000 - 500 - 330 - 600


@pytest.mark.parametrize(
    ("failing", "survivors"),
    [([Means("F", -1, 0, 0, 0)], []), ([Means("F", 1, 0, 0, 0)] * 2, []), ([Means("F", 1, 0, 0, 0)], [Survivor("F", 1, 1, 1)])],
)
def test_what_makes_no_sense_is_not_divided(failing: list[Means], survivors: list[Survivor]) -> None:
    with pytest.raises(ValueError, match="everybody once"):
        waterfall(failing, ("HUB", 0), survivors)

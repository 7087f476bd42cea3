"""Cover 1 and cover 2: the largest exposures, never told smaller than they are."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.clearing import Owing, Rate, credit, liquidity, uncovered, worth

MONEY = st.integers(0, 10**12)
RATES = st.builds(Rate, st.integers(1, 10**9), st.integers(1, 10**9))
OWING = st.lists(
    st.builds(Owing, st.integers(1, 6), st.sampled_from(["SGD", "THB", "KRW"]), MONEY, MONEY, MONEY),
    max_size=18,
    unique_by=lambda one: (one.number, one.currency),
)
ALONE = {number: f"B{number}" for number in range(1, 7)}


@given(MONEY, RATES, st.integers(0, 10_000))
def test_one_rounding_up_for_a_debt_and_down_for_a_resource(minor: int, rate: Rate, haircut: int) -> None:
    exact = Fraction(minor) * rate.numerator / rate.denominator
    debt, means = worth(minor, rate, haircut, up=True), worth(minor, rate, haircut, up=False)
    assert 0 <= debt - exact * (10_000 + haircut) / 10_000 < 1
    assert 0 <= exact * (10_000 - haircut) / 10_000 - means < 1


@pytest.mark.parametrize(("minor", "haircut"), [(-1, 0), (1, -1), (1, 10_001)])
def test_what_is_no_amount_or_no_haircut_is_not_counted(minor: int, haircut: int) -> None:
    with pytest.raises(ValueError, match="basis points"):
        worth(minor, Rate(1, 1), haircut, up=True)


@given(OWING, MONEY)
def test_in_one_currency_cover_is_what_the_largest_have_not_prefunded(owing: list[Owing], fund: int) -> None:
    own = [one for one in owing if one.currency == "SGD"]
    missing = sorted((max(0, one.owed - one.own) for one in own), reverse=True)
    found = liquidity(own, ALONE, fund, at_most=False)
    assert found.first == sum(missing[:1]) and found.both == sum(missing[:2])
    assert found.missing_1 == max(0, found.first - fund) and found.missing_2 == max(0, found.both - fund)


def test_currencies_are_not_mixed_where_money_must_be_there_on_the_day() -> None:
    with pytest.raises(ValueError, match="one currency"):
        liquidity([Owing(1, "SGD", 1, 1, 0), Owing(1, "THB", 1, 1, 0)], ALONE, 0, at_most=False)


@given(OWING, RATES, RATES, st.integers(0, 9_999), st.dictionaries(st.integers(1, 6), MONEY))
def test_over_all_currencies_nobodys_money_stands_for_another(
    owing: list[Owing], thb: Rate, krw: Rate, haircut: int, collateral: dict[int, int]
) -> None:
    rates = {"THB": thb, "KRW": krw}
    alone = uncovered(owing, ALONE, rates, "SGD", haircut, collateral, at_most=False)
    together = uncovered(owing, dict.fromkeys(ALONE, "ALL"), rates, "SGD", haircut, collateral, at_most=False)
    assert sum(one.uncovered for one in together) == sum(one.uncovered for one in alone)
    assert sum(one.owed for one in together) == sum(one.owed for one in alone)
    assert all(one.own + one.uncovered == one.owed for one in [*alone, *together])
    assert [one.uncovered for one in alone] == sorted((one.uncovered for one in alone), reverse=True)
    assert credit(alone, 0).both == sum(one.uncovered for one in alone[:2])


@given(OWING, RATES, st.integers(0, 9_000), MONEY)
def test_more_collateral_or_a_smaller_haircut_never_uncovers(owing: list[Owing], rate: Rate, haircut: int, more: int) -> None:
    def largest(haircut_bps: int, collateral: int) -> int:
        rates = {"THB": rate, "KRW": rate}
        return credit(uncovered(owing, ALONE, rates, "SGD", haircut_bps, dict.fromkeys(ALONE, collateral), at_most=True), 0).first

    assert largest(haircut, more) <= largest(haircut, 0)
    assert largest(haircut, more) <= largest(haircut + 999, more)


def test_a_figure_by_hand() -> None:
    # 100.00 SGD and 1,000.00 THB owed; 40.00 SGD prefunded; one baht is 0.04 dollars, haircut of five per cent: 42.00.
    owing = [Owing(1, "SGD", 10_000, 20_000, 4_000), Owing(1, "THB", 100_000, 100_000, 0), Owing(2, "SGD", 0, 500, 900)]
    rates = {"THB": Rate(4, 100)}
    first, second = uncovered(owing, {1: "A", 2: "B"}, rates, "SGD", 500, {1: 1_000}, at_most=False)
    assert (first.family, first.owed, first.own, first.uncovered) == ("A", 6_000 + 4_200, 1_000, 9_200)
    assert (second.family, second.owed, second.uncovered) == ("B", 0, 0)
    assert credit([first, second], 9_000).missing_1 == 200

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core import CURRENCIES, MINOR_MAX, AmountFault, Money, TooManyDecimals, minor_of, minor_text, round_half_even

exponents = st.integers(0, 4)
minors = st.integers(0, 10**17)


@given(minors, exponents)
def test_text_and_minor_units_are_two_forms_of_one_amount(minor: int, exponent: int) -> None:
    assert minor_of(minor_text(minor, exponent), exponent) == minor


@given(st.decimals(min_value=0, max_value=10**12, places=5), exponents)
def test_reading_an_amount_never_rounds(value: Decimal, exponent: int) -> None:
    exact = value.scaleb(exponent)
    if exact == exact.to_integral_value():
        assert minor_of(f"{value:f}", exponent) == int(exact)
    else:
        with pytest.raises(TooManyDecimals):
            minor_of(f"{value:f}", exponent)


@pytest.mark.parametrize("text", ["", ".", "-1", "+1", "1e3", "1,5", " 1", "1 ", "٣", "NaN", "1.2.3", "0x1", "1" * 19, "१२"])
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(AmountFault):
        minor_of(text, 2)


def test_more_than_the_books_can_hold_is_refused() -> None:
    assert minor_of("92233720368547758.07", 2) == MINOR_MAX
    with pytest.raises(AmountFault):
        minor_of("92233720368547758.08", 2)


@given(minors, st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(lambda w: sum(w) > 0))
def test_split_neither_loses_nor_makes_a_minor_unit(minor: int, weights: list[int]) -> None:
    shares = Money("SGD", minor).split(weights)
    assert sum(share.minor for share in shares) == minor
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share.minor * sum(weights) - minor * weight) < sum(weights)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(AssertionError):
        Money("SGD", 1) + Money("THB", 1)


def test_exponents_are_those_of_iso_4217() -> None:
    wanted = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "IDR": 2, "SGD": 2, "VND": 0, "BRL": 2}
    assert {code: CURRENCIES[code].exponent for code in wanted} == wanted


def test_half_goes_to_the_even_neighbour() -> None:
    assert [round_half_even(Decimal(text)) for text in ("0.5", "1.5", "2.5", "-0.5", "2.51")] == [0, 2, 2, 0, 3]

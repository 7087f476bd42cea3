"""Conversion neither makes nor loses value; the best firm quote is locked, and no provider pays beyond its word."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core import CURRENCIES, Instant, Reason, Refusal
from fondaco.fx import NANO, Locked, Quote, QuoteBook, ReferenceRate, convert, fitting, reference, source_for

codes = st.sampled_from(["IDR", "KRW", "SGD", "KWD", "THB"])
rates = st.decimals(Decimal("0.00001"), Decimal("99999"), places=5).map(fitting)


@given(st.integers(0, 10**15), rates, codes, codes)
def test_target_and_residue_together_are_the_exact_product(minor: int, rate: Decimal, source: str, target: str) -> None:
    converted = convert(minor, rate, source, target)
    exact = Fraction(minor) * Fraction(rate) * Fraction(10) ** (CURRENCIES[target].exponent - CURRENCIES[source].exponent)
    assert abs(exact - converted.target_minor) <= Fraction(1, 2)
    assert abs(exact - converted.target_minor - Fraction(converted.residue_nano, NANO)) <= Fraction(1, 2 * NANO)


@given(st.integers(1, 10**12), rates, codes, codes)
def test_the_source_for_a_target_is_the_least_that_buys_it(minor: int, rate: Decimal, source: str, target: str) -> None:
    needed = source_for(minor, rate, source, target)
    scale = Fraction(rate) * Fraction(10) ** (CURRENCIES[target].exponent - CURRENCIES[source].exponent)
    assert needed * scale >= minor and (needed - 1) * scale < minor


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity", "1.0000000000001"])
def test_what_is_no_rate_converts_nothing(rate: str) -> None:
    with pytest.raises(ValueError, match=r"rate|decimals"):
        convert(1, Decimal(rate), "SGD", "THB")


def test_ties_go_to_the_even_unit() -> None:
    assert [convert(minor, Decimal("0.5"), "SGD", "THB").target_minor for minor in (1, 3, 5)] == [0, 2, 2]


def quote(
    name: str, provider: str, rate: str, capacity: int = 10**9, until: int = 100, tiers: tuple[tuple[int, int], ...] = ()
) -> Quote:
    return Quote(name, provider, "SGD", "THB", Decimal(rate), tiers, 0, until, capacity)


def test_the_best_price_wins_and_of_equal_ones_the_first_provider() -> None:
    book = QuoteBook([quote("a", "B2", "26"), quote("b", "B1", "26"), quote("c", "B3", "25.9")])
    best = book.best("SGD", "THB", 100, Instant(1))
    assert isinstance(best, Locked) and best.provider == "B1" and best.target_minor == 2600


def test_capacity_is_taken_and_given_back() -> None:
    book = QuoteBook([quote("a", "B1", "26", capacity=3000), quote("b", "B2", "20")])
    first = book.best("SGD", "THB", 100, Instant(1))
    second = book.best("SGD", "THB", 100, Instant(1))
    assert isinstance(first, Locked) and isinstance(second, Locked)
    assert (first.provider, second.provider) == ("B1", "B2")
    book.release(first)
    third = book.best("SGD", "THB", 100, Instant(1))
    assert isinstance(third, Locked) and third.provider == "B1"


def test_an_expired_an_unknown_and_a_vanishing_price_are_refused() -> None:
    book = QuoteBook([quote("a", "B1", "26")])
    late = book.named("a", "SGD", "THB", 100, Instant(100))
    assert isinstance(late, Refusal) and late.reason is Reason.QUOTE_EXPIRED
    nobody = book.named("z", "SGD", "THB", 100, Instant(1))
    assert isinstance(nobody, Refusal) and nobody.reason is Reason.QUOTE_UNKNOWN
    none = book.best("THB", "SGD", 100, Instant(1))
    assert isinstance(none, Refusal) and none.reason is Reason.NO_PRICE
    dust = QuoteBook([quote("a", "B1", "0.0001")]).best("SGD", "THB", 1, Instant(1))
    assert isinstance(dust, Refusal) and dust.reason is Reason.AMOUNT_VANISHES


def test_a_tier_improves_the_price_from_its_amount_on() -> None:
    book = QuoteBook([quote("a", "B1", "26", tiers=((1_000, 10), (5_000, 20)))])
    got = [book.best("SGD", "THB", minor, Instant(1)) for minor in (999, 1_000, 5_000)]
    assert [one.rate for one in got if isinstance(one, Locked)] == ["26", "26.026000000", "26.052000000"]


def test_a_provider_replaces_its_own_quotes_alone() -> None:
    book = QuoteBook([quote("a", "B1", "26"), quote("b", "B2", "25")])
    assert book.replace("B1", [quote("c", "B1", "24")]) is None
    best = book.best("SGD", "THB", 100, Instant(1))
    assert isinstance(best, Locked) and best.provider == "B2"
    for wrong in (
        quote("d", "B2", "30"),
        quote("d", "B1", "0"),
        quote("d", "B1", "26.1234567890123"),
        quote("d", "B1", "26", until=0),
    ):
        assert isinstance(book.replace("B1", [wrong]), Refusal)


def test_a_name_is_one_quotes_and_what_has_two_changes_nothing() -> None:
    book = QuoteBook([quote("a", "B1", "26"), quote("b", "B2", "25")])
    before = book.state()
    other_pair = Quote("x", "B1", "SGD", "MYR", Decimal("3"), (), 0, 100, 10**9)
    for wrong in ([quote("x", "B1", "26"), other_pair], [quote("b", "B1", "26")], [quote("c", "B1", "NaN")]):
        assert isinstance(book.replace("B1", wrong), Refusal)
        assert book.state() == before
    assert book.replace("B1", [quote("a", "B1", "24")]) is None, "its own name may come again"
    assert book.replace("B1", []) is None and [one.quote_id for one in book.state()] == ["b"]


@given(st.lists(st.integers(1, 10**6), max_size=30))
def test_a_stored_book_goes_on_as_the_first_would(amounts: list[int]) -> None:
    book = QuoteBook([quote("a", "B1", "26", capacity=10**7), quote("b", "B2", "25", capacity=10**7)])
    for amount in amounts:
        copy = QuoteBook(book.state())
        assert copy.best("SGD", "THB", amount, Instant(1)) == book.best("SGD", "THB", amount, Instant(1))


def test_reference_rates_are_dated_crossed_and_never_too_old() -> None:
    rate = reference("SGD", "THB", date(2026, 10, 30), 7)
    assert isinstance(rate, ReferenceRate) and rate.day == date(2026, 10, 30)
    back = reference("THB", "SGD", date(2026, 10, 30), 7)
    assert isinstance(back, ReferenceRate) and abs(rate.rate * back.rate - 1) < Decimal("1e-7")
    old = reference("SGD", "THB", date(2030, 1, 1), 7)
    assert isinstance(old, Refusal) and reference("SGD", "XAU", date(2026, 10, 30), 7).__class__ is Refusal

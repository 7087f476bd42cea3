"""Laws of the clearing union: what all owe all are owed, no debt passes its line, and interest is exact to the last part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.ledger import HUB, residue_ledger_of
from fondaco.rulebook import AGREED_ASSET, CARRY_OVER, LOCAL_CURRENCY, MONTH, TWO_MONTHS, WEEK
from fondaco.settlement import (
    PARTS,
    Compensation,
    Debt,
    accrued,
    billed,
    close_after,
    compensate,
    net_legs,
    nets_of,
    residue_legs,
)

CURRENCY = {1: "BRL", 2: "INR", 3: "KRW", 4: "SGD"}
RATES = {1: Fraction(1), 2: Fraction(61, 1000), 3: Fraction(37, 10_000), 4: Fraction(412, 100)}
PAIRS = [(one, other) for one in CURRENCY for other in CURRENCY if one != other]
LEDGERS = {"BRL": 98602, "INR": 35602, "KRW": 41000, "SGD": 70202}
FINE = {code: 1_000_000 + ledger for code, ledger in LEDGERS.items()}
NANO = 10**9


def agreed(rule: str) -> dict[tuple[int, int], str]:
    return {pair: rule for pair in PAIRS if pair[0] < pair[1]}


@st.composite
def closes(
    draw: st.DrawFn,
) -> tuple[list[Debt], dict[int, Fraction], dict[tuple[int, int], str], dict[tuple[int, int], int], Compensation]:
    owed = draw(st.dictionaries(st.sampled_from(PAIRS), st.integers(0, 10**13)))
    parts = st.integers(0, 10**7 * PARTS)
    debts = []
    for (debtor, creditor), minor in owed.items():
        debit = draw(parts)
        debts.append(Debt(debtor, creditor, minor, debit, draw(st.integers(0, debit))))
    up, down = st.integers(1, 10**6), st.integers(1, 10**6)
    rates = {number: Fraction(draw(up), draw(down)) for number in CURRENCY}
    rules = {pair: draw(st.sampled_from([LOCAL_CURRENCY, CARRY_OVER, AGREED_ASSET])) for pair in agreed("")}
    lines = {pair: max(owed.get(pair, 0), draw(st.integers(0, 10**13))) for pair in PAIRS}
    return debts, rates, rules, lines, compensate(debts, rates, rules, lines)


@given(closes())
def test_what_all_owe_all_are_owed_and_every_net_is_settled(made) -> None:  # type: ignore[no-untyped-def]
    _, rates, _, _, found = made
    assert sum(found.nets.values()) == 0
    for number, net in found.nets.items():
        due = sum((part for (_, creditor), part in found.residuals.items() if creditor == number), Fraction(0))
        owes = sum((part for (debtor, _), part in found.residuals.items() if debtor == number), Fraction(0))
        assert due - owes == net and not (due and owes), "nobody pays and is paid"
    for row in found.rows:
        # Carried and paid with their residues are the residual, but for what rounding the residues to 10^-9 itself leaves over.
        carried = (row.carried + Fraction(row.carried_residue, NANO)) * rates[row.creditor]
        paid = (row.paid + Fraction(row.paid_residue, NANO)) * rates[row.debtor]
        off = abs(carried + paid - found.residuals.get((row.debtor, row.creditor), Fraction(0)))
        assert off <= Fraction(1, 2 * NANO) * (rates[row.creditor] + rates[row.debtor])
        assert abs(row.carried_residue) <= NANO // 2 and abs(row.paid_residue) <= NANO // 2


@given(closes())
def test_no_debt_is_carried_beyond_its_line_and_every_residual_goes_as_its_article_says(made) -> None:  # type: ignore[no-untyped-def]
    _, _, rules, lines, found = made
    for row in found.rows:
        pair = (row.debtor, row.creditor)
        assert 0 <= row.carried <= lines[pair]
        assert row.settled_by == rules[min(pair), max(pair)]
        if row.settled_by == LOCAL_CURRENCY:
            assert row.carried == 0
        elif row.paid:
            assert row.carried == lines[pair], "only what a line can't hold is paid"
        if pair not in found.residuals:
            assert row.carried == row.paid == 0


@given(closes())
def test_what_debtors_are_billed_and_its_rest_is_what_creditors_get_with_theirs_and_the_margin(made) -> None:  # type: ignore[no-untyped-def]
    debts, _, _, _, found = made
    rows = {(row.debtor, row.creditor): row for row in found.rows}
    for debt in debts:
        row = rows.get((debt.debtor, debt.creditor))
        assert row is not None, "who owes interest stands in the close"
        assert row.interest == row.credited + row.margin and row.margin >= 0
        for parts, minor, nano in (
            (debt.debit_parts, row.interest, row.interest_residue),
            (debt.credit_parts, row.credited, row.credited_residue),
        ):
            exact = Fraction(parts, PARTS)
            assert abs(exact - minor) <= Fraction(1, 2) and abs(exact - minor - Fraction(nano, NANO)) <= Fraction(1, 2 * NANO)


@given(closes())
def test_the_transfers_move_what_the_rows_say_and_nothing_else(made) -> None:  # type: ignore[no-untyped-def]
    _, _, _, _, found = made
    nets = nets_of(found.rows, CURRENCY)
    held: dict[tuple[str, int], int] = {(CURRENCY[row.creditor], row.debtor): -row.before for row in found.rows}
    for currency, number, minor in nets:
        held[currency, number] = held.get((currency, number), 0) + minor
    after: dict[tuple[str, int], int] = {}
    for row in found.rows:
        place = (CURRENCY[row.creditor], row.debtor)
        after[place] = after.get(place, 0) - row.carried
        hub, money = (CURRENCY[row.creditor], HUB), (CURRENCY[row.debtor], row.creditor)
        after[hub] = after.get(hub, 0) + row.margin
        after[money] = after.get(money, 0) + row.paid
    assert {k: v for k, v in held.items() if v} == {k: v for k, v in after.items() if v}
    legs = net_legs(nets, LEDGERS)
    assert [leg.amount for leg in legs] == [abs(minor) for _, _, minor in nets] and all(leg.amount > 0 for leg in legs)
    assert all(leg.amount > 0 and leg.debit != leg.credit for leg in residue_legs(found.rows, CURRENCY, FINE))
    assert FINE["BRL"] == residue_ledger_of(986, 2)


def test_two_central_banks_compensate_and_the_rest_is_paid_carried_or_left_to_the_asset() -> None:
    # 1 owes 2 10,000 paise (610 centavos), 2 owes 1 200 centavos: 410 centavos are left.
    debts, lines = [Debt(1, 2, 10_000), Debt(2, 1, 200)], {(1, 2): 20_000, (2, 1): 20_000}
    for rule, carried, paid in ((LOCAL_CURRENCY, 0, 410), (CARRY_OVER, 6_721, 0), (AGREED_ASSET, 6_721, 0)):
        found = compensate(debts, RATES, agreed(rule), lines)
        assert found.residuals == {(1, 2): Fraction(410)}
        first, second = found.rows
        assert (first.carried, first.paid, second.carried, second.paid) == (carried, paid, 0, 0)
        assert first.carried_residue == (round(Fraction(410_000, 61) * NANO) - 6_721 * NANO if carried else 0)


def test_a_ring_of_debts_vanishes_and_a_chain_becomes_one_debt() -> None:
    even = dict.fromkeys(CURRENCY, Fraction(1))
    ring = compensate([Debt(1, 2, 10), Debt(2, 3, 10), Debt(3, 1, 10)], even, agreed(CARRY_OVER), {})
    assert ring.residuals == {} and all(row.carried == row.paid == 0 and row.written_off == 10 for row in ring.rows)
    chain = compensate([Debt(1, 2, 10), Debt(2, 4, 10)], even, agreed(LOCAL_CURRENCY), {})
    assert chain.residuals == {(1, 4): Fraction(10)} and chain.nets[2] == 0
    assert [(row.debtor, row.creditor, row.paid) for row in chain.rows] == [(1, 2, 0), (1, 4, 10), (2, 4, 0)]


def test_what_a_line_cannot_carry_is_paid_even_where_the_article_carries_over() -> None:
    parts = accrued(10_000, Decimal("0.05"), 30, 360)
    found = compensate([Debt(1, 2, 10_000, parts, parts)], RATES, agreed(CARRY_OVER), {(1, 2): 10_000})
    (row,) = found.rows
    assert row.interest == 42 and row.carried == 10_000
    assert row.paid == 3 and row.paid_residue == round((Fraction(42 * 61, 1000) - 3) * NANO)


@pytest.mark.parametrize("wrong", [[Debt(1, 2, -1)], [Debt(1, 2, 1), Debt(1, 2, 2)], [Debt(1, 1, 5)], [Debt(1, 2, 1, -1)]])
def test_debts_that_cannot_be_are_refused(wrong: list[Debt]) -> None:
    with pytest.raises(ValueError, match="every pair once"):
        compensate(wrong, RATES, agreed(CARRY_OVER), {})


@given(
    st.integers(0, 10**14), st.decimals(0, 1, places=8), st.lists(st.integers(1, 40), max_size=12), st.sampled_from([360, 365])
)
def test_nights_add_up_exactly_however_they_are_counted(minor: int, rate: Decimal, nights: list[int], year: int) -> None:
    one_by_one = sum(accrued(minor, rate, count, year) for count in nights)
    assert one_by_one == accrued(minor, rate, sum(nights), year)
    assert Fraction(one_by_one, PARTS) == minor * Fraction(rate) * sum(nights) / year
    assert billed(one_by_one).minor == round(Fraction(one_by_one, PARTS)), "half to even"


def test_a_rate_that_cannot_be_counted_exactly_is_refused() -> None:
    for rate, year in ((Decimal("0.123456789"), 360), (Decimal("0.05"), 364)):
        with pytest.raises(ValueError, match="counted exactly"):
            accrued(1, rate, 1, year)


@pytest.mark.parametrize(
    ("period", "day", "began", "closes_on"),
    [
        (WEEK, 4, "2026-11-27", "2026-12-04"),
        (WEEK, 0, "2026-11-27", "2026-11-30"),
        (MONTH, 31, "2026-11-27", "2026-11-30"),
        (MONTH, 31, "2026-11-30", "2026-12-31"),
        (MONTH, 15, "2026-11-27", "2026-12-15"),
        (MONTH, 30, "2027-01-30", "2027-02-28"),
        (MONTH, 31, "2028-01-31", "2028-02-29"),
        (TWO_MONTHS, 31, "2026-11-27", "2026-12-31"),
        (TWO_MONTHS, 31, "2026-12-31", "2027-02-28"),
        (TWO_MONTHS, 15, "2026-12-15", "2027-02-15"),
    ],
)
def test_a_period_closes_on_its_day(period: str, day: int, began: str, closes_on: str) -> None:
    assert close_after(period, day, date.fromisoformat(began)).isoformat() == closes_on


@given(st.sampled_from([WEEK, MONTH, TWO_MONTHS]), st.integers(0, 31), st.dates(date(2026, 1, 1), date(2090, 1, 1)))
def test_periods_follow_each_other_without_end(period: str, day: int, began: date) -> None:
    day = day % 7 if period == WEEK else max(1, day)
    longest: Mapping[str, int] = {WEEK: 7, MONTH: 31, TWO_MONTHS: 62}
    close = close_after(period, day, began)
    assert began < close <= began + timedelta(days=longest[period])
    assert close_after(period, day, close - timedelta(days=1)) == close

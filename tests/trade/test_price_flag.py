"""Flags on prices, loads and sums: where they begin, what they say, and that they never stop or crash anything."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.trade.flag import Flag, Grade
from fondaco.trade.price_flag import Goods, Load, Sum, Thresholds, arithmetic_flags, load_flags, price_flags, score_of
from fondaco.trade.price_reference import Reference, References, decimal_of, read_references

HEADING = "hs6,origin,destination,unit,currency,median,iqr,n,period"
FILE = f"""{HEADING}
080111,TH,SG,KGM,USD,2.00,0.2698,120,2026Q2
080111,TH,SG,KGM,USD,1.50,0.2698,120,2026Q1
080111,,,KGM,USD,1.80,0.5,900,2025
080111,TH,MY,KGM,USD,9.00,0.1,12,2026
840999,,SG,C62,SGD,100,0,40,2026-09
""".splitlines()
EASY = settings(max_examples=150, deadline=None)
LINE = Goods("lines/0", "080111", Decimal(1000), "KGM", 200_000, "TH", "SG")


def loaded() -> References:
    found = read_references(FILE)
    assert isinstance(found, References), found
    return found


def rules(flags: tuple[Flag, ...]) -> list[str]:
    return [one.rule for one in flags]


def priced(minor: int, **changes: object) -> tuple[Flag, ...]:
    line = msgspec.structs.replace(LINE, minor=minor, **changes)
    return price_flags([line], "USD", loaded(), {"SGD": Decimal("0.75")})


def test_the_usual_price_is_not_flagged() -> None:
    assert priced(200_000) == ()


def test_the_latest_of_the_nearest_corridor_with_enough_observations_counts() -> None:
    found = loaded()
    assert found.nearest("080111", "KGM", "TH", "SG", 30) == Reference(
        "080111", "TH", "SG", "KGM", "USD", Decimal("2.00"), Decimal("0.2698"), 120, "2026Q2"
    )
    general = found.nearest("080111", "KGM", "TH", "MY", 30)
    assert general is not None and general.n == 900, "a corridor of twelve observations says less than all corridors"
    few = found.nearest("080111", "KGM", "TH", "MY", 1_000)
    assert few is not None and few.n == 12
    assert found.nearest("080111", "LTR", "TH", "SG", 30) is None and len(found) == 5 and found.units("080111") == ("KGM",)


@pytest.mark.parametrize(
    ("minor", "expected"),
    [
        (299_999, []),  # 1.49 times the median
        (300_000, ["PRICE_HIGH"]),  # 1.5 times, and its logarithm 4.05 deviations off
        (133_334, []),
        (133_333, ["PRICE_LOW"]),
    ],
)
def test_the_bounds_of_a_price(minor: int, expected: list[str]) -> None:
    assert rules(priced(minor)) == expected


def test_a_flag_says_what_it_compares() -> None:
    (flag,) = priced(1_000_000)
    assert (flag.rule, flag.grade, flag.where) == ("PRICE_HIGH", Grade.REVIEW, "lines/0")
    assert (
        "10.00 USD per KGM is above the median of 2.00" in flag.text
        and "5 times it" in flag.text
        and "TH to SG, 2026Q2" in flag.text
    )


def test_a_wide_spread_takes_more_than_the_ratio() -> None:
    wide = References([Reference("080111", "", "", "KGM", "USD", Decimal(2), Decimal(2), 100, "2026")])
    assert price_flags([msgspec.structs.replace(LINE, minor=400_000)], "USD", wide, {}) == (), (
        "twice the median is one deviation here"
    )
    assert rules(price_flags([msgspec.structs.replace(LINE, minor=3_000_000)], "USD", wide, {})) == ["PRICE_HIGH"]


def test_a_reference_without_spread_or_with_few_observations_only_asks() -> None:
    line = Goods("lines/1", "840999", Decimal(2), "C62", 300_00, "DE", "SG")
    (flag,) = price_flags([line], "SGD", loaded(), {})
    assert (flag.rule, flag.grade) == ("PRICE_HIGH", Grade.QUERY) and "without a spread" in flag.text
    assert price_flags([msgspec.structs.replace(line, minor=299_98)], "SGD", loaded(), {}) == ()
    few = References([Reference("080111", "", "", "KGM", "USD", Decimal(2), Decimal("0.2"), 29, "2026")])
    (asked,) = price_flags([msgspec.structs.replace(LINE, minor=1_000_000)], "USD", few, {})
    assert asked.grade is Grade.QUERY


def test_mass_is_compared_in_any_unit_of_mass_and_other_units_are_not() -> None:
    assert rules(priced(200_000, quantity=Decimal(1), unit="TNE")) == []
    assert rules(priced(200_000, quantity=Decimal(1_000_000), unit="GRM")) == []
    assert rules(priced(200_000, quantity=Decimal(10), unit="TNE")) == ["PRICE_LOW"]
    assert rules(priced(200_000, unit="LTR")) == ["PRICE_UNKNOWN"]


def test_a_price_in_another_currency_needs_its_rate() -> None:
    line = Goods("lines/1", "840999", Decimal(1), "C62", 75_00, "DE", "SG")
    assert price_flags([line], "USD", loaded(), {"SGD": Decimal("0.75")}) == ()
    (flag,) = price_flags([line], "USD", loaded(), {})
    assert (flag.rule, flag.grade) == ("PRICE_UNKNOWN", Grade.NOTE)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": Decimal(0)},
        {"quantity": Decimal(-1)},
        {"minor": 0},
        {"quantity": Decimal("NaN")},
        {"quantity": Decimal("1e999999")},
    ],
)
def test_what_has_no_price_is_asked_for(changes: dict[str, object]) -> None:
    assert rules(price_flags([msgspec.structs.replace(LINE, **changes)], "USD", loaded(), {})) == ["PRICE_NONE"]


PRICES = st.decimals("0.01", "100000", places=2)


@EASY
@given(PRICES, PRICES, st.decimals("0.01", "1000", places=2))
def test_the_score_is_odd_in_the_ratio_and_grows_with_the_price(price: Decimal, median: Decimal, iqr: Decimal) -> None:
    row = Reference("080111", "", "", "KGM", "USD", median, iqr, 50, "2026")
    score, higher = score_of(price, row), score_of(price * 2, row)
    assert score is not None and higher is not None and higher > score
    assert (score > 0) == (price > median) or price == median
    assert abs(score + (score_of(median * median / price, row) or Decimal(0))) < Decimal("1e-15")
    assert score_of(median, row) == 0


@EASY
@given(st.integers(1, 10**9), PRICES, PRICES, st.integers(2, 1000))
def test_who_ships_and_pays_a_multiple_is_flagged_the_same(minor: int, quantity: Decimal, median: Decimal, times: int) -> None:
    rows = References([Reference("080111", "", "", "KGM", "USD", median, median / 10, 50, "2026")])
    one = Goods("x", "080111", quantity, "KGM", minor)
    more = Goods("x", "080111", quantity * times, "KGM", minor * times)
    assert price_flags([one], "USD", rows, {}) == price_flags([more], "USD", rows, {})


@EASY
@given(
    st.decimals(allow_nan=True, allow_infinity=True), st.integers(-5, 10**15), st.decimals(allow_nan=True, allow_infinity=True)
)
def test_no_number_crashes_a_guard(quantity: Decimal, minor: int, other: Decimal) -> None:
    line = msgspec.structs.replace(LINE, quantity=quantity, minor=minor)
    assert all(isinstance(one, Flag) for one in price_flags([line], "USD", loaded(), {}))
    assert all(isinstance(one, Flag) for one in arithmetic_flags([Sum("x", quantity, other, minor, other)], "USD", minor))
    assert all(isinstance(one, Flag) for one in load_flags(Load("x", quantity, other, minor, (20,), quantity)))


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (Load("b/l", Decimal(21_000), Decimal(21_000), 400, (20,)), []),
        (Load("b/l", Decimal("21000.001"), Decimal(21_000), 400, (20,)), ["NET_ABOVE_GROSS"]),
        (Load("b/l", None, Decimal(36_000), 400, (20,)), []),
        (Load("b/l", None, Decimal("36000.5"), 400, (20,)), ["CONTAINER_OVERWEIGHT"]),
        (Load("b/l", None, Decimal(72_000), 400, (20, 40)), []),
        (Load("b/l", Decimal(73_000), None, 400, (20, 40)), ["CONTAINER_OVERWEIGHT"]),
        (Load("b/l", None, None, 400, (20,), Decimal(38_000)), []),
        (Load("b/l", None, None, 400, (20,), Decimal(38_001)), ["CONTAINER_OVERFULL"]),
        (Load("b/l", None, Decimal(40_000), 1), ["PACKAGE_OVERWEIGHT"]),
        (Load("b/l", None, None, 1, (20, 20)), ["PACKAGES_FEW"]),
        (Load("b/l", Decimal(0), Decimal(-1), -1), ["LOAD_NONE", "LOAD_NONE"]),
        (Load("b/l", packages=-1), ["LOAD_NONE"]),
        (Load("b/l"), []),
    ],
)
def test_what_cannot_be_carried(load: Load, expected: list[str]) -> None:
    assert rules(load_flags(load)) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (Sum("l", Decimal(3), Decimal("33.333"), 10_000), []),  # 99.999 is 100.00, whichever way it is rounded
        (Sum("l", Decimal(3), Decimal("33.333"), 9_999), []),
        (Sum("l", Decimal(3), Decimal("33.333"), 9_998), ["LINE_SUM"]),
        (Sum("l", Decimal(3), Decimal("33.333"), 10_001), ["LINE_SUM"]),
        (Sum("l", Decimal(500), Decimal(12), 6_000, Decimal(100)), []),
        (Sum("l", Decimal(500), Decimal(12), 6_000, Decimal(0)), ["LINE_SUM"]),
        (Sum("l", Decimal(1), Decimal("10.00"), 1_000), []),
    ],
)
def test_lines_are_what_quantity_and_price_make(line: Sum, expected: list[str]) -> None:
    assert rules(arithmetic_flags([line], "SGD", line.minor)) == expected


def test_the_total_is_to_the_minor_unit() -> None:
    lines = [Sum("a", Decimal(1), Decimal(10), 1_000), Sum("b", Decimal(2), Decimal(10), 2_000)]
    assert arithmetic_flags(lines, "SGD", 3_050, charges_minor=100, allowances_minor=50) == ()
    assert rules(arithmetic_flags(lines, "SGD", 3_051, charges_minor=100, allowances_minor=50)) == ["TOTAL_SUM"]
    assert rules(arithmetic_flags([Sum("a", Decimal(1), Decimal(1_000), 1_000)], "KRW", 1_000)) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("8011,TH,SG,KGM,USD,2,0,1,2026", "hs6"),
        ("080111,XX,SG,KGM,USD,2,0,1,2026", "origin"),
        ("080111,TH,S,KGM,USD,2,0,1,2026", "destination"),
        ("080111,TH,SG,kilo,USD,2,0,1,2026", "unit"),
        ("080111,TH,SG,KGM,XYZ,2,0,1,2026", "currency"),
        ("080111,TH,SG,KGM,USD,0,0,1,2026", "median"),
        ("080111,TH,SG,KGM,USD,1e3,0,1,2026", "median"),
        ("080111,TH,SG,KGM,USD,2,-1,1,2026", "iqr"),
        ("080111,TH,SG,KGM,USD,2,NaN,1,2026", "iqr"),
        ("080111,TH,SG,KGM,USD,2,0,0,2026", "n "),
        ("080111,TH,SG,KGM,USD,2,0,1,2026Q5", "period"),
        ("080111,TH,SG,KGM,USD,2,0,1,2026-13", "period"),
        ("080111,TH,SG,KGM", "currency"),
    ],
)
def test_a_row_that_is_none_is_told_with_its_line(row: str, said: str) -> None:
    found = read_references([HEADING, FILE[1], row])
    assert isinstance(found, list) and len(found) == 1
    assert found[0].startswith("line 3: ") and said in found[0]


def test_a_file_is_loaded_whole_or_not_at_all() -> None:
    assert read_references(["hs6,unit"]) == ["line 1: no column origin, destination, currency, median, iqr, n, period"]
    assert read_references([]) != []
    twice = read_references([HEADING, FILE[1], FILE[1]])
    assert twice == ["line 3: the same as line 2"]
    torn = read_references([HEADING, '080111,"TH'])
    assert isinstance(torn, list) and "line" in torn[0]


def test_periods_are_put_in_order_by_their_end() -> None:
    rows = [
        Reference("1" * 6, "", "", "KGM", "USD", Decimal(at + 1), Decimal(0), 50, period)
        for at, period in enumerate(["2026-09", "2026Q1", "2025"])
    ]
    latest = References(rows).nearest("1" * 6, "KGM", "", "", 30)
    assert latest is not None and latest.period == "2026-09"


@EASY
@given(st.text(max_size=12))
def test_only_plain_numbers_are_numbers(text: str) -> None:
    found = decimal_of(text)
    assert found is None or (found.is_finite() and Decimal(text) == found and "e" not in text.lower())


def test_thresholds_are_the_operator_s() -> None:
    line = msgspec.structs.replace(LINE, minor=260_000)
    assert price_flags([line], "USD", loaded(), {}) == ()
    assert rules(price_flags([line], "USD", loaded(), {}, Thresholds(Decimal("2.5"), Decimal("1.2"), 30))) == ["PRICE_HIGH"]

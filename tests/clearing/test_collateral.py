"""What collateral is worth: never more than its price, never less than nothing, and never less for there being more of it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.clearing import AssetPrice, Lodged, Rate, Terms, valued

KINDS = ["cash", "bill", "bond"]
BPS = st.integers(0, 9_999)
SHARE = st.integers(1, 10_000)
TERMS = st.fixed_dictionaries({kind: st.builds(Terms, BPS, SHARE, SHARE) for kind in KINDS})
PRICE = st.builds(Rate, st.integers(1, 10**12), st.integers(1, 10**9))
LODGED = st.lists(
    st.builds(
        Lodged,
        st.text("ABC", min_size=1, max_size=3),
        st.sampled_from([*KINDS, "unknown"]),
        st.sampled_from(["S", "T", "U"]),
        st.integers(0, 10**9),
        st.none() | PRICE,
        BPS,
    ),
    max_size=8,
)


@given(LODGED, TERMS)
def test_value_is_rounded_down_once_and_never_below_zero(lodged: list[Lodged], terms: dict[str, Terms]) -> None:
    found = valued(lodged, terms)
    for one, (asset, value) in zip(lodged, found.lines, strict=True):
        assert asset == one.asset
        if one.price is None or one.kind not in terms:
            assert value == 0
            continue
        exact = Fraction(one.quantity) * one.price.numerator / one.price.denominator
        exact *= Fraction(10_000 - terms[one.kind].haircut_bps, 10_000) * Fraction(10_000 - one.fx_haircut_bps, 10_000)
        assert 0 <= exact - value < 1
    assert 0 <= found.counted <= sum(value for _, value in found.lines)


@given(LODGED, TERMS)
def test_no_issuer_and_no_kind_counts_beyond_its_share(lodged: list[Lodged], terms: dict[str, Terms]) -> None:
    found = valued(lodged, terms)
    whole = sum(value for _, value in found.lines)
    values = dict.fromkeys(((one.kind, one.issuer) for one in lodged), 0)
    for one, (_, value) in zip(lodged, found.lines, strict=True):
        values[one.kind, one.issuer] += value
    for kind, value, counted in found.kinds:
        known = terms.get(kind, Terms(0, 0, 0))
        by_issuer = [v for (k, _), v in values.items() if k == kind]
        assert value == sum(by_issuer)
        assert counted <= whole * known.kind_share_bps // 10_000
        assert counted <= sum(min(v, whole * known.issuer_share_bps // 10_000) for v in by_issuer)
    assert found.counted == sum(counted for _, _, counted in found.kinds)


@given(LODGED.filter(bool), TERMS, st.data())
def test_more_of_anything_or_a_higher_price_is_never_worth_less(
    lodged: list[Lodged], terms: dict[str, Terms], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(lodged) - 1))
    one, more = lodged[place], data.draw(st.integers(0, 10**9))
    before = valued(lodged, terms).counted
    heavier = [*lodged[:place], one._replace(quantity=one.quantity + more), *lodged[place + 1 :]]
    assert valued(heavier, terms).counted >= before
    if one.price is not None:
        dearer = one._replace(price=Rate(one.price.numerator + more, one.price.denominator))
        assert valued([*lodged[:place], dearer, *lodged[place + 1 :]], terms).counted >= before


@given(LODGED, TERMS, st.integers(1, 9_999))
def test_a_larger_haircut_is_never_worth_more(lodged: list[Lodged], terms: dict[str, Terms], more: int) -> None:
    harder = {kind: one._replace(haircut_bps=min(9_999, one.haircut_bps + more)) for kind, one in terms.items()}
    assert valued(lodged, harder).counted <= valued(lodged, terms).counted


def test_a_figure_by_hand() -> None:
    terms = {"cash": Terms(0, 10_000, 10_000), "bond": Terms(400, 6_000, 8_000)}
    lodged = [
        Lodged("SGD", "cash", "SGD", 10_000, Rate(1, 1), 0),
        Lodged("SG30", "bond", "SG", 100, Rate(10_100, 1), 0),
        Lodged("TH31", "bond", "TH", 10, Rate(4_001, 1), 800),
    ]
    found = valued(lodged, terms)
    # 100 x 101.00 less four per cent; 10 x 40.01 less four, then eight per cent.
    assert found.lines == (("SGD", 10_000), ("SG30", 969_600), ("TH31", 35_336))
    # Singapore's bonds are at most 60 per cent of 1,014,936; bonds in all 80 per cent.
    assert found.kinds == (("bond", 1_004_936, 608_961 + 35_336), ("cash", 10_000, 10_000))


@pytest.mark.parametrize(
    ("asset", "currency", "price", "reason"),
    [
        ("A B", "SGD", "1", "one word"), ("A", "SGD", "0", "no price"), ("A", "SGD", "-1", "no price"), ("A", "SGD", "1e5", "no price"),
        ("A", "SGD", "NaN", "no price"), ("A", "SGD", "0." + "1" * 13, "no price"), ("A", "XAU", "1", "no currency"),
    ],
)  # fmt: skip
def test_a_price_that_is_none_is_told(asset: str, currency: str, price: str, reason: str) -> None:
    assert reason in AssetPrice(asset, "bond", "SG", currency, price, "2026-11-24").fault()


def test_a_price_is_a_fraction_of_minor_units() -> None:
    assert AssetPrice("A", "bond", "SG", "SGD", "98.125", "2026-11-24").per_unit() == Rate(19_625, 2)
    assert AssetPrice("A", "bond", "KR", "KRW", "9812", "2026-11-24").per_unit() == Rate(9_812, 1)

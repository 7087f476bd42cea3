"""Every short currency gets what it needs to the unit, nobody gives more than it has, and what is borne is what is given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fondaco.clearing import Rate, worth
from fondaco.settlement import (
    COLLATERAL,
    OPERATOR,
    OTHER_MONEY,
    OWN_SHARE,
    SURVIVORS,
    DefaultEvent,
    DefaultState,
    Means,
    Purse,
    Short,
    Survivor,
    Taking,
    cover_legs,
    cover_moves,
    spent,
    takings,
    waterfall,
)
from fondaco.settlement.default_life import DEFAULT

RATES = {"HHH": Rate(1, 1), "AAA": Rate(7, 3), "BBB": Rate(1, 10_007), "CCC": Rate(1_234_567, 1)}
PAPER = Purse("BOND", 0, Rate(99_900, 1), "collateral")
CODES = sorted(RATES)
UNITS = st.integers(0, 10**9)
HOLDINGS = st.fixed_dictionaries(dict.fromkeys(CODES, UNITS))
AGENTS = {code: f"CB{code}" for code in CODES}


def plain(purse: Purse) -> int:
    return worth(purse.units, purse.rate, 0, up=False)


def purses(held: dict[str, int], purpose: str = "") -> list[Purse]:
    return [Purse(code, held[code], RATES[code], purpose) for code in CODES]


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(("F1", "F2")), st.sampled_from(CODES)), st.integers(1, 10**8), min_size=1, max_size=5
    ),
    st.lists(HOLDINGS, min_size=4, max_size=4),
    st.integers(0, 50),
    st.integers(100, 900),
)
def test_what_is_missing_is_paid_to_the_unit(
    missing: dict[tuple[str, str], int], held: list[dict[str, int]], bonds: int, haircut: int
) -> None:
    short = [
        Short(bic, code, minor, 0, worth(minor, RATES[code], 0, up=True), 0) for (bic, code), minor in sorted(missing.items())
    ]
    own = {"F1": held[0] | {code: 0 for bic, code in missing if bic == "F1"}, "F2": dict.fromkeys(CODES, 0)}
    bags = {(OTHER_MONEY, "F1"): purses(own["F1"]), (COLLATERAL, "F1"): [PAPER._replace(units=bonds)]}
    bags |= {
        (OWN_SHARE, "F1"): purses(held[1], "fund"),
        (OPERATOR, "HUB"): purses(held[2], "fund"),
        (SURVIVORS, "S"): purses(held[3], "fund"),
    }

    def size(key: tuple[str, str]) -> int:
        return sum(worth(one.units, one.rate, 0 if one.asset == "HHH" else haircut, up=False) for one in bags.get(key, ()))

    failing = [
        Means(
            bic,
            sum(one.home for one in short if one.bic == bic),
            size((OTHER_MONEY, bic)),
            size((COLLATERAL, bic)),
            size((OWN_SHARE, bic)),
        )
        for bic in ("F1", "F2")
    ]
    fall = waterfall(failing, ("HUB", size((OPERATOR, "HUB"))), [Survivor("S", size((SURVIVORS, "S")), 0, 1)])
    if fall.unmet:
        return
    found = takings(short, fall.borne, bags)
    if found is None:
        return  # rounding ate what no haircut left room for; the story of it is below
    for one in short:
        assert sum(t.minor for t in found if (t.towards, t.currency) == (one.bic, one.currency)) == one.owed - one.paid
    for row in fall.borne:
        assert sum(t.home for t in found if (t.tranche, t.bic) == (row.tranche, row.bic)) == row.minor
    for (tranche, bic), bag in bags.items():
        for purse in bag:
            assert sum(t.units for t in found if (t.tranche, t.bic, t.asset) == (tranche, bic, purse.asset)) <= purse.units
    for t in found:
        assert t.over >= 0 and (t.asset == t.currency or t.over * 1 <= RATES.get(t.asset, PAPER.rate).numerator)
        assert t.tranche not in (OTHER_MONEY, COLLATERAL) or t.towards == t.bic, "its own means, for its own loss"
    check_moves(found)


def check_moves(found: tuple[Taking, ...]) -> None:
    """Agents and books move the same, and what is lodged is written off once."""
    moves = cover_moves(found, AGENTS, "HUB", {})
    ledgers = {code: at for at, code in enumerate(CODES, 1)}
    legs = cover_legs(found, {"F1": 1, "F2": 2, "S": 3}, ledgers)
    for code in CODES:
        for bic in ("F1", "F2"):
            told = sum(m.minor for m in moves if (m.currency, m.payee) == (code, bic)) - sum(
                m.minor for m in moves if (m.currency, m.payer) == (code, bic)
            )
            number = {"F1": 1, "F2": 2}[bic]
            booked = sum(
                leg.amount * (((leg.credit >> 32) & 0xFFFFFF == number) - ((leg.debit >> 32) & 0xFFFFFF == number))
                for leg in legs
                if leg.ledger == ledgers[code]
            )
            assert told == booked
    lodged = sum(units for key, units in spent(found).items() if key.endswith(" fund HHH"))
    assert lodged == sum(t.units for t in found if t.lodged and t.purpose == "fund" and t.asset == "HHH")


def test_money_of_the_short_currency_goes_first_and_to_who_is_short_of_it() -> None:
    short = [Short("F1", "AAA", 300, 0, 700, 0), Short("F1", "HHH", 100, 0, 100, 0)]
    bag = [Purse("AAA", 300, RATES["AAA"], "fund"), Purse("HHH", 500, RATES["HHH"], "fund")]
    fall = waterfall([Means("F1", 800, 0, 0, 0)], ("HUB", 1_000), [])
    found = takings(short, fall.borne, {(OPERATOR, "HUB"): bag})
    assert found is not None
    assert [(t.asset, t.units, t.currency, t.minor) for t in found] == [("AAA", 300, "AAA", 300), ("HHH", 100, "HHH", 100)]


def test_where_whole_units_do_not_come_to_what_is_borne_nothing_is_given() -> None:
    # Two thirds of a unit each for two who are short: two units are needed, and one is there.
    half = Rate(3, 2)
    short = [Short("F1", "HHH", 1, 0, 1, 0), Short("F2", "HHH", 1, 0, 1, 0)]
    fall = waterfall([Means("F1", 1, 0, 0, 0), Means("F2", 1, 0, 0, 0)], ("HUB", 2), [])
    assert takings(short, fall.borne, {(OPERATOR, "HUB"): [Purse("X", 1, half, "fund")]}) is None
    found = takings(short, fall.borne, {(OPERATOR, "HUB"): [Purse("X", 2, half, "fund")]})
    assert found is not None and [(t.units, t.home, t.over) for t in found] == [(1, 1, 0), (1, 1, 0)]


def test_no_way_leads_back_from_what_is_covered() -> None:
    for state in (DefaultState.COVERED, DefaultState.UNMET):
        assert [row.after for row in DEFAULT.rows if row.before is state] == [DefaultState.CLOSED]
    assert {row.on for row in DEFAULT.rows if row.after is DefaultState.DECLARED} == {
        DefaultEvent.AGENT_REFUSED, DefaultEvent.AGENT_SILENT,
    }  # fmt: skip

"""Trade debts set off: the optimum, held against another solver, and what must never change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from fondaco.clearing import Claim, Crowd, excluded_because, set_off, statements
from fondaco.clearing.debt_circles import circulation
from fondaco.clearing.flow_bound import bound_of


def claim(number: int, debtor: str, creditor: str, minor: int, due: str = "2026-12-01", currency: str = "SGD") -> Claim:
    return Claim(f"I{number}", debtor, creditor, currency, minor, due, True, True, True)


firms = st.sampled_from("ABCDEF")
drawn_claims = st.lists(
    st.tuples(firms, firms, st.integers(1, 50), st.sampled_from(["SGD", "THB"])).filter(lambda p: p[0] != p[1]), max_size=24
)


def most_by_simplex(rows: list[Claim]) -> int:
    """The same program stated plainly: a column for each claim, nobody's position changes. Written apart from the flow."""
    parties = sorted({one.debtor for one in rows} | {one.creditor for one in rows})
    balance = np.zeros((len(parties), len(rows)))
    for column, one in enumerate(rows):
        balance[parties.index(one.debtor), column] -= 1
        balance[parties.index(one.creditor), column] += 1
    found = linprog(-np.ones(len(rows)), A_eq=balance, b_eq=np.zeros(len(parties)), bounds=[(0, one.minor) for one in rows])
    return round(-found.fun)


@settings(max_examples=200, deadline=None)
@given(drawn_claims)
def test_the_most_is_cleared_and_nobodys_position_changes(drawn: list[tuple[str, str, int, str]]) -> None:
    claims = [claim(number, a, b, minor, currency=currency) for number, (a, b, minor, currency) in enumerate(drawn)]
    found = set_off(claims)
    assert [one.currency for one in found] == sorted({one.currency for one in claims})
    for one in found:
        rows = [row for row in claims if row.currency == one.currency]
        assert [row.claim for row in one.claims] == rows
        assert all(0 <= row.cleared <= row.claim.minor and row.cleared + row.open_minor == row.claim.minor for row in one.claims)
        assert one.cleared == one.bound == most_by_simplex(rows) == sum(row.cleared for row in one.claims)
        for party in statements(one):
            assert party.owed_before - party.owed_after == party.due_before - party.due_after >= 0
            assert {row.claim.reference for row in party.lines} == {
                row.reference for row in rows if party.party in (row.debtor, row.creditor)
            }
    assert found == set_off(claims)


@pytest.mark.parametrize("solver", ["flow", "lp", "paths"])
def test_either_solver_clears_the_same(solver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import fondaco.clearing.debt_circles as module

    real = module.cheapest_flow
    draw = np.random.default_rng(7)
    payers, payees = draw.integers(0, 40, 400), draw.integers(0, 40, 400)
    kept = payers != payees
    debts = Crowd(payers[kept], payees[kept], draw.integers(1, 10_000, 400)[kept], np.zeros(40, np.int64))
    best, _ = circulation(debts)
    monkeypatch.setattr(module, "cheapest_flow", lambda *arcs: real(*arcs[:4], solver))
    cleared, prices = circulation(debts)
    assert cleared.sum() == best.sum() == bound_of(debts, prices) > 0


def test_of_two_invoices_the_one_first_due_clears_first() -> None:
    rows = [claim(1, "A", "B", 50, "2026-12-09"), claim(2, "A", "B", 50, "2026-12-02"), claim(3, "B", "A", 60)]
    (found,) = set_off(rows)
    assert [row.cleared for row in found.claims] == [10, 50, 60] and found.cleared == 120


def test_debts_that_go_one_way_clear_nothing_and_are_bounded_by_nothing() -> None:
    (found,) = set_off([claim(1, "A", "B", 50), claim(2, "B", "C", 70), claim(3, "A", "C", 5)])
    assert (found.cleared, found.bound, found.owed) == (0, 0, 125)


def test_two_circles_joined_by_one_debt_are_bounded_exactly() -> None:
    rows = [claim(1, "A", "B", 9), claim(2, "B", "A", 4), claim(3, "B", "C", 100), claim(4, "C", "D", 3), claim(5, "D", "C", 8)]
    (found,) = set_off(rows)
    assert found.cleared == found.bound == 14


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"accepted": False}, "not accepted"), ({"debtor_opted_in": False}, "debtor has not opted in"),
        ({"creditor_opted_in": False}, "creditor has not opted in"), ({"encumbrance": "pledged"}, "pledged"),
        ({"encumbrance": "financed"}, "financed"), ({"encumbrance": "disputed"}, "disputed"), ({"minor": 0}, "above zero"),
        ({"minor": -5}, "above zero"), ({"creditor": "A"}, "its debtor is its creditor"),
    ],
)  # fmt: skip
def test_what_takes_no_part_is_refused_by_name(more: dict[str, object], why: str) -> None:
    wrong = claim(7, "A", "B", 5)._replace(**more)  # type: ignore[arg-type]
    assert why in excluded_because(wrong)
    with pytest.raises(ValueError, match="claim I7"):
        set_off([claim(1, "A", "B", 5), wrong])


def test_an_invoice_stands_once_and_sums_are_bounded() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        set_off([claim(1, "A", "B", 5), claim(1, "A", "B", 5)])
    with pytest.raises(ValueError, match="add up"):
        set_off([claim(1, "A", "B", 1 << 56), claim(2, "B", "A", 1)])
    assert set_off([]) == []

"""Debts in circles are taken off the books together: nobody's net position changes, and what is financed, pledged or disputed stays as it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.clearing import SetOff, set_off
from fondaco.core import Reason, Refusal
from fondaco.hub import SetOffDebts, Tick, prove_hub
from fondaco.trade import Round, TradeInvoice, obligations_for_set_off
from fondaco.trade.invoice import State as Life
from fondaco.trade.set_off_round import bound_of, fault_of
from stories.test_financing import registered, say
from stories.test_invoices import DUE, SELLER, SHA, InvoiceDesk, act, begin, invoice, refused
from trades import EXPORTER, IMPORTER, TradeDesk
from union import MY1, TH1, agree


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TradeDesk]:
    made = InvoiceDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def debt(desk: TradeDesk, debtor: str, creditor: str, amount: str, number: str, currency: str = "SGD", opted: bool = True) -> str:
    """`debtor` owes `creditor`, and both let it take part."""
    body = {"buyer": debtor, "number": number, "currency": currency, "payable": amount, "issued": "2026-11-20", "due": DUE}
    one = str(begin(desk, creditor, "ISSUE_INVOICE", **body, sha256=SHA)).split(" ")[0]
    assert isinstance(act(desk, debtor, "APPROVED", one), str)
    for party in (debtor, creditor) if opted else ():
        assert isinstance(act(desk, party, "OPT_IN", one), str)
    return one


def circle(desk: TradeDesk) -> tuple[str, str, str]:
    """The importer owes the seller 900, the seller the exporter 400, and the exporter the importer 650."""
    return (
        debt(desk, IMPORTER, SELLER, "900.00", "A"),
        debt(desk, SELLER, EXPORTER, "400.00", "B"),
        debt(desk, EXPORTER, IMPORTER, "650.00", "C"),
    )


def found(desk: TradeDesk) -> list[Round]:
    """What `fondaco set-off --from-hub --book` gives the hub."""
    papers = [one for one in desk.hub.trading.invoices.all() if not desk.hub.setting_off.excluded(one)]
    return [round_of(one) for one in set_off(obligations_for_set_off(papers))]


def round_of(one: SetOff) -> Round:
    lines = tuple((row.claim.reference, row.cleared) for row in one.claims if row.cleared)
    return Round(one.currency, lines, tuple(zip(one.parties, one.prices, strict=True)))


def positions(desk: TradeDesk) -> Counter[tuple[str, str]]:
    """What each party is owed less what it owes, by currency."""
    net: Counter[tuple[str, str]] = Counter()
    for one in desk.hub.trading.invoices.all():
        if one.owed:
            net[one.seller, one.currency] += one.open_minor
            net[one.buyer, one.currency] -= one.open_minor
    return net


def opens(desk: TradeDesk, *numbers: str) -> list[int]:
    return [invoice(desk, one).open_minor for one in numbers]


def test_a_circle_clears_by_its_least_debt(desk: TradeDesk) -> None:
    three = circle(desk)
    before, money = positions(desk), desk.balance(MY1, "MYR")
    (one,) = found(desk)
    assert desk.do(SetOffDebts(one)) == "SOF-000001: 1200.00 SGD of 3 invoices"
    assert opens(desk, *three) == [500_00, 0, 250_00] and positions(desk) == before
    assert [invoice(desk, each).state for each in three] == [Life.PARTLY_PAID, Life.SET_OFF, Life.PARTLY_PAID]
    assert all(invoice(desk, each).set_offs == (("SOF-000001", 400_00),) for each in three)
    assert desk.balance(MY1, "MYR") == money
    told: list[Any] = [json.loads(mail.raw)["said"] for mail in desk.inbox if mail.kind == "trade.invoice"]
    assert sum(one["event"].startswith("SET_OFF") for one in told) == 6, "both sides of each"
    assert refused(desk.do(SetOffDebts(one))).reason is Reason.OUT_OF_TURN, "a round is booked once"
    assert found(desk) == [] or found(desk)[0].lines == ()


def test_currencies_clear_each_for_itself(desk: TradeDesk) -> None:
    circle(desk)
    back = debt(desk, IMPORTER, EXPORTER, "10.00", "D", "THB"), debt(desk, EXPORTER, IMPORTER, "10.00", "E", "THB")
    for one in found(desk):
        assert isinstance(desk.do(SetOffDebts(one)), str)
    assert opens(desk, *back) == [0, 0] and all(invoice(desk, one).state is Life.SET_OFF for one in back)


def finance(desk: TradeDesk, one: str) -> None:
    registered(desk, MY1, one, EXPORTER)
    assert isinstance(act(desk, EXPORTER, "ENCUMBER", one, kind="financed", to=MY1), str)


def pay_out(desk: TradeDesk, one: str) -> None:
    """Its bank paid out, and the right was not given in the hub yet."""
    first = registered(desk, MY1, one, EXPORTER)
    assert say(desk, MY1, "PAY_OUT", first) == f"{first} 2"


def finance_a_copy(desk: TradeDesk, one: str) -> None:
    paper = invoice(desk, one)
    copy = debt(desk, SELLER, EXPORTER, "400.00", f"{paper.number.lower()}.", opted=False)
    first = registered(desk, MY1, copy, EXPORTER)
    assert say(desk, MY1, "PAY_OUT", first) == f"{first} 2"


def pledge(desk: TradeDesk, one: str) -> None:
    registered(desk, TH1, one)
    assert isinstance(act(desk, EXPORTER, "ENCUMBER", one, kind="pledged", to=TH1), str)


def dispute(desk: TradeDesk, one: str) -> None:
    assert isinstance(act(desk, SELLER, "DISPUTE_RAISED", one, reason="short weight"), str)


def opt_out(desk: TradeDesk, one: str) -> None:
    assert isinstance(act(desk, SELLER, "OPT_OUT", one), str)


@pytest.mark.parametrize("what", [finance, pay_out, finance_a_copy, pledge, dispute, opt_out])
def test_what_somebody_has_a_right_in_takes_no_part(desk: TradeDesk, what: Any) -> None:
    three = circle(desk)
    (one,) = found(desk)
    what(desk, three[1])
    no = refused(desk.do(SetOffDebts(one)))
    assert (no.where, no.article) == (f"lines/{three[1]}", "T.9")
    assert opens(desk, *three) == [900_00, 400_00, 650_00], "what was found before is found again, and nothing moved"
    assert desk.hub.setting_off.excluded(invoice(desk, three[1])) != ""
    assert all(not each.lines for each in found(desk))


def test_a_round_that_is_not_lawful_or_not_the_most_is_refused(desk: TradeDesk) -> None:
    three = circle(desk)
    (one,) = found(desk)
    lines = dict(one.lines)
    for changed, where in (
        ({**lines, three[0]: 399_99}, "lines"),
        (dict.fromkeys(lines, 399_99), "prices"),
        (dict.fromkeys(lines, 400_01), f"lines/{three[1]}"),
        (dict.fromkeys(lines, 0), f"lines/{three[0]}"),
        ({**lines, "INV-000099": 1}, "lines/INV-000099"),
        ({}, "lines"),
    ):
        no = refused(desk.do(SetOffDebts(msgspec.structs.replace(one, lines=tuple(changed.items())))))
        assert no.where == where and no.article == "T.9", no.sentence()
    twice = msgspec.structs.replace(one, lines=(*one.lines, one.lines[0]))
    assert refused(desk.do(SetOffDebts(twice))).reason is Reason.DUPLICATE_MESSAGE
    assert refused(desk.do(SetOffDebts(msgspec.structs.replace(one, currency="THB")))).reason is Reason.OUT_OF_TURN
    # Somebody new takes part: the prices prove the most of what was there, and no more.
    debt(desk, SELLER, IMPORTER, "100.00", "D")
    assert refused(desk.do(SetOffDebts(one))).where == "prices"
    assert opens(desk, *three) == [900_00, 400_00, 650_00]
    assert isinstance(desk.do(SetOffDebts(found(desk)[0])), str)


def test_a_round_stands_after_a_restart(tmp_path: Path) -> None:
    desk: TradeDesk = InvoiceDesk(tmp_path / "hub")
    three = circle(desk)
    (one,) = found(desk)
    assert isinstance(desk.do(SetOffDebts(one)), str)
    desk = desk.again()
    desk.do(Tick())
    assert opens(desk, *three) == [500_00, 0, 250_00] and prove_hub(desk.hub).faults == []
    desk.close()


Debt = tuple[int, int, int]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 10**6)).filter(lambda one: one[0] != one[1]), max_size=14
    )
)
def test_what_the_solver_finds_is_lawful_and_proved_the_most(debts: list[Debt]) -> None:
    papers = {
        f"INV-{at:06d}": TradeInvoice(
            f"INV-{at:06d}", f"P-{creditor}", f"P-{debtor}", str(at), "SGD", minor, minor, "2026-11-20", DUE, SHA,
            state=Life.ACCEPTED, buyer_opted_in=True, seller_opted_in=True,
        )
        for at, (debtor, creditor, minor) in enumerate(debts, start=1)
    }  # fmt: skip
    for one in set_off(obligations_for_set_off(papers.values())):
        made = round_of(one)
        assert bound_of(dict(made.prices), list(papers.values())) == one.bound == made.cleared
        found = fault_of(made, papers)
        assert found is None if made.lines else isinstance(found, Refusal)

"""A sale on open account: ordered, invoiced, accepted as a debt on the books, and paid through the hub in the batch that makes the money final."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from fondaco.core import Instant, Reason, Refusal, at
from fondaco.hub import CloseCycle, Tick, prove_hub
from fondaco.ledger import Role, account_id, instrument_number, memo_ledger_of
from fondaco.payments import Payment, State
from fondaco.trade import Deed, TradeInvoice
from fondaco.trade.invoice import State as Life
from stories.test_returns import return_of
from trades import CARRIER, EXPORTER, IMPORTER, TradeDesk, hands_of, named, party_deed, signed
from union import HUB, SG1, SG2, TH1, agree

SHA = "ab" * 32
DUE = "2026-12-20"
SELLER = "ORCHID-FOODS"


class InvoiceDesk(TradeDesk):
    """The desk of stories of trade, and a seller whose bank is in the buyer's country."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        stated = party_deed(SELLER, name="Orchid Foods")
        assert self.perform(signed(Deed(HUB, SG2, "", 0, stated.action, stated.body))) == f"{SELLER} ACTIVE"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TradeDesk]:
    made = InvoiceDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def invoice(desk: TradeDesk, number: str) -> TradeInvoice:
    found = desk.hub.trading.invoices.found(number)
    assert found is not None
    return found


def begin(desk: TradeDesk, actor: str, action: str, **body: object) -> Refusal | str | None:
    return desk.perform(signed(Deed(HUB, actor, "", 0, action, json.dumps(body).encode())))


def act(desk: TradeDesk, actor: str, action: str, instrument: str, **body: Any) -> Refusal | str | None:
    paper = desk.hub.trading.machines[instrument[:3]].found(instrument)  # type: ignore[attr-defined]
    return desk.perform(signed(Deed(HUB, actor, instrument, paper.version, action, json.dumps(body).encode())))


def issue(
    desk: TradeDesk, payable: str = "1250.00", currency: str = "SGD", number: str = "F-7", seller: str = SELLER, **more: object
) -> str:
    body = {
        "buyer": IMPORTER,
        "number": number,
        "currency": currency,
        "payable": payable,
        "issued": "2026-11-20",
        "due": DUE,
        "sha256": SHA,
    }
    answer = begin(desk, seller, "ISSUE_INVOICE", **(body | more))
    assert isinstance(answer, str), answer
    return answer.split(" ")[0]


def accepted(desk: TradeDesk, payable: str = "1250.00", currency: str = "SGD", **more: Any) -> str:
    one = issue(desk, payable, currency, **more)
    assert act(desk, IMPORTER, "APPROVED", one) == f"{one} 2"
    return one


def pay(desk: TradeDesk, *invoices: str, amount: str = "1250.00", **more: Any) -> Payment:
    """The importer's bank pays for these invoices, and the creditor agent says yes."""
    more = {"sender": SG1, "creditor_agent": SG2, "currency": "SGD", "urgent": True, "creditor": "Orchid Foods"} | more
    payment = desk.pay(amount=amount, extra=named(*invoices, code="CINV"), **more)
    assert payment.state is State.OFFERED, payment.refusal
    desk.answer(payment)
    return desk.see(payment)


def owed(desk: TradeDesk, number: str, currency: str = "SGD", seller: str = SELLER) -> tuple[int, int]:
    """What stands on the books of an invoice: claim and liability, in minor units."""
    code = desk.rules.currencies[currency].currency
    ledger = memo_ledger_of(code.numeric, code.exponent)
    found = []
    for role, party in ((Role.OBLIGATION_CLAIM, seller), (Role.OBLIGATION_LIABILITY, IMPORTER)):
        balance = desk.hub.books.balance(account_id(role, ledger, desk.party(party).number, instrument_number(number)))
        found.append(0 if balance is None else balance.net)
    return found[0], found[1]


def told(desk: TradeDesk, bank: str, kind: str = "trade.payment") -> list[dict[str, str]]:
    return [json.loads(one.raw) for one in desk.inbox if one.kind == kind and one.recipient == bank]


def refused(found: object) -> Refusal:
    assert isinstance(found, Refusal), found
    return found


def test_from_order_to_payment(desk: TradeDesk) -> None:
    order = begin(desk, IMPORTER, "SEND_ORDER", seller=SELLER, number="PO-1", currency="SGD", issued="2026-11-19", sha256=SHA)
    assert order == "ORD-000001 1"
    assert act(desk, SELLER, "ACCEPTED", "ORD-000001") == "ORD-000001 2"
    one = issue(desk, order="ORD-000001")
    assert one == "INV-000001" and owed(desk, one) == (0, 0)
    assert act(desk, IMPORTER, "RECEIVED", one) == f"{one} 2"
    assert act(desk, IMPORTER, "APPROVED", one) == f"{one} 3"
    assert invoice(desk, one).state is Life.ACCEPTED
    assert sorted(owed(desk, one)) == [-125000, 125000]
    before = desk.balance(SG2, "SGD")
    payment = pay(desk, one)
    assert payment.state is State.SETTLED and desk.balance(SG2, "SGD") - before == 125000
    paid = invoice(desk, one)
    assert paid.state is Life.PAID and paid.open_minor == 0 and paid.payments == ((payment.uetr, 125000),)
    assert owed(desk, one) == (0, 0)
    for bank, party in ((SG1, IMPORTER), (SG2, SELLER)):
        notice: Any = told(desk, bank, "trade.invoice")[-1]
        assert (notice["party"], notice["said"]["state"]) == (party, "PAID")
    again = pay(desk, one)
    assert again.state is State.SETTLED and invoice(desk, one) == paid
    assert told(desk, SG2)[-1]["event"] == "NOT_APPLIED"


def test_in_two_currencies_what_arrives_ends_the_debt(desk: TradeDesk) -> None:
    first = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    desk.answer(first)
    arrives = first.target_minor
    one = accepted(desk, f"{arrives // 100}.{arrives % 100:02d}", "THB", seller=EXPORTER)
    assert sorted(owed(desk, one, "THB", EXPORTER)) == [-arrives, arrives]
    payment = pay(desk, one, amount="100.00", creditor_agent=TH1, creditor="Somchai Foods")
    assert (payment.state, payment.target_currency, payment.target_minor) == (State.SETTLED, "THB", arrives)
    assert invoice(desk, one).state is Life.PAID and owed(desk, one, "THB", EXPORTER) == (0, 0)


def test_a_contract_is_in_force_from_its_day(desk: TradeDesk) -> None:
    tomorrow = (desk.day + timedelta(days=1)).isoformat()
    body = {
        "buyer": IMPORTER,
        "terms": {"currency": "SGD", "sha256": SHA},
        "first_day": tomorrow,
        "last_day": tomorrow,
        "open_until": tomorrow,
    }
    assert begin(desk, SELLER, "OFFERED", **body) == "CON-000001 1"
    assert act(desk, IMPORTER, "COUNTERSIGNED", "CON-000001") == "CON-000001 2"
    machine = desk.hub.trading.machines["CON"]
    states = []
    for days in (1, 2):
        desk.now = Instant(int(at(datetime.combine(desk.day + timedelta(days=days), time(), UTC))) - 1_000_000_000)
        desk.do(Tick())
        states.append(machine.found("CON-000001").state.name)  # type: ignore[attr-defined]
    assert states == ["IN_FORCE", "TERMINATED"]


def test_a_part_leaves_the_rest_owed(desk: TradeDesk) -> None:
    one = accepted(desk)
    pay(desk, one, amount="1249.99")
    assert invoice(desk, one).state is Life.PARTLY_PAID and invoice(desk, one).open_minor == 1
    assert sorted(owed(desk, one)) == [-1, 1]
    pay(desk, one, amount="0.01")
    assert invoice(desk, one).state is Life.PAID and owed(desk, one) == (0, 0)


def test_above_what_is_open_by_one_minor_unit_settles_and_leaves_the_invoice(desk: TradeDesk) -> None:
    one = accepted(desk)
    payment = pay(desk, one, amount="1250.01")
    assert payment.state is State.SETTLED and invoice(desk, one).state is Life.ACCEPTED
    assert sorted(map(abs, owed(desk, one))) == [125000, 125000]
    assert "1250.00 is open" in told(desk, SG2)[-1]["why"] and told(desk, SG2)[-1]["amount"] == "1250.01 SGD"


@pytest.mark.parametrize(
    ("names", "more"),
    [
        (("INV-000099",), {}),
        (("INV-000001", "INV-000002"), {}),
        (("INV-000001",), {"creditor": "An Accomplice"}),
        (("INV-000001",), {"sender": TH1, "currency": "THB"}),
    ],
)
def test_money_is_not_refused_for_a_wrong_reference(desk: TradeDesk, names: tuple[str, ...], more: dict[str, Any]) -> None:
    accepted(desk)
    accepted(desk, number="F-8")
    payment = pay(desk, *names, **more)
    assert payment.state is State.SETTLED
    assert [one.state for one in desk.hub.trading.invoices.all()] == [Life.ACCEPTED, Life.ACCEPTED]
    notice = told(desk, SG2)[-1]
    assert notice["event"] == "NOT_APPLIED" and notice["uetr"] == payment.uetr and "1250.00 is open" not in notice["why"]


def test_a_rejected_invoice_is_no_debt(desk: TradeDesk) -> None:
    one = issue(desk)
    assert refused(act(desk, IMPORTER, "REFUSED", one)).where == "deed REFUSED, body"
    assert act(desk, IMPORTER, "REFUSED", one, reason="goods never ordered") == f"{one} 2"
    assert invoice(desk, one).state is Life.REJECTED and owed(desk, one) == (0, 0)
    pay(desk, one)
    assert invoice(desk, one).state is Life.REJECTED and told(desk, SG2)[-1]["event"] == "NOT_APPLIED"


def test_nobody_but_the_hub_says_that_it_is_paid(desk: TradeDesk) -> None:
    one = accepted(desk)
    for action in ("PAID", "PAID_IN_FULL", "PAID_IN_PART", "PART_PAID", "PAY", "SET_OFF_IN_FULL", "DUE_DAY_PASSED"):
        for actor in (SELLER, IMPORTER, SG2, SG1):
            assert refused(act(desk, actor, action, one)).reason is Reason.CODE_UNKNOWN
    assert invoice(desk, one).state is Life.ACCEPTED and invoice(desk, one).version == 2


def test_what_begins_wrongly_begins_nothing(desk: TradeDesk) -> None:
    body = {
        "buyer": IMPORTER,
        "number": "F-7",
        "currency": "SGD",
        "payable": "1.00",
        "issued": "2026-11-20",
        "due": DUE,
        "sha256": SHA,
    }
    assert refused(begin(desk, SELLER, "ISSUE_INVOICE", **(body | {"buyer": "NOBODY-AT-ALL"}))).reason is Reason.NOT_FOUND
    assert refused(begin(desk, SELLER, "ISSUE_INVOICE", **(body | {"currency": "CHF"}))).reason is Reason.CURRENCY_NOT_SETTLED
    assert refused(begin(desk, SELLER, "ISSUE_INVOICE", **(body | {"payable": "1.001"}))).reason is Reason.DECIMALS_WRONG
    assert issue(desk) == "INV-000001"
    assert refused(begin(desk, SELLER, "ISSUE_INVOICE", **body)).reason is Reason.DUPLICATE_MESSAGE
    assert refused(act(desk, CARRIER, "APPROVED", "INV-000001")).reason is Reason.ROLE_NOT_HELD
    assert refused(act(desk, SELLER, "ENCUMBER", "INV-000001", kind="financed", to="NOBODY-AT-ALL")).reason in (
        Reason.NOT_FOUND, Reason.OUT_OF_TURN,
    )  # fmt: skip


def test_a_credit_note_takes_its_part_off_the_books(desk: TradeDesk) -> None:
    one = accepted(desk)
    assert act(desk, SELLER, "CREDIT", one, number="CN-1", amount="250.00") == f"{one} 3"
    assert sorted(owed(desk, one)) == [-100000, 100000]
    pay(desk, one, amount="1000.00")
    assert invoice(desk, one).state is Life.PAID and owed(desk, one) == (0, 0)


def test_a_net_payment_ends_the_debt_when_its_cycle_settled(desk: TradeDesk) -> None:
    one = accepted(desk)
    payment = pay(desk, one, urgent=False)
    assert payment.state is State.ACCEPTED and payment.cycle and invoice(desk, one).state is Life.ACCEPTED
    desk.do(CloseCycle())
    assert invoice(desk, one).state is Life.ACCEPTED, "the agents have not said yes"
    desk.let_agents_answer()
    assert desk.see(payment).state is State.SETTLED
    assert invoice(desk, one).state is Life.PAID and owed(desk, one) == (0, 0)


def test_it_is_overdue_when_its_day_is_over_also_after_a_restart(tmp_path: Path) -> None:
    desk: TradeDesk = InvoiceDesk(tmp_path / "hub")
    one = accepted(desk, due=desk.day.isoformat())
    midnight = int(at(datetime.combine(desk.day + timedelta(days=1), time(), UTC)))
    desk = desk.again()
    desk.now = Instant(midnight - 2_000_000_000)
    desk.do(Tick())
    assert invoice(desk, one).state is Life.ACCEPTED
    desk.do(Tick())
    assert invoice(desk, one).state is Life.OVERDUE and sorted(owed(desk, one)) == [-125000, 125000]
    desk.close()


def test_money_that_goes_back_is_told_and_the_invoice_stays_at_its_end(desk: TradeDesk) -> None:
    one = accepted(desk)
    payment = pay(desk, one)
    assert return_of(desk, payment.uetr, "1250.00", "SGD", sender=SG2) is None
    back = desk.hub.payment(desk.see(payment).returned_by)
    assert back is not None
    desk.answer(back)
    assert desk.see(back).state is State.SETTLED
    assert invoice(desk, one).state is Life.PAID and owed(desk, one) == (0, 0)
    for bank in (SG1, SG2):
        notice = told(desk, bank)[-1]
        assert (notice["event"], notice["amount"], notice["uetr"]) == ("RETURNED", "1250.00 SGD", payment.uetr)


def test_who_has_a_right_in_the_claim_is_paid_and_nobody_else(desk: TradeDesk) -> None:
    one = accepted(desk)
    registering = Deed(HUB, TH1, "", 0, "REGISTER_FINANCING", json.dumps({"subject": one}).encode())
    assert desk.perform(signed(registering, *hands_of(TH1), SELLER)) == "FIN-000001 1"
    assert act(desk, SELLER, "ENCUMBER", one, kind="financed", to=EXPORTER) == f"{one} 3"
    pay(desk, one)
    assert invoice(desk, one).state is Life.ACCEPTED and told(desk, SG2)[-1]["event"] == "NOT_APPLIED"
    assert refused(act(desk, SELLER, "RECEIPT", one, reference="R-1", amount="1250.00")).reason is Reason.ROLE_NOT_HELD
    assert act(desk, EXPORTER, "RECEIPT", one, reference="R-1", amount="1250.00") == f"{one} 4"
    assert invoice(desk, one).state is Life.PAID and owed(desk, one) == (0, 0)


def test_a_payment_that_does_not_come_to_be_pays_nothing(desk: TradeDesk) -> None:
    one = accepted(desk)
    payment = desk.pay(SG1, SG2, "1250.00", "SGD", urgent=True, creditor="Orchid Foods", extra=named(one, code="CINV"))
    desk.answer(payment, "RJCT", "AC04")
    assert desk.see(payment).state is State.REJECTED
    assert invoice(desk, one).state is Life.ACCEPTED and sorted(owed(desk, one)) == [-125000, 125000] and told(desk, SG2) == []

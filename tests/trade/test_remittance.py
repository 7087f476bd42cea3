"""What a payment says of its invoice, and an invoice that ends with the payment that named it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import fondaco
from fondaco.messages import CustomerTransfers, read
from fondaco.payments import State
from fondaco.trade import CreditNote, TradeInvoice, write_document
from fondaco.trade import invoice as invoices
from fondaco.trade.remittance import creditor_reference, creditor_reference_fault, reference_of, remittance_of
from sale_papers import invoice
from union import SG1, SG2, Desk, calm_uetr


def test_a_creditors_reference_has_the_check_digits_of_its_standard() -> None:
    assert creditor_reference_fault("RF18539007547034") == "", "the example of ISO 11649"
    assert creditor_reference("539007547034") == "RF18539007547034"
    assert (
        creditor_reference_fault("RF19539007547034")
        and creditor_reference_fault("18539007547034")
        and creditor_reference_fault("RF18")
    )
    assert creditor_reference("/-/") == creditor_reference("X" * 22) == ""


@given(st.from_regex(r"[0-9A-Z]{1,21}", fullmatch=True), st.integers(0, 24))
def test_a_reference_that_is_made_is_right_and_one_wrong_sign_is_seen(body: str, place: int) -> None:
    made = creditor_reference(body)
    assert creditor_reference_fault(made) == "" and made[4:] == body
    at = 2 + place % (len(made) - 2)
    like = (
        "01" if made[at].isdigit() else "AB"
    )  # a letter counts as two digits: put for a digit it moves all before it, and may be right by chance
    other = like[0] if made[at] != like[0] else like[1]
    assert creditor_reference_fault(made[:at] + other + made[at + 1 :])


def test_remittance_names_each_document_the_amount_and_the_reference() -> None:
    text = remittance_of(invoice(), 528_000, (CreditNote("CN-1", "2026-12-01", "SGD"),))
    assert re.findall(r"<Cd>(\w+)</Cd>", text) == ["CINV", "CREN", "SCOR"]
    assert re.findall(r"<Nb>(.*?)</Nb><RltdDt>(.*?)</RltdDt>", text) == [("INV-7", "2026-11-20"), ("CN-1", "2026-12-01")]
    assert '<RmtdAmt Ccy="SGD">5280.00</RmtdAmt>' in text and "<Ref>RF18539007547034</Ref>" in text
    assert reference_of(invoice(payment=())) == creditor_reference("INV7")
    with pytest.raises(ValueError, match="35"):
        remittance_of(invoice(number="N" * 36), 1)


def test_the_hub_settles_what_pays_an_invoice_and_the_uetr_ends_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    paper, draft, uetr = tmp_path / "invoice.xml", tmp_path / "payment.xml", calm_uetr()
    paper.write_bytes(write_document(invoice(), "ubl"))
    fondaco(
        "trade", "invoice", "pay", paper, SG1, SG2, "--account", "1234567890", "--uetr", uetr, "--urgent", "--day", desk.day.isoformat(),
        "--hub", desk.folder, "-o", draft,
    )  # fmt: skip
    sent = read(draft.read_bytes()).body
    assert isinstance(sent, CustomerTransfers) and sent.transfers[0].document == "INV-7"
    assert desk.send(draft.read_bytes(), SG1) is None
    payment = desk.hub.by_uetr(uetr)
    assert payment is not None
    (offer,) = [one for one in desk.inbox if one.recipient == SG2]
    arrived = read(offer.raw).body
    assert isinstance(arrived, CustomerTransfers) and b"<Nb>INV-7</Nb><RltdDt>2026-11-20</RltdDt>" in arrived.transfers[0].passed
    desk.answer(payment)
    settled = desk.see(payment)
    assert settled.state is State.SETTLED
    open_ = TradeInvoice(
        "INV-000001", "REMPAH-ID", "MARINA-SG", "INV-7", "SGD", 528_000, 528_000, "2026-11-20", "2026-12-20", "ab" * 32,
        state=invoices.State.ACCEPTED,
    )  # fmt: skip
    found = invoices.paid(open_, settled.uetr, settled.target_currency, settled.target_minor)
    assert not isinstance(found, invoices.Refusal) and found.instrument.state is invoices.State.PAID
    assert found.instrument.payments == ((uetr, 528_000),)
    desk.close()

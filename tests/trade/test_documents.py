"""Documents of a sale: what is written is read again, what is broken is refused with its place, and nothing that is left out is left out silently."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from fondaco.core import MalformedMessage, Reason
from fondaco.trade.documents import (
    CII,
    JSON,
    UBL,
    CreditNote,
    Invoice,
    InvoiceResponse,
    OrderResponse,
    Reference,
    TradeDocument,
    Why,
    from_json,
    lost_in,
    read_document,
    to_json,
    write_document,
)
from sale_papers import despatch, european, invoice, order, receipt, sales

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "trade"
PAPERS: list[TradeDocument] = [
    invoice(),
    european(),
    CreditNote("CN-1", "2026-12-01", "SGD", "381", preceding=(Reference("INV-7", "2026-11-20"),), totals=invoice().totals, lines=invoice().lines),
    order(),
    OrderResponse("OR-1", "2026-11-02", "CA", "SGD", order="PO-3", lines=order().lines),
    despatch(),
    receipt(3),
    InvoiceResponse("IR-1", "2026-11-26", "RE", note="No", reasons=(Why("OPStatusReason", "PRI", "too dear"),), invoice="INV-7", invoice_type="380"),
]  # fmt: skip


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: type(paper).__name__)
def test_every_paper_is_read_as_it_was_written(paper: TradeDocument) -> None:
    for form in (UBL, JSON):
        raw = write_document(paper, form)
        kept = read_document(raw)
        assert kept.document == paper and kept.form == form and kept.left == ()
        assert kept.raw == raw and kept.sha256 == hashlib.sha256(raw).hexdigest()


@settings(max_examples=60, deadline=None)
@given(sales())
def test_any_invoice_is_read_from_every_form_as_it_was_written(sale: Invoice) -> None:
    assert read_document(write_document(sale, UBL)).document == sale
    assert read_document(write_document(sale, JSON)).document == sale
    assert lost_in(msgspec.structs.replace(sale, lines=tuple(_without_weights(sale))), CII) == ()


def _without_weights(sale: Invoice) -> list[object]:
    """CII as Europe has it has no place for the weight of a line."""
    return [
        msgspec.structs.replace(one, item=msgspec.structs.replace(one.item, net_weight=None, gross_weight=None))
        for one in sale.lines
    ]


def test_what_a_form_cannot_carry_is_named() -> None:
    assert lost_in(invoice(), UBL) == ()
    assert lost_in(invoice(), CII) == ("lines",)
    with pytest.raises(MalformedMessage, match="no order"):
        write_document(order(), CII)


def test_what_the_record_does_not_carry_is_told_by_its_place() -> None:
    raw = write_document(invoice(), UBL).replace(b"<cbc:IssueDate>", b"<cbc:UUID>5</cbc:UUID><cbc:IssueDate>", 1)
    raw = raw.replace(b"<cbc:InvoiceTypeCode>", b'<cbc:InvoiceTypeCode listAgencyID="6">')
    kept = read_document(raw)
    assert kept.document == invoice()
    assert kept.left == ("Invoice/UUID", "Invoice/InvoiceTypeCode/@listAgencyID")


def refused(raw: bytes) -> tuple[Reason, str, str]:
    with pytest.raises(MalformedMessage) as caught:
        read_document(raw)
    refusal = caught.value.refusal
    return refusal.reason, refusal.where, refusal.found


def changed(old: str, new: str, form: str = UBL) -> bytes:
    raw = write_document(invoice(), form)
    assert old.encode() in raw
    return raw.replace(old.encode(), new.encode(), 1)


def test_broken_documents_are_refused_with_their_place() -> None:
    whole = write_document(invoice(), UBL)
    assert refused(b"")[0] is Reason.MALFORMED
    assert refused(whole[: len(whole) // 2])[1].startswith("line ")
    assert "neither UBL 2.1 nor CII" in refused(b"<a/>")[2]
    assert (
        "Catalogue"
        in refused(
            whole.replace(b"Invoice-2", b"Catalogue-2").replace(b"<Invoice", b"<Catalogue").replace(b"</Invoice", b"</Catalogue")
        )[1]
    )
    reason, where, found = refused(changed("<cbc:IssueDate>2026-11-20</cbc:IssueDate>", ""))
    assert reason is Reason.ELEMENT_MISSING and where.startswith("Invoice line") and found == "cbc:IssueDate"
    reason, where, found = refused(changed(">2026-11-20<", ">2026-11-31<"))
    assert where.startswith("Invoice/IssueDate line") and "is not a day" in found
    reason, where, _ = refused(changed(">5250.00<", ">5250,00<"))
    assert reason is Reason.MALFORMED and where.startswith("Invoice/InvoiceLine/LineExtensionAmount line")
    reason, where, _ = refused(changed(">5250.00<", ">5250.001<"))
    assert reason is Reason.DECIMALS_WRONG
    assert refused(changed('unitCode="KGM">1000<', 'unitCode="KGM">1e3<'))[2] == "'1e3' is not a quantity"


def test_an_unknown_currency_and_one_amount_in_another_are_refused() -> None:
    raw = write_document(invoice(), UBL).replace(b"SGD", b"XXQ")
    assert refused(raw)[0] is Reason.CODE_UNKNOWN and "XXQ" in refused(raw)[2]
    reason, where, found = refused(
        changed('<cbc:LineExtensionAmount currencyID="SGD">5250', '<cbc:LineExtensionAmount currencyID="USD">5250')
    )
    assert (
        reason is Reason.CODE_UNKNOWN
        and where.startswith("Invoice/InvoiceLine/LineExtensionAmount/@currencyID")
        and "USD" in found
    )


@pytest.mark.parametrize(
    "attack",
    [
        '<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:1/x.dtd">',
        '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    ],
)
def test_no_document_brings_a_type_declaration(attack: str) -> None:
    raw = write_document(invoice(), UBL).replace(b"<Invoice", attack.encode() + b"<Invoice", 1)
    assert refused(raw)[:2] == (Reason.MALFORMED, "the prologue")


def test_no_document_is_too_deep_or_too_large() -> None:
    assert "deeper" in refused(b"<a>" * 60 + b"</a>" * 60)[2]
    assert "bytes" in refused(b"<a>" + b" " * 11_000_000 + b"</a>")[2]
    assert "elements" in refused(b"<a>" + b"<b/>" * 200_001 + b"</a>")[2]


def test_a_number_of_json_keeps_its_digits() -> None:
    raw = to_json(invoice()).replace(b'"5.25"', b"5.250000000000000001")
    found = from_json(raw)
    assert (
        isinstance(found, Invoice)
        and found.lines[0].price is not None
        and str(found.lines[0].price.net) == "5.250000000000000001"
    )


def test_json_takes_amounts_as_texts_and_nothing_unknown() -> None:
    raw = to_json(invoice())
    assert b'"payable_amount": "5280.00"' in raw and from_json(raw) == invoice()
    for old, new, found in (
        (b'"5280.00"', b'"5280.001"', "decimals"),
        (b'"5280.00"', b"5280.0", "not a text"),
        (b'"payable_amount"', b'"payable_minor"', "amounts are texts"),
        (b'"number"', b'"nummer"', "nummer"),
        (b'"SGD"', b'"XXQ"', "XXQ"),
        (b'"type": "invoice"', b'"type": "postcard"', "postcard"),
        (b"{", b"[", "JSON"),
        (b'"2026-11-20"', b'"2026-11-31"', "is not a day"),
        (b'"5.25"', b'"NaN"', "is not a decimal number"),
        (b'"INV-7"', b'"INV\\u0000"', "XML compatible"),
    ):
        with pytest.raises(MalformedMessage, match=found):
            from_json(raw.replace(old, new))


samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of ../shared are not here")


@samples
def test_every_example_of_the_standard_is_read_and_written_without_loss() -> None:
    """34 of CEN, and what Factur-X and OASIS have of these documents: all are read, and what was read is what is written."""
    files = [*sorted((SAMPLES / "en16931").iterdir()), *sorted((SAMPLES / "ubl" / "oasis-examples").iterdir())]
    read, same = 0, 0
    for file in files:
        try:
            kept = read_document(file.read_bytes())
        except MalformedMessage as fault:
            assert file.parent.name != "en16931", (file.name, fault)
            continue
        read += 1
        form = UBL if kept.form == UBL else CII
        same += read_document(write_document(kept.document, form)).document == kept.document
        assert lost_in(kept.document, JSON) == ()
    assert read == same >= 34

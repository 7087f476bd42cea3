"""A customer pays through its bank: pain.001, pacs.008, the hub, pacs.002, pain.002."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from itertools import count
from pathlib import Path

from customer import Batch, Order, pain_001
from fondaco.core import Reason, Refusal, utc_text
from fondaco.hub import CloseCycle
from fondaco.messages import (
    CustomerReport,
    Interbank,
    Message,
    StatusReport,
    bare,
    derived_names,
    derived_uetrs,
    pacs_008_of,
    pain_002_of,
    read,
    read_edge,
    wrap,
)
from fondaco.payments import State
from union import HUB, MY1, SG1, TH1, Desk, agree, at_rest

URGENT = "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf>"


def accepted(number: int) -> str:
    """A UETR that the simulated banks accept; those of `refused` they refuse (`simulation/world.py`)."""
    return str(uuid.UUID(int=((number * 10_000 + 5_000) << 96) + number, version=4))


def refused(number: int) -> str:
    return str(uuid.UUID(int=((number * 10_000 + 12) << 96) + number, version=4))


def initiate(desk: Desk, raw: bytes, uetrs: list[str]) -> tuple[Message, Interbank]:
    message = read_edge(raw, bulk=True)
    created = utc_text(desk.now)
    made = pacs_008_of(message, SG1, (f"EDGE-{n}" for n in count(1)), created, uetrs)
    for one in made.messages:
        desk.send(wrap("pacs.008.001.08", SG1, HUB, one.message_id, created, one.document), SG1)
    return message, made


def answers(desk: Desk, made: Interbank) -> list[StatusReport]:
    """Every pacs.002 that the hub sent to the customer's bank about these payments, in order."""
    mail = {}
    for one in made.messages:
        for uetr in one.uetrs.values():
            payment = desk.hub.by_uetr(uetr)
            numbers = [] if payment is None else payment.mail
            mail.update({each.seq: each for each in desk.hub.journal.mail_by_seq(numbers)})
    reports = [read(one.raw).body for _, one in sorted(mail.items()) if one.recipient == SG1 and one.kind.startswith("pacs.002")]
    return [report for report in reports if isinstance(report, StatusReport)]


def report(desk: Desk, message: Message, made: Interbank, heard: list[StatusReport]) -> CustomerReport:
    text = utc_text(desk.now)
    found = read_edge(bare("pain.002.001.10", pain_002_of(message, made, heard, f"R{desk.now}", text)), bulk=True).body
    assert isinstance(found, CustomerReport)
    return found


def statuses(found: CustomerReport) -> list[str]:
    return [f"{one.end_to_end_id} {one.status} {one.reason}".strip() for block in found.informations for one in block.statuses]


def test_an_urgent_order_is_paid_and_the_customer_hears_that_it_settled(desk: Desk) -> None:
    before = desk.balance(TH1, "THB")
    message, made = initiate(desk, pain_001(Batch([Order(kinds=URGENT, remittance=["invoice 7"])])), [accepted(1)])
    assert statuses(report(desk, message, made, answers(desk, made))) == ["E1 ACTC"]
    offer = next(mail for mail in desk.inbox if mail.recipient == TH1 and mail.kind == "pacs.008.001.08")
    for said in ("<Nm>Tan Wei Trading</Nm>", "<Nm>Somchai Foods</Nm>", "<Ustrd>invoice 7</Ustrd>", "<Cd>GDDS</Cd>"):
        assert offer.raw.decode().count(said) >= 1, said
    desk.let_world_answer()
    payment = desk.hub.by_uetr(accepted(1))
    assert payment is not None and payment.state is State.SETTLED
    assert desk.balance(TH1, "THB") == before + payment.target_minor
    found = report(desk, message, made, answers(desk, made))
    assert (found.group_status, statuses(found)) == ("ACSC", ["E1 ACSC"])
    agree(desk)


def test_orders_of_a_cycle_are_accepted_first_and_settle_with_it(desk: Desk) -> None:
    orders = [Order(end_to_end=f"E{n}", minor=n * 1_000, creditor_agent=(TH1, MY1)[n % 2]) for n in range(1, 7)]
    message, made = initiate(desk, pain_001(Batch(orders), control="210"), [accepted(n) for n in range(6)])
    assert len(made.messages) == 1
    desk.let_world_answer()
    assert report(desk, message, made, answers(desk, made)).group_status == "ACSP"
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    found = report(desk, message, made, answers(desk, made))
    assert found.group_status == found.informations[0].status == "ACSC"
    assert statuses(found) == [f"E{n} ACSC" for n in range(1, 7)]
    at_rest(desk)


def test_what_is_refused_by_edge_hub_and_creditor_agent_is_told_each_with_its_reason(desk: Desk) -> None:
    orders = [
        Order(end_to_end="GOOD", kinds=URGENT),
        Order(end_to_end="EDGE", kinds=URGENT, purpose="ZZZZ"),
        Order(end_to_end="HUB", kinds=URGENT, currency="THB"),
        Order(end_to_end="BANK", kinds=URGENT),
    ]
    tomorrow = Batch([Order(end_to_end="EARLY")], name="PI2", day="<Dt>2026-11-25</Dt>")
    elsewhere = Batch([Order(end_to_end="OTHER")], name="PI3", bank=MY1)
    uetrs = [accepted(1), accepted(2), accepted(3), refused(4), accepted(5), accepted(6)]
    message, made = initiate(desk, pain_001(Batch(orders), tomorrow, elsewhere), uetrs)
    assert [one.day for one in made.messages] == ["2026-11-24", "2026-11-25"]
    heard = [read(mail.raw).body for mail in desk.inbox if mail.recipient == SG1 and mail.kind.startswith("pacs.002")]
    desk.let_world_answer()
    known = [one for one in heard if isinstance(one, StatusReport)]
    found = report(desk, message, made, [*known, *answers(desk, made)])
    assert [one.split()[:2] for one in statuses(found)] == [
        ["GOOD", "ACSC"], ["EDGE", "RJCT"], ["HUB", "RJCT"], ["BANK", "RJCT"], ["EARLY", "RJCT"], ["OTHER", "RJCT"]
    ]  # fmt: skip
    reasons = [one.reason for block in found.informations for one in block.statuses]
    assert (
        reasons[:3] == ["", "CH16", "AM03"] and reasons[3] in ("AC04", "AC06", "BE23", "AG01") and reasons[4:] == ["DT01", "RC03"]
    )
    assert (found.group_status, [one.status for one in found.informations]) == ("PART", ["PART", "RJCT", "RJCT"])
    agree(desk)


def test_the_same_file_sent_twice_pays_once(desk: Desk) -> None:
    raw = pain_001(Batch([Order(kinds=URGENT)]))
    message = read_edge(raw)
    for _ in range(2):
        made = pacs_008_of(message, SG1, derived_names(message.body), utc_text(desk.now), derived_uetrs(message.body))  # type: ignore[arg-type]
        (one,) = made.messages
        desk.send(wrap("pacs.008.001.08", SG1, HUB, one.message_id, utc_text(desk.now), one.document), SG1)
        desk.let_world_answer()
    assert sum(1 for _ in desk.hub.journal.payments()) == 1
    agree(desk)


def test_the_hub_refuses_a_pain_message_as_one_that_it_does_not_speak(desk: Desk) -> None:
    books = desk.books()
    for raw in (pain_001(Batch()), pain_001(Batch()).replace(b"pain.001.001.09", b"pain.001.001.12")):
        outcome = desk.send(raw, SG1)
        assert isinstance(outcome, Refusal) and outcome.reason is Reason.MALFORMED and "is not spoken here" in outcome.found
        assert [mail.kind for mail in desk.inbox if mail.recipient == SG1][-1] == "admi.002.001.01"
    assert desk.books() == books


def fondaco(*words: str | Path, code: int = 0) -> str:
    done = subprocess.run([sys.executable, "-m", "fondaco.cli", *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_command_line_carries_a_file_to_the_hub_and_its_answer_back(desk: Desk, tmp_path: Path) -> None:
    file, out = tmp_path / "salaries.xml", tmp_path / "out"
    file.write_bytes(pain_001(Batch([Order(kinds=URGENT), Order(kinds=URGENT, end_to_end="BAD", purpose="ZZZZ")])))
    made = json.loads(fondaco("initiate", file, "--as", SG1, "--to", HUB, "--output", out, "--json", code=1))
    (no,) = made["refused"]
    assert (no["order"], no["refused"].split()[0]) == ("BAD", "CODE_UNKNOWN")
    (one,) = made["messages"]
    assert [str(path) for path in out.iterdir()] == [one["file"]]
    desk.send(Path(one["file"]).read_bytes(), SG1)
    payment = desk.hub.by_uetr(one["uetrs"][0])
    assert payment is not None
    desk.answer(payment)
    replies = []
    for number, mail in enumerate(desk.inbox):
        if mail.recipient == SG1 and mail.kind.startswith("pacs.002"):
            replies.append(tmp_path / f"reply{number}.xml")
            replies[-1].write_bytes(mail.raw)
    assert len(replies) == 2
    text = fondaco("report-back", file, *reversed(replies), "--as", SG1)
    found = read_edge(text.encode()).body
    assert isinstance(found, CustomerReport)
    assert (found.group_status, statuses(found)) == ("PART", ["E1 ACSC", "BAD RJCT CH16"])
    assert text.split("</MsgId>")[0] == fondaco("report-back", file, *reversed(replies), "--as", SG1).split("</MsgId>")[0]
    assert "<GrpSts>PART</GrpSts>" not in fondaco("report-back", file, "--as", SG1), "nothing heard yet"
    shown = fondaco("initiate", file, "--as", SG1, "--hub", desk.folder, code=1)
    assert shown.count("<FIToFICstmrCdtTrf>") == 1 and "CODE_UNKNOWN" in shown
    assert "good" in fondaco("validate", *replies) and "pain.001.001.09" in fondaco("validate", file, code=1)
    fondaco("initiate", replies[0], "--as", SG1, "--to", HUB, code=1)
    fondaco("report-back", file, file, "--as", SG1, code=1)
    fondaco("initiate", tmp_path / "none", "--as", SG1, "--to", HUB, code=3)
    fondaco("report-back", file, tmp_path / "none", "--as", SG1, code=3)

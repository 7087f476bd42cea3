"""Messages that others published as samples, replayed through a hub of ours: what belongs together, and what must come of it.

Samples speak of other unions, so the replay maps what is of the union: agents become two members, the currency one that is settled,
dates the demo day, the header and settlement method ours, and the UETR is given where a sample has none. Parties, amounts,
identifications, statuses and reasons stay. The samples are not part of the project. `-s` shows the counts.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest
from lxml import etree

from fondaco.core import CURRENCIES, MalformedMessage, Reason, Refusal, minor_text, uetr_fault
from fondaco.hub import CloseCycle
from fondaco.ledger import prove
from fondaco.messages import Recall, camt_056, cancellation, known_kinds, read, wrap
from fondaco.messages.writing import verbatim
from fondaco.payments import AssignmentState, Payment, State
from fondaco.simulation import DEMO_DAY
from union import HUB, SG1, TH1, Desk, agree, at_rest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(os.environ.get("FONDACO_SHARED", ROOT.parent / "shared")) / "data/iso/samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample messages of others are not on this machine")

FAMILIES = {
    "FIToFICstmrCdtTrf": "pacs.008", "FICdtTrf": "pacs.009", "FIToFIPmtStsRpt": "pacs.002", "PmtRtr": "pacs.004",
    "FIToFIPmtStsReq": "pacs.028", "FIToFIPmtCxlReq": "camt.056", "RsltnOfInvstgtn": "camt.029", "UblToApply": "camt.026",
    "AddtlPmtInf": "camt.028", "CstmrPmtCxlReq": "camt.055", "InvstgtnReq": "camt.110", "InvstgtnRspn": "camt.111",
}  # fmt: skip
ORIGINALS = ("pacs.008", "pacs.009")
# What names one payment or message. An end-to-end identification does not: it may be any customer's `1`.
NAMING = ("UETR", "MsgId", "TxId")
# What stands before OrgnlUETR in a transaction of a pacs.002, pacs.004, camt.056 and camt.029.
BEFORE_UETR = (
    "RtrId", "CxlId", "CxlStsId", "RslvdCase", "Case", "StsId", "OrgnlGrpInf", "OrgnlInstrId", "OrgnlEndToEndId", "OrgnlTxId",
)  # fmt: skip
AT = "2026-11-24T01:00:00.000Z"
YES = {"ACSC", "ACSP", "ACTC", "ACCC", "ACCP", "ACWC"}


@dataclass(eq=False)
class Sample:
    """One message of a sample file; `named` are its own identifications, `refers` those of what it answers."""

    file: str
    family: str
    version: str
    root: etree._Element
    named: frozenset[tuple[str, str]] = frozenset()
    refers: frozenset[tuple[str, str]] = frozenset()

    @property
    def source(self) -> str:
        return self.file.partition("/")[0]

    @property
    def message_id(self) -> str:
        return next((value for name, value in self.named if name == "MsgId"), "")

    def text(self, name: str) -> str:
        return next((one.text.strip() for one in self.root.iter("{*}" + name) if one.text and one.text.strip()), "")


@dataclass
class Flow:
    """Copies of one original, and everything that answers it, in the order of creation."""

    originals: list[Sample]
    answers: list[Sample] = field(default_factory=list)


def local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


@cache
def samples() -> tuple[Sample, ...]:
    found = []
    for path in sorted(SAMPLES.rglob("*.xml")):
        try:
            top = etree.fromstring(
                path.read_bytes(), etree.XMLParser(remove_comments=True, remove_pis=True, resolve_entities=False)
            )
        except etree.XMLSyntaxError:
            continue
        for root in top.iter(etree.Element):
            if local(root) not in FAMILIES or local(root[0] if len(root) else root) == local(root):
                continue
            named, refers = set(), set()
            for one in root.iter(etree.Element):
                name, value = local(one), (one.text or "").strip()
                above = local(one.getparent()) if one.getparent() is not None else ""
                if not value or value == "NOTPROVIDED":
                    continue
                if (name in ("UETR", "TxId") and above == "PmtId") or (name == "MsgId" and above == "GrpHdr"):
                    named.add((name, value))
                elif name == "Id" and above == "Assgnmt":
                    named.add(("MsgId", value))
                elif name.startswith("Orgnl") and name[5:] in NAMING:
                    refers.add((name[5:], value))
            space = next((str(etree.QName(one).namespace) for one in root.iter(etree.Element) if one is not root), "")
            kind = re.search(r"[a-z]{4}\.\d{3}\.\d{3}\.\d{2}$", space)
            family = FAMILIES[local(root)]
            found.append(
                Sample(
                    str(path.relative_to(SAMPLES)), family, kind[0] if kind else family, root, frozenset(named), frozenset(refers)
                )
            )
    return tuple(found)


def flows() -> list[Flow]:
    """Answers with what they answer: of the same source, by an identification that names one message and no second."""
    found: dict[tuple[str, str, str], Flow] = {}
    for one in samples():
        if one.family in ORIGINALS and one.message_id:
            found.setdefault((one.source, one.family, one.message_id), Flow([])).originals.append(one)
    bearers: dict[tuple[str, tuple[str, str]], set[tuple[str, str, str]]] = {}
    for key, flow in found.items():
        for original in flow.originals:
            for name in original.named:
                bearers.setdefault((key[0], name), set()).add(key)
    for one in samples():
        keys = {
            key for name in one.refers for key in bearers.get((one.source, name), set()) if len(bearers[one.source, name]) == 1
        }
        for key in keys:
            found[key].answers.append(one)
    linked = [flow for flow in found.values() if flow.answers]
    for flow in linked:
        flow.answers.sort(key=lambda one: (one.text("CreDtTm"), one.file))
    return linked


def nearest(family: str, version: str) -> str:
    """The version of ours that is nearest to a version, "" where we do not speak the family."""
    ours = [kind for kind in known_kinds() if kind.startswith(family)]
    number = int(version[-2:]) if version[-2:].isdecimal() else 0
    return min(ours, key=lambda kind: (abs(int(kind[-2:]) - number), kind), default="")


# Mapping


def moved(old: etree._Element, space: str) -> etree._Element:
    """A copy in one namespace, without prefixes, attributes of other namespaces and space between elements."""
    new = etree.Element(
        f"{{{space}}}{local(old)}", attrib={k: v for k, v in old.attrib.items() if "}" not in k}, nsmap={None: space}
    )
    new.text = None if len(old) else old.text
    for child in old.iterchildren(etree.Element):
        new.append(moved(child, space))
    return new


def put(parent: etree._Element, name: str, text: str, after: tuple[str, ...]) -> etree._Element:
    """Set the child `name`, a new one behind the last of `after`."""
    space = "{" + str(etree.QName(parent).namespace) + "}"
    found = parent.find(space + name)
    if found is None:
        found = etree.Element(space + name)
        places = [place for place, one in enumerate(parent) if local(one) in after]
        parent.insert(places[-1] + 1 if places else 0, found)
    found.text = text
    return found


def drop(parent: etree._Element, *names: str) -> None:
    for child in list(parent):
        if re.fullmatch("|".join(names), local(child)):
            parent.remove(child)


def become(element: etree._Element, inner: str) -> None:
    """Replace the content of an element."""
    space = str(etree.QName(element).namespace)
    for child in list(element):
        element.remove(child)
    element.text = None
    element.extend(list(etree.fromstring(f'<x xmlns="{space}">{inner}</x>')))


def uetr_of(key: str) -> str:
    """A UETR that the simulated bank accepts, the same for the same key."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])
    return str(UUID(int=((number % 400_000 * 10_000 + 9_000) << 96) + number, version=4))


class Mapped:
    """Samples as members of our union would send them, and all that the mapping had to add."""

    def __init__(self, uetr: str, *, complete: bool = True) -> None:
        """`complete` adds what FATF R.16 asks for where a sample has none: an account, a town and country of the debtor."""
        self.uetr = uetr
        self.complete = complete
        self.arrived = ("THB", 1)  # what a return brings back, when it brings back all: currency, minor units
        self.added: Counter[str] = Counter()

    def raw(self, sample: Sample, message_id: str = "") -> tuple[bytes, str]:
        """The message and its sender."""
        kind = sample.version if sample.version in known_kinds() else nearest(sample.family, sample.version)
        root = moved(sample.root, f"urn:iso:std:iso:20022:tech:xsd:{kind}")
        for part in root.iter("{*}Rsn"):
            if len(part) > 1:  # a reason is a code or a text of one's own; some samples say both
                drop(part, "Prtry")
                self.added["one of two reasons kept"] += 1
        name = message_id or sample.message_id or f"{sample.family}-1"
        if sample.family in ORIGINALS:
            self._original(root, name)
        else:
            self._answer(root)
        sender = SG1 if sample.family in (*ORIGINALS, "camt.056", "pacs.028") else TH1
        return wrap(kind, sender, HUB, name, AT, verbatim(root)), sender

    def _original(self, root: etree._Element, message_id: str) -> None:
        group = root[0]
        drop(group, "InstgAgt", "InstdAgt", "TtlIntrBkSttlmAmt", "IntrBkSttlmDt")
        for one in group.iter("{*}MsgId"):
            one.text = message_id
        for method in group.iter("{*}SttlmInf"):
            become(method, "<SttlmMtd>CLRG</SttlmMtd>")
        for row in root.iter("{*}CdtTrfTxInf"):
            drop(
                row,
                "InstgAgt",
                "InstdAgt",
                "PrvsInstgAgt.*",
                "IntrmyAgt.*",
                "InstdAmt",
                "XchgRate",
                "AgrdRate",
                "ChrgsInf",
                "SplmtryData",
            )
            for ids in row.iter("{*}PmtId"):
                self.added["UETR"] += ids.findtext("{*}UETR") != self.uetr
                put(ids, "UETR", self.uetr, ("InstrId", "EndToEndId", "TxId"))
            for amount in row.iter("{*}IntrBkSttlmAmt"):
                amount.set("Ccy", "SGD")
            put(row, "IntrBkSttlmDt", DEMO_DAY.isoformat(), ("IntrBkSttlmAmt",))
            for end, bic in (("Dbtr", SG1), ("Cdtr", TH1)):
                for one in row.findall(f"{{*}}{end}Agt"):
                    become(one, f"<FinInstnId><BICFI>{bic}</BICFI></FinInstnId>")
                party = row.find(f"{{*}}{end}")
                if self.complete and party is not None and row.find(f"{{*}}{end}Acct") is None:
                    become(put(row, f"{end}Acct", "", (end,)), "<Id><Othr><Id>9876543210</Id></Othr></Id>")
                    self.added["account"] += 1
            debtor = row.find("{*}Dbtr")
            if self.complete and debtor is not None and debtor.find("{*}PstlAdr") is None:
                become(put(debtor, "PstlAdr", "", ("Nm",)), "<TwnNm>Townville</TwnNm><Ctry>SG</Ctry>")
                self.added["address"] += 1

    def _answer(self, root: etree._Element) -> None:
        for group in root.iter("{*}GrpHdr"):
            drop(group, "InstgAgt", "InstdAgt", "TtlRtrdIntrBkSttlmAmt", "IntrBkSttlmDt")
            for method in group.iter("{*}SttlmInf"):
                become(method, "<SttlmMtd>CLRG</SttlmMtd>")
        for end in ("Assgnr", "Assgne", "Cretr"):
            for one in root.iter(f"{{*}}{end}"):
                become(one, f"<Agt><FinInstnId><BICFI>{SG1}</BICFI></FinInstnId></Agt>")
        for row in root.iter("{*}TxInfAndSts", "{*}TxInf"):
            drop(
                row, "InstgAgt", "InstdAgt", "OrgnlTxRef", "OrgnlIntrBkSttlmAmt", "OrgnlIntrBkSttlmDt", "RtrdInstdAmt", "ChrgsInf",
                "RsltnRltdInf", "SplmtryData",
            )  # fmt: skip
            self.added["UETR"] += row.findtext("{*}OrgnlUETR") != self.uetr
            put(row, "OrgnlUETR", self.uetr, BEFORE_UETR)
            for amount in row.iter("{*}RtrdIntrBkSttlmAmt"):
                currency, minor = self.arrived
                amount.set("Ccy", currency)
                amount.text = minor_text(minor, CURRENCIES[currency].exponent)
                put(row, "IntrBkSttlmDt", DEMO_DAY.isoformat(), ("RtrdIntrBkSttlmAmt",))


def fits(sample: Sample) -> bool:
    """Whether a sample, mapped, is true to the schema of a version that we speak (its own or the nearest)."""
    try:
        read(Mapped(uetr_of("fits")).raw(sample)[0], bulk=True)
    except MalformedMessage:
        return False
    return True


# Replaying


class Replay:
    """One flow at one desk: what every message must come to is told by the samples and by what came before."""

    def __init__(self, desk: Desk, key: str, uetr: str) -> None:
        self.desk = desk
        self.mapped = Mapped(uetr if not uetr_fault(uetr) else uetr_of(key))
        self.counts: Counter[str] = Counter()

    @property
    def payment(self) -> Payment:
        found = self.desk.hub.by_uetr(self.mapped.uetr)
        assert found is not None
        return found

    def hand_in(self, sample: Sample, message_id: str = "") -> Refusal | str | None:
        raw, self.sender = self.mapped.raw(sample, message_id)
        self.desk.inbox.clear()
        return self.desk.send(raw, self.sender)

    def malformed(self, sample: Sample) -> None:
        """What is not true to its schema is refused as that, and nothing else happens."""
        books = self.desk.books()
        said = self.hand_in(sample)
        assert isinstance(said, Refusal) and said.reason is Reason.MALFORMED and said.where, sample.file
        assert [mail.kind for mail in self.desk.inbox] == ["admi.002.001.01"] and self.desk.books() == books
        self.counts["not true to its schema"] += 1

    def settle(self) -> None:
        self.desk.do(CloseCycle())
        self.desk.let_agents_answer()

    def begin(self, originals: list[Sample]) -> None:
        """Send the first copy that fits; where none does, a payment of ours under the same identifications stands in for it."""
        fitting = [one for one in originals if fits(one)]
        for one in originals:
            if one not in fitting and nearest(one.family, one.version):
                self.malformed(one)
        if fitting:
            assert self.hand_in(fitting[0]) is None
            self.counts["original sent"] += 1
            for copy in fitting[1:]:
                number = self.payment.number
                self.hand_in(copy)
                assert self.payment.number == number, "the same message again is the same payment"
                self.counts["copy answered again"] += 1
        else:
            self.desk.pay(
                SG1, TH1, "1234.56", "SGD", uetr=self.mapped.uetr, message_id=originals[0].message_id if originals else ""
            )
            self.counts["original of ours"] += 1
        assert self.payment.state is State.OFFERED
        self.mapped.arrived = (self.payment.target_currency, self.payment.target_minor)

    def answered(self, sample: Sample) -> None:
        if not fits(sample):
            self.malformed(sample)
            return
        {
            "pacs.002": self._status,
            "pacs.004": self._return,
            "camt.056": self._recall,
            "camt.029": self._resolution,
            "pacs.028": self._enquiry,
        }[sample.family](sample)
        self.counts[f"{sample.family} answered"] += 1

    def _status(self, sample: Sample) -> None:
        before, status, code = self.payment.state, sample.text("TxSts"), sample.text("Cd")
        said = self.hand_in(sample)
        if before is not State.OFFERED:
            assert isinstance(said, Refusal) and said.reason is Reason.OUT_OF_TURN and self.payment.state is before
        elif status in YES:
            assert said is None and self.payment.state in (State.ACCEPTED, State.SETTLED)
        elif status != "RJCT":
            assert self.payment.state is State.OFFERED, "an interim word, or none, decides nothing"
            if said is not None:  # who says nothing of a payment, or nothing that can be understood, is told so
                assert isinstance(said, Refusal) and said.reason in (Reason.ELEMENT_MISSING, Reason.CODE_UNKNOWN)
        else:
            assert said is None and self.payment.state is State.REJECTED
            assert self.desk.told(SG1) == [f"RJCT {code}"], "the reason of the sample reaches the debtor agent"

    def _return(self, sample: Sample) -> None:
        if self.payment.state is State.ACCEPTED:
            self.settle()
        assert self.payment.state is State.SETTLED
        before = self.payment.returned_by
        said = self.hand_in(sample)
        if before:
            assert self.payment.returned_by == before, "returned once"
            self.counts["returned again: refused, or answered again"] += 1
            return
        if sample.root.find(".//{*}RtrRsnInf") is None:
            self.counts["return of nothing, or without a reason: refused"] += 1
            heard = [mail.kind[:8] for mail in self.desk.inbox if mail.recipient == TH1]
            assert self.payment.returned_by == 0 and (self.desk.told(TH1) == ["RJCT CH21"] or heard == ["admi.002"])
            assert said is None or (isinstance(said, Refusal) and said.reason is Reason.ELEMENT_MISSING)
            return
        back = self.desk.hub.payment(self.payment.returned_by)
        assert back is not None and back.returns == self.payment.number and back.target_currency == "SGD"
        self.desk.answer(back, sender=SG1)
        self.settle()
        assert self.desk.see(back).state is State.SETTLED
        self.counts["return settled"] += 1

    def _recall(self, sample: Sample) -> None:
        assert self.hand_in(sample) is None
        (passed,) = [mail for mail in self.desk.inbox if mail.recipient == TH1 and mail.kind.startswith("camt.056")]
        body = read(passed.raw).body
        assert isinstance(body, Recall) and body.rows[0].reason == sample.text("Cd") and body.rows[0].uetr == self.mapped.uetr
        self.counts["recall passed on"] += 1
        (asked,) = self.desk.hub.desk.assignments.values()
        assert asked.state is AssignmentState.ASSIGNED

    def _resolution(self, sample: Sample) -> None:
        said = self.hand_in(sample)
        if sample.text("Conf") in ("CNCL", "PDCR", "RJCR"):
            assert said is None
        else:
            assert isinstance(said, Refusal) and said.reason is Reason.CODE_UNKNOWN, "the scheme knows three answers to a recall"

    def _enquiry(self, sample: Sample) -> None:
        assert self.hand_in(sample) is None
        assert self.desk.told(SG1) == [self.payment.told]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Samples move larger sums than our stories: everybody, the FX providers too, has a hundred million."""
    made = Desk(tmp_path / "hub", prefund="100000000")
    yield made
    made.close()


def finish(desk: Desk) -> None:
    desk.inbox.clear()
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert prove(desk.hub.books).faults == ()
    agree(desk)
    at_rest(desk)


def shown(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items()) if count)


FLOWS = flows() if SAMPLES.is_dir() else []


def test_what_the_samples_hold_is_counted() -> None:
    found = samples()
    families = Counter(one.family for one in found)
    unspoken = Counter(one.version for one in found if one.version not in known_kinds())
    answers = [one for one in found if one.refers and one.family not in ORIGINALS]
    linked = [one for flow in FLOWS for one in flow.answers]
    print(f"{len(found)} payment messages: {shown(families)}")
    print(f"versions that we do not speak: {shown(unspoken)}")
    print(f"{len(FLOWS)} linked flows: {len(linked)} of {len(answers)} answers find their original")
    assert len(found) > 50 and FLOWS and set(linked) <= set(answers)


@pytest.mark.parametrize("flow", FLOWS, ids=[f"{flow.originals[0].source} {flow.originals[0].message_id}" for flow in FLOWS])
def test_a_linked_flow_comes_to_what_its_messages_say(desk: Desk, flow: Flow) -> None:
    first = flow.originals[0]
    replay = Replay(desk, first.message_id, first.text("UETR"))
    if first.family == "pacs.009":  # between banks themselves: members do not send these, the hub does to settlement agents
        for one in flow.originals:
            said = replay.hand_in(one) if fits(one) else replay.malformed(one)
            assert said is None or (isinstance(said, Refusal) and said.reason is Reason.OUT_OF_TURN)
        replay.counts["pacs.009 refused"] += len(flow.originals)
        for one in flow.answers:
            if fits(one):
                said = replay.hand_in(one)
                assert isinstance(said, Refusal) and said.reason is Reason.NOT_FOUND
    else:
        replay.begin(flow.originals)
        for one in flow.answers:
            replay.answered(one)
    finish(desk)
    other = sorted({one.version for one in (*flow.originals, *flow.answers)} - known_kinds())
    print(
        f"\n{first.source} {first.message_id}: {shown(replay.counts)}; added: {shown(replay.mapped.added)}; as another version: {other}"
    )


ALONE = [
    one
    for one in (samples() if SAMPLES.is_dir() else ())
    if one.family in ("pacs.002", "camt.056", "camt.029", "pacs.004", "pacs.028")
    and not any(one in flow.answers for flow in FLOWS)
]


@pytest.mark.parametrize("sample", ALONE, ids=[one.file.rpartition("/")[2] for one in ALONE])
def test_an_answer_without_its_original_is_given_one_of_ours(desk: Desk, sample: Sample) -> None:
    replay = Replay(desk, sample.file, sample.text("OrgnlUETR"))
    replay.begin([])
    if sample.family == "camt.029":
        desk.send(
            wrap(
                "camt.056.001.08",
                SG1,
                HUB,
                "RECALL1",
                AT,
                camt_056("RECALL1", AT, (SG1, HUB), cancellation(replay.mapped.uetr, "CUST")),
            ),
            SG1,
        )
    if sample.family == "pacs.004":
        desk.answer(replay.payment)
    replay.answered(sample)
    finish(desk)


def test_every_sample_payment_settles_or_is_refused_with_its_reason(desk: Desk) -> None:
    counts: Counter[str] = Counter()
    sent = []
    for number, one in enumerate(sample for sample in samples() if sample.family == "pacs.008"):
        mapped = Mapped(uetr_of(one.file))
        raw, _ = mapped.raw(one, f"S{number}")
        desk.inbox.clear()
        said = desk.send(raw, SG1)
        if not fits(one):
            assert isinstance(said, Refusal) and said.reason is Reason.MALFORMED
            counts["not true to its schema"] += 1
            continue
        payment = desk.hub.by_uetr(mapped.uetr)
        if payment is None or payment.state is State.REJECTED:
            (told,) = set(desk.told(SG1))
            assert re.fullmatch("RJCT [A-Z]{2}[0-9]{2}", told), one.file
            counts[told] += 1
            continue
        assert payment.state in (State.OFFERED, State.QUEUED), one.file
        sent.append(payment)
        if payment.state is State.OFFERED:
            desk.answer(payment)
    finish(desk)
    counts.update(desk.see(payment).state.name for payment in sent)
    print(f"pacs.008 alone: {shown(counts)}")
    assert counts["SETTLED"] > 10


def test_a_sample_without_the_data_that_the_scheme_asks_for_is_refused_for_it(desk: Desk) -> None:
    lacking = 0
    for number, one in enumerate(sample for sample in samples() if sample.family == "pacs.008" and fits(sample)):
        whole, bare = Mapped(uetr_of(one.file)), Mapped(uetr_of(one.file), complete=False)
        whole.raw(one)
        if not whole.added["account"]:
            continue
        raw, _ = bare.raw(one, f"B{number}")
        desk.inbox.clear()
        desk.send(raw, SG1)
        (told,) = set(desk.told(SG1))
        message = read(raw, bulk=True)
        flawed = message.faults or [fault for transfer in getattr(message.body, "transfers", ()) for fault in transfer.faults]
        assert told in ("RJCT RR01", "RJCT RR02", "RJCT RR03") or flawed, one.file
        lacking += told.startswith("RJCT RR")
    assert lacking

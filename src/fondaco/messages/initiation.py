"""Customer credit transfer initiation at a bank's edge: pain.001 in, pacs.008 on to the hub, and pain.002 back.

The hub takes no pain message. This is for the software of a bank that stands between its customers and the hub; it is pure:
identifications, UETRs and times are given.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec
from lxml import etree

from fondaco.core import CURRENCIES, Reason, Refusal, bic8, first_of, minor_text, uetr_fault
from fondaco.messages.codes import code_set
from fondaco.messages.records import (
    CustomerReport,
    InformationReport,
    Initiation,
    Message,
    PaymentInformation,
    PaymentOrder,
    Status,
    StatusReport,
)
from fondaco.messages.skim import skim
from fondaco.messages.transfer import URGENT_LEVELS, agent, amount_minor, format_faults, group_header, party_of, reference_fault
from fondaco.messages.walk import Node, local_name, walk
from fondaco.messages.writing import escaped, verbatim

_I = "PmtInf/"
_T = "PmtInf/CdtTrfTxInf/"
_GROUP = Node("GrpHdr", "GrpHdr")
_INFORMATION = Node("PmtInf", "PmtInf")
_ORDER = Node("PmtInf/CdtTrfTxInf", "CdtTrfTxInf")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Methods that are a transfer; a cheque (CHK) is none.
_METHODS = frozenset({"TRF", "TRA"})
# pain.001.001.09 and pacs.008.001.08 give these elements the same types, so that they can pass to the letter.
_DEBTOR_SIDE = ("Dbtr", "DbtrAcct", "DbtrAgt", "DbtrAgtAcct")
_INTERMEDIARIES = frozenset(f"IntrmyAgt{number}{account}" for number in "123" for account in ("", "Acct"))
_CREDITOR_SIDE = frozenset(
    {
        "CdtrAgt", "CdtrAgtAcct", "Cdtr", "CdtrAcct", "UltmtCdtr", "InstrForCdtrAgt", "Purp", "RgltryRptg", "Tax", "RltdRmtInf",
        "RmtInf",
    }
)  # fmt: skip
# Said for all orders of a payment information or for each of them, never both (ISO 20022, rules of pain.001).
_AT_ONE_LEVEL = ("PmtTpInf", "UltmtDbtr", "ChrgBr")
# What the edge cannot keep is refused, not dropped: a cheque, an agreed rate (and an amount that is to be computed from another).
_NOT_ADMITTED = ("ChqInstr", "XchgRateInf")
# A pacs.008 is cut before it is larger than this; with what stands around it, it passes the gate of the hub.
_SIZE_MAX = 4 * 1024 * 1024

# ExternalPaymentTransactionStatus1Code: what is on its way and how far, and what has ended without payment.
_ACCEPTED = ("ACTC", "ACCP", "ACFC", "ACWC", "ACWP", "ACSP", "ACSC", "ACCC")
_REFUSED = frozenset({"RJCT", "CANC", "BLCK"})
_FINAL = frozenset({"ACSC", "ACCC"}) | _REFUSED


class InterbankMessage(msgspec.Struct, frozen=True):
    """One pacs.008.001.08: the orders of one debtor agent and execution date. `uetrs` are keyed by the order's place in the
    initiation, counted from 0 through all payment informations; `document` is the content of <Document>."""

    message_id: str
    debtor_agent: str
    day: str
    uetrs: Mapping[int, str]
    document: str


class Interbank(msgspec.Struct, frozen=True):
    """What the bank `own` makes of an initiation: every order stands in exactly one of `messages`, or has a refusal at its place."""

    own: str
    messages: tuple[InterbankMessage, ...]
    refusals: tuple[Refusal | None, ...]


# Reading


def read_initiation(root: etree._Element) -> tuple[str, str, Initiation, list[Refusal]]:
    """A pain.001. Counts and control sums must agree for the message and for each payment information that states them."""
    group = skim(root[0], _GROUP).fields
    party = next(verbatim(one) for one in root[0] if local_name(one) == "InitgPty")
    seen: set[str] = set()
    informations: list[PaymentInformation] = []
    total = count = 0
    for element in root:
        if local_name(element) == "PmtInf":
            information, its_sum = _information(element, len(informations) + 1, seen)
            informations.append(information)
            total += its_sum
            count += len(information.orders)
    faults = _sum_faults("GrpHdr", group.get("GrpHdr/NbOfTxs", ""), group.get("GrpHdr/CtrlSum", ""), count, total)
    format_faults(group, faults)
    body = Initiation(
        group.get("GrpHdr/NbOfTxs", ""),
        group.get("GrpHdr/CtrlSum", ""),
        party,
        tuple(informations),
        hashlib.sha256(etree.tostring(root, encoding="utf-8", with_tail=False)).hexdigest(),
    )
    return group.get("GrpHdr/MsgId", ""), group.get("GrpHdr/CreDtTm", ""), body, faults


def _sum_faults(place: str, stated: str, control: str, count: int, total: int) -> list[Refusal]:
    """Where a stated count or control sum contradicts the orders; `total` adds their numbers whatever their currencies, in units of
    the schema's fifth decimal."""
    faults = []
    if stated and int(stated) != count:
        faults.append(Refusal(Reason.COUNT_WRONG, f"{place}/NbOfTxs", f"{stated} stated, {count} found"))
    if control and Decimal(control).scaleb(5) != total:
        faults.append(Refusal(Reason.CONTROL_SUM_WRONG, f"{place}/CtrlSum", f"{control} stated, {minor_text(total, 5)} found"))
    return faults


def _information(element: etree._Element, number: int, seen: set[str]) -> tuple[PaymentInformation, int]:
    """One payment information and the sum of its numbers (see `_sum_faults`). `number` counts from 1; `seen` are the UETRs of the message so far."""
    fields: dict[str, str] = {}
    elements: list[etree._Element] = []
    parts: dict[str, str] = {}
    for child in element:
        name = local_name(child)
        if name == "CdtTrfTxInf":
            elements.append(child)
            continue
        if len(child):
            walk(child, _INFORMATION.children.get(child.tag) or _INFORMATION.below(child.tag), fields, [])
        else:
            fields[_I + name] = child.text or ""
        if name in _DEBTOR_SIDE or name in ("PmtTpInf", "UltmtDbtr"):
            parts[name] = verbatim(child)
    get = fields.get
    place = f"PmtInf[{number}]"
    orders, total = [], 0
    for row, child in enumerate(elements, 1):
        order, amount = _order(child, f"{place}/CdtTrfTxInf[{row}]/", fields, parts, seen)
        orders.append(order)
        total += amount
    faults: list[Refusal] = []
    if get(_I + "PmtMtd") not in _METHODS:
        faults.append(Refusal(Reason.ELEMENT_NOT_ADMITTED, _I + "PmtMtd", get(_I + "PmtMtd", "")))
    if not get(_I + "DbtrAgt/FinInstnId/BICFI"):
        faults.append(Refusal(Reason.ELEMENT_MISSING, _I + "DbtrAgt/FinInstnId/BICFI"))
    day = (get(_I + "ReqdExctnDt/Dt") or get(_I + "ReqdExctnDt/DtTm", "")).strip()[:10]
    if not _DAY.fullmatch(day):
        faults.append(Refusal(Reason.SETTLEMENT_DATE_WRONG, _I + "ReqdExctnDt", day))
    _level_fault(fields, _I, faults)
    format_faults(fields, faults)
    faults = [msgspec.structs.replace(one, where=one.where.replace("PmtInf", place, 1)) for one in faults]
    faults = [*_sum_faults(place, get(_I + "NbOfTxs", ""), get(_I + "CtrlSum", ""), len(orders), total), *faults]
    return (
        PaymentInformation(
            get(_I + "PmtInfId", ""),
            get(_I + "PmtMtd", ""),
            get(_I + "NbOfTxs", ""),
            get(_I + "CtrlSum", ""),
            day,
            get(_I + "DbtrAgt/FinInstnId/BICFI", ""),
            party_of(fields, _I + "Dbtr"),
            "".join(parts.get(name, "") for name in _DEBTOR_SIDE),
            tuple(orders),
            tuple(faults),
        ),
        total,
    )


def _order(
    element: etree._Element, place: str, above: Mapping[str, str], shared: Mapping[str, str], seen: set[str]
) -> tuple[PaymentOrder, int]:
    """One order and its number. `above` and `shared` are the fields and the passed elements of its payment information."""
    fields = skim(element, _ORDER).fields
    get = fields.get
    faults: list[Refusal] = []
    parts: dict[str, str] = dict(shared)
    after, ustrd = "", []
    for child in element:
        name = local_name(child)
        if name in _AT_ONE_LEVEL and (name in shared or _I + name in above):
            faults.append(Refusal(Reason.ELEMENT_NOT_ADMITTED, _T + name, "said for the payment information too"))
        if name in _CREDITOR_SIDE:
            after += verbatim(child)
            ustrd += [one.text or "" for one in child if name == "RmtInf" and local_name(one) == "Ustrd"]
        elif name in _INTERMEDIARIES or name in _AT_ONE_LEVEL:
            parts[name] = verbatim(child)
    names = {local_name(child) for child in element}
    faults += [Refusal(Reason.ELEMENT_NOT_ADMITTED, _T + name) for name in _NOT_ADMITTED if name in names]
    if _T + "Amt/EqvtAmt/Amt" in fields:
        faults.append(Refusal(Reason.ELEMENT_NOT_ADMITTED, _T + "Amt/EqvtAmt"))
    text = get(_T + "Amt/InstdAmt") or get(_T + "Amt/EqvtAmt/Amt", "")
    currency = get(_T + "Amt/InstdAmt/@Ccy") or get(_T + "Amt/EqvtAmt/Amt/@Ccy", "")
    amount = amount_minor(text, currency, _T + "Amt/InstdAmt", faults)
    _uetr_fault(get(_T + "PmtId/UETR", ""), seen, faults)
    reference_fault(fields, _T + "PmtId/EndToEndId", faults)
    format_faults(fields, faults)
    if "Cdtr" not in names:
        faults.append(Refusal(Reason.ELEMENT_MISSING, _T + "Cdtr"))
    if not get(_T + "CdtrAgt/FinInstnId/BICFI"):
        faults.append(Refusal(Reason.ELEMENT_MISSING, _T + "CdtrAgt/FinInstnId/BICFI"))
    purpose = get(_T + "Purp/Cd", "")
    if purpose and purpose not in code_set("ExternalPurpose1Code"):
        faults.append(Refusal(Reason.CODE_UNKNOWN, _T + "Purp/Cd", purpose))
    _level_fault(fields, _T, faults)
    level = get(_T + "PmtTpInf/SvcLvl/Cd") or above.get(_I + "PmtTpInf/SvcLvl/Cd", "")
    priority = get(_T + "PmtTpInf/InstrPrty") or above.get(_I + "PmtTpInf/InstrPrty", "")
    order = PaymentOrder(
        get(_T + "PmtId/InstrId", ""),
        get(_T + "PmtId/EndToEndId", ""),
        get(_T + "PmtId/UETR", ""),
        currency,
        amount,
        get(_T + "ChrgBr") or above.get(_I + "ChrgBr", ""),
        level,
        purpose,
        " ".join(ustrd),
        priority == "HIGH" or level in URGENT_LEVELS,
        get(_T + "CdtrAgt/FinInstnId/BICFI", ""),
        party_of(fields, _T + "Cdtr"),
        parts.get("PmtTpInf", ""),
        "".join(parts[name] for name in sorted(_INTERMEDIARIES & parts.keys())) + parts.get("UltmtDbtr", ""),
        after,
        tuple(msgspec.structs.replace(one, where=place + one.where.removeprefix(_T)) for one in faults),
    )
    return order, int(Decimal(text).scaleb(5))


def _uetr_fault(uetr: str, seen: set[str], faults: list[Refusal]) -> None:
    if not uetr:
        return
    if uetr_fault(uetr):
        faults.append(Refusal(Reason.UETR_WRONG, _T + "PmtId/UETR", uetr))
    if uetr in seen:
        faults.append(Refusal(Reason.DUPLICATE_UETR, _T + "PmtId/UETR", uetr))
    seen.add(uetr)


def _level_fault(fields: Mapping[str, str], base: str, faults: list[Refusal]) -> None:
    level = fields.get(base + "PmtTpInf/SvcLvl/Cd", "")
    if level and level not in code_set("ExternalServiceLevel1Code"):
        faults.append(Refusal(Reason.CODE_UNKNOWN, base + "PmtTpInf/SvcLvl/Cd", level))


def read_customer_report(root: etree._Element) -> tuple[str, str, CustomerReport, list[Refusal]]:
    """A pain.002, as a customer reads it."""
    group: dict[str, str] = {}
    informations = []
    for element in root:
        if local_name(element) != "OrgnlPmtInfAndSts":
            walk(element, Node(local_name(element), local_name(element)), group, [])
            continue
        fields: dict[str, str] = {}
        statuses = []
        for child in element:
            if local_name(child) == "TxInfAndSts":
                statuses.append(_status(child))
            elif len(child):
                walk(child, Node(local_name(child), local_name(child)), fields, [])
            else:
                fields[local_name(child)] = child.text or ""
        reason = fields.get("StsRsnInf/Rsn/Cd") or fields.get("StsRsnInf/Rsn/Prtry", "")
        informations.append(
            InformationReport(fields.get("OrgnlPmtInfId", ""), fields.get("PmtInfSts", ""), reason, tuple(statuses))
        )
    get, base = group.get, "OrgnlGrpInfAndSts/"
    report = CustomerReport(
        get(base + "OrgnlMsgId", ""),
        get(base + "OrgnlMsgNmId", ""),
        get(base + "GrpSts", ""),
        get(base + "StsRsnInf/Rsn/Cd") or get(base + "StsRsnInf/Rsn/Prtry", ""),
        tuple(informations),
    )
    return get("GrpHdr/MsgId", ""), get("GrpHdr/CreDtTm", ""), report, []


def _status(element: etree._Element) -> Status:
    fields: dict[str, str] = {}
    walk(element, Node("", "TxInfAndSts"), fields, [])
    get = fields.get
    return Status(
        get("OrgnlInstrId", ""),
        get("OrgnlEndToEndId", ""),
        "",
        get("OrgnlUETR", ""),
        get("TxSts", ""),
        get("StsRsnInf/Rsn/Cd") or get("StsRsnInf/Rsn/Prtry", ""),
        get("StsRsnInf/AddtlInf", ""),
        get("AccptncDtTm", ""),
    )


# On to the hub


def orders_of(initiation: Initiation) -> list[tuple[PaymentInformation, PaymentOrder]]:
    """All orders with their payment informations, in the order of the message: an order's place is its index here."""
    return [(information, order) for information in initiation.informations for order in information.orders]


def derived_uetrs(initiation: Initiation) -> tuple[str, ...]:
    """A UETR for each order that follows from the message's content alone, so that the same file twice is the same payments.

    In the form of UUID version 4 (RFC 9562), whose random bits are SHA-256's.
    """
    return tuple(
        str(uuid.UUID(bytes=hashlib.sha256(f"{initiation.digest} {place}".encode()).digest()[:16], version=4))
        for place in range(len(orders_of(initiation)))
    )


def derived_names(initiation: Initiation) -> Iterator[str]:
    """Message identifications that follow from the message's content alone; there is no end to them."""
    number = 0
    while True:  # as many as the caller takes
        number += 1
        yield f"P{initiation.digest[:16]}-{number}"


def pacs_008_of(message: Message, own: str, names: Iterable[str], created: str, uetrs: Sequence[str]) -> Interbank:
    """The pacs.008.001.08 that the bank `own` (BIC) sends for a pain.001: one for each debtor agent and execution date, more where
    one would be too large for the hub's gate.

    `names` are message identifications of at most 28 characters, taken as they are needed; `uetrs` one for each order in its
    place, used where the order brings none. What the debtor's and creditor's side say is passed to the letter; charges are shared
    (SHAR) unless the customer said otherwise. Nothing is written for what is refused: orders with faults, all orders of a payment
    information or message with faults, and those of an account at another bank.
    """
    body = message.body
    assert isinstance(body, Initiation), f"a {message.kind} initiates nothing"
    orders = orders_of(body)
    assert len(uetrs) == len(orders), f"{len(uetrs)} UETRs for {len(orders)} orders"
    refusals = tuple(_refusal(message, own, information, order) for information, order in orders)
    groups: dict[tuple[str, str], list[int]] = {}
    for place, (information, _) in enumerate(orders):
        if refusals[place] is None:
            groups.setdefault((information.debtor_agent, information.execution_date), []).append(place)
    identified = iter(names)
    messages = []
    used: set[str] = set()
    for (debtor_agent, day), places in groups.items():
        given = {place: orders[place][1].uetr or uetrs[place] for place in places}
        for uetr in given.values():
            assert not uetr_fault(uetr), f"{uetr} is no UETR"
            assert uetr not in used, f"the UETR {uetr} is given twice"
            used.add(uetr)
        name, rows, size = next(identified), dict[int, str](), 0
        for place in places:
            row = _row(f"{name}.{len(rows) + 1}", given[place], own, body.initiating_party, *orders[place])
            if rows and size + len(row) > _SIZE_MAX:
                messages.append(_interbank(name, created, debtor_agent, day, given, rows))
                name, rows, size = next(identified), {}, 0
                row = _row(f"{name}.1", given[place], own, body.initiating_party, *orders[place])
            rows[place] = row
            size += len(row)
        messages.append(_interbank(name, created, debtor_agent, day, given, rows))
    written = [place for one in messages for place in one.uetrs]
    assert sorted(written) == [place for place, refusal in enumerate(refusals) if refusal is None]
    return Interbank(own, tuple(messages), refusals)


def _refusal(message: Message, own: str, information: PaymentInformation, order: PaymentOrder) -> Refusal | None:
    for faults in (message.faults, information.faults, order.faults):
        if faults:
            return first_of(list(faults))
    if bic8(information.debtor_agent) != bic8(own):
        return Refusal(Reason.SENDER_CONTRADICTS, "PmtInf/DbtrAgt/FinInstnId/BICFI", information.debtor_agent)
    return None


def _row(name: str, uetr: str, own: str, initiating_party: str, information: PaymentInformation, order: PaymentOrder) -> str:
    amount = minor_text(order.amount_minor, CURRENCIES[order.currency].exponent)
    return (
        f"<CdtTrfTxInf><PmtId><InstrId>{escaped(name)}</InstrId><EndToEndId>{escaped(order.end_to_end_id)}</EndToEndId>"
        f'<UETR>{uetr}</UETR></PmtId>{order.kinds}<IntrBkSttlmAmt Ccy="{order.currency}">{amount}</IntrBkSttlmAmt>'
        f"<IntrBkSttlmDt>{information.execution_date}</IntrBkSttlmDt><ChrgBr>{order.charge_bearer or 'SHAR'}</ChrgBr>"
        f"{agent('InstgAgt', own)}{order.before}{initiating_party}{information.passed}{order.after}</CdtTrfTxInf>"
    )


def _interbank(
    name: str, created: str, debtor_agent: str, day: str, given: Mapping[int, str], rows: Mapping[int, str]
) -> InterbankMessage:
    document = f"<FIToFICstmrCdtTrf>{group_header('pacs.008', escaped(name), created, len(rows))}{''.join(rows.values())}</FIToFICstmrCdtTrf>"
    return InterbankMessage(name, debtor_agent, day, {place: given[place] for place in rows}, document)


# Back to the customer


def pain_002_of(message: Message, sent: Interbank, reports: Iterable[StatusReport], message_id: str, created: str) -> str:
    """The content of the pain.002.001.10 that says what became of every order of a pain.001.

    `sent` is what `pacs_008_of` made of it; `reports` are the pacs.002 in the order in which they came, matched by UETR, or by the
    message they answer where they name no transaction. The last word counts, but nothing undoes a final one. An order of which
    nothing was heard is RCVD. Codes are carried; the hub's text is told only where the code is NARR, which means nothing without
    it, since it may speak of the bank's own accounts.
    """
    body = message.body
    assert isinstance(body, Initiation), f"a {message.kind} initiates nothing"
    heard = _heard(sent, reports)
    statuses = []
    for place, ((_, order), refusal) in enumerate(zip(orders_of(body), sent.refusals, strict=True)):
        if refusal is not None:
            found = Status("", "", "", order.uetr, "RJCT", refusal.code, refusal.sentence())
        else:
            found = heard[place]
        statuses.append(msgspec.structs.replace(found, instruction_id=order.instruction_id, end_to_end_id=order.end_to_end_id))
    blocks = []
    rest = iter(statuses)
    for information in body.informations:
        own = [next(rest) for _ in information.orders]
        why = _why(information.faults)
        blocks.append(
            f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{escaped(information.information_id)}</OrgnlPmtInfId>"
            f"{_stated(information.stated_count, information.control_sum)}<PmtInfSts>{_summed(own)}</PmtInfSts>{why}"
            f"{''.join(_told(one) for one in own)}</OrgnlPmtInfAndSts>"
        )
    counts = Counter(one.status for one in statuses)
    per_status = "".join(
        f"<NbOfTxsPerSts><DtldNbOfTxs>{count}</DtldNbOfTxs><DtldSts>{status}</DtldSts></NbOfTxsPerSts>"
        for status, count in sorted(counts.items())
    )
    return (
        f"<CstmrPmtStsRpt><GrpHdr><MsgId>{escaped(message_id)}</MsgId><CreDtTm>{created}</CreDtTm>{agent('DbtrAgt', sent.own)}</GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{escaped(message.message_id)}</OrgnlMsgId><OrgnlMsgNmId>{message.kind}</OrgnlMsgNmId>"
        f"<OrgnlCreDtTm>{message.created}</OrgnlCreDtTm>{_stated(body.stated_count, body.control_sum)}"
        f"<GrpSts>{_summed(statuses)}</GrpSts>{_why(message.faults)}{per_status}</OrgnlGrpInfAndSts>{''.join(blocks)}</CstmrPmtStsRpt>"
    )


def _heard(sent: Interbank, reports: Iterable[StatusReport]) -> dict[int, Status]:
    """The status that holds for each order that was sent, by its place."""
    place_of = {uetr: place for one in sent.messages for place, uetr in one.uetrs.items()}
    of_message = {one.message_id: tuple(one.uetrs) for one in sent.messages}
    heard = {place: Status("", "", "", uetr, "RCVD") for uetr, place in place_of.items()}

    def hear(place: int, told: Status) -> None:
        before = heard[place]
        if told.status and (before.status not in _FINAL or told.status in _FINAL):
            text = told.information if told.reason == "NARR" else ""
            heard[place] = msgspec.structs.replace(told, uetr=before.uetr, information=text)

    for report in reports:
        for told in report.statuses:
            if told.uetr in place_of:
                hear(place_of[told.uetr], told)
        if not report.statuses:
            for place in of_message.get(report.original_id, ()):
                hear(place, Status("", "", "", "", report.group_status, report.group_reason))
    return heard


def _summed(statuses: Sequence[Status]) -> str:
    """The status of a group (ExternalPaymentGroupStatus1Code): of what is accepted the least far, PART where some is and some is not."""
    found = {one.status for one in statuses}
    if found <= _REFUSED:
        return "RJCT"
    if found <= set(_ACCEPTED):
        least = min(found, key=_ACCEPTED.index)
        return least if least in code_set("ExternalPaymentGroupStatus1Code") else "ACSP"
    if not found.isdisjoint(_ACCEPTED):
        return "PART"
    return "RCVD" if found - _REFUSED == {"RCVD"} else "PDNG"


def _stated(count: str, control_sum: str) -> str:
    stated = f"<OrgnlNbOfTxs>{count}</OrgnlNbOfTxs>" if count else ""
    return stated + (f"<OrgnlCtrlSum>{control_sum}</OrgnlCtrlSum>" if control_sum else "")


def _why(faults: Sequence[Refusal]) -> str:
    if not faults:
        return ""
    first = first_of(list(faults))
    return _reason(first.code, first.sentence())


def _reason(code: str, text: str) -> str:
    named = f"<Cd>{escaped(code)}</Cd>" if len(code) <= 4 else f"<Prtry>{escaped(code[:35])}</Prtry>"
    lines = "".join(f"<AddtlInf>{escaped(text[at : at + 105])}</AddtlInf>" for at in range(0, len(text), 105))
    return f"<StsRsnInf><Rsn>{named}</Rsn>{lines}</StsRsnInf>"


def _told(status: Status) -> str:
    ids = f"<OrgnlInstrId>{escaped(status.instruction_id)}</OrgnlInstrId>" if status.instruction_id else ""
    ids += f"<OrgnlEndToEndId>{escaped(status.end_to_end_id)}</OrgnlEndToEndId>"
    ids += f"<OrgnlUETR>{status.uetr}</OrgnlUETR>" if status.uetr and not uetr_fault(status.uetr) else ""
    reason = _reason(status.reason, status.information) if status.reason else ""
    accepted = f"<AccptncDtTm>{status.accepted_at}</AccptncDtTm>" if status.accepted_at else ""
    return f"<TxInfAndSts>{ids}<TxSts>{status.status}</TxSts>{reason}{accepted}</TxInfAndSts>"

"""What one member asks another through the hub, and the answers: recalls (camt.056, .029), investigations (camt.110, .111),
verification of an account and its holder (acmt.023, .024).

ISO 20022 calls the passing on of such a question an assignment. What the hub does not write itself it passes on to the letter.
"""

from __future__ import annotations

from lxml import etree

from fondaco.core import Reason, Refusal, iban_fault, uetr_fault
from fondaco.messages.codes import code_set
from fondaco.messages.records import (
    Findings,
    Investigation,
    Recall,
    RecallRow,
    Resolution,
    ResolutionRow,
    Verification,
    VerificationReport,
    VerificationRow,
    Verified,
)
from fondaco.messages.transfer import agent
from fondaco.messages.walk import fields_of, local_name
from fondaco.messages.writing import escaped, verbatim

# The answers to a recall: cancelled as asked, pending, refused (ExternalInvestigationExecutionConfirmation1Code).
RECALL_ACCEPTED, RECALL_PENDING, RECALL_REFUSED = "CNCL", "PDCR", "RJCR"
_RECALL_ANSWERS = (RECALL_ACCEPTED, RECALL_PENDING, RECALL_REFUSED)
Head = tuple[str, str]


def _uetr_faults(uetr: str, where: str) -> list[Refusal]:
    if not uetr:
        return [Refusal(Reason.ELEMENT_MISSING, where)]
    return [Refusal(Reason.UETR_WRONG, where, uetr)] if uetr_fault(uetr) else []


def read_recall(root: etree._Element) -> tuple[str, str, Recall, list[Refusal]]:
    """A request to cancel payments (camt.056), each named by its UETR; a whole group is not recalled by its message alone."""
    assignment: dict[str, str] = {}
    rows: list[RecallRow] = []
    faults: list[Refusal] = []
    case = ""
    for element in root:
        name = local_name(element)
        if name == "Assgnmt":
            assignment = fields_of(element)
        elif name == "Case":
            case = fields_of(element).get("Id", "")
        elif name == "Undrlyg":
            for inner in element:
                if local_name(inner) != "TxInf":
                    if fields_of(inner).get("GrpCxl") == "true":
                        faults.append(Refusal(Reason.ELEMENT_MISSING, "Undrlyg/TxInf", "a group is recalled payment by payment"))
                    continue
                get = fields_of(inner).get
                uetr, reason = get("OrgnlUETR", ""), get("CxlRsnInf/Rsn/Cd", "")
                faults += _uetr_faults(uetr, "TxInf/OrgnlUETR")
                if reason not in code_set("ExternalCancellationReason1Code"):
                    missing = Reason.CODE_UNKNOWN if reason else Reason.ELEMENT_MISSING
                    faults.append(Refusal(missing, "TxInf/CxlRsnInf/Rsn/Cd", reason))
                own_case = get("Case/Id") or case
                rows.append(RecallRow(uetr, reason, own_case, get("CxlId", ""), verbatim(inner)))
    if not rows and not faults:
        faults.append(Refusal(Reason.ELEMENT_MISSING, "Undrlyg/TxInf"))
    return assignment.get("Id", ""), assignment.get("CreDtTm", ""), Recall(tuple(rows)), faults


def read_resolution(root: etree._Element) -> tuple[str, str, Resolution, list[Refusal]]:
    """The answer to recalls (camt.029): one confirmation for all of its transactions."""
    assignment: dict[str, str] = {}
    rows: list[ResolutionRow] = []
    confirmation = ""
    for element in root:
        name = local_name(element)
        if name == "Assgnmt":
            assignment = fields_of(element)
        elif name == "Sts":
            confirmation = fields_of(element).get("Conf", "")
        elif name == "CxlDtls":
            for inner in element:
                if local_name(inner) == "TxInfAndSts":
                    get = fields_of(inner).get
                    reason = get("CxlStsRsnInf/Rsn/Cd", "")
                    rows.append(ResolutionRow(get("OrgnlUETR", ""), reason, verbatim(inner)))
    faults = []
    if confirmation not in _RECALL_ANSWERS:
        faults.append(Refusal(Reason.CODE_UNKNOWN, "Sts/Conf", confirmation or "nothing: CNCL, PDCR or RJCR"))
    if not rows:
        faults.append(Refusal(Reason.ELEMENT_MISSING, "CxlDtls/TxInfAndSts"))
    for row in rows:
        faults += _uetr_faults(row.uetr, "TxInfAndSts/OrgnlUETR")
        if confirmation == RECALL_REFUSED and row.reason not in code_set("ExternalPaymentCancellationRejection1Code"):
            missing = Reason.CODE_UNKNOWN if row.reason else Reason.ELEMENT_MISSING
            faults.append(Refusal(missing, "TxInfAndSts/CxlStsRsnInf/Rsn/Cd", row.reason))
    return assignment.get("Id", ""), assignment.get("CreDtTm", ""), Resolution(confirmation, tuple(rows)), faults


def read_investigation(root: etree._Element) -> tuple[str, str, Investigation, list[Refusal]]:
    """A request to investigate a payment (camt.110); it names the payment by its UETR."""
    request = root[0]
    fields = fields_of(request)
    uetr = next((text for path, text in fields.items() if path.startswith("Undrlyg/") and path.endswith("/OrgnlUETR")), "")
    kind = fields.get("InvstgtnTp/Cd", "")
    faults = _uetr_faults(uetr, "InvstgtnReq/Undrlyg/IntrBk/OrgnlUETR")
    if kind not in code_set("ExternalInvestigationType1Code"):
        faults.append(Refusal(Reason.CODE_UNKNOWN, "InvstgtnReq/InvstgtnTp/Cd", kind))
    rest = "".join(verbatim(one) for one in request[1:])
    data = "".join(verbatim(one) for one in root[1:])
    responder = fields.get("Rspndr/Agt/FinInstnId/BICFI", "")
    return fields.get("MsgId", ""), "", Investigation(uetr, kind, responder, rest, data), faults


def read_findings(root: etree._Element) -> tuple[str, str, Findings, list[Refusal]]:
    """The answer to an investigation (camt.111)."""
    parts = {local_name(one): one for one in root}
    answer, original = fields_of(parts["InvstgtnRspn"]), fields_of(parts["OrgnlInvstgtnReq"])
    rest = "".join(verbatim(one) for one in parts["InvstgtnRspn"][1:])
    status, faults = answer.get("InvstgtnSts/Sts", ""), []
    if status not in code_set("ExternalInvestigationStatus1Code"):
        faults.append(Refusal(Reason.CODE_UNKNOWN, "InvstgtnSts/Sts", status))
    return answer.get("MsgId", ""), "", Findings(original.get("MsgId", ""), status, rest), faults


def read_verification(root: etree._Element) -> tuple[str, str, Verification, list[Refusal]]:
    """Is this account there, and is this its holder? (acmt.023)"""
    assignment = fields_of(root[0])
    rows, faults = [], []
    for element in root:
        if local_name(element) != "Vrfctn":
            continue
        get = fields_of(element).get
        base = "PtyAndAcctId/"
        iban = get(base + "Acct/Id/IBAN", "")
        account = iban or get(base + "Acct/Id/Othr/Id") or get(base + "Acct/Prxy/Id", "")
        bank = get(base + "Agt/FinInstnId/BICFI", "")
        if not bank:
            faults.append(Refusal(Reason.ELEMENT_MISSING, "Vrfctn/PtyAndAcctId/Agt/FinInstnId/BICFI"))
        if not account:
            faults.append(Refusal(Reason.ELEMENT_MISSING, "Vrfctn/PtyAndAcctId/Acct"))
        elif iban and iban_fault(iban):
            faults.append(Refusal(Reason.ACCOUNT_WRONG, "Vrfctn/PtyAndAcctId/Acct/Id/IBAN", iban))
        rows.append(VerificationRow(get("Id", ""), bank, account, get(base + "Pty/Nm", ""), verbatim(element)))
    return assignment.get("MsgId", ""), assignment.get("CreDtTm", ""), Verification(tuple(rows)), faults


def read_verification_report(root: etree._Element) -> tuple[str, str, VerificationReport, list[Refusal]]:
    """The answer to a verification (acmt.024)."""
    assignment: dict[str, str] = {}
    original = ""
    rows, faults = [], []
    for element in root:
        name = local_name(element)
        if name == "Assgnmt":
            assignment = fields_of(element)
        elif name == "OrgnlAssgnmt":
            original = fields_of(element).get("MsgId", "")
        elif name == "Rpt":
            get = fields_of(element).get
            reason = get("Rsn/Cd", "")
            if reason and reason not in code_set("ExternalVerificationReason1Code"):
                faults.append(Refusal(Reason.CODE_UNKNOWN, "Rpt/Rsn/Cd", reason))
            rows.append(Verified(get("OrgnlId", ""), get("Vrfctn") in ("true", "1"), reason, get("UpdtdPtyAndAcctId/Pty/Nm", "")))
    if not original:
        faults.append(Refusal(Reason.ELEMENT_MISSING, "OrgnlAssgnmt/MsgId"))
    body = VerificationReport(original, tuple(rows))
    return assignment.get("MsgId", ""), assignment.get("CreDtTm", ""), body, faults


# Writing. `ends` are the BICs of assigner and assignee; what is passed on is XML that came past the gate.


def _assignment(message_id: str, created: str, ends: tuple[str, str], name: str = "Id") -> str:
    made = f"<CreDtTm>{created}</CreDtTm>"
    parties = "".join(f"<{end}>{agent('Agt', bic)}</{end}>" for end, bic in zip(("Assgnr", "Assgne"), ends, strict=True))
    identified = f"<{name}>{message_id}</{name}>"
    return (
        f"<Assgnmt>{identified}{parties}{made}</Assgnmt>" if name == "Id" else f"<Assgnmt>{identified}{made}{parties}</Assgnmt>"
    )


def camt_056(message_id: str, created: str, ends: tuple[str, str], passed: str) -> str:
    """The content of a camt.056 with one transaction, `passed` being its TxInf."""
    return (
        f"<FIToFIPmtCxlReq>{_assignment(message_id, created, ends)}<CtrlData><NbOfTxs>1</NbOfTxs></CtrlData>"
        f"<Undrlyg>{passed}</Undrlyg></FIToFIPmtCxlReq>"
    )


def cancellation(uetr: str, reason: str, cancellation_id: str = "") -> str:
    """The TxInf of a camt.056."""
    own = f"<CxlId>{escaped(cancellation_id)}</CxlId>" if cancellation_id else ""
    return f"<TxInf>{own}<OrgnlUETR>{uetr}</OrgnlUETR><CxlRsnInf><Rsn><Cd>{reason}</Cd></Rsn></CxlRsnInf></TxInf>"


def camt_029(message_id: str, created: str, ends: tuple[str, str], case: str, confirmation: str, passed: str) -> str:
    """The content of a camt.029 that answers one recall; `case` may be empty, `passed` is its TxInfAndSts."""
    resolved = f"<RslvdCase><Id>{escaped(case)}</Id><Cretr>{agent('Agt', ends[1])}</Cretr></RslvdCase>" if case else ""
    return (
        f"<RsltnOfInvstgtn>{_assignment(message_id, created, ends)}{resolved}<Sts><Conf>{confirmation}</Conf></Sts>"
        f"<CxlDtls>{passed}</CxlDtls></RsltnOfInvstgtn>"
    )


def cancellation_status(uetr: str, reason: str = "", information: str = "") -> str:
    """The TxInfAndSts of a camt.029."""
    more = f"<AddtlInf>{escaped(information)}</AddtlInf>" if information else ""
    why = f"<CxlStsRsnInf><Rsn><Cd>{reason}</Cd></Rsn>{more}</CxlStsRsnInf>" if reason else ""
    return f"<TxInfAndSts><OrgnlUETR>{escaped(uetr)}</OrgnlUETR>{why}</TxInfAndSts>"


def camt_110(message_id: str, rest: str, data: str) -> str:
    """The content of a camt.110: what came, under an identification of its own."""
    return f"<InvstgtnReq><InvstgtnReq><MsgId>{escaped(message_id)}</MsgId>{rest}</InvstgtnReq>{data}</InvstgtnReq>"


def investigation(uetr: str, asks: str, answers: str, kind: str = "RQFI") -> str:
    """What a camt.110 says of the payment `uetr` behind its name: the type (ExternalInvestigationType1Code; RQFI asks for information)
    and the BICs of who asks and who is to answer."""
    ends = "".join(
        f"<{end}><Agt><FinInstnId><BICFI>{escaped(bic)}</BICFI></FinInstnId></Agt></{end}>"
        for end, bic in (("Rqstr", asks), ("Rspndr", answers))
    )
    return f"<InvstgtnTp><Cd>{escaped(kind)}</Cd></InvstgtnTp><Undrlyg><IntrBk><OrgnlUETR>{escaped(uetr)}</OrgnlUETR></IntrBk></Undrlyg>{ends}"


def investigation_data(reason: str) -> str:
    """The one InvstgtnData of a camt.110: why it is asked (ExternalInvestigationReason1Code)."""
    return f"<InvstgtnData><Rsn><Cd>{escaped(reason)}</Cd></Rsn></InvstgtnData>"


def findings(status: str) -> str:
    """What a camt.111 says behind its name: the status (ExternalInvestigationStatus1Code; CLSD closes the investigation)."""
    return f"<InvstgtnSts><Sts>{escaped(status)}</Sts></InvstgtnSts>"


def camt_111(message_id: str, rest: str, original_id: str, original_rest: str) -> str:
    """The content of a camt.111: `rest` of the answer, and the request that it answers, under the name that its sender gave."""
    return (
        f"<InvstgtnRspn><InvstgtnRspn><MsgId>{escaped(message_id)}</MsgId>{rest}</InvstgtnRspn><OrgnlInvstgtnReq>"
        f"<MsgId>{escaped(original_id)}</MsgId>{original_rest}</OrgnlInvstgtnReq></InvstgtnRspn>"
    )


def acmt_023(message_id: str, created: str, ends: tuple[str, str], passed: str) -> str:
    """The content of an acmt.023, `passed` being its one Vrfctn."""
    return f"<IdVrfctnReq>{_assignment(message_id, created, ends, 'MsgId')}{passed}</IdVrfctnReq>"


def verification(row: str, bank: str, account: str, name: str) -> str:
    """The Vrfctn of an acmt.023: an account at `bank` (BIC) and the name of its supposed holder."""
    return (
        f"<Vrfctn><Id>{escaped(row)}</Id><PtyAndAcctId><Pty><Nm>{escaped(name)}</Nm></Pty><Acct><Id><Othr><Id>{escaped(account)}</Id>"
        f"</Othr></Id></Acct>{agent('Agt', bank)}</PtyAndAcctId></Vrfctn>"
    )


def acmt_024(message_id: str, created: str, ends: tuple[str, str], original_id: str, row: Verified) -> str:
    """The content of an acmt.024 for one row; `row.name` is what may be shown of the holder's name, "" for nothing."""
    why = f"<Rsn><Cd>{row.reason}</Cd></Rsn>" if row.reason else ""
    shown = f"<UpdtdPtyAndAcctId><Pty><Nm>{escaped(row.name)}</Nm></Pty></UpdtdPtyAndAcctId>" if row.name else ""
    return (
        f"<IdVrfctnRpt>{_assignment(message_id, created, ends, 'MsgId')}<OrgnlAssgnmt><MsgId>{escaped(original_id)}</MsgId></OrgnlAssgnmt>"
        f"<Rpt><OrgnlId>{escaped(row.row)}</OrgnlId><Vrfctn>{'true' if row.matched else 'false'}</Vrfctn>{why}{shown}</Rpt></IdVrfctnRpt>"
    )

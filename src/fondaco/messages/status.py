"""Payment status reports (pacs.002), in and out: what became of what was sent."""

from __future__ import annotations

from collections.abc import Iterable

from fondaco.core import Reason, Refusal
from fondaco.messages.codes import code_set
from fondaco.messages.part import Part
from fondaco.messages.records import Status, StatusReport
from fondaco.messages.walk import Node
from fondaco.messages.writing import escaped

_REPORT = Node("", "FIToFIPmtStsRpt")
_TX = Node("TxInfAndSts", "TxInfAndSts")
_P = "TxInfAndSts/"


_LINE, _LINES = 105, 6


def _information(part: Part) -> str:
    """What is said beside a reason, over all of its lines."""
    return "".join(part.texts("StsRsnInf/AddtlInf"))


def read_status(root: Part) -> tuple[str, str, StatusReport, list[Refusal]]:
    group: dict[str, str] = {}
    statuses = []
    faults = []
    for part in root:
        if part.name == "TxInfAndSts":
            get = part.skim(_TX)[0].get
            reason = get(_P + "StsRsnInf/Rsn/Cd") or get(_P + "StsRsnInf/Rsn/Prtry", "")
            status = Status(
                get(_P + "OrgnlInstrId", ""),
                get(_P + "OrgnlEndToEndId", ""),
                get(_P + "OrgnlTxId", ""),
                get(_P + "OrgnlUETR", ""),
                get(_P + "TxSts", ""),
                reason,
                _information(part) if get(_P + "StsRsnInf/AddtlInf") else "",
                get(_P + "AccptncDtTm", ""),
            )
            statuses.append(status)
            if status.status == "RJCT" and not reason:
                faults.append(Refusal(Reason.ELEMENT_MISSING, _P + "StsRsnInf/Rsn"))
            if status.status and status.status not in code_set("ExternalPaymentTransactionStatus1Code"):
                faults.append(Refusal(Reason.CODE_UNKNOWN, _P + "TxSts", status.status))
            original = get(_P + "OrgnlGrpInf/OrgnlMsgId")
            if original:
                group.setdefault("OrgnlGrpInfAndSts/OrgnlMsgId", original)
                group.setdefault("OrgnlGrpInfAndSts/OrgnlMsgNmId", get(_P + "OrgnlGrpInf/OrgnlMsgNmId", ""))
        else:
            found = part.skim(_REPORT.children.get(part.tag) or _REPORT.below(part.tag))[0]
            group = {**found, **group}
    get = group.get
    report = StatusReport(
        get("OrgnlGrpInfAndSts/OrgnlMsgId", ""),
        get("OrgnlGrpInfAndSts/OrgnlMsgNmId", ""),
        get("OrgnlGrpInfAndSts/GrpSts", ""),
        get("OrgnlGrpInfAndSts/StsRsnInf/Rsn/Cd", ""),
        tuple(statuses),
    )
    return get("GrpHdr/MsgId", ""), get("GrpHdr/CreDtTm", ""), report, faults


def pacs_002(
    message_id: str,
    created: str,
    original_id: str,
    original_kind: str,
    statuses: Iterable[Status],
    group_status: str = "",
    group_reason: str = "",
) -> str:
    """The content of a pacs.002 that answers one message."""
    group = f"<GrpSts>{group_status}</GrpSts>" if group_status else ""
    if group_reason:
        group += f"<StsRsnInf><Rsn><Cd>{group_reason}</Cd></Rsn></StsRsnInf>"
    return (
        f"<FIToFIPmtStsRpt><GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{escaped(original_id)}</OrgnlMsgId><OrgnlMsgNmId>{original_kind}</OrgnlMsgNmId>"
        f"{group}</OrgnlGrpInfAndSts>{''.join(_row(status) for status in statuses)}</FIToFIPmtStsRpt>"
    )


def _row(status: Status) -> str:
    ids = ""
    if status.instruction_id:
        ids += f"<OrgnlInstrId>{escaped(status.instruction_id)}</OrgnlInstrId>"
    if status.end_to_end_id:
        ids += f"<OrgnlEndToEndId>{escaped(status.end_to_end_id)}</OrgnlEndToEndId>"
    if status.transaction_id:
        ids += f"<OrgnlTxId>{escaped(status.transaction_id)}</OrgnlTxId>"
    if status.uetr:
        ids += f"<OrgnlUETR>{escaped(status.uetr)}</OrgnlUETR>"
    reason = ""
    if status.reason:
        # One element holds 105 characters, and there may be several: a sentence cut off would say a code and not why.
        text = status.information[: _LINES * _LINE]
        more = "".join(f"<AddtlInf>{escaped(text[at : at + _LINE])}</AddtlInf>" for at in range(0, len(text), _LINE))
        reason = f"<StsRsnInf><Rsn><Cd>{escaped(status.reason)}</Cd></Rsn>{more}</StsRsnInf>"
    accepted = f"<AccptncDtTm>{status.accepted_at}</AccptncDtTm>" if status.accepted_at else ""
    return f"<TxInfAndSts>{ids}<TxSts>{status.status}</TxSts>{reason}{accepted}</TxInfAndSts>"

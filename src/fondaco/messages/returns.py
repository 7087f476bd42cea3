"""What comes back and what is asked about: returns (pacs.004) and status requests (pacs.028)."""

from __future__ import annotations

from fondaco.core import Mention, Party, Reason, Refusal, uetr_fault
from fondaco.messages.codes import code_set
from fondaco.messages.part import Part
from fondaco.messages.records import Enquiry, Returns, Transfer
from fondaco.messages.transfer import agent, amount_minor, group_faults, group_header
from fondaco.messages.walk import Node, of_group
from fondaco.messages.writing import escaped

_GROUP = Node("GrpHdr", "GrpHdr")
_ORIGINAL = Node("OrgnlGrpInf", "OrgnlGrpInf")
_TX = Node("TxInf", "TxInf")
_BESIDE = Node("", "PmtRtr")
_T = "TxInf/"
_Row = tuple[dict[str, str], list[Mention]]


def _parts(root: Part) -> tuple[dict[str, str], dict[str, str], list[_Row], list[Mention]]:
    """Group header, what stands of the original group beside the transactions, the transactions, and anything else."""
    group: dict[str, str] = {}
    original: dict[str, str] = {}
    rows: list[_Row] = []
    beside: list[Mention] = []
    for part in root:
        if part.name == "GrpHdr":
            group, mentions = part.skim(_GROUP)
            beside += of_group(mentions)
        elif part.name == "OrgnlGrpInf":
            original, mentions = part.skim(_ORIGINAL)
            beside += mentions
        elif part.name == "TxInf":
            rows.append(part.skim(_TX))
        else:
            beside += part.skim(_BESIDE)[1]
    return group, original, rows, beside


def read_returns(root: Part) -> tuple[str, str, Returns, list[Refusal]]:
    group, original, rows, beside = _parts(root)
    transfers, reasons = [], []
    for row in rows:
        fields, mentions = row
        get = fields.get
        faults: list[Refusal] = []
        uetr = get(_T + "OrgnlUETR", "")
        if not uetr:
            faults.append(Refusal(Reason.ELEMENT_MISSING, _T + "OrgnlUETR"))
        elif uetr_fault(uetr):
            faults.append(Refusal(Reason.UETR_WRONG, _T + "OrgnlUETR", uetr))
        reason = get(_T + "RtrRsnInf/Rsn/Cd") or original.get("OrgnlGrpInf/RtrRsnInf/Rsn/Cd", "")
        if not reason:
            faults.append(Refusal(Reason.ELEMENT_MISSING, _T + "RtrRsnInf/Rsn/Cd"))
        elif reason not in code_set("ExternalReturnReason1Code"):
            faults.append(Refusal(Reason.CODE_UNKNOWN, _T + "RtrRsnInf/Rsn/Cd", reason))
        currency = get(_T + "RtrdIntrBkSttlmAmt/@Ccy", "")
        minor = amount_minor(get(_T + "RtrdIntrBkSttlmAmt", ""), currency, _T + "RtrdIntrBkSttlmAmt", faults)
        day = get(_T + "IntrBkSttlmDt") or group.get("GrpHdr/IntrBkSttlmDt", "")
        if not day:
            faults.append(Refusal(Reason.ELEMENT_MISSING, _T + "IntrBkSttlmDt"))
        urgent = get(_T + "SttlmPrty") in ("HIGH", "URGT")
        said = (*mentions, *beside)
        transfers.append(
            Transfer(
                get(_T + "RtrId", ""), get(_T + "OrgnlEndToEndId", ""), get(_T + "OrgnlTxId", ""), uetr, currency, minor, day,
                "", 0, "", "", get(_T + "ChrgBr", ""), "", "", urgent, "",
                get(_T + "InstgAgt/FinInstnId/BICFI") or group.get("GrpHdr/InstgAgt/FinInstnId/BICFI", ""),
                "", "", Party(""), Party(""), b"", said, tuple(faults),
            )
        )  # fmt: skip
        reasons.append(reason)
    # The schema lets a return stand without transactions; it would return nothing.
    missing = [] if rows else [Refusal(Reason.ELEMENT_MISSING, "TxInf")]
    faults = [*missing, *group_faults(group, transfers)]
    return group.get("GrpHdr/MsgId", ""), group.get("GrpHdr/CreDtTm", ""), Returns(tuple(transfers), tuple(reasons)), faults


def read_enquiry(root: Part) -> tuple[str, str, Enquiry, list[Refusal]]:
    group, original, rows, _ = _parts(root)
    message = original.get("OrgnlGrpInf/OrgnlMsgId", "")
    kind = original.get("OrgnlGrpInf/OrgnlMsgNmId", "")
    uetrs, faults = [], []
    for fields, _ in rows:
        uetr = fields.get(_T + "OrgnlUETR", "")
        if not uetr:
            faults.append(Refusal(Reason.ELEMENT_MISSING, _T + "OrgnlUETR"))
        uetrs.append(uetr)
        message = message or fields.get(_T + "OrgnlGrpInf/OrgnlMsgId", "")
        kind = kind or fields.get(_T + "OrgnlGrpInf/OrgnlMsgNmId", "")
    if not rows:
        faults.append(Refusal(Reason.ELEMENT_MISSING, "TxInf"))
    return group.get("GrpHdr/MsgId", ""), group.get("GrpHdr/CreDtTm", ""), Enquiry(message, kind, tuple(uetrs)), faults


def pacs_004(message_id: str, created: str, uetr: str, currency: str, amount: str, day: str, reason: str) -> str:
    """The content of a pacs.004 as a creditor agent sends it: what arrived goes back; `amount` is a decimal text."""
    return (
        f"<PmtRtr>{group_header('pacs.004', message_id, created, 1)}<TxInf><RtrId>{message_id}</RtrId><OrgnlUETR>{uetr}</OrgnlUETR>"
        f'<RtrdIntrBkSttlmAmt Ccy="{currency}">{amount}</RtrdIntrBkSttlmAmt><IntrBkSttlmDt>{day}</IntrBkSttlmDt>'
        f"<RtrRsnInf><Rsn><Cd>{reason}</Cd></Rsn></RtrRsnInf></TxInf></PmtRtr>"
    )


def onward_pacs_004(
    message_id: str,
    created: str,
    transfer: Transfer,
    reason: str,
    hub: str,
    debtor_agent: str,
    original: tuple[str, str],
    currency: str,
    amount: str,
) -> str:
    """The content of the pacs.004 that goes back to the debtor agent of the original, in the currency that it had paid.

    `original` is the identification and kind of the message that it had sent; `amount` a decimal text.
    """
    ids = f"<OrgnlEndToEndId>{escaped(transfer.end_to_end_id)}</OrgnlEndToEndId>" if transfer.end_to_end_id else ""
    if transfer.transaction_id:
        ids += f"<OrgnlTxId>{escaped(transfer.transaction_id)}</OrgnlTxId>"
    own = f"<RtrId>{escaped(transfer.instruction_id)}</RtrId>" if transfer.instruction_id else ""
    return (
        f"<PmtRtr>{group_header('pacs.004', message_id, created, 1)}<TxInf>{own}<OrgnlGrpInf><OrgnlMsgId>{escaped(original[0])}"
        f"</OrgnlMsgId><OrgnlMsgNmId>{original[1]}</OrgnlMsgNmId></OrgnlGrpInf>{ids}<OrgnlUETR>{transfer.uetr}</OrgnlUETR>"
        f'<RtrdIntrBkSttlmAmt Ccy="{currency}">{amount}</RtrdIntrBkSttlmAmt><IntrBkSttlmDt>{transfer.settlement_date}</IntrBkSttlmDt>'
        f"{agent('InstgAgt', hub)}{agent('InstdAgt', debtor_agent)}"
        f"<RtrRsnInf><Rsn><Cd>{reason}</Cd></Rsn></RtrRsnInf></TxInf></PmtRtr>"
    )

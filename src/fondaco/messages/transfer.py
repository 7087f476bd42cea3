"""Credit transfers: customer (pacs.008) and bank to bank (pacs.009), in and out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache

import msgspec

from fondaco.core import (
    CURRENCIES,
    AmountFault,
    Mention,
    Party,
    Reason,
    Refusal,
    TooManyDecimals,
    bic_fault,
    iban_fault,
    instant_of,
    lei_fault,
    minor_of,
    uetr_fault,
)
from fondaco.messages.codes import code_set
from fondaco.messages.part import Part
from fondaco.messages.records import BankTransfers, CustomerTransfers, Transfer
from fondaco.messages.walk import Node, of_group
from fondaco.messages.writing import escaped

_TRANSACTION = Node("CdtTrfTxInf", "CdtTrfTxInf")
_GROUP = Node("GrpHdr", "GrpHdr")
_BESIDE = Node("SplmtryData", "SplmtryData")
_FIRST_PASSED = frozenset({"UltmtDbtr", "InitgPty", "Dbtr"})
URGENT_LEVELS = frozenset({"URGP", "SDVA", "URNS"})
# CBPR+ usage of references: these characters, no slash at either end, no two slashes together.
_REFERENCE = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]+")
_T = "CdtTrfTxInf/"
_DOCUMENT = _T + "RmtInf/Strd/RfrdDocInf/Nb"
# The id of an offer: the record's, and the number of the event that offered it; or a collection's, or what is owed under a
# credit: a presentation at sight, an undertaking at maturity, a claim. Their payments carry no title.
_OFFER = re.compile(r"ETR-[0-9]{6,8}/[0-9]{1,9}|COL-[0-9]{6,8}|LC-[0-9]{6,8}/[PUC][0-9]{1,6}")
_INVOICE = re.compile(r"INV-[0-9]{6,9}")
# One of these locates an originator, besides a town and country (FATF R.16: address, or identification, or birth).
_LOCATED = tuple(
    f"{_T}Dbtr/{path}"
    for path in (
        "PstlAdr/AdrLine", "Id/PrvtId/DtAndPlcOfBirth/BirthDt", "Id/PrvtId/Othr/Id", "Id/OrgId/LEI", "Id/OrgId/AnyBIC",
        "Id/OrgId/Othr/Id",
    )
)  # fmt: skip
_CHECKS: dict[str, tuple[Callable[[str], str], Reason]] = {
    "BICFI": (bic_fault, Reason.IDENTIFIER_WRONG),
    "AnyBIC": (bic_fault, Reason.IDENTIFIER_WRONG),
    "IBAN": (iban_fault, Reason.ACCOUNT_WRONG),
    "LEI": (lei_fault, Reason.IDENTIFIER_WRONG),
}


def read_transfers(root: Part, family: str) -> tuple[str, str, CustomerTransfers | BankTransfers, list[Refusal]]:
    parts = iter(root)
    group, said = next(parts).skim(_GROUP)
    transfers = []
    extra = of_group(said)
    for part in parts:
        if part.name == "CdtTrfTxInf":
            transfers.append(_transfer(part, group, family))
        else:
            extra += part.skim(_BESIDE)[1]
    if extra:  # what stands beside the transactions is screened with each of them
        transfers = [msgspec.structs.replace(one, mentions=(*one.mentions, *extra)) for one in transfers]
    faults = group_faults(group, transfers)
    body = CustomerTransfers(tuple(transfers)) if family == "pacs.008" else BankTransfers(tuple(transfers))
    return group.get("GrpHdr/MsgId", ""), group.get("GrpHdr/CreDtTm", ""), body, faults


def group_faults(group: dict[str, str], transfers: list[Transfer]) -> list[Refusal]:
    """Where the group header's count and control sum contradict its transactions."""
    faults = []
    stated = group.get("GrpHdr/NbOfTxs", "")
    if not stated.isdecimal() or int(stated) != len(transfers):
        faults.append(Refusal(Reason.COUNT_WRONG, "GrpHdr/NbOfTxs", f"{stated} stated, {len(transfers)} found"))
    control = group.get("GrpHdr/CtrlSum")
    if control is not None:
        # The control sum adds the numbers whatever their currencies. It is no amount: it may pass what the books can hold.
        total = sum(transfer.amount_minor * 10 ** (5 - _exponent(transfer.currency)) for transfer in transfers)
        if Decimal(control).scaleb(5) != total:
            faults.append(Refusal(Reason.CONTROL_SUM_WRONG, "GrpHdr/CtrlSum", control))
    return faults


def _is_instant(text: str) -> bool:
    """Whether a dateTime of XML Schema is an instant that we can tell: midnight as 24:00 or a year before Christ is not."""
    try:
        instant_of(text)
    except (ValueError, OverflowError):
        return False
    return True


def _exponent(currency: str) -> int:
    known = CURRENCIES.get(currency)
    return 2 if known is None else known.exponent


def _transfer(part: Part, group: dict[str, str], family: str) -> Transfer:
    fields, mentions = part.skim(_TRANSACTION)
    get = fields.get
    faults: list[Refusal] = []
    currency = get(_T + "IntrBkSttlmAmt/@Ccy", "")
    amount = amount_minor(get(_T + "IntrBkSttlmAmt", ""), currency, _T + "IntrBkSttlmAmt", faults)
    instructed_currency = get(_T + "InstdAmt/@Ccy", "")
    instructed = (
        amount_minor(get(_T + "InstdAmt", ""), instructed_currency, _T + "InstdAmt", faults) if instructed_currency else 0
    )
    _identifier_faults(fields, faults)
    level = get(_T + "PmtTpInf/SvcLvl/Cd") or group.get("GrpHdr/PmtTpInf/SvcLvl/Cd", "")
    priority = get(_T + "PmtTpInf/InstrPrty") or get(_T + "SttlmPrty") or group.get("GrpHdr/PmtTpInf/InstrPrty", "")
    purpose = get(_T + "Purp/Cd", "")
    if purpose and purpose not in code_set("ExternalPurpose1Code"):
        faults.append(Refusal(Reason.CODE_UNKNOWN, _T + "Purp/Cd", purpose))
    if level and level not in code_set("ExternalServiceLevel1Code"):
        faults.append(Refusal(Reason.CODE_UNKNOWN, _T + "PmtTpInf/SvcLvl/Cd", level))
    settlement_date = get(_T + "IntrBkSttlmDt") or group.get("GrpHdr/IntrBkSttlmDt", "")
    if family == "pacs.008":
        debtor_agent, creditor_agent = (get(_T + "DbtrAgt/FinInstnId/BICFI", ""), get(_T + "CdtrAgt/FinInstnId/BICFI", ""))
    else:
        debtor_agent = get(_T + "Dbtr/FinInstnId/BICFI", "")
        creditor_agent = get(_T + "Cdtr/FinInstnId/BICFI", "")
    if not creditor_agent:
        faults.append(Refusal(Reason.ELEMENT_MISSING, _T + "CdtrAgt/FinInstnId/BICFI"))
    if not settlement_date:
        faults.append(Refusal(Reason.ELEMENT_MISSING, _T + "IntrBkSttlmDt"))
    expires = group.get("GrpHdr/XpryDtTm", "")
    if expires and not _is_instant(expires):
        faults.append(Refusal(Reason.EXPIRED, "GrpHdr/XpryDtTm", f"{expires} is no instant"))
        expires = ""
    delivers = _delivers(mentions, faults) if _DOCUMENT in fields else ""
    pays = _pays(mentions) if _DOCUMENT in fields else ""
    return Transfer(
        get(_T + "PmtId/InstrId", ""),
        get(_T + "PmtId/EndToEndId", ""),
        get(_T + "PmtId/TxId", ""),
        get(_T + "PmtId/UETR", ""),
        currency,
        amount,
        settlement_date,
        instructed_currency,
        instructed,
        get(_T + "XchgRate", ""),
        get(_T + "AgrdRate/QtId", ""),
        get(_T + "ChrgBr", ""),
        level,
        purpose,
        priority in ("HIGH", "URGT") or level in URGENT_LEVELS,
        expires,
        get(_T + "InstgAgt/FinInstnId/BICFI") or group.get("GrpHdr/InstgAgt/FinInstnId/BICFI", ""),
        debtor_agent,
        creditor_agent,
        party_of(fields, _T + "Dbtr"),
        party_of(fields, _T + "Cdtr"),
        part.onward(_FIRST_PASSED).encode(),
        tuple(mentions),
        tuple(faults),
        any(get(path) for path in _LOCATED) or bool(get(_T + "Dbtr/PstlAdr/TwnNm") and get(_T + "Dbtr/PstlAdr/Ctry")),
        get(_DOCUMENT) or get(_T + "RgltryRptg/Dtls/Inf", ""),
        delivers,
        pays,
    )


def _delivers(mentions: Iterable[Mention], faults: list[Refusal]) -> str:
    """The offer of a transferable record among the documents that a transfer refers to, whichever of them it is and of whatever type: a
    payment that names one is never taken for one that delivers nothing."""
    named = list(dict.fromkeys(one.text for one in mentions if one.path == _DOCUMENT and _OFFER.fullmatch(one.text)))
    if len(named) > 1:
        faults.append(
            Refusal(Reason.ELEMENT_NOT_ADMITTED, _DOCUMENT, f"{named[0]} and {named[1]}: a payment pays for one record")
        )
    return named[0] if named else ""


def _pays(mentions: Iterable[Mention]) -> str:
    """The invoice of the hub among the documents that a transfer refers to; where it names several, two of them with a blank between, which is none."""
    named = list(dict.fromkeys(one.text for one in mentions if one.path == _DOCUMENT and _INVOICE.fullmatch(one.text)))
    return " ".join(named[:2])


def amount_minor(text: str, currency: str, where: str, faults: list[Refusal]) -> int:
    known = CURRENCIES.get(currency)
    if known is None:
        faults.append(Refusal(Reason.CURRENCY_NOT_SETTLED, where + "/@Ccy", currency))
        return 0
    try:
        minor = minor_of(text, known.exponent)
    except TooManyDecimals:
        faults.append(Refusal(Reason.DECIMALS_WRONG, where, f"{text} {currency}"))
        return 0
    except AmountFault as fault:
        faults.append(Refusal(Reason.AMOUNT_NOT_POSITIVE, where, str(fault)))
        return 0
    if minor <= 0:
        faults.append(Refusal(Reason.AMOUNT_NOT_POSITIVE, where, text))
    return minor


def _identifier_faults(fields: dict[str, str], faults: list[Refusal]) -> None:
    uetr = fields.get(_T + "PmtId/UETR")
    if uetr is None:
        faults.append(Refusal(Reason.ELEMENT_MISSING, _T + "PmtId/UETR"))
    elif uetr_fault(uetr):
        faults.append(Refusal(Reason.UETR_WRONG, _T + "PmtId/UETR", uetr))
    for name in ("InstrId", "EndToEndId", "TxId"):
        reference_fault(fields, f"{_T}PmtId/{name}", faults)
    format_faults(fields, faults)


def reference_fault(fields: dict[str, str], path: str, faults: list[Refusal]) -> None:
    """Whether the reference at `path`, if there is one, keeps to the agreed characters."""
    value = fields.get(path)
    if value is not None and (not _REFERENCE.fullmatch(value) or value[0] == "/" or value[-1] == "/" or "//" in value):
        faults.append(Refusal(Reason.CHARACTERS_WRONG, path, value))


def format_faults(fields: dict[str, str], faults: list[Refusal]) -> None:
    """BIC, LEI and IBAN that are not well formed, wherever they stand."""
    for path, fault_of, reason in _checks_of(tuple(fields)):
        if fault_of(fields[path]):
            faults.append(Refusal(reason, path, fields[path]))


@lru_cache(maxsize=1024)
def _checks_of(paths: tuple[str, ...]) -> tuple[tuple[str, Callable[[str], str], Reason], ...]:
    """Which of these places are those of identifiers, with the check of each."""
    return tuple([(path, *check) for path in paths if (check := _CHECKS.get(path[path.rfind("/") + 1 :])) is not None])


def party_of(fields: dict[str, str], base: str) -> Party:
    """The party at the path `base`, with the account that stands beside it."""
    get = fields.get
    return Party(
        get(base + "/Nm") or get(base + "/FinInstnId/Nm", ""),
        get(base + "/PstlAdr/Ctry") or get(base + "/CtryOfRes", ""),
        get(base + "Acct/Id/IBAN") or get(base + "Acct/Id/Othr/Id", ""),
        get(base + "/Id/OrgId/LEI") or get(base + "/FinInstnId/LEI", ""),
        get(base + "/Id/PrvtId/DtAndPlcOfBirth/BirthDt", ""),
    )


# Writing


def agent(name: str, bic: str) -> str:
    return f"<{name}><FinInstnId><BICFI>{bic}</BICFI></FinInstnId></{name}>"


def group_header(kind: str, message_id: str, created: str, count: int) -> str:
    return (
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm><NbOfTxs>{count}</NbOfTxs>"
        "<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>"
    )


def onward_pacs_008(
    kind: str,
    message_id: str,
    created: str,
    transfer: Transfer,
    hub: str,
    creditor_agent: str,
    currency: str,
    amount: str,
    source_amount: str,
    rate: str,
) -> str:
    """The content of the pacs.008 that goes on to the creditor agent: converted amount, everything else unaltered.

    `amount` and `source_amount` are decimal texts; `rate` is "" where nothing was converted.
    """
    ids = f"<InstrId>{escaped(transfer.instruction_id)}</InstrId>" if transfer.instruction_id else ""
    ids += f"<EndToEndId>{escaped(transfer.end_to_end_id)}</EndToEndId>"
    if transfer.transaction_id:
        ids += f"<TxId>{escaped(transfer.transaction_id)}</TxId>"
    kinds = ""
    if transfer.urgent or transfer.service_level:
        priority = "<InstrPrty>HIGH</InstrPrty>" if transfer.urgent else ""
        level = f"<SvcLvl><Cd>{transfer.service_level}</Cd></SvcLvl>" if transfer.service_level else ""
        kinds = f"<PmtTpInf>{priority}{level}</PmtTpInf>"
    converted = f'<InstdAmt Ccy="{transfer.currency}">{source_amount}</InstdAmt><XchgRate>{rate}</XchgRate>' if rate else ""
    return (
        f"<FIToFICstmrCdtTrf>{group_header(kind, message_id, created, 1)}<CdtTrfTxInf><PmtId>{ids}"
        f"<UETR>{transfer.uetr}</UETR></PmtId>{kinds}"
        f'<IntrBkSttlmAmt Ccy="{currency}">{amount}</IntrBkSttlmAmt><IntrBkSttlmDt>{transfer.settlement_date}</IntrBkSttlmDt>'
        f"{converted}<ChrgBr>{transfer.charge_bearer}</ChrgBr>{agent('InstgAgt', hub)}{agent('InstdAgt', creditor_agent)}"
        f"{transfer.passed.decode()}</CdtTrfTxInf></FIToFICstmrCdtTrf>"
    )


def pacs_009(message_id: str, created: str, day: str, legs: Iterable[tuple[str, str, str, str, str, str]]) -> str:
    """The content of a pacs.009: legs of (instruction id, UETR, currency, decimal amount, debtor BIC, creditor BIC)."""
    rows = [
        f"<CdtTrfTxInf><PmtId><InstrId>{leg}</InstrId><EndToEndId>{leg}</EndToEndId><UETR>{uetr}</UETR></PmtId>"
        f'<IntrBkSttlmAmt Ccy="{currency}">{amount}</IntrBkSttlmAmt><IntrBkSttlmDt>{day}</IntrBkSttlmDt>'
        f"{agent('Dbtr', debtor)}{agent('Cdtr', creditor)}</CdtTrfTxInf>"
        for leg, uetr, currency, amount, debtor, creditor in legs
    ]
    return f"<FICdtTrf>{group_header('pacs.009', message_id, created, len(rows))}{''.join(rows)}</FICdtTrf>"

"""Settlement requests, liquidity, statements and system messages: pacs.029, camt.050/.025/.05x, admi."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from fondaco.core import CURRENCIES, AmountFault, MalformedMessage, Reason, Refusal, bic_fault, minor_of, minor_text
from fondaco.messages.records import Body, Entry, LiquidityTransfer, Movement, NetSettlement, Notice, Receipt, Statement
from fondaco.messages.walk import Node, walk
from fondaco.messages.writing import escaped

_TRIE = Node("", "Document")
_BIC = "/Id/OrgId/AnyBIC"


def read_other(root: etree._Element, family: str) -> tuple[str, str, Body, list[Refusal]]:
    fields: dict[str, str] = {}
    walk(root, _TRIE, fields, [])
    get = fields.get
    if family == "pacs.029":
        body, faults = _net(root)
        return get("GrpHdr/MsgId", ""), get("GrpHdr/CreDtTm", ""), body, faults
    if family == "camt.050":
        liquidity = _liquidity(fields)
        return get("MsgHdr/MsgId", ""), get("MsgHdr/CreDtTm", ""), liquidity, list(liquidity.faults)
    if family == "camt.025":
        receipt = Receipt(
            get("RctDtls/OrgnlMsgId/MsgId", ""), get("RctDtls/ReqHdlg/Sts/Cd", ""), get("RctDtls/ReqHdlg/StsRsn/Rsn/Cd", "")
        )
        return get("MsgHdr/MsgId", ""), get("MsgHdr/CreDtTm", ""), receipt, []
    if family in ("camt.052", "camt.053", "camt.054"):
        return get("GrpHdr/MsgId", ""), get("GrpHdr/CreDtTm", ""), _statement(root), []
    if family == "admi.002":
        notice = Notice(get("RltdRef/Ref", ""), get("Rsn/RjctgPtyRsn", ""), get("Rsn/RsnDesc", ""))
    elif family == "admi.004":
        notice = Notice("", get("EvtInf/EvtCd", ""), get("EvtInf/EvtDesc", ""))
    elif family == "admi.011":
        notice = Notice(get("OrgtrRef", ""), get("AckDtls/EvtCd", ""), get("AckDtls/EvtDesc", ""))
        return get("MsgId", ""), "", notice, []
    elif family == "camt.004":
        return get("MsgHdr/MsgId", ""), get("MsgHdr/CreDtTm", ""), Notice(get("MsgHdr/OrgnlBizQry/MsgId", ""), "", ""), []
    elif family == "admi.007":
        notice = Notice(get("Rpt/RltdRef/Ref", ""), get("Rpt/ReqHdlg/StsCd", ""), get("Rpt/ReqHdlg/Desc", ""))
        return get("MsgId/MsgId", ""), get("MsgId/CreDtTm", ""), notice, []
    else:
        raise MalformedMessage(Reason.MALFORMED, "the document", f"{family} is not read here")
    return "", "", notice, []


def _minor(text: str, currency: str, where: str, faults: list[Refusal]) -> int:
    known = CURRENCIES.get(currency)
    if known is None:
        faults.append(Refusal(Reason.CURRENCY_NOT_SETTLED, where, currency))
        return 0
    try:
        return minor_of(text, known.exponent)
    except AmountFault as fault:
        faults.append(Refusal(Reason.DECIMALS_WRONG, where, str(fault)))
        return 0


def _net(root: etree._Element) -> tuple[NetSettlement, list[Refusal]]:
    movements = []
    faults: list[Refusal] = []
    cycle = ""
    for request in root:
        if not str(request.tag).endswith("}SttlmReq"):
            continue
        for child in request:
            name = str(child.tag).rpartition("}")[2]
            if name == "SttlmCycl":
                cycle = child.text or ""
            elif name == "MvmntRcrd":
                fields: dict[str, str] = {}
                walk(child, Node("", "MvmntRcrd"), fields, [])
                currency = fields.get("Amt/Amt/@Ccy", "")
                minor = _minor(fields.get("Amt/Amt", ""), currency, "MvmntRcrd/Amt", faults)
                sign = -1 if fields.get("Amt/CdtDbt") == "DBIT" else 1
                movements.append(Movement(fields.get("Id", ""), fields.get("Ptcpt" + _BIC, ""), currency, sign * minor))
    return NetSettlement(cycle, tuple(movements)), faults


def _liquidity(fields: dict[str, str]) -> LiquidityTransfer:
    base = "LqdtyCdtTrf/"
    faults: list[Refusal] = []
    currency = fields.get(base + "TrfdAmt/AmtWthCcy/@Ccy", "")
    minor = _minor(fields.get(base + "TrfdAmt/AmtWthCcy", ""), currency, base + "TrfdAmt", faults)
    if not faults and minor <= 0:
        faults.append(Refusal(Reason.AMOUNT_NOT_POSITIVE, base + "TrfdAmt", str(minor)))
    creditor = fields.get(base + "Cdtr/FinInstnId/BICFI", "")
    debtor = fields.get(base + "Dbtr/FinInstnId/BICFI", "")
    for name, bic in (("Cdtr", creditor), ("Dbtr", debtor)):
        if not bic or bic_fault(bic):
            faults.append(Refusal(Reason.IDENTIFIER_WRONG, f"{base}{name}/FinInstnId/BICFI", bic))
    return LiquidityTransfer(
        fields.get(base + "LqdtyTrfId/InstrId", ""),
        fields.get(base + "LqdtyTrfId/EndToEndId", ""),
        creditor,
        debtor,
        currency,
        minor,
        tuple(faults),
    )


def _statement(root: etree._Element) -> Statement:
    account = owner = currency = ""
    opening = closing = 0
    entries: list[Entry] = []
    faults: list[Refusal] = []

    def signed(fields: dict[str, str]) -> int:
        code = fields.get("Amt/@Ccy", "")
        minor = _minor(fields.get("Amt", ""), code, "Amt", faults)
        return -minor if fields.get("CdtDbtInd") == "DBIT" else minor

    for report in root:
        if str(report.tag).rpartition("}")[2] not in ("Stmt", "Rpt", "Ntfctn"):
            continue
        for child in report:
            name = str(child.tag).rpartition("}")[2]
            fields: dict[str, str] = {}
            walk(child, Node("", name), fields, [])
            if name == "Acct":
                account = fields.get("Id/Othr/Id") or fields.get("Id/IBAN", "")
                currency = fields.get("Ccy", "")
                owner = fields.get("Ownr" + _BIC, "")
            elif name == "Bal":
                if fields.get("Tp/CdOrPrtry/Cd") in ("OPBD", "PRCD"):
                    opening = signed(fields)
                elif fields.get("Tp/CdOrPrtry/Cd") in ("CLBD", "ITBD"):
                    closing = signed(fields)
            elif name == "Ntry":
                code = fields.get("BkTxCd/Prtry/Cd", "")
                entries.append(
                    Entry(
                        signed(fields),
                        fields.get("NtryRef") or fields.get("AcctSvcrRef", ""),
                        fields.get("NtryDtls/TxDtls/Refs/UETR", ""),
                        code,
                        fields.get("BookgDt/DtTm") or fields.get("BookgDt/Dt", ""),
                    )
                )
    if faults:
        raise MalformedMessage(faults[0].reason, faults[0].where, faults[0].found)
    return Statement(account, owner, currency, opening, closing, tuple(entries))


# Writing: each returns the content of <Document>


def _party(name: str, bic: str) -> str:
    return f"<{name}><Id><OrgId><AnyBIC>{bic}</AnyBIC></OrgId></Id></{name}>"


def pacs_029(message_id: str, created: str, cycle: str, movements: Iterable[Movement]) -> str:
    rows = []
    for movement in movements:
        amount = minor_text(abs(movement.minor), CURRENCIES[movement.currency].exponent)
        side = "DBIT" if movement.minor < 0 else "CRDT"
        rows.append(
            f'<MvmntRcrd><Id>{movement.movement_id}</Id><Amt><Amt Ccy="{movement.currency}">{amount}</Amt>'
            f"<CdtDbt>{side}</CdtDbt></Amt>{_party('Ptcpt', movement.participant)}</MvmntRcrd>"
        )
    return (
        f"<MulSttlmReq><GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm><NbOfSttlmReqs>1</NbOfSttlmReqs>"
        f"</GrpHdr><SttlmReq><InstrId>{message_id}</InstrId><SttlmCycl>{cycle}</SttlmCycl>"
        f"<NbOfMvmntRcrds>{len(rows)}</NbOfMvmntRcrds>{''.join(rows)}</SttlmReq></MulSttlmReq>"
    )


def camt_050(message_id: str, created: str, transfer: LiquidityTransfer) -> str:
    amount = minor_text(transfer.minor, CURRENCIES[transfer.currency].exponent)
    return (
        f"<LqdtyCdtTrf><MsgHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm></MsgHdr><LqdtyCdtTrf><LqdtyTrfId>"
        f"<InstrId>{escaped(transfer.instruction_id)}</InstrId><EndToEndId>{escaped(transfer.end_to_end_id)}</EndToEndId></LqdtyTrfId>"
        f"<Cdtr><FinInstnId><BICFI>{transfer.creditor}</BICFI></FinInstnId></Cdtr>"
        f'<TrfdAmt><AmtWthCcy Ccy="{transfer.currency}">{amount}</AmtWthCcy></TrfdAmt>'
        f"<Dbtr><FinInstnId><BICFI>{transfer.debtor}</BICFI></FinInstnId></Dbtr></LqdtyCdtTrf></LqdtyCdtTrf>"
    )


def camt_025(message_id: str, created: str, receipt: Receipt) -> str:
    reason = f"<StsRsn><Rsn><Cd>{receipt.reason}</Cd></Rsn></StsRsn>" if receipt.reason else ""
    return (
        f"<Rct><MsgHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm></MsgHdr><RctDtls><OrgnlMsgId>"
        f"<MsgId>{escaped(receipt.original_id)}</MsgId></OrgnlMsgId><ReqHdlg><Sts><Cd>{receipt.status}</Cd></Sts>{reason}"
        "</ReqHdlg></RctDtls></Rct>"
    )


_REPORTS = {
    "camt.052": ("BkToCstmrAcctRpt", "Rpt"),
    "camt.053": ("BkToCstmrStmt", "Stmt"),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


def camt_05x(family: str, message_id: str, created: str, day: str, statement: Statement) -> str:
    """A camt.052, .053 or .054 of one account; a notification (.054) carries no balances."""
    outer, inner = _REPORTS[family]
    exponent = CURRENCIES[statement.currency].exponent

    def amount(minor: int) -> str:
        side = "DBIT" if minor < 0 else "CRDT"
        return f'<Amt Ccy="{statement.currency}">{minor_text(abs(minor), exponent)}</Amt><CdtDbtInd>{side}</CdtDbtInd>'

    def balance(code: str, minor: int) -> str:
        return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount(minor)}<Dt><Dt>{day}</Dt></Dt></Bal>"

    balances = ""
    if family != "camt.054":
        closing = "CLBD" if family == "camt.053" else "ITBD"
        balances = balance("OPBD", statement.opening_minor) + balance(closing, statement.closing_minor)
    rows = []
    for entry in statement.entries:
        refs = f"<NtryDtls><TxDtls><Refs><UETR>{entry.uetr}</UETR></Refs></TxDtls></NtryDtls>" if entry.uetr else ""
        rows.append(
            f"<Ntry><NtryRef>{entry.reference}</NtryRef>{amount(entry.minor)}<Sts><Cd>BOOK</Cd></Sts>"
            f"<BookgDt><DtTm>{entry.booked_at}</DtTm></BookgDt><BkTxCd><Prtry><Cd>{entry.code}</Cd></Prtry></BkTxCd>"
            f"{refs}</Ntry>"
        )
    return (
        f"<{outer}><GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr><{inner}><Id>{message_id}</Id>"
        f"<CreDtTm>{created}</CreDtTm><Acct><Id><Othr><Id>{statement.account}</Id></Othr></Id><Ccy>{statement.currency}</Ccy>"
        f"{_party('Ownr', statement.owner)}</Acct>{balances}{''.join(rows)}</{inner}></{outer}>"
    )


def camt_052_balances(message_id: str, created: str, day: str, account: tuple[str, str, str], booked: int, available: int) -> str:
    """A camt.052 that tells balances alone: booked (ITBD) and available (ITAV). `account` is (number, owner's BIC, currency)."""
    number, owner, currency = account
    exponent = CURRENCIES[currency].exponent
    shown = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{minor_text(abs(minor), exponent)}</Amt>'
        f"<CdtDbtInd>{'DBIT' if minor < 0 else 'CRDT'}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, minor in (("ITBD", booked), ("ITAV", available))
    )
    return (
        f"<BkToCstmrAcctRpt><GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr><Rpt><Id>{message_id}</Id>"
        f"<CreDtTm>{created}</CreDtTm><Acct><Id><Othr><Id>{number}</Id></Othr></Id><Ccy>{currency}</Ccy>{_party('Ownr', owner)}</Acct>"
        f"{shown}</Rpt></BkToCstmrAcctRpt>"
    )


def admi_002(reference: str, code: str, at: str, location: str, description: str) -> str:
    where = f"<ErrLctn>{escaped(location[:350])}</ErrLctn>" if location else ""
    return (
        f"<admi.002.001.01><RltdRef><Ref>{escaped(reference[:35])}</Ref></RltdRef><Rsn><RjctgPtyRsn>{code}</RjctgPtyRsn>"
        f"<RjctnDtTm>{at}</RjctnDtTm>{where}<RsnDesc>{escaped(description[:350])}</RsnDesc></Rsn></admi.002.001.01>"
    )


def admi_004(code: str, description: str, at: str) -> str:
    return (
        f"<SysEvtNtfctn><EvtInf><EvtCd>{code}</EvtCd><EvtDesc>{escaped(description[:1000])}</EvtDesc><EvtTm>{at}</EvtTm>"
        "</EvtInf></SysEvtNtfctn>"
    )


def admi_007(message_id: str, created: str, reference: str, status: str) -> str:
    return (
        f"<RctAck><MsgId><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm></MsgId><Rpt><RltdRef>"
        f"<Ref>{escaped(reference)}</Ref></RltdRef><ReqHdlg><StsCd>{status}</StsCd></ReqHdlg></Rpt></RctAck>"
    )

"""Questions about a member's own money: balances and limits (camt.003, .004), reports (camt.060), money that is expected (camt.057)."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from fondaco.core import CURRENCIES, Reason, Refusal, minor_text
from fondaco.messages.records import BalanceQuery, Expectation, Expected, ReportRequest
from fondaco.messages.transfer import amount_minor
from fondaco.messages.walk import fields_of
from fondaco.messages.writing import escaped


def read_balance_query(root: etree._Element) -> tuple[str, str, BalanceQuery, list[Refusal]]:
    """A camt.003: all of the sender's accounts, or those in the currencies that it names."""
    header = fields_of(root[0])
    currencies = tuple(sorted({str(one.text) for one in root.iter("{*}Ccy")}))
    return header.get("MsgId", ""), header.get("CreDtTm", ""), BalanceQuery(currencies), []


def read_report_request(root: etree._Element) -> tuple[str, str, ReportRequest, list[Refusal]]:
    """A camt.060 that asks for camt.052 reports; the first request's currency, "" for all."""
    header = fields_of(root[0])
    wanted, faults = [], []
    for element in root.iterfind("{*}RptgReq"):
        get = fields_of(element).get
        kind = get("ReqdMsgNmId", "")
        if kind[:8] != "camt.052":
            faults.append(Refusal(Reason.CODE_UNKNOWN, "RptgReq/ReqdMsgNmId", kind))
        wanted.append(get("Acct/Ccy", ""))
    return header.get("MsgId", ""), header.get("CreDtTm", ""), ReportRequest(tuple(wanted)), faults


def read_expectation(root: etree._Element) -> tuple[str, str, Expectation, list[Refusal]]:
    """A camt.057: money that the sender expects to receive, item by item."""
    header = fields_of(root[0])
    items: list[Expected] = []
    faults: list[Refusal] = []
    for element in root.iter("{*}Itm"):
        fields = fields_of(element)
        currency = fields.get("Amt/@Ccy", "")
        minor = amount_minor(fields.get("Amt", ""), currency, "Ntfctn/Itm/Amt", faults)
        items.append(Expected(fields.get("Id", ""), fields.get("UETR", ""), currency, minor))
    return header.get("MsgId", ""), header.get("CreDtTm", ""), Expectation(tuple(items)), faults


def camt_003(message_id: str, created: str) -> str:
    """The content of a camt.003: all of the sender's accounts."""
    return f"<GetAcct><MsgHdr><MsgId>{escaped(message_id)}</MsgId><CreDtTm>{created}</CreDtTm></MsgHdr></GetAcct>"


def camt_060(message_id: str, created: str, owner: str, currency: str = "") -> str:
    """The content of a camt.060: a camt.052 of each account of `owner` (BIC), or of the one in `currency`."""
    account = f"<Acct><Id><Othr><Id>{owner[:8]}{currency}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>" if currency else ""
    return (
        f"<AcctRptgReq><GrpHdr><MsgId>{escaped(message_id)}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr>"
        f"<RptgReq><ReqdMsgNmId>camt.052.001.08</ReqdMsgNmId>{account}"
        f"<AcctOwnr><Agt><FinInstnId><BICFI>{owner}</BICFI></FinInstnId></Agt></AcctOwnr></RptgReq></AcctRptgReq>"
    )


def camt_057(message_id: str, created: str, currency: str, minor: int) -> str:
    """The content of a camt.057: so many minor units of one currency are expected today."""
    amount = minor_text(minor, CURRENCIES[currency].exponent)
    return (
        f"<NtfctnToRcv><GrpHdr><MsgId>{escaped(message_id)}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr><Ntfctn><Id>N1</Id>"
        f'<Itm><Id>1</Id><Amt Ccy="{currency}">{amount}</Amt></Itm></Ntfctn></NtfctnToRcv>'
    )


def camt_004(message_id: str, created: str, query_id: str, accounts: Iterable[tuple[str, str, str, int, dict[str, int]]]) -> str:
    """The content of a camt.004: accounts as (number, owner's BIC, currency, limit, balances by ISO balance type).

    Amounts are whole minor units; a limit below zero says that there is none.
    """

    def signed(minor: int, currency: str) -> str:
        return minor_text(abs(minor), CURRENCIES[currency].exponent)

    rows = []
    for account, owner, currency, limit, balances in accounts:
        bound = (
            f'<CurMulLmt><Amt><AmtWthCcy Ccy="{currency}">{signed(limit, currency)}</AmtWthCcy></Amt><CdtDbtInd>DBIT</CdtDbtInd></CurMulLmt>'
            if limit >= 0
            else ""
        )
        shown = "".join(
            f"<MulBal><Amt>{signed(minor, currency)}</Amt><CdtDbtInd>{'DBIT' if minor < 0 else 'CRDT'}</CdtDbtInd>"
            f"<Tp><Cd>{kind}</Cd></Tp></MulBal>"
            for kind, minor in balances.items()
        )
        rows.append(
            f"<AcctRpt><AcctId><Othr><Id>{account}</Id></Othr></AcctId><AcctOrErr><Acct><Ccy>{currency}</Ccy>{bound}"
            f"<Ownr><Id><OrgId><AnyBIC>{owner}</AnyBIC></OrgId></Id></Ownr>{shown}</Acct></AcctOrErr></AcctRpt>"
        )
    return (
        f"<RtrAcct><MsgHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm><OrgnlBizQry><MsgId>{escaped(query_id)}</MsgId>"
        f"</OrgnlBizQry></MsgHdr><RptOrErr>{''.join(rows)}</RptOrErr></RtrAcct>"
    )

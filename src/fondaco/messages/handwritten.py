"""A customer's payment written by hand: the document of a pacs.008 with one payment, for whoever has no system that writes it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from fondaco.core import iban_fault
from fondaco.messages.writing import escaped


class Payee(NamedTuple):
    """Who is paid, how much and for what. `remittance` are lines of text; `structured` is an `RmtInf` as XML, which stands in their place."""

    agent: str
    name: str
    account: str
    currency: str
    amount: str
    purpose: str
    remittance: Sequence[str] = ()
    structured: str = ""


class Payer(NamedTuple):
    """Who pays, from which account, and when. `country` left out is that of the bank."""

    name: str
    account: str
    town: str
    uetr: str
    day: date | None
    urgent: bool
    country: str = ""


class Bought(NamedTuple):
    """What arrives to the unit in another currency than the payer's, by a firm quote that is named. `paid` is what the payer's bank pays for it."""

    currency: str
    paid: str
    rate: str
    quote_id: str


def handwritten(
    name: str, created: str, sender: str, payer: Payer, payee: Payee, bought: Bought | None = None
) -> tuple[str, str]:
    """Kind and document. `name` identifies the message, `created` is its time (ISO 8601), `sender` the payer's bank (BIC).

    With `bought` the payee's amount arrives and the quote's price is paid: that takes a pacs.008.001.13.
    """
    priority = "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf>" if payer.urgent else ""
    lines = "".join(f"<Ustrd>{escaped(line)}</Ustrd>" for line in payee.remittance)
    remittance = payee.structured or (f"<RmtInf>{lines}</RmtInf>" if lines else "")
    currency, amount, price = payee.currency, payee.amount, ""
    if bought is not None:
        price = (
            f'<InstdAmt Ccy="{payee.currency}">{payee.amount}</InstdAmt>'
            f"<AgrdRate><PreAgrdXchgRate>{bought.rate}</PreAgrdXchgRate><QtId>{bought.quote_id}</QtId></AgrdRate>"
        )
        currency, amount = bought.currency, bought.paid
    document = (
        f"<FIToFICstmrCdtTrf><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{created}</CreDtTm><NbOfTxs>1</NbOfTxs>"
        f"<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr><CdtTrfTxInf><PmtId><EndToEndId>{name}E</EndToEndId>"
        f"<UETR>{escaped(payer.uetr)}</UETR></PmtId>{priority}"
        f'<IntrBkSttlmAmt Ccy="{currency}">{amount}</IntrBkSttlmAmt>'
        f"<IntrBkSttlmDt>{payer.day or created[:10]}</IntrBkSttlmDt>{price}<ChrgBr>SHAR</ChrgBr><Dbtr><Nm>{escaped(payer.name)}</Nm>"
        f"<PstlAdr><TwnNm>{escaped(payer.town)}</TwnNm><Ctry>{payer.country}</Ctry></PstlAdr></Dbtr>"
        f"<DbtrAcct><Id>{_account(payer.account)}</Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId><BICFI>{escaped(sender)}</BICFI></FinInstnId></DbtrAgt>"
        f"<CdtrAgt><FinInstnId><BICFI>{escaped(payee.agent)}</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>{escaped(payee.name)}</Nm></Cdtr>"
        f"<CdtrAcct><Id>{_account(payee.account)}</Id></CdtrAcct><Purp><Cd>{escaped(payee.purpose)}</Cd></Purp>"
        f"{remittance}</CdtTrfTxInf></FIToFICstmrCdtTrf>"
    )
    return "pacs.008.001.08" if bought is None else "pacs.008.001.13", document


def _account(number: str) -> str:
    return f"<IBAN>{number}</IBAN>" if not iban_fault(number) else f"<Othr><Id>{escaped(number)}</Id></Othr>"

"""A customer of a bank of the straits union, and the pain.001 that it sends: for stories and properties alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from fondaco.core import CURRENCIES, minor_text
from fondaco.messages import bare
from union import SG1, TH1

CREATED = "2026-11-24T00:30:00.000Z"


@dataclass
class Order:
    """One transaction; `first` and `last` are XML at the beginning and end of what follows the amount."""

    creditor_agent: str = TH1
    minor: int = 10_000
    currency: str = "SGD"
    end_to_end: str = "E1"
    instruction: str = ""
    uetr: str = ""
    creditor: str = "Somchai Foods"
    account: str = "9876543210"
    remittance: Sequence[str] = ()
    purpose: str = "GDDS"
    kinds: str = ""
    first: str = ""
    last: str = ""

    def amount(self) -> str:
        return minor_text(self.minor, CURRENCIES[self.currency].exponent)

    def xml(self) -> str:
        ids = f"<InstrId>{escape(self.instruction)}</InstrId>" if self.instruction else ""
        ids += f"<EndToEndId>{escape(self.end_to_end)}</EndToEndId>" + (f"<UETR>{self.uetr}</UETR>" if self.uetr else "")
        lines = "".join(f"<Ustrd>{escape(line)}</Ustrd>" for line in self.remittance)
        remittance = f"<RmtInf>{lines}</RmtInf>" if lines else ""
        purpose = f"<Purp><Cd>{self.purpose}</Cd></Purp>" if self.purpose else ""
        return (
            f'<CdtTrfTxInf><PmtId>{ids}</PmtId>{self.kinds}<Amt><InstdAmt Ccy="{self.currency}">{self.amount()}</InstdAmt></Amt>'
            f"{self.first}<CdtrAgt><FinInstnId><BICFI>{self.creditor_agent}</BICFI></FinInstnId></CdtrAgt>"
            f"<Cdtr><Nm>{escape(self.creditor)}</Nm></Cdtr><CdtrAcct><Id><Othr><Id>{self.account}</Id></Othr></Id></CdtrAcct>"
            f"{self.last}{purpose}{remittance}</CdtTrfTxInf>"
        )


@dataclass
class Batch:
    """One payment information; `stated` is its XML between the method and the execution date."""

    orders: list[Order] = field(default_factory=lambda: [Order()])
    name: str = "PI1"
    day: str = "<Dt>2026-11-24</Dt>"
    bank: str = SG1
    debtor: str = "Tan Wei Trading"
    account: str = "<Othr><Id>1234567890</Id></Othr>"
    stated: str = ""
    last: str = ""
    method: str = "TRF"

    def xml(self) -> str:
        return (
            f"<PmtInf><PmtInfId>{self.name}</PmtInfId><PmtMtd>{self.method}</PmtMtd>{self.stated}<ReqdExctnDt>{self.day}</ReqdExctnDt>"
            f"<Dbtr><Nm>{escape(self.debtor)}</Nm><PstlAdr><TwnNm>Singapore</TwnNm><Ctry>SG</Ctry></PstlAdr></Dbtr>"
            f"<DbtrAcct><Id>{self.account}</Id></DbtrAcct><DbtrAgt><FinInstnId><BICFI>{self.bank}</BICFI></FinInstnId></DbtrAgt>"
            f"{self.last}{''.join(order.xml() for order in self.orders)}</PmtInf>"
        )


def pain_001(*batches: Batch, count: int | None = None, control: str = "", party: str = "<Nm>Tan Wei Trading</Nm>") -> bytes:
    """The customer's file; `count` None states the right one."""
    number = sum(len(batch.orders) for batch in batches) if count is None else count
    total = f"<CtrlSum>{control}</CtrlSum>" if control else ""
    return bare(
        "pain.001.001.09",
        f"<CstmrCdtTrfInitn><GrpHdr><MsgId>TWT-1</MsgId><CreDtTm>{CREATED}</CreDtTm><NbOfTxs>{number}</NbOfTxs>{total}"
        f"<InitgPty>{party}</InitgPty></GrpHdr>{''.join(batch.xml() for batch in batches)}</CstmrCdtTrfInitn>",
    )

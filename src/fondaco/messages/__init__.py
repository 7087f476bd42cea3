"""ISO 20022 at the border: bytes to records and back; nothing is decided here."""

from fondaco.messages.codes import code_set, edition, is_code
from fondaco.messages.envelope import explain, read, wrap
from fondaco.messages.others import admi_002, admi_004, admi_007, camt_025, camt_05x, camt_050, pacs_029
from fondaco.messages.records import (
    BankTransfers,
    CustomerTransfers,
    Enquiry,
    Entry,
    Header,
    LiquidityTransfer,
    Message,
    Movement,
    NetSettlement,
    Notice,
    Receipt,
    Returns,
    Statement,
    Status,
    StatusReport,
    Transfer,
)
from fondaco.messages.returns import onward_pacs_004
from fondaco.messages.status import pacs_002
from fondaco.messages.transfer import onward_pacs_008, pacs_009
from fondaco.messages.xml import known_kinds

__all__ = [
    "BankTransfers",
    "CustomerTransfers",
    "Enquiry",
    "Entry",
    "Header",
    "LiquidityTransfer",
    "Message",
    "Movement",
    "NetSettlement",
    "Notice",
    "Receipt",
    "Returns",
    "Statement",
    "Status",
    "StatusReport",
    "Transfer",
    "admi_002",
    "admi_004",
    "admi_007",
    "camt_025",
    "camt_05x",
    "camt_050",
    "code_set",
    "edition",
    "explain",
    "is_code",
    "known_kinds",
    "onward_pacs_004",
    "onward_pacs_008",
    "pacs_002",
    "pacs_009",
    "pacs_029",
    "read",
    "wrap",
]

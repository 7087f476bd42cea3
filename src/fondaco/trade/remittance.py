"""What a payment says of the invoice that it pays: structured remittance information (ISO 20022 `RmtInf/Strd`) and the creditor's reference (ISO 11649)."""

from __future__ import annotations

import re
from html import escape

from fondaco.core import CURRENCIES, minor_text
from fondaco.trade.documents import CreditNote, Invoice

_REFERENCE = re.compile(r"RF[0-9]{2}[0-9A-Z]{1,21}")
# Of a reference, what follows RF and the check digits; of a document's number, ISO 20022 carries 35 characters.
_BODY_MAX, _NUMBER_MAX = 21, 35
_MODULUS = 97


def _remainder(text: str) -> int:
    """ISO 7064 MOD 97-10 over digits and letters (A is 10, Z is 35)."""
    return int("".join(str(int(sign, 36)) for sign in text)) % _MODULUS


def creditor_reference_fault(text: str) -> str:
    """What is wrong with a creditor's reference of ISO 11649 in electronic form, "" for nothing."""
    if not _REFERENCE.fullmatch(text):
        return "a creditor's reference is RF, two check digits and up to 21 digits and capital letters"
    return "" if _remainder(text[4:] + text[:4]) == 1 else "the check digits are wrong"


def creditor_reference(text: str) -> str:
    """The creditor's reference whose body is the letters and digits of `text`, "" where there are none or too many."""
    body = "".join(sign for sign in text.upper() if sign in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    if not 0 < len(body) <= _BODY_MAX:
        return ""
    return f"RF{_MODULUS + 1 - _remainder(body + 'RF00'):02d}{body}"


def reference_of(invoice: Invoice) -> str:
    """The creditor's reference that the seller asks for (BT-83), or one made of the invoice's number."""
    asked = next((one.reference for one in invoice.payment if one.reference), "").replace(" ", "")
    return asked if not creditor_reference_fault(asked) else creditor_reference(invoice.number)


def remittance_of(invoice: Invoice, minor: int, credit_notes: tuple[CreditNote, ...] = (), *, instrument: str = "") -> str:
    """`RmtInf` of a payment of `minor` for `invoice`, less what `credit_notes` take back: each document with its number and day, then the amount and the reference.
    `instrument` is the invoice in the hub (`INV-000001`), "" for one that is not there: what the hub settles ends that debt.

    Raises `ValueError` for a number that ISO 20022 cannot carry.
    """
    told = _document("CINV", invoice.number, invoice.issued)
    told += _document("CINV", instrument, invoice.issued) if instrument else ""
    told += "".join(_document("CREN", one.number, one.issued) for one in credit_notes)
    amount = minor_text(minor, CURRENCIES[invoice.currency].exponent)
    reference = reference_of(invoice)
    asked = (
        f"<CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>ISO</Issr></Tp><Ref>{reference}</Ref></CdtrRefInf>"
        if reference
        else ""
    )
    paid = f'<RfrdDocAmt><RmtdAmt Ccy="{invoice.currency}">{amount}</RmtdAmt></RfrdDocAmt>'
    return f"<RmtInf><Strd>{told}{paid}{asked}</Strd></RmtInf>"


def _document(code: str, number: str, issued: str) -> str:
    if len(number) > _NUMBER_MAX:
        raise ValueError(f"the number {number[:60]!r} has more than {_NUMBER_MAX} characters")
    return f"<RfrdDocInf><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Nb>{escape(number, quote=False)}</Nb><RltdDt>{escape(issued, quote=False)}</RltdDt></RfrdDocInf>"

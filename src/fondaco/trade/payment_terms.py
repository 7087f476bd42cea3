"""What an offer against PAYMENT asks for, as its `reference` says it: `SGD 1250.00 ZZBATH01`, currency, amount, and the bank that is to be paid."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from fondaco.core import CURRENCIES, AmountFault, Reason, Refusal, bic_fault, minor_of, minor_text
from fondaco.trade.deed import Deed

PAYMENT = "PAYMENT"
_INSTRUMENT = re.compile(r"[A-Z]{1,3}-[0-9]{6,8}")
_ARTICLE = "T.3"


class PaymentTerms(NamedTuple):
    """`minor` whole minor units of `currency` to a customer of `payee_bank` (BIC of eight)."""

    currency: str
    minor: int
    payee_bank: str

    def text(self) -> str:
        return f"{self.currency} {minor_text(self.minor, CURRENCIES[self.currency].exponent)} {self.payee_bank}"


def names_instrument(reference: str) -> bool:
    """Whether a reference names an instrument (such as `COL-000001`), whose own machine says what is to be paid."""
    return bool(_INSTRUMENT.fullmatch(reference))


def payment_terms(reference: str) -> PaymentTerms | Refusal:
    """The terms that a reference says, to the minor unit; every other way of writing them is refused."""
    where, parts = "body.reference", reference.split(" ")
    if len(parts) != 3:
        return Refusal(Reason.MALFORMED, where, f"{reference!r} is not written `SGD 1250.00 ZZBATH01`", _ARTICLE)
    code, text, bank = parts
    if code not in CURRENCIES:
        return Refusal(Reason.CURRENCY_NOT_SETTLED, where, code, _ARTICLE)
    try:
        minor = minor_of(text, CURRENCIES[code].exponent)
    except AmountFault as fault:
        return Refusal(Reason.DECIMALS_WRONG, where, str(fault), _ARTICLE)
    if minor <= 0:
        return Refusal(Reason.AMOUNT_NOT_POSITIVE, where, text, _ARTICLE)
    if len(bank) != 8 or bic_fault(bank):
        return Refusal(Reason.IDENTIFIER_WRONG, where, f"{bank}: the payee's bank is a BIC of eight", _ARTICLE)
    found = PaymentTerms(code, minor, bank)
    if found.text() != reference:
        return Refusal(Reason.MALFORMED, where, f"{reference!r} is written {found.text()!r}", _ARTICLE)
    return found


class _Said(msgspec.Struct):
    reference: str = ""
    against: str = PAYMENT


def terms_of_deed(deed: Deed) -> PaymentTerms | Refusal | None:
    """What a deed that offers a record against payment asks for; None for every other deed, and where an instrument says it."""
    if deed.action not in ("OFFER_AGAINST", "PRESENT_FOR_PAYMENT"):
        return None
    try:
        said = msgspec.json.decode(deed.body, type=_Said)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # the machine refuses it, and says where
    return payment_terms(said.reference) if said.against == PAYMENT and not names_instrument(said.reference) else None

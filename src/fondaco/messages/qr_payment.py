"""Paying a scanned merchant's code: whether it still holds, what its payment says, and how the payment carries it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fondaco.core import MINOR_MAX, Instant, Reason, Refusal, amount_text, round_half_even
from fondaco.messages.qr import PROMPT, TEMPLATES, TIP_ASKED, MerchantCode, TipOrFee, no_template, place_name

_LINE = 130  # of the 140 characters of one line of remittance information


class PaymentFacts(msgspec.Struct, frozen=True, array_like=True):
    """What the payer's bank needs of a code to make a pacs.008.

    `amount_minor` is all that is paid, in whole minor units of `currency`; `fee_minor` is the part of it that is tip or fee.
    `name` has at most 25 characters and may be shorter than the account holder's: verify it before it is relied on.
    """

    creditor_agent: str
    account: str
    name: str
    country: str
    currency: str
    amount_minor: int
    fee_minor: int
    reference: str
    purpose: str


def expired(code: MerchantCode, at: Instant) -> bool:
    """Whether the union's template says an instant that is not after `at`. A code without an expiry never expires."""
    account = code.account
    return account is not None and account.expires is not None and account.expires <= at


def payment_facts(code: MerchantCode, amount_minor: int | None = None, tip_minor: int = 0) -> PaymentFacts | Refusal:
    """What a payer's bank needs to pay this code; `amount_minor` is the payer's own word where the code says none.

    A fee at a rate is rounded half to even. `***` in the reference asks the payer for one and counts as none. Ask `expired`
    first: this reads no clock. Refuses a code for other schemes only, an amount that nobody or both differently said, a tip
    that was not asked for.
    """
    account, extra = code.account, code.tip_or_fee or TipOrFee("")
    amount = code.amount_minor if amount_minor is None else amount_minor
    if account is None:
        return Refusal(Reason.ELEMENT_MISSING, place_name(TEMPLATES[0]), no_template(code))
    if amount is None:
        return Refusal(Reason.ELEMENT_MISSING, place_name("54"), "neither the code nor the payer says it")
    if code.amount_minor is not None and amount != code.amount_minor:
        return Refusal(
            Reason.AMOUNT_DIFFERS,
            place_name("54"),
            f"{amount_text(amount, code.currency)}, not {amount_text(code.amount_minor, code.currency)}",
        )
    if not 0 < amount <= MINOR_MAX:
        return Refusal(Reason.AMOUNT_NOT_POSITIVE, place_name("54"), amount_text(amount, code.currency))
    if tip_minor < 0:
        return Refusal(Reason.AMOUNT_NOT_POSITIVE, place_name("55"), amount_text(tip_minor, code.currency))
    if tip_minor and extra.kind != TIP_ASKED:
        return Refusal(Reason.AMOUNT_DIFFERS, place_name("55"), "the code asks for no tip")
    fee = tip_minor + extra.minor + round_half_even(Decimal(amount * extra.rate_bps) / 10_000)
    if amount + fee > MINOR_MAX:
        return Refusal(Reason.ABOVE_CEILING, place_name("54"), amount_text(amount + fee, code.currency))
    reference = code.additional.reference
    return PaymentFacts(
        account.bic,
        account.account,
        code.name,
        code.country,
        code.currency,
        amount + fee,
        fee,
        "" if reference == PROMPT else reference,
        account.purpose,
    )


def carried(code: str) -> list[str]:
    """A merchant's code as lines of remittance information, so that the bank that made it can check it."""
    parts = [code[start : start + _LINE] for start in range(0, len(code), _LINE)]
    return [f"/QR{at}/{part}" for at, part in enumerate(parts, 1)]


def code_carried(lines: list[str]) -> str:
    """The code that lines of remittance information carry, "" for none. Two blanks in a row do not survive XML's ways with them; a code
    with such is not carried whole, and its seal says so."""
    parts = {line[3:4]: line[5:] for line in lines if line.startswith("/QR") and line[4:5] == "/"}
    return "".join(parts[key] for key in sorted(parts))

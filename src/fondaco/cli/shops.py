"""Merchant codes at the command line: what one says, and a new one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from fondaco.cli.terminal import HERE, Folder, Json, Misused, Refused, console, qr_app, show
from fondaco.core import CURRENCIES, Instant, MalformedMessage, Reason, Refusal, instant_of, minor_of, minor_text, utc_text
from fondaco.hub import scheme_of
from fondaco.messages import (
    Additional,
    MerchantCode,
    PaymentFacts,
    UnionAccount,
    expired,
    merchant_code,
    payment_facts,
    read_qr,
    write_qr,
)


def scanned(text: str, amount: str, hub: Path) -> tuple[MerchantCode, PaymentFacts]:
    """The code `text`, and what it asks to be paid now; `amount` is the payer's own word, "" for none. Raises `Refused` for what is not to
    be paid."""
    try:
        code = read_qr(text, scheme_of(hub).qr_identifier)
        if expired(code, Instant(time.time_ns())):
            assert code.account is not None and code.account.expires is not None, "who expired says when"
            raise Refused(Refusal(Reason.EXPIRED, "the code", utc_text(code.account.expires)).sentence())
        facts = payment_facts(code, minor_of(amount, CURRENCIES[code.currency].exponent) if amount else None)
    except MalformedMessage as fault:
        raise Refused(fault.refusal.sentence()) from fault
    if isinstance(facts, Refusal):
        raise Refused(facts.sentence())
    return code, facts


@qr_app.command(name="read")
def read_(text: str, *, amount: str = "", hub: Folder = HERE, json: Json = False) -> None:
    """What a scanned code asks to be paid, as a pacs.008 will say it. AMOUNT is the payer's own word where the code says none.

    A code whose expiry has passed is refused. A seal is not checked: only the bank that made the code can.
    """
    code, facts = scanned(text, amount, hub)
    account = code.account
    exponent = CURRENCIES[facts.currency].exponent
    found: dict[str, Any] = {
        "pays_to": facts.creditor_agent, "account": facts.account, "name": facts.name, "country": facts.country,
        "currency": facts.currency, "amount": minor_text(facts.amount_minor, exponent), "of_it_fee": minor_text(facts.fee_minor, exponent),
        "reference": facts.reference, "purpose": facts.purpose,
        "expires": utc_text(Instant(account.expires)) if account is not None and account.expires is not None else "",
    }  # fmt: skip

    def lines() -> None:
        for key, value in found.items():
            if value:
                console.print(f"{key:10}  {value}", markup=False)

    show(json, found, lines)


@qr_app.command
def write(
    bic: str, account: str, *, name: str, city: str, country: str, currency: str, category: str, amount: str = "", reference: str = "",
    purpose: str = "MP2B", expires: str = "", hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """The text of a merchant's code for a QR picture: dynamic with an AMOUNT, a sticker without. EXPIRES is an ISO 8601 instant, for
    dynamic codes. It bears no seal, which only the merchant's bank makes, with its own key."""
    guid = scheme_of(hub).qr_identifier
    if not guid:
        raise Refused("the rulebook names no qr_identifier: this union has no merchant codes")
    minor = minor_of(amount, CURRENCIES[currency].exponent) if amount and currency in CURRENCIES else None
    try:
        until = instant_of(expires) if expires else None
    except ValueError as fault:
        raise Misused(f"--expires: {fault}") from fault
    try:
        code = merchant_code(
            UnionAccount(guid, bic, account, purpose, until), name=name, city=city, country=country, currency=currency, category=category,
            amount_minor=minor, dynamic=minor is not None, additional=Additional(reference=reference),
        )  # fmt: skip
    except MalformedMessage as fault:
        raise Refused(fault.refusal.sentence()) from fault
    text = write_qr(code)
    show(json, {"code": text}, lambda: console.print(text, markup=False, highlight=False, soft_wrap=True))

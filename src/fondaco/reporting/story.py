"""The whole story of one payment: steps with their articles, entries in the books, messages, and how it was screened."""

from __future__ import annotations

from typing import Any

from fondaco.core import CURRENCIES, Instant, minor_text, utc_text
from fondaco.journal import JournalFile
from fondaco.payments import Payment


def story(payment: Payment, journal: JournalFile) -> dict[str, Any]:
    """What an operator may see of a payment, ready for JSON. Amounts are decimal texts; messages stand as they went."""

    def amount(minor: int, currency: str) -> str:
        return (
            f"{minor_text(minor, CURRENCIES[currency].exponent)} {currency}" if currency in CURRENCIES else f"{minor} {currency}"
        )

    found: dict[str, Any] = {
        "uetr": payment.uetr,
        "payment": payment.number,
        "state": payment.state.name,
        "from": payment.sender,
        "to": payment.creditor_agent,
        "pays": amount(payment.source_minor, payment.source_currency),
        "arrives": amount(payment.target_minor, payment.target_currency) if payment.target_minor else "",
        "fee": amount(payment.fee_minor, payment.source_currency) if payment.fee_minor else "",
        "settles": "gross, urgent" if payment.urgent else f"net, cycle {payment.cycle}" if payment.cycle else "",
        "list_set": payment.list_set,
        "case": payment.case,
        "returns": (payment.returns and f"payment {payment.returns}, reason {payment.reason}") or "",
        "returned_by": f"payment {payment.returned_by}" if payment.returned_by else "",
        "refusal": payment.refusal.sentence() if payment.refusal else "",
        "message": {"kind": payment.message_kind, "id": payment.message_id, "batch": payment.batch},
        "steps": [
            {"at": utc_text(Instant(one.at)), "event": one.event, "state": one.state, "article": one.article}
            for one in payment.taken
        ],
        "transfers": [f"{payment.intent}-{leg}" for leg in range(1, payment.legs + 1)],
        "mail": [
            {"seq": mail.seq, "to": mail.recipient, "kind": mail.kind, "raw": mail.raw.decode()}
            for mail in journal.mail_by_seq(sorted(set(payment.mail)))
        ],
    }
    if payment.locked is not None:
        found["rate"] = {
            "quote": payment.locked.quote_id,
            "provider": payment.locked.provider,
            "rate": payment.locked.rate,
            "residue_nano_minor": payment.locked.residue_nano,
        }
    return found

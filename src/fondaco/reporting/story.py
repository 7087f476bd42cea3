"""The whole story of one payment: steps with their articles, entries in the books, messages, and how it was screened."""

from __future__ import annotations

from typing import Any

import msgspec

from fondaco.core import CURRENCIES, Instant, minor_text, utc_text
from fondaco.journal import Journal
from fondaco.payments import DECODER, Assignment, Payment


def story(payment: Payment, journal: Journal) -> dict[str, Any]:
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
    if journal.inputs_erased(payment.batch):
        found["erased"] = "what the message said, and what was sent of it, was erased after its retention"
    asked = []
    for key, _ in payment.assignments:
        raw = journal.record("assignment", key)
        assert raw is not None, "what was asked is kept"
        one = msgspec.msgpack.decode(raw, type=Assignment)
        asked.append({
            "kind": one.kind, "key": one.key, "from": one.assigner, "to": one.assignee, "state": one.state.name, "reason": one.reason,
            "case": one.case_id, "answer": one.answer, "deadline": utc_text(Instant(one.deadline)),
            "steps": [{"at": utc_text(Instant(t.at)), "event": t.event, "state": t.state, "article": t.article} for t in one.taken],
            "mail": [
                {"seq": mail.seq, "to": mail.recipient, "kind": mail.kind, "raw": mail.raw.decode()}
                for mail in journal.mail_by_seq(one.mail)
            ],
        })  # fmt: skip
    found["asked"] = asked
    if payment.returned_by:
        back = journal.payment(payment.returned_by)
        assert back is not None, "a return that stands against a payment is kept"
        found["return"] = story(DECODER.decode(back), journal)
    if payment.locked is not None:
        found["rate"] = {
            "quote": payment.locked.quote_id,
            "provider": payment.locked.provider,
            "rate": payment.locked.rate,
            "residue_nano_minor": payment.locked.residue_nano,
        }
    return found

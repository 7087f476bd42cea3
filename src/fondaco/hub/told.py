"""What a member hears of a payment: kind, status and code of its pacs.002."""

from __future__ import annotations

from fondaco.core import Reason
from fondaco.messages import Status as Told
from fondaco.messages import is_code
from fondaco.payments import Payment, State


def answer_kind(kind: str) -> str:
    """The status report of the same generation as the message: 2019's with .08, 2025's with .13."""
    return "pacs.002.001.15" if kind.endswith((".13", ".12", ".14", "pacs.028.001.06")) else "pacs.002.001.10"


def told_code(payment: Payment) -> str:
    """The ISO code of its refusal, "" while there is none to tell. A bank's own code that is none of the external code set is told as a
    narrative: the sentence beside it says which it was."""
    if payment.refusal is None or payment.state not in (State.REJECTED, State.CANCELLED):
        return ""
    code = payment.refusal.code
    return code if is_code("ExternalStatusReason1Code", code) else "NARR"


def told_status(payment: Payment) -> Told:
    """A payment's row in a pacs.002. A regulatory refusal says where and why to nobody (house plan, section 6)."""
    where = ""
    if payment.refusal is not None and payment.refusal.reason is not Reason.REGULATORY and told_code(payment):
        where = payment.refusal.sentence()
    return Told(
        payment.instruction_id,
        payment.end_to_end_id,
        payment.transaction_id,
        payment.uetr,
        payment.told,
        told_code(payment),
        where,
    )

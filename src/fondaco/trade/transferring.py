"""The deeds of a transfer (UCP 600 article 38): the first beneficiary asks, the transferring bank transfers, the first beneficiary substitutes its invoice.

A second beneficiary presents to the transferring bank, as far as its part reaches. What was transferred nobody else draws. The first beneficiary draws the
difference between its invoice and the second one's as a drawing of its own, for the same documents.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec

from fondaco.core import Reason, Refusal
from fondaco.trade import deadline, notices, particulars
from fondaco.trade.amendment import CHANGEABLE, IN_FORCE
from fondaco.trade.availability import available, in_force, reserved
from fondaco.trade.credit_deeds import Acts, AskTransfer, Change, Doing, OfTransfer, Substitute, role_fault
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.letter_of_credit import State as CreditState
from fondaco.trade.presentation import Presentation
from fondaco.trade.presentation import State as PresentationState
from fondaco.trade.presenting import received
from fondaco.trade.second_beneficiary import ARTICLE, above, transferring_bank
from fondaco.trade.transfer import TRANSFER, Event, State, Transfer

TRANSFERS_MAX = 99
# Documents of a second beneficiary to which the first one may put its own invoice: honoured, and not yet forwarded (38(i)).
_OPEN_TO_INVOICE = (PresentationState.HONOURED, PresentationState.NEGOTIATED)


def requested(lc: LetterOfCredit, body: AskTransfer, doing: Doing) -> Change | Refusal:
    fault = role_fault(doing, "UCP600.38b", lc.beneficiary) or _usable(lc) or particulars.party_fault(body.to, "to", "UCP600.38b")
    if fault is not None:
        return fault
    if body.to in (lc.beneficiary, lc.applicant):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "to", body.to, "UCP600.38b")
    if len(lc.transfers) >= TRANSFERS_MAX:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "number", str(len(lc.transfers)), ARTICLE)
    minor = particulars.minor(body.amount, lc.currency, "amount", "UCP600.38g")
    if isinstance(minor, Refusal):
        return minor
    made = Transfer(
        len(lc.transfers) + 1, body.to, minor, body.expiry, body.latest_shipment, body.presentation_days, body.unit_prices, body.insurance,
        amendments=body.amendments, amended_fields=body.amended_fields,
    )  # fmt: skip
    fault = _terms_fault(lc, made) or _room_fault(lc, made)
    if fault is not None:
        return fault
    told = notices.notice(transferring_bank(lc), lc.id, "TRANSFER_REQUESTED", number=str(made.number), to=made.second)
    return lc.with_transfer(made), (told,)


def transferred(lc: LetterOfCredit, body: OfTransfer, doing: Doing) -> Change | Refusal:
    """The bank transfers as it was asked. What has been drawn, transferred or amended meanwhile is weighed again."""
    found = _row(lc, body.transfer, Event.TRANSFERRED)
    if isinstance(found, Refusal):
        return found
    fault = (
        role_fault(doing, "UCP600.38b", transferring_bank(lc)) or _usable(lc) or _terms_fault(lc, found) or _room_fault(lc, found)
    )
    if fault is not None:
        return fault
    told = tuple(
        notices.notice(who, lc.id, "TRANSFERRED", number=str(found.number), amount=notices.amount(found.minor, lc.currency))
        for who in (found.second, lc.beneficiary, lc.issuing_bank)
    )
    base = tuple(each.number for each in lc.amendments if each.state in IN_FORCE)
    return lc.with_transfer(msgspec.structs.replace(found.after(Event.TRANSFERRED), base=base)), told


def declined(lc: LetterOfCredit, body: OfTransfer, doing: Doing) -> Change | Refusal:
    found = _row(lc, body.transfer, Event.DECLINED)
    if isinstance(found, Refusal):
        return found
    fault = role_fault(doing, "UCP600.38a", transferring_bank(lc))
    if fault is not None:
        return fault
    told = notices.notice(lc.beneficiary, lc.id, "TRANSFER_DECLINED", number=str(found.number), text=body.text)
    return lc.with_transfer(found.after(Event.DECLINED)), (told,)


def substituted(lc: LetterOfCredit, body: Substitute, doing: Doing) -> Change | Refusal:
    """The first beneficiary puts its own invoice in the place of the second one's, and draws the difference (38(h)).

    Once, when the transferring bank has honoured the second one's documents and before it forwards them: the difference never stands without them.
    """
    fault = role_fault(doing, "UCP600.38h", lc.beneficiary)
    if fault is not None:
        return fault
    second = lc.presentation(body.presentation)
    if second is None or not second.transfer or second.substitutes:
        return Refusal(Reason.NOT_FOUND, "presentation", str(body.presentation), "UCP600.38h")
    if second.state not in _OPEN_TO_INVOICE:
        return Refusal(Reason.OUT_OF_TURN, "presentation", second.state.value, "UCP600.38i")
    if any(each.substitutes == second.number for each in lc.presentations):
        return Refusal(Reason.OUT_OF_TURN, "presentation", "the invoice was substituted", "UCP600.38h")
    invoice = particulars.minor(body.invoice, lc.currency, "invoice", "UCP600.38h")
    if isinstance(invoice, Refusal):
        return invoice
    if invoice <= second.minor:
        return Refusal(Reason.AMOUNT_DIFFERS, "invoice", body.invoice, "UCP600.38h")
    if invoice - second.minor > available(lc, second.bank) - reserved(lc):
        return Refusal(Reason.ABOVE_AVAILABLE, "invoice", body.invoice, "UCP600.38h")
    number = len(lc.presentations) + 1
    made = Presentation(
        number, number, second.bank, doing.actor, invoice - second.minor, shipped_on=second.shipped_on, documents=("INVOICE",),
        transfer=second.transfer, substitutes=second.number,
    )  # fmt: skip
    return received(lc, made, doing, complete=True)


def _usable(lc: LetterOfCredit) -> Refusal | None:
    if not lc.terms.transferable:
        return Refusal(Reason.OUT_OF_TURN, "terms.transferable", "false", "UCP600.38b")
    if lc.issue.state is not CreditState.AVAILABLE:
        return Refusal(Reason.OUT_OF_TURN, "state", lc.issue.state.value, ARTICLE)
    return None


def _room_fault(lc: LetterOfCredit, made: Transfer) -> Refusal | None:
    """Not more than is left, and to more than one second beneficiary only where parts are allowed (38(d))."""
    others = [each for each in lc.transfers if each.state in (State.REQUESTED, State.IN_FORCE) and each.number != made.number]
    if others and in_force(lc).partial_shipments == "NOT_ALLOWED":
        return Refusal(Reason.OUT_OF_TURN, "transfer", str(others[0].number), "UCP600.38d")
    left = min(available(lc, bank) for bank in {lc.issuing_bank, transferring_bank(lc)}) - reserved(lc)
    return above(lc, made.minor, "UCP600.38g") if made.minor > left else None


def _terms_fault(lc: LetterOfCredit, made: Transfer) -> Refusal | None:
    """What a transfer may change: amount, unit prices, expiry, latest shipment and period for presentation shrink, insurance grows; nothing else (38(g))."""
    if (made.amendments == "NAMED") != bool(made.amended_fields):
        return Refusal(Reason.ELEMENT_MISSING, "amended_fields", made.amendments, "UCP600.38e")
    strange = sorted(set(made.amended_fields) - CHANGEABLE)
    if strange:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "amended_fields", strange[0], "UCP600.38e")
    terms = in_force(lc)
    for where, day, limit in (
        ("expiry", made.expiry, terms.expiry),
        ("latest_shipment", made.latest_shipment, terms.latest_shipment),
    ):
        if not day:
            continue
        read = particulars.day(day, where, "UCP600.38g")
        if isinstance(read, Refusal):
            return read
        if limit is None or read > limit:
            return Refusal(Reason.ELEMENT_NOT_ADMITTED, where, day, "UCP600.38g")
    days = deadline.PRESENT_AFTER_SHIPMENT.days if terms.presentation_days is None else terms.presentation_days
    if made.presentation_days is not None and not 0 < made.presentation_days <= days:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "presentation_days", str(made.presentation_days), "UCP600.38g")
    prices = [each.unit_price for each in terms.goods]
    if made.unit_prices and len(made.unit_prices) != len(prices):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "unit_prices", str(len(made.unit_prices)), "UCP600.38g")
    for number, (text, price) in enumerate(zip(made.unit_prices, prices, strict=False)):
        asked = _number(text)
        if asked is None or price is None or not 0 < asked <= price:
            return Refusal(Reason.ELEMENT_NOT_ADMITTED, f"unit_prices[{number}]", text, "UCP600.38g")
    least = Decimal(terms.insurance.percent or 110) if terms.insurance else None
    cover = _number(made.insurance)
    if made.insurance and (cover is None or least is None or cover < least):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "insurance", made.insurance, "UCP600.38g")
    return None


def _number(text: str) -> Decimal | None:
    """A finite number, None where the text is none."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _row(lc: LetterOfCredit, number: int, event: Event) -> Transfer | Refusal:
    if not 0 < number <= len(lc.transfers):
        return Refusal(Reason.NOT_FOUND, "transfer", str(number), ARTICLE)
    found = lc.transfers[number - 1]
    if not TRANSFER.can(found.state, event):
        return Refusal(Reason.OUT_OF_TURN, "transfer", found.state.value, ARTICLE)
    return found


ACTS: Acts = {
    "TRANSFER_REQUESTED": (AskTransfer, requested),
    "TRANSFERRED": (OfTransfer, transferred),
    "TRANSFER_DECLINED": (OfTransfer, declined),
    "SUBSTITUTED": (Substitute, substituted),
}

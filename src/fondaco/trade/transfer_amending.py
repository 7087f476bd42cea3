"""The deeds of an amendment towards second beneficiaries (UCP 600 article 38(e) and (f)): advised as the transfer says, answered by each for itself."""

from __future__ import annotations

import msgspec

from fondaco.core import Reason, Refusal
from fondaco.trade import amendment, notices, particulars
from fondaco.trade.credit_deeds import AcceptTransferAmendment, Acts, Change, Doing, OfTransferAmendment, role_fault
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.presentation import Presentation
from fondaco.trade.second_beneficiary import transferring_bank
from fondaco.trade.transfer import State, Transfer
from fondaco.trade.transferred_amendment import TRANSFERRED_AMENDMENT, Event, TransferredAmendment
from fondaco.trade.transferred_terms import covers

ADVICE, ANSWER = "UCP600.38e", "UCP600.38f"
_STANDING = (*amendment.PENDING, *amendment.IN_FORCE)


def advised(lc: LetterOfCredit, body: OfTransferAmendment, doing: Doing) -> Change | Refusal:
    """The transferring bank tells a second beneficiary of an amendment: of one that the transfer says, and of no other."""
    fault = role_fault(doing, ADVICE, transferring_bank(lc))
    part = fault or _part(lc, body.transfer)
    if isinstance(part, Refusal):
        return part
    change = lc.amendments[body.number - 1] if 0 < body.number <= len(lc.amendments) else None
    if change is None:
        return Refusal(Reason.NOT_FOUND, "number", str(body.number), ADVICE)
    if not _may_be_advised(part, change):
        return Refusal(Reason.OUT_OF_TURN, "number", change.state.value, ADVICE)
    if not covers(part, change):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "number", f"the transfer says {part.amendments}", ADVICE)
    answers = (*part.answers, TransferredAmendment(body.number))
    told = notices.notice(
        part.second,
        lc.id,
        "AMENDMENT_ADVISED",
        number=str(body.number),
        transfer=str(part.number),
        changes=change.changes.decode(),
    )
    return lc.with_transfer(msgspec.structs.replace(part, answers=answers)), (told,)


def _may_be_advised(part: Transfer, change: amendment.Amendment) -> bool:
    return change.state in _STANDING and all(each.number != change.number for each in part.answers)


def advisable(lc: LetterOfCredit, part: Transfer) -> tuple[int, ...]:
    """The amendments of which the second beneficiary of a part may be advised now, by their numbers."""
    if part.state is not State.IN_FORCE:
        return ()
    return tuple(one.number for one in lc.amendments if _may_be_advised(part, one) and covers(part, one))


def accepted(lc: LetterOfCredit, body: AcceptTransferAmendment, doing: Doing) -> Change | Refusal:
    """A second beneficiary agrees, for its own part. Acceptance of a part of the amendment is rejection (10(e))."""
    return _answered(lc, body.transfer, body.number, Event.REJECTED if body.only else Event.ACCEPTED, doing)


def rejected(lc: LetterOfCredit, body: OfTransferAmendment, doing: Doing) -> Change | Refusal:
    """It refuses, for its own part alone: who else accepted has its part amended."""
    return _answered(lc, body.transfer, body.number, Event.REJECTED, doing)


def presented_under(lc: LetterOfCredit, shown: Presentation, numbers: tuple[int, ...]) -> LetterOfCredit | Refusal:
    """A second beneficiary's documents that comply with amendments of which it was advised accept them for its part, and for nobody else's (10(c))."""
    if particulars.repeated(tuple(str(each) for each in numbers)):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "under", str(numbers), "UCP600.10c")
    for number in numbers:
        part = lc.transfers[lc.presentations[shown.root - 1].transfer - 1]
        found = _answer(part, number, Event.PRESENTED_UNDER, "under")
        if isinstance(found, Refusal):
            return found
        lc = _with_answer(lc, part, found.after(Event.PRESENTED_UNDER))
    return lc


def _answered(lc: LetterOfCredit, transfer: int, number: int, event: Event, doing: Doing) -> Change | Refusal:
    part = _part(lc, transfer)
    if isinstance(part, Refusal):
        return part
    fault = role_fault(doing, ANSWER, part.second)
    found = fault or _answer(part, number, event, "number")
    if isinstance(found, Refusal):
        return found
    after = found.after(event)
    told = tuple(
        notices.notice(
            who, lc.id, f"TRANSFER_AMENDMENT_{after.state.value}", transfer=str(transfer), number=str(number), by=part.second
        )
        for who in (transferring_bank(lc), lc.beneficiary, lc.issuing_bank)
    )
    return _with_answer(lc, part, after), told


def _part(lc: LetterOfCredit, number: int) -> Transfer | Refusal:
    if not 0 < number <= len(lc.transfers):
        return Refusal(Reason.NOT_FOUND, "transfer", str(number), ANSWER)
    part = lc.transfers[number - 1]
    return part if part.state is State.IN_FORCE else Refusal(Reason.OUT_OF_TURN, "transfer", part.state.value, ANSWER)


def _answer(part: Transfer, number: int, event: Event, where: str) -> TransferredAmendment | Refusal:
    found = next((each for each in part.answers if each.number == number), None)
    if found is None:
        return Refusal(Reason.NOT_FOUND, where, str(number), ANSWER)
    if not TRANSFERRED_AMENDMENT.can(found.state, event):
        return Refusal(Reason.OUT_OF_TURN, where, found.state.value, ANSWER)
    return found


def _with_answer(lc: LetterOfCredit, part: Transfer, answer: TransferredAmendment) -> LetterOfCredit:
    answers = tuple(answer if each.number == answer.number else each for each in part.answers)
    return lc.with_transfer(msgspec.structs.replace(part, answers=answers))


ACTS: Acts = {
    "TRANSFER_AMENDMENT_ADVISED": (OfTransferAmendment, advised),
    "TRANSFER_AMENDMENT_ACCEPTED": (AcceptTransferAmendment, accepted),
    "TRANSFER_AMENDMENT_REJECTED": (OfTransferAmendment, rejected),
}

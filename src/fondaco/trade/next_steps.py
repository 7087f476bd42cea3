"""What may come next upon an instrument of trade, by whom, and by which article: read off its tables. A deed may still be refused for what it says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple

from fondaco.core import Table
from fondaco.trade import (
    amendment,
    collection,
    contract,
    invoice,
    letter_of_credit,
    order,
    presentation,
    reimbursement,
    transfer,
    transferred_amendment,
)
from fondaco.trade import transferable_record as record_
from fondaco.trade import undertaking as undertaking_
from fondaco.trade.collecting import actors as of_collection
from fondaco.trade.deed_articles import article_of
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.presentation import Presentation
from fondaco.trade.second_beneficiary import transferring_bank
from fondaco.trade.transfer_amending import advisable
from fondaco.trade.transferable_record import TransferableRecord


class By(Enum):
    """What brings a step: somebody's deed, the clock, a payment, or another step that it follows from."""

    DEED = "DEED"
    CLOCK = "CLOCK"
    PAYMENT = "PAYMENT"
    FOLLOWS = "FOLLOWS"


class NextStep(NamedTuple):
    """`action` leads to `after` ("" where it changes no state). `who` may do it where it is a deed; empty where anybody may."""

    action: str
    after: str
    by: By
    who: tuple[str, ...]
    article: str


class Life(NamedTuple):
    """One life of an instrument: which (`P1` is the first presentation), by the table of which name, where it stands, and what may come."""

    part: str
    table: str
    state: str
    over: bool
    steps: tuple[NextStep, ...]


# What brings an event, who may where it is a deed, and the deed's action where that has another name; None for what does not concern this life.
Brought = tuple[By, tuple[str, ...], str]
Whose = Callable[[Any], Brought | None]
_CLOCK = frozenset(
    "FIFTH_DAY_CLOSED EXPIRED INSTALMENT_MISSED MATURED MATURITY_CAME MATURITY_PASSED LAPSE OFFER_LAPSED FORCE_BEGAN LAST_DAY_PASSED DUE_DAY_PASSED LEFT_INCOMPLETE".split()
)
_PAYMENT = frozenset("PAID PART_PAID REFUNDED FUND UNFUND SETTLE DISCHARGE PAID_IN_PART PAID_IN_FULL SET_OFF_IN_PART SET_OFF_IN_FULL".split())  # fmt: skip


def lives_of(one: Any) -> tuple[Life, ...]:
    """Every life of an instrument that is told here; none for what is the affair of one bank or of officers alone."""
    found: Iterator[Life] = iter(())
    if isinstance(one, LetterOfCredit):
        found = _of_credit(one)
    elif isinstance(one, TransferableRecord):
        found = _of_record(one)
    elif isinstance(one, collection.Collection):
        found = iter((_life("", collection.COLLECTION, one.state, lambda event: _deed(event.name, *of_collection(one, event))),))
    elif isinstance(one, invoice.TradeInvoice):
        found = iter((_life("", invoice.INVOICE, one.state, lambda event: _named(event, invoice.actors(one, event))),))
    elif isinstance(one, order.TradeOrder):
        found = iter((_life("", order.ORDER, one.state, lambda event: _named(event, order.actors(one, event))),))
    elif isinstance(one, contract.Contract):
        found = iter((_life("", contract.CONTRACT, one.state, lambda event: _named(event, contract.actors(one, event))),))
    return tuple(found)


def _life(part: str, table: Table[Any, Any, Any], state: Any, whose: Whose, more: tuple[NextStep, ...] = ()) -> Life:
    steps = []
    for row in table.rows:
        if row.before is not state:
            continue
        if row.on.name in _CLOCK:
            steps.append(NextStep(row.on.name, row.after.name, By.CLOCK, (), row.article))
        elif row.on.name in _PAYMENT:
            steps.append(NextStep(row.on.name, row.after.name, By.PAYMENT, (), row.article))
        else:
            told = whose(row.on)
            if told is not None:
                steps.append(NextStep(told[2] or row.on.name, row.after.name, told[0], told[1], row.article))
    return Life(part, table.name, state.name, state in table.ends, (*steps, *more))


def _deed(action: str, *who: str) -> Brought:
    return By.DEED, tuple(one for one in dict.fromkeys(who) if one), action


def _named(event: Any, who: tuple[str, ...]) -> Brought:
    return _deed(event.name, *who) if who else (By.FOLLOWS, (), "")


def _follows() -> Brought:
    return By.FOLLOWS, (), ""


# Credits


def _of_credit(lc: LetterOfCredit) -> Iterator[Life]:
    yield _life("", letter_of_credit.CREDIT, lc.issue.state, lambda event: _issue(lc, event), _begun(lc))
    if lc.confirmation is not None:
        bank = lc.confirmation.bank
        yield _life("confirmation", letter_of_credit.CREDIT, lc.confirmation.state, lambda event: _confirmation(bank, event))
    for shown in lc.presentations:
        yield _presented(lc, shown)
    for owed in lc.undertakings:
        yield _owed(owed)
    for claim in lc.claims:
        yield _claimed(lc, claim)
    for each in lc.amendments:
        yield _amended(lc, each)
    for part in lc.transfers:
        yield _part(lc, part)
        for answer in part.answers:
            yield _answered(part, answer)


def _issue(lc: LetterOfCredit, event: letter_of_credit.Event) -> Brought | None:
    e = letter_of_credit.Event
    if event is e.CONFIRMED:  # a row of confirmations
        return None
    if event in (e.APPROVED, e.DECLINED, e.PREADVISED, e.ISSUED):
        return _deed(event.name, lc.issuing_bank)
    return _deed(event.name, lc.advising_bank) if event is e.ADVISED else _follows()


def _confirmation(bank: str, event: letter_of_credit.Event) -> Brought | None:
    e = letter_of_credit.Event
    if event is e.APPROVED:  # a row of the issuing bank
        return None
    names = {e.CONFIRMED: "CONFIRMED", e.DECLINED: "CONFIRMATION_DECLINED"}
    return _deed(names[event], bank) if event in names else _follows()


def _begun(lc: LetterOfCredit) -> tuple[NextStep, ...]:
    """What begins a life of its own under a credit that stands."""
    engaged = lc.issue.state in letter_of_credit.ENGAGED
    seconds = tuple(one.second for one in lc.transfers if one.state is transfer.State.IN_FORCE)
    rows: list[tuple[str, tuple[str, ...]]] = []
    if engaged:
        rows.append(("PRESENTED", (lc.beneficiary, *seconds)))
        if lc.terms.transferable:
            rows.append(("TRANSFER_REQUESTED", (lc.beneficiary,)))
    if engaged or lc.issue.state is letter_of_credit.State.EXHAUSTED:
        rows += [("AMENDMENT_DRAFTED", (lc.applicant,)), ("AMENDMENT_ISSUED", (lc.issuing_bank,))]
    return tuple(NextStep(action, "", By.DEED, who, article_of(lc.id, action)) for action, who in rows)


def _presented(lc: LetterOfCredit, shown: Presentation) -> Life:
    e = presentation.Event
    banks = (
        e.FOUND_COMPLYING, e.FOUND_DISCREPANT, e.WAIVER_ASKED, e.NOTICE_GIVEN, e.SENT_BACK, e.UNDERTAKEN, e.COVERED, e.CREDITED, e.NEGOTIATED,
        e.FORWARDED, e.RELEASED,
    )  # fmt: skip

    def whose(event: presentation.Event) -> Brought | None:
        if event in banks:
            return _deed(event.name, shown.bank)
        if event in (e.WAIVER_GIVEN, e.WAIVER_DENIED):
            return _deed(event.name, lc.applicant if shown.bank == lc.issuing_bank else lc.issuing_bank)
        if event in (e.COMPLETED, e.PRESENTED_ANEW):
            return _deed("PRESENTED" if event is e.PRESENTED_ANEW else event.name, shown.presenter)
        return _follows()

    more = []
    if (
        shown.honoured
        and shown.transfer
        and not shown.substitutes
        and shown.state in (presentation.State.HONOURED, presentation.State.NEGOTIATED)
    ):
        more.append(NextStep("SUBSTITUTED", "", By.DEED, (lc.beneficiary,), "UCP600.38h"))
    if shown.honoured and lc.reimbursing_bank and shown.bank != lc.issuing_bank:
        more.append(NextStep("CLAIMED", "", By.DEED, (shown.bank,), "UCP600.13"))
    return _life(f"P{shown.number}", presentation.PRESENTATION, shown.state, whose, tuple(more))


def _owed(owed: undertaking_.Undertaking) -> Life:
    e = undertaking_.Event
    more: tuple[NextStep, ...] = ()
    if undertaking_.UNDERTAKING.can(owed.state, e.PAID):  # a bank pays its own customer on its own books
        more = (NextStep("CREDITED", "PAID", By.DEED, (owed.bank,), "UCP600.7c"),)
    return _life(
        f"U{owed.number}", undertaking_.UNDERTAKING, owed.state,
        lambda event: _deed(event.name, owed.creditor) if event in (e.ASSIGNED, e.DISCOUNTED, e.WRITTEN_OFF) else _follows(), more,
    )  # fmt: skip


def _claimed(lc: LetterOfCredit, claim: reimbursement.Claim) -> Life:
    e = reimbursement.Event
    names = {
        e.UNDERTAKEN: ("REIMBURSEMENT_UNDERTAKEN", lc.reimbursing_bank), e.REFUSED: ("CLAIM_REFUSED", lc.reimbursing_bank),
        e.WITHDRAWN: ("CLAIM_WITHDRAWN", claim.claimant), e.REFUND_CLAIMED: ("REFUND_CLAIMED", lc.issuing_bank),
    }  # fmt: skip
    more: tuple[NextStep, ...] = ()
    if claim.state is reimbursement.State.REFUND_DUE:
        more = (NextStep("REFUND_RECEIVED", "CLOSED", By.DEED, (lc.issuing_bank,), "UCP600.16g"),)
    return _life(
        f"C{claim.number}",
        reimbursement.REIMBURSEMENT,
        claim.state,
        lambda event: _deed(*names[event]) if event in names else _follows(),
        more,
    )


def _part(lc: LetterOfCredit, part: transfer.Transfer) -> Life:
    names = {transfer.Event.TRANSFERRED: "TRANSFERRED", transfer.Event.DECLINED: "TRANSFER_DECLINED"}

    def whose(event: transfer.Event) -> Brought:
        return _deed(names[event], transferring_bank(lc)) if event in names else _follows()

    advice = NextStep("TRANSFER_AMENDMENT_ADVISED", "", By.DEED, (transferring_bank(lc),), "UCP600.38e")
    more = (advice,) if advisable(lc, part) else ()
    return _life(f"T{part.number}", transfer.TRANSFER, part.state, whose, more)


def _answered(part: transfer.Transfer, answer: transferred_amendment.TransferredAmendment) -> Life:
    """An amendment towards one second beneficiary, which answers for its own part."""
    e = transferred_amendment.Event
    names = {e.ACCEPTED: "TRANSFER_AMENDMENT_ACCEPTED", e.REJECTED: "TRANSFER_AMENDMENT_REJECTED"}
    return _life(
        f"T{part.number}A{answer.number}", transferred_amendment.TRANSFERRED_AMENDMENT, answer.state,
        lambda event: _deed(names[event], part.second) if event in names and part.state is transfer.State.IN_FORCE else _follows(),
    )  # fmt: skip


def _amended(lc: LetterOfCredit, each: amendment.Amendment) -> Life:
    e = amendment.Event
    names = {
        e.ISSUED: (lc.issuing_bank,), e.WITHDRAWN: (lc.applicant, lc.issuing_bank), e.ADVISED: (lc.advising_bank,), e.ACCEPTED: (lc.beneficiary,),
        e.REJECTED: (lc.beneficiary,),
    }  # fmt: skip
    more: tuple[NextStep, ...] = ()
    if lc.confirming_bank and each.state not in amendment.AMENDMENT.ends and each.extended is None:
        more = (NextStep("AMENDMENT_EXTENDED", "", By.DEED, (lc.confirming_bank,), "UCP600.10b"),)
    return _life(
        f"A{each.number}", amendment.AMENDMENT, each.state,
        lambda event: _deed(f"AMENDMENT_{event.name}", *names[event]) if event in names else _follows(), more,
    )  # fmt: skip


# Transferable records


def _of_record(one: TransferableRecord) -> Iterator[Life]:
    free = one.freeze is record_.FreezeState.FREE
    still = not free or one.locked or one.pledged
    yield _life("", record_.RECORD, one.state, lambda event: _upon_record(one, event, free, still), _signs(one))
    yield from _offered(one, free, still)
    if not one.ended:
        endorses = one.state is record_.RecordState.LIVE and not still and one.may_endorse()
        ends = (record_.TitleEvent.ENFORCE, record_.TitleEvent.END)
        yield _life(
            "title",
            record_.TITLE,
            one.title,
            lambda event: _deed(event.name, one.holder) if endorses and event not in ends else None,
        )
        yield _pledged(one, free, still)
        yield _life(
            "freeze",
            record_.FREEZE,
            one.freeze,
            lambda event: _deed(event.name, "OPERATOR", "SUPERVISOR") if event is not record_.FreezeEvent.END else None,
        )
    if one.bill is not None:
        yield _billed(one, one.bill, free)


def _signs(one: TransferableRecord) -> tuple[NextStep, ...]:
    return (NextStep("SIGN", "", By.DEED, (one.holder,), "T.2"),) if one.state is record_.RecordState.LIVE else ()


def _upon_record(one: TransferableRecord, event: record_.RecordEvent, free: bool, still: bool) -> Brought | None:
    e, s = record_.RecordEvent, record_.RecordState
    if one.state is s.ISSUED:
        if event is e.WITHDRAW:
            return _deed(event.name, one.issuer) if free else None
        return _deed(event.name, one.first) if free or event is not e.ACCEPT else None
    if one.state is s.LIVE:
        lading = one.kind is record_.RecordKind.BILL_OF_LADING
        surrenders = event in (e.SURRENDER_FOR_AMENDMENT, e.SURRENDER_FOR_PAPER) or (event is e.SURRENDER_FOR_DELIVERY and lading)
        return _deed(event.name, one.holder) if surrenders and not still else None
    if event is e.SUPERSEDE:
        return _follows()
    return _deed(event.name, one.issuer) if free else None


def _offered(one: TransferableRecord, free: bool, still: bool) -> Iterator[Life]:
    e = record_.LockEvent
    if one.lock is None or not one.lock.open:
        if one.state is record_.RecordState.LIVE and not still:
            kinds = (e.TRANSFER, e.OFFER_AGAINST, *((e.PRESENT_FOR_PAYMENT,) if one.bill is not None else ()))
            yield _life(
                "offer",
                record_.LOCK,
                record_.LockState.NONE,
                lambda event: _deed(event.name, one.holder) if event in kinds else None,
            )
        return
    lock = one.lock

    def whose(event: record_.LockEvent) -> Brought | None:
        if event is e.WITHDRAW:
            return _deed(event.name, one.holder) if not lock.presentment else None
        if event is e.ACCEPT and not free:
            return None
        return _deed(event.name, lock.recipient)

    yield _life(f"offer {lock.number}", record_.LOCK, lock.state, whose)


def _pledged(one: TransferableRecord, free: bool, still: bool) -> Life:
    e, pledge = record_.PledgeEvent, one.pledge
    if pledge is None or not pledge.open:
        may = one.state is record_.RecordState.LIVE and not still and one.may_endorse()
        return _life(
            "pledge", record_.PLEDGE, record_.PledgeState.NONE, lambda event: _deed(event.name, one.holder) if may else None
        )

    def whose(event: record_.PledgeEvent) -> Brought | None:
        if not free or (event is e.ENFORCE and pledge.power != "ENFORCE"):
            return None
        return _deed(event.name, one.holder if event is e.WITHDRAW_PLEDGE else pledge.pledgee)

    return _life("pledge", record_.PLEDGE, pledge.state, whose)


def _billed(one: TransferableRecord, bill: record_.Bill, free: bool) -> Life:
    e = record_.BillEvent

    def whose(event: record_.BillEvent) -> Brought | None:
        if event in (e.MAKE, e.DISHONOUR, e.PRESENT_FOR_PAYMENT):  # what issue, time and the offer bring
            return _follows() if event is e.DISHONOUR else None
        if not free or one.ended:
            return None
        if event in (e.ACCEPT_BILL, e.REFUSE_BILL):
            return _deed(event.name, bill.obligor)
        return _deed(event.name, one.holder) if event is e.RECOURSE else _deed(event.name)

    return _life("bill", record_.BILL, bill.state, whose)

"""What a credit makes available, what it stands for on the books, and where its records are: all told from the credit as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fondaco.trade import deadline, undertaking
from fondaco.trade.amendment import sets
from fondaco.trade.date_words import AT_SIGHT
from fondaco.trade.deed import Kind
from fondaco.trade.examination.terms import Terms
from fondaco.trade.examination.words import Tenor
from fondaco.trade.letter_of_credit import ENGAGED, RUN_OFF, Engagement, LetterOfCredit, State
from fondaco.trade.presentation import FAILED, Presentation
from fondaco.trade.presentation import State as P
from fondaco.trade.reimbursement import COVERS
from fondaco.trade.reimbursement import State as C
from fondaco.trade.standing import Against, Books, Control, Lock, Pair, Payable, margin_of, pair
from fondaco.trade.transfer import State as T
from fondaco.trade.transfer import Transfer
from fondaco.trade.undertaking import UNDERTAKING


def candidates(lc: LetterOfCredit, bank: str) -> tuple[Terms, ...]:
    """The sets of terms under which documents may be presented to `bank`: first what is in force, then with each pending amendment more."""
    confirming = bank == lc.confirming_bank and bank != lc.issuing_bank
    return tuple(sets(lc.terms, lc.amendments, lc.exponent, confirming=confirming))


def in_force(lc: LetterOfCredit) -> Terms:
    """The terms that bind the beneficiary: those of issue, with what it accepted (10(c))."""
    return candidates(lc, lc.issuing_bank)[0]


def maximum(lc: LetterOfCredit, bank: str) -> int:
    """The most that may be drawn with `bank` in all, tolerance and pending increases included; minor units.

    A confirming bank that left its confirmation at the old terms is asked for no more than the issuing bank: a decrease that the beneficiary
    accepted binds it towards both.
    """
    return min(max(terms.maximum_minor() for terms in candidates(lc, each)) for each in (bank, lc.issuing_bank))


def drawn(lc: LetterOfCredit) -> int:
    """What was honoured by a bank that is engaged: that much of the credit is used for good."""
    return _sum(root for root in lc.roots() if _used(lc, root))


def available(lc: LetterOfCredit, bank: str) -> int:
    """What may still be drawn with `bank`: its maximum less what is used or under way."""
    under_way = (root for root in lc.roots() if _used(lc, root) or not _failed(lc, root))
    return maximum(lc, bank) - _sum(under_way)


def under_transfer(lc: LetterOfCredit, transfer: Transfer) -> int:
    """What a second beneficiary has drawn, or draws."""
    own = (root for root in lc.roots() if root.transfer == transfer.number and not root.substitutes)
    return _sum(root for root in own if _used(lc, root) or not _failed(lc, root))


def reserved(lc: LetterOfCredit) -> int:
    """What is transferred and not drawn: it is nobody else's (38)."""
    return sum(each.minor - under_transfer(lc, each) for each in lc.transfers if each.state is T.IN_FORCE)


def open_presentations(lc: LetterOfCredit) -> tuple[Presentation, ...]:
    return tuple(each for each in lc.presentations if not each.over)


def contingent(lc: LetterOfCredit, engagement: Engagement) -> int:
    """What a bank may have to pay yet: the maximum less what it has honoured; once no drawing can begin, what is open."""
    bank = engagement.bank
    if engagement.state in ENGAGED:
        return max(0, maximum(lc, bank) - _sum(root for root in lc.roots() if _done_for(lc, root, bank)))
    if engagement.state in RUN_OFF:
        return _sum(root for root in lc.roots() if _open_for(lc, root, bank))
    return 0


def books(lc: LetterOfCredit) -> Books:
    """Each bank's contingent pair and accepted pair in its own book, and the issuing bank's margin."""
    found: dict[Pair, int] = {}
    engagements = [each for each in (lc.issue, lc.confirmation) if each is not None]
    for each in engagements:
        minor = contingent(lc, each)
        if minor:
            found[pair(Kind.CONTINGENT_CLAIM, each.bank, Kind.CONTINGENT_LIABILITY, each.bank, lc.id, lc.currency)] = minor
    for bank in sorted({each.bank for each in lc.undertakings if each.owed}):
        accepted = pair(Kind.ACCEPTED_CLAIM, bank, Kind.ACCEPTED_LIABILITY, bank, lc.id, lc.currency)
        found[accepted] = sum(each.minor for each in lc.undertakings if each.owed and each.bank == bank)
    for shown in lc.presentations:
        for bought, minor in _bought(lc, shown):
            found[bought] = found.get(bought, 0) + minor
    cover = _cover(lc)
    if cover:
        found[margin_of(lc.issuing_bank, lc.id, lc.currency)] = cover
    return found


def _bought(lc: LetterOfCredit, shown: Presentation) -> Iterator[tuple[Pair, int]]:
    """What a bank that bought documents has in its own book until it is reimbursed, or has its advance back."""
    terms, bank = shown.negotiation, shown.bank
    if terms is None:
        return
    if shown.state in (P.NEGOTIATED, P.FORWARDED):
        for kind, minor in ((Kind.NEGOTIATED_ADVANCE, terms.advance), (Kind.NEGOTIATED_DISCOUNT, terms.discount)):
            if minor:
                yield pair(Kind.NEGOTIATED_CLAIM, bank, kind, bank, lc.id, lc.currency), minor
    elif shown.state is P.RECOURSE:
        yield pair(Kind.RECOURSE_CLAIM, bank, Kind.RECOURSE_LIABILITY, shown.presenter, lc.id, lc.currency), terms.advance


def _cover(lc: LetterOfCredit) -> int:
    """Margin stays whole while the bank may owe as much, and is let go with the last of it."""
    if lc.issue.state in (State.APPROVED, State.PREADVISED):
        return lc.margin
    owed = sum(each.minor for each in lc.undertakings if each.owed and each.bank == lc.issuing_bank)
    return min(lc.margin, contingent(lc, lc.issue) + owed)


def control(lc: LetterOfCredit) -> Control:
    """Who holds each record that was presented: its presenter, then each bank that honoured, then the applicant to whom it was released."""
    found: dict[str, str] = {}
    for each in lc.presentations:
        for record in each.records:
            found.setdefault(record, each.presenter)
            if each.honoured:
                found[record] = each.bank
            if each.honoured and each.bank == lc.issuing_bank and each.state in (P.REIMBURSED, P.SETTLED):
                found[record] = lc.applicant
    return found


def honour(lc: LetterOfCredit) -> Against:
    """What a bank's honour is under the credit: payment at sight, or an undertaking."""
    return Against.PAYMENT if tenor_of(in_force(lc)) is None else Against.UNDERTAKING


def locks(lc: LetterOfCredit) -> tuple[Lock, ...]:
    """The records that are offered to the bank that examines, against what honour is under this credit, and by the issuing bank to the applicant
    against its reimbursement."""
    holders, found, against = control(lc), [], honour(lc).value
    for each in lc.presentations:
        waiting = not each.honoured and not each.over and each.state not in (P.HOLDING, P.FORWARDED, P.REIMBURSED)
        releasing = each.bank == lc.issuing_bank and each.state is P.HONOURED
        for record in each.records:
            if waiting:
                found.append(Lock(record, holders[record], each.bank, against, f"{lc.id}/P{each.number}"))
            elif releasing:
                found.append(Lock(record, holders[record], lc.applicant, Against.PAYMENT.value, f"{lc.id}/P{each.number}"))
    return tuple(sorted(found))


def voluntary(lc: LetterOfCredit) -> tuple[Payable, ...]:
    """What a nominated bank that is not engaged may pay at sight, and need not (12(a)): for documents that it finds to comply, or whose
    discrepancies were waived."""
    if tenor_of(in_force(lc)) is not None:
        return ()
    willing = [each for each in lc.presentations if each.state in (P.COMPLYING, P.WAIVED) and not lc.engaged(each.bank)]
    return tuple(Payable(f"{lc.id}/P{each.number}", each.bank, each.presenter, lc.currency, each.minor) for each in willing)


def payables(lc: LetterOfCredit) -> tuple[Payable, ...]:
    """What banks must pay now: documents that bind them at sight, undertakings that are due, claims, and refunds; in this order."""
    found = []
    at_sight = tenor_of(in_force(lc)) is None
    for each in lc.presentations:
        covered = any(claim.presentation == each.parent and claim.state in COVERS for claim in lc.claims if claim.presentation)
        if at_sight and each.state in (P.COMPLYING, P.WAIVED, P.PRECLUDED) and lc.engaged(each.bank) and not covered:
            found.append(Payable(f"{lc.id}/P{each.number}", each.bank, each.presenter, lc.currency, each.minor))
    for owed in lc.undertakings:
        if UNDERTAKING.can(owed.state, undertaking.Event.PAID):
            found.append(Payable(f"{lc.id}/U{owed.number}", owed.bank, owed.creditor, lc.currency, owed.minor))
    for claim in lc.claims:
        if claim.state is C.CLAIMED:
            found.append(Payable(f"{lc.id}/C{claim.number}", lc.reimbursing_bank, claim.claimant, lc.currency, claim.minor))
        elif claim.state is C.REFUND_DUE:
            found.append(Payable(f"{lc.id}/C{claim.number}", claim.claimant, lc.issuing_bank, lc.currency, claim.minor))
    return tuple(found)


def due(lc: LetterOfCredit) -> int:
    """The next instant at which time alone changes something, 0 for none."""
    clocks = [each.due_at for each in lc.deadlines if each.state is deadline.State.OPEN]
    clocks += [each.matures_at for each in lc.undertakings if UNDERTAKING.can(each.state, undertaking.Event.MATURITY_CAME)]
    return min(clocks, default=0)


def tenor_of(terms: Terms) -> Tenor | None:
    """What the credit is payable at, None for sight: that of the deferred payment or of the draft (6(b))."""
    tenor = terms.deferred if terms.available_by == "DEFERRED_PAYMENT" else terms.draft.tenor if terms.draft else None
    return None if tenor is None or tenor.event == AT_SIGHT else tenor


def _sum(roots: Iterable[Presentation]) -> int:
    return sum(each.minor for each in roots)


def _used(lc: LetterOfCredit, root: Presentation) -> bool:
    return any(each.honoured and lc.engaged(each.bank) for each in lc.chain(root.number))


def _failed(lc: LetterOfCredit, root: Presentation) -> bool:
    return lc.chain(root.number)[-1].state in FAILED


def _done_for(lc: LetterOfCredit, root: Presentation, bank: str) -> bool:
    """Honoured by `bank`, or past it by the issuing bank."""
    return any(each.honoured and each.bank in (bank, lc.issuing_bank) for each in lc.chain(root.number))


def _open_for(lc: LetterOfCredit, root: Presentation, bank: str) -> bool:
    if _done_for(lc, root, bank) or _failed(lc, root):
        return False
    return bank == lc.issuing_bank or lc.chain(root.number)[-1].bank != lc.issuing_bank

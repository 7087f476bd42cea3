"""What a credit makes available, what it stands for on the books, and where its records are: all told from the credit as it is."""

from __future__ import annotations

from collections.abc import Iterable

from fondaco.trade.amendment import sets
from fondaco.trade.deed import Kind
from fondaco.trade.examination.terms import Terms
from fondaco.trade.letter_of_credit import ENGAGED, RUN_OFF, Engagement, LetterOfCredit, State
from fondaco.trade.presentation import FAILED, Presentation
from fondaco.trade.presentation import State as P
from fondaco.trade.standing import Against, Books, Control, Lock, margin_of, pair


def candidates(lc: LetterOfCredit, bank: str) -> tuple[Terms, ...]:
    """The sets of terms under which documents may be presented to `bank`: first what is in force, then with each pending amendment more."""
    confirming = bank == lc.confirming_bank and bank != lc.issuing_bank
    return tuple(sets(lc.terms, lc.amendments, lc.exponent, confirming=confirming))


def in_force(lc: LetterOfCredit) -> Terms:
    """The terms that bind the beneficiary: those of issue, with what it accepted (10(c))."""
    return candidates(lc, lc.issuing_bank)[0]


def maximum(lc: LetterOfCredit, bank: str) -> int:
    """The most that may be drawn with `bank` in all, tolerance and pending increases included; minor units."""
    return max(terms.maximum_minor() for terms in candidates(lc, bank))


def drawn(lc: LetterOfCredit) -> int:
    """What was honoured by a bank that is engaged: that much of the credit is used for good."""
    return _sum(root for root in lc.roots() if _used(lc, root))


def available(lc: LetterOfCredit, bank: str) -> int:
    """What may still be drawn with `bank`: its maximum less what is used or under way."""
    under_way = (root for root in lc.roots() if _used(lc, root) or not _failed(lc, root))
    return maximum(lc, bank) - _sum(under_way)


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
    found = {}
    engagements = [each for each in (lc.issue, lc.confirmation) if each is not None]
    for each in engagements:
        minor = contingent(lc, each)
        if minor:
            found[pair(Kind.CONTINGENT_CLAIM, each.bank, Kind.CONTINGENT_LIABILITY, each.bank, lc.id, lc.currency)] = minor
    for bank in sorted({each.bank for each in lc.undertakings if each.owed}):
        accepted = pair(Kind.ACCEPTED_CLAIM, bank, Kind.ACCEPTED_LIABILITY, bank, lc.id, lc.currency)
        found[accepted] = sum(each.minor for each in lc.undertakings if each.owed and each.bank == bank)
    cover = _cover(lc)
    if cover:
        found[margin_of(lc.issuing_bank, lc.id, lc.currency)] = cover
    return found


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


def locks(lc: LetterOfCredit) -> tuple[Lock, ...]:
    """The records that are offered to the bank that examines, against its honour, and by the issuing bank to the applicant, against reimbursement."""
    holders, found = control(lc), []
    for each in lc.presentations:
        purpose = f"{lc.id}/P{each.number}"
        waiting = not each.honoured and not each.over and each.state not in (P.HOLDING, P.FORWARDED, P.REIMBURSED)
        releasing = each.bank == lc.issuing_bank and each.state is P.HONOURED
        for record in each.records:
            if waiting:
                found.append(Lock(record, holders[record], each.bank, Against.HONOUR.value, purpose))
            elif releasing:
                found.append(Lock(record, holders[record], lc.applicant, Against.REIMBURSEMENT.value, purpose))
    return tuple(sorted(found))


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

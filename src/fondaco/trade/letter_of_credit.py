"""A documentary credit (UCP 600): the banks' engagements under it, each one life of the same table, and all that hangs on them.

Amendments, presentations, maturities and reimbursement claims have tables of their own and are kept with the credit: one deed may move several.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal, TypeVar

import msgspec

from fondaco.core import CURRENCIES, Step, Table
from fondaco.trade.amendment import PENDING, Amendment
from fondaco.trade.deadline import Deadline
from fondaco.trade.examination.terms import Terms
from fondaco.trade.presentation import Presentation
from fondaco.trade.reimbursement import Claim
from fondaco.trade.transfer import Transfer
from fondaco.trade.undertaking import Undertaking

_Row = TypeVar("_Row")


class State(Enum):
    APPLIED = "APPLIED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    PREADVISED = "PREADVISED"
    ISSUED = "ISSUED"
    ADVISED = "ADVISED"
    CONFIRMED = "CONFIRMED"
    AVAILABLE = "AVAILABLE"
    EXHAUSTED = "EXHAUSTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    CLOSED = "CLOSED"


class Event(Enum):
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    PREADVISED = "PREADVISED"
    ISSUED = "ISSUED"
    ADVISED = "ADVISED"
    CONFIRMED = "CONFIRMED"
    OPENED = "OPENED"
    DRAWN_IN_FULL = "DRAWN_IN_FULL"
    INCREASED = "INCREASED"
    EXPIRED = "EXPIRED"
    INSTALMENT_MISSED = "INSTALMENT_MISSED"
    CANCELLED = "CANCELLED"
    SETTLED_UP = "SETTLED_UP"


class Moves(Enum):
    """COVER sets margin aside; ENGAGE books the contingent pair to the most that may be drawn; RELEASE takes off what nothing open needs."""

    NOTHING = "NOTHING"
    COVER = "COVER"
    ENGAGE = "ENGAGE"
    RELEASE = "RELEASE"


S, E, M = State, Event, Moves

_ENGAGED = (S.ISSUED, S.ADVISED, S.CONFIRMED, S.AVAILABLE)

CREDIT = Table(
    "letter of credit",
    start=S.APPLIED,
    ends=(S.CLOSED, S.DECLINED),
    rows=(
        Step(S.APPLIED, E.APPROVED, S.APPROVED, M.COVER, "", "UCP600.4a"),
        Step(S.APPLIED, E.DECLINED, S.DECLINED, M.NOTHING, "", "UCP600.8d"),
        Step(S.APPROVED, E.DECLINED, S.DECLINED, M.RELEASE, "", "UCP600.4a"),
        # A bank that pre-advised is bound to issue: no row declines after it.
        Step(S.APPROVED, E.PREADVISED, S.PREADVISED, M.NOTHING, "MT705", "UCP600.11b"),
        Step(S.APPROVED, E.ISSUED, S.ISSUED, M.ENGAGE, "MT700", "UCP600.7b"),
        Step(S.PREADVISED, E.ISSUED, S.ISSUED, M.ENGAGE, "MT700", "UCP600.11b"),
        Step(S.ISSUED, E.ADVISED, S.ADVISED, M.NOTHING, "MT730", "UCP600.9"),
        # The confirming bank's engagement begins as it is asked to confirm; it is irrevocable from its word on.
        Step(S.APPLIED, E.CONFIRMED, S.CONFIRMED, M.ENGAGE, "MT730", "UCP600.8b"),
        Step(S.ADVISED, E.OPENED, S.AVAILABLE, M.NOTHING, "", "UCP600.6a"),
        Step(S.CONFIRMED, E.OPENED, S.AVAILABLE, M.NOTHING, "", "UCP600.6a"),
        Step(S.AVAILABLE, E.DRAWN_IN_FULL, S.EXHAUSTED, M.NOTHING, "", "UCP600.6a"),
        Step(S.EXHAUSTED, E.INCREASED, S.AVAILABLE, M.ENGAGE, "", "UCP600.10b"),
        *(Step(each, E.EXPIRED, S.EXPIRED, M.RELEASE, "", "UCP600.6d") for each in _ENGAGED),
        # The instalment that was missed and all that follow are available no more: nothing can be drawn, as after the expiry.
        *(Step(each, E.INSTALMENT_MISSED, S.EXPIRED, M.RELEASE, "", "UCP600.32") for each in _ENGAGED),
        *(Step(each, E.CANCELLED, S.CANCELLED, M.RELEASE, "", "UCP600.10a") for each in _ENGAGED),
        Step(S.EXHAUSTED, E.SETTLED_UP, S.CLOSED, M.RELEASE, "", "UCP600.7c"),
        Step(S.EXPIRED, E.SETTLED_UP, S.CLOSED, M.RELEASE, "", "UCP600.6d"),
        Step(S.CANCELLED, E.SETTLED_UP, S.CLOSED, M.RELEASE, "", "UCP600.10a"),
    ),
)

ENGAGED = _ENGAGED
# No drawing begins any more; what is open runs on to its own end.
RUN_OFF = (S.EXHAUSTED, S.EXPIRED, S.CANCELLED)


class Engagement(msgspec.Struct, frozen=True):
    """One bank's own promise under the credit: that of the issuing bank, or a confirmation."""

    bank: str
    kind: Literal["ISSUE", "CONFIRMATION"]
    state: State = CREDIT.start

    def after(self, event: Event) -> Engagement:
        return msgspec.structs.replace(self, state=CREDIT.step(self.state, event).after)


class LetterOfCredit(msgspec.Struct, frozen=True):
    """One credit. `terms` are those of issue; `margin` is what the issuing bank set aside, in minor units; `batches` the settlement batches that paid.

    `version` counts deeds. What the clock does is not counted, so it invalidates no deed that a party has already signed.
    """

    id: str
    version: int
    terms: Terms
    issue: Engagement
    confirmation: Engagement | None = None
    margin: int = 0
    amendments: tuple[Amendment, ...] = ()
    presentations: tuple[Presentation, ...] = ()
    undertakings: tuple[Undertaking, ...] = ()
    claims: tuple[Claim, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    batches: tuple[str, ...] = ()
    transfers: tuple[Transfer, ...] = ()

    @property
    def applicant(self) -> str:
        return self.terms.applicant.id

    @property
    def beneficiary(self) -> str:
        return self.terms.beneficiary.id

    @property
    def issuing_bank(self) -> str:
        return self.terms.issuing_bank.id

    @property
    def advising_bank(self) -> str:
        """Who advises: the issuing bank itself where no other is named."""
        return self.terms.advising_bank.id if self.terms.advising_bank else self.issuing_bank

    @property
    def asked_to_confirm(self) -> str:
        if self.terms.confirmation == "WITHOUT":
            return ""
        return self.terms.confirming_bank.id if self.terms.confirming_bank else self.advising_bank

    @property
    def confirming_bank(self) -> str:
        """The bank that has confirmed, "" while none has."""
        engaged = self.confirmation is not None and self.confirmation.state not in (S.APPLIED, S.DECLINED)
        return self.confirmation.bank if engaged and self.confirmation else ""

    @property
    def reimbursing_bank(self) -> str:
        return self.terms.reimbursing_bank.id if self.terms.reimbursing_bank else ""

    @property
    def currency(self) -> str:
        return self.terms.currency

    @property
    def exponent(self) -> int:
        return CURRENCIES[self.currency].exponent

    @property
    def pending(self) -> tuple[Amendment, ...]:
        return tuple(each for each in self.amendments if each.state in PENDING)

    def engaged(self, bank: str) -> bool:
        """Whether `bank` must honour what complies: only then does it lose its right to refuse by keeping silent (16(f))."""
        return bool(bank) and bank in (self.issuing_bank, self.confirming_bank)

    def nominated(self, bank: str) -> bool:
        """Whether the credit is available with `bank`, besides the issuing and the confirming bank (6(a))."""
        return self.engaged(bank) or self.terms.available_with is None or self.terms.available_with.id == bank

    def presentation(self, number: int) -> Presentation | None:
        return self.presentations[number - 1] if 0 < number <= len(self.presentations) else None

    def chain(self, root: int) -> tuple[Presentation, ...]:
        """The presentations of one set of documents, from bank to bank, in their order."""
        return tuple(each for each in self.presentations if each.root == root)

    def roots(self) -> tuple[Presentation, ...]:
        return tuple(each for each in self.presentations if each.root == each.number)

    def with_amendment(self, changed: Amendment) -> LetterOfCredit:
        return msgspec.structs.replace(self, amendments=_put(self.amendments, changed.number, changed))

    def with_presentation(self, changed: Presentation) -> LetterOfCredit:
        return msgspec.structs.replace(self, presentations=_put(self.presentations, changed.number, changed))

    def with_undertaking(self, changed: Undertaking) -> LetterOfCredit:
        return msgspec.structs.replace(self, undertakings=_put(self.undertakings, changed.number, changed))

    def with_transfer(self, changed: Transfer) -> LetterOfCredit:
        return msgspec.structs.replace(self, transfers=_put(self.transfers, changed.number, changed))

    def with_claim(self, changed: Claim) -> LetterOfCredit:
        return msgspec.structs.replace(self, claims=_put(self.claims, changed.number, changed))


def _put(rows: tuple[_Row, ...], number: int, changed: _Row) -> tuple[_Row, ...]:
    """`rows` with the one of `number` (from 1) replaced, or added at the end."""
    assert 0 < number <= len(rows) + 1, "rows are numbered without gaps"
    return (*rows[: number - 1], changed, *rows[number:])

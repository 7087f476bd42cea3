"""A presentation of documents under a credit to one bank that examines them (UCP 600 articles 6 and 14 to 16). Each bank has its own days."""

from __future__ import annotations

from enum import Enum
from typing import Literal

import msgspec

from fondaco.core import Step, Table


class State(Enum):
    RECEIVED = "RECEIVED"
    INCOMPLETE = "INCOMPLETE"
    UNDER_EXAMINATION = "UNDER_EXAMINATION"
    COMPLYING = "COMPLYING"
    DISCREPANT = "DISCREPANT"
    WAIVER_SOUGHT = "WAIVER_SOUGHT"
    WAIVED = "WAIVED"
    NOT_WAIVED = "NOT_WAIVED"
    PRECLUDED = "PRECLUDED"
    REFUSED = "REFUSED"
    HOLDING = "HOLDING"
    HOLDING_PENDING_WAIVER = "HOLDING_PENDING_WAIVER"
    HONOURED = "HONOURED"
    NEGOTIATED = "NEGOTIATED"
    FORWARDED = "FORWARDED"
    REIMBURSED = "REIMBURSED"
    SETTLED = "SETTLED"
    RETURNED = "RETURNED"
    AS_INSTRUCTED = "AS_INSTRUCTED"
    CORRECTED = "CORRECTED"
    UNREIMBURSED = "UNREIMBURSED"
    RECOURSE = "RECOURSE"
    LAPSED = "LAPSED"


class Event(Enum):
    COMPLETED = "COMPLETED"
    LEFT_INCOMPLETE = "LEFT_INCOMPLETE"
    CREDIT_ENDED = "CREDIT_ENDED"
    FOUND_COMPLYING = "FOUND_COMPLYING"
    FOUND_DISCREPANT = "FOUND_DISCREPANT"
    WAIVER_ASKED = "WAIVER_ASKED"
    WAIVER_GIVEN = "WAIVER_GIVEN"
    WAIVER_DENIED = "WAIVER_DENIED"
    NOTICE_GIVEN = "NOTICE_GIVEN"
    FIFTH_DAY_CLOSED = "FIFTH_DAY_CLOSED"
    HELD = "HELD"
    HELD_FOR_WAIVER = "HELD_FOR_WAIVER"
    SENT_BACK = "SENT_BACK"
    DEALT_WITH_AS_INSTRUCTED = "DEALT_WITH_AS_INSTRUCTED"
    PRESENTED_ANEW = "PRESENTED_ANEW"
    PAID = "PAID"
    UNDERTAKEN = "UNDERTAKEN"
    COVERED = "COVERED"
    CREDITED = "CREDITED"
    NEGOTIATED = "NEGOTIATED"
    FORWARDED = "FORWARDED"
    RELEASED = "RELEASED"
    REIMBURSED = "REIMBURSED"
    SETTLED_UP = "SETTLED_UP"
    CAME_BACK = "CAME_BACK"
    CAME_BACK_UNPAID = "CAME_BACK_UNPAID"
    CAME_BACK_ON_RECOURSE = "CAME_BACK_ON_RECOURSE"
    ADVANCE_REPAID = "ADVANCE_REPAID"
    RECOURSE_GIVEN_UP = "RECOURSE_GIVEN_UP"


class Moves(Enum):
    """USE takes the drawing off what the bank is engaged for; ACCEPT books it as owed at a maturity instead.

    BUY books what a bank advanced on documents and what it kept off; EARN takes that off, RECLAIM puts the advance in its place as owed by the presenter.
    """

    NOTHING = "NOTHING"
    USE = "USE"
    ACCEPT = "ACCEPT"
    BUY = "BUY"
    EARN = "EARN"
    RECLAIM = "RECLAIM"


S, E, M = State, Event, Moves

# Until it decides, and until it gives notice, an issuing or confirming bank can be precluded (16(f)). Waiting for a waiver stops no clock (16(b)).
_UNDECIDED = (S.UNDER_EXAMINATION, S.DISCREPANT, S.WAIVER_SOUGHT, S.WAIVED, S.NOT_WAIVED)
_BOUND = (S.COMPLYING, S.WAIVED, S.PRECLUDED)
_PASSED_ON = (S.UNDER_EXAMINATION, S.DISCREPANT, S.WAIVED, S.NOT_WAIVED, S.COMPLYING)

PRESENTATION = Table(
    "presentation",
    start=S.RECEIVED,
    ends=(S.SETTLED, S.RETURNED, S.AS_INSTRUCTED, S.CORRECTED, S.UNREIMBURSED, S.LAPSED),
    rows=(
        Step(S.RECEIVED, E.COMPLETED, S.UNDER_EXAMINATION, M.NOTHING, "", "UCP600.14b"),
        Step(S.RECEIVED, E.LEFT_INCOMPLETE, S.INCOMPLETE, M.NOTHING, "", "eUCP.e6"),
        # Without a notice of completeness nothing was presented.
        Step(S.INCOMPLETE, E.COMPLETED, S.UNDER_EXAMINATION, M.NOTHING, "", "eUCP.e6"),
        Step(S.INCOMPLETE, E.CREDIT_ENDED, S.LAPSED, M.NOTHING, "", "eUCP.e6"),
        Step(S.UNDER_EXAMINATION, E.FOUND_COMPLYING, S.COMPLYING, M.NOTHING, "", "UCP600.15"),
        Step(S.UNDER_EXAMINATION, E.FOUND_DISCREPANT, S.DISCREPANT, M.NOTHING, "", "UCP600.16a"),
        Step(S.DISCREPANT, E.WAIVER_ASKED, S.WAIVER_SOUGHT, M.NOTHING, "MT750", "UCP600.16b"),
        Step(S.WAIVER_SOUGHT, E.WAIVER_GIVEN, S.WAIVED, M.NOTHING, "MT752", "UCP600.16b"),
        Step(S.WAIVER_SOUGHT, E.WAIVER_DENIED, S.NOT_WAIVED, M.NOTHING, "", "UCP600.16b"),
        *(Step(each, E.FIFTH_DAY_CLOSED, S.PRECLUDED, M.NOTHING, "", "UCP600.16f") for each in _UNDECIDED),
        *(Step(each, E.NOTICE_GIVEN, S.REFUSED, M.NOTHING, "MT734", "UCP600.16c") for each in _UNDECIDED[1:]),
        Step(S.REFUSED, E.HELD, S.HOLDING, M.NOTHING, "", "UCP600.16c.iii.a"),
        Step(S.REFUSED, E.HELD_FOR_WAIVER, S.HOLDING_PENDING_WAIVER, M.NOTHING, "", "UCP600.16c.iii.b"),
        Step(S.REFUSED, E.SENT_BACK, S.RETURNED, M.NOTHING, "", "UCP600.16c.iii.c"),
        Step(S.REFUSED, E.DEALT_WITH_AS_INSTRUCTED, S.AS_INSTRUCTED, M.NOTHING, "", "UCP600.16c.iii.d"),
        Step(S.HOLDING, E.SENT_BACK, S.RETURNED, M.NOTHING, "", "UCP600.16e"),
        Step(S.HOLDING, E.PRESENTED_ANEW, S.CORRECTED, M.NOTHING, "", "UCP600.6d"),
        Step(S.HOLDING_PENDING_WAIVER, E.WAIVER_GIVEN, S.WAIVED, M.NOTHING, "MT752", "UCP600.16c.iii.b"),
        Step(S.HOLDING_PENDING_WAIVER, E.SENT_BACK, S.RETURNED, M.NOTHING, "", "UCP600.16e"),
        Step(S.HOLDING_PENDING_WAIVER, E.PRESENTED_ANEW, S.CORRECTED, M.NOTHING, "", "UCP600.6d"),
        # A bank that gave notice need not follow the waiver that came after it.
        Step(S.WAIVED, E.SENT_BACK, S.RETURNED, M.NOTHING, "", "UCP600.16e"),
        *(Step(each, E.PAID, S.HONOURED, M.USE, "MT754", "UCP600.15") for each in _BOUND),
        *(Step(each, E.UNDERTAKEN, S.HONOURED, M.ACCEPT, "MT754", "UCP600.15") for each in _BOUND),
        *(Step(each, E.COVERED, S.HONOURED, M.USE, "", "UCP600.13b") for each in _BOUND),
        # A bank pays its own customer on its own books, and says so.
        *(Step(each, E.CREDITED, S.HONOURED, M.USE, "MT754", "UCP600.15") for each in _BOUND),
        *(Step(each, E.NEGOTIATED, S.NEGOTIATED, M.BUY, "MT754", "UCP600.15") for each in _BOUND),
        # A nominated bank that did not confirm may pass documents on as they are (12(c)).
        *(Step(each, E.FORWARDED, S.FORWARDED, M.NOTHING, "", "UCP600.12c") for each in _PASSED_ON),
        Step(S.HONOURED, E.FORWARDED, S.FORWARDED, M.NOTHING, "MT754", "UCP600.15"),
        Step(S.NEGOTIATED, E.FORWARDED, S.FORWARDED, M.NOTHING, "MT754", "UCP600.15"),
        Step(S.FORWARDED, E.REIMBURSED, S.REIMBURSED, M.EARN, "", "UCP600.7c"),
        Step(S.FORWARDED, E.CAME_BACK, S.RETURNED, M.NOTHING, "", "UCP600.16e"),
        Step(S.FORWARDED, E.CAME_BACK_UNPAID, S.UNREIMBURSED, M.EARN, "", "UCP600.16e"),
        # A bank that bought with recourse has its advance back from the presenter, who has the documents back; or it gives that up.
        Step(S.FORWARDED, E.CAME_BACK_ON_RECOURSE, S.RECOURSE, M.RECLAIM, "", "UCP600.2"),
        Step(S.RECOURSE, E.ADVANCE_REPAID, S.UNREIMBURSED, M.EARN, "", "UCP600.2"),
        Step(S.RECOURSE, E.RECOURSE_GIVEN_UP, S.UNREIMBURSED, M.EARN, "", "UCP600.2"),
        # The issuing bank hands the documents to the applicant, against its reimbursement or in trust.
        Step(S.HONOURED, E.RELEASED, S.REIMBURSED, M.NOTHING, "", "UCP600.7c"),
        Step(S.REIMBURSED, E.SETTLED_UP, S.SETTLED, M.NOTHING, "", "UCP600.7c"),
    ),
)

# Documents of these are out of the bank's examination for good, or until they are presented anew.
FAILED = (S.HOLDING, S.RETURNED, S.AS_INSTRUCTED, S.CORRECTED, S.UNREIMBURSED, S.LAPSED)

Disposal = Literal["", "HOLD", "NOTIFY", "RETURN", "PREVINST"]
DISPOSALS: dict[str, Event] = {
    "HOLD": E.HELD,
    "NOTIFY": E.HELD_FOR_WAIVER,
    "RETURN": E.SENT_BACK,
    "PREVINST": E.DEALT_WITH_AS_INSTRUCTED,
}


class Discrepancy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One discrepancy as the bank states it: in words, with the rule, the place and what stands there, and what it was held against.

    `where` and `other` are places such as `BL.loading` or `CREDIT.loading`, `found` and `expected` the values there; the text alone is what the
    presenter is told.
    """

    text: str
    rule: str = ""
    where: str = ""
    found: str = ""
    other: str = ""
    expected: str = ""


class Negotiation(msgspec.Struct, frozen=True):
    """On what terms a bank bought documents: minor units that it gave, and that it kept off; whether it may have the advance back."""

    advance: int
    discount: int
    recourse: bool


class Presentation(msgspec.Struct, frozen=True):
    """One presentation to `bank` by `presenter`. Days are ISO dates, `minor` is the drawing in minor units of the credit's currency.

    `root` is the number of the presentation by which these documents first came in, `parent` that of the bank that forwarded them (0 for none),
    `corrects` that which it replaces. `presented_on` is the day that counts as the day of presentation, "" before the documents are complete.
    `extended` says that it came in days that article 29(a) added. `honoured` says that the bank honoured or negotiated. `under` are the pending amendments that the bank found it to comply with.
    `instalment` is which one it is of (from 1), 0 where the credit has none. `transfer` is the one under which
    a second beneficiary presented; `substitutes` the presentation of it for which the first beneficiary draws the difference to its own invoice.
    `negotiation` is there once the bank has bought the documents.
    """

    number: int
    root: int
    bank: str
    presenter: str
    minor: int
    state: State = PRESENTATION.start
    parent: int = 0
    corrects: int = 0
    presented_on: str = ""
    shipped_on: str = ""
    extended: bool = False
    records: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
    disposal: Disposal = ""
    under: tuple[int, ...] = ()
    honoured: bool = False
    instalment: int = 0
    transfer: int = 0
    substitutes: int = 0
    negotiation: Negotiation | None = None

    def after(self, event: Event) -> Presentation:
        return msgspec.structs.replace(self, state=PRESENTATION.step(self.state, event).after)

    @property
    def over(self) -> bool:
        return self.state in PRESENTATION.ends

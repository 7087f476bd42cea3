"""What one member asks another through the hub, and what came of it: recall, investigation, verification (ISO 20022: assignment).

No step moves money. What comes of an accepted recall is a return, a payment of its own.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import Instant, Nothing, Step, Table
from fondaco.payments.payment import Taken

RECALL, INVESTIGATION, VERIFICATION = "recall", "investigation", "verification"


class State(Enum):
    ASSIGNED = "ASSIGNED"
    PENDING = "PENDING"
    AGREED = "AGREED"
    RETURNED = "RETURNED"
    ANSWERED = "ANSWERED"
    LAPSED = "LAPSED"


class Event(Enum):
    PUT_OFF = "PUT_OFF"
    CANCELLATION_AGREED = "CANCELLATION_AGREED"
    CANCELLATION_REFUSED = "CANCELLATION_REFUSED"
    ANSWER_CAME = "ANSWER_CAME"
    RETURN_SETTLED = "RETURN_SETTLED"
    TIME_RAN_OUT = "TIME_RAN_OUT"
    TAKEN_FROM_QUEUE = "TAKEN_FROM_QUEUE"
    PAYMENT_ENDED = "PAYMENT_ENDED"


S, E, B = State, Event, Nothing

ASSIGNMENT = Table(
    "assignment",
    start=S.ASSIGNED,
    ends=(S.RETURNED, S.ANSWERED, S.LAPSED),
    rows=(
        #    before      on                       after        books      tells  article
        Step(S.ASSIGNED, E.PUT_OFF, S.PENDING, B.NOTHING, "PDCR", "13.2"),
        Step(S.PENDING, E.PUT_OFF, S.PENDING, B.NOTHING, "PDCR", "13.2"),
        Step(S.ASSIGNED, E.CANCELLATION_AGREED, S.AGREED, B.NOTHING, "CNCL", "13.3"),
        Step(S.PENDING, E.CANCELLATION_AGREED, S.AGREED, B.NOTHING, "CNCL", "13.3"),
        Step(S.ASSIGNED, E.CANCELLATION_REFUSED, S.ANSWERED, B.NOTHING, "RJCR", "13.3"),
        Step(S.PENDING, E.CANCELLATION_REFUSED, S.ANSWERED, B.NOTHING, "RJCR", "13.3"),
        # The money itself is an answer as well, before any word.
        Step(S.ASSIGNED, E.RETURN_SETTLED, S.RETURNED, B.NOTHING, "", "13.4"),
        Step(S.PENDING, E.RETURN_SETTLED, S.RETURNED, B.NOTHING, "", "13.4"),
        Step(S.AGREED, E.RETURN_SETTLED, S.RETURNED, B.NOTHING, "", "13.4"),
        Step(S.ASSIGNED, E.ANSWER_CAME, S.ANSWERED, B.NOTHING, "", "13.5"),
        Step(S.PENDING, E.ANSWER_CAME, S.ANSWERED, B.NOTHING, "", "13.5"),
        # What still waits for money comes back at once, and nobody else is asked.
        Step(S.ASSIGNED, E.TAKEN_FROM_QUEUE, S.ANSWERED, B.NOTHING, "CNCL", "13.1"),
        # What was recalled ends unsettled: refused by who was to receive it, too late, or left out of its cycle. Nothing is to come back.
        Step(S.ASSIGNED, E.PAYMENT_ENDED, S.ANSWERED, B.NOTHING, "RJCR", "13.4"),
        Step(S.PENDING, E.PAYMENT_ENDED, S.ANSWERED, B.NOTHING, "RJCR", "13.4"),
        # Who agreed has kept its word: it was told as cancelled already.
        Step(S.AGREED, E.PAYMENT_ENDED, S.ANSWERED, B.NOTHING, "", "13.4"),
        Step(S.ASSIGNED, E.TIME_RAN_OUT, S.LAPSED, B.NOTHING, "RJCR", "13.6"),
        Step(S.PENDING, E.TIME_RAN_OUT, S.LAPSED, B.NOTHING, "RJCR", "13.6"),
        # Who agreed and sends nothing back has broken its word: the case ends, and the record says how.
        Step(S.AGREED, E.TIME_RAN_OUT, S.LAPSED, B.NOTHING, "RJCR", "13.6"),
    ),
)


class Assignment(msgspec.Struct):
    """One question. `key` is the identification under which the hub passed it on; `assigner` asks, `assignee` answers (BICs).

    `deadline` is the first instant that is too late. `content` is what must be said again with the answer.
    """

    key: str
    kind: str
    assigner: str
    assignee: str
    message_kind: str
    message_id: str
    asked_at: int
    deadline: int
    payment: int = 0
    uetr: str = ""
    case_id: str = ""
    row: str = ""
    reason: str = ""
    content: str = ""
    answer: str = ""
    state: State = State.ASSIGNED
    taken: list[Taken] = []
    mail: list[int] = []

    def step(self, event: Event, at: Instant) -> str:
        """Take the table's step; returns the article. Raises `UnlawfulStep` when the table has none."""
        row = ASSIGNMENT.step(self.state, event)
        self.state = row.after
        self.taken.append(Taken(int(at), event.name, row.after.name, row.article))
        return row.article

    @property
    def final(self) -> bool:
        return self.state in ASSIGNMENT.ends


def masked(name: str) -> str:
    """A name as it may be shown to who does not know it yet: the first character of each word, and three stars whatever its length."""
    return " ".join(f"{word[0]}***" for word in name.split())

"""The life of an uploaded file: it comes in parts, is whole, and its messages are taken in one after the other."""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import Instant, Nothing, Step, Table


class State(Enum):
    RECEIVING = "RECEIVING"
    WHOLE = "WHOLE"
    DONE = "DONE"
    REFUSED = "REFUSED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class Event(Enum):
    LAST_PART_CAME = "LAST_PART_CAME"
    DIGEST_DIFFERS = "DIGEST_DIFFERS"
    CANNOT_BE_READ = "CANNOT_BE_READ"
    ALL_TAKEN = "ALL_TAKEN"
    TAKEN_BACK = "TAKEN_BACK"
    TIME_RAN_OUT = "TIME_RAN_OUT"


UPLOAD = Table(
    "upload",
    start=State.RECEIVING,
    ends=(State.DONE, State.REFUSED, State.CANCELLED, State.EXPIRED),
    rows=(
        Step(State.RECEIVING, Event.LAST_PART_CAME, State.WHOLE, Nothing.NOTHING, "", ""),
        Step(State.RECEIVING, Event.DIGEST_DIFFERS, State.REFUSED, Nothing.NOTHING, "", ""),
        Step(State.RECEIVING, Event.TAKEN_BACK, State.CANCELLED, Nothing.NOTHING, "", ""),
        Step(State.RECEIVING, Event.TIME_RAN_OUT, State.EXPIRED, Nothing.NOTHING, "", ""),
        Step(State.WHOLE, Event.CANNOT_BE_READ, State.REFUSED, Nothing.NOTHING, "", ""),
        Step(State.WHOLE, Event.ALL_TAKEN, State.DONE, Nothing.NOTHING, "", ""),
    ),
)


class Upload(msgspec.Struct, frozen=True):
    """One file: whose it is (BIC of eight), who began it, its form, and how far it came.

    `offset` bytes of it are kept; `length` is what it will be, -1 while nobody said. `digest` is the header Repr-Digest that it must fit, "" while
    nobody said. `at` is when it last changed. Of `count` messages (-1 while it was not opened) those before `place` were taken in, `refused` of
    them refused. `why` says why the whole was refused.
    """

    name: str
    institution: str
    caller: str
    party: str
    media: str
    state: State
    at: Instant
    offset: int = 0
    length: int = -1
    digest: str = ""
    count: int = -1
    place: int = 0
    refused: int = 0
    why: str = ""

    def stepped(self, event: Event, at: Instant, why: str = "") -> Upload:
        """The same after `event`. Raises `UnlawfulStep`."""
        return msgspec.structs.replace(self, state=UPLOAD.step(self.state, event).after, at=at, why=why)


class Taken(msgspec.Struct, frozen=True):
    """What became of one message of a file: its place (from 0) and name in it, what it is, how many payments it asks for (with the UETR of an only one), whether it was
    refused and why, and the numbers of the messages that answered it at once."""

    place: int
    entry: str
    kind: str = ""
    message_id: str = ""
    payments: int = 0
    uetr: str = ""
    refused: bool = False
    reason: str = ""
    said: str = ""
    answers: tuple[int, ...] = ()

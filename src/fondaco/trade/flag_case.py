"""What guards noticed of one deed: a mark on it, or a case that two officers close. It stops no deed, and nobody whom it is about is told of it."""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import Instant, Nothing, Reason, Refusal, Step, Table
from fondaco.trade.deed import Decided, Deed
from fondaco.trade.flag import Flag, Grade

# The office whose officers close cases.
OFFICE = "COMPLIANCE"
REASON_MAX = 2_000
_ORDER = {Grade.NOTE: 0, Grade.QUERY: 1, Grade.REVIEW: 2}


class State(Enum):
    NOTICED = "NOTICED"
    MARKED = "MARKED"
    OPEN = "OPEN"
    EXPLAINED = "EXPLAINED"
    REPORTED = "REPORTED"


class Event(Enum):
    NOTED = "NOTED"
    CASE_OPENED = "CASE_OPENED"
    EXPLAINED = "EXPLAINED"
    REPORTED = "REPORTED"


S, E, N = State, Event, Nothing.NOTHING
FLAG_CASE = Table(
    "flag-case",
    start=S.NOTICED,
    ends=(S.MARKED, S.EXPLAINED, S.REPORTED),
    rows=(
        # A mark is evidence for whoever looks later; a case waits for people.
        Step(S.NOTICED, E.NOTED, S.MARKED, N, "", "17.5"),
        Step(S.NOTICED, E.CASE_OPENED, S.OPEN, N, "", "17.5"),
        Step(S.OPEN, E.EXPLAINED, S.EXPLAINED, N, "", "17.6"),
        # That it was reported to the authority says nothing of guilt; what that asks for is done by other deeds.
        Step(S.OPEN, E.REPORTED, S.REPORTED, N, "", "17.7"),
    ),
)


class FlagCase(msgspec.Struct, frozen=True):
    """What was noticed of the deed `action` that made `instrument` its `deed_version`. `editions` are the references that were held against it: kind,
    number, digest. `reason` is what the officers wrote."""

    id: str
    instrument: str
    deed_version: int
    action: str
    at: Instant
    flags: tuple[Flag, ...]
    editions: tuple[tuple[str, int, str], ...] = ()
    state: State = State.NOTICED
    version: int = 1
    reason: str = ""


class Closing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of EXPLAINED and REPORTED: why, in words."""

    reason: str


def noticed(case: FlagCase, least: Grade | None) -> FlagCase:
    """A mark, or a case where a flag is of the grade `least` or above (None: never)."""
    opens = least is not None and any(_ORDER[one.grade] >= _ORDER[least] for one in case.flags)
    row = FLAG_CASE.step(case.state, E.CASE_OPENED if opens else E.NOTED)
    return msgspec.structs.replace(case, state=row.after)


def decide(case: FlagCase, deed: Deed, signers: tuple[str, ...]) -> Decided[FlagCase] | Refusal:
    """Two officers of compliance say what became of a case."""
    event = Event.__members__.get(deed.action)
    if event not in (E.EXPLAINED, E.REPORTED):
        return Refusal(Reason.CODE_UNKNOWN, "action", deed.action, "17.6")
    if deed.actor != OFFICE or signers.count(OFFICE) < 2 or set(signers) != {OFFICE}:
        return Refusal(Reason.ROLE_NOT_HELD, "signatures", f"{signers.count(OFFICE)} of {OFFICE}, which needs 2", "17.6")
    if deed.version != case.version or not FLAG_CASE.can(case.state, event):
        return Refusal(Reason.OUT_OF_TURN, "instrument", f"{case.state.name}, version {case.version}", "17.6")
    try:
        said = msgspec.json.decode(deed.body, type=Closing)
    except msgspec.DecodeError as fault:
        return Refusal(Reason.MALFORMED, "body", str(fault)[:200], "17.6")
    if not said.reason.strip() or len(said.reason) > REASON_MAX:
        return Refusal(Reason.ELEMENT_MISSING, "body.reason", f"{len(said.reason)} characters", "17.6")
    row = FLAG_CASE.step(case.state, event)
    return Decided(msgspec.structs.replace(case, state=row.after, version=case.version + 1, reason=said.reason))

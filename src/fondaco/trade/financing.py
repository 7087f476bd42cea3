"""The register of what is financed: a bank registers fingerprints before it pays out, and nothing is financed twice.

Banks bring fingerprints (`fingerprint.py`), never documents. Who asks about one that is another bank's hears how alike it is and whom to call, and
nothing else: neither parties nor amounts, nor how many there are, nor how far the other one got.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from typing import NamedTuple, TypeVar

import msgspec

from fondaco.core import Instant, Nothing, Reason, Refusal, Step, Table
from fondaco.trade.deed import Decided, Deed, Tell
from fondaco.trade.fingerprint import LIKENESS, Likeness, Print


class State(Enum):
    REGISTERED = "REGISTERED"
    FINANCED = "FINANCED"
    RELEASED = "RELEASED"


class Event(Enum):
    PAID_OUT = "PAID_OUT"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"
    REPAID = "REPAID"


S, E, B = State, Event, Nothing
# How long a registration keeps others away before its bank pays out.
REGISTRATION_DAYS = 30
REGISTER = "REGISTER_FINANCING"
PRINTS_MAX = 1_024
NOTICE = "trade.financing"
# The number of the hub's own key: of what stands in the hub it makes fingerprints itself, so that an edited copy is found whatever a bank brings.
HUB_KEY = 0
# What stands there and is released by a deed of who has the right.
_RELEASED_THERE = ("INV-", "ETR-")
_DAY_NS = 86_400 * 10**9
_NOTE_MAX = 500
_Body = TypeVar("_Body", bound=msgspec.Struct)

FINANCING = Table(
    "financing",
    start=S.REGISTERED,
    ends=(S.RELEASED,),
    rows=(
        Step(S.REGISTERED, E.PAID_OUT, S.FINANCED, B.NOTHING, "", "17.1"),
        Step(S.REGISTERED, E.WITHDRAWN, S.RELEASED, B.NOTHING, "", "17.2"),
        # A registration is no lock for ever: who does not pay out in time makes room.
        Step(S.REGISTERED, E.LAPSED, S.RELEASED, B.NOTHING, "", "17.3"),
        Step(S.FINANCED, E.REPAID, S.RELEASED, B.NOTHING, "", "17.4"),
    ),
)


class Financing(msgspec.Struct, frozen=True):
    """One document that a bank finances, or is about to. `id` rises with the order of registration: the earlier one has the better right.

    `until` is the instant at which a registration lapses. `seen` is what the bank said of likenesses that are not exact when it paid out. `subject` is
    what it finances where that stands in the hub (`INV-000001`, `ETR-000001`, `LC-000001/P1`, `LC-000001/U1`), "" for a document outside; `bound` says
    that the right in it was given there.
    """

    id: str
    owner: str
    prints: tuple[Print, ...]
    registered_at: Instant
    until: Instant
    state: State = State.REGISTERED
    version: int = 1
    seen: str = ""
    subject: str = ""
    bound: bool = False

    @property
    def live(self) -> bool:
        return self.state is not State.RELEASED


class Match(NamedTuple):
    """All that who asks hears of another bank's document: how alike, and whom to call (BIC)."""

    likeness: Likeness
    contact: str


class Registering(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of a deed `REGISTER_FINANCING`. A `subject` that stands in the hub needs no prints of the bank's own: the hub makes those that it can."""

    prints: tuple[Print, ...] = ()
    subject: str = ""


class PayingOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of a deed `PAY_OUT`. `seen` says what people found of likenesses that are not exact, "" where there are none."""

    seen: str = ""


class FinancingBook:
    """Every document that is registered and not yet released, by its fingerprints. The hub keeps it; who asks goes through `matches`."""

    def __init__(self, kept: Iterable[Financing] = ()) -> None:
        self._by_id: dict[str, Financing] = {}
        self._by_digest: dict[tuple[str, str], dict[str, None]] = {}
        self._by_subject: dict[str, dict[str, None]] = {}
        for one in kept:
            self.keep(one)

    def __len__(self) -> int:
        return len(self._by_id)

    def __getitem__(self, id_: str) -> Financing:
        return self._by_id[id_]

    def get(self, id_: str) -> Financing | None:
        return self._by_id.get(id_)

    def keep(self, one: Financing) -> None:
        """Put a document in, or the new state of one; a released one leaves the book."""
        self._by_id.pop(one.id, None)
        for print_ in one.prints:
            self._by_digest.get((print_.kind, print_.digest), {}).pop(one.id, None)
        self._name(one)
        if one.live:
            self._by_id[one.id] = one
            for print_ in one.prints:
                self._by_digest.setdefault((print_.kind, print_.digest), {})[one.id] = None
        else:
            for print_ in one.prints:
                if not self._by_digest.get((print_.kind, print_.digest), {"": None}):
                    del self._by_digest[print_.kind, print_.digest]

    def _name(self, one: Financing) -> None:
        if not one.subject:
            return
        there = self._by_subject.setdefault(one.subject, {})
        if one.live:
            there[one.id] = None
        else:
            there.pop(one.id, None)
        if not there:
            del self._by_subject[one.subject]

    def alike(self, prints: Iterable[Print], but: str = "") -> dict[str, Likeness]:
        """Live documents that share a fingerprint, with the strongest likeness of each; `but` is the document itself."""
        found: dict[str, Likeness] = {}
        for print_ in prints:
            likeness = LIKENESS[print_.kind]
            for id_ in self._by_digest.get((print_.kind, print_.digest), ()):
                if id_ != but and (id_ not in found or _ORDER[likeness] < _ORDER[found[id_]]):
                    found[id_] = likeness
        return found

    def matches(self, asker: str, prints: Iterable[Print], but: str = "") -> tuple[Match, ...]:
        """What a bank hears when it asks: of every other bank one line, the strongest likeness first, then by BIC."""
        strongest: dict[str, Likeness] = {}
        for id_, likeness in self.alike(prints, but).items():
            owner = self._by_id[id_].owner
            if owner != asker and (owner not in strongest or _ORDER[likeness] < _ORDER[strongest[owner]]):
                strongest[owner] = likeness
        return tuple(
            sorted((Match(likeness, owner) for owner, likeness in strongest.items()), key=lambda one: (_ORDER[one[0]], one[1]))
        )

    def of_subject(self, subject: str) -> tuple[Financing, ...]:
        """Whatever is registered of what stands in the hub under this name, in the order of registration."""
        return tuple(self._by_id[id_] for id_ in self._by_subject.get(subject, ()))

    def due(self, at: Instant) -> tuple[Financing, ...]:
        """Registrations whose time is over, in the order of registration."""
        return tuple(one for one in self._by_id.values() if one.state is State.REGISTERED and one.until <= at)


_ORDER = {likeness: number for number, likeness in enumerate(Likeness)}


def registering(deed: Deed) -> Registering | Refusal:
    """What a bank registers, as far as it is well formed."""
    return _decoded(deed.body, Registering)


def register(book: FinancingBook, deed: Deed, id_: str, at: Instant, own: tuple[Print, ...] = ()) -> Decided[Financing] | Refusal:
    """A bank registers a document before it finances it; likenesses don't refuse it (the bank hears of them), a second registration of its own does.

    `own` are the hub's fingerprints of the subject that the body names, under the hub's key; under that key nobody else makes any.
    """
    body = registering(deed)
    if isinstance(body, Refusal):
        return body
    if not (body.prints or own) or len(body.prints) > PRINTS_MAX:
        return Refusal(Reason.ELEMENT_MISSING, "prints", str(len(body.prints)))
    for number, one in enumerate(body.prints):
        if one.kind not in LIKENESS or one.key == HUB_KEY:
            return Refusal(Reason.CODE_UNKNOWN, f"prints/{number}/kind", one.kind)
        if len(one.digest) != 64 or set(one.digest) - set("0123456789abcdef"):
            return Refusal(Reason.MALFORMED, f"prints/{number}/digest", one.digest[:70])
    prints = tuple(dict.fromkeys((*own, *body.prints)))
    again = [
        other for other, likeness in book.alike(prints).items() if likeness is Likeness.EXACT and book[other].owner == deed.actor
    ]
    if again:
        return Refusal(Reason.OUT_OF_TURN, "prints", f"registered already as {again[0]}", "17.1")
    until = Instant(at + REGISTRATION_DAYS * _DAY_NS)
    made = Financing(id_, deed.actor, prints, at, until, subject=body.subject)
    return Decided(made, tells=_calls(book, made))


def decide(book: FinancingBook, deed: Deed, at: Instant) -> Decided[Financing] | Refusal:
    """`PAY_OUT`, `WITHDRAW` or `REPAY` of a registered document, by the bank that registered it.

    Nothing is paid out while another live document is the same (EXACT) and came earlier or is paid out. Where other banks have what is alike, or registered
    the same later, the deed must say what people found: who shows one document to two banks is worth a call.
    """
    one = book.get(deed.instrument)
    if one is None or one.owner != deed.actor:
        return Refusal(Reason.NOT_FOUND, "instrument", deed.instrument)
    event = DEEDS.get(deed.action)
    if event is None:
        return Refusal(Reason.CODE_UNKNOWN, "action", deed.action)
    if deed.version != one.version or not FINANCING.can(one.state, event):
        return Refusal(Reason.OUT_OF_TURN, "instrument", f"{one.state.name}, version {one.version}")
    if event is Event.REPAID and one.bound and one.subject.startswith(_RELEASED_THERE):
        return Refusal(Reason.OUT_OF_TURN, "instrument", f"the right in {one.subject} stands: it ends there", "17.4")
    seen = ""
    if event is Event.PAID_OUT:
        body = _decoded(deed.body, PayingOut)
        if isinstance(body, Refusal):
            return body
        if one.until <= at:
            return Refusal(Reason.EXPIRED, "instrument", "the registration lapsed", "17.3")
        refused = _twice(book, one, body.seen)
        if refused is not None:
            return refused
        seen = body.seen
    return Decided(_stepped(one, event, seen))


def lapse(one: Financing, at: Instant) -> Decided[Financing] | Refusal:
    """Time's own step: a registration that was not paid out in time makes room."""
    if not FINANCING.can(one.state, Event.LAPSED) or at < one.until:
        return Refusal(Reason.OUT_OF_TURN, "instrument", f"{one.state.name} until {int(one.until)}")
    return Decided(_stepped(one, Event.LAPSED, ""))


def bound(book: FinancingBook, one: Financing, at: Instant, but: Collection[str] = ()) -> Decided[Financing] | Refusal:
    """The right in what stands in the hub is given to the bank's side now: with that it is paid out. `but` are financings that this one repays.

    Places are those of the deed that gives the right; whom to call is told to the bank alone, which hears it when it registers.
    """
    if one.bound:
        return Refusal(Reason.OUT_OF_TURN, one.id, f"the right in {one.subject} was given already", "17.1")
    if one.state is State.FINANCED:
        return Decided(msgspec.structs.replace(one, version=one.version + 1, bound=True))
    if one.until <= at:
        return Refusal(Reason.EXPIRED, one.id, "the registration lapsed", "17.3")
    refused = _twice(book, one, "", but)
    if refused is not None:
        found = (
            "it is financed already, or somebody has the better right"
            if refused.where == "prints"
            else "its bank has not said what it saw"
        )
        return Refusal(refused.reason, one.id, found, refused.article)
    return Decided(msgspec.structs.replace(_stepped(one, Event.PAID_OUT, ""), bound=True))


def repaid(one: Financing) -> Decided[Financing]:
    """What stood in the hub for it came to its end: the right was released, or the debt was paid."""
    return Decided(_stepped(one, Event.REPAID, ""))


# What a bank says of its financing once it is registered, and what that brings.
DEEDS = {"PAY_OUT": Event.PAID_OUT, "WITHDRAW": Event.WITHDRAWN, "REPAY": Event.REPAID}


def _twice(book: FinancingBook, one: Financing, seen: str, but: Collection[str] = ()) -> Refusal | None:
    others = {id_: likeness for id_, likeness in book.alike(one.prints, but=one.id).items() if id_ not in but}
    for id_, likeness in others.items():
        other = book[id_]
        if likeness is Likeness.EXACT and (other.state is State.FINANCED or _earlier(other, one)):
            return Refusal(Reason.OUT_OF_TURN, "prints", f"EXACT, call {other.owner}", "17.1")
    foreign = [book[id_].owner for id_ in others if book[id_].owner != one.owner]
    if foreign and not seen.strip():
        return Refusal(
            Reason.ELEMENT_MISSING, "seen", f"others registered what is alike, call {', '.join(sorted(set(foreign)))}", "17.1"
        )
    if len(seen) > _NOTE_MAX:
        return Refusal(Reason.MALFORMED, "seen", f"{len(seen)} characters, of at most {_NOTE_MAX}")
    return None


def _calls(book: FinancingBook, made: Financing) -> tuple[Tell, ...]:
    """Who is to call whom: the bank that registers hears of the others, and each of them of it. Never a field, nor how far anybody got."""
    matches = book.matches(made.owner, made.prints)
    pairs = [(made.owner, one) for one in matches] + [(one.contact, Match(one.likeness, made.owner)) for one in matches]
    return tuple(
        Tell(bank, NOTICE, msgspec.json.encode({"event": "ALIKE", "likeness": one.likeness.value, "call": one.contact}))
        for bank, one in pairs
    )


def _earlier(other: Financing, one: Financing) -> bool:
    return (other.registered_at, other.id) < (one.registered_at, one.id)


def _stepped(one: Financing, event: Event, seen: str) -> Financing:
    row = FINANCING.step(one.state, event)
    return msgspec.structs.replace(one, state=row.after, version=one.version + 1, seen=seen or one.seen)


def _decoded(body: bytes, kind: type[_Body]) -> _Body | Refusal:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as fault:
        return Refusal(Reason.MALFORMED, "body", str(fault)[:200])

"""One question to a hub: what is sent, and how its answer is read. Nothing here touches the network."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Generic, TypeVar

from fondaco.client.answers import refusing
from fondaco.client.fault import HubFault, Unavailable, fault_of, retry_after

T = TypeVar("T")

JSON = "application/json"
# What says that nothing is known of the request, or that it was not taken on: it may be asked again (RFC 9110 section 15, docs/api.md).
_AGAIN = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `target` is the path with its query, or a whole address; `patience_s` is how long the hub may wait with its answer on purpose.

    A good answer's body goes `into` a file where one is named, from its beginning at each attempt, and is not held in memory.
    """

    method: str
    target: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    patience_s: float = 0
    into: BinaryIO | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A question that may be asked again without harm: it changes nothing, or is known by its message or its key."""

    request: Request
    read: Callable[[Reply], T]


@dataclass(frozen=True, slots=True)
class Pause:
    """So many seconds in which nothing is asked."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and after which pauses, what failed is asked again: `times` more, each pause twice the one before, up to `most_s`.

    A pause is drawn between half and all of that, so that clients of one hub do not come back together; `seed` makes the draw the same each time.
    Retry-After is honoured up to `retry_after_s_max`: who is told to wait longer is told so by the fault.
    """

    times: int = 5
    first_s: float = 0.2
    most_s: float = 10.0
    retry_after_s_max: float = 60.0
    seed: int | None = None

    def pause(self, nth: int, drawn: float) -> float:
        """Seconds before the attempt behind the `nth` that failed (from 0). `drawn` is from 0 up to 1."""
        whole = min(self.most_s, self.first_s * 2.0 ** min(nth, 62))
        return whole * (0.5 + drawn / 2)


RETRIES = Retries()
Step = Request | Pause
# What a flow asks its driver to do, one after the other; a request is answered with a `Reply` or an `Unavailable`.
Flow = Generator[Step, Any, T]


def after(nth: int, outcome: Reply | HubFault, retries: Retries, drawn: float) -> float | None:
    """For how many seconds to wait before asking again; None where the outcome stands."""
    if nth >= retries.times:
        return None
    pause = retries.pause(nth, drawn)
    if isinstance(outcome, HubFault):
        return pause if isinstance(outcome, Unavailable) and outcome.again else None
    if outcome.status not in _AGAIN:
        return None
    said = retry_after(outcome.headers)
    return max(pause, said) if said <= retries.retry_after_s_max else None


def asked(call: Call[T], retries: Retries, draw: Callable[[], float]) -> Flow[T]:
    """Ask until there is an answer, or a fault that stands; `draw` gives numbers from 0 up to 1. Ends: after `retries.times` more. Raises `HubFault`."""
    nth = 0
    while True:
        outcome: Reply | HubFault = yield call.request
        pause = after(nth, outcome, retries, draw())
        if pause is None:
            return answer(call, outcome)
        nth += 1
        yield Pause(pause)


def answer(call: Call[T], outcome: Reply | HubFault) -> T:
    """What the call reads of its answer. Raises `HubFault`."""
    if isinstance(outcome, HubFault):
        raise outcome
    if not 200 <= outcome.status < 300:
        raise fault_of(outcome.status, outcome.headers, outcome.body, refusing(outcome.headers, outcome.body))
    return call.read(outcome)

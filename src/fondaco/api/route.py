"""What a route is: its name, its place, what it takes and gives. The server and its description are both made from these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from fondaco.access import ROWS, Right, Role

JSON, XML, SSE = "application/json", "application/xml", "text/event-stream"

# An end of a pattern is written as Python has it; the description writes `$`, which means the same there.
Amount = Annotated[
    str, msgspec.Meta(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,3})?\Z", description="In units of its currency, as a text")
]
Plain = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,3})?\Z", description="In units of its currency, as a text; no sign")
]
Rate = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,11}(\.[0-9]{1,10})?\Z")]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z", description="ISO 4217")]
Bic = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?\Z", description="ISO 9362")]
Towards = Annotated[
    str, msgspec.Meta(pattern=r"^([A-Z]{2}|[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?)\Z", description="A bank or a country")
]
Uetr = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z", description="RFC 9562")
]
Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z", description="ISO 8601")]
Moment = Annotated[str, msgspec.Meta(description="ISO 8601 in UTC, with milliseconds")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}\Z")]
Hex = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}){1,256}\Z", description="Bytes in hexadecimal digits")]
Note = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
# Numbers of messages, payments, cycles: as far as JSON's readers count exactly.
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameter is taken."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: a record that becomes JSON, or bytes of `media`."""

    body: Any = None
    status: int = 200
    media: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Header:
    """A header that a route reads, for its description; `pattern` is written as ECMA 262 has it."""

    name: str
    said: str
    pattern: str = ""
    required: bool = False


# What the parameter of a path names, where its name is not the word.
_NOUNS = {"uetr": "payment", "number": "proposal", "seq": "letter"}
# Is handed an `ask.Ask`, whose module knows this one.
Handler = Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one place. `handler` gives a record, a `Reply`, or a response of its own where it streams.

    `right` is what the table of rights (`access.rights`) asks of who uses it. `place` and `query` say what stands
    in the path and behind it; `body` the JSON that it takes, None for none, `takes` other forms. `gives` are its answers: status, what it means, the record
    or None, and the form. `deed` says that it changes something, and takes an `Idempotency-Key`. `headers` are
    further ones that it reads. `about` is the word of the log of looks for what is asked for, where it is not that of the path.
    """

    name: str
    method: str
    path: str
    summary: str
    handler: Handler
    right: Right
    tag: str
    place: type[msgspec.Struct] = Nothing
    query: type[msgspec.Struct] = Nothing
    body: type[msgspec.Struct] | None = None
    takes: tuple[str, ...] = ()
    gives: tuple[tuple[int, str, Any, tuple[str, ...]], ...] = ()
    problems: tuple[str, ...] = ()
    deed: bool = False
    headers: tuple[Header, ...] = ()
    about: str = ""

    def subject(self, place: Mapping[str, Any]) -> str:
        """What a look at this is about, in the words of the console's looks: who asks the log of one subject finds both doors. `place` is what stands in the
        path, as it came."""
        if not place:
            return f"place {self.about or self.path.removeprefix('/v1/').strip('/')}"
        ((name, value),) = place.items()
        return f"{self.about or _NOUNS.get(name, name)} {value}"

    @property
    def roles(self) -> frozenset[Role]:
        """Who holds its right."""
        return frozenset(ROWS[self.right].who)


def given(
    record: Any, meaning: str = "What was asked for", status: int = 200
) -> tuple[tuple[int, str, Any, tuple[str, ...]], ...]:
    """The one good answer of a route that gives JSON."""
    return ((status, meaning, record, (JSON,)),)

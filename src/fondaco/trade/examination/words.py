"""What the terms of a credit and the documents under it share: parties, places, quantities; and how both are read, strictly.

Amounts and quantities are texts in JSON (`"1234.50"`), `Decimal` inside. Dates are ISO dates. A field that nobody knows is refused, with its place.
"""

from __future__ import annotations

from datetime import date
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation
from typing import Annotated, TypeVar

import msgspec

from fondaco.core import MalformedMessage, Reason

T = TypeVar("T")

# No amount or quantity of a document has more digits before or behind its point; so no product of two is ever rounded.
DIGITS_MAX = 18
DECIMALS_MAX = 9
# Sums and products are exact, or the process stops: a rounded number can agree with what it contradicts.
EXACT = Context(prec=90, traps=[Inexact, InvalidOperation, DivisionByZero])


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A record of JSON that admits no field but its own."""


def plain(value: Decimal) -> None:
    """Raise `ValueError` for a number that no document would bear: infinite, not a number, or endless."""
    if not value.is_finite():
        raise ValueError("a plain number is wanted")
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "a finite number has an exponent"
    if exponent < -DECIMALS_MAX or len(digits) + exponent > DIGITS_MAX or exponent > DIGITS_MAX:
        raise ValueError(f"a number has at most {DIGITS_MAX} digits and {DECIMALS_MAX} decimals")


# Days beyond these are misprints, and cannot be counted from.
_FIRST_DAY, _LAST_DAY = date(1950, 1, 1), date(2999, 12, 31)

Percent = Annotated[int, msgspec.Meta(ge=0, le=999)]
Count = Annotated[int, msgspec.Meta(ge=0, le=999_999_999)]
DayCount = Annotated[int, msgspec.Meta(ge=0, le=9_999)]


def dated(*days: date | None) -> None:
    """Raise `ValueError` for a day that no document would bear."""
    for day in days:
        if day is not None and not _FIRST_DAY <= day <= _LAST_DAY:
            raise ValueError(f"a day lies between {_FIRST_DAY} and {_LAST_DAY}")


class Amount(Strict, frozen=True, kw_only=True):
    """So much money of one currency, as it stands in a document: neither is known to be lawful."""

    currency: str
    value: Decimal

    def __post_init__(self) -> None:
        plain(self.value)

    def __str__(self) -> str:
        return f"{self.value:f} {self.currency}"


class Quantity(Strict, frozen=True, kw_only=True):
    """So much of a unit: a code of UN/ECE Recommendation 20 (`KGM`) or its word (`kg`)."""

    value: Decimal
    unit: str

    def __post_init__(self) -> None:
        plain(self.value)

    def __str__(self) -> str:
        return f"{self.value:f} {self.unit}"


class Party(Strict, frozen=True, kw_only=True):
    """Who somebody is, as a credit or a document says it.

    `id` is the party's own in the hub (a BIC, or a name that its bank registered), "" in a document. `country` is of ISO 3166. `contact` is
    telephone, e-mail and the like, which no examination weighs (UCP 600 art. 14(j)).
    """

    name: str
    id: str = ""
    address: tuple[str, ...] = ()
    country: str = ""
    contact: tuple[str, ...] = ()


class Place(Strict, frozen=True, kw_only=True):
    """A port, an airport or a place: the name that stands there, its UN/LOCODE where one is known, and a country (ISO 3166) for a range."""

    name: str = ""
    locode: str = ""
    country: str = ""


class Tenor(Strict, frozen=True, kw_only=True):
    """When a draft or a deferred payment falls due: at sight, so many days after an event, or on a day."""

    event: str  # one of TENOR_EVENTS
    days: DayCount = 0
    day: str = ""  # an ISO date, for FIXED

    def __post_init__(self) -> None:
        if self.event not in TENOR_EVENTS:
            raise ValueError(f"a tenor's event is one of {', '.join(TENOR_EVENTS)}")


TENOR_EVENTS = ("SIGHT", "AFTER_SIGHT", "AFTER_SHIPMENT", "AFTER_INVOICE", "AFTER_DRAFT", "FIXED")


def read_json(raw: bytes, kind: type[T]) -> T:
    """The record in `raw`. Raises `MalformedMessage` with the place: broken JSON, an unknown field, a missing one, a value of another type."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        text = str(fault)
        said, _, where = text.partition(" - at `")
        raise MalformedMessage(Reason.MALFORMED, where.rstrip("`"), said) from fault

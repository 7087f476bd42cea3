"""The particulars of a deed: its JSON body becomes a checked record, its amounts whole minor units."""

from __future__ import annotations

import re
from datetime import date
from typing import TypeVar

import msgspec

from fondaco.core import CURRENCIES, AmountFault, Reason, Refusal, TooManyDecimals, minor_of, minor_text

T = TypeVar("T", bound=msgspec.Struct)

# What the hub does by itself, as time or the books demand, is done in this name; no key signs for it.
HUB = ""
PARTY = re.compile(r"[A-Z0-9-]{3,35}")
BATCH = re.compile(r"[0-9a-f]{64}")


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a deed that has nothing to say but its action."""


def read(body: bytes, form: type[T]) -> T | Refusal:
    """The body as `form`, or a refusal that says where it breaks; an empty body is an empty object."""
    try:
        return msgspec.json.decode(body or b"{}", type=form)
    except msgspec.DecodeError as broken:
        text, _, place = str(broken).partition(" - at `")
        return Refusal(Reason.MALFORMED, place.rstrip("`") or "$", text)


def minor(text: str, currency: str, where: str, article: str) -> int | Refusal:
    """An amount above zero as whole minor units of `currency`; never rounded."""
    known = CURRENCIES.get(currency)
    if known is None:
        return Refusal(Reason.CURRENCY_NOT_SETTLED, where, currency, article)
    try:
        found = minor_of(text, known.exponent)
    except TooManyDecimals:
        return Refusal(Reason.DECIMALS_WRONG, where, text, article)
    except AmountFault:
        return Refusal(Reason.MALFORMED, where, text, article)
    return found if found else Refusal(Reason.AMOUNT_NOT_POSITIVE, where, text, article)


def text_of(minor_units: int, currency: str) -> str:
    """The amount as bodies write it."""
    return minor_text(minor_units, CURRENCIES[currency].exponent)


def day(text: str, where: str, article: str) -> date | Refusal:
    """An ISO date."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return Refusal(Reason.MALFORMED, where, text, article)
    return found if found.isoformat() == text else Refusal(Reason.MALFORMED, where, text, article)


def party_fault(name: str, where: str, article: str) -> Refusal | None:
    """A party is named by its BIC of eight or by the name under which its bank registered it."""
    return None if PARTY.fullmatch(name) else Refusal(Reason.MALFORMED, where, name, article)


def repeated(names: tuple[str, ...]) -> str:
    """The first name that stands twice, "" where none does."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""

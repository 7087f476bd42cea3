"""Editions of the reference data of trade: which file was taken, from which day on, and which one a day has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from fondaco.core import Instant

PRICES, RATES, HARMONISED, PLACES = "prices", "rates", "harmonised", "places"
KINDS = (PRICES, RATES, HARMONISED, PLACES)


class Edition(msgspec.Struct, frozen=True):
    """One file that passed its gates. `first_day` is the day from which it is in force; `accepted` says why a gate was passed by hand, "" for no gate."""

    kind: str
    number: int
    first_day: str
    digest: str
    rows: int
    loaded_at: Instant
    by: str
    accepted: str = ""


def digest_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def in_force(editions: Iterable[Edition], kind: str, day: str) -> Edition | None:
    """Of the editions of a kind the one that `day` (ISO date) has: the last to begin, and of those the last that was loaded."""
    fitting = [one for one in editions if one.kind == kind and one.first_day <= day]
    return max(fitting, key=lambda one: (one.first_day, one.number), default=None)

"""Fingerprints of what is financed: two banks find out that they were shown the same invoice or bill of lading, and learn nothing else.

A fingerprint is a keyed digest (HMAC-SHA-256, RFC 2104) of a document's fields after they were made alike. The key belongs to the group of banks: who has it
not learns nothing from a fingerprint, though invoice numbers and amounts could be guessed. A plain digest would not do: it can be tried for every
number there is. Who keeps the register (`financing.py`) needs no key.
"""

from __future__ import annotations

import hmac
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from enum import Enum

import msgspec

from fondaco.core import MINOR_MAX

# RFC 2104, section 3: a key as long as the digest.
KEY_BYTES = 32


class Likeness(Enum):
    """How much it says that two fingerprints are equal, the strongest first."""

    EXACT = "EXACT"  # the same document
    LIKELY = "LIKELY"  # the same but for its number, or the same goods on the same voyage
    SIMILAR = "SIMILAR"  # the same parties, about the same amount, about the same day


class Print(msgspec.Struct, frozen=True, array_like=True):
    """One fingerprint. `kind` is F0 to F4 with the fields that it is of, `key` the number of the group key, `digest` 64 hexadecimal digits."""

    kind: str
    key: int
    digest: str


LIKENESS: dict[str, Likeness] = {
    "F0.instrument": Likeness.EXACT,
    "F1.invoice": Likeness.EXACT,
    "F2.unnumbered": Likeness.LIKELY,
    "F3.bill": Likeness.EXACT,
    "F3.container": Likeness.LIKELY,
    "F3.voyage": Likeness.LIKELY,
    "F4.near": Likeness.SIMILAR,
}


class GroupKey(msgspec.Struct, frozen=True, array_like=True):
    """The key of a group of banks: its number, and at least 32 secret bytes."""

    number: int
    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) < KEY_BYTES:
            raise ValueError(f"a group key has at least {KEY_BYTES} bytes, not {len(self.secret)}")


class InvoiceFacts(msgspec.Struct, frozen=True, array_like=True):
    """An invoice as far as its fingerprints go. Parties by an identifier that all banks of the group use (LEI, tax or company number); `day` is an ISO date,
    `minor` whole minor units of `currency`, above zero."""

    seller: str
    buyer: str
    number: str
    day: str
    currency: str
    minor: int


class BillFacts(msgspec.Struct, frozen=True, array_like=True):
    """A bill of lading as far as its fingerprints go. `containers` are (number, seal), `on_board` is an ISO date, `vessel` the IMO number."""

    issuer: str
    number: str
    containers: tuple[tuple[str, str], ...] = ()
    on_board: str = ""
    vessel: str = ""
    voyage: str = ""


def alike(text: str) -> str:
    """A field as it is compared: compatibility forms unified, one case, letters and digits alone (`INV-0012/a` is `inv0012a`)."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def invoice_prints(key: GroupKey, facts: InvoiceFacts) -> tuple[Print, ...]:
    """F1 (all fields), F2 (without the number) and F4 (about the amount, about the day). A fingerprint whose field is empty is not made: it would be
    everybody's. Raises `ValueError` for a day that is none, or an amount that the books could not hold."""
    day = date.fromisoformat(facts.day)
    if not 0 < facts.minor <= MINOR_MAX:
        raise ValueError(f"{facts.minor} is no amount of an invoice")
    parties = (alike(facts.seller), alike(facts.buyer))
    exact = (*parties, day.isoformat(), alike(facts.currency), str(facts.minor))
    made = [_print(key, "F1.invoice", (alike(facts.number), *exact)), _print(key, "F2.unnumbered", exact)]
    made += [_print(key, "F4.near", (*parties, alike(facts.currency), *about)) for about in _abouts(facts.minor, day)]
    return tuple(one for one in made if one is not None)


def bill_prints(key: GroupKey, facts: BillFacts) -> tuple[Print, ...]:
    """F3: issuer and number; each container with its seal and day; each container with vessel and voyage. Raises `ValueError` for a day that is none."""
    day = date.fromisoformat(facts.on_board).isoformat() if facts.on_board else ""
    made = [_print(key, "F3.bill", (alike(facts.issuer), alike(facts.number)))]
    for number, seal in facts.containers:
        made.append(_print(key, "F3.container", (alike(number), alike(seal), day)))
        made.append(_print(key, "F3.voyage", (alike(facts.vessel), alike(facts.voyage), alike(number))))
    return tuple(dict.fromkeys(one for one in made if one is not None))


def instrument_print(key: GroupKey, name: str) -> Print:
    """F0: what stands in a hub under a name of its own (`INV-000001`, `LC-000001/P1`)."""
    made = _print(key, "F0.instrument", (name,))
    assert made is not None, "what stands in a hub has a name"
    return made


def _print(key: GroupKey, kind: str, fields: tuple[str, ...]) -> Print | None:
    if not all(fields):
        return None
    material = b"fondaco fingerprint 1\0" + msgspec.msgpack.encode([key.number, kind, *fields])
    return Print(kind, key.number, hmac.digest(key.secret, material, "sha256").hex())


# Amounts lie on a ladder whose rungs are 2 % apart, days on one of a week. Each pair of neighbouring rungs is one bucket, and pairs are taken in both ways, so
# that two amounts (days) on the same or on neighbouring rungs always share a bucket, and two that are further apart never do.
NEAR_PER_CENT = 2
NEAR_DAYS = 7


def _ladder() -> Iterator[int]:
    rung = 1
    while rung <= MINOR_MAX:  # ends: every rung is higher than the one before
        yield rung
        rung = max(rung + 1, rung * (100 + NEAR_PER_CENT) // 100)


_LADDER = tuple(_ladder())


def amount_rung(minor: int) -> int:
    """The rung of an amount: amounts at most 2 % apart (or one minor unit) are on the same or on neighbouring ones."""
    return bisect_right(_LADDER, minor)


def day_rung(day: date) -> int:
    """The rung of a day: days at most a week apart are on the same or on neighbouring ones."""
    return day.toordinal() // NEAR_DAYS


def _abouts(minor: int, day: date) -> Iterator[tuple[str, str]]:
    for amount_way in (0, 1):
        for day_way in (0, 1):
            yield (f"{amount_way}:{(amount_rung(minor) + amount_way) // 2}", f"{day_way}:{(day_rung(day) + day_way) // 2}")

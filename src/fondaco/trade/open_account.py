"""What contract, order and invoice share: how a deed's particulars are read, who may act, and the order in which a no is given."""

from __future__ import annotations

import re
from datetime import date
from typing import TypeVar

import msgspec

from fondaco.core import CURRENCIES, AmountFault, Reason, Refusal, TooManyDecimals, minor_of
from fondaco.trade.deed import Deed, Tell

T = TypeVar("T")
# A member's BIC of eight, or the slug under which its bank registered a party.
_PARTY = re.compile(r"[A-Z0-9-]{3,35}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
TEXT_MAX = 200


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The particulars of a deed that has none."""


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The particulars of a no, a query or a condition: what is to be told to the other side."""

    reason: str


def body_of(deed: Deed, kind: type[T]) -> T | Refusal:
    """The particulars of a deed as `kind`, or what is wrong with them."""
    try:
        return msgspec.json.decode(deed.body or b"{}", type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError) as fault:
        return Refusal(Reason.MALFORMED, f"deed {deed.action}, body", str(fault)[:TEXT_MAX])


def out_of_order(deed: Deed, instrument: str, version: int) -> Refusal | None:
    """Why a deed is not for this instrument as it stands."""
    if deed.instrument != instrument:
        return Refusal(Reason.NOT_FOUND, "deed, instrument", deed.instrument)
    if deed.version != version:
        return Refusal(Reason.OUT_OF_TURN, "deed, version", f"{deed.version}, where the instrument stands at {version}")
    return None


def not_theirs(deed: Deed, *allowed: str) -> Refusal | None:
    if deed.actor in allowed:
        return None
    return Refusal(Reason.ROLE_NOT_HELD, f"deed {deed.action}, actor", deed.actor)


def parties_fault(*parties: str) -> Refusal | None:
    for party in parties:
        if not _PARTY.fullmatch(party):
            return Refusal(Reason.IDENTIFIER_WRONG, "party", party[:TEXT_MAX])
    if len(set(parties)) != len(parties):
        return Refusal(Reason.IDENTIFIER_WRONG, "party", f"{parties[0]} on both sides")
    return None


def day_fault(place: str, text: str) -> Refusal | None:
    try:
        if date.fromisoformat(text).isoformat() == text:
            return None
    except ValueError:
        pass
    return Refusal(Reason.MALFORMED, place, f"{text[:TEXT_MAX]!r} is not an ISO date")


def digest_fault(place: str, text: str) -> Refusal | None:
    if _SHA256.fullmatch(text):
        return None
    return Refusal(Reason.MALFORMED, place, f"{text[:TEXT_MAX]!r} is not a SHA-256 in lower-case hexadecimal")


def amount_in(place: str, text: str, currency: str) -> int | Refusal:
    """Whole minor units, above zero, of a text of the currency's own decimals."""
    if currency not in CURRENCIES:
        return Refusal(Reason.CODE_UNKNOWN, "currency", currency[:TEXT_MAX])
    try:
        minor = minor_of(text, CURRENCIES[currency].exponent)
    except TooManyDecimals as fault:
        return Refusal(Reason.DECIMALS_WRONG, place, str(fault))
    except AmountFault as fault:
        return Refusal(Reason.MALFORMED, place, str(fault)[:TEXT_MAX])
    return minor if minor else Refusal(Reason.AMOUNT_NOT_POSITIVE, place, text)


def no_step(kind: str, state: str, action: str) -> Refusal:
    return Refusal(Reason.OUT_OF_TURN, f"{kind} is {state}", action[:TEXT_MAX])


def told(kind: str, number: str, state: str, event: str, *recipients: str) -> tuple[Tell, ...]:
    """The notice of a step to everybody whom it concerns but who took it."""
    body = msgspec.json.encode({"instrument": number, "event": event, "state": state})
    return tuple(Tell(recipient, f"trade.{kind}", body) for recipient in recipients)

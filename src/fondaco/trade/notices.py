"""What parties are told: notices in the fields of SWIFT's messages of categories 4 and 7, and plain ones to traders."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec

from fondaco.core import CURRENCIES, Instant, minor_text
from fondaco.trade.deed import Tell

NOTICE = "trade.notice"
NS_PER_SECOND = 1_000_000_000


def mt(number: str, recipient: str, fields: dict[str, str]) -> Tell:
    """A message of type `number` (`400`) as tag -> content; empty fields are left out."""
    return Tell(recipient, f"MT{number}", msgspec.json.encode({tag: text for tag, text in fields.items() if text}))


def notice(recipient: str, about: str, what: str, **more: str) -> Tell:
    """A plain notice: what happened to which instrument."""
    return Tell(recipient, NOTICE, msgspec.json.encode({"about": about, "what": what, **{k: v for k, v in more.items() if v}}))


def amount(minor: int, currency: str) -> str:
    """An amount as SWIFT writes it: `SGD1234,50`, with a comma even where no decimals follow."""
    text = minor_text(minor, CURRENCIES[currency].exponent)
    return f"{currency}{text.replace('.', ',')}" if "." in text else f"{currency}{text},"


def day_of(at: Instant) -> date:
    """The day on which a message is made, in UTC."""
    return datetime.fromtimestamp(int(at) // NS_PER_SECOND, UTC).date()


def lines(batch: str) -> str:
    """The hash of a settlement batch, in two lines that every field has room for."""
    half = len(batch) // 2
    return f"{batch[:half]}\n{batch[half:]}"


def six(day: date) -> str:
    """A day as SWIFT writes it: YYMMDD."""
    return f"{day:%y%m%d}"

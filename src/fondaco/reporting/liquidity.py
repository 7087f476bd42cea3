"""What a member holds, what of it is reserved, and what the open cycle will ask it to pay in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fondaco.ledger import Engine, Role, account_id


class Position(NamedTuple):
    """One member in one currency, in whole minor units.

    `booked` is its prefunded money; `reserved` the part that payments and withdrawals hold; `available` the rest. `net` is what the
    open cycle owes it (negative: what it owes), `limit` its net debit cap there, `headroom` what the cap still lets it owe.
    """

    number: int
    bic: str
    currency: str
    booked: int
    reserved: int
    available: int
    net: int
    limit: int
    headroom: int

    @property
    def pay_in(self) -> int:
        """What the member would have to pay if the cycle closed now."""
        return max(0, -self.net)

    @property
    def shortfall(self) -> int:
        """How much of it is not there."""
        return max(0, self.pay_in - self.available)


def position(
    books: Engine, ledgers: Mapping[str, int], number: int, bic: str, currency: str, cycle: int, limit: int
) -> Position | None:
    """The position of one member, None where it holds no account. `cycle` 0 means that none is open."""
    ledger = ledgers[currency]
    held = books.balance(account_id(Role.PREFUNDED, ledger, number))
    if held is None:
        return None
    clearing = books.balance(account_id(Role.CLEARING, ledger, number, cycle)) if cycle else None
    net, headroom = (clearing.net - limit, clearing.room) if clearing is not None else (0, 0)
    return Position(number, bic, currency, held.net, held.debits_pending, held.room, net, limit if cycle else 0, headroom)


def positions(
    books: Engine,
    ledgers: Mapping[str, int],
    members: Iterable[tuple[int, str, str]],
    cycle: int,
    limits: Mapping[tuple[str, int], int],
) -> list[Position]:
    """Positions of (number, BIC, currency) in their order; `limits` by (currency, number)."""
    found = (
        position(books, ledgers, number, bic, currency, cycle, limits.get((currency, number), 0))
        for number, bic, currency in members
    )
    return [one for one in found if one is not None]

"""A member of the union: its roles, standing, currencies and caps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Standing = Literal["active", "send_only", "receive_only", "suspended"]
RoleName = Literal["member", "fx_provider", "settlement_agent", "central_bank"]


@dataclass(frozen=True, slots=True)
class Participant:
    """`number` is stable for ever and makes the account numbers; 0 is the hub itself.

    `currency` is that of its country; `currencies` are those in which it holds accounts. `caps` are net debit caps for
    one net cycle, in whole minor units by currency.
    """

    number: int
    bic: str
    lei: str
    name: str
    country: str
    currency: str
    roles: frozenset[RoleName]
    standing: Standing = "active"
    currencies: frozenset[str] = frozenset()
    caps: Mapping[str, int] = field(default_factory=dict)

    @property
    def may_send(self) -> bool:
        return self.standing in ("active", "send_only") and "settlement_agent" not in self.roles

    @property
    def may_receive(self) -> bool:
        return self.standing in ("active", "receive_only") and "settlement_agent" not in self.roles


@dataclass(frozen=True, slots=True)
class OfficerRule:
    """A person who may decide: `public_key` is Ed25519, 64 hexadecimal digits. A representative speaks for `member` (BIC of eight)."""

    officer_id: str
    name: str
    roles: frozenset[str]
    public_key: str
    member: str = ""

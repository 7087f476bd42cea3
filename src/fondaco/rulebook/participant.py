"""A member of the union: its roles, standing, currencies and caps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fondaco.core import PasskeyKey

# `leaving` pays and receives nothing new, returns and withdraws; `left` is reached by the hub itself, and has no way back.
Standing = Literal["active", "send_only", "receive_only", "suspended", "leaving", "left"]
RoleName = Literal["member", "fx_provider", "settlement_agent", "central_bank"]


@dataclass(frozen=True, slots=True)
class Participant:
    """`number` is stable for ever and makes the account numbers; 0 is the hub itself.

    `currency` is that of its country; `currencies` are those in which it holds accounts. `caps` are net debit caps for
    one net cycle, in whole minor units by currency. A sponsored participant has accounts of its own on the hub's books and none at a
    settlement agent: there `sponsor` (BIC of eight) settles for it, and it may do no more than its sponsor may. Participants of one
    `group` (a word) are affiliates: they are taken to fail together.
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
    sponsor: str = ""
    sponsor_standing: Standing = "active"
    group: str = ""

    @property
    def may_send(self) -> bool:
        return self._stands("active", "send_only")

    @property
    def may_receive(self) -> bool:
        return self._stands("active", "receive_only")

    @property
    def may_pay_back(self) -> bool:
        """Whether it may send a return: who leaves still gives back what it must."""
        return self._stands("active", "send_only", "leaving")

    @property
    def may_take_back(self) -> bool:
        """Whether a return may come to it."""
        return self._stands("active", "receive_only", "leaving")

    def _stands(self, *standings: Standing) -> bool:
        return self.standing in standings and self.sponsor_standing in standings and "settlement_agent" not in self.roles


@dataclass(frozen=True, slots=True)
class OfficerRule:
    """A person who may decide: `public_key` is Ed25519, 64 hexadecimal digits. A representative speaks for `member` (BIC of eight). Any of
    `passkeys` signs an officer's words of cases and votes as well."""

    officer_id: str
    name: str
    roles: frozenset[str]
    public_key: str
    member: str = ""
    passkeys: tuple[PasskeyKey, ...] = ()

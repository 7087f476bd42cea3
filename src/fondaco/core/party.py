"""Who stands at the two ends of a payment, as far as the hub must know it."""

from __future__ import annotations

import msgspec


class Party(msgspec.Struct, frozen=True, array_like=True):
    """A debtor, creditor or ultimate party as the message named it; empty strings where it named nothing."""

    name: str
    country: str = ""
    account: str = ""
    lei: str = ""
    birth_date: str = ""

    def masked(self) -> str:
        """The name with all but the first letter of each word hidden, for those who need not know it."""
        return " ".join(word[0] + "*" * (len(word) - 1) for word in self.name.split())

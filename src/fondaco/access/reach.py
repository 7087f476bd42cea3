"""What a caller sees: what is its own; of a supervisor what is of its jurisdiction; of the operator everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from fondaco.access.caller import Caller, Role
from fondaco.core import bic8
from fondaco.rulebook import Scheme

_ALL = frozenset({Role.OPERATOR_MAKER, Role.OPERATOR_CHECKER, Role.AUDITOR})
_WATCHING = frozenset({Role.SUPERVISOR, Role.CENTRAL_BANK})
_OWN = frozenset({Role.MEMBER_MAKER, Role.MEMBER_CHECKER, Role.CENTRAL_BANK})


class Between(Protocol):
    """All of a payment that says who sees it."""

    @property
    def sender(self) -> str: ...

    @property
    def creditor_agent(self) -> str: ...

    @property
    def offered_as(self) -> str: ...

    @property
    def case(self) -> str: ...


class Reach:
    """The eyes of one caller, under the rulebook of the day."""

    def __init__(self, caller: Caller, scheme: Scheme) -> None:
        roles = caller.roles
        self.all = bool(roles & _ALL)
        self._country_of = {one.bic[:8]: one.country for one in scheme.participants}
        self._own = bic8(caller.institution) if caller.institution and roles & _OWN else ""
        self._countries = caller.jurisdiction if roles & _WATCHING else frozenset()
        self._cases = Role.COMPLIANCE_OFFICER in roles
        self._party = caller.party if Role.TRADER in roles else ""

    def bank(self, bic: str) -> bool:
        """Whether the affairs of this bank are seen."""
        own = bic8(bic)
        return self.all or own == self._own or self._country_of.get(own, "") in self._countries

    def union(self) -> bool:
        """Whether the affairs of every bank are seen: by who sees everything, and by a supervisor of all countries together."""
        return self.all or self._countries >= frozenset(self._country_of.values())

    def payment(self, one: Between) -> bool:
        """Whether a payment is seen: by both of its banks, their supervisors, and officers where it was held.

        A creditor agent sees it from when it was offered it: what was refused before never was its affair.
        """
        if self.all or self.bank(one.sender) or (self._cases and one.case):
            return True
        return bool(one.offered_as) and self.bank(one.creditor_agent)

    def instrument(self, named: Iterable[str], bank_of: Callable[[str], str], *, confidential: bool = False) -> bool:
        """Whether an instrument of trade is seen, in which these texts stand: by the parties named in it, the banks that answer for them (`bank_of`), their
        supervisors, and officers. What is `confidential` is for officers, and for who sees everything."""
        if self.all or self._cases:
            return True
        if confidential:
            return False
        if self._party:
            return self._party in named
        return any(self.bank(bank) for bank in {bank_of(one) for one in named} - {""})

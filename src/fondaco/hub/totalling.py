"""What a participant owes in the open cycle over all currencies, against the most that it may: counted from the payments, as the ledger counts
each currency by itself.

Nothing is counted, and nothing kept, where nobody has such a limit. Each debt is turned into the currency of exposures at the day's reference rate
and grows by the haircut of another currency; what it is owed in one currency makes no room in another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fondaco.clearing import Obligation, Rate, worth
from fondaco.core import Reason, Refusal, amount_text, bic8
from fondaco.hub.commands import Command, LimitTotal, TakeRates
from fondaco.hub.exposing import rates_of_day
from fondaco.hub.state import Batch, Desk
from fondaco.payments import Payment, State, obligations
from fondaco.rulebook import SCHEME, TOTAL

ARTICLE = "7.16"
_OWES = frozenset({State.RESERVED, State.OFFERED, State.ACCEPTED})
_SET, _REMOVED = "LIMIT_SET", "LIMIT_REMOVED"


class TotalLimit(NamedTuple):
    """The most that `payer` (a participant's number) may owe in one cycle over all currencies: `minor` units of `currency`, by `article`, as
    `set_by` (a BIC of eight, "scheme", or "" for itself) said it. `used_minor` is what it owes, None where no rate of the day lets that be told."""

    payer: int
    currency: str
    minor: int
    article: str
    set_by: str
    used_minor: int | None = None

    @property
    def towards(self) -> str:
        return "all"


class Totals:
    """The limits over all currencies of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._strictest: dict[int, TotalLimit] = {}
        # Of which day and edition the limits are, and of which cycle what is counted is: anything else is looked up, or counted, anew.
        self._known: tuple[str, str] = ("", "")
        self._cycle = -1
        self._counted: dict[int, tuple[int, int]] = {}
        self._net: dict[tuple[int, str], int] = {}

    def begin(self) -> None:
        """Before a batch, and whenever rules or limits changed: know who has a limit, and what the open cycle holds."""
        desk = self._desk
        if desk.rules is None or self._known == (desk.counters.day, desk.counters.rulebook):
            return
        self._known = desk.counters.day, desk.counters.rulebook
        self._look_up()

    def wants_rates(self, commands: Iterable[Command]) -> bool:
        """Whether the rates of the day are to be read before this batch: once a day, where somebody has a limit, or sets one."""
        self.begin()
        if self._desk.rules is None or self._desk.day_rates.day == self._desk.counters.day:
            return False
        return bool(self._strictest) or any(isinstance(one, LimitTotal) for one in commands)

    def rates(self) -> TakeRates:
        """The rates of the open day, or which of them is missing."""
        home = self._desk.in_force().risk.exposure_currency
        found = rates_of_day(self._desk.in_force(), home) if home else {}
        if isinstance(found, Refusal):
            return TakeRates(self._desk.counters.day, (), found.found or found.where)
        return TakeRates(self._desk.counters.day, tuple((code, *rate) for code, rate in sorted(found.items())))

    def take_rates(self, batch: Batch, command: TakeRates) -> None:
        self._desk.day_rates = command
        batch.rates_changed = True
        self._desk.counters.freed = True

    # Setting

    def limit(self, batch: Batch, command: LimitTotal) -> Refusal | None:
        """A member sets the most that it may owe, or (below zero) takes its own limit away. Refused below what it owes already."""
        desk, rules = self._desk, self._desk.in_force()
        member, home = rules.participants.get(bic8(command.member)), rules.risk.exposure_currency
        if member is None or member not in rules.members():
            return Refusal(Reason.NOT_FOUND, "limit", command.member, ARTICLE)
        if not home:
            return Refusal(
                Reason.NO_PRICE, "limit", "no article exposure_currency says in which currency debts are added up", ARTICLE
            )
        if command.minor < 0:
            if desk.own_totals.pop(member.number, None) is None:
                return Refusal(Reason.NOT_FOUND, "limit", f"{command.member} has set none", ARTICLE)
            self._changed(batch, member.number, _REMOVED, "")
            return None
        if not self._strictest:
            self._cycle = -1  # nobody had one, and nothing was counted
        self._count()
        used = self._total(member.number, {})
        if used is None:
            return Refusal(Reason.NO_PRICE, "limit", f"no reference rate: {desk.day_rates.fault}", ARTICLE)
        if used > command.minor:
            found = f"{amount_text(command.minor, home)} is below what is used of it: {amount_text(used, home)}"
            return Refusal(Reason.ABOVE_CAP, "limit", found, ARTICLE)
        desk.own_totals[member.number] = command.minor
        self._changed(batch, member.number, _SET, str(command.minor))
        return None

    def _changed(self, batch: Batch, number: int, event: str, facts: str) -> None:
        self._look_up()
        self._desk.counters.freed = True
        batch.totals_changed = True
        self._desk.note(batch, f"limit {number} all", event, ARTICLE, facts)

    def _look_up(self) -> None:
        counted = bool(self._strictest)
        rules = self._desk.in_force()
        home = rules.risk.exposure_currency
        found = [TotalLimit(number, home, minor, ARTICLE, "") for number, minor in sorted(self._desk.own_totals.items()) if home]
        found += [
            TotalLimit(rules.participants[one.member].number, home, one.minor, one.article, one.set_by)
            for one in rules.set_limits()
            if one.kind == TOTAL
        ]
        self._strictest = {}
        for one in found:
            known = self._strictest.get(one.payer)
            if known is None or one.minor < known.minor:
                self._strictest[one.payer] = one
        if self._strictest:
            self._cycle = self._cycle if counted else -1
            self._count()

    # Counting

    def moved(self, payment: Payment) -> None:
        """A payment took a step."""
        if not self._strictest:
            return
        self._count()
        self._counts(payment)

    def _count(self) -> None:
        """Begin with a cycle that is new, or with one of which nothing is known here: what its payments and those that left it hold."""
        desk = self._desk
        if self._cycle == desk.counters.open_cycle:
            return
        self._cycle, self._counted, self._net = desk.counters.open_cycle, {}, {}
        cycle = desk.cycles.get(self._cycle)
        for leg in cycle.unwound if cycle is not None else ():
            self._add([Obligation(*leg)], 1, 1)
        for payment in desk.live.values():
            self._counts(payment)

    def _counts(self, payment: Payment) -> None:
        here = payment.cycle == self._cycle and self._cycle > 0
        out, back = int(here and payment.state in _OWES), int(here and payment.state is State.ACCEPTED)
        was_out, was_back = self._counted.get(payment.number, (0, 0))
        if was_back and not back:
            # What was accepted stays on the clearing accounts until the cycle is closed, also where the payment left it.
            self._counted.pop(payment.number)
            return
        if (out, back) == (was_out, was_back):
            return
        self._counted[payment.number] = out, back
        self._add(obligations(payment, self._desk.in_force()), out - was_out, back - was_back)

    def _add(self, legs: Iterable[Obligation], out: int, back: int) -> None:
        for leg in legs:
            payer, payee = (leg.payer, leg.currency), (leg.payee, leg.currency)
            self._net[payer] = self._net.get(payer, 0) + out * leg.minor
            self._net[payee] = self._net.get(payee, 0) - back * leg.minor

    def owed(self, number: int, currency: str) -> int:
        """What a participant owes in the open cycle, below zero what it is owed: whole minor units."""
        self._count()
        return self._net.get((number, currency), 0)

    def _total(self, number: int, more: dict[str, int]) -> int | None:
        """What it would owe over all currencies with `more` of each; None where the rates of the day are not known."""
        desk, rules = self._desk, self._desk.in_force()
        if desk.day_rates.day != desk.counters.day or desk.day_rates.fault:
            return None
        home, haircut = rules.risk.exposure_currency, rules.risk.fx_haircut_bps
        rates = {code: Rate(up, down) for code, up, down in desk.day_rates.rates}
        total = 0
        for currency in rules.by_number[number].currencies:
            debt = max(0, self._net.get((number, currency), 0) + more.get(currency, 0))
            total += debt if currency == home else worth(debt, rates[currency], haircut, up=True)
        return total

    def passing(self, payment: Payment) -> TotalLimit | None:
        """The limit that a payment of the open cycle would pass if it were reserved now. Where no rate of the day is known nobody who has a
        limit owes more: its payments wait."""
        if not self._strictest or not payment.cycle:
            return None
        self._count()
        legs = obligations(payment, self._desk.in_force())
        for number in dict.fromkeys(leg.payer for leg in legs):
            limit = self._strictest.get(number)
            if limit is None:
                continue
            more: dict[str, int] = {}
            for leg in legs:
                if leg.payer == number:
                    more[leg.currency] = more.get(leg.currency, 0) + leg.minor
            before, after = self._total(number, {}), self._total(number, more)
            # Who pays out of what a cycle owes it owes no more than before.
            if before is None or after is None or (after > limit.minor and after > before):
                return limit._replace(used_minor=before)
        return None

    def state(self) -> list[TotalLimit]:
        """Every limit that binds, by participant, with what is used of it; empty where nobody has one."""
        self.begin()
        if not self._strictest:
            return []
        self._count()
        return [one._replace(used_minor=self._total(number, {})) for number, one in sorted(self._strictest.items())]


def set_by_text(setter: str) -> str:
    """Who set a limit, as it is told."""
    return {"": "itself", SCHEME: "the scheme"}.get(setter, setter)

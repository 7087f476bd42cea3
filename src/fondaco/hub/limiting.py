"""Limits that a member sets on what flows to one counterparty or one country: kept for the business day, over urgent and net payments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from fondaco.clearing import FlowLimit, Obligation, leaving, passing
from fondaco.core import COUNTRIES, Reason, Refusal, amount_text, bic8
from fondaco.hub.commands import LimitFlow
from fondaco.hub.state import Batch, Desk
from fondaco.hub.totalling import TotalLimit, Totals
from fondaco.payments import Payment, State, obligations
from fondaco.rulebook import FLOW

ARTICLE = "7.15"
# From the reservation on a payment counts for who pays; once it is final, for who is paid.
_OUT = frozenset({State.RESERVED, State.OFFERED, State.ACCEPTED, State.SETTLED})
_SET, _REMOVED, _REACHED = "LIMIT_SET", "LIMIT_REMOVED", "LIMIT_REACHED"


class Days(Protocol):
    def payments_of_day(self, batch: Batch) -> Iterable[Payment]: ...


class LimitingHub(Protocol):
    """What limits need of the hub."""

    @property
    def days(self) -> Days: ...


class Limiting:
    """The limits on flows of a desk. Nothing ever passes one; a limit below what is used already is refused."""

    def __init__(self, desk: Desk, hub: LimitingHub) -> None:
        self._desk = desk
        self._hub = hub
        self.totals = Totals(desk)

    def limit(self, batch: Batch, command: LimitFlow) -> Refusal | None:
        """Set a limit, or take it away. Refused below what the day has used of it: nothing that is promised is taken back."""
        desk, rules = self._desk, self._desk.in_force()
        member = rules.participants.get(bic8(command.member))
        if member is None or command.currency not in member.currencies:
            return Refusal(Reason.CURRENCY_NOT_HELD, "limit", f"{command.member} {command.currency}", ARTICLE)
        other = rules.participants.get(bic8(command.towards))
        country = command.towards if command.towards in COUNTRIES else ""
        if not country and (other is None or other is member):
            return Refusal(Reason.NOT_FOUND, "limit", command.towards, ARTICLE)
        one = FlowLimit(member.number, command.currency, country or str(other.number if other else 0), command.minor)
        if command.minor < 0:
            if desk.flow_limits.pop(one.key, None) is None:
                return Refusal(Reason.NOT_FOUND, "limit", f"{command.member} {command.currency} {command.towards}", ARTICLE)
            self._changed(batch, one, _REMOVED, "")
            return None
        known = desk.flow_limits.get(one.key)
        one.used_minor = known.used_minor if known is not None else self._used(batch, one)
        if one.used_minor > one.minor:
            found = (
                f"{amount_text(one.minor, one.currency)} is below what is used of it: {amount_text(one.used_minor, one.currency)}"
            )
            return Refusal(Reason.ABOVE_CAP, "limit", found, ARTICLE)
        desk.flow_limits[one.key] = one
        self._changed(batch, one, _SET, str(one.minor))
        return None

    def _changed(self, batch: Batch, one: FlowLimit, event: str, facts: str) -> None:
        self._desk.counters.freed = True
        batch.flow_limits_changed = True
        self._desk.note(batch, f"limit {one.payer} {one.currency} {one.towards}", event, ARTICLE, facts)

    def _used(self, batch: Batch, one: FlowLimit) -> int:
        """What the day has used of a limit that is new."""
        countries, used = self._countries(), 0
        for payment in self._hub.days.payments_of_day(batch):
            out, back = self._counts(payment)
            legs = obligations(payment, self._desk.in_force()) if out or back else ()
            used += out * one.out(legs, countries) - back * one.back(legs, countries)
        return used

    def day_opened(self, batch: Batch) -> None:
        """Nothing is used of a new day's limits; those that others set are the rulebook's of the day."""
        desk, rules = self._desk, self._desk.in_force()
        for one in desk.flow_limits.values():
            one.used_minor = 0
            batch.flow_limits_changed = True
        self.totals.begin()
        before, desk.set_flows = desk.set_flows, {}
        for rule in rules.set_limits():
            if rule.kind == FLOW:
                other = rules.participants.get(rule.towards)
                towards = str(other.number) if other is not None else rule.towards
                limit = FlowLimit(rules.participants[rule.member].number, rule.currency, towards, rule.minor)
                desk.set_flows[(*limit.key, rule.set_by)] = limit
        batch.flow_limits_changed |= bool(before or desk.set_flows)

    # While payments go on

    def moved(self, batch: Batch, payment: Payment, before: State) -> None:
        """A payment took a step: what it counts for now is counted."""
        self.totals.moved(payment)
        if not self._desk.flow_limits and not self._desk.set_flows:
            return
        out, back = self._counts(payment)
        state, payment.state = payment.state, before
        was_out, was_back = self._counts(payment)
        payment.state = state
        if (out, back) == (was_out, was_back):
            return
        legs, countries = obligations(payment, self._desk.in_force()), self._countries()
        for one in self._limits():
            one.used_minor += (out - was_out) * one.out(legs, countries) - (back - was_back) * one.back(legs, countries)
        batch.flow_limits_changed = True

    def passing(self, payment: Payment) -> FlowLimit | TotalLimit | None:
        """The limit that a payment would pass if it were reserved now."""
        total = self.totals.passing(payment)
        if total is not None or not (self._desk.flow_limits or self._desk.set_flows):
            return total
        return passing(self._limits(), obligations(payment, self._desk.in_force()), self._countries())

    def keeps(self, payment: Payment) -> str:
        """The bank (BIC of eight) or country to whom a limit keeps a queued payment from going, were it the next; "" where none does."""
        limit = self.passing(payment) if payment.state is State.QUEUED else None
        if limit is None:
            return ""
        return self._desk.in_force().by_number[int(limit.towards)].bic[:8] if limit.towards.isdigit() else limit.towards

    def leaving(self, settling: Mapping[int, tuple[Obligation, ...]]) -> dict[int, FlowLimit]:
        """Which of these payments, in the order of their places, cannot settle together with the others under the limits."""
        if not self._desk.flow_limits and not self._desk.set_flows:
            return {}
        return leaving(self._limits(), settling, self._countries())

    def state(self) -> tuple[tuple[tuple[int, str, str], int, int], ...]:
        """Every limit on a flow, with what is used of it; those that others set behind the members' own."""
        return tuple((one.key, one.minor, one.used_minor) for one in self._limits())

    def set_by(self) -> tuple[str, ...]:
        """Who set each limit of `state`: "" for the member itself."""
        return tuple([""] * len(self._desk.flow_limits) + [key[3] for key in sorted(self._desk.set_flows)])

    def holds(self, batch: Batch, payment: Payment, one: FlowLimit | TotalLimit) -> None:
        """Keep in the journal which limit a payment met."""
        article = one.article if isinstance(one, TotalLimit) else ARTICLE
        self._desk.note(batch, f"payment {payment.number}", _REACHED, article, f"{one.payer} {one.currency} {one.towards}")

    def _limits(self) -> list[FlowLimit]:
        own = [self._desk.flow_limits[key] for key in sorted(self._desk.flow_limits)]
        return own + [self._desk.set_flows[key] for key in sorted(self._desk.set_flows)]

    def _counts(self, payment: Payment) -> tuple[int, int]:
        """Whether a payment counts (1) for who pays and for who is paid. Of those that free each other none counts before all are final: their
        net does, when it is looked for and when it is settled."""
        cycle = self._desk.cycles.get(payment.cycle)
        final = payment.state is State.SETTLED
        reserved = payment.state in _OUT and not (cycle is not None and cycle.offset)
        return int(final or reserved), int(final)

    def _countries(self) -> dict[int, str]:
        return {number: one.country for number, one in self._desk.in_force().by_number.items()}

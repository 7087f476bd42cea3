"""What participants have lodged: brought and released by two operators, revalued for each cycle, and never let go while a cap stands on it.

Lodged assets lie with a custodian, cash on an account of the union at the settlement agent, outside of the books; the two operators vouch for it
with their signed votes. All that is decided here follows from the journal's records, nothing from the books (decision 0010).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple, Protocol

from fondaco.clearing import AssetPrice, Lodged, Rate, Terms, Valuation, valued
from fondaco.core import CURRENCIES, MINOR_MAX, Reason, Refusal, amount_text, bic8
from fondaco.hub.commands import PostPrices
from fondaco.hub.exposing import families_of
from fondaco.hub.state import Batch, Desk
from fondaco.messages import admi_004
from fondaco.rulebook import CASH, LODGE, Deed, Participant
from fondaco.settlement import Cycle, CycleState, DefaultState, Purse

# Purposes: what stands for its holder's own debts, and its share in the common fund.
OWN, FUND = "collateral", "fund"
# The event code of an admi.004, the scheme's own: what was lodged is worth less than the cap that stands on it.
COLLATERAL = "COLL"
_QUANTITY_DIGITS = 18
# As the rulebook's own caps: both together stay within what the books can hold.
_RAISE_MAX = MINOR_MAX // 4


class Place(NamedTuple):
    """Under which words a holding is kept."""

    holder: str
    purpose: str
    asset: str


class Binds(Protocol):
    def bind(self, batch: Batch, cycle: Cycle, currency: str, number: int, cap_minor: int) -> bool: ...


class CollateralHub(Protocol):
    """What collateral needs of the hub."""

    @property
    def positions(self) -> Binds: ...


class Collateral:
    """The collateral of a desk."""

    def __init__(self, desk: Desk, hub: CollateralHub) -> None:
        self._desk = desk
        self._hub = hub

    # What is there

    def holdings(self, purpose: str = "") -> Iterator[tuple[Place, int]]:
        """What is lodged, for one purpose or for all, by holder and asset: whole units."""
        for key, quantity in sorted(self._desk.collateral.items()):
            place = Place(*key.split(" "))
            if purpose in ("", place.purpose):
                yield place, quantity

    def fund(self) -> dict[tuple[str, str], int]:
        """The common fund, money alone: by (holder's BIC of eight, currency), whole minor units."""
        return {(place.holder, place.asset): quantity for place, quantity in self.holdings(FUND)}

    def posted_rates(self) -> dict[str, Rate]:
        """The rates that an operator posted and that are young enough, into the currency of exposures."""
        return {code: Rate(up, down) for code, (up, down, day) in self._desk.rates.items() if self._young(day)}

    def value(self, holder: str, target: str, rates: Mapping[str, Rate], without: Deed | None = None) -> Valuation:
        """What `holder` (BIC of eight) has lodged for its own debts, in `target`; `rates` lead into the currency of exposures. `without`
        is a release to be thought done."""
        desk, risk = self._desk, self._desk.in_force().risk
        gone = Place(*without.subject.split(" ")) if without is not None else None
        lodged = []
        for place, quantity in self.holdings(OWN):
            if place.holder != holder:
                continue
            left = quantity - (int(without.value) if without is not None and place == gone else 0)
            known = self._price(place.asset)
            price = self._into(known, target, rates) if known is not None and not self._own_paper(holder, known) else None
            kind, issuer, currency = (known.kind, known.issuer, known.currency) if known is not None else ("", "", "")
            lodged.append(
                Lodged(place.asset, kind, issuer, left, price, 0 if currency == target else risk.fx_haircut_bps)
            )  # fmt: skip
        rules = desk.in_force().scheme.collateral
        return valued(lodged, {one.kind: Terms(one.haircut_bps, one.issuer_share_bps, one.kind_share_bps) for one in rules})

    def purses(self, holder: str, target: str, rates: Mapping[str, Rate]) -> list[Purse]:
        """What of it counts at all, before haircuts and limits: money first, then paper by its name."""
        taken, found = {one.kind for one in self._desk.in_force().scheme.collateral}, []
        for place, quantity in self.holdings(OWN):
            known = self._price(place.asset) if place.holder == holder else None
            price = self._into(known, target, rates) if known is not None and not self._own_paper(holder, known) else None
            if known is not None and price is not None and known.kind in taken:
                found.append(Purse(place.asset, quantity, price, OWN))
        return sorted(found, key=lambda one: (one.asset not in CURRENCIES, one.asset))

    def spend(self, batch: Batch, taken: dict[str, int], article: str) -> None:
        """What of all this was given for a default: by (holder, purpose, asset) as one text, whole units."""
        for key, units in sorted(taken.items()):
            left = self._desk.collateral[key] - units
            assert left >= 0, "nobody gives more than it has lodged"
            self._desk.collateral[key] = left
            if not left:
                del self._desk.collateral[key]
            batch.collateral_changed = True
            self._desk.note(batch, f"collateral {key}", "SPENT", article, f"{units}, in all {left}")

    def _price(self, asset: str) -> AssetPrice | None:
        """A price that counts on this business day; money is worth what it says."""
        if asset in CURRENCIES:
            exponent = CURRENCIES[asset].exponent
            unit = f"0.{'1':0>{exponent}}" if exponent else "1"
            return AssetPrice(asset, CASH, asset, asset, unit, self._desk.counters.day)
        known = self._desk.prices.get(asset)
        return known if known is not None and self._young(known.day) else None

    def _young(self, day: str) -> bool:
        today = date.fromisoformat(self._desk.counters.day)
        return 0 <= (today - date.fromisoformat(day)).days <= self._desk.in_force().risk.price_max_age_days

    def _into(self, known: AssetPrice, target: str, rates: Mapping[str, Rate]) -> Rate | None:
        own, home = known.per_unit(), self._desk.in_force().risk.exposure_currency
        if known.currency == target:
            return own
        through = {**rates, home: Rate(1, 1)}
        first, second = through.get(known.currency), through.get(target)
        if first is None or second is None:
            return None
        return Rate(own.numerator * first.numerator * second.denominator, own.denominator * first.denominator * second.numerator)

    def _own_paper(self, holder: str, known: AssetPrice) -> bool:
        """Whether it would be worth least on the day on which it is needed (PFMI principle 5: wrong-way risk)."""
        rules, families = self._desk.in_force(), families_of(self._desk.in_force())
        kin = rules.participants.get(known.issuer)
        own = rules.participants.get(holder)
        if own is None:
            return False
        family = families.get(own.number, holder)
        return known.issuer in (holder, family) or (kin is not None and families.get(kin.number) == family)

    # Two operators lodge and release

    def fault(self, deed: Deed) -> Refusal | None:
        """Why a lodging or a release cannot be done as things stand; asked at both votes."""
        cite, words = self._cite(), deed.subject.split(" ")
        if len(words) != 3 or not deed.value.isdecimal() or len(deed.value) > _QUANTITY_DIGITS or not int(deed.value):
            return Refusal(Reason.OUT_OF_TURN, "collateral", f"{deed.subject} {deed.value}", cite)
        place = Place(*words)
        fault = self._lodging_fault(place, deed) if deed.kind == LODGE else self._release_fault(deed, place)
        return Refusal(Reason.OUT_OF_TURN, "collateral", f"{deed.subject}: {fault}", cite) if fault else None

    def _lodging_fault(self, place: Place, deed: Deed) -> str:
        rules = self._desk.in_force()
        if self._desk.collateral.get(deed.subject, 0) + int(deed.value) > MINOR_MAX:
            return "more than a record can hold"
        holder = rules.participants.get(place.holder)
        tranche = place.holder == bic8(rules.hub_bic) and place.purpose == FUND
        if place.purpose not in (OWN, FUND) or not (tranche or (holder is not None and holder in rules.members())):
            return "lodged is what a participant brings, or the operator's own tranche of the fund"
        if place.purpose == FUND:
            return "" if place.asset in rules.currencies else "the fund takes money of the union's currencies alone"
        if place.asset in CURRENCIES and place.asset not in rules.currencies:
            return "the union does not settle in it"
        known = self._price(place.asset)
        if known is None:
            return "no price of it is young enough"
        if known.kind not in {one.kind for one in rules.scheme.collateral}:
            return f"no article takes assets of the kind {known.kind}"
        return "nobody lodges its own or its affiliates' paper" if self._own_paper(place.holder, known) else ""

    def _release_fault(self, deed: Deed, place: Place) -> str:
        if any(one.state is not DefaultState.CLOSED for one in self._desk.defaults.values()):
            return "a default is not closed, and nothing is released before"
        there, asked = self._desk.collateral.get(deed.subject, 0), int(deed.value)
        if asked > there:
            return f"{there} units are lodged"
        rules = self._desk.in_force()
        holder = rules.participants.get(place.holder)
        if place.purpose == FUND:
            needed = sum(
                one.minor for one in rules.scheme.fund_shares if (one.member, one.currency) == (place.holder, place.asset)
            )
            leaves = holder is not None and holder.standing in ("leaving", "left")
            return "" if leaves or there - asked >= needed else f"the share of the fund is {amount_text(needed, place.asset)}"
        assert holder is not None, "only a participant lodges for its own debts"
        stands, after = self.needed(holder), self.raised(holder, without=deed)
        if after < stands:
            of = amount_text(stands, holder.currency)
            return f"a cap stands on {of} of it, and {amount_text(after, holder.currency)} would be left"
        return ""

    def done(self, batch: Batch, deed: Deed) -> None:
        """Do what two operators decided."""
        lodged = self._desk.collateral
        left = lodged.get(deed.subject, 0) + (int(deed.value) if deed.kind == LODGE else -int(deed.value))
        lodged[deed.subject] = left
        if not left:
            del lodged[deed.subject]
        batch.collateral_changed = True
        event = "LODGED" if deed.kind == LODGE else "RELEASED"
        self._desk.note(batch, f"collateral {deed.subject}", event, self._cite(), f"{deed.value}, in all {left}")

    # Prices

    def priced(self, batch: Batch, command: PostPrices) -> Refusal | None:
        """Take prices and rates, whole or not at all, and see what the open cycle's caps still stand on."""
        desk, rules = self._desk, self._desk.in_force()
        kinds = {one.kind for one in rules.scheme.collateral}
        for one in command.prices:
            fault = one.fault() or ("" if one.kind in kinds else f"no article takes assets of the kind {one.kind}")
            fault = fault or ("" if one.kind != CASH and one.asset not in CURRENCIES else "money needs no price")
            fault = fault or ("" if _is_day(one.day) and one.day <= desk.counters.day else f"{one.day} is no day that was")
            if fault:
                return Refusal(Reason.OUT_OF_TURN, "prices", f"{one.asset}: {fault}", self._cite())
        for code, up, down in command.rates:
            if code not in rules.currencies or up <= 0 or down <= 0:
                return Refusal(Reason.NO_PRICE, "rates", code, self._cite())
        desk.prices.update((one.asset, one) for one in command.prices)
        desk.rates.update((code, (up, down, desk.counters.day)) for code, up, down in command.rates)
        batch.prices_changed = True
        desk.note(batch, "prices", "POSTED", self._cite(), f"{len(command.prices)} assets, {len(command.rates)} currencies")
        cycle = desk.cycles.get(desk.counters.open_cycle)
        if cycle is not None:
            self._call(batch, cycle)
        return None

    def _call(self, batch: Batch, cycle: Cycle) -> None:
        """Lower the caps of the open cycle that stand on what is no longer there, as far as their room is unused; who used it is told."""
        desk = self._desk
        for member in self._desk.in_force().members():
            stands, there = self.needed(member), self.raised(member)
            if stands <= there:
                continue
            most = self._desk.in_force().most(member.bic[:8], member.currency)
            bound = member.caps.get(member.currency, 0) + there
            bound = bound if most is None else min(bound, most)
            if self._hub.positions.bind(batch, cycle, member.currency, member.number, bound):
                desk.note(batch, f"limit {member.number} {member.currency}", "LOWERED", self._cite(), str(bound))
                continue
            lacking = amount_text(stands - there, member.currency)
            text = f"cycle {cycle.number}: the cap stands on {lacking} of collateral that is not there: lodge it, or pay in"
            desk.send(batch, member.bic, "admi.004.001.02", "collateral", admi_004(COLLATERAL, text, batch.at_text))
            desk.note(batch, f"collateral {member.number}", "UNCOVERED", self._cite(), f"cycle {cycle.number} {stands - there}")

    # Caps

    def raised(self, member: Participant, without: Deed | None = None) -> int:
        """By how much collateral raises the cap in the participant's own currency, at the posted prices; 0 where no article says so."""
        if not self._desk.in_force().risk.raises_caps_percent:
            return 0
        return self._raise_by(self.value(member.bic[:8], member.currency, self.posted_rates(), without).counted)

    def _raise_by(self, counted: int) -> int:
        return min(counted * self._desk.in_force().risk.raises_caps_percent // 100, _RAISE_MAX)

    def needed(self, member: Participant) -> int:
        """What of the caps of cycles that are not settled stands on collateral: what is above the rulebook's own."""
        bound, own = member.caps.get(member.currency, 0), (member.currency, member.number)
        open_ = (one for one in self._desk.cycles.values() if one.state is not CycleState.SETTLED and not one.offset)
        return max((cap - bound for cycle in open_ for c, n, cap in cycle.caps if (c, n) == own), default=0)

    def revalued(self, batch: Batch, cycle: int) -> dict[tuple[str, int], int]:
        """Revalue all collateral for a new cycle: what each cap is raised by, (currency, participant number) to whole minor units."""
        desk, found = self._desk, {}
        holders = {place.holder for place, _ in self.holdings(OWN)}
        for member in desk.in_force().members():
            if member.bic[:8] in holders:
                counted = self.value(member.bic[:8], member.currency, self.posted_rates()).counted
                found[member.currency, member.number] = self._raise_by(counted)
                desk.note(
                    batch, f"collateral {member.number}", "REVALUED", self._cite(),
                    f"cycle {cycle} {counted} {member.currency}, cap higher by {found[member.currency, member.number]}",
                )  # fmt: skip
        return found

    def _cite(self) -> str:
        """The article of the first kind of asset; a union that takes none has an article of exposures, or says nothing of them."""
        rules = self._desk.in_force()
        return next((one.article for one in rules.scheme.collateral), rules.numbers.get("exposure_currency", ""))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False

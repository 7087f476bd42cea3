"""What the demo of trade tells while it happens: after every act, what moved on the books, whose the title is, which clocks run, who was told.

All of it is read from the hub after the act: from its books, its register and its mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Protocol

import msgspec

from fondaco.core import Calendar, Instant, utc_text
from fondaco.hub import Hub, naming_of
from fondaco.journal import Mail
from fondaco.ledger import (
    HUB,
    Naming,
    Role,
    Transfer,
    TransferCode,
    TransferFlag,
    amount_text,
    commodity_of,
    counted_on,
    place_of,
)
from fondaco.simulation.trade_papers import FIRMS, Deal
from fondaco.trade import Deadline, DeadlineEffect, DeadlineState, article_of, article_text, days_passed_over

_PENDING, _VOID = int(TransferFlag.PENDING), int(TransferFlag.VOID_PENDING)
_RESOLVES = int(TransferFlag.POST_PENDING | TransferFlag.VOID_PENDING)
# What net cycles do with their caps is no part of a deal.
_OF_CYCLES = frozenset({Role.CLEARING, Role.CAP_CONTROL, Role.CYCLE, Role.OBLIGATION_CLOSE})


class Posting(msgspec.Struct, frozen=True):
    """One transfer that was posted: `amount` from `debit` to `credit`, in whole words."""

    debit: str
    credit: str
    amount: str
    kind: str


class TitleStep(msgspec.Struct, frozen=True):
    """Control of a record passed; the issuer's register is ""."""

    record: str
    giver: str
    taker: str


class Act(msgspec.Struct, frozen=True):
    """One act of the demo, as it was told."""

    at: str
    deal: int
    who: str
    what: str
    article: str
    instrument: str
    state: str
    books: tuple[Posting, ...] = ()
    title: tuple[TitleStep, ...] = ()
    clocks: tuple[str, ...] = ()
    mail: tuple[str, ...] = ()


class Standing(Protocol):
    """What is told of: the desk's hub, its instant, and its mail."""

    @property
    def hub(self) -> Hub: ...

    @property
    def now(self) -> Instant: ...

    def taken(self) -> list[Mail]: ...


class Teller:
    """Tells one act after the other to `hear`, and keeps them in `acts`. What is on the books when it begins is not told."""

    def __init__(self, desk: Standing, hear: Callable[[Act], None]) -> None:
        self._desk = desk
        self._hear = hear
        self._pending: dict[int, Transfer] = {}
        self._read = self._intent = 0
        self._clocks: dict[tuple[str, str], Deadline] = {}
        self.acts: list[Act] = []
        self.mail: list[Mail] = []
        self._posted()
        desk.taken()

    def tell(self, deal: Deal | None, who: str, what: str, instrument: str = "", action: str = "", article: str = "") -> Act:
        """Tell what `who` did; `action` is the machine's event, by which its article is found where none is named."""
        hub = self._desk.hub
        mail = self._desk.taken()
        self.mail += mail
        books, title = self._posted()
        found = article or (article_of(instrument, action) if action else "")
        act = Act(
            utc_text(self._desk.now), deal.number if deal is not None else 0, name_of(who), what, article_text(found) if found else "",
            instrument, state_of(hub, instrument), tuple(books), tuple(title), tuple(self._moved_clocks(instrument)), _told(mail),
        )  # fmt: skip
        self.acts.append(act)
        self._hear(act)
        return act

    def _posted(self) -> tuple[list[Posting], list[TitleStep]]:
        """What was posted since this was asked last. The history is read from its beginning: the demo's is short."""
        hub = self._desk.hub
        books: list[Posting] = []
        title: list[TitleStep] = []
        if hub.desk.counters.intent == self._intent:
            return books, title
        self._intent, naming = hub.desk.counters.intent, naming_of(hub)
        for number, (_, event, moved) in enumerate(hub.books.history()):
            if number < self._read:
                continue
            self._read = number + 1
            if event.flags & _PENDING:
                self._pending[event.id] = event
                continue
            entered = self._pending.pop(event.pending_id) if event.flags & _RESOLVES else event
            if event.flags & _VOID or not moved:
                continue
            debit, credit = place_of(entered.debit), place_of(entered.credit)
            if debit.role in _OF_CYCLES or credit.role in _OF_CYCLES:
                continue
            if Role.CONTROL in (debit.role, credit.role):
                giver, taker = (
                    "" if one.participant == HUB else naming.participant_of(one.participant) for one in (debit, credit)
                )
                title.append(TitleStep(_record(debit.ledger), giver, taker))
                continue
            kind = TransferCode(entered.code).name
            sides = [
                _side(one.role, name_of(naming.participant_of(one.participant)) if one.participant else "the hub")
                for one in (debit, credit)
            ]
            books.append(Posting(sides[0], sides[1], _amount(moved, entered.ledger, naming), kind))
        return books, title

    def _moved_clocks(self, instrument: str) -> Iterable[str]:
        """Clocks of an instrument that began, or came to their end; those that say the same but for the article are told together."""
        told: dict[str, list[str]] = {}
        for one in deadlines_of(self._desk.hub, instrument):
            before = self._clocks.get((instrument, one.id))
            self._clocks[instrument, one.id] = one
            if before is None:
                told.setdefault(self._begun(one), []).append(article_text(one.rule))
            elif before.state is not one.state:
                told.setdefault(f"{name_of(one.holder)} {_end(one)}", []).append(article_text(one.rule))
        return [f"{' and '.join(articles)}: {text}" for text, articles in told.items()]

    def _begun(self, one: Deadline) -> str:
        calendar = calendar_of(self._desk.hub, one)
        local = datetime.fromtimestamp(one.due_at // 1_000_000_000, calendar.tz)
        passed = days_passed_over(one, calendar)
        over = f"; passes over {', '.join(f'{day:%d %b} {name}' for day, name, _ in passed)}" if passed else ""
        count = f"{one.count} {one.unit.value.lower()} days from {_day(one.starts_on)}" if one.count else _day(one.starts_on)
        ended = "" if one.state is DeadlineState.OPEN else f", {one.state.value.lower()}"
        return f"{name_of(one.holder)} until {local:%a %d %b %H:%M} {calendar.zone} ({count}{over}){ended}"


def _end(one: Deadline) -> str:
    if one.state in (DeadlineState.MISSED, DeadlineState.PASSED):
        # Nobody tells the hub of a shipment: its last day passes, and whether goods were late is for the examination.
        verb = "missed" if one.state is DeadlineState.MISSED and one.effect is not DeadlineEffect.LAPSE else "had until"
        return f"{verb} {_day(one.due_on)}, which is over"
    return f"acted in time, by {_day(one.due_on)}" if one.state is DeadlineState.MET else "has nothing more to do"


def _day(day: str) -> str:
    return f"{date.fromisoformat(day):%a %d %b}"


def calendar_of(hub: Hub, one: Deadline) -> Calendar:
    """The calendar of a deadline's place, as the rulebook in force has it."""
    rules = hub.desk.in_force()
    member = rules.participants.get(one.calendar)
    country = one.calendar[:2]
    currency = member.currency if member is not None else next(p.currency for p in rules.members() if p.country == country)
    return rules.currencies[currency].calendar


def deadlines_of(hub: Hub, instrument: str) -> tuple[Deadline, ...]:
    trading = hub.trading
    found = trading.collections.collection(instrument) or trading.credits.credit(instrument)
    return found.deadlines if found is not None else ()


def state_of(hub: Hub, instrument: str) -> str:
    """Where an instrument stands, in its own words; of a credit its last presentation beside it."""
    trading, prefix = hub.trading, instrument.partition("-")[0]
    if prefix == "LC":
        credit = trading.credits.credit(instrument)
        assert credit is not None, "what is told of stands"
        last = f", P{len(credit.presentations)} {credit.presentations[-1].state.value}" if credit.presentations else ""
        return credit.issue.state.value + last
    if prefix == "COL":
        collection = trading.collections.collection(instrument)
        return collection.state.value if collection is not None else ""
    if prefix == "ETR":
        record = trading.records.record(instrument)
        return f"{record.state.value}, with {record.holder}" if record is not None else ""
    papers: Mapping[str, Any] = {"INV": trading.invoices, "ORD": trading.orders}
    return str(papers[prefix].found(instrument).state.value) if prefix in papers else ""


def name_of(who: str) -> str:
    """An invented firm without the word that says so, which the demo's first line says of all; a bank by its BIC."""
    return FIRMS[who].name.removesuffix(" (invented)") if who in FIRMS else who


def _record(ledger: int) -> str:
    return f"ETR-{counted_on(ledger)[1]:06d}"


def _amount(minor: int, ledger: int, naming: Naming) -> str:
    """`THB 1,268,000.04`, whatever the ledger counts of a currency: money, memoranda, or parts of a minor unit."""
    number, code = amount_text(minor, commodity_of(ledger, naming)).split(" ")
    whole, _, digits = number.partition(".")
    return f"{code[:3]} {int(whole):,}{'.' if digits else ''}{digits}"


def _side(role: Role, holder: str) -> str:
    return holder if role is Role.PREFUNDED else f"{holder} {role.name.lower().replace('_', ' ')}"


def _told(mail: Iterable[Mail]) -> tuple[str, ...]:
    """Messages and notices that went out with it, statements and reports left out: they are read at the end of the day."""
    found = [f"{one.kind} to {one.recipient}" for one in mail if one.subject.startswith(("instrument ", "payment "))]
    return tuple(dict.fromkeys(found))

"""What the hub knows between two batches, and what one batch changes: everything here is in the journal's records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec

from fondaco.clearing import AssetPrice, FlowLimit, Queues
from fondaco.compliance import Case, Configuration, GoodGuy, Officer
from fondaco.core import Instant, Refusal
from fondaco.fx import QuoteBook
from fondaco.hub.commands import Once, Second, TakeRates, TakeStock
from fondaco.hub.proposal import Proposal
from fondaco.journal import Entry, Erasure, Inputs, Mail
from fondaco.ledger import Account, Transfer, chain_stands, ledger_of
from fondaco.messages import wrap
from fondaco.payments import Assignment, Door, Payment
from fondaco.rulebook import Edition, Membership, Motion, Rules, Scheme, Standing, edition_on
from fondaco.settlement import Cycle, Default, Funding, UnionBook, UnionClose


class Counters(msgspec.Struct):
    """The next numbers, and where the day stands. Kept with every batch."""

    payment: int = 1
    intent: int = 1
    mail: int = 1
    cycle: int = 1
    day: str = ""
    # Whether the day was ended: nothing is taken in until the next one opens.
    day_ended: bool = False
    open_cycle: int = 0
    list_set: str = ""
    # The version of the rulebook of the open day.
    rulebook: str = ""
    oldest_live: int = 1
    last_instant: int = 0
    # Whether money or room came free since the heads of the queues were last tried.
    freed: bool = False


class Asked(msgspec.Struct):
    """How much a member asked for verification: in this minute, and how often on this business day without a match."""

    minute: int = 0
    count: int = 0
    day: str = ""
    misses: int = 0


@dataclass
class Batch:
    """What one batch decides: collected here, kept by commit two, then answered."""

    number: int
    at: Instant
    at_text: str
    payments: dict[int, Payment] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    mail: list[Mail] = field(default_factory=list)
    cycles: set[int] = field(default_factory=set)
    cases: set[str] = field(default_factory=set)
    fundings: set[str] = field(default_factory=set)
    told: dict[int, str] = field(default_factory=dict)
    # Payments whose queue their payer ordered anew.
    reordered: set[int] = field(default_factory=set)
    # By cycle: the proofs of what was settled together, as JSON.
    proofs: dict[int, tuple[bytes, ...]] = field(default_factory=dict)
    results: list[Refusal | str | None] = field(default_factory=list)
    days: dict[str, int] = field(default_factory=dict)
    # By business day: the first intent that is of the next one.
    ended: dict[str, int] = field(default_factory=dict)
    # By business day: the first payment that was not final when it opened, and the first that was still to come.
    numbers: dict[str, tuple[int, int]] = field(default_factory=dict)
    quotes_changed: bool = False
    gross_changed: bool = False
    lines_changed: bool = False
    assignments: dict[str, Assignment] = field(default_factory=dict)
    assignments_changed: bool = False
    asked: set[str] = field(default_factory=set)
    motions: set[str] = field(default_factory=set)
    memberships: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    good_guys: set[str] = field(default_factory=set)
    # Configurations of screening that were used for the first time, by digest.
    configurations: dict[str, Configuration] = field(default_factory=dict)
    governing_changed: bool = False
    editions_changed: bool = False
    limits_changed: bool = False
    flow_limits_changed: bool = False
    totals_changed: bool = False
    rates_changed: bool = False
    expected_changed: bool = False
    warned_changed: bool = False
    collateral_changed: bool = False
    prices_changed: bool = False
    union_changed: bool = False
    union_closes: set[int] = field(default_factory=set)
    # What it changed of trade, by kind and key.
    trade: dict[tuple[str, str], Any] = field(default_factory=dict)
    defaults: set[int] = field(default_factory=set)
    # What the books said before it of what a default needs to know.
    stock: TakeStock | None = None
    # The key under which the next command is done once; and what such commands came to, by caller and key.
    once: Once | None = None
    # The second person's word for the next command.
    second: Second | None = None
    proposals: set[int] = field(default_factory=set)
    answers: dict[str, bytes] = field(default_factory=dict)
    # What it was decided from; and what goes with its outcomes.
    inputs: Inputs | None = None
    erasure: Erasure | None = None
    # Accounts that are opened before the next call of the books.
    accounts: list[Account] = field(default_factory=list)
    # Transfers that wait for the next call of the books, each with what is to be done with its statuses.
    bookings: list[tuple[list[Transfer], Callable[[list[int]], None]]] = field(default_factory=list)


@dataclass
class Desk:
    """The hub's state in memory, and the few things that every part of a batch does."""

    scheme: Scheme
    # The rulebook of a version. Raises `KeyError` for one that is not kept.
    scheme_of: Callable[[str], Scheme]
    # Every rulebook that ever took over or is to, the first of all first.
    editions: list[Edition] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)
    rules: Rules | None = None
    door: Door | None = None
    live: dict[int, Payment] = field(default_factory=dict)
    cycles: dict[int, Cycle] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    good_guys: dict[str, GoodGuy] = field(default_factory=dict)
    fundings: dict[str, Funding] = field(default_factory=dict)
    # What is granted of each credit line: (participant number, currency) to whole minor units.
    lines: dict[tuple[int, str], int] = field(default_factory=dict)
    quotes: QuoteBook = field(default_factory=QuoteBook)
    queues: Queues = field(default_factory=Queues)
    # What is open between members, by the key under which it was passed on.
    assignments: dict[str, Assignment] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    # Limits that members set themselves, (participant number, currency) to whole minor units; what they expect to receive, by item:
    # (business day, currency, whole minor units); who was warned of a shortfall: (cycle, participant number, currency).
    limits: dict[tuple[int, str], int] = field(default_factory=dict)
    # By payer, currency and whom they are towards.
    flow_limits: dict[tuple[int, str, str], FlowLimit] = field(default_factory=dict)
    # The same, set by the scheme or a central bank, by who set it as well; what members let themselves owe over all currencies, by number.
    set_flows: dict[tuple[int, str, str, str], FlowLimit] = field(default_factory=dict)
    own_totals: dict[int, int] = field(default_factory=dict)
    day_rates: TakeRates = field(default_factory=TakeRates)
    expected: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    # What customers sent within a period, by the key of the limit: whole minor units.
    used: dict[str, int] = field(default_factory=dict)
    # What is lodged, by (holder's BIC of eight, purpose, asset) as one text: whole units. What it is worth, by asset, and what a currency is,
    # as a fraction of minor units of the currency of exposures, with the business day on which it was posted.
    collateral: dict[str, int] = field(default_factory=dict)
    prices: dict[str, AssetPrice] = field(default_factory=dict)
    rates: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    # What central banks owe each other between two closes of their clearing union, and every close.
    union_book: UnionBook = field(default_factory=UnionBook)
    union_closes: dict[int, UnionClose] = field(default_factory=dict)
    defaults: dict[int, Default] = field(default_factory=dict)
    # What operators decided: motions by key, standings by BIC, minutes by which a currency's day is longer today.
    motions: dict[str, Motion] = field(default_factory=dict)
    # What takes two people at a door, by number.
    proposals: dict[int, Proposal] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    # Who applied to be a participant, by BIC of eight characters.
    memberships: dict[str, Membership] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)
    warned: set[tuple[int, int, str]] = field(default_factory=set)
    gross: dict[tuple[str, int], int] = field(default_factory=dict)
    deadlines: list[tuple[int, int]] = field(default_factory=list)
    # Payments that screening let go while a currency of theirs was closed: they wait for a day on which both are open, and for a price.
    carried: set[int] = field(default_factory=set)
    ledgers: dict[str, int] = field(default_factory=dict)

    def open_day(self, day: str) -> None:
        """Bring the rules of `day` into force. Raises `KeyError` or `ValueError` where there are none, and changes nothing then:
        a day that was noted and cannot be opened would keep the hub from ever starting again."""
        if date.fromisoformat(day).isoformat() != day:
            raise ValueError(f"{day} is not written as a day is: {date.fromisoformat(day)}")  # days are compared as texts
        scheme = self.scheme_of(edition_on(self.editions, day).version)
        rules = scheme.on(date.fromisoformat(day), self.standings)
        ended = self.counters.day_ended and day == self.counters.day
        door = Door.of(rules, date.fromisoformat(day), self.extensions, ended=ended)
        if scheme.lists != self.scheme.lists:
            self.counters.list_set = ""  # nothing passes on another rulebook's lists: a swap must bring those of this one
        self.counters.day, self.counters.day_ended, self.counters.rulebook = day, ended, scheme.version
        self.scheme, self.rules, self.door = scheme, rules, door
        self.ledgers = {code: ledger_of(one.currency.numeric, one.currency.exponent) for code, one in scheme.currencies.items()}

    def refresh(self) -> None:
        """Bring what operators decided into the rules of the open day."""
        self.open_day(self.counters.day)

    def in_force(self) -> Rules:
        assert self.rules is not None, "no business day is open"
        return self.rules

    def next_intent(self) -> int:
        intent = self.counters.intent
        self.counters.intent += 1
        return intent

    def message_id(self) -> str:
        """The identification of the next message that is sent."""
        return f"H{self.counters.mail:012d}"

    def send(self, batch: Batch, recipient: str, kind: str, subject: str, document: str) -> int:
        """Put one message into the mail; `document` was written with `message_id`. Returns its number."""
        message_id = self.message_id()
        seq = self.counters.mail
        self.counters.mail += 1
        raw = wrap(kind, self.scheme.hub_bic, recipient, message_id, batch.at_text, document)
        batch.mail.append(Mail(seq, recipient[:8], kind, subject, raw))
        return seq

    def tell(self, batch: Batch, recipient: str, kind: str, subject: str, raw: bytes) -> int:
        """Put a notice that is no message of ISO 20022 into the mail to a bank (BIC of eight). Returns its number."""
        seq = self.counters.mail
        self.counters.mail += 1
        batch.mail.append(Mail(seq, recipient[:8], kind, subject, raw))
        return seq

    def send_again(self, batch: Batch, mail: Mail) -> None:
        """Put a message that was sent before into the mail once more, unaltered: its identification tells that it is the same."""
        batch.mail.append(Mail(self.counters.mail, mail.recipient, mail.kind, mail.subject, mail.raw))
        self.counters.mail += 1

    def note(self, batch: Batch, subject: str, event: str, article: str, facts: str = "") -> None:
        batch.entries.append(Entry(subject, event, article, facts))


def officers_of(scheme: Scheme) -> Mapping[str, Officer]:
    """The officers whom a rulebook names, by their ids."""
    return {
        one.officer_id: Officer(one.officer_id, one.name, one.roles, bytes.fromhex(one.public_key), one.passkeys)
        for one in scheme.officers
    }


def must_hold(statuses: list[int]) -> None:
    """For chains that post or void what is reserved: no status but success is possible."""
    assert chain_stands(statuses), "posting or voiding what is reserved cannot fail"

"""What a hub tells, as records: docs/api.md and the hub's own reference page say what each field means.

Amounts are `Money` (whole minor units), rates `Decimal`, instants aware datetimes in UTC. None stands where the hub has nothing to say yet,
and for an amount in a currency that is not known here. Fields that a later hub adds are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from fondaco.core import Money
from fondaco.messages import Message, read, written


class Letter(msgspec.Struct, frozen=True):
    """One message of the mailbox. `xml` is the message as it went, `message` its JSON view or what a notice of trade says."""

    seq: int
    kind: str
    about: str
    xml: str = ""
    message: Any = None

    def read(self) -> Message:
        """The message of ISO 20022 as a record. Raises `MalformedMessage`."""
        return read(self.xml.encode() if self.xml else written(self.message), bulk=True)


class LetterPage(msgspec.Struct, frozen=True):
    """Letters in the order of their numbers; what comes next is behind `after`."""

    messages: list[Letter]
    after: int


class PaymentRow(msgspec.Struct, frozen=True):
    """One payment. `pays` is what the debtor agent pays, `arrives` what the creditor agent receives, as far as it is known."""

    currency_of: ClassVar[Mapping[str, str]] = {"arrives": "target_currency"}

    number: int
    uetr: str
    state: str
    sender: str
    creditor_agent: str
    currency: str
    pays: Money | None
    target_currency: str
    urgent: bool
    received_at: datetime
    settlement_date: str
    arrives: Money | None = None
    fee: Money | None = None
    told: str = ""
    refusal: str = ""


class PaymentPage(msgspec.Struct, frozen=True):
    """Payments in the order of their numbers; `more` says whether there may be some behind `after`."""

    payments: list[PaymentRow]
    after: int
    more: bool


class StepRow(msgspec.Struct, frozen=True):
    """One step of a payment's life, and the rulebook's article."""

    at: datetime
    event: str
    state: str
    article: str


class MailRow(msgspec.Struct, frozen=True):
    """A message that went out because of a payment."""

    number: int
    to: str
    kind: str


class Story(msgspec.Struct, frozen=True):
    """A payment with everything that happened to it, as far as you see it."""

    payment: PaymentRow
    steps: list[StepRow]
    mail: list[MailRow]
    transfers: list[str]
    waits: str


class Done(msgspec.Struct, frozen=True):
    """How a payment stands after a deed upon it."""

    uetr: str
    state: str


class QueuedRow(msgspec.Struct, frozen=True):
    """A payment that waits; `limit` names the bank or country towards which a limit keeps it."""

    uetr: str
    payer: str
    payee: str
    currency: str
    amount: Money
    urgent: bool
    since: datetime
    limit: str


class Queue(msgspec.Struct, frozen=True):
    """What waits, each queue in the order in which it is tried."""

    queued: list[QueuedRow]


class PositionRow(msgspec.Struct, frozen=True):
    """One member in one currency. `net` is what the open cycle owes it, below zero what it owes."""

    bank: str
    currency: str
    booked: Money
    reserved: Money
    available: Money
    net: Money
    limit: Money
    headroom: Money
    pay_in: Money
    shortfall: Money


class Positions(msgspec.Struct, frozen=True):
    """Positions in the open cycle, 0 where none is open."""

    cycle: int
    positions: list[PositionRow]


class LimitRow(msgspec.Struct, frozen=True):
    """A limit, who set it, and what is used of it where that can be told."""

    bank: str
    towards: str
    currency: str
    limit: Money
    used: Money | None
    set_by: str


class Limits(msgspec.Struct, frozen=True):
    """Limits on flows, on what is owed over all currencies (`towards` all), and own caps (`towards` cap)."""

    limits: list[LimitRow]


class ProposalRow(msgspec.Struct, frozen=True):
    """A deed that one person proposed: it is done when another person of the same house, who holds the right `second`, approves it. `amount` is None where a limit is
    to be taken away; `decided_by` and `decided_at` are empty while it waits."""

    number: int
    kind: str
    bank: str
    currency: str
    towards: str
    amount: Money | None
    day: str
    by: str
    second: str
    made_at: datetime
    until: datetime
    state: str
    decided_by: str
    decided_at: datetime | None


class ProposalPage(msgspec.Struct, frozen=True):
    """Proposals in the order of their numbers; `more` says whether there are some behind `after`."""

    proposals: list[ProposalRow]
    after: int
    more: bool


class DeadLetterRow(msgspec.Struct, frozen=True):
    """A message that your webhook was given up for; it stands in the mailbox under its number."""

    message: int
    why: str
    at: datetime


class WebhookState(msgspec.Struct, frozen=True):
    """How your webhook stands: messages up to `after` were taken or given up."""

    url: str
    after: int
    tries: int
    next_at: datetime | None
    dead_letters: list[DeadLetterRow]


class QuoteRow(msgspec.Struct, frozen=True):
    """A firm quote in force: units of target for one of source, and how much of target is left."""

    currency_of: ClassVar[Mapping[str, str]] = {"left": "target"}

    quote: str
    provider: str
    source: str
    target: str
    rate: Decimal
    left: Money
    valid_until: datetime


class Quotes(msgspec.Struct, frozen=True):
    """The quotes in force."""

    quotes: list[QuoteRow]


class OwnQuote(msgspec.Struct, frozen=True):
    """What a provider would convert: `rate` units of the capacity's currency for one of `source`, at most the capacity."""

    source: str
    rate: Decimal
    capacity: Money


class Posted(msgspec.Struct, frozen=True):
    """The names of the quotes, in the order in which they were given."""

    quotes: list[str]


class CurrencyFigures(msgspec.Struct, frozen=True):
    """What a cycle came to in one currency."""

    currency: str
    gross: Money
    bilateral: Money
    net: Money


class Net(msgspec.Struct, frozen=True, array_like=True):
    """What a bank receives in a cycle, below zero what it pays."""

    bank: str
    currency: str
    amount: Money


class CycleRow(msgspec.Struct, frozen=True):
    """One cycle, with the nets of the banks that you see."""

    cycle: int
    state: str
    opened_at: datetime
    cut_off: datetime
    payments: int
    left_out: int
    attempts: int
    decided_at: datetime | None
    figures: list[CurrencyFigures]
    nets: list[Net]


class Cycles(msgspec.Struct, frozen=True):
    """The cycles that the hub has in hand, oldest first."""

    cycles: list[CycleRow]


class Proof(msgspec.Struct, frozen=True):
    """Proofs of what settled together, one for each currency."""

    cycle: int
    proofs: list[Any]


class HitRow(msgspec.Struct, frozen=True, rename={"list_id": "list"}):
    """What was said, what it resembles, and how much in thousandths."""

    said: str
    where: str
    listed: str
    list_id: str
    entry: str
    score: int
    name_score: int
    reasons: list[tuple[str, int]]


class WordRow(msgspec.Struct, frozen=True):
    """What an officer said of a case; the clock's words bear no name."""

    officer: str
    verb: str
    note: str
    at: datetime


class CaseRow(msgspec.Struct, frozen=True):
    """A case. `verdict` and `link` are what a decision is bound to, in hexadecimal digits."""

    case: str
    payment: int
    uetr: str
    subject: str
    state: str
    assignee: str
    opened: datetime
    due: datetime | None
    hits: list[HitRow]
    words: list[WordRow]
    verdict: str
    link: str


class CasePage(msgspec.Struct, frozen=True):
    """Cases by their names; `more` says whether there may be some behind `after`."""

    cases: list[CaseRow]
    after: str
    more: bool


class OfficersWord(msgspec.Struct, frozen=True):
    """An officer's signed word of a case: `at` in nanoseconds since 1970, bytes in hexadecimal digits; signed where the officer is."""

    officer: str
    verb: str
    note: str
    at: int
    verdict: str
    seen: str
    signature: str
    assignee: str = ""


class Said(msgspec.Struct, frozen=True):
    """What an officer's word came to."""

    case: str
    state: str


class ListRow(msgspec.Struct, frozen=True, rename={"list_id": "list"}):
    """A list that the rulebook names, and the edition in force; `state` is fresh, stale, missing or damaged."""

    list_id: str
    required: bool
    entries: int
    published: str
    received: datetime | None
    valid_until: datetime | None
    edition: str
    state: str


class Lists(msgspec.Struct, frozen=True):
    """The lists, and the version of the set that screens now."""

    list_set: str
    lists: list[ListRow]


class Swapped(msgspec.Struct, frozen=True):
    """The set that screens from now on, and what was brought and not taken."""

    list_set: str
    quarantined: list[str]


class MemberRow(msgspec.Struct, frozen=True):
    """A participant of the union."""

    bic: str
    lei: str
    name: str
    country: str
    currencies: list[str]
    roles: list[str]
    standing: str


class Members(msgspec.Struct, frozen=True):
    """The participants, by their numbers."""

    union: str
    hub: str
    members: list[MemberRow]


class CheckRow(msgspec.Struct, frozen=True):
    """What is to be done before the day ends; `needed` where it must be."""

    what: str
    done: bool
    needed: bool
    found: str


class CutOff(msgspec.Struct, frozen=True, array_like=True):
    """Until when a currency is settled today."""

    currency: str
    at: datetime
    closed: bool


class DayState(msgspec.Struct, frozen=True):
    """The business day, and what is left to do on it."""

    day: date | None
    ended: bool
    open_cycle: int
    cut_offs: list[CutOff]
    checks: list[CheckRow]
    now: datetime


class HolidayRow(msgspec.Struct, frozen=True):
    """A day on which a currency is not settled, beside its weekends."""

    day: date
    currency: str
    name: str
    source: str
    provisional: bool


class Holidays(msgspec.Struct, frozen=True):
    """Holidays in the order of days; `unknown` are the currencies whose calendar does not know the year."""

    holidays: list[HolidayRow]
    unknown: list[str]


class Instrument(msgspec.Struct, frozen=True):
    """An instrument of trade as it stands; amounts in `stands` are whole minor units of its currency."""

    instrument: str
    state: str
    stands: dict[str, Any]


class InstrumentPage(msgspec.Struct, frozen=True):
    """Instruments by their names; `more` says whether there may be some behind `after`."""

    instruments: list[Instrument]
    after: str
    more: bool


class Performed(msgspec.Struct, frozen=True):
    """What a deed came to: the instrument, and its number of steps after it."""

    instrument: str
    version: int


class Head(msgspec.Struct, frozen=True):
    """The last link of the journal's chain that is kept, and what stood in force with it."""

    batch: int
    hash: str
    day: date | None
    list_set: str
    rulebook: str


class UploadedMessage(msgspec.Struct, frozen=True):
    """What became of one message of an uploaded file; `answers` are the numbers of what answered it at once."""

    place: int
    taken: bool
    entry: str = ""
    kind: str = ""
    message_id: str = ""
    payments: int = 0
    uetr: str = ""
    reason: str = ""
    said: str = ""
    answers: tuple[int, ...] = ()


class UploadState(msgspec.Struct, frozen=True):
    """How an uploaded file stands: `offset` bytes of `length` are kept, `taken_in` of `messages` are decided, `refused` of them refused."""

    upload: str
    state: str
    media: str
    offset: int
    length: int | None
    messages: int | None
    taken_in: int
    refused: int
    why: str
    until: datetime
    results: list[UploadedMessage]
    after: int
    more: bool


class UploadPage(msgspec.Struct, frozen=True):
    """Uploads that have not ended."""

    uploads: list[UploadState]


class Table(msgspec.Struct, frozen=True):
    """One table of disclosure: columns, and rows of texts. Amounts are whole minor units, shares millionths."""

    table: str
    columns: list[str]
    rows: list[list[str]]


class Disclosure(msgspec.Struct, frozen=True):
    """The tables of disclosure of a day; `lineage` leads from each row to the journal's entries."""

    day: str
    batch: int
    tables: list[Table]

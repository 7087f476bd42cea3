"""The whole story of one deal, as the page shows it: who, on what terms, what happened when and by which article, and what moved. Texts throughout."""

from __future__ import annotations

import msgspec

Fact = tuple[str, str]


class StoryParty(msgspec.Struct, frozen=True):
    """Who takes part, as what. `bank` is the member that answers for it; `screened` how it stands with the lists."""

    role: str
    party: str
    name: str
    country: str
    bank: str
    screened: str


class StoryPaper(msgspec.Struct, frozen=True):
    """A document: what it is, its number, the SHA-256 of its bytes, and where in the deal it stands."""

    kind: str
    number: str
    sha256: str
    where: str


class StoryStep(msgspec.Struct, frozen=True):
    """Something happened at an instant (UTC text): by whom, to what, by which article. `signatures` counts keys, 0 for the clock and the hub."""

    at: str
    subject: str
    what: str
    who: str
    article: str
    signatures: int = 0
    facts: tuple[Fact, ...] = ()


class StoryFinding(msgspec.Struct, frozen=True):
    """What a bank found in a presentation: both places, both values."""

    presentation: str
    article: str
    where: str
    found: str
    other: str
    expected: str
    text: str


class StoryDeadline(msgspec.Struct, frozen=True):
    """A deadline: counted from a day, on whose calendar, over which days, until which instant, and what became of it."""

    article: str
    holder: str
    counted: str
    calendar: str
    passed_over: tuple[str, ...]
    until: str
    state: str
    effect: str


class StoryPosting(msgspec.Struct, frozen=True):
    """A transfer: reserved, posted or let go. `transfer` is its id as intent and leg, `why` its code; it stands on the ledger of `currency`."""

    at: str
    state: str
    debit: str
    credit: str
    amount: str
    currency: str
    why: str
    transfer: str


class StoryMessage(msgspec.Struct, frozen=True):
    """A message that went out or came in; `text` is what it says, "" where that was erased after its retention."""

    at: str
    way: str
    bank: str
    kind: str
    about: str
    text: str


class StoryEvent(msgspec.Struct, frozen=True):
    """One event of a record: who did what, to whom, with which settlement batch; its hash, and which leaf of the log it is."""

    seq: int
    at: str
    action: str
    actor: str
    recipient: str
    batch: str
    hash: str
    leaf: int


class StoryTitle(msgspec.Struct, frozen=True):
    """A transferable record: who has it by register and books, its events, and its place in the log with whether that holds."""

    record: str
    kind: str
    etr: str
    holder: str
    in_books: str
    state: str
    events: tuple[StoryEvent, ...]
    proof: tuple[Fact, ...]


class StoryPayment(msgspec.Struct, frozen=True):
    """A payment of the deal."""

    uetr: str
    state: str
    pays: str
    arrives: str
    rate: str
    fee: str
    delivers: str
    screened: str


class DealStory(msgspec.Struct, frozen=True):
    """Everything that hub and books know of one instrument and what belongs to it. `as_of` is the hub's last instant, UTC."""

    instrument: str
    title: str
    state: str
    hub: str
    as_of: str
    parties: tuple[StoryParty, ...]
    terms: tuple[Fact, ...]
    papers: tuple[StoryPaper, ...]
    steps: tuple[StoryStep, ...]
    findings: tuple[StoryFinding, ...]
    deadlines: tuple[StoryDeadline, ...]
    postings: tuple[StoryPosting, ...]
    payments: tuple[StoryPayment, ...]
    messages: tuple[StoryMessage, ...]
    titles: tuple[StoryTitle, ...]
    screening: tuple[Fact, ...]

"""A deal as a door shows it to one who asks: as it stands, what may come, and its steps, from a bounded number of reads whatever the journal's length.

What it tells is codes, names and figures: whoever shows it says the rest in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from fondaco.core import CURRENCIES, signature_holds
from fondaco.hub.banking_places import BankingPlaces
from fondaco.hub.deal_instruments import Belonging
from fondaco.hub.deal_postings import postings_of
from fondaco.hub.deal_steps import batches_of
from fondaco.hub.deal_story import ELSEWHERE, TIME, deeds_of_batch, lines_of
from fondaco.hub.hub import Hub
from fondaco.hub.instruments import Found, instrument_of, links_in
from fondaco.hub.machines import prefix_of
from fondaco.hub.title_chain import Signed, Title, body_of, events_of, title_chain
from fondaco.journal import Entry
from fondaco.ledger import Role, account_id, instrument_number, ledger_of, memo_ledger_of
from fondaco.payments import DECODER, Payment
from fondaco.reporting import StoryPosting
from fondaco.trade import (
    Deadline,
    Deed,
    LetterOfCredit,
    Life,
    TransferableRecord,
    article_of,
    article_text,
    days_passed_over,
    lives_of,
)

# So many batches are read for the steps, so many linked instruments and payments are looked at.
BATCHES_MAX, LINKS_MAX, PAYMENTS_MAX = 200, 60, 200
# The books are read whole for their postings where so few intents stand in them.
INTENTS_MAX = 2_000
_MEMORANDA = tuple(role for role in Role if Role.MARGIN <= role <= Role.ACCEPTED_LIABILITY)
_ON_BOOKS = ("LC", "COL", "INV")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NUMBERED = re.compile(r"([0-9]+) by (.*)")

Line = tuple[str, str]


class Done(NamedTuple):
    """A step: the batch of the journal that has it, and who signed its deed. `number` counts deeds; `said` is what stood in it, `erased` that this went
    after its retention."""

    at: int
    batch: int
    number: int
    action: str
    who: str
    article: str
    said: tuple[Line, ...]
    erased: bool
    signers: tuple[Signed, ...]


class Party(NamedTuple):
    """A party or bank that is named, as what (fields of the instrument), who answers for it, and how it stands with the lists."""

    party: str
    roles: tuple[str, ...]
    name: str
    country: str
    bank: str
    state: str
    case: str


class Paper(NamedTuple):
    """A document by its digest: in which presentation (`P1`, "" for none), what it is called, SHA-256 or the record's id for ever. Of a record `kind`
    says what it is, and its name is its number; what is called by whoever wrote it has none."""

    where: str
    bank: str
    name: str
    digest: str
    kind: str = ""


class Held(NamedTuple):
    """A document that the hub itself keeps: its SHA-256, its text, and what it says as places and texts."""

    name: str
    digest: str
    text: str
    lines: tuple[Line, ...]


class Finding(NamedTuple):
    """What a bank found in a presentation: rule and article, both places, both values, and its words."""

    where: str
    bank: str
    state: str
    rule: str
    article: str
    place: str
    found: str
    other: str
    expected: str
    text: str


class Clock(NamedTuple):
    """A deadline: whose, by which article, counted from a day over so many days of a calendar, which days that passed over, and the first instant too late."""

    article: str
    holder: str
    starts_on: str
    days: int
    unit: str
    place: str
    zone: str
    passed_over: tuple[Line, ...]
    due_at: int
    state: str
    effect: str


class Standing(NamedTuple):
    """What stands on the books for it: the account's role and holder, and its balance in whole minor units (received less given)."""

    role: str
    holder: str
    currency: str
    minor: int


class DealGlance(NamedTuple):
    """An instrument as one caller sees it. `earlier` says that steps before these were left out: read `fondaco trade story`. `postings` is None where the books
    are too long to be read for one page."""

    found: Found
    lives: tuple[Life, ...]
    parties: tuple[Party, ...]
    terms: tuple[Line, ...]
    papers: tuple[Paper, ...]
    held: tuple[Held, ...]
    findings: tuple[Finding, ...]
    clocks: tuple[Clock, ...]
    standing: tuple[Standing, ...]
    postings: tuple[StoryPosting, ...] | None
    payments: tuple[Payment, ...]
    links: tuple[Found, ...]
    titles: tuple[Title, ...]
    steps: tuple[Done, ...]
    earlier: bool


def deal_glance(hub: Hub, name: str, sees: Callable[[Found], bool], sees_payment: Callable[[Payment], bool]) -> DealGlance | None:
    """The instrument of this name; None where there is none that the caller sees. Of what is linked to it, and of its payments, what is seen alone."""
    hub.flush()
    found = instrument_of(hub, name)
    if found is None or not sees(found):
        return None
    batches = batches_of(hub.trading.shelf, name)
    read = batches[-BATCHES_MAX:]
    linked = [one for link in _linked(hub, found)[:LINKS_MAX] if (one := instrument_of(hub, link)) is not None and sees(one)]
    records = {one.name: one.one for one in (found, *linked) if isinstance(one.one, TransferableRecord)}
    payments = tuple(one for one in _payments(hub, {found.name, *records}, read) if sees_payment(one))
    steps = tuple(_steps(hub, name, read))
    terms = found.document.get("terms")
    return DealGlance(
        found, lives_of(found.one), tuple(_parties(hub, found)), tuple(lines_of(terms if isinstance(terms, dict) else _plain(found.document))),
        tuple(_papers(found, records)), tuple(_held(hub, one) for one in records.values()), tuple(_findings(found)), tuple(_clocks(hub, found)),
        tuple(_standing(hub, found)), _postings(hub, name, records, payments), payments, tuple(linked),
        tuple(title_chain(hub, one) for one in records.values()), steps,
        len(batches) > BATCHES_MAX or not steps or steps[0].number > 1,
    )  # fmt: skip


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """An instrument without what stands elsewhere on its page."""
    return {name: one for name, one in document.items() if name not in ("deadlines", "state", "head")}


def _linked(hub: Hub, found: Found) -> list[str]:
    """What it names, and of a record what its offers named."""
    names = links_in(found)
    if isinstance(found.one, TransferableRecord):
        said = [str(body_of(one).get("reference", "")) for one in events_of(hub, found.one)]
        names += [text.partition("/")[0] for text in said if prefix_of(text) in hub.trading.machines]
    return list(dict.fromkeys(one for one in names if one != found.name))


# Who takes part, and with which papers


def _parties(hub: Hub, found: Found) -> Iterator[Party]:
    known, members = hub.trading.parties.known, hub.desk.in_force().participants
    roles: dict[str, dict[str, None]] = {}
    for field, text in _places(_plain(found.document)):
        if text in known or text in members:
            roles.setdefault(text, {})[field] = None
    for party, fields in roles.items():
        if party in known:
            one = known[party]
            yield Party(party, tuple(fields), one.name, one.country, one.bank, one.state.name, one.case)
        else:
            member = members[party]
            yield Party(party, tuple(fields), member.name, member.country, party, member.standing, "")


def _places(value: Any, field: str = "") -> Iterator[Line]:
    """Every text of a document with the field in which it stands; the id within a party is the party's."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _places(one, field if name == "id" and field else name)
    elif isinstance(value, list):
        for one in value:
            yield from _places(one, field)
    elif isinstance(value, str):
        yield field, value


def _papers(found: Found, records: dict[str, TransferableRecord]) -> Iterator[Paper]:
    if isinstance(found.one, LetterOfCredit):
        for each in found.one.presentations:
            for text in each.documents:
                name, _, digest = text.rpartition(" ")
                known = bool(_SHA256.fullmatch(digest))
                yield Paper(f"P{each.number}", each.bank, name if known else text, digest if known else "")
    for name in ("sha256",):
        if found.document.get(name):
            yield Paper("", "", str(found.document.get("number", "")), str(found.document[name]))
    for record in records.values():
        yield Paper("", "", record.serial, record.etr, record.kind.name)


def _held(hub: Hub, record: TransferableRecord) -> Held:
    text = hub.trading.records.content(record)
    return Held(record.instrument, sha256(text.encode()).hexdigest(), text, tuple(lines_of(msgspec.json.decode(text))))


def _findings(found: Found) -> Iterator[Finding]:
    for each in found.one.presentations if isinstance(found.one, LetterOfCredit) else ():
        for one in each.discrepancies:
            article = article_text(one.rule.partition("/")[0])
            yield Finding(
                f"P{each.number}",
                each.bank,
                each.state.name,
                one.rule,
                article,
                one.where,
                one.found,
                one.other,
                one.expected,
                one.text,
            )


def _clocks(hub: Hub, found: Found) -> Iterator[Clock]:
    deadlines: Sequence[Deadline] = getattr(found.one, "deadlines", ())
    places = BankingPlaces(hub.desk.in_force(), hub.desk.scheme.version) if deadlines else {}
    for one in sorted(deadlines, key=lambda each: each.due_at):
        calendar = places[one.calendar].calendar
        over = tuple((each.day.isoformat(), each.name) for each in days_passed_over(one, calendar))
        yield Clock(
            article_text(one.rule), one.holder, one.starts_on, one.count, one.unit.name, one.calendar, calendar.zone, over, one.due_at,
            one.state.name, one.effect.name,
        )  # fmt: skip


# What it did


def _steps(hub: Hub, name: str, batches: Sequence[int]) -> Iterator[Done]:
    """What the journal says of it in these batches, each deed with its signers."""
    keys = hub.trading.parties.keys()
    for batch in batches:
        link = next(hub.journal.links(batch), None)
        if link is None or link.number != batch:
            continue
        deeds = deeds_of_batch(hub, batch)
        for entry in link.entries():
            if entry.subject != f"instrument {name}":
                continue
            numbered = _NUMBERED.fullmatch(entry.facts)
            who = numbered[2] if numbered is not None else entry.facts
            deed = next((one for one in deeds or () if _is(one, entry, who, name)), None)
            if deed is not None and deeds is not None:
                deeds = [one for one in deeds if one is not deed]
            article = article_text(article_of(name, entry.event)) or entry.article
            # What the hub or the clock does has no deed that could have been erased.
            erased = deeds is None and entry.event != TIME and not who.startswith("payment ")
            yield Done(
                link.instant, batch, int(numbered[1]) if numbered is not None else 0, entry.event, who, article, _said(deed), erased,
                _signers(deed, keys),
            )  # fmt: skip


def _is(deed: Deed, entry: Entry, who: str, name: str) -> bool:
    return deed.action == entry.event and deed.actor == who and deed.instrument in ("", name)


def _said(deed: Deed | None) -> tuple[Line, ...]:
    said = msgspec.json.decode(deed.body) if deed is not None and deed.body.strip() else {}
    return tuple(lines_of({key: one for key, one in said.items() if key not in ELSEWHERE})) if isinstance(said, dict) else ()


def _signers(deed: Deed | None, keys: Any) -> tuple[Signed, ...]:
    pairs = deed.signatures if deed is not None else ()
    return tuple(
        Signed(keys.get(key, ""), key.hex(), deed is not None and signature_holds(key, sign, deed.material()))
        for key, sign in pairs
    )


def _payments(hub: Hub, names: set[str], batches: Sequence[int]) -> Iterator[Payment]:
    """The payments that moved it: those of its own batches that are for it, or for one of its records."""
    numbers: dict[int, None] = {}
    for batch in batches:
        link = next(hub.journal.links(batch), None)
        for entry in link.entries() if link is not None and link.number == batch else ():
            kind, _, number = entry.subject.partition(" ")
            if kind == "payment" and number.isdigit() and len(numbers) < PAYMENTS_MAX:
                numbers[int(number)] = None
    for at in numbers:
        raw = hub.journal.payment(at)
        one = DECODER.decode(raw) if raw is not None else None
        lock = one.delivery.lock.partition("/")[0] if one is not None and one.delivery is not None else ""
        pays = one.remitted.invoice if one is not None and one.remitted is not None else ""
        if one is not None and {lock, pays} & names:
            yield one


# What stands on the books


def _standing(hub: Hub, found: Found) -> Iterator[Standing]:
    """The balances of its memoranda and margins, of each party that is named in it."""
    currency = getattr(found.one, "currency", "")
    if prefix_of(found.name) not in _ON_BOOKS or currency not in CURRENCIES:
        return
    numeric, exponent = CURRENCIES[currency].numeric, CURRENCIES[currency].exponent
    number, parties = instrument_number(found.name), hub.trading.parties
    for party in sorted(one for one in found.named if parties.bank_of(one)):
        for role in _MEMORANDA:
            ledger = (ledger_of if role is Role.MARGIN else memo_ledger_of)(numeric, exponent)
            balance = hub.books.balance(account_id(role, ledger, parties.number_of(party), number))
            if balance is not None and balance.net:
                yield Standing(role.name, party, currency, balance.net)


def _postings(
    hub: Hub, name: str, records: dict[str, TransferableRecord], payments: Sequence[Payment]
) -> tuple[StoryPosting, ...] | None:
    if hub.desk.counters.intent > INTENTS_MAX:
        return None
    belongs = Belonging(name, records=records, payments={one.number: one for one in payments})
    return tuple(postings_of(hub, belongs))

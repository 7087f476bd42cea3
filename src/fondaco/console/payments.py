"""Payments: found by anything that their summary knows, newest first; and the whole story of one."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from starlette.responses import Response

from fondaco.access import Reach, Right
from fondaco.console.markup import highlighted
from fondaco.console.visit import Shown, Visit
from fondaco.core import CURRENCIES, minor_text
from fondaco.fx import NANO
from fondaco.hub import Erased, Hub
from fondaco.ledger import Transfer, place_of, residue_ledger_of
from fondaco.payments import DECODER, Payment, State, reserve
from fondaco.reporting import story

# So many payments are looked at for one page, and so many are shown; so many batches for the entries of one payment.
LOOKED_AT_MAX, ROWS_MAX, BATCHES_MAX = 2_000, 50, 500


class Row(msgspec.Struct, frozen=True):
    """A payment in a list. Amounts in whole minor units; `currency` is "" where the message's is none that we know."""

    number: int
    uetr: str
    state: str
    sender: str
    creditor_agent: str
    currency: str
    pays: int
    target_currency: str
    arrives: int
    urgent: bool
    received_at: int


class Listing(msgspec.Struct, frozen=True):
    """Payments, newest first; more stand before the number `before`, 0 where there are none."""

    rows: list[Row]
    before: int


class Step(msgspec.Struct, frozen=True):
    """One step of its life, and the rulebook's article."""

    at: int
    event: str
    state: str
    article: str


class Noted(msgspec.Struct, frozen=True):
    """An entry of the journal, and the link of the chain that it stands in."""

    batch: int
    event: str
    article: str
    facts: str
    link: str


class Account(msgspec.Struct, frozen=True):
    """One account of the books: what it is for, in small letters; whose (BIC of eight, "" for the hub's); of which cycle, 0 for none."""

    role: str
    holder: str
    cycle: int


class Leg(msgspec.Struct, frozen=True):
    """A transfer in the books. `currency` is "" for a ledger of something else than money; of what rounding left over
    `residue` is the same in units of `residue_currency`, to the last digit."""

    transfer: str
    debit: Account
    credit: Account
    minor: int
    currency: str
    ledger: int
    residue: str
    residue_currency: str


class Sent(msgspec.Struct, frozen=True):
    """A message as it came or went; `text` is empty where it was erased."""

    kind: str
    to: str
    number: int
    text: str


class Told(msgspec.Struct, frozen=True):
    """The story of one payment as one caller sees it. `whole` is false for who sees it from the offer on alone."""

    row: Row
    cycle: int
    settlement_date: str
    fee: int
    refusal: str
    list_set: str
    case: str
    message_id: str
    end_to_end_id: str
    rate: str
    provider: str
    whole: bool
    erased: bool
    came: Sent | None
    steps: list[Step]
    entries: list[Noted]
    legs: list[Leg]
    transfers: list[str]
    sent: list[Sent]


def row(one: Payment) -> Row:
    source = one.source_currency if one.source_currency in CURRENCIES else ""
    return Row(
        one.number, one.uetr, one.state.name, one.sender, one.creditor_agent, source, one.source_minor, one.target_currency, one.target_minor,
        one.urgent, one.received_at,
    )  # fmt: skip


def fits(one: Payment, words: list[str]) -> bool:
    """Whether every word is in one of the payment's names, or is its state, a currency or an amount of it. Pure."""
    if not words:
        return True
    names = [one.uetr, one.sender, one.creditor_agent, one.message_id, one.instruction_id, one.end_to_end_id, one.transaction_id]
    texts = [name.casefold() for name in names]
    exact = {one.state.name.casefold(), one.source_currency.casefold(), one.target_currency.casefold(), str(one.number)}
    for minor, currency in ((one.source_minor, one.source_currency), (one.target_minor, one.target_currency)):
        if currency in CURRENCIES and minor:
            exact.add(minor_text(minor, CURRENCIES[currency].exponent))
    return all(word in exact or any(word in text for text in texts) for word in words)


def found(hub: Hub, reach: Reach, asked: str, before: int = 0) -> Listing:
    """Payments that fit and are seen, numbered below `before` where it is not 0. A page may be short and have more before it."""
    words = asked.casefold().split()[:8]
    if len(words) == 1 and len(words[0]) == 36:
        known = hub.by_uetr(words[0])
        if known is not None:
            return Listing([row(known)] if reach.payment(known) else [], 0)
    top = min(before, hub.desk.counters.payment) if before else hub.desk.counters.payment
    rows: list[Row] = []
    for looked, (number, raw) in enumerate(hub.journal.payments_before(top), 1):
        one = DECODER.decode(raw)
        if fits(one, words) and reach.payment(one):
            if len(rows) == ROWS_MAX:
                return Listing(rows, rows[-1].number)
            rows.append(row(one))
        if looked == LOOKED_AT_MAX and number > 1:
            return Listing(rows, number)
    return Listing(rows, 0)


def told(hub: Hub, reach: Reach, uetr: str) -> Told | None:
    """The story of a payment, None where the caller sees none. Who is not the sender's side sees it from the offer on, as at the API."""
    one = hub.by_uetr(uetr)
    if one is None or not reach.payment(one):
        return None
    whole = reach.all or reach.bank(one.sender)
    kept = story(one, hub.journal)
    steps = [Step(step.at, step.event, step.state, step.article) for step in one.taken]
    if not whole:
        steps = steps[next((at for at, step in enumerate(steps) if step.state == State.OFFERED.name), len(steps)) :]
    came, erased = _came(hub, one) if whole else (None, False)
    return Told(
        row(one), one.cycle, one.settlement_date, one.fee_minor if whole else 0,
        one.refusal.sentence() if one.refusal is not None and whole and one.refusal.code != "RR04" else "",
        one.list_set if whole else "", one.case if whole else "", one.message_id if whole else "", one.end_to_end_id,
        str(one.locked.rate) if one.locked is not None else "", one.locked.provider if one.locked is not None else "",
        whole, erased, came, steps, _entries(hub, one) if whole else [], _legs(hub, one) if whole else [], kept["transfers"] if whole else [],
        [Sent(mail["kind"], mail["to"], mail["seq"], mail["raw"]) for mail in kept["mail"] if reach.bank(mail["to"])],
    )  # fmt: skip


def _came(hub: Hub, one: Payment) -> tuple[Sent | None, bool]:
    """The message that brought the payment; or that it was erased after its retention."""
    try:
        raw = hub.raw(one.batch, one.command)
    except Erased:
        return None, True
    except LookupError:
        return None, False
    return Sent(one.message_kind, "", 0, raw.decode("utf-8", "replace")), False


def _entries(hub: Hub, one: Payment) -> list[Noted]:
    """What the journal says of it. Ends: at the payment's last step, or after `BATCHES_MAX` batches."""
    last = max((step.at for step in one.taken), default=0)
    subject = f"payment {one.number}"
    needle = subject.encode()
    rows: list[Noted] = []
    for looked, link in enumerate(hub.journal.links(one.batch)):
        if looked == BATCHES_MAX or link.instant > last:
            break
        # A link may hold thousands of entries: those of links that say nothing of it are not made out.
        if needle in link.encoded:
            rows += [
                Noted(link.number, entry.event, entry.article, entry.facts, link.hash.hex()[:16])
                for entry in link.entries()
                if entry.subject == subject
            ]
    return rows


def _legs(hub: Hub, one: Payment) -> list[Leg]:
    """The chain that its reservation booked, made again by the function that booked it; empty where the rules of today would book another."""
    desk = hub.desk
    if not one.intent or desk.rules is None:
        return []
    try:
        chain = reserve(one, one.intent, desk.rules, desk.ledgers)
    except KeyError:  # a participant of an earlier rulebook
        return []
    return [_leg(hub, transfer) for transfer in chain] if len(chain) == one.legs else []


def _leg(hub: Hub, one: Transfer) -> Leg:
    desk = hub.desk
    currency = next((code for code, ledger in desk.ledgers.items() if ledger == one.ledger), "")
    residue, rest = "", next((code for code in desk.ledgers if one.ledger == _residue_ledger(code)), "") if not currency else ""
    if rest:
        residue = format(Decimal(one.amount).scaleb(-CURRENCIES[rest].exponent - (len(str(NANO)) - 1)), "f")
    banks = {bank.number: bank.bic[:8] for bank in desk.scheme.participants}

    def account(number: int) -> Account:
        place = place_of(number)
        who = banks.get(place.participant, str(place.participant)) if place.participant else ""
        return Account(place.role.name.lower().replace("_", " "), who, place.cycle)

    return Leg(
        f"{one.id >> 64}-{one.id & (1 << 64) - 1}", account(one.debit), account(one.credit), one.amount, currency, one.ledger,
        residue, rest,
    )  # fmt: skip


def _residue_ledger(code: str) -> int:
    return residue_ledger_of(CURRENCIES[code].numeric, CURRENCIES[code].exponent)


async def listed(visit: Visit) -> Response:
    asked, given = visit.asked("q"), visit.asked("before", 18)
    before = int(given) if given.isascii() and given.isdigit() else 0
    visit.note(Right.PAYMENT_LOOK, "place payments")
    reach, words = visit.reach, visit.words
    wanted = " ".join(words.name_of(one) for one in words.name_of(asked).split())
    listing = await visit.house.ask(lambda hub: found(hub, reach, wanted, before))
    return visit.page("payments.html", listing=listing, asked=asked)


async def one(visit: Visit) -> Response:
    uetr = visit.request.path_params["uetr"].lower()[:36]
    visit.note(Right.PAYMENT_LOOK, f"payment {uetr}")
    reach = visit.reach
    whole = await visit.house.ask(lambda hub: told(hub, reach, uetr))
    if whole is None:
        raise Shown(404)
    return visit.page("payment.html", told=whole, highlighted=lambda text: highlighted(text.encode()))

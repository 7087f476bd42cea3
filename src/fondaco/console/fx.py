"""The board of exchange: firm quotes in force, the best each way with its middle, reference rates, what an amount would come to, the rates that were used, residues."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import cast

import msgspec
from starlette.responses import Response, StreamingResponse

from fondaco.access import Reach, Right
from fondaco.console.language import Words
from fondaco.console.rates import Curve, Price, curve_of, price_of, text_of
from fondaco.console.visit import SECURITY, Shown, Visit
from fondaco.core import CURRENCIES, AmountFault, Instant, Refusal
from fondaco.fx import NANO, Quote, QuoteBook, reference
from fondaco.hub import Hub
from fondaco.ledger import Role, account_id, residue_ledger_of
from fondaco.payments import Payment
from fondaco.rulebook import PRICING_REFERENCE

# So many payments are looked at for the rates that were used, so many quotes are shown.
LOOKED_AT_MAX, QUOTES_MAX = 2_000, 300
_BOUNDLESS = 10**17
# A payment's record up to the steps that it took: what stands behind them is not read.
_FIELDS = [(one.name, one.type) for one in msgspec.structs.fields(Payment)]
_UP_TO_STEPS = _FIELDS[: [name for name, _ in _FIELDS].index("taken") + 1]
_PRICED = msgspec.msgpack.Decoder(msgspec.defstruct("_Priced", _UP_TO_STEPS, array_like=True, gc=False))


class Offer(msgspec.Struct, frozen=True):
    """A firm quote in force: units of target for one of source, what its provider still pays out (whole minor units of target; -1 without a bound of its own),
    whether nobody offers more that way, and its tiers as (from so many source minor units, rate)."""

    provider: str
    source: str
    target: str
    rate: str
    left: int
    until: int
    best: bool
    tiers: list[tuple[int, str]]


class Pair(msgspec.Struct, frozen=True):
    """Two currencies, and the price of the first in units of the second."""

    first: str
    second: str
    price: Price


class Board(msgspec.Struct, frozen=True):
    """What is quoted at an instant. `by_reference` where the union prices by the day's reference rates."""

    by_reference: bool
    currencies: list[str]
    pairs: list[Pair]
    offers: list[Offer]
    quotes: int


class Published(msgspec.Struct, frozen=True):
    """A reference rate with the day on which it was published and by whom; or why there is none."""

    first: str
    second: str
    rate: str
    day: str
    source: str
    fault: str


class Answer(msgspec.Struct, frozen=True):
    """What an amount would come to now: both legs in whole minor units, the rate, its maker, what rounding leaves (10^-9 target minor units); or why not."""

    source: str
    target: str
    source_minor: int
    target_minor: int
    rate: str
    provider: str
    residue: str
    fault: str


class Residue(msgspec.Struct, frozen=True):
    """What rounding left over on the books in a currency, in its major units to the last digit; below zero the hub is owed it."""

    currency: str
    text: str


class Used(msgspec.Struct, frozen=True):
    """The rates at which payments were priced, by pair; `whole` is false where more payments are of the day than were looked at."""

    curves: list[Curve]
    whole: bool


def board(hub: Hub, now: int) -> Board:
    """Every quote in force at `now`, best first in each direction, and the price of each pair that is quoted."""
    rules = hub.desk.rules
    if rules is None:
        return Board(False, [], [], [], 0)
    live = [one for one in hub.desk.quotes.state() if one.valid_from <= now < one.valid_until]
    best: dict[tuple[str, str], Decimal] = {}
    for one in live:
        best[one.source, one.target] = max(best.get((one.source, one.target), one.rate), one.rate)
    live.sort(key=lambda one: (one.source, one.target, -one.rate, one.provider))
    named = sorted({(min(pair), max(pair)) for pair in best})
    return Board(
        rules.pricing == PRICING_REFERENCE, sorted(rules.currencies),
        [Pair(one, other, price_of(best.get((one, other)), best.get((other, one)))) for one, other in named],
        [_offer(one, best[one.source, one.target]) for one in live[:QUOTES_MAX]], len(live),
    )  # fmt: skip


def _offer(one: Quote, best: Decimal) -> Offer:
    left = -1 if one.capacity_minor >= _BOUNDLESS else one.capacity_minor
    tiers = [(start, format(one.rate_for(start), "f")) for start, _ in one.tiers]
    return Offer(one.provider, one.source, one.target, format(one.rate, "f"), left, one.valid_until, one.rate == best, tiers)


@lru_cache(maxsize=16)
def published(currencies: tuple[str, ...], day: date, max_age_days: int) -> tuple[Published, ...]:
    """The reference rate of each pair of these currencies on a day. Read from the file that the release carries; nothing is fetched."""
    rows = []
    for at, one in enumerate(currencies):
        for other in currencies[at + 1 :]:
            found = reference(one, other, day, max_age_days)
            if isinstance(found, Refusal):
                rows.append(Published(one, other, "", "", "", found.found))
            else:
                rows.append(Published(one, other, text_of(found.rate), found.day.isoformat(), found.source, ""))
    return tuple(rows)


def answer(hub: Hub, source: str, target: str, amount: str, now: Instant, words: Words) -> Answer | None:
    """What the hub would lock for an amount at this instant, typed as plain digits or as the language writes it; nothing is locked. None where nothing was asked."""
    if not amount or source not in CURRENCIES or target not in CURRENCIES:
        return None
    try:
        minor = words.minor_of(amount, CURRENCIES[source].exponent)
    except AmountFault as fault:
        return Answer(source, target, 0, 0, "", "", "", str(fault))
    # A copy: asking takes no provider's room away.
    found = QuoteBook(hub.desk.quotes.state()).best(source, target, minor, now)
    if isinstance(found, Refusal):
        return Answer(source, target, minor, 0, "", "", "", found.sentence())
    residue = format(Decimal(found.residue_nano).scaleb(-9), "f")
    return Answer(source, target, minor, found.target_minor, found.rate, found.provider, residue, "")


def used(hub: Hub, reach: Reach) -> Used:
    """The rates of the day's payments that are seen, among the last `LOOKED_AT_MAX` of all."""
    rules = hub.desk.rules
    if rules is None:
        return Used([], True)
    day, top = hub.desk.counters.day, hub.desk.counters.payment
    first = max(1, top - LOOKED_AT_MAX)
    uses: dict[str, list[tuple[int, Decimal]]] = {}
    for _, raw in hub.journal.payments(first):
        one = cast(Payment, _PRICED.decode(raw))
        if (
            one.locked is None
            or one.settlement_date != day
            or one.source_currency == one.target_currency
            or not reach.payment(one)
        ):
            continue
        at = next((step.at for step in one.taken if step.event == "RATE_LOCKED"), one.received_at)
        uses.setdefault(f"{one.source_currency}/{one.target_currency}", []).append((at, Decimal(one.locked.rate)))
    return Used([curve_of(pair, sorted(rows)) for pair, rows in sorted(uses.items())], first == 1)


def residues(hub: Hub) -> list[Residue]:
    """What rounding left over in each currency, as the books have it."""
    rules = hub.desk.rules
    rows = []
    for code in sorted(rules.currencies) if rules is not None else ():
        known = CURRENCIES[code]
        balance = hub.books.balance(account_id(Role.RESIDUE, residue_ledger_of(known.numeric, known.exponent)))
        if balance is not None and balance.net:
            rows.append(Residue(code, format(Decimal(balance.net).scaleb(-known.exponent - (len(str(NANO)) - 1)), "f")))
    return rows


class _Whole(msgspec.Struct, frozen=True):
    board: Board
    answer: Answer | None
    used: Used
    residues: list[Residue]
    day: str
    max_age_days: int


async def page(visit: Visit) -> Response:
    visit.note(Right.QUOTE_LOOK, "place fx")
    reach, now, words = visit.reach, visit.house.clock.now(), visit.words
    source, target, amount = visit.asked("source", 3).upper(), visit.asked("target", 3).upper(), visit.asked("amount", 30)

    def question(hub: Hub) -> _Whole:
        rules = hub.desk.rules
        return _Whole(
            board(hub, int(now)), answer(hub, source, target, amount, now, words), used(hub, reach), residues(hub) if reach.all else [],
            hub.desk.counters.day, rules.reference_max_age_days if rules is not None else 0,
        )  # fmt: skip

    whole = await visit.house.ask(question)
    rates: tuple[Published, ...] = ()
    if whole.day:
        key = (tuple(whole.board.currencies), date.fromisoformat(whole.day), whole.max_age_days)
        rates = await asyncio.to_thread(published, *key)
    asked = {"source": source, "target": target, "amount": amount}
    return visit.page(
        "fx.html", board=whole.board, whole=whole, rates=rates, asked=asked, sees_residues=reach.all, live="/fx/live"
    )


async def live(visit: Visit) -> Response:
    """The quotes as they come and expire, while the session lasts. Everybody who may look sees the same."""
    house, caller = visit.house, visit.caller
    assert caller is not None
    if house.live.full:
        raise Shown(503)
    visit.note(Right.QUOTE_LOOK, "place fx")
    language, session = visit.language, visit.session

    async def make() -> str:
        now = int(house.clock.now())
        return house.pages.render("fx_facts.html", language, {"board": await house.ask(lambda hub: board(hub, now))})

    def allowed() -> bool:
        return house.access.sessions.recognise(session, house.clock.now()) == caller

    return StreamingResponse(house.live.watch(("fx", language), make, allowed), media_type="text/event-stream", headers=SECURITY)

"""Money and its bounds: positions, limits, quotes, net cycles and their proofs."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from fondaco.access import Right
from fondaco.api.ask import Ask
from fondaco.api.payments_route import text_of
from fondaco.api.problem import Problem
from fondaco.api.proposals_route import PROPOSED, proposed
from fondaco.api.route import Amount, Currency, Moment, Number, Plain, Rate, Reply, Route, Towards, given
from fondaco.core import CURRENCIES, AmountFault, Instant, minor_of, utc_text
from fondaco.fx import Quote
from fondaco.hub import CloseCycle, Hub, LimitFlow, LimitTotal, PostQuotes, SetLimit, set_by_text, settlement_proofs
from fondaco.rulebook import PRICING_REFERENCE
from fondaco.settlement import Cycle


class BankQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one bank (BIC) only, where it is named."""

    bank: Annotated[str, msgspec.Meta(pattern=r"^([A-Z0-9]{8}([A-Z0-9]{3})?)?\Z")] = ""


# Positions


class PositionRow(msgspec.Struct, frozen=True):
    """One member in one currency. `net` is what the open cycle owes it, below zero what it owes; `headroom` what its cap still lets it owe."""

    bank: str
    currency: str
    booked: Amount
    reserved: Amount
    available: Amount
    net: Amount
    limit: Amount
    headroom: Amount
    pay_in: Amount
    shortfall: Amount


class Positions(msgspec.Struct, frozen=True):
    """Positions in the open cycle, 0 where none is open."""

    cycle: Number
    positions: list[PositionRow]


async def positions(ask: Ask) -> Positions:
    sight, bank = ask.sight, ask.query.bank[:8]

    def question(hub: Hub) -> Positions:
        desk = hub.desk
        if desk.rules is None:
            raise Problem("conflict", "no business day was opened yet")
        wanted = [
            (one.number, one.bic, currency)
            for one in sorted(desk.scheme.participants, key=lambda one: one.number)
            for currency in sorted(one.currencies)
            if one.roles != {"settlement_agent"} and bank in ("", one.bic[:8]) and sight.bank(one.bic)
        ]
        rows = []
        for one in hub.positions.of(wanted):
            figures = (one.booked, one.reserved, one.available, one.net, one.limit, one.headroom, one.pay_in, one.shortfall)
            rows.append(PositionRow(one.bic, one.currency, *(text_of(minor, one.currency) for minor in figures)))
        return Positions(desk.counters.open_cycle, rows)

    return await ask.hub(question)


# Limits


class LimitRow(msgspec.Struct, frozen=True):
    """A limit, who set it, and what is used of it; `used` is empty where no rate of the day lets that be told."""

    bank: str
    towards: str
    currency: str
    limit: Amount
    used: Annotated[str, msgspec.Meta(pattern=r"^(-?[0-9]{1,18}(\.[0-9]{1,3})?)?\Z")]
    set_by: str


class Limits(msgspec.Struct, frozen=True):
    """Limits on what flows on a day, on what is owed over all currencies (`towards` all), and members' own caps (`towards` cap)."""

    limits: list[LimitRow]


class OwnCap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Your own net debit cap in a currency, at most the scheme's."""

    currency: Currency
    amount: Plain


class FlowLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The most that may flow on a day, beyond what comes back, to a bank or a country; null takes the limit away."""

    currency: Currency
    towards: Towards
    amount: Plain | None


class Total(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The most that you owe in one cycle over all currencies, in the currency of exposures; null takes the limit away."""

    amount: Plain | None


def minor_in(amount: str, currency: str) -> int:
    """Whole minor units of an amount. Raises `Problem` with the place."""
    if currency not in CURRENCIES:
        raise Problem("not-valid", f"{currency} is not a currency of ISO 4217 that we know", "$.currency")
    try:
        return minor_of(amount, CURRENCIES[currency].exponent)
    except AmountFault as fault:
        raise Problem("not-valid", str(fault), "$.amount") from fault


async def limits(ask: Ask) -> Limits:
    sight, bank = ask.sight, ask.query.bank[:8]

    def question(hub: Hub) -> Limits:
        desk, limiting = hub.desk, hub.limiting
        known = {one.number: one.bic[:8] for one in desk.scheme.participants}
        rows = [
            LimitRow(known[number], "cap", currency, text_of(minor, currency), "", set_by_text(""))
            for (number, currency), minor in sorted(desk.limits.items())
        ]
        for ((payer, currency, towards), minor, used), setter in zip(limiting.state(), limiting.set_by(), strict=True):
            other = known[int(towards)] if towards.isdigit() else towards
            rows.append(
                LimitRow(known[payer], other, currency, text_of(minor, currency), text_of(used, currency), set_by_text(setter))
            )
        for one in limiting.totals.state():
            used_text = "" if one.used_minor is None else text_of(one.used_minor, one.currency)
            limit = text_of(one.minor, one.currency)
            rows.append(LimitRow(known[one.payer], one.towards, one.currency, limit, used_text, set_by_text(one.set_by)))
        return Limits([row for row in rows if bank in ("", row.bank) and sight.bank(row.bank)])

    return await ask.hub(question)


async def set_cap(ask: Ask) -> Reply:
    return await proposed(ask, SetLimit(ask.institution()[:8], ask.body.currency, minor_in(ask.body.amount, ask.body.currency)))


async def set_flow(ask: Ask) -> Reply:
    body = ask.body
    minor = -1 if body.amount is None else minor_in(body.amount, body.currency)
    if body.currency not in CURRENCIES:
        raise Problem("not-valid", f"{body.currency} is not a currency of ISO 4217 that we know", "$.currency")
    return await proposed(ask, LimitFlow(ask.institution()[:8], body.currency, body.towards, minor))


async def set_total(ask: Ask) -> Reply:
    home = await ask.hub(lambda hub: hub.desk.rules.risk.exposure_currency if hub.desk.rules is not None else "")
    if not home:
        raise Problem("conflict", "no day is open, or no article says in which currency debts are added up")
    minor = -1 if ask.body.amount is None else minor_in(ask.body.amount, home)
    return await proposed(ask, LimitTotal(ask.institution()[:8], minor))


# Quotes


class QuoteRow(msgspec.Struct, frozen=True):
    """A firm quote in force: units of target for one of source, and how much of target is left."""

    quote: str
    provider: str
    source: str
    target: str
    rate: str
    left: Amount
    valid_until: Moment


class Quotes(msgspec.Struct, frozen=True):
    """The quotes in force."""

    quotes: list[QuoteRow]


class OwnQuote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What you would convert: units of target for one of source, at most so much of target."""

    source: Currency
    target: Currency
    rate: Rate
    capacity: Plain


class OwnQuotes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All your quotes: they take the place of those before."""

    quotes: Annotated[list[OwnQuote], msgspec.Meta(min_length=1, max_length=500)]


class Posted(msgspec.Struct, frozen=True):
    """The names of the quotes, in the order in which they were given."""

    quotes: list[str]


async def quotes(ask: Ask) -> Quotes:
    now = int(ask.house.clock.now())

    def question(hub: Hub) -> Quotes:
        return Quotes(
            [
                QuoteRow(
                    one.quote_id, one.provider, one.source, one.target, str(one.rate), text_of(one.capacity_minor, one.target),
                    utc_text(Instant(one.valid_until)),
                )
                for one in hub.desk.quotes.state()
                if one.valid_from <= now < one.valid_until
            ]
        )  # fmt: skip

    return await ask.hub(question)


async def post_quotes(ask: Ask) -> Posted:
    provider = ask.institution()[:8]
    now = int(ask.house.clock.now())
    pricing, valid_s, known = await ask.hub(
        lambda hub: ("", 0, frozenset()) if hub.desk.rules is None
        else (hub.desk.rules.pricing, hub.desk.rules.quote_valid_s, frozenset(hub.desk.rules.currencies))
    )  # fmt: skip
    if not known or pricing == PRICING_REFERENCE:
        raise Problem("conflict", "no day is open" if not known else "this union prices by reference rates; it has no providers")
    until = now + valid_s * 1_000_000_000
    found = []
    for at, one in enumerate(ask.body.quotes):
        if not {one.source, one.target} <= known or one.source == one.target:
            raise Problem("not-valid", f"{one.source}/{one.target} is no pair of this union's currencies", f"$.quotes[{at}]")
        rate = Decimal(one.rate)
        if rate <= 0:
            raise Problem("not-valid", "a rate is above zero", f"$.quotes[{at}].rate")
        # The same request is the same quotes: its key, where it has one, names them.
        name = f"{provider} {ask.header('idempotency-key') or uuid.uuid4()} {at}"
        quote = str(uuid.uuid5(uuid.NAMESPACE_OID, name))
        found.append(Quote(quote, provider, one.source, one.target, rate, (), now, until, minor_in(one.capacity, one.target)))
    await ask.do(PostQuotes(provider, tuple(found)))
    return Posted([one.quote_id for one in found])


# Cycles


class CurrencyFigures(msgspec.Struct, frozen=True):
    """What a cycle came to in one currency."""

    currency: str
    gross: Amount
    bilateral: Amount
    net: Amount


class CycleRow(msgspec.Struct, frozen=True):
    """One cycle; `nets` are what each bank that you see receives, below zero pays."""

    cycle: Number
    state: str
    opened_at: Moment
    cut_off: Moment
    payments: Number
    left_out: Number
    attempts: Number
    decided_at: str
    figures: list[CurrencyFigures]
    nets: list[tuple[str, str, Amount]]


class Cycles(msgspec.Struct, frozen=True):
    """The cycles that the hub has in hand, oldest first."""

    cycles: list[CycleRow]


class Proof(msgspec.Struct, frozen=True):
    """Proofs that `python settlement_check.py` checks without us; one for each currency."""

    cycle: Number
    proofs: list[Any]


class ByCycle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cycle by its number."""

    cycle: Number


def _cycle(ask: Ask, hub: Hub, one: Cycle) -> CycleRow:
    sight = ask.sight
    known = {bank.number: bank.bic[:8] for bank in hub.desk.scheme.participants}
    nets = [(known[n], c, text_of(minor, c)) for c, n, minor in one.nets if n in known and sight.bank(known[n])]
    return CycleRow(
        one.number, one.state.name, utc_text(Instant(one.opened_at)), utc_text(Instant(one.cut_off)),
        len(one.members) - len(one.left_out), len(one.left_out), one.attempt,
        utc_text(Instant(one.decided_at)) if one.decided_at else "",
        [CurrencyFigures(c, *(text_of(minor, c) for minor in figures)) for c, *figures in one.figures], nets,
    )  # fmt: skip


async def cycles(ask: Ask) -> Cycles:
    return await ask.hub(lambda hub: Cycles([_cycle(ask, hub, one) for _, one in sorted(hub.desk.cycles.items())]))


async def cycle(ask: Ask) -> CycleRow:
    def question(hub: Hub) -> CycleRow:
        one = hub.desk.cycles.get(ask.place.cycle)
        if one is None:
            raise Problem("not-found", f"no cycle {ask.place.cycle} is in hand")
        return _cycle(ask, hub, one)

    return await ask.hub(question)


async def proof(ask: Ask) -> Proof:
    def question(hub: Hub) -> Proof:
        found = settlement_proofs(hub.journal, ask.place.cycle)
        if not found:
            raise Problem("not-found", f"cycle {ask.place.cycle} is no offset by most value: nothing was proved of it")
        bics = {str(one.number): one.bic for one in hub.desk.scheme.participants}
        told = [msgspec.json.decode(raw) for raw in found]
        return Proof(ask.place.cycle, [one | {"banks": [bics.get(bank, bank) for bank in one["banks"]]} for one in told])

    return await ask.hub(question)


async def close_cycle(ask: Ask) -> Reply:
    return await proposed(ask, CloseCycle())


_NO = ("refused", "conflict", "not-valid")
ROUTES = (
    Route("list_positions", "GET", "/v1/positions", "Read positions", positions, Right.POSITION_LOOK, "money", query=BankQuery, gives=given(Positions),
          problems=("conflict",)),
    Route("list_limits", "GET", "/v1/limits", "Read limits", limits, Right.LIMIT_LOOK, "money", query=BankQuery, gives=given(Limits)),
    Route("set_own_cap", "POST", "/v1/limits/cap", "Propose your own net debit cap", set_cap, Right.LIMIT_SET, "money",
          body=OwnCap, gives=PROPOSED, problems=_NO, deed=True),
    Route("set_flow_limit", "POST", "/v1/limits/flow", "Propose a limit on what flows to a bank or a country", set_flow,
          Right.LIMIT_SET, "money", body=FlowLimit, gives=PROPOSED, problems=_NO, deed=True),
    Route("set_total_limit", "POST", "/v1/limits/total", "Propose a limit on what you owe over all currencies", set_total,
          Right.LIMIT_SET, "money", body=Total, gives=PROPOSED, problems=_NO, deed=True),
    Route("list_quotes", "GET", "/v1/quotes", "Read the quotes in force", quotes, Right.QUOTE_LOOK, "money", gives=given(Quotes), about="fx"),
    Route("post_quotes", "POST", "/v1/quotes", "Post your firm quotes", post_quotes, Right.QUOTE_POST, "money",
          body=OwnQuotes, gives=given(Posted), problems=(*_NO, "not-allowed"), deed=True),
    Route("list_cycles", "GET", "/v1/cycles", "List net cycles", cycles, Right.CYCLE_LOOK, "money", gives=given(Cycles)),
    Route("read_cycle", "GET", "/v1/cycles/{cycle}", "Read one cycle", cycle, Right.CYCLE_LOOK, "money", place=ByCycle, gives=given(CycleRow),
          problems=("not-found",)),
    Route("prove_cycle", "GET", "/v1/cycles/{cycle}/proof", "Read the proofs of what settled together", proof, Right.CYCLE_LOOK,
          "money", place=ByCycle, gives=given(Proof), problems=("not-found",)),
    Route("close_cycle", "POST", "/v1/cycles/close", "Propose to close the open cycle now", close_cycle, Right.CYCLE_CLOSE, "money",
          gives=PROPOSED, problems=("conflict",), deed=True),
)  # fmt: skip

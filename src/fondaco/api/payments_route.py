"""Payments, what waits for money, and what members hold: each as far as the caller sees it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from fondaco.access import Right
from fondaco.api.ask import Ask
from fondaco.api.problem import Problem
from fondaco.api.route import Amount, Limit, Moment, Number, Route, Uetr, given
from fondaco.core import CURRENCIES, Instant, minor_text, utc_text
from fondaco.hub import Hub, Reorder, Revoke
from fondaco.payments import DECODER, Payment, State
from fondaco.reporting import story

# So many payments are looked at for one page: a page may be short, and says where to go on.
_LOOKED_AT_MAX = 2_000


class ByUetr(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A payment by the name that it has for ever."""

    uetr: Uetr


class PaymentQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Payments behind the number `after`, of one state where it is named (such as HELD), of one bank (BIC) on either side where it is named."""

    after: Number = 0
    limit: Limit = 100
    state: Annotated[str, msgspec.Meta(pattern=r"^([A-Z]{1,12})?\Z")] = ""
    bank: Annotated[str, msgspec.Meta(pattern=r"^([A-Z0-9]{8}([A-Z0-9]{3})?)?\Z")] = ""


class PaymentRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One payment. `pays` is what the debtor agent pays, `arrives` what the creditor agent receives, as far as it is known."""

    number: Number
    uetr: str
    state: str
    sender: str
    creditor_agent: str
    currency: str
    pays: Amount
    target_currency: str
    urgent: bool
    received_at: Moment
    settlement_date: str
    arrives: Amount = ""
    fee: Amount = ""
    told: str = ""
    refusal: str = ""


class PaymentPage(msgspec.Struct, frozen=True):
    """Payments in the order of their numbers. Ask next for what is behind `after`; `more` says whether there may be some."""

    payments: list[PaymentRow]
    after: Number
    more: bool


class StepRow(msgspec.Struct, frozen=True):
    """One step of a payment's life, and the rulebook's article."""

    at: Moment
    event: str
    state: str
    article: str


class MailRow(msgspec.Struct, frozen=True):
    """A message that went out because of it. Its text is in the mailbox of who received it."""

    number: Number
    to: str
    kind: str


class Story(msgspec.Struct, frozen=True):
    """A payment with everything that happened to it."""

    payment: PaymentRow
    steps: list[StepRow]
    mail: list[MailRow]
    transfers: list[str]
    waits: str


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a queued payment is to stand: before all others of its queue, or behind them."""

    first: bool


class Done(msgspec.Struct, frozen=True):
    """How the payment stands now."""

    uetr: str
    state: str


class QueuedRow(msgspec.Struct, frozen=True):
    """A payment that waits; `limit` names the bank or country towards which a limit keeps it."""

    uetr: str
    payer: str
    payee: str
    currency: str
    amount: Amount
    urgent: bool
    since: Moment
    limit: str


class Queue(msgspec.Struct, frozen=True):
    """What waits, each queue in the order in which it is tried."""

    queued: list[QueuedRow]


def text_of(minor: int, currency: str) -> str:
    """Whole minor units as an amount's text."""
    return minor_text(minor, CURRENCIES[currency].exponent)


def row(one: Payment, *, sender_sees: bool) -> PaymentRow:
    """What is told of a payment. Why it was refused is for its sender's side: the hub says no more to anybody than to it."""
    told = one.refusal.sentence() if one.refusal is not None and one.refusal.code != "RR04" else ""
    source = one.source_currency if one.source_currency in CURRENCIES else ""
    return PaymentRow(
        one.number, one.uetr, one.state.name, one.sender, one.creditor_agent, one.source_currency,
        text_of(one.source_minor, source) if source else str(one.source_minor), one.target_currency, one.urgent,
        utc_text(Instant(one.received_at)), one.settlement_date,
        text_of(one.target_minor, one.target_currency) if one.target_minor else "",
        text_of(one.fee_minor, source) if one.fee_minor and sender_sees else "",
        one.told, told if sender_sees else "",
    )  # fmt: skip


async def listed(ask: Ask) -> PaymentPage:
    query, sight = ask.query, ask.sight

    def question(hub: Hub) -> PaymentPage:
        rows: list[PaymentRow] = []
        after = query.after
        for looked, (number, raw) in enumerate(hub.journal.payments(query.after + 1)):
            if len(rows) == query.limit or looked == _LOOKED_AT_MAX:
                return PaymentPage(rows, after, True)
            after = number
            one = DECODER.decode(raw)
            fits = query.state in ("", one.state.name) and query.bank[:8] in ("", one.sender, one.creditor_agent)
            if fits and sight.payment(one):
                rows.append(row(one, sender_sees=sight.bank(one.sender)))
        return PaymentPage(rows, after, False)

    return await ask.hub(question)


def found_in(ask: Ask, hub: Hub, uetr: str) -> Payment:
    """The payment, where the caller sees it. Raises `Problem`: what is another's is told like what is not there."""
    one = hub.by_uetr(uetr)
    if one is None or not ask.sight.payment(one):
        raise Problem("not-found", f"no payment {uetr} of yours is known")
    return one


async def told(ask: Ask) -> Story:
    def question(hub: Hub) -> Story:
        one = found_in(ask, hub, ask.place.uetr)
        sight = ask.sight
        sender_sees = sight.bank(one.sender)
        whole = story(one, hub.journal)
        mail = [MailRow(mail["seq"], mail["to"], mail["kind"]) for mail in whole["mail"] if sight.bank(mail["to"])]
        # A creditor agent's part of the story begins with the offer.
        steps = [StepRow(**step) for step in whole["steps"]]
        if not sender_sees and not sight.all:
            first = next((at for at, step in enumerate(steps) if step.state == State.OFFERED.name), len(steps))
            steps = steps[first:]
        waits = hub.limiting.keeps(one) if sender_sees else ""
        return Story(row(one, sender_sees=sender_sees), steps, mail, whole["transfers"], waits)

    return await ask.hub(question)


async def _after(ask: Ask) -> Done:
    uetr = ask.place.uetr
    return await ask.hub(lambda hub: Done(uetr, found_in(ask, hub, uetr).state.name))


async def revoked(ask: Ask) -> Done:
    await ask.do(Revoke(ask.institution(), ask.place.uetr))
    return await _after(ask)


async def placed(ask: Ask) -> Done:
    await ask.do(Reorder(ask.institution(), ask.place.uetr, ask.body.first))
    return await _after(ask)


async def queue(ask: Ask) -> Queue:
    sight = ask.sight

    def question(hub: Hub) -> Queue:
        rows = []
        for number, (_, currency, urgent) in hub.desk.queues.waiting():
            one = hub.desk.live[number]
            if sight.bank(one.sender):
                since = utc_text(Instant(one.received_at))
                amount, limit = text_of(one.source_minor, currency), hub.limiting.keeps(one)
                rows.append(QueuedRow(one.uetr, one.sender, one.creditor_agent, currency, amount, urgent, since, limit))
        return Queue(rows)

    return await ask.hub(question)


ROUTES = (
    Route(
        "list_payments", "GET", "/v1/payments", "List payments, by pages", listed, Right.PAYMENT_LOOK, "payments", query=PaymentQuery,
        gives=given(PaymentPage),
    ),
    Route(
        "read_payment", "GET", "/v1/payments/{uetr}", "Read the story of a payment", told, Right.PAYMENT_LOOK, "payments", place=ByUetr,
        gives=given(Story), problems=("not-found",),
    ),
    Route(
        "revoke_payment", "POST", "/v1/payments/{uetr}/revocation", "Take a queued payment back", revoked, Right.QUEUE_MOVE, "payments",
        place=ByUetr, gives=given(Done), problems=("not-found", "conflict", "refused"), deed=True,
    ),
    Route(
        "place_payment", "POST", "/v1/payments/{uetr}/place", "Put a queued payment first or last of its queue", placed, Right.QUEUE_MOVE,
        "payments", place=ByUetr, body=Place, gives=given(Done), problems=("not-found", "conflict", "refused"), deed=True,
    ),
    Route("list_queue", "GET", "/v1/queue", "List what waits for money or room", queue, Right.QUEUE_LOOK, "payments",
          gives=given(Queue)),
)  # fmt: skip

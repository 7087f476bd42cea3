"""A payment written by hand: what one's own bank may pay, the invoices that wait for it, and the form. Another person sends it (`proposals`)."""

from __future__ import annotations

import uuid

import msgspec
from starlette.responses import Response

from fondaco.access import Right
from fondaco.console.deeds import key_of, noted
from fondaco.console.draft import Written, drafted
from fondaco.console.visit import Visit
from fondaco.core import CURRENCIES, AmountFault, Instant, MalformedMessage, bic8, minor_text, utc_text
from fondaco.fx import Quote, source_for
from fondaco.hub import Hub
from fondaco.messages import Bought, Payee, Payer, handwritten, read, wrap

INVOICES_MAX = 50


class Debt(msgspec.Struct, frozen=True):
    """An invoice of the hub that a customer of the bank owes; amounts in whole minor units. The accounts stand on the papers, which the hub does not keep:
    "" where nobody says them."""

    invoice: str
    number: str
    buyer: str
    seller: str
    sellers_bank: str
    currency: str
    open_minor: int
    due: str


class Bank(msgspec.Struct, frozen=True):
    """The bank that pays, and what it can be asked for: whom it may pay, in which currencies, which debts wait."""

    bic: str
    country: str
    currency: str
    others: list[str]
    currencies: list[str]
    debts: list[Debt]


def bank(hub: Hub, own: str) -> Bank | None:
    """What the bank `own` (BIC of eight) may pay; None where it is no member today."""
    desk = hub.desk
    rules = desk.rules
    if rules is None or own not in rules.participants:
        return None
    one = rules.participants[own]
    others = [bic8(member.bic) for member in rules.members() if bic8(member.bic) != own]
    return Bank(one.bic, one.country, one.currency, sorted(others), sorted(rules.currencies), debts(hub, own))


def debts(hub: Hub, own: str) -> list[Debt]:
    """Invoices whose buyer is a customer of the bank, and of which something is open; the oldest first, at most `INVOICES_MAX`."""
    parties = hub.trading.parties.known
    rows: list[Debt] = []
    for one in hub.trading.invoices.all():
        buyer, seller = parties.get(one.buyer), parties.get(one.seller)
        if one.owed and one.open_minor and buyer is not None and seller is not None and bic8(buyer.bank) == own:
            rows.append(
                Debt(one.id, one.number, buyer.name, seller.name, bic8(seller.bank), one.currency, one.open_minor, one.due)
            )
            if len(rows) == INVOICES_MAX:
                break
    return rows


def best_quote(hub: Hub, source: str, target: str, minor: int, at: Instant) -> tuple[Quote, int] | None:
    """The standing quote by which the fewest units of `source` buy `minor` of `target`, and how many; None where nobody quotes."""
    found = None
    for quote in hub.desk.quotes.state():
        if (quote.source, quote.target) != (source, target) or not quote.valid_from <= at < quote.valid_until:
            continue
        if quote.capacity_minor < minor:
            continue
        # A larger amount has a better rate, and needs less: the second look is at the rate of what is paid.
        pays = source_for(minor, quote.rate_for(1), source, target)
        pays = source_for(minor, quote.rate_for(pays), source, target)
        if found is None or pays < found[1]:
            found = quote, pays
    return found


_FIELDS = {
    "payer": 140, "payer_account": 34, "payers_town": 35, "payees_bank": 11, "payee": 140, "payee_account": 34, "amount": 30, "currency": 3,
    "reference": 140, "invoice": 20, "urgent": 3,
}  # fmt: skip


async def page(visit: Visit) -> Response:
    return await _shown(visit, {name: visit.asked(name, most) for name, most in _FIELDS.items()}, "")


async def _shown(visit: Visit, said: dict[str, str], fault: str, status: int = 200) -> Response:
    house, own = visit.house, _own(visit)
    visit.note(Right.PAYMENT_DRAFT, "place pay")
    one = await house.ask(lambda hub: bank(hub, own))
    if one is not None:
        said = _filled(said, one, visit)
    now = house.clock.now()
    return visit.page(
        "pay.html", status=status, bank=one, said=said, fault=fault, drafts=house.drafts.of(own, now, waiting=True),
        ended=house.drafts.of(own, now, waiting=False, most=10), back="/console/pay",
    )  # fmt: skip


def _filled(said: dict[str, str], one: Bank, visit: Visit) -> dict[str, str]:
    """What an invoice that was chosen says stands in the form already; what is known of it is not typed again."""
    debt = next((debt for debt in one.debts if debt.invoice == said["invoice"]), None)
    if debt is None or said["payee"]:
        return said
    known = visit.house.tour.accounts(debt.invoice) if visit.house.tour is not None else {}
    return said | {
        "payer": debt.buyer, "payees_bank": debt.sellers_bank, "payee": debt.seller, "currency": debt.currency, "reference": debt.number,
        "amount": minor_text(debt.open_minor, CURRENCIES[debt.currency].exponent), "urgent": "yes",
    } | dict(known)  # fmt: skip


async def write(visit: Visit) -> Response:
    """Keep what the form says as a draft. It is nothing to the hub before another person sends it."""
    said = {name: visit.fields.get(name, "")[:most].strip() for name, most in _FIELDS.items()}
    form, own, house = key_of(visit), _own(visit), visit.house
    caller = visit.caller
    assert caller is not None
    now = house.clock.now()
    one = await house.ask(lambda hub: bank(hub, own))
    if one is None:
        return await _shown(visit, said, "bank", 409)
    lacks = [name for name in ("payer", "payer_account", "payers_town", "payee", "payee_account") if not said[name]]
    if lacks or said["payees_bank"] not in one.others:
        return await _shown(visit, said, "lacks", 422)
    if said["currency"] not in one.currencies:
        return await _shown(visit, said, "amount", 422)
    try:
        minor = visit.words.minor_of(said["amount"], CURRENCIES[said["currency"]].exponent)
    except AmountFault:
        minor = 0
    if minor <= 0:
        return await _shown(visit, said, "amount", 422)
    if said["invoice"] and said["invoice"] not in {debt.invoice for debt in one.debts}:
        return await _shown(visit, said, "invoice", 422)
    priced = None
    if said["currency"] != one.currency:
        priced = await house.ask(lambda hub: best_quote(hub, one.currency, said["currency"], minor, now))
        if priced is None:
            return await _shown(visit, said, "price", 409)
    written = _written(said, one, minor, priced)
    uetr = str(uuid.uuid4())
    try:
        raw = message(written, one, house.scheme().hub_bic, uetr, now)
    except MalformedMessage:
        return await _shown(visit, said, "message", 422)
    kept = house.drafts.put(drafted(uetr, own, caller.name, written, raw, now), form)
    if kept is None:
        return await _shown(visit, said, "many", 409)
    noted(visit, Right.PAYMENT_DRAFT, f"payment {kept.uetr}")
    return visit.to("/pay#waiting")


def _own(visit: Visit) -> str:
    caller = visit.caller
    assert caller is not None
    return bic8(caller.institution) if caller.institution else ""


def _written(said: dict[str, str], one: Bank, minor: int, priced: tuple[Quote, int] | None) -> Written:
    paid, rate, quote = (
        (minor, "", "") if priced is None else (priced[1], f"{priced[0].rate_for(priced[1]):f}", priced[0].quote_id)
    )
    return Written(
        said["payer"], said["payer_account"], said["payers_town"], said["payees_bank"], said["payee"], said["payee_account"], said["currency"],
        minor, one.currency if priced is not None else said["currency"], paid, rate, quote, said["reference"], said["invoice"],
        said["urgent"] == "yes",
    )  # fmt: skip


def message(written: Written, one: Bank, hub_bic: str, uetr: str, at: Instant) -> bytes:
    """The pacs.008 that a draft would be sent as. Raises `MalformedMessage` for what the hub's gate would not read. Pure."""
    name, text = f"C{uetr.replace('-', '')[:24]}", utc_text(at)
    payer = Payer(written.payer, written.payer_account, written.payers_town, uetr, None, written.urgent, one.country)
    amount = minor_text(written.minor, CURRENCIES[written.currency].exponent)
    structured = ""
    if written.invoice:
        structured = f"<RmtInf><Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>{written.invoice}</Nb></RfrdDocInf></Strd></RmtInf>"
    lines = (written.reference,) if written.reference else ()
    payee = Payee(written.payees_bank, written.payee, written.payee_account, written.currency, amount, "GDDS", lines, structured)
    bought = None
    if written.quote:
        paid = minor_text(written.paid, CURRENCIES[written.paid_currency].exponent)
        bought = Bought(written.paid_currency, paid, written.rate, written.quote)
    kind, document = handwritten(name, text, one.bic, payer, payee, bought)
    raw = wrap(kind, one.bic, hub_bic, name, text, document)
    read(raw, bulk=True)
    return raw

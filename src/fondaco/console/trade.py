"""Deals: instruments of trade newest first, and one deal with all that belongs to it: its turn, clocks, papers, findings, books, and title."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.responses import Response

from fondaco.access import Reach, Right
from fondaco.console.title_picture import Chain, chain_of
from fondaco.console.visit import SECURITY, Shown, Visit
from fondaco.core import Instant, bic8, fingerprint, utc_text
from fondaco.hub import KINDS, DealGlance, Found, Hub, Title, deal_glance, instrument_of, newest_first, proof_file
from fondaco.payments import Payment
from fondaco.trade import Collection, LetterOfCredit, TradeInvoice, TransferableRecord, TreeHead, head_material

# So many instruments are looked at for one page, and so many are shown.
LOOKED_AT_MAX, ROWS_MAX = 1_000, 50
_NAME = re.compile(r"[A-Z]{2,4}-[0-9]{6,12}")


class Row(msgspec.Struct, frozen=True):
    """An instrument in a list. Amount in whole minor units; `currency` is "" for one that has none."""

    name: str
    kind: str
    state: str
    number: str
    parties: list[str]
    currency: str
    minor: int


class Listing(msgspec.Struct, frozen=True):
    """Instruments; more stand behind the one of the name `after`, "" where there are none."""

    rows: list[Row]
    after: str


class Head(msgspec.Struct, frozen=True):
    """A signed head of the register's log: over so many leaves, the fingerprint of the hub's key, and its signature (hexadecimal)."""

    size: int
    root: str
    at: str
    fingerprint: str
    signature: str


class Chained(msgspec.Struct, frozen=True):
    """A record's chain with its picture, and the log's head as it is signed for this page; None where the server has no key for it."""

    title: Title
    picture: Chain
    head: Head | None


def sees(hub: Hub, reach: Reach) -> Callable[[Found], bool]:
    """Which instruments somebody sees: the API's rule."""
    return lambda one: reach.instrument(one.named, hub.trade_parties.bank_of, confidential=one.confidential)


def sees_payment(reach: Reach) -> Callable[[Payment], bool]:
    """A payment's chain on the books is its sender's side's to see."""
    return lambda one: reach.all or reach.bank(one.sender)


def row(hub: Hub, found: Found) -> Row:
    known, members = hub.trading.parties.known, hub.desk.in_force().participants
    document = found.document
    terms = document.get("terms")
    terms = terms if isinstance(terms, dict) else {}
    number = document.get("number") or document.get("serial") or terms.get("number") or ""
    currency = getattr(found.one, "currency", "") if _minor(found.one) else ""
    # Customers first: banks stand in every deal.
    parties = sorted(one for one in found.named if one in known) or sorted(one for one in found.named if one in members)
    return Row(found.name, found.name.partition("-")[0], found.state, str(number), parties, currency, _minor(found.one))


def _minor(one: object) -> int:
    """What an instrument is over, in whole minor units of its currency."""
    if isinstance(one, LetterOfCredit):
        return one.terms.amount_minor()
    return one.amount if isinstance(one, Collection) else one.minor if isinstance(one, TradeInvoice) else 0


def listed_for(hub: Hub, reach: Reach, kind: str = "", state: str = "", party: str = "", after: str = "") -> Listing:
    """Instruments that fit and are seen. A page may be short and have more behind it."""
    kinds = (kind,) if kind else KINDS
    seen = sees(hub, reach)
    rows: list[Row] = []
    if hub.desk.rules is None:
        return Listing(rows, "")
    for looked, found in enumerate(newest_first(hub, kinds, after), 1):
        fits = (not state or found.state == state) and (not party or party in found.named)
        if fits and seen(found):
            rows.append(row(hub, found))
        if len(rows) == ROWS_MAX or looked == LOOKED_AT_MAX:
            return Listing(rows, found.name)
    return Listing(rows, "")


def head_of(title: Title, hub: str, key: Ed25519PrivateKey, at: Instant) -> Head:
    head = TreeHead(hub, title.size, title.root, utc_text(at))
    public = key.public_key().public_bytes_raw()
    return Head(head.size, head.root, head.at, fingerprint(public), key.sign(head_material(head)).hex())


def _name(visit: Visit) -> str:
    name: str = visit.request.path_params["instrument"]
    if not _NAME.fullmatch(name):
        raise Shown(404)
    return name


async def listed(visit: Visit) -> Response:
    visit.note(Right.TRADE_LOOK, "place trade")
    reach = visit.reach
    kind, state, party, after = (
        visit.asked("kind", 4),
        visit.words.name_of(visit.asked("state", 40)).upper(),
        visit.asked("party", 35),
        visit.asked("after", 20),
    )
    kind = kind if kind in KINDS else ""
    listing = await visit.house.ask(lambda hub: listed_for(hub, reach, kind, state, party.upper(), after))
    return visit.page("trade.html", listing=listing, kinds=KINDS, kind=kind, state=state, party=party)


async def one(visit: Visit) -> Response:
    name = _name(visit)
    visit.note(Right.TRADE_LOOK, f"instrument {name}")
    reach, key, at = visit.reach, visit.house.register_key, visit.house.clock.now()

    def question(hub: Hub) -> tuple[DealGlance | None, str]:
        return deal_glance(hub, name, sees(hub, reach), sees_payment(reach)), bic8(hub.desk.scheme.hub_bic)

    glance, hub_bic = await visit.house.ask(question)
    if glance is None:
        raise Shown(404)
    chains = [
        Chained(title, chain_of(title.steps), head_of(title, hub_bic, key, at) if key is not None else None)
        for title in glance.titles
    ]
    return visit.page("deal.html", glance=glance, chains=chains, sees_payments=visit.allows(Right.PAYMENT_LOOK))


async def proof(visit: Visit) -> Response:
    """The portable proof file of a record: anybody checks it alone with `verify_title.py`."""
    name = _name(visit)
    visit.note(Right.TRADE_LOOK, f"proof of {name}")
    reach, key, at = visit.reach, visit.house.register_key, visit.house.clock.now()

    def question(hub: Hub) -> bytes | None:
        found = instrument_of(hub, name)
        if key is None or found is None or not isinstance(found.one, TransferableRecord) or not sees(hub, reach)(found):
            return None
        return proof_file(hub, found.one, key, at)

    raw = await visit.house.ask(question)
    if raw is None:
        raise Shown(404)
    headers = {**SECURITY, "Content-Disposition": f'attachment; filename="{name}.proof.json"'}
    return Response(raw, media_type="application/json", headers=headers)

"""Instruments of trade as their parties and banks see them, and signed deeds upon them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from fondaco.access import Right, Role
from fondaco.api.ask import Ask
from fondaco.api.problem import Problem
from fondaco.api.route import Limit, Route, given
from fondaco.core import bic8
from fondaco.hub import Found, Hub, Perform, found_of, instrument_of
from fondaco.trade import Deed

_PREFIX = r"[A-Z]{2,4}"
_MEMBERS = frozenset({Role.MEMBER_MAKER, Role.MEMBER_CHECKER})
# So many instruments are looked at for one page.
_LOOKED_AT_MAX = 2_000


class InstrumentQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Instruments of one kind, by the letters before their numbers, behind the one of the name `after`."""

    kind: Annotated[str, msgspec.Meta(pattern=rf"^{_PREFIX}\Z")]
    after: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9-]{0,20}\Z")] = ""
    limit: Limit = 100


class ByInstrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An instrument by its name."""

    instrument: Annotated[str, msgspec.Meta(pattern=rf"^{_PREFIX}-[0-9]{{6,12}}\Z")]


class Instrument(msgspec.Struct, frozen=True):
    """An instrument as it stands. Amounts in `stands` are whole minor units of its currency, as machines of trade count them."""

    instrument: str
    state: str
    stands: dict[str, Any]


class Instruments(msgspec.Struct, frozen=True):
    """Instruments by their names; ask next for what is behind `after` while `more` is true."""

    instruments: list[Instrument]
    after: str
    more: bool


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A public key and its Ed25519 signature of the deed."""

    key: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]


class SignedDeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A deed: `body` is its JSON to the byte, as it was signed; `instrument` is empty for one that begins something."""

    actor: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,35}\Z")]
    action: Annotated[str, msgspec.Meta(pattern=r"^[A-Z_]{1,40}\Z")]
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    body: Annotated[str, msgspec.Meta(max_length=200_000)]
    signatures: Annotated[list[Signature], msgspec.Meta(min_length=1, max_length=8)]
    instrument: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9-]{0,20}\Z")] = ""


class Performed(msgspec.Struct, frozen=True):
    """What the deed came to: the instrument, and its number of steps after it."""

    instrument: str
    version: int


def _seen(ask: Ask, hub: Hub, found: Found) -> bool:
    return ask.sight.instrument(found.named, hub.trade_parties.bank_of, confidential=found.confidential)


def _row(found: Found) -> Instrument:
    return Instrument(found.name, found.state, found.document)


async def instruments(ask: Ask) -> Instruments:
    query = ask.query

    def question(hub: Hub) -> Instruments:
        machine = hub.trading.machines.get(query.kind)
        if machine is None:
            raise Problem("not-found", f"no instruments are of the kind {query.kind}: {', '.join(sorted(hub.trading.machines))}")
        if hub.desk.rules is None:
            raise Problem("conflict", "no business day was opened yet")
        rows: list[Instrument] = []
        after, looked = query.after, 0
        for one in machine.all():  # type: ignore[attr-defined]
            name = one.instrument if query.kind == "ETR" else one.id
            if name <= query.after:
                continue
            looked += 1
            if len(rows) == query.limit or looked > _LOOKED_AT_MAX:
                return Instruments(rows, after, True)
            after, found = name, found_of(name, one)
            if _seen(ask, hub, found):
                rows.append(_row(found))
        return Instruments(rows, after, False)

    return await ask.hub(question)


async def instrument(ask: Ask) -> Instrument:
    name = ask.place.instrument

    def question(hub: Hub) -> Instrument:
        found = instrument_of(hub, name)
        if found is None or not _seen(ask, hub, found):
            raise Problem("not-found", f"no instrument {name} of yours is known")
        return _row(found)

    return await ask.hub(question)


async def perform(ask: Ask) -> Performed:
    """Give a signed deed to the hub: it takes effect whole, or not at all."""
    body = ask.body
    _may_act(ask, await ask.hub(lambda hub: hub.trade_parties.bank_of(body.actor) if hub.desk.rules is not None else ""))
    deed = Deed(
        bic8(ask.house.scheme.hub_bic), body.actor, body.instrument, body.version, body.action, body.body.encode(),
        tuple((bytes.fromhex(one.key), bytes.fromhex(one.signature)) for one in body.signatures),
    )  # fmt: skip
    name, _, version = (await ask.do(Perform(deed)) or "").rpartition(" ")
    return Performed(name, int(version) if version.isdigit() else 0)


def _may_act(ask: Ask, bank: str) -> None:
    """A trader brings its own deeds, a bank those of the parties that it answers for. Raises `Problem`."""
    own = ask.body.actor == ask.caller.party if Role.TRADER in ask.caller.roles else False
    if not own and not (ask.caller.roles & _MEMBERS and bank == bic8(ask.caller.institution)):
        raise Problem("not-allowed", "you bring neither your own deed nor one of a party that you answer for", "$.actor")


ROUTES = (
    Route("list_instruments", "GET", "/v1/trade/instruments", "List instruments of one kind", instruments, Right.TRADE_LOOK, "trade",
          query=InstrumentQuery, gives=given(Instruments), problems=("not-found", "conflict"), about="trade"),
    Route("read_instrument", "GET", "/v1/trade/instruments/{instrument}", "Read how an instrument stands", instrument, Right.TRADE_LOOK, "trade",
          place=ByInstrument, gives=given(Instrument), problems=("not-found",)),
    Route("perform_deed", "POST", "/v1/trade/deeds", "Give a signed deed", perform, Right.TRADE_ACT, "trade", body=SignedDeed,
          gives=given(Performed), problems=("not-found", "refused", "conflict", "not-valid"), deed=True),
)  # fmt: skip

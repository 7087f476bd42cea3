"""What is done in a walk: one command of the hub, with what whoever did it knows of it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from fondaco.hub import Command, Perform
from fondaco.trade import Deed
from trade_walk.ground import BANK_OF, TradeGround
from trades import key_of, public
from union import HUB


class Order(NamedTuple):
    """A payment as it was ordered: what leaves its sender and what is to arrive (minor units), and what it names."""

    uetr: str
    sender: str
    payee: str
    left: tuple[str, int]
    arrives: tuple[str, int]
    names: str


class Act(NamedTuple):
    """`deed`, `order` or the UETR that is `answered`, whichever it is; none of them for what the hub's operator or the clock does."""

    command: Command
    deed: Deed | None = None
    order: Order | None = None
    answered: str = ""


def hands(party: str) -> tuple[str, ...]:
    """Whose keys sign for a party: a bank's maker and checker, a court's order the operator's and the supervisor's."""
    if party == "OPERATOR":
        return "OPERATOR", "SUPERVISOR"
    return (f"{party} maker", f"{party} checker") if party == BANK_OF.get(party) else (party,)


def signed(actor: str, action: str, instrument: str, version: int, body: dict[str, Any], by: Sequence[str] = ()) -> Act:
    """A deed with the signatures of its actor's hands, or of those in `by`."""
    bare = Deed(HUB, actor, instrument, version, action, json.dumps(body).encode())
    return resigned(bare, by or hands(actor))


def resigned(bare: Deed, by: Sequence[str]) -> Act:
    material = bare.material()
    pairs = tuple((public(hand), key_of(hand).sign(material)) for hand in by)
    deed = Deed(bare.hub, bare.actor, bare.instrument, bare.version, bare.action, bare.body, pairs)
    return Act(Perform(deed), deed)


def text_of(minor: int) -> str:
    """Minor units of a currency with two decimals, as messages write them."""
    return f"{minor // 100}.{minor % 100:02d}"


def minor_of(text: str) -> int:
    return int(text.replace(".", ""))


def spoilt(dice: random.Random, act: Act, ground: TradeGround, given: Sequence[Deed]) -> Act:
    """The same deed as it must not be: by another, of another number of steps, signed by too few, for another instrument, torn, or an old one again."""
    deed = act.deed
    assert deed is not None, "deeds are spoilt"
    way = dice.randrange(7)
    if way == 0 and given:
        old = dice.choice(given)
        return Act(Perform(old), old)
    if way == 1:
        return signed(deed.actor, deed.action, deed.instrument, deed.version + dice.choice((-1, 1)), json.loads(deed.body))
    if way == 2:
        other = dice.choice(list(BANK_OF))
        return resigned(Deed(deed.hub, other, deed.instrument, deed.version, deed.action, deed.body), hands(other))
    if way == 3:
        return resigned(deed, hands(deed.actor)[:1] if len(hands(deed.actor)) > 1 else (dice.choice(list(BANK_OF)),))
    if way == 4:
        prefix = deed.instrument.partition("-")[0] or "ETR"
        other = f"{prefix}-{dice.randint(1, 12):06d}"
        return resigned(Deed(deed.hub, deed.actor, other, deed.version, deed.action, deed.body), hands(deed.actor))
    if way == 5:
        body = json.loads(deed.body)
        key = dice.choice(list(body) or ["nothing"])
        body[key] = dice.choice(("", "-1", [], 7, "SGD 0.00 ZZBBSG02", "2026-02-30"))
        return signed(deed.actor, deed.action, deed.instrument, deed.version, body)
    # Signed, and then changed on its way.
    torn = Deed(deed.hub, deed.actor, deed.instrument, deed.version, deed.action, deed.body + b" ", deed.signatures)
    return Act(Perform(torn), torn)

"""Every act by every party in every state, asked of the register and of the verifier: both say yes, or both say no.

Nothing is signed for real here (that is tried elsewhere), so that thousands of acts cost a second.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fondaco.core import Instant, Refusal, utc_text
from fondaco.trade import ControlEvent, Deed, event_text, register, verify_title
from fondaco.trade.control_body import BODIES
from fondaco.trade.control_event import Signature
from titles import BANK, BATCH, BUYER, CARRIER, HOUR, HUB, LATER, OPERATOR, OTHER, PARTIES, SHIPPER, SOON, SUPERVISOR, Desk

# What the verifier leaves to the register: see test_two_judges.py.
LEFT = {"ACCEPT_BILL", "REFUSE_BILL", "AVAL", "RECOURSE"}
ORDER = {"order": "1/2026", "court": "High Court"}
TERMS = {"secured": "KRW 1", "power": "ENFORCE", "due": "2026-11-26"}
AGAINST = {"against": "PAYMENT", "reference": "COL-000001"}


def named(desk: Desk) -> str:
    one = desk.live()
    desk.done(SHIPPER, "TRANSFER", one, recipient=BUYER, until=SOON, endorsement="ENDORSE")
    desk.done(BUYER, "ACCEPT", one)
    return one


def possessed(desk: Desk) -> str:
    one = desk.live()
    desk.done(SHIPPER, "TRANSFER", one, recipient=BANK, until=SOON)
    desk.done(BANK, "ACCEPT", one)
    return one


def free(desk: Desk) -> str:
    one = desk.live()
    desk.done(SHIPPER, "TRANSFER", one, recipient=BUYER, until=SOON)
    return one


def against(desk: Desk) -> str:
    one = desk.live()
    desk.done(SHIPPER, "OFFER_AGAINST", one, recipient=BUYER, until=SOON, endorsement="ENDORSE", **AGAINST)
    return one


def funded(desk: Desk) -> str:
    one = against(desk)
    desk.take(register.fund(desk.book, desk.record(one).lock_id(), "17", desk.now))
    return one


def proposed(desk: Desk, **terms: str) -> str:
    one = desk.live()
    desk.done(SHIPPER, "PLEDGE", one, pledgee=BANK, **{**TERMS, **terms})
    return one


def pledged(desk: Desk, **terms: str) -> str:
    one = proposed(desk, **terms)
    desk.done(BANK, "ACCEPT_PLEDGE", one)
    return one


def surrendered(desk: Desk, action: str = "SURRENDER_FOR_DELIVERY", **more: str) -> str:
    one = desk.live()
    desk.done(SHIPPER, action, one, **more)
    return one


def surrendered_blank(desk: Desk) -> str:
    one = desk.live(title="BLANK")
    desk.done(SHIPPER, "SURRENDER_FOR_DELIVERY", one)
    return one


def bill_elsewhere(desk: Desk) -> str:
    one = desk.drawn(maturity="AT_SIGHT")
    desk.done(SHIPPER, "TRANSFER", one, recipient=BANK, until=SOON)
    desk.done(BANK, "ACCEPT", one)
    return one


def bill_pledged(desk: Desk) -> str:
    one = desk.drawn(maturity="AT_SIGHT")
    desk.done(SHIPPER, "PLEDGE", one, pledgee=BANK, **TERMS)
    desk.done(BANK, "ACCEPT_PLEDGE", one)
    return one


def bill_surrendered(desk: Desk) -> str:
    one = desk.drawn(maturity="AT_SIGHT")
    desk.done(SHIPPER, "SURRENDER_FOR_AMENDMENT", one, reasonCode="COD")
    return one


def ended(desk: Desk) -> str:
    one = surrendered(desk)
    desk.done(CARRIER, "SACC", one)
    return one


def presented(desk: Desk) -> str:
    one = desk.drawn(maturity="AT_SIGHT")
    desk.done(SHIPPER, "PRESENT_FOR_PAYMENT", one, until=SOON, reference="P-1")
    return one


def frozen(state: Callable[[Desk], str]) -> Callable[[Desk], str]:
    def made(desk: Desk) -> str:
        one = state(desk)
        desk.done(OPERATOR, "FREEZE", one, signed=(OPERATOR, SUPERVISOR), **ORDER)
        return one

    return made


def late(state: Callable[[Desk], str]) -> Callable[[Desk], str]:
    def made(desk: Desk) -> str:
        one = state(desk)
        desk.now = Instant(desk.now + HOUR)
        return one

    return made


LIVES: dict[str, Callable[[Desk], str]] = {
    "issued": lambda desk: desk.issue(),
    "order": lambda desk: desk.live(),
    "straight": lambda desk: desk.live(title="STRAIGHT"),
    "blank": lambda desk: desk.live(title="BLANK"),
    "named": named,
    "possessed": possessed,
    "free": free,
    "against": against,
    "funded": funded,
    "proposed": proposed,
    "pledged": pledged,
    "pledged, not due": lambda desk: pledged(desk, due="2026-11-27"),
    "pledged to hold": lambda desk: pledged(desk, power="HOLD"),
    "for delivery": surrendered,
    "for amendment": lambda desk: surrendered(desk, "SURRENDER_FOR_AMENDMENT", reasonCode="COD"),
    "for paper": lambda desk: surrendered(desk, "SURRENDER_FOR_AMENDMENT", reasonCode="SWTP"),
    "bill": lambda desk: desk.drawn(maturity="AT_SIGHT"),
    "presented": presented,
    "blank for delivery": surrendered_blank,
    "bill elsewhere": bill_elsewhere,
    "bill pledged": bill_pledged,
    "bill for amendment": bill_surrendered,
}
STATES = {
    **LIVES,
    **{f"{name}, frozen": frozen(made) for name, made in LIVES.items()},
    **{f"{name}, late": late(LIVES[name]) for name in ("free", "against", "funded", "presented")},
    "ended": ended,
}


def body_of(desk: Desk, instrument: str, action: str) -> dict[str, Any]:
    record = desk.record(instrument)
    to = OTHER
    own: dict[str, dict[str, Any]] = {
        "TRANSFER": {"recipient": to, "until": LATER},
        "OFFER_AGAINST": {"recipient": to, "until": LATER, "endorsement": "ENDORSE_TO_ORDER", **AGAINST},
        "PRESENT_FOR_PAYMENT": {"until": LATER, "reference": "P-1"},
        "ENDORSE": {"recipient": to},
        "ENDORSE_TO_ORDER": {"recipient": to},
        "RECOURSE": {"recipient": to},
        "PLEDGE": {"pledgee": to, **TERMS},
        "SURRENDER_FOR_AMENDMENT": {"reasonCode": "COD"},
        "FREEZE": ORDER,
        "UNFREEZE": ORDER,
    }
    if action == "SACC" and record.state.name == "SURRENDERED_FOR_PAPER":
        return {"head": record.head, "paper": ["P-1"], "statement": "on paper"}
    return {"head": record.head, **own.get(action, {})}


def seen(desk: Desk, instrument: str) -> dict[str, Any]:
    """The record as the verifier has it."""
    view: dict[str, Any] = {}
    for number, change in enumerate(desk.events[instrument]):
        told = json.loads(event_text(change.event))
        read = json.loads(told["body"])
        view = verify_title.begun(told, read, "") if number == 0 else verify_title.taken(view, told, read)
    return view


def asked(desk: Desk, instrument: str) -> Callable[[str, str, tuple[str, ...], dict[str, Any]], tuple[bool, bool]]:
    """Ask both about one act: (the register lets it through, the verifier does)."""
    record, view = desk.record(instrument), seen(desk, instrument)

    def ask(actor: str, action: str, signers: tuple[str, ...], body: dict[str, Any]) -> tuple[bool, bool]:
        raw = json.dumps(body).encode()
        if signers:
            deed = Deed(HUB, actor, instrument, record.seq, action, raw, ((b"", b""),) * len(signers))
            answer = register.decide(desk.book, deed, desk.now, signers, "")
        else:
            answer = noted(desk, action, body["lock"])
        words = tuple(Signature(one, f"{number}", "") for number, one in enumerate(signers))
        batch = BATCH if action == "SETTLE" else ""
        event = ControlEvent(
            record.etr,
            instrument,
            record.seq + 1,
            record.head,
            action,
            actor,
            raw.decode(),
            utc_text(desk.now),
            HUB,
            batch,
            words,
        )
        try:
            verify_title.lawful(view, json.loads(event_text(event)), body)
        except ValueError:
            return not isinstance(answer, Refusal), False
        return not isinstance(answer, Refusal), True

    return ask


def noted(desk: Desk, action: str, lock: str) -> Any:
    if action == "FUND":
        return register.fund(desk.book, lock, "17", desk.now)
    if action == "SETTLE":
        return register.settle(desk.book, lock, BATCH, desk.now)
    return (register.lapse if action == "LAPSE" else register.unfund)(desk.book, lock, desk.now)


def matrix(state: str) -> tuple[int, list[str]]:
    """How many acts both let through, and where they differ."""
    desk = Desk()
    instrument = STATES[state](desk)
    record, ask = desk.record(instrument), asked(desk, instrument)
    agreed, differ = 0, []
    cases: list[tuple[str, str, tuple[str, ...], dict[str, Any]]] = []
    for action in BODIES:
        if action not in ("ISSUE", "CONVERT_IN", *LEFT):
            body = body_of(desk, instrument, action)
            cases += [(actor, action, (actor,), body) for actor in PARTIES]
            cases += [(OPERATOR, action, (OPERATOR, SUPERVISOR), body)]
            if "until" in body:
                cases += [(actor, action, (actor,), {**body, "until": utc_text(desk.now)}) for actor in PARTIES]
            if action == "TRANSFER":
                cases += [(actor, action, (actor,), {**body, "recipient": actor}) for actor in PARTIES]
    lock = record.lock_id()
    for action in ("FUND", "UNFUND", "SETTLE", "LAPSE"):
        cases += [(HUB, action, (), {"lock": one, "reference": ""}) for one in (lock or f"{instrument}/2", f"{instrument}/1")]
    for actor, action, signers, body in cases:
        one, other = ask(actor, action, signers, body)
        agreed += one and other
        # What the verifier leaves to the register: that a bill of exchange is not surrendered for delivery, and that what is in blank is in blank.
        left = (action == "SURRENDER_FOR_DELIVERY" and record.bill is not None) or (
            action == "BLANK_ENDORSE" and record.title.name == "BLANK"
        )
        if one != other and not (other and left):
            differ.append(f"{action} by {actor}: the register says {one}, the verifier {other}")
    return agreed, differ


@pytest.mark.parametrize("state", STATES)
def test_only_what_was_surrendered_for_amendment_is_superseded(state: str) -> None:
    desk = Desk()
    instrument = STATES[state](desk)
    record = desk.record(instrument)
    view = seen(desk, instrument)
    event = {"action": "SUPERSEDE", "actor": HUB, "at": utc_text(desk.now), "seq": record.seq + 1, "signatures": [], "batch": ""}
    waits = record.state.name == "SURRENDERED_FOR_AMENDMENT" and record.freeze.name == "FREE"
    if waits:
        verify_title.lawful(view, event, {"lock": "", "reference": "0" * 64})
    else:
        with pytest.raises(ValueError, match="SUPERSEDE"):
            verify_title.lawful(view, event, {"lock": "", "reference": "0" * 64})


@pytest.mark.parametrize("state", STATES)
def test_both_say_the_same_of_every_act(state: str) -> None:
    agreed, differ = matrix(state)
    assert differ == []
    assert (agreed == 0) == (state == "ended")

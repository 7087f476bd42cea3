"""The proof file and the verifier that knows nothing of us: what it believes, and that it believes nothing else."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.core import Instant
from fondaco.journal import Tree
from fondaco.trade import ControlEvent, Decided, event_hash, leaf, register, verify_title
from fondaco.trade.canonical import canonical
from fondaco.trade.control_event import Signature
from fondaco.trade.deed import Deed
from fondaco.trade.title_proof import title_proof
from fondaco.trade.tree_head import TreeHead, head_material
from titles import (
    BANK,
    BATCH,
    BUYER,
    CARRIER,
    HOUR,
    HUB,
    LATER,
    NOON,
    OPERATOR,
    OTHER,
    SHIPPER,
    SOON,
    SUPERVISOR,
    Desk,
    key_of,
    public,
)

SOURCE = Path(verify_title.__file__)


def sold(others: int = 5) -> tuple[Desk, str]:
    """A record that was issued, endorsed and sold against payment, in a log with others; and its number."""
    desk = Desk()
    for number in range(others):
        desk.live(f"SLT1{number:03d}")
    instrument = desk.live()
    lock = desk.done(
        SHIPPER,
        "OFFER_AGAINST",
        instrument,
        recipient=BUYER,
        until=SOON,
        against="PAYMENT",
        reference="COL-000001",
        endorsement="ENDORSE_TO_ORDER",
        comments="D/P \u2028 caf\u00e9 \x7f",
    ).lock_id()
    desk.take(register.fund(desk.book, lock, "payment 17", desk.now))
    desk.take(register.settle(desk.book, lock, BATCH, desk.now))
    desk.done(BUYER, "SIGN", instrument)
    desk.issue("SLT2000")
    desk.check()
    return desk, instrument


DESK, SOLD = sold()
PROOF = DESK.proof(SOLD)


def test_it_is_at_most_two_hundred_lines_and_stands_alone() -> None:
    text = SOURCE.read_text()
    assert len(text.splitlines()) <= 200
    named = [
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [])
        + ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    ]
    assert {name for name in named if name not in sys.stdlib_module_names} == {"cryptography"}


def test_a_proof_is_believed_and_tells_who_holds(tmp_path: Path) -> None:
    record, _, found = verify_title.verify(PROOF, [])
    assert (record["holder"], record["named"], record["title"], record["state"]) == (BUYER, BUYER, "ORDER", "LIVE")
    assert found == [hashlib.sha256(public(one)).hexdigest() for one in (HUB, BANK, SUPERVISOR)]
    file = tmp_path / "title.json"
    file.write_bytes(PROOF)
    alone = tmp_path / "verify_title.py"
    alone.write_text(SOURCE.read_text())
    ran = subprocess.run([sys.executable, "-I", alone, file, *found], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert f"held by {BUYER}" in ran.stdout
    assert BATCH in ran.stdout
    ran = subprocess.run([sys.executable, "-I", alone, file, "0" * 64], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.split(":")[0]) == (1, "REFUSED")


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(PROOF) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, by: int) -> None:
    changed = bytearray(PROOF)
    changed[place] ^= by
    with pytest.raises(Exception):  # noqa: B017 - whatever is wrong with it, it is not believed
        verify_title.verify(bytes(changed), [])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(PROOF) - 1), st.binary(max_size=2), st.integers(0, 3))
def test_no_byte_can_be_added_or_left_out(place: int, put: bytes, out: int) -> None:
    changed = PROOF[:place] + put + PROOF[place + out :]
    if changed != PROOF:
        with pytest.raises(Exception):  # noqa: B017
            verify_title.verify(changed, [])


def forged(events: list[ControlEvent], chained: bool = True) -> bytes:
    """A proof that a hub would have made for these events, with everything but the events' own signatures put right."""
    if chained:
        for number, event in enumerate(events[1:], 1):
            previous = event_hash(events[number - 1])
            events[number] = msgspec.structs.replace(event, seq=number + 1, previous=previous)
    tree = Tree()
    for event in events:
        tree.append(leaf(event, event_hash(event)))
    head = TreeHead(HUB, tree.size, tree.root().hex(), "2026-12-01T00:00:00.000Z")
    hub = key_of(HUB)
    return title_proof(events, tree.size - 1, tree, head, hub.sign(head_material(head)), public(HUB), hub.sign)


def signed(events: list[ControlEvent], actor: str, action: str, *, by: tuple[str, ...] = (), **body: Any) -> list[ControlEvent]:
    """These events and one more that its actor really signed, whether or not it may do that."""
    last = events[-1]
    head = event_hash(last)
    filled = {"head": head, **body}
    bare = Deed(HUB, actor, last.instrument, last.seq, action, json.dumps(filled).encode())
    words = tuple(Signature(one, public(one).hex(), key_of(one).sign(bare.material()).hex()) for one in by or (actor,))
    text = bare.body.decode()
    return [*events, ControlEvent(last.etr, last.instrument, last.seq + 1, head, action, actor, text, last.at, HUB, "", words)]


def noted(events: list[ControlEvent], action: str, lock: str, batch: str = "", at: str = "") -> list[ControlEvent]:
    last = events[-1]
    text = canonical({"lock": lock, "reference": ""})
    made = ControlEvent(last.etr, last.instrument, last.seq + 1, event_hash(last), action, HUB, text, at or last.at, HUB, batch)
    return [*events, made]


def events_of(desk: Desk, instrument: str) -> list[ControlEvent]:
    return [change.event for change in desk.events[instrument]]


def refused(events: list[ControlEvent], why: str, chained: bool = False) -> None:
    with pytest.raises(ValueError, match=why):
        verify_title.verify(forged(list(events), chained), [])


def test_forging_as_such_is_possible_so_that_what_follows_says_something() -> None:
    events = events_of(DESK, SOLD)
    assert verify_title.verify(forged(list(events)), [])[0]["holder"] == BUYER
    more = signed(events, BUYER, "TRANSFER", recipient=OTHER, until=LATER)
    more = signed(more, OTHER, "ACCEPT")
    assert verify_title.verify(forged(more), [])[0]["holder"] == OTHER


def test_a_second_holder_is_not_believed() -> None:
    events = events_of(DESK, SOLD)
    refused(signed(events, SHIPPER, "TRANSFER", recipient=OTHER, until=LATER), "TRANSFER by SHIPPER-1.*holder")
    refused(signed(signed(events, BUYER, "TRANSFER", recipient=OTHER, until=LATER), BANK, "ACCEPT"), "ACCEPT by BANK|offered")
    refused(signed(events, BUYER, "ACCEPT"), "offered|lock")
    refused(signed(events, SHIPPER, "SURRENDER_FOR_DELIVERY"), "holder")


def test_a_locked_pledged_or_frozen_record_does_not_move() -> None:
    events = events_of(DESK, SOLD)
    locked = signed(events, BUYER, "OFFER_AGAINST", recipient=BANK, until=LATER, against="PAYMENT", reference="LC-000001")
    refused(signed(locked, BUYER, "TRANSFER", recipient=OTHER, until=LATER), "lock")
    refused(signed(locked, BANK, "ACCEPT"), "against")
    terms = {"secured": "KRW 1", "power": "HOLD", "due": "2026-01-01"}
    pledged = signed(signed(events, BUYER, "PLEDGE", pledgee=BANK, **terms), BANK, "ACCEPT_PLEDGE")
    refused(signed(pledged, BUYER, "TRANSFER", recipient=OTHER, until=LATER), "pledge")
    refused(signed(pledged, BANK, "ENFORCE"), "enforceable")
    order = {"order": "1", "court": "High Court"}
    assert verify_title.verify(forged(signed(events, OPERATOR, "FREEZE", by=(OPERATOR, SUPERVISOR), **order)), [])
    refused(signed(events, OPERATOR, "FREEZE", **order), "two")
    frozen = signed(events, OPERATOR, "FREEZE", by=(OPERATOR, SUPERVISOR), **order)
    refused(signed(frozen, BUYER, "TRANSFER", recipient=OTHER, until=LATER), "frozen")


def test_title_does_not_pass_without_a_batch_nor_after_its_time() -> None:
    events = events_of(DESK, SOLD)
    locked = signed(events, BUYER, "OFFER_AGAINST", recipient=BANK, until=SOON, against="PAYMENT", reference="LC-000001")
    lock = f"{SOLD}/{locked[-1].seq}"
    assert verify_title.verify(forged(noted(locked, "SETTLE", lock, BATCH)), [])[0]["holder"] == BANK
    refused(noted(locked, "SETTLE", lock), "batch")
    refused(noted(locked, "SETTLE", "ETR-000001/1", BATCH), "same")
    refused(noted(locked, "SETTLE", lock, BATCH, LATER), "payable")
    refused(noted(locked, "LAPSE", lock), "early")


def test_replayed_reordered_and_missing_events_are_not_believed() -> None:
    events = events_of(DESK, SOLD)
    refused([*events, events[-1]], "does not follow")
    refused([*events, events[-1]], "does not hold|another history", chained=True)
    refused([events[0], *events[2:]], "does not follow")
    refused([*events[:3], events[4], events[3], *events[5:]], "does not follow")
    refused([*events[:3], events[4], events[3], *events[5:]], "does not hold", chained=True)
    refused(events[1:], "does not follow")


def test_a_wrong_signature_is_not_believed() -> None:
    events = events_of(DESK, SOLD)

    def changed(change: Callable[[ControlEvent], ControlEvent]) -> list[ControlEvent]:
        return [*events[:-1], change(events[-1])]

    word = events[-1].signatures[0]
    refused(changed(lambda e: msgspec.structs.replace(e, signatures=())), "not signed")
    refused(changed(lambda e: msgspec.structs.replace(e, actor=OTHER)), "does not hold")
    refused(changed(lambda e: msgspec.structs.replace(e, signatures=(word, word))), "twice")
    other = msgspec.structs.replace(word, key=public(OTHER).hex())
    refused(changed(lambda e: msgspec.structs.replace(e, signatures=(other,))), "does not hold")
    refused([msgspec.structs.replace(events[0], signatures=())], "first event")


def test_an_older_head_cannot_hide_a_later_event_of_the_record() -> None:
    desk, instrument = sold(2)
    events, place = events_of(desk, instrument), desk.places[instrument]
    desk.done(BUYER, "TRANSFER", instrument, recipient=OTHER, until=LATER)
    desk.done(OTHER, "ACCEPT", instrument)
    head, hub = desk.head(), key_of(HUB)
    signature = hub.sign(head_material(head))
    # The buyer takes the events of before with the head of now: the hub has signed no such record's head, and the buyer cannot.
    proof = title_proof(events, place, desk.log, head, signature, public(HUB), key_of(BUYER).sign)
    with pytest.raises(ValueError, match="a signature of FONDSGSG does not hold"):
        verify_title.verify(proof, [])


def test_every_life_is_proved_as_the_register_has_it() -> None:
    desk = Desk()
    paper = desk.live("SLT0001")
    desk.done(SHIPPER, "SURRENDER_FOR_AMENDMENT", paper, reasonCode="SWTP")
    desk.done(CARRIER, "SACC", paper, paper=["P-1"], statement="on paper now")
    old = desk.live("SLT0002")
    desk.done(SHIPPER, "SURRENDER_FOR_AMENDMENT", old, reasonCode="COD")
    new = desk.issue("SLT0002", "STRAIGHT", supersedes=old)
    assert isinstance(desk.act(SHIPPER, "ACCEPT", new), Decided)
    draft = desk.drawn()
    desk.done(BUYER, "ACCEPT_BILL", draft)
    desk.done(BANK, "AVAL", draft)
    desk.done(SHIPPER, "BLANK_ENDORSE", draft)
    desk.now = Instant(NOON + 13 * HOUR)
    lock = desk.done(SHIPPER, "PRESENT_FOR_PAYMENT", draft, until=LATER, reference="P-1").lock_id()
    desk.take(register.settle(desk.book, lock, BATCH, desk.now))
    for instrument in (paper, old, new, draft):
        agrees(desk, instrument)


def agrees(desk: Desk, instrument: str) -> None:
    """The verifier's record, which is made by another program, says what the register says."""
    found, record = verify_title.verify(desk.proof(instrument), [])[0], desk.record(instrument)
    assert (found["state"], found["holder"], found["kind"]) == (record.state.name, record.holder, record.kind.name)
    if not record.ended:
        assert (found["title"], found["named"]) == (record.title.name, record.titleholder)
    assert found["lock"] == record.lock_id()
    assert bool(found["pledgee"]) == record.pledged
    assert bool(found["frozen"]) == (record.freeze.name == "FROZEN")

"""Operators vote with the passkeys that the rulebook names, as officers decide cases; what is no such vote counts nothing."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from deciding_officers import naming
from fondaco.core import Assertion, Reason, Refusal
from fondaco.hub import Move
from fondaco.rulebook import Deed, MotionState, Vote, sign_vote
from fondaco.simulation.day import demo_key
from software_authenticator import PRESENT, Authenticator, asserted
from union import TH1, Desk

SUSPEND, RESUME = (Deed("standing", TH1, one) for one in ("suspended", "active"))
HELD = {who: Authenticator("https://hub.example", "hub.example") for who in ("operator-1", "operator-2", "officer-1")}
# The order of P-256: with (r, s) also (r, n - s) is a signature upon the same bytes.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub", amend=naming(HELD))
    yield made
    made.close()


def word(desk: Desk, deed: Deed, who: str) -> Vote:
    return Vote(deed, who, "liquidity", desk.day.isoformat(), int(desk.now))


def by_passkey(vote: Vote, device: Authenticator, **changes: object) -> Vote:
    return msgspec.structs.replace(vote, signature=asserted(device, vote.material(), **changes).encoded())


def unverified() -> Authenticator:
    """The operator's own device, which did not ask who is there."""
    found = copy(HELD["operator-1"])
    found.flags = PRESENT
    return found


def said(desk: Desk, deed: Deed, who: str) -> Refusal | str | None:
    return desk.do(Move(by_passkey(word(desk, deed, who), HELD[who])))


def test_two_operators_carry_a_motion_with_their_passkeys_or_one_with_a_key(desk: Desk) -> None:
    assert str(said(desk, SUSPEND, "operator-1")).endswith("PROPOSED")
    no = said(desk, SUSPEND, "operator-1")
    assert isinstance(no, Refusal) and no.reason is Reason.ROLE_NOT_HELD, "one person votes once, whatever signs"
    assert isinstance(desk.do(Move(sign_vote(word(desk, SUSPEND, "operator-1"), demo_key("operator-1")))), Refusal)
    assert str(said(desk, SUSPEND, "operator-2")).endswith("CARRIED")
    assert str(desk.do(Move(sign_vote(word(desk, RESUME, "operator-1"), demo_key("operator-1"))))).endswith("PROPOSED")
    assert str(said(desk, RESUME, "operator-2")).endswith("CARRIED")
    desk.hub = desk.again().hub
    states = [one.state for one in desk.hub.desk.motions.values()]
    assert states == [MotionState.CARRIED, MotionState.CARRIED]


def test_what_is_no_vote_of_the_operators_passkey_counts_nothing(desk: Desk) -> None:
    vote = word(desk, SUSPEND, "operator-1")
    other = word(desk, RESUME, "operator-1")
    faults = {
        "another's passkey": by_passkey(vote, HELD["operator-2"]),
        "a passkey of nobody": by_passkey(vote, Authenticator("https://hub.example", "hub.example")),
        "made elsewhere": by_passkey(vote, HELD["operator-1"], origin="https://hub.example.evil"),
        "nobody was verified": by_passkey(vote, unverified()),
        "for another deed": msgspec.structs.replace(vote, signature=by_passkey(other, HELD["operator-1"]).signature),
        "an officer of compliance": by_passkey(word(desk, SUSPEND, "officer-1"), HELD["officer-1"]),
        "of yesterday": by_passkey(msgspec.structs.replace(vote, day="2026-11-23"), HELD["operator-1"]),
    }
    for why, one in faults.items():
        assert isinstance(desk.do(Move(one)), Refusal), why
    assert desk.hub.desk.motions == {}


def test_another_spelling_of_a_signature_is_no_new_vote(desk: Desk) -> None:
    votes = [by_passkey(word(desk, SUSPEND, who), HELD[who]) for who in ("operator-1", "operator-2")]
    for one in votes:
        desk.do(Move(one))
    said(desk, RESUME, "operator-1")
    said(desk, RESUME, "operator-2")
    for one in votes:
        told = msgspec.msgpack.decode(one.signature.partition(b"fondaco assertion 1\0")[2], type=Assertion)
        r, s = decode_dss_signature(told.signature)
        again = msgspec.structs.replace(told, signature=encode_dss_signature(r, ORDER - s))
        no = desk.do(Move(msgspec.structs.replace(one, signature=again.encoded())))
        assert isinstance(no, Refusal) and no.reason is Reason.OUT_OF_TURN, "it was counted before"
    assert len(desk.hub.desk.motions) == 2

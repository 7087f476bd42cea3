"""What the hub says of its register's log, signed, and the witnesses who sign with it.

A tree head says: at this instant the log had so many leaves and this root. A witness (a member institution, with a key of its own) signs a head after it
has checked that it continues the last one that it signed. Two heads that do not continue each other, both signed by the hub, prove a fork.
A record's head says: in the log of so many leaves, this event is the last one of this record. The log holds every event's record and number in
clear (`control_event.leaf`), so who follows the log can prove a false one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from fondaco.core import Reason, Refusal, fingerprint, signature_holds
from fondaco.journal import consistency_holds

Sign = Callable[[bytes], bytes]


class TreeHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`size` leaves with `root` (hexadecimal) in the register of `hub`, at an instant (UTC text, milliseconds)."""

    hub: str
    size: int
    root: str
    at: str


class RecordHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Among the first `size` leaves, event number `seq` with the hash `event` is the last of the record `etr`."""

    hub: str
    etr: str
    seq: int
    event: str
    size: int


class WitnessSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member's word for a tree head: its BIC, its public key, its Ed25519 signature (hexadecimal)."""

    party: str
    key: str
    signature: str


_ENCODER = msgspec.json.Encoder(order="sorted")


def head_material(head: TreeHead) -> bytes:
    """What the hub signs."""
    return b"fondaco tree head 1\0" + _ENCODER.encode(head)


def record_material(head: RecordHead) -> bytes:
    """What the hub signs for one record."""
    return b"fondaco record head 1\0" + _ENCODER.encode(head)


def witness_material(party: str, head: TreeHead) -> bytes:
    """What a witness signs: its own name too, so that a signature cannot be handed on."""
    return b"fondaco witness 1\0" + _ENCODER.encode({"head": head, "party": party})


def witness_fault(
    seen: TreeHead | None, head: TreeHead, signature: bytes, hub_key: bytes, consistency: Sequence[bytes]
) -> Refusal | None:
    """Why a witness that last signed `seen` (None: nothing yet) must not sign `head`; None where it may.

    A first head is believed as it comes, which is why a witness keeps what it has signed. The same head again is signed again.
    """
    if not signature_holds(hub_key, signature, head_material(head)):
        return Refusal(Reason.ROLE_NOT_HELD, "signature", fingerprint(hub_key), "T.6")
    if seen is None:
        return None
    if head.hub != seen.hub:
        return Refusal(Reason.OUT_OF_TURN, "head.hub", head.hub, "T.6")
    if head.at < seen.at:
        return Refusal(Reason.OUT_OF_TURN, "head.at", f"{head.at} is before {seen.at}", "T.6")
    if head.size < seen.size:
        return Refusal(Reason.OUT_OF_TURN, "head.size", f"{head.size} is less than {seen.size}", "T.6")
    if not consistency_holds(seen.size, head.size, consistency, bytes.fromhex(seen.root), bytes.fromhex(head.root)):
        return Refusal(
            Reason.OUT_OF_TURN, "head.root", f"a fork: it does not continue the {seen.size} leaves signed before", "T.6"
        )
    return None


def countersigned(
    party: str,
    key: bytes,
    sign: Sign,
    seen: TreeHead | None,
    head: TreeHead,
    signature: bytes,
    hub_key: bytes,
    consistency: Sequence[bytes],
) -> WitnessSignature | Refusal:
    """The witness's signature after it has checked; `sign` makes an Ed25519 signature with the private half of `key`."""
    fault = witness_fault(seen, head, signature, hub_key, consistency)
    return fault or WitnessSignature(party, key.hex(), sign(witness_material(party, head)).hex())

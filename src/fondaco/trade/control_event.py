"""One act upon a transferable record: signed by who acts, chained to the act before, and hashed in exactly one way.

What each hash and signature covers:

- the **id** of a record (`etr_id`): its document in canonical form, its issuer, its serial, and the id of the record that it takes the place of.
- a **deed's signature**: hub, actor, instrument, version and the whole body (`Deed.material`). Each body but the first names the hash of the event
  before (`head`), so the actor signs the history that it saw.
- an **event's hash** (`event_hash`): the whole event in canonical form, all signatures and the hash of the event before included. Nothing is
  added to an event later, so there is no part that its hash does not cover.
- a **leaf** of the log (`leaf`): the record's id, the event's number, the event's hash. Who follows the log sees without any content
  whether two events claim the same place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import msgspec

from fondaco.core import Reason, Refusal, signature_holds
from fondaco.trade.canonical import canonical
from fondaco.trade.deed import Deed

GENESIS = "0" * 64


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose key signed the deed: the party that the hub knows it as, the public key, the signature (both hexadecimal)."""

    party: str
    key: str
    signature: str


class ControlEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event of one record. `seq` counts from 1; `at` is UTC text with milliseconds; `body` the deed's body, byte for byte.

    `batch` is the hash of the settlement batch that this event moved with ("" where no money did). What the hub records itself (FUND, UNFUND,
    SETTLE, LAPSE, SUPERSEDE) has the hub as its actor and no signatures: the signed tree heads answer for it.
    """

    etr: str
    instrument: str
    seq: int
    previous: str
    action: str
    actor: str
    body: str
    at: str
    hub: str
    batch: str = ""
    signatures: tuple[Signature, ...] = ()

    def deed(self) -> Deed:
        """The deed that was signed."""
        pairs = tuple((bytes.fromhex(one.key), bytes.fromhex(one.signature)) for one in self.signatures)
        named = self.instrument if self.seq > 1 else ""
        return Deed(self.hub, self.actor, named, self.seq - 1, self.action, self.body.encode(), pairs)


_ENCODER = msgspec.json.Encoder(order="sorted")


def event_text(event: ControlEvent) -> bytes:
    """The event in canonical form: the bytes that are hashed and kept."""
    return _ENCODER.encode(event)


def event_hash(event: ControlEvent) -> str:
    return hashlib.sha256(b"fondaco control event 1\0" + event_text(event)).hexdigest()


def leaf(event: ControlEvent, hashed: str) -> bytes:
    """The leaf of the log for an event whose hash is `hashed`: 72 bytes."""
    return bytes.fromhex(event.etr) + event.seq.to_bytes(8, "big") + bytes.fromhex(hashed)


def etr_id(content: str, issuer: str, serial: str, supersedes: str = "") -> str:
    """The id of a record with this document (canonical text); `supersedes` is the id of the record whose place it takes, "" for none."""
    named = canonical([content, issuer, serial, supersedes])
    return hashlib.sha256(b"fondaco transferable record 1\0" + named.encode()).hexdigest()


def serial_claim(issuer: str, serial: str) -> str:
    """What no two records alive may share: issuer and serial, however the serial is spaced or cased."""
    return f"serial {issuer} {_bare(serial)}"


def external_claim(external: str) -> str:
    """The same under the name that the world outside uses (`SMDG:MSC:62CD...`), its parts between colons."""
    return "external " + ":".join(map(_bare, external.split(":")))


def etr_claim(etr: str) -> str:
    """What no two records share, alive or not."""
    return f"etr {etr}"


def _bare(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def signers_of(deed: Deed, keys: Mapping[bytes, str]) -> tuple[str, ...] | Refusal:
    """The parties whose keys signed, in the order of the signatures. `keys` are the public keys that may sign, with their parties.

    Refused: no signature, a key twice, a key that nobody registered, a signature that does not hold, and none by the actor.
    """
    if not deed.signatures:
        return Refusal(Reason.ROLE_NOT_HELD, "signatures", "none", "MLETR 9")
    material, found = deed.material(), []
    for number, (key, signature) in enumerate(deed.signatures):
        where = f"signatures[{number}]"
        if key in {one for one, _ in deed.signatures[:number]}:
            return Refusal(Reason.ROLE_NOT_HELD, where, "the same key again", "MLETR 9")
        if key not in keys:
            return Refusal(Reason.ROLE_NOT_HELD, where, "a key that is not registered", "MLETR 9")
        if not signature_holds(key, signature, material):
            return Refusal(Reason.ROLE_NOT_HELD, where, "the signature does not hold", "MLETR 9")
        found.append(keys[key])
    if deed.actor not in found:
        return Refusal(Reason.ROLE_NOT_HELD, "signatures", f"none by {deed.actor}", "MLETR 9")
    return tuple(found)

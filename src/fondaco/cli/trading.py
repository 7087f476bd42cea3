"""Deeds of trade as files: written where the party is, signed key by key, given to the hub. A key never leaves the place where it signs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cyclopts import Parameter

from fondaco.cli.terminal import (
    HERE,
    Folder,
    Json,
    Misused,
    Refused,
    console,
    decide,
    lists_into_force,
    opened_hub,
    private_key,
    show,
)
from fondaco.cli.trade_app import trade_app
from fondaco.core import Refusal, bic8, signature_holds
from fondaco.hub import Hub, NotReady, Perform
from fondaco.trade import Deed, canonical_text

Keys = Annotated[
    tuple[Path, ...],
    Parameter(name="--key", help="A key that signs; a bank's deed needs those of its maker and its checker, once each."),
]
Output = Annotated[
    Path | None, Parameter(help="Write the deed to this file instead of giving it: others sign it with `fondaco trade sign`.")
]


class SignedBy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A public key and its signature, in hexadecimal digits."""

    key: str
    signature: str


class DeedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A deed as a file: what is signed, byte for byte, and who signed so far."""

    hub: str
    actor: str
    instrument: str
    version: int
    action: str
    body: str
    signatures: tuple[SignedBy, ...] = ()

    def deed(self) -> Deed:
        """The deed. Raises `ValueError` for signatures that are no hexadecimal digits."""
        pairs = tuple((bytes.fromhex(one.key), bytes.fromhex(one.signature)) for one in self.signatures)
        return Deed(self.hub, self.actor, self.instrument, self.version, self.action, self.body.encode(), pairs)


def file_of(deed: Deed) -> DeedFile:
    signatures = tuple(SignedBy(key.hex(), signature.hex()) for key, signature in deed.signatures)
    return DeedFile(deed.hub, deed.actor, deed.instrument, deed.version, deed.action, deed.body.decode(), signatures)


def signed(deed: Deed, keys: tuple[Path, ...]) -> Deed:
    """The deed with the signatures of these keys added, each once."""
    pairs = dict(deed.signatures)
    for path in keys:
        own: Ed25519PrivateKey = private_key(path)
        pairs[own.public_key().public_bytes_raw()] = own.sign(deed.material())
    return Deed(deed.hub, deed.actor, deed.instrument, deed.version, deed.action, deed.body, tuple(pairs.items()))


def read_deed(path: Path) -> Deed:
    try:
        return msgspec.json.decode(path.read_bytes(), type=DeedFile).deed()
    except (OSError, msgspec.DecodeError, ValueError) as fault:
        raise NotReady(f"{path}: no deed can be read: {fault}; `fondaco trade record ... --output FILE` writes one") from fault


def write_deed(path: Path, deed: Deed) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(file_of(deed))) + b"\n")


def hub_of(opened: Hub) -> str:
    """The hub's BIC of eight: part of every deed, which counts nowhere else."""
    return bic8(opened.desk.scheme.hub_bic)


def done(deed: Deed, keys: tuple[Path, ...], output: Path | None, opened: Hub, folder: Path, as_json: bool) -> None:
    """Sign a deed and write it to `output`, or give it to the hub at once."""
    if not keys and output is None:
        raise Misused("nobody signs: name a key with --key, or a file with --output that others sign")
    ready = signed(deed, keys)
    if output is not None:
        write_deed(output, ready)
        told: dict[str, Any] = {"deed": str(output), "action": deed.action, "signatures": len(ready.signatures)}
        text = f"{output}: {deed.action} by {deed.actor}, signed {len(ready.signatures)} times; `fondaco trade give {output}`"
        show(as_json, told, lambda: console.print(text, markup=False, highlight=False))
        return
    given(ready, opened, folder, as_json)


def act_upon(
    find: Callable[[Hub, str], tuple[int, dict[str, Any]]], instrument: str, action: str, actor: str, body: dict[str, Any],
    keys: tuple[Path, ...], output: Path | None, hub: Path, as_json: bool,
) -> None:  # fmt: skip
    """A deed upon an instrument as it stands now. `find` gives its version and what every deed upon it says; what is empty is left out."""
    with opened_hub(hub) as opened:
        version, always = find(opened, instrument)
        text = canonical_text({name: one for name, one in (always | body).items() if one not in ("", ())})
        done(Deed(hub_of(opened), actor, instrument, version, action, text.encode()), keys, output, opened, hub, as_json)


def given(deed: Deed, opened: Hub, folder: Path, as_json: bool) -> None:
    if opened.desk.rules is None:
        raise Refused("no business day is open: `fondaco day open` opens one")
    lists_into_force(opened, folder)
    (result,) = decide(opened, [Perform(deed)])
    if isinstance(result, Refusal):
        raise Refused(f"{deed.action} by {deed.actor}: {result.sentence()}{_advice(result)}")
    show(as_json, {"action": deed.action, "result": result}, lambda: console.print(str(result), highlight=False))


def _advice(refusal: Refusal) -> str:
    """What to do next, where the place of the no tells it."""
    advice = {
        "version": "; it moved on since: write the deed anew",
        "body.head": "; it moved on since: write the deed anew",
        "signatures": "; add a signature with `fondaco trade sign FILE --key KEY`",
        "party": "; `fondaco trade party list` shows who is registered",
        "instrument": "; `fondaco trade record list` shows records, and the words invoice, order, collection and credit list theirs",
        "the lists": "; `fondaco lists status` says what they lack",
    }
    if refusal.reason.name == "REGULATORY":
        return "; officers see why: `fondaco case list`. What they release passes when the same deed is given again"
    return advice.get(refusal.where, "")


@trade_app.command
def sign(deed: Path, *, key: Keys, json: Json = False) -> None:
    """Add signatures to the deed in file DEED. What is signed is shown first: read it."""
    before = read_deed(deed)
    if not key:
        raise Misused("name a key with --key")
    wrong = [one.hex()[:16] for one, signature in before.signatures if not signature_holds(one, signature, before.material())]
    if wrong:
        raise Refused(f"{deed}: the signature of {', '.join(wrong)} does not hold: what was signed is not what stands there")
    ready = signed(before, key)
    write_deed(deed, ready)
    facts = {
        "deed": str(deed),
        "actor": ready.actor,
        "action": ready.action,
        "instrument": ready.instrument,
        "body": ready.body.decode(),
    }
    show(
        json,
        facts | {"signatures": len(ready.signatures)},
        lambda: console.print(
            f"{ready.action} by {ready.actor} upon {ready.instrument or 'something new'}, step {ready.version + 1}\n{facts['body']}\n"
            f"signed {len(ready.signatures)} times",
            markup=False,
            highlight=False,
        ),
    )


@trade_app.command
def give(deed: Path, *, hub: Folder = HERE, json: Json = False) -> None:
    """Give the signed deed in file DEED to the hub: it takes effect whole, or not at all."""
    ready = read_deed(deed)
    with opened_hub(hub) as opened:
        given(ready, opened, hub, json)

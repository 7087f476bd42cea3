"""Transferable records: every act as a deed, and what the register says of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from fondaco.cli.terminal import HERE, Folder, Json, Misused, Refused, clock, console, opened_hub, private_key, show
from fondaco.cli.trade_app import record_app
from fondaco.cli.trading import Keys, Output, act_upon, done, hub_of
from fondaco.core import Instant, fingerprint, utc_text
from fondaco.hub import Hub, NotReady, proof_file
from fondaco.trade import PAYMENT, Deed, TransferableRecord, canonical_text

As = Annotated[str, Parameter(name="--as", help="Who acts: a registered party, or a member's BIC of eight.")]
_HOUR = 3_600 * 1_000_000_000


def _document(path: Path) -> str:
    """A document as it is kept and hashed: JSON in canonical form (RFC 8785), whatever its spacing in the file."""
    try:
        return canonical_text(msgspec.json.decode(path.read_bytes()))
    except (OSError, ValueError) as fault:
        raise NotReady(f"{path}: {fault}") from fault


def _found(opened: Hub, record: str) -> TransferableRecord:
    found = opened.trading.records.record(record)
    if found is None:
        raise Refused(f"{record}: there is no such record; `fondaco trade record list` shows which there are")
    return found


def _standing(opened: Hub, record: str) -> tuple[int, dict[str, Any]]:
    """Every deed upon a record names the event before, so that it counts after that one alone."""
    found = _found(opened, record)
    return found.seq, {"head": found.head}


_act = partial(act_upon, _standing)


@record_app.command
def issue(
    document: Path, serial: str, recipient: str, *, issuer: As, law: str, title: Literal["STRAIGHT", "ORDER", "BLANK"] = "ORDER",
    named: str = "", kind: Literal["BILL_OF_LADING", "BILL_OF_EXCHANGE", "PROMISSORY_NOTE"] = "BILL_OF_LADING", supersedes: str = "",
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Issue the record whose content is the JSON file DOCUMENT (a DCSA transport document, a bill or a note) to RECIPIENT, who accepts it.

    NAMED is whom it names (default: the recipient; nobody in BLANK). SUPERSEDES is the record that was surrendered for it.
    """
    body = {
        "kind": kind, "serial": serial, "recipient": recipient, "title": title, "law": law, "content": _document(document),
        "named": "" if title == "BLANK" else named or recipient, "supersedes": supersedes,
    }  # fmt: skip
    text = canonical_text({name: one for name, one in body.items() if one != ""})
    with opened_hub(hub) as opened:
        done(Deed(hub_of(opened), issuer, "", 0, "ISSUE", text.encode()), key, output, opened, hub, json)


@record_app.command
def offer(
    record: str, recipient: str, *, actor: As, against: str = "", hours: int = 24, until: str = "",
    endorse: Literal["", "ENDORSE", "ENDORSE_TO_ORDER", "BLANK_ENDORSE"] = "",
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Offer RECORD to RECIPIENT. AGAINST a payment, such as "SGD 1250.00 ZZBBSG02" (currency, amount, BIC of the bank to be paid), it passes
    in the chain of exactly that payment; without, when the recipient accepts. It lapses after HOURS, or at UNTIL (UTC, milliseconds)."""
    with opened_hub(hub) as opened:
        ends = until or utc_text(Instant(clock(opened).now() + hours * _HOUR))
    body = {"recipient": recipient, "until": ends, "endorsement": endorse}
    if against:
        _act(record, "OFFER_AGAINST", actor, body | {"against": PAYMENT, "reference": against}, key, output, hub, json)
    else:
        _act(record, "TRANSFER", actor, body, key, output, hub, json)


@record_app.command
def accept(record: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False) -> None:
    """Accept what was issued or offered freely: control passes now."""
    _act(record, "ACCEPT", actor, {}, key, output, hub, json)


@record_app.command
def reject(record: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False) -> None:
    """Reject what was issued or offered: it stays where it is."""
    _act(record, "REJECT", actor, {}, key, output, hub, json)


@record_app.command
def withdraw(record: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False) -> None:
    """Take an offer back, as long as no money is set aside for it."""
    _act(record, "WITHDRAW", actor, {}, key, output, hub, json)


@record_app.command
def endorse(
    record: str, recipient: str = "", *, actor: As, to_order: bool = False, blank: bool = False,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Endorse RECORD to RECIPIENT, --to-order so that it may endorse further, or --blank to nobody. Control stays where it is."""
    if bool(recipient) == blank:
        raise Misused("endorse to a RECIPIENT, or with --blank to nobody")
    action = "BLANK_ENDORSE" if blank else "ENDORSE_TO_ORDER" if to_order else "ENDORSE"
    _act(record, action, actor, {} if blank else {"recipient": recipient}, key, output, hub, json)


@record_app.command
def pledge(
    record: str, pledgee: str, secured: str, due: str, *, actor: As, power: Literal["HOLD", "ENFORCE"] = "HOLD",
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Pledge RECORD to PLEDGEE for what is SECURED ("SGD 1200.00"); with the power to ENFORCE it may take it from the day DUE on."""
    _act(record, "PLEDGE", actor, {"pledgee": pledgee, "secured": secured, "power": power, "due": due}, key, output, hub, json)


@record_app.command
def surrender(
    record: str, *, actor: As, to: Literal["DELIVERY", "AMENDMENT"] = "DELIVERY", reason: Literal["", "SWTP", "COD", "SWI"] = "",
    comments: str = "", key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Surrender RECORD to its issuer: for delivery of the goods, or for an amendment with a reason of DCSA's (SWTP: a switch to paper)."""
    body = {"comments": comments} | ({"reasonCode": reason} if to == "AMENDMENT" else {})
    _act(record, f"SURRENDER_FOR_{to}", actor, body, key, output, hub, json)


@record_app.command
def act(
    action: str, record: str, *, actor: As, particulars: Path | None = None,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Any other act by its code (SIGN, SACC, SREJ, ACCEPT_PLEDGE, FREEZE ...), its particulars as a JSON file if it has any."""
    body: dict[str, Any] = {}
    if particulars is not None:
        try:
            body = msgspec.json.decode(particulars.read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.DecodeError) as fault:
            raise NotReady(f"{particulars}: {fault}") from fault
    _act(record, action.upper(), actor, body, key, output, hub, json)


@record_app.command(name="show")
def show_record(record: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Where RECORD stands, and every event of it: who did what, when, and with which payment it moved."""
    with opened_hub(hub) as opened:
        found = _found(opened, record)
        events = [msgspec.json.decode(one.text) | {"leaf": one.index} for one in opened.trading.records.events(found)]
    facts = _row(found) | {"etr": found.etr, "issuer": found.issuer, "law": found.law, "head": found.head, "events": events}

    def text() -> None:
        _tell(facts)
        for one in events:
            batch = f"  batch {one['batch'][:16]}" if one["batch"] else ""
            console.print(
                f"  {one['seq']:>4}  {one['at']}  {one['action']:24}  {one['actor']}{batch}", markup=False, highlight=False
            )

    show(json, facts, text)


@record_app.command
def prove(record: str, *, hub_key: Path, output: Path, hub: Folder = HERE, json: Json = False) -> None:
    """Write the proof file of RECORD to OUTPUT: its events, its place in the log, the heads signed with the hub's own HUB_KEY. Anybody checks it
    alone, with `verify_title.py` and the fingerprint of that key (docs/transferable-records.md)."""
    own = private_key(hub_key)
    public = own.public_key().public_bytes_raw()
    with opened_hub(hub) as opened:
        found = _found(opened, record)
        raw, leaves = proof_file(opened, found, own, clock(opened).now()), opened.trading.records.log.size
    output.write_bytes(raw)
    facts = {"record": record, "proof": str(output), "events": found.seq, "log": leaves, "fingerprint": fingerprint(public)}
    text = (
        f"{output}: {record}, {found.seq} events in a log of {leaves}; the hub's key has the fingerprint\n{facts['fingerprint']}"
    )
    show(json, facts, lambda: console.print(text, markup=False, highlight=False))


@record_app.command(name="list")
def list_records(*, holder: str = "", hub: Folder = HERE, json: Json = False) -> None:
    """Every record, or those of HOLDER: who controls it, whom it names, what keeps it still."""
    with opened_hub(hub) as opened:
        rows = [_row(one) for one in opened.trading.records.all() if not holder or one.holder == holder]

    def text() -> None:
        for row in rows:
            _tell(row)
        if not rows:
            console.print("no records")

    show(json, rows, text)


def _row(found: TransferableRecord) -> dict[str, Any]:
    lock = found.lock if found.locked else None
    return {
        "record": found.instrument, "kind": found.kind.name, "serial": found.serial, "state": found.state.name, "holder": found.holder,
        "titleholder": found.titleholder, "title": found.title.name, "steps": found.seq, "offer": found.lock_id(),
        "offered_to": lock.recipient if lock else "", "against": f"{lock.against} {lock.reference}".strip() if lock else "",
        "until": lock.until if lock else "", "pledged_to": found.pledge.pledgee if found.pledge is not None and found.pledged else "",
        "freeze": found.freeze.name,
    }  # fmt: skip


def _tell(row: dict[str, Any]) -> None:
    held = f"with {row['holder']}" if row["holder"] else "ended"
    more = (
        f"; offered to {row['offered_to']} as {row['offer']} against {row['against'] or 'nothing'} until {row['until']}"
        if row["offer"]
        else ""
    )
    more += f"; pledged to {row['pledged_to']}" if row["pledged_to"] else ""
    more += "; frozen by a court" if row["freeze"] == "FROZEN" else ""
    console.print(
        f"{row['record']}  {row['kind']} {row['serial']}  {row['state']}  {held}, {row['title'].lower()} {row['titleholder']}{more}",
        markup=False, highlight=False,
    )  # fmt: skip

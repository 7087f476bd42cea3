"""Documentary collections: every act as a deed, and how each collection stands."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, Parameter

from fondaco.cli.terminal import HERE, Folder, Json, Refused, clock, console, opened_hub, show
from fondaco.cli.trade_app import trade_app
from fondaco.cli.trade_records import As
from fondaco.cli.trading import Keys, Output, act_upon, done, hub_of
from fondaco.core import CURRENCIES, Instant, minor_text, utc_text
from fondaco.hub import Hub, NotReady
from fondaco.trade import Collection, Deed, canonical_text, collection

_HOUR = 3_600 * 1_000_000_000
collection_app = App(
    name="collection",
    help="Documentary collections: instruct, send, receive, present, offer, accept, refuse, protest, direct, return, remit, close, act, show, list.",
)
trade_app.command(collection_app)
Text = Annotated[str, Parameter(help="What is said with it.")]


def _found(opened: Hub, number: str) -> Collection:
    found = opened.trading.collections.collection(number)
    if found is None:
        raise Refused(f"{number}: there is no such collection; `fondaco trade collection list` shows which there are")
    return found


def _standing(opened: Hub, number: str) -> tuple[int, dict[str, Any]]:
    return _found(opened, number).version, {}


_act = partial(act_upon, _standing)


@collection_app.command
def instruct(
    drawee: str, amount: str, currency: str, *, actor: As, bank: str, collecting_bank: str = "", terms: Literal["DP", "DA"] = "DP",
    record: tuple[str, ...] = (), bill: str = "", days_after_sight: int = 0, due: str = "", part_payment: bool = False,
    protest: bool = False, answer_by: str = "", particulars: Path | None = None,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Instruct BANK (BIC, the principal's own) to collect AMOUNT of CURRENCY from DRAWEE, against payment (DP) or acceptance (DA).

    RECORD are transferable records among the documents, BILL the one of them that is a bill of exchange. DA is due so many DAYS_AFTER_SIGHT, or on
    the day DUE. PARTICULARS is a JSON file with more of the instruction (docs/collections.md), such as the list of documents.
    """
    body: dict[str, Any] = {}
    if particulars is not None:
        try:
            body = msgspec.json.decode(particulars.read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.DecodeError) as fault:
            raise NotReady(f"{particulars}: {fault}") from fault
    body |= {"remitting_bank": bank[:8], "drawee": drawee, "amount": amount, "currency": currency, "terms": terms}
    body |= {"collecting_bank": collecting_bank[:8]} if collecting_bank else {}
    body |= {"records": list(record)} if record else {}
    body |= {name: one for name, one in (("bill", bill), ("answer_by", answer_by)) if one}
    body |= {name: True for name, one in (("part_payment", part_payment), ("protest", protest)) if one}
    if days_after_sight:
        body["tenor"] = {"event": "AFTER_SIGHT", "days": days_after_sight}
    elif due:
        body["tenor"] = {"event": "FIXED", "day": due}
    with opened_hub(hub) as opened:
        deed = Deed(hub_of(opened), actor, "", 0, "INSTRUCTED", canonical_text(body).encode())
        done(deed, key, output, opened, hub, json)


@collection_app.command
def send(
    collection: str, *, actor: As, to: str = "", key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False
) -> None:
    """The remitting bank sends the documents on, TO the collecting bank where the instruction names none."""
    _act(collection, "SENT", actor, {"collecting_bank": to[:8]}, key, output, hub, json)


@collection_app.command
def receive(
    collection: str, *, actor: As, missing: tuple[str, ...] = (),
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """The collecting bank has the documents; it says which were listed and are MISSING."""
    _act(collection, "RECEIVED", actor, {"missing": missing}, key, output, hub, json)


@collection_app.command
def present(collection: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False) -> None:
    """The collecting bank presents the documents to the drawee."""
    _act(collection, "PRESENTED", actor, {}, key, output, hub, json)


@collection_app.command
def offer(
    collection: str, record: str, *, actor: As, hours: int = 24,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """The collecting bank offers RECORD to the drawee against what the collection says: a payment, or acceptance. The answer is the offer
    that the payment names (`ETR-000001/3`)."""
    with opened_hub(hub) as opened:
        wanted = next((one for one in _locks(opened, collection) if one.record == record), None)
        kept = opened.trading.records.record(record)
        if wanted is None or kept is None:
            raise Refused(
                f"{record} is not to be offered under {collection} now; `fondaco trade collection show` says how it stands"
            )
        body = {
            "head": kept.head, "recipient": wanted.taker, "until": utc_text(Instant(clock(opened).now() + hours * _HOUR)),
            "against": wanted.against, "reference": wanted.purpose,
        }  # fmt: skip
        deed = Deed(hub_of(opened), actor, record, kept.seq, "OFFER_AGAINST", canonical_text(body).encode())
        done(deed, key, output, opened, hub, json)


@collection_app.command
def accept(collection: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False) -> None:
    """The drawee accepts: the records that are offered against it pass to it now, and it owes the amount at the maturity."""
    _act(collection, "ACCEPTED", actor, {}, key, output, hub, json)


@collection_app.command
def refuse(
    collection: str, text: Text = "", *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False
) -> None:
    """The drawee says that it will not pay or accept, or the collecting bank that it did not: TEXT is the reason, as far as it is known.

    Of an accepted bill the collecting bank says so once its day of maturity has closed. The remitting bank has the advice (MT 416) at once.
    """
    _act(collection, "DISHONOURED", actor, {"text": text}, key, output, hub, json)


@collection_app.command
def direct(
    collection: str, direction: Literal["PRESENT", "PROTEST", "RETURN"], *, actor: As,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """The remitting bank says what is to be done after a refusal."""
    _act(collection, "RE_INSTRUCTED", actor, {"direction": direction}, key, output, hub, json)


@collection_app.command
def protest(
    collection: str, text: Text = "", *, actor: As, notary: str = "", place: str = "", on: str = "", reference: str = "",
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """The collecting bank had the refusal protested, as it was instructed to: by NOTARY at PLACE ON a day (today unless said), under REFERENCE."""
    given = {"text": text, "notary": notary, "place": place, "on": on, "reference": reference}
    _act(collection, "PROTESTED", actor, {name: one for name, one in given.items() if one}, key, output, hub, json)


@collection_app.command(name="return")
def return_documents(
    collection: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False
) -> None:
    """The collecting bank returned the documents; the remitting bank has accepted their records by then."""
    _act(collection, "DOCS_RETURNED", actor, {}, key, output, hub, json)


@collection_app.command
def remit(
    collection: str, text: Text = "", *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False
) -> None:
    """The remitting bank made the proceeds available to the principal."""
    _act(collection, "PROCEEDS_REMITTED", actor, {"text": text}, key, output, hub, json)


@collection_app.command
def close(collection: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False) -> None:
    """The remitting bank closes what is paid or returned."""
    _act(collection, "CLOSED", actor, {}, key, output, hub, json)


@collection_app.command
def act(
    action: str, collection: str, text: Text = "", *, actor: As,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Any other act that says nothing but TEXT, by its name: DECLINED, TRACED, FATE_ADVISED."""
    _act(collection, action.upper(), actor, {"text": text}, key, output, hub, json)


@collection_app.command(name="show")
def show_collection(collection: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """How COLLECTION stands: parties, money, where its records are and must go, and its deadlines."""
    with opened_hub(hub) as opened:
        found = _found(opened, collection)
        records = {one: opened.trading.records.record(one) for one in found.records}
        facts = _row(found) | {
            "records": {one: kept.holder if kept is not None else "" for one, kept in records.items()},
            "offers": [{"record": one.record, "to": one.taker, "against": one.against} for one in _locks(opened, collection)],
            "deadlines": [
                {"rule": one.rule, "holder": one.holder, "due": one.due_on, "state": one.state.value} for one in found.deadlines
            ],
            "batches": list(found.batches),
            "dishonours": msgspec.to_builtins(found.dishonours),
        }

    def text() -> None:
        _tell(facts)
        for record, holder in facts["records"].items():
            console.print(f"  {record}  with {holder}", markup=False, highlight=False)
        for one in facts["offers"]:
            console.print(f"  {one['record']}  goes to {one['to']} against {one['against']}", markup=False, highlight=False)
        for one in facts["deadlines"]:
            console.print(f"  {one['rule']}  {one['holder']} by {one['due']}  {one['state']}", markup=False, highlight=False)
        for one in facts["dishonours"]:
            protested = f", protested {one['protest']['on']}" if one["protest"] else ""
            console.print(
                f"  {one['kind']} on {one['on']}, says {one['by']}: {one['text'] or 'no reason'}{protested}",
                markup=False, highlight=False,
            )  # fmt: skip
        for one in facts["batches"]:
            console.print(f"  paid in batch {one}", markup=False, highlight=False)

    show(json, facts, text)


@collection_app.command(name="list")
def list_collections(*, party: str = "", hub: Folder = HERE, json: Json = False) -> None:
    """Every collection, or those of PARTY."""
    with opened_hub(hub) as opened:
        found = opened.trading.collections.all()
    rows = [_row(one) for one in found if party in ("", one.principal, one.remitting_bank, one.collecting_bank, one.drawee)]

    def text() -> None:
        for row in rows:
            _tell(row)
        if not rows:
            console.print("no collections")

    show(json, rows, text)


def _locks(opened: Hub, number: str) -> tuple[Any, ...]:
    return collection.locks(_found(opened, number))


def _row(found: Collection) -> dict[str, Any]:
    exponent = CURRENCIES[found.currency].exponent
    return {
        "collection": found.id, "state": found.state.value, "version": found.version, "terms": found.terms, "principal": found.principal,
        "remitting_bank": found.remitting_bank, "collecting_bank": found.collecting_bank, "drawee": found.drawee,
        "currency": found.currency, "amount": minor_text(found.amount, exponent), "paid": minor_text(found.paid, exponent),
        "matures_on": found.matures_on,
    }  # fmt: skip


def _tell(row: dict[str, Any]) -> None:
    due = f"  due {row['matures_on']}" if row["matures_on"] else ""
    console.print(
        f"{row['collection']}  {row['state']}  {row['terms']}  {row['currency']} {row['amount']}, paid {row['paid']}{due}  "
        f"{row['principal']} -> {row['remitting_bank']} -> {row['collecting_bank'] or '?'} -> {row['drawee']}",
        markup=False, highlight=False,
    )  # fmt: skip

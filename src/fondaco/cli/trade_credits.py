"""Documentary credits: every act as a deed, and how each credit stands."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec
from cyclopts import App

from fondaco.cli.terminal import HERE, Folder, Json, Refused, clock, console, opened_hub, show
from fondaco.cli.trade_app import trade_app
from fondaco.cli.trade_records import As
from fondaco.cli.trading import Keys, Output, act_upon, done, hub_of
from fondaco.core import CURRENCIES, Instant, minor_text, utc_text
from fondaco.hub import Hub, NotReady
from fondaco.trade import Against, Deed, LetterOfCredit, availability, canonical_text

_HOUR = 3_600 * 1_000_000_000
credit_app = App(
    name="credit",
    help="Documentary credits: apply, approve, issue, advise, confirm, offer, present, find, notice, waive, undertake, release, act, show, list.",
)
trade_app.command(credit_app)


def _found(opened: Hub, number: str) -> LetterOfCredit:
    found = opened.trading.credits.credit(number)
    if found is None:
        raise Refused(f"{number}: there is no such credit; `fondaco trade credit list` shows which there are")
    return found


def _standing(opened: Hub, number: str) -> tuple[int, dict[str, Any]]:
    return _found(opened, number).version, {}


_act = partial(act_upon, _standing)


def _json(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as fault:
        raise NotReady(f"{path}: {fault}") from fault


@credit_app.command
def apply(terms: Path, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False) -> None:
    """The applicant asks its bank to issue on TERMS, a JSON file (docs/examination.md); `fondaco trade lint` reads it before."""
    with opened_hub(hub) as opened:
        text = canonical_text({"terms": _json(terms)})
        done(Deed(hub_of(opened), actor, "", 0, "APPLIED", text.encode()), key, output, opened, hub, json)


@credit_app.command
def approve(
    credit: str, *, actor: As, margin: str = "", key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False
) -> None:
    """The issuing bank approves, and sets MARGIN of its own money aside."""
    _act(credit, "APPROVED", actor, {"margin": margin}, key, output, hub, json)


@credit_app.command
def issue(credit: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False) -> None:
    """The issuing bank is bound from now on (UCP 600 art. 7(b))."""
    _act(credit, "ISSUED", actor, {}, key, output, hub, json)


@credit_app.command
def advise(credit: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False) -> None:
    """The advising bank gives the beneficiary the credit: it is available."""
    _act(credit, "ADVISED", actor, {}, key, output, hub, json)


@credit_app.command
def confirm(credit: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False) -> None:
    """The bank that was asked to confirm is bound as well (8(b))."""
    _act(credit, "CONFIRMED", actor, {}, key, output, hub, json)


@credit_app.command
def offer(
    credit: str, record: str, bank: str, *, actor: As, hours: int = 24 * 14, word: bool = False,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Offer RECORD to BANK against what honour is under CREDIT: before it is presented. The answer is the offer that the payment names.

    `--word` is for a bank that buys the documents, or pays on its own books as the holder's own: its signed word releases the record.
    """
    with opened_hub(hub) as opened:
        found, kept = _found(opened, credit), opened.trading.records.record(record)
        if kept is None:
            raise Refused(f"{record}: there is no such record; `fondaco trade record list` shows which there are")
        body = {
            "head": kept.head, "recipient": bank[:8], "until": utc_text(Instant(clock(opened).now() + hours * _HOUR)),
            "against": Against.UNDERTAKING.value if word else availability.honour(found).value, "reference": credit,
        }  # fmt: skip
        deed = Deed(hub_of(opened), actor, record, kept.seq, "OFFER_AGAINST", canonical_text(body).encode())
        done(deed, key, output, opened, hub, json)


@credit_app.command
def present(
    credit: str, bank: str, amount: str, *, actor: As, record: tuple[str, ...] = (), document: tuple[str, ...] = (),
    shipped_on: str = "", corrects: int = 0, instalment: int = 0,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Present documents to BANK for AMOUNT. Each RECORD is offered to it; CORRECTS is the number of a refused presentation, INSTALMENT that of the
    instalment (from 1), where the credit has any."""
    with opened_hub(hub) as opened:
        currency = _found(opened, credit).currency
    body: dict[str, Any] = {"bank": bank[:8], "currency": currency, "amount": amount, "records": record, "documents": document}
    body |= {"shipped_on": shipped_on, "corrects": corrects, "instalment": instalment}
    _act(credit, "PRESENTED", actor, body, key, output, hub, json)


@credit_app.command
def find(
    credit: str, presentation: int, discrepancies: Path | None = None, *, actor: As,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """The examining bank finds that documents comply; or that they do not, with DISCREPANCIES, a JSON list of {text, rule, where,
    found, other, expected}, where `other` is the place that it was held against; the text alone must be there."""
    body: dict[str, Any] = {"presentation": presentation}
    if discrepancies is None:
        _act(credit, "FOUND_COMPLYING", actor, body, key, output, hub, json)
    else:
        body["discrepancies"] = _json(discrepancies)
        _act(credit, "FOUND_DISCREPANT", actor, body, key, output, hub, json)


@credit_app.command
def negotiate(
    credit: str, presentation: int, *, actor: As, discount: str = "", rate: str = "", days: int = 0, basis: Literal[360, 365] = 360,
    recourse: bool = False, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """A bank buys the documents of PRESENTATION on its own books and keeps off DISCOUNT, or what RATE per cent a year come to for DAYS of BASIS.

    With RECOURSE it may have the advance back where the documents are refused: `act advance_repaid`, once the records are with the presenter again.
    """
    body: dict[str, Any] = {"presentation": presentation, "recourse": recourse}
    body |= {name: one for name, one in (("discount", discount), ("rate", rate)) if one}
    body |= {"days": days, "basis": basis} if days else {}
    _act(credit, "NEGOTIATED", actor, body, key, output, hub, json)


@credit_app.command
def notice(
    credit: str, presentation: int, discrepancies: Path, disposal: Literal["HOLD", "NOTIFY", "RETURN", "PREVINST"], *, actor: As,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """The single notice of refusal (16(c)): every discrepancy, and what happens to the documents."""
    body = {"presentation": presentation, "discrepancies": _json(discrepancies), "disposal": disposal}
    _act(credit, "NOTICE_GIVEN", actor, body, key, output, hub, json)


@credit_app.command
def waive(
    credit: str, presentation: int, *, actor: As, ask: bool = False, deny: bool = False,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Waive the discrepancies, or --deny that; the bank that examines --asks for it."""
    action = "WAIVER_ASKED" if ask else "WAIVER_DENIED" if deny else "WAIVER_GIVEN"
    _act(credit, action, actor, {"presentation": presentation}, key, output, hub, json)


@credit_app.command
def undertake(
    credit: str, presentation: int, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False
) -> None:
    """The bank undertakes to pay at maturity: the records that are offered against it pass to it now."""
    _act(credit, "UNDERTAKEN", actor, {"presentation": presentation}, key, output, hub, json)


@credit_app.command
def release(
    credit: str, presentation: int, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False
) -> None:
    """The issuing bank let the applicant have documents and records."""
    _act(credit, "RELEASED", actor, {"presentation": presentation}, key, output, hub, json)


@credit_app.command
def act(
    action: str, credit: str, body: Path | None = None, *, actor: As,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Any other act by its name (docs/letters-of-credit.md), with BODY, a JSON file: amendments, FORWARDED, CLAIMED, ASSIGNED and so on."""
    said = _json(body) if body is not None else {}
    if not isinstance(said, dict):
        raise NotReady(f"{body}: it is no JSON object")
    _act(credit, action.upper(), actor, said, key, output, hub, json)


@credit_app.command(name="show")
def show_credit(credit: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """How CREDIT stands: engagements, presentations, what is to be paid now and under which name, and its deadlines."""
    with opened_hub(hub) as opened:
        found = _found(opened, credit)
    facts = _row(found) | {
        "presentations": [_presentation(found, number) for number in range(1, len(found.presentations) + 1)],
        "payable": [
            {"purpose": one.purpose, "payer": one.payer, "payee": one.payee, "amount": _amount(found, one.minor)}
            for one in availability.payables(found)
        ],
        "offers": [{"record": one.record, "to": one.taker, "against": one.against} for one in availability.locks(found)],
        "deadlines": [
            {"rule": one.rule, "holder": one.holder, "due": one.due_on, "state": one.state.value} for one in found.deadlines
        ],
        "batches": list(found.batches),
    }

    def text() -> None:
        _tell(facts)
        lines = [f"P{one['number']}  {one['state']}  {one['amount']}  {one['bank']}" for one in facts["presentations"]]
        lines += [f"{one['purpose']}  {one['payer']} pays {one['payee']} {one['amount']}" for one in facts["payable"]]
        lines += [f"{one['rule']}  {one['holder']} by {one['due']}  {one['state']}" for one in facts["deadlines"]]
        lines += [f"paid in batch {one}" for one in facts["batches"]]
        for line in lines:
            console.print(f"  {line}", markup=False, highlight=False)

    show(json, facts, text)


@credit_app.command(name="list")
def list_credits(*, party: str = "", hub: Folder = HERE, json: Json = False) -> None:
    """Every credit, or those of PARTY."""
    with opened_hub(hub) as opened:
        found = list(opened.trading.credits.all())
    rows = [_row(one) for one in found]
    rows = [row for row in rows if party in ("", *(row[name] for name in ("applicant", "beneficiary", "issuing_bank")))]

    def text() -> None:
        for row in rows:
            _tell(row)
        if not rows:
            console.print("no credits")

    show(json, rows, text)


def _amount(found: LetterOfCredit, minor: int) -> str:
    return minor_text(minor, CURRENCIES[found.currency].exponent)


def _presentation(found: LetterOfCredit, number: int) -> dict[str, Any]:
    one = found.presentations[number - 1]
    return {
        "number": number, "state": one.state.value, "bank": one.bank, "presenter": one.presenter, "amount": _amount(found, one.minor),
        "presented_on": one.presented_on, "records": list(one.records), "discrepancies": [each.text for each in one.discrepancies],
    }  # fmt: skip


def _row(found: LetterOfCredit) -> dict[str, Any]:
    return {
        "credit": found.id, "state": found.issue.state.value, "version": found.version, "applicant": found.applicant,
        "issuing_bank": found.issuing_bank, "confirming_bank": found.confirming_bank, "beneficiary": found.beneficiary,
        "currency": found.currency, "amount": str(found.terms.amount), "available": _amount(found, availability.available(found, found.issuing_bank)),
        "available_by": found.terms.available_by, "expiry": found.terms.expiry.isoformat(), "margin": _amount(found, found.margin),
    }  # fmt: skip


def _tell(row: dict[str, Any]) -> None:
    console.print(
        f"{row['credit']}  {row['state']}  {row['currency']} {row['amount']} {row['available_by']}, {row['available']} left, expires {row['expiry']}  "
        f"{row['applicant']} -> {row['issuing_bank']} -> {row['beneficiary']}",
        markup=False, highlight=False,
    )  # fmt: skip

"""What compliance officers decide: cases, the alerts that they share, good-guy entries; the evidence of a case."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fondaco.cli.terminal import (
    HERE,
    Folder,
    Json,
    Refused,
    case_app,
    clock,
    console,
    decide,
    lists_into_force,
    opened_hub,
    private_key,
    progress_of,
    show,
)
from fondaco.compliance import VOUCH, WITHDRAW, Case, Decision, GoodGuy, Hit, Word, sign, sign_word
from fondaco.core import Instant, Refusal, utc_text
from fondaco.hub import (
    DecideCase,
    Hub,
    Replay,
    Screeners,
    Vouch,
    is_of_message,
    officers_of,
    replay_all,
    replay_message,
    replay_verdict,
)
from fondaco.reporting import case_html, case_report

_DAY_NS = 86_400 * 1_000_000_000


def hit_row(hit: Hit) -> dict[str, Any]:
    """A hit as officers read it, for `print_hit` and for JSON."""
    return {
        "said": hit.said,
        "where": hit.path,
        "listed": hit.listed,
        "list": hit.list_id,
        "entry": hit.entry_id,
        "score": hit.score_milli,
        "name_score": hit.name_milli or hit.score_milli,
        "reasons": hit.reasons,
        "words": hit.words,
        "fingerprint": hit.fingerprint,
    }


def print_hit(hit: dict[str, Any]) -> None:
    """What was said, what it resembles, word by word, and what raised or lowered the score."""
    console.print(f"  {hit['score']}  {hit['said']!r} at {hit['where']}", markup=False)
    console.print(f"       resembles {hit['listed']!r}, {hit['list']} {hit['entry']}", markup=False)
    for said, listed, rule, similarity in hit["words"]:
        console.print(f"       {said} = {listed}  ({rule}, {similarity})", markup=False)
    for reason, milli in hit["reasons"]:
        console.print(f"       {reason}  ({milli:+d}; the name alone {hit['name_score']})", markup=False)


def _row(case: Case) -> dict[str, Any]:
    return {
        "case": case.case_id,
        "payment": case.payment,
        "subject": case.subject,
        "about": f"message of {case.subject}" if is_of_message(case) else case.subject,
        "state": case.state.name,
        "assignee": case.assignee,
        "opened": utc_text(Instant(case.opened_at)),
        "due": utc_text(Instant(case.due_at)) if case.due_at else "",
        "alerts": case.alerts,
        "hits": [hit_row(hit) for hit in case.verdict.hits],
        "decisions": [{"officer": one.officer_id or "the clock", "verb": one.verb, "note": one.note} for one in case.decisions],
    }


@case_app.command(name="list")
def list_(*, hub: Folder = HERE, json: Json = False, open_only: bool = True) -> None:
    """Cases with their hits, for officers. `--no-open-only` shows decided ones too."""
    with opened_hub(hub) as opened:
        rows = [_row(case) for case in opened.desk.cases.values() if not open_only or case.open]

    def text() -> None:
        for row in rows:
            who = f"payment {row['payment']}" if row["payment"] else row["about"]
            due = f"  until {row['due']}" if row["due"] else ""
            console.print(f"{row['case']}  {who}  {row['state']}  {row['opened']}{due}", markup=False)
            for hit in row["hits"]:
                print_hit(hit)
            for one in row["decisions"]:
                console.print(f"    {one['officer']} {one['verb']}: {one['note']}", markup=False)
        if not rows:
            console.print("no cases")

    show(json, rows, text)


@case_app.command
def alerts(*, hub: Folder = HERE, json: Json = False, open_only: bool = True) -> None:
    """One line for each party and the entities that it hits, over all its payments: what is open, and what was decided before."""
    with opened_hub(hub) as opened:
        found: dict[str, list[Case]] = {}
        for case in opened.desk.cases.values():
            for alert in case.alerts:
                found.setdefault(alert, []).append(case)
        rows = [
            {
                "alert": alert,
                "entities": sorted({f"{hit.list_id} {hit.entry_id}" for hit in cases[0].verdict.hits}),
                "said": cases[0].verdict.hits[0].said if cases[0].verdict.hits else "",
                "open": [case.case_id for case in cases if case.open],
                "decided": [f"{case.case_id} {case.state.name}" for case in cases if not case.open],
            }
            for alert, cases in sorted(found.items())
            if not open_only or any(case.open for case in cases)
        ]

    def text() -> None:
        for row in rows:
            console.print(f"{row['alert']}  {row['said']!r} and {', '.join(row['entities'])}", markup=False)
            console.print(
                f"  open: {', '.join(row['open']) or 'none'}; decided: {', '.join(row['decided']) or 'none'}", markup=False
            )
        if not rows:
            console.print("no alerts")

    show(json, rows, text)


def _say(
    case_id: str,
    verb: str,
    officer: str,
    key: Path,
    note: str,
    folder: Path,
    as_json: bool,
    *,
    assignee: str = "",
    same: bool = False,
) -> None:
    """Sign one word for a case, or one for each open case of the same alerts: each payment keeps a record of its own."""
    private = private_key(key)
    with opened_hub(folder) as opened:
        lists_into_force(opened, folder)
        case = opened.desk.cases.get(case_id)
        if case is None:
            raise Refused(f"no case {case_id}; see `fondaco case list`")
        cases = [case]
        if same:
            cases += [
                o for o in opened.desk.cases.values() if o.open and o.case_id != case_id and o.alerts == case.alerts and o.alerts
            ]
        rows = []
        for one in cases:
            now = int(clock(opened).now())
            word = Decision(one.case_id, officer, verb, note, now, one.verdict.digest(), b"", assignee, one.link())
            (result,) = decide(opened, [DecideCase(sign(word, private))])
            if isinstance(result, Refusal):
                if len(cases) == 1:
                    raise Refused(result.sentence())
                result = f"refused: {result.sentence()}"
            rows.append({"case": one.case_id, "state": result})
    shown: Any = rows if same else rows[0]

    def text() -> None:
        for row in rows:
            console.print(f"case {row['case']}: {row['state']}", markup=False)

    show(as_json, shown, text)


@case_app.command
def release(
    case_id: str, *, officer: str, key: Path, note: str, same: bool = False, hub: Folder = HERE, json: Json = False
) -> None:
    """Say that the hit is somebody else. The second officer's word makes it so. `--same` says it for every open case of the same party
    and entities as well."""
    _say(case_id, "RELEASE", officer, key, note, hub, json, same=same)


@case_app.command
def confirm(
    case_id: str, *, officer: str, key: Path, note: str, same: bool = False, hub: Folder = HERE, json: Json = False
) -> None:
    """Say that the hit is the listed party. The second officer's word makes it so. `--same` says it for every open case of the same party
    and entities as well."""
    _say(case_id, "CONFIRM", officer, key, note, hub, json, same=same)


@case_app.command
def assign(case_id: str, to: str, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Give a case to the officer TO, who sees to it."""
    _say(case_id, "ASSIGN", officer, key, note, hub, json, assignee=to)


@case_app.command
def escalate(case_id: str, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Ask for a head of compliance: a proposal on the table is taken off, and where the rulebook names heads one of them must agree to a
    release."""
    _say(case_id, "ESCALATE", officer, key, note, hub, json)


@case_app.command
def note(case_id: str, text: str, *, officer: str, key: Path, hub: Folder = HERE, json: Json = False) -> None:
    """Add a note to a case. It stays as it is: notes are signed and chained."""
    _say(case_id, "NOTE", officer, key, text, hub, json)


# Evidence


def _editions_of(opened: Hub, screeners: Screeners, case: Case) -> list[Any]:
    try:
        return list(screeners(case.verdict.list_set).lists.editions.values())
    except LookupError:
        return []


@case_app.command
def report(case_id: str, *, html: Path | None = None, hub: Folder = HERE, json: Json = False) -> None:
    """The evidence of a case: what was said, what is listed, why it scored, lists, decisions, signatures, and whether the verdict comes out
    the same when it is made again. `--html FILE` writes a page that needs nothing else; `--json` the same as a document."""
    if html is None and not json:
        raise Refused("say where to: --html FILE, or --json")
    with opened_hub(hub) as opened:
        case = opened.desk.cases.get(case_id)
        if case is None:
            raise Refused(f"no case {case_id}; see `fondaco case list --no-open-only`")
        screeners = Screeners(hub)
        about, replay = f"applicant or participant {case.subject}", "a verdict on no payment is not kept with its texts"
        if is_of_message(case):
            about, replay = f"a message of {case.subject} without payments", _told(replay_message(opened, case, screeners))
        payment = opened.payment(case.payment) if case.payment else None
        if payment is not None:
            about = f"payment {payment.number}, UETR {payment.uetr}"
            replay = (
                _told(replay_verdict(opened, payment, screeners))
                if payment.case == case_id
                else "its payment has a later verdict"
            )
        found = case_report(case, about, _editions_of(opened, screeners, case), officers_of(opened.desk.scheme), replay)
    if html is not None:
        draft = html.with_name(html.name + ".draft")
        draft.write_text(case_html(found), encoding="utf-8")
        draft.replace(html)
    show(json, found, lambda: console.print(f"the evidence of case {case_id} is in {html}", markup=False))


def _told(one: Replay) -> str:
    if one.fault or one.told:
        return one.fault or one.told
    return f"the same to the byte, SHA-256 {one.made}"


@case_app.command(name="replay")
def replay_(case_id: str = "", *, every: bool = False, hub: Folder = HERE, json: Json = False) -> None:
    """Make a case's verdict again from the stored message, lists and configuration, and compare it byte for byte; `--every` does so for the
    last verdict on every payment, and for every case of a message. Exit code 1 when one comes out otherwise."""
    if bool(case_id) == every:
        raise Refused("name a case, or say --every")
    with opened_hub(hub) as opened, progress_of("making verdicts again", "payments") as progress:
        screeners = Screeners(hub)
        if every:
            rows = replay_all(opened, screeners, progress)
        else:
            case = opened.desk.cases.get(case_id)
            payment = opened.payment(case.payment) if case is not None and case.payment else None
            if case is not None and is_of_message(case):
                rows = [replay_message(opened, case, screeners)]
            elif payment is not None:
                rows = [replay_verdict(opened, payment, screeners)]
            else:
                raise Refused(f"{case_id} is no case of a payment or a message")
    faults = [one for one in rows if one.fault]

    def text() -> None:
        same = sum(1 for one in rows if not one.fault and not one.told)
        console.print(f"{same:,} verdicts came out the same to the byte, {len(rows) - same - len(faults):,} cannot be made again")
        for one in [*faults, *(one for one in rows if one.told and not every)]:
            what = f"payment {one.payment} {one.case}" if one.payment else f"case {one.case}"
            console.print(f"  {what}: {one.fault or one.told}", markup=False)

    show(json, rows if every else rows[0], text)
    if faults:
        sys.exit(1)


# Good-guy entries


def _guy_row(one: GoodGuy) -> dict[str, Any]:
    return {
        "entry": one.key,
        "state": one.state.name,
        "list": one.list_id,
        "listed": one.entry_id,
        "fingerprint": one.fingerprint,
        "until": utc_text(Instant(one.until)),
        "words": [{"officer": word.officer_id, "verb": word.verb, "note": word.note} for word in one.words],
    }


@case_app.command(name="good-guys")
def good_guys(*, hub: Folder = HERE, json: Json = False, open_only: bool = True) -> None:
    """For which parties officers vouch, against which entry, until when. `--no-open-only` shows what ended, too."""
    with opened_hub(hub) as opened:
        guys = [one for _, one in sorted(opened.desk.good_guys.items())]
        rows = [_guy_row(one) for one in guys if not open_only or one.state.name in ("PROPOSED", "IN_FORCE")]

    def text() -> None:
        for row in rows:
            console.print(f"{row['entry']}  {row['state']}  {row['list']} {row['listed']}  until {row['until']}", markup=False)
            for one in row["words"]:
                console.print(f"  {one['officer']} {one['verb']}: {one['note']}", markup=False)
        if not rows:
            console.print("no good-guy entries")

    show(json, rows, text)


@case_app.command(name="vouch")
def vouch_(
    case_id: str,
    list_id: str,
    entry_id: str,
    *,
    days: int,
    officer: str,
    key: Path,
    note: str,
    hub: Folder = HERE,
    json: Json = False,
) -> None:
    """Vouch that the party of a released case is not the entry ENTRY_ID of LIST_ID, for DAYS: its payments are then not held for it. The
    second officer's word for the same case and entry brings it into force. Never for the United Nations list."""
    private = private_key(key)
    with opened_hub(hub) as opened:
        case = opened.desk.cases.get(case_id)
        hits = [h for h in case.verdict.hits if (h.list_id, h.entry_id) == (list_id, entry_id)] if case is not None else []
        if not hits:
            raise Refused(f"case {case_id} has no hit on {list_id} {entry_id}")
        now = int(clock(opened).now())
        bound = (hits[0].fingerprint, list_id, entry_id)
        # The second officer says the same as the first: until the same instant.
        proposed = [
            g
            for g in opened.desk.good_guys.values()
            if g.state.name == "PROPOSED" and (g.fingerprint, g.list_id, g.entry_id) == bound
        ]
        until = proposed[0].until if proposed else now + days * _DAY_NS
        word = Word(VOUCH, case_id, *bound, hits[0].entry, until, officer, note, now)
        (result,) = decide(opened, [Vouch(sign_word(word, private))])
    if isinstance(result, Refusal):
        raise Refused(result.sentence())
    show(json, {"entry": result}, lambda: console.print(f"good-guy entry {result}", markup=False))


@case_app.command(name="withdraw")
def withdraw_(entry: str, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Take back the good-guy entry ENTRY at once; one officer suffices."""
    private = private_key(key)
    with opened_hub(hub) as opened:
        known = opened.desk.good_guys.get(entry)
        if known is None:
            raise Refused(f"no good-guy entry {entry}; see `fondaco case good-guys`")
        now = int(clock(opened).now())
        word = Word(
            WITHDRAW, known.words[0].case_id, known.fingerprint, known.list_id, known.entry_id, known.entry, known.until, officer, note, now
        )  # fmt: skip
        (result,) = decide(opened, [Vouch(sign_word(word, private))])
    if isinstance(result, Refusal):
        raise Refused(result.sentence())
    show(json, {"entry": result}, lambda: console.print(f"good-guy entry {result}", markup=False))

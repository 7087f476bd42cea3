"""What people decide: rules, business days, motions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from fondaco.cli.terminal import (
    HERE,
    Folder,
    Json,
    Refused,
    bring_into_force,
    clock,
    console,
    day_app,
    decide,
    motion_app,
    opened_hub,
    rules_app,
    show,
    vote_for,
)
from fondaco.core import Instant, Refusal, utc_text
from fondaco.hub import EndDay, NotReady, OpenDay, Rulebooks, scheme_of
from fondaco.rulebook import EXTENSION, RULES, STANDING, Deed, MotionState, Scheme, Standing, difference, read_scheme

# Rules


@rules_app.command
def diff(before: Path, after: Path, *, json: Json = False) -> None:
    """What the rulebook in folder AFTER says otherwise than the one in BEFORE, line by line; mistakes of either are told instead."""
    rows = [one._asdict() for one in difference(*[read_draft(folder) for folder in (before, after)])]

    def text() -> None:
        for row in rows:
            console.print(f"{row['place']}\n  - {row['before']}\n  + {row['after']}", markup=False, highlight=False)
        if not rows:
            console.print("no difference")

    show(json, rows, text)


def read_draft(folder: Path, shown_as: str = "") -> Scheme:
    """The rulebook in a folder; all of its mistakes are told as a no, each with its file. A folder that is not there is no rulebook at all."""
    if not folder.is_dir():
        raise NotReady(f"{shown_as or folder}: there is no such folder")
    found = read_scheme(folder)
    if not isinstance(found, Scheme):
        raise Refused("\n".join(f"{shown_as or folder}/{one}" for one in found))
    return found


@rules_app.command
def propose(draft: Path, day: date, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Propose that the rulebook in folder DRAFT holds from the business day DAY on. What differs from the one before it is shown; it
    takes over when those whose vote it needs have approved it, and every past day keeps its own."""
    read_draft(draft)
    kept = Rulebooks(hub).keep(draft)
    vote_shown(scheme_of(hub), kept, Deed(RULES, kept.version, day.isoformat()), officer, key, note, hub, json)


def vote_shown(
    before: Scheme, after: Scheme, deed: Deed, officer: str, key: Path, note: str, folder: Path, as_json: bool
) -> None:
    """Vote for another rulebook, and show what it says otherwise."""
    vote_for(deed, officer, key, note, folder, as_json)
    if not as_json:
        for one in difference(before, after):
            console.print(f"{one.place}\n  - {one.before}\n  + {one.after}", markup=False, highlight=False)


@rules_app.command
def approve(version: str, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Vote for the proposed rulebook VERSION (its first digits suffice)."""
    with opened_hub(hub) as opened:
        motions = opened.desk.motions.values()
        fitting = [one.deed for one in motions if one.state is MotionState.PROPOSED and one.deed.kind == RULES]
    fitting = [deed for deed in fitting if deed.subject.startswith(version)]
    if len(fitting) != 1:
        raise Refused(f"{len(fitting)} proposed rulebooks begin with {version}; see `fondaco motion list`")
    vote_for(fitting[0], officer, key, note, hub, json)


@rules_app.command(name="list")
def list_rules(*, hub: Folder = HERE, json: Json = False) -> None:
    """Every rulebook that took over or is to: from which business day, and which is in force."""
    with opened_hub(hub) as opened:
        rows = [
            {"from": one.from_day, "version": one.version, "in_force": one.version == opened.desk.counters.rulebook}
            for one in opened.desk.editions
        ]

    def text() -> None:
        for row in rows:
            console.print(f"{row['from'] or 'the first day':13}  {row['version']}  {'in force' if row['in_force'] else ''}")

    show(json, rows, text)


# Business days


@day_app.command(name="open")
def open_day(day: date | None = None, *, hub: Folder = HERE, json: Json = False) -> None:
    """Open the business day DAY (default: today): its rulebook and the newest lists come into force."""
    with opened_hub(hub) as opened:
        wanted = (day or date.fromisoformat(utc_text(clock(opened).now())[:10])).isoformat()
        (result,) = decide(opened, [OpenDay(wanted)])
        if isinstance(result, Refusal):
            raise Refused(result.sentence())
        bring_into_force(opened, hub)
        found = {"day": wanted, "rulebook": opened.desk.counters.rulebook, "list_set": opened.desk.counters.list_set}
    show(json, found, lambda: console.print(f"business day {wanted} is open under rulebook {found['rulebook'][:16]}"))


@day_app.command(name="end")
def end_day(*, hub: Folder = HERE, json: Json = False) -> None:
    """End the open business day: what is queued is refused, statements go out. `fondaco checklist` says what stands in the way."""
    with opened_hub(hub) as opened:
        ended = opened.desk.counters.day
        (result,) = decide(opened, [EndDay()])
        if isinstance(result, Refusal):
            raise Refused(result.sentence())
        mail = [{"to": one.recipient, "kind": one.kind} for one in opened.take_mail()]
    show(
        json,
        {"ended": ended, "mail": mail},
        lambda: console.print(f"business day {ended} ended; {len(mail)} messages went out: `fondaco mail`"),
    )


# Motions


@motion_app.command
def standing(member: str, value: Standing, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Set a member's standing. The second operator's vote for the same makes it so, at once."""
    vote_for(Deed(STANDING, member[:8], value), officer, key, note, hub, json)


@motion_app.command
def extend(currency: str, minutes: int, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Put a currency's cut-off later by MINUTES, today. The second operator's vote for the same makes it so."""
    vote_for(Deed(EXTENSION, currency, str(minutes)), officer, key, note, hub, json)


@motion_app.command(name="list")
def list_motions(*, hub: Folder = HERE, json: Json = False) -> None:
    """All motions: what was proposed, by whom and why, and what became of it."""
    with opened_hub(hub) as opened:
        rows = [
            {
                "motion": one.key,
                "state": one.state.name,
                "kind": one.deed.kind,
                "subject": one.deed.subject,
                "value": one.deed.value,
                "votes": [
                    {"officer": vote.officer_id, "note": vote.note, "at": utc_text(Instant(vote.at))} for vote in one.votes
                ],
            }
            for _, one in sorted(opened.desk.motions.items())
        ]

    def text() -> None:
        for row in rows:
            console.print(f"{row['motion']}  {row['state']}  {row['kind']} {row['subject']} {row['value']}")
            for vote in row["votes"]:
                console.print(f"  {vote['officer']}: {vote['note']}", markup=False)  # type: ignore[index]
        if not rows:
            console.print("no motions")

    show(json, rows, text)

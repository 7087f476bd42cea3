"""Sanctions lists at the command line: loaded, compared, their state and their history."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from fondaco.cli.terminal import (
    HERE,
    Folder,
    Json,
    Misused,
    Refused,
    console,
    errors,
    lists_app,
    print_table,
    show,
    take_deliveries,
    who,
)
from fondaco.compliance import Entry, Good, Quarantined, changed_facts, edition_difference
from fondaco.core import Instant, utc_text
from fondaco.hub import (
    ListDamaged,
    NotReady,
    last_editions,
    list_history,
    list_set,
    load_list,
    misfits,
    newest,
    scheme_of,
    waiting,
)

_DAY_NS = 86_400 * 10**9
_SHOWN_MAX = 50


@lists_app.command
def load(*files: Path, list_id: Annotated[str, Parameter(name="--list")] = "", hub: Folder = HERE, json: Json = False) -> None:
    """Load a list from its official files (OFAC CSV: SDN, ALT, ADD, SDN_COMMENTS in that order). Quality gates may quarantine it.

    Which list it is, is told by the format of the files; `--list ID` says it where the rulebook names two of one format.
    """
    scheme = scheme_of(hub)
    raw = []
    for path in files:
        if path.is_dir():  # a shell's `*` names whatever lies beside the files
            errors.print(f"{path} is a folder: passed over", markup=False, highlight=False)
            continue
        try:
            raw.append(path.read_bytes())
        except OSError as fault:
            raise NotReady(f"{path}: {fault.strerror}") from fault
    if not raw:
        raise Misused("which files?")
    if not list_id:
        unfit = misfits(scheme, raw)
        fitting = [one for one, reasons in unfit.items() if not reasons]
        if not fitting:
            why = "".join(f"\n  {one}: {reasons[0]}" for one, reasons in unfit.items())
            raise Refused(f"the files are no list of the rulebook, or fail its quality gates; say which with --list ID{why}")
        if len(fitting) > 1:
            raise Refused(f"the files fit several lists of the rulebook ({', '.join(fitting)}); say which with --list ID")
        (list_id,) = fitting
    loaded = load_list(hub, scheme, list_id, raw, Instant(time.time_ns()), who())
    if isinstance(loaded, Quarantined):
        raise Refused(f"list {list_id} is quarantined, the one in force stays: " + "; ".join(loaded.reasons))
    version = list_set(hub, scheme).version
    count = len(loaded.entries) + len(loaded.goods)

    def text() -> None:
        console.print(
            f"list {list_id}: {count} entries; list set {version} is taken up by the next `fondaco day open` or `fondaco send`"
        )
        for note in loaded.notes:
            console.print(f"  note: {note}", markup=False, highlight=False)

    found = {"list": list_id, "entries": count, "digest": loaded.digest, "list_set": version, "notes": loaded.notes}
    show(json, found, text)


@lists_app.command
def take(*, hub: Folder = HERE, json: Json = False) -> None:
    """Load every delivery that waits in the hub's folder under `lists/inbox/LIST/`. Words that decide do so by themselves.

    Exit code 1 when a delivery was quarantined.
    """
    rows = take_deliveries(hub, scheme_of(hub))
    show(json, rows, lambda: print_table("deliveries", rows))
    if any(row["reasons"] for row in rows):
        raise Refused("a delivery was quarantined, the list in force stays; see `fondaco lists history`")


@lists_app.command
def status(*, hub: Folder = HERE, json: Json = False) -> None:
    """Each list that the rulebook names: entries, age, until when it may be used, and what waits in the inbox."""
    scheme = scheme_of(hub)
    inbox = [list_id for list_id, _ in waiting(hub, scheme)]
    rows = []
    now = time.time_ns()
    for rule in scheme.lists:
        state = ""
        try:
            edition = newest(hub, rule.list_id)
        except ListDamaged:
            edition, state = None, "damaged"
        until = edition.received_at + rule.max_age_days * _DAY_NS if edition else 0
        rows.append(
            {
                "list": rule.list_id,
                "format": rule.format,
                "required": rule.required,
                "entries": len(edition.entries) + len(edition.goods) if edition else 0,
                "published": edition.published if edition else "",
                "received": utc_text(Instant(edition.received_at)) if edition else "",
                "valid_until": utc_text(Instant(until)) if edition else "",
                "edition": edition.digest[:12] if edition else "",
                "waiting": inbox.count(rule.list_id),
                "state": state or ("missing" if edition is None else "stale" if now >= until else "fresh"),
            }
        )
    shown = ("list", "required", "entries", "published", "valid_until", "waiting", "state")
    show(json, rows, lambda: print_table("lists", [{name: row[name] for name in shown} for row in rows]))


@lists_app.command
def diff(list_id: str, before: str = "", after: str = "", *, hub: Folder = HERE, json: Json = False) -> None:
    """What changed between two editions of a list, with names: added, removed, changed.

    Editions are the beginnings of their digests, as `lists history` prints them. Without any: the newest, and the one before it.
    """
    old, new = last_editions(hub, scheme_of(hub), list_id, before, after)
    found = edition_difference(old, new)
    value = {
        "list": list_id,
        "before": old.digest if old else "",
        "after": new.digest,
        "added": [_told(one) for one in found.added],
        "removed": [_told(one) for one in found.removed],
        "changed": [_told(now) | {"facts": _facts(was, now)} for was, now in found.changed],
    }

    def text() -> None:
        console.print(f"list {list_id}: {len(found.added)} added, {len(found.removed)} removed, {len(found.changed)} changed")
        for sign, what in (("+", "added"), ("-", "removed"), ("~", "changed")):
            rows = value[what]
            assert isinstance(rows, list)
            for row in rows[:_SHOWN_MAX]:
                facts = f"  ({', '.join(row['facts'])})" if "facts" in row else ""
                console.print(
                    f"{sign} {row['id']}  {'; '.join(row['names'][:3])}{facts}", markup=False, highlight=False, soft_wrap=True
                )
            if len(rows) > _SHOWN_MAX:
                console.print(f"{sign} and {len(rows) - _SHOWN_MAX} more; --json has all")

    show(json, value, text)


def _told(one: Entry | Good) -> dict[str, Any]:
    if isinstance(one, Good):
        return {"id": one.good_id, "names": [one.text or one.code], "programmes": [one.source]}
    return {"id": one.entry_id, "names": [name.text for name in one.names], "programmes": list(one.programmes)}


def _facts(was: Entry | Good, now: Entry | Good) -> list[str]:
    return changed_facts(was, now) if isinstance(was, Entry) and isinstance(now, Entry) else ["goods"]


@lists_app.command
def history(list_id: str = "", *, hub: Folder = HERE, json: Json = False) -> None:
    """Every delivery of every list, or of one: when, by whom, which edition, what it changed, or why it was quarantined."""
    found = [one for one in list_history(hub) if list_id in ("", one.list)]

    def text() -> None:
        for one in found:
            changes = f"+{one.added} -{one.removed} ~{one.changed}, list set {one.list_set[:12]}" if one.list_set else ""
            published = f" of {one.published}" if one.published else ""
            line = f"{one.at}  {one.by or '-'}  {one.list} {one.edition[:12]}{published}: {one.outcome}  {changes}"
            console.print(line.rstrip(), markup=False, highlight=False, soft_wrap=True)
            for why in (*one.reasons, *one.notes):
                console.print(f"    {why}", markup=False, highlight=False, soft_wrap=True)

    show(json, found, text)

"""A real day again at the command line: on a hub of its own, under the rules that it had or under others."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

from fondaco.cli.terminal import HERE, Folder, Json, Misused, Refused, app, console, print_table, progress_of, show
from fondaco.core import CURRENCIES, Instant, minor_text, utc_text
from fondaco.hub import NotReady
from fondaco.rulebook import difference
from fondaco.simulation import Ending, Otherwise, Replayed, RulesUnfit, Took, otherwise, replay_day, took

_SHOWN = 20


@app.command
def replay(day: str, *, rules: Path | None = None, output: Path | None = None, hub: Folder = HERE, json: Json = False) -> None:
    """Play the business day DAY (such as 2026-11-24) of a hub again, on a hub of its own, and tell which payments came out otherwise and why.

    --rules is a folder with the rulebook under which it is played; left out, the day's own, and the chain must come to the same link.
    With --output (a new folder) the tables are written there and the hub is kept in its `hub`. The hub of --hub is only read, and may be running.
    """
    if output is not None:
        try:
            output.mkdir(parents=True)
        except OSError as fault:
            raise NotReady(f"{output}: {fault.strerror}; a replay is written into a new folder") from fault
        found = _play(hub, day, output / "hub", rules)
    else:
        with tempfile.TemporaryDirectory(prefix="fondaco-replay-") as folder:
            found = _play(hub, day, Path(folder) / "hub", rules)
    document = _document(found)
    if output is not None:
        _write(output, document)
    show(json, document, lambda: _print(found, document, output))
    if rules is None and not found.same:
        raise Refused(f"{day} came to another chain than it had, under the same rules: was it decided by another release?")


def _play(folder: Path, day: str, target: Path, rules: Path | None) -> Replayed:
    if rules is not None and not rules.is_dir():
        raise NotReady(f"{rules} is no folder; a rulebook is a folder of TOML files")
    with progress_of(f"playing {day} again", "batches") as progress:
        try:
            return replay_day(folder, day, target, rules, progress)
        except RulesUnfit as unfit:
            raise Misused(str(unfit)) from unfit


def _document(found: Replayed) -> dict[str, Any]:
    then = took(found.then, found.scheme_then, found.day)
    now = {one.currency: one for one in took(found.now, found.scheme_now, found.day)}
    return {
        "day": found.day,
        "rules": [one._asdict() for one in difference(found.scheme_then, found.scheme_now)],
        "same_chain": found.same,
        "ended": found.ended,
        "payments": len(found.then),
        "supposed_answers": found.supposed,
        "undecided": found.undecided,
        "currencies": [
            {"currency": one.currency, "then": _took(one), "now": _took(now[one.currency])} for one in then if one.currency in now
        ],
        "otherwise": [_otherwise(one) for one in otherwise(found)],
    }


def _took(one: Took) -> dict[str, Any]:
    exponent = CURRENCIES[one.currency].exponent
    return {
        name.removesuffix("_minor"): minor_text(value, exponent) if name.endswith("_minor") else value
        for name, value in one._asdict().items()
        if name != "currency"
    }


def _otherwise(one: Otherwise) -> dict[str, Any]:
    row: dict[str, Any] = {"uetr": one.uetr, "sender": one.sender, "creditor_agent": one.creditor_agent}
    for name, ending in (("then", one.then), ("now", one.now)):
        row[name] = _ending(ending, one)
    return row


def _ending(ending: Ending, one: Otherwise) -> dict[str, str]:
    source, target = CURRENCIES[one.source_currency].exponent, CURRENCIES[one.target_currency].exponent
    return {
        "state": ending.state,
        "at": utc_text(Instant(ending.at)) if ending.at else "",
        "event": ending.event,
        "article": ending.article,
        "refusal": ending.refusal,
        "pays": f"{minor_text(ending.pays, source)} {one.source_currency}",
        "arrives": f"{minor_text(ending.arrives, target)} {one.target_currency}",
        "fee": f"{minor_text(ending.fee, source)} {one.source_currency}",
    }


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """`then` and `now` as columns of one row."""
    flat = {key: value for key, value in row.items() if key not in ("then", "now")}
    return flat | {f"{name}_{key}": value for name in ("then", "now") for key, value in row[name].items()}


def _write(folder: Path, document: dict[str, Any]) -> None:
    for name in ("otherwise", "currencies"):
        rows = [_flat(row) for row in document[name]]
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else ["none"])
            writer.writeheader()
            writer.writerows(rows)


def _print(found: Replayed, document: dict[str, Any], output: Path | None) -> None:
    rows = document["otherwise"]
    for one in document["rules"]:
        console.print(f"{one['place']}: {one['before'] or '-'} -> {one['after'] or '-'}", markup=False, highlight=False)
    again = "the same, to the byte" if found.same else f"{len(rows)} of {document['payments']} payments came out otherwise"
    console.print(f"{found.day} again: {again}", highlight=False)
    if rows:
        shown = [
            {
                "uetr": row["uetr"],
                "then": f"{row['then']['state']} {row['then']['at'][11:19]}",
                "now": f"{row['now']['state']} {row['now']['at'][11:19]}",
                "article": row["now"]["article"],
                "why": row["now"]["refusal"] or row["now"]["event"],
            }
            for row in rows[:_SHOWN]
        ]
        print_table(f"the first {len(shown)} of {len(rows)}" if len(rows) > _SHOWN else "otherwise", shown)
    keys = ("settled", "settled_value", "liquidity", "waited_s")
    table = [
        {"currency": row["currency"], **{key: f"{row['then'][key]} -> {row['now'][key]}" for key in keys}}
        for row in document["currencies"]
    ]
    print_table("then -> now", table)
    if found.undecided:
        console.print(f"{found.undecided} words of officers were on cases that are not there now", highlight=False)
    if found.supposed:
        console.print(
            f"{found.supposed} messages of the hub were new to their recipients, and taken to be answered with yes",
            highlight=False,
        )
    if not found.ended:
        console.print("the day does not end under these rules as it ended then: something stays open", highlight=False)
    if output is not None:
        console.print(f"written to {output}; its hub is {output / 'hub'}", markup=False, highlight=False)

"""Guards of trade at the command line: reference data that the operator loads, and what was noticed with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, Parameter

from fondaco.cli.terminal import HERE, Folder, Json, Refused, console, decide, opened_hub, show, who
from fondaco.cli.trade_app import trade_app
from fondaco.cli.trading import Keys, Output, done, hub_of
from fondaco.core import Refusal, utc_text
from fondaco.hub import LoadReference, NotReady
from fondaco.trade import Deed, flag_case

reference_app = App(name="reference", help="Reference data of trade: load, list.")
flag_app = App(name="flag", help="What guards noticed of deeds: list, show, act.")
trade_app.command(reference_app)
trade_app.command(flag_app)


@reference_app.command
def load(
    kind: Literal["prices", "rates", "harmonised", "places"], file: Path, *, day: Annotated[str, Parameter(name="--from")] = "",
    accept: str = "", hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Load FILE (CSV) as reference data of a KIND, in force from a business day on (default: the open one). Quality gates may quarantine it.

    A file is taken whole or not at all. ACCEPT takes one that a gate stops, and says why: that stays in the journal.
    """
    try:
        raw = file.read_bytes()
    except OSError as fault:
        raise NotReady(f"{file}: {fault.strerror}") from fault
    with opened_hub(hub) as opened:
        first_day = day or opened.desk.counters.day
        (result,) = decide(opened, [LoadReference(kind, raw, first_day, who(), accept)])
    if isinstance(result, Refusal):
        raise Refused(f"{file}: {result.sentence()}")
    show(json, {"reference": kind, "result": result}, lambda: console.print(str(result), highlight=False))


@reference_app.command(name="list")
def list_references(*, hub: Folder = HERE, json: Json = False) -> None:
    """Every edition that was loaded, and which one the open business day has of each kind."""
    with opened_hub(hub) as opened:
        references = opened.trading.references
        rows = [
            {
                "kind": one.kind, "number": one.number, "from": one.first_day, "rows": one.rows, "digest": one.digest, "by": one.by,
                "loaded": utc_text(one.loaded_at), "accepted": one.accepted, "in_force": references.of_day(one.kind) == one,
            }
            for one in references.editions
        ]  # fmt: skip

    def text() -> None:
        for row in rows:
            force = "in force" if row["in_force"] else "        "
            console.print(
                f"{row['kind']:10}  {row['number']:3}  {force}  from {row['from']}  {row['rows']} rows  {str(row['digest'])[:12]}",
                markup=False,
                highlight=False,
            )
        if not rows:
            console.print("nothing is loaded: `fondaco trade reference load` does")

    show(json, rows, text)


@flag_app.command(name="list")
def list_flags(*, every: bool = False, hub: Folder = HERE, json: Json = False) -> None:
    """The cases that wait for officers; with --every marks and closed cases too."""
    with opened_hub(hub) as opened:
        rows = [_row(one) for one in opened.trading.flags.all() if every or one.state is flag_case.State.OPEN]

    def text() -> None:
        for row in rows:
            _tell(row)
        if not rows:
            console.print("nothing waits")

    show(json, rows, text)


@flag_app.command(name="show")
def show_flags(case: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """What was noticed in CASE (FLG-000001): each rule, its place, what was found and what was looked for; and the reference data of that day."""
    with opened_hub(hub) as opened:
        found = opened.trading.flags.found(case)
    if found is None:
        raise Refused(f"{case}: there is no such case; `fondaco trade flag list --every` shows which there are")
    flags = [
        {"rule": one.rule, "grade": one.grade.value, "where": one.where, "found": one.found, "expected": one.expected, "text": one.text}
        for one in found.flags
    ]  # fmt: skip
    editions = [{"kind": kind, "number": number, "digest": digest} for kind, number, digest in found.editions]
    row = _row(found) | {"reason": found.reason, "version": found.version, "flags": flags, "references": editions}

    def text() -> None:
        _tell(row)
        for one in flags:
            console.print(f"  {one['grade']:6} {one['rule']} at {one['where']}: {one['text']}", markup=False, highlight=False)
        for edition in editions:
            console.print(f"  held against {edition['kind']} {edition['number']}", markup=False, highlight=False)

    show(json, row, text)


@flag_app.command(name="act")
def act_on_flags(
    action: Literal["EXPLAINED", "REPORTED"], case: str, *, reason: str, key: Keys = (), output: Output = None,
    hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Close CASE as two officers of compliance: EXPLAINED, or REPORTED to the authority. Both sign the same REASON."""
    with opened_hub(hub) as opened:
        found = opened.trading.flags.found(case)
        if found is None:
            raise Refused(f"{case}: there is no such case; `fondaco trade flag list --every` shows which there are")
        body = msgspec.json.encode(flag_case.Closing(reason))
        done(Deed(hub_of(opened), flag_case.OFFICE, case, found.version, action, body), key, output, opened, hub, json)


def _row(found: flag_case.FlagCase) -> dict[str, Any]:
    worst = max((one.grade for one in found.flags), key=lambda grade: ("NOTE", "QUERY", "REVIEW").index(grade.value))
    return {
        "case": found.id, "state": found.state.name, "instrument": found.instrument, "action": found.action, "at": utc_text(found.at),
        "worst": worst.value, "rules": sorted({one.rule for one in found.flags}),
    }  # fmt: skip


def _tell(row: dict[str, Any]) -> None:
    rules = " ".join(row["rules"])
    console.print(
        f"{row['case']}  {row['state']:9}  {row['worst']:6}  {row['action']} of {row['instrument']}: {rules}",
        markup=False,
        highlight=False,
    )

"""A whole union's day at the command line: what it came to in each currency, and every payment with its end."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fondaco.cli.terminal import Misused, console, print_table, progress_of, show
from fondaco.core import CURRENCIES, Instant, minor_text, utc_text
from fondaco.hub import NotReady
from fondaco.payments import Payment
from fondaco.simulation import UnionRun, play_union, took, union_scenario_of

_SHOWN = ("payments", "settled", "value", "settled_value", "liquidity", "waited_s")


def play(file: Path, raw: Mapping[str, Any], output: Path | None, as_json: bool) -> None:
    """Play the scenario of these tables; with `output`, a new folder, keep its tables and its hub there."""
    scenario = union_scenario_of(file, dict(raw))
    if isinstance(scenario, list):
        raise Misused("the scenario has mistakes:\n" + "\n".join(f"  {one}" for one in scenario))
    with (
        tempfile.TemporaryDirectory(prefix="fondaco-union-") as scratch,
        progress_of("playing the union's day", "messages") as progress,
    ):
        home = Path(scratch) / "hub"
        if output is not None:
            home = output / "hub"
            try:
                output.mkdir(parents=True)
            except OSError as fault:
                raise NotReady(f"{output}: {fault.strerror}; results are written into a new folder") from fault
        run = play_union(home, scenario, progress)
    document = _document(run)
    if output is not None:
        _write(output / "currencies.csv", document["currencies"])
        _write(output / "payments.csv", [_row(one) for one in run.payments])
    show(as_json, document, lambda: _print(document, output))


def _document(run: UnionRun) -> dict[str, Any]:
    rows = []
    for one in took(run.payments, run.scheme, run.scenario.day.isoformat()):
        exponent = CURRENCIES[one.currency].exponent
        rows.append(
            {
                key.removesuffix("_minor"): minor_text(value, exponent) if key.endswith("_minor") else value
                for key, value in one._asdict().items()
            }
        )
    states = Counter(one.state.name for one in run.payments)
    reasons = Counter(one.refusal.reason.name for one in run.payments if one.refusal is not None)
    return {
        "title": run.scenario.title,
        "union": run.scheme.union,
        "day": run.scenario.day.isoformat(),
        "seed": run.scenario.seed,
        "ended": run.ended,
        "states": dict(sorted(states.items())),
        "refusals": dict(sorted(reasons.items())),
        "currencies": rows,
    }


def _row(one: Payment) -> dict[str, str]:
    source, target = CURRENCIES[one.source_currency].exponent, CURRENCIES[one.target_currency].exponent
    return {
        "received": utc_text(Instant(one.received_at)),
        "uetr": one.uetr,
        "payer": one.sender,
        "payee": one.creditor_agent,
        "currency": one.source_currency,
        "amount": minor_text(one.source_minor, source),
        "arrives_currency": one.target_currency,
        "arrives": minor_text(one.target_minor, target),
        "fee": minor_text(one.fee_minor, source),
        "priority": "urgent" if one.urgent else "normal",
        "state": one.state.name,
        "since": utc_text(Instant(one.taken[-1].at)),
        "refusal": one.refusal.sentence() if one.refusal is not None else "",
    }


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["none"])
        writer.writeheader()
        writer.writerows(rows)


def _print(document: dict[str, Any], output: Path | None) -> None:
    rows = [{"currency": row["currency"], **{key: row[key] for key in _SHOWN}} for row in document["currencies"]]
    print_table(f"{document['title']}: {document['union']} on {document['day']}", rows)
    said = ", ".join(f"{count} {name}" for group in ("states", "refusals") for name, count in document[group].items())
    console.print(said, highlight=False)
    if not document["ended"]:
        console.print("the day could not be ended: something stays open", highlight=False)
    if output is not None:
        console.print(f"written to {output}; its hub is {output / 'hub'}", markup=False, highlight=False)

"""A document looked at against the lists in force, for whoever is about to act on it. It is a look: nothing is kept, and nothing decided."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fondaco.cli.cases import hit_row, print_hit
from fondaco.cli.terminal import HERE, Folder, Json, Misused, app, clock, console, opened_hub, show
from fondaco.compliance import Judging, Screener, Verdict, screen_document
from fondaco.hub import Hub, NotReady


@app.command
def screen(*files: Path, hub: Folder = HERE, json: Json = False) -> None:
    """Screen documents of trade (JSON or XML of any form) against the lists in force: every text of the whole tree, with what each hit
    resembles and why. HOLD where a document cannot be read whole, or the lists are too old. Exit code 1 unless every one is CLEAR.
    """
    if not files:
        raise Misused("which files?")
    with opened_hub(hub) as opened:
        rows = [_row(path, _verdict(opened, _content(path))) for path in files]

    def text() -> None:
        for row in rows:
            console.print(f"{row['file']}  {row['outcome']}  {row['why']}".rstrip(), markup=False)
            for hit in row["hits"]:
                print_hit(hit)

    show(json, rows, text)
    if any(row["outcome"] != "CLEAR" for row in rows):
        sys.exit(1)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise NotReady(f"{path}: {fault.strerror}") from fault


def in_force(opened: Hub) -> tuple[Screener, Judging | None] | None:
    """What screens now and the configuration that decides; None where no lists are in force: nothing is clear then."""
    screener = opened.screener()
    if screener is None:
        return None
    return screener, opened.holding.judging() if opened.desk.rules is not None else None


def _verdict(opened: Hub, raw: bytes) -> Verdict:
    now, found = clock(opened).now(), in_force(opened)
    if found is None:
        return Verdict("HOLD", "", "", "no lists are in force", at=int(now))
    screener, judging = found
    return screen_document(raw, screener, now, judging)


def _row(path: Path, verdict: Verdict) -> dict[str, Any]:
    return {
        "file": str(path),
        "outcome": verdict.outcome,
        "why": verdict.why,
        "list_set": verdict.list_set,
        "configuration": verdict.configuration,
        "engine": verdict.engine,
        "message": verdict.message.hex(),
        "verdict": verdict.digest().hex(),
        "hits": [hit_row(hit) for hit in verdict.hits],
    }

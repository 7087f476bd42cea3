"""Setting up: a new hub, messages checked before they are sent."""

from __future__ import annotations

import sys
import time
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.cli.terminal import HERE, Folder, Json, Refused, app, console, show
from fondaco.hub import NotReady, init, scheme_of
from fondaco.messages import explain, read_edge
from fondaco.rulebook import UNIONS, OfficerRule

# Setting up


@app.command(name="init")
def init_(union: str, folder: Path, *, officer_keys: Path | None = None, json: Json = False) -> None:
    """Lay out a new hub for a ready union, and make keys for its two compliance officers and its two operators.

    Private keys are written to OFFICER_KEYS (default: FOLDER-keys beside the hub's folder), one file an officer: hand
    each to its officer, and keep none beside the hub.
    """
    if union not in UNIONS:
        raise Refused(f"no ready union {union!r}; there are {', '.join(UNIONS)}")
    keys = officer_keys or folder.with_name(folder.name + "-keys")
    officers = []
    made = {}
    for who, title, role in (("officer", "Compliance officer", "compliance"), ("operator", "Operator", "operator")):
        for number in (1, 2):
            key = Ed25519PrivateKey.generate()
            made[f"{who}-{number}"] = key.private_bytes_raw().hex()
            public = key.public_key().public_bytes_raw().hex()
            officers.append(OfficerRule(f"{who}-{number}", f"{title} {number}", frozenset({role}), public))
    init(union, folder, officers)
    keys.mkdir(parents=True, exist_ok=True)
    for name, secret in made.items():
        path = keys / f"{name}.key"
        path.touch(mode=0o600)
        path.write_text(secret + "\n")
    lists = [rule.list_id for rule in scheme_of(folder).lists]
    show(
        json,
        {"folder": str(folder), "keys": str(keys), "lists": lists},
        lambda: console.print(
            f"hub laid out in {folder}; officers' private keys in {keys}\n"
            f"next: load the lists {', '.join(lists)}: fondaco lists load FILE --hub {folder}"
        ),
    )


@app.command
def validate(*files: Path, json: Json = False) -> None:
    """Is each message well formed, true to its schema and to the standard's rules? If not: where, and by which rule.

    Says nothing of whom screening would hit.
    """
    found = {}
    for path in files:
        try:
            raw = path.read_bytes()
        except OSError as fault:
            raise NotReady(f"{path}: {fault.strerror}") from fault
        faults = explain(raw)
        kind = ""
        if not any(fault.reason.name == "MALFORMED" for fault in faults):
            kind = read_edge(raw, bulk=True).kind
        found[str(path)] = {"kind": kind, "faults": [fault.sentence() for fault in faults]}

    def text() -> None:
        for name, verdict in found.items():
            console.print(f"{name}: {verdict['kind'] or 'not read'}: {'good' if not verdict['faults'] else 'faults'}")
            for sentence in verdict["faults"]:
                console.print(f"  {sentence}", markup=False)

    show(json, found, text)
    if any(verdict["faults"] for verdict in found.values()):
        sys.exit(1)


@app.command
def calendar(currency: str = "", *, year: int = 0, hub: Folder = HERE, json: Json = False) -> None:
    """The holidays of a year (default: this one): each day's closed currencies, by which source, and whether it is fixed yet.

    Weekends are not listed; a holiday that falls on its currency's weekend is marked.
    """
    found = {code: one.calendar for code, one in scheme_of(hub).currencies.items() if currency in ("", code)}
    year = year or time.gmtime().tm_year
    if not found or not date.min.year < year < date.max.year:
        raise Refused(f"the rulebook has no currency {currency!r}" if not found else f"{year} is no year of a calendar")
    unknown = [code for code, one in sorted(found.items()) if not one.knows(date(year, 1, 1))]
    if len(unknown) == len(found):
        raise Refused(f"no calendar of {year} for {', '.join(unknown)}: the rulebook's calendars/{year}.toml does not name them")
    rows = [
        {
            "day": day.isoformat(), "weekday": day.strftime("%a"), "currency": code, "name": one.name, "source": one.source,
            "provisional": one.provisional, "weekend": day.weekday() in found[code].weekend,
        }
        for day, code, one in sorted((day, code, one) for code, known in found.items() for day, one in known.holidays.items())
        if day.year == year
    ]  # fmt: skip

    def text() -> None:
        for row in rows:
            note = "  (on its weekend)" if row["weekend"] else ""
            line = f"{row['day']} {row['weekday']}  {row['currency']}  {row['name']}: {row['source']}{note}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        if unknown:
            console.print(f"no calendar of {year} for {', '.join(unknown)}: closed all year")

    show(json, {"year": year, "holidays": rows, "unknown": unknown}, text)

"""What a union's rulebook says of one currency on one day, as a scenario says it: banks, caps, cycles, hours."""

from __future__ import annotations

import shutil
from copy import deepcopy
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fondaco.core import CURRENCIES, Instant, minor_text
from fondaco.rulebook import UNIONS, Mistake, Rules, Scheme, read_scheme, union_folder
from fondaco.simulation.day import demo_day, demo_officers

_NS = 1_000_000_000


def under_union(file: Path, raw: dict[str, Any]) -> dict[str, Any] | list[Mistake]:
    """A scenario's tables with what its `scenario.union` says of its currency, where they don't say it themselves: `opens`, `closes` and
    `cut_offs` in UTC, `names` (BICs of eight of all that hold accounts in it) and `caps`. Tables without a union are given back as they are.

    `scenario.day` is the day of the rules, without it the day of the demo. Mistakes are the rulebook's own, with its files, or of these keys.
    """
    said = raw.get("scenario", {})
    if not isinstance(said, dict) or "union" not in said:
        return raw
    union, code = said["union"], said.get("currency")
    if not isinstance(union, str):
        return [Mistake(file.name, "scenario.union", "a ready union's name, or a folder with a rulebook")]
    home = union_folder(union) if union in UNIONS else file.parent / union
    if not home.is_dir():
        return [Mistake(file.name, "scenario.union", f"{union} is no folder, and no ready union; there are {', '.join(UNIONS)}")]
    day = said.get("day", demo_day(union))
    if not isinstance(day, date) or isinstance(day, datetime):
        return [Mistake(file.name, "scenario.day", "a date, such as 2026-11-24")]
    if not isinstance(code, str):
        return [Mistake(file.name, "scenario.currency", "is missing")]
    scheme = scheme_with_officers(home)
    if isinstance(scheme, list):
        return scheme
    try:
        rules = scheme.on(day)
    except KeyError as missing:
        return [Mistake(file.name, "scenario.day", f"the rulebook has no article in force on {day}: {missing}")]
    if code not in rules.currencies:
        return [
            Mistake(file.name, "scenario.currency", f"{code} is no currency of the union; it has {', '.join(rules.currencies)}")
        ]
    try:
        is_open = rules.currencies[code].calendar.is_business_day(day)
    except ValueError as beyond:
        return [Mistake(file.name, "scenario.day", str(beyond))]
    if not is_open:
        return [Mistake(file.name, "scenario.day", f"{code} is closed on {day}")]
    return _filled(raw, rules, code, day)


def scheme_with_officers(home: Path) -> Scheme | list[Mistake]:
    """The rulebook of a folder. One that names no officers yet, as the ready unions, is read with the demo's: they decide nothing here."""
    if (home / "officers.toml").exists():
        return read_scheme(home)
    with TemporaryDirectory(prefix="fondaco-union-") as folder:
        whole = Path(folder) / "union"
        shutil.copytree(home, whole)
        (whole / "officers.toml").write_text(demo_officers())
        return read_scheme(whole)


def _filled(raw: dict[str, Any], rules: Rules, code: str, day: date) -> dict[str, Any]:
    tables = deepcopy(raw)
    said, banks = tables["scenario"], tables.setdefault("banks", {})
    del said["union"]
    said.pop("day", None)
    calendar = rules.currencies[code].calendar
    said.setdefault("opens", _clock(calendar.opening(day), day))
    said.setdefault("closes", _clock(calendar.cut_off_at(day), day))
    if isinstance(said["opens"], time) and isinstance(said["closes"], time):
        within = [one.cut_off for one in rules.scheme.cycles if said["opens"] < one.cut_off <= said["closes"]]
        said.setdefault("cut_offs", within)
    if isinstance(banks, dict) and not {"count", "names"} & banks.keys() and "calibration" not in tables:
        holders = [one for one in rules.members() if code in one.currencies and one.may_send]
        banks["names"] = [one.bic[:8] for one in holders]
        if not {"cap", "cap_percent", "caps"} & banks.keys():
            exponent = CURRENCIES[code].exponent
            banks["caps"] = {one.bic[:8]: minor_text(rules.cap(one, code), exponent) for one in holders}
    return tables


def _clock(instant: Instant, day: date) -> time:
    """The time of `day` in UTC at this instant; what lies before the day is its beginning, what lies behind it its last second."""
    moment = datetime.fromtimestamp(int(instant) // _NS, UTC)
    if moment.date() != day:
        return time(0) if moment.date() < day else time(23, 59, 59)
    return moment.time()

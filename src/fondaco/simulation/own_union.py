"""A union of invented banks laid out for a scenario: the rules and lists of `straits`, its currencies, no fees; who changes money is a bank of it."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fondaco.core import COUNTRIES, lei_with_check_digits, minor_text
from fondaco.rulebook import union_folder
from fondaco.simulation.day import DEMO_DAY, lay_out
from fondaco.simulation.payments import Whole
from fondaco.simulation.scenario import TOTAL_MAX, Scenario

# What settles last of a day without cut-offs of its own: nothing, a rulebook only must have one.
_LAST = 23 * 3600 + 59 * 60 + 58


def bics(scenario: Scenario) -> list[str]:
    """Well-formed BICs that belong to nobody, one for each bank of the scenario in its order."""
    country = _country(scenario.currency)
    return [f"ZZ{chr(65 + n // 26)}{chr(65 + n % 26)}{country}01" for n in range(len(scenario.banks))]


def lay_out_union(folder: Path, days: Sequence[tuple[Scenario, Whole]]) -> None:
    """A hub's folder for a scenario's day, which is the demo's: one scenario for each currency, with the caps by bank in it, whole minor units.

    Bank b is participant b + 1, and has accounts in every currency. The first scenario says what is the same of all.
    """
    lay_out(folder, DEMO_DAY - timedelta(days=1))
    scenario, codes = days[0][0], [one.currency for one, _ in days]
    home, country, code = folder / "union", _country(codes[0]), codes[0]
    providers = frozenset() if scenario.exchange is None else frozenset(scenario.exchange.providers)
    ready = tomllib.loads((union_folder("straits") / "union.toml").read_text())
    ready["union"]["title"] = "Invented banks of one scenario"
    for article in ready["articles"]:
        if article["key"] == "exposure_currency":
            article["value"] = code
        if article["key"] == "requote_when_queued" and scenario.exchange is not None:
            article["value"] = scenario.exchange.requote
    cut_offs = scenario.cut_offs_s or (_LAST,)
    cycles = [{"number": n, "cut_off": _Clock(cut_off)} for n, cut_off in enumerate(cut_offs, 1)]
    tariffs = [{"currency": one, "flat": "0", "bps": 0, "min": "0", "max": "0", "article": "3.6"} for one in codes]
    tables = {key: ready[key] for key in ("articles", "lists", "embargoes")} | {"cycles": cycles, "tariffs": tariffs}
    (home / "union.toml").write_text(_table("[union]", ready["union"]) + _tables(tables))
    agents = [f"ZZC{chr(66 + n)}{_country(one)}00" for n, one in enumerate(codes)]
    (home / "currencies.toml").write_text("".join(_currency(*one) for one in zip(days, agents, strict=True)))
    shutil.rmtree(home / "calendars")
    (home / "calendars").mkdir()
    (home / "calendars" / f"{DEMO_DAY.year}.toml").write_text("".join(f"[{one}]\n" for one in codes))
    members = [
        {"number": n + 1, "bic": bic, "lei": _lei(n + 1), "name": f"{scenario.banks[n]} (invented)", "country": country, "currency": code,
         "currencies": codes, "roles": ["member", "fx_provider"] if n in providers else ["member"], "caps": {one.currency: minor_text(int(caps[n]), one.exponent) for one, caps in days}}
        for n, bic in enumerate(bics(scenario))
    ]  # fmt: skip
    members += [
        {"number": number, "bic": agent, "lei": _lei(number), "name": "Simulated central bank", "country": _country(one), "currency": one,
         "roles": ["settlement_agent"]}
        for number, (agent, one) in enumerate(zip(agents, codes, strict=True), len(members) + 1)
    ]  # fmt: skip
    (home / "participants.toml").write_text(_tables({"participants": members}))


def _currency(day: tuple[Scenario, Whole], agent: str) -> str:
    rules = {
        "agent": agent, "zone": "Etc/UTC", "opens": _Clock(0), "cut_off": _Clock(86_399), "weekend": [5, 6],
        "ceiling": minor_text(TOTAL_MAX, day[0].exponent),
    }  # fmt: skip
    return _table(f"[currencies.{day[0].currency}]", rules)


class _Clock(int):
    """Seconds since midnight that TOML writes as a time of day."""


def _country(currency: str) -> str:
    return currency[:2] if currency[:2] in COUNTRIES else "SG"


def _lei(number: int) -> str:
    return lei_with_check_digits(f"FNDC00ZZSIM{number:07d}")


def _tables(tables: Mapping[str, list[dict[str, Any]]]) -> str:
    return "".join(_table(f"[[{name}]]", row) for name, rows in tables.items() for row in rows)


def _table(head: str, row: Mapping[str, Any]) -> str:
    return f"{head}\n" + "".join(f"{key} = {_value(value)}\n" for key, value in row.items()) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, _Clock):
        return f"{value // 3600:02d}:{value // 60 % 60:02d}:{value % 60:02d}"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)  # texts, whole numbers, true and false, and lists of them are written alike

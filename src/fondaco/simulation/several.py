"""A scenario of several currencies: the same banks, clock and failures in each, and money, caps and payments of its own.

Each currency is read as a scenario of one, with what `[currencies.CODE]` says of it in the place of what is said of all; so each mistake is
told at the place where it stands.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from fondaco.rulebook import Mistake
from fondaco.simulation.exchange import exchange_of
from fondaco.simulation.reader import Reader
from fondaco.simulation.scenario import Scenario, scenario_of

CURRENCIES_MAX = 20
# What may be said of one currency: keys of these tables.
_OF_ONE = {
    "banks": ("balance", "balance_percent", "balances", "cap", "cap_percent", "caps"),
    "payments": ("count", "zipf", "shares", "median", "sigma", "urgent_percent", "converted_percent"),
}
# Said of one currency, these take the place of each other.
_INSTEAD = (("balance", "balance_percent", "balances"), ("cap", "cap_percent", "caps"))


def is_of_several(raw: dict[str, Any]) -> bool:
    """Whether a scenario's tables name several currencies."""
    said = raw.get("scenario")
    return isinstance(said, dict) and "currencies" in said


def scenarios_of(file: Path, raw: dict[str, Any]) -> list[Scenario] | list[Mistake]:
    """A scenario for each currency that the tables of `file` name, in their order; or every mistake found."""
    if not is_of_several(raw):
        found = scenario_of(file, raw)
        return found if isinstance(found, list) else [found]
    codes, own = raw["scenario"]["currencies"], raw.get("currencies", {})
    mistakes = _faults(file, raw, codes, own)
    if mistakes:
        return mistakes
    scenarios = []
    for place, code in enumerate(codes):
        found = scenario_of(file, _tables(raw, place, code, own.get(code, {})), converts="fx" in raw)
        if isinstance(found, Scenario):
            scenarios.append(replace(found, beside=tuple(one for one in codes if one != code)))
        else:
            mistakes += [_placed(one, code, own.get(code, {})) for one in found]
    if mistakes:
        return list(dict.fromkeys(mistakes))
    reader = Reader(file, raw, frozenset())
    exchange = exchange_of(reader, tuple(codes), scenarios[0].banks)
    if exchange is not None and scenarios[0].offset_every_s != scenarios[0].step_s:
        reader.wrong(
            "scenario.offset_every_s",
            "where currencies change, offsets are looked for with every step, as the hub does; leave it out",
        )
    if reader.mistakes:
        return [Mistake(file.name, at, reason) for at, reason in sorted(reader.mistakes.items())]
    return [replace(one, exchange=exchange) for one in scenarios]


def _faults(file: Path, raw: dict[str, Any], codes: Any, own: Any) -> list[Mistake]:
    """What is wrong with how the currencies are named."""
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes) or not 0 < len(codes) <= CURRENCIES_MAX:
        return [Mistake(file.name, "scenario.currencies", f"a list of one to {CURRENCIES_MAX} currencies")]
    found = []
    if len(set(codes)) < len(codes):
        found.append(Mistake(file.name, "scenario.currencies", "each currency once"))
    if "currency" in raw["scenario"]:
        found.append(Mistake(file.name, "scenario.currency", "either one currency or several"))
    if "union" in raw["scenario"]:
        found.append(Mistake(file.name, "scenario.union", "a union is played whole, or in one currency"))
    if not isinstance(own, dict) or not all(isinstance(one, dict) for one in own.values()):
        return [
            *found,
            Mistake(file.name, "currencies", "a table for each currency of which something is said: [currencies.SGD]"),
        ]
    known = [key for keys in _OF_ONE.values() for key in keys]
    for code, said in own.items():
        if code not in codes:
            found.append(Mistake(file.name, f"currencies.{code}", f"is none of the scenario's: {', '.join(codes)}"))
        found += [
            Mistake(file.name, f"currencies.{code}.{key}", f"is no key of this table; there are {', '.join(known)}")
            for key in sorted(said.keys() - set(known))
        ]
    return sorted(found)


def _tables(raw: dict[str, Any], place: int, code: str, own: dict[str, Any]) -> dict[str, Any]:
    """The tables of one currency's scenario."""
    tables = deepcopy({name: table for name, table in raw.items() if name not in ("currencies", "fx")})
    said = tables["scenario"]
    del said["currencies"]
    said["currency"] = code
    if isinstance(said.get("seed", 1), int):
        said["seed"] = said.get("seed", 1) + place  # else all would draw the same payments
    for name, keys in _OF_ONE.items():
        table = tables.setdefault(name, {})
        if not isinstance(table, dict):
            continue
        for instead in _INSTEAD:
            if own.keys() & set(instead):
                for key in instead:
                    table.pop(key, None)
        table.update({key: own[key] for key in keys if key in own})
    return tables


def _placed(mistake: Mistake, code: str, own: dict[str, Any]) -> Mistake:
    """A mistake at the place where its key stands."""
    table, _, key = mistake.key.partition(".")
    if table in _OF_ONE and key.partition(".")[0].partition("[")[0] in own:
        return replace(mistake, key=f"currencies.{code}.{key}")
    return mistake

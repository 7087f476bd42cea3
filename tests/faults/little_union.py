"""The union that simulated lives play in: `straits` with four banks, two providers and three currencies, laid out once for a process.

Everything here is immutable and shared between lives: the rulebook, the list sets with their indexes.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from fondaco.compliance import Screener
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant, at
from fondaco.hub import Rulebooks, Screeners, list_set, load_list
from fondaco.rulebook import Rules
from fondaco.simulation import DEMO_DAY, lay_out

DAYS = (DEMO_DAY, date(2026, 11, 25))
BANKS = ("ZZBASG01", "ZZBBSG02", "ZZBATH01", "ZZBAKR01")
PROVIDERS = ("ZZFXSG01", "ZZFYTH02")
SPONSORED, SPONSOR = "ZZTPSG05", "ZZBASG01"
AGENTS = {"SGD": "ZZCBSG00", "THB": "ZZCBTH00", "KRW": "ZZCBKR00"}
HOME = {"ZZBASG01": "SGD", "ZZBBSG02": "SGD", "ZZTPSG05": "SGD", "ZZBATH01": "THB", "ZZBAKR01": "KRW"}
DIGITS = {"SGD": 2, "THB": 2, "KRW": 0}
# Small caps and flat fees: a few payments fill the one, and the other can be reckoned without a rulebook. Minor units.
CAPS = {"SGD": 2_000_000, "THB": 50_000_000, "KRW": 20_000_000}
FEES = {"SGD": 25, "THB": 600, "KRW": 250}
CUT_OFFS = ("01:40:00", "02:20:00", "05:00:00", "07:00:00", "09:20:00")
# On every list of the demo, and on the United Nations' from the second list set on.
LISTED, LISTED_LATER = "Sorvemir Brulomarov", "Quendral Vostikame"
# Somebody else, whose name officers must look at.
RESEMBLING = "Sorvemir Brulomarow"

# A bond that may be lodged, and by what share of it a cap is higher.
PAPER, RAISES_PERCENT = "BOND1", 60
# A unit of it is worth no more than so many minor units of any currency, whatever is posted.
PAPER_MOST = 300_000
_RAISES = f"""
[[articles]]
number = "15.5"
key = "collateral_raises_caps_percent"
value = {RAISES_PERCENT}
valid_from = 2026-01-01
source = "the little union"
"""

_BLOCK = re.compile(r"\n(?=\[)")


@dataclass(frozen=True)
class LittleUnion:
    """What lives share. `list_sets` are versions: the one in force from the morning on, and the one that lists one name more."""

    rulebooks: Rulebooks
    version: str
    rules: Rules
    list_sets: tuple[str, str]
    screeners: dict[str, Screener]

    def screener(self, version: str) -> Screener:
        """Raises `KeyError` for a version that was never made."""
        return self.screeners[version]


def lay_out_little_union() -> LittleUnion:
    """Lay it out in a folder that goes with the process; takes a second or two."""
    folder = Path(tempfile.mkdtemp(prefix="fondaco-little-union-"))
    lay_out(folder, DAYS[0])
    _make_little(folder / "union")
    rulebooks = Rulebooks(folder)
    scheme = rulebooks.keep(folder / "union")
    screeners = Screeners(folder)
    first = list_set(folder, scheme).version
    made = {first: screeners(first)}
    load_list(folder, scheme, "un", [_with_one_more(demo_list("un")[0])], at(datetime.combine(DAYS[0], time(1), UTC)))
    second = list_set(folder, scheme).version
    made[second] = screeners(second)
    return LittleUnion(rulebooks, scheme.version, scheme.on(DAYS[0]), (first, second), made)


def opening_of(day: date) -> Instant:
    """When a life begins on that day: all currencies are open."""
    return at(datetime.combine(day, time(1, 10), UTC))


def _make_little(home: Path) -> None:
    members = {*BANKS, *PROVIDERS, SPONSORED, *AGENTS.values()}
    kept = [
        block
        for block in (home / "participants.toml").read_text().split("\n\n")
        if any(f'bic = "{bic}"' in block for bic in members)
    ]
    text = "\n\n".join(kept) + "\n"
    text = re.sub(r"currencies = \[.*\]", f"currencies = {sorted(AGENTS)}".replace("'", '"'), text)
    text = re.sub(r"caps = \{(.*)\}", _caps, text)
    (home / "participants.toml").write_text(text)
    _keep(home / "currencies.toml", lambda block: block[12:15] in AGENTS)
    for year in (home / "calendars").iterdir():
        _keep(year, lambda block: block[1:4] in AGENTS)
    _keep(home / "union.toml", _of_little_union)
    cycles = [f"[[cycles]]\nnumber = {n}\ncut_off = {cut_off}\n" for n, cut_off in enumerate(CUT_OFFS, 1)]
    with (home / "union.toml").open("a") as file:
        file.write("\n" + "\n".join(cycles) + _RAISES)


def _caps(found: re.Match[str]) -> str:
    own = [code for code in re.findall(r"([A-Z]{3}) =", found[1]) if code in AGENTS]
    # Providers stand on both sides of every conversion.
    wide = 1 if len(own) == 1 else 50
    return "caps = { " + ", ".join(f'{code} = "{wide * CAPS[code] // 10 ** DIGITS[code]}"' for code in own) + " }"


def _of_little_union(block: str) -> bool:
    if block.startswith(("[[cycles]]", "[[corridors]]", "[[purposes]]")):
        return False
    return not block.startswith("[[tariffs]]") or ("purpose" not in block and any(f'"{code}"' in block for code in AGENTS))


def _keep(path: Path, wanted: object) -> None:
    assert callable(wanted)
    first, *blocks = _BLOCK.split("\n" + path.read_text())
    path.write_text(first + "\n" + "\n".join(block for block in blocks if wanted(block)) + "\n")


def _with_one_more(raw: bytes) -> bytes:
    first, _, last = LISTED_LATER.partition(" ")
    row = (
        f"<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>{first}</FIRST_NAME><SECOND_NAME>{last}</SECOND_NAME>"
        "<REFERENCE_NUMBER>INi.999</REFERENCE_NUMBER></INDIVIDUAL></INDIVIDUALS>"
    )
    return raw.replace(b"2026-11-23T", b"2026-11-24T").replace(b"</INDIVIDUALS>", row.encode())

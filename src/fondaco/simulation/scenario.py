"""A scenario in TOML -> what is to be simulated, or all of its mistakes at once, each with its place (docs/simulator.md)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec

from fondaco.core import CURRENCIES
from fondaco.rulebook import Mistake
from fondaco.simulation.calibrated import Given, Pairs, calibrated
from fondaco.simulation.exchange import Exchange
from fondaco.simulation.reader import Reader
from fondaco.simulation.union_rules import under_union

Depth = Literal["policy", "hub"]
BANKS_MAX = 10_000
# A hub of its own is laid out for the scenario, with as many members.
HUB_BANKS_MAX = 600
_HUB_CLOSES_S = 86_340
PAYMENTS_MAX = 20_000_000
# All that a day moves stays exact in 64 bits, with room for sums of it.
TOTAL_MAX = 1 << 56


@dataclass(frozen=True, slots=True)
class Funding:
    """What a bank begins with, or may owe in a cycle: `minor[bank]` whole minor units, or that percentage of what it pays in the day."""

    minor: tuple[int, ...]
    percent: int | None


@dataclass(frozen=True, slots=True)
class Generator:
    """How payments are drawn: `count` of them, banks by `shares` (whole weights) or by `pairs`, amounts lognormal around `median_minor`."""

    count: int
    shares: tuple[int, ...]
    median_minor: int
    sigma: Decimal
    urgent_percent: int
    pairs: Pairs | None = None
    converted_percent: int = 0


@dataclass(frozen=True, slots=True)
class Outage:
    """A bank (by its number) that sends nothing from one second on until another; None: not again that day. It still receives."""

    bank: int
    from_s: int
    until_s: int | None


@dataclass(frozen=True, slots=True)
class Default:
    """A bank (by its number) that from one second on neither pays nor is paid, but for what a cycle has of it already."""

    bank: int
    at_s: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """One day of one currency. Times are seconds since midnight; the clock ticks every `step_s` from `opens_s` on.

    `offset_every_s` is 0 for never. Normal payments are netted at `cut_offs_s` (rising) under `caps`. `file` names payments, else
    `generator` draws them. `frontier` are percentages of the opening balances for which the day is played again. `beside` are currencies that
    are played with it: payments in them are none of this scenario's; `exchange` says how payments change between them, None that none does.
    """

    title: str
    depth: Depth
    seed: int
    currency: str
    opens_s: int
    closes_s: int
    step_s: int
    offset_every_s: int
    cut_offs_s: tuple[int, ...]
    sample_every_s: int
    banks: tuple[str, ...]
    balances: Funding
    caps: Funding
    file: Path | None
    generator: Generator | None
    frontier: tuple[int, ...]
    outages: tuple[Outage, ...] = ()
    defaults: tuple[Default, ...] = ()
    calibration_files: tuple[Path, ...] = ()
    beside: tuple[str, ...] = ()
    exchange: Exchange | None = None

    def tick(self, second: int) -> int:
        """The first tick of the clock that is not before this second."""
        return self.opens_s + -((self.opens_s - second) // self.step_s) * self.step_s

    @property
    def exponent(self) -> int:
        return CURRENCIES[self.currency].exponent


class _Day(msgspec.Struct):
    title: str = ""
    depth: Depth = "policy"
    seed: int = 1
    currency: str = ""
    opens: time = time(8)
    closes: time = time(18)
    step_s: int = 1
    offset_every_s: int | None = None
    cut_offs: list[time] = []
    sample_every_s: int = 300


class _Banks(msgspec.Struct):
    count: int = 0
    names: list[str] = []
    balance: str = ""
    balance_percent: int | None = None
    balances: dict[str, str] = {}
    cap: str = ""
    cap_percent: int | None = None
    caps: dict[str, str] = {}


class _Payments(msgspec.Struct):
    file: str = ""
    count: int = 0
    zipf: str = "1"
    shares: dict[str, int] = {}
    median: str = ""
    sigma: str = "1.5"
    urgent_percent: int = 100
    converted_percent: int = 0


class _Frontier(msgspec.Struct):
    balance_percents: list[int] = []


class _Outage(msgspec.Struct):
    bank: str = ""
    from_: time = msgspec.field(default=time(0), name="from")
    until: time | None = None


class _Default(msgspec.Struct):
    bank: str = ""
    at: time = time(0)


_REQUIRED = {
    "scenario.depth", "scenario.currency", "scenario.opens", "scenario.closes", "outages.bank", "outages.from", "defaults.bank",
    "defaults.at",
}  # fmt: skip
_TABLES: dict[str, type[msgspec.Struct]] = {
    "scenario": _Day,
    "banks": _Banks,
    "payments": _Payments,
    "frontier": _Frontier,
    "outages": _Outage,
    "defaults": _Default,
    "calibration": Given,
}


def raw_scenario(file: Path) -> dict[str, Any] | list[Mistake]:
    """A scenario's tables as they stand in the file, or why it is no TOML."""
    try:
        return tomllib.loads(file.read_bytes().decode())
    except OSError as fault:
        return [Mistake(file.name, "the file", fault.strerror or "cannot be read")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        return [Mistake(file.name, "the file", f"not TOML: {fault}")]


def read_scenario(file: Path) -> Scenario | list[Mistake]:
    """A scenario, or every mistake found. Reads the file alone: payments that it names are read by `payments_of`."""
    raw = raw_scenario(file)
    return raw if isinstance(raw, list) else scenario_of(file, raw)


def scenario_of(file: Path, raw: dict[str, Any], *, converts: bool = False) -> Scenario | list[Mistake]:
    """The same of tables that were read from `file`; a union that they name fills in what its rulebook says. `converts`: it is one of several currencies,
    between which payments may change."""
    filled = under_union(file, raw)
    if isinstance(filled, list):
        return filled
    raw = filled
    reader = Reader(file, raw, _REQUIRED)
    for name in sorted(raw.keys() - _TABLES.keys()):
        reader.wrong(name, f"is no table of a scenario; there are {', '.join(_TABLES)}")
    day = reader.table("scenario", _Day)
    if day.currency not in CURRENCIES:
        reader.wrong("scenario.currency", f"{day.currency} is not a currency of ISO 4217 that we know")
    exponent = CURRENCIES[day.currency].exponent if day.currency in CURRENCIES else 2
    reader.within("scenario.seed", day.seed, 0, 2**63 - 1)
    opens, closes, cut_offs, offset_every = _clock(reader, day)
    calibration = reader.table("calibration", Given) if "calibration" in raw else None
    flows = calibrated(calibration, file.parent, reader.wrong) if calibration is not None else None
    if calibration is not None and flows is None:  # nothing else can be told of a scenario whose banks are not known
        return [Mistake(file.name, place, reason) for place, reason in sorted(reader.mistakes.items())]
    banks, given = _banks(reader, reader.table("banks", _Banks), day.depth, flows[0] if flows else None)
    balances = _funding(reader, "balance", banks, (given.balance, given.balance_percent, given.balances), exponent)
    caps = _funding(reader, "cap", banks, (given.cap, given.cap_percent, given.caps), exponent)
    payments = reader.table("payments", _Payments)
    generator = None if payments.file else _generator(reader, payments, banks, exponent, flows[1] if flows else None)
    if payments.file and calibration is not None:
        reader.wrong("calibration", "draws payments, and a file of payments is given")
    if payments.file and payments.count:
        reader.wrong("payments", "either a file or a count of payments to draw")
    if generator is not None and generator.urgent_percent < 100 and not cut_offs:
        reader.wrong("payments.urgent_percent", "payments that are not urgent wait for a cut-off, and there is none")
    if payments.converted_percent and not converts:
        reader.wrong("payments.converted_percent", "payments change between currencies of one scenario, by its table [fx]")
    frontier = reader.table("frontier", _Frontier).balance_percents
    for at, percent in enumerate(frontier):
        reader.within(f"frontier.balance_percents[{at}]", percent, 0, 100_000)
    outages = _outages(reader, banks, opens, closes)
    defaults = _defaults(reader, banks, opens, closes)
    if reader.mistakes:
        return [Mistake(file.name, place, reason) for place, reason in sorted(reader.mistakes.items())]
    return Scenario(
        day.title or file.stem, day.depth, day.seed, day.currency, opens, closes, day.step_s, offset_every, cut_offs, day.sample_every_s,
        banks, balances, caps, file.parent / payments.file if payments.file else None, generator, tuple(frontier), outages,
        defaults, () if calibration is None else _files(calibration, file.parent),
    )  # fmt: skip


def seconds_of(instant: time) -> int:
    """Seconds since midnight; a fraction is left off."""
    return instant.hour * 3600 + instant.minute * 60 + instant.second


def _clock(reader: Reader, day: _Day) -> tuple[int, int, tuple[int, ...], int]:
    opens, closes = seconds_of(day.opens), seconds_of(day.closes)
    if opens >= closes:
        reader.wrong("scenario.closes", "the day closes after it opens")
    reader.within("scenario.step_s", day.step_s, 1, 86_400)
    reader.within("scenario.sample_every_s", day.sample_every_s, 1, 86_400)
    step = max(1, day.step_s)
    if (closes - opens) % step:
        reader.wrong("scenario.step_s", f"the day of {closes - opens} s is no whole number of steps of {step} s")
    every = day.step_s if day.offset_every_s is None else day.offset_every_s
    if every < 0 or every % step:
        reader.wrong("scenario.offset_every_s", f"0 for never, or a multiple of the step of {step} s")
    if day.depth == "hub" and every != step:
        reader.wrong("scenario.offset_every_s", "the hub looks for an offset with every step; leave it out")
    if day.depth == "hub" and closes > _HUB_CLOSES_S:
        reader.wrong("scenario.closes", "the hub's day ends at 23:59:00 at the latest")
    cut_offs: list[int] = []
    for at, one in enumerate(day.cut_offs):
        cut_off = seconds_of(one)
        if not opens < cut_off <= closes or (cut_off - opens) % step:
            reader.wrong(f"scenario.cut_offs[{at}]", f"within the day, a whole number of steps of {step} s after the opening")
        if cut_offs and cut_off <= cut_offs[-1]:
            reader.wrong(f"scenario.cut_offs[{at}]", "cut-offs stand in the order of time")
        cut_offs.append(cut_off)
    return opens, closes, tuple(cut_offs), every


def _files(given: Given, folder: Path) -> tuple[Path, ...]:
    return tuple(folder / table.file for table in (given.banks, given.corridors) if table.file)


def _banks(
    reader: Reader, given: _Banks, depth: Depth, calibrated_names: tuple[str, ...] | None
) -> tuple[tuple[str, ...], _Banks]:
    if calibrated_names is not None:
        if given.count or given.names:
            reader.wrong("banks", "the calibration names the banks: neither a count nor names")
        given = msgspec.structs.replace(given, names=list(calibrated_names), count=0)
    elif bool(given.count) == bool(given.names):
        reader.wrong("banks", "either a count of banks or their names")
    names = tuple(given.names) or tuple(f"BANK{number:04d}" for number in range(1, max(0, min(given.count, BANKS_MAX)) + 1))
    most = HUB_BANKS_MAX if depth == "hub" else BANKS_MAX
    if given.count or given.names:
        reader.within("banks.names" if given.names else "banks.count", given.count or len(names), 2, most)
    for at, name in enumerate(names):
        if not name.strip() or not name.isprintable():
            reader.wrong(f"banks.names[{at}]", "a name of letters that can be read")
        elif name in names[:at] and given.names:
            reader.wrong(f"banks.names[{at}]", f"{name} stands twice")
    return names, given


def _funding(
    reader: Reader, word: str, banks: tuple[str, ...], given: tuple[str, int | None, dict[str, str]], exponent: int
) -> Funding:
    """What `word` (balance, cap) says of all banks, and `words` of some; nothing said is nothing."""
    same, percent, own = given
    if same and percent is not None:
        reader.wrong(f"banks.{word}", f"either an amount or {word}_percent")
    if own and percent is not None:
        reader.wrong(f"banks.{word}s", f"{word}_percent says it of every bank")
    if percent is not None:
        reader.within(f"banks.{word}_percent", percent, 0, 100_000)
    minor = dict.fromkeys(banks, reader.amount(f"banks.{word}", same, exponent) if same else 0)
    for name, text in own.items():
        if name not in minor:
            reader.wrong(f"banks.{word}s.{name}", "is no bank of this scenario")
            continue
        minor[name] = reader.amount(f"banks.{word}s.{name}", text, exponent)
    if sum(minor.values()) > TOTAL_MAX:
        reader.wrong(f"banks.{word}", f"more than {TOTAL_MAX} minor units in all")
    return Funding(tuple(minor.values()), percent)


def _outages(reader: Reader, banks: tuple[str, ...], opens: int, closes: int) -> tuple[Outage, ...]:
    found: list[Outage] = []
    for at, one in enumerate(reader.tables("outages", _Outage)):
        begins, ends = seconds_of(one.from_), None if one.until is None else seconds_of(one.until)
        if one.bank not in banks:
            reader.wrong(f"outages[{at}].bank", f"{one.bank} is no bank of this scenario")
            continue
        if not opens <= begins < closes:
            reader.wrong(f"outages[{at}].from", "within the day")
        if ends is not None and not begins < ends <= closes:
            reader.wrong(f"outages[{at}].until", "after it began, and within the day; left out, the bank sends no more that day")
        bank = banks.index(one.bank)
        if any(
            bank == other.bank and begins <= (other.until_s or closes) and other.from_s <= (ends or closes) for other in found
        ):
            reader.wrong(f"outages[{at}]", f"{one.bank} is out at that time already")
        found.append(Outage(bank, begins, ends))
    return tuple(found)


def _defaults(reader: Reader, banks: tuple[str, ...], opens: int, closes: int) -> tuple[Default, ...]:
    found: list[Default] = []
    for at, one in enumerate(reader.tables("defaults", _Default)):
        second = seconds_of(one.at)
        if one.bank not in banks:
            reader.wrong(f"defaults[{at}].bank", f"{one.bank} is no bank of this scenario")
            continue
        if not opens <= second < closes:
            reader.wrong(f"defaults[{at}].at", "within the day")
        if any(banks.index(one.bank) == other.bank for other in found):
            reader.wrong(f"defaults[{at}]", f"{one.bank} has defaulted already")
        found.append(Default(banks.index(one.bank), second))
    return tuple(found)


def _generator(reader: Reader, given: _Payments, banks: tuple[str, ...], exponent: int, pairs: Pairs | None) -> Generator:
    reader.within("payments.count", given.count, 1, PAYMENTS_MAX)
    reader.within("payments.urgent_percent", given.urgent_percent, 0, 100)
    reader.within("payments.converted_percent", given.converted_percent, 0, 100)
    median = reader.amount("payments.median", given.median, exponent)
    if given.median and not median:
        reader.wrong("payments.median", "above zero")
    sigma = reader.number("payments.sigma", given.sigma, "0", "4")
    zipf = reader.number("payments.zipf", given.zipf, "0", "4")
    if given.shares:
        for name, share in given.shares.items():
            if name not in banks:
                reader.wrong(f"payments.shares.{name}", "is no bank of this scenario")
            reader.within(f"payments.shares.{name}", share, 0, 10**8)
        shares = [given.shares.get(name, 0) for name in banks]
        if sum(share > 0 for share in shares) < 2:
            reader.wrong("payments.shares", "at least two banks pay each other")
    else:
        # Decimal powers come to the same digits on every machine, which those of floating point need not.
        shares = [int(10**8 * Decimal(rank) ** -zipf) for rank in range(1, len(banks) + 1)]
    if pairs is not None and given.shares:
        reader.wrong("payments.shares", "the calibration says who pays whom")
    return Generator(given.count, tuple(shares), median, sigma, given.urgent_percent, pairs, given.converted_percent)

"""A business day of a ready union through the real hub: real files, real books, simulated banks and agents."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from heapq import merge
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.compliance import Case, Decision, Entry, Quarantined, sign
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import CURRENCIES, Instant, Refusal, at, minor_of, utc_text
from fondaco.fx import Quote, ReferenceRate, fitting, reference
from fondaco.hub import (
    BATCH_MAX,
    Arrive,
    Check,
    Command,
    DecideCase,
    EndDay,
    Hub,
    OpenDay,
    PostQuotes,
    SwapLists,
    Tick,
    checklist,
    close_hub,
    editions,
    init,
    list_set,
    load_list,
    officers_text,
    open_hub,
    reference_rates,
    scheme_of,
)
from fondaco.messages import LiquidityTransfer, camt_050, wrap
from fondaco.reporting import differences
from fondaco.rulebook import PRICING_REFERENCE, OfficerRule, Participant, Rules
from fondaco.simulation.bank import SmallBank
from fondaco.simulation.customers import Asked, wishes
from fondaco.simulation.governance import Governance
from fondaco.simulation.treasury import Treasury
from fondaco.simulation.workload import Arrival, Traffic, day_bounds
from fondaco.simulation.world import World, WorldProcess

DEMO_DAY = date(2026, 11, 24)
# On the 24th Guru Nanak's birthday closes the rupee.
_DEMO_DAYS = {"bridge": date(2026, 11, 25)}
SEED = 20261124
_SLICE_NS = 30 * 1_000_000_000
# How long simulated banks and agents take to answer: articles give an urgent offer twenty seconds and a verification three.
_ANSWER_NS = 2 * 1_000_000_000
# What somebody waits for; what banks begin of themselves comes with the next slice.
_ANSWERS = frozenset({"pacs.002", "acmt.024", "camt.025", "camt.029", "camt.111"})
_DEFINITION = re.compile(rb"<MsgDefIdr>([a-z0-9.]+)<")
_HOUR_NS = 3_600 * 1_000_000_000
# What each bank pays in before the day, in major units; providers pay in twenty times that.
_PREFUND = {"IDR": 4 * 10**12, "MYR": 11 * 10**8, "PHP": 14 * 10**9, "SGD": 33 * 10**7, "THB": 85 * 10**8, "KRW": 33 * 10**10,
            "BRL": 3 * 10**8, "INR": 5 * 10**9}  # fmt: skip
# Names of the demo's invented lists that the traffic uses for its few hits.
_OPERATORS = (("operator-1", "First operator (demo)"), ("operator-2", "Second operator (demo)"))
_OFFICERS = (("officer-1", "First officer (demo)"), ("officer-2", "Second officer (demo)"))


@dataclass
class DayResult:
    """What the day came to. Counts are transactions unless they say messages. `received` and `sent` count the hub's messages by kind,
    `banks` what the simulated banks did beside them; `asked` is what customers asked by kind, `wrong` what of it could not be done;
    `unexpected` are planned deeds that the hub refused, which none is meant to be; `checklist` is the day's last one."""

    messages: int = 0
    transactions: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    reconciled: bool = False
    differences: list[str] = field(default_factory=list)
    received: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    banks: dict[str, int] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)
    checklist: tuple[Check, ...] = ()


def prefund(member: Participant, code: str) -> int:
    """What a participant brings of a currency before the day, in whole minor units."""
    factor = 20 if "fx_provider" in member.roles else 1
    return minor_of(str(_PREFUND[code] * factor), CURRENCIES[code].exponent)


def brought(rules: Rules, now: Instant, numbers: Iterator[int]) -> Iterator[Arrive]:
    """Everybody's money before the day (camt.050), but of those whose sponsor gives it to them. A central bank pays out of its line, and takes
    in its own currency."""
    for member in rules.members():
        if "central_bank" in member.roles or member.sponsor:
            continue
        for code in sorted(member.currencies):
            yield _moved(rules.hub_bic, member.bic, rules.hub_bic, member.bic, code, prefund(member, code), now, next(numbers))


def sponsored(rules: Rules, now: Instant, numbers: Iterator[int]) -> Iterator[Arrive]:
    """What sponsors move to those they settle for: a fiftieth of their own."""
    for member in rules.members():
        if not member.sponsor:
            continue
        sponsor = rules.participants[member.sponsor].bic
        for code in sorted(member.currencies):
            minor = minor_of(str(_PREFUND[code] // 50), CURRENCIES[code].exponent)
            yield _moved(rules.hub_bic, sponsor, member.bic, sponsor, code, minor, now, next(numbers))


def _moved(hub: str, sender: str, creditor: str, debtor: str, code: str, minor: int, now: Instant, number: int) -> Arrive:
    name = f"{sender[:8]}-P{number:05d}"
    asked = LiquidityTransfer(name, name, creditor, debtor, code, minor)
    return Arrive(sender, wrap("camt.050.001.07", sender, hub, name, utc_text(now), camt_050(name, utc_text(now), asked)))


def officers_words(cases: Iterable[Case], now: Instant, after_ns: int) -> Iterator[Command]:
    """The demo's two officers, upon cases that were opened `after_ns` ago: what hits exactly is confirmed, what only resembles is released."""
    for case in list(cases):
        if not case.open or case.opened_at + after_ns > now:
            continue
        verb = "CONFIRM" if case.verdict.hits[0].score_milli >= 990 else "RELEASE"
        officer = _OFFICERS[len(case.decisions) % 2][0]
        note = "demo: same name as the listed entry" if verb == "CONFIRM" else "demo: resembles, is somebody else"
        decision = Decision(case.case_id, officer, verb, note, int(now), case.verdict.digest())
        yield DecideCase(sign(decision, demo_key(officer)))


def demo_day(union: str = "straits") -> date:
    """The day on which a ready union's demo plays: every currency of it is open."""
    return _DEMO_DAYS.get(union, DEMO_DAY)


def demo_key(officer: str) -> Ed25519PrivateKey:
    """A key that everybody knows: for the demo's invented officers alone, and its books say so."""
    return Ed25519PrivateKey.from_private_bytes(f"fondaco demo key {officer}".encode().ljust(32, b".")[:32])


def _officers() -> list[OfficerRule]:
    return [
        OfficerRule(key, name, frozenset({role}), demo_key(key).public_key().public_bytes_raw().hex())
        for role, people in (("compliance", _OFFICERS), ("operator", _OPERATORS))
        for key, name in people
    ]


def demo_officers() -> str:
    """The demo's invented officers as a rulebook's `officers.toml`."""
    return officers_text(_officers())


def lay_out(folder: Path, day: date | None = None, union: str = "straits") -> None:
    """A hub's folder for a ready union, with demo officers and the invented lists, received on `day` (the demo's day)."""
    init(union, folder, _officers())
    scheme = scheme_of(folder)
    received = at(datetime.combine(day or demo_day(union), time(0), UTC))
    for rule in scheme.lists:
        loaded = load_list(folder, scheme, rule.list_id, demo_list(rule.list_id), received)
        assert not isinstance(loaded, Quarantined), f"the invented list {rule.list_id} is readable"


def provider_quotes(rules: Rules, now: Instant, valid_s: int, round_number: int) -> Iterator[tuple[str, tuple[Quote, ...]]]:
    """Firm quotes of every provider over the reference rates: a spread of its own, a tier for large amounts."""
    codes = sorted(rules.currencies)
    for number, provider in enumerate(one for one in rules.members() if "fx_provider" in one.roles):
        quotes = []
        for source in codes:
            for target in codes:
                if source == target:
                    continue
                found = reference(source, target, rules.day, rules.reference_max_age_days)
                assert isinstance(found, ReferenceRate), "the pinned reference file covers the demo's day"
                spread = 12 + 3 * number + (codes.index(source) * 7 + codes.index(target) * 5 + number * 11 + round_number) % 9
                rate = fitting(found.rate * (10_000 - spread) / 10_000)
                exponent = CURRENCIES[source].exponent
                large = minor_of(str(_PREFUND[source] // 10_000), exponent)
                capacity = minor_of(str(_PREFUND[target] * 4), CURRENCIES[target].exponent)
                quotes.append(
                    Quote(
                        _quote_id(provider.number, round_number, source, target),
                        provider.bic[:8],
                        source,
                        target,
                        rate,
                        ((large, 2),),
                        int(now),
                        int(now) + valid_s * 1_000_000_000,
                        capacity,
                    )
                )
        yield provider.bic, tuple(quotes)


def _quote_id(provider: int, round_number: int, source: str, target: str) -> str:
    """ISO 20022 lets a message name a quote by a UUID of version 4 alone (AgrdRate/QtId)."""
    seed = hashlib.sha256(f"quote {provider} {round_number} {source}{target}".encode()).digest()
    return str(uuid.UUID(bytes=seed[:16], version=4))


def _kind(raw: bytes) -> str:
    """What a message says that it is."""
    found = _DEFINITION.search(raw)
    return found[1].decode() if found else "unknown"


def _awaited(command: Command) -> bool:
    """Whether it is a message that somebody waits for."""
    return isinstance(command, Arrive) and _kind(command.raw)[:8] in _ANSWERS


class DemoDay:
    """Drives one day. `progress` is told after every slice: (messages so far, of how many, the hub)."""

    def __init__(
        self,
        folder: Path,
        messages: int,
        seed: int = SEED,
        failing: tuple[tuple[str, str], ...] = (("C3", "ZZBCMY03"),),
        own_process: bool = True,
        union: str = "straits",
    ) -> None:
        self.folder = folder
        self.messages = messages
        self.seed = seed
        self.result = DayResult()
        self.union = union
        lay_out(folder, union=union)
        self.day = demo_day(union)
        self.rules = scheme_of(folder).on(self.day)
        # The world is started before the hub builds its index: a process never inherits what it does not need.
        self.world: World | WorldProcess = (
            WorldProcess(self.rules, failing, everyday=True) if own_process else World(self.rules, failing, everyday=True)
        )
        # The demo's salts follow from its seed, as everything in it: nobody's data is in it.
        self.hub: Hub = open_hub(folder, lambda batch: hashlib.sha256(f"salt {seed} {batch}".encode()).digest())
        self._numbers = count(1)
        self._board: dict[tuple[str, str], Quote] = {}
        self._banks: dict[str, SmallBank] = {}
        self.governance: Governance | None = None

    def run(self, progress: Callable[[int, int, Hub], None] | None = None) -> DayResult:
        rules, hub = self.rules, self.hub
        opens, closes = day_bounds(self.day, self.union)
        now = Instant(int(opens) - 4 * _SLICE_NS)
        self._step([OpenDay(self.day.isoformat())], now)
        self._step([SwapLists(list_set(self.folder, rules.scheme).version)], Instant(now + 1))
        back = self._step(list(brought(rules, now, self._numbers)), Instant(now + 2))
        back = self._step([*back, Tick()], Instant(now + 10))
        back += self._step(list(sponsored(rules, now, self._numbers)), Instant(now + 20))
        governance = self.governance = Governance(self.folder, rules, opens, {key: demo_key(key) for key, _ in _OPERATORS})
        paid_in = {
            one.bic[:8]: prefund(one, one.currency)
            for one in rules.members()
            if "central_bank" not in one.roles and not one.sponsor and one.currency in one.currencies
        }
        treasury = Treasury(rules, opens, governance.leaver, paid_in)
        arrivals = self._arrivals(governance, opens, closes)
        upcoming = next(arrivals, None)
        last_quotes = 0
        now = opens
        quotes_round = 0
        while upcoming is not None or self._unsettled() or self._undecided():
            commands: list[Command] = back
            back = []
            if rules.pricing == PRICING_REFERENCE:
                if not last_quotes:
                    last_quotes = int(now)
                    commands.append(reference_rates(rules))
            elif not last_quotes or now >= last_quotes + _HOUR_NS // 12:
                quotes_round += 1
                last_quotes = int(now)
                commands += self._quoted(now, quotes_round)
            while upcoming is not None and upcoming.at < now + _SLICE_NS:
                commands += self._taken(upcoming, now)
                upcoming = next(arrivals, None)
            commands += [*governance.due(now), *treasury.due(now)]
            back = self._step([*commands, *officers_words(hub.desk.cases.values(), now, _HOUR_NS // 4), Tick()], now)
            answers = [one for one in back if _awaited(one)]
            back = [one for one in back if not _awaited(one)]
            back += self._step(answers, Instant(now + _ANSWER_NS)) if answers else []
            now = Instant(now + _SLICE_NS)
            if progress is not None:
                progress(self.result.messages, self.messages, hub)
        back.append(treasury.balances(governance.leaver, now))
        while back:  # ends: what banks say after the last settlement leads to answers, and those to nothing more
            back = self._step([*back, Tick()], now)
            now = Instant(now + _SLICE_NS)
        self.result.checklist = tuple(checklist(hub.desk))
        self._step([EndDay()], now)
        self.result.banks = self.world.counts(now)
        self._reconcile()
        return self.result

    def _arrivals(self, governance: Governance, opens: Instant, closes: Instant) -> Iterator[Arrival | Asked]:
        """What banks send and what customers ask of them, in the order of time: together as many messages as were wanted."""
        listed = tuple(entry.names[0].text.title() for entry in self._edition("un")[:12])
        leaving = (governance.leaver, governance.leaves_at)
        own = Traffic(self.rules, self.seed + 1, parties=2_000, leaving=leaving, sealed=True)
        customers = wishes(self.rules, own, self.messages, opens, closes)
        traffic = Traffic(self.rules, self.seed, parties=8_000, listed=listed, leaving=leaving, sealed=True)
        others = traffic.messages(max(0, self.messages - len(customers)), opens, closes)
        return merge(others, customers, key=lambda one: one.at)

    def _quoted(self, now: Instant, quotes_round: int) -> Iterator[Command]:
        """The providers' new quotes; the best of each pair hangs on the board that banks look at."""
        self._board.clear()
        for bic, quotes in provider_quotes(self.rules, now, self.rules.quote_valid_s, quotes_round):
            for quote in quotes:
                known = self._board.get((quote.source, quote.target))
                if known is None or quote.rate_for(1) > known.rate_for(1):
                    self._board[quote.source, quote.target] = quote
            yield PostQuotes(bic, quotes)

    def _taken(self, one: Arrival | Asked, now: Instant) -> list[Command]:
        """What comes to the hub at once: a bank's message, or what a bank makes of its customer's wish. A file goes to the bank's edge."""
        self.result.messages += 1
        self.result.transactions += one.transactions
        if isinstance(one, Arrival):
            if one.bad:
                self.result.bad[one.bad] += 1
            self.result.asked["sticker"] += one.raw.count(b"/QR1/")
            return [Arrive(one.sender, one.raw)]
        self.result.asked[one.kind] += 1
        if one.wrong:
            self.result.wrong[one.wrong] += 1
        if one.kind == "file":
            sent = self.world.exchange([(one.bank[:8], "pain.001.001.09", one.raw)], now)
            return [Arrive(sender, raw) for sender, raw in sent]
        bank = self._bank(one.bank)
        request = {**one.request, "at": utc_text(now), "now": Instant(one.request.get("scanned", now))}
        if one.kind == "scan":
            currency = self.rules.participants[one.bank[:8]].currency
            best = self._board[currency, one.request["currency"]]
            request["quote"] = (best.quote_id, format(best.rate_for(1), "f"), currency)
        said = bank.answer(request)
        if "refused" in said:
            self.result.asked["scan refused at the customer's bank"] += 1
        return [Arrive(one.bank, raw.encode()) for raw in said["messages"]]

    def _bank(self, bic: str) -> SmallBank:
        """The side of a bank that serves customers at once."""
        if bic not in self._banks:
            bank = self._banks[bic] = SmallBank(demo_key(f"customers of {bic}"))
            bank.answer({"do": "hello", "bic": bic, "hub": self.rules.hub_bic, "day": self.day.isoformat(), "challenge": ""})
        return self._banks[bic]

    def close(self) -> None:
        close_hub(self.hub)
        if isinstance(self.world, WorldProcess):
            self.world.close()

    def _step(self, commands: list[Command], now: Instant) -> list[Command]:
        """One instant: what arrived is decided in batches, mail is exchanged with the world, its answers come back."""
        hub = self.hub
        for number, start in enumerate(range(0, max(1, len(commands)), BATCH_MAX - 1)):
            part = commands[start : start + BATCH_MAX - 1]
            for command, outcome in zip(part, hub.process(part, Instant(now + number)), strict=True):
                if isinstance(command, Arrive):
                    self.result.received[_kind(command.raw)] += 1
                elif isinstance(outcome, Refusal):
                    self.result.unexpected.append(f"{type(command).__name__}: {outcome.sentence()}")
        hub.flush()
        mail = [(one.recipient, one.kind, one.raw) for one in hub.take_mail()]
        self.result.sent.update(kind for _, kind, _ in mail)
        return [Arrive(sender, raw) for sender, raw in self.world.exchange(mail, now)] if mail else []

    def _edition(self, list_id: str) -> tuple[Entry, ...]:
        return editions(self.folder, self.rules.scheme)[list_id].entries

    def _unsettled(self) -> bool:
        desk = self.hub.desk
        return bool(desk.counters.open_cycle) or any(cycle.state.name != "SETTLED" for cycle in desk.cycles.values())

    def _undecided(self) -> bool:
        return any(case.open for case in self.hub.desk.cases.values())

    def _reconcile(self) -> None:
        """The hub's prefunded balances against what the agents hold, account by account."""
        hub = self.hub
        self.result.differences = differences(hub.books, self.rules, hub.desk.ledgers, self.world.balances())
        self.result.reconciled = not self.result.differences

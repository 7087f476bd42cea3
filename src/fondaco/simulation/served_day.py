"""A union that lives while it is served: a day that begins by itself, banks that pay without end, and agents that answer. The hub is the real one.

Here is what the simulated banks do; when they do it, and by which door it comes to the hub, is said by whoever serves (`cli.living`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

from fondaco.compliance import Case, Decision, sign
from fondaco.core import Instant, Refusal
from fondaco.hub import (
    BATCH_MAX,
    Arrive,
    Command,
    Hub,
    OpenDay,
    PostQuotes,
    SetLimit,
    SwapLists,
    Tick,
    editions,
    list_set,
    open_hub,
    scheme_of,
)
from fondaco.journal import Mail
from fondaco.rulebook import Rules
from fondaco.simulation.day import (
    SEED,
    brought,
    demo_day,
    demo_key,
    demo_officers,
    lay_out,
    officers_words,
    provider_quotes,
    sponsored,
)
from fondaco.simulation.served_trade import ServedTrade
from fondaco.simulation.trade_desk import representatives
from fondaco.simulation.trade_papers import EXPORTER, FIRMS, IMPORTER
from fondaco.simulation.workload import Arrival, Traffic, day_bounds
from fondaco.simulation.world import World

_S = 1_000_000_000
# A net cycle closes so often; the rulebook of `straits` as it is brought has four a day.
CYCLE_S = 90
LAST_CUT_OFF = time(9, 0)
# Messages a second on average, the share of them that is wrong in some way, and how long the day has been going on when the first page is seen.
MESSAGES_PER_S = 5.0
_BAD_SHARE = 0.03
LIVED_S = 160
_SLICE_S = 4
_QUOTES_S = 300
# The officers of the demo wait so long before they decide a hit: whoever plays an officer may be first.
_OFFICERS_WAIT_S = 300
# These banks are careful: they let themselves owe a small part of what the rulebook would let them, so that their payments queue up before the
# cycle turns.
_CAREFUL = {"ZZBBSG02": 1500, "ZZBCTH03": 1500, "ZZBBMY02": 1500}
# A bank that was broken pays again after so long.
BROKEN_S = 240
# Money is brought and trade begins before the hub opens for payments.
_MORNING_S = 240
_CYCLES = re.compile(r"\[\[cycles\]\]\n(?:[a-z_]+ = .*\n)+\n?")


class Sale(NamedTuple):
    """Invoices of the hub that wait to be paid by a customer of `payers_bank` to one of `sellers_bank`, and which accounts the papers name."""

    invoices: tuple[str, ...]
    payers_bank: str
    payers_account: str
    payers_town: str
    sellers_bank: str
    sellers_account: str


class ServedDay:
    """The hub of a new folder on the demo's day, and everybody around it. `prepare` begins the day and lets some minutes of it pass; from then on
    `sent` and `answers` say what comes to the hub. Nothing here reads a clock.
    """

    def __init__(self, folder: Path, seed: int = SEED, cycle_s: int = CYCLE_S) -> None:
        lay_out(folder)
        (folder / "union" / "officers.toml").write_text(demo_officers() + "\n" + representatives())
        self.day = demo_day()
        self.opens, _ = day_bounds(self.day)
        self._short_cycles(folder / "union" / "union.toml", cycle_s)
        self.rules: Rules = scheme_of(folder).on(self.day)
        self.world = World(self.rules, everyday=True)
        self.hub: Hub = open_hub(folder, lambda batch: hashlib.sha256(f"salt {seed} {batch}".encode()).digest())
        self.folder = folder
        self.sale = Sale((), FIRMS[IMPORTER].bank, "1234567890", FIRMS[IMPORTER].city, FIRMS[EXPORTER].bank, "9876543210")
        self._broken: dict[str, Instant] = {}
        self._left: set[str] = set()
        self._quoted_at = 0
        self._quotes = 0
        self._arrivals = self._traffic(folder, seed)
        self._next: Arrival | None = next(self._arrivals)

    def _short_cycles(self, path: Path, cycle_s: int) -> None:
        first = datetime.combine(self.day, time(1, 6), UTC)
        last = datetime.combine(self.day, LAST_CUT_OFF, UTC)
        cut_offs = [first + timedelta(seconds=cycle_s * at) for at in range(int((last - first).total_seconds()) // cycle_s)]
        told = "".join(f"[[cycles]]\nnumber = {at}\ncut_off = {one:%H:%M:%S}\n\n" for at, one in enumerate([*cut_offs, last], 1))
        text = path.read_text()
        found = list(_CYCLES.finditer(text))
        path.write_text(text[: found[0].start()] + told + text[found[-1].end() :])

    def _traffic(self, folder: Path, seed: int) -> Iterator[Arrival]:
        listed = tuple(entry.names[0].text.title() for entry in editions(folder, self.rules.scheme)["un"].entries[:12])
        traffic = Traffic(self.rules, seed, parties=4_000, listed=listed, sealed=True)
        opens, closes = day_bounds(self.day)
        messages = int((int(closes) - int(opens)) / _S * MESSAGES_PER_S)
        return traffic.messages(messages, opens, closes, bad_share=_BAD_SHARE)

    # Before it is served

    def prepare(self, lived_s: int = LIVED_S) -> Instant:
        """Begin the day, and let so many seconds of it pass at once; returns the instant at which it stands."""
        numbers = count(1)
        now = Instant(int(self.opens) - _MORNING_S * _S)
        self._played([OpenDay(self.day.isoformat())], now)
        self._played([SwapLists(list_set(self.folder, self.rules.scheme).version)], Instant(now + _S))
        self._played(list(brought(self.rules, now, numbers)), Instant(now + 2 * _S))
        self._played(list(sponsored(self.rules, now, numbers)), Instant(now + 20 * _S))
        self._played(list(self._careful()), Instant(now + 30 * _S))
        trade = ServedTrade(self.hub, self.rules.hub_bic, self.day, Instant(now + 40 * _S), self._played)
        self.sale = self.sale._replace(invoices=trade.begin())
        now = self.opens
        while now < int(self.opens) + lived_s * _S:
            self._played([*self.sent(now, self.hub.desk.cases.values()), Tick()], now)
            now = Instant(now + _SLICE_S * _S)
        return now

    def _careful(self) -> Iterator[Command]:
        for bic, part in _CAREFUL.items():
            bank = self.rules.participants[bic]
            yield SetLimit(bic, bank.currency, bank.caps[bank.currency] // part)

    def _played(self, commands: Sequence[Command], now: Instant) -> list[Refusal | str | None]:
        """Have commands decided, and every answer to them, at this instant and just behind it; what the first ones came to. Ends: answers lead to
        answers, and those to nothing more."""
        results: list[Refusal | str | None] = []
        for round_ in count():
            assert len(commands) < BATCH_MAX, "a morning's messages are one batch"
            found = self.hub.process(commands, Instant(now + round_))
            results = results or found
            self.hub.flush()
            commands = self.answers(self.hub.take_mail(), now)
            if not commands:
                return results
        raise AssertionError("counting does not end")

    # While it is served

    def sent(self, now: Instant, cases: Iterable[Case] = ()) -> list[Command]:
        """What banks, providers and the demo's officers send of themselves until `now`."""
        commands: list[Command] = []
        if now - self._quoted_at >= _QUOTES_S * _S:
            self._quoted_at, self._quotes = int(now), self._quotes + 1
            commands += [
                PostQuotes(bic, quotes)
                for bic, quotes in provider_quotes(self.rules, now, self.rules.quote_valid_s, self._quotes)
            ]
        while self._next is not None and self._next.at <= now and len(commands) < BATCH_MAX // 4:
            commands.append(Arrive(self._next.sender, self._next.raw))
            self._next = next(self._arrivals, None)
        commands += officers_words([one for one in cases if one.case_id not in self._left], now, _OFFICERS_WAIT_S * _S)
        self._mend(now)
        return commands

    def answers(self, mail: Sequence[Mail], now: Instant) -> list[Command]:
        """What banks and settlement agents send back to what they received."""
        found = self.world.exchange([(one.recipient, one.kind, one.raw) for one in mail], now)
        return [Arrive(sender, raw) for sender, raw in found]

    # What somebody who plays may do

    def break_bank(self, bic: str, now: Instant) -> None:
        """From now on no settlement agent earmarks what this bank (BIC of eight) has to pay, for `BROKEN_S` seconds."""
        self._broken[bic] = now
        self.world.failing.add(("", bic))

    def leave_case(self, case_id: str) -> None:
        """The simulated officers say nothing of this case from now on: who plays decides it. A second time changes nothing."""
        self._left.add(case_id)

    def sign_word(self, word: Decision) -> Decision:
        """The word, signed by the key of its officer that everybody knows; the hub refuses whoever its rulebook does not name."""
        return sign(word, demo_key(word.officer_id))

    def broken(self) -> dict[str, Instant]:
        """Who cannot pay at this moment, and since when."""
        return dict(self._broken)

    def _mend(self, now: Instant) -> None:
        for bic, since in list(self._broken.items()):
            if now - since >= BROKEN_S * _S:
                del self._broken[bic]
                self.world.failing.discard(("", bic))

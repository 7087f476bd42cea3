"""The state of a day with conversions (`converting.py`): what everybody has, who waits, what was offered; and one batch after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fondaco.clearing import Holder, Key, Obligation, Paying, Queues, Waiting, fifo_set, heads_that_settle, nets, without
from fondaco.core import MINOR_MAX, Instant, Refusal
from fondaco.fx import Locked, Quote, QuoteBook
from fondaco.payments import owed
from fondaco.simulation.exchange import Exchange
from fondaco.simulation.own_union import bics
from fondaco.simulation.payments import CurrencyDay, Whole

_NS = 1_000_000_000
# So many payments are handed in at once, as to a hub.
TOGETHER = 1_024


class Deal:
    """One payment while it lives. Participants are numbers of banks and one; `legs` follow from the rate that is locked."""

    __slots__ = (
        "cycle",
        "key",
        "legs",
        "let_in_s",
        "locked",
        "minor",
        "number",
        "payee",
        "payer",
        "settled_s",
        "source",
        "target",
    )

    def __init__(self, number: int, key: Key, payee: int, minor: int, target: str) -> None:
        self.number, self.key, self.payee, self.minor, self.target = number, key, payee, minor, target
        self.payer, self.source, _ = key
        self.locked: Locked | None = None
        self.legs: tuple[Obligation, ...] = ()
        self.cycle = 0
        self.settled_s = self.let_in_s = -1

    @property
    def first(self) -> Holder:
        """Who must pay first of all: where the money of this one is missing it waits, and elsewhere it ends."""
        return self.legs[0].payer, self.legs[0].currency


class _Together(NamedTuple):
    """Queued payments that settle together, with their nets, which are held for them."""

    deals: list[Deal]
    nets: list[tuple[Holder, int]]


class ConvertingDay:
    """What is kept of the day while it is played. `room` is what each holder has, `line` what is left of its cap in the open cycle."""

    def __init__(self, days: Sequence[CurrencyDay], exchange: Exchange) -> None:
        scenario = self._scenario = days[0].scenario
        self._exchange, self._names = exchange, [one[:8] for one in bics(scenario)]
        self.numbers = {name: bank + 1 for bank, name in enumerate(self._names)}
        self._caps = _by_holder((one.scenario.currency, one.caps) for one in days)
        self.room = _by_holder((one.scenario.currency, one.opening) for one in days)
        self._ahead = list(scenario.cut_offs_s)
        self._line = dict(self._caps)
        self._cycle = int(bool(self._ahead))
        self._quotes, self._posted, self._gone = QuoteBook(), 0, set[str]()
        self._queues, self._waiting = Queues(), dict[int, Deal]()
        self._second, self._freed = scenario.opens_s, False
        # Changes of rooms and queues; at how many of them nothing was found to offset, and until when that holds: then a rate runs out.
        self._changes, self._barren, self._barren_until = 0, -1, 0
        self._offered: list[Deal] = []
        self._together: list[_Together] = []
        self._accepted: list[Deal] = []
        self._closing: list[Deal] | None = None
        self._earmarked: tuple[list[Deal], list[tuple[Holder, int]]] | None = None
        self._gross: dict[Holder, int] = {}
        self._told = False
        self._lines: dict[Key, tuple[int, list[Paying] | None]] = {}

    # What happens

    def post_quotes(self, second: int) -> None:
        """New quotes of every provider that still takes part, in the place of its earlier ones."""
        posted = self._exchange.quotes(self._scenario.seed, self._posted, second * _NS, self._names)
        self._posted += 1
        self._until_quiet(second, quotes=[one for one in posted if one[0] not in self._gone])

    def fail(self, second: int, bank: int) -> None:
        self._until_quiet(second, gone=bank + 1)

    def tick(self, second: int) -> None:
        self._until_quiet(second)

    def hand_in(self, second: int, new: list[Deal]) -> None:
        for start in range(0, len(new), TOGETHER):
            self._until_quiet(second, new=new[start : start + TOGETHER])

    def _until_quiet(
        self, second: int, *, new: Sequence[Deal] = (), quotes: Sequence[tuple[str, tuple[Quote, ...]]] = (), gone: int = 0
    ) -> None:
        """Go on until nothing that waits can move. Ends: each round settles something or is the last."""
        self._second = second
        heard, looked = self._batch(new, quotes, gone), False
        while True:
            if heard:
                looked = False
            elif self._freed or (len(self._queues) > 1 and not looked):
                looked = not self._freed
            else:
                return
            heard = self._batch()

    def _batch(self, new: Sequence[Deal] = (), quotes: Sequence[tuple[str, tuple[Quote, ...]]] = (), gone: int = 0) -> bool:
        """One batch as a hub decides it. Returns whether somebody answers: a bank that was offered something, or a settlement agent."""
        numbers = self._found()
        if self._ahead and self._second >= self._ahead[0]:
            self._cut_off()
        offered, self._offered, self._told = self._offered, [], False
        if self._earmarked is not None:
            self._post(*self._earmarked)
        for provider, own in quotes:
            self._quotes.replace(provider, own)
        if gone:
            self._stop(gone)
        together = None if numbers is None else self._begin(numbers)
        pending, self._together = self._together, [] if together is None else [together]
        for deal in offered:
            self._accept(deal)
        self._release()
        self._enter(new)
        if self._closing is not None:
            self._close(self._closing)
        for one in pending:
            self._end(one)
        return bool(self._offered) or self._told

    # Money

    def _short(self, deal: Deal) -> Holder | None:
        """Hold what a payment's legs need; or nothing, and who is short first."""
        room = self._line if deal.cycle else self.room
        for currency, payer, _, minor in deal.legs:
            if room[payer, currency] < minor:
                return payer, currency
        for currency, payer, _, minor in deal.legs:
            room[payer, currency] -= minor
        self._changes += 1
        return None

    def _let_go(self, deal: Deal) -> None:
        room = self._line if deal.cycle else self.room
        for currency, payer, _, minor in deal.legs:
            room[payer, currency] += minor
        self._changes += 1

    def _accept(self, deal: Deal) -> None:
        """Its creditor agent said yes."""
        self._freed = True
        self._changes += 1
        if deal.cycle < 0:
            return  # of those that settle together: by their nets
        room = self._line if deal.cycle else self.room
        for currency, payer, payee, minor in deal.legs:
            room[payee, currency] += minor
            if not deal.cycle:
                self._moved((payer, currency), -minor)
                self._moved((payee, currency), minor)
        if deal.cycle:
            self._accepted.append(deal)
        else:
            deal.settled_s = self._second

    def _moved(self, holder: Holder, minor: int) -> None:
        self._gross[holder] = self._gross.get(holder, 0) + minor

    # Rates

    def _price(self, deal: Deal) -> bool:
        """Lock a rate where one is needed; False where there is none."""
        provider = 0
        arrives = deal.minor
        if deal.source != deal.target:
            found = self._quotes.best(deal.source, deal.target, deal.minor, Instant(self._second * _NS))
            if isinstance(found, Refusal):
                return False
            deal.locked, provider, arrives = found, self.numbers[found.provider], found.target_minor
        deal.legs = owed(deal.payer, deal.payee, provider, (deal.source, deal.minor), (deal.target, arrives))
        return True

    def _drop(self, deal: Deal) -> None:
        """It ends unsettled: its rate is free again."""
        if deal.locked is not None:
            self._quotes.release(deal.locked)
            deal.locked = None

    def _over(self, deal: Deal) -> bool:
        return deal.locked is not None and deal.locked.expires <= self._second * _NS

    # Queues

    def _wait(self, deal: Deal) -> None:
        self._queues.put(deal.key, deal.number)
        self._waiting[deal.number] = deal
        self._changes += 1

    def _take(self, number: int) -> Deal:
        self._queues.take_back(number)
        self._changes += 1
        return self._waiting.pop(number)

    def _enter(self, new: Sequence[Deal]) -> None:
        """Price what came, and hold its money; behind a waiting payment it waits. What was held before one of its own queue was found short is
        let go again at the end."""
        asked, let_go = [], []
        priced = [deal for deal in new if self._price(deal)]
        for deal in priced:
            deal.cycle = 0 if deal.key[2] else self._cycle
            if not deal.key[2] and not self._cycle:
                self._drop(deal)
            elif self._queues.has(deal.key):
                self._wait(deal)
            else:
                asked.append(deal)
        for deal in asked:
            short = self._short(deal)
            if short is None and not self._queues.has(deal.key):
                self._offer(deal)
            elif short is None:
                let_go.append(deal)
                self._wait(deal)
                self._freed |= deal.locked is not None
            elif short == deal.first:
                self._wait(deal)
            else:
                self._drop(deal)
        for deal in let_go:
            self._let_go(deal)

    def _offer(self, deal: Deal) -> None:
        self._offered.append(deal)
        if deal.cycle > 0:
            deal.let_in_s = self._second

    def _release(self) -> None:
        """Try the head of each queue, and the next one where it went through. Ends: each round takes a payment out of a queue or leaves the queue."""
        if not self._freed:
            return
        self._freed = False
        left: set[Key] = set()
        while True:
            heads = [(key, number) for key, number in self._queues.heads() if key not in left and (key[2] or self._cycle)]
            if not heads:
                return
            asked = []
            for _, number in heads:
                deal = self._take(number)
                if self._over(deal):
                    self._drop(deal)
                    if not self._exchange.requote or not self._price(deal):
                        continue
                deal.cycle = 0 if deal.key[2] else self._cycle
                asked.append(deal)
            for deal in asked:
                short = self._short(deal)
                if short is None:
                    self._offer(deal)
                elif short == deal.first:
                    self._wait(deal)
                    left.add(deal.key)
                else:
                    self._drop(deal)

    def _stop(self, bank: int) -> None:
        """A bank no longer takes part: neither do its quotes, nor what waits of it."""
        name = self._names[bank - 1]
        self._gone.add(name)
        self._quotes.replace(name, ())
        for number in [number for number, deal in sorted(self._waiting.items()) if bank in (deal.payer, deal.payee)]:
            self._drop(self._take(number))
            self._freed = True

    # Offsets

    def _found(self) -> list[int] | None:
        """Queued urgent payments that could settle together, by what there is now."""
        keys = [key for key in self._queues.open_keys() if key[2]]
        if len({payer for payer, _, _ in keys}) < 2:
            return None
        if self._barren == self._changes and self._second * _NS < self._barren_until:
            return None
        lines = {key: self._line_of(key) for key in keys}
        if all(line is not None for line in lines.values()):
            by_holder = {key[:2]: line for key, line in lines.items() if line is not None}
            counts = heads_that_settle(by_holder, self.room)
            found = [n for key in keys if counts for n in self._queues.line(key)[: counts[key[:2]]]]
            until = MINOR_MAX
        else:
            found, until = self._set_of(keys)
        if not found:
            self._barren, self._barren_until = self._changes, until
        return sorted(found) or None

    def _line_of(self, key: Key) -> list[Paying] | None:
        """A queue in which nothing changes currency, as the search for offsets reads it; None for another."""
        state, (known, line) = self._queues.state(key), self._lines.get(key, (-1, None))
        if known != state:
            deals = [self._waiting[number] for number in self._queues.line(key)]
            line = None
            if not any(deal.locked for deal in deals):
                line = [Paying((deal.payee, deal.source), deal.minor, deal.minor) for deal in deals]
            self._lines[key] = state, line
        return line

    def _set_of(self, keys: Iterable[Key]) -> tuple[list[int], int]:
        """First in, first out, over several currencies at once, and when the next rate runs out: who has it is priced again first, and nobody
        passes it."""
        waiting, until = [], MINOR_MAX
        for key in keys:
            for number in self._queues.line(key):
                deal = self._waiting[number]
                if self._over(deal):
                    break
                waiting.append(Waiting(number, key, deal.legs))
                if deal.locked is not None and deal.locked.expires < until:
                    until = deal.locked.expires
        holders = {(who, leg.currency) for one in waiting for leg in one.legs for who in (leg.payer, leg.payee)}
        return fifo_set(waiting, {holder: self.room[holder] for holder in holders}), until

    def _begin(self, numbers: list[int]) -> _Together | None:
        """Hold the nets of payments that settle together, and offer each; not where one of them waits no more."""
        if any(number not in self._waiting for number in numbers):
            return None
        deals = [self._waiting[number] for number in numbers]
        moves = _moves(leg for deal in deals for leg in deal.legs)
        if any(self.room[holder] + minor < 0 for holder, minor in moves):
            self._freed = True
            return None
        self._hold(moves)
        for number in numbers:
            deal = self._take(number)
            deal.cycle = -1
            self._offer(deal)
        return _Together(deals, moves)

    def _end(self, one: _Together) -> None:
        """All have said yes: they are final by their nets."""
        self._receive(one.nets)
        for holder, minor in one.nets:
            self._moved(holder, minor)
        for deal in one.deals:
            deal.settled_s = self._second

    def _hold(self, moves: list[tuple[Holder, int]]) -> None:
        for holder, minor in moves:
            if minor < 0:
                self.room[holder] += minor
        self._changes += 1

    def _receive(self, moves: list[tuple[Holder, int]]) -> None:
        for holder, minor in moves:
            if minor > 0:
                self.room[holder] += minor
        self._freed = True
        self._changes += 1

    # Cycles

    def _cut_off(self) -> None:
        """Let nothing more into the open cycle, and open the next."""
        del self._ahead[0]
        self._closing, self._accepted = self._accepted, []
        self._cycle = self._cycle + 1 if self._ahead else 0
        self._freed |= bool(self._cycle)
        self._line = dict(self._caps)

    def _close(self, members: list[Deal]) -> None:
        """Hold the nets of a cycle; who cannot pay leaves with all that it pays, both legs of each. Ends: each round leaves fewer payments."""
        legs_of = {deal.number: deal.legs for deal in members}
        failing: set[tuple[int, str]] = set()
        while True:
            out = without(legs_of, failing)
            moves = _moves(leg for number, legs in legs_of.items() if number not in out for leg in legs)
            short = {holder for holder, minor in moves if self.room[holder] + minor < 0}
            if not short:
                break
            failing |= short
            self._freed = True
        self._hold(moves)
        self._closing = None
        kept = [deal for deal in members if deal.number not in out]
        gross, self._gross = self._gross, {}
        totals = dict(gross)
        for holder, minor in moves:
            totals[holder] = totals.get(holder, 0) + minor
        if any(totals.values()):
            self._earmarked, self._told = (kept, moves), True  # settlement agents are asked first
        else:
            self._post(kept, moves)
            self._told = False

    def _post(self, kept: list[Deal], moves: list[tuple[Holder, int]]) -> None:
        """The cycle is final; agents are told to post it."""
        self._earmarked, self._told = None, True
        self._receive(moves)
        for deal in kept:
            deal.settled_s = self._second


def _by_holder(columns: Iterable[tuple[str, Whole]]) -> dict[Holder, int]:
    return {(bank + 1, currency): minor for currency, column in columns for bank, minor in enumerate(column.tolist())}


def _moves(legs: Iterable[Obligation]) -> list[tuple[Holder, int]]:
    """The nets of these debts, by holder."""
    return [((who, currency), minor) for currency, own in nets(legs).items() for who, minor in own.items()]

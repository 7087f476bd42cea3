"""A hub on stores in memory, the day around it, and a power that fails: what is decided is decided again from what the stores have, to the same end."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fondaco.core import Instant, Refusal, at
from fondaco.hub import CloseCycle, Command, EndDay, OpenDay, SwapLists
from fondaco.journal import Mail
from fondaco.ledger import Account, Transfer
from fondaco.simulation import World
from small_worlds import BooksInMemory, Image, JournalInMemory, Opened
from trade_walk.acts import Act
from trade_walk.auditor import Auditor
from trade_walk.ground import TradeGround
from union import Desk, S

Answers = list[Refusal | str | None]
# So many of the moments at which the power may fail in a batch are tried, at most.
DEATHS_MAX = 6


class Died(BaseException):
    """The process ends here."""


class TradeWorld(Desk):
    """One life: every batch may be cut off. `deaths` counts how often that was tried, and how often recovery was cut off as well."""

    def __init__(self, ground: TradeGround, dice: random.Random, dying: float) -> None:
        self.ground, self.dice, self.dying = ground, dice, dying
        self.folder, self.day, self.rules = ground.folder, ground.day, ground.rules
        self.opened = ground.open(ground.image)
        self.hub, self.now = self.opened.hub, Instant(ground.image.now)
        self.world = World(self.rules)
        for agent in self.world._agents.values():
            agent.own, agent.sub = (dict(one) for one in ground.agents[agent.currency])
        self.inbox: list[Mail] = []
        self.auditor = Auditor(ground.opening)
        self.deaths: Counter[str] = Counter()
        self.first_day = self.day
        self._quoted_at = int(self.now)

    def do(self, *commands: Command) -> Refusal | str | None:
        return self.play([Act(one) for one in commands])[-1]

    def play(self, acts: Sequence[Act]) -> Answers:
        """Decide these as one batch, an instant later; the auditor hears all of it and reads the books."""
        self.now = Instant(self.now + S)
        answers, mail = self._decided([one.command for one in acts])
        self.inbox += mail
        self.auditor.heard(acts, answers, mail, self.now)
        self.auditor.compare(self.hub.books.accounts())
        return answers

    def _decided(self, commands: Sequence[Command]) -> tuple[Answers, list[Mail]]:
        if self.dice.random() >= self.dying:
            return self._processed(commands)
        before = self.opened.image()
        self.opened.journal.watched = True
        answers, mail = self._processed(commands)
        self._die(before, commands, answers, mail)
        self.opened.journal.watched = False
        return answers, mail

    def _processed(self, commands: Sequence[Command]) -> tuple[Answers, list[Mail]]:
        self.opened.books.calls = [self.opened.books.image()] if self.opened.journal.watched else []
        self.opened.now = self.now
        answers = self.hub.process(list(commands), self.now)
        self.hub.flush()
        return answers, self.hub.take_mail()

    def _die(self, before: Image, commands: Sequence[Command], answers: Answers, mail: list[Mail]) -> None:
        """The batch as it would have gone on, had the process ended at any of its calls: the same to the byte, wherever it ended."""
        content = self.opened.content()
        images = self.opened.deaths()
        chosen = images if len(images) <= DEATHS_MAX else self.dice.sample(images, DEATHS_MAX)
        for image in chosen:
            again = self._recovered(image)
            again.hub.flush()
            assert again.content() == content, "what was cut off is decided again to the same end"
            assert again.hub.take_mail() == mail, "and says the same"
            self.deaths["died"] += 1
        # Before its inputs were kept nothing had happened: whoever gave them gives them again.
        self.opened, self.hub = (fresh := self.ground.open(before)), fresh.hub
        fresh.journal.watched = False
        assert self._processed(commands) == (answers, mail) and self.opened.content() == content, "given again, it is the same"
        self.deaths["died"] += 1
        end = self.ground.open(self.opened.image())
        assert end.content() == content, "a restart changes nothing"
        self.opened, self.hub = end, end.hub

    def _recovered(self, image: Image) -> Opened:
        """A hub from what was left; now and then its recovery is cut off too, at a call of the books, and begun again from there."""
        if self.dice.random() < 0.3:
            left = cut_off(self.ground, image, self.dice.randint(1, 3))
            if left is not None:
                self.deaths["died in recovery"] += 1
                image = left
        return self.ground.open(image)

    # The day

    def to_day(self, days: int) -> None:
        """So many days on: this business day ends, another opens on a day on which all currencies are open."""
        self.wait(max(self.rules.answer_time_s, self.rules.answer_time_urgent_s))
        self.let_agents_answer()
        self.do(CloseCycle(last=True))
        self.let_agents_answer()
        ended = self.do(EndDay())
        assert ended is None, ended
        day = self.day + timedelta(days=days)
        while not all(one.calendar.is_business_day(day) for one in self.rules.currencies.values()):
            day += timedelta(days=1)
        self.day = day
        self.now = at(datetime.combine(day, time(1, 10), UTC))
        renewed = [version for later, version in self.ground.lists.items() if self._after(later) <= day]
        if renewed and self.hub.desk.counters.list_set != renewed[-1]:
            self.do(SwapLists(renewed[-1]))
        opened = self.do(OpenDay(day.isoformat()))
        assert opened is None, opened
        self.quotes()

    def quotes(self) -> None:
        super().quotes()
        self._quoted_at = int(self.now)

    def keep_quoting(self) -> None:
        """Providers quote again before what they quoted ends."""
        if int(self.now) - self._quoted_at > self.rules.quote_valid_s * S // 2:
            self.quotes()

    def _after(self, days: int) -> date:
        return self.first_day + timedelta(days=days)

    @property
    def days(self) -> int:
        return (self.day - self.first_day).days


class _DyingBooks(BooksInMemory):
    """Books whose process ends after so many calls; `left` is None for never."""

    left: int | None = None

    def create_accounts(self, accounts: Sequence[Account], at_ns: int) -> list[int]:
        answer = super().create_accounts(accounts, at_ns)
        self._count()
        return answer

    def create_transfers(self, transfers: Sequence[Transfer], at_ns: int) -> list[int]:
        answer = super().create_transfers(transfers, at_ns)
        self._count()
        return answer

    def _count(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise Died


def cut_off(ground: TradeGround, image: Image, calls: int) -> Image | None:
    """What a recovery leaves that ends after so many calls of the books; None where it makes fewer."""
    journal = JournalInMemory(image.journal)
    books: Any = ground.books(image, _DyingBooks)
    books.left = calls
    try:
        ground.hub_on(journal, books)
    except Died:
        return Image(journal.image(), books.image(), image.now)
    return None

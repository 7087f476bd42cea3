"""What is asked of an engine, one deed after the other, so that a twin can be asked the same and compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fondaco.ledger import Account, Balance, Engine, MemoryEngine, Status, Transfer, account_records, transfer_records
from random_events import Source


class Deed(NamedTuple):
    """Messages of one commit, or accounts, or (neither) a call to release what has expired; each at one instant."""

    at_ns: int
    messages: tuple[tuple[Transfer, ...], ...] = ()
    accounts: tuple[Account, ...] = ()


def deeds_of(seed: int, events: int, *, narrow: bool = False, grouped: bool = True) -> list[Deed]:
    """Seeded deeds of at least so many events: messages of every kind, up to three of them in one commit."""
    made: list[Deed] = []
    for message in Source(seed, narrow=narrow).messages(events):
        if message.transfers is None:
            made.append(Deed(message.at_ns, (), tuple(message.accounts or ())))
        elif grouped and made and 0 < len(made[-1].messages) < 3 and len(message.transfers) < 40:
            made[-1] = made[-1]._replace(messages=(*made[-1].messages, tuple(message.transfers)))
        else:
            made.append(Deed(message.at_ns, (tuple(message.transfers),)))
    return made


def ask(engine: Engine, deed: Deed) -> list[list[int]]:
    """Do it; the statuses of each message. What an expiry released stands for its statuses."""
    if deed.accounts:
        return [engine.open_accounts(account_records(deed.accounts), deed.at_ns).tolist()]
    if not deed.messages:
        return [[amount for _, amount in sorted(engine.expire(deed.at_ns))]]
    messages = [transfer_records(message) for message in deed.messages]
    if len(messages) == 1:
        return [engine.book(messages[0], deed.at_ns).tolist()]
    return [answer.tolist() for answer in engine.book_all(messages, deed.at_ns)]  # type: ignore[attr-defined]


Books = tuple[list[tuple[Account, Balance]], list[tuple[Transfer, int]], tuple[int, int] | None]


def said(engine: Engine) -> Books:
    """Everything that books say but the timestamps of single transfers, which are each engine's own."""
    accounts = [(account._replace(timestamp=0), balance) for account, balance in engine.accounts()]
    history = [(event._replace(timestamp=0), amount) for _, event, amount in engine.history()]
    # A refusal that burns an id changes no balance; how far a kernel of ours has come tells that it was given.
    kernel = getattr(engine, "_kernel", None)
    return accounts, history, None if kernel is None else (kernel.position, kernel.last_ns)


class Twin:
    """Books in memory that are asked the same deeds and lose nothing. What they said is kept: many books may be held against one twin."""

    def __init__(self, deeds: Sequence[Deed]) -> None:
        self.deeds = deeds
        self._engine, self._done = MemoryEngine("reference"), 0
        self._said: dict[int, Books] = {}
        self._again: dict[int, tuple[list[list[list[int]]], Books]] = {}

    def after(self, deeds: int) -> Books:
        """What books say that did the first so many deeds."""
        if deeds not in self._said:
            if deeds < self._done:
                self._engine, self._done = MemoryEngine("reference"), 0
            for deed in self.deeds[self._done : deeds]:
                ask(self._engine, deed)
            self._done = deeds
            self._said[deeds] = said(self._engine)
        return self._said[deeds]

    def held(self, engine: Engine, answered: int) -> int:
        """How many deeds the books hold: those answered, in order and once, and at most the one that was under way.

        Raises `AssertionError` for any other books.
        """
        found = said(engine)
        if found == self.after(answered):
            return answered
        assert answered < len(self.deeds), "the books hold more than was ever asked, or less than was answered"
        assert found == self.after(answered + 1), "the books hold neither what was answered nor that and the one deed under way"
        return answered + 1

    def asked_again(self, engine: Engine, held: int) -> None:
        """Every message is asked again: what was booked is not booked twice, and what was not is answered as if for the first time."""
        if held not in self._again:
            self._again[held] = self._ask_again(held)
        answers, end = self._again[held]
        assert [ask(engine, deed) for deed in self.deeds if deed.messages] == answers
        assert said(engine) == end

    def _ask_again(self, held: int) -> tuple[list[list[list[int]]], Books]:
        other = MemoryEngine("reference")
        first = [ask(other, deed) for deed in self.deeds[:held]]
        answers = []
        for number, deed in enumerate(self.deeds):
            if deed.messages:
                answers.append(ask(other, deed))
                for now, then in zip(answers[-1], first[number] if number < held else [], strict=False):
                    for status, before in zip(now, then, strict=True):
                        assert status != 0 or before in _NEVER_SEEN, "what was booked once is not booked again"
        return answers, said(other)


# Refusals that leave the id free, so that the same event may be applied when it comes again.
_NEVER_SEEN = frozenset(Status) - {Status.OK, Status.EXISTS, Status.ID_ALREADY_FAILED}

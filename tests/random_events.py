"""Seeded random messages for two engines at once: everything that the law knows, in shares that reach every status.

The same seed gives the same messages. What an engine answered is never looked at, so that both are asked the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from books import BAL_C, BAL_D, CLOSE_C, CLOSE_D, IMPORTED, LINKED, PENDING, POST, VOID
from fondaco.ledger import AMOUNT_MAX, Account, Transfer

NS = 1_000_000_000
ID_MAX = 2**128 - 1
LEDGERS = (7, 8)


class Message(NamedTuple):
    """One message at one instant: of transfers, of accounts, or a call to release what has expired."""

    at_ns: int
    transfers: list[Transfer] | None
    accounts: list[Account] | None = None


class Source:
    """Draws messages until as many events were drawn as asked for."""

    def __init__(self, seed: int, *, narrow: bool = False) -> None:
        """`narrow` leaves out what another engine answers otherwise by its nature: amounts above 2^63-1, imports, expiry by call."""
        self._random = random.Random(seed)
        self._narrow = narrow
        self._now = 10**15
        self._next_id = 1
        # Those that most money moves between: plain ones, limited ones either way, some on another ledger, some that get closed.
        kinds = [(7, 0)] * 6 + [(7, 2)] * 3 + [(7, 4)] * 3 + [(8, 0)] * 2 + [(7, 0)] * 3
        self._core = [Account(10 + at, ledger, 1, flags, 5 * (at % 2)) for at, (ledger, flags) in enumerate(kinds)]
        self._closable = self._core[-3:]
        self._accounts: list[Account] = list(self._core)
        self._sent: list[Transfer] = []
        self._pendings: list[Transfer] = []
        self._imports_end = 10**14

    def messages(self, events: int) -> Iterator[Message]:
        yield Message(self._now, None, self._core)
        drawn = 0
        while drawn < events:
            self._now += self._random.choice((1_000, 1_000_000, NS, 3 * NS))
            kind = self._random.random()
            if kind < 0.05:
                yield self._opening(self._random.randint(1, 6))
                continue
            if kind < 0.08 and not self._narrow:
                yield Message(self._now, None)
                continue
            size = self._random.choice((1, 2, 5, 40, 150))
            message = self._imports(size) if kind < 0.11 and not self._narrow else self._message(size)
            drawn += len(message)
            # Now and then the clock stands still or goes back.
            back = self._random.choice((0, 0, 0, 1, 10**6))
            yield Message(self._now - back, message)
            self._now += len(message)

    # Accounts

    def _opening(self, count: int) -> Message:
        draw = self._random
        accounts = []
        for _ in range(count):
            if draw.random() < 0.35:
                again = draw.choice(self._core) if draw.random() < 0.8 else draw.choice(self._accounts)
                field = draw.choice(("id", "flags", "ledger", "code", "user_data_64", "user_data_128", "user_data_32"))
                accounts.append(again._replace(**{field: draw.choice((0, 1, 2, getattr(again, field)))}))
                continue
            flags = draw.choice((0, 0, 0, 2, 4, 2, 4, 6, 8, 32, 64))
            account = Account(
                draw.choice((0, ID_MAX, 10**6 + len(self._accounts))) if draw.random() < 0.15 else 100 + len(self._accounts),
                draw.choice((7, 7, 7, 8, 0)) if draw.random() < 0.5 else 7,
                draw.choice((1, 1, 1, 0)) if draw.random() < 0.2 else 1,
                flags,
                draw.choice((0, 5)),
                draw.choice((0, 2**100)),
                draw.choice((0, 9)),
                draw.choice((0, 77)) if draw.random() < 0.1 else 0,
            )
            accounts.append(account)
            self._accounts.append(account)
        for at in range(len(accounts)):
            if draw.random() < 0.1:
                accounts[at] = accounts[at]._replace(flags=accounts[at].flags | LINKED)
        return Message(self._now, None, accounts)

    # Transfers

    def _message(self, size: int) -> list[Transfer]:
        draw = self._random
        message: list[Transfer] = []
        while len(message) < size:
            if draw.random() < 0.15:
                chain = [self._event() for _ in range(draw.randint(2, 5))]
                message.extend(event._replace(flags=event.flags | LINKED) for event in chain[:-1])
                message.append(chain[-1])
            else:
                message.append(self._event())
        if draw.random() < 0.03:
            message[-1] = message[-1]._replace(flags=message[-1].flags | LINKED)
        return message

    def _event(self) -> Transfer:
        draw = self._random
        kind = draw.random()
        if self._sent and kind < 0.08:
            return self._again(draw.choice(self._sent[-400:]) if draw.random() < 0.8 else draw.choice(self._sent))
        if self._pendings and kind < 0.30:
            event = self._resolution()
        else:
            event = self._plain()
        if draw.random() < 0.05:
            event = self._spoiled(event)
        self._sent.append(event)
        if event.flags & PENDING and not event.flags & (POST | VOID):
            self._pendings.append(event)
        return event

    def _plain(self) -> Transfer:
        draw = self._random
        pool = self._core[:12] if draw.random() < 0.93 else self._accounts
        debit, credit = (one.id for one in (draw.sample(pool, 2) if draw.random() < 0.98 else draw.choices(pool, k=2)))
        flags = PENDING if draw.random() < 0.35 else 0
        amount = draw.choice((0, 1, 5, 50, 500))
        if draw.random() < 0.08:
            flags |= draw.choice((BAL_D, BAL_C, BAL_D | BAL_C))
            amount = draw.choice((0, 10, 1_000, AMOUNT_MAX))
        if draw.random() < 0.03:
            flags |= draw.choice((CLOSE_D, CLOSE_C, CLOSE_D | CLOSE_C)) | draw.choice((0, PENDING, PENDING, PENDING))
            amount = draw.choice((0, 3))
            debit, credit = draw.sample([one.id for one in self._closable], 2)
        elif draw.random() < 0.02:
            debit = draw.choice(self._closable).id
        if draw.random() < 0.004 and not self._narrow:
            amount = draw.choice((2**63 - 1, 2**63 - 2, 2**62, 2**63, 2**64 + 1, AMOUNT_MAX))
        timeout = draw.choice((0, 1, 2, 5, 2**32 - 1)) if flags & PENDING and draw.random() < 0.3 else 0
        if self._narrow and timeout:
            timeout = 2**31
        return Transfer(
            self._id(), debit, credit, amount, draw.choice((7,) * 12 + (8, 0)) if draw.random() < 0.1 else 7, 1, flags, 0, timeout,
            draw.choice((0, 6)), draw.choice((0, 2**90)), draw.choice((0, 3)),
        )  # fmt: skip

    def _id(self) -> int:
        """Ids increase by intent and leg as the hub's do; now and then one is far away."""
        self._next_id += 1
        if self._random.random() < 0.03:
            return self._random.getrandbits(127) | 1
        return (self._next_id // 3) << 64 | (self._next_id % 3 + 1)

    def _resolution(self) -> Transfer:
        draw = self._random
        pending = draw.choice(self._pendings[-60:]) if draw.random() < 0.9 else draw.choice(self._pendings)
        if draw.random() < 0.03:
            pending = draw.choice(self._sent)
        flag = draw.choice((POST, POST, VOID))
        amount = (
            draw.choice((AMOUNT_MAX, 0, pending.amount, pending.amount // 2, min(AMOUNT_MAX, pending.amount + 1)))
            if flag == POST
            else draw.choice((0, 0, pending.amount, max(0, pending.amount - 1), AMOUNT_MAX))
        )
        named = draw.random() < 0.3
        wrong = draw.random() < 0.1
        return Transfer(
            self._id(),
            pending.debit if named else draw.choice((0, 10, 11)) if wrong else 0,
            pending.credit if named else draw.choice((0, 10, 11)) if wrong else 0,
            amount,
            pending.ledger if named else draw.choice((0, 8)) if wrong else 0,
            pending.code if named else draw.choice((0, 2)) if wrong else 0,
            flag,
            pending.id,
            0,
            draw.choice((0, 6, 7)),
            draw.choice((0, 2**91)),
            draw.choice((0, 4)),
        )

    def _again(self, old: Transfer) -> Transfer:
        """The same id: as it was, or with one field changed."""
        draw = self._random
        if draw.random() < 0.4:
            return old
        field = draw.choice(
            ("debit", "credit", "amount", "ledger", "code", "flags", "pending_id", "timeout", "user_data_64", "user_data_128",
             "user_data_32")
        )  # fmt: skip
        value = draw.choice((0, 1, 2, getattr(old, field) + 1, getattr(old, field) ^ 4 if field == "flags" else 3))
        limit = {"code": 2**16, "flags": 2**16, "ledger": 2**32, "timeout": 2**32, "user_data_32": 2**32, "user_data_64": 2**64}
        return old._replace(**{field: value % limit.get(field, 2**128)})

    def _spoiled(self, event: Transfer) -> Transfer:
        """One thing wrong with the event as such."""
        draw = self._random
        changes: list[dict[str, int]] = [
            {"id": 0}, {"id": ID_MAX}, {"debit": 0}, {"debit": ID_MAX}, {"credit": 0}, {"credit": ID_MAX}, {"debit": event.credit},
            {"pending_id": 0}, {"pending_id": ID_MAX}, {"pending_id": event.id}, {"pending_id": 5}, {"timeout": 3}, {"ledger": 0},
            {"ledger": 99}, {"code": 0}, {"flags": 1 << 9}, {"flags": POST | VOID}, {"flags": event.flags | PENDING},
            {"flags": event.flags | CLOSE_D}, {"flags": event.flags | BAL_D}, {"debit": 10**9}, {"credit": 10**9}, {"timestamp": 5},
            {"flags": event.flags | IMPORTED},
        ]  # fmt: skip
        if self._narrow:
            changes = changes[:-1]
        return event._replace(**draw.choice(changes))

    def _imports(self, size: int) -> list[Transfer]:
        """Transfers that bring timestamps of their own, some of them impossible."""
        draw = self._random
        message = []
        for _ in range(min(size, 20)):
            event = self._plain()
            self._imports_end += draw.choice((1, 5, 0))
            at = draw.choice((self._imports_end, self._now - 10, self._now - 5, self._now + NS, 0, 2**63, 1))
            message.append(event._replace(flags=event.flags | IMPORTED, timestamp=at))
            self._sent.append(message[-1])
        if draw.random() < 0.2:
            message[draw.randrange(len(message))] = self._plain()
        return message

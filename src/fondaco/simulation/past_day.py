"""A business day as a hub's journal keeps it: what came in, what was sent, and which of what came in answered what was sent.

Everything is read from a copy of the journal, so the hub may be in its work, and is never touched.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from fondaco.compliance import Case
from fondaco.core import bic8
from fondaco.hub import Arrive, Command, Depart, NotReady, OffsetQueues, TakeRates, TakeStock, configuration_of
from fondaco.journal import Inputs, JournalCopy, Mail, copy_journal
from fondaco.payments import DECODER, Payment, State

_COMMANDS = msgspec.msgpack.Decoder(list[Command])
_DEFINITION = re.compile(rb"<(?:\w+:)?MsgDefIdr>([^<]*)<")
_SENT_AS = re.compile(rb">(H\d{12})<")
_CYCLE = re.compile(rb">(C\d+A\d+)P\d+<")
_UETR = re.compile(rb"<(?:\w+:)?(?:Orgnl)?UETR>([^<]*)<")
_END_TO_END = re.compile(rb"<(?:\w+:)?EndToEndId>([^<]*)<")
# What answers something that the hub sent. Everything else comes when it came, whatever the hub did.
_ANSWERS = frozenset({"pacs.002", "pacs.004", "camt.025", "camt.029", "camt.111", "acmt.024"})
# What is about a cycle, and names none of the banks' payments.
_COUNTED = frozenset({"pacs.009", "pacs.029"})
# What a bank's answer may be found by, where it does not name the hub's message: its payment's UETR in a message of these kinds.
_ANSWERED = {"pacs.002": ("pacs.008", "pacs.004"), "camt.029": ("camt.056",)}


class Letter(NamedTuple):
    """What tells one message of the hub in two runs of a day: to whom, of which kind, about what, and the how many-th of those."""

    recipient: str
    kind: str
    about: bytes
    place: int


class Letters:
    """Names the hub's messages of a day in the order in which they are sent."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str, bytes]] = Counter()

    def of(self, mail: Mail) -> Letter:
        about = b"" if mail.kind[:8] in _COUNTED else b" ".join(_UETR.findall(mail.raw) or _END_TO_END.findall(mail.raw))
        key = (mail.recipient, mail.kind[:8], about)
        self._seen[key] += 1
        return Letter(*key, self._seen[key])


class Came(NamedTuple):
    """One command as it came in: in which batch and at which place of it, and at which instant (ns)."""

    at: int
    batch: int
    place: int
    command: Command


class Reply(NamedTuple):
    """What came in because the hub sent something, `after` so many nanoseconds. It may say the `names` by which that message went."""

    came: Came
    after: int
    names: tuple[bytes, ...]


class _Sent(NamedTuple):
    letter: Letter
    at: int
    seq: int
    names: tuple[bytes, ...]


class PastDay:
    """One business day (ISO date) of the hub in `folder`. `first` and `last` are its batches, `opened` and `over` the instants (ns) of its
    opening and of the next day's, 0 for none. `scratch` takes the copy.

    Raises `NotReady` for a day that never opened, for what was erased, and where the journal is on a server.
    """

    def __init__(self, folder: Path, day: str, scratch: Path) -> None:
        if configuration_of(folder).journal != "sqlite":
            raise NotReady(f"{folder} keeps its journal on a server; a day is replayed from an embedded one")
        if not (folder / "journal.sqlite").exists():
            raise NotReady(f"{folder} holds no journal; nothing was decided there yet")
        copy_journal(folder / "journal.sqlite", scratch / "journal.sqlite")
        self.folder, self.day = folder, day
        self.journal = JournalCopy(scratch / "journal.sqlite")
        opened = {key: msgspec.msgpack.decode(raw, type=int) for key, raw in self.journal.records("day")}
        if day not in opened:
            self.journal.close()
            raise NotReady(f"{day} is no business day that this hub opened; it opened {', '.join(sorted(opened)) or 'none'}")
        self.opened = opened[day]
        self.over = min((at for at in opened.values() if at > self.opened), default=0)
        self.is_first = self.opened == min(opened.values())
        self.before = max((key for key in opened if key < day), default="")
        self._instants = {link.number: link.instant for link in self.journal.links()}
        own = [number for number, at in self._instants.items() if at >= self.opened and not 0 < self.over <= at]
        self.first, self.last = own[0], own[-1]

    def close(self) -> None:
        self.journal.close()

    def inputs(self, batch: int) -> Inputs:
        """Raises `NotReady` for what was erased after its retention."""
        found = self.journal.inputs_of(batch)
        if found is None or not found.commands:
            raise NotReady(f"what batch {batch} brought was erased after its retention: this day cannot be replayed any more")
        return found

    def link(self, batch: int) -> bytes:
        """The hash of a batch's link."""
        return next(self.journal.links(batch)).hash

    def commands(self) -> Iterator[Came]:
        """What came in on the day, in its order; what the hub found itself is left out, since it finds it again."""
        for batch in range(self.first, self.last + 1):
            inputs = self.inputs(batch)
            for place, command in enumerate(_COMMANDS.decode(inputs.commands)):
                if not isinstance(command, Depart | OffsetQueues | TakeRates | TakeStock):
                    yield Came(inputs.instant, batch, place, command)

    def instants(self) -> list[int]:
        """When batches were decided on the day, also those that nothing came in with."""
        return [self._instants[batch] for batch in range(self.first, self.last + 1)]

    def case(self, case_id: str) -> Case | None:
        raw = self.journal.record("case", case_id)
        return None if raw is None else msgspec.msgpack.decode(raw, type=Case)

    def payments(self) -> Iterator[Payment]:
        """Those to which something happened on the day, as they stood at its end."""
        for _, raw in self.journal.payments():
            payment = DECODER.decode(raw)
            taken = [one for one in payment.taken if not 0 < self.over <= one.at]
            if not taken or taken[-1].at < self.opened:
                continue
            if len(taken) < len(payment.taken):  # what came of it is of a later day
                payment = msgspec.structs.replace(payment, taken=taken, state=State[taken[-1].state], refusal=None)
            yield payment


class Correspondence:
    """Which of the day's commands came of themselves (`own`), and which answered a message of the hub (`replies`, by that message).

    A bank answers a message as it did then, after the same time. `sent` are all messages of the day: one that nobody answered stays
    unanswered. An answer to several messages counts as one to the last of them.
    """

    def __init__(self, past: PastDay) -> None:
        letters = Letters()
        self.own: list[Came] = []
        self.replies: dict[Letter, list[Reply]] = {}
        self.sent: set[Letter] = set()
        self._delays: dict[tuple[str, str], list[int]] = {}
        by_name: dict[tuple[str, bytes], _Sent] = {}
        by_uetr: dict[tuple[str, str, bytes], _Sent] = {}
        batch = past.first
        for came in past.commands():
            while batch < came.batch:  # a batch's mail is there for the next one
                self._sent(past, batch, letters, by_name, by_uetr)
                batch += 1
            found = _answered(came.command, by_name, by_uetr)
            if found is None:
                self.own.append(came)
                continue
            after = came.at - found.at
            self.replies.setdefault(found.letter, []).append(Reply(came, after, found.names))
            self._delays.setdefault((found.letter.recipient, found.letter.kind), []).append(after)
        for rest in range(batch, past.last + 1):
            self._sent(past, rest, letters, by_name, by_uetr)

    def usual_delay(self, letter: Letter) -> int:
        """How long its recipient takes for such a message, in the middle of the day's answers (ns): where it never answered one, how long
        others take; where nobody did, a second."""
        own = self._delays.get((letter.recipient, letter.kind))
        others = [delay for (_, kind), delays in self._delays.items() if kind == letter.kind for delay in delays]
        return int(median(own or others or [1_000_000_000]))

    def _sent(
        self,
        past: PastDay,
        batch: int,
        letters: Letters,
        by_name: dict[tuple[str, bytes], _Sent],
        by_uetr: dict[tuple[str, str, bytes], _Sent],
    ) -> None:
        at = past.inputs(batch).instant
        for mail in past.journal.mail_of(batch):
            one = _Sent(letters.of(mail), at, mail.seq, names_of(mail))
            self.sent.add(one.letter)
            by_name[mail.recipient, one.names[0]] = one
            for uetr in _UETR.findall(mail.raw):
                by_uetr[mail.recipient, mail.kind[:8], uetr] = one


def names_of(mail: Mail) -> tuple[bytes, ...]:
    """The names by which an answer may call a message: its identification, and of a request to earmark the cycle's that it begins with."""
    cycle = _CYCLE.search(mail.raw)
    return f"H{mail.seq:012d}".encode(), cycle[1] if cycle is not None else b""


def kind_of(raw: bytes) -> str:
    """What a message says that it is, its version left off; "" where it does not say."""
    found = _DEFINITION.search(raw)
    return found[1].decode(errors="replace")[:8] if found else ""


def _answered(
    command: Command, by_name: dict[tuple[str, bytes], _Sent], by_uetr: dict[tuple[str, str, bytes], _Sent]
) -> _Sent | None:
    """The message of this day that a command answers: the one it names, else the one about the same payment."""
    if not isinstance(command, Arrive):
        return None
    kind, sender = kind_of(command.raw), bic8(command.sender)
    if kind not in _ANSWERS:
        return None
    named = [by_name[sender, name] for name in _SENT_AS.findall(command.raw) if (sender, name) in by_name]
    if named:
        return max(named, key=lambda one: one.seq)
    for uetr in _UETR.findall(command.raw):
        for other in _ANSWERED.get(kind, ()):
            if (sender, other, uetr) in by_uetr:
                return by_uetr[sender, other, uetr]
    return None

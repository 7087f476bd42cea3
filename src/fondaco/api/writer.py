"""The writer: one thread owns the hub, and decides whatever has arrived as one batch. Nobody is answered before that is durable.

Requests queue commands; questions (reads) stand in the same queue and see what is kept, never what is not. While more is waiting, commit two of a batch is
commit one of the next, as the hub's main path has it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from fondaco.api.replies import Posted
from fondaco.core import Clock, Refusal
from fondaco.hub import BATCH_MAX, Arrive, Command, Hub, Tick
from fondaco.journal import Mail

T = TypeVar("T")
Result = Refusal | str | None

# What may wait: as many commands as two batches take, and as many bytes of messages.
COMMANDS_MAX = 2 * BATCH_MAX
BYTES_MAX = 64 * 1024 * 1024
# Of so many batches the sizes are kept for whoever reads figures; nobody may.
BATCHES_KEPT = 10_000
# How exactly an offer or a cycle meets its time, and how often the clocks that count in minutes or days are looked at, in seconds.
EXACT_S = 0.02
UNHURRIED_S = 60.0


class WriterFull(Exception):
    """More waits than is taken on; ask again in `retry_after_s` seconds."""

    retry_after_s = 1


class WriterStopped(Exception):
    """The hub decides nothing any more. Whether what was asked last was decided is known after the next start: ask again then."""


class Outcome(msgspec.Struct, frozen=True):
    """What commands came to, one result for each, and the mail of the batch that decided them."""

    results: tuple[Result, ...]
    posted: Posted


class _Asked(msgspec.Struct):
    """What waits: commands that are decided together in their order, or a question."""

    future: asyncio.Future[Any]
    commands: Sequence[Command] = ()
    question: Callable[[Hub], Any] | None = None
    size: int = 0


Answer = tuple[asyncio.Future[Any], Any]


class Writer:
    """Runs a hub. Made, asked and stopped on one event loop; `heard` is called there with the mail of every batch that was kept, `fell`
    when the hub stopped by itself."""

    def __init__(self, hub: Hub, clock: Clock, heard: Callable[[Sequence[Mail]], None], fell: Callable[[], None]) -> None:
        self._hub = hub
        self._clock = clock
        self._heard = heard
        self._fell = fell
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Asked] = deque()
        self._commands = 0
        self._bytes = 0
        self._ready = threading.Condition()
        self._stopping = False
        self._quick_due = 0
        self.fault: BaseException | None = None
        self._sizes: deque[int] = deque(maxlen=BATCHES_KEPT)
        self._thread = threading.Thread(target=self._run, name="writer")
        self._thread.start()

    # From the loop

    @property
    def depth(self) -> int:
        """How many commands wait."""
        return self._commands

    @property
    def alive(self) -> bool:
        return self.fault is None and not self._stopping

    def taken_sizes(self) -> list[int]:
        """How many commands each batch held since somebody last asked; of the last `BATCHES_KEPT`."""
        # One by one: the thread may keep another one between any two steps, and that is told the next time.
        return [self._sizes.popleft() for _ in range(len(self._sizes))]

    async def decide(self, commands: Sequence[Command]) -> Outcome:
        """Decide these commands, one behind the other in one batch. Raises `WriterFull`, `WriterStopped`."""
        size = sum(len(one.raw) for one in commands if isinstance(one, Arrive))
        found: Outcome = await self._put(_Asked(self._loop.create_future(), commands, None, size))
        return found

    async def ask(self, question: Callable[[Hub], T]) -> T:
        """What the hub says when nothing is undecided. The question changes nothing, and is short: everybody waits for it.

        Raises `WriterFull`, `WriterStopped`, and whatever the question raises.
        """
        found: T = await self._put(_Asked(self._loop.create_future(), (), question))
        return found

    def _put(self, asked: _Asked) -> asyncio.Future[Any]:
        count = len(asked.commands) or 1
        with self._ready:
            if self.fault is not None or self._stopping:
                raise WriterStopped("the hub has stopped")
            if self._commands + count > COMMANDS_MAX or (self._bytes and self._bytes + asked.size > BYTES_MAX):
                raise WriterFull("too much waits to be decided")
            self._commands += count
            self._bytes += asked.size
            self._waiting.append(asked)
            self._ready.notify()
        return asked.future

    async def stop(self) -> None:
        """Take nothing on any more, decide and keep what waits, and end. The hub is still open, for whoever opened it to close."""
        with self._ready:
            self._stopping = True
            self._ready.notify()
        await asyncio.to_thread(self._thread.join)
        if self.fault is not None:
            raise WriterStopped("the hub has stopped") from self.fault

    # In the thread

    def _run(self) -> None:
        unkept: list[Answer] = []
        taken: list[_Asked] | None = []
        try:
            while True:  # ends when it is told to and nothing waits
                taken = self._take()
                if taken is None:
                    return
                commands = [asked for asked in taken if asked.question is None]
                questions = [asked for asked in taken if asked.question is not None]
                if commands or (not questions and self._is_due()):
                    unkept = self._decide(commands, unkept)
                if unkept and (questions or not self._waiting):
                    self._hub.flush()
                    self._answer(unkept)
                    unkept = []
                if questions:
                    self._deliver([self._asked(asked) for asked in questions], ())
        except BaseException as fault:
            # The store failed, or we are wrong: nobody is told that anything was done, and the process is to be started again.
            self._fail(fault, [future for future, _ in unkept] + [asked.future for asked in taken or ()])

    def _take(self) -> list[_Asked] | None:
        """What is taken on next: all that waits, up to `BATCH_MAX` commands. Empty when time is due; None at the end."""
        with self._ready:
            if not self._waiting and not self._stopping:
                self._ready.wait(self._patience())
            if not self._waiting:
                return None if self._stopping else []
            taken: list[_Asked] = []
            count = 0
            while self._waiting and count + len(self._waiting[0].commands) <= BATCH_MAX:
                asked = self._waiting.popleft()
                count += len(asked.commands)
                self._commands -= len(asked.commands) or 1
                self._bytes -= asked.size
                taken.append(asked)
            return taken

    def _decide(self, taken: list[_Asked], before: list[Answer]) -> list[Answer]:
        """Decide a batch, and answer for the one before as soon as it is kept, which it is with this one's inputs."""
        commands: list[Command] = [one for asked in taken for one in asked.commands] or [Tick()]
        results = self._hub.process(commands, self._clock.now(), partial(self._answer, before) if before else None)
        self._quick_due = self._next_due()
        self._sizes.append(len(commands))
        found: list[Answer] = []
        at = 0
        for asked in taken:
            until = at + len(asked.commands)
            found.append((asked.future, tuple(results[at:until])))
            at = until
        # A tick has nobody to answer, and mail that is to be heard all the same.
        return found or [(self._loop.create_future(), ())]

    def _answer(self, answers: list[Answer]) -> None:
        posted = Posted(self._hub.take_mail())
        self._deliver([(future, Outcome(results, posted)) for future, results in answers], posted.mail)

    def _asked(self, asked: _Asked) -> Answer:
        assert asked.question is not None
        try:
            return asked.future, asked.question(self._hub)
        except Exception as fault:
            return asked.future, _Raised(fault)

    def _deliver(self, answers: list[Answer], mail: Sequence[Mail]) -> None:
        self._loop.call_soon_threadsafe(self._delivered, answers, mail)

    def _delivered(self, answers: list[Answer], mail: Sequence[Mail]) -> None:
        if mail:
            self._heard(mail)
        for future, value in answers:
            if future.done():
                continue  # whoever asked has gone
            if isinstance(value, _Raised):
                future.set_exception(value.fault)
            else:
                future.set_result(value)

    def _fail(self, fault: BaseException, futures: list[asyncio.Future[Any]]) -> None:
        with self._ready:
            self.fault = fault
            futures = futures + [asked.future for asked in self._waiting]
            self._waiting.clear()
            self._commands = self._bytes = 0
        self._deliver([(future, _Raised(WriterStopped("the hub has stopped"))) for future in futures], ())
        self._loop.call_soon_threadsafe(self._fell)

    # Time

    def _next_due(self) -> int:
        """The instant at which an offer runs out or the open cycle closes, whichever comes first; 0 where neither is there."""
        desk = self._hub.desk
        dues = [desk.deadlines[0][0]] if desk.deadlines else []
        cycle = desk.cycles.get(desk.counters.open_cycle)
        if cycle is not None:
            dues.append(cycle.cut_off)
        return min((due for due in dues if due > desk.counters.last_instant), default=0)

    def _is_due(self) -> bool:
        now = int(self._clock.now())
        last = self._hub.desk.counters.last_instant
        return (0 < self._quick_due <= now) or now - last >= int(UNHURRIED_S * 1_000_000_000)

    def _patience(self) -> float:
        """For how long nothing needs to be looked at, in seconds."""
        if not self._quick_due:
            self._quick_due = self._next_due()
        if not self._quick_due:
            return UNHURRIED_S
        left = (self._quick_due - int(self._clock.now())) / 1_000_000_000
        return min(UNHURRIED_S, max(EXACT_S, left))


class _Raised(msgspec.Struct, frozen=True):
    fault: Exception

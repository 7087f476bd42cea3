"""The writer by itself: what it does when too much waits, when time passes, and when the store fails."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from door_process import ShiftedClock
from fondaco.api import Outcome, Writer, WriterFull, WriterStopped
from fondaco.api.writer import COMMANDS_MAX
from fondaco.core import Refusal
from fondaco.hub import Arrive, Hub, SetLimit, Tick
from fondaco.journal import JournalUnavailable, Mail
from fondaco.payments import State
from union import SG1, SG2, TH1, Desk, S, calm_uetr, pacs_008


class Told:
    """What a writer tells of its own accord."""

    def __init__(self) -> None:
        self.mail: list[Mail] = []
        self.fallen = asyncio.Event()

    def heard(self, mail: Sequence[Mail]) -> None:
        self.mail += mail

    def writer(self, hub: Hub, start: int = 0) -> Writer:
        clock = ShiftedClock(start, hub.desk.counters.last_instant)
        return Writer(hub, clock, self.heard, self.fallen.set)


def test_what_came_together_is_one_batch_and_each_hears_its_own(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    uetrs = [calm_uetr() for _ in range(50)]

    async def story() -> list[Outcome]:
        told = Told()
        writer = told.writer(desk.hub)
        asked = [writer.decide([Arrive(SG1, pacs_008(SG1, TH1, "1.00", "SGD", uetr=uetr), None)]) for uetr in uetrs]
        asked.append(writer.decide([SetLimit(SG2, "SGD", 10**15)]))
        found = await asyncio.gather(*asked)
        await writer.stop()
        sizes = writer.taken_sizes()
        assert max(sizes) > 1 and sum(sizes) == 51
        seqs = [mail.seq for mail in told.mail]
        assert seqs == sorted(seqs) and len(seqs) >= 100
        return found

    found = asyncio.run(story())
    assert [outcome.results for outcome in found[:50]] == [(None,)] * 50
    assert isinstance(found[50].results[0], Refusal)
    for uetr, outcome in zip(uetrs, found, strict=False):
        (answer,) = outcome.posted.answers_to(SG1, "pacs.008.001.08", f"M{uetr[:8]}", b"")
        assert uetr.encode() in answer.raw
    desk.close()


def test_a_batch_that_is_kept_while_sizes_are_read_is_told_the_next_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    class Read(deque[int]):
        """To which the writer's thread adds while somebody reads it, in whichever way."""

        late: tuple[int, ...] = (7,)

        def popleft(self) -> int:
            self.extend(self.late)
            self.late = ()
            return super().popleft()

        def __iter__(self) -> Iterator[int]:
            yield from list(super().__iter__())
            self.extend(self.late)

    async def story() -> None:
        writer = Told().writer(desk.hub)
        await writer.stop()
        writer._sizes = Read([3, 5])
        assert [writer.taken_sizes(), writer.taken_sizes()] == [[3, 5], [7]]

    asyncio.run(story())
    desk.close()


def test_beyond_its_bounds_nothing_is_taken_on_and_what_was_is_decided(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    async def story() -> None:
        writer = Told().writer(desk.hub)
        gate = threading.Event()
        blocked = asyncio.ensure_future(writer.ask(lambda hub: gate.wait(60)))
        await asyncio.sleep(0)  # the question is asked
        while writer.depth:  # until the writer is at it
            await asyncio.sleep(0.01)
        waiting = [asyncio.ensure_future(writer.decide([Tick()])) for _ in range(COMMANDS_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(WriterFull):
            await writer.decide([Tick()])
        gate.set()
        assert await blocked
        assert len(await asyncio.gather(*waiting)) == COMMANDS_MAX
        assert (await writer.decide([Tick()])).results == (None,)
        await writer.stop()
        with pytest.raises(WriterStopped):
            await writer.decide([Tick()])

    asyncio.run(story())
    desk.close()


def test_an_offer_runs_out_though_nobody_asks(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    payment = desk.pay(SG1, TH1, "1.00", "SGD", urgent=True)
    assert payment.state is State.OFFERED

    async def story() -> None:
        writer = Told().writer(desk.hub, payment.deadline - S // 2)
        for _ in range(600):
            if (await writer.ask(lambda hub: hub.payment(payment.number))).state is State.REJECTED:  # type: ignore[union-attr]
                break
            await asyncio.sleep(0.1)
        await writer.stop()

    asyncio.run(story())
    found = desk.see(payment)
    assert (found.state, found.taken[-1].event) == (State.REJECTED, "ANSWER_TIMED_OUT")
    desk.close()


def test_when_the_store_fails_nobody_is_told_that_anything_was_done(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    def broken(*_: object, **__: object) -> None:
        raise JournalUnavailable("the disk is gone")

    async def story() -> None:
        told = Told()
        writer = told.writer(desk.hub)
        desk.hub.journal.commit = broken  # type: ignore[method-assign,assignment]
        for outcome in await asyncio.gather(writer.decide([Tick()]), writer.decide([Tick()]), return_exceptions=True):
            assert isinstance(outcome, WriterStopped)
        await asyncio.wait_for(told.fallen.wait(), 30)
        with pytest.raises(WriterStopped):
            await writer.ask(lambda hub: 1)
        with pytest.raises(WriterStopped) as stopped:
            await writer.stop()
        assert isinstance(stopped.value.__cause__, JournalUnavailable)
        assert told.mail == []

    asyncio.run(story())


class Held:
    """A hub's deciding, held up: the first batch until `first` is set, the second until `second` is, and then it fails if it `fails`."""

    def __init__(self, hub: Hub, fails: bool = False) -> None:
        self.first, self.second, self.begun = threading.Event(), threading.Event(), 0
        self._decide, self._fails = hub._decide, fails
        hub._decide = self  # type: ignore[method-assign,assignment]

    def __call__(self, number: int, commands: Sequence[Any], at: Any) -> Any:
        self.begun += 1
        assert (self.first if self.begun == 1 else self.second).wait(60)
        if self._fails and self.begun == 2:
            raise JournalUnavailable("the disk is gone")
        return self._decide(number, commands, at)


@pytest.mark.parametrize("fails", [False, True])
def test_who_waits_hears_when_it_is_kept_and_not_when_the_next_batch_is_decided(tmp_path: Path, fails: bool) -> None:
    desk = Desk(tmp_path)
    held = Held(desk.hub, fails)

    async def story() -> None:
        told = Told()
        writer = told.writer(desk.hub)
        before = desk.hub.kept()[0]
        one = asyncio.ensure_future(writer.decide([Arrive(SG1, pacs_008(SG1, TH1, "1.00", "SGD"), None)]))
        while held.begun < 1:
            await asyncio.sleep(0.01)
        other = asyncio.ensure_future(writer.decide([SetLimit(SG2, "SGD", 10**15)]))
        await asyncio.sleep(0)
        assert not one.done() and not told.mail  # decided is not kept
        held.first.set()
        outcome = await asyncio.wait_for(one, 60)
        assert outcome.results == (None,) and [mail.recipient for mail in told.mail].count(SG1) >= 1
        assert desk.hub.kept()[0] == before + 1 and not other.done()
        heard = len(told.mail)
        held.second.set()
        if fails:
            with pytest.raises(WriterStopped):
                await other
            await asyncio.wait_for(told.fallen.wait(), 60)
            with pytest.raises(WriterStopped):
                await writer.stop()
        else:
            assert isinstance((await other).results[0], Refusal)
            await writer.stop()
        assert len(told.mail) == heard, "no mail is told twice"

    asyncio.run(story())


def test_a_question_that_fails_fails_for_who_asked_it_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    async def story() -> None:
        writer = Told().writer(desk.hub)
        with pytest.raises(ZeroDivisionError):
            await writer.ask(lambda hub: 1 // 0)
        assert await writer.ask(lambda hub: 7) == 7
        await writer.stop()

    asyncio.run(story())
    desk.close()

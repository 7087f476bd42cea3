"""What a door hands on, without a hub behind it: bundles that grow while the hub is busy, and everybody told when it is full or gone."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import msgspec
import pytest

from fondaco.api import Outcome, WriterFull, WriterStopped
from fondaco.api.frames import (
    AT_A_DOOR,
    AT_THE_HUB,
    Body,
    Bundle,
    Close,
    Decided,
    Gone,
    Hello,
    Link,
    Renew,
    TurnedAway,
    framed,
    read_hello,
)
from fondaco.api.front import AHEAD, BUNDLE_MAX, FrontMailboxes, FrontMeasures, FrontWriter
from fondaco.api.settings import Settings
from fondaco.api.writer import COMMANDS_MAX
from fondaco.core import Reason, Refusal
from fondaco.hub import Arrive
from fondaco.journal import Mail


class Said(Link):
    """A connection that keeps what was said."""

    def __init__(self) -> None:
        super().__init__(AT_A_DOOR, lambda _: None, lambda: None)
        self.records: list[Any] = []

    def say(self, record: msgspec.Struct) -> None:
        self.records.append(AT_THE_HUB.decode(framed(record)[4:]))


def message(number: int) -> Arrive:
    return Arrive("ZZBASG01", b"<m>%d</m>" % number)


def test_a_lone_message_goes_at_once_and_what_comes_meanwhile_grows() -> None:
    async def story() -> None:
        link, mailboxes = Said(), FrontMailboxes(7)
        writer = FrontWriter(link, FrontMeasures(), mailboxes)
        asked = [asyncio.ensure_future(writer.decide([message(0)]))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [len(one.commands) for one in link.records] == [1]
        for number in range(1, 700):
            asked.append(asyncio.ensure_future(writer.decide([message(number)])))
            if number == 1:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        assert [len(one.commands) for one in link.records] == [1, 1], "no more than so many are with the hub"
        assert len(link.records) == AHEAD
        refusal = Refusal(Reason.NOT_FOUND, "here", "nothing")
        mail = Mail(12, "ZZBASG01", "pacs.002.001.10", "s", b"<OrgnlMsgId>A</OrgnlMsgId>")
        writer.heard(Decided(1, [refusal], [mail], 12))
        await asyncio.sleep(0.01)
        assert len(link.records[2].commands) == BUNDLE_MAX and mailboxes.last("ZZBASG01") == 12
        first = await asked[0]
        assert isinstance(first, Outcome) and first.results == (refusal,)
        assert first.posted.answers_to("ZZBASG01", "pacs.008.001.08", "A", b"") == [mail]
        writer.heard(TurnedAway(2, True, "full"))
        with pytest.raises(WriterFull):
            await asked[1]
        await asyncio.sleep(0.01)
        assert len(link.records[3].commands) == 698 - BUNDLE_MAX
        writer.end()
        found = await asyncio.gather(*asked[2:], return_exceptions=True)
        assert len(found) == 698 and all(isinstance(one, WriterStopped) for one in found)
        with pytest.raises(WriterStopped):
            await writer.decide([message(1)])

    asyncio.run(story())


def test_what_waits_at_a_door_is_bounded() -> None:
    async def story() -> None:
        writer = FrontWriter(Said(), FrontMeasures(), FrontMailboxes(0))
        sent = [asyncio.ensure_future(writer.decide([message(number)])) for number in range(COMMANDS_MAX + 1)]
        await asyncio.sleep(0)
        with pytest.raises(WriterFull):
            await sent[-1]
        writer.end()
        await asyncio.gather(*sent, return_exceptions=True)

    asyncio.run(story())


def test_frames_come_whole_however_they_are_cut() -> None:
    heard: list[Any] = []
    link = Link(AT_THE_HUB, heard.append, lambda: None)
    said = [Body(1, b"x" * 1000, True), Gone(2), Body(3, b"", False)]
    raw = b"".join(framed(one) for one in said)
    for at in range(0, len(raw), 7):
        link.data_received(raw[at : at + 7])
    assert heard == said
    link.data_received(raw)
    assert heard == said * 2


def test_the_first_word_to_a_door_is_read_whole_or_not_at_all() -> None:
    hello = Hello("/hub", "https://hub", Settings(), 100, newest=5)
    raw = framed(hello)
    parts = [raw[at : at + 3] for at in range(0, len(raw), 3)]

    def receive(most: int) -> bytes:
        part, parts[0] = parts[0][:most], parts[0][most:]
        if not parts[0]:
            parts.pop(0)
        return part

    assert read_hello(receive) == hello
    assert read_hello(lambda _: b"") is None


def test_what_is_said_before_the_other_side_can_be_spoken_to_is_said_first() -> None:
    """A hub that was held up between a door's start and its connection told the door nothing of what came meanwhile: other certificates, that it closes."""

    async def story() -> None:
        ours, theirs = socket.socketpair()
        heard: list[Any] = []
        whole = asyncio.Event()

        def hear(record: Any) -> None:
            heard.append(record)
            if len(heard) == 3:
                whole.set()

        hub, door = Link(AT_THE_HUB, lambda _: None, lambda: None), Link(AT_A_DOOR, hear, lambda: None)
        hub.say(Renew())
        hub.say(Close())
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: hub, sock=ours)
        hub.say(Renew())
        await loop.create_unix_connection(lambda: door, sock=theirs)
        await asyncio.wait_for(whole.wait(), 60)
        assert heard == [Renew(), Close(), Renew()]
        hub.end()
        door.end()

    asyncio.run(story())


def test_a_bundle_is_no_word_of_the_hub() -> None:
    with pytest.raises(msgspec.ValidationError):
        AT_A_DOOR.decode(framed(Bundle(1, [], FrontMeasures().taken()))[4:])

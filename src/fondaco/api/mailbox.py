"""Each member's mailbox: what the hub sent it, in order, from any place on, as often as it asks; who waits is woken when something comes.

Only where mail is, by recipient, is kept in memory, and what came last; the messages themselves stand in the journal.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence

from fondaco.api.writer import Writer
from fondaco.hub import Hub
from fondaco.journal import Mail

# What is remembered of the newest mail, in bytes of messages.
REMEMBERED_MAX = 64 * 1024 * 1024
# So much of the journal's mail is looked at in one question when a hub starts.
_AT_ONCE = 50_000


class Mailboxes:
    """All mailboxes of a hub. Used on the event loop alone."""

    def __init__(self) -> None:
        self._places: dict[str, array[int]] = {}
        self._newest: OrderedDict[int, Mail] = OrderedDict()
        self._bytes = 0
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._ended = asyncio.Event()
        # The number of the newest mail to anybody.
        self.newest = 0

    def restore(self, hub: Hub) -> None:
        """Read from the journal where all mail is; before the hub is handed to its writer."""
        after = 0
        while True:  # ends with the journal's last mail
            places = [(mail.seq, mail.recipient) for mail in hub.journal.mail(after, _AT_ONCE)]
            if not places:
                return
            for seq, recipient in places:
                self._places.setdefault(recipient, array("Q")).append(seq)
            after = self.newest = places[-1][0]

    def heard(self, mail: Sequence[Mail]) -> None:
        """Mail that was kept just now, in its order."""
        for one in mail:
            self._places.setdefault(one.recipient, array("Q")).append(one.seq)
            self._newest[one.seq] = one
            self._bytes += len(one.raw)
        for recipient in {one.recipient for one in mail}:
            for event in self._waiting.get(recipient, ()):
                event.set()
        self.newest = mail[-1].seq if mail else self.newest
        while self._bytes > REMEMBERED_MAX:
            _, gone = self._newest.popitem(last=False)
            self._bytes -= len(gone.raw)

    def last(self, recipient: str) -> int:
        """The number of the newest message to `recipient` (BIC of eight), 0 for none."""
        places = self._places.get(recipient)
        return places[-1] if places else 0

    def holds(self, recipient: str, seq: int) -> bool:
        places = self._places.get(recipient)
        if not places:
            return False
        at = bisect_right(places, seq)
        return at > 0 and places[at - 1] == seq

    async def after(self, writer: Writer, recipient: str, after: int, limit: int) -> tuple[list[Mail], int]:
        """The first `limit` messages to `recipient` behind the number `after`, and the number behind which to go on. What was erased after its
        retention is not among them."""
        places = self._places.get(recipient, array("Q"))
        first = bisect_right(places, after)
        wanted = places[first : first + limit]
        return await self.read(writer, wanted), wanted[-1] if wanted else after

    async def read(self, writer: Writer, places: Sequence[int]) -> list[Mail]:
        """These messages, as far as they are still there."""
        known = {seq: self._newest[seq] for seq in places if seq in self._newest}
        missing = [seq for seq in places if seq not in known]
        if missing:
            found = await writer.ask(lambda hub: list(hub.journal.mail_by_seq(missing)))
            known.update((mail.seq, mail) for mail in found if mail.raw)
        return [known[seq] for seq in places if seq in known]

    async def wait(self, recipient: str, after: int, seconds: float) -> bool:
        """Wait until a message behind `after` is there for `recipient`, at most so long. Whether one is."""
        if self.last(recipient) > after or self._ended.is_set():
            return self.last(recipient) > after
        event = asyncio.Event()
        waiting = self._waiting.setdefault(recipient, set())
        waiting.add(event)
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            waiting.discard(event)
        return self.last(recipient) > after

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    def end(self) -> None:
        """Wake everybody who waits: the server stops, and nothing more comes."""
        self._ended.set()
        for waiting in self._waiting.values():
            for event in waiting:
                event.set()

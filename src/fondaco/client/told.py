"""Messages of the hub to who sent one, and what became of it by now."""

from __future__ import annotations

import msgspec

from fondaco.messages import Message, read


class Told(msgspec.Struct, frozen=True):
    """A message of ISO 20022 as it went, and its number in the mailbox; 0 where the hub said none."""

    number: int
    xml: bytes

    def read(self) -> Message:
        """The message as a record. Raises `MalformedMessage`."""
        return read(self.xml, bulk=True)


class Sent(msgspec.Struct, frozen=True):
    """What became of a message by now. `complete` says that the hub will tell no more of it; otherwise `place` is where to ask.

    `answers` stand in the order in which they were told, `uetrs` are the payments that the message names, in its order.
    """

    complete: bool
    answers: tuple[Told, ...]
    place: str
    uetrs: tuple[str, ...]

"""A deed under a key of its caller's is done once: asked again it gets the first answer, whatever happened in between.

The answer is kept with the outcomes of the batch that gave it, by the same commit: there is no moment in which the deed is done and its key is not known.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from fondaco.core import Reason, Refusal
from fondaco.hub.commands import Command, Once, Original, Second
from fondaco.hub.dispatching import Answer, Dispatching
from fondaco.hub.seconding import Seconding
from fondaco.hub.state import Batch
from fondaco.journal import Journal
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Payment

# The kind of record that the journal keeps of it.
KIND = "once"


class Answered(msgspec.Struct, frozen=True, array_like=True):
    """What was asked under a key, as its digest, and what it came to."""

    digest: bytes
    answer: Refusal | str | None


class OnceHub(Protocol):
    """What is needed of the hub."""

    journal: Journal
    dispatching: Dispatching
    seconding: Seconding


class Repeating:
    """Knows what was asked before."""

    def __init__(self, hub: OnceHub) -> None:
        self._hub = hub

    def decided(self, batch: Batch, place: int, command: Command, new: list[tuple[Payment, Instruction]]) -> Answer:
        """Decide the command at `place`, or say what it came to when it was asked before under the key that stands before it. A second
        person's word stands there, too: without what it needs the command is refused.

        The same key with another content is refused, and nothing is done.
        """
        if isinstance(command, Original):
            return None
        if isinstance(command, Once):
            batch.once = command
            return None
        if isinstance(command, Second):
            batch.second = command
            return None
        once, batch.once = batch.once, None
        second, batch.second = batch.second, None

        def decide() -> Answer:
            return self._hub.dispatching.command(batch, place, command, new)

        def approved() -> Answer:
            return decide() if second is None else self._hub.seconding.let_through(batch, second, command, decide)

        if once is None:
            return approved()
        name = f"{once.caller}\0{once.key}"
        raw = batch.answers.get(name) or self._hub.journal.record(KIND, name)
        if raw is not None:
            known = msgspec.msgpack.decode(raw, type=Answered)
            if known.digest != once.digest:
                return Refusal(Reason.DUPLICATE_MESSAGE, "Idempotency-Key", once.key)
            return known.answer
        answer = approved()
        batch.answers[name] = msgspec.msgpack.encode(Answered(once.digest, answer))
        return answer

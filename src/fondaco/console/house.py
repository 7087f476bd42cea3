"""What all pages share: the question to the hub, who is recognised, the clock, and the live fragments."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.access import Access, Trail, Turnstile
from fondaco.console.disclosing import Disclosing
from fondaco.console.draft_store import Drafts
from fondaco.console.following import QUIET_S, Following
from fondaco.console.language import Words, words_of
from fondaco.console.live import Live
from fondaco.console.owing import Owing
from fondaco.console.rendering import Pages
from fondaco.console.simulating import Simulating
from fondaco.console.stage import Tour
from fondaco.console.static_files import StaticFiles
from fondaco.core import Clock, Refusal
from fondaco.hub import Command, Hub
from fondaco.rulebook import Scheme

log = logging.getLogger("fondaco.console")

T = TypeVar("T")
# So long after a fault the index is tried again, in seconds.
_AFTER_FAULT_S = 60.0


class Unanswered(Exception):
    """The hub could not be asked: too much waits, or it has stopped. Ask again."""


class Asks(Protocol):
    """Puts a question to the hub where nothing is undecided. Raises `Unanswered`, and whatever the question raises."""

    def __call__(self, question: Callable[[Hub], T]) -> Awaitable[T]: ...


class Decides(Protocol):
    """Has commands decided one behind the other in one batch; what each came to (None, a name, or a refusal), when that is durable. What
    stands under a key (`Once`) is done once. Raises `Unanswered`: then it is not known whether it was done; ask again under the same key."""

    def __call__(self, commands: Sequence[Command]) -> Awaitable[tuple[Refusal | str | None, ...]]: ...


class Archive(Protocol):
    """A file that is handed out piece by piece: its name, its bytes."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def pieces(self) -> AsyncIterator[bytes]: ...


class Bundle(Protocol):
    """Has the bundle of evidence of an ended day (YYYY-MM-DD) made; None for a day that never opened. Raises `Unanswered`."""

    def __call__(self, day: str) -> Awaitable[Archive | None]: ...


class House:
    """One hub's console.

    `scheme` tells the rulebook of the open day; `folder` is the hub's, where its lists lie; `drafts` keeps payments that wait for a second person. `simulated` is said on
    every page: "" for a hub whose banks are real. `register_key` is what the heads of the register's log are signed with, None where this server signs none. `tour` is a demo's alone.
    `bundle` has bundles of evidence made, None where this server signs none.
    """

    def __init__(
        self,
        ask: Asks,
        decide: Decides,
        access: Access,
        clock: Clock,
        scheme: Callable[[], Scheme],
        folder: Path,
        drafts: Drafts,
        *,
        simulated: str = "",
        register_key: Ed25519PrivateKey | None = None,
        tour: Tour | None = None,
        bundle: Bundle | None = None,
    ) -> None:
        self.ask = ask
        self.decide = decide
        self.access = access
        self.clock = clock
        self.scheme = scheme
        self.folder = folder
        self.drafts = drafts
        self.simulated = simulated
        self.register_key = register_key
        self.tour = tour
        self.bundle = bundle
        self.turnstile = Turnstile()
        self.words: dict[str, Words] = words_of()
        self.files = StaticFiles()
        self.pages = Pages(self.words, self.files.address)
        self.live = Live(passing=Unanswered)
        self.owing = Owing()
        self.disclosing = Disclosing(ask)
        self.simulating = Simulating()
        self.following = Following(ask, Trail(access.store.path.parent))

    async def follow(self) -> None:
        """Keep the index up with the journal while nobody looks, until it is cancelled. Not answered, it asks again later."""
        while True:  # ends with the server
            try:
                pause = await self.following.on()
            except Unanswered:
                pause = QUIET_S
            except Exception:  # the index's disk: a page that needs it fails as well, and says so
                log.exception("the index beside the journal was not read on")
                pause = _AFTER_FAULT_S
            await asyncio.sleep(pause)

    def end(self) -> None:
        """Let everybody who watches a live page go: the server is to stop. Called on its event loop."""
        self.live.end()
        self.following.end()
        self.disclosing.end()
        self.simulating.end()

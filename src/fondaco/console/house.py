"""What all pages share: the question to the hub, who is recognised, the clock, and the live fragments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from fondaco.access import Access, Turnstile
from fondaco.console.language import Words, words_of
from fondaco.console.live import Live
from fondaco.console.rendering import Pages
from fondaco.core import Clock
from fondaco.hub import Hub
from fondaco.rulebook import Scheme

T = TypeVar("T")


class Unanswered(Exception):
    """The hub could not be asked: too much waits, or it has stopped. Ask again."""


class Asks(Protocol):
    """Puts a question to the hub where nothing is undecided. Raises `Unanswered`, and whatever the question raises."""

    def __call__(self, question: Callable[[Hub], T]) -> Awaitable[T]: ...


class House:
    """One hub's console.

    `scheme` tells the rulebook of the open day. `simulated` is said on every page: "" for a hub whose banks are real.
    """

    def __init__(self, ask: Asks, access: Access, clock: Clock, scheme: Callable[[], Scheme], *, simulated: str = "") -> None:
        self.ask = ask
        self.access = access
        self.clock = clock
        self.scheme = scheme
        self.simulated = simulated
        self.turnstile = Turnstile()
        self.words: dict[str, Words] = words_of()
        self.pages = Pages(self.words)
        self.live = Live()

    def end(self) -> None:
        """Let everybody who watches a live page go: the server is to stop. Called on its event loop."""
        self.live.end()

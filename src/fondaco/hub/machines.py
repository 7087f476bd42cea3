"""The form in which every instrument of trade stands in the hub: what a deed came to, and the one place that names all machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from fondaco.core import Instant, Refusal
from fondaco.hub.state import Batch
from fondaco.hub.trade_shelf import TradeShelf
from fondaco.trade import ControlStep, Deed, Entry, PaymentTerms, Tell

NUMBER = "trade_number"


class Outcome(NamedTuple):
    """What a deed, or time, came to: the instrument with its number of steps after it, and all that moves with it.

    `begun` is the instrument where the deed began one, else "". `changes` are what the machine itself keeps, one by one. `along` are other
    instruments that take a step with it: their control and entries are among those of this one, and move once.
    """

    instrument: str
    version: int
    begun: str
    entries: tuple[Entry, ...]
    control: tuple[ControlStep, ...]
    tells: tuple[Tell, ...]
    changes: tuple[Any, ...]
    along: tuple[Outcome, ...] = ()


class Machine(Protocol):
    """One kind of instrument. What it decides with is pure; what it reads is the journal's, never the books' (decision 0010)."""

    @property
    def begins(self) -> frozenset[str]:
        """The actions that begin one."""

    def decide(self, deed: Deed, at: Instant, signers: Sequence[str]) -> Outcome | Refusal: ...

    def elapse(self, instrument: str, at: Instant) -> Outcome | None:
        """What time alone brought by `at`."""

    def due(self, instrument: str) -> int:
        """The next instant at which time may do something, 0 for none."""

    def keep(self, batch: Batch, change: Any) -> None: ...


class Asked(NamedTuple):
    """What is to be paid now: by a party (or its bank), and how much to which bank."""

    payer: str
    terms: PaymentTerms


class PaidMachine(Protocol):
    """An instrument under which payments are made: what the main path of payments asks of it."""

    def asked(self, purpose: str, record: str = "") -> Asked | Refusal:
        """What must be paid now for `purpose`; where it names only the instrument, for that of its documents with `record`."""

    def waiting(self, purpose: str) -> tuple[str, ...]:
        """The records that pass against the whole payment for `purpose`."""

    def paid(
        self, purpose: str, batch_hash: str, currency: str, minor: int, at: Instant, moved: Mapping[str, str]
    ) -> Outcome | Refusal:
        """What a payment comes to whose chain has this hash; `moved` are the records that pass in it, with who gets them."""

    def mentioned(self, purpose: str) -> tuple[str, ...]:
        """The parties whose names are screened with a payment for it."""


def next_number(shelf: TradeShelf, prefix: str) -> int:
    """The next free number of a kind of instrument, from 1."""
    return (shelf.get(NUMBER, prefix, int) or 0) + 1


def prefix_of(instrument: str) -> str:
    return instrument.partition("-")[0]

"""The face of a journal, whatever keeps it; what is committed, and what may go wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

import msgspec

from fondaco.journal.entry import Inputs, Link, Mail


class JournalUnavailable(Exception):
    """The store failed and it is not known what was kept. The hub stops; opened again it reads what is true."""


class JournalLocked(Exception):
    """Another hub has this journal open."""


class WrongStore(Exception):
    """The store is not a journal that this release of Fondaco can open; says what to do."""


class Erasure(msgspec.Struct, frozen=True):
    """Of these batches inputs, salts and mail go; and customers' counts of periods before `counts_before` (a year)."""

    batches: Sequence[int]
    counts_before: str


class Outcomes(msgspec.Struct, frozen=True):
    """What commit two keeps of a batch."""

    link: Link
    payments: Sequence[tuple[int, bytes]]
    records: Sequence[tuple[str, str, bytes]]
    mail: Sequence[Mail]
    erasure: Erasure | None = None


class Journal(Protocol):
    """One hub's journal, held by one process from its opening to its end.

    Two commits serve a batch. Commit one keeps the inputs; commit two keeps the link of the chain, the records that changed and the mail
    that goes out. Commit two of a batch may be commit one of the next: `commit` takes both halves.

    Any deed raises `JournalUnavailable` when the store fails, and every one after it does.
    """

    def commit(self, outcomes: Outcomes | None = None, inputs: Inputs | None = None) -> None:
        """Keep the outcomes of the batch that ended and the inputs of the one that begins, both or neither; durable on return."""
        ...

    def last_inputs(self) -> Inputs | None:
        """The inputs of the batch that began last."""
        ...

    def head(self) -> tuple[int, bytes]:
        """Number and hash of the last link; 0 and `GENESIS` before the first."""
        ...

    def inputs_of(self, batch: int) -> Inputs | None: ...

    def inputs_erased(self, batch: int) -> bool:
        """Whether what came in with a batch was erased."""
        ...

    def links(self, first: int = 1) -> Iterator[Link]: ...

    def payment(self, number: int) -> bytes | None: ...

    def payments(self, first: int = 1) -> Iterator[tuple[int, bytes]]:
        """Number and record of every payment, in the order of numbers."""
        ...

    def payments_before(self, number: int) -> Iterator[tuple[int, bytes]]:
        """Number and record of every payment below a number, the last first: whoever wants the newest reads no more than it takes."""
        ...

    def records(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """Key and record of every record of a kind, in the order of the keys' UTF-8 bytes."""
        ...

    def record(self, kind: str, key: str) -> bytes | None: ...

    def mail(self, after: int = 0, limit: int = 1_000_000) -> Iterator[Mail]:
        """What is to be delivered: erased messages are not."""
        ...

    def mail_of(self, batch: int) -> Iterator[Mail]:
        """The mail of one batch, what was erased of it with an empty `raw`."""
        ...

    def mail_by_seq(self, sequence: Iterable[int]) -> Iterator[Mail]: ...

    def last_mail(self) -> int: ...

    def batches(self, before: int) -> Iterator[tuple[int, int, bool]]:
        """Of every batch before an instant: its number, its instant, and whether its inputs are there."""
        ...

    def batches_of_mail(self, sequence: Iterable[int]) -> Iterator[int]: ...

    def meta(self, key: str) -> bytes | None: ...

    def set_meta(self, key: str, value: bytes) -> None: ...

    def erased_bytes_are_left(self) -> bool:
        """Whether what was erased may still be found in the store's own files; the next opening tries to mend that."""
        ...

    def close(self) -> None:
        """Let the journal go; closing twice does nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None: ...

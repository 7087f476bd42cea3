"""When time next looks at which instrument: a heap in memory, and in the journal the instants by instruments, so that a start reads what waits alone."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from fondaco.core import Instant
from fondaco.hub.machines import prefix_of
from fondaco.hub.state import Batch
from fondaco.hub.trade_shelf import TradeShelf

DUES = "trade_due"
# So many instruments share one entry of the journal; one of which none ever waited has none.
_SHARING = 64


class TradeClock:
    """The instants of a desk's instruments. Memory grows with what waits, and is let go when its time comes."""

    def __init__(self, shelf: TradeShelf) -> None:
        self._shelf = shelf
        self._heap: list[tuple[int, str]] = []

    @property
    def waiting(self) -> list[tuple[int, str]]:
        """What time will look at, in no order; some of it needs nothing any more by then."""
        return list(self._heap)

    def restore(self) -> None:
        """Read what waits."""
        self._heap = [
            (due, f"{prefix_of(key)}-{number:06d}")
            for key, kept in self._shelf.all(DUES, dict[int, int])
            for number, due in kept.items()
        ]
        heapify(self._heap)

    def set(self, batch: Batch, instrument: str, due: int) -> None:
        """Let time look at an instrument at `due` (nanoseconds), 0 for never; kept with the batch."""
        key, number = _place(instrument)
        kept = self._kept(key)
        if kept.get(number, 0) != due:
            others = {one: at for one, at in kept.items() if one != number}
            self._shelf.put(batch, DUES, key, dict(sorted((others | {number: due}).items())) if due else others)
        if due:
            heappush(self._heap, (due, instrument))

    def passed(self, at: Instant) -> str:
        """The next instrument whose time has come by `at`, taken off the clock; "" for none.

        Instruments come in the order of their times as they are now, and of their numbers: a time that was changed since is passed over, so that a hub
        that was opened in between, which never knew of it, decides in the same order.
        """
        while self._heap and self._heap[0][0] <= at:
            due, instrument = heappop(self._heap)
            key, number = _place(instrument)
            if self._kept(key).get(number, 0) == due:
                return instrument
        return ""

    def _kept(self, key: str) -> dict[int, int]:
        return self._shelf.get(DUES, key, dict[int, int]) or {}


def _place(instrument: str) -> tuple[str, int]:
    """Under which key the time of an instrument is kept, and its number there."""
    prefix, _, digits = instrument.partition("-")
    return f"{prefix}-{int(digits) // _SHARING:06d}", int(digits)

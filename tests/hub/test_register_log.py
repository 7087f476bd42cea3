"""The log that the journal keeps is the log in memory: every head and proof of it is the same."""

from __future__ import annotations

from fondaco.core import Instant
from fondaco.hub.register_log import RegisterLog
from fondaco.hub.state import Batch
from fondaco.hub.trade_shelf import TradeShelf, records_of_trade
from fondaco.journal import Journal, Tree


class KeptRecords:
    """A journal that is a dictionary, and what a shelf needs of a hub."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    @property
    def journal(self) -> Journal:
        return self  # type: ignore[return-value]

    def record(self, kind: str, key: str) -> bytes | None:
        return self.kept.get((kind, key))


def test_the_kept_log_has_the_heads_and_proofs_of_the_one_in_memory() -> None:
    hub, tree = KeptRecords(), Tree()
    log = RegisterLog(TradeShelf(hub))
    size = 70_000
    for start in range(0, size, 5_000):
        batch = Batch(1, Instant(1), "")
        for number in range(start, start + 5_000):
            data = number.to_bytes(40, "big")
            assert log.append(batch, data) == tree.append(data) == number
        hub.kept |= {(kind, key): raw for kind, key, raw in records_of_trade(batch)}
        # Of a shelf that remembers nothing, as after a start.
        log = RegisterLog(TradeShelf(hub))
        assert (log.size, log.root()) == (tree.size, tree.root())
    nodes = sum(kind == "register_node" for kind, _ in hub.kept)
    assert nodes == size // 256 + size // 65_536
    for at in (1, 255, 256, 257, 4_097, 65_535, 65_536, 65_537, size):
        assert log.root(at) == tree.root(at)
        assert log.consistency(at) == tree.consistency(at)
        assert log.inclusion(at - 1) == tree.inclusion(at - 1)
    assert log.leaf(65_536) == tree.leaf(65_536)

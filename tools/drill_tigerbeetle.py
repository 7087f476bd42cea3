"""Three TigerBeetle replicas on this machine, a steady writer, and each replica killed in its turn: nothing acknowledged may be lost.

    FONDACO_TIGERBEETLE=PROGRAM ./run drill tigerbeetle

Which replica is the primary is not asked: each is killed once while the writer writes, so the primary is among them, and its loss is
the longest silence. Needs about 4 GB of disk and 8 GB of memory. Exit code 0 also where there is no server to start, with a line
that says so.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from itertools import count, pairwise
from pathlib import Path

from fondaco.ledger import Account, EngineUnavailable, Status, TigerbeetleEngine, Transfer, prove
from tigerbeetle_cluster import NO_PROGRAM, Cluster, obstacle, program

REPLICAS = 3
BATCH = 10
_GIVER, _TAKER, _LEDGER = 1, 2, 7
# Long enough that the cluster elects another primary, and that the killed replica catches up before the next is killed.
_DOWN_S = 10
_BACK_S = 20
_LAST_ANSWER_S = 300


class Writer:
    """Books batch after batch; a batch without an answer is asked again under the same ids until there is one."""

    def __init__(self, addresses: list[str]) -> None:
        self._engine = TigerbeetleEngine(addresses, deadline_s=5)
        statuses = self._engine.create_accounts([Account(_GIVER, _LEDGER, 1), Account(_TAKER, _LEDGER, 1)], 1)
        assert statuses == [0, 0], f"the cluster is not empty: {statuses}"
        self.acknowledged: list[int] = []
        self.moments: list[float] = []
        self.asked_again = 0
        self._stop = threading.Event()
        self.fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for batch in count(1):
                if self._stop.is_set():
                    return
                self._book([(batch << 64) | leg for leg in range(1, BATCH + 1)])
        except Exception as fault:
            self.fault = fault

    def _book(self, ids: list[int]) -> None:
        transfers = [Transfer(key, _GIVER, _TAKER, 1, _LEDGER, 1) for key in ids]
        while True:  # ends when the cluster answers; whoever waits for that says how long
            try:
                statuses = self._engine.create_transfers(transfers, time.time_ns())
                break
            except EngineUnavailable:
                self.asked_again += 1
        assert set(statuses) <= {int(Status.OK), int(Status.EXISTS)}, statuses
        self.acknowledged += ids
        self.moments.append(time.monotonic())

    def silence_since(self, moment: float) -> float:
        """The longest time without an acknowledgement that ended after `moment`, or has not ended, in seconds."""
        return max(b - a for a, b in pairwise([moment, *self.moments, time.monotonic()]) if b > moment)

    def end(self) -> TigerbeetleEngine:
        self._stop.set()
        self._thread.join(timeout=_LAST_ANSWER_S)
        if self._thread.is_alive():
            self.fault = TimeoutError(f"no answer within {_LAST_ANSWER_S} s with all replicas up")
        return self._engine


def faults_of(engine: TigerbeetleEngine, acknowledged: list[int]) -> list[str]:
    """What of the acknowledged is not on the books exactly once."""
    found: dict[int, int] = {}
    for _, transfer, moved in engine.history():
        found[transfer.id] = found.get(transfer.id, 0) + moved
    faults = [f"transfer {key:#x} was acknowledged and moved {found.get(key, 0)}" for key in acknowledged if found.get(key) != 1]
    balance = engine.balance(_TAKER)
    if balance is None or balance.credits_posted != len(acknowledged):
        faults.append(f"{len(acknowledged)} acknowledged, and the taker has {balance}")
    return faults + list(prove(engine).faults)


def main() -> int:
    server = program()
    if server is None:
        print(f"drill tigerbeetle: skipped: {NO_PROGRAM}")
        return 0
    with tempfile.TemporaryDirectory() as home:
        hindered = obstacle(Path(home), REPLICAS)
        if hindered is not None:
            print(f"drill tigerbeetle: skipped: {hindered}")
            return 0
        with Cluster(server, Path(home), REPLICAS) as cluster:
            return play(cluster)


def play(cluster: Cluster) -> int:
    writer = Writer(cluster.addresses)
    print(f"{REPLICAS} replicas, batches of {BATCH}; {writer._engine.way}")
    begun = time.monotonic()
    time.sleep(_DOWN_S)
    print(
        f"undisturbed for {_DOWN_S} s: {len(writer.acknowledged)} acknowledged, longest silence {writer.silence_since(begun):.2f} s"
    )
    faults = []
    for number in range(REPLICAS):
        before, killed = len(writer.acknowledged), time.monotonic()
        cluster.kill(number)
        time.sleep(_DOWN_S)
        if len(writer.acknowledged) == before:
            faults.append(f"with replica {number} killed nothing was acknowledged for {_DOWN_S} s")
        print(f"replica {number} killed: longest silence {writer.silence_since(killed):.2f} s")
        cluster.start(number)
        cluster.wait_until_ready(number)
        time.sleep(_BACK_S)
    engine = writer.end()
    faults += [f"the writer broke off: {writer.fault!r}"] if writer.fault is not None else []
    faults += faults_of(engine, writer.acknowledged)
    engine.close()
    print(
        f"{len(writer.acknowledged)} acknowledged, {writer.asked_again} times asked again, longest silence {writer.silence_since(begun):.2f} s"
    )
    print(
        "\n".join(faults[:20]) if faults else "nothing acknowledged was lost or doubled; every balance follows from the transfers"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

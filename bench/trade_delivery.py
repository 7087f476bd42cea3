"""How many deliveries versus payment a hub settles in a second, durably, and what the title costs beside the same payment without one.

    .venv/bin/python bench/trade_delivery.py [--rounds 5] [--deliveries 512] [--batch 128]

Composed by `./run bench trade`. A delivery is everything from the payment's message to its end: the gate, screening, the reservation of money and title in
one chain, the offer to the payee's bank, its answer (a message of its own), the posted chain, the register's two events, and all mail. Books and journal
are the embedded ones, every batch is kept on disk before anybody is answered, and one process does all of it. Rounds alternate with the same
payments that deliver nothing; figures are medians.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fondaco.core import Instant, Refusal, utc_text  # noqa: E402
from fondaco.hub import Arrive, Command, Perform, prove_hub  # noqa: E402
from fondaco.messages import Status, pacs_002, wrap  # noqa: E402
from fondaco.payments import State  # noqa: E402
from fondaco.trade import Deed  # noqa: E402
from fondaco.trade.canonical import canonical  # noqa: E402
from titles import lading  # noqa: E402
from trades import CARRIER, EXPORTER, IMPORTER, TradeDesk, named, signed  # noqa: E402
from union import HUB, SG1, SG2, S, pacs_008  # noqa: E402

TERMS = f"SGD 1.00 {SG2}"


class Bench:
    """A desk whose batches are timed: how long the hub took for them, by the wall and by its own processor time."""

    def __init__(self, folder: Path, batch: int) -> None:
        self.desk = TradeDesk(folder, prefund="100000000")
        self.batch = batch
        self.issued = self.sent = 0

    def decide(self, commands: list[Command]) -> tuple[float, float, list[Refusal | str | None]]:
        """Decide and keep commands in batches; wall seconds, processor seconds, and what each came to."""
        hub, results = self.desk.hub, []
        wall, own = time.perf_counter(), time.process_time()
        for start in range(0, len(commands), self.batch):
            self.desk.now = Instant(self.desk.now + S // 1_000)
            results += hub.process(commands[start : start + self.batch], self.desk.now)
            hub.flush()
            hub.take_mail()
        return time.perf_counter() - wall, time.process_time() - own, results

    def offered(self, count: int) -> tuple[list[str], float]:
        """So many records, each offered against payment; the offers' ids, and seconds for the three deeds of each."""
        issues: list[Command] = []
        for _ in range(count):
            self.issued += 1
            serial = f"SLT{self.issued:07d}"
            body = {
                "kind": "BILL_OF_LADING", "serial": serial, "recipient": EXPORTER, "title": "ORDER", "named": EXPORTER,
                "content": canonical(lading(serial)), "law": "SG",
            }  # fmt: skip
            issues.append(Perform(signed(Deed(HUB, CARRIER, "", 0, "ISSUE", canonical(body).encode()))))
        spent, _, results = self.decide(issues)
        assert all(isinstance(one, str) for one in results), results[0]
        bills = [str(one).split(" ")[0] for one in results]
        spent += self._deeds([Perform(self.desk.deed(EXPORTER, "ACCEPT", bill)) for bill in bills])
        until = utc_text(Instant(self.desk.now + 36_000 * S))
        spent += self._deeds(
            [
                Perform(
                    self.desk.deed(
                        EXPORTER, "OFFER_AGAINST", bill, recipient=IMPORTER, until=until, against="PAYMENT", reference=TERMS
                    )
                )
                for bill in bills
            ]
        )
        return [self.desk.record(bill).lock_id() for bill in bills], spent

    def _deeds(self, commands: list[Command]) -> float:
        spent, _, results = self.decide(commands)
        assert all(isinstance(one, str) for one in results), results[0]
        return spent

    def settled(self, extras: list[str]) -> tuple[float, float]:
        """Pay and accept one urgent payment for each of these, with that in its message; wall and processor seconds until all are final."""
        uetrs = [f"00000000-0000-4000-8000-{self.sent + at:012d}" for at in range(len(extras))]
        self.sent += len(extras)
        raws = [
            pacs_008(SG1, SG2, "1.00", "SGD", uetr=uetr, message_id=f"M{uetr[-12:]}", urgent=True, extra=extra)
            for uetr, extra in zip(uetrs, extras, strict=True)
        ]
        wall, own, _ = self.decide([Arrive(SG1, raw) for raw in raws])
        answers: list[Command] = []
        for at, uetr in enumerate(uetrs):
            payment = self.desk.hub.by_uetr(uetr)
            assert payment is not None and payment.state is State.OFFERED, payment
            text, name = utc_text(self.desk.now), f"A{self.sent}-{at}"
            said = pacs_002(name, text, payment.offered_as, payment.message_kind, [Status("", "", "", uetr, "ACSP", "")])
            answers.append(Arrive(SG2, wrap("pacs.002.001.10", SG2, HUB, name, text, said)))
        more_wall, more_own, _ = self.decide(answers)
        for uetr in uetrs:
            payment = self.desk.hub.by_uetr(uetr)
            assert payment is not None and payment.state is State.SETTLED, payment
        return wall + more_wall, own + more_own


def measured(rounds: int, deliveries: int, batch: int) -> dict[str, Any]:
    """The figures: deliveries a second (wall, durable), the same by processor time, and the ratio to payments that deliver nothing."""
    with tempfile.TemporaryDirectory(prefix="fondaco-delivery-") as scratch:
        bench = Bench(Path(scratch) / "hub", batch)
        bench.settled(["<RmtInf><Ustrd>warm</Ustrd></RmtInf>"] * batch)
        rates, own_rates, ratios, deeds = [], [], [], []
        for _ in range(rounds):
            locks, spent = bench.offered(deliveries)
            deeds.append(3 * deliveries / spent)
            plain, _ = bench.settled([named(f"PAPER{at:09d}") for at in range(deliveries)])
            wall, own = bench.settled([named(lock) for lock in locks])
            rates.append(deliveries / wall)
            own_rates.append(deliveries / own)
            ratios.append(wall / plain)
            for lock in locks:
                assert bench.desk.record(lock.partition("/")[0]).holder == IMPORTER, "who paid has the title"
        faults = prove_hub(bench.desk.hub).faults
        assert faults == [], faults
        bench.desk.close()
    return {
        "dvp_per_s": round(statistics.median(rates)),
        "dvp_per_cpu_s": round(statistics.median(own_rates)),
        "dvp_times_a_payment": round(statistics.median(ratios), 2),
        "deeds_per_s": round(statistics.median(deeds)),
        "deliveries": rounds * deliveries,
        "batch": batch,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--deliveries", type=int, default=512)
    parser.add_argument("--batch", type=int, default=128)
    given = parser.parse_args()
    found = measured(given.rounds, given.deliveries, given.batch)
    print(json.dumps(found | {"python": platform.python_version(), "machine": platform.machine()}))


if __name__ == "__main__":
    main()

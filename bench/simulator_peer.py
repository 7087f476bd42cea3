"""One day by PSSimPy: run by its own Python, told the day as JSON on standard input; tells seconds and what came of it.

First in, first out, and no credit: a facility that lends nothing. The clock runs over its `run` alone, its logs (CSV) in it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from importlib.metadata import version

from PSSimPy.credit_facilities import AbstractCreditFacility
from PSSimPy.queues import FIFOQueue
from PSSimPy.simulator import BasicSim


class NoCredit(AbstractCreditFacility):
    """Lends nothing to anybody."""

    def calculate_fee(self, *_: object) -> float:
        return 0.0

    def lend_credit(self, *_: object) -> None:
        return

    def collect_repayment(self, account: object) -> None:
        return


def main() -> None:
    day = json.load(sys.stdin)
    banks = day["banks"]
    os.chdir(tempfile.mkdtemp(prefix="bench-simulator-"))  # it writes its logs where it is started
    sim = BasicSim(
        "day",
        {"name": banks},
        {"id": banks, "owner": banks, "balance": day["opening"]},
        {
            "sender_account": [banks[payer] for payer in day["payers"]],
            "recipient_account": [banks[payee] for payee in day["payees"]],
            "amount": day["minor"],
            "time": [f"{at // 3600:02d}:{at // 60 % 60:02d}" for at in day["arrived_s"]],
        },
        open_time=day["opens"],
        close_time=day["closes"],
        processing_window=day["window_minutes"],
        queue=FIFOQueue(),
        credit_facility=NoCredit(),
    )
    begun = time.perf_counter()
    sim.run()
    spent = time.perf_counter() - begun
    balances = [sim.accounts[bank].balance for bank in banks]
    settled = sum(one.settle_time is not None for one, _, _ in sim.transactions)
    print(
        json.dumps(
            {
                "seconds": spent,
                "settled": settled,
                "below_zero": sum(balance < 0 for balance in balances),
                "version": version("pssimpy"),
                "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )


if __name__ == "__main__":
    main()

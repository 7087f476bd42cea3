"""Deals that the tests of the console look at: a credit whose documents were refused once and paid, one that waits, a bill that is for sale, an invoice."""

from __future__ import annotations

from pathlib import Path

from console_tale import HOSTILE
from letters import LetterDesk
from stories.test_credits import paid, presented
from trades import EXPORTER, IMPORTER
from union import SG1

DIGEST = "ab" * 32
CREDIT, WAITING, BILL, OTHER_BILL = "LC-000001", "LC-000002", "ETR-000001", "ETR-000002"


def traded(folder: Path) -> int:
    """The instant at which the hub was left."""
    desk = LetterDesk(folder)
    credit, bill = desk.issued(), desk.issue()
    assert (credit, bill) == (CREDIT, BILL)
    desk.offered(bill, credit)
    presented(desk, credit, records=[bill], documents=[f"INVOICE F-7 {DIGEST}", HOSTILE])
    found = {
        "text": HOSTILE, "rule": "UCP600.20a.iii", "where": "BL.loading", "found": "Port Klang", "other": "CREDIT.loading", "expected": "Singapore",
    }  # fmt: skip
    desk.done(SG1, "FOUND_DISCREPANT", credit, presentation=1, discrepancies=[found])
    desk.done(SG1, "WAIVER_ASKED", credit, presentation=1)
    desk.done(IMPORTER, "WAIVER_GIVEN", credit, presentation=1)
    paid(desk, credit, desk.lock(bill))
    waiting = desk.issued(number="DC-18")
    assert waiting == WAITING
    other = desk.issue("SLT0002")
    assert other == OTHER_BILL
    desk.offer(other, "SGD 1250.00 ZZBBSG02")
    desk.hub.flush()
    left = int(desk.now)
    desk.close()
    return left


__all__ = ["BILL", "CREDIT", "DIGEST", "EXPORTER", "IMPORTER", "OTHER_BILL", "WAITING", "traded"]

"""A contract between two parties of the hub, and the orders under it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fondaco.core import Reason, Refusal
from fondaco.hub import prove_hub
from stories.test_invoices import SELLER, SHA, InvoiceDesk, act, begin, refused
from trades import EXPORTER, IMPORTER, TradeDesk
from union import agree

CONTRACT = "CON-000001"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TradeDesk]:
    made = InvoiceDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def offer(desk: TradeDesk, begins: int = 0, **terms: Any) -> Refusal | str | None:
    first, last = (desk.day + timedelta(days=days) for days in (begins, begins + 30))
    body: dict[str, Any] = {"buyer": IMPORTER, "terms": {"currency": "SGD", "sha256": SHA, **terms}}
    days = {"first_day": first.isoformat(), "last_day": last.isoformat(), "open_until": desk.day.isoformat()}
    return begin(desk, SELLER, "OFFERED", **body, **days)


def order(desk: TradeDesk, buyer: str = IMPORTER, currency: str = "SGD", contract: str = CONTRACT) -> Refusal | str | None:
    return begin(
        desk,
        buyer,
        "SEND_ORDER",
        seller=SELLER,
        number="PO-1",
        currency=currency,
        issued="2026-11-24",
        sha256=SHA,
        contract=contract,
    )


def test_an_order_is_sent_under_a_contract_in_force(desk: TradeDesk) -> None:
    assert offer(desk) == f"{CONTRACT} 1"
    no = refused(order(desk))
    assert (no.where, no.reason, no.found) == ("body.contract", Reason.OUT_OF_TURN, f"{CONTRACT} is OFFERED")
    assert refused(act(desk, SELLER, "COUNTERSIGNED", CONTRACT)).reason is Reason.ROLE_NOT_HELD, "who offered has signed already"
    assert isinstance(act(desk, IMPORTER, "COUNTERSIGNED", CONTRACT), str)
    assert refused(order(desk, EXPORTER)).reason is Reason.NOT_FOUND
    assert refused(order(desk, currency="THB")).where == "body.currency"
    assert refused(order(desk, contract="CON-000009")).where == "body.contract"
    assert order(desk) == "ORD-000001 1"
    assert order(desk, contract="an agreement of elsewhere") == "ORD-000002 1"
    # New terms bind when both signed them; until then orders are sent under the old ones.
    change = {"currency": "THB", "sha256": "cd" * 32}
    assert isinstance(act(desk, SELLER, "CHANGE_PROPOSED", CONTRACT, terms=change), str)
    assert order(desk) == "ORD-000003 1"
    assert isinstance(act(desk, IMPORTER, "CHANGE_AGREED", CONTRACT), str)
    assert refused(order(desk)).where == "body.currency" and order(desk, currency="THB") == "ORD-000004 1"
    for party in (SELLER, IMPORTER):
        assert isinstance(act(desk, party, "END_AGREED", CONTRACT), str)
    assert refused(order(desk, currency="THB")).found == f"{CONTRACT} is TERMINATED"


def test_before_its_first_day_nothing_is_ordered_under_it(desk: TradeDesk) -> None:
    offer(desk, begins=3)
    assert isinstance(act(desk, IMPORTER, "COUNTERSIGNED", CONTRACT), str)
    assert refused(order(desk)).found == f"{CONTRACT} is AGREED"


@pytest.mark.parametrize(
    ("terms", "where"),
    [({"incoterm": "CIP2"}, "terms, incoterm"), ({"tolerance_percent": "-1"}, "terms, tolerance_percent"),
     ({"tolerance_percent": "100.1"}, "terms, tolerance_percent"), ({"tolerance_percent": "about"}, "terms, tolerance_percent")],
)  # fmt: skip
def test_terms_that_mean_nothing_are_refused(desk: TradeDesk, terms: dict[str, str], where: str) -> None:
    assert refused(offer(desk, **terms)).where == where

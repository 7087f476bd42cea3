"""Amendments of a transferred credit (UCP 600 article 38(e) and (f)): advised as the transfer says, answered by each second beneficiary for itself."""

from __future__ import annotations

from typing import Any

import pytest

from credit_desk import ADVISER, EXPORTER, ISSUER, CreditDesk
from fondaco.core import Instant, Reason
from fondaco.trade import deadline
from fondaco.trade.transferred_amendment import TRANSFERRED_AMENDMENT, Event, State
from fondaco.trade.transferred_terms import days_of
from trade_world import DAY_NS, moment

SECOND, THIRD = "HARBOUR-SPICE", "LAGUNA-MILLS"
LATER = {"expiry": "2027-06-30", "latest_shipment": "2027-06-09"}


def transferred(desk: CreditDesk, to: str = SECOND, amendments: str = "ALL", **more: Any) -> int:
    desk.do(EXPORTER, "TRANSFER_REQUESTED", to=to, amount="400.00", amendments=amendments, **more)
    number = len(desk.lc.transfers)
    desk.do(ADVISER, "TRANSFERRED", transfer=number)
    return number


def amended(desk: CreditDesk, accepted: bool = True, **what: Any) -> int:
    """An amendment that the credit's own beneficiary has, and accepts."""
    desk.do(ISSUER, "AMENDMENT_ISSUED", **(what or {"changes": LATER}))
    number = len(desk.lc.amendments)
    desk.do(ADVISER, "AMENDMENT_ADVISED", number=number)
    if accepted:
        desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=number)
    return number


def two_parts() -> CreditDesk:
    desk = CreditDesk(transferable=True).issue()
    transferred(desk)
    transferred(desk, THIRD)
    amended(desk)
    for part in (1, 2):
        desk.do(ADVISER, "TRANSFER_AMENDMENT_ADVISED", transfer=part, number=1)
    return desk


def expiries(desk: CreditDesk) -> list[str]:
    return [days_of(desk.lc, part).expiry.isoformat() for part in desk.lc.transfers]


def test_what_one_refuses_another_accepts_and_each_part_is_as_its_own_beneficiary_says() -> None:
    desk = two_parts()
    assert expiries(desk) == ["2027-05-30", "2027-05-30"], "silence is no acceptance"
    desk.do(SECOND, "TRANSFER_AMENDMENT_ACCEPTED", transfer=1, number=1)
    desk.do(THIRD, "TRANSFER_AMENDMENT_REJECTED", transfer=2, number=1)
    assert expiries(desk) == ["2027-06-30", "2027-05-30"]
    assert [part.answers[0].state for part in desk.lc.transfers] == [State.ACCEPTED, State.REJECTED]
    desk.refuse(Reason.OUT_OF_TURN, "number", "UCP600.38f", THIRD, "TRANSFER_AMENDMENT_ACCEPTED", transfer=2, number=1)
    told = [
        (who, body["what"], body["by"])
        for who, _, body in desk.books.tells
        if body.get("what", "").startswith("TRANSFER_AMENDMENT")
    ]
    assert [(who, what) for who, what, by in told if by == THIRD] == [
        (ADVISER, "TRANSFER_AMENDMENT_REJECTED"), (EXPORTER, "TRANSFER_AMENDMENT_REJECTED"), (ISSUER, "TRANSFER_AMENDMENT_REJECTED"),
    ]  # fmt: skip
    # The one may ship and present in June; for the other its day was the 30th of May.
    desk.at = moment("2027-06-15T05:00")
    ask = {"bank": ADVISER, "currency": "SGD", "amount": "400.00", "shipped_on": "2027-06-08"}
    desk.refuse(Reason.EXPIRED, "transfer", "UCP600.38g", THIRD, "PRESENTED", **ask, transfer=2)
    desk.do(SECOND, "PRESENTED", **ask, transfer=1)
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=1)
    assert desk.clock(1, deadline.LATEST_SHIPMENT).state is deadline.State.MET
    assert desk.clock(1, deadline.LATEST_SHIPMENT).due_on == "2027-06-09"


def test_a_part_that_did_not_follow_an_earlier_expiry_keeps_its_own_day_and_nobody_elses() -> None:
    desk = CreditDesk(transferable=True).issue()
    transferred(desk)
    amended(desk, changes={"expiry": "2027-04-15"})
    desk.at = moment("2027-05-10T05:00")
    ask = {"bank": ADVISER, "currency": "SGD", "amount": "400.00"}
    desk.refuse(Reason.EXPIRED, "expiry", "UCP600.6d", EXPORTER, "PRESENTED", **ask)
    desk.do(SECOND, "PRESENTED", **ask, transfer=1)
    assert expiries(desk) == ["2027-05-30"]


def test_an_amendment_is_advised_as_the_transfer_says_and_no_other() -> None:
    desk = CreditDesk(transferable=True).issue()
    for to, which, fields in ((SECOND, "NONE", []), (THIRD, "NAMED", ["expiry"]), ("PALM-OILS", "ALL", [])):
        desk.do(EXPORTER, "TRANSFER_REQUESTED", to=to, amount="100.00", amendments=which, amended_fields=fields)
        desk.do(ADVISER, "TRANSFERRED", transfer=len(desk.lc.transfers))
    shipment = amended(desk, changes={"latest_shipment": "2027-05-10"})
    both = amended(desk)
    amount = amended(desk, increase="50.00")
    asked = [
        (body["number"], body["transfers"]) for who, _, body in desk.books.tells if body.get("what") == "AMENDMENT_FOR_TRANSFERS"
    ]
    assert asked == [(str(shipment), "3"), (str(both), "2 3")]
    for part, number in ((1, both), (2, shipment), (3, amount)):
        ask = {"transfer": part, "number": number}
        desk.refuse(Reason.ELEMENT_NOT_ADMITTED, "number", "UCP600.38e", ADVISER, "TRANSFER_AMENDMENT_ADVISED", **ask)
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.38e", ISSUER, "TRANSFER_AMENDMENT_ADVISED", transfer=2, number=both)
    desk.refuse(Reason.NOT_FOUND, "number", "UCP600.38e", ADVISER, "TRANSFER_AMENDMENT_ADVISED", transfer=2, number=9)
    desk.do(ADVISER, "TRANSFER_AMENDMENT_ADVISED", transfer=2, number=both)
    desk.refuse(Reason.OUT_OF_TURN, "number", "UCP600.38e", ADVISER, "TRANSFER_AMENDMENT_ADVISED", transfer=2, number=both)


def test_what_was_in_force_at_the_transfer_stands_and_is_not_advised_again() -> None:
    desk = CreditDesk(transferable=True).issue()
    before = amended(desk)
    transferred(desk)
    assert expiries(desk) == ["2027-06-30"] and desk.lc.transfers[0].base == (before,)
    ask = {"transfer": 1, "number": before}
    desk.refuse(Reason.ELEMENT_NOT_ADMITTED, "number", "UCP600.38e", ADVISER, "TRANSFER_AMENDMENT_ADVISED", **ask)


def test_what_a_second_beneficiary_accepts_holds_once_the_first_is_bound_by_it_too() -> None:
    desk = CreditDesk(transferable=True).issue()
    transferred(desk, expiry="2027-05-01")
    amended(desk, accepted=False)
    desk.do(ADVISER, "TRANSFER_AMENDMENT_ADVISED", transfer=1, number=1)
    desk.do(SECOND, "TRANSFER_AMENDMENT_ACCEPTED", transfer=1, number=1)
    assert expiries(desk) == ["2027-05-01"]
    desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    assert expiries(desk) == ["2027-06-30"]


def test_acceptance_of_a_part_is_rejection_of_the_whole() -> None:
    desk = two_parts()
    desk.do(SECOND, "TRANSFER_AMENDMENT_ACCEPTED", transfer=1, number=1, only=["expiry"])
    assert desk.lc.transfers[0].answers[0].state is State.REJECTED and expiries(desk)[0] == "2027-05-30"
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.38f", SECOND, "TRANSFER_AMENDMENT_ACCEPTED", transfer=2, number=1)


def test_documents_under_an_amendment_accept_it_for_their_own_part_alone() -> None:
    desk = two_parts()
    desk.do(SECOND, "PRESENTED", bank=ADVISER, currency="SGD", amount="400.00", transfer=1)
    desk.refuse(Reason.NOT_FOUND, "under", "UCP600.38f", ADVISER, "FOUND_COMPLYING", presentation=1, under=[2])
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=1, under=[1])
    assert [part.answers[0].state for part in desk.lc.transfers] == [State.DEEMED_ACCEPTED, State.ADVISED]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"amendments": "NAMED"}, Reason.ELEMENT_MISSING),
        ({"amendments": "ALL", "amended_fields": ["expiry"]}, Reason.ELEMENT_MISSING),
        ({"amendments": "NAMED", "amended_fields": ["amount"]}, Reason.ELEMENT_NOT_ADMITTED),
    ],
)
def test_a_transfer_that_does_not_say_which_is_refused(more: dict[str, Any], reason: Reason) -> None:
    desk = CreditDesk(transferable=True).issue()
    desk.refuse(reason, "amended_fields", "UCP600.38e", EXPORTER, "TRANSFER_REQUESTED", to=SECOND, amount="1.00", **more)


def test_every_path_of_an_amendment_of_a_transfer() -> None:
    for row in TRANSFERRED_AMENDMENT.rows:
        desk = two_parts()
        if row.on is Event.CREDIT_ENDED:
            desk.pass_to(Instant(int(moment("2027-07-02T12:00")) + DAY_NS))
        elif row.on is Event.PRESENTED_UNDER:
            desk.do(SECOND, "PRESENTED", bank=ADVISER, currency="SGD", amount="400.00", transfer=1)
            desk.do(ADVISER, "FOUND_COMPLYING", presentation=1, under=[1])
        else:
            desk.do(SECOND, f"TRANSFER_AMENDMENT_{row.on.value}", transfer=1, number=1)
        assert desk.lc.transfers[0].answers[0].state is row.after

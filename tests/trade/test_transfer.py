"""Transferable credits (UCP 600 article 38): what shrinks, whose part is whose, and the difference that stays with the first beneficiary."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_desk import ADVISER, DISCREPANCIES, EXPORTER, IMPORTER, ISSUER, CreditDesk
from fondaco.core import Reason, Refusal
from fondaco.trade.availability import available, payables, reserved
from fondaco.trade.letter_of_credit import State
from fondaco.trade.transfer import TRANSFER, Event
from trade_world import moment

SECOND, THIRD = "HARBOUR-SPICE", "LAGUNA-MILLS"
GOODS = [{"description": "white rice", "unit_price": "10.00"}]


def desk_of(**more: Any) -> CreditDesk:
    return CreditDesk(**{"transferable": True, "confirmation": "CONFIRM", "goods": GOODS, **more}).confirm()


def transferred(desk: CreditDesk, amount: str = "600.00", to: str = SECOND, **more: Any) -> int:
    desk.do(EXPORTER, "TRANSFER_REQUESTED", to=to, amount=amount, **more)
    number = len(desk.lc.transfers)
    desk.do(ADVISER, "TRANSFERRED", transfer=number)
    return number


def shown(desk: CreditDesk, who: str, amount: str, **more: Any) -> dict[str, Any]:
    return {
        "bank": ADVISER,
        "currency": "SGD",
        "amount": amount,
        "records": [f"ETR-{len(desk.lc.presentations) + 1:06d}"],
        **more,
    }


def test_a_part_is_drawn_by_the_second_beneficiary_and_the_difference_by_the_first() -> None:
    desk = desk_of()
    transferred(desk)
    assert reserved(desk.lc) == 600_00 and available(desk.lc, ISSUER) == 1_000_00
    # What was transferred nobody else draws; not a minor unit of it.
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b", EXPORTER, "PRESENTED", **shown(desk, EXPORTER, "400.01"))
    above = shown(desk, SECOND, "600.01", transfer=1)
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b", SECOND, "PRESENTED", **above)
    elsewhere = {**shown(desk, SECOND, "600.00", transfer=1), "bank": ISSUER}
    desk.refuse(Reason.ROLE_NOT_HELD, "bank", "UCP600.38k", SECOND, "PRESENTED", **elsewhere)
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.6", SECOND, "PRESENTED", **shown(desk, SECOND, "1.00"))
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.6", EXPORTER, "PRESENTED", **shown(desk, EXPORTER, "1.00", transfer=1))
    desk.do(SECOND, "PRESENTED", **shown(desk, SECOND, "600.00", transfer=1))
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b", SECOND, "PRESENTED", **shown(desk, SECOND, "0.01", transfer=1))
    invoice = {"presentation": 1, "invoice": "750.00"}
    desk.refuse(Reason.OUT_OF_TURN, "presentation", "UCP600.38i", EXPORTER, "SUBSTITUTED", **invoice)
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=1)
    assert [(one.payee, one.minor) for one in payables(desk.lc)] == [(SECOND, 600_00)]
    desk.pay("600.00", presentation=1)
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.38h", SECOND, "SUBSTITUTED", **invoice)
    for amount, reason in (("600.00", Reason.AMOUNT_DIFFERS), ("1000.01", Reason.ABOVE_AVAILABLE)):
        desk.refuse(reason, "invoice", "UCP600.38h", EXPORTER, "SUBSTITUTED", presentation=1, invoice=amount)
    desk.do(EXPORTER, "SUBSTITUTED", **invoice)
    desk.refuse(Reason.OUT_OF_TURN, "presentation", "UCP600.38h", EXPORTER, "SUBSTITUTED", **invoice)
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=2)
    assert [(one.payee, one.minor) for one in payables(desk.lc)] == [(EXPORTER, 150_00)]
    desk.pay("150.00", presentation=2)
    for number in (1, 2):
        desk.do(ADVISER, "FORWARDED", presentation=number, to=ISSUER)
        child = len(desk.lc.presentations)
        desk.do(ISSUER, "FOUND_COMPLYING", presentation=child)
        desk.pay("600.00" if number == 1 else "150.00", presentation=child)
        desk.do(ISSUER, "RELEASED", presentation=child)
    late = {"presentation": 1, "invoice": "760.00"}
    desk.refuse(Reason.OUT_OF_TURN, "presentation", "UCP600.38i", EXPORTER, "SUBSTITUTED", **late)
    assert available(desk.lc, ISSUER) == 250_00 and desk.books.holders["ETR-000001"] == IMPORTER
    desk.pass_to(moment("2027-06-02T12:00"))
    assert desk.lc.issue.state is State.CLOSED and desk.books.standing() == {}
    assert desk.lc.transfers[0].state.value == "CLOSED"


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"amount": "1000.01"}, "amount"),
        ({"expiry": "2027-05-31"}, "expiry"),
        ({"latest_shipment": "2027-05-10"}, "latest_shipment"),
        ({"presentation_days": 22}, "presentation_days"),
        ({"presentation_days": 0}, "presentation_days"),
        ({"unit_prices": ["10.01"]}, "unit_prices[0]"),
        ({"unit_prices": ["0"]}, "unit_prices[0]"),
        ({"unit_prices": ["NaN"]}, "unit_prices[0]"),
        ({"unit_prices": ["9", "9"]}, "unit_prices"),
        ({"insurance": "109.99"}, "insurance"),
    ],
)
def test_only_what_may_shrink_shrinks_and_insurance_alone_grows(more: dict[str, Any], where: str) -> None:
    desk = desk_of(insurance={"percent": 110})
    answer = desk.ask(EXPORTER, "TRANSFER_REQUESTED", **{"to": SECOND, "amount": "500.00", **more})
    assert isinstance(answer, Refusal) and (answer.where, answer.article) == (where, "UCP600.38g"), answer


def test_what_shrinks_by_nothing_or_more_is_transferred() -> None:
    desk = desk_of(insurance={"percent": 110})
    kept = {"expiry": "2027-05-30", "latest_shipment": "2027-05-09", "presentation_days": 21, "unit_prices": ["10.00"]}
    transferred(desk, "400.00", **kept, insurance="110")
    transferred(desk, "600.00", THIRD, expiry="2027-04-04", latest_shipment="2027-04-01", unit_prices=["8.5"], insurance="137.5")
    assert reserved(desk.lc) == 1_000_00
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.38g", EXPORTER, "TRANSFER_REQUESTED", to=SECOND, amount="0.01")


def test_a_transfer_has_an_expiry_of_its_own_that_moves_to_a_banking_day() -> None:
    # The 4th of April is a Sunday in Singapore.
    desk = desk_of()
    transferred(desk, expiry="2027-04-04", latest_shipment="2027-04-01")
    desk.pass_to(moment("2027-04-05T05:00"))
    late = shown(desk, SECOND, "100.00", transfer=1, shipped_on="2027-04-02")
    desk.refuse(Reason.EXPIRED, "shipped_on", "UCP600.38g", SECOND, "PRESENTED", **late)
    desk.do(SECOND, "PRESENTED", **shown(desk, SECOND, "100.00", transfer=1, shipped_on="2027-04-01"))
    desk.pass_to(moment("2027-04-06T05:00"))
    late = shown(desk, SECOND, "100.00", transfer=1, shipped_on="2027-04-01")
    desk.refuse(Reason.EXPIRED, "transfer", "UCP600.38g", SECOND, "PRESENTED", **late)


def test_who_may_transfer_what_and_to_whom() -> None:
    plain = CreditDesk(confirmation="CONFIRM").confirm()
    plain.refuse(Reason.OUT_OF_TURN, "terms.transferable", "UCP600.38b", EXPORTER, "TRANSFER_REQUESTED", to=SECOND, amount="1.00")
    desk = desk_of(partial_shipments="NOT_ALLOWED")
    ask = {"to": SECOND, "amount": "600.00"}
    for who in (ADVISER, SECOND, IMPORTER):
        desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.38b", who, "TRANSFER_REQUESTED", **ask)
    for who in (EXPORTER, IMPORTER):
        desk.refuse(Reason.ELEMENT_NOT_ADMITTED, "to", "UCP600.38b", EXPORTER, "TRANSFER_REQUESTED", to=who, amount="600.00")
    desk.do(EXPORTER, "TRANSFER_REQUESTED", **ask)
    desk.refuse(Reason.OUT_OF_TURN, "transfer", "UCP600.38d", EXPORTER, "TRANSFER_REQUESTED", to=THIRD, amount="1.00")
    draw = shown(desk, SECOND, "600.00", transfer=1)
    desk.refuse(Reason.OUT_OF_TURN, "transfer", "UCP600.38", SECOND, "PRESENTED", **draw)
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.38b", ISSUER, "TRANSFERRED", transfer=1)
    desk.do(ADVISER, "TRANSFER_DECLINED", transfer=1, text="not this one")
    desk.refuse(Reason.OUT_OF_TURN, "transfer", "UCP600.38", ADVISER, "TRANSFERRED", transfer=1)
    desk.refuse(Reason.NOT_FOUND, "transfer", "UCP600.38", ADVISER, "TRANSFERRED", transfer=2)
    assert reserved(desk.lc) == 0
    transferred(desk, to=THIRD)


def test_what_was_transferred_is_not_amended_away() -> None:
    desk = desk_of()
    transferred(desk)
    desk.do(ISSUER, "AMENDMENT_ISSUED", decrease="500.00")
    desk.do(ADVISER, "AMENDMENT_ADVISED", number=1)
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.10a", EXPORTER, "AMENDMENT_ACCEPTED", number=1)


def test_a_refused_presentation_gives_the_part_back_to_the_second_beneficiary_alone() -> None:
    desk = desk_of()
    transferred(desk)
    desk.do(SECOND, "PRESENTED", **shown(desk, SECOND, "600.00", transfer=1))
    desk.do(ADVISER, "FOUND_DISCREPANT", presentation=1, discrepancies=DISCREPANCIES)
    desk.do(ADVISER, "NOTICE_GIVEN", presentation=1, discrepancies=DISCREPANCIES, disposal="HOLD")
    assert reserved(desk.lc) == 600_00
    anew = shown(desk, SECOND, "600.00", corrects=1, records=["ETR-000001"])
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.6", EXPORTER, "PRESENTED", **anew)
    desk.do(SECOND, "PRESENTED", **anew)
    assert desk.lc.presentations[1].transfer == 1 and reserved(desk.lc) == 0


def test_every_path_of_a_transfer() -> None:
    for path in TRANSFER.paths():
        desk = desk_of()
        desk.do(EXPORTER, "TRANSFER_REQUESTED", to=SECOND, amount="600.00")
        for row in path:
            if row.on is Event.CREDIT_ENDED:
                desk.pass_to(moment("2027-06-02T12:00"))
            else:
                desk.do(ADVISER, "TRANSFERRED" if row.on is Event.TRANSFERRED else "TRANSFER_DECLINED", transfer=1)
            assert desk.lc.transfers[0].state is row.after


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["ask", "first", "second"]), st.integers(1, 110_000)), max_size=12))
def test_parts_and_drawings_never_pass_the_credit(tries: list[tuple[str, int]]) -> None:
    desk = desk_of()
    for who, minor in tries:
        text = f"{minor // 100}.{minor % 100:02d}"
        if who == "ask":
            answer = desk.ask(EXPORTER, "TRANSFER_REQUESTED", to=SECOND, amount=text)
            if not isinstance(answer, Refusal):
                desk.take(answer)
                desk.do(ADVISER, "TRANSFERRED", transfer=len(desk.lc.transfers))
        else:
            transfer = len(desk.lc.transfers) if who == "second" else 0
            actor = SECOND if transfer else EXPORTER
            answer = desk.ask(actor, "PRESENTED", **shown(desk, actor, text, transfer=transfer))
            if not isinstance(answer, Refusal):
                desk.take(answer)
        drawn = sum(each.minor for each in desk.lc.presentations)
        assert drawn + reserved(desk.lc) <= 1_000_00
        for part in desk.lc.transfers:
            assert sum(each.minor for each in desk.lc.presentations if each.transfer == part.number) <= part.minor

"""Negotiation (UCP 600 article 2): what a bank advances on documents, what it keeps off, and what becomes of both when it is paid or is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_desk import ADVISER, DISCREPANCIES, EXPORTER, ISSUER, CreditDesk
from fondaco.core import Reason
from fondaco.trade import Kind
from fondaco.trade.letter_of_credit import State
from fondaco.trade.presentation import Negotiation

USANCE = {"available_by": "NEGOTIATION", "draft": {"tenor": {"event": "AFTER_SIGHT", "days": 60}, "drawee": ISSUER}}


def bought(terms: dict[str, Any] | None = None, **how: Any) -> CreditDesk:
    """Documents for 1000.00 that the exporter's bank found to comply and bought."""
    desk = CreditDesk(**(terms or {"available_by": "NEGOTIATION"})).issue()
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=desk.present(ADVISER))
    desk.do(ADVISER, "NEGOTIATED", presentation=1, **how)
    return desk


def of(desk: CreditDesk) -> dict[tuple[str, str], int]:
    kinds = (
        Kind.NEGOTIATED_CLAIM,
        Kind.NEGOTIATED_ADVANCE,
        Kind.NEGOTIATED_DISCOUNT,
        Kind.RECOURSE_CLAIM,
        Kind.RECOURSE_LIABILITY,
    )
    return {(kind.name, who): minor for (kind, who), minor in desk.books.standing().items() if kind in kinds}


def refused(desk: CreditDesk) -> None:
    desk.do(ADVISER, "FORWARDED", presentation=1, to=ISSUER)
    desk.do(ISSUER, "FOUND_DISCREPANT", presentation=2, discrepancies=DISCREPANCIES)
    desk.do(ISSUER, "NOTICE_GIVEN", presentation=2, discrepancies=DISCREPANCIES, disposal="RETURN")


def test_what_is_advanced_and_what_is_kept_off_are_the_face_of_the_documents() -> None:
    desk = bought(rate="4.5", days=60, recourse=True)
    # 1000.00 at 4.5 % for 60 of 360 days: 7.50
    assert desk.lc.presentations[0].negotiation == Negotiation(99_250, 750, True)
    stands = {
        ("NEGOTIATED_CLAIM", ADVISER): -100_000,
        ("NEGOTIATED_ADVANCE", ADVISER): 99_250,
        ("NEGOTIATED_DISCOUNT", ADVISER): 750,
    }
    assert of(desk) == stands and sum(stands.values()) == 0
    (paid,) = [body for who, _, body in desk.books.tells if who == EXPORTER and body.get("what") == "NEGOTIATED"]
    assert (paid["advance"], paid["discount"], paid["recourse"]) == ("SGD992,50", "SGD7,50", "WITH")


def test_a_draft_at_sixty_days_is_bought_now_and_reimbursed_at_its_maturity() -> None:
    desk = bought(USANCE, discount="10.00")
    desk.do(ADVISER, "FORWARDED", presentation=1, to=ISSUER)
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=2)
    desk.do(ISSUER, "UNDERTAKEN", presentation=2)
    assert of(desk)["NEGOTIATED_DISCOUNT", ADVISER] == 10_00, "nothing is earned before it is paid"
    desk.pass_to(desk.lc.undertakings[0].matures_at)
    desk.pay(undertaking=1)
    assert of(desk) == {} and desk.state(1) == "SETTLED"


@pytest.mark.parametrize("recourse", [True, False])
def test_refused_documents_bring_the_advance_back_where_it_was_with_recourse(recourse: bool) -> None:
    desk = bought(discount="10.00", recourse=recourse)
    refused(desk)
    assert desk.state(1) == ("RECOURSE" if recourse else "UNREIMBURSED")
    asked = [body["advance"] for who, _, body in desk.books.tells if who == EXPORTER and body.get("what") == "RECOURSE"]
    if not recourse:
        assert of(desk) == {} and asked == [], "the loss is the bank's"
        desk.refuse(Reason.OUT_OF_TURN, "presentation", "UCP600.2", ADVISER, "ADVANCE_REPAID", presentation=1)
        return
    assert of(desk) == {("RECOURSE_CLAIM", ADVISER): -990_00, ("RECOURSE_LIABILITY", EXPORTER): 990_00} and asked == ["SGD990,00"]
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.14a", EXPORTER, "ADVANCE_REPAID", presentation=1)
    assert desk.books.holders["ETR-000001"] == ADVISER
    desk.do(ADVISER, "ADVANCE_REPAID", presentation=1)
    assert of(desk) == {} and desk.state(1) == "UNREIMBURSED" and desk.books.holders["ETR-000001"] == EXPORTER
    # They are the exporter's own again, and may be presented once more.
    assert desk.present(ADVISER, records=["ETR-000001"]) == 3


def test_a_credit_that_ran_out_stays_open_until_the_advance_is_settled() -> None:
    for ends, holder in (("ADVANCE_REPAID", EXPORTER), ("RECOURSE_GIVEN_UP", ADVISER)):
        desk = bought(recourse=True)
        refused(desk)
        (expiry,) = [each for each in desk.lc.deadlines if each.rule == "UCP600.29a"]
        desk.pass_to(expiry.due_at)
        assert desk.lc.issue.state is State.EXPIRED
        desk.do(ADVISER, ends, presentation=1)
        assert desk.lc.issue.state is State.CLOSED and desk.books.standing() == {}
        assert desk.books.holders["ETR-000001"] == holder


def test_a_bank_that_confirmed_buys_without_recourse() -> None:
    desk = CreditDesk(available_by="NEGOTIATION", confirmation="CONFIRM").confirm()
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=desk.present(ADVISER))
    desk.refuse(Reason.ELEMENT_NOT_ADMITTED, "recourse", "UCP600.8a.ii", ADVISER, "NEGOTIATED", presentation=1, recourse=True)
    desk.do(ADVISER, "NEGOTIATED", presentation=1, discount="1.00")
    refused(desk)
    assert desk.state(1) == "UNREIMBURSED" and of(desk) == {}


def test_a_bank_that_confirms_after_it_bought_gives_its_recourse_up() -> None:
    desk = CreditDesk(available_by="NEGOTIATION", confirmation="CONFIRM").issue()
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=desk.present(ADVISER))
    desk.do(ADVISER, "NEGOTIATED", presentation=1, recourse=True)
    desk.do(ADVISER, "CONFIRMED")
    refused(desk)
    assert desk.state(1) == "UNREIMBURSED" and of(desk) == {}


@pytest.mark.parametrize(
    ("how", "reason", "where"),
    [
        ({"discount": "1000.00"}, Reason.ABOVE_AVAILABLE, "discount"),
        ({"discount": "1.001"}, Reason.DECIMALS_WRONG, "discount"),
        ({"discount": "1.00", "rate": "4"}, Reason.ELEMENT_NOT_ADMITTED, "rate"),
        ({"rate": "NaN", "days": 1}, Reason.MALFORMED, "rate"),
        ({"rate": "-1", "days": 1}, Reason.MALFORMED, "rate"),
        ({"rate": "1E-9999999", "days": 1}, Reason.MALFORMED, "rate"),
        ({"rate": "100.000001", "days": 1}, Reason.MALFORMED, "rate"),
        ({"rate": "4"}, Reason.MALFORMED, "days"),
        ({"days": 4}, Reason.MALFORMED, "rate"),
        ({"rate": "100", "days": 3650}, Reason.ABOVE_AVAILABLE, "discount"),
    ],
)
def test_terms_that_no_purchase_has_are_refused(how: dict[str, Any], reason: Reason, where: str) -> None:
    desk = CreditDesk(available_by="NEGOTIATION").issue()
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=desk.present(ADVISER))
    desk.refuse(reason, where, "UCP600.2", ADVISER, "NEGOTIATED", presentation=1, **how)


@given(
    st.integers(1, 100_000), st.integers(0, 20_000_000).map(lambda micro: f"{micro // 1_000_000}.{micro % 1_000_000:06d}"),
    st.integers(1, 400), st.sampled_from([360, 365]),
)  # fmt: skip
def test_the_discount_is_never_more_than_the_rate_comes_to_and_no_whole_unit_less(
    minor: int, rate: str, days: int, basis: int
) -> None:
    desk = CreditDesk(available_by="NEGOTIATION").issue()
    number = desk.present(ADVISER, f"{minor // 100}.{minor % 100:02d}")
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=number)
    exact = minor * int(rate.replace(".", "")) * days, 1_000_000 * 100 * basis
    if exact[0] // exact[1] >= minor:
        return
    desk.do(ADVISER, "NEGOTIATED", presentation=number, rate=rate, days=days, basis=basis)
    made = desk.lc.presentations[number - 1].negotiation
    assert made is not None and made.discount * exact[1] <= exact[0] < (made.discount + 1) * exact[1]
    assert made.advance + made.discount == minor and sum(of(desk).values()) == 0

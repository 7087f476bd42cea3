"""Credits: the deals that the desk knows, each with its clocks, its postings and its records."""

from __future__ import annotations

from typing import Any

import pytest

from credit_desk import ADVISER, DEFERRED, DISCREPANCIES, EXPORTER, IMPORTER, ISSUER, REIMBURSER, START, TERMS, CreditDesk
from fondaco.core import Instant, Reason, Refusal
from fondaco.trade import Kind, deadline
from fondaco.trade.availability import available, in_force, locks
from fondaco.trade.crediting import begin, decide
from fondaco.trade.letter_of_credit import State
from trade_world import COL, HUB, PLACES, REM, batch, deed, moment


def test_a_clean_credit_at_sight_from_application_to_close() -> None:
    desk = CreditDesk(margin="300.00").issue()
    assert desk.books.standing() == {
        (Kind.MONEY, ISSUER): -30_000,
        (Kind.MARGIN, ISSUER): 30_000,
        (Kind.CONTINGENT_CLAIM, ISSUER): -100_000,
        (Kind.CONTINGENT_LIABILITY, ISSUER): 100_000,
    }
    shown = desk.present(ADVISER, shipped_on="2027-03-01")
    assert [(lock.taker, lock.against, lock.purpose) for lock in locks(desk.lc)] == [(ADVISER, "PAYMENT", "LC-000001/P1")]
    assert desk.clock(shown, deadline.PRESENT_AFTER_SHIPMENT).state is deadline.State.MET
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=shown)
    desk.do(ADVISER, "FORWARDED", presentation=shown, to=ISSUER)
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=2)
    assert desk.books.holders == {"ETR-000001": EXPORTER}
    desk.pay(presentation=2)
    assert desk.books.holders == {"ETR-000001": ISSUER}
    assert desk.state(1) == "SETTLED"
    assert desk.lc.issue.state is State.EXHAUSTED
    assert [(lock.taker, lock.against) for lock in locks(desk.lc)] == [(IMPORTER, "PAYMENT")]
    desk.do(ISSUER, "RELEASED", presentation=2)
    assert desk.books.holders == {"ETR-000001": IMPORTER}
    assert (desk.state(2), desk.lc.issue.state) == ("SETTLED", State.CLOSED)
    assert desk.books.standing() == {}
    assert [kind for kind in desk.books.kinds() if kind.startswith("MT")] == ["MT700", "MT730", "MT754"]


def test_a_discrepant_presentation_that_the_applicant_waives_is_honoured() -> None:
    desk = CreditDesk().issue()
    shown = desk.present(ISSUER)
    desk.do(ISSUER, "FOUND_DISCREPANT", presentation=shown, discrepancies=DISCREPANCIES)
    desk.do(ISSUER, "WAIVER_ASKED", presentation=shown)
    due = desk.clock(shown).due_at
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.16b", ISSUER, "WAIVER_GIVEN", presentation=shown)
    desk.do(IMPORTER, "WAIVER_GIVEN", presentation=shown)
    assert desk.clock(shown).due_at == due  # a waiver that is asked for buys no time
    desk.pay(presentation=shown)
    desk.do(ISSUER, "RELEASED", presentation=shown)
    assert desk.lc.issue.state is State.CLOSED
    assert desk.clock(shown).state is deadline.State.MET


def test_a_refusal_in_time_keeps_the_bank_free_and_a_corrected_presentation_takes_its_place() -> None:
    desk = CreditDesk().issue()
    shown = desk.present(ISSUER)
    desk.do(ISSUER, "FOUND_DISCREPANT", presentation=shown, discrepancies=DISCREPANCIES)
    desk.pass_to(desk.clock(shown).due_at - 1)
    desk.do(ISSUER, "NOTICE_GIVEN", presentation=shown, discrepancies=DISCREPANCIES, disposal="HOLD")
    assert desk.state(shown) == "HOLDING"
    assert locks(desk.lc) == ()
    refusal = next(body for _, kind, body in desk.books.tells if kind == "MT734")
    assert refusal["77J"] == DISCREPANCIES[0]["text"]
    assert refusal["77B"] == "/HOLD/"
    desk.pass_to(desk.clock(shown).due_at + 1)
    assert desk.state(shown) == "HOLDING"
    again = desk.present(ISSUER, corrects=shown, records=["ETR-000001"])
    assert desk.state(shown) == "CORRECTED"
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=again)
    desk.pay(presentation=again)
    assert desk.books.holders == {"ETR-000001": ISSUER}


@pytest.mark.parametrize("late_ns", [-1, 0, 1])
def test_a_bank_is_precluded_exactly_when_the_fifth_banking_day_closes(late_ns: int) -> None:
    desk = CreditDesk().issue()
    shown = desk.present(ISSUER)
    desk.do(ISSUER, "FOUND_DISCREPANT", presentation=shown, discrepancies=DISCREPANCIES)
    # Monday 8 March; Friday and Saturday are Dhaka's weekend, so the fifth banking day is Monday 15 March.
    clock = desk.clock(shown)
    assert clock.due_on == "2027-03-15"
    assert clock.due_at == int(moment("2027-03-15T10:00"))  # four o'clock in Dhaka
    desk.at = Instant(clock.due_at + late_ns)  # no tick comes before the notice
    notice: dict[str, Any] = {"presentation": shown, "discrepancies": DISCREPANCIES, "disposal": "RETURN"}
    if late_ns < 0:
        desk.do(ISSUER, "NOTICE_GIVEN", **notice)
        assert desk.state(shown) == "RETURNED"
        return
    desk.refuse(Reason.OUT_OF_TURN, "presentation", "UCP600.16c", ISSUER, "NOTICE_GIVEN", **notice)
    desk.pass_to(desk.at)
    assert desk.state(shown) == "PRECLUDED"
    assert desk.clock(shown).state is deadline.State.MISSED
    assert (EXPORTER, "PRECLUDED") in [(who, body.get("what")) for who, _, body in desk.books.tells]
    desk.pay(presentation=shown)
    assert desk.state(shown) == "HONOURED"


@pytest.mark.parametrize(
    ("notice", "where", "article"),
    [
        ({"disposal": "HOLD"}, "discrepancies", "UCP600.16c.ii"),
        ({"disposal": "HOLD", "discrepancies": [{"text": " "}]}, "discrepancies", "UCP600.16c.ii"),
        ({"discrepancies": DISCREPANCIES}, "disposal", "UCP600.16c.iii"),
    ],
)
def test_a_notice_that_is_not_whole_is_none_and_the_bank_is_precluded(notice: dict[str, Any], where: str, article: str) -> None:
    desk = CreditDesk().issue()
    shown = desk.present(ISSUER)
    desk.do(ISSUER, "FOUND_DISCREPANT", presentation=shown, discrepancies=DISCREPANCIES)
    desk.refuse(Reason.ELEMENT_MISSING, where, article, ISSUER, "NOTICE_GIVEN", presentation=shown, **notice)
    assert "MT734" not in desk.books.kinds()
    desk.pass_to(desk.clock(shown).due_at)
    assert desk.state(shown) == "PRECLUDED"


def test_a_bank_gives_one_notice_only() -> None:
    desk = CreditDesk().issue()
    shown = desk.present(ISSUER)
    desk.do(ISSUER, "FOUND_DISCREPANT", presentation=shown, discrepancies=DISCREPANCIES)
    desk.do(ISSUER, "NOTICE_GIVEN", presentation=shown, discrepancies=DISCREPANCIES, disposal="NOTIFY")
    assert locks(desk.lc)[0].against == "PAYMENT"  # held until the waiver comes, or the presenter says otherwise
    desk.do(IMPORTER, "WAIVER_GIVEN", presentation=shown)
    more = [*DISCREPANCIES, {"text": "insurance below 110 per cent"}]
    desk.refuse(
        Reason.OUT_OF_TURN,
        "presentation",
        "UCP600.16c",
        ISSUER,
        "NOTICE_GIVEN",
        presentation=shown,
        discrepancies=more,
        disposal="HOLD",
    )
    desk.do(ISSUER, "SENT_BACK", presentation=shown)  # the bank need not follow the waiver
    assert desk.state(shown) == "RETURNED"
    assert desk.books.holders == {"ETR-000001": EXPORTER}


def test_only_banks_that_are_engaged_are_precluded() -> None:
    desk = CreditDesk().issue()
    shown = desk.present(ADVISER)
    desk.pass_to(desk.clock(shown, deadline.EXAMINE).due_at)
    assert desk.state(shown) == "UNDER_EXAMINATION"
    assert desk.clock(shown, deadline.EXAMINE).state is deadline.State.MISSED
    desk = CreditDesk(confirmation="CONFIRM").confirm()
    shown = desk.present(ADVISER)
    desk.pass_to(desk.clock(shown).due_at)
    assert desk.state(shown) == "PRECLUDED"


def test_a_deferred_credit_gives_documents_at_once_and_money_at_maturity() -> None:
    desk = CreditDesk(margin="1000.00", **DEFERRED).issue()
    shown = desk.present(ISSUER)
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=shown)
    desk.refuse(
        Reason.OUT_OF_TURN,
        "terms.available_by",
        "UCP600.6b",
        HUB,
        "PAID",
        batch=batch(9),
        currency="SGD",
        amount="1000.00",
        presentation=1,
    )
    desk.do(ISSUER, "UNDERTAKEN", presentation=shown)
    desk.do(ISSUER, "RELEASED", presentation=shown)
    assert desk.books.holders == {"ETR-000001": IMPORTER}
    (owed,) = desk.lc.undertakings
    assert owed.matures_on == "2027-05-09"  # sixty days after 8 March is Friday 7 May; the bank opens on Sunday
    assert desk.books.standing() == {
        (Kind.MONEY, ISSUER): -100_000,
        (Kind.MARGIN, ISSUER): 100_000,
        (Kind.ACCEPTED_CLAIM, ISSUER): -100_000,
        (Kind.ACCEPTED_LIABILITY, ISSUER): 100_000,
    }
    early: dict[str, Any] = {"batch": batch(9), "currency": "SGD", "amount": "1000.00", "undertaking": 1}
    desk.refuse(Reason.OUT_OF_TURN, "undertaking", "UCP600.7c", HUB, "PAID", **early)
    desk.pass_to(owed.matures_at)
    assert desk.lc.undertakings[0].state.value == "DUE"
    desk.pay(undertaking=1)
    assert desk.lc.issue.state is State.CLOSED
    assert desk.books.standing() == {}


def test_an_undertaking_that_is_not_paid_on_its_day_is_in_default_until_its_creditor_gives_it_up() -> None:
    desk = CreditDesk(**DEFERRED).issue()
    shown = desk.present(ISSUER)
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=shown)
    desk.do(ISSUER, "UNDERTAKEN", presentation=shown)
    desk.do(ISSUER, "RELEASED", presentation=shown)
    desk.do(EXPORTER, "ASSIGNED", undertaking=1, to="HARBOUR-FACTORS")
    clock = next(d for d in desk.lc.deadlines if d.rule == deadline.PAY_AT_MATURITY.name)
    desk.pass_to(clock.due_at - 1)
    assert desk.lc.undertakings[0].state.value == "DUE"
    desk.pass_to(clock.due_at)
    assert desk.lc.undertakings[0].state.value == "DEFAULTED"
    assert desk.lc.issue.state is State.EXHAUSTED
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.7c", EXPORTER, "WRITTEN_OFF", undertaking=1)
    desk.do("HARBOUR-FACTORS", "WRITTEN_OFF", undertaking=1)
    assert desk.lc.issue.state is State.CLOSED


def test_a_confirming_bank_honours_and_is_reimbursed_on_the_same_maturity() -> None:
    desk = CreditDesk(**DEFERRED, confirmation="CONFIRM").confirm()
    assert desk.books.standing()[Kind.CONTINGENT_LIABILITY, ADVISER] == 100_000
    shown = desk.present(ADVISER)
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=shown)
    desk.refuse(Reason.OUT_OF_TURN, "presentation", "UCP600.8a", ADVISER, "FORWARDED", presentation=shown, to=ISSUER)
    desk.do(ADVISER, "UNDERTAKEN", presentation=shown)
    assert (Kind.CONTINGENT_LIABILITY, ADVISER) not in desk.books.standing()
    assert desk.books.standing()[Kind.ACCEPTED_LIABILITY, ADVISER] == 100_000
    desk.do(ADVISER, "FORWARDED", presentation=shown, to=ISSUER)
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=2)
    desk.do(ISSUER, "UNDERTAKEN", presentation=2)
    ours, theirs = desk.lc.undertakings
    assert ours.matures_on == "2027-05-07"  # Singapore works on Fridays
    assert theirs.matures_on == "2027-05-09"
    assert (ours.creditor, theirs.creditor) == (EXPORTER, ADVISER)
    assert desk.books.holders == {"ETR-000001": ISSUER}
    desk.do(ISSUER, "RELEASED", presentation=2)
    desk.pass_to(theirs.matures_at)
    desk.pay(undertaking=2)
    assert desk.state(1) == "REIMBURSED"
    desk.pay(undertaking=1)
    assert desk.state(1) == "SETTLED"
    assert desk.lc.issue.state is State.CLOSED
    assert desk.lc.confirmation is not None
    assert desk.lc.confirmation.state is State.CLOSED


def test_a_reimbursing_bank_pays_a_claim_and_the_issuing_bank_never_pays_a_second_time() -> None:
    desk = CreditDesk(confirmation="CONFIRM", reimbursing_bank={"name": "Reserve", "id": REIMBURSER}).confirm()
    desk.do(REIMBURSER, "REIMBURSEMENT_UNDERTAKEN")
    shown = desk.present(ADVISER, "400.00")
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=shown)
    desk.refuse(Reason.OUT_OF_TURN, "presentation", "UCP600.13b", ADVISER, "CLAIMED", presentation=shown)
    desk.pay("400.00", presentation=shown)
    desk.do(ADVISER, "CLAIMED", presentation=shown)
    assert [(claim.minor, claim.state.value) for claim in desk.lc.claims] == [
        (40_000, "CLAIMED"),
        (60_000, "IRREVOCABLE_UNDERTAKING"),
    ]
    clock = next(d for d in desk.lc.deadlines if d.rule == deadline.REIMBURSE.name)
    assert (clock.holder, clock.due_on) == (REIMBURSER, "2027-03-11")
    desk.do(ADVISER, "FORWARDED", presentation=shown, to=ISSUER)
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=2)
    second: dict[str, Any] = {"batch": batch(8), "currency": "SGD", "amount": "400.00", "presentation": 2}
    desk.refuse(Reason.OUT_OF_TURN, "claim", "UCP600.13b", HUB, "PAID", **second)
    desk.refuse(Reason.OUT_OF_TURN, "claim", "UCP600.13b", ISSUER, "COVERED", presentation=2)
    desk.pay("400.00", claim=1)
    assert desk.state(1) == "SETTLED"
    desk.refuse(Reason.OUT_OF_TURN, "claim", "URR725.10", ADVISER, "CLAIMED", presentation=shown)
    desk.do(ISSUER, "COVERED", presentation=2)
    desk.do(ISSUER, "RELEASED", presentation=2)
    assert desk.state(2) == "SETTLED"
    assert desk.lc.issue.state is State.AVAILABLE


def test_a_claim_that_does_not_conform_and_one_that_must_be_paid_back() -> None:
    desk = CreditDesk(confirmation="CONFIRM", reimbursing_bank={"name": "Reserve", "id": REIMBURSER}).confirm()
    shown = desk.present(ADVISER)
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=shown)
    desk.pay(presentation=shown)
    desk.do(ADVISER, "CLAIMED", presentation=shown)
    desk.do(REIMBURSER, "CLAIM_REFUSED", claim=1, text="no reference")
    assert [claim.minor for claim in desk.lc.claims] == [100_000, 100_000]
    desk.do(ADVISER, "CLAIMED", presentation=shown)
    desk.pay(claim=2)
    desk.do(ADVISER, "FORWARDED", presentation=shown, to=ISSUER)
    desk.refuse(Reason.OUT_OF_TURN, "claim", "UCP600.16g", ISSUER, "REFUND_CLAIMED", claim=2)
    desk.do(ISSUER, "FOUND_DISCREPANT", presentation=2, discrepancies=DISCREPANCIES)
    desk.do(ISSUER, "NOTICE_GIVEN", presentation=2, discrepancies=DISCREPANCIES, disposal="RETURN")
    desk.do(ISSUER, "REFUND_CLAIMED", claim=2)
    assert desk.lc.issue.state is State.EXHAUSTED
    desk.pay(refund=2)
    assert desk.lc.issue.state is State.CLOSED
    assert desk.books.holders == {"ETR-000001": ADVISER}


def test_a_negotiating_bank_buys_and_documents_that_come_back_leave_it_unpaid() -> None:
    desk = CreditDesk(available_by="NEGOTIATION").issue()
    shown = desk.present(ADVISER)
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=shown)
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.14a", ISSUER, "NEGOTIATED", presentation=shown)
    desk.do(ADVISER, "NEGOTIATED", presentation=shown)
    assert desk.books.holders == {"ETR-000001": ADVISER}
    desk.do(ADVISER, "FORWARDED", presentation=shown, to=ISSUER)
    desk.do(ISSUER, "FOUND_DISCREPANT", presentation=2, discrepancies=DISCREPANCIES)
    desk.do(ISSUER, "NOTICE_GIVEN", presentation=2, discrepancies=DISCREPANCIES, disposal="RETURN")
    assert desk.state(1) == "UNREIMBURSED"
    assert available(desk.lc, ISSUER) == 100_000


def test_drawings_never_pass_the_tolerance_by_one_minor_unit() -> None:
    desk = CreditDesk(plus=10, minus=10).issue()
    assert desk.books.standing()[Kind.CONTINGENT_LIABILITY, ISSUER] == 110_000
    body: dict[str, Any] = {"bank": ISSUER, "currency": "SGD"}
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b", EXPORTER, "PRESENTED", amount="1100.01", **body)
    first = desk.present(ISSUER, "600.00")
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b", EXPORTER, "PRESENTED", amount="500.01", **body)
    second = desk.present(ISSUER, "500.00")
    for shown, amount in ((first, "600.00"), (second, "500.00")):
        desk.do(ISSUER, "FOUND_COMPLYING", presentation=shown)
        desk.pay(amount, presentation=shown)
    assert desk.lc.issue.state is State.EXHAUSTED
    desk.refuse(Reason.OUT_OF_TURN, "state", "UCP600.6a", EXPORTER, "PRESENTED", amount="0.01", **body)


def test_one_drawing_only_where_partial_shipments_are_not_allowed() -> None:
    desk = CreditDesk(partial_shipments="NOT_ALLOWED").issue()
    shown = desk.present(ISSUER, "400.00")
    body: dict[str, Any] = {"bank": ISSUER, "currency": "SGD", "amount": "400.00"}
    desk.refuse(Reason.OUT_OF_TURN, "presentation", "UCP600.31a", EXPORTER, "PRESENTED", **body)
    desk.do(ISSUER, "FOUND_DISCREPANT", presentation=shown, discrepancies=DISCREPANCIES)
    desk.do(ISSUER, "NOTICE_GIVEN", presentation=shown, discrepancies=DISCREPANCIES, disposal="RETURN")
    assert desk.present(ISSUER, "900.00", records=["ETR-000001"]) == 2


def test_an_expiry_on_a_sunday_moves_to_monday_in_singapore_and_the_covering_schedule_says_so() -> None:
    desk = CreditDesk().issue()
    expiry = next(d for d in desk.lc.deadlines if d.rule == deadline.EXPIRY.name)
    assert (expiry.starts_on, expiry.due_on) == ("2027-05-30", "2027-05-31")
    desk.pass_to(expiry.due_at - 1)
    shown = desk.present(ADVISER)
    assert desk.lc.presentations[0].extended
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=shown)
    desk.pass_to(expiry.due_at)
    assert desk.lc.issue.state is State.EXPIRED
    # The open presentation survives the expiry, and holds up what the bank may have to pay.
    assert desk.books.standing()[Kind.CONTINGENT_LIABILITY, ISSUER] == 100_000
    desk.refuse(Reason.EXPIRED, "expiry", "UCP600.6d", EXPORTER, "PRESENTED", bank=ISSUER, currency="SGD", amount="1.00")
    desk.do(ADVISER, "FORWARDED", presentation=shown, to=ISSUER)
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=2)
    desk.pay(presentation=2)
    desk.do(ISSUER, "RELEASED", presentation=2)
    assert desk.lc.issue.state is State.CLOSED


def test_what_comes_when_the_bank_has_closed_on_the_last_day_is_too_late() -> None:
    desk = CreditDesk(expiry="2027-05-27", expiry_place={"name": "DHAKA", "locode": "BDDAC"}).issue()  # a Thursday
    expiry = next(d for d in desk.lc.deadlines if d.rule == deadline.EXPIRY.name)
    desk.at = Instant(expiry.due_at)
    desk.refuse(Reason.EXPIRED, "expiry", "UCP600.6d", EXPORTER, "PRESENTED", bank=ISSUER, currency="SGD", amount="1.00")
    desk.pass_to(desk.at)
    assert desk.lc.issue.state is State.CLOSED  # nothing was open
    assert desk.books.standing() == {}
    # Singapore's banks are open for another hour in which Dhaka's have closed; the place of expiry decides.
    late = CreditDesk(expiry="2027-05-27").issue()
    late.at = Instant(next(d for d in late.lc.deadlines if d.rule == deadline.EXPIRY.name).due_at - 1)
    assert late.present(ADVISER) == 1


def test_the_latest_day_for_shipment_never_moves() -> None:
    desk = CreditDesk().issue()
    shipment = next(d for d in desk.lc.deadlines if d.rule == deadline.LATEST_SHIPMENT.name)
    assert shipment.due_on == "2027-05-09"  # a Sunday, on which Singapore is closed
    desk.pass_to(shipment.due_at)
    desk.do(ISSUER, "AMENDMENT_ISSUED", increase="1.00")
    assert [d.state.value for d in desk.lc.deadlines if d.rule == deadline.LATEST_SHIPMENT.name] == ["PASSED"]


def test_documents_after_the_period_for_presentation_are_the_banks_to_judge() -> None:
    desk = CreditDesk(presentation_days=10).issue()
    desk.pass_to(moment("2027-03-22T05:00"))
    shown = desk.present(ISSUER, shipped_on="2027-03-10")
    clock = desk.clock(shown, deadline.PRESENT_AFTER_SHIPMENT)
    assert (clock.due_on, clock.state) == ("2027-03-21", deadline.State.MISSED)  # the tenth day is a Saturday in Dhaka
    assert desk.state(shown) == "UNDER_EXAMINATION"


def test_without_a_notice_of_completeness_nothing_was_presented() -> None:
    desk = CreditDesk(rules="EUCP").issue()
    shown = desk.present(ISSUER, complete=False)
    assert desk.state(shown) == "INCOMPLETE"
    assert all("/P1/" not in d.id for d in desk.lc.deadlines)
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "eUCP.e6", ISSUER, "COMPLETED", presentation=shown)
    desk.pass_to(moment("2027-03-09T05:00"))
    desk.do(EXPORTER, "COMPLETED", presentation=shown)
    assert desk.lc.presentations[0].presented_on == "2027-03-09"
    lapsed = CreditDesk(rules="EUCP").issue()
    shown = lapsed.present(ISSUER, complete=False)
    lapsed.pass_to(next(d for d in lapsed.lc.deadlines if d.rule == deadline.EXPIRY.name).due_at)
    assert (lapsed.state(shown), lapsed.lc.issue.state) == ("LAPSED", State.CLOSED)


def test_an_application_that_no_credit_can_be_issued_on_is_refused() -> None:
    cases: list[tuple[dict[str, Any], Reason, str, str]] = [
        (
            {"transferable": True, "instalments": [{"first_day": "2027-03-10", "last_day": "2027-03-31"}]},
            Reason.ELEMENT_NOT_ADMITTED,
            "terms.instalments",
            "UCP600.38",
        ),
        ({"available_by": "DEFERRED_PAYMENT"}, Reason.ELEMENT_MISSING, "terms.deferred", "UCP600.6b"),
        ({"available_by": "ACCEPTANCE"}, Reason.ELEMENT_MISSING, "terms.draft", "UCP600.6b"),
        ({**DEFERRED, "deferred": {"event": "AFTER_SIGHT"}}, Reason.MALFORMED, "terms.deferred", "UCP600.3"),
        ({"amount": "0"}, Reason.AMOUNT_NOT_POSITIVE, "terms.amount", "UCP600.18b"),
        ({"amount": "1.001"}, Reason.MALFORMED, "terms.amount", "UCP600.18b"),
        ({"currency": "XXX"}, Reason.MALFORMED, "terms.amount", "UCP600.18b"),
        ({"plus": 101}, Reason.MALFORMED, "terms.plus", "UCP600.18b"),
        ({"minus": 101}, Reason.MALFORMED, "terms.minus", "UCP600.18b"),
        ({"minus": -1}, Reason.MALFORMED, "$.terms.minus", ""),
        ({"amount": "90000000000000000"}, Reason.MALFORMED, "terms.amount", "UCP600.18b"),
        ({"beneficiary": {"name": "X"}}, Reason.MALFORMED, "terms.beneficiary.id", "UCP600.2"),
        ({"beneficiary": {"name": "X", "id": IMPORTER}}, Reason.ELEMENT_NOT_ADMITTED, "terms.beneficiary", "UCP600.2"),
        ({"applicant": {"name": "X", "id": "ANOTHER"}}, Reason.ROLE_NOT_HELD, "actor", "UCP600.2"),
        ({"unknown": 1}, Reason.MALFORMED, "$.terms", ""),
    ]
    for changes, reason, where, article in cases:
        answer = begin("LC-000001", deed(IMPORTER, "", 0, "APPLIED", terms={**TERMS, **changes}), START, PLACES)
        assert isinstance(answer, Refusal), changes
        assert (answer.reason, answer.where, answer.article) == (reason, where, article), answer.sentence()
    for wrong in (deed(IMPORTER, "", 1, "APPLIED", terms=TERMS), deed(IMPORTER, "", 0, "ISSUED", terms=TERMS)):
        assert isinstance(begin("LC-000001", wrong, START, PLACES), Refusal)


def test_deeds_out_of_role_or_turn_change_nothing() -> None:
    desk = CreditDesk()
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.4a", IMPORTER, "APPROVED")
    desk.refuse(Reason.ABOVE_AVAILABLE, "margin", "UCP600.4a", ISSUER, "APPROVED", margin="1000.01")
    desk.refuse(Reason.OUT_OF_TURN, "state", "UCP600.7b", ISSUER, "ISSUED")
    desk.refuse(Reason.OUT_OF_TURN, "confirmation", "UCP600.8", ADVISER, "CONFIRMED")
    desk.refuse(Reason.CODE_UNKNOWN, "action", "", ISSUER, "EXPIRED")
    desk.refuse(Reason.OUT_OF_TURN, "reimbursing_bank", "URR725.9", REIMBURSER, "REIMBURSEMENT_UNDERTAKEN")
    stale = decide(desk.lc, deed(ISSUER, "LC-000001", 7, "APPROVED"), START, PLACES)
    assert isinstance(stale, Refusal)
    assert stale.where == "version"
    desk.issue()
    body: dict[str, Any] = {"bank": ISSUER, "currency": "SGD", "amount": "10.00"}
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.6", IMPORTER, "PRESENTED", **body)
    desk.refuse(Reason.ROLE_NOT_HELD, "bank", "UCP600.6a", EXPORTER, "PRESENTED", **{**body, "bank": REIMBURSER})
    desk.refuse(Reason.AMOUNT_DIFFERS, "currency", "UCP600.18a", EXPORTER, "PRESENTED", **{**body, "currency": "BDT"})
    desk.refuse(Reason.NOT_FOUND, "corrects", "UCP600.6d", EXPORTER, "PRESENTED", **body, corrects=4)
    desk.refuse(Reason.ELEMENT_NOT_ADMITTED, "records", "UCP600.17", EXPORTER, "PRESENTED", **body, records=["A", "A"])
    desk.refuse(Reason.MALFORMED, "shipped_on", "UCP600.14c", EXPORTER, "PRESENTED", **body, shipped_on="yesterday")
    desk.present(ISSUER, "10.00")
    desk.refuse(Reason.ELEMENT_NOT_ADMITTED, "records", "UCP600.17", EXPORTER, "PRESENTED", **body, records=["ETR-000001"])
    desk.refuse(Reason.NOT_FOUND, "presentation", "UCP600.15", ISSUER, "FOUND_COMPLYING", presentation=9)
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.14a", ADVISER, "FOUND_COMPLYING", presentation=1)
    desk.refuse(
        Reason.ELEMENT_MISSING, "discrepancies", "UCP600.16a", ISSUER, "FOUND_DISCREPANT", presentation=1, discrepancies=[]
    )
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=1)
    paid: dict[str, Any] = {"batch": batch(1), "currency": "SGD", "amount": "10.00", "presentation": 1}
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.15", ISSUER, "PAID", **paid)
    desk.refuse(Reason.AMOUNT_DIFFERS, "amount", "UCP600.15", HUB, "PAID", **{**paid, "amount": "10.01"})
    desk.refuse(Reason.AMOUNT_DIFFERS, "currency", "UCP600.18a", HUB, "PAID", **{**paid, "currency": "BDT"})
    desk.refuse(Reason.MALFORMED, "batch", "UCP600.15", HUB, "PAID", **{**paid, "batch": "1"})
    desk.refuse(Reason.ELEMENT_MISSING, "presentation", "UCP600.15", HUB, "PAID", **{**paid, "claim": 1})
    desk.do(HUB, "PAID", **paid)
    desk.refuse(Reason.DUPLICATE_MESSAGE, "batch", "UCP600.15", HUB, "PAID", **paid)
    desk.refuse(Reason.OUT_OF_TURN, "presentation", "UCP600.15", HUB, "PAID", **{**paid, "batch": batch(2)})
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.14a", IMPORTER, "RELEASED", presentation=1)
    desk.refuse(Reason.ELEMENT_NOT_ADMITTED, "records", "UCP600.17", EXPORTER, "PRESENTED", **body, records=["ETR-000001"])
    desk.refuse(
        Reason.NOT_FOUND,
        "undertaking",
        "UCP600.7c",
        HUB,
        "PAID",
        **{**paid, "batch": batch(2), "presentation": 0, "undertaking": 1},
    )
    desk.refuse(Reason.NOT_FOUND, "claim", "URR725.11", HUB, "PAID", **{**paid, "batch": batch(2), "presentation": 0, "claim": 1})


def test_a_place_whose_calendar_nobody_keeps_or_that_ends_is_refused() -> None:
    desk = CreditDesk(expiry_place={"name": "NOWHERE", "locode": "XXXXX"})
    desk.do(ISSUER, "APPROVED")
    desk.refuse(Reason.NOT_FOUND, "terms.expiry_place", "UCP600.2", ISSUER, "ISSUED")
    desk = CreditDesk(expiry="2030-01-01")
    desk.do(ISSUER, "APPROVED")
    desk.refuse(Reason.DAY_UNKNOWN, "SGSIN", "UCP600.29a", ISSUER, "ISSUED")
    desk = CreditDesk(expiry="2027-03-07")
    desk.do(ISSUER, "APPROVED")
    desk.refuse(Reason.EXPIRED, "terms.expiry", "UCP600.6d", ISSUER, "ISSUED")


def test_a_pre_advised_credit_must_be_issued_and_an_application_may_be_declined() -> None:
    desk = CreditDesk()
    desk.do(ISSUER, "APPROVED")
    desk.do(ISSUER, "PREADVISED")
    desk.refuse(Reason.OUT_OF_TURN, "state", "UCP600.8d", ISSUER, "DECLINED")
    assert desk.do(ISSUER, "ISSUED").issue.state is State.ISSUED
    other = CreditDesk(margin="10.00")
    other.do(ISSUER, "APPROVED", margin="10.00")
    assert other.do(ISSUER, "DECLINED", text="no line").issue.state is State.DECLINED


def test_a_bank_that_will_not_confirm_is_not_bound() -> None:
    desk = CreditDesk(confirmation="MAY_ADD").issue()
    desk.do(ADVISER, "CONFIRMATION_DECLINED", text="country limit")
    assert desk.lc.confirming_bank == ""
    assert (Kind.CONTINGENT_LIABILITY, ADVISER) not in desk.books.standing()
    assert in_force(desk.lc) == desk.lc.terms
    assert (COL, REM) == (ISSUER, ADVISER)

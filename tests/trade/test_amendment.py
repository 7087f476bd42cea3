"""Amendments: who is bound to which terms when; silence accepts nothing, a part rejects the whole, a complying presentation accepts."""

from __future__ import annotations

from typing import Any

import pytest

from credit_desk import ADVISER, DEFERRED, DISCREPANCIES, EXPORTER, IMPORTER, ISSUER, CreditDesk
from fondaco.core import Reason
from fondaco.trade import Kind, deadline
from fondaco.trade.amendment import AMENDMENT, Event
from fondaco.trade.amendment import State as A
from fondaco.trade.availability import available, candidates, in_force
from fondaco.trade.letter_of_credit import State
from trade_world import DAY_NS


def amend(desk: CreditDesk, **body: Any) -> int:
    """An amendment issued and advised; its number."""
    desk.do(ISSUER, "AMENDMENT_ISSUED", **body)
    desk.do(ADVISER, "AMENDMENT_ADVISED", number=len(desk.lc.amendments))
    return len(desk.lc.amendments)


def contingent(desk: CreditDesk, bank: str = ISSUER) -> int:
    return desk.books.standing().get((Kind.CONTINGENT_LIABILITY, bank), 0)


def test_an_increase_binds_the_issuing_bank_on_issue_and_the_beneficiary_when_it_accepts() -> None:
    desk = CreditDesk().issue()
    amend(desk, increase="500.00", changes={"expiry": "2027-06-30"})
    assert contingent(desk) == 150_000
    assert in_force(desk.lc).maximum_minor() == 100_000
    desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    assert in_force(desk.lc).maximum_minor() == 150_000
    assert in_force(desk.lc).expiry.isoformat() == "2027-06-30"
    assert contingent(desk) == 150_000


def test_a_decrease_leaves_the_old_terms_until_it_is_accepted() -> None:
    desk = CreditDesk().issue()
    amend(desk, decrease="400.00")
    assert (contingent(desk), available(desk.lc, ISSUER)) == (100_000, 100_000)
    desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    assert (contingent(desk), available(desk.lc, ISSUER)) == (60_000, 60_000)


def test_silence_is_never_acceptance() -> None:
    desk = CreditDesk().issue()
    desk.refuse(
        Reason.MALFORMED,
        "$",
        "",
        ISSUER,
        "AMENDMENT_ISSUED",
        decrease="1.00",
        changes={},
        in_force_unless_rejected_by="2027-03-20",
    )
    amend(desk, decrease="400.00")
    for _ in range(70):
        desk.pass_to(int(desk.at) + DAY_NS)
        assert desk.lc.amendments[0].state is A.ADVISED or desk.lc.issue.state is not State.AVAILABLE
    assert available(desk.lc, ISSUER) == 100_000
    assert desk.lc.amendments[0].state is A.ADVISED or desk.lc.amendments[0].state is A.LAPSED


def test_acceptance_of_a_part_is_rejection() -> None:
    desk = CreditDesk().issue()
    amend(desk, increase="500.00", changes={"latest_shipment": "2027-04-01"})
    desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=1, only=["increase"])
    assert desk.lc.amendments[0].state is A.REJECTED
    assert contingent(desk) == 100_000
    assert in_force(desk.lc) == desk.lc.terms


def test_documents_that_comply_with_a_pending_amendment_accept_it() -> None:
    desk = CreditDesk().issue()
    amend(desk, increase="500.00")
    shown = desk.present(ISSUER, "1500.00")
    desk.refuse(Reason.NOT_FOUND, "number", "UCP600.10", ISSUER, "FOUND_COMPLYING", presentation=shown, under=[2])
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=shown, under=[1])
    assert desk.lc.amendments[0].state is A.DEEMED_ACCEPTED
    assert in_force(desk.lc).maximum_minor() == 150_000
    desk.pay("1500.00", presentation=shown)
    assert desk.lc.issue.state is State.EXHAUSTED


def test_a_bank_that_is_precluded_from_refusing_a_drawing_under_an_increase_is_bound_by_it() -> None:
    desk = CreditDesk().issue()
    amend(desk, increase="500.00")
    shown = desk.present(ISSUER, "1500.00")
    # What has been drawn under is not rejected any more.
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.10a", EXPORTER, "AMENDMENT_REJECTED", number=1)
    desk.pass_to(desk.clock(shown).due_at)
    desk.pay("1500.00", presentation=shown)
    assert desk.lc.amendments[0].state is A.DEEMED_ACCEPTED
    desk.do(ISSUER, "RELEASED", presentation=shown)
    assert desk.lc.issue.state is State.CLOSED


def test_a_confirming_bank_is_asked_nothing_more_once_the_credit_has_run_out() -> None:
    desk = CreditDesk(confirmation="CONFIRM").confirm()
    amend(desk, increase="500.00")
    desk.present(ISSUER)
    desk.pass_to(next(d for d in desk.lc.deadlines if d.rule == deadline.EXPIRY.name).due_at)
    desk.refuse(Reason.OUT_OF_TURN, "state", "UCP600.10a", ADVISER, "AMENDMENT_EXTENDED", number=1, extends=True)


def test_documents_under_the_old_terms_leave_the_amendment_where_it_was() -> None:
    desk = CreditDesk().issue()
    amend(desk, changes={"latest_shipment": "2027-04-01"})
    shown = desk.present(ISSUER, "100.00")
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=shown)
    assert desk.lc.amendments[0].state is A.ADVISED


def test_amendments_are_answered_in_any_order_and_add_up() -> None:
    desk = CreditDesk().issue()
    amend(desk, increase="500.00")
    amend(desk, decrease="200.00", changes={"latest_shipment": "2027-04-01"})
    assert contingent(desk) == 150_000
    desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=2)
    assert in_force(desk.lc).maximum_minor() == 80_000
    assert contingent(desk) == 130_000
    desk.do(EXPORTER, "AMENDMENT_REJECTED", number=1)
    assert contingent(desk) == 80_000
    assert [each.amount_minor() for each in candidates(desk.lc, ISSUER)] == [80_000]


def test_two_decreases_that_would_leave_nothing_are_refused_when_the_second_is_issued() -> None:
    desk = CreditDesk().issue()
    amend(desk, increase="500.00")
    amend(desk, decrease="900.00")
    # With the increase it would leave 100; if the beneficiary rejects the increase it would leave less than nothing.
    desk.refuse(Reason.AMOUNT_NOT_POSITIVE, "changes.amount", "UCP600.10a", ISSUER, "AMENDMENT_ISSUED", decrease="500.00")


def test_a_confirming_bank_extends_its_confirmation_or_stays_with_the_old_terms() -> None:
    desk = CreditDesk(confirmation="CONFIRM").confirm()
    amend(desk, increase="500.00")
    assert (contingent(desk), contingent(desk, ADVISER)) == (150_000, 100_000)
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.10b", ISSUER, "AMENDMENT_EXTENDED", number=1, extends=True)
    desk.do(ADVISER, "AMENDMENT_EXTENDED", number=1, extends=False)
    desk.refuse(Reason.OUT_OF_TURN, "extends", "UCP600.10b", ADVISER, "AMENDMENT_EXTENDED", number=1, extends=True)
    desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    assert (contingent(desk), contingent(desk, ADVISER)) == (150_000, 100_000)
    body: dict[str, Any] = {"currency": "SGD", "amount": "1500.00"}
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b", EXPORTER, "PRESENTED", bank=ADVISER, **body)
    assert desk.present(ISSUER, "1500.00") == 1
    other = CreditDesk(confirmation="CONFIRM").confirm()
    amend(other, increase="500.00")
    other.do(ADVISER, "AMENDMENT_EXTENDED", number=1, extends=True)
    assert contingent(other, ADVISER) == 150_000


def test_a_decrease_that_the_beneficiary_accepted_binds_it_towards_a_confirming_bank_that_did_not_extend() -> None:
    desk = CreditDesk(confirmation="CONFIRM").confirm()
    amend(desk, decrease="400.00")
    desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    assert (contingent(desk), contingent(desk, ADVISER)) == (60_000, 60_000)
    body: dict[str, Any] = {"currency": "SGD", "amount": "600.01"}
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b", EXPORTER, "PRESENTED", bank=ADVISER, **body)


def test_a_bank_that_confirms_late_confirms_the_credit_as_it_is_amended_by_then() -> None:
    desk = CreditDesk(confirmation="MAY_ADD").issue()
    amend(desk, increase="500.00")
    desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    desk.do(ADVISER, "CONFIRMED")
    assert contingent(desk, ADVISER) == 150_000


def test_a_credit_is_cancelled_by_all_three_or_not_at_all() -> None:
    desk = CreditDesk(confirmation="CONFIRM").confirm()
    amend(desk, cancel=True)
    desk.refuse(Reason.OUT_OF_TURN, "extends", "UCP600.10a", EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    desk.do(ADVISER, "AMENDMENT_EXTENDED", number=1, extends=True)
    shown = desk.present(ISSUER, "10.00")
    desk.refuse(Reason.OUT_OF_TURN, "presentation", "UCP600.10a", EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    desk.do(ISSUER, "FOUND_DISCREPANT", presentation=shown, discrepancies=DISCREPANCIES)
    desk.do(ISSUER, "NOTICE_GIVEN", presentation=shown, discrepancies=DISCREPANCIES, disposal="RETURN")
    desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    assert desk.lc.issue.state is State.CLOSED
    assert desk.books.standing() == {}


def test_a_decrease_below_what_is_drawn_cannot_be_accepted() -> None:
    desk = CreditDesk().issue()
    amend(desk, decrease="400.00")
    desk.present(ISSUER, "600.01")
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.10a", EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    desk.refuse(Reason.ABOVE_AVAILABLE, "amount", "UCP600.10a", ISSUER, "FOUND_COMPLYING", presentation=1, under=[1])


def test_a_longer_expiry_counts_as_soon_as_it_is_issued_and_falls_with_its_rejection() -> None:
    desk = CreditDesk().issue()
    old = next(d for d in desk.lc.deadlines if d.rule == deadline.EXPIRY.name)
    amend(desk, changes={"expiry": "2027-06-10"})
    desk.pass_to(old.due_at)
    assert desk.lc.issue.state is State.AVAILABLE
    desk.do(EXPORTER, "AMENDMENT_REJECTED", number=1)
    desk.pass_to(int(desk.at) + 1)
    assert desk.lc.issue.state is State.CLOSED


def test_an_increase_reopens_a_credit_that_was_drawn_in_full() -> None:
    desk = CreditDesk().issue()
    shown = desk.present(ISSUER)
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=shown)
    desk.pay(presentation=shown)
    assert desk.lc.issue.state is State.EXHAUSTED
    amend(desk, increase="200.00")
    assert desk.lc.issue.state is State.AVAILABLE
    assert contingent(desk) == 20_000
    assert desk.present(ISSUER, "200.00") == 2


@pytest.mark.parametrize(
    ("body", "reason", "where", "article"),
    [
        ({}, Reason.ELEMENT_MISSING, "changes", "UCP600.10"),
        ({"cancel": True, "increase": "1.00"}, Reason.ELEMENT_NOT_ADMITTED, "changes", "UCP600.10"),
        ({"increase": "1.00", "decrease": "1.00"}, Reason.ELEMENT_NOT_ADMITTED, "decrease", "UCP600.10"),
        ({"increase": "0.00"}, Reason.AMOUNT_NOT_POSITIVE, "increase", "UCP600.10"),
        ({"increase": "90000000000000000.00"}, Reason.MALFORMED, "terms.amount", "UCP600.10"),
        ({"decrease": "1000.00"}, Reason.AMOUNT_NOT_POSITIVE, "changes.amount", "UCP600.10a"),
        ({"changes": {"currency": "BDT"}}, Reason.ELEMENT_NOT_ADMITTED, "changes.currency", "UCP600.10a"),
        ({"changes": {"amount": "5.00"}}, Reason.ELEMENT_NOT_ADMITTED, "changes.amount", "UCP600.10a"),
        ({"changes": {"expiry_place": {"locode": "BDDAC"}}}, Reason.ELEMENT_NOT_ADMITTED, "changes.expiry_place", "UCP600.10a"),
        ({"changes": {"expiry": "soon"}}, Reason.MALFORMED, "changes", "UCP600.10a"),
        ({"changes": {"plus": 200}}, Reason.MALFORMED, "terms.plus", "UCP600.10"),
        ({"changes": []}, Reason.MALFORMED, "changes", "UCP600.10"),
        ({"number": 3}, Reason.NOT_FOUND, "number", "UCP600.10"),
        ({"changes": {"expiry": "2031-01-01"}}, Reason.DAY_UNKNOWN, "SGSIN", "UCP600.29a"),
    ],
)
def test_an_amendment_that_says_nothing_lawful_is_refused(body: dict[str, Any], reason: Reason, where: str, article: str) -> None:
    desk = CreditDesk().issue()
    desk.refuse(reason, where, article, ISSUER, "AMENDMENT_ISSUED", **body)


def test_an_amendment_cannot_take_the_maturity_out_of_a_deferred_credit() -> None:
    desk = CreditDesk(**DEFERRED).issue()
    desk.refuse(Reason.ELEMENT_MISSING, "terms.deferred", "UCP600.6b", ISSUER, "AMENDMENT_ISSUED", changes={"deferred": None})
    amend(desk, changes={"deferred": {"event": "AFTER_SIGHT", "days": 90}})
    desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=desk.present(ISSUER))
    desk.do(ISSUER, "UNDERTAKEN", presentation=1)
    assert desk.lc.undertakings[0].matures_on == "2027-06-06"


def test_deeds_of_amendments_out_of_role_or_turn_are_refused() -> None:
    desk = CreditDesk()
    desk.refuse(Reason.OUT_OF_TURN, "state", "UCP600.10a", ISSUER, "AMENDMENT_ISSUED", increase="1.00")
    desk.refuse(Reason.OUT_OF_TURN, "state", "UCP600.10a", IMPORTER, "AMENDMENT_DRAFTED", increase="1.00")
    desk.issue()
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.10b", ADVISER, "AMENDMENT_ISSUED", increase="1.00")
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.10a", ISSUER, "AMENDMENT_DRAFTED", increase="1.00")
    desk.refuse(Reason.OUT_OF_TURN, "confirmation", "UCP600.10b", ADVISER, "AMENDMENT_EXTENDED", number=1, extends=True)
    desk.do(IMPORTER, "AMENDMENT_DRAFTED", increase="1.00")
    desk.refuse(Reason.OUT_OF_TURN, "number", "UCP600.10c", EXPORTER, "AMENDMENT_ACCEPTED", number=1)
    desk.do(ISSUER, "AMENDMENT_ISSUED", number=1)
    # Bound on issue: what was issued is not withdrawn, and nobody but the beneficiary answers it.
    desk.refuse(Reason.OUT_OF_TURN, "number", "UCP600.10a", ISSUER, "AMENDMENT_WITHDRAWN", number=1)
    desk.do(ADVISER, "AMENDMENT_ADVISED", number=1)
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "UCP600.10c", IMPORTER, "AMENDMENT_ACCEPTED", number=1)
    desk.do(EXPORTER, "AMENDMENT_REJECTED", number=1)
    desk.refuse(Reason.OUT_OF_TURN, "number", "UCP600.10c", EXPORTER, "AMENDMENT_ACCEPTED", number=1)


def test_every_path_of_an_amendment() -> None:
    for path in AMENDMENT.paths():
        desk = CreditDesk().issue()
        desk.do(IMPORTER, "AMENDMENT_DRAFTED", increase="1.00")
        for row in path:
            if row.on is Event.ISSUED:
                desk.do(ISSUER, "AMENDMENT_ISSUED", number=1)
            elif row.on is Event.WITHDRAWN:
                desk.do(IMPORTER, "AMENDMENT_WITHDRAWN", number=1)
            elif row.on is Event.ADVISED:
                desk.do(ADVISER, "AMENDMENT_ADVISED", number=1)
            elif row.on is Event.CREDIT_ENDED:
                desk.pass_to(next(d for d in desk.lc.deadlines if d.rule == deadline.EXPIRY.name).due_at)
            elif row.on is Event.PRESENTED_UNDER:
                desk.do(ISSUER, "FOUND_COMPLYING", presentation=desk.present(ISSUER), under=[1])
            else:
                desk.do(EXPORTER, f"AMENDMENT_{row.on.value}", number=1)
            assert desk.lc.amendments[0].state is row.after, row

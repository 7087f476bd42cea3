"""Collections that are not paid or not accepted (URC 522 articles 24 and 26): the advice and its reason, instructions that are asked for, protest."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.core import Instant, Reason
from fondaco.trade import Kind, deadline
from fondaco.trade.collection import State
from trade.test_collection import ACCEPTANCE, EXPORTER, IMPORTER, Desk
from trade_world import COL, REM


def told(desk: Desk, who: str, kind: str = "trade.notice") -> list[dict[str, str]]:
    return [body for recipient, form, body in desk.books.tells if recipient == who and form == kind]


def what(desk: Desk, who: str) -> list[str]:
    return [body["what"] for body in told(desk, who)]


def clock(desk: Desk, rule: deadline.Rule) -> deadline.Deadline:
    return [each for each in desk.collection.deadlines if each.rule == rule.name][-1]


def matured(**more: Any) -> Desk:
    """A bill at thirty days that was accepted on 8 March, on the morning on which it falls due: Wednesday 7 April in Dhaka."""
    desk = Desk(**{**ACCEPTANCE, **more}).forward()
    desk.do(IMPORTER, "ACCEPTED")
    desk.pass_to(desk.collection.matures_at)
    return desk


def unpaid(**more: Any) -> Desk:
    desk = matured(**more)
    desk.pass_to(clock(desk, deadline.PAY_ACCEPTED_BILL).due_at)
    return desk


def test_the_bank_says_that_a_bill_is_unpaid_when_its_day_is_over_and_not_before() -> None:
    desk = matured()
    desk.refuse(Reason.OUT_OF_TURN, "matures_on", "URC522.26c", COL, "DISHONOURED", text="no money came")
    desk.pass_to(clock(desk, deadline.PAY_ACCEPTED_BILL).due_at - 1)
    desk.refuse(Reason.OUT_OF_TURN, "matures_on", "URC522.26c", COL, "DISHONOURED", text="no money came")
    desk.pass_to(int(desk.at) + 1)
    assert "UNPAID_AT_MATURITY" in what(desk, COL), "it owes the advice without delay"
    assert desk.do(COL, "DISHONOURED", text="no money came").state is State.DISHONOURED
    (advice,) = told(desk, REM, "MT416")
    assert (advice["23E"], advice["77A"], advice["32A"]) == ("NPAY", "no money came", "270407SGD1000,00")
    (made,) = desk.collection.dishonours
    assert (made.kind, made.on, made.by, made.text) == ("NPAY", "2027-04-07", COL, "no money came")


def test_the_drawee_may_say_so_itself_at_any_hour_and_both_banks_hear_it() -> None:
    desk = matured()
    desk.do(IMPORTER, "DISHONOURED", text="the goods are mouldy")
    assert told(desk, REM, "MT416")[0]["77A"] == "the goods are mouldy"
    assert "REFUSED_BY_DRAWEE" in what(desk, COL)
    (asked,) = [body for body in told(desk, REM) if body["what"] == "INSTRUCTIONS_ASKED"]
    assert asked["until"] == clock(desk, deadline.FURTHER_INSTRUCTIONS).due_on == "2027-06-06"
    (heard,) = [body for body in told(desk, EXPORTER) if body["what"] == "DISHONOURED"]
    assert (heard["kind"], heard["text"], heard["until"]) == ("NPAY", "the goods are mouldy", "2027-06-06")


def test_without_a_reason_the_advice_says_that_there_is_none_and_one_that_is_found_follows() -> None:
    desk = unpaid()
    desk.do(COL, "DISHONOURED")
    assert told(desk, REM, "MT416")[0]["77A"] == "THE DRAWEE GAVE NO REASON"
    desk.do(COL, "FATE_ADVISED", text="THE DRAWEE IS BEING WOUND UP")
    assert told(desk, REM, "MT422")[-1]["75"] == "THE DRAWEE IS BEING WOUND UP"
    assert desk.collection.state is State.DISHONOURED


def test_an_instruction_to_protest_has_its_two_banking_days_from_the_maturity() -> None:
    """Wednesday 7 April; Friday and Saturday Dhaka's banks are closed: Thursday and Sunday count (ULB article 44)."""
    desk = unpaid(protest=True)
    desk.do(COL, "DISHONOURED", text="no funds")
    protest = clock(desk, deadline.PROTEST)
    assert (protest.holder, protest.starts_on, protest.due_on) == (COL, "2027-04-07", "2027-04-11")
    (asked,) = [body for body in told(desk, COL) if body["what"] == "PROTEST_INSTRUCTED"]
    assert asked["until"] == "2027-04-11"
    desk.pass_to(int(desk.at) + 3_600_000_000_000)
    said = {"notary": "A. Rahman", "place": "Dhaka", "on": "2027-04-07", "reference": "N 17/2027"}
    assert desk.do(COL, "PROTESTED", text="for non-payment", **said).state is State.PROTESTED
    assert clock(desk, deadline.PROTEST).state is deadline.State.MET
    (made,) = desk.collection.dishonours
    assert made.protest is not None
    assert (made.protest.notary, made.protest.place, made.protest.on, made.protest.reference) == (
        *list(said.values())[:3],
        "N 17/2027",
    )
    assert told(desk, REM, "MT422")[-1]["75"] == "PROTESTED 2027-04-07\nA. Rahman\nDhaka\nN 17/2027"
    assert "PROTESTED" in what(desk, EXPORTER)
    assert clock(desk, deadline.FURTHER_INSTRUCTIONS).state is deadline.State.OPEN


def test_an_instruction_that_comes_too_late_for_the_days_of_protest_begins_none() -> None:
    desk = unpaid()
    desk.do(COL, "DISHONOURED", text="no funds")
    assert not [each for each in desk.collection.deadlines if each.rule == deadline.PROTEST.name]
    desk.pass_to(int(desk.at) + 9 * 86_400_000_000_000)
    desk.do(REM, "RE_INSTRUCTED", direction="PROTEST")
    assert not [each for each in desk.collection.deadlines if each.rule == deadline.PROTEST.name]
    assert desk.do(COL, "PROTESTED").state is State.PROTESTED, "what a late protest is worth is for the law of the place"


def test_an_instruction_in_time_begins_the_days_and_one_to_return_ends_them() -> None:
    desk = unpaid()
    desk.do(COL, "DISHONOURED", text="no funds")
    desk.do(REM, "RE_INSTRUCTED", direction="PROTEST")
    assert clock(desk, deadline.PROTEST).state is deadline.State.OPEN
    desk = unpaid(protest=True)
    desk.do(COL, "DISHONOURED", text="no funds")
    desk.do(REM, "RE_INSTRUCTED", direction="RETURN")
    assert clock(desk, deadline.PROTEST).state is deadline.State.VOID
    assert clock(desk, deadline.FURTHER_INSTRUCTIONS).state is deadline.State.MET


def test_days_of_protest_that_pass_are_missed_and_refuse_nothing() -> None:
    desk = unpaid(protest=True)
    desk.do(COL, "DISHONOURED", text="no funds")
    desk.pass_to(clock(desk, deadline.PROTEST).due_at)
    assert clock(desk, deadline.PROTEST).state is deadline.State.MISSED
    assert ("ULB.44", "DEADLINE_MISSED") in [(body.get("rule"), body["what"]) for body in told(desk, COL)]
    assert desk.do(COL, "PROTESTED").state is State.PROTESTED


@pytest.mark.parametrize("day", ["2027-04-06", "2027-04-08"])
def test_no_protest_is_drawn_up_before_the_dishonour_or_in_days_to_come(day: str) -> None:
    desk = unpaid(protest=True)
    desk.do(COL, "DISHONOURED", text="no funds")
    desk.refuse(Reason.ELEMENT_NOT_ADMITTED, "on", "URC522.24", COL, "PROTESTED", on=day)


def test_an_accepted_debt_that_was_not_paid_stands_until_the_collection_is_closed() -> None:
    desk = unpaid()
    desk.do(COL, "DISHONOURED", text="no funds")
    desk.do(REM, "RE_INSTRUCTED", direction="RETURN")
    desk.do(COL, "DOCS_RETURNED")
    # The goods went against the acceptance; the bill comes back, and with it the claim.
    assert desk.books.holders == {"ETR-000001": IMPORTER, "ETR-000002": REM}
    owed = {(Kind.OBLIGATION_CLAIM, EXPORTER): -100_000, (Kind.OBLIGATION_LIABILITY, IMPORTER): 100_000}
    assert desk.books.standing() == owed
    desk.do(REM, "CLOSED")
    assert desk.books.standing() == {} and desk.books.holders["ETR-000002"] == EXPORTER


def test_documents_that_are_refused_wait_sixty_days_for_a_word() -> None:
    desk = Desk().forward()
    desk.do(IMPORTER, "DISHONOURED", text="the goods are late")
    advice = told(desk, REM, "MT416")[0]
    assert (advice["23E"], advice["77A"], advice["32B"]) == ("NPAY", "the goods are late", "SGD1000,00")
    sixty = clock(desk, deadline.FURTHER_INSTRUCTIONS)
    assert [body["until"] for body in told(desk, REM) if body["what"] == "INSTRUCTIONS_ASKED"] == [sixty.due_on]
    assert not [each for each in desk.collection.deadlines if each.rule == deadline.PROTEST.name]
    desk.pass_to(sixty.due_at)
    assert ("URC522.26c", "DEADLINE_MISSED") in [(body.get("rule"), body["what"]) for body in told(desk, REM)]
    desk.do(COL, "DOCS_RETURNED")
    assert "DOCS_RETURNED" in what(desk, EXPORTER) and desk.books.holders == {"ETR-000001": REM}


def test_each_refusal_is_kept_with_what_came_of_it() -> None:
    desk = unpaid(protest=True)
    desk.do(COL, "DISHONOURED", text="no funds")
    desk.do(COL, "PROTESTED", notary="A. Rahman")
    desk.do(REM, "RE_INSTRUCTED", direction="PRESENT")
    desk.do(COL, "PRESENTED")
    desk.at = Instant(int(desk.at) + 1)
    desk.do(COL, "DISHONOURED", text="still none")
    first, second = desk.collection.dishonours
    assert (first.text, first.protest is not None, second.text, second.protest) == ("no funds", True, "still none", None)

"""Holidays of one country at the door between two, and clocks that count banking days over a year's end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fondaco.core import Reason, Refusal, utc_text
from fondaco.hub import CloseCycle, EndDay, OpenDay, checklist
from fondaco.payments import Payment, State
from stories.test_assignments import ask_back, the_open
from stories.test_returns import settled
from union import ID1, MY1, PH1, SG1, TH1, Desk, at_rest

MAKHA_BUCHA = date(2027, 2, 22)


def closed(payment: Payment) -> bool:
    assert payment.refusal is None or payment.refusal.reason is Reason.DAY_CLOSED, payment.refusal
    return payment.refusal is not None


@pytest.mark.parametrize("currency", ["SGD", "THB"])
def test_a_thai_holiday_closes_the_door_to_and_from_thailand_and_no_other(tmp_path: Path, currency: str) -> None:
    desk = Desk(tmp_path / "hub", day=MAKHA_BUCHA)
    books = desk.books()
    sender, payee = (SG1, TH1) if currency == "SGD" else (TH1, SG1)
    refused = desk.pay(sender, payee, "100.00", currency, urgent=True)
    assert refused.state is State.REJECTED and closed(refused)
    assert desk.told(sender)[-1] == "RJCT DT01" and desk.books() == books
    assert not closed(desk.pay(SG1, MY1, "100.00", "SGD", urgent=True)), "Singapore and Malaysia work that day"
    desk.close()


def test_the_day_after_the_holiday_is_a_day_like_any_other(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", day=date(2027, 2, 23))
    settled(desk)
    desk.close()


def test_a_day_of_one_holiday_settles_its_cycle_among_the_others(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", day=MAKHA_BUCHA)
    payment = desk.pay(SG1, MY1, "100.00", "SGD")
    desk.answer(payment)
    assert desk.do(CloseCycle(last=True)) == "cycle 1"
    desk.let_world_answer()
    assert desk.see(payment).state is State.SETTLED
    at_rest(desk)
    assert desk.do(EndDay()) is None
    desk.close()


def moved(union: Path) -> None:
    """The announced day is one later than the provisional one."""
    path = union / "calendars" / "2027.toml"
    text = path.read_text()
    for before, after in (("2027-03-11", "2027-03-12"), ("2027-03-10", "2027-03-11")):
        begins = text.index("[MYR]")
        assert before in text[begins:]
        text = text[:begins] + text[begins:].replace(f"\n{before} =", f"\n{after} =", 1)
    path.write_text(text)


def test_a_feast_that_the_moon_moved_is_put_right_by_a_change_of_rules(tmp_path: Path) -> None:
    # The 10th was to be Hari Raya in Malaysia; by the announcement it is an ordinary day, and the 11th and 12th are the feast.
    day = date(2027, 3, 10)
    made = Desk(tmp_path / "before", day=day)
    assert not made.rules.currencies["MYR"].calendar.is_business_day(day)
    made.close()
    made = Desk(tmp_path / "after", day=day, amend=moved)
    calendar = made.rules.currencies["MYR"].calendar
    assert [calendar.is_business_day(date(2027, 3, n)) for n in (9, 10, 11, 12)] == [True, True, False, False]
    assert not closed(made.pay(TH1, MY1, "100.00", "THB", urgent=True))
    made.close()


@pytest.mark.parametrize(
    ("bank", "deadline"),
    [
        # 31 December and 1 January are closed in Thailand: 23, 24, 25, 28, 29, 30, then 4, 5, 6 and 7 January.
        (TH1, "2027-01-07T09:30:00.000Z"),
        # In the Philippines 24, 25, 30, 31 December and 1 January: 23, 28, 29, then 4 to 8, 11 and 12 January.
        (PH1, "2027-01-12T09:30:00.000Z"),
        # In Indonesia 24, 25 December, 1 and 5 January: 23, 28 to 31, then 4, 6, 7, 8 and 11 January.
        (ID1, "2027-01-11T09:30:00.000Z"),
    ],
)
def test_the_clock_of_a_recall_counts_the_banking_days_of_who_is_asked_over_the_years_end(
    tmp_path: Path, bank: str, deadline: str
) -> None:
    desk = Desk(tmp_path / "hub", day=date(2026, 12, 22))
    payment = desk.pay(SG1, bank, "10.00", "SGD", urgent=True)
    desk.answer(payment)
    assert desk.see(payment).state is State.SETTLED
    desk.inbox.clear()
    assert ask_back(desk, payment.uetr) is None
    assert utc_text(the_open(desk).deadline) == deadline  # type: ignore[arg-type]
    desk.close()


def without_2027(union: Path) -> None:
    (union / "calendars" / "2027.toml").unlink()


def test_a_clock_that_would_run_beyond_the_calendar_is_refused_and_the_checklist_says_so_before(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", day=date(2026, 12, 22), amend=without_2027)
    line = checklist(desk.hub.desk)[-1]
    assert not line.done and not line.needed and line.found == "IDR, KRW, MYR, PHP, SGD and 1 more"
    refusal = ask_back(desk, settled(desk).uetr)
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.DAY_CLOSED and "ends on 2026-12-31" in refusal.sentence()
    assert desk.hub.desk.assignments == {}
    desk.close()


def test_no_day_opens_that_no_calendar_knows(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", day=date(2026, 12, 22), amend=without_2027)
    assert desk.do(CloseCycle(last=True)) == "cycle 1" and desk.do(EndDay()) is None
    refusal = desk.do(OpenDay("2027-01-04"))
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.DAY_CLOSED and "2027-01-04" in refusal.sentence()
    assert desk.hub.desk.counters.day == "2026-12-22"
    desk.close()


def without_the_baht(union: Path) -> None:
    path = union / "calendars" / "2027.toml"
    text = path.read_text()
    path.write_text(text[: text.index("[THB]")] + text[text.index("[KRW]") :])


def test_a_currency_that_the_years_file_does_not_name_is_closed_and_the_others_are_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", day=date(2027, 2, 23), amend=without_the_baht)
    assert closed(desk.pay(SG1, TH1, "100.00", "SGD", urgent=True))
    assert not closed(desk.pay(SG1, MY1, "100.00", "SGD", urgent=True))
    assert checklist(desk.hub.desk)[-1].found == "THB"
    desk = desk.again()
    assert not closed(desk.pay(SG1, MY1, "100.00", "SGD", urgent=True))
    desk.close()

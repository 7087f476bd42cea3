"""An act's article comes from its table, a deadline's days from its calendar: what people are told is what decided."""

from __future__ import annotations

from datetime import date, time

import pytest

from fondaco.core import Calendar
from fondaco.core.calendar import Holiday
from fondaco.trade import BankingPlace, article_of, article_text, days_passed_over
from fondaco.trade.deadline import EXPIRY, GIVE_NOTICE, LATEST_SHIPMENT, Deadline, begin

BANGKOK = Calendar(
    "Asia/Bangkok", time(8), time(16, 30), frozenset({5, 6}), date(2026, 12, 31),
    {date(2026, 12, 7): Holiday("A holiday, in lieu", "the central bank"), date(2026, 12, 10): Holiday("Another", "a law")}, date(2026, 1, 1),
)  # fmt: skip
PLACE = BankingPlace("ZZBATH01", "v1", BANGKOK)


@pytest.mark.parametrize(
    ("instrument", "action", "article"),
    [
        ("COL-000001", "PRESENTED", "UCP600"),
        ("LC-000001", "PRESENTED", "UCP600.14b"),
        ("LC-000001", "NOTICE_GIVEN", "UCP600.16c"),
        ("LC-000001", "ISSUED", "UCP600.7b"),
        ("LC-000001", "TRANSFERRED", "UCP600.38b"),
        ("ETR-000001", "OFFER_AGAINST", "T.3"),
        ("INV-000001", "RECEIVED", "T111"),
        ("LC-000001", "NO_SUCH_ACT", ""),
        ("XYZ-000001", "ISSUED", ""),
    ],
)
def test_the_article_of_an_act_is_its_tables(instrument: str, action: str, article: str) -> None:
    found = article_of(instrument, action)
    assert found.startswith("URC522") if instrument.startswith("COL") else found == article


def test_of_two_articles_that_of_the_state_counts() -> None:
    assert (article_of("LC-000001", "ISSUED", "APPROVED"), article_of("LC-000001", "ISSUED", "PREADVISED")) == (
        "UCP600.7b",
        "UCP600.11b",
    )


@pytest.mark.parametrize(
    ("article", "text"),
    [
        ("UCP600.16c.iii.b", "UCP 600 art. 16(c)(iii)(b)"),
        ("UCP600.20a.iii", "UCP 600 art. 20(a)(iii)"),
        ("UCP600.14d/credit", "UCP 600 art. 14(d)"),
        ("URC522.26c", "URC 522 art. 26(c)"),
        ("eUCP.e6", "eUCP art. e6"),
        ("MLETR 11", "MLETR art. 11"),
        ("CREDIT.46A", "field 46A"),
        ("T.3", "rulebook T.3"),
        ("T111", "Peppol T111"),
        ("", ""),
        ("a note of ours", "a note of ours"),
    ],
)
def test_an_article_in_the_words_of_people(article: str, text: str) -> None:
    assert article_text(article) == text


def deadline(rule: object, day: date) -> Deadline:
    found = begin("LC-000001/1", rule, "ZZBATH01", day, PLACE)  # type: ignore[arg-type]
    assert isinstance(found, Deadline)
    return found


def test_banking_days_pass_over_a_weekend_and_a_holiday() -> None:
    found = deadline(GIVE_NOTICE, date(2026, 12, 1))
    assert found.due_on == "2026-12-09"
    assert [(one.day.day, one.name, one.source) for one in days_passed_over(found, BANGKOK)] == [
        (5, "Saturday", ""), (6, "Sunday", ""), (7, "A holiday, in lieu", "the central bank"),
    ]  # fmt: skip


def test_a_last_day_moves_over_days_that_are_none_and_one_that_never_moves_passes_over_none() -> None:
    moved, fixed = deadline(EXPIRY, date(2026, 12, 5)), deadline(LATEST_SHIPMENT, date(2026, 12, 5))
    assert moved.due_on == "2026-12-08" and [one.day.day for one in days_passed_over(moved, BANGKOK)] == [5, 6, 7]
    assert fixed.due_on == "2026-12-05" and days_passed_over(fixed, BANGKOK) == ()
    assert days_passed_over(deadline(EXPIRY, date(2026, 12, 8)), BANGKOK) == ()

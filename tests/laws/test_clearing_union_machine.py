"""Weeks of three central banks: payments, closes, words that come, come twice, or never. Whatever comes, the record, the books and every line hold,
and a crash after any batch changes nothing."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from bridge import BR, IN, ZA, Bridge, articles, third_country
from fondaco.core import Refusal
from fondaco.hub import Arrive, CloseCycle, EndDay
from fondaco.ledger import prove
from fondaco.payments import State
from fondaco.rulebook import AGREED_ASSET, RESIDUAL, Deed
from fondaco.settlement import PARTS, UnionState

FIRST, DAYS = date(2026, 1, 5), 9
RULES = ("local_currency", "carry_over", "agreed_asset")


def holds(desk: Bridge) -> None:
    """No debt beyond its line, the record as the books, the interest of debtors never below their creditors'."""
    assert desk.hub.unions.faults() == []
    book = desk.hub.desk.union_book
    for key, standing in book.standings.items():
        number, currency = key.split(" ")
        assert standing >= -desk.hub.desk.lines[int(number), currency], key
        assert 0 <= book.parts(key)[1] <= book.parts(key)[0]


def settled_adds_up(desk: Bridge) -> int:
    """Every settled close of a period: nets of nothing, in what it moved and in what it billed."""
    found = 0
    for close in desk.hub.desk.union_closes.values():
        if close.of or close.state is not UnionState.SETTLED:
            continue
        found += 1
        for row in close.rows:
            assert row.before + row.interest == row.carried + row.written_off
            assert abs(row.debit_parts - row.interest * PARTS) <= PARTS // 2
            assert row.interest == row.credited + row.margin
    return found


@pytest.mark.parametrize("seed", range(4))
def test_weeks_of_central_banks_hold(tmp_path: Path, seed: int) -> None:
    source = random.Random(f"clearing union {seed}")
    small = articles(line="90000.00", settled_by=RULES[seed % 3], period="week", close_day="2", due_days=str(source.randrange(3)))
    desk = Bridge(tmp_path / "hub", small, third_country, first=FIRST)
    day, states = FIRST, set()
    for _ in range(DAYS):
        for _ in range(source.randrange(5)):
            payer, payee = source.sample([BR, IN, ZA], 2)
            amount = f"{source.randrange(1, 9_000)}.{source.randrange(100):02}"
            states.add(desk.pay(payer, payee, amount, urgent=source.random() < 0.6).state)
            holds(desk)
        if desk.hub.desk.counters.open_cycle:
            desk.do(CloseCycle(last=True))
        desk.answers()
        closed(desk, source)
        holds(desk)
        if source.random() < 0.5:
            delivered(desk)
        desk.answers() if source.random() < 0.7 else desk.inbox.clear()
        assert desk.do(EndDay()) is None
        day = next_day(desk, day)
        desk.open_day(day, lost=source.random() < 0.5)
        holds(desk)
    assert states & {State.SETTLED, State.ACCEPTED} and prove(desk.hub.books).faults == ()
    assert settled_adds_up(desk) >= 1
    desk.close()


def next_day(desk: Bridge, day: date) -> date:
    """The next day on which every currency is open."""
    while True:  # ends: calendars know no month without a business day
        day += timedelta(days=1)
        if all(one.calendar.is_business_day(day) for one in desk.rules.currencies.values()):
            return day


def closed(desk: Bridge, source: random.Random) -> None:
    """Try to close; agents say what they like, in the order that they like, some of it twice. After any word the outcomes may be lost."""
    result = desk.do(desk.rates())
    if isinstance(result, Refusal):
        return
    asked = [mail for mail in desk.inbox if mail.subject.startswith("clearing union")]
    source.shuffle(asked)
    for mail in asked + asked[:1]:
        word = source.choices(["ACSP", "PDNG", "PART", "RJCT", ""], [9, 1, 1, 1, 1])[0]
        if not word:
            continue
        command = Arrive(mail.recipient, desk.word(mail.recipient, mail, word))
        if source.random() < 0.3:
            before = desk.hub.journal.head()[0]
            desk.lost(command)
            assert desk.hub.journal.head()[0] == before + 1
        else:
            desk.do(command)
        holds(desk)


def delivered(desk: Bridge) -> None:
    """Two operators saw an agreed asset of the last close delivered."""
    close, central = desk.hub.unions.last_settled(), desk.hub.unions.central()
    assert central is not None
    for row in close.rows if close is not None else ():
        if row.settled_by == AGREED_ASSET and row.carried and close is not None:
            subject = f"{close.number} {central.bics[row.debtor]} {central.bics[row.creditor]}"
            for who in ("operator-1", "operator-2"):
                desk.vote(Deed(RESIDUAL, subject, str(row.carried)), who)
            return

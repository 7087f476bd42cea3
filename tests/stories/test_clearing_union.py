"""The clearing union of `bridge` over the end of a period: what central banks owe is drawn on the books, bears interest, and is compensated."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from bridge import BR, CB_BR, CB_IN, CB_ZA, FIRST, HUB, IN, ZA, Bridge, articles, third_country
from command_line import fondaco, now
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant, Reason, Refusal
from fondaco.fx import ReferenceRate
from fondaco.hub import (
    Arrive,
    CloseCycle,
    CloseUnion,
    OpenDay,
    Rulebooks,
    Until,
    close_hub,
    load_list,
    naming_of,
    open_hub,
    prove_hub,
    restore_backup,
    take_backup,
)
from fondaco.ledger import PlainText, Role, Transfer, TransferFlag, account_id, export_books, prove
from fondaco.payments import State
from fondaco.reporting import union_statement
from fondaco.rulebook import RESIDUAL, Deed, Mistake, Scheme, difference, read_scheme, succession_faults, union_folder
from fondaco.settlement import PARTS, UnionClose, UnionState
from fondaco.simulation import demo_key, lay_out
from union import calm_uetr, pacs_008

MONDAY, TUESDAY = date(2026, 11, 30), date(2026, 12, 1)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Bridge]]:
    made: list[Bridge] = []

    def one(*amends: Callable[[Path], None], name: str = "hub", first: date = FIRST) -> Bridge:
        made.append(Bridge(tmp_path / name, *amends, first=first))
        return made[-1]

    yield one
    for desk in made:
        assert prove(desk.hub.books).faults == ()
        desk.close()


def traded(desk: Bridge, monday: date = MONDAY) -> None:
    """Friday: Brazil's importers pay 100,000 reais, India's 495,000 rupees; the weekend passes; Monday is the period's last day."""
    assert desk.pay(BR, IN, "100000.00", urgent=True).state is State.SETTLED
    assert desk.pay(IN, BR, "495000.00").state is State.ACCEPTED
    over_the_weekend(desk, monday)


def over_the_weekend(desk: Bridge, monday: date = MONDAY) -> None:
    """To Monday's evening, when nothing is under way any more."""
    desk.end_day()
    desk.open_day(monday)
    desk.do(CloseCycle(last=True))
    desk.answers()


def closed(desk: Bridge) -> UnionClose:
    assert desk.do(desk.rates()) == f"close {desk.hub.desk.union_book.closes} RESERVED"
    desk.answers()
    return desk.hub.desk.union_closes[desk.hub.desk.union_book.closes]


def test_what_settles_between_countries_is_owed_between_their_central_banks(make) -> None:  # type: ignore[no-untyped-def]
    desk = make()
    traded(desk)
    # 100,000 reais buy 1,650,000 rupees, 495,000 rupees 29,997 reais.
    assert desk.standing(CB_BR, "INR") == desk.books(CB_BR, "INR") == -165_000_000
    assert desk.standing(CB_IN, "BRL") == desk.books(CB_IN, "BRL") == -2_999_700
    desk.at_rest()


def test_nights_bear_interest_on_closing_balances_weekends_too(make) -> None:  # type: ignore[no-untyped-def]
    desk = make()
    traded(desk)
    book = desk.hub.desk.union_book
    debit, credit = book.parts("11 INR")
    assert Fraction(debit, PARTS) == Fraction(165_000_000 * 525 * 3, 10_000 * 360)
    assert Fraction(credit, PARTS) == Fraction(165_000_000 * 5 * 3, 100 * 360)
    assert book.counted == "2026-11-30" and book.since == "2026-11-27"


def test_a_period_closes_with_the_residual_paid_in_the_debtors_own_currency(make) -> None:  # type: ignore[no-untyped-def]
    desk = make()
    traded(desk)
    hub_rupees, hub_reais = (
        desk.hub.books.balance(account_id(Role.PREFUNDED, desk.hub.desk.ledgers[c], 0)).net for c in ("INR", "BRL")
    )
    close = closed(desk)
    assert close.state is UnionState.SETTLED
    brazil, india = close.rows
    # Interest of three nights: 72,187.5 paise, half to even, of which 68,750 are India's; 1,312.36875 centavos, of which 1,249.875.
    assert (brazil.interest, brazil.credited, brazil.interest_residue) == (72_188, 68_750, -500_000_000)
    assert (india.interest, india.credited, india.interest_residue, india.credited_residue) == (
        1_312,
        1_250,
        368_750_000,
        -125_000_000,
    )
    # Brazil owes (165,000,000 + 72,188) paise at 0.0606, is owed 2,999,700 + 1,312 centavos: the rest is paid in reais.
    exact = Fraction(165_072_188 * 606, 10_000) - 3_001_012
    assert brazil.paid == round(exact) and close.pair == (0, 0)
    assert (desk.books(CB_BR, "INR"), desk.books(CB_IN, "BRL")) == (0, brazil.paid)
    assert desk.hub.books.balance(account_id(Role.PREFUNDED, desk.hub.desk.ledgers["INR"], 0)).net == hub_rupees + 72_188 - 68_750
    assert desk.hub.books.balance(account_id(Role.PREFUNDED, desk.hub.desk.ledgers["BRL"], 0)).net == hub_reais + 1_312 - 1_250
    desk.at_rest()
    book = desk.hub.desk.union_book
    assert book.since == "2026-11-30" and book.accrued == {} and book.opening == book.standings
    # What India was paid it spends first; then its line is drawn again.
    desk.pay(IN, BR, "1650000.00", urgent=True)
    assert desk.standing(CB_IN, "BRL") == brazil.paid - 9_999_000 == desk.books(CB_IN, "BRL")


def test_a_residual_is_carried_over_with_its_interest(make) -> None:  # type: ignore[no-untyped-def]
    desk = make(articles(settled_by="carry_over"))
    traded(desk)
    close = closed(desk)
    brazil = close.rows[0]
    left = Fraction(165_072_188 * 606, 10_000) - 3_001_012
    assert (brazil.carried, brazil.paid) == (round(left / Fraction(606, 10_000)), 0)
    assert (desk.books(CB_BR, "INR"), desk.books(CB_IN, "BRL")) == (-brazil.carried, 0)
    desk.at_rest()
    desk.end_day()
    desk.open_day(TUESDAY)
    assert Fraction(desk.hub.desk.union_book.parts("11 INR")[0], PARTS) == Fraction(brazil.carried * 525, 10_000 * 360)


def test_a_residual_in_an_agreed_asset_is_owed_until_two_operators_saw_it_delivered(make) -> None:  # type: ignore[no-untyped-def]
    desk = make(articles(settled_by="agreed_asset"))
    traded(desk)
    close = closed(desk)
    carried = close.rows[0].carried
    assert desk.books(CB_BR, "INR") == -carried < 0
    deed = Deed(RESIDUAL, f"1 {CB_BR} {CB_IN}", str(carried))
    for wrong, reason in (
        (Deed(RESIDUAL, f"2 {CB_BR} {CB_IN}", str(carried)), Reason.NOT_FOUND),
        (Deed(RESIDUAL, f"1 {CB_IN} {CB_BR}", str(carried)), Reason.NOT_FOUND),
        (Deed(RESIDUAL, f"1 {CB_BR} {CB_IN}", str(carried - 1)), Reason.AMOUNT_DIFFERS),
    ):
        refused = desk.vote(wrong, "operator-1")
        assert isinstance(refused, Refusal) and refused.reason is reason
    assert str(desk.vote(deed, "operator-1")).endswith("PROPOSED")
    assert desk.books(CB_BR, "INR") == -carried, "one person's word moves nothing"
    assert str(desk.vote(deed, "operator-2")).endswith("CARRIED")
    assert desk.books(CB_BR, "INR") == -carried, "nor do two, before the creditor has written it off"
    desk.answers()
    assert desk.books(CB_BR, "INR") == desk.standing(CB_BR, "INR") == 0
    assert desk.hub.desk.union_closes[1].delivered == [(11, 12)] and desk.hub.desk.union_closes[2].state is UnionState.SETTLED
    again = desk.vote(deed, "operator-1")
    assert isinstance(again, Refusal) and again.reason is Reason.OUT_OF_TURN
    desk.at_rest()


def test_a_close_comes_in_its_time_once_and_with_nothing_under_way(make) -> None:  # type: ignore[no-untyped-def]
    desk = make()
    early = desk.do(desk.rates())
    assert (
        isinstance(early, Refusal)
        and (early.reason, early.article) == (Reason.OUT_OF_TURN, "10.2")
        and "2026-11-30" in early.found
    )
    desk.end_day()
    desk.open_day(MONDAY)
    unsettled = desk.do(desk.rates())
    assert isinstance(unsettled, Refusal) and "cycles [2] are not settled" in unsettled.found
    desk.do(CloseCycle(last=True))
    uetr = calm_uetr()
    desk.do(Arrive(BR, pacs_008(BR, IN, "5.00", "BRL", uetr=uetr, urgent=True, receiver=HUB, day="2026-11-30")))
    offered = desk.do(desk.rates())
    assert isinstance(offered, Refusal) and "1 payments are offered" in offered.found
    desk.answers()
    assert closed(desk).state is UnionState.SETTLED
    again = desk.do(desk.rates())
    assert isinstance(again, Refusal) and "2026-12-31" in again.found


def test_rates_must_be_there_and_of_these_days(make) -> None:  # type: ignore[no-untyped-def]
    desk = make()
    traded(desk)
    for command in (CloseUnion(()), desk.rates(day="2026-10-01"), desk.rates(day="2026-12-01"), desk.rates(INR="0")):
        refused = desk.do(command)
        assert isinstance(refused, Refusal) and refused.reason is Reason.NO_PRICE
    assert desk.hub.desk.union_closes == {}


@pytest.mark.parametrize("words", [("RJCT",), ("ACSP", "PART"), ("ACSP", "RJCT")])
def test_what_one_central_bank_refuses_none_gives(make, words: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    desk = make()
    traded(desk)
    before = desk.books(CB_BR, "INR"), desk.books(CB_IN, "BRL"), dict(desk.hub.desk.union_book.accrued)
    desk.do(desk.rates())
    for agent, word in zip((CB_BR, CB_IN), words, strict=False):
        assert desk.say(agent, word) is None
    close = desk.hub.desk.union_closes[1]
    assert close.state is UnionState.LAPSED
    told = {mail.recipient for mail in desk.inbox if b"of the clearing union lapsed" in mail.raw}
    assert told == {CB_BR, CB_IN}, "who set its part aside hears that it may let go"
    assert (desk.books(CB_BR, "INR"), desk.books(CB_IN, "BRL"), dict(desk.hub.desk.union_book.accrued)) == before
    assert desk.say(CB_IN, "ACSP") is None and close.state is UnionState.LAPSED, "told too late it changes nothing"
    desk.inbox.clear()
    assert closed(desk).state is UnionState.SETTLED, "and it is closed again, as number 2"
    desk.at_rest()


def test_a_close_that_is_never_answered_lapses_after_its_due_day_and_nothing_is_lost(make) -> None:  # type: ignore[no-untyped-def]
    desk = make(articles(due_days="0"))
    traded(desk)
    desk.do(desk.rates())
    kept, desk.inbox = desk.inbox, []
    again = desk.do(desk.rates())
    assert isinstance(again, Refusal) and "waits for 2 answers" in again.found
    desk.end_day()
    desk.open_day(TUESDAY)
    close = desk.hub.desk.union_closes[1]
    assert close.state is UnionState.LAPSED and desk.books(CB_BR, "INR") == desk.standing(CB_BR, "INR") == -165_000_000
    desk.inbox += kept
    assert desk.say(CB_IN, "ACSP") is None and close.state is UnionState.LAPSED
    desk.inbox.clear()
    desk.do(CloseCycle(last=True))
    desk.answers()
    second = closed(desk)
    # Four nights by now: what lapsed kept its interest.
    assert second.state is UnionState.SETTLED and second.rows[0].interest == round(Fraction(165_000_000 * 525 * 4, 10_000 * 360))
    desk.at_rest()


def test_words_told_twice_or_by_somebody_else_or_without_meaning_change_nothing(make) -> None:  # type: ignore[no-untyped-def]
    desk = make()
    traded(desk)
    desk.do(desk.rates())
    asked = next(mail for mail in desk.inbox if mail.recipient == CB_IN and mail.kind.startswith("pacs.029"))
    other = desk.do(Arrive(CB_BR, desk.word(CB_BR, asked, "ACSP")))
    assert isinstance(other, Refusal) and other.reason is Reason.SENDER_CONTRADICTS
    assert desk.say(CB_IN, "PDNG") is None
    unknown = desk.say(CB_IN, "ACSC")
    assert isinstance(unknown, Refusal) and unknown.reason is Reason.CODE_UNKNOWN
    close = desk.hub.desk.union_closes[1]
    for _ in range(2):
        assert desk.say(CB_IN, "ACSP") is None and len(close.earmarked) == 1 and close.state is UnionState.RESERVED
    assert desk.say(CB_BR, "ACTC") is None and close.state is UnionState.SETTLED
    books = desk.books(CB_BR, "INR"), desk.books(CB_IN, "BRL")
    for word in ("RJCT", "ACSP"):
        assert desk.say(CB_BR, word) is None and close.state is UnionState.SETTLED, "what is decided stays decided"
    refused = desk.do(
        Arrive(
            CB_IN, desk.word(CB_IN, [m for m in desk.inbox if m.kind.startswith("pacs.009") and m.recipient == CB_IN][-1], "RJCT")
        )
    )
    assert isinstance(refused, Refusal) and (desk.books(CB_BR, "INR"), desk.books(CB_IN, "BRL")) == books


def test_a_line_binds_on_the_books_and_in_the_cap_of_the_next_cycle(make) -> None:  # type: ignore[no-untyped-def]
    desk = make(articles(line="2000000.00"))
    assert desk.pay(BR, IN, "100000.00", urgent=True).state is State.SETTLED
    over = desk.pay(BR, IN, "30000.00", urgent=True)
    assert over.state is State.REJECTED and over.refusal is not None, (
        "350,000 rupees of the line are left, and 495,000 are wanted"
    )
    assert over.refusal.reason is Reason.NO_PRICE
    desk.end_day()
    desk.open_day(MONDAY)
    cycle = desk.hub.desk.cycles[desk.hub.desk.counters.open_cycle]
    assert {(c, n): m for c, n, m in cycle.caps}["INR", 11] == 35_000_000
    assert desk.pay(BR, IN, "20000.00").state is State.ACCEPTED
    above = desk.pay(BR, IN, "2000.00")
    assert above.state is not State.ACCEPTED
    desk.end_day()
    assert desk.books(CB_BR, "INR") == desk.standing(CB_BR, "INR") == -198_000_000


def test_a_line_that_cannot_hold_the_interest_lets_it_be_paid(make) -> None:  # type: ignore[no-untyped-def]
    desk = make(articles(line="1650000.00", settled_by="carry_over"))
    assert desk.pay(BR, IN, "100000.00", urgent=True).state is State.SETTLED
    over_the_weekend(desk)
    close = closed(desk)
    (row,) = close.rows
    assert (row.carried, row.paid) == (165_000_000, round(Fraction(72_188 * 606, 10_000)))
    assert (desk.books(CB_BR, "INR"), desk.books(CB_IN, "BRL")) == (-165_000_000, row.paid)
    desk.at_rest()


def test_three_central_banks_compensate_among_all(make) -> None:  # type: ignore[no-untyped-def]
    desk = make(third_country)
    # A ring: Brazil imports from India, India from South Africa, South Africa from Brazil.
    desk.pay(BR, IN, "10000.00", urgent=True)
    desk.pay(IN, ZA, "165000.00", urgent=True)
    desk.pay(ZA, BR, "32500.00", urgent=True)
    owed = {(bic, code): desk.standing(bic, code) for bic, code in ((CB_BR, "INR"), (CB_IN, "ZAR"), (CB_ZA, "BRL"))}
    assert all(minor < 0 for minor in owed.values())
    over_the_weekend(desk)
    close = closed(desk)
    assert close.state is UnionState.SETTLED and all(row.carried == 0 for row in close.rows)
    paid = sum(row.paid for row in close.rows)
    gross = sum(row.before + row.interest for row in close.rows)
    assert 0 < paid * 100 < gross, "nearly everything goes round"
    assert all(desk.books(bic, code) >= 0 for bic, code in owed)
    desk.at_rest()


def test_a_unit_of_account_need_not_be_a_currency_of_the_union(make) -> None:  # type: ignore[no-untyped-def]
    desk = make(articles(unit="EUR"))
    traded(desk)
    assert desk.do(desk.rates(BRL="0.16", INR="0.0097")) == "close 1 RESERVED"
    desk.answers()
    close = desk.hub.desk.union_closes[1]
    exact = (Fraction(165_072_188 * 97, 10_000) - Fraction(3_001_012 * 16, 100)) / Fraction(16, 100)
    assert close.state is UnionState.SETTLED and close.rows[0].paid == round(exact)
    desk.at_rest()


def fingerprint(desk: Bridge) -> tuple[object, ...]:
    books = [(account.id, tuple(balance)) for account, balance in desk.hub.books.accounts()]
    return desk.hub.journal.head(), books, desk.hub.desk.union_book, desk.hub.desk.union_closes


def test_a_crash_at_every_step_of_a_close_changes_nothing(make, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    names = iter(f"8a562c6{n % 10}-ca16-48ba-b074-65581be6f00{n // 10}" for n in range(20))
    told = [next(names) for _ in range(3)]
    whole, broken = make(name="whole"), make(name="broken")
    for desk in (whole, broken):
        left = iter(told)
        monkeypatch.setattr("bridge.calm_uetr", lambda left=left: next(left))
        traded(desk)
    assert fingerprint(whole) == fingerprint(broken)

    def both(step: Callable[[Bridge], Arrive | CloseUnion | OpenDay]) -> None:
        whole.do(step(whole))
        broken.lost(step(broken))
        assert fingerprint(whole) == fingerprint(broken)

    def last(desk: Bridge, agent: str, kind: str) -> bytes:
        asked = [mail for mail in desk.inbox if mail.recipient == agent and mail.kind.startswith(kind)][-1]
        return desk.word(agent, asked, "ACSP" if kind == "pacs.029" else "ACSC")

    both(lambda desk: desk.rates())
    for kind in ("pacs.029", "pacs.009"):
        for agent in (CB_BR, CB_IN):
            both(lambda desk, agent=agent, kind=kind: Arrive(agent, last(desk, agent, kind)))  # type: ignore[misc]
    assert broken.hub.desk.union_closes[1].state is UnionState.SETTLED
    for desk in (whole, broken):
        desk.inbox.clear()
        desk.end_day()
    both(lambda desk: OpenDay(TUESDAY.isoformat()))


def test_an_unanswered_close_lapses_the_same_after_a_crash(make) -> None:  # type: ignore[no-untyped-def]
    desk = make(articles(due_days="0"))
    traded(desk)
    desk.do(desk.rates())
    desk.inbox.clear()
    desk.end_day()
    desk.lost(OpenDay(TUESDAY.isoformat()))
    assert desk.hub.desk.union_closes[1].state is UnionState.LAPSED
    own = desk.hub.books.balance(account_id(Role.PREFUNDED, desk.hub.desk.ledgers["INR"], 11))
    assert own is not None and not own.credits_pending and not own.debits_pending


def test_interest_on_a_full_line_is_kept_however_large_it_grows(make) -> None:  # type: ignore[no-untyped-def]
    desk = make(articles(debit_rate="0.99", credit_rate="0.99"))
    for _ in range(2):
        desk.fund(BR, "20000000", "BRL")
        assert desk.pay(BR, IN, "19000000.00", urgent=True).state is State.SETTLED
    over_the_weekend(desk)
    debit, credit = desk.hub.desk.union_book.parts("11 INR")
    assert debit == credit and debit > 2**64, "more than a record's whole number holds"
    assert Fraction(debit, PARTS) == Fraction(2 * 1_900_000_000 * 165 * 99 * 3, 10 * 100 * 360)
    before = desk.hub.desk.union_book
    desk.close()
    desk.hub = desk._opened()
    assert desk.hub.desk.union_book == before
    close = closed(desk)
    assert close.rows[0].interest == round(Fraction(debit, PARTS)) and desk.hub.desk.union_book.accrued == {}
    desk.at_rest()


def test_every_batch_decided_again_from_the_beginning_comes_to_the_same_union(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    desk = make(articles(settled_by="carry_over", due_days="0"))
    traded(desk)
    desk.do(desk.rates())
    desk.say(CB_BR, "RJCT")
    desk.inbox.clear()
    assert closed(desk).state is UnionState.SETTLED
    desk.end_day()
    desk.open_day(TUESDAY)
    take_backup(desk.folder, tmp_path / "backup", "test", desk.now)
    last = desk.hub.journal.head()[0] - 1
    assert restore_backup(tmp_path / "backup", tmp_path / "again", until=Until(batch=last)).decided_again == last
    again = open_hub(tmp_path / "again")
    assert again.desk.union_book == desk.hub.desk.union_book and again.desk.union_closes == desk.hub.desk.union_closes
    assert [one.state for one in again.desk.union_closes.values()] == [UnionState.LAPSED, UnionState.SETTLED]
    close_hub(again)


def test_a_close_that_the_books_refuse_lapses_whole_and_says_so(make) -> None:  # type: ignore[no-untyped-def]
    desk = make(articles(settled_by="carry_over", line="1700000.00"))
    assert desk.pay(BR, IN, "100000.00", urgent=True).state is State.SETTLED
    over_the_weekend(desk)
    # Somebody books beside the hub: what the line has left is held, and the interest that is to be carried finds no room.
    ledger = desk.hub.desk.ledgers["INR"]
    own, mirror = account_id(Role.PREFUNDED, ledger, 11), account_id(Role.AGENT, ledger)
    held = Transfer(1 << 100, own, mirror, 5_000_000, ledger, 1, int(TransferFlag.PENDING))
    assert desk.hub.books.create_transfers([held], int(desk.now)) == [0]
    refused = desk.do(desk.rates())
    assert isinstance(refused, Refusal) and refused.reason is Reason.ABOVE_CAP
    assert desk.hub.desk.union_closes[1].state is UnionState.LAPSED and desk.standing(CB_BR, "INR") == -165_000_000
    free = Transfer((1 << 100) + 1, 0, 0, 0, 0, 0, int(TransferFlag.VOID_PENDING), 1 << 100)
    assert desk.hub.books.create_transfers([free], int(desk.now)) == [0]
    close = closed(desk)
    assert close.state is UnionState.SETTLED and desk.books(CB_BR, "INR") == -165_072_188
    desk.at_rest()


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity", "0.0000000000001", "123456789012345678"])
def test_a_rate_that_is_none_is_refused_and_stops_nothing(make, rate: str) -> None:  # type: ignore[no-untyped-def]
    desk = make()
    traded(desk)
    refused = desk.do(CloseUnion((("INR", ReferenceRate(Decimal(rate), MONDAY, "a test")),)))
    assert isinstance(refused, Refusal) and refused.reason is Reason.NO_PRICE and desk.hub.desk.union_closes == {}
    assert closed(desk).state is UnionState.SETTLED


def without_a_union(home: Path) -> None:
    path = home / "union.toml"
    text = path.read_text()
    begins = text.index("[clearing_union]")
    path.write_text(text[:begins] + text[text.index("# One hub fee", begins) :])


def test_a_hub_that_had_drawn_lines_before_takes_them_up_when_its_rulebook_gets_a_union(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    desk = make(without_a_union)
    assert desk.pay(BR, IN, "100000.00", urgent=True).state is State.SETTLED
    assert desk.hub.desk.union_book.standings == {} and desk.hub.unions.central() is None
    home = tmp_path / "draft"
    shutil.copytree(desk.folder / "union", home)
    shutil.copy(union_folder("bridge") / "union.toml", home / "union.toml")
    version = Rulebooks(desk.folder).keep(home).version
    for who in ("operator-1", "operator-2"):
        assert isinstance(desk.vote(Deed("rules", version, MONDAY.isoformat()), who), str)
    desk.end_day()
    desk.lost(OpenDay(MONDAY.isoformat()))
    assert desk.standing(CB_BR, "INR") == desk.books(CB_BR, "INR") == -165_000_000
    book = desk.hub.desk.union_book
    assert (book.since, book.opening["11 INR"], book.accrued) == (MONDAY.isoformat(), -165_000_000, {}), (
        "no night before was agreed on"
    )
    assert desk.hub.unions.faults() == []


def test_who_owes_can_not_be_left_out_of_a_later_rulebook(tmp_path: Path) -> None:
    lay_out(tmp_path / "b", union="bridge")
    before = read_scheme(tmp_path / "b" / "union")
    without_a_union(tmp_path / "b" / "union")
    after = read_scheme(tmp_path / "b" / "union")
    assert isinstance(before, Scheme) and isinstance(after, Scheme)
    places = [fault.where for fault in succession_faults(before, after, "2026-11-27", "2026-11-30")]
    assert places == [f"clearing_union/members/{bic}" for bic in (CB_BR, CB_IN)]
    said = {one.place: (one.before, one.after) for one in difference(before, after)}
    assert said["clearing_union/unit"] == ("BRL", "") and said[f"clearing_union/members/{CB_IN}/debit_rate"] == ("0.0525", "")
    assert said[f"clearing_union/residuals/{CB_BR}-{CB_IN}/settled_by"] == ("local_currency", "")
    assert succession_faults(after, before, "2026-11-27", "2026-11-30") == []


def test_a_record_that_the_books_contradict_is_a_fault_of_the_hub(make) -> None:  # type: ignore[no-untyped-def]
    desk = make()
    desk.pay(BR, IN, "100000.00", urgent=True)
    assert prove_hub(desk.hub).faults == []
    desk.hub.desk.union_book.standings["11 INR"] += 1
    assert prove_hub(desk.hub).faults == ["clearing union: 11 INR stands at -164999999, and the books say -165000000"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('unit = "BRL"', 'unit = "ACU"', "clearing_union.unit"),
        ('day_count = "ACT/360"', 'day_count = "30/360"', "$.clearing_union.day_count"),
        ('period = "month"', 'period = "year"', "$.clearing_union.period"),
        ("close_day = 31", "close_day = 32", "clearing_union.close_day"),
        ('period = "month"', 'period = "week"', "clearing_union.close_day"),
        ("due_days = 4", "due_days = 61", "clearing_union.due_days"),
        ('due_days = 4\narticle = "10.2"', 'due_days = 4\narticle = "99.9"', "clearing_union.article"),
        ('debit_rate = "0.0525"', 'debit_rate = "5.25"', "clearing_union.members[0].debit_rate"),
        ('credit_rate = "0.05"', 'credit_rate = "0,05"', "clearing_union.members[0].credit_rate"),
        ('credit_rate = "0.05"', 'credit_rate = "0.06"', "clearing_union.members"),
        ('central_bank = "ZZCBIN00"', 'central_bank = "ZZBAIN01"', "clearing_union.members ZZBAIN01"),
        ('central_bank = "ZZCBIN00"', 'central_bank = "ZZCBBR00"', "clearing_union.members ZZCBBR00"),
        ('between = ["ZZCBBR00", "ZZCBIN00"]', 'between = ["ZZCBBR00", "ZZCBBR00"]', "clearing_union.residuals ZZCBBR00 ZZCBBR00"),
        ('between = ["ZZCBBR00", "ZZCBIN00"]', 'between = ["ZZCBBR00", "ZZCBBR00"]', "clearing_union.residuals"),
        ('settled_by = "local_currency"', 'settled_by = "gold"', "$.clearing_union.residuals[0].settled_by"),
        ('article = "10.3"', 'article = "10.9"', "clearing_union.residuals[0].article"),
        ('debtor = "ZZCBIN00"\ncurrency = "BRL"', 'debtor = "ZZBAIN01"\ncurrency = "BRL"', "clearing_union.members ZZCBIN00"),
        ('due_days = 4', 'due_days = 4\nmargin = "1"', "$.clearing_union"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_clearing_union_is_told_with_its_place(tmp_path: Path, old: str, new: str, key: str) -> None:
    lay_out(tmp_path / "b", union="bridge")
    path = tmp_path / "b" / "union" / "union.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    found = read_scheme(tmp_path / "b" / "union")
    assert isinstance(found, list) and key in [one.key for one in found if isinstance(one, Mistake)], found


def test_statements_of_both_sides_add_up_and_say_the_same(make) -> None:  # type: ignore[no-untyped-def]
    for rule in ("local_currency", "carry_over", "agreed_asset"):
        desk = make(articles(settled_by=rule), name=rule)
        traded(desk)
        close = closed(desk)
        central = desk.hub.unions.central()
        brazil, india = (union_statement(close, number, central.currency_of) for number in (11, 12))
        assert brazil.lines == india.lines, "each reads both accounts: its own with the other, and the other's with it"
        for line in brazil.lines:
            assert line.opening + line.moved + line.interest + line.written_off + line.received == line.closing
            assert (
                line.closing
                == desk.books(central.bics[line.holder], line.currency)
                == desk.standing(central.bics[line.holder], line.currency)
            )
        assert brazil.net + india.net == 0 and brazil.net < 0
        assert sum(minor for _, minor in brazil.margin) == close.rows[0].interest - close.rows[0].credited
        assert india.earned == (("INR", close.rows[0].credited),) and india.paid == 0 and brazil.paid == close.rows[0].paid


def test_the_books_of_a_hub_with_a_closed_period_agree_with_hledger(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    desk = make()
    traded(desk)
    assert closed(desk).state is UnionState.SETTLED
    with (tmp_path / "books.journal").open("w") as out:
        written = export_books(desk.hub.books, out, PlainText.HLEDGER, naming_of(desk.hub))
    text = (tmp_path / "books.journal").read_text()
    assert written.transactions and "union net" in text and "INRRESIDUE" in text
    if shutil.which("hledger") is None:
        pytest.skip("hledger is not here")
    said = subprocess.run(
        ["hledger", "-f", str(tmp_path / "books.journal"), "check", "-s"], check=False, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr


def test_a_close_at_the_command_line(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    # Days that are over on every machine's clock.
    weekly = articles(settled_by="agreed_asset", unit="EUR", period="week", close_day="0")
    desk = make(weekly, first=date(2026, 1, 2))
    traded(desk, date(2026, 1, 5))
    desk.close()
    hub = ("--hub", tmp_path / "hub", "--json")
    status = json.loads(fondaco("clearing-union", "status", *hub))
    assert (status["unit"], status["since"], status["closes_on"], status["books_agree"]) == (
        "EUR",
        "2026-01-02",
        "2026-01-05",
        True,
    )
    brazil = next(one for one in status["accounts"] if one["who"] == CB_BR)
    assert (brazil["standing"], brazil["room"]) == ("-1650000.00", "4998350000.00")
    assert (brazil["interest_owed"], brazil["interest_due"]) == ("721.88", "687.50")
    assert sum(float(one["net"]) for one in status["nets"]) == 0
    forecast = json.loads(fondaco("clearing-union", "forecast", *hub))
    assert forecast["nights"] == 0 and forecast["nets"] == status["nets"]
    assert "no period was closed yet" in fondaco("clearing-union", "statement", CB_BR, *hub, code=1)
    # What central banks say is screened too: the lists must be of today.
    load_list(tmp_path / "hub", desk.scheme, "un", demo_list("un"), now())
    close = json.loads(fondaco("clearing-union", "close", *hub))
    assert (close["state"], close["asked"], close["rows"][0]["interest"]) == ("RESERVED", 2, "721.88")
    assert "waits for 2 answers" in fondaco("clearing-union", "close", *hub, code=1)
    desk.hub = desk._opened()
    desk.inbox = [mail for mail in desk.hub.journal.mail() if "clearing union" in mail.subject]
    desk.now = Instant(desk.hub.desk.counters.last_instant)
    desk.answers()
    desk.close()
    statement = json.loads(fondaco("clearing-union", "statement", CB_BR, *hub))
    assert statement["close"] == 1 and statement["accounts"][1]["closing"] == "0.00"
    own = next(one for one in statement["accounts"] if one["who"] == CB_BR)
    assert own["closing"] == f"-{close['rows'][0]['carried']}"
    said = fondaco("clearing-union", "statement", CB_IN, "--hub", tmp_path / "hub")
    assert "interest earned 687.50 INR" in said
    assert "is no member" in fondaco("clearing-union", "statement", BR, *hub, code=1)
    for who, state in (("operator-1", "PROPOSED"), ("operator-2", "CARRIED")):
        key = tmp_path / f"{who}.key"
        key.write_text(demo_key(who).private_bytes_raw().hex())
        voted = fondaco(
            "clearing-union", "confirm", "1", CB_BR, CB_IN, close["rows"][0]["carried"], "--officer", who, "--key", key, "--note", "gold 7",
            *hub,
        )  # fmt: skip
        assert state in voted
    status = json.loads(fondaco("clearing-union", "status", *hub))
    assert status["waiting"]["of"] == 1 and status["since"] == "2026-01-05" and status["closes_on"] == "2026-01-12"
    assert "close 2 waits for its answers" in fondaco("clearing-union", "status", "--hub", tmp_path / "hub")
    desk.hub = desk._opened()


def test_a_union_without_a_clearing_union_says_so(tmp_path: Path) -> None:
    lay_out(tmp_path / "s")
    assert "no business day" in fondaco("clearing-union", "status", "--hub", tmp_path / "s", code=1)
    hub = open_hub(tmp_path / "s")
    hub.process([OpenDay("2026-11-24")], Instant(1_795_000_000_000_000_000))
    (refused,) = hub.process([CloseUnion(())], Instant(1_795_000_001_000_000_000))
    hub.flush()
    close_hub(hub)
    assert isinstance(refused, Refusal) and refused.reason is Reason.OUT_OF_TURN
    assert "no clearing union" in fondaco("clearing-union", "status", "--hub", tmp_path / "s", code=1)

"""The union `bridge`: reference rates instead of quotes, and credit lines between two central banks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from fondaco.core import Instant, Reason, Refusal
from fondaco.fx import Quote, ReferenceRate, convert, reference
from fondaco.hub import (
    Move,
    OpenDay,
    PostQuotes,
    PostReferences,
    SwapLists,
    close_hub,
    list_set,
    open_hub,
    reference_rates,
    scheme_of,
)
from fondaco.ledger import Role, account_id
from fondaco.payments import Payment, State
from fondaco.rulebook import Deed, Mistake, Vote, read_scheme, sign_vote
from fondaco.simulation import DemoDay, day_bounds, demo_day, demo_key, lay_out
from union import pacs_008

BR, IN = "ZZBABR01", "ZZBAIN01"
DAY = demo_day("bridge")


def test_a_day_of_the_bridge_settles_and_reconciles(tmp_path: Path) -> None:
    day = DemoDay(tmp_path / "bridge", 60, own_process=False, union="bridge")
    result = day.run()
    assert result.reconciled, result.differences
    (cycle,) = day.hub.desk.cycles.values()
    assert cycle.state.name == "SETTLED" and cycle.members
    brazil, india = 11, 12
    # What one side's exporters received, its central bank's counterpart owes: the line is drawn by exactly that.
    ledgers = day.hub.desk.ledgers
    for number, currency in ((brazil, "INR"), (india, "BRL")):
        own = day.hub.books.balance(account_id(Role.PREFUNDED, ledgers[currency], number))
        line = day.hub.books.balance(account_id(Role.CREDIT_LINE, ledgers[currency], number))
        assert own is not None and line is not None
        drawn = -line.net - own.net
        moved = -sum(minor for c, n, minor in cycle.nets if (c, n) == (currency, number))
        urgent = sum(
            p.target_minor
            for p in map(day.hub.payment, range(1, day.hub.desk.counters.payment))
            if p and p.state is State.SETTLED and not p.cycle and p.locked and p.target_currency == currency
        )
        assert drawn == moved + urgent > 0
    day.close()


@pytest.fixture
def hub(tmp_path: Path):  # type: ignore[no-untyped-def]
    lay_out(tmp_path / "b", union="bridge")
    opened = open_hub(tmp_path / "b")
    now = Instant(int(day_bounds(DAY, "bridge")[0]))
    opened.process([OpenDay(DAY.isoformat())], now)
    opened.process([SwapLists(list_set(tmp_path / "b", opened.desk.scheme).version)], Instant(now + 1))
    opened.flush()
    yield opened
    close_hub(opened)


def step(hub, *commands):  # type: ignore[no-untyped-def]
    from fondaco.hub import Arrive

    commands = tuple(Arrive(*one) if isinstance(one, tuple) else one for one in commands)
    results = hub.process(list(commands), Instant(hub.desk.counters.last_instant + 1_000_000_000))
    hub.flush()
    return results[-1]


def pay(hub, amount: str, uetr: str = "8a562c67-ca16-48ba-b074-65581be6f001", receiver: str = IN):  # type: ignore[no-untyped-def]
    step(
        hub,
        (
            BR,
            pacs_008(BR, receiver, amount, "BRL", uetr=uetr, message_id="M" + uetr[:8], receiver="ZZHBBR00", day=DAY.isoformat()),
        ),
    )
    return hub.by_uetr(uetr)


def test_the_importer_pays_its_own_currency_and_the_exporter_receives_its_own_at_the_reference_rate(hub) -> None:  # type: ignore[no-untyped-def]
    assert step(hub, reference_rates(hub.desk.rules)) is None
    payment = pay(hub, "1000.00")
    assert payment.state is State.OFFERED
    rate = reference("BRL", "INR", DAY, 40)
    assert isinstance(rate, ReferenceRate)
    assert payment.target_currency == "INR" and payment.locked.provider == "ZZCBBR00"
    assert payment.target_minor == convert(100_000, rate.rate, "BRL", "INR").target_minor


def test_without_reference_rates_nothing_is_priced_and_none_that_is_stale_is_taken(hub) -> None:  # type: ignore[no-untyped-def]
    assert pay(hub, "1.00").refusal.reason is Reason.NO_PRICE
    for day in (date(2026, 1, 5), date(2026, 11, 26)):
        refused = step(hub, PostReferences((("BRL", "INR", ReferenceRate(Decimal("17.5"), day, "test")),)))
        assert isinstance(refused, Refusal) and refused.reason is Reason.NO_PRICE


def test_quotes_have_no_place_where_reference_rates_price(hub) -> None:  # type: ignore[no-untyped-def]
    quote = Quote("Q", "ZZCBBR00", "BRL", "INR", Decimal(99), (), 1, 2**60, 10**9)
    assert step(hub, PostQuotes("ZZCBBR00", (quote,))).reason is Reason.ROLE_NOT_HELD


def test_a_credit_line_binds(hub) -> None:  # type: ignore[no-untyped-def]
    assert step(hub, reference_rates(hub.desk.rules)) is None
    # The line is 5,000,000,000 rupees: about 286,000,000 reais; one payment carries at most 20,000,000, and the payer's cap is
    # 200,000,000. Two payers together reach the line, and the books refuse the rest.
    states = []
    for number in range(18):
        sender = BR if number < 9 else "ZZBBBR02"
        uetr = f"8a5600{number:02d}-ca16-48ba-b074-65581be6f001"
        raw = pacs_008(
            sender, IN, "20000000.00", "BRL", uetr=uetr, message_id=f"M{number}", receiver="ZZHBBR00", day=DAY.isoformat()
        )
        step(hub, (sender, raw))
        states.append(hub.by_uetr(uetr))
    refused = [one for one in states if one.state is State.REJECTED]
    assert refused and all(one.refusal.reason is Reason.NO_PRICE for one in refused)
    taken = sum(one.target_minor for one in states if one.state is State.OFFERED)
    assert 0 < taken <= 5 * 10**11 < taken + refused[0].target_minor


def test_a_line_is_granted_once_and_kept_over_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    lay_out(folder, union="bridge")
    for _ in range(2):
        opened = open_hub(folder)
        if not opened.desk.counters.day:
            opened.process([OpenDay(DAY.isoformat())], Instant(int(day_bounds(DAY, "bridge")[0])))
        line = opened.books.balance(account_id(Role.CREDIT_LINE, opened.desk.ledgers["INR"], 11))
        assert line is not None and line.net == -5 * 10**11
        assert opened.desk.lines == {(11, "INR"): 5 * 10**11, (12, "BRL"): 3 * 10**10}
        close_hub(opened)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('creditor = "ZZCBIN00"', 'creditor = "ZZCBBR00"', "credit_lines[0].creditor"),
        ('debtor = "ZZCBBR00"', 'debtor = "ZZBABR01"', "credit_lines[0].debtor"),
        ('limit = "5000000000"', 'limit = "-1"', "credit_lines[0].limit"),
        ('currency = "INR"\nlimit', 'currency = "USD"\nlimit', "credit_lines[0].currency"),
        ('value = "reference"', 'value = "guess"', "articles[16] pricing"),
    ],
)
def test_a_mistake_in_a_credit_line_is_named(tmp_path: Path, old: str, new: str, key: str) -> None:
    lay_out(tmp_path / "b", union="bridge")
    path = tmp_path / "b" / "union" / "union.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    found = read_scheme(tmp_path / "b" / "union")
    assert isinstance(found, list) and key in [one.key for one in found if isinstance(one, Mistake)]


def test_the_scheme_says_what_prices(tmp_path: Path) -> None:
    for union, pricing in (("bridge", "reference"), ("straits", "quotes")):
        lay_out(tmp_path / union, union=union)
        assert scheme_of(tmp_path / union).on(demo_day(union)).pricing == pricing
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(PostReferences(())), type=PostReferences) == PostReferences(())


def test_a_return_over_the_bridge_brings_back_exactly_what_was_paid(tmp_path: Path) -> None:
    day = DemoDay(tmp_path / "bridge", 40, own_process=False, union="bridge")
    day.run()
    hub = day.hub
    stored = [hub.payment(n) for n in range(1, hub.desk.counters.payment)]
    original = next(p for p in stored if p and p.state is State.SETTLED and p.target_currency == "INR")
    whole = Payment(
        0, "", "", "", "", "", "", "", "", 0, 0, 0, 0, False, "INR", original.target_minor, "BRL", "", returns=original.number
    )
    locked = hub.returning.original_rate(whole)
    assert locked is not None and (locked.target_minor, locked.residue_nano) == (original.source_minor, 0)
    assert locked.provider == original.locked.provider
    whole.source_minor = original.target_minor - 1
    part = hub.returning.original_rate(whole)
    assert part is not None
    exact = Fraction(original.source_minor * whole.source_minor, original.target_minor)
    assert abs(exact - part.target_minor) <= Fraction(1, 2)
    assert abs(exact - part.target_minor - Fraction(part.residue_nano, 10**9)) <= Fraction(1, 2 * 10**9)
    day.close()


def test_a_return_that_fails_gives_no_capacity_to_a_quote_that_it_never_took(tmp_path: Path) -> None:
    day = DemoDay(tmp_path / "bridge", 40, own_process=False, union="bridge")
    day.run()
    hub = day.hub
    stored = [hub.payment(n) for n in range(1, hub.desk.counters.payment)]
    original = next(p for p in stored if p and p.state is State.SETTLED and p.target_currency == "INR")
    back = Payment(
        0, "", "", "", "", "", "", "", "", 0, 0, 0, 0, False, "INR", original.target_minor, "BRL", "", returns=original.number
    )
    locked = hub.returning.original_rate(back)
    assert locked is not None
    before = hub.desk.quotes.state()
    hub.desk.quotes.release(locked)
    assert hub.desk.quotes.state() == before
    day.close()


def test_a_longer_day_has_its_prices_to_the_end(hub) -> None:  # type: ignore[no-untyped-def]
    assert step(hub, reference_rates(hub.desk.rules)) is None
    for currency in ("BRL", "INR"):
        for who in ("operator-1", "operator-2"):
            deed = Deed("extension", currency, str(hub.desk.in_force().extension_minutes_max))
            vote = Vote(deed, who, "agent down", DAY.isoformat(), hub.desk.counters.last_instant)
            assert isinstance(step(hub, Move(sign_vote(vote, demo_key(who)))), str)
    door = hub.desk.door
    last = min(one.cut_off for one in door.currencies.values()) - 2_000_000_000
    usual = min(int(one.calendar.cut_off_at(DAY)) for one in hub.desk.in_force().currencies.values())
    assert last > usual
    hub.process([SwapLists(hub.desk.counters.list_set)], Instant(last))
    uetr = "8a562c67-ca16-48ba-b074-65581be6f001"
    step(hub, (BR, pacs_008(BR, IN, "1000.00", "BRL", uetr=uetr, urgent=True, receiver="ZZHBBR00", day=DAY.isoformat())))
    payment = hub.by_uetr(uetr)
    assert payment.state is State.QUEUED and payment.locked.rate, "priced; it waits for money alone"

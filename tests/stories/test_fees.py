"""What a payment costs: by kind, corridor and amount; known before, booked with it, invoiced for the month line by line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fondaco.compliance import Decision, sign
from fondaco.core import Instant, at
from fondaco.hub import CloseCycle, DecideCase, EndDay, OpenDay
from fondaco.ledger import Role, account_id
from fondaco.messages import Statement, read
from fondaco.payments import DECODER, Payment, State
from fondaco.reporting import Invoice, invoice
from fondaco.rulebook import Scheme, read_scheme
from fondaco.simulation import demo_key
from union import SG1, SG2, TH1, Desk, at_rest


def tariff(currency: str, flat: str, more: str, bps: int = 0) -> str:
    return f'\n[[tariffs]]\ncurrency = "{currency}"\nflat = "{flat}"\nbps = {bps}\nmin = "0.00"\nmax = "900.00"\narticle = "3.5"\n{more}\n'


RULES = (
    tariff("SGD", "1.00", 'kind = "urgent"')
    + tariff("SGD", "0.10", 'corridor = "SG-TH"')
    + tariff("SGD", "0.40", 'corridor = "SG-TH"\nkind = "urgent"')
    + tariff("SGD", "0.00", 'corridor = "SG-TH"\nfrom_amount = "10000.00"', bps=1)
)


def amend(union: Path) -> None:
    path = union / "union.toml"
    path.write_text(path.read_text() + RULES)


@pytest.fixture
def tiered(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "tiered", amend=amend)


@pytest.mark.parametrize(
    ("agent", "amount", "urgent", "fee", "article"),
    [
        ("ZZBAMY01", "100.00", False, 25, "3.6"),
        ("ZZBAMY01", "100.00", True, 100, "3.5"),
        (TH1, "100.00", False, 10, "3.5"),
        (TH1, "100.00", True, 40, "3.5"),
        (TH1, "9999.99", False, 10, "3.5"),
        (TH1, "10000.00", False, 100, "3.5"),
        (TH1, "25000.00", False, 250, "3.5"),
    ],
)
def test_the_narrowest_tariff_that_fits_holds(
    tiered: Desk, agent: str, amount: str, urgent: bool, fee: int, article: str
) -> None:
    payment = tiered.pay(SG1, agent, amount, "SGD", urgent=urgent)
    assert payment.state is State.OFFERED and (payment.fee_minor, payment.fee_article) == (fee, article)


def the_invoice(desk: Desk, month: str = "2026-11") -> Invoice:
    desk.hub.flush()
    payments: list[Payment] = [DECODER.decode(raw) for _, raw in desk.hub.journal.payments()]
    return invoice(payments, SG1, month)


def test_a_months_invoice_is_what_the_books_took_line_by_line(tiered: Desk) -> None:
    desk = tiered
    before = desk.balance(SG1, "SGD")
    urgent = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    normal = desk.pay(SG1, "ZZBAMY01", "200.00", "SGD")
    refused = desk.pay(SG1, TH1, "300.00", "SGD", urgent=True)
    for payment, answer in ((urgent, "ACSP"), (normal, "ACSP"), (refused, "RJCT")):
        desk.answer(payment, answer, "" if answer == "ACSP" else "AC04")
    assert [line.uetr for line in the_invoice(desk).lines] == [urgent.uetr], "what is not final costs nothing yet"
    desk.do(CloseCycle())
    desk.let_world_answer()
    at_rest(desk)
    found = the_invoice(desk)
    assert [line.uetr for line in found.lines] == [urgent.uetr, normal.uetr]
    assert found.totals == (("SGD", "3.5", 1, 40), ("SGD", "3.6", 1, 25))
    assert before - desk.balance(SG1, "SGD") == 30_000 + sum(line.fee_minor for line in found.lines)
    assert the_invoice(desk, "2026-12").lines == ()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (tariff("SGD", "0.10", 'corridor = "SG"'), "two countries"),
        (tariff("SGD", "0.10", 'corridor = "SG-XX"'), "two countries"),
        (tariff("SGD", "0.10", 'kind = "urgent"') * 2, "a second tariff"),
        (tariff("SGD", "0.10", ""), "a second tariff"),
    ],
)
def test_tariffs_that_contradict_are_mistakes(tiered: Desk, tmp_path: Path, wrong: str, why: str) -> None:
    path = tiered.folder / "union" / "union.toml"
    path.write_text(path.read_text().replace(RULES, wrong))
    found = read_scheme(tiered.folder / "union")
    assert not isinstance(found, Scheme) and any(why in str(one) for one in found)


def test_who_pays_much_pays_less_from_the_next_payment_on(tmp_path: Path) -> None:
    def volume(union: Path) -> None:
        path = union / "union.toml"
        path.write_text(path.read_text() + tariff("SGD", "0.11", "from_count = 2") + tariff("SGD", "0.03", "from_count = 4"))

    desk = Desk(tmp_path / "hub", amend=volume)
    assert [desk.pay(SG1, TH1, "1.00", "SGD").fee_minor for _ in range(3)] == [25, 25, 11]
    desk = desk.again()
    assert [desk.pay(SG1, TH1, "1.00", "SGD").fee_minor for _ in range(3)] == [11, 3, 3], "a restart forgets nothing"
    assert desk.pay("ZZBBSG02", TH1, "1.00", "SGD").fee_minor == 25, "every sender counts for itself"
    desk.close()


@pytest.mark.parametrize(("purpose", "fee"), [("GDDS", 25), ("MP2P", 12), ("MP2B", 5), ("EDUC", 25)])
def test_a_retail_purpose_has_its_own_tariff(desk: Desk, purpose: str, fee: int) -> None:
    payment = desk.pay(SG1, TH1, "100.00", "SGD", purpose=purpose)
    assert payment.fee_minor == fee


def test_with_a_new_month_the_invoice_of_the_last_one_sends_itself(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    paid = [desk.pay(SG1, TH1, "100.00", "SGD", urgent=urgent) for urgent in (True, False)]
    desk.let_world_answer()
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert desk.do(EndDay()) is None
    desk.inbox.clear()
    desk.now = Instant(int(at(datetime(2026, 11, 27, 1, tzinfo=UTC))))
    assert desk.do(OpenDay("2026-11-27")) is None
    assert not [one for one in desk.inbox if one.kind.startswith("camt.054")], "the month is not over"
    desk.do(CloseCycle(last=True))
    desk.do(EndDay())
    desk.inbox.clear()
    desk.now = Instant(int(at(datetime(2026, 12, 1, 1, tzinfo=UTC))))
    assert desk.do(OpenDay("2026-12-01")) is None
    (told,) = [one for one in desk.inbox if one.kind.startswith("camt.054")]
    body = read(told.raw, bulk=True).body
    assert isinstance(body, Statement) and told.recipient == SG1
    assert [entry.minor for entry in body.entries] == [-desk.see(one).fee_minor for one in paid]
    assert [entry.uetr for entry in body.entries] == [one.uetr for one in paid]
    hub_took = desk.hub.books.balance(account_id(Role.PREFUNDED, desk.hub.desk.ledgers["SGD"]))
    assert hub_took is not None and hub_took.net == -sum(entry.minor for entry in body.entries)
    desk.close()


def long_lists(union: Path) -> None:
    path = union / "union.toml"
    path.write_text(path.read_text().replace("max_age_days = 7", "max_age_days = 20"))


def test_what_is_read_for_a_month_or_a_day_is_a_part_of_the_journal_and_loses_nothing(tmp_path: Path) -> None:
    """A payment that officers let go on a later day, and in another month, is found where it settled."""
    desk = Desk(tmp_path / "hub", amend=long_lists)
    desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    desk.let_world_answer()
    held = desk.pay(SG1, SG2, "100.00", "SGD", urgent=True, creditor="Sorvemir Brulomarow")
    assert held.state is State.HELD
    for day in ("2026-11-30", "2026-12-01"):
        desk.do(CloseCycle(last=True))
        desk.let_world_answer()
        assert desk.do(EndDay()) is None
        desk.now = Instant(int(at(datetime.fromisoformat(f"{day}T01:30:00+00:00"))))
        assert desk.do(OpenDay(day)) is None
        desk.day = date.fromisoformat(day)
    for who in ("officer-1", "officer-2"):
        case = desk.hub.desk.cases[held.case]
        desk.do(
            DecideCase(sign(Decision(held.case, who, "RELEASE", "not he", int(desk.now), case.verdict.digest()), demo_key(who)))
        )
    desk.let_world_answer()
    desk.pay(SG1, SG2, "50.00", "SGD", urgent=True)
    desk.let_world_answer()
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    desk.hub.flush()
    everything = [DECODER.decode(raw) for _, raw in desk.hub.journal.payments()]
    counts = []
    for month in ("2026-10", "2026-11", "2026-12", "2027-01"):
        part = list(desk.hub.days.payments_of_month(month))
        assert invoice(part, SG1, month) == invoice(everything, SG1, month)
        counts.append((len(part), len(invoice(part, SG1, month).lines)))
    assert [lines for _, lines in counts] == [0, 1, 2, 0] and counts[2][0] == 2, "what was final before is not read again"
    assert desk.see(held).state is State.SETTLED
    told = {entry.uetr for one in desk.hub.days.statements("2026-12-01") for entry in one.entries}
    assert {held.uetr, everything[-1].uetr} <= told, "each line names its payment"
    desk.close()

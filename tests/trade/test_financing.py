"""Nothing is financed twice, and who asks learns whom to call and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fondaco.core import Instant, Reason, Refusal
from fondaco.trade import Decided, Deed
from fondaco.trade.financing import (
    FINANCING,
    PRINTS_MAX,
    REGISTRATION_DAYS,
    Financing,
    FinancingBook,
    Match,
    State,
    decide,
    lapse,
    register,
)
from fondaco.trade.fingerprint import GroupKey, InvoiceFacts, Likeness, Print, invoice_prints

KEY = GroupKey(1, b"k" * 32)
A, B, C = "ZZBASG01", "ZZBBSG02", "ZZBATH01"
DAY = 86_400 * 10**9
T0 = Instant(1_790_000_000 * 10**9)
INVOICE = InvoiceFacts("SELLER", "BUYER", "INV-1", "2026-11-02", "SGD", 1_000_000)


def deed(actor: str, instrument: str, version: int, action: str, **body: Any) -> Deed:
    return Deed("ZZHUB000", actor, instrument, version, action, msgspec.json.encode(body))


def registered(book: FinancingBook, actor: str, prints: tuple[Print, ...], id_: str, at: Instant = T0) -> Financing:
    made = register(book, deed(actor, "", 0, "REGISTER", prints=prints), id_, at)
    assert isinstance(made, Decided), made
    book.keep(made.instrument)
    return made.instrument


def done(book: FinancingBook, actor: str, id_: str, action: str, at: Instant = T0, **body: Any) -> Decided[Financing] | Refusal:
    one = book.get(id_)
    found = decide(book, deed(actor, id_, one.version if one else 1, action, **body), at)
    if isinstance(found, Decided):
        book.keep(found.instrument)
    return found


def no(found: object) -> Refusal:
    assert isinstance(found, Refusal), found
    return found


PRINTS = invoice_prints(KEY, INVOICE)
NEXT = invoice_prints(KEY, msgspec.structs.replace(INVOICE, number="INV-2"))
NEAR = invoice_prints(KEY, msgspec.structs.replace(INVOICE, number="INV-9", minor=1_005_000))


def test_a_life_from_registration_to_repayment() -> None:
    book = FinancingBook()
    one = registered(book, A, PRINTS, "FIN-000001")
    assert one.state is State.REGISTERED and one.until == T0 + REGISTRATION_DAYS * DAY
    assert isinstance(done(book, A, "FIN-000001", "PAY_OUT"), Decided) and book["FIN-000001"].state is State.FINANCED
    assert isinstance(done(book, A, "FIN-000001", "REPAY"), Decided)
    assert book.get("FIN-000001") is None and len(book) == 0
    assert registered(book, B, PRINTS, "FIN-000002"), "what was repaid may be financed anew"


def test_the_second_bank_hears_of_the_first_and_of_nothing_else() -> None:
    book = FinancingBook()
    registered(book, A, PRINTS, "FIN-000001")
    assert book.matches(B, PRINTS) == (Match(Likeness.EXACT, A),)
    assert book.matches(B, NEXT) == (Match(Likeness.LIKELY, A),)
    assert book.matches(B, NEAR) == (Match(Likeness.SIMILAR, A),)
    assert book.matches(A, PRINTS) == (), "a bank is not told of itself"
    assert book.matches(B, invoice_prints(KEY, msgspec.structs.replace(INVOICE, seller="X"))) == ()
    done(book, A, "FIN-000001", "PAY_OUT")
    assert book.matches(B, PRINTS) == (Match(Likeness.EXACT, A),), "how far it got is not told either"


def test_the_same_document_is_not_financed_twice_whoever_is_faster() -> None:
    book = FinancingBook()
    registered(book, A, PRINTS, "FIN-000001")
    registered(book, B, PRINTS, "FIN-000002", Instant(T0 + 1))
    refused = no(done(book, B, "FIN-000002", "PAY_OUT", Instant(T0 + 2), seen="they are the same"))
    assert refused.reason is Reason.OUT_OF_TURN and refused.found == f"EXACT, call {A}"
    asked = no(done(book, A, "FIN-000001", "PAY_OUT", Instant(T0 + 3)))
    assert asked.where == "seen" and B in asked.found, "who has the better right calls the other first"
    assert isinstance(done(book, A, "FIN-000001", "PAY_OUT", Instant(T0 + 3), seen="called, they withdraw"), Decided)
    no(done(book, B, "FIN-000002", "PAY_OUT", Instant(T0 + 4), seen="the same"))


def test_who_waits_too_long_makes_room() -> None:
    book = FinancingBook()
    registered(book, A, PRINTS, "FIN-000001")
    registered(book, B, PRINTS, "FIN-000002", Instant(T0 + DAY))
    end = Instant(T0 + REGISTRATION_DAYS * DAY)
    assert book.due(Instant(end - 1)) == ()
    assert isinstance(lapse(book["FIN-000001"], Instant(end - 1)), Refusal)
    assert no(done(book, A, "FIN-000001", "PAY_OUT", end)).reason is Reason.EXPIRED
    (late,) = book.due(end)
    lapsed = lapse(late, end)
    assert isinstance(lapsed, Decided) and lapsed.instrument.state is State.RELEASED
    book.keep(lapsed.instrument)
    assert isinstance(done(book, B, "FIN-000002", "PAY_OUT", end), Decided)


def test_what_is_alike_in_part_is_financed_only_after_people_looked() -> None:
    book = FinancingBook()
    registered(book, A, PRINTS, "FIN-000001")
    registered(book, B, NEXT, "FIN-000002")
    refused = no(done(book, B, "FIN-000002", "PAY_OUT"))
    assert refused.where == "seen" and A in refused.found
    no(done(book, B, "FIN-000002", "PAY_OUT", seen="  "))
    no(done(book, B, "FIN-000002", "PAY_OUT", seen="x" * 501))
    assert isinstance(done(book, B, "FIN-000002", "PAY_OUT", seen="a second delivery, both notes seen"), Decided)
    assert book["FIN-000002"].seen.startswith("a second")


def test_a_bank_s_own_likenesses_are_its_own_affair() -> None:
    book = FinancingBook()
    registered(book, A, PRINTS, "FIN-000001")
    registered(book, A, NEXT, "FIN-000002")
    assert isinstance(done(book, A, "FIN-000002", "PAY_OUT"), Decided)
    twice = no(register(book, deed(A, "", 0, "REGISTER", prints=PRINTS), "FIN-000003", T0))
    assert "FIN-000001" in twice.found


@pytest.mark.parametrize(
    ("actor", "action", "version", "reason"),
    [
        (B, "PAY_OUT", 1, Reason.NOT_FOUND),
        (A, "PAY_OUT", 0, Reason.OUT_OF_TURN),
        (A, "PAY_OUT", 2, Reason.OUT_OF_TURN),
        (A, "REPAY", 1, Reason.OUT_OF_TURN),
        (A, "LAPSED", 1, Reason.CODE_UNKNOWN),
        (A, "STEAL", 1, Reason.CODE_UNKNOWN),
    ],
)
def test_others_and_wrong_turns_are_refused(actor: str, action: str, version: int, reason: Reason) -> None:
    book = FinancingBook()
    registered(book, A, PRINTS, "FIN-000001")
    assert no(decide(book, deed(actor, "FIN-000001", version, action), T0)).reason is reason
    assert no(decide(book, deed(actor, "FIN-000009", version, action), T0)).reason is Reason.NOT_FOUND


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"prints": []}',
        b'{"prints": [["F1.invoice", 1, "abc"]]}',
        b'{"prints": [["F9", 1, "' + b"a" * 64 + b'"]]}',
        b'{"prints": [["F1.invoice", 1, "' + b"A" * 64 + b'"]]}',
        b'{"prints": [["F1.invoice", 1, "' + b"a" * 64 + b'"]], "seller": "ME"}',
        msgspec.json.encode({"prints": [["F4.near", 1, f"{number:064x}"] for number in range(PRINTS_MAX + 1)]}),
    ],
    ids=range(8),
)
def test_a_registration_that_is_none_is_refused(body: bytes) -> None:
    found = register(FinancingBook(), Deed("ZZHUB000", A, "", 0, "REGISTER", body), "FIN-000001", T0)
    assert isinstance(found, Refusal)


def test_every_path_of_the_table_ends_released() -> None:
    for path in FINANCING.paths():
        assert path[-1].after is State.RELEASED


class Desk(RuleBasedStateMachine):
    """Three banks, a few invoices that are alike in every way, and time."""

    def __init__(self) -> None:
        super().__init__()
        self.book = FinancingBook()
        self.now = int(T0)
        self.count = 0
        self.all: dict[str, Financing] = {}

    def keep(self, found: Decided[Financing] | Refusal) -> None:
        if isinstance(found, Decided):
            self.book.keep(found.instrument)
            self.all[found.instrument.id] = found.instrument

    @rule(actor=st.sampled_from([A, B, C]), number=st.sampled_from(["1", "2"]), minor=st.sampled_from([1_000_000, 1_005_000]))
    def register(self, actor: str, number: str, minor: int) -> None:
        self.count += 1
        prints = invoice_prints(KEY, msgspec.structs.replace(INVOICE, number=number, minor=minor))
        self.keep(register(self.book, deed(actor, "", 0, "REGISTER", prints=prints), f"FIN-{self.count:06}", Instant(self.now)))

    @rule(
        actor=st.sampled_from([A, B, C]),
        pick=st.integers(0, 100),
        action=st.sampled_from(["PAY_OUT", "PAY_OUT", "WITHDRAW", "REPAY"]),
        seen=st.sampled_from(["", "looked at"]),
    )
    def act(self, actor: str, pick: int, action: str, seen: str) -> None:
        if self.all:
            one = list(self.all.values())[pick % len(self.all)]
            body = {"seen": seen} if action == "PAY_OUT" else {}
            self.keep(decide(self.book, deed(actor, one.id, one.version, action, **body), Instant(self.now)))

    @rule(days=st.integers(0, 20))
    def wait(self, days: int) -> None:
        self.now += days * DAY
        for one in self.book.due(Instant(self.now)):
            self.keep(lapse(one, Instant(self.now)))

    @invariant()
    def no_document_is_financed_twice(self) -> None:
        paid = [one for one in self.all.values() if one.state is State.FINANCED]
        exact = [print_.digest for one in paid for print_ in one.prints if print_.kind == "F1.invoice"]
        assert len(exact) == len(set(exact))

    @invariant()
    def the_book_holds_the_live_ones_and_no_other(self) -> None:
        live = {id_ for id_, one in self.all.items() if one.live}
        assert {id_ for id_ in self.all if self.book.get(id_) is not None} == live
        again = FinancingBook(one for one in self.all.values() if one.live)
        for one in self.all.values():
            assert self.book.matches(one.owner, one.prints, one.id) == again.matches(one.owner, one.prints, one.id)
            for match in self.book.matches(one.owner, one.prints):
                assert len(match) == 2 and match.contact != one.owner


Desk.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestDesk = Desk.TestCase

"""Collections: every path of the table is played, every refusal is earned, and nothing is released without payment or acceptance."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fondaco.core import Instant, Reason, Refusal, Step, Table
from fondaco.trade import Deed, Kind, deadline
from fondaco.trade.collecting import ACTS, begin, decide, elapse
from fondaco.trade.collection import COLLECTION, Collection, Event, Moves, State, due, locks, payables
from trade_world import COL, DAY_NS, HUB, PLACES, REM, Books, batch, deed, moment, taken

EXPORTER, IMPORTER = "MERLION-EXPORTS", "PADMA-MILLS"
START = moment("2027-03-08T04:00")  # a Monday: noon in Singapore, ten o'clock in Dhaka
INSTRUCTION: dict[str, Any] = {
    "remitting_bank": REM, "collecting_bank": COL, "drawee": IMPORTER, "currency": "SGD", "amount": "1000.00",
    "terms": "DP", "records": ["ETR-000001"], "documents": [{"kind": "INVOICE", "originals": 2}],
}  # fmt: skip
ACCEPTANCE = {
    "terms": "DA",
    "tenor": {"event": "AFTER_SIGHT", "days": 30},
    "records": ["ETR-000001", "ETR-000002"],
    "bill": "ETR-000002",
}
RELEASED = (State.ACCEPTED, State.MATURED, State.PAID, State.PROCEEDS_REMITTED)


class Desk:
    """One collection and the books that follow it."""

    def __init__(self, at: Instant = START, **changes: Any) -> None:
        self.at, self.books = at, Books()
        instruction = {**INSTRUCTION, **changes}
        made = taken(begin("COL-000001", deed(EXPORTER, "", 0, "INSTRUCTED", **instruction), at, PLACES))
        self.books.holders = dict.fromkeys(instruction["records"], EXPORTER)
        self.collection: Collection = made.instrument
        self.books.take(made)

    def ask(self, actor: str, action: str, **body: Any) -> Any:
        return decide(self.collection, deed(actor, "COL-000001", self.collection.version, action, **body), self.at, PLACES)

    def do(self, actor: str, action: str, **body: Any) -> Collection:
        made = taken(self.ask(actor, action, **body))
        self.collection = made.instrument
        self.books.take(made)
        return self.collection

    def refuse(self, reason: Reason, where: str, article: str, actor: str, action: str, **body: Any) -> None:
        """The refusal names reason, place and article; a value that is not changed cannot have changed."""
        answer = self.ask(actor, action, **body)
        assert isinstance(answer, Refusal), action
        assert (answer.reason, answer.where, answer.article) == (reason, where, article), answer.sentence()

    def pass_to(self, at: Instant | int) -> None:
        self.at = Instant(int(at))
        made = elapse(self.collection, self.at, PLACES)
        if made is not None:
            self.collection = made.instrument
            self.books.take(made)

    def forward(self) -> Desk:
        self.do(REM, "SENT")
        self.do(COL, "RECEIVED")
        self.do(COL, "PRESENTED")
        return self

    def pay(self, amount: str = "1000.00", number: int = 1) -> Collection:
        return self.do(HUB, "PAID", batch=batch(number), currency="SGD", amount=amount)


def test_a_clean_collection_against_payment_releases_the_bill_of_lading_with_the_money() -> None:
    desk = Desk()
    assert locks(desk.collection)[0].taker == REM
    desk.forward()
    (lock,) = locks(desk.collection)
    assert (lock.record, lock.giver, lock.taker, lock.against, lock.purpose) == (
        "ETR-000001",
        COL,
        IMPORTER,
        "PAYMENT",
        "COL-000001",
    )
    assert desk.books.holders == {"ETR-000001": COL}
    assert desk.books.standing() == {(Kind.COLLECTION_CLAIM, REM): -100_000, (Kind.COLLECTION_LIABILITY, REM): 100_000}
    desk.pay()
    assert desk.books.holders == {"ETR-000001": IMPORTER}
    assert desk.books.standing() == {}
    assert desk.collection.batches == (batch(1),)
    desk.do(REM, "PROCEEDS_REMITTED")
    assert desk.do(REM, "CLOSED").state is State.CLOSED
    assert [kind for kind in desk.books.kinds() if kind.startswith("MT")] == ["MT410", "MT400"]


def test_a_collection_against_acceptance_releases_documents_then_and_the_bill_at_maturity() -> None:
    desk = Desk(**ACCEPTANCE).forward()
    assert [(lock.record, lock.against) for lock in locks(desk.collection)] == [("ETR-000001", "ACCEPTANCE")]
    desk.refuse(Reason.OUT_OF_TURN, "terms", "URC522.7", HUB, "PAID", batch=batch(1), currency="SGD", amount="1000.00")
    desk.do(IMPORTER, "ACCEPTED")
    assert desk.books.holders == {"ETR-000001": IMPORTER, "ETR-000002": COL}
    assert desk.books.standing()[Kind.OBLIGATION_CLAIM, EXPORTER] == -100_000
    assert desk.books.standing()[Kind.OBLIGATION_LIABILITY, IMPORTER] == 100_000
    assert (desk.collection.accepted_on, desk.collection.matures_on) == ("2027-03-08", "2027-04-07")
    matures = desk.collection.matures_at
    assert matures == int(moment("2027-04-07T04:00"))  # ten o'clock in Dhaka
    desk.pass_to(matures - 1)
    assert desk.collection.state is State.ACCEPTED
    desk.pass_to(matures)
    assert desk.collection.state is State.MATURED
    assert [(lock.record, lock.against) for lock in locks(desk.collection)] == [("ETR-000002", "PAYMENT")]
    desk.pay()
    assert desk.books.holders["ETR-000002"] == IMPORTER
    assert desk.books.standing() == {}
    assert desk.collection.deadlines[-1].state is deadline.State.MET


def test_a_maturity_on_a_closed_day_moves_to_the_next_banking_day_of_the_place() -> None:
    # Thirty-two days after 8 March is Friday 9 April: Dhaka's weekend is Friday and Saturday.
    desk = Desk(**{**ACCEPTANCE, "tenor": {"event": "AFTER_SIGHT", "days": 32}}).forward()
    assert desk.do(IMPORTER, "ACCEPTED").matures_on == "2027-04-11"


def test_a_bill_at_a_tenor_without_a_word_on_release_goes_against_payment() -> None:
    desk = Desk(terms="", tenor={"event": "AFTER_SIGHT", "days": 60}).forward()
    assert desk.collection.terms == "DP"
    desk.refuse(Reason.OUT_OF_TURN, "terms", "URC522.7c", IMPORTER, "ACCEPTED")


def test_a_part_payment_needs_the_instructions_word_and_releases_nothing() -> None:
    desk = Desk().forward()
    part = {"batch": batch(1), "currency": "SGD", "amount": "999.99"}
    desk.refuse(Reason.AMOUNT_DIFFERS, "amount", "URC522.19b", HUB, "PAID", **part)
    desk = Desk(part_payment=True).forward()
    assert desk.pay("999.99").state is State.PRESENTED
    assert desk.books.holders == {"ETR-000001": COL}
    assert desk.books.standing()[Kind.COLLECTION_LIABILITY, REM] == 1
    again = {"currency": "SGD", "amount": "0.01"}
    desk.refuse(Reason.DUPLICATE_MESSAGE, "batch", "URC522.17", HUB, "PAID", batch=batch(1), **again)
    desk.refuse(Reason.AMOUNT_DIFFERS, "amount", "URC522.17", HUB, "PAID", batch=batch(2), currency="SGD", amount="0.02")
    desk.pay("0.01", 2)
    assert desk.books.holders == {"ETR-000001": IMPORTER}


def test_documents_go_back_on_the_sixtieth_day_and_not_before() -> None:
    desk = Desk().forward()
    desk.do(COL, "DISHONOURED", text="goods late")
    (sixty,) = desk.collection.deadlines
    assert (sixty.rule, sixty.due_on, sixty.holder) == ("URC522.26c", "2027-05-07", REM)
    assert locks(desk.collection) == ()
    desk.pass_to(sixty.due_at - 1)
    desk.refuse(Reason.OUT_OF_TURN, "direction", "URC522.26c", COL, "DOCS_RETURNED")
    desk.at = Instant(sixty.due_at)  # no tick came in between: the deed finds the time run out by itself
    assert desk.do(COL, "DOCS_RETURNED").state is State.DOCS_RETURNED
    assert desk.books.holders == {"ETR-000001": REM}
    desk.do(REM, "CLOSED")
    assert desk.books.holders == {"ETR-000001": EXPORTER}
    assert desk.books.standing() == {}


def test_further_instructions_in_time_end_the_sixty_days() -> None:
    desk = Desk().forward()
    desk.do(IMPORTER, "DISHONOURED", text="no")
    desk.do(REM, "RE_INSTRUCTED", direction="RETURN")
    assert desk.collection.deadlines[0].state is deadline.State.MET
    desk.refuse(Reason.OUT_OF_TURN, "direction", "URC522.26c", COL, "PRESENTED")
    desk.do(COL, "DOCS_RETURNED")


def test_a_protest_is_made_only_where_it_was_asked_for() -> None:
    desk = Desk().forward()
    desk.do(COL, "DISHONOURED", text="no")
    desk.refuse(Reason.OUT_OF_TURN, "protest", "URC522.24", COL, "PROTESTED")
    desk.do(REM, "RE_INSTRUCTED", direction="PROTEST")
    assert desk.do(COL, "PROTESTED", text="notary of Dhaka").state is State.PROTESTED


def test_an_accepted_bill_that_is_dishonoured_and_presented_again_wants_payment() -> None:
    desk = Desk(**ACCEPTANCE).forward()
    desk.do(IMPORTER, "ACCEPTED")
    desk.pass_to(desk.collection.deadlines[-1].due_at)
    assert [d.state for d in desk.collection.deadlines] == [deadline.State.MISSED]
    desk.do(COL, "DISHONOURED", text="no funds")
    desk.refuse(Reason.OUT_OF_TURN, "accepted_on", "URC522.22", REM, "AMENDED", amount="900.00")
    desk.do(REM, "RE_INSTRUCTED", direction="PRESENT")
    desk.do(COL, "PRESENTED")
    desk.refuse(Reason.OUT_OF_TURN, "accepted_on", "URC522.22", IMPORTER, "ACCEPTED")
    desk.pay()
    assert desk.books.standing() == {}


def test_amended_instructions_move_the_memoranda_and_what_the_documents_are_held_for() -> None:
    desk = Desk().forward()
    desk.do(REM, "AMENDED", amount="950.00", terms="DA", tenor={"event": "FIXED", "day": "2027-06-30"})
    assert desk.books.standing()[Kind.COLLECTION_LIABILITY, REM] == 95_000
    assert locks(desk.collection)[0].against == "ACCEPTANCE"
    desk.refuse(Reason.ELEMENT_MISSING, "tenor", "URC522.7a", REM, "AMENDED", tenor={"event": "SIGHT"})
    assert desk.do(IMPORTER, "ACCEPTED").matures_on == "2027-06-30"


def test_missing_documents_are_told_at_once_and_questions_are_answered() -> None:
    desk = Desk()
    desk.do(REM, "SENT")
    desk.do(REM, "TRACED", text="where are they")
    desk.do(COL, "RECEIVED", missing=["INVOICE"])
    desk.do(COL, "FATE_ADVISED", text="not yet presented")
    told = [(who, kind, body.get("72", body.get("75"))) for who, kind, body in desk.books.tells if kind.startswith("MT")]
    assert told == [(COL, "MT420", "where are they"), (REM, "MT410", "MISSING INVOICE"), (REM, "MT422", "not yet presented")]


@pytest.mark.parametrize(
    ("changes", "reason", "where", "article"),
    [
        ({"amount": "0.00"}, Reason.AMOUNT_NOT_POSITIVE, "amount", "URC522.4b"),
        ({"amount": "10.001"}, Reason.DECIMALS_WRONG, "amount", "URC522.4b"),
        ({"amount": "-1"}, Reason.MALFORMED, "amount", "URC522.4b"),
        ({"currency": "XXX"}, Reason.CURRENCY_NOT_SETTLED, "amount", "URC522.4b"),
        ({"terms": "DA"}, Reason.ELEMENT_MISSING, "tenor", "URC522.7a"),
        ({"terms": "DX"}, Reason.MALFORMED, "$.terms", ""),
        ({"drawee": EXPORTER}, Reason.ELEMENT_NOT_ADMITTED, "drawee", "URC522.3b"),
        ({"drawee": "padma mills"}, Reason.MALFORMED, "drawee", "URC522.3"),
        ({"records": ["ETR-000001", "ETR-000001"]}, Reason.ELEMENT_NOT_ADMITTED, "records", "URC522.4b"),
        ({"bill": "ETR-000009"}, Reason.ELEMENT_MISSING, "bill", "URC522.4b"),
        ({"tenor": {"event": "AFTER_SHIPMENT", "days": 30}}, Reason.ELEMENT_MISSING, "tenor_from", "URC522.7"),
        ({"tenor": {"event": "SIGHT"}, "tenor_from": "2027-03-01"}, Reason.ELEMENT_NOT_ADMITTED, "tenor_from", "URC522.7"),
        ({"tenor": {"event": "AFTER_SIGHT", "days": 0}}, Reason.MALFORMED, "tenor", "URC522.7"),
        ({"answer_by": "soon"}, Reason.MALFORMED, "answer_by", "URC522.5b"),
        ({"unknown": 1}, Reason.MALFORMED, "$", ""),
    ],
)
def test_an_instruction_that_is_not_whole_is_refused(changes: dict[str, Any], reason: Reason, where: str, article: str) -> None:
    answer = begin("COL-000001", deed(EXPORTER, "", 0, "INSTRUCTED", **{**INSTRUCTION, **changes}), START, PLACES)
    assert isinstance(answer, Refusal)
    assert (answer.reason, answer.where, answer.article) == (reason, where, article)


def test_a_deed_out_of_its_order_or_role_changes_nothing() -> None:
    desk = Desk()
    stale = decide(desk.collection, deed(REM, "COL-000001", 0, "SENT"), START, PLACES)
    assert isinstance(stale, Refusal)
    assert stale.where == "version"
    desk.refuse(Reason.ROLE_NOT_HELD, "actor", "URC522.5", EXPORTER, "SENT")
    desk.refuse(Reason.OUT_OF_TURN, "state", "URC522.6", COL, "PRESENTED")
    desk.refuse(Reason.CODE_UNKNOWN, "action", "", COL, "MATURED")
    desk.refuse(Reason.CODE_UNKNOWN, "action", "", COL, "RELEASED")
    desk.forward()
    for actor in (IMPORTER, COL, REM, EXPORTER):
        desk.refuse(Reason.ROLE_NOT_HELD, "actor", "URC522.17", actor, "PAID", batch=batch(1), currency="SGD", amount="1000.00")
    desk.refuse(Reason.MALFORMED, "batch", "URC522.17", HUB, "PAID", batch="x", currency="SGD", amount="1000.00")
    desk.refuse(Reason.AMOUNT_DIFFERS, "currency", "URC522.17", HUB, "PAID", batch=batch(1), currency="BDT", amount="1000.00")
    broken = decide(desk.collection, Deed("H", COL, "COL-000001", desk.collection.version, "DISHONOURED", b"{"), START, PLACES)
    assert isinstance(broken, Refusal)
    assert broken.reason is Reason.MALFORMED
    answer = begin("COL-000002", deed(EXPORTER, "", 1, "INSTRUCTED", **INSTRUCTION), START, PLACES)
    assert isinstance(answer, Refusal)
    answer = begin("COL-000002", deed(EXPORTER, "", 0, "SENT"), START, PLACES)
    assert isinstance(answer, Refusal)


def test_a_bank_whose_calendar_nobody_keeps_or_that_ends_is_refused() -> None:
    desk = Desk(collecting_bank="")
    desk.refuse(Reason.MALFORMED, "collecting_bank", "URC522.5d", REM, "SENT")
    desk.refuse(Reason.NOT_FOUND, "collecting_bank", "UCP600.2", REM, "SENT", collecting_bank="NOBODYXX")
    assert desk.do(REM, "SENT", collecting_bank=COL).collecting_bank == COL
    desk = Desk()
    desk.refuse(Reason.ELEMENT_NOT_ADMITTED, "collecting_bank", "URC522.5d", REM, "SENT", collecting_bank="FNDESGSG")
    desk = Desk(terms="DA", tenor={"event": "AFTER_SIGHT", "days": 900}).forward()
    desk.refuse(Reason.DAY_UNKNOWN, COL, "URC522.6", IMPORTER, "ACCEPTED")


# What each event needs to be played from the state before it.
def play(desk: Desk, step: Step[State, Event, Moves], number: int) -> None:
    event, version = step.on, desk.collection.version
    if event is Event.MATURED:
        desk.pass_to(desk.collection.matures_at)
    elif event is Event.PART_PAID:
        desk.pay("0.01", number)
    elif event is Event.PAID:
        desk.pay(f"{desk.collection.outstanding // 100}.{desk.collection.outstanding % 100:02d}", number)
    elif event is Event.ACCEPTED:
        desk.do(IMPORTER, "ACCEPTED")
    elif event is Event.DISHONOURED and step.before is State.MATURED:
        # Until its bank closes the drawee may pay: the bank says nothing before.
        desk.pass_to(max(int(desk.at), desk.collection.deadlines[-1].due_at))
        desk.do(COL, "DISHONOURED")
    elif event is Event.DECLINED:
        desk.do(REM if step.before is State.INSTRUCTED else COL, "DECLINED", text="we do not")
    elif event is Event.DOCS_RETURNED:
        waiting = [d for d in desk.collection.deadlines if d.state is deadline.State.OPEN]
        desk.pass_to(max([int(desk.at), *(d.due_at for d in waiting)]))
        desk.do(COL, "DOCS_RETURNED")
    elif event in (Event.SENT, Event.PROCEEDS_REMITTED, Event.CLOSED):
        desk.do(REM, event.value)
    else:
        desk.do(COL, event.value)
    assert desk.collection.state is step.after, step
    assert desk.collection.version == version + (event is not Event.MATURED)


LOOPS = (Event.TRACED, Event.FATE_ADVISED, Event.AMENDED)


def test_every_path_of_a_collection_ends_with_nothing_on_the_books() -> None:
    straight = Table("paths", State.INSTRUCTED, COLLECTION.ends, [row for row in COLLECTION.rows if row.on not in LOOPS])
    played: set[Step[State, Event, Moves]] = set()
    count = 0
    for path in straight.paths():
        events = [row.on for row in path]
        accepted = Event.ACCEPTED in events
        if accepted and Event.PART_PAID in events[: events.index(Event.ACCEPTED)]:
            continue  # against acceptance nothing is due before the bill is accepted
        directions = [row for row in path if row.before is State.RE_INSTRUCTED]
        desk = Desk(part_payment=True, protest=True, **(ACCEPTANCE if accepted else {}))
        for number, row in enumerate(path):
            moved = len(desk.books.balances), dict(desk.books.balances)
            if row.on is Event.RE_INSTRUCTED:
                after = directions.pop(0).on
                direction = {Event.PRESENTED: "PRESENT", Event.PROTESTED: "PROTEST", Event.DOCS_RETURNED: "RETURN"}[after]
                desk.do(REM, "RE_INSTRUCTED", direction=direction)
            else:
                play(desk, row, number + 1)
            if row.books is Moves.NOTHING:
                assert moved[1] == dict(desk.books.balances), row
            played.add(row)
        assert desk.books.standing() == {}
        for record, holder in desk.books.holders.items():
            got = desk.collection.paid == desk.collection.amount or (accepted and record == "ETR-000001")
            assert holder == (IMPORTER if got else EXPORTER), path
        count += 1
    assert played == set(straight.rows)
    assert count > 50


Pick = Callable[[Sequence[Any]], Any]
BY_THE_REMITTING_BANK = ("SENT", "RE_INSTRUCTED", "PROCEEDS_REMITTED", "CLOSED", "TRACED", "AMENDED")
LAST = int(moment("2028-06-01T00:00"))


class Walk:
    """Random deeds by anybody, at any time: what was decided is always lawful, what was refused changed nothing."""

    def __init__(self, pick: Pick) -> None:
        terms = ACCEPTANCE if pick([True, False]) else {}
        authorised = {name: pick([True, False]) for name in ("part_payment", "protest")}
        self.desk = Desk(**authorised, answer_by="2027-03-20", **terms)
        self.paid = self.number = 0
        self.done: Counter[str] = Counter()

    def attempt(self, actor: str, action: str, **body: Any) -> None:
        before = msgspec.json.encode(self.desk.collection)
        answer = self.desk.ask(actor, action, **body)
        assert msgspec.json.encode(self.desk.collection) == before
        if isinstance(answer, Refusal):
            assert answer.where
            return
        self.paid += answer.instrument.paid - self.desk.collection.paid
        self.desk.collection = answer.instrument
        self.desk.books.take(answer)
        self.done[action] += 1

    def anything(self, pick: Pick) -> None:
        event = pick(sorted(ACTS, key=lambda each: each.value))
        self.attempt(pick([EXPORTER, REM, COL, IMPORTER, HUB]), event.value, **self.body(pick, event))

    def likely(self, pick: Pick) -> None:
        """A deed that fits the state, by whoever may do it; what would end a collection early is rarer."""
        now = self.desk.collection
        rows = [row for row in COLLECTION.rows if row.before is now.state and row.on in ACTS]
        rows = [row for row in rows if row.on is not Event.DECLINED and row.on not in LOOPS] * 5 + rows
        if rows:
            event = pick(rows).on
            actor = HUB if event is Event.PAID else REM if event.value in BY_THE_REMITTING_BANK else COL
            if event is Event.ACCEPTED:
                actor = IMPORTER
            if event is Event.DECLINED and now.state is State.INSTRUCTED:
                actor = REM
            self.attempt(actor, event.value, **self.body(pick, event))

    def body(self, pick: Pick, event: Event) -> dict[str, Any]:
        if event is Event.RE_INSTRUCTED:
            return {"direction": pick(["PRESENT", "PROTEST", "RETURN"])}
        if event is Event.AMENDED:
            return {"amount": f"{pick(range(1, 2000))}.00"}
        if event is Event.PAID:
            owed = self.desk.collection.outstanding
            minor = pick([owed, owed, owed - 1, owed + 1, max(1, owed // 2)])
            self.number += pick([0, 1, 1, 1])
            return {"batch": batch(self.number), "currency": "SGD", "amount": f"{minor // 100}.{minor % 100:02d}"}
        return {}

    def time(self, pick: Pick) -> None:
        following, now = due(self.desk.collection), int(self.desk.at)
        steps = [1, DAY_NS // 3, DAY_NS]
        if following > now:
            steps += [max(1, following - now + more) for more in (-1, 0, 1)]
        to = now + pick(steps)
        if to < LAST:
            before = self.desk.collection
            self.desk.pass_to(to)
            # Time changes something exactly when the next clock has come.
            assert (self.desk.collection != before) == (0 < following <= to)

    def laws(self) -> None:
        """Nothing is released without payment or acceptance, nothing paid twice, nothing left at the end."""
        now = self.desk.collection
        for record, holder in self.desk.books.holders.items():
            if holder == IMPORTER:
                assert now.paid == now.amount or (now.accepted_on and record != now.bill)
        for lock in locks(now):
            assert self.desk.books.holders[lock.record] == lock.giver
        assert now.paid == self.paid <= now.amount
        assert len(set(now.batches)) == len(now.batches)
        assert all(each.minor == now.outstanding for each in payables(now))
        if now.state in COLLECTION.ends:
            assert self.desk.books.standing() == {}
            assert all(d.state is not deadline.State.OPEN for d in now.deadlines)


class Collections(RuleBasedStateMachine):
    """The walk as hypothesis picks it: what fails is made small."""

    @initialize(data=st.data())
    def instruct(self, data: st.DataObject) -> None:
        self.walk = Walk(lambda choices: data.draw(st.sampled_from(choices)))

    @rule(data=st.data())
    def anything_by_anybody(self, data: st.DataObject) -> None:
        self.walk.anything(lambda choices: data.draw(st.sampled_from(choices)))

    @rule(data=st.data())
    def something_that_fits(self, data: st.DataObject) -> None:
        self.walk.likely(lambda choices: data.draw(st.sampled_from(choices)))

    @rule(data=st.data())
    def time_passes(self, data: st.DataObject) -> None:
        self.walk.time(lambda choices: data.draw(st.sampled_from(choices)))

    @invariant()
    def laws_hold(self) -> None:
        self.walk.laws()


TestCollections = Collections.TestCase
TestCollections.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)


def test_long_lives_keep_the_laws_and_reach_every_deed() -> None:
    lot, done = random.Random(7), Counter[str]()
    for _ in range(200):
        walk = Walk(lot.choice)
        for _ in range(50):
            lot.choices([walk.likely, walk.time, walk.anything], [6, 2, 1])[0](lot.choice)
            walk.laws()
        done += walk.done
    assert set(done) == {each.value for each in ACTS}
    assert min(done.values()) > 10


def test_a_collection_is_kept_and_read_again_as_it_stood() -> None:
    desk = Desk(**ACCEPTANCE).forward()
    desk.do(IMPORTER, "ACCEPTED")
    kept = msgspec.msgpack.encode(desk.collection)
    assert msgspec.msgpack.decode(kept, type=Collection) == desk.collection

"""Every path of the tables of a credit, played through its deeds: each ends with nothing on the books and each record with one holder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from credit_desk import ADVISER, DISCREPANCIES, EXPORTER, IMPORTER, ISSUER, REIMBURSER, CreditDesk
from fondaco.core import Step
from fondaco.trade import deadline, letter_of_credit, presentation, reimbursement, undertaking
from fondaco.trade.availability import payables
from fondaco.trade.letter_of_credit import CREDIT
from fondaco.trade.presentation import PRESENTATION, Event, State
from fondaco.trade.reimbursement import REIMBURSEMENT
from fondaco.trade.undertaking import UNDERTAKING
from trade_world import moment

PresentationStep = Step[State, Event, presentation.Moves]
PresentationPath = tuple[PresentationStep, ...]
HONOURS = (Event.PAID, Event.UNDERTAKEN, Event.COVERED, Event.CREDITED, Event.NEGOTIATED)
# What the test does there moves other rows of the credit too.
PLAYED_WITH_PAYMENTS = (
    Event.REIMBURSED,
    Event.SETTLED_UP,
    Event.CAME_BACK,
    Event.CAME_BACK_UNPAID,
    Event.CAME_BACK_ON_RECOURSE,
    Event.CREDIT_ENDED,
)
INSTALMENTS = [
    {"first_day": "2027-03-08", "last_day": "2027-03-10"},
    {"first_day": "2027-03-15", "last_day": "2027-03-16"},
    {"first_day": "2027-05-20", "last_day": "2027-05-25"},
]
RESERVE = {"reimbursing_bank": {"name": "Reserve", "id": REIMBURSER}}


def expiry(desk: CreditDesk) -> int:
    return max(d.due_at for d in desk.lc.deadlines if d.rule == deadline.EXPIRY.name)


class Examiner:
    """Which bank walks a path, under which credit, and as which presentation."""

    def __init__(self, path: PresentationPath) -> None:
        self.path, events = path, [row.on for row in path]
        honour = next((event for event in events if event in HONOURS), None)
        first = Event.LEFT_INCOMPLETE not in events
        terms: dict[str, Any] = {}
        if honour is Event.UNDERTAKEN:
            terms = {"available_by": "DEFERRED_PAYMENT", "deferred": {"event": "AFTER_SIGHT", "days": 20}}
        elif honour is Event.NEGOTIATED:
            terms = {"available_by": "NEGOTIATION"}
        # A bank that confirmed buys without recourse: with it only one that is not engaged does.
        self.recourse = Event.CAME_BACK_ON_RECOURSE in events
        self.engaged = (Event.FORWARDED not in events or honour is not None) and not self.recourse
        self.bank = ADVISER if Event.FORWARDED in events else ISSUER
        if honour is Event.NEGOTIATED:
            self.bank = ADVISER
        if honour is Event.COVERED:
            # The bank before was paid by the reimbursing bank; now the issuing bank examines.
            self.desk = CreditDesk(confirmation="CONFIRM", **RESERVE).confirm()
            self.desk.do(ADVISER, "FOUND_COMPLYING", presentation=self.desk.present(ADVISER))
            self.desk.pay(presentation=1)
            self.desk.do(ADVISER, "CLAIMED", presentation=1)
            self.desk.pay(claim=1)
            self.desk.do(ADVISER, "FORWARDED", presentation=1, to=ISSUER)
            self.number = 2
            return
        self.desk = CreditDesk(confirmation="CONFIRM", **terms).issue()
        if self.engaged:
            self.desk.do(ADVISER, "CONFIRMED")
        else:
            self.desk.do(ADVISER, "CONFIRMATION_DECLINED")
        self.number = self.desk.present(self.bank, complete=first)

    @property
    def now(self) -> presentation.Presentation:
        return self.desk.lc.presentations[self.number - 1]

    def child(self, *deeds: str) -> None:
        """What the issuing bank does with what was forwarded to it."""
        for action in deeds:
            body: dict[str, Any] = {"presentation": self.number + 1}
            if action == "FOUND_DISCREPANT":
                body |= {"discrepancies": DISCREPANCIES}
            if action == "NOTICE_GIVEN":
                body |= {"discrepancies": DISCREPANCIES, "disposal": "RETURN"}
            self.desk.do(ISSUER, action, **body)

    def play(self, place: int) -> None:
        row, desk = self.path[place], self.desk
        this: dict[str, Any] = {"presentation": self.number}
        follows = self.path[place + 1].on if place + 1 < len(self.path) else None
        event = row.on
        if event in (Event.LEFT_INCOMPLETE, Event.HELD, Event.HELD_FOR_WAIVER, Event.DEALT_WITH_AS_INSTRUCTED):
            return  # these follow by themselves from the deed before
        if event is Event.SETTLED_UP:
            self.pay_at_maturity()  # and so does this, once nothing is owed
            return
        if event is Event.COMPLETED:
            if row.before is State.INCOMPLETE:
                desk.do(EXPORTER, "COMPLETED", **this)
        elif event is Event.SENT_BACK:
            if row.before is not State.REFUSED:
                desk.do(self.bank, "SENT_BACK", **this)
        elif event is Event.CREDIT_ENDED:
            desk.pass_to(expiry(desk))
        elif event is Event.FOUND_DISCREPANT:
            desk.do(self.bank, "FOUND_DISCREPANT", **this, discrepancies=DISCREPANCIES)
        elif event is Event.NOTICE_GIVEN:
            code = next(code for code, does in presentation.DISPOSALS.items() if does is follows)
            desk.do(self.bank, "NOTICE_GIVEN", **this, discrepancies=DISCREPANCIES, disposal=code)
        elif event in (Event.WAIVER_GIVEN, Event.WAIVER_DENIED):
            desk.do(IMPORTER if self.bank == ISSUER else ISSUER, event.value, **this)
        elif event is Event.FIFTH_DAY_CLOSED:
            desk.pass_to(desk.clock(self.number).due_at)
        elif event is Event.PRESENTED_ANEW:
            desk.present(self.bank, corrects=self.number, records=list(self.now.records))
        elif event is Event.PAID:
            assert [each.purpose for each in payables(desk.lc)] == [f"LC-000001/P{self.number}"]
            desk.pay(**this)
            assert payables(desk.lc) == ()
        elif event is Event.FORWARDED:
            desk.do(self.bank, "FORWARDED", **this, to=ISSUER)
        elif event is Event.REIMBURSED:
            self.reimburse()
        elif event in (Event.CAME_BACK, Event.CAME_BACK_UNPAID, Event.CAME_BACK_ON_RECOURSE):
            self.child("FOUND_DISCREPANT", "NOTICE_GIVEN")
        elif event is Event.NEGOTIATED:
            desk.do(self.bank, "NEGOTIATED", **this, discount="12.34", recourse=self.recourse)
        else:
            desk.do(self.bank, event.value, **this)

    def reimburse(self) -> None:
        self.child("FOUND_COMPLYING")
        if not self.desk.lc.undertakings and self.desk.lc.terms.available_by != "DEFERRED_PAYMENT":
            self.desk.pay(presentation=self.number + 1)
            return
        self.child("UNDERTAKEN")
        # The issuing bank's own; what the bank before it owes is settled after.
        self.pay_at_maturity(self.desk.lc.undertakings[-1].number)

    def pay_at_maturity(self, number: int = 0) -> None:
        for owed in self.desk.lc.undertakings:
            if owed.owed and number in (0, owed.number):
                self.desk.pass_to(max(int(self.desk.at), owed.matures_at))
                self.desk.pay(undertaking=owed.number)

    def finish(self) -> None:
        """Run the credit out: what other banks still hold goes its way, time does the rest."""
        for each in self.desk.lc.presentations:
            if each.bank == ISSUER and each.state is State.HONOURED:
                self.desk.do(ISSUER, "RELEASED", presentation=each.number)
            elif each.state is State.UNDER_EXAMINATION:
                self.desk.do(each.bank, "FOUND_DISCREPANT", presentation=each.number, discrepancies=DISCREPANCIES)
                self.desk.do(each.bank, "NOTICE_GIVEN", presentation=each.number, discrepancies=DISCREPANCIES, disposal="RETURN")
        self.pay_at_maturity()
        self.desk.pass_to(max(int(self.desk.at), expiry(self.desk)))


def lawful(path: PresentationPath) -> bool:
    """Whether one bank can walk it: the table is one for all banks, and the deeds' guards keep apart what only some may do."""
    events, forwarded = [row.on for row in path], [row for row in path if row.on is Event.FORWARDED]
    if Event.COVERED in events and Event.LEFT_INCOMPLETE in events:
        return False  # what a bank forwards is complete
    if Event.COVERED in events or Event.RELEASED in events:
        return not forwarded  # only the issuing bank is covered, and only it releases
    if Event.CAME_BACK_ON_RECOURSE in events:
        return Event.NEGOTIATED in events and Event.FIFTH_DAY_CLOSED not in events
    if forwarded and forwarded[0].before not in (State.HONOURED, State.NEGOTIATED):
        # A bank that passes documents on unhonoured is not engaged: it is not precluded, and cannot come back unpaid.
        return Event.FIFTH_DAY_CLOSED not in events and Event.CAME_BACK_UNPAID not in events
    return Event.CAME_BACK not in events


def presentation_paths() -> Iterator[PresentationPath]:
    return (path for path in PRESENTATION.paths() if lawful(path))


def test_every_path_of_a_presentation() -> None:
    played: set[PresentationStep] = set()
    count = 0
    for path in presentation_paths():
        # A second waiver after the notice stops at no clock; a path that is precluded after its notice is none.
        events = [row.on for row in path]
        if Event.NOTICE_GIVEN in events and Event.FIFTH_DAY_CLOSED in events[events.index(Event.NOTICE_GIVEN) :]:
            continue
        if events.count(Event.NOTICE_GIVEN) > 1:
            continue
        if (
            Event.SENT_BACK in events
            and path[events.index(Event.SENT_BACK)].before is State.WAIVED
            and Event.NOTICE_GIVEN not in events
        ):
            continue
        if (
            Event.FORWARDED in events
            and Event.NOTICE_GIVEN in events[: events.index(Event.FORWARDED)]
            and not set(events) & set(HONOURS)
        ):
            continue
        walk = Examiner(path)
        before = dict(walk.desk.books.balances)
        for place, row in enumerate(path):
            walk.play(place)
            if row.books is presentation.Moves.NOTHING and row.on not in PLAYED_WITH_PAYMENTS:
                assert dict(walk.desk.books.balances) == before, row
            before = dict(walk.desk.books.balances)
            played.add(row)
        last = walk.now.state
        assert last is path[-1].after, [row.on.name for row in path]
        walk.finish()
        assert walk.desk.lc.issue.state.value in ("CLOSED", "EXPIRED")
        assert walk.desk.books.standing() == {}, [row.on.name for row in path]
        count += 1
    assert played == set(PRESENTATION.rows)
    assert count > 100


def test_every_path_of_a_credit() -> None:
    seen: set[Any] = set()
    events = letter_of_credit.Event
    for path in CREDIT.paths():
        confirming = path[0].on is events.CONFIRMED
        missed = any(row.on is events.INSTALMENT_MISSED for row in path)
        desk = CreditDesk(
            confirmation="CONFIRM" if confirming or path[0].after is letter_of_credit.State.DECLINED else "WITHOUT",
            **({"instalments": INSTALMENTS} if missed else {}),
        )
        if confirming:
            desk.do(ISSUER, "APPROVED")
            desk.do(ISSUER, "ISSUED")
        shown = 0
        for place, row in enumerate(path):
            if row.on is events.CONFIRMED:
                desk.do(ADVISER, "CONFIRMED")
            elif row.on is events.OPENED:
                if confirming:
                    desk.do(ADVISER, "ADVISED")
            elif row.on is events.ADVISED:
                if path[place + 1].on is not events.OPENED:
                    break  # advice makes a credit available in the same deed: ADVISED alone is never seen from outside
                desk.do(ADVISER, "ADVISED")
                seen.add(row)
                continue
            elif row.on is events.DRAWN_IN_FULL:
                bank = ADVISER if confirming else ISSUER
                more = (
                    int(desk.lc.terms.amount) + 100 * len(desk.lc.amendments) - sum(p.minor for p in desk.lc.presentations) // 100
                )
                which = {}
                if missed:
                    which = {"instalment": len(desk.lc.presentations) + 1}
                    desk.pass_to(max(int(desk.at), int(moment(f"{INSTALMENTS[which['instalment'] - 1]['first_day']}T05:00"))))
                shown = desk.present(bank, f"{more}.00", **which)
                desk.do(bank, "FOUND_COMPLYING", presentation=shown)
                desk.pay(f"{more}.00", presentation=shown)
            elif row.on is events.INCREASED:
                desk.do(ISSUER, "AMENDMENT_ISSUED", increase="100.00")
                if confirming:
                    desk.do(ADVISER, "AMENDMENT_EXTENDED", number=1, extends=True)
            elif row.on is events.INSTALMENT_MISSED:
                desk.pass_to(
                    min(d.due_at for d in desk.lc.deadlines if d.rule == deadline.INSTALMENT.name and d.state.value == "OPEN")
                )
            elif row.on is events.EXPIRED:
                desk.pass_to(expiry(desk))
            elif row.on is events.CANCELLED:
                number = len(desk.lc.amendments) + 1
                desk.do(ISSUER, "AMENDMENT_ISSUED", cancel=True)
                desk.do(ADVISER, "AMENDMENT_ADVISED", number=number)
                if desk.lc.confirming_bank:
                    desk.do(ADVISER, "AMENDMENT_EXTENDED", number=number, extends=True)
                desk.do(EXPORTER, "AMENDMENT_ACCEPTED", number=number)
            elif row.on is events.SETTLED_UP:
                for each in desk.lc.presentations:
                    if each.bank == ADVISER:
                        desk.do(ADVISER, "FORWARDED", presentation=each.number, to=ISSUER)
                        child = len(desk.lc.presentations)
                        desk.do(ISSUER, "FOUND_COMPLYING", presentation=child)
                        desk.pay(f"{each.minor // 100}.00", presentation=child)
                for each in desk.lc.presentations:
                    if each.bank == ISSUER and each.state is State.HONOURED:
                        desk.do(ISSUER, "RELEASED", presentation=each.number)
            else:
                desk.do(ISSUER, row.on.value)
            engagement = desk.lc.confirmation if confirming else desk.lc.issue
            assert engagement is not None
            at_once = row.after in letter_of_credit.RUN_OFF and engagement.state is letter_of_credit.State.CLOSED
            assert engagement.state is row.after or at_once or row.on is events.SETTLED_UP, row
            seen.add(row)
        else:
            assert desk.books.standing() == {}
    unseen = {row for row in CREDIT.rows if row.before is letter_of_credit.State.ADVISED and row.on is not events.OPENED}
    assert set(CREDIT.rows) - seen == unseen


def test_every_path_of_an_undertaking() -> None:
    events = undertaking.Event
    for path in UNDERTAKING.paths():
        desk = CreditDesk(available_by="DEFERRED_PAYMENT", deferred={"event": "AFTER_SIGHT", "days": 30}).issue()
        desk.do(ISSUER, "FOUND_COMPLYING", presentation=desk.present(ISSUER))
        desk.do(ISSUER, "UNDERTAKEN", presentation=1)
        desk.do(ISSUER, "RELEASED", presentation=1)
        for row in path:
            owed = desk.lc.undertakings[0]
            if row.on is events.MATURITY_CAME:
                desk.pass_to(owed.matures_at)
            elif row.on is events.MATURITY_PASSED:
                desk.pass_to(next(d for d in desk.lc.deadlines if d.rule == deadline.PAY_AT_MATURITY.name).due_at)
            elif row.on is events.PAID:
                assert [(each.purpose, each.payee) for each in payables(desk.lc)] == [("LC-000001/U1", owed.creditor)]
                desk.pay(undertaking=1)
            elif row.on is events.WRITTEN_OFF:
                desk.do(owed.creditor, "WRITTEN_OFF", undertaking=1)
            else:
                desk.do(EXPORTER, row.on.value, undertaking=1, to="HARBOUR-FACTORS")
            assert desk.lc.undertakings[0].state is row.after
        assert desk.lc.issue.state is letter_of_credit.State.CLOSED
        assert desk.books.standing() == {}


def test_every_path_of_a_reimbursement() -> None:
    events = reimbursement.Event
    for path in REIMBURSEMENT.paths():
        desk = CreditDesk(confirmation="CONFIRM", **RESERVE).confirm()
        taken = [row.on for row in path]
        if events.CLAIMED in taken:
            desk.do(ADVISER, "FOUND_COMPLYING", presentation=desk.present(ADVISER))
            desk.pay(presentation=1)
        for row in path:
            if row.on is events.UNDERTAKEN:
                desk.do(REIMBURSER, "REIMBURSEMENT_UNDERTAKEN")
            elif row.on is events.CLAIMED:
                desk.do(ADVISER, "CLAIMED", presentation=1)
            elif row.on is events.PAID:
                desk.pay(claim=1)
            elif row.on is events.REFUSED:
                desk.do(REIMBURSER, "CLAIM_REFUSED", claim=1)
            elif row.on is events.WITHDRAWN:
                desk.pass_to(max(d.due_at for d in desk.lc.deadlines if d.rule == deadline.REIMBURSE.name))
                desk.do(ADVISER, "CLAIM_WITHDRAWN", claim=1)
                desk.do(ADVISER, "FORWARDED", presentation=1, to=ISSUER)
                desk.do(ISSUER, "FOUND_COMPLYING", presentation=2)
                desk.pay(presentation=2)
                desk.do(ISSUER, "RELEASED", presentation=2)
            elif row.on is events.REFUND_CLAIMED:
                desk.do(ADVISER, "FORWARDED", presentation=1, to=ISSUER)
                desk.do(ISSUER, "FOUND_DISCREPANT", presentation=2, discrepancies=DISCREPANCIES)
                desk.do(ISSUER, "NOTICE_GIVEN", presentation=2, discrepancies=DISCREPANCIES, disposal="RETURN")
                desk.do(ISSUER, "REFUND_CLAIMED", claim=1)
            elif row.on is events.REFUNDED:
                desk.pay(refund=1)
            elif desk.lc.presentations:
                desk.do(ADVISER, "FORWARDED", presentation=1, to=ISSUER)
                desk.do(ISSUER, "FOUND_COMPLYING", presentation=2)
                if row.before is reimbursement.State.PAID:
                    desk.do(ISSUER, "COVERED", presentation=2)
                else:
                    desk.pay(presentation=2)
                desk.do(ISSUER, "RELEASED", presentation=2)
            else:
                desk.pass_to(expiry(desk))
            assert desk.lc.claims[0].state is row.after, row
        assert desk.lc.issue.state is letter_of_credit.State.CLOSED
        assert desk.books.standing() == {}

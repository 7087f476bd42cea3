"""Random deeds by anybody and jumps of the clock over a credit with its amendments, presentations, maturities and claims: its laws hold always."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from credit_desk import ADVISER, DISCREPANCIES, EXPORTER, IMPORTER, ISSUER, REIMBURSER, CreditDesk
from fondaco.core import Refusal
from fondaco.trade import Kind, deadline
from fondaco.trade.amendment import AMENDMENT
from fondaco.trade.availability import due, maximum, payables
from fondaco.trade.crediting import ACTS, elapse
from fondaco.trade.letter_of_credit import ENGAGED, LetterOfCredit
from fondaco.trade.presentation import PRESENTATION, State
from trade_world import DAY_NS, HUB, PLACES, batch, moment

EVERYBODY = [EXPORTER, IMPORTER, ISSUER, ADVISER, REIMBURSER, HUB]
AVAILABLE = [
    {"available_by": "SIGHT_PAYMENT"},
    {"available_by": "NEGOTIATION"},
    {"available_by": "DEFERRED_PAYMENT", "deferred": {"event": "AFTER_SIGHT", "days": 25}},
    {"available_by": "ACCEPTANCE", "draft": {"tenor": {"event": "AFTER_SHIPMENT", "days": 40}, "drawee": ISSUER}},
]
UNDECIDED = ("UNDER_EXAMINATION", "DISCREPANT", "WAIVER_SOUGHT", "NOT_WAIVED", "WAIVED")
numbers = st.integers(1, 4)


def closes(bank: str, presented_on: str) -> int:
    """The close of the fifth banking day, counted day by day: our second way to count it."""
    calendar, day, left = PLACES[bank].calendar, date.fromisoformat(presented_on), 5
    while left:
        day += timedelta(days=1)
        left -= day.weekday() not in calendar.weekend and day not in calendar.holidays
    local = datetime.combine(day, calendar.cut_off, calendar.tz)
    return int(local.timestamp()) * 1_000_000_000


class Credits(RuleBasedStateMachine):
    @initialize(
        available=st.sampled_from(AVAILABLE),
        confirmation=st.sampled_from(["WITHOUT", "CONFIRM"]),
        plus=st.sampled_from([None, 10]),
        partial=st.sampled_from(["", "NOT_ALLOWED"]),
        reserve=st.booleans(),
        margin=st.sampled_from(["", "250.00"]),
    )
    def apply(
        self, available: dict[str, Any], confirmation: str, plus: int | None, partial: str, reserve: bool, margin: str
    ) -> None:
        terms: dict[str, Any] = {**available, "confirmation": confirmation, "plus": plus, "partial_shipments": partial}
        if reserve:
            terms["reimbursing_bank"] = {"name": "Reserve", "id": REIMBURSER}
        self.desk = CreditDesk(margin=margin, **terms).issue()
        self.payments: Counter[str] = Counter()
        self.number = 0

    def attempt(self, actor: str, action: str, **body: Any) -> bool:
        before, owed = self.desk.lc, {each.purpose: each for each in payables(self.desk.lc)}
        answer = self.desk.ask(actor, action, **body)
        if isinstance(answer, Refusal):
            assert answer.where
            return False
        self.desk.take(answer)
        assert answer.instrument.version == before.version + 1
        if action == "PAID":
            letters = {"presentation": "P", "undertaking": "U", "claim": "C", "refund": "C"}
            (what,) = [(letters[name], number) for name, number in body.items() if name in letters]
            purpose = f"LC-000001/{what[0]}{what[1]}" + ("/refund" if "refund" in body else "")
            self.payments[purpose] += 1
            known = owed.get(purpose.removesuffix("/refund"))
            # A nominated bank that is not engaged may pay too, though it must not.
            assert known is not None or not before.engaged(before.presentations[what[1] - 1].bank)
            if known is not None:
                assert f"{known.minor // 100}.{known.minor % 100:02d}" == body["amount"]
        return True

    def body_of(self, data: st.DataObject, action: str) -> dict[str, Any]:
        """Particulars that may fit, or nearly."""
        draw = data.draw
        lc = self.desk.lc
        if action == "PRESENTED":
            minor = draw(st.sampled_from([100_000, 110_000, 110_001, 40_000, 60_000, 1]))
            body: dict[str, Any] = {
                "bank": draw(st.sampled_from([ISSUER, ADVISER, REIMBURSER])),
                "currency": "SGD",
                "amount": f"{minor // 100}.{minor % 100:02d}",
                "records": [f"ETR-{draw(st.integers(1, 6)):06d}"],
                "complete": draw(st.sampled_from([True, True, True, False])),
                "shipped_on": draw(st.sampled_from(["2027-03-01", "2027-03-20"])),
            }
            if lc.presentations and draw(st.booleans()):
                body["corrects"] = draw(numbers)
            return body
        if action == "PAID":
            self.number += draw(st.sampled_from([0, 1, 1, 1, 1, 1]))
            owed = payables(lc)
            base = {"batch": batch(self.number), "currency": "SGD"}
            if owed and draw(st.sampled_from([True, True, True, False])):
                one = draw(st.sampled_from(owed))
                letter, number = one.purpose.split("/")[1][0], int(one.purpose.split("/")[1][1:])
                what = {"P": "presentation", "U": "undertaking", "C": "claim"}[letter]
                if letter == "C" and lc.claims[number - 1].state.value == "REFUND_DUE":
                    what = "refund"
                minor = one.minor + draw(st.sampled_from([0, 0, 0, 0, 1, -1]))
                return {**base, "amount": f"{minor // 100}.{minor % 100:02d}", what: number}
            return {**base, "amount": draw(st.sampled_from(["1000.00", "400.00"])), "presentation": draw(numbers)}
        if action == "AMENDMENT_ISSUED":
            options: list[dict[str, Any]] = [
                {"increase": "300.00"},
                {"decrease": "300.00"},
                {"changes": {"expiry": "2027-07-31"}},
                {"cancel": True},
                {"changes": {"presentation_days": 15}, "increase": "1.00"},
            ]
            return draw(st.sampled_from(options))
        if action.startswith("AMENDMENT"):
            body = {"number": draw(numbers)}
            return {**body, "extends": draw(st.booleans())} if action == "AMENDMENT_EXTENDED" else body
        if action in ("FOUND_DISCREPANT", "NOTICE_GIVEN"):
            body = {"presentation": draw(numbers), "discrepancies": draw(st.sampled_from([DISCREPANCIES, DISCREPANCIES, []]))}
            if action == "NOTICE_GIVEN":
                body["disposal"] = draw(st.sampled_from(["HOLD", "NOTIFY", "RETURN", "PREVINST", ""]))
            return body
        if action == "FOUND_COMPLYING":
            pending = [each.number for each in lc.pending]
            return {"presentation": draw(numbers), "under": draw(st.sampled_from([[], [], pending[:1], pending]))}
        if action == "FORWARDED":
            return {"presentation": draw(numbers), "to": draw(st.sampled_from([ISSUER, ISSUER, ADVISER]))}
        if action in ("ASSIGNED", "DISCOUNTED"):
            return {"undertaking": draw(numbers), "to": "HARBOUR-FACTORS"}
        if action == "WRITTEN_OFF":
            return {"undertaking": draw(numbers)}
        if action in ("CLAIM_REFUSED", "REFUND_CLAIMED"):
            return {"claim": draw(numbers)}
        named = ACTS[action][0].__struct_fields__
        return {"presentation": draw(numbers)} if "presentation" in named else {}

    @rule(data=st.data(), action=st.sampled_from(sorted(ACTS)), actor=st.sampled_from(EVERYBODY))
    def anything_by_anybody(self, data: st.DataObject, action: str, actor: str) -> None:
        self.attempt(actor, action, **self.body_of(data, action))

    @rule(data=st.data())
    def something_likely(self, data: st.DataObject) -> None:
        """A deed by one whose turn it may be, so that long lives come about."""
        lc = self.desk.lc
        options: list[tuple[str, str]] = [(EXPORTER, "PRESENTED"), (ISSUER, "AMENDMENT_ISSUED"), (ADVISER, "CONFIRMED")]
        options += [(HUB, "PAID")] * 3 * bool(payables(lc))
        for each in lc.amendments:
            if each.state not in AMENDMENT.ends:
                options += [(ADVISER, "AMENDMENT_ADVISED"), (EXPORTER, "AMENDMENT_ACCEPTED"), (ADVISER, "AMENDMENT_EXTENDED")]
        for shown in lc.presentations:
            for row in PRESENTATION.rows:
                if row.before is shown.state and row.on.value in ACTS and row.on.value != "PAID":
                    options.append((shown.bank, row.on.value))
                    if row.on.value.startswith("WAIVER_"):
                        options.append((IMPORTER if shown.bank == ISSUER else ISSUER, row.on.value))
            if shown.honoured and shown.bank != ISSUER:
                options.append((shown.bank, "CLAIMED"))
        actor, action = data.draw(st.sampled_from(options))
        self.attempt(actor, action, **self.body_of(data, action))

    @rule(data=st.data())
    def time_passes(self, data: st.DataObject) -> None:
        """A jump: to the nanosecond before, at or after the next clock, or some hours or days."""
        following, now = due(self.desk.lc), int(self.desk.at)
        steps = [1, DAY_NS // 4, DAY_NS, 3 * DAY_NS]
        if following > now:
            steps += [max(1, following - now + more) for more in (-1, 0, 1)] * 2
        to = now + data.draw(st.sampled_from(steps))
        if to < int(moment("2028-03-01T00:00")):
            quiet = following == 0 or to < following
            before = self.desk.lc
            self.desk.pass_to(to)
            assert (self.desk.lc == before) == quiet or self.desk.lc.deadlines != before.deadlines

    @invariant()
    def nothing_is_paid_twice(self) -> None:
        assert all(count == 1 for count in self.payments.values())
        lc = self.desk.lc
        for root in lc.roots():
            by_bank = Counter(each.bank for each in lc.chain(root.number) if each.honoured)
            assert all(count == 1 for count in by_bank.values())

    @invariant()
    def no_more_is_honoured_than_the_credit_allows(self) -> None:
        lc = self.desk.lc
        used = [root for root in lc.roots() if any(each.honoured and lc.engaged(each.bank) for each in lc.chain(root.number))]
        assert sum(root.minor for root in used) <= maximum(lc, ISSUER)

    @invariant()
    def a_bank_is_precluded_exactly_when_its_fifth_day_closes(self) -> None:
        for each in self.desk.lc.presentations:
            clocked = any(d.id == f"LC-000001/P{each.number}/{deadline.GIVE_NOTICE.name}" for d in self.desk.lc.deadlines)
            if not clocked:
                continue
            over = int(self.desk.at) >= closes(each.bank, each.presented_on)
            if each.state.value in UNDECIDED and not each.disposal and elapse(self.desk.lc, self.desk.at, PLACES) is None:
                assert not over
            if each.state is State.PRECLUDED:
                assert over

    @invariant()
    def the_applicant_has_no_record_that_its_bank_has_not_honoured(self) -> None:
        lc = self.desk.lc
        for record, holder in self.desk.books.holders.items():
            shown = [each for each in lc.presentations if record in each.records]
            if holder == IMPORTER:
                assert any(each.honoured and each.bank == ISSUER for each in shown)
            elif holder != EXPORTER:
                assert any(each.honoured and each.bank == holder for each in shown)

    @invariant()
    def what_is_contingent_and_owed_covers_what_may_be_asked(self) -> None:
        lc, standing = self.desk.lc, self.desk.books.standing()
        owed = sum(each.minor for each in lc.undertakings if each.owed and each.bank == ISSUER)
        assert standing.get((Kind.ACCEPTED_LIABILITY, ISSUER), 0) == owed
        if lc.issue.state in ENGAGED:
            done = [root for root in lc.roots() if any(each.honoured and each.bank == ISSUER for each in lc.chain(root.number))]
            left = maximum(lc, ISSUER) - sum(root.minor for root in done)
            assert standing.get((Kind.CONTINGENT_LIABILITY, ISSUER), 0) == left

    @invariant()
    def it_is_kept_and_read_again_as_it_stood(self) -> None:
        kept = msgspec.msgpack.encode(self.desk.lc)
        assert msgspec.msgpack.decode(kept, type=LetterOfCredit) == self.desk.lc


TestCredits = Credits.TestCase
TestCredits.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

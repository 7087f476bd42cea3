"""A walk over one credit: deeds by anybody, likely or not, and jumps of the clock, with the laws that hold after every step.

Who walks picks: hypothesis, so that a failure is made small, or a seeded lot, so that many long lives are walked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from credit_desk import ADVISER, DISCREPANCIES, EXPORTER, IMPORTER, ISSUER, REIMBURSER, CreditDesk
from fondaco.core import Refusal
from fondaco.trade import Kind, deadline
from fondaco.trade.amendment import AMENDMENT, amended
from fondaco.trade.availability import available, due, maximum, payables, reserved
from fondaco.trade.crediting import ACTS, elapse
from fondaco.trade.examination.terms import Terms
from fondaco.trade.letter_of_credit import ENGAGED, LetterOfCredit
from fondaco.trade.presentation import PRESENTATION, Event, State
from fondaco.trade.transferred_amendment import AGREED
from fondaco.trade.transferred_amendment import State as Answered
from fondaco.trade.transferred_terms import days_of
from trade_world import DAY_NS, HUB, PLACES, batch, moment

Pick = Callable[[Sequence[Any]], Any]

EVERYBODY = [EXPORTER, IMPORTER, ISSUER, ADVISER, REIMBURSER, HUB]
SECOND = "HARBOUR-SPICE"
HONOURS: list[dict[str, Any]] = [
    {"available_by": "SIGHT_PAYMENT"},
    {"available_by": "NEGOTIATION"},
    {"available_by": "DEFERRED_PAYMENT", "deferred": {"event": "AFTER_SIGHT", "days": 25}},
    {"available_by": "ACCEPTANCE", "draft": {"tenor": {"event": "AFTER_SHIPMENT", "days": 40}, "drawee": ISSUER}},
]
UNDECIDED = ("UNDER_EXAMINATION", "DISCREPANT", "WAIVER_SOUGHT", "NOT_WAIVED", "WAIVED")
PRESENTATIONS_MAX, AMENDMENTS_MAX = 6, 3
NUMBERS = range(1, 5)
LAST = int(moment("2028-03-01T00:00"))


def closes(bank: str, presented_on: str) -> int:
    """The close of the fifth banking day, counted day by day: our second way to count it."""
    calendar, day, left = PLACES[bank].calendar, date.fromisoformat(presented_on), 5
    while left:
        day += timedelta(days=1)
        left -= day.weekday() not in calendar.weekend and day not in calendar.holidays
    return int(datetime.combine(day, calendar.cut_off, calendar.tz).timestamp()) * 1_000_000_000


def amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


# Deeds that come late in a life, so that some of them come about.
_OFTEN = {Event.COVERED: 4, Event.NEGOTIATED: 3, Event.ADVANCE_REPAID: 8, Event.RECOURSE_GIVEN_UP: 8}
_NEGOTIATED = ("NEGOTIATED_CLAIM", "NEGOTIATED_ADVANCE", "NEGOTIATED_DISCOUNT", "RECOURSE_CLAIM", "RECOURSE_LIABILITY")


def of_negotiation(desk: CreditDesk) -> dict[tuple[str, str], int]:
    """What stands on the books of documents that banks bought, by kind and holder."""
    return {(kind.name, who): minor for (kind, who), minor in desk.books.standing().items() if kind.name in _NEGOTIATED}


def expected_of_negotiation(lc: LetterOfCredit) -> dict[tuple[str, str], int]:
    """The same, told from what each bank gave and what became of the documents."""
    found: Counter[tuple[str, str]] = Counter()
    for shown in lc.presentations:
        terms, state = shown.negotiation, shown.state.value
        if terms is not None and state in ("NEGOTIATED", "FORWARDED"):
            found["NEGOTIATED_CLAIM", shown.bank] -= shown.minor
            found["NEGOTIATED_ADVANCE", shown.bank] += terms.advance
            found["NEGOTIATED_DISCOUNT", shown.bank] += terms.discount
        elif terms is not None and state == "RECOURSE":
            found["RECOURSE_CLAIM", shown.bank] -= terms.advance
            found["RECOURSE_LIABILITY", shown.presenter] += terms.advance
    return {what: minor for what, minor in found.items() if minor}


class CreditWalk:
    """One credit under way. `done` counts the deeds that were not refused."""

    def __init__(self, pick: Pick) -> None:
        terms: dict[str, Any] = {
            **pick(HONOURS),
            "confirmation": pick(["WITHOUT", "CONFIRM"]),
            "plus": pick([None, 10]),
            "partial_shipments": pick(["", "", "NOT_ALLOWED"]),
            "transferable": pick([False, True]),
        }
        if pick([True, False]):
            terms["reimbursing_bank"] = {"name": "Reserve", "id": REIMBURSER}
        self.desk = CreditDesk(margin=pick(["", "250.00"]), **terms).issue()
        self.payments: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.number = 0

    def attempt(self, actor: str, action: str, **body: Any) -> None:
        before, owed = self.desk.lc, {each.purpose: each for each in payables(self.desk.lc)}
        answer = self.desk.ask(actor, action, **body)
        if isinstance(answer, Refusal):
            assert answer.where
            return
        self.desk.take(answer)
        self.done[action] += 1
        assert answer.instrument.version == before.version + 1
        if action == "PAID":
            self.paid(before, owed, body)

    def paid(self, before: LetterOfCredit, owed: dict[str, Any], body: dict[str, Any]) -> None:
        letters = {"presentation": "P", "undertaking": "U", "claim": "C", "refund": "C"}
        (name,) = [each for each in body if each in letters]
        purpose = f"LC-000001/{letters[name]}{body[name]}"
        self.payments[f"{purpose} {name}"] += 1
        if purpose in owed:
            assert amount(owed[purpose].minor) == body["amount"]
        else:
            # A nominated bank that is not engaged may pay at sight, though it must not.
            assert name == "presentation"
            assert not before.engaged(before.presentations[body[name] - 1].bank)

    def anything(self, pick: Pick) -> None:
        """A deed of any kind by anybody; mostly refused."""
        action = pick(sorted(ACTS))
        if action not in ("AMENDMENT_ISSUED", "AMENDMENT_DRAFTED") or len(self.desk.lc.amendments) < AMENDMENTS_MAX:
            self.attempt(pick(EVERYBODY), action, **self.body(pick, action))

    def likely(self, pick: Pick) -> None:
        """A deed by one whose turn it may be, so that long lives come about."""
        options = self.options()
        if options:
            actor, action, exactly = pick(options)
            # A draft is issued as it stands; everything else has particulars of its own.
            given = {} if action == "AMENDMENT_ISSUED" and exactly else self.body(pick, action)
            self.attempt(actor, action, **{**given, **exactly})

    def time(self, pick: Pick) -> None:
        """A jump: to the nanosecond before, at or after the next clock, or some hours or days."""
        following, now = due(self.desk.lc), int(self.desk.at)
        steps = [1, DAY_NS // 4, DAY_NS]
        if following > now:
            steps += [max(1, following - now + more) for more in (-1, 0, 1)]
        to = now + pick(steps)
        if to < LAST:
            before = self.desk.lc
            self.desk.pass_to(to)
            # Time changes something exactly when the next clock has come.
            assert (self.desk.lc != before) == (0 < following <= to)

    def options(self) -> list[tuple[str, str, dict[str, Any]]]:
        lc = self.desk.lc
        options: list[tuple[str, str, dict[str, Any]]] = []
        if lc.confirmation is not None and not lc.confirming_bank:
            options += [(ADVISER, "CONFIRMED", {})] * 3 + [(ADVISER, "CONFIRMATION_DECLINED", {})]
        if lc.reimbursing_bank:
            options.append((REIMBURSER, "REIMBURSEMENT_UNDERTAKEN", {}))
        options += [(HUB, "PAID", {})] * 4 * bool(payables(lc))
        if len(lc.presentations) < PRESENTATIONS_MAX:
            options += [(EXPORTER, "PRESENTED", {})] * 2
        if lc.terms.transferable and len(lc.transfers) < 3:
            options.append((EXPORTER, "TRANSFER_REQUESTED", {}))
        for part in lc.transfers:
            which = {"transfer": part.number}
            options += [(ADVISER, "TRANSFERRED", which)] * 3 + [(ADVISER, "TRANSFER_DECLINED", which)]
            for change in lc.amendments:
                known = [each.state for each in part.answers if each.number == change.number]
                this = {**which, "number": change.number}
                if not known:
                    options.append((ADVISER, "TRANSFER_AMENDMENT_ADVISED", this))
                elif known == [Answered.ADVISED]:
                    options += [(SECOND, f"TRANSFER_AMENDMENT_{word}", this) for word in ("ACCEPTED", "REJECTED")] * 2
            options += [(SECOND, "PRESENTED", {"bank": ADVISER, **which})] * 2 * (len(lc.presentations) < PRESENTATIONS_MAX)
        if len(lc.amendments) < AMENDMENTS_MAX:
            options += [(ISSUER, "AMENDMENT_ISSUED", {}), (IMPORTER, "AMENDMENT_DRAFTED", {})]
        for each in lc.amendments:
            if each.state not in AMENDMENT.ends:
                answers = (
                    (ISSUER, "ISSUED"), (IMPORTER, "WITHDRAWN"), (ADVISER, "ADVISED"), (ADVISER, "EXTENDED"), (EXPORTER, "ACCEPTED"),
                    (EXPORTER, "REJECTED"),
                )  # fmt: skip
                options += [(actor, f"AMENDMENT_{word}", {"number": each.number}) for actor, word in answers]
        for shown in lc.presentations:
            this = {"presentation": shown.number}
            for row in PRESENTATION.rows:
                if row.before is shown.state and row.on.value in ACTS and row.on.value != "PAID":
                    waiver = row.on.value in ("WAIVER_GIVEN", "WAIVER_DENIED")
                    asked = IMPORTER if shown.bank == ISSUER else ISSUER
                    actor = asked if waiver else shown.presenter if row.on.value == "COMPLETED" else shown.bank
                    options += [(actor, row.on.value, this)] * _OFTEN.get(row.on, 1)
            if shown.transfer and shown.honoured and shown.state in (State.HONOURED, State.NEGOTIATED):
                options += [(EXPORTER, "SUBSTITUTED", this)] * 8 * (not shown.substitutes)
            if shown.honoured and shown.bank != ISSUER and lc.reimbursing_bank:
                options += [(shown.bank, "CLAIMED", this)] * 4
        for claim in lc.claims:
            this = {"claim": claim.number}
            options += [(REIMBURSER, "CLAIM_REFUSED", this)] * 3 * (claim.state.value == "CLAIMED")
            late = any(d.state is deadline.State.MISSED and f"/C{claim.number}/" in d.id for d in lc.deadlines)
            options += [(claim.claimant, "CLAIM_WITHDRAWN", this)] * 3 * (claim.state.value == "CLAIMED" and late)
            options += [(ISSUER, "REFUND_CLAIMED", this)] * 6 * (claim.state.value == "PAID")
        for owed in lc.undertakings:
            options += [(owed.creditor, what, {"undertaking": owed.number}) for what in ("ASSIGNED", "DISCOUNTED", "WRITTEN_OFF")]
        return options

    def body(self, pick: Pick, action: str) -> dict[str, Any]:
        """Particulars that may fit, or nearly."""
        lc = self.desk.lc
        if action == "PRESENTED":
            return self.presented(pick)
        if action == "PAID":
            return self.payment(pick)
        if action in ("AMENDMENT_ISSUED", "AMENDMENT_DRAFTED"):
            found: dict[str, Any] = pick(
                [
                    {"increase": "300.00"},
                    {"decrease": "300.00"},
                    {"changes": {"expiry": "2027-07-31"}},
                    {"changes": {"latest_shipment": "2027-06-15"}},
                    {"cancel": True},
                    {"changes": {"presentation_days": 15}, "increase": "1.00"},
                ]
            )
            return found
        if action.startswith("AMENDMENT"):
            return {"number": pick(NUMBERS), **({"extends": pick([True, False])} if action == "AMENDMENT_EXTENDED" else {})}
        if action == "FOUND_DISCREPANT":
            return {"presentation": pick(NUMBERS), "discrepancies": pick([DISCREPANCIES, DISCREPANCIES, []])}
        if action == "NOTICE_GIVEN":
            disposal = pick(["HOLD", "NOTIFY", "RETURN", "PREVINST", ""])
            return {
                "presentation": pick(NUMBERS),
                "discrepancies": pick([DISCREPANCIES, DISCREPANCIES, []]),
                "disposal": disposal,
            }
        if action == "FOUND_COMPLYING":
            pending = [each.number for each in lc.pending]
            return {"presentation": pick(NUMBERS), "under": pick([[], [], pending[:1], pending])}
        if action == "FORWARDED":
            return {"presentation": pick(NUMBERS), "to": pick([ISSUER, ISSUER, ADVISER])}
        if action == "TRANSFER_REQUESTED":
            which = pick(
                [{}, {"amendments": "ALL"}, {"amendments": "ALL"}, {"amendments": "NAMED", "amended_fields": ["expiry"]}]
            )
            return {"to": SECOND, "amount": amount(pick([30_000, 50_000, 100_001])), **which}
        if action.startswith("TRANSFER_AMENDMENT"):
            return {"transfer": pick(NUMBERS), "number": pick(NUMBERS)}
        if action == "SUBSTITUTED":
            return {"presentation": pick(NUMBERS), "invoice": amount(pick([30_001, 50_001, 60_000]))}
        if action in ("TRANSFERRED", "TRANSFER_DECLINED"):
            return {"transfer": pick(NUMBERS)}
        if action == "NEGOTIATED":
            terms = pick([{}, {"discount": "12.34"}, {"rate": "4.5", "days": 60}, {"discount": "9000.00"}])
            return {"presentation": pick(NUMBERS), "recourse": pick([True, True, False]), **terms}
        if action == "CREDITED":
            return {pick(["presentation", "presentation", "undertaking"]): pick(NUMBERS)}
        if action in ("ASSIGNED", "DISCOUNTED"):
            return {"undertaking": pick(NUMBERS), "to": "HARBOUR-FACTORS"}
        named = ACTS[action][0].__struct_fields__
        return {name: pick(NUMBERS) for name in ("presentation", "undertaking", "claim") if name in named}

    def presented(self, pick: Pick) -> dict[str, Any]:
        left = max(1, available(self.desk.lc, ISSUER))
        body = {
            "bank": pick([ISSUER, ADVISER, ADVISER, ADVISER, REIMBURSER]),
            "currency": "SGD",
            "amount": amount(pick([left, left + 1, 40_000, 60_000, 30_000, 1])),
            "records": [f"ETR-{pick(range(1, 7)):06d}"],
            "complete": pick([True, True, True, False]),
            "shipped_on": pick(["2027-03-01", "2027-03-20"]),
        }
        if self.desk.lc.presentations and pick([True, False, False]):
            body["corrects"] = pick(NUMBERS)
        return body

    def payment(self, pick: Pick) -> dict[str, Any]:
        """One that is due, or nearly; now and then with a batch that has paid before."""
        lc = self.desk.lc
        self.number += pick([0, 1, 1, 1, 1, 1])
        base, owed = {"batch": batch(self.number), "currency": "SGD"}, payables(lc)
        if not owed or not pick([True, True, True, False]):
            return {**base, "amount": pick(["1000.00", "400.00"]), "presentation": pick(NUMBERS)}
        one = pick(owed)
        letter, number = one.purpose.split("/")[1][0], int(one.purpose.split("/")[1][1:])
        what = {"P": "presentation", "U": "undertaking", "C": "claim"}[letter]
        if letter == "C" and lc.claims[number - 1].state.value == "REFUND_DUE":
            what = "refund"
        return {**base, "amount": amount(one.minor + pick([0, 0, 0, 0, 1, -1])), what: number}

    def laws(self) -> None:
        """What holds after every step, beside what the desk checks itself."""
        lc = self.desk.lc
        assert all(count == 1 for count in self.payments.values()), "nothing is paid twice"
        for root in lc.roots():
            by_bank = Counter(each.bank for each in lc.chain(root.number) if each.honoured)
            assert all(count == 1 for count in by_bank.values()), "no bank honours the same documents twice"
        for shown in lc.presentations:
            terms = shown.negotiation
            if terms is not None:
                assert terms.advance > 0 <= terms.discount and terms.advance + terms.discount == shown.minor
                unpaid = shown.state in (State.NEGOTIATED, State.FORWARDED)
                assert not (terms.recourse and unpaid and shown.bank == lc.confirming_bank)
        assert of_negotiation(self.desk) == expected_of_negotiation(lc), (
            "what was advanced stands until it is repaid, and no longer"
        )
        for part in lc.transfers:
            # Nobody's word but its own moves a second beneficiary's days.
            if part.base is not None and not any(each.state in AGREED for each in part.answers):
                then = [each for each in lc.amendments if each.number in part.base]
                stood = amended(lc.terms, [msgspec.structs.replace(each, by_minor=0) for each in then], lc.exponent)
                assert isinstance(stood, Terms) and days_of(lc, part).expiry == stood.expiry
        used = [root for root in lc.roots() if any(each.honoured and lc.engaged(each.bank) for each in lc.chain(root.number))]
        assert sum(root.minor for root in used) <= maximum(lc, ISSUER), "no more is honoured than the credit allows"
        for part in lc.transfers:
            own = [root for root in used if root.transfer == part.number and not root.substitutes]
            assert sum(root.minor for root in own) <= part.minor, "a second beneficiary draws its part at most"
        assert reserved(lc) <= available(lc, ISSUER), "what was transferred is there"
        self.precluded()
        self.records()
        self.engaged()
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(lc), type=LetterOfCredit) == lc

    def precluded(self) -> None:
        """A bank is precluded exactly when its fifth banking day closes."""
        lc = self.desk.lc
        reckoned = elapse(lc, self.desk.at, PLACES) is None
        for each in lc.presentations:
            if not any(d.id == f"LC-000001/P{each.number}/{deadline.GIVE_NOTICE.name}" for d in lc.deadlines):
                assert each.state is not State.PRECLUDED
                continue
            over = int(self.desk.at) >= closes(each.bank, each.presented_on)
            if each.state.value in UNDECIDED and not each.disposal and reckoned:
                assert not over
            if each.state is State.PRECLUDED:
                assert over

    def records(self) -> None:
        """No bank has a record of documents that it has not honoured, and no applicant one that its bank has not."""
        for record, holder in self.desk.books.holders.items():
            shown = [each for each in self.desk.lc.presentations if record in each.records and each.honoured]
            if holder not in (EXPORTER, SECOND):
                assert any(each.bank == (ISSUER if holder == IMPORTER else holder) for each in shown)

    def engaged(self) -> None:
        """What is contingent and what is owed are what may be asked of the issuing bank, and no more."""
        lc, standing = self.desk.lc, self.desk.books.standing()
        owed = sum(each.minor for each in lc.undertakings if each.owed and each.bank == ISSUER)
        assert standing.get((Kind.ACCEPTED_LIABILITY, ISSUER), 0) == owed
        if lc.issue.state in ENGAGED:
            done = [root for root in lc.roots() if any(each.honoured and each.bank == ISSUER for each in lc.chain(root.number))]
            assert standing.get((Kind.CONTINGENT_LIABILITY, ISSUER), 0) == maximum(lc, ISSUER) - sum(root.minor for root in done)

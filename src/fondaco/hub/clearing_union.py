"""The clearing union of the scheme's central banks: what they owe each other night by night, and the close of a period.

What one of them owes another is what it has drawn of its credit line: the books' own accounts, so the ledger itself binds every line. The record
beside them says the same; what is decided here follows from it and never from the books, which a repetition may find ahead (decision 0010).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Protocol

from fondaco.core import CURRENCIES, MINOR_MAX, Reason, Refusal, minor_text
from fondaco.fx import ReferenceRate, scaled
from fondaco.hub.commands import CloseUnion
from fondaco.hub.state import Batch, Desk
from fondaco.ledger import HUB, Engine, Role, Transfer, TransferFlag, account_id, chain_stands, residue_ledger_of
from fondaco.messages import Movement, StatusReport, admi_004, pacs_009, pacs_029
from fondaco.payments import State as PaymentState
from fondaco.rulebook import AGREED_ASSET, DAY_COUNTS, ClearingUnion, Deed, Rules
from fondaco.settlement import (
    Compensation,
    CycleState,
    Debt,
    Row,
    UnionAccount,
    UnionClose,
    UnionEvent,
    UnionStanding,
    UnionState,
    accrued,
    chain_resolved,
    chained,
    close_after,
    compensate,
    net_legs,
    nets_of,
    residue_legs,
)

# What an agent may say to a request to earmark (ExternalPaymentGroupStatus1Code): yes, no or in part, or nothing yet.
_EARMARKED, _NOT_EARMARKED, _NOT_YET = ("ACSP", "ACTC"), ("RJCT", "PART"), ("PDNG", "RCVD")

# The event code of an admi.004, the scheme's own.
LAPSED = "LAPS"


class UnionHub(Protocol):
    """What the clearing union needs of the hub."""

    books: Engine

    def book_now(self, transfers: list[Transfer]) -> list[int]: ...


class Central:
    """The union's central banks on one day: numbers, own currencies, and what they agreed on."""

    def __init__(self, union: ClearingUnion, rules: Rules) -> None:
        self.union = union
        self.bics = {rules.participants[one.bic].number: one.bic for one in union.members}
        self.currency_of = {number: rules.by_number[number].currency for number in self.bics}
        self.number_of = {currency: number for number, currency in self.currency_of.items()}

    def accounts(self) -> list[UnionAccount]:
        """Every account that one of them has with another, by number and currency."""
        return [
            UnionAccount(number, currency)
            for number in sorted(self.bics)
            for currency in sorted(self.number_of)
            if currency != self.currency_of[number]
        ]


class ClearingUnions:
    """The clearing union of a desk."""

    def __init__(self, desk: Desk, hub: UnionHub) -> None:
        self._desk = desk
        self._hub = hub

    def central(self, rules: Rules | None = None) -> Central | None:
        """The union of the open day, or of `rules`; None where the rulebook has none."""
        rules = rules or self._desk.rules
        union = rules.scheme.clearing_union if rules is not None else None
        return Central(union, rules) if union is not None and rules is not None else None

    # What moves

    def day_opened(self, batch: Batch, before: Rules | None) -> None:
        """Count the nights since the day before under its rules; take up accounts that are new; let go of what was not answered in time.

        `before` are the rules of that day, None on the first. An account's first standing is read from the books: nothing can have moved on it
        since this batch began, because whatever moves it was offered on a business day before.
        """
        desk, book = self._desk, self._desk.union_book
        earlier = self.central(before) if before is not None else None
        if earlier is not None and book.counted:
            self._count_nights(batch, earlier, (date.fromisoformat(desk.counters.day) - date.fromisoformat(book.counted)).days)
        central = self.central()
        if central is None:
            return
        book.counted = desk.counters.day
        book.since = book.since or desk.counters.day
        for account in central.accounts():
            if account.key() not in book.standings:
                found = self.on_the_books(account) if before is not None else 0
                book.standings[account.key()] = book.opening[account.key()] = found
        batch.union_changed = True
        close = self.in_flight()
        if close is not None and close.due < desk.counters.day:
            self._lapse(batch, close, UnionEvent.DUE_DAY_PASSED, close.due)

    def _count_nights(self, batch: Batch, central: Central, nights: int) -> None:
        book = self._desk.union_book
        for account in central.accounts():
            owed = -min(0, book.standings.get(account.key(), 0))
            if owed:
                book.bear(account.key(), *self.accrued_after(central, account, nights))
                self._desk.note(batch, f"union {account.key()}", "ACCRUED", central.union.article, f"{nights} nights on {owed}")

    def accrued_after(self, central: Central, account: UnionAccount, nights: int) -> tuple[int, int]:
        """The parts of interest that an account's holder owes, and its keeper is owed, after so many more nights like this one."""
        book, union = self._desk.union_book, central.union
        owed, year = -min(0, book.standings.get(account.key(), 0)), DAY_COUNTS[union.day_count]
        debtor, creditor = (union.member(central.bics[who]) for who in (account.number, central.number_of[account.currency]))
        debit, credit = book.parts(account.key())
        return (
            debit + accrued(owed, debtor.debit_rate, nights, year),
            credit + accrued(owed, creditor.credit_rate, nights, year),
        )

    def moved(self, batch: Batch, currency: str, number: int, minor: int) -> None:
        """What a participant's prefunded money moved by for good; of central banks' accounts at each other it is kept."""
        standings = self._desk.union_book.standings
        if standings and (key := UnionAccount(number, currency).key()) in standings:
            standings[key] += minor
            batch.union_changed = True

    def room(self, number: int, currency: str) -> int | None:
        """What a central bank may still owe in another's currency: its line, and what it has there. None for every other account."""
        standing = self._desk.union_book.standings.get(UnionAccount(number, currency).key())
        if standing is None or self.central() is None:
            return None
        return max(0, self._desk.lines.get((number, currency), 0) + standing)

    def on_the_books(self, account: UnionAccount) -> int:
        """What the books say of an account: money less what is granted of its line."""
        ledger = self._desk.ledgers[account.currency]
        found = (self._hub.books.balance(account_id(role, ledger, account.number)) for role in (Role.PREFUNDED, Role.CREDIT_LINE))
        return sum(balance.net for balance in found if balance is not None)

    def faults(self) -> list[str]:
        """Where the record of standings and the books say different things."""
        said = (
            (key, UnionAccount(int(key.split(" ")[0]), key.split(" ")[1]), kept)
            for key, kept in sorted(self._desk.union_book.standings.items())
        )
        return [
            f"clearing union: {key} stands at {kept}, and the books say {found}"
            for key, account, kept in said
            if (found := self.on_the_books(account)) != kept
        ]

    # The close

    def due(self) -> date | None:
        """The day on which the open period closes, None where nothing was opened under a clearing union."""
        central, since = self.central(), self._desk.union_book.since
        if central is None or not since:
            return None
        return close_after(central.union.period, central.union.close_day, date.fromisoformat(since))

    def in_flight(self) -> UnionClose | None:
        """The close that waits for its answers."""
        return next((one for _, one in sorted(self._desk.union_closes.items()) if one.state is UnionState.RESERVED), None)

    def computed(self, rates: Mapping[str, ReferenceRate], nights: int = 0) -> Compensation | Refusal:
        """What a close would come to now, or after so many more nights like this one, by the union's articles; `rates` are units of account
        for one of a currency."""
        central = self.central()
        if central is None:
            return Refusal(Reason.OUT_OF_TURN, "clearing union", "this scheme has none")
        union, book, desk = central.union, self._desk.union_book, self._desk
        own: dict[int, Fraction] = {}
        for number, currency in central.currency_of.items():
            if currency == union.unit:
                own[number] = Fraction(1)
                continue
            rate = rates.get(currency)
            own[number] = _fraction(rate, currency, union.unit) if rate is not None else Fraction(0)
            if rate is None or not own[number]:
                return Refusal(Reason.NO_PRICE, "clearing union", f"no rate of {currency} in {union.unit}", union.article)
            age, most = (desk.in_force().day - rate.day).days, desk.in_force().reference_max_age_days
            if not 0 <= age <= most:
                return Refusal(Reason.NO_PRICE, "clearing union", f"rate of {currency} of {rate.day}", union.article)
        debts = []
        for one in central.accounts():
            owed, parts = -min(0, book.standings[one.key()]), self.accrued_after(central, one, nights)
            if owed or any(parts):
                debts.append(Debt(one.number, central.number_of[one.currency], owed, *parts))
        numbers = sorted(central.bics)
        settled_by = {
            (one, other): union.residual(central.bics[one], central.bics[other]).settled_by
            for one in numbers
            for other in numbers
            if one < other
        }
        lines = {
            (one.number, central.number_of[one.currency]): desk.lines.get((one.number, one.currency), 0)
            for one in central.accounts()
        }
        return compensate(debts, own, settled_by, lines)

    def close(self, batch: Batch, command: CloseUnion) -> Refusal | str:
        """Close the period whose day has come: compute it, reserve it, and ask every central bank that it moves. One at a time."""
        desk, central = self._desk, self.central()
        if central is None:
            return Refusal(Reason.OUT_OF_TURN, "clearing union", "this scheme has none")
        due, article = self.due(), central.union.article
        if due is None or desk.counters.day < due.isoformat():
            return Refusal(Reason.OUT_OF_TURN, "clearing union", f"the period closes on {due}", article)
        fault = self._unready()
        if fault:
            return Refusal(Reason.OUT_OF_TURN, "clearing union", fault, article)
        rates = dict(command.rates)
        found = self.computed(rates)
        if isinstance(found, Refusal):
            return found
        nets = nets_of(found.rows, central.currency_of)
        if any(abs(minor) > MINOR_MAX // 4 for _, _, minor in nets):
            return Refusal(Reason.NO_PRICE, "clearing union", "at these rates it is more than the books can hold", article)
        told = [(code, str(one.rate), one.day.isoformat()) for code, one in sorted(rates.items()) if code in central.number_of]
        close = self._begun(central, told)
        close.rows = list(found.rows)
        close.nets = nets
        book = desk.union_book
        close.standings = [
            UnionStanding(one.number, one.currency, book.opening[one.key()], book.standings[one.key()])
            for one in central.accounts()
        ]
        return self._reserve(batch, close)

    def _unready(self) -> str:
        """Why nothing can be closed as things stand: what is under way would belong to neither period."""
        close = self.in_flight()
        if close is not None:
            return f"close {close.number} waits for {len(close.asked) - len(close.earmarked)} answers"
        unsettled = [n for n, one in sorted(self._desk.cycles.items()) if one.state is not CycleState.SETTLED]
        if unsettled:
            return f"cycles {unsettled} are not settled"
        offered = sum(one.state in (PaymentState.RESERVED, PaymentState.OFFERED) for one in self._desk.live.values())
        return f"{offered} payments are offered and not answered" if offered else ""

    def _begun(self, central: Central, rates: list[tuple[str, str, str]]) -> UnionClose:
        desk, union = self._desk, central.union
        desk.union_book.closes += 1
        today = date.fromisoformat(desk.counters.day)
        return UnionClose(
            desk.union_book.closes,
            desk.counters.day,
            desk.union_book.since,
            (today + timedelta(days=union.due_days)).isoformat(),
            union.unit,
            union.article,
            rates=rates,
        )

    def _reserve(self, batch: Batch, close: UnionClose) -> Refusal | str:
        desk = self._desk
        desk.union_closes[close.number] = close
        batch.union_changed = True
        close.intent = desk.next_intent()
        chain = chained(close.intent, net_legs(close.nets, desk.ledgers), int(TransferFlag.PENDING))
        if not chain_stands(self._hub.book_now(chain)):
            self._step(batch, close, UnionEvent.LINE_REACHED)
            return Refusal(Reason.ABOVE_CAP, "clearing union", f"close {close.number}: the books refuse it whole", close.article)
        digest = hashlib.sha256(repr((close.number, close.nets)).encode()).hexdigest()[:16]
        self._step(batch, close, UnionEvent.NETS_RESERVED, f"nets {digest}, since {close.since}, due {close.due}")
        self._ask(batch, close)
        return f"close {close.number} {close.state.name}"

    def _ask(self, batch: Batch, close: UnionClose) -> None:
        """Ask each central bank to set aside what moves in its currency (pacs.029)."""
        desk = self._desk
        for currency, nets in _by_currency(close.nets).items():
            agent = desk.in_force().currencies[currency].agent_bic
            movements = [Movement(f"U{close.number}P{number}", self._bic(number), currency, minor) for number, minor in nets]
            # Its own side, so that the movements add up to nothing: it gives and takes in the money that it issues. One alone would be no
            # settlement between several (pacs.029 demands two).
            own = -sum(minor for _, minor in nets)
            movements += [Movement(f"U{close.number}OWN", agent, currency, own)] if own else []
            content = pacs_029(desk.message_id(), batch.at_text, f"U{close.number}", movements)
            seq = desk.send(batch, agent, "pacs.029.001.02", f"clearing union {close.number}", content)
            close.asked.append(f"{seq}:{currency}")
        if not close.asked:
            self._decide(batch, close)

    def asked(self, report: StatusReport) -> bool:
        """Whether a central bank's answer is one to a request of a close."""
        return self._found(report) is not None

    def _found(self, report: StatusReport) -> tuple[UnionClose, str] | None:
        number = report.original_id.removeprefix("H").lstrip("0")
        for _, close in sorted(self._desk.union_closes.items()):
            for request in (*close.asked, *close.executed):
                if request.partition(":")[0] == number:
                    return close, request
        return None

    def answered(self, batch: Batch, sender: str, report: StatusReport) -> Refusal | None:
        """A central bank's pacs.002 on a request to set aside (pacs.029) or to post (pacs.009). Told twice or too late it changes nothing."""
        found = self._found(report)
        assert found is not None, "who asks has seen that it is of a close"
        close, request = found
        currency = request.partition(":")[2]
        if self._desk.in_force().currencies[currency].agent_bic[:8] != sender:
            return Refusal(Reason.SENDER_CONTRADICTS, "AppHdr/Fr", sender, close.article)
        status = report.group_status
        if request in close.executed:
            self._desk.note(batch, f"union close {close.number}", "AGENT_POSTED", close.article, f"{currency} {status}")
            # What is final stays final: who does not post is the operator's case with that central bank.
            return None if status == "ACSC" else Refusal(Reason.OUT_OF_TURN, "GrpSts", status, close.article)
        if close.state is not UnionState.RESERVED or request in close.earmarked:
            return None
        if status in _NOT_EARMARKED or any(one.status == "RJCT" for one in report.statuses):
            self._lapse(batch, close, UnionEvent.AGENT_REFUSED, currency)
            return None
        if status not in _EARMARKED:
            unknown = status or "no status of the group"
            return None if status in _NOT_YET else Refusal(Reason.CODE_UNKNOWN, "GrpSts", unknown, close.article)
        close.earmarked.append(request)
        batch.union_closes.add(close.number)
        if set(close.earmarked) == set(close.asked):
            self._decide(batch, close)
        return None

    def _lapse(self, batch: Batch, close: UnionClose, event: UnionEvent, facts: str) -> None:
        legs = net_legs(close.nets, self._desk.ledgers)
        chain = chain_resolved(self._desk.next_intent(), close.intent, legs, TransferFlag.VOID_PENDING)
        assert chain_stands(self._hub.book_now(chain)), "voiding a reserved close cannot fail"
        self._desk.counters.freed = True
        self._step(batch, close, event, facts)
        for request in close.asked:
            agent = self._desk.in_force().currencies[request.partition(":")[2]].agent_bic
            text = f"close {close.number} of the clearing union lapsed: nothing of it is posted, let go of what was set aside"
            self._desk.send(
                batch, agent, "admi.004.001.02", f"clearing union {close.number}", admi_004(LAPSED, text, batch.at_text)
            )

    def _decide(self, batch: Batch, close: UnionClose) -> None:
        """The entry that makes the close final; what follows is repeated until it is done."""
        digest = hashlib.sha256(repr((close.number, close.nets)).encode()).hexdigest()[:16]
        self._step(batch, close, UnionEvent.ALL_EARMARKED, f"nets {digest}")
        self._post(batch, close)

    def _post(self, batch: Batch, close: UnionClose) -> None:
        desk = self._desk
        legs = net_legs(close.nets, desk.ledgers)
        fine = {
            code: residue_ledger_of(one.currency.numeric, one.currency.exponent)
            for code, one in desk.in_force().currencies.items()
        }
        currency_of = {number: one.currency for number, one in desk.in_force().by_number.items()}
        posts = chain_resolved(desk.next_intent(), close.intent, legs, TransferFlag.POST_PENDING)
        rests = chained(desk.next_intent(), residue_legs(close.rows, currency_of, fine), 0)
        for chain in (posts, rests):
            assert chain_stands(self._hub.book_now(chain)), "posting what is reserved cannot fail"
        desk.counters.freed = True
        for currency, number, minor in close.nets:
            self.moved(batch, currency, number, minor)
        if close.of:
            desk.union_closes[close.of].delivered.append(close.pair)
            batch.union_closes.add(close.of)
        else:
            self._begin_period(close, currency_of)
        self._execute(batch, close)
        self._step(batch, close, UnionEvent.NETS_POSTED)

    def _begin_period(self, close: UnionClose, currency_of: Mapping[int, str]) -> None:
        """What moved since the close was computed is of the new period, and so is the interest of those nights."""
        book = self._desk.union_book
        book.since = close.day
        book.opening = {UnionAccount(one.number, one.currency).key(): one.now for one in close.standings}
        for currency, number, minor in close.nets:
            key = UnionAccount(number, currency).key()
            if key in book.opening:
                book.opening[key] += minor
        for row in close.rows:
            key = UnionAccount(row.debtor, currency_of[row.creditor]).key()
            debit, credit = book.parts(key)
            book.bear(key, debit - row.debit_parts, credit - row.credit_parts)

    def _execute(self, batch: Batch, close: UnionClose) -> None:
        """Tell each central bank to post what it set aside (pacs.009); the account's holder is one end, the hub the other."""
        desk, hub = self._desk, self._desk.in_force().hub_bic
        for currency, nets in _by_currency(close.nets).items():
            legs = []
            for number, minor in nets:
                if number == HUB:
                    continue
                name, bic = f"U{close.number}P{number}", self._bic(number)
                seed = hashlib.sha256(f"{desk.scheme.version}{name}{currency}".encode()).digest()
                amount = minor_text(abs(minor), CURRENCIES[currency].exponent)
                ends = (bic, hub) if minor < 0 else (hub, bic)
                legs.append((name, str(uuid.UUID(bytes=seed[:16], version=4)), currency, amount, *ends))
            if legs:
                agent = desk.in_force().currencies[currency].agent_bic
                content = pacs_009(desk.message_id(), batch.at_text, desk.counters.day, legs)
                seq = desk.send(batch, agent, "pacs.009.001.08", f"clearing union {close.number}", content)
                close.executed.append(f"{seq}:{currency}")

    def _bic(self, number: int) -> str:
        rules = self._desk.in_force()
        return rules.hub_bic if number == HUB else rules.by_number[number].bic

    def _step(self, batch: Batch, close: UnionClose, event: UnionEvent, facts: str = "") -> None:
        close.step(event, batch.at)
        batch.union_closes.add(close.number)
        batch.union_changed = True
        self._desk.note(batch, f"union close {close.number}", event.name, close.article, facts)

    # A residual in an agreed asset

    def last_settled(self) -> UnionClose | None:
        """The last close of a period that was settled."""
        found = [one for one in self._desk.union_closes.values() if one.state is UnionState.SETTLED and not one.of]
        return max(found, key=lambda one: one.number, default=None)

    def fault(self, deed: Deed) -> Refusal | None:
        """Why the delivery of a residual in its agreed asset can't be noted as things stand; asked at both votes."""
        central = self.central()
        if central is None:
            return Refusal(Reason.NOT_FOUND, "motion", "this scheme has no clearing union")
        article = central.union.article
        found = self._residual(central, deed)
        if found is None:
            return Refusal(
                Reason.NOT_FOUND, "motion", f"{deed.subject}: no residual of the last close is due in an agreed asset", article
            )
        close, row = found
        if (row.debtor, row.creditor) in close.delivered:
            return Refusal(Reason.OUT_OF_TURN, "motion", f"{deed.subject} was delivered", article)
        if deed.value != str(row.carried):
            return Refusal(Reason.AMOUNT_DIFFERS, "motion", f"{deed.value}, and {row.carried} is due", article)
        waiting = self.in_flight()
        return Refusal(Reason.OUT_OF_TURN, "motion", f"close {waiting.number} waits for answers", article) if waiting else None

    def _residual(self, central: Central, deed: Deed) -> tuple[UnionClose, Row] | None:
        words, close = deed.subject.split(" "), self.last_settled()
        if len(words) != 3 or close is None or words[0] != str(close.number):
            return None
        for row in close.rows:
            ends = central.bics.get(row.debtor), central.bics.get(row.creditor)
            if row.settled_by == AGREED_ASSET and row.carried and ends == (words[1], words[2]):
                return close, row
        return None

    def delivered(self, batch: Batch, deed: Deed) -> None:
        """Two operators saw that the agreed asset was delivered: the creditor is asked to write the debt off."""
        central = self.central()
        found = self._residual(central, deed) if central is not None else None
        assert central is not None and found is not None, "a motion is asked for its faults before it is done"
        of, row = found
        close = self._begun(central, [])
        close.of, close.pair = of.number, (row.debtor, row.creditor)
        close.nets = [(central.currency_of[row.creditor], row.debtor, row.carried)]
        self._reserve(batch, close)


def _fraction(rate: ReferenceRate, currency: str, unit: str) -> Fraction:
    """Minor units of the unit of account for one of the currency; nothing where the rate is none."""
    try:
        return Fraction(*scaled(rate.rate, currency, unit))
    except ValueError:
        return Fraction(0)


def _by_currency(nets: list[tuple[str, int, int]]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for currency, number, minor in nets:
        found.setdefault(currency, []).append((number, minor))
    return found

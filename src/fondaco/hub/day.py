"""The business day: opened under its rules, priced by its quotes or reference rates, ended with its statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from fondaco.core import MINOR_MAX, Instant, Reason, Refusal, bic8, instant_of, utc_text
from fondaco.fx import Quote, fitting
from fondaco.hub.clearing_union import ClearingUnions
from fondaco.hub.commands import PostQuotes, PostReferences
from fondaco.hub.cycles import Cycles
from fondaco.hub.state import Batch, Desk
from fondaco.journal import Journal
from fondaco.ledger import (
    Account,
    Engine,
    Role,
    Status,
    Transfer,
    TransferCode,
    account,
    account_id,
    residue_ledger_of,
    transfer_id,
)
from fondaco.messages import Entry, Statement, camt_05x
from fondaco.payments import DECODER, Books, Event, Payment, State
from fondaco.reporting import invoice, statements
from fondaco.rulebook import PRICING_REFERENCE
from fondaco.settlement import CycleState

_DONE = frozenset({0, int(Status.EXISTS)})


class DayHub(Protocol):
    """What the day needs of the hub."""

    cycles: Cycles
    unions: ClearingUnions
    journal: Journal
    books: Engine

    def open_accounts(self, accounts: list[Account]) -> None: ...

    def book_now(self, transfers: list[Transfer]) -> list[int]: ...

    def drop_rate(self, batch: Batch, payment: Payment) -> None: ...

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books: ...


class Day:
    """Opens and ends the days of a desk, and takes in what prices them."""

    def __init__(self, desk: Desk, hub: DayHub) -> None:
        self._desk = desk
        self._hub = hub

    def open(self, batch: Batch, day: str) -> Refusal | str | None:
        desk = self._desk
        if desk.counters.day and (day <= desk.counters.day or not desk.counters.day_ended):
            return Refusal(Reason.OUT_OF_TURN, "day", f"{desk.counters.day} is not ended, or {day} is not after it")
        before, rules_before = desk.counters.day, desk.rules
        try:
            desk.open_day(day)
        except (KeyError, ValueError) as fault:
            return Refusal(Reason.DAY_CLOSED, "day", str(fault))
        rules = desk.in_force()
        if before and before[:7] < day[:7]:
            self._invoice(batch, before[:7])
        accounts = []
        for code, ledger in desk.ledgers.items():
            currency = rules.currencies[code].currency
            fine = residue_ledger_of(currency.numeric, currency.exponent)
            accounts += [account(role, ledger) for role in (Role.AGENT, Role.PREFUNDED)]
            accounts.append(account(Role.RESIDUE, fine))
            for member in rules.members():
                if code in member.currencies:
                    accounts.append(account(Role.PREFUNDED, ledger, member.number))
                    if member.roles & {"fx_provider", "central_bank"}:
                        accounts.append(account(Role.RESIDUE_DUE, fine, member.number))
        self._hub.open_accounts(accounts)
        self._grant_lines(batch)
        self._hub.unions.day_opened(batch, rules_before)
        desk.expected = {key: item for key, item in desk.expected.items() if item[0] >= day}
        batch.expected_changed = True
        batch.days[day] = int(batch.at)
        batch.numbers[day] = (min(desk.live, default=desk.counters.payment), desk.counters.payment)
        desk.note(batch, f"day {day}", "OPENED", rules.cite("business_day"), f"rulebook {rules.scheme.version[:16]}")
        self._hub.cycles.open_next(batch)
        return None

    def _invoice(self, batch: Batch, month: str) -> None:
        """Tell each member its fees of the month that is over, one notification for each currency (camt.054). They were booked with their
        payments: nothing more is due."""
        desk = self._desk
        # One pass, and only what has a fee is kept: the journal may hold millions.
        charged: dict[str, list[Payment]] = {}
        for payment in self.payments_of_month(month, batch):
            if payment.fee_minor and payment.state is State.SETTLED and utc_text(Instant(payment.taken[-1].at)).startswith(month):
                charged.setdefault(payment.sender, []).append(payment)
        for member in desk.in_force().members():
            found = invoice(charged.get(member.bic[:8], ()), member.bic[:8], month)
            for currency in sorted({line.currency for line in found.lines}):
                lines = [line for line in found.lines if line.currency == currency]
                entries = tuple(
                    Entry(-line.fee_minor, f"FEE-{at}", line.uetr, line.article, line.settled_at)
                    for at, line in enumerate(lines, 1)
                )
                total = sum(entry.minor for entry in entries)
                told = Statement(f"{member.bic[:8]}{currency}", member.bic, currency, 0, total, entries)
                content = camt_05x("camt.054", desk.message_id(), batch.at_text, month, told)
                desk.send(batch, member.bic, "camt.054.001.08", f"invoice {month}", content)
                desk.note(batch, f"invoice {member.number} {currency}", "SENT", "3.6", f"{month} {len(entries)} fees {-total}")

    def _grant_lines(self, batch: Batch) -> None:
        """Bring every credit line to its limit of today. A line that is drawn beyond a lower limit keeps what it has."""
        desk = self._desk
        rules = desk.in_force()
        for line in rules.scheme.credit_lines:
            number, ledger = rules.participants[line.debtor[:8]].number, desk.ledgers[line.currency]
            change = line.limit_minor - desk.lines.get((number, line.currency), 0)
            if not change:
                continue
            giver, holder = account_id(Role.CREDIT_LINE, ledger, number), account_id(Role.PREFUNDED, ledger, number)
            self._hub.open_accounts([account(Role.CREDIT_LINE, ledger, number)])
            debit, credit = (giver, holder) if change > 0 else (holder, giver)
            own = transfer_id(desk.next_intent(), 1)
            status = self._hub.book_now([Transfer(own, debit, credit, abs(change), ledger, int(TransferCode.CREDIT_LINE), 0)])[0]
            if status in _DONE:
                desk.lines[number, line.currency] = line.limit_minor
                batch.lines_changed = True
            event = "GRANTED" if status in _DONE else "STILL_DRAWN"
            desk.note(batch, f"line {number} {line.currency}", event, line.article, str(change))

    def end(self, batch: Batch) -> Refusal | None:
        desk = self._desk
        if desk.counters.day_ended:
            return Refusal(Reason.OUT_OF_TURN, "day", f"{desk.counters.day} is ended", "9.1")
        unsettled = [number for number, cycle in desk.cycles.items() if cycle.state is not CycleState.SETTLED]
        if unsettled:
            return Refusal(Reason.OUT_OF_TURN, "day", f"cycles {unsettled} are not settled", "9.1")
        waiting = [one.uetr for one in desk.live.values() if one.state not in (State.QUEUED, State.HELD, State.SCREENED)]
        if waiting:
            return Refusal(Reason.OUT_OF_TURN, "day", f"{len(waiting)} payments are offered and not answered", "9.1")
        for payment in list(desk.live.values()):
            if payment.state is State.QUEUED:
                desk.queues.take_back(payment.number)
                payment.refusal = Refusal(
                    Reason.INSUFFICIENT_FUNDS if payment.urgent else Reason.ABOVE_CAP, "the day's end", "", "7.5"
                )
                self._hub.drop_rate(batch, payment)
                self._hub.take(batch, payment, Event.DAY_ENDED)
            elif payment.number in desk.carried and payment.state is State.SCREENED and self._had_its_day(payment):
                pair = f"{payment.source_currency}/{payment.target_currency}"
                payment.refusal = Refusal(Reason.NO_PRICE, "the day's end", pair, desk.in_force().cite("quotes"))
                self._hub.take(batch, payment, Event.RATE_REFUSED)
        batch.ended[desk.counters.day] = desk.counters.intent
        rules = desk.in_force()
        for one in self.statements(desk.counters.day, batch):
            if rules.participants[one.owner[:8]].standing == "left" and not one.entries:
                continue
            sponsor = rules.participants[one.owner[:8]].sponsor
            # A sponsor reads the statements of those it settles for: with its own they add up to what its agent holds.
            for reader in (one.owner, rules.participants[sponsor].bic) if sponsor else (one.owner,):
                desk.send(
                    batch, reader, "camt.053.001.08", f"day {desk.counters.day}",
                    camt_05x("camt.053", desk.message_id(), batch.at_text, desk.counters.day, one),
                )  # fmt: skip
        desk.note(batch, f"day {desk.counters.day}", "ENDED", desk.in_force().cite("business_day"))
        desk.counters.day_ended = True
        desk.refresh()
        self._hub.books.keep_snapshot()
        return None

    def _had_its_day(self, payment: Payment) -> bool:
        """Whether a payment that waits for a price could have had one today: it was let go before its currencies' cut-off."""
        door = self._desk.door
        assert door is not None
        both = [door.currencies[code] for code in (payment.source_currency, payment.target_currency)]
        return all(not one.closed and payment.taken[-1].at < one.cut_off for one in both)

    def statements(self, day: str, batch: Batch | None = None) -> list[Statement]:
        """Every member's statements of one business day, from the books. Raises `KeyError` for a day that never opened.

        A day holds what was booked since the day before it ended, told by intents: decided again after a crash, the books may hold
        what comes after the end already, and the statements say the same.
        """
        opened, numbers = self._opened(batch)
        if day not in opened:
            raise KeyError(day)
        ended = {key: msgspec.msgpack.decode(raw, type=int) for key, raw in self._hub.journal.records("ended")}
        ended.update(batch.ended if batch else {})
        uetr_of: dict[int, str] = {}
        until = min((numbers[key][1] for key in numbers if key > day), default=0)
        for payment in self._payments(numbers.get(day, (1, 1))[0], until, batch):
            if payment.intent:
                uetr_of[payment.intent] = payment.uetr
        first = max((intent for key, intent in ended.items() if key < day), default=0)
        return statements(self._hub.books, self._desk.in_force(), self._desk.ledgers, uetr_of, first, ended.get(day, 2**63))

    def payments_of_month(self, month: str, batch: Batch | None = None) -> Iterator[Payment]:
        """Every payment that may have ended in `month` (such as 2026-11, in UTC), and some that did not: all that were not final when the
        month began, up to the first that came after it."""
        opened, numbers = self._opened(batch)
        begins = instant_of(f"{month}-01T00:00:00Z")
        year, number = int(month[:4]), int(month[5:])
        over = instant_of(f"{year + number // 12}-{number % 12 + 1:02}-01T00:00:00Z")
        first = max((numbers[key][0] for key in numbers if opened[key] <= begins), default=1)
        until = min((numbers[key][1] for key in numbers if opened[key] >= over), default=0)
        return self._payments(first, until, batch)

    def payments_of_day(self, batch: Batch) -> Iterator[Payment]:
        """What may have been reserved, or become final, on the open business day, as this batch has it by now."""
        opened, numbers = self._opened(batch)
        day = self._desk.counters.day
        for payment in self._payments(numbers.get(day, (1, 1))[0], 0, batch):
            if not payment.final or payment.taken[-1].at >= opened[day]:
                yield self._desk.live.get(payment.number, payment)

    def _opened(self, batch: Batch | None) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
        """When each business day opened, and between which payments; days of a store from before it was noted have no numbers."""
        opened = {key: msgspec.msgpack.decode(raw, type=int) for key, raw in self._hub.journal.records("day")}
        numbers = {key: msgspec.msgpack.decode(raw, type=tuple[int, int]) for key, raw in self._hub.journal.records("numbers")}
        if batch is not None:
            opened.update(batch.days)
            numbers.update(batch.numbers)
        return opened, numbers

    def _payments(self, first: int, until: int, batch: Batch | None) -> Iterator[Payment]:
        """Payments from the number `first` on, before `until` (0: to the last), those of this batch as it has them."""
        for number, raw in self._hub.journal.payments(first):
            if until and number >= until:
                return
            yield (batch.payments.get(number) if batch else None) or DECODER.decode(raw)

    def post_quotes(self, batch: Batch, command: PostQuotes) -> Refusal | None:
        rules = self._desk.in_force()
        provider = rules.participants.get(bic8(command.provider))
        if provider is None or "fx_provider" not in provider.roles or not provider.may_send or rules.pricing == PRICING_REFERENCE:
            return Refusal(Reason.ROLE_NOT_HELD, "provider", command.provider, self._desk.in_force().cite("quotes"))
        refusal = self._desk.quotes.replace(provider.bic[:8], command.quotes)
        batch.quotes_changed = batch.quotes_changed or refusal is None
        if refusal is None:
            self._desk.note(batch, f"provider {provider.number}", "QUOTES_POSTED", "6.1", f"{len(command.quotes)} quotes")
        return refusal

    def post_references(self, batch: Batch, command: PostReferences) -> Refusal | None:
        """The day's reference rates become the quotes of the central bank whose currency is paid, without end of capacity:
        what binds is its credit line. Refused whole when a rate is too old or comes from the future."""
        rules = self._desk.in_force()
        if rules.pricing != PRICING_REFERENCE:
            return Refusal(Reason.OUT_OF_TURN, "reference rates", "this scheme prices by quotes", rules.cite("pricing"))
        quotes: dict[str, list[Quote]] = {}
        for source, target, found in command.rates:
            age = (rules.day - found.day).days
            if not {source, target} <= set(rules.currencies) or source == target or found.rate <= 0:
                return Refusal(Reason.NO_PRICE, f"{source}/{target}", str(found.rate), rules.cite("pricing"))
            if not 0 <= age <= rules.reference_max_age_days:
                return Refusal(
                    Reason.NO_PRICE, f"{source}/{target}", f"rate of {found.day}", rules.cite("reference_max_age_days")
                )
            bank = bic8(rules.currencies[source].agent_bic)
            # As long as the day can be made; when it ends is for the door to say.
            longest = rules.extension_minutes_max * 60 * 1_000_000_000
            until = int(rules.currencies[source].calendar.cut_off_at(rules.day)) + longest
            name = f"REF-{found.day}-{source}{target}"
            quote = Quote(name, bank, source, target, fitting(found.rate), (), int(batch.at), until, MINOR_MAX)
            quotes.setdefault(bank, []).append(quote)
        for bank, own in sorted(quotes.items()):
            refusal = self._desk.quotes.replace(bank, own)
            if refusal is not None:
                return refusal
        batch.quotes_changed = True
        facts = " ".join(f"{source}/{target} {found.rate} of {found.day}" for source, target, found in command.rates)
        self._desk.note(batch, "reference rates", "POSTED", rules.cite("pricing"), facts)
        return None

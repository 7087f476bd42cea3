"""THE MAIN PATH: a batch of commands goes through the questions of a payment's table, one call for all at a time.

    commit one   the inputs, the instant, the list set, the first intent
    questions    admit, screen, price, reserve, offer - and what answers, agents and time bring
    commit two   outcomes and mail; it may be the next batch's commit one. Only then is anybody answered.

A crash at any moment is repaired by deciding the last inputs again: every question answers the same the second time,
and the books know the ids already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from heapq import heappop, heappush

import msgspec

from fondaco.compliance import Screener
from fondaco.core import CURRENCIES, Instant, Mention, Reason, Refusal, minor_text, utc_text
from fondaco.hub.admitting import Admitting
from fondaco.hub.assigning import Assigning
from fondaco.hub.clearing_union import ClearingUnions
from fondaco.hub.collateral import Collateral
from fondaco.hub.commands import Arrive, Command, Depart, Perform
from fondaco.hub.controls import Controls
from fondaco.hub.cycles import Cycles
from fondaco.hub.day import Day
from fondaco.hub.declaring import Defaults
from fondaco.hub.delivering import Delivering
from fondaco.hub.dispatching import Dispatching
from fondaco.hub.governing import Governing
from fondaco.hub.holding import Holding
from fondaco.hub.intake import Intake
from fondaco.hub.invoicing import Invoicing
from fondaco.hub.limiting import Limiting
from fondaco.hub.liquidity import Liquidity
from fondaco.hub.offsetting import Offsetting
from fondaco.hub.once import Repeating
from fondaco.hub.positions import Positions
from fondaco.hub.recovery import records_of, restore
from fondaco.hub.reserving import Reserving
from fondaco.hub.retaining import Erased, Retaining
from fondaco.hub.returning import Returning
from fondaco.hub.seconding import Seconding
from fondaco.hub.setting_off import SettingOff
from fondaco.hub.state import Batch, Desk, must_hold
from fondaco.hub.told import answer_kind, told_code, told_status
from fondaco.hub.trade_parties import TradeParties
from fondaco.hub.trade_shelf import records_of_trade
from fondaco.hub.trading import Trading, joined, said_in
from fondaco.hub.vouching import Vouching
from fondaco.journal import Inputs, Journal, Mail, Outcomes, Seen, commit_inputs, commit_mail, link
from fondaco.ledger import Account, Engine, Status, Transfer
from fondaco.messages import CustomerTransfers, Message, Returns, onward_pacs_004, onward_pacs_008, pacs_002, read
from fondaco.messages import Status as Told
from fondaco.messages import Transfer as Instruction
from fondaco.payments import DECODER, ENCODER, Books, Event, Payment, State, admit, obligations, resolve, target_currency
from fondaco.rulebook import Edition, Scheme

BATCH_MAX = 4_096
_NS = 1_000_000_000
_DONE = frozenset({0, int(Status.EXISTS)})
_EXCEEDS = frozenset({int(Status.EXCEEDS_CREDITS), int(Status.ID_ALREADY_FAILED)})
# What a whole cycle brings is told to each member in one report.
_TOLD_IN_BULK = frozenset({Event.CYCLE_SETTLED, Event.PAYER_FAILED})
_COMMANDS = msgspec.msgpack.Decoder(list[Command])


class Hub:
    """One hub. It alone opens books and journal; `process` takes what has arrived, `flush` keeps what was decided.

    `scheme_of` gives the rulebook of a version; `first_rulebook` is the one that the hub began with. `screener_for` gives the
    screener of a list set by its version: the one in force, and the next one at a swap. `salt_for` gives the salt of a batch by its
    number: random, but for a simulation that must come to the same chain twice.
    """

    def __init__(
        self,
        scheme_of: Callable[[str], Scheme],
        first_rulebook: str,
        journal: Journal,
        books: Engine,
        seen_uetr: Seen,
        seen_message: Seen,
        screener_for: Callable[[str], Screener],
        salt_for: Callable[[int], bytes],
    ) -> None:
        self.desk = Desk(scheme_of(first_rulebook), scheme_of, [Edition("", first_rulebook)])
        self.journal = journal
        self.books = books
        self._seen_uetr = seen_uetr
        self.seen_message = seen_message
        self._salt_for = salt_for
        self.instructions: dict[int, Instruction] = {}
        self._unkept: Batch | None = None
        self._head_number, self._head_hash = journal.head()
        self._delivered: list[Mail] = []
        self.limiting = Limiting(self.desk, self)
        self.unions = ClearingUnions(self.desk, self)
        self.defaults = Defaults(self.desk, self)
        self.cycles = Cycles(self.desk, self)
        self.liquidity = Liquidity(self.desk, self)
        self.returning = Returning(self.desk, self)
        self.reserving = Reserving(self.desk, self)
        self.assigning = Assigning(self.desk, self)
        self.positions = Positions(self.desk, self)
        self.collateral = Collateral(self.desk, self)
        self.offsetting = Offsetting(self.desk, self)
        self.admitting = Admitting(self.desk, self)
        self.governing = Governing(self.desk, self)
        self.controls = Controls(self.desk)
        self.retaining = Retaining(self.desk, self)
        self.intake = Intake(self.desk, self)
        self.days = Day(self.desk, self)
        self.vouching = Vouching(self.desk)
        self.holding = Holding(self.desk, self, screener_for)
        self.trading = Trading(self.desk, self)
        self.delivering = Delivering(self.desk, self)
        self.invoicing = Invoicing(self.desk, self)
        self.setting_off = SettingOff(self.desk, self)
        self.dispatching = Dispatching(self.desk, self)
        self.seconding = Seconding(self.desk)
        self.repeating = Repeating(self)
        self._recover()

    # The batch

    def process(
        self, commands: Sequence[Command], at: Instant, kept: Callable[[], object] | None = None
    ) -> list[Refusal | str | None]:
        """Decide one batch, durably begun: its inputs are kept before anything is decided.

        Returns what each command came to: a refusal, an answer for whoever asked, or None. Mail is handed out by
        `take_mail` after `flush`, or after the next batch began. At most `BATCH_MAX` commands. `kept` is called once, as soon as
        the outcomes of the batch before this one are kept: who waits for them need not wait for this batch.
        """
        assert len(commands) <= BATCH_MAX, "a batch is at most BATCH_MAX commands"
        assert at > self.desk.counters.last_instant, "instants increase from batch to batch"
        given = len(commands)
        gone = [Depart(bic) for bic in self.governing.gone(self.books)]
        found = self.offsetting.found(at)
        totals = self.limiting.totals
        stock: list[Command] = [*self.defaults.stock(commands), *([totals.rates()] if totals.wants_rates(commands) else [])]
        ahead = len(gone) + len(stock)
        commands = [*gone, *stock, *commands, *([found] if found is not None else [])]
        number = self._head_number + 1 + (1 if self._unkept is not None else 0)
        bare = [
            Arrive(command.sender, command.raw) if isinstance(command, Arrive) and command.message is not None else command
            for command in commands
        ]
        counters = self.desk.counters
        encoded = msgspec.msgpack.encode(bare)
        inputs = Inputs(number, int(at), counters.intent, counters.list_set, encoded, self._salt_for(number))
        self._keep(inputs)
        if kept is not None:
            kept()
        batch = self._decide(number, commands, at)
        batch.inputs = inputs
        self._unkept = batch
        return batch.results[ahead : ahead + given]

    def kept(self) -> tuple[int, str]:
        """The last batch whose outcomes are kept, and its link."""
        return self._head_number, self._head_hash.hex()

    def flush(self) -> None:
        """Keep the outcomes of the last batch; its mail may go out."""
        if self._unkept is not None:
            self._keep(None)

    def take_mail(self) -> list[Mail]:
        """Mail whose batch is kept, once each; after a restart the journal's mail has it all again."""
        mail, self._delivered = self._delivered, []
        return mail

    def _keep(self, inputs: Inputs | None) -> None:
        batch = self._unkept
        if batch is None:
            if inputs is not None:
                self.journal.commit(inputs=inputs)
            return
        given = batch.inputs
        assert given is not None, "a batch is decided from its inputs"
        # What an earlier release began was kept without a salt: its link commits to nothing, as all of its time.
        commitments = (commit_inputs(given), commit_mail(given.salt, batch.mail)) if given.salt else ()
        one = link(batch.number, batch.at, self._head_hash, batch.entries, *commitments)
        outcomes = Outcomes(one, self._payments_of(batch), self._records_of(batch), batch.mail, batch.erasure)
        self.journal.commit(outcomes, inputs)
        self._head_number, self._head_hash = one.number, one.hash
        self._delivered.extend(batch.mail)
        self._unkept = None
        last = max(batch.payments, default=0)
        if last:
            self._seen_uetr.seal(last)
            self.seen_message.seal(last)

    def _payments_of(self, batch: Batch) -> list[tuple[int, bytes]]:
        encode = ENCODER.encode
        return [(number, encode(payment)) for number, payment in batch.payments.items()]

    def _records_of(self, batch: Batch) -> list[tuple[str, str, bytes]]:
        return (
            records_of(self.desk, batch)
            + records_of_trade(batch)
            + (self.retaining.records() if batch.erasure is not None else [])
        )

    def _decide(self, number: int, commands: Sequence[Command], at: Instant) -> Batch:
        """Decide one batch, durably begun. The books keep what it booked by one commit at its end: nobody is answered before."""
        with self.books.together():
            return self._decided(number, commands, at)

    def _decided(self, number: int, commands: Sequence[Command], at: Instant) -> Batch:
        desk = self.desk
        batch = Batch(number, at, utc_text(at))
        desk.counters.last_instant = int(at)
        self.trading.begin(commands)  # before time, which changes what it remembers
        # Time first: what comes at the first instant that is too late, or after it, is too late whether or not anything came between.
        self.limiting.totals.begin()
        self._time(batch)
        self.seconding.time(batch)
        if desk.rules is not None:
            self.assigning.time(batch)
            self.holding.casework.time(batch)
            self.vouching.time(batch)
            self.defaults.time(batch)
            self.cycles.cut_off_due(batch)
            self.trading.time(batch)
        new: list[tuple[Payment, Instruction]] = []
        self.intake.begin(commands)
        for place, command in enumerate(commands):
            batch.results.append(self.repeating.decided(batch, place, command, new))
        self._admit(batch, new)
        self.book(batch)
        waiting = [payment for payment, _ in new if payment.state is State.VALIDATED]
        self.holding.screen(batch, waiting)
        self.reserving.proceed(batch)
        if desk.rules is not None:
            self.defaults.advance(batch)
            self.cycles.advance(batch)
        self.book(batch)  # the debts that a cycle paid
        self._offer(batch)
        self._answer(batch)
        self.positions.warn(batch)
        for payment in batch.payments.values():
            self._summarise(batch, payment)
        return batch

    @property
    def trade_parties(self) -> TradeParties:
        return self.trading.parties

    def screener(self) -> Screener | None:
        """What screens now; None where no list set is in force."""
        return self.holding.screener_in_force() if self.desk.counters.list_set else None

    def held_because(self, at: Instant) -> str:
        """Why every payment is held at an instant: no list set is in force, one of its lists is too old, or it does not fit the rules of the day. "" where screening decides."""
        return self.holding.held_because(at)

    def resolve_offer(self, batch: Batch, payment: Payment, *, post: bool, event: Event | None = None) -> None:
        """Post or void with the next call of the books; the step is taken at once, since neither can fail."""
        if event is None:
            event = Event.CREDITOR_ACCEPTED if payment.cycle else Event.CREDITOR_ACCEPTED_GROSS
        intent = self.desk.next_intent()
        chain = resolve(payment, intent, post=post)
        settled = self.delivering.settled(batch, payment, chain) if post and payment.delivery is not None else []
        barred = settled if isinstance(settled, Refusal) else None
        if barred is not None:
            # Its creditor agent said yes, and the title may not pass any more: then the money does not either, and both banks hear it.
            payment.refusal, post, event = barred, False, Event.DELIVERY_BARRED
            chain = resolve(payment, intent, post=False)
        if isinstance(settled, list):
            chain = joined(chain, intent, settled)
        batch.bookings.append((chain, must_hold))
        self.desk.counters.freed = True
        if post and not payment.cycle:
            self._moved_gross(batch, payment)
        if not post and payment.locked is not None:
            self.desk.quotes.release(payment.locked)
            batch.quotes_changed = True
        self.take(batch, payment, event)
        if barred is not None:
            self.report(batch, payment.creditor_agent, [payment], 1)

    def _moved_gross(self, batch: Batch, payment: Payment) -> None:
        for currency, payer, payee, minor in obligations(payment, self.desk.in_force()):
            self.money_moved(batch, currency, payer, payee, minor)

    def money_moved(self, batch: Batch, currency: str, payer: int, payee: int, minor: int) -> None:
        """Prefunded money passed from one participant to another for good: the agents hear of it with the next cycle."""
        gross = self.desk.gross
        gross[currency, payer] = gross.get((currency, payer), 0) - minor
        gross[currency, payee] = gross.get((currency, payee), 0) + minor
        self.unions.moved(batch, currency, payer, -minor)
        self.unions.moved(batch, currency, payee, minor)
        batch.gross_changed = True

    # Time

    def _time(self, batch: Batch) -> None:
        deadlines = self.desk.deadlines
        if len(deadlines) > 2 * len(self.desk.live) + BATCH_MAX:
            # Most offers are answered long before their time: what is left of them is swept out, not waited for.
            live = [(p.deadline, n) for n, p in self.desk.live.items() if p.state is State.OFFERED]
            self.desk.deadlines = deadlines = sorted(live)
        while deadlines and deadlines[0][0] <= batch.at:
            deadline, number = heappop(deadlines)
            payment = self.desk.live.get(number)
            if payment is None or payment.state is not State.OFFERED or payment.deadline != deadline:
                continue
            payment.refusal = Refusal(Reason.ANSWER_LATE, "the creditor agent", payment.creditor_agent, "8.5")
            self.resolve_offer(batch, payment, post=False, event=Event.ANSWER_TIMED_OUT)
            self.report(batch, payment.creditor_agent, [payment], 1)

    # The questions

    def _admit(self, batch: Batch, new: list[tuple[Payment, Instruction]]) -> None:
        door = self.desk.door
        for payment, transfer in new:
            assert door is not None
            if payment.returns:
                self.desk.live[payment.number] = payment
                self.instructions[payment.number] = self.returning.screened_with(payment, transfer)
                self.take(batch, payment, Event.ADMITTED)
                continue
            key = _key(transfer.uetr)
            refusal = payment.refusal or admit(door, transfer, payment.sender, bool(self._seen_uetr.get(key)), batch.at)
            if transfer.delivers and refusal is None:
                refusal = self.delivering.admitted(batch, payment, transfer)
                transfer = self.delivering.told(payment, transfer)
            if transfer.pays and refusal is None:
                payment.remitted = self.invoicing.named(payment, transfer)
            refusal = refusal or self.controls.admitted(batch, payment, transfer)
            if refusal is not None:
                payment.refusal = refusal
                self.take(batch, payment, Event.NOT_ADMITTED)
                continue
            self._seen_uetr.add(key, payment.number)
            payment.target_currency = target_currency(transfer, door.rules.participants[payment.creditor_agent])
            members = door.rules.participants
            ends = members[payment.sender].country, members[payment.creditor_agent].country
            volume = self.controls.volume(batch, payment)
            tariff = door.rules.tariff(
                payment.source_currency, *ends, payment.urgent, payment.source_minor, transfer.purpose, volume
            )
            payment.fee_minor, payment.fee_article = tariff.fee_minor(payment.source_minor), tariff.article
            self.desk.live[payment.number] = payment
            self.instructions[payment.number] = transfer
            self.take(batch, payment, Event.ADMITTED)

    def drop_rate(self, batch: Batch, payment: Payment) -> None:
        if payment.locked is not None:
            self.desk.quotes.release(payment.locked)
            batch.quotes_changed = True

    def _offer(self, batch: Batch) -> None:
        """Send what is reserved on to the creditor agents, the parties unaltered, the amount converted."""
        desk = self.desk
        rules = desk.rules
        for payment in batch.payments.values():
            if payment.state is not State.RESERVED:
                continue
            assert rules is not None
            transfer = self.instruction(payment)
            if transfer.settlement_date != desk.counters.day:  # it was held over the end of a day
                payment.settlement_date = desk.counters.day
                transfer = msgspec.structs.replace(transfer, settlement_date=desk.counters.day)
            amount = minor_text(payment.target_minor, CURRENCIES[payment.target_currency].exponent)
            rate = payment.locked.rate if payment.locked else ""
            source = minor_text(payment.source_minor, CURRENCIES[payment.source_currency].exponent) if rate else ""
            recipient = rules.participants[payment.creditor_agent].bic
            original = self.payment(payment.returns) if payment.returns else None
            seq = desk.send(
                batch, recipient, payment.message_kind, f"payment {payment.number}",
                onward_pacs_008(
                    payment.message_kind, desk.message_id(), batch.at_text, transfer, desk.scheme.hub_bic, recipient,
                    payment.target_currency, amount, source, rate,
                )
                if original is None
                else onward_pacs_004(
                    desk.message_id(), batch.at_text, transfer, payment.reason, desk.scheme.hub_bic, recipient,
                    (original.message_id, original.message_kind), payment.target_currency, amount,
                ),
            )  # fmt: skip
            payment.mail.append(seq)
            payment.offered_as = f"H{seq:012d}"
            wait = rules.answer_time_urgent_s if payment.urgent else rules.answer_time_s
            payment.deadline = int(batch.at) + wait * _NS
            heappush(desk.deadlines, (payment.deadline, payment.number))
            self.take(batch, payment, Event.OFFER_SENT)
            del self.instructions[payment.number]

    def _answer(self, batch: Batch) -> None:
        """One pacs.002 to each sender for each of its messages that has news; creditor agents hear of gross settlement."""
        groups: dict[tuple[str, str, str], list[Payment]] = {}
        for number, told in batch.told.items():
            payment = batch.payments[number]
            if payment.told == told:
                groups.setdefault((payment.sender, payment.message_id, payment.message_kind), []).append(payment)
        for (sender, message_id, kind), payments in groups.items():
            recipient = (
                self.desk.in_force().participants[sender].bic
                if self.desk.rules and sender in self.desk.rules.participants
                else sender
            )
            statuses = [told_status(payment) for payment in payments]
            seq = self.desk.send(
                batch, recipient, answer_kind(kind), f"payment {payments[0].number}",
                pacs_002(self.desk.message_id(), batch.at_text, message_id, kind, statuses),
            )  # fmt: skip
            for payment in payments:
                payment.mail.append(seq)
                if payment.state is State.SETTLED and not payment.cycle:
                    self.report(batch, payment.creditor_agent, [payment], 1)

    def report(self, batch: Batch, recipient: str, payments: list[Payment], size: int) -> None:
        """Tell a member what became of many payments, `size` to a message, each named by its UETR, in the generation of messages in
        which it was sent or offered them."""
        by_kind: dict[str, list[Payment]] = {}
        for payment in payments:
            by_kind.setdefault(answer_kind(payment.message_kind), []).append(payment)
        for kind, own in sorted(by_kind.items()):
            for start in range(0, len(own), size):
                part = own[start : start + size]
                statuses = [Told("", one.end_to_end_id, "", one.uetr, one.told, told_code(one)) for one in part]
                seq = self.desk.send(
                    batch, recipient, kind, f"payment {part[0].number}",
                    pacs_002(self.desk.message_id(), batch.at_text, f"H{batch.number}", "pacs.008", statuses),
                )  # fmt: skip
                for payment in part:
                    payment.mail.append(seq)

    # One step

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books:
        """Take the table's step for `event`, and keep the desk's books of who is live and who is to be told."""
        before, state = payment.told, payment.state
        payment.told = ""
        books = payment.step(event, batch.at)
        self.limiting.moved(batch, payment, state)
        if payment.delivery is not None:
            self.delivering.moved(batch, payment, books)
        batch.payments[payment.number] = payment
        if not payment.told:
            payment.told = before
        elif event not in _TOLD_IN_BULK:
            batch.told[payment.number] = payment.told
        if payment.final:
            if payment.counted:
                self.controls.ended(batch, payment)
            if payment.assignments and payment.state is not State.SETTLED:
                self.assigning.ended(batch, payment)
            if payment.returns and payment.state is not State.SETTLED:
                self.returning.let_go(batch, payment)
            elif payment.returns:
                original = self.returning.find(batch, payment.returns)
                assert original is not None, "a return that settled has its original"
                self.assigning.returned(batch, original)
                if original.remitted is not None:
                    self.invoicing.returned(batch, original, payment)
            if payment.remitted is not None and payment.state is State.SETTLED:
                self.invoicing.settled(batch, payment)
            self.desk.live.pop(payment.number, None)
            self.instructions.pop(payment.number, None)
        return books

    def _summarise(self, batch: Batch, payment: Payment) -> None:
        """One journal entry for what this batch decided of a payment; identifiers and amounts, never a party's name."""
        steps = [one for one in payment.taken if one.at == batch.at]
        if not steps:
            return  # only linked to a return
        facts = (
            f"{payment.uetr} {payment.source_minor} {payment.source_currency} {payment.target_minor} {payment.target_currency}"
        )
        if payment.refusal is not None and payment.state in (State.REJECTED, State.CANCELLED):
            facts += f" {payment.refusal.reason.name} {payment.refusal.code}"
        self.desk.note(
            batch,
            f"payment {payment.number}",
            " ".join(one.event for one in steps),
            " ".join(one.article for one in steps),
            facts,
        )

    # The books

    def book(self, batch: Batch) -> None:
        """Hand everything that waits to the ledger in one call; each chain hears its own statuses."""
        if batch.accounts:
            self.open_accounts(batch.accounts)
            batch.accounts = []
        waiting, batch.bookings = batch.bookings, []
        if not waiting:
            return
        statuses = self.books.create_transfers([t for transfers, _ in waiting for t in transfers], int(batch.at))
        at = 0
        for transfers, done in waiting:
            done(statuses[at : at + len(transfers)])
            at += len(transfers)

    def book_now(self, transfers: list[Transfer]) -> list[int]:
        return self.books.create_transfers(transfers, self.desk.counters.last_instant) if transfers else []

    def open_accounts(self, accounts: list[Account]) -> None:
        statuses = self.books.create_accounts(accounts, self.desk.counters.last_instant)
        # 21 is EXISTS: the same account opened again, as after a crash.
        assert all(status in (0, 21) for status in statuses), "an account of the chart cannot be refused"

    def take_back(self, batch: Batch, payment: Payment) -> None:
        """Take a queued payment out of the queue, as its sender asks. Who stood behind it is tried at once."""
        self.desk.queues.take_back(payment.number)
        self.desk.counters.freed = True  # who stood behind it may go
        payment.refusal = Refusal(Reason.REVOKED, "", "", "7.4")
        self.drop_rate(batch, payment)
        self.take(batch, payment, Event.REVOKED)

    # Reading again

    def payment(self, number: int) -> Payment | None:
        """A payment by number: the live one, that of the batch in hand, or the stored one."""
        live = self.desk.live.get(number)
        if live is not None:
            return live
        if self._unkept is not None and number in self._unkept.payments:
            return self._unkept.payments[number]
        raw = self.journal.payment(number)
        return None if raw is None else DECODER.decode(raw)

    def number_of(self, uetr: str) -> int:
        """The payment that this UETR names for ever, 0 for none; a return is found by its original."""
        return self._seen_uetr.get(_key(uetr))

    def by_uetr(self, uetr: str) -> Payment | None:
        number = self._seen_uetr.get(_key(uetr))
        return self.payment(number) if number else None

    def instruction(self, payment: Payment) -> Instruction:
        """What the message said; read again from the inputs when it is no longer in memory. Raises `Erased` after its retention."""
        known = self.instructions.get(payment.number)
        if known is None:
            if self.retaining.is_erased(payment.batch):
                raise Erased(f"what payment {payment.number} said was erased after its retention")
            inputs = self.journal.inputs_of(payment.batch)
            assert inputs is not None, "the inputs of a payment are kept as long as it lives"
            command = _COMMANDS.decode(inputs.commands)[payment.command]
            assert isinstance(command, Arrive)
            body = read(command.raw, bulk=True).body
            assert isinstance(body, CustomerTransfers | Returns)
            known = body.transfers[payment.position]
            if payment.returns:
                known = self.returning.screened_with(payment, known)
            known = self.delivering.told(payment, known)
            if not payment.final:
                self.instructions[payment.number] = known
        return known

    def message(self, batch: int, place: int) -> Message:
        """The message that arrived as the command at `place` of a batch. Raises `Erased` after its retention, `LookupError` for none."""
        return read(self.raw(batch, place), bulk=True)

    def raw(self, batch: int, place: int) -> bytes:
        """The same, byte for byte as it came."""
        if self.retaining.is_erased(batch):
            raise Erased(f"what batch {batch} brought was erased after its retention")
        inputs = self.journal.inputs_of(batch)
        commands = _COMMANDS.decode(inputs.commands) if inputs is not None else []
        command = commands[place] if place < len(commands) else None
        if not isinstance(command, Arrive):
            raise LookupError(f"no message is kept at {place} of batch {batch}")
        return command.raw

    def said(self, batch: int, place: int) -> tuple[Mention, ...]:
        """Every text of the message or deed that came as the command at `place` of a batch, as it was screened. Raises as `message` does."""
        inputs = self.journal.inputs_of(batch) if not self.retaining.is_erased(batch) else None
        commands = _COMMANDS.decode(inputs.commands) if inputs is not None else []
        command = commands[place] if place < len(commands) else None
        return said_in(command.deed) if isinstance(command, Perform) else self.message(batch, place).mentions

    # Recovery

    def _recover(self) -> None:
        """Read what the journal keeps; decide the last inputs again when their outcomes are missing."""
        journal, desk = self.journal, self.desk
        restore(desk, journal)
        self.holding.restore({key for key, _ in journal.records("configuration")})
        if desk.rules is not None:
            self.controls.forget()
        self.assigning.restore()
        self.retaining.restore()
        self.trading.restore()
        first = min(desk.counters.oldest_live, self._seen_uetr.sealed_up_to + 1, self.seen_message.sealed_up_to + 1)
        last_message: tuple[str, str] = ("", "")
        for number, raw in journal.payments(first):
            payment = DECODER.decode(raw)
            if payment.taken and payment.taken[0].event == Event.ADMITTED.name and not payment.returns:
                self._seen_uetr.add(_key(payment.uetr), number)
            if (payment.sender, payment.message_id) != last_message:
                last_message = (payment.sender, payment.message_id)
                key16 = hashlib.blake2b(f"{payment.sender}\0{payment.message_id}".encode(), digest_size=16).digest()
                self.seen_message.add(key16, number)
            if not payment.final:
                desk.live[number] = payment
                if payment.state is State.OFFERED:
                    heappush(desk.deadlines, (payment.deadline, number))
                elif payment.state is State.SCREENED:
                    desk.carried.add(number)
                elif payment.state is State.QUEUED:
                    desk.queues.put(self.reserving.queue_key(payment), number, payment.queue_place)
                elif payment.state is State.HELD:
                    self.holding.casework.watch_again(payment)
        self.delivering.restore()
        inputs = journal.last_inputs()
        if inputs is not None and inputs.batch > self._head_number:
            self._decide_from(inputs)

    def decide_again(self, inputs: Inputs) -> None:
        """Decide and keep the next batch from the inputs that a journal of this hub kept of it: its link is the one that it had then.

        Who asks compares the links; another release may decide otherwise. A batch that is kept already cannot be decided again.
        """
        self.flush()
        assert inputs.batch == self._head_number + 1, "batches are decided again in their order"
        self.journal.commit(inputs=inputs)
        self._decide_from(inputs)

    def _decide_from(self, inputs: Inputs) -> None:
        """Decide the batch whose inputs are kept and whose outcomes are not, and keep them."""
        assert inputs.first_intent == self.desk.counters.intent, "the inputs follow the outcomes that are kept"
        self._unkept = self._decide(inputs.batch, _COMMANDS.decode(inputs.commands), Instant(inputs.instant))
        self._unkept.inputs = inputs
        self.flush()


def _key(uetr: str) -> bytes:
    """Sixteen bytes for a UETR; for a text that is none, its digest, so that it is found again as well."""
    digits = uetr.replace("-", "")
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    return raw if len(raw) == 16 else hashlib.blake2b(uetr.encode(), digest_size=16).digest()

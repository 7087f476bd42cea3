"""What banks pay, and what they answer: for offers, for what instruments ask, for invoices, and for what nobody asked."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from fondaco.core import Refusal, utc_text
from fondaco.hub import Arrive
from fondaco.messages import Status, pacs_002, wrap
from fondaco.payments import Payment, State
from fondaco.trade import availability, collection, payment_terms
from trade_walk.acts import Act, Order, minor_of, text_of
from trade_walk.ground import BANK_OF, BANKS, HOME
from trade_walk.records import Records
from trade_walk.world import TradeWorld
from trades import named
from union import HUB, pacs_008


class Paying:
    """Payments and answers in a world."""

    def __init__(self, world: TradeWorld, records: Records) -> None:
        self.world, self.dice, self.records = world, world.dice, records
        self.raws: list[tuple[bytes, str]] = []

    def wanted(self) -> list[tuple[str, str, str, int, str]]:
        """What somebody waits for: what is named, who must pay, in which currency, how much (minor units), and to which bank."""
        return [*self._offered(), *self._owed()]

    def _offered(self) -> Iterator[tuple[str, str, str, int, str]]:
        machines = self.world.hub.trading.paid_machines
        for record in self.records.live():
            lock = record.lock
            if lock is None or not record.locked or lock.against != "PAYMENT":
                continue
            machine = machines.get(lock.reference.partition("-")[0])
            terms = payment_terms(lock.reference) if machine is None else machine.asked(lock.reference, record.instrument)
            if isinstance(terms, Refusal):
                continue
            terms = terms if machine is None else terms.terms  # type: ignore[union-attr]
            payer = BANK_OF.get(lock.recipient or (record.bill.obligor if record.bill else ""), BANKS[0])
            yield record.lock_id(), payer, terms.currency, terms.minor, terms.payee_bank  # type: ignore[union-attr]

    def _owed(self) -> Iterator[tuple[str, str, str, int, str]]:
        trading = self.world.hub.trading
        for number in range(1, 99):
            one = trading.collections.collection(f"COL-{number:06d}")
            if one is None:
                break
            # Where a record waits for the money, money alone is seldom offered.
            for each in collection.payables(one) if not one.records or one.accepted_on or self.dice.random() < 0.1 else ():
                yield each.purpose, BANK_OF[each.payer], each.currency, each.minor, BANK_OF[each.payee]
        for number in range(1, 99):
            lc = trading.credits.credit(f"LC-{number:06d}")
            if lc is None:
                break
            for each in availability.payables(lc):
                yield each.purpose, BANK_OF[each.payer], each.currency, each.minor, BANK_OF[each.payee]
        for number in range(1, 99):
            paper = trading.invoices.found(f"INV-{number:06d}")
            if paper is None:
                break
            if paper.open_minor and self.dice.random() < 0.1:
                yield paper.id, BANK_OF[paper.buyer], paper.currency, paper.open_minor, BANK_OF[paper.seller]

    def pay(self) -> Act | None:
        """A payment for something that is wanted; now and then of another amount, by or to another bank, in time or not."""
        wanted, dice = self.wanted(), self.dice
        if not wanted:
            return None
        what, payer, currency, minor, payee = dice.choice(wanted)
        if dice.random() < 0.12:
            minor += dice.choice((-1, 1))
        if dice.random() < 0.06:
            payer = dice.choice(BANKS)
        if dice.random() < 0.04:
            payee = dice.choice(BANKS)
        if dice.random() < 0.04:
            what = dice.choice((f"{what[:-1]}9", "COL-000001", "LC-000001/P1", "LC-000001/U1", "LC-000001/C1"))
        if payer == payee:
            return None
        # What delivers nothing would settle in a net cycle, which other walks look at.
        return self.order(what, payer, payee, currency, minor, urgent=what.startswith("INV") or dice.random() < 0.97)

    def order(self, what: str, payer: str, payee: str, currency: str, minor: int, *, urgent: bool = True) -> Act | None:
        """A pacs.008; what is converted says what shall arrive to the unit."""
        home = HOME[payer]
        left = minor if home == currency else self._dollars(minor)
        if left <= 0 or minor <= 0:
            return None
        while True:  # ends: nine in ten of the drawn names are ones to which banks say yes
            uetr = str(uuid.UUID(int=self.dice.getrandbits(128), version=4))
            if int(uetr[:8], 16) % 10_000 >= 1_000:
                break
        before = "" if home == currency else f'<InstdAmt Ccy="{currency}">{text_of(minor)}</InstdAmt>'
        raw = pacs_008(
            payer,
            payee,
            text_of(left),
            home,
            uetr=uetr,
            urgent=urgent,
            day=self.world.day.isoformat(),
            before=before,
            extra=named(what),
        )
        self.raws.append((raw, payer))
        arrives = (currency, minor) if home != currency else (home, left)
        return Act(Arrive(payer, raw), order=Order(uetr, payer, payee, (home, left), arrives, what))

    def _dollars(self, minor: int) -> int:
        """What buys so much at the day's rate, as it was tried; where it was not, about as much."""
        for baht, dollars in self.world.ground.prices.items():
            if minor_of(baht) == minor:
                return minor_of(dollars)
        return minor * 10_000 // 263_375

    def again(self) -> Act | None:
        """A payment that was sent comes again, as it was."""
        if not self.raws:
            return None
        raw, sender = self.dice.choice(self.raws)
        return Act(Arrive(sender, raw))

    def offered(self) -> list[Payment]:
        return [one for one in self.world.hub.desk.live.values() if one.state is State.OFFERED]

    def answer(self) -> Act | None:
        """The payee's bank says yes, or no; now and then somebody else does."""
        waiting = self.offered()
        if not waiting:
            return None
        payment, dice = self.dice.choice(waiting), self.dice
        who = payment.creditor_agent if dice.random() < 0.95 else dice.choice(BANKS)
        status, reason = ("ACSP", "") if dice.random() < 0.85 else ("RJCT", "AC04")
        text, name = utc_text(self.world.now), f"A{self.world.now}{dice.getrandbits(24):x}"
        rows = [Status("", "", "", payment.uetr, status, reason)]
        report = pacs_002(name, text, payment.offered_as or "H1", payment.message_kind, rows)
        return Act(Arrive(who, wrap("pacs.002.001.10", who, HUB, name, text, report)), answered=payment.uetr)

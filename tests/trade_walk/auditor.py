"""An auditor who trusts nobody: from what was asked and what was answered it keeps its own account of title and money, and reads the books.

It knows no machine of the hub and no table, only the words of deeds, of pacs.002 and of the chart of accounts. What it holds is arithmetic: a record
is with exactly one party; it is with who the accepted deeds and the settled payments say; what a bank has is what it began with and what was settled.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from fondaco.core import Instant, Refusal, utc_text
from fondaco.journal import Link, Mail
from fondaco.ledger import Account, Balance, Role, Transfer, instrument_number, place_of
from fondaco.trade import Deed
from trade_walk.acts import Act, Order, minor_of
from trade_walk.ground import BANK_OF, HOME, Opening

_STATUS = re.compile(rb"<OrgnlUETR>([0-9a-f-]{36})</OrgnlUETR>\s*<TxSts>([A-Z]{4})")
# What is offered to the payee's bank: the payment's name and what arrives.
_OFFERED = re.compile(rb"<UETR>([0-9a-f-]{36})</UETR>.*?<IntrBkSttlmAmt Ccy=\"([A-Z]{3})\">([0-9.]+)<", re.S)
# What a member pays for a payment that settles, in the currency that leaves (the union's tariff).
FEES = {"SGD": 25, "THB": 600}
_POST, _VOID, _PENDING = 4, 8, 2
# The ledgers of money, and from which number on each record has its own.
_CURRENCY = {70202: "SGD", 76402: "THB"}
_RECORDS = 1 << 31
# A bank's word that takes up documents, and against what they may be offered to it: what a reimbursing bank paid for is paid for.
_WORDS = {
    "UNDERTAKEN": ("UNDERTAKING",), "NEGOTIATED": ("UNDERTAKING",), "CREDITED": ("UNDERTAKING",), "COVERED": ("PAYMENT", "UNDERTAKING"),
}  # fmt: skip


class Offer(NamedTuple):
    """An offer of a record that its holder made, under its id outside."""

    lock: str
    recipient: str
    until: str
    against: str
    reference: str
    presentment: bool


class Title:
    """One record as the deeds have it."""

    def __init__(self, issuer: str, first: str, supersedes: str) -> None:
        self.issuer, self.holder, self.first, self.supersedes = issuer, issuer, first, supersedes
        self.accepted, self.ended, self.frozen = False, False, False
        self.offer: Offer | None = None
        self.proposed, self.pledgee, self.back = "", "", ""


class Collected:
    """A collection: what it asks for, and what came."""

    def __init__(self, drawee: str, currency: str, minor: int, terms: str, records: Sequence[str], bill: str) -> None:
        self.drawee, self.currency, self.minor, self.terms = drawee, currency, minor, terms
        self.records, self.bill = records, bill
        self.paid, self.accepted, self.over = 0, False, False
        self.released: set[str] = set()


class Shown(NamedTuple):
    """A presentation under a credit."""

    minor: int
    records: tuple[str, ...]


class Auditor:
    """Hears every batch. Every law is an assertion: the walk stops at the first that is broken."""

    def __init__(self, opening: Opening) -> None:
        self.parties = {number: party for party, number in opening.numbers.items()}
        self.money = dict(opening.money)
        self.titles: dict[str, Title] = {}
        self.orders: dict[str, Order] = {}
        self.ends: dict[str, str] = {}
        self.collections: dict[str, Collected] = {}
        self.shown: defaultdict[str, list[Shown]] = defaultdict(list)
        self.paid: Counter[str] = Counter()
        # By the number of a credit: the face of the documents that were bought under it with recourse.
        self.recourse: Counter[int] = Counter()
        self.given: list[tuple[str, str, str]] = []
        self.bought: list[tuple[str, str, str]] = []
        self.counts: Counter[str] = Counter()

    # What was asked, and what came of it

    def heard(self, acts: Sequence[Act], answers: Sequence[Refusal | str | None], mail: Iterable[Mail], at: Instant) -> None:
        """One batch: what was given in it, what each came to, and what the hub sent."""
        for act in acts:
            if act.order is not None:
                self.orders[act.order.uetr] = act.order
        told = self._told(mail)
        for act, answer in zip(acts, answers, strict=True):
            if act.deed is not None:
                if isinstance(answer, str):
                    self.counts["deeds"] += 1
                    self._deed(act.deed, answer, utc_text(at))
                else:
                    self.counts["refused"] += 1
            if act.answered and told.get(act.answered) == "ACSC":
                self._settled(self.orders[act.answered])
                del told[act.answered]
        assert "ACSC" not in told.values(), "nothing settles but by an answer of the payee's bank"
        self.counts["payments refused"] += sum(status in ("RJCT", "CANC") for status in told.values())

    def _told(self, mail: Iterable[Mail]) -> dict[str, str]:
        """The end of each payment that ended in this batch: both its banks hear the same."""
        found: dict[str, str] = {}
        for one in mail:
            if one.kind.startswith("pacs.008"):
                self._offered(one)
            elif one.kind.startswith("pacs.002"):
                for name, status in _STATUS.findall(one.raw):
                    uetr, said = name.decode(), status.decode()
                    if said in ("ACSC", "RJCT", "CANC"):
                        assert found.setdefault(uetr, said) == said, "both banks hear the same"
        new = {uetr: said for uetr, said in found.items() if uetr not in self.ends}
        # One that is sent again is answered again; it has one end all the same.
        assert all(self.ends.get(uetr, said) == said for uetr, said in found.items()), "a payment has one end"
        self.ends |= new
        return new

    def _offered(self, mail: Mail) -> None:
        """What is to arrive goes to the bank that was ordered; for what delivers title it is what was ordered, to the unit."""
        found = _OFFERED.search(mail.raw)
        assert found is not None, "an offer says how much"
        uetr, currency, text = (part.decode() for part in found.groups())
        order = self.orders[uetr]
        assert mail.recipient[:8] == order.payee, "offered to another bank"
        arrives = currency, minor_of(text)
        assert arrives == order.arrives or order.names.startswith("INV"), f"{arrives} arrives of {order}"
        self.orders[uetr] = order._replace(arrives=arrives)

    def _deed(self, deed: Deed, answer: str, at: str) -> None:
        instrument, _, version = answer.partition(" ")
        body = json.loads(deed.body)
        kind = instrument.partition("-")[0]
        if kind == "ETR":
            self._of_record(instrument, int(version), deed, body, at)
        elif kind == "COL":
            self._of_collection(instrument, deed, body)
        elif kind == "LC":
            self._of_credit(instrument, deed, body)

    def _of_record(self, instrument: str, version: int, deed: Deed, body: dict[str, Any], at: str) -> None:
        action = deed.action
        if action in ("ISSUE", "CONVERT_IN"):
            assert instrument not in self.titles, "a number is given once"
            self.titles[instrument] = Title(deed.actor, body["recipient"], body.get("supersedes", ""))
            self.given.append((instrument, "", deed.actor))
            return
        title = self.titles[instrument]
        assert not title.ended, f"{action} of {instrument}, which has ended"
        if action in ("TRANSFER", "OFFER_AGAINST", "PRESENT_FOR_PAYMENT"):
            assert deed.actor == title.holder, "nobody gives what is not his"
            self._still(title)
            shown = action == "PRESENT_FOR_PAYMENT"
            against = "PAYMENT" if shown else body.get("against", "")
            recipient = body.get("recipient", "")
            title.offer = Offer(f"{instrument}/{version}", recipient, body["until"], against, body.get("reference", ""), shown)
        elif action == "ACCEPT":
            self._accepted(instrument, title, deed.actor, at)
        elif action in ("REJECT", "WITHDRAW"):
            if title.accepted:
                title.offer = None
            else:
                self._passes(instrument, title, "")
        elif action.startswith("SURRENDER"):
            self._still(title)
            assert deed.actor == title.holder, "nobody surrenders what is not his"
            title.back = deed.actor
            self._passes(instrument, title, title.issuer)
        elif action == "SREJ":
            self._passes(instrument, title, title.back)
        elif action == "SACC":
            self._passes(instrument, title, "")
        elif action == "FREEZE":
            title.frozen = True
        elif action == "UNFREEZE":
            title.frozen = False
        else:
            self._of_pledge(instrument, title, deed, body)

    def _of_pledge(self, instrument: str, title: Title, deed: Deed, body: dict[str, Any]) -> None:
        if deed.action == "PLEDGE":
            assert not title.pledgee, "one pledge at a time"
            title.proposed = body["pledgee"]
        elif deed.action == "ACCEPT_PLEDGE":
            assert deed.actor == title.proposed, "who is offered the pledge takes it"
            title.pledgee = deed.actor
        elif deed.action in ("RELEASE", "ENFORCE"):
            assert deed.actor == title.pledgee, "the pledge is its pledgee's"
            title.pledgee = ""
            if deed.action == "ENFORCE":
                self._passes(instrument, title, deed.actor)

    def _still(self, title: Title) -> None:
        assert not title.frozen, "a court's order keeps it where it is"
        assert not title.pledgee, "a pledge keeps it where it is"

    def _accepted(self, instrument: str, title: Title, actor: str, at: str) -> None:
        if not title.accepted:
            assert actor == title.first, "it was issued to another"
            title.accepted = True
            self._passes(instrument, title, actor)
            old = self.titles.get(title.supersedes)
            if old is not None and not old.ended:
                assert old.back == actor, "who gave back the old one gets the new one"
                self._passes(title.supersedes, old, "")
            return
        offer = title.offer
        assert offer is not None and offer.recipient == actor, "it was offered to another"
        assert not offer.against, f"{instrument} passed for nothing, and {offer.against} was asked for"
        assert at < offer.until, "too late"
        for one in self.collections.values():
            waits = instrument in one.records and not one.over and one.paid < one.minor and not one.accepted
            assert not (waits and actor == one.drawee), "title without payment under a collection"
        self._passes(instrument, title, actor)

    def _passes(self, instrument: str, title: Title, taker: str, *, bought: bool = False) -> None:
        """Control goes to `taker`, "" for nobody any more: never of a frozen one, never of a pledged one but to its pledgee."""
        self._still(title)
        if title.holder != taker:  # who drew a bill to its own order has it already
            (self.bought if bought else self.given).append((instrument, title.holder, taker))
        title.holder, title.ended, title.offer = taker, not taker, None

    def _of_collection(self, instrument: str, deed: Deed, body: dict[str, Any]) -> None:
        if deed.action == "INSTRUCTED":
            self.collections[instrument] = Collected(
                body["drawee"], body["currency"], minor_of(body["amount"]), body.get("terms") or "DP", body.get("records", ()), body.get("bill", "")
            )  # fmt: skip
            return
        one = self.collections[instrument]
        if deed.action == "AMENDED":
            one.minor = minor_of(body["amount"]) if body.get("amount") is not None else one.minor
            one.terms = body.get("terms") or one.terms
        elif deed.action in ("DECLINED", "CLOSED"):
            one.over = True
        elif deed.action == "ACCEPTED":
            assert deed.actor == one.drawee and one.terms == "DA", "a drawee accepts what is released for it"
            one.accepted = True
            for record in one.records:
                if record != one.bill:
                    one.released.add(record)
                    self._released(record, deed.actor, ("ACCEPTANCE",), instrument)

    def _of_credit(self, instrument: str, deed: Deed, body: dict[str, Any]) -> None:
        if deed.action in ("PRESENTED", "FORWARDED"):
            # What is forwarded is a presentation to the next bank, of the same documents.
            anew = deed.action == "PRESENTED"
            before = None if anew else self.shown[instrument][body["presentation"] - 1]
            minor = minor_of(body["amount"]) if before is None else before.minor
            self.shown[instrument].append(Shown(minor, tuple(body.get("records", ())) if before is None else before.records))
        elif deed.action == "SUBSTITUTED":
            second = self.shown[instrument][body["presentation"] - 1]
            self.shown[instrument].append(Shown(minor_of(body["invoice"]) - second.minor, ()))
        elif deed.action == "ADVANCE_REPAID":
            # Who gives an advance back has the documents back: they are with the bank no more.
            for record in self.shown[instrument][body["presentation"] - 1].records:
                assert self.titles[record].holder != deed.actor, "an advance comes back for the documents"
        elif deed.action in _WORDS:
            if deed.action == "NEGOTIATED" and body.get("recourse"):
                self.recourse[instrument_number(instrument)] += self.shown[instrument][body["presentation"] - 1].minor
            for record in self.shown[instrument][body["presentation"] - 1].records:
                title = self.titles[record]
                if title.holder != deed.actor:
                    self._released(record, deed.actor, _WORDS[deed.action], instrument)

    def _released(self, record: str, taker: str, against: tuple[str, ...], reference: str) -> None:
        title = self.titles[record]
        offer = title.offer
        assert offer is not None and (offer.recipient, offer.reference) == (taker, reference), f"{record} was not offered"
        assert offer.against in against, f"{record} was released for {against}, and is offered against {offer.against}"
        self._passes(record, title, taker)

    # Payments

    def _settled(self, order: Order) -> None:
        self.counts["settled"] += 1
        (left, minor), (arrives, got) = order.left, order.arrives
        self.money[order.sender, left] -= minor + FEES[left]
        self.money[order.payee, arrives] += got
        kind = order.names.partition("-")[0]
        self.counts[f"settled {kind}"] += bool(kind)
        if kind == "ETR":
            self._delivered(order)
        elif kind == "COL":
            one = self._collected(order.names, order)
            if one.paid == one.minor:
                one.released |= self._all_offered(one.records, one.drawee, order.names)
            self._paid_for(one)
        elif kind == "LC":
            self._honoured(order.names, order)
            self._documents(order)

    def _all_offered(self, records: Iterable[str], taker: str, reference: str) -> set[str]:
        """The records that are offered against this payment pass with it, all of them."""
        found = set()
        for record in records:
            offer = self.titles[record].offer
            if offer is not None and (offer.recipient, offer.against, offer.reference) == (taker, "PAYMENT", reference):
                self._passes(record, self.titles[record], taker, bought=True)
                found.add(record)
        return found

    def _documents(self, order: Order) -> None:
        """A payment for a presentation passes its records to the bank that pays."""
        instrument, _, part = order.names.partition("/")
        if part.startswith("P"):
            self._all_offered(self.shown[instrument][int(part[1:]) - 1].records, order.sender, instrument)

    def _delivered(self, order: Order) -> None:
        instrument = order.names.partition("/")[0]
        title = self.titles[instrument]
        offer = title.offer
        assert offer is not None and offer.lock == order.names, f"{order.names} was paid, and is no offer"
        assert offer.against == "PAYMENT", "it was not offered for money"
        assert offer.presentment or order.sender == BANK_OF[offer.recipient], "another's bank paid"
        if offer.reference.startswith("COL-"):
            one = self._collected(offer.reference, order)
            assert one.paid == one.minor, "title before the whole was paid"
            one.released.add(instrument)
            self._paid_for(one)
        elif offer.reference.startswith("LC-"):
            self._honoured(offer.reference, order, instrument)
        else:
            currency, amount, bank = offer.reference.split(" ")
            assert (currency, minor_of(amount), bank) == (*order.arrives, order.payee), "it was not paid as it was asked"
        self._passes(instrument, title, "" if offer.presentment else offer.recipient, bought=True)

    def _collected(self, instrument: str, order: Order) -> Collected:
        one = self.collections[instrument]
        assert order.arrives[0] == one.currency, "in another currency"
        assert order.sender == BANK_OF[one.drawee], "another's bank paid"
        one.paid += order.arrives[1]
        assert one.paid <= one.minor, "more was collected than was asked"
        return one

    def _paid_for(self, one: Collected) -> None:
        """Who paid the whole of a collection has all its records, or had them when it accepted."""
        assert one.paid < one.minor or one.released >= set(one.records), "payment without title under a collection"

    def _honoured(self, named: str, order: Order, record: str = "") -> None:
        instrument, _, part = named.partition("/")
        shown = self.shown[instrument]
        self.paid[named] += bool(part)
        if record:
            assert any(record in one.records and one.minor == order.arrives[1] for one in shown), "not what was presented"
        else:
            assert any(one.minor == order.arrives[1] for one in shown), "not what was presented"
            # A claim is paid, and refunded; nothing else is paid twice.
            assert self.paid[named] <= (2 if part.startswith("C") else 1), "paid twice"

    # The books

    def compare(self, accounts: Iterable[tuple[Account, Balance]]) -> None:
        """Title and money on the books are what they are by deeds and payments; memoranda add up to nothing for each instrument."""
        money: Counter[tuple[str, str]] = Counter()
        sums: Counter[int] = Counter()
        memoranda: Counter[tuple[int, int, str]] = Counter()
        holders: dict[str, str] = {}
        for account, balance in accounts:
            net = balance.net
            sums[account.ledger] += net
            role, holder = account.id >> 96, account.id >> 32 & 0xFFFFFF
            if role in (Role.PREFUNDED, Role.MARGIN):
                assert net >= 0, "nobody has less than nothing"
                party = self.parties.get(holder, "")
                if HOME.get(party) == _CURRENCY.get(account.ledger):
                    money[party, HOME[party]] += net
            elif role == Role.CONTROL and net:
                record = _record(account.ledger)
                assert net == 1 and record not in holders, "one holder"
                holders[record] = self.parties[holder]
            elif role > Role.MARGIN:
                family = Role(role).name.split("_")[0]
                memoranda[account.ledger, account.id >> 56 & (1 << 40) - 1, family] += net
                if role == Role.RECOURSE_LIABILITY:
                    assert 0 <= net <= self.recourse[place_of(account.id).cycle], (
                        "no more comes back than was bought with recourse"
                    )
        assert not any(sums.values()), f"every ledger adds up to nothing: {sums}"
        assert not any(memoranda.values()), "memoranda are pairs"
        assert holders == {name: one.holder for name, one in self.titles.items() if not one.ended}, "title is where deeds put it"
        assert money == Counter(self.money), f"money is where payments put it: {money} {self.money}"

    def chains(self, history: Iterable[tuple[int, Transfer, int]]) -> None:
        """On the books, title that was paid for passed in a chain with money, every other without; none of it more than once."""
        pending: dict[int, Transfer] = {}
        intents: defaultdict[int, list[Transfer]] = defaultdict(list)
        for _, event, _ in history:
            if event.flags & _PENDING:
                pending[event.id] = event
            elif event.flags & _POST:
                intents[event.id >> 64].append(pending[event.pending_id])
            elif not event.flags & _VOID:
                intents[event.id >> 64].append(event)
        bought: Counter[tuple[str, str, str]] = Counter()
        given: Counter[tuple[str, str, str]] = Counter()
        for legs in intents.values():
            titles = [leg for leg in legs if leg.ledger >= _RECORDS]
            paid = any(leg.ledger in _CURRENCY for leg in legs)
            for leg in titles:
                giver, taker = (self.parties.get(place_of(one).participant, "") for one in (leg.debit, leg.credit))
                (bought if paid else given)[_record(leg.ledger), giver, taker] += 1
        for found, said, law in (
            (bought, self.bought, "title against payment, and payment against title"),
            (given, self.given, "title for nothing"),
        ):
            known = Counter(said)
            assert found == known, f"{law}: the books have {found - known} more, deeds and payments {known - found}"


def _record(ledger: int) -> str:
    return f"ETR-{ledger - _RECORDS:06d}"


def whole(links: Iterable[Link]) -> None:
    """Each link of the journal hangs on the one before it, from the first to the last."""
    head, number = bytes(32), 0
    for one in links:
        assert one.previous == head and one.number == number + 1, "the chain is whole"
        head, number = one.hash, one.number

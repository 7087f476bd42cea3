"""An auditor who trusts nobody: it knows the messages that crossed the network and the exported books, and no class of the hub.

What it holds is arithmetic and words of ISO 20022: who was told what, and what must have moved if that was true.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from faults.bound_laws import Moved

HUB = "ZZHBSG00"
_FINAL = frozenset({"ACSC", "RJCT", "CANC"})
_DUPLICATE = "AM05"
_YES = frozenset({"ACSP", "ACSC"})
# Of the books: flags of a transfer, and roles of accounts that may not go below zero, by the high bits of an account's number.
_PENDING, _POST, _VOID = 2, 4, 8
_AGENT, _PREFUNDED, _CLEARING, _BLOCKED = 1, 2, 3, 10
_MUST_END_AT_ZERO = {3: "clearing", 4: "cap control", 5: "cycle", 6: "obligation close", 9: "pass"}
_ANSWERED_BY = {"camt.050": "camt.025", "camt.003": "camt.004", "camt.056": "camt.029", "acmt.023": "acmt.024", "pacs.028": "pacs.002",
                "camt.110": "camt.111"}  # fmt: skip

Money = tuple[str, int]
# When, transfer, debited and credited account, amount moved, ledger, flags, the transfer that it resolves (0 none).
Booked = Sequence[int]


class Message:
    """One message, read once, its names without namespaces."""

    def __init__(self, raw: bytes) -> None:
        root = ElementTree.fromstring(raw)
        for one in root.iter():
            one.tag = one.tag.rpartition("}")[2]
        self.root = root
        self.name = self.text("BizMsgIdr")
        self.kind = self.text("MsgDefIdr")
        self.at = root.findtext(".//AppHdr/CreDt", "")

    def text(self, name: str) -> str:
        return self.root.findtext(f".//{name}", "")

    def all(self, name: str) -> Iterator[ElementTree.Element]:
        return self.root.iter(name)


class Ordered(NamedTuple):
    """A payment, or a return, as its sender ordered it."""

    sender: str
    message: str
    uetr: str
    payee: str
    money: Money
    names: tuple[str, ...]
    is_return: bool


class Told(NamedTuple):
    """One status of one payment in the mail to one recipient."""

    seq: int
    recipient: str
    about: str
    uetr: str
    status: str
    reason: str
    at: str


def money_of(amount: ElementTree.Element) -> Money:
    """Currency and minor units; the digits written say how many there are."""
    return amount.attrib["Ccy"], int((amount.text or "").replace(".", ""))


class Auditor:
    """Hears everything; `faults` says at the end what cannot be."""

    def __init__(
        self, fees: dict[str, int], providers: Iterable[str], listed: dict[str, str], settled_by: dict[str, str]
    ) -> None:
        """`fees` by currency of what is paid; `listed` names with the instant (as messages write it) from which on nothing
        that names them may settle; `settled_by` the sponsor of each that has one."""
        self._fees, self._providers, self.listed, self._settled_by = fees, frozenset(providers), listed, settled_by
        self._said: list[tuple[str, Message]] = []
        self._mail: dict[int, tuple[str, bytes, Message]] = {}
        self._found: list[str] = []
        self._settled: list[tuple[str, str, str, Money]] = []

    @property
    def payments_said(self) -> int:
        return sum(not one.is_return for one in self._orders())

    def said(self, sender: str, raw: bytes) -> None:
        """A member or an agent sent this."""
        self._said.append((sender, Message(raw)))

    def received(self, seq: int, recipient: str, raw: bytes) -> None:
        """The hub's mail number `seq` was delivered."""
        known = self._mail.get(seq)
        if known is not None:
            if (known[0], known[1]) != (recipient, raw):
                self._found.append(f"mail {seq} came twice and said two things")
            return
        self._mail[seq] = (recipient, raw, Message(raw))

    def faults(self, journal_mail: Sequence[tuple[int, str, bytes]], history: Sequence[Booked]) -> list[str]:
        """What cannot be: of the messages, of the mail that the journal has, of the books' history."""
        found = list(self._found)
        found += self._mail_faults(journal_mail)
        orders = self._orders()
        told = self._told()
        outcome = self._outcomes(orders, told, found)
        found += self._creditors(orders, outcome, told)
        found += self._never_listed(outcome)
        found += [
            f"{one.uetr} was refused as a duplicate, and nobody had sent it before"
            for one, end in outcome.items()
            if end.reason == _DUPLICATE and not one.is_return and not self._duplicate(one, orders)
        ]
        found += self._earmarks(outcome)
        found += self._unanswered()
        closing = self._statements(found)
        expected = self._expected(orders, outcome, found)
        if self._covered(expected):
            # The agents know whom they settle with: what covers a default of one who is settled for is told of its sponsor.
            expected, closing = self._by_settler(expected), self._by_settler(closing)
        found += [
            f"{bic} is told that it holds {closing.get((bic, currency))} {currency}; by the messages it is {minor}"
            for (bic, currency), minor in sorted(expected.items())
            if bic != "providers" and closing.get((bic, currency), 0) != minor
        ]
        for currency in sorted({currency for _, currency in closing}):
            theirs = sum(minor for (bic, c), minor in closing.items() if bic in self._providers and c == currency)
            if theirs != expected.get(("providers", currency), 0):
                found.append(f"providers hold {theirs} {currency}; by the messages {expected.get(('providers', currency), 0)}")
        found += self._agents(closing)
        found += _book_faults(history, closing)
        return found

    # Mail

    def _mail_faults(self, journal_mail: Sequence[tuple[int, str, bytes]]) -> list[str]:
        kept = {seq: (recipient, raw) for seq, recipient, raw in journal_mail}
        found = [
            f"mail {seq} was delivered and the journal has another" for seq, one in self._mail.items() if kept.get(seq) != one[:2]
        ]
        found += [f"mail {seq} was never delivered" for seq in kept if seq not in self._mail]
        if sorted(kept) != list(range(1, len(kept) + 1)):
            found.append("mail is not numbered without gaps")
        names: dict[str, bytes] = {}
        for seq, (_, raw, message) in sorted(self._mail.items()):
            if names.setdefault(message.name, raw) != raw:
                found.append(f"mail {seq} has the identification {message.name} of another message")
        return found

    def _mails(self, kind: str) -> Iterator[tuple[int, str, Message]]:
        """Distinct messages of a kind in the order of their numbers: the same sent again is one."""
        seen = set()
        for seq, (recipient, _, message) in sorted(self._mail.items()):
            if message.kind.startswith(kind) and message.name not in seen:
                seen.add(message.name)
                yield seq, recipient, message

    # Payments

    def _orders(self) -> list[Ordered]:
        """What was ordered, once each: the same message again orders nothing more."""
        orders: dict[tuple[str, str, str], Ordered] = {}
        for sender, message in self._said:
            kind = message.kind[:8]
            for row in message.all({"pacs.008": "CdtTrfTxInf", "pacs.004": "TxInf"}.get(kind, "")):
                amount = row.find("IntrBkSttlmAmt" if kind == "pacs.008" else "RtrdIntrBkSttlmAmt")
                assert amount is not None
                uetr = row.findtext(".//UETR", "") or row.findtext("OrgnlUETR", "")
                names = (row.findtext("Cdtr/Nm", ""), row.findtext("Dbtr/Nm", "")) if kind == "pacs.008" else ()
                payee = row.findtext("CdtrAgt//BICFI", "")[:8]
                one = Ordered(sender[:8], message.name, uetr, payee, money_of(amount), names, kind == "pacs.004")
                orders.setdefault((one.sender, one.message, one.uetr), one)
        return list(orders.values())

    def _told(self) -> list[Told]:
        told = []
        for seq, recipient, message in self._mails("pacs.002"):
            about = message.text("OrgnlMsgId")
            for row in message.all("TxInfAndSts"):
                uetr, status = row.findtext("OrgnlUETR", ""), row.findtext("TxSts", "")
                reason = row.findtext("StsRsnInf/Rsn/Cd", "")
                told.append(Told(seq, recipient, about, uetr, status, reason, message.at))
        return told

    def _offers(self, kind: str) -> dict[str, list[tuple[int, str, Message]]]:
        """What was sent on to who receives, by UETR."""
        offers: dict[str, list[tuple[int, str, Message]]] = defaultdict(list)
        for seq, recipient, message in self._mails(kind):
            offers[message.text("UETR") or message.text("OrgnlUETR")].append((seq, recipient, message))
        return offers

    def _outcomes(self, orders: list[Ordered], told: list[Told], found: list[str]) -> dict[Ordered, Told]:
        """The one end of each order. What tells many at once names no message: it is of the order that was taken up, and of its return once
        that was sent on."""
        returned = {uetr: [(seq, to) for seq, to, _ in offers] for uetr, offers in self._offers("pacs.004").items()}
        direct: dict[tuple[str, str, str], list[Told]] = defaultdict(list)
        bulk: dict[tuple[str, str], list[Told]] = defaultdict(list)
        asked = {(sender[:8], message.name) for sender, message in self._said if message.kind.startswith("pacs.028")}
        answers = []
        for one in told:
            if (one.recipient, one.about) in asked:
                answers.append(one)
            elif one.about.startswith("H"):
                bulk[one.recipient, one.uetr].append(one)
            else:
                direct[one.recipient, one.about, one.uetr].append(one)
        taken: dict[tuple[str, str, bool], Ordered] = {}
        for order in orders:
            own = direct[order.sender, order.message, order.uetr]
            if any(one.status != "RJCT" for one in own):
                key = (order.uetr, "" if not order.is_return else order.sender, order.is_return)
                before = taken.setdefault(key, order)
                if before is not order and not order.is_return:
                    found.append(f"the UETR {order.uetr} was taken up twice, as {before.message} and {order.message}")
                if order.is_return:
                    taken[key] = order
        ended: dict[Ordered, Told] = {}
        for order in orders:
            own = list(direct[order.sender, order.message, order.uetr])
            key = (order.uetr, "" if not order.is_return else order.sender, order.is_return)
            if taken.get(key) == order:
                own += self._of_order(order, own, bulk[order.sender, order.uetr], returned.get(order.uetr, []))
            own.sort()
            finals = [one for one in own if one.status in _FINAL]
            who = f"{'the return of ' if order.is_return else ''}{order.uetr} ({order.message})"
            if not finals:
                found.append(f"{who} never came to an end: told {[one.status for one in own]}")
                continue
            if len({one.status for one in finals}) > 1:
                found.append(f"{who} ended in two ways: {[(one.seq, one.status) for one in finals]}")
            after = [one for one in own if one.seq > finals[0].seq and one.status != finals[0].status]
            if after:
                found.append(f"{who} ended with {finals[0].status}, and then was {[one.status for one in after]}")
            ended[order] = finals[0]
        by_uetr = {order.uetr: one for order, one in ended.items() if taken.get((order.uetr, "", False)) == order}
        found += [
            f"asked about {one.uetr} after its end {by_uetr[one.uetr].status}, the hub said {one.status}"
            for one in answers
            if one.uetr in by_uetr and one.seq > by_uetr[one.uetr].seq and one.status != by_uetr[one.uetr].status
        ]
        return ended

    @staticmethod
    def _of_order(order: Ordered, own: list[Told], bulk: list[Told], returned: list[tuple[int, str]]) -> list[Told]:
        """Of what the sender of an order was told of many at once, what is of this order and not of the payment's other direction."""
        if order.is_return:
            # Its first news is of the payment that it received; what comes behind the offer of the return is the return's.
            offered = min((seq for seq, to in returned if to != order.sender), default=None)
            return [] if offered is None else [one for one in bulk if one.seq > offered]
        back = min((seq for seq, to in returned if to == order.sender), default=None)
        return bulk if back is None else [one for one in bulk if one.seq < back]

    def _creditors(self, orders: list[Ordered], outcome: dict[Ordered, Told], told: list[Told]) -> list[str]:
        """What settled was offered and accepted first, and who receives was told the same as who pays."""
        found = []
        offers = self._offers("pacs.008")
        yes = {
            (sender[:8], row.findtext("OrgnlUETR", ""))
            for sender, message in self._said
            if message.kind.startswith("pacs.002")
            for row in message.all("TxInfAndSts")
            if row.findtext("TxSts", "") in _YES
        }
        heard: dict[tuple[str, str], list[Told]] = defaultdict(list)
        for one in told:
            if one.about.startswith("H") and one.status in _FINAL:
                heard[one.recipient, one.uetr].append(one)
        for order, end in outcome.items():
            if order.is_return:
                continue
            sent_on = offers.get(order.uetr, [])
            theirs = heard[order.payee, order.uetr]
            if end.status == "ACSC":
                if not any(to == order.payee for _, to, _ in sent_on):
                    found.append(f"{order.uetr} settled and was never offered to {order.payee}")
                if (order.payee, order.uetr) not in yes:
                    found.append(f"{order.uetr} settled, and {order.payee} never agreed")
                if not theirs or theirs[0].status != "ACSC":
                    found.append(f"{order.uetr} settled, and {order.payee} was told {[one.status for one in theirs]}")
            elif sent_on and any(one.status == "ACSC" for one in theirs) and not self._duplicate(order, orders):
                found.append(f"{order.uetr} ended with {end.status}, and {order.payee} was told that it settled")
        return found

    @staticmethod
    def _duplicate(order: Ordered, orders: list[Ordered]) -> bool:
        return sum(one.uetr == order.uetr and not one.is_return for one in orders) > 1

    def _never_listed(self, outcome: dict[Ordered, Told]) -> list[str]:
        found = []
        for order, end in outcome.items():
            listed = [name for name in order.names if name in self.listed and end.at >= self.listed[name]]
            if listed and end.status == "ACSC":
                found.append(f"{order.uetr} names {listed[0]}, who is listed, and settled")
        return found

    def _earmarks(self, outcome: dict[Ordered, Told]) -> list[str]:
        """An agent is told to post a cycle only after it has earmarked that very attempt; what moved gross alone is final without it."""
        asked: dict[tuple[str, str], str] = {}
        for _, agent, message in self._mails("pacs.029"):
            asked[agent, message.text("SttlmCycl").partition("A")[0]] = message.name
        said: dict[tuple[str, str], set[str]] = defaultdict(set)
        for sender, message in self._said:
            if message.kind.startswith("pacs.002"):
                said[sender[:8], message.text("OrgnlMsgId")].add(message.text("GrpSts"))
        found = []
        for _, agent, message in self._mails("pacs.009"):
            name, currency = message.text("InstrId"), money_of(next(message.all("IntrBkSttlmAmt")))[0]
            covers = name.startswith("D")
            cycle = name.partition("M" if covers else "P")[0]
            answers = said[agent, asked.get((agent, cycle), "")]
            net = any(end.status == "ACSC" and end.at == message.at and one.money[0] == currency for one, end in outcome.items())
            if (net or covers) and "ACSP" not in answers:
                found.append(f"{agent} was told to post {cycle}, and had said {sorted(answers)} of its last attempt")
        return found

    # Answers

    def _unanswered(self) -> list[str]:
        """Whoever asked was answered, or told why not."""
        answered: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for recipient, _, message in self._mail.values():
            # An answer names what it answers, each kind at a place of its own.
            answered[message.kind[:8]] |= {(recipient, (one.text or "").strip()) for one in message.root.iter() if not len(one)}
        found = []
        for sender, message in self._said:
            wanted = _ANSWERED_BY.get(message.kind[:8])
            if wanted is None:
                continue
            said = answered[wanted] | answered["admi.002"]
            names = {message.name, message.text("OrgnlUETR")} if wanted == "camt.029" else {message.name}
            if not any((sender[:8], name) in said for name in names):
                found.append(f"{sender} asked by {message.kind} {message.name}, and was never answered")
        return found

    # Money

    def _expected(self, orders: list[Ordered], outcome: dict[Ordered, Told], found: list[str]) -> Counter[tuple[str, str]]:
        """What everybody holds if what was said is true; providers together, since no message says which one converted."""
        holds: Counter[tuple[str, str]] = Counter()
        receipts: dict[tuple[str, str], set[str]] = defaultdict(set)
        for _, recipient, message in self._mails("camt.025"):
            receipts[recipient, message.text("OrgnlMsgId/MsgId")].add(message.text("Sts/Cd"))
        seen = set()
        for sender, message in self._said:
            if not message.kind.startswith("camt.050") or (sender[:8], message.name) in seen:
                continue
            seen.add((sender[:8], message.name))
            said = receipts[sender[:8], message.name]
            if len(said) > 1:
                found.append(f"{sender} was told two things of its liquidity transfer {message.name}: {sorted(said)}")
            if "ACSC" in said:
                currency, minor = money_of(next(message.all("AmtWthCcy")))
                for end, sign in (("Cdtr", 1), ("Dbtr", -1)):
                    holder = message.root.findtext(f".//LqdtyCdtTrf/{end}//BICFI", "")[:8]
                    # Who pays in is named as who owes: the hub holds for it.
                    if holder != HUB:
                        self._hold(holds, holder, currency, minor * (sign if self._within(message) else -sign))
        offers, backs = self._offers("pacs.008"), self._offers("pacs.004")
        for order, end in outcome.items():
            if end.status != "ACSC":
                continue
            currency, minor = order.money
            sent_on = [
                one
                for one in (backs if order.is_return else offers).get(order.uetr, [])
                if one[0] < end.seq or not order.is_return
            ]
            if not sent_on:
                found.append(f"{order.uetr} settled and was never sent on")
                continue
            _, payee, onward = sent_on[-1]
            arrives = money_of(next(onward.all("RtrdIntrBkSttlmAmt" if order.is_return else "IntrBkSttlmAmt")))
            fee = 0 if order.is_return else self._fees[currency]
            self._hold(holds, order.sender, currency, -minor - fee)
            self._hold(holds, payee, *arrives)
            if arrives[0] != currency:
                self._hold(holds, "providers", currency, minor)
                self._hold(holds, "providers", arrives[0], -arrives[1])
            elif arrives[1] != minor:
                found.append(f"{order.uetr} left with {minor} {currency} and arrived with {arrives[1]}")
            else:
                self._settled.append((end.at, order.sender, payee, (currency, minor)))
        return holds

    def _covered(self, holds: Counter[tuple[str, str]]) -> bool:
        """Add what covered defaults, as settlement agents were told to post it; whether anything did."""
        covered, agents = False, self._not_members()
        for _, _, message in self._mails("pacs.009"):
            if not message.text("InstrId").startswith("D"):
                continue
            covered = True
            for row in message.all("CdtTrfTxInf"):
                currency, minor = money_of(row.find("IntrBkSttlmAmt"))  # type: ignore[arg-type]
                for end, sign in (("Dbtr", -1), ("Cdtr", 1)):
                    bic = row.findtext(f"{end}//BICFI", "")[:8]
                    if bic not in agents:
                        self._hold(holds, bic, currency, sign * minor)
        return covered

    def _not_members(self) -> set[str]:
        """The hub and the settlement agents, of whom one gives its currency for another's where a default is covered."""
        return {HUB} | {agent[:8] for kind in ("pacs.009", "pacs.029") for _, agent, _ in self._mails(kind)}

    def _by_settler(self, holds: Mapping[tuple[str, str], int]) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        for (bic, currency), minor in holds.items():
            found[self._settled_by.get(bic, bic), currency] += minor
        return found

    def moved(self, numbers: Mapping[str, int]) -> list[Moved]:
        """What settled in one currency, by the participants' numbers; known once `faults` was asked."""
        return [
            Moved(at, numbers[payer], numbers[payee], currency, minor)
            for at, payer, payee, (currency, minor) in self._settled
            if payer in numbers and payee in numbers
        ]

    @staticmethod
    def _within(message: Message) -> bool:
        """Whether a liquidity transfer is between two members, and not with the hub."""
        return HUB not in {one.text[:8] for one in message.root.iterfind(".//LqdtyCdtTrf//BICFI") if one.text}

    def _hold(self, holds: Counter[tuple[str, str]], who: str, currency: str, minor: int) -> None:
        holds["providers" if who in self._providers else who, currency] += minor

    def _statements(self, found: list[str]) -> dict[tuple[str, str], int]:
        """What each was told at its last day's end (camt.053): that each statement adds up and follows the one before, and what the last comes
        to. Legs of one payment, named in statements, are both there or neither."""
        closing: dict[tuple[str, str], int] = {}
        read: set[tuple[str, str, str]] = set()
        legs: dict[str, Counter[str]] = defaultdict(Counter)
        for seq, _, message in self._mails("camt.053"):
            owner, currency = message.root.findtext(".//Acct/Ownr//AnyBIC", "")[:8], message.root.findtext(".//Acct/Ccy", "")
            day = message.root.findtext(".//Bal/Dt/Dt", "")
            if (owner, currency, day) in read:
                continue  # its sponsor reads it, too
            read.add((owner, currency, day))
            sides = {"CRDT": 1, "DBIT": -1}
            balances = {
                one.findtext("Tp/CdOrPrtry/Cd", ""): sides[one.findtext("CdtDbtInd", "")] * money_of(one.find("Amt"))[1]  # type: ignore[arg-type]
                for one in message.all("Bal")
            }
            total = balances["OPBD"]
            if total != closing.get((owner, currency), 0):
                found.append(f"the statement of {owner} in {currency} of {day} does not follow the one before")
            for entry in message.all("Ntry"):
                minor = sides[entry.findtext("CdtDbtInd", "")] * money_of(entry.find("Amt"))[1]  # type: ignore[arg-type]
                total += minor
                if total < 0:
                    found.append(f"the statement of {owner} in {currency} falls to {total}")
                uetr = entry.findtext(".//UETR", "")
                if uetr:
                    legs[uetr][currency] += minor
            if total != balances["CLBD"]:
                found.append(f"the statement of {owner} in {currency} (mail {seq}) does not add up")
            closing[owner, currency] = balances["CLBD"]
        for uetr, sums in legs.items():
            wrong = {currency: minor for currency, minor in sums.items() if minor not in (0, -self._fees[currency])}
            if wrong:
                found.append(f"{uetr}: one leg without the other, {wrong}")
        return closing

    def _agents(self, closing: dict[tuple[str, str], int]) -> list[str]:
        """What each settlement agent holds for a member, by what it was told and confirmed, is what the member was told that it holds."""
        asked = {message.name: message for _, _, message in self._mails("camt.050")}
        holds: Counter[tuple[str, str]] = Counter()
        done = set()
        for _, message in self._said:
            name = message.text("OrgnlMsgId/MsgId")
            if not message.kind.startswith("camt.025") or name not in asked or name in done:
                continue
            done.add(name)
            if message.text("Sts/Cd") == "ACSC":
                currency, minor = money_of(next(asked[name].all("AmtWthCcy")))
                creditor = asked[name].root.findtext(".//LqdtyCdtTrf/Cdtr//BICFI", "")[:8]
                debtor = asked[name].root.findtext(".//LqdtyCdtTrf/Dbtr//BICFI", "")[:8]
                holds[debtor if creditor == HUB else creditor, currency] += minor if creditor == HUB else -minor
        agents = self._not_members()
        for _, _, message in self._mails("pacs.009"):
            for row in message.all("CdtTrfTxInf"):
                currency, minor = money_of(row.find("IntrBkSttlmAmt"))  # type: ignore[arg-type]
                for end, sign in (("Dbtr", -1), ("Cdtr", 1)):
                    bic = row.findtext(f"{end}//BICFI", "")[:8]
                    if bic not in agents:
                        holds[bic, currency] += sign * minor
        told: Counter[tuple[str, str]] = Counter()
        for (bic, currency), minor in closing.items():
            told[self._settled_by.get(bic, bic), currency] += minor
        return [
            f"{bic} is told of {told[bic, currency]} {currency}; its agent holds {holds[bic, currency]}"
            for bic, currency in sorted(told.keys() | holds.keys())
            if told[bic, currency] != holds[bic, currency]
        ]


def _book_faults(history: Sequence[Booked], closing: dict[tuple[str, str], int]) -> list[str]:
    """Add the books up from nothing: every reservation resolved once and never beyond what there was, and nothing left over."""
    found = []
    net: Counter[int] = Counter()
    reserved: Counter[int] = Counter()
    open_: dict[int, tuple[int, int, int]] = {}
    ids: set[int] = set()
    last = 0
    for at, name, debit, credit, minor, _, flags, resolves in history:
        if name in ids or at <= last:
            found.append(f"transfer {name:x} stands twice in the books, or out of time")
        ids.add(name)
        last = at
        if flags & _PENDING:
            open_[name] = (debit, credit, minor)
            reserved[debit] += minor
        elif flags & (_POST | _VOID):
            if resolves not in open_:
                found.append(f"transfer {name:x} resolves {resolves:x}, which is not open")
                continue
            debit, credit, held = open_.pop(resolves)
            reserved[debit] -= held
            if flags & _POST:
                net[debit] -= minor
                net[credit] += minor
        else:
            net[debit] -= minor
            net[credit] += minor
        if debit >> 96 in (_PREFUNDED, _CLEARING, _BLOCKED) and net[debit] - reserved[debit] < 0:
            found.append(f"account {debit:x} fell to {net[debit] - reserved[debit]} with transfer {name:x}")
    if open_:
        found.append(f"{len(open_)} reservations were never resolved: {[f'{one:x}' for one in list(open_)[:5]]}")
    for account, minor in sorted(net.items()):
        role = _MUST_END_AT_ZERO.get(account >> 96)
        if role and minor:
            found.append(f"the {role} account {account:x} ends at {minor}")
    totals: Counter[int] = Counter()
    for account, minor in net.items():
        if account >> 96 == _PREFUNDED and account >> 32 & 0xFFFFFF:
            totals[account & 0xFFFFFFFF] += minor
    if sorted(filter(None, totals.values())) != sorted(filter(None, _by_currency(closing).values())):
        found.append(f"the books hold {dict(totals)} for the members, and their statements say {_by_currency(closing)}")
    return found


def _by_currency(closing: dict[tuple[str, str], int]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for (_, currency), minor in closing.items():
        totals[currency] += minor
    return dict(totals)

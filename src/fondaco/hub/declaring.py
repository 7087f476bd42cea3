"""Declared defaults: voted by two operators, counted when nothing of the cycles at risk is open any more, covered or not, closed with the last cycle.

What is decided here follows from the journal's records and from what the hub read of its books before the batch (`TakeStock`), never from the
books as a repetition may find them (decision 0010).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from fondaco.core import CURRENCIES, Reason, Refusal, amount_text, bic8, minor_text
from fondaco.hub.commands import Command, Move, TakeStock
from fondaco.hub.defaulting import DEFAULT as EVENT
from fondaco.hub.defaulting import Case, Fall, Lodgings, borne_by, declared_to, difference_text, seen_text, stock_of, told_of
from fondaco.hub.state import Batch, Desk
from fondaco.ledger import Engine, Role, Transfer, TransferFlag, chain_stands, place_of
from fondaco.messages import Movement, StatusReport, admi_004, pacs_009, pacs_029
from fondaco.payments import State as PaymentState
from fondaco.rulebook import DECLARE, Deed, MotionState, Participant
from fondaco.settlement import (
    CoverMove,
    CycleState,
    Default,
    DefaultEvent,
    DefaultState,
    Drill,
    Leg,
    chain_resolved,
    chained,
    cover_legs,
    cover_moves,
    spent,
)

# What an agent may say to a request to earmark (ExternalPaymentGroupStatus1Code): yes, no or in part, or nothing yet.
_EARMARKED, _NOT_EARMARKED, _NOT_YET = ("ACSP", "ACTC"), ("RJCT", "PART"), ("PDNG", "RCVD")
# The event code of an admi.004, the scheme's own: what was asked for is not done.
LAPSED = "LAPS"
_NS_MINUTE = 60 * 1_000_000_000


class Suspends(Protocol):
    def suspend(self, batch: Batch, members: Iterable[str], article: str) -> None: ...


class Goes(Protocol):
    def cut_short(self, batch: Batch, numbers: list[int]) -> None: ...

    def fail_from_start(self, batch: Batch, numbers: list[int], failing: list[tuple[int, str]]) -> None: ...


class Keeps(Lodgings, Protocol):
    def spend(self, batch: Batch, taken: dict[str, int], article: str) -> None: ...


class Moved(Protocol):
    def moved(self, batch: Batch, currency: str, number: int, minor: int) -> None: ...


class DeclaringHub(Protocol):
    """What declared defaults need of the hub."""

    books: Engine

    @property
    def cycles(self) -> Goes: ...

    @property
    def governing(self) -> Suspends: ...

    @property
    def collateral(self) -> Keeps: ...

    @property
    def unions(self) -> Moved: ...

    def kept(self) -> tuple[int, str]: ...

    def book_now(self, transfers: list[Transfer]) -> list[int]: ...


class Defaults:
    """The declared defaults of a desk."""

    def __init__(self, desk: Desk, hub: DeclaringHub) -> None:
        self._desk = desk
        self._hub = hub

    # Who has failed

    def of(self, bic: str) -> Default | None:
        """The default that still binds a participant (BIC of eight): one that is not closed, or one after which nobody let it take part again."""
        if not self._desk.defaults:
            return None
        member = self._desk.in_force().participants.get(bic)
        for _, one in sorted(self._desk.defaults.items()):
            stands = one.state is not DefaultState.CLOSED or (member is not None and member.standing == "suspended")
            if bic in one.failing and stands:
                return one
        return None

    def open(self) -> list[int]:
        """The defaults that are not closed."""
        return [number for number, one in sorted(self._desk.defaults.items()) if one.state is not DefaultState.CLOSED]

    def waits(self, cycle: int) -> bool:
        """Whether a cycle must wait: what one of its payers can pay is not decided."""
        return any(one.waits and cycle in one.cycles for one in self._desk.defaults.values())

    # What the books say, as an input of the batch

    def stock(self, commands: Sequence[Command]) -> list[TakeStock]:
        """What is to be known before this batch: nothing, unless a default is voted on in it, or one waits to be counted."""
        desk = self._desk
        moved = [one for one in commands if type(one) is Move]  # of every batch: the quickest question there is
        voted = any(one.vote.deed.kind == DECLARE for one in moved)
        counted = any(one.state is DefaultState.DECLARED for one in desk.defaults.values())
        return [stock_of(desk, self._hub.books)] if desk.rules is not None and (voted or counted) else []

    # Two operators declare

    def fault(self, batch: Batch, deed: Deed) -> Refusal | None:
        """Why a default cannot be declared as things stand; asked at both votes."""
        rules = self._desk.in_force()
        known = self.of(deed.subject)
        if known is not None:
            return Refusal(Reason.OUT_OF_TURN, "default", f"{deed.subject}: declared in default {known.number}", "16.1")
        if not rules.risk.converts:
            said = "no article default_conversion says how money of one currency covers a loss in another"
            return Refusal(Reason.NO_PRICE, "default", said, "16.4")
        found = self._told(batch, deed)
        if isinstance(found, Refusal):
            return found
        if deed.value != seen_text(found):
            return Refusal(Reason.AMOUNT_DIFFERS, "default", difference_text(deed.value, found), rules.cite("default_conversion"))
        return None

    def _told(self, batch: Batch, deed: Deed) -> Drill | Refusal:
        assert batch.stock is not None, "who votes on a default is told what the books say"
        return told_of(self._desk, batch.stock, self._hub.kept(), self._hub.collateral, deed.subject)

    def declared(self, batch: Batch, deed: Deed) -> None:
        """Do what two operators decided: those that fail take part in nothing new, and the cycles at risk wait for what covers them."""
        desk, found = self._desk, self._told(batch, deed)
        assert isinstance(found, Drill), "a motion is asked for its faults before it is done"
        motion = max(key for key, one in desk.motions.items() if one.deed == deed and one.state is MotionState.CARRIED)
        number = len(desk.defaults) + 1
        assert batch.stock is not None, "who votes on a default is told what the books say"
        rates = list(batch.stock.rates)
        one = Default(number, found.bic, desk.counters.day, motion, deed.value, list(found.failing), list(found.cycles), rates)
        one.steps.append(("DECLARED", batch.at_text, f"motion {motion}, seen {deed.value}"))
        desk.defaults[number] = one
        batch.defaults.add(number)
        desk.note(batch, f"default {number}", "DECLARED", "16.1", f"{' '.join(one.failing)}, cycles {one.cycles}, {deed.value}")
        self._tell(batch, one, declared_to(desk.in_force(), self._members(one)))
        self._hub.governing.suspend(batch, one.failing, "16.1")
        self._hub.cycles.cut_short(batch, one.cycles)

    def _members(self, one: Default) -> list[Participant]:
        rules = self._desk.in_force()
        return [rules.participants[bic] for bic in one.failing]

    def _tell(self, batch: Batch, one: Default, told: Iterable[tuple[str, str, str]]) -> None:
        for bic, code, text in told:
            content = admi_004(code, text, batch.at_text)
            self._desk.send(batch, bic, "admi.004.001.02", f"default {one.number}", content)

    # One step after the other

    def time(self, batch: Batch) -> None:
        """Take the silence of a settlement agent for a no when its time is over."""
        for one in self._desk.defaults.values():
            if one.state is DefaultState.EARMARKING and one.due <= batch.at:
                silent = [request for request in one.asked if request not in one.earmarked]
                self._let_go(batch, one, DefaultEvent.AGENT_SILENT, sorted(request.partition(":")[2] for request in silent))

    def advance(self, batch: Batch) -> None:
        """Count what is due to be counted, and close what is over. Ends: each default takes at most two steps."""
        for number in sorted(self._desk.defaults):
            one = self._desk.defaults[number]
            if one.state is DefaultState.DECLARED and batch.stock is not None and self._countable(one):
                self._count(batch, one, batch.stock)
            if one.state in (DefaultState.COVERED, DefaultState.UNMET) and self._settled(one):
                self._step(batch, one, DefaultEvent.CYCLES_SETTLED, f"cycles {one.cycles}")

    def _settled(self, one: Default) -> bool:
        return all(self._desk.cycles[number].state is CycleState.SETTLED for number in one.cycles)

    def _countable(self, one: Default) -> bool:
        """Whether what those that fail owe and have can change no more by what others answer: nothing of theirs is offered, and nobody of
        their cycles is waited for. One default is covered at a time."""
        desk, rules = self._desk, self._desk.in_force()
        if any(other.state is DefaultState.EARMARKING for other in desk.defaults.values()):
            return False
        numbers = {rules.participants[bic].number for bic in one.failing}
        for cycle in desk.cycles.values():
            if cycle.offset and cycle.state is not CycleState.SETTLED and any(who in numbers for _, who, _ in cycle.nets):
                return False
        for payment in desk.live.values():
            if payment.state not in (PaymentState.RESERVED, PaymentState.OFFERED):
                continue
            parties = {payment.sender, payment.creditor_agent, payment.locked.provider if payment.locked is not None else ""}
            if payment.cycle in one.cycles or not parties.isdisjoint(one.failing):
                return False
        return True

    def _count(self, batch: Batch, one: Default, stock: TakeStock) -> None:
        """Let what is missing fall by the articles, and reserve what covers it. Where money has moved since the books were read, nothing is done:
        they are read again before the next batch."""
        desk = self._desk
        # The rates are those under which it was declared: they are of the same day, which cannot end before its cycles are settled.
        stock = TakeStock(stock.money, tuple(tuple(rate) for rate in one.rates))  # type: ignore[misc]
        case = Case(
            tuple(sorted(self._members(one), key=lambda m: bic8(m.bic) != one.bic)), tuple(one.cycles), frozenset(one.without)
        )
        found = Fall(desk, stock, self._hub.collateral, case).told(self._hub.kept())._replace(notices=())
        legs = self._legs(found)
        intent = desk.next_intent()
        if legs and not chain_stands(self._hub.book_now(chained(intent, legs, int(TransferFlag.PENDING)))):
            return
        one.told, one.intent, one.round = found, intent, one.round + 1
        facts = f"figures {found.figures()}, loss {found.fall.loss}, borne {found.paid.loss} {found.home}"
        if found.takings:
            minutes = desk.in_force().risk.default_answer_minutes
            one.due = int(batch.at) + minutes * _NS_MINUTE
            self._step(batch, one, DefaultEvent.MEANS_RESERVED, facts)
            rules = desk.in_force()
            self._tell(batch, one, borne_by(rules, self._members(one), found.paid, found.home))
            self._ask(batch, one, found)
        elif found.fall.loss:
            self._step(batch, one, DefaultEvent.NOTHING_BORNE, facts)
            self._outcome(batch, one, found)
        else:
            self._step(batch, one, DefaultEvent.NOTHING_MISSING, facts)
            self._outcome(batch, one, found)

    def _legs(self, found: Drill) -> list[Leg]:
        numbers = {bic: one.number for bic, one in self._desk.in_force().participants.items()}
        return cover_legs(found.takings, numbers, self._desk.ledgers)

    # The settlement agents

    def _moves(self, found: Drill) -> dict[str, list[CoverMove]]:
        rules = self._desk.in_force()
        agents = {code: bic8(one.agent_bic) for code, one in rules.currencies.items()}
        settling = {bic8(one.bic): one.sponsor for one in rules.members() if one.sponsor}
        by_currency: dict[str, list[CoverMove]] = {}
        for move in cover_moves(found.takings, agents, bic8(rules.hub_bic), settling):
            by_currency.setdefault(move.currency, []).append(move)
        return by_currency

    def _bic(self, bic: str) -> str:
        """The BIC as the rulebook writes it, of one of eight."""
        rules = self._desk.in_force()
        known = rules.participants.get(bic)
        return known.bic if known is not None else rules.hub_bic

    def _ask(self, batch: Batch, one: Default, found: Drill) -> None:
        """Ask each settlement agent to set aside what is to move in its currency (pacs.029), and tell it what else it is given."""
        desk = self._desk
        one.past += one.asked
        one.asked, one.earmarked = [], []
        for currency, moves in self._moves(found).items():
            totals: dict[str, int] = {}
            for move in moves:
                totals[move.payer] = totals.get(move.payer, 0) - move.minor
                totals[move.payee] = totals.get(move.payee, 0) + move.minor
            name = f"D{one.number}R{one.round}"
            movements = [
                Movement(f"{name}P{bic}", self._bic(bic), currency, minor) for bic, minor in sorted(totals.items()) if minor
            ]
            agent = desk.in_force().currencies[currency].agent_bic
            content = pacs_029(desk.message_id(), batch.at_text, name, movements)
            seq = desk.send(batch, agent, "pacs.029.001.02", f"default {one.number}", content)
            one.asked.append(f"{seq}:{currency}")
        paper = [taking for taking in found.takings if taking.asset not in CURRENCIES]
        self._tell(
            batch,
            one,
            [
                (
                    desk.in_force().currencies[taking.currency].agent_bic,
                    EVENT,
                    f"default {one.number}: for {amount_text(taking.minor, taking.currency)} of it you are given {taking.units} {taking.asset}, "
                    f"lodged by {taking.bic}",
                )
                for taking in paper
            ],
        )
        if not one.asked:
            self._covered(batch, one)

    def asked(self, report: StatusReport) -> bool:
        """Whether an agent's answer is one to a request of a default."""
        return bool(self._desk.defaults) and self._found(report) is not None

    def _found(self, report: StatusReport) -> tuple[Default, str] | None:
        seq = report.original_id.removeprefix("H").lstrip("0")
        for _, one in sorted(self._desk.defaults.items()):
            for request in (*one.asked, *one.executed, *one.past):
                if request.partition(":")[0] == seq:
                    return one, request
        return None

    def answered(self, batch: Batch, sender: str, report: StatusReport) -> Refusal | None:
        """An agent's pacs.002 on a request to set aside (pacs.029) or to post (pacs.009). Told twice or too late it changes nothing."""
        found = self._found(report)
        assert found is not None, "who asks has seen that it is of a default"
        one, request = found
        currency, status = request.partition(":")[2], report.group_status
        if bic8(self._desk.in_force().currencies[currency].agent_bic) != sender:
            return Refusal(Reason.SENDER_CONTRADICTS, "AppHdr/Fr", sender, "16.5")
        if request in one.executed:
            self._desk.note(batch, f"default {one.number}", "AGENT_POSTED", "16.4", f"{currency} {status}")
            # What is final stays final: who does not post is the operator's case with that agent.
            return None if status == "ACSC" else Refusal(Reason.OUT_OF_TURN, "GrpSts", status, "16.4")
        if one.state is not DefaultState.EARMARKING or request in (*one.earmarked, *one.past):
            return None
        if status in _NOT_EARMARKED or any(row.status == "RJCT" for row in report.statuses):
            self._let_go(batch, one, DefaultEvent.AGENT_REFUSED, [currency])
            return None
        if status not in _EARMARKED:
            unknown = status or "no status of the group"
            return None if status in _NOT_YET else Refusal(Reason.CODE_UNKNOWN, "GrpSts", unknown, "16.5")
        one.earmarked.append(request)
        batch.defaults.add(one.number)
        if set(one.earmarked) == set(one.asked):
            self._covered(batch, one)
        return None

    def _let_go(self, batch: Batch, one: Default, event: DefaultEvent, currencies: list[str]) -> None:
        """Give back what was reserved. The currencies of agents that do not take part are left out from now on, and what is missing is counted
        anew: so there are at most as many rounds as currencies."""
        desk = self._desk
        assert one.told is not None, "what was reserved was counted"
        chain = chain_resolved(desk.next_intent(), one.intent, self._legs(one.told), TransferFlag.VOID_PENDING)
        assert chain_stands(self._hub.book_now(chain)), "voiding what is reserved cannot fail"
        desk.counters.freed = True
        one.without = sorted({*one.without, *currencies})
        self._step(batch, one, event, " ".join(currencies))
        text = f"default {one.number}, round {one.round}: nothing of it is posted, let go of what was set aside"
        agents = [desk.in_force().currencies[request.partition(":")[2]].agent_bic for request in one.asked]
        self._tell(batch, one, [(agent, LAPSED, text) for agent in agents])

    def _covered(self, batch: Batch, one: Default) -> None:
        """Every agent has set its part aside: the entry that makes it final, and what follows is repeated until it is done."""
        desk, found = self._desk, one.told
        assert found is not None, "what was reserved was counted"
        event = DefaultEvent.PART_EARMARKED if found.dropped else DefaultEvent.ALL_EARMARKED
        self._step(batch, one, event, f"figures {found.figures()}, round {one.round}")
        legs = self._legs(found)
        chain = chain_resolved(desk.next_intent(), one.intent, legs, TransferFlag.POST_PENDING)
        assert chain_stands(self._hub.book_now(chain)), "posting what is reserved cannot fail"
        desk.counters.freed = True
        codes = {ledger: code for code, ledger in desk.ledgers.items()}
        for leg in legs:
            for account, minor in ((leg.debit, -leg.amount), (leg.credit, leg.amount)):
                place = place_of(account)
                if place.role is Role.PREFUNDED:
                    self._hub.unions.moved(batch, codes[leg.ledger], place.participant, minor)
        self._hub.collateral.spend(batch, spent(found.takings), "16.4")
        for row in found.paid.borne:
            if row.minor:
                facts = f"{row.bic} {row.minor} {found.home} of {row.tranche}"
                desk.note(batch, f"default {one.number}", "BORNE", "16.1", facts)
        self._execute(batch, one, found)
        self._outcome(batch, one, found)

    def _execute(self, batch: Batch, one: Default, found: Drill) -> None:
        """Tell each agent to post what it set aside (pacs.009)."""
        desk = self._desk
        for currency, moves in self._moves(found).items():
            legs = []
            for at, move in enumerate(moves, 1):
                name = f"D{one.number}R{one.round}M{at}"
                seed = hashlib.sha256(f"{desk.scheme.version}{name}{currency}".encode()).digest()
                amount = minor_text(move.minor, CURRENCIES[currency].exponent)
                ends = self._bic(move.payer), self._bic(move.payee)
                legs.append((name, str(uuid.UUID(bytes=seed[:16], version=4)), currency, amount, *ends))
            agent = desk.in_force().currencies[currency].agent_bic
            content = pacs_009(desk.message_id(), batch.at_text, desk.counters.day, legs)
            seq = desk.send(batch, agent, "pacs.009.001.08", f"default {one.number}", content)
            one.executed.append(f"{seq}:{currency}")

    def _outcome(self, batch: Batch, one: Default, found: Drill) -> None:
        """Say what came of it, and let its cycles go on: without what is paid in a currency that nobody covers (article 9.2)."""
        rules = self._desk.in_force()
        failing = [(rules.participants[bic].number, currency) for bic, currency in found.dropped]
        if failing:
            self._hub.cycles.fail_from_start(batch, one.cycles, failing)
        names, gone = " ".join(one.failing), len(found.leaving)
        text = f"default {one.number} of {names}: {one.state.name.lower()}, {gone} payments leave their cycles"
        self._tell(batch, one, [(member.bic, EVENT, text) for member in rules.members() if member.standing != "left"])

    def _step(self, batch: Batch, one: Default, event: DefaultEvent, facts: str) -> None:
        row = one.step(event, batch.at_text, facts)
        batch.defaults.add(one.number)
        digest = hashlib.sha256(msgspec.msgpack.encode(one)).hexdigest()[:16]
        self._desk.note(batch, f"default {one.number}", event.name, row.article, f"{facts}; record {digest}")

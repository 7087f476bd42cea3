"""The net cycles of the day: opened, closed, reserved, earmarked, decided, settled - one step of the table at a time."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, date, datetime
from typing import Protocol

from fondaco.clearing import Obligation, figures, nets, without
from fondaco.core import CURRENCIES, Reason, Refusal, at, minor_text
from fondaco.hub.clearing_union import ClearingUnions
from fondaco.hub.collateral import Collateral
from fondaco.hub.limiting import Limiting
from fondaco.hub.reserving import Reserving
from fondaco.hub.state import Batch, Desk
from fondaco.ledger import HUB, Account, Status, Transfer, TransferFlag, transfer_id
from fondaco.messages import Movement, StatusReport, pacs_009, pacs_029
from fondaco.payments import Books, Event, Payment, State, obligations, residue_back
from fondaco.settlement import Cycle, CycleEvent, CycleState, Leg, closing, opening, reservation

_UNTIL_POSTED = frozenset({0, int(Status.EXISTS)})
_REPORT_MAX = 400
# What an agent may say to a request to earmark (ExternalPaymentGroupStatus1Code): yes, no or in part, or nothing yet.
_EARMARKED, _NOT_EARMARKED, _NOT_YET = ("ACSP", "ACTC"), ("RJCT", "PART"), ("PDNG", "RCVD")


class Waits(Protocol):
    def waits(self, cycle: int) -> bool: ...


class HubFace(Protocol):
    """What the cycles need of the hub."""

    reserving: Reserving
    limiting: Limiting
    collateral: Collateral
    unions: ClearingUnions

    @property
    def defaults(self) -> Waits: ...

    def open_accounts(self, accounts: list[Account]) -> None: ...

    def book_now(self, transfers: list[Transfer]) -> list[int]: ...

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books: ...

    def report(self, batch: Batch, recipient: str, payments: list[Payment], size: int) -> None: ...


class Cycles:
    """Drives every cycle of a desk. `take` applies an event to a payment; `book` hands transfers to the ledger."""

    def __init__(self, desk: Desk, hub: HubFace) -> None:
        self._desk = desk
        self._hub = hub

    def open_next(self, batch: Batch) -> None:
        """Open the first cycle of today whose cut-off is still ahead."""
        desk = self._desk
        rules = desk.in_force()
        day = date.fromisoformat(desk.counters.day)
        cut_offs = [(int(at(datetime.combine(day, rule.cut_off, UTC))), rule.number) for rule in rules.scheme.cycles]
        done = {cycle.cut_off for cycle in desk.cycles.values()}
        ahead = [(cut_off, number) for cut_off, number in cut_offs if cut_off > batch.at and cut_off not in done]
        if not ahead:
            desk.counters.open_cycle = 0
            return
        cut_off, rule = ahead[0]
        number = desk.counters.cycle
        desk.counters.cycle += 1
        raised = self._hub.collateral.revalued(batch, number)
        bounds = [
            (currency, member.number, member.caps.get(currency, 0) + raised.get((currency, member.number), 0))
            for member in rules.members()
            for currency in sorted(member.currencies)
        ]
        caps = [(currency, who, self._bound(currency, who, bound)) for currency, who, bound in bounds]
        cycle = Cycle(number, rule, int(batch.at), cut_off, last=len(ahead) == 1, caps=caps)
        accounts, grants = opening(number, caps, desk.ledgers)
        self._hub.open_accounts(accounts)
        if grants:
            self._book_plain(batch, grants)
        desk.cycles[number] = cycle
        desk.counters.open_cycle = number
        desk.counters.freed = True
        batch.cycles.add(number)
        desk.note(batch, f"cycle {number}", "OPENED", "9.1", f"cut-off {cut_off}")

    def _bound(self, currency: str, number: int, bound: int) -> int:
        """A cap below its bound: what others set, what the participant set itself, and what is left of a central bank's line at another."""
        room = self._hub.unions.room(number, currency)
        rules = self._desk.in_force()
        most = rules.most(rules.by_number[number].bic[:8], currency)
        bound = min(bound, self._desk.limits.get((number, currency), 2**63), bound if most is None else most)
        return bound if room is None else min(bound, room)

    def cut_off_due(self, batch: Batch) -> None:
        """Let nothing more into a cycle whose cut-off has come."""
        cycle = self._desk.cycles.get(self._desk.counters.open_cycle)
        if cycle is not None and cycle.state is CycleState.OPEN and batch.at >= cycle.cut_off:
            self.cut_off(batch, cycle)

    def advance(self, batch: Batch) -> None:
        """Take every step that is due at this instant. Ends: a cycle has few states, and none is taken twice in a row."""
        desk = self._desk
        for number in sorted(desk.cycles):
            cycle = desk.cycles[number]
            if cycle.state is CycleState.CLOSING and not self._open_offers(number) and not self._hub.defaults.waits(number):
                self._close(batch, cycle)

    def cut_off(self, batch: Batch, cycle: Cycle) -> None:
        """No new payments from now on; the next cycle opens beside it."""
        self._step(batch, cycle, CycleEvent.CUT_OFF_REACHED)
        if cycle.last:
            self._desk.counters.open_cycle = 0
        else:
            self.open_next(batch)

    def cut_short(self, batch: Batch, numbers: list[int]) -> None:
        """Cut off the one of these cycles that is open, before its time. Another takes its place until then: nobody else loses a cycle by it."""
        cycle = self._desk.cycles.get(self._desk.counters.open_cycle)
        if cycle is not None and cycle.number in numbers and cycle.state is CycleState.OPEN:
            cycle.cut_off, cycle.last = int(batch.at), False
            self.cut_off(batch, cycle)

    def fail_from_start(self, batch: Batch, numbers: list[int], failing: list[tuple[int, str]]) -> None:
        """Compute these cycles, which are not closed yet, without what these (participant, currency) pay: it is known that they cannot."""
        for number in numbers:
            self._desk.cycles[number].failing = sorted(failing)
            batch.cycles.add(number)

    def open_offset(self, batch: Batch, payments: list[Payment]) -> bool:
        """A cycle of queued payments that settle together. Its nets are reserved first; False, and nothing done, when a payer
        has no longer what its net needs. Each payment's legs are then reserved and offered like any other's; when all are
        answered the nets are computed again from those that were accepted."""
        desk = self._desk
        rules = desk.in_force()
        number = desk.counters.cycle
        desk.counters.cycle += 1
        legs = [leg for payment in payments for leg in obligations(payment, rules)]
        gross: dict[tuple[str, int], int] = {}
        for currency, payer, payee, minor in legs:
            gross[currency, payer] = gross.get((currency, payer), 0) + minor
            gross.setdefault((currency, payee), 0)
        caps = [(currency, who, minor) for (currency, who), minor in sorted(gross.items()) if who != HUB]
        cycle = Cycle(number, 0, int(batch.at), int(batch.at), caps=caps, offset=True)
        cycle.nets = [(c, who, minor) for c, positions in nets(legs).items() for who, minor in positions.items()]
        accounts, grants = opening(number, caps, desk.ledgers)
        self._hub.open_accounts(accounts)
        cycle.intent = desk.next_intent()
        asked = self._transfers(cycle.intent, reservation(number, cycle.nets, desk.ledgers), int(TransferFlag.PENDING))
        statuses = self._hub.book_now(asked)
        if any(status not in _UNTIL_POSTED for status in statuses):
            self._void(cycle, [i for i, status in enumerate(statuses) if status in _UNTIL_POSTED])
            desk.note(batch, f"cycle {number}", "NOT_COVERED", "7.6")
            return False
        if grants:
            self._book_plain(batch, grants)
        desk.cycles[number] = cycle
        batch.cycles.add(number)
        names = " ".join(str(payment.number) for payment in payments)
        desk.note(batch, f"cycle {number}", "OFFSET", "7.6", f"payments {names}")
        self._step(batch, cycle, CycleEvent.CUT_OFF_REACHED)
        return True

    def _open_offers(self, number: int) -> bool:
        waiting = (State.OFFERED, State.RESERVED)
        return any(payment.cycle == number and payment.state in waiting for payment in self._desk.live.values())

    def _close(self, batch: Batch, cycle: Cycle) -> None:
        members = sorted(
            payment.number
            for payment in self._desk.live.values()
            if payment.cycle == cycle.number and payment.state is State.ACCEPTED
        )
        cycle.members = members
        if not cycle.offset:
            # Taken at once: a cycle that closes while this one waits for its agents does not tell it again.
            cycle.gross = sorted((currency, number, minor) for (currency, number), minor in self._desk.gross.items() if minor)
            self._desk.gross = {}
            batch.gross_changed = True
        self._step(batch, cycle, CycleEvent.OFFERS_ANSWERED)
        self._reserve(batch, cycle)

    def _reserve(self, batch: Batch, cycle: Cycle) -> None:
        """Reserve the nets on prefunded money; who cannot pay leaves with the payments it pays, and the rest is computed
        again as if they had never been there. Ends: each round leaves fewer payments."""
        desk = self._desk
        rules = desk.in_force()
        if cycle.offset and not cycle.attempt:
            self._void(cycle, list(range(len(cycle.nets))))  # what was reserved when it was formed
        legs_of = {number: obligations(desk.live[number], rules) for number in cycle.members}
        while True:
            failing = {(number, currency) for number, currency in cycle.failing}
            out = without(legs_of, failing)
            if cycle.offset:
                # Others of its payer may have used a limit meanwhile, or what was to come back was refused.
                out |= self._hub.limiting.leaving(
                    {number: legs_of[number] for number in cycle.members if number not in out}
                ).keys()
            cycle.left_out = sorted(out)
            kept: list[Obligation] = [leg for number in cycle.members if number not in out for leg in legs_of[number]]
            cycle.nets = [(c, number, minor) for c, positions in nets(kept).items() for number, minor in positions.items()]
            cycle.figures = [(c, f.gross_minor, f.bilateral_minor, f.net_minor) for c, f in figures(kept).items()]
            cycle.attempt += 1
            cycle.intent = desk.next_intent()
            legs = reservation(cycle.number, cycle.nets, desk.ledgers)
            pending = int(TransferFlag.PENDING)
            statuses = self._hub.book_now(self._transfers(cycle.intent, legs, pending))
            short = [
                (number, currency)
                for (currency, number, _), status in zip(cycle.nets, statuses, strict=True)
                if status not in _UNTIL_POSTED
            ]
            if not short:
                self._step(batch, cycle, CycleEvent.NETS_RESERVED)
                self._ask_agents(batch, cycle)
                return
            self._void(cycle, [i for i, status in enumerate(statuses) if status in _UNTIL_POSTED])
            self._fail(batch, cycle, short, CycleEvent.PAYER_SHORT)

    def _fail(self, batch: Batch, cycle: Cycle, who: list[tuple[int, str]], event: CycleEvent) -> None:
        cycle.failing = sorted({*map(tuple, cycle.failing), *who})  # type: ignore[arg-type]
        self._step(batch, cycle, event, " ".join(f"{number}/{currency}" for number, currency in who))
        limit = self._desk.in_force().cycle_attempts_max + len(self._desk.in_force().participants) * len(self._desk.ledgers)
        assert cycle.attempt <= limit, "each round must leave a payer out; this one did not"

    def _void(self, cycle: Cycle, legs: list[int]) -> None:
        """Let reserved nets go: the legs that were reserved, by place."""
        intent = self._desk.next_intent()
        self._desk.counters.freed = True
        flag = int(TransferFlag.VOID_PENDING)
        transfers = [
            Transfer(transfer_id(intent, leg + 1), 0, 0, 0, 0, 0, flag, transfer_id(cycle.intent, leg + 1)) for leg in legs
        ]
        if transfers:
            statuses = self._hub.book_now(transfers)
            assert all(status in _UNTIL_POSTED for status in statuses), "voiding a reserved net cannot fail"

    def _totals(self, cycle: Cycle) -> dict[str, dict[int, int]]:
        """What each sub-account at an agent moves by: the nets, and what urgent payments moved since the last cycle. A sponsor's
        is moved by what those moved for whom it settles."""
        rules = self._desk.in_force()
        totals: dict[str, dict[int, int]] = {}
        for currency, own, minor in [*cycle.nets, *cycle.gross]:
            positions = totals.setdefault(currency, {})
            number = rules.settling(own)
            positions[number] = positions.get(number, 0) + minor
        return {c: {n: m for n, m in sorted(p.items()) if m} for c, p in sorted(totals.items()) if any(p.values())}

    def _ask_agents(self, batch: Batch, cycle: Cycle) -> None:
        """Ask each currency's settlement agent to earmark (pacs.029)."""
        desk = self._desk
        rules = desk.in_force()
        cycle.asked, cycle.earmarked = [], []
        if cycle.offset:
            self._decide(batch, cycle)
            return
        for currency, positions in self._totals(cycle).items():
            movements = [
                Movement(f"C{cycle.number}A{cycle.attempt}P{number}", self._bic(number), currency, minor)
                for number, minor in positions.items()
            ]
            name = f"C{cycle.number}A{cycle.attempt}"
            desk.send(
                batch, rules.currencies[currency].agent_bic, "pacs.029.001.02", f"cycle {cycle.number}",
                pacs_029(desk.message_id(), batch.at_text, name, movements),
            )  # fmt: skip
            cycle.asked.append(f"{batch.mail[-1].seq}:{currency}")
        if not cycle.asked:
            self._decide(batch, cycle)

    def answered(self, batch: Batch, sender: str, report: StatusReport) -> Refusal | None:
        """An agent's pacs.002 on a request to earmark (pacs.029) or to post (pacs.009)."""
        asked = report.original_id.removeprefix("H").lstrip("0")
        for cycle in self._desk.cycles.values():
            for request in [*cycle.asked, *cycle.executed]:
                seq, _, currency = request.partition(":")
                if seq != asked:
                    continue
                if self._desk.in_force().currencies[currency].agent_bic[:8] != sender:
                    return Refusal(Reason.SENDER_CONTRADICTS, "AppHdr/Fr", sender, "9.1")
                if request in cycle.executed:
                    return self._executed(batch, cycle, request, currency, report)
                return self._earmark(batch, cycle, request, currency, report)
        return Refusal(Reason.OUT_OF_TURN, "OrgnlMsgId", report.original_id, "9.1")

    def _earmark(self, batch: Batch, cycle: Cycle, request: str, currency: str, report: StatusReport) -> Refusal | None:
        if cycle.state is not CycleState.RESERVED or request in cycle.earmarked:
            return None  # a second answer changes nothing
        refused = report.group_status in _NOT_EARMARKED or any(one.status == "RJCT" for one in report.statuses)
        if not refused and report.group_status not in _EARMARKED:
            waits = report.group_status in _NOT_YET
            found = report.group_status or "no status of the group"
            return None if waits else Refusal(Reason.CODE_UNKNOWN, "OrgnlGrpInfAndSts/GrpSts", found, "9.1")
        payers = {number for c, number, minor in cycle.nets if c == currency and minor < 0}
        final_already = refused and not payers
        if final_already:
            # Only what moved in real time is told in this currency: it is final, and the operator's case with that agent.
            self._desk.note(batch, f"cycle {cycle.number}", "AGENT_REFUSED_FINAL", "9.1", currency)
        if not refused or final_already:
            cycle.earmarked.append(request)
            batch.cycles.add(cycle.number)
            if set(cycle.earmarked) == set(cycle.asked):
                self._decide(batch, cycle)
            return None
        prefix = f"C{cycle.number}A{cycle.attempt}P"
        named = [
            int(status.instruction_id.removeprefix(prefix))
            for status in report.statuses
            if status.status == "RJCT"
            and status.instruction_id.startswith(prefix)
            and status.instruction_id[len(prefix) :].isdigit()
        ]
        settling = self._desk.in_force().settling
        who = [(number, currency) for number in sorted(payers) if settling(number) in named]
        if not who:
            # An agent that refuses without saying whom: nobody pays in its currency in this cycle.
            who = [(number, currency) for number in sorted(payers)]
        if not who:
            return Refusal(Reason.OUT_OF_TURN, "TxInfAndSts", "the agent refuses, and nobody pays", "9.2")
        self._void(cycle, list(range(len(cycle.nets))))
        self._fail(batch, cycle, who, CycleEvent.AGENT_REFUSED)
        self._reserve(batch, cycle)
        return None

    def _decide(self, batch: Batch, cycle: Cycle) -> None:
        """The entry that makes the cycle final; from here on every step is repeated until it is done."""
        digest = hashlib.sha256(repr((cycle.number, cycle.nets)).encode()).hexdigest()[:16]
        self._step(batch, cycle, CycleEvent.ALL_EARMARKED, f"nets {digest}, attempt {cycle.attempt}")
        self._post(batch, cycle)

    def _post(self, batch: Batch, cycle: Cycle) -> None:
        desk = self._desk
        desk.counters.freed = True
        intent = desk.next_intent()
        flag = int(TransferFlag.POST_PENDING)
        posts = [
            Transfer(
                transfer_id(intent, at_ + 1), 0, 0, minor if minor > 0 else -minor, 0, 0, flag, transfer_id(cycle.intent, at_ + 1)
            )
            for at_, (_, _, minor) in enumerate(cycle.nets)
        ]
        rules = desk.in_force()
        everything = [leg for number in cycle.members for leg in obligations(desk.live[number], rules)]
        everything += [Obligation(*leg) for leg in cycle.unwound]
        positions = [(c, number, minor) for c, p in nets(everything).items() for number, minor in p.items()]
        shut = self._transfers(desk.next_intent(), closing(cycle.number, positions, cycle.caps, desk.ledgers), 0)
        statuses = self._hub.book_now(posts + shut)
        assert all(status in _UNTIL_POSTED for status in statuses), "posting what is reserved cannot fail"
        for currency, number, minor in cycle.nets:
            self._hub.unions.moved(batch, currency, number, minor)
        if cycle.offset:  # the agents hear of it with the next cycle, as of all that moved gross
            for currency, number, minor in cycle.nets:
                desk.gross[currency, number] = desk.gross.get((currency, number), 0) + minor
        batch.gross_changed = True
        left_out = set(cycle.left_out)
        self._give_back_residue([desk.live[number] for number in cycle.members if number in left_out])
        reports: dict[str, list[Payment]] = {}
        for number in cycle.members:
            payment = desk.live[number]
            if number in left_out and cycle.offset and self._hub.reserving.wait_again(batch, payment):
                reports.setdefault(payment.creditor_agent, []).append(payment)  # its yes is asked for again
                continue
            if number in left_out:
                payment.refusal = Refusal(Reason.SETTLEMENT_FAILED, f"cycle {cycle.number}", "", "9.2")
                self._hub.take(batch, payment, Event.PAYER_FAILED)
            else:
                self._hub.take(batch, payment, Event.CYCLE_SETTLED)
            reports.setdefault(payment.sender, []).append(payment)
            reports.setdefault(payment.creditor_agent, []).append(payment)
        for recipient in sorted(reports):
            self._hub.report(batch, recipient, reports[recipient], _REPORT_MAX)
        if not cycle.offset:
            self._execute(batch, cycle)
        self._step(batch, cycle, CycleEvent.NETS_POSTED)

    def leave(self, batch: Batch, payment: Payment) -> None:
        """An accepted payment leaves its cycle (it is held again): its obligations go with the closing of the accounts."""
        cycle = self._desk.cycles[payment.cycle]
        cycle.unwound.extend(tuple(leg) for leg in obligations(payment, self._desk.in_force()))  # type: ignore[misc]
        self._give_back_residue([payment])
        payment.intent = payment.legs = payment.cycle = 0
        batch.cycles.add(cycle.number)

    def _give_back_residue(self, payments: list[Payment]) -> None:
        """Nothing was converted for accepted payments that leave their cycle, so rounding left nothing over."""
        if any(payment.locked is not None and payment.locked.residue_nano for payment in payments):
            statuses = self._hub.book_now(residue_back(payments, self._desk.next_intent(), self._desk.in_force()))
            assert all(status in _UNTIL_POSTED for status in statuses), "giving residue back cannot fail"

    def recompute(self, batch: Batch) -> None:
        """After payments were held: a cycle that had reserved its nets but is not decided computes them again."""
        for number in sorted(self._desk.cycles):
            cycle = self._desk.cycles[number]
            if cycle.state is not CycleState.RESERVED:
                continue
            still = [n for n in cycle.members if self._desk.live[n].cycle == number]
            if still != cycle.members:
                self._void(cycle, list(range(len(cycle.nets))))
                cycle.members = still
                self._fail(batch, cycle, [], CycleEvent.AGENT_REFUSED)
                self._reserve(batch, cycle)

    def _execute(self, batch: Batch, cycle: Cycle) -> None:
        """Tell each agent to post what it earmarked (pacs.009); the member is one end, the hub the other."""
        desk = self._desk
        rules = desk.in_force()
        cycle.executed = []
        for currency, positions in self._totals(cycle).items():
            hub = rules.hub_bic
            legs = []
            for number, minor in positions.items():
                name = f"C{cycle.number}P{number}"
                bic = self._bic(number)
                if bic == hub:
                    continue
                amount = minor_text(abs(minor), CURRENCIES[currency].exponent)
                seed = hashlib.sha256(f"{rules.scheme.version}{name}{currency}".encode()).digest()
                uetr = str(uuid.UUID(bytes=seed[:16], version=4))
                legs.append((name, uetr, currency, amount, *((bic, hub) if minor < 0 else (hub, bic))))
            if legs:
                desk.send(
                    batch, rules.currencies[currency].agent_bic, "pacs.009.001.08", f"cycle {cycle.number}",
                    pacs_009(desk.message_id(), batch.at_text, desk.counters.day, legs),
                )  # fmt: skip
                cycle.executed.append(f"{batch.mail[-1].seq}:{currency}")

    def _executed(self, batch: Batch, cycle: Cycle, request: str, currency: str, report: StatusReport) -> Refusal | None:
        self._desk.note(batch, f"cycle {cycle.number}", "AGENT_POSTED", "9.1", f"{currency} {report.group_status}")
        if report.group_status != "ACSC":
            # What is final stays final: an agent that does not post is the operator's case with that agent.
            return Refusal(Reason.OUT_OF_TURN, "GrpSts", report.group_status, "9.1")
        return None

    def _bic(self, number: int) -> str:
        rules = self._desk.in_force()
        return rules.hub_bic if number == HUB else rules.by_number[number].bic

    def _transfers(self, intent: int, legs: list[Leg], flags: int) -> list[Transfer]:
        return [
            Transfer(transfer_id(intent, at_ + 1), leg.debit, leg.credit, leg.amount, leg.ledger, int(leg.code), flags)
            for at_, leg in enumerate(legs)
        ]

    def _book_plain(self, batch: Batch, legs: list[Leg]) -> None:
        statuses = self._hub.book_now(self._transfers(self._desk.next_intent(), legs, 0))
        assert all(status in _UNTIL_POSTED for status in statuses), "granting a cap cannot fail"

    def _step(self, batch: Batch, cycle: Cycle, event: CycleEvent, facts: str = "") -> None:
        cycle.step(event, batch.at)
        batch.cycles.add(cycle.number)
        self._desk.note(batch, f"cycle {cycle.number}", event.name, "9.1", facts)

"""What operators change in the running hub: a member's standing, a longer day, the rulebook of days to come. All stays on record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Protocol, get_args

from fondaco.core import Reason, Refusal
from fondaco.hub.admitting import Admitting
from fondaco.hub.clearing_union import ClearingUnions
from fondaco.hub.collateral import Collateral
from fondaco.hub.declaring import Defaults
from fondaco.hub.state import Batch, Desk
from fondaco.ledger import Engine, Role, account_id, place_of
from fondaco.messages import admi_004
from fondaco.payments import Books, Event, Payment, State
from fondaco.rulebook import (
    DECLARE,
    EXTENSION,
    KEY,
    LODGE,
    RELEASE,
    RESIDUAL,
    RULES,
    STANDING,
    Deed,
    Edition,
    Electorate,
    Motion,
    MotionState,
    Participant,
    Standing,
    Vote,
    join,
    lapse,
    succession_faults,
    vote_fault,
    who_must_agree,
)
from fondaco.settlement import CycleState, FundingState

STANDINGS: tuple[Standing, ...] = get_args(Standing)
# Event codes of admi.004, the scheme's own.
PARTICIPANT, LONGER_DAY, OTHER_RULES = "PART", "EXTN", "RULE"


_MINUTES_DIGITS = 4


# What a member holds in trade: titles, margins, claims and debts that are no money yet.
_OF_TRADE = frozenset(int(role) for role in Role if role >= Role.CONTROL)


class Customers(Protocol):
    """What governing needs of the parties of trade."""

    def answers_for(self, bic: str) -> bool: ...


class GoverningHub(Protocol):
    """What governing needs of the hub."""

    admitting: Admitting
    collateral: Collateral
    unions: ClearingUnions
    defaults: Defaults

    @property
    def trade_parties(self) -> Customers: ...

    def drop_rate(self, batch: Batch, payment: Payment) -> None: ...

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books: ...


class Governing:
    """The motions of a desk."""

    def __init__(self, desk: Desk, hub: GoverningHub) -> None:
        self._desk = desk
        self._hub = hub

    def voted(self, batch: Batch, vote: Vote) -> Refusal | str:
        """The first vote proposes, the last that is needed carries. A vote counts once, and is given on its own day alone."""
        desk = self._desk
        officers = {one.officer_id: one for one in desk.scheme.officers}
        fault = vote_fault(vote, desk.counters.day, officers) or self._fault(batch, vote.deed)
        if fault is not None:
            return fault
        motions = [one for _, one in sorted(desk.motions.items())]
        # Words are compared, not signatures: of one signature by a passkey another spelling is as good.
        if any(vote.material() == known.material() for one in motions for known in one.votes):
            return Refusal(Reason.OUT_OF_TURN, "vote", "it was counted before", "2.2")
        motion = next((one for one in motions if one.deed == vote.deed and one.state is MotionState.PROPOSED), None)
        if motion is None:
            today = sum(one.key.startswith(vote.day) for one in motions)
            motion = Motion(f"{vote.day} {today + 1:04d}", vote.deed, (vote,))
        else:
            joined = join(motion, vote, officers, self._electorate(vote.deed))
            if isinstance(joined, Refusal):
                return joined
            motion = joined
        desk.motions[motion.key] = motion
        batch.motions.add(motion.key)
        deed = vote.deed
        desk.note(
            batch, f"motion {motion.key}", motion.state.name, "2.2",
            f"{deed.kind} {deed.subject} {deed.value} by {vote.officer_id}: {vote.note}",
        )  # fmt: skip
        if motion.state is MotionState.CARRIED:
            collateral = self._hub.collateral.done
            deeds = {STANDING: self._set_standing, EXTENSION: self._extend, RULES: self._follow, KEY: self._witness}
            more = {
                LODGE: collateral,
                RELEASE: collateral,
                RESIDUAL: self._hub.unions.delivered,
                DECLARE: self._hub.defaults.declared,
            }
            (deeds | more)[deed.kind](batch, deed)
        return f"{motion.key} {motion.state.name}"

    def _fault(self, batch: Batch, deed: Deed) -> Refusal | None:
        """Why a deed cannot be done as things stand; asked at both votes."""
        rules, door = self._desk.in_force(), self._desk.door
        assert door is not None
        if deed.kind == STANDING:
            member = rules.participants.get(deed.subject)
            if member is None or member.roles == {"settlement_agent"}:
                return Refusal(Reason.NOT_FOUND, "motion", deed.subject, "2.4")
            if member.standing == "left" or (deed.value == "leaving" and self._cannot_leave(member)):
                found = self._cannot_leave(member) or "it left for good: who comes again comes under another BIC"
                return Refusal(Reason.OUT_OF_TURN, "motion", f"{deed.subject}: {found}", "2.8")
            known = self._hub.defaults.of(deed.subject)
            if known is not None and known.number in self._hub.defaults.open():
                return Refusal(
                    Reason.OUT_OF_TURN, "motion", f"{deed.subject} failed: default {known.number} is not closed", "16.1"
                )
            if deed.value in ("active", "send_only", "receive_only") and self._hub.admitting.barred(deed.subject):
                return Refusal(Reason.OUT_OF_TURN, "motion", f"{deed.subject} is held by screening", "5.7")
            if deed.value not in STANDINGS or deed.value in (member.standing, "left"):
                return Refusal(Reason.OUT_OF_TURN, "motion", f"{deed.subject} is {member.standing}, wanted {deed.value}", "2.4")
            return None
        if deed.kind == DECLARE:
            return self._hub.defaults.fault(batch, deed)
        if deed.kind == RULES:
            return self._rules_fault(deed)
        if deed.kind == KEY:
            return self._hub.admitting.key_fault(deed.subject, deed.value)
        if deed.kind == RESIDUAL:
            return self._hub.unions.fault(deed)
        if deed.kind in (LODGE, RELEASE):
            return self._hub.collateral.fault(deed)
        if deed.kind != EXTENSION or deed.subject not in door.currencies:
            return Refusal(Reason.NOT_FOUND, "motion", f"{deed.kind} {deed.subject}", "2.5")
        # Nobody means more minutes than a day has; a text of thousands of digits is not even read as a number.
        if not deed.value.isdecimal() or len(deed.value) > _MINUTES_DIGITS or int(deed.value) == 0:
            return Refusal(Reason.OUT_OF_TURN, "motion", f"{deed.value} minutes", "2.5")
        most = rules.extension_minutes_max
        total = self._desk.extensions.get(deed.subject, 0) + int(deed.value)
        if total > most:
            return Refusal(
                Reason.OUT_OF_TURN,
                "motion",
                f"{total} minutes in all, the article allows {most}",
                rules.cite("extension_minutes_max"),
            )
        currency = door.currencies[deed.subject]
        if currency.closed or batch.at >= currency.cut_off:
            return Refusal(Reason.AFTER_CUT_OFF, "motion", deed.subject, "2.5")
        return None

    def _cannot_leave(self, member: Participant) -> str:
        """Why a participant cannot begin to leave, "" when it can."""
        if "central_bank" in member.roles or "settlement_agent" in member.roles:
            return "the union settles through it"
        others = [one.bic for one in self._desk.in_force().members() if one.sponsor == member.bic[:8] and one.standing != "left"]
        return f"it settles for {' '.join(others)}" if others else ""

    def _electorate(self, deed: Deed) -> Electorate:
        rules = self._desk.in_force()
        members = frozenset(one.bic[:8] for one in rules.members() if one.standing == "active")
        setters = self._setters(deed) if deed.kind == RULES else frozenset()
        return Electorate(members, rules.rule_change_members_percent, setters)

    def _setters(self, deed: Deed) -> frozenset[str]:
        """The central banks of which other rules raise a limit, or have it no more: only who set one lets it be raised."""
        before, after = self._desk.scheme_of(self._desk.editions[-1].version).limits, self._desk.scheme_of(deed.subject).limits
        first = date.fromisoformat(deed.value)
        later = {one.valid_from for one in (*before, *after) if one.valid_from > first}
        return who_must_agree(before, after, [first, *sorted(later)])

    def _rules_fault(self, deed: Deed) -> Refusal | None:
        """Why the rulebook `deed.subject` cannot take over on the day `deed.value`."""
        desk = self._desk
        try:
            after = desk.scheme_of(deed.subject)
        except LookupError:  # not kept, or not as it was when it was proposed
            return Refusal(Reason.NOT_FOUND, "the rulebook", deed.subject, "2.6")
        decided = desk.editions[-1]
        if decided.from_day >= deed.value:
            found = f"{decided.version[:16]} takes over on {decided.from_day}; what follows is made from it"
            return Refusal(Reason.OUT_OF_TURN, "the rulebook", found, "2.6")
        before = desk.scheme_of(decided.version)
        faults = succession_faults(before, after, desk.counters.day, deed.value)
        return faults[0] if faults else self._hub.admitting.rules_fault(before, after)

    def _follow(self, batch: Batch, deed: Deed) -> None:
        self._desk.editions.append(Edition(deed.value, deed.subject))
        batch.editions_changed = True
        self._hub.admitting.rules_agreed(batch, self._desk.scheme_of(deed.subject))
        self._announce(batch, OTHER_RULES, f"rulebook {deed.subject[:16]} holds from {deed.value}")

    def _witness(self, batch: Batch, deed: Deed) -> None:
        self._hub.admitting.key_witnessed(batch, deed.subject)

    def bar(self, batch: Batch, bic: str) -> None:
        """Suspend a participant (BIC of eight) that officers confirmed to be listed, or did not release in time. One that only settles for a
        currency stays: the union's officers must find another agent, and nothing of it is paid until then."""
        member = self._desk.in_force().participants.get(bic)
        if member is not None and member.roles != {"settlement_agent"} and member.standing not in ("suspended", "left"):
            self._desk.note(batch, f"participant {member.number}", "SUSPENDED", "5.7")
            self._set_standing(batch, Deed(STANDING, bic, "suspended"))

    def suspend(self, batch: Batch, members: Iterable[str], article: str) -> None:
        """Suspend participants (BICs of eight) that failed. Who waits at a rate of theirs is refused; whoever declares it tells it."""
        rules = self._desk.in_force()
        for bic in members:
            if rules.participants[bic].standing != "left":
                self._desk.note(batch, f"participant {rules.participants[bic].number}", "SUSPENDED", article)
                self._stand(batch, Deed(STANDING, bic, "suspended"))
        self._stop(batch)

    def _stand(self, batch: Batch, deed: Deed) -> None:
        desk = self._desk
        desk.standings[deed.subject] = next(one for one in STANDINGS if one == deed.value)
        batch.governing_changed = True
        desk.refresh()
        for one in desk.in_force().members():
            if deed.subject in (one.bic[:8], one.sponsor) and not one.may_send:
                desk.quotes.replace(one.bic[:8], ())
                batch.quotes_changed = True

    def _set_standing(self, batch: Batch, deed: Deed) -> None:
        self._stand(batch, deed)
        self._stop(batch)
        self._announce(batch, PARTICIPANT, f"{deed.subject} is {deed.value}")

    def gone(self, books: Engine) -> list[str]:
        """Those who leave and have nothing left: nobody they settle or answer for, no money and no title, nothing reserved, owed, in flight, asked or to be told to an agent. Read
        from the books, so what is found becomes an input of the batch (decision 0010)."""
        desk = self._desk
        leaving = [one for one in desk.rules.members() if one.standing == "leaving"] if desk.rules is not None else []
        return [one.bic[:8] for one in leaving if not self._cannot_leave(one) and not self._holds(one, books)]

    def _holds(self, one: Participant, books: Engine) -> bool:
        desk, own = self._desk, one.bic[:8]
        for currency in one.currencies:
            balance = books.balance(account_id(Role.PREFUNDED, desk.ledgers[currency], one.number))
            if balance is not None and (balance.net or balance.debits_pending or balance.credits_pending):
                return True
        return (
            any(key.startswith(f"{own} ") for key in desk.collateral)
            or any(minor and number == one.number for (_, number), minor in desk.gross.items())
            or any(
                number == one.number
                for c in desk.cycles.values()
                if c.state is not CycleState.SETTLED
                for _, number, _ in c.gross
            )
            or any(own in (p.sender, p.creditor_agent, p.locked.provider if p.locked else "") for p in desk.live.values())
            or any(own in (asked.assigner, asked.assignee) for asked in desk.assignments.values())
            or any(own == funding.member and funding.state is FundingState.ASKED for funding in desk.fundings.values())
            or self._hub.trade_parties.answers_for(own)
            or any(
                account.code in _OF_TRADE and balance.net and place_of(account.id).participant == one.number
                for account, balance in books.accounts()
            )
        )

    def departed(self, batch: Batch, bic: str) -> Refusal | str:
        """The end of an orderly wind-down: a participant that leaves and has nothing left has left, for good."""
        desk = self._desk
        member = desk.in_force().participants[bic]
        if member.standing != "leaving":
            return Refusal(Reason.OUT_OF_TURN, "participant", bic, "2.8")
        desk.standings[bic] = "left"
        batch.governing_changed = True
        desk.refresh()
        desk.note(batch, f"participant {member.number}", "LEFT", "2.8")
        self._announce(batch, PARTICIPANT, f"{bic} has left")
        return f"{bic} left"

    def _stop(self, batch: Batch) -> None:
        """End what waits for money between members of whom one may no longer take part. What was offered goes on to its end: the
        other bank may have acted on it."""
        for payment in list(self._desk.live.values()):
            if payment.state is State.QUEUED and self.stopped(payment):
                self._desk.queues.take_back(payment.number)
                self._desk.counters.freed = True  # who stood behind it may go
                self.refuse(batch, payment)

    def stopped(self, payment: Payment) -> str:
        """The BIC of the bank that keeps a payment from going on, "" for none."""
        members = self._desk.in_force().participants
        payer, payee = members.get(payment.sender), members.get(payment.creditor_agent)
        if payer is None or not (payer.may_pay_back if payment.returns else payer.may_send):
            return payment.sender
        receives = payee is not None and (payee.may_take_back if payment.returns else payee.may_receive)
        if not receives:
            return payment.creditor_agent
        provider = payment.locked.provider if payment.locked is not None else ""
        return provider if provider and self._hub.defaults.of(provider) is not None else ""

    def refuse(self, batch: Batch, payment: Payment) -> None:
        """End a payment that waits, because of a member's standing."""
        cite = self._desk.in_force().cite("participants")
        payment.refusal = Refusal(Reason.PARTICIPANT_SUSPENDED, "the participants", self.stopped(payment), cite)
        self._hub.drop_rate(batch, payment)
        self._hub.take(batch, payment, Event.PARTICIPANT_STOPPED)

    def _extend(self, batch: Batch, deed: Deed) -> None:
        desk = self._desk
        desk.extensions[deed.subject] = desk.extensions.get(deed.subject, 0) + int(deed.value)
        batch.governing_changed = True
        desk.refresh()
        self._announce(batch, LONGER_DAY, f"{deed.subject}: cut-off {desk.extensions[deed.subject]} minutes later today")

    def _announce(self, batch: Batch, code: str, text: str) -> None:
        for member in self._desk.in_force().members():
            self._desk.send(batch, member.bic, "admi.004.001.02", "notice", admi_004(code, text, batch.at_text))

    def day_ended(self, batch: Batch) -> None:
        """What did not find its votes lapses; a motion for other rules may find them until its day comes."""
        self._lapse(batch, lambda deed: deed.kind != RULES)

    def _lapse(self, batch: Batch, over: Callable[[Deed], bool]) -> None:
        for key, motion in sorted(self._desk.motions.items()):
            if motion.state is MotionState.PROPOSED and over(motion.deed):
                self._desk.motions[key] = lapse(motion)
                batch.motions.add(key)
                self._desk.note(batch, f"motion {key}", "LAPSED", "2.3")

    def day_opened(self, batch: Batch) -> None:
        """A longer day is one day's; rules that were not agreed on before their day do not come; who was admitted is a member, unless
        screening found something since: then it stands in the rules and may do nothing."""
        for bic in self._hub.admitting.day_opened(batch):
            self._desk.standings[bic] = "suspended"
            batch.governing_changed = True
            self._desk.refresh()
            self._desk.note(batch, f"applicant {bic}", "SUSPENDED", "5.7")
        self._lapse(batch, lambda deed: deed.kind == RULES and deed.value <= self._desk.counters.day)
        if self._desk.extensions:
            self._desk.extensions = {}
            batch.governing_changed = True
            self._desk.refresh()

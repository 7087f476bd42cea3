"""Applicants of a desk, from their application to the day on which they are participants. Nobody comes in unscreened."""

from __future__ import annotations

from typing import Protocol

from fondaco.compliance import Case, CaseState, Verdict
from fondaco.core import Reason, Refusal
from fondaco.hub.casework import Casework
from fondaco.hub.commands import Apply, Certify, TakeBack
from fondaco.hub.state import Batch, Desk
from fondaco.rulebook import (
    MEMBERSHIP,
    Application,
    Membership,
    MembershipEvent,
    MembershipState,
    Scheme,
    application_fault,
    certificate_fault,
    differs,
)

# Those whom other lists are asked about: all who are on the way.
_SCREENED = (
    MembershipState.HELD,
    MembershipState.SCREENED,
    MembershipState.KEYED,
    MembershipState.CERTIFIED,
    MembershipState.ADMITTED,
    MembershipState.STOPPED,
)


class PartyScreening(Protocol):
    """What admitting needs of holding."""

    @property
    def casework(self) -> Casework: ...

    def screen_party(self, batch: Batch, place: str, party: Application) -> Verdict | None: ...


class AdmittingHub(Protocol):
    """What admitting needs of the hub."""

    @property
    def holding(self) -> PartyScreening: ...


class Admitting:
    """The memberships of a desk, by BIC of eight characters."""

    def __init__(self, desk: Desk, hub: AdmittingHub) -> None:
        self._desk = desk
        self._hub = hub

    def applied(self, batch: Batch, command: Apply) -> Refusal | str:
        """Take an application in, and screen the applicant at once. The same application again does nothing."""
        desk, application = self._desk, command.application
        bic = application.bic[:8]
        known = desk.memberships.get(bic)
        if known is not None and known.open:
            if known.application == application:
                return f"{bic} {known.state.name}"
            return Refusal(Reason.OUT_OF_TURN, "application", f"one of {bic} is {known.state.name}; take it back first", "2.9")
        coming = [desk.scheme_of(one.version) for one in desk.editions if one.from_day > desk.counters.day]
        for scheme in (desk.scheme, *coming):
            fault = application_fault(application, scheme)
            if fault is not None:
                return fault
        self._keep(batch, bic, Membership(application, int(batch.at)), "APPLIED", application.lei)
        answer = self._screened(batch, bic)
        if isinstance(answer, Refusal):
            del desk.memberships[bic]
            if known is not None:
                desk.memberships[bic] = known
        return answer

    def _screened(self, batch: Batch, bic: str) -> Refusal | str:
        """Screen one applicant. Lists that cannot be trusted answer nothing: the application does not stand then."""
        desk, holding = self._desk, self._hub.holding
        one = desk.memberships[bic]
        verdict = holding.screen_party(batch, "application", one.application)
        if verdict is None or verdict.outcome == "HOLD":
            why = "no list set is in force" if verdict is None else verdict.why
            if one.state is MembershipState.APPLIED:
                return Refusal(Reason.DAY_CLOSED, "the lists", f"{why}; apply again when they are fresh", "5.7")
            return f"{bic} {one.state.name}"
        if one.state in (MembershipState.HELD, MembershipState.STOPPED):
            holding.casework.supersede(batch, one.case)
            self._step(batch, bic, MembershipEvent.HIT_RELEASED)
            one = desk.memberships[bic]
        if verdict.outcome == "CLEAR":
            if one.state is MembershipState.APPLIED:
                self._step(batch, bic, MembershipEvent.CLEARED)
            return f"{bic} {desk.memberships[bic].state.name}"
        case_id = f"KA-{bic}-{batch.number}"
        holding.casework.open_for_party(batch, case_id, bic, verdict)
        self._step(batch, bic, MembershipEvent.HIT_FOUND, case_id)
        return f"{bic} {desk.memberships[bic].state.name}"

    def lists_swapped(self, batch: Batch) -> None:
        """Whoever is on the way meets the new lists; what officers released stands for the lists on which they did. Who is held
        stays so where the new lists cannot answer."""
        for bic in sorted(self._desk.memberships):
            if self._desk.memberships[bic].state in _SCREENED:
                self._screened(batch, bic)

    def case_decided(self, batch: Batch, case: Case) -> None:
        """Two officers decided the hit of an applicant, or the clock ended it."""
        bic = next(bic for bic, one in self._desk.memberships.items() if one.case == case.case_id)
        if case.state is CaseState.RELEASED:
            self._step(batch, bic, MembershipEvent.HIT_RELEASED)
        elif case.state is CaseState.CONFIRMED:
            self._step(batch, bic, MembershipEvent.HIT_CONFIRMED)
        elif case.state is CaseState.EXPIRED:
            self._step(batch, bic, MembershipEvent.CASE_EXPIRED)

    def key_fault(self, bic: str, fingerprint: str) -> Refusal | None:
        """Why operators cannot witness this key: nobody applied, not yet screened, or it is another key."""
        one = self._desk.memberships.get(bic)
        if one is None or one.state is not MembershipState.SCREENED:
            return Refusal(Reason.OUT_OF_TURN, "motion", f"{bic} is {one.state.name if one else 'no applicant'}", "2.10")
        if one.application.fingerprint() != fingerprint:
            return Refusal(Reason.OUT_OF_TURN, "motion", f"the key of {bic} has another fingerprint", "2.10")
        return None

    def key_witnessed(self, batch: Batch, bic: str) -> None:
        self._step(batch, bic, MembershipEvent.KEY_WITNESSED)

    def certified(self, batch: Batch, command: Certify) -> Refusal | str:
        """Take the signed report of a run of the conformance kit."""
        desk, certificate = self._desk, command.certificate
        bic = certificate.bic[:8]
        one = desk.memberships.get(bic)
        if one is None or one.state is not MembershipState.KEYED:
            return Refusal(Reason.OUT_OF_TURN, "certificate", f"{bic} is {one.state.name if one else 'no applicant'}", "2.11")
        officers = {officer.officer_id: officer for officer in desk.scheme.officers}
        fault = certificate_fault(certificate, one.application, desk.counters.rulebook, officers)
        if fault is not None:
            return fault
        self._step(batch, bic, MembershipEvent.KIT_PASSED)
        self._keep(batch, bic, _with_certificate(desk.memberships[bic], command), "", "")
        return f"{bic} {desk.memberships[bic].state.name}"

    def taken_back(self, batch: Batch, command: TakeBack) -> Refusal | str:
        """End an application, as the applicant asks."""
        bic = command.bic[:8]
        one = self._desk.memberships.get(bic)
        if one is None or not MEMBERSHIP.can(one.state, MembershipEvent.TAKEN_BACK):
            return Refusal(Reason.OUT_OF_TURN, "application", f"{bic} is {one.state.name if one else 'no applicant'}", "2.9")
        if one.state is MembershipState.HELD:
            self._hub.holding.casework.supersede(batch, one.case)
        self._step(batch, bic, MembershipEvent.TAKEN_BACK)
        return f"{bic} {self._desk.memberships[bic].state.name}"

    # Rules that admit

    def rules_fault(self, before: Scheme, after: Scheme) -> Refusal | None:
        """Why a rulebook cannot admit whom it names anew: every new member was certified, and is who applied."""
        known = {one.number for one in before.participants}
        for participant in after.participants:
            if participant.number in known or not participant.roles & {"member", "fx_provider"}:
                continue
            one = self._desk.memberships.get(participant.bic[:8])
            if one is None or one.state is not MembershipState.CERTIFIED:
                found = f"{participant.bic[:8]} is {one.state.name if one else 'no applicant'}, not certified"
                return Refusal(Reason.OUT_OF_TURN, f"participants/{participant.bic}", found, "2.6")
            other = differs(one.application, participant)
            if other or participant.standing != "active":
                found = f"not as applied for: {other or 'standing'}"
                return Refusal(Reason.OUT_OF_TURN, f"participants/{participant.bic}", found, "2.6")
        return None

    def rules_agreed(self, batch: Batch, after: Scheme) -> None:
        for participant in after.participants:
            one = self._desk.memberships.get(participant.bic[:8])
            if one is not None and one.state is MembershipState.CERTIFIED:
                self._step(batch, participant.bic[:8], MembershipEvent.RULES_AGREED)

    def day_opened(self, batch: Batch) -> list[str]:
        """Those whose day has come are members. Returns the BICs of those that the rules name and that may not be: a hit since."""
        desk = self._desk
        stopped = []
        for participant in desk.scheme.participants:
            bic = participant.bic[:8]
            one = desk.memberships.get(bic)
            if one is not None and one.state is MembershipState.ADMITTED:
                self._step(batch, bic, MembershipEvent.DAY_OPENED)
            elif self.barred(bic) and desk.standings.get(bic) != "suspended":
                stopped.append(bic)
        return stopped

    def barred(self, bic: str) -> bool:
        """Whether a participant that the rules name may do nothing: it applied, and screening hit it before its day."""
        one = self._desk.memberships.get(bic)
        return one is not None and one.state not in (MembershipState.ADMITTED, MembershipState.MEMBER)

    def _step(self, batch: Batch, bic: str, event: MembershipEvent, case: str = "") -> None:
        one = self._desk.memberships[bic].step(event)
        self._keep(batch, bic, _with_case(one, case) if case else one, event.name, case)

    def _keep(self, batch: Batch, bic: str, one: Membership, event: str, facts: str) -> None:
        self._desk.memberships[bic] = one
        batch.memberships.add(bic)
        if event:
            self._desk.note(batch, f"applicant {bic}", event, "2.9", facts)


def _with_case(one: Membership, case: str) -> Membership:
    return Membership(one.application, one.applied_at, one.state, case, one.certificate)


def _with_certificate(one: Membership, command: Certify) -> Membership:
    return Membership(one.application, one.applied_at, one.state, one.case, command.certificate)

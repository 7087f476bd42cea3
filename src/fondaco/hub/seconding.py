"""The proposals of a desk: kept with the batch that made them, and decided once, together with the deed that they let through."""

from __future__ import annotations

from collections.abc import Callable

from fondaco.core import Refusal
from fondaco.hub.commands import Command, Propose, Second, TakeBackProposal
from fondaco.hub.proposal import Proposal, ended, propose, said_of, second_fault, take_back
from fondaco.hub.state import Batch, Desk
from fondaco.rulebook import ProposalEvent, ProposalState

Answer = Refusal | str | None


class Seconding:
    """Whoever asks that the second person is there. Rights and roles were asked at the door; that it is another person is asked here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def waiting(self) -> list[Proposal]:
        """What waits for a second person, oldest first."""
        return [one for _, one in sorted(self._desk.proposals.items()) if one.state is ProposalState.PROPOSED]

    def time(self, batch: Batch) -> None:
        """What nobody approved in time lapses."""
        for one in self.waiting():
            if batch.at >= one.until:
                self._keep(batch, ended(one, ProposalEvent.TIME_RAN_OUT, "", batch.at), "2.3")

    def proposed(self, batch: Batch, said: Propose) -> Answer:
        """The new proposal's number, as a text."""
        found = propose(max(self._desk.proposals, default=0) + 1, said, self.waiting(), batch.at)
        if isinstance(found, Refusal):
            return found
        self._keep(batch, found, "2.2", f"{said_of(found.deed)}, by {found.by} {found.institution}".rstrip())
        return str(found.number)

    def taken_back(self, batch: Batch, said: TakeBackProposal) -> Answer:
        found = take_back(self._desk.proposals.get(said.number), said, batch.at)
        if isinstance(found, Refusal):
            return found
        self._keep(batch, found, "2.2", f"by {said.by}")
        return str(found.number)

    def let_through(self, batch: Batch, said: Second, deed: Command, decide: Callable[[], Answer]) -> Answer:
        """Decide `deed` if `said` is the second word for it. Where the deed is refused nothing was approved: the proposal waits on."""
        known = self._desk.proposals.get(said.number)
        fault = second_fault(known, said, deed, batch.at)
        if fault is not None:
            return fault
        answer = decide()
        if not isinstance(answer, Refusal):
            assert known is not None, "a proposal that is not there is at fault"
            self._keep(batch, ended(known, ProposalEvent.APPROVED, said.by, batch.at), "2.2", f"by {said.by}")
        return answer

    def _keep(self, batch: Batch, one: Proposal, article: str, facts: str = "") -> None:
        self._desk.proposals[one.number] = one
        batch.proposals.add(one.number)
        self._desk.note(batch, f"proposal {one.number}", one.state.name, article, facts)

"""How a deed that takes two people lives, at the desk as in access: one proposes it, another approves it, and time ends what nobody approved."""

from __future__ import annotations

from enum import Enum

from fondaco.core import Nothing, Step, Table


class ProposalState(Enum):
    PROPOSED = "PROPOSED"
    DONE = "DONE"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"


class ProposalEvent(Enum):
    APPROVED = "APPROVED"
    TAKEN_BACK = "TAKEN_BACK"
    TIME_RAN_OUT = "TIME_RAN_OUT"


_S, _E = ProposalState, ProposalEvent
PROPOSAL = Table(
    "proposal",
    start=_S.PROPOSED,
    ends=(_S.DONE, _S.WITHDRAWN, _S.LAPSED),
    rows=(
        Step(_S.PROPOSED, _E.APPROVED, _S.DONE, Nothing.NOTHING, "", "2.2"),
        Step(_S.PROPOSED, _E.TAKEN_BACK, _S.WITHDRAWN, Nothing.NOTHING, "", "2.2"),
        Step(_S.PROPOSED, _E.TIME_RAN_OUT, _S.LAPSED, Nothing.NOTHING, "", "2.3"),
    ),
)

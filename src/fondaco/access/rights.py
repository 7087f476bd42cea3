"""Which role may do what, to whose: one table, and the one question that is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from fondaco.access.caller import MACHINE_PROOFS, Caller, Role
from fondaco.core import Reason, Refusal


class Right(Enum):
    """What can be asked at a door. The name is what routes, pages and the log of looks say."""

    MESSAGE_SEND = "message.send"
    MAILBOX_READ = "mailbox.read"
    PAYMENT_DRAFT = "payment.draft"
    PAYMENT_SEND = "payment.send"
    PAYMENT_LOOK = "payment.look"
    POSITION_LOOK = "position.look"
    LIMIT_LOOK = "limit.look"
    LIMIT_SET = "limit.set"
    LIMIT_APPROVE = "limit.approve"
    QUEUE_LOOK = "queue.look"
    QUEUE_MOVE = "queue.move"
    CYCLE_LOOK = "cycle.look"
    CYCLE_CLOSE = "cycle.close"
    CYCLE_APPROVE = "cycle.approve"
    DAY_TURN = "day.turn"
    DAY_APPROVE = "day.approve"
    PROPOSAL_LOOK = "proposal.look"
    PROPOSAL_SECOND = "proposal.second"
    PROPOSAL_TAKE_BACK = "proposal.take_back"
    QUOTE_LOOK = "quote.look"
    QUOTE_POST = "quote.post"
    COLLATERAL_LOOK = "collateral.look"
    COLLATERAL_MOVE = "collateral.move"
    COLLATERAL_APPROVE = "collateral.approve"
    CASE_LOOK = "case.look"
    CASE_DECIDE = "case.decide"
    LISTS_LOOK = "lists.look"
    LISTS_LOAD = "lists.load"
    RULES_LOOK = "rules.look"
    MOTION_PROPOSE = "motion.propose"
    MOTION_APPROVE = "motion.approve"
    TRADE_LOOK = "trade.look"
    TRADE_ACT = "trade.act"
    TRADE_RELEASE = "trade.release"
    DEFAULT_LOOK = "default.look"
    DEFAULT_DECLARE = "default.declare"
    DEFAULT_APPROVE = "default.approve"
    EVIDENCE_TAKE = "evidence.take"
    EVIDENCE_BUNDLE = "evidence.bundle"
    SUPERVISE_LOOK = "supervise.look"
    AUDIT_LOOK = "audit.look"
    PEOPLE_LOOK = "people.look"
    RIGHTS_SET = "rights.set"
    RIGHTS_APPROVE = "rights.approve"
    ACCESS_REVOKE = "access.revoke"
    SIMULATION_RUN = "simulation.run"
    METRICS_READ = "metrics.read"


class Scope(Enum):
    """Whose objects a right reaches: the caller's own institution's, its own party's, those of its countries, or all of the union's."""

    OWN = "own"
    PARTY = "party"
    JURISDICTION = "jurisdiction"
    UNION = "union"


class By(Enum):
    """Who may use a right: a person who logged in, a machine by certificate or token, or either."""

    PERSON = "person"
    MACHINE = "machine"
    EITHER = "either"


class Whose(NamedTuple):
    """To whom an object belongs: an institution (BIC of eight), its country (ISO 3166-1 alpha-2), a trade party's slug; "" where to none.

    An object of two sides, such as a payment, is asked about once for each side: one yes is enough (`may_any`).
    """

    institution: str = ""
    country: str = ""
    party: str = ""


class Row(NamedTuple):
    """`second` is the right that another person needs to complete the deed; "alone" deeds and looks have none."""

    right: Right
    does: str
    who: Mapping[Role, Scope]
    by: By = By.EITHER
    second: Right | None = None


NOBODYS = Whose()
_R, _S = Role, Scope
_MAKER = {_R.MEMBER_MAKER: _S.OWN}
_CHECKER = {_R.MEMBER_CHECKER: _S.OWN}
_OPERATORS = {_R.OPERATOR_MAKER: _S.UNION, _R.OPERATOR_CHECKER: _S.UNION}
_WATCHERS = {_R.CENTRAL_BANK: _S.JURISDICTION, _R.SUPERVISOR: _S.JURISDICTION, _R.AUDITOR: _S.UNION}
_LOOKERS = _MAKER | _CHECKER | _OPERATORS | _WATCHERS
_EVERYBODY = dict.fromkeys(_R, _S.UNION)

TABLE: tuple[Row, ...] = (
    Row(Right.MESSAGE_SEND, "hand in ISO 20022 messages", _MAKER | {_R.CENTRAL_BANK: _S.OWN}, By.MACHINE),
    Row(Right.MAILBOX_READ, "read what the hub sent to an institution", _MAKER | _CHECKER | {_R.CENTRAL_BANK: _S.OWN}),
    Row(Right.PAYMENT_DRAFT, "write a payment by hand", _MAKER, By.PERSON, Right.PAYMENT_SEND),
    Row(Right.PAYMENT_SEND, "send a payment that another wrote", _CHECKER, By.PERSON),
    Row(Right.PAYMENT_LOOK, "see payments and their story", _LOOKERS | {_R.COMPLIANCE_OFFICER: _S.UNION}),
    Row(Right.POSITION_LOOK, "see positions and liquidity", _LOOKERS),
    Row(Right.LIMIT_LOOK, "see caps and limits", _LOOKERS),
    Row(Right.LIMIT_SET, "propose one's own house's limit", _MAKER, By.PERSON, Right.LIMIT_APPROVE),
    Row(Right.LIMIT_APPROVE, "approve a limit that another proposed", _CHECKER, By.PERSON),
    Row(Right.QUEUE_LOOK, "see what waits", _LOOKERS),
    Row(Right.QUEUE_MOVE, "move or revoke what waits", _MAKER),
    Row(Right.CYCLE_LOOK, "see cycles and the proof of netting", _LOOKERS),
    Row(Right.CYCLE_CLOSE, "propose to close a cycle by hand", {_R.OPERATOR_MAKER: _S.UNION}, By.PERSON, Right.CYCLE_APPROVE),
    Row(Right.CYCLE_APPROVE, "approve closing a cycle by hand", {_R.OPERATOR_CHECKER: _S.UNION}, By.PERSON),
    Row(Right.DAY_TURN, "propose to open or end the business day", {_R.OPERATOR_MAKER: _S.UNION}, By.PERSON, Right.DAY_APPROVE),
    Row(Right.DAY_APPROVE, "approve opening or ending the business day", {_R.OPERATOR_CHECKER: _S.UNION}, By.PERSON),
    Row(Right.PROPOSAL_LOOK, "see what waits for a second person", _LOOKERS),
    Row(Right.PROPOSAL_SECOND, "be the second person, with the right that the deed's row names", _CHECKER | {_R.OPERATOR_CHECKER: _S.UNION}, By.PERSON),
    Row(Right.PROPOSAL_TAKE_BACK, "take back what one proposed", _MAKER | {_R.OPERATOR_MAKER: _S.UNION}, By.PERSON),
    Row(Right.QUOTE_LOOK, "see firm quotes", _MAKER | _CHECKER | _OPERATORS | {_R.AUDITOR: _S.UNION}),
    Row(Right.QUOTE_POST, "post firm quotes", _MAKER, By.MACHINE),
    Row(Right.COLLATERAL_LOOK, "see collateral", _LOOKERS),
    Row(Right.COLLATERAL_MOVE, "propose to lodge or release", {_R.OPERATOR_MAKER: _S.UNION}, By.PERSON, Right.COLLATERAL_APPROVE),
    Row(Right.COLLATERAL_APPROVE, "approve lodging or release", {_R.OPERATOR_CHECKER: _S.UNION}, By.PERSON),
    Row(Right.CASE_LOOK, "see held hits and what matched", {_R.COMPLIANCE_OFFICER: _S.UNION, _R.AUDITOR: _S.UNION, _R.SUPERVISOR: _S.JURISDICTION}, By.PERSON),
    Row(Right.CASE_DECIDE, "release or confirm a hit", {_R.COMPLIANCE_OFFICER: _S.UNION}, By.PERSON, Right.CASE_DECIDE),
    Row(Right.LISTS_LOOK, "see lists and their state", _OPERATORS | {_R.COMPLIANCE_OFFICER: _S.UNION, _R.AUDITOR: _S.UNION, _R.SUPERVISOR: _S.UNION, _R.CENTRAL_BANK: _S.UNION}),
    Row(Right.LISTS_LOAD, "hand in a delivery of a list", {_R.OPERATOR_MAKER: _S.UNION, _R.COMPLIANCE_OFFICER: _S.UNION}),
    Row(Right.RULES_LOOK, "read the rulebook", _EVERYBODY),
    Row(Right.MOTION_PROPOSE, "propose standing, a longer day, rules", {_R.OPERATOR_MAKER: _S.UNION}, By.PERSON, Right.MOTION_APPROVE),
    Row(Right.MOTION_APPROVE, "approve what another proposed", {_R.OPERATOR_CHECKER: _S.UNION}, By.PERSON),
    Row(Right.TRADE_LOOK, "see deals, documents and title", _LOOKERS | {_R.TRADER: _S.PARTY, _R.COMPLIANCE_OFFICER: _S.UNION}),
    Row(Right.TRADE_ACT, "act for a party of trade", _MAKER | {_R.TRADER: _S.PARTY}),
    Row(Right.TRADE_RELEASE, "release a deed of trade that another began", _CHECKER, By.PERSON),
    Row(Right.DEFAULT_LOOK, "see defaults and drills", _OPERATORS | _WATCHERS),
    Row(Right.DEFAULT_DECLARE, "propose that a participant failed", {_R.OPERATOR_MAKER: _S.UNION}, By.PERSON, Right.DEFAULT_APPROVE),
    Row(Right.DEFAULT_APPROVE, "approve that declaration", {_R.OPERATOR_CHECKER: _S.UNION}, By.PERSON),
    Row(Right.EVIDENCE_TAKE, "take a day's tables of disclosure, and the journal's head", _WATCHERS | _OPERATORS),
    Row(Right.EVIDENCE_BUNDLE, "take a day's bundle of evidence, with every message and name", {_R.AUDITOR: _S.UNION, _R.SUPERVISOR: _S.JURISDICTION, _R.OPERATOR_CHECKER: _S.UNION}),
    Row(Right.SUPERVISE_LOOK, "the supervisor's view of its countries", {_R.SUPERVISOR: _S.JURISDICTION, _R.CENTRAL_BANK: _S.JURISDICTION}),
    Row(Right.AUDIT_LOOK, "who saw or changed this", {_R.AUDITOR: _S.UNION, _R.SUPERVISOR: _S.JURISDICTION, _R.OPERATOR_CHECKER: _S.UNION}),
    Row(Right.PEOPLE_LOOK, "see accounts and certificates", _OPERATORS | {_R.AUDITOR: _S.UNION} | _CHECKER),
    Row(Right.RIGHTS_SET, "propose accounts, roles, resets, certificates", {_R.OPERATOR_MAKER: _S.UNION}, By.PERSON, Right.RIGHTS_APPROVE),
    Row(Right.RIGHTS_APPROVE, "approve accounts, roles, resets, certificates", {_R.OPERATOR_CHECKER: _S.UNION}, By.PERSON),
    Row(Right.ACCESS_REVOKE, "take access away, at once", _OPERATORS | _CHECKER, By.PERSON),
    Row(Right.SIMULATION_RUN, "run a simulation", _OPERATORS | {_R.CENTRAL_BANK: _S.UNION}),
    Row(Right.METRICS_READ, "read metrics and readiness", _OPERATORS | {_R.AUDITOR: _S.UNION}),
)  # fmt: skip
_WATCHING = frozenset({Role.SUPERVISOR, Role.AUDITOR})
_OF_NOBODY = frozenset({Right.RULES_LOOK, Right.METRICS_READ, Right.SIMULATION_RUN})
ROWS = {row.right: row for row in TABLE}
assert len(ROWS) == len(TABLE) == len(Right), "one row for every right"
assert all(row.second is None or row.by is By.PERSON for row in TABLE), "a deed of two is done by people"


def may(caller: Caller, right: Right, whose: Whose = NOBODYS) -> Refusal | None:
    """Why the caller may not use `right` upon what is `whose`; None when it may. Pure.

    That the second person of a deed is another than the first is asked where the deed is kept (`proposal.decide`; `other_person` for the rest).
    """
    row = ROWS[right]
    held = caller.roles & row.who.keys()
    if not held:
        return Refusal(Reason.RIGHT_NOT_HELD, right.value, _roles(caller))
    if row.by is By.PERSON and caller.proof in MACHINE_PROOFS:
        return Refusal(Reason.RIGHT_NOT_HELD, right.value, "this takes a person who logged in")
    if row.by is By.MACHINE and caller.proof not in MACHINE_PROOFS:
        return Refusal(Reason.RIGHT_NOT_HELD, right.value, "this takes a certificate or a token bound to one")
    if not any(_reaches(caller, row.who[role], whose) for role in held):
        # What is not there and what is not the caller's look the same from outside: nobody counts members or aliases with this.
        return Refusal(Reason.RIGHT_NOT_HELD, right.value, "not the caller's to see")
    return None


def roles_with(right: Right) -> frozenset[Role]:
    """The roles that hold a right at all, upon whatever: for a door that describes its routes."""
    return frozenset(ROWS[right].who)


def may_any(caller: Caller, right: Right, sides: tuple[Whose, ...]) -> Refusal | None:
    """The same for what has several sides, such as the two banks of a payment: one of them suffices. Refused for no sides at all."""
    answers = [may(caller, right, side) for side in sides]
    if None in answers:
        return None
    return answers[0] if answers else Refusal(Reason.RIGHT_NOT_HELD, right.value, "it belongs to nobody")


def is_logged(caller: Caller, right: Right, whose: Whose = NOBODYS) -> bool:
    """Whether this use must be written to the log of looks before it is answered: whatever reaches beyond one's own house.

    A supervisor's and an auditor's always are.
    """
    row = ROWS[right]
    if caller.roles & _WATCHING:
        return True
    own = [row.who[role] for role in caller.roles & row.who.keys() if row.who[role] in (Scope.OWN, Scope.PARTY)]
    return right not in _OF_NOBODY and not any(_reaches(caller, scope, whose) for scope in own)


def _reaches(caller: Caller, scope: Scope, whose: Whose) -> bool:
    if scope is Scope.UNION:
        return True
    if scope is Scope.JURISDICTION:
        return bool(whose.country) and whose.country in caller.jurisdiction
    if scope is Scope.PARTY:
        return bool(whose.party) and whose.party == caller.party and whose.institution in ("", caller.institution)
    return bool(whose.institution) and whose.institution == caller.institution


def _roles(caller: Caller) -> str:
    return " ".join(sorted(role.value for role in caller.roles)) or "no role"


def other_person(first: str, caller: Caller) -> Refusal | None:
    """The second half of a deed is another person's than the first, whatever roles they have."""
    if first == caller.name:
        return Refusal(Reason.RIGHT_NOT_HELD, "the second person", f"{caller.name} did the first half")
    return None


def rights_page() -> str:
    """The table as a page: every right by every role, made by `tools/build_docs.py`."""
    roles = list(Role)
    lines = [
        "# Rights: every right by every role",
        "",
        "Made from the table in `src/fondaco/access/rights.py` by `tools/build_docs.py`; edit the table, not this page.",
        "",
        "*own*: of one's own institution; *party*: of one's own party; *jurisdiction*: of one's own countries; *union*: of all; -: never.",
        "*second* is the right that another person needs to complete the deed.",
        "",
        "| right | does | by | " + " | ".join(role.value for role in roles) + " | second |",
        "|---" * (len(roles) + 4) + "|",
    ]
    for row in TABLE:
        cells = [row.who[role].value if role in row.who else "-" for role in roles]
        lines.append(
            f"| {row.right.value} | {row.does} | {row.by.value} | {' | '.join(cells)} | {row.second.value if row.second else '-'} |"
        )
    return "\n".join([*lines, ""])

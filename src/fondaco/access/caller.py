"""Who asks: the caller of a request, and the roles that a caller may have."""

from __future__ import annotations

from enum import Enum

import msgspec


class Role(Enum):
    """What a caller may be. Makers propose, checkers approve what another proposed; no caller is both for one deed."""

    MEMBER_MAKER = "member-maker"
    MEMBER_CHECKER = "member-checker"
    OPERATOR_MAKER = "operator-maker"
    OPERATOR_CHECKER = "operator-checker"
    COMPLIANCE_OFFICER = "compliance-officer"
    CENTRAL_BANK = "central-bank"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    TRADER = "trader"


class Proof(Enum):
    """How a caller was recognised."""

    CERTIFICATE = "certificate"
    TOKEN = "token"  # noqa: S105 - a way to be recognised, not a secret
    SESSION = "session"


class Caller(msgspec.Struct, frozen=True):
    """Who asks. `name` is one person or machine, `institution` the BIC of eight it acts for, or "" for the operator's own people.

    `jurisdiction` are the countries (ISO 3166-1 alpha-2) that a supervisor sees, empty for all others; `party` is the slug of the
    trade party that a trader acts for, or "".
    """

    name: str
    institution: str
    roles: frozenset[Role]
    proof: Proof
    jurisdiction: frozenset[str] = frozenset()
    party: str = ""

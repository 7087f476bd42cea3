"""Who asks: the caller of a request, and the roles that a caller may have."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import Enum

import msgspec

from fondaco.core import COUNTRIES, Reason, Refusal


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
    OFFICER_KEY = "officer-key"


MACHINE_PROOFS = frozenset({Proof.CERTIFICATE, Proof.TOKEN})


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


class Grant(msgspec.Struct, frozen=True):
    """What two people gave a person or a machine: a caller, before it is known how it was recognised."""

    name: str
    institution: str
    roles: tuple[Role, ...]
    jurisdiction: tuple[str, ...] = ()
    party: str = ""

    def caller(self, proof: Proof) -> Caller:
        return Caller(self.name, self.institution, frozenset(self.roles), proof, frozenset(self.jurisdiction), self.party)


_SIDES = (
    frozenset({Role.MEMBER_MAKER, Role.MEMBER_CHECKER, Role.TRADER}),
    frozenset({Role.OPERATOR_MAKER, Role.OPERATOR_CHECKER}),
    frozenset({Role.COMPLIANCE_OFFICER}),
    frozenset({Role.CENTRAL_BANK}),
    frozenset({Role.SUPERVISOR}),
    frozenset({Role.AUDITOR}),
)
_OF_AN_INSTITUTION = frozenset({Role.MEMBER_MAKER, Role.MEMBER_CHECKER, Role.TRADER, Role.CENTRAL_BANK})
_OF_A_JURISDICTION = frozenset({Role.CENTRAL_BANK, Role.SUPERVISOR})
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.@_-]{0,62}[a-z0-9])?")


def grant_fault(grant: Grant, institutions: Collection[str]) -> Refusal | None:
    """Why nobody may be given this: `institutions` are the participants' BICs of eight.

    One grant stands on one side (member, operator, compliance, central bank, supervisor, auditor), and a maker is no checker: who
    watches never acts, and who acts never approves.
    """
    roles = frozenset(grant.roles)
    if not _NAME.fullmatch(grant.name):
        return Refusal(Reason.CHARACTERS_WRONG, "name", f"{grant.name!r}: lower case letters, digits, and . @ _ - between them")
    if not roles:
        return Refusal(Reason.ELEMENT_MISSING, "roles", "none")
    if not any(roles <= side for side in _SIDES):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "roles", f"{_names(roles)} stand on different sides")
    if {Role.MEMBER_MAKER, Role.MEMBER_CHECKER} <= roles or {Role.OPERATOR_MAKER, Role.OPERATOR_CHECKER} <= roles:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "roles", "a maker is no checker")
    if bool(roles & _OF_AN_INSTITUTION) != bool(grant.institution):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "institution", f"{grant.institution or 'none'} with {_names(roles)}")
    if grant.institution and grant.institution not in institutions:
        return Refusal(Reason.NOT_FOUND, "institution", grant.institution)
    if bool(roles & _OF_A_JURISDICTION) != bool(grant.jurisdiction):
        return Refusal(
            Reason.ELEMENT_NOT_ADMITTED, "jurisdiction", f"{' '.join(grant.jurisdiction) or 'none'} with {_names(roles)}"
        )
    unknown = sorted(set(grant.jurisdiction) - set(COUNTRIES))
    if unknown:
        return Refusal(Reason.CODE_UNKNOWN, "jurisdiction", " ".join(unknown))
    if (Role.TRADER in roles) != bool(grant.party):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "party", f"{grant.party or 'none'} with {_names(roles)}")
    return None


def _names(roles: Collection[Role]) -> str:
    return " ".join(sorted(role.value for role in roles))

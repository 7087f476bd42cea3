"""Who asks, on whose behalf, with which right."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fondaco.access.authenticating import Gate
from fondaco.access.caller import Caller, Grant, Proof, Role, grant_fault
from fondaco.access.certificate import CertificateFacts, from_pem, read_certificate, thumbprint_of, time_fault
from fondaco.access.deeds import Deeds, Outcome, officer_caller
from fondaco.access.demo_authority import CLIENT, SERVER, DemoAuthority
from fondaco.access.looks import Look, Looks
from fondaco.access.once import Once
from fondaco.access.people import ENROL, People, Person
from fondaco.access.presented import PLAIN_COOKIE, SESSION_COOKIE, Presented, presented
from fondaco.access.proposal import APPROVE, PROPOSAL, PROPOSE, WITHDRAW, AccessDeed, AccessWord, Kind, Proposal, sign_word
from fondaco.access.proposal import State as ProposalState
from fondaco.access.register import CONNECT, SIGN, Register, Registered, Registration, standing_fault
from fondaco.access.rights import NOBODYS, ROWS, By, Right, Row, Scope, Whose, is_logged, may, may_any, other_person, rights_page
from fondaco.access.seen import SeenBefore, Sight
from fondaco.access.sessions import Sessions, csrf_fault, csrf_token, set_cookie
from fondaco.access.store import AccessStore, AccessUnavailable
from fondaco.access.tokens import ASSERTION_TYPE, Granted, Tokens

# uvicorn is read when somebody serves: the command line starts without it.
if TYPE_CHECKING:
    from fondaco.access.tls_protocol import ClientCertificateProtocol, server_settings

__all__ = [
    "APPROVE",
    "ASSERTION_TYPE",
    "CLIENT",
    "CONNECT",
    "ENROL",
    "NOBODYS",
    "PLAIN_COOKIE",
    "PROPOSAL",
    "PROPOSE",
    "ROWS",
    "SERVER",
    "SESSION_COOKIE",
    "SIGN",
    "WITHDRAW",
    "AccessDeed",
    "AccessStore",
    "AccessUnavailable",
    "AccessWord",
    "By",
    "Caller",
    "CertificateFacts",
    "ClientCertificateProtocol",
    "Deeds",
    "DemoAuthority",
    "Gate",
    "Grant",
    "Granted",
    "Kind",
    "Look",
    "Looks",
    "Once",
    "Outcome",
    "People",
    "Person",
    "Presented",
    "Proof",
    "Proposal",
    "ProposalState",
    "Register",
    "Registered",
    "Registration",
    "Right",
    "Role",
    "Row",
    "Scope",
    "SeenBefore",
    "Sessions",
    "Sight",
    "Tokens",
    "Whose",
    "csrf_fault",
    "csrf_token",
    "from_pem",
    "grant_fault",
    "is_logged",
    "may",
    "may_any",
    "officer_caller",
    "other_person",
    "presented",
    "read_certificate",
    "rights_page",
    "server_settings",
    "set_cookie",
    "sign_word",
    "standing_fault",
    "thumbprint_of",
    "time_fault",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in ("ClientCertificateProtocol", "server_settings"):
        return getattr(import_module("fondaco.access.tls_protocol"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")

"""Who asks, on whose behalf, with which right."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fondaco.access.authenticating import Gate
from fondaco.access.caller import Caller, Grant, Proof, Role, grant_fault
from fondaco.access.certificate import CertificateFacts, from_pem, read_certificate, thumbprint_of, time_fault
from fondaco.access.deeds import Deeds, Outcome, officer_caller
from fondaco.access.demo_authority import CLIENT, SERVER, DemoAuthority
from fondaco.access.keys import Keys
from fondaco.access.lockout import Lockout
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

# uvicorn, lxml's signatures and kin are read when somebody serves: the command line starts without it.
if TYPE_CHECKING:
    from fondaco.access.entering import Enrolment, Entered, Entrance, Turnstile, make_demo
    from fondaco.access.http_signature import Request, request_of, sign_request, verify_request
    from fondaco.access.json_signature import HEADER as JWS_HEADER
    from fondaco.access.json_signature import sign_detached, verify_detached
    from fondaco.access.passkeys import Passkeys
    from fondaco.access.tls_protocol import ClientCertificateProtocol, server_settings
    from fondaco.access.xml_signature import SignedMessage, is_signed, note_messages, sign_message, verify_message

__all__ = [
    "APPROVE",
    "ASSERTION_TYPE",
    "CLIENT",
    "CONNECT",
    "ENROL",
    "JWS_HEADER",
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
    "Enrolment",
    "Entered",
    "Entrance",
    "Gate",
    "Grant",
    "Granted",
    "Keys",
    "Kind",
    "Lockout",
    "Look",
    "Looks",
    "Once",
    "Outcome",
    "Passkeys",
    "People",
    "Person",
    "Presented",
    "Proof",
    "Proposal",
    "ProposalState",
    "Register",
    "Registered",
    "Registration",
    "Request",
    "Right",
    "Role",
    "Row",
    "Scope",
    "SeenBefore",
    "Sessions",
    "Sight",
    "SignedMessage",
    "Tokens",
    "Turnstile",
    "Whose",
    "csrf_fault",
    "csrf_token",
    "from_pem",
    "grant_fault",
    "is_logged",
    "is_signed",
    "make_demo",
    "may",
    "may_any",
    "note_messages",
    "officer_caller",
    "other_person",
    "presented",
    "read_certificate",
    "request_of",
    "rights_page",
    "server_settings",
    "set_cookie",
    "sign_detached",
    "sign_message",
    "sign_request",
    "sign_word",
    "standing_fault",
    "thumbprint_of",
    "time_fault",
    "verify_detached",
    "verify_message",
    "verify_request",
]  # fmt: skip


_LATE = {
    "Entered": "entering", "Enrolment": "entering", "Entrance": "entering", "Turnstile": "entering", "make_demo": "entering",
    "Passkeys": "passkeys",
    "ClientCertificateProtocol": "tls_protocol", "server_settings": "tls_protocol",
    "Request": "http_signature", "request_of": "http_signature", "sign_request": "http_signature", "verify_request": "http_signature",
    "sign_detached": "json_signature", "verify_detached": "json_signature",
    "SignedMessage": "xml_signature", "is_signed": "xml_signature", "note_messages": "xml_signature", "sign_message": "xml_signature",
    "verify_message": "xml_signature",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "JWS_HEADER":
        return import_module("fondaco.access.json_signature").HEADER
    if name in _LATE:
        return getattr(import_module(f"fondaco.access.{_LATE[name]}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")

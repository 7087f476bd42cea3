"""Who asks, on whose behalf, with which right."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fondaco.access.caller import MACHINE_PROOFS, Caller, Grant, Proof, Role, grant_fault
from fondaco.access.certificate import CertificateFacts, from_pem, read_certificate, thumbprint_of, time_fault
from fondaco.access.deeds import Deeds, Outcome, officer_caller
from fondaco.access.demo_authority import CLIENT, SERVER, DemoAuthority
from fondaco.access.lockout import Lockout
from fondaco.access.looks import Look, Looks
from fondaco.access.one_use_secrets import OneUseSecrets
from fondaco.access.people import ENROL, People, Person
from fondaco.access.presented import PLAIN_COOKIE, SESSION_COOKIE, Presented, presented
from fondaco.access.proposal import APPROVE, PROPOSE, TAKE_AWAY, WITHDRAW, AccessDeed, AccessWord, Kind, Proposal, sign_word
from fondaco.access.register import CONNECT, SIGN, Register, Registered, Registration, standing_fault
from fondaco.access.rights import (
    NOBODYS,
    ROWS,
    By,
    Right,
    Row,
    Scope,
    Whose,
    is_logged,
    may,
    may_any,
    other_person,
    rights_page,
    roles_with,
)
from fondaco.access.seen import SeenBefore, Sight
from fondaco.access.sessions import FRESH_S, OwnSession, Sessions, csrf_fault, csrf_token, set_cookie
from fondaco.access.store import AccessStore, AccessUnavailable

# The libraries of tokens, signatures, passkeys and of the server are read when somebody needs them: a command line starts without.
if TYPE_CHECKING:
    from fondaco.access.authenticating import Gate
    from fondaco.access.entering import Enrolment, Entered, Entrance, Turnstile, make_demo
    from fondaco.access.http_signature import Request, key_id_of, request_of, sign_request, verify_request
    from fondaco.access.json_signature import JWS_HEADER, kid_of, sign_detached, verify_detached
    from fondaco.access.keys import Keys
    from fondaco.access.opening import Access
    from fondaco.access.passkeys import Passkey, Passkeys
    from fondaco.access.reach import Reach
    from fondaco.access.tls_protocol import ClientCertificateProtocol, server_context, server_settings
    from fondaco.access.tokens import ASSERTION_TYPE, Granted, Tokens
    from fondaco.access.trail import Paid, Trail
    from fondaco.access.twofold import second_right
    from fondaco.access.xml_signature import SignedMessage, is_signed, note_messages, sign_message, verify_message

__all__ = [
    "APPROVE",
    "ASSERTION_TYPE",
    "CLIENT",
    "CONNECT",
    "ENROL",
    "FRESH_S",
    "JWS_HEADER",
    "MACHINE_PROOFS",
    "NOBODYS",
    "PLAIN_COOKIE",
    "PROPOSE",
    "ROWS",
    "SERVER",
    "SESSION_COOKIE",
    "SIGN",
    "TAKE_AWAY",
    "WITHDRAW",
    "Access",
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
    "OneUseSecrets",
    "Outcome",
    "OwnSession",
    "Paid",
    "Passkey",
    "Passkeys",
    "People",
    "Person",
    "Presented",
    "Proof",
    "Proposal",
    "Reach",
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
    "Trail",
    "Turnstile",
    "Whose",
    "csrf_fault",
    "csrf_token",
    "from_pem",
    "grant_fault",
    "is_logged",
    "is_signed",
    "key_id_of",
    "kid_of",
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
    "roles_with",
    "second_right",
    "server_context",
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
]

_LATE = {
    "authenticating": "Gate",
    "entering": "Entered Enrolment Entrance Turnstile make_demo",
    "http_signature": "Request key_id_of request_of sign_request verify_request",
    "json_signature": "JWS_HEADER kid_of sign_detached verify_detached",
    "keys": "Keys",
    "opening": "Access",
    "passkeys": "Passkey Passkeys",
    "reach": "Reach",
    "tls_protocol": "ClientCertificateProtocol server_context server_settings",
    "tokens": "ASSERTION_TYPE Granted Tokens",
    "trail": "Paid Trail",
    "twofold": "second_right",
    "xml_signature": "SignedMessage is_signed note_messages sign_message verify_message",
}
_HOME = {name: module for module, names in _LATE.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"fondaco.access.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")

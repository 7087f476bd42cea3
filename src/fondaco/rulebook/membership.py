"""How a bank becomes a participant: it applies, is screened, its key is witnessed, it is certified, the rules admit it, its day comes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.core import COUNTRIES, Nothing, Reason, Refusal, Step, Table, bic_fault, fingerprint, lei_fault, signature_holds
from fondaco.rulebook.participant import OfficerRule, Participant
from fondaco.rulebook.scheme import Scheme


class State(Enum):
    APPLIED = "APPLIED"
    HELD = "HELD"
    SCREENED = "SCREENED"
    KEYED = "KEYED"
    CERTIFIED = "CERTIFIED"
    ADMITTED = "ADMITTED"
    STOPPED = "STOPPED"
    MEMBER = "MEMBER"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


class Event(Enum):
    CLEARED = "CLEARED"
    HIT_FOUND = "HIT_FOUND"
    HIT_RELEASED = "HIT_RELEASED"
    HIT_CONFIRMED = "HIT_CONFIRMED"
    CASE_EXPIRED = "CASE_EXPIRED"
    KEY_WITNESSED = "KEY_WITNESSED"
    KIT_PASSED = "KIT_PASSED"
    RULES_AGREED = "RULES_AGREED"
    DAY_OPENED = "DAY_OPENED"
    TAKEN_BACK = "TAKEN_BACK"


S, E, N = State, Event, Nothing.NOTHING
_OPEN = (S.HELD, S.SCREENED, S.KEYED, S.CERTIFIED)

MEMBERSHIP = Table(
    "membership",
    start=S.APPLIED,
    ends=(S.MEMBER, S.REFUSED, S.WITHDRAWN),
    rows=(
        Step(S.APPLIED, E.CLEARED, S.SCREENED, N, "", "2.9"),
        Step(S.APPLIED, E.HIT_FOUND, S.HELD, N, "", "2.9"),
        *(Step(state, E.HIT_FOUND, S.HELD, N, "", "5.7") for state in (S.SCREENED, S.KEYED, S.CERTIFIED)),
        Step(S.HELD, E.HIT_RELEASED, S.SCREENED, N, "", "5.5"),
        Step(S.HELD, E.HIT_CONFIRMED, S.REFUSED, N, "", "5.6"),
        Step(S.HELD, E.CASE_EXPIRED, S.REFUSED, N, "", "5.9"),
        Step(S.SCREENED, E.KEY_WITNESSED, S.KEYED, N, "", "2.10"),
        Step(S.KEYED, E.KIT_PASSED, S.CERTIFIED, N, "", "2.11"),
        Step(S.CERTIFIED, E.RULES_AGREED, S.ADMITTED, N, "", "2.6"),
        Step(S.ADMITTED, E.HIT_FOUND, S.STOPPED, N, "", "5.7"),
        Step(S.STOPPED, E.HIT_RELEASED, S.ADMITTED, N, "", "5.5"),
        Step(S.STOPPED, E.HIT_CONFIRMED, S.REFUSED, N, "", "5.6"),
        Step(S.STOPPED, E.CASE_EXPIRED, S.REFUSED, N, "", "5.9"),
        Step(S.ADMITTED, E.DAY_OPENED, S.MEMBER, N, "", "2.6"),
        *(Step(state, E.TAKEN_BACK, S.WITHDRAWN, N, "", "2.9") for state in _OPEN),
    ),
)


class Application(msgspec.Struct, frozen=True):
    """What a bank says of itself, signed with the key that it will use (`public_key`, `signature`: hexadecimal)."""

    bic: str
    lei: str
    name: str
    country: str
    currency: str
    currencies: tuple[str, ...]
    public_key: str
    roles: tuple[str, ...] = ("member",)
    sponsor: str = ""
    signature: str = ""

    def material(self) -> bytes:
        """The bytes that are signed: canonical, and led by what they are for."""
        return b"fondaco application 1\0" + msgspec.msgpack.encode(msgspec.structs.replace(self, signature=""))

    def fingerprint(self) -> str:
        return fingerprint(bytes.fromhex(self.public_key))


def sign_application(application: Application, key: Ed25519PrivateKey) -> Application:
    """The application with its key and signature."""
    own = msgspec.structs.replace(application, public_key=key.public_key().public_bytes_raw().hex())
    return msgspec.structs.replace(own, signature=key.sign(own.material()).hex())


class CaseResult(msgspec.Struct, frozen=True):
    """One case of the conformance kit: what was tried, by which rule, whether it passed, and what was found."""

    name: str
    rule: str
    passed: bool
    found: str = ""


class Certificate(msgspec.Struct, frozen=True):
    """What a run of the conformance kit found. The candidate signed the kit's challenge with its key; an operator signs the report."""

    bic: str
    fingerprint: str
    rulebook: str
    kit: str
    made_at: str
    results: tuple[CaseResult, ...]
    officer_id: str = ""
    signature: str = ""

    @property
    def passed(self) -> bool:
        """Every case of the kit, each once, and all of them good."""
        return tuple(one.name for one in self.results) == CONFORMANCE_CASES and all(one.passed for one in self.results)

    def material(self) -> bytes:
        """The bytes that are signed: canonical, and led by what they are for."""
        return b"fondaco certificate 1\0" + msgspec.msgpack.encode(msgspec.structs.replace(self, signature=""))


# The cases of the kit, in their order; a report that lacks one certifies nothing.
CONFORMANCE_CASES = (
    "key", "pays", "pays-urgent", "reads-refusal", "resends", "accepts", "refuses-unknown-account", "answers-once", "recalls",
    "answers-recall", "returns", "takes-return", "enquires", "answers-verification", "answers-investigation", "reads-statement", "bears-rejection",
)  # fmt: skip


def sign_certificate(certificate: Certificate, officer_id: str, key: Ed25519PrivateKey) -> Certificate:
    own = msgspec.structs.replace(certificate, officer_id=officer_id)
    return msgspec.structs.replace(own, signature=key.sign(own.material()).hex())


class Membership(msgspec.Struct, frozen=True):
    """One application and how far it came. `case` names the open case of a hit."""

    application: Application
    applied_at: int
    state: State = State.APPLIED
    case: str = ""
    certificate: Certificate | None = None

    @property
    def open(self) -> bool:
        return self.state not in MEMBERSHIP.ends

    def step(self, event: Event) -> Membership:
        return msgspec.structs.replace(self, state=MEMBERSHIP.step(self.state, event).after)


def application_fault(application: Application, scheme: Scheme) -> Refusal | None:
    """What is wrong with an application as it stands: its data, its signature, or that the BIC is a participant's already."""
    roles = set(application.roles)
    unknown = {application.currency, *application.currencies} - set(scheme.currencies)
    for reason, where, fault in (
        (Reason.IDENTIFIER_WRONG, "bic", bic_fault(application.bic)),
        (Reason.IDENTIFIER_WRONG, "lei", lei_fault(application.lei)),
        (Reason.ELEMENT_MISSING, "name", "" if application.name.strip() else "it is empty"),
        (Reason.CODE_UNKNOWN, "country", "" if application.country in COUNTRIES else application.country or "none"),
        (Reason.CURRENCY_NOT_SETTLED, "currencies", " ".join(sorted(unknown))),
        (Reason.CODE_UNKNOWN, "roles", "" if roles and roles <= {"member", "fx_provider"} else "member or fx_provider"),
    ):
        if fault:
            return Refusal(reason, where, fault, "2.9")
    if any(one.bic[:8] == application.bic[:8] for one in scheme.participants):
        return Refusal(Reason.OUT_OF_TURN, "bic", f"{application.bic[:8]} is a participant's", "2.9")
    try:
        own = bytes.fromhex(application.public_key), bytes.fromhex(application.signature)
    except ValueError:
        own = b"", b""
    if not signature_holds(*own, application.material()):
        return Refusal(Reason.ROLE_NOT_HELD, "signature", "the signature does not hold", "2.9")
    return None


def certificate_fault(
    certificate: Certificate, application: Application, rulebook: str, officers: dict[str, OfficerRule]
) -> Refusal | None:
    """Why a report certifies nothing: not the whole kit, of another key or rulebook, or not signed by an operator."""
    officer = officers.get(certificate.officer_id)
    if officer is None or "operator" not in officer.roles:
        return Refusal(Reason.ROLE_NOT_HELD, "officer", certificate.officer_id, "2.11")
    try:
        own = bytes.fromhex(officer.public_key), bytes.fromhex(certificate.signature)
    except ValueError:
        own = b"", b""
    if not signature_holds(*own, certificate.material()):
        return Refusal(Reason.ROLE_NOT_HELD, "signature", "the signature does not hold", "2.11")
    if certificate.bic[:8] != application.bic[:8] or certificate.fingerprint != application.fingerprint():
        return Refusal(Reason.OUT_OF_TURN, "certificate", f"it is of {certificate.bic} and another key", "2.11")
    if certificate.rulebook != rulebook:
        return Refusal(Reason.OUT_OF_TURN, "certificate", f"made under rulebook {certificate.rulebook[:16]}", "2.11")
    if not certificate.passed:
        failed = " ".join(one.name for one in certificate.results if not one.passed) or "not every case was run"
        return Refusal(Reason.OUT_OF_TURN, "certificate", failed, "2.11")
    return None


def admitting_row(said: Application, number: int, caps: Mapping[str, str]) -> str:
    """The applicant as `participants.toml` names it, under `number`: TOML to be added at that file's end.

    `caps` are net debit caps by currency, decimal text in major units. Whether the rules may admit it is asked when they are voted on
    (article 2.6).
    """
    quote = json.dumps  # a TOML basic string is written as JSON's
    sponsor = f"sponsor = {quote(said.sponsor)}\n" if said.sponsor else ""
    held = ", ".join(f"{code} = {quote(text)}" for code, text in caps.items())
    return (
        f"\n[[participants]]\nnumber = {number}\nbic = {quote(said.bic)}\nlei = {quote(said.lei)}\n"
        f"name = {quote(said.name, ensure_ascii=False)}\ncountry = {quote(said.country)}\ncurrency = {quote(said.currency)}\n"
        f"roles = {quote(list(said.roles))}\ncurrencies = {quote(list(said.currencies))}\n{sponsor}caps = {{ {held} }}\n"
    )


def differs(application: Application, participant: Participant) -> str:
    """Where a participant of a rulebook is not who applied, "" for nowhere."""
    said = {
        "bic": (application.bic, participant.bic),
        "lei": (application.lei, participant.lei),
        "name": (application.name, participant.name),
        "country": (application.country, participant.country),
        "currency": (application.currency, participant.currency),
        "currencies": (frozenset(application.currencies or (application.currency,)), participant.currencies),
        "roles": (frozenset(application.roles), participant.roles),
        "sponsor": (application.sponsor[:8], participant.sponsor),
    }
    return " ".join(name for name, (one, other) in said.items() if one != other)

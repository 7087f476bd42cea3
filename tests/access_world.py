"""A store of access with two operators and a demo authority, for tests that attack it."""

from __future__ import annotations

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import ECKey

from fondaco.access import (
    APPROVE,
    CLIENT,
    CONNECT,
    PROPOSE,
    AccessDeed,
    AccessStore,
    AccessWord,
    Caller,
    Deeds,
    DemoAuthority,
    Entrance,
    Gate,
    Grant,
    Keys,
    Kind,
    Looks,
    OneUseSecrets,
    Outcome,
    Passkeys,
    People,
    Register,
    Registration,
    Role,
    SeenBefore,
    Sessions,
    Tokens,
    from_pem,
    officer_caller,
    sign_word,
)
from fondaco.core import Instant, Refusal, instant_of
from fondaco.rulebook import OfficerRule

NOW = instant_of("2026-11-23T10:00:00Z")
SECOND = 1_000_000_000
DAY = 86_400 * SECOND
INSTITUTIONS = frozenset({"ZZBASG01", "ZZBBSG02", "ZZCBSG01"})
ISSUER = "https://hub.example"
SITE, ORIGIN = "hub.example", "https://hub.example"


def later(seconds: int) -> Instant:
    return Instant(int(NOW) + seconds * SECOND)


def officer(name: str, key: Ed25519PrivateKey, role: str = "operator") -> OfficerRule:
    return OfficerRule(name, name, frozenset({role}), key.public_key().public_bytes_raw().hex())


class World:
    """Everything of access over one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = {name: Ed25519PrivateKey.generate() for name in ("operator-1", "operator-2", "officer-1")}
        self.officers = {
            name: officer(name, key, "compliance" if name == "officer-1" else "operator") for name, key in self.keys.items()
        }
        self.authority = DemoAuthority.create(folder / "ca", NOW)
        self.open()

    def open(self) -> None:
        self.store = AccessStore(self.folder)
        self.register = Register(self.store)
        self.once = OneUseSecrets(self.store)
        self.people = People(self.store, self.once)
        self.looks = Looks(self.store)
        self.deeds = Deeds(self.store, self.register, self.people, self.looks)
        self.seen = SeenBefore(self.store)
        self.sessions = Sessions(self.store)
        self.tokens = Tokens(self.register, self.seen, ISSUER, ECKey.generate_key("P-256"))
        self.keys_of_hub = Keys(self.folder)
        self.passkeys = Passkeys(self.store, self.once, SITE, ORIGIN)
        self.entrance = Entrance(self.store, self.keys_of_hub, self.people, self.once, self.sessions, self.passkeys, self.looks)
        self.gate = Gate(self.register, self.tokens, self.sessions)

    def word(self, verb: str, who: str, deed: AccessDeed, at: Instant = NOW, note: str = "as seen") -> AccessWord:
        return sign_word(AccessWord(verb, deed, who, note, at), self.keys[who])

    def say(self, word: AccessWord, at: Instant = NOW) -> Outcome | Refusal:
        speaker = officer_caller(word, self.officers)
        return speaker if isinstance(speaker, Refusal) else self.deeds.say(speaker, word, INSTITUTIONS, at)

    def done(self, deed: AccessDeed, at: Instant = NOW) -> Outcome:
        """Proposed by one operator, approved by the other."""
        first = self.say(self.word(PROPOSE, "operator-1", deed, at), at)
        assert isinstance(first, Outcome), first
        second = self.say(self.word(APPROVE, "operator-2", deed, at), at)
        assert isinstance(second, Outcome), second
        return second

    def machine(
        self,
        name: str,
        *,
        grant: Grant | None = None,
        purpose: str = CONNECT,
        at: Instant = NOW,
        days: int = 90,
        overlap_s: int = 3600,
        edwards: bool = False,
    ) -> bytes:
        """A certificate of the demo authority, registered; its DER."""
        der = from_pem(self.authority.issue(name, CLIENT, at, days, edwards=edwards).read_bytes()).der
        self.done(registering(der, grant or bank(name), purpose, overlap_s), at)
        return der

    def person(self, name: str, *roles: Role, institution: str = "", jurisdiction: tuple[str, ...] = ()) -> str:
        """An account; the secret to enrol with."""
        return self.done(adding(Grant(name, institution, roles, jurisdiction))).link


def bank(name: str, institution: str = "ZZBASG01") -> Grant:
    return Grant(name, institution, (Role.MEMBER_MAKER,))


def registering(der: bytes, grant: Grant, purpose: str = CONNECT, overlap_s: int = 3600) -> AccessDeed:
    return AccessDeed(Kind.CERTIFICATE, grant.name, msgspec.msgpack.encode(Registration(der, purpose, grant, overlap_s)))


def adding(grant: Grant) -> AccessDeed:
    return AccessDeed(Kind.PERSON, grant.name, msgspec.msgpack.encode(grant))


def scope(*, certificate: str = "", peer: str = "192.0.2.7", **headers: str) -> dict[str, object]:
    """An ASGI scope; `certificate` in PEM."""
    found = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    tls = {"tls": {"client_cert_chain": (certificate,) if certificate else ()}}
    return {"type": "http", "headers": found, "client": (peer, 4711), "extensions": tls}


def is_caller(answer: object) -> bool:
    return isinstance(answer, Caller)

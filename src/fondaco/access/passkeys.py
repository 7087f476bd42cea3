"""Passkeys: the two ceremonies of WebAuthn level 3, for one site. The browser finds the account: a name is never asked for, so none is told.

`site` is the console's host (the relying party's id), `origin` its whole address; a response for any other is refused, which is what
makes a passkey useless to a false site.
"""

from __future__ import annotations

import hmac
import json
import secrets
from ipaddress import ip_address
from typing import Any

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, decode_credential_public_key, options_to_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import DecodedEC2PublicKey
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from fondaco.access.one_use_secrets import OneUseSecrets, digest_of
from fondaco.access.store import AccessStore
from fondaco.core import Assertion, Instant, PasskeyKey, Reason, Refusal, challenge_of

REGISTER, LOG_IN, SIGN = "passkey register", "passkey log in", "passkey sign"
_DIGEST = 32
CHALLENGE_S = 300
PASSKEYS_MAX = 10
NAME_LENGTH_MAX = 60
_RESPONSE_LENGTH_MAX = 64 * 1024
_S = 1_000_000_000
_ALGORITHMS = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.EDDSA]
_WRONG = Refusal(Reason.NOT_RECOGNISED, "passkey", "it does not hold")


class Passkey(msgspec.Struct, frozen=True):
    """A passkey of somebody, as its owner sees it. `key` is what a rulebook names when it is to sign as an officer."""

    name: str
    made_at: Instant
    used_at: Instant
    key: PasskeyKey


class Passkeys:
    """The passkeys of a store."""

    def __init__(self, store: AccessStore, once: OneUseSecrets, site: str, origin: str) -> None:
        self._store = store
        self._once = once
        self._site = site
        self._origin = origin
        # Of this process: a log-in that a restart cuts in two begins again.
        self._key = secrets.token_bytes(_DIGEST)

    @property
    def possible(self) -> bool:
        """Whether browsers make passkeys for this hub at all: for a name, never for a number (WebAuthn section 5.1.3, "effective domain")."""
        try:
            ip_address(self._site)
        except ValueError:
            return bool(self._site)
        return False

    def of(self, person: str) -> list[Passkey]:
        """The passkeys of a person, oldest first."""
        rows = self._store.rows(
            "SELECT id, public_key, name, made_at, used_at FROM passkey WHERE person=? ORDER BY made_at, id", (person,)
        )
        return [Passkey(name, made, used, PasskeyKey(self._origin, id_, raw_key(cose))) for id_, cose, name, made, used in rows]

    def rename(self, person: str, credential: bytes, name: str) -> Refusal | None:
        fault = _name_fault(name)
        if fault is not None:
            return fault
        with self._store.transaction() as connection:
            done = connection.execute("UPDATE passkey SET name=? WHERE id=? AND person=?", (name.strip(), credential, person))
        return None if done.rowcount else Refusal(Reason.NOT_FOUND, "passkey", "none of this person's")

    def remove(self, person: str, credential: bytes) -> Refusal | None:
        """At once. The last way in stays: who lost it is reset by two others."""
        with self._store.transaction() as connection:
            (others,) = connection.execute(
                "SELECT count(*) FROM passkey WHERE person=? AND id<>?", (person, credential)
            ).fetchone()
            if not others and not connection.execute("SELECT 1 FROM person WHERE name=? AND password<>''", (person,)).fetchone():
                return Refusal(Reason.OUT_OF_TURN, "passkey", "it is the last way in")
            done = connection.execute("DELETE FROM passkey WHERE id=? AND person=?", (credential, person))
        return None if done.rowcount else Refusal(Reason.NOT_FOUND, "passkey", "none of this person's")

    def begin_registration(self, person: str, at: Instant, session: str = "") -> tuple[str, str]:
        """(ceremony, options as JSON for `navigator.credentials.create`). The ceremony is a secret that comes back with the response, and
        to the same `session`."""
        known = self._store.rows("SELECT id FROM passkey WHERE person=?", (person,))
        options = webauthn.generate_registration_options(
            rp_id=self._site, rp_name="Fondaco", user_name=person, user_id=person.encode(),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=row[0]) for row in known], supported_pub_key_algs=_ALGORITHMS,
        )  # fmt: skip
        until = Instant(int(at) + CHALLENGE_S * _S)
        return self._once.make(REGISTER, person, digest_of(session) + options.challenge, at, until), options_to_json(options)

    def finish_registration(
        self, ceremony: str, response: str, at: Instant, wanted: str, session: str = "", name: str = "passkey"
    ) -> str | Refusal:
        """The person whose passkey was added: `wanted`, who is at the door. A ceremony ends with its first response, right or wrong."""
        taken = self._once.take(REGISTER, ceremony, at)
        if taken is None or taken[0] != wanted or len(response) > _RESPONSE_LENGTH_MAX:
            return _WRONG
        fault = _name_fault(name)
        if fault is not None:
            return fault
        person, challenge = taken[0], taken[1].removeprefix(digest_of(session))
        if challenge == taken[1]:
            return _WRONG
        try:
            found = webauthn.verify_registration_response(
                credential=response, expected_challenge=challenge, expected_rp_id=self._site, expected_origin=self._origin,
                require_user_verification=True, supported_pub_key_algs=_ALGORITHMS,
            )  # fmt: skip
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return _WRONG
        with self._store.transaction() as connection:
            (count,) = connection.execute("SELECT count(*) FROM passkey WHERE person=?", (person,)).fetchone()
            if count >= PASSKEYS_MAX:
                return Refusal(Reason.ASKED_TOO_OFTEN, "passkey", f"{PASSKEYS_MAX} at most")
            done = connection.execute(
                "INSERT OR IGNORE INTO passkey (id, person, public_key, count, made_at, used_at, name) VALUES (?,?,?,?,?,?,?)",
                (found.credential_id, person, found.credential_public_key, found.sign_count, at, at, name.strip()),
            )
        return person if done.rowcount else _WRONG

    def begin_log_in(self, at: Instant) -> tuple[str, str]:
        """(ceremony, options as JSON for `navigator.credentials.get`): the same for everybody, since nobody was named.

        Nothing is written: whoever comes may ask, as often as he likes. The ceremony is the challenge and its end, sealed.
        """
        challenge = secrets.token_bytes(_DIGEST)
        told = challenge + (int(at) + CHALLENGE_S * _S).to_bytes(8, "big")
        return bytes_to_base64url(told + self._seal(told)), self.options(challenge, [])

    def _seal(self, told: bytes) -> bytes:
        return hmac.digest(self._key, b"fondaco passkey log in 1\0" + told, "sha256")

    def finish_log_in(self, ceremony: str, response: str, at: Instant) -> str | Refusal:
        """Who logged in. An authenticator whose count did not rise may have been copied: refused."""
        try:
            raw = base64url_to_bytes(ceremony)
        except ValueError:
            return _WRONG
        told, until = raw[:-_DIGEST], int.from_bytes(raw[_DIGEST:-_DIGEST], "big")
        if len(told) != _DIGEST + 8 or not hmac.compare_digest(self._seal(told), raw[-_DIGEST:]) or int(at) > until:
            return _WRONG
        who = self.answered(told[:_DIGEST], response, at)
        # Only what was answered rightly is remembered: nobody fills a disk with wrong answers.
        if isinstance(who, Refusal) or self._once.use(LOG_IN, told.hex(), at, Instant(until)):
            return who
        return _WRONG

    def options(self, challenge: bytes, credentials: list[bytes]) -> str:
        """Options as JSON for a challenge that is made elsewhere, to be answered by one of these credentials."""
        return options_to_json(
            webauthn.generate_authentication_options(
                rp_id=self._site, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED,
                allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in credentials],
            )
        )  # fmt: skip

    def begin_signing(
        self, person: str, session: str, material: bytes, content: bytes, credentials: list[bytes], at: Instant
    ) -> tuple[str, str]:
        """(ceremony, options as JSON): the answer of one of these credentials will be the person's signature upon `material`. `content` comes
        back with it."""
        challenge, until = challenge_of(material), Instant(int(at) + CHALLENGE_S * _S)
        ceremony = self._once.make(SIGN, person, digest_of(session) + challenge + content, at, until)
        return ceremony, self.options(challenge, credentials)

    def finish_signing(
        self, ceremony: str, response: str, at: Instant, person: str, session: str
    ) -> tuple[bytes, Assertion] | Refusal:
        """(content, what the passkey answered), for the person and the session that began it. A ceremony ends with its first response."""
        taken = self._once.take(SIGN, ceremony, at)
        bound = digest_of(session)
        if taken is None or taken[0] != person or not taken[1].startswith(bound):
            return _WRONG
        challenge, content = taken[1][len(bound) :][:_DIGEST], taken[1][len(bound) + _DIGEST :]
        who = self.answered(challenge, response, at)
        if isinstance(who, Refusal) or who != person:
            return who if isinstance(who, Refusal) else _WRONG
        told = json.loads(response)
        credential = base64url_to_bytes(told["rawId"])
        row = self._store.row("SELECT public_key FROM passkey WHERE id=?", (credential,))
        if row is None:
            return _WRONG
        parts = (base64url_to_bytes(told["response"][one]) for one in ("authenticatorData", "clientDataJSON", "signature"))
        return content, Assertion(credential, raw_key(row[0]), *parts)

    def answered(self, challenge: bytes, response: str, at: Instant) -> str | Refusal:
        """Whose passkey answered `challenge`: of an active account, for this site and origin, its user verified, its count risen. That the
        challenge counts once is its maker's to see to."""
        try:
            told: dict[str, Any] = json.loads(response) if len(response) <= _RESPONSE_LENGTH_MAX else {}
            credential = base64url_to_bytes(told["rawId"])
        except (ValueError, KeyError, TypeError):
            return _WRONG
        row = self._store.row(
            "SELECT person, public_key, count FROM passkey JOIN person ON person = person.name WHERE id=? AND active=1",
            (credential,),
        )
        if row is None:
            return _WRONG
        person, public_key, count = row
        try:
            found = webauthn.verify_authentication_response(
                credential=told, expected_challenge=challenge, expected_rp_id=self._site, expected_origin=self._origin,
                credential_public_key=public_key, credential_current_sign_count=count, require_user_verification=True,
            )  # fmt: skip
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return _WRONG
        handle = (told.get("response") or {}).get("userHandle")
        if handle and handle != bytes_to_base64url(person.encode()):
            return _WRONG
        with self._store.transaction() as connection:
            # Two that race with one count: the second finds that it did not rise.
            done = connection.execute(
                "UPDATE passkey SET count=?, used_at=? WHERE id=? AND count=?", (found.new_sign_count, at, credential, count)
            )
        return str(person) if done.rowcount else _WRONG


def raw_key(cose: bytes) -> bytes:
    """A key of RFC 9053 as the hub's rulebook writes it: the point of P-256 with its leading 04, or the 32 bytes of Ed25519."""
    told = decode_credential_public_key(cose)
    return b"\x04" + told.x + told.y if isinstance(told, DecodedEC2PublicKey) else bytes(told.x)  # type: ignore[union-attr]


def _name_fault(name: str) -> Refusal | None:
    said = name.strip()
    if not said or len(said) > NAME_LENGTH_MAX or not said.isprintable():
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "name", f"1 to {NAME_LENGTH_MAX} characters on one line")
    return None

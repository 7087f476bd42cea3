"""Passkeys: the two ceremonies of WebAuthn level 3, for one site. The browser finds the account: a name is never asked for, so none is told.

`site` is the console's host (the relying party's id), `origin` its whole address; a response for any other is refused, which is what
makes a passkey useless to a false site.
"""

from __future__ import annotations

import json
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from fondaco.access.one_use_secrets import OneUseSecrets
from fondaco.access.store import AccessStore
from fondaco.core import Instant, Reason, Refusal

REGISTER, LOG_IN = "passkey register", "passkey log in"
CHALLENGE_S = 300
PASSKEYS_MAX = 10
_RESPONSE_LENGTH_MAX = 64 * 1024
_S = 1_000_000_000
_ALGORITHMS = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.EDDSA]
_WRONG = Refusal(Reason.NOT_RECOGNISED, "passkey", "it does not hold")


class Passkeys:
    """The passkeys of a store."""

    def __init__(self, store: AccessStore, once: OneUseSecrets, site: str, origin: str) -> None:
        self._store = store
        self._once = once
        self._site = site
        self._origin = origin

    def begin_registration(self, person: str, at: Instant) -> tuple[str, str]:
        """(ceremony, options as JSON for `navigator.credentials.create`). The ceremony is a secret that comes back with the response."""
        known = self._store.rows("SELECT id FROM passkey WHERE person=?", (person,))
        options = webauthn.generate_registration_options(
            rp_id=self._site, rp_name="Fondaco", user_name=person, user_id=person.encode(),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=row[0]) for row in known], supported_pub_key_algs=_ALGORITHMS,
        )  # fmt: skip
        until = Instant(int(at) + CHALLENGE_S * _S)
        return self._once.make(REGISTER, person, options.challenge, at, until), options_to_json(options)

    def finish_registration(self, ceremony: str, response: str, at: Instant, wanted: str) -> str | Refusal:
        """The person whose passkey was added: `wanted`, who is at the door. A ceremony ends with its first response, right or wrong."""
        taken = self._once.take(REGISTER, ceremony, at)
        if taken is None or taken[0] != wanted or len(response) > _RESPONSE_LENGTH_MAX:
            return _WRONG
        person, challenge = taken
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
                "INSERT OR IGNORE INTO passkey VALUES (?,?,?,?,?,?)",
                (found.credential_id, person, found.credential_public_key, found.sign_count, at, at),
            )
        return person if done.rowcount else _WRONG

    def begin_log_in(self, at: Instant) -> tuple[str, str]:
        """(ceremony, options as JSON for `navigator.credentials.get`): the same for everybody, since nobody was named."""
        options = webauthn.generate_authentication_options(
            rp_id=self._site, user_verification=UserVerificationRequirement.REQUIRED
        )
        return self._once.make(LOG_IN, "", options.challenge, at, Instant(int(at) + CHALLENGE_S * _S)), options_to_json(options)

    def finish_log_in(self, ceremony: str, response: str, at: Instant) -> str | Refusal:
        """Who logged in. An authenticator whose count did not rise may have been copied: refused."""
        taken = self._once.take(LOG_IN, ceremony, at)
        if taken is None or len(response) > _RESPONSE_LENGTH_MAX:
            return _WRONG
        try:
            told: dict[str, Any] = json.loads(response)
            credential = base64url_to_bytes(told["rawId"])
        except (ValueError, KeyError, TypeError):
            return _WRONG
        row = self._store.row(
            "SELECT person, public_key, count FROM passkey JOIN person ON person = name WHERE id=? AND active=1", (credential,)
        )
        if row is None:
            return _WRONG
        person, public_key, count = row
        try:
            found = webauthn.verify_authentication_response(
                credential=told, expected_challenge=taken[1], expected_rp_id=self._site, expected_origin=self._origin,
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

"""Codes of six digits that change every thirty seconds (RFC 6238, over RFC 4226). A code is used once."""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from urllib.parse import quote

from fondaco.core import Instant

STEP_S, DIGITS, SECRET_BYTES = 30, 6, 20
# A code of the step before or after counts, too: a telephone's clock, a slow hand.
STEPS_AROUND = 1


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def step_of(at: Instant) -> int:
    return int(at) // (STEP_S * 1_000_000_000)


def code_of(secret: bytes, step: int) -> str:
    """RFC 4226 section 5.3, with SHA-1 as every authenticator has it: its collisions are no attack on an HMAC."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_that_fits(secret: bytes, code: str, at: Instant, last_step: int) -> int:
    """The step whose code this is, later than the last that was used; 0 for none. Every step is compared, whichever fits."""
    now, fits = step_of(at), 0
    for step in range(now - STEPS_AROUND, now + STEPS_AROUND + 1):
        same = hmac.compare_digest(code_of(secret, step).encode(), code.encode())
        if same and step > last_step:
            fits = step
    return fits


def enrolment_uri(secret: bytes, person: str, hub: str) -> str:
    """What an authenticator reads from a code on a screen (`otpauth`)."""
    shown = b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(hub)}:{quote(person)}?secret={shown}&issuer={quote(hub)}&digits={DIGITS}&period={STEP_S}"

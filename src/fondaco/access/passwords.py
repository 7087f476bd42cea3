"""Passwords: argon2id with the library's parameters; a wrong name costs what a wrong password costs."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fondaco.core import Reason, Refusal

# NIST SP 800-63B-4: length is what counts, no rules of composition, and a bound against work without end.
LENGTH_MIN, LENGTH_MAX = 15, 256
_HASHER = PasswordHasher()


def password_fault(password: str, name: str) -> Refusal | None:
    """Why a new password is not taken."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "password", f"{LENGTH_MIN} to {LENGTH_MAX} characters")
    if len(set(password.lower())) < 5 or name.lower() in password.lower():
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "password", "it repeats itself, or holds the name")
    return None


def hashed(password: str) -> str:
    """About a tenth of a second and 64 MB: call it in a thread, few at a time."""
    return _HASHER.hash(unicodedata.normalize("NFKC", password))


def fits(kept: str, password: str) -> bool:
    """Whether this is the password of the hash; `kept` empty (no such account, none set) takes as long and is false."""
    try:
        return _HASHER.verify(kept or _nobodys(), unicodedata.normalize("NFKC", password[: LENGTH_MAX + 1])) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return hashed("the password of nobody at all")

"""Digests of what is sent, as RFC 9530 writes them: `sha-256=:BASE64:`, of the part in Content-Digest, of the whole file in Repr-Digest."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from fondaco.api.problem import Problem

_ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}
_MEMBER = re.compile(r"\s*([a-z*][a-z0-9_.*-]{0,20})=:([A-Za-z0-9+/]{0,90}={0,2}):\s*")


def read_digests(header: str, where: str) -> dict[str, bytes]:
    """The digests of a header by algorithm (`sha256`, `sha512`); others are passed over. Raises `Problem` for what cannot be read, or names none that we know."""
    found: dict[str, bytes] = {}
    for member in header.split(","):
        match = _MEMBER.fullmatch(member)
        if match is None:
            raise Problem("bad-request", "a digest is written as sha-256=:BASE64:", where)
        algorithm = _ALGORITHMS.get(match[1])
        if algorithm is None:
            continue
        try:
            digest = base64.b64decode(match[2], validate=True)
        except binascii.Error as fault:
            raise Problem("bad-request", f"not Base64: {fault}", where) from fault
        if len(digest) != hashlib.new(algorithm).digest_size or algorithm in found:
            raise Problem("bad-request", "a digest of another length, or twice", where)
        found[algorithm] = digest
    if not found:
        raise Problem("bad-request", f"one of {' and '.join(_ALGORITHMS)} is needed", where)
    return found


def strongest(header: str) -> tuple[str, bytes]:
    """The longest digest of a header that was read before, with its algorithm."""
    found = read_digests(header, "Repr-Digest")
    algorithm = max(found)
    return algorithm, found[algorithm]


def check(header: str, body: bytes) -> None:
    """Raises `Problem` where the body does not fit its Content-Digest; without one there is nothing to check."""
    for algorithm, digest in (read_digests(header, "Content-Digest") if header else {}).items():
        if hashlib.new(algorithm, body).digest() != digest:
            raise Problem("not-valid", "the part does not fit its digest", "Content-Digest")

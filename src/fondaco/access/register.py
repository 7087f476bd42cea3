"""Which certificates the hub knows: registered by two people, replaced with an overlap, revoked by one, or by the authority's own list."""

from __future__ import annotations

import sqlite3
from base64 import b64decode
from typing import Any, NamedTuple

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtensionOID

from fondaco.access.caller import Caller, Grant, Proof, grant_fault
from fondaco.access.certificate import DER_BYTES_MAX, CertificateFacts, read_certificate, thumbprint_of, time_fault
from fondaco.access.store import AccessStore
from fondaco.core import Instant, MalformedMessage, Reason, Refusal, at, utc_text

# What a certificate is registered for: to open connections, to sign messages.
CONNECT, SIGN = "connect", "sign"
PURPOSES = (CONNECT, SIGN)
CRL_BYTES_MAX = 4 * 1024 * 1024
# How long an old certificate stays beside its successor unless the deed says otherwise.
OVERLAP_S = 7 * 86_400
# So many certificates are remembered as the file had them.
REMEMBERED = 4_096


class Registration(msgspec.Struct, frozen=True):
    """What two people witness: this certificate is this machine's. `overlap_s` in whole seconds: what of the same name and purpose was
    registered before ends that long after the new one is registered."""

    der: bytes
    purpose: str
    grant: Grant
    overlap_s: int = OVERLAP_S


class Registered(msgspec.Struct, frozen=True):
    """A certificate of the register, as it stands. `ends_at` is 0 while no successor ends it, `revoked_at` 0 while it is not revoked."""

    facts: CertificateFacts
    purpose: str
    grant: Grant
    registered_at: Instant
    ends_at: Instant
    revoked_at: Instant
    why: str


class _Memory(NamedTuple):
    """What stood in the file when its version was this: certificates by thumbprint; by (issuer, serial) until when the issuer's list is good (None: there is none) and
    whether the serial is on it."""

    version: int
    known: dict[str, Registered | None]
    listed: dict[tuple[str, str], tuple[int | None, bool]]


def registration_fault(said: Registration, institutions: frozenset[str], instant: Instant) -> Refusal | None:
    """Why a certificate may not be registered: its grant, its purpose, its kind, its time."""
    fault = grant_fault(said.grant, institutions)
    if fault is not None:
        return fault
    if said.purpose not in PURPOSES:
        return Refusal(Reason.CODE_UNKNOWN, "purpose", said.purpose)
    if said.overlap_s < 0 or said.overlap_s > 90 * 86_400:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "overlap", f"{said.overlap_s} seconds, at most 90 days")
    try:
        facts = read_certificate(said.der)
    except MalformedMessage as malformed:
        return malformed.refusal
    if facts.is_authority:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "certificate", "it is an authority's")
    if said.purpose == CONNECT and not facts.for_clients:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "certificate", "its extended key usage lacks clientAuth")
    if instant > facts.not_after:
        return time_fault(facts, instant)
    return None


class Register:
    """The certificates of a store. Every question is asked of the file: a revocation counts for the very next request, in every process."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store
        self._memory = _Memory(-1, {}, {})

    def find(self, thumbprint: str) -> Registered | None:
        row = self._store.row(f"{_SELECT} WHERE thumbprint=?", (thumbprint,))
        return None if row is None else _registered(row)

    def _find(self, thumbprint: str, memory: _Memory) -> Registered | None:
        """As `find`, remembered for as long as nobody has written to the file."""
        known = memory.known
        if thumbprint not in known:
            known[thumbprint] = self.find(thumbprint)
        return known[thumbprint]

    def _remembered(self) -> _Memory:
        # What a thread read before a change it puts into the memory of before the change, which nobody asks any more.
        memory, version = self._memory, self._store.register_version()
        if memory.version != version or version < 0 or len(memory.known) > REMEMBERED:
            memory = self._memory = _Memory(version, {}, {})
        return memory

    def by_text(self, text: str) -> Registered | None:
        """The certificate that stands in a message as base64 of its DER: only looked up, never believed."""
        if len(text) > 2 * DER_BYTES_MAX:
            return None
        try:
            return self._find(thumbprint_of(b64decode("".join(text.split()), validate=True)), self._remembered())
        except ValueError:
            return None

    def all(self) -> list[Registered]:
        return [_registered(row) for row in self._store.rows(f"{_SELECT} ORDER BY name, registered_at, thumbprint")]

    def of_name(self, name: str) -> list[Registered]:
        return [_registered(row) for row in self._store.rows(f"{_SELECT} WHERE name=? ORDER BY registered_at", (name,))]

    def add(self, connection: sqlite3.Connection, said: Registration, instant: Instant) -> Refusal | str:
        """Register what two people witnessed; the thumbprint. A certificate is registered once, also one that was revoked."""
        facts = read_certificate(said.der)
        known = self.find(facts.thumbprint)
        if known is not None:
            return Refusal(Reason.OUT_OF_TURN, "certificate", f"registered for {known.grant.name} before")
        ends_at = int(instant) + said.overlap_s * 1_000_000_000
        connection.execute(
            "UPDATE certificate SET ends_at=min(coalesce(ends_at, ?1), ?1) WHERE name=?2 AND purpose=?3 AND revoked_at IS NULL",
            (ends_at, said.grant.name, said.purpose),
        )
        connection.execute(
            "INSERT INTO certificate (thumbprint, der, purpose, granted, name, issuer, serial, not_before, not_after, registered_at)"
            " VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                facts.thumbprint, said.der, said.purpose, msgspec.json.encode(said.grant), said.grant.name, facts.issuer, facts.serial,
                facts.not_before, facts.not_after, instant,
            ),
        )  # fmt: skip
        return facts.thumbprint

    def revoke(self, thumbprint: str, by: str, why: str, instant: Instant) -> Refusal | None:
        """Take a certificate out of use, for ever and at once."""
        if not why.strip():
            return Refusal(Reason.ELEMENT_MISSING, "why", "a revocation needs its reason")
        with self._store.transaction() as connection:
            done = connection.execute(
                "UPDATE certificate SET revoked_at=?, revoked_by=?, why=? WHERE thumbprint=? AND revoked_at IS NULL",
                (instant, by, why, thumbprint),
            )
            if not done.rowcount:
                return Refusal(Reason.NOT_FOUND, "certificate", f"{thumbprint} is not registered, or revoked already")
        return None

    def take_crl(self, crl: bytes, authority: CertificateFacts, instant: Instant) -> Refusal | int:
        """Take an authority's list of revoked certificates (RFC 5280) in, DER or PEM; how many it names. It replaces the one before.

        Refused when it is not the authority's, not in force, or older than the one that is kept: an old list would forget.
        """
        if len(crl) > CRL_BYTES_MAX:
            return Refusal(Reason.MALFORMED, "the list", f"{len(crl)} bytes, at most {CRL_BYTES_MAX}")
        try:
            load = x509.load_pem_x509_crl if crl.lstrip().startswith(b"-----") else x509.load_der_x509_crl
            found = load(crl)
            signed = found.is_signature_valid(authority.loaded().public_key())  # type: ignore[arg-type]
            revoked = [(f"{one.serial_number:x}", int(at(one.revocation_date_utc))) for one in found]
            number = found.extensions.get_extension_for_oid(ExtensionOID.CRL_NUMBER).value.crl_number  # type: ignore[attr-defined]
        except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as fault:
            return Refusal(Reason.MALFORMED, "the list", str(fault)[:200])
        issuer, until = found.issuer.rfc4514_string(), found.next_update_utc
        if not signed or issuer != authority.subject or not authority.is_authority:
            return Refusal(Reason.SIGNATURE_WRONG, "the list", f"it is not signed by {authority.subject}")
        if until is None or not int(at(found.last_update_utc)) <= int(instant) <= int(at(until)):
            return Refusal(Reason.SIGNATURE_STALE, "the list", "it is not in force")
        kept = self._store.row("SELECT number FROM crl WHERE issuer=?", (issuer,))
        if kept is not None and int(kept[0]) > number:
            return Refusal(Reason.SIGNATURE_STALE, "the list", f"number {number}, and {kept[0]} is kept")
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM crl_entry WHERE issuer=?", (issuer,))
            connection.executemany("INSERT OR IGNORE INTO crl_entry VALUES (?,?,?)", [(issuer, *one) for one in revoked])
            connection.execute(
                "INSERT OR REPLACE INTO crl VALUES (?,?,?,?)", (issuer, str(number), at(found.last_update_utc), at(until))
            )
        return len(revoked)

    def recognise(self, der: bytes, purpose: str, instant: Instant) -> Caller | Refusal:
        """Who a certificate is, now, for `purpose`. That an authority signed it was checked where the connection was made."""
        try:
            facts = read_certificate(der)
        except MalformedMessage as malformed:
            return malformed.refusal
        memory = self._remembered()
        known = self._find(facts.thumbprint, memory)
        if known is None or known.purpose != purpose:
            return Refusal(Reason.NOT_RECOGNISED, "certificate", f"{facts.thumbprint} is not registered")
        fault = standing_fault(known, instant) or self.crl_fault(facts, instant, memory)
        return fault if fault is not None else known.grant.caller(Proof.CERTIFICATE)

    def crl_fault(self, facts: CertificateFacts, instant: Instant, memory: _Memory | None = None) -> Refusal | None:
        """What the authority's list says; one that is out of date lets nobody in: it could lack the one that matters."""
        listed = (memory or self._remembered()).listed
        place = facts.issuer, facts.serial
        found = listed.get(place)
        if found is None:
            kept = self._store.row("SELECT next_update FROM crl WHERE issuer=?", (facts.issuer,))
            entry = self._store.row("SELECT 1 FROM crl_entry WHERE issuer=? AND serial=?", place)
            found = listed[place] = (None if kept is None else int(kept[0])), entry is not None
        next_update, revoked = found
        if next_update is None:
            return None
        if instant > next_update:
            return Refusal(
                Reason.NOT_RECOGNISED,
                "certificate",
                f"the revocation list of {facts.issuer} ran out {utc_text(Instant(next_update))}",
            )
        return Refusal(Reason.NOT_RECOGNISED, "certificate", "revoked by its authority") if revoked else None


def standing_fault(known: Registered, instant: Instant) -> Refusal | None:
    """Revoked, replaced, not yet valid or expired; pure."""
    if known.revoked_at:
        return Refusal(Reason.NOT_RECOGNISED, "certificate", f"revoked {utc_text(known.revoked_at)}")
    if known.ends_at and instant >= known.ends_at:
        return Refusal(Reason.NOT_RECOGNISED, "certificate", f"replaced; it ended {utc_text(known.ends_at)}")
    return time_fault(known.facts, instant)


_SELECT = "SELECT der, purpose, granted, registered_at, coalesce(ends_at, 0), coalesce(revoked_at, 0), why FROM certificate"


def _registered(row: tuple[Any, ...]) -> Registered:
    der, purpose, granted, *rest = row
    return Registered(read_certificate(der), purpose, msgspec.json.decode(granted, type=Grant), *rest)

"""Who may enter: people and certificates, given by two operators and taken away by one; and the log of who looked at what."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
from cyclopts import App

from fondaco.access import (
    APPROVE,
    PROPOSE,
    TAKE_AWAY,
    WITHDRAW,
    AccessDeed,
    AccessStore,
    AccessUnavailable,
    AccessWord,
    Deeds,
    Grant,
    Kind,
    Look,
    Looks,
    OneUseSecrets,
    Outcome,
    People,
    Register,
    Registration,
    Role,
    from_pem,
    officer_caller,
    sign_word,
    thumbprint_of,
)
from fondaco.cli.terminal import HERE, Folder, Json, Refused, app, console, private_key, show
from fondaco.core import Instant, MalformedMessage, Refusal, UnfitStore, utc_text
from fondaco.hub import NotReady, scheme_of

access_app = App(
    name="access",
    help="Who may enter: add, reset, enable, disable, people; register, revoke, crl, certificates; pending, withdraw; looks.",
)
app.command(access_app)

RoleName = Literal[
    "member-maker", "member-checker", "operator-maker", "operator-checker", "compliance-officer", "central-bank", "supervisor", "auditor", "trader"
]  # fmt: skip


class _Desk:
    """The parts of access that the command line speaks to."""

    def __init__(self, folder: Path) -> None:
        scheme = scheme_of(folder)
        self.officers = {one.officer_id: one for one in scheme.officers}
        self.institutions = frozenset(one.bic[:8] for one in scheme.participants)
        try:
            self.store = AccessStore(folder)
        except (AccessUnavailable, UnfitStore) as fault:
            raise NotReady(str(fault)) from fault
        self.register, self.looks = Register(self.store), Looks(self.store)
        self.people = People(self.store, OneUseSecrets(self.store))
        self.deeds = Deeds(self.store, self.register, self.people, self.looks)

    def word(self, verb: str, deed: AccessDeed, officer: str, key: Path, note: str) -> AccessWord:
        return sign_word(AccessWord(verb, deed, officer, note, Instant(time.time_ns())), private_key(key))

    def said(self, word: AccessWord) -> Outcome:
        speaker = officer_caller(word, self.officers)
        done = speaker if isinstance(speaker, Refusal) else self.deeds.say(speaker, word, self.institutions, word.at)
        if isinstance(done, Refusal):
            raise Refused(done.sentence())
        return done


def _give(deed: AccessDeed, officer: str, key: Path, note: str, hub: Path, as_json: bool) -> None:
    """Propose the deed, or approve it where the same waits already: the second operator says the same words."""
    desk = _Desk(hub)
    with desk.store:
        waits = any(one.deed == deed for one in desk.deeds.open(Instant(time.time_ns())))
        done = desk.said(desk.word(APPROVE if waits else PROPOSE, deed, officer, key, note))

    def text() -> None:
        console.print(f"proposal {done.number} {done.state.name}")
        if done.link:
            console.print(f"enrolment secret for {deed.subject}, shown this once, good for a day:\n{done.link}", markup=False)

    show(as_json, {"proposal": done.number, "state": done.state.name, "link": done.link}, text)


def _take_away(deed: AccessDeed, officer: str, key: Path, note: str, hub: Path, as_json: bool) -> None:
    desk = _Desk(hub)
    with desk.store:
        word = desk.word(TAKE_AWAY, deed, officer, key, note)
        speaker = officer_caller(word, desk.officers)
        fault = speaker if isinstance(speaker, Refusal) else desk.deeds.take_away(speaker, word, word.at)
    if fault is not None:
        raise Refused(fault.sentence())
    show(as_json, {"taken_away": deed.subject}, lambda: console.print(f"{deed.subject} has no access any more", markup=False))


# People


@access_app.command
def add(
    name: str, *, role: tuple[RoleName, ...], institution: str = "", jurisdiction: tuple[str, ...] = (), party: str = "",
    officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Give NAME an account with these roles, or other roles. The second operator's word for the same makes it so, and shows an enrolment secret."""
    grant = Grant(name, institution[:8], tuple(Role(one) for one in role), jurisdiction, party)
    _give(AccessDeed(Kind.PERSON, name, msgspec.msgpack.encode(grant)), officer, key, note, hub, json)


@access_app.command
def reset(name: str, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Take away NAME's password, codes and passkeys, and let it enrol anew. Takes two operators."""
    _give(AccessDeed(Kind.RESET, name), officer, key, note, hub, json)


@access_app.command
def enable(name: str, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Let a disabled account in again. Takes two operators."""
    _give(AccessDeed(Kind.ENABLE, name), officer, key, note, hub, json)


@access_app.command
def disable(name: str, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Take NAME's access away, at once. One operator suffices."""
    _take_away(AccessDeed(Kind.PERSON, name), officer, key, note, hub, json)


@access_app.command
def people(*, hub: Folder = HERE, json: Json = False) -> None:
    """The accounts: for whom, with which roles, whether they enrolled."""
    desk = _Desk(hub)
    with desk.store:
        rows = [
            {
                "name": one.name, "institution": one.grant.institution, "roles": [role.value for role in one.grant.roles],
                "jurisdiction": list(one.grant.jurisdiction), "active": one.active, "password": one.has_password, "passkeys": one.passkeys,
            }
            for one in desk.people.all()
        ]  # fmt: skip
    _list(
        json,
        rows,
        lambda row: (
            f"{row['name']:20} {'active' if row['active'] else 'DISABLED':8} {row['institution'] or '-':8} {' '.join(row['roles'])}"
        ),
    )


# Certificates


@access_app.command(name="register")
def register_(
    certificate: Path, name: str, *, role: tuple[RoleName, ...], institution: str = "", jurisdiction: tuple[str, ...] = (),
    purpose: Literal["connect", "sign"] = "connect", overlap_hours: int = 168,
    officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Register a CERTIFICATE (PEM) as the machine NAME's, to connect or to sign. The second operator's word for the same makes it so.

    An earlier certificate of the same name and purpose ends OVERLAP_HOURS later. Compare the thumbprint with what the bank read out.
    """
    grant = Grant(name, institution[:8], tuple(Role(one) for one in role), jurisdiction)
    said = Registration(_read(certificate), purpose, grant, overlap_hours * 3600)
    _give(AccessDeed(Kind.CERTIFICATE, name, msgspec.msgpack.encode(said)), officer, key, note, hub, json)


@access_app.command
def revoke(thumbprint: str, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Take the certificate with THUMBPRINT out of use for ever, at once. One operator suffices."""
    _take_away(AccessDeed(Kind.CERTIFICATE, thumbprint), officer, key, note, hub, json)


@access_app.command
def crl(path: Path, *, authority: Path, hub: Folder = HERE, json: Json = False) -> None:
    """Take an authority's revocation list in (DER or PEM). One that is older, forged or not in force is refused."""
    facts, desk = from_pem(_bytes(authority)), _Desk(hub)
    with desk.store:
        count = desk.register.take_crl(_bytes(path), facts, Instant(time.time_ns()))
    if isinstance(count, Refusal):
        raise Refused(count.sentence())
    show(json, {"revoked": count}, lambda: console.print(f"the list of {facts.subject} names {count}", markup=False))


@access_app.command
def certificates(*, hub: Folder = HERE, json: Json = False) -> None:
    """The registered certificates: whose, for what, until when."""
    desk = _Desk(hub)
    with desk.store:
        rows = [
            {
                "name": one.grant.name, "institution": one.grant.institution, "purpose": one.purpose, "thumbprint": one.facts.thumbprint,
                "until": utc_text(min(one.facts.not_after, one.ends_at or one.facts.not_after)),
                "revoked": utc_text(one.revoked_at) if one.revoked_at else "",
            }
            for one in desk.register.all()
        ]  # fmt: skip
    _list(
        json,
        rows,
        lambda row: (
            f"{row['name']:20} {row['purpose']:8} {row['thumbprint']}  until {row['until']}{' REVOKED' if row['revoked'] else ''}"
        ),
    )


# What waits, and what was looked at


@access_app.command
def pending(*, hub: Folder = HERE, json: Json = False) -> None:
    """What one operator proposed and waits for another."""
    desk = _Desk(hub)
    with desk.store:
        rows = [
            {
                "proposal": one.number, "kind": one.deed.kind.value, "subject": one.deed.subject, "what": _told(one.deed),
                "by": one.words[0].person, "note": one.words[0].note, "until": utc_text(one.until),
            }
            for one in desk.deeds.open(Instant(time.time_ns()))
        ]  # fmt: skip
    _list(
        json,
        rows,
        lambda row: f"{row['proposal']:>5}  {row['kind']} {row['subject']}: {row['what']}  by {row['by']}: {row['note']}",
    )


@access_app.command
def withdraw(proposal: int, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Take back what OFFICER proposed."""
    desk = _Desk(hub)
    with desk.store:
        found = desk.deeds.find(proposal)
        if found is None:
            raise Refused(f"there is no proposal {proposal}")
        done = desk.said(desk.word(WITHDRAW, found.deed, officer, key, note))
    show(
        json,
        {"proposal": done.number, "state": done.state.name},
        lambda: console.print(f"proposal {done.number} {done.state.name}"),
    )


@access_app.command(name="looks")
def looks_(*, subject: str = "", who: str = "", after: int = 0, hub: Folder = HERE, json: Json = False) -> None:
    """Who saw or changed SUBJECT (such as `payment UETR` or `person NAME`), or what WHO looked at. Exit code 1 where the log was altered."""
    desk = _Desk(hub)
    with desk.store:
        broken, (count, head) = desk.looks.broken(), desk.looks.head()
        if subject:
            found = [one for one in desk.looks.about(subject, after) if who in ("", one.who)]
        else:
            found = desk.looks.of(who, after) if who else desk.looks.all(after)
    rows = [msgspec.structs.asdict(one) | {"at": utc_text(one.at)} for one in found]

    def text() -> None:
        for one in found:
            console.print(_line(one), markup=False, highlight=False)
        console.print(f"{count} lines, the last is {head[:16] or 'none'}")

    show(json, {"looks": rows, "lines": count, "head": head, "broken": broken}, text)
    if broken:
        raise Refused(f"line {broken} of the log is not as it was written")


def _line(one: Look) -> str:
    house = f" of {one.institution}" if one.institution else ""
    return f"{one.seq:>6}  {utc_text(one.at)}  {one.who}{house}  {one.verb}  {one.subject}  {one.detail}"


def _told(deed: AccessDeed) -> str:
    """What is to be given, for whoever has to say yes."""
    if deed.kind is Kind.CERTIFICATE:
        said = msgspec.msgpack.decode(deed.content, type=Registration)
        return f"{said.purpose} {thumbprint_of(said.der)} for {said.grant.institution or 'the operator'} as {_roles(said.grant)}"
    if deed.kind is Kind.PERSON:
        grant = msgspec.msgpack.decode(deed.content, type=Grant)
        return f"{_roles(grant)} of {grant.institution or 'the operator'} {' '.join(grant.jurisdiction)}".strip()
    return str(deed.kind.value)


def _roles(grant: Grant) -> str:
    return " ".join(role.value for role in grant.roles)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise NotReady(f"{path}: {fault.strerror}") from fault


def _read(path: Path) -> bytes:
    try:
        return from_pem(_bytes(path)).der
    except MalformedMessage as fault:
        raise NotReady(f"{path}: {fault}") from fault


def _list(as_json: bool, rows: list[dict[str, Any]], line: Callable[[dict[str, Any]], str]) -> None:
    def text() -> None:
        for row in rows:
            console.print(line(row), markup=False, highlight=False)
        if not rows:
            console.print("none")

    show(as_json, rows, text)

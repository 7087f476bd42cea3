"""A browser that somebody left open is no second person: the deeds that are sensitive ask for a proof that is minutes old, every one of a table."""

from __future__ import annotations

import pytest

from console_door import Consoles, word_in
from fondaco.access import ROWS, Right
from fondaco.console.app import DEEDS, SENSITIVE, SIGNED
from software_authenticator import Authenticator

pytestmark = pytest.mark.server
SECONDS = {row.second for row in ROWS.values()} | {Right.PROPOSAL_SECOND}
RIGHT_OF = {path: right for path, right, _ in DEEDS}


def test_every_second_word_is_fresh_or_signed() -> None:
    for path, right in RIGHT_OF.items():
        if right in SECONDS and not path.endswith("/begin"):
            assert path in SENSITIVE or path in SIGNED, path
    assert RIGHT_OF.keys() >= SENSITIVE.keys() | SIGNED and not SENSITIVE.keys() & SIGNED


def with_passkey(door: Consoles, who: str) -> None:
    made = Authenticator(door.address, "localhost")
    ceremony, options = door.access.passkeys.begin_registration(who, door.clock.now())
    assert door.access.passkeys.finish_registration(ceremony, made.create(options), door.clock.now(), who) == who


def begun_long_ago(door: Consoles, who: str) -> str:
    session = door.session(who)
    with door.access.store.transaction() as connection:
        connection.execute("UPDATE session SET made_at=made_at-700000000000 WHERE person=?", (who,))
    return session


PLACE = {"{number}": "999", "{uetr}": "8a562c67-ca16-48ba-b074-65581be6f0a2", "{case}": "K-0", "{motion}": "none"}
WHO = {
    Right.PAYMENT_SEND: "zzbasg01-checker", Right.PAYMENT_DRAFT: "zzbasg01-maker", Right.CASE_DECIDE: "officer-1", Right.PROPOSAL_SECOND: "operator-2",
    Right.MOTION_APPROVE: "operator-2",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(RIGHT_OF))
def test_each_deed_with_an_old_proof_and_with_a_new_one(named: Consoles, path: str) -> None:
    who = WHO.get(RIGHT_OF[path], "operator-1")
    if named.access.people.find(who).passkeys == 0:  # type: ignore[union-attr]
        with_passkey(named, who)
    place = path
    for name, value in PLACE.items():
        place = place.replace(name, value)
    proving = f"/console/account/prove?back=/console{SENSITIVE.get(path, '')}"
    for session, asked in ((begun_long_ago(named, who), path in SENSITIVE), (named.session(who), False)):
        form = {"word": word_in(named.ask("/console/account", session=session)), "key": "0" * 32}
        before = dict(named.hub.desk.proposals)
        found = named.ask(f"/console{place}", form=form, session=session)
        assert found.status != 403, found.text
        assert (found.headers.get("location", "") == proving) == asked, (path, found.status)
        if asked:
            assert named.hub.desk.proposals == before, "nothing was done"


def test_whoever_has_no_way_in_but_a_demos_link_has_nothing_to_prove_it_with(door: Consoles) -> None:
    session = begun_long_ago(door, "operator-1")
    page = door.ask("/console/account", session=session)
    found = door.ask("/console/cycles/closing", form={"word": word_in(page), "key": "1" * 32}, session=session)
    assert found.headers["location"] == "/console/proposals#waiting"

"""Certificates: who they are, that two witnessed them, and every way in which they stop to count."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_world import DAY, INSTITUTIONS, NOW, World, adding, bank, is_caller, later, registering, scope
from fondaco.access import (
    APPROVE,
    CLIENT,
    CONNECT,
    PROPOSE,
    SERVER,
    SIGN,
    WITHDRAW,
    AccessDeed,
    AccessStore,
    AccessWord,
    Caller,
    DemoAuthority,
    Gate,
    Grant,
    Kind,
    Outcome,
    Proof,
    Role,
    from_pem,
    grant_fault,
    officer_caller,
    presented,
    sign_word,
)
from fondaco.core import Instant, Reason, Refusal
from fondaco.rulebook import ProposalState

SECRET = "0123456789abcdef0123456789abcdef"


def reason(answer: object) -> Reason:
    assert isinstance(answer, Refusal), answer
    return answer.reason


def issued(world: World, name: str, kind: str = CLIENT, at: Instant = NOW, days: int = 90) -> bytes:
    return from_pem(world.authority.issue(name, kind, at, days).read_bytes()).der


def test_a_certificate_that_two_witnessed_is_its_machine(world: World) -> None:
    der = world.machine("bank-a.sender")
    caller = world.register.recognise(der, CONNECT, NOW)
    assert caller == Caller("bank-a.sender", "ZZBASG01", frozenset({Role.MEMBER_MAKER}), Proof.CERTIFICATE)


def test_one_operator_alone_registers_nothing(world: World) -> None:
    deed = registering(issued(world, "bank-a"), bank("bank-a"))
    first = world.say(world.word(PROPOSE, "operator-1", deed))
    assert isinstance(first, Outcome)
    assert first.state is ProposalState.PROPOSED
    assert reason(world.say(world.word(APPROVE, "operator-1", deed))) is Reason.RIGHT_NOT_HELD
    assert reason(world.say(world.word(PROPOSE, "operator-1", deed))) is Reason.OUT_OF_TURN
    assert world.register.all() == []


def test_two_names_under_one_key_are_one_person(world: World) -> None:
    world.keys["operator-2"] = world.keys["operator-1"]
    world.officers["operator-2"] = msgspec_replace(world, "operator-2")
    deed = registering(issued(world, "bank-a"), bank("bank-a"))
    world.say(world.word(PROPOSE, "operator-1", deed))
    assert reason(world.say(world.word(APPROVE, "operator-2", deed))) is Reason.RIGHT_NOT_HELD


def msgspec_replace(world: World, name: str):  # type: ignore[no-untyped-def]
    from access_world import officer

    return officer(name, world.keys[name])


def test_a_word_counts_only_signed_by_an_operator_of_the_rulebook_for_this_very_deed(world: World) -> None:
    deed = registering(issued(world, "bank-a"), bank("bank-a"))
    word = world.word(PROPOSE, "operator-1", deed)
    altered = msgspec.structs.replace(word, deed=registering(issued(world, "bank-b"), bank("bank-a")))
    assert reason(world.say(altered)) is Reason.SIGNATURE_WRONG
    assert reason(world.say(msgspec.structs.replace(word, verb=APPROVE))) is Reason.SIGNATURE_WRONG
    assert reason(world.say(msgspec.structs.replace(word, signature=b""))) is Reason.SIGNATURE_WRONG
    assert reason(world.say(world.word(PROPOSE, "officer-1", deed))) is Reason.NOT_RECOGNISED
    stranger = sign_word(AccessWord(PROPOSE, deed, "operator-1", "x", NOW), Ed25519PrivateKey.generate())
    assert reason(world.say(stranger)) is Reason.NOT_RECOGNISED
    assert reason(world.say(word, later(601))) is Reason.SIGNATURE_STALE
    assert reason(world.say(world.word(PROPOSE, "operator-1", deed, note=" "))) is Reason.ELEMENT_MISSING
    assert world.deeds.open(NOW) == []


def test_a_word_is_counted_once(world: World) -> None:
    deed = registering(issued(world, "bank-a"), bank("bank-a"))
    word = world.word(PROPOSE, "operator-1", deed)
    world.say(word)
    world.say(world.word(WITHDRAW, "operator-1", deed))
    assert reason(world.say(word, later(1))) is Reason.SIGNATURE_STALE


def test_what_nobody_approves_within_a_week_lapses(world: World) -> None:
    deed = registering(issued(world, "bank-a"), bank("bank-a"))
    world.say(world.word(PROPOSE, "operator-1", deed))
    late = Instant(int(NOW) + 7 * DAY)
    assert reason(world.say(world.word(APPROVE, "operator-2", deed, late), late)) is Reason.NOT_FOUND
    assert world.deeds.open(late) == []
    found = world.deeds.find(1)
    assert found is not None
    assert found.state is ProposalState.LAPSED


def test_nobody_approves_what_is_given_to_oneself(world: World) -> None:
    deed = adding(Grant("operator-2", "", (Role.AUDITOR,)))
    world.say(world.word(PROPOSE, "operator-1", deed))
    assert reason(world.say(world.word(APPROVE, "operator-2", deed))) is Reason.RIGHT_NOT_HELD


def test_the_certificate_of_an_authority_or_of_a_server_opens_no_connection(world: World) -> None:
    authority = from_pem((world.folder / "ca" / "ca.pem").read_bytes()).der
    for der in (authority, issued(world, "server", SERVER), b"no certificate"):
        answer = world.say(world.word(PROPOSE, "operator-1", registering(der, bank("bank-a"))))
        assert isinstance(answer, Refusal)
        assert answer.reason in (Reason.ELEMENT_NOT_ADMITTED, Reason.MALFORMED)


def test_an_unregistered_one_of_the_same_authority_is_nobody(world: World) -> None:
    world.machine("bank-a")
    assert reason(world.register.recognise(issued(world, "bank-a"), CONNECT, NOW)) is Reason.NOT_RECOGNISED


def test_what_signs_messages_opens_no_connection(world: World) -> None:
    der = world.machine("bank-a.signer", purpose=SIGN)
    assert reason(world.register.recognise(der, CONNECT, NOW)) is Reason.NOT_RECOGNISED
    assert is_caller(world.register.recognise(der, SIGN, NOW))


@pytest.mark.parametrize(("seconds", "known"), [(-1, False), (0, True), (90 * 86_400, True), (90 * 86_400 + 1, False)])
def test_time_ends_a_certificate_also_on_an_open_connection(world: World, seconds: int, known: bool) -> None:
    der = world.machine("bank-a")
    assert is_caller(world.register.recognise(der, CONNECT, later(seconds))) is known


def test_a_revoked_one_is_nobody_at_once_and_for_ever(world: World) -> None:
    der = world.machine("bank-a")
    facts = from_pem((world.folder / "ca" / "bank-a.pem").read_bytes())
    assert reason(world.register.revoke(facts.thumbprint, "operator-1", "", NOW)) is Reason.ELEMENT_MISSING
    assert world.register.revoke(facts.thumbprint, "operator-1", "key lost", later(5)) is None
    assert reason(world.register.recognise(der, CONNECT, later(5))) is Reason.NOT_RECOGNISED
    assert reason(world.register.revoke(facts.thumbprint, "operator-1", "again", later(6))) is Reason.NOT_FOUND
    again = registering(der, bank("bank-a"))
    world.say(world.word(PROPOSE, "operator-1", again, later(7)))
    assert reason(world.say(world.word(APPROVE, "operator-2", again, later(8)))) is Reason.OUT_OF_TURN
    waiting = world.deeds.find(2)
    assert waiting is not None
    assert waiting.state is ProposalState.PROPOSED, "what could not be done was not approved"


def test_revocation_counts_in_every_process(world: World, tmp_path: Path) -> None:
    der = world.machine("bank-a")
    with AccessStore(tmp_path) as other:
        from fondaco.access import Register

        Register(other).revoke(from_pem((tmp_path / "ca" / "bank-a.pem").read_bytes()).thumbprint, "operator-2", "lost", NOW)
    assert reason(world.register.recognise(der, CONNECT, NOW)) is Reason.NOT_RECOGNISED


def test_old_and_new_are_valid_for_the_overlap(world: World) -> None:
    old = world.machine("bank-a")
    new = world.machine("bank-a", at=later(100), overlap_s=60)
    assert [is_caller(world.register.recognise(one, CONNECT, later(159))) for one in (old, new)] == [True, True]
    assert [is_caller(world.register.recognise(one, CONNECT, later(160))) for one in (old, new)] == [False, True]


def test_a_successor_never_lengthens_a_life_that_another_ended(world: World) -> None:
    old = world.machine("bank-a")
    world.machine("bank-a", at=later(100), overlap_s=60)
    world.machine("bank-a", at=later(120), overlap_s=3600)
    assert reason(world.register.recognise(old, CONNECT, later(160))) is Reason.NOT_RECOGNISED


def test_the_authoritys_list_revokes(world: World) -> None:
    der, other = world.machine("bank-a"), world.machine("bank-b", grant=bank("bank-b", "ZZBBSG02"))
    world.authority.revoke("bank-a", NOW)
    crl = (world.folder / "ca" / "ca.crl").read_bytes()
    authority = from_pem((world.folder / "ca" / "ca.pem").read_bytes())
    assert world.register.take_crl(crl, authority, NOW) == 1
    assert reason(world.register.recognise(der, CONNECT, NOW)) is Reason.NOT_RECOGNISED
    assert is_caller(world.register.recognise(other, CONNECT, NOW))
    # A list that ran out could lack the one that matters: nobody of that authority is let in until a new one came.
    assert reason(world.register.recognise(other, CONNECT, Instant(int(NOW) + 31 * DAY))) is Reason.NOT_RECOGNISED


def test_an_old_a_forged_or_a_foreign_list_is_not_taken(world: World, tmp_path: Path) -> None:
    authority = from_pem((world.folder / "ca" / "ca.pem").read_bytes())
    world.machine("bank-a")
    old = (world.folder / "ca" / "ca.crl").read_bytes()
    world.authority.revoke("bank-a", NOW)
    assert world.register.take_crl((world.folder / "ca" / "ca.crl").read_bytes(), authority, NOW) == 1
    assert reason(world.register.take_crl(old, authority, NOW)) is Reason.SIGNATURE_STALE
    foreign = DemoAuthority.create(tmp_path / "other", NOW).folder / "ca.crl"
    assert reason(world.register.take_crl(foreign.read_bytes(), authority, NOW)) is Reason.SIGNATURE_WRONG
    assert reason(world.register.take_crl(b"no list", authority, NOW)) is Reason.MALFORMED
    client = from_pem((world.folder / "ca" / "bank-a.pem").read_bytes())
    assert reason(world.register.take_crl(old, client, NOW)) is Reason.SIGNATURE_WRONG


@pytest.mark.parametrize(
    "grant",
    [
        Grant("bank-a", "ZZBASG01", ()),
        Grant("bank-a", "NOBODY00", (Role.MEMBER_MAKER,)),
        Grant("bank-a", "", (Role.MEMBER_MAKER,)),
        Grant("bank-a", "ZZBASG01", (Role.OPERATOR_MAKER,)),
        Grant("bank-a", "ZZBASG01", (Role.MEMBER_MAKER, Role.MEMBER_CHECKER)),
        Grant("op", "", (Role.OPERATOR_MAKER, Role.OPERATOR_CHECKER)),
        Grant("op", "", (Role.OPERATOR_MAKER, Role.SUPERVISOR), ("SG",)),
        Grant("sup", "", (Role.SUPERVISOR,)),
        Grant("sup", "", (Role.SUPERVISOR,), ("XX",)),
        Grant("op", "", (Role.OPERATOR_MAKER,), ("SG",)),
        Grant("tr", "ZZBASG01", (Role.TRADER,)),
        Grant("tr", "ZZBASG01", (Role.MEMBER_MAKER,), (), "acme"),
        Grant("Big Name", "", (Role.AUDITOR,)),
        Grant("a\nb", "", (Role.AUDITOR,)),
    ],
)
def test_a_grant_stands_on_one_side_and_a_maker_is_no_checker(grant: Grant) -> None:
    assert grant_fault(grant, INSTITUTIONS) is not None


def test_who_takes_a_person_takes_no_machines_name(world: World) -> None:
    world.machine("bank-a")
    answer = world.say(world.word(PROPOSE, "operator-1", adding(Grant("bank-a", "", (Role.AUDITOR,)))))
    assert reason(answer) is Reason.OUT_OF_TURN
    world.person("anna", Role.AUDITOR)
    assert (
        reason(world.say(world.word(PROPOSE, "operator-1", registering(issued(world, "anna"), bank("anna")))))
        is Reason.OUT_OF_TURN
    )


def test_a_deeds_content_is_what_its_subject_says(world: World) -> None:
    deed = AccessDeed(Kind.PERSON, "somebody-else", adding(Grant("anna", "", (Role.AUDITOR,))).content)
    assert reason(world.say(world.word(PROPOSE, "operator-1", deed))) is Reason.MALFORMED
    assert reason(world.say(world.word(PROPOSE, "operator-1", AccessDeed(Kind.PERSON, "anna", b"\xc1")))) is Reason.MALFORMED


def test_a_machines_proof_gives_no_word(world: World) -> None:
    deed = adding(Grant("anna", "", (Role.AUDITOR,)))
    word = world.word(PROPOSE, "operator-1", deed)
    speaker = officer_caller(word, world.officers)
    assert isinstance(speaker, Caller)
    for proof in (Proof.CERTIFICATE, Proof.TOKEN):
        machine = msgspec.structs.replace(speaker, proof=proof)
        assert reason(world.deeds.say(machine, word, INSTITUTIONS, NOW)) is Reason.RIGHT_NOT_HELD
    other = msgspec.structs.replace(speaker, name="operator-2")
    assert reason(world.deeds.say(other, word, INSTITUTIONS, NOW)) is Reason.RIGHT_NOT_HELD


# Behind a proxy that ends TLS


def escaped(pem: str) -> str:
    from urllib.parse import quote

    return quote(pem, safe="")


def test_a_proxy_on_this_machine_with_the_secret_may_say_whose_certificate_it_saw(world: World) -> None:
    world.machine("bank-a")
    pem = (world.folder / "ca" / "bank-a.pem").read_text()
    gate = Gate(world.register, world.tokens, world.sessions, SECRET)
    asked = {"x_client_cert": escaped(pem), "x_fondaco_proxy": SECRET}
    assert is_caller(gate.authenticate(scope(peer="127.0.0.1", **asked), NOW))
    assert is_caller(gate.authenticate(scope(peer="::1", **asked), NOW))
    assert reason(gate.authenticate(scope(peer="192.0.2.1", **asked), NOW)) is Reason.NOT_RECOGNISED
    assert reason(gate.authenticate(scope(peer="", **asked), NOW)) is Reason.NOT_RECOGNISED
    assert reason(world.gate.authenticate(scope(peer="127.0.0.1", **asked), NOW)) is Reason.NOT_RECOGNISED, "not configured"


@pytest.mark.parametrize(
    "headers",
    [
        {"x_client_cert": "CERT"},
        {"x_client_cert": "CERT", "x_fondaco_proxy": SECRET[:-1] + "x"},
        {"x_client_cert": "CERT", "x_fondaco_proxy": ""},
        {"x_client_cert": "no%20certificate", "x_fondaco_proxy": SECRET},
        {"x_client_cert": "%ff%fe", "x_fondaco_proxy": SECRET},
        {"x_client_cert": "", "x_fondaco_proxy": SECRET},
    ],
)
def test_a_forged_header_lets_nobody_in(world: World, headers: dict[str, str]) -> None:
    world.machine("bank-a")
    pem = (world.folder / "ca" / "bank-a.pem").read_text()
    asked = {name: value.replace("CERT", escaped(pem)) for name, value in headers.items()}
    gate = Gate(world.register, world.tokens, world.sessions, SECRET)
    assert reason(gate.authenticate(scope(peer="127.0.0.1", **asked), NOW)) is Reason.NOT_RECOGNISED


def test_a_header_beside_a_certificate_of_tls_or_twice_is_refused(world: World) -> None:
    world.machine("bank-a")
    pem = (world.folder / "ca" / "bank-a.pem").read_text()
    found = scope(certificate=pem, peer="127.0.0.1", x_client_cert=escaped(pem), x_fondaco_proxy=SECRET)
    assert reason(presented(found, SECRET)) is Reason.NOT_RECOGNISED
    twice = scope(peer="127.0.0.1", x_client_cert=escaped(pem), x_fondaco_proxy=SECRET)
    twice["headers"] = [*twice["headers"], (b"x-client-cert", b"")]  # type: ignore[misc]
    assert reason(presented(twice, SECRET)) is Reason.NOT_RECOGNISED


def test_a_secret_that_could_be_guessed_is_none() -> None:
    with pytest.raises(AssertionError):
        presented(scope(), "short")

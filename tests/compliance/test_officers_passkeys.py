"""Officers who sign with passkeys: a word counts once, for its case, its verdict, its text and its place, from a verified person who is another."""

from __future__ import annotations

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from deciding_officers import key_of
from fondaco.compliance import Case, CaseState, Decision, Hit, Officer, Verdict, chain_fault, decide, foresee, sign
from fondaco.core import PasskeyKey, Refusal, assertion_of
from software_authenticator import PRESENT, Authenticator, asserted

ORIGIN, SITE = "https://hub.example", "hub.example"
HIT = Hit("Cdtr/Nm", "Alfa Beta", "un", "9", "ALFA BETTA", 930, (("alfa", "alfa", "same", 1.0),))
CASE = Case("K1-2", 1, 10, Verdict("HIT", "lists", "engine", "", (HIT,), b"m" * 32, "c" * 32, 7))
OTHER = Case("K2-2", 2, 10, CASE.verdict)
# The order of P-256: with (r, s) also (r, n - s) is a signature upon the same bytes.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
DEVICES = {who: Authenticator(ORIGIN, SITE) for who in ("anna", "bodo", "carl")}
PLAIN = {who: Ed25519PrivateKey.generate() for who in DEVICES}


def officer(who: str, *keys: PasskeyKey, roles: tuple[str, ...] = ("compliance",)) -> Officer:
    return Officer(who, who, frozenset(roles), PLAIN[who].public_key().public_bytes_raw(), keys)


OFFICERS = {who: officer(who, key_of(DEVICES[who])) for who in DEVICES}


def unsigned(case: Case, who: str, verb: str = "RELEASE", note: str = "another birthday") -> Decision:
    return Decision(case.case_id, who, verb, note, 11, case.verdict.digest(), b"", "", case.link())


def signed(word: Decision, device: Authenticator, **changes: object) -> Decision:
    return msgspec.structs.replace(word, signature=asserted(device, word.material(), **changes).encoded())


def said(case: Case, who: str, verb: str = "RELEASE") -> Case:
    found = decide(case, signed(unsigned(case, who, verb), DEVICES[who]), OFFICERS)
    assert isinstance(found, Case), found
    return found


def refused(case: Case, word: Decision, officers: dict[str, Officer] = OFFICERS) -> Refusal:
    found = decide(case, word, officers)
    assert isinstance(found, Refusal), found
    return found


def test_two_officers_with_passkeys_decide_and_the_whole_assertions_are_kept_in_the_chain() -> None:
    done = said(said(CASE, "anna"), "bodo")
    assert done.state is CaseState.RELEASED and chain_fault(done) == ""
    for one in done.decisions:
        kept = assertion_of(one.signature)
        assert (
            kept is not None and kept.public_key == DEVICES[one.officer_id].public_key() and b"webauthn.get" in kept.client_data
        )
    other = msgspec.structs.replace(done.decisions[0], signature=done.decisions[1].signature)
    altered = msgspec.structs.replace(done, decisions=(other, done.decisions[1]))
    assert "word 1 is not the one" in chain_fault(altered)


def test_a_key_in_a_file_and_a_passkey_stand_beside_each_other() -> None:
    proposed = said(CASE, "anna", "CONFIRM")
    word = sign(unsigned(proposed, "bodo", "CONFIRM"), PLAIN["bodo"])
    confirmed = decide(proposed, word, OFFICERS)
    assert isinstance(confirmed, Case) and confirmed.state is CaseState.CONFIRMED


def test_the_same_officer_is_never_both_by_whatever_key() -> None:
    proposed = said(CASE, "anna")
    for word in (signed(unsigned(proposed, "anna"), DEVICES["anna"]), sign(unsigned(proposed, "anna"), PLAIN["anna"])):
        assert refused(proposed, word).found == "the second decision is another person's"
    # Another name with a passkey of hers is she.
    posing = OFFICERS | {"bodo": officer("bodo", key_of(DEVICES["anna"]))}
    assert refused(proposed, signed(unsigned(proposed, "bodo"), DEVICES["anna"]), posing).where == "officer"
    assert refused(proposed, sign(unsigned(proposed, "bodo"), PLAIN["bodo"]), posing).where == "officer"


def test_an_assertion_is_no_word_of_another_case_verdict_verb_text_instant_or_officer() -> None:
    word = signed(unsigned(CASE, "anna"), DEVICES["anna"])
    for changed in (
        {"verb": "CONFIRM"}, {"verb": "NOTE"}, {"note": "another birthday!"}, {"note": " another birthday"}, {"at": 12}, {"assignee": "carl"},
        {"officer_id": "bodo"},
    ):  # fmt: skip
        assert refused(CASE, msgspec.structs.replace(word, **changed)).where == "signature", changed
    elsewhere = msgspec.structs.replace(word, case_id=OTHER.case_id, seen=OTHER.link())
    assert refused(OTHER, elsewhere).where == "signature"
    assert refused(OTHER, word).reason.name == "NOT_FOUND"
    again = Case("K1-2", 1, 10, msgspec.structs.replace(CASE.verdict, list_set="newer"))
    assert refused(again, word).where == "verdict"
    renewed = msgspec.structs.replace(word, verdict=again.verdict.digest(), seen=again.link())
    assert refused(again, renewed).where == "signature"


def test_an_assertion_counts_once_also_with_its_other_signature() -> None:
    word = signed(unsigned(CASE, "anna", "NOTE"), DEVICES["anna"])
    noted = decide(CASE, word, OFFICERS)
    assert isinstance(noted, Case)
    assert refused(noted, word).found == "something was said since that the officer has not seen"
    kept = assertion_of(word.signature)
    assert kept is not None
    r, s = decode_dss_signature(kept.signature)
    twin = msgspec.structs.replace(kept, signature=encode_dss_signature(r, ORDER - s)).encoded()
    fresh = msgspec.structs.replace(word, signature=twin)
    assert isinstance(decide(CASE, fresh, OFFICERS), Case), "it is a signature, that is how the curve is"
    assert isinstance(decide(noted, fresh, OFFICERS), Refusal)
    # Of an earlier release a case has no chain, and its link stays: there the words themselves are compared.
    unchained = msgspec.structs.replace(CASE, decisions=(word,), links=())
    for replayed in (word, fresh):
        assert refused(unchained, replayed).where == "decision"


def test_a_passkey_signs_what_was_seen() -> None:
    blind = msgspec.structs.replace(unsigned(CASE, "anna"), seen=b"")
    assert refused(CASE, signed(blind, DEVICES["anna"])).where == "seen"
    assert isinstance(decide(CASE, sign(blind, PLAIN["anna"]), OFFICERS), Case), "a key in a file may leave it out, as ever"
    stale = signed(unsigned(CASE, "bodo"), DEVICES["bodo"])
    assert refused(said(CASE, "anna"), stale).where == "case"


def test_another_origin_another_site_and_a_user_who_was_not_verified_are_refused() -> None:
    word = unsigned(CASE, "anna")
    for changes in (
        {"origin": "https://hub.example:1"},
        {"origin": "https://evil.example"},
        {"type": "webauthn.create"},
        {"crossOrigin": True},
    ):
        assert refused(CASE, signed(word, DEVICES["anna"], **changes)).where == "signature", changes
    lazy = Authenticator(ORIGIN, SITE)
    lazy.flags = PRESENT
    false = Authenticator(ORIGIN, "evil.example")
    for device in (lazy, false):
        known = OFFICERS | {"anna": officer("anna", key_of(device))}
        assert refused(CASE, signed(word, device), known).where == "signature"


def test_a_passkey_that_was_taken_away_signs_nothing_and_unmakes_its_proposal() -> None:
    proposed = said(CASE, "anna")
    without = OFFICERS | {"anna": officer("anna")}
    assert refused(CASE, signed(unsigned(CASE, "anna"), DEVICES["anna"]), without).found == "it is no passkey of this officer's"
    for revoked in (without, OFFICERS | {"anna": officer("anna", key_of(DEVICES["anna"]), roles=("operator",))}):
        second = decide(proposed, signed(unsigned(proposed, "bodo"), DEVICES["bodo"]), revoked)
        assert isinstance(second, Case) and second.state is CaseState.RELEASE_PROPOSED, "it is the first of two"
        third = decide(second, signed(unsigned(second, "carl"), DEVICES["carl"]), revoked)
        assert isinstance(third, Case) and third.state is CaseState.RELEASED
    gone = {who: one for who, one in OFFICERS.items() if who != "anna"}
    assert refused(CASE, signed(unsigned(CASE, "anna"), DEVICES["anna"]), gone).where == "officer"


def test_what_a_word_would_come_to_is_told_before_it_is_signed_and_decides_nothing() -> None:
    would = foresee(CASE, unsigned(CASE, "anna"), OFFICERS)
    assert isinstance(would, Case) and would.state is CaseState.RELEASE_PROPOSED and CASE.state is CaseState.OPENED
    proposed = said(CASE, "anna")
    assert isinstance(foresee(proposed, unsigned(proposed, "anna"), OFFICERS), Refusal)
    assert isinstance(foresee(proposed, msgspec.structs.replace(unsigned(proposed, "bodo"), note=" "), OFFICERS), Refusal)
    assert refused(CASE, unsigned(CASE, "anna")).where == "signature", "what is not signed is no word"

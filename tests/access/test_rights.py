"""The table of rights: every right by every role, against every owner; and the page that shows it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from fondaco.access import (
    ROWS,
    By,
    Caller,
    Proof,
    Right,
    Role,
    Scope,
    Whose,
    is_logged,
    may,
    may_any,
    other_person,
    rights_page,
    roles_with,
)
from fondaco.core import Reason, Refusal

ROOT = Path(__file__).resolve().parents[2]
OWN, OTHER = "ZZBASG01", "ZZBBTH02"
OBJECTS = {
    "own": Whose(OWN, "SG", "acme"),
    "another bank's, same country": Whose("ZZBCSG03", "SG", "other"),
    "another country's": Whose(OTHER, "TH", "third"),
    "nobody's": Whose(),
    "own party's at another bank": Whose(OTHER, "TH", "acme"),
}


def caller(role: Role, proof: Proof) -> Caller:
    watches = role in (Role.SUPERVISOR, Role.CENTRAL_BANK)
    institution = OWN if role in (Role.MEMBER_MAKER, Role.MEMBER_CHECKER, Role.CENTRAL_BANK, Role.TRADER) else ""
    return Caller(
        "somebody",
        institution,
        frozenset({role}),
        proof,
        frozenset({"SG"} if watches else ()),
        "acme" if role is Role.TRADER else "",
    )


def expected(right: Right, role: Role, proof: Proof, whose: Whose) -> bool:
    """What the page says, read by another road than `may` takes."""
    cells = {
        row.split(" | ")[0].strip("| "): row.strip("| ").split(" | ")
        for row in rights_page().splitlines()
        if row.startswith("| ")
    }
    cell = cells[right.value]
    by, scope = cell[2], cell[3 + list(Role).index(role)]
    machine = proof in (Proof.CERTIFICATE, Proof.TOKEN)
    if scope == "-" or (by == "person" and machine) or (by == "machine" and not machine):
        return False
    return {
        "union": True,
        "own": whose.institution == OWN,
        "jurisdiction": whose.country == "SG",
        "party": whose.party == "acme" and whose.institution in ("", OWN),
    }[scope]


@pytest.mark.parametrize("right", list(Right), ids=lambda right: right.value)
def test_every_right_by_every_role_proof_and_owner(right: Right) -> None:
    for role, proof, (name, whose) in itertools.product(Role, Proof, OBJECTS.items()):
        answer = may(caller(role, proof), right, whose)
        assert (answer is None) is expected(right, role, proof, whose), f"{role.value} by {proof.value}, {name}: {answer}"
        assert answer is None or answer.reason is Reason.RIGHT_NOT_HELD


def test_nobody_without_a_role_may_anything() -> None:
    for right, proof in itertools.product(Right, Proof):
        assert may(Caller("x", OWN, frozenset(), proof), right, OBJECTS["own"]) is not None


CHANGES = [row.right for row in ROWS.values() if not row.right.value.endswith((".look", ".read", ".take", ".bundle", ".run"))]


def test_who_watches_changes_nothing() -> None:
    for right, role in itertools.product(CHANGES, (Role.SUPERVISOR, Role.AUDITOR)):
        assert role not in ROWS[right].who, f"{role.value} could {right.value}"


def test_no_role_has_both_halves_of_a_deed_of_two() -> None:
    for row in ROWS.values():
        if row.second is None or row.second is row.right:
            continue
        both = row.who.keys() & ROWS[row.second].who.keys()
        assert both == frozenset(), f"{both} could do {row.right.value} alone"


def test_limits_rights_defaults_and_cases_take_two_people() -> None:
    for right in (
        Right.LIMIT_SET,
        Right.RIGHTS_SET,
        Right.DEFAULT_DECLARE,
        Right.COLLATERAL_MOVE,
        Right.MOTION_PROPOSE,
        Right.CASE_DECIDE,
        Right.PAYMENT_DRAFT,
    ):
        assert ROWS[right].second is not None
        assert ROWS[right].by is By.PERSON
    anna = caller(Role.COMPLIANCE_OFFICER, Proof.SESSION)
    assert isinstance(other_person("somebody", anna), Refusal)
    assert other_person("bert", anna) is None


def test_a_lone_operator_changes_no_limit_and_no_rights() -> None:
    """Nobody holds both halves, and no grant can hold two roles of one side (`grant_fault`)."""
    for first, second in ((Right.LIMIT_SET, Right.LIMIT_APPROVE), (Right.RIGHTS_SET, Right.RIGHTS_APPROVE)):
        for role in Role:
            one = caller(role, Proof.SESSION)
            assert may(one, first, OBJECTS["own"]) is not None or may(one, second, OBJECTS["own"]) is not None


def test_a_payment_of_two_sides_is_seen_from_either() -> None:
    sides = (OBJECTS["own"], OBJECTS["another country's"])
    assert may_any(caller(Role.MEMBER_MAKER, Proof.SESSION), Right.PAYMENT_LOOK, sides) is None
    assert may_any(caller(Role.SUPERVISOR, Proof.SESSION), Right.PAYMENT_LOOK, sides[1:]) is not None
    assert may_any(caller(Role.AUDITOR, Proof.SESSION), Right.PAYMENT_LOOK, ()) is not None


def test_what_is_anothers_and_what_is_not_there_are_refused_alike() -> None:
    one = caller(Role.MEMBER_MAKER, Proof.TOKEN)
    assert may(one, Right.PAYMENT_LOOK, OBJECTS["another country's"]) == may(one, Right.PAYMENT_LOOK, OBJECTS["nobody's"])


def test_every_look_beyond_ones_own_house_is_logged() -> None:
    for right, whose in itertools.product(Right, OBJECTS.values()):
        assert is_logged(caller(Role.SUPERVISOR, Proof.SESSION), right, whose)
        assert is_logged(caller(Role.AUDITOR, Proof.TOKEN), right, whose)
    assert is_logged(caller(Role.OPERATOR_MAKER, Proof.SESSION), Right.PAYMENT_LOOK, OBJECTS["own"])
    assert is_logged(caller(Role.CENTRAL_BANK, Proof.SESSION), Right.POSITION_LOOK, OBJECTS["another bank's, same country"])
    assert not is_logged(caller(Role.MEMBER_MAKER, Proof.TOKEN), Right.PAYMENT_LOOK, OBJECTS["own"])
    assert not is_logged(caller(Role.CENTRAL_BANK, Proof.TOKEN), Right.MAILBOX_READ, OBJECTS["own"])
    assert not is_logged(caller(Role.OPERATOR_MAKER, Proof.TOKEN), Right.METRICS_READ)


def test_each_scope_is_used_and_each_role_may_something() -> None:
    used = {scope for row in ROWS.values() for scope in row.who.values()}
    assert used == set(Scope)
    assert {role for row in ROWS.values() if row.right is not Right.RULES_LOOK for role in row.who} == set(Role)


def test_the_roles_of_a_right_are_those_that_may_something_with_it() -> None:
    for right in Right:
        some = {
            role
            for role, proof, whose in itertools.product(Role, Proof, OBJECTS.values())
            if may(caller(role, proof), right, whose) is None
        }
        assert roles_with(right) == some


def test_the_page_is_the_table() -> None:
    assert (ROOT / "docs" / "rights.md").read_text() == rights_page()

"""Least privilege as a table: every route by every role and way of being known, and every object by everybody who might look at it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from doors import Answer, Door
from fondaco.access import ROWS, By, Caller, Proof, Right, Role, Whose, may_any
from fondaco.api import OPEN_PLACES, ROUTES, Route, roles_page
from union import MY1, SG1, SG2, TH1, calm_uetr, pacs_008

ROOT = Path(__file__).resolve().parents[2]
_OF_A_BANK = (Role.MEMBER_MAKER, Role.MEMBER_CHECKER, Role.CENTRAL_BANK, Role.TRADER)
_OF_COUNTRIES = (Role.CENTRAL_BANK, Role.SUPERVISOR)
_MACHINES = (Proof.CERTIFICATE, Proof.TOKEN)
# Something of the right form and of nobody, so that only the right is asked.
PLACES = {
    "uetr": calm_uetr(),
    "seq": "1",
    "cycle": "1",
    "case": "C1",
    "instrument": "ETR-000001",
    "number": "999",
    "upload": "0" * 32,
    "day": "2020-01-01",
}


def caller(role: Role, proof: Proof, bank: str = SG1, country: str = "SG") -> Caller:
    return Caller(
        f"{role.value}-{bank}-{country}", bank if role in _OF_A_BANK else "", frozenset({role}), proof,
        frozenset({country} if role in _OF_COUNTRIES else ()), "acme" if role is Role.TRADER else "",
    )  # fmt: skip


def word(one: Caller) -> str:
    (role,) = one.roles
    return f"caller:{one.name}:{one.institution}:{role.value}:{one.proof.value}:{' '.join(one.jurisdiction)}:{one.party}"


def ask(door: Door, one: Caller, method: str, path: str) -> Answer:
    return door.ask(method, path, b"{" if method == "POST" else None, who=word(one), media="application/json")


def test_the_page_is_the_routes_and_the_table() -> None:
    assert (ROOT / "docs" / "api-rights.md").read_text() == roles_page(ROUTES)


def allowed(route: Route, role: Role, proof: Proof) -> bool:
    """What the page says, read by another road than the door takes."""
    (line,) = [one for one in roles_page(ROUTES).splitlines() if one.startswith(f"| {route.method} | `{route.path}` |")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    by, cell = cells[3], cells[4 + list(Role).index(role)]
    fits = {"either": True, "person": proof not in _MACHINES, "machine": proof in _MACHINES}[by]
    return cell != "-" and fits


@pytest.mark.server
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_by_every_role_and_proof(door: Door, route: Route) -> None:
    """No body that is sent is well formed: whoever is let in meets that, and nothing is done."""
    path = route.path.format(**PLACES)
    for role, proof in itertools.product(Role, (Proof.TOKEN, Proof.CERTIFICATE, Proof.SESSION)):
        found = ask(door, caller(role, proof), route.method, path)
        if allowed(route, role, proof):
            assert found.status != 401 and (found.status != 403 or found.json["detail"] == "you act for no institution"), (
                role,
                proof,
            )
        else:
            assert (found.status, found.json["type"]) == (403, "/docs#problem-not-allowed"), (role, proof, found)
    assert door.ask(route.method, path).status == 401


@pytest.mark.server
def test_what_is_open_is_what_the_page_names(door: Door) -> None:
    listed = {(method, path) for method, path, _ in OPEN_PLACES} | {(route.method, route.path) for route in ROUTES}
    for method, path, _ in OPEN_PLACES:
        assert door.ask(method, path).status in ((404,) if ".well-known" in path or "token" in path else (200, 503)), path
    described = door.ask("GET", "/v1/openapi.json").json["paths"]
    assert {(method.upper(), path) for path, one in described.items() for method in one} <= listed


EVERYBODY = [
    *(
        caller(role, Proof.SESSION, bank)
        for role in (Role.MEMBER_MAKER, Role.MEMBER_CHECKER, Role.TRADER)
        for bank in (SG1, SG2, TH1, MY1)
    ),
    *(
        caller(role, Proof.SESSION, bank, country)
        for role in _OF_COUNTRIES
        for bank, country in (("ZZCBSG00", "SG"), ("ZZCBTH00", "TH"), ("ZZCBMY00", "MY"))
    ),
    *(
        caller(role, Proof.SESSION)
        for role in (Role.OPERATOR_MAKER, Role.OPERATOR_CHECKER, Role.COMPLIANCE_OFFICER, Role.AUDITOR)
    ),
]
SG_SIDE, TH_SIDE = Whose(SG1, "SG"), Whose(TH1, "TH")


def sees(one: Caller, right: Right, *sides: Whose) -> bool:
    return may_any(one, right, sides) is None


@pytest.mark.server
def test_every_object_is_seen_by_whom_the_table_says_and_looks_absent_to_all_others(door: Door) -> None:
    uetr, held = calm_uetr(), calm_uetr()
    for name, creditor in ((uetr, "Somchai Foods"), (held, "Sorvemir Brulomarov")):
        raw = pacs_008(SG1, TH1, "7.00", "SGD", uetr=name, creditor=creditor)
        assert door.ask("POST", "/v1/messages", raw, who=f"{SG1}-maker").status in (200, 202)
    proposal = door.ask("POST", "/v1/limits/cap", {"currency": "SGD", "amount": "9000.00"}, who=f"{SG1}-desk").json["number"]
    close = door.ask("POST", "/v1/cycles/close", who="operator-1").json["number"]
    (case,) = [one["case"] for one in door.ask("GET", "/v1/cases", who="officer").json["cases"] if one["uetr"] == held]
    letter = door.ask("GET", "/v1/messages?limit=1", who=f"{SG1}-maker").json["messages"][0]["seq"]
    objects = {
        # An officer sees of payments those that were held, which is less than its right.
        f"/v1/payments/{uetr}": (Right.PAYMENT_LOOK, (SG_SIDE, TH_SIDE), {Role.COMPLIANCE_OFFICER}),
        # Nobody at the creditor's side sees what was never offered to it.
        f"/v1/payments/{held}": (Right.PAYMENT_LOOK, (SG_SIDE,), set()),
        f"/v1/proposals/{proposal}": (Right.PROPOSAL_LOOK, (SG_SIDE,), set()),
        f"/v1/proposals/{close}": (Right.PROPOSAL_LOOK, (Whose(),), set()),
        f"/v1/messages/{letter}": (Right.MAILBOX_READ, (SG_SIDE,), set()),
        f"/v1/cases/{case}": (Right.CASE_LOOK, (SG_SIDE,), set()),
    }
    for (path, (right, sides, less)), one in itertools.product(objects.items(), EVERYBODY):
        (role,) = one.roles
        status = ask(door, one, "GET", path).status
        if role not in ROWS[right].who:
            assert status == 403, (path, one)
        elif role in less or not sees(one, right, *sides):
            assert status == 404, (path, one)
        else:
            assert status == 200, (path, one)


@pytest.mark.server
def test_lists_hold_what_each_may_see_and_nothing_else(door: Door) -> None:
    country_of = {one["bic"][:8]: one["country"] for one in door.ask("GET", "/v1/members", who="auditor").json["members"]}
    for one in EVERYBODY:
        (role,) = one.roles
        for path, right, key in (
            ("/v1/positions", Right.POSITION_LOOK, "positions"),
            ("/v1/limits", Right.LIMIT_LOOK, "limits"),
            ("/v1/proposals", Right.PROPOSAL_LOOK, "proposals"),
        ):
            found = ask(door, one, "GET", path)
            if role not in ROWS[right].who:
                assert found.status == 403, (path, one)
                continue
            shown = {row["bank"][:8] for row in found.json[key]}
            for bank in shown:
                assert sees(one, right, Whose(bank, country_of.get(bank, ""))), (path, one, bank)
            if key == "positions":
                expected = {bank for bank, country in country_of.items() if sees(one, right, Whose(bank, country))}
                assert shown == {bank for bank in expected if "ZZCB" not in bank}, (path, one)


@pytest.mark.server
def test_nobody_reads_anothers_mailbox_whatever_it_asks(door: Door) -> None:
    uetr = calm_uetr()
    door.ask("POST", "/v1/messages", pacs_008(SG1, TH1, "8.00", "SGD", uetr=uetr), who=f"{SG1}-maker")
    mine = {one["seq"] for one in door.ask("GET", "/v1/messages?limit=500", who=f"{SG1}-maker").json["messages"]}
    for who in (f"{SG2}-maker", f"{TH1}-maker", "ZZCBSG00"):
        theirs = {one["seq"] for one in door.ask("GET", "/v1/messages?limit=500", who=who).json["messages"]}
        assert not mine & theirs
        assert all(door.ask("GET", f"/v1/messages/{seq}", who=who).status == 404 for seq in sorted(mine)[:5])


def test_persons_and_machines_are_told_apart_in_the_table() -> None:
    assert {ROWS[route.right].by for route in ROUTES} == set(By)

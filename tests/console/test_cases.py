"""Held hits: side by side for officers, and for nobody whose they are not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from console_door import Consoles
from fondaco.access import Caller, Proof, Reach, Role
from fondaco.console.cases import found
from fondaco.hub import close_hub, open_hub


def test_a_hit_says_what_met_what_and_a_supervisor_sees_its_countries_alone(ready: tuple[Path, int], tmp_path: Path) -> None:
    shutil.copytree(ready[0], tmp_path / "hub")
    hub = open_hub(tmp_path / "hub")

    def seen(role: Role, *countries: str) -> int:
        caller = Caller("someone", "", frozenset({role}), Proof.SESSION, frozenset(countries))
        return len(found(hub, Reach(caller, hub.desk.scheme), caller.roles, decided=True))

    try:
        officer = Caller("officer-1", "", frozenset({Role.COMPLIANCE_OFFICER}), Proof.SESSION)
        (case,) = found(hub, Reach(officer, hub.desk.scheme), officer.roles, decided=False)
        assert (seen(Role.AUDITOR), seen(Role.SUPERVISOR, "SG"), seen(Role.SUPERVISOR, "KR")) == (1, 1, 0)
    finally:
        close_hub(hub)
    hit = case.hits[0]
    assert case.open and case.uetr and hit.said == "Sorvemir Brulomarov" and hit.listed
    assert 0 < hit.score <= 1000 and case.best >= hit.score
    assert hit.pairs and all(0 <= pair.mille <= 1000 for pair in hit.pairs)


@pytest.mark.server
def test_an_officer_reads_the_case_and_a_member_does_not_know_of_it(door: Consoles) -> None:
    name = min(door.hub.desk.cases)
    page = door.ask(f"/console/cases/{name}", session=door.session("officer-1"))
    assert page.status == 200 and "Sorvemir Brulomarov" in page.text
    german = door.ask(f"/console/cases/{name}", session=door.session("officer-1"), Cookie="fondaco-language=de")
    assert "dieselben Buchstaben" in german.text and "same letters" not in german.text, (
        "the rule by which words met, in the officer's language"
    )
    assert door.ask("/console/", session=door.session("officer-1")).headers["location"] in ("/console/payments", "/console/cases")
    for who, status in (
        ("zzbbsg02-maker", 403),
        ("operator-1", 403),
        ("supervisor-kr", 404),
        ("supervisor-sg", 200),
        ("auditor", 200),
    ):
        assert door.ask(f"/console/cases/{name}", session=door.session(who)).status == status, who
    assert door.ask("/console/cases/no-such", session=door.session("officer-1")).status == 404
    assert "supervisor-sg" in [one.who for one in door.access.looks.about(f"case {name}")]
    for path in (f"/console/payments?q={case_uetr(door)}", "/console/day", "/console/queue"):
        assert "Brulomarov" not in door.ask(path, session=door.session("zzbbsg02-maker")).text


def case_uetr(door: Consoles) -> str:
    payment = door.hub.payment(door.hub.desk.cases[min(door.hub.desk.cases)].payment)
    assert payment is not None
    return payment.uetr

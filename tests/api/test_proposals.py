"""Four eyes through the door: a maker proposes, another person of the same house approves, and nobody else does either."""

from __future__ import annotations

from typing import Any

import pytest

from doors import Door
from union import SG1, SG2, TH1

pytestmark = pytest.mark.server
_PLACE = "/v1/proposals"


def propose(door: Door, amount: str, who: str = f"{SG1}-desk", **more: Any) -> dict[str, Any]:
    found = door.ask("POST", "/v1/limits/cap", {"currency": "SGD", "amount": amount}, who=who, **more)
    assert found.status == 202, found
    assert found.headers["location"] == f"{_PLACE}/{found.json['number']}"
    told: dict[str, Any] = found.json
    return told


def approve(door: Door, number: int, who: str) -> int:
    return door.ask("POST", f"{_PLACE}/{number}/approval", who=who).status


def cap(door: Door, bank: str = SG1) -> list[str]:
    rows = door.ask("GET", f"/v1/limits?bank={bank}", who=f"{bank}-maker").json["limits"]
    return [row["limit"] for row in rows if row["towards"] == "cap"]


def test_a_limit_takes_a_maker_and_a_checker_of_the_same_house(door: Door) -> None:
    before = cap(door)
    one = propose(door, "4000.00")
    assert (one["kind"], one["amount"], one["by"], one["state"], one["second"]) == (
        "set_own_cap", "4000.00", f"{SG1}-desk", "PROPOSED", "limit.approve",
    )  # fmt: skip
    assert cap(door) == before
    number = one["number"]
    for who, status in {
        f"{SG1}-desk": 403, f"{SG1}-maker": 403, f"{SG2}-checker": 404, "operator-1": 403, "operator-2": 403, "officer": 403, "auditor": 403, "supervisor-SG": 403,
        "ZZCBSG00": 403, "": 401,
    }.items():  # fmt: skip
        assert approve(door, number, who) == status, who
    assert cap(door) == before
    assert approve(door, number, f"{SG1}-checker") == 200
    assert cap(door) == ["4000.00"]
    assert approve(door, number, f"{SG1}-checker") == 409
    told = door.ask("GET", f"{_PLACE}/{number}", who=f"{SG1}-maker").json
    assert (told["state"], told["decided_by"]) == ("DONE", f"{SG1}-checker")


def test_a_machine_and_a_checker_propose_nothing_and_an_operator_sets_no_members_limit(door: Door) -> None:
    for who in (f"{SG1}-maker", f"{SG1}-checker", "operator-1", "operator-2", "supervisor-SG", "auditor"):
        assert door.ask("POST", "/v1/limits/cap", {"currency": "SGD", "amount": "1"}, who=who).status == 403, who


def test_who_sees_a_proposal(door: Door) -> None:
    number = propose(door, "4100.00")["number"]
    for who, status in {
        f"{SG1}-maker": 200, f"{SG1}-checker": 200, f"{SG2}-checker": 404, f"{TH1}-maker": 404, "operator-1": 200, "auditor": 200,
        "supervisor-SG": 200, "supervisor-TH": 404, "officer": 403, "ZZCBSG00": 200,
    }.items():  # fmt: skip
        assert door.ask("GET", f"{_PLACE}/{number}", who=who).status == status, who
        listed = door.ask("GET", _PLACE, who=who)
        assert (listed.status == 200 and number in [one["number"] for one in listed.json["proposals"]]) == (status == 200), who


def test_it_is_taken_back_by_who_proposed_it_alone(door: Door) -> None:
    number = propose(door, "4200.00")["number"]
    assert door.ask("POST", f"{_PLACE}/{number}/withdrawal", who=f"{SG1}-checker").status == 403
    assert door.ask("POST", f"{_PLACE}/{number}/withdrawal", who=f"{SG2}-desk").status == 404
    assert door.ask("POST", f"{_PLACE}/{number}/withdrawal", who="operator-1").status == 404
    assert door.ask("POST", f"{_PLACE}/{number}/withdrawal", who=f"{SG1}-desk").json["state"] == "WITHDRAWN"
    assert approve(door, number, f"{SG1}-checker") == 409
    assert number not in [one["number"] for one in door.ask("GET", _PLACE, who=f"{SG1}-maker").json["proposals"]]
    decided = door.ask("GET", f"{_PLACE}?decided=true&limit=500", who=f"{SG1}-maker").json["proposals"]
    assert number in [one["number"] for one in decided]


def test_a_proposal_outlives_a_restart_and_a_key_is_answered_again(door: Door) -> None:
    one = propose(door, "4300.00", Idempotency_Key="p-1")
    door.stop()
    door.open()
    assert propose(door, "4300.00", Idempotency_Key="p-1")["number"] == one["number"]
    where = f"{_PLACE}/{one['number']}/approval"
    first = door.ask("POST", where, who=f"{SG1}-checker", Idempotency_Key="a-1")
    assert first.status == 200 and cap(door) == ["4300.00"]
    assert door.ask("POST", where, who=f"{SG1}-checker", Idempotency_Key="a-1").json == first.json


def test_limits_towards_a_bank_and_over_all_currencies_too(door: Door) -> None:
    flow = {"currency": "SGD", "towards": TH1, "amount": "90000.00"}
    for path, body in (("/v1/limits/flow", flow), ("/v1/limits/flow", flow | {"amount": None})):
        found = door.ask("POST", path, body, who=f"{SG2}-desk")
        assert found.status == 202, found
        assert approve(door, found.json["number"], f"{SG2}-checker") == 200
        rows = door.ask("GET", f"/v1/limits?bank={SG2}", who=f"{SG2}-maker").json["limits"]
        assert [row["limit"] for row in rows if row["towards"] == TH1] == (["90000.00"] if body["amount"] else [])


def test_a_cycle_and_a_day_take_two_operators(door: Door) -> None:
    for who in (f"{SG1}-maker", f"{SG1}-checker", "operator-2", "auditor", "supervisor-SG", "officer", "ZZCBSG00"):
        for path in ("/v1/cycles/close", "/v1/day/end"):
            assert door.ask("POST", path, who=who).status == 403, (who, path)
    cycle = door.ask("GET", "/v1/day", who="operator-1").json["open_cycle"]
    one = door.ask("POST", "/v1/cycles/close", who="operator-1")
    assert (one.status, one.json["kind"], one.json["second"]) == (202, "close_cycle", "cycle.approve")
    assert door.ask("GET", f"/v1/cycles/{cycle}", who="operator-1").json["state"] == "OPEN"
    for who, status in {"operator-1": 403, f"{SG1}-checker": 404, "auditor": 403}.items():
        assert approve(door, one.json["number"], who) == status
    assert approve(door, one.json["number"], "operator-2") == 200
    assert door.ask("GET", "/v1/day", who="operator-1").json["open_cycle"] != cycle
    end = door.ask("POST", "/v1/day/end", who="operator-1").json
    assert approve(door, end["number"], "operator-2") in (200, 409, 422)
    day = door.ask("GET", "/v1/day", who="operator-1").json
    state = door.ask("GET", f"{_PLACE}/{end['number']}", who="operator-1").json["state"]
    assert (state == "DONE") == day["ended"], "what is refused was not approved"


def test_a_day_is_opened_by_two_and_lists_screen_on_it(door: Door) -> None:
    today = door.ask("GET", "/v1/day", who="operator-1").json["day"]
    one = door.ask("POST", "/v1/day", {"day": today}, who="operator-1")
    assert (one.status, one.json["day"]) == (202, today)
    assert door.ask("POST", "/v1/day", {"day": today}, who="operator-1").status == 409, "the same waits"
    assert approve(door, one.json["number"], "operator-2") in (409, 422), "it is open already"

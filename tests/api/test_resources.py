"""What stands in the hub, as JSON: each caller sees what is its own, and a deed under a key is done once."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from doors import Door, door_on, wait_until
from fondaco.access import Role
from fondaco.api import ROUTES
from union import MY1, SG1, SG2, TH1, calm_uetr, pacs_008

pytestmark = pytest.mark.server


def sent(door: Door, sender: str, to: str, amount: str, currency: str = "SGD", **more: str) -> str:
    uetr = calm_uetr()
    found = door.ask("POST", "/v1/messages", pacs_008(sender, to, amount, currency, uetr=uetr, **more), who=f"{sender}-maker")  # type: ignore[arg-type]
    assert found.status in (200, 202), found
    return uetr


def test_each_sees_its_own_payments(door: Door) -> None:
    uetr = sent(door, SG1, TH1, "21.00")
    for who, status in {
        f"{SG1}-maker": 200, f"{SG1}-checker": 200, f"{TH1}-maker": 200, f"{SG2}-maker": 404, f"{MY1}-maker": 404, "operator-1": 200,
        "auditor": 200, "supervisor-SG": 200, "supervisor-TH": 200, "supervisor-MY": 404, "officer": 404, "ZZCBSG00": 200,
    }.items():  # fmt: skip
        assert door.ask("GET", f"/v1/payments/{uetr}", who=who).status == status, who
        listed = [one["uetr"] for one in door.ask("GET", "/v1/payments?limit=500", who=who).json["payments"]]
        assert (uetr in listed) == (status == 200), who


def test_a_creditor_agent_does_not_see_what_was_before_its_offer(door: Door) -> None:
    uetr = sent(door, SG1, TH1, "22.00")
    theirs = door.ask("GET", f"/v1/payments/{uetr}", who=f"{TH1}-maker").json
    assert theirs["steps"][0]["state"] == "OFFERED"
    assert {one["to"] for one in theirs["mail"]} == {TH1}
    refused = sent(door, SG1, TH1, "0.00")
    assert door.ask("GET", f"/v1/payments/{refused}", who=f"{TH1}-maker").status == 404


def test_an_officer_sees_the_case_and_nobody_tells_the_sender_of_it(door: Door) -> None:
    uetr = sent(door, SG1, TH1, "23.00", creditor="Sorvemir Brulomarov")
    found = door.ask("GET", f"/v1/payments/{uetr}", who=f"{SG1}-maker")
    assert found.json["payment"]["state"] == "HELD"
    assert b"rulomarov" not in found.raw
    cases = door.ask("GET", "/v1/cases", who="officer").json["cases"]
    (case,) = [one for one in cases if one["uetr"] == uetr]
    assert case["hits"] and case["state"] == "OPENED"
    assert door.ask("GET", f"/v1/cases/{case['case']}", who="supervisor-SG").status == 200
    assert door.ask("GET", f"/v1/cases/{case['case']}", who="supervisor-MY").status == 404
    assert door.ask("GET", "/v1/cases", who=f"{SG1}-maker").status == 403
    word = {
        "officer": "officer-1",
        "verb": "RELEASE",
        "note": "not him",
        "at": 1,
        "verdict": case["verdict"],
        "seen": case["link"],
    }
    forged = door.ask("POST", f"/v1/cases/{case['case']}/words", word | {"signature": "00" * 64}, who="officer")
    assert forged.status in (403, 422), forged
    assert door.ask("GET", f"/v1/cases/{case['case']}", who="officer").json["state"] == "OPENED"


def test_payments_come_by_pages_that_lose_none(door: Door) -> None:
    uetrs = [sent(door, MY1, TH1, f"{n}.00", "MYR") for n in range(1, 6)]
    after, found, pages = 0, [], 0
    while True:  # ends with the last page
        page = door.ask("GET", f"/v1/payments?limit=2&after={after}&bank={MY1}", who=f"{MY1}-maker").json
        found += [one["uetr"] for one in page["payments"]]
        pages += 1
        if not page["more"]:
            break
        after = page["after"]
    assert [one for one in found if one in uetrs] == uetrs and pages >= 3
    assert len(found) == len(set(found))


def test_a_limit_is_set_once_under_its_key_also_after_a_restart(door: Door) -> None:
    ask = {"currency": "SGD", "amount": "1000.00"}

    def put(body: object, key: str = "cap-1", bank: str = SG2) -> tuple[int, object]:
        found = door.ask("POST", "/v1/limits/cap", body, who=f"{bank}-desk", Idempotency_Key=key)
        return found.status, found.json

    def approve(number: int, key: str) -> tuple[int, object]:
        found = door.ask("POST", f"/v1/proposals/{number}/approval", who=f"{SG2}-checker", Idempotency_Key=key)
        return found.status, found.json

    first = put(ask)[1]["number"]  # type: ignore[index]
    assert approve(first, "yes-1")[0] == 200
    second = put({"currency": "SGD", "amount": "2000"}, "cap-2")[1]["number"]  # type: ignore[index]
    assert approve(second, "yes-2")[0] == 200
    assert put(ask)[1]["number"] == first and approve(first, "yes-1")[0] == 200  # type: ignore[index]
    status, problem = put(ask | {"amount": "3000.00"})
    assert (status, problem["reason"]) == (409, "DUPLICATE_MESSAGE")  # type: ignore[index]
    high = put({"currency": "SGD", "amount": "999999999999"}, "cap-3")[1]["number"]  # type: ignore[index]
    refused = approve(high, "yes-3")
    assert refused[0] == 422 and refused[1]["article"] == "7.8"  # type: ignore[index]
    door.stop()
    door.open()
    assert put(ask)[1]["number"] == first and approve(first, "yes-1")[0] == 200  # type: ignore[index]
    assert approve(high, "yes-3") == refused
    rows = door.ask("GET", "/v1/limits", who=f"{SG2}-maker").json["limits"]
    assert [row["limit"] for row in rows if row["towards"] == "cap"] == ["2000.00"]
    assert put(ask | {"amount": "500"}, bank=SG1)[0] == 202, "a key is its caller's"


def test_positions_are_texts_and_ones_own(door: Door) -> None:
    rows = door.ask("GET", "/v1/positions", who=f"{SG1}-maker").json["positions"]
    assert {row["bank"][:8] for row in rows} == {SG1}
    assert all(isinstance(row["available"], str) and "." in row["available"] for row in rows if row["currency"] == "SGD")
    everybody = door.ask("GET", "/v1/positions", who="operator-1").json["positions"]
    assert len({row["bank"] for row in everybody}) > 5
    assert {row["bank"][4:6] for row in door.ask("GET", "/v1/positions", who="supervisor-TH").json["positions"]} == {"TH"}


def test_quotes_are_posted_by_providers_alone(door: Door) -> None:
    quotes = {"quotes": [{"source": "SGD", "target": "THB", "rate": "26.5", "capacity": "1000.00"}]}
    refused = door.ask("POST", "/v1/quotes", quotes, who=f"{SG1}-maker")
    assert (refused.status, refused.json["reason"]) == (403, "ROLE_NOT_HELD")
    listed = door.ask("GET", "/v1/quotes", who=f"{SG1}-maker").json["quotes"]
    provider = listed[0]["provider"]
    posted = door.ask("POST", "/v1/quotes", quotes, who=f"{provider}-maker", Idempotency_Key="q1")
    assert posted.status == 200 and len(posted.json["quotes"]) == 1
    assert door.ask("POST", "/v1/quotes", quotes, who=f"{provider}-maker", Idempotency_Key="q1").json == posted.json
    now = [one for one in door.ask("GET", "/v1/quotes", who=f"{SG1}-maker").json["quotes"] if one["provider"] == provider]
    assert [(one["rate"], one["left"]) for one in now] == [("26.5", "1000.00")]


def test_a_queued_payment_is_moved_and_taken_back_by_its_own_sender(door: Door) -> None:
    uetr = sent(door, SG1, TH1, "11000000.00", urgent="yes")  # more than is prefunded: it waits
    assert door.ask("GET", f"/v1/payments/{uetr}", who=f"{SG1}-maker").json["payment"]["state"] == "QUEUED"
    assert uetr in [one["uetr"] for one in door.ask("GET", "/v1/queue", who=f"{SG1}-maker").json["queued"]]
    assert door.ask("GET", "/v1/queue", who=f"{SG2}-maker").json["queued"] == []
    assert door.ask("POST", f"/v1/payments/{uetr}/place", {"first": True}, who=f"{SG1}-maker").json["state"] == "QUEUED"
    assert door.ask("POST", f"/v1/payments/{uetr}/revocation", b"", who=f"{SG2}-maker").status == 404
    assert door.ask("POST", f"/v1/payments/{uetr}/revocation", who=f"{SG1}-maker").json == {"uetr": uetr, "state": "CANCELLED"}
    assert door.ask("POST", f"/v1/payments/{uetr}/revocation", who=f"{SG1}-maker").status in (404, 409)


def test_the_day_members_lists_calendar_cycles_and_the_head_are_read(door: Door) -> None:
    day = door.ask("GET", "/v1/day", who=f"{SG1}-maker").json
    assert day["day"] and not day["ended"] and day["checks"]
    assert SG1 in {one["bic"][:8] for one in door.ask("GET", "/v1/members", who=f"{SG1}-maker").json["members"]}
    assert {one["state"] for one in door.ask("GET", "/v1/lists", who="officer").json["lists"]} <= {"fresh", "missing"}
    holidays = door.ask("GET", f"/v1/calendar?year={day['day'][:4]}&currency=SGD", who=f"{SG1}-maker").json
    assert {one["currency"] for one in holidays["holidays"]} == {"SGD"}
    cycles = door.ask("GET", "/v1/cycles", who="operator-1").json["cycles"]
    assert cycles[-1]["state"] == "OPEN"
    assert door.ask("GET", f"/v1/cycles/{cycles[-1]['cycle']}", who=f"{SG1}-maker").json["cycle"] == cycles[-1]["cycle"]
    assert door.ask("GET", "/v1/cycles/999", who=f"{SG1}-maker").status == 404
    before = door.ask("GET", "/v1/evidence/head", who="auditor").json
    sent(door, SG1, TH1, "24.00")
    after = door.ask("GET", "/v1/evidence/head", who="supervisor-SG").json
    assert after["batch"] > before["batch"] and len(after["hash"]) == 64
    assert door.ask("GET", "/v1/evidence/head", who=f"{SG1}-maker").status == 403
    assert door.ask("GET", "/v1/trade/instruments?kind=ETR", who=f"{SG1}-maker").json["instruments"] == []
    assert door.ask("GET", "/v1/trade/instruments/ETR-000001", who=f"{SG1}-maker").status == 404


def test_figures_name_nobody(door: Door) -> None:
    uetr = sent(door, SG1, TH1, "25.00")
    found = door.ask("GET", "/metrics", who="operator-1")
    text = found.raw.decode()
    assert 'fondaco_messages_total{message="pacs.008",result="decided"}' in text
    assert "fondaco_ledger_imbalance 0.0" in text and "fondaco_writer_batch_size_count" in text
    assert uetr not in text and SG1 not in text
    assert "fondaco_day_open 1.0" in text
    until = {
        row["list"]: row["valid_until"] for row in door.ask("GET", "/v1/lists", who="officer").json["lists"] if row["valid_until"]
    }
    told = dict(re.findall(r'^fondaco_list_expires_timestamp_seconds\{list="(\w+)"\} (\S+)$', text, re.MULTILINE))
    assert until and {name: round(float(at)) for name, at in told.items()} == {
        name: round(datetime.fromisoformat(at).timestamp()) for name, at in until.items()
    }
    assert door.ask("GET", "/metrics", who=f"{SG1}-maker").status == 403
    assert door.ask("GET", "/metrics").status == 401


def test_a_line_of_the_log_is_found_by_the_uetr(door: Door) -> None:
    uetr = sent(door, SG1, TH1, "26.00")
    lines = [json.loads(line) for line in door.log.read_text().splitlines()]
    (line,) = [one for one in lines if one.get("uetr") == uetr]
    assert (line["trace_id"], line["route"], line["institution"]) == (uetr.replace("-", ""), "send_message", SG1)


def test_every_route_is_shut_to_every_role_that_it_does_not_name(door: Door) -> None:
    who_is = {
        Role.MEMBER_MAKER: f"{SG1}-maker", Role.MEMBER_CHECKER: f"{SG1}-checker", Role.OPERATOR_MAKER: "operator-1",
        Role.OPERATOR_CHECKER: "operator-2", Role.COMPLIANCE_OFFICER: "officer", Role.AUDITOR: "auditor", Role.SUPERVISOR: "supervisor-SG",
    }  # fmt: skip
    places = {
        "uetr": calm_uetr(),
        "seq": "1",
        "cycle": "1",
        "case": "C1",
        "instrument": "ETR-000001",
        "number": "1",
        "upload": "0" * 32,
        "day": "2020-01-01",
    }
    shut = 0
    for route in ROUTES:
        for role, who in who_is.items():
            if role in route.roles:
                continue
            found = door.ask(route.method, route.path.format(**places), b"{}" if route.method == "POST" else None, who=who)
            assert found.status == 403, (route.name, role)
            shut += 1
    assert shut > 100


def test_a_days_tables_are_those_of_its_evidence_and_are_made_beside_the_hub(door: Door) -> None:
    day = door.ask("GET", "/v1/day", who="auditor").json["day"]
    found = door.ask("GET", f"/v1/evidence/days/{day}/tables", who="auditor")
    assert found.status == 200, found
    tables = {one["table"]: one for one in found.json["tables"]}
    assert list(tables) == ["volumes", "netting", "concentration", "queue", "operation", "outcomes", "speed", "cost", "lineage"]
    head = door.ask("GET", "/v1/evidence/head", who="auditor").json["batch"]
    links = {int(row[tables["lineage"]["columns"].index("link")]) for row in tables["lineage"]["rows"]}
    assert links and max(links) <= head
    assert door.ask("GET", "/v1/evidence/days/2020-01-01/tables", who="auditor").status == 404
    assert door.ask("GET", f"/v1/evidence/days/{day}/tables", who=f"{SG1}-maker").status == 403


def test_lists_that_are_too_old_make_a_hub_unready_and_its_figures_say_so(ready: tuple[Path, int], tmp_path: Path) -> None:
    def told(door: Door) -> tuple[int, list[str], str]:
        found = door.ask("GET", "/health/ready")
        text = door.ask("GET", "/metrics", who="operator-1").raw.decode()
        return found.status, found.json["lacks"], re.findall(r"^fondaco_screening_fit (\S+)$", text, re.MULTILINE)[0]

    with door_on(ready, tmp_path / "hub") as door:
        assert told(door) == (200, [], "1.0")
        until = min(
            datetime.fromisoformat(row["valid_until"])
            for row in door.ask("GET", "/v1/lists", who="officer").json["lists"]
            if row["valid_until"]
        )
        door.stop()
        # The last seconds in which the lists count, and the first in which they do not.
        late = Door(door.folder, int(until.timestamp() - 5) * 1_000_000_000)
        try:
            # Within seconds, since the hub's clock runs on; a hub that is held up may lack something else for a moment.
            wait_until(lambda: told(late) == (503, ["a list is too old to screen by: every payment is held"], "0.0"))
            assert late.ask("GET", "/health/live").status == 200
        finally:
            late.stop()

"""Messages over HTTP, against a real server on loopback."""

from __future__ import annotations

import gzip
import json
import threading
import time

import pytest

from doors import Door
from fondaco.core import Instant, utc_text
from fondaco.hub import scheme_of
from fondaco.messages import Status, StatusReport, camt_060, pacs_002, read, view, wrap
from union import HUB, MY1, PH1, SG1, TH1, calm_uetr, pacs_008

pytestmark = pytest.mark.server


def statuses(raw: bytes) -> list[tuple[str, str]]:
    body = read(raw).body
    assert isinstance(body, StatusReport)
    return [(one.status, one.reason) for one in body.statuses]


def newest(door: Door, who: str) -> int:
    after = 0
    while True:  # ends with the mailbox
        page = door.ask("GET", f"/v1/messages?after={after}&limit=500", who=who).json
        if not page["messages"]:
            return page["after"]
        after = page["after"]


def answer(door: Door, uetr: str, status: str = "ACSP") -> None:
    text = utc_text(Instant(time.time_ns()))
    name = f"A{uetr[:13]}"
    report = pacs_002(name, text, "H1", "pacs.008.001.08", [Status("", "", "", uetr, status, "")])
    found = door.ask("POST", "/v1/messages", wrap("pacs.002.001.10", TH1, HUB, name, text, report), who=f"{TH1}-maker")
    assert found.status in (200, 202), found


def test_a_payment_is_answered_in_the_same_response_and_settles_when_its_bank_says_yes(door: Door) -> None:
    uetr = calm_uetr()
    after = newest(door, f"{SG1}-maker")
    found = door.ask("POST", "/v1/messages", pacs_008(SG1, TH1, "10.00", "SGD", uetr=uetr, urgent=True), who=f"{SG1}-maker")
    assert (found.status, found.headers["location"]) == (202, f"/v1/payments/{uetr}")
    assert statuses(found.raw) == [("ACTC", "")]
    assert door.ask("GET", found.headers["location"], who=f"{SG1}-maker").json["payment"]["state"] == "OFFERED"
    answer(door, uetr)
    told = door.ask("GET", f"/v1/messages?after={after}&view=json", who=f"{SG1}-maker").json["messages"]
    # Offers of other tests may run out meanwhile, which their sender is told too.
    reports = [one["message"]["Document"]["FIToFIPmtStsRpt"]["TxInfAndSts"][0] for one in told]
    assert [one["TxSts"] for one in reports if one["OrgnlUETR"] == uetr] == ["ACTC", "ACSC"]
    story = door.ask("GET", f"/v1/payments/{uetr}", who=f"{SG1}-maker").json
    assert [step["state"] for step in story["steps"]][-2:] == ["OFFERED", "SETTLED"]


def test_the_same_message_again_is_answered_again_and_done_once(door: Door) -> None:
    raw = pacs_008(SG1, TH1, "11.00", "SGD", message_id="AGAIN1")
    first, second = (door.ask("POST", "/v1/messages", raw, who=f"{SG1}-maker") for _ in range(2))
    assert (first.status, first.raw) == (second.status, second.raw)
    other = door.ask("POST", "/v1/messages", pacs_008(SG1, TH1, "12.00", "SGD", message_id="AGAIN1"), who=f"{SG1}-maker")
    assert other.status == 409
    assert read(other.raw).kind == "admi.002.001.01"


def test_a_refused_payment_is_final_at_once(door: Door) -> None:
    found = door.ask("POST", "/v1/messages", pacs_008(SG1, "ZZXXTH99", "1.00", "SGD"), who=f"{SG1}-maker")
    assert (found.status, statuses(found.raw)[0][0]) == (200, "RJCT")


def test_a_header_of_another_is_refused(door: Door) -> None:
    found = door.ask("POST", "/v1/messages", pacs_008(SG1, TH1, "1.00", "SGD"), who="ZZBBSG02-maker")
    assert found.status == 403
    assert read(found.raw).kind == "admi.002.001.01"


def test_what_cannot_be_read_is_answered_with_where_and_why(door: Door) -> None:
    broken = pacs_008(SG1, TH1, "1.00", "SGD").replace(b"<ChrgBr>SHAR</ChrgBr>", b"<ChrgBr>NOPE</ChrgBr>")
    found = door.ask("POST", "/v1/messages", broken, who=f"{SG1}-maker")
    assert found.status == 422
    assert b"ChrgBr" in found.raw and read(found.raw).kind == "admi.002.001.01"


def test_the_json_view_goes_in_and_comes_out(door: Door) -> None:
    uetr = calm_uetr()
    said = view(pacs_008(SG1, TH1, "13.00", "SGD", uetr=uetr))
    found = door.ask("POST", "/v1/messages", said, who=f"{SG1}-maker")
    assert found.status == 202
    assert found.json["complete"] is False
    (told,) = found.json["answers"]
    assert told["message"]["Document"]["FIToFIPmtStsRpt"]["TxInfAndSts"][0]["TxSts"] == "ACTC"
    wrong = said | {"Document": {"FIToFICstmrCdtTrf": {"Nope": "1"}}}
    refused = door.ask("POST", "/v1/messages", wrong, who=f"{SG1}-maker")
    assert (refused.status, refused.json["where"]) == (422, "Document.FIToFICstmrCdtTrf")


def test_several_answers_come_as_parts_each_whole(door: Door) -> None:
    text = utc_text(Instant(time.time_ns()))
    bank = next(one.bic for one in scheme_of(door.folder).participants if len(one.currencies) > 1)
    raw = wrap("camt.060.001.05", bank, HUB, "REPORTS1", text, camt_060("REPORTS1", text, bank))
    found = door.ask("POST", "/v1/messages", raw, who=f"{bank[:8]}-maker")
    assert found.status == 200, found
    boundary = found.headers["content-type"].partition('boundary="')[2].rstrip('"').encode()
    parts = [part.partition(b"\r\n\r\n")[2].strip() for part in found.raw.split(b"--" + boundary)[1:-1]]
    assert len(parts) > 1
    assert {read(part).kind for part in parts} == {"camt.052.001.08"}


def test_a_gzipped_message_is_a_message(door: Door) -> None:
    raw = gzip.compress(pacs_008(SG1, TH1, "14.00", "SGD"))
    found = door.ask("POST", "/v1/messages", raw, who=f"{SG1}-maker", Content_Encoding="gzip")
    assert found.status == 202


def test_a_mailbox_is_its_owners_alone_and_in_order(door: Door) -> None:
    door.ask("POST", "/v1/messages", pacs_008(SG1, TH1, "15.00", "SGD"), who=f"{SG1}-maker")
    mine = door.ask("GET", "/v1/messages?limit=500", who=f"{SG1}-maker").json["messages"]
    theirs = door.ask("GET", "/v1/messages?limit=500", who=f"{TH1}-maker").json["messages"]
    numbers = [one["seq"] for one in mine]
    assert numbers == sorted(numbers) and numbers
    assert not {one["seq"] for one in mine} & {one["seq"] for one in theirs}
    assert door.ask("GET", f"/v1/messages/{numbers[0]}", who=f"{SG1}-maker").status == 200
    assert door.ask("GET", f"/v1/messages/{numbers[0]}", who=f"{TH1}-maker").status == 404


def test_who_waits_is_told_as_soon_as_something_comes(door: Door) -> None:
    # A bank to which nothing else is sent here: what another was offered runs out after a minute, which it is told.
    after = newest(door, f"{MY1}-maker")
    found: list[object] = []
    waiting = threading.Thread(
        target=lambda: found.append(door.ask("GET", f"/v1/messages?after={after}&wait=30", who=f"{MY1}-maker").json)
    )
    waiting.start()
    time.sleep(0.3)
    assert not found
    door.ask("POST", "/v1/messages", pacs_008(SG1, MY1, "16.00", "SGD"), who=f"{SG1}-maker")
    waiting.join(timeout=60)
    assert [one["kind"][:8] for one in found[0]["messages"]] == ["pacs.008"]  # type: ignore[index]


def test_events_go_on_behind_the_last_one_that_was_heard(door: Door) -> None:
    import http.client

    after = newest(door, f"{PH1}-maker")
    for amount in ("17.00", "18.00"):
        door.ask("POST", "/v1/messages", pacs_008(SG1, PH1, amount, "SGD"), who=f"{SG1}-maker")

    def events(last: int, count: int) -> list[tuple[int, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=60)
        headers = {
            "Authorization": f"Bearer {door.keys[f'{PH1}-maker']}",
            "Accept": "text/event-stream",
            "Last-Event-ID": str(last),
        }
        connection.request("GET", "/v1/messages", headers=headers)
        stream = connection.getresponse()
        assert stream.status == 200
        told: list[tuple[int, str]] = []
        number = 0
        while len(told) < count:
            line = stream.readline().decode().strip()
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                told.append((number, json.loads(line[6:])["kind"]))
        connection.close()
        return told

    first, second = events(after, 2)
    assert first[0] < second[0] and {first[1][:8], second[1][:8]} == {"pacs.008"}
    assert events(first[0], 1) == [second]

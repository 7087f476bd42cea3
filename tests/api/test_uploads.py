"""Files of many messages, in parts: nothing is lost in a break, nothing is done twice, and nobody is held up."""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import stat
import threading
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from doors import Answer, Door, door_on, wait_until
from fondaco.api.upload_files import NotReadable, ZipOfMessages, opened
from fondaco.hub import close_hub, open_hub, prove_hub
from fondaco.payments import DECODER
from union import SG1, SG2, TH1, calm_uetr, pacs_008

ZIP, PARTIAL = "application/zip", "application/partial-upload"
MINE = f"{SG1}-maker"


def digest(raw: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(raw).digest()).decode()}:"


def zipped(messages: Sequence[bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for n, raw in enumerate(messages):
            file.writestr(f"{n:05}.xml", raw)
    return made.getvalue()


def payments(count: int, prefix: str) -> dict[str, bytes]:
    return {
        uetr: pacs_008(SG1, TH1, "1.00", "SGD", uetr=uetr, message_id=f"{prefix}{n:06}")
        for n, uetr in enumerate(calm_uetr() for _ in range(count))
    }


def begun(door: Door, raw: bytes, who: str = MINE, media: str = ZIP, **headers: str) -> str:
    found = door.ask("POST", "/v1/uploads", b"", who=who, media=media, Upload_Complete="?0", Repr_Digest=digest(raw), **headers)
    assert found.status == 201, found
    assert found.headers["upload-complete"] == "?0" and "max-append-size=" in found.headers["upload-limit"]
    return found.headers["location"]


def part(door: Door, place: str, offset: int, raw: bytes, *, last: bool = False, who: str = MINE, **headers: str) -> Answer:
    said = {"Upload_Offset": str(offset), "Upload_Complete": "?1" if last else "?0", **headers}
    return door.ask("PATCH", place, raw, who=who, media=PARTIAL, **said)


def ended(door: Door, place: str, who: str = MINE) -> Any:
    until = time.monotonic() + 60
    while True:
        found = door.ask("GET", f"{place}?limit=500", who=who).json
        if found["state"] not in ("RECEIVING", "WHOLE"):
            return found
        assert time.monotonic() < until, found
        time.sleep(0.05)


@pytest.mark.server
def test_a_zip_in_parts_is_taken_in_message_by_message_and_each_is_told_of(door: Door) -> None:
    held = calm_uetr()
    good = payments(5, "Z")
    messages = [*good.values(), b"<nonsense/>", pacs_008(SG1, TH1, "2.00", "SGD", uetr=held, creditor="Sorvemir Brulomarov")]
    raw = zipped(messages)
    place = begun(door, raw, Upload_Length=str(len(raw)))
    first = part(door, place, 0, raw[:1000], Content_Digest=digest(raw[:1000]))
    assert (first.status, first.headers["upload-offset"], first.headers["upload-complete"]) == (200, "1000", "?0")
    head = door.ask("HEAD", place, who=MINE)
    assert (head.status, head.raw, head.headers["upload-offset"], head.headers["upload-length"]) == (
        200,
        b"",
        "1000",
        str(len(raw)),
    )
    assert head.headers["cache-control"] == "no-store"
    last = part(door, place, 1000, raw[1000:], last=True)
    assert (last.status, last.headers["upload-complete"]) == (202, "?1")
    found = ended(door, place)
    assert (found["state"], found["messages"], found["taken_in"], found["refused"]) == ("DONE", 7, 7, 1)
    results = found["results"]
    assert [one["uetr"] for one in results[:5]] == list(good) and all(one["taken"] and one["answers"] for one in results[:5])
    assert results[5] == {"place": 5, "taken": False, "entry": "00005.xml", "reason": results[5]["reason"], "said": results[5]["said"],
                          "answers": results[5]["answers"]}  # fmt: skip
    for one in results:
        for seq in one["answers"]:
            assert door.ask("GET", f"/v1/messages/{seq}", who=MINE).status == 200
    for uetr in [*good, held]:
        assert door.ask("GET", f"/v1/payments/{uetr}", who=MINE).status == 200
    assert not [path for path in (door.folder / "uploads").iterdir() if path.name in place], "the bytes are gone"


@pytest.mark.server
def test_one_message_in_one_request(door: Door) -> None:
    uetr = calm_uetr()
    raw = pacs_008(SG1, TH1, "3.00", "SGD", uetr=uetr)
    found = door.ask("POST", "/v1/uploads", raw, who=MINE, Repr_Digest=digest(raw))
    assert found.status == 202, found
    assert [one["uetr"] for one in ended(door, found.headers["location"])["results"]] == [uetr]
    assert door.ask("GET", f"/v1/payments/{uetr}", who=MINE).status == 200


@pytest.mark.server
def test_what_is_not_behind_what_is_kept_is_told_where_that_ends(door: Door) -> None:
    place = begun(door, b"x" * 30)
    assert part(door, place, 0, b"x" * 10).status == 200
    for offset in (0, 5, 11):
        found = part(door, place, offset, b"x" * 10)
        assert found.status == 409 and found.headers["upload-offset"] == "10"
        assert found.json["type"] == "https://iana.org/assignments/http-problem-types#mismatching-upload-offset"
        assert (found.json["expected-offset"], found.json["provided-offset"]) == (10, offset)
    assert door.ask("GET", place, who=MINE).json["offset"] == 10
    assert door.ask("DELETE", place, who=MINE).status == 204
    assert part(door, place, 10, b"x").status == 409
    assert door.ask("GET", place, who=MINE).json["state"] == "CANCELLED"


@pytest.mark.server
def test_what_does_not_fit_its_digest_is_never_taken_in(door: Door) -> None:
    uetr = calm_uetr()
    raw = pacs_008(SG1, TH1, "4.00", "SGD", uetr=uetr)
    place = begun(door, raw, media="application/xml")
    bent = part(door, place, 0, raw[:100], Content_Digest=digest(b"else"))
    assert (bent.status, bent.json["where"]) == (422, "Content-Digest")
    assert door.ask("GET", place, who=MINE).json["offset"] == 0
    found = part(door, place, 0, raw.replace(b"4.00", b"9.00"), last=True)
    assert (found.status, found.json["where"]) == (422, "Repr-Digest")
    assert door.ask("GET", place, who=MINE).json["state"] == "REFUSED"
    assert door.ask("GET", f"/v1/payments/{uetr}", who=MINE).status == 404
    assert door.ask("POST", "/v1/uploads", raw, who=MINE).status == 400, "without a digest nothing is whole"
    for wrong in ("sha-256=abc", "sha-256=:abc:", "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:", digest(raw) + "," + digest(raw)):
        assert door.ask("POST", "/v1/uploads", raw, who=MINE, Repr_Digest=wrong).status == 400, wrong


@pytest.mark.server
def test_an_upload_is_its_institutions_and_anothers_is_not_there(door: Door) -> None:
    place = begun(door, b"x" * 30)
    other = f"{SG2}-maker"
    answers = [
        door.ask("GET", place, who=other), part(door, place, 0, b"x", who=other), door.ask("DELETE", place, who=other),
        door.ask("GET", "/v1/uploads/" + "0" * 32, who=other),
    ]  # fmt: skip
    assert {one.status for one in answers} == {404} and len({one.raw for one in answers}) == 1
    assert place not in str(door.ask("GET", "/v1/uploads", who=other).json)
    assert place.rpartition("/")[2] in str(door.ask("GET", "/v1/uploads", who=MINE).json)
    for where in ("uploads.db", "uploads", f"uploads/{place.rpartition('/')[2]}"):
        path = door.folder / where
        if path.exists():
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), where
    door.ask("DELETE", place, who=MINE)


@pytest.mark.server
def test_what_is_asked_wrongly_is_told_so(door: Door) -> None:
    place = begun(door, b"x" * 30)
    wrong = [
        ({"Upload_Offset": "-1", "Upload_Complete": "?0"}, 400), ({"Upload_Offset": "0"}, 400), ({"Upload_Complete": "?0"}, 400),
        ({"Upload_Offset": "0", "Upload_Complete": "1"}, 400), ({"Upload_Offset": "0", "Upload_Complete": "?0", "Upload_Length": "5"}, 400),
        ({"Upload_Offset": "0", "Upload_Complete": "?0", "Content_Encoding": "gzip"}, 400),
    ]  # fmt: skip
    for headers, status in wrong:
        assert door.ask("PATCH", place, b"x" * 10, who=MINE, media=PARTIAL, **headers).status == status, headers
    assert door.ask("PATCH", place, b"x", who=MINE, media=ZIP, Upload_Offset="0", Upload_Complete="?0").status == 415
    assert (
        door.ask("POST", "/v1/uploads", b"", who=MINE, media=ZIP, Upload_Complete="?0", Upload_Length=str(10**12)).status == 413
    )
    assert door.ask("POST", "/v1/uploads", b"x", who=MINE, media="text/csv").status == 415
    door.ask("DELETE", place, who=MINE)


@pytest.mark.server
def test_bounds_of_the_file_hold(ready: tuple[Path, int], tmp_path: Path) -> None:
    settings = "upload_bytes_max = 4000\nuploads_at_once = 2\nupload_messages_max = 3\n"
    with door_on(ready, tmp_path / "hub", settings) as door:
        raw = b"x" * 5000
        place = begun(door, raw)
        assert part(door, place, 0, raw[:3000]).status == 200
        assert part(door, place, 3000, raw[3000:], last=True).status == 413
        assert door.ask("GET", place, who=MINE).json["offset"] == 3000
        begun(door, raw)
        found = door.ask("POST", "/v1/uploads", b"", who=MINE, media=ZIP, Upload_Complete="?0")
        assert found.status == 409
        door.ask("DELETE", place, who=MINE)
        for files in (zipped([b"<a/>"] * 4), zipped([]), b"PK\x05\x06 no zip", zipped([b"<a/>"])[:-1]):
            found = door.ask("POST", "/v1/uploads", files, who=MINE, media=ZIP, Repr_Digest=digest(files))
            assert found.status == 202, found
            told = ended(door, found.headers["location"])
            assert told["state"] == "REFUSED" and told["why"], told


@pytest.mark.server
def test_what_nobody_goes_on_with_runs_out_and_is_forgotten(ready: tuple[Path, int], tmp_path: Path) -> None:
    with door_on(ready, tmp_path / "hub", "upload_expires_s = 1\n") as door:
        place = begun(door, b"x" * 30)
        part(door, place, 0, b"x" * 10)
        seen = set()

        def state() -> str:
            # Another one that ends wakes whoever looks.
            door.ask("POST", "/v1/uploads", b"<a/>", who=MINE, Repr_Digest=digest(b"<a/>"))
            found = door.ask("GET", place, who=MINE)
            stands = "forgotten" if found.status == 404 else str(found.json["state"])
            seen.add(stands)
            return stands

        wait_until(lambda: state() == "EXPIRED")
        door.stop()
        # Only now is it forgotten soon: else it may be before this test has looked.
        (door.folder / "api.toml").write_text("upload_expires_s = 1\nupload_kept_s = 1\n")
        door.open()
        wait_until(lambda: state() == "forgotten")
        assert seen <= {"RECEIVING", "EXPIRED", "forgotten"}
        assert [path for path in (door.folder / "uploads").iterdir() if path.name in place] == []


@pytest.mark.server
def test_killed_between_parts_and_while_taking_in_each_message_is_decided_once(ready: tuple[Path, int], tmp_path: Path) -> None:
    messages: dict[str, bytes] = {}
    with door_on(ready, tmp_path / "hub") as door:
        kills = 0
        # A file that was done before it was looked at (this test was held up) is none to be killed at: then another one.
        for number in range(20):
            more = payments(600, f"U{number}-")
            messages |= more
            raw = zipped(list(more.values()))
            place = begun(door, raw)
            half = len(raw) // 2
            assert part(door, place, 0, raw[:half]).status == 200
            door.kill()
            (door.folder / "uploads" / place.rpartition("/")[2]).open("ab").write(b"what a torn write leaves")
            door.open()
            assert door.ask("HEAD", place, who=MINE).headers["upload-offset"] == str(half)
            assert part(door, place, half, raw[half:], last=True).status == 202
            while kills < 3:
                found = door.ask("GET", f"{place}?limit=1", who=MINE).json
                if found["state"] == "DONE":
                    break
                if found["taken_in"] > 100 * kills:
                    door.kill()
                    kills += 1
                    door.open()
            found = ended(door, place)
            assert found["state"] == "DONE", found
            assert (found["taken_in"], found["refused"]) == (600, 0)
            if kills:
                break
        assert kills, "it was to be killed on its way"
        assert door.stop() == 0
    hub = open_hub(tmp_path / "hub")
    try:
        assert list(prove_hub(hub).faults) == []
        kept = [DECODER.decode(one).uetr for _, one in hub.journal.payments()]
    finally:
        close_hub(hub)
    assert sorted(kept) == sorted(messages)


@pytest.mark.server
def test_others_are_heard_while_a_file_is_taken_in(ready: tuple[Path, int], tmp_path: Path) -> None:
    with door_on(ready, tmp_path / "hub") as door:
        decided = 0
        # Of a file that is done before three others have asked (this test was held up) nothing is learnt: then another one.
        for number in range(20):
            raw = zipped(list(payments(1500, f"L{number}-").values()))
            place = door.ask("POST", "/v1/uploads", raw, who=MINE, media=ZIP, Repr_Digest=digest(raw)).headers["location"]
            decided = 0
            while door.ask("GET", f"{place}?limit=1", who=MINE).json["state"] == "WHOLE":
                uetr = calm_uetr()
                found = door.ask("POST", "/v1/messages", pacs_008(SG2, TH1, "1.00", "SGD", uetr=uetr), who=f"{SG2}-maker")
                assert found.status in (200, 202)
                decided += 1
            assert ended(door, place)["refused"] == 0
            if decided >= 3:
                break
        assert decided >= 3, "a payment that came later was decided before the file ended"


@pytest.mark.server
def test_a_connection_that_breaks_within_a_part_leaves_nothing_of_it(door: Door) -> None:
    place = begun(door, b"x" * 30)
    connection = http.client.HTTPConnection("127.0.0.1", door.port)
    connection.putrequest("PATCH", place)
    for name, value in (("Authorization", f"Bearer {door.keys[MINE]}"), ("Content-Type", PARTIAL), ("Content-Length", "20"),
                        ("Upload-Offset", "0"), ("Upload-Complete", "?0")):  # fmt: skip
        connection.putheader(name, value)
    connection.endheaders(b"x" * 10)
    connection.close()
    time.sleep(0.2)
    assert door.ask("HEAD", place, who=MINE).headers["upload-offset"] == "0"
    assert part(door, place, 0, b"x" * 20).status == 200
    door.ask("DELETE", place, who=MINE)


@pytest.mark.server
def test_two_who_send_the_same_part_at_once_are_told_apart(door: Door) -> None:
    place = begun(door, b"x" * 90)
    found: list[int] = []
    senders = [threading.Thread(target=lambda: found.append(part(door, place, 0, b"x" * 30).status)) for _ in range(6)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert sorted(found) == [200, 409, 409, 409, 409, 409]
    door.ask("DELETE", place, who=MINE)


def lying_zip(claimed: int) -> bytes:
    """A zip whose end says another number of rows than its directory has."""
    raw = bytearray(zipped([b"<a/>"] * 3))
    raw[-14:-12] = raw[-12:-10] = claimed.to_bytes(2, "little")
    return bytes(raw)


@pytest.mark.parametrize(
    "raw", [lying_zip(1), lying_zip(2), zipped([b"<a/>"]) + b"x", b"x" + zipped([b"<a/>"]), zipped([b"<a/>"]).replace(b"PK\x01\x02", b"PK\x01\x03")]
)  # fmt: skip
def test_a_directory_that_lies_is_not_read(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "one").write_bytes(raw)
    with pytest.raises(NotReadable):
        opened(tmp_path / "one", ZIP, 1000, 10, 1000)


def test_a_zip_that_unfolds_beyond_its_bound_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(zipped([b"0" * 1_000_000] * 3))
    assert path.stat().st_size < 10_000
    with pytest.raises(NotReadable, match="unfolds to 3000000 bytes"):
        opened(path, ZIP, 1_000_000, 10, 100_000)


def test_an_entry_never_gives_more_than_its_directory_says(tmp_path: Path) -> None:
    raw = bytearray(zipped([b"0" * 1_000_000]))
    at = raw.rindex(b"PK\x01\x02") + 24
    raw[at : at + 4] = (100).to_bytes(4, "little")
    (tmp_path / "one").write_bytes(raw)
    file = opened(tmp_path / "one", ZIP, 1_000_000, 10, 1_000_000)
    assert isinstance(file, ZipOfMessages)
    with pytest.raises(NotReadable):
        file.raw(0)
    file.close()

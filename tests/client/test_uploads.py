"""Files of many messages, by both clients: a connection that breaks and a hub that dies cost a part at most."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from asking import Asked, BadServer, answer, asking
from doors import Door
from fondaco.client import NotThere, Refused, Unavailable
from union import SG1, SG2, TH1, calm_uetr, pacs_008

pytestmark = pytest.mark.server


def at(kind: type[Asked], door: Door, who: str) -> Asked:
    return asking(kind, f"http://127.0.0.1:{door.port}", token=door.keys[who])  # type: ignore[return-value]


def zipped(uetrs: list[str], name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for n, uetr in enumerate(uetrs):
            file.writestr(f"{n}.xml", pacs_008(SG1, TH1, "1.00", "SGD", uetr=uetr, message_id=f"{name}{n}"))
    return made.getvalue()


def test_a_file_goes_in_parts_and_each_message_is_told_of(asked: type[Asked], door: Door, tmp_path: Path) -> None:
    uetrs = [calm_uetr() for _ in range(4)]
    path = tmp_path / "many.zip"
    path.write_bytes(zipped(uetrs, f"C{asked.__name__}"))
    with at(asked, door, f"{SG1}-maker") as client, at(asked, door, f"{SG2}-maker") as other:  # type: ignore[attr-defined]
        names: list[str] = []
        whole = client.ask("upload", path, part_bytes=1000, begun=names.append)
        assert names == [whole.upload] and whole.offset == path.stat().st_size == whole.length
        done = client.ask("upload_ended", whole.upload, 60)
        assert (done.state, done.messages, done.refused) == ("DONE", 4, 0)
        assert [one.uetr for one in client.ask("upload_results", whole.upload)] == uetrs
        assert [one.uetr for one in client.ask("upload_results", whole.upload, 3)] == uetrs[3:]
        with pytest.raises(NotThere):
            other.ask("upload_ended", whole.upload)
        # The whole again, by who did not hear that it is whole: nothing is sent.
        assert client.ask("upload", path, earlier=whole.upload).state == "DONE"


def test_another_process_goes_on_where_one_ended(asked: type[Asked], door: Door) -> None:
    raw = zipped([calm_uetr()], f"G{asked.__name__}")

    class Ended(Exception):
        pass

    def end(name: str) -> None:
        raise Ended(name)

    with at(asked, door, f"{SG1}-maker") as first, pytest.raises(Ended) as caught:  # type: ignore[attr-defined]
        first.ask("upload", raw, begun=end)
    name = str(caught.value)
    with at(asked, door, f"{SG1}-maker") as second:  # type: ignore[attr-defined]
        assert name in [one.upload for one in second.ask("uploads")]
        with pytest.raises(Refused):
            second.ask("upload", raw[:-1] + b"!", earlier=name)
        assert second.ask("upload_ended", name).state == "REFUSED"
        with pytest.raises(Ended) as caught:
            second.ask("upload", raw, begun=end)
        second.ask("cancel_upload", str(caught.value))
        assert second.ask("upload_ended", str(caught.value)).state == "CANCELLED"


def state(offset: int, stands: str = "RECEIVING") -> bytes:
    told = {
        "upload": "0" * 32, "state": stands, "media": "application/zip", "offset": offset, "length": 9, "messages": None, "taken_in": 0, "refused": 0,
        "why": "", "until": "2026-11-28T00:00:00.000Z", "results": [], "after": 0, "more": False,
    }  # fmt: skip
    return json.dumps(told).encode()


def test_a_part_whose_answer_was_lost_is_not_sent_twice(asked: type[Asked]) -> None:
    answers = (
        answer(201, state(0)), answer(200, state(3)), b"", answer(409, b"{}", "application/problem+json"), answer(200, state(6)),
        answer(202, state(9, "WHOLE")),
    )  # fmt: skip
    with BadServer(*answers) as server, asking(asked, server.base) as client:
        assert client.ask("upload", b"123456789", part_bytes=3).state == "WHOLE"
        bodies = [one.partition(b"\r\n\r\n")[2] for one in server.requests]
        assert bodies == [b"", b"123", b"456", b"456", b"", b"789"]
        assert [server.header(n, "Upload-Offset") for n in (1, 2, 3, 5)] == ["0", "3", "3", "6"]


def test_a_hub_that_says_no_twice_is_not_asked_for_ever(asked: type[Asked]) -> None:
    no = answer(409, b"{}", "application/problem+json")
    with BadServer(answer(201, state(0)), no, answer(200, state(0)), no) as server, asking(asked, server.base) as client:
        with pytest.raises(Refused):
            client.ask("upload", b"123456789", part_bytes=3)
        assert len(server.requests) == 3
    with (
        BadServer(answer(201, state(0)), answer(503)) as server,
        asking(asked, server.base) as client,
        pytest.raises(Unavailable),
    ):
        client.ask("upload", b"123456789", part_bytes=3)
    with (
        BadServer(answer(200, state(10))) as server,
        asking(asked, server.base) as client,
        pytest.raises(ValueError, match="10 bytes of a file of 9"),
    ):
        client.ask("upload", b"123456789", earlier="0" * 32)

"""SWIFT MT at the command line: read, check, write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import fondaco

ADVICE = (
    "{1:F01ZZBASG01AXXX0000000000}{2:I732ZZBATH01XXXXN}{4:\r\n:20:PRES-1\r\n:21:LC-000001\r\n:30:261110\r\n:32B:SGD90000,\r\n-}"
)


@pytest.fixture
def advice(tmp_path: Path) -> Path:
    path = tmp_path / "advice.fin"
    path.write_bytes(ADVICE.encode())
    return path


def test_a_message_is_shown_field_by_field(advice: Path) -> None:
    shown = fondaco("trade", "mt", "read", advice)
    assert "MT 732 Advice of Discharge" in shown and "32B   SGD90000," in shown


def test_what_read_shows_is_what_write_takes(advice: Path, tmp_path: Path) -> None:
    document = tmp_path / "advice.json"
    document.write_text(fondaco("trade", "mt", "read", advice, "--json"))
    again = tmp_path / "again.fin"
    fondaco("trade", "mt", "write", document, "--output", again)
    assert again.read_bytes() == ADVICE.encode()


def test_check_tells_everything_that_is_wrong(advice: Path) -> None:
    assert "4 fields, in order" in fondaco("trade", "mt", "check", advice)
    advice.write_bytes(ADVICE.replace("261110", "261131").replace("SGD90000,", "SGD90000").encode())
    told = fondaco("trade", "mt", "check", advice, code=1)
    assert "field 30, line 4: rule T50" in told and "field 32B, line 5: rule T43" in told and "2 faults" in told
    faults = json.loads(fondaco("trade", "mt", "check", advice, "--json", code=1).split("fondaco:")[0])["faults"]
    assert [(one["field"], one["rule"]) for one in faults] == [("30", "T50"), ("32B", "T43")]
    assert "T50" in fondaco("trade", "mt", "read", advice, code=1)


def test_a_text_without_blocks_needs_its_type(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text(":20:A\n:79:HELLO\n")
    assert "the type must be told" in fondaco("trade", "mt", "read", path, code=1)
    assert "MT 799" in fondaco("trade", "mt", "read", path, "--type", "799")


def test_what_cannot_be_written_is_refused_and_what_means_nothing_is_misuse(tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    path.write_text(json.dumps({"kind": "732", "fields": [["20", "A"], ["21", "B"], ["30", "261110"], ["32B", "SGD1,"]]}))
    assert ":32B:SGD1," in fondaco("trade", "mt", "write", path)
    path.write_text(json.dumps({"kind": "732", "fields": [["20", "A"]]}))
    assert "mandatory" in fondaco("trade", "mt", "write", path, code=1)
    path.write_text(json.dumps({"kind": "732", "fields": [], "more": 1}))
    assert "more" in fondaco("trade", "mt", "write", path, code=2)
    path.write_text(json.dumps({"kind": "732", "fields": []}))
    assert "fondaco:" in fondaco("trade", "mt", "write", path, code=1)
    assert "fondaco:" in fondaco("trade", "mt", "read", tmp_path / "none", code=3)


def test_a_credit_is_viewed_with_its_continuation(tmp_path: Path, advice: Path) -> None:
    head, more = tmp_path / "700.txt", tmp_path / "701.fin"
    head.write_text(
        ":27:1/2\n:40A:IRREVOCABLE\n:20:LC-1\n:31C:261102\n:40E:UCP LATEST VERSION\n:31D:270131SINGAPORE\n:50:A\n:59:B\n:32B:KRW900,\n"
        ":41A:ZZBASG01\nBY PAYMENT\n:46A:+INVOICE\n:49:WITHOUT\n"
    )
    more.write_text("{1:F01ZZBASG01AXXX0000000000}{2:I701ZZBATH01XXXXN}{4:\n:27:2/2\n:20:LC-1\n:46A:+PACKING LIST\n-}")
    terms = json.loads(fondaco("trade", "mt", "view", head, more, "--type", "700"))
    assert (
        terms["documents"] == ["INVOICE", "PACKING LIST"] and terms["amount"] == ["KRW", 900] and terms["expires"] == "2027-01-31"
    )
    assert json.loads(fondaco("trade", "mt", "view", advice))["amount"] == ["SGD", 9_000_000]
    assert "does not continue" in fondaco("trade", "mt", "view", advice, more, code=2)
    assert "has no view" in fondaco("trade", "mt", "view", more, code=1)


def test_the_terms_of_a_message_go_on_to_the_examiner(tmp_path: Path, advice: Path) -> None:
    head = tmp_path / "700.txt"
    head.write_text(
        ":27:1/1\n:40A:IRREVOCABLE\n:20:LC-1\n:31C:261102\n:40E:UCP LATEST VERSION\n:31D:270131SINGAPORE\n:50:A\n:59:B\n:32B:KRW900,\n"
        ":41A:ZZBASG01\nBY PAYMENT\n:44C:270110\n:45A:+RICE\n:46A:+COMMERCIAL INVOICE\n+BENEFICIARY'S CERTIFICATE THAT ALL IS NEW\n:49:WITHOUT\n"
    )
    shown = fondaco("trade", "mt", "terms", head, "--type", "700")
    assert "for a person: field 46A: BENEFICIARY'S CERTIFICATE" in shown
    terms = tmp_path / "terms.json"
    terms.write_text(shown[: shown.index("fondaco: for a person")])
    assert json.loads(terms.read_text())["documents"][0]["kind"] == "INVOICE"
    assert "Traceback" not in fondaco("trade", "lint", terms)
    assert "holds no terms" in fondaco("trade", "mt", "terms", advice, code=1)
    head.write_text(head.read_text().replace("BY PAYMENT", "BY MIXED PYMT"))
    assert "field 41a" in fondaco("trade", "mt", "terms", head, "--type", "700", code=1)

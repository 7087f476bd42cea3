"""The command line: exit codes, JSON, and the day that the demo leaves behind."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import lei_with_check_digits
from fondaco.simulation.day import demo_key
from union import SG1, TH1, pacs_008


def process(*words: str | Path, code: int = 0) -> str:
    """One command as a process of its own: what it ends with is seen from outside."""
    done = subprocess.run([sys.executable, "-m", "fondaco.cli", *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    folder = tmp_path_factory.mktemp("day") / "fondaco-demo"
    return folder, json.loads(process("demo", folder, "--messages", "150", "--json"))


def test_the_demo_proves_its_day(day: tuple[Path, dict[str, object]]) -> None:
    summary = day[1]
    assert summary["proof"]["faults"] == [] and summary["reconciled_with_agents"] is True  # type: ignore[index]
    assert [c["state"] for c in summary["cycle_states"]] == ["SETTLED"] * 4  # type: ignore[attr-defined]
    assert all(c["nets_zero"] for c in summary["cycle_states"])  # type: ignore[attr-defined]
    assert set(summary["states"]) <= {"SETTLED", "REJECTED"} and summary["states"]["SETTLED"] > 100  # type: ignore[arg-type,index]


def test_the_demo_lives_its_everyday_life(day: tuple[Path, dict[str, object]]) -> None:
    flows, kinds = day[1]["flows"], day[1]["kinds"]
    assert isinstance(flows, dict) and isinstance(kinds, dict)
    rare = {"screening", "returns and recalls", "questions"}  # of so few messages none may be so
    assert [name for name, counts in flows.items() if not sum(counts.values()) and name not in rare] == []
    assert flows["members"]["applicants admitted"] == flows["members"]["members left"] == 1 and day[1]["unexpected"] == []
    assert kinds["from the hub"]["camt.004.001.10"] == kinds["to the hub"]["camt.003.001.08"] > 0
    assert all(one["done"] for one in day[1]["checklist"] if one["needed"])  # type: ignore[attr-defined]
    assert "bears-rejection" in fondaco("member", "report", str(day[1]["certificate"]), "--hub", day[0])
    states = day[1]["states"]
    assert isinstance(states, dict) and set(states) <= {"SETTLED", "REJECTED", "CANCELLED"}, "nothing is left lying"


def test_trace_statement_export_and_prove_read_the_day(day: tuple[Path, dict[str, object]]) -> None:
    folder, summary = day
    told = json.loads(fondaco("trace", str(summary["example_uetr"]), "--hub", folder, "--json"))
    assert told["state"] == "SETTLED" and told["steps"][0]["event"] == "ADMITTED" and told["rate"]["provider"]
    assert len(told["mail"]) >= 4 and all(m["raw"].startswith("<?xml") for m in told["mail"])
    assert "camt.053.001.08" in fondaco("statement", SG1, "SGD", "2026-11-24", "--hub", folder)
    assert "camt.052.001.08" in fondaco("statement", SG1, "SGD", "2026-11-24", "--kind", "camt.052", "--hub", folder)
    assert fondaco("export", "--format", "hledger", "--hub", folder).startswith("commodity")
    assert json.loads(fondaco("prove", "--hub", folder, "--json"))["faults"] == []
    assert json.loads(fondaco("lists", "status", "--hub", folder, "--json"))[0]["list"] == "un"
    assert json.loads(fondaco("case", "list", "--hub", folder, "--json", "--no-open-only")) is not None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["trace", "nobody"], 1), (["statement", SG1, "SGD", "2020-01-01"], 1), (["statement", SG1, "THB", "2026-11-24"], 1),
        (["export", "--format", "abacus"], 2), (["case", "release", "K1", "--officer", "a", "--key", "none", "--note", "x"], 3),
    ],
)  # fmt: skip
def test_a_no_has_its_exit_code(day: tuple[Path, dict[str, object]], words: list[str], code: int) -> None:
    assert "fondaco:" in process(*words, "--hub", day[0], code=code)


def test_positions_limits_and_open_questions_are_read_and_set(day: tuple[Path, dict[str, object]]) -> None:
    rows = json.loads(fondaco("positions", "ZZBASG01", "--hub", day[0], "--json"))
    assert [row["currency"] for row in rows] == ["SGD"] and rows[0]["shortfall"] == "0.00"
    assert "positions, cycle -" in fondaco("positions", "--hub", day[0])
    assert json.loads(fondaco("asked", "--hub", day[0], "--json")) == []
    fondaco("limit", "ZZBASG01", "SGD", "1000.00", "--hub", day[0])
    assert "ABOVE_CAP" in fondaco("limit", "ZZBASG01", "SGD", "999999999.00", "--hub", day[0], code=1)
    fondaco("positions", "ZZBXSG01", "--hub", day[0], code=1)


def test_two_operators_carry_a_motion_at_the_command_line(day: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    for who in ("operator-1", "operator-2"):
        (tmp_path / who).write_text(demo_key(who).private_bytes_raw().hex())
    deed = ("motion", "standing", "ZZBATH01", "suspended", "--note", "drill", "--hub", day[0])
    assert "PROPOSED" in fondaco(*deed, "--officer", "operator-1", "--key", tmp_path / "operator-1")
    assert "another person" in fondaco(*deed, "--officer", "operator-1", "--key", tmp_path / "operator-1", code=1)
    assert "CARRIED" in fondaco(*deed, "--officer", "operator-2", "--key", tmp_path / "operator-2")
    row = json.loads(fondaco("motion", "list", "--hub", day[0], "--json"))[-1]
    assert row["state"] == "CARRIED" and [one["note"] for one in row["votes"]] == ["drill", "drill"]
    fondaco(*deed, "--officer", "operator-2", "--key", tmp_path / "missing", code=3)


def test_a_fee_is_shown_before_and_invoiced_after(day: tuple[Path, dict[str, object]]) -> None:
    shown = json.loads(fondaco("fee", "ZZBASG01", "ZZBATH01", "100.00", "SGD", "--hub", day[0], "--json"))
    assert shown == {"fee": "0.25", "currency": "SGD", "article": "3.6", "kind": "normal"}
    fondaco("fee", "ZZBASG01", "ZZNONE00", "100.00", "SGD", "--hub", day[0], code=1)
    assert "plain decimal" in fondaco("fee", "ZZBASG01", "ZZBATH01", "a lot", "SGD", "--hub", day[0], code=2)
    assert "2 decimals" in fondaco("limit", "ZZBASG01", "SGD", "1.001", "--hub", day[0], code=2)
    assert "no participant" in fondaco("invoice", "ZZNOSG99", "2026-11", "--hub", day[0], code=1)
    assert "no month" in fondaco("invoice", "ZZBASG01", "2026-13", "--hub", day[0], code=2)
    found = json.loads(fondaco("invoice", "ZZBASG01", "2026-11", "--hub", day[0], "--json"))
    assert sum(total["payments"] for total in found["totals"]) == len(found["lines"]) > 0
    assert {line["fee"] for line in found["lines"]} <= {"0.25", "0.12", "0.05"}
    assert "no fees" in fondaco("invoice", "ZZBASG01", "2026-10", "--hub", day[0])


def test_two_rulebooks_are_compared(day: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    other = tmp_path / "union"
    shutil.copytree(day[0] / "union", other)
    assert "no difference" in fondaco("rules", "diff", day[0] / "union", other)
    (other / "union.toml").write_text((other / "union.toml").read_text().replace("cut_off = 07:00:00", "cut_off = 07:30:00"))
    assert "+ 07:30:00" in fondaco("rules", "diff", day[0] / "union", other)
    (other / "union.toml").write_text("nonsense")
    fondaco("rules", "diff", day[0] / "union", other, code=1)
    assert "none" in fondaco("rules", "diff", day[0] / "union", tmp_path / "none", code=3)


def test_the_calendar_says_who_is_closed_by_which_source(day: tuple[Path, dict[str, object]]) -> None:
    found = json.loads(fondaco("calendar", "--year", "2027", "--hub", day[0], "--json"))
    makha = [one for one in found["holidays"] if one["day"] == "2027-02-22"]
    assert [(one["currency"], one["weekday"], one["provisional"], one["weekend"]) for one in makha] == [
        ("THB", "Mon", True, False)
    ]
    assert found["unknown"] == [] and [one["day"] for one in found["holidays"]] == sorted(one["day"] for one in found["holidays"])
    text = fondaco("calendar", "SGD", "--year", "2027", "--hub", day[0])
    assert "2027-05-01 Sat  SGD  Labour Day: Holidays Act 1998  (on its weekend)" in text and "THB" not in text
    assert "no calendar of 2031" in fondaco("calendar", "--year", "2031", "--hub", day[0], code=1)
    assert "no currency" in fondaco("calendar", "EUR", "--hub", day[0], code=1)
    fondaco("calendar", "--year", "10000", "--hub", day[0], code=1)


def test_the_checklist_of_an_ended_day_is_done(day: tuple[Path, dict[str, object]]) -> None:
    found = json.loads(fondaco("checklist", "--hub", day[0], "--json"))
    assert found["day"] == "2026-11-24" and all(one["done"] for one in found["checks"] if one["needed"])
    assert "NEEDED" not in fondaco("checklist", "--hub", day[0])


def test_usage_and_environment_have_theirs(tmp_path: Path) -> None:
    process("frobnicate", code=2)
    process("trace", code=2)
    assert "init" in process("prove", "--hub", tmp_path / "none", code=3)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_text("dear")
    assert "not empty" in process("init", "straits", tmp_path / "full", code=3)
    assert "not empty" in process("demo", tmp_path / "full", code=3)
    assert (tmp_path / "full" / "letter").exists()


def test_a_new_hub_is_laid_out_with_keys_and_waits_for_its_lists(tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    fondaco("init", "straits", hub)
    keys = sorted((tmp_path / "hub-keys").iterdir())
    assert [k.stem for k in keys] == ["officer-1", "officer-2", "operator-1", "operator-2"]
    assert all(k.stat().st_mode & 0o077 == 0 for k in keys)
    assert "missing" in fondaco("prove", "--hub", hub, code=3), "a hub without its lists does not start"
    broken = tmp_path / "un.xml"
    broken.write_text("<CONSOLIDATED_LIST>")
    assert "quarantined" in fondaco("lists", "load", broken, "--list", "un", "--hub", hub, code=1)


def test_validate_says_where_and_by_which_rule_and_not_whom_screening_would_hit(tmp_path: Path) -> None:
    good, bad, ugly, hit = (tmp_path / name for name in ("good.xml", "bad.xml", "ugly.xml", "hit.xml"))
    good.write_bytes(pacs_008(SG1, TH1, "1.00", "SGD"))
    bad.write_bytes(pacs_008(SG1, TH1, "1.005", "SGD"))
    ugly.write_text("<a>")
    hit.write_bytes(pacs_008(SG1, TH1, "1.00", "SGD", creditor="Sorvemir Brulomarov"))
    assert "good" in fondaco("validate", good, hit)
    found = json.loads(fondaco("validate", bad, ugly, "--json", code=1))
    assert "DECIMALS_WRONG (CH20)" in found[str(bad)]["faults"][0] and "IntrBkSttlmAmt" in found[str(bad)]["faults"][0]
    assert "MALFORMED" in found[str(ugly)]["faults"][0]


def test_a_list_is_known_by_its_format_and_loaded_without_naming_it(tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    fondaco("init", "straits", hub)
    for list_id in ("un", "ofac", "uk"):
        files = []
        for number, raw in enumerate(demo_list(list_id)):
            path = tmp_path / f"{list_id}{number}"
            path.write_bytes(raw)
            files.append(path)
        assert json.loads(fondaco("lists", "load", *files, "--hub", hub, "--json"))["list"] == list_id
    strange = tmp_path / "strange"
    strange.write_bytes(b"dear hub")
    assert "--list" in fondaco("lists", "load", strange, "--hub", hub, code=1)


def test_rules_are_proposed_approved_and_in_force_with_the_next_day(day: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    shutil.copytree(day[0], folder)
    for who in ("operator-1", "operator-2"):
        (tmp_path / who).write_text(demo_key(who).private_bytes_raw().hex())
    latest = json.loads(fondaco("rules", "list", "--hub", folder, "--json"))[-1]
    assert latest["from"] == "2026-11-25", "the demo's own change of rules"
    draft = tmp_path / "draft"
    shutil.copytree(folder / "rulebooks" / latest["version"], draft)
    path = draft / "union.toml"
    path.write_text(path.read_text().replace("cut_off = 07:00:00", "cut_off = 07:30:00"))
    first = ("--officer", "operator-1", "--key", tmp_path / "operator-1", "--note", "council", "--hub", folder)
    second = ("--officer", "operator-2", "--key", tmp_path / "operator-2", "--note", "council", "--hub", folder)
    assert "takes over" in fondaco("rules", "propose", draft, "2026-11-24", *first, code=1)
    shown = fondaco("rules", "propose", draft, "2027-11-24", *first)
    assert "PROPOSED" in shown and "+ 07:30:00" in shown
    motion = json.loads(fondaco("motion", "list", "--hub", folder, "--json"))[-1]
    fondaco("rules", "approve", "f00d", *second, code=1)
    assert "CARRIED" in fondaco("rules", "approve", motion["subject"][:12], *second)
    fondaco("day", "end", "--hub", folder, code=1)  # the demo ended it
    assert motion["subject"][:16] in fondaco("day", "open", "2027-11-24", "--hub", folder)
    rows = json.loads(fondaco("rules", "list", "--hub", folder, "--json"))
    assert [row["in_force"] for row in rows] == [False, False, True] and rows[2]["from"] == "2027-11-24"
    fondaco("cycle", "close", "--last", "--hub", folder)
    assert "2027-11-24 ended" in fondaco("day", "end", "--hub", folder)


def test_a_bank_becomes_a_member_at_the_command_line(day: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    shutil.copytree(day[0], folder)
    for who in ("operator-1", "operator-2", "bank"):
        (tmp_path / who).write_text(demo_key(who).private_bytes_raw().hex())
    votes = [
        ("--officer", who, "--key", tmp_path / who, "--note", "council", "--hub", folder) for who in ("operator-1", "operator-2")
    ]
    lei = lei_with_check_digits("FNDC00ZZBDSG000411")
    said = tmp_path / "application.json"
    shown = fondaco(
        "member", "sign", "ZZBDSG04", lei, "Bank Empat Contoh", "SG", "SGD", "--key", tmp_path / "bank", "--output", said
    )
    print_of_key = shown.split()[-1]
    assert "SCREENED" in fondaco("member", "apply", said, "--hub", folder)
    run = ("certify", "ZZBDSG04", "--officer", "operator-1", "--key", tmp_path / "operator-1", "--hub", folder)
    command = f"{sys.executable} -m fondaco.cli small-bank"
    early = fondaco(*run, "--bank", f"{command} {tmp_path / 'bank'}", "--report", tmp_path / "early.json", code=1)
    assert "SCREENED" in early and "fondaco member key" in early, "the key was not witnessed"
    assert not (tmp_path / "early.json").exists(), "told before the kit runs, not after it"
    fondaco("member", "key", "ZZBDSG04", "0" * 64, *votes[0], code=1)
    assert "CARRIED" in [fondaco("member", "key", "ZZBDSG04", print_of_key, *vote) for vote in votes][1]
    wrong = fondaco(*run, "--bank", f"{command} {tmp_path / 'operator-2'}", "--report", tmp_path / "wrong.json", code=1)
    assert "FAILED  key" in wrong and "not passed" in wrong
    assert "CERTIFIED" in fondaco(*run, "--bank", f"{command} {tmp_path / 'bank'}", "--report", tmp_path / "report.json")
    assert "bears-rejection" in fondaco("member", "report", tmp_path / "report.json", "--hub", folder)
    fondaco("member", "report", tmp_path / "wrong.json", "--hub", folder, code=1)
    no_cap = fondaco("member", "admit", "ZZBDSG04", "904", "2027-11-24", "--cap", "SGD", *votes[0], code=1)
    assert "caps.SGD" in no_cap, "a mistake of the draft is a no, and says its place"
    proposed = fondaco("member", "admit", "ZZBDSG04", "904", "2027-11-24", "--cap", "SGD=500000", *votes[0])
    assert "+ Bank Empat Contoh" in proposed and "+ 500000.00 SGD" in proposed, "amounts as people write them"
    version = json.loads(fondaco("motion", "list", "--hub", folder, "--json"))[-1]["subject"]
    assert "CARRIED" in fondaco("rules", "approve", version, *votes[1])
    fondaco("day", "open", "2027-11-24", "--hub", folder)
    found = json.loads(fondaco("member", "list", "--hub", folder, "--json"))
    assert {row["bic"]: row["state"] for row in found["participants"]}["ZZBDSG04"] == "active"
    assert {row["bic"]: row["state"] for row in found["applicants"]}["ZZBDSG04"] == "MEMBER"


def test_a_merchants_code_is_written_and_read(day: tuple[Path, dict[str, object]]) -> None:
    made = (
        "qr",
        "write",
        "ZZBATH01",
        "5550001234",
        "--name",
        "Contoh",
        "--city",
        "Bangkok",
        "--country",
        "TH",
        "--currency",
        "THB",
    )
    text = fondaco(*made, "--category", "5411", "--amount", "120.00", "--reference", "INV-7", "--hub", day[0]).strip()
    found = json.loads(fondaco("qr", "read", text, "--hub", day[0], "--json"))
    assert (found["pays_to"], found["amount"], found["reference"], found["purpose"]) == ("ZZBATH01", "120.00", "INV-7", "MP2B")
    assert "63 CRC" in fondaco("qr", "read", text[:-1] + "?", "--hub", day[0], code=1)
    differs = fondaco("qr", "read", text, "--amount", "121.00", "--hub", day[0], code=1)
    assert "121.00 THB, not 120.00 THB" in differs
    late = (*made, "--category", "5411", "--amount", "120.00", "--hub", day[0], "--expires")
    over = fondaco(*late, "2020-01-01T00:00:00Z").strip()
    assert "EXPIRED (TM01)" in fondaco("qr", "read", over, "--hub", day[0], code=1)
    assert "expires" in fondaco("qr", "read", fondaco(*late, "2090-01-01T00:00:00Z").strip(), "--hub", day[0])
    fondaco(*late, "tomorrow", code=2)
    fondaco("qr", "write", "ZZBATH01", "1" * 90, *made[4:], "--category", "5411", "--hub", day[0], code=1)

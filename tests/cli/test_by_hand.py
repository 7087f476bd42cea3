"""A hub of one's own, worked by hand from its laying out to the end of its first day: docs/operate/first-day.md, word for word."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.core import lei_with_check_digits

SG1, SG2, TH1, FX, AGENT, SPONSORED = "ZZBASG01", "ZZBBSG02", "ZZBATH01", "ZZFXSG01", "ZZCBSG00", "ZZTPSG05"


@pytest.fixture
def hub(laid_out: Path, tmp_path: Path) -> Path:
    shutil.copytree(laid_out, tmp_path / "hub")
    return tmp_path / "hub"


def test_before_the_first_day_every_word_says_what_is_missing(hub: Path) -> None:
    for words in (
        ["positions"],
        ["positions", SG1],
        ["limit", SG1, "SGD", "1.00"],
        ["fee", SG1, TH1, "1.00", "SGD"],
        ["retention"],
    ):
        shown = fondaco(*words, "--hub", hub, code=1)
        assert "fondaco:" in shown and "day" in shown and "Traceback" not in shown, words
    assert "no cycle" in fondaco("cycle", "settle", "--hub", hub)
    assert "no quote" in fondaco("quotes", "list", "--hub", hub)
    assert "no mail" in fondaco("mail", "--hub", hub)


def test_a_hub_without_a_list_says_how_it_gets_one(tmp_path: Path) -> None:
    fondaco("init", "straits", tmp_path / "hub")
    assert "fondaco lists load" in fondaco("checklist", "--hub", tmp_path / "hub", code=3)


def test_words_that_mean_nothing_are_usage_and_not_a_refusal(hub: Path) -> None:
    for words in (
        ["send"], ["validate"], ["lists", "load"], ["fee", SG1, TH1, "1.005", "SGD"], ["fee", SG1, TH1, "ten", "SGD"],
        ["invoice", SG1, "2026-13"], ["export", "--format", "abacus"], ["statement", SG1, "SGD", "2026-11-24", "--kind", "mt940"],
    ):  # fmt: skip
        if words[0] == "fee":
            fondaco("day", "open", "--hub", hub, code=0 if words[3] == "1.005" else 1)
        at = [] if words[0] == "validate" else ["--hub", hub]
        assert "fondaco:" in fondaco(*words, *at, code=2), words


def test_files_are_sent_all_or_none_where_one_is_not_there_and_each_is_answered_for_itself(hub: Path, tmp_path: Path) -> None:
    fondaco("day", "open", "--hub", hub)
    good, bare, broken = tmp_path / "good.xml", tmp_path / "bare.xml", tmp_path / "broken.xml"
    fondaco("draft", "money", SG1, "1.00", "SGD", "--hub", hub, "-o", good)
    assert "nothing was sent" in fondaco("send", good, tmp_path / "none.xml", "--hub", hub, code=3)
    assert "no mail" in fondaco("mail", "--hub", hub)
    bare.write_bytes(b"<Document" + good.read_bytes().partition(b"<Document")[2].partition(b"</Document>")[0] + b"</Document>")
    broken.write_text("<a>")
    found = json.loads(fondaco("send", bare, broken, good, "--hub", hub, "--json", code=1))
    assert [bool(one["refused"]) for one in found] == [True, True, False] and "header" in found[0]["refused"]
    assert AGENT in fondaco("mail", "--hub", hub)


def test_quotes_that_mean_nothing_are_told_line_by_line(hub: Path, tmp_path: Path) -> None:
    file = tmp_path / "quotes.csv"
    file.write_text(
        "source,target,rate,capacity\nSGD,SGD,26.1,1.00\nTHB,SGD,x,1.00\nTHB,SGD,-1,1.00\nTHB,SGD,1,1.001\nTHB,SGD,1\n"
    )
    shown = fondaco("quotes", "post", FX, file, "--hub", hub, code=2)
    assert all(f"line {line}: " in shown for line in range(2, 7))
    file.write_text("SGD,THB,26.1,1.00\n")
    assert "source,target,rate,capacity" in fondaco("quotes", "post", FX, file, "--hub", hub, code=2)
    file.write_text("source,target,rate,capacity\nSGD,USD,26.1,1.00\n")
    assert "USD" in fondaco("quotes", "post", FX, file, "--hub", hub, code=1)
    file.write_text("source,target,rate,capacity\nSGD,THB,26.1,1.00\n")
    assert "ROLE_NOT_HELD" in fondaco("quotes", "post", SG1, file, "--hub", hub, code=1)


def test_the_first_day_is_worked_by_hand(hub: Path, tmp_path: Path) -> None:
    at, files = ("--hub", hub), iter(range(1000))

    def draft(*words: str | Path) -> Path:
        path = tmp_path / f"draft-{next(files)}.xml"
        fondaco("draft", *words, *at, "-o", path)
        return path

    def last(kind: str, recipient: str) -> Path:
        folder = tmp_path / "mail"
        rows = json.loads(fondaco("mail", "--to", recipient, "--output", folder, *at, "--json"))
        return next(Path(row["file"]) for row in reversed(rows) if row["kind"].startswith(kind))

    fondaco("day", "open", *at)
    fondaco("send", draft("money", SG1, "1000.00", "SGD"), *at)
    assert "ACSC" in fondaco("send", draft("answer", last("camt.050", AGENT)), *at)
    quotes = tmp_path / "quotes.csv"
    quotes.write_text("source,target,rate,capacity\nSGD,THB,26.1,1000000.00\n")
    assert "1 quotes" in fondaco("quotes", "post", FX, quotes, *at)
    assert "26.1" in fondaco("quotes", "list", *at)

    # The provider has no baht yet: the payment is refused, and its sender is told why.
    poor = fondaco("send", draft("pay", SG1, TH1, "100.00", "SGD", "--urgent"), *at, code=1)
    assert "REJECTED" in poor and "RJCT AB04" in poor and "position is full" in poor
    fondaco("send", draft("money", FX, "50000.00", "THB"), *at)
    fondaco("send", draft("answer", last("camt.050", "ZZCBTH00")), *at)

    rich = fondaco("send", draft("pay", SG1, TH1, "100.00", "SGD", "--urgent"), *at)
    assert "OFFERED" in rich
    uetr = re.findall(r"[0-9a-f-]{36}", rich)[0]
    assert "ACSC" in fondaco("send", draft("answer", last("pacs.008", TH1)), *at)
    assert "arrives  2610.00 THB" in fondaco("trace", uetr, *at)

    # What may not be, and says so: too much, a stranger's, twice; and the trace of the return is the return's own.
    assert "RETURN_DIFFERS" in fondaco("send", draft("return", TH1, uetr, "2610.01", "THB"), *at, code=1)
    stranger = fondaco("send", draft("return", SG2, uetr, "1.00", "THB"), *at, code=1)
    assert "RETURN_UNKNOWN" in stranger and "SETTLED" not in stranger
    assert "NOT_FOUND" in fondaco("send", draft("recall", SG2, uetr), *at, code=1)
    assert "ACSC" in fondaco("send", draft("enquire", SG1, uetr), *at)
    fondaco("send", draft("recall", SG1, uetr), *at)
    assert "CNCL" in fondaco("send", draft("answer", last("camt.056", TH1)), *at)
    fondaco("send", draft("verify", SG1, SG2, "9876543210", "Somchai Foods"), *at)

    # Questions: of one bank to the other about the payment, and of a bank to the hub about its own money.
    assert "NOT_FOUND" in fondaco("send", draft("investigate", SG2, uetr, TH1), *at, code=1)
    assert "SENDER_CONTRADICTS" in fondaco("send", draft("investigate", SG1, uetr, SG2), *at, code=1)
    fondaco("send", draft("investigate", SG1, uetr, TH1), *at)
    assert "investigation H" in fondaco("asked", *at)
    fondaco("send", draft("answer", last("camt.110", TH1)), *at)
    assert "<Sts>CLSD</Sts>" in last("camt.111", SG1).read_text() and "investigation H" not in fondaco("asked", *at)
    fondaco("send", draft("balances", SG1), *at)
    told = last("camt.004", SG1).read_text()
    assert "<Amt>899.75</Amt><CdtDbtInd>CRDT</CdtDbtInd><Tp><Cd>AVLB</Cd>" in told, "1000.00, less 100.00 and a fee of 0.25"
    fondaco("send", draft("balances", SG1, "--report", "--currency", "SGD"), *at)
    assert "899.75" in last("camt.052", SG1).read_text()
    fondaco("draft", "balances", SG1, "--currency", "SGD", *at, code=2)
    assert "CURRENCY_NOT_HELD" in fondaco("send", draft("balances", SG1, "--report", "--currency", "THB"), *at, code=1)
    # A sponsor gives to the bank that it settles for, and to no other.
    assert "ACSC" in fondaco("send", draft("money", SG1, "50.00", "SGD", "--to", SPONSORED), *at)
    assert "SENDER_CONTRADICTS" in fondaco("send", draft("money", SG1, "50.00", "SGD", "--to", SG2), *at, code=1)
    assert "available 50.00" in fondaco("positions", SPONSORED, *at)
    fondaco("send", draft("expect", SG1, "12.34", "SGD"), *at)
    assert "12.34" in fondaco("positions", SG1, *at)

    # A sale from the shop's code to the shop's money.
    sale = ("--name", "Kedai Contoh", "--city", "Singapore", "--country", "SG", "--currency", "SGD", "--category", "5411")
    code = fondaco("qr", "write", SG2, "5550001234", *sale, "--amount", "7.00", *at).strip()
    assert "AMOUNT_DIFFERS" in fondaco("draft", "scan", SG1, code, "--amount", "7.01", *at, code=1)
    assert "REFUSED" not in fondaco("send", draft("scan", SG1, code), *at)
    assert code[:100] in last("pacs.008", SG2).read_text(), "the payment carries the code to the bank that can check its seal"
    assert "ACSC" in fondaco("send", draft("answer", last("pacs.008", SG2)), *at)

    # A payment of the net cycle, settled by what the agent answers.
    fondaco("send", draft("pay", SG1, SG2, "20.00", "SGD"), *at)
    fondaco("send", draft("answer", last("pacs.008", SG2)), *at)
    assert "10.00 SGD is below" in fondaco("limit", SG1, "SGD", "10.00", *at, code=1), "an amount as people write it"
    fondaco("cycle", "close", "--last", *at)
    fondaco("cycle", "settle", *at)
    for agent in (AGENT, "ZZCBTH00"):
        fondaco("send", draft("answer", last("pacs.029", agent)), *at)
    for agent in (AGENT, "ZZCBTH00"):
        fondaco("send", draft("answer", last("pacs.009", agent)), *at)
    assert "SETTLED" in fondaco("cycle", "settle", *at)
    fondaco("checklist", *at)
    assert "fondaco mail" in fondaco("day", "end", *at)
    assert json.loads(fondaco("prove", *at, "--json"))["faults"] == []


def test_a_draft_of_rules_with_mistakes_is_refused_with_its_folder(hub: Path, tmp_path: Path) -> None:
    fondaco("day", "open", "--hub", hub)
    draft = tmp_path / "draft"
    shutil.copytree(hub / "union", draft)
    (draft / "union.toml").write_text((draft / "union.toml").read_text().replace("23:59:58", "24:59:58"))
    vote = ("--officer", "operator-1", "--key", tmp_path / "none.key", "--note", "x", "--hub", hub)
    assert str(draft) in fondaco("rules", "propose", draft, "2099-01-01", *vote, code=1)


def test_a_key_is_made_where_it_is_used_and_never_written_over(tmp_path: Path) -> None:
    key = tmp_path / "bank.key"
    public = json.loads(fondaco("new-key", key, "--json"))["public_key"]
    assert key.stat().st_mode & 0o077 == 0 and len(public) == 64
    before = key.read_text()
    assert "new file" in fondaco("new-key", key, code=3) and key.read_text() == before
    said = tmp_path / "application.json"
    lei = lei_with_check_digits("FNDC00ZZBDSG000411")
    row = ("ZZBDSG04", lei, "Bank Empat Contoh", "SG", "SGD", "--key", key, "--output", said)
    assert json.loads(fondaco("member", "sign", *row, "--json"))["fingerprint"] in fondaco("member", "sign", *row)
    said.unlink()
    wrong = fondaco("member", "sign", "ZZB", lei[:-1] + "x", *row[2:], code=2)
    assert "BIC ZZB" in wrong and "LEI " in wrong and not said.exists(), "what the hub would refuse is not signed"
    fondaco("init", "straits", tmp_path / "hub")
    kept = (tmp_path / "hub-keys" / "officer-1.key").read_text()
    shutil.rmtree(tmp_path / "hub")
    assert "--officer-keys" in fondaco("init", "straits", tmp_path / "hub", code=3)
    assert (tmp_path / "hub-keys" / "officer-1.key").read_text() == kept and not (tmp_path / "hub").exists()

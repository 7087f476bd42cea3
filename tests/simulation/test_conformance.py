"""The conformance kit: a bank that does all it must passes; one that does any one thing wrong fails in that case."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fondaco.core import lei_with_check_digits
from fondaco.hub import scheme_of
from fondaco.messages import Status, pacs_002, read
from fondaco.rulebook import CONFORMANCE_CASES, Application, Certificate, certificate_fault, sign_application, sign_certificate
from fondaco.simulation import CandidateGone, CommandCandidate, Kit, demo_key, lay_out
from fondaco.simulation.bank import Answer, Request, SmallBank

KEY = demo_key("the new bank")
NEW = "ZZBDSG04"


def application(country: str = "SG", currency: str = "SGD") -> Application:
    lei = lei_with_check_digits("FNDC00ZZBDSG000411")
    return sign_application(Application(NEW, lei, "Bank Empat Contoh", country, currency, (currency,), ""), KEY)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "hub"
    lay_out(folder)
    return folder


class Direct:
    """A candidate in this process."""

    def __init__(self, bank: SmallBank) -> None:
        self._bank = bank

    def ask(self, request: dict[str, Any]) -> Answer:
        return self._bank.answer(request)


def run(home: Path, bank: SmallBank, scratch: Path, wanted: Application | None = None) -> Certificate:
    kit = Kit(home, wanted or application(), Direct(bank), scratch)
    try:
        return kit.run("2026-11-24T02:00:00Z")
    finally:
        kit.close()


def failed(certificate: Certificate) -> dict[str, str]:
    return {one.name: one.found for one in certificate.results if not one.passed}


@pytest.mark.parametrize(
    ("country", "currency"), [("SG", "SGD"), ("KR", "KRW"), ("TH", "THB"), ("ID", "IDR"), ("MY", "MYR"), ("PH", "PHP")]
)
def test_a_bank_that_does_what_it_must_passes_every_case(home: Path, tmp_path: Path, country: str, currency: str) -> None:
    wanted = application(country, currency)
    found = run(home, SmallBank(KEY), tmp_path, wanted)
    assert failed(found) == {} and found.passed
    assert tuple(one.name for one in found.results) == CONFORMANCE_CASES
    signed = sign_certificate(found, "operator-1", demo_key("operator-1"))
    officers = {one.officer_id: one for one in scheme_of(home).officers}
    assert certificate_fault(signed, wanted, found.rulebook, officers) is None


@pytest.mark.parametrize(("country", "currency"), [("BR", "BRL"), ("IN", "INR")])
def test_lists_that_came_after_the_cut_off_let_the_kit_run_on_the_next_day(tmp_path: Path, country: str, currency: str) -> None:
    home = tmp_path / "hub"
    lay_out(home, union="bridge")  # its lists came at midnight in UTC: in the evening of the day before in Brazil
    (tmp_path / "scratch").mkdir()
    assert failed(run(home, SmallBank(KEY), tmp_path / "scratch", application(country, currency))) == {}


@pytest.mark.parametrize("deed", ["resend", "recall", "return", "enquire"])
@pytest.mark.parametrize("uetr", ["", "8a562c67-ca16-48ba-b074-65581be6f001"])
def test_of_what_the_bank_never_had_it_sends_nothing_and_goes_on(deed: str, uetr: str) -> None:
    assert SmallBank(KEY).answer({"do": deed, "uetr": uetr, "at": "2026-11-24T01:00:00.000Z"}) == {"messages": []}


class Strange(SmallBank):
    """A bank with one fault, by its name."""

    def __init__(self, fault: str) -> None:
        super().__init__(demo_key("another") if fault == "key" else KEY)
        self._fault = fault
        self._second = 0

    def answer(self, request: Request) -> Answer:
        fault, deed = self._fault, request["do"]
        if fault == "wrong amount" and deed == "pay":
            return super().answer({**request, "amount": "3"})
        if fault == "never urgent" and deed == "pay":
            return super().answer({**request, "urgent": False})
        if fault == "other creditor" and deed == "pay":
            return super().answer({**request, "creditor": "Somebody Else"})
        if fault == "resends as new" and deed == "resend":
            (raw,) = super().answer(request)["messages"]
            return {"messages": [raw.replace(f"{NEW}-C", f"{NEW}-D")]}
        if fault == "forgets" and deed == "status":
            return {"status": ""}
        if fault == "blind to statements" and deed == "statement":
            return {"closing": "0.00", "entries": 0}
        if fault == "returns too much" and deed == "return":
            currency, _, day = self._received[request["uetr"]]
            self._received[request["uetr"]] = currency, "999.00", day
        if deed == "deliver":
            return self._delivered(request)
        return super().answer(request)

    def _delivered(self, request: Request) -> Answer:
        fault = self._fault
        message = read(request["message"].encode(), bulk=True)
        said = super().deliver(request)
        offered = message.kind.startswith("pacs.008")
        if fault == "takes nothing back" and message.kind.startswith("pacs.004"):
            return {"messages": [raw.replace("ACSP", "RJCT") for raw in said["messages"]]}
        if fault == "silent" and offered:
            return {"messages": []}
        if fault == "accepts all" and offered:
            return {
                "messages": [
                    raw.replace("RJCT", "ACSP").replace("<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>", "")
                    for raw in said["messages"]
                ]
            }
        if fault == "says XX99" and offered:
            return {"messages": [raw.replace("AC01", "XX99") for raw in said["messages"]]}
        if fault == "no answer to recalls" and message.kind.startswith("camt.056"):
            return {"messages": []}
        if fault == "agrees and keeps the money" and message.kind.startswith("camt.056"):
            return {"messages": [raw.replace("RJCR", "CNCL") for raw in said["messages"]]}
        if fault == "knows every account" and message.kind.startswith("acmt.023"):
            return {"messages": [raw.replace("<Vrfctn>false", "<Vrfctn>true") for raw in said["messages"]]}
        if fault == "no findings" and message.kind.startswith("camt.110"):
            return {"messages": []}
        if fault == "falls over" and message.kind.startswith("admi.002"):
            raise ValueError("it fell over")
        if fault == "answers for another" and offered:
            status = Status("", "", "", "8a562c67-ca16-48ba-b074-65581be6f001", "ACSP")
            content = pacs_002("X1", request["at"], message.message_id, message.kind, [status])
            return {"messages": [self._wrapped("pacs.002.001.10", "X1", request["at"], content)]}
        return said


@pytest.mark.parametrize(
    ("fault", "case"),
    [
        ("key", "key"), ("wrong amount", "pays"), ("never urgent", "pays-urgent"), ("other creditor", "pays"),
        ("forgets", "reads-refusal"), ("resends as new", "resends"), ("silent", "accepts"), ("accepts all", "refuses-unknown-account"),
        ("says XX99", "refuses-unknown-account"), ("no answer to recalls", "answers-recall"),
        ("agrees and keeps the money", "answers-recall"), ("returns too much", "returns"), ("takes nothing back", "takes-return"),
        ("knows every account", "answers-verification"), ("no findings", "answers-investigation"),
        ("blind to statements", "reads-statement"), ("falls over", "bears-rejection"), ("answers for another", "accepts"),
    ],
)  # fmt: skip
def test_a_bank_with_a_fault_fails_where_it_is(home: Path, tmp_path: Path, fault: str, case: str) -> None:
    found = run(home, Strange(fault), tmp_path)
    assert not found.passed and case in failed(found), failed(found)
    assert failed(found)[case]


def test_the_kit_and_a_bank_behind_a_command_talk_in_lines(home: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY.private_bytes_raw().hex())
    candidate = CommandCandidate(f"{sys.executable} -m fondaco.cli small-bank {tmp_path / 'key'}", answer_s=600)
    kit = Kit(home, application(), candidate, tmp_path / "scratch")
    seen: list[str] = []
    found = kit.run("2026-11-24T02:00:00Z", lambda one: seen.append(one.name))
    kit.close()
    candidate.close()
    assert found.passed and tuple(seen) == CONFORMANCE_CASES


def test_a_program_that_is_slow_to_start_is_waited_for_and_one_that_is_slow_to_answer_is_not() -> None:
    slow = "import sys, time; time.sleep(1); print('{}', flush=True); sys.stdin.readline(); sys.stdin.readline(); time.sleep(60)"
    candidate = CommandCandidate(f'{sys.executable} -c "{slow}"', answer_s=0.2)
    assert candidate.ask({"do": "hello"}) == {}
    with pytest.raises(CandidateGone, match=r"0\.2 seconds"):
        candidate.ask({"do": "pay"})
    candidate.close()


@pytest.mark.parametrize(
    "script", ["pass", "import sys; sys.stdin.readline()", "print('nonsense', flush=True); import time; time.sleep(9)", "print(1, flush=True); import time; time.sleep(9)"]
)  # fmt: skip
def test_a_command_that_ends_or_talks_nonsense_certifies_nothing(home: Path, tmp_path: Path, script: str) -> None:
    candidate = CommandCandidate(f'{sys.executable} -c "{script}"', answer_s=0.5)
    kit = Kit(home, application(), candidate, tmp_path)
    found = kit.run("2026-11-24T02:00:00Z")
    kit.close()
    candidate.close()
    assert not found.passed and len(failed(found)) == len(CONFORMANCE_CASES)


def test_who_was_silent_once_is_not_taken_at_a_later_word(tmp_path: Path) -> None:
    late, script = tmp_path / "late", tmp_path / "late.py"
    script.write_text(
        "import pathlib, sys, time\n"
        "sys.stdin.readline(); print('{}', flush=True); sys.stdin.readline()\n"
        "while not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)\n"
        "print('{}', flush=True); sys.stdin.readline()\n"
    )
    candidate = CommandCandidate(f"{sys.executable} {script} {late}", answer_s=0.01, start_s=600)
    assert candidate.ask({"do": "hello"}) == {}, "its first answer may come late: it is only starting"
    with pytest.raises(CandidateGone, match="no answer"):
        candidate.ask({"do": "pay"})
    late.touch()
    while candidate._lines.empty():  # ends with the late answer, which lies there to be taken
        time.sleep(0.01)
    with pytest.raises(CandidateGone, match="no answer"):
        candidate.ask({"do": "pay"})
    candidate.close()

"""Three programs that nobody here wrote add the books up again, and say no when one digit is another."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.ledger import (
    AMOUNT_MAX,
    Account,
    Engine,
    MemoryEngine,
    Naming,
    PlainText,
    Role,
    Transfer,
    TransferFlag,
    account_id,
    export_books,
    transfer_id,
)
from fondaco.ledger.export import account_name

SGD, KRW, SGD_RESIDUE = 70202, 41000, 1_070_202
NAMING = Naming({SGD: ("SGD", 2), KRW: ("KRW", 0)}.__getitem__, lambda number: f"bank no. {number}", lambda _: "2026-11-24")
FORMS = list(PlainText)
PENDING, POST, VOID = int(TransferFlag.PENDING), int(TransferFlag.POST_PENDING), int(TransferFlag.VOID_PENDING)


def reader(form: PlainText) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """The program of a form, which says with its exit code whether it agrees; the test is skipped where it is not installed."""
    words = {
        PlainText.HLEDGER: ["hledger", "check", "--strict", "-f"],
        PlainText.LEDGER: ["ledger", "--args-only", "--pedantic", "balance", "-f"],
        PlainText.BEANCOUNT: [str(Path(sys.executable).parent / "bean-check"), "--no-cache"],
    }[form]
    program = shutil.which(words[0])
    if program is None:
        assert form is not PlainText.BEANCOUNT, "bean-check comes with the pinned tools"
        pytest.skip(f"{words[0]} is not installed (on Debian: apt-get install {words[0]})")
    return lambda path: subprocess.run([program, *words[1:], str(path)], capture_output=True, text=True, check=False)


def written(engine: Engine, form: PlainText, naming: Naming = NAMING) -> str:
    out = io.StringIO()
    export_books(engine, out, form, naming)
    return out.getvalue()


def small() -> MemoryEngine:
    """A funding, a transfer posted in part, one voided, won without decimals, and a residue of a few nano-units."""
    engine = MemoryEngine()
    places = [(Role.AGENT, SGD, 0, 0), (Role.PREFUNDED, SGD, 0, 0), (Role.PREFUNDED, SGD, 1, 0), (Role.PREFUNDED, SGD, 2, 0),
              (Role.CLEARING, SGD, 1, 7), (Role.CYCLE, SGD, 0, 7), (Role.AGENT, KRW, 0, 0), (Role.PREFUNDED, KRW, 1, 0),
              (Role.RESIDUE, SGD_RESIDUE, 0, 0), (Role.RESIDUE_DUE, SGD_RESIDUE, 1, 0)]  # fmt: skip
    ids = [account_id(*place) for place in places]
    engine.create_accounts([Account(key, place[1], int(place[0])) for key, place in zip(ids, places, strict=True)], 1)
    engine.create_transfers(
        [
            Transfer(transfer_id(1, 1), ids[0], ids[2], 12_345, SGD, 1),
            Transfer(transfer_id(2, 1), ids[2], ids[3], 45, SGD, 5, PENDING),
            Transfer(transfer_id(3, 1), 0, 0, 40, 0, 0, POST, transfer_id(2, 1)),
            Transfer(transfer_id(4, 1), ids[2], ids[3], 9, SGD, 5, PENDING),
            Transfer(transfer_id(5, 1), 0, 0, 0, 0, 0, VOID, transfer_id(4, 1)),
            Transfer(transfer_id(6, 1), ids[6], ids[7], 5_000_001, KRW, 1),
            Transfer(transfer_id(7, 1), ids[9], ids[8], 31_415_926, SGD_RESIDUE, 8),
            Transfer(transfer_id(8, 1), ids[2], ids[1], 25, SGD, 7),
            Transfer(transfer_id(9, 1), ids[2], ids[3], 1, SGD, 99, PENDING),
        ],
        10,
    )
    return engine


@pytest.mark.parametrize("form", FORMS)
def test_a_program_that_is_not_ours_adds_the_books_up_again(form: PlainText, tmp_path: Path) -> None:
    check = reader(form)
    path = tmp_path / "books"
    path.write_text(written(small(), form))
    done = check(path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("form", FORMS)
def test_a_figure_that_is_one_minor_unit_off_is_refused_wherever_it_stands(form: PlainText, tmp_path: Path) -> None:
    check = reader(form)
    text = written(small(), form)
    # Every amount beside a zero posting, an account's declared form or the assertion marker.
    figures = [
        m for m in re.finditer(r"(?<= )(?<!~ )(-?)(\d[\d.]*)(?= (?:~ 0 )?(?:SGD|KRW))", text) if "format" not in text[m.start() - 12 : m.start()]
    ]  # fmt: skip
    assert len(figures) >= 20
    for one in figures:
        line = text[text.rfind("\n", 0, one.start()) : text.find("\n", one.end())]
        if line.startswith("\ncommodity"):
            continue
        digits = one[2]
        other = digits[:-1] + ("1" if digits[-1] == "0" else "0")
        path = tmp_path / "books"
        path.write_text(text[: one.start(2)] + other + text[one.end(2) :])
        assert check(path).returncode != 0, line


@pytest.mark.parametrize("form", FORMS)
def test_an_account_or_a_commodity_that_was_not_declared_is_refused(form: PlainText, tmp_path: Path) -> None:
    check = reader(form)
    text = written(small(), form)
    path = tmp_path / "books"
    path.write_text(re.sub(r"^.*(?:account|open) Liabilities:Prefunded:SGD:Bank-no-1\b.*\n", "", text, count=1, flags=re.M))
    assert path.read_text() != text
    assert check(path).returncode != 0
    if form is not PlainText.BEANCOUNT:  # there a currency is bound to the accounts that were opened for it
        path.write_text(re.sub(r"^commodity .*KRW\n(    format .*\n)?", "", text, count=1, flags=re.M))
        assert path.read_text() != text
        assert check(path).returncode != 0


@st.composite
def traffic(draw: st.DrawFn) -> MemoryEngine:
    engine = MemoryEngine()
    ledgers = [SGD, KRW, SGD_RESIDUE]
    roles = {SGD: Role.PREFUNDED, KRW: Role.BLOCKED, SGD_RESIDUE: Role.RESIDUE_DUE}
    engine.create_accounts([Account(account_id(roles[one], one, n), one, 2) for one in ledgers for n in range(4)], 1)
    events: list[Transfer] = []
    for intent in range(1, draw(st.integers(0, 25)) + 1):
        ledger = draw(st.sampled_from(ledgers))
        payer, payee = draw(st.permutations([account_id(roles[ledger], ledger, n) for n in range(4)]))[:2]
        amount = draw(st.one_of(st.integers(1, 9), st.integers(1, 10**12)))
        flags = draw(st.sampled_from([0, PENDING]))
        events.append(Transfer(transfer_id(intent, 1), payer, payee, amount, ledger, draw(st.integers(1, 20)), flags))
        if flags:
            how = draw(st.sampled_from([POST, VOID]))
            events.append(
                Transfer(transfer_id(intent, 2), 0, 0, AMOUNT_MAX if how == POST else 0, 0, 0, how, transfer_id(intent, 1))
            )
    engine.create_transfers(events, 10)
    return engine


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(engine=traffic())
def test_any_books_are_agreed_on(form: PlainText, tmp_path: Path, engine: MemoryEngine) -> None:
    path = tmp_path / "books"
    path.write_text(written(engine, form))
    done = reader(form)(path)
    assert done.returncode == 0, done.stdout + done.stderr + path.read_text()


@given(st.text(max_size=30), st.sampled_from(list(Role)), st.integers(0, 5), st.integers(0, 99))
def test_every_name_is_legal_in_the_strictest_program(name: str, role: Role, participant: int, cycle: int) -> None:
    found = account_name(account_id(role, SGD_RESIDUE, participant, cycle), NAMING._replace(participant_of=lambda _: name))
    root, *parts = found.split(":")
    assert root in ("Assets", "Liabilities", "Equity", "Income", "Expenses")
    assert all(re.fullmatch(r"[A-Z0-9][A-Za-z0-9-]*", part) for part in parts), found
    assert re.fullmatch(r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]", parts[1]), "a commodity of at most 24 characters"


def test_two_accounts_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        written(small(), PlainText.HLEDGER, NAMING._replace(participant_of=lambda _: "bank"))


def test_a_transaction_is_dated_by_its_business_day() -> None:
    engine = MemoryEngine()
    ids = [account_id(Role.AGENT, SGD), account_id(Role.PREFUNDED, SGD, 1)]
    engine.create_accounts([Account(key, SGD, 1) for key in ids], 1)
    for intent in (1, 2):
        engine.create_transfers([Transfer(transfer_id(intent, 1), *ids, 5, SGD, 1)], intent * 100)
    days = NAMING._replace(day_of=lambda at_ns: "2026-11-24" if at_ns < 200 else "2026-11-26")
    text = written(engine, PlainText.HLEDGER, days)
    assert "2026-11-24 * (1-1) funding" in text and "2026-11-26 * (2-1) funding" in text
    assert "2026-11-27 balance Assets:Agent:SGD:Hub  0.10 ~ 0 SGD" in written(engine, PlainText.BEANCOUNT, days)

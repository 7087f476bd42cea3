"""Control of records, margins and memoranda on the books: numbers that never meet, limits that the ledger keeps, names that programs read."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core import CURRENCIES
from fondaco.ledger import (
    FIRST_PARTY,
    LAST_PARTY,
    AccountFlag,
    MemoryEngine,
    Naming,
    PlainText,
    Role,
    Status,
    Transfer,
    account,
    account_id,
    export_books,
    instrument_number,
    ledger_of,
    memo_ledger_of,
    place_of,
    prove,
    record_ledger_of,
    residue_ledger_of,
)
from fondaco.ledger.chart import CLAIMS, LIABILITIES, Counted, counted_on, instrument_of
from fondaco.ledger.export import commodity_of
from fondaco.ledger.proof import describe

SGD = 70202
MEMO, BILL, OTHER = memo_ledger_of(702, 2), record_ledger_of(1), record_ledger_of(27)
EXPORTER, IMPORTER = FIRST_PARTY, FIRST_PARTY + 1
NAMING = Naming({SGD: ("SGD", 2)}.__getitem__, lambda number: f"party {number}", lambda _: "2026-11-24")


def books() -> MemoryEngine:
    engine = MemoryEngine()
    lc = instrument_number("LC-000007")
    places = [
        (Role.AGENT, SGD, 0, 0), (Role.PREFUNDED, SGD, 1, 0), (Role.MARGIN, SGD, 1, lc),
        (Role.CONTINGENT_CLAIM, MEMO, IMPORTER, lc), (Role.CONTINGENT_LIABILITY, MEMO, 1, lc),
        (Role.REGISTER, BILL, 0, 0), (Role.CONTROL, BILL, EXPORTER, 0), (Role.CONTROL, BILL, IMPORTER, 0),
        (Role.REGISTER, OTHER, 0, 0), (Role.CONTROL, OTHER, EXPORTER, 0),
    ]  # fmt: skip
    assert set(engine.create_accounts([account(*place) for place in places], 1)) == {0}
    ids = [account_id(*place) for place in places]
    done = engine.create_transfers(
        [
            Transfer(1, ids[0], ids[1], 100_00, SGD, 1),
            Transfer(2, ids[1], ids[2], 25_00, SGD, 18),
            Transfer(3, ids[3], ids[4], 250_00, MEMO, 19),
            Transfer(4, ids[5], ids[6], 1, BILL, 16),
            Transfer(5, ids[6], ids[7], 1, BILL, 16),
            Transfer(6, ids[8], ids[9], 1, OTHER, 16),
        ],
        2,
    )
    assert set(done) == {0}
    return engine


def test_no_two_ledgers_have_one_number() -> None:
    found: dict[int, str] = {}
    for code, one in CURRENCIES.items():
        for make in (ledger_of, residue_ledger_of, memo_ledger_of):
            number = make(one.numeric, one.exponent)
            # Two codes of one number and exponent would be one currency.
            assert found.setdefault(number, code) == code
            assert 0 < number < record_ledger_of(1) < 1 << 32
    assert counted_on(memo_ledger_of(702, 2)) == (Counted.MEMO, SGD)
    assert counted_on(residue_ledger_of(702, 2)) == (Counted.RESIDUE, SGD)
    assert counted_on(SGD) == (Counted.MONEY, SGD)
    assert counted_on(record_ledger_of((1 << 31) - 1)) == (Counted.CONTROL, (1 << 31) - 1)


@given(st.from_regex(r"[A-Z]{1,3}", fullmatch=True), st.integers(1, (1 << 25) - 1))
def test_an_account_number_says_its_instrument_and_its_holder(prefix: str, number: int) -> None:
    instrument = f"{prefix}-{number:06d}"
    key = account_id(Role.MARGIN, SGD, LAST_PARTY, instrument_number(instrument))
    assert place_of(key) == (Role.MARGIN, SGD, LAST_PARTY, instrument_number(instrument))
    assert instrument_of(place_of(key).cycle) == instrument
    assert describe(key).endswith(f"/participant {LAST_PARTY}/{instrument}")


@pytest.mark.parametrize(
    "text", ["LC", "LC-1", "LCXX-000001", "LC-000000", "lc-000001", "LC-0000001", "LC-99999999", "LC-000001 "]
)
def test_what_is_no_instrument_has_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="is no instrument"):
        instrument_number(text)


def test_nobody_gives_control_that_he_has_not() -> None:
    engine = books()
    exporter, importer = (account_id(Role.CONTROL, BILL, who) for who in (EXPORTER, IMPORTER))
    assert engine.create_transfers([Transfer(9, exporter, importer, 1, BILL, 16)], 3) == [Status.EXCEEDS_CREDITS]
    assert engine.create_transfers([Transfer(10, importer, exporter, 1, BILL, 16)], 4) == [Status.OK]
    assert prove(engine).faults == ()


def test_a_claim_and_a_liability_are_never_turned_round() -> None:
    for role in CLAIMS:
        assert account(role, MEMO, 1).flags == AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS
    for role in LIABILITIES | {Role.CONTROL, Role.MARGIN}:
        assert account(role, MEMO, 1).flags == AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS
    engine, lc = books(), instrument_number("LC-000007")
    claim, owed = account_id(Role.CONTINGENT_CLAIM, MEMO, IMPORTER, lc), account_id(Role.CONTINGENT_LIABILITY, MEMO, 1, lc)
    assert engine.create_transfers([Transfer(9, owed, claim, 250_01, MEMO, 19)], 3) != [Status.OK]
    assert engine.create_transfers([Transfer(10, owed, claim, 250_00, MEMO, 19)], 4) == [Status.OK]


def test_each_record_is_a_commodity_of_its_own() -> None:
    names = {commodity_of(record_ledger_of(number), NAMING).code for number in range(1, 2_000)}
    assert len(names) == 1_999 and all(name.isalpha() and name.isupper() and len(name) <= 24 for name in names)
    assert commodity_of(MEMO, NAMING) == ("SGDMEMO", 2)


@pytest.mark.parametrize("form", list(PlainText))
def test_programs_that_are_not_ours_add_up_trade_too(form: PlainText, tmp_path: Path) -> None:
    words = {
        PlainText.HLEDGER: ["hledger", "check", "--strict", "-f"],
        PlainText.LEDGER: ["ledger", "--args-only", "--pedantic", "balance", "-f"],
        PlainText.BEANCOUNT: [str(Path(sys.executable).parent / "bean-check"), "--no-cache"],
    }[form]
    out = io.StringIO()
    assert export_books(books(), out, form, NAMING) == (6, 10)
    text = out.getvalue()
    assert "Contingent-Claim:SGDMEMO:LC-000007:Party-1000001" in text and "Margin:SGD:LC-000007:Party-1" in text
    program = shutil.which(words[0])
    if program is None:
        pytest.skip(f"{words[0]} is not installed (on Debian: apt-get install {words[0]})")
    path = tmp_path / "books"
    path.write_text(text)
    done = subprocess.run([program, *words[1:], str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    # One digit less, and none of them agrees.
    path.write_text(text.replace("250.00 SGDMEMO", "250.01 SGDMEMO", 1))
    assert subprocess.run([program, *words[1:], str(path)], capture_output=True, check=False).returncode != 0

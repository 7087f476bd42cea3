"""Prices, weights and codes that hardly can be: the deed takes effect, and officers of compliance have a case with the row that it was held against."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collections_desk import CollectionDesk
from fondaco.core import Reason, Refusal
from fondaco.hub import LoadReference, prove_hub
from fondaco.trade import Deed, flag_case, reference_edition
from fondaco.trade.flag import Flag
from fondaco.trade.invoice import State as Life
from letters import AMOUNT, LetterDesk
from stories.test_invoices import InvoiceDesk, accepted, begin, invoice, refused
from titles import lading
from trades import COMPLIANCE, IMPORTER, TradeDesk, party_deed, representatives, signed
from union import HUB, SG1, Desk, agree

PRICES = "hs6,origin,destination,unit,currency,median,iqr,n,period\n"
NUTS = "080111,TH,SG,KGM,USD,2.00,0.27,120,2026Q2\n"
OTHERS = "".join(f"0801{code},,,KGM,USD,3.00,0.30,50,2026Q2\n" for code in (12, 19, 21, 22))
RATES = "currency,worth\nUSD,1.00\nSGD,0.75\n"
LINE = {
    "amount": "1250.00", "quantity": "450", "unit": "KGM", "hs": "0801.11", "description": "Desiccated coconuts", "origin": "TH", "price": "2.777778",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TradeDesk]:
    made = InvoiceDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def load(desk: Desk, kind: str, text: str, day: str = "", accepted: str = "") -> Refusal | str | None:
    return desk.do(LoadReference(kind, text.encode(), day or desk.day.isoformat(), "an operator", accepted))


def loaded(desk: Desk) -> None:
    assert load(desk, "prices", PRICES + NUTS + OTHERS) == f"prices 1: 5 rows, in force from {desk.day}"
    assert load(desk, "rates", RATES) == f"rates 2: 2 rows, in force from {desk.day}"


def sold(desk: TradeDesk, **changes: Any) -> str:
    """An invoice for one line of goods that its buyer accepted."""
    line = LINE | changes
    return accepted(desk, str(line["amount"]), goods=[line], destination="SG")


def cases(desk: TradeDesk) -> list[flag_case.FlagCase]:
    return list(desk.hub.trading.flags.all())


def rules(case: flag_case.FlagCase) -> dict[str, Flag]:
    return {one.rule: one for one in case.flags}


def close(
    desk: TradeDesk, action: str, case: str, version: int = 1, *, hands: tuple[str, ...] = COMPLIANCE, actor: str = flag_case.OFFICE, **body: Any
) -> Refusal | str | None:  # fmt: skip
    said = json.dumps(body or {"reason": "the contract names the price; both saw it"}).encode()
    return desk.perform(signed(Deed(HUB, actor, case, version, action, said), *hands))


def test_a_usual_price_is_not_worth_a_word(desk: TradeDesk) -> None:
    loaded(desk)
    one = sold(desk)
    assert invoice(desk, one).state is Life.ACCEPTED and cases(desk) == []


@pytest.mark.parametrize(
    ("changes", "rule", "found"),
    [
        ({"quantity": "100", "price": "12.50"}, "PRICE_HIGH", "9.375"),
        ({"quantity": "0.1", "unit": "TNE", "price": "12500"}, "PRICE_HIGH", "9.375"),
        ({"quantity": "2500", "price": "0.50"}, "PRICE_LOW", "0.3750"),
    ],
)
def test_a_price_far_off_is_a_case_with_its_row(desk: TradeDesk, changes: dict[str, str], rule: str, found: str) -> None:
    loaded(desk)
    inbox = len(desk.inbox)
    one = sold(desk, **changes)
    assert invoice(desk, one).state is Life.ACCEPTED, "a flag decides nothing"
    (case,) = cases(desk)
    assert (case.id, case.instrument, case.action, case.state) == ("FLG-000001", one, "APPROVED", flag_case.State.OPEN)
    flag = rules(case)[rule]
    assert (flag.found, flag.expected, flag.where) == (found, "2.00", "goods/0")
    for part in ("080111: 120 observations", "TH to SG", "2026Q2", "USD per KGM"):
        assert part in flag.text
    assert case.editions == desk.hub.trading.references.held_against() and case.editions[0][:2] == ("prices", 1)
    assert all(b"FLG-" not in one.raw for one in desk.inbox[inbox:]), "nobody whom it is about hears of it"


def test_two_officers_close_a_case_and_nobody_else(desk: TradeDesk) -> None:
    loaded(desk)
    sold(desk, quantity="100", price="")
    case = "FLG-000001"
    assert refused(close(desk, "EXPLAINED", case, hands=COMPLIANCE[:1])).reason is Reason.ROLE_NOT_HELD
    assert refused(close(desk, "EXPLAINED", case, hands=("OPERATOR", *COMPLIANCE[:1]))).reason is Reason.ROLE_NOT_HELD
    assert refused(close(desk, "EXPLAINED", case, hands=(), actor=SG1)).reason is Reason.ROLE_NOT_HELD
    assert refused(close(desk, "EXPLAINED", case, reason="  ")).where in ("body.reason", "body")
    assert refused(close(desk, "CLOSED", case)).reason is Reason.CODE_UNKNOWN
    assert refused(close(desk, "EXPLAINED", case, version=0)).reason is Reason.OUT_OF_TURN
    assert refused(close(desk, "EXPLAINED", "FLG-000009")).reason is Reason.NOT_FOUND
    assert close(desk, "REPORTED", case) == f"{case} 2"
    (done,) = cases(desk)
    assert done.state is flag_case.State.REPORTED and done.reason.startswith("the contract")
    assert refused(close(desk, "EXPLAINED", case, version=2)).reason is Reason.OUT_OF_TURN


@pytest.mark.parametrize(
    ("changes", "rule", "state"),
    [
        ({"hs": "770100"}, "HS_CHAPTER", flag_case.State.OPEN),
        ({"hs": "0815.00"}, "HS_HEADING", flag_case.State.OPEN),
        ({"net_kg": "500", "gross_kg": "450"}, "NET_ABOVE_GROSS", flag_case.State.OPEN),
        ({"price": "2.80"}, "LINE_SUM", flag_case.State.MARKED),
    ],
)
def test_what_can_hardly_be_is_seen_without_any_reference(
    desk: TradeDesk, changes: dict[str, str], rule: str, state: flag_case.State
) -> None:
    one = sold(desk, **changes)
    (case,) = cases(desk)
    assert rule in rules(case) and case.state is state and case.editions == ()
    assert invoice(desk, one).state is Life.ACCEPTED


@pytest.mark.parametrize(
    ("changes", "where", "reason"),
    [
        ({"hs": "08011"}, "goods/0/hs", Reason.MALFORMED),
        ({"hs": "coconut"}, "goods/0/hs", Reason.MALFORMED),
        ({"origin": "XX"}, "goods/0/origin", Reason.CODE_UNKNOWN),
        ({"quantity": "1e3"}, "goods/0/quantity", Reason.MALFORMED),
        ({"quantity": ""}, "goods/0/quantity", Reason.MALFORMED),
        ({"amount": "12.505"}, "goods/0/amount", Reason.DECIMALS_WRONG),
        ({"price": "NaN"}, "goods/0/price", Reason.MALFORMED),
    ],
)
def test_what_cannot_be_read_is_refused(desk: TradeDesk, changes: dict[str, str], where: str, reason: Reason) -> None:
    body = {
        "buyer": IMPORTER,
        "number": "F-7",
        "currency": "SGD",
        "payable": "1250.00",
        "issued": "2026-11-20",
        "due": "2026-12-20",
    }
    no = refused(begin(desk, "ORCHID-FOODS", "ISSUE_INVOICE", **body, sha256="ab" * 32, goods=[LINE | changes]))
    assert (no.where, no.reason) == (where, reason)
    assert list(desk.hub.trading.invoices.all()) == []


@pytest.mark.parametrize(("word", "state"), [("QUERY", "OPEN"), ("NEVER", "MARKED")])
def test_the_rulebook_says_from_when_on_it_is_a_case(tmp_path: Path, word: str, state: str) -> None:
    class Strict(InvoiceDesk):
        def __init__(self, folder: Path) -> None:
            Desk.__init__(self, folder, amend=self.amended)
            for bank, party in (("ZZBBSG02", "ORCHID-FOODS"), (SG1, IMPORTER)):
                stated = party_deed(party, name="Orchid Foods" if party == "ORCHID-FOODS" else "Tan Wei Trading")
                assert self.perform(signed(Deed(HUB, bank, "", 0, stated.action, stated.body))) == f"{party} ACTIVE"

        @staticmethod
        def amended(home: Path) -> None:
            representatives(home)
            path = home / "union.toml"
            article = f'\n[[articles]]\nnumber = "17.5"\nkey = "flags_open_case"\nvalue = "{word}"\nvalid_from = 2026-01-01\nsource = "a test"\n'
            path.write_text(path.read_text() + article)

    desk = Strict(tmp_path / "hub")
    sold(desk, price="2.80")
    sold_again = accepted(desk, number="F-8", goods=[LINE | {"hs": "770100"}])
    assert invoice(desk, sold_again).state is Life.ACCEPTED
    assert [one.state.name for one in cases(desk)] == [state, state]
    desk.close()


def test_a_file_is_taken_whole_or_not_at_all(desk: TradeDesk) -> None:
    loaded(desk)
    for kind, text, told in (
        ("prices", PRICES + NUTS.replace("2.00", "two"), "line 2"),
        ("prices", PRICES, "no rows"),
        ("prices", PRICES + NUTS, "quarantined: 1 rows, where 5 are in force"),
        ("prices", PRICES + NUTS.replace("2.00", "2000.00") + OTHERS, "080111 TH SG KGM USD: 2000.00, where 2.00 is in force"),
        ("rates", RATES.replace("0.75", "7500"), "SGD: 7500, where 0.75"),
        ("rates", RATES + "XXQ,1\n", "line 4"),
        ("harmonised", "code,words\n", "columns hscode"),
        ("places", ",SG\n", "of at least 8"),
        ("weather", "a,b\n", "is none of"),
    ):
        no = refused(load(desk, kind, text))
        assert told in no.found and no.article == "17.8", no.found
    assert "not UTF-8" in refused(desk.do(LoadReference("prices", b"\xff", desk.day.isoformat(), "x"))).found
    for day in ((desk.day - timedelta(days=1)).isoformat(), "tomorrow", ""):
        assert refused(desk.do(LoadReference("rates", RATES.encode(), day, "x"))).where == "first_day"
    assert len(desk.hub.trading.references.editions) == 2
    taken = load(desk, "prices", PRICES + NUTS, accepted="one corridor alone is kept from now on")
    assert taken == f"prices 3: 1 rows, in force from {desk.day}"
    assert desk.hub.trading.references.editions[-1].accepted.startswith("one corridor")


def test_an_edition_is_in_force_from_its_day_also_after_a_restart(tmp_path: Path) -> None:
    desk: TradeDesk = InvoiceDesk(tmp_path / "hub")
    loaded(desk)
    tomorrow = (desk.day + timedelta(days=1)).isoformat()
    assert isinstance(load(desk, "prices", PRICES + NUTS.replace("2.00", "9.00") + OTHERS, tomorrow), str)
    desk = desk.again()
    references = desk.hub.trading.references
    assert [one.number for one in references.editions] == [1, 2, 3]
    assert reference_edition.in_force(references.editions, "prices", tomorrow) == references.editions[2]
    sold(desk, quantity="100", price="")
    assert rules(cases(desk)[0])["PRICE_HIGH"].expected == "2.00", "today has its own"
    desk.close()


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[LetterDesk]:
    made = LetterDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def heavy(document: dict[str, Any]) -> None:
    document["consignmentItems"][0]["cargoItems"][0]["cargoGrossWeight"] = {"value": 40000.0, "unit": "KGM"}


def unknown_code(document: dict[str, Any]) -> None:
    document["consignmentItems"][0]["HSCodes"] = ["770100"]


def wrong_digit(document: dict[str, Any]) -> None:
    document["utilizedTransportEquipments"][0]["equipment"]["equipmentReference"] = "NARU3472485"


def no_such_place(document: dict[str, Any]) -> None:
    document["transports"]["portOfLoading"] = {"UNLocationCode": "ZZJKT"}


@pytest.mark.parametrize(
    ("change", "rule", "state"),
    [(heavy, "CONTAINER_OVERWEIGHT", "OPEN"), (unknown_code, "HS_CHAPTER", "OPEN"), (wrong_digit, "CONTAINER_CODE", "MARKED"), (no_such_place, "PLACE_CODE", "MARKED")],
)  # fmt: skip
def test_documents_that_are_presented_or_lodged_are_looked_at(
    letters: LetterDesk, change: Callable[[dict[str, Any]], None], rule: str, state: str
) -> None:
    document = lading("SLT0001")
    change(document)
    bill = letters.issue(**document)
    credit = letters.issued()
    letters.offered(bill, credit)
    letters.done("SOMCHAI-FOODS", "PRESENTED", credit, bank=SG1, currency="THB", amount=AMOUNT, records=[bill])
    (case,) = cases(letters)
    flag = rules(case)[rule]
    assert flag.where.startswith(f"{bill}/") and case.state.name == state
    assert (case.instrument, case.action) == (credit, "PRESENTED")


def test_documents_for_collection_are_looked_at_when_they_are_lodged(tmp_path: Path) -> None:
    desk = CollectionDesk(tmp_path / "hub")
    document = lading("SLT0001")
    heavy(document)
    bill = desk.issue(**document)
    number = desk.instruct("1000.00", bill)
    (case,) = cases(desk)
    assert (case.instrument, case.action, case.state.name) == (number, "INSTRUCTED", "OPEN")
    assert rules(case)["CONTAINER_OVERWEIGHT"].found.startswith("40000")
    desk.close()


def test_an_unlisted_port_is_seen_once_the_code_list_is_loaded(letters: LetterDesk) -> None:
    places = ",ID,JKT,Jakarta,Jakarta,,AI,1-------,0001,,,\n"
    assert load(letters, "places", places) == f"places 1: 1 rows, in force from {letters.day}"
    bill = letters.issue()
    credit = letters.issued()
    letters.offered(bill, credit)
    letters.done("SOMCHAI-FOODS", "PRESENTED", credit, bank=SG1, currency="THB", amount=AMOUNT, records=[bill])
    (case,) = cases(letters)
    assert [(one.rule, one.found) for one in case.flags] == [("PLACE_CODE", "KRPUS")]

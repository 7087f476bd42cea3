"""A credit that came as SWIFT MT 700 is examined as its JSON is, as far as a message holds its terms."""

from __future__ import annotations

import pytest

from fondaco.trade import credit_message, mt
from fondaco.trade.examination import BankingDays, Terms, examine_on, read_presentation, read_terms
from trade.presented import FOLDER

SAME = (
    "number", "issued", "expiry", "currency", "amount", "plus", "minus", "available_by", "partial_shipments", "transhipment", "latest_shipment",
    "presentation_days", "incoterm", "confirmation", "rules", "transferable",
)  # fmt: skip


def terms_of_example() -> Terms:
    message = mt.read((FOLDER / "credit.mt700").read_bytes(), "700")
    terms = credit_message.terms_of(mt.credit_terms(message), "EXKLMYK1").terms
    assert terms is not None
    return terms


def test_the_message_and_the_json_are_one_credit() -> None:
    terms, other = terms_of_example(), read_terms((FOLDER / "credit.json").read_bytes())
    assert {name: getattr(terms, name) for name in SAME} == {name: getattr(other, name) for name in SAME}
    assert [(one.kind, one.form, one.full_set, one.uncompiled) for one in terms.documents] == [
        ("INVOICE", "", False, ()), ("TRANSPORT", "BILL_OF_LADING", True, ()), ("INSURANCE", "", False, ()), ("ORIGIN", "", False, ()),
        ("PACKING_LIST", "", False, ()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "told"),
    [("clean", []), ("discrepant", ["UCP600.14d/weight", "UCP600.27", "UCP600.28e", "UCP600.28f.ii", "CREDIT.47A"])],
)
def test_presentations_are_examined_against_the_message(name: str, told: list[str]) -> None:
    made = read_presentation((FOLDER / f"{name}.json").read_bytes())
    report = examine_on(terms_of_example(), made, BankingDays())
    assert [one.rule for one in report.of("DISCREPANCY")] == told
    assert report.of("QUERY") == ()

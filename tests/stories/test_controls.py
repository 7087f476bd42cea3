"""What central banks ask of a corridor, and what FATF asks of every payment: a yes or a no with the article."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.core import Reason, lei_with_check_digits
from fondaco.payments import Payment, State
from union import MY1, SG1, SG2, TH1, TH2, Desk

RULES = """
[[corridors]]
origin = "SG"
target = "TH"
purposes_allowed = ["GDDS", "EDUC", "GIFT"]
documents_required = ["GDDS"]
article = "3.3"

[[corridors.limits]]
name = "gifts"
amount = "1000.00"
currency = "SGD"
period = "month"
purposes = ["GIFT"]
article = "3.6"
"""
DOCUMENT = "<RmtInf><Strd><RfrdDocInf><Nb>K-4711</Nb></RfrdDocInf></Strd></RmtInf>"


def amend(union: Path) -> None:
    path = union / "union.toml"
    path.write_text(path.read_text() + RULES)
    currencies = union / "currencies.toml"
    currencies.write_text(
        currencies.read_text().replace('ceiling = "12000000"', 'ceiling = "12000000"\nfull_data_from = "1500.00"')
    )


@pytest.fixture
def strict(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "strict", amend=amend)


def no(payment: Payment) -> tuple[Reason, str, str]:
    assert payment.state is State.REJECTED and payment.refusal is not None
    return payment.refusal.reason, payment.refusal.article, payment.refusal.code


def test_a_corridor_allows_its_purposes_and_no_others(strict: Desk) -> None:
    desk = strict
    books = desk.books()
    assert no(desk.pay(SG1, TH1, "10.00", "SGD", purpose="SALA")) == (Reason.PURPOSE_BARRED, "3.3", "RR04")
    assert desk.books() == books
    assert desk.pay(SG1, TH1, "10.00", "SGD", purpose="EDUC").state is State.OFFERED
    assert desk.pay(TH1, SG1, "10.00", "THB", purpose="SALA").state is State.OFFERED, "the other direction has no such rule"


def test_a_purpose_that_needs_a_document_is_refused_without_its_number(strict: Desk) -> None:
    refused = strict.pay(SG1, TH1, "10.00", "SGD", purpose="GDDS")
    assert no(refused)[0] is Reason.PURPOSE_BARRED and "customs or trade document" in str(refused.refusal)
    assert strict.pay(SG1, TH1, "10.00", "SGD", purpose="GDDS", extra=DOCUMENT).state is State.OFFERED


def test_a_customers_limit_counts_its_own_payments_of_the_period_alone(strict: Desk) -> None:
    desk = strict

    def gift(amount: str, account: str = "1", bank: str = TH1) -> Payment:
        own = f"<DbtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></DbtrAcct>"
        return desk.pay(SG1, bank, amount, "SGD", purpose="GIFT", debtor_account=own)

    first = gift("600.00")
    assert first.state is State.OFFERED
    over = gift("400.01", bank=TH2)
    assert no(over) == (Reason.CUSTOMER_LIMIT, "3.6", "AM14") and "400.00 SGD left this month" in str(over.refusal)
    assert gift("400.00", bank=TH2).state is State.OFFERED
    assert gift("900.00", account="2").state is State.OFFERED, "another customer"
    assert no(gift("0.01"))[0] is Reason.CUSTOMER_LIMIT
    desk.answer(first, "RJCT", "AC04")
    assert desk.see(first).state is State.REJECTED
    assert gift("600.00").state is State.OFFERED, "what did not settle does not count"
    keys = list(desk.hub.desk.used)
    assert all("1234" not in key and "Tan" not in key for key in keys) and len(keys) == 2


def test_a_legal_entity_is_one_customer_whatever_account_and_bank_it_pays_from(strict: Desk) -> None:
    desk, lei = strict, lei_with_check_digits("FNDC00ZZCUSTOM0001")

    def gift(amount: str, account: str, bank: str = SG1, entity: str = lei) -> Payment:
        own = f"<DbtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></DbtrAcct>"
        told = f"<Id><OrgId><LEI>{entity}</LEI></OrgId></Id>" if entity else "<PstlAdr><AdrLine>1 Long Street</AdrLine></PstlAdr>"
        return desk.pay(bank, TH1, amount, "SGD", purpose="GIFT", debtor_account=own, debtor_data=told)

    first = gift("600.00", "1")
    assert first.state is State.OFFERED
    for account, bank, entity in (("2", SG1, lei), ("1", SG2, lei), ("1", SG1, "")):
        assert no(gift("400.01", account, bank, entity))[0] is Reason.CUSTOMER_LIMIT, (
            "another account, another bank, or its LEI left out"
        )
    assert gift("400.00", "9", SG2).state is State.OFFERED
    assert gift("900.00", "3", entity="").state is State.OFFERED, "another customer"
    desk.answer(first, "RJCT", "AC04")
    assert gift("600.00", "2").state is State.OFFERED, "what did not settle counts for neither its account nor its entity"
    assert all(lei not in key for key in desk.hub.desk.used)


def test_counts_outlive_a_restart(strict: Desk) -> None:
    assert strict.pay(SG1, TH1, "600.00", "SGD", purpose="GIFT").state is State.OFFERED
    desk = strict.again()
    assert no(desk.pay(SG1, TH1, "600.00", "SGD", purpose="GIFT"))[0] is Reason.CUSTOMER_LIMIT
    desk.close()


@pytest.mark.parametrize(
    ("more", "code", "place"),
    [
        ({"debtor": ""}, "RR02", "CdtTrfTxInf/Dbtr/Nm"),
        ({"debtor_account": ""}, "RR01", "CdtTrfTxInf/DbtrAcct"),
        ({"debtor_data": ""}, "RR02", "CdtTrfTxInf/Dbtr/PstlAdr"),
        ({"debtor_data": "<PstlAdr><Ctry>SG</Ctry></PstlAdr>"}, "RR02", "CdtTrfTxInf/Dbtr/PstlAdr"),
    ],
)
def test_what_must_be_known_of_the_originator_is_asked_for(desk: Desk, more: dict[str, str], code: str, place: str) -> None:
    books = desk.books()
    payment = desk.pay(SG1, TH1, "10.00", "SGD", **more)
    assert payment.refusal is not None
    assert (payment.refusal.reason, payment.refusal.code, payment.refusal.where) == (Reason.DATA_INCOMPLETE, code, place)
    assert payment.refusal.article == "3.7" and desk.books() == books
    assert f"RJCT {code}" in desk.told(SG1)


@pytest.mark.parametrize(
    "data",
    [
        "<PstlAdr><AdrLine>1 Long Street</AdrLine></PstlAdr>",
        "<Id><PrvtId><DtAndPlcOfBirth><BirthDt>1980-01-01</BirthDt><CityOfBirth>X</CityOfBirth><CtryOfBirth>SG</CtryOfBirth></DtAndPlcOfBirth></PrvtId></Id>",
        "<Id><PrvtId><Othr><Id>S1234567D</Id></Othr></PrvtId></Id>",
        "<Id><OrgId><Othr><Id>UEN-1</Id></Othr></OrgId></Id>",
    ],
)
def test_an_address_an_identification_or_a_birth_is_enough(desk: Desk, data: str) -> None:
    assert desk.pay(SG1, TH1, "10.00", "SGD", debtor_data=data).state is State.OFFERED


def test_below_the_amount_of_its_union_name_and_account_are_enough(strict: Desk) -> None:
    assert strict.pay(SG1, TH1, "1499.99", "SGD", purpose="EDUC", debtor_data="").state is State.OFFERED
    assert no(strict.pay(SG1, TH1, "1500.00", "SGD", purpose="EDUC", debtor_data=""))[0] is Reason.DATA_INCOMPLETE


def test_a_retail_purpose_has_its_ceiling_and_its_limit_over_all_corridors(desk: Desk) -> None:
    above = desk.pay(SG1, TH1, "6500.01", "SGD", purpose="MP2P")
    assert above.refusal is not None and (above.refusal.reason, above.refusal.article) == (Reason.ABOVE_CEILING, "3.8")
    assert desk.pay(SG1, TH1, "6500.00", "SGD", purpose="MP2P").state is State.OFFERED
    assert desk.pay(SG1, MY1, "6500.00", "SGD", purpose="MP2P").state is State.OFFERED
    third = desk.pay(SG1, TH1, "0.01", "SGD", purpose="MP2P")
    assert third.refusal is not None and (third.refusal.reason, third.refusal.article) == (Reason.CUSTOMER_LIMIT, "3.8")
    other = desk.pay(
        SG1, TH1, "100.00", "SGD", purpose="MP2P", debtor_account="<DbtrAcct><Id><Othr><Id>777</Id></Othr></Id></DbtrAcct>"
    )
    assert other.state is State.OFFERED, "another customer has its own"
    assert desk.pay(SG1, TH1, "9000.00", "SGD", purpose="GDDS").state is State.OFFERED, "trade has none"

"""A shop in another country: its bank makes a code, a customer scans it, and shop and customer hear that it is paid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.core import Instant, Reason, utc_text
from fondaco.hub import Arrive, CloseCycle
from fondaco.messages import read_qr, write_qr
from fondaco.payments import Payment, State
from fondaco.simulation import demo_key
from fondaco.simulation.bank import Answer, SmallBank
from union import HUB, SG1, TH1, Desk, at_rest

UNION = "straits"


class Street:
    """A desk with a customer's bank and a shop's bank that are more than the world's."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        self.banks = {SG1: SmallBank(demo_key("customer's bank")), TH1: SmallBank(demo_key("shop's bank"))}
        for bic, bank in self.banks.items():
            bank.answer({"do": "hello", "bic": bic, "hub": HUB, "day": "2026-11-24", "challenge": ""})

    def code(self, amount: str = "120.00", seconds: int = 600, reference: str = "INV-7") -> str:
        asked = {"do": "issue", "union": UNION, "currency": "THB", "country": "TH"}
        if amount:
            asked |= {"amount": amount, "reference": reference, "expires": Instant(self.desk.now + seconds * 10**9)}  # type: ignore[dict-item]
        return str(self.banks[TH1].answer(asked)["code"])

    def scan(self, code: str, amount: str = "") -> tuple[Answer, Payment | None]:
        """The customer's bank pays the code with the best quote; both banks hear what the hub says."""
        quote = next(q for q in self.desk.hub.desk.quotes.state() if (q.source, q.target) == ("SGD", "THB"))
        rate = format(quote.rate_for(1), "f")
        said = self.banks[SG1].answer({
            "do": "scan", "code": code, "union": UNION, "amount": amount, "now": self.desk.now, "at": utc_text(self.desk.now),
            "country": "SG", "quote": (quote.quote_id, rate, "SGD"),
        })  # fmt: skip
        for raw in said["messages"]:
            self.desk.send(raw.encode(), SG1)
        self.talk()
        return said, self.desk.hub.by_uetr(said["uetr"]) if "uetr" in said else None

    def talk(self) -> None:
        for _ in range(4):
            mail, self.desk.inbox = self.desk.inbox, []
            for one in mail:
                if one.recipient in self.banks:
                    asked = {"do": "deliver", "message": one.raw.decode(), "at": utc_text(self.desk.now)}
                    for raw in self.banks[one.recipient].answer(asked)["messages"]:
                        self.desk.do(Arrive(one.recipient, raw.encode()))


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    made = Street(tmp_path / "hub")
    yield made
    made.desk.close()


@pytest.mark.parametrize("amount", ["120.00", "0.25", "1.00", "65999.99"])
def test_from_scan_to_confirmed_payment_the_shop_gets_its_price_to_the_satang(street: Street, amount: str) -> None:
    before = street.desk.balance(TH1, "THB")
    said, payment = street.scan(street.code(amount))
    assert payment is not None and payment.state is State.SETTLED
    minor = int(amount.replace(".", ""))
    assert payment.target_minor == minor and street.desk.balance(TH1, "THB") - before == minor
    assert payment.locked is not None and payment.locked.residue_nano >= 0, "what the last cent bought beyond it is booked"
    assert payment.fee_article == "3.8", "the tariff of shops"
    for bank in street.banks.values():
        assert bank.answer({"do": "status", "uetr": said["uetr"]})["status"].startswith("ACSC"), "both hear of it"
    at_rest_of_urgent(street.desk)


def at_rest_of_urgent(desk: Desk) -> None:
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    at_rest(desk)


def test_a_sticker_takes_what_the_customer_says(street: Street) -> None:
    _, payment = street.scan(street.code(""), "45.50")
    assert payment is not None and payment.state is State.SETTLED and payment.target_minor == 4550
    said, none = street.scan(street.code(""))
    assert none is None and "refused" in said, "nobody said how much"
    said, none = street.scan(street.code("10.00"), "11.00")
    assert (none is None and "AM09" in said["refused"]) or "amount" in said["refused"]


def tampered(code: str, old: str, new: str) -> str:
    """The code with another text of the same length, and a checksum that is right again."""
    read = read_qr(code, UNION)
    assert any(old in value for _, value in read.objects) and len(old) == len(new)
    objects = tuple((place, value.replace(old, new)) for place, value in read.objects)
    return write_qr(type(read)(objects, UNION))


@pytest.mark.parametrize(("old", "new"), [("120.00", "020.00"), ("INV-7", "INV-8"), ("Contoh Trading", "Contoh Trbding")])
def test_a_code_that_was_tampered_with_is_refused_by_the_bank_that_made_it(street: Street, old: str, new: str) -> None:
    books = street.desk.books()
    _, payment = street.scan(tampered(street.code("120.00"), old, new))
    assert payment is not None and payment.state is State.REJECTED
    assert (
        payment.refusal is not None and payment.refusal.reason is Reason.CREDITOR_AGENT_REFUSED and payment.refusal.code == "DS0H"
    )
    net = [(key, balance[1] - balance[0]) for key, balance in street.desk.books()]
    assert [pair for pair in net if pair not in [(key, b[1] - b[0]) for key, b in books]] == [], "nothing moved"


def test_an_expired_code_is_refused_by_the_customers_bank_and_by_the_shops(street: Street) -> None:
    code = street.code("120.00", seconds=60)
    street.desk.wait(61)
    street.desk.quotes()
    said, none = street.scan(code)
    assert none is None and "expired" in said["refused"]
    late = street.code("120.00", seconds=2)
    _, payment = street.scan(late)  # it runs out on the way: the offer reaches the shop's bank a second too late
    assert payment is not None and payment.state is State.SETTLED
    very_late = street.code("120.00", seconds=1)
    _, payment = street.scan(very_late)
    assert payment is not None and payment.refusal is not None and payment.refusal.code == "TM01"


def test_an_amount_that_is_not_what_the_quote_buys_is_refused(street: Street) -> None:
    code = street.code("120.00")
    quote = next(q for q in street.desk.hub.desk.quotes.state() if (q.source, q.target) == ("SGD", "THB"))
    said = street.banks[SG1].answer({
        "do": "scan", "code": code, "union": UNION, "now": street.desk.now, "at": utc_text(street.desk.now), "country": "SG",
        "quote": (quote.quote_id, "20", "SGD"),
    })  # fmt: skip
    street.desk.send(said["messages"][0].encode(), SG1)
    payment = street.desk.hub.by_uetr(said["uetr"])
    assert payment is not None and payment.refusal is not None and payment.refusal.reason is Reason.QUOTE_DIFFERS


def test_a_price_above_what_shops_may_take_is_refused_by_the_unions_article(street: Street) -> None:
    street.scan(street.code("990000.00"))
    payment = street.desk.hub.payment(street.desk.hub.desk.counters.payment - 1)
    assert payment is not None and payment.refusal is not None
    assert (payment.refusal.reason, payment.refusal.article) == (Reason.ABOVE_CEILING, "3.8")

"""The life of an invoice, an order and a contract, deed by deed; and over any deeds, obligations add up to nothing."""

from __future__ import annotations

import json
import random
from collections import Counter

import msgspec
import pytest

from fondaco.clearing import excluded_because, set_off
from fondaco.core import Instant, Reason, Refusal
from fondaco.trade import (
    CONTRACT,
    INVOICE,
    ORDER,
    Contract,
    Decided,
    Deed,
    Holding,
    Kind,
    TradeInvoice,
    TradeOrder,
    answer_of,
    credit_of,
    issue_of,
    obligations_for_set_off,
    read_document,
    write_document,
)
from fondaco.trade import contract as contracts
from fondaco.trade import invoice as invoices
from fondaco.trade import order as orders
from fondaco.trade.documents import CreditNote, InvoiceResponse, Reference, Totals
from fondaco.trade.documents import Why as Reasoned
from sale_papers import invoice as paper

SELLER, BUYER, BANK = "REMPAH-ID", "MARINA-SG", "ZZBASG01"
NOW = Instant(1)
HUB = "FNDCSG00"
SHA = "ab" * 32
U = [f"11111111-1111-4111-8111-11111111111{one}" for one in range(10)]


def deed(actor: str, action: str, on: TradeInvoice | TradeOrder | Contract | None = None, /, **body: object) -> Deed:
    number, version = ("", 0) if on is None else (on.id, on.version)
    return Deed(HUB, actor, number, version, action, json.dumps(body).encode())


def decided(found: Decided[TradeInvoice] | Refusal) -> TradeInvoice:
    assert isinstance(found, Decided), found
    return found.instrument


def refusal(found: object) -> Refusal:
    assert isinstance(found, Refusal), found
    return found


ISSUE = {
    "buyer": BUYER, "number": "INV-7", "currency": "SGD", "payable": "5280.00", "issued": "2026-11-20", "due": "2026-12-20", "sha256": SHA,
}  # fmt: skip


def issued(**more: object) -> TradeInvoice:
    return decided(invoices.decide(None, deed(SELLER, "ISSUE_INVOICE", **(ISSUE | more)), NOW, number="INV-000001"))


def after(invoice: TradeInvoice, *events: str) -> TradeInvoice:
    for event in events:
        actor = BUYER if invoices.Event[event] in invoices.ANSWERS.values() or event.startswith("DISPUTE") else SELLER
        body = {"reason": "since"} if event in ("QUERIED", "CONDITION_MADE", "REFUSED", "DISPUTE_RAISED") else {}
        invoice = decided(invoices.decide(invoice, deed(actor, event, invoice, **body), NOW))
    return invoice


def test_acceptance_makes_an_obligation_and_payment_ends_it() -> None:
    invoice = after(issued(), "RECEIVED", "IN_PROCESS")
    accepted = invoices.decide(invoice, deed(BUYER, "APPROVED", invoice), NOW)
    assert isinstance(accepted, Decided)
    claim, liability = (
        Holding(Kind.OBLIGATION_CLAIM, SELLER, "INV-000001"),
        Holding(Kind.OBLIGATION_LIABILITY, BUYER, "INV-000001"),
    )
    assert accepted.entries == ((claim, liability, "SGD", 528_000),)
    assert [one.recipient for one in accepted.tells] == [SELLER] and json.loads(accepted.tells[0].body)["event"] == "AP"
    part = invoices.paid(accepted.instrument, U[0], "SGD", 1)
    assert isinstance(part, Decided) and part.entries == ((liability, claim, "SGD", 1),)
    assert part.instrument.state.name == "PARTLY_PAID" and part.instrument.open_minor == 527_999
    whole = invoices.paid(part.instrument, U[1], "SGD", 527_999)
    assert isinstance(whole, Decided) and whole.entries == ((liability, claim, "SGD", 527_999),)
    assert whole.instrument.state.name == "PAID" and whole.instrument.payments == ((U[0], 1), (U[1], 527_999))


def test_a_payment_is_counted_once_and_never_for_more_than_is_owed() -> None:
    invoice = decided(invoices.paid(after(issued(), "APPROVED"), U[0], "SGD", 100))
    assert refusal(invoices.paid(invoice, U[0], "SGD", 100)).reason is Reason.DUPLICATE_UETR
    assert refusal(invoices.paid(invoice, U[1], "SGD", 527_901)).reason is Reason.AMOUNT_DIFFERS
    assert refusal(invoices.paid(invoice, U[1], "USD", 1)).reason is Reason.AMOUNT_DIFFERS
    assert refusal(invoices.paid(invoice, U[1], "SGD", 0)).reason is Reason.AMOUNT_NOT_POSITIVE
    assert refusal(invoices.paid(invoice, "a-b", "SGD", 1)).reason is Reason.UETR_WRONG
    assert refusal(invoices.paid(issued(), U[1], "SGD", 1)).reason is Reason.OUT_OF_TURN, "a part of what nobody accepted"
    assert decided(invoices.paid(issued(), U[1], "SGD", 528_000)).state.name == "PAID"


def test_every_code_of_the_response_has_its_step() -> None:
    assert {code: after(issued(), event.name).state.name for code, event in invoices.ANSWERS.items() if code != "PD"} == {
        "AB": "DELIVERED", "IP": "DELIVERED", "UQ": "UNDER_QUERY", "CA": "CONDITIONALLY_ACCEPTED", "RE": "REJECTED", "AP": "ACCEPTED",
    }  # fmt: skip
    announced = after(issued(), "APPROVED", "PAYMENT_ANNOUNCED")
    assert announced.state.name == "SCHEDULED" and announced.open_minor == 528_000, "to say that one paid is not to pay"


@pytest.mark.parametrize(
    ("reason", "more"),
    [
        (Reason.CODE_UNKNOWN, {"currency": "XXQ"}),
        (Reason.DECIMALS_WRONG, {"payable": "5280.001"}),
        (Reason.AMOUNT_NOT_POSITIVE, {"payable": "0.00"}),
        (Reason.MALFORMED, {"payable": "-1"}),
        (Reason.MALFORMED, {"due": "2026-11-19"}),
        (Reason.MALFORMED, {"due": "20261220"}),
        (Reason.MALFORMED, {"sha256": "AB" * 32}),
        (Reason.MALFORMED, {"postcard": 1}),
        (Reason.ELEMENT_MISSING, {"number": " "}),
        (Reason.IDENTIFIER_WRONG, {"buyer": SELLER}),
        (Reason.IDENTIFIER_WRONG, {"buyer": "no such"}),
    ],
)
def test_an_invoice_that_says_nonsense_is_refused(reason: Reason, more: dict[str, object]) -> None:
    assert (
        refusal(invoices.decide(None, deed(SELLER, "ISSUE_INVOICE", **(ISSUE | more)), NOW, number="INV-000001")).reason is reason
    )


def test_a_sellers_number_is_good_once() -> None:
    found = invoices.decide(None, deed(SELLER, "ISSUE_INVOICE", **ISSUE), NOW, number="INV-000002", taken={(SELLER, "INV-7")})
    assert refusal(found).reason is Reason.DUPLICATE_MESSAGE
    assert issued(number="INV-8") and decided(
        invoices.decide(None, deed(SELLER, "ISSUE_INVOICE", **ISSUE), NOW, number="INV-000002", taken={("OTHER", "INV-7")})
    )


def test_deeds_of_others_and_of_other_versions_are_refused() -> None:
    invoice = issued()
    assert refusal(invoices.decide(invoice, deed(SELLER, "APPROVED", invoice), NOW)).reason is Reason.ROLE_NOT_HELD
    assert (
        refusal(invoices.decide(invoice, deed(BUYER, "CREDIT", invoice, number="C", amount="1.00"), NOW)).reason
        is Reason.ROLE_NOT_HELD
    )
    again = deed(BUYER, "RECEIVED", invoice)
    assert refusal(invoices.decide(after(invoice, "RECEIVED"), again, NOW)).reason is Reason.OUT_OF_TURN
    assert refusal(invoices.decide(invoice, deed(BUYER, "REFUSED", invoice, reason=" "), NOW)).reason is Reason.ELEMENT_MISSING
    assert refusal(invoices.decide(invoice, deed(BUYER, "PAID_IN_FULL", invoice), NOW)).reason is Reason.CODE_UNKNOWN
    assert refusal(invoices.decide(invoice, deed(BUYER, "DUE_DAY_PASSED", invoice), NOW)).reason is Reason.CODE_UNKNOWN
    rejected = after(invoice, "REFUSED")
    assert refusal(invoices.decide(rejected, deed(BUYER, "APPROVED", rejected), NOW)).reason is Reason.OUT_OF_TURN


def test_an_invoice_is_overdue_when_its_day_is_over_and_can_still_be_paid() -> None:
    invoice = after(issued(), "APPROVED")
    assert invoices.on_day(invoice, "2026-12-20") is None and invoices.on_day(issued(), "2027-01-01") is None
    late = invoices.on_day(invoice, "2026-12-21")
    assert late is not None and late.instrument.state.name == "OVERDUE" and late.entries == ()
    assert invoices.on_day(late.instrument, "2026-12-22") is None
    assert decided(invoices.paid(late.instrument, U[0], "SGD", 1)).state.name == "OVERDUE"
    assert decided(invoices.paid(late.instrument, U[0], "SGD", 528_000)).state.name == "PAID"


def test_credit_notes_take_away_what_is_owed_and_no_more() -> None:
    invoice = after(issued(), "APPROVED")
    part = decided(invoices.decide(invoice, deed(SELLER, "CREDIT", invoice, number="C-1", amount="280.00"), NOW))
    assert part.state.name == "ACCEPTED" and part.open_minor == 500_000
    assert (
        refusal(invoices.decide(part, deed(SELLER, "CREDIT", part, number="C-1", amount="1.00"), NOW)).reason
        is Reason.DUPLICATE_MESSAGE
    )
    assert (
        refusal(invoices.decide(part, deed(SELLER, "CREDIT", part, number="C-2", amount="5000.01"), NOW)).reason
        is Reason.AMOUNT_DIFFERS
    )
    assert (
        decided(invoices.decide(part, deed(SELLER, "CREDIT", part, number="C-2", amount="5000.00"), NOW)).state.name == "CREDITED"
    )


def test_a_claim_has_one_right_of_others_at_a_time_and_takes_no_part_in_set_off() -> None:
    invoice = after(issued(), "APPROVED")
    for who in (BUYER, SELLER):
        invoice = decided(invoices.decide(invoice, deed(who, "OPT_IN", invoice), NOW))
    (claim,) = obligations_for_set_off([invoice, issued()])
    assert excluded_because(claim) == "" and claim.minor == 528_000 and set_off([claim])[0].cleared == 0
    financed = decided(invoices.decide(invoice, deed(SELLER, "ENCUMBER", invoice, kind="financed", to=BANK), NOW))
    assert obligations_for_set_off([financed]) == [] and invoices.excluded(financed) == "it is financed"
    assert (
        refusal(invoices.decide(financed, deed(SELLER, "ENCUMBER", financed, kind="pledged", to="OTHER-BANK"), NOW)).reason
        is Reason.OUT_OF_TURN
    )
    assert refusal(invoices.decide(financed, deed(SELLER, "RELEASE", financed), NOW)).reason is Reason.ROLE_NOT_HELD
    assert refusal(invoices.set_off(financed, "R1", 1)).reason is Reason.OUT_OF_TURN
    # Who has the right in the claim is who can say that the money came.
    paper = {"reference": "S-1", "amount": "5280.00"}
    assert refusal(invoices.decide(financed, deed(SELLER, "RECEIPT", financed, **paper), NOW)).reason is Reason.ROLE_NOT_HELD
    assert decided(invoices.decide(financed, deed(BANK, "RECEIPT", financed, **paper), NOW)).state.name == "PAID"
    free = decided(invoices.decide(financed, deed(BANK, "RELEASE", financed), NOW))
    assert decided(invoices.set_off(free, "R1", 528_000)).state.name == "SET_OFF"
    disputed = after(free, "DISPUTE_RAISED")
    assert obligations_for_set_off([disputed]) == [] and after(disputed, "DISPUTE_SETTLED").state.name == "ACCEPTED"
    under_credit = decided(
        invoices.decide(None, deed(SELLER, "ISSUE_INVOICE", **ISSUE, letter_of_credit="LC-000001"), NOW, number="INV-000003")
    )
    assert invoices.excluded(after(under_credit, "APPROVED")) == "it is paid under a letter of credit"


def test_three_invoices_in_a_circle_are_set_off() -> None:
    found = []
    for number, (seller, buyer) in enumerate([("AAA", "BBB"), ("BBB", "CCC"), ("CCC", "AAA")]):
        made = decided(
            invoices.decide(
                None,
                deed(seller, "ISSUE_INVOICE", **(ISSUE | {"buyer": buyer, "payable": f"{number + 1}.00"})),
                NOW,
                number=f"INV-{number}",
            )
        )
        for who, action in ((buyer, "APPROVED"), (buyer, "OPT_IN"), (seller, "OPT_IN")):
            made = decided(invoices.decide(made, deed(who, action, made), NOW))
        found.append(made)
    (circle,) = set_off(obligations_for_set_off(found))
    assert circle.cleared == 300
    after_it = [decided(invoices.set_off(one, "R1", row.cleared)) for one, row in zip(found, circle.claims, strict=True)]
    assert [(one.state.name, one.open_minor) for one in after_it] == [("SET_OFF", 0), ("PARTLY_PAID", 100), ("PARTLY_PAID", 200)]


@pytest.mark.parametrize("seed", range(8))
def test_over_any_deeds_obligations_add_up_and_stand_for_what_is_open(seed: int) -> None:
    lot = random.Random(seed)
    books: Counter[Holding] = Counter()
    held: dict[str, TradeInvoice] = {}
    numbers: set[tuple[str, str]] = set()
    parties = [SELLER, BUYER, BANK, "OTHER-SG"]
    actions = [*invoices.Event.__members__, "CREDIT", "RECEIPT", "ENCUMBER", "RELEASE", "OPT_IN", "OPT_OUT", "POSTCARD"]
    taken_steps = 0
    for step in range(3_000):
        if not held or lot.random() < 0.1:
            body = ISSUE | {
                "buyer": lot.choice(parties),
                "number": f"N{lot.randrange(400)}",
                "payable": f"{lot.randrange(4)}.{lot.randrange(100):02d}",
            }
            number = f"INV-{step:06d}"
            found = invoices.decide(None, deed(lot.choice(parties), "ISSUE_INVOICE", **body), NOW, number=number, taken=numbers)
            if isinstance(found, Decided):
                assert (found.instrument.seller, found.instrument.number) not in numbers and found.entries == ()
                numbers.add((found.instrument.seller, found.instrument.number))
                held[number] = found.instrument
            continue
        living = [one for one in held.values() if one.state not in INVOICE.ends and lot.random() < 0.99] or list(held.values())
        invoice = lot.choice(living)
        amount = lot.choice([invoice.open_minor, lot.randrange(1, 500), lot.randrange(1, 50), lot.randrange(1, 50)])
        kind = lot.random()
        if kind < 0.06:
            found = invoices.paid(invoice, lot.choice(U), lot.choice(["SGD", "SGD", "USD"]), amount)
        elif kind < 0.1:
            found = invoices.set_off(invoice, f"R{step}", amount)
        elif kind < 0.2:
            found = invoices.on_day(invoice, lot.choice(["2026-12-20", "2026-12-21"])) or Refusal(Reason.OUT_OF_TURN)
        else:
            action, told = lot.choice(actions), f"{amount // 100}.{amount % 100:02d}"
            fitting = {
                "CREDIT": {"number": f"C{lot.randrange(9)}", "amount": told}, "RECEIPT": {"reference": f"S{lot.randrange(9)}", "amount": told},
                "ENCUMBER": {"kind": "financed", "to": BANK},
            } | {one: {"reason": "x"} for one in ("QUERIED", "CONDITION_MADE", "REFUSED", "DISPUTE_RAISED")}  # fmt: skip
            body = fitting.get(action, {}) if lot.random() < 0.9 else {"reason": "x"}
            made = deed(lot.choice([invoice.seller, invoice.buyer, BANK]), action, invoice, **body)
            found = invoices.decide(invoice, made, NOW)
        if isinstance(found, Refusal):
            continue
        taken_steps += 1
        now = found.instrument
        assert now.version == invoice.version + 1 and 0 <= now.open_minor <= invoice.open_minor
        for entry in found.entries:
            assert entry.minor > 0 and entry.currency == now.currency
            books[entry.debit] += entry.minor
            books[entry.credit] -= entry.minor
        held[now.id] = now
        owed = now.open_minor if now.owed else 0
        assert books[Holding(Kind.OBLIGATION_CLAIM, now.seller, now.id)] == owed
        assert books[Holding(Kind.OBLIGATION_LIABILITY, now.buyer, now.id)] == -owed
        assert sum(books.values()) == 0
        gone = sum(minor for _, minor in (*now.payments, *now.credits, *now.set_offs))
        assert gone + now.open_minor == now.minor or now.state.name == "WRITTEN_OFF"
    assert taken_steps > 300 and len({one.state for one in held.values()}) > 6


def test_the_tables_know_every_word_that_they_use() -> None:
    for table, state, event in (
        (INVOICE, invoices.State, invoices.Event), (ORDER, orders.State, orders.Event), (CONTRACT, contracts.State, contracts.Event),
    ):  # fmt: skip
        assert set(table.states()) == set(state) and {row.on for row in table.rows} == set(event)
    for path in ORDER.paths():
        events = [row.on.name for row in path]
        assert "DESPATCHED" not in events or "ACCEPTED" in events or "CHANGE_AGREED" in events, (
            "nothing leaves on what nobody accepted"
        )


def test_papers_become_deeds() -> None:
    kept = read_document(write_document(paper(), "ubl"))
    issue = issue_of(kept, BUYER)
    assert not isinstance(issue, Refusal)
    found = invoices.decide(None, Deed(HUB, SELLER, "", 0, "ISSUE_INVOICE", msgspec.json.encode(issue)), NOW, number="INV-000001")
    invoice = decided(found)
    assert (invoice.number, invoice.minor, invoice.due, invoice.sha256) == ("INV-7", 528_000, "2026-12-20", kept.sha256)
    response = InvoiceResponse(
        "IR-1", "2026-11-26", "RE", reasons=(Reasoned("OPStatusReason", "PRI", "too dear"),), invoice="INV-7"
    )
    answer = answer_of(response, "INV-7")
    assert not isinstance(answer, Refusal)
    event, why = answer
    rejected = decided(invoices.decide(invoice, Deed(HUB, BUYER, invoice.id, 1, event.name, msgspec.json.encode(why)), NOW))
    assert rejected.state.name == "REJECTED" and rejected.reason == "PRI too dear"
    note = read_document(
        write_document(CreditNote("C-1", "2026-12-01", "SGD", preceding=(Reference("INV-7"),), totals=Totals(28_000)), "ubl")
    )
    credit = credit_of(note, "INV-7")
    assert not isinstance(credit, Refusal)
    credited = invoices.decide(invoice, Deed(HUB, SELLER, invoice.id, 1, "CREDIT", msgspec.json.encode(credit)), NOW)
    assert decided(credited).open_minor == 500_000


def test_papers_that_are_no_deed_are_refused() -> None:
    kept = read_document(write_document(paper(due="", payment=()), "ubl"))
    assert refusal(issue_of(kept, BUYER)).reason is Reason.ELEMENT_MISSING
    assert refusal(issue_of(read_document(write_document(paper(totals=None), "ubl")), BUYER)).reason is Reason.MALFORMED
    assert (
        refusal(issue_of(read_document(write_document(paper(totals=Totals(-1)), "ubl")), BUYER)).reason
        is Reason.AMOUNT_NOT_POSITIVE
    )
    note = read_document(write_document(CreditNote("C-1", "2026-12-01", "SGD", totals=Totals(1)), "ubl"))
    assert (
        refusal(credit_of(note, "INV-7")).reason is Reason.NOT_FOUND
        and refusal(credit_of(kept, "INV-7")).reason is Reason.MALFORMED
    )
    response = InvoiceResponse("IR-1", "2026-11-26", "RE", invoice="INV-7")
    assert refusal(answer_of(response, "INV-7")).reason is Reason.ELEMENT_MISSING
    assert refusal(answer_of(response, "INV-8")).reason is Reason.NOT_FOUND
    assert refusal(answer_of(msgspec.structs.replace(response, code="XX"), "INV-7")).reason is Reason.CODE_UNKNOWN
    accepted = answer_of(msgspec.structs.replace(response, code="AP"), "INV-7")
    assert not isinstance(accepted, Refusal) and accepted[0] is invoices.Event.APPROVED


SENT = {"seller": SELLER, "number": "PO-3", "currency": "SGD", "issued": "2026-11-01", "sha256": SHA}


def test_an_order_is_answered_despatched_received_and_closed() -> None:
    found = orders.decide(None, deed(BUYER, "SEND_ORDER", **SENT), NOW, number="ORD-000001")
    assert isinstance(found, Decided)
    order = found.instrument
    for actor, action, body in (
        (SELLER, "ACKNOWLEDGED", {}), (SELLER, "ACCEPTED_WITH_CHANGE", {"number": "OR-1", "sha256": "cd" * 32}), (BUYER, "CHANGE_AGREED", {}),
        (SELLER, "DESPATCHED", {"number": "D-1", "sha256": SHA}), (BUYER, "RECEIVED", {"number": "R-1", "sha256": SHA}),
        (SELLER, "DESPATCHED", {"number": "D-2", "sha256": SHA}), (BUYER, "RECEIVED", {"number": "R-2", "sha256": SHA}), (BUYER, "CLOSED", {}),
    ):  # fmt: skip
        other = SELLER if actor == BUYER else BUYER
        assert refusal(orders.decide(order, deed(other, action, order, **body), NOW)).reason is Reason.ROLE_NOT_HELD
        step = orders.decide(order, deed(actor, action, order, **body), NOW)
        assert isinstance(step, Decided) and step.entries == () and step.tells[0].recipient == other
        order = step.instrument
    assert order.state is orders.State.CLOSED and order.sha256 == "cd" * 32
    assert order.despatches == (("D-1", SHA), ("D-2", SHA)) and len(order.receipts) == 2


def test_an_order_that_says_nonsense_is_refused() -> None:
    for reason, more in (
        (Reason.CODE_UNKNOWN, {"currency": "XXQ"}), (Reason.MALFORMED, {"issued": "today"}), (Reason.MALFORMED, {"sha256": "1"}),
        (Reason.IDENTIFIER_WRONG, {"seller": BUYER}), (Reason.MALFORMED, {"more": 1}),
    ):  # fmt: skip
        assert refusal(orders.decide(None, deed(BUYER, "SEND_ORDER", **(SENT | more)), NOW, number="ORD-1")).reason is reason
    found = orders.decide(None, deed(BUYER, "SEND_ORDER", **SENT), NOW, number="ORD-1")
    assert isinstance(found, Decided)
    order = found.instrument
    assert (
        refusal(orders.decide(order, deed(SELLER, "DESPATCHED", order, number="D", sha256=SHA), NOW)).reason is Reason.OUT_OF_TURN
    )
    assert refusal(orders.decide(order, deed(SELLER, "POSTED", order), NOW)).reason is Reason.CODE_UNKNOWN


OFFER = {
    "buyer": BUYER, "terms": {"currency": "SGD", "sha256": SHA, "incoterm": "CIF", "place": "Singapore"}, "first_day": "2026-11-10",
    "last_day": "2027-11-09", "open_until": "2026-11-09",
}  # fmt: skip


def signed(today: str = "2026-11-08") -> Contract:
    found = contracts.decide(None, deed(SELLER, "OFFERED", **OFFER), NOW, number="CON-000001", today=today)
    assert isinstance(found, Decided)
    done = contracts.decide(found.instrument, deed(BUYER, "COUNTERSIGNED", found.instrument), NOW, today=today)
    assert isinstance(done, Decided)
    return done.instrument


def test_a_contract_is_in_force_from_its_first_day_to_its_last() -> None:
    contract = signed()
    assert contract.state.name == "AGREED" and contracts.on_day(contract, "2026-11-09") is None
    begun = contracts.on_day(contract, "2026-11-10")
    assert begun is not None and begun.instrument.state.name == "IN_FORCE"
    assert signed("2026-11-10").state.name == "IN_FORCE"
    assert contracts.on_day(begun.instrument, "2027-11-09") is None
    ended = contracts.on_day(begun.instrument, "2027-11-10")
    assert ended is not None and ended.instrument.state.name == "TERMINATED"


def test_an_offer_is_answered_by_the_other_side_and_lapses() -> None:
    found = contracts.decide(None, deed(SELLER, "OFFERED", **OFFER), NOW, number="CON-1", today="2026-11-01")
    assert isinstance(found, Decided)
    offer = found.instrument
    assert refusal(contracts.decide(offer, deed(SELLER, "COUNTERSIGNED", offer), NOW)).reason is Reason.ROLE_NOT_HELD
    assert refusal(contracts.decide(offer, deed(BUYER, "WITHDRAWN", offer), NOW)).reason is Reason.ROLE_NOT_HELD
    assert refusal(contracts.decide(offer, deed(BANK, "COUNTERSIGNED", offer), NOW)).reason is Reason.ROLE_NOT_HELD
    lapsed = contracts.on_day(offer, "2026-11-10")
    assert lapsed is not None and lapsed.instrument.state.name == "DECLINED"
    bad = OFFER | {"last_day": "2026-11-01"}
    assert refusal(contracts.decide(None, deed(SELLER, "OFFERED", **bad), NOW, number="CON-2")).reason is Reason.MALFORMED


def test_new_terms_bind_when_the_other_side_signs_and_an_end_takes_both() -> None:
    contract = signed("2026-11-10")
    new = {"terms": {"currency": "SGD", "sha256": "ef" * 32}}
    step = contracts.decide(contract, deed(BUYER, "CHANGE_PROPOSED", contract, **new), NOW)
    assert isinstance(step, Decided) and step.instrument.terms.sha256 == SHA
    changing = step.instrument
    assert refusal(contracts.decide(changing, deed(BUYER, "CHANGE_AGREED", changing), NOW)).reason is Reason.ROLE_NOT_HELD
    agreed = contracts.decide(changing, deed(SELLER, "CHANGE_AGREED", changing), NOW)
    assert isinstance(agreed, Decided) and agreed.instrument.terms.sha256 == "ef" * 32 and agreed.instrument.proposed is None
    contract = agreed.instrument
    for actor, state in ((SELLER, "IN_FORCE"), (SELLER, "IN_FORCE"), (BUYER, "FULFILLED")):
        said = contracts.decide(contract, deed(actor, "FULFILMENT_AGREED", contract), NOW)
        assert isinstance(said, Decided) and said.instrument.state.name == state
        contract = said.instrument

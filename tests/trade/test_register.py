"""The life of a transferable record in the desk's words: who may do what, what keeps it still, and what no act can do."""

from __future__ import annotations

import json

import msgspec

from fondaco.core import Instant, Refusal
from fondaco.trade import Decided, TransferableRecord, register
from fondaco.trade.canonical import canonical
from titles import BANK, BATCH, BUYER, CARRIER, HOUR, HUB, LATER, NOON, OPERATOR, OTHER, SHIPPER, SOON, SUPERVISOR, Desk, lading


def test_a_record_is_never_without_a_holder_and_passes_when_it_is_accepted() -> None:
    desk = Desk()
    instrument = desk.issue()
    assert desk.record(instrument).holder == CARRIER
    assert desk.done(SHIPPER, "ACCEPT", instrument).holder == SHIPPER
    assert desk.done(SHIPPER, "TRANSFER", instrument, recipient=BANK, until=SOON).holder == SHIPPER
    assert desk.done(BANK, "ACCEPT", instrument).holder == BANK
    assert desk.record(instrument).titleholder == SHIPPER


def test_delivery_against_payment_moves_title_with_the_batch_and_not_before() -> None:
    desk = Desk()
    instrument = desk.live()
    record = desk.done(
        SHIPPER,
        "OFFER_AGAINST",
        instrument,
        recipient=BUYER,
        until=SOON,
        against="PAYMENT",
        reference="COL-000001",
        endorsement="ENDORSE_TO_ORDER",
    )
    lock = record.lock_id()
    assert lock == f"{instrument}/3"
    assert desk.refused(BUYER, "ACCEPT", instrument) == ("lock", "T.3")
    assert desk.refused(SHIPPER, "TRANSFER", instrument, recipient=BANK, until=SOON) == ("lock", "T.3")
    assert isinstance(desk.take(register.fund(desk.book, lock, "payment 17", desk.now)), Decided)
    assert desk.refused(SHIPPER, "WITHDRAW", instrument) == ("lock", "T.3")
    desk.now = Instant(NOON + 2 * HOUR)
    assert not register.lapses(desk.record(instrument), desk.now)
    assert isinstance(register.lapse(desk.book, lock, desk.now), Refusal)
    answer = desk.take(register.settle(desk.book, lock, BATCH, desk.now))
    assert isinstance(answer, Decided)
    assert answer.instrument[0].event.batch == BATCH
    assert [tuple(step) for step in answer.control] == [(instrument, SHIPPER, BUYER)]
    assert (desk.record(instrument).holder, desk.record(instrument).titleholder) == (BUYER, BUYER)
    assert isinstance(register.settle(desk.book, lock, BATCH, desk.now), Refusal)
    desk.check()


def test_an_offer_lapses_at_its_time_and_not_a_millisecond_before() -> None:
    desk = Desk()
    instrument = desk.live()
    lock = desk.done(SHIPPER, "TRANSFER", instrument, recipient=BANK, until=SOON).lock_id()
    desk.now = Instant(NOON + HOUR - 1)
    assert isinstance(register.lapse(desk.book, lock, desk.now), Refusal)
    desk.now = Instant(NOON + HOUR)
    assert desk.refused(BANK, "ACCEPT", instrument) == ("at", "T.2")
    assert register.lapses(desk.record(instrument), desk.now)
    assert isinstance(desk.take(register.lapse(desk.book, lock, desk.now)), Decided)
    assert desk.refused(BANK, "ACCEPT", instrument) == ("action", "T.2")
    assert desk.record(instrument).holder == SHIPPER


def test_an_amended_record_ends_the_old_one_when_its_holder_accepts_it() -> None:
    desk = Desk()
    old = desk.live()
    desk.done(SHIPPER, "SURRENDER_FOR_AMENDMENT", old, reasonCode="COD")
    assert desk.refused(CARRIER, "SACC", old) == ("action", "MLETR 16")
    new = desk.issue("SLT0001", "STRAIGHT", supersedes=old)
    assert not desk.record(old).ended
    answer = desk.act(SHIPPER, "ACCEPT", new)
    assert isinstance(answer, Decided)
    desk.check()
    assert desk.record(old).state.name == "VOID"
    assert desk.record(new).holder == SHIPPER
    assert desk.refused(CARRIER, "SREJ", old) == ("instrument", "T.2")


def test_a_reissue_that_is_rejected_leaves_the_old_record_where_it_was() -> None:
    desk = Desk()
    old = desk.live()
    desk.done(SHIPPER, "SURRENDER_FOR_AMENDMENT", old, comments="one package more")
    new = desk.issue("SLT0001", "BLANK", supersedes=old)
    desk.done(SHIPPER, "REJECT", new)
    assert desk.done(CARRIER, "SREJ", old).holder == SHIPPER
    # The rejected one is void, the old one lives: nobody else gets its serial.
    assert "alive" in sentence(desk, "SLT0001")


def test_an_issuer_cannot_give_the_old_back_and_the_new_out() -> None:
    desk = Desk()
    old = desk.live()
    desk.done(SHIPPER, "SURRENDER_FOR_AMENDMENT", old, reasonCode="SWI")
    new = desk.issue("SLT0001", "BLANK", supersedes=old)
    desk.done(CARRIER, "SREJ", old)
    assert desk.refused(SHIPPER, "ACCEPT", new) == ("supersedes", "MLETR 16")


def test_a_reissue_for_who_surrendered_before_does_not_end_what_another_surrendered_since() -> None:
    desk = Desk()
    old = desk.live()
    desk.done(SHIPPER, "SURRENDER_FOR_AMENDMENT", old, reasonCode="COD")
    new = desk.issue("SLT0001", "BLANK", supersedes=old)
    desk.done(CARRIER, "SREJ", old)
    desk.done(SHIPPER, "TRANSFER", old, recipient=BUYER, until=SOON, endorsement="ENDORSE_TO_ORDER")
    desk.done(BUYER, "ACCEPT", old)
    desk.done(BUYER, "SURRENDER_FOR_AMENDMENT", old, reasonCode="COD")
    assert desk.refused(SHIPPER, "ACCEPT", new) == ("supersedes", "MLETR 16")
    assert desk.done(CARRIER, "SREJ", old).holder == BUYER


def sentence(desk: Desk, serial: str) -> str:
    content = canonical(lading(serial, "ORDER", termsAndConditions="Others."))
    answer = desk.act(
        CARRIER,
        "ISSUE",
        "",
        kind="BILL_OF_LADING",
        serial=serial,
        recipient=SHIPPER,
        title="ORDER",
        named=SHIPPER,
        content=content,
        law="SG",
    )
    assert isinstance(answer, Refusal)
    assert answer.article == "MLETR 10"
    return answer.sentence()


def test_one_record_alive_for_a_serial_however_it_is_spelt() -> None:
    desk = Desk()
    desk.issue("SLT-0001")
    assert "ETR-000001 is alive" in sentence(desk, "SLT 0001")


def test_a_document_that_was_issued_once_is_never_issued_again() -> None:
    desk = Desk()
    first = desk.issue()
    desk.done(CARRIER, "WITHDRAW", first)
    given = {"kind": "BILL_OF_LADING", "serial": "SLT0001", "recipient": SHIPPER, "title": "ORDER", "named": SHIPPER, "law": "SG"}
    content = desk.events[first][0].event.body
    assert desk.refused(CARRIER, "ISSUE", "", **{**given, "content": json.loads(content)["content"]}) == (
        "body.content",
        "MLETR 10",
    )


def test_to_paper_and_back() -> None:
    desk = Desk()
    first = desk.live()
    desk.done(SHIPPER, "SURRENDER_FOR_AMENDMENT", first, reasonCode="SWTP")
    assert desk.refused(CARRIER, "SACC", first) == ("body.paper", "MLETR 18")
    assert desk.refused(CARRIER, "SACC", first, paper=["P-1"]) == ("body.statement", "MLETR 18")
    desk.done(CARRIER, "SACC", first, paper=["P-1"], statement="replaces the electronic record")
    given = {"kind": "BILL_OF_LADING", "serial": "SLT0001", "recipient": BUYER, "title": "ORDER", "named": BUYER, "law": "SG"}
    given["content"] = canonical(lading("SLT0001"))
    assert desk.refused(CARRIER, "CONVERT_IN", "", **given) == ("body.paper", "MLETR 17")
    assert desk.refused(CARRIER, "CONVERT_IN", "", **given, paper=["P-1"]) == ("body.statement", "MLETR 17")
    assert desk.refused(CARRIER, "CONVERT_IN", "", **given, paper=["P-1"], statement="x")[0] == "body.content"
    answer = desk.act(CARRIER, "CONVERT_IN", "", **given, paper=["P-1"], statement="paper P-1 is void", supersedes=first)
    assert isinstance(answer, Decided), answer
    assert desk.done(BUYER, "ACCEPT", "ETR-000002").holder == BUYER


def test_a_pledged_record_stays_until_it_is_released_or_enforced() -> None:
    desk = Desk()
    instrument = desk.live()
    terms = {"secured": "KRW 100", "power": "ENFORCE", "due": "2026-11-27"}
    desk.done(SHIPPER, "PLEDGE", instrument, pledgee=BANK, **terms)
    assert desk.refused(SHIPPER, "TRANSFER", instrument, recipient=BUYER, until=SOON) == ("pledge", "T.4")
    desk.done(BANK, "ACCEPT_PLEDGE", instrument)
    for action, more in (
        ("TRANSFER", {"recipient": BUYER, "until": SOON}),
        ("SURRENDER_FOR_DELIVERY", {}),
        ("ENDORSE", {"recipient": BUYER}),
        ("PLEDGE", {"pledgee": OTHER, **terms}),
    ):
        assert desk.refused(SHIPPER, action, instrument, **more) == ("pledge", "T.4")
    assert desk.refused(BANK, "ENFORCE", instrument) == ("at", "T.4")
    assert desk.refused(SHIPPER, "RELEASE", instrument) == ("actor", "T.4")
    desk.now = Instant(NOON + 12 * HOUR)
    record = desk.done(BANK, "ENFORCE", instrument)
    assert (record.holder, record.titleholder) == (BANK, BANK)


def test_a_court_freezes_by_two_keys_and_moves_nothing() -> None:
    desk = Desk()
    instrument = desk.live()
    lock = desk.done(
        SHIPPER, "OFFER_AGAINST", instrument, recipient=BUYER, until=LATER, against="PAYMENT", reference="COL-000001"
    ).lock_id()
    order = {"order": "HC/OA 123/2026", "court": "High Court"}
    assert desk.refused(OPERATOR, "FREEZE", instrument, **order) == ("signatures", "T.5")
    assert desk.refused(SUPERVISOR, "FREEZE", instrument, signed=(SUPERVISOR, OPERATOR), **order) == ("actor", "T.5")
    record = desk.done(OPERATOR, "FREEZE", instrument, signed=(OPERATOR, SUPERVISOR), **order)
    assert record.holder == SHIPPER
    assert SHIPPER in desk.told
    assert isinstance(register.settle(desk.book, lock, BATCH, desk.now), Refusal)
    assert isinstance(register.fund(desk.book, lock, "17", desk.now), Refusal)
    desk.done(SHIPPER, "WITHDRAW", instrument)
    assert desk.refused(SHIPPER, "TRANSFER", instrument, recipient=BUYER, until=SOON) == ("freeze", "T.5")
    desk.done(OPERATOR, "UNFREEZE", instrument, signed=(OPERATOR, SUPERVISOR), **order)
    desk.done(SHIPPER, "TRANSFER", instrument, recipient=BUYER, until=SOON)


def test_endorsement_names_and_a_plain_one_ends_the_naming() -> None:
    desk = Desk()
    instrument = desk.live()
    desk.done(SHIPPER, "ENDORSE_TO_ORDER", instrument, recipient=BUYER)
    assert desk.refused(SHIPPER, "ENDORSE", instrument, recipient=BANK) == ("actor", "MLETR 15")
    desk.done(SHIPPER, "TRANSFER", instrument, recipient=BUYER, until=SOON)
    desk.done(BUYER, "ACCEPT", instrument)
    desk.done(BUYER, "BLANK_ENDORSE", instrument)
    desk.done(BUYER, "TRANSFER", instrument, recipient=OTHER, until=SOON)
    desk.done(OTHER, "ACCEPT", instrument)
    desk.done(OTHER, "ENDORSE", instrument, recipient=BUYER)
    desk.done(OTHER, "TRANSFER", instrument, recipient=BUYER, until=SOON)
    desk.done(BUYER, "ACCEPT", instrument)
    assert desk.refused(BUYER, "ENDORSE_TO_ORDER", instrument, recipient=OTHER) == ("actor", "MLETR 15")
    desk.done(BUYER, "SIGN", instrument)
    desk.done(BUYER, "SURRENDER_FOR_DELIVERY", instrument)
    assert desk.refused(BUYER, "SACC", instrument) == ("actor", "PINT 3.0")
    assert desk.done(CARRIER, "SREJ", instrument).holder == BUYER
    desk.done(BUYER, "SURRENDER_FOR_DELIVERY", instrument)
    assert desk.done(CARRIER, "SACC", instrument).state.name == "ACCOMPLISHED"
    assert desk.refused(BUYER, "SIGN", instrument) == ("instrument", "T.2")


def test_who_only_possesses_cannot_claim_the_goods() -> None:
    desk = Desk()
    instrument = desk.live(title="STRAIGHT")
    desk.done(SHIPPER, "TRANSFER", instrument, recipient=BANK, until=SOON)
    desk.done(BANK, "ACCEPT", instrument)
    assert desk.refused(BANK, "SURRENDER_FOR_DELIVERY", instrument) == ("actor", "PINT 3.0")
    assert desk.refused(BANK, "ENDORSE", instrument, recipient=OTHER) == ("actor", "MLETR 15")


def test_a_bill_is_accepted_presented_and_discharged_by_payment() -> None:
    desk = Desk()
    instrument = desk.drawn()
    assert desk.refused(SHIPPER, "ACCEPT_BILL", instrument) == ("actor", "ULB 25")
    desk.done(BUYER, "ACCEPT_BILL", instrument, place="Busan")
    desk.done(BANK, "AVAL", instrument)
    assert desk.refused(BANK, "AVAL", instrument) == ("actor", "ULB 31")
    assert desk.refused(SHIPPER, "PRESENT_FOR_PAYMENT", instrument, until=LATER, reference="P-1") == ("at", "ULB 38")
    desk.now = Instant(NOON + 13 * HOUR)
    lock = desk.done(SHIPPER, "PRESENT_FOR_PAYMENT", instrument, until=LATER, reference="P-1").lock_id()
    assert desk.refused(SHIPPER, "WITHDRAW", instrument) == ("lock", "ULB 38")
    answer = desk.take(register.settle(desk.book, lock, BATCH, desk.now))
    assert isinstance(answer, Decided)
    desk.check()
    record = desk.record(instrument)
    assert (record.state.name, record.holder, record.bill and record.bill.state.name) == ("ACCOMPLISHED", "", "DISCHARGED")


def test_a_note_that_is_not_paid_is_dishonoured_and_leads_to_who_endorsed_it() -> None:
    desk = Desk()
    instrument = desk.drawn("PN-1", note=True)
    desk.done(SHIPPER, "TRANSFER", instrument, recipient=BANK, until=SOON, endorsement="ENDORSE_TO_ORDER")
    desk.done(BANK, "ACCEPT", instrument)
    desk.now = Instant(NOON + 13 * HOUR)
    desk.done(BANK, "PRESENT_FOR_PAYMENT", instrument, until="2026-11-27T02:00:00.000Z", reference="P-2")
    desk.done(BUYER, "REJECT", instrument)
    assert desk.record(instrument).bill.state.name == "DISHONOURED"
    assert desk.refused(BANK, "RECOURSE", instrument, recipient=OTHER) == ("body.recipient", "ULB 43")
    desk.done(BANK, "RECOURSE", instrument, recipient=SHIPPER)


def test_a_deed_takes_effect_once_and_in_its_order() -> None:
    desk = Desk()
    instrument = desk.live()
    sign = desk.deed(SHIPPER, "SIGN", instrument, {})
    assert isinstance(desk.put(sign), Decided)
    again = desk.put(sign)
    assert isinstance(again, Refusal)
    assert (again.where, again.article) == ("version", "T.1")
    assert desk.refused(SHIPPER, "SIGN", instrument, head="0" * 64) == ("body.head", "T.1")
    assert desk.refused(SHIPPER, "SIGN", "ETR-000009", head="0" * 64) == ("instrument", "T.1")
    assert desk.refused(SHIPPER, "SETTLE", instrument) == ("action", "T.1")
    assert desk.refused(SHIPPER, "SIGN", instrument, unknown=1) == ("body", "T.1")
    assert HUB not in {change.event.actor for change in desk.events[instrument]}


def test_a_signature_by_another_key_or_over_another_body_counts_for_nothing() -> None:
    desk = Desk()
    instrument = desk.live()
    assert desk.refused(SHIPPER, "SIGN", instrument, signed=(BANK,)) == ("signatures", "MLETR 9")
    good = desk.deed(SHIPPER, "SIGN", instrument, {})
    for wrong in (
        msgspec.structs.replace(good, body=good.body + b" "),
        msgspec.structs.replace(good, signatures=()),
        msgspec.structs.replace(good, signatures=good.signatures * 2),
        msgspec.structs.replace(good, signatures=((b"k" * 32, good.signatures[0][1]),)),
    ):
        answer = desk.put(wrong)
        assert isinstance(answer, Refusal)
        assert answer.article == "MLETR 9"


def test_an_offer_ends_at_an_instant_that_there_is() -> None:
    desk = Desk()
    instrument = desk.live()
    for until in ("2026-13-01T00:00:00.000Z", "2026-11-26T12:00:00.000Z", "2026-11-26", "soon"):
        where, _ = desk.refused(SHIPPER, "TRANSFER", instrument, recipient=BANK, until=until)
        assert where in ("body.until", "body")


def test_two_records_are_swapped_in_one_batch() -> None:
    desk = Desk()
    goods, draft = desk.live(), desk.drawn()
    desk.done(BUYER, "ACCEPT_BILL", draft)
    desk.done(SHIPPER, "TRANSFER", draft, recipient=BUYER, until=SOON)
    desk.done(BUYER, "ACCEPT", draft)
    there = {"until": SOON, "against": "RECORD"}
    assert desk.refused(SHIPPER, "OFFER_AGAINST", goods, recipient=BUYER, reference="ETR-000009", **there) == (
        "body.reference",
        "T.3",
    )
    one = desk.done(SHIPPER, "OFFER_AGAINST", goods, recipient=BUYER, reference=draft, **there).lock_id()
    other = desk.done(BUYER, "OFFER_AGAINST", draft, recipient=SHIPPER, reference=goods, **there).lock_id()
    for lock in (one, other):
        assert isinstance(desk.take(register.settle(desk.book, lock, BATCH, desk.now)), Decided)
    desk.check()
    assert (desk.record(goods).holder, desk.record(draft).holder) == (BUYER, SHIPPER)


def test_a_record_is_kept_and_read_again_as_it_was() -> None:
    desk = Desk()
    instrument = desk.drawn()
    desk.done(SHIPPER, "PLEDGE", instrument, pledgee=BANK, secured="KRW 1", power="HOLD", due="2027-01-01")
    desk.done(BANK, "DECLINE_PLEDGE", instrument)
    record = desk.done(SHIPPER, "TRANSFER", instrument, recipient=BANK, until=SOON)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=TransferableRecord) == record


def test_a_batch_without_a_hash_and_a_lock_that_is_none_settle_nothing() -> None:
    desk = Desk()
    instrument = desk.live()
    lock = desk.done(
        SHIPPER, "OFFER_AGAINST", instrument, recipient=BUYER, until=SOON, against="PAYMENT", reference="COL-000001"
    ).lock_id()
    for wrong, batch in ((lock, ""), (lock, BATCH.upper()), (f"{instrument}/1", BATCH), ("ETR-000009/1", BATCH), ("", BATCH)):
        answer = register.settle(desk.book, wrong, batch, desk.now)
        assert isinstance(answer, Refusal)
        assert answer.article == "T.3"
    free = desk.live("SLT0002")
    lock = desk.done(SHIPPER, "TRANSFER", free, recipient=BUYER, until=SOON).lock_id()
    assert isinstance(register.settle(desk.book, lock, BATCH, desk.now), Refusal)
    assert isinstance(register.fund(desk.book, lock, "17", desk.now), Refusal)

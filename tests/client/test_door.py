"""Both clients at a real door on loopback."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from asking import Asked, asking
from doors import Door
from fondaco.client import NotThere, OfficersWord, OwnQuote, Refused, Unauthorised
from fondaco.core import Instant, Money, utc_text
from fondaco.hub import scheme_of
from fondaco.messages import Status, StatusReport, camt_060, pacs_002, view, wrap
from union import HUB, ID1, MY1, PH1, SG1, SG2, TH1, calm_uetr, pacs_008

pytestmark = pytest.mark.server


def at(kind: type[Asked], door: Door, who: str) -> object:
    return asking(kind, f"http://127.0.0.1:{door.port}", token=door.keys[who])


def yes(uetr: str) -> bytes:
    """The creditor agent's word that it takes a payment."""
    text = utc_text(Instant(time.time_ns()))
    name = f"A{uetr[:13]}"
    report = pacs_002(name, text, "H1", "pacs.008.001.08", [Status("", "", "", uetr, "ACSP", "")])
    return wrap("pacs.002.001.10", TH1, HUB, name, text, report)


def test_a_payment_is_sent_answered_and_followed_to_its_end(asked: type[Asked], door: Door) -> None:
    uetr = calm_uetr()
    with at(asked, door, f"{SG1}-maker") as sender, at(asked, door, f"{TH1}-maker") as receiver:  # type: ignore[attr-defined]
        before = sender.ask("letters").after
        sent = sender.ask("send", pacs_008(SG1, TH1, "10.00", "SGD", uetr=uetr, urgent=True))
        assert (sent.complete, sent.uetrs, sent.place) == (False, (uetr,), f"/v1/payments/{uetr}")
        body = sent.answers[0].read().body
        assert isinstance(body, StatusReport) and [one.status for one in body.statuses] == ["ACTC"]
        assert sender.ask("message", sent.answers[0].number) == sent.answers[0]
        with pytest.raises(TimeoutError, match="OFFERED"):
            sender.ask("wait", sent, 0)
        receiver.ask("send", yes(uetr))
        (story,) = sender.ask("wait", sent, 30)
        assert story.payment.state == "SETTLED" and [step.state for step in story.steps][-2:] == ["OFFERED", "SETTLED"]
        assert story.payment.pays == Money("SGD", 1000) and story.payment.arrives.currency == "THB"
        assert story.payment.received_at.tzinfo == UTC
        letters = [one for one in sender.ask("mailbox", before) if uetr in one.xml]
        assert [one.read().body.statuses[0].status for one in letters] == ["ACTC", "ACSC"]
        assert sender.ask("wait", sent, 0) == [story]


def test_what_is_refused_is_told_with_its_messages_or_its_problem(asked: type[Asked], door: Door) -> None:
    with (
        at(asked, door, f"{SG1}-maker") as client,
        at(asked, door, f"{SG2}-desk") as other,
        at(asked, door, f"{SG2}-checker") as second,
    ):  # type: ignore[attr-defined]
        rejected = client.ask("send", pacs_008(SG1, "ZZXXTH99", "1.00", "SGD"))
        assert rejected.complete and rejected.answers[0].read().body.statuses[0].status == "RJCT"
        with pytest.raises(Refused) as caught:
            client.ask("send", pacs_008(SG2, TH1, "1.00", "SGD"))
        assert caught.value.status == 403 and caught.value.answers[0].read().kind == "admi.002.001.01"
        raw = pacs_008(SG1, TH1, "1.00", "SGD", message_id=f"D{asked.__name__}")
        client.ask("send", raw)
        client.ask("send", raw)
        with pytest.raises(Refused) as caught:
            client.ask("send", raw.replace(b">1.00<", b">2.00<"))
        assert caught.value.status == 409 and caught.value.answers
        high = other.ask("set_cap", Money("SGD", 99_999_999_999_900)).number
        with pytest.raises(Refused) as caught:
            second.ask("approve", high)
        assert (caught.value.kind, caught.value.article) == ("refused", "7.8") and caught.value.reason and caught.value.code
        assert other.ask("withdraw", high).state == "WITHDRAWN"
        with pytest.raises(NotThere):
            client.ask("payment", calm_uetr())
        with pytest.raises(Refused) as caught:
            list(client.ask("cases"))
        assert caught.value.kind == "not-allowed"
    with asking(asked, f"http://127.0.0.1:{door.port}", token="nobody") as nobody, pytest.raises(Unauthorised):
        nobody.ask("day")


def test_the_json_view_and_several_answers(asked: type[Asked], door: Door) -> None:
    with at(asked, door, f"{SG1}-maker") as client:  # type: ignore[attr-defined]
        uetr = calm_uetr()
        assert client.ask("send", view(pacs_008(SG1, TH1, "13.00", "SGD", uetr=uetr))).uetrs == (uetr,)
    bank = next(one.bic for one in scheme_of(door.folder).participants if len(one.currencies) > 1)
    with at(asked, door, f"{bank[:8]}-maker") as client:  # type: ignore[attr-defined]
        text = utc_text(Instant(time.time_ns()))
        name = f"R{asked.__name__}"
        sent = client.ask("send", wrap("camt.060.001.05", bank, HUB, name, text, camt_060(name, text, bank)))
        assert sent.complete and len(sent.answers) > 1
        assert {one.read().kind for one in sent.answers} == {"camt.052.001.08"}
        numbers = [one.number for one in sent.answers]
        assert numbers == sorted(set(numbers)) and numbers[0] > 0
        with pytest.raises(ValueError, match="no payment"):
            client.ask("wait", sent)


def test_both_clients_are_told_the_same(door: Door) -> None:
    from asking import BOTH

    asks = [
        (f"{SG1}-maker", "positions"), (f"{SG1}-maker", "limits"), (f"{SG1}-maker", "quotes"), (f"{SG1}-maker", "queue"),
        (f"{SG1}-maker", "members"), ("auditor", "evidence_head"), (f"{SG1}-maker", "openapi"), (f"{SG1}-maker", "payments"),
        (f"{SG1}-maker", "mailbox"), ("operator-1", "cycles"), ("officer", "cases"), ("officer", "lists"), (f"{SG1}-maker", "calendar", 2026, "SGD"),
        (f"{SG1}-maker", "instruments", "ETR"), (f"{SG1}-maker", "letters", 0, 0, "json"), ("auditor", "payments", 0, "SETTLED", SG1),
    ]  # fmt: skip

    def head() -> object:
        return door.ask("GET", "/v1/evidence/head", who="auditor").json["batch"]

    # Where something happened meanwhile (an offer of another test ran out), each was told of another hub: then both are asked again.
    before: object = None
    while before != (before := head()):
        told = []
        for kind in BOTH.values():
            found = []
            for who, name, *args in asks:
                with at(kind, door, who) as client:  # type: ignore[attr-defined]
                    found.append(client.ask(name, *args))
            told.append(found)
    assert told[0] == told[1]
    assert all(
        told[0][at] for at, (_, name, *_rest) in enumerate(asks) if name not in ("queue", "instruments", "cases", "payments")
    )


def test_money_and_its_bounds(asked: type[Asked], door: Door) -> None:
    with (
        at(asked, door, f"{SG1}-maker") as maker,
        at(asked, door, f"{SG2}-desk") as desk,
        at(asked, door, f"{SG2}-checker") as checker,
    ):  # type: ignore[attr-defined]
        rows = maker.ask("positions").positions
        assert {row.bank[:8] for row in rows} == {SG1}
        assert all(type(row.available.minor) is int and row.available.currency == row.currency for row in rows)
        cap = Money("SGD", 123_456)
        first = desk.ask("set_cap", cap, key=f"cap-{asked.__name__}")
        assert desk.ask("set_cap", cap, key=f"cap-{asked.__name__}") == first
        assert (first.state, first.amount, first.by, first.decided_at) == ("PROPOSED", cap, f"{SG2}-desk", None)
        assert first.number in [one.number for one in checker.ask("proposals")]
        done = checker.ask("approve", first.number)
        assert (done.state, done.decided_by) == ("DONE", f"{SG2}-checker") and done.decided_at is not None
        assert checker.ask("proposal", first.number) == done
        for name, *words in (("limit_flow", "TH", "SGD", Money("SGD", 500_000)), ("limit_total", Money("SGD", 90_000_000))):
            assert checker.ask("approve", desk.ask(name, *words).number).state == "DONE"
        kept = {(row.towards, row.currency): row for row in checker.ask("limits", SG2).limits}
        assert kept["cap", "SGD"].limit == cap and kept["cap", "SGD"].used is None
        assert (kept["TH", "SGD"].limit, kept["TH", "SGD"].used) == (Money("SGD", 500_000), Money("SGD", 0))
        gone = [desk.ask("limit_flow", "TH", "SGD", None), desk.ask("limit_total", None)]
        assert [one.amount for one in gone] == [None, None]
        for one in gone:
            checker.ask("approve", one.number)
        assert {row.towards for row in checker.ask("limits", SG2).limits} == {"cap"}
        provider = min(one.provider for one in maker.ask("quotes").quotes)
    with at(asked, door, f"{provider}-maker") as desk:  # type: ignore[attr-defined]
        own = [OwnQuote("SGD", Decimal("26.5"), Money("THB", 100_000))]
        (name,) = desk.ask("post_quotes", own).quotes
        (row,) = [one for one in desk.ask("quotes").quotes if one.quote == name]
        assert (row.rate, row.left) == (Decimal("26.5"), Money("THB", 100_000)) and row.valid_until > datetime.fromtimestamp(
            0, UTC
        )


def test_what_waits_is_moved_and_taken_back(asked: type[Asked], door: Door) -> None:
    with at(asked, door, f"{SG1}-maker") as client:  # type: ignore[attr-defined]
        (uetr,) = client.ask("send", pacs_008(SG1, TH1, "11000000.00", "SGD", urgent=True)).uetrs
        (row,) = [one for one in client.ask("queue").queued if one.uetr == uetr]
        assert row.amount == Money("SGD", 1_100_000_000)
        assert client.ask("move", uetr, first=True).state == "QUEUED"
        assert client.ask("revoke", uetr).state == "CANCELLED"
        with pytest.raises(Refused):
            client.ask("revoke", uetr)


def test_an_officer_reads_a_case_and_a_forged_word_is_refused(asked: type[Asked], door: Door) -> None:
    with at(asked, door, f"{SG1}-maker") as sender, at(asked, door, "officer") as officer:  # type: ignore[attr-defined]
        (uetr,) = sender.ask("send", pacs_008(SG1, TH1, "23.00", "SGD", creditor="Sorvemir Brulomarov")).uetrs
        (row,) = [one for one in officer.ask("cases") if one.uetr == uetr]
        assert row.hits[0].list_id and officer.ask("case", row.case) == row
        word = OfficersWord("officer-1", "RELEASE", "not him", 1, row.verdict, row.link, "00" * 64)
        with pytest.raises(Refused):
            officer.ask("say", row.case, word)


def test_payments_come_by_pages_that_lose_none(asked: type[Asked], door: Door) -> None:
    with at(asked, door, f"{MY1}-maker") as client:  # type: ignore[attr-defined]
        known = client.ask("payments", bank=MY1)
        after = known[-1].number if known else 0
        uetrs = [client.ask("send", pacs_008(MY1, TH1, f"{n}.00", "MYR")).uetrs[0] for n in range(1, 6)]
        assert [one.uetr for one in client.ask("payments", after, bank=MY1)] == uetrs
        assert [one.uetr for one in client.ask("payments", after, most=2)] == uetrs[:2]


def test_the_day_cycles_and_the_union(asked: type[Asked], door: Door) -> None:
    with at(asked, door, "operator-1") as client:  # type: ignore[attr-defined]
        day = client.ask("day")
        assert day.day and not day.ended and day.checks and {one.currency for one in day.cut_offs} >= {"SGD", "KRW"}
        row = client.ask("cycles").cycles[-1]
        assert client.ask("cycle", row.cycle).cycle == row.cycle and row.state == "OPEN" and row.decided_at is None
        assert all(net.amount.currency == net.currency for net in row.nets)
        with pytest.raises(NotThere):
            client.ask("proof", row.cycle)
        with pytest.raises(NotThere):
            client.ask("instrument", "ETR-000001")
        head = client.ask("evidence_head")
        assert head.day == day.day and len(head.hash) == 64


def test_letters_come_as_a_stream_behind_the_last_one(asked: type[Asked], door: Door) -> None:
    # A bank to which nothing else is sent here: what another was offered runs out after a minute, which it is told.
    quiet = {"Blocking": PH1, "Awaiting": ID1}[asked.__name__]
    with at(asked, door, f"{quiet}-maker") as receiver, at(asked, door, f"{SG1}-maker") as sender:  # type: ignore[attr-defined]
        after = max([one.seq for one in receiver.ask("mailbox")], default=0)
        uetrs = [sender.ask("send", pacs_008(SG1, quiet, f"{n}.50", "SGD")).uetrs[0] for n in (1, 2)]
        first, second = receiver.ask("stream", after, most=2)
        assert uetrs[0] in first.xml and uetrs[1] in second.xml
        assert receiver.ask("stream", first.seq, most=1) == [second]
        (other,) = receiver.ask("stream", first.seq, view="json", most=1)
        assert other.message["kind"].startswith("pacs.008") and other.read() == second.read()
        begun = time.monotonic()
        assert receiver.ask("letters", second.seq, wait_s=0.3).messages == []
        assert time.monotonic() - begun >= 0.3

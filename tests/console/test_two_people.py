"""Deeds that take two people: proposals of the desk, and payments that somebody wrote by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console_door import Consoles
from console_person import FORM, Person
from fondaco.access import Role, roles_with
from fondaco.console.app import DEEDS
from fondaco.console.draft import PAYMENT_DRAFT, Draft, Event, State, Written, drafted, stepped
from fondaco.console.draft_store import OPEN_MAX, Drafts
from fondaco.console.paying import Bank, message
from fondaco.core import Instant
from fondaco.messages import read
from fondaco.payments import State as PaymentState
from fondaco.rulebook import ProposalState
from fondaco.settlement import CycleState

WRITTEN = Written("Payer & Sons", "1234567890", "Singapore", "ZZBBSG02", "Payee <Ltd>", "9876543210", "SGD", 12_345, "SGD", 12_345, "", "", "LL-1", "", False)  # fmt: skip
AT = Instant(1_795_000_000_000_000_000)


def test_a_cycle_is_closed_by_two_operators_and_once(door: Consoles) -> None:
    first, second = Person(door, "operator-1"), Person(door, "operator-2")
    shown = first.look("/cycles")
    number = door.hub.desk.counters.open_cycle
    assert 'id="closing"' in shown.text and 'id="closing"' not in second.look("/cycles").text, "the other one approves"
    assert first.send("/cycles/closing", shown).headers["location"] == "/console/proposals#waiting"
    assert first.send("/cycles/closing", shown).status == 303, "the same form again"
    waiting = [one for one in door.hub.desk.proposals.values() if one.state is ProposalState.PROPOSED]
    assert len(waiting) == 1 and waiting[0].by == "operator-1"
    assert first.send("/proposals/1/approval", first.look("/proposals")).status == 403, "a maker approves nothing"
    page = second.look("/proposals")
    assert "Approve" in page.text and "operator-1" in page.text
    assert second.send("/proposals/1/approval", page).status == 303
    assert second.send("/proposals/1/approval", page).status == 303, "the same form again"
    assert door.hub.desk.cycles[number].state is not CycleState.OPEN
    assert door.hub.desk.counters.open_cycle == number + 1, "one cycle was closed, not two"
    done = second.look("/proposals")
    assert "DONE" in done.text and "Nothing waits." in done.text
    again = second.send("/proposals/1/approval", done, {"key": "1" * 32})
    assert again.status == 409 and "is DONE" in again.text


def test_who_proposed_takes_back_and_nobody_else(door: Consoles) -> None:
    first, auditor = Person(door, "operator-1"), Person(door, "auditor")
    first.send("/cycles/closing", first.look("/cycles"))
    number = max(door.hub.desk.proposals)
    assert "Take it back" in first.look("/proposals").text
    seen = auditor.look("/proposals")
    assert seen.status == 200 and '<form method="post" action="/console/proposals' not in seen.text
    assert Person(door, "operator-2").send(f"/proposals/{number}/withdrawal", first.look("/proposals")).status == 403
    assert first.send(f"/proposals/{number}/withdrawal", first.look("/proposals")).status == 303
    assert door.hub.desk.proposals[number].state is ProposalState.WITHDRAWN


def test_a_banks_people_do_not_see_the_operators_proposals(door: Consoles) -> None:
    maker = Person(door, "zzbasg01-maker")
    assert "operator-1" not in maker.look("/proposals").text
    assert Person(door, "zzbasg01-checker").send("/proposals/1/approval", maker.look("/pay")).status in (403, 404)


def test_a_deed_takes_the_sessions_own_form_and_its_right(door: Consoles) -> None:
    people = {"operator-1": Role.OPERATOR_MAKER, "officer-1": Role.COMPLIANCE_OFFICER, "auditor": Role.AUDITOR,
              "supervisor-sg": Role.SUPERVISOR, "zzbasg01-maker": Role.MEMBER_MAKER, "zzbasg01-checker": Role.MEMBER_CHECKER}  # fmt: skip
    for path, right, _ in DEEDS:
        place = (
            path.replace("{number}", "999")
            .replace("{uetr}", "8a562c67-ca16-48ba-b074-65581be6f0a2")
            .replace("{case}", "K-0")
            .replace("{motion}", "none")
        )
        for name, role in people.items():
            person = Person(door, name)
            stolen = door.ask(f"/console{place}", session=person.session, form={"word": "0" * 64, "key": "0" * 32})
            assert stolen.status == 403, (path, name)
            if role not in roles_with(right):
                shown = person.look("/no/such")
                assert person.send(place, shown, {"key": "0" * 32}).status == 403, (path, name)


def test_a_payment_is_written_by_one_and_sent_by_another(door: Consoles) -> None:
    maker, checker = Person(door, "zzbasg01-maker"), Person(door, "zzbasg01-checker")
    shown = maker.look("/pay")
    before = door.hub.desk.counters.payment
    assert maker.send("/pay", shown, FORM).status == 303
    assert maker.send("/pay", shown, FORM).status == 303, "a button pressed twice"
    uetrs = set(re.findall(r"/console/pay/([0-9a-f-]{36})/withdrawal", maker.look("/pay").text))
    assert len(uetrs) == 1 and door.hub.desk.counters.payment == before, "nothing has come to the hub"
    (uetr,) = uetrs
    assert Person(door, "zzbbsg02-checker").send(
        f"/pay/{uetr}/sending", Person(door, "zzbbsg02-checker").look("/proposals")
    ).status in (400, 403, 404)
    assert maker.send(f"/pay/{uetr}/sending", maker.look("/pay")).status == 403, "a maker sends nothing"
    page = checker.look("/proposals")
    assert "Somchai Foods" in page.text and "88.20" in page.text and "IntrBkSttlmAmt" in page.text, "as it will go"
    assert checker.send(f"/pay/{uetr}/sending", page).headers["location"] == f"/console/payments/{uetr}"
    assert checker.send(f"/pay/{uetr}/sending", page).headers["location"] == f"/console/payments/{uetr}"
    one = door.hub.by_uetr(uetr)
    assert one is not None and one.state is PaymentState.OFFERED and one.source_minor == 8_820
    assert door.hub.desk.counters.payment == before + 1, "sent once"
    assert "Somchai" not in maker.look("/pay").text, "what has ended says nothing of people"
    lines = [(look.who, look.verb) for look in door.access.looks.about(f"payment {uetr}")]
    assert ("zzbasg01-maker", "payment.draft") in lines and ("zzbasg01-checker", "payment.send") in lines


def test_a_draft_is_taken_back_by_who_wrote_it(door: Consoles) -> None:
    maker, checker = Person(door, "zzbasg01-maker"), Person(door, "zzbasg01-checker")
    maker.send("/pay", maker.look("/pay"), FORM | {"amount": "12.00"})
    (uetr,) = set(re.findall(r"/console/pay/([0-9a-f-]{36})/withdrawal", maker.look("/pay").text))
    page = checker.look("/proposals")
    assert maker.send(f"/pay/{uetr}/withdrawal", maker.look("/pay")).status == 303
    assert checker.send(f"/pay/{uetr}/sending", page).status == 410 and door.hub.by_uetr(uetr) is None


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"amount": "12,00"}, 422), ({"amount": "0"}, 422), ({"currency": "XXX"}, 422), ({"payees_bank": "ZZBASG01"}, 422),
     ({"payees_bank": "NOWHERE1"}, 422), ({"payer": ""}, 422), ({"invoice": "INV-000001"}, 422)],
)  # fmt: skip
def test_what_the_form_cannot_mean_is_said_and_nothing_is_kept(door: Consoles, changed: dict[str, str], status: int) -> None:
    maker = Person(door, "zzbasg01-maker")
    found = maker.send("/pay", maker.look("/pay"), FORM | changed)
    assert found.status == status and 'class="fault"' in found.text, (changed, found.status)
    assert "/withdrawal" not in found.text, "no draft was made"


def test_a_message_says_what_the_form_said() -> None:
    bank = Bank("ZZBASG01", "SG", "SGD", ["ZZBBSG02"], ["SGD"], [])
    raw = message(WRITTEN, bank, "ZZHBSG00", "8a562c67-ca16-48ba-b074-65581be6f0a3", AT)
    found = read(raw, bulk=True)
    assert found.kind == "pacs.008.001.08" and b"Payer &amp; Sons" in raw and b"Payee &lt;Ltd&gt;" in raw and b">123.45<" in raw


# Drafts by themselves


def draft(uetr: str, at: Instant = AT) -> Draft:
    return drafted(uetr, "ZZBASG01", "maker", WRITTEN, b"<message/>", at)


def test_what_has_ended_says_nothing_of_people() -> None:
    for one in PAYMENT_DRAFT.rows:
        found = stepped(draft("u").__class__(**{name: getattr(draft("u"), name) for name in draft("u").__struct_fields__} | {"state": one.before}), one.on, "who", AT)  # fmt: skip
        assert (found.raw == b"" and found.written is None) == (found.state in PAYMENT_DRAFT.ends)


def test_drafts_lapse_and_are_counted(tmp_path: Path) -> None:
    store = Drafts(tmp_path)
    one = draft("u1")
    assert store.put(one, "f1") == one and store.put(draft("u2"), "f1") == one, "one form makes one draft"
    late = Instant(int(one.until))
    assert store.of("ZZBASG01", AT, waiting=True) == [one] and store.of("ZZBBSG02", AT, waiting=True) == []
    assert store.step("u1", State.RELEASED, Event.TAKEN, "who", AT) is None, "it is not in that state"
    found = store.find("u1", late)
    assert found is not None and found.state is State.LAPSED and found.raw == b""
    for at in range(OPEN_MAX):
        assert store.put(draft(f"w{at}"), f"w{at}") is not None
    assert store.put(draft("over"), "over") is None
    store.close()
    again = Drafts(tmp_path)
    assert len(again.of("ZZBASG01", AT, waiting=True, most=1000)) == OPEN_MAX, "kept"
    again.close()

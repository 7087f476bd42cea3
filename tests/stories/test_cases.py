"""Cases as the compliance desk meets them: a clock, alerts over many payments, parties that officers vouch for, evidence and replay."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from fondaco.compliance import (
    VOUCH,
    WITHDRAW,
    CaseState,
    Configuration,
    Decision,
    GoodGuyState,
    Word,
    chain_fault,
    sign,
    sign_word,
)
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant, Reason, Refusal
from fondaco.hub import (
    DecideCase,
    Screeners,
    SwapLists,
    Vouch,
    list_set,
    load_list,
    officers_of,
    prove_hub,
    replay_all,
    replay_verdict,
)
from fondaco.payments import Payment, State
from fondaco.reporting import case_html, case_report, story
from fondaco.simulation import demo_key
from union import SG1, SG2, TH1, Desk, newly_listed

UN = "Sorvemir Brulomarov"


def listed(desk: Desk, list_id: str) -> str:
    """The first name of two words on a list."""
    entries = desk.hub.holding.screener_in_force().lists.editions[list_id].entries
    return next(e.names[0].text for e in entries if len(e.names[0].text.split()) == 2 and e.schema == "person")


def say(desk: Desk, case_id: str, who: str, verb: str, note: str = "looked into", to: str = "") -> Refusal | str | None:
    case = desk.hub.desk.cases[case_id]
    word = Decision(case_id, who, verb, note, int(desk.now), case.verdict.digest(), b"", to, case.link())
    return desk.do(DecideCase(sign(word, demo_key(who))))


def both(desk: Desk, case_id: str, verb: str = "RELEASE") -> None:
    for who in ("officer-1", "officer-2"):
        assert isinstance(say(desk, case_id, who, verb), str)


def held(desk: Desk, creditor: str = UN, **more: object) -> Payment:
    payment = desk.pay(SG1, TH1, "5.00", "SGD", creditor=creditor, **more)
    assert payment.state is State.HELD and payment.case
    return payment


def guy(desk: Desk, payment: Payment, who: str, verb: str = VOUCH, days: int = 30) -> Refusal | str | None:
    hit = desk.hub.desk.cases[payment.case].verdict.hits[0]
    known = [
        g
        for g in desk.hub.desk.good_guys.values()
        if g.fingerprint == hit.fingerprint and g.state.name in ("PROPOSED", "IN_FORCE")
    ]
    until = known[0].until if known else int(desk.now) + days * 86_400 * 10**9
    word = Word(
        verb,
        payment.case,
        hit.fingerprint,
        hit.list_id,
        hit.entry_id,
        hit.entry,
        until,
        who,
        "a teacher of that town",
        int(desk.now),
    )
    return desk.do(Vouch(sign_word(word, demo_key(who))))


# The clock


def test_what_nobody_decides_is_escalated_and_then_refused_and_never_released(desk: Desk) -> None:
    payment = held(desk)
    case = desk.hub.desk.cases[payment.case]
    # Eight hours of opening, then the cut-off of the fifth banking day: 24 November 2026 is a Tuesday.
    door = desk.hub.desk.in_force().currencies["SGD"].calendar
    assert case.due_at == int(door.cut_off_at(datetime(2026, 12, 1, tzinfo=UTC).date()))
    assert payment.case and case.opened_at < case.escalate_at < case.due_at
    say(desk, payment.case, "officer-1", "RELEASE")
    desk.now = Instant(case.escalate_at - 10**9)
    desk.wait(0)
    assert desk.hub.desk.cases[payment.case].state is CaseState.ESCALATED, "at the instant, not after it"
    again = desk.again()
    desk.hub = again.hub
    desk.now = Instant(case.due_at - 2 * 10**9)
    desk.wait(0)
    assert desk.see(payment).state is State.HELD
    desk.wait(0)
    ended = desk.see(payment)
    assert ended.state is State.REJECTED and ended.taken[-1].event == "CASE_EXPIRED" and ended.taken[-1].article == "5.9"
    assert desk.hub.desk.cases[payment.case].state is CaseState.EXPIRED
    assert desk.told(SG1)[-1] == "RJCT RR04" and not ended.intent
    assert chain_fault(desk.hub.desk.cases[payment.case]) == ""
    assert isinstance(say(desk, payment.case, "officer-2", "RELEASE"), Refusal)


# Alerts over many payments


def test_payments_of_one_party_share_an_alert_and_each_keeps_its_record(desk: Desk) -> None:
    one, two = held(desk), held(desk)
    other = held(desk, debtor="Somebody Else Trading", creditor=UN, account="<Othr><Id>5550001</Id></Othr>")
    cases = desk.hub.desk.cases
    assert cases[one.case].alerts == cases[two.case].alerts != cases[other.case].alerts, "another account is another party"
    both(desk, one.case)
    assert desk.see(one).state is State.OFFERED and desk.see(two).state is State.HELD
    assert cases[two.case].state is CaseState.OPENED, "a decision is offered for the others, never taken for them"


# Who is vouched for


def test_a_party_that_two_officers_vouch_for_passes_until_the_entry_or_the_party_changes(desk: Desk) -> None:
    name = listed(desk, "ofac")
    first = held(desk, name)
    assert isinstance(guy(desk, first, "officer-1"), Refusal), "the case is not released"
    both(desk, first.case)
    assert "PROPOSED" in str(guy(desk, first, "officer-1"))
    assert desk.pay(SG1, TH1, "5.00", "SGD", creditor=name).state is State.HELD, "one officer lets nobody pass"
    assert isinstance(guy(desk, first, "officer-1"), Refusal)
    assert "IN_FORCE" in str(guy(desk, first, "officer-2"))
    passed = desk.pay(SG1, TH1, "5.00", "SGD", creditor=name)
    assert passed.state is State.OFFERED
    assert held(desk, name, account="<Othr><Id>5550001</Id></Othr>"), "the party is another with another account"
    replayed = replay_verdict(desk.hub, desk.see(passed), Screeners(desk.folder))
    assert (replayed.outcome, replayed.fault, replayed.told) == ("CLEAR", "", "")
    # After a restart the entry is there still; then it is taken back, by one officer.
    desk.hub = desk.again().hub
    assert desk.pay(SG1, TH1, "5.00", "SGD", creditor=name).state is State.OFFERED
    assert "WITHDRAWN" in str(guy(desk, first, "officer-1", WITHDRAW))
    assert held(desk, name)
    found = replay_verdict(desk.hub, desk.see(passed), Screeners(desk.folder))
    assert found.fault == "" and found.outcome == "CLEAR", "a past verdict keeps the entries of its instant"


def test_an_entry_is_void_when_what_the_list_says_changes_and_expires_with_its_time(desk: Desk) -> None:
    name = listed(desk, "ofac")
    first = held(desk, name)
    both(desk, first.case)
    for who in ("officer-1", "officer-2"):
        guy(desk, first, who, days=2)
    (key,) = desk.hub.desk.good_guys
    assert desk.do(SwapLists(newly_listed(desk, "Somebody Else"))) is None
    assert desk.hub.desk.good_guys[key].state is GoodGuyState.IN_FORCE, "its own entry says the same"
    hit = desk.hub.desk.cases[first.case].verdict.hits[0]
    said_otherwise = [raw.replace(b"DOB 02 Jan 1951", b"DOB 03 Jan 1951") for raw in demo_list("ofac")]
    assert hit.entry_id == "90001" and said_otherwise != demo_list("ofac")
    load_list(desk.folder, desk.rules.scheme, "ofac", said_otherwise, Instant(int(desk.now)))
    assert desk.do(SwapLists(list_set(desk.folder, desk.rules.scheme).version)) is None
    assert desk.hub.desk.good_guys[key].state is GoodGuyState.VOID
    second = held(desk, name)
    both(desk, second.case)
    for who in ("officer-1", "officer-2"):
        assert isinstance(guy(desk, second, who, days=2), str)
    (other,) = set(desk.hub.desk.good_guys) - {key}
    desk.wait(2 * 86_400)
    assert desk.hub.desk.good_guys[other].state is GoodGuyState.EXPIRED


def test_words_that_were_counted_bring_nothing_back_that_was_withdrawn(desk: Desk) -> None:
    name = listed(desk, "ofac")
    first = held(desk, name)
    both(desk, first.case)
    for who in ("officer-1", "officer-2"):
        guy(desk, first, who)
    assert "WITHDRAWN" in str(guy(desk, first, "officer-2", WITHDRAW))
    (entry,) = desk.hub.desk.good_guys.values()
    for word in entry.words:
        again = desk.do(Vouch(word))
        assert isinstance(again, Refusal) and again.reason is Reason.OUT_OF_TURN, again
    assert len(desk.hub.desk.good_guys) == 1 and held(desk, name)
    # What two officers say anew counts.
    desk.wait(1)
    for who in ("officer-1", "officer-2"):
        assert isinstance(guy(desk, first, who), str)
    assert desk.pay(SG1, TH1, "5.00", "SGD", creditor=name).state is State.OFFERED


def test_nobody_is_vouched_for_against_the_united_nations_list(desk: Desk) -> None:
    payment = held(desk)
    assert {hit.list_id for hit in desk.hub.desk.cases[payment.case].verdict.hits} == {"un"}
    both(desk, payment.case)
    refused = guy(desk, payment, "officer-1")
    assert isinstance(refused, Refusal) and "binds everyone" in refused.found and not desk.hub.desk.good_guys


# Participants


def test_a_participant_that_a_new_list_names_is_barred_and_its_payments_wait_for_officers(desk: Desk) -> None:
    bank = desk.hub.desk.in_force().participants[TH1]
    assert desk.do(SwapLists(newly_listed(desk, bank.name.replace("(invented)", "").strip()))) is None
    (case_id,) = [key for key in desk.hub.desk.cases if key.startswith(f"KP-{TH1}")]
    waits = desk.pay(SG1, TH1, "5.00", "SGD")
    assert waits.state is State.HELD and not waits.case
    desk.hub = desk.again().hub
    assert desk.pay(SG1, TH1, "5.00", "SGD").state is State.HELD, "after a restart as well"
    both(desk, case_id)
    assert desk.see(waits).state is State.OFFERED
    assert desk.pay(SG1, TH1, "5.00", "SGD").state is State.OFFERED


def test_a_participant_that_officers_confirm_is_suspended_and_what_waited_is_refused(desk: Desk) -> None:
    bank = desk.hub.desk.in_force().participants[TH1]
    assert desk.do(SwapLists(newly_listed(desk, bank.name.replace("(invented)", "").strip()))) is None
    (case_id,) = [key for key in desk.hub.desk.cases if key.startswith(f"KP-{TH1}")]
    waits = desk.pay(SG1, TH1, "5.00", "SGD")
    both(desk, case_id, "CONFIRM")
    assert desk.see(waits).state is State.REJECTED and desk.told(SG1)[-1] == "RJCT RR04"
    assert desk.hub.desk.in_force().participants[TH1].standing == "suspended"


# Replay and evidence


def test_every_verdict_comes_out_the_same_to_the_byte_and_what_was_altered_is_told(desk: Desk) -> None:
    clear = desk.pay(SG1, TH1, "5.00", "SGD")
    hit = held(desk, "Sorvemir Brulomarow")
    assert desk.do(SwapLists(newly_listed(desk, "Somebody Else"))) is None
    both(desk, desk.see(hit).case)
    desk.let_world_answer()
    rows = replay_all(desk.hub, Screeners(desk.folder))
    assert [(one.outcome, one.fault, one.told) for one in rows] == [("CLEAR", "", ""), ("HIT", "", "")]
    assert [one.made for one in rows] == [one.digest for one in rows]
    assert prove_hub(desk.hub).faults == []
    # A configuration that was altered is told; so is a verdict, and a case.
    payment = desk.see(clear)
    assert payment.screened is not None
    stored = desk.hub.journal.record("configuration", payment.screened.configuration)
    assert stored is not None
    laxer = msgspec.structs.replace(msgspec.msgpack.decode(stored, type=Configuration), strong_milli=970)
    replaced = _Altered(desk.hub.journal, payment.screened.configuration, msgspec.msgpack.encode(laxer))
    desk.hub.journal = replaced  # type: ignore[assignment]
    assert "altered" in replay_verdict(desk.hub, payment, Screeners(desk.folder)).fault
    desk.hub.journal = replaced.journal
    other = msgspec.structs.replace(payment, screened=msgspec.structs.replace(payment.screened, configuration=laxer.digest()))
    assert "not kept" in replay_verdict(desk.hub, other, Screeners(desk.folder)).fault
    other = msgspec.structs.replace(payment, screened=msgspec.structs.replace(payment.screened, at=payment.screened.at + 1))
    assert "otherwise" in replay_verdict(desk.hub, other, Screeners(desk.folder)).fault
    case = desk.hub.desk.cases[desk.see(hit).case]
    laxer_hit = msgspec.structs.replace(case.verdict.hits[0], score_milli=881)
    desk.hub.desk.cases[case.case_id] = msgspec.structs.replace(
        case, verdict=msgspec.structs.replace(case.verdict, hits=(laxer_hit,))
    )
    assert "another verdict" in replay_verdict(desk.hub, desk.see(hit), Screeners(desk.folder)).fault
    assert any("word 1" in fault for fault in prove_hub(desk.hub).faults), "and the chain tells it as well"
    desk.hub.desk.cases[case.case_id] = case


class _Altered:
    """A journal of which somebody altered one record."""

    def __init__(self, journal: object, key: str, raw: bytes) -> None:
        self.journal, self._key, self._raw = journal, key, raw

    def record(self, kind: str, key: str) -> bytes | None:
        return self._raw if (kind, key) == ("configuration", self._key) else self.journal.record(kind, key)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self.journal, name)


def test_the_evidence_of_a_case_is_one_page_that_needs_nothing_else(desk: Desk) -> None:
    uetr = "8a562c67-ca16-48ba-b074-65581be6f00a"
    hidden = "Sorvemir Brulomarow <script>alert(1)</script>"
    payment = held(desk, hidden.replace("<", "&lt;"), uetr=uetr)
    say(desk, payment.case, "officer-1", "ASSIGN", "is known to her", "officer-2")
    say(desk, payment.case, "officer-2", "CONFIRM", "same birthday & town")
    case = desk.hub.desk.cases[payment.case]
    editions = list(desk.hub.holding.screener_in_force().lists.editions.values())
    replay = replay_verdict(desk.hub, payment, Screeners(desk.folder))
    report = case_report(
        case, f"payment 1, UETR {uetr}", editions, officers_of(desk.hub.desk.scheme), f"the same to the byte {replay.made}"
    )
    page = case_html(report)
    assert "<script" not in page and "http" not in page.replace("http-equiv", "") and "src=" not in page
    assert '<html lang="en">' in page and page.count("<th scope=") > 10 and page.count("<caption>") == page.count("<table>")
    for word in (
        "Sorvemir Brulomarow",
        "SORVEMIR BRULOMAROV",
        "spelling",
        "same birthday &amp; town",
        "officer-2",
        "holds",
        replay.made,
    ):
        assert word in page, word
    assert report.words[1].signature == "holds" and report.replay.endswith(report.verdict)


# What a sender hears


def test_no_door_tells_a_sender_who_was_hit(desk: Desk) -> None:
    names = {list_id: listed(desk, list_id) for list_id in ("un", "ofac", "uk")}
    payments = [held(desk, name) for name in names.values()]
    payments.append(held(desk, "Kanya Wongrak", debtor_data="<PstlAdr><TwnNm>X</TwnNm><Ctry>KP</Ctry></PstlAdr>"))
    secrets = {
        text
        for p in payments
        for hit in desk.hub.desk.cases[p.case].verdict.hits
        for text in (hit.listed, hit.entry_id, hit.list_id)
    }
    secrets |= {hit.fingerprint for p in payments for hit in desk.hub.desk.cases[p.case].verdict.hits}
    both(desk, payments[0].case, "CONFIRM")
    both(desk, payments[1].case, "RELEASE")
    desk.wait(86_400 * 14)
    assert desk.see(payments[2]).state is State.REJECTED
    told = [mail for mail in desk.inbox if mail.recipient in (SG1, TH1, SG2)]
    assert len(told) >= 5
    for mail in told:
        for secret in secrets - set(names.values()):
            assert not _whole(secret, mail.raw.decode()), (secret, mail.kind)
        assert b"RR04" not in mail.raw or b"AddtlInf" not in mail.raw, "a neutral code, and no sentence beside it"
    for payment in payments:
        known = str({k: v for k, v in story(desk.see(payment), desk.hub.journal).items() if k != "mail"})
        for secret in secrets:
            assert not _whole(secret, known), (secret, "the story of a payment is read by operators")
    confirmed, expired = desk.see(payments[0]), desk.see(payments[2])
    assert confirmed.refusal == expired.refusal, "nor does the refusal tell whether somebody decided"
    for entry in (e for link in desk.hub.journal.links() for e in link.entries()):
        for secret in secrets - {"un", "uk", "ofac", "embargo"}:
            assert not _whole(secret, f"{entry.subject} {entry.event} {entry.facts}"), (secret, entry)


def _whole(secret: str, text: str) -> bool:
    """Whether a text holds a secret as a word of its own."""
    return bool(secret) and re.search(rf"(?<![\w-]){re.escape(secret)}(?![\w-])", text) is not None

"""What carries no payment is screened like a payment: whole, before it is acted on and before anybody else reads it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fondaco.compliance import CaseState, Decision, Screener, sign
from fondaco.core import Instant, Reason, Refusal, utc_text
from fondaco.hub import Arrive, DecideCase, Screeners, SwapLists, open_hub, replay_message
from fondaco.messages import Status, acmt_023, pacs_002, verification, wrap
from fondaco.messages.xml import parse
from fondaco.payments import Payment, State
from fondaco.simulation import demo_key
from stories.test_assignments import answer_recall, ask_back, findings, investigate, report, the_open, verify
from stories.test_liquidity import agent_says, expect, move_money, query, the_last
from stories.test_liquidity import report as ask_for_report
from stories.test_returns import baht, enquiry, return_of, settled, the_return
from union import HUB, MY1, SG1, TH1, Desk, calm_uetr, newly_listed, pacs_008

LISTED = "Sorvemir Brulomarov"
Said = Callable[[Desk], Refusal | str | None]


def acknowledge(desk: Desk) -> Refusal | str | None:
    name, text = f"AK{desk.now}", utc_text(desk.now)
    document = f"<SysEvtAck><MsgId>{name}</MsgId><OrgtrRef>E1</OrgtrRef><AckDtls><EvtCd>LOWL</EvtCd><EvtTm>{text}</EvtTm></AckDtls></SysEvtAck>"
    return desk.send(wrap("admi.011.001.01", SG1, HUB, name, text, document), SG1)


def offered(desk: Desk) -> Payment:
    payment = desk.pay(SG1, TH1, "10.00", "SGD", urgent=True)
    assert payment.state is State.OFFERED
    return payment


def recalled(desk: Desk) -> Said:
    uetr = settled(desk).uetr
    assert ask_back(desk, uetr) is None
    return lambda desk: answer_recall(desk, uetr, "RJCR", "CUST")


def investigated(desk: Desk) -> Said:
    assert investigate(desk, settled(desk).uetr) is None
    key = the_open(desk).key
    return lambda desk: findings(desk, key, "CLSD")


def verified(desk: Desk) -> Said:
    assert verify(desk) is None
    key = the_open(desk).key
    return lambda desk: report(desk, key, True)


def asked_back(desk: Desk) -> Said:
    uetr = settled(desk).uetr
    return lambda desk: ask_back(desk, uetr)


def asked_about(desk: Desk) -> Said:
    uetr = settled(desk).uetr
    return lambda desk: investigate(desk, uetr)


def enquired(desk: Desk) -> Said:
    uetr = settled(desk).uetr
    return lambda desk: enquiry(desk, uetr, SG1)


def answered(desk: Desk) -> Said:
    payment = offered(desk)
    return lambda desk: desk.answer(payment)


def funded(desk: Desk) -> Said:
    assert move_money(desk, "5.00") is None
    asked = the_last(desk).asked_as
    return lambda desk: agent_says(desk, "ACSC", asked)


# Every form of message without payments that the hub acts on; what is made ready first, what is then said, and by whom.
FORMS: dict[str, tuple[Callable[[Desk], Said], str]] = {
    "camt.056": (asked_back, SG1),
    "camt.029": (recalled, TH1),
    "camt.110": (asked_about, SG1),
    "camt.111": (investigated, TH1),
    "acmt.023": (lambda _: verify, SG1),
    "acmt.024": (verified, TH1),
    "pacs.028": (enquired, SG1),
    "pacs.002": (answered, TH1),
    "camt.050": (lambda _: lambda desk: move_money(desk, "5.00"), SG1),
    "camt.025": (funded, "the agent"),
    "camt.003": (lambda _: query, SG1),
    "camt.060": (lambda _: ask_for_report, SG1),
    "camt.057": (lambda _: lambda desk: expect(desk, "250.00", "SGD"), SG1),
    "admi.011": (lambda _: acknowledge, SG1),
}


def in_the_supplement(raw: bytes, name: str) -> bytes:
    """The message with a name in its supplementary data, where no reader looks."""
    more = f"<SplmtryData><Envlp><Note xmlns='urn:x'><Who>{name}</Who></Note></Envlp></SplmtryData>"
    return re.sub(rb"(</[\w.]+></Document>)", more.encode() + rb"\1", raw)


def in_the_header(raw: bytes, name: str) -> bytes:
    """The message from a bank that its business application header also calls by a name."""
    return raw.replace(b"</BICFI></FinInstnId></FIId></Fr>", f"</BICFI><Nm>{name}</Nm></FinInstnId></FIId></Fr>".encode())


class Saying:
    """Stands between a story and its desk: what the story sends says one thing more, and is kept."""

    def __init__(self, desk: Desk, alter: Callable[[bytes], bytes]) -> None:
        self._desk, self._alter = desk, alter
        self.sent: list[tuple[str, bytes]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._desk, name)

    def send(self, raw: bytes, sender: str) -> Refusal | str | None:
        raw = self._alter(raw)
        parse(raw)
        self.sent.append((sender, raw))
        return self._desk.send(raw, sender)

    def answer(self, payment: Payment) -> Refusal | str | None:
        text = utc_text(self._desk.now)
        said = pacs_002("A1", text, payment.offered_as, payment.message_kind, [Status("", "", "", payment.uetr, "ACSP", "")])
        return self.send(wrap("pacs.002.001.10", TH1, HUB, "A1", text, said), TH1)


def decide(
    desk: Desk, case_id: str, verb: str = "RELEASE", officers: tuple[str, ...] = ("officer-1", "officer-2")
) -> list[object]:
    found = []
    for who in officers:
        case = desk.hub.desk.cases[case_id]
        word = Decision(case_id, who, verb, "looked into", int(desk.now), case.verdict.digest(), b"", "", case.link())
        found.append(desk.do(DecideCase(sign(word, demo_key(who)))))
    return found


def state_of(desk: Desk) -> tuple[object, ...]:
    """Everything that a message could change."""
    hub = desk.hub.desk
    assigned = sorted((one.key, one.state.name, one.answer) for one in hub.assignments.values())
    fundings = sorted((one.asked_as, one.state.name) for one in hub.fundings.values())
    live = sorted((number, one.state.name, one.told) for number, one in hub.live.items())
    return desk.books(), assigned, fundings, live, dict(hub.expected), {k: (v.count, v.misses) for k, v in hub.asked.items()}


@pytest.mark.parametrize("place", [in_the_supplement, in_the_header])
@pytest.mark.parametrize("form", FORMS)
def test_a_message_that_names_a_listed_party_is_neither_acted_on_nor_passed_on(
    desk: Desk, form: str, place: Callable[[bytes, str], bytes]
) -> None:
    prepare, who = FORMS[form]
    say = prepare(desk)
    sender = desk.rules.currencies["SGD"].agent_bic[:8] if who == "the agent" else who
    desk.inbox.clear()
    before = state_of(desk)
    saying = Saying(desk, lambda raw: place(raw, LISTED))
    refused = say(saying)  # type: ignore[arg-type]
    assert isinstance(refused, Refusal) and refused.reason is Reason.REGULATORY
    assert state_of(desk) == before
    (told,) = desk.inbox
    assert (told.recipient, told.kind) == (sender, "admi.002.001.01") and b"<RjctgPtyRsn>RR04</RjctgPtyRsn>" in told.raw
    for word in (b"Sorvemir", b"INi.", b"sanction", b"list", b"hit", b"KM-", b"5.2", b"5.3"):
        assert word not in told.raw, word
    # An officer sees it with its evidence, and it is made again to the byte.
    (case,) = [one for one in desk.hub.desk.cases.values() if one.open]
    assert case.subject == sender and case.payment == 0 and case.case_id.startswith("KM-") and case.alerts
    assert {hit.said for hit in case.verdict.hits} == {LISTED}
    replayed = replay_message(desk.hub, case, Screeners(desk.folder))
    assert (replayed.fault, replayed.told, replayed.made) == ("", "", case.verdict.digest().hex())
    # Again, it is the same case; released by two, it passes when it comes again, and otherwise changed it does not.
    ((who_sent, raw),) = saying.sent
    assert isinstance(desk.send(raw, who_sent), Refusal) and len(desk.hub.desk.cases) == 1
    assert decide(desk, case.case_id) == ["RELEASE_PROPOSED", "RELEASED"]
    if form == "acmt.024":
        return  # the seconds in which a bank may answer are over
    assert state_of(desk) == before, "a release sends nothing: who sent it sends it again"
    other = desk.send(raw.replace(LISTED.encode(), b"Brulomarov, Sorvemir"), who_sent)
    assert isinstance(other, Refusal) and other.reason is Reason.REGULATORY
    desk.inbox.clear()
    again = desk.send(raw, who_sent)
    assert not (isinstance(again, Refusal) and again.reason is Reason.REGULATORY)
    assert again is None


def test_what_is_confirmed_is_refused_for_good_and_what_expired_is_asked_anew(desk: Desk) -> None:
    saying = Saying(desk, lambda raw: raw)
    verify(saying, holder=LISTED, name="V-one")  # type: ignore[arg-type]
    ((_, raw),) = saying.sent
    (case,) = desk.hub.desk.cases.values()
    assert decide(desk, case.case_id, "CONFIRM")[-1] == "CONFIRMED"
    assert isinstance(desk.send(raw, SG1), Refusal) and len(desk.hub.desk.cases) == 1
    verify(saying, holder=LISTED, name="V-two")  # type: ignore[arg-type]
    (second,) = [one for one in desk.hub.desk.cases.values() if one.open]
    desk.wait((second.due_at - int(desk.now)) // 10**9 + 1)
    assert desk.hub.desk.cases[second.case_id].state is CaseState.EXPIRED and desk.hub.desk.assignments == {}
    desk.hub = desk.again().hub
    desk.hub.holding.screener_in_force()._until = 2**62  # as if the lists had come this morning
    verify(Saying(desk, lambda raw: raw), holder=LISTED, name="V-two")  # type: ignore[arg-type]
    assert len([one for one in desk.hub.desk.cases.values() if one.open]) == 1
    codes = {mail.raw.partition(b"<RjctgPtyRsn>")[2][:4] for mail in desk.inbox if mail.kind.startswith("admi.002")}
    assert codes == {b"RR04"}, "confirmed, expired and open sound the same"


def test_another_list_set_closes_the_case_and_asks_anew(desk: Desk) -> None:
    saying = Saying(desk, lambda raw: raw)
    verify(saying, holder=LISTED)  # type: ignore[arg-type]
    ((_, raw),) = saying.sent
    (case,) = desk.hub.desk.cases.values()
    decide(desk, case.case_id)
    assert desk.do(SwapLists(newly_listed(desk, "Kanya Wongrak"))) is None
    assert isinstance(desk.send(raw, SG1), Refusal), "a release is for these hits on this list set"
    (new,) = [one for one in desk.hub.desk.cases.values() if one.open]
    assert desk.do(SwapLists(newly_listed(desk, "Somebody Else"))) is None
    assert desk.hub.desk.cases[new.case_id].state is CaseState.SUPERSEDED


def test_other_lists_in_the_same_batch_are_the_ones_that_a_message_meets(desk: Desk) -> None:
    saying = Saying(desk, lambda raw: raw)
    verify(saying, holder="Kanya Wongrak", name="V-first")  # type: ignore[arg-type]
    ((_, raw),) = saying.sent
    assert len(desk.hub.desk.assignments) == 1
    version = newly_listed(desk, "Kanya Wongrak")
    ahead, after = raw.replace(b"V-first", b"V-ahead"), raw.replace(b"V-first", b"V-after")
    last = desk.do(Arrive(SG1, ahead), SwapLists(version), Arrive(SG1, after))
    assert isinstance(last, Refusal) and last.reason is Reason.REGULATORY and len(desk.hub.desk.assignments) == 2


@pytest.mark.parametrize("how", ["raises", "too old", "no lists"])
def test_where_nothing_can_be_known_no_message_passes(desk: Desk, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    payment = offered(desk)
    desk.inbox.clear()
    with monkeypatch.context() as patched:
        if how == "raises":
            patched.setattr(Screener, "_all", lambda *_: 1 / 0)
        elif how == "too old":
            patched.setattr(desk.hub.holding.screener_in_force(), "_until", int(desk.now))
        else:
            patched.setattr(desk.hub.desk.counters, "list_set", "")
        for said in (verify(desk), query(desk), desk.answer(payment)):
            assert isinstance(said, Refusal) and said.reason is Reason.REGULATORY
    assert {mail.kind for mail in desk.inbox} == {"admi.002.001.01"} and not desk.hub.desk.cases
    assert desk.see(payment).state is State.OFFERED and desk.hub.desk.assignments == {}
    assert desk.answer(payment) is None and desk.see(payment).state is State.SETTLED, "said again it counts"


def test_a_payment_whose_header_names_a_listed_party_is_held_and_its_return_as_well(desk: Desk) -> None:
    uetr = calm_uetr()
    desk.send(in_the_header(pacs_008(SG1, TH1, "5.00", "SGD", uetr=uetr), LISTED), SG1)
    held = desk.hub.by_uetr(uetr)
    assert held is not None and held.state is State.HELD
    (hit,) = desk.hub.desk.cases[held.case].verdict.hits
    assert hit.path == "AppHdr/Fr/FIId/FinInstnId/Nm"
    whole = settled(desk)
    return_of(Saying(desk, lambda raw: in_the_header(raw, LISTED)), whole.uetr, baht(whole), "THB")  # type: ignore[arg-type]
    assert the_return(desk, whole).state is State.HELD


def test_what_officers_released_of_a_payment_is_said_of_it_by_its_banks_and_of_nothing_else(desk: Desk) -> None:
    named = settled_after_release(desk)
    assert ask_back(Saying(desk, lambda raw: in_the_supplement(raw, LISTED)), named.uetr) is None  # type: ignore[arg-type]
    other = settled(desk)
    refused = ask_back(Saying(desk, lambda raw: in_the_supplement(raw, LISTED)), other.uetr)  # type: ignore[arg-type]
    assert isinstance(refused, Refusal) and refused.reason is Reason.REGULATORY, "another payment"
    foreign = investigate(Saying(desk, lambda raw: in_the_supplement(raw, LISTED)), named.uetr, sender=MY1)  # type: ignore[arg-type]
    assert isinstance(foreign, Refusal) and foreign.reason is Reason.REGULATORY, "another bank"
    saying = Saying(desk, lambda raw: in_the_supplement(raw, "Sorvemir Brulomarow"))
    changed = investigate(saying, named.uetr)  # type: ignore[arg-type]
    assert isinstance(changed, Refusal) and changed.reason is Reason.REGULATORY, "another text"


def settled_after_release(desk: Desk) -> Payment:
    payment = desk.pay(SG1, TH1, "10.00", "SGD", urgent=True, creditor=LISTED)
    decide(desk, payment.case)
    desk.answer(desk.see(payment))
    assert desk.see(payment).state is State.SETTLED
    return desk.see(payment)


def test_a_name_cut_over_two_lines_of_an_answer_is_found(desk: Desk) -> None:
    uetr = settled(desk).uetr
    ask_back(desk, uetr)

    def split(raw: bytes) -> bytes:
        return raw.replace(
            b"</Rsn></CxlStsRsnInf>", b"</Rsn><AddtlInf>for Sorvemir</AddtlInf><AddtlInf>Brulomarov</AddtlInf></CxlStsRsnInf>"
        )

    refused = answer_recall(Saying(desk, split), uetr, "RJCR", "CUST")  # type: ignore[arg-type]
    assert isinstance(refused, Refusal) and refused.reason is Reason.REGULATORY


def test_what_was_lost_with_its_batch_is_refused_again(desk: Desk) -> None:
    """Killed between commit one and two: the verdict on the message is made again, and so is its case."""
    desk.now = Instant(desk.now + 10**9)
    text = utc_text(desk.now)
    raw = wrap("acmt.023.001.04", SG1, HUB, "V1", text, acmt_023("V1", text, (SG1, HUB), verification("1", TH1, "987", LISTED)))
    desk.hub.process([Arrive(SG1, raw)], desk.now)
    cases = dict(desk.hub.desk.cases)
    desk.hub.books.close()  # type: ignore[attr-defined]
    desk.hub.journal.close()
    desk.hub = open_hub(desk.folder)
    assert desk.hub.desk.cases == cases and len(cases) == 1
    assert isinstance(desk.send(raw, SG1), Refusal) and desk.hub.desk.cases == cases, "known after the restart"

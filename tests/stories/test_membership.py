"""A bank becomes a participant: applied, screened, key witnessed, certified, admitted by the rules, a member when its day comes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from fondaco.compliance import Decision, sign
from fondaco.core import Instant, Reason, Refusal, at, lei_with_check_digits
from fondaco.hub import (
    Apply,
    Certify,
    CloseCycle,
    DecideCase,
    EndDay,
    Move,
    OpenDay,
    Rulebooks,
    SwapLists,
    TakeBack,
    editions,
    open_hub,
)  # fmt: skip
from fondaco.payments import State
from fondaco.rulebook import (
    CONFORMANCE_CASES,
    Application,
    CaseResult,
    Certificate,
    Deed,
    MembershipState,
    Vote,
    sign_application,
    sign_certificate,
    sign_vote,
)  # fmt: skip
from fondaco.simulation.day import demo_key
from union import SG1, TH1, Desk, newly_listed, pacs_008

TOMORROW = "2026-11-25"
NEW = "ZZBDSG04"
BANK = demo_key("the new bank")


def application(**changes: object) -> Application:
    plain = Application(NEW, lei_with_check_digits("FNDC00ZZBDSG000411"), "Bank Empat Contoh", "SG", "SGD", ("SGD",), "")
    return sign_application(msgspec.structs.replace(plain, **changes), BANK)


def certificate(desk: Desk, *, failing: str = "", cases: tuple[str, ...] = CONFORMANCE_CASES, **changes: str) -> Certificate:
    results = tuple(CaseResult(name, "rule", name != failing) for name in cases)
    rulebook = desk.hub.desk.counters.rulebook
    made = Certificate(NEW, application().fingerprint(), rulebook, "kit 1", "2026-11-24T02:00:00Z", results)
    return sign_certificate(msgspec.structs.replace(made, **changes), "operator-1", demo_key("operator-1"))


def vote(desk: Desk, deed: Deed) -> list[Refusal | str | None]:
    day = desk.hub.desk.counters.day
    return [
        desk.do(Move(sign_vote(Vote(deed, who, "x", day, int(desk.now)), demo_key(who)))) for who in ("operator-1", "operator-2")
    ]


def state(desk: Desk) -> MembershipState:
    return desk.hub.desk.memberships[NEW].state


def draft(desk: Desk, name: str = "Bank Empat Contoh") -> str:
    home = desk.folder.parent / f"draft {name}"
    if not home.exists():
        shutil.copytree(desk.folder / "union", home)
        row = (
            f'\n[[participants]]\nnumber = 904\nbic = "{NEW}"\nlei = "{application().lei}"\nname = "{name}"\n'
            'country = "SG"\ncurrency = "SGD"\nroles = ["member"]\ncaps = { SGD = "1000" }\n'
        )
        (home / "participants.toml").write_text((home / "participants.toml").read_text() + row)
    return Rulebooks(desk.folder).keep(home).version


def up_to(desk: Desk, last: str) -> None:
    """Walk the way as far as `last`."""
    assert desk.do(Apply(application())) == f"{NEW} SCREENED"
    if last == "SCREENED":
        return
    assert str(vote(desk, Deed("key", NEW, application().fingerprint()))[1]).endswith("CARRIED")
    if last == "KEYED":
        return
    assert desk.do(Certify(certificate(desk))) == f"{NEW} CERTIFIED"
    if last == "CERTIFIED":
        return
    assert str(vote(desk, Deed("rules", draft(desk), TOMORROW))[1]).endswith("CARRIED")


def next_day(desk: Desk) -> None:
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert desk.do(EndDay()) is None
    desk.now = Instant(int(at(datetime(2026, 11, 25, 1, 10, tzinfo=UTC))))
    assert desk.do(OpenDay(TOMORROW)) is None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub")
    yield made
    made.close()


def test_from_application_to_the_first_payment(desk: Desk) -> None:
    assert isinstance(desk.send(pacs_008(NEW, TH1, "1.00", "SGD"), NEW), Refusal)
    up_to(desk, "ADMITTED")
    assert state(desk) is MembershipState.ADMITTED
    assert isinstance(desk.send(pacs_008(NEW, TH1, "1.00", "SGD"), NEW), Refusal), "its day has not come"
    next_day(desk)
    assert state(desk) is MembershipState.MEMBER
    desk.rules = desk.hub.desk.in_force()
    desk.quotes()
    assert desk.balance(NEW, "SGD") == 0
    assert desk.pay(NEW, TH1, "1.00", "SGD", day=TOMORROW).state is State.OFFERED
    again = desk.do(Apply(application()))
    assert isinstance(again, Refusal), "who is a participant does not apply"
    told = [one for one in desk.hub.journal.links() if NEW.encode() in one.encoded]
    assert len(told) >= 5


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"bic": SG1}, "bic"), ({"bic": "ZZ1"}, "bic"), ({"lei": "FNDC00ZZBDSG00041100"}, "lei"), ({"name": " "}, "name"),
        ({"country": "XX"}, "country"), ({"currency": "USD"}, "currencies"), ({"currencies": ("SGD", "USD")}, "currencies"),
        ({"roles": ("settlement_agent",)}, "roles"), ({"roles": ()}, "roles"),
    ],
)  # fmt: skip
def test_an_application_that_is_wrong_is_refused_with_the_place(desk: Desk, changes: dict[str, object], where: str) -> None:
    refused = desk.do(Apply(application(**changes)))
    assert isinstance(refused, Refusal) and refused.where == where
    assert not desk.hub.desk.memberships


def test_an_application_is_the_banks_own(desk: Desk) -> None:
    forged = msgspec.structs.replace(application(), name="Bank Lain")
    refused = desk.do(Apply(forged))
    assert isinstance(refused, Refusal) and refused.where == "signature"
    unsigned = msgspec.structs.replace(application(), signature="zz")
    assert isinstance(desk.do(Apply(unsigned)), Refusal)


@pytest.mark.parametrize("skipped", ["applied", "key", "certificate"])
def test_no_step_is_skipped(desk: Desk, skipped: str) -> None:
    if skipped == "applied":
        assert isinstance(vote(desk, Deed("key", NEW, application().fingerprint()))[0], Refusal)
    elif skipped == "key":
        up_to(desk, "SCREENED")
        assert isinstance(desk.do(Certify(certificate(desk))), Refusal)
    else:
        up_to(desk, "KEYED")
    refused = vote(desk, Deed("rules", draft(desk), TOMORROW))[0]
    assert isinstance(refused, Refusal) and "not certified" in refused.found


def test_a_key_of_another_fingerprint_is_not_witnessed(desk: Desk) -> None:
    up_to(desk, "SCREENED")
    refused = vote(desk, Deed("key", NEW, "0" * 64))[0]
    assert isinstance(refused, Refusal) and "fingerprint" in refused.found


def test_a_report_that_is_not_whole_good_and_an_operators_certifies_nothing(desk: Desk) -> None:
    up_to(desk, "KEYED")
    bad = [
        certificate(desk, failing="pays"),
        certificate(desk, cases=CONFORMANCE_CASES[:-1]),
        certificate(desk, cases=(*CONFORMANCE_CASES[:-1], "pays")),
        certificate(desk, rulebook="0" * 64),
        certificate(desk, fingerprint="0" * 64),
        msgspec.structs.replace(certificate(desk), made_at="2026-11-24T03:00:00Z"),
        msgspec.structs.replace(certificate(desk), officer_id="officer-1"),
    ]
    for one in bad:
        assert isinstance(desk.do(Certify(one)), Refusal)
        assert state(desk) is MembershipState.KEYED


def test_the_rules_admit_who_applied_and_nobody_else(desk: Desk) -> None:
    up_to(desk, "CERTIFIED")
    refused = vote(desk, Deed("rules", draft(desk, "Bank Lain"), TOMORROW))[0]
    assert isinstance(refused, Refusal) and "name" in refused.found


def test_an_application_taken_back_ends_and_a_new_one_may_come(desk: Desk) -> None:
    up_to(desk, "KEYED")
    assert desk.do(TakeBack(NEW)) == f"{NEW} WITHDRAWN"
    assert isinstance(desk.do(TakeBack(NEW)), Refusal)
    assert desk.do(Apply(application())) == f"{NEW} SCREENED", "the ceremony begins anew"
    assert desk.do(Apply(application())) == f"{NEW} SCREENED", "the same once more does nothing"
    other = desk.do(Apply(application(name="Bank Empat Baru")))
    assert isinstance(other, Refusal)


def listed(desk: Desk) -> str:
    edition = next(iter(editions(desk.folder, desk.hub.desk.scheme).values()))
    return next(name.text for one in edition.entries for name in one.names)


def decided(desk: Desk, verb: str) -> Refusal | str | None:
    case = desk.hub.desk.cases[desk.hub.desk.memberships[NEW].case]
    answer: Refusal | str | None = None
    for who in ("officer-1", "officer-2"):
        decision = Decision(case.case_id, who, verb, "looked into", int(desk.now), case.verdict.digest())
        answer = desk.do(DecideCase(sign(decision, demo_key(who))))
    return answer


@pytest.mark.parametrize(("verb", "end"), [("RELEASE", MembershipState.SCREENED), ("CONFIRM", MembershipState.REFUSED)])
def test_an_applicant_that_screening_hits_waits_for_two_officers(desk: Desk, verb: str, end: MembershipState) -> None:
    assert desk.do(Apply(application(name=listed(desk)))) == f"{NEW} HELD"
    assert isinstance(vote(desk, Deed("key", NEW, application().fingerprint()))[0], Refusal)
    again = desk.again()
    assert state(again) is MembershipState.HELD
    desk.hub = again.hub
    assert not isinstance(decided(again, verb), Refusal)
    assert state(again) is end


@pytest.mark.parametrize("verb", ["RELEASE", "CONFIRM"])
def test_a_hit_after_it_was_admitted_keeps_it_from_beginning(desk: Desk, verb: str) -> None:
    up_to(desk, "ADMITTED")
    assert desk.do(SwapLists(newly_listed(desk, "Bank Empat Contoh"))) is None
    assert state(desk) is MembershipState.STOPPED
    next_day(desk)
    desk.quotes()
    assert desk.hub.desk.in_force().participants[NEW].standing == "suspended"
    refused = desk.pay(NEW, TH1, "1.00", "SGD", day=TOMORROW)
    assert refused.refusal is not None and refused.refusal.reason is Reason.PARTICIPANT_SUSPENDED
    assert isinstance(vote(desk, Deed("standing", NEW, "active"))[0], Refusal), "no motion goes round screening"
    assert not isinstance(decided(desk, verb), Refusal)
    resumed = vote(desk, Deed("standing", NEW, "active"))[1]
    assert isinstance(resumed, Refusal) == (verb == "CONFIRM")


def test_without_lists_nobody_is_taken_in(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    desk.hub.desk.counters.list_set = ""
    refused = desk.do(Apply(application()))
    assert isinstance(refused, Refusal) and refused.where == "the lists" and not desk.hub.desk.memberships
    desk.close()


def test_a_crash_after_the_inputs_of_an_application_decides_it_the_same(desk: Desk) -> None:
    desk.now = Instant(desk.now + 1)
    desk.hub.process([Apply(application())], desk.now)
    desk.hub.books.close()  # type: ignore[attr-defined]
    desk.hub.journal.close()
    desk.hub = open_hub(desk.folder)
    assert state(desk) is MembershipState.SCREENED

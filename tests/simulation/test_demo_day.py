"""The demo's day contains the everyday life of a hub: every flow occurs, what is planned is done, and the books hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from fondaco.core import Instant, Reason, utc_text
from fondaco.hub import OpenDay, scheme_of
from fondaco.ledger import Role, account_id, prove
from fondaco.messages import (
    CustomerTransfers,
    LiquidityTransfer,
    Status,
    StatusReport,
    admi_004,
    expired,
    pacs_002,
    read,
    read_qr,
    seal_holds,
    wrap,
)
from fondaco.payments import DECODER, Payment, State
from fondaco.reporting import contradictions
from fondaco.rulebook import CONFORMANCE_CASES, Certificate, MembershipState, Rules, certificate_fault
from fondaco.simulation import DemoDay, Traffic, World, day_bounds, demo_day, lay_out
from fondaco.simulation.bank import demo_seal
from fondaco.simulation.customers import Asked, wishes
from fondaco.simulation.day import DayResult
from fondaco.simulation.edge import Edge
from fondaco.simulation.flows import Counts, flows
from fondaco.simulation.treasury import Treasury

MESSAGES = 2_000
# What must not happen at all.
_NONE = {
    "checks needed and not done", "statements that do not", "differ from the books", "cases failed", "not confirmed by the agent",
    "members leaving",
}  # fmt: skip


class Played(NamedTuple):
    day: DemoDay
    result: DayResult
    payments: list[Payment]
    flows: dict[str, Counts]


def play(folder: Path, messages: int, union: str) -> Played:
    day = DemoDay(folder, messages, own_process=False, union=union)
    result = day.run()
    day.hub.flush()
    payments = [DECODER.decode(raw) for _, raw in day.hub.journal.payments()]
    return Played(day, result, payments, flows(day, result, payments))


@pytest.fixture(scope="module")
def straits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    played = play(tmp_path_factory.mktemp("demo") / "hub", MESSAGES, "straits")
    yield played
    played.day.close()


def test_every_flow_occurs_on_the_day(straits: Played) -> None:
    missing = [(flow, name) for flow, counts in straits.flows.items() for name, count in counts.items() if not count]
    assert {name for _, name in missing} <= _NONE, missing
    wrong = {(flow, name): n for flow, counts in straits.flows.items() for name, n in counts.items() if name in _NONE and n}
    assert wrong == {}
    assert straits.result.unexpected == [], "what is planned is done"
    assert straits.result.messages == MESSAGES


def test_the_day_speaks_every_message_of_everyday_life(straits: Played) -> None:
    came, went = set(straits.result.received), set(straits.result.sent)
    assert {
        "pacs.008.001.08", "pacs.008.001.13", "pacs.002.001.10", "pacs.004.001.09", "pacs.028.001.03", "camt.056.001.08",
        "camt.029.001.09", "camt.110.001.01", "camt.111.001.01", "acmt.023.001.04", "acmt.024.001.04", "camt.050.001.07",
        "camt.025.001.08", "camt.003.001.08", "camt.060.001.05", "camt.057.001.08", "admi.011.001.01",
    } <= came  # fmt: skip
    assert {"camt.004.001.10", "camt.052.001.08", "camt.053.001.08", "admi.002.001.01", "admi.004.001.02"} <= went


def test_who_leaves_has_taken_its_money_home_and_has_left(straits: Played) -> None:
    day = straits.day
    assert day.governance is not None
    leaver = day.rules.participants[day.governance.leaver[:8]]
    assert day.hub.desk.standings[leaver.bic[:8]] == "left"
    held = day.hub.books.balance(account_id(Role.PREFUNDED, day.hub.desk.ledgers[leaver.currency], leaver.number))
    assert held is not None and held.net == 0
    assert day.world.balances()[leaver.currency][leaver.bic[:8]] == 0, "and its agent says the same"
    before = [one for one in straits.payments if leaver.bic[:8] in (one.sender, one.creditor_agent)]
    late = [one for one in before if one.received_at >= day.governance.leaves_at + 3 * 60 * 10**9 and not one.returns]
    assert len(before) > len(late) and all(one.state is State.REJECTED for one in late)


def test_the_applicant_is_certified_by_the_kit_and_is_a_member_from_its_day_on(tmp_path: Path) -> None:
    day = DemoDay(tmp_path / "hub", 40, own_process=False)
    day.run()
    planned, desk = day.governance, day.hub.desk
    assert planned is not None
    one = desk.memberships[planned.applicant]
    assert one.state is MembershipState.ADMITTED and planned.applicant not in desk.in_force().participants
    kept = msgspec.json.decode(planned.certificate_path.read_bytes(), type=Certificate)
    assert kept == one.certificate and tuple(case.name for case in kept.results) == CONFORMANCE_CASES and kept.passed
    officers = {officer.officer_id: officer for officer in desk.scheme.officers}
    assert certificate_fault(kept, one.application, desk.counters.rulebook, officers) is None
    opens, _ = day_bounds(demo_day().replace(day=25))
    assert day.hub.process([OpenDay(planned.next_day)], opens) == [None]
    assert desk.memberships[planned.applicant].state is MembershipState.MEMBER
    member = desk.in_force().participants[planned.applicant]
    assert member.may_send and day.hub.books.balance(account_id(Role.PREFUNDED, desk.ledgers[member.currency], member.number))
    day.close()


def test_a_customer_is_refused_at_its_limit_and_not_before(straits: Played) -> None:
    refused = [one for one in straits.payments if one.refusal is not None and one.refusal.reason is Reason.CUSTOMER_LIMIT]
    assert len(refused) == straits.result.wrong["above the customer's limit"] == max(1, MESSAGES // 4_000)
    for one in refused:
        assert one.refusal is not None and (one.refusal.article, one.refusal.code) == ("3.8", "AM14")
        before = [p for p in straits.payments if p.message_id < one.message_id and p.sender == one.sender]
        same = [p for p in before if p.source_minor == one.source_minor and p.creditor_agent == one.creditor_agent]
        assert [p.state for p in same] == [State.SETTLED] * 2


def test_altered_and_expired_codes_are_refused_by_who_must(straits: Played) -> None:
    wrong = straits.result.wrong
    told = [one.refusal.code for one in straits.payments if one.refusal and one.refusal.reason is Reason.CREDITOR_AGENT_REFUSED]
    assert told.count("DS0H") == wrong["altered"] and told.count("TM01") == wrong["late"]
    assert straits.flows["merchant codes"]["expired at the scan"] == wrong["expired"], "nothing of those reached the hub"


def test_what_was_asked_at_the_edge_is_reported_to_the_customer(straits: Played) -> None:
    banks = straits.result.banks
    assert banks["files (pain.001)"] == banks["reports (pain.002)"] > 0
    reported = sum(count for name, count in banks.items() if name.startswith("orders reported"))
    assert reported == banks["orders"]


def test_the_books_of_the_day_hold(straits: Played) -> None:
    day, hub = straits.day, straits.day.hub
    assert straits.result.reconciled, straits.result.differences
    assert prove(hub.books).faults == ()
    assert contradictions(hub.books, straits.payments, day.rules, hub.desk.ledgers) == []


def test_the_bridges_day_has_what_its_rulebook_has(tmp_path: Path) -> None:
    played = play(tmp_path / "bridge", 300, "bridge")
    assert played.result.unexpected == [] and played.result.reconciled, played.result.differences
    found = played.flows
    assert found["members"]["applicants admitted"] == found["members"]["members left"] == 1
    assert found["members"]["cases of the kit passed"] == len(CONFORMANCE_CASES)
    assert found["customers' files"]["reports (pain.002)"] == found["customers' files"]["files (pain.001)"] > 0
    assert found["merchant codes"]["codes of one sale scanned"] == 0, "its prices are reference rates: no quote can be named"
    assert found["rules of corridors"]["customer's limit reached"] == 0, "its rulebook has no such limit"
    assert found["fees of the month so far"]["differ from the books"] == 0
    played.day.close()


# What customers ask, before any hub; what a bank's edge makes of it, without one


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    folder = tmp_path_factory.mktemp("drawn") / "hub"
    lay_out(folder)
    return scheme_of(folder).on(demo_day())


def drawn(rules: Rules, seed: int = 7) -> list[Asked]:
    return wishes(rules, Traffic(rules, seed, parties=300, sealed=True), 8_000, *day_bounds(demo_day()))


def test_customers_ask_the_same_for_the_same_seed_and_in_the_order_of_time(rules: Rules) -> None:
    found = drawn(rules)
    assert found == drawn(rules) != drawn(rules, seed=8)
    assert [one.at for one in found] == sorted(one.at for one in found)


def test_codes_are_wrong_as_they_say_and_else_good(rules: Rules) -> None:
    kinds = set()
    for one in drawn(rules):
        if one.kind != "scan":
            continue
        code = read_qr(str(one.request["code"]), rules.scheme.qr_identifier)
        assert code.dynamic and code.account is not None and code.amount_minor
        scanned = Instant(int(one.request["scanned"]))
        assert seal_holds(code, demo_seal(code.account.bic)) is (one.wrong != "altered")
        assert expired(code, scanned) is (one.wrong == "expired")
        assert expired(code, one.at) is (one.wrong in ("expired", "late"))
        kinds.add(one.wrong)
    assert kinds == {"", "altered", "expired", "late"}


def test_a_bank_that_gave_up_is_paid_by_few_and_pays_nobody(rules: Rules) -> None:
    opens, closes = day_bounds(demo_day())
    leaves = Instant((int(opens) + int(closes)) // 2)
    traffic = Traffic(rules, 3, parties=300, leaving=("ZZBCPH03", leaves))
    late = [one for one in traffic.messages(4_000, opens, closes, bad_share=0.0) if one.at >= leaves]
    assert [one for one in late if one.sender == "ZZBCPH03"] == []
    to_it, to_others = (
        sum(one.raw.count(f"<CdtrAgt><FinInstnId><BICFI>{bic}".encode()) for one in late) for bic in ("ZZBCPH03", "ZZBBPH02")
    )
    assert 0 < to_it < to_others // 5


def file_of(rules: Rules, *, refused: bool) -> Asked:
    return next(one for one in drawn(rules) if one.kind == "file" and (one.transactions == 0) is refused)


def test_a_file_of_which_nothing_can_be_sent_is_reported_at_once(rules: Rules) -> None:
    edge, one = Edge(rules.hub_bic), file_of(rules, refused=True)
    assert edge.initiated(one.bank, one.raw, one.at) == []
    assert edge.counts["reports (pain.002)"] == edge.counts["orders reported RJCT"] == 1


def test_a_customer_is_told_when_its_last_order_ended_and_once(rules: Rules) -> None:
    edge, one = Edge(rules.hub_bic), file_of(rules, refused=False)
    ((bank, raw),) = edge.initiated(one.bank, one.raw, one.at)
    sent = read(raw).body
    assert bank == one.bank and isinstance(sent, CustomerTransfers)
    for status in ("ACSP", "ACSC", "ACSC"):
        assert edge.counts["reports (pain.002)"] == 0
        for transfer in sent.transfers:
            heard = pacs_002("R1", utc_text(one.at), "M1", "pacs.008.001.08", [Status("", "", "", transfer.uetr, status)])
            body = read(wrap("pacs.002.001.10", rules.hub_bic, bank, "R1", utc_text(one.at), heard)).body
            assert isinstance(body, StatusReport)
            edge.heard(body, one.at)
        if status == "ACSC":
            break
    edge.close(one.at)
    assert edge.counts["reports (pain.002)"] == 1 and edge.counts["orders reported ACSC"] == len(sent.transfers)


def test_what_has_not_ended_with_the_day_is_reported_as_it_stands(rules: Rules) -> None:
    edge, one = Edge(rules.hub_bic), file_of(rules, refused=False)
    edge.initiated(one.bank, one.raw, one.at)
    edge.close(one.at)
    edge.close(one.at)
    assert edge.counts["reports (pain.002)"] == 1 and edge.counts["orders reported RCVD"] == one.transactions


def test_desks_ask_in_their_order_and_once_each(rules: Rules) -> None:
    opens, closes = day_bounds(demo_day())
    paid_in = {one.bic[:8]: 10**9 for one in rules.members() if one.roles == {"member"} and not one.sponsor}
    at_once = list(Treasury(rules, opens, "ZZBCPH03", paid_in).due(closes))
    piecewise = Treasury(rules, opens, "ZZBCPH03", paid_in)
    found = [read(one.raw).kind for minute in range(480) for one in piecewise.due(Instant(int(opens) + minute * 60 * 10**9))]
    assert found == [read(one.raw).kind for one in at_once] and list(piecewise.due(closes)) == []
    assert set(found) == {"camt.003.001.08", "camt.050.001.07", "camt.057.001.08", "camt.060.001.05"}


@pytest.mark.parametrize(("bank", "heeds"), [("ZZBBSG02", True), ("ZZTPSG05", False)])
def test_a_desk_that_is_warned_brings_twice_what_is_missing_unless_its_sponsor_must(rules: Rules, bank: str, heeds: bool) -> None:
    world = World(rules, everyday=True)
    text = "cycle 2: pay-in 150.00 SGD, available 50.00: 100.00 more is needed before the cut-off"
    said = {}
    for name, words in (("W1", text), ("W2", f"ZZBXSG09: {text}")):
        raw = wrap(
            "admi.004.001.02", rules.hub_bic, bank, name, utc_text(Instant(0)), admi_004("LOWL", words, utc_text(Instant(0)))
        )
        said[name] = [read(raw).body for _, raw in world.exchange([(bank, "admi.004.001.02", raw)], Instant(0))]
    assert said["W2"] == [], "what a sponsor is told of another is not its own"
    moved = [body for body in said["W1"] if isinstance(body, LiquidityTransfer)]
    assert [one.minor for one in moved] == ([20_000] if heeds else []) and len(said["W1"]) == 2 * heeds

"""The day at a glance: sums that are right, a map that anybody can draw again, each sees what is its own."""

from __future__ import annotations

import asyncio
import http.client
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console_door import Consoles
from fondaco.access import Caller, Proof, Reach, Role
from fondaco.console import Unanswered
from fondaco.console.day import Glance, Owed, glance, net_of, saved_mille
from fondaco.console.live import Live
from fondaco.console.network import MEMBERS_MAX, Edge, drawing
from fondaco.console.owing import Owing
from fondaco.hub import CloseCycle, close_hub, open_hub
from fondaco.payments import obligations
from union import SG1, SG2, TH1, Desk

OPERATOR = Caller("op", "", frozenset({Role.OPERATOR_MAKER}), Proof.SESSION)


def bank(bic: str) -> Caller:
    return Caller("someone", bic, frozenset({Role.MEMBER_MAKER}), Proof.SESSION)


owed = st.builds(
    Owed, st.integers(1, 6), st.integers(7, 9), st.sampled_from(["SGD", "THB"]), st.integers(1, 10**12), st.integers(1, 9)
)


@given(st.lists(owed, max_size=30))
def test_net_is_never_above_gross_and_never_below_zero(rows: list[Owed]) -> None:
    for payments, gross, net in net_of(rows).values():
        assert 0 <= net <= gross and payments > 0
        assert 0 <= saved_mille(gross, net) <= 1000


def test_what_goes_round_needs_no_money() -> None:
    ring = [Owed(1, 2, "SGD", 500, 1), Owed(2, 3, "SGD", 500, 1), Owed(3, 1, "SGD", 500, 2)]
    assert net_of(ring) == {"SGD": (4, 1500, 0)} and saved_mille(1500, 0) == 1000
    assert saved_mille(0, 0) == 0


def test_a_map_has_a_place_for_each_and_an_arrow_for_each_pair() -> None:
    found = drawing(
        [(1, "ZZBASG01", "SG"), (2, "ZZBATH01", "TH"), (3, "ZZBBSG02", "SG")], [Edge(1, 2, 4), Edge(2, 1, 1), Edge(9, 1, 5)]
    )
    assert found is not None
    assert [node.bic for node in found.nodes] == ["ZZBASG01", "ZZBBSG02", "ZZBATH01"], "one country side by side"
    assert [(one.payer, one.payee, one.payments) for one in found.arrows] == [
        ("ZZBASG01", "ZZBATH01", 4),
        ("ZZBATH01", "ZZBASG01", 1),
    ]
    assert found.arrows[0].path != found.arrows[1].path and found.arrows[0].width > found.arrows[1].width
    for node in found.nodes:
        assert 0 < node.label_x < found.width and 0 < node.label_y < found.height
    assert drawing([(n, f"ZZBASG{n:02}", "SG") for n in range(MEMBERS_MAX + 1)], []) is None
    assert drawing([], []) is not None


def test_a_glance_tells_the_obligations_and_each_bank_its_own_alone(ready: tuple[Path, int], tmp_path: Path) -> None:
    shutil.copytree(ready[0], tmp_path / "hub")
    hub = open_hub(tmp_path / "hub")
    try:
        whole = glance(hub, Reach(OPERATOR, hub.desk.scheme), Owing())
        own = glance(hub, Reach(bank(SG2), hub.desk.scheme), Owing())
    finally:
        close_hub(hub)
    assert whole.cycle == 2 and {one.number for one in whole.cycles} == {1} and whole.accepted == 7
    assert ("ZZBASG01", "ZZBBSG02", "SGD", 1234) in [(one.payer, one.payee, one.currency, one.minor) for one in whole.owed]
    assert whole.queued > 0 and whole.held == 1 and whole.whole
    assert own.owed and all(SG2 in (one.payer, one.payee) for one in own.owed) and len(own.owed) < len(whole.owed)
    assert own.queued == 0, "what waits is SG1's"
    assert {one.currency for one in own.liquidity} < {one.currency for one in whole.liquidity}, "of each bank its own money"
    for money in whole.liquidity:
        assert 0 <= money.available <= money.booked and 0 <= money.shortfall <= money.pay_in
    for line in whole.lines:
        assert 0 <= line.net <= line.gross


def test_sums_that_are_kept_are_those_that_are_worked_out_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, kept = Desk(tmp_path / "hub"), Owing()
    reach = Reach(OPERATOR, desk.hub.desk.scheme)

    def same() -> Glance:
        found = glance(desk.hub, reach, kept)
        assert found == glance(desk.hub, reach, Owing())
        return found

    same()
    for _ in range(2):  # cycles
        for amount in ("10.00", "20.00", "30.00"):
            desk.pay(SG1, TH1, amount, "SGD")
            desk.pay(SG2, SG1, amount, "SGD")
        same()
        desk.let_world_answer()
        assert same().accepted == 6
        desk.pay(SG1, SG2, "7.00", "SGD")
        desk.let_world_answer()
        assert same().accepted == 7 and same().owed
        desk.do(CloseCycle())
        same()
        desk.let_world_answer()
        assert same().accepted == 0 and same().owed == []
    desk.close()


def test_a_look_works_out_what_is_new_alone_and_says_when_that_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, kept = Desk(tmp_path / "hub"), Owing()
    reach = Reach(OPERATOR, desk.hub.desk.scheme)
    for _ in range(5):
        desk.pay(SG1, SG2, "7.00", "SGD")
    desk.let_world_answer()
    worked_out: list[int] = []
    monkeypatch.setattr(
        "fondaco.console.owing.obligations", lambda one, rules: worked_out.append(one.number) or obligations(one, rules)
    )
    monkeypatch.setattr("fondaco.console.owing.NEW_MAX", 2)
    shown = [(one.whole, one.accepted, len(worked_out)) for one in (glance(desk.hub, reach, kept) for _ in range(4))]
    assert shown == [(False, 2, 2), (False, 4, 4), (True, 5, 5), (True, 5, 5)]
    desk.close()


@pytest.mark.server
def test_the_page_is_read_without_a_script_and_says_the_same_in_three_languages(door: Consoles) -> None:
    session = door.session("operator-1")
    for language, amount in (("en", "12.34"), ("de", "12,34"), ("ar", "12.34")):
        page = door.ask("/console/day", session=session, Cookie=f"fondaco-language={language}")
        assert page.status == 200 and amount in page.text and 'direction="ltr"' in page.text
        assert 'href="/console/day" aria-current="page"' in page.text
    assert SG1 in page.text
    english = door.ask("/console/day", session=session, Cookie="fondaco-language=en").text
    assert english.index("What netting saves now") < english.index(">Liquidity<") < english.index(">Obligations</h2>"), (
        "figures first, rows after"
    )


@pytest.mark.server
def test_a_live_page_is_told_at_once_and_ends_with_the_session(door: Consoles) -> None:
    session = door.session("operator-2")
    connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=30)
    connection.request("GET", "/console/day/live", headers={"Cookie": f"fondaco-demo={session}; fondaco-language=de"})
    stream = connection.getresponse()
    assert stream.status == 200 and stream.headers["Content-Type"].startswith("text/event-stream")
    first = b""
    while b"\n\n" not in first.partition(b"retry: 3000\n\n")[2]:
        first += stream.read1()
    assert b"12,34" in first and b"\ndata: " in first
    door.access.sessions.end(session)
    assert b"data: " not in stream.read(), "it ends, and tells nothing more"
    connection.close()


@pytest.mark.server
def test_a_stream_whose_session_is_over_is_no_page(door: Consoles) -> None:
    """A browser that is led to the log-in page takes that for a stream, and asks for it again and again."""
    for session in ("", "over"):
        assert door.ask("/console/day", session=session).status == 303
        found = door.ask("/console/day/live", session=session)
        assert (found.status, found.text) == (401, "")


def test_a_hub_that_has_no_time_for_a_round_ends_nobodys_stream() -> None:
    rounds = iter(["first", Unanswered(), Unanswered(), "second"])

    async def make() -> str:
        found = next(rounds)
        if isinstance(found, Exception):
            raise found
        return found

    async def told() -> list[bytes]:
        live = Live(0.01, passing=Unanswered)
        heard = []
        async for one in live.watch("key", make, lambda: True):
            heard.append(one)
            if b"second" in one:
                live.end()
        return heard

    assert asyncio.run(told()) == [b"retry: 3000\n\n", b"data: first\n\n", b"data: second\n\n"]

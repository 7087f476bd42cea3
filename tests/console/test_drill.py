"""The drill as a page: the figures of the hub's own dry run, each what it may see, and who else would be short, which anybody can reckon again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console_door import Consoles
from fondaco.access import Caller, Proof, Reach, Role
from fondaco.clearing import Obligation, nets
from fondaco.console.drill import TRANCHES, WIDTH, Rehearsed, choices, rehearse
from fondaco.core import Refusal
from fondaco.hub import drill, seen_text
from fondaco.hub.cascading import rounds
from fondaco.settlement import Drill
from stories.test_default_drill import SG3, fill, owes, with_shares
from union import MY1, SG1, SG2, TH1, Desk

OPERATOR = Caller("op", "", frozenset({Role.OPERATOR_MAKER}), Proof.SESSION)
MALAYSIA, SINGAPORE = (Caller("eye", "", frozenset({Role.SUPERVISOR}), Proof.SESSION, frozenset({one})) for one in ("MY", "SG"))


def rehearsed(desk: Desk, caller: Caller, bic: str = SG1) -> Rehearsed:
    found = rehearse(desk.hub, Reach(caller, desk.hub.desk.scheme), bic)
    assert isinstance(found, Rehearsed), found
    return found


def test_the_page_says_the_dry_runs_figures_and_a_supervisor_of_elsewhere_no_names(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", prefund="100.00", amend=with_shares())
    fill(desk)
    owes(desk, SG2, "150.00")
    owes(desk, SG3, "50.00")
    owes(desk, MY1, "300.00")
    before = desk.hub.journal.head()
    hub = desk.hub
    wanted = drill(hub.desk, hub.books, hub.journal, hub.collateral, SG1)
    assert isinstance(wanted, Drill)
    found, there = rehearsed(desk, OPERATOR), rehearsed(desk, MALAYSIA)
    assert hub.journal.head() == before
    desk.close()
    assert (found.loss, found.unmet, found.seen) == (wanted.fall.loss, wanted.fall.unmet, seen_text(wanted)) and found.unmet > 0
    assert len(found.leaving) + found.hidden == len(wanted.leaving) > 0
    assert [one.title for one in found.tranches[:-1]] == list(TRANCHES.values())
    assert sum(one.minor for one in found.tranches) == found.loss and found.tranches[-1].left == 0
    assert all(one.x >= 0 and one.x + one.width <= WIDTH for one in found.tranches)
    assert [(one.minor, one.left) for one in found.tranches] == [(one.minor, one.left) for one in there.tranches]
    named = (
        {one.bic for tranche in there.tranches for one in tranche.who}
        | {one.bic for one in there.struck}
        | {one.bic for one in there.missing}
    )
    assert not {SG1, SG2, SG3} & named, "what they bear is told together, without their names"
    assert there.leaving and len(there.leaving) + there.hidden == len(wanted.leaving), "that to its own bank alone by its name"


def test_only_members_that_are_seen_can_be_chosen_and_a_no_is_the_hubs(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    seen = choices(desk.hub, Reach(SINGAPORE, desk.hub.desk.scheme))
    assert {SG1, SG2} <= {one.bic for one in seen} and not {TH1, MY1} & {one.bic for one in seen}
    assert isinstance(rehearse(desk.hub, Reach(OPERATOR, desk.hub.desk.scheme), "ZZNOBODY"), Refusal)
    desk.close()


def test_a_chain_of_three_falls_round_after_round_and_money_stops_it() -> None:
    legs = {
        1: (Obligation("SGD", 1, 2, 100),), 2: (Obligation("SGD", 2, 3, 100),), 3: (Obligation("SGD", 3, 4, 100),),
    }  # fmt: skip
    cycle = {1: 7, 2: 7, 3: 7}
    assert rounds(legs, cycle, {}, [1]) == ([(1, 2, "SGD", 100), (2, 3, "SGD", 100)], [1, 2, 3])
    assert rounds(legs, cycle, {(2, "SGD"): 99}, [1]) == ([(1, 2, "SGD", 1), (2, 3, "SGD", 100)], [1, 2, 3])
    assert rounds(legs, cycle, {(2, "SGD"): 100}, [1]) == ([], [1])
    assert rounds(legs, cycle, {}, [9]) == ([], [0])


members, money_of = (
    st.integers(1, 5),
    st.dictionaries(st.tuples(st.integers(1, 5), st.sampled_from(["SGD", "THB"])), st.integers(0, 300), max_size=10),
)
some = st.lists(
    st.tuples(st.sampled_from(["SGD", "THB"]), members, members, st.integers(1, 200)).filter(lambda one: one[1] != one[2]),
    max_size=15,
)


@given(some, money_of, members)
def test_who_is_struck_is_short_without_the_payments_that_left_and_was_not_before(
    owed: list[tuple[str, int, int, int]], money: dict[tuple[int, str], int], fails: int
) -> None:
    legs = {number: (Obligation(*one),) for number, one in enumerate(owed, 1)}
    struck, left = rounds(legs, dict.fromkeys(legs, 1), money, [fails])
    assert left == sorted(left) and len(left) == len({one[0] for one in struck}) + 1 and fails not in {one[1] for one in struck}
    names = {(number, currency) for _, number, currency, _ in struck}
    assert len(names) == len(struck)
    whole = nets(leg for of in legs.values() for leg in of)
    for number, currency in names:
        assert -whole[currency].get(number, 0) <= money.get((number, currency), 0), "it could pay when all paid"
    # Whoever is not struck can pay what is left, or could not before.
    out = {number for number, (leg,) in legs.items() if leg.payer == fails or (leg.payer, leg.currency) in names}
    assert len(out) == left[-1]
    rest = nets(leg for number, (leg,) in legs.items() if number not in out)
    for currency, positions in rest.items():
        for number, minor in positions.items():
            assert -minor <= money.get((number, currency), 0) or -whole[currency].get(number, 0) > money.get(
                (number, currency), 0
            )


@pytest.mark.server
def test_the_page_rehearses_and_changes_nothing(door: Consoles) -> None:
    head = door.hub.journal.head()
    for who, status in (
        ("operator-1", 200),
        ("auditor", 200),
        ("supervisor-sg", 200),
        ("zzcbsg00", 200),
        ("officer-1", 403),
        ("zzbasg01-maker", 403),
    ):
        assert door.ask(f"/console/drill?bic={SG1}", session=door.session(who)).status == status, who
    page = door.ask(f"/console/drill?bic={SG1.lower()}", session=door.session("supervisor-sg"))
    assert "A dry run." in page.text and f"fondaco default declare {SG1}" in page.text
    assert re.findall(r"<form(?![^>]*(method=\"get\"|logout))", page.text) == []
    other = door.ask(f"/console/drill?bic={TH1}", session=door.session("supervisor-sg"))
    assert other.status == 200 and "fondaco default declare" not in other.text, "another country's bank is not its to rehearse"
    assert TH1 not in other.text
    assert door.hub.journal.head() == head
    assert f"drill {SG1}" in [one.subject for one in door.access.looks.of("supervisor-sg")]

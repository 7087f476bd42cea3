"""The 50 per cent rule: OFAC's own examples, chains, circles, dates; and that the arithmetic is exact."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.compliance import Owner, blocked_by_ownership
from fondaco.compliance.lists.open_sanctions import share_millionths
from fondaco.compliance.ownership import UK, in_force_on, percent

DAY = "2026-11-24"
Graph = dict[str, list[Owner]]


def graph(text: str) -> Graph:
    """`X 50 A` reads: X holds 50 per cent of A."""
    owners: Graph = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        owner, share, party = line.split()
        owners.setdefault(party, []).append(Owner(owner, "", round(float(share) * 10_000)))
    return owners


# OFAC FAQ 401, examples 1 to 4, and FAQ 399 (stakes of several blocked persons are added up): ofac.treasury.gov/faqs/401 and /399.
EXAMPLES = [
    ("401, 1: through one", "X 50 A\n A 50 B", "X", "A B"),
    ("401, 2: through two that are half owned each", "X 50 A\n X 50 B\n A 25 C\n B 25 C", "X", "A B C"),
    ("401, 3: direct and indirect", "X 50 A\n X 10 B\n A 40 B", "X", "A B"),
    ("401, 4: what is held through less than half is not held", "X 25 A\n X 25 B\n A 50 C\n B 50 C", "X", ""),
    ("399: two blocked persons together", "X 25 A\n Y 25 A\n A 50 B", "X Y", "A B"),
    ("398: control without ownership", "X 49.9999 A", "X", ""),
    ("an owner that is not blocked adds nothing", "X 30 A\n Z 70 A", "X", ""),
]


@pytest.mark.parametrize(("told", "holdings", "listed", "blocked"), EXAMPLES, ids=[one[0] for one in EXAMPLES])
def test_the_examples_of_the_authority(told: str, holdings: str, listed: str, blocked: str) -> None:
    assert list(blocked_by_ownership(graph(holdings), listed.split(), DAY)) == blocked.split()


def test_the_answer_says_how_much_by_whom_and_who_stands_at_the_end() -> None:
    found = blocked_by_ownership(graph("X 50 A\n Y 60 B\n A 30 C\n B 25.5 C\n Z 44.5 C"), ["X", "Y"], DAY)
    assert (
        found["C"].share_millionths == 555_000
        and found["C"].owners == (("A", 300_000), ("B", 255_000))
        and found["C"].through == ("X", "Y")
    )


def test_a_circle_owned_by_nobody_listed_is_free_and_one_that_is_owned_is_blocked() -> None:
    assert not blocked_by_ownership(graph("A 60 B\n B 60 A"), ["X"], DAY)
    assert list(blocked_by_ownership(graph("A 60 B\n B 40 A\n X 50 A"), ["X"], DAY)) == ["A", "B"]
    assert not blocked_by_ownership(graph("A 100 A"), ["X"], DAY), "what owns itself"
    assert list(blocked_by_ownership(graph("X 30 A\n B 20 A\n A 70 B\n X 30 B"), ["X"], DAY)) == [], (
        "each would need the other first"
    )


@pytest.mark.parametrize(
    ("begin", "end", "stands"),
    [
        ("", "", True), ("2020", "", True), ("2026-11-24", "", True), ("2026-11-25", "", False), ("2026-11", "", True), ("2027", "", False),
        ("", "2026-11-24", True), ("", "2026-11-23", False), ("", "2026-11", True), ("", "2026", True), ("", "2026-10", False), ("", "2025", False),
    ],
)  # fmt: skip
def test_a_holding_counts_from_its_first_to_its_last_day(begin: str, end: str, stands: bool) -> None:
    owner = Owner("X", "", 1_000_000, begin, end)
    assert in_force_on(owner, DAY) is stands
    assert bool(blocked_by_ownership({"A": [owner]}, ["X"], DAY)) is stands


def test_the_british_rule_wants_more_than_half_of_one() -> None:
    assert not blocked_by_ownership(graph("X 50 A"), ["X"], DAY, UK)
    assert not blocked_by_ownership(graph("X 30 A\n Y 30 A"), ["X", "Y"], DAY, UK)
    assert list(blocked_by_ownership(graph("X 50.0001 A\n A 51 B"), ["X"], DAY, UK)) == ["A", "B"]


def test_shares_are_read_exactly_and_never_smaller_than_printed() -> None:
    assert share_millionths(["33.3333"]) == 333_333 and share_millionths(["33.33333"]) == 333_334
    assert (
        share_millionths(["49,99 %"]) == 499_900
        and share_millionths(["about half"]) is None
        and share_millionths(["120"]) is None
    )
    assert (percent(500_000), percent(333_333), percent(1)) == ("50 %", "33.3333 %", "0.0001 %")
    thirds = {"A": [Owner("X", "", 166_667), Owner("Y", "", 166_667), Owner("Z", "", 166_666)]}
    assert blocked_by_ownership(thirds, ["X", "Y", "Z"], DAY)["A"].share_millionths == 500_000
    assert not blocked_by_ownership(thirds, ["X", "Y"], DAY)


HOLDINGS = st.dictionaries(
    st.sampled_from("ABCDEFG"),
    st.lists(st.builds(Owner, st.sampled_from("ABCDEFGXY"), st.just(""), st.integers(1, 1_000_000)), max_size=5),
    max_size=7,
)


def slowly(owners: Graph, listed: set[str]) -> set[str]:
    """The same rule, the plain way: over and over every party, in fractions, until nothing is new."""
    blocked = set(listed)
    while True:
        new = set()
        for party, holdings in owners.items():
            stakes: dict[str, Fraction] = {}
            for one in holdings:
                assert one.share_millionths is not None
                stakes[one.entry_id] = min(
                    Fraction(1), stakes.get(one.entry_id, Fraction(0)) + Fraction(one.share_millionths, 10**6)
                )
            if sum(share for key, share in stakes.items() if key in blocked and key != party) >= Fraction(1, 2):
                new.add(party)
        if new <= blocked:
            return blocked - listed
        blocked |= new


@given(HOLDINGS, st.sets(st.sampled_from("XY")))
@settings(max_examples=200, deadline=None)
def test_it_is_the_least_answer_whatever_the_order(owners: Graph, listed: set[str]) -> None:
    found = blocked_by_ownership(owners, listed, DAY)
    assert set(found) == slowly(owners, listed)
    backwards = {party: holdings[::-1] for party, holdings in reversed(owners.items())}
    assert blocked_by_ownership(backwards, listed, DAY) == found
    assert all(one.through and set(one.through) <= listed for one in found.values())


@given(HOLDINGS, st.sets(st.sampled_from("XY")), st.sampled_from("ABCDEFG"), st.sampled_from("XY"))
@settings(max_examples=100, deadline=None)
def test_more_listed_or_more_held_never_frees_anybody(owners: Graph, listed: set[str], party: str, owner: str) -> None:
    found = set(blocked_by_ownership(owners, listed, DAY))
    assert found <= set(blocked_by_ownership(owners, listed | {owner}, DAY)) | {owner}
    more = owners | {party: [*owners.get(party, []), Owner(owner, "", 1_000_000)]}
    assert found <= set(blocked_by_ownership(more, listed, DAY))

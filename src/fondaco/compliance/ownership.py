"""The 50 per cent rule: who is blocked because listed parties own enough of it, through chains, together, on a day.

Source: OFAC, "Revised Guidance on Entities Owned by Persons Whose Property and Interests in Property Are Blocked" (13 August 2014), and
its FAQ 398 (ownership counts, not control), 399 (stakes of all blocked persons are added up, whatever their programmes) and 401
(indirect ownership is that through entities which are themselves owned by half or more).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import msgspec

WHOLE = 1_000_000


class Owner(msgspec.Struct, frozen=True, array_like=True):
    """Who holds a share of a listed or unlisted party. `entry_id` is "" where the list names the owner by `name` alone.

    `share_millionths` is the part held of the whole (500_000 is one half), None where the list names no figure. Dates are ISO dates as
    far as they are known (2024, 2024-03), "" for open; `from_date` is the first day, `to_date` the last.
    """

    entry_id: str
    name: str = ""
    share_millionths: int | None = None
    from_date: str = ""
    to_date: str = ""


class Rule(msgspec.Struct, frozen=True, array_like=True):
    """From which part on an owned party is blocked. `share_millionths` of the whole; `strictly` means more than that, not exactly that.

    `aggregated`: what all blocked owners hold is added up; without it each must hold enough alone.
    """

    share_millionths: int
    strictly: bool
    aggregated: bool


# Half is enough, and stakes are added up.
OFAC = Rule(500_000, strictly=False, aggregated=True)
# The Russia (Sanctions) (EU Exit) Regulations 2019, regulation 7(2): more than half. Stakes held without joint arrangement are not added up.
UK = Rule(500_000, strictly=True, aggregated=False)


class Blocked(msgspec.Struct, frozen=True, array_like=True):
    """Why a party is blocked: `share_millionths` of it is held by `owners`, each of them listed or itself blocked by the rule.

    `through` are the listed parties at the ends of the chains, sorted.
    """

    party: str
    share_millionths: int
    owners: tuple[tuple[str, int], ...]
    through: tuple[str, ...]


def in_force_on(owner: Owner, day: str) -> bool:
    """Does this holding stand on `day`, an ISO date? A date that is known to the month or the year counts from its first to its last day."""
    return owner.from_date[:10] <= day and (not owner.to_date or day[: len(owner.to_date[:10])] <= owner.to_date[:10])


def blocked_by_ownership(
    owners_of: Mapping[str, Sequence[Owner]], listed: Iterable[str], day: str, rule: Rule = OFAC
) -> dict[str, Blocked]:
    """The parties of `owners_of` that are not listed and that the rule blocks on `day` (ISO), by their id, in the order of their ids.

    An owner is `entry_id`, or its name where it has none. A holding without a figure counts nothing. What owns itself in a circle is
    blocked only by owners outside of it: the answer is the least one, reached by adding blocked parties until no more follow. Shares of
    one owner in one party are added up, to the whole at most; so an own share never counts for itself.
    """
    listed = frozenset(listed)
    held: dict[str, dict[str, Fraction]] = {}
    for party in sorted(owners_of):
        for owner in owners_of[party]:
            key = owner.entry_id or owner.name
            if owner.share_millionths and in_force_on(owner, day) and key != party:
                stakes = held.setdefault(party, {})
                stakes[key] = min(Fraction(1), stakes.get(key, Fraction(0)) + Fraction(owner.share_millionths, WHOLE))
    ends: dict[str, frozenset[str]] = {party: frozenset((party,)) for party in listed}
    found: dict[str, Blocked] = {}
    # Each turn blocks at least one party more, or is the last.
    for _ in range(len(held) + 1):
        fresh = {}
        for party, stakes in held.items():
            if party in ends:
                continue
            blocked = {key: share for key, share in stakes.items() if key in ends}
            counted = (
                min(Fraction(1), sum(blocked.values(), Fraction(0)))
                if rule.aggregated
                else max(blocked.values(), default=Fraction(0))
            )
            edge = Fraction(rule.share_millionths, WHOLE)
            if counted > edge or (counted == edge and not rule.strictly):
                through = frozenset[str]().union(*(ends[key] for key in blocked))
                owners = tuple(sorted((key, int(share * WHOLE)) for key, share in blocked.items()))
                fresh[party] = Blocked(party, int(counted * WHOLE), owners, tuple(sorted(through)))
        if not fresh:
            return dict(sorted(found.items()))
        found.update(fresh)
        ends.update({party: frozenset(one.through) for party, one in fresh.items()})
    raise AssertionError("a turn that blocks nobody ends the search")


def percent(share_millionths: int) -> str:
    """`500_000` -> `50 %`, `333_333` -> `33.3333 %`."""
    whole, rest = divmod(share_millionths, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"

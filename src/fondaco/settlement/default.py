"""Who bears what when a participant cannot pay: its own means first, then the common fund, in the order of the rulebook's articles.

PFMI (CPSS-IOSCO, April 2012), principle 13: rules for a default are clear, fit to be carried out, and rehearsed. Everything is whole minor units of
one currency; what does not divide evenly is given unit by unit, and told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

# The tranches, in their order. Each is used up before the next one bears anything.
OTHER_MONEY, COLLATERAL, OWN_SHARE = "its money of other currencies", "its collateral", "its share of the fund"
OPERATOR, SURVIVORS, ASSESSMENTS = "the operator's tranche", "the survivors' shares", "assessments of the survivors"


class Means(NamedTuple):
    """One that fails: what it leaves unpaid, and what of its own stands for that: money of other currencies, collateral, its share of the
    fund."""

    bic: str
    loss: int
    other_money: int
    collateral: int
    share: int


class Survivor(NamedTuple):
    """One that does not: its share of the fund, the most that it may be assessed beyond it, and its weight in the formula of the article."""

    bic: str
    share: int
    assessed_at_most: int
    weight: int


class Borne(NamedTuple):
    """What one bears of one tranche, out of what it has in it."""

    tranche: str
    bic: str
    size: int
    minor: int


class Waterfall(NamedTuple):
    """`loss` is the sum of all that is borne and of `unmet`. `odd` are (tranche, units): those that the formula could not divide, given one
    each to the largest remainders."""

    loss: int
    borne: tuple[Borne, ...]
    unmet: int
    odd: tuple[tuple[str, int], ...]


def pour(minor: int, weights: Mapping[str, int], most: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """Divide `minor` by weight, nobody above its most; what passes somebody's most runs on to the others by the same weights.

    Returns the shares, and how many units were given to the largest remainders (of equal ones the earlier name). The shares add up to
    `minor`, or to everything that those of a weight above zero can bear. Ends: every round takes somebody out.
    """
    able = {who for who, weight in weights.items() if weight > 0 and most[who] > 0}
    shares = dict.fromkeys(weights, 0)
    left = min(minor, sum(most[who] for who in able))
    while able:
        whole = sum(weights[who] for who in able)
        full = {who for who in able if left * weights[who] >= most[who] * whole}
        if not full:
            break
        for who in full:
            shares[who] = most[who]
        left -= sum(most[who] for who in full)
        able -= full
    if not able:
        assert left == 0, "who bears its most bears all that can be borne"
        return shares, 0
    whole = sum(weights[who] for who in able)
    for who in able:
        shares[who] = left * weights[who] // whole
    odd = left - sum(shares[who] for who in able)
    for who in sorted(able, key=lambda who: (-(left * weights[who] % whole), who))[:odd]:
        shares[who] += 1
    return shares, odd


def waterfall(failing: Sequence[Means], operator: tuple[str, int], survivors: Sequence[Survivor]) -> Waterfall:
    """Let a loss fall: each one's own means stand for its own loss alone, its share of the fund for everybody's.

    `operator` is (BIC, tranche). Raises `ValueError` where an amount is below zero or somebody stands here twice.
    """
    names = [one.bic for one in failing] + [one.bic for one in survivors]
    amounts = [minor for one in failing for minor in (one.loss, one.other_money, one.collateral, one.share)]
    amounts += [minor for one in survivors for minor in (one.share, one.assessed_at_most, one.weight)]
    if len(set(names)) != len(names) or min([operator[1], *amounts]) < 0:
        raise ValueError("everybody once, and no amount below zero")
    borne: list[Borne] = []
    odd: list[tuple[str, int]] = []
    rest = 0
    for one in failing:
        own = one.loss
        for tranche, size in ((OTHER_MONEY, one.other_money), (COLLATERAL, one.collateral)):
            own -= _take(borne, tranche, one.bic, size, own)
        rest += own
    for one in failing:
        rest -= _take(borne, OWN_SHARE, one.bic, one.share, rest)
    rest -= _take(borne, OPERATOR, *operator, rest)
    weights = {one.bic: one.weight for one in survivors}
    for tranche, most in (
        (SURVIVORS, {one.bic: one.share for one in survivors}),
        (ASSESSMENTS, {one.bic: one.assessed_at_most for one in survivors}),
    ):
        shares, units = pour(rest, weights, most)
        borne += [Borne(tranche, bic, most[bic], minor) for bic, minor in shares.items()]
        odd += [(tranche, units)] if units else []
        rest -= sum(shares.values())
    found = Waterfall(sum(one.loss for one in failing), tuple(borne), rest, tuple(odd))
    assert sum(one.minor for one in borne) + rest == found.loss, "a loss is borne or told as unmet, to the unit"
    return found


def _take(borne: list[Borne], tranche: str, bic: str, size: int, wanted: int) -> int:
    taken = min(size, wanted)
    borne.append(Borne(tranche, bic, size, taken))
    return taken


class Short(NamedTuple):
    """What one that fails cannot pay of a currency, in that currency's minor units: it owes `owed`, of which its own money of that currency
    pays `paid`. `home` is the rest in the currency of exposures, rounded up by `residue_nano` (10^-9 of a minor unit)."""

    bic: str
    currency: str
    owed: int
    paid: int
    home: int
    residue_nano: int


class Notice(NamedTuple):
    """A message that would go: nothing is sent by a drill."""

    recipient: str
    kind: str
    raw: str


class Taking(NamedTuple):
    """What `bic` gives of one tranche so that `towards` can pay `minor` units of `currency`: `units` of `asset`, out of its prefunded money or
    of what is lodged (`lodged`; `purpose` as it is kept there). `home` is what it bears by this, `over` what it gives beyond that in the
    same currency: of another asset whole units alone can be given."""

    tranche: str
    bic: str
    lodged: bool
    purpose: str
    asset: str
    units: int
    home: int
    over: int
    towards: str
    currency: str
    minor: int


class Drill(NamedTuple):
    """A default as the articles let it fall on one state of the hub. `batch` and `head` name the state from which it was told.

    `fall` is the whole loss of all that is `short`. What no tranche bears is not paid in part: `dropped` are (BIC, currency) in which those
    that fail pay nothing, `leaving` the (payment, UETR) that leave their cycles with it (article 9.2), and `paid` is how the rest, `covered`,
    falls: on nobody beyond what it has, and with nothing unmet. `takings` say with which money. Amounts of `fall` and `paid` are minor units of
    `home`; `articles` are (key, number, what it says).
    """

    day: str
    at: str
    batch: int
    head: str
    bic: str
    failing: tuple[str, ...]
    cycles: tuple[int, ...]
    settled: tuple[int, ...]
    home: str
    short: tuple[Short, ...]
    fall: Waterfall
    formula: str
    leaving: tuple[tuple[int, str], ...]
    notices: tuple[Notice, ...]
    articles: tuple[tuple[str, str, str], ...]
    dropped: tuple[tuple[str, str], ...]
    covered: tuple[Short, ...]
    paid: Waterfall
    takings: tuple[Taking, ...]

    def figures(self) -> str:
        """The digest of everything that is decided by it, apart from when and from which state it was told."""
        told = (
            self.bic,
            self.failing,
            self.cycles,
            self.home,
            self.short,
            self.fall,
            self.dropped,
            self.paid,
            self.leaving,
            self.takings,
        )
        return hashlib.sha256(repr([tuple(one) if isinstance(one, tuple) else one for one in told]).encode()).hexdigest()[:16]

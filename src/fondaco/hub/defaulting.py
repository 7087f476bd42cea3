"""How a default falls by the rulebook's articles on one state of the hub. It reads, computes and tells; it changes nothing.

A dry run (`drill`) and a declaration use the same `Fall`: what was rehearsed is what is done, to the unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from fondaco.clearing import Obligation, Rate, Valuation, nets, without, worth
from fondaco.core import Instant, Reason, Refusal, amount_text, bic8, utc_text
from fondaco.hub.commands import TakeStock
from fondaco.hub.exposing import at_risk, families_of, in_home, rates_of_day
from fondaco.hub.state import Desk
from fondaco.journal import Journal
from fondaco.ledger import Engine, Role, account_id
from fondaco.messages import admi_004, wrap
from fondaco.payments import State, obligations
from fondaco.rulebook import BY_CAP, BY_DEALINGS, Participant, Rules
from fondaco.settlement import (
    ASSESSMENTS,
    COLLATERAL,
    OPERATOR,
    OTHER_MONEY,
    OWN_SHARE,
    SURVIVORS,
    CycleState,
    Drill,
    Means,
    Notice,
    Purse,
    Short,
    Survivor,
    Waterfall,
    takings,
    waterfall,
)

# Event codes of admi.004, the scheme's own.
DEFAULT, BEARS = "DFLT", "BEAR"
_NANO = 10**9
_NO_HAIRCUT = 0
_ARTICLES = (
    "exposure_currency",
    "fx_haircut_bps",
    "collateral",
    "default_fund",
    "survivors_bear",
    "assessment_cap_bps",
    "default_conversion",
    "default_answer_minutes",
)
_FUND = "fund"


class Lodgings(Protocol):
    """What is lodged: for a participant's own debts, and in the common fund by (holder's BIC of eight, currency)."""

    def value(self, holder: str, target: str, rates: Mapping[str, Rate]) -> Valuation: ...

    def purses(self, holder: str, target: str, rates: Mapping[str, Rate]) -> list[Purse]: ...

    def fund(self) -> dict[tuple[str, str], int]: ...


class Case(NamedTuple):
    """Who fails (`failing`, the one that was named first), in which cycles, and the currencies whose settlement agents give and take nothing."""

    failing: tuple[Participant, ...]
    cycles: tuple[int, ...]
    without: frozenset[str] = frozenset()


def stock_of(desk: Desk, books: Engine) -> TakeStock:
    """What the books and the day's reference rates say now of what a default needs to know."""
    rules, money = desk.in_force(), []
    for member in rules.members():
        for currency in sorted(member.currencies):
            held = books.balance(account_id(Role.PREFUNDED, desk.ledgers[currency], member.number))
            money.append((member.number, currency, max(0, held.room) if held is not None else 0))
    home = rules.risk.exposure_currency
    rates = rates_of_day(rules, home) if home else {}
    if isinstance(rates, Refusal):
        return TakeStock(tuple(money), (), rates.found or rates.where)
    return TakeStock(tuple(money), tuple((code, *rate) for code, rate in sorted(rates.items())))


def drill(desk: Desk, books: Engine, journal: Journal, lodged: Lodgings, bic: str, cycle: int = 0) -> Drill | Refusal:
    """What would happen if the participant `bic` failed now, with its affiliates: in `cycle` alone, or (0) in every one that nothing covers.

    A no where it is no member, the cycle is none that is at risk, or no article or rate lets several currencies be added up.
    """
    number, head = journal.head()
    return told_of(desk, stock_of(desk, books), (number, head.hex()), lodged, bic, cycle)


def told_of(desk: Desk, stock: TakeStock, state: tuple[int, str], lodged: Lodgings, bic: str, cycle: int = 0) -> Drill | Refusal:
    """As `drill`, from what the books said; `state` is the batch and the link that it was told from."""
    rules = desk.in_force()
    member, cite = rules.participants.get(bic8(bic)), rules.numbers.get("default_fund", "")
    if member is None or member not in rules.members():
        return Refusal(Reason.NOT_FOUND, "default", bic, cite)
    if cycle and cycle not in at_risk(desk):
        found = desk.cycles[cycle].state.name if cycle in desk.cycles else "unknown"
        return Refusal(Reason.OUT_OF_TURN, f"cycle {cycle}", f"{found}: nothing of it is at risk", cite)
    if not rules.risk.exposure_currency:
        return Refusal(Reason.NO_PRICE, "default", "no article exposure_currency says in which currency a loss is added up", cite)
    if stock.fault:
        return Refusal(Reason.NO_PRICE, "default", f"no reference rate: {stock.fault}", cite)
    families = families_of(rules)
    kin = tuple(one for one in rules.members() if families[one.number] == families[member.number])
    case = Case((member, *(one for one in kin if one is not member)), tuple([cycle] if cycle else at_risk(desk)))
    return Fall(desk, stock, lodged, case).told(state)


class Fall:
    """One default on one state, step by step."""

    def __init__(self, desk: Desk, stock: TakeStock, lodged: Lodgings, case: Case) -> None:
        self._desk, self._rules, self._lodged, self._case = desk, desk.in_force(), lodged, case
        self._home, self._haircut = self._rules.risk.exposure_currency, self._rules.risk.fx_haircut_bps
        self._rates = {**{code: Rate(up, down) for code, up, down in stock.rates}, self._home: Rate(1, 1)}
        self._money = {(number, currency): minor for number, currency, minor in stock.money}
        self._failing = sorted(case.failing, key=lambda one: one.number)
        failed = {bic for one in desk.defaults.values() if one.waits for bic in one.failing}
        self._others = [
            one
            for one in self._rules.members()
            if one not in self._failing and one.standing != "left" and bic8(one.bic) not in failed
        ]
        self._all = self._legs()
        self._owed: dict[tuple[int, str], int] = {}

    def told(self, state: tuple[int, str]) -> Drill:
        """How it falls. What cannot be borne whole is left out a currency at a time, the one that is short by most first, and the rest falls
        anew. Ends: each round leaves one more currency out."""
        desk, rules = self._desk, self._rules
        dropped: set[tuple[int, str]] = set()
        whole: tuple[list[Short], Waterfall] | None = None
        while True:
            legs = self._kept(dropped)
            self._owed = self._owed_in(legs)
            short = self._short()
            fall = self._waterfall(short, legs)
            whole = whole or (short, fall)
            barred = {one.currency for one in short if one.home} & self._case.without
            found = takings(short, fall.borne, self._purses()) if not fall.unmet and not barred else None
            if found is not None:
                break
            out = barred or {self._worst(short)}
            dropped |= {(self._number(one.bic), one.currency) for one in short if one.currency in out and one.home}
        leaving = sorted(without(self._all, dropped))
        at_text = utc_text(Instant(desk.counters.last_instant))
        articles = (
            (key, rules.numbers[key], rules.scheme.articles.on(key, rules.day)) for key in _ARTICLES if key in rules.numbers
        )
        return Drill(
            rules.day.isoformat(),
            at_text,
            *state,
            bic8(self._case.failing[0].bic),
            tuple(bic8(one.bic) for one in self._failing),
            self._case.cycles,
            tuple(sorted(n for n, one in desk.cycles.items() if one.state in (CycleState.DECIDED, CycleState.SETTLED))),
            self._home,
            tuple(whole[0]),
            whole[1],
            rules.risk.survivors_bear,
            tuple((number, desk.live[number].uetr) for number in leaving),
            tuple(self._notices(fall, at_text)),
            tuple((key, number, str(one.value)) for key, number, one in articles),
            tuple(sorted((bic8(rules.by_number[number].bic), currency) for number, currency in dropped)),
            tuple(short),
            fall,
            found,
        )

    def _number(self, bic: str) -> int:
        return self._rules.participants[bic].number

    def _worst(self, short: Sequence[Short]) -> str:
        """The currency that is short by most; of equal ones the code that comes first."""
        missing: dict[str, int] = {}
        for one in short:
            missing[one.currency] = missing.get(one.currency, 0) + one.home
        return min(missing, key=lambda code: (-missing[code], code))

    # What is missing

    def _legs(self) -> dict[int, tuple[Obligation, ...]]:
        """What is accepted and not final in these cycles, by payment."""
        live, cycles = self._desk.live.values(), self._case.cycles
        return {one.number: obligations(one, self._rules) for one in live if one.cycle in cycles and one.state is State.ACCEPTED}

    def _kept(self, dropped: set[tuple[int, str]]) -> dict[int, tuple[Obligation, ...]]:
        out = without(self._all, dropped)
        return {number: legs for number, legs in self._all.items() if number not in out}

    def _owed_in(self, legs: Mapping[int, tuple[Obligation, ...]]) -> dict[tuple[int, str], int]:
        """What everybody would pay in, by participant and currency. What one cycle owes it pays nothing in another."""
        owed: dict[tuple[int, str], int] = {}
        for cycle in self._case.cycles:
            own = [leg for number, some in legs.items() if self._desk.live[number].cycle == cycle for leg in some]
            for currency, positions in nets(own).items():
                for number, minor in positions.items():
                    owed[number, currency] = owed.get((number, currency), 0) + max(0, -minor)
        return owed

    def _of(self, member: Participant) -> list[tuple[str, int, int]]:
        """Currency, what it owes, what it has prefunded and free."""
        key = member.number
        return [
            (code, self._owed.get((key, code), 0), self._money.get((key, code), 0)) for code in sorted(member.currencies)
        ]  # fmt: skip

    def _short(self) -> list[Short]:
        """What those that fail cannot pay, currency by currency, after their own money of it. A loss is turned into home at the plain rate."""
        found = []
        for member in self._failing:
            for currency, owed, own in self._of(member):
                if owed:
                    paid = min(owed, own)
                    rate = self._rates[currency]
                    home = worth(owed - paid, rate, _NO_HAIRCUT, up=True)
                    over = home * rate.denominator - (owed - paid) * rate.numerator
                    found.append(Short(bic8(member.bic), currency, owed, paid, home, over * _NANO // rate.denominator))
        return found

    # What stands for it

    def _waterfall(self, short: Iterable[Short], legs: Mapping[int, tuple[Obligation, ...]]) -> Waterfall:
        operator = bic8(self._rules.hub_bic)
        return waterfall(
            [self._means(one, short) for one in self._failing],
            (operator, self._fund_of(operator)),
            [self._survivor(one, legs) for one in self._others],
        )

    def _means(self, member: Participant, short: Iterable[Short]) -> Means:
        """Its own means in home: money that its debts of the same currency leave, collateral, its share of the fund; each after haircuts."""
        own = bic8(member.bic)
        usable = sum(_plain(one) for one in self._lodged_purses(own))
        lodged = min(self._lodged.value(own, self._home, self._rates).counted, usable)
        return Means(own, sum(one.home for one in short if one.bic == own), self._free(member), lodged, self._fund_of(own))

    def _free(self, member: Participant) -> int:
        """Its prefunded money that it does not owe in the same currency, in home."""
        return sum(self._worth(code, max(0, own - owed)) for code, owed, own in self._of(member))

    def _worth(self, currency: str, minor: int) -> int:
        if currency in self._case.without:
            return 0
        return in_home(minor, currency, self._home, self._rates, self._haircut)

    def _fund_of(self, holder: str) -> int:
        return sum(self._worth(code, minor) for (who, code), minor in self._lodged.fund().items() if who == holder)

    def _survivor(self, member: Participant, legs: Mapping[int, tuple[Obligation, ...]]) -> Survivor:
        """It is assessed at most by what it has: on the day itself only money that is there pays."""
        own, risk = bic8(member.bic), self._rules.risk
        demanded = sum(self._worth(one.currency, one.minor) for one in self._rules.scheme.fund_shares if one.member == own)
        most = demanded * risk.assessment_cap_bps // 10_000
        return Survivor(own, self._fund_of(own), min(most, self._free(member)), self._weight(member, risk.survivors_bear, legs))

    def _weight(self, member: Participant, formula: str, by_payment: Mapping[int, tuple[Obligation, ...]]) -> int:
        if formula == BY_CAP:
            return sum(self._worth(code, minor) for code, minor in member.caps.items())
        if formula == BY_DEALINGS:
            failing = {one.number for one in self._failing}
            legs = (leg for legs in by_payment.values() for leg in legs if leg.payee == member.number and leg.payer in failing)
            return sum(in_home(leg.minor, leg.currency, self._home, self._rates, self._haircut) for leg in legs)
        return self._fund_of(bic8(member.bic))

    # With which money

    def _purses(self) -> dict[tuple[str, str], list[Purse]]:
        found = {}
        for member in self._failing:
            own = bic8(member.bic)
            found[OTHER_MONEY, own] = self._prefunded(member)
            found[COLLATERAL, own] = self._lodged_purses(own)
            found[OWN_SHARE, own] = self._fund_purses(own)
        operator = bic8(self._rules.hub_bic)
        found[OPERATOR, operator] = self._fund_purses(operator)
        for member in self._others:
            own = bic8(member.bic)
            found[SURVIVORS, own] = self._fund_purses(own)
            found[ASSESSMENTS, own] = self._prefunded(member)
        return found

    def _usable(self, purses: Iterable[Purse]) -> list[Purse]:
        return [one for one in purses if one.asset not in self._case.without]

    def _prefunded(self, member: Participant) -> list[Purse]:
        return self._usable(Purse(code, max(0, own - owed), self._rates[code]) for code, owed, own in self._of(member))

    def _lodged_purses(self, holder: str) -> list[Purse]:
        return self._usable(self._lodged.purses(holder, self._home, self._rates))

    def _fund_purses(self, holder: str) -> list[Purse]:
        rows = sorted(self._lodged.fund().items())
        return self._usable(Purse(code, minor, self._rates[code], _FUND) for (who, code), minor in rows if who == holder)

    # What would be told

    def _notices(self, fall: Waterfall, at_text: str) -> list[Notice]:
        kind, hub = "admi.004.001.02", self._rules.hub_bic
        told = [*declared_to(self._rules, self._failing), *borne_by(self._rules, self._failing, fall, self._home)]
        return [
            Notice(bic, kind, wrap(kind, hub, bic, f"DRILL{at:07d}", at_text, admi_004(code, text, at_text)).decode())
            for at, (bic, code, text) in enumerate(told, 1)
        ]


def _plain(purse: Purse) -> int:
    return purse.units * purse.rate.numerator // purse.rate.denominator


def _names(failing: Iterable[Participant]) -> str:
    return " ".join(bic8(one.bic) for one in failing)


def declared_to(rules: Rules, failing: Sequence[Participant]) -> list[tuple[str, str, str]]:
    """Who is told that a default is declared: recipient, event code, text."""
    names = _names(failing)
    others = [one for one in rules.members() if one not in failing and one.standing != "left"]
    told = [(one.bic, DEFAULT, f"{names}: default declared") for one in [*others, *failing]]
    agents = sorted({one.agent_bic for one in rules.currencies.values()})
    return told + [
        (agent, DEFAULT, f"{names}: default declared; earmark nothing for it but what the hub asks") for agent in agents
    ]


def borne_by(rules: Rules, failing: Iterable[Participant], fall: Waterfall, home: str) -> list[tuple[str, str, str]]:
    """What each survivor is told that it bears: recipient, event code, text."""
    bears: dict[str, list[str]] = {}
    for one in fall.borne:
        if one.tranche in (SURVIVORS, ASSESSMENTS) and one.minor:
            bears.setdefault(one.bic, []).append(f"{amount_text(one.minor, home)} of {one.tranche}")
    names = _names(failing)
    return [
        (one.bic, BEARS, f"{names}: you bear {' and '.join(bears[bic8(one.bic)])}")
        for one in rules.members()
        if bic8(one.bic) in bears
    ]


def seen_text(found: Drill) -> str:
    """What a declaration names of the dry run that it was seen from: loss and unmet in minor units, and the digest of all figures."""
    return f"{found.fall.loss} {found.fall.unmet} {found.figures()}"


def difference_text(seen: str, found: Drill) -> str:
    """How what stands now differs from what was seen."""
    words, now = seen.split(" "), seen_text(found).split(" ")
    if len(words) != len(now) or not all(word.isdecimal() and len(word) < 20 for word in words[:2]):
        return f"{seen!r} names no dry run"
    parts = [
        f"{what} {amount_text(int(was), found.home)}, now {amount_text(int(is_), found.home)}"
        for what, was, is_ in zip(("loss", "unmet"), words[:2], now[:2], strict=True)
        if was != is_
    ]
    return f"seen were figures {words[2]}, now they are {now[2]}: {'; '.join(parts) or 'the parts differ'}"

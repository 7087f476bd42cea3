"""The default drill: what the rulebook's articles would do if a participant failed now. It reads, computes and tells; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fondaco.clearing import Obligation, Owing, Rate, without, worth
from fondaco.core import Instant, Reason, Refusal, amount_text, bic8, utc_text
from fondaco.hub.exposing import Means as Lodgings
from fondaco.hub.exposing import at_risk, families_of, in_home, owing_of, rates_of_day
from fondaco.hub.state import Desk
from fondaco.journal import Journal
from fondaco.ledger import Engine
from fondaco.messages import admi_004, wrap
from fondaco.payments import State, obligations
from fondaco.rulebook import BY_CAP, BY_DEALINGS, Participant
from fondaco.settlement import ASSESSMENTS, SURVIVORS, CycleState, Drill, Means, Notice, Short, Survivor, Waterfall, waterfall

# Event codes of admi.004, the scheme's own.
DEFAULT, BEARS = "DFLT", "BEAR"
_NANO = 10**9
_NO_HAIRCUT = 0
_ARTICLES = ("exposure_currency", "fx_haircut_bps", "collateral", "default_fund", "survivors_bear", "assessment_cap_bps")


def drill(desk: Desk, books: Engine, journal: Journal, lodged: Lodgings, bic: str, cycle: int = 0) -> Drill | Refusal:
    """What would happen if the participant `bic` failed now, with its affiliates: in `cycle` alone, or (0) in every one that nothing covers.

    A no where it is no member, the cycle is none that is at risk, or no article or rate lets several currencies be added up.
    """
    rules = desk.in_force()
    member, cite = rules.participants.get(bic8(bic)), rules.numbers.get("default_fund", "")
    if member is None or member not in rules.members():
        return Refusal(Reason.NOT_FOUND, "default", bic, cite)
    if cycle and cycle not in at_risk(desk):
        state = desk.cycles[cycle].state.name if cycle in desk.cycles else "unknown"
        return Refusal(Reason.OUT_OF_TURN, f"cycle {cycle}", f"{state}: nothing of it is at risk", cite)
    home = rules.risk.exposure_currency
    if not home:
        return Refusal(Reason.NO_PRICE, "default", "no article exposure_currency says in which currency a loss is added up", cite)
    rates = rates_of_day(rules, home)
    return rates if isinstance(rates, Refusal) else _Drill(desk, books, journal, lodged, member, cycle, rates).told()


class _Drill:
    """One drill on one state, step by step."""

    def __init__(
        self,
        desk: Desk,
        books: Engine,
        journal: Journal,
        lodged: Lodgings,
        member: Participant,
        cycle: int,
        rates: Mapping[str, Rate],
    ) -> None:
        self._desk, self._rules, self._journal, self._lodged = desk, desk.in_force(), journal, lodged
        self._home, self._haircut = self._rules.risk.exposure_currency, self._rules.risk.fx_haircut_bps
        self._rates = {**rates, self._home: Rate(1, 1)}
        self._cycles = [cycle] if cycle else at_risk(desk)
        families = families_of(self._rules)
        self._member = member
        self._failing = [one for one in self._rules.members() if families[one.number] == families[member.number]]
        self._others = [one for one in self._rules.members() if one not in self._failing and one.standing != "left"]
        self._owing = owing_of(desk, books, self._cycles)
        self._fund = {who: self._fund_of(who) for who in {holder for holder, _ in lodged.fund()}}

    def told(self) -> Drill:
        desk, rules = self._desk, self._rules
        short = self._short()
        operator = bic8(rules.hub_bic)
        fall = waterfall(
            [self._means(one, short) for one in self._failing],
            (operator, self._fund.get(operator, 0)),
            [self._survivor(one) for one in self._others],
        )
        number, head = self._journal.head()
        at_text = utc_text(Instant(desk.counters.last_instant))
        articles = (
            (key, rules.numbers[key], rules.scheme.articles.on(key, rules.day)) for key in _ARTICLES if key in rules.numbers
        )
        return Drill(
            rules.day.isoformat(),
            at_text,
            number,
            head.hex(),
            self._member.bic[:8],
            tuple(one.bic[:8] for one in self._failing),
            tuple(self._cycles),
            tuple(sorted(n for n, one in desk.cycles.items() if one.state in (CycleState.DECIDED, CycleState.SETTLED))),
            self._home,
            tuple(short),
            fall,
            rules.risk.survivors_bear,
            tuple(self._leaving(short)) if fall.unmet else (),
            tuple(self._notices(fall, at_text)),
            tuple((key, number, str(one.value)) for key, number, one in articles),
        )

    # What is missing

    def _of(self, member: Participant) -> list[Owing]:
        return [one for one in self._owing if one.number == member.number]

    def _short(self) -> list[Short]:
        """What those that fail cannot pay, currency by currency, after their own money of it. A loss is turned into home at the plain rate."""
        found = []
        for member in self._failing:
            for one in self._of(member):
                if one.owed:
                    paid = min(one.owed, one.own)
                    rate = self._rates[one.currency]
                    home = worth(one.owed - paid, rate, _NO_HAIRCUT, up=True)
                    over = home * rate.denominator - (one.owed - paid) * rate.numerator
                    found.append(Short(member.bic[:8], one.currency, one.owed, paid, home, over * _NANO // rate.denominator))
        return found

    def _means(self, member: Participant, short: Iterable[Short]) -> Means:
        """Its own means in home: money that its debts of the same currency leave, collateral, its share of the fund; each after haircuts."""
        own = bic8(member.bic)
        left = sum(self._worth(one.currency, max(0, one.own - one.owed)) for one in self._of(member))
        lodged = self._lodged.value(own, self._home, self._rates).counted
        return Means(own, sum(one.home for one in short if one.bic == own), left, lodged, self._fund.get(own, 0))

    def _worth(self, currency: str, minor: int) -> int:
        return in_home(minor, currency, self._home, self._rates, self._haircut)

    def _fund_of(self, holder: str) -> int:
        return sum(self._worth(code, minor) for (who, code), minor in self._lodged.fund().items() if who == holder)

    # Who bears the rest

    def _survivor(self, member: Participant) -> Survivor:
        own, risk = bic8(member.bic), self._rules.risk
        demanded = sum(self._worth(one.currency, one.minor) for one in self._rules.scheme.fund_shares if one.member == own)
        most = demanded * risk.assessment_cap_bps // 10_000
        return Survivor(own, self._fund.get(own, 0), most, self._weight(member, risk.survivors_bear))

    def _weight(self, member: Participant, formula: str) -> int:
        if formula == BY_CAP:
            return sum(self._worth(code, minor) for code, minor in member.caps.items())
        if formula == BY_DEALINGS:
            failing = {one.number for one in self._failing}
            legs = (leg for legs in self._legs().values() for leg in legs if leg.payee == member.number and leg.payer in failing)
            return sum(self._worth(leg.currency, leg.minor) for leg in legs)
        return self._fund.get(bic8(member.bic), 0)

    def _legs(self) -> dict[int, tuple[Obligation, ...]]:
        """What is accepted and not final in these cycles, by payment."""
        live = self._desk.live.values()
        return {
            one.number: obligations(one, self._rules) for one in live if one.cycle in self._cycles and one.state is State.ACCEPTED
        }

    def _leaving(self, short: Iterable[Short]) -> list[tuple[int, str]]:
        """The payments that would leave where a rest is unmet: all that those who fail pay in a currency in which they are short (article 9.2)."""
        numbers = {bic8(one.bic): one.number for one in self._failing}
        failing = {(numbers[one.bic], one.currency) for one in short if one.home}
        return [(number, self._desk.live[number].uetr) for number in sorted(without(self._legs(), failing))]

    # What would be told

    def _notices(self, fall: Waterfall, at_text: str) -> list[Notice]:
        names = " ".join(bic8(one.bic) for one in self._failing)
        bears: dict[str, list[str]] = {}
        for one in fall.borne:
            if one.tranche in (SURVIVORS, ASSESSMENTS) and one.minor:
                bears.setdefault(one.bic, []).append(f"{amount_text(one.minor, self._home)} of {one.tranche}")
        told = [(one.bic, DEFAULT, f"{names}: default declared") for one in [*self._others, *self._failing]]
        agents = sorted({one.agent_bic for one in self._rules.currencies.values()})
        told += [(agent, DEFAULT, f"{names}: default declared; earmark nothing for it but what the hub asks") for agent in agents]
        told += [
            (one.bic, BEARS, f"{names}: you bear {' and '.join(bears[bic8(one.bic)])}")
            for one in self._others
            if bic8(one.bic) in bears
        ]
        kind, hub = "admi.004.001.02", self._rules.hub_bic
        return [
            Notice(bic, kind, wrap(kind, hub, bic, f"DRILL{at:07d}", at_text, admi_004(code, text, at_text)).decode())
            for at, (bic, code, text) in enumerate(told, 1)
        ]

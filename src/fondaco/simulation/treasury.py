"""What the banks' treasury desks ask of the hub on the demo's day, at fixed times: balances, reports, money in, money out. Invented.

What a desk does because of an answer is in `world.py`: it tops up when it is warned, and takes its money home when it sweeps or leaves.
"""

from __future__ import annotations

from collections.abc import Iterator

from fondaco.core import Instant, utc_text
from fondaco.hub import Arrive
from fondaco.messages import LiquidityTransfer, camt_003, camt_050, camt_057, camt_060, wrap
from fondaco.rulebook import Participant, Rules

_MINUTE = 60 * 1_000_000_000
# Minutes after the first payment at which every desk asks for its balances, and one in three for a report.
_BALANCES = (20, 110, 230, 300)
_REPORTS = 240
# A desk that expects money says so early; one asks what it has, takes nearly all of it home, and brings it back before the cut-off.
_EXPECTED, _SWEEP, _BACK = 10, 125, 225
# Of what it paid in a desk expects a twentieth, and one in four brings a twentieth more or takes it home.
_SOME = 20
# So ends the name of a question about balances whose answer is taken home.
SWEEP = "-SWEEP"


class Treasury:
    """The day's requests in their order, each due at so many minutes after the first payment. `paid_in`: what each bank brought before
    the day, whole minor units of its own currency by BIC of eight."""

    def __init__(self, rules: Rules, opens: Instant, leaver: str, paid_in: dict[str, int]) -> None:
        self._rules = rules
        self._opens = int(opens)
        self._sent = 0
        self._plan: list[tuple[int, str, Participant, int]] = []
        desks = [one for one in rules.members() if one.roles == {"member"} and one.bic[:8] in paid_in]
        self._desks = {one.bic: one for one in desks}
        for minute in _BALANCES:
            self._plan += [(minute, "balances", one, 0) for one in desks]
        some = {one.bic: paid_in[one.bic[:8]] // _SOME for one in desks}
        for place, one in enumerate(desks):
            if place % 3 == 0:
                self._plan += [(_REPORTS, "report", one, 0), (_EXPECTED, "expect", one, some[one.bic])]
            if place % 4 == 1:
                self._plan.append((_REPORTS, "in" if place % 8 == 1 else "out", one, some[one.bic]))
        sweeper = next(one for one in desks[2:] if one.bic != leaver)
        self._plan += [(_SWEEP, "sweep", sweeper, 0), (_BACK, "in", sweeper, paid_in[sweeper.bic[:8]])]
        self._plan.sort(key=lambda one: one[0])

    def due(self, now: Instant) -> Iterator[Arrive]:
        """What is due until now, once each."""
        while self._plan and self._opens + self._plan[0][0] * _MINUTE <= now:
            _, what, desk, minor = self._plan.pop(0)
            yield self._asked(what, desk, minor, now)

    def balances(self, bic: str, now: Instant) -> Arrive:
        """The desk of a bank (BIC) asks what it has, out of turn."""
        return self._asked("balances", self._desks[bic], 0, now)

    def _asked(self, what: str, desk: Participant, minor: int, now: Instant) -> Arrive:
        self._sent += 1
        name, text, hub = f"{desk.bic[:8]}-T{self._sent:05d}", utc_text(now), self._rules.hub_bic
        if what == "sweep":
            what, name = "balances", name + SWEEP
        if what in ("in", "out"):
            creditor, debtor = (hub, desk.bic) if what == "in" else (desk.bic, hub)
            kind, content = (
                "camt.050.001.07",
                camt_050(name, text, LiquidityTransfer(name, name, creditor, debtor, desk.currency, minor)),
            )
        elif what == "balances":
            kind, content = "camt.003.001.08", camt_003(name, text)
        elif what == "report":
            kind, content = "camt.060.001.05", camt_060(name, text, desk.bic)
        else:
            kind, content = "camt.057.001.08", camt_057(name, text, desk.currency, minor)
        return Arrive(desk.bic, wrap(kind, desk.bic, hub, name, text, content))

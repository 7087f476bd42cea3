"""The demo's day flow by flow: how often each happened, counted from the journal, the books and what the banks saw. Nothing is estimated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from fondaco.compliance import CaseState
from fondaco.core import Reason
from fondaco.hub import Hub
from fondaco.ledger import HUB, Role, account_id
from fondaco.payments import Assignment, Payment, State
from fondaco.reporting import invoice
from fondaco.rulebook import EXTENSION, RULES, STANDING, MotionState
from fondaco.settlement import FundingState
from fondaco.simulation.day import DayResult, DemoDay

Counts = dict[str, int]


def flows(day: DemoDay, result: DayResult, payments: Sequence[Payment]) -> dict[str, Counts]:
    """Every flow of the day with its counts, in the order in which they are shown; what did not happen is counted 0. `payments` are all
    of the journal's. Reads, and changes nothing."""
    told = _refused(payments)
    return {
        "customers' files": {
            name: result.banks.get(name, 0)
            for name in ("files (pain.001)", "orders", "orders refused at the edge", "reports (pain.002)", "orders reported ACSC",
                         "orders reported RJCT")
        },
        "merchant codes": {
            "stickers paid or tried": result.asked["sticker"],
            "codes of one sale scanned": result.asked["scan"],
            "expired at the scan": result.asked["scan refused at the customer's bank"],
            "altered (DS0H)": told(Reason.CREDITOR_AGENT_REFUSED, "DS0H"),
            "expired on the way (TM01)": told(Reason.CREDITOR_AGENT_REFUSED, "TM01"),
        },
        "rules of corridors": {
            "customer's limit reached": told(Reason.CUSTOMER_LIMIT),
            "purpose barred": told(Reason.PURPOSE_BARRED),
            "payer or payee incomplete (FATF R.16)": told(Reason.DATA_INCOMPLETE),
            "above a ceiling": told(Reason.ABOVE_CEILING),
        },
        "screening": _cases(day.hub),
        "returns and recalls": {
            "returns settled": sum(bool(one.returns) and one.state is State.SETTLED for one in payments),
            **_assignments(day.hub, "recall"),
        },
        "questions": {
            "status requests (pacs.028)": result.received["pacs.028.001.03"],
            **_assignments(day.hub, "investigation"),
            **_assignments(day.hub, "verification"),
        },
        "money": {
            **_fundings(day.hub),
            "balances told (camt.003, .004)": result.sent["camt.004.001.10"],
            "reports told (camt.060, .052)": result.sent["camt.052.001.08"],
            "expectations (camt.057)": result.received["camt.057.001.08"],
            "own limits": len(day.hub.desk.limits),
            "warnings heeded": result.banks.get("warnings heeded", 0),
        },
        "members": _members(day),
        "operators": _motions(day.hub),
        "end of the day": {
            "statements that add up (camt.053)": result.banks.get("statements that add up", 0),
            "statements that do not": result.banks.get("statements that do not add up", 0),
            "checks needed and done": sum(one.needed and one.done for one in result.checklist),
            "checks needed and not done": sum(one.needed and not one.done for one in result.checklist),
            "left for tomorrow": sum(not one.needed and not one.done for one in result.checklist),
        },
        "fees of the month so far": _invoiced(day.hub, payments, day.day.isoformat()[:7]),
    }  # fmt: skip


def _refused(payments: Sequence[Payment]) -> Callable[..., int]:
    """How often a reason was told; with a code, how often by this code."""
    counts: Counter[tuple[Reason, str]] = Counter()
    for one in payments:
        if one.refusal is not None and one.state is State.REJECTED:
            counts[one.refusal.reason, one.refusal.code] += 1

    def told(reason: Reason, code: str = "") -> int:
        return sum(count for (why, said), count in counts.items() if why is reason and code in ("", said))

    return told


def _cases(hub: Hub) -> Counts:
    states = Counter(one.state for one in hub.desk.cases.values())
    return {"hits released by two officers": states[CaseState.RELEASED], "hits confirmed": states[CaseState.CONFIRMED]}


def _assignments(hub: Hub, kind: str) -> Counts:
    found = (msgspec.msgpack.decode(raw, type=Assignment) for _, raw in hub.journal.records("assignment"))
    states = Counter(one.state.name.lower() for one in found if one.kind == kind)
    return {f"{kind}s {state}": count for state, count in sorted(states.items())} or {f"{kind}s": 0}


def _fundings(hub: Hub) -> Counts:
    counts = {"paid in (camt.050)": 0, "taken home": 0, "moved by sponsors": 0, "not confirmed by the agent": 0}
    for one in hub.desk.fundings.values():
        if one.state is not FundingState.CONFIRMED:
            counts["not confirmed by the agent"] += 1
        elif one.other:
            counts["moved by sponsors"] += 1
        else:
            counts["taken home" if one.withdrawal else "paid in (camt.050)"] += 1
    return counts


def _members(day: DemoDay) -> Counts:
    """Who comes and who goes: the applicant up to the day from which it is a member, and the member that winds down."""
    assert day.governance is not None, "the day was run"
    desk, certificate = day.hub.desk, day.governance.certificate
    counts = {f"applicants {one.state.name.lower()}": 0 for one in desk.memberships.values()}
    for one in desk.memberships.values():
        counts[f"applicants {one.state.name.lower()}"] += 1
    if certificate is not None:
        counts["cases of the kit passed"] = sum(one.passed for one in certificate.results)
        counts["cases failed"] = sum(not one.passed for one in certificate.results)
    return {**counts, **{f"members {name}": sum(one == name for one in desk.standings.values()) for name in ("leaving", "left")}}


def _motions(hub: Hub) -> Counts:
    carried = [one.deed for one in hub.desk.motions.values() if one.state is MotionState.CARRIED]
    standings = Counter(one.value for one in carried if one.kind == STANDING)
    return {
        **{f"set to {name}": standings[name] for name in ("receive_only", "send_only", "suspended", "active", "leaving")},
        "longer days": sum(one.kind == EXTENSION for one in carried),
        "rulebooks agreed on": sum(one.kind == RULES for one in carried),
        "motions lapsed": sum(one.state is MotionState.LAPSED for one in hub.desk.motions.values()),
    }


def _invoiced(hub: Hub, payments: Sequence[Payment], month: str) -> Counts:
    """What the month's invoices would say now, and in how many currencies the books hold another sum of fees than they: in none."""
    sums: Counter[str] = Counter()
    lines = members = 0
    for member in hub.desk.in_force().members():
        found = invoice(payments, member.bic[:8], month)
        lines, members = lines + len(found.lines), members + bool(found.lines)
        for currency, _, _, total in found.totals:
            sums[currency] += total
    differ = 0
    for currency, ledger in hub.desk.ledgers.items():
        held = hub.books.balance(account_id(Role.PREFUNDED, ledger, HUB))
        differ += (held.net if held is not None else 0) != sums[currency]
    return {"lines": lines, "members": members, "currencies": len(sums), "differ from the books": differ}

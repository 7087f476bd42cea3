"""Deeds that take two people: a maker proposes at the deed's own place, a checker of the same house approves here, and only then it is done."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from fondaco.access import Caller, Right, Whose, may, second_right
from fondaco.api.ask import Ask
from fondaco.api.house import House
from fondaco.api.payments_route import text_of
from fondaco.api.problem import Problem
from fondaco.api.route import JSON, Limit, Moment, Number, Reply, Route, given
from fondaco.core import Instant, bic8, utc_text
from fondaco.hub import (
    CloseCycle,
    EndDay,
    Hub,
    LimitFlow,
    LimitTotal,
    NotReady,
    OpenDay,
    Proposal,
    Propose,
    Second,
    SetLimit,
    SwapLists,
    TakeBackProposal,
    Twofold,
    list_set,
    reference_rates,
)
from fondaco.rulebook import PRICING_REFERENCE, ProposalState


class ProposalQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Proposals behind the number `after`; decided ones too where `decided` says so."""

    after: Number = 0
    limit: Limit = 100
    decided: bool = False


class ByProposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A proposal by its number."""

    number: Number


class ProposalRow(msgspec.Struct, frozen=True):
    """A deed that one person proposed. `kind` says which, `bank` whose ("" for the operator's), and what follows what of: `amount` is in units of `currency`,
    "" where a limit is to be taken away. `second` is the right that another person needs; `decided_by` and `decided_at` are "" while it waits."""

    number: Number
    kind: str
    bank: str
    currency: str
    towards: str
    amount: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,18}(\.[0-9]{1,3})?)?\Z")]
    day: str
    by: str
    second: str
    made_at: Moment
    until: Moment
    state: str
    decided_by: str
    decided_at: str


class Proposals(msgspec.Struct, frozen=True):
    """Proposals by their numbers; ask next for what is behind `after` while `more` is true."""

    proposals: list[ProposalRow]
    after: Number
    more: bool


PROPOSED = ((202, "Proposed: it waits for another person, and is not done before; Location says where", ProposalRow, (JSON,)),)


def _row(one: Proposal, home: str) -> ProposalRow:
    deed = one.deed
    kind, towards, currency, amount, day = "close_cycle", "", "", "", ""
    match deed:
        case SetLimit():
            kind, currency, amount = "set_own_cap", deed.currency, text_of(deed.minor, deed.currency)
        case LimitFlow():
            kind, currency, towards = "set_flow_limit", deed.currency, deed.towards
            amount = text_of(deed.minor, currency) if deed.minor >= 0 else ""
        case LimitTotal():
            kind, currency = "set_total_limit", home
            amount = text_of(deed.minor, currency) if deed.minor >= 0 and home else ""
        case OpenDay():
            kind, day = "open_day", deed.day
        case EndDay():
            kind = "end_day"
        case CloseCycle():
            pass
    return ProposalRow(
        one.number, kind, one.institution, currency, towards, amount, day, one.by, second_right(deed).value, utc_text(one.made_at),
        utc_text(one.until), one.state.name, one.decided_by, utc_text(Instant(one.decided_at)) if one.decided_at else "",
    )  # fmt: skip


def _home(hub: Hub) -> str:
    return hub.desk.rules.risk.exposure_currency if hub.desk.rules is not None else ""


def _sees(ask: Ask, one: Proposal) -> bool:
    """A bank's proposals are seen by who sees the bank; the operator's by its own people and the auditor."""
    return ask.sight.bank(one.institution) if one.institution else ask.sight.all


def _found(ask: Ask, hub: Hub) -> Proposal:
    one = hub.desk.proposals.get(ask.place.number)
    if one is None or not _sees(ask, one):
        raise Problem("not-found", f"no proposal {ask.place.number} of yours is known")
    return one


def _house_of(caller: Caller) -> str:
    return bic8(caller.institution) if caller.institution else ""


async def proposed(ask: Ask, deed: Twofold) -> Reply:
    """Propose `deed` in the caller's name. Raises `Problem`."""
    number = int(await ask.do(Propose(ask.caller.name, _house_of(ask.caller), deed)) or "0")
    row = await ask.hub(lambda hub: _row(hub.desk.proposals[number], _home(hub)))
    return Reply(row, 202, JSON, {"Location": f"/v1/proposals/{number}"})


async def listed(ask: Ask) -> Proposals:
    query = ask.query

    def question(hub: Hub) -> Proposals:
        rows: list[ProposalRow] = []
        for number, one in sorted(hub.desk.proposals.items()):
            if number > query.after and (query.decided or one.state is ProposalState.PROPOSED) and _sees(ask, one):
                if len(rows) == query.limit:
                    return Proposals(rows, rows[-1].number, True)
                rows.append(_row(one, _home(hub)))
        return Proposals(rows, rows[-1].number if rows else query.after, False)

    return await ask.hub(question)


async def told(ask: Ask) -> ProposalRow:
    return await ask.hub(lambda hub: _row(_found(ask, hub), _home(hub)))


async def approved(ask: Ask) -> ProposalRow:
    """Give the second word: the deed is done with it, or both are refused."""
    one = await ask.hub(lambda hub: _found(ask, hub))
    refusal = may(ask.caller, second_right(one.deed), Whose(one.institution))
    if refusal is not None:
        raise Problem("not-allowed", refusal.sentence())
    await ask.do(Second(one.number, ask.caller.name, one.institution), one.deed)
    if isinstance(one.deed, OpenDay):
        lacking = await into_force(ask.house)
        if lacking:
            raise Problem("conflict", lacking)
    return await told(ask)


async def taken_back(ask: Ask) -> ProposalRow:
    one = await ask.hub(lambda hub: _found(ask, hub))
    await ask.do(TakeBackProposal(one.number, ask.caller.name, _house_of(ask.caller)))
    return await told(ask)


async def into_force(house: House) -> str:
    """Lists and, where the union prices by them, reference rates come into force with a day that was opened; what did not, "" for nothing."""
    version = await asyncio.to_thread(lambda: list_set(house.folder, house.scheme).version)
    commands = [SwapLists(version)] if version != await house.writer.ask(lambda hub: hub.desk.counters.list_set) else []
    rules = await house.writer.ask(lambda hub: hub.desk.in_force())
    outcome = await house.writer.decide(commands) if commands else None
    if rules.pricing == PRICING_REFERENCE:
        try:
            outcome = await house.writer.decide([reference_rates(rules)])
        except NotReady as lacking:
            return str(lacking)
    if outcome is not None and any(result is not None and not isinstance(result, str) for result in outcome.results):
        return "the day is open, and lists or rates did not come into force; see /health/ready"
    return ""


_NO = ("not-found", "refused", "conflict")
ROUTES = (
    Route("list_proposals", "GET", "/v1/proposals", "List what waits for a second person", listed, Right.PROPOSAL_LOOK, "proposals",
          query=ProposalQuery, gives=given(Proposals)),
    Route("read_proposal", "GET", "/v1/proposals/{number}", "Read a proposal", told, Right.PROPOSAL_LOOK, "proposals", place=ByProposal,
          gives=given(ProposalRow), problems=("not-found",)),
    Route("approve_proposal", "POST", "/v1/proposals/{number}/approval", "Approve what another proposed: it is done with that", approved,
          Right.PROPOSAL_SECOND, "proposals", place=ByProposal, gives=given(ProposalRow, "It is done"), problems=_NO, deed=True),
    Route("take_back_proposal", "POST", "/v1/proposals/{number}/withdrawal", "Take back what you proposed", taken_back, Right.PROPOSAL_TAKE_BACK,
          "proposals", place=ByProposal, gives=given(ProposalRow, "It is taken back"), problems=_NO, deed=True),
)  # fmt: skip

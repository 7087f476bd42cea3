"""What the desk watches: cases and decisions on them, lists, members, the day and calendars, motions, the head of the evidence."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from fondaco.access import Right, Role
from fondaco.api.ask import Ask
from fondaco.api.problem import Problem
from fondaco.api.proposals_route import PROPOSED, proposed
from fondaco.api.route import Bic, Day, Hex, Limit, Moment, Name, Note, Number, Reply, Route, given
from fondaco.compliance import Case, Decision, Quarantined, ScreeningUnfit
from fondaco.core import Instant, utc_text
from fondaco.hub import DecideCase, EndDay, Hub, ListDamaged, OpenDay, SwapLists, checklist, list_set, newest, take_waiting

_DAY_NS = 86_400 * 10**9
_NO = ("refused", "conflict", "not-valid")


# Cases


class CaseQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cases behind the one of the name `after`; decided ones too where `decided` says so."""

    after: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{0,64}\Z")] = ""
    limit: Limit = 100
    decided: bool = False


class ByCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case by its name."""

    case: Name


class HitRow(msgspec.Struct, frozen=True, rename={"list_id": "list"}):
    """What was said, what it resembles, and how much in thousandths."""

    said: str
    where: str
    listed: str
    list_id: str
    entry: str
    score: Number
    name_score: Number
    reasons: list[tuple[str, int]]


class WordRow(msgspec.Struct, frozen=True):
    """What an officer said of it; the clock's words bear no name."""

    officer: str
    verb: str
    note: str
    at: Moment


class CaseRow(msgspec.Struct, frozen=True):
    """A case. `verdict` and `link` are what a decision is bound to, in hexadecimal digits."""

    case: str
    payment: Number
    uetr: str
    subject: str
    state: str
    assignee: str
    opened: Moment
    due: str
    hits: list[HitRow]
    words: list[WordRow]
    verdict: str
    link: str


class Cases(msgspec.Struct, frozen=True):
    """Cases by their names; ask next for what is behind `after` while `more` is true."""

    cases: list[CaseRow]
    after: str
    more: bool


class OfficersWord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An officer's signed word: `at` is its own instant (nanoseconds since 1970), `signature` Ed25519 over what docs/api.md says, or the
    assertion of a passkey."""

    officer: Name
    verb: Annotated[str, msgspec.Meta(pattern=r"^(RELEASE|CONFIRM|ASSIGN|ESCALATE|NOTE)\Z")]
    note: Note
    at: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    verdict: Hex
    seen: Hex
    signature: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}){1,4096}\Z", description="Bytes in hexadecimal digits")]
    assignee: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{0,64}\Z")] = ""


class Said(msgspec.Struct, frozen=True):
    """What the word came to."""

    case: str
    state: str


def _case(hub: Hub, one: Case) -> CaseRow:
    payment = hub.payment(one.payment) if one.payment else None
    return CaseRow(
        one.case_id, one.payment, payment.uetr if payment is not None else "", one.subject, one.state.name, one.assignee,
        utc_text(Instant(one.opened_at)), utc_text(Instant(one.due_at)) if one.due_at else "",
        [
            HitRow(hit.said, hit.path, hit.listed, hit.list_id, hit.entry_id, hit.score_milli, hit.name_milli or hit.score_milli, list(hit.reasons))
            for hit in one.verdict.hits
        ],
        [WordRow(word.officer_id, word.verb, word.note, utc_text(Instant(word.at))) for word in one.decisions],
        one.verdict.digest().hex(), one.link().hex(),
    )  # fmt: skip


def _sees_case(ask: Ask, hub: Hub, one: Case) -> bool:
    """Officers and auditors see every case; a supervisor those of payments and banks of its jurisdiction."""
    if ask.caller.roles & {Role.COMPLIANCE_OFFICER, Role.AUDITOR}:
        return True
    payment = hub.payment(one.payment) if one.payment else None
    return ask.sight.payment(payment) if payment is not None else ask.sight.bank(one.subject)


async def cases(ask: Ask) -> Cases:
    query = ask.query

    def question(hub: Hub) -> Cases:
        rows: list[CaseRow] = []
        for key in sorted(key for key in hub.desk.cases if key > query.after):
            one = hub.desk.cases[key]
            if (query.decided or one.open) and _sees_case(ask, hub, one):
                if len(rows) == query.limit:
                    return Cases(rows, rows[-1].case, True)
                rows.append(_case(hub, one))
        return Cases(rows, rows[-1].case if rows else query.after, False)

    return await ask.hub(question)


async def case(ask: Ask) -> CaseRow:
    def question(hub: Hub) -> CaseRow:
        one = hub.desk.cases.get(ask.place.case)
        if one is None or not _sees_case(ask, hub, one):
            raise Problem("not-found", f"no case {ask.place.case} of yours is known")
        return _case(hub, one)

    return await ask.hub(question)


async def decide_case(ask: Ask) -> Said:
    body = ask.body
    word = Decision(
        ask.place.case, body.officer, body.verb, body.note, body.at, bytes.fromhex(body.verdict), bytes.fromhex(body.signature),
        body.assignee, bytes.fromhex(body.seen),
    )  # fmt: skip
    return Said(ask.place.case, await ask.do(DecideCase(word)) or "")


# Lists


class ListRow(msgspec.Struct, frozen=True):
    """A list that the rulebook names, and the edition in force; `state` is fresh, stale, missing or damaged."""

    list: str
    required: bool
    entries: Number
    published: str
    received: str
    valid_until: str
    edition: str
    state: str


class Lists(msgspec.Struct, frozen=True):
    """The lists, and the version of the set that screens now."""

    list_set: str
    lists: list[ListRow]


class Swapped(msgspec.Struct, frozen=True):
    """The set that screens from now on, and what was brought and not taken, with its reasons."""

    list_set: str
    quarantined: list[str]


async def lists(ask: Ask) -> Lists:
    house = ask.house
    scheme, now = house.scheme, int(house.clock.now())

    def rows() -> list[ListRow]:
        found = []
        for rule in scheme.lists:
            state = ""
            try:
                edition = newest(house.folder, rule.list_id)
            except ListDamaged:
                edition, state = None, "damaged"
            if edition is None:
                found.append(ListRow(rule.list_id, rule.required, 0, "", "", "", "", state or "missing"))
                continue
            until = edition.received_at + rule.max_age_days * _DAY_NS
            found.append(
                ListRow(
                    rule.list_id, rule.required, len(edition.entries) + len(edition.goods), edition.published or "",
                    utc_text(Instant(edition.received_at)), utc_text(Instant(until)), edition.digest[:12],
                    "stale" if now >= until else "fresh",
                )
            )  # fmt: skip
        return found

    version = await ask.hub(lambda hub: hub.desk.counters.list_set)
    return Lists(version, await asyncio.to_thread(rows))


async def swap_lists(ask: Ask) -> Swapped:
    """Take up what was brought, and let the newest lists screen from now on."""
    house, scheme = ask.house, ask.house.scheme

    def taken() -> tuple[str, list[str]]:
        loaded = take_waiting(house.folder, scheme, house.clock.now(), ask.caller.name)
        refused = [f"{list_id} {name}: {'; '.join(one.reasons)}" for list_id, name, one in loaded if isinstance(one, Quarantined)]
        return list_set(house.folder, scheme).version, refused

    try:
        version, refused = await asyncio.to_thread(taken)
    except ScreeningUnfit as unfit:
        raise Problem("conflict", str(unfit)) from unfit
    await ask.do(SwapLists(version))
    return Swapped(version, refused)


# Members


class MemberRow(msgspec.Struct, frozen=True):
    """A participant of the union."""

    bic: Bic
    lei: str
    name: str
    country: str
    currencies: list[str]
    roles: list[str]
    standing: str


class Members(msgspec.Struct, frozen=True):
    """The participants, by their numbers."""

    union: str
    hub: str
    members: list[MemberRow]


async def members(ask: Ask) -> Members:
    def question(hub: Hub) -> Members:
        scheme = hub.desk.scheme
        known = hub.desk.rules.participants if hub.desk.rules is not None else {one.bic[:8]: one for one in scheme.participants}
        rows = [
            MemberRow(one.bic, one.lei, one.name, one.country, sorted(one.currencies), sorted(one.roles), one.standing)
            for one in sorted(known.values(), key=lambda one: one.number)
        ]
        return Members(scheme.title, scheme.hub_bic, rows)

    return await ask.hub(question)


# The day


class CheckRow(msgspec.Struct, frozen=True):
    """What is to be done before the day ends; `needed` where it must be."""

    what: str
    done: bool
    needed: bool
    found: str


class DayState(msgspec.Struct, frozen=True):
    """The business day, and what is left to do on it. Of cut-offs: the currency, and until when it is settled today."""

    day: str
    ended: bool
    open_cycle: Number
    cut_offs: list[tuple[str, Moment, bool]]
    checks: list[CheckRow]
    now: Moment


class NewDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The business day to open."""

    day: Day


class CalendarQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which year, and of one currency only where it is named."""

    year: Annotated[int, msgspec.Meta(ge=1900, le=2200)]
    currency: Annotated[str, msgspec.Meta(pattern=r"^([A-Z]{3})?\Z")] = ""


class HolidayRow(msgspec.Struct, frozen=True):
    """A day on which a currency is not settled, beside its weekends."""

    day: str
    currency: str
    name: str
    source: str
    provisional: bool


class Holidays(msgspec.Struct, frozen=True):
    """Holidays in the order of days; `unknown` are the currencies whose calendar does not know the year."""

    holidays: list[HolidayRow]
    unknown: list[str]


async def day(ask: Ask) -> DayState:
    now = utc_text(ask.house.clock.now())

    def question(hub: Hub) -> DayState:
        desk = hub.desk
        cut_offs = [] if desk.door is None else sorted(
            (code, utc_text(Instant(one.cut_off)), one.closed) for code, one in desk.door.currencies.items()
        )  # fmt: skip
        checks = (
            [CheckRow(one.what, one.done, one.needed, one.found) for one in checklist(desk)] if desk.rules is not None else []
        )
        return DayState(desk.counters.day, desk.counters.day_ended, desk.counters.open_cycle, cut_offs, checks, now)

    return await ask.hub(question)


async def open_day(ask: Ask) -> Reply:
    return await proposed(ask, OpenDay(ask.body.day))


async def end_day(ask: Ask) -> Reply:
    return await proposed(ask, EndDay())


async def holidays(ask: Ask) -> Holidays:
    query = ask.query
    rows, unknown = [], []
    for code, rules in sorted(ask.house.scheme.currencies.items()):
        if query.currency not in ("", code):
            continue
        calendar = rules.calendar
        if not calendar.first_day.year <= query.year <= calendar.last_day.year:
            unknown.append(code)
            continue
        rows += [
            HolidayRow(at.isoformat(), code, one.name, one.source, one.provisional)
            for at, one in calendar.holidays.items()
            if at.year == query.year
        ]
    if query.currency and not rows and not unknown and query.currency not in ask.house.scheme.currencies:
        raise Problem("not-found", f"{query.currency} is not a currency of this union")
    return Holidays(sorted(rows, key=lambda row: (row.day, row.currency)), unknown)


# Evidence


class Head(msgspec.Struct, frozen=True):
    """The last link of the journal's chain that is kept, and what stood in force with it."""

    batch: Number
    hash: str
    day: str
    list_set: str
    rulebook: str


async def head(ask: Ask) -> Head:
    def question(hub: Hub) -> Head:
        number, digest = hub.kept()
        counters = hub.desk.counters
        return Head(number, digest, counters.day, counters.list_set, counters.rulebook)

    return await ask.hub(question)


ROUTES = (
    Route("list_cases", "GET", "/v1/cases", "List cases with their hits", cases, Right.CASE_LOOK, "compliance", query=CaseQuery, gives=given(Cases)),
    Route("read_case", "GET", "/v1/cases/{case}", "Read a case", case, Right.CASE_LOOK, "compliance", place=ByCase, gives=given(CaseRow),
          problems=("not-found",)),
    Route("decide_case", "POST", "/v1/cases/{case}/words", "Say an officer's signed word of a case", decide_case, Right.CASE_DECIDE, "compliance",
          place=ByCase, body=OfficersWord, gives=given(Said), problems=("not-found", *_NO), deed=True),
    Route("list_lists", "GET", "/v1/lists", "Read which lists screen, and how fresh they are", lists,
          Right.LISTS_LOOK, "compliance", gives=given(Lists)),
    Route("swap_lists", "POST", "/v1/lists/swap", "Take up what was brought, and let the newest lists screen", swap_lists, Right.LISTS_LOAD,
          "compliance", gives=given(Swapped), problems=("conflict", "refused"), deed=True),
    Route("list_members", "GET", "/v1/members", "List the participants", members, Right.RULES_LOOK, "union", gives=given(Members)),
    Route("read_day", "GET", "/v1/day", "Read how the business day stands", day, Right.RULES_LOOK, "union", gives=given(DayState)),
    Route("open_day", "POST", "/v1/day", "Propose to open a business day", open_day, Right.DAY_TURN, "union", body=NewDay, gives=PROPOSED,
          problems=_NO, deed=True),
    Route("end_day", "POST", "/v1/day/end", "Propose to end the business day", end_day, Right.DAY_TURN, "union", gives=PROPOSED, problems=_NO,
          deed=True),
    Route("read_calendar", "GET", "/v1/calendar", "Read the holidays of a year", holidays, Right.RULES_LOOK, "union", query=CalendarQuery,
          gives=given(Holidays), problems=("not-found",)),
    Route("read_head", "GET", "/v1/evidence/head", "Read the last link of the journal's chain", head, Right.EVIDENCE_TAKE, "evidence",
          gives=given(Head)),
)  # fmt: skip

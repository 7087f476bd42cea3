"""Held hits for officers: what was said beside what is listed, why it scored, and what was said of it since. What officers say is `deciding`'s."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from fondaco.access import Reach, Right, Role
from fondaco.compliance import Case
from fondaco.console.visit import Visit
from fondaco.hub import Hub

ROWS_MAX = 200


class Pair(msgspec.Struct, frozen=True):
    """A word that was said and the listed word that it met, by which rule, and how alike they are in thousandths."""

    said: str
    listed: str
    rule: str
    mille: int


class Likeness(msgspec.Struct, frozen=True):
    """One hit. Scores in thousandths; `reasons` raised or lowered that of the name alone."""

    said: str
    where: str
    listed: str
    list_id: str
    entry: str
    score: int
    name_score: int
    pairs: list[Pair]
    reasons: list[tuple[str, int]]


class Word(msgspec.Struct, frozen=True):
    """What an officer said of it; the clock's words bear no name."""

    at: int
    officer: str
    verb: str
    note: str


class Shape(msgspec.Struct, frozen=True):
    """A case as an officer sees it."""

    case: str
    state: str
    open: bool
    uetr: str
    subject: str
    assignee: str
    opened_at: int
    due_at: int
    list_set: str
    best: int
    hits: list[Likeness]
    words: list[Word]


def sees(hub: Hub, reach: Reach, roles: frozenset[Role], one: Case) -> bool:
    """Officers and auditors see every case; a supervisor those of payments and banks of its countries: the API's rule."""
    if roles & {Role.COMPLIANCE_OFFICER, Role.AUDITOR}:
        return True
    payment = hub.payment(one.payment) if one.payment else None
    return reach.payment(payment) if payment is not None else reach.bank(one.subject)


def shape(hub: Hub, one: Case) -> Shape:
    payment = hub.payment(one.payment) if one.payment else None
    hits = [
        Likeness(
            hit.said, hit.path, hit.listed, hit.list_id, hit.entry_id, hit.score_milli, hit.name_milli or hit.score_milli,
            [Pair(said, listed, rule, round(alike * 1000)) for said, listed, rule, alike in hit.words], list(hit.reasons),
        )
        for hit in one.verdict.hits
    ]  # fmt: skip
    return Shape(
        one.case_id, one.state.name, one.open, payment.uetr if payment is not None else "", one.subject, one.assignee, one.opened_at, one.due_at,
        one.verdict.list_set, max((hit.score for hit in hits), default=0), hits,
        [Word(word.at, word.officer_id, f"{word.verb} {word.assignee}".strip(), word.note) for word in one.decisions],
    )  # fmt: skip


def found(hub: Hub, reach: Reach, roles: frozenset[Role], *, decided: bool) -> list[Shape]:
    """Cases that are seen, those that wait first, the oldest first; at most `ROWS_MAX`."""
    rows = [one for one in hub.desk.cases.values() if (decided or one.open) and sees(hub, reach, roles, one)]
    rows.sort(key=lambda one: (not one.open, one.opened_at, one.case_id))
    return [shape(hub, one) for one in rows[:ROWS_MAX]]


async def listed(visit: Visit) -> Response:
    assert visit.caller is not None
    visit.note(Right.CASE_LOOK, "place cases")
    reach, roles, decided = visit.reach, visit.caller.roles, visit.asked("decided") == "yes"
    return visit.page(
        "cases.html", rows=await visit.house.ask(lambda hub: found(hub, reach, roles, decided=decided)), decided=decided
    )

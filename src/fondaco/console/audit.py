"""Who saw or changed this: what the journal says and what the log of looks says, in one course of time; and the proof that the log is whole."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from starlette.responses import Response

from fondaco.access import Caller, Look, Reach, Right, Role
from fondaco.console.cases import sees
from fondaco.console.visit import SECURITY, Shown, Visit
from fondaco.core import Instant, instant_of, utc_text
from fondaco.hub import Hub, Line, came_to, payment_lines
from fondaco.payments import State

# So many rows are shown at once, and taken away; so many are looked at for them where some are not the caller's to see.
ROWS_MAX, EXPORTED_MAX, LOOKED_AT_MAX = 50, 2_000, 1_000
KINDS = ("", "payment", "member", "case", "instrument", "person", "limit", "lists", "rule")
# What belongs to no member and is everybody's.
_COMMON = frozenset({"day", "lists", "prices", "reference"})
_END = 1 << 62


class Asked(NamedTuple):
    """What somebody searches for: a kind of subject with its name, a person, from one instant to before another (ns, 0: none), behind the last row of a page."""

    kind: str
    name: str
    person: str
    since: int
    until: int
    line: int
    look: int
    before: int

    @property
    def subject(self) -> str:
        return f"{self.kind} {self.name}".strip()


class Row(msgspec.Struct, frozen=True):
    """One row of the timeline. A change has its `link` with the link's `hash`; a look (`look` is its number, 0 for a change) its verb in `event`."""

    at: int
    look: int
    line: int
    subject: str
    event: str
    article: str
    facts: str
    link: int
    hash: str
    command: str
    who: str
    institution: str
    second: str
    outcome: str


class Found(msgspec.Struct, frozen=True):
    """A page of the timeline, newest first; `more` are the words behind the path for the next page, "" for none."""

    rows: list[Row]
    line: int = 0
    look: int = 0
    before: int = 0
    more: bool = False


def of_look(one: Look) -> Row:
    return Row(one.at, one.seq, 0, one.subject, one.verb, "", one.detail, 0, "", "", one.who, one.institution, "", "")


def of_line(number: int, one: Line, outcome: str) -> Row:
    return Row(
        one.at, 0, number, one.subject, one.event, one.article, one.facts, one.link, one.hash, one.command, one.who, one.institution,
        one.second, outcome,
    )  # fmt: skip


def line_seen(hub: Hub, reach: Reach, roles: frozenset[Role], one: Line) -> bool:
    """Whether a change is the caller's to see: its members' affair, a case that it sees, or the whole union's."""
    if reach.all:
        return True
    kind, _, name = one.subject.partition(" ")
    if kind == "case":
        case = hub.desk.cases.get(name)
        return case is not None and sees(hub, reach, roles, case)
    return kind in _COMMON or any(reach.bank(bic) for bic in one.members)


def look_seen(hub: Hub, reach: Reach, caller: Caller, one: Look) -> bool:
    """Whether a look is the caller's to see: its own, of somebody of its banks, or upon what it sees itself."""
    if reach.all or one.who == caller.name or (one.institution and reach.bank(one.institution)):
        return True
    # Earlier releases wrote the path of a look by the API.
    earlier = one.subject.removeprefix("place /v1/").replace("payments/", "payment ").replace("cases/", "case ")
    kind, _, name = earlier.partition(" ")
    if kind == "payment":
        payment = hub.by_uetr(name.partition("/")[0])
        return payment is not None and reach.payment(payment)
    if kind == "case":
        case = hub.desk.cases.get(name.partition("/")[0])
        return case is not None and sees(hub, reach, caller.roles, case)
    return kind in ("participant", "member") and reach.bank(name)


def subjects_of(asked: Asked) -> list[str]:
    """Under which subjects looks upon this stand in the log: those of both doors, and the paths of the API that earlier releases wrote."""
    name = asked.name
    match asked.kind:
        case "payment":
            return [f"payment {name}", *(f"place /v1/payments/{name}{end}" for end in ("", "/revocation", "/place"))]
        case "case":
            return [f"case {name}", f"place /v1/cases/{name}"]
        case "member":
            return [f"participant {name}", f"member {name}"]
        case "instrument":
            return [f"instrument {name}", f"place /v1/trade/instruments/{name}"]
        case "limit":
            return ["place positions", "place limits", "place /v1/limits"]
        case "lists":
            return ["lists", "place lists", "place /v1/lists"]
        case "rule":
            return [f"rule {name}"]
    return [asked.subject] if asked.kind else []


def terms_of(asked: Asked) -> list[str]:
    """By which words changes are found in the index."""
    own = {"": [], "person": [], "lists": ["lists"]}.get(asked.kind, [asked.subject])
    people = {asked.person, asked.name if asked.kind == "person" else ""} - {""}
    return own + [f"person {one}" for one in sorted(people)]


async def timeline(visit: Visit, asked: Asked, most: int) -> Found:
    """What is found and may be seen, newest first."""
    caller, reach, house = visit.caller, visit.reach, visit.house
    assert caller is not None
    # Of what is not all the caller's to see more is looked at.
    depth = most if reach.all else max(most, LOOKED_AT_MAX)
    until = asked.until or _END
    lines = await asyncio.to_thread(house.following.trail.lines, terms_of(asked), asked.since, until, asked.line, depth)
    looks = await asyncio.to_thread(_looks, visit, asked, depth)

    def seen(hub: Hub) -> list[Row]:
        rows = [
            of_line(number, one, came_to(hub.journal, one)) for number, one in lines if line_seen(hub, reach, caller.roles, one)
        ]
        rows += [of_look(one) for one in looks if look_seen(hub, reach, caller, one)]
        before = min(until, asked.before or _END)
        return rows + [row for row in _steps(hub, reach, asked) if asked.since <= row.at < before]

    # What is older than this was not looked at whole: it is on the next page.
    cut = max(lines[-1][1].at if len(lines) == depth else 0, looks[-1].at if len(looks) == depth else 0)
    rows = [row for row in await house.ask(seen) if row.at >= cut]
    rows.sort(key=lambda row: (-row.at, -row.look, -row.line))
    shown = rows[:most]
    if len(rows) > most:
        line, look = (
            min((row.line for row in shown if row.line), default=asked.line),
            min((row.look for row in shown if row.look), default=asked.look),
        )
        return Found(shown, line, look, shown[-1].at, more=True)
    line = min((number for number, one in lines if one.at >= cut), default=asked.line)
    look = min((one.seq for one in looks if one.at >= cut), default=asked.look)
    return Found(rows, line, look, cut, more=cut > 0)


def _steps(hub: Hub, reach: Reach, asked: Asked) -> list[Row]:
    """What the journal says of the payment that is searched for. Who is not on the sender's side sees it from the offer on, as everywhere."""
    payment = hub.by_uetr(asked.name) if asked.kind == "payment" and not asked.person else None
    if payment is None or not reach.payment(payment):
        return []
    first = 0
    if not (reach.all or reach.bank(payment.sender)):
        first = next((step.at for step in payment.taken if step.state == State.OFFERED.name), 0)
    return [of_line(0, one, "") for one in payment_lines(hub.journal, payment) if one.at >= first]


def _looks(visit: Visit, asked: Asked, most: int) -> list[Look]:
    """Lines of the log about the subject. A person is one who looked, as well as one about whom something was done."""
    log = visit.house.access.looks
    if asked.kind in ("", "person"):
        who = asked.person or (asked.name if asked.kind == "person" else "")
        people = [f"person {who}"] if who else []
        found = log.newest(subjects=people, who=who, since=asked.since, until=asked.until, before=asked.look, most=most)
        return [one for one in found if asked.kind != "person" or not asked.person or one.subject == f"person {asked.name}"]
    found = log.newest(subjects=subjects_of(asked), since=asked.since, until=asked.until, before=asked.look, most=most)
    return [one for one in found if asked.person in ("", one.who)]


def _instant(text: str) -> int:
    """An instant (ns) of `2026-11-24T10:00`, UTC; 0 for none. Raises `ValueError`."""
    if not text:
        return 0
    return int(
        instant_of(datetime.fromisoformat(text).replace(tzinfo=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _asked(visit: Visit) -> Asked:
    """Raises `ValueError` for what is no search."""
    kind, name = visit.asked("kind", 20), visit.asked("name")
    if kind not in KINDS:
        raise ValueError(kind)
    if kind in ("member", "limit"):
        name = name.upper()[:8]
    name = name.lower() if kind == "payment" else "" if kind == "lists" else name
    numbers = (_number(visit.asked(one, 19)) for one in ("line", "look", "before"))
    return Asked(
        kind, name, visit.asked("person", 64), _instant(visit.asked("since", 30)), _instant(visit.asked("until", 30)), *numbers
    )


async def page(visit: Visit) -> Response:
    try:
        asked, wrong = _asked(visit), False
    except ValueError:
        asked, wrong = Asked("", "", "", 0, 0, 0, 0, 0), True
    visit.note(Right.AUDIT_LOOK, f"audit {asked.subject} {asked.person}".strip())
    behind = await visit.house.following.up()
    found = await timeline(visit, asked, ROWS_MAX) if not wrong else Found([])
    kept, lines, checked = visit.asked("head", 64), _number(visit.asked("lines", 19)), None
    looks = visit.house.access.looks
    if kept or visit.asked("prove"):
        # Everything is read again: it takes as long as the log is.
        broken = await asyncio.to_thread(looks.broken)
        checked = {"broken": broken, "continues": looks.continues(lines, kept.lower()) if kept else True}
    return visit.page(
        "audit.html", asked=asked, found=found, wrong=wrong, behind=behind, kinds=KINDS, since=visit.asked("since", 30),
        until=visit.asked("until", 30), head=looks.head(), checked=checked, kept=kept, kept_lines=lines,
        sees_payments=visit.allows(Right.PAYMENT_LOOK), sees_cases=visit.allows(Right.CASE_LOOK),
    )  # fmt: skip


async def export(visit: Visit) -> Response:
    """The same as JSON, to be kept: at most `EXPORTED_MAX` rows, with the journal's link and the log's head that it was told from."""
    try:
        asked = _asked(visit)
    except ValueError as fault:
        raise Shown(400) from fault
    visit.note(Right.AUDIT_LOOK, f"audit export {asked.subject} {asked.person}".strip())
    behind = await visit.house.following.up()
    found = await timeline(visit, asked, EXPORTED_MAX)
    lines, head = visit.house.access.looks.head()
    told = {
        "asked": {
            "kind": asked.kind,
            "name": asked.name,
            "person": asked.person,
            "since": _text(asked.since),
            "until": _text(asked.until),
        },
        "by": visit.caller.name if visit.caller is not None else "",
        "at": utc_text(visit.house.clock.now()),
        "journal": {"read_to": behind.last, "links": behind.head},
        "log_of_looks": {"lines": lines, "head": head},
        "whole": behind.whole and not found.more,
        "rows": [
            msgspec.structs.asdict(row) | {"at": _text(row.at), "kind": "look" if row.look else "change"} for row in found.rows
        ],
    }
    body = msgspec.json.format(msgspec.json.encode(told), indent=1)
    return Response(
        body, media_type="application/json", headers=SECURITY | {"Content-Disposition": 'attachment; filename="audit.json"'}
    )


def _text(at: int) -> str:
    return utc_text(Instant(at)) if at else ""

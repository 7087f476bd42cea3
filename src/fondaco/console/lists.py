"""The lists that screen: which edition is in force and for how long, what its last delivery changed by name, what was put aside and why, and whether its canaries hit."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.responses import Response

from fondaco.access import Right
from fondaco.compliance import Entry, Good, changed_facts, edition_difference
from fondaco.console.visit import SECURITY, Shown, Visit
from fondaco.hub import Delivery, Hub, ListDamaged, ListState, NotReady, last_editions, list_history, list_states

# So many entries of each kind of change are shown, so many deliveries, so many names of an entry.
CHANGES_MAX, DELIVERIES_MAX, NAMES_MAX = 100, 200, 3
CALIBRATION = "calibration.html"


class Change(msgspec.Struct, frozen=True):
    """An entry that came, went or was changed: its id, its first names as they are listed, its programmes, and which facts changed."""

    entry: str
    names: list[str]
    programmes: list[str]
    facts: list[str] = []


class Changes(msgspec.Struct, frozen=True):
    """What the newest edition changed against the one before it; `counts` are whole, the rows at most `CHANGES_MAX` each."""

    before: str
    after: str
    counts: tuple[int, int, int]
    added: list[Change]
    removed: list[Change]
    changed: list[Change]


class Screening(msgspec.Struct, frozen=True):
    """What screens now: the list set, and by list the lowest score of a canary in thousandths (0 where it has not been tried since the hub opened)."""

    version: str
    canaries: dict[str, int]


def screening(hub: Hub) -> Screening:
    version = hub.desk.counters.list_set
    if not version or hub.desk.rules is None:
        return Screening(version, {})
    return Screening(version, dict(hub.holding.screener_in_force().canary_milli))


def _told(one: Entry | Good, facts: list[str] | None = None) -> Change:
    if isinstance(one, Good):
        return Change(one.good_id, [one.text or one.code], [one.source], facts or [])
    return Change(one.entry_id, [name.text for name in one.names[:NAMES_MAX]], list(one.programmes), facts or [])


def _facts(was: Entry | Good, now: Entry | Good) -> list[str]:
    return changed_facts(was, now) if isinstance(was, Entry) and isinstance(now, Entry) else ["goods"]


def changes_of(visit: Visit, list_id: str) -> Changes | None:
    """What the newest edition changed; None where an edition is not kept or is damaged: then its state says so."""
    try:
        old, new = last_editions(visit.house.folder, visit.house.scheme(), list_id)
    except (NotReady, ListDamaged):
        return None
    found = edition_difference(old, new)
    return Changes(
        old.digest if old is not None else "", new.digest, (len(found.added), len(found.removed), len(found.changed)),
        [_told(one) for one in found.added[:CHANGES_MAX]], [_told(one) for one in found.removed[:CHANGES_MAX]],
        [_told(now, _facts(was, now)) for was, now in found.changed[:CHANGES_MAX]],
    )  # fmt: skip


async def _states(visit: Visit) -> tuple[Screening, list[ListState]]:
    house = visit.house
    now = await house.ask(screening)
    # Editions are read from their files beside the hub, which goes on.
    return now, await asyncio.to_thread(list_states, house.folder, house.scheme(), int(house.clock.now()), now.version)


async def listed(visit: Visit) -> Response:
    visit.note(Right.LISTS_LOOK, "place lists")
    now, states = await _states(visit)
    history = await asyncio.to_thread(list_history, visit.house.folder)
    aside = [one for one in reversed(history) if one.outcome != "taken"][:DELIVERIES_MAX]
    return visit.page(
        "lists.html", screening=now, rows=states, aside=aside, calibrated=(visit.house.folder / "lists" / CALIBRATION).is_file()
    )


async def one(visit: Visit) -> Response:
    list_id = visit.request.path_params["list"]
    if all(rule.list_id != list_id for rule in visit.house.scheme().lists):
        raise Shown(404)
    visit.note(Right.LISTS_LOOK, f"list {list_id}")
    now, states = await _states(visit)
    (state,) = (row for row in states if row.list_id == list_id)

    def read() -> tuple[Changes | None, list[Delivery]]:
        deliveries = [one for one in list_history(visit.house.folder) if one.list == list_id]
        return changes_of(visit, list_id), deliveries[-DELIVERIES_MAX:][::-1]

    changes, deliveries = await asyncio.to_thread(read)
    return visit.page("list.html", screening=now, one=state, changes=changes, deliveries=deliveries)


async def calibration(visit: Visit) -> Response:
    """The report that `fondaco lists calibrate --html` wrote into the hub's folder of lists, to be kept: it brings its own style."""
    path = visit.house.folder / "lists" / CALIBRATION
    visit.note(Right.LISTS_LOOK, "calibration of lists")
    if visit.request.path_params["name"] != CALIBRATION or not path.is_file():
        raise Shown(404)
    raw = await asyncio.to_thread(path.read_bytes)
    return Response(
        raw, media_type="text/html", headers={**SECURITY, "Content-Disposition": f'attachment; filename="{CALIBRATION}"'}
    )

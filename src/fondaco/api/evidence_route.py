"""Evidence as JSON: the tables of disclosure of a day (PFMI, G20), each row with its lineage."""

from __future__ import annotations

import msgspec

from fondaco.access import Right
from fondaco.api.ask import Ask
from fondaco.api.disclosures import Disclosure
from fondaco.api.problem import Problem
from fondaco.api.route import Day, Route, given
from fondaco.hub import Hub


class ByDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A business day."""

    day: Day


async def disclosed(ask: Ask) -> Disclosure:
    """The tables of a day; of the open one as far as it has come."""
    journal = ask.house.folder / "journal.sqlite"
    if not journal.exists():
        raise Problem("conflict", "this hub keeps its journal on a server: `fondaco disclose` tells of a day there")

    def question(hub: Hub) -> tuple[str, bool, int]:
        return hub.desk.counters.day, hub.desk.counters.day_ended, hub.kept()[0]

    today, ended, batch = await ask.hub(question)
    still = ask.place.day == today and not ended
    # What an earlier day came to does not change any more: it is made once.
    found = await ask.house.disclosures.of(journal, ask.place.day, batch if still else 0)
    if found is None:
        raise Problem("not-found", f"the hub was not open on {ask.place.day}")
    return found


ROUTES = (
    Route("read_disclosure", "GET", "/v1/evidence/days/{day}/tables", "Read the tables of disclosure of a day (PFMI, G20)", disclosed, Right.EVIDENCE_TAKE,
          "evidence", place=ByDay, gives=given(Disclosure), problems=("not-found", "conflict")),
)  # fmt: skip

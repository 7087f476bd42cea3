"""Evidence of a day: the tables of disclosure as JSON (PFMI, G20), each row with its lineage; and the whole bundle as one archive."""

from __future__ import annotations

import msgspec
from starlette.responses import StreamingResponse

from fondaco.access import Right
from fondaco.api.ask import Ask
from fondaco.api.bundles import MEDIA
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


async def bundled(ask: Ask) -> StreamingResponse:
    """The bundle of an ended day. It holds all of the union's messages: a supervisor of some of its countries is told that nothing of its own is there."""
    bundles = ask.house.bundles
    if not ask.sight.union():
        raise Problem("not-found", "a bundle holds the messages of every country: it is for who oversees all of them")
    if bundles is None:
        raise Problem("conflict", "this server makes no bundles: see `fondaco evidence`")
    today, ended = await ask.hub(lambda hub: (hub.desk.counters.day, hub.desk.counters.day_ended))
    if ask.place.day == today and not ended:
        raise Problem("conflict", f"{today} has not ended: what it comes to is not known yet")
    found = await bundles.of(ask.place.day)
    headers = {"Content-Length": str(found.size), "Content-Disposition": f'attachment; filename="{found.name}"'}
    return StreamingResponse(found.pieces, headers=headers, media_type=MEDIA)


ROUTES = (
    Route("read_disclosure", "GET", "/v1/evidence/days/{day}/tables", "Read the tables of disclosure of a day (PFMI, G20)", disclosed, Right.EVIDENCE_TAKE,
          "evidence", place=ByDay, gives=given(Disclosure), problems=("not-found", "conflict"), about="disclosure"),
    Route("read_bundle", "GET", "/v1/evidence/days/{day}/bundle", "Take the bundle of evidence of an ended day, as a tar archive", bundled, Right.EVIDENCE_BUNDLE,
          "evidence", place=ByDay, gives=((200, "The archive; `sh verify.sh` in it verifies it (docs/evidence.md)", None, (MEDIA,)),),
          problems=("not-found", "conflict"), about="evidence"),
)  # fmt: skip

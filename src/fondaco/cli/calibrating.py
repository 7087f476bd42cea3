"""What thresholds would do: `fondaco lists calibrate`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from fondaco.cli.terminal import HERE, Folder, Json, Refused, clock, console, lists_app, opened_hub, show
from fondaco.compliance import Sample, calibrate
from fondaco.core import KINDS, Mention, utc_text
from fondaco.hub import Erased, Hub
from fondaco.payments import DECODER
from fondaco.reporting import calibration_html, share

_COLUMNS = ["message", "origin", "target", "kind", "path", "text"]
_MESSAGES_MAX = 200_000


@lists_app.command(name="calibrate")
def calibrate_(
    *,
    traffic: Path | None = None,
    messages: int = 20_000,
    seed: int = 1,
    alerts: float = 1.0,
    recall: float = 96.0,
    html: Path | None = None,
    hub: Folder = HERE,
    json: Json = False,
) -> None:
    """Alert rates and recall by threshold, for each list and corridor, and what they propose. It changes nothing: `rules propose` does.

    On the last MESSAGES payments of the journal, or on a CSV file with the columns message, origin, target, kind, path, text (one line for each
    text; a message's lines stand together), and on a test set made by code from SEED. ALERTS and RECALL are the targets in per cent.
    """
    if not 0 < alerts < 100 or not 0 < recall <= 100 or not 0 < messages <= _MESSAGES_MAX:
        raise Refused(f"--alerts and --recall are per cent, --messages at most {_MESSAGES_MAX}")
    with opened_hub(hub) as opened:
        if not opened.desk.counters.list_set:
            raise Refused("no list set is in force; open a business day and load the lists first")
        screener = opened.holding.screener_in_force()
        samples = _of_file(traffic) if traffic is not None else _of_journal(opened, messages)
        day = utc_text(clock(opened).now())[:10]
        found = calibrate(
            screener, samples, day, seed, alert_target_bps=round(alerts * 100), recall_target_bps=round(recall * 100)
        )  # fmt: skip
    if html is not None:
        draft = html.with_name(html.name + ".draft")
        draft.write_text(calibration_html(found), encoding="utf-8")
        draft.replace(html)

    def text() -> None:
        for one in found.proposals:
            here = [r for r in found.rates if (r.list_id, r.corridor) == (one.list_id, one.corridor)]
            console.print(f"{one.list_id} {one.corridor}: in force {one.now_milli}, proposed {one.proposed_milli}; {one.why}")
            for r in here:
                mark = " <" if r.threshold_milli == one.proposed_milli else ""
                console.print(
                    f"  {r.threshold_milli}  alerts {share(r.alerts, r.messages)}  found {share(r.found, r.cases)}{mark}"
                )
        console.print("nothing was changed; a threshold is changed by a rulebook: fondaco rules propose")

    show(json, found, text)


def _of_journal(hub: Hub, messages: int) -> Iterator[Sample]:
    """The last payments, by their numbers; what was erased after its retention is left out."""
    members = hub.desk.in_force().participants
    for _, raw in hub.journal.payments(max(1, hub.desk.counters.payment - messages)):
        payment = DECODER.decode(raw)
        if payment.screened is None:
            continue
        try:
            said = hub.instruction(payment).mentions
        except Erased:
            continue
        ends = [members[bic].country if bic in members else "" for bic in (payment.sender, payment.creditor_agent)]
        yield Sample("-".join(ends) if all(ends) else "", said)


def _of_file(path: Path) -> Iterator[Sample]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            if rows.fieldnames is None or [name.strip() for name in rows.fieldnames] != _COLUMNS:
                raise Refused(f"{path}: the first line is {','.join(_COLUMNS)}")
            message, corridor, said = None, "", list[Mention]()
            for number, row in enumerate(rows, 2):
                kind = row["kind"] or "name"
                if kind not in KINDS or None in row.values():
                    raise Refused(
                        f"{path}, line {number}: kind is one of {', '.join(KINDS)}, and a line has {len(_COLUMNS)} columns"
                    )
                if row["message"] != message and said:
                    yield Sample(corridor, said)
                    said = []
                message = row["message"]
                corridor = f"{row['origin']}-{row['target']}" if row["origin"] and row["target"] else ""
                said.append(Mention(kind, row["path"] or "traffic/Nm", row["text"]))
            if said:
                yield Sample(corridor, said)
    except (OSError, UnicodeDecodeError) as fault:
        raise Refused(f"{path}: {fault}") from fault

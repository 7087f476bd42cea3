"""What waits for money or room, in its order; and what its payer does about it: to the front, to the back, out."""

from __future__ import annotations

from typing import Literal

from fondaco.cli.terminal import HERE, Folder, Json, Refused, console, decide, lists_into_force, opened_hub, queue_app, show
from fondaco.core import Instant, Refusal, amount_text, utc_text
from fondaco.hub import Command, Reorder, Revoke


@queue_app.command(name="list")
def list_(member: str = "", *, hub: Folder = HERE, json: Json = False) -> None:
    """What waits, of MEMBER (BIC) or of all, each queue in the order in which it is tried."""
    rows = []
    with opened_hub(hub) as opened:
        desk = opened.desk
        for number, (_, currency, urgent) in desk.queues.waiting():
            one = desk.live[number]
            if not member or one.sender == member[:8]:
                rows.append(
                    {"payer": one.sender, "payee": one.creditor_agent, "currency": currency, "kind": "urgent" if urgent else "normal",
                     "amount": amount_text(one.source_minor, currency), "since": utc_text(Instant(one.received_at)), "limit": opened.limiting.keeps(one), "uetr": one.uetr}
                )  # fmt: skip

    def text() -> None:
        for row in sorted(rows, key=lambda row: (row["payer"], row["currency"], row["kind"] == "normal")):
            console.print(
                f"{row['payer']}  {row['kind']:6}  {row['amount']:>20}  to {row['payee']}  since {row['since']}  {row['uetr']}{row['limit'] and '  limit to '}{row['limit']}",
                markup=False, highlight=False,
            )  # fmt: skip
        if not rows:
            console.print("nothing waits")

    show(json, {"queued": rows}, text)


@queue_app.command
def move(member: str, uetr: str, to: Literal["first", "last"], *, hub: Folder = HERE, json: Json = False) -> None:
    """Put MEMBER's queued payment before all others of its queue, or behind them."""
    _done(Reorder(member, uetr, to == "first"), hub, {"uetr": uetr, "moved": to}, json)


@queue_app.command
def revoke(member: str, uetr: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Take MEMBER's queued payment back, as a camt.056 of it does."""
    _done(Revoke(member, uetr), hub, {"uetr": uetr, "moved": "out"}, json)


def _done(command: Command, hub: Folder, row: dict[str, str], json: bool) -> None:
    with opened_hub(hub) as opened:
        lists_into_force(opened, hub)
        outcome = decide(opened, [command])[0]
        payment = opened.by_uetr(row["uetr"])
    if isinstance(outcome, Refusal):
        raise Refused(outcome.sentence())
    assert payment is not None, "what was moved is there"
    row["state"] = payment.state.name
    show(json, row, lambda: console.print(f"{row['uetr']}: {row['moved']}, {row['state']}"))

"""How long people are remembered: what is due, what was erased, and the deed."""

from __future__ import annotations

from pathlib import Path

from fondaco.cli.terminal import HERE, Folder, Json, Refused, app, console, decide, opened_hub, show
from fondaco.core import Refusal
from fondaco.hub import Erase, Hub, batches_text

_LEFT = "what was erased may still be found in the journal's file: end whoever reads it, make room of its size, and open the hub again"


def _copies(folder: Path) -> list[str]:
    """Copies of earlier versions beside the stores, whole or begun: they hold what the stores held, names and who looked at them among it."""
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*.version-[0-9]*") if one.is_file())


def _due(opened: Hub, folder: Path) -> dict[str, object]:
    if opened.desk.rules is None:
        raise Refused("no business day was opened yet: `fondaco day open` brings the article into force")
    due = opened.retaining.due()
    if isinstance(due, Refusal):
        raise Refused(due.sentence())
    rules = opened.desk.in_force()
    return {
        "years": rules.retention_years,
        "article": rules.cite("retention_years"),
        "before": due.before,
        "due": {"batches": len(due.batches), "payments": len(due.payments)},
        "needed": due.needed,
        "erased": opened.retaining.done,
        "copies": _copies(folder),
        "erased_bytes_are_left": opened.journal.erased_bytes_are_left(),
    }


@app.command
def retention(*, hub: Folder = HERE, json: Json = False) -> None:
    """What is past its retention and due to be erased, what something open still needs, and what was erased before."""
    with opened_hub(hub) as opened:
        found = _due(opened, hub)
        done = list(opened.retaining.done)
        due = opened.retaining.due()

    def text() -> None:
        assert not isinstance(due, Refusal), "it was told as a refusal"
        console.print(
            f"article {found['article']}: {found['years']} years, so before {due.before}: {len(due.batches)} batches with "
            f"{len(due.payments)} payments are due, {due.needed} as old are needed still"
        )
        for one in done:
            console.print(
                f"erased on {one.day}, before {one.before}: batches {batches_text(one.batches)}; {one.messages} messages sent, "
                f"{one.payments} payments"
            )
        for name in _copies(hub):
            console.print(f"{name} is a copy from before an upgrade, and holds names")
        if found["erased_bytes_are_left"]:
            console.print(_LEFT)

    show(json, found, text)


@app.command
def erase(*, hub: Folder = HERE, json: Json = False) -> None:
    """Erase names, accounts and raw messages that are past their retention. It cannot be undone; chain, books and amounts stay.

    Refused while copies from before an upgrade stand beside the stores. Backups elsewhere are yours to end.
    """
    copies = _copies(hub)
    if copies:
        raise Refused(f"{', '.join(copies)} would keep what is to be erased; remove it first")
    told = []
    with opened_hub(hub) as opened:
        while True:  # ends: every round erases something that was there, or says that nothing is
            (result,) = decide(opened, [Erase()])
            if isinstance(result, Refusal):
                raise Refused(result.sentence())
            if result == "nothing is due":
                break
            told.append(str(result))
        left = opened.journal.erased_bytes_are_left()
    show(json, {"erased": told}, lambda: console.print("\n".join(told) or "nothing is due"))
    if left:
        raise Refused(_LEFT)

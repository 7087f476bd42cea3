"""Rows for people: the transfers of embedded books in a file that any SQL program can ask."""

from __future__ import annotations

from fondaco.cli.terminal import HERE, Folder, Json, Refused, app, console, progress_of, show
from fondaco.hub import configuration_of
from fondaco.ledger import project


@app.command
def rows(*, rebuild: bool = False, hub: Folder = HERE, json: Json = False) -> None:
    """Bring `books/rows.sqlite` up to the log of the books: tables account, transfer, balance, ids in hexadecimal digits.

    Beside a running hub too. The file is made from the log and nothing is made from it: `--rebuild` throws it away first.
    """
    kept_on = configuration_of(hub).ledger
    if kept_on == "postgres":
        raise Refused("the books are on PostgreSQL: its tables are the rows; ask them there")
    if kept_on == "tigerbeetle":
        raise Refused("the books are on TigerBeetle; its own client asks for transfers")
    with progress_of("projecting", "transfers") as progress:
        done = project(hub / "books", rebuild=rebuild, progress=progress)
    facts = {"file": str(hub / "books" / "rows.sqlite")} | done._asdict()
    show(
        json,
        facts,
        lambda: console.print(
            f"{done.transfers:,} transfers ({done.added:,} new) of {done.accounts:,} accounts, up to row {done.log_rows:,} of the log: "
            f"{facts['file']}"
        ),
    )

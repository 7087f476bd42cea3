"""The whole story of a deal: as a page that needs nothing else, or as a document."""

from __future__ import annotations

from pathlib import Path

from fondaco.cli.terminal import HERE, Folder, Json, Refused, console, opened_hub, show
from fondaco.cli.trade_app import trade_app
from fondaco.hub import Hub, deal_story
from fondaco.reporting import DealStory, deal_html


@trade_app.command
def story(instrument: str, *, html: Path | None = None, hub: Folder = HERE, json: Json = False) -> None:
    """The whole story of INSTRUMENT (a credit, a collection, a record of title or an invoice) from journal and books: parties, terms, documents,
    every step with its article, findings, deadlines, postings, messages, title. `--html FILE` writes a page that needs nothing else; `--json` the
    same as a document."""
    if html is None and not json:
        raise Refused("say where to: --html FILE, or --json")
    with opened_hub(hub) as opened:
        found = deal_story(opened, instrument)
    if found is None:
        raise Refused(
            f"{instrument}: there is no such credit, collection, record or invoice; `fondaco trade credit list` and its like show which there are"
        )
    if html is not None:
        _write(found, html)
    show(json, found, lambda: console.print(f"the story of {instrument} is in {html}", markup=False, highlight=False))


def write_story(hub: Hub, instrument: str, path: Path) -> None:
    """The page of an instrument that the hub has."""
    found = deal_story(hub, instrument)
    assert found is not None, "whoever asks knows that it is there"
    _write(found, path)


def _write(found: DealStory, path: Path) -> None:
    # A page that is cut off would be read as whole: it gets its name when it is.
    draft = path.with_name(path.name + ".draft")
    draft.write_text(deal_html(found), encoding="utf-8")
    draft.replace(path)

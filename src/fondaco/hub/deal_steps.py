"""In which batches an instrument of trade took a step: so that its story is read without reading the whole journal."""

from __future__ import annotations

from fondaco.hub.state import Batch
from fondaco.hub.trade_shelf import TradeShelf

STEPS = "deal_steps"


def note_step(shelf: TradeShelf, batch: Batch, instrument: str) -> None:
    """The instrument takes a step in this batch. Once for each batch, however many steps it takes in it."""
    known = batches_of(shelf, instrument)
    if not known or known[-1] != batch.number:
        shelf.put(batch, STEPS, instrument, (*known, batch.number))


def batches_of(shelf: TradeShelf, instrument: str) -> tuple[int, ...]:
    """The numbers of these batches, rising. What a release before this one decided is not among them."""
    return shelf.get(STEPS, instrument, tuple[int, ...]) or ()

"""The places of the console, in the order in which they are shown, each with the right that opens it."""

from __future__ import annotations

from typing import NamedTuple

from fondaco.access import Right


class Link(NamedTuple):
    """A place. `title` is a text of the catalogs."""

    path: str
    title: str
    right: Right


def _(text: str) -> str:
    """Marks a text for the catalogs; it is translated where it is shown."""
    return text


# Shown where there is a tour: in a demo.
TOUR = "/tour"
NAVIGATION = (
    Link("/day", _("The day"), Right.CYCLE_LOOK),
    Link("/payments", _("Payments"), Right.PAYMENT_LOOK),
    Link("/pay", _("Pay"), Right.PAYMENT_DRAFT),
    Link("/proposals", _("Proposals"), Right.PROPOSAL_LOOK),
    Link("/positions", _("Positions"), Right.POSITION_LOOK),
    Link("/queue", _("Queue"), Right.QUEUE_LOOK),
    Link("/cycles", _("Cycles"), Right.CYCLE_LOOK),
    Link("/fx", _("Exchange"), Right.QUOTE_LOOK),
    Link("/trade", _("Trade"), Right.TRADE_LOOK),
    Link("/cases", _("Cases"), Right.CASE_LOOK),
    Link("/drill", _("Default drill"), Right.DEFAULT_LOOK),
    Link("/simulator", _("Simulator"), Right.SIMULATION_RUN),
    Link("/lists", _("Lists"), Right.LISTS_LOOK),
    Link("/supervisor", _("Supervisor"), Right.SUPERVISE_LOOK),
    Link("/audit", _("Audit"), Right.AUDIT_LOOK),
    Link(TOUR, _("Tour"), Right.RULES_LOOK),
)

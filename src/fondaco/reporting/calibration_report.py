"""A calibration as a page for whoever must agree on a threshold."""

from __future__ import annotations

from fondaco.compliance import Calibration, Rate
from fondaco.reporting.page import escape, facts, page, table


def calibration_html(found: Calibration) -> str:
    """The report of a calibration. It proposes; a threshold is changed by a rulebook alone."""
    parts = [
        "<p>This report changes nothing. A threshold is changed by a rulebook that the union agrees on (<code>fondaco rules propose</code>), "
        "with this report as its source.</p>",
        facts(
            [
                ("List set", found.list_set),
                ("Engine", found.engine),
                (
                    "Test set",
                    f"made by code from seed {found.seed}: invented honest names, and names of these lists disguised in one way",
                ),
                ("May alert", f"{found.alert_target_bps / 100:.2f} % of messages"),
                ("Must be found", f"{found.recall_target_bps / 100:.2f} % of disguised names"),
            ]
        ),
        table(
            "Proposed thresholds, in thousandths",
            ("List and corridor", "In force", "Proposed", "Why"),
            [(f"{one.list_id}, {one.corridor}", str(one.now_milli), str(one.proposed_milli), one.why) for one in found.proposals],
        ),
        "<h2>Rates</h2>",
    ]
    for key in dict.fromkeys((one.list_id, one.corridor) for one in found.rates):
        rows = [one for one in found.rates if (one.list_id, one.corridor) == key]
        parts.append(
            table(
                f"List {key[0]}, corridor {key[1]}",
                ("Threshold", "Messages that alert", "Disguised names found", "Honest names that alert"),
                [_row(one) for one in rows],
            )
        )
    return page(f"Calibration of {escape(found.day)}", parts)


def _row(one: Rate) -> tuple[str, str, str, str]:
    return (
        str(one.threshold_milli),
        share(one.alerts, one.messages),
        share(one.found, one.cases),
        share(one.honest_alerts, one.honest),
    )


def share(part: int, of: int) -> str:
    """`3 of 200 (1.50 %)`, or a dash where there is nothing to count."""
    return f"{part} of {of} ({100 * part / of:.2f} %)" if of else "-"

"""By which article what happens to an instrument happens: its tables say so. And an article in the words of people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from fondaco.core import Table
from fondaco.trade.amendment import AMENDMENT
from fondaco.trade.collection import COLLECTION
from fondaco.trade.contract import CONTRACT
from fondaco.trade.invoice import INVOICE
from fondaco.trade.letter_of_credit import CREDIT
from fondaco.trade.order import ORDER
from fondaco.trade.presentation import PRESENTATION
from fondaco.trade.reimbursement import REIMBURSEMENT
from fondaco.trade.transfer import TRANSFER
from fondaco.trade.transferable_record import BILL, FREEZE, LOCK, PLEDGE, RECORD, TITLE
from fondaco.trade.transferred_amendment import TRANSFERRED_AMENDMENT
from fondaco.trade.undertaking import UNDERTAKING

# The lives of each kind of instrument, by the letters before its number; the one that a deed is about comes first.
_TABLES: dict[str, tuple[Table[Any, Any, Any], ...]] = {
    "COL": (COLLECTION,),
    "LC": (PRESENTATION, CREDIT, AMENDMENT, UNDERTAKING, REIMBURSEMENT, TRANSFER, TRANSFERRED_AMENDMENT),
    "ETR": (RECORD, LOCK, TITLE, PLEDGE, BILL, FREEZE),
    "INV": (INVOICE,),
    "ORD": (ORDER,),
    "CON": (CONTRACT,),
}
# How deeds and papers begin, which no table has as an event, and deeds whose event has another name.
_BEGINNINGS = {
    "INSTRUCTED": "URC522.4", "APPLIED": "UCP600.4a", "PRESENTED": "UCP600.14b", "AMENDMENT_ISSUED": "UCP600.10b",
    "CONFIRMATION_DECLINED": "UCP600.8d", "TRANSFER_AMENDMENT_ADVISED": "UCP600.38e", "TRANSFER_AMENDMENT_ACCEPTED": "UCP600.38f",
    "TRANSFER_AMENDMENT_REJECTED": "UCP600.38f",
}  # fmt: skip
_BODIES = {
    "UCP600": "UCP 600 art.", "URC522": "URC 522 art.", "URR725": "URR 725 art.", "eUCP": "eUCP art.", "eUCP2.1": "eUCP 2.1 art.",
    "MLETR": "MLETR art.", "ULB": "ULB art.", "T": "rulebook T.", "CREDIT": "field",
}  # fmt: skip
_ARTICLE = re.compile(r"(UCP600|URC522|URR725|eUCP2\.1|eUCP|MLETR|ULB|T|CREDIT)[. ]([0-9a-z].*)", re.IGNORECASE)
_NUMBER = re.compile(r"(e?[0-9]+)(.*)")


def article_of(instrument: str, action: str, before: str = "") -> str:
    """The article of `action` upon an instrument (`LC-000001`), as tables write it (`UCP600.16c`); "" where no table has one.

    `before` is the state in which it was done, for an event that has several articles; without it the first counts.
    """
    if instrument.startswith("COL-") and action == "PRESENTED":
        return _first(_TABLES["COL"], action, before)
    return _BEGINNINGS.get(action) or _first(_TABLES.get(instrument.partition("-")[0], ()), action, before)


def _first(tables: Iterable[Table[Any, Any, Any]], action: str, before: str) -> str:
    rows = [row for table in tables for row in table.rows if row.on.name == action and row.article]
    return next((row.article for row in rows if row.before.name == before), rows[0].article if rows else "")


def article_text(article: str) -> str:
    """`UCP600.16c.iii` as people write it: `UCP 600 art. 16(c)(iii)`. What is no article of a body of rules that we know stays as it is."""
    found = _ARTICLE.fullmatch(article)
    if found is None:
        return f"Peppol {article}" if re.fullmatch(r"T[0-9]+", article) else article
    body, rest = next(words for name, words in _BODIES.items() if name.lower() == found[1].lower()), found[2]
    if body in (_BODIES["T"], _BODIES["CREDIT"]):
        return f"{body} {rest}" if body == _BODIES["CREDIT"] else f"{body}{rest}"
    number = _NUMBER.match(rest)
    if number is None:
        return f"{body} {rest}"
    parts = re.findall(r"[ivx]{2,}|[a-z](?![a-z])|[ivx]", number[2].partition("/")[0])
    return f"{body} {number[1]}{''.join(f'({one})' for one in parts)}"

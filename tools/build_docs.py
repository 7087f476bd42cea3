"""Write docs/rights.md, docs/api-rights.md and the pages of docs/lifecycle/ from the tables themselves: a page can never tell another life than the code.

python tools/build_docs.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fondaco.access import rights_page
from fondaco.api import ROUTES, UPLOAD, roles_page
from fondaco.compliance import CASE, GOOD_GUY
from fondaco.console import PAYMENT_DRAFT
from fondaco.core import Table
from fondaco.payments import ASSIGNMENT, LIFE
from fondaco.rulebook import MEMBERSHIP, MOTION, PROPOSAL
from fondaco.settlement import CYCLE, DEFAULT, FUNDING, UNION_CLOSE
from fondaco.trade import BILL, CONTRACT, FREEZE, INVOICE, LOCK, ORDER, PARTY, PLEDGE, RECORD, TITLE, financing, flag_case
from fondaco.trade.amendment import AMENDMENT
from fondaco.trade.collection import COLLECTION
from fondaco.trade.deadline import DEADLINE
from fondaco.trade.letter_of_credit import CREDIT
from fondaco.trade.presentation import PRESENTATION
from fondaco.trade.reimbursement import REIMBURSEMENT
from fondaco.trade.transfer import TRANSFER
from fondaco.trade.transferred_amendment import TRANSFERRED_AMENDMENT
from fondaco.trade.undertaking import UNDERTAKING

TARGET = Path(__file__).resolve().parent.parent / "docs" / "lifecycle"
TABLES: list[tuple[str, str, Table[Any, Any, Any]]] = [
    ("payment", "src/fondaco/payments/lifecycle.py", LIFE),
    ("cycle", "src/fondaco/settlement/cycle.py", CYCLE),
    ("assignment", "src/fondaco/payments/assignment.py", ASSIGNMENT),
    ("membership", "src/fondaco/rulebook/membership.py", MEMBERSHIP),
    ("motion", "src/fondaco/rulebook/motion.py", MOTION),
    ("proposal", "src/fondaco/rulebook/proposal.py", PROPOSAL),
    ("payment-draft", "src/fondaco/console/draft.py", PAYMENT_DRAFT),
    ("funding", "src/fondaco/settlement/funding.py", FUNDING),
    ("upload", "src/fondaco/api/upload_life.py", UPLOAD),
    ("default", "src/fondaco/settlement/default_life.py", DEFAULT),
    ("union-close", "src/fondaco/settlement/union_close.py", UNION_CLOSE),
    ("trade-party", "src/fondaco/trade/party.py", PARTY),
    ("case", "src/fondaco/compliance/case.py", CASE),
    ("good-guy", "src/fondaco/compliance/good_guy.py", GOOD_GUY),
    ("collection", "src/fondaco/trade/collection.py", COLLECTION),
    ("letter-of-credit", "src/fondaco/trade/letter_of_credit.py", CREDIT),
    ("amendment", "src/fondaco/trade/amendment.py", AMENDMENT),
    ("presentation", "src/fondaco/trade/presentation.py", PRESENTATION),
    ("transfer", "src/fondaco/trade/transfer.py", TRANSFER),
    ("transferred-amendment", "src/fondaco/trade/transferred_amendment.py", TRANSFERRED_AMENDMENT),
    ("undertaking", "src/fondaco/trade/undertaking.py", UNDERTAKING),
    ("reimbursement", "src/fondaco/trade/reimbursement.py", REIMBURSEMENT),
    ("deadline", "src/fondaco/trade/deadline.py", DEADLINE),
    ("contract", "src/fondaco/trade/contract.py", CONTRACT),
    ("order", "src/fondaco/trade/order.py", ORDER),
    ("invoice", "src/fondaco/trade/invoice.py", INVOICE),
    ("financing", "src/fondaco/trade/financing.py", financing.FINANCING),
    ("flag-case", "src/fondaco/trade/flag_case.py", flag_case.FLAG_CASE),
    *((table.name, "src/fondaco/trade/transferable_record.py", table) for table in (RECORD, TITLE, LOCK, PLEDGE, FREEZE, BILL)),
]


def page(name: str, source: str, table: Table[Any, Any, Any]) -> str:
    ends = ", ".join(sorted(state.name for state in table.ends))
    lines = [
        f"# The life of {'an' if name[0] in 'aeio' else 'a'} {name}",
        "",
        f"Made from the table in `{source}` by `tools/build_docs.py`; edit the table, not this page.",
        "",
        f"Begins as {table.start.name}; ends as {ends}. There is no other way to change its state.",
        "",
        "| before | on | after | books | tells | article |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.before.name} | {row.on.name} | {row.after.name} | {row.books.name} | {row.tells or '-'} | {row.article or '-'} |"
        for row in table.rows
    ]
    lines += ["", "```mermaid", "stateDiagram-v2", f"    [*] --> {table.start.name}"]
    lines += [f"    {row.before.name} --> {row.after.name}: {row.on.name}" for row in table.rows]
    lines += [f"    {state} --> [*]" for state in sorted(state.name for state in table.ends)]
    return "\n".join([*lines, "```", ""])


def main() -> int:
    made = {f"{name}.md": page(name, source, table) for name, source, table in TABLES}
    made |= {"../rights.md": rights_page(), "../api-rights.md": roles_page(ROUTES)}
    if "--check" in sys.argv:
        stale = [n for n, text in made.items() if not (TARGET / n).exists() or (TARGET / n).read_text() != text]
        print(f"lifecycle pages: {len(made) - len(stale)} as the tables, {len(stale)} differ {stale}")
        return 1 if stale else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (TARGET / name).write_text(text)
    print(f"lifecycle pages: {len(made)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())

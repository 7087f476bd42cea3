"""Everything that can be proved of a hub from what it keeps: log, balances, chain, contents, cases, and that they say the same."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from fondaco.compliance import chain_fault, signature_fault
from fondaco.core import is_assertion
from fondaco.hub.hub import Hub
from fondaco.hub.offsetting import settlement_faults
from fondaco.hub.state import officers_of
from fondaco.hub.title_proof import title_faults
from fondaco.journal import BrokenChain, Contents, verify, verify_contents
from fondaco.ledger import LogReader, SqliteEngine, prove, walk_log
from fondaco.payments import DECODER
from fondaco.reporting import contradictions


class HubProof(msgspec.Struct, frozen=True):
    """What a proof found; the hub holds when `faults` is empty. `log_rows` is 0 where a server keeps the books, which checks its own pages."""

    accounts: int
    transfers: int
    ledgers: int
    open_pendings: int
    log_rows: int
    journal_entries: int
    batches: dict[str, int]
    payments_compared: bool
    faults: list[str]


def prove_hub(hub: Hub, progress: Callable[[int], None] | None = None) -> HubProof:
    """Read everything that an open hub keeps, and check it; `progress` is told the transfers read so far. Changes nothing.

    Nothing that is wrong is raised: it stands in `faults`.
    """
    rows, faults = _log_of(hub)
    found = prove(hub.books, progress)
    faults += found.faults
    try:
        entries, contents = verify(hub.journal.links()), verify_contents(hub.journal)
    except BrokenChain as fault:
        entries, contents = 0, Contents(0, 0, 0)
        faults.append(str(fault))
    desk = hub.desk
    faults += filter(None, (chain_fault(case) for _, case in sorted(desk.cases.items())))
    faults += _assertion_faults(hub)
    if not faults:
        faults += settlement_faults(hub.journal)
    if desk.rules is not None:
        payments = (DECODER.decode(raw) for _, raw in hub.journal.payments())
        faults += contradictions(hub.books, payments, desk.rules, desk.ledgers)
        faults += hub.unions.faults()
    faults += title_faults(hub)
    batches = {"true": contents.true, "erased": contents.erased, "uncommitted": contents.uncommitted}
    return HubProof(
        found.accounts,
        found.transfers,
        found.ledgers,
        found.open_pendings,
        rows,
        entries,
        batches,
        desk.rules is not None,
        faults,
    )


def _assertion_faults(hub: Hub) -> list[str]:
    """Words that a passkey signed, of which no rulebook of this hub says that it is their officer's. Without its note, which is erased after
    the retention, a word cannot be checked."""
    said = [
        (case.case_id, place, one)
        for _, case in sorted(hub.desk.cases.items())
        for place, one in enumerate(case.decisions, 1)
        if is_assertion(one.signature) and one.note
    ]
    if not said:
        return []
    named = [officers_of(hub.desk.scheme_of(one.version)) for one in hub.desk.editions]
    return [
        f"case {case_id}: word {place} bears no passkey's signature of {one.officer_id}"
        for case_id, place, one in said
        if all(
            one.officer_id not in officers or signature_fault(officers[one.officer_id], one.signature, one.material())
            for officers in named
        )
    ]


def _log_of(hub: Hub) -> tuple[int, list[str]]:
    """Rows of the embedded engine's log, and what does not hold of them: opening reads only those that are newer than the snapshot."""
    if not isinstance(hub.books, SqliteEngine):
        return 0, []
    with LogReader(hub.books.path) as reader:
        found = walk_log(reader)
    return found.rows, [f"books: rows {one.first} to {one.last} of the log: {one.why}" for one in found.damage]

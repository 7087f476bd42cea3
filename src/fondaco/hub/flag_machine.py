"""What guards notice of deeds in the hub: a mark or a case beside the deed, which takes effect all the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fondaco.core import Instant, Reason, Refusal
from fondaco.hub.machines import Outcome, next_number
from fondaco.hub.record_machine import RecordMachine
from fondaco.hub.state import Batch, Desk
from fondaco.hub.trade_references import TradeReferences
from fondaco.hub.trade_shelf import TradeShelf
from fondaco.trade import Collection, Deed, LetterOfCredit, TradeInvoice, flag, flag_case

PREFIX, FLAG_CASE = "FLG", "flag_case"
_GRADES = {"REVIEW": flag.Grade.REVIEW, "QUERY": flag.Grade.QUERY}


class FlagMachine:
    """The marks and cases of a desk (`machines.Machine`). None begins by a deed: the hub begins them itself."""

    begins: frozenset[str] = frozenset()

    def __init__(self, desk: Desk, shelf: TradeShelf, records: RecordMachine, references: TradeReferences) -> None:
        self._desk = desk
        self._shelf = shelf
        self._records = records
        self._references = references

    def found(self, instrument: str) -> flag_case.FlagCase | None:
        return self._shelf.get(FLAG_CASE, instrument, flag_case.FlagCase)

    def all(self) -> Iterator[flag_case.FlagCase]:
        """Every one that the journal has, in the order of their numbers."""
        return (one for _, one in self._shelf.all(FLAG_CASE, flag_case.FlagCase))

    def decide(self, deed: Deed, at: Instant, signers: Sequence[str]) -> Outcome | Refusal:
        case = self.found(deed.instrument)
        if case is None:
            return Refusal(Reason.NOT_FOUND, "instrument", deed.instrument, "17.6")
        decided = flag_case.decide(case, deed, tuple(signers))
        return decided if isinstance(decided, Refusal) else _outcome(decided.instrument)

    def elapse(self, instrument: str, at: Instant) -> Outcome | None:
        return None

    def due(self, instrument: str) -> int:
        return 0

    def keep(self, batch: Batch, change: flag_case.FlagCase) -> None:
        self._shelf.put(batch, FLAG_CASE, change.id, change)

    def noticed(self, deed: Deed, found: Outcome, at: Instant) -> Outcome | None:
        """What guards notice of a deed that took effect; None where there is nothing to say."""
        flags = self._flags(deed, found)
        # Where nothing is odd, that something could not be judged is worth a mark only if somebody meant to judge it.
        if not flags or (all(one.grade is flag.Grade.NOTE for one in flags) and not self._references.editions):
            return None
        made = flag_case.FlagCase(
            f"{PREFIX}-{next_number(self._shelf, PREFIX):06d}", found.instrument, found.version, deed.action, at, flags,
            self._references.held_against(),
        )  # fmt: skip
        return _outcome(flag_case.noticed(made, _GRADES.get(self._desk.in_force().flags_open_case)))

    def _flags(self, deed: Deed, found: Outcome) -> tuple[flag.Flag, ...]:
        """Looked at when a debt is accepted, documents are lodged for collection, or presented under a credit."""
        change = found.changes[0] if found.changes else None
        if isinstance(change, TradeInvoice) and deed.action == "APPROVED":
            from fondaco.trade import goods_flags  # read when a guard looks: most starts of a hub need it not

            by = self._references.yardsticks(change.currency)
            return goods_flags.goods_flags(change.goods, change.destination, change.currency, by)
        if isinstance(change, Collection) and deed.action == "INSTRUCTED":
            return self._of_records(change.records)
        if isinstance(change, LetterOfCredit) and deed.action == "PRESENTED":
            return self._of_records(change.presentations[-1].records)
        return ()

    def _of_records(self, records: Sequence[str]) -> tuple[flag.Flag, ...]:
        from fondaco.trade import lading_flags

        flags: list[flag.Flag] = []
        for each in records:
            record = self._records.record(each)
            if record is not None:
                content = self._records.content(record)
                flags += lading_flags.lading_flags(content, each, self._references.system(), self._references.places())
        return tuple(flags)


def _outcome(case: flag_case.FlagCase) -> Outcome:
    """No notice: whom a case is about hears nothing of it."""
    return Outcome(case.id, case.version, case.id if case.version == 1 else "", (), (), (), (case,))

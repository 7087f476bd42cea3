"""Reference data of trade that the operator loaded: kept whole in the journal, so that what was flagged on a day is flagged again from the same rows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from fondaco.core import Reason, Refusal
from fondaco.hub.commands import LoadReference
from fondaco.hub.state import Batch, Desk
from fondaco.hub.trade_shelf import TradeShelf
from fondaco.trade import reference_edition

if TYPE_CHECKING:
    # Read when a file comes or a guard looks: most starts of a hub need neither.
    from fondaco.trade import goods_flags, harmonised, reference_file, transport_code

EDITION, RAW = "trade_reference", "trade_reference_raw"
_ARTICLE = "17.8"


class TradeReferences:
    """The references of a desk. Editions are in memory; of their rows those that a day has, read when first asked for."""

    def __init__(self, desk: Desk, shelf: TradeShelf) -> None:
        self._desk = desk
        self._shelf = shelf
        self.editions: list[reference_edition.Edition] = []
        self._read: dict[str, tuple[str, reference_file.Content]] = {}

    def restore(self) -> None:
        self.editions = [one for _, one in self._shelf.all(EDITION, reference_edition.Edition)]

    def loaded(self, batch: Batch, command: LoadReference) -> Refusal | str:
        """Take a file, in force from its first day on; a day that is past keeps what it had. A file is taken whole or not at all."""
        from fondaco.trade import reference_file

        try:
            fits = date.fromisoformat(command.first_day).isoformat() == command.first_day >= self._desk.counters.day
        except ValueError:
            fits = False
        if not fits:
            found = f"{command.first_day}, and the open business day is {self._desk.counters.day}"
            return Refusal(Reason.OUT_OF_TURN, "first_day", found, _ARTICLE)
        after = reference_file.read_content(command.kind, command.raw)
        if isinstance(after, list):
            told = "; ".join(after[:5]) + (f"; and {len(after) - 5} more" if len(after) > 5 else "")
            return Refusal(Reason.MALFORMED, "file", told, _ARTICLE)
        before = self._in_force(command.kind, command.first_day)
        reasons = reference_file.gate(before[1] if before is not None else None, after)
        if reasons and not command.accepted.strip():
            return Refusal(Reason.OUT_OF_TURN, "file", f"quarantined: {'; '.join(reasons)}", _ARTICLE)
        number = len(self.editions) + 1
        digest = reference_edition.digest_of(command.raw)
        accepted = command.accepted.strip()[:200] if reasons else ""
        made = reference_edition.Edition(
            command.kind, number, command.first_day, digest, len(after), batch.at, command.by, accepted
        )
        self.editions.append(made)
        self._shelf.put(batch, EDITION, f"{number:06d}", made)
        self._shelf.put(batch, RAW, digest, command.raw)
        facts = f"{number} {digest} {len(after)} rows from {command.first_day}" + (f", accepted: {accepted}" if accepted else "")
        self._desk.note(batch, f"reference {command.kind}", "LOADED", _ARTICLE, facts)
        return f"{command.kind} {number}: {len(after)} rows, in force from {command.first_day}"

    def of_day(self, kind: str) -> reference_edition.Edition | None:
        """The edition of a kind that the open business day has."""
        return reference_edition.in_force(self.editions, kind, self._desk.counters.day)

    def yardsticks(self, currency: str) -> goods_flags.Yardsticks:
        """What an invoice in `currency` is held against today."""
        from fondaco.trade import goods_flags, price_reference, reference_file

        prices, rates = self._today(reference_edition.PRICES), self._today(reference_edition.RATES)
        return goods_flags.Yardsticks(
            self.system(),
            prices if isinstance(prices, price_reference.References) else None,
            rates.into(currency) if isinstance(rates, reference_file.Rates) else {},
        )

    def system(self) -> harmonised.HarmonisedSystem:
        """The codes that the operator loaded; without any, codes are known to their heading."""
        from fondaco.trade import harmonised

        found = self._today(reference_edition.HARMONISED)
        return found if isinstance(found, harmonised.HarmonisedSystem) else harmonised.HarmonisedSystem()

    def places(self) -> transport_code.Locations | None:
        """The code list of places that the operator loaded, None for none."""
        from fondaco.trade import transport_code

        found = self._today(reference_edition.PLACES)
        return found if isinstance(found, transport_code.Locations) else None

    def held_against(self) -> tuple[tuple[str, int, str], ...]:
        """Which editions today has: kind, number, digest."""
        found = [self.of_day(kind) for kind in reference_edition.KINDS]
        return tuple((one.kind, one.number, one.digest) for one in found if one is not None)

    def _today(self, kind: str) -> reference_file.Content | None:
        found = self._in_force(kind, self._desk.counters.day)
        return found[1] if found is not None else None

    def _in_force(self, kind: str, day: str) -> tuple[str, reference_file.Content] | None:
        from fondaco.trade import reference_file

        edition = reference_edition.in_force(self.editions, kind, day)
        if edition is None:
            return None
        known = self._read.get(kind)
        if known is None or known[0] != edition.digest:
            raw = self._shelf.get(RAW, edition.digest, bytes)
            assert raw is not None, "an edition is kept with its file"
            content = reference_file.read_content(kind, raw)
            assert not isinstance(content, list), "what was taken can be read"
            known = self._read[kind] = edition.digest, content
        return known

"""What the firms and banks of a served union have begun before anybody looks: invoices that wait to be paid, and the deals of the demo of trade
until their documents are on the way, so that its pages show credits, collections, bills of lading and who has had them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

from fondaco.core import Instant, Refusal, utc_text
from fondaco.hub import Command, Hub, Perform
from fondaco.simulation.trade_deals import Beginnings
from fondaco.simulation.trade_desk import public_of, signed_deed
from fondaco.simulation.trade_papers import CARRIER_CODE, EXPORTER, FIRMS, IMPORTER, SOLD_IN
from fondaco.trade import REGISTER_PARTY

_S = 1_000_000_000
# Invoices that wait to be paid: number in the seller's books, and amount in units of `SOLD_IN`.
_INVOICES = tuple((f"LL-{8100 + at}", f"{1_000 + 137 * at}.50") for at in range(1, 13))

# Has commands decided at an instant, and says what each came to.
Played = Callable[[Sequence[Command], Instant], list[Refusal | str | None]]


class ServedTrade:
    """Deeds upon a hub, one a second from `start` on."""

    def __init__(self, hub: Hub, hub_bic: str, day: date, start: Instant, played: Played) -> None:
        self.hub = hub
        self._hub_bic = hub_bic
        self._day = day
        self._played = played
        self._instants: Iterator[Instant] = (Instant(start + at * _S) for at in count())
        self._now = start

    def begin(self) -> tuple[str, ...]:
        """Register the firms, issue what is to be paid, and let the deals begin; the invoices that wait to be paid."""
        for firm in FIRMS.values():
            self.deed(firm.bank, REGISTER_PARTY, "", 0, {
                "party": firm.id, "name": firm.name, "country": firm.country, "roles": [firm.role], "keys": [public_of(firm.id).hex()],
                "carrier_codes": [CARRIER_CODE] if firm.role == "carrier" else [],
            })  # fmt: skip
        owed = tuple(self._invoices())
        deals = Beginnings(self, self)
        deals.ordered()
        deals.shipped()
        return owed

    def _invoices(self) -> Iterator[str]:
        due = (self._day + timedelta(days=30)).isoformat()
        for number, amount in _INVOICES:
            digest = hashlib.sha256(number.encode()).hexdigest()
            issued = self.deed(EXPORTER, "ISSUE_INVOICE", "", 0, {
                "buyer": IMPORTER, "number": number, "currency": SOLD_IN, "payable": amount, "issued": self._day.isoformat(), "due": due,
                "sha256": digest,
            }).partition(" ")[0]  # fmt: skip
            found = self.hub.trading.invoices.found(issued)
            assert found is not None, "it was issued just now"
            self.deed(IMPORTER, "APPROVED", issued, found.version, {})
            yield issued

    # What deals need

    def deed(self, actor: str, action: str, instrument: str, version: int, body: dict[str, Any]) -> str:
        self._now = next(self._instants)
        (answer, *_) = self._played([Perform(signed_deed(self._hub_bic, actor, action, instrument, version, body))], self._now)
        assert isinstance(answer, str), f"{action} of {actor}: {answer}"
        return answer

    def later(self, minutes: int) -> str:
        return utc_text(Instant(self._now + minutes * 60 * _S))

    def tell(self, *_: object, **__: object) -> None:
        """Nobody listens yet: the pages tell it."""

"""Amendments of a credit, and which terms bind whom meanwhile (UCP 600 article 10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import Enum

import msgspec

from fondaco.core import Nothing, Reason, Refusal, Step, Table
from fondaco.trade.examination.terms import Terms
from fondaco.trade.examination.words import EXACT


class State(Enum):
    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    ADVISED = "ADVISED"
    ACCEPTED = "ACCEPTED"
    DEEMED_ACCEPTED = "DEEMED_ACCEPTED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"


class Event(Enum):
    ISSUED = "ISSUED"
    ADVISED = "ADVISED"
    ACCEPTED = "ACCEPTED"
    PRESENTED_UNDER = "PRESENTED_UNDER"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    CREDIT_ENDED = "CREDIT_ENDED"


S, E = State, Event

# No row is the clock's: silence is never acceptance, whatever an amendment says of itself (10(f)).
AMENDMENT = Table(
    "amendment",
    start=S.DRAFT,
    ends=(S.ACCEPTED, S.DEEMED_ACCEPTED, S.REJECTED, S.WITHDRAWN, S.LAPSED),
    rows=(
        # The issuing bank is bound from the moment it issues; only a draft can be withdrawn.
        Step(S.DRAFT, E.ISSUED, S.ISSUED, Nothing.NOTHING, "MT707", "UCP600.10b"),
        Step(S.DRAFT, E.WITHDRAWN, S.WITHDRAWN, Nothing.NOTHING, "", "UCP600.10a"),
        Step(S.DRAFT, E.CREDIT_ENDED, S.LAPSED, Nothing.NOTHING, "", "UCP600.10a"),
        Step(S.ISSUED, E.ADVISED, S.ADVISED, Nothing.NOTHING, "MT707", "UCP600.10d"),
        Step(S.ISSUED, E.PRESENTED_UNDER, S.DEEMED_ACCEPTED, Nothing.NOTHING, "MT730", "UCP600.10c"),
        Step(S.ISSUED, E.CREDIT_ENDED, S.LAPSED, Nothing.NOTHING, "", "UCP600.10c"),
        Step(S.ADVISED, E.ACCEPTED, S.ACCEPTED, Nothing.NOTHING, "MT730", "UCP600.10c"),
        Step(S.ADVISED, E.PRESENTED_UNDER, S.DEEMED_ACCEPTED, Nothing.NOTHING, "MT730", "UCP600.10c"),
        # Acceptance of a part is a rejection of the whole.
        Step(S.ADVISED, E.REJECTED, S.REJECTED, Nothing.NOTHING, "MT730", "UCP600.10e"),
        Step(S.ADVISED, E.CREDIT_ENDED, S.LAPSED, Nothing.NOTHING, "", "UCP600.10c"),
    ),
)

PENDING = (S.ISSUED, S.ADVISED)
IN_FORCE = (S.ACCEPTED, S.DEEMED_ACCEPTED)

# What an amendment may change; parties, currency, place of expiry and the credit's number stay. The amount is increased or decreased, never set anew: two
# amendments that are answered in any order then add up to the same.
CHANGEABLE = frozenset(
    "expiry plus minus amount_words additional_amounts draft deferred partial_shipments transhipment taking_in_charge loading "
    "discharge destination latest_shipment earliest_shipment shipment_about shipment_period goods goods_text incoterm "
    "incoterm_place documents conditions insurance presentation_days languages electronic_place formats".split()
)


class Amendment(msgspec.Struct, frozen=True):
    """One amendment. `changes` is a JSON object of changed fields of the terms, `by_minor` what the amount changes by (minor units).

    `cancels` asks for the credit's end. `extended` is the confirming bank's word: True for its confirmation extended to it, False for advised
    without, None for no word.
    """

    number: int
    state: State = AMENDMENT.start
    changes: bytes = b"{}"
    by_minor: int = 0
    cancels: bool = False
    extended: bool | None = None

    def after(self, event: Event) -> Amendment:
        return msgspec.structs.replace(self, state=AMENDMENT.step(self.state, event).after)


def amended(terms: Terms, amendments: Iterable[Amendment], exponent: int) -> Terms | Refusal:
    """`terms` with the changes of `amendments`, in their order; refused with the field that does not fit."""
    amendments = list(amendments)
    if not amendments:
        return terms
    fields = msgspec.to_builtins(terms)
    amount = terms.amount
    for each in amendments:
        changes = msgspec.json.decode(each.changes)
        assert isinstance(changes, dict), "changes are an object"
        strange = sorted(changes.keys() - CHANGEABLE)
        if strange:
            return Refusal(Reason.ELEMENT_NOT_ADMITTED, f"changes.{strange[0]}", str(changes[strange[0]])[:40], "UCP600.10a")
        fields |= changes
        amount = EXACT.add(amount, Decimal(each.by_minor).scaleb(-exponent))
    if amount <= 0:
        return Refusal(Reason.AMOUNT_NOT_POSITIVE, "changes.amount", str(amount), "UCP600.10a")
    try:
        found = msgspec.convert({**fields, "amount": str(amount)}, Terms)
        found.maximum_minor()
    except ValueError as broken:
        return Refusal(Reason.MALFORMED, "changes", str(broken), "UCP600.10a")
    return found


def sets(terms: Terms, amendments: tuple[Amendment, ...], exponent: int, *, confirming: bool) -> Iterator[Terms]:
    """The sets of terms under which documents may still be presented: what is in force, then with one more pending amendment after another.

    For the confirming bank only those to which it extended its confirmation.
    """
    ours = [each for each in amendments if not each.cancels and (each.extended or not confirming)]
    agreed = [each for each in ours if each.state in IN_FORCE]
    pending = [each for each in ours if each.state in PENDING]
    for count in range(len(pending) + 1):
        found = amended(terms, [*agreed, *pending[:count]], exponent)
        assert isinstance(found, Terms), "an amendment is weighed with all that are pending when it is issued"
        yield found

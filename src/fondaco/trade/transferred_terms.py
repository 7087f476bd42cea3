"""The days that bind a second beneficiary, and which amendments it is to hear of (UCP 600 article 38(e) and (f)).

Its part is what was transferred, with the amendments that it agreed to itself and that bind the first beneficiary too. What the first beneficiary alone
agreed to changes nothing for it, whatever it says of the credit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import msgspec

from fondaco.trade.amendment import IN_FORCE, Amendment, amended
from fondaco.trade.examination.terms import Terms
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.transfer import Transfer
from fondaco.trade.transferred_amendment import AGREED


class Days(NamedTuple):
    """Until when a second beneficiary may present, by when goods must go, and how many days it has after that (None for the rule's own)."""

    expiry: date
    latest_shipment: date | None
    presentation_days: int | None


def days_of(lc: LetterOfCredit, part: Transfer) -> Days:
    """The days of `part`: its own where it has any, until an amendment that it agreed to changes them; else those of the terms that it stands on."""
    agreed = [each for each in followed(lc, part) if part.base is not None and each.number not in part.base]
    terms = terms_of(lc, part)
    changed = {name for each in agreed for name in fields_of(each)}

    def own(name: str, value: Any, standing: Any) -> Any:
        return standing if value in ("", None) or name in changed else value

    shipment = date.fromisoformat(part.latest_shipment) if part.latest_shipment else None
    return Days(
        own("expiry", date.fromisoformat(part.expiry) if part.expiry else None, terms.expiry),
        own("latest_shipment", shipment, terms.latest_shipment),
        own("presentation_days", part.presentation_days, terms.presentation_days),
    )


def terms_of(lc: LetterOfCredit, part: Transfer) -> Terms:
    """The credit's terms as they are for a second beneficiary; the amount is its part's own, and no amendment's."""
    kept = [msgspec.structs.replace(each, by_minor=0) for each in followed(lc, part)]
    found = amended(lc.terms, kept, lc.exponent)
    assert isinstance(found, Terms), "each change was weighed when it was issued"
    return found


def followed(lc: LetterOfCredit, part: Transfer) -> tuple[Amendment, ...]:
    """The amendments that a second beneficiary's part stands with: those in force when it was transferred, and those that both agreed to since."""
    in_force = [each for each in lc.amendments if each.state in IN_FORCE and not each.cancels]
    if part.base is None:  # transferred before parts kept what they stand on
        return tuple(in_force)
    agreed = {each.number for each in part.answers if each.state in AGREED}
    return tuple(each for each in in_force if each.number in part.base or each.number in agreed)


def to_be_advised(lc: LetterOfCredit, change: Amendment) -> tuple[Transfer, ...]:
    """The parts whose second beneficiaries are to hear of an amendment: as the first beneficiary said when it asked for the transfer."""
    return tuple(each for each in lc.transfers if each.second and covers(each, change))


def covers(part: Transfer, change: Amendment) -> bool:
    """Whether an amendment is one that a part's second beneficiary is to be advised of."""
    if change.cancels or part.base is None or change.number in part.base:
        return False
    if part.amendments == "NAMED":
        return not set(fields_of(change)).isdisjoint(part.amended_fields)
    return part.amendments == "ALL" and bool(fields_of(change))


def fields_of(change: Amendment) -> Iterable[str]:
    """What an amendment changes besides the amount, which is no second beneficiary's."""
    return tuple(msgspec.json.decode(change.changes, type=dict[str, msgspec.Raw]))

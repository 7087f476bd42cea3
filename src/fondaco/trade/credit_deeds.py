"""The particulars of a credit's deeds, as their JSON bodies hold them. Amounts are texts of the credit's currency; numbers are those of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from fondaco.core import Instant, Reason, Refusal
from fondaco.trade.deadline import Places
from fondaco.trade.deed import Tell
from fondaco.trade.examination.terms import Terms
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.presentation import Discrepancy, Disposal
from fondaco.trade.transfer import Advise


class Doing(NamedTuple):
    """Who does something, when, and on which calendars."""

    actor: str
    at: Instant
    places: Places


Change = tuple[LetterOfCredit, tuple[Tell, ...]]
# What a deed's action asks for: the form of its body, and what it comes to.
Acts = Mapping[str, tuple[type[msgspec.Struct], Callable[[LetterOfCredit, Any, Doing], Change | Refusal]]]


def role_fault(doing: Doing, article: str, *allowed: str) -> Refusal | None:
    return None if doing.actor in allowed else Refusal(Reason.ROLE_NOT_HELD, "actor", doing.actor, article)


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body that admits no field but its own."""


class Apply(Strict, frozen=True):
    """The applicant asks its bank to issue on these terms."""

    terms: Terms


class Approve(Strict, frozen=True):
    """`margin` is what the issuing bank sets aside of its own money for the credit, "" for nothing."""

    margin: str = ""


class Words(Strict, frozen=True):
    """A reason or a remark, or nothing."""

    text: str = ""


class Amend(Strict, frozen=True):
    """A draft (by the applicant) or an amendment (by the issuing bank; `number` issues a draft as it stands).

    `changes` are fields of the terms, `increase` or `decrease` what the amount changes by. `cancel` asks that the credit end. A word on when it would
    be deemed accepted has no field: it would be disregarded (10(f)).
    """

    number: int = 0
    changes: msgspec.Raw = msgspec.Raw(b"{}")
    increase: str = ""
    decrease: str = ""
    cancel: bool = False


class AmendmentNumber(Strict, frozen=True):
    """Which amendment."""

    number: int


class AcceptAmendment(Strict, frozen=True):
    """`only` names the parts that are accepted where not all are: that is a rejection (10(e))."""

    number: int
    only: tuple[str, ...] = ()


class Extend(Strict, frozen=True):
    """The confirming bank extends its confirmation to an amendment, or leaves it at the old terms (10(b))."""

    number: int
    extends: bool


class Present(Strict, frozen=True):
    """Documents to `bank`. `shipped_on` is the day of shipment where a transport document is among them; `corrects` a refused presentation that this
    replaces; `complete` false where more records are to come (eUCP). `instalment` says which one it is of (from 1), where the credit has instalments,
    `transfer` under which one a second beneficiary presents."""

    bank: str
    currency: str
    amount: str
    documents: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    shipped_on: str = ""
    complete: bool = True
    corrects: int = 0
    instalment: int = 0
    transfer: int = 0


class OfPresentation(Strict, frozen=True):
    """Which presentation, and a word on it."""

    presentation: int
    text: str = ""


class FindComplying(Strict, frozen=True):
    """The bank's own decision. `under` are the pending amendments with which the documents comply."""

    presentation: int
    under: tuple[int, ...] = ()


class FindDiscrepant(Strict, frozen=True):
    """The bank's own finding: every discrepancy that it sees so far."""

    presentation: int
    discrepancies: tuple[Discrepancy, ...]


class GiveNotice(Strict, frozen=True):
    """The single notice of refusal (16(c)): every discrepancy, and what happens to the documents."""

    presentation: int
    discrepancies: tuple[Discrepancy, ...] = ()
    disposal: Disposal = ""


class Undertake(Strict, frozen=True):
    """`counted_from` is the day of the invoice or draft, where the tenor is counted from it."""

    presentation: int
    counted_from: str = ""


class Forward(Strict, frozen=True):
    """Documents go on to the bank `to`."""

    presentation: int
    to: str


class Paid(Strict, frozen=True):
    """A settled payment, by the hash of its settlement batch; only the hub says so. Exactly one of the numbers says what it is for: a presentation at
    sight, an undertaking at maturity, a claim on the reimbursing bank, or the refund of one."""

    batch: str
    currency: str
    amount: str
    presentation: int = 0
    undertaking: int = 0
    claim: int = 0
    refund: int = 0


class AskTransfer(Strict, frozen=True):
    """Make a part of the credit available to `to`. What is left out stands as in the credit; the rest may only shrink, `insurance` (per cent) only grow (38(g)).

    `amendments` says which ones the second beneficiary is to be advised of; `amended_fields` are the fields of NAMED (38(e))."""

    to: str
    amount: str
    expiry: str = ""
    latest_shipment: str = ""
    presentation_days: int | None = None
    unit_prices: tuple[str, ...] = ()
    insurance: str = ""
    amendments: Advise = "NONE"
    amended_fields: tuple[str, ...] = ()


class OfTransferAmendment(Strict, frozen=True):
    """An amendment of the credit, by its number, towards the second beneficiary of a transfer."""

    transfer: int
    number: int


class AcceptTransferAmendment(Strict, frozen=True):
    """`only` names the parts that are accepted where not all are: that is a rejection (10(e))."""

    transfer: int
    number: int
    only: tuple[str, ...] = ()


class OfTransfer(Strict, frozen=True):
    """Which transfer, and a word on it."""

    transfer: int
    text: str = ""


class Substitute(Strict, frozen=True):
    """The first beneficiary's own invoice, of so much, in the place of the second one's of that presentation (38(h))."""

    presentation: int
    invoice: str


class Credited(Strict, frozen=True):
    """A bank paid its own customer on its own books, for a presentation at sight or an undertaking that is due: exactly one of them."""

    presentation: int = 0
    undertaking: int = 0


class Negotiate(Strict, frozen=True):
    """A bank buys documents: what it keeps off is `discount`, or what `rate` per cent a year come to for `days` of a year of `basis` days."""

    presentation: int
    text: str = ""
    discount: str = ""
    rate: str = ""
    days: int = 0
    basis: Literal[360, 365] = 360
    recourse: bool = False


class PassOn(Strict, frozen=True):
    """The creditor of an undertaking passes what it is owed on to another party."""

    undertaking: int
    to: str


class OfUndertaking(Strict, frozen=True):
    """Which undertaking."""

    undertaking: int


class OfClaim(Strict, frozen=True):
    """Which claim, and a word on it."""

    claim: int
    text: str = ""

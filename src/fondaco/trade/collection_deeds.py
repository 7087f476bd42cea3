"""The particulars of a collection's deeds, as their JSON bodies hold them. Amounts are texts of the currency's own decimals."""

from __future__ import annotations

from typing import Literal

import msgspec

from fondaco.trade.collection import Listed, ReleaseTerms
from fondaco.trade.examination.words import Tenor


class Instruct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The collection instruction (URC 522 art. 4); the principal is who signs it. `amount` is a text; `answer_by` the day for the drawee's answer (5(b))."""

    remitting_bank: str
    drawee: str
    currency: str
    amount: str
    terms: ReleaseTerms | Literal[""] = ""
    collecting_bank: str = ""
    tenor: Tenor | None = None
    tenor_from: str = ""
    records: tuple[str, ...] = ()
    bill: str = ""
    documents: tuple[Listed, ...] = ()
    part_payment: bool = False
    protest: bool = False
    answer_by: str = ""
    case_of_need: str = ""


class Send(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The remitting bank chooses the collecting bank where the instruction names none (5(d))."""

    collecting_bank: str = ""


class Receive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was listed and did not come (12(a))."""

    missing: tuple[str, ...] = ()


class Pay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A settled payment, by the hash of its settlement batch; only the hub says so."""

    batch: str
    currency: str
    amount: str


class Say(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason, a question or an answer in words."""

    text: str = ""


class Direct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Further instructions after dishonour."""

    direction: Literal["PRESENT", "PROTEST", "RETURN"]


class Amend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Changed instructions; None leaves what it is."""

    amount: str | None = None
    terms: ReleaseTerms | None = None
    tenor: Tenor | None = None
    tenor_from: str | None = None
    part_payment: bool | None = None
    protest: bool | None = None
    answer_by: str | None = None

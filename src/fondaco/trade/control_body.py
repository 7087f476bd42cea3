"""The particulars of each act upon a transferable record: a Struct for every action, decoded strictly.

Every body but the first names `head`, the hash of the event before, as its actor saw it. Instants are UTC texts with milliseconds
(`2026-11-26T10:00:00.000Z`), dates ISO dates, parties the texts that the hub knows them by. Any act may say at which `place` it was done (MLETR 13).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from fondaco.core import Reason, Refusal

Party = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{2,34}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Moment = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")]
Date = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d\Z")]
Short = Annotated[str, msgspec.Meta(max_length=140)]
Named = Annotated[str, msgspec.Meta(min_length=1, max_length=140)]
Serial = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./-]{0,33}[A-Za-z0-9]\Z")]
Endorsement = Literal["", "ENDORSE", "ENDORSE_TO_ORDER", "BLANK_ENDORSE"]


class Issue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """ISSUE and CONVERT_IN. `recipient` is the first holder; `named` whom the record names ("" in blank); `content` the document in canonical form.

    `law` is the law that governs it (ISO 3166 country, or a text of the parties). CONVERT_IN voids the serials in `paper` and states the change of medium.
    """

    kind: Literal["BILL_OF_LADING", "BILL_OF_EXCHANGE", "PROMISSORY_NOTE"]
    serial: Serial
    recipient: Party
    title: Literal["STRAIGHT", "ORDER", "BLANK"]
    content: Annotated[str, msgspec.Meta(max_length=1_000_000)]
    law: Named
    named: Annotated[str, msgspec.Meta(pattern=r"^([A-Z0-9][A-Z0-9-]{2,34})?\Z")] = ""
    supersedes: Short = ""
    paper: tuple[Serial, ...] = ()
    statement: Short = ""
    place: Short = ""


class Plain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act that needs no particulars: ACCEPT, REJECT, WITHDRAW, SIGN, BLANK_ENDORSE, ACCEPT_PLEDGE, RELEASE, ENFORCE, SREJ..."""

    head: Digest
    place: Short = ""
    comments: Short = ""


class Transfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """TRANSFER: possession to `recipient`, who accepts before `until`; with an `endorsement` to it, if any."""

    head: Digest
    recipient: Party
    until: Moment
    endorsement: Endorsement = ""
    place: Short = ""
    comments: Short = ""


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """OFFER_AGAINST: the same against what `reference` names, such as the collection `COL-000001` or the record `ETR-000002`."""

    head: Digest
    recipient: Party
    until: Moment
    against: Literal["PAYMENT", "ACCEPTANCE", "UNDERTAKING", "RECORD"]
    reference: Named
    endorsement: Endorsement = ""
    place: Short = ""
    comments: Short = ""


class Present(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PRESENT_FOR_PAYMENT: to the obligor, who pays what `reference` names before `until`."""

    head: Digest
    until: Moment
    reference: Named
    place: Short = ""
    comments: Short = ""


class Endorse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """ENDORSE and ENDORSE_TO_ORDER to `recipient`; RECOURSE against it; possession stays where it is."""

    head: Digest
    recipient: Party
    place: Short = ""
    comments: Short = ""


class PledgeTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PLEDGE to `pledgee` for what is `secured`. With the power to ENFORCE it takes the record from the day `due` on."""

    head: Digest
    pledgee: Party
    secured: Named
    power: Literal["HOLD", "ENFORCE"]
    due: Date
    place: Short = ""
    comments: Short = ""


class Surrender(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """SURRENDER_FOR_AMENDMENT with the reason SWTP (switch to paper), COD (change of destination) or SWI (switch bill); "" for another in `comments`."""

    head: Digest
    reasonCode: Literal["SWTP", "COD", "SWI", ""] = ""  # noqa: N815 - the field's name at DCSA
    place: Short = ""
    comments: Short = ""


class AcceptSurrender(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """SACC. A switch to paper names the `paper` originals that take the record's place, and states the change of medium (MLETR 18)."""

    head: Digest
    paper: tuple[Serial, ...] = ()
    statement: Short = ""
    place: Short = ""
    comments: Short = ""


class CourtOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """FREEZE and UNFREEZE: the `order` of a court (its file number) and the `court`."""

    head: Digest
    order: Named
    court: Named
    place: Short = ""


class Noted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the hub itself records: of which `lock`, and a `reference` (of the money that is set aside; of the event that supersedes)."""

    lock: str = ""
    reference: str = ""


Body = Issue | Plain | Transfer | Offer | Present | Endorse | PledgeTerms | Surrender | AcceptSurrender | CourtOrder | Noted

BODIES: dict[str, type[Body]] = {
    "ISSUE": Issue,
    "CONVERT_IN": Issue,
    "TRANSFER": Transfer,
    "OFFER_AGAINST": Offer,
    "PRESENT_FOR_PAYMENT": Present,
    "ENDORSE": Endorse,
    "ENDORSE_TO_ORDER": Endorse,
    "RECOURSE": Endorse,
    "PLEDGE": PledgeTerms,
    "SURRENDER_FOR_AMENDMENT": Surrender,
    "SACC": AcceptSurrender,
    "FREEZE": CourtOrder,
    "UNFREEZE": CourtOrder,
    **dict.fromkeys(
        (
            "ACCEPT",
            "REJECT",
            "WITHDRAW",
            "SIGN",
            "BLANK_ENDORSE",
            "ACCEPT_PLEDGE",
            "DECLINE_PLEDGE",
            "WITHDRAW_PLEDGE",
            "RELEASE",
            "ENFORCE",
            "SURRENDER_FOR_DELIVERY",
            "SREJ",
            "ACCEPT_BILL",
            "REFUSE_BILL",
            "AVAL",
        ),
        Plain,
    ),
}
# What nobody asks for by a deed.
HUB_ACTIONS = ("FUND", "UNFUND", "SETTLE", "LAPSE", "SUPERSEDE")

_DECODERS = {action: msgspec.json.Decoder(body) for action, body in (BODIES | dict.fromkeys(HUB_ACTIONS, Noted)).items()}


def body_of(action: str, raw: bytes) -> Body:
    """The particulars of a recorded event. Raises `msgspec.ValidationError` (a `ValueError`) where they are none, `KeyError` for no action of ours."""
    found: Body = _DECODERS[action].decode(raw)
    return found


def read_body(action: str, raw: bytes) -> Body | Refusal:
    """The particulars of a deed, or why it says nothing that can be decided."""
    if action not in BODIES:
        return Refusal(Reason.OUT_OF_TURN, "action", action, "T.1")
    try:
        return body_of(action, raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        return Refusal(Reason.MALFORMED, "body", str(fault), "T.1")

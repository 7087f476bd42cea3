"""What the machines of trade need of a message, typed: days as ISO dates, amounts in whole minor units, texts as paragraphs.

Each view takes a message that was found in order, of a type that its docstring names. It decides nothing: what a missing field means is for the machine.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fondaco.core import Money
from fondaco.trade.mt.field import AMENDED_TEXTS, iso_day, money_of
from fondaco.trade.mt.message import Field, Message
from fondaco.trade.mt.narrative import Coded, coded, paragraphs
from fondaco.trade.mt.wire import occurrences

CREDITS = ("700", "710", "720")
CONTINUATIONS = {"701": "700", "711": "710", "721": "720", "708": "707"}
# UCP 600 art. 16(c)(iii): a refusal says what happens to the documents; these are the codes of field 77B.
DISPOSALS = ("HOLD", "NOTIFY", "PREVINST", "RETURN")
_NARRATIVES = ("45A", "46A", "47A", "49G", "49H")


class Party(msgspec.Struct, frozen=True, array_like=True):
    """Somebody in a message: a BIC, or name and address in lines; an account or clearing code where one is given."""

    bic: str = ""
    lines: tuple[str, ...] = ()
    account: str = ""


class CreditTerms(msgspec.Struct, frozen=True):
    """The terms of a documentary credit, each with the field that it is from. "" or None where the credit does not say.

    `above` and `below` are the tolerance in whole per cent (39A). `days` is the period for presentation (48), 0 where it is not said.
    """

    number: str  # 20, in an advice 21
    form: str  # 40A, 40B
    rules: str  # 40E
    rules_text: str
    issued: str  # 31C
    expires: str  # 31D
    expires_at: str
    applicant: Party  # 50
    beneficiary: Party  # 59
    amount: Money  # 32B
    above: int  # 39A
    below: int
    additional_amounts: str  # 39C
    available_with: Party  # 41a
    available_by: str
    confirmation: str  # 49
    drafts_at: str = ""  # 42C
    drawee: Party | None = None  # 42a
    mixed_payment: str = ""  # 42M
    deferred_payment: str = ""  # 42P
    partial_shipments: str = ""  # 43P
    transhipment: str = ""  # 43T
    taken_in_charge_at: str = ""  # 44A
    loaded_at: str = ""  # 44E
    discharged_at: str = ""  # 44F
    destination: str = ""  # 44B
    latest_shipment: str = ""  # 44C
    shipment_period: str = ""  # 44D
    goods: tuple[str, ...] = ()  # 45A
    documents: tuple[str, ...] = ()  # 46A
    conditions: tuple[str, ...] = ()  # 47A
    beneficiary_conditions: tuple[str, ...] = ()  # 49G
    bank_conditions: tuple[str, ...] = ()  # 49H
    charges: tuple[Coded, ...] = ()  # 71D
    days: int = 0  # 48
    days_text: str = ""
    issuing_bank: Party | None = None  # 52a
    applicant_bank: Party | None = None  # 51a
    confirming_bank: Party | None = None  # 58a
    reimbursing_bank: Party | None = None  # 53a
    instructions: str = ""  # 78
    to_receiver: tuple[Coded, ...] = ()  # 72Z


class Amendment(msgspec.Struct, frozen=True):
    """An amendment (MT 707 with its 708): what it says of itself, and every changed field by its tag.

    Texts of 45B to 49N are in `texts`, by tag: what is done (ADD, DELETE, REPALL) and the text.
    """

    number: int  # 26E
    credit: str  # 20: the credit's number at the sender
    receiver_reference: str  # 21
    issuing_reference: str  # 23
    issued: str  # 31C
    amended: str  # 30
    purpose: str  # 22A
    cancels: bool  # 23S
    increase: Money | None  # 32B
    decrease: Money | None  # 33B
    changed: dict[str, dict[str, str]]
    texts: dict[str, tuple[Coded, ...]]


class Drawing(msgspec.Struct, frozen=True):
    """What banks tell each other of one presentation: MT 730, 732, 734, 750, 752, 754.

    `disposal` is the first code of 77B, "" where it names none; `discrepancies` are the lines of 77J as paragraphs; `authority` is field 23.
    `total` is what is claimed or paid in all (33a of 734 and 752, 34a of 750 and 754) and `value_day` the day that stands with it.
    """

    reference: str  # 20
    related: str  # 21
    day: str = ""  # 30, or the day of 32A
    amount: Money | None = None  # 32a
    additional: Money | None = None  # 33B
    total: Money | None = None
    value_day: str = ""
    authority: str = ""  # 23
    discrepancies: tuple[str, ...] = ()  # 77J
    disposal: str = ""  # 77B
    disposal_text: str = ""
    charges: tuple[Coded, ...] = ()  # 71D
    charges_added: tuple[Coded, ...] = ()  # 73A
    account_with: Party | None = None  # 57a
    to_receiver: tuple[Coded, ...] = ()  # 72Z


class CollectionItem(msgspec.Struct, frozen=True):
    """One collection in an MT 400, 410, 412, 416, 420 or 422.

    `due` is the day of option A, `tenor` the term of option K as (count, D or M, code); `proceeds` and `value_day` are field 33A of an MT 400.
    In an MT 416 `kind` and `reason` are those of the item, or those that stand for all items.
    """

    reference: str  # 20
    related: str  # 21, in an MT 416 21A
    group: str = ""  # 21 of an MT 416, which stands for all its items
    amount: Money | None = None  # 32a
    due: str = ""
    tenor: tuple[int, str, str] | None = None
    proceeds: Money | None = None  # 33A
    value_day: str = ""
    kind: str = ""  # 23E
    kind_text: str = ""
    reason: tuple[Coded, ...] = ()  # 77A
    principal_reference: str = ""  # 21C
    charges: Money | None = None  # 71F
    charges_text: str = ""  # 71B
    added_text: str = ""  # 73


def credit_terms(message: Message, continuations: Iterable[Message] = ()) -> CreditTerms:
    """The terms of an MT 700, 710 or 720; texts of its 701, 711 or 721 follow those of the message, in the order of their numbers (27)."""
    assert message.kind in CREDITS, f"MT {message.kind} holds no credit"
    further = sorted(continuations, key=lambda one: int(one.text("27")[0]))
    assert all(CONTINUATIONS[one.kind] == message.kind for one in further), "a continuation is of the type of what it continues"
    texts = {tag: tuple(row for one in (message, *further) for row in paragraphs(one.text(tag))) for tag in _NARRATIVES}
    values = {one.tag: one.values() for one in message.fields}
    tolerance = values.get("39A", {})
    available = message.first("41A", "41D")
    assert available is not None, "field 41a is mandatory"
    return CreditTerms(
        number=message.text("20") if message.kind == "700" else message.text("21"),
        form=values.get("40A", values.get("40B", {}))["code"],
        rules=values["40E"]["code"],
        rules_text=values["40E"].get("text", ""),
        issued=iso_day(values["31C"]["date"]),
        expires=iso_day(values["31D"]["date"]),
        expires_at=values["31D"]["place"],
        applicant=_party(message, "50") or Party(),
        beneficiary=_party(message, "59") or Party(),
        amount=money_of(values["32B"]),
        above=int(tolerance.get("above", "0")),
        below=int(tolerance.get("below", "0")),
        additional_amounts=message.text("39C"),
        available_with=_party(message, "41A", "41D") or Party(),
        available_by=available.values()["by"],
        confirmation=message.text("49"),
        drafts_at=message.text("42C"),
        drawee=_party(message, "42A", "42D"),
        mixed_payment=message.text("42M"),
        deferred_payment=message.text("42P"),
        partial_shipments=message.text("43P"),
        transhipment=message.text("43T"),
        taken_in_charge_at=message.text("44A"),
        loaded_at=message.text("44E"),
        discharged_at=message.text("44F"),
        destination=message.text("44B"),
        latest_shipment=iso_day(values["44C"]["date"]) if "44C" in values else "",
        shipment_period=message.text("44D"),
        goods=texts["45A"],
        documents=texts["46A"],
        conditions=texts["47A"],
        beneficiary_conditions=texts["49G"],
        bank_conditions=texts["49H"],
        charges=_coded(message, "71D"),
        days=int(values.get("48", {}).get("days", "0")),
        days_text=values.get("48", {}).get("text", ""),
        issuing_bank=_party(message, "52A", "52D"),
        applicant_bank=_party(message, "51A", "51D"),
        confirming_bank=_party(message, "58A", "58D"),
        reimbursing_bank=_party(message, "53A", "53D"),
        instructions=message.text("78"),
        to_receiver=_coded(message, "72Z"),
    )


def amendment(message: Message, continuations: Iterable[Message] = ()) -> Amendment:
    """The amendment of an MT 707 and the 708 that continue it."""
    assert message.kind == "707", f"MT {message.kind} is no amendment"
    texts: dict[str, tuple[Coded, ...]] = {}
    for one in (message, *sorted(continuations, key=lambda other: int(other.text("27")[0]))):
        for tag in AMENDED_TEXTS:
            texts[tag] = texts.get(tag, ()) + _coded(one, tag)
    head = ("27", "20", "21", "23", "31C", "26E", "30", "22A", "23S", *AMENDED_TEXTS)
    return Amendment(
        number=int(message.text("26E")),
        credit=message.text("20"),
        receiver_reference=message.text("21"),
        issuing_reference=message.text("23"),
        issued=iso_day(message.text("31C")),
        amended=iso_day(message.text("30")),
        purpose=message.text("22A"),
        cancels=message.first("23S") is not None,
        increase=_money(message, "32B"),
        decrease=_money(message, "33B"),
        changed={one.tag: one.values() for one in message.fields if one.tag not in head},
        texts={tag: pieces for tag, pieces in texts.items() if pieces},
    )


def drawing(message: Message) -> Drawing:
    """What an MT 730, 732, 734, 750, 752 or 754 says of a presentation."""
    total = message.first(*{"734": ("33A", "33B"), "752": ("33A", "33B")}.get(message.kind, ("34A", "34B")))
    disposals = [one for one in coded(message.text("77B")) if one.code in DISPOSALS]
    return Drawing(
        reference=message.text("20"),
        related=message.text("21"),
        day=_day(message.first("30") or message.first("32A", "32D")),
        amount=_money(message, "32A", "32B", "32D"),
        additional=_money(message, "33B") if message.kind in ("750", "754") else None,
        total=money_of(total.values()) if total is not None else None,
        value_day=_day(total),
        authority=message.text("23"),
        discrepancies=paragraphs(message.text("77J")),
        disposal=disposals[0].code if disposals else "",
        disposal_text=message.text("77B"),
        charges=_coded(message, "71D"),
        charges_added=_coded(message, "73A"),
        account_with=_party(message, "57A", "57B", "57D"),
        to_receiver=_coded(message, "72Z"),
    )


def collection_items(message: Message) -> tuple[CollectionItem, ...]:
    """The collections of an MT 400, 410, 412, 416, 420 or 422, in their order."""
    groups = occurrences(message)
    if message.kind == "416":
        general = dict(groups)["A"]
        return tuple(_item(fields, general) for name, fields in groups if name == "B")
    return tuple(_item(fields, fields) for name, fields in groups if name == "A")


def _item(fields: tuple[Field, ...], general: tuple[Field, ...]) -> CollectionItem:
    mine = Message("", fields)
    everywhere = Message("", fields + general)
    amount = mine.first("32A", "32B", "32K")
    term = amount.values() if amount is not None and amount.tag == "32K" else {}
    kind = everywhere.first("23E")
    return CollectionItem(
        reference=Message("", general).text("20"),
        related=mine.text("21A", "21"),
        group=Message("", general).text("21") if mine.first("21A") is not None else "",
        amount=_money(mine, "32A", "32B", "32K"),
        due=_day(mine.first("32A")),
        tenor=(int(term["count"]), term["day_or_month"], term["after"]) if term else None,
        proceeds=_money(mine, "33A"),
        value_day=_day(mine.first("33A")),
        kind=kind.values()["code"] if kind is not None else "",
        kind_text=kind.values().get("text", "") if kind is not None else "",
        reason=_coded(everywhere, "77A"),
        principal_reference=mine.text("21C"),
        charges=_money(everywhere, "71F"),
        charges_text=mine.text("71B"),
        added_text=mine.text("73"),
    )


def _party(message: Message, *tags: str) -> Party | None:
    found = message.first(*tags)
    if found is None:
        return None
    values = found.values()
    lines = values.get("name") or values.get("place", "")
    return Party(values.get("bic", ""), tuple(lines.split("\n")) if lines else (), values.get("account", ""))


def _money(message: Message, *tags: str) -> Money | None:
    found = message.first(*tags)
    return money_of(found.values()) if found is not None else None


def _day(found: Field | None) -> str:
    return iso_day(found.values()["date"]) if found is not None and "date" in found.values() else ""


def _coded(message: Message, tag: str) -> tuple[Coded, ...]:
    said = message.text(tag)
    return coded(said) if said else ()

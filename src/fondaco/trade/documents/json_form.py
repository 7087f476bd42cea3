"""Documents as JSON for people and programs: `payable_minor` of the record is `"payable_amount": "1234.50"` there, in the currency's own decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from fondaco.core import CURRENCIES, AmountFault, MalformedMessage, Reason, minor_of, minor_text
from fondaco.trade.documents.forms import tree_of
from fondaco.trade.documents.records import TradeDocument
from fondaco.trade.documents.ubl import read_ubl, write_ubl

_MINOR, _AMOUNT = "_minor", "_amount"


def to_json(document: TradeDocument) -> bytes:
    told = _told(msgspec.to_builtins(document), "")
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"


def from_json(raw: bytes) -> TradeDocument:
    """The document of a JSON text. Days, numbers and texts are held to the rules of XML: it is written as UBL and read again.

    Raises `MalformedMessage` with the place, which may be one of UBL.
    """
    try:
        found = _read(msgspec.json.Decoder(float_hook=Decimal).decode(raw), "", "$")
        document: TradeDocument = msgspec.convert(found, TradeDocument)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as fault:
        raise MalformedMessage(Reason.MALFORMED, "the JSON text", str(fault)[:300]) from None
    try:
        read_ubl(tree_of(write_ubl(document)))
    except ValueError as fault:  # what no XML can hold
        raise MalformedMessage(Reason.CHARACTERS_WRONG, "the JSON text", str(fault)[:300]) from None
    return document


def _told(value: Any, currency: str) -> Any:
    if isinstance(value, dict):
        currency = value.get("currency") or currency
        return {
            key.removesuffix(_MINOR) + _AMOUNT if key.endswith(_MINOR) else key: minor_text(one, CURRENCIES[currency].exponent)
            if key.endswith(_MINOR)
            else _told(one, currency)
            for key, one in value.items()
            if one is not None
        }
    return [_told(one, currency) for one in value] if isinstance(value, list | tuple) else value


def _read(value: Any, currency: str, place: str) -> Any:
    if isinstance(value, list):
        return [_read(one, currency, f"{place}[{at}]") for at, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    named = value.get("currency")
    currency = named if isinstance(named, str) and named else currency
    found = {}
    for key, one in value.items():
        if key.endswith(_MINOR):
            raise MalformedMessage(
                Reason.MALFORMED, f"{place}.{key}", "amounts are texts, such as 1234.50, and their names end in _amount"
            )
        if key.endswith(_AMOUNT):
            found[key.removesuffix(_AMOUNT) + _MINOR] = _minor(one, currency, f"{place}.{key}")
        else:
            found[key] = _read(one, currency, f"{place}.{key}")
    return found


def _minor(value: Any, currency: str, place: str) -> int:
    if currency not in CURRENCIES:
        raise MalformedMessage(Reason.CODE_UNKNOWN, place, f"an amount of the currency {currency!r}")
    text = value if isinstance(value, str) else "not a text"
    try:
        minor = minor_of(text.removeprefix("-"), CURRENCIES[currency].exponent)
    except AmountFault as fault:
        raise MalformedMessage(Reason.DECIMALS_WRONG, place, str(fault)) from None
    return -minor if text.startswith("-") else minor

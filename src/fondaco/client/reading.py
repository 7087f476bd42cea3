"""JSON of the door as records of the client: strict about what a record names, patient with what it does not know yet.

Amounts come as texts beside their currency; they become `Money` here, and are whole minor units from then on.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

from fondaco.client.fault import malformed
from fondaco.core import CURRENCIES, AmountFault, Money, minor_of, minor_text

T = TypeVar("T")
_Prepare = Callable[[Any, Mapping[str, Any]], Any]


def record(kind: type[T], raw: bytes) -> T:
    """The record that this JSON is. Raises `Malformed`."""
    try:
        given = msgspec.json.decode(raw)
        form: Any = kind
        return msgspec.convert(_preparation(form, "")(given, {}), kind)
    except (msgspec.MsgspecError, AmountFault, UnicodeDecodeError, RecursionError) as fault:
        raise malformed(f"{kind.__name__}: {fault}") from fault


def amount_in(amount: Money) -> str:
    """An amount as the door takes it. Raises `ValueError` for one below zero or of a currency that we do not know."""
    if amount.minor < 0 or amount.currency not in CURRENCIES:
        raise ValueError(f"{amount.minor} minor units of {amount.currency} are no amount that a hub takes")
    return minor_text(amount.minor, CURRENCIES[amount.currency].exponent)


def money_of(text: str, currency: str) -> Money:
    """Raises `AmountFault`."""
    if currency not in CURRENCIES:
        raise AmountFault(f"{currency!r} is no currency that is known here")
    minor = minor_of(text.removeprefix("-"), CURRENCIES[currency].exponent)
    return Money(currency, -minor if text.startswith("-") else minor)


@cache
def _preparation(kind: Any, currency: str) -> _Prepare:
    """What makes of decoded JSON what `kind` is converted from. `currency` is the name of the neighbour that says an amount's currency."""
    if kind is Money:
        return lambda value, whole: _money(value, whole.get(currency))
    if get_origin(kind) in (Union, types.UnionType):
        (inner,) = [one for one in get_args(kind) if one is not type(None)]
        prepare = _preparation(inner, currency)
        # What is not there yet is an empty text; what is in a currency that we do not know is no `Money`.
        return lambda value, whole: (
            None if value in ("", None) or (inner is Money and whole.get(currency) not in CURRENCIES) else prepare(value, whole)
        )
    if get_origin(kind) is list:
        each = _preparation(get_args(kind)[0], "")
        return lambda value, _: [each(one, {}) for one in value] if isinstance(value, list) else value
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _record(kind)
    return lambda value, _: value


def _record(kind: type[msgspec.Struct]) -> _Prepare:
    named = getattr(kind, "currency_of", {})
    fields = [(one.encode_name, _preparation(one.type, named.get(one.name, "currency"))) for one in msgspec.structs.fields(kind)]
    names = [name for name, _ in fields]

    def prepare(value: Any, _: Mapping[str, Any]) -> Any:
        if kind.__struct_config__.array_like:
            if not isinstance(value, list):
                return value
            whole: dict[str, Any] = dict(zip(names, value, strict=False))
            return [prepared(whole[name], whole) for name, prepared in fields if name in whole]
        if not isinstance(value, dict):
            return value
        return value | {name: prepared(value[name], value) for name, prepared in fields if name in value}

    return prepare


def _money(value: Any, currency: Any) -> list[Any]:
    """Money as a record of `core` is converted from. A JSON number is no amount."""
    if not isinstance(value, str) or not isinstance(currency, str):
        raise AmountFault(f"{value!r} is no text of an amount with a currency")
    found = money_of(value, currency)
    return [found.currency, found.minor]

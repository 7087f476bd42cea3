"""One table says where each field of a record stands in an XML document, and the table both reads and writes it.

Rows stand in the order of the document's schema. What a document says at a place that no row names is not lost silently: its path is told.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

import msgspec
from lxml import etree

from fondaco.core import CURRENCIES, AmountFault, MalformedMessage, Reason, TooManyDecimals, minor_of, minor_text
from fondaco.messages import well_formed
from fondaco.trade.documents.parts import Identifier, Quantity

# An invoice may carry its own picture: as large as Peppol lets it be.
SIZE_MAX = 100 * 1024 * 1024 // 10
ELEMENTS_MAX = 200_000
DEPTH_MAX = 40
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
# Where parsers read instances of schemas from; says nothing about a sale.
_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"


def tree_of(raw: bytes) -> etree._Element:
    """The tree of a document, past the gate of all XML (`messages.well_formed`) and of bounded depth. Raises `MalformedMessage`."""
    root = well_formed(raw.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n"), SIZE_MAX)
    depth = count = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > DEPTH_MAX or count > ELEMENTS_MAX:
            raise MalformedMessage(
                Reason.MALFORMED, "the document", f"more than {ELEMENTS_MAX} elements, or deeper than {DEPTH_MAX}"
            )
    return root


class Reading:
    """One document that is being read: its namespaces, the currency of its amounts, and what of it was taken."""

    def __init__(self, root: etree._Element, namespaces: Mapping[str, str]) -> None:
        self.namespaces = dict(namespaces)
        self.currency = ""
        self.elements = list(root.iter())  # kept: an element that nobody holds is another one the next time
        self.taken: set[tuple[Any, str]] = set()

    def text(self, element: etree._Element, attribute: str = "") -> str:
        self.taken.add((element, attribute))
        return str((element.get(attribute) if attribute else element.text) or "").strip()

    def left(self) -> tuple[str, ...]:
        """The places that say something and were not taken, in the order of the document; of places of one name the first."""
        found: dict[str, None] = {}
        for element in self.elements:
            here = path_of(element)
            for name in element.attrib:
                if (element, name) not in self.taken and not name.startswith(_SCHEMA_INSTANCE):
                    found.setdefault(f"{here}/@{name}")
            if (element.text or "").strip() and (element, "") not in self.taken:
                found.setdefault(here)
        return tuple(found)


class Writing(NamedTuple):
    """One document that is being written: its namespaces, the currency of its amounts, and whether each amount names it."""

    namespaces: Mapping[str, str]
    currency: str
    names_currency: bool = True


class Codec(Protocol):
    """How one value is read from an element (or its attribute) and written to it."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> Any: ...
    def write(self, element: etree._Element, attribute: str, value: Any, writing: Writing) -> None: ...


def path_of(element: etree._Element) -> str:
    """`Invoice/InvoiceLine/Price/PriceAmount`: local names from the root."""
    names = [etree.QName(element).localname, *(etree.QName(one).localname for one in element.iterancestors())]
    return "/".join(reversed(names))


def place_of(element: etree._Element, attribute: str = "") -> str:
    return f"{path_of(element)}{f'/@{attribute}' if attribute else ''} line {element.sourceline}"


def _broken(reason: Reason, element: etree._Element, attribute: str, found: str) -> MalformedMessage:
    return MalformedMessage(reason, place_of(element, attribute), found[:200])


def _put(element: etree._Element, attribute: str, text: str) -> None:
    if attribute:
        element.set(attribute, text)
    else:
        element.text = text


class Text:
    """A text, as it stands between its blanks."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> str:
        return reading.text(element, attribute)

    def write(self, element: etree._Element, attribute: str, value: str, writing: Writing) -> None:
        _put(element, attribute, value)


class Day:
    """An ISO date; a time zone, which no day of a sale needs, is dropped."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> str:
        text = reading.text(element, attribute)
        try:
            return date.fromisoformat(text[:10]).isoformat() if text else ""
        except ValueError:
            raise _broken(Reason.MALFORMED, element, attribute, f"{text!r} is not a day") from None

    def write(self, element: etree._Element, attribute: str, value: str, writing: Writing) -> None:
        _put(element, attribute, value)


def decimal_of(text: str) -> Decimal | None:
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


class Number:
    """A decimal number with the digits that it was written with; `priced` where the element names a currency, which is the document's."""

    def __init__(self, priced: bool = False) -> None:
        self.priced = priced

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> Decimal:
        text = reading.text(element, attribute)
        found = decimal_of(text)
        if found is None:
            raise _broken(Reason.MALFORMED, element, attribute, f"{text!r} is not a decimal number")
        if self.priced:
            _same_currency(element, reading)
        return found

    def write(self, element: etree._Element, attribute: str, value: Decimal, writing: Writing) -> None:
        _put(element, attribute, f"{value:f}")
        if self.priced and writing.names_currency:
            element.set("currencyID", writing.currency)


def _same_currency(element: etree._Element, reading: Reading) -> None:
    named = element.get("currencyID")
    if named is None:
        return
    if reading.text(element, "currencyID") != reading.currency:
        raise _broken(
            Reason.CODE_UNKNOWN, element, "currencyID", f"{named}, where the document is in {reading.currency or 'no currency'}"
        )


class Amount:
    """Whole minor units of the document's currency; never rounds."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> int:
        _same_currency(element, reading)
        text = reading.text(element, attribute)
        if reading.currency not in CURRENCIES:
            raise _broken(Reason.CODE_UNKNOWN, element, attribute, f"an amount of the currency {reading.currency!r}")
        sign = -1 if text.startswith("-") else 1
        try:
            return sign * minor_of(text.lstrip("+-") if text[:1] in "+-" else text, CURRENCIES[reading.currency].exponent)
        except TooManyDecimals as fault:
            raise _broken(Reason.DECIMALS_WRONG, element, attribute, str(fault)) from None
        except AmountFault as fault:
            raise _broken(Reason.MALFORMED, element, attribute, str(fault)) from None

    def write(self, element: etree._Element, attribute: str, value: int, writing: Writing) -> None:
        _put(element, attribute, minor_text(value, CURRENCIES[writing.currency].exponent))
        if writing.names_currency:
            element.set("currencyID", writing.currency)


class Flag:
    """true or false."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> bool:
        text = reading.text(element, attribute)
        if text not in ("true", "false", "1", "0"):
            raise _broken(Reason.MALFORMED, element, attribute, f"{text!r} is neither true nor false")
        return text in ("true", "1")

    def write(self, element: etree._Element, attribute: str, value: bool, writing: Writing) -> None:
        _put(element, attribute, "true" if value else "false")


class Content:
    """Bytes in base64."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> bytes:
        try:
            return base64.b64decode(re.sub(r"\s+", "", reading.text(element, attribute)), validate=True)
        except binascii.Error as fault:
            raise _broken(Reason.MALFORMED, element, attribute, str(fault)) from None

    def write(self, element: etree._Element, attribute: str, value: bytes, writing: Writing) -> None:
        _put(element, attribute, base64.b64encode(value).decode())


class Named:
    """A number with the attributes that name its list."""

    def __init__(self, scheme: str = "schemeID", version: str = "") -> None:
        self.scheme, self.version = scheme, version

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> Identifier | None:
        number = reading.text(element)
        scheme = reading.text(element, self.scheme) if element.get(self.scheme) else ""
        version = reading.text(element, self.version) if self.version and element.get(self.version) else ""
        return Identifier(number, scheme, version) if number else None

    def write(self, element: etree._Element, attribute: str, value: Identifier, writing: Writing) -> None:
        element.text = value.id
        if value.scheme:
            element.set(self.scheme, value.scheme)
        if value.version and self.version:
            element.set(self.version, value.version)


class Measured:
    """A quantity with its unit."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> Quantity:
        text = reading.text(element)
        value = decimal_of(text)
        if value is None:
            raise _broken(Reason.MALFORMED, element, "", f"{text!r} is not a quantity")
        return Quantity(value, reading.text(element, "unitCode") if element.get("unitCode") else "")

    def write(self, element: etree._Element, attribute: str, value: Quantity, writing: Writing) -> None:
        element.text = f"{value.value:f}"
        if value.unit:
            element.set("unitCode", value.unit)


TEXT, DAY, NUMBER, PRICE, AMOUNT, FLAG, CONTENT = Text(), Day(), Number(), Number(priced=True), Amount(), Flag(), Content()
IDENTIFIER, QUANTITY = Named(), Measured()


class Row(NamedTuple):
    """A field and its place below the record's element: steps of `prefix:Name`, `@name` last for an attribute. `many`: the last step repeats.

    `when` (path, text) picks, of the elements at the place, those that say `text` there; written, they say it: first, or last with `says_last`.
    An `alternative` is read where the field was not found yet, and never written.
    """

    field: str
    place: str
    codec: Codec = TEXT
    many: bool = False
    when: tuple[str, str] | None = None
    says_last: bool = False
    alternative: bool = False


_EMPTY: tuple[object, ...] = (None, "", (), b"")


class Form:
    """How one kind of record stands in an element. `currency` is the place that names the currency of the amounts in it."""

    def __init__(self, record: type[Any], rows: Iterable[Row], currency: str = "") -> None:
        self.record, self.rows, self.currency = record, tuple(rows), currency
        fields = msgspec.structs.fields(record)
        self.required = {one.name for one in fields if one.default is msgspec.NODEFAULT}
        names = {one.name for one in fields}
        self.names_currency = "currency" in names
        assert all(row.field in names for row in self.rows), (
            f"{record.__name__} has no {[r.field for r in self.rows if r.field not in names]}"
        )

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> Any:
        before = reading.currency
        if self.currency:
            steps, name = _split(self.currency)
            named = element.find(steps, reading.namespaces) if steps else element
            reading.currency = str((named.get(name) if name else named.text) or "").strip() if named is not None else before
        values: dict[str, Any] = {}
        for row in self.rows:
            if row.alternative and row.field in values:
                continue
            value = _read(row, element, reading)
            if value not in _EMPTY:
                values[row.field] = value
        if self.names_currency and "currency" not in values and reading.currency:
            values["currency"] = reading.currency  # a document that doesn't say: its amounts do
        reading.currency = before
        for name in self.required - values.keys():
            place = next(row.place for row in self.rows if row.field == name)
            raise MalformedMessage(Reason.ELEMENT_MISSING, place_of(element), place)
        return self.record(**values)

    def write(self, element: etree._Element, attribute: str, value: Any, writing: Writing) -> None:
        if self.currency and getattr(value, "currency", ""):
            writing = writing._replace(currency=value.currency)
        for row in self.rows:
            one = getattr(value, row.field)
            if one not in _EMPTY and not row.alternative:
                _write(row, element, one, writing)


def _split(place: str) -> tuple[str, str]:
    steps, _, attribute = place.partition("@")
    return steps.rstrip("/"), attribute


def _read(row: Row, element: etree._Element, reading: Reading) -> Any:
    steps, attribute = _split(row.place)
    nodes = element.findall(steps, reading.namespaces) if steps else [element]
    if row.when is not None:
        nodes = [node for node in nodes if _says(node, row.when, reading)]
    if attribute:
        nodes = [node for node in nodes if node.get(attribute) is not None]
    if not row.many:
        return row.codec.read(nodes[0], attribute, reading) if nodes else None
    return tuple(value for node in nodes if (value := row.codec.read(node, attribute, reading)) not in _EMPTY)


def _says(node: etree._Element, when: tuple[str, str], reading: Reading) -> bool:
    steps, attribute = _split(when[0])
    at = node.find(steps, reading.namespaces) if steps else node
    if at is None or str((at.get(attribute) if attribute else at.text) or "").strip() != when[1]:
        return False
    reading.taken.add((at, attribute))
    return True


def _write(row: Row, element: etree._Element, value: Any, writing: Writing) -> None:
    steps, attribute = _split(row.place)
    if not row.many and row.when is None:
        row.codec.write(descend(element, steps, writing), attribute, value, writing)
        return
    above, _, last = steps.rpartition("/")
    for one in value if row.many else (value,):
        node = etree.SubElement(descend(element, above, writing), _tag(last, writing))
        if row.when is not None and not row.says_last:
            _say(row.when, node, writing)
        row.codec.write(node, attribute, one, writing)
        if row.when is not None and row.says_last:
            _say(row.when, node, writing)


def _say(when: tuple[str, str], node: etree._Element, writing: Writing) -> None:
    steps, attribute = _split(when[0])
    _put(descend(node, steps, writing), attribute, when[1])


def descend(element: etree._Element, steps: str, writing: Writing) -> etree._Element:
    """The element at a place below, made where it isn't there."""
    for step in steps.split("/") if steps else ():
        tag = _tag(step, writing)
        last = element[-1] if len(element) and element[-1].tag == tag else None
        element = etree.SubElement(element, tag) if last is None else last
    return element


def _tag(step: str, writing: Writing) -> str:
    prefix, _, name = step.rpartition(":")
    return f"{{{writing.namespaces[prefix]}}}{name}"

"""Rebuild the ISO 20022 schemas that the hub checks with from the dataclasses of `pyiso20022` (MIT), and of
`python-iso20022` (MIT) for the few messages that the former leaves out.

    python tools/build_schemas.py            write src/fondaco/messages/schemas/
    python tools/build_schemas.py --check    say whether what is committed is what would be written

The dataclasses keep every constraint of the official schemas: order, cardinality, facets, enumerations. What they do
not say is told by five rules below, found by comparing with the official files (decision 0002).
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import importlib.machinery
import importlib.metadata
import json
import sys
import types
import typing
from enum import Enum
from pathlib import Path
from xml.sax.saxutils import escape

TARGET = Path(__file__).resolve().parent.parent / "src/fondaco/messages/schemas"

MESSAGES = """
head.001.001.02 head.001.001.04
pacs.004.001.09 pacs.004.001.14 pacs.028.001.03 pacs.028.001.06
pacs.008.001.08 pacs.008.001.13 pacs.002.001.10 pacs.002.001.15 pacs.009.001.08 pacs.009.001.12 pacs.029.001.02
camt.052.001.08 camt.053.001.08 camt.054.001.08 camt.050.001.07 camt.025.001.08
camt.056.001.08 camt.056.001.11 camt.029.001.09 camt.029.001.13 camt.110.001.01 camt.111.001.01 camt.060.001.05
admi.002.001.01 admi.004.001.02 admi.007.001.01 admi.011.001.01
pain.001.001.09 pain.002.001.10
""".split()
# Messages that only `python-iso20022` has. It names every type with the message behind it.
MESSAGES_MORE = "acmt.023.001.04 acmt.024.001.04 camt.003.001.08 camt.004.001.10 camt.057.001.08".split()

# Rule 1: ISO names every choice `...Choice`, a trailing number apart; but for this one, which is a sequence.
NOT_A_CHOICE = {"PlaceOrUnderConfirmationChoice1"}
# Rule 2: the members of these choices may all be absent; of this other one, a single member.
OPTIONAL_CHOICES = ("MandateRelatedData",)
OPTIONAL_MEMBERS = {("References74Choice", "CtrPtyMktInfrstrctrTxId")}
# Rule 3: a wildcard's content is checked strictly, not at all, or where a schema is known.
STRICT_WILDCARDS = {"StrictPayload"}
SKIPPED_WILDCARDS = {"SkipPayload", "ProprietaryData3"}
# Rule 4: these hold a year and month.
YEAR_MONTHS = {"FctvDt", "XpryDt", "YrMnth"}


class Builder:
    """One message's schema, written type by type as they are reached from the root."""

    def __init__(self, module: types.ModuleType, message: str, suffix: str = "") -> None:
        self.module = module
        self.suffix = suffix
        self.namespace = f"urn:iso:std:iso:20022:tech:xsd:{message}"
        self.types: dict[str, str] = {}

    def build(self) -> str:
        root = "AppHdr" if hasattr(self.module, "AppHdr") else "Document"
        root_type = getattr(self.module, root)
        bases = [] if self.suffix else [base for base in root_type.__mro__[1:] if dataclasses.is_dataclass(base)]
        root_type = bases[0] if bases else root_type
        name = self.type_of(root_type)
        body = "\n".join(self.types[key] for key in sorted(self.types))
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<xs:schema xmlns="{self.namespace}" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
            f'elementFormDefault="qualified" targetNamespace="{self.namespace}">\n'
            f'<xs:element name="{root}" type="{name}"/>\n{body}\n</xs:schema>\n'
        )

    def type_of(self, cls: type) -> str:
        name = self.name_of(cls)
        if name not in self.types:
            self.types[name] = ""  # reserved: types may be recursive
            self.types[name] = self.enumeration(cls) if issubclass(cls, Enum) else self.complex(cls)
        return name

    def name_of(self, cls: type) -> str:
        return (cls.__name__.removesuffix(self.suffix) or "Document") if self.suffix else cls.__name__

    def enumeration(self, cls: type[Enum]) -> str:
        values = "".join(f'<xs:enumeration value="{escape(str(member.value))}"/>' for member in cls)
        return f'<xs:simpleType name="{self.name_of(cls)}"><xs:restriction base="xs:string">{values}</xs:restriction></xs:simpleType>'

    def complex(self, cls: type) -> str:
        hints = typing.get_type_hints(cls, vars(self.module))
        attributes, elements, content = "", "", ""
        for field in dataclasses.fields(cls):
            kind = field.metadata.get("type", "")
            if kind == "Attribute":
                use = "required" if field.metadata.get("required") else "optional"
                attributes += f'<xs:attribute name="{field.metadata["name"]}" use="{use}">{self.simple(hints[field.name], field)}</xs:attribute>'
            elif kind == "Wildcard":
                elements += self.wildcard(cls, field)
            elif kind == "Element":
                elements += self.element(cls, field, hints[field.name])
            else:
                content = self.content(cls, hints[field.name], field)
        name = self.name_of(cls)
        if content:
            return (
                f'<xs:complexType name="{name}"><xs:simpleContent><xs:extension base="{content}">{attributes}'
                "</xs:extension></xs:simpleContent></xs:complexType>"
            )
        group = "choice" if self.is_choice(name) else "sequence"
        return f'<xs:complexType name="{name}"><xs:{group}>{elements}</xs:{group}>{attributes}</xs:complexType>'

    def is_choice(self, name: str) -> bool:
        return name.rstrip("0123456789").endswith("Choice") and name not in NOT_A_CHOICE

    def content(self, cls: type, hint: object, field: dataclasses.Field[object]) -> str:
        name = f"{self.name_of(cls)}_SimpleType"
        inner = self.simple(hint, field).replace("<xs:simpleType>", f'<xs:simpleType name="{name}">', 1)
        self.types[name] = inner
        return name

    def element(self, cls: type, field: dataclasses.Field[object], hint: object) -> str:
        meta = field.metadata
        many = "max_occurs" in meta or typing.get_origin(_bare(hint)) is list
        low = meta.get("min_occurs", 1 if meta.get("required") else 0)
        high = meta.get("max_occurs", "unbounded" if many else 1)
        high = "unbounded" if isinstance(high, int) and high > 10**6 else high
        owner = self.name_of(cls)
        optional = owner.startswith(OPTIONAL_CHOICES) or (owner, meta["name"]) in OPTIONAL_MEMBERS
        if self.is_choice(owner) and not optional and low == 0:
            low = 1
        occurs = (f' minOccurs="{low}"' if low != 1 else "") + (f' maxOccurs="{high}"' if high != 1 else "")
        inner = _bare(hint)
        if typing.get_origin(inner) is list:
            inner = typing.get_args(inner)[0]
        if isinstance(inner, type) and (dataclasses.is_dataclass(inner) or issubclass(inner, Enum)):
            return f'<xs:element name="{meta["name"]}" type="{self.type_of(inner)}"{occurs}/>'
        return f'<xs:element name="{meta["name"]}"{occurs}>{self.simple(inner, field)}</xs:element>'

    def wildcard(self, cls: type, field: dataclasses.Field[object]) -> str:
        processing = (
            "strict" if self.name_of(cls) in STRICT_WILDCARDS else "skip" if self.name_of(cls) in SKIPPED_WILDCARDS else "lax"
        )
        namespace = field.metadata.get("namespace", "##any")
        return f'<xs:any namespace="{namespace}" processContents="{processing}"/>'

    def simple(self, hint: object, field: dataclasses.Field[object]) -> str:
        meta = field.metadata
        base = self.base(_bare(hint), str(meta.get("name", "")), meta)
        if base in self.types:
            return f'<xs:simpleType><xs:restriction base="{base}"/></xs:simpleType>'
        facets = ""
        for key, facet in (
            ("length", "length"), ("min_length", "minLength"), ("max_length", "maxLength"), ("pattern", "pattern"),
            ("min_inclusive", "minInclusive"), ("max_inclusive", "maxInclusive"), ("min_exclusive", "minExclusive"),
            ("total_digits", "totalDigits"), ("fraction_digits", "fractionDigits"),
        ):  # fmt: skip
            if key in meta and not (key == "pattern" and base in ("xs:dateTime", "xs:time") and meta[key] == ".*Z"):
                facets += f'<xs:{facet} value="{escape(str(meta[key]), {chr(34): "&quot;"})}"/>'
            elif key in meta:
                facets += '<xs:pattern value=".*Z"/>'
        return f'<xs:simpleType><xs:restriction base="{base}">{facets}</xs:restriction></xs:simpleType>'

    def base(self, hint: object, name: str, meta: typing.Mapping[str, object]) -> str:
        if isinstance(hint, type) and issubclass(hint, Enum):
            return self.type_of(hint)
        kind = getattr(hint, "__name__", "")
        if kind == "XmlPeriod":
            return "xs:gYearMonth" if name in YEAR_MONTHS else "xs:gYear"
        # Rule 5: a text that must end in Z is a date and time.
        if kind == "str" and meta.get("pattern") == ".*Z":
            return "xs:dateTime"
        if kind == "bytes":
            return "xs:base64Binary" if meta.get("format") == "base64" else "xs:hexBinary"
        return {
            "str": "xs:string", "Decimal": "xs:decimal", "bool": "xs:boolean", "XmlDate": "xs:date",
            "XmlDateTime": "xs:dateTime", "XmlTime": "xs:time", "int": "xs:integer", "float": "xs:decimal",
        }[kind]  # fmt: skip


def _bare(hint: object) -> object:
    """The type without `None |`."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        (rest,) = [part for part in typing.get_args(hint) if part is not type(None)]
        return rest
    return hint


def build(message: str) -> str:
    family, number, _, version = message.split(".")
    package = f"{family}_{number}_001_{version}"
    if message not in MESSAGES_MORE:
        return Builder(importlib.import_module(f"pyiso20022.{family}.{package}.{package}"), message).build()
    _without_its_init("python_iso20022")
    _without_its_init(f"python_iso20022.{family}")
    module = importlib.import_module(f"python_iso20022.{family}.{package}.models")
    suffix = f"{family.title()}{number}001{version}"
    module.Document = getattr(module, suffix)  # type: ignore[attr-defined]
    return Builder(module, message, suffix).build()


def _without_its_init(name: str) -> None:
    """Make a package importable without running its `__init__`, which would import the whole catalogue of ISO 20022."""
    if name in sys.modules:
        return
    above, _, last = name.rpartition(".")
    found = importlib.machinery.PathFinder.find_spec(last, sys.modules[above].__path__ if above else None)
    assert found is not None and found.submodule_search_locations, f"{name} is not installed: ./run check does it"
    package = types.ModuleType(name)
    package.__path__ = list(found.submodule_search_locations)
    sys.modules[name] = package


def main() -> int:
    made = {f"{message}.xsd": build(message) for message in MESSAGES + MESSAGES_MORE}
    manifest = {
        "made_from": {name: importlib.metadata.version(name) for name in ("pyiso20022", "python-iso20022")},
        "sha256": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(made.items())},
    }
    made["MANIFEST.json"] = json.dumps(manifest, indent=1) + "\n"
    if "--check" in sys.argv:
        stale = [name for name, text in made.items() if not (TARGET / name).exists() or (TARGET / name).read_text() != text]
        print(f"schemas: {len(made) - len(stale)} as committed, {len(stale)} differ {stale}")
        return 1 if stale else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (TARGET / name).write_text(text)
    print(f"schemas: {len(made) - 1} written to {TARGET.name}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the formats of the United States' Office of Foreign Assets Control have in common."""

from __future__ import annotations

import re

from fondaco.compliance.lists.draft import Draft, kind_of

SCHEMAS = {"individual": "person", "vessel": "vessel", "aircraft": "aircraft"}
# What OFAC prints among the numbers of a party although it is none.
_NO_NUMBER = re.compile(
    r"information|risk|prohibited|website|email|phone|fax|gender|organi[sz]ation (?:type|established)|determination|vessel flag|vessel type|"
    r"aircraft (?:model|manufacture date|operator)|nationality of registration|linked to|locode|target type|\bPOB\b|\bDOB\b",
    re.IGNORECASE,
)


def turned(name: str) -> str:
    """OFAC prints persons surname first: `DOE, John`."""
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma and "," not in first else name


def number(draft: Draft, label: str, value: str, country: str) -> None:
    """One line of OFAC's identification list: a number, a gender, a flag, or something that says neither."""
    if "vessel flag" in label.casefold():
        draft.flag(value)
    elif label.casefold().startswith("gender"):
        draft.sex(value)
    elif not _NO_NUMBER.search(label):
        draft.number(kind_of(f"{label} {value}" if value.upper().startswith("IMO") else label), value, country)

"""One listed person, organisation, vessel or aircraft, whatever the format it came in."""

from __future__ import annotations

import re

import msgspec


class Name(msgspec.Struct, frozen=True, array_like=True):
    """`weak` is the list's own word for a low-quality alias: it alerts on an exact match alone."""

    text: str
    weak: bool = False


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """`schema` is person, organisation, vessel or aircraft. Identifiers are numbers as the list prints them."""

    entry_id: str
    schema: str
    names: tuple[Name, ...]
    birth_dates: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


class ListEdition(msgspec.Struct, frozen=True, array_like=True):
    """One list as it was received. `digest` is the SHA-256 of the files; `published` an ISO date or ""."""

    list_id: str
    format: str
    published: str
    received_at: int
    digest: str
    entries: tuple[Entry, ...]


# One string that holds several names, as some lists print them: `ALPHA; BETA b) GAMMA`.
_SEVERAL = re.compile(r"\s*;\s*|\s+(?=[b-h]\)\s)")
_LABEL = re.compile(r"^(?:[a-h]\)|(?:Good|Low|Original script)\s*:?)\s*", re.IGNORECASE)
_NOTE = re.compile(r"\s*\((?:a\.?k\.?a\.?|f\.?k\.?a\.?|formerly|previously|listed|DOB|GLBC)[^)]*\)", re.IGNORECASE)


def names_of(*texts: tuple[str, bool]) -> tuple[Name, ...]:
    """Clean names out of printed ones: several in one string are parted, labels and notes dropped, doubles left out."""
    found: dict[str, bool] = {}
    for text, weak in texts:
        for part in _SEVERAL.split(text or ""):
            name = " ".join(_NOTE.sub("", _LABEL.sub("", part)).split())
            if len(name) > 1 and name not in ("-0-", "n/a", "na"):
                found[name] = found.get(name, True) and weak
    return tuple(Name(name, weak) for name, weak in found.items())

"""One listed person, organisation, vessel or aircraft, whatever the format it came in."""

from __future__ import annotations

import re

import msgspec

# Whoever adds a field adds it at the end, with a default: editions kept by an earlier release are read for as long as they are kept.


class Name(msgspec.Struct, frozen=True, array_like=True):
    """`weak` is the list's own word for a low-quality alias: it alerts on an exact match alone.

    `kind` is primary, alias, former, or original (as written in its own script).
    """

    text: str
    weak: bool = False
    kind: str = "alias"


class Identifier(msgspec.Struct, frozen=True, array_like=True):
    """A number that somebody gave to the listed party, as the list prints it.

    `kind` is imo, bic, lei, passport, national_id, tax, registration, account or other; `country` is whose number it is: ISO 3166
    alpha-2, as printed where that is not known, "" where nothing is said.
    """

    kind: str
    value: str
    country: str = ""


class Owner(msgspec.Struct, frozen=True, array_like=True):
    """Who holds a share of a listed or unlisted party. `entry_id` is "" where the list names the owner by `name` alone.

    `share_millionths` is the part held of the whole (500_000 is one half), None where the list names no figure. Dates are ISO dates as
    far as they are known (2024, 2024-03), "" for open; `from_date` is the first day, `to_date` the last.
    """

    entry_id: str
    name: str = ""
    share_millionths: int | None = None
    from_date: str = ""
    to_date: str = ""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """`schema` is person, organisation, vessel or aircraft.

    `birth_dates`, `countries`, `programmes`: each once, in the list's order; countries and `flags` (of vessels, former ones too) are ISO
    3166 alpha-2, as printed where the printed name is not known.
    """

    entry_id: str
    schema: str
    names: tuple[Name, ...]
    birth_dates: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    addresses: tuple[str, ...] = ()
    gender: str = ""
    flags: tuple[str, ...] = ()
    owners: tuple[Owner, ...] = ()


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

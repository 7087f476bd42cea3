"""One listed person, organisation, vessel or aircraft, whatever the format it came in."""

from __future__ import annotations

import msgspec

from fondaco.compliance.ownership import Owner

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


class Good(msgspec.Struct, frozen=True, array_like=True):
    """One line of a list of controlled goods.

    `code` is a Harmonised System code of 4, 6, 8 or 10 digits without points, or "" for a line of keywords alone. `tier` is the list's
    own grade, "" without one; `phrases` are what such goods are called in texts; `licence` is the licence or authorisation that a
    payment for them needs, "" where they are prohibited outright; `source` is the law.
    """

    good_id: str
    code: str
    tier: str
    text: str
    phrases: tuple[str, ...]
    licence: str
    source: str


class ListEdition(msgspec.Struct, frozen=True, array_like=True):
    """One list as it was received. `digest` is the SHA-256 of the files; `published` an ISO date or "".

    A list of parties has `entries`, one of goods has `goods`. `notes` say what a person should look at although the list was taken;
    `reader` is the version of the readers that made the entries of the files ("" where an earlier release did not note it).
    """

    list_id: str
    format: str
    published: str
    received_at: int
    digest: str
    entries: tuple[Entry, ...]
    goods: tuple[Good, ...] = ()
    notes: tuple[str, ...] = ()
    reader: str = ""

"""What stops a list before it may replace the one in force, and says where and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from fondaco.compliance.lists.entry import Entry, Good, ListEdition

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BYTES_MAX = 1 << 29
_FIELD_MAX = 1 << 16
_REASONS_MAX = 20
# Counts below this say little about a list's shape: one entry more or less is a tenth of them.
_FACTS_MIN = 20


class Quarantined(msgspec.Struct, frozen=True):
    """A file that may not replace the list in force, and every reason why."""

    list_id: str
    reasons: tuple[str, ...]


class Unreadable(Exception):
    """This file is not what its format says; the text tells where."""


class Reading(NamedTuple):
    """What a reader made of a list's files. `published` is an ISO date, "" where the format has none."""

    published: str
    entries: Sequence[Entry]
    notes: Sequence[str] = ()
    goods: Sequence[Good] = ()
    # Parties that the list names and does not list: who owns them, or what they own, is part of its data.
    related: Sequence[Entry] = ()


def byte_faults(files: Sequence[bytes]) -> Iterator[str]:
    """Control characters, bytes that are no UTF-8, and files of absurd size; each with file, byte and line, counted from 1."""
    for number, raw in enumerate(files, 1):
        where = f"file {number}, " if len(files) > 1 else ""
        if len(raw) > _BYTES_MAX:
            yield f"{where}{len(raw)} bytes, more than {_BYTES_MAX}"
            continue
        # OFAC ends its CSV files with the end-of-file mark of old: that one is a mark, any other control is damage.
        body = raw.removesuffix(b"\n").removesuffix(b"\r").removesuffix(b"\x1a")
        control = _CONTROL.search(body)
        if control:
            yield f"{where}control character {control[0][0]:#04x} at byte {control.start() + 1}, line {_line(raw, control.start())}"
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as fault:
            yield f"{where}byte {fault.start + 1}, line {_line(raw, fault.start)} is not UTF-8 (mixed encodings?)"


def _line(raw: bytes, at: int) -> int:
    return raw.count(b"\n", 0, at) + 1


def reading_faults(found: Reading) -> Iterator[str]:
    """What is wrong with the entries themselves."""
    if not found.entries and not found.goods:
        yield "no entries"
    seen: set[str] = set()
    for one in (*(entry.entry_id for entry in found.entries), *(good.good_id for good in found.goods)):
        if not one:
            yield "an entry without its identifier"
        elif one in seen:
            yield f"entry {one} stands here twice"
        seen.add(one)
    for entry in found.entries:
        if not entry.names:
            yield f"entry {entry.entry_id} has no name"
        values = (
            *(name.text for name in entry.names),
            *entry.addresses,
            *entry.programmes,
            *(one.value for one in entry.identifiers),
        )
        if any(len(text) > _FIELD_MAX for text in values):
            yield f"entry {entry.entry_id} has a field of more than {_FIELD_MAX} characters"


def _facts(entries: Sequence[Entry]) -> dict[str, int]:
    return {
        "names": sum(len(entry.names) for entry in entries),
        "entries with aliases": sum(len(entry.names) > 1 for entry in entries),
        "entries with a birth date": sum(bool(entry.birth_dates) for entry in entries),
        "entries with a country": sum(bool(entry.countries) for entry in entries),
        "entries with a programme": sum(bool(entry.programmes) for entry in entries),
        "entries with an identifier": sum(bool(entry.identifiers) for entry in entries),
        "entries with an address": sum(bool(entry.addresses) for entry in entries),
        "persons": sum(entry.schema == "person" for entry in entries),
        "vessels": sum(entry.schema == "vessel" for entry in entries),
    }


def succession_faults(found: Reading, in_force: ListEdition, shrink_max_percent: int) -> Iterator[str]:
    """Why these entries may not follow those in force: older, fewer than the article lets go, or a whole kind of fact gone.

    A fact that vanishes from entries that are still there is a schema that drifted: an element renamed, a column moved.
    """
    if found.published and in_force.published and found.published < in_force.published:
        yield f"published {found.published}, older than {in_force.published} in force"
    for what, now, then in (("entries", found.entries, in_force.entries), ("goods", found.goods, in_force.goods)):
        if len(now) < len(then) * (100 - shrink_max_percent) // 100:
            yield f"{len(now)} {what}, {len(then)} in force: shrunk by more than {shrink_max_percent} %"
    # Facts are compared where an earlier release noted them: it kept fewer kinds of them.
    if in_force.reader:
        before = _facts(in_force.entries)
        for what, count in _facts(found.entries).items():
            if before[what] >= _FACTS_MIN and count < before[what] * (100 - shrink_max_percent) // 100:
                yield f"{count} {what}, {before[what]} in force: shrunk by more than {shrink_max_percent} %, its schema may have changed"


def first_reasons(reasons: Sequence[str]) -> tuple[str, ...]:
    """The first of them, and how many more there are."""
    more = len(reasons) - _REASONS_MAX
    return (*reasons[:_REASONS_MAX], f"and {more} more") if more > 0 else tuple(reasons)

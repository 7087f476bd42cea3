"""Canada's consolidated autonomous sanctions list, XML (`sema-lmes.xml`), with English or with bilingual element names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fondaco.compliance.lists.cleaning import legal_form_only
from fondaco.compliance.lists.draft import Draft
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.tree import Records, local, text_of

_KNOWN = frozenset(
    "record Country LastName GivenName EntityOrShip TitleOrShip TitleOrShipType DateOfBirthOrShipBuildDate DateOfBirth ShipIMONumber "
    "Schedule Item DateOfListing Aliases".split()
)
# A record has one or the other, but a list of hundreds has all of them.
_NEEDED = ("LastName", "GivenName", "EntityOrShip", "Schedule")


def read_canada(files: Sequence[bytes]) -> Reading:
    """Entries by regulation, schedule and item, which together are the list's only number. `Country` is the regulation's, no nationality.

    Raises `Unreadable`.
    """
    records = Records(files[0], "data-set", ("record",))
    entries = []
    seen: set[str] = set()
    unknown: dict[str, None] = {}
    for record in records:
        # Since 2024 names of elements are in both languages: `EntityOrShip-EntiteOuNavire`.
        cells = {local(child).partition("-")[0]: text_of(child) for child in record}
        seen.update(cells)
        unknown.update(dict.fromkeys(sorted(set(cells) - _KNOWN)))
        regulation, schedule, item = (cells.get(name, "") for name in ("Country", "Schedule", "Item"))
        if not (regulation and item):
            raise Unreadable("a record without country or item: the schema has changed")
        entity, imo = cells.get("EntityOrShip", ""), cells.get("ShipIMONumber", "")
        schema = "vessel" if imo else "organisation" if entity else "person"
        draft = Draft(f"{regulation.partition(' / ')[0]}/{schedule}/{item}", schema)
        draft.name(entity or f"{cells.get('GivenName', '')} {cells.get('LastName', '')}".strip(), kind="primary")
        for alias in _aliases(cells.get("Aliases", "")):
            draft.name(alias)
        draft.programme(regulation)
        if schema == "person":
            draft.born(cells.get("DateOfBirthOrShipBuildDate") or cells.get("DateOfBirth"))
        draft.number("imo", imo)
        entries.append(draft.entry())
    missing = [name for name in _NEEDED if name not in seen]
    if entries and missing:
        raise Unreadable(f"no record has {', '.join(missing)}: the schema has changed")
    notes = [f"element {name} is not known in this format: what stands in it is not read" for name in list(unknown)[:12]]
    return Reading("", entries, notes)


def _aliases(text: str) -> Iterator[str]:
    """All aliases stand in one text, parted by semicolons, or by commas where there is no semicolon; `Alpha, Ltd.` is one."""
    if ";" in text:
        yield text
        return
    found: list[str] = []
    for part in text.split(","):
        if found and legal_form_only(part):
            found[-1] += f",{part}"
        else:
            found.append(part)
    yield from found

"""The list of Switzerland's State Secretariat for Economic Affairs, XML (`swiss-sanctions-list`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from fondaco.compliance.lists.draft import Draft, kind_of
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.tree import Records, children, inner, local, text_of

_KNOWN = frozenset(
    "target sanctions-set-id foreign-identifier individual entity object identity name name-part value spelling-variant nationality country "
    "day-month-year address c-o address-details zip-code p-o-box remark place-of-birth identification-document number issuer "
    "date-of-issue expiry-date justification relation other-information modification added removed replaced remarks generic-attribute "
    "contact-information place location location-variant area area-variant sanctions-program program-key program-name sanctions-set "
    "origin".split()
)
_SCHEMAS = {"individual": "person", "entity": "organisation"}
# Given names before the family name, as they are said; titles are no part of a name.
_ORDER = (
    "given-name",
    "further-given-name",
    "father-name",
    "grand-father-name",
    "tribal-name",
    "other",
    "whole-name",
    "family-name",
    "suffix",
)
_LEFT_OUT = ("title", "maiden-name")


def read_seco(files: Sequence[bytes]) -> Reading:
    """Entries by SECO's `ssid`. A target whose last modification de-lists it is left out; of the history, names that were taken from a
    target still listed are read, as former and weak ones: they alert on an exact match alone. Raises `Unreadable`."""
    records = Records(files[0], "swiss-sanctions-list", ("sanctions-program", "target", "place"), _KNOWN)
    programmes: dict[str, str] = {}
    places: dict[str, tuple[tuple[str, ...], str]] = {}
    drafts: list[tuple[Draft, list[tuple[str, tuple[str, ...]]]]] = []
    left_out = 0
    for element in records:
        if records.root_attributes.get("list-type") != "whole-list":
            raise Unreadable(f"a list of type {records.root_attributes.get('list-type')}: load the whole list, not its changes")
        if local(element) == "sanctions-program":
            name = text_of(element, "program-key")
            programmes.update({one.get("ssid", ""): name for one in children(element, "sanctions-set")})
        elif local(element) == "place":
            places[element.get("ssid", "")] = _place(element)
        elif _delisted(element):
            left_out += 1
        else:
            drafts.append(_target(element, programmes))
    for draft, addresses in drafts:
        for place_id, parts in addresses:
            area, country = places.get(place_id, ((), ""))
            draft.country(country)
            draft.address(*parts, *area, country)
    notes = [f"{left_out} de-listed targets left out"] if left_out else []
    return Reading(records.root_attributes.get("date", ""), [draft.entry() for draft, _ in drafts], [*notes, *records.unknown])


def _delisted(target: etree._Element) -> bool:
    """Is the last of its modifications, by the day from which it has effect, a de-listing? Of one day the first printed is the last."""

    def day(one: etree._Element) -> str:
        return one.get("effective-date") or one.get("publication-date") or one.get("enactment-date") or ""

    deeds = [one for one in children(target, "modification") if one.get("modification-type") in ("listed", "de-listed")]
    if not deeds:
        return False
    return bool(max(deeds, key=day).get("modification-type") == "de-listed")


def _place(element: etree._Element) -> tuple[tuple[str, ...], str]:
    country = next(children(element, "country"), None)
    code = (country.get("iso-code") or text_of(country)) if country is not None else ""
    return tuple(text_of(one) for one in children(element, "location", "area")), code


def _target(target: etree._Element, programmes: dict[str, str]) -> tuple[Draft, list[tuple[str, tuple[str, ...]]]]:
    addresses: list[tuple[str, tuple[str, ...]]] = []
    party = next(children(target, "individual", "entity", "object"), None)
    if party is None:
        raise Unreadable(f"target {target.get('ssid')} is neither individual, entity nor object: the schema has changed")
    kind = party.get("object-type", "")
    schema = _SCHEMAS.get(local(party)) or ({"vessel": "vessel", "aircraft": "aircraft"}.get(kind) or "organisation")
    draft = Draft(target.get("ssid", ""), schema)
    for one in children(target, "sanctions-set-id"):
        draft.programme(programmes.get(text_of(one), text_of(one)))
    draft.sex(party.get("sex"))
    for identity in sorted(children(party, "identity"), key=lambda one: one.get("main") != "true"):
        _identity(draft, identity, addresses)
    for one in children(party, "other-information", "justification"):
        draft.numbers_in(text_of(one))
    for modification in children(target, "modification"):
        for removed in children(modification, "removed", "replaced"):
            for name in inner(removed, "name"):
                for text in _spellings(name):
                    draft.name(text, weak=True, kind="former")
    return draft, addresses


def _identity(draft: Draft, identity: etree._Element, addresses: list[tuple[str, tuple[str, ...]]]) -> None:
    for name in children(identity, "name"):
        said = name.get("name-type", "")
        kind = "primary" if said == "primary-name" else "former" if said.startswith("former") else "alias"
        for text in _spellings(name):
            draft.name(text, weak=name.get("quality") == "low", kind=kind)
            kind = "alias" if kind == "primary" else kind
    for one in children(identity, "nationality"):
        for country in inner(one, "country"):
            draft.country(country.get("iso-code") or text_of(country))
    for one in children(identity, "day-month-year"):
        draft.born("-".join(f"{one.get(key):0>2}" for key in ("year", "month", "day") if one.get(key)))
    for one in children(identity, "address"):
        addresses.append(
            (one.get("place-id", ""), tuple(text_of(one, key) for key in ("c-o", "address-details", "p-o-box", "zip-code")))
        )
    for one in children(identity, "identification-document"):
        issuer = next(children(one, "issuer"), None)
        country = (issuer.get("code") or text_of(issuer)) if issuer is not None else ""
        draft.number(kind_of(one.get("document-type", "").replace("-", " ")), text_of(one, "number"), country)


def _spellings(name: etree._Element) -> Iterator[str]:
    """The name, and each of its spelling variants: of one language and script all parts together, the others as they are."""
    parts = [part for part in children(name, "name-part") if part.get("name-part-type") not in _LEFT_OUT]
    parts.sort(key=lambda part: (_rank(part), int(part.get("order") or 0)))
    yield " ".join(text for part in parts if (text := text_of(part, "value")))
    variants: dict[tuple[str, str], dict[int, str]] = {}
    for at, part in enumerate(parts):
        for one in children(part, "spelling-variant"):
            variants.setdefault((one.get("lang", ""), one.get("script", "")), {}).setdefault(at, text_of(one))
    for chosen in variants.values():
        yield " ".join(text for at, part in enumerate(parts) if (text := chosen.get(at) or text_of(part, "value")))


def _rank(part: etree._Element) -> int:
    kind = part.get("name-part-type", "")
    return _ORDER.index(kind) if kind in _ORDER else _ORDER.index("other")

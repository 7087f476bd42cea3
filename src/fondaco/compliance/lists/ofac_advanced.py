"""OFAC's `SDN_ADVANCED.XML` and `CONS_ADVANCED.XML`: parties, places, documents and measures that point at one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from fondaco.compliance.lists.draft import Draft
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.ofac import number
from fondaco.compliance.lists.tree import Records, children, inner, local, text_of
from fondaco.compliance.ownership import Owner

_PARTS = (
    "DateOfIssue",
    "ReferenceValueSets",
    "Location",
    "IDRegDocument",
    "DistinctParty",
    "ProfileRelationship",
    "SanctionsEntry",
)
_PARTY_TYPES = {"1": "person", "2": "organisation", "4": "transport"}
_COUNTRIES_OF = ("Nationality", "Nationality Country", "Citizenship", "Citizenship Country", "Nationality of Registration")


@dataclass
class _Desk:
    # What the reference value sets call each number, by kind of value: `values["Country", "11143"]`.
    values: dict[tuple[str, str], str] = field(default_factory=dict)
    subtypes: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    documents: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    doubled: list[Draft] = field(default_factory=list)
    published: str = ""
    measures: int = 0
    # Features and documents of a type that no reference value names: what they say is not read.
    unnamed: set[str] = field(default_factory=set)


def read_ofac_advanced(files: Sequence[bytes]) -> Reading:
    """Entries by OFAC's number (`FixedRef`). Raises `Unreadable`, also when what points at another part finds nothing there."""
    desk = _Desk()
    records = Records(files[0], "Sanctions", _PARTS)
    takers = {
        "DateOfIssue": _issued,
        "ReferenceValueSets": _values,
        "Location": _place,
        "IDRegDocument": _document,
        "DistinctParty": _party,
        "ProfileRelationship": _relationship,
        "SanctionsEntry": _measure,
    }
    for element in records:
        takers[local(element)](desk, element)
    if not desk.published:
        raise Unreadable("no date of issue: the schema has changed")
    if desk.drafts and not desk.measures:
        raise Unreadable("parties, and no sanctions entry: truncated, or the schema has changed")
    return Reading(desk.published, [draft.entry() for draft in (*desk.drafts.values(), *desk.doubled)], sorted(desk.unnamed)[:12])


def _issued(desk: _Desk, element: etree._Element) -> None:
    desk.published = _date(element)


def _date(element: etree._Element | None) -> str:
    if element is None or not text_of(element, "Year").isdecimal():
        return ""
    return f"{text_of(element, 'Year')}-{text_of(element, 'Month'):0>2}-{text_of(element, 'Day'):0>2}"


def _values(desk: _Desk, element: etree._Element) -> None:
    for group in element:
        for value in group:
            desk.values[local(value), value.get("ID", "")] = text_of(value)
            if local(value) == "PartySubType":
                kind = {"Vessel": "vessel", "Aircraft": "aircraft"}.get(text_of(value))
                desk.subtypes[value.get("ID", "")] = kind or _PARTY_TYPES.get(value.get("PartyTypeID", ""), "organisation")
    if not desk.subtypes:
        raise Unreadable("no party types among the reference values: the schema has changed")


def _name(desk: _Desk, kind: str, number: str) -> str:
    found = desk.values.get((kind, number), "")
    if not found:
        desk.unnamed.add(f"{kind} {number} is named by no reference value: what is said with it is not read")
    return found


def _place(desk: _Desk, element: etree._Element) -> None:
    parts = tuple(text_of(value) for value in inner(element, "Value") if text_of(value))
    country = next((one.get("CountryID", "") for one in children(element, "LocationCountry")), "")
    desk.places[element.get("ID", "")] = (parts, desk.values.get(("Country", country), ""))


def _document(desk: _Desk, element: etree._Element) -> None:
    label = _name(desk, "IDRegDocType", element.get("IDRegDocTypeID", ""))
    country = desk.values.get(("Country", element.get("IssuedBy-CountryID", "")), "")
    one = (label, text_of(element, "IDRegistrationNo"), country)
    desk.documents.setdefault(element.get("IdentityID", ""), []).append(one)


def _party(desk: _Desk, element: etree._Element) -> None:
    for profile in children(element, "Profile"):
        subtype = profile.get("PartySubTypeID", "")
        if subtype not in desk.subtypes:
            raise Unreadable(f"party {element.get('FixedRef')} of a type {subtype} that no reference value names")
        draft = Draft(element.get("FixedRef") or profile.get("ID", ""), desk.subtypes[subtype])
        for identity in children(profile, "Identity"):
            _identity(desk, draft, identity)
        for feature in children(profile, "Feature"):
            _feature(desk, draft, feature)
        key = profile.get("ID", "")
        if key in desk.drafts:
            desk.doubled.append(draft)
        else:
            desk.drafts[key] = draft


def _identity(desk: _Desk, draft: Draft, identity: etree._Element) -> None:
    types = {
        group.get("ID"): desk.values.get(("NamePartType", group.get("NamePartTypeID", "")), "")
        for group in inner(identity, "NamePartGroup")
    }
    for alias in children(identity, "Alias"):
        primary = alias.get("Primary") == "true" and identity.get("Primary", "true") == "true"
        former = desk.values.get(("AliasType", alias.get("AliasTypeID", "")), "").upper().startswith("F.K.A")
        kind = "primary" if primary else "former" if former else "alias"
        for documented in children(alias, "DocumentedName"):
            values = list(inner(documented, "NamePartValue"))
            # The list prints a person's last name first; a name is kept as it is said.
            last = [text_of(value) for value in values if types.get(value.get("NamePartGroupID")) == "Last Name"]
            others = [text_of(value) for value in values if types.get(value.get("NamePartGroupID")) != "Last Name"]
            draft.name(" ".join((*others, *last)), weak=alias.get("LowQuality") == "true", kind=kind)
    for label, value, country in desk.documents.get(identity.get("ID", ""), ()):
        number(draft, label, value, country)


def _feature(desk: _Desk, draft: Draft, feature: etree._Element) -> None:
    label = _name(desk, "FeatureType", feature.get("FeatureTypeID", ""))
    for version in children(feature, "FeatureVersion"):
        details = [
            text_of(one) or desk.values.get(("DetailReference", one.get("DetailReferenceID", "")), "")
            for one in children(version, "VersionDetail")
        ]
        places = [desk.places.get(one.get("LocationID", ""), ((), "")) for one in children(version, "VersionLocation")]
        if label == "Birthdate":
            for period in children(version, "DatePeriod"):
                draft.born(_period(period))
        elif label in _COUNTRIES_OF:
            for _, country in places:
                draft.country(country)
        elif label == "Location":
            for parts, country in places:
                draft.country(country)
                draft.address(*parts, country)
        elif label:
            for detail in details:
                number(draft, label, detail, "")


def _period(period: etree._Element) -> str:
    """A day, a year, or `YEAR to YEAR`: lists give a year as its first to its last day."""
    days = [_date(one) for edge in children(period, "Start", "End") for one in children(edge, "From", "To")]
    days = sorted(day for day in days if day)
    if not days or days[0] == days[-1]:
        return days[0] if days else ""
    return days[0][:4] if days[0][:4] == days[-1][:4] else f"{days[0][:4]} to {days[-1][:4]}"


def _relationship(desk: _Desk, element: etree._Element) -> None:
    owned = desk.drafts.get(element.get("From-ProfileID", ""))
    owner = desk.drafts.get(element.get("To-ProfileID", ""))
    kind = desk.values.get(("RelationType", element.get("RelationTypeID", "")), "")
    if owned and owner and kind.startswith("Owned or Controlled By") and element.get("Former") != "true":
        owned.owner(Owner(owner.entry_id))


def _measure(desk: _Desk, element: etree._Element) -> None:
    desk.measures += 1
    draft = desk.drafts.get(element.get("ProfileID", ""))
    if draft is None:
        raise Unreadable(f"sanctions entry {element.get('ID')} of a party that is not there: truncated")
    for measure in children(element, "SanctionsMeasure"):
        kind = desk.values.get(("SanctionsType", measure.get("SanctionsTypeID", "")), "Program")
        if kind == "Program":
            draft.programme(text_of(measure, "Comment"))

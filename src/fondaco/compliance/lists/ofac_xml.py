"""OFAC's `sdn.xml` and `consolidated.xml` (namespace `sdnList.xsd`)."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from fondaco.compliance.lists.draft import Draft
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.ofac import SCHEMAS, number
from fondaco.compliance.lists.tree import Records, children, text_of

_KNOWN = frozenset(
    "publshInformation Publish_Date Record_Count sdnEntry uid firstName lastName title sdnType remarks programList program idList id "
    "idType idNumber idCountry issueDate expirationDate akaList aka type category addressList address address1 address2 address3 city "
    "stateOrProvince postalCode country nationalityList nationality mainEntry citizenshipList citizenship dateOfBirthList "
    "dateOfBirthItem dateOfBirth placeOfBirthList placeOfBirthItem placeOfBirth vesselInfo callSign vesselType vesselFlag vesselOwner "
    "tonnage grossRegisteredTonnage".split()
)


def read_ofac_xml(files: Sequence[bytes]) -> Reading:
    """Entries by OFAC's number. Raises `Unreadable`, also when the file holds another number of entries than it states."""
    records = Records(files[0], "sdnList", ("publshInformation", "sdnEntry"), _KNOWN)
    entries = []
    published, stated = "", ""
    for item in records:
        if item.tag.endswith("publshInformation"):
            month, day, year = [*text_of(item, "Publish_Date").split("/"), "", "", ""][:3]
            published = f"{year}-{month:0>2}-{day:0>2}" if len(year) == 4 else ""
            stated = text_of(item, "Record_Count")
            continue
        entries.append(_entry(item).entry())
    if not published:
        raise Unreadable("no publishing date: the schema has changed")
    if stated and (not stated.isdecimal() or int(stated) != len(entries)):
        raise Unreadable(f"{stated} records stated, {len(entries)} found: truncated")
    return Reading(published, entries, records.unknown)


def _entry(item: etree._Element) -> Draft:
    draft = Draft(text_of(item, "uid"), SCHEMAS.get(text_of(item, "sdnType").casefold(), "organisation"))
    draft.name(_full(item), kind="primary")
    for part in children(item, "programList"):
        for one in part:
            draft.programme(text_of(one))
    for part in children(item, "akaList"):
        for one in part:
            kind = "former" if text_of(one, "type").casefold().startswith("f.k.a") else "alias"
            draft.name(_full(one), weak=text_of(one, "category").casefold() == "weak", kind=kind)
    for part in children(item, "idList"):
        for one in part:
            number(draft, text_of(one, "idType"), text_of(one, "idNumber"), text_of(one, "idCountry"))
    for part in children(item, "nationalityList", "citizenshipList"):
        for one in part:
            draft.country(text_of(one, "country"))
    for part in children(item, "addressList"):
        for one in part:
            draft.country(text_of(one, "country"))
            names = ("address1", "address2", "address3", "city", "stateOrProvince", "postalCode", "country")
            draft.address(*(text_of(one, name) for name in names))
    for part in children(item, "dateOfBirthList"):
        for one in part:
            draft.born(text_of(one, "dateOfBirth"))
    for part in children(item, "vesselInfo"):
        draft.flag(text_of(part, "vesselFlag"))
        draft.number("registration", text_of(part, "callSign"))
    return draft


def _full(element: etree._Element) -> str:
    return f"{text_of(element, 'firstName')} {text_of(element, 'lastName')}".strip()

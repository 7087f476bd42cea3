"""The consolidated list of the United Nations Security Council, XML (`sc-sanctions.xsd`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

from fondaco.compliance.lists.draft import Draft, kind_of
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.tree import Records, children, inner, text_of

_KNOWN = frozenset(
    "INDIVIDUAL ENTITY DATAID VERSIONNUM FIRST_NAME SECOND_NAME THIRD_NAME FOURTH_NAME UN_LIST_TYPE REFERENCE_NUMBER LISTED_ON "
    "GENDER COMMENTS1 NATIONALITY NATIONALITY2 VALUE LIST_TYPE LAST_DAY_UPDATED INDIVIDUAL_ALIAS QUALITY ALIAS_NAME INDIVIDUAL_ADDRESS "
    "COUNTRY NOTE INDIVIDUAL_DATE_OF_BIRTH TYPE_OF_DATE YEAR INDIVIDUAL_PLACE_OF_BIRTH INDIVIDUAL_DOCUMENT SORT_KEY SORT_KEY_LAST_MOD "
    "DESIGNATION CITY STATE_PROVINCE DATE STREET TITLE TYPE_OF_DOCUMENT TYPE_OF_DOCUMENT2 NUMBER ISSUING_COUNTRY FROM_YEAR TO_YEAR "
    "DATE_OF_ISSUE COUNTRY_OF_ISSUE NAME_ORIGINAL_SCRIPT CITY_OF_BIRTH COUNTRY_OF_BIRTH CITY_OF_ISSUE DATE_OF_BIRTH ZIP_CODE "
    "ENTITY_ALIAS ENTITY_ADDRESS SUBMITTED_BY SUBMITTED_ON DELISTED_ON".split()
)
_PRINTED_NUMBER = re.compile(r"(?:number|no\.?|code|ID|card|SSN)\s*:?\s*([A-Z]{0,3}[ -]?\d[\dA-Z/-]{4,20})", re.IGNORECASE)
# A name in another script that a note on an alias gives.
_ORIGINAL = re.compile(r"[^\W\d_A-Za-z\u00c0-\u024f][^\W\d_A-Za-z\u00c0-\u024f'’ -]{2,}")


def read_un(files: Sequence[bytes]) -> Reading:
    """Entries by their permanent reference number. Raises `Unreadable`."""
    records = Records(files[0], "CONSOLIDATED_LIST", ("INDIVIDUAL", "ENTITY"), _KNOWN)
    entries = []
    for item in records:
        reference = text_of(item, "REFERENCE_NUMBER")
        if not reference or next(children(item, "FIRST_NAME"), None) is None:
            raise Unreadable(f"entry {text_of(item, 'DATAID')} has no reference number, or no first name: the schema has changed")
        draft = Draft(reference, "person" if item.tag == "INDIVIDUAL" else "organisation")
        parts = (text_of(item, f"{ordinal}_NAME") for ordinal in ("FIRST", "SECOND", "THIRD", "FOURTH"))
        draft.name(" ".join(part for part in parts if part), kind="primary")
        for part in children(item, "NAME_ORIGINAL_SCRIPT"):
            draft.name(text_of(part), kind="original")
        for part in children(item, "INDIVIDUAL_ALIAS", "ENTITY_ALIAS"):
            _alias(draft, part)
        for part in children(item, "INDIVIDUAL_DATE_OF_BIRTH"):
            _birth(draft, part)
        for part in children(item, "NATIONALITY", "NATIONALITY2"):
            for value in inner(part, "VALUE"):
                draft.country(text_of(value))
        for part in children(item, "INDIVIDUAL_ADDRESS", "ENTITY_ADDRESS"):
            draft.country(text_of(part, "COUNTRY"))
            draft.address(*(text_of(part, name) for name in ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY")))
        for part in children(item, "INDIVIDUAL_DOCUMENT"):
            _document(draft, part)
        draft.programme(text_of(item, "UN_LIST_TYPE"))
        draft.sex(text_of(item, "GENDER"))
        draft.numbers_in(text_of(item, "COMMENTS1"))
        entries.append(draft.entry())
    return Reading(records.root_attributes.get("dateGenerated", "")[:10], entries, records.unknown)


def _alias(draft: Draft, part: etree._Element) -> None:
    quality, note = text_of(part, "QUALITY").casefold(), text_of(part, "NOTE")
    former = quality.startswith("f.k.a") or "formerly" in note.casefold() or "previously listed" in note.casefold()
    draft.name(text_of(part, "ALIAS_NAME"), weak=quality == "low", kind="former" if former else "alias")
    for original in _ORIGINAL.findall(note):
        draft.name(original, weak=quality == "low", kind="original")
    draft.born(text_of(part, "DATE_OF_BIRTH"))


def _birth(draft: Draft, part: etree._Element) -> None:
    about = "circa " if text_of(part, "TYPE_OF_DATE").casefold() == "approximately" else ""
    for name in ("DATE", "YEAR"):
        for value in children(part, name):
            draft.born(about + text_of(value) if text_of(value) else "")
    if text_of(part, "FROM_YEAR") and text_of(part, "TO_YEAR"):
        draft.born(f"{text_of(part, 'FROM_YEAR')} to {text_of(part, 'TO_YEAR')}")


def _document(draft: Draft, part: etree._Element) -> None:
    label = text_of(part, "TYPE_OF_DOCUMENT2") or text_of(part, "TYPE_OF_DOCUMENT")
    country = text_of(part, "ISSUING_COUNTRY") or text_of(part, "COUNTRY_OF_ISSUE")
    kind = "national_id" if kind_of(label) == "other" else kind_of(label)
    draft.number(kind, text_of(part, "NUMBER"), country)
    if not text_of(part, "NUMBER"):
        for number in _PRINTED_NUMBER.findall(text_of(part, "NOTE")):
            draft.number(kind, number, country)

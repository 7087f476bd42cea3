"""The European Union's consolidated financial sanctions list, XML (`xmlFullSanctionsList_1_1`)."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from fondaco.compliance.lists.draft import Draft, kind_of
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.tree import Records, children, local, text_of

_KNOWN = frozenset(
    "sanctionEntity remark regulation publicationUrl subjectType nameAlias regulationSummary citizenship birthdate identification address "
    "contactInfo".split()
)


def read_eu_xml(files: Sequence[bytes]) -> Reading:
    """Entries by the EU's logical id. An entity stands in the file once for each act that names it: these are one entry.

    Raises `Unreadable`.
    """
    records = Records(files[0], "export", ("sanctionEntity",), _KNOWN)
    drafts: dict[str, Draft] = {}
    for item in records:
        entry_id = item.get("logicalId") or ""
        if not entry_id:
            raise Unreadable("an entity without logicalId: the schema has changed")
        draft = drafts.setdefault(entry_id, Draft(entry_id, "organisation"))
        for part in item:
            _part(draft, part)
    published = records.root_attributes.get("generationDate", "")[:10]
    if not published:
        raise Unreadable("no generationDate: the schema has changed")
    return Reading(published, [draft.entry() for draft in drafts.values()], records.unknown)


def _part(draft: Draft, part: etree._Element) -> None:
    kind = local(part)
    if kind == "nameAlias":
        whole = part.get("wholeName") or " ".join(
            filter(None, (part.get(key) for key in ("firstName", "middleName", "lastName")))
        )
        draft.name(whole, weak=part.get("strong") == "false", kind="primary")
        draft.sex(part.get("gender"))
    elif kind == "subjectType" and part.get("code") == "person":
        draft.schema = "person"
    elif kind == "birthdate":
        about = "circa " if part.get("circa") == "true" else ""
        if part.get("yearRangeFrom") and part.get("yearRangeTo"):
            draft.born(f"{part.get('yearRangeFrom')} to {part.get('yearRangeTo')}")
        else:
            said = part.get("birthdate") or "-".join(
                f"{piece:0>2}" for piece in (part.get("year"), part.get("monthOfYear"), part.get("dayOfMonth")) if piece
            )
            draft.born(about + said if said else "")
    elif kind == "citizenship":
        draft.country(part.get("countryIso2Code"))
    elif kind == "address":
        draft.country(part.get("countryIso2Code"))
        country = part.get("countryDescription") if part.get("countryIso2Code") not in (None, "", "00") else ""
        draft.address(
            part.get("street"),
            part.get("poBox"),
            part.get("zipCode"),
            part.get("city"),
            part.get("place"),
            part.get("region"),
            country,
        )
    elif kind == "identification":
        label = f"{part.get('identificationTypeCode') or ''} {part.get('identificationTypeDescription') or ''}"
        draft.number(kind_of(label), part.get("number") or part.get("latinNumber"), part.get("countryIso2Code"))
    elif kind == "regulation":
        draft.programme(part.get("programme"))
    elif kind == "remark":
        draft.numbers_in(text_of(part))
    for remark in children(part, "remark"):
        draft.numbers_in(text_of(remark))

"""The European Union's list as CSV 1.1: semicolons, a byte order mark, one row for each alias, address, birth date or number."""

from __future__ import annotations

from collections.abc import Sequence

from fondaco.compliance.lists.cleaning import dates_in
from fondaco.compliance.lists.draft import Draft, kind_of
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.tables import Row, Table, rows

_NEEDED = ("fileGenerationDate", "Entity_LogicalId", "Entity_SubjectType", "Entity_Regulation_Programme", "NameAlias_WholeName")
_ADDRESS = ("Street", "PoBox", "ZipCode", "City", "Place", "Region", "CountryDescription")


def read_eu_csv(files: Sequence[bytes]) -> Reading:
    """Entries by the EU's logical id; columns in any order. Raises `Unreadable`."""
    drafts: dict[str, Draft] = {}
    published = ""
    for row in Table(rows(files[0], ";"), _NEEDED):
        if not row["Entity_LogicalId"]:
            raise Unreadable("a row without Entity_LogicalId")
        draft = drafts.setdefault(row["Entity_LogicalId"], Draft(row["Entity_LogicalId"], "organisation"))
        if {row["Entity_SubjectType"], row["Entity_SubjectType_ClassificationCode"]} & {"P", "person"}:
            draft.schema = "person"
        published = max(published, *dates_in(row["fileGenerationDate"]), "")
        _take(draft, row)
    if len(published) != 10:
        raise Unreadable(f"the date of the file cannot be read: {published}")
    return Reading(published, [draft.entry() for draft in drafts.values()])


def _take(draft: Draft, row: Row) -> None:
    draft.programme(row["Entity_Regulation_Programme"])
    draft.name(
        row["NameAlias_WholeName"] or row.joined("NameAlias_FirstName", "NameAlias_MiddleName", "NameAlias_LastName"),
        kind="primary",
    )
    draft.sex(row["NameAlias_Gender"])
    about = "circa " if row["BirthDate_Circa"].casefold() == "true" else ""
    if row["BirthDate_YearRangeFrom"] and row["BirthDate_YearRangeTo"]:
        draft.born(f"{row['BirthDate_YearRangeFrom']} to {row['BirthDate_YearRangeTo']}")
    elif row["BirthDate_BirthDate"] or row["BirthDate_Year"]:
        draft.born(about + (row["BirthDate_BirthDate"] or row["BirthDate_Year"]))
    draft.country(row["Citizenship_CountryIso2Code"])
    draft.country(row["Address_CountryIso2Code"])
    if row.joined("Address_Street", "Address_City", "Address_Place"):
        draft.address(*(row[f"Address_{name}"] for name in _ADDRESS))
    label = row.joined("Identification_TypeCode", "Identification_TypeDescription")
    draft.number(
        kind_of(label), row["Identification_Number"] or row["Identification_LatinNumber"], row["Identification_CountryIso2Code"]
    )
    draft.numbers_in(row["Entity_Remark"])

"""The UK Sanctions List (`UK-Sanctions-List.csv`, 58 columns) and OFSI's consolidated list of targets (`ConList.csv`, 36 columns)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fondaco.compliance.lists.cleaning import dates_in
from fondaco.compliance.lists.draft import Draft
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.tables import Row, Table, rows
from fondaco.compliance.ownership import Owner

_UK_KNOWN = frozenset(
    "Last Updated|Unique ID|OFSI Group ID|UN Reference Number|Name 6|Name 1|Name 2|Name 3|Name 4|Name 5|Name type|Alias strength|Title|"
    "Name non-latin script|Non-latin script type|Non-latin script language|Regime Name|Designation Type|Designation source|"
    "Sanctions Imposed|Other Information|UK Statement of Reasons|Address Line 1|Address Line 2|Address Line 3|Address Line 4|"
    "Address Line 5|Address Line 6|Address Postal Code|Address Country|Phone number|Website|Email address|Date Designated|D.O.B|"
    "Nationality(/ies)|National Identifier number|National Identifier additional information|Passport number|"
    "Passport additional information|Position|Gender|Town of birth|Country of birth|Type of entity|Subsidiaries|Parent company|"
    "Business registration number (s)|IMO number|Current owner/operator (s)|Previous owner/operator (s)|Current believed flag of ship|"
    "Previous flags|Type of ship|Tonnage of ship|Length of ship|Year Built|Hull identification number (HIN)".split("|")
)
_UK_NEEDED = ("Unique ID", "Name 6", "Name type", "Alias strength", "Designation Type", "IMO number", "D.O.B")
_OFSI_NEEDED = ("Name 6", "Name 1", "Group Type", "Alias Type", "Regime", "Group ID", "DOB")
_OFSI_KNOWN = frozenset(
    "Name 6|Name 1|Name 2|Name 3|Name 4|Name 5|Title|Name Non-Latin Script|Non-Latin Script Type|Non-Latin Script Language|DOB|"
    "Town of Birth|Country of Birth|Nationality|Passport Number|Passport Details|National Identification Number|"
    "National Identification Details|NI Details|Position|Address 1|Address 2|Address 3|Address 4|Address 5|Address 6|Post/Zip Code|"
    "Country|Other Information|Group Type|Alias Type|Alias Quality|Regime|Listed On|UK Sanctions List Date Designated|Last Updated|"
    "Group ID|Type of Entity|Gender|IMO Number".split("|")
)
_NAMES = ("Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6")
_SCHEMAS = {"individual": "person", "ship": "vessel"}
# What a cell of registrations holds: `(INN): 7704734000/770301001 (Russia)`.
_REGISTRATION = re.compile(r"[A-Z]{0,4}-?\d[\dA-Z-]{4,24}", re.IGNORECASE)
_SEVERAL = re.compile(r"\s*[|;]\s*|\s*,\s*(?=[A-Z])")
_FLAG = re.compile(r"\bFlag(?: of ship)?\)?\s*:\s*([A-Z][A-Za-z ]+)")


def read_uk(files: Sequence[bytes]) -> Reading:
    """The UK Sanctions List: entries by `Unique ID`, columns in any order. Raises `Unreadable`."""
    lines = rows(files[0])
    published = _date(lines, "Report Date", "no report date in the first line")
    table = Table(lines, _UK_NEEDED, _UK_KNOWN)
    drafts: dict[str, Draft] = {}
    for row in table:
        if not row["Unique ID"]:
            raise Unreadable("a row without Unique ID: truncated, or its columns have moved")
        schema = _SCHEMAS.get(row["Designation Type"].casefold(), "organisation")
        draft = drafts.setdefault(row["Unique ID"], Draft(row["Unique ID"], schema))
        _uk_name(draft, row)
        draft.born(row["D.O.B"])
        for country in _SEVERAL.split(row["Nationality(/ies)"]):
            draft.country(country)
        draft.country(row["Address Country"])
        draft.address(
            *(row[f"Address Line {number}"] for number in range(1, 7)), row["Address Postal Code"], row["Address Country"]
        )
        draft.programme(row["Regime Name"])
        draft.sex(row["Gender"])
        for value in row["Passport number"].split("|"):
            draft.number("passport", value)
        for value in row["National Identifier number"].split("|"):
            draft.number("national_id", value)
        for value in _REGISTRATION.findall(row["Business registration number (s)"]):
            draft.number("registration", value)
        for value in row["IMO number"].split("|"):
            draft.number("imo", value)
        draft.number("registration", row["Hull identification number (HIN)"])
        for name in ("Current believed flag of ship", "Previous flags"):
            for flag in _SEVERAL.split(row[name]):
                draft.flag(flag)
        for parent in row["Parent company"].split("|"):
            if parent.strip():
                draft.owner(Owner("", parent.strip()))
    return Reading(published, [draft.entry() for draft in drafts.values()], table.unknown)


def _uk_name(draft: Draft, row: Row) -> None:
    kind = "primary" if row["Name type"].casefold() == "primary name" else "alias"
    weak = "low" in row["Alias strength"].casefold()
    draft.name(row.joined(*_NAMES), weak=weak, kind=kind)
    draft.name(row["Name non-latin script"], kind="original")


def read_ofsi(files: Sequence[bytes]) -> Reading:
    """OFSI's consolidated list: entries by `Group ID`, columns in any order. Raises `Unreadable`."""
    lines = rows(files[0])
    published = _date(lines, "Last Updated", "no date of update in the first line")
    table = Table(lines, _OFSI_NEEDED, _OFSI_KNOWN)
    drafts: dict[str, Draft] = {}
    for row in table:
        if not row["Group ID"].isdecimal():
            raise Unreadable(f"a row whose Group ID is {row['Group ID'][:20]!r}: truncated, or its columns have moved")
        schema = _SCHEMAS.get(row["Group Type"].casefold(), "organisation")
        draft = drafts.setdefault(row["Group ID"], Draft(row["Group ID"], schema))
        said = row["Alias Type"].casefold()
        kind = "primary" if said.startswith("prim") and "variation" not in said else "former" if said == "fka" else "alias"
        draft.name(row.joined(*_NAMES), weak="low" in row["Alias Quality"].casefold(), kind=kind)
        draft.name(row["Name Non-Latin Script"], kind="original")
        draft.born(row["DOB"])
        for country in _SEVERAL.split(row["Nationality"]):
            draft.country(country)
        draft.country(row["Country"])
        draft.address(*(row[f"Address {number}"] for number in range(1, 7)), row["Post/Zip Code"], row["Country"])
        draft.programme(row["Regime"])
        draft.number("passport", row["Passport Number"])
        draft.number("national_id", row["National Identification Number"])
        draft.number("imo", row["IMO Number"])
        draft.numbers_in(row["Other Information"])
        if schema == "vessel":
            for flag in _FLAG.findall(row["Other Information"]):
                draft.flag(flag)
    return Reading(published, [draft.entry() for draft in drafts.values()], table.unknown)


def _date(lines: Iterator[list[str]], label: str, missing: str) -> str:
    """The date of the line before the header: `Report Date: 23-Nov-2026`, or `Last Updated,23/11/2026`."""
    first = next(lines, [""])
    if not first[0].startswith(label):
        raise Unreadable(f"{missing}: another format, or its schema has changed")
    said = " ".join(first).removeprefix(label).strip(" :")
    dates = dates_in(said)
    if len(dates) != 1 or not re.fullmatch(r"\d{4}-\d\d-\d\d", dates[0]):
        raise Unreadable(f"the date of the list cannot be read: {said[:40]}")
    return dates[0]

"""One reader for each official format; quality gates; what fails them is quarantined with its reasons."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from lxml import etree

from fondaco.compliance.lists.entry import Entry, Identifier, ListEdition, names_of

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DIGITS = re.compile(r"[0-9]")


class Quarantined(msgspec.Struct, frozen=True):
    """A file that may not replace the list in force, and every reason why."""

    list_id: str
    reasons: tuple[str, ...]


class _Unreadable(Exception):
    pass


def read_list(
    list_id: str,
    format_: str,
    files: Sequence[bytes],
    received_at: int,
    shrink_max_percent: int,
    in_force: ListEdition | None = None,
) -> ListEdition | Quarantined:
    """Read one list (OFAC's CSV comes as SDN, ALT and ADD; the others are one file) and hold it to the gates.

    Ill-formed, truncated, of another shape than the format's, with control characters, empty, with doubled ids, older
    than the one in force, or smaller by more than the article's share: quarantined, and the one in force stays.
    """
    reasons: list[str] = []
    for raw in files:
        # OFAC ends its CSV files with the end-of-file mark of old: that one is a mark, any other control is damage.
        raw = raw.removesuffix(b"\n").removesuffix(b"\r").removesuffix(b"\x1a")
        control = _CONTROL.search(raw)
        if control:
            reasons.append(f"control character {control[0][0]:#04x} at byte {control.start()}")
    try:
        published, entries = _READERS[format_](files)
    except _Unreadable as fault:
        return Quarantined(list_id, (*reasons, str(fault)))
    ids: set[str] = set()
    for entry in entries:
        if entry.entry_id in ids:
            reasons.append(f"entry {entry.entry_id} stands here twice")
        ids.add(entry.entry_id)
        if not entry.names:
            reasons.append(f"entry {entry.entry_id} has no name")
    if not entries:
        reasons.append("no entries")
    if in_force is not None:
        if published and in_force.published and published < in_force.published:
            reasons.append(f"published {published}, older than {in_force.published} in force")
        fewest = len(in_force.entries) * (100 - shrink_max_percent) // 100
        if len(entries) < fewest:
            reasons.append(
                f"{len(entries)} entries, {len(in_force.entries)} in force: shrunk by more than {shrink_max_percent} %"
            )
    if reasons:
        return Quarantined(list_id, tuple(reasons[:20]))
    digest = hashlib.sha256(b"".join(hashlib.sha256(raw).digest() for raw in files)).hexdigest()
    return ListEdition(list_id, format_, published, received_at, digest, tuple(entries))


def _tree(raw: bytes, root: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities="internal", no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True
    )
    if b"<!DOCTYPE" in raw[:4096] or b"<!ENTITY" in raw[:4096]:
        raise _Unreadable("a document type declaration")
    try:
        tree = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as fault:
        raise _Unreadable(f"not well-formed XML (truncated?): {fault.msg}") from None
    if _local(tree) != root:
        raise _Unreadable(f"the root is {_local(tree)}, not {root}: another format, or its schema has changed")
    return tree


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _texts(element: etree._Element, *names: str) -> list[str]:
    """Texts of all descendants of these local names, in document order."""
    return [child.text.strip() for child in element.iter() if _local(child) in names and child.text and child.text.strip()]


def _plain(values: Iterable[str]) -> tuple[Identifier, ...]:
    return tuple(Identifier("other", value) for value in dict.fromkeys(values))


def _text(element: etree._Element, name: str) -> str:
    for child in element:
        if _local(child) == name:
            return (child.text or "").strip()
    return ""


def _read_un(files: Sequence[bytes]) -> tuple[str, list[Entry]]:
    tree = _tree(files[0], "CONSOLIDATED_LIST")
    entries = []
    for item in tree.iter("INDIVIDUAL", "ENTITY"):
        person = item.tag == "INDIVIDUAL"
        parts = [_text(item, f"{ordinal}_NAME") for ordinal in ("FIRST", "SECOND", "THIRD", "FOURTH")]
        names: list[tuple[str, bool]] = [(" ".join(part for part in parts if part), False)]
        names += [(text, False) for text in _texts(item, "NAME_ORIGINAL_SCRIPT")]
        for alias in item:
            if alias.tag in ("INDIVIDUAL_ALIAS", "ENTITY_ALIAS"):
                names.append((_text(alias, "ALIAS_NAME"), _text(alias, "QUALITY").lower() == "low"))
        births = _texts(item, "DATE") if person else []
        births += _texts(item, "YEAR") if person else []
        documents = [text for part in item if part.tag == "INDIVIDUAL_DOCUMENT" for text in _texts(part, "NUMBER")]
        reference = _text(item, "REFERENCE_NUMBER") or _text(item, "DATAID")
        if not reference:
            raise _Unreadable("an entry without reference number: the schema has changed")
        entries.append(
            Entry(
                reference,
                "person" if person else "organisation",
                names_of(*names),
                tuple(births),
                tuple(_texts(item, "COUNTRY")),
                tuple(_texts(item, "UN_LIST_TYPE")),
                _plain(documents),
            )
        )
    return (tree.get("dateGenerated") or "")[:10], entries


_OFAC_SCHEMA = {"individual": "person", "vessel": "vessel", "aircraft": "aircraft"}


def _read_ofac_xml(files: Sequence[bytes]) -> tuple[str, list[Entry]]:
    tree = _tree(files[0], "sdnList")
    published = "".join(_texts(tree[0], "Publish_Date"))
    month, day, year = published.split("/") if published.count("/") == 2 else ("", "", "")
    entries = []
    for item in tree:
        if _local(item) != "sdnEntry":
            continue
        names: list[tuple[str, bool]] = [(f"{_text(item, 'firstName')} {_text(item, 'lastName')}".strip(), False)]
        identifiers: list[str] = []
        for part in item:
            if _local(part) == "akaList":
                names += [
                    (f"{_text(aka, 'firstName')} {_text(aka, 'lastName')}".strip(), _text(aka, "category") == "weak")
                    for aka in part
                ]
            elif _local(part) == "idList":
                identifiers += _texts(part, "idNumber")
        entries.append(
            Entry(
                _text(item, "uid"),
                _OFAC_SCHEMA.get(_text(item, "sdnType").lower(), "organisation"),
                names_of(*names),
                tuple(_texts(item, "dateOfBirth")),
                tuple(_texts(item, "country")),
                tuple(_texts(item, "program")),
                _plain(identifiers),
            )
        )
    stated = "".join(_texts(tree[0], "Record_Count"))
    if stated and int(stated) != len(entries):
        raise _Unreadable(f"{stated} records stated, {len(entries)} found: truncated")
    return f"{year}-{month}-{day}" if year else "", entries


def _ofac_rows(raw: bytes, columns: int) -> list[list[str]]:
    rows = []
    for row in csv.reader(io.StringIO(raw.decode("utf-8-sig", "replace"))):
        if not row or row == ["\x1a"]:
            continue
        cells = ["" if cell.strip() == "-0-" else cell.strip() for cell in row]
        if len(cells) != columns or not cells[0].isdecimal():
            raise _Unreadable(f"a row of {len(cells)} columns where {columns} are the format's: {','.join(row)[:60]}")
        rows.append(cells)
    return rows


_REMARK_IDS = re.compile(
    r"(?:IMO|Passport|National ID No\.|SWIFT/BIC|LEI|Tax ID No\.|Registration (?:ID|Number))[ .:#]*([A-Z0-9-]{4,34})"
)
_REMARK_BIRTH = re.compile(r"DOB ([^;.]+)")


def _read_ofac_csv(files: Sequence[bytes]) -> tuple[str, list[Entry]]:
    rows = _ofac_rows(files[0], 12)
    aliases: dict[str, list[tuple[str, bool]]] = {}
    countries: dict[str, list[str]] = {}
    if len(files) > 1:
        for row in _ofac_rows(files[1], 5):
            aliases.setdefault(row[0], []).append((_turned(row[3]), "weak" in row[4].lower()))
    if len(files) > 2:
        for row in _ofac_rows(files[2], 6):
            if row[4]:
                countries.setdefault(row[0], []).append(row[4])
    entries = []
    for row in rows:
        schema = _OFAC_SCHEMA.get(row[2].lower(), "organisation")
        name = _turned(row[1]) if schema == "person" else row[1]
        entries.append(
            Entry(
                row[0],
                schema,
                names_of((name, False), *aliases.get(row[0], [])),
                tuple(_REMARK_BIRTH.findall(row[11])),
                tuple(dict.fromkeys(countries.get(row[0], []))),
                tuple(part.strip("[] ") for part in row[3].split("]") if part.strip("[] ")),
                _plain(_REMARK_IDS.findall(row[11])),
            )
        )
    return "", entries


def _turned(name: str) -> str:
    """OFAC prints persons surname first: `DOE, John`."""
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma and "," not in first else name


def _read_eu(files: Sequence[bytes]) -> tuple[str, list[Entry]]:
    tree = _tree(files[0], "export")
    entries: dict[str, Entry] = {}
    for item in tree:
        if _local(item) != "sanctionEntity":
            continue
        names: list[tuple[str, bool]] = []
        births: list[str] = []
        countries: list[str] = []
        identifiers: list[str] = []
        schema = "organisation"
        for part in item:
            kind = _local(part)
            if kind == "nameAlias":
                whole = part.get("wholeName") or " ".join(
                    filter(None, (part.get(k) for k in ("firstName", "middleName", "lastName")))
                )
                names.append((whole, part.get("strong") == "false"))
            elif kind == "subjectType" and part.get("code") == "person":
                schema = "person"
            elif kind == "birthdate":
                births.append(part.get("birthdate") or part.get("year") or "")
            elif kind == "citizenship" and part.get("countryIso2Code", "00") != "00":
                countries.append(part.get("countryIso2Code"))
            elif kind == "identification" and part.get("number"):
                identifiers.append(part.get("number"))
        found = Entry(
            item.get("logicalId") or "",
            schema,
            names_of(*names),
            tuple(filter(None, births)),
            tuple(dict.fromkeys(countries)),
            tuple(sorted({reg.get("programme") for reg in item.iter() if reg.get("programme")})),
            _plain(identifiers),
        )
        # The EU prints an entity once for each act that names it: the same number again is the same entity.
        known = entries.get(found.entry_id)
        entries[found.entry_id] = found if known is None else _joined(known, found)
    return (tree.get("generationDate") or "")[:10], list(entries.values())


def _joined(one: Entry, other: Entry) -> Entry:
    def both(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*getattr(one, name), *getattr(other, name))))

    numbers = tuple(dict.fromkeys((*one.identifiers, *other.identifiers)))

    names = names_of(*((name.text, name.weak) for name in (*one.names, *other.names)))
    return Entry(one.entry_id, one.schema, names, both("birth_dates"), both("countries"), both("programmes"), numbers)


_UK_NEEDED = ("Unique ID", "Name 6", "Name type", "Alias strength", "Designation Type", "IMO number", "D.O.B")


def _read_uk(files: Sequence[bytes]) -> tuple[str, list[Entry]]:
    rows = list(csv.reader(io.StringIO(files[0].decode("utf-8-sig"))))
    if len(rows) < 2 or not rows[0][0].startswith("Report Date"):
        raise _Unreadable("no report date in the first line: another format, or its schema has changed")
    header = {name.strip(): at for at, name in enumerate(rows[1])}
    missing = [name for name in _UK_NEEDED if name not in header]
    if missing:
        raise _Unreadable(f"columns missing: {', '.join(missing)}")
    grouped: dict[str, list[list[str]]] = {}
    for row in rows[2:]:
        if not row:
            continue
        if len(row) != len(rows[1]):
            raise _Unreadable(f"a row of {len(row)} columns where the header has {len(rows[1])}: truncated")
        grouped.setdefault(row[header["Unique ID"]], []).append(row)

    def cells(row: list[str], *names: str) -> list[str]:
        return [row[header[name]].strip() for name in names if name in header and row[header[name]].strip()]

    entries = []
    for unique, group in grouped.items():
        names: list[tuple[str, bool]] = []
        for row in group:
            whole = " ".join(cells(row, "Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6"))
            names.append((whole, "low" in row[header["Alias strength"]].lower()))
            names += [(text, False) for text in cells(row, "Name non-latin script")]
        kind = group[0][header["Designation Type"]].lower()
        flat = [
            value
            for row in group
            for value in cells(
                row, "National Identifier number", "Passport number", "IMO number", "Business registration number (s)"
            )
        ]
        entries.append(
            Entry(
                unique,
                {"individual": "person", "ship": "vessel"}.get(kind, "organisation"),
                names_of(*names),
                tuple(dict.fromkeys(value for row in group for value in cells(row, "D.O.B"))),
                tuple(dict.fromkeys(value for row in group for value in cells(row, "Nationality(/ies)", "Address Country"))),
                tuple(dict.fromkeys(value for row in group for value in cells(row, "Regime Name"))),
                _plain(part.removeprefix("IMO").strip() for text in flat for part in text.split("|") if _DIGITS.search(part)),
            )
        )
    return _uk_date(rows[0][0]), entries


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _uk_date(line: str) -> str:
    match = re.search(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})", line)
    if match is None or match[2].lower() not in _MONTHS:
        raise _Unreadable(f"the report date cannot be read: {line[:40]}")
    return f"{match[3]}-{_MONTHS.index(match[2].lower()) + 1:02d}-{int(match[1]):02d}"


_READERS: Mapping[str, Callable[[Sequence[bytes]], tuple[str, list[Entry]]]] = {
    "un_xml": _read_un,
    "ofac_xml": _read_ofac_xml,
    "ofac_csv": _read_ofac_csv,
    "eu_xml": _read_eu,
    "uk_csv": _read_uk,
}

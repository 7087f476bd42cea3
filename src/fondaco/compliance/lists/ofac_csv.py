"""OFAC's legacy CSV without header: SDN, ALT and ADD, or the consolidated list's CONS_PRIM, CONS_ALT and CONS_ADD. `-0-` is nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fondaco.compliance.lists.draft import Draft, kind_of
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.ofac import SCHEMAS, number, turned
from fondaco.compliance.lists.tables import rows

# Names that OFAC gives in the remarks alone: its weak aliases. `a.k.a. 'NAME'` ends at a quotation mark before a semicolon or the end.
_REMARK_NAME = re.compile(r"\b([afn])\.k\.a\. '(.{1,300}?)'(?=\s*(?:;|\.?\s*$|,? and\b))")
_REMARK_BIRTH = re.compile(r"^(?:alt\. )?DOB (.+)$")
_REMARK_COUNTRY = re.compile(r"^(?:alt\. )?(?:nationality|citizen) (.+)$")
_REMARK_FLAG = re.compile(r"^(?:alt\. )?(?:Former|Other) Vessel Flag (.+)$")
_REMARK_NUMBER = re.compile(
    r"^(?:alt\. )?([^\d;]*?(?:No\.?|Number|\bID|#|Passport|SWIFT/BIC|LEI|Identification|X?[A-Z]BT|ETH|XMR|USDT|Code|SSN|MMSI|FEIN|License|Card|Identidad|[A-Z]\.))[ #:]+(.+)$"
)
_MORE_LABEL = re.compile(r"^(?:(?:No\.?|Number|ID|Card|Document|#|\(also called [^)]*\)|\([A-Z]+\))[ #:]+)+")
_COUNTRY = re.compile(r"\(([^()]{3,60})\)")
_NUMBERED = re.compile(r"\d")


def read_ofac_csv(files: Sequence[bytes]) -> Reading:
    """Entries by OFAC's number; the aliases and addresses of a number that the first file does not hold are refused: the files are of
    different days. Raises `Unreadable`."""
    drafts: dict[str, Draft] = {}
    doubled: list[Draft] = []
    for cells in _rows(files[0], 12, "the first file (SDN)"):
        schema = SCHEMAS.get(cells[2].casefold(), "organisation")
        draft = Draft(cells[0], schema)
        draft.name(turned(cells[1]) if schema == "person" else cells[1], kind="primary")
        for programme in re.split(r"\]\s*\[|\];?", cells[3].strip("[] ")):
            draft.programme(programme)
        draft.number("registration", cells[5])
        draft.flag(cells[9])
        _remarks(draft, cells[11])
        if cells[0] in drafts:
            doubled.append(draft)
        else:
            drafts[cells[0]] = draft
    for cells in _rows(files[1], 5, "the second file (ALT)") if len(files) > 1 else ():
        draft = _of(drafts, cells[0], "alias")
        name = turned(cells[3]) if draft.schema == "person" else cells[3]
        draft.name(name, weak="weak" in cells[4].casefold(), kind="former" if cells[2].casefold() == "fka" else "alias")
    for cells in _rows(files[2], 6, "the third file (ADD)") if len(files) > 2 else ():
        draft = _of(drafts, cells[0], "address")
        draft.country(cells[4])
        draft.address(cells[2], cells[3], cells[4])
    notes = () if len(files) > 1 else ("no file of aliases was given: only names of the first file are screened",)
    return Reading("", [draft.entry() for draft in (*drafts.values(), *doubled)], notes)


def _rows(raw: bytes, columns: int, file: str) -> Iterator[list[str]]:
    for row in rows(raw):
        if len(row) != columns or not row[0].isdecimal():
            raise Unreadable(f"{file}: a row of {len(row)} columns where {columns} are the format's: {','.join(row)[:60]}")
        yield ["" if cell == "-0-" else cell for cell in row]


def _of(drafts: dict[str, Draft], entry_id: str, what: str) -> Draft:
    draft = drafts.get(entry_id)
    if draft is None:
        raise Unreadable(
            f"an {what} of entry {entry_id}, which the first file does not hold: files of different days, or truncated"
        )
    return draft


def _remarks(draft: Draft, remarks: str) -> None:
    """Birth dates, countries, flags, weak aliases and numbers, which this format prints as one sentence."""
    for letter, name in _REMARK_NAME.findall(remarks):
        draft.name(
            turned(name) if draft.schema == "person" else name, weak=letter == "a", kind="former" if letter == "f" else "alias"
        )
    for part in _REMARK_NAME.sub("", remarks).split(";"):
        part = part.strip().removesuffix(".")
        for pattern, take in ((_REMARK_BIRTH, draft.born), (_REMARK_COUNTRY, draft.country), (_REMARK_FLAG, draft.flag)):
            met = pattern.match(part)
            if met:
                take(met[1])
                break
        else:
            _number(draft, part)


def _number(draft: Draft, part: str) -> None:
    if part.casefold().startswith("gender "):
        draft.sex(part[7:])
        return
    met = _REMARK_NUMBER.match(part)
    if not met:
        return
    label, value = met[1].strip(), _MORE_LABEL.sub("", met[2])
    country = _COUNTRY.search(value)
    value = re.split(r"\s+(?:issued|expires|\()", value, maxsplit=1)[0]
    if kind_of(label) == "bic" or (
        _NUMBERED.search(value) and (kind_of(label) != "other" or label.endswith(("No.", "#", "Number")))
    ):
        number(draft, label, value, country[1] if country else "")

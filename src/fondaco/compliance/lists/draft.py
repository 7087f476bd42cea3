"""An entry while its parts are gathered; lists print them over many elements, rows or files."""

from __future__ import annotations

import re

from fondaco.compliance.lists.cleaning import dates_in, legal_form_only, names_in
from fondaco.compliance.lists.countries import country_code
from fondaco.compliance.lists.entry import Entry, Identifier, Name
from fondaco.compliance.ownership import Owner
from fondaco.core import bic_fault, lei_fault

# How a kind of number is told from what lists call it: the first pattern that fits.
_KINDS = (
    ("imo", re.compile(r"\bimo\b|vessel registration", re.IGNORECASE)),
    ("bic", re.compile(r"swift|\bbic\b", re.IGNORECASE)),
    ("lei", re.compile(r"\blei\b|legal entity identifier", re.IGNORECASE)),
    ("passport", re.compile(r"passport|pasaporte|passeport|travel doc|travelcard", re.IGNORECASE)),
    ("tax", re.compile(r"tax|fiscal|\bnit\b|r\.?f\.?c\b|\bruc\b|\brif\b|\binn\b|v\.?a\.?t|tin\b|c\.u\.i\.t|fein|\brtn\b|nuit", re.IGNORECASE)),
    ("account", re.compile(r"digital currency|wallet|iban|account", re.IGNORECASE)),
    ("registration", re.compile(r"regist|company|commerc|matricula|mercantil|trade lic|incorporation|enterprise n|d-u-n-s|c\.r\.|ogrn|"
                                r"legal entity number|charity|gazette|chamber|usc|tradelic|\bmmsi\b|tail number|serial|msn", re.IGNORECASE)),
    ("national_id", re.compile(r"national|cedula|identi|personal id|c\.u\.r\.p|d\.n\.i|tazkira|\bssn\b|social security|\bid\b|citizen|"
                               r"birth cert|electoral|driver|driving|residen", re.IGNORECASE)),
)  # fmt: skip
_IMO = re.compile(r"(?<!\d)(\d{7})(?!\d)")
_IMO_TEXT = re.compile(
    r"\bIMO\b[\s():.#-]{0,4}(?:(?:vessel|ship|no|nr|number|identification)\b[\s():.#-]{0,4}){0,3}(?:[a-z]\)\s?)?(\d{7})(?!\d)",
    re.IGNORECASE,
)
_BIC_TEXT = re.compile(r"\b(?:SWIFT|BIC)\b(?:/BIC)?(?:\s+codes?)?\s*[:#]?\s*([A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)\b")


def kind_of(label: str) -> str:
    """Which kind of number a list means by this label."""
    for kind, pattern in _KINDS:
        if pattern.search(label):
            return kind
    return "other"


def imo_holds(number: str) -> bool:
    """Does a ship's IMO number of seven digits carry its check digit (IMO resolution A.1117(30))?"""
    if len(number) != 7 or not number.isascii() or not number.isdecimal():
        return False
    return sum(int(digit) * (7 - at) for at, digit in enumerate(number[:6])) % 10 == int(number[6])


class Draft:
    """Doubles are left out, the list's order is kept; a name said twice is weak only if it is weak both times."""

    def __init__(self, entry_id: str, schema: str) -> None:
        self.entry_id = entry_id
        self.schema = schema
        self._names: dict[str, Name] = {}
        self._parts: dict[str, dict[str, None]] = {}
        self._numbers: dict[Identifier, None] = {}
        self._owners: dict[Owner, None] = {}
        self.gender = ""

    def name(self, text: str | None, *, weak: bool = False, kind: str = "alias", whole: bool = False) -> None:
        """Take the names of one printed string; `whole` where the format prints one name a field."""
        if not text:
            return
        if kind == "primary" and any(name.kind == "primary" for name in self._names.values()):
            kind = "alias"
        shown = " ".join(text.split())
        found = [Name(shown, weak, kind)] if whole and shown else list(names_in(text, weak=weak, kind=kind))
        for at, name in enumerate(found):
            if at and name.kind == "primary":
                name = Name(name.text, name.weak, "alias")
            known = self._names.get(name.text)
            if known is None:
                self._names[name.text] = name
            elif known.weak and not name.weak:
                self._names[name.text] = Name(name.text, False, known.kind)

    def _add(self, what: str, *values: str) -> None:
        self._parts.setdefault(what, {}).update(dict.fromkeys(value for value in values if value))

    def born(self, text: str | None) -> None:
        self._add("birth", *dates_in(text or ""))

    def country(self, text: str | None) -> None:
        self._add("country", country_code(text or ""))

    def flag(self, text: str | None) -> None:
        self._add("flag", country_code(text or ""))

    def programme(self, text: str | None) -> None:
        self._add("programme", " ".join((text or "").split()))

    def address(self, *parts: str | None) -> None:
        self._add("address", ", ".join(shown for part in parts if (shown := " ".join((part or "").split()).strip(" ,"))))

    def number(self, kind: str, value: str | None, country: str | None = "") -> None:
        """Take a number as the list prints it. Seven digits are looked for in what is labelled IMO: lists print `IMO 9000001` and such."""
        shown = " ".join((value or "").split()).strip(" .,;")
        if kind == "imo":
            met = _IMO.search(shown)
            kind, shown = ("imo", met[1]) if met else ("registration", shown)
        elif kind == "bic":
            shown = shown.upper().replace(" ", "")
            kind = "other" if bic_fault(shown) else kind
        elif kind == "lei" and lei_fault(shown.upper()):
            kind = "other"
        if shown.casefold() not in ("", "-0-", "n/a", "na", "unknown", "none"):
            self._numbers[Identifier(kind, shown, country_code(country or ""))] = None

    def numbers_in(self, text: str | None) -> None:
        """Take the IMO numbers and BICs that free text names; seven digits without a ship's check digit are a company's number."""
        for number in _IMO_TEXT.findall(text or ""):
            self.number("imo" if imo_holds(number) else "registration", number)
        for bic in _BIC_TEXT.findall(text or ""):
            self.number("bic", bic)

    def owner(self, owner: Owner) -> None:
        self._owners[owner] = None

    def sex(self, text: str | None) -> None:
        first = (text or "").strip().casefold()[:1]
        self.gender = {"m": "male", "f": "female"}.get(first, self.gender)

    def entry(self) -> Entry:
        """Aliases that are a legal form and nothing else are left out, unless there is no other name."""
        kept = [name for name in self._names.values() if not legal_form_only(name.text)] or list(self._names.values())

        def part(what: str) -> tuple[str, ...]:
            return tuple(self._parts.get(what, ()))

        return Entry(
            self.entry_id,
            self.schema,
            tuple(kept),
            part("birth"),
            part("country"),
            part("programme"),
            tuple(self._numbers),
            part("address"),
            self.gender,
            part("flag"),
            tuple(self._owners),
        )

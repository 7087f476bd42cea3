"""The languages of the console: catalogs of gettext, the direction of writing, amounts and shares as each language writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from babel import Locale
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent, get_decimal_symbol, get_group_symbol

from fondaco.core import CURRENCIES, AmountFault, minor_of

# What each language calls itself; the first is the one that the templates are written in.
LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch", "ar": "العربية"}
_FOLDER = Path(__file__).parent / "locale"
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
# How a table names its states and events.
_NAME = re.compile(r"[A-Z][A-Z_]+")
# A part of the place of a term: its field, and which of several it is.
_PART = re.compile(r"(.*?)( [0-9]+)?")


def in_context(name: str, of: str) -> str:
    """Under which key a catalog has `name` as one of a set (`of`), in gettext's own form: `second` is one thing among commands and another among terms."""
    return f"{of}\x04{name}" if of else name


def _field(part: str) -> tuple[str, str]:
    """The field of one part of a place, and which of several it is (" 1", "" for the only one)."""
    found = _PART.fullmatch(part)
    assert found is not None, "whatever it is, it may have no number"
    return found[1].replace(" ", "_"), found[2] or ""


class Words:
    """One language: its catalog, and how it writes numbers. What a catalog lacks is said in English."""

    def __init__(self, code: str, catalog: Mapping[str, str]) -> None:
        self.code = code
        self.catalog = catalog
        self._locale = Locale.parse(code)
        self.direction: str = self._locale.text_direction
        # Amounts are written in Western digits in every language, so that a machine's and a person's figures are the same.
        self._point: str = get_decimal_symbol(self._locale)
        self._group: str = get_group_symbol(self._locale)

        # Names of the tables (`SETTLED`) by how this language says them.
        self._names = {said.casefold(): name for name, said in catalog.items() if _NAME.fullmatch(name)}

    def __call__(self, text: str) -> str:
        return self.catalog.get(text) or text

    def named(self, name: str, of: str = "") -> str:
        """What this language calls a machine's name of one set (`of`: "look", "command", "event"...); English, and what no catalog has, as it is."""
        said = self.catalog.get(in_context(name, of))
        # The journal may say by its new state what happened to something.
        return said or (self(name) if of == "event" else name)

    def term(self, place: str) -> str:
        """The place of a term in a document of the hub (`goods 1: unit price`) by the words of its fields."""
        return ": ".join(self._part(part) for part in place.split(": "))

    def term_value(self, text: str, place: str) -> str:
        """What stands at the place of a term, where the field there holds one of a few names (`SIGHT_PAYMENT`); what somebody wrote stays as it is."""
        field = _field(place.rpartition(": ")[2])[0]
        said = self(text) if field == "state" else self.named(text, f"term {field}")
        return self.named(text, "value") if said == text else said

    def _part(self, part: str) -> str:
        field, number = _field(part)
        said = self.named(field, "term")
        return part if said == field else said + number

    def name_of(self, said: str) -> str:
        """The name of a state that somebody typed as this language says it (`abgewickelt` for `SETTLED`); anything else as it is."""
        return self._names.get(" ".join(said.casefold().split()), said)

    def amount(self, minor: int, currency: str) -> str:
        """Whole minor units as a number of the currency's own decimals (ISO 4217), without its code."""
        exponent = CURRENCIES[currency].exponent
        pattern = "#,##0" + ("." + "0" * exponent if exponent else "")
        return str(format_decimal(Decimal(minor).scaleb(-exponent), format=pattern, locale=self._locale))

    def count(self, number: int) -> str:
        return str(format_decimal(number, locale=self._locale))

    def rate(self, text: str) -> str:
        """A plain decimal text with all its digits, as the language writes numbers; what is none stays as it is."""
        whole, point, fraction = text.partition(".")
        if not whole.removeprefix("-").isascii() or not whole.removeprefix("-").isdigit() or not (fraction or "0").isdigit():
            return text
        sign = "-" if whole.startswith("-") else ""
        written = str(format_decimal(int(whole.removeprefix("-")), format="#,##0", locale=self._locale))
        return sign + written + (self._point + fraction if point else "")

    def minor_of(self, text: str, exponent: int) -> int:
        """Whole minor units of an amount as somebody typed it: plain (`1234.50`), or as the language writes amounts (`1.234,50` in German).

        Never guesses: what the two ways would read differently (`1.234` in German) is refused. Raises `AmountFault` as `fondaco.core.minor_of` does.
        """
        typed = "".join(text.split())
        if self._point != "." and (self._point in typed or typed.count(self._group) > 1):
            plain = typed.replace(self._group, "\0").replace(self._point, ".").replace("\0", ",")
        elif self._point != "." and re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", typed):
            raise AmountFault(f"{text!r} may be thousands or a fraction")
        else:
            plain = typed
        if "," in plain:
            if not _GROUPED.fullmatch(plain):
                raise AmountFault(f"{text!r} is not a plain decimal number")
            plain = plain.replace(",", "")
        return minor_of(plain, exponent)

    def share(self, mille: int) -> str:
        """Thousandths as a percentage with one decimal."""
        return str(format_percent(Decimal(mille).scaleb(-3), format="#,##0.0%", locale=self._locale))


def words_of() -> dict[str, Words]:
    """Every language by its code."""
    return {code: Words(code, _catalog(code)) for code in LANGUAGES}


def _catalog(code: str) -> dict[str, str]:
    path = _FOLDER / code / "LC_MESSAGES" / "console.po"
    if not path.is_file():
        return {}
    with path.open("rb") as opened:
        return {
            in_context(str(one.id), str(one.context or "")): str(one.string)
            for one in read_po(opened)
            if one.id and one.string and not one.fuzzy
        }


def chosen(cookie: str, accepted: str) -> str:
    """The language that somebody chose, else the first that the browser accepts and we have, else English. Pure."""
    if cookie in LANGUAGES:
        return cookie
    for part in accepted.split(",")[:20]:
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in LANGUAGES:
            return code
    return "en"

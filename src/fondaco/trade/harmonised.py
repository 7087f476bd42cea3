"""Codes of the Harmonised System against what they are said to be: form, chapter, heading, subheading, and words of the description.

The headings are shipped (Harmonised System 2022: 96 chapters, 77 reserved, 1,228 headings); subheadings and descriptions are the operator's, from a CSV file with a heading:
`hscode`, `description`. A code is as long as the trade has it: six digits everywhere, more in a country's own tariff.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator

from fondaco.trade.flag import Flag, Grade
from fondaco.trade.harmonised_code import plain_code

# Chapter, then its headings: `01 1-6` is 0101 to 0106.
_HEADINGS_2022 = """
01 1-6|02 1-10|03 1-9|04 1-10|05 1-2,4-8,10-11|06 1-4|07 1-14|08 1-14|09 1-10|10 1-8|11 1-9|12 1-14|13 1-2|14 1,4
15 1-18,20-22|16 1-5|17 1-4|18 1-6|19 1-5|20 1-9|21 1-6|22 1-9|23 1-9|24 1-4|25 1-26,28-30|26 1-21|27 1-16
28 1-37,39-47,49-50,52-53|29 1-42|30 1-6|31 1-5|32 1-15|33 1-7|34 1-7|35 1-7|36 1-6|37 1-7|38 1-27|39 1-26|40 1-17
41 1-7,12-15|42 1-3,5-6|43 1-4|44 1-21|45 1-4|46 1-2|47 1-7|48 1-14,16-23|49 1-11|50 1-7|51 1-13|52 1-12|53 1-3,5-11
54 1-8|55 1-16|56 1-9|57 1-5|58 1-11|59 1-11|60 1-6|61 1-17|62 1-17|63 1-10|64 1-6|65 1-2,4-7|66 1-3|67 1-4|68 1-15
69 1-7,9-14|70 1-11,13-20|71 1-18|72 1-29|73 1-26|74 1-13,15,18-19|75 1-8|76 1-16|78 1-2,4,6|79 1-5,7|80 1-3,7
81 1-6,8-13|82 1-15|83 1-11|84 1-68,70-87|85 1-19,21-49|86 1-9|87 1-16|88 1-2,4-7|89 1-8|90 1-8,10-33|91 1-14|92 1-2,5-9
93 1-7|94 1-6|95 3-8|96 1-20|97 1-6
"""
# Chapters 98 and 99 are for national use (Convention, Harmonised System 2022, notes): what they hold is not told here.
NATIONAL = ("98", "99")
_WORD = re.compile(r"[^\W\d_]{3,}")
# Words of tariffs that say nothing of goods.
_EMPTY = frozenset(
    "all and any are being but each for from goods having item kind kinds made more nec not note other others parts part piece set than that the their thereof "
    "this those type types use used whether which with without".split()
)


def _headings() -> Iterator[str]:
    for entry in _HEADINGS_2022.replace("\n", "|").strip("|").split("|"):
        chapter, ranges = entry.split()
        for span in ranges.split(","):
            first, _, last = span.partition("-")
            yield from (f"{chapter}{number:02d}" for number in range(int(first), int(last or first) + 1))


HEADINGS = frozenset(_headings())
CHAPTERS = frozenset(heading[:2] for heading in HEADINGS)


class HarmonisedSystem:
    """The codes that an operator loaded, with their descriptions. Immutable once built; without any, codes are known to their heading."""

    def __init__(self, descriptions: Iterable[tuple[str, str]] = ()) -> None:
        self._said = dict(descriptions)

    def __len__(self) -> int:
        return len(self._said)

    def description(self, code: str) -> str:
        """What a code and all above it say, from the chapter down."""
        return " / ".join(self._said[code[:length]] for length in (2, 4, 6) if code[:length] in self._said)

    def flags(self, text: str, goods: str, where: str = "") -> tuple[Flag, ...]:
        """What is odd about a code for these goods. `goods` is the description on the document, "" where there is none."""
        code = plain_code(text)
        if not code:
            return (
                Flag("HS_FORM", Grade.REVIEW, where, text, "4, 6, 8 or 10 digits", "this is no code of the Harmonised System"),
            )
        chapter, heading = code[:2], code[:4]
        if chapter in NATIONAL:
            return (
                Flag(
                    "HS_NATIONAL",
                    Grade.NOTE,
                    where,
                    code,
                    "chapters 01 to 97",
                    "a chapter for national use: what it holds is not known here",
                ),
            )
        if chapter not in CHAPTERS:
            return (Flag("HS_CHAPTER", Grade.REVIEW, where, code, "chapters 01 to 97 but 77", f"there is no chapter {chapter}"),)
        if heading not in HEADINGS:
            return (
                Flag("HS_HEADING", Grade.REVIEW, where, code, "a heading of 2022", f"chapter {chapter} has no heading {heading}"),
            )
        if len(code) >= 6 and self._heading_is_loaded(heading) and code[:6] not in self._said:
            return (
                Flag(
                    "HS_SUBHEADING",
                    Grade.QUERY,
                    where,
                    code,
                    heading,
                    f"heading {heading} has no subheading {code[:6]} in the loaded edition",
                ),
            )
        return self._words(code, goods, where)

    def _heading_is_loaded(self, heading: str) -> bool:
        return heading in self._said

    def _words(self, code: str, goods: str, where: str) -> tuple[Flag, ...]:
        said, listed = words_of(goods), words_of(self.description(code))
        if not said or not listed or said & listed:
            return ()
        shown = self._said.get(code[:6]) or self._said.get(code[:4]) or self._said.get(code[:2], "")
        return (
            Flag("HS_WORDS", Grade.QUERY, where, goods[:80], shown[:80], f"no word of the goods is among those of {code[:6]}"),
        )


def words_of(text: str) -> frozenset[str]:
    """Words of at least three letters that tell goods apart, in one case and without the s of a plural."""
    found = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    singular = (word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word for word in found)
    return frozenset(word for word in singular if word not in _EMPTY)


def read_harmonised(lines: Iterable[str]) -> HarmonisedSystem | list[str]:
    """The codes of a file's lines, or all of its mistakes, each with its line. Codes of two, four and six digits count; longer ones are a country's own."""
    reader = csv.DictReader(lines, strict=True)
    mistakes: list[str] = []
    found: dict[str, str] = {}
    try:
        if not {"hscode", "description"} <= set(reader.fieldnames or ()):
            return ["line 1: there must be columns hscode and description"]
        for row in reader:
            code, description = (row["hscode"] or "").strip(), (row["description"] or "").strip()
            if code == "TOTAL":  # the root of some published tables
                continue
            if not re.fullmatch(r"(?:\d\d){1,5}", code, re.ASCII):
                mistakes.append(f"line {reader.line_num}: {code!r} is no code")
            elif code in found:
                mistakes.append(f"line {reader.line_num}: {code} stands there twice")
            elif len(code) <= 6:
                found[code] = description
    except csv.Error as fault:
        mistakes.append(f"line {reader.line_num}: {fault}")
    return mistakes or HarmonisedSystem(found.items())

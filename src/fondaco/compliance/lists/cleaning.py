"""Names and dates as lists print them -> names one by one, and ISO dates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fondaco.compliance.lists.entry import Name

# One string that holds several names: `ALPHA; BETA b) GAMMA`.
_LETTERED = re.compile(r"(?:^|\s+)\(?[a-h]\)\s+")
_QUALITY = re.compile(r"^(?:Good|Low)\s*:\s*", re.IGNORECASE)
# `Russian: Имя`, `original script: Имя`, `In Arabic: اسم`: the label goes where what follows is in another script.
_LABEL = re.compile(r"^(?:in\s+)?[A-Za-z][A-Za-z /-]{1,30}:\s*(?=\S)", re.IGNORECASE)
_KNOWN_AS = re.compile(r"^(?:(?:also|better)\s+known\s+as|a\.?\s?k\.?\s?a\.?|alias)[\s:]+", re.IGNORECASE)
_FORMERLY = re.compile(r"^(?:(?:formerly|previously)(?:\s+known\s+as)?|f\.?\s?k\.?\s?a\.?|born)[\s:]+(?!listed\b)", re.IGNORECASE)
# What lists say about a name in brackets after it: no part of it.
_NOTE = re.compile(
    r"^(?:birth name|combat name|maiden name|nom de guerre|nickname|deceased|(?:previously|formerly)?\s*listed\b.*|dob\b.*|"
    r"(?:good|low)(?: quality)?|false identity\b.*|.*\bpassport\b.*)$",
    re.IGNORECASE,
)
_BORN = re.compile(r",\s+born\s+(?:on\s+)?\d.*$", re.IGNORECASE | re.DOTALL)
_BRACKETS = re.compile(r"\s*[(（]([^()（）]*)[)）]\s*")
_ACRONYM = re.compile(r"^[A-Z][A-Z/&.-]{1,11}$")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NOTHING = frozenset(("", "-0-", "n/a", "na", "-", "none", "unknown", "nil"))
_LEGAL_FORMS = frozenset(
    "public private open closed joint stock company limited liability unlimited partnership corporation incorporated inc corp ltd llc "
    "llp lp plc pllc pte pty co cjsc ojsc pjsc jsc ooo oao zao pao ao gmbh ag kg kgaa ug sa sas sarl sal spa srl bv nv se oy ab as asa "
    "ad doo dd ood eood sdn bhd pt tbk cv fze fzc fzco fzllc est establishment state unitary enterprise federal the of and with a "
    "ооо оао зао пао ао акционерное общество публичное открытое закрытое ограниченной ответственностью с".split()
)
_WORDS = re.compile(r"[^\W_]+")
_MONTHS = {name: at + 1 for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())}
_SPAN = re.compile(r"\s+(?:to|and|or)\s+|\s*–\s*|(?<=^\d{4})\s*[-/]\s*(?=\d{4}$)|^between\s+", re.IGNORECASE)
_YEARS_MAX = 20


def legal_form_only(text: str) -> bool:
    """Does this name say what the party is, and nothing of who: `Joint Stock Company`? It would alert on everybody."""
    words = [word.casefold() for word in _WORDS.findall(text.replace(".", ""))]
    return bool(words) and all(word in _LEGAL_FORMS for word in words)


def names_in(text: str, *, weak: bool = False, kind: str = "alias") -> Iterator[Name]:
    """The names that stand in one printed string, in its order; what is said about them is left out.

    `X; Y b) Z` are three. `Name (ABC)` is a name and, weak, the acronym that its words begin with. A name in brackets in another script
    stands alone, as `original`; so does one behind `formerly` or `also known as`. Other brackets are part of the name.
    """
    for part in _parts(text):
        found = _one(part, weak=weak, kind=kind)
        seen = set()
        for name in found:
            if name.text not in seen:
                seen.add(name.text)
                yield name


def _parts(text: str) -> Iterator[str]:
    """`text` parted at semicolons outside brackets, at line ends between names, and at letters of a list: `a) X b) Y`."""
    depth, start = 0, 0
    for at, char in enumerate(text):
        if char in "(（":
            depth += 1
        elif char in ")）":
            depth = max(0, depth - 1)
        elif char == ";" and not depth:
            yield from _LETTERED.split(text[start:at])
            start = at + 1
    yield from _LETTERED.split(text[start:])


def _one(text: str, *, weak: bool, kind: str) -> Iterator[Name]:
    text = _BORN.sub("", _QUALITY.sub("", " ".join(text.split())))
    aside: list[Name] = []

    def bracket(met: re.Match[str]) -> str:
        inner, rest = met[1].strip(" ,"), text[: met.start()] + text[met.end() :]
        if _NOTE.match(inner):
            return " "
        for pattern, what in ((_FORMERLY, "former"), (_KNOWN_AS, "alias")):
            if pattern.match(inner):
                aside.extend(names_in(pattern.sub("", inner), weak=weak, kind=what))
                return " "
        unlabelled = _unlabelled(inner)
        if _latin(rest) is not None and _latin(unlabelled) is not None and _latin(rest) != _latin(unlabelled):
            # One word beside a name of several may be a place: `Foundation X (Ινδονησία)`. Without blanks between words it is a name.
            part = len(unlabelled.split()) == 1 < len(rest.split()) and not _UNSPACED.search(unlabelled)
            aside.extend(names_in(unlabelled, weak=weak or part, kind=kind if _latin(unlabelled) else "original"))
            return " "
        if _ACRONYM.match(inner) and _begins(inner, rest):
            aside.append(Name(inner, True, "alias"))
            return " "
        return met[0]

    shown = _BRACKETS.sub(bracket, text)
    for pattern, what in ((_FORMERLY, "former"), (_KNOWN_AS, "alias")):
        if pattern.match(shown):
            shown, kind = pattern.sub("", shown), what
            break
    shown = " ".join(_unlabelled(shown).split()).strip(" ,;")
    if shown.casefold() not in _NOTHING and len(shown) > 1:
        yield Name(shown, weak, "original" if _latin(shown) is False and kind in ("alias", "primary") else kind)
    yield from aside


def _unlabelled(text: str) -> str:
    rest = _LABEL.sub("", text, count=1)
    return rest if rest != text and _latin(rest) is False else text


def _latin(text: str) -> bool | None:
    """Are most letters Latin ones? None where there is no letter."""
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return None
    return 2 * sum(char < "\u0250" or "\u1e00" <= char <= "\u1eff" for char in letters) >= len(letters)


def _begins(acronym: str, name: str) -> bool:
    """Is `acronym` made of the beginnings of the words of `name`, in their order (`MITEC`: Modern Industries TEchnique Company)?"""
    letters = [char for char in acronym.casefold() if char.isalpha()]
    words = [word.casefold() for word in _WORDS.findall(name)][:24]
    # Places in the acronym that the words so far can account for: a word gives its first letter and any later ones in order, or nothing.
    reached = {0}
    for word in words:
        for place in list(reached):
            if place < len(letters) and word[0] == letters[place]:
                at = place + 1
                reached.add(at)
                for char in word[1:]:
                    if at < len(letters) and char == letters[at]:
                        at += 1
                        reached.add(at)
    return len(letters) in reached


def dates_in(text: str) -> list[str]:
    """ISO dates as far as they are known: `1961`, `1961-05`, `1961-05-14`. What cannot be read is kept as it is printed.

    `circa` leaves the year; a span of years gives each, where they are few.
    """
    text = " ".join(text.split()).strip(" .,")
    if not text or text.casefold() in _NOTHING:
        return []
    span = _SPAN.split(text)
    ends = [end for end in span if end]
    if len(ends) == 2:
        first, last = dates_in(ends[0]), dates_in(ends[1])
        if len(first) == len(last) == 1 and first[0][:4].isdecimal() and last[0][:4].isdecimal():
            begin, end = int(first[0][:4]), int(last[0][:4])
            if 0 <= end - begin <= _YEARS_MAX:
                return [str(year) for year in range(begin, end + 1)]
        return [text]
    about = re.match(r"^(?:circa|c\.|approx(?:imately|\.)?|about|around)\s*", text, re.IGNORECASE)
    if about:
        found = dates_in(text[about.end() :])
        return [one[:4] if one[:4].isdecimal() else one for one in found]
    return [_iso(text)]


def _iso(text: str) -> str:
    met = re.fullmatch(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:T.*|Z|[+-]\d\d:\d\d)?", text)
    if met:
        return _joined(met[1], met[2], met[3]) or text
    met = re.fullmatch(r"([0-9dD-]{1,2})[/.]([0-9mM-]{1,2})[/.](\d{4})", text)
    if met:
        return _joined(met[3], met[2], met[1]) or text
    met = re.fullmatch(r"(?:(\d{1,2})[ -])?([A-Za-z]{3})[a-z]*\.?[ ,-]+(\d{4})", text)
    if met and met[2].lower() in _MONTHS:
        return _joined(met[3], str(_MONTHS[met[2].lower()]), met[1]) or text
    return text


def _joined(year: str, month: str | None, day: str | None) -> str:
    """ISO from parts of which month and day may be nothing, zero or letters; "" when they are no date."""
    if not month or not month.isdecimal() or int(month) == 0:
        return year
    if int(month) > 12:
        return ""
    if not day or not day.isdecimal() or int(day) == 0:
        return f"{year}-{int(month):02d}"
    return f"{year}-{int(month):02d}-{int(day):02d}" if int(day) <= 31 else ""

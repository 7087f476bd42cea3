"""A document of trade (JSON or XML of any form) -> its mentions: every text of the whole tree, so that an unknown element is screened as text.

Nothing is known of a document's form, so nothing is left out because of its place. What stands in it wrapped once more (the payload of a
signature, a document in base64 or as JSON in a text) is read as well; what cannot be read makes the whole document unreadable.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from lxml import etree

from fondaco.compliance.configuration import Judging
from fondaco.compliance.lists import country_code
from fondaco.compliance.screening import Screener
from fondaco.compliance.verdict import Verdict
from fondaco.core import Instant, Mention, bic_fault, iban_fault

DOCUMENT_BYTES_MAX = 10 * 1024 * 1024
TEXTS_MAX = 200_000
_DEPTH_MAX = 64
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""^<\?xml[^>]*?\bencoding\s*=\s*["']([^"']*)["']""")
# Base64 that may hold a text: shorter ones are identifiers.
_WRAPPED = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")
# And so long that it is a file, whatever its bytes are: digests, signatures and keys are shorter.
_FILE_CHARACTERS = 8_192
# Texts in several elements of one place are also read as one, and so are the names of one party; no more words than a long name has.
_JOINED_MAX = 32
_COUNTRY_MAX = 64
_NAMED = re.compile(r"name|nm\Z", re.IGNORECASE)
_COUNTRY = re.compile(r"[A-Z]{2}")
# Two letters are a country where the form says so; of a UN/LOCODE the first two are.
_COUNTRY_PLACE = re.compile(r"countr|ctry|nation|origin|flag", re.IGNORECASE)
_LOCODE, _LOCODE_PLACE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}"), re.compile(r"locode|location|port|place", re.IGNORECASE)


class UnreadableDocument(ValueError):
    """A document of which not every text can be read: nothing may be said of it."""


def mentions_of_document(raw: bytes) -> tuple[Mention, ...]:
    """Every text of a document in its order, with the keys or elements above it as its path; pure.

    Raises `UnreadableDocument`: neither JSON nor XML in UTF-8, cut off, a document type, too large or too deep, without any text, or with
    a file inside that is no text (a picture, a PDF).
    """
    found: list[Mention] = []
    _read(raw, "", found, 0)
    if not found:
        raise UnreadableDocument("the document says nothing")
    return (*found, *_joined(found))


def screen_document(raw: bytes, screener: Screener, at: Instant, judging: Judging | None = None) -> Verdict:
    """The verdict on a document under a configuration (default: the lists' settings alone): a HOLD where it cannot be read. Never raises for
    what it is given."""
    try:
        said = mentions_of_document(raw)
    except UnreadableDocument as fault:
        configuration = judging.digest if judging is not None else ""
        return Verdict("HOLD", screener.lists.version, screener.engine, str(fault), (), b"", configuration, int(at))
    return screener.screen([said], at, judging)[0]


def _read(raw: bytes, path: str, found: list[Mention], depth: int) -> None:
    if len(raw) > DOCUMENT_BYTES_MAX:
        raise UnreadableDocument(f"{len(raw)} bytes, at most {DOCUMENT_BYTES_MAX}")
    body = raw.removeprefix(b"\xef\xbb\xbf").strip()
    leaves = _xml(body, path) if body.startswith(b"<") else _json(body, path)
    for place, text in leaves:
        if len(found) >= TEXTS_MAX:
            raise UnreadableDocument(f"more than {TEXTS_MAX} texts")
        found.append(Mention("text", place, text))
        found += _as_known(place, text)
        inside = _unwrapped(place, text)
        if inside is None:
            continue
        if depth >= _DEPTH_MAX // 8:
            raise UnreadableDocument(f"{place}: documents in documents, too deep")
        if inside.lstrip()[:1] in (b"{", b"[", b"<"):
            _read(inside, place, found, depth + 1)
        else:
            found.append(Mention("text", place, inside.decode()))


def _json(body: bytes, path: str) -> Iterator[tuple[str, str]]:
    """Every key, text and number. A key that stands twice is read twice: the first must not hide behind the second."""

    def refuses(constant: str) -> NoReturn:
        raise UnreadableDocument(f"{constant} is no JSON")

    try:
        tree = json.loads(body.decode(), object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=refuses)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise UnreadableDocument(f"neither XML nor JSON in UTF-8: {fault}") from None
    return _leaves(tree, path, 0)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it was written."""


def _leaves(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEPTH_MAX:
        raise UnreadableDocument(f"more than {_DEPTH_MAX} levels")
    if isinstance(value, _Pairs):
        for key, inside in value:
            below = f"{path}/{key}" if path else key
            if " " in key or not key.isascii():  # a key that is more than a word of the form
                yield below, key
            yield from _leaves(inside, below, depth + 1)
    elif isinstance(value, list):
        for inside in value:
            yield from _leaves(inside, path, depth + 1)
    elif isinstance(value, str) and value.strip():
        yield path, value


def _xml(body: bytes, path: str) -> Iterator[tuple[str, str]]:
    if _DECLARED.search(body):
        raise UnreadableDocument("a document type declaration")
    encoding = _ENCODING.match(body)
    if encoding and encoding[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        raise UnreadableDocument("an encoding other than UTF-8")
    # Without comments and processing instructions: a name that one of them cuts in two is one text.
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as fault:
        raise UnreadableDocument(f"not well-formed XML: {fault.msg}") from None
    stack: list[tuple[etree._Element, str, int]] = [(root, path, 0)]
    while stack:  # ends: each element is taken up once
        element, above, depth = stack.pop()
        if depth > _DEPTH_MAX:
            raise UnreadableDocument(f"more than {_DEPTH_MAX} levels")
        name = str(element.tag).rpartition("}")[2]
        place = f"{above}/{name}" if above else name
        for text, where in ((element.text, place), (element.tail, above)):
            if text and text.strip():
                yield where, text
        for value in element.attrib.values():
            if str(value).strip():
                yield place, str(value)
        stack += [(child, place, depth + 1) for child in reversed(element)]


def _unwrapped(place: str, text: str) -> bytes | None:
    """The document that stands in a text, as JSON or in base64; None where none does."""
    if text.lstrip()[:1] in ("{", "[") and _is_json(text):
        return text.encode()
    packed = "".join(text.split())
    if not _WRAPPED.fullmatch(packed):
        return None
    try:
        raw = base64.b64decode(packed.replace("-", "+").replace("_", "/") + "=" * (-len(packed) % 4), validate=True)
        raw.decode()
    except (binascii.Error, UnicodeDecodeError):
        if len(packed) >= _FILE_CHARACTERS:
            raise UnreadableDocument(f"{place}: a file that is no text cannot be screened") from None
        return None
    return raw


def _is_json(text: str) -> bool:
    """Whether a text is a JSON document of its own: then its texts are read one by one. What only begins like one is a text."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _as_known(place: str, text: str) -> list[Mention]:
    """The same text once more where it is what embargoes are told by: a country by code or name, a bank, an account."""
    plain = text.strip()
    if len(plain) in (8, 11) and not bic_fault(plain):
        return [Mention("agent", place, plain)]
    account = "".join(plain.split())
    if 15 <= len(account) <= 34 and not iban_fault(account):
        return [Mention("identifier", f"{place}/IBAN", account)]
    code = country_code(plain) if len(plain) < _COUNTRY_MAX else ""
    if len(plain) == 2:
        code = plain.upper() if _COUNTRY_PLACE.search(place) else ""
    elif _LOCODE.fullmatch(plain) and _LOCODE_PLACE.search(place):
        code = plain[:2]
    return [Mention("country", place, code)] if _COUNTRY.fullmatch(code) else []


def _joined(found: list[Mention]) -> list[Mention]:
    """Lines of one place, and the names of one party, each read as one: a name that is cut in two is in neither half."""
    lines: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    for one in found:
        if one.kind != "text":
            continue
        above, _, own = one.path.rpartition("/")
        lines.setdefault(one.path, []).append(one.text.strip())
        if _NAMED.search(own):
            names.setdefault(above, []).append(one.text.strip())
    joined = []
    for path, parts in (*lines.items(), *names.items()):
        for at in range(0, max(1, len(parts) - 1), _JOINED_MAX - 1):
            some = parts[at : at + _JOINED_MAX]
            if len(some) > 1:
                joined.append(Mention("text", path, " ".join(some)))
    return joined

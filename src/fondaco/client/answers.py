"""Messages inside an answer of HTTP: one alone, or several as parts, each whole."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fondaco.client.fault import Malformed, malformed, media_of
from fondaco.client.told import Sent, Told

_XML = ("application/xml", "text/xml")
_BOUNDARY = re.compile(r'boundary="?([A-Za-z0-9-]{1,70})"?')
_UETR = re.compile(rb"<(?:[\w-]+:)?UETR>([0-9a-f-]{36})</")
# The documents that begin payments: pacs.008 and pacs.009. Others name payments that are there already.
_BEGINS = re.compile(rb"<(?:[\w-]+:)?(?:FIToFICstmrCdtTrf|FICdtTrf)[\s>]")
_PLACE = re.compile(rb"(?im)^content-location: */v1/messages/([0-9]{1,16})\r?$")


def uetrs_of(raw: bytes) -> tuple[str, ...]:
    """The payments that a message begins, by their names; of one that only speaks of payments, none."""
    return tuple(one.decode() for one in _UETR.findall(raw)) if _BEGINS.search(raw) else ()


def answers_of(headers: Mapping[str, str], body: bytes) -> tuple[Told, ...]:
    """The messages of an answer: none, one, or several in parts. Raises `Malformed`."""
    media = media_of(headers)
    if media in _XML:
        return (_told(headers.get("x-message-number", ""), body),) if body.strip() else ()
    boundary = _BOUNDARY.search(headers.get("content-type", ""))
    if media != "multipart/mixed" or boundary is None:
        raise malformed(f"{media or 'nothing'} came where messages were expected")
    mark = b"--" + boundary[1].encode()
    first, *parts = (b"\r\n" + body).split(b"\r\n" + mark)
    if first.strip() or len(parts) < 2 or parts[-1].strip() != b"--":
        raise malformed("the parts do not stand between their boundaries")
    found = []
    for part in parts[:-1]:
        head, gap, xml = part.partition(b"\r\n\r\n")
        place = _PLACE.search(head)
        if not gap:
            raise malformed("a part has no body")
        found.append(_told(place[1].decode() if place else "", xml))
    return tuple(found)


def _told(number: str, xml: bytes) -> Told:
    if not xml.lstrip().startswith(b"<"):
        raise malformed("what is said to be XML is none")
    return Told(int(number) if number.isascii() and number.isdigit() and len(number) < 17 else 0, xml)


def sent_of(status: int, headers: Mapping[str, str], body: bytes, uetrs: tuple[str, ...]) -> Sent:
    """What an answer to a message says. Raises `Malformed`."""
    return Sent(status != 202, answers_of(headers, body), headers.get("location", ""), uetrs)


def refusing(headers: Mapping[str, str], body: bytes) -> tuple[Told, ...]:
    """The messages that say why a message was refused, where the answer holds some."""
    try:
        return answers_of(headers, body)
    except Malformed:
        return ()

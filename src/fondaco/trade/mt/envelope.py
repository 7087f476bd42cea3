"""The blocks of a FIN message: headers, text and trailers are taken apart and put together again, byte for byte."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from fondaco.trade.mt.message import Fault, Message

# FIN carries texts of at most 10,000 characters in category 7; with headers and trailers nothing of ours is longer than this.
SIZE_MAX = 16_384
TEXT_MAX = 10_000
_HEADERS = {
    "1": re.compile(r"[A-Z]\d{2}[A-Z0-9]{12}\d{4}\d{6}"),
    "2": re.compile(r"I\d{3}[A-Z0-9]{12}(?:[SNU][123]?(?:\d{3})?)?|O\d{3}\d{4}\d{6}[A-Z0-9]{12}\d{4}\d{6}\d{6}\d{4}[SNU]?"),
}
_STRANGE = re.compile(rb"[^\r\n -~]")
_BLOCK = re.compile(r"\{([1235S]):((?:[^{}]|\{[^{}]*\})*)\}")
_TAG = re.compile(r":(\d{2}[A-Z]?):")
_BEFORE, _AFTER = "123", "5S"


class Placed(NamedTuple):
    """A field as it stands in a file: its first line, from 1."""

    line: int
    tag: str
    text: str


class Opened(NamedTuple):
    """A file taken apart. `kind` is the type that block 2 tells, "" where there is none."""

    kind: str
    fields: tuple[Placed, ...]
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]
    bare: bool
    newline: Literal["\r\n", "\n"]
    ending: Literal["", "\r\n", "\n"]


def open_envelope(raw: bytes) -> Opened | Fault:
    """Take a file apart, or say the first thing that is wrong with its blocks."""
    if len(raw) > SIZE_MAX:
        return Fault(1, "", "size", f"{len(raw)} bytes, of at most {SIZE_MAX}")
    strange = _STRANGE.search(raw)
    if strange:
        at = strange.start()
        return Fault(raw.count(b"\n", 0, at) + 1, "", "characters", f"byte {raw[at]:#04x} is in no character set of FIN")
    text = raw.decode("ascii")
    newline: Literal["\r\n", "\n"] = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n") if newline == "\r\n" else text
    if "\r" in plain or (newline == "\r\n" and text.count("\n") != text.count("\r\n")):
        return Fault(1, "", "lines", "lines end in two ways")
    ending: Literal["", "\r\n", "\n"] = ""
    if plain.endswith("\n"):
        ending, plain = newline, plain[:-1]
    if plain.startswith(":"):
        fields = _fields(plain, 1)
        return fields if isinstance(fields, Fault) else Opened("", fields, (), (), True, newline, ending)
    return _blocks(plain, newline, ending)


def _blocks(plain: str, newline: Literal["\r\n", "\n"], ending: Literal["", "\r\n", "\n"]) -> Opened | Fault:
    before, at = _row(plain, 0, _BEFORE)
    line = plain.count("\n", 0, at) + 1
    if not plain.startswith("{4:\n", at):
        return Fault(line, "", "blocks", "block 4 begins with {4: on a line of its own, behind blocks 1, 2 and 3")
    end = plain.find("\n-}", at)
    if end < 0:
        return Fault(plain.count("\n") + 1, "", "blocks", "block 4 has no end: a line -}")
    for name, content in before:
        if name in _HEADERS and not _HEADERS[name].fullmatch(content):
            return Fault(1, "", "blocks", f"block {name} {content[:30]!r} is no header of FIN")
    after, last = _row(plain, end + 3, _AFTER)
    if last != len(plain):
        return Fault(
            plain.count("\n", 0, last) + 1, "", "blocks", f"{plain[last:][:20]!r} stands where a trailer or the end is expected"
        )
    body = plain[at + 4 : end]
    if len(body) > TEXT_MAX:
        return Fault(line, "", "size", f"the text has {len(body)} characters, of at most {TEXT_MAX}")
    fields = _fields(body, line + 1)
    if isinstance(fields, Fault):
        return fields
    return Opened(dict(before).get("2", "")[1:4], fields, before, after, False, newline, ending)


def _row(plain: str, at: int, names: str) -> tuple[tuple[tuple[str, str], ...], int]:
    """Blocks of these names from a place on, each once and in this order, and where they end."""
    found: list[tuple[str, str]] = []
    while (met := _BLOCK.match(plain, at)) and met[1] in names:  # ends: every block moves on, and each name comes once
        if found and names.index(met[1]) <= names.index(found[-1][0]):
            break
        found.append((met[1], met[2]))
        at = met.end()
    return tuple(found), at


def _fields(body: str, line: int) -> tuple[Placed, ...] | Fault:
    found: list[Placed] = []
    lines: list[str] = []
    for number, row in enumerate(body.split("\n"), line):
        met = _TAG.match(row)
        if met:
            if found:
                found[-1] = found[-1]._replace(text="\n".join(lines))
            found.append(Placed(number, met[1], ""))
            lines = [row[met.end() :]]
        elif not found:
            return Fault(number, "", "blocks", f"{row[:20]!r} stands where the first field is expected")
        elif row[:1] in (":", "-"):
            return Fault(
                number, found[-1].tag, "lines", f"a line within a field does not begin with {row[0]!r}: it would end the field"
            )
        else:
            lines.append(row)
    found[-1] = found[-1]._replace(text="\n".join(lines))
    return tuple(found)


def close_envelope(message: Message) -> bytes:
    """The bytes of a message; says nothing about whether it is in order."""
    body = "\n".join(f":{one.tag}:{one.text}" for one in message.fields)
    if not message.bare:
        head = "".join(f"{{{name}:{content}}}" for name, content in message.before)
        tail = "".join(f"{{{name}:{content}}}" for name, content in message.after)
        body = f"{head}{{4:\n{body}\n-}}{tail}"
    return (body.replace("\n", message.newline) + message.ending).encode("ascii")

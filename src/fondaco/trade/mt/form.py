"""The format language of the Standards MT: `6!n3!a15d`, `4*35x`, `[/1!a][/34x]$bic`. A text of it becomes a form that splits and joins values.

The notation is the one of the published field tables: a number is the most characters, `!` makes it exact, `n*mX` is up to n lines of m,
`[...]` may be left out, `$` ends a line. One word is ours: `bic` for `4!a2!a2!c[3!c]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from itertools import product

import msgspec

# Character sets of FIN. Neither holds the closing brace, which ends a block.
X = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-?:().,'+ "
Z = X + '=!"%&*<>;{@#_'
CHARACTERS = {
    "n": "0123456789",
    "a": X[:26],
    "c": X[:26] + "0123456789",
    "d": "0123456789,",
    "x": X,
    "z": Z,
    "b": X[:26] + "0123456789",
}
_CLASSES = {kind: "[" + re.escape(allowed) + "]" for kind, allowed in CHARACTERS.items()}
_TOKEN = re.compile(
    r"(?P<open>\[)|(?P<close>\])|(?P<rows>\d+)\*|(?P<most>\d+)(?P<exact>!)?(?P<kind>[nacdxz])|(?P<bic>bic)|(?P<lead>/)"
)
_BIC_LENGTHS = (8, 11)


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """One subfield: its name, the fewest and the most characters of a line, their set, how many lines, what stands before it, and whether
    it may be left out."""

    name: str
    least: int
    most: int
    kind: str
    rows: int
    lead: str
    optional: bool


class Form:
    """A format with the names of its subfields. `lines` are its lines, each a row of pieces."""

    def __init__(self, text: str, names: str) -> None:
        self.text = text
        pending = names.split()
        self.lines: tuple[tuple[Piece, ...], ...] = tuple(_pieces(line, pending) for line in text.split("$"))
        assert not pending, f"{text}: nothing is called {pending}"
        self.pieces = tuple(piece for line in self.lines for piece in line)
        self.names = tuple(piece.name for piece in self.pieces)
        self.rows_most = sum(max(piece.rows for piece in line) for line in self.lines)
        self.width_most = max(sum(piece.most + len(piece.lead) for piece in line) for line in self.lines)
        self.kind = "z" if any(piece.kind == "z" for piece in self.pieces) else "x"

    @cached_property
    def _patterns(self) -> tuple[tuple[re.Pattern[str], list[str]], ...]:
        # Compiled for the fields that are met: a message has a dozen of a hundred.
        return tuple(_patterns(self.lines))

    def split(self, text: str) -> dict[str, str] | None:
        """The subfields that are there by name, or None where the text is not of this form. Lines end with a line feed."""
        for pattern, names in self._patterns:
            met = pattern.fullmatch(text)
            if met is not None:
                return {name: value for name, value in zip(names, met.groups(), strict=True) if value is not None}
        return None

    def join(self, values: Mapping[str, str]) -> str:
        """The text of these subfields; what is not there is left out, with its line where nothing else stands on it."""
        lines = []
        for line in self.lines:
            said = "".join(piece.lead + values[piece.name] for piece in line if values.get(piece.name))
            if said or not all(piece.optional for piece in line):
                lines.append(said)
        return "\n".join(lines)

    def fault(self, text: str) -> tuple[str, int, str]:
        """Why `split` says no: the rule, the line within the field (from 0), and a sentence."""
        allowed = CHARACTERS[self.kind]
        lines = text.split("\n")
        for number, line in enumerate(lines):
            wrong = next((char for char in line if char not in allowed), "")
            if wrong:
                return "characters", number, f"{wrong!r} is not in the character set {self.kind}"
        if not text.strip():
            return "empty", 0, "the field says nothing"
        if len(lines) > self.rows_most:
            return "length", self.rows_most, f"more than {self.rows_most} lines, the format is {self.text}"
        for number, line in enumerate(lines):
            if not line.strip():
                return "empty", number, "a line says nothing"
            if len(line) > self.width_most:
                return "length", number, f"{len(line)} characters where {self.text} allows {self.width_most}"
        return "format", 0, f"{text[:35]!r} does not read as {self.text}"


@lru_cache(maxsize=512)
def form(text: str, names: str) -> Form:
    """The form of a format, made once."""
    return Form(text, names)


def _pieces(line: str, names: list[str]) -> tuple[Piece, ...]:
    """The pieces of one line of the notation; takes their names from the front of `names`."""
    found: list[Piece] = []
    at, optional, rows, lead = 0, False, 1, ""
    while at < len(line):
        met = _TOKEN.match(line, at)
        assert met is not None, f"{line} at {at} is not of the format language"
        at = met.end()
        if met["open"]:
            optional = True
        elif met["close"]:
            optional = False
        elif met["rows"]:
            rows = int(met["rows"])
        elif met["lead"]:
            lead = "/"
        else:
            least, most, kind = _extent(met)
            found.append(Piece(names.pop(0), least, most, kind, rows, lead, optional))
            rows, lead = 1, ""
    return tuple(found)


def _extent(met: re.Match[str]) -> tuple[int, int, str]:
    if met["bic"]:
        return *_BIC_LENGTHS, "b"
    most = int(met["most"])
    return (most if met["exact"] else 1), most, met["kind"]


def _patterns(lines: tuple[tuple[Piece, ...], ...]) -> list[tuple[re.Pattern[str], list[str]]]:
    """One pattern for each choice of the lines that may be left out, the fullest first."""
    choices = [(True, False) if all(piece.optional for piece in line) else (True,) for line in lines]
    made = []
    for taken in product(*choices):
        if not any(taken):
            continue
        there = [line for line, kept in zip(lines, taken, strict=True) if kept]
        source = "\n".join(_line_pattern(line) for line in there)
        made.append((re.compile(source), [piece.name for line in there for piece in line]))
    return made


def _line_pattern(line: tuple[Piece, ...]) -> str:
    # A piece gives way to the separator of the one after it: `OTHR/URDG 758` is a code and a text, though a code may hold slashes.
    source = "(?=[^\n])"
    for at, piece in enumerate(line):
        yields = "?" if at + 1 < len(line) and line[at + 1].lead else ""
        row = f"{_CLASSES[piece.kind]}{{{piece.least},{piece.most}}}{yields}"
        if piece.kind == "b":
            row = f"{_CLASSES['b']}{{8}}(?:{_CLASSES['b']}{{3}})?"
        if piece.rows > 1:
            row += f"(?:\n{row}){{0,{piece.rows - 1}}}"
        one = f"{re.escape(piece.lead)}({row})"
        source += f"(?:{one})?" if piece.optional else one
    return source

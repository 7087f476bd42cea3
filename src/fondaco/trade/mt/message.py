"""A message of the Standards MT as a record: its type, its fields in order, and the blocks around them as they were."""

from __future__ import annotations

from typing import Literal

import msgspec

from fondaco.core import MalformedMessage, Reason
from fondaco.trade.mt.field import FORMS


class Field(msgspec.Struct, frozen=True, array_like=True):
    """A tag (`32B`) and what it says; lines end with a line feed whatever the wire has."""

    tag: str
    text: str

    def values(self) -> dict[str, str]:
        """The subfields by name, those that are there. For fields of a message that was found in order."""
        found = FORMS[self.tag].split(self.text)
        assert found is not None, f"{self.tag} was found to be of its form"
        return found


class Message(msgspec.Struct, frozen=True):
    """One message. `kind` is its type, such as `700`.

    `before` and `after` are the blocks around the text (their name, their content as it was): 1, 2 and 3 before, 5 and S after. `bare` is a
    text of fields without any block. `newline` is how lines end on the wire, `ending` what stands behind the last block ("" or one line end).
    """

    kind: str
    fields: tuple[Field, ...]
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()
    bare: bool = False
    newline: Literal["\r\n", "\n"] = "\r\n"
    ending: Literal["", "\r\n", "\n"] = ""

    def first(self, *tags: str) -> Field | None:
        """The first field with one of these tags."""
        return next((one for one in self.fields if one.tag in tags), None)

    def text(self, *tags: str) -> str:
        """What the first field with one of these tags says, "" where there is none."""
        found = self.first(*tags)
        return found.text if found is not None else ""

    @property
    def sender(self) -> str:
        """The BIC of eight of who sent it, as far as its blocks tell: block 1 of what goes out, block 2 of what came in."""
        blocks = dict(self.before)
        header = blocks.get("2", "")
        if header.startswith("O"):
            return header[14:22]
        return blocks.get("1", "")[3:11]

    @property
    def receiver(self) -> str:
        """The BIC of eight of who receives it, as far as its blocks tell."""
        blocks = dict(self.before)
        header = blocks.get("2", "")
        return blocks.get("1", "")[3:11] if header.startswith("O") else header[4:12]


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """One thing that is wrong. `line` is that of the file, from 1; `tag` the field, "" for the blocks; `rule` an error code of the standard
    (`T50`, `C02`) or a word of ours (`order`, `mandatory`, `format`)."""

    line: int
    tag: str
    rule: str
    text: str

    def sentence(self) -> str:
        where = f"field {self.tag}, line {self.line}" if self.tag else f"line {self.line}"
        return f"{where}: rule {self.rule}: {self.text}"

    def raised(self) -> MalformedMessage:
        """The same as the border's word for broken input."""
        where = f"field {self.tag} line {self.line}" if self.tag else f"line {self.line}"
        return MalformedMessage(_REASONS.get(self.rule, Reason.MALFORMED), where, f"rule {self.rule}: {self.text}")


_REASONS = {
    "mandatory": Reason.ELEMENT_MISSING,
    "order": Reason.ELEMENT_NOT_ADMITTED,
    "option": Reason.ELEMENT_NOT_ADMITTED,
    "repetition": Reason.ELEMENT_NOT_ADMITTED,
    "unknown": Reason.ELEMENT_NOT_ADMITTED,
    "characters": Reason.CHARACTERS_WRONG,
    "code": Reason.CODE_UNKNOWN,
    "T52": Reason.CODE_UNKNOWN,
    "T67": Reason.CODE_UNKNOWN,
    "C03": Reason.DECIMALS_WRONG,
    "T27": Reason.IDENTIFIER_WRONG,
}

"""What is wrong with documents: one rule, both places, both values."""

from __future__ import annotations

import msgspec

ERROR, WARNING = "error", "warning"


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that a rule found: at `place` a document says `found`; `other_place` says (or the rule wants) `wanted`.

    `rule` is the standard's own name of it where it has one (BR-CO-15, PEPPOL-EN16931-R010), else ours. An `error` refuses the document.
    """

    rule: str
    level: str
    place: str
    found: str
    wanted: str = ""
    other_place: str = ""
    text: str = ""

    def sentence(self) -> str:
        other = f"; {self.other_place or 'wanted'}: {self.wanted}" if self.wanted or self.other_place else ""
        return f"{self.level} {self.rule} at {self.place}: {self.found}{other}{f' ({self.text})' if self.text else ''}"

"""The form of a code of the Harmonised System: what can be one at all. Which codes there are is for `harmonised`."""

from __future__ import annotations

import re

_CODE = re.compile(r"\d{4}(?:[. ]?\d\d){1,3}|\d{4}", re.ASCII)
_LENGTHS = (4, 6, 8, 10)


def plain_code(text: str) -> str:
    """The digits of a code (`0801.11.00` is `08011100`), "" for what is none."""
    stripped = text.strip()
    digits = re.sub(r"[. ]", "", stripped)
    return digits if _CODE.fullmatch(stripped) and len(digits) in _LENGTHS else ""

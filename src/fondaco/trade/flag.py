"""What a guard noticed: a rule, a place, what was found and what was looked for. A flag asks people to look; it stops nothing by itself."""

from __future__ import annotations

from enum import Enum

import msgspec


class Grade(Enum):
    """How much a flag says: NOTE that something could not be judged, QUERY that somebody should look, REVIEW that it hardly can be right."""

    NOTE = "NOTE"
    QUERY = "QUERY"
    REVIEW = "REVIEW"


class Flag(msgspec.Struct, frozen=True, array_like=True):
    """One thing noticed. `rule` is the guard's own name (`PRICE_HIGH`), `where` the place in what was looked at, `text` one sentence that explains."""

    rule: str
    grade: Grade
    where: str
    found: str
    expected: str
    text: str

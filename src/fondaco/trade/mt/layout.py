"""Which fields stand in a message, in which order, how often: one table for each type (SR 2025 structures, categories 4 and 7).

A row is `tag`, then its options with a bar between them where a letter is chosen, then `!` where it must be there: `53 A|B|D`, `32 B !`.
"""

from __future__ import annotations

import msgspec


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One field of a type: the tags that may stand there (a choice of options), whether it must, whether it may be said again at once.
    `name` is how the standard calls it: `53a` for one with options."""

    name: str
    tags: tuple[str, ...]
    mandatory: bool
    repeats: bool = False


class Sequence(msgspec.Struct, frozen=True, array_like=True):
    """Rows that belong together and come `times` at most; more than once only where the standard says so. Its first row is mandatory then."""

    name: str
    rows: tuple[Row, ...]
    times: int = 1


class Layout(msgspec.Struct, frozen=True, array_like=True):
    """One message type."""

    kind: str
    title: str
    sequences: tuple[Sequence, ...]


def _rows(text: str) -> tuple[Row, ...]:
    made = []
    for line in text.split(";"):
        words = line.split()
        if not words:
            continue
        number, options = words[0], [word for word in words[1:] if word not in ("!", "+")]
        tags = tuple(number + option for option in options[0].split("|")) if options else (number,)
        name = number + "a" if len(tags) > 1 else tags[0]
        made.append(Row(name, tags, "!" in words, "+" in words))
    return tuple(made)


def _one(kind: str, title: str, text: str) -> Layout:
    return Layout(kind, title, (Sequence("A", _rows(text)),))


_TEN, _MANY = 10, 100
_DRAFT = "42 C; 42 A|D; 42 M; 42 P; "
_SHIPMENT = "43 P; 43 T; 44 A; 44 E; 44 F; 44 B; 44 C; 44 D; "
_AVAILABLE = "39 A; 39 C; 41 A|D !; " + _DRAFT
_TEXTS = "45 A; 46 A; 47 A; 49 G; 49 H; "
_AMENDED = "45 B; 46 B; 47 B; 49 M; 49 N; "
_LAST = "71 D; 48; 49 !; 58 A|D; 53 A|D; 78; 57 A|B|D; 72 Z"
_LAST_ADVISED = "71 D; 48; 49 !; 58 A|D; 53 A|D; 78; 78 D; 57 A|B|D; 72 Z"
_ITEM = "20 !; 21 !; 32 A|B|K !"

_LAYOUTS = (
    _one("400", "Advice of Payment",
         "20 !; 21 !; 32 A|B|K !; 33 A !; 52 A|D; 53 A|B|D; 54 A|B|D; 57 A|D; 58 A|B|D; 71 B; 72; 73"),
    Layout("410", "Acknowledgement", (Sequence("A", _rows(_ITEM), _TEN), Sequence("B", _rows("72")))),
    Layout("412", "Advice of Acceptance", (Sequence("A", _rows("20 !; 21 !; 32 A !"), _TEN), Sequence("B", _rows("72")))),
    Layout("416", "Advice of Non-Payment/Non-Acceptance",
           (Sequence("A", _rows("20 !; 21 !; 23 E; 51 A; 53 A|B; 71 F; 77 A")),
            Sequence("B", _rows("21 A !; 23 E; 21 C; 32 A|B|K !; 50 D; 59; 71 F; 77 A"), _MANY))),
    Layout("420", "Tracer", (Sequence("A", _rows(_ITEM), _TEN), Sequence("B", _rows("30; 59; 72")))),
    Layout("422", "Advice of Fate and Request for Instructions",
           (Sequence("A", _rows("20 !; 21 !; 32 A|B|K"), _TEN), Sequence("B", _rows("72; 75; 76")))),
    Layout("430", "Amendment of Instructions",
           (Sequence("A", _rows("20 !; 21 !; 32 A|K; 33 A|K"), _TEN), Sequence("B", _rows("59; 72; 74")))),
    _one("499", "Free Format Message", "20 !; 21; 79 ! +"),
    _one("700", "Issue of a Documentary Credit",
         "27 !; 40 A !; 20 !; 23; 31 C !; 40 E !; 31 D !; 51 A|D; 50 !; 59 !; 32 B !; " + _AVAILABLE + _SHIPMENT + _TEXTS + _LAST),
    _one("701", "Issue of a Documentary Credit (continued)", "27 !; 20 !; " + _TEXTS),
    _one("705", "Pre-Advice of a Documentary Credit",
         "40 A !; 20 !; 31 D !; 50 !; 59 !; 32 B !; 39 A; 39 C; 41 A|D; 44 A; 44 E; 44 F; 44 B; 44 C; 44 D; 45 A; 57 A|B|D; 79 Z; 72 Z"),
    _one("707", "Amendment to a Documentary Credit",
         "27 !; 20 !; 21 !; 23 !; 52 A|D; 50 B; 31 C !; 26 E !; 30 !; 22 A !; 23 S; 40 A; 40 E; 31 D; 50; 59; 32 B; 33 B; 39 A; 39 C; 41 A|D; "
         + _DRAFT + _SHIPMENT + _AMENDED + "71 D; 71 N; 48; 49; 58 A|D; 53 A|D; 78; 57 A|B|D; 72 Z"),
    _one("708", "Amendment to a Documentary Credit (continued)", "27 !; 20 !; 21 !; 23 !; 26 E !; 30 !; " + _AMENDED),
    _one("710", "Advice of a Third Bank's or a Non-Bank's Documentary Credit",
         "27 !; 40 B !; 20 !; 21 !; 23; 31 C !; 40 E !; 31 D !; 52 A|D; 50 B; 51 A|D; 50 !; 59 !; 32 B !; "
         + _AVAILABLE + _SHIPMENT + _TEXTS + _LAST_ADVISED),
    _one("711", "Advice of a Third Bank's or a Non-Bank's Documentary Credit (continued)", "27 !; 20 !; 21 !; " + _TEXTS),
    _one("720", "Transfer of a Documentary Credit",
         "27 !; 40 B !; 20 !; 21 !; 31 C !; 40 E !; 31 D !; 52 A|D; 50 B; 50 !; 59 !; 32 B !; "
         + _AVAILABLE + _SHIPMENT + _TEXTS + "71 D; 48; 49 !; 58 A|D; 78; 78 D; 57 A|B|D; 72 Z"),
    _one("721", "Transfer of a Documentary Credit (continued)", "27 !; 20 !; 21 !; " + _TEXTS),
    _one("730", "Acknowledgement", "20 !; 21 !; 25; 30 !; 32 B|D; 57 A|D; 71 D; 72 Z; 79 Z"),
    _one("732", "Advice of Discharge", "20 !; 21 !; 30 !; 32 B !; 72 Z"),
    _one("734", "Advice of Refusal", "20 !; 21 !; 32 A !; 73 A; 33 A|B; 57 A|B|D; 72 Z; 77 J !; 77 B !"),
    _one("740", "Authorisation to Reimburse",
         "20 !; 25; 40 F !; 31 D; 58 A|D; 59; 32 B !; 39 A; 39 C; 41 A|D !; " + _DRAFT + "71 A; 71 D; 72 Z"),
    _one("742", "Reimbursement Claim", "20 !; 21 !; 31 C; 52 A|D !; 32 B !; 33 B; 71 D; 34 A|B !; 57 A|B|D; 58 A|D; 72 Z"),
    _one("747", "Amendment to an Authorisation to Reimburse", "20 !; 21; 30 !; 31 E; 32 B; 33 B; 34 B; 39 A; 39 C; 72 Z; 77"),
    _one("750", "Advice of Discrepancy", "20 !; 21 !; 32 B !; 33 B; 71 D; 73 A; 34 B; 57 A|B|D; 72 Z; 77 J !"),
    _one("752", "Authorisation to Pay, Accept or Negotiate",
         "20 !; 21 !; 23 !; 30 !; 32 B; 71 D; 33 A|B; 53 A|B|D; 54 A|B|D; 72 Z; 79 Z"),
    _one("754", "Advice of Payment/Acceptance/Negotiation",
         "20 !; 21 !; 32 A|B !; 33 B; 71 D; 73 A; 34 A|B; 53 A|B|D; 57 A|B|D; 58 A|D; 72 Z; 77"),
    _one("756", "Advice of Reimbursement or Payment", "20 !; 21 !; 32 B !; 33 A !; 53 A|B|D; 54 A|B|D; 72 Z; 79 Z"),
    _one("799", "Free Format Message", "20 !; 21; 79 ! +"),
)  # fmt: skip
LAYOUTS: dict[str, Layout] = {one.kind: one for one in _LAYOUTS}

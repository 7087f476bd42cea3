"""A list of controlled goods, as CSV; what each column holds is written in `docs/lists.md`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fondaco.compliance.lists.entry import Good
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.tables import own_table

_NEEDED = ("code", "tier", "text", "licence", "source")
_COLUMNS = frozenset((*_NEEDED, "id", "phrases"))
_PUNCTUATION = re.compile(r"[.\s]")
_CODE = re.compile(r"\d{4}|\d{6}|\d{8}|\d{10}")


def read_goods(files: Sequence[bytes]) -> Reading:
    """Goods by `id`, or by their code where there is none. The first line may be `published,YYYY-MM-DD`.

    Raises `Unreadable` with the row: a code that is none of the Harmonised System's lengths, a line with neither code nor phrase, no
    source.
    """
    published, table = own_table(files[0], _NEEDED, _COLUMNS)
    goods = []
    for number, row in enumerate(table, 1):
        code = _PUNCTUATION.sub("", row["code"])
        if code and not _CODE.fullmatch(code):
            raise Unreadable(f"row {number}: code {row['code'][:20]!r} is not 4, 6, 8 or 10 digits")
        phrases = tuple(dict.fromkeys(" ".join(phrase.split()) for phrase in row["phrases"].split("|") if phrase.strip()))
        if not code and not phrases:
            raise Unreadable(f"row {number}: neither a code nor a phrase")
        if not row["source"]:
            raise Unreadable(f"row {number}: goods need the law that controls them (source)")
        goods.append(
            Good(row["id"] or code or phrases[0], code, row["tier"], row["text"], phrases, row["licence"], row["source"])
        )
    return Reading(published, (), goods=goods)

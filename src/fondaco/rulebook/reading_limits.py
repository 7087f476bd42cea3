"""`[[limits]]`: what the scheme or a central bank lets a participant owe, or pay, at most."""

from __future__ import annotations

from collections.abc import Iterable

from fondaco.core import COUNTRIES
from fondaco.rulebook import forms as form
from fondaco.rulebook.draft import Draft
from fondaco.rulebook.limits import CAP, FLOW, SCHEME, TOTAL, SetLimitRule, set_limit_faults
from fondaco.rulebook.participant import Participant


def set_limits_of(
    draft: Draft, given: list[form.SetLimit], participants: Iterable[Participant], home: str, numbers: set[str]
) -> tuple[SetLimitRule, ...]:
    """The limits of a draft; `home` is the currency of exposures, "" where no article names one."""
    file, found = "union.toml", []
    for at, one in enumerate(given):
        key = f"limits[{at}]"
        draft.known_article(f"{key}.article", one.article, numbers)
        if one.total and one.towards:
            draft.wrong(file, f"{key}.towards", "a limit of all currencies is towards nobody")
        kind = TOTAL if one.total else FLOW if one.towards else CAP
        found.append(
            SetLimitRule(
                kind,
                one.member[:8],
                one.set_by if one.set_by == SCHEME else one.set_by[:8],
                one.currency,
                one.towards if one.towards in COUNTRIES else one.towards[:8],
                draft.amount(file, f"{key}.amount", one.amount, one.currency),
                one.article,
                one.valid_from,
            )
        )
    for place, reason in set_limit_faults(found, {one.bic[:8]: one for one in participants}, home):
        draft.wrong(file, place, reason)
    return tuple(found)

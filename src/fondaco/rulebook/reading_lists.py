"""What a rulebook says of screening: lists, their thresholds, embargoes; and what no rulebook may say of them."""

from __future__ import annotations

import re
from datetime import date

from fondaco.core import COUNTRIES
from fondaco.rulebook import forms as form
from fondaco.rulebook.draft import Draft
from fondaco.rulebook.scheme import EmbargoRule, ListRule, ListThreshold

LIST_FORMATS = frozenset(
    "un_xml ofac_xml ofac_csv ofac_advanced_xml eu_xml eu_csv uk_csv ofsi_csv seco_xml canada_xml opensanctions_csv ftm_json private_csv "
    "goods_csv".split()
)
THRESHOLD_BOUNDS = (800, 950)
_UN = "un"
_LIST_ID = re.compile(r"[a-z][a-z0-9_-]{0,30}")
# Hits of an article, not of a list, are kept under these names.
_NO_LISTS = frozenset({"embargo", "party_data"})


def lists_of(draft: Draft, given: list[form.List], article: str) -> list[ListRule]:
    """Lists that no setting can starve: `article` is that of screening, which every one of these refusals names."""
    file = "union.toml"
    found = []
    for at, one in enumerate(given):
        key = f"lists[{at}] {one.id}"
        if not _LIST_ID.fullmatch(one.id) or one.id in _NO_LISTS:
            draft.wrong(file, f"{key}.id", f"no name of a list: a letter, then letters, digits, - or _ (article {article})")
        if one.format not in LIST_FORMATS:
            draft.wrong(file, f"{key}.format", f"one of {', '.join(sorted(LIST_FORMATS))}")
        if not THRESHOLD_BOUNDS[0] <= one.threshold_milli <= THRESHOLD_BOUNDS[1]:
            low, high = THRESHOLD_BOUNDS
            draft.wrong(
                file, f"{key}.threshold_milli", f"between {low} and {high}: a list that cannot alert is none (article {article})"
            )
        if not 1 <= one.max_age_days <= 31:
            draft.wrong(file, f"{key}.max_age_days", f"between 1 and 31 days (article {article})")
        if not 0 <= one.shrink_max_percent <= 50:
            draft.wrong(file, f"{key}.shrink_max_percent", f"between 0 and 50 (article {article})")
        if one.on_confirmed not in ("reject", "block"):
            draft.wrong(file, f"{key}.on_confirmed", "reject or block")
        if [other.id for other in given].count(one.id) > 1:
            draft.wrong(file, key, "the list stands here twice")
        found.append(
            ListRule(
                one.id,
                one.format,
                one.required,
                one.max_age_days,
                one.threshold_milli,
                one.shrink_max_percent,
                one.on_confirmed,
                one.source,
            )
        )
    if not any(one.id == _UN and one.required for one in given):
        draft.wrong(file, "lists", f"the United Nations list (id un, required) binds every union (article {article})")
    return found


def list_thresholds_of(
    draft: Draft, given: list[form.ListThreshold], lists: dict[str, ListRule], numbers: set[str]
) -> list[ListThreshold]:
    file = "union.toml"
    seen: set[tuple[str, str, str, date]] = set()
    found = []
    for at, one in enumerate(given):
        key = f"list_thresholds[{at}] {one.list}"
        draft.known_article(f"{key}.article", one.article, numbers)
        rule = lists.get(one.list)
        if rule is None:
            draft.wrong(file, key, f"no list {one.list} in [[lists]] (article {one.article})")
        elif one.list == _UN and one.threshold_milli > rule.threshold_milli:
            draft.wrong(file, key, f"no corridor narrows the United Nations list (article {one.article})")
        if not THRESHOLD_BOUNDS[0] <= one.threshold_milli <= THRESHOLD_BOUNDS[1]:
            low, high = THRESHOLD_BOUNDS
            draft.wrong(file, f"{key}.threshold_milli", f"between {low} and {high} (article {one.article})")
        for country in (one.origin, one.target):
            if country not in COUNTRIES:
                draft.wrong(file, key, f"{country} is not a country of ISO 3166")
        if not one.source.strip():
            draft.wrong(file, f"{key}.source", "a threshold needs its source: the law, or the calibration report it follows")
        if (one.list, one.origin, one.target, one.valid_from) in seen:
            draft.wrong(file, key, f"two thresholds of this corridor from {one.valid_from}")
        seen.add((one.list, one.origin, one.target, one.valid_from))
        found.append(
            ListThreshold(one.list, one.origin, one.target, one.threshold_milli, one.article, one.valid_from, one.source)
        )
    return found


def embargoes_of(draft: Draft, given: list[form.Embargo], numbers: set[str]) -> list[EmbargoRule]:
    file = "union.toml"
    found = []
    for at, one in enumerate(given):
        key = f"embargoes[{at}] {one.country}"
        draft.known_article(f"{key}.article", one.article, numbers)
        if one.country not in COUNTRIES:
            draft.wrong(file, key, f"{one.country} is not a country of ISO 3166")
        if not one.source.strip():
            draft.wrong(file, f"{key}.source", "an embargo needs its source")
        if any(len(town.strip()) < 3 for town in one.towns):
            draft.wrong(file, f"{key}.towns", "a town has at least three letters: less would be found in every address")
        found.append(EmbargoRule(one.country, tuple(one.towns), one.article, one.valid_from, one.source))
    return found

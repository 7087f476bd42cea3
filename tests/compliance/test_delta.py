"""What changed in a list, indexed alone among the whole, finds of it what the whole finds: the same scores, the same words."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.compliance import Entry, ListEdition, Name, honest_names
from fondaco.compliance.calibration import _disguised
from fondaco.compliance.matching import Index

NAMES = honest_names(11, 60)


def edition(places: list[int]) -> ListEdition:
    entries = tuple(Entry(f"E{at}", "person", (Name(NAMES[at]),)) for at in places)
    return ListEdition("un", "names", "", 0, "d", entries)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 59), min_size=8, max_size=40, unique=True), st.integers(1, 8), st.randoms(use_true_random=False),
    st.sampled_from([800, 850, 880, 950]),
)  # fmt: skip
def test_the_delta_finds_of_the_changed_entries_what_the_whole_finds(
    listed: list[int], changed: int, lot: object, floor: int
) -> None:
    whole = Index([edition(listed)])
    part = Index([edition(listed[:changed])], among=whole)
    said = [_disguised(NAMES[at], lot) for at in listed] + honest_names(12, 20)  # type: ignore[arg-type]
    ids = {f"E{at}" for at in listed[:changed]}
    for text, by_part, by_whole in zip(said, part.search_many(said, floor), whole.search_many(said, floor), strict=True):
        assert by_part == [one for one in by_whole if one.entry_id in ids], text

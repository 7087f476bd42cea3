"""List sets: immutable, versioned by what they hold, valid until an instant; and what differs between two editions."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.compliance import (
    Entry,
    ListEdition,
    ListSet,
    ListSetting,
    Name,
    Quarantined,
    ScreeningUnfit,
    changed_facts,
    edition_difference,
    read_list,
)
from fondaco.core import Instant
from list_samples import SAMPLES, UN

DAY = 86_400 * 10**9


def edition(format_: str = "un_xml", *files: bytes, received_at: int = DAY) -> ListEdition:
    found = read_list(format_, format_, files or SAMPLES[format_], received_at, 10)
    assert isinstance(found, ListEdition), found
    return found


def setting(list_id: str = "un_xml", threshold: int = 850, days: int = 7, required: bool = True) -> ListSetting:
    return ListSetting(list_id, threshold, days, required)


def test_the_version_is_of_files_readers_and_settings_and_nothing_else() -> None:
    plain = ListSet([edition()], [setting()])
    assert ListSet([edition(received_at=99 * DAY)], [setting()]).version == plain.version, "when it came is no part of it"
    others = [
        ListSet([edition("un_xml", UN.replace(b"VELOSTA", b"VELOSTO"))], [setting()]),
        ListSet([edition()], [setting(threshold=851)]),
        ListSet([edition()], [setting(days=8)]),
        ListSet([edition()], [setting(), setting("eu_xml", required=False)]),
        ListSet([msgspec.structs.replace(edition(), reader="fondaco-lists-1")], [setting()]),
        ListSet([], [setting()]),
    ]
    assert len({plain.version, *(one.version for one in others)}) == len(others) + 1


@given(st.permutations(["un_xml", "eu_xml", "uk_csv", "goods_csv"]))
def test_the_order_of_lists_changes_no_version(order: list[str]) -> None:
    made = ListSet([edition(one) for one in order], [setting(one) for one in reversed(order)])
    assert made.version == ListSet([edition(one) for one in sorted(order)], [setting(one) for one in sorted(order)]).version


def test_a_list_set_cannot_be_changed() -> None:
    made = ListSet([edition()], [setting()])
    with pytest.raises(TypeError):
        made.editions["un_xml"] = edition()  # type: ignore[index]
    with pytest.raises(TypeError):
        made.settings["x"] = setting()  # type: ignore[index]
    with pytest.raises(AttributeError):
        made.editions["un_xml"].entries = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        made.more = 1  # type: ignore[attr-defined]


def test_each_list_is_valid_until_its_own_instant() -> None:
    made = ListSet([edition(), edition("goods_csv", received_at=3 * DAY)], [setting(days=7), setting("goods_csv", days=2)])
    assert (made.valid_until("un_xml"), made.valid_until("goods_csv")) == (8 * DAY, 5 * DAY)
    assert made.unfit(Instant(5 * DAY - 1)) == "" and "goods_csv is older than 2 days" in made.unfit(Instant(5 * DAY))
    assert "un_xml is missing" in ListSet([], [setting()]).unfit(Instant(0))
    assert ListSet([], [setting(required=False)]).unfit(Instant(0)) == ""
    empty = ListEdition("un_xml", "un_xml", "", 0, "d", ())
    assert "is empty" in ListSet([empty], [setting()]).unfit(Instant(1))
    with pytest.raises(ScreeningUnfit, match="no setting"):
        ListSet([edition()], [])


def shaped(entries: int, names: int = 2, births: int = 1, reader: str = "r") -> ListEdition:
    made = tuple(
        Entry(f"e{n}", "person", tuple(Name(f"Name {n} {k}") for k in range(names)), ("1960",) * births, ("IR",), ("P",))
        for n in range(entries)
    )
    return ListEdition("x", "un_xml", "2026-11-23", 1, "d", made, reader=reader)


def test_a_kind_of_fact_that_vanishes_is_a_drifted_schema() -> None:
    from fondaco.compliance.lists.gates import Reading, succession_faults

    before = shaped(30)
    for after, reason in (
        (shaped(30, names=1), "names"),
        (shaped(30, births=0), "entries with a birth date"),
        (shaped(26), "26 entries, 30 in force"),
    ):
        faults = list(succession_faults(Reading("2026-11-24", after.entries), before, 10))
        assert any(reason in fault for fault in faults), faults
    assert not list(succession_faults(Reading("2026-11-24", shaped(27).entries), before, 10)), "a tenth may go"
    assert not list(succession_faults(Reading("2026-11-24", shaped(30, names=1).entries), shaped(30, reader=""), 10)), (
        "an earlier release"
    )
    assert not list(succession_faults(Reading("", shaped(12, births=0).entries), shaped(12), 10)), "too few to tell"


def test_a_difference_names_what_came_what_went_and_what_changed() -> None:
    before = edition()
    after = edition(
        "un_xml", UN.replace(b"INe.901", b"INe.902").replace(b"Nowhere", b"Elsewhere").replace(b"V. Quebandro", b"W. Quebandro")
    )
    found = edition_difference(before, after)
    assert [one.entry_id for one in found.added if isinstance(one, Entry)] == ["INe.902"]
    assert [one.entry_id for one in found.removed if isinstance(one, Entry)] == ["INe.901"]
    ((was, now),) = found.changed
    assert isinstance(was, Entry) and isinstance(now, Entry) and changed_facts(was, now) == ["names", "addresses"]
    assert not edition_difference(before, before) and len(edition_difference(None, before).added) == 2
    goods = edition("goods_csv")
    other = edition("goods_csv", SAMPLES["goods_csv"][0].replace(b"export licence", b"import licence"))
    assert len(edition_difference(goods, other).changed) == 1


@given(st.permutations(list(range(5))), st.integers(0, 4))
def test_the_order_in_which_a_list_prints_is_no_change(order: list[int], first: int) -> None:
    entry = Entry("e", "person", tuple(Name(f"Name {n}") for n in range(5)), tuple(str(1960 + n) for n in range(5)))
    turned = msgspec.structs.replace(
        entry, names=tuple(entry.names[n] for n in order), birth_dates=tuple(entry.birth_dates[n] for n in order)
    )
    make = lambda *entries: ListEdition("x", "un_xml", "", 1, "d", entries)  # noqa: E731
    assert not edition_difference(make(entry), make(turned))
    weaker = msgspec.structs.replace(entry, names=tuple(Name(n.text, at == first) for at, n in enumerate(entry.names)))
    assert edition_difference(make(entry), make(weaker)).changed


def test_the_same_list_in_force_is_taken_again() -> None:
    for format_ in SAMPLES:
        again = read_list(format_, format_, SAMPLES[format_], DAY, 0, edition(format_))
        assert not isinstance(again, Quarantined), again

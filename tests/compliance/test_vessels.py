"""Ships by their IMO number: the check digit, every way of writing it, and what the list knows of the ship."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.compliance import ListEdition, Vessels, read_list
from fondaco.compliance.lists import imo_holds
from fondaco.compliance.vessels import imo_numbers
from fondaco.core import Mention
from list_samples import SAMPLES


def vessels(format_: str = "ofac_xml") -> Vessels:
    found = read_list(format_, format_, SAMPLES[format_], 1, 10)
    assert isinstance(found, ListEdition), found
    return Vessels([found])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MV ORKEMIR IMO 9074729", (("9074729", True),)),
        ("IMO9074729", (("9074729", True),)),
        ("imo ship no.: 9074729", (("9074729", True),)),
        ("I.M.O. Number 9074729", (("9074729", True),)),
        ("ship 9074729 of 2004", (("9074729", False),)),
        ("ＩＭＯ ９０７４７２９", (("9074729", True),)),
        ("٩٠٧٤٧٢٩", (("9074729", False),)),
        ("90\u200b74729", (("9074729", False),)),
        ("9074728", ()),
        ("IMO 9074728", (("9074728", True),)),
        ("account 19074729", ()),
        ("90747291", ()),
    ],
)
def test_numbers_are_found_however_they_are_written(text: str, found: tuple[tuple[str, bool], ...]) -> None:
    assert imo_numbers(text) == found


@given(st.integers(0, 999_999))
def test_exactly_one_check_digit_holds_and_a_slip_of_one_digit_is_seen(base: int) -> None:
    good = [f"{base:06d}{digit}" for digit in range(10) if imo_holds(f"{base:06d}{digit}")]
    assert len(good) == 1
    slipped = f"{(int(good[0][0]) + 1) % 10}{good[0][1:]}"
    assert not imo_holds(slipped)
    assert not imo_holds(good[0] + "0") and not imo_holds("") and not imo_holds("９０７４７２９")


@pytest.mark.parametrize(
    "format_",
    [
        "ofac_xml",
        "ofac_advanced_xml",
        "uk_csv",
        "ofsi_csv",
        "seco_xml",
        "canada_xml",
        "opensanctions_csv",
        "ftm_json",
        "private_csv",
    ],
)
def test_every_format_that_lists_ships_has_them_found(format_: str) -> None:
    (hit,) = vessels(format_).hits([Mention("text", "Doc/RmtInf/Ustrd", "freight for 9074729")])
    assert hit.imo == "9074729" and hit.path == "Doc/RmtInf/Ustrd" and hit.names[0].casefold() == "orkemir star"


def test_a_hit_knows_former_names_and_flags() -> None:
    (hit,) = vessels().find("FELTHA MOON, IMO 9074729")
    assert (
        hit.names == ("ORKEMIR STAR", "FELTHA MOON")
        and hit.former == ("FELTHA MOON",)
        and set(hit.flags) == {"IR", "MT"}
        and hit.labelled
    )
    assert not vessels().find("IMO 9074717") and not vessels().hits([Mention("country", "c", "9074729")])

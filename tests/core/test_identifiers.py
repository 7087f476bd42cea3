"""schwifty, which nobody here wrote, judges BIC and IBAN; ISO 17442's own examples judge the LEI."""

from __future__ import annotations

import uuid

import pytest
import schwifty
from hypothesis import example, given
from hypothesis import strategies as st
from schwifty.exceptions import SchwiftyException

from fondaco.core import bic_fault, iban_fault, lei_fault, lei_with_check_digits, uetr_fault
from fondaco.core.identifiers import IBAN_LENGTHS

letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
alnum = letters + "0123456789"


@given(st.sampled_from(sorted(IBAN_LENGTHS)), st.data())
def test_iban_check_digits_agree_with_schwifty(country: str, data: st.DataObject) -> None:
    body = data.draw(st.text(alphabet="0123456789", min_size=IBAN_LENGTHS[country] - 4, max_size=IBAN_LENGTHS[country] - 4))
    for check in range(2, 99):
        text = f"{country}{check:02d}{body}"
        if iban_fault(text) == "":
            break
    else:
        pytest.fail("no check digits fit")
    assert schwifty.IBAN(text, allow_invalid=True).checksum_digits == f"{check:02d}"
    other = f"{country}{(check % 96) + 2:02d}{body}"
    if other != text:
        assert iban_fault(other) != ""


@pytest.mark.parametrize(
    "text", ["DE89370400440532013000", "GB29NWBK60161331926819", "BR1500000000000010932840814P2", "NO9386011117947"]
)
def test_registry_examples_are_ibans_for_both(text: str) -> None:
    assert iban_fault(text) == ""
    assert schwifty.IBAN(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DE",
        "de89370400440532013000",
        "DE8937040044053201300",
        "US89370400440532013000",
        "DE88370400440532013000",
        "DE89 3704 0044",
    ],
)
def test_what_is_no_iban_is_told_so(text: str) -> None:
    assert iban_fault(text) != ""


@example("0000XK00000")
@given(st.text(alphabet=alnum, min_size=8, max_size=11))
def test_bic_agrees_with_schwifty(text: str) -> None:
    try:
        schwifty.BIC(text)
        theirs = True
    except SchwiftyException:
        theirs = False
    ours = bic_fault(text) == ""
    if text[4:6] == "XK" and len(text) in (8, 11):
        # Kosovo's code is no country of ISO 3166, which is all that schwifty asks; SWIFT registers BICs under it all the same.
        assert ours and not theirs
        return
    # ISO 9362:2022 allows digits in the prefix; schwifty follows it as well unless told to enforce SWIFT's letters.
    assert ours == theirs


def test_lei_check_digits() -> None:
    assert lei_fault("5493001KJTIIGC8Y1R12") == ""
    assert lei_fault("5493001KJTIIGC8Y1R13") != ""
    assert lei_fault("5493001kjtiigc8y1r12") != ""


@given(st.text(alphabet=alnum, min_size=18, max_size=18))
def test_a_lei_with_its_check_digits_is_a_lei_and_one_changed_character_is_not(stem: str) -> None:
    lei = lei_with_check_digits(stem)
    assert lei_fault(lei) == ""
    changed = ("B" if lei[0] == "A" else "A") + lei[1:]
    assert lei_fault(changed) != ""


@given(st.uuids())
def test_a_uetr_is_a_lower_case_uuid_of_version_four(value: uuid.UUID) -> None:
    text = str(value)
    assert (uetr_fault(text) == "") == (value.version == 4 and value.variant == uuid.RFC_4122)
    if value.version == 4 and value.variant == uuid.RFC_4122 and text != text.upper():
        assert uetr_fault(text.upper()) != ""

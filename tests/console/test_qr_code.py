"""Codes for telephones: module for module those of another writer, for every version and mask that we write."""

from __future__ import annotations

import pytest
import segno

from fondaco.console.qr_code import modules, svg

# How many bytes fill a version of level M: nothing is padded, so there is one right code for each mask.
FULL = {1: 14, 2: 26, 3: 42, 4: 62, 5: 84, 6: 106, 7: 122, 8: 152, 9: 180, 10: 213}


@pytest.mark.parametrize("version", FULL)
def test_a_full_code_is_that_of_another_writer_in_every_mask(version: int) -> None:
    text = "".join(chr(33 + at * 7 % 90) for at in range(FULL[version]))
    for mask in range(8):
        assert modules(text, mask) == drawn(text, mask), mask
    assert modules(text) in [modules(text, mask) for mask in range(8)]


def test_a_shorter_text_takes_the_smallest_version_that_holds_it_and_a_longer_one_is_refused() -> None:
    assert [len(modules("x" * length)) for length in (1, 14, 15, 152, 153)] == [21, 21, 25, 49, 53]
    with pytest.raises(ValueError, match="214 bytes"):
        modules("x" * 214)


def test_a_label_is_text_in_the_drawing() -> None:
    drawing = str(svg("otpauth://totp/x", 'a "code" <b>'))
    assert "<b>" not in drawing and "&lt;b&gt;" in drawing and drawing.count("<path") == 1


def drawn(text: str, mask: int) -> list[list[int]]:
    code = segno.make_qr(text, error="m", mode="byte", mask=mask, boost_error=False)
    return [[int(bit) for bit in row] for row in code.matrix]

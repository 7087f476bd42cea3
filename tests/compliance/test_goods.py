"""Controlled goods: codes and phrases in texts, and the licence that they need."""

from __future__ import annotations

import pytest

from fondaco.compliance import Goods, ListEdition, ScreeningUnfit, licence_references, read_list
from fondaco.compliance.goods import codes_in
from fondaco.compliance.lists import Good
from fondaco.core import Mention
from list_samples import SAMPLES, goods, table


def index() -> Goods:
    found = read_list("goods", "goods_csv", SAMPLES["goods_csv"], 1, 10)
    assert isinstance(found, ListEdition), found
    return Goods([found])


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("HS code: 8542.31, 8542.32 and 848210", {"854231": True, "854232": True, "848210": True}),
        ("ball bearings 8482.10.90", {"84821090": True}),
        ("CN 8482 10 90", {"84821090": True}),
        ("H.S. 8542", {"8542": True}),
        ("HSN84821090", {"84821090": True}),
        ("tariff heading no. 8482", {"8482": True}),
        ("circuits 8542.31 shipped", {"854231": False}),
        ("invoice 854231 paid on 20261124", {}),
        ("USD 8542.31", {}),
        ("8542.31 EUR", {}),
        ("8542.31%", {}),
        ("£8542.31", {}),
        ("1,8542.31", {}),
        ("12345678901", {}),
    ],
)
def test_codes_are_told_from_amounts_and_other_numbers(text: str, codes: dict[str, bool]) -> None:
    assert dict(codes_in(text)) == codes


def test_a_field_for_codes_needs_neither_label_nor_points() -> None:
    assert codes_in("854231", structured=True) == (("854231", True),)
    assert [hit.rule for hit in index().find("854231", "Doc/Itm/HSCd")] == ["code"] and not index().find(
        "854231", "Doc/RmtInf/Ustrd"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HS 8542.31", [("854231", "code")]),
        ("HS 8542.31.90", [("854231", "code")]),
        ("HS 8542", [("854231", "heading")]),
        ("HS 8482.10", [("8482", "code")]),
        ("supply of INTEGRATED CIRCUITS", [("854231", "phrase")]),
        ("ｉｎｔｅｇｒａｔｅｄ ｃｉｒｃｕｉｔ", [("854231", "phrase")]),
        ("vacuum pumps and ball bearings", [("8482", "phrase"), ("dual-1", "phrase")]),
        ("circuit integrated", []),
        ("HS 8543.31", []),
        ("total 8482.10", []),
        ("two pumps", []),
    ],
)
def test_listed_goods_are_found_by_code_heading_and_phrase(text: str, expected: list[tuple[str, str]]) -> None:
    assert sorted((hit.good_id, hit.rule) for hit in index().find(text)) == expected


def test_a_hit_says_tier_law_and_licence_and_which_licences_the_text_gives() -> None:
    (hit,) = index().hits(
        [
            Mention("text", "Doc/RmtInf/Ustrd", "export licence no. EXP/2026-123 for HS 8542.31"),
            Mention("country", "Ctry", "HS 8482"),
        ]
    )
    assert (hit.list_id, hit.tier, hit.licence, hit.source) == ("goods", "1", "export licence", "Invented Act, annex 1")
    assert hit.licences_said == ("EXP/2026-123",) and hit.path == "Doc/RmtInf/Ustrd"
    assert licence_references("licence pending, see invoice 77; permit: B-4711, authorisation ref. 12345") == ("B-4711", "12345")


def test_every_line_of_a_list_is_found_again() -> None:
    index().self_test()
    unfit = ListEdition("goods", "goods_csv", "", 1, "d", (), (Good("g", "85423", "", "", (), "", "law"),))
    with pytest.raises(ScreeningUnfit, match="canary of goods g"):
        Goods([unfit]).self_test()


def test_a_misspelt_column_or_code_is_refused() -> None:
    for rows, reason in (
        ([{"code": "85423", "source": "law"}], "not 4, 6, 8 or 10 digits"),
        ([{"code": "854231"}], "need the law"),
        ([{"text": "something", "source": "law"}], "neither a code nor a phrase"),
        ([{"code": "854231", "source": "a"}, {"code": "8542.31", "source": "b"}], "stands here twice"),
    ):
        found = read_list("g", "goods_csv", [table(rows, ["id", "code", "tier", "text", "phrases", "licence", "source"])], 1, 10)
        assert not isinstance(found, ListEdition) and reason in found.reasons[0], found
    assert not isinstance(read_list("g", "goods_csv", [goods().replace(b"phrases", b"frases")], 1, 10), ListEdition)

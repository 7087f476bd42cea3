"""Names and dates as lists print them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.compliance import country_code
from fondaco.compliance.lists.cleaning import dates_in, legal_form_only, names_in
from fondaco.compliance.lists.draft import Draft

NAMES = [
    ("Alpha Beta; Gamma Delta b) Epsilon Zeta", ["Alpha Beta", "Gamma Delta", "Epsilon Zeta"]),
    ("a) Alpha Beta b) Gamma Delta", ["Alpha Beta", "Gamma Delta"]),
    ("MODERN INDUSTRIES TECHNIQUE COMPANY (MITEC)", ["MODERN INDUSTRIES TECHNIQUE COMPANY", "MITEC*"]),
    ("GREAT LAKES BUSINESS COMPANY (GLBC) ; OTHER COMPANY", ["GREAT LAKES BUSINESS COMPANY", "GLBC*", "OTHER COMPANY"]),
    ("UGANDA INVENTED IMPEX (UII) LTD", ["UGANDA INVENTED IMPEX LTD", "UII*"]),
    ("LEADER (HONG KONG) TRADING", ["LEADER (HONG KONG) TRADING"]),
    ("LIMMT (DALIAN) METALLURGY CO.", ["LIMMT (DALIAN) METALLURGY CO."]),
    ("Jin Tiesan (金铁三)", ["Jin Tiesan", "金铁三~"]),
    ("Amir Khaz (original script: Амир Хаз)", ["Amir Khaz", "Амир Хаз~"]),
    ("Russian: Амир Хаз", ["Амир Хаз~"]),
    ("Invented Foundation (Ινδονησία)", ["Invented Foundation", "Ινδονησία*"]),
    ("Abubakar (Абубакар)", ["Abubakar", "Абубакар~"]),
    ("In Arabic: سيف العدل", ["سيف العدل~"]),
    ("أبو بكر (Abu Bakr; Abu Bakar)", ["أبو بكر~", "Abu Bakr", "Abu Bakar"]),
    ("AL-HARAMAIN : SOME BRANCH", ["AL-HARAMAIN : SOME BRANCH"]),
    ("Velosta Keb (formerly Old Keb)", ["Velosta Keb", "Old Keb<"]),
    ("Velosta Keb (a.k.a. Vel Keb)", ["Velosta Keb", "Vel Keb"]),
    ("f.k.a. Old Keb", ["Old Keb<"]),
    ("Velosta Keb (previously listed as)", ["Velosta Keb"]),
    ("Velosta Keb (birth name)", ["Velosta Keb"]),
    ("Velosta Keb, born 1 Jan. 1953 (passport no. 77, of 2004)", ["Velosta Keb"]),
    ("(Sheikh) Velosta Keb", ["(Sheikh) Velosta Keb"]),
    ("Good: Velosta  Keb ,", ["Velosta Keb"]),
    ("-0-", []), ("n/a", []), ("", []), (" ; ;; ", []), ("X", []),
]  # fmt: skip


@pytest.mark.parametrize(("printed", "names"), NAMES, ids=[one[0] for one in NAMES])
def test_names_are_parted_and_what_is_said_about_them_is_left_out(printed: str, names: list[str]) -> None:
    mark = {"former": "<", "original": "~"}
    assert [name.text + ("*" if name.weak else mark.get(name.kind, "")) for name in names_in(printed)] == names


@given(st.text(max_size=200), st.booleans())
def test_no_text_breaks_the_cleaning_and_it_invents_no_letters(text: str, weak: bool) -> None:
    for name in names_in(text, weak=weak):
        assert name.text == " ".join(name.text.split()) and len(name.text) > 1
        assert not weak or name.weak, "a weak string holds no strong name"
        assert set(name.text) - {" "} <= set(text)


@given(st.lists(st.sampled_from(["Velosta Keb", "Orkemir Felth", "Амир Хаз", "Jin Tiesan"]), min_size=1, max_size=4))
def test_no_name_of_several_is_lost(names: list[str]) -> None:
    assert [name.text for name in names_in("; ".join(names))] == names


def test_aliases_that_are_a_legal_form_alone_are_left_out_unless_there_is_no_other_name() -> None:
    draft = Draft("1", "organisation")
    draft.name("Orkemir Trading", kind="primary")
    for alias in ("Joint Stock Company", "Public Joint-Stock Co.", "OOO", "Общество с ограниченной ответственностью", "Limit"):
        draft.name(alias)
    assert [name.text for name in draft.entry().names] == ["Orkemir Trading", "Limit"]
    alone = Draft("2", "organisation")
    alone.name("The Company", kind="primary")
    assert [name.text for name in alone.entry().names] == ["The Company"] and legal_form_only("The Company")


def test_a_name_said_twice_is_weak_only_if_it_is_weak_both_times() -> None:
    draft = Draft("1", "person")
    for weak in (True, False):
        draft.name("Velosta Keb", weak=weak)
    draft.name("Vel", weak=True)
    draft.name("Vel", weak=True)
    assert [(name.text, name.weak) for name in draft.entry().names] == [("Velosta Keb", False), ("Vel", True)]


@pytest.mark.parametrize(
    ("printed", "dates"),
    [
        ("10 Dec 1948", ["1948-12-10"]), ("Dec 1951", ["1951-12"]), ("1951", ["1951"]), ("circa 1951", ["1951"]), ("circa 10 Dec 1951", ["1951"]),
        ("1951 to 1953", ["1951", "1952", "1953"]), ("01 Jan 1960 to 31 Dec 1960", ["1960"]), ("between 1960 and 1961", ["1960", "1961"]),
        ("28/09/1955", ["1955-09-28"]), ("00/04/1984", ["1984-04"]), ("--/--/1984", ["1984"]), ("dd/mm/1967", ["1967"]), ("00/00/1936", ["1936"]),
        ("1959-09-24", ["1959-09-24"]), ("1959-9", ["1959-09"]), ("1960-01-01-05:00", ["1960-01-01"]), ("14-Sep-1962", ["1962-09-14"]),
        ("23-Nov-2026", ["2026-11-23"]), ("", []), ("-0-", []), ("in his forties", ["in his forties"]), ("1900 to 1999", ["1900 to 1999"]),
        ("99/99/1960", ["99/99/1960"]),
    ],
)  # fmt: skip
def test_dates_become_iso_as_far_as_they_are_known(printed: str, dates: list[str]) -> None:
    assert dates_in(printed) == dates


@given(st.text(max_size=60))
def test_no_text_breaks_the_dates(text: str) -> None:
    assert all(dates_in(text)) or not dates_in(text)


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("Korea, North", "KP"), ("Iran (Islamic Republic of)", "IR"), ("Côte d'Ivoire", "CI"), ("CONGO, Democratic Republic of (was Zaire)", "CD"),
        ("Congo", "CG"), ("gb", "GB"), ("Kuwait (citizenship withdrawn in 2002)", "KW"), ("None Identified", ""), ("", ""), ("00", ""),
        ("Yugoslavia", "Yugoslavia"), ("Türkiye", "TR"), ("West Bank", "PS"), ("Burma", "MM"), ("St. Kitts and Nevis", "KN"),
    ],
)  # fmt: skip
def test_countries_become_codes_and_unknown_ones_stay_as_printed(printed: str, code: str) -> None:
    assert country_code(printed) == code

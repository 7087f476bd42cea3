"""What is told besides a name moves its score with a reason, and never clears a strong name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.compliance import (
    Configuration,
    CorridorThreshold,
    Embargo,
    Entry,
    Identifier,
    Judging,
    ListEdition,
    ListSet,
    ListSetting,
    Member,
    Name,
    Screener,
    Verdict,
)
from fondaco.compliance.weighing import LOWER_MAX, RAISE_MAX, STRONG_MILLI, facts_of, party_path, weigh, weighed
from fondaco.core import Instant, Mention

PERSON = Entry(
    "P1", "person", (Name("Sorvemir Brulomarov"),), ("1961-05-04", "14/02/1962", "circa 1963"), ("KP",), (),
    (Identifier("passport", "X1000371"),), (), "Male",
)  # fmt: skip
FIRM = Entry(
    "F1", "organisation", (Name("Belvastro Quintar Holdings"),), (), ("SG",), (), (Identifier("lei", "5299000J2N45DDNE4Y28"),)
)
SHIP = Entry("V1", "vessel", (Name("Ostrava Delmarin"),), (), (), (), (Identifier("imo", "9074729"),), (), "", ("PA",))
ALIEN = Entry("A1", "person", (Name("Tuvorak Melindrasse"), Name("Tuvo", weak=True)))
LISTS = ListSet([ListEdition("un", "un_xml", "", 0, "d", (PERSON, FIRM, SHIP, ALIEN))], [ListSetting("un", 880, 7, True)])
SCREENER = Screener(LISTS)
BARE = Configuration(tuple(LISTS.settings.values()))


def party(name: str, **told: str) -> list[Mention]:
    """A creditor as the walk tells it."""
    places = {
        "born": ("birth", "Id/PrvtId/DtAndPlcOfBirth/BirthDt"),
        "country": ("country", "PstlAdr/Ctry"),
        "bic": ("agent", "Id/OrgId/AnyBIC"),
        "lei": ("identifier", "Id/OrgId/LEI"),
        "other": ("identifier", "Id/PrvtId/Othr/Id"),
        "prefix": ("prefix", "CtctDtls/NmPrfx"),
    }
    mentions = [Mention("name", "CdtTrfTxInf/Cdtr/Nm", name)]
    for key, text in told.items():
        if key == "iban":
            mentions.append(Mention("identifier", "CdtTrfTxInf/CdtrAcct/Id/IBAN", text))
        elif text:
            mentions.append(Mention(places[key][0], f"CdtTrfTxInf/Cdtr/{places[key][1]}", text))
    return mentions


def screen(mentions: list[Mention], judging: Judging | None = None) -> Verdict:
    return SCREENER.screen([mentions], Instant(1), judging)[0]


def test_a_party_is_its_element_and_its_account() -> None:
    assert party_path("CdtTrfTxInf/Cdtr/Nm") == "CdtTrfTxInf/Cdtr" == party_path("CdtTrfTxInf/CdtrAcct/Nm")
    other = [Mention("birth", "CdtTrfTxInf/Dbtr/Id/PrvtId/DtAndPlcOfBirth/BirthDt", "1961-05-04")]
    facts = facts_of("CdtTrfTxInf/Cdtr", [*party("x", iban="GB82WEST12345698765432", country="SG"), *other])
    assert facts.countries == {"GB", "SG"} and not facts.birth_dates, "the debtor's birth is not the creditor's"


@pytest.mark.parametrize(
    ("told", "listed", "reason", "sign"),
    [
        ({"born": "1961-05-04"}, PERSON, "born on a listed day", 1),
        ({"born": "1962-02-14"}, PERSON, "born on a listed day", 1),
        ({"born": "1963-09-09"}, PERSON, "born in a listed year", 1),
        ({"born": "1990-01-01"}, PERSON, "born in no listed year", -1),
        ({"country": "KP"}, PERSON, "country is a listed one", 1),
        ({"country": "SG"}, PERSON, "country is none of the listed ones", -1),
        ({"prefix": "MISS"}, PERSON, "gender is not the listed one", -1),
        ({"lei": "5299000J2N45DDNE4Y28"}, FIRM, "lei is the listed one", 1),
        ({"lei": "549300MLUDYVRQOOXS22"}, FIRM, "lei is another than the listed one", -1),
        ({"iban": "SG82WEST12345698765432"}, FIRM, "country is a listed one", 1),
        ({"other": "X-1000371"}, PERSON, "an identifier is a listed one", 1),
        ({"country": "PA"}, SHIP, "country is a listed one", 1),
    ],
)
def test_each_fact_raises_or_lowers_a_score_with_its_reason(told: dict[str, str], listed: Entry, reason: str, sign: int) -> None:
    reasons = dict(weigh(facts_of("CdtTrfTxInf/Cdtr", party("x", **told)), listed))
    assert reasons[reason] * sign > 0


def test_what_is_not_told_and_what_lies_near_moves_nothing() -> None:
    assert weigh(facts_of("CdtTrfTxInf/Cdtr", party("x")), PERSON) == ()
    assert weigh(facts_of("CdtTrfTxInf/Cdtr", party("x", born="1964-01-01")), PERSON) == ()
    assert weigh(facts_of("CdtTrfTxInf/Cdtr", party("x", country="??", prefix="DOCT")), PERSON) == ()


def test_a_score_between_the_mark_and_the_threshold_is_moved_over_it_either_way() -> None:
    said = "Sorvemir Brulemaraw"
    bare = screen(party(said)).hits[0]
    assert 880 <= bare.name_milli == bare.score_milli
    near = Judging(Configuration(BARE.settings, (CorridorThreshold("un", "SG", "TH", 950, "5.1"),), (), MEMBERS))
    cold = SCREENER.screen([party(said, born="1990-01-01", country="SG", prefix="MISS")], Instant(1), near, [ENDS])[0]
    assert cold.outcome == "CLEAR" or bare.name_milli >= STRONG_MILLI
    warm = SCREENER.screen([party(said, born="1961-05-04", country="KP")], Instant(1), near, [ENDS])[0]
    (hit,) = warm.hits
    assert hit.score_milli == bare.name_milli + RAISE_MAX >= 950 and ("born on a listed day", 30) in hit.reasons


ENDS = ("ZZBASG01", "ZZBATH01")
MEMBERS = (Member("ZZBASG01", "SG"), Member("ZZBATH01", "TH"))
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "born": st.dates().map(str) | st.text(max_size=12),
        "country": st.sampled_from(["SG", "KP", "US", "", "ZZ"]) | st.text(max_size=3),
        "bic": st.sampled_from(["DEUTDEFF", "ZZBASG01XXX"]) | st.text(max_size=11),
        "lei": st.sampled_from(["5299000J2N45DDNE4Y28", "549300MLUDYVRQOOXS22"]) | st.text(max_size=20),
        "other": st.text(max_size=20),
        "prefix": st.sampled_from(["MIST", "MISS", "MADM", "DOCT", "MIKS"]),
        "iban": st.sampled_from(["GB82WEST12345698765432", "SG82WEST12345698765432"]),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([PERSON, FIRM, SHIP, ALIEN]), FACTS, st.integers(0, 1))
def test_the_floor_whatever_is_told_a_strong_name_stays_a_hit(entry: Entry, told: dict[str, str], corridor: int) -> None:
    judging = Judging(Configuration(BARE.settings, (CorridorThreshold("un", "SG", "TH", 950, "5.1"),), (), MEMBERS))
    ends = [ENDS if corridor else ("", "")]
    found = SCREENER.screen([party(entry.names[0].text, **told)], Instant(1), judging, ends)[0]
    assert entry.entry_id in [hit.entry_id for hit in found.hits]


@given(
    st.integers(0, 1000), st.lists(st.tuples(st.just("r"), st.integers(-100, 100)), max_size=6), st.integers(800, 950),
    st.integers(880, 970),
)  # fmt: skip
def test_the_floor_as_a_law_of_the_weights(name: int, reasons: list[tuple[str, int]], threshold: int, strong: int) -> None:
    score = weighed(name, reasons, threshold, strong)
    assert 0 <= score <= 1000
    assert -LOWER_MAX <= score - name <= max(RAISE_MAX, threshold - name)
    if name >= threshold and name >= strong:
        assert score >= threshold
    if not reasons:
        assert score == name


@settings(deadline=None)
@given(FACTS)
def test_an_exact_identifier_is_a_hit_whatever_else_is_told(told: dict[str, str]) -> None:
    found = screen([*party("Ordinary Person", **told), Mention("identifier", "CdtTrfTxInf/Cdtr/Id/PrvtId/Othr/Id", "X1000371")])
    assert "P1" in [hit.entry_id for hit in found.hits if hit.exact]


def test_one_more_value_never_lowers_a_score() -> None:
    both = [*party("Sorvemir Brulomarov", born="1961-05-04"), *party("", born="1990-01-01")[1:]]
    reasons = dict(weigh(facts_of("CdtTrfTxInf/Cdtr", both), PERSON))
    assert reasons == {"born on a listed day": 30}


def test_an_embargoed_country_and_a_town_of_a_region_hit_by_their_article() -> None:
    judging = Judging(Configuration(BARE.settings, (), (Embargo("KP", (), "5.1"), Embargo("UA", ("Port Velmora",), "5.3"))))
    for mention, listed in (
        (Mention("country", "CdtTrfTxInf/Cdtr/PstlAdr/Ctry", "KP"), "KP"),
        (Mention("agent", "CdtTrfTxInf/CdtrAgt/FinInstnId/BICFI", "ZZBAKPPYXXX"), "KP"),
        (Mention("identifier", "CdtTrfTxInf/CdtrAcct/Id/IBAN", "KP8212345678901234"), "KP"),
        (Mention("address", "CdtTrfTxInf/Cdtr/PstlAdr/TwnNm", "port  VELMORA"), "Port Velmora"),
        (Mention("text", "CdtTrfTxInf/RmtInf/Ustrd", "cargo from Pоrt Velmora, quay 4"), "Port Velmora"),
    ):
        (hit,) = screen([mention], judging).hits
        assert (hit.list_id, hit.listed, hit.path, hit.said) == ("embargo", listed, mention.path, mention.text)
    for mention in (
        Mention("country", "CdtTrfTxInf/Cdtr/PstlAdr/Ctry", "UA"),
        Mention("address", "CdtTrfTxInf/Cdtr/PstlAdr/TwnNm", "Velmora"),
        Mention("identifier", "CdtTrfTxInf/Cdtr/Id/PrvtId/Othr/Id", "KP8212345678901234"),
    ):
        assert screen([mention], judging).outcome == "CLEAR", mention


def test_a_verdict_is_bound_to_message_configuration_and_instant() -> None:
    one = screen(party("Tan Wei Ling"))
    assert one.outcome == "CLEAR" and one.message and one.configuration and one.at == 1
    assert screen(party("Tan Wei Ling")).digest() == one.digest()
    assert screen(party("Tan Wei Lin")).digest() != one.digest()
    assert SCREENER.screen([party("Tan Wei Ling")], Instant(2))[0].digest() != one.digest()
    stricter = Judging(Configuration(BARE.settings, (), (), (), (), (), 940))
    assert screen(party("Tan Wei Ling"), stricter).digest() != one.digest()


def test_a_corridor_whose_threshold_no_canary_reaches_holds_everything() -> None:
    judging = Judging(Configuration(BARE.settings, (CorridorThreshold("un", "SG", "TH", 1001, "5.1"),), (), MEMBERS))
    found = screen(party("Tan Wei Ling"), judging)
    assert found.outcome == "HOLD" and "canary" in found.why
    other = Judging(Configuration((ListSetting("un", 900, 7, True),)))
    assert screen(party("Tan Wei Ling"), other).outcome == "HOLD"


def test_a_barred_bank_holds_its_payments() -> None:
    judging = Judging(Configuration(BARE.settings, (), (), MEMBERS, ("ZZBATH01",)))
    assert SCREENER.screen([party("Tan Wei Ling")], Instant(1), judging, [ENDS])[0].outcome == "HOLD"
    assert SCREENER.screen([party("Tan Wei Ling")], Instant(1), judging, [("ZZBASG01", "ZZBAID01")])[0].outcome == "CLEAR"


def test_lists_that_say_the_same_serve_on_and_others_are_indexed_anew() -> None:
    again = [ListEdition("un", "un_xml", "2026-11-25", 5, "another file", (PERSON, FIRM, SHIP, ALIEN))]
    served = Screener(ListSet(again, [ListSetting("un", 880, 7, True)]), SCREENER)
    fresh = Screener(ListSet(again, [ListSetting("un", 880, 7, True)]))
    assert served.lists.version == fresh.lists.version != SCREENER.lists.version
    said = [
        party(name, born="1961-05-04") for name in ("Sorvemir Brulomarow", "Tan Wei Ling", "Ostrava Delmarin", "Tuvo Melindras")
    ]
    for one, other in zip(served.screen(said, Instant(9)), fresh.screen(said, Instant(9)), strict=True):
        assert one == other and one.digest() == other.digest()
    more = [
        ListEdition("un", "un_xml", "", 0, "d2", (PERSON, FIRM, SHIP, ALIEN, Entry("N1", "person", (Name("Kanya Wongrak"),))))
    ]
    changed = Screener(ListSet(more, [ListSetting("un", 880, 7, True)]), SCREENER)
    assert [hit.entry_id for hit in changed.screen([party("Kanya Wongrak")], Instant(9))[0].hits] == ["N1"]
    assert screen(party("Kanya Wongrak")).outcome == "CLEAR"


@pytest.mark.parametrize("said", ["Sorvemir Brulomarov 1", "Brulomarov/Sorvemir-22"])
def test_a_figure_beside_a_name_makes_it_no_number(said: str) -> None:
    assert screen([Mention("identifier", "CdtTrfTxInf/Cdtr/Id/PrvtId/Othr/Id", said)]).outcome == "HIT"


def test_words_joined_by_points_and_strokes_do_not_dilute_a_name() -> None:
    assert screen(party("Sorvemir Brulomarov a.b/c/quay/seven;ltd")).outcome == "HIT"

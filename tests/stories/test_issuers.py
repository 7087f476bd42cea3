"""A bill of lading is issued by the carrier whose code it bears, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fondaco.core import Reason, Refusal
from fondaco.hub import prove_hub
from fondaco.trade import Deed
from fondaco.trade.canonical import canonical
from titles import lading
from trades import CARRIER, EXPORTER, TradeDesk, party_deed, public, signed
from union import HUB, agree

OTHER = "ANDERE-REEDEREI"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TradeDesk]:
    made = TradeDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def issued(desk: TradeDesk, by: str, serial: str = "SLT0001", action: str = "ISSUE", **content: Any) -> Refusal | str | None:
    body = {
        "kind": "BILL_OF_LADING", "serial": serial, "recipient": EXPORTER, "title": "ORDER", "named": EXPORTER, "law": "SG",
        "content": canonical(lading(serial, **content)),
    }  # fmt: skip
    return desk.perform(signed(Deed(HUB, by, "", 0, action, canonical(body).encode())))


def carrier(desk: TradeDesk, party: str, *codes: str, action: str = "REGISTER_PARTY", version: int = 0, **more: Any) -> Any:
    said = {"roles": ["carrier"], "carrier_codes": list(codes)} | more
    return desk.perform(party_deed(party, action=action, version=version, **said))


def no(found: object, reason: Reason, where: str) -> Refusal:
    assert isinstance(found, Refusal), found
    assert (found.reason, found.where) == (reason, where), found.sentence()
    return found


CODE = "body.content.carrierCode"


def test_another_may_not_issue_under_a_carrier_s_code(desk: TradeDesk) -> None:
    assert carrier(desk, OTHER, "NMFTA:ANRE") == f"{OTHER} ACTIVE"
    for action in ("ISSUE", "CONVERT_IN"):
        for who in (OTHER, EXPORTER):
            found = no(issued(desk, who, action=action), Reason.ROLE_NOT_HELD, CODE)
            assert found.found == "SMDG:SLT: is registered for another party" and found.article == "T.10"
    assert list(desk.hub.trading.records.all()) == []
    # One code in two lists is two codes, and one that nobody is registered for issues nothing.
    for content in ({"carrierCodeListProvider": "NMFTA"}, {"carrierCode": "XYZ"}):
        assert "no bank registered" in no(issued(desk, CARRIER, **content), Reason.ROLE_NOT_HELD, CODE).found
    own = {"carrierCode": "ANRE", "carrierCodeListProvider": "NMFTA"}
    assert issued(desk, OTHER, "ANR0001", **own) == "ETR-000001 1"
    assert issued(desk, CARRIER) == "ETR-000002 1"


def test_a_code_is_one_party_s_until_it_is_given_up_also_after_a_restart(tmp_path: Path) -> None:
    desk = TradeDesk(tmp_path / "hub")
    no(carrier(desk, OTHER, "SMDG:SLT"), Reason.OUT_OF_TURN, "carrier_codes")
    assert OTHER not in desk.hub.trading.parties.known
    desk = desk.again()
    no(carrier(desk, OTHER, "NMFTA:ANRE", "SMDG:SLT"), Reason.OUT_OF_TURN, "carrier_codes")
    assert carrier(desk, CARRIER, "SMDG:SLX", action="RESTATE_PARTY", version=1) == f"{CARRIER} ACTIVE"
    no(issued(desk, CARRIER), Reason.ROLE_NOT_HELD, CODE)
    assert carrier(desk, OTHER, "SMDG:SLT") == f"{OTHER} ACTIVE"
    assert issued(desk, OTHER) == "ETR-000001 1"
    desk.close()


@pytest.mark.parametrize(
    ("codes", "more", "told"),
    [
        (("SMDG:AB",), {}, "SMDG:AB: "),
        (("NMFTA:ABCDE",), {}, "NMFTA:ABCDE: "),
        (("SLT",), {}, "SLT: "),
        (("SMDG:ABC", "SMDG:ABC"), {}, "different"),
        (tuple(f"SMDG:A{number:02d}" for number in range(21)), {}, "at most 20"),
        (("SMDG:ABC",), {"roles": ["trader"]}, "no carrier"),
    ],
)
def test_codes_that_are_none_are_refused(desk: TradeDesk, codes: tuple[str, ...], more: dict[str, Any], told: str) -> None:
    assert told in no(carrier(desk, OTHER, *codes, **more), Reason.IDENTIFIER_WRONG, "carrier_codes").found


def test_who_is_held_issues_nothing(desk: TradeDesk) -> None:
    assert carrier(desk, OTHER, "NMFTA:ANRE", name="Sorvemir Brulomarov") == f"{OTHER} HELD"
    found = issued(desk, OTHER, "ANR0001", carrierCode="ANRE", carrierCodeListProvider="NMFTA")
    assert isinstance(found, Refusal) and found.reason is Reason.REGULATORY
    assert public(OTHER).hex() in desk.party(OTHER).keys

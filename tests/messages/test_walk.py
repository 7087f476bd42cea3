"""What is screened of a message: every party, agent, account, address, place, good, ship and free text, wherever the schema lets it stand."""

from __future__ import annotations

import importlib.resources

import pytest
from lxml import etree

from fondaco.core import KINDS
from fondaco.messages import CustomerTransfers, read
from fondaco.messages.walk import LINES, Node
from fondaco.messages.xml import known_kinds
from union import HUB, SG1, TH1, pacs_008

XS = "{http://www.w3.org/2001/XMLSchema}"


def party(name: str, more: str = "") -> str:
    return f"<Nm>{name}</Nm><PstlAdr><TwnNm>{name}-town</TwnNm><Ctry>SG</Ctry><AdrLine>{name}-line</AdrLine></PstlAdr>{more}"


def bank(name: str) -> str:
    return f"<FinInstnId><Nm>{name}</Nm><PstlAdr><TwnNm>{name}-town</TwnNm><Ctry>TH</Ctry></PstlAdr></FinInstnId>"


# One word for each place; the walk must mention it, as what it is.
AGENTS = ["PrvsInstgAgt1", "PrvsInstgAgt2", "PrvsInstgAgt3", "IntrmyAgt1", "IntrmyAgt2", "IntrmyAgt3"]
WHOLE = "".join(
    f"<{tag}>{bank(tag)}</{tag}><{tag}Acct><Id><Othr><Id>acct-{tag}</Id></Othr></Id><Nm>holder-{tag}</Nm></{tag}Acct>"
    for tag in AGENTS
)
BEFORE = WHOLE + f"<UltmtDbtr>{party('UltmtDbtr')}</UltmtDbtr><InitgPty>{party('InitgPty')}</InitgPty>"
BEFORE_PURPOSE = (
    f"<UltmtCdtr>{party('UltmtCdtr', '<CtryOfRes>TH</CtryOfRes>')}</UltmtCdtr>"
    "<InstrForCdtrAgt><InstrInf>for-the-agent</InstrInf></InstrForCdtrAgt><InstrForNxtAgt><InstrInf>for-the-next</InstrInf></InstrForNxtAgt>"
)
AFTER = (
    "<RgltryRptg><Authrty><Nm>an-authority</Nm></Authrty><Dtls><Inf>HS-854231</Inf></Dtls></RgltryRptg>"
    "<Tax><Cdtr><TaxId>tax-1</TaxId></Cdtr><RefNb>tax-ref</RefNb></Tax>"
    "<RltdRmtInf><RmtLctnDtls><Mtd>POST</Mtd><PstlAdr><Nm>mail-name</Nm><Adr><TwnNm>mail-town</TwnNm></Adr></PstlAdr></RmtLctnDtls></RltdRmtInf>"
    f"<RmtInf><Ustrd>MV-Delta-at-Port-Velmora</Ustrd><Strd><RfrdDocInf><Nb>invoice-7</Nb></RfrdDocInf>"
    f"<Invcr>{party('Invcr')}</Invcr><Invcee>{party('Invcee')}</Invcee><AddtlRmtInf>ball-bearings</AddtlRmtInf></Strd></RmtInf>"
    "<SplmtryData><PlcAndNm>Vessel/Master</PlcAndNm><Envlp><Bill xmlns='urn:u'><Vessel imo='IMO-9074729'>ship-name</Vessel><Port>a-port"
    "</Port></Bill></Envlp></SplmtryData>"
)


def whole() -> bytes:
    raw = pacs_008(SG1, TH1, "10.00", "SGD", extra=AFTER).decode()
    raw = raw.replace("<Purp>", f"{BEFORE_PURPOSE}<Purp>")
    place = raw.index("<Dbtr>")
    raw = raw[:place] + BEFORE + raw[place:]
    header = f"<SttlmInf><SttlmMtd>CLRG</SttlmMtd><ClrSys><Prtry>a-system</Prtry></ClrSys></SttlmInf><InstgAgt>{bank('InstgAgt')}</InstgAgt>"
    raw = raw.replace("<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf>", header)
    raw = raw.replace(
        f"<BICFI>{TH1}</BICFI></FinInstnId></CdtrAgt>", f"<BICFI>{TH1}</BICFI><Nm>CdtrAgt</Nm></FinInstnId></CdtrAgt>"
    )
    account = "<Id><Othr><Id>9876543210</Id></Othr></Id>"
    return raw.replace(account, f"{account}<Nm>holder-Cdtr</Nm><Prxy><Id>somebody chosen 1</Id></Prxy>").encode()


def mentioned(raw: bytes) -> dict[str, set[str]]:
    body = read(raw, bulk=True).body
    assert isinstance(body, CustomerTransfers)
    found: dict[str, set[str]] = {}
    for one in body.transfers[0].mentions:
        found.setdefault(one.text, set()).add(one.kind)
    return found


def test_every_place_of_a_payment_is_mentioned_as_what_it_is() -> None:
    found = mentioned(whole())
    for tag in ("UltmtDbtr", "InitgPty", "UltmtCdtr", "Invcr", "Invcee"):
        assert found[tag] == {"name"} and "address" in found[f"{tag}-town"] and found[f"{tag}-line"] & {"address", "text"}
    for tag in AGENTS:
        assert found[tag] == {"agent"} and "address" in found[f"{tag}-town"], "every agent and account servicer"
        assert found[f"holder-{tag}"] == {"name"} and found[f"acct-{tag}"] == {"identifier"}
    assert found["InstgAgt"] == {"agent"} and "a-system" in found, "the group header's agents as well"
    assert found["CdtrAgt"] == {"agent"} and found["holder-Cdtr"] == {"name"} and found["somebody chosen 1"] == {"text"}
    for text in (
        "for-the-agent", "for-the-next", "an-authority", "HS-854231", "tax-1", "tax-ref", "mail-name", "mail-town", "invoice-7",
        "MV-Delta-at-Port-Velmora", "ball-bearings", "Vessel/Master", "IMO-9074729", "ship-name", "a-port",
    ):  # fmt: skip
        assert text in found, text
    assert found["SG"] >= {"country"} and found["TH"] >= {"country"}
    assert {kind for kinds in found.values() for kind in kinds} <= set(KINDS)


@pytest.mark.parametrize("kind", ["pacs.008.001.08", "pacs.008.001.13", "pacs.009.001.08", "pacs.004.001.09"])
def test_no_element_whose_type_admits_a_name_is_left_out(kind: str) -> None:
    """Held against the schemas: what the walk takes for a number, a date or a short code has such a type wherever it stands."""
    root = etree.fromstring((importlib.resources.files("fondaco.messages") / "schemas" / f"{kind}.xsd").read_bytes())
    named = {one.get("name"): one for one in root.iter(f"{XS}simpleType") if one.get("name")}
    looked_at = 0
    for element in root.iter(f"{XS}element"):
        name = element.get("name")
        simple = element.find(f"{XS}simpleType")
        simple = named.get(element.get("type")) if simple is None else simple
        restriction = simple.find(f"{XS}restriction") if simple is not None else None
        if name is None or restriction is None or restriction.get("base") != "xs:string":
            continue
        if restriction.find(f"{XS}enumeration") is not None:
            continue
        length = restriction.find(f"{XS}maxLength")
        patterns = [one.get("value") for one in restriction.iter(f"{XS}pattern")]
        if patterns or (length is not None and int(length.get("value")) <= 4):
            continue  # a pattern of digits or capitals, or a code
        looked_at += 1
        assert Node(f"x/{name}", name).kind, f"{name} may hold any text"
        assert Node(f"x/{name}", name).kind not in ("birth", "country", "prefix"), name
    assert looked_at > 40


# Repeated, and no prose: codes, currencies, sequence numbers.
_NO_LINES = frozenset({"CardRdngCpblties", "CrdhldrVrfctnCpblties", "Ccy", "EQSeq", "NEQSeq", "Rsn", "Sgntr", "ApprvlNb"})


@pytest.mark.parametrize("kind", sorted(known_kinds()))
def test_every_text_that_may_go_over_several_lines_is_read_as_one(kind: str) -> None:
    """A name that is cut over two lines is in neither of them, in whichever form of message it stands."""
    root = etree.fromstring((importlib.resources.files("fondaco.messages") / "schemas" / f"{kind}.xsd").read_bytes())
    simple = {one.get("name") for one in root.iter(f"{XS}simpleType")}
    repeated = {
        one.get("name")
        for one in root.iter(f"{XS}element")
        if one.get("maxOccurs", "1") != "1" and (one.get("type") in simple or one.find(f"{XS}simpleType") is not None)
    }
    assert repeated - _NO_LINES <= LINES


def test_an_element_that_nobody_knows_is_text() -> None:
    assert Node("CdtTrfTxInf/Whatever", "Whatever").kind == "text"


def test_a_name_in_the_group_header_is_mentioned() -> None:
    raw = pacs_008(SG1, TH1, "10.00", "SGD").decode()
    plain = "<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf>"
    raw = raw.replace(plain, f"{plain}<InstdAgt><FinInstnId><Nm>Sorvemir Brulomarov</Nm></FinInstnId></InstdAgt>")
    assert "agent" in mentioned(raw.encode())["Sorvemir Brulomarov"]


def test_what_the_business_application_header_says_is_mentioned_with_each_payment() -> None:
    raw = pacs_008(SG1, TH1, "10.00", "SGD").replace(
        b"</BICFI></FinInstnId></FIId></Fr>", b"</BICFI><Nm>Sorvemir Brulomarov</Nm></FinInstnId></FIId></Fr>"
    )
    body = read(raw, bulk=True).body
    assert isinstance(body, CustomerTransfers)
    said = {(one.kind, one.path, one.text) for one in body.transfers[0].mentions}
    assert ("agent", "AppHdr/Fr/FIId/FinInstnId/Nm", "Sorvemir Brulomarov") in said
    assert ("agent", "AppHdr/To/FIId/FinInstnId/BICFI", HUB) in said


def test_the_messages_own_identification_is_answered_to_its_sender_alone() -> None:
    raw = pacs_008(SG1, TH1, "10.00", "SGD", message_id="M-name-of-a-message")
    assert "M-name-of-a-message" not in mentioned(raw)

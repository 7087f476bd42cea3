"""Deals in the console: each sees its own, the whole story stands on the page, and the proof file holds without us."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

import build_catalogs
from build_docs import TABLES
from console_deals import BILL, CREDIT, DIGEST, OTHER_BILL, WAITING, traded
from console_door import Consoles, consoles_on
from console_tale import HOSTILE
from fondaco.access import Caller, Proof, Reach, Role
from fondaco.console.title_picture import HOLDERS_MAX, chain_of
from fondaco.console.trade import listed_for, sees, sees_payment
from fondaco.core import fingerprint
from fondaco.hub import DealGlance, Hub, TitleStep, close_hub, deal_glance, open_hub
from fondaco.journal import Link
from fondaco.trade import By
from stories.test_flags import loaded, sold
from stories.test_invoices import InvoiceDesk
from trades import CARRIER, EXPORTER, IMPORTER
from union import ID1, SG1, TH1

VERIFIER = Path(__file__).parents[2] / "src" / "fondaco" / "trade" / "verify_title.py"


@pytest.fixture(scope="module")
def dealt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    folder = tmp_path_factory.mktemp("dealt") / "hub"
    return folder, traded(folder)


@pytest.fixture
def hub(dealt: tuple[Path, int], tmp_path: Path) -> Iterator[Hub]:
    shutil.copytree(dealt[0], tmp_path / "hub")
    opened = open_hub(tmp_path / "hub")
    yield opened
    close_hub(opened)


@pytest.fixture(scope="module")
def deals(dealt: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    with consoles_on(dealt, tmp_path_factory.mktemp("deals") / "hub") as opened:
        yield opened


def eyes(hub: Hub, role: Role, institution: str = "", *countries: str, party: str = "") -> Reach:
    caller = Caller("someone", institution, frozenset({role}), Proof.SESSION, frozenset(countries), party)
    return Reach(caller, hub.desk.scheme)


def glance(hub: Hub, reach: Reach, name: str) -> DealGlance:
    found = deal_glance(hub, name, sees(hub, reach), sees_payment(reach))
    assert found is not None
    return found


def test_each_sees_the_deals_in_which_it_is_named(hub: Hub) -> None:
    def seen(role: Role, institution: str = "", *countries: str, party: str = "") -> list[str]:
        return [one.name for one in listed_for(hub, eyes(hub, role, institution, *countries, party=party)).rows]

    everything = [WAITING, CREDIT, OTHER_BILL, BILL]
    assert seen(Role.OPERATOR_MAKER) == seen(Role.AUDITOR) == seen(Role.COMPLIANCE_OFFICER) == everything
    assert seen(Role.SUPERVISOR, "", "SG") == seen(Role.MEMBER_MAKER, SG1) == everything
    assert seen(Role.MEMBER_MAKER, TH1) == everything, "the exporter's bank"
    assert seen(Role.MEMBER_MAKER, ID1) == seen(Role.SUPERVISOR, "", "KR") == []
    assert seen(Role.TRADER, TH1, party=EXPORTER) == everything
    assert seen(Role.TRADER, SG1, party=CARRIER) == [OTHER_BILL, BILL]
    assert seen(Role.TRADER, SG1, party="SOMEBODY-ELSE") == []
    whole = eyes(hub, Role.OPERATOR_MAKER)
    assert [one.name for one in listed_for(hub, whole, kind="ETR", party=CARRIER, after=OTHER_BILL).rows] == [BILL]
    assert [one.name for one in listed_for(hub, whole, state="APPLIED").rows] == []
    assert [one.name for one in listed_for(hub, whole, state="AVAILABLE").rows] == [WAITING]


def test_a_deal_tells_its_turn_its_papers_and_every_step_with_its_signers(hub: Hub) -> None:
    waiting = glance(hub, eyes(hub, Role.OPERATOR_MAKER), WAITING)
    asked = {step.action: step.who for life in waiting.lives for step in life.steps if step.by is By.DEED}
    assert asked["PRESENTED"] == (EXPORTER,) and asked["AMENDMENT_ISSUED"] == (SG1,)
    assert {one.role for one in waiting.standing} == {"CONTINGENT_CLAIM", "CONTINGENT_LIABILITY"}
    assert sum(one.minor for one in waiting.standing) == 0
    done = glance(hub, eyes(hub, Role.OPERATOR_MAKER), CREDIT)
    assert [one.action for one in done.steps] == [
        "APPLIED", "APPROVED", "ISSUED", "ADVISED", "PRESENTED", "FOUND_DISCREPANT", "WAIVER_ASKED", "WAIVER_GIVEN", "PAID",
    ]  # fmt: skip
    assert not done.earlier and not any(one.erased for one in done.steps)
    banks = next(one for one in done.steps if one.action == "ISSUED")
    assert [(one.party, one.holds) for one in banks.signers] == [(SG1, True), (SG1, True)], "maker and checker"
    assert done.steps[-1].signers == () and done.steps[-1].who.startswith("payment for")
    (finding,) = done.findings
    assert (finding.article, finding.place, finding.found, finding.other, finding.expected) == (
        "UCP 600 art. 20(a)(iii)", "BL.loading", "Port Klang", "CREDIT.loading", "Singapore",
    )  # fmt: skip
    assert [(one.kind, one.name) for one in done.papers if one.kind] == [("BILL_OF_LADING", "SLT0001")]
    assert ("P1", "INVOICE F-7", DIGEST) in {(one.where, one.name, one.digest) for one in done.papers}
    assert {(one.article, one.state) for one in done.clocks} >= {("UCP 600 art. 16(d)", "MET"), ("UCP 600 art. 29(a)", "OPEN")}
    assert [one.name for one in done.links] == [BILL] and len(done.payments) == 1
    assert done.postings and {one.state for one in done.postings} >= {"posted"}


def test_nobody_is_named_as_the_calendar_of_a_deadline(hub: Hub) -> None:
    told = glance(hub, eyes(hub, Role.OPERATOR_MAKER), CREDIT)
    assert told.clocks, "a bank's calendar counts them"
    roles = {role for one in told.parties for role in one.roles}
    assert "issuing_bank" in roles and not roles & {"calendar", "holder"}


def test_the_title_chain_says_who_had_it_against_what_and_the_books_agree(hub: Hub) -> None:
    (title,) = glance(hub, eyes(hub, Role.OPERATOR_MAKER), BILL).titles
    assert [(one.action, one.holder) for one in title.steps] == [
        ("ISSUE", CARRIER), ("ACCEPT", EXPORTER), ("OFFER_AGAINST", EXPORTER), ("FUND", EXPORTER), ("SETTLE", SG1),
    ]  # fmt: skip
    assert title.holds and title.in_books and title.holder == SG1
    assert title.steps[2].against == f"PAYMENT {CREDIT}"
    assert len(title.steps[3].payment) == 36 and title.steps[-1].batch
    assert all(one.holds for step in title.steps for one in step.signers)
    picture = chain_of(title.steps)
    assert [one.holder for one in picture.boxes] == [CARRIER, EXPORTER, SG1]
    assert [(one.action, one.against) for one in picture.passings] == [("ACCEPT", ""), ("SETTLE", f"PAYMENT {CREDIT}")]
    links = {one.name for one in glance(hub, eyes(hub, Role.OPERATOR_MAKER), BILL).links}
    assert links == {CREDIT}, "a record tells under which deal it was offered"
    carrier = glance(hub, eyes(hub, Role.TRADER, SG1, party=CARRIER), BILL)
    assert carrier.links == () and carrier.payments == (), "what is not the carrier's own stays away"


def test_a_page_reads_the_batches_of_its_deal_alone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, read = hub.journal, []
    links = journal.links

    def counted(first: int = 1) -> Iterator[Link]:
        for link in links(first):
            read.append(link.number)
            yield link

    monkeypatch.setattr(journal, "links", counted)
    monkeypatch.setattr(journal, "payments", None)
    done = glance(hub, eyes(hub, Role.OPERATOR_MAKER), CREDIT)
    assert set(read) == {one.batch for one in done.steps} and len(read) == 2 * len(set(read))
    assert max(read) - min(read) < 100 and len(listed_for(hub, eyes(hub, Role.AUDITOR)).rows) == 4
    monkeypatch.setattr(sys.modules["fondaco.hub.deal_glance"], "INTENTS_MAX", 0)
    assert glance(hub, eyes(hub, Role.OPERATOR_MAKER), CREDIT).postings is None


def test_a_picture_of_a_long_chain_shows_its_end() -> None:
    steps = [
        TitleStep(at, "2026-11-26T12:00:00.000Z", "ACCEPT", "A", "", "", "", "", f"H{at}", "", "", at, ()) for at in range(1, 60)
    ]
    picture = chain_of(steps)
    assert (
        len(picture.boxes) == HOLDERS_MAX and not picture.whole and picture.boxes[-1].holder == "H59" and picture.boxes[-1].last
    )
    assert chain_of(steps[:1]).passings == [] and chain_of([]).boxes == []


@pytest.mark.server
def test_what_guards_noticed_is_for_officers_under_its_own_name_at_both_doors(tmp_path: Path) -> None:
    desk = InvoiceDesk(tmp_path / "lived")
    loaded(desk)
    invoice = sold(desk, quantity="100", price="12.50")
    left = int(desk.now)
    desk.close()
    with consoles_on((tmp_path / "lived", left), tmp_path / "hub") as door:

        def names(who: str) -> list[str]:
            page = door.ask("/v1/trade/instruments?kind=FLG", authorization=f"Bearer {door.tokens[who]}")
            return [one["instrument"] for one in json.loads(page.text)["instruments"]]

        assert names("operator-1") == names("officer") == ["FLG-000001"]
        assert names(f"{SG1}-maker") == names("supervisor-SG") == []
        for who, seen in (
            ("officer-1", True),
            ("auditor", True),
            (f"trader-{IMPORTER.lower()}", False),
            (f"{SG1.lower()}-maker", False),
        ):
            page = door.ask("/console/trade", session=door.session(who))
            assert ("FLG-000001" in page.text) == seen and invoice in page.text, who
            assert (door.ask("/console/trade/FLG-000001", session=door.session(who)).status == 200) == seen, who


@pytest.mark.server
def test_the_page_shows_what_people_wrote_as_text(deals: Consoles) -> None:
    page = deals.ask(f"/console/trade/{CREDIT}", session=deals.session("operator-1"))
    assert page.status == 200 and "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; [U+202E]gnp[U+2066]" in page.text, HOSTILE
    for text in (DIGEST, "UCP 600 art. 20(a)(iii)", "Port Klang", "Singapore", EXPORTER, f"/console/trade/{BILL}"):
        assert text in unescape(page.text), text
    assert deals.ask("/console/trade/LC-999999", session=deals.session("operator-1")).status == 404
    assert deals.ask("/console/trade/XX-1'", session=deals.session("operator-1")).status == 404
    assert deals.ask(f"/console/trade/{CREDIT}", session=deals.session("supervisor-kr")).status == 404
    assert deals.ask(f"/console/trade/{CREDIT}", session=deals.session("supervisor-sg")).status == 200
    assert "supervisor-sg" in [one.who for one in deals.access.looks.about(f"instrument {CREDIT}")]


@pytest.mark.server
@pytest.mark.parametrize("language", ["de", "ar"])
def test_a_deal_is_told_in_words_and_keeps_the_names_at_hand(deals: Consoles, language: str) -> None:
    others = ("look", "command")
    names = {name for of, name in build_catalogs.names() if of not in others} | {
        state.name for _, _, table in TABLES for state in table.states()
    }
    told: set[str] = set()
    for name in (CREDIT, WAITING, BILL, OTHER_BILL):
        page = deals.ask(
            f"/console/trade/{name}", session=deals.session("operator-1"), Cookie=f"fondaco-language={language}"
        ).text
        # What a document of somebody's says stands in it by that document's own names.
        page = re.sub(r"<details>(?:(?!</details>).)*<pre.*?</details>", "", page, flags=re.DOTALL)
        said = re.findall(r'<bdi(?: class="[^"]*")?(?: title="([^"]*)")?>([^<]*)</bdi>', page)
        assert [one for _, one in said if one in names or one.replace(" ", "_") in names] == [], name
        assert [one for one in re.findall(r"<tspan>([^<]*)</tspan>", page) if one in names] == [], name
        assert "`" not in page
        told |= {one for one, _ in said if one}
    assert told >= {
        "ISSUED", "FOUND_DISCREPANT", "applicant", "issuing_bank", "letter of credit", "transferable-record", "PRECLUDED", "BANKING", "BILL_OF_LADING",
        "contingent claim", "trade memo", "posted", "issuing bank", "PAYMENT", "SETTLE", "offer", "SIGHT_PAYMENT", "WITHOUT", "False", "Saturday",
    }  # fmt: skip


@pytest.mark.server
def test_a_trader_sees_its_partys_deals_and_nothing_of_the_banks(deals: Consoles) -> None:
    session = deals.session(f"trader-{EXPORTER.lower()}")
    page = deals.ask("/console/trade", session=session)
    assert page.status == 200 and CREDIT in page.text and WAITING in page.text
    assert deals.ask(f"/console/trade/{CREDIT}", session=session).status == 200
    assert deals.ask(f"/console/trade/{CREDIT}", session=deals.session(f"trader-{CARRIER.lower()}")).status == 404
    for path in ("/console/payments", "/console/day", "/console/positions", "/console/cases"):
        assert deals.ask(path, session=session).status == 403, path
    assert deals.ask("/console/", session=session).headers["location"] == "/console/trade"
    for state, language in (("available", "en"), ("benutzbar", "de"), ("AVAILABLE", "ar")):
        asked = f"/console/trade?party={IMPORTER}&kind=LC&state={state}"
        importer = deals.ask(asked, session=session, Cookie=f"fondaco-language={language}")
        assert WAITING in importer.text and f">{CREDIT}<" not in importer.text, state


@pytest.mark.server
def test_the_proof_file_holds_without_us(deals: Consoles, tmp_path: Path) -> None:
    session = deals.session(f"trader-{EXPORTER.lower()}")
    page = deals.ask(f"/console/trade/{BILL}", session=deals.session("operator-1"))
    own = fingerprint(deals.register_key.public_key().public_bytes_raw())
    assert own in page.text and f"/console/trade/{BILL}/proof" in page.text
    proof = deals.ask(f"/console/trade/{OTHER_BILL}/proof", session=session)
    assert proof.status == 200 and proof.headers["content-disposition"].startswith("attachment")
    kept = tmp_path / "title.json"
    kept.write_bytes(proof.text.encode())
    said = subprocess.run([sys.executable, VERIFIER, kept, own], capture_output=True, text=True, check=False)
    assert said.returncode == 0 and EXPORTER in said.stdout, said.stdout + said.stderr
    kept.write_bytes(proof.text.replace(EXPORTER, IMPORTER).encode())
    assert subprocess.run([sys.executable, VERIFIER, kept, own], capture_output=True, check=False).returncode == 1
    assert deals.ask(f"/console/trade/{CREDIT}/proof", session=session).status == 404, "a credit has no title"
    assert deals.ask(f"/console/trade/{BILL}/proof", session=deals.session("supervisor-kr")).status == 404

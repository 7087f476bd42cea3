"""Who saw or changed this: by index, in one course of time, each what is its own, and a log that shows what was done to it."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode

import pytest

from build_docs import TABLES
from console_door import Consoles
from console_tale import UETR
from fondaco.access import Caller, Proof, Reach, Right, Role, Trail
from fondaco.api import Identity
from fondaco.console.audit import line_seen
from fondaco.core import utc_text
from fondaco.hub import Arrive, Command, Hub, Line, close_hub, open_hub, payment_lines, stretch
from fondaco.messages import LiquidityTransfer, camt_050, wrap
from fondaco.payments import DECODER
from union import HUB, SG1, SG2, TH1, Desk, calm_uetr, pacs_008

SG, KR = (
    Caller(f"supervisor-{one.lower()}", "", frozenset({Role.SUPERVISOR}), Proof.SESSION, frozenset({one})) for one in ("SG", "KR")
)
ALWAYS = 1 << 62


@pytest.fixture
def hub(ready: tuple[Path, int], tmp_path: Path) -> Any:
    shutil.copytree(ready[0], tmp_path / "hub")
    opened = open_hub(tmp_path / "hub")
    yield opened
    close_hub(opened)


def followed(hub: Hub, trail: Trail) -> Trail:
    while True:
        after, _, day = trail.followed()
        found = stretch(hub, after, day)
        if trail.add(found) and found.last >= found.head:
            return trail


def everything(trail: Trail) -> list[Line]:
    return [line for _, line in trail.lines([], 0, ALWAYS, 0, 100_000)]


def test_the_index_says_every_entry_that_is_no_step_of_a_payment_and_nothing_else(hub: Hub, tmp_path: Path) -> None:
    trail = followed(hub, Trail(tmp_path))
    steps = re.compile(r"payment \d+")
    said = [
        (link.number, entry.subject, entry.event)
        for link in hub.journal.links()
        for entry in link.entries()
        if not steps.fullmatch(entry.subject)
    ]
    kept = [(one.link, one.subject, one.event) for one in reversed(everything(trail)) if one.event]
    assert sorted(kept) == sorted(said) and len(kept) > 10
    hashes = {link.number: link.hash.hex() for link in hub.journal.links()}
    assert all(one.hash == hashes[one.link] for one in everything(trail))
    assert trail.days()[0][0] == hub.desk.counters.day


def test_payments_that_come_with_another_message_leave_no_line(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    text = utc_text(desk.now)
    asked = LiquidityTransfer("F1", "F1", HUB, SG1, "SGD", 100)
    payments = [
        Arrive(bic, pacs_008(bic, TH1, "7.00", "SGD", uetr=calm_uetr(), day=desk.day.isoformat())) for bic in (SG1, SG2) * 2
    ]
    desk.do(Arrive(SG1, wrap("camt.050.001.07", SG1, HUB, "F1", text, camt_050("F1", text, asked))), *payments)
    link = desk.hub.journal.head()[0]
    lines = [one for one in everything(followed(desk.hub, Trail(tmp_path))) if one.link == link]
    assert [(one.subject.partition(" ")[0], one.event != "", one.command, one.institution) for one in lines] == [
        ("funding", True, "arrive", SG1[:8])
    ]
    desk.close()


def test_a_stretch_of_the_index_keeps_the_hub_for_one_large_link_at_most(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fondaco.hub.trail.BYTES_MAX", 1)
    found = stretch(hub, 0, "")
    assert found.last == 1 < found.head


def test_the_index_follows_while_nobody_looks(door: Consoles) -> None:
    head = door.hub.journal.head()[0]
    trail = Trail(door.access.store.path.parent)
    until = time.monotonic() + 600
    while trail.followed().last < head and time.monotonic() < until:
        time.sleep(0.05)
    assert trail.followed().last >= head
    trail.close()


def test_sums_of_payments_are_those_of_all_records(hub: Hub, tmp_path: Path) -> None:
    trail = followed(hub, Trail(tmp_path))
    wanted: dict[str, tuple[int, int]] = {}
    names = {"SETTLED": "settled", "REJECTED": "rejected", "CANCELLED": "cancelled", "HELD": "held"}
    for _, raw in hub.journal.payments():
        one = DECODER.decode(raw)
        for step in one.taken:
            if step.state in names:
                count, minor = wanted.get(names[step.state], (0, 0))
                wanted[names[step.state]] = (count + 1, minor + one.source_minor)
    found: dict[str, tuple[int, int]] = {}
    for key, (count, minor) in trail.sums(hub.desk.counters.day).items():
        if key.what in names.values():
            known = found.get(key.what, (0, 0))
            found[key.what] = (known[0] + count, known[1] + minor)
    assert found == wanted and {"settled", "held"} <= found.keys()
    paid = trail.paid(hub.desk.counters.day)
    assert sum(one.payments for one in paid) == found["settled"][0] and sum(one.minor for one in paid) == found["settled"][1]


def test_steps_of_a_payment_are_found_by_halving(hub: Hub) -> None:
    one = hub.by_uetr(UETR)
    assert one is not None
    wanted = [
        (link.number, entry.event) for link in hub.journal.links() for entry in link.entries() if entry.subject == f"payment {one.number}"
    ]  # fmt: skip
    assert [(line.link, line.event) for line in payment_lines(hub.journal, one)] == wanted and wanted


def test_an_index_of_another_journal_or_a_damaged_one_is_made_anew(hub: Hub, tmp_path: Path) -> None:
    trail = followed(hub, Trail(tmp_path))
    lines = everything(trail)
    trail._connection.execute("UPDATE state SET hash=?", ("00" * 32,))
    assert everything(followed(hub, trail)) == lines
    trail.close()
    (tmp_path / "trail.db").write_bytes(b"no index at all" * 500)
    assert everything(followed(hub, Trail(tmp_path))) == lines
    assert Trail(tmp_path).followed().last == hub.journal.head()[0], "it is kept"


def test_what_was_erased_leaves_no_name_of_who_asked(hub: Hub, tmp_path: Path) -> None:
    trail = followed(hub, Trail(tmp_path))
    line = Line(
        10**6,
        0,
        5,
        "aa",
        "limit 1 SGD",
        "SET",
        "7.8",
        "9",
        "set_limit",
        "ann",
        SG1,
        "ben",
        "c",
        "k",
        (SG1,),
        ("limit 1 SGD", "person ann", "person ben"),
    )
    bare = line._replace(event="", subject="", place=1)
    last = trail.followed().last
    found = stretch(hub, last, "")
    found.last, found.lines = 10**6, [line, bare]
    found.head = found.last
    assert trail.add(found) and len(trail.lines(["person ann"], 0, ALWAYS, 0, 9)) == 2
    found.after, found.last, found.follows, found.last_hash, found.lines, found.erased = (
        10**6,
        10**6 + 1,
        "",
        "",
        [],
        [(10**6, 10**6)],
    )
    trail._connection.execute("UPDATE state SET last=?", (10**6,))
    assert trail.add(found)
    assert trail.lines(["person ann"], 0, ALWAYS, 0, 9) == trail.lines(["person ben"], 0, ALWAYS, 0, 9) == []
    ((_, kept),) = trail.lines(["limit 1 SGD"], 0, ALWAYS, 0, 9)
    assert (kept.event, kept.who, kept.second) == ("SET", "", "")


def test_a_supervisor_sees_changes_of_its_countries_and_of_the_whole_union_alone(hub: Hub, tmp_path: Path) -> None:
    trail = followed(hub, Trail(tmp_path))
    country = {one.bic[:8]: one.country for one in hub.desk.scheme.participants}
    reach = Reach(KR, hub.desk.scheme)
    seen = [one for one in everything(trail) if line_seen(hub, reach, KR.roles, one)]
    assert {one.subject.partition(" ")[0] for one in seen} >= {"day", "lists", "funding"}
    for one in seen:
        if one.subject.partition(" ")[0] not in ("day", "lists", "reference", "prices"):
            assert "KR" in {country[bic] for bic in one.members}, one
    case = everything(trail)[0]._replace(subject=f"case {min(hub.desk.cases)}", members=())
    assert line_seen(hub, Reach(SG, hub.desk.scheme), SG.roles, case) and not line_seen(hub, reach, KR.roles, case)


# At the door


def audit(door: Consoles, who: str, **asked: Any) -> str:
    page = door.ask(f"/console/audit?{urlencode(asked)}", session=door.session(who))
    assert page.status == 200, page.text[:300]
    return page.text


def taken(door: Consoles, who: str, **asked: Any) -> dict[str, Any]:
    page = door.ask(f"/console/audit/export?{urlencode(asked)}", session=door.session(who))
    assert page.status == 200 and "attachment" in page.headers["content-disposition"]
    told: dict[str, Any] = json.loads(page.text)
    return told


def set_cap(door: Consoles, amount: str, key: str = "") -> int:
    """Two people of a bank set its own cap; the number of their proposal."""
    more = {"idempotency_key": key} if key else {}
    made = door.ask(
        "/v1/limits/cap", body=json.dumps({"currency": "SGD", "amount": amount}).encode(), content_type="application/json",
        authorization=f"Bearer {door.tokens[f'{SG1}-desk']}", **more,
    )  # fmt: skip
    assert made.status == 202, made.text
    number: int = json.loads(made.text)["number"]
    done = door.ask(f"/v1/proposals/{number}/approval", method="POST", authorization=f"Bearer {door.tokens[f'{SG1}-checker']}")
    assert done.status == 200, done.text
    return number


@pytest.mark.server
def test_a_limit_tells_who_asked_who_seconded_and_which_link_holds_it(door: Consoles) -> None:
    number = set_cap(door, "4321.00", key="cap-1")
    rows = taken(door, "auditor", kind="limit", name=SG1)["rows"]
    one = next(row for row in rows if row["event"] == "SET")
    assert (one["who"], one["second"], one["institution"], one["facts"]) == (f"{SG1}-desk", f"{SG1}-checker", SG1, "432100")
    link = next(iter(door.hub.journal.links(one["link"])))
    assert one["hash"] == link.hash.hex() and one["article"] == "7.8" and one["command"] == "set_limit"
    proposed = taken(door, "auditor", kind="person", name=f"{SG1}-desk")["rows"]
    assert {row["subject"] for row in proposed} >= {f"proposal {number}", one["subject"]}
    assert [row for row in taken(door, "auditor", kind="rule", name="7.8")["rows"] if row["event"] == "SET"]
    assert f"{SG1}-checker" in audit(door, "auditor", kind="member", name=SG1)
    assert taken(door, "supervisor-kr", kind="limit", name=SG1)["rows"] == []
    assert taken(door, "supervisor-sg", kind="limit", name=SG1)["rows"]


@pytest.mark.server
def test_a_payment_has_its_steps_and_every_look_at_it(door: Consoles) -> None:
    door.ask(f"/console/payments/{UETR}", session=door.session("supervisor-sg"))
    told = taken(door, "auditor", kind="payment", name=UETR.upper())
    assert told["whole"] and told["journal"]["read_to"] == told["journal"]["links"]
    kinds = {row["kind"] for row in told["rows"]}
    assert kinds == {"change", "look"}
    looks = [row for row in told["rows"] if row["kind"] == "look"]
    assert ("supervisor-sg", "payment.look") in [(row["who"], row["event"]) for row in looks]
    steps = [row["event"] for row in reversed(told["rows"]) if row["kind"] == "change"]
    assert steps[0].startswith("ADMITTED") and [row for row in told["rows"] if row["institution"] == SG1]
    assert told["rows"] == sorted(told["rows"], key=lambda row: row["at"], reverse=True)
    assert taken(door, "supervisor-kr", kind="payment", name=UETR)["rows"] == []
    page = audit(door, "supervisor-sg", kind="payment", name=UETR)
    assert f'href="/console/payments/{UETR}"' in page and "<script" not in page


@pytest.mark.server
@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (f"payments/{UETR}", f"payments/{UETR}"), ("payments", "payments"), ("cycles/1", "cycles/1"), ("cycles", "cycles"), ("queue", "queue"),
        ("positions", "positions"), ("proposals", "proposals"), ("day", "day"), ("lists", "lists"), ("cases", "cases"), ("quotes", "fx"),
        ("trade/instruments?kind=ETR", "trade"),
    ],
)  # fmt: skip
def test_both_doors_name_what_was_looked_at_in_one_way(
    door: Consoles, monkeypatch: pytest.MonkeyPatch, asked: str, shown: str
) -> None:
    monkeypatch.setattr(door.house, "look", Identity(door.access, door.clock).look)
    assert door.ask(f"/v1/{asked}", Authorization=f"Bearer {door.tokens['auditor']}").status == 200
    by_api = door.access.looks.latest_of("auditor", 1)[0]
    assert by_api.detail == f"GET /v1/{asked.partition('?')[0]}"
    assert door.ask(f"/console/{shown}", session=door.session("auditor")).status == 200
    by_page = door.access.looks.latest_of("auditor", 2)
    assert by_api.subject in {one.subject for one in by_page if one.seq > by_api.seq}


def test_who_saw_this_payment_finds_both_doors_and_what_earlier_releases_wrote(
    door: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = Identity(door.access, door.clock)
    monkeypatch.setattr(door.house, "look", identity.look)
    assert door.ask(f"/v1/payments/{UETR}", Authorization=f"Bearer {door.tokens['auditor']}").status == 200
    assert door.ask(f"/console/payments/{UETR}", session=door.session("supervisor-sg")).status == 200
    door.access.looks.note(KR, "payment.look", [f"place /v1/payments/{UETR}"], door.clock.now())
    page = door.ask(f"/console/audit?kind=payment&name={UETR}", session=door.session("auditor"))
    assert f"GET /v1/payments/{UETR}" in page.text
    rows = json.loads(door.ask(f"/console/audit/export?kind=payment&name={UETR}", session=door.session("auditor")).text)["rows"]
    assert {"auditor", "supervisor-sg", "supervisor-kr"} <= {one["who"] for one in rows if one["kind"] == "look"}


@pytest.mark.server
@pytest.mark.parametrize("language", ["de", "ar"])
def test_a_page_says_verbs_and_commands_in_words_and_keeps_their_names_at_hand(door: Consoles, language: str) -> None:
    number = set_cap(door, "4322.00")
    names = {right.value for right in Right} | {one.__struct_config__.tag for one in get_args(Command)}
    names |= {state.name for _, _, table in TABLES for state in table.states()}
    told: set[str] = set()
    for who, path in (
        ("auditor", "audit"), ("auditor", f"audit?kind=payment&name={UETR}"), ("auditor", f"audit?kind=limit&name={SG1}"),
        ("auditor", f"audit?kind=person&name={SG1}-desk"), ("supervisor-sg", "supervisor"), ("supervisor-sg", "account"),
    ):  # fmt: skip
        page = door.ask(f"/console/{path}", session=door.session(who), Cookie=f"fondaco-language={language}").text
        said = re.findall(r'<bdi(?: class="[^"]*")?(?: title="([^"]*)")?>([^<]*)</bdi>', page)
        assert [one for _, one in said if one in names or re.fullmatch(r"[A-Z]+(_[A-Z]+)+", one)] == [], path
        told |= {name for name, _ in said if name}
    assert told >= {"audit.look", "supervise.look", "propose", "set_limit", "SET", "PROPOSED", "supervisor"}, number
    export = taken(door, "auditor", kind="limit", name=SG1)["rows"]
    assert {"set_limit", "SET"} <= {one["command"] for one in export} | {one["event"] for one in export}, (
        "what is taken away keeps names"
    )


def test_pages_hold_every_row_once_and_a_time_cuts(door: Consoles) -> None:
    for _ in range(60):
        door.access.looks.write([("auditor", "", "auditor", "day.look", "place day", "")], door.clock.now())
    whole = taken(door, "auditor")
    assert len(whole["rows"]) > 120 and whole["whole"]
    seen: list[tuple[int, int, str]] = []
    query = "kind="
    for _ in range(50):
        page = door.ask(f"/console/audit?{query}", session=door.session("operator-2")).text
        seen += [
            (int(re.sub(r"\D", "", number)), kind == "look", "")
            for kind, number in re.findall(r'<tr class="(look|change)">.*?(?:line|link) <bdi>([\d,]+)</bdi>', page, re.DOTALL)
        ]
        following = re.search(r'rel="next" href="/console/audit\?([^"]+)"', page)
        if following is None:
            break
        query = following[1].replace("&amp;", "&")
    looks = [number for number, look, _ in seen if look]
    assert looks == sorted(set(looks), reverse=True) and looks[-1] == 1
    changes = [(row["link"]) for row in whole["rows"] if row["kind"] == "change"]
    assert sorted(number for number, look, _ in seen if not look) == sorted(changes)
    day = door.hub.desk.counters.day
    assert taken(door, "auditor", until=f"{day}T00:00")["rows"] == []
    later = taken(door, "auditor", since="2100-01-01T00:00")["rows"]
    assert later == [] and "no search" in audit(door, "auditor", since="yesterday")
    assert door.ask("/console/audit/export?since=x", session=door.session("auditor")).status == 400
    assert door.ask("/console/audit?kind=%3Cb%3E", session=door.session("auditor")).status == 200


@pytest.mark.server
def test_the_log_of_looks_proves_itself_and_shows_what_was_done_to_it(door: Consoles) -> None:
    page = audit(door, "auditor", kind="lists")
    lines, head = door.access.looks.head()
    assert head in page, "the search is in the log before its answer"
    page = audit(door, "auditor", prove="yes", lines=lines, head=head)
    assert "the log continues the head that you kept" in page
    assert "does not continue" in audit(door, "auditor", prove="yes", lines=lines, head="00" * 32)
    said = door.access.store.row("SELECT who FROM look WHERE seq=2")
    assert said is not None
    for who, told in (("nobody", "was altered"), (said[0], "Every line was read")):
        with door.access.store.transaction() as connection:
            connection.execute("UPDATE look SET who=? WHERE seq=2", (who,))
        assert told in audit(door, "auditor", prove="yes")


@pytest.mark.server
def test_whoever_audits_is_in_the_log_and_a_member_has_no_audit(door: Consoles) -> None:
    audit(door, "operator-2", kind="member", name=SG1)
    assert (SG1, "audit.look") in [(one.subject[-8:], one.verb) for one in door.access.looks.of("operator-2")]
    for who, status in (("zzbasg01-maker", 403), ("operator-1", 403), ("officer-1", 403), ("auditor", 200)):
        for path in ("/console/audit", "/console/audit/export"):
            assert door.ask(path, session=door.session(who)).status == status, who

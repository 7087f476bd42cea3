"""The client knows the whole door: every route can be asked, and what a route gives has the same names on both sides."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any, get_args, get_origin

import msgspec

from fondaco.api import ROUTES, Route
from fondaco.client import OfficersWord, OwnQuote, calls, records, uploading
from fondaco.core import Money

UETR = "6f1f3c52-1d1e-4b7c-8f3e-2a1b3c4d5e6f"
SGD = Money("SGD", 1)
# One question for each route but the one for figures, which is Prometheus's.
ASKED = [
    calls.send(b"<a/>"), calls.letters(0, 0, "xml", 100), calls.letter(1), calls.payments(0, "", ""), calls.payment(UETR), calls.revoke(UETR, "k"),
    calls.move(UETR, True, "k"), calls.queue(), calls.positions(""), calls.limits(""), calls.set_cap(SGD, "k"), calls.limit_flow("TH", "SGD", SGD, "k"),
    calls.limit_total(None, "k"), calls.quotes(), calls.post_quotes([OwnQuote("THB", Decimal("0.5"), SGD)], "k"), calls.cycles(), calls.cycle(1),
    calls.proof(1), calls.close_cycle("k"), calls.cases("", False), calls.case("C1"),
    calls.say("C1", OfficersWord("o", "NOTE", "n", 1, "00", "00", "00"), "k"), calls.lists(), calls.swap_lists("k"), calls.members(), calls.day(),
    calls.open_day(date(2026, 11, 24), "k"), calls.end_day("k"), calls.calendar(2026, ""), calls.instruments("ETR", ""),
    calls.instrument("ETR-000001"), calls.perform("a", "B", 1, b"{}", [(b"\0" * 32, b"\0" * 64)], "", "k"), calls.evidence_head(), calls.disclosure(date(2026, 11, 24)),
    calls.bundle(date(2026, 11, 24), BytesIO(), 1.0),
    calls.proposals(0, True), calls.proposal(1), calls.approve(1, "k"), calls.withdraw(1, "k"), calls.webhook(),
    uploading.begin(uploading.Source(b"<a/>"), uploading.ZIP), uploading.append("0" * 32, 0, b"a", True), uploading.look("0" * 32), uploading.under_way(),
    uploading.cancel("0" * 32),
]  # fmt: skip
GIVES: dict[str, Any] = {
    "read_mailbox": records.LetterPage, "list_payments": records.PaymentPage, "read_payment": records.Story, "revoke_payment": records.Done,
    "place_payment": records.Done, "list_queue": records.Queue, "list_positions": records.Positions, "list_limits": records.Limits,
    "set_own_cap": records.ProposalRow, "set_flow_limit": records.ProposalRow, "set_total_limit": records.ProposalRow, "list_quotes": records.Quotes,
    "post_quotes": records.Posted, "list_cycles": records.Cycles, "read_cycle": records.CycleRow, "prove_cycle": records.Proof,
    "close_cycle": records.ProposalRow, "list_cases": records.CasePage, "read_case": records.CaseRow, "decide_case": records.Said,
    "list_lists": records.Lists, "swap_lists": records.Swapped, "list_members": records.Members, "read_day": records.DayState,
    "open_day": records.ProposalRow, "end_day": records.ProposalRow, "read_calendar": records.Holidays, "list_instruments": records.InstrumentPage,
    "read_instrument": records.Instrument, "perform_deed": records.Performed, "read_head": records.Head,
    "list_proposals": records.ProposalPage, "read_proposal": records.ProposalRow, "approve_proposal": records.ProposalRow,
    "take_back_proposal": records.ProposalRow, "read_webhook": records.WebhookState, "create_upload": records.UploadState, "append_upload": records.UploadState, "read_upload": records.UploadState,
    "read_uploads": records.UploadPage, "read_disclosure": records.Disclosure,
}  # fmt: skip


def route_of(method: str, target: str) -> Route:
    path = target.partition("?")[0]
    fitting = [one for one in ROUTES if one.method == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one.path), path)]
    (found,) = [one for one in fitting if "{" not in one.path] or fitting
    return found


def test_every_route_can_be_asked_and_takes_what_the_client_sends() -> None:
    asked = {}
    for call in ASKED:
        route = route_of(call.request.method, call.request.target)
        asked[route.name] = call
        assert ("Idempotency-Key" in call.request.headers) == route.deed, route.name
        if route.body is not None:
            msgspec.json.decode(call.request.body, type=route.body)
        query = dict(pair.split("=") for pair in call.request.target.partition("?")[2].split("&") if pair)
        msgspec.convert(query, route.query, strict=False)
    assert set(asked) == {one.name for one in ROUTES} - {"read_metrics"}


def names(kind: Any) -> dict[str, Any]:
    return {one.encode_name: one.type for one in msgspec.structs.fields(kind)}


def differing(told: Any, known: Any, where: str) -> list[str]:
    """Where two records do not have the same names, in whatever they hold."""
    if get_origin(told) is list and get_origin(known) is list:
        return differing(get_args(told)[0], get_args(known)[0], where)
    both = [isinstance(one, type) and issubclass(one, msgspec.Struct) for one in (told, known)]
    if not all(both):
        return []
    ours, theirs = names(known), names(told)
    if set(ours) != set(theirs):
        return [f"{where}: {set(ours) ^ set(theirs)}"]
    return [fault for name in ours for fault in differing(theirs[name], ours[name], f"{where}.{name}")]


def test_what_the_door_gives_has_the_same_names_here() -> None:
    faults = []
    for route in ROUTES:
        if route.name in GIVES:
            faults += differing(route.gives[0][2], GIVES[route.name], route.name)
    assert faults == []
    assert {one.name for one in ROUTES} - set(GIVES) == {
        "send_message",
        "read_message",
        "read_metrics",
        "cancel_upload",
        "read_bundle",
    }, "these give no record"

"""Motions at the console: two operators vote for a member's standing, a longer day or other rules, each signing with the own passkey.

As with an officer's word of a case, what the form says becomes the vote, the digest of the vote's bytes becomes the challenge, and the whole
answer of the authenticator is the signature, which the hub verifies by the rulebook alone.
"""

from __future__ import annotations

import json

import msgspec
from starlette.responses import Response

from fondaco.console.deciding import NOTE_LENGTH_MAX
from fondaco.console.navigation import _
from fondaco.console.visit import Shown, Visit
from fondaco.core import Refusal
from fondaco.hub import Hub, Move
from fondaco.rulebook import EXTENSION, STANDING, Deed, Motion, MotionState, Vote

# So many motions that ended are shown; what a ceremony of this page is led by.
ENDED_MAX = 10
_LEAD = b"vote\0"
_OPERATOR = "operator"
# What may be proposed here: for other deeds files are needed, which stand at the command line.
_PROPOSED_HERE = (STANDING, EXTENSION)
_NOT_NAMED = _("The rulebook in force names no operator by your name.")
_NOT_REGISTERED = _("The rulebook in force names no passkey of yours. Two operators register it; see your account.")
_NO_REASON = _("A word needs its reason.")
_VOTED = _("You voted for it. The next vote is another operator's.")
_WAITS = _("The same is proposed already: another operator votes for it.")
_GONE = _("This motion does not wait any more.")
_NOT_RECOGNISED = _("The passkey was not recognised. Try again.")


class Said(msgspec.Struct, frozen=True):
    """A vote: who, when (the voter's own instant), why."""

    officer: str
    at: int
    note: str


class Shape(msgspec.Struct, frozen=True):
    """A motion. `mine`: the caller voted for it."""

    key: str
    kind: str
    subject: str
    value: str
    state: str
    votes: list[Said]
    mine: bool


class Ballots(msgspec.Struct, frozen=True):
    """The motions as the caller finds them: what waits, what ended last. `named` says whether the rulebook in force names the caller as an operator, `signs` whether
    with a passkey of this place. Members and currencies are those that may be proposed about."""

    waiting: list[Shape]
    ended: list[Shape]
    named: bool
    signs: bool
    members: list[str]
    currencies: list[str]


def shape(one: Motion, caller: str) -> Shape:
    votes = [Said(vote.officer_id, vote.at, vote.note) for vote in one.votes]
    deed = one.deed
    return Shape(
        one.key, deed.kind, deed.subject, deed.value, one.state.name, votes, any(vote.officer == caller for vote in votes)
    )


def ballots(hub: Hub, caller: str, origin: str) -> Ballots:
    scheme = hub.desk.scheme
    officer = next((one for one in scheme.officers if one.officer_id == caller and _OPERATOR in one.roles), None)
    motions = [shape(one, caller) for _key, one in sorted(hub.desk.motions.items(), reverse=True)]
    waiting = [one for one in motions if one.state == MotionState.PROPOSED.name]
    ended = [one for one in motions if one.state != MotionState.PROPOSED.name]
    return Ballots(
        waiting[::-1], ended[:ENDED_MAX], officer is not None, officer is not None and any(one.origin == origin for one in officer.passkeys),
        sorted(one.bic[:8] for one in scheme.participants if one.roles != {"settlement_agent"}), sorted(scheme.currencies),
    )  # fmt: skip


async def begin_proposal(visit: Visit) -> Response:
    """The first vote for what the form says."""
    deed = Deed(visit.said("kind", 20), visit.said("subject", 20), visit.said("value", 20))
    if deed.kind not in _PROPOSED_HERE:
        raise Shown(400)
    return await _begin(visit, deed, first=True)


async def begin_vote(visit: Visit) -> Response:
    """A vote for a motion that waits."""
    return await _begin(visit, await _deed(visit), first=False)


async def _deed(visit: Visit) -> Deed | None:
    key = str(visit.request.path_params["motion"])[:40]
    one = await visit.house.ask(lambda hub: hub.desk.motions.get(key))
    if one is None:
        raise Shown(404)
    return one.deed if one.state is MotionState.PROPOSED else None


async def _begin(visit: Visit, deed: Deed | None, *, first: bool) -> Response:
    """Asked first whether the vote would count, so that nobody signs for nothing."""
    caller, house, note = visit.caller, visit.house, visit.fields.get("note", "").strip()
    assert caller is not None
    if len(note) > NOTE_LENGTH_MAX:
        raise Shown(400)
    who, origin = caller.name, house.access.address

    def question(hub: Hub) -> tuple[str, str, list[bytes]]:
        officer = next((one for one in hub.desk.scheme.officers if one.officer_id == who), None)
        credentials = [one.credential for one in officer.passkeys if one.origin == origin] if officer is not None else []
        if officer is None or _OPERATOR not in officer.roles:
            return _NOT_NAMED, "", []
        return _unfit(hub, deed, who, first=first), hub.desk.counters.day, credentials

    fault, day, credentials = await house.ask(question)
    fault = fault or ("" if credentials else _NOT_REGISTERED) or ("" if note else _NO_REASON)
    if fault or deed is None:
        return visit.json(409, fault=house.words[visit.language](fault))
    at = house.clock.now()
    vote = Vote(deed, who, note, day, int(at))
    ceremony, options = house.access.passkeys.begin_signing(
        who, visit.session, vote.material(), _LEAD + msgspec.msgpack.encode(vote), credentials, at
    )
    return visit.json(ceremony=ceremony, options=json.loads(options))


def _unfit(hub: Hub, deed: Deed | None, who: str, *, first: bool) -> str:
    """Why a vote has no place as things stand. Who proposes does not second: that is another right."""
    if deed is None:
        return _GONE
    waits = next((one for one in hub.desk.motions.values() if one.deed == deed and one.state is MotionState.PROPOSED), None)
    if waits is not None and any(vote.officer_id == who for vote in waits.votes):
        return _VOTED
    if (waits is not None) == first:
        return _WAITS if first else _GONE
    return ""


async def said(visit: Visit) -> tuple[str, int]:
    """Hand the signed vote of a form to the hub, which verifies it by itself; why it was not taken, and the status, "" and 0 where it was. What the form says beside
    the answer is not looked at: it was signed before."""
    caller, house = visit.caller, visit.house
    assert caller is not None
    words = house.words[visit.language]
    first = "motion" not in visit.request.path_params
    deed = None if first else await _deed(visit)
    signed = house.access.passkeys.finish_signing(
        visit.said("ceremony"), visit.fields.get("response", ""), house.clock.now(), caller.name, visit.session
    )
    if isinstance(signed, Refusal):
        return words(_NOT_RECOGNISED), 422
    content, assertion = signed
    if not content.startswith(_LEAD):  # a ceremony of another page's
        raise Shown(400)
    found = msgspec.msgpack.decode(content.removeprefix(_LEAD), type=Vote)
    if deed is not None and found.deed != deed:
        raise Shown(400)
    unfit = await house.ask(lambda hub: _unfit(hub, found.deed, caller.name, first=first))
    if unfit:
        return words(unfit), 409
    (answer,) = await house.decide([Move(msgspec.structs.replace(found, signature=assertion.encoded()))])
    return (answer.sentence(), 409) if isinstance(answer, Refusal) else ("", 0)

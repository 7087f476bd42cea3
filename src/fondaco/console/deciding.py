"""An officer's word of a case, signed by the officer's own passkey: what is signed are the bytes that the hub keeps, and the hub verifies them.

The page shows a case as it stands; its form names the verdict and the last word that were seen. What the form says becomes the word, the
digest of the word's bytes becomes the challenge, and the whole answer of the authenticator is the signature.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from fondaco.access import Right, Role
from fondaco.compliance import (
    ASSIGN,
    CASE,
    CONFIRM,
    ESCALATE,
    NOTE,
    RELEASE,
    SECOND_IS_ANOTHERS,
    UNSEEN,
    VERBS,
    Case,
    CaseEvent,
    CaseState,
    Decision,
    Officer,
    foresee,
    proposal_of,
    signature_fault,
)
from fondaco.console.cases import Shape, Word, sees, shape
from fondaco.console.navigation import _
from fondaco.console.visit import Shown, Visit
from fondaco.core import Reason, Refusal
from fondaco.hub import DecideCase, Hub, officers_of

NOTE_LENGTH_MAX = 2000
_PROPOSED = {CaseState.RELEASE_PROPOSED: RELEASE, CaseState.CONFIRM_PROPOSED: CONFIRM}
_ASK = {
    RELEASE: _("It is somebody else: propose to release"),
    CONFIRM: _("It is the listed party: propose to confirm"),
    ASSIGN: _("I take it on"),
    ESCALATE: _("It is for a head of compliance"),
    NOTE: _("Only a note"),
}
_SECOND = {RELEASE: _("I agree: release"), CONFIRM: _("I agree: confirm")}
_TURN = {RELEASE: _("I disagree: propose to release instead"), CONFIRM: _("I disagree: propose to confirm instead")}
# Why a word is not taken, by where and what the refusal found; what stands under "" is any other of the same place.
_FAULTS: Mapping[str, Mapping[str, str]] = {
    "officer": {
        SECOND_IS_ANOTHERS: _("You proposed this. The second word is another officer's, with another key."),
        "an escalated case needs a head of compliance": _("An escalated case is released with the word of a head of compliance."),
        "": _("The rulebook in force names no compliance officer by your name."),
    },
    "note": {"": _("A word needs its reason.")},
    "verdict": {"": _("Since you opened this page the case was screened anew. Look at it again.")},
    "case": {
        UNSEEN: _("Since you opened this page somebody said something of this case. Read it, then say yours."),
        "its payment has another case": _("The payment was screened anew and has another case."),
        "": _("The case stands otherwise by now, and this word has no place in it."),
    },
    "decision": {"": _("This was said before.")},
    "the lists": {"": _("Other lists are in force now. The case waits until its payment was screened against them.")},
    "signature": {"": _("The signature does not hold.")},
    "passkey": {"": _("The passkey was not recognised. Try again.")},
    "registered": {"": _("The rulebook in force names no passkey of yours. Two operators register it; see your account.")},
}


class Desk(msgspec.Struct, frozen=True):
    """What an officer can do with a case: the words that have a place in it, and what was proposed and by whom. `seen` is the last link;
    `counts` says whether the proposal's signature holds by the rulebook in force: else the next word is the first of two."""

    verdict: str
    seen: str
    choices: list[tuple[str, str]]
    proposal: Word | None
    is_mine: bool
    counts: bool
    named: bool
    signs: bool


def told(refusal: Refusal) -> str:
    """A refusal as a text of the catalogs."""
    known = _FAULTS.get(refusal.where, {})
    return known.get(refusal.found) or known.get("") or _("The hub refused it.")


def desk_of(case: Case, name: str, officers: Mapping[str, Officer], origin: str) -> Desk | None:
    """None for a case that is decided."""
    if not case.open:
        return None
    proposed = _PROPOSED.get(case.state, "")
    found = proposal_of(case) if proposed else None
    officer = officers.get(name)
    proposer = officers.get(found.officer_id) if found is not None else None
    counts = found is not None and proposer is not None and not signature_fault(proposer, found.signature, found.material())
    choices = []
    for verb in (RELEASE, CONFIRM, ASSIGN, ESCALATE, NOTE):
        if verb != NOTE and not CASE.can(case.state, CaseEvent(verb)):
            continue
        if counts and found is not None and found.officer_id == name and verb == proposed:
            continue  # the second word is another's
        choices.append((verb, _SECOND[verb] if verb == proposed else _TURN[verb] if proposed and verb in _TURN else _ASK[verb]))
    word = Word(found.at, found.officer_id, found.verb, found.note) if found is not None else None
    return Desk(
        case.verdict.digest().hex(), case.link().hex(), choices, word, found is not None and found.officer_id == name, counts,
        officer is not None and "compliance" in officer.roles, officer is not None and any(one.origin == origin for one in officer.passkeys),
    )  # fmt: skip


async def page(visit: Visit) -> Response:
    """One case, and for officers what they can say of it."""
    name = str(visit.request.path_params["case"])[:64]
    visit.note(Right.CASE_LOOK, f"case {name}")
    return await _page(visit, name)


async def _page(visit: Visit, name: str, status: int = 200, fault: str = "") -> Response:
    caller = visit.caller
    assert caller is not None
    reach, roles, who, origin = visit.reach, caller.roles, caller.name, visit.house.access.address
    decides = visit.allows(Right.CASE_DECIDE)

    def question(hub: Hub) -> tuple[Shape, Desk | None] | None:
        known = hub.desk.cases.get(name)
        if known is None or not sees(hub, reach, roles, known):
            return None
        return shape(hub, known), desk_of(known, who, officers_of(hub.desk.scheme), origin) if decides else None

    found = await visit.house.ask(question)
    if found is None:
        raise Shown(404)
    case, desk = found
    return visit.page(
        "case.html", status=status, one=case, desk=desk, fault=fault, sees_payments=visit.allows(Right.PAYMENT_LOOK), note_max=NOTE_LENGTH_MAX,
        passkeys=desk is not None and visit.house.access.passkeys.possible, possible=visit.house.access.passkeys.possible,
        demo=visit.house.tour is not None, back=f"/console/cases/{name}",
    )  # fmt: skip


async def begin(visit: Visit) -> Response:
    """The word that the form says, to be signed: asked first whether it would be taken, so that nobody signs for nothing."""
    caller, house = visit.caller, visit.house
    assert caller is not None
    word = _word(visit, caller.name)
    reach, roles, origin = visit.reach, caller.roles, house.access.address

    def question(hub: Hub) -> tuple[Case | Refusal, list[bytes]]:
        known, officers = hub.desk.cases.get(word.case_id), officers_of(hub.desk.scheme)
        if known is None or not sees(hub, reach, roles, known):
            return Refusal(Reason.NOT_FOUND, "case", word.case_id), []
        officer = officers.get(word.officer_id)
        credentials = [one.credential for one in officer.passkeys if one.origin == origin] if officer is not None else []
        return foresee(known, word, officers), credentials

    would, credentials = await house.ask(question)
    if not isinstance(would, Refusal) and not credentials:
        would = Refusal(Reason.ROLE_NOT_HELD, "registered", caller.name, "5.5")
    if isinstance(would, Refusal):
        return visit.json(409, fault=house.words[visit.language](told(would)))
    ceremony, options = house.access.passkeys.begin_signing(
        caller.name, visit.session, word.material(), msgspec.msgpack.encode(word), credentials, house.clock.now()
    )
    return visit.json(ceremony=ceremony, options=json.loads(options))


async def say(visit: Visit) -> Response:
    """Hand the signed word to the hub, which verifies it by itself. What the form says beside the answer is not looked at: it was signed before."""
    caller, house = visit.caller, visit.house
    assert caller is not None
    name = str(visit.request.path_params["case"])[:64]
    visit.note(Right.CASE_DECIDE, f"case {name}")
    signed = house.access.passkeys.finish_signing(
        visit.said("ceremony"), visit.fields.get("response", ""), house.clock.now(), caller.name, visit.session
    )
    if isinstance(signed, Refusal):
        return await _page(visit, name, 422, told(signed))
    content, assertion = signed
    try:
        said = msgspec.msgpack.decode(content, type=Decision)
    except msgspec.DecodeError as other:  # a ceremony of another page's
        raise Shown(400) from other
    word = msgspec.structs.replace(said, signature=assertion.encoded())
    if word.case_id != name:
        raise Shown(400)
    return await _handed_on(visit, name, word)


async def _handed_on(visit: Visit, name: str, word: Decision) -> Response:
    (answer,) = await visit.house.decide([DecideCase(word)])
    if isinstance(answer, Refusal):
        return await _page(visit, name, 409, told(answer))
    return visit.to(f"/cases/{name}")


async def say_in_demo(visit: Visit) -> Response:
    """In a demo's tour alone: the form's word, signed by the made-up officer's key that everybody knows. The hub verifies it as it does every word."""
    caller, house = visit.caller, visit.house
    assert caller is not None and house.tour is not None, "the deed is there with the tour alone"
    name = str(visit.request.path_params["case"])[:64]
    visit.note(Right.CASE_DECIDE, f"case {name}")
    word = house.tour.stage.sign_word(_word(visit, caller.name))
    return await _handed_on(visit, name, word)


def _word(visit: Visit, officer: str) -> Decision:
    """The word of a form, not signed yet. Raises `Shown` for a form that no page of ours makes."""
    verb, note = visit.said("verb"), visit.fields.get("note", "").strip()
    if verb not in VERBS or len(note) > NOTE_LENGTH_MAX or Role.COMPLIANCE_OFFICER not in visit.caller.roles:  # type: ignore[union-attr]
        raise Shown(400)
    try:
        verdict, seen = bytes.fromhex(visit.said("verdict")), bytes.fromhex(visit.said("seen"))
    except ValueError as fault:
        raise Shown(400) from fault
    if len(verdict) != 32 or len(seen) != 32:
        raise Shown(400)
    case = str(visit.request.path_params["case"])[:64]
    assignee = officer if verb == ASSIGN else ""
    return Decision(case, officer, verb, note, int(visit.house.clock.now()), verdict, b"", assignee, seen)

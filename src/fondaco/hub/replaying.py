"""Makes a stored verdict again, from the stored message, the lists and the configuration, and compares it byte for byte."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from fondaco.compliance import Case, Configuration, Judging, Screener, ScreeningUnfit, Verdict
from fondaco.core import Instant
from fondaco.hub.casework import is_of_message, place_of_message
from fondaco.hub.holding import NOWHERE, ends_of, lacking_data
from fondaco.hub.hub import Hub
from fondaco.hub.retaining import Erased
from fondaco.payments import DECODER, Payment


class Replay(msgspec.Struct, frozen=True):
    """What making one verdict again came to. `fault` is "" when it is the same to the byte; `told` says why nothing can be compared.

    `digest` is of the stored verdict (hexadecimal), `made` of the one that was made now.
    """

    payment: int
    case: str
    outcome: str
    list_set: str
    configuration: str
    digest: str
    made: str
    fault: str = ""
    told: str = ""


def replay_verdict(hub: Hub, payment: Payment, screener_for: Callable[[str], Screener]) -> Replay:
    """Make the last verdict on a payment again. Changes nothing, and raises nothing for what is missing or damaged: it is told."""
    bound = payment.screened
    case = hub.desk.cases.get(payment.case)
    if bound is None or not payment.list_set:
        return Replay(payment.number, payment.case, "", payment.list_set, "", "", "", told="no verdict is bound to it")
    blank = Replay(payment.number, payment.case, bound.outcome, payment.list_set, bound.configuration, bound.verdict.hex(), "")
    if bound.outcome == "HOLD":
        return msgspec.structs.replace(blank, told="it was held because nothing could be known then; nothing passes on that")
    ready = _ready(hub, blank, bound.engine, screener_for)
    if isinstance(ready, Replay):
        return ready
    screener, judging = ready
    try:
        told = hub.instruction(payment)
    except Erased as erased:
        return msgspec.structs.replace(blank, told=str(erased))
    lacking = [lacking_data(payment, told, judging.full_data_from)]
    made = screener.screen([told.mentions], Instant(bound.at), judging, [ends_of(payment)], lacking)[0]
    return _compared(blank, made, bound.verdict, case)


def replay_message(hub: Hub, case: Case, screener_for: Callable[[str], Screener]) -> Replay:
    """The same for the verdict of a case on a message that carries no payments, or on a deed."""
    bound = case.verdict
    blank = Replay(0, case.case_id, bound.outcome, bound.list_set, bound.configuration, bound.digest().hex(), "")
    ready = _ready(hub, blank, bound.engine, screener_for)
    if isinstance(ready, Replay):
        return ready
    screener, judging = ready
    try:
        said = hub.said(*place_of_message(case))
    except Erased as erased:
        return msgspec.structs.replace(blank, told=str(erased))
    made = screener.screen([said], Instant(bound.at), judging, [NOWHERE])[0]
    return _compared(blank, made, bound.digest(), case)


def _ready(hub: Hub, blank: Replay, engine: str, screener_for: Callable[[str], Screener]) -> Replay | tuple[Screener, Judging]:
    """What a verdict was made with, or why it cannot be had."""
    raw = hub.journal.record("configuration", blank.configuration)
    if raw is None:
        return msgspec.structs.replace(blank, fault="the configuration that it names is not kept")
    configuration = msgspec.msgpack.decode(raw, type=Configuration)
    if configuration.digest() != blank.configuration:
        return msgspec.structs.replace(blank, fault="the configuration was altered: it is not the one that the verdict names")
    try:
        screener = screener_for(blank.list_set)
    except (LookupError, ScreeningUnfit) as fault:
        return msgspec.structs.replace(blank, fault=f"the list set cannot be made again: {fault}")
    if screener.engine != engine:
        return msgspec.structs.replace(blank, told=f"the engine {engine} made it: the release that has it makes it again")
    return screener, Judging(configuration)


def _compared(blank: Replay, made: Verdict, stored: bytes, case: Case | None) -> Replay:
    found = msgspec.structs.replace(blank, made=made.digest().hex())
    if made.digest() != stored:
        return msgspec.structs.replace(found, fault="the verdict comes out otherwise now")
    if case is not None and case.verdict.digest() == stored:
        if msgspec.msgpack.encode(case.verdict) != msgspec.msgpack.encode(made):
            return msgspec.structs.replace(found, fault="the case keeps another verdict")
    elif case is not None and made.outcome == "HIT":
        return msgspec.structs.replace(found, fault="the case was opened on another verdict")
    return found


def replay_all(hub: Hub, screener_for: Callable[[str], Screener], progress: Callable[[int], None] | None = None) -> list[Replay]:
    """Every verdict that the journal knows of: of cases of messages first, then in the order of the payments."""
    cases = [case for _, case in sorted(hub.desk.cases.items()) if is_of_message(case)]
    found = [replay_message(hub, case, screener_for) for case in cases]
    for number, raw in hub.journal.payments():
        payment = hub.desk.live.get(number) or DECODER.decode(raw)
        if payment.screened is not None:
            found.append(replay_verdict(hub, payment, screener_for))
        if progress is not None:
            progress(number)
    return found

"""What can be asked of a hub, each as one `Call`: built from plain values, without a network, a clock or a lot drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from fondaco.client import records
from fondaco.client.answers import answers_of, sent_of, uetrs_of
from fondaco.client.call import JSON, Call, Reply, Request
from fondaco.client.fault import malformed, media_of
from fondaco.client.reading import amount_in, record
from fondaco.client.told import Sent, Told
from fondaco.core import Money
from fondaco.messages import written

T = TypeVar("T")
_XML = "application/xml"
TAR = "application/x-tar"
# What one page holds at most (docs/api.md).
PAGE = 500


def _json(kind: type[T]) -> Any:
    def read(reply: Reply) -> T:
        media = media_of(reply.headers)
        if media != JSON:
            raise malformed(f"{media or 'nothing'} came where {JSON} was expected", reply.status)
        return record(kind, reply.body)

    return read


def _get(told: type[T], path: str, patience_s: float = 0, /, **query: Any) -> Call[T]:
    asked = urlencode({name: value for name, value in query.items() if value not in ("", None)})
    request = Request("GET", f"{path}?{asked}" if asked else path, headers={"Accept": JSON}, patience_s=patience_s)
    return Call(request, _json(told))


def _deed(kind: type[T], path: str, key: str, body: Any = None) -> Call[T]:
    """A deed under its key: asked again, it is done once."""
    headers = {"Accept": JSON, "Idempotency-Key": key}
    if body is not None:
        headers["Content-Type"] = JSON
    return Call(Request("POST", path, b"" if body is None else msgspec.json.encode(body), headers), _json(kind))


def _in(text: str) -> str:
    return quote(text, safe="")


# Messages


def send(message: bytes | str | Mapping[str, Any]) -> Call[Sent]:
    """Give a message: its XML, or its JSON view, which is written here. It goes again under its own name. Raises `Unviewable`."""
    raw = written(message) if isinstance(message, Mapping) else message.encode() if isinstance(message, str) else message
    uetrs = uetrs_of(raw)
    request = Request("POST", "/v1/messages", raw, {"Accept": _XML, "Content-Type": _XML})
    return Call(request, lambda reply: sent_of(reply.status, reply.headers, reply.body, uetrs))


def letters(after: int, wait_s: float, view: str, limit: int) -> Call[records.LetterPage]:
    patience = {"wait": f"{wait_s:g}"} if wait_s else {}
    return _get(records.LetterPage, "/v1/messages", wait_s, after=after, limit=limit, view=view, **patience)


def webhook() -> Call[records.WebhookState]:
    return _get(records.WebhookState, "/v1/webhook")


def letter(seq: int) -> Call[Told]:
    def read(reply: Reply) -> Told:
        found = answers_of(reply.headers, reply.body)
        if len(found) != 1:
            raise malformed(f"{len(found)} messages came for the number {seq}", reply.status)
        return Told(seq, found[0].xml)

    return Call(Request("GET", f"/v1/messages/{seq}", headers={"Accept": _XML}), read)


# Payments


def payments(after: int, state: str, bank: str) -> Call[records.PaymentPage]:
    return _get(records.PaymentPage, "/v1/payments", after=after, limit=PAGE, state=state, bank=bank)


def payment(uetr: str) -> Call[records.Story]:
    return _get(records.Story, f"/v1/payments/{_in(uetr)}")


def revoke(uetr: str, key: str) -> Call[records.Done]:
    return _deed(records.Done, f"/v1/payments/{_in(uetr)}/revocation", key)


def move(uetr: str, first: bool, key: str) -> Call[records.Done]:
    return _deed(records.Done, f"/v1/payments/{_in(uetr)}/place", key, {"first": first})


def queue() -> Call[records.Queue]:
    return _get(records.Queue, "/v1/queue")


# Money


def positions(bank: str) -> Call[records.Positions]:
    return _get(records.Positions, "/v1/positions", bank=bank)


def limits(bank: str) -> Call[records.Limits]:
    return _get(records.Limits, "/v1/limits", bank=bank)


def set_cap(cap: Money, key: str) -> Call[records.ProposalRow]:
    return _deed(records.ProposalRow, "/v1/limits/cap", key, {"currency": cap.currency, "amount": amount_in(cap)})


def limit_flow(towards: str, currency: str, most: Money | None, key: str) -> Call[records.ProposalRow]:
    if most is not None and most.currency != currency:
        raise ValueError(f"a limit in {currency} of so much {most.currency}")
    amount = None if most is None else amount_in(most)
    return _deed(records.ProposalRow, "/v1/limits/flow", key, {"currency": currency, "towards": towards, "amount": amount})


def limit_total(most: Money | None, key: str) -> Call[records.ProposalRow]:
    return _deed(records.ProposalRow, "/v1/limits/total", key, {"amount": None if most is None else amount_in(most)})


def proposals(after: int, decided: bool) -> Call[records.ProposalPage]:
    return _get(records.ProposalPage, "/v1/proposals", after=after, limit=PAGE, decided="true" if decided else "")


def proposal(number: int) -> Call[records.ProposalRow]:
    return _get(records.ProposalRow, f"/v1/proposals/{number}")


def approve(number: int, key: str) -> Call[records.ProposalRow]:
    return _deed(records.ProposalRow, f"/v1/proposals/{number}/approval", key)


def withdraw(number: int, key: str) -> Call[records.ProposalRow]:
    return _deed(records.ProposalRow, f"/v1/proposals/{number}/withdrawal", key)


def quotes() -> Call[records.Quotes]:
    return _get(records.Quotes, "/v1/quotes")


def post_quotes(own: Sequence[records.OwnQuote], key: str) -> Call[records.Posted]:
    rows = [
        {"source": one.source, "target": one.capacity.currency, "rate": rate_in(one.rate), "capacity": amount_in(one.capacity)}
        for one in own
    ]
    return _deed(records.Posted, "/v1/quotes", key, {"quotes": rows})


def rate_in(rate: Decimal) -> str:
    """A rate as the door takes it: no exponent. Raises `ValueError` for what is not above zero."""
    if not rate.is_finite() or rate <= 0:
        raise ValueError(f"{rate} is no rate")
    return f"{rate:f}"


def cycles() -> Call[records.Cycles]:
    return _get(records.Cycles, "/v1/cycles")


def cycle(number: int) -> Call[records.CycleRow]:
    return _get(records.CycleRow, f"/v1/cycles/{number}")


def proof(number: int) -> Call[records.Proof]:
    return _get(records.Proof, f"/v1/cycles/{number}/proof")


def close_cycle(key: str) -> Call[records.ProposalRow]:
    return _deed(records.ProposalRow, "/v1/cycles/close", key)


# Compliance


def cases(after: str, decided: bool) -> Call[records.CasePage]:
    return _get(records.CasePage, "/v1/cases", after=after, limit=PAGE, decided="true" if decided else "")


def case(name: str) -> Call[records.CaseRow]:
    return _get(records.CaseRow, f"/v1/cases/{_in(name)}")


def say(name: str, word: records.OfficersWord, key: str) -> Call[records.Said]:
    return _deed(records.Said, f"/v1/cases/{_in(name)}/words", key, word)


def lists() -> Call[records.Lists]:
    return _get(records.Lists, "/v1/lists")


def swap_lists(key: str) -> Call[records.Swapped]:
    return _deed(records.Swapped, "/v1/lists/swap", key)


# The union and its day


def members() -> Call[records.Members]:
    return _get(records.Members, "/v1/members")


def day() -> Call[records.DayState]:
    return _get(records.DayState, "/v1/day")


def open_day(which: date, key: str) -> Call[records.ProposalRow]:
    return _deed(records.ProposalRow, "/v1/day", key, {"day": which.isoformat()})


def end_day(key: str) -> Call[records.ProposalRow]:
    return _deed(records.ProposalRow, "/v1/day/end", key)


def calendar(year: int, currency: str) -> Call[records.Holidays]:
    return _get(records.Holidays, "/v1/calendar", year=year, currency=currency)


# Trade, evidence, and the door itself


def instruments(kind: str, after: str) -> Call[records.InstrumentPage]:
    return _get(records.InstrumentPage, "/v1/trade/instruments", kind=kind, after=after, limit=PAGE)


def instrument(name: str) -> Call[records.Instrument]:
    return _get(records.Instrument, f"/v1/trade/instruments/{_in(name)}")


def perform(
    actor: str, action: str, version: int, body: bytes, signatures: Sequence[tuple[bytes, bytes]], instrument: str, key: str
) -> Call[records.Performed]:
    signed = [{"key": public.hex(), "signature": signature.hex()} for public, signature in signatures]
    deed = {"actor": actor, "action": action, "version": version, "body": body.decode(), "signatures": signed}
    return _deed(records.Performed, "/v1/trade/deeds", key, deed | {"instrument": instrument})


def evidence_head() -> Call[records.Head]:
    return _get(records.Head, "/v1/evidence/head")


def disclosure(day: date) -> Call[records.Disclosure]:
    return _get(records.Disclosure, f"/v1/evidence/days/{day.isoformat()}/tables")


def bundle(day: date, into: BinaryIO, within_s: float) -> Call[None]:
    """The bundle of a day: the hub makes it, which takes as long as the day was full."""
    target = f"/v1/evidence/days/{day.isoformat()}/bundle"
    return Call(Request("GET", target, headers={"Accept": TAR}, patience_s=within_s, into=into), _archive)


def _archive(reply: Reply) -> None:
    if media_of(reply.headers) != TAR:
        raise malformed(f"{media_of(reply.headers) or 'nothing'} came where {TAR} was expected", reply.status)


def openapi() -> Call[dict[str, Any]]:
    return _get(dict[str, Any], "/v1/openapi.json")

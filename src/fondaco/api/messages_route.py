"""Messages in, and each member's mailbox out: XML as it came and goes, or its JSON view."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from starlette.responses import Response, StreamingResponse

from fondaco.access import Right, is_signed
from fondaco.api.ask import Ask, accepted, media_of
from fondaco.api.problem import Problem, refused
from fondaco.api.replies import is_last
from fondaco.api.route import JSON, SSE, XML, Limit, Number, Reply, Route
from fondaco.core import MalformedMessage, Reason, Refusal, bic8
from fondaco.hub import Arrive
from fondaco.journal import Mail
from fondaco.messages import Message, Unviewable, read, view, written

_TEXT_XML = "text/xml"
# Something is said to who listens at least so often, so that what stands between does not think that nobody is there.
_HEARTBEAT_S = 15.0
# Above so many bytes a message is read beside the loop, so that others are heard meanwhile.
_ELSEWHERE = 256 * 1024
_UETR = re.compile(rb"<UETR>([0-9a-f-]{36})</UETR>")


class Seq(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number of a message."""

    seq: Number


class MailQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Behind which number to begin, how many at most, and for how many seconds to wait where nothing is there. `view=json` gives messages as JSON, `signed` XML with the hub's signature."""

    after: Number = 0
    limit: Limit = 100
    wait: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0
    view: Annotated[str, msgspec.Meta(pattern=r"^(xml|json)\Z")] = "xml"
    signed: bool = False


class OneQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`signed` asks for XML with the hub's signature in its header."""

    signed: bool = False


class Letter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message to you. `xml` is the message as it went; `message` its JSON view, or what a notice that is no ISO 20022 message says."""

    seq: Number
    kind: str
    about: str
    xml: str = ""
    message: Any = None


class Mailbox(msgspec.Struct, frozen=True):
    """Messages in the order of their numbers; ask next for what is behind `after`."""

    messages: list[Letter]
    after: Number


class Taken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a message by now. `complete` says that nothing more will be told of it."""

    complete: bool
    answers: list[Letter]
    refusal: str = ""


def letter(mail: Mail, as_json: bool) -> Letter:
    """One message as JSON gives it. A notice of trade is JSON already."""
    if not mail.raw.startswith(b"<"):
        return Letter(mail.seq, mail.kind, mail.subject, message=msgspec.json.decode(mail.raw))
    if as_json:
        return Letter(mail.seq, mail.kind, mail.subject, message=view(mail.raw))
    return Letter(mail.seq, mail.kind, mail.subject, mail.raw.decode())


# In


async def send(ask: Ask) -> Reply:
    """Take one message in, and answer with what the hub tells of it at once."""
    sender = bic8(ask.institution())
    raw = ask.raw
    as_json = media_of(ask.request) == JSON
    if as_json:
        raw = _written(raw)
    form = accepted(ask.request, *((JSON, XML) if as_json else (XML, JSON)))
    if ask.house.signatures is not None:
        by_request = ask.original if as_json else None
        raw, ask.original = await ask.house.signatures.of_message(ask.route, ask.caller, raw, by_request)
    elif is_signed(raw):
        raise Problem("signature", "nobody's signature is known here", "AppHdr/Sgntr")
    message: Message | None
    try:
        message = read(raw, bulk=True) if len(raw) < _ELSEWHERE else await asyncio.to_thread(read, raw, bulk=True)
    except MalformedMessage:
        message = None  # the hub says why, by an admi.002
    uetrs = [one.decode() for one in _UETR.findall(raw)[:2]]
    if len(uetrs) == 1:
        ask.request.state.uetr = uetrs[0]
    measures, house = ask.house.measures, ask.house
    if message is not None and message.kind.startswith(("pacs.008", "pacs.009", "pacs.004")) and len(uetrs) == 1:
        measures.came(uetrs[0])
    before = house.mailboxes.last(sender)
    signed = [ask.original] if ask.original is not None else []
    outcome = await house.writer.decide([*signed, Arrive(sender, raw, message)])
    result = outcome.results[-1]
    answers = outcome.posted.answers_to(sender, *((message.kind, message.message_id) if message is not None else ("", "")), raw)
    measures.message(
        message.kind[:8] if message is not None else "unread", "refused" if isinstance(result, Refusal) else "decided"
    )
    status, headers = _status(result, answers), {}
    if status == 202:
        one = len(uetrs) == 1
        headers["Location"] = f"/v1/payments/{uetrs[0]}" if one else f"/v1/messages?after={before}"
    if form == JSON:
        said = result.sentence() if isinstance(result, Refusal) and result.reason is not Reason.REGULATORY else ""
        return Reply(Taken(status != 202, [letter(mail, True) for mail in answers], said), status, JSON, headers)
    # Who signs is answered signed.
    return _as_xml(await _sealed(ask, answers, wanted=bool(ask.signed_by)), status, headers)


async def _sealed(ask: Ask, mail: list[Mail], *, wanted: bool) -> list[Mail]:
    """The same with the hub's signature, where it is wanted or everything is signed, and the hub has a key."""
    seal = ask.house.seal
    return await seal.on_all(mail) if seal is not None and mail and (wanted or ask.house.settings.sign_sent) else mail


def _written(raw: bytes) -> bytes:
    try:
        return written(msgspec.json.decode(raw))
    except Unviewable as fault:
        raise Problem("not-valid", str(fault), fault.where) from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Problem("bad-request", f"not JSON: {fault}", "the body") from fault


def _status(result: Refusal | str | None, answers: list[Mail]) -> int:
    """200 when nothing more is to come, 202 when it is; 422 for what could not be acted on. Raises `Problem` where no message says the no."""
    if isinstance(result, Refusal):
        if not answers:
            raise refused(result)
        if result.reason in (Reason.SENDER_CONTRADICTS, Reason.SENDER_UNKNOWN):
            return 403
        return 409 if result.reason is Reason.DUPLICATE_MESSAGE else 422
    return 200 if is_last(answers) else 202


def _as_xml(answers: list[Mail], status: int, headers: dict[str, str]) -> Reply:
    """One answer as it is; several in the parts of a multipart, each whole."""
    if not answers:
        return Reply(b"", status, XML, headers)
    if len(answers) == 1:
        return Reply(answers[0].raw, status, XML, headers | {"X-Message-Number": str(answers[0].seq)})
    boundary = f"fondaco-{answers[0].seq}-{answers[-1].seq}"
    parts = []
    for mail in answers:
        parts.append(f"--{boundary}\r\nContent-Type: {XML}\r\nContent-Location: /v1/messages/{mail.seq}\r\n\r\n".encode())
        parts += [mail.raw, b"\r\n"]
    parts.append(f"--{boundary}--\r\n".encode())
    return Reply(b"".join(parts), status, f'multipart/mixed; boundary="{boundary}"', headers)


# Out


async def mailbox(ask: Ask) -> Mailbox | Response:
    """The messages to who asks; waits for the next where nothing is there and it says for how long."""
    own, query, boxes = bic8(ask.institution()), ask.query, ask.house.mailboxes
    _sealable(ask, query.signed)
    if query.signed and query.view == "json":
        raise Problem("bad-request", "XML is signed; its JSON view is not", "the query")
    if accepted(ask.request, JSON, SSE) == SSE:
        last = ask.header("last-event-id")
        if last and not (last.isdigit() and len(last) < 16):
            raise Problem("bad-request", "the number of a message is expected", "Last-Event-ID")
        stream = _events(ask, own, int(last) if last else query.after)
        return StreamingResponse(stream, media_type=SSE, headers={"X-Accel-Buffering": "no"})
    if query.wait:
        await boxes.wait(own, query.after, min(query.wait, ask.house.settings.wait_s_max))
    found, after = await boxes.after(ask.house.writer, own, query.after, query.limit)
    as_json = query.view == "json"
    found = found if as_json else await _sealed(ask, found, wanted=query.signed)
    return Mailbox([letter(mail, as_json) for mail in found], after)


async def _events(ask: Ask, own: str, after: int) -> AsyncIterator[bytes]:
    """Messages as they come, each with its number as its id; ends when the server stops. A line every now and then says that we are there."""
    boxes, writer, as_json = ask.house.mailboxes, ask.house.writer, ask.query.view == "json"
    yield b": you are heard\n\n"
    while not boxes.ended:
        if not await boxes.wait(own, after, _HEARTBEAT_S):
            yield b": nothing yet\n\n"
            continue
        found, after = await boxes.after(writer, own, after, 100)
        found = found if as_json else await _sealed(ask, found, wanted=ask.query.signed)
        for mail in found:
            said = msgspec.json.encode(letter(mail, as_json))
            yield b"id: %d\nevent: message\ndata: %b\n\n" % (mail.seq, said)


async def one(ask: Ask) -> Reply:
    """One message, as it went."""
    own, seq, boxes = bic8(ask.institution()), ask.place.seq, ask.house.mailboxes
    _sealable(ask, ask.query.signed)
    found = await boxes.read(ask.house.writer, [seq]) if boxes.holds(own, seq) else []
    if not found:
        raise Problem("not-found", f"no message {seq} to you is kept")
    (mail,) = found
    if not mail.raw.startswith(b"<") or accepted(ask.request, XML, JSON) == JSON:
        return Reply(letter(mail, True))
    (mail,) = await _sealed(ask, found, wanted=ask.query.signed)
    return Reply(mail.raw, 200, XML)


def _sealable(ask: Ask, wanted: bool) -> None:
    """Raises `Problem` where a signature is asked for and the hub has no key: nobody is to take what is unsigned for signed."""
    if wanted and ask.house.seal is None:
        raise Problem("conflict", "this hub signs nothing: it was started without a key to sign with", "the query")


SEND = Route(
    "send_message", "POST", "/v1/messages", "Send a message of ISO 20022", send, Right.MESSAGE_SEND, "messages", takes=(XML, _TEXT_XML, JSON),
    gives=(
        (200, "Decided: what the hub answers (pacs.002, camt and so on), and nothing more is to come", Taken, (XML, JSON)),
        (202, "Taken in: what is told by now; Location says where to ask for more", Taken, (XML, JSON)),
        (403, "The header's sender is another (admi.002)", Taken, (XML, JSON)),
        (409, "A message of this name came before with another content (admi.002)", Taken, (XML, JSON)),
        (422, "It could not be read or acted on (admi.002)", Taken, (XML, JSON)),
    ),
    problems=("too-large", "media", "not-valid", "not-acceptable", "too-slow", "signature"),
)  # fmt: skip

ROUTES = (
    SEND,
    Route(
        "read_mailbox", "GET", "/v1/messages", "Read your mailbox, in order; wait for more, or be told as it comes", mailbox, Right.MAILBOX_READ,
        "messages", query=MailQuery, gives=((200, "The messages behind `after`", Mailbox, (JSON, SSE)),), problems=("not-acceptable", "conflict"),
    ),
    Route(
        "read_message", "GET", "/v1/messages/{seq}", "Read one message of your mailbox", one, Right.MAILBOX_READ, "messages", place=Seq,
        query=OneQuery, gives=((200, "The message", Letter, (XML, JSON)),), problems=("not-found", "not-acceptable", "conflict"),
    ),
)  # fmt: skip

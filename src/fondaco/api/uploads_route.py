"""Files of many messages, in parts that go on after a break: "Resumable Uploads for HTTP" (draft-ietf-httpbis-resumable-upload-10, October 2025).

A part is kept whole or not at all, and is as large as a message may be at most. What becomes of each message stands at the upload's own place.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from fondaco.access import Right
from fondaco.api import upload_digest
from fondaco.api.ask import Ask, media_of
from fondaco.api.problem import Problem
from fondaco.api.route import JSON, XML, Header, Limit, Moment, Number, Reply, Route
from fondaco.api.upload_files import ZIP
from fondaco.api.upload_life import State, Taken, Upload
from fondaco.api.uploads import Uploads, told_of
from fondaco.core import Instant, bic8, utc_text

PARTIAL = "application/partial-upload"
_DIGITS = re.compile(r"[0-9]{1,15}")
_ENDLESS = (State.RECEIVING, State.WHOLE)


class ByName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An upload by its name."""

    upload: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]


class ResultQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Results of messages from the place `after` on."""

    after: Number = 0
    limit: Limit = 100


class UploadedMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one message: its place in the file (from 0) and the name of its entry, what it is, how many payments it asks for (with the UETR of an only one), why it was refused, and
    the numbers of what answered it at once. More about its payments comes to your mailbox."""

    place: Number
    taken: bool
    entry: str = ""
    kind: str = ""
    message_id: str = ""
    payments: Number = 0
    uetr: str = ""
    reason: str = ""
    said: str = ""
    answers: tuple[int, ...] = ()


class UploadState(msgspec.Struct, frozen=True):
    """How an upload stands. `offset` bytes are kept; `length` and `messages` are null while they are not known. Of the messages `taken_in` were decided, `refused` of them
    refused. `until` is when it runs out where no part comes, or, ended, when it is forgotten. Ask for more results behind `after` while `more` is true."""

    upload: str
    state: str
    media: str
    offset: Number
    length: Number | None
    messages: Number | None
    taken_in: Number
    refused: Number
    why: str
    until: Moment
    results: list[UploadedMessage]
    after: Number
    more: bool


class UploadsUnderWay(msgspec.Struct, frozen=True):
    """Your uploads that have not ended, the one that changed longest ago first, without their results."""

    uploads: list[UploadState]


def _flag(ask: Ask, name: str, default: bool | None = None) -> bool:
    """A header that is ?0 or ?1 (RFC 9651 section 3.3.6)."""
    said = ask.header(name)
    if said in ("?0", "?1"):
        return said == "?1"
    if said or default is None:
        raise Problem("bad-request", "?0 or ?1 is expected", name)
    return default


def _count(ask: Ask, name: str) -> int:
    """A header that is a count of bytes; -1 where it is not there."""
    said = ask.header(name)
    if said and not _DIGITS.fullmatch(said):
        raise Problem("bad-request", "a number of bytes is expected", name)
    return int(said) if said else -1


def _unfolded(ask: Ask) -> None:
    """Offsets count what is sent. Raises `Problem` for a part that is compressed."""
    if ask.header("content-encoding") not in ("", "identity"):
        raise Problem("media", "a part is not compressed; a zip is already", "Content-Encoding")


def _limits(ask: Ask) -> dict[str, str]:
    settings = ask.house.settings
    said = (
        f"max-size={settings.upload_bytes_max}, max-append-size={settings.message_bytes_max}, max-age={settings.upload_expires_s}"
    )
    return {"Upload-Limit": said}


def _uploads(ask: Ask) -> Uploads:
    found = ask.house.uploads
    assert found is not None, "a house that is asked has begun"
    return found


async def create(ask: Ask) -> Reply:
    """Begin an upload, with its first part, or all of it, where the body has one."""
    _unfolded(ask)
    uploads, own = _uploads(ask), bic8(ask.institution())
    whole, digest = _flag(ask, "upload-complete", True), ask.header("repr-digest")
    if digest:
        upload_digest.read_digests(digest, "Repr-Digest")
    elif whole:
        raise Problem("bad-request", "the digest of the whole file has to be named by its end", "Repr-Digest")
    upload_digest.check(ask.header("content-digest"), ask.raw)
    begun = await uploads.begin(ask.caller, own, media_of(ask.request), _count(ask, "upload-length"), digest)
    if ask.raw or whole:
        begun = await uploads.append(begun.name, own, 0, ask.raw, whole, -1, "")
    headers = told_of(begun) | _limits(ask) | {"Location": f"/v1/uploads/{begun.name}"}
    return Reply(_state(ask, begun), 202 if whole else 201, headers=headers)


async def append(ask: Ask) -> Reply:
    """Put a part behind what is kept."""
    _unfolded(ask)
    offset, last, digest = _count(ask, "upload-offset"), _flag(ask, "upload-complete"), ask.header("repr-digest")
    if offset < 0:
        raise Problem("bad-request", "where the part begins has to be said", "Upload-Offset")
    if digest:
        upload_digest.read_digests(digest, "Repr-Digest")
    upload_digest.check(ask.header("content-digest"), ask.raw)
    own = bic8(ask.institution())
    grown = await _uploads(ask).append(ask.place.upload, own, offset, ask.raw, last, _count(ask, "upload-length"), digest)
    return Reply(_state(ask, grown), 202 if last else 200, headers=told_of(grown))


async def look(ask: Ask) -> Reply:
    """How an upload stands; asked by HEAD, its headers say how far it came."""
    found = _uploads(ask).find(ask.place.upload, bic8(ask.institution()))
    taken = _uploads(ask).store.taken(found.name, ask.query.after, ask.query.limit)
    after = taken[-1].place + 1 if taken else ask.query.after
    return Reply(_state(ask, found, taken, after), headers=told_of(found) | _limits(ask))


async def under_way(ask: Ask) -> UploadsUnderWay:
    """Uploads that have not ended."""
    own, store = bic8(ask.institution()), _uploads(ask).store
    return UploadsUnderWay([_state(ask, one) for state in _ENDLESS for one in store.of_state(state, own)])


async def cancel(ask: Ask) -> Reply:
    """Take back what is not yet whole."""
    await _uploads(ask).cancel(ask.place.upload, bic8(ask.institution()))
    return Reply(b"", 204)


def _state(ask: Ask, upload: Upload, taken: list[Taken] | None = None, after: int = 0) -> UploadState:
    settings = ask.house.settings
    lasts_s = settings.upload_expires_s if upload.state in _ENDLESS else settings.upload_kept_s
    results = [
        UploadedMessage(
            one.place,
            not one.refused,
            one.entry,
            one.kind,
            one.message_id,
            one.payments,
            one.uetr,
            one.reason,
            one.said,
            one.answers,
        )
        for one in taken or ()
    ]
    return UploadState(
        upload.name, upload.state.name, upload.media, upload.offset, upload.length if upload.length >= 0 else None,
        upload.count if upload.count >= 0 else None, upload.place, upload.refused, upload.why,
        utc_text(Instant(int(upload.at) + lasts_s * 1_000_000_000)), results, after, after < upload.place,
    )  # fmt: skip


_COMPLETE = r"^\?[01]$"
_LENGTH = Header("Upload-Length", "How many bytes the whole file has", r"^[0-9]{1,15}$")
_DIGEST = Header("Repr-Digest", "The digest of the whole file (RFC 9530, sha-256 or sha-512), by its last part at the latest")
_PART_DIGEST = Header("Content-Digest", "The digest of this part (RFC 9530)")
_PROBLEMS = ("conflict", "too-large", "media", "not-valid", "too-slow", "signature")
ROUTES = (
    Route(
        "create_upload", "POST", "/v1/uploads", "Begin to upload a file: one message as XML, or a zip with one in each entry", create, Right.MESSAGE_SEND, "messages",
        takes=(XML, ZIP), headers=(Header("Upload-Complete", "?0 where more parts come; without it the body is the whole file", _COMPLETE), _LENGTH, _DIGEST, _PART_DIGEST),
        gives=(
            (201, "Begun: Location names the place where it goes on, Upload-Limit what is taken there", UploadState, (JSON,)),
            (202, "The file is whole; its messages are taken in, and Location tells of them", UploadState, (JSON,)),
        ),
        problems=_PROBLEMS,
    ),
    Route(
        "read_uploads", "GET", "/v1/uploads", "List your uploads that have not ended", under_way, Right.MESSAGE_SEND, "messages",
        gives=((200, "The uploads", UploadsUnderWay, (JSON,)),),
    ),
    Route(
        "read_upload", "GET", "/v1/uploads/{upload}", "Read how an upload stands, and what became of its messages; by HEAD, how far it came", look,
        Right.MESSAGE_SEND, "messages", place=ByName, query=ResultQuery, gives=((200, "How it stands", UploadState, (JSON,)),), problems=("not-found",),
    ),
    Route(
        "append_upload", "PATCH", "/v1/uploads/{upload}", "Go on with an upload", append, Right.MESSAGE_SEND, "messages", place=ByName, takes=(PARTIAL,),
        headers=(
            Header("Upload-Offset", "Where this part begins: as many bytes as are kept", r"^[0-9]{1,15}$", required=True),
            Header("Upload-Complete", "?1 with the last part, ?0 with every other", _COMPLETE, required=True), _LENGTH, _DIGEST, _PART_DIGEST,
        ),
        gives=((200, "The part is kept", UploadState, (JSON,)), (202, "The file is whole; its messages are taken in", UploadState, (JSON,))),
        problems=(*_PROBLEMS, "not-found"),
    ),
    Route(
        "cancel_upload", "DELETE", "/v1/uploads/{upload}", "Take back an upload that is not yet whole", cancel, Right.MESSAGE_SEND, "messages", place=ByName,
        gives=((204, "It is not there any more", None, ()),), problems=("not-found", "conflict"),
    ),
)  # fmt: skip

"""What went wrong, as RFC 9457 has it: a type, a title, and a detail that says what, where, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fondaco.core import Reason, Refusal

MEDIA = "application/problem+json"
# Types are places in the reference page of this same server.
_PLACE = "/docs#problem-"


class Kind(msgspec.Struct, frozen=True):
    """One kind of problem: its status, its title, and what whoever meets it does about it."""

    status: int
    title: str
    advice: str


KINDS: Mapping[str, Kind] = {
    "bad-request": Kind(400, "The request is not one", "Compare it with the reference page; it can never be answered as it stands."),
    "not-recognised": Kind(401, "Nobody was recognised", "Show a certificate or a token of this hub."),
    "not-allowed": Kind(403, "Your role does not allow it", "Ask somebody who holds one of the roles that the reference page names."),
    "signature": Kind(403, "The signature lacks, or does not hold", "Sign it anew with a key of your house that is registered to sign; docs/api.md says how."),
    "not-found": Kind(404, "Nothing of yours is there", "What is another's is told like what is not there."),
    "method": Kind(405, "Not by this method", "The header Allow names the methods of this place."),
    "not-acceptable": Kind(406, "In none of these forms", "Ask for application/json or application/xml."),
    "too-slow": Kind(408, "The request did not arrive in time", "Send it again, whole."),
    "conflict": Kind(409, "It does not fit what stands", "Look at what stands now; ask anew if you still want it."),
    "too-large": Kind(413, "Too large", "Divide it; the reference page names the bounds."),
    "media": Kind(415, "Not in this form", "Send what the reference page names in the header Content-Type."),
    "not-valid": Kind(422, "Understood, and not valid", "Correct what stands at `where`."),
    "refused": Kind(422, "Refused by the rulebook", "The article says why; the same again is refused again."),
    "header-too-large": Kind(431, "The headers are too large", "Send fewer or shorter headers."),
    "too-often": Kind(429, "Too often", "Wait as long as the header Retry-After says."),
    "failed": Kind(500, "We are wrong", "It is our mistake and stands in our log. Ask again; a deed is known by its key or its message."),
    "busy": Kind(503, "Too much waits", "Ask again after Retry-After. Nothing of this request was taken on."),
    "stopping": Kind(503, "The hub has stopped", "Ask again: what was done is known by its key or its message, and is not done twice."),
}  # fmt: skip


_RENAMED = {"kind": "type", "expected_offset": "expected-offset", "provided_offset": "provided-offset"}


class Document(msgspec.Struct, frozen=True, omit_defaults=True, rename=_RENAMED):
    """The problem as it is sent. The offsets are those of an upload, in bytes."""

    kind: str
    title: str
    status: int
    detail: str
    where: str = ""
    found: str = ""
    reason: str = ""
    code: str = ""
    article: str = ""
    advice: str = ""
    expected_offset: int | None = None
    provided_offset: int | None = None


class Problem(Exception):
    """Ends a request. `where` is the place in the request that is wrong."""

    def __init__(self, name: str, detail: str, where: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.name = name
        self.status = KINDS[name].status
        self.headers = dict(headers or {})
        self.document = Document(_PLACE + name, KINDS[name].title, self.status, detail, where, advice=KINDS[name].advice)

    def encoded(self) -> bytes:
        return msgspec.json.encode(self.document)


_NAMES = {
    Reason.NOT_FOUND: "not-found",
    Reason.OUT_OF_TURN: "conflict",
    Reason.DUPLICATE_MESSAGE: "conflict",
    Reason.DUPLICATE_UETR: "conflict",
    Reason.ROLE_NOT_HELD: "not-allowed",
    Reason.SENDER_UNKNOWN: "not-allowed",
    Reason.RIGHT_NOT_HELD: "not-allowed",
    Reason.NOT_RECOGNISED: "not-recognised",
}


def refused(refusal: Refusal) -> Problem:
    """A lawful no of the hub's as a problem. What the sender may not know is not told: a regulatory refusal says no place."""
    found = Problem(_NAMES.get(refusal.reason, "refused"), refusal.reason.text)
    told = refusal.reason is not Reason.REGULATORY
    found.document = msgspec.structs.replace(
        found.document,
        detail=refusal.sentence() if told else f"{refusal.code}: {refusal.reason.text}",
        where=refusal.where if told else "",
        found=refusal.found if told else "",
        reason=refusal.reason.name,
        code=refusal.code,
        article=refusal.article,
    )
    return found

"""One request as its handler sees it: who asks, what stands in the path, behind it and in the body; read once, and trusted then."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from fondaco.access import Caller, Reach
from fondaco.api.problem import Problem, refused
from fondaco.api.protocol import is_all_there
from fondaco.api.route import Nothing
from fondaco.core import Refusal
from fondaco.hub import Command, Hub, Original

if TYPE_CHECKING:
    from fondaco.api.house import House
    from fondaco.api.route import Route

T = TypeVar("T")
# Headers that say one thing: twice they say two, and who is in front of us may have read the other one.
SINGULAR = frozenset(
    "authorization content-type content-length content-encoding transfer-encoding idempotency-key host last-event-id accept x-jws-signature repr-digest upload-offset upload-complete upload-length".split()
)
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_GZIP = 16 + zlib.MAX_WBITS
_NOTHING = Nothing()


class Ask:
    """A request whose caller is known and has the right to ask. `place`, `query` and `body` are what the route says they are."""

    def __init__(self, house: House, route: Route, request: Request, caller: Caller) -> None:
        self.house = house
        self.route = route
        self.request = request
        self.caller = caller
        self.place: Any = None
        self.query: Any = None
        self.body: Any = None
        self.raw = b""
        # The request or its message as a machine signed it; None where none did.
        self.original: Original | None = None

    @property
    def signed_by(self) -> str:
        """The name of the machine whose key signed the request or its message; "" for none."""
        return self.original.signer if self.original is not None else ""

    @property
    def sight(self) -> Reach:
        return Reach(self.caller, self.house.scheme)

    async def hub(self, question: Callable[[Hub], T]) -> T:
        return await self.house.writer.ask(question)

    async def do(self, *commands_in_order: Command) -> str | None:
        """Decide a command, once under the request's key where it has one, behind what has to stand before it. Raises `Problem` for the hub's no."""
        commands = [*commands_in_order]
        key = self.header("idempotency-key")
        if key:
            commands.insert(0, self.house.once(self.caller, key, self.raw, f"{self.route.method} {self.request.url.path}"))
        if self.original is not None:
            commands.insert(0, self.original)
        outcome = await self.house.writer.decide(commands)
        result = outcome.results[-1]
        if isinstance(result, Refusal):
            raise refused(result)
        return result

    def header(self, name: str) -> str:
        found: str = self.request.headers.get(name, "")
        return found

    def institution(self) -> str:
        """The BIC of who asks. Raises `Problem` for a caller that acts for no institution."""
        if not self.caller.institution:
            raise Problem("not-allowed", "you act for no institution")
        return self.caller.institution


def singular_headers(request: Request) -> None:
    """Raises `Problem` for a header that stands there twice and may stand there once."""
    names = [name for name, _ in request.scope["headers"]]
    if len(set(names)) < len(names):
        for name in sorted({name.decode("latin-1") for name in names if names.count(name) > 1} & SINGULAR):
            raise Problem("bad-request", f"the header {name} stands there twice", name)
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Problem("bad-request", "a key is 1 to 128 visible ASCII characters", "Idempotency-Key")


def read_place(route: Route, request: Request) -> Any:
    """What stands in the path; what cannot be there is not found."""
    if route.place is Nothing and not request.path_params:
        return _NOTHING
    try:
        return msgspec.convert(request.path_params, route.place, strict=False)
    except msgspec.ValidationError as fault:
        raise Problem("not-found", f"nothing is at {request.url.path[:200]}: {fault}") from fault


def read_query(route: Route, request: Request) -> Any:
    if route.query is Nothing and not request.scope["query_string"]:
        return _NOTHING
    pairs = request.query_params.multi_items()
    given = dict(pairs)
    if len(given) != len(pairs):
        raise Problem("bad-request", "a parameter stands there twice", "the query")
    try:
        return msgspec.convert(given, route.query, strict=False)
    except msgspec.ValidationError as fault:
        raise Problem("bad-request", str(fault), "the query") from fault


async def read_body(request: Request, most: int, seconds: float) -> bytes:
    """The whole body, unfolded where it is compressed: at most `most` bytes on the wire and unfolded, within `seconds`."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Problem("media", f"the encoding {encoding[:40]!r} is not taken: gzip or none", "Content-Encoding")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise Problem("too-large", f"{length} bytes, at most {most}", "Content-Length", headers={"Connection": "close"})
    unfolding = zlib.decompressobj(_GZIP) if encoding == "gzip" else None
    parts: list[bytes] = []
    size = wire = 0
    # Most bodies are there with their headers: then there is no clock to set.
    patience = nullcontext() if is_all_there(request.scope) else asyncio.timeout(seconds)
    try:
        async with patience:
            async for chunk in request.stream():
                wire += len(chunk)
                if wire > most:
                    raise _too_large(most)
                part = chunk if unfolding is None else _unfold(unfolding, chunk, most - size)
                size += len(part)
                if size > most:
                    raise _too_large(most)
                parts.append(part)
    except TimeoutError:
        raise Problem(
            "too-slow", f"the body did not arrive within {seconds:g} seconds", headers={"Connection": "close"}
        ) from None
    except ClientDisconnect:
        raise Problem("bad-request", "the connection ended before the body did") from None
    if unfolding is not None and not (unfolding.eof and not unfolding.unused_data):
        raise Problem("bad-request", "not one whole gzip stream", "the body")
    return b"".join(parts)


def _unfold(unfolding: Any, chunk: bytes, room: int) -> bytes:
    """What a chunk unfolds to; never more than one byte beyond `room` is made of it."""
    if unfolding.eof and chunk:
        raise Problem("bad-request", "something stands behind the gzip stream", "the body")
    try:
        found: bytes = unfolding.decompress(chunk, room + 1)
    except zlib.error as fault:
        raise Problem("bad-request", f"not gzip: {fault}", "the body") from fault
    return found


def _too_large(most: int) -> Problem:
    return Problem("too-large", f"more than {most} bytes", "the body", headers={"Connection": "close"})


def media_of(request: Request) -> str:
    """The form of the body, without its parameters, in lower case. A charset other than UTF-8 is refused."""
    media, _, rest = request.headers.get("content-type", "").partition(";")
    charset = re.search(r"charset\s*=\s*\"?([\w-]+)", rest, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Problem("media", f"the charset {charset[1]!r} is not taken: UTF-8", "Content-Type")
    return media.strip().lower()


def accepted(request: Request, *offered: str) -> str:
    """The first of the offered forms that the client accepts with the highest weight. Raises `Problem` where it accepts none."""
    given = request.headers.get("accept", "*/*").lower()
    if given == "*/*":
        return offered[0]
    best, weight = "", 0.0
    for form in offered:
        for one in given.split(","):
            name, _, rest = one.strip().partition(";")
            quality = re.search(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)", rest)
            value = float(quality[1]) if quality else 1.0
            name = name.strip()
            wide = name == "*/*" or (name.endswith("/*") and form.startswith(name[:-1]))
            if (name == form or wide) and value > weight:
                best, weight = form, value
    if not best:
        raise Problem("not-acceptable", f"none of {', '.join(offered)} is accepted", "Accept")
    return best

"""Signatures at the door: who signed a message or a request, that it is the caller's own house, and that it came for the first time.

What a request shows is verified, whether or not it is required: a wrong signature is never passed over. A message goes on to the hub as the tree that was
verified, without the signature's place.
"""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from starlette.datastructures import Headers
from starlette.requests import Request as HttpRequest

from fondaco.access import (
    JWS_HEADER,
    MACHINE_PROOFS,
    Access,
    Caller,
    Grant,
    Request,
    SignedMessage,
    is_signed,
    key_id_of,
    kid_of,
    note_messages,
    request_of,
    sign_message,
    sign_request,
    thumbprint_of,
    verify_detached,
    verify_message,
    verify_request,
)
from fondaco.api.problem import Problem
from fondaco.api.route import Route
from fondaco.core import Clock, Instant, Reason, Refusal
from fondaco.hub import REQUEST_FORM, XML_FORM, Original, folded
from fondaco.journal import Mail

REQUIRED = "required"
# Above so many bytes a message is verified beside the loop, so that others are heard meanwhile.
_ELSEWHERE = 256 * 1024
# Mail of fewer bytes is signed within a millisecond, which is less than handing it over costs.
_SIGNED_HERE = 32 * 1024
# The headers by which a request is signed.
_SHOWN = ("content-digest", "signature-input", "signature", JWS_HEADER)
# So many messages are remembered by one transaction.
_NOTED_MAX = 512


class Signatures:
    """Verifies what requests show, under the register of one hub's access. Used on the event loop."""

    def __init__(self, access: Access, clock: Clock, required: bool, size_max: int) -> None:
        self._access = access
        self._clock = clock
        self.required = required
        self._size_max = size_max
        self._waiting: list[tuple[SignedMessage, asyncio.Future[SignedMessage | Refusal]]] = []
        self._noting: asyncio.Task[None] | None = None

    async def of_request(self, route: Route, request: HttpRequest, caller: Caller, raw: bytes) -> Original | None:
        """The request with its signature, where a machine signed it by its headers. Raises `Problem` for a signature that does not hold, and
        for a machine's deed without one where they are required."""
        headers, signed_by = request.headers, ""
        access, now = self._access, self._clock.now()
        target = request.scope["raw_path"].decode("latin-1")
        query = request.scope["query_string"].decode("latin-1")
        target += f"?{query}" if query else ""
        if JWS_HEADER in headers and ("signature" in headers or "signature-input" in headers):
            raise unsigned(Refusal(Reason.SIGNATURE_WRONG, JWS_HEADER, "signed twice: which one is kept"))
        if "signature" in headers or "signature-input" in headers:
            shown = request_of(request.method, access.address, target, request.scope["headers"])
            if isinstance(shown, Refusal):
                raise unsigned(shown)
            signer = await asyncio.to_thread(verify_request, shown, raw, access.register, access.seen, now)
            signed_by = _counts(route, caller, signer)
        if JWS_HEADER in headers:
            check = partial(verify_detached, headers[JWS_HEADER], raw, request.method, access.address + target)
            signed_by = _counts(route, caller, await asyncio.to_thread(check, access.register, access.seen, now))
        if self.required and route.deed and caller.proof in MACHINE_PROOFS and not signed_by:
            raise unsigned(Refusal(Reason.SIGNATURE_MISSING, "signature", "a machine's deed is signed here"))
        return self._request(request.method, access.address + target, headers, signed_by, raw) if signed_by else None

    def _request(self, method: str, target: str, headers: Headers, signed_by: str, raw: bytes) -> Original:
        """A request whose signature holds, as it is kept."""
        shown = tuple((name, headers[name]) for name in _SHOWN if name in headers)
        known = self._access.register.find(
            kid_of(headers[JWS_HEADER]) if JWS_HEADER in headers else key_id_of(headers["signature-input"])
        )
        assert known is not None, "its signature was verified under it"
        return Original(REQUEST_FORM, signed_by, folded(raw), known.facts.der, method, target, shown)

    async def of_message(
        self, route: Route, caller: Caller, raw: bytes, by_request: Original | None
    ) -> tuple[bytes, Original | None]:
        """What the hub is handed of a message, and the signed original: what was signed, or the message itself where nothing was and nothing had to be.

        `by_request` is the signed request, where that counts for the message: JSON is signed by it, XML in its header. Raises `Problem`.
        """
        if not is_signed(raw):
            if self.required and by_request is None:
                raise unsigned(Refusal(Reason.SIGNATURE_MISSING, "AppHdr/Sgntr", "messages are signed here"))
            return raw, by_request
        check = partial(verify_message, raw, self._access.register, self._clock.now(), self._size_max)
        found = check() if len(raw) < _ELSEWHERE else await asyncio.to_thread(check)
        if isinstance(found, Refusal):
            raise unsigned(found)
        name = _counts(route, caller, found.signer)
        noted = await self._note(found)
        if isinstance(noted, Refusal):
            raise unsigned(noted)
        return noted.message, Original(XML_FORM, name, folded(raw, noted.message))

    async def _note(self, signed: SignedMessage) -> SignedMessage | Refusal:
        """Remember it with all that wait: one transaction, on the disk before anybody of them is let through."""
        future: asyncio.Future[SignedMessage | Refusal] = asyncio.get_running_loop().create_future()
        self._waiting.append((signed, future))
        if self._noting is None:
            self._noting = asyncio.create_task(self._note_all())
        return await future

    async def _note_all(self) -> None:
        try:
            while self._waiting:  # ends when nobody waits
                taken, self._waiting = self._waiting[:_NOTED_MAX], self._waiting[_NOTED_MAX:]
                try:
                    found = await asyncio.to_thread(
                        note_messages, [one for one, _ in taken], self._access.seen, self._clock.now()
                    )
                except Exception as fault:
                    for _, future in taken:
                        if not future.done():
                            future.set_exception(fault)
                    continue
                for (_, future), answer in zip(taken, found, strict=True):
                    if not future.done():
                        future.set_result(answer)
        finally:
            self._noting = None


class SealUnfit(Exception):
    """The hub's certificate or key for signing is not what it should be."""


class Seal:
    """Signs what the hub sends, with the hub's own key. `certificate` and `key` are PEM; the key is of P-256. Raises `SealUnfit`."""

    def __init__(self, certificate: bytes, key: bytes, size_max: int) -> None:
        try:
            self._certificate = x509.load_pem_x509_certificate(certificate)
            loaded = load_pem_private_key(key, None)
        except (ValueError, TypeError, InvalidSignature) as fault:
            raise SealUnfit(f"not a certificate and a key in PEM: {fault}") from fault
        if not isinstance(loaded, EllipticCurvePrivateKey) or not isinstance(loaded.curve, SECP256R1):
            raise SealUnfit("XML is signed with a key of P-256")
        if loaded.public_key() != self._certificate.public_key():
            raise SealUnfit("the key is not the certificate's")
        self.published = certificate
        self._thumbprint = thumbprint_of(self._certificate.public_bytes(Encoding.DER))
        self.key = loaded
        self._size_max = size_max

    def on(self, mail: Mail) -> Mail:
        """The same with a signature in its header. A notice of trade is no message of ISO 20022, and stays as it is."""
        if not mail.raw.startswith(b"<"):
            return mail
        return msgspec.structs.replace(mail, raw=sign_message(mail.raw, self.key, self._certificate, self._size_max))

    def of_request(self, method: str, url: str, body: bytes, at: Instant) -> dict[str, str]:
        """The headers that sign a request of the hub's (RFC 9421), under the thumbprint of its certificate."""
        made = Request(method, url, {})
        sign_request(made, body, self.key, self._thumbprint, at)
        return dict(made.headers)

    async def on_all(self, mail: list[Mail]) -> list[Mail]:
        """The same of many; of much beside the loop, so that others are heard meanwhile."""
        if sum(len(one.raw) for one in mail) < _SIGNED_HERE:
            return [self.on(one) for one in mail]
        return await asyncio.to_thread(lambda: [self.on(one) for one in mail])


def _counts(route: Route, caller: Caller, signer: Grant | Refusal) -> str:
    """The signer's name, when its certificate is of the caller's own house and holds a role that the deed takes. Raises `Problem`."""
    if isinstance(signer, Refusal):
        raise unsigned(signer)
    own = (signer.institution, signer.party) == (caller.institution, caller.party)
    if not own or not route.roles & frozenset(signer.roles):
        raise unsigned(Refusal(Reason.SIGNATURE_WRONG, "signature", f"{signer.name} does not sign for {caller.name}"))
    return signer.name


def unsigned(refusal: Refusal) -> Problem:
    """A signature that lacks or does not hold, as a problem."""
    name = "too-often" if refusal.reason is Reason.ASKED_TOO_OFTEN else "signature"
    found = Problem(name, refusal.sentence(), refusal.where)
    found.document = msgspec.structs.replace(found.document, reason=refusal.reason.name, code=refusal.code)
    return found

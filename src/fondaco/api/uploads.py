"""Uploads as a hub has them: parts are put behind each other, and the messages of what is whole are taken in, a few at a time, so that nobody is held up.

Each message is decided once, whatever happens in between: it is asked under a key that is its place in its upload, and the journal knows keys (`hub.once`).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec

from fondaco.access import Caller, Proof, is_signed
from fondaco.api import upload_digest
from fondaco.api.measures import Measures
from fondaco.api.problem import Problem
from fondaco.api.route import Route
from fondaco.api.settings import Settings
from fondaco.api.signatures import Signatures
from fondaco.api.upload_files import NotReadable, OneMessage, TooLarge, ZipOfMessages, opened
from fondaco.api.upload_life import Event, State, Taken, Upload
from fondaco.api.upload_store import UploadStore
from fondaco.api.writer import Outcome, Writer, WriterFull, WriterStopped
from fondaco.core import Clock, Instant, MalformedMessage, Reason, Refusal
from fondaco.hub import Arrive, Once, Original
from fondaco.messages import CustomerTransfers, Message, Returns, read

log = logging.getLogger("fondaco.api")

# So much of one upload is taken in before others have their turn: messages, and bytes of them (one message may be larger).
PIECE_MESSAGES, PIECE_BYTES = 64, 512 * 1024
# So often it is looked whether something ran out, in seconds.
_SWEEP_S = 60.0
_S = 1_000_000_000
_File = OneMessage | ZipOfMessages


class UploadHouse(Protocol):
    """What uploads need of a house."""

    writer: Writer
    clock: Clock
    folder: Path
    settings: Settings
    measures: Measures
    signatures: Signatures | None


class Uploads:
    """The uploads of one hub. Used on the event loop of its house."""

    def __init__(self, house: UploadHouse, route: Route) -> None:
        """`route` is the one by which messages come: who signs a message of an upload holds what it asks."""
        self._house = house
        self._route = route
        self.store = UploadStore(house.folder)
        self._locks: dict[str, asyncio.Lock] = {}
        self._open: dict[str, _File] = {}
        self._whole = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop between two pieces; what is left is taken in after the next start."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for file in self._open.values():
            file.close()
        self.store.close()

    # Parts

    async def begin(self, caller: Caller, institution: str, media: str, length: int, digest: str) -> Upload:
        """Begin an upload. `length` is -1, and `digest` "", where nobody says. Raises `Problem` where too many of the institution are under way."""
        settings = self._house.settings
        under_way = sum(len(self.store.of_state(state, institution)) for state in (State.RECEIVING, State.WHOLE))
        if under_way >= settings.uploads_at_once:
            raise Problem("conflict", f"{under_way} uploads of yours are under way: end or cancel one")
        if length > settings.upload_bytes_max:
            raise Problem("too-large", f"{length} bytes, at most {settings.upload_bytes_max}", "Upload-Length")
        begun = Upload(
            secrets.token_hex(16),
            institution,
            caller.name,
            caller.party,
            media,
            State.RECEIVING,
            self._now(),
            length=length,
            digest=digest,
        )
        await asyncio.to_thread(self.store.keep, begun)
        return begun

    def find(self, name: str, institution: str) -> Upload:
        """An upload of an institution. Raises `Problem` for none of its own: another's is told like what is not there."""
        found = self.store.find(name)
        if found is None or found.institution != institution:
            raise Problem("not-found", "no upload of yours has this name")
        return found

    async def append(self, name: str, institution: str, offset: int, part: bytes, last: bool, length: int, digest: str) -> Upload:
        """Put a part behind the first `offset` bytes, whole or not at all; with the last one the file must fit its digest. Raises `Problem`."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            before = self.find(name, institution)
            length, digest = self._agreed(before, offset, part, last, length, digest)
            await self._written(before, part)
            grown = msgspec.structs.replace(
                before, offset=offset + len(part), at=self._now(), length=length, digest=digest
            )  # fmt: skip
            if not last:
                await asyncio.to_thread(self.store.keep, grown)
                return grown
            return await self._ended(grown)

    def _agreed(self, before: Upload, offset: int, part: bytes, last: bool, length: int, digest: str) -> tuple[int, str]:
        """The length and the digest that stand with this part. Raises `Problem` where it does not fit what stands."""
        if before.state is not State.RECEIVING:
            raise Problem("conflict", f"the upload is {before.state.name}: nothing more is taken", headers=told_of(before))
        if offset != before.offset:
            raise _elsewhere(before, offset)
        size, most = offset + len(part), self._house.settings.upload_bytes_max
        if size > most:
            raise Problem("too-large", f"{size} bytes, at most {most}", "the body", headers=told_of(before))
        if length >= 0 and before.length not in (-1, length):
            raise Problem("bad-request", f"it was to be {before.length} bytes", "Upload-Length", headers=told_of(before))
        if digest and before.digest not in ("", digest):
            raise Problem("bad-request", "another digest was named before", "Repr-Digest", headers=told_of(before))
        length, digest = max(length, before.length), digest or before.digest
        if length >= 0 and (size > length or (last and size != length)):
            raise Problem("bad-request", f"{size} bytes of {length}", "Upload-Length", headers=told_of(before))
        if last and not digest:
            raise Problem(
                "bad-request", "the digest of the whole file has to be named by its end", "Repr-Digest", headers=told_of(before)
            )
        return length, digest

    async def _written(self, upload: Upload, part: bytes) -> None:
        try:
            await asyncio.to_thread(self.store.append, upload.name, upload.offset, part)
        except OSError as fault:
            log.exception("a part could not be kept", extra={"facts": {"upload": upload.name}})
            raise Problem("busy", "there is no room for it now", headers={"Retry-After": "60"}) from fault

    async def _ended(self, upload: Upload) -> Upload:
        """The upload with its last part: whole, or refused where it does not fit its digest."""
        algorithm, expected = upload_digest.strongest(upload.digest)
        found = await asyncio.to_thread(self.store.digest, upload.name, algorithm)
        if found != expected:
            refused = upload.stepped(Event.DIGEST_DIFFERS, self._now(), "it does not fit its digest")
            await self._end(refused)
            raise Problem("not-valid", refused.why, "Repr-Digest", headers=told_of(refused))
        whole = upload.stepped(Event.LAST_PART_CAME, self._now())
        whole = msgspec.structs.replace(whole, length=whole.offset)
        await asyncio.to_thread(self.store.keep, whole)
        self._whole.set()
        return whole

    async def cancel(self, name: str, institution: str) -> None:
        """Take back an upload that is not yet whole; an upload that ended is not there any more. Raises `Problem`."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            before = self.find(name, institution)
            if before.state is not State.RECEIVING:
                raise Problem(
                    "conflict", f"the upload is {before.state.name}: its messages are not taken back", headers=told_of(before)
                )
            await self._end(before.stepped(Event.TAKEN_BACK, self._now()))

    async def _end(self, upload: Upload, taken: list[Taken] | None = None) -> None:
        """Keep the end first, then let the bytes go: what a crash leaves of them goes at the next start."""
        await asyncio.to_thread(self.store.keep, upload, taken)
        file = self._open.pop(upload.name, None)
        if file is not None:
            file.close()
        self.store.remove(upload.name)
        self._locks.pop(upload.name, None)

    def _now(self) -> Instant:
        return self._house.clock.now()

    # Taking in

    async def _run(self) -> None:
        while True:  # ends when it is cancelled
            self._whole.clear()
            try:
                whole = self.store.of_state(State.WHOLE)
                for upload in whole:  # each has its turn, then the first again
                    await self._piece(upload)
                if not whole:
                    await self._sweep()
                    async with asyncio.timeout(_SWEEP_S):
                        await self._whole.wait()
            except TimeoutError:
                continue
            except WriterStopped:
                return  # the process ends, and is started again
            except Exception:
                log.exception("an upload could not be taken in: it is tried again")
                await asyncio.sleep(_SWEEP_S)

    async def _sweep(self) -> None:
        settings, now = self._house.settings, int(self._now())
        for upload in self.store.of_state(State.RECEIVING):
            if int(upload.at) + settings.upload_expires_s * _S <= now and not self._is_busy(upload.name):
                await self._end(upload.stepped(Event.TIME_RAN_OUT, self._now()))
        await asyncio.to_thread(self.store.forget, Instant(now - settings.upload_kept_s * _S))

    def _is_busy(self, name: str) -> bool:
        lock = self._locks.get(name)
        return lock is not None and lock.locked()

    async def _piece(self, upload: Upload) -> None:
        """Take in the next messages of an upload, and keep what became of them with the place behind them."""
        if upload.name not in self._open:
            try:
                self._open[upload.name] = await asyncio.to_thread(self._opened, upload)
            except NotReadable as fault:
                await self._end(upload.stepped(Event.CANNOT_BE_READ, self._now(), str(fault)))
                return
        file = self._open[upload.name]
        places = _next_places(file, upload.place)
        found = [await self._prepared(upload, file, place) for place in places]
        taken = list(await asyncio.gather(*(self._decided(upload, one) for one in found)))
        after = msgspec.structs.replace(
            upload, at=self._now(), count=len(file), place=upload.place + len(places),
            refused=upload.refused + sum(one.refused for one in taken),
        )  # fmt: skip
        if after.place < after.count:
            await asyncio.to_thread(self.store.keep, after, taken)
            return
        await self._end(after.stepped(Event.ALL_TAKEN, self._now()), taken)
        told = {"upload": upload.name, "institution": upload.institution, "messages": after.count, "refused": after.refused}
        log.info("an upload is taken in", extra={"facts": told})

    def _opened(self, upload: Upload) -> _File:
        settings = self._house.settings
        return opened(
            self.store.path(upload.name), upload.media, settings.message_bytes_max, settings.upload_messages_max,
            settings.upload_bytes_max,
        )  # fmt: skip

    async def _prepared(self, upload: Upload, file: _File, place: int) -> Prepared:
        """One message of the file, verified where it is signed, and read."""
        known = Taken(place, file.entry(place))
        try:
            raw = await asyncio.to_thread(file.raw, place)
            raw, original = await self._verified(upload, raw)
        except (TooLarge, NotReadable) as fault:
            return Prepared(_refused(known, Reason.MALFORMED.name, str(fault)))
        except Problem as problem:
            return Prepared(_refused(known, problem.document.reason or problem.name, problem.document.detail))
        try:
            message = await asyncio.to_thread(read, raw, bulk=True)
        except MalformedMessage:
            return Prepared(known, raw, original)  # the hub says why, by an admi.002
        transfers = message.body.transfers if isinstance(message.body, CustomerTransfers | Returns) else ()
        known = msgspec.structs.replace(
            known, kind=message.kind, message_id=message.message_id, payments=len(transfers),
            uetr=transfers[0].uetr if len(transfers) == 1 else "",
        )  # fmt: skip
        return Prepared(known, raw, original, message)

    async def _verified(self, upload: Upload, raw: bytes) -> tuple[bytes, Original | None]:
        """What the hub is handed of a message, and what of it is kept as it was signed, as for one that comes alone. Raises `Problem`."""
        signatures = self._house.signatures
        if signatures is None:
            if is_signed(raw):
                raise Problem("signature", "nobody's signature is known here", "AppHdr/Sgntr")
            return raw, None
        caller = Caller(upload.caller, upload.institution, frozenset(), Proof.CERTIFICATE, party=upload.party)
        return await signatures.of_message(self._route, caller, raw, None)

    async def _decided(self, upload: Upload, one: Prepared) -> Taken:
        known = one.known
        if known.refused:
            return known
        key = Once(f"upload {upload.name}", str(known.place), hashlib.sha256(one.raw).digest())
        signed = [one.original] if one.original is not None else []
        arrives = Arrive(upload.institution, one.raw, one.message)
        outcome = await _patiently(partial(self._house.writer.decide, [*signed, key, arrives]))
        result = outcome.results[-1]
        if one.message is not None:
            answers = outcome.posted.answers_to(upload.institution, one.message.kind, one.message.message_id, one.raw)
        else:
            answers = outcome.posted.answers_to(upload.institution, "", "", one.raw)
        family = known.kind[:8] or "unread"
        self._house.measures.message(family, "refused" if isinstance(result, Refusal) else "decided")
        known = msgspec.structs.replace(known, answers=tuple(mail.seq for mail in answers))
        if not isinstance(result, Refusal):
            return known
        # What the sender may not know is not told: a regulatory refusal says no place.
        return _refused(
            known, result.reason.name, result.sentence() if result.reason is not Reason.REGULATORY else result.reason.text
        )


class Prepared(msgspec.Struct, frozen=True):
    """A message that is ready to be decided, or, where `known` says that it is refused, not."""

    known: Taken
    raw: bytes = b""
    original: Original | None = None
    message: Message | None = None


def _refused(known: Taken, reason: str, said: str) -> Taken:
    return msgspec.structs.replace(known, refused=True, reason=reason, said=said[:500])


def _next_places(file: _File, first: int) -> list[int]:
    """The places that are taken in together: one at least."""
    places: list[int] = []
    size = 0
    for place in range(first, min(len(file), first + PIECE_MESSAGES)):
        size += file.size(place)
        if places and size > PIECE_BYTES:
            break
        places.append(place)
    return places


async def _patiently(decide: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """What was decided; while too much waits, an upload waits too. Raises `WriterStopped`."""
    while True:  # ends when there is room, or with the hub
        try:
            return await decide()
        except WriterFull as full:
            await asyncio.sleep(full.retry_after_s)


def told_of(upload: Upload) -> dict[str, str]:
    """The headers that say how far an upload is."""
    done = upload.state not in (State.RECEIVING, State.CANCELLED, State.EXPIRED)
    found = {"Upload-Offset": str(upload.offset), "Upload-Complete": "?1" if done else "?0"}
    return found | ({"Upload-Length": str(upload.length)} if upload.length >= 0 else {})


def _elsewhere(upload: Upload, provided: int) -> Problem:
    """The offset is not that of the upload; the problem's type is the draft's own."""
    found = Problem("conflict", f"the upload is at {upload.offset}, not {provided}", "Upload-Offset", headers=told_of(upload))
    found.document = msgspec.structs.replace(
        found.document, kind="https://iana.org/assignments/http-problem-types#mismatching-upload-offset",
        expected_offset=upload.offset, provided_offset=provided,
    )  # fmt: skip
    return found

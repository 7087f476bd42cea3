"""What all requests share: the writer and its hub, the mailboxes, who is recognised and what each role may, bounds and figures."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path

from starlette.requests import Request

from fondaco.access import Caller, Right
from fondaco.api.bucket import Buckets
from fondaco.api.bundles import Bundles
from fondaco.api.disclosures import Disclosures
from fondaco.api.identity import Identity
from fondaco.api.mailbox import Mailboxes
from fondaco.api.measures import Measures
from fondaco.api.settings import Settings
from fondaco.api.shared_buckets import SharedBuckets
from fondaco.api.signatures import REQUIRED, Seal, Signatures
from fondaco.api.uploads import Uploads
from fondaco.api.webhooks import Webhooks
from fondaco.api.writer import Writer
from fondaco.core import Clock, Refusal
from fondaco.hub import Hub, Once
from fondaco.journal import Mail
from fondaco.rulebook import Scheme

# Says who asks, from the connection and the headers alone.
Authenticate = Callable[[Request], Caller | Refusal | Awaitable[Caller | Refusal]]
# Says why a request that a browser sent is not believed to come from our own page, None where it is.
Forged = Callable[[Request], Refusal | None]
# Writes down who uses which right upon what, and by which request, where that is to be written down.
LookAt = Callable[[Caller, Right, str, str], None]


class House:
    """One hub behind one door. `start` and `stop` are called on the event loop that serves."""

    writer: Writer
    # Where uploads are taken; made by whoever knows the routes, before `start` is called.
    uploads: Uploads | None = None
    begin_uploads: Callable[[], Uploads] | None = None
    # What else answers for the hub as long as it is served; cancelled at the end.
    beside: Callable[[], Coroutine[None, None, None]] | None = None
    _beside: asyncio.Task[None] | None = None

    def __init__(
        self,
        hub: Hub,
        clock: Clock,
        folder: Path,
        settings: Settings,
        authenticate: Authenticate,
        *,
        forged: Forged | None = None,
        look: LookAt | None = None,
        identity: Identity | None = None,
        seal: Seal | None = None,
        webhooks: Webhooks | None = None,
        bundles: Bundles | None = None,
    ) -> None:
        self._hub = hub
        self.clock = clock
        self.folder = folder
        self.settings = settings
        self.authenticate = authenticate
        self.forged = forged
        self.look = look
        # Whom tokens are given, and whose signatures are verified; None where the callers are made up.
        self.identity = identity
        self.signatures = (
            None
            if identity is None
            else Signatures(identity.access, clock, settings.signatures == REQUIRED, settings.message_bytes_max)
        )
        # What the hub's own messages are signed with.
        self.seal = seal
        self.webhooks = webhooks
        self.mailboxes = Mailboxes()
        self.buckets: Buckets | SharedBuckets = Buckets(settings.requests_per_s, settings.requests_at_once)
        self.measures = Measures()
        self.disclosures = Disclosures()
        # Has bundles of evidence made; None where nobody logs looks, and so may not be let take one.
        self.bundles = bundles
        # Called once when the hub stops by itself: the process is then to end, and to be started again.
        self.fallen: Callable[[], None] = lambda: None
        # Called when the server is to stop: whoever else keeps connections open lets them go.
        self.ending: Callable[[], None] = lambda: None
        # Told of all mail that is kept, for whoever stands in for its recipients: a demo's simulated banks.
        self.listening: Callable[[Sequence[Mail]], None] = lambda _: None

    @property
    def scheme(self) -> Scheme:
        """The rulebook of the open day."""
        return self._hub.desk.scheme

    def start(self) -> None:
        self.mailboxes.restore(self._hub)
        self.writer = Writer(self._hub, self.clock, self._heard, self._fell)
        if self.webhooks is not None:
            self.webhooks.start(self.mailboxes, self.writer)
        if self.begin_uploads is not None:
            self.uploads = self.begin_uploads()
        if self.beside is not None:
            self._beside = asyncio.create_task(self.beside())

    def end_waiting(self) -> None:
        """Let everybody who waits for mail go: the server is to stop."""
        self.mailboxes.end()
        self.ending()

    async def stop(self) -> None:
        """Decide and keep what waits, and stop. Raises `WriterStopped` when the hub had stopped by itself."""
        self.end_waiting()
        if self.webhooks is not None:
            await self.webhooks.stop()
        if self.uploads is not None:
            await self.uploads.stop()
        if self._beside is not None:
            self._beside.cancel()
            await asyncio.gather(self._beside, return_exceptions=True)
        await self.writer.stop()

    def once(self, caller: Caller, key: str, raw: bytes, what: str) -> Once:
        digest = hashlib.sha256(what.encode() + b"\0" + raw).digest()
        return Once(f"{caller.institution} {caller.name}", key, digest)

    def _heard(self, mail: Sequence[Mail]) -> None:
        self.mailboxes.heard(mail)
        self.measures.heard(mail)
        self.listening(mail)

    def _fell(self) -> None:
        self.end_waiting()
        self.fallen()

"""Everything of access over one folder, put together: what a server or a command line opens."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from fondaco.access.authenticating import Gate
from fondaco.access.deeds import Deeds
from fondaco.access.entering import Entrance
from fondaco.access.keys import Keys
from fondaco.access.looks import Looks
from fondaco.access.one_use_secrets import OneUseSecrets
from fondaco.access.passkeys import Passkeys
from fondaco.access.people import People
from fondaco.access.presented import PLAIN_COOKIE, SESSION_COOKIE
from fondaco.access.register import Register
from fondaco.access.seen import SeenBefore
from fondaco.access.sessions import Sessions
from fondaco.access.store import AccessStore
from fondaco.access.tokens import Tokens


class Access:
    """The parts of access of one hub.

    `address` is how the hub is reached, without a path: issuer and audience of tokens, the origin of passkeys, the base of signed targets.
    `proxy_secret` is set only where a proxy on this machine ends TLS. Not `secure` is a demo on loopback without TLS.
    """

    def __init__(self, folder: Path, address: str, *, proxy_secret: str = "", secure: bool = True) -> None:
        self.address = address.rstrip("/")
        self.secure = secure
        self.store = AccessStore(folder)
        keys = Keys(folder)
        self.register, self.seen, self.once = Register(self.store), SeenBefore(self.store), OneUseSecrets(self.store)
        self.people, self.looks, self.sessions = People(self.store, self.once), Looks(self.store), Sessions(self.store)
        self.deeds = Deeds(self.store, self.register, self.people, self.looks)
        self.tokens = Tokens(self.register, self.seen, self.address, keys.token_key())
        self.passkeys = Passkeys(self.store, self.once, urlsplit(self.address).hostname or "", self.address)
        self.entrance = Entrance(self.store, keys, self.people, self.once, self.sessions, self.passkeys, self.looks)
        self.gate = Gate(self.register, self.tokens, self.sessions, proxy_secret, SESSION_COOKIE if secure else PLAIN_COOKIE)

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Access:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

"""Who asks: the one question that a door puts before every other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fondaco.access.caller import Caller
from fondaco.access.presented import SESSION_COOKIE, Presented, presented
from fondaco.access.register import CONNECT, Register
from fondaco.access.sessions import Sessions
from fondaco.access.tokens import Tokens
from fondaco.core import Instant, Reason, Refusal


class Gate:
    """Recognises callers by what a request presented. It decides nothing about rights: `may` does."""

    def __init__(
        self, register: Register, tokens: Tokens, sessions: Sessions, proxy_secret: str = "", cookie: str = SESSION_COOKIE
    ) -> None:
        self._register = register
        self._tokens = tokens
        self._sessions = sessions
        self._proxy_secret = proxy_secret
        self._cookie = cookie

    def authenticate(self, scope: Mapping[str, Any], at: Instant) -> Caller | Refusal:
        """The caller of an ASGI scope, or why there is none. A token counts before a session, a session before a bare certificate.

        What is shown and is wrong is a refusal, never passed over for something weaker.
        """
        shown = self.shown(scope)
        if isinstance(shown, Refusal):
            return shown
        return self.recognise(shown, at)

    def shown(self, scope: Mapping[str, Any]) -> Presented | Refusal:
        """What a scope brings to be recognised by, read as `authenticate` reads it."""
        return presented(scope, self._proxy_secret, self._cookie)

    def recognise(self, shown: Presented, at: Instant) -> Caller | Refusal:
        if shown.token and shown.session:
            return Refusal(Reason.NOT_RECOGNISED, "the request", "a token and a session: which?")
        if shown.token:
            return self._tokens.recognise(shown.token, shown.certificate, at)
        if shown.session:
            return self._sessions.recognise(shown.session, at)
        if shown.certificate:
            return self._register.recognise(shown.certificate, CONNECT, at)
        return Refusal(Reason.NOT_RECOGNISED, "the request", "no certificate, no token, no session")

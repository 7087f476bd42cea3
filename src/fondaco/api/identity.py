"""Identity as the door asks it: who a connection's certificate, token or session is, and what must be written down of a look."""

from __future__ import annotations

from starlette.requests import Request

from fondaco.access import PLAIN_COOKIE, SESSION_COOKIE, Access, Caller, Right, Whose, csrf_fault, is_logged, presented
from fondaco.core import Clock, Reason, Refusal


class Identity:
    """What `House` is handed of one hub's access."""

    def __init__(self, access: Access, clock: Clock) -> None:
        self.access = access
        self._clock = clock

    def authenticate(self, request: Request) -> Caller | Refusal:
        return self.access.gate.authenticate(request.scope, self._clock.now())

    def forged(self, request: Request) -> Refusal | None:
        """Why a deed under a session's cookie is not believed to come from our own page, and from its person: the form's word comes in the header X-CSRF-Token, and who
        logged in did so, or proved it again, within the last minutes."""
        shown = presented(request.scope, "", SESSION_COOKIE if self.access.secure else PLAIN_COOKIE)
        if isinstance(shown, Refusal) or not shown.session:
            return Refusal(Reason.NOT_RECOGNISED, "the request", "no session")
        fault = csrf_fault(shown.session, request.headers.get("x-csrf-token", ""), request.headers.get("sec-fetch-site", ""))
        if fault is None and not self.access.sessions.is_fresh(shown.session, self._clock.now()):
            # As the console's sensitive deeds ask it: whoever finds a browser open is nobody's second person.
            return Refusal(
                Reason.NOT_RECOGNISED,
                "session",
                "a deed asks for a proof of the last ten minutes; prove at the console that it is you",
            )
        return fault

    def look(self, caller: Caller, right: Right, subject: str, request: str) -> None:
        """Write a look that reaches beyond one's own house down, with the request that it was; on the disk when this returns."""
        own = Whose(caller.institution, "", caller.party)
        if is_logged(caller, right, own):
            self.access.looks.note(caller, right.value, [subject[:200]], self._clock.now(), request[:200])

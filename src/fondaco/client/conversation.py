"""What both clients have in common: who asks, what is asked next, when, and when it is given up. The network and sleep are theirs."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from random import Random
from typing import TypeVar

import httpx

from fondaco import __version__
from fondaco.client import calls
from fondaco.client.call import Call, Flow, Pause, Request, Retries, asked
from fondaco.client.connection import RENEWED_BEFORE_S, ClientCertificate, ClientCredentials, Signer, Token, address_of
from fondaco.client.events import Events
from fondaco.client.fault import HubFault, TooMany, Unauthorised, Unavailable, malformed, media_of, no_answer
from fondaco.client.reading import record
from fondaco.client.records import Letter, Story
from fondaco.client.told import Sent

T = TypeVar("T")

EVENTS = "text/event-stream"
# No step leads out of these states of a payment (docs/lifecycle).
ENDED = frozenset({"SETTLED", "REJECTED", "CANCELLED"})
# Who follows a payment asks after so many seconds, and after twice as many each time, up to the second number.
_FIRST_LOOK_S, _LAST_LOOK_S = 0.05, 2.0


class Conversation:
    """One client's standing towards one hub. Raises `ValueError` for an address that is none, or a token that would go in the clear."""

    def __init__(
        self,
        base_url: str,
        tls: ClientCertificate | None,
        token: Token | None,
        signer: Signer | None,
        timeout_s: float,
        retries: Retries,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = address_of(base_url, token is not None)
        if tls is not None and not self.base.startswith("https:"):
            raise ValueError("a certificate is shown over https alone")
        if isinstance(token, ClientCredentials) and token.place.startswith("https:") and not self.base.startswith("https:"):
            raise ValueError("of a hub without TLS, the token endpoint is a path")
        self.retries = retries
        self.timeout_s = timeout_s
        self.monotonic = monotonic
        self._credentials = token if isinstance(token, ClientCredentials) else None
        self._token = token if isinstance(token, str) else ""
        self._token_of_now = token if callable(token) else None
        self._token_until = 0.0
        self._signer = signer
        self._draw = Random(retries.seed).random  # noqa: S311 - jitter, not a secret

    def run(self, call: Call[T]) -> Flow[T]:
        """Ask once, and again as far as that is safe: after a fault that passes, and once with another token than one that was refused. Raises `HubFault`."""
        shown = yield from self.token()
        try:
            return (yield from asked(call, self.retries, self._draw))
        except Unauthorised:
            if not self.has_another(shown):
                raise
        yield from self.token()
        return (yield from asked(call, self.retries, self._draw))

    def token(self) -> Flow[str]:
        """The token that the next attempt shows, "" for none; brought from its endpoint where there is none yet or it ends soon. Raises `HubFault`."""
        if self._credentials is not None and (not self._token or self.monotonic() >= self._token_until):
            begun = self.monotonic()
            self._token = ""
            granted = yield from asked(self._credentials.call(), self.retries, self._draw)
            self._token, self._token_until = granted.access_token, begun + granted.expires_in - RENEWED_BEFORE_S
        return self._token_of_now() if self._token_of_now is not None else self._token

    def has_another(self, refused: str) -> bool:
        """Whether the next attempt shows another token than the one that was refused, which an endpoint's then is no longer shown."""
        if self._credentials is not None:
            if self._token == refused:
                self._token = ""
            return True
        return self._token_of_now is not None and self._token_of_now() != refused

    def followed(self, sent: Sent, timeout_s: float) -> Flow[list[Story]]:
        """Ask until every payment of a message has met its end. Raises `TimeoutError`, and `ValueError` for a message that begins none."""
        if not sent.uetrs:
            raise ValueError("this message begins no payment: what answers it comes to the mailbox")
        until = self.monotonic() + timeout_s
        stories = []
        for uetr in sent.uetrs:
            look_s = _FIRST_LOOK_S
            while True:  # ends with the payment, or at `until`
                story = yield from self.run(calls.payment(uetr))
                if story.payment.state in ENDED:
                    break
                left = until - self.monotonic()
                if left <= 0:
                    raise TimeoutError(f"after {timeout_s:g} seconds the payment {uetr} is {story.payment.state}")
                yield Pause(min(look_s, left))
                look_s = min(2 * look_s, _LAST_LOOK_S)
            stories.append(story)
        return stories

    def url(self, request: Request) -> str:
        return request.target if request.target.startswith("https:") else self.base + request.target

    def headers(self, request: Request) -> dict[str, str]:
        """All headers of one attempt; a signature is made anew for each."""
        found = {"User-Agent": f"fondaco-client/{__version__}", "Accept-Encoding": "identity", **request.headers}
        token = self._token_of_now() if self._token_of_now is not None else self._token
        if token:
            found["Authorization"] = f"Bearer {token}"
        if self._signer is not None:
            found |= self._signer.sign(request.method, self.url(request), request.body)
        return found

    def pause_before(self, nth: int, fault: HubFault) -> float:
        """Seconds before listening again after `fault`, the `nth` in a row (from 0). Raises the fault where that helps nothing."""
        may = isinstance(fault, TooMany) or (isinstance(fault, Unavailable) and fault.again)
        said = fault.retry_after_s if isinstance(fault, TooMany | Unavailable) else 0.0
        if not may or nth >= self.retries.times or said > self.retries.retry_after_s_max:
            raise fault
        return max(said, self.retries.pause(nth, self._draw()))


class Listening:
    """One listener to a mailbox over any number of connections: each goes on behind the last letter that was heard."""

    def __init__(self, conversation: Conversation, after: int, view: str) -> None:
        self._conversation = conversation
        self._after = after
        self._view = view
        self._failed = 0
        self._events = Events()
        self._shown = ""
        self._refused = False

    def request(self) -> Flow[Request]:
        """What the next connection asks for, with its token at hand. Raises `HubFault`."""
        self._events = Events()
        self._shown = yield from self._conversation.token()
        target = f"/v1/messages?after={self._after}" + (f"&view={self._view}" if self._view != "xml" else "")
        return Request("GET", target, headers={"Accept": EVENTS, "Last-Event-ID": str(self._after)})

    def heard(self, piece: bytes) -> list[Letter]:
        """The letters that this piece completes, none twice."""
        self._failed, self._refused = 0, False
        found = [record(Letter, event.data) for event in self._events.feed(piece)]
        new = [one for one in found if one.seq > self._after]
        self._after = max([self._after, *(one.seq for one in new)])
        return new

    def pause(self, fault: HubFault) -> float:
        """For how many seconds to wait before connecting again; none before the one time that another token is tried. Raises the fault where it stands."""
        if isinstance(fault, Unauthorised) and not self._refused and self._conversation.has_another(self._shown):
            self._refused = True
            return 0.0
        seconds = self._conversation.pause_before(self._failed, fault)
        self._failed += 1
        return seconds


def check_events(headers: Mapping[str, str]) -> None:
    """Raises `Malformed` for an answer that is no stream of events."""
    if media_of(headers) != EVENTS:
        raise malformed(f"{media_of(headers) or 'nothing'} came where {EVENTS} was expected", 200)


def unanswered(fault: Exception) -> Unavailable:
    """A fault of the network. A hub whose certificate is not believed is not asked again: that is no accident that passes."""
    cause: BaseException | None = fault
    while cause is not None:  # ends with the chain of causes
        if isinstance(cause, ssl.SSLCertVerificationError):
            return no_answer(f"the hub's certificate is not believed: {cause.verify_message}", again=False)
        cause = cause.__cause__ or cause.__context__
    return no_answer(f"{type(fault).__name__}: {fault}")


def plain(response: httpx.Response) -> dict[str, str]:
    """The headers of an answer by their names in lower case. Raises `Malformed` for a body that is folded though none was asked for."""
    found = {name.lower(): value for name, value in response.headers.items()}
    if found.get("content-encoding", "identity") != "identity":
        raise malformed(f"the encoding {found['content-encoding']} was not asked for", response.status_code)
    return found

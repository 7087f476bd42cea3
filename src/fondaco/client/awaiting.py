"""The client of an event loop: everything of `Client`, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

import httpx

from fondaco.client import calls, records, uploading
from fondaco.client.call import RETRIES, Call, Flow, Pause, Reply, Request, Retries
from fondaco.client.connection import (
    ANSWER_BYTES_MAX,
    CONNECTIONS,
    SILENCE_S_MAX,
    ClientCertificate,
    Signer,
    Token,
    new_key,
    tls_context,
)
from fondaco.client.conversation import Conversation, Listening, check_events, plain, unanswered
from fondaco.client.fault import HubFault, fault_of, malformed, no_answer
from fondaco.client.filing import arriving
from fondaco.client.told import Sent, Told
from fondaco.core import Money

T = TypeVar("T")


class AsyncClient:
    """A bank, an operator or an officer at the door of a hub. Belongs to one event loop; close it, or use it in an `async with`.

    `token` is a bearer token, a function that gives the one of now, or what asks the hub for one; `signer` signs every attempt. `timeout_s` is how long one attempt may take, beside what the
    hub was asked to wait. A deed takes a `key` under which it is done once, also when it is asked again by another process; without one it gets a
    new one. Every method raises `HubFault`: `Refused` and `NotThere`, `Unauthorised`, `TooMany`, `Unavailable`, `Malformed`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tls: ClientCertificate | None = None,
        token: Token | None = None,
        signer: Signer | None = None,
        timeout_s: float = 30.0,
        retries: Retries = RETRIES,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._conversation = Conversation(base_url, tls, token, signer, timeout_s, retries)
        self._sleep = sleep
        # Nothing of the environment: a proxy or a password of somebody else's choice has no place between a bank and its hub.
        self._http = httpx.AsyncClient(
            verify=tls_context(self._conversation.base, tls), trust_env=False, follow_redirects=False, limits=CONNECTIONS
        )

    async def close(self) -> None:
        """End the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # Messages

    async def send(self, message: bytes | str | Mapping[str, Any]) -> Sent:
        """Give a message: its XML, or its JSON view. What the hub tells at once stands in the answer; `wait` follows the rest.

        Sent again as often as it is safe, under its own name: it is done once. Raises `Refused` with the hub's messages, and `HubFault`.
        """
        return await self._ask(calls.send(message))

    async def wait(self, sent: Sent, timeout_s: float = 60.0) -> list[records.Story]:
        """Follow the payments of a message until each is settled, rejected or cancelled; their stories, in the message's order.

        Raises `TimeoutError` where one is still under way, and `ValueError` for a message that begins no payment.
        """
        return await self._do(self._conversation.followed(sent, timeout_s))

    async def letters(self, after: int = 0, wait_s: float = 0, view: str = "xml", limit: int = 100) -> records.LetterPage:
        """One page of the mailbox: at most `limit` letters behind the number `after`; waits up to `wait_s` seconds (at most 60) where none is there.

        `view` is xml or json. Who is sent the largest messages takes few at once: an answer has a bound.
        """
        return await self._ask(calls.letters(after, wait_s, view, limit))

    async def message(self, seq: int) -> Told:
        """One message of the mailbox, as it went."""
        return await self._ask(calls.letter(seq))

    async def mailbox(self, after: int = 0, wait_s: float = 0) -> AsyncIterator[records.Letter]:
        """Every letter behind the number `after`, in order; ends when nothing more is there, after waiting `wait_s` seconds (at most 60) for it.

        Keep the number of the last letter that you have dealt with: what comes behind it is new to you.
        """
        while True:  # ends with the mailbox
            page = await self.letters(after, wait_s)
            for letter in page.messages:
                yield letter
            if page.after <= after:
                return
            after = page.after

    async def stream(self, after: int = 0, view: str = "xml") -> AsyncIterator[records.Letter]:
        """Every letter behind the number `after` as it comes, for ever; a connection that breaks is made again behind the last one heard.

        Raises `HubFault` when the hub refuses, or cannot be reached as often in a row as `retries` says.
        """
        listening = Listening(self._conversation, after, view)
        while True:  # ends with its listener, or a fault that stands
            fault: HubFault = no_answer("the stream ended")
            try:
                asked = await self._do(listening.request())
                async with self._stream(asked, SILENCE_S_MAX) as response:
                    headers = plain(response)
                    if response.status_code != 200:
                        raise fault_of(response.status_code, headers, await self._body(response, self._until()))
                    check_events(headers)
                    async for piece in response.aiter_raw():
                        for letter in listening.heard(piece):
                            yield letter
            except httpx.TransportError as broken:
                fault = unanswered(broken)
            except HubFault as told:
                fault = told
            await self._sleep(listening.pause(fault))

    # Files of many messages

    async def upload(
        self,
        file: Path | bytes,
        media: str = uploading.ZIP,
        *,
        earlier: str = "",
        part_bytes: int = uploading.PART_BYTES,
        begun: Callable[[str], None] = uploading.unheard,
    ) -> records.UploadState:
        """Send a file in parts, going on after each break: a zip with one message in each entry, or one message (`application/xml`).

        `begun` hears the upload's name before the first part goes; who kept it may go on with it as `earlier`, also from another process. Its messages are taken in
        when this returns, or soon after: `upload_ended` waits, `upload_results` tells what became of each. Raises `HubFault`, `OSError`.
        """
        return await self._do(uploading.sent(self._conversation, uploading.Source(file), media, earlier, part_bytes, begun))

    async def upload_ended(self, name: str, timeout_s: float = 600.0) -> records.UploadState:
        """Wait until all messages of an upload are taken in, or it ended in another way. Raises `TimeoutError`."""
        return await self._do(uploading.ended(self._conversation, name, timeout_s))

    async def upload_results(self, name: str, after: int = 0) -> AsyncIterator[records.UploadedMessage]:
        """What became of each message of an upload, from the place `after` on, as far as they are taken in by now."""
        more = True
        while more:  # ends with the last page
            page = await self._ask(uploading.look(name, after, calls.PAGE))
            for one in page.results:
                yield one
            more = page.more and page.after > after
            after = page.after

    async def uploads(self) -> list[records.UploadState]:
        """Your uploads that have not ended."""
        return (await self._ask(uploading.under_way())).uploads

    async def cancel_upload(self, name: str) -> None:
        """Take back an upload that is not yet whole."""
        await self._ask(uploading.cancel(name))

    # Payments

    async def payments(self, after: int = 0, state: str = "", bank: str = "") -> AsyncIterator[records.PaymentRow]:
        """Every payment of yours behind the number `after`, in order, page by page; of one state (such as HELD) or bank (BIC) where it is named."""
        more = True
        while more:  # ends with the last page
            page = await self._ask(calls.payments(after, state, bank))
            for one in page.payments:
                yield one
            more = page.more and page.after > after
            after = page.after

    async def payment(self, uetr: str) -> records.Story:
        """The story of a payment. Raises `NotThere`."""
        return await self._ask(calls.payment(uetr))

    async def revoke(self, uetr: str, *, key: str = "") -> records.Done:
        """Take a queued payment back."""
        return await self._ask(calls.revoke(uetr, key or new_key()))

    async def move(self, uetr: str, *, first: bool, key: str = "") -> records.Done:
        """Put a queued payment before all others of its queue, or behind them."""
        return await self._ask(calls.move(uetr, first, key or new_key()))

    async def queue(self) -> records.Queue:
        """What waits for money or room."""
        return await self._ask(calls.queue())

    # Money and its bounds

    async def positions(self, bank: str = "") -> records.Positions:
        """Positions in the open cycle, of one bank (BIC) where it is named."""
        return await self._ask(calls.positions(bank))

    async def limits(self, bank: str = "") -> records.Limits:
        """Limits, and what is used of them."""
        return await self._ask(calls.limits(bank))

    async def set_cap(self, cap: Money, *, key: str = "") -> records.ProposalRow:
        """Propose your own net debit cap, at most the scheme's; another person approves it (`approve`)."""
        return await self._ask(calls.set_cap(cap, key or new_key()))

    async def limit_flow(self, towards: str, currency: str, most: Money | None, *, key: str = "") -> records.ProposalRow:
        """Propose the most that may flow on a day to a bank or a country; None takes the limit away."""
        return await self._ask(calls.limit_flow(towards, currency, most, key or new_key()))

    async def limit_total(self, most: Money | None, *, key: str = "") -> records.ProposalRow:
        """Propose the most that you owe in one cycle over all currencies, in the currency of exposures; None takes the limit away."""
        return await self._ask(calls.limit_total(most, key or new_key()))

    async def proposals(self, after: int = 0, decided: bool = False) -> AsyncIterator[records.ProposalRow]:
        """Every proposal behind the number `after`; decided ones too where `decided` says so."""
        more = True
        while more:  # ends with the last page
            page = await self._ask(calls.proposals(after, decided))
            for one in page.proposals:
                yield one
            more = page.more and page.after > after
            after = page.after

    async def proposal(self, number: int) -> records.ProposalRow:
        """One proposal, as it stands."""
        return await self._ask(calls.proposal(number))

    async def approve(self, number: int, *, key: str = "") -> records.ProposalRow:
        """Approve what another person of your house proposed: it is done with that. Raises `Refused` when the deed itself is refused."""
        return await self._ask(calls.approve(number, key or new_key()))

    async def withdraw(self, number: int, *, key: str = "") -> records.ProposalRow:
        """Take back what you proposed."""
        return await self._ask(calls.withdraw(number, key or new_key()))

    async def webhook(self) -> records.WebhookState:
        """How your webhook stands, and what was given up."""
        return await self._ask(calls.webhook())

    async def quotes(self) -> records.Quotes:
        """The quotes in force."""
        return await self._ask(calls.quotes())

    async def post_quotes(self, own: Sequence[records.OwnQuote], *, key: str = "") -> records.Posted:
        """Post your firm quotes: they take the place of those before."""
        return await self._ask(calls.post_quotes(own, key or new_key()))

    async def cycles(self) -> records.Cycles:
        """The net cycles in hand, oldest first."""
        return await self._ask(calls.cycles())

    async def cycle(self, number: int) -> records.CycleRow:
        """One cycle."""
        return await self._ask(calls.cycle(number))

    async def proof(self, number: int) -> records.Proof:
        """The proofs of what settled together in a cycle."""
        return await self._ask(calls.proof(number))

    async def close_cycle(self, *, key: str = "") -> records.ProposalRow:
        """Propose to close the open cycle now."""
        return await self._ask(calls.close_cycle(key or new_key()))

    # Compliance

    async def cases(self, after: str = "", decided: bool = False) -> AsyncIterator[records.CaseRow]:
        """Every case behind the name `after`; decided ones too where `decided` says so."""
        more = True
        while more:  # ends with the last page
            page = await self._ask(calls.cases(after, decided))
            for one in page.cases:
                yield one
            more = page.more and page.after > after
            after = page.after

    async def case(self, name: str) -> records.CaseRow:
        """A case with its hits."""
        return await self._ask(calls.case(name))

    async def say(self, name: str, word: records.OfficersWord, *, key: str = "") -> records.Said:
        """Give an officer's signed word of a case."""
        return await self._ask(calls.say(name, word, key or new_key()))

    async def lists(self) -> records.Lists:
        """Which lists screen, and how fresh they are."""
        return await self._ask(calls.lists())

    async def swap_lists(self, *, key: str = "") -> records.Swapped:
        """Take up what was brought, and let the newest lists screen."""
        return await self._ask(calls.swap_lists(key or new_key()))

    # The union and its day

    async def members(self) -> records.Members:
        """The participants, by their numbers."""
        return await self._ask(calls.members())

    async def day(self) -> records.DayState:
        """The business day, and what is left to do on it."""
        return await self._ask(calls.day())

    async def open_day(self, which: date, *, key: str = "") -> records.ProposalRow:
        """Propose to open a business day."""
        return await self._ask(calls.open_day(which, key or new_key()))

    async def end_day(self, *, key: str = "") -> records.ProposalRow:
        """Propose to end the business day."""
        return await self._ask(calls.end_day(key or new_key()))

    async def calendar(self, year: int, currency: str = "") -> records.Holidays:
        """The holidays of a year."""
        return await self._ask(calls.calendar(year, currency))

    # Trade, evidence, and the door itself

    async def instruments(self, kind: str, after: str = "") -> AsyncIterator[records.Instrument]:
        """Every instrument of a kind (the letters before its number) behind the name `after`."""
        more = True
        while more:  # ends with the last page
            page = await self._ask(calls.instruments(kind, after))
            for one in page.instruments:
                yield one
            more = page.more and page.after > after
            after = page.after

    async def instrument(self, name: str) -> records.Instrument:
        """An instrument as it stands."""
        return await self._ask(calls.instrument(name))

    async def perform(
        self,
        actor: str,
        action: str,
        version: int,
        body: bytes,
        signatures: Sequence[tuple[bytes, bytes]],
        instrument: str = "",
        *,
        key: str = "",
    ) -> records.Performed:
        """Give a signed deed of trade: `body` is its JSON to the byte, as it was signed; `signatures` are public keys (32 bytes) and signatures (64)."""
        return await self._ask(calls.perform(actor, action, version, body, signatures, instrument, key or new_key()))

    async def evidence_head(self) -> records.Head:
        """The last link of the journal's chain that is kept."""
        return await self._ask(calls.evidence_head())

    async def disclosure(self, day: date) -> records.Disclosure:
        """The tables of disclosure of a business day (PFMI, G20), with their lineage."""
        return await self._ask(calls.disclosure(day))

    async def bundle(self, day: date, target: Path, within_s: float = 1_800.0) -> None:
        """Write the bundle of evidence of an ended day to the file `target`, as the tar archive that the hub makes of it, within so many seconds.

        The file gets its name when it is whole; one that was there is replaced. Unpack it and run `sh verify.sh` in it. Raises `HubFault`, `OSError`.
        """
        with arriving(target) as file:
            await self._ask(calls.bundle(day, file, within_s))

    async def openapi(self) -> dict[str, Any]:
        """The door's own description (OpenAPI 3.1)."""
        return await self._ask(calls.openapi())

    # The network

    async def _ask(self, call: Call[T]) -> T:
        return await self._do(self._conversation.run(call))

    async def _do(self, flow: Flow[T]) -> T:
        outcome: Reply | HubFault | None = None
        while True:  # ends with the flow
            try:
                step = flow.send(outcome)
            except StopIteration as end:
                found: T = end.value
                return found
            if isinstance(step, Pause):
                await self._sleep(step.seconds)
                outcome = None
            else:
                outcome = await self._attempt(step)

    async def _attempt(self, request: Request) -> Reply | HubFault:
        until = self._until() + request.patience_s
        try:
            async with (
                asyncio.timeout(until - self._conversation.monotonic()),
                self._stream(request, self._conversation.timeout_s + request.patience_s) as response,
            ):
                return Reply(response.status_code, plain(response), await self._body(response, until, request.into))
        except httpx.TransportError as broken:
            return unanswered(broken)
        except TimeoutError:
            return no_answer(f"the answer was not whole within {self._conversation.timeout_s:g} seconds")
        except HubFault as fault:
            return fault

    def _until(self) -> float:
        return self._conversation.monotonic() + self._conversation.timeout_s

    def _stream(self, request: Request, silence_s: float) -> AbstractAsyncContextManager[httpx.Response]:
        talk = self._conversation
        timeout = httpx.Timeout(talk.timeout_s, read=silence_s)
        return self._http.stream(
            request.method, talk.url(request), content=request.body, headers=talk.headers(request), timeout=timeout
        )

    async def _body(self, response: httpx.Response, until: float, into: BinaryIO | None = None) -> bytes:
        file = into if response.status_code == 200 else None
        if file is not None:
            file.seek(0)
            file.truncate()
        pieces, size = [], 0
        async for piece in response.aiter_raw():
            size += len(piece)
            if size > ANSWER_BYTES_MAX and file is None:
                raise malformed(f"an answer of more than {ANSWER_BYTES_MAX} bytes", response.status_code)
            if self._conversation.monotonic() > until:
                raise no_answer(f"the answer was not whole within {self._conversation.timeout_s:g} seconds")
            if file is not None:
                file.write(piece)
            else:
                pieces.append(piece)
        return b"".join(pieces)

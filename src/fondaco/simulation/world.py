"""The other side of the hub, simulated: banks that answer offers, settlement agents that hold the money.

Everything follows from the seed and from the messages that come in, never from time. In production these are other
people's systems; every screen of the demo says that here they are not.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Mapping
from multiprocessing.connection import Connection

import msgspec

from fondaco.core import Instant, bic8, utc_text
from fondaco.messages import (
    BankTransfers,
    CustomerTransfers,
    LiquidityTransfer,
    NetSettlement,
    Receipt,
    Returns,
    Status,
    camt_025,
    pacs_002,
    read,
    wrap,
)
from fondaco.rulebook import Rules

Post = tuple[str, bytes]
# In ten thousand: how many offers a bank refuses, and how many it never answers.
REFUSED, SILENT = 50, 10
_REASONS = ("AC04", "AC06", "BE23", "AG01")


class Agent:
    """A settlement agent of one currency: each member's own account, and its sub-account for the union."""

    def __init__(
        self, bic: str, currency: str, own_minor: int, failing: frozenset[tuple[str, str]], lines: Mapping[str, int]
    ) -> None:
        self._lines = lines
        self.bic = bic
        self.currency = currency
        self._own_minor = own_minor
        self._failing = failing
        self.own: dict[str, int] = {}
        self.sub: dict[str, int] = {}
        self._seen: dict[str, bytes] = {}

    def answer(self, hub: str, raw: bytes, at: Instant) -> bytes | None:
        """The answer to one message of the hub; the same message again gets the same answer and moves nothing."""
        message = read(raw, bulk=True)
        known = self._seen.get(message.message_id)
        if known is not None:
            return known
        body = message.body
        name = f"{self.bic[:8]}-{len(self._seen) + 1:07d}"
        text = utc_text(at)
        if isinstance(body, LiquidityTransfer):
            content = camt_025(name, text, self._move(message.message_id, hub, body))
            answer = wrap("camt.025.001.08", self.bic, hub, name, text, content)
        elif isinstance(body, NetSettlement):
            refused = [
                Status(movement.movement_id, "", "", "", "RJCT", "AM04")
                for movement in body.movements
                if movement.minor < 0
                and (
                    self.sub.get(bic8(movement.participant), 0) + self._lines.get(bic8(movement.participant), 0) + movement.minor
                    < 0
                    or (body.cycle.partition("A")[0], bic8(movement.participant)) in self._failing
                )
            ]
            content = pacs_002(name, text, message.message_id, message.kind, refused, "RJCT" if refused else "ACSP")
            answer = wrap("pacs.002.001.10", self.bic, hub, name, text, content)
        elif isinstance(body, BankTransfers):
            for transfer in body.transfers:
                for bic, sign in ((transfer.debtor_agent, -1), (transfer.creditor_agent, 1)):
                    if bic8(bic) != bic8(hub):
                        self.sub[bic8(bic)] = self.sub.get(bic8(bic), 0) + sign * transfer.amount_minor
            content = pacs_002(name, text, message.message_id, message.kind, [], "ACSC")
            answer = wrap("pacs.002.001.10", self.bic, hub, name, text, content)
        else:
            return None
        self._seen[message.message_id] = answer
        return answer

    def _move(self, original: str, hub: str, asked: LiquidityTransfer) -> Receipt:
        deposit = bic8(asked.creditor) == bic8(hub)
        member = bic8(asked.debtor if deposit else asked.creditor)
        own, sub = self.own.setdefault(member, self._own_minor), self.sub.get(member, 0)
        change = asked.minor if deposit else -asked.minor
        if own - change < 0 or sub + change < 0 or asked.currency != self.currency:
            return Receipt(original, "RJCT", "AM04")
        self.own[member], self.sub[member] = own - change, sub + change
        return Receipt(original, "ACSC", "")


class World:
    """All banks and agents of a union in this process."""

    def __init__(self, rules: Rules, failing: Iterable[tuple[str, str]] = ()) -> None:
        """`failing` are (cycle such as `C3`, BIC) of members whose payment an agent will not earmark."""
        self._hub = rules.hub_bic
        self._agents = {
            bic8(currency.agent_bic): Agent(
                currency.agent_bic,
                code,
                10**16,
                frozenset(failing),
                {bic8(one.debtor): one.limit_minor for one in rules.scheme.credit_lines if one.currency == code},
            )
            for code, currency in rules.currencies.items()
        }
        self._bics = {bic8(one.bic): one.bic for one in rules.members()}
        self._answers = 0

    def exchange(self, mail: Iterable[tuple[str, str, bytes]], at: Instant) -> list[Post]:
        """Hand over mail as (recipient, kind, raw); returns what banks and agents send back, in order."""
        back: list[Post] = []
        for recipient, kind, raw in mail:
            agent = self._agents.get(recipient)
            if agent is not None:
                answer = agent.answer(self._hub, raw, at)
                if answer is not None:
                    back.append((agent.bic, answer))
            elif kind.startswith(("pacs.008", "pacs.004")):
                answer = self._bank(recipient, raw, at)
                if answer is not None:
                    back.append((self._bics[recipient], answer))
        return back

    def _bank(self, recipient: str, raw: bytes, at: Instant) -> bytes | None:
        message = read(raw, bulk=True)
        assert isinstance(message.body, CustomerTransfers | Returns)
        statuses = []
        text = utc_text(at)
        for transfer in message.body.transfers:
            lot = int(transfer.uetr[:8], 16) % 10_000
            if lot < SILENT:
                continue
            ids = (transfer.instruction_id, transfer.end_to_end_id, transfer.transaction_id, transfer.uetr)
            if lot < SILENT + REFUSED:
                statuses.append(Status(*ids, "RJCT", _REASONS[lot % len(_REASONS)]))
            else:
                statuses.append(Status(*ids, "ACSP", "", "", text))
        if not statuses:
            return None
        self._answers += 1
        name = f"{recipient}-A{self._answers:09d}"
        kind = "pacs.002.001.15" if message.kind.endswith((".13", ".14")) else "pacs.002.001.10"
        content = pacs_002(name, text, message.message_id, message.kind, statuses)
        return wrap(kind, self._bics[recipient], self._hub, name, text, content)

    def balances(self) -> Mapping[str, Mapping[str, int]]:
        """What the agents hold for the union: currency, member's BIC, whole minor units."""
        return {agent.currency: dict(sorted(agent.sub.items())) for agent in self._agents.values()}


class WorldGone(Exception):
    """The process of the simulated banks and agents ended; start the demo again."""


class WorldProcess:
    """The same world in a process of its own, started before the hub holds anything."""

    def __init__(self, rules: Rules, failing: Iterable[tuple[str, str]] = ()) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, rules, list(failing)), daemon=True, name="world")
        self._process.start()
        theirs.close()

    def exchange(self, mail: Iterable[tuple[str, str, bytes]], at: Instant) -> list[Post]:
        self.send(mail, at)
        return self.receive()

    def send(self, mail: Iterable[tuple[str, str, bytes]], at: Instant) -> None:
        try:
            self._pipe.send_bytes(_encode(("mail", int(at), list(mail))))
        except (BrokenPipeError, OSError) as fault:
            raise WorldGone("the simulated world has ended") from fault

    def receive(self) -> list[Post]:
        try:
            return msgspec.msgpack.decode(self._pipe.recv_bytes(), type=list[tuple[str, bytes]])
        except (EOFError, OSError) as fault:
            raise WorldGone("the simulated world has ended") from fault

    def balances(self) -> Mapping[str, Mapping[str, int]]:
        self._pipe.send_bytes(_encode(("balances", 0, [])))
        return msgspec.msgpack.decode(self._pipe.recv_bytes(), type=dict[str, dict[str, int]])

    def close(self) -> None:
        try:
            self._pipe.send_bytes(_encode(("end", 0, [])))
        except (BrokenPipeError, OSError):
            self._process.kill()
        self._process.join(timeout=10)
        self._pipe.close()


_encode = msgspec.msgpack.Encoder().encode


def _serve(pipe: Connection, rules: Rules, failing: list[tuple[str, str]]) -> None:
    world = World(rules, failing)
    decoder = msgspec.msgpack.Decoder(tuple[str, int, list[tuple[str, str, bytes]]])
    while True:  # ends with "end", or with the hub's end of the pipe
        try:
            word, at, mail = decoder.decode(pipe.recv_bytes())
        except EOFError:
            return
        if word == "end":
            return
        pipe.send_bytes(_encode(world.balances() if word == "balances" else world.exchange(mail, Instant(at))))

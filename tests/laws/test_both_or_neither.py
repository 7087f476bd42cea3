"""Payments in two currencies are final in both or in neither, whatever happens: every interleaving of small worlds is tried.

In each world a few things may happen in any order and any number of times: a bank says yes, no or nothing; a settlement agent earmarks,
refuses, names whom it refuses, says that it will answer later, answers twice or to what it was asked before; money comes and goes; lists
change; time passes each deadline, to the nanosecond; and the process dies at any call of the books. States that differ by names alone
(numbers of batches, messages and transfers, parts of a second) are one. `FONDACO_WORLDS=2` also tries every two of these in one batch.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from fondaco.core import Instant, minor_of, utc_text
from fondaco.fx import Quote, fitting
from fondaco.hub import Arrive, CloseCycle, Command, PostQuotes, Revoke, SwapLists, Tick
from fondaco.journal import Mail
from fondaco.ledger import HUB as HUB_NUMBER
from fondaco.ledger import Engine, Role, TransferCode, TransferFlag, place_of, zero_sum_faults
from fondaco.messages import (
    BankTransfers,
    LiquidityTransfer,
    NetSettlement,
    Receipt,
    Status,
    camt_025,
    camt_050,
    pacs_002,
    read,
    wrap,
)
from fondaco.payments import DECODER, State, obligations
from fondaco.reporting import contradictions
from fondaco.settlement import CycleState, FundingState
from small_worlds import FX, Ground, Image, Opened
from union import HUB, SG1, TH1, Desk, S, newly_listed

MORE = int(os.environ.get("FONDACO_WORLDS", "1"))
OUT, BACK = (f"00000000-0000-4000-8000-{n:012d}" for n in (1, 2))
# How many of the requests of one kind to one agent are remembered, and may still be answered: the newest, and the one before.
REQUESTS = 2
_PENDING, _POST, _VOID = int(TransferFlag.PENDING), int(TransferFlag.POST_PENDING), int(TransferFlag.VOID_PENDING)
_LEGS = {int(TransferCode.SOURCE_LEG), int(TransferCode.TARGET_LEG)}
Money = Mapping[tuple[str, int], int]


class Asked(NamedTuple):
    """What an agent was asked, and may answer at any time after. `payers` are the identifications of movements that pay."""

    agent: str
    kind: str
    message_id: str
    payers: tuple[str, ...]


class Deed(NamedTuple):
    """Something that happens. `made` gives its command for a batch decided at an instant; None is time alone."""

    name: str
    made: Callable[[int], Command] | None
    # Whether it is also tried at the very instant of the next deadline.
    timed: bool = True
    # The request by whose identification an agent says that it has earmarked.
    earmarks: str = ""


class Place(NamedTuple):
    """A state of a world, and how it was come to."""

    image: Image
    asked: tuple[Asked, ...]
    # The first instant after this one at which a time-out, a cut-off or an expiry is due; 0 for none.
    deadline: int
    # By payment, what it was when it ended; by currency and participant, what agents were told to post.
    ended: Mapping[int, State]
    posted: Money
    # The requests that agents said yes to.
    earmarked: frozenset[str]
    way: tuple[str, ...]
    digest: bytes


class World:
    """One union, one scene, and everything that can happen in it."""

    def __init__(self, ground: Ground, banks: Mapping[str, str], *more: Deed, whole: bool = True) -> None:
        """`banks`: the bank that answers for a payment, by UETR. `more` may happen besides. Where it is not `whole`, only the newest requests
        are answered and only time comes to a deadline, unless more is asked for."""
        self.ground, self._banks, self._more, self._whole = ground, banks, more, whole or MORE > 1
        self.batches = self.crashes = 0
        self.ends: set[tuple[str, ...]] = set()
        opened = ground.open(ground.image)
        mail = opened.play([Tick()], ground.image.now + 1)
        self._before = prefunded(opened.books, opened.hub.desk.ledgers)
        asked = _asked((), [*ground.mail, *mail], REQUESTS)
        self.first = Place(opened.image(), asked, _deadline(opened), {}, {}, frozenset(), (), _digest(opened, asked, {}))
        fundings = opened.hub.desk.fundings.items()
        self._funded_first = {key for key, one in fundings if one.state is not FundingState.ASKED}

    # What can happen

    def deeds(self, place: Place) -> list[Deed]:
        found = [Deed("time", None), *self._more]
        for uetr, bank in self._banks.items():
            found += [Deed(f"{bank} {s} {uetr[-1]}", _bank_says(bank, uetr, s), s != "PDNG") for s in ("ACSP", "RJCT", "PDNG")]
        for asked in place.asked:
            found += _agent_may_say(asked)
        return found

    def batch_kinds(self, place: Place) -> Iterator[tuple[tuple[Deed, ...], int]]:
        """Every batch that is tried from a place, with its instant: at once, and at the next deadline."""
        deeds = self.deeds(place)
        for now in (place.image.now + 1, place.deadline):
            tried = [deed for deed in deeds if now != place.deadline or deed.made is None or (deed.timed and self._whole)]
            if now:
                yield from (((deed,), now) for deed in tried)
            if now and MORE > 1:
                yield from (((one, two), now) for one in tried[1:] for two in tried[1:])

    # One step

    def step(self, place: Place, hub: Opened, deeds: tuple[Deed, ...], now: int) -> Place:
        """The place after a batch of the hub that was opened there; the same place where nothing came of it."""
        commands = [deed.made(now) for deed in deeds if deed.made is not None] or [Tick()]
        mail = hub.play(commands, now)
        self.batches += 1
        asked = _asked(place.asked, mail, REQUESTS if self._whole else 1)
        digest = _digest(hub, asked, place.posted)
        if digest == place.digest:
            return place
        way = (*place.way, " and ".join(deed.name for deed in deeds) + f" at {(now - self.ground.image.now) / S:.9f}")
        self._die(hub, way)
        ended, posted = self._hold(place, hub, mail, way)
        earmarked = place.earmarked | {deed.earmarks for deed in deeds}
        for cycle in hub.hub.desk.cycles.values():
            if cycle.state is CycleState.SETTLED:
                wanted = {f"H{int(asked.partition(':')[0]):012d}" for asked in cycle.asked}
                assert wanted <= earmarked, (way, f"cycle {cycle.number} is final, and an agent has not earmarked")
        return Place(hub.image(), asked, _deadline(hub), ended, posted, earmarked, way, _digest(hub, asked, posted))

    def _die(self, hub: Opened, way: tuple[str, ...]) -> None:
        """A process that dies within the batch, wherever it is, comes to the same when it is opened again."""
        content = hub.content()
        for calls, image in enumerate(hub.deaths()):
            again = self.ground.open(image)
            assert again.content() == content, (way, f"otherwise after a crash at call {calls} of the books")
            again.journal.close()
            self.crashes += 1

    def explore(self, most: int) -> int:
        """Every state that can be reached, none twice; returns how many. Fails where there are more than `most`, or where something that
        must hold does not."""
        seen = {self.first.digest}
        waiting = deque([self.first])
        while waiting:
            place = waiting.popleft()
            hub = None
            for deeds, instant in self.batch_kinds(place):
                hub = hub or self.ground.open(place.image)
                reached = self.step(place, hub, deeds, max(instant, hub.now + 1))
                if reached is place:
                    continue  # nothing came of it: the hub is where it was
                hub.journal.close()
                hub = None
                if reached.digest not in seen:
                    seen.add(reached.digest)
                    waiting.append(reached)
                    assert len(seen) <= most, "the world is larger than it was meant to be"
        return len(seen)

    # What must hold

    def _hold(self, place: Place, opened: Opened, mail: list[Mail], way: tuple[str, ...]) -> tuple[dict[int, State], Money]:
        desk, books = opened.hub.desk, opened.books
        rules = desk.in_force()
        payments = [DECODER.decode(raw) for _, raw in opened.journal.payments()]
        for number, state in place.ended.items():
            assert payments[number - 1].state is state, (way, "what was final is undone")
        assert zero_sum_faults(books.sums()) == [], way
        assert contradictions(books, payments, rules, desk.ledgers) == [], way
        twins(books, way)
        owed: dict[tuple[str, int], int] = {}
        for one in payments:
            if one.state is State.SETTLED:
                for currency, payer, payee, minor in obligations(one, rules):
                    _add(owed, currency, payer, -minor)
                    _add(owed, currency, payee, minor)
        expected = dict(self._before)
        for (currency, number), minor in owed.items():
            _add(expected, currency, number, minor)
        for key, funding in desk.fundings.items():
            if funding.state is FundingState.CONFIRMED and key not in self._funded_first:
                number = rules.participants[funding.member].number
                _add(expected, funding.currency, number, -funding.minor if funding.withdrawal else funding.minor)
        assert prefunded(books, desk.ledgers) == expected, (way, "the money that moved is not both legs of what is final")
        posted = dict(place.posted)
        for one in mail:
            if one.kind.startswith("pacs.009"):
                body = read(one.raw, bulk=True).body
                assert isinstance(body, BankTransfers)
                for transfer in body.transfers:
                    for bic, sign in ((transfer.debtor_agent, -1), (transfer.creditor_agent, 1)):
                        number = HUB_NUMBER if bic[:8] == HUB else rules.participants[bic[:8]].number
                        _add(posted, transfer.currency, number, sign * transfer.amount_minor)
        if all(one.state in (CycleState.OPEN, CycleState.SETTLED) for one in desk.cycles.values()):
            at_agents = dict(posted)
            for (currency, number), minor in desk.gross.items():
                _add(at_agents, currency, number, minor)  # told with the next cycle
            assert _moves(at_agents) == _moves(owed), (way, "what agents are told to post is not both legs of what is final")
            if all(one.final for one in payments):
                at_rest(opened, way)
                self.ends.add(tuple(one.state.name for one in payments))
        return {one.number: one.state for one in payments if one.final}, posted


def _add(money: dict[tuple[str, int], int], currency: str, number: int, minor: int) -> None:
    money[currency, number] = money.get((currency, number), 0) + minor


def _moves(money: Money) -> dict[tuple[str, int], int]:
    return {key: minor for key, minor in money.items() if minor}


def prefunded(books: Engine, ledgers: Mapping[str, int]) -> dict[tuple[str, int], int]:
    """What stands on each prefunded account, what is reserved not counted."""
    currency_of = {ledger: code for code, ledger in ledgers.items()}
    found = {}
    for account, balance in books.accounts():
        place = place_of(account.id)
        if place.role is Role.PREFUNDED:
            found[currency_of[place.ledger], place.participant] = balance.net
    return found


def twins(books: Engine, way: tuple[str, ...]) -> None:
    """Both legs of every attempt to pay were reserved together, and ended together."""
    legs: dict[int, dict[int, int]] = {}
    fate: dict[int, str] = {}
    for _, event, _ in books.history():
        if event.flags & (_POST | _VOID):
            fate[event.pending_id] = "posted" if event.flags & _POST else "void"
        elif event.code in _LEGS:
            assert event.flags & _PENDING, (way, "a leg is booked that was not reserved")
            legs.setdefault(event.id >> 64, {})[event.code] = event.id
    for intent, both in legs.items():
        assert both.keys() == _LEGS, (way, f"a leg of intent {intent} has no twin")
        assert len({fate.get(leg, "open") for leg in both.values()}) == 1, (way, f"the legs of intent {intent} came apart")


def at_rest(opened: Opened, way: tuple[str, ...]) -> None:
    """Nothing is reserved but what is asked of an agent, and no cycle's accounts hold anything."""
    asked = {(one.currency, one.minor) for one in opened.hub.desk.fundings.values() if one.state is FundingState.ASKED}
    ledgers = {opened.hub.desk.ledgers[currency] for currency, _ in asked}
    open_cycle = opened.hub.desk.counters.open_cycle
    for account, balance in opened.books.accounts():
        place = place_of(account.id)
        if place.ledger not in ledgers:
            assert balance.debits_pending == balance.credits_pending == 0, (way, place, "still reserved after the end")
        if place.cycle and place.cycle != open_cycle:
            assert balance.net == 0, (way, place, "not zero after the end")


def _deadline(opened: Opened) -> int:
    """The next instant at which something is due by itself; 0 where nothing is left that time could do something to."""
    desk, door = opened.hub.desk, opened.hub.desk.door
    assert door is not None
    if not desk.live and all(one.state is CycleState.SETTLED for one in desk.cycles.values() if one.members or one.offset):
        return 0
    due = [one.deadline for one in desk.live.values() if one.state is State.OFFERED]
    due += [one.cut_off for one in desk.cycles.values() if one.state is CycleState.OPEN]
    due += [instant for quote in desk.quotes.state() for instant in (quote.valid_from, quote.valid_until)]
    due += [one.locked.expires for one in desk.live.values() if one.locked is not None]
    due += [one.cut_off for one in door.currencies.values()]
    return min((one for one in due if one > opened.now), default=0)


def _digest(opened: Opened, asked: tuple[Asked, ...], posted: Money) -> bytes:
    """What all that may follow depends on, without names."""
    desk, due = opened.hub.desk, _deadline(opened)
    payments = [DECODER.decode(raw) for _, raw in opened.journal.payments()]
    lives = [
        (one.number, one.state, one.cycle, one.intent > 0, one.legs, one.target_minor, one.told, one.list_set, one.refusal and one.refusal.reason,
         one.locked and (one.locked.quote_id, one.locked.target_minor, one.locked.expires), one.state is State.OFFERED and one.deadline // S,
         one.case and desk.cases[one.case].state)
        for one in payments
    ]  # fmt: skip
    cycles = [
        (number, one.state, one.members, one.left_out, one.unwound, one.failing, one.nets, one.gross, one.attempt, one.caps,
         [asked.partition(":")[2] for asked in one.asked], [asked.partition(":")[2] for asked in one.earmarked],
         [asked.partition(":")[2] for asked in one.executed])
        for number, one in sorted(desk.cycles.items())
    ]  # fmt: skip
    fundings = [(one.currency, one.minor, one.state) for _, one in sorted(desk.fundings.items())]
    requests = [(one.agent, one.kind, _standing(opened, one)) for one in asked]
    whole = (
        [(account.id, tuple(balance)) for account, balance in opened.books.accounts()], lives, cycles, fundings, requests,
        desk.queues.waiting(), sorted(desk.gross.items()), sorted(desk.carried), desk.counters.freed, desk.counters.open_cycle,
        desk.counters.list_set, desk.quotes.state(), due // S, opened.now // S if due else 0, sorted(posted.items()),
    )  # fmt: skip
    return hashlib.sha256(repr(whole).encode()).digest()


def _standing(opened: Opened, asked: Asked) -> str:
    """What a request is to the hub now."""
    desk = opened.hub.desk
    if asked.kind == "camt.050":
        return desk.fundings[asked.message_id].state.name
    seq = str(int(asked.message_id[1:]))
    for cycle in desk.cycles.values():
        for name in ("earmarked", "asked", "executed"):
            if any(one.partition(":")[0] == seq for one in getattr(cycle, name)):
                return f"{name} {cycle.number}"
    return "of before"


def _asked(before: tuple[Asked, ...], mail: list[Mail], most: int) -> tuple[Asked, ...]:
    """What agents were asked, with what this mail asks: of each kind the newest `most`."""
    found = list(before)
    for one in mail:
        message = read(one.raw, bulk=True) if one.kind[:8] in ("pacs.029", "pacs.009", "camt.050") else None
        if message is not None:
            body = message.body
            payers = (
                tuple(move.movement_id for move in body.movements if move.minor < 0) if isinstance(body, NetSettlement) else ()
            )
            found.append(Asked(one.recipient, one.kind[:8], message.message_id, payers))
    kept = []
    for place, asked in enumerate(found):
        newer = sum((one.agent, one.kind) == (asked.agent, asked.kind) for one in found[place + 1 :])
        if newer < most:
            kept.append(asked)
    return tuple(kept)


def _message(sender: str, kind: str, now: int, content: Callable[[str, str], str]) -> Command:
    name, text = f"{sender}-{now}"[-35:], utc_text(Instant(now))
    return Arrive(sender, wrap(kind, sender, HUB, name, text, content(name, text)))


def _bank_says(bank: str, uetr: str, status: str) -> Callable[[int], Command]:
    said = [Status("", "", "", uetr, status, "AC04" if status == "RJCT" else "")]
    return lambda now: _message(
        bank, "pacs.002.001.10", now, lambda name, text: pacs_002(name, text, "H1", "pacs.008.001.08", said)
    )


def _agent_may_say(asked: Asked) -> Iterator[Deed]:
    what = f"{asked.agent} on {asked.kind} {asked.message_id}"
    if asked.kind == "camt.050":
        for status in ("ACSC", "RJCT", "PDNG"):
            yield Deed(
                f"{what} {status}",
                _receipt(asked, Receipt(asked.message_id, status, "AM04" if status == "RJCT" else "")),
                status != "PDNG",
            )
        return
    yield Deed(f"{what} RJCT", _report(asked, "RJCT", []))
    if asked.kind == "pacs.009":
        yield Deed(f"{what} ACSC", _report(asked, "ACSC", []))
        return
    yield Deed(f"{what} ACSP", _report(asked, "ACSP", []), earmarks=asked.message_id)
    yield Deed(f"{what} PDNG", _report(asked, "PDNG", []), timed=False)
    for payer in asked.payers:
        yield Deed(f"{what} PART {payer}", _report(asked, "PART", [Status(payer, "", "", "", "RJCT", "AM04")]))


def _receipt(asked: Asked, receipt: Receipt) -> Callable[[int], Command]:
    return lambda now: _message(asked.agent, "camt.025.001.08", now, lambda name, text: camt_025(name, text, receipt))


def _report(asked: Asked, status: str, rows: list[Status]) -> Callable[[int], Command]:
    return lambda now: _message(
        asked.agent, "pacs.002.001.10", now, lambda name, text: pacs_002(name, text, asked.message_id, asked.kind, rows, status)
    )


# The worlds


def quotes(desk: Desk, *valid_s: tuple[int, int]) -> None:
    """One rate for each span of time: two baht a dollar, and then ten in the hundred less at each."""
    found = []
    for n, (begin, end) in enumerate(valid_s):
        rate = Decimal("2") - n * Decimal("0.2")
        for source, target, price in (("SGD", "THB", rate), ("THB", "SGD", fitting(1 / rate))):
            name = f"0000000{n}-0000-4000-8000-0000000{'1' if source == 'SGD' else '2'}0000"
            found.append(Quote(name, FX, source, target, price, (), int(desk.now) + begin * S, int(desk.now) + end * S, 10**12))
    assert desk.do(PostQuotes(FX, tuple(found))) is None


def pays(desk: Desk, uetr: str, amount: str, *, urgent: bool, creditor: str = "Somchai Foods") -> None:
    payer, payee, currency = (SG1, TH1, "SGD") if uetr == OUT else (TH1, SG1, "THB")
    desk.pay(payer, payee, amount, currency, uetr=uetr, urgent=urgent, creditor=creditor)


def moves(desk: Desk, bic: str, amount: str, currency: str, *, out: bool) -> None:
    """Money that is asked for, and that no agent has answered for yet."""
    name, text = f"F{desk.now}"[-35:], utc_text(desk.now)
    creditor, debtor = (bic, HUB) if out else (HUB, bic)
    asked = LiquidityTransfer(name, name, creditor, debtor, currency, minor_of(amount, 2))
    desk.send(wrap("camt.050.001.07", bic, HUB, name, text, camt_050(name, text, asked)), bic)


def tried(world: World, least: int, most: int) -> set[tuple[str, ...]]:
    """Explore, say how much that was, and return the ends that were come to: the states of all payments."""
    states = world.explore(most)
    print(f"{states} states, {world.batches} batches, {world.crashes} crashes; ends: {sorted(world.ends)}")
    assert states >= least, "the world has become smaller: what happened in it?"
    return world.ends


def test_urgent_and_prefunded(tmp_path: Path) -> None:
    """The rate ends before the bank's time does."""

    def scene(desk: Desk) -> None:
        quotes(desk, (0, 10))
        pays(desk, OUT, "20.00", urgent=True)

    ends = tried(World(Ground(tmp_path / "hub", scene, prefund="1000"), {OUT: TH1}), 5, 1_000)
    assert ends == {("SETTLED",), ("REJECTED",)}


def test_urgent_while_payer_and_provider_wait_for_money(tmp_path: Path) -> None:
    """The payer's money comes, or does not; the provider's goes, or does not; the first rate ends meanwhile, then the second."""

    def scene(desk: Desk) -> None:
        quotes(desk, (0, 30), (30, 60))
        desk.fund(FX, "1500", "THB")
        desk.inbox.clear()
        moves(desk, FX, "500.00", "THB", out=True)
        moves(desk, SG1, "200.00", "SGD", out=False)
        pays(desk, OUT, "1100.00", urgent=True)

    revoked = Deed("revoked", lambda now: Revoke(SG1, OUT))
    ends = tried(World(Ground(tmp_path / "hub", scene, prefund="1000"), {OUT: TH1}, revoked), 100, 4_000)
    assert ends == {("SETTLED",), ("REJECTED",), ("CANCELLED",)}


def test_two_that_free_each_other(tmp_path: Path) -> None:
    """Neither bank has the money, and both legs of both payments settle from their nets; one of them is refused, or neither."""

    def scene(desk: Desk) -> None:
        quotes(desk, (0, 100))
        pays(desk, OUT, "1500.00", urgent=True)
        pays(desk, BACK, "3000.00", urgent=True)

    ends = tried(World(Ground(tmp_path / "hub", scene, prefund="1000"), {OUT: TH1, BACK: SG1}), 30, 4_000)
    assert ("SETTLED", "SETTLED") in ends and ("REJECTED", "REJECTED") in ends


def test_a_net_cycle_in_two_currencies(tmp_path: Path) -> None:
    """Agents earmark, refuse, refuse in part, answer late and twice. The provider has enough for either payment's other leg."""

    def scene(desk: Desk) -> None:
        quotes(desk, (0, 100))
        pays(desk, OUT, "1200.00", urgent=False)
        pays(desk, BACK, "1000.00", urgent=False)

    close = Deed("cut-off", lambda now: CloseCycle(last=True))
    ends = tried(World(Ground(tmp_path / "hub", scene, prefund="5000"), {OUT: TH1, BACK: SG1}, close), 100, 8_000)
    assert {("SETTLED", "SETTLED"), ("SETTLED", "REJECTED"), ("REJECTED", "SETTLED"), ("REJECTED", "REJECTED")} == ends


def test_a_net_cycle_out_of_which_screening_takes_a_payment(tmp_path: Path) -> None:
    """Lists change that name a party, at any moment before the decision or after it; nobody decides the case."""
    versions: list[str] = []

    def scene(desk: Desk) -> None:
        quotes(desk, (0, 100))
        versions.append(newly_listed(desk, "Somchai Foods"))
        pays(desk, OUT, "1200.00", urgent=False)
        pays(desk, BACK, "1000.00", urgent=False, creditor="Tan Wei Trading")
        for uetr in (OUT, BACK):
            desk.answer(desk.hub.by_uetr(uetr))  # type: ignore[arg-type]

    ground = Ground(tmp_path / "hub", scene, prefund="5000")
    listed = Deed("listed", lambda now: SwapLists(versions[0]))
    close = Deed("cut-off", lambda now: CloseCycle(last=True))
    ends = tried(World(ground, {}, listed, close, whole=False), 100, 8_000)
    assert {("SETTLED", "SETTLED"), ("REJECTED", "SETTLED")} <= ends

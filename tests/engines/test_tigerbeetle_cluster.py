"""The TigerBeetle engine on a real cluster: the same answers as our own law, the hub's saga, time, expiry, both ways through the client.

Runs where `FONDACO_TIGERBEETLE` names the server's program, or the addresses of an empty cluster that somebody else runs; says that it
was skipped otherwise.
"""

from __future__ import annotations

import io
import random
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from books import BAL_C, BAL_D, CLOSE_D, LINKED, NO_OVERDRAFT, NO_SURPLUS, PENDING, POST, VOID
from fondaco.core import Instant
from fondaco.hub import Arrive, NotReady, close_hub, naming_of, open_hub
from fondaco.ledger import (
    Account,
    MemoryEngine,
    PlainText,
    Status,
    TigerbeetleEngine,
    Transfer,
    export_books,
    prove,
    transfer_records,
)
from fondaco.simulation import lay_out
from tigerbeetle_cluster import ABSENT, NO_PROGRAM, Cluster, addresses, obstacle, program
from union import SG1, TH1, Desk, pacs_008

pytestmark = pytest.mark.server

EVENTS = 40_000
S = Status


def started() -> Iterator[list[str]]:
    """On a disk, wherever other tests have their folders: the server passes by the system's memory of files."""
    server = program()
    if server is None:
        pytest.skip(NO_PROGRAM)
    with TemporaryDirectory(prefix="fondaco-cluster-") as home:
        folder = Path(home)
        hindered = obstacle(folder, 1)
        if hindered is not None:
            pytest.skip(hindered)
        with Cluster(server, folder, 1) as cluster:
            yield cluster.addresses


@pytest.fixture(scope="module")
def cluster() -> Iterator[list[str]]:
    """A cluster that the tests of this file share: each takes accounts and ids of its own."""
    if addresses():
        yield addresses()
    elif program() is None:
        pytest.skip(ABSENT)
    else:
        yield from started()


@pytest.fixture
def own_cluster() -> Iterator[list[str]]:
    """A cluster for one hub: a new hub takes no books that hold accounts."""
    yield from started()


@pytest.fixture
def engine(cluster: list[str]) -> Iterator[TigerbeetleEngine]:
    made = TigerbeetleEngine(cluster, deadline_s=60)
    yield made
    assert prove(made).faults == ()
    made.close()


# Numbers that no other test of a run has used: accounts and transfers stay on the cluster.
_spaces = iter(range(time.time_ns() << 24, 1 << 126, 1 << 24))


def space(engine: TigerbeetleEngine | MemoryEngine, *flags: int) -> int:
    """Open accounts numbered from one above the number given back, all on ledger 7."""
    base = next(_spaces)
    opened = engine.create_accounts([Account(base + n, 7, 1, flag) for n, flag in enumerate(flags, start=1)], 1)
    assert opened == [0] * len(flags)
    return base


def event(source: random.Random, base: int, number: int, sent: list[Transfer]) -> Transfer:
    """One event of a hard day: any kind, often wrong, sometimes one of those before, sometimes changed."""
    if sent and source.random() < 0.15:
        again = source.choice(sent)
        return again._replace(amount=again.amount ^ 1) if source.random() < 0.3 else again
    flags = source.choices(
        [0, PENDING, POST, VOID, BAL_D, BAL_C, PENDING | CLOSE_D, BAL_D | PENDING, POST | VOID, 512],
        [30, 20, 15, 10, 5, 5, 1, 4, 1, 1],
    )[0]
    pendings = [one for one in sent if one.flags & PENDING]
    pending = source.choice(pendings).id if flags & (POST | VOID) and pendings and source.random() < 0.95 else 0
    debit, credit = (base + source.randint(0, 9) for _ in range(2))
    amount = source.choice([0, 1, 5, source.randint(1, 1000), 2**128 - 1 if flags & (POST | BAL_D | BAL_C) else 7])
    resolves = bool(pending)
    return Transfer(
        base + 16 + number, 0 if resolves else debit, 0 if resolves else credit, amount,
        0 if resolves else 7, 0 if resolves else source.choice([0, 1, 1, 1, 1, 1]), flags | (LINKED if source.random() < 0.1 else 0),
        pending, 0, source.choice([0, 0, 5]), source.choice([0, 9]), source.choice([0, 3]),
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_events_are_answered_as_our_reference_answers_them(cluster: list[str], seed: int) -> None:
    """User data are the booker's here, so that they are compared as well; timestamps are each engine's own."""
    source = random.Random(seed)
    theirs, ours = TigerbeetleEngine(cluster, deadline_s=60, instants=False), MemoryEngine("reference")
    flags = [0, 0, NO_OVERDRAFT, NO_OVERDRAFT, NO_SURPLUS, 0, NO_OVERDRAFT, NO_SURPLUS]
    base = space(theirs, *flags)
    ours.create_accounts([Account(base + n, 7, 1, flag) for n, flag in enumerate(flags, start=1)], 1)
    sent: list[Transfer] = []
    told: set[int] = set()
    for batch in range(EVENTS // 100):
        events: list[Transfer] = []
        for _ in range(source.randint(20, 180)):
            events.append(event(source, base, len(sent) + len(events), [*sent[-200:], *events]))
        sent += events
        answers = [engine.create_transfers(events, (batch + 1) * 10**6) for engine in (theirs, ours)]
        differing = [(one, S(a), S(b)) for one, a, b in zip(events, *answers, strict=True) if a != b]
        assert differing == []
        told.update(answers[0])
    assert len(told) >= 20, sorted(S(one).name for one in told)
    counted = {account.id: (account.flags, balance) for account, balance in theirs.accounts()}
    for account, balance in ours.accounts():
        assert counted[account.id] == (account.flags, balance)
    theirs.close()


def test_asked_again_it_exists_at_the_same_instant_and_at_another(engine: TigerbeetleEngine) -> None:
    base = space(engine, 0, 0)
    one = Transfer(base, base + 1, base + 2, 10, 7, 1)
    chain = [Transfer(base + 3, base + 1, base + 2, 1, 7, 1, LINKED), Transfer(base + 4, base + 1, base + 2, 1, 7, 1)]
    held = Transfer(base + 5, base + 1, base + 2, 4, 7, 1, PENDING)
    posted = Transfer(base + 6, 0, 0, 2**128 - 1, 0, 0, POST, held.id)
    assert engine.create_transfers([one, *chain, held, posted], 10**9) == [0] * 5
    for at in (10**9, 2 * 10**9, 1):
        assert engine.create_transfers([one], at) == [S.EXISTS]
        assert engine.create_transfers(chain, at) == [S.EXISTS, S.LINKED_EVENT_FAILED]
        assert engine.create_transfers([held, posted], at) == [S.EXISTS, S.EXISTS]
        assert engine.create_transfers([one._replace(code=2)], at) == [S.EXISTS_WITH_DIFFERENT_CODE]
        assert engine.create_transfers([one._replace(amount=11)], at) == [S.EXISTS_WITH_DIFFERENT_AMOUNT]
    assert engine.balance(base + 2) == (0, 0, 0, 16)


def test_an_amount_beyond_63_bits_moves_nothing_and_burns_no_id(engine: TigerbeetleEngine) -> None:
    base = space(engine, 0, 0)
    large = Transfer(base, base + 1, base + 2, 2**63, 7, 1)
    assert engine.create_transfers([large], 1) == [S.OVERFLOWS_DEBITS_POSTED]
    assert engine.create_transfers([large._replace(flags=PENDING)], 1) == [S.OVERFLOWS_DEBITS_PENDING]
    chain = [Transfer(base + 3, base + 1, base + 2, 1, 7, 1, LINKED), large]
    assert engine.create_transfers(chain, 1) == [S.LINKED_EVENT_FAILED, S.OVERFLOWS_DEBITS_POSTED]
    assert engine.create_transfers([large._replace(amount=2**63 - 1)], 1) == [0]
    assert engine.balance(base + 1) == (0, 2**63 - 1, 0, 0)


def test_messages_in_one_request_are_answered_each_by_itself(engine: TigerbeetleEngine) -> None:
    base = space(engine, 0, 0, NO_OVERDRAFT)
    good = Transfer(base, base + 1, base + 2, 1, 7, 1)
    left_open = Transfer(base + 4, base + 1, base + 2, 1, 7, 1, LINKED)
    excess = Transfer(base + 5, base + 3, base + 2, 1, 7, 1)
    messages = [transfer_records(one) for one in ([good, excess], [left_open], [good], [])]
    told = [[S(one) for one in statuses] for statuses in engine.book_all(messages, 5)]
    assert told == [[S.OK, S.EXCEEDS_CREDITS], [S.LINKED_EVENT_CHAIN_OPEN], [S.EXISTS], []]


def test_history_tells_the_instants_of_the_hub_in_the_order_of_the_cluster(engine: TigerbeetleEngine) -> None:
    base = space(engine, 0, 0)
    # The books of a test run may hold later instants already; what is told never goes back.
    start = max((at for at, _, _ in engine.history()), default=0) + 10**9
    for n, at in enumerate((start, start + 5 * 10**9, start + 10**9)):
        assert engine.create_transfers([Transfer(base + 2 * n + k, base + 1, base + 2, 1, 7, 1) for k in (0, 1)], at) == [0, 0]
    told = [at - start for at, transfer, _ in engine.history() if base <= transfer.id < base + 6]
    assert told == [0, 1, 5 * 10**9, 5 * 10**9 + 1, 5 * 10**9 + 2, 5 * 10**9 + 3]


def test_both_ways_tell_the_same_of_the_same_books(cluster: list[str]) -> None:
    packets = TigerbeetleEngine(cluster, deadline_s=60)
    objects = TigerbeetleEngine(cluster, deadline_s=60, by_objects=True)
    assert (packets.way, objects.way) == ("packets", "objects")
    bases = [space(one, 0, NO_OVERDRAFT) for one in (packets, objects)]
    for one, base in zip((packets, objects), bases, strict=True):
        events = [
            Transfer(base, base + 1, base + 2, 5, 7, 1), Transfer(base + 3, base + 2, base + 1, 6, 7, 1),
            Transfer(base + 4, base + 2, base + 1, 2**128 - 1, 7, 1, BAL_D), Transfer(base + 4, 0, 0, 0, 7, 1),
        ]  # fmt: skip
        assert one.create_transfers(events, 5) == [0, S.EXCEEDS_CREDITS, 0, S.EXISTS_WITH_DIFFERENT_FLAGS]
    assert list(packets.accounts()) == list(objects.accounts())
    assert list(packets.history()) == list(objects.history())
    assert list(packets.sums()) == list(objects.sums())
    assert packets.expire(0) == objects.expire(0)
    packets.close()
    objects.close()


def test_more_events_than_a_page_holds_are_all_read(engine: TigerbeetleEngine) -> None:
    base = space(engine, 0, 0)
    events = [Transfer(base + 16 + n, base + 1, base + 2, 1, 7, 1) for n in range(20_000)]
    assert set(engine.create_transfers(events, 10)) == {0}
    assert sum(base <= transfer.id < base + (1 << 24) for _, transfer, _ in engine.history()) == 20_000
    assert engine.room(base + 2) == 20_000 and engine.room(base + 3) == 0 and engine.balance(base + 3) is None


def test_the_cluster_releases_what_expired_and_history_and_expire_tell_it(engine: TigerbeetleEngine) -> None:
    base = space(engine, 0, 0)
    engine.expire(0)
    assert engine.create_transfers([Transfer(base, base + 1, base + 2, 9, 7, 1, PENDING, timeout=1)], 10**9) == [0]
    told: list[tuple[int, int]] = []
    for _ in range(600):
        told += engine.expire(0)
        if told:
            break
        time.sleep(0.1)
    assert told == [(base, 9)] and engine.expire(0) == []
    assert engine.balance(base + 1) == (0, 0, 0, 0)
    released = [transfer for _, transfer, moved in engine.history() if transfer.flags & VOID and transfer.pending_id == base]
    assert [(one.id, one.amount) for one in released] == [(0, 9)]
    post = Transfer(base + 3, 0, 0, 9, 0, 0, POST, base)
    assert engine.create_transfers([post], 3 * 10**9) == [S.PENDING_TRANSFER_EXPIRED]


def test_a_hub_on_a_cluster_decides_as_on_embedded_books_also_when_its_outcomes_were_lost(
    tmp_path: Path, own_cluster: list[str]
) -> None:
    def on_cluster(union: Path) -> None:
        listed = ", ".join(f'"{one}"' for one in own_cluster)
        (union.parent / "hub.toml").write_text(f'ledger = "tigerbeetle"\naddresses = [{listed}]\ndeadline_s = 60\n')

    def found(desk: Desk) -> tuple[object, ...]:
        return desk.hub.journal.head()[1], desk.books(), list(desk.hub.journal.payments())

    embedded, clustered = Desk(tmp_path / "embedded"), Desk(tmp_path / "clustered", amend=on_cluster)
    uetrs = [f"8a562c67-ca16-48ba-b074-65581be6f00{n}" for n in range(4)]
    for desk in (embedded, clustered):
        desk.answer(desk.pay(SG1, TH1, "10.00", "SGD", urgent=True, uetr=uetrs[0]))
        desk.pay(SG1, TH1, "11000000.00", "SGD", urgent=True, uetr=uetrs[1])
        desk.pay(SG1, TH1, "7.00", "SGD", uetr=uetrs[2])
    assert found(clustered) == found(embedded)
    embedded.pay(SG1, TH1, "12.00", "SGD", uetr=uetrs[3])
    now = Instant(clustered.now + 1_000_000_000)
    clustered.hub.process([Arrive(SG1, pacs_008(SG1, TH1, "12.00", "SGD", uetr=uetrs[3]))], now)
    clustered.hub._unkept = None  # decided and booked, and the outcomes never kept
    clustered = clustered.again()
    assert found(clustered) == found(embedded)
    for desk in (embedded, clustered):
        assert prove(desk.hub.books).faults == ()
    texts = []
    for desk in (embedded, clustered):
        out = io.StringIO()
        export_books(desk.hub.books, out, PlainText.HLEDGER, naming_of(desk.hub))
        texts.append(out.getvalue())
    assert texts[0] == texts[1]
    embedded.close()
    clustered.close()
    second = tmp_path / "second"
    lay_out(second)
    on_cluster(second / "union")
    with pytest.raises(NotReady, match="hold accounts already"):
        open_hub(second)
    close_hub(open_hub(tmp_path / "clustered"))

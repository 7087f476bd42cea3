"""The TigerBeetle engine as far as it goes without a server: forms, statuses, messages, deadlines, both ways through the client.

Where an answer is needed, the client's own echo is used (`tb_client_init_echo`): the real library, its real threads and its real
limits, which hands back the bytes that it was to send.
"""

from __future__ import annotations

import ctypes
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fondaco.ledger import (
    BATCH_MAX,
    Account,
    AccountFlag,
    AccountStatus,
    ClusterRefused,
    EngineUnavailable,
    MemoryEngine,
    Status,
    TigerbeetleEngine,
    Transfer,
    TransferFlag,
    address_fault,
    addresses_faults,
)
from fondaco.ledger import tigerbeetle_client as client
from fondaco.ledger.engine import ACCOUNT, TRANSFER, Transfers, account_records, decode, transfer_records
from fondaco.ledger.tigerbeetle import but_for_the_instant, excess_told, grouped, stamped, statuses_of, without_excess
from fondaco.ledger.tigerbeetle_client import (
    CHANGE,
    CHANGES,
    CHANGES_MAX,
    IDS,
    QUERY,
    RESULT,
    SESSIONS_MAX,
    Ask,
    Session,
    halves,
    integers,
    packet_faults,
)

tb = pytest.importorskip("tigerbeetle", reason="the extra `tigerbeetle` is not installed")

U16, U32, U64, U128 = ((1 << bits) - 1 for bits in (16, 32, 64, 128))
LINKED, PENDING, POST, VOID, BALANCING = 1, 2, 4, 8, 16


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nobody listens and nobody else may: the port is held and no more."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tb.bindings, "tb_client_init", tb.bindings.tb_client_init_echo)


def session(*, by_objects: bool = False, deadline_s: int = 30) -> Session:
    return Session(["127.0.0.1:3001"], 7, deadline_s, by_objects=by_objects)


# Forms


def offsets(form: type[ctypes.Structure]) -> dict[str, tuple[int, int]]:
    return {name: (getattr(form, name).offset, getattr(form, name).size) for name, *_ in form._fields_}  # type: ignore[misc]


@pytest.mark.parametrize(
    "ours, theirs",
    [(TRANSFER, "CTransfer"), (ACCOUNT, "CAccount"), (RESULT, "CCreateTransferResult"), (RESULT, "CCreateAccountResult"),
     (QUERY, "CQueryFilter")],
)  # fmt: skip
def test_our_records_are_the_clients(ours: np.dtype, theirs: str) -> None:
    form = getattr(tb.bindings, theirs)
    assert ours.fields is not None and ours.itemsize == ctypes.sizeof(form)
    assert {name: (at, part.itemsize) for name, (part, at, *_) in ours.fields.items()} == offsets(form)


transfers = st.builds(
    Transfer, st.integers(0, U128), st.integers(0, U128), st.integers(0, U128), st.integers(0, U128), st.integers(0, U32),
    st.integers(0, U16), st.integers(0, U16), st.integers(0, U128), st.integers(0, U32), st.integers(0, U64),
    st.integers(0, U128), st.integers(0, U32), st.integers(0, U64),
)  # fmt: skip


@given(transfers)
def test_a_transfer_is_the_same_bytes_whoever_writes_it(one: Transfer) -> None:
    theirs = tb.Transfer(
        one.id, one.debit, one.credit, one.amount, one.pending_id, one.user_data_128, one.user_data_64, one.user_data_32, one.timeout,
        one.ledger, one.code, one.flags, one.timestamp,
    )  # fmt: skip
    raw = bytes(tb.bindings.CTransfer.from_param(theirs))
    assert transfer_records([one]).tobytes() == raw
    assert decode(raw) == [one]
    assert tb.bindings.CTransfer.from_buffer_copy(raw).to_python() == theirs


@given(st.lists(st.integers(0, U128)))
def test_numbers_of_128_bits_come_back(numbers: list[int]) -> None:
    column = halves(numbers)
    assert integers(column) == numbers
    assert column.tobytes() == b"".join(bytes(tb.bindings.c_uint128.from_param(one)) for one in numbers)


def test_an_account_is_the_same_bytes_whoever_writes_it() -> None:
    one = Account(U128 - 5, 7, 8, 2, 64, 128, 32, 9)
    theirs = tb.Account(id=U128 - 5, user_data_128=128, user_data_64=64, user_data_32=32, ledger=7, code=8, flags=2, timestamp=9)
    assert account_records([one]).tobytes() == bytes(tb.bindings.CAccount.from_param(theirs))


@pytest.mark.parametrize("ours, theirs", [(Status, "CreateTransferStatus"), (AccountStatus, "CreateAccountStatus")])
def test_our_statuses_are_the_clients_by_name_and_number(ours: type[Status], theirs: str) -> None:
    found = {one.name: int(one) for one in getattr(tb, theirs)}
    assert found.pop("CREATED") == 0xFFFFFFFF
    assert {one.name: int(one) for one in ours if one} == found


def test_our_flags_and_operations_are_the_clients() -> None:
    longer = {"POST_PENDING": "POST_PENDING_TRANSFER", "VOID_PENDING": "VOID_PENDING_TRANSFER"}
    for ours, theirs in ((TransferFlag, tb.TransferFlags), (AccountFlag, tb.AccountFlags)):
        assert {longer.get(str(one.name), one.name): int(one) for one in ours} == {one.name: int(one) for one in theirs if one}
    assert {one.name: int(one) for one in Ask}.items() <= {one.name: int(one) for one in tb.Operation}.items()


def test_the_results_are_dense_and_created_is_our_zero() -> None:
    results = np.zeros(3, RESULT)
    results["status"] = [0xFFFFFFFF, 46, 1]
    assert statuses_of(results, 3).tolist() == [Status.OK, Status.EXISTS, Status.LINKED_EVENT_FAILED]
    with pytest.raises(AssertionError, match="3 results for 4 events"):
        statuses_of(results, 4)


# What is sent


def test_a_message_carries_its_instant_and_leaves_the_callers_records_alone() -> None:
    records = transfer_records([Transfer(1, 2, 3, 4, 5, 6), Transfer(2, 2, 3, 4, 5, 6)])
    before = records.tobytes()
    assert [one.user_data_64 for one in decode(stamped(records, 77).tobytes())] == [77, 77]
    assert records.tobytes() == before


def test_a_transfer_may_not_bring_its_own_user_data_to_the_instants_place() -> None:
    with pytest.raises(ValueError, match="holds the hub's instant"):
        stamped(transfer_records([Transfer(1, 2, 3, 4, 5, 6, user_data_64=1)]), 77)


@given(st.lists(st.tuples(st.sampled_from([0, 1, 2, 60, 4000, BATCH_MAX - 1, BATCH_MAX]), st.booleans()), max_size=30))
def test_messages_share_a_request_in_order_while_they_fit_and_none_closes_anothers_chain(sizes: list[tuple[int, bool]]) -> None:
    messages = []
    for number, (size, left_open) in enumerate(sizes):
        one = np.zeros(size, TRANSFER)
        one["amount"][:, 0] = number
        one["flags"][-1:] = LINKED if left_open else 0
        messages.append(one)
    groups = grouped(messages)
    assert [id(one) for group in groups for one in group] == [id(one) for one in messages]
    for group in groups:
        assert sum(map(len, group)) <= BATCH_MAX
        assert not any(len(one) and one["flags"][-1] & LINKED for one in group[:-1])
    for group, after in pairwise(groups):
        full = sum(map(len, group)) + len(after[0]) > BATCH_MAX
        assert full or (len(group[-1]) and group[-1]["flags"][-1] & LINKED), "what fits is sent together"


@pytest.mark.parametrize(
    "amount, flags, sent",
    [
        (2**63 - 1, 0, 6), (2**63, 0, 0), (2**64, 0, 0), (2**64 + 5, PENDING, 0), (U128, 0, 0), (U128, POST, 6), (U128, VOID, 6),
        (U128, BALANCING, 6), (U128, BALANCING | PENDING, 6),
    ],
)  # fmt: skip
def test_an_amount_beyond_63_bits_cannot_be_applied(amount: int, flags: int, sent: int) -> None:
    records = transfer_records([Transfer(1, 2, 3, amount, 5, 6, flags)])
    disarmed, places = without_excess(records)
    assert disarmed["code"].tolist() == [sent] and places.tolist() == ([] if sent else [0])
    assert decode(disarmed.tobytes())[0]._replace(code=6) == decode(records.tobytes())[0]


def test_an_amount_beyond_63_bits_is_told_as_our_kernel_tells_it_and_other_faults_before_it_stay() -> None:
    events = [Transfer(n + 1, 2, 3, 2**63, 5, 6, PENDING if n % 2 else 0) for n in range(4)]
    records = transfer_records([*events, Transfer(9, 2, 3, 1, 5, 0)])
    _, places = without_excess(records)
    found = np.array(
        [Status.CODE_MUST_NOT_BE_ZERO] * 2 + [Status.LINKED_EVENT_FAILED, Status.ID_ALREADY_FAILED] + [20], np.uint32
    )
    assert excess_told(records, found, places).tolist() == [
        Status.OVERFLOWS_DEBITS_POSTED, Status.OVERFLOWS_DEBITS_PENDING, Status.LINKED_EVENT_FAILED, Status.ID_ALREADY_FAILED,
        Status.CODE_MUST_NOT_BE_ZERO,
    ]  # fmt: skip


hard_transfers = st.tuples(
    st.integers(0, 5), st.sampled_from([0, 1, 2]), st.sampled_from([1, 2, U128]),
    st.sampled_from([1, 2**63 - 1, 2**63, 2**64, U128]), st.sampled_from([0, 7]), st.sampled_from([0, 1]),
    st.sampled_from([0, 1, PENDING, PENDING | 1, POST, VOID, BALANCING, 64, 512]), st.sampled_from([0, 1, 2]),
    st.sampled_from([0, 0, 5]),
).map(lambda fields: Transfer(*fields))  # fmt: skip


@given(st.lists(hard_transfers, min_size=1, max_size=12))
def test_a_disarmed_event_is_refused_with_all_its_chain_and_everything_else_is_as_our_kernel_says(events: list[Transfer]) -> None:
    """Our kernel stands in for the cluster's law, which is the same below 2^63; on accounts that are there it must not notice."""
    kernels = [MemoryEngine(), MemoryEngine()]
    for one in kernels:
        one.create_accounts([Account(1, 7, 1), Account(2, 7, 1)], 1)
    records = transfer_records(events)
    disarmed, places = without_excess(records)
    told = [kernels[0].book(records, 10), excess_told(records, kernels[1].book(disarmed, 10), places)]
    assert told[0].tolist() == told[1].tolist()
    assert list(kernels[0].accounts()) == list(kernels[1].accounts())


KEPT = Transfer(1, 2, 3, 4, 5, 6, user_data_64=77, user_data_32=7)


@pytest.mark.parametrize(
    "asked, pending, told",
    [
        (KEPT, None, Status.EXISTS),
        (KEPT._replace(user_data_64=78), None, Status.EXISTS),
        (KEPT._replace(user_data_64=78, user_data_32=8, ledger=9), None, Status.EXISTS_WITH_DIFFERENT_USER_DATA_32),
        (KEPT._replace(user_data_64=78, ledger=9, code=9), None, Status.EXISTS_WITH_DIFFERENT_LEDGER),
        (KEPT._replace(user_data_64=78, code=9), None, Status.EXISTS_WITH_DIFFERENT_CODE),
        (KEPT._replace(user_data_64=78, user_data_32=0, ledger=0, code=0), KEPT, Status.EXISTS),
        (
            KEPT._replace(user_data_64=78, user_data_32=0),
            KEPT._replace(user_data_32=8),
            Status.EXISTS_WITH_DIFFERENT_USER_DATA_32,
        ),
    ],
)
def test_asked_again_at_another_instant_all_but_the_instant_is_compared(
    asked: Transfer, pending: Transfer | None, told: Status
) -> None:
    assert but_for_the_instant(asked, KEPT, pending) == told


# Addresses


@pytest.mark.parametrize("address", ["127.0.0.1:3001", "10.0.0.7:65535", "[::1]:3001", "[2001:db8::7]:1"])
def test_an_address_is_a_number_and_a_port(address: str) -> None:
    assert address_fault(address) is None


@pytest.mark.parametrize(
    "address",
    ["", "3001", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:x", "localhost:3001",
     "1.2.3:3001", "::1:3001", "[::1]", "[127.0.0.1]:3001", "[::1:3001", " 127.0.0.1:3001", "127.0.0.1:3001,127.0.0.1:3002",
     "127.0.0.1:٣"],
)  # fmt: skip
def test_an_address_with_a_mistake_is_told(address: str) -> None:
    assert address_fault(address) is not None
    with pytest.raises(ClusterRefused):
        Session([address], 0, 1)


@pytest.mark.parametrize(
    "addresses, reason",
    [([], "1 to 6"), ([f"127.0.0.1:{n}" for n in range(1, 8)], "1 to 6"), (["127.0.0.1:1", "127.0.0.1:1"], "twice")],
)
def test_a_cluster_has_one_to_six_replicas_and_each_its_own_address(addresses: list[str], reason: str) -> None:
    assert any(reason in fault for fault in addresses_faults(addresses))


addresses_of_a_kind = st.one_of(
    st.text("0123456789.:[]abcf%", max_size=30),
    st.builds("{}:{}".format, st.ip_addresses(v=4), st.integers(0, 70_000)),
    st.builds("[{}]:{}".format, st.ip_addresses(v=6), st.integers(0, 70_000)),
)


@settings(max_examples=40)
@example("[::ffff:10.0.0.7]:3001")
@example("[fe80::1%eth0]:3001")
@example("010.0.0.7:3001")
@example("[2001:DB8::7]:3001")
@example("10.0.0.7:03001")
@given(addresses_of_a_kind)
def test_what_the_client_is_handed_is_what_it_takes(text: str) -> None:
    """Only a text that passes here reaches the client, and each of those it takes."""
    if address_fault(text) is None:
        Session([text], 0, 1).close()


@pytest.mark.parametrize("cluster_id, deadline_s", [(-1, 1), (1 << 128, 1), (0, 0)])
def test_a_session_with_other_mistakes_is_refused(cluster_id: int, deadline_s: int) -> None:
    with pytest.raises(ClusterRefused):
        Session(["127.0.0.1:3001"], cluster_id, deadline_s)


# Both ways through the client


def test_packets_are_chosen_for_the_client_that_we_know() -> None:
    assert packet_faults(tb.bindings, client.KNOWN_RELEASE) == []
    assert client._release() == client.KNOWN_RELEASE, "the pin and what was read are one"


@pytest.mark.parametrize(
    "change, fault",
    [
        ({"CPacket": SimpleNamespace(_fields_=[("user_data", ctypes.c_void_p)])}, "CPacket.data_size"),
        ({"CTransfer": ctypes.c_uint64}, "CTransfer"),
        ({"tb_client_submit": None}, "tb_client_submit"),
    ],
)
def test_a_client_whose_names_are_others_is_asked_by_its_public_methods(
    change: dict[str, object], fault: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, echo: None
) -> None:
    for name, value in change.items():
        if value is None:
            other = SimpleNamespace(**{key: one for key, one in vars(tb.bindings).items() if key != name})
        else:
            other = SimpleNamespace(**{**vars(tb.bindings), name: value})
    assert fault in packet_faults(other, client.KNOWN_RELEASE)
    monkeypatch.setattr(tb, "bindings", other)
    with caplog.at_level(logging.WARNING, "fondaco.ledger"):
        made = session()
    assert made.way == "objects" and fault in caplog.text
    made.close()


def test_another_release_is_asked_by_its_public_methods(monkeypatch: pytest.MonkeyPatch, echo: None) -> None:
    monkeypatch.setattr(client, "_release", lambda: "0.17.10")
    made = session()
    assert made.way == "objects"
    made.close()


def test_the_flag_chooses_the_public_methods(echo: None) -> None:
    with_packets, by_objects = session(), session(by_objects=True)
    assert (with_packets.way, by_objects.way) == ("packets", "objects")
    with_packets.close()
    by_objects.close()


def test_records_go_out_and_come_back_as_they_lie_in_memory(echo: None) -> None:
    made = session()
    source = np.random.default_rng(20261124)
    for count in (1, 64, 1000, BATCH_MAX):
        records = np.frombuffer(source.bytes(count * TRANSFER.itemsize), TRANSFER)
        assert made.ask(Ask.CREATE_TRANSFERS, records, TRANSFER).tobytes() == records.tobytes()
    made.close()


def test_a_message_holds_what_the_client_takes_and_no_event_more(echo: None) -> None:
    made = session()
    with pytest.raises(AssertionError, match="fits"):
        made.ask(Ask.CREATE_TRANSFERS, np.zeros(BATCH_MAX + 1, TRANSFER), TRANSFER)
    with pytest.raises(AssertionError, match="at least one"):
        made.ask(Ask.CREATE_TRANSFERS, np.zeros(0, TRANSFER), TRANSFER)
    for operation, form, most in ((Ask.QUERY_TRANSFERS, QUERY, BATCH_MAX), (Ask.GET_CHANGE_EVENTS, CHANGES, CHANGES_MAX)):
        asked = np.zeros(1, form)
        asked["limit"] = most
        assert made.ask(operation, asked, form).tobytes() == asked.tobytes()
    made.close()
    # What the client itself says of one more: our limits are its own, and the change event has the size that we think.
    for operation, form, most in ((Ask.QUERY_ACCOUNTS, QUERY, BATCH_MAX), (Ask.GET_CHANGE_EVENTS, CHANGES, CHANGES_MAX)):
        asked = np.zeros(1, form)
        asked["limit"] = most + 1
        made = session()
        with pytest.raises(EngineUnavailable, match="TOO_MUCH_DATA"):
            made.ask(operation, asked, form)
        made.close()
    assert CHANGE.itemsize == TRANSFER.itemsize + 2 * ACCOUNT.itemsize


def result_shaped(count: int) -> Transfers:
    """Transfers whose bytes are eight good results each: the echo hands them to whoever waits for results."""
    results = np.zeros(8 * count, RESULT)
    results["timestamp"] = np.arange(1, 8 * count + 1)
    statuses = [int(one) for one in tb.CreateTransferStatus]
    results["status"] = [statuses[n % len(statuses)] for n in range(8 * count)]
    return np.frombuffer(results.tobytes(), TRANSFER)


def test_both_ways_send_the_same_and_tell_the_same(echo: None) -> None:
    packets, objects = session(), session(by_objects=True)
    source = np.random.default_rng(7)
    ids = np.frombuffer(source.bytes(8 * 40 * 16), IDS.base).reshape(-1, 2)
    accounts = ids.copy()
    # Bytes 108 to 112 of an account are reserved and zero, and what is reserved no way tells.
    accounts.view(np.uint8).reshape(-1, 128)[:, 108:112] = 0
    for operation, events, form in (
        (Ask.LOOKUP_TRANSFERS, ids, TRANSFER),
        (Ask.LOOKUP_ACCOUNTS, accounts, ACCOUNT),
        (Ask.CREATE_TRANSFERS, result_shaped(50), RESULT),
    ):
        told = [one.ask(operation, events, form).tobytes() for one in (packets, objects)]
        assert told[0] == told[1] == events.tobytes()
    packets.close()
    objects.close()


@given(st.integers(0, U64), st.integers(0, U64), st.integers(1, BATCH_MAX), st.integers(0, U128))
def test_a_query_is_the_same_by_both_ways(first: int, last: int, limit: int, wide: int) -> None:
    asked = np.zeros(1, QUERY)
    asked["user_data_128"] = halves([wide])
    asked["timestamp_min"], asked["timestamp_max"], asked["limit"], asked["code"] = first, last, limit, 9
    given_ = tb.QueryFilter(**client._fields(asked[0]))
    assert bytes(tb.bindings.CQueryFilter.from_param(given_)) == asked.tobytes()


def test_a_filter_of_change_events_and_a_change_event_pass_the_client_as_bytes() -> None:
    raw = bytes(range(64))
    assert bytes(client._Filter.from_param(raw)) == raw
    event = bytes(n % 251 for n in range(384))
    assert client._ChangeEvent.from_buffer_copy(event).to_python() == event


# Deadlines


@pytest.mark.parametrize("by_objects", [False, True])
def test_nobody_answers_and_the_deadline_says_so(nobody: str, by_objects: bool) -> None:
    made = Session([nobody], 0, 1, by_objects=by_objects)
    started = time.monotonic()
    with pytest.raises(EngineUnavailable, match="ask again later with the same ids"):
        made.ask(Ask.CREATE_TRANSFERS, np.zeros(1, TRANSFER), RESULT)
    assert time.monotonic() - started >= 1
    made.close()
    with pytest.raises(EngineUnavailable, match="closed"):
        made.ask(Ask.CREATE_TRANSFERS, np.zeros(1, TRANSFER), RESULT)
    made.close()


def test_an_engine_whose_cluster_is_silent_is_not_opened(nobody: str) -> None:
    with pytest.raises(EngineUnavailable):
        TigerbeetleEngine([nobody], deadline_s=1)
    assert client._sessions[0] == 0, "its session was let go"


def test_while_a_request_is_unanswered_nothing_else_is_sent(nobody: str) -> None:
    made = Session([nobody], 0, 1)
    sent: list[int] = []
    submit = made._way.send

    def counted(operation: int, *rest: object) -> None:
        sent.append(operation)
        submit(operation, *rest)  # type: ignore[arg-type]

    made._way.send = counted  # type: ignore[method-assign, assignment]
    with pytest.raises(EngineUnavailable, match="did not answer"):
        made.ask(Ask.CREATE_TRANSFERS, np.zeros(1, TRANSFER), RESULT)
    for operation in (Ask.CREATE_TRANSFERS, Ask.LOOKUP_ACCOUNTS):
        with pytest.raises(EngineUnavailable, match="nothing was sent"):
            made.ask(operation, np.zeros(1, TRANSFER), RESULT)
    assert sent == [Ask.CREATE_TRANSFERS]
    made.close()


def test_a_late_answer_frees_the_way_and_is_nobodys(echo: None) -> None:
    made = session(deadline_s=1)
    ends: list[object] = []
    submit = made._way.send

    def held(operation: int, events: Transfers, end: object) -> None:
        made._way.send = submit  # type: ignore[method-assign]
        threading.Timer(1.5, lambda: submit(operation, events, end)).start()  # type: ignore[arg-type]
        ends.append(end)

    made._way.send = held  # type: ignore[method-assign, assignment]
    first, second = (np.full(1, n, np.uint64).view(np.uint8).repeat(16).view(TRANSFER) for n in (1, 2))
    with pytest.raises(EngineUnavailable, match="did not answer"):
        made.ask(Ask.CREATE_TRANSFERS, first, TRANSFER)
    assert made.ask(Ask.CREATE_TRANSFERS, second, TRANSFER).tobytes() == second.tobytes()
    assert len(ends) == 1
    made.close()


def test_who_waits_when_the_books_are_closed_is_told(nobody: str) -> None:
    made = Session([nobody], 0, 30)
    threading.Timer(0.3, made.close).start()
    with pytest.raises(EngineUnavailable, match="CLIENT_SHUTDOWN"):
        made.ask(Ask.CREATE_TRANSFERS, np.zeros(1, TRANSFER), RESULT)


_LEAVING = """
import sys
import numpy as np
from fondaco.ledger import EngineUnavailable
from fondaco.ledger.engine import TRANSFER
from fondaco.ledger.tigerbeetle_client import RESULT, Ask, Session
made = Session([sys.argv[1]], 0, 1, by_objects=sys.argv[2] == "objects")
try:
    made.ask(Ask.CREATE_TRANSFERS, np.zeros(1, TRANSFER), RESULT)
except EngineUnavailable:
    print("unavailable", flush=True)
if sys.argv[3] == "closing":
    made.close()
"""


@pytest.mark.parametrize("way", ["packets", "objects"])
@pytest.mark.parametrize("leaving", ["closing", "just so"])
def test_a_process_with_an_unanswered_request_can_leave(nobody: str, way: str, leaving: str) -> None:
    done = subprocess.run([sys.executable, "-c", _LEAVING, nobody, way, leaving], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "unavailable\n"), done.stderr


# Sessions


def test_no_more_sessions_than_a_cluster_keeps(monkeypatch: pytest.MonkeyPatch, echo: None) -> None:
    assert SESSIONS_MAX == 64
    monkeypatch.setattr(client, "SESSIONS_MAX", 2)
    first, _second = session(), session()
    with pytest.raises(ClusterRefused, match="one more would evict the oldest"):
        session()
    other = Session(["127.0.0.1:3001"], 8, 1)
    first.close()
    third = session()
    for one in (_second, other, third):
        one.close()
    assert client._sessions[7] == client._sessions[8] == 0


@pytest.mark.parametrize(
    "reason, told",
    [
        ("CLIENT_EVICTED", "open the books again"), ("ClientEvictedError", "open the books again"),
        ("CLIENT_RELEASE_TOO_LOW", "upgrade the client"), ("ClientReleaseTooLowError", "upgrade the client"),
        ("CLIENT_RELEASE_TOO_HIGH", "upgrade the replicas first"), ("ClientReleaseTooHighError", "upgrade the replicas first"),
        ("INVALID_DATA_SIZE", "gave the request up"),
    ],
)  # fmt: skip
def test_why_the_client_gave_up_is_told_with_what_to_do(reason: str, told: str) -> None:
    assert hasattr(tb, reason) or reason in tb.bindings.PacketStatus.__members__
    assert told in str(client._failure(reason)) and isinstance(client._failure(reason), EngineUnavailable)


def test_a_missing_client_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tigerbeetle", None)
    with pytest.raises(ImportError, match=r"fondaco\[tigerbeetle\]"):
        Session(["127.0.0.1:3001"], 0, 1)

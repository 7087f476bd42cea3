"""One session with a TigerBeetle cluster: records go out as they lie in memory, answers come back as records, and nobody waits for ever.

Two ways lead through the client of the extra `tigerbeetle`. By packets: the array itself is what is sent. By objects: the client's
public methods, one Python object a record. Both give the same bytes; packets lean on names that the client does not promise, so they
are used with the release whose names were read (`KNOWN_RELEASE`) and only while those names are there.
"""

from __future__ import annotations

import atexit
import ctypes
import ipaddress
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from enum import IntEnum
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fondaco.ledger.engine import ACCOUNT, BATCH_MAX, TRANSFER, EngineUnavailable

KNOWN_RELEASE = "0.17.9"
# TigerBeetle's: a cluster has at most so many replicas, and keeps so many sessions; one more evicts the oldest.
ADDRESSES_MAX = 6
SESSIONS_MAX = 64
# The body of a message, less than 1 MiB by the trailer that tells how it is divided.
MESSAGE_BYTES_MAX = BATCH_MAX * TRANSFER.itemsize
_NS = 1_000_000_000

_log = logging.getLogger("fondaco.ledger")

_WIDE = ("<u8", 2)
RESULT = np.dtype([("timestamp", "<u8"), ("status", "<u4"), ("reserved", "<u4")])
IDS = np.dtype(_WIDE)
QUERY = np.dtype(
    [
        ("user_data_128", *_WIDE),
        ("user_data_64", "<u8"),
        ("user_data_32", "<u4"),
        ("ledger", "<u4"),
        ("code", "<u2"),
        ("reserved", "u1", 6),
        ("timestamp_min", "<u8"),
        ("timestamp_max", "<u8"),
        ("limit", "<u4"),
        ("flags", "<u4"),
    ]
)
# The Python client has no classes for these two; the forms are those of TigerBeetle's own source, `tigerbeetle.zig`.
CHANGES = np.dtype([("timestamp_min", "<u8"), ("timestamp_max", "<u8"), ("limit", "<u4"), ("reserved", "u1", 44)])
CHANGE = np.dtype(
    [
        ("transfer_id", *_WIDE),
        ("transfer_amount", *_WIDE),
        ("transfer_pending_id", *_WIDE),
        ("transfer_user_data_128", *_WIDE),
        ("transfer_user_data_64", "<u8"),
        ("transfer_user_data_32", "<u4"),
        ("transfer_timeout", "<u4"),
        ("transfer_code", "<u2"),
        ("transfer_flags", "<u2"),
        ("ledger", "<u4"),
        ("type", "u1"),
        ("reserved", "u1", 39),
        ("debit_account", "u1", 112),
        ("credit_account", "u1", 112),
        ("timestamp", "<u8"),
        ("transfer_timestamp", "<u8"),
        ("debit_account_timestamp", "<u8"),
        ("credit_account_timestamp", "<u8"),
    ]
)
assert (RESULT.itemsize, QUERY.itemsize, CHANGES.itemsize, CHANGE.itemsize) == (16, 64, 64, 384)
# What one answer holds.
CHANGES_MAX = (1 << 20) // CHANGE.itemsize


class Ask(IntEnum):
    """TigerBeetle's operations."""

    GET_CHANGE_EVENTS = 137
    LOOKUP_ACCOUNTS = 140
    LOOKUP_TRANSFERS = 141
    QUERY_ACCOUNTS = 144
    QUERY_TRANSFERS = 145
    CREATE_ACCOUNTS = 146
    CREATE_TRANSFERS = 147


# What a request ends as: the bytes of its answer, or why there is none.
Ending = bytes | Exception


class ClusterRefused(EngineUnavailable):
    """The cluster or its client will not have us as we are (addresses, release, number of sessions): asking again mends nothing."""


def integers(column: NDArray[Any]) -> list[int]:
    """The whole numbers of a column of 128 bits."""
    return [low | high << 64 for low, high in column.tolist()]


def halves(numbers: Sequence[int]) -> NDArray[np.uint64]:
    """A column of 128 bits that holds these numbers."""
    return np.frombuffer(b"".join(one.to_bytes(16, "little") for one in numbers), "<u8").reshape(-1, 2)


def address_fault(address: str) -> str | None:
    """What is wrong with a replica's address, None if nothing is: an IP number and a port. The client looks no names up."""
    host, colon, port = address.rpartition(":")
    if not colon or not (re.fullmatch("[1-9][0-9]{0,4}", port) and int(port) < 1 << 16):
        return "must be NUMBER:PORT, with a port from 1 to 65535"
    if host.startswith("[") != host.endswith("]") or (":" in host) != host.startswith("["):
        return "an IPv6 number stands in square brackets, and nothing else does"
    number = host.strip("[]")
    try:
        ipaddress.ip_address(number)
    except ValueError:
        number = ""
    # The client reads no zones and no mixed notation.
    if not re.fullmatch("[0-9.]+|[0-9a-fA-F:]+", number):
        return f"{host!r} is no IP number; the client looks no names up"
    return None


def addresses_faults(addresses: Sequence[str]) -> list[str]:
    """Everything that is wrong with the addresses of a cluster, one for each replica in the order of replicas."""
    found = [f"{one!r}: {fault}" for one in addresses if (fault := address_fault(one)) is not None]
    if not 1 <= len(addresses) <= ADDRESSES_MAX:
        found.append(f"{len(addresses)} addresses; a cluster has 1 to {ADDRESSES_MAX} replicas")
    if len(set(addresses)) < len(addresses):
        found.append("an address stands there twice")
    return found


class _Way(Protocol):
    """A way through the client."""

    name: str

    def send(self, operation: int, events: NDArray[Any], end: Callable[[Ending], None]) -> None:
        """Hand a request over; `end` is called once, from another thread, when it is answered or given up."""
        ...

    def close(self) -> None:
        """Give up what is not answered, and let go."""
        ...


def packet_faults(bindings: ModuleType, release: str) -> list[str]:
    """Why packets cannot be used with this client; empty if they can."""
    faults = [] if release == KNOWN_RELEASE else [f"release {release} is not {KNOWN_RELEASE}"]
    packet = getattr(bindings, "CPacket", None)
    fields = dict(getattr(packet, "_fields_", ()))
    wanted = {"user_data": 8, "data": 8, "data_size": 4, "operation": 1, "status": 1}
    faults += [f"CPacket.{name}" for name, size in wanted.items() if name not in fields or ctypes.sizeof(fields[name]) != size]
    for name, size in (("CTransfer", 128), ("CAccount", 128), ("CCreateTransferResult", 16), ("CCreateAccountResult", 16)):
        found = getattr(bindings, name, None)
        if found is None or ctypes.sizeof(found) != size:
            faults.append(name)
    names = ("CClient", "OnCompletion", "PacketStatus", "InitStatus", "ClientStatus")
    faults += [name for name in (*names, "tb_client_init", "tb_client_submit", "tb_client_deinit") if not hasattr(bindings, name)]
    return faults


class _Packets:
    """The client's C interface itself. The caller's array is what is sent, so it is kept until the answer is here."""

    name = "packets"

    def __init__(self, bindings: ModuleType, cluster_id: int, addresses: str) -> None:
        self._bindings = bindings
        self._flights: dict[int, tuple[Any, NDArray[Any], Callable[[Ending], None]]] = {}
        self._sent = 0
        self._open = True
        # Held while the client is called, so that none calls it once it is let go: that would be undefined.
        self._gate = threading.Lock()
        self._client = bindings.CClient()
        self._callback = bindings.OnCompletion(self._complete)
        # The C side reads it while the call lasts; a temporary might be gone by then.
        wide = (ctypes.c_uint8 * 16).from_buffer_copy(cluster_id.to_bytes(16, "little"))
        told = addresses.encode("ascii")
        status = bindings.tb_client_init(
            ctypes.byref(self._client), ctypes.byref(wide), told, len(told), ctypes.c_void_p(1), self._callback
        )
        if status != bindings.InitStatus.SUCCESS:
            raise ClusterRefused(f"the client does not start: {bindings.InitStatus(status).name}")
        # The client's thread writes into what we hold here: that lives until the client is let go, also in a process that ends without.
        atexit.register(self.close)

    def send(self, operation: int, events: NDArray[Any], end: Callable[[Ending], None]) -> None:
        bindings = self._bindings
        packet = bindings.CPacket()
        with self._gate:
            self._sent += 1
            packet.user_data = self._sent
            packet.operation = operation
            packet.data = events.ctypes.data
            packet.data_size = events.nbytes
            self._flights[self._sent] = (packet, events, end)
            taken = self._open and (
                bindings.tb_client_submit(ctypes.byref(self._client), ctypes.byref(packet)) == bindings.ClientStatus.OK
            )
            if not taken:
                del self._flights[self._sent]
        if not taken:
            end(EngineUnavailable("the books are closed; nothing was sent"))

    def _complete(self, context: int, packet: Any, timestamp: int, answer: Any, length: int) -> None:
        """Called from the client's thread. The memory at `answer` is ours only until we return."""
        _, _, end = self._flights.pop(packet[0].user_data)
        status = self._bindings.PacketStatus(packet[0].status)
        end(ctypes.string_at(answer, length) if status == self._bindings.PacketStatus.OK else _failure(status.name))

    def close(self) -> None:
        with self._gate:
            if self._open:
                self._open = False
                self._bindings.tb_client_deinit(ctypes.byref(self._client))
                atexit.unregister(self.close)


class _Filter(ctypes.Structure):
    """The filter of change events, for the way by objects: the client knows the operation and has no class for it."""

    _fields_ = (("raw", ctypes.c_uint8 * CHANGES.itemsize),)

    @classmethod
    def from_param(cls, raw: bytes) -> _Filter:
        return cls.from_buffer_copy(raw)


class _ChangeEvent(ctypes.Structure):
    """A change event as it comes."""

    _fields_ = (("raw", ctypes.c_uint8 * CHANGE.itemsize),)

    def to_python(self) -> bytes:
        return bytes(self.raw)


class _Objects:
    """The client's public methods, one Python object for each record. Slower, and promised."""

    name = "objects"

    def __init__(self, client: ModuleType, cluster_id: int, addresses: str) -> None:
        # What is asked, the class of what is handed over (none for plain ids), the form of the answer.
        self._forms: dict[int, tuple[str, Any, np.dtype[Any]]] = {
            Ask.CREATE_ACCOUNTS: ("create_accounts", client.Account, RESULT),
            Ask.CREATE_TRANSFERS: ("create_transfers", client.Transfer, RESULT),
            Ask.LOOKUP_ACCOUNTS: ("lookup_accounts", None, ACCOUNT),
            Ask.LOOKUP_TRANSFERS: ("lookup_transfers", None, TRANSFER),
            Ask.QUERY_ACCOUNTS: ("query_accounts", client.QueryFilter, ACCOUNT),
            Ask.QUERY_TRANSFERS: ("query_transfers", client.QueryFilter, TRANSFER),
        }
        try:
            self._client = client.ClientSync(cluster_id, addresses)
        except client.client.InitError as fault:
            raise ClusterRefused(f"the client does not start: {fault.args[0].name}") from fault

    def send(self, operation: int, events: NDArray[Any], end: Callable[[Ending], None]) -> None:
        # A thread of its own: the client's methods wait for ever. As a daemon it keeps no process alive.
        threading.Thread(target=self._run, args=(operation, events, end), daemon=True).start()

    def _run(self, operation: int, events: NDArray[Any], end: Callable[[Ending], None]) -> None:
        try:
            ending: Ending = self._by_method(operation, events) if operation in self._forms else self._changes(events.tobytes())
        except Exception as fault:
            ending = _failure(f"{type(fault).__name__} {fault}")
        end(ending)

    def _by_method(self, operation: int, events: NDArray[Any]) -> bytes:
        method, form, answer = self._forms[operation]
        given = integers(events) if form is None else [form(**_fields(one)) for one in events]
        call = getattr(self._client, method)
        told = call(given[0]) if method.startswith("query_") else call(given)
        records = np.zeros(len(told), answer)
        for name in _named(answer):
            column = [int(getattr(one, name)) for one in told]
            records[name] = halves(column) if answer[name].shape else column
        return records.tobytes()

    def _changes(self, raw: bytes) -> bytes:
        return b"".join(self._client._submit(self._operation(), [raw], _Filter, _ChangeEvent))

    def _operation(self) -> Any:
        return _client().Operation(int(Ask.GET_CHANGE_EVENTS))

    def close(self) -> None:
        try:
            self._client.close()
        except AssertionError:
            # A request was still unanswered: its thread is told so by now, and the client looks before the thread has left.
            _log.info("the TigerBeetle client was closed with a request unanswered")


def _named(form: np.dtype[Any]) -> list[str]:
    return [name for name in form.names or () if name != "reserved"]


def _fields(record: Any) -> dict[str, int]:
    wide = record.dtype
    return {
        name: int(record[name][0]) | int(record[name][1]) << 64 if wide[name].shape else int(record[name])
        for name in _named(wide)
    }


def _failure(reason: str) -> Exception:
    if "TOO_LOW" in reason or "TooLow" in reason:
        return ClusterRefused(f"the client is of release {_release()}, older than the cluster still serves: upgrade the client")
    if "TOO_HIGH" in reason or "TooHigh" in reason:
        return ClusterRefused(f"the client is of release {_release()}, newer than the cluster: upgrade the replicas first")
    if "EVICTED" in reason or "Evicted" in reason:
        return EngineUnavailable(f"the cluster evicted this session: more than {SESSIONS_MAX} are open; open the books again")
    return EngineUnavailable(f"the client gave the request up: {reason}")


def _release() -> str:
    from importlib import metadata

    return metadata.version("tigerbeetle")


_sessions: dict[int, int] = {}
_sessions_lock = threading.Lock()


class Session:
    """Asks a cluster one thing at a time, each within a deadline.

    The client repeats a request for ever. After the deadline `EngineUnavailable` says that the outcome is unknown, and the request
    goes on: nothing else is sent before it is answered, so that never two requests of this session are under way.

    Raises `ClusterRefused` where a session cannot be had, `ImportError` where the client is not installed.
    """

    def __init__(self, addresses: Sequence[str], cluster_id: int, deadline_s: int, *, by_objects: bool = False) -> None:
        """`by_objects` chooses the public methods also where packets could be used."""
        faults = addresses_faults(addresses)
        if faults:
            raise ClusterRefused("; ".join(faults))
        if not 0 <= cluster_id < 1 << 128:
            raise ClusterRefused("a cluster's number is from 0 to 2^128-1")
        if deadline_s < 1:
            raise ClusterRefused("a deadline is at least one second")
        self._cluster_id = cluster_id
        self._deadline_s = deadline_s
        self._busy = threading.Lock()
        self._unanswered: threading.Event | None = None
        self._lost: Exception | None = None
        self._closed = False
        client = _client()
        _count(cluster_id, 1)
        try:
            self._way = _way(client, cluster_id, ",".join(addresses), by_objects)
        except BaseException:
            _count(cluster_id, -1)
            raise
        self.way = self._way.name

    def ask(self, operation: Ask, events: NDArray[Any], answer: np.dtype[Any]) -> NDArray[Any]:
        """Send `events` (at most `MESSAGE_BYTES_MAX`, at least one) and give the answer as records of `answer`.

        Raises `EngineUnavailable` past the deadline: whether the request was or will be carried out is unknown.
        """
        assert 0 < events.nbytes <= MESSAGE_BYTES_MAX, "a message holds at least one event, and fits"
        until = time.monotonic_ns() + self._deadline_s * _NS
        if not self._busy.acquire(timeout=self._deadline_s):
            raise EngineUnavailable(f"another request was under way for {self._deadline_s} s; nothing was sent")
        try:
            if self._lost is not None:
                raise self._lost
            if self._unanswered is not None:
                if not self._unanswered.wait(_left(until)):
                    raise EngineUnavailable(
                        f"an earlier request is still unanswered after another {self._deadline_s} s; nothing was sent"
                    )
                self._unanswered = None
            return np.frombuffer(self._sent(operation, events, until), answer)
        finally:
            self._busy.release()

    def _sent(self, operation: int, events: NDArray[Any], until: int) -> bytes:
        answered = threading.Event()
        endings: list[Ending] = []

        def end(ending: Ending) -> None:
            endings.append(ending)
            answered.set()

        self._way.send(operation, np.ascontiguousarray(events), end)
        if not answered.wait(_left(until)):
            self._unanswered = answered
            raise EngineUnavailable(f"the cluster did not answer within {self._deadline_s} s; ask again later with the same ids")
        (ending,) = endings
        if isinstance(ending, Exception):
            self._lost = ending
            raise ending
        return ending

    def close(self) -> None:
        """End the session; what is unanswered stays unknown. Closing twice does nothing."""
        if self._closed:
            return
        self._closed = True
        self._lost = self._lost or EngineUnavailable("the books are closed; nothing was sent")
        self._way.close()
        _count(self._cluster_id, -1)


def _left(until: int) -> Any:
    return max(until - time.monotonic_ns(), 0) / _NS


def _client() -> ModuleType:
    try:
        import tigerbeetle
    except ImportError as fault:
        raise ImportError(
            "the books are on TigerBeetle, and its client is not installed: pip install 'fondaco[tigerbeetle]', or ./run extras in a checkout"
        ) from fault
    # The client tells of every attempt to connect; unless somebody listens, what we raise says it once.
    logging.getLogger("tigerbeetle").addHandler(logging.NullHandler())
    return tigerbeetle


def _way(client: ModuleType, cluster_id: int, addresses: str, by_objects: bool) -> _Way:
    if not by_objects:
        faults = packet_faults(client.bindings, _release())
        if not faults:
            return _Packets(client.bindings, cluster_id, addresses)
        _log.warning("TigerBeetle is asked by its client's public methods, several times slower: %s", "; ".join(faults))
    return _Objects(client, cluster_id, addresses)


def _count(cluster_id: int, change: int) -> None:
    with _sessions_lock:
        held = _sessions.get(cluster_id, 0) + change
        if held > SESSIONS_MAX:
            raise ClusterRefused(
                f"this process has {SESSIONS_MAX} sessions with cluster {cluster_id}; one more would evict the oldest"
            )
        _sessions[cluster_id] = held

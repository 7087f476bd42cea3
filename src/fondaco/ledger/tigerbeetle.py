"""The distributed engine: a TigerBeetle cluster keeps the books and carries the law out itself; here its messages are made and read.

What differs from the engines that run our own kernel, and why, stands in docs/decisions/0019.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fondaco.ledger.engine import (
    ACCOUNT,
    BALANCE_MAX,
    BATCH_MAX,
    TRANSFER,
    Account,
    Accounts,
    Balance,
    ByRecord,
    Status,
    Statuses,
    Transfer,
    TransferFlag,
    Transfers,
    decode,
    decode_accounts,
)
from fondaco.ledger.recall import transfer_again
from fondaco.ledger.tigerbeetle_client import CHANGE, CHANGES, CHANGES_MAX, QUERY, RESULT, Ask, Session, halves, integers

DEADLINE_S = 10
_CREATED = 0xFFFFFFFF
_EXPIRED = 4
_NS = 1_000_000_000
_RESOLVES = int(TransferFlag.POST_PENDING | TransferFlag.VOID_PENDING)
_PENDING, _VOID = int(TransferFlag.PENDING), int(TransferFlag.VOID_PENDING)
# Of these the amount is a bound, or means all of it: the cluster makes it fit what is there.
_BOUNDED = _RESOLVES | int(TransferFlag.BALANCING_DEBIT | TransferFlag.BALANCING_CREDIT)


class TigerbeetleEngine(ByRecord):
    """Books on a TigerBeetle cluster; an event is answered once the cluster's quorum has it on disk.

    The cluster stamps every event by its own clock. With `instants` (what the hub opens) the instant handed to `book` is kept in
    `user_data_64`, which then is not the booker's, and `history` tells it; without, user data are the booker's and `history` tells the
    cluster's time. Pending transfers expire by the cluster's clock.

    Raises `EngineUnavailable` where the cluster does not answer within `deadline_s` whole seconds, its kin `ClusterRefused` where it
    never will, `ImportError` where the extra `tigerbeetle` is not installed.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        cluster_id: int = 0,
        deadline_s: int = DEADLINE_S,
        *,
        instants: bool = True,
        by_objects: bool = False,
    ) -> None:
        """`addresses` are those of all replicas, in the order of their numbers; `by_objects` takes the client's public methods alone."""
        self._instants = instants
        self._session = Session(addresses, cluster_id, deadline_s, by_objects=by_objects)
        # Expiries up to this time of the cluster were told.
        self._told = 0
        try:
            self._lookup([1])
        except BaseException:
            self._session.close()
            raise

    @property
    def way(self) -> str:
        """How the client is asked: `packets`, or `objects` where its release is not the one whose packets we know."""
        return self._session.way

    def open_accounts(self, records: Accounts, at_ns: int) -> Statuses:
        """As `Engine.open_accounts`; the cluster stamps accounts itself, `at_ns` is kept nowhere."""
        return self._create(Ask.CREATE_ACCOUNTS, np.ascontiguousarray(records, ACCOUNT))

    def book(self, records: Transfers, at_ns: int) -> Statuses:
        """As `Engine.book`. The same again answers EXISTS also at another instant; the first one stands.

        An amount above 2^63-1 answers OVERFLOWS_DEBITS_PENDING or OVERFLOWS_DEBITS_POSTED and moves nothing, also where our kernel would
        first find that an account is not there or closed: which those are only the cluster knows. Raises `ValueError`, before
        anything is sent, for too many events, and for user data in the instant's place.
        """
        records = np.ascontiguousarray(records, TRANSFER)
        sent = stamped(records, at_ns) if self._instants else records
        sent, excessive = without_excess(sent)
        statuses = self._create(Ask.CREATE_TRANSFERS, sent)
        if len(excessive):
            statuses = excess_told(records, statuses, excessive)
        return self._but_for_instants(sent, statuses) if self._instants else statuses

    def book_all(self, messages: Sequence[Transfers], at_ns: int) -> list[Statuses]:
        """As `book` for each of `messages`, in as few requests as they fit into: the cluster makes each request durable at once."""
        answers: list[Statuses] = []
        for group in grouped(messages):
            statuses = self.book(np.concatenate(group), at_ns)
            ends = np.cumsum([len(message) for message in group])[:-1]
            answers += np.split(statuses, ends)
        return answers

    def expire(self, at_ns: int) -> list[tuple[int, int]]:
        """The cluster releases by itself, whatever `at_ns`; told are the releases that this object has not told before."""
        told = []
        for event in self._expiries(self._told + 1):
            self._told = int(event["timestamp"])
            told.append((_wide(event["transfer_id"]), _wide(event["transfer_amount"])))
        return told

    def balance(self, account_id: int) -> Balance | None:
        """As `Engine.balance`. Raises `EngineUnavailable`."""
        found = self._lookup([account_id])
        return _balances(found)[0] if len(found) else None

    def room(self, account_id: int) -> int:
        """As `Engine.room`. Raises `EngineUnavailable`."""
        found = self.balance(account_id)
        return found.room if found is not None else 0

    def accounts(self) -> Iterator[tuple[Account, Balance]]:
        """As `Engine.accounts`. Pages are read one after the other: only while nobody books are they one state."""
        pages = list(self._pages(Ask.QUERY_ACCOUNTS, ACCOUNT))
        found = [pair for page in pages for pair in zip(decode_accounts(page.tobytes()), _balances(page), strict=True)]
        yield from sorted(found, key=lambda pair: pair[0].id)

    def sums(self) -> Iterator[tuple[int, int, int]]:
        """As `Engine.sums`, in the order of ledgers."""
        totals: dict[int, list[int]] = {}
        for page in self._pages(Ask.QUERY_ACCOUNTS, ACCOUNT):
            for ledger, balance in zip(page["ledger"].tolist(), _balances(page), strict=True):
                total = totals.setdefault(ledger, [0, 0])
                total[0] += balance.net
                total[1] += balance.credits_pending - balance.debits_pending
        for ledger in sorted(totals):
            yield ledger, totals[ledger][0], totals[ledger][1]

    def history(self) -> Iterator[tuple[int, Transfer, int]]:
        """As `Engine.history`, with every transfer as it was recorded: its actual amount, what it took from its pending one filled in.

        With instants, each is that of its message, or one more than the one before it where that is later; an expiry's is the
        pending transfer's and its timeout.
        """
        last = 0
        for at, transfer, moved in self._told_by_cluster():
            last = max(last + 1, at) if self._instants else at
            yield last, transfer._replace(timestamp=last), moved

    def close(self) -> None:
        """As `Engine.close`."""
        self._session.close()

    # Events

    def _create(self, operation: Ask, records: NDArray[Any]) -> Statuses:
        if len(records) > BATCH_MAX:
            raise ValueError(f"{len(records)} events; a message holds {BATCH_MAX}")
        if not len(records):
            return np.zeros(0, np.uint32)
        return statuses_of(self._session.ask(operation, records, RESULT), len(records))

    def _but_for_instants(self, sent: Transfers, statuses: Statuses) -> Statuses:
        """Asked again at another instant, the cluster finds user data that differ: compare what it would have compared after them."""
        places = np.flatnonzero(statuses == Status.EXISTS_WITH_DIFFERENT_USER_DATA_64)
        if not len(places):
            return statuses
        statuses = statuses.copy()
        asked = decode(sent[places].tobytes())
        kept = self._transfers([event.id for event in asked])
        pendings = self._transfers([event.pending_id for event in asked if event.flags & _RESOLVES])
        for place, event in zip(places.tolist(), asked, strict=True):
            statuses[place] = but_for_the_instant(event, kept[event.id], pendings.get(event.pending_id))
        return statuses

    def _transfers(self, ids: Sequence[int]) -> dict[int, Transfer]:
        """The transfers with these ids that are on the books."""
        if not ids:
            return {}
        found = self._session.ask(Ask.LOOKUP_TRANSFERS, halves(ids), TRANSFER)
        return {one.id: one for one in decode(found.tobytes())}

    # Reading

    def _lookup(self, ids: Sequence[int]) -> Accounts:
        return self._session.ask(Ask.LOOKUP_ACCOUNTS, halves(ids), ACCOUNT)

    def _pages(self, operation: Ask, form: np.dtype[Any]) -> Iterator[NDArray[Any]]:
        """Everything, in the order of the cluster's timestamps; ends with the first page that is not full."""
        asked = np.zeros(1, QUERY)
        asked["limit"] = BATCH_MAX
        while True:
            page = self._session.ask(operation, asked, form)
            yield page
            if len(page) < BATCH_MAX:
                return
            asked = asked.copy()
            asked["timestamp_min"] = page["timestamp"][-1] + np.uint64(1)

    def _expiries(self, since: int) -> Iterator[Any]:
        """The change events of pending transfers that expired, from the cluster's time `since` on."""
        asked = np.zeros(1, CHANGES)
        asked["timestamp_min"] = since
        asked["limit"] = CHANGES_MAX
        while True:
            page = self._session.ask(Ask.GET_CHANGE_EVENTS, asked, CHANGE)
            yield from page[page["type"] == _EXPIRED]
            if len(page) < CHANGES_MAX:
                return
            asked = asked.copy()
            asked["timestamp_min"] = page["timestamp"][-1] + np.uint64(1)

    def _told_by_cluster(self) -> Iterator[tuple[int, Transfer, int]]:
        """Transfers and expiries in the order of the cluster's timestamps, each with its own instant.

        An expiry is no transfer, so it is read from the change events; those are read only from the first pending transfer on that
        can expire.
        """
        expiries: Iterator[Any] | None = None
        upcoming = None
        for page in self._pages(Ask.QUERY_TRANSFERS, TRANSFER):
            stamps = page["timestamp"].tolist()
            for stamp, recorded in zip(stamps, decode(page.tobytes()), strict=True):
                while upcoming is not None and int(upcoming["timestamp"]) < stamp:
                    yield self._expiry(upcoming)
                    assert expiries is not None
                    upcoming = next(expiries, None)
                if expiries is None and recorded.timeout:
                    expiries = self._expiries(stamp)
                    upcoming = next(expiries, None)
                yield self._told_of(recorded)
        while upcoming is not None and expiries is not None:
            yield self._expiry(upcoming)
            upcoming = next(expiries, None)

    def _told_of(self, recorded: Transfer) -> tuple[int, Transfer, int]:
        if self._instants:
            return recorded.user_data_64, recorded._replace(user_data_64=0), recorded.amount
        return recorded.timestamp, recorded, recorded.amount

    def _expiry(self, event: Any) -> tuple[int, Transfer, int]:
        amount = _wide(event["transfer_amount"])
        at = int(event["timestamp"])
        if self._instants:
            at = int(event["transfer_user_data_64"]) + int(event["transfer_timeout"]) * _NS
        return at, Transfer(0, 0, 0, amount, 0, 0, _VOID, _wide(event["transfer_id"])), amount


def grouped(messages: Sequence[Transfers]) -> list[list[Transfers]]:
    """Messages that may go in one request, in their order.

    A chain that a message leaves open is that message's fault: nothing follows it in its request, where the next one would close it.
    """
    groups: list[list[Transfers]] = []
    events, closed = 0, False
    for message in messages:
        if closed and events + len(message) <= BATCH_MAX:
            groups[-1].append(message)
            events += len(message)
        else:
            groups.append([message])
            events = len(message)
        closed = not len(message) or not int(message["flags"][-1]) & TransferFlag.LINKED
    return groups


def stamped(records: Transfers, at_ns: int) -> Transfers:
    """A copy that carries the instant where TigerBeetle offers room for a time of the caller's.

    One instant for all, so that an event that is asked again in another place of the same message still says the same. Raises
    `ValueError` where the booker has user data there.
    """
    if np.any(records["user_data_64"]):
        raise ValueError("on TigerBeetle user_data_64 holds the hub's instant; a transfer may not bring its own")
    stamped_ = records.copy()
    stamped_["user_data_64"] = at_ns
    return stamped_


def without_excess(records: Transfers) -> tuple[Transfers, NDArray[np.intp]]:
    """Take from events with an amount above 2^63-1 what could be applied; which they are, by place.

    TigerBeetle counts in 128 bits and would book them. With the code 0 it refuses them whatever is on its books, a chain as a whole, and
    only after it has looked at what it looks at before: the id, the flags, the ids of accounts. No id is burned.
    """
    high, low = records["amount"][:, 1], records["amount"][:, 0]
    excess = (
        ((high != 0) | (low > np.uint64(BALANCE_MAX))) & (records["flags"] & np.uint16(_BOUNDED) == 0) & (records["code"] != 0)
    )
    places = np.flatnonzero(excess)
    if not len(places):
        return records, places
    lessened = records.copy()
    lessened["code"][places] = 0
    return lessened, places


def excess_told(records: Transfers, statuses: Statuses, places: NDArray[np.intp]) -> Statuses:
    """Give the events that `without_excess` disarmed the status that our kernel gives them."""
    told = statuses.copy()
    refused = places[statuses[places] == Status.CODE_MUST_NOT_BE_ZERO]
    pending = records["flags"][refused] & np.uint16(_PENDING) != 0
    told[refused] = np.where(pending, int(Status.OVERFLOWS_DEBITS_PENDING), int(Status.OVERFLOWS_DEBITS_POSTED))
    return told


def statuses_of(results: NDArray[Any], count: int) -> Statuses:
    """Our statuses from the results of TigerBeetle 0.17: one for each event, created is 2^32-1 there and 0 here."""
    assert len(results) == count, f"{len(results)} results for {count} events"
    return np.where(results["status"] == _CREATED, np.uint32(0), results["status"]).astype(np.uint32)


def but_for_the_instant(event: Transfer, kept: Transfer, pending: Transfer | None) -> int:
    """The status of a transfer asked again, had it come at the instant at which it was first booked.

    `kept` is the transfer as recorded, `pending` the one that it posted or voided.
    """
    return transfer_again(event._replace(user_data_64=kept.user_data_64), kept, pending)


def _wide(halves_of: Any) -> int:
    return int(halves_of[0]) | int(halves_of[1]) << 64


def _balances(records: Accounts) -> list[Balance]:
    columns = (integers(records[name]) for name in ("debits_pending", "debits_posted", "credits_pending", "credits_posted"))
    return [Balance(*counters) for counters in zip(*columns, strict=True)]

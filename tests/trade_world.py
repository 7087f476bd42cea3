"""A small world of trade for tests: two banks' calendars, deeds, and books and a register that take what a machine decided."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime, time
from typing import Any

from fondaco.core import Calendar, Holiday, Instant, Refusal, at
from fondaco.trade import Decided, Deed, Holding, Kind
from fondaco.trade.deadline import BankingPlace
from fondaco.trade.mt import LAYOUTS, compose, headers

HUB = ""
REM, COL = "FNDCSGSG", "FNDBBDDH"
DAY_NS = 86_400_000_000_000
_CLOSED = {date(2027, 3, 17): Holiday("Sheikh Mujibur Rahman's birthday", "written by us")}
_SINGAPORE = Calendar("Asia/Singapore", time(9), time(17), frozenset({5, 6}), date(2028, 12, 31), {}, date(2027, 1, 1))
_DHAKA = Calendar("Asia/Dhaka", time(10), time(16), frozenset({4, 5}), date(2028, 12, 31), _CLOSED, date(2027, 1, 1))
PLACES = {
    REM: BankingPlace(REM, "1", _SINGAPORE),
    COL: BankingPlace(COL, "1", _DHAKA),
    "FNDESGSG": BankingPlace("FNDESGSG", "1", _SINGAPORE),
    "SGSIN": BankingPlace("SGSIN", "1", _SINGAPORE),
    "BDDAC": BankingPlace("BDDAC", "1", _DHAKA),
}


def moment(text: str) -> Instant:
    """An instant from `2027-03-08T10:00` in UTC."""
    return at(datetime.fromisoformat(text).replace(tzinfo=UTC))


def deed(actor: str, instrument: str, version: int, action: str, **body: Any) -> Deed:
    return Deed("FNDCHUBX", actor, instrument, version, action, json.dumps(body).encode())


def batch(number: int) -> str:
    return f"{number:064x}"


class Books:
    """What the hub would keep: memoranda and margin by holding and currency, and who holds each record. It checks as it takes."""

    def __init__(self) -> None:
        self.balances: defaultdict[tuple[Holding, str], int] = defaultdict(int)
        self.holders: dict[str, str] = {}
        self.tells: list[tuple[str, str, dict[str, str]]] = []

    def take(self, decided: Decided[Any]) -> None:
        for entry in decided.entries:
            assert entry.minor > 0
            self.balances[entry.debit, entry.currency] -= entry.minor
            self.balances[entry.credit, entry.currency] += entry.minor
        for step in decided.control:
            assert self.holders.setdefault(step.record, step.giver) == step.giver, "only its holder gives a record"
            self.holders[step.record] = step.taker
        for tell in decided.tells:
            kind = tell.kind.removeprefix("MT")
            if kind in LAYOUTS:
                # What a bank is told could leave the house as it is: every field in its place and form.
                compose(kind, json.loads(tell.body).items(), headers(kind, REM, COL))
            self.tells.append((tell.recipient, tell.kind, json.loads(tell.body)))
        self.check()

    def check(self) -> None:
        """Memoranda add up to nothing by instrument and currency, liabilities and margin are never below nothing, claims never above."""
        sums: defaultdict[tuple[str, str], int] = defaultdict(int)
        for (holding, currency), minor in self.balances.items():
            if holding.kind in (Kind.MARGIN, Kind.MONEY):
                assert minor >= 0 or holding.kind is Kind.MONEY
                continue
            sums[holding.instrument, currency] += minor
            owed = holding.kind in (
                Kind.OBLIGATION_LIABILITY, Kind.COLLECTION_LIABILITY, Kind.CONTINGENT_LIABILITY, Kind.ACCEPTED_LIABILITY,
                Kind.NEGOTIATED_ADVANCE, Kind.NEGOTIATED_DISCOUNT, Kind.RECOURSE_LIABILITY,
            )  # fmt: skip
            assert minor >= 0 if owed else minor <= 0, holding
        assert not any(sums.values())

    def standing(self) -> dict[tuple[Kind, str], int]:
        """What is not nothing, by kind and holder."""
        return {(h.kind, h.holder): minor for (h, _), minor in self.balances.items() if minor}

    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.tells]


def taken(answer: Any) -> Any:
    """The decision, where it is one; else the test fails with what was refused."""
    assert not isinstance(answer, Refusal), answer.sentence()
    assert answer is not None
    return answer

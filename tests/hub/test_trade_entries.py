"""Money, margins and memoranda that a machine decides move in one chain, or not at all; a machine of three lines stands in for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fondaco.core import Instant, Reason, Refusal
from fondaco.hub import Perform, prove_hub
from fondaco.hub.machines import Outcome
from fondaco.hub.state import Batch
from fondaco.hub.trade_shelf import TradeShelf
from fondaco.ledger import Role, account_id, instrument_number, memo_ledger_of
from fondaco.reporting import differences
from fondaco.trade import Deed, Entry, Holding, Kind
from trades import EXPORTER, IMPORTER, TradeDesk, signed
from union import HUB, SG1, SG2, agree

LC = "LC-000001"


class Standing(msgspec.Struct, frozen=True):
    """An instrument that only counts its steps."""

    version: int


class Machine:
    """Books whatever its deed says: rows of (debit kind, holder, credit kind, holder, currency, minor units)."""

    begins = frozenset({"BEGIN"})

    def __init__(self, shelf: TradeShelf) -> None:
        self._shelf = shelf

    def decide(self, deed: Deed, at: Instant, signers: Sequence[str]) -> Outcome | Refusal:
        said = msgspec.json.decode(deed.body or b"{}", type=dict[str, list[tuple[str, str, str, str, str, int]]])
        rows = said.get("rows", [])
        entries = tuple(Entry(self._of(a, b), self._of(c, d), e, f) for a, b, c, d, e, f in rows)
        return Outcome(LC, deed.version + 1, LC if not deed.version else "", entries, (), (), (Standing(deed.version + 1),))

    def _of(self, kind: str, holder: str) -> Holding:
        return Holding(Kind[kind], holder, "" if kind == "MONEY" else LC)

    def elapse(self, instrument: str, at: Instant) -> Outcome | None:
        return None

    def due(self, instrument: str) -> int:
        return 0

    def dues(self) -> list[tuple[int, str]]:
        return []

    def keep(self, batch: Batch, change: Any) -> None:
        self._shelf.put(batch, "stand_in", LC, change)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TradeDesk]:
    made = TradeDesk(tmp_path / "hub")
    made.hub.trading.machines["LC"] = Machine(made.hub.trading.shelf)
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def deed(actor: str, version: int, *rows: tuple[str, str, str, str, str, int]) -> Deed:
    body = msgspec.json.encode({"rows": rows})
    return signed(Deed(HUB, actor, LC if version else "", version, "MOVE" if version else "BEGIN", body))


def net(desk: TradeDesk, kind: Role, holder: str, ledger: int) -> int:
    number = desk.hub.trading.parties.number_of(holder)
    found = desk.hub.books.balance(account_id(kind, ledger, number, instrument_number(LC)))
    return found.net if found is not None else 0


SGD, MEMO = 70202, memo_ledger_of(702, 2)
ISSUED = ("CONTINGENT_CLAIM", IMPORTER, "CONTINGENT_LIABILITY", SG1, "SGD", 5_000_00)
COVER = ("MONEY", SG1, "MARGIN", SG1, "SGD", 500_00)


def test_what_a_credit_promises_and_what_covers_it_stand_on_their_accounts(desk: TradeDesk) -> None:
    before = desk.balance(SG1, "SGD")
    assert desk.perform(deed(SG1, 0, ISSUED, COVER)) == f"{LC} 1"
    assert net(desk, Role.CONTINGENT_CLAIM, IMPORTER, MEMO) == -5_000_00
    assert net(desk, Role.CONTINGENT_LIABILITY, SG1, MEMO) == 5_000_00
    assert net(desk, Role.MARGIN, SG1, SGD) == 500_00 and before - desk.balance(SG1, "SGD") == 500_00
    # At the settlement agent the margin is still the participant's money.
    assert differences(desk.hub.books, desk.rules, desk.hub.desk.ledgers, desk.world.balances()) == []


def test_money_that_pays_under_an_instrument_reaches_the_agents_with_the_next_cycle(desk: TradeDesk) -> None:
    assert desk.perform(deed(SG1, 0, ISSUED, COVER)) == f"{LC} 1"
    payer, payee = desk.balance(SG1, "SGD"), desk.balance(SG2, "SGD")
    honoured = ("MONEY", SG1, "MONEY", SG2, "SGD", 4_500_00)
    closed = ("CONTINGENT_LIABILITY", SG1, "CONTINGENT_CLAIM", IMPORTER, "SGD", 5_000_00)
    assert desk.perform(deed(SG1, 1, honoured, ("MARGIN", SG1, "MONEY", SG1, "SGD", 500_00), closed)) == f"{LC} 2"
    assert desk.balance(SG2, "SGD") - payee == 4_500_00 and payer - desk.balance(SG1, "SGD") == 4_000_00
    gross = {(code, number): minor for (code, number), minor in desk.hub.desk.gross.items() if minor}
    numbers = desk.rules.participants
    assert gross == {("SGD", numbers[SG1].number): -4_500_00, ("SGD", numbers[SG2].number): 4_500_00}
    assert net(desk, Role.CONTINGENT_CLAIM, IMPORTER, MEMO) == net(desk, Role.MARGIN, SG1, SGD) == 0


def test_money_that_is_not_there_moves_nothing_else_either(desk: TradeDesk) -> None:
    books = [one for one in desk.books() if one[1] != (0, 0, 0, 0)]
    too_much = ("MONEY", SG1, "MARGIN", SG1, "SGD", 2_000_000_00)
    answer = desk.perform(deed(SG1, 0, ISSUED, too_much))
    assert isinstance(answer, Refusal) and (answer.reason, answer.article) == (Reason.INSUFFICIENT_FUNDS, "7.3")
    assert [one for one in desk.books() if one[1] != (0, 0, 0, 0)] == books
    assert desk.perform(deed(SG1, 0, ISSUED, COVER)) == f"{LC} 1", "the instrument had not begun"
    assert isinstance(desk.perform(deed(SG1, 1, ("MARGIN", SG1, "MONEY", SG1, "SGD", 500_01))), Refusal)


def test_nothing_moves_for_a_party_that_nobody_knows_or_that_is_held(desk: TradeDesk) -> None:
    for holder in ("NOBODY-AT-ALL", "ZZNOSG01"):
        answer = desk.perform(deed(SG1, 0, ("CONTINGENT_CLAIM", holder, "CONTINGENT_LIABILITY", SG1, "SGD", 1)))
        assert isinstance(answer, Refusal) and answer.reason is Reason.NOT_FOUND
    assert desk.hub.trading.shelf.get("stand_in", LC, Standing) is None


def test_two_deeds_of_one_batch_that_move_money_each_find_what_the_other_left(desk: TradeDesk) -> None:
    all_there_is = desk.balance(SG1, "SGD")
    first = deed(SG1, 0, ("MONEY", SG1, "MARGIN", SG1, "SGD", all_there_is))
    second = deed(SG1, 1, ("MONEY", SG1, "MARGIN", SG1, "SGD", 1))
    answer = desk.do(Perform(first), Perform(second))
    assert isinstance(answer, Refusal) and desk.balance(SG1, "SGD") == 0
    assert EXPORTER in desk.hub.trading.parties.known


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_deed_may_say_nothing_but_its_action(desk: TradeDesk, body: bytes) -> None:
    assert desk.perform(signed(Deed(HUB, SG1, "", 0, "BEGIN", body))) == f"{LC} 1"
    answer = desk.perform(signed(Deed(HUB, SG1, "", 0, "UNHEARD_OF", body)))
    assert isinstance(answer, Refusal) and answer.reason is Reason.CODE_UNKNOWN
    answer = desk.perform(signed(Deed(HUB, SG1, "XY-000001", 1, "MOVE", body)))
    assert isinstance(answer, Refusal) and answer.reason is Reason.NOT_FOUND

"""The simulated world: the same for a seed, and as strict with money as the real one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from fondaco.core import Instant, MalformedMessage, utc_text
from fondaco.messages import CustomerTransfers, LiquidityTransfer, Movement, Receipt, StatusReport, camt_050, pacs_029, read, wrap
from fondaco.simulation import BAD_KINDS, DEMO_DAY, Traffic, World, WorldGone, WorldProcess, day_bounds, lay_out
from union import HUB, SG1, Desk

_DRAW = """
import hashlib, sys, tempfile
from pathlib import Path
from fondaco.hub import scheme_of
from fondaco.simulation import DEMO_DAY, Traffic, day_bounds, lay_out
if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp()) / "h"
    lay_out(folder)
    traffic = Traffic(scheme_of(folder).on(DEMO_DAY), 5, parties=500, listed=("Zed Zedson",))
    digest = hashlib.sha256()
    for one in traffic.messages(300, *day_bounds(DEMO_DAY), bad_share=0.3):
        digest.update(one.raw + one.sender.encode() + str(int(one.at)).encode())
    print(digest.hexdigest())
"""


def test_the_same_seed_draws_the_same_bytes_in_any_process() -> None:
    drawn = {
        subprocess.run(
            [sys.executable, "-c", _DRAW], check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": str(n)}
        ).stdout
        for n in (1, 2)
    }
    assert len(drawn) == 1


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Traffic:
    from fondaco.hub import scheme_of

    folder = tmp_path_factory.mktemp("t") / "hub"
    lay_out(folder)
    return Traffic(scheme_of(folder).on(DEMO_DAY), 7, parties=500, listed=("Sorvemir Brulomarov",))


def test_good_messages_are_good_and_bad_ones_are_bad_as_they_say(traffic: Traffic) -> None:
    kinds: Counter[str] = Counter()
    for one in traffic.messages(1_500, *day_bounds(DEMO_DAY), bad_share=0.3):
        kinds[one.bad] += 1
        if one.bad in ("not well-formed", "wrong UETR"):
            with pytest.raises(MalformedMessage):
                read(one.raw, bulk=True)
            continue
        body = read(one.raw, bulk=True).body
        assert isinstance(body, CustomerTransfers) and len(body.transfers) == one.transactions
        faults = {fault.reason.name for transfer in body.transfers for fault in transfer.faults}
        expected = {"wrong decimals": {"DECIMALS_WRONG"}, "wrong IBAN": {"ACCOUNT_WRONG"}}
        assert faults == expected.get(one.bad, set()), one.bad
    assert set(kinds) - {""} == set(BAD_KINDS)


def agent_message(kind: str, content: str, name: str) -> tuple[str, str, bytes]:
    return ("ZZCBSG00", kind, wrap(kind, HUB, "ZZCBSG00", name, utc_text(Instant(0)), content))


def test_an_agent_moves_money_once_and_never_more_than_there_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path, prefund="100")
    world = World(desk.rules)
    text = utc_text(Instant(0))

    def deposit(name: str, minor: int, creditor: str, debtor: str) -> str:
        content = camt_050(name, text, LiquidityTransfer("F", name, creditor, debtor, "SGD", minor))
        ((_, raw),) = world.exchange([agent_message("camt.050.001.07", content, name)], Instant(0))
        body = read(raw).body
        assert isinstance(body, Receipt)
        return body.status

    assert deposit("D1", 500, HUB, SG1) == "ACSC" and deposit("D1", 500, HUB, SG1) == "ACSC"
    assert world.balances()["SGD"] == {SG1: 500}, "the same message again moves nothing"
    assert deposit("D2", 10**17, HUB, SG1) == "RJCT"
    assert deposit("D3", 501, SG1, HUB) == "RJCT" and deposit("D4", 200, SG1, HUB) == "ACSC"
    assert world.balances()["SGD"] == {SG1: 300}
    moves = [Movement("C1A1P10", SG1, "SGD", -301), Movement("C1A1P11", "ZZBBSG02", "SGD", 301)]
    ((_, raw),) = world.exchange([agent_message("pacs.029.001.02", pacs_029("N1", text, "C1A1", moves), "N1")], Instant(0))
    body = read(raw).body
    assert isinstance(body, StatusReport) and body.group_status == "RJCT" and body.statuses[0].instruction_id == "C1A1P10"
    desk.close()


def test_a_world_that_died_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path, prefund="100")
    world = WorldProcess(desk.rules)
    world._process.kill()
    world._process.join()
    with pytest.raises(WorldGone):
        world.exchange([("X", "camt.050", b"")], Instant(0))
    desk.close()


def test_names_draw_by_zipf(traffic: Traffic) -> None:
    drawn = Counter(traffic.party()[0] for _ in range(5_000))
    assert drawn.most_common(1)[0][1] > 300 and len(drawn) > 200

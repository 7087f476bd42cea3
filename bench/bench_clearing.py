"""How much of what waits settles under tight caps, how near the most that is, and how long it takes, beside usual ways.

    ./run bench clearing [--payments 100000] [--seeds 3]

Crowds are drawn with a seed: banks of Zipf's sizes that pay and receive unlike shares, amounts lognormal (sigma 1.7, within the 1.3 to 1.7
that customers' payments show), caps of 2 % of each bank's turnover. Figures are medians over the seeds; gaps are shares of the bound
that the prices prove. `time_s` is the search alone, `check_s` the independent check of its proof, in plain Python.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import highspy
import numpy as np

from fondaco.clearing import (
    Budget,
    Crowd,
    Effort,
    faults_of_proof,
    first_in_first_out,
    gross_with_bypass,
    maximum,
    proof_of,
    settle_most,
)
from fondaco.clearing.crowd import room_after, value_of
from fondaco.clearing.debt_circles import circulation
from fondaco.clearing.flow_bound import bound_of, cheapest_flow, relaxed

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FONDACO_SHARED", ROOT.parent / "shared")) / "data"
CAP_PERCENT = 2
# Large payments and the middle ones, in turn.
_ALTERNATING = (Effort(2_000), Effort(500, 2_000), Effort(2_000), Effort(300, 1_500), Effort(1_500), Effort(300, 1_500))
# What a union of so many banks may spend: the fewer banks, the more payments each pair has, and the less there is to search.
BUDGETS = {
    100: Budget(gap_ppm=4_000, rounds=2, tries=200, programs=(Effort(2_000),)),
    200: Budget(gap_ppm=2_500, rounds=2, tries=200, programs=(Effort(2_000), Effort(500, 2_000))),
    500: Budget(gap_ppm=9_500, rounds=4, programs=_ALTERNATING),
}


def crowd(banks: int, payments: int, seed: int) -> Crowd:
    draw = np.random.default_rng(seed)
    sizes = 1 / np.arange(1, banks + 1)
    shares = [sizes * np.exp(draw.normal(0, 0.4, banks)) for _ in range(2)]
    payers, payees = (draw.choice(banks, payments * 2, p=share / share.sum()) for share in shares)
    kept = np.nonzero(payers != payees)[0][:payments]
    payers, payees = payers[kept].astype(np.int64), payees[kept].astype(np.int64)
    minor = np.maximum(1, np.exp(draw.normal(12, 1.7, payments)).astype(np.int64))
    turnover = np.zeros(banks, np.int64)
    np.add.at(turnover, payers, minor)
    np.add.at(turnover, payees, minor)
    return Crowd(payers, payees, minor, turnover * CAP_PERCENT // 200)


def timed(deed: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    answer = deed()
    return time.perf_counter() - begun, answer


def highs_bound(one: Crowd) -> float:
    """The relaxation over payments, one column each, as one would hand it to a general solver."""
    count, banks = len(one.minor), len(one.caps)
    lp = highspy.HighsLp()
    scale = float(one.minor.max()) / 1e4
    amounts = one.minor / scale
    lp.num_col_, lp.num_row_, lp.sense_ = count, banks, highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = amounts, np.zeros(count), np.ones(count)
    lp.row_lower_, lp.row_upper_ = np.full(banks, -highspy.kHighsInf), one.caps / scale
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.arange(count + 1) * 2
    lp.a_matrix_.index_ = np.stack([one.payers, one.payees], axis=1).ravel().astype(np.int32)
    lp.a_matrix_.value_ = np.stack([amounts, -amounts], axis=1).ravel()
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.passModel(lp)
    model.run()
    return float(model.getInfo().objective_function_value) * scale


def measured(banks: int, payments: int, seed: int) -> dict[str, float]:
    one = crowd(banks, payments, seed)
    checks = []

    def check(proof: dict[str, Any]) -> list[str]:
        spent, faults = timed(lambda: faults_of_proof(proof))
        checks.append(spent)
        return list(faults)

    maximum.faults_of_proof = check  # type: ignore[assignment]
    total, settled = timed(lambda: settle_most(one, BUDGETS[banks]))
    proofs, _ = timed(lambda: proof_of(one, settled))
    assert (room_after(one, settled.marks) >= 0).all()
    fair, passed = value_of(one, first_in_first_out(one)), value_of(one, gross_with_bypass(one))
    found = {
        "gap": 1 - settled.value / settled.bound,
        "time_s": total - sum(checks) - len(checks) * proofs,
        "check_s": statistics.median(checks) + proofs,
        "value_vs_fifo": settled.value / fair,
        "value_vs_bypass": settled.value / passed,
    }
    print(
        f"  {banks} banks, seed {seed}, {settled.way}: { {key: round(value, 4) for key, value in found.items()} }",
        file=sys.stderr,
    )
    return found


def bounds(payments: int, seed: int) -> float:
    """How many times faster the certified bound is than the general solver's, at 500 banks; both must be the same number."""
    one = crowd(500, payments, seed)
    ours, flow = timed(lambda: relaxed(one, "flow"))
    proved, bound = timed(lambda: bound_of(one, flow.prices))
    theirs, other = timed(lambda: highs_bound(one))
    assert abs(other - bound) <= 1e-6 * bound, f"{other} by HiGHS, {bound} by prices"
    return theirs / (ours + proved)


def netting_s(obligations: int = 10_000_000, banks: int = 200) -> float:
    """Seconds to net so many obligations of one currency exactly, in 64-bit whole numbers."""
    draw = np.random.default_rng(5)
    payers, payees = draw.integers(0, banks, obligations), draw.integers(0, banks, obligations)
    minor = draw.integers(1, 10**9, obligations)

    def net() -> Any:
        positions = np.zeros(banks, np.int64)
        np.subtract.at(positions, payers, minor)
        np.add.at(positions, payees, minor)
        return positions

    spent, positions = min((timed(net) for _ in range(3)), key=lambda one: one[0])
    assert positions.sum() == 0
    return spent


def ubin() -> tuple[int | None, int | None]:
    """Tables of Project Ubin Phase 2 whose closing balances equal the published EAF2 column, and the value that exact sets settle."""
    path = SHARED / "flows" / "ubin_phase2_lsm_tables.json"
    if not path.exists():
        return None, None
    equal = exact = 0
    for table in json.loads(path.read_text())["tables"]:
        number = {name: at for at, name in enumerate(table["opening"])}
        rows = np.array([(number[p["payer"]], number[p["payee"]], p["amount"]) for p in table["payments"]], np.int64)
        one = Crowd(*(rows[:, at].copy() for at in range(3)), np.array(list(table["opening"].values()), np.int64))
        equal += room_after(one, first_in_first_out(one)).tolist() == table["closing"]["quorum"]
        exact += settle_most(one).value
    return equal, exact


def set_off_s(invoices: int = 1_000_000, firms: int = 25_000) -> float:
    """Seconds to clear the most of so many invoices between firms drawn alike, merging and cutting down included; proved before it counts."""
    draw = np.random.default_rng(1)
    payers, payees = draw.integers(0, firms, invoices), draw.integers(0, firms, invoices)
    minor = np.maximum(1, np.exp(draw.normal(8, 1.5, invoices)).astype(np.int64))
    kept = payers != payees
    debts = Crowd(payers[kept], payees[kept], minor[kept], np.zeros(firms, np.int64))
    cheapest_flow(np.array([0, 1]), np.array([1, 0]), np.array([2, 3]), np.array([-1, 1]), "paths")  # the loops are loaded
    spent, (cleared, prices) = timed(lambda: circulation(debts))
    assert cleared.sum() == bound_of(debts, prices)
    return spent


def wiod() -> dict[str, float | None]:
    """What a circulation clears of what industries owed each other in the world's input-output table of 2011, and of what crosses a border."""
    folder = SHARED / "flows"
    if not folder.exists():
        return {"wiod_cleared": None, "wiod_cross_border_cleared": None}
    with (folder / "wiod2013_nodes.csv").open() as file:
        country = np.array([row["country"] for row in csv.DictReader(file)])
    sellers, buyers, owed = np.loadtxt(
        folder / "wiod2013_intermediate_2011_sparse.csv.gz", delimiter=",", skiprows=1, dtype=np.int64, unpack=True
    )
    found: dict[str, float | None] = {}
    for key, rows in (("wiod_cleared", sellers >= 0), ("wiod_cross_border_cleared", country[sellers] != country[buyers])):
        debts = Crowd(buyers[rows], sellers[rows], owed[rows], np.zeros(len(country), np.int64))
        cleared, prices = circulation(debts)
        assert cleared.sum() == bound_of(debts, prices)
        found[key] = round(float(cleared.sum() / debts.minor.sum()), 4)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--payments", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    settle_most(crowd(100, 2_000, 0))  # loops are compiled before the clock runs
    result: dict[str, Any] = {}
    for banks in BUDGETS:
        rounds = [measured(banks, options.payments, seed + 1) for seed in range(options.seeds)]
        middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        result |= {f"gap_{banks}_banks": round(middle["gap"], 5), f"time_s_{banks}_banks": round(middle["time_s"], 3)}
        result |= {f"check_s_{banks}_banks": round(middle["check_s"], 3)}
        if banks == 500:
            result |= {key: round(middle[key], 2) for key in ("value_vs_fifo", "value_vs_bypass")}
    result["bound_vs_highs_ratio"] = round(statistics.median(bounds(options.payments, seed + 1) for seed in range(3)), 1)
    result["netting_10m_s"] = round(netting_s(), 3)
    result["ubin_eaf2_equal"], result["ubin_exact_settled"] = ubin()
    result |= wiod()
    result["setoff_1m_s"] = round(set_off_s(), 2)
    result |= {
        "load": round(os.getloadavg()[0], 2),
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
        ).stdout.strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        **{name: version(name) for name in ("numpy", "numba", "highspy", "pylmcf")},
    }
    path = ROOT / "bench" / "results.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | {"clearing": result}, indent=1) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()

"""How many presentations are examined a second, how long the slowest take, and what is found of what experts found.

    .venv/bin/python bench/trade_examination.py [--rounds 40] [--half development]

One examination goes from the bytes of terms and presentation to the report. They are the adjudicated cases in turn, and with each round one
presentation of an invoice of a hundred lines and forty containers. `cpu` is the processor's time, which a busy machine does not lengthen. Recall and precision count findings, not cases (tests/trade/adjudication.py).
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from fondaco.trade.examination import BankingDays, Report, examine_on, kind_of, read_presentation, read_terms  # noqa: E402
from trade.adjudication import Case, cases, score  # noqa: E402

LINES, CONTAINERS = 100, 40


def calendar_of(case: Case) -> BankingDays:
    return msgspec.json.decode(msgspec.json.encode(case.banking), type=BankingDays)


def examined(terms: bytes, presentation: bytes, calendar: BankingDays) -> Report:
    return examine_on(read_terms(terms), read_presentation(presentation), calendar)


def wide(terms: bytes, presentation: bytes) -> tuple[bytes, bytes]:
    """The same credit with a hundred goods, each on a line of its invoice, in forty containers."""
    credit, made = json.loads(terms), json.loads(presentation)
    names = [f"Spare part model P{number:03d}" for number in range(LINES)]
    quantity = {"value": "10", "unit": "H87"}
    credit["goods"] = [{"description": name, "quantity": quantity, "unit_price": "1.00"} for name in names]
    credit["goods_text"] = "Spare parts"
    for document in made["documents"]:
        if document["kind"] == "INVOICE":
            document["goods"] = [
                {"description": name, "quantity": quantity, "unit_price": "1.00", "amount": "10.00"} for name in names
            ]
            document["total"] = f"{LINES * 10}.00"
        if document["kind"] in ("TRANSPORT", "PACKING_LIST"):
            document["containers"] = [{"number": f"CSQU{number:07d}", "seal": f"S{number}"} for number in range(CONTAINERS)]
    return json.dumps(credit).encode(), json.dumps(made).encode()


def speed(half: str, rounds: int) -> dict[str, float]:
    chosen = [(case.terms, case.presentation, calendar_of(case)) for case in cases(half)]
    credit, clean = ((ROOT / "examples" / "trade" / name).read_bytes() for name in ("credit.json", "clean.json"))
    chosen.append((*wide(credit, clean), BankingDays()))
    for entry in chosen:
        examined(*entry)
    times, of_processor = [], []
    for _ in range(rounds):
        for entry in chosen:
            began, used = time.perf_counter_ns(), time.process_time_ns()
            examined(*entry)
            times.append(time.perf_counter_ns() - began)
            of_processor.append(time.process_time_ns() - used)
    times.sort()
    of_processor.sort()
    return {
        "examinations_per_s": round(len(times) / (sum(times) / 1e9), 1),
        "examination_median_ms": round(times[len(times) // 2] / 1e6, 2),
        "examination_p99_ms": round(times[len(times) * 99 // 100] / 1e6, 2),
        "examination_p99_cpu_ms": round(of_processor[len(of_processor) * 99 // 100] / 1e6, 2),
        "examination_max_ms": round(times[-1] / 1e6, 2),
    }


def found(half: str) -> dict[str, Any]:
    hits = missed = false = 0
    wrong: list[str] = []
    for case in cases(half):
        report = examined(case.terms, case.presentation, calendar_of(case))
        kinds = {one.id: kind_of(one) for one in read_presentation(case.presentation).documents}
        told = score(case, [(one.rule, one.document, kinds.get(one.document, one.document)) for one in report.of("DISCREPANCY")])
        hits, missed, false = hits + told.found, missed + len(told.missed), false + len(told.false)
        if told.missed or told.false:
            wrong.append(case.id)
    return {
        "lc_half": half,
        "lc_cases": len(cases(half)),
        "lc_discrepancies": hits + missed,
        "lc_recall": round(hits / (hits + missed), 4),
        "lc_precision": round(hits / (hits + false), 4),
        "lc_cases_wrong": wrong,
    }


def figures(half: str, rounds: int) -> dict[str, Any]:
    """The figures of examination, for `./run bench trade` to put beside the others."""
    return {**speed(half, rounds), **found(half)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--half", choices=("development", "heldout"), default="development")
    asked = parser.parse_args()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    print(
        json.dumps(
            {
                "bench": "trade_examination",
                **figures(asked.half, asked.rounds),
                "python": platform.python_version(),
                "commit": commit,
            }
        )
    )


if __name__ == "__main__":
    main()

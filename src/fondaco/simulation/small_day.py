"""One of the shipped scenarios, as large as somebody wants it, played in a process of its own: it is given a folder of its own and knows of no hub.

python -P -m fondaco.simulation.small_day FOLDER SCENARIO SEED BANKS PAYMENTS BALANCE CAP URGENT     # tables, pictures and result.json into FOLDER
"""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import msgspec

from fondaco.rulebook import Mistake
from fondaco.simulation.payments import payments_of
from fondaco.simulation.run import simulate, told_run, write_results
from fondaco.simulation.scenario import Scenario, raw_scenario, scenario_of

SCENARIOS = Path(__file__).parent / "scenarios"
RESULT = "result.json"
NICE = 10
# Who began it ends it earlier; this is for the day on which that is gone. Seconds.
ENDS_S = 150


def small_day(name: str, seed: int, banks: int, payments: int, balance: int, cap: int, urgent: int) -> Scenario | list[Mistake]:
    """The shipped scenario of this name with these numbers in place of its own: `balance` and `cap` are percentages of what each bank pays in the day, `urgent`
    is how many payments of a hundred are. Or every mistake."""
    file = SCENARIOS / f"{name}.toml"
    if not re.fullmatch(r"[a-z]{1,20}", name):
        return [Mistake("the command", "SCENARIO", "is no name of a shipped scenario")]
    raw = raw_scenario(file)
    if isinstance(raw, list):
        return raw
    raw["scenario"]["seed"] = seed
    raw["banks"] |= {"count": banks, "balance_percent": balance, "cap_percent": cap}
    raw["payments"] |= {"count": payments, "urgent_percent": urgent}
    return scenario_of(file, raw)


def main() -> int:
    os.nice(NICE)
    signal.alarm(ENDS_S)
    folder, name, *numbers = sys.argv[1:]
    scenario = small_day(name, *map(int, numbers))
    payments = scenario if isinstance(scenario, list) else payments_of(scenario)
    if isinstance(scenario, list) or isinstance(payments, list):
        sys.stderr.write(f"{payments}\n")
        return 2
    try:
        run = simulate(scenario, payments)
    except ValueError as fault:  # more money than 64 bits hold exactly
        sys.stderr.write(f"{fault}\n")
        return 2
    write_results(Path(folder), run)
    (Path(folder) / RESULT).write_bytes(msgspec.json.encode(told_run(run)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

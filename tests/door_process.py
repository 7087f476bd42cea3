"""A hub behind its door in a process of its own, at the hour of the demo's day: `python door_process.py FOLDER PORT KEYS START_NS`.

With FONDACO_TEST_DOORS in the environment, so many doors in processes of their own stand before it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from starlette.requests import Request

from fondaco.access import Caller, Proof, Role
from fondaco.api import Bundles, DemoKeys, Hello, House, application, log_in_json, read_settings, run, run_doors
from fondaco.core import Instant, Refusal
from fondaco.hub import close_hub, open_hub


class ShiftedClock:
    """The hour that a story is told at, running on as time does; never before what the journal knows."""

    def __init__(self, start: int, last: int) -> None:
        self._shift = max(start, last + 1) - time.monotonic_ns()
        self._last = last

    def now(self) -> Instant:
        self._last = max(self._last + 1, time.monotonic_ns() + self._shift)
        return Instant(self._last)


def made_up(header: str) -> Caller | None:
    """Whoever a test says: `Bearer caller:NAME:BIC:ROLE:PROOF:COUNTRIES:PARTY`."""
    kind, *words = header.removeprefix("Bearer ").split(":")
    if kind != "caller":
        return None
    name, bic, role, proof, countries, party = words
    return Caller(name, bic, frozenset({Role(role)}), Proof(proof), frozenset(countries.split()), party)


def main() -> None:
    folder, port, keys, start = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    log_in_json()
    hub = open_hub(folder)
    try:
        hub.take_mail()
        demo = DemoKeys(hub.desk.scheme)

        def authenticate(request: Request) -> Caller | Refusal:
            return made_up(request.headers.get("authorization", "")) or demo.authenticate(request)

        # A key that tests know; the log of looks of made-up callers has one line.
        bundles = Bundles(folder, lambda: (1, "ab" * 32), ec.derive_private_key(0xF07DAC0, ec.SECP256R1()))
        clock = ShiftedClock(start, hub.desk.counters.last_instant)
        house = House(hub, clock, folder, read_settings(folder), authenticate, bundles=bundles)
        demo.write(keys)
        doors = int(os.environ.get("FONDACO_TEST_DOORS", "0"))
        if doors:
            os.environ["FONDACO_TEST_KEYS"] = str(keys)
            hello = Hello(str(folder), "", house.settings, house.settings.connections_max)
            process = (sys.executable, str(Path(__file__).with_name("front_of_tests.py")))
            well = run_doors(application(house), house, "127.0.0.1", port, doors, hello, process)
        else:
            well = run(application(house), house, "127.0.0.1", port)
    finally:
        close_hub(hub)
    sys.exit(0 if well else 3)


if __name__ == "__main__":
    main()

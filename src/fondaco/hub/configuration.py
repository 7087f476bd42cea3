"""Which engine and which journal a hub's folder is opened with: `hub.toml`, or every mistake in it at once.

Without the file books and journal are embedded. What decides about payments stands in the rulebook; here stands only where things are
kept, so nothing here is agreed on, signed or dated.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fondaco.ledger import DEADLINE_S, addresses_faults
from fondaco.rulebook import Mistake

FILE = "hub.toml"
LEDGERS = ("sqlite", "postgres", "tigerbeetle")
JOURNALS = ("sqlite", "postgres")
KERNELS = ("auto", "compiled", "reference")
DEADLINE_S_MAX = 3600
_CLUSTER_ID_MAX = (1 << 128) - 1
# A password in either form of a connection string: `password=...`, or `postgresql://user:password@...`.
_PASSWORD = re.compile(r"(^|[\s?&])(ssl)?password\s*=|^postgres(ql)?://[^/@]*:[^/@]*@")

COMMENTED = f"""\
# Where this hub keeps its books and its journal. Every line is the default; a hub without this file is the same.
# A folder that was opened with one kind of books or journal cannot be opened with another.

# ledger = "sqlite"         # or "postgres", "tigerbeetle"
# journal = "sqlite"        # or "postgres"
# kernel = "reference"      # of books that are not on TigerBeetle: "compiled" (extra `fast`) books several times as many
#                           # transfers a second and takes a second longer at each start; "auto" takes it where it is installed

# For "postgres". Never a password: name a service, or let libpq find it in its passfile.
# dsn = "service=fondaco"

# For "tigerbeetle": the replicas in the order of their numbers, and how long an answer is waited for.
# addresses = ["10.0.0.1:3001", "10.0.0.2:3001", "10.0.0.3:3001"]
# cluster_id = 0
# deadline_s = {DEADLINE_S}
"""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What `hub.toml` says, or leaves as it is. `deadline_s` in whole seconds."""

    ledger: str = "sqlite"
    journal: str = "sqlite"
    kernel: str = "reference"
    dsn: str = ""
    addresses: tuple[str, ...] = ()
    cluster_id: int = 0
    deadline_s: int = DEADLINE_S

    @property
    def books(self) -> str:
        """The books that the folder belongs to, for ever: the kind of engine, and of a cluster its number."""
        return f"{self.ledger} {self.cluster_id}" if self.ledger == "tigerbeetle" else self.ledger


def read_configuration(folder: Path) -> Configuration | list[Mistake]:
    """What the folder is to be opened with, or all the mistakes in `hub.toml`, sorted."""
    path = folder / FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Configuration()
    except OSError as fault:
        return [Mistake(FILE, "-", f"cannot be read: {fault.strerror}")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        return [Mistake(FILE, "-", f"not TOML: {fault}")]
    mistakes = [Mistake(FILE, key, "is no key of this file") for key in found.keys() - _FAULTS.keys()]
    for key, fault_of in _FAULTS.items():
        if key in found:
            mistakes += [Mistake(FILE, key, reason) for reason in fault_of(found[key])]
    if not mistakes:
        mistakes = _contradictions(found)
    if mistakes:
        return sorted(mistakes)
    said: dict[str, Any] = {key: tuple(value) if key == "addresses" else value for key, value in found.items()}
    return Configuration(**said)


def _one_of(*choices: str) -> Callable[[Any], list[str]]:
    return lambda value: [] if value in choices else [f"{value!r} is none of {', '.join(choices)}"]


def _whole(least: int, most: int) -> Callable[[Any], list[str]]:
    # A boolean is an integer to Python and not to TOML.
    return lambda value: (
        [] if type(value) is int and least <= value <= most else [f"must be a whole number from {least} to {most}"]
    )


def _dsn_faults(value: Any) -> list[str]:
    if not isinstance(value, str) or not value.strip():
        return ["must be a connection string of PostgreSQL"]
    if _PASSWORD.search(value):
        return ["holds a password: name a service (service=...), or keep it in libpq's passfile"]
    return []


def _addresses_faults(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return ["must be a list of addresses, each NUMBER:PORT"]
    return addresses_faults(value)


_FAULTS: Mapping[str, Callable[[Any], list[str]]] = {
    "ledger": _one_of(*LEDGERS),
    "journal": _one_of(*JOURNALS),
    "kernel": _one_of(*KERNELS),
    "dsn": _dsn_faults,
    "addresses": _addresses_faults,
    "cluster_id": _whole(0, _CLUSTER_ID_MAX),
    "deadline_s": _whole(1, DEADLINE_S_MAX),
}


def _contradictions(found: Mapping[str, Any]) -> list[Mistake]:
    """Keys, each good alone, that do not go together: one that is missing, and those that nothing would read."""
    ledger, journal = found.get("ledger", "sqlite"), found.get("journal", "sqlite")
    postgres, tigerbeetle = "postgres" in (ledger, journal), ledger == "tigerbeetle"
    mistakes = []
    if postgres and "dsn" not in found:
        mistakes.append(Mistake(FILE, "dsn", "is needed: ledger or journal is on postgres"))
    if not postgres and "dsn" in found:
        mistakes.append(Mistake(FILE, "dsn", "is for postgres, which neither ledger nor journal is on"))
    if tigerbeetle and "addresses" not in found:
        mistakes.append(Mistake(FILE, "addresses", "are needed: the ledger is on tigerbeetle"))
    if not tigerbeetle:
        mistakes += [
            Mistake(FILE, key, f"is for tigerbeetle, and the ledger is {ledger}")
            for key in ("addresses", "cluster_id", "deadline_s")
            if key in found
        ]
    if tigerbeetle and "kernel" in found:
        mistakes.append(Mistake(FILE, "kernel", "is for sqlite and postgres: a TigerBeetle cluster carries the law out itself"))
    return mistakes

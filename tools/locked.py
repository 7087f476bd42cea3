"""What a file of pins says: each package with its version, and the digests of the files that count as it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What runs in a hub: what every installation has, and what an installation with all extras has.
RUNTIME = ROOT / "requirements.txt"
EXTRAS = ROOT / "requirements-extras.txt"
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
_DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package as pinned; `name` is as PEP 503 writes it, `digests` are SHA-256 in the order of the file."""

    name: str
    version: str
    digests: tuple[str, ...]


def canonical(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_of(path: Path) -> list[Pin]:
    """The pins of a file of requirements, in its order. Raises `ValueError` for a line that pins nothing or has no digest."""
    found = []
    for line in path.read_text().replace("\\\n", " ").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        pin, digests = _PIN.match(line), tuple(_DIGEST.findall(line))
        if pin is None or not digests:
            raise ValueError(f"{path.name}: not a pin with its digests: {line[:80]}")
        found.append(Pin(canonical(pin[1]), pin[2], digests))
    return found

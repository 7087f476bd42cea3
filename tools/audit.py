"""What is known of what is pinned and of what is committed: published vulnerabilities, licences, secrets. Exit code 1 names what was found.

./run audit                          all three
./run audit licences                 one of them
./run audit advisories --database F  by advisories that were fetched before: OSV records of the ecosystem PyPI, a folder of JSON or a ZIP of them
./run audit secrets --accept         what is found now is known to be none: written into .secrets.baseline, to be read by two people
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import audit_advisories
import audit_licences
import audit_secrets

AUDITS = ("advisories", "licences", "secrets")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", choices=[*AUDITS, []], help="which audits (default: all)")
    parser.add_argument("--database", type=Path, help="advisories that were fetched before")
    parser.add_argument("--accept", action="store_true", help="take what is found now into the baseline of secrets")
    said = parser.parse_args()
    found: list[str] = []
    for one in said.which or AUDITS:
        if one == "advisories":
            mistakes, told = audit_advisories.audit(said.database)
        elif one == "licences":
            mistakes, told = audit_licences.audit()
        else:
            mistakes, told = audit_secrets.audit(accept=said.accept)
        for line in [*mistakes, *told]:
            print(f"{one}: {line}")
        found += mistakes
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

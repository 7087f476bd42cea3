"""Keys for a demo on this machine alone: a new random token for each caller at every start. Never for anything else."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path

from starlette.requests import Request

from fondaco.access import Caller, Proof, Role
from fondaco.core import Reason, Refusal
from fondaco.rulebook import Scheme

# Machines send; people, as if they had logged in, look, approve and decide.
_MACHINES = frozenset({Role.MEMBER_MAKER, Role.CENTRAL_BANK})
_DESK = {
    "operator-1": Role.OPERATOR_MAKER,
    "operator-2": Role.OPERATOR_CHECKER,
    "officer": Role.COMPLIANCE_OFFICER,
    "auditor": Role.AUDITOR,
}


class DemoKeys:
    """Bearer tokens of made-up callers: a machine (maker) and two people (desk, checker) at each bank, the central banks, a supervisor of each country, the hub's own desk."""

    def __init__(self, scheme: Scheme) -> None:
        self.tokens: dict[str, str] = {}
        self._callers: dict[bytes, Caller] = {}
        for bank in scheme.participants:
            bic = bank.bic[:8]
            if "settlement_agent" in bank.roles:
                self._add(f"{bic}", bic, Role.CENTRAL_BANK, frozenset({bank.country}))
            else:
                self._add(f"{bic}-maker", bic, Role.MEMBER_MAKER)
                self._add(f"{bic}-desk", bic, Role.MEMBER_MAKER, proof=Proof.SESSION)
                self._add(f"{bic}-checker", bic, Role.MEMBER_CHECKER)
        for country in sorted({bank.country for bank in scheme.participants}):
            self._add(f"supervisor-{country}", "", Role.SUPERVISOR, frozenset({country}))
        for name, role in _DESK.items():
            self._add(name, "", role)

    def _add(
        self, name: str, institution: str, role: Role, countries: frozenset[str] = frozenset(), *, proof: Proof | None = None
    ) -> None:
        token = secrets.token_urlsafe(24)
        self.tokens[name] = token
        shown = proof or (Proof.TOKEN if role in _MACHINES else Proof.SESSION)
        self._callers[_digest(token)] = Caller(name, institution, frozenset({role}), shown, countries)

    def authenticate(self, request: Request) -> Caller | Refusal:
        """Who bears the token of the header Authorization."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        # Looked up by its digest: how long that takes says nothing about a token.
        found = self._callers.get(_digest(token)) if scheme.lower() == "bearer" else None
        return found or Refusal(Reason.NOT_RECOGNISED, "Authorization", "no token of this demo")

    def write(self, path: Path) -> None:
        """Write the tokens for the eyes of this account alone."""
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(self.tokens, out, indent=1)
            out.write("\n")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

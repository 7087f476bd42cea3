"""Every place of the door by every role: a page made from the routes and the table of rights, for whoever must sign that nobody gets in where it does not belong."""

from __future__ import annotations

from collections.abc import Sequence

from fondaco.access import ROWS, Role
from fondaco.api.route import Route

# What is answered to anybody: it says nothing of the hub's business.
OPEN_PLACES = (
    ("GET", "/health/live", "that the process answers"),
    ("GET", "/health/ready", "whether payments can be taken in, or what lacks"),
    ("GET", "/docs", "the reference, made from the code"),
    ("GET", "/v1/openapi.json", "the same for machines"),
    ("GET", "/.well-known/oauth-authorization-server", "where tokens are given"),
    ("GET", "/.well-known/jwks.json", "the public keys of tokens"),
    ("GET", "/.well-known/signing-certificate.pem", "the certificate of what the hub signs"),
    ("POST", "/v1/token", "a token, for whoever shows a registered certificate"),
)


def roles_page(routes: Sequence[Route]) -> str:
    """The page, made by `tools/build_docs.py`."""
    roles = list(Role)
    lines = [
        "# Places of the door: every route by every role",
        "",
        "Made from the routes (`src/fondaco/api/`) and the table of rights by `tools/build_docs.py`; edit those, not this page.",
        "Each cell is tried on a served hub (`tests/api/test_roles.py`): where it says -, the answer is 403, whatever the request says.",
        "",
        "*own*: what is of one's own institution; *party*: of one's own party; *jurisdiction*: of one's own countries; *union*: of all; -: never. *by*: a person who",
        "logged in, a machine with a certificate or a token, or either. What a right has no scope for is told like what is not there.",
        "",
        "| method | place | right | by | " + " | ".join(role.value for role in roles) + " |",
        "|---" * (len(roles) + 4) + "|",
    ]
    for route in routes:
        row = ROWS[route.right]
        cells = [row.who[role].value if role in row.who else "-" for role in roles]
        lines.append(f"| {route.method} | `{route.path}` | {row.right.value} | {row.by.value} | {' | '.join(cells)} |")
    lines += ["", "Open to everybody:", "", "| method | place | tells |", "|---|---|---|"]
    lines += [f"| {method} | `{path}` | {tells} |" for method, path, tells in OPEN_PLACES]
    return "\n".join([*lines, ""])

"""Secrets in what is committed: keys, tokens and passwords that detect-secrets knows by their form, in every tracked file.

A file is searched as a whole first, and line by line only where something was found: line by line, the tree takes minutes. Texts of high entropy
are looked for where a secret of no known form would be written by mistake, in programs and settings; elsewhere (digests in tests, golden files, schemas) they
are what the file is for.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from detect_secrets.core.scan import get_plugins, scan_file
from detect_secrets.settings import get_settings, transient_settings

from locked import ROOT

# Left out: passwords by the name of a variable (ours say `key` and `secret` of what is none), addresses, and clouds that nobody here uses and whose
# patterns take seconds.
NAMED = (
    "AWSKeyDetector AzureStorageKeyDetector BasicAuthDetector DiscordBotTokenDetector GitHubTokenDetector GitLabTokenDetector JwtTokenDetector "
    "NpmDetector OpenAIDetector PrivateKeyDetector PypiTokenDetector SendGridDetector SlackDetector SquareOAuthDetector StripeDetector "
    "TelegramBotTokenDetector TwilioKeyDetector"
).split()
HIGH_ENTROPY: list[dict[str, Any]] = [
    {"name": "Base64HighEntropyString", "limit": 4.5},
    {"name": "HexHighEntropyString", "limit": 3.0},
]
PROGRAMS = ("src/", "tools/", "deploy/", "bench/", "examples/")
BASELINE = ROOT / ".secrets.baseline"
_SETTINGS = (".py", ".toml", ".conf", ".service", ".yml", ".yaml", ".sh", ".cfg", ".ini")

# Where a secret stands, of which kind, and the digest under which a baseline knows it.
Found = tuple[str, str, str]


def tracked(root: Path = ROOT) -> list[str]:
    """What git tracks under a folder, the baseline itself apart."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout.decode()
    return [name for name in listed.split("\0") if name and name != BASELINE.name and (root / name).is_file()]


def secrets_in(root: Path, names: Iterable[str]) -> dict[Found, int]:
    """What looks like a secret in these files of a folder, and in which line it was seen last."""
    found: dict[Found, int] = {}
    programs, others = [], []
    for name in names:
        (programs if name.startswith(PROGRAMS) and name.endswith(_SETTINGS) else others).append(name)
    plugins = [{"name": one} for one in NAMED]
    for among, looked_for in ((others, plugins), (programs, plugins + HIGH_ENTROPY)):
        with transient_settings({"plugins_used": looked_for}) as settings:
            settings.configure_filters([{"path": one} for one in get_settings().DEFAULT_FILTERS])
            for name in among:
                if _suspicious((root / name).read_bytes().decode(errors="ignore")):
                    for secret in scan_file(str(root / name)):
                        found[name, secret.type, secret.secret_hash] = secret.line_number
    return found


def _suspicious(text: str) -> bool:
    for plugin in get_plugins():
        for secret in plugin.analyze_string(text):
            limit = getattr(plugin, "entropy_limit", None)
            if limit is None or plugin.calculate_shannon_entropy(secret) > limit:
                return True
    return False


def accepted(baseline: Path = BASELINE) -> set[Found]:
    """What two people read and know to be no secret."""
    if not baseline.exists():
        return set()
    return {
        (name, one["type"], one["hashed_secret"])
        for name, ones in json.loads(baseline.read_text())["results"].items()
        for one in ones
    }


def write_baseline(found: Iterable[Found], baseline: Path = BASELINE) -> None:
    """Write what is known to be no secret: file, kind and digest, without a line, so that an edit above moves nothing."""
    results: dict[str, list[dict[str, str]]] = {}
    for name, kind, digest in sorted(found):
        results.setdefault(name, []).append({"type": kind, "hashed_secret": digest})
    baseline.write_text(json.dumps({"results": results}, indent=1) + "\n")


def audit(*, accept: bool = False, root: Path = ROOT, names: Sequence[str] | None = None) -> tuple[list[str], list[str]]:
    """Findings, and what is to be told, of every tracked file; nothing of a secret itself is shown."""
    names = tracked(root) if names is None else names
    found = secrets_in(root, names)
    if accept:
        write_baseline(found, root / BASELINE.name)
    known = accepted(root / BASELINE.name)
    new = [f"{name}:{line}: {kind}" for (name, kind, digest), line in sorted(found.items()) if (name, kind, digest) not in known]
    stale = [
        f"no longer there, take it out of the baseline: {name}: {kind}" for name, kind, digest in sorted(known - found.keys())
    ]
    return new, [*stale, f"{len(names)} files read, {len(found) - len(new)} texts known to be no secret"]

"""What `serve` does not start with: a promise of signatures that nobody could keep."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from access_world import DAY
from fondaco.access import CLIENT, DemoAuthority
from fondaco.core import Instant
from fondaco.simulation import lay_out
from union import SG1

HOOK = f'[[webhooks]]\ninstitution = "{SG1}"\nurl = "http://127.0.0.1:9/"\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("refusals")
    lay_out(made / "hub")
    authority = DemoAuthority.create(made / "tls", Instant(time.time_ns() - DAY))
    for name, edwards in (("hub", False), ("other", False), ("edwards", True)):
        authority.issue(name, CLIENT, Instant(time.time_ns() - DAY), 30, edwards=edwards)
    return made


@pytest.mark.parametrize(
    ("file", "text", "words", "said"),
    [
        ("api.toml", 'signatures = "required"\n', (), "requires signatures"),
        ("api.toml", 'signatures = "sometimes"\n', (), "api.toml"),
        ("api.toml", "sign_sent = true\n", (), "what is sent is signed"),
        ("webhooks.toml", HOOK, (), "webhooks are signed"),
        ("webhooks.toml", HOOK.replace("http:", "ftp:"), ("hub", "hub"), "https, or http to 127.0.0.1"),
        ("api.toml", "", ("hub", "other"), "the key is not the certificate's"),
        ("api.toml", "", ("edwards", "edwards"), "a key of P-256"),
        ("api.toml", "", ("hub",), "come together"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused_at_the_start(
    folder: Path, file: str, text: str, words: tuple[str, ...], said: str
) -> None:
    place = folder / "hub" / file
    place.write_text(text)
    signing = [("--signing-certificate", "pem"), ("--signing-key", "key")]
    more = [
        str(part)
        for (flag, kind), name in zip(signing, words, strict=False)
        for part in (flag, folder / "tls" / f"{name}.{kind}")
    ]
    try:
        found = subprocess.run(
            [sys.executable, "-m", "fondaco.cli", "serve", "--demo-keys", "--port", "1", "--hub", str(folder / "hub"), *more],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        place.unlink()
    assert found.returncode in (2, 3) and "Traceback" not in found.stderr
    assert said in " ".join(found.stderr.split()), found.stderr

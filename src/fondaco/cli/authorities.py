"""A small certificate authority for tests and demos: its words."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

from cyclopts import App

from fondaco.access import DemoAuthority
from fondaco.cli.terminal import Json, Refused, app, console, show
from fondaco.core import Instant
from fondaco.hub import NotReady

ca_app = App(name="ca", help="A small certificate authority FOR TESTS AND DEMOS ONLY: init, issue, revoke.")
app.command(ca_app)


def _authority(folder: Path) -> DemoAuthority:
    try:
        return DemoAuthority(folder)
    except (OSError, ValueError) as fault:
        raise NotReady(f"{folder}: no demo authority: {fault}; `fondaco ca init` makes one") from fault


@ca_app.command(name="init")
def init_(folder: Path, *, json: Json = False) -> None:
    """Make a demo authority in FOLDER: ca.pem, ca.key, ca.crl. Its key lies there unprotected; a union has an authority of its own."""
    try:
        DemoAuthority.create(folder, Instant(time.time_ns()))
    except FileExistsError as fault:
        raise Refused(str(fault)) from fault
    show(
        json,
        {"authority": str(folder / "ca.pem")},
        lambda: console.print(f"DEMO authority in {folder}: for no union, for tests alone"),
    )


@ca_app.command
def issue(
    folder: Path, name: str, *, kind: Literal["client", "server"] = "client", host: tuple[str, ...] = (), days: int = 90, edwards: bool = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Write NAME.pem and NAME.key, valid from now for DAYS. A server names each HOST. The key is P-256, or Ed25519 with --edwards."""
    if "/" in name or name in ("ca", "", ".", ".."):
        raise Refused(f"{name!r} names no file here")
    path = _authority(folder).issue(name, kind, Instant(time.time_ns()), days, host, edwards=edwards)
    show(
        json,
        {"certificate": str(path), "key": str(path.with_suffix(".key"))},
        lambda: console.print(f"{path} and its key (DEMO)"),
    )


@ca_app.command
def revoke(folder: Path, name: str, *, json: Json = False) -> None:
    """Put NAME's certificate on ca.crl. The hub follows it when the list is handed in: `fondaco access crl`."""
    try:
        count = _authority(folder).revoke(name, Instant(time.time_ns()))
    except OSError as fault:
        raise NotReady(f"{folder}: {fault}") from fault
    show(json, {"revoked": count}, lambda: console.print(f"{folder / 'ca.crl'} names {count}; next: fondaco access crl"))

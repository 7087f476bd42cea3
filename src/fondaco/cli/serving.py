"""The door over HTTP: one word that opens the hub and serves it until it is told to stop."""

from __future__ import annotations

import sys
from pathlib import Path

from fondaco.cli.terminal import HERE, Folder, Misused, app, bring_into_force, clock, errors
from fondaco.hub import NotReady, close_hub, open_hub, settle_heap


@app.command
def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8440,
    demo_keys: bool = False,
    keys: Path | None = None,
    quiet: bool = False,
    hub: Folder = HERE,
) -> None:
    """Serve the hub over HTTP (docs/api.md) until a signal (INT, TERM) says to stop; what was taken in is decided and kept before it ends.

    `--demo-keys` makes new random tokens for made-up callers and writes them to KEYS (default: FOLDER-keys/api.json beside the hub's folder); on this
    machine's own addresses alone. Without it nobody would be recognised, and nothing is served. `--quiet` logs no requests.
    """
    # Read when somebody serves: other words do without a server.
    import logging

    from fondaco.api import DemoKeys, House, SettingsWrong, application, is_loopback, log_in_json, read_settings, run

    if not demo_keys:
        raise NotReady("nobody would be recognised: this release serves with --demo-keys alone, on 127.0.0.1 or ::1")
    if not is_loopback(host):
        raise Misused(f"--demo-keys are for this machine alone, and {host} is not 127.0.0.1 or ::1")
    try:
        settings = read_settings(hub)
    except SettingsWrong as fault:
        raise NotReady(str(fault)) from fault
    opened = open_hub(hub)
    try:
        bring_into_force(opened, hub)
        opened.take_mail()  # what was sent before stands in the mailboxes
        demo = DemoKeys(opened.desk.scheme)
        place = keys or hub.with_name(hub.name + "-keys") / "api.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        demo.write(place)
        log_in_json(logging.WARNING if quiet else logging.INFO)
        settle_heap()
        house = House(opened, clock(opened), hub, settings, demo.authenticate)
        shown = f"[{host}]" if ":" in host else host
        errors.print(
            f"fondaco: http://{shown}:{port}/docs  DEMO KEYS in {place}: whoever reads that file is every bank",
            markup=False,
            highlight=False,
        )
        well = run(application(house), house, host, port)
    finally:
        close_hub(opened)
    if not well:
        errors.print("fondaco: the hub stopped by itself; see the log. Start it again: what was decided is kept", markup=False)
        sys.exit(3)

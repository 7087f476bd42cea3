"""The doors over HTTP: one word that opens the hub and serves it, to machines and to people, until it is told to stop."""

from __future__ import annotations

import sys
from pathlib import Path

from fondaco.cli.terminal import HERE, Folder, Misused, app, bring_into_force, clock, errors, private_key


@app.command
def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8440,
    address: str = "",
    certificate: Path | None = None,
    key: Path | None = None,
    authorities: Path | None = None,
    signing_certificate: Path | None = None,
    signing_key: Path | None = None,
    register_key: Path | None = None,
    demo_keys: bool = False,
    keys: Path | None = None,
    quiet: bool = False,
    hub: Folder = HERE,
) -> None:
    """Serve the hub over HTTP (docs/api.md), with the console for people at /console/ (docs/console.md), until a signal (INT, TERM) says to stop; what was taken in is decided and kept before it ends.

    With mutual TLS: `--certificate` and `--key` are the server's (PEM), `--authorities` those whose clients are let in (PEM); a signal (HUP) has the three read again for new connections. Who a client is stands in the
    register of access (`fondaco access`). `--address` is how others reach it (default: https://HOST:PORT).

    `--signing-certificate` and `--signing-key` (PEM, a key of P-256) are what the hub signs with what it sends, where it is asked to (api.toml, docs/api.md),
    and the bundles of evidence that are taken over HTTP (docs/evidence.md).

    `--register-key` (64 hexadecimal digits, as `fondaco trade record prove` takes it) is the hub's own key of its register of title: with it the console signs heads of the log and gives proof files of records
    (docs/transferable-records.md). A demo makes one that is gone when it stops.

    `--demo-keys` instead makes new random tokens for made-up callers and writes them to KEYS (default: FOLDER-keys/api.json beside the hub's folder); on
    this machine's own addresses alone. Without either nobody would be recognised, and nothing is served. `--quiet` logs no requests.
    """
    # Read when somebody serves: other words do without a server.
    import logging
    from math import ceil

    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from fondaco.access import Access
    from fondaco.api import (
        REQUIRED,
        Bundles,
        CertificatesUnfit,
        DemoKeys,
        Hello,
        House,
        Identity,
        Seal,
        SealUnfit,
        ServerTls,
        SettingsWrong,
        Webhooks,
        WebhooksWrong,
        is_loopback,
        log_in_json,
        read_hooks,
        read_settings,
        run,
        run_doors,
    )
    from fondaco.cli.composing import SIMULATED, composed, demo_access, demo_links
    from fondaco.hub import NotReady, close_hub, open_hub, settle_heap

    tls = (certificate, key, authorities)
    if demo_keys and any(tls):
        raise Misused("--demo-keys or certificates: not both")
    if not demo_keys and not all(tls):
        raise NotReady(
            "nobody would be recognised: name --certificate, --key and --authorities, or on 127.0.0.1 or ::1 --demo-keys"
        )
    if demo_keys and not is_loopback(host):
        raise Misused(f"--demo-keys are for this machine alone, and {host} is not 127.0.0.1 or ::1")
    signing = (signing_certificate, signing_key)
    if any(signing) and not all(signing):
        raise Misused("--signing-certificate and --signing-key come together")
    missing = [str(path) for path in (*tls, *signing) if path is not None and not path.is_file()]
    if missing:
        raise NotReady(f"{', '.join(missing)}: no such file")
    try:
        settings = read_settings(hub)
    except SettingsWrong as fault:
        raise NotReady(str(fault)) from fault
    if demo_keys and settings.signatures == REQUIRED:
        raise NotReady("api.toml requires signatures, and nobody's is known with --demo-keys")
    try:
        seal = None
        if signing_certificate is not None and signing_key is not None:
            seal = Seal(signing_certificate.read_bytes(), signing_key.read_bytes(), settings.message_bytes_max)
    except SealUnfit as unfit:
        raise NotReady(f"{signing_certificate}: {unfit}") from unfit
    if settings.sign_sent and seal is None:
        raise NotReady("api.toml says that what is sent is signed: name --signing-certificate and --signing-key")
    try:
        hooks = read_hooks(hub)
    except WebhooksWrong as fault:
        raise NotReady(str(fault)) from fault
    if hooks and seal is None:
        raise NotReady("webhooks are signed: name --signing-certificate and --signing-key")
    served_by = None
    if certificate is not None and key is not None and authorities is not None:
        served_by = ServerTls(certificate, key, authorities)
        try:
            served_by.context()
        except CertificatesUnfit as unfit:
            raise NotReady(str(unfit)) from unfit
    own = private_key(register_key) if register_key is not None else None
    shown = f"[{host}]" if ":" in host else host
    opened = open_hub(hub)
    access: Access | None = None
    try:
        bring_into_force(opened, hub)
        opened.take_mail()  # what was sent before stands in the mailboxes
        log_in_json(logging.WARNING if quiet else logging.INFO)
        settle_heap()
        now = clock(opened)
        webhooks = Webhooks(hub, hooks, seal, now) if hooks and seal is not None else None
        if served_by is not None:
            access = Access(hub, address or f"https://{shown}:{port}")
            identity = Identity(access, now)
            house = House(
                opened, now, hub, settings, identity.authenticate, forged=identity.forged, look=identity.look, identity=identity, seal=seal,
                webhooks=webhooks, bundles=Bundles(hub, access.looks.head, seal.key if seal is not None else None),
            )  # fmt: skip
            app = composed(house, access, now, register_key=own)
            errors.print(f"fondaco: {access.address}/docs  console {access.address}/console/", markup=False, highlight=False)
        else:
            demo = DemoKeys(opened.desk.scheme)
            place = keys or hub.with_name(hub.name + "-keys") / "api.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            demo.write(place)
            house = House(opened, now, hub, settings, demo.authenticate, seal=seal, webhooks=webhooks)
            told = f"fondaco: http://{shown}:{port}/docs  DEMO KEYS in {place}: whoever reads that file is every bank"
            errors.print(told, markup=False, highlight=False)
            # By its name: browsers make passkeys for names alone.
            access = demo_access(
                f"http://localhost:{port}", opened.desk.scheme, now.now(), [*opened.trade_parties.known.values()]
            )
            house.bundles = Bundles(
                hub, access.looks.head, seal.key if seal is not None else ec.generate_private_key(ec.SECP256R1())
            )
            app = composed(house, access, now, SIMULATED, own or Ed25519PrivateKey.generate())
            for name, link in demo_links(access, now.now()):
                errors.print(f"fondaco: console as {name}, once, within ten minutes: {link}", markup=False, highlight=False)
        hello = None
        if certificate is not None and settings.doors:
            hello = Hello(
                str(hub.resolve()), access.address, settings, ceil(settings.connections_max / settings.doors),
                log_level=logging.WARNING if quiet else logging.INFO,
                certificate=_told(certificate), key=_told(key), authorities=_told(authorities),
                signing_certificate=_told(signing_certificate), signing_key=_told(signing_key),
            )  # fmt: skip
        try:
            if hello is not None:
                well = run_doors(app, house, host, port, settings.doors, hello)
            else:
                well = run(app, house, host, port, served_by)
        except OSError as fault:
            raise NotReady(f"{shown}:{port}: {fault.strerror or fault}") from fault
    finally:
        if access is not None:
            access.close()
        close_hub(opened)
    if not well:
        errors.print("fondaco: the hub stopped by itself; see the log. Start it again: what was decided is kept", markup=False)
        sys.exit(3)


def _told(path: Path | None) -> str:
    """As another process is told of a file."""
    return "" if path is None else str(path.resolve())

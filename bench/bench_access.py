"""What it costs to know who asks: certificates, tokens, signatures, sessions, what was seen, passwords.

    ./run bench access

Microseconds of processor time, medians of seven rounds; what waits for the disk in microseconds of the clock. `ecdsa_verify` is the bare operation of the library
below, on the same machine in the same minute: a busy machine shows there, and ratios to it hold.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fondaco.access import (
    CLIENT,
    CONNECT,
    SIGN,
    Access,
    Caller,
    DemoAuthority,
    Grant,
    Proof,
    Registration,
    Request,
    Right,
    Role,
    Sight,
    Whose,
    from_pem,
    may,
    sign_detached,
    sign_message,
    sign_request,
    verify_detached,
    verify_message,
    verify_request,
)
from fondaco.access.passwords import fits, hashed
from fondaco.core import Instant, Refusal
from fondaco.messages import wrap

ROUNDS, SECONDS, SIZE = 7, 0.2, 64 * 1024
URL = "https://hub.example/v1/quotes"
BODY = b'{"x":"' + b"x" * 4086 + b'"}'
# About 4 kB, as the pacs.008 of design measurements: what is signed is bytes, whatever they mean.
TEXT = "<FIToFICstmrCdtTrf>" + "<Nm>Somebody</Nm>" * 200 + "</FIToFICstmrCdtTrf>"


class _Forgets:
    """In the place of the store, so that verifying is measured without its disk, and one signature can be verified often."""

    def note(self, sights: list[Sight], at: Instant) -> list[Refusal | None]:
        return [None] * len(sights)


def microseconds(doing: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """One call, the median of some rounds. What is refused would be quick: it stops the measurement."""
    found = []
    assert not isinstance(doing(), Refusal)
    for _ in range(ROUNDS):
        done, start = 0, clock()
        while clock() - start < SECONDS:
            doing()
            done += 1
        found.append((clock() - start) / done * 1e6)
    return round(statistics.median(found), 1)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Access(Path(folder), "https://hub.example") as access:
        now = Instant(time.time_ns())
        authority = DemoAuthority.create(Path(folder) / "ca", now)
        found = {}
        for name, purpose in (("bank-a", CONNECT), ("bank-a.signer", SIGN)):
            found[name] = from_pem(authority.issue(name, CLIENT, now, 9).read_bytes())
            with access.store.transaction() as connection:
                grant = Grant(name, "ZZBASG01", (Role.MEMBER_MAKER,))
                access.register.add(connection, Registration(found[name].der, purpose, grant), now)
        key = load_pem_private_key((authority.folder / "bank-a.signer.key").read_bytes(), None)
        signer, forgets = found["bank-a.signer"], _Forgets()
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        raw = wrap("pacs.008.001.08", "ZZBASG01", "ZZHUSG01", "M1", created, TEXT)
        signed = sign_message(raw, key, signer.loaded(), SIZE)
        request = Request("POST", URL, {})
        sign_request(request, BODY, key, signer.thumbprint, now, 300)
        request.headers = {name.lower(): value for name, value in request.headers.items()}
        jws = sign_detached(BODY, key, signer.thumbprint, "POST", URL, now, 300)
        pem = (authority.folder / "bank-a.pem").read_text()
        scope = {"headers": [], "client": ("192.0.2.1", 1), "extensions": {"tls": {"client_cert_chain": (pem,)}}}
        token = access.tokens.grant(found["bank-a"].der, now)
        assert not isinstance(token, Refusal)
        bearer = scope | {"headers": [(b"authorization", f"Bearer {token.access_token}".encode())]}
        bare, public = key.sign(BODY, ECDSA(hashes.SHA256())), key.public_key()
        caller, whose = Caller("bank-a", "ZZBASG01", frozenset({Role.MEMBER_MAKER}), Proof.TOKEN), Whose("ZZBASG01", "SG")
        count, kept = itertools.count(), hashed("seven grey herons wait")

        def sights(many: int) -> list[Sight]:
            return [Sight("m", str(next(count)), b"", Instant(int(now) + 10**12)) for _ in range(many)]

        figures = {
            "ecdsa_verify": microseconds(lambda: public.verify(bare, BODY, ECDSA(hashes.SHA256()))),
            "xml_sign": microseconds(lambda: sign_message(raw, key, signer.loaded(), SIZE)),
            "xml_verify": microseconds(lambda: verify_message(signed, access.register, now, SIZE)),
            "http_sign": microseconds(lambda: sign_request(Request("POST", URL, {}), BODY, key, signer.thumbprint, now)),
            "http_verify": microseconds(lambda: verify_request(request, BODY, access.register, forgets, now)),
            "jws_sign": microseconds(lambda: sign_detached(BODY, key, signer.thumbprint, "POST", URL, now)),
            "jws_verify": microseconds(lambda: verify_detached(jws, BODY, "POST", URL, access.register, forgets, now)),
            "authenticate_certificate": microseconds(lambda: access.gate.authenticate(scope, now)),
            "authenticate_token": microseconds(lambda: access.gate.authenticate(bearer, now)),
            "grant_token": microseconds(lambda: access.tokens.grant(found["bank-a"].der, now)),
            "may": microseconds(lambda: may(caller, Right.MESSAGE_SEND, whose)),
            "password": microseconds(lambda: fits(kept, "seven grey herons wait")),
            "seen_alone_wall": microseconds(lambda: access.seen.note(sights(1), now), time.perf_counter),
            "seen_of_256_wall": round(microseconds(lambda: access.seen.note(sights(256), now), time.perf_counter) / 256, 1),
            "look_wall": microseconds(lambda: access.looks.note(caller, "payment.look", ["payment x"], now), time.perf_counter),
        }
    for name, value in figures.items():
        print(f"{name:26} {value:>10,.1f} us")
    load = [round(one, 1) for one in os.getloadavg()]
    print(json.dumps({"access": figures, "bytes": len(signed), "load": load, "python": platform.python_version()}))


if __name__ == "__main__":
    main()

"""Traders, carriers and insurers: registered by their banks, screened, listed."""

from __future__ import annotations

from pathlib import Path

import msgspec

from fondaco.cli.terminal import HERE, Folder, Json, Misused, console, opened_hub, private_key, show
from fondaco.cli.trade_app import party_app
from fondaco.cli.trading import Keys, Output, done, hub_of
from fondaco.trade import REGISTER_PARTY, RESTATE_PARTY, Deed, PartyBody


def _public(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Public keys in hexadecimal digits; a key's file may be named instead, of which the public half alone is told."""
    found = []
    for one in keys:
        path = Path(one)
        found.append(private_key(path).public_key().public_bytes_raw().hex() if path.is_file() else one.lower())
    return tuple(found)


@party_app.command
def register(
    party: str, name: str, country: str, *, bank: str, role: tuple[str, ...], public_key: tuple[str, ...], lei: str = "",
    other_name: tuple[str, ...] = (), carrier_code: tuple[str, ...] = (), key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Register PARTY (capital letters, digits, hyphens), a customer of BANK (BIC), in one or more roles: trader, carrier, insurer.

    PUBLIC_KEY are the keys that will sign for it, in hexadecimal digits. It is screened at once; who hits can do nothing until two
    officers release it. A carrier issues bills of lading under its CARRIER_CODE alone (SMDG:MSC, NMFTA:MAEU), which is one party's. The bank's maker and checker sign.
    """
    said = PartyBody(party, name, country, role, _public(public_key), lei, other_name, carrier_code)
    with opened_hub(hub) as opened:
        deed = Deed(hub_of(opened), bank[:8], "", 0, REGISTER_PARTY, msgspec.json.encode(said))
        done(deed, key, output, opened, hub, json)


@party_app.command
def restate(
    party: str, name: str, country: str, *, role: tuple[str, ...], public_key: tuple[str, ...], lei: str = "",
    other_name: tuple[str, ...] = (), carrier_code: tuple[str, ...] = (), key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """State a registered PARTY anew, whole: other names, other keys, other carrier codes. Keys that are not named again sign no more."""
    said = PartyBody(party, name, country, role, _public(public_key), lei, other_name, carrier_code)
    with opened_hub(hub) as opened:
        known = opened.trading.parties.known.get(party)
        if known is None:
            raise Misused(f"{party} is not registered; `fondaco trade party list` shows who is")
        deed = Deed(hub_of(opened), known.bank, party, known.version, RESTATE_PARTY, msgspec.json.encode(said))
        done(deed, key, output, opened, hub, json)


@party_app.command(name="list")
def list_parties(*, hub: Folder = HERE, json: Json = False) -> None:
    """Who is registered, by which bank, and whether screening holds it."""
    with opened_hub(hub) as opened:
        rows = [
            {
                "party": key, "name": one.name, "country": one.country, "bank": one.bank, "roles": list(one.roles), "state": one.state.name,
                "version": one.version, "lei": one.lei, "case": one.case, "keys": list(one.keys),
                "carrier_codes": list(one.carrier_codes),
            }
            for key, one in sorted(opened.trading.parties.known.items())
        ]  # fmt: skip

    def text() -> None:
        for row in rows:
            case = f"  case {row['case']}" if row["state"] != "ACTIVE" and row["case"] else ""
            roles = " ".join(row["roles"])  # type: ignore[arg-type]
            console.print(
                f"{row['party']:24}  {row['state']:8}  {row['bank']}  {roles:16}  {row['name']}{case}",
                markup=False,
                highlight=False,
            )
        if not rows:
            console.print("nobody is registered: `fondaco trade party register` does")

    show(json, rows, text)

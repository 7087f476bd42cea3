"""Collateral and the common fund: lodged and released by two operators, priced from a file, listed with what it is worth."""

from __future__ import annotations

import csv
from pathlib import Path

from fondaco.clearing import AssetPrice
from fondaco.cli.terminal import (
    HERE,
    Folder,
    Json,
    Refused,
    collateral_app,
    console,
    decide,
    lists_into_force,
    opened_hub,
    show,
    vote_for,
)
from fondaco.core import CURRENCIES, Refusal, minor_of, minor_text
from fondaco.hub import FUND, OWN, PostPrices, rates_of_day
from fondaco.rulebook import LODGE, RELEASE, Deed

_HEAD = ["asset", "kind", "issuer", "currency", "price", "day"]


@collateral_app.command
def lodge(
    holder: str, asset: str, quantity: str, *, fund: bool = False, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False
) -> None:  # fmt: skip
    """Take QUANTITY of ASSET from HOLDER (BIC): for its own debts, or with --fund for its share of the common fund. Two operators' votes make it
    so; each says in --note whose statement shows that it is there. Money is its currency's code, its quantity an amount."""
    vote_for(_deed(LODGE, holder, asset, quantity, fund), officer, key, note, hub, json)


@collateral_app.command
def release(
    holder: str, asset: str, quantity: str, *, fund: bool = False, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False
) -> None:  # fmt: skip
    """Give QUANTITY of ASSET back to HOLDER (BIC), by two operators' votes. Refused while a cap stands on it."""
    vote_for(_deed(RELEASE, holder, asset, quantity, fund), officer, key, note, hub, json)


def _deed(kind: str, holder: str, asset: str, quantity: str, fund: bool) -> Deed:
    units = str(minor_of(quantity, CURRENCIES[asset].exponent)) if asset in CURRENCIES else quantity
    return Deed(kind, f"{holder[:8]} {FUND if fund else OWN} {asset}", units)


@collateral_app.command
def price(file: Path, *, hub: Folder = HERE, json: Json = False) -> None:
    """Bring the prices of lodged assets: a CSV with the columns asset, kind, issuer, currency, price (of one unit), day. The day's reference
    rates are brought with them."""
    prices = tuple(_prices(file))
    with opened_hub(hub) as opened:
        lists_into_force(opened, hub)
        rules = opened.desk.rules
        if rules is None:
            raise Refused("no business day is open: `fondaco day open` opens one")
        home = rules.risk.exposure_currency
        rates = rates_of_day(rules, home) if home else {}
        if isinstance(rates, Refusal):
            raise Refused(rates.sentence())
        posted = tuple((code, rate.numerator, rate.denominator) for code, rate in rates.items())
        (result,) = decide(opened, [PostPrices(prices, posted)])
    if isinstance(result, Refusal):
        raise Refused(result.sentence())
    show(json, {"prices": len(prices), "rates": len(posted)}, lambda: console.print(f"{len(prices)} prices are posted"))


def _prices(file: Path) -> list[AssetPrice]:
    try:
        with file.open(newline="") as text:
            rows = list(csv.reader(text))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise Refused(f"{file}: {fault}") from fault
    if not rows or rows[0] != _HEAD:
        raise Refused(f"{file}: its first line is {','.join(_HEAD)}")
    for at, row in enumerate(rows[1:], 2):
        if len(row) != len(_HEAD):
            raise Refused(f"{file}: line {at}: {len(row)} cells, not {len(_HEAD)}")
    return [AssetPrice(*row) for row in rows[1:]]


@collateral_app.command(name="list")
def list_collateral(holder: str = "", *, hub: Folder = HERE, json: Json = False) -> None:
    """What is lodged, of HOLDER (BIC) or of all, and what of it counts at the posted prices, in the holder's own currency."""
    with opened_hub(hub) as opened:
        if opened.desk.rules is None:
            raise Refused("no business day was opened yet: `fondaco day open` opens one")
        members, there = opened.desk.rules.participants, opened.collateral
        rates = there.posted_rates()
        rows = []
        for place, quantity in there.holdings():
            if holder and place.holder != holder[:8]:
                continue
            money = place.asset in CURRENCIES
            row = {
                "holder": place.holder, "purpose": place.purpose, "asset": place.asset,
                "quantity": minor_text(quantity, CURRENCIES[place.asset].exponent) if money else str(quantity),
            }  # fmt: skip
            if place.purpose == OWN:
                own = members[place.holder].currency
                lines = dict(there.value(place.holder, own, rates).lines)
                row |= {"after_haircuts": minor_text(lines[place.asset], CURRENCIES[own].exponent), "currency": own}
            rows.append(row)
        totals = [
            {
                "holder": who,
                "counted": minor_text(
                    there.value(who, members[who].currency, rates).counted, CURRENCIES[members[who].currency].exponent
                ),
                "currency": members[who].currency,
            }
            for who in sorted({row["holder"] for row in rows if row["purpose"] == OWN})
        ]

    def text() -> None:
        for row in rows:
            worth = f"  {row['after_haircuts']} {row['currency']}" if "currency" in row else ""
            console.print(f"{row['holder']}  {row['purpose']:10}  {row['quantity']} {row['asset']}{worth}", highlight=False)
        for total in totals:
            console.print(f"{total['holder']}: {total['counted']} {total['currency']} counts", highlight=False)
        if not rows:
            console.print("nothing is lodged")

    show(json, {"lodged": rows, "totals": totals}, text)

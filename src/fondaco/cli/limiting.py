"""Limits on what flows to one bank or one country, and on what is owed over all currencies: set, taken away, listed with what is used of them."""

from __future__ import annotations

from fondaco.cli.terminal import HERE, Folder, Json, Refused, console, decide, limits_app, lists_into_force, opened_hub, show
from fondaco.core import CURRENCIES, Refusal, amount_text, minor_of
from fondaco.hub import Command, Hub, LimitFlow, LimitTotal, set_by_text


@limits_app.command(name="set")
def set_(member: str, currency: str, towards: str, amount: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Let at most AMOUNT of CURRENCY flow from MEMBER on a business day, beyond what comes back, to TOWARDS: a bank (BIC) or a country (its
    code). What would pass it waits."""
    if currency not in CURRENCIES:
        raise Refused(f"{currency} is not a currency of ISO 4217 that we know")
    minor = minor_of(amount, CURRENCIES[currency].exponent)
    row = {"member": member, "currency": currency, "towards": towards, "done": f"limit {amount}"}
    _decided(LimitFlow(member, currency, towards, minor), row, hub, json)


@limits_app.command
def remove(member: str, currency: str, towards: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Take MEMBER's limit of CURRENCY to TOWARDS (a bank or a country) away."""
    row = {"member": member, "currency": currency, "towards": towards, "done": "no limit"}
    _decided(LimitFlow(member, currency, towards, -1), row, hub, json)


@limits_app.command
def total(member: str, amount: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Let MEMBER owe at most AMOUNT in one net cycle, over all currencies together; AMOUNT is of the currency of exposures, or `none` to take the
    limit away. What would pass it waits."""
    with opened_hub(hub) as opened:
        rules = opened.desk.rules
        home = rules.risk.exposure_currency if rules is not None else ""
    if not home:
        raise Refused("no day is open, or no article exposure_currency says in which currency debts are added up")
    minor = -1 if amount == "none" else minor_of(amount, CURRENCIES[home].exponent)
    row = {"member": member, "currency": home, "towards": "all", "done": "no limit" if minor < 0 else f"limit {amount}"}
    _decided(LimitTotal(member, minor), row, hub, json)


def _decided(command: Command, row: dict[str, str], hub: Folder, json: bool) -> None:
    with opened_hub(hub) as opened:
        lists_into_force(opened, hub)
        outcome = decide(opened, [command])[0]
    if isinstance(outcome, Refusal):
        raise Refused(outcome.sentence())
    show(json, row, lambda: console.print(f"{row['member']} {row['currency']} to {row['towards']}: {row['done']}"))


@limits_app.command(name="list")
def list_(member: str = "", *, hub: Folder = HERE, json: Json = False) -> None:
    """The limits of MEMBER (BIC) or of all, who set each, what is used of it, and what is left: of a flow on this day, over all currencies in the
    open cycle. Of what others set the strictest binds beside the member's own."""
    with opened_hub(hub) as opened:
        rows = [row for row in _rows(opened) if not member or row["member"] == member[:8]]

    def text() -> None:
        for row in rows:
            by = "" if row["set_by"] == "itself" else f", set by {row['set_by']}"
            console.print(
                f"{row['member']} to {row['towards']}: limit {row['limit']}, used {row['used']}, left {row['left']}{by}",
                highlight=False,
            )
        if not rows:
            console.print("no limits")

    show(json, {"limits": rows}, text)


def _rows(opened: Hub) -> list[dict[str, str]]:
    known = {one.number: one.bic[:8] for one in opened.desk.scheme.participants}
    limiting, rows = opened.limiting, []
    for ((payer, currency, towards), minor, used), setter in zip(limiting.state(), limiting.set_by(), strict=True):
        other = known[int(towards)] if towards.isdigit() else towards
        rows.append(_row(known[payer], other, setter, currency, minor, used))
    for one in limiting.totals.state():
        rows.append(_row(known[one.payer], one.towards, one.set_by, one.currency, one.minor, one.used_minor))
    return rows


def _row(member: str, towards: str, setter: str, currency: str, minor: int, used: int | None) -> dict[str, str]:
    left = "-" if used is None else amount_text(minor - used, currency)
    told = "not known" if used is None else amount_text(used, currency)
    return {
        "member": member, "towards": towards, "limit": amount_text(minor, currency), "used": told, "left": left,
        "set_by": set_by_text(setter),
    }  # fmt: skip

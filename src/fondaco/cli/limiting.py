"""Limits that members set on what flows to one bank or one country: set, taken away, listed with what is used of them."""

from __future__ import annotations

from fondaco.cli.terminal import HERE, Folder, Json, Refused, console, decide, limits_app, lists_into_force, opened_hub, show
from fondaco.core import CURRENCIES, Refusal, amount_text, minor_of
from fondaco.hub import LimitFlow


@limits_app.command(name="set")
def set_(member: str, currency: str, towards: str, amount: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Let at most AMOUNT of CURRENCY flow from MEMBER on a business day, beyond what comes back, to TOWARDS: a bank (BIC) or a country (its
    code). What would pass it waits."""
    if currency not in CURRENCIES:
        raise Refused(f"{currency} is not a currency of ISO 4217 that we know")
    minor = minor_of(amount, CURRENCIES[currency].exponent)
    _decided(LimitFlow(member, currency, towards, minor), f"limit {amount}", hub, json)


@limits_app.command
def remove(member: str, currency: str, towards: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Take MEMBER's limit of CURRENCY to TOWARDS (a bank or a country) away."""
    _decided(LimitFlow(member, currency, towards, -1), "no limit", hub, json)


def _decided(command: LimitFlow, done: str, hub: Folder, json: bool) -> None:
    with opened_hub(hub) as opened:
        lists_into_force(opened, hub)
        outcome = decide(opened, [command])[0]
    if isinstance(outcome, Refusal):
        raise Refused(outcome.sentence())
    row = {"member": command.member, "currency": command.currency, "towards": command.towards, "done": done}
    show(json, row, lambda: console.print(f"{command.member} {command.currency} to {command.towards}: {done}"))


@limits_app.command(name="list")
def list_(member: str = "", *, hub: Folder = HERE, json: Json = False) -> None:
    """The limits of MEMBER (BIC) or of all, what the day has used of each, and what is left."""
    rows = []
    with opened_hub(hub) as opened:
        known = {one.number: one.bic[:8] for one in opened.desk.scheme.participants}
        for (payer, currency, towards), minor, used in opened.limiting.state():
            if not member or known[payer] == member[:8]:
                other = known[int(towards)] if towards.isdigit() else towards
                texts = {"limit": minor, "used": used, "left": minor - used}
                rows.append(
                    {"member": known[payer], "towards": other, **{key: amount_text(n, currency) for key, n in texts.items()}}
                )

    def text() -> None:
        for row in rows:
            console.print(
                f"{row['member']} to {row['towards']}: limit {row['limit']}, used {row['used']}, left {row['left']}",
                highlight=False,
            )
        if not rows:
            console.print("no limits")

    show(json, {"limits": rows}, text)

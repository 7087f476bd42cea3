"""What differs between two rulebooks, line by line: for people who must say yes to a change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import NamedTuple

from fondaco.core import CURRENCIES, Holiday, PasskeyKey, amount_text, minor_text
from fondaco.rulebook.clearing_union import ClearingUnion
from fondaco.rulebook.scheme import Scheme

# Fields that hold an amount for each currency.
_BY_CURRENCY = frozenset({"caps", "ceilings"})


class Difference(NamedTuple):
    """One thing that one rulebook says and the other says otherwise; "" where it says nothing."""

    place: str
    before: str
    after: str


def difference(before: Scheme, after: Scheme) -> list[Difference]:
    """Everything that differs, by place. The version, which follows from the rest, is left out."""
    one, other = _placed(before), _placed(after)
    return [
        Difference(place, one.get(place, ""), other.get(place, ""))
        for place in sorted(set(one) | set(other))
        if one.get(place) != other.get(place)
    ]


def _placed(scheme: Scheme) -> dict[str, str]:
    found: dict[str, str] = {}
    for place, said in _flat(scheme):
        assert place not in found, f"two things stand at {place}, and a change of one would not be seen"
        found[place] = said
    return found


def _flat(scheme: Scheme) -> Iterator[tuple[str, str]]:
    yield "union/title", scheme.title
    yield "union/hub_bic", scheme.hub_bic
    yield "union/qr_identifier", scheme.qr_identifier
    for code, currency in scheme.currencies.items():
        yield from _leaves(f"currencies/{code}", currency, code)
    for participant in scheme.participants:
        yield from _leaves(f"participants/{participant.bic}", participant)
    for officer in scheme.officers:
        yield from _leaves(f"officers/{officer.officer_id}", officer)
    for article in scheme.articles:
        yield f"articles/{article.key}/{article.valid_from}", f"{article.value} (article {article.number}; {article.source})"
    for cycle in scheme.cycles:
        yield f"cycles/{cycle.number}", str(cycle.cut_off)
    for code, tariffs in scheme.tariffs.items():
        for tariff in tariffs:
            corridor = f"{tariff.origin}-{tariff.target}" if tariff.origin else "any"
            start = minor_text(tariff.from_minor, CURRENCIES[code].exponent)
            narrow = f"{tariff.purpose or 'any'}/{tariff.kind or 'any'}/{start}/{tariff.from_count}"
            yield from _leaves(f"tariffs/{code}/{corridor}/{narrow}", tariff, code)
    for purpose in {one.name: one for one in scheme.purposes.values()}.values():
        yield from _leaves(f"purposes/{purpose.name}", purpose)
    for rule in scheme.lists:
        yield from _leaves(f"lists/{rule.list_id}", rule)
    for threshold in scheme.list_thresholds:
        corridor = f"{threshold.origin}-{threshold.target}"
        yield from _leaves(f"list_thresholds/{threshold.list_id}/{corridor}/{threshold.valid_from}", threshold)
    for at, embargo in enumerate(scheme.embargoes):
        yield from _leaves(f"embargoes/{at}/{embargo.country}", embargo)
    for (origin, target), corridor_rule in scheme.corridors.items():
        yield from _leaves(f"corridors/{origin}-{target}", corridor_rule)
    for line in scheme.credit_lines:
        yield from _leaves(f"credit_lines/{line.creditor}-{line.debtor}/{line.currency}", line)
    if scheme.clearing_union is not None:
        yield from _union(scheme.clearing_union)
    for kind in scheme.collateral:
        yield from _leaves(f"collateral/{kind.kind}", kind)
    for limit in scheme.limits:
        towards = f"/{limit.towards}" if limit.towards else ""
        yield from _leaves(
            f"limits/{limit.kind}/{limit.member}/{limit.currency}{towards}/{limit.set_by}/{limit.valid_from}", limit
        )
    for share in scheme.fund_shares:
        yield from _leaves(f"fund_shares/{share.member}/{share.currency}", share)


def _union(union: ClearingUnion) -> Iterator[tuple[str, str]]:
    for name in ("unit", "day_count", "period", "close_day", "due_days", "article"):
        yield f"clearing_union/{name}", str(getattr(union, name))
    for member in union.members:
        yield from _leaves(f"clearing_union/members/{member.bic}", member)
    for rule in union.residuals:
        yield from _leaves(f"clearing_union/residuals/{rule.first}-{rule.second}", rule)


def _leaves(place: str, value: object, currency: str = "") -> Iterator[tuple[str, str]]:
    """What stands below `place`; amounts as people write them, in `currency` or in that which stands beside them."""
    if isinstance(value, Holiday):
        yield place, str(value)
    elif isinstance(value, PasskeyKey):
        yield place, f"{value.origin} {value.credential.hex()} {value.public_key.hex()}"
    elif is_dataclass(value):
        own = getattr(value, "currency", "")
        currency = own if isinstance(own, str) and own else currency
        for one in fields(value):
            said = getattr(value, one.name)
            if (one.name == "minor" or one.name.endswith("_minor")) and currency:
                yield f"{place}/{one.name.removesuffix('minor').removesuffix('_') or 'amount'}", amount_text(said, currency)
            elif one.name in _BY_CURRENCY:
                yield from ((f"{place}/{one.name}/{code}", amount_text(minor, code)) for code, minor in sorted(said.items()))
            else:
                yield from _leaves(f"{place}/{one.name}", said, currency)
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            yield from _leaves(f"{place}/{key}", value[key], currency)
    elif isinstance(value, frozenset):
        yield place, " ".join(sorted(map(str, value)))
    elif isinstance(value, tuple):
        for at, item in enumerate(value):
            yield from _leaves(f"{place}/{at}", item, currency)
    else:
        yield place, str(value)

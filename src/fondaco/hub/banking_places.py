"""The places on whose days deadlines of trade are counted: every member's branch, and every place in a country of the union."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fondaco.rulebook import Rules
from fondaco.trade import BankingPlace

_LOCODE_LENGTH = 5


class BankingPlaces(Mapping[str, BankingPlace]):
    """A member by its BIC of eight, and any UN/LOCODE of a country that has a member: on the calendar of that country's currency, in the rulebook's version.

    A place in any other country is not there: its days are nobody's guess.
    """

    def __init__(self, rules: Rules, version: str) -> None:
        self._version = version
        self._currencies = {bic: one.currency for bic, one in rules.participants.items()}
        self._of_country = {one.country: one.currency for one in rules.participants.values() if one.currency in rules.currencies}
        self._rules = rules

    def __getitem__(self, name: str) -> BankingPlace:
        currency = self._currencies.get(name) or (self._of_country[name[:2]] if len(name) == _LOCODE_LENGTH else "")
        return BankingPlace(name, self._version, self._rules.currencies[currency].calendar)

    def __iter__(self) -> Iterator[str]:
        return iter(self._currencies)

    def __len__(self) -> int:
        return len(self._currencies)

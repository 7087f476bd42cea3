"""One dated value of the rulebook and its source: rules change, past days keep theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Article:
    """`value` is in force from the day `valid_from` until a later article of the same key takes over."""

    number: str
    key: str
    value: int | str | bool
    valid_from: date
    source: str


class Articles:
    """All articles of a scheme, by key and date."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._by_key: dict[str, list[Article]] = {}
        for article in sorted(articles, key=lambda one: one.valid_from):
            self._by_key.setdefault(article.key, []).append(article)

    def found(self, key: str, day: date) -> Article | None:
        """The article in force on `day`, None when there is none yet."""
        found = None
        for article in self._by_key.get(key, ()):
            if article.valid_from <= day:
                found = article
        return found

    def on(self, key: str, day: date) -> Article:
        """The article in force on `day`. Raises `KeyError` when there is none yet."""
        found = self.found(key, day)
        if found is None:
            raise KeyError(f"no article for {key!r} is in force on {day}")
        return found

    def keys(self) -> list[str]:
        return sorted(self._by_key)

    def __iter__(self) -> Iterator[Article]:
        for key in sorted(self._by_key):
            yield from self._by_key[key]

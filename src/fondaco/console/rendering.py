"""Pages out of templates. What people wrote is text in them, never markup, and what nobody sees stands as its number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fondaco import __version__
from fondaco.console.language import LANGUAGES, Words
from fondaco.core import CURRENCIES, Instant, utc_text
from fondaco.reporting import escape

# Whole minor units with their currency, as entries of the journal write them.
_MINOR = re.compile(r"(?<![\w.-])([0-9]{1,19}) ([A-Z]{3})(?!\w)")


def shown(value: Any) -> Any:
    """Text as it may stand in a page: markup stays, everything else is escaped, marks that turn or hide text are told by number."""
    if hasattr(value, "__html__"):
        return value
    return Markup(escape("" if value is None else str(value)))  # noqa: S704 - escaped right here


def moment(at: int) -> Markup:
    """An instant (nanoseconds since 1970) in UTC, to the second; nothing for 0."""
    if not at:
        return Markup("")
    text = utc_text(Instant(at))
    return Markup('<time datetime="{}" dir="ltr">{} {}</time>').format(text, text[:10], text[11:19])


def stamp(text: str) -> Markup:
    """An instant that is told as ISO 8601 in UTC, as `moment` tells one; nothing for ""."""
    return Markup('<time datetime="{}" dir="ltr">{} {}</time>').format(text, text[:10], text[11:19]) if text else Markup("")


def date(text: str) -> Markup:
    """A day as ISO 8601 writes it, left to right: among Arabic letters its parts would stand in the other order. Nothing for ""."""
    return Markup('<time datetime="{0}" dir="ltr">{0}</time>').format(text) if text else Markup("")


def coded(text: str) -> Markup:
    """A text of ours with what is to be typed between backticks (`fondaco lists diff`), as code in a page."""
    code, plain = Markup("<code>{}</code>"), Markup("{}")
    parts = [(code if at % 2 else plain).format(shown(part)) for at, part in enumerate(text.split("`"))]
    return Markup("").join(parts)


class Pages:
    """The templates of the package, with an environment for each language. `file` says where a file that pages load is found."""

    def __init__(self, words: Mapping[str, Words], file: Callable[[str], str]) -> None:
        self._words = words
        self._environments = {code: self._environment(one, file) for code, one in words.items()}

    @staticmethod
    def _environment(words: Words, file: Callable[[str], str]) -> Environment:
        found = Environment(
            loader=PackageLoader("fondaco.console"),
            # A release's templates don't change under it: no page asks the disk whether one did.
            auto_reload=False,
            autoescape=True,
            finalize=shown,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        found.install_gettext_callables(  # type: ignore[attr-defined]
            words, lambda one, more, n: words(one if n == 1 else more), newstyle=False
        )
        found.filters |= {
            "moment": moment,
            "date": date,
            "stamp": stamp,
            "rate": words.rate,
            "count": words.count,
            "share": words.share,
            "amount": _amount(words),
            "facts": _facts(words),
            "amounts": _amounts(words),
            "term": words.term,
            "term_value": words.term_value,
            "code": coded,
        }
        found.globals |= {
            "language": words.code, "direction": words.direction, "languages": LANGUAGES, "release": __version__, "file": file,
            "named_in": words.named,
        }  # fmt: skip
        return found

    def render(self, template: str, language: str, facts: Mapping[str, Any]) -> str:
        return self._environments[language].get_template(template).render(facts)


def _amount(words: Words) -> Any:
    def amount(minor: int, currency: str) -> Markup:
        return Markup('<bdi class="amount">{}&nbsp;{}</bdi>').format(words.amount(minor, currency), currency)

    return amount


def _facts(words: Words) -> Any:
    """What an entry of the journal says of a payment: its whole minor units before a currency as an amount, the rest to the letter."""
    amount = _amount(words)

    def facts(text: str) -> Markup:
        parts, at = [], 0
        for found in _MINOR.finditer(text):
            if found[2] in CURRENCIES:
                parts += [shown(text[at : found.start()].strip()), amount(int(found[1]), found[2])]
                at = found.end()
        parts.append(shown(text[at:].strip()))
        return Markup(" ").join(Markup("<bdi>{}</bdi>").format(one) for one in parts if one)

    return facts


def _amounts(words: Words) -> Any:
    """Lines of a record, place and text: whole minor units (`minor`, `open minor`) in a record of one currency as an amount of it, the rest as it is."""
    amount = _amount(words)

    def amounts(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
        rows = [*lines]
        named = {text for name, text in rows if name.rpartition(": ")[2] == "currency"}
        (currency,) = named if len(named) == 1 else ("",)
        for name, text in rows:
            where, colon, last = name.rpartition(": ")
            if currency in CURRENCIES and (last == "minor" or last.endswith(" minor")) and text.isascii() and text.isdigit():
                yield where + colon + (last.removesuffix("minor").rstrip() or "amount"), amount(int(text), currency)
            else:
                yield name, text

    return amounts

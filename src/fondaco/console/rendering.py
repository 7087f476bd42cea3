"""Pages out of templates. What people wrote is text in them, never markup, and what nobody sees stands as its number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fondaco import __version__
from fondaco.console.language import LANGUAGES, Words
from fondaco.core import Instant, utc_text
from fondaco.reporting import escape


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
        found.filters |= {"moment": moment, "count": words.count, "share": words.share, "amount": _amount(words)}
        found.globals |= {
            "language": words.code, "direction": words.direction, "languages": LANGUAGES, "release": __version__, "file": file,
        }  # fmt: skip
        return found

    def render(self, template: str, language: str, facts: Mapping[str, Any]) -> str:
        return self._environments[language].get_template(template).render(facts)


def _amount(words: Words) -> Any:
    def amount(minor: int, currency: str) -> Markup:
        return Markup('<bdi class="amount">{}&nbsp;{}</bdi>').format(words.amount(minor, currency), currency)

    return amount

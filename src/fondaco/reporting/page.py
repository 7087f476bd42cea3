"""A page of HTML that needs nothing else: no scripts, no fonts, no addresses. What people wrote is text in it, never markup."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape as escaped

_STYLE = """
:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}code{font-size:.9em}
@media print{body{margin:0;max-width:none}}
"""


# What turns or hides text as it is read: format characters (the marks of right-to-left and of its overrides are such) and controls.
_UNSEEN = frozenset({"Cf", "Cc", "Cs", "Co", "Cn"})
_KEPT = frozenset("\n\t")


def escape(text: str) -> str:
    """Text as text: markup is none, and a character that nobody sees, or that turns the text around it, stands as its number (`[U+202E]`)."""
    if not text.isascii() or not text.isprintable():
        text = "".join(
            f"[U+{ord(one):04X}]" if unicodedata.category(one) in _UNSEEN and one not in _KEPT else one for one in text
        )
    return escaped(text)


def page(title: str, parts: Sequence[str], style: str = "") -> str:
    """One whole page; `parts` are markup already, `style` is added to that of every page."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{_STYLE}{style}</style></head><body><main>",
            f"<h1>{escape(title)}</h1>",
            *parts,
            "</main></body></html>",
            "",
        ]
    )


def facts(rows: Sequence[tuple[str, str]]) -> str:
    """Names and what they are, as a list of terms."""
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows) + "</dl>"


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with its caption; the first cell of each row is its head. Without rows a sentence says so."""
    if not rows:
        return f"<p>{escape(caption)}: none.</p>"
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(one)}</td>" for one in row[1:]) + "</tr>"
        for row in rows
    )
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

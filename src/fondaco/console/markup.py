"""A message of XML for eyes: one element a line, names told from what they hold. What it says is not changed, and nothing of it is markup."""

from __future__ import annotations

import re

from markupsafe import Markup

from fondaco.reporting import escape

# Of a longer message the beginning is shown.
SHOWN_MAX = 100_000
_TOKEN = re.compile(r"<[^>]*>|[^<]+|<")
_NAME = re.compile(r"(</?|<\?)([^\s/>?]*)(.*)", re.DOTALL)


def highlighted(raw: bytes) -> Markup:
    """The message as markup for a `pre`. Pure; what is no XML is shown as it is."""
    lines: list[str] = []
    depth, leaf = 0, False
    for part in _TOKEN.findall(raw[:SHOWN_MAX].decode("utf-8", "replace")):
        if not part.startswith("<") or part == "<":
            if part.strip():
                if lines:
                    lines[-1] += escape(part)
                else:
                    lines.append(escape(part))
            continue
        if part.startswith("</"):
            depth = max(0, depth - 1)
            if leaf:
                lines[-1] += _tag(part)
            else:
                lines.append("  " * depth + _tag(part))
            leaf = False
            continue
        lines.append("  " * depth + _tag(part))
        leaf = not part.endswith(("/>", "?>", "-->"))
        depth += leaf
    if len(raw) > SHOWN_MAX:
        lines.append("…")
    return Markup("\n".join(lines))  # noqa: S704 - every part was escaped above


def _tag(part: str) -> str:
    match = _NAME.fullmatch(part)
    if match is None:
        return escape(part)
    opening, name, rest = match.groups()
    return f'{escape(opening)}<span class="tag">{escape(name)}</span><span class="attribute">{escape(rest)}</span>'

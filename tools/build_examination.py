"""Write the tables of rules in docs/examination.md from the captions of the rules themselves.

python tools/build_examination.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

from fondaco.trade.examination import RULES, TERMS_RULES, article

PAGE = Path(__file__).resolve().parent.parent / "docs" / "examination.md"
BEGINS = "<!-- rules: made by tools/build_examination.py from src/fondaco/trade/examination/captions.py -->"
ENDS = "<!-- end of rules -->"


def table(rules: dict[str, str]) -> list[str]:
    rows = [f"| `{rule}` | {place_of(rule)} | {caption} |" for rule, caption in rules.items()]
    return ["| rule | article | what holds |", "|---|---|---|", *rows]


def place_of(rule: str) -> str:
    """The article as people write it: `UCP600.20a.ii` is UCP 600 art. 20(a)(ii), `CREDIT.46A` is field 46A."""
    source, _, number = article(rule).partition(".")
    if source == "CREDIT":
        return f"field {number}"
    if source.startswith("eUCP"):
        return f"eUCP 2.1 art. {number.removeprefix('1.')}"
    digits = "".join(char for char in number.split(".")[0] if char.isdigit())
    parts = [part for part in number[len(digits) :].replace(".", " ").split() if part]
    return f"UCP 600 art. {digits}" + "".join(f"({part})" for part in parts)


def made(text: str) -> str:
    before, _, rest = text.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    documents = ["Of a presentation:", "", *table(RULES)]
    terms = ["Of terms, before issue (`lint`):", "", *table(TERMS_RULES)]
    return "\n".join([f"{before}{BEGINS}", "", *documents, "", *terms, "", f"{ENDS}{after}"])


def main() -> int:
    text = PAGE.read_text()
    if "--check" in sys.argv:
        fresh = made(text) == text
        print(f"docs/examination.md: {len(RULES)} rules, {len(TERMS_RULES)} of terms, {'as the captions' if fresh else 'stale'}")
        return 0 if fresh else 1
    PAGE.write_text(made(text))
    print(f"docs/examination.md: {len(RULES)} rules and {len(TERMS_RULES)} of terms written")
    return 0


if __name__ == "__main__":
    sys.exit(main())

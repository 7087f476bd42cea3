"""Make the table of name forms that screening ships: one name's spellings across languages, a group a line.

    python tools/name_forms.py PERSONS_TXT [-o src/fondaco/compliance/matching/name_forms.txt.xz]

Source: `rigour/data/names/persons.txt` of the package `rigour` 1.8.2 on PyPI (MIT licence; its groups are labels of given and family
names in Wikidata, CC0), as `pip download --no-deps rigour==1.8.2` brings it; later versions keep it inside a compiled file. Kept are Latin
spellings, Arabic and Hebrew ones, of groups that say more than our rules for sounds do. The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import lzma
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from fondaco.compliance.matching.normalise import tokens
from fondaco.compliance.matching.words import skeleton

HOME = Path(__file__).resolve().parent.parent / "src" / "fondaco" / "compliance" / "matching" / "name_forms.txt.xz"
_KEPT = ((0x0590, 0x0600), (0x0600, 0x0780))


def group(line: str) -> str:
    """One group in the table's form, "" when the rules for sounds know as much."""
    latin: dict[str, None] = {}
    other: dict[str, None] = {}
    for form in line.rpartition(" => ")[0].split(", "):
        if " " in form or len(form) < 2:
            continue
        code = max(map(ord, form))
        native = any(low <= code < high for low, high in _KEPT)
        if not native and code >= 0x370 and not 0x1E00 <= code < 0x1F00:
            continue
        words = tokens(form)
        if len(words) == 1 and len(words[0]) > 1:
            (other if native else latin)[words[0]] = None
    if not latin or (not other and len({skeleton(one) for one in latin}) < 2):
        return ""
    return " ".join([*latin, *other])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=HOME)
    options = parser.parse_args()
    groups = sorted({made for line in options.source.read_text(encoding="utf-8").splitlines() if (made := group(line))})
    packed = lzma.compress("\n".join(groups).encode(), preset=9 | lzma.PRESET_EXTREME)
    options.output.write_bytes(packed)
    print(f"{len(groups)} groups, {len(packed)} bytes")


if __name__ == "__main__":
    main()

"""One name's spellings across languages: a table made by `tools/name_forms.py`, read once a process."""

from __future__ import annotations

import lzma
import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

# Names of the Bible and the Koran, and what empires made of names: one name, other words, so no table of spellings has them.
_SAME = (
    "joseph yusuf yousef youssef yusif jozef josef jose giuseppe", "abraham ibrahim ebrahim avraham", "moses musa moussa moshe", "david daud dawud daoud",
    "solomon suleiman sulayman suleyman shlomo", "john yahya juan jean johann ivan giovanni yohannes", "jesus isa issa", "mary maryam mariam miriam",
    "jacob yaqub yakub yacoub yaakov", "isaac ishaq ishak yitzhak", "noah nuh nouh", "aaron harun haroun aharon", "elijah ilyas elias eliyahu",
    "gabriel jibril jebril", "michael mikhail mikail miguel", "job ayyub ayoub", "zechariah zakariya zakaria", "alexander iskandar eskandar sikandar",
    "muhammad mohammed mohamed mohammad mehmet mahomet", "ahmad ahmed ahmet", "eugene yevgeny evgeny evgeniy evgenii", "george georgy yuri jorge jerzy",
    "hussein husayn huseyin hosein", "ali aly", "abdullah abdallah abdulla", "matthew mateo matvey", "peter pyotr pedro pierre boutros", "paul pavel pablo boulos",
    "andrew andrey andrei andres", "nicholas nikolai nikolay", "basil vasily vasili", "theodore fyodor fedor", "stephen stepan esteban istvan",
    "catherine ekaterina yekaterina", "helen elena yelena", "james jaime iakov", "al el ul",
)  # fmt: skip


@cache
def fame() -> Mapping[str, float]:
    """From 0 to 1 how well known a name is: by how many spellings its languages have for it."""
    sizes: dict[int, int] = {}
    for numbers in groups().values():
        for number in numbers:
            sizes[number] = sizes.get(number, 0) + 1
    return {
        form: min(1.0, math.log2(most) / 4)
        for form, numbers in groups().items()
        if (most := max([sizes[number] for number in numbers])) > 2
    }


@cache
def groups() -> Mapping[str, tuple[int, ...]]:
    """For each spelling the numbers of the names that it may be."""
    found: dict[str, tuple[int, ...]] = {}
    packed = files("fondaco.compliance.matching").joinpath("name_forms.txt.xz").read_bytes()
    for number, line in enumerate([*lzma.decompress(packed).decode().splitlines(), *_SAME]):
        for form in line.split(" "):
            known = found.get(form)
            found[form] = (number,) if known is None else (*known, number)
    return found

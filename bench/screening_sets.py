"""Who is looked for, disguised how, and who is honest: the sets that screening is measured on.

**Real sets**, where `../shared/data/screening` is. The pool is all its entities. What was developed on: the entities named in `cases_dev`,
and those honest names whose SHA-256 begins with an even byte. The hold-out is

* 600 other entities of the pool (400 persons, 200 organisations and vessels), drawn with `SEED`, whose first name is in Latin letters: their
  first name, disguised by `sanctions-screening-benchmark` with the seed `SEED`, two cases of each of its 16 classes at most;
* 300 of these, disguised by two classes, one after the other;
* native: the first native name of persons of the pool that are not in `cases_dev` and have a Latin name too. Native names of these are not in
  the index: the question is whether the Latin record is found. A script with fewer than 20 persons has no figure;
* honest names: those of `benign_dev` whose SHA-256 begins with an odd byte, and as many again made with `faker` (`SEED`, locales and shares as below:
  given and family names by their frequency where the locale has it). Who bears a listed name by chance is left in.

**A small set**, where there is none: names of syllables, made here from the seed. Its figures say that the benchmark runs, no more.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from fondaco.compliance.lists import Entry, ListEdition, Name

SEED = 20_261_127
CLASSES = (
    "name_order translit particle punctuation title_affix initials token_drop double_collapse phonetic homoglyph invisible_char vowel_drop"
    " ocr typo transpose truncate"
).split()
NATIVE_MIN = 20
NATIVE_MAX = 300
_SCRIPTS = {
    "Greek": ((0x370, 0x400), (0x1F00, 0x2000)), "Cyrillic": ((0x400, 0x530),), "Hebrew": ((0x590, 0x600),), "Arabic": ((0x600, 0x780),),
    "Hangul": ((0xAC00, 0xD7B0),), "Han": ((0x3400, 0xA000),),
}  # fmt: skip
# (locale, share of the honest names made): persons, but for the last that are companies.
_PERSONS = (
    "en_US 14,en_GB 5,en_IN 6,en_PH 4,es_ES 4,es_MX 5,pt_BR 4,fr_FR 4,de_DE 4,it_IT 3,nl_NL 2,sv_SE 2,pl_PL 2,tr_TR 3,ru_RU 2,uk_UA 1,bg_BG 1,"
    "fa_IR 2,ar_SA 2,he_IL 1,hi_IN 2,ne_NP 1,zh_CN 3,zh_TW 2,ja_JP 2,ko_KR 2,vi_VN 1,id_ID 2"
)
_COMPANIES = "en_US 8,en_GB 3,de_DE 2,es_MX 2,fr_FR 2,it_IT 1,pt_BR 1,en_IN 1"


class Case(NamedTuple):
    """A disguised name and the entity that it belongs to."""

    name: str
    entity: str
    group: str


class Sets(NamedTuple):
    """All that is measured on; `native` as (script, cases), and the editions in which their Latin records are alone."""

    source: str
    editions: list[ListEdition]
    latin_editions: list[ListEdition]
    cases: list[Case]
    doubles: list[Case]
    native: dict[str, list[Case]]
    honest: list[str]


def script_of(text: str) -> str:
    """The first script in the text that is not Latin, "" when there is none."""
    for char in text:
        for script, ranges in _SCRIPTS.items():
            if any(low <= ord(char) < high for low, high in ranges):
                return script
    return ""


def held_out(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 1


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def real(folder: Path) -> Sets:
    pool = read(folder / "pool.jsonl.gz")
    developed = {entity for case in read(folder / "cases_dev.jsonl.gz") for entity in case["entity"]}
    draw = random.Random(SEED)
    fresh = [one for one in pool if one["id"] not in developed]
    persons = [one for one in fresh if one["schema"] == "Person" and not script_of(one["names"][0])]
    others = [one for one in fresh if one["schema"] != "Person" and not script_of(one["names"][0])]
    chosen = draw.sample(persons, 400) + draw.sample(others, 200)
    native: dict[str, list[Case]] = {script: [] for script in _SCRIPTS}
    for one in fresh:
        first = next((name for name in one["names"] if script_of(name)), "")
        if one["schema"] == "Person" and first and any(not script_of(name) for name in one["names"]):
            native[script_of(first)].append(Case(first, one["id"], script_of(first)))
    native = {script: draw.sample(cases, min(NATIVE_MAX, len(cases))) for script, cases in native.items()}
    apart = {case.entity for cases in native.values() for case in cases}
    cases, doubles = disguise([(one["id"], one["names"][0]) for one in chosen])
    honest = [one["name"] for one in read(folder / "benign_dev.jsonl.gz") if held_out(one["name"])]
    return Sets(
        "lists of ../shared, hold-out",
        editions(pool, set()),
        editions(pool, apart),
        cases,
        doubles,
        native,
        [*honest, *made_up(len(honest))],
    )


def editions(pool: Iterable[dict[str, Any]], without_native: set[str]) -> list[ListEdition]:
    entries: dict[str, list[Entry]] = {}
    for one in pool:
        names = [name for name in one["names"] if one["id"] not in without_native or not script_of(name)]
        entries.setdefault(one["src"], []).append(Entry(one["id"], one["schema"], tuple(map(Name, names))))
    return [ListEdition(source, "pool", "", 0, source, tuple(found)) for source, found in entries.items()]


def disguise(chosen: list[tuple[str, str]]) -> tuple[list[Case], list[Case]]:
    from ssb.perturb import apply_all

    cases = [
        Case(variant.text, entity, variant.perturbation)
        for entity, name in chosen
        for variant in apply_all(name, entity, seed=SEED, only=CLASSES, max_per_class=2)
    ]
    draw = random.Random(SEED + 1)
    doubles = []
    for entity, name in chosen:
        for first, second in [draw.sample(CLASSES, 2) for _ in range(20)]:
            once = apply_all(name, entity, seed=SEED, only=[first], max_per_class=2)
            twice = apply_all(once[0].text, entity, seed=SEED, only=[second], max_per_class=2) if once else []
            if twice and len(doubles) < 300:
                doubles.append(Case(draw.choice(twice).text, entity, f"{first}+{second}"))
                break
    return cases, doubles


def made_up(count: int) -> list[str]:
    from faker import Faker

    drawn: list[tuple[str, int, str]] = []
    for kind, shares in (("name", _PERSONS), ("company", _COMPANIES)):
        drawn += [(locale, int(share), kind) for locale, share in (part.split(" ") for part in shares.split(","))]
    total = sum(share for _, share, _ in drawn)
    names: dict[str, None] = {}
    for locale, share, kind in drawn:
        faker = Faker(locale)
        faker.seed_instance(SEED)
        make: Callable[[], str] = (
            faker.company if kind == "company" else lambda faker=faker: f"{faker.first_name()} {faker.last_name()}"  # type: ignore[misc]
        )
        wanted = len(names) + round(count * share / total)
        for _ in range(20 * count):
            if len(names) >= wanted:
                break
            names[make()] = None
    return list(names)


_SYLLABLES = (
    "ba be bo da de do fa ga go ha ja ka ke ko la le lo ma me mo na ne no pa ra re ro sa se so ta te to va ve vo za zo".split()
)


def small() -> Sets:
    """Invented names alone: 2,000 entities, 120 of them disguised, 2,000 honest names of the same syllables."""
    draw = random.Random(SEED)

    def word() -> str:
        return "".join(draw.choices(_SYLLABLES, k=draw.randint(2, 4))).title() + draw.choice(["", "n", "r", "v", "sh", "m"])

    names = {f"x-{number}": " ".join(word() for _ in range(draw.randint(2, 4))) for number in range(2_000)}
    entries = tuple(Entry(key, "Person", (Name(name),)) for key, name in names.items())
    edition = ListEdition("invented", "made", "", 0, "invented", entries)
    cases, doubles = disguise(draw.sample(sorted(names.items()), 120))
    honest = [" ".join(word() for _ in range(draw.randint(2, 3))) for _ in range(2_000)]
    return Sets("invented names", [edition], [edition], cases, doubles, {script: [] for script in _SCRIPTS}, honest)

"""How much does screening find, how many honest names does it stop, and how fast is it, beside its peers?

    ./run bench screening [--peer-cases 1500] [--no-peers] [--rounds 5]

Recall is the share of disguised names whose entity is among the alerts, at the threshold where 1 % (0.2 %) of honest names alert. Which sets
these are, and how the hold-out is made, stands in `screening_sets.py`. Every engine gets its own threshold on the same honest names.
Rates are per core: names over processor seconds of this process, the median of the rounds.

The peers are installed into `.bench/screening`, pinned by `requirements-bench-nomenklatura.txt`; where PyICU cannot be compiled, by
`requirements-bench-screening.txt`, and nomenklatura's figures are null with the reason. Recall by class is printed and stored for developers.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FONDACO_SHARED", ROOT.parent / "shared")) / "data"
HOME = ROOT / ".bench" / "screening"
FLOOR = 780
BATCH = 256
SHARES = (0.01, 0.002)


def install() -> str:
    """Make the environment of the peers. Returns why nomenklatura is not in it, "" when it is."""
    uv = ROOT / ".uv" / "bin" / "uv"
    python = HOME / "bin" / "python"
    why = ""
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, HOME], check=True)
    for name in ("nomenklatura", "screening"):
        pins = ROOT / f"requirements-bench-{name}.txt"
        stamp = HOME / f".pins-{name}"
        if stamp.exists() and stamp.read_text() == pins.read_text():
            return why
        done = subprocess.run(
            [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, pins],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            stamp.write_text(pins.read_text())
            return why
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        why = f"nomenklatura could not be installed: {' '.join(lines)[:200]}"
    raise SystemExit(f"bench screening: the peers could not be installed: {why}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-cases", type=int, default=1500)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--inside", default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is None:
        why = install()
        command = [HOME / "bin" / "python", __file__, *sys.argv[1:], f"--inside={why}"]
        environment = dict(os.environ, PYTHONPATH=f"{ROOT / 'src'}{os.pathsep}{ROOT / 'bench'}", PYTHONHASHSEED="0")
        raise SystemExit(subprocess.run(command, env=environment, check=False).returncode)
    figures = measure(options)
    path = ROOT / "bench" / "results.json"
    results = json.loads(path.read_text())
    results["screening"] = figures
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


def measure(options: argparse.Namespace) -> dict[str, Any]:
    import screening_sets as sets
    from fondaco.compliance.matching import Index

    folder = SHARED / "screening"
    chosen = sets.real(folder) if folder.exists() else sets.small()
    print(f"{chosen.source}: {len(chosen.cases)} cases, {len(chosen.honest)} honest names", file=sys.stderr, flush=True)
    index = Index(chosen.editions)
    best, near = ours(index, chosen.honest)
    own, near_cases = ours_of(index, chosen.cases)
    limits = [threshold(best, share) for share in SHARES]
    figures: dict[str, Any] = {"sets": chosen.source, "cases": len(chosen.cases), "honest": len(chosen.honest), "seed": sets.SEED}
    figures["thresholds_milli"] = [int(limit) + 1 for limit in limits]
    figures |= recall("recall", own, limits)
    groups = sorted({case.group for case in chosen.cases})
    figures["recall_by_class"] = {
        group: [
            share([value for value, case in zip(own, chosen.cases, strict=True) if case.group == group], limit)
            for limit in limits
        ]
        for group in groups
    }
    figures |= recall("two_perturbations", ours_of(index, chosen.doubles)[0], limits)
    figures["native"] = native(Index(chosen.latin_editions), chosen.native, limits)
    print(json.dumps(figures, indent=1), file=sys.stderr, flush=True)
    figures["peers"] = {} if options.no_peers else peers(options, chosen, near, near_cases)
    figures |= speed(chosen, options.rounds)
    return figures | _where()


def threshold(honest: Sequence[float], share_: float) -> float:
    """The highest score that does not alert: at most this share of the honest names is above it."""
    return sorted(honest, reverse=True)[int(len(honest) * share_)]


def share(scores: Sequence[float], limit: float) -> float | None:
    return round(sum(score > limit for score in scores) / len(scores), 4) if scores else None


def recall(name: str, scores: Sequence[float], limits: Sequence[float]) -> dict[str, float | None]:
    return {f"{name}_at_1pct": share(scores, limits[0]), f"{name}_at_0_2pct": share(scores, limits[1])}


def ours(index: Any, names: Sequence[str]) -> tuple[list[float], list[list[str]]]:
    best: list[float] = []
    near: list[list[str]] = []
    for start in range(0, len(names), BATCH):
        for found in index.search_many(names[start : start + BATCH], FLOOR):
            best.append(found[0].score_milli if found else 0)
            near.append([one.entry_id for one in found[:10]])
    return best, near


def ours_of(index: Any, cases: Sequence[Any]) -> tuple[list[float], list[list[str]]]:
    own: list[float] = []
    near: list[list[str]] = []
    for start in range(0, len(cases), BATCH):
        part = cases[start : start + BATCH]
        for case, found in zip(part, index.search_many([case.name for case in part], FLOOR), strict=True):
            own.append(max([one.score_milli for one in found if one.entry_id == case.entity], default=0))
            near.append([one.entry_id for one in found[:10]])
    return own, near


def native(index: Any, by_script: dict[str, list[Any]], limits: Sequence[float]) -> dict[str, Any]:
    import screening_sets as sets

    found: dict[str, Any] = {}
    for script, cases in by_script.items():
        if len(cases) < sets.NATIVE_MIN:
            found[script] = {
                "at_1pct": None,
                "at_0_2pct": None,
                "why": f"{len(cases)} persons not developed on, {sets.NATIVE_MIN} wanted",
            }
            continue
        own, _ = ours_of(index, cases)
        found[script] = {"persons": len(cases), "at_1pct": share(own, limits[0]), "at_0_2pct": share(own, limits[1])}
    return found


def peers(options: argparse.Namespace, chosen: Any, near: list[list[str]], near_cases: list[list[str]]) -> dict[str, Any]:
    from importlib.metadata import version

    from screening_peers import LogicV2, TokenSort, sample

    found: dict[str, Any] = {}
    honest = sample(options.peer_cases, len(chosen.honest), 1)
    cases = sample(options.peer_cases, len(chosen.cases), 2)
    names = [chosen.honest[at] for at in honest]
    sort = TokenSort(chosen.editions)
    said = [chosen.cases[at] for at in cases]
    print("  rapidfuzz", file=sys.stderr, flush=True)
    best, _, near_honest = sort.run(names, [""] * len(names))
    _, own, near_sort = sort.run([case.name for case in said], [case.entity for case in said])
    _, doubles, near_doubles = sort.run([case.name for case in chosen.doubles], [case.entity for case in chosen.doubles])
    limits = [threshold(best, one) for one in SHARES]
    found[f"rapidfuzz {version('rapidfuzz')} token_sort"] = recall("recall", own, limits) | recall(
        "two_perturbations", doubles, limits
    )
    if options.inside:
        found["nomenklatura logic-v2"] = {"recall_at_1pct": None, "recall_at_0_2pct": None, "why": options.inside}
        return found
    print("  nomenklatura", file=sys.stderr, flush=True)
    logic = LogicV2(chosen.editions)
    best, _ = logic.run(names, [""] * len(names), [[*near[at], *more] for at, more in zip(honest, near_honest, strict=True)])
    _, own = logic.run(
        [case.name for case in said],
        [case.entity for case in said],
        [[*near_cases[at], *more] for at, more in zip(cases, near_sort, strict=True)],
    )
    _, doubles = logic.run([case.name for case in chosen.doubles], [case.entity for case in chosen.doubles], near_doubles)
    limits = [threshold(best, one) for one in SHARES]
    found[f"nomenklatura {version('nomenklatura')} logic-v2"] = recall("recall", own, limits) | recall(
        "two_perturbations", doubles, limits
    )
    return found


def many_editions(chosen: Any) -> list[Any]:
    """All names that speed is measured against: the pool, and older or other editions of the real lists where they are."""
    from fondaco.compliance import read_list

    found = list(chosen.editions)
    lists = SHARED / "lists"
    files = {
        "un_xml": [["un/un_consolidated_20201124.xml.gz"], ["un/un_consolidated_20260227.xml.gz"]],
        "ofac_csv": [[f"ofac/{name}_20210707_full.csv.gz" for name in ("sdn", "alt", "add")]],
        "eu_xml": [["eu/fsf_20210302.xml.gz"]],
    }
    for format_, groups in files.items():
        for number, group in enumerate(groups):
            if all((lists / name).exists() for name in group):
                read = read_list(
                    f"{format_}{number}", format_, [gzip.decompress((lists / name).read_bytes()) for name in group], 0, 100
                )
                if hasattr(read, "entries"):
                    found.append(read)
    path = lists / "ofac" / "ofac-sdn_20260804.csv.gz"
    if path.exists():
        found.append(sdn(path))
    return found


def sdn(path: Path) -> Any:
    """One of the dated versions of OFAC's names."""
    from fondaco.compliance.lists import Entry, ListEdition, Name

    rows = csv.DictReader(gzip.decompress(path.read_bytes()).decode().splitlines())
    entries = [
        Entry(
            row["uid"],
            row["type"],
            tuple(Name(name) for name in [row["name"], *row["alternate_names"].split(";")] if name.strip()),
        )
        for row in rows
    ]
    return ListEdition(path.name, "names", "", 0, path.name, tuple(entries))


def rate(work: Callable[[], int], rounds: int) -> int:
    """Names a processor second, the median of so many rounds."""
    rates = []
    for _ in range(rounds):
        begun = time.process_time()
        rates.append(work() / (time.process_time() - begun))
    return round(statistics.median(rates))


def speed(chosen: Any, rounds: int) -> dict[str, Any]:
    from fondaco.compliance import ListSet, ListSetting, Screener
    from fondaco.compliance.matching import Index
    from fondaco.core import Instant, Mention
    from fondaco.hub import settle_heap

    print("  speed", file=sys.stderr, flush=True)
    figures: dict[str, Any] = {}
    editions = many_editions(chosen)
    before = _rss_mb()
    begun = time.process_time()
    index = Index(editions)
    figures["index_s"] = round(time.process_time() - begun, 1)
    figures["index_mb"] = round(_rss_mb() - before)
    figures["names_indexed"] = len(index)
    settle_heap()  # as the hub does once its lists are indexed
    honest = list(dict.fromkeys(chosen.honest))

    def search(names: Sequence[str]) -> int:
        for start in range(0, len(names), BATCH):
            index.search_many(names[start : start + BATCH], 880)
        return len(names)

    cold = []
    for start in range(0, len(honest), max(1, len(honest) // rounds)):
        part = honest[start : start + max(1, len(honest) // rounds)]
        index.forget()
        cold.append(rate(lambda part=part: search(part), 1))  # type: ignore[misc]
    figures["names_per_s_cold"] = round(statistics.median(cold))
    search(honest)
    heard = mixed(honest, 10_000)  # made beforehand: to make a name is no part of screening it
    figures["names_per_s_warm"] = rate(lambda: search(heard), rounds)
    settings = [ListSetting(edition.list_id, 880, 30, True) for edition in editions]
    lists = ListSet(editions, settings)
    screener = Screener(lists)
    draw = random.Random(1)
    parties = mixed(honest, 20_000)
    weights = [1 / (rank + 1) for rank in range(len(parties))]
    said = draw.choices(parties, weights, k=200_000)

    def zipf(each: int) -> float:
        """Names a second in messages of so many names, by a screener that has heard nothing."""
        screener = Screener(lists)
        messages = [
            [Mention("name", f"Pty{place}/Nm", name) for place, name in enumerate(said[start : start + each])]
            for start in range(0, len(said), each)
        ]
        begun = time.process_time()
        for start in range(0, len(messages), BATCH):
            screener.screen(messages[start : start + BATCH], Instant(1))
        return len(said) / (time.process_time() - begun)

    # A pacs.008 names about ten; a message of one name alone pays the whole price of a verdict for it.
    for key, each in (("names_per_s_zipf", 10), ("names_per_s_zipf_in_messages_of_one", 1)):
        figures[key] = round(statistics.median([zipf(each) for _ in range(3)]))
    # A message of a running hub: its words were heard before, its names were not.
    for start in range(0, len(parties), BATCH):
        screener.screen([[Mention("name", "Cdtr/Nm", name)] for name in parties[start : start + BATCH]], Instant(1))
    heard_of = set(parties)
    fresh = [name for name in mixed(honest, 20_000, 2) if name not in heard_of]
    times = []
    for start in range(0, len(fresh), 10):
        message = [[Mention("name", f"Pty{at}/Nm", name) for at, name in enumerate(fresh[start : start + 10])]]
        begun = time.process_time()
        screener.screen(message, Instant(1))
        times.append(time.process_time() - begun)
    times.sort()
    figures["message_p50_ms"] = round(times[len(times) // 2] * 1e3, 2)
    figures["message_p99_ms"] = round(times[len(times) * 99 // 100] * 1e3, 2)
    return figures | delta(index, honest)


def mixed(names: Sequence[str], count: int, seed: int = 1) -> list[str]:
    """So many distinct names of words that were seen before: of two honest names the first half and the second."""
    draw = random.Random(seed)
    found: dict[str, None] = {}
    for _ in range(20 * count):
        one, other = draw.choice(names).split(), draw.choice(names).split()
        found[" ".join([*one[: max(1, len(one) // 2)], *other[len(other) // 2 :]])] = None
        if len(found) >= count:
            break
    return list(found)


def delta(whole: Any, honest: Sequence[str]) -> dict[str, Any]:
    """100,000 parties against what changed between two dated versions of OFAC's list, nothing remembered."""
    from fondaco.compliance.lists import ListEdition
    from fondaco.compliance.matching import Index

    old, new = (SHARED / "lists" / "ofac" / f"ofac-sdn_{day}.csv.gz" for day in ("20260723", "20260806"))
    if not old.exists() or not new.exists():
        return {"delta_parties_per_s": None, "delta_why": "the dated lists are not here"}
    before = {entry.entry_id: entry for entry in sdn(old).entries}
    edition = sdn(new)
    changed = tuple(entry for entry in edition.entries if before.get(entry.entry_id) != entry)
    parties = mixed(honest, 100_000, 3)
    begun = time.process_time()
    index = Index([ListEdition(edition.list_id, "names", "", 0, "delta", changed)], among=whole)
    for start in range(0, len(parties), 1024):
        index.search_many(parties[start : start + 1024], 880)
    spent = time.process_time() - begun
    return {"delta_parties_per_s": round(len(parties) / spent), "delta_entries": len(changed), "delta_s": round(spent, 2)}


def _rss_mb() -> float:
    with Path("/proc/self/status").open() as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def _where() -> dict[str, Any]:
    from fondaco import __version__

    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    return {
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "commit": commit,
        "fondaco": __version__,
        "python": platform.python_version(),
        "machine": f"{os.cpu_count()} cores (shared)",
        "load": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    main()

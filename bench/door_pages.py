"""What a person waits for: first paint of every page of the console with many payments in the store, and how busy the browser's main thread is while the
day moves. `measure_pages()` is called by `./run bench door`; by itself: `.venv/bin/python bench/door_pages.py [PAYMENTS]`.

The hub is one that lived: payments go through it in batches, net and urgent, with banks that answer and cycles that settle. Its folder is kept under the system's
temporary folder, so that a second measurement begins at once. First paint is the browser's own (`first-contentful-paint`), from the moment of asking, in a headless
Chromium without a cache; of each page the median of five visits, of all pages the worst; beside it stands how much of that passed until the server's answer was whole. The index that follows the
journal is read to its end before, as it is in a hub that has been served; `index_s` says how long that took. The main thread's share is that of its task time (`Performance.getMetrics`)
while obligations change behind a watched `/console/day`.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Page, sync_playwright

from fondaco.access import ROWS, Trail
from fondaco.api import DemoKeys, House, read_settings
from fondaco.cli.composing import SIMULATED, composed, demo_access, demo_links
from fondaco.cli.living import HOST, ServedClock, bound_port
from fondaco.console.app import PAGES
from fondaco.core import Instant
from fondaco.hub import BATCH_MAX, Arrive, PostQuotes, Tick, close_hub, open_hub
from fondaco.simulation import provider_quotes
from fondaco.simulation.served_day import ServedDay
from fondaco.simulation.workload import Traffic, day_bounds
from fondaco.simulation.world import World

PAYMENTS = 100_000
# So many updates a second of what the watched page shows, and for how long, in seconds.
UPDATES_PER_S, WATCHED_S = 500, 20
CHROMIUM = Path("/usr/bin/chromium")
_BATCH, _VISITS, _S = 2_000, 5, 1_000_000_000
# Quotes come with every so many rounds of the feed, of a tenth of a second each.
_QUOTED_EVERY = 50
# So long the index may take to come up with the journal, in seconds.
_INDEX_S = 600
# What is handed over as a file, or begins a process of its own, is no page to be painted.
_NO_PAGE = ("/audit/export", "/supervisor/disclosure")


def grown(folder: Path, payments: int) -> None:
    """A hub that has taken in so many payments, and was closed; one that is there already is left as it is."""
    told = folder / "grown.json"
    if told.is_file() and json.loads(told.read_text()) >= payments:
        return
    day = ServedDay(folder)
    try:
        now = day.prepare(60)
        day.hub.take_mail()
        _, closes = day_bounds(day.day)
        traffic = Traffic(day.rules, 7, parties=4_000, sealed=True)
        found = traffic.messages(payments, Instant(int(now) + _S), closes, bad_share=0.0)
        commands: list[Any] = []
        while day.hub.desk.counters.payment < payments:
            commands += [Arrive(one.sender, one.raw) for one in (next(found, None) for _ in range(_BATCH)) if one is not None]
            now = Instant(now + 5 * _S)
            whole = [*day.sent(now)[:2], *commands, Tick()]
            for first in range(0, len(whole), BATCH_MAX):
                now = Instant(now + 1)
                day.hub.process(whole[first : first + BATCH_MAX], now)
            day.hub.flush()
            commands = list(day.answers(day.hub.take_mail(), now))
    finally:
        close_hub(day.hub)
    told.write_text(json.dumps(payments))


class Served:
    """The grown hub behind both doors, in a thread."""

    def __init__(self, folder: Path) -> None:
        self.hub = open_hub(folder)
        self.hub.take_mail()
        self.clock = ServedClock(Instant(self.hub.desk.counters.last_instant + 1))
        self.bound = bound_port(HOST, 18_640)
        port = self.bound.getsockname()[1]
        self.address = f"http://{HOST}:{port}"
        scheme = self.hub.desk.scheme
        self.access = demo_access(self.address, scheme, self.clock.now())
        self.house = House(self.hub, self.clock, folder, read_settings(folder), DemoKeys(scheme).authenticate)
        app = composed(self.house, self.access, self.clock, SIMULATED)
        self.server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2))
        self.bound.listen(128)
        self.thread = threading.Thread(target=self.server.run, args=([self.bound],))
        self.thread.start()
        while not self.server.started:  # ends: it starts, or its thread has died
            assert self.thread.is_alive(), "the server did not start"
            time.sleep(0.02)

    def close(self) -> None:
        self.server.should_exit = True
        self.house.end_waiting()
        self.thread.join()
        self.access.close()
        close_hub(self.hub)


def _places(served: Served) -> list[tuple[str, str]]:
    """Every page with somebody who may see it, an operator where one may. One that needs a name is visited with something that is there, or left out."""
    hub = served.hub
    number = hub.desk.counters.payment
    uetr = next(one.uetr for at in range(number, 0, -1) if (one := hub.payment(at)) is not None and one.uetr)
    names = {"{uetr}": uetr, "{cycle}": str(min(hub.desk.cycles)), "{case}": min(hub.desk.cases, default="")}
    places = []
    people = sorted(
        (one.grant for one in served.access.people.all()), key=lambda one: (not one.name.startswith("operator"), one.name)
    )
    for path, right, _ in PAGES:
        if path in _NO_PAGE:
            continue
        who = next(one.name for one in people if set(one.roles) & set(ROWS[right].who))
        for name, value in names.items():
            path = path.replace(name, value)
        if "{" not in path and not path.endswith(("/live", "/")):
            places.append((path, who))
    return [
        *places,
        ("/payments?q=zzbasg01", "operator-1"),
        ("/positions?account=ZZBASG01+SGD&amount=100.00&kind=net", "operator-1"),
    ]


# How often what moves on a page was put anew, or parts of it: of a page that stands still the share says nothing.
_COUNT_CHANGES = """() => {
  window.changes = 0;
  new MutationObserver(() => { window.changes += 1 }).observe(document.getElementById('live'), {childList: true, subtree: true, characterData: true});
}"""


def _enter(page: Page, served: Served, who: str) -> None:
    page.goto(demo_links(served.access, served.clock.now(), (who,))[0][1])
    page.click("main button")
    page.wait_for_load_state("load")


# The first paint, and when the last byte of the page itself had come.
_PAINT = """() => new Promise(done => {
  const found = () => performance.getEntriesByName('first-contentful-paint')[0];
  const told = () => done([found().startTime, performance.getEntriesByType('navigation')[0].responseEnd]);
  if (found()) return told();
  new PerformanceObserver(() => { if (found()) told() }).observe({type: 'paint', buffered: true});
})"""


def index_followed(page: Page, served: Served) -> float:
    """Wait until the index has read the journal to its end; how long that took, in seconds."""
    begun = time.monotonic()
    _enter(page, served, "auditor")
    # Whoever looks has it read on without a pause.
    page.goto(f"{served.address}/console/audit", wait_until="load")
    trail = Trail(served.access.store.path.parent)
    head = served.hub.journal.head()[0]
    while trail.followed().last < head:  # ends: the console reads on behind the page, or this gives up
        assert time.monotonic() - begun < _INDEX_S, "the index does not come up with the journal"
        time.sleep(0.1)
    trail.close()
    return time.monotonic() - begun


def first_paints(page: Page, served: Served) -> dict[str, tuple[float, float]]:
    """By page, in milliseconds: the first paint, and the end of the server's answer; each the median of `_VISITS` visits."""
    found: dict[str, tuple[float, float]] = {}
    inside = ""
    for path, who in _places(served):
        if who != inside:
            page.context.clear_cookies()
            _enter(page, served, who)
            inside = who
        visits = []
        for _ in range(_VISITS):
            answer = page.goto(f"{served.address}/console{path}", wait_until="load")
            assert answer is not None and answer.status == 200, f"{path}: {answer and answer.status}"
            visits.append(page.evaluate(_PAINT))
        painted, answered = zip(*visits, strict=True)
        found[path] = statistics.median(painted), statistics.median(answered)
    return found


def main_thread_busy(page: Page, served: Served) -> tuple[float, float, float]:
    """The share of the page's main thread that is busy while `/console/day` is watched; how many updates a second there were, and how often a second the page was
    put anew: once, where the machine has time for it."""
    _enter(page, served, "operator-1")
    page.goto(f"{served.address}/console/day", wait_until="load")
    page.wait_for_timeout(2_000)
    stopping, counted = threading.Event(), [0]
    feeder = threading.Thread(target=_feed, args=(served, stopping, counted))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    feeder.start()
    before, begun = _task_seconds(session), time.monotonic()
    first = counted[0]
    page.evaluate(_COUNT_CHANGES)
    page.wait_for_timeout(WATCHED_S * 1_000)
    busy, passed = _task_seconds(session) - before, time.monotonic() - begun
    updates = counted[0] - first
    shown = page.evaluate("window.changes")
    stopping.set()
    feeder.join()
    assert shown > 1, "the page that was watched stood still"
    return busy / passed, updates / passed, shown / passed


def _task_seconds(session: Any) -> float:
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(found["TaskDuration"])


def _quoted(served: Served, turn: int) -> list[Any]:
    """Firm quotes of every provider: those of the store have run out."""
    rules = served.hub.desk.in_force()
    return [PostQuotes(bic, quotes) for bic, quotes in provider_quotes(rules, served.clock.now(), rules.quote_valid_s, turn)]


def _feed(served: Served, stopping: threading.Event, counted: list[int]) -> None:
    """Payments that arrive and are answered, each a change of what the day shows, at `UPDATES_PER_S` or as many as the machine gives."""
    import asyncio

    hub = served.hub
    rules = hub.desk.in_force()
    world = World(rules)
    mail: list[Any] = []
    served.house.listening = mail.extend
    opens, closes = day_bounds(rules.day)
    # A store that is kept has the payments of the last measurement: the same ones again would be refused, and nothing would move.
    traffic = Traffic(rules, hub.desk.counters.payment, parties=2_000, sealed=True).messages(
        UPDATES_PER_S * (WATCHED_S + 60), opens, closes, bad_share=0.0
    )
    loop = served.house.writer._loop
    due, turn = time.monotonic(), 0
    while not stopping.is_set():  # ends when it is told to
        taken, mail[:] = list(mail), []
        answers = world.exchange([(one.recipient, one.kind, one.raw) for one in taken], served.clock.now())
        # Of each payment come two changes: it is offered, and it is accepted.
        sent = [one for one in (next(traffic, None) for _ in range(UPDATES_PER_S // 20)) if one is not None]
        commands: list[Any] = [Arrive(sender, raw) for sender, raw in answers] + [Arrive(one.sender, one.raw) for one in sent]
        quotes = _quoted(served, turn) if turn % _QUOTED_EVERY == 0 else []
        turn += 1
        asyncio.run_coroutine_threadsafe(served.house.writer.decide([*quotes, *commands]), loop).result()
        counted[0] += len(answers) + sum(one.transactions for one in sent)
        due += 0.1
        stopping.wait(max(0.0, due - time.monotonic()))


def measure_pages(payments: int = PAYMENTS, folder: Path | None = None) -> dict[str, Any]:
    """`first_paint_ms` (the worst page's, in milliseconds) and `main_thread_busy` (a share of 1), with what they come from."""
    home = folder or Path(tempfile.gettempdir()) / f"fondaco-bench-pages-{payments}"
    home.mkdir(parents=True, exist_ok=True)
    grown(home / "hub", payments)
    served = Served(home / "hub")
    try:
        stored = served.hub.desk.counters.payment
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM) if CHROMIUM.exists() else None, args=arguments)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            index_s = index_followed(page, served)
            paints = first_paints(page, served)
            busy, updates, shown = main_thread_busy(page, served)
            browser.close()
    finally:
        served.close()
    return {
        "first_paint_ms": round(max(painted for painted, _ in paints.values()), 1),
        "main_thread_busy": round(busy, 3),
        "stored_payments": stored,
        "updates_per_s": round(updates, 1),
        "shown_per_s": round(shown, 2),
        "index_s": round(index_s, 1),
        # What others did on the machine at the same time.
        "load": [round(one, 1) for one in os.getloadavg()],
        "pages": {path: round(painted, 1) for path, (painted, _) in sorted(paints.items(), key=lambda one: -one[1][0])},
        "pages_answered": {
            path: round(answered, 1) for path, (_, answered) in sorted(paints.items(), key=lambda one: -one[1][1])
        },
    }


if __name__ == "__main__":
    print(json.dumps(measure_pages(int(sys.argv[1]) if len(sys.argv) > 1 else PAYMENTS), indent=1))

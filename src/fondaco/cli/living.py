"""The demo that lives: a union of simulated banks before the real hub, served to whoever wants to look and to play."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import time
import webbrowser
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fondaco.cli.terminal import Misused, console
from fondaco.core import Instant

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from fondaco.api import House
    from fondaco.compliance import Case
    from fondaco.console import Stage
    from fondaco.hub import Command, Hub
    from fondaco.journal import Mail
    from fondaco.simulation.served_day import ServedDay

log = logging.getLogger("fondaco.demo")
HOST, PORT = "127.0.0.1", 8440
# How a browser is told of it: browsers make passkeys for names, never for numbers, and this name is this machine in all of them.
NAME = "localhost"
# Who is let in by the link that is printed: an operator sees all of the union.
FIRST = "operator-1"
# How often the simulated banks act, in seconds, and for how long they wait when the hub has too much to do.
EVERY_S, PATIENCE_S = 0.5, 2.0
_PORTS = 20


class ServedClock:
    """The hour of the demo's day, running on as time does. The machine's calendar and clock do not matter to it."""

    def __init__(self, start: Instant) -> None:
        self._shift = int(start) - time.monotonic_ns()
        self._last = int(start)

    def now(self) -> Instant:
        self._last = max(self._last + 1, time.monotonic_ns() + self._shift)
        return Instant(self._last)


class Living:
    """The simulated banks of a hub that is served: what they send and answer goes to the hub through its one writer, like everybody's."""

    def __init__(self, house: House, day: ServedDay) -> None:
        self._house = house
        self._day = day
        self._mail: list[Mail] = []
        house.listening = self._mail.extend

    async def run(self) -> None:
        """Until it is cancelled, or the hub stops."""
        from fondaco.api import WriterFull, WriterStopped
        from fondaco.hub import BATCH_MAX

        while True:  # ends when it is cancelled
            await asyncio.sleep(EVERY_S)
            try:
                cases = await self._house.writer.ask(_open_cases)
                mail, self._mail[:] = list(self._mail), []
                # Reading and writing messages takes as long as the hub's own: not on the loop that answers people.
                commands = await asyncio.to_thread(self._acts, self._house.clock.now(), mail, cases)
                for start in range(0, len(commands), BATCH_MAX):
                    await self._decided(commands[start : start + BATCH_MAX])
            except WriterFull:
                await asyncio.sleep(PATIENCE_S)
            except WriterStopped:
                return
            except Exception:
                # Whoever looks sees at least the hub; what failed stands in the log, and the banks try to go on.
                log.exception("the simulated banks failed")
                await asyncio.sleep(PATIENCE_S)

    def _acts(self, now: Instant, mail: Sequence[Mail], cases: Sequence[Case]) -> list[Command]:
        return [*self._day.answers(mail, now), *self._day.sent(now, cases)]

    async def _decided(self, commands: Sequence[Command]) -> None:
        from fondaco.api import WriterFull

        while True:  # ends when the hub has taken them; meanwhile nobody pays
            try:
                await self._house.writer.decide(commands)
                return
            except WriterFull:
                await asyncio.sleep(PATIENCE_S)


def _open_cases(hub: Hub) -> list[Case]:
    return [one for one in hub.desk.cases.values() if one.open]


def alive(app: Starlette, living: Living) -> Starlette:
    """The application with the simulated banks beside it: they begin when it has begun, and end before it ends."""
    before = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(of: Starlette) -> AsyncIterator[None]:
        async with before(of):
            task = asyncio.create_task(living.run())
            try:
                yield
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    app.router.lifespan_context = lifespan
    return app


def stage_of(day: ServedDay) -> Stage:
    """What the guided tour finds in this demo."""
    from fondaco.console import Stage

    sale = day.sale
    papers = {"payer_account": sale.payers_account, "payers_town": sale.payers_town, "payee_account": sale.sellers_account}
    return Stage(sale.invoices, sale.payers_bank, papers, day.break_bank, day.sign_word, day.leave_case)


def bound_port(host: str, first: int) -> socket.socket:
    """A socket at the first port from `first` on that nobody has, under the name's other address neither: a browser may try that one first.

    It is bound and does not listen yet: nobody else gets the port while the day is prepared, another demo that begins meanwhile neither. Raises `Misused` when the
    next twenty are taken.
    """
    for port in range(first, first + _PORTS):
        tried = socket.socket()
        with suppress(OSError):
            tried.bind((host, port))
            if not _answers_elsewhere(port):
                return tried
        tried.close()
    raise Misused(f"ports {first} to {first + _PORTS - 1} of {host} are taken; name another one with --port")


def _answers_elsewhere(port: int) -> bool:
    """Whether another program listens on this port of `::1`, which `localhost` may mean as well."""
    with suppress(OSError), socket.create_connection(("::1", port), timeout=0.5):
        return True
    return False


def shows_windows() -> bool:
    """Whether a browser that is started here would be seen by somebody."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def serve_demo(folder: Path, *, union: str, port: int, force: bool, browser: bool) -> bool:
    """Lay out a hub in `folder`, let its day begin, and serve it until a signal says to stop; whether it ended as it was told to."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from fondaco.api import Bundles, DemoKeys, House, log_in_json, read_settings, run
    from fondaco.cli.composing import SIMULATED, composed, demo_access, demo_links
    from fondaco.console import Tour
    from fondaco.hub import close_hub, settle_heap
    from fondaco.simulation.demonstration import clear
    from fondaco.simulation.served_day import ServedDay

    if union != "straits":
        raise Misused("the served demo is of the union straits")
    begun = time.monotonic()
    clear(folder, force=force or folder.name == "fondaco-demo")
    bound = bound_port(HOST, port)
    port = bound.getsockname()[1]
    console.print(
        "Fondaco demo, served: the hub, its books and its lists are real; banks, their customers and central banks are simulated."
    )
    console.print("A union of six countries begins its day ...")
    day = ServedDay(folder)
    try:
        start = day.prepare()
        day.hub.take_mail()
        log_in_json(logging.WARNING)
        settle_heap()
        clock = ServedClock(start)
        address = f"http://{NAME}:{port}"
        access = demo_access(address, day.hub.desk.scheme, clock.now(), [*day.hub.trade_parties.known.values()])
        try:
            # The demo's keys are its own and end with it.
            bundles = Bundles(folder, access.looks.head, ec.generate_private_key(ec.SECP256R1()))
            house = House(
                day.hub, clock, folder, read_settings(folder), DemoKeys(day.hub.desk.scheme).authenticate, bundles=bundles
            )
            app = alive(
                composed(house, access, clock, SIMULATED, Ed25519PrivateKey.generate(), Tour(stage_of(day))), Living(house, day)
            )
            ((_, link),) = demo_links(access, clock.now(), (FIRST,))
            console.print(
                f"Ready after {time.monotonic() - begun:.0f} seconds. The console, once, within ten minutes, as {FIRST}:",
                highlight=False,
            )
            console.print(f"  {link}", markup=False, highlight=False)
            console.print("Ctrl-C ends the demo.")
            if browser and shows_windows():
                webbrowser.open(link)
            well = run(app, house, HOST, port, bound=bound)
        finally:
            access.close()
        told = f"{day.hub.desk.counters.payment:,} payments. The hub stays in {folder}; `fondaco prove --hub {folder}` adds its books up again."
    finally:
        bound.close()
        close_hub(day.hub)
    console.print(told, markup=False, highlight=False)
    return well

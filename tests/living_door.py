"""The demo that lives, before both doors on loopback, in a thread of the test's own process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import uvicorn

from fondaco.api import DemoKeys, House, read_settings
from fondaco.cli.composing import SIMULATED, composed, demo_access, demo_links
from fondaco.cli.living import NAME, Living, ServedClock, alive, stage_of
from fondaco.console import Tour
from fondaco.hub import close_hub
from fondaco.simulation import world
from fondaco.simulation.served_day import ServedDay
from server_ports import free_port

# Shorter than the demo's, for the same reason.
CYCLE_S = 30


class LivingDoor:
    """A served demo: where it is, and its parts."""

    def __init__(self, folder: Path, lived_s: int) -> None:
        self.day = ServedDay(folder, cycle_s=CYCLE_S)
        start = self.day.prepare(lived_s)
        self.day.hub.take_mail()
        self.clock = ServedClock(start)
        self.port = free_port()
        self.address = f"http://{NAME}:{self.port}"
        scheme = self.day.hub.desk.scheme
        self.access = demo_access(self.address, scheme, self.clock.now())
        self.house = House(self.day.hub, self.clock, folder, read_settings(folder), DemoKeys(scheme).authenticate)
        app = alive(
            composed(self.house, self.access, self.clock, SIMULATED, tour=Tour(stage_of(self.day))), Living(self.house, self.day)
        )
        self.server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_config=None, timeout_graceful_shutdown=2))
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive()
            time.sleep(0.02)

    def link(self, name: str) -> str:
        return demo_links(self.access, self.clock.now(), (name,))[0][1]

    def close(self) -> None:
        self.server.should_exit = True
        self.house.end_waiting()
        self.thread.join()
        self.access.close()
        close_hub(self.day.hub)


@contextmanager
def living_on(folder: Path, lived_s: int = 30) -> Iterator[LivingDoor]:
    # Banks that never answer keep a cycle waiting for a minute, which a test need not.
    with patch.object(world, "SILENT", 0):
        opened = LivingDoor(folder, lived_s)
        try:
            yield opened
        finally:
            opened.close()

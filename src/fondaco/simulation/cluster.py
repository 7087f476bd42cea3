"""A series over a cluster of machines, by Ray (extra `ray`): for scenarios that outgrow one machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from importlib import import_module

from fondaco.simulation.series import Job, Played, play_job

LOCAL = "local"


class NoCluster(Exception):
    """There is no cluster to play on; says what to do."""


def play_on_cluster(jobs: Sequence[Job], address: str) -> Iterator[tuple[Job, Played]]:
    """Play each digest once on the cluster at `address` (host:port), or on this machine where that is "local"; hand each out as it is done.

    Every machine has this program, and the files that scenarios name at the same place. Raises `NoCluster` without the extra, or where nobody
    answers at the address.
    """
    try:
        ray = import_module("ray")
    except ImportError as fault:
        raise NoCluster("a cluster needs the extra `ray`: pip install 'fondaco[ray]'") from fault
    try:
        if address == LOCAL:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR", _node_ip_address="127.0.0.1")
        else:
            _reach(address)
            ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ValueError) as fault:
        raise NoCluster(f"no cluster at {address}: {fault}") from fault
    try:
        play = ray.remote(play_job)
        waiting = {play.remote(job): job for job in {job.digest: job for job in jobs}.values()}
        while waiting:  # ends: each round hands one out
            (done,), _ = ray.wait(list(waiting), num_returns=1)
            yield waiting.pop(done), ray.get(done)
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Raises `OSError` or `ValueError` where nobody listens: Ray itself would wait for minutes, and say nothing."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError("an address is host:port")
    socket.create_connection((host, int(port)), timeout=10).close()

"""Commands run in this process, as a person types them and at an hour of their own, and a hub laid out for them."""

from __future__ import annotations

import io
import re
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from unittest.mock import patch

from fondaco.cli.program import main
from fondaco.core import Instant

# When commands run, whenever the tests do: on a Friday of the demo's week, when the lists of a hub that lived on the demo's day are fresh still, and hours
# before midnight, so that no day ends between two commands. The clock goes on by a millisecond with every look at it: however slow the machine is, no offer
# runs out of time between two commands.
HOUR = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
_looks = count(int(HOUR.timestamp()) * 1_000)
_gmtime = time.gmtime


def now() -> Instant:
    """The instant at which a command would run now."""
    return Instant(next(_looks) * 1_000_000)


def _gmtime_now(seconds: float | None = None) -> time.struct_time:
    return _gmtime(now() / 1e9 if seconds is None else seconds)


def fondaco(*words: str | Path, code: int = 0) -> str:
    """One command in this process: a day by hand has many. What ends it as a process is in `test_cli.py`."""
    out, err, ended = io.StringIO(), io.StringIO(), 0
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        patch.object(sys, "argv", ["fondaco", *map(str, words)]),
        patch.object(time, "time_ns", now),
        patch.object(time, "gmtime", _gmtime_now),
    ):
        try:
            main()
        except SystemExit as end:
            ended = int(end.code or 0)
    said = out.getvalue() + err.getvalue()
    assert ended == code, said
    return said


def await_day() -> None:
    """Where the day (UTC) has less than ten minutes left, wait for the next one: what begins now is over before its day is.

    A hub's day ends with a cut-off whatever its rules say, and a test that began at five to midnight would end in another day than its payments name.
    """
    while time.time() % 86_400 > 86_400 - 600:
        time.sleep(1)


def open_at_all_hours(union: Path) -> None:
    """Whenever this runs it is a business day, and before every cut-off; see `await_day` for its last minutes."""
    path = union / "currencies.toml"
    text = re.sub(r"opens = .*", "opens = 00:00:00", path.read_text())
    text = re.sub(r"cut_off = .*", "cut_off = 23:59:59", text)
    text = re.sub(r"weekend = .*", "weekend = []", text)
    path.write_text(re.sub(r'zone = ".*"', 'zone = "UTC"', text))
    path = union / "union.toml"
    head, _, tail = path.read_text().partition("[[cycles]]")
    tail = tail[tail.index("[[tariffs]]") :]
    path.write_text(f"{head}[[cycles]]\nnumber = 1\ncut_off = 23:59:58\n\n{tail}")
    codes = re.findall(r"\[currencies\.(\w+)\]", text)
    for year in (union / "calendars").iterdir():
        year.write_text("".join(f"[{code}]\n" for code in codes))
    # A served hub goes by the machine's clock, which may be about to enter another year.
    for year in {HOUR.year, time.gmtime().tm_year, time.gmtime().tm_year + 1}:
        (union / "calendars" / f"{year}.toml").write_text("".join(f"[{code}]\n" for code in codes))

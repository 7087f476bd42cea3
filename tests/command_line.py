"""Commands run in this process, as a person types them, and a hub laid out for them."""

from __future__ import annotations

import io
import re
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from fondaco.cli.program import main


def fondaco(*words: str | Path, code: int = 0) -> str:
    """One command in this process: a day by hand has many. What ends it as a process is in `test_cli.py`."""
    out, err, ended = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "argv", ["fondaco", *map(str, words)]):
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
    this_year = union / "calendars" / f"{time.gmtime().tm_year}.toml"
    this_year.write_text("".join(f"[{code}]\n" for code in codes))

"""Deeds of forms: each is done once, however often its button is pressed, and is decided by the same writer as what comes to the API."""

from __future__ import annotations

import hashlib
import re

from fondaco.access import Right
from fondaco.console.visit import Shown, Visit
from fondaco.core import Refusal
from fondaco.hub import Command, Once

_KEY = re.compile(r"[0-9a-f]{32}")


def key_of(visit: Visit) -> str:
    """The key that the form brought with it when it was shown. Raises `Shown` for a form without one."""
    key = visit.fields.get("key", "")
    if not _KEY.fullmatch(key):
        raise Shown(400)
    return key


async def done(visit: Visit, *commands: Command) -> Refusal | str | None:
    """What the last of these commands, which are decided together, came to. The same form again gets the same answer. Raises `Unanswered`."""
    return await done_under(visit, f"form {key_of(visit)}", *commands)


async def done_under(visit: Visit, key: str, *commands: Command) -> Refusal | str | None:
    """The same under a key of the deed's own, such as a draft's."""
    caller = visit.caller
    assert caller is not None, "a deed is somebody's"
    said = "\0".join(f"{name}={value}" for name, value in sorted(visit.fields.items()) if name not in ("word", "key"))
    digest = hashlib.sha256(f"{visit.request.url.path}\0{said}".encode()).digest()
    return (await visit.house.decide([Once(f"{caller.institution} {caller.name}", key, digest), *commands]))[-1]


def noted(visit: Visit, right: Right, subject: str) -> None:
    """Write a deed down that the journal will not tell by its person. On the disk when this returns."""
    assert visit.caller is not None
    visit.house.access.looks.note(visit.caller, right.value, [subject], visit.house.clock.now())

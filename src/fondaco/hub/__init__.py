"""The hub: commands in, decisions kept, mail out."""

from fondaco.hub.build import (
    NotReady,
    close_hub,
    editions,
    init,
    list_set,
    load_list,
    open_hub,
    recognised,
    reference_rates,
    scheme_of,
    settle_heap,
)
from fondaco.hub.commands import (
    Arrive,
    CloseCycle,
    Command,
    DecideCase,
    EndDay,
    OpenDay,
    PostQuotes,
    PostReferences,
    Revoke,
    SwapLists,
    Tick,
)
from fondaco.hub.door import Door, DoorGone
from fondaco.hub.hub import BATCH_MAX, Hub

__all__ = [
    "BATCH_MAX",
    "Arrive",
    "CloseCycle",
    "Command",
    "DecideCase",
    "Door",
    "DoorGone",
    "EndDay",
    "Hub",
    "NotReady",
    "OpenDay",
    "PostQuotes",
    "PostReferences",
    "Revoke",
    "SwapLists",
    "Tick",
    "close_hub",
    "editions",
    "init",
    "list_set",
    "load_list",
    "open_hub",
    "recognised",
    "reference_rates",
    "scheme_of",
    "settle_heap",
]

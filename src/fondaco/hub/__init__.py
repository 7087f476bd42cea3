"""The hub: commands in, decisions kept, mail out."""

from fondaco.hub.backup import BrokenBackup, Manifest, check_backup, take_backup
from fondaco.hub.build import (
    Rulebooks,
    Screeners,
    close_hub,
    configuration_of,
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
from fondaco.hub.checklist import Check, checklist
from fondaco.hub.commands import (
    Apply,
    Arrive,
    Certify,
    CloseCycle,
    Command,
    DecideCase,
    EndDay,
    Erase,
    Move,
    OpenDay,
    PostQuotes,
    PostReferences,
    Revoke,
    SetLimit,
    SwapLists,
    TakeBack,
    Tick,
    Vouch,
)
from fondaco.hub.configuration import Configuration, read_configuration
from fondaco.hub.controls import volume_key
from fondaco.hub.doctor import Examination, examine, save_what_holds
from fondaco.hub.door import Door, DoorGone
from fondaco.hub.hub import BATCH_MAX, Hub
from fondaco.hub.naming import naming_of
from fondaco.hub.proving import HubProof, prove_hub
from fondaco.hub.replaying import Replay, replay_all, replay_verdict
from fondaco.hub.restoring import Restored, Until, restore_backup
from fondaco.hub.retaining import Due, Erased, ErasureDone, batches_text
from fondaco.hub.state import officers_of
from fondaco.hub.stores import NotReady, Stores, stores_of

__all__ = [
    "BATCH_MAX",
    "Apply",
    "Arrive",
    "BrokenBackup",
    "Certify",
    "Check",
    "CloseCycle",
    "Command",
    "Configuration",
    "DecideCase",
    "Door",
    "DoorGone",
    "Due",
    "EndDay",
    "Erase",
    "Erased",
    "ErasureDone",
    "Examination",
    "Hub",
    "HubProof",
    "Manifest",
    "Move",
    "NotReady",
    "OpenDay",
    "PostQuotes",
    "PostReferences",
    "Replay",
    "Restored",
    "Revoke",
    "Rulebooks",
    "Screeners",
    "SetLimit",
    "Stores",
    "SwapLists",
    "TakeBack",
    "Tick",
    "Until",
    "Vouch",
    "batches_text",
    "check_backup",
    "checklist",
    "close_hub",
    "configuration_of",
    "editions",
    "examine",
    "init",
    "list_set",
    "load_list",
    "naming_of",
    "officers_of",
    "open_hub",
    "prove_hub",
    "read_configuration",
    "recognised",
    "reference_rates",
    "replay_all",
    "replay_verdict",
    "restore_backup",
    "save_what_holds",
    "scheme_of",
    "settle_heap",
    "stores_of",
    "take_backup",
    "volume_key",
]

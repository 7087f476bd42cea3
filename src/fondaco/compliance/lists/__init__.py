"""Official lists, from their own formats to entries."""

from fondaco.compliance.lists.entry import Entry, Identifier, ListEdition, Name, Owner
from fondaco.compliance.lists.reading import Quarantined, read_list

__all__ = ["Entry", "Identifier", "ListEdition", "Name", "Owner", "Quarantined", "read_list"]

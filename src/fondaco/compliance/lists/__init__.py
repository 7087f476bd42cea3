"""Official lists, from their own formats to entries."""

from fondaco.compliance.lists.entry import Entry, ListEdition, Name
from fondaco.compliance.lists.reading import Quarantined, read_list

__all__ = ["Entry", "ListEdition", "Name", "Quarantined", "read_list"]

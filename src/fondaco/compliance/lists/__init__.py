"""Official lists, from their own formats to entries."""

from fondaco.compliance.lists.countries import country_code
from fondaco.compliance.lists.difference import EditionDifference, changed_facts, edition_difference
from fondaco.compliance.lists.draft import imo_holds
from fondaco.compliance.lists.entry import Entry, Good, Identifier, ListEdition, Name
from fondaco.compliance.lists.gates import Quarantined
from fondaco.compliance.lists.reading import READER, READERS, read_list
from fondaco.compliance.ownership import Owner

__all__ = [
    "READER",
    "READERS",
    "EditionDifference",
    "Entry",
    "Good",
    "Identifier",
    "ListEdition",
    "Name",
    "Owner",
    "Quarantined",
    "changed_facts",
    "country_code",
    "edition_difference",
    "imo_holds",
    "read_list",
]

"""One reader for each official format; quality gates; what fails them is quarantined with its reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from fondaco.compliance.lists.canada import read_canada
from fondaco.compliance.lists.entry import ListEdition
from fondaco.compliance.lists.eu_csv import read_eu_csv
from fondaco.compliance.lists.eu_xml import read_eu_xml
from fondaco.compliance.lists.gates import (
    Quarantined,
    Reading,
    Unreadable,
    byte_faults,
    first_reasons,
    reading_faults,
    succession_faults,
)
from fondaco.compliance.lists.goods_csv import read_goods
from fondaco.compliance.lists.ofac_advanced import read_ofac_advanced
from fondaco.compliance.lists.ofac_csv import read_ofac_csv
from fondaco.compliance.lists.ofac_xml import read_ofac_xml
from fondaco.compliance.lists.open_sanctions import read_ftm, read_open_sanctions_csv
from fondaco.compliance.lists.owned import with_owned
from fondaco.compliance.lists.private import read_private
from fondaco.compliance.lists.seco import read_seco
from fondaco.compliance.lists.uk import read_ofsi, read_uk
from fondaco.compliance.lists.un import read_un

# Whoever changes what a reader makes of a file counts on: a list set is bound to it.
READER = "fondaco-lists-2"

READERS: Mapping[str, Callable[[Sequence[bytes]], Reading]] = {
    "canada_xml": read_canada,
    "eu_csv": read_eu_csv,
    "eu_xml": read_eu_xml,
    "ftm_json": read_ftm,
    "goods_csv": read_goods,
    "ofac_advanced_xml": read_ofac_advanced,
    "ofac_csv": read_ofac_csv,
    "ofac_xml": read_ofac_xml,
    "ofsi_csv": read_ofsi,
    "opensanctions_csv": read_open_sanctions_csv,
    "private_csv": read_private,
    "seco_xml": read_seco,
    "uk_csv": read_uk,
    "un_xml": read_un,
}
# OFAC's CSV comes as parties, aliases and addresses; every other list is one file.
FILES_MAX: Mapping[str, int] = {"ofac_csv": 3}


def read_list(
    list_id: str,
    format_: str,
    files: Sequence[bytes],
    received_at: int,
    shrink_max_percent: int,
    in_force: ListEdition | None = None,
) -> ListEdition | Quarantined:
    """Read one list (OFAC's CSV comes as SDN, ALT and ADD; the others are one file) and hold it to the gates.

    Ill-formed, truncated, of another shape than the format's, with control characters or bytes that are no UTF-8, empty, with doubled
    ids, older than the one in force, or smaller by more than the article's share, in entries or in any kind of fact: quarantined, and the
    one in force stays. Companies that the list does not name, and that listed parties own by half or more on the day of `received_at`,
    are entries of the edition too where the list says who owns whom.
    """
    reasons = list(byte_faults(files))
    if not 1 <= len(files) <= FILES_MAX.get(format_, 1):
        reasons.append(f"{len(files)} files where format {format_} has at most {FILES_MAX.get(format_, 1)}")
    # What is not text at all is not read further: no reader has to be safe against it.
    if reasons:
        return Quarantined(list_id, first_reasons(reasons))
    try:
        found = READERS[format_](files)
    except Unreadable as fault:
        return Quarantined(list_id, (str(fault),))
    reasons += reading_faults(found)
    day = datetime.fromtimestamp(received_at // 10**9, UTC).date().isoformat()
    entries = with_owned(found.entries, found.related, day)
    if in_force is not None:
        reasons += succession_faults(found._replace(entries=entries), in_force, shrink_max_percent)
    if reasons:
        return Quarantined(list_id, first_reasons(reasons))
    digest = hashlib.sha256(b"".join(hashlib.sha256(raw).digest() for raw in files)).hexdigest()
    return ListEdition(
        list_id, format_, found.published, received_at, digest, entries, tuple(found.goods), tuple(found.notes), READER
    )

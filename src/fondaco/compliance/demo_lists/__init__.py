"""Small lists of invented people, bodies and ships in the official formats, for demonstrations and tests alone."""

from __future__ import annotations

import importlib.resources

_FILES = {"un": ("un.xml",), "ofac": ("ofac_sdn.csv", "ofac_alt.csv", "ofac_add.csv"), "uk": ("uk.csv",)}


def demo_list(list_id: str) -> list[bytes]:
    """The files of one invented list, in the order in which its reader takes them. Raises `KeyError` for another id."""
    folder = importlib.resources.files("fondaco.compliance.demo_lists")
    return [(folder / name).read_bytes() for name in _FILES[list_id]]

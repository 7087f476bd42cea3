"""Who owes whom, as a picture: every bank and obligation in it once, the same each time, and nothing outside of it."""

from __future__ import annotations

import re

from lxml import etree

from fondaco.simulation.network import Link, network_plot
from fondaco.simulation.plots import Axis, Line, line_plot

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ["ALFA", "BETA & sons", "GAMA", "silent"]
LINKS = [Link(0, 1, 900, 900), Link(1, 0, 300, 0), Link(1, 2, 200, 50)]


def drawn(links: list[Link], failed: frozenset[int] = frozenset()) -> etree._Element:
    picture = network_plot("A day", NAMES, links, failed)
    assert picture == network_plot("A day", NAMES, links, failed)
    return etree.fromstring(picture.encode())


def test_every_bank_that_owes_is_there_by_name_and_who_failed_is_hollow() -> None:
    root = drawn(LINKS, frozenset({2}))
    words = [one.text for one in root.iter(f"{SVG}text")]
    assert words[-3:] == ["ALFA", "GAMA", "BETA & sons"] or sorted(words[-3:]) == sorted(NAMES[:3])
    fills = [one.get("fill") for one in root.iter(f"{SVG}circle")]
    assert fills.count("white") == 1 and len(fills) == 3


def test_what_is_open_is_drawn_apart_from_what_settled() -> None:
    root = drawn(LINKS)
    strokes = [one.get("stroke") for one in root.iter(f"{SVG}path") if one.get("fill") == "none"]
    # Settled whole, open whole, and a quarter settled: one curve, one, and two.
    assert strokes.count("#0072B2") == 2 and strokes.count("#D55E00") == 2
    widths = [float(one.get("stroke-width")) for one in root.iter(f"{SVG}path") if one.get("fill") == "none"]
    assert max(widths) == 8.0 and min(widths) < 2


def test_a_day_without_obligations_is_a_picture_too_and_many_banks_are_the_largest() -> None:
    assert network_plot("Nothing", NAMES, []).startswith("<svg")
    many = [Link(n, (n + 1) % 60, 1_000 - n, 0) for n in range(60)]
    picture = network_plot("Many", [f"B{n}" for n in range(60)], many)
    assert "left out: 30 smaller banks, 31 smaller obligations" in picture
    found = [float(value) for value in re.findall(r'c[xy]="([\d.]+)"', picture)]
    assert all(0 < value < 760 for value in found) and len(found) == 60


def test_axes_are_marked_at_round_numbers_that_hold_all_values() -> None:
    plain = Axis("n", lambda value: f"{value:g}")
    for top, last in ((752, "800"), (0.9, "1"), (3_283_351, "4e+06"), (5, "5")):
        picture = line_plot("T", plain, plain, [Line("l", [(0, 0), (top, top)])])
        assert f">{last}</text>" in picture and picture.count(f">{last}</text>") == 2

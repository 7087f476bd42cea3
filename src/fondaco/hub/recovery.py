"""What the journal keeps of a desk: written as a batch changed it, read again at a start."""

from __future__ import annotations

import msgspec

from fondaco.clearing import AssetPrice, FlowLimit
from fondaco.compliance import Case, GoodGuy
from fondaco.fx import Quote, QuoteBook
from fondaco.hub.commands import TakeRates
from fondaco.hub.proposal import Proposal
from fondaco.hub.state import Asked, Batch, Counters, Desk
from fondaco.journal import Journal
from fondaco.rulebook import Edition, Membership, Motion, Standing, edition_on
from fondaco.settlement import Cycle, Default, Funding, UnionBook, UnionClose


def records_of(desk: Desk, batch: Batch) -> list[tuple[str, str, bytes]]:
    """What a batch changed of the desk, as the journal keeps it: kind, key, record."""
    encode = msgspec.msgpack.encode
    # Live payments stand in the order of their numbers: the first is where a restart begins to read.
    desk.counters.oldest_live = next(iter(desk.live), desk.counters.payment)
    records = [("hub", "counters", encode(desk.counters))]
    records += [("cycle", f"{number:09d}", encode(desk.cycles[number])) for number in sorted(batch.cycles)]
    records += [("settlement_proof", f"{number:09d}", encode(proofs)) for number, proofs in sorted(batch.proofs.items())]
    records += [("case", key, encode(desk.cases[key])) for key in sorted(batch.cases)]
    records += [("good_guy", key, encode(desk.good_guys[key])) for key in sorted(batch.good_guys)]
    records += [("configuration", key, encode(one)) for key, one in sorted(batch.configurations.items())]
    records += [("funding", key, encode(desk.fundings[key])) for key in sorted(batch.fundings)]
    records += [("assignment", key, encode(one)) for key, one in sorted(batch.assignments.items())]
    records += [("asked", key, encode(desk.asked[key])) for key in sorted(batch.asked)]
    if batch.assignments_changed:
        records.append(("assignments", "open", encode(sorted(desk.assignments))))
    records += [("day", key, encode(at)) for key, at in batch.days.items()]
    records += [("ended", key, encode(intent)) for key, intent in batch.ended.items()]
    records += [("numbers", key, encode(pair)) for key, pair in batch.numbers.items()]
    if batch.quotes_changed:
        records.append(("quotes", "book", encode(desk.quotes.state())))
    if batch.lines_changed:
        records.append(("lines", "granted", encode([(number, c, m) for (number, c), m in sorted(desk.lines.items())])))
    records += [("motion", key, encode(desk.motions[key])) for key in sorted(batch.motions)]
    records += [("proposal", f"{number:09d}", encode(desk.proposals[number])) for number in sorted(batch.proposals)]
    records += [("membership", key, encode(desk.memberships[key])) for key in sorted(batch.memberships & set(desk.memberships))]
    records += [("used", key, encode(desk.used[key])) for key in sorted(batch.used & desk.used.keys())]
    records += [("once", key, raw) for key, raw in sorted(batch.answers.items())]
    if batch.governing_changed:
        records.append(("governing", "standings", encode(desk.standings)))
        records.append(("governing", "extensions", encode(desk.extensions)))
    if batch.editions_changed:
        records.append(("governing", "editions", encode(desk.editions[1:])))
    if batch.limits_changed:
        records.append(("limits", "own", encode([(number, c, m) for (number, c), m in sorted(desk.limits.items())])))
    if batch.flow_limits_changed:
        records.append(("limits", "flows", encode([desk.flow_limits[key] for key in sorted(desk.flow_limits)])))
        records.append(("limits", "set_flows", encode([(key[3], one) for key, one in sorted(desk.set_flows.items())])))
    if batch.totals_changed:
        records.append(("limits", "totals", encode(sorted(desk.own_totals.items()))))
    if batch.rates_changed:
        records.append(("limits", "rates", encode(desk.day_rates)))
    if batch.expected_changed:
        records.append(("liquidity", "expected", encode(desk.expected)))
    if batch.warned_changed:
        records.append(("liquidity", "warned", encode(sorted(desk.warned))))
    if batch.collateral_changed:
        records.append(("collateral", "lodged", encode(desk.collateral)))
    if batch.prices_changed:
        records.append(("collateral", "prices", encode(sorted(desk.prices.values(), key=lambda one: one.asset))))
        records.append(("collateral", "rates", encode(desk.rates)))
    records += [("union_close", f"{number:09d}", encode(desk.union_closes[number])) for number in sorted(batch.union_closes)]
    records += [("default", f"{number:06d}", encode(desk.defaults[number])) for number in sorted(batch.defaults)]
    if batch.union_changed:
        records.append(("union", "book", encode(desk.union_book)))
    if batch.gross_changed:
        records.append(("gross", "moved", encode([(c, n, m) for (c, n), m in sorted(desk.gross.items())])))
    return records


def restore(desk: Desk, journal: Journal) -> None:
    """Read every record into a desk that was just made; payments, and what is open between members, are read by whoever keeps them."""
    decode = msgspec.msgpack.decode
    stored = journal.record("hub", "counters")
    if stored is not None:
        desk.counters = decode(stored, type=Counters)
    standings, extensions = journal.record("governing", "standings"), journal.record("governing", "extensions")
    if standings is not None:
        desk.standings = decode(standings, type=dict[str, Standing])
    if extensions is not None:
        desk.extensions = decode(extensions, type=dict[str, int])
    editions = journal.record("governing", "editions")
    if editions is not None:
        desk.editions += decode(editions, type=list[Edition])
    if desk.counters.day:
        desk.scheme = desk.scheme_of(edition_on(desk.editions, desk.counters.day).version)
        desk.open_day(desk.counters.day)
    for key, raw in journal.records("membership"):
        desk.memberships[key] = decode(raw, type=Membership)
    for key, raw in journal.records("proposal"):
        desk.proposals[int(key)] = decode(raw, type=Proposal)
    for key, raw in journal.records("motion"):
        desk.motions[key] = decode(raw, type=Motion)
    for key, raw in journal.records("cycle"):
        desk.cycles[int(key)] = decode(raw, type=Cycle)
    for key, raw in journal.records("case"):
        desk.cases[key] = decode(raw, type=Case)
    for key, raw in journal.records("good_guy"):
        desk.good_guys[key] = decode(raw, type=GoodGuy)
    for key, raw in journal.records("funding"):
        desk.fundings[key] = decode(raw, type=Funding)
    book = journal.record("quotes", "book")
    if book is not None:
        desk.quotes = QuoteBook(decode(book, type=list[Quote]))
    granted = journal.record("lines", "granted")
    if granted is not None:
        desk.lines = {(number, c): m for number, c, m in decode(granted, type=list[tuple[int, str, int]])}
    own = journal.record("limits", "own")
    if own is not None:
        desk.limits = {(number, c): m for number, c, m in decode(own, type=list[tuple[int, str, int]])}
    flows = journal.record("limits", "flows")
    if flows is not None:
        desk.flow_limits = {one.key: one for one in decode(flows, type=list[FlowLimit])}
    set_flows, totals, day_rates = (journal.record("limits", key) for key in ("set_flows", "totals", "rates"))
    if set_flows is not None:
        given = decode(set_flows, type=list[tuple[str, FlowLimit]])
        desk.set_flows = {(*one.key, setter): one for setter, one in given}
    if totals is not None:
        desk.own_totals = dict(decode(totals, type=list[tuple[int, int]]))
    if day_rates is not None:
        desk.day_rates = decode(day_rates, type=TakeRates)
    expected, warned = journal.record("liquidity", "expected"), journal.record("liquidity", "warned")
    if expected is not None:
        desk.expected = decode(expected, type=dict[str, tuple[str, str, int]])
    if warned is not None:
        desk.warned = decode(warned, type=set[tuple[int, int, str]])
    desk.used = {key: decode(raw, type=int) for key, raw in journal.records("used")}
    moved = journal.record("gross", "moved")
    if moved is not None:
        desk.gross = {(c, n): m for c, n, m in decode(moved, type=list[tuple[str, int, int]])}
    lodged, prices, rates = (journal.record("collateral", key) for key in ("lodged", "prices", "rates"))
    if lodged is not None:
        desk.collateral = decode(lodged, type=dict[str, int])
    if prices is not None:
        desk.prices = {one.asset: one for one in decode(prices, type=list[AssetPrice])}
    if rates is not None:
        desk.rates = decode(rates, type=dict[str, tuple[int, int, str]])
    union_book = journal.record("union", "book")
    if union_book is not None:
        desk.union_book = decode(union_book, type=UnionBook)
    for key, raw in journal.records("union_close"):
        desk.union_closes[int(key)] = decode(raw, type=UnionClose)
    for key, raw in journal.records("default"):
        desk.defaults[int(key)] = decode(raw, type=Default)
    for key, raw in journal.records("asked"):
        desk.asked[key] = decode(raw, type=Asked)

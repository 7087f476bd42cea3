"""The words of trade share one app: `fondaco trade ...`."""

from __future__ import annotations

from cyclopts import App

from fondaco.cli.terminal import app

trade_app = App(
    name="trade",
    help="Trade: orders, invoices, credits, collections, records of title, the deeds upon them, and the messages between banks.",
)
party_app = App(name="party", help="Traders, carriers and insurers, registered by their banks: register, restate, list.")
record_app = App(
    name="record",
    help="Transferable records: issue, offer, accept, reject, withdraw, endorse, pledge, surrender, act, show, prove, list.",
)
app.command(trade_app)
trade_app.command(party_app)
trade_app.command(record_app)

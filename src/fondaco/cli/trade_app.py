"""The words of trade share one app: `fondaco trade ...`."""

from __future__ import annotations

from cyclopts import App

from fondaco.cli.terminal import app

trade_app = App(
    name="trade", help="Trade: orders, invoices, credits, collections, records of title, and the messages between banks."
)
trade_app = App(name="trade", help="Trade: credits, collections, titles and documents.")
app.command(trade_app)

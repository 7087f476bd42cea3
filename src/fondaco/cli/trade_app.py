"""The word `trade` of the program; its own words hang themselves up here."""

from __future__ import annotations

from cyclopts import App

from fondaco.cli.terminal import app

trade_app = App(name="trade", help="Trade: instruments, documents, records of title, and the messages between banks.")
app.command(trade_app)

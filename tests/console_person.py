"""Somebody before the console: looks at pages, and sends forms with what a page of the session gave."""

from __future__ import annotations

import re

from console_door import Consoles, Page, word_in

# A payment that a customer of ZZBASG01 asks for.
FORM = {
    "payer": "Tan Wei Trading", "payer_account": "1234567890", "payers_town": "Singapore", "payees_bank": "ZZBBSG02", "payee": "Somchai Foods",
    "payee_account": "9876543210", "amount": "88.20", "currency": "SGD", "reference": "LL-7", "invoice": "", "urgent": "",
}  # fmt: skip


def key_in(page: Page) -> str:
    found = re.search(r'name="key" value="([0-9a-f]{32})"', page.text)
    assert found, page.text[:500]
    return found[1]


class Person:
    """Somebody with a session: looks at pages, and sends forms with what a page of the session gave them."""

    def __init__(self, door: Consoles, name: str) -> None:
        self.door, self.session = door, door.session(name)

    def look(self, path: str) -> Page:
        return self.door.ask(f"/console{path}", session=self.session)

    def send(self, path: str, shown: Page, fields: dict[str, str] | None = None) -> Page:
        form = {"word": word_in(shown)} | ({"key": key_in(shown)} if 'name="key"' in shown.text else {}) | (fields or {})
        return self.door.ask(f"/console{path}", session=self.session, form=form)

"""A browser of nothing but HTTP: it keeps cookies, follows where it is sent, and fills forms with what their page gave it."""

from __future__ import annotations

import http.client
import re
from html import unescape
from urllib.parse import urlencode

_INPUT = re.compile(r"<input([^>]*)>")
_SELECT = re.compile(r'<select name="(\w+)"[^>]*>(.*?)</select>', re.DOTALL)
_OPTION = re.compile(r"<option([^>]*)>([^<]*)")
_REDIRECTS_MAX = 5


class PlainBrowser:
    """`status`, `text` and `path` are of the page that is shown."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.status, self.text, self.path = 0, "", ""

    def look(self, path: str) -> None:
        self._ask(path, None)

    def send(self, path: str, fields: dict[str, str]) -> None:
        """Send a form of the page that is shown, with its word and key."""
        own = {name: value for name, value in self.fields().items() if name in ("word", "key")}
        self._ask(path, own | fields)

    def fields(self, form: str = "") -> dict[str, str]:
        """What stands in the fields of the page, or of one form of it."""
        text = self.text
        if form:
            text = text.partition(f'id="{form}"')[2].partition("</form>")[0]
        found = {}
        for (said,) in ((one[1],) for one in _INPUT.finditer(text)):
            name, value = re.search(r'name="(\w+)"', said), re.search(r'value="([^"]*)"', said)
            if name is not None:
                found.setdefault(name[1], unescape(value[1]) if value is not None else "")
        for name_, options in _SELECT.findall(text):
            rows = [(re.search(r'value="([^"]*)"', said), shown, "selected" in said) for said, shown in _OPTION.findall(options)]
            chosen = next((row for row in rows if row[2]), rows[0] if rows else None)
            if chosen is not None:
                found[name_] = unescape(chosen[0][1]) if chosen[0] is not None else unescape(chosen[1])
        return found

    def _ask(self, path: str, form: dict[str, str] | None) -> None:
        for _ in range(_REDIRECTS_MAX):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            body = None
            if form is not None:
                body, sent["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
            connection.request("POST" if form is not None else "GET", path, body, sent)
            found = connection.getresponse()
            self.status, self.text, self.path = found.status, found.read().decode(), path
            for one in found.headers.get_all("Set-Cookie", []):
                name, _, value = one.partition(";")[0].partition("=")
                self.cookies[name] = value
            connection.close()
            if found.status != 303:
                return
            path, form = found.getheader("Location", "").partition("#")[0], None
        raise AssertionError("sent from place to place")

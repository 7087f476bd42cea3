"""The files that pages load: held in memory, and named by their content, so that a browser asks for each once and sees an upgrade at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

_MEDIA = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
# A name that carries its content's digest is another one when the content changes.
_FOREVER = "public, max-age=31536000, immutable"


class _File(NamedTuple):
    content: bytes
    media: str
    digest: str


class StaticFiles:
    """Every file of the package's folder `static`, read once."""

    def __init__(self) -> None:
        self._known: dict[str, _File] = {}
        for one in files("fondaco.console").joinpath("static").iterdir():
            content = one.read_bytes()
            media = _MEDIA.get(one.name.rpartition(".")[2], "text/plain")
            self._known[one.name] = _File(content, media, hashlib.sha256(content).hexdigest()[:16])

    def address(self, name: str) -> str:
        """Where pages of this release find the file, below the console's own place. Raises `KeyError` for a file that is not there."""
        return f"static/{name}?v={self._known[name].digest}"

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response | None:
        """The file that a request names, with `headers` beside those that say how long it is kept; None where there is none. Asked for without its digest, or under
        another release's, it is not kept."""
        found = self._known.get(request.path_params["name"])
        if found is None:
            return None
        tag = f'"{found.digest}"'
        kept = request.query_params.get("v") == found.digest
        told = {**headers, "Cache-Control": _FOREVER if kept else "no-cache", "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=told)
        return Response(found.content, media_type=found.media, headers=told)

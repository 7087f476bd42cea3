"""A door in a process of its own for tests: callers as `door_process` has them, without TLS."""

from __future__ import annotations

import json
import os
from pathlib import Path

from starlette.requests import Request

from door_process import made_up
from fondaco.access import Caller
from fondaco.api import DemoKeys, Hello
from fondaco.api.front import Front
from fondaco.api.front_process import serve
from fondaco.api.shared_buckets import SharedBuckets
from fondaco.core import Refusal
from fondaco.hub import scheme_of


def of_tests(hello: Hello, buckets: SharedBuckets) -> tuple[Front, None]:
    demo = DemoKeys(scheme_of(Path(hello.folder)))
    # The hub's process wrote its tokens down before it started its doors: each stands for the same caller here.
    names = {token: name for name, token in json.loads(Path(os.environ["FONDACO_TEST_KEYS"]).read_text()).items()}

    def authenticate(request: Request) -> Caller | Refusal:
        header = request.headers.get("authorization", "")
        token = header.partition(" ")[2]
        if token in names:
            raw = [(name, value) for name, value in request.scope["headers"] if name != b"authorization"]
            own = f"{header.partition(' ')[0]} {demo.tokens[names[token]]}".encode()
            return demo.authenticate(Request({**request.scope, "headers": [*raw, (b"authorization", own)]}))
        return made_up(header) or demo.authenticate(request)

    return Front(hello, authenticate, buckets), None


if __name__ == "__main__":
    serve(of_tests)

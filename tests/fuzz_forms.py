"""How schemathesis sends forms that it does not know: as the bytes that they are. Read by it alone (SCHEMATHESIS_HOOKS)."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/zip", "application/partial-upload")
def as_it_is(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()

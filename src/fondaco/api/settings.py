"""How the door is kept: `api.toml` in the hub's folder, or its defaults. Bounds, rates and patience; nothing here decides about payments."""

from __future__ import annotations

import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

import msgspec

FILE = "api.toml"
_Above = msgspec.Meta(gt=0)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes, seconds, and requests a second.

    `message_bytes_max` is what a message may be, and what a compressed body may unfold to. `requests_per_s` is of one institution (or, of those without
    one, of one caller), `requests_at_once` how many of them may come together; a message counts once more for each `bytes_per_request` of it.

    `signatures` says whether machines' messages and deeds must be signed; what is signed is verified either way. `sign_sent` says that everything the hub sends
    is signed, not only what is asked for so.

    An upload is at most `upload_bytes_max`, of at most `upload_messages_max` messages, each part of it at most `message_bytes_max`; `uploads_at_once` are of one institution. One to which no
    part comes runs out after `upload_expires_s`; what became of its messages is kept for `upload_kept_s`.
    `trusted_proxies` are addresses or networks from which each connection begins with a line of the PROXY protocol, which says whose it is; nobody else's word is taken.
    `doors` is how many processes speak with clients before the hub's own (where there is TLS); with 0 the hub's does it itself.
    """

    message_bytes_max: Annotated[int, _Above] = 10 * 1024 * 1024
    json_bytes_max: Annotated[int, _Above] = 256 * 1024
    headers_bytes_max: Annotated[int, _Above] = 16 * 1024
    headers_s: Annotated[float, _Above] = 10.0
    body_s: Annotated[float, _Above] = 30.0
    keep_alive_s: Annotated[int, _Above] = 75
    connections_max: Annotated[int, _Above] = 4_000
    wait_s_max: Annotated[float, _Above] = 60.0
    requests_per_s: Annotated[float, _Above] = 2_000.0
    requests_at_once: Annotated[int, _Above] = 4_000
    bytes_per_request: Annotated[int, _Above] = 64 * 1024
    signatures: Literal["accepted", "required"] = "accepted"
    sign_sent: bool = False
    upload_bytes_max: Annotated[int, _Above] = 256 * 1024 * 1024
    upload_messages_max: Annotated[int, msgspec.Meta(gt=0, lt=65_535)] = 50_000
    upload_expires_s: Annotated[int, _Above] = 86_400
    upload_kept_s: Annotated[int, _Above] = 7 * 86_400
    uploads_at_once: Annotated[int, _Above] = 8
    trusted_proxies: list[str] = []
    doors: Annotated[int, msgspec.Meta(ge=0, le=64)] = 1


class SettingsWrong(Exception):
    """`api.toml` cannot be read as settings; the text says where."""


def read_settings(folder: Path) -> Settings:
    """What the folder's `api.toml` says; the defaults where there is none. Raises `SettingsWrong`."""
    path = folder / FILE
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Settings)
        for network in found.trusted_proxies:
            ip_network(network)
        return found
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, msgspec.ValidationError) as fault:  # what is no UTF-8, no TOML or no network is a ValueError
        raise SettingsWrong(f"{path}: {fault}") from fault

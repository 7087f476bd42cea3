"""The door for machines: messages of ISO 20022 over HTTP, and what stands in the hub as JSON."""

from fondaco.api.app import application
from fondaco.api.demo_keys import DemoKeys
from fondaco.api.house import Authenticate, CheckBody, House
from fondaco.api.identity import Identity, mutual_tls
from fondaco.api.problem import Problem
from fondaco.api.route import Route
from fondaco.api.routes import ROUTES
from fondaco.api.serving import is_loopback, log_in_json, run
from fondaco.api.settings import Settings, SettingsWrong, read_settings
from fondaco.api.writer import Outcome, Writer, WriterFull, WriterStopped

__all__ = [
    "ROUTES",
    "Authenticate",
    "CheckBody",
    "DemoKeys",
    "House",
    "Identity",
    "Outcome",
    "Problem",
    "Route",
    "Settings",
    "SettingsWrong",
    "Writer",
    "WriterFull",
    "WriterStopped",
    "application",
    "is_loopback",
    "log_in_json",
    "mutual_tls",
    "read_settings",
    "run",
]

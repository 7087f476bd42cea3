"""The door for machines: messages of ISO 20022 over HTTP, and what stands in the hub as JSON."""

from fondaco.api.app import application
from fondaco.api.bundles import Archive, Bundles
from fondaco.api.demo_keys import DemoKeys
from fondaco.api.doors import run_doors
from fondaco.api.frames import Hello
from fondaco.api.house import Authenticate, House
from fondaco.api.identity import Identity
from fondaco.api.listening import CertificatesUnfit, ServerTls
from fondaco.api.problem import Problem
from fondaco.api.proposals_route import into_force
from fondaco.api.roles_page import OPEN_PLACES, roles_page
from fondaco.api.route import Route
from fondaco.api.routes import ROUTES
from fondaco.api.serving import is_loopback, log_in_json, run
from fondaco.api.settings import Settings, SettingsWrong, read_settings
from fondaco.api.signatures import REQUIRED, Seal, SealUnfit
from fondaco.api.upload_life import UPLOAD
from fondaco.api.webhooks import Hook, Patience, Webhooks, WebhooksWrong, read_hooks
from fondaco.api.writer import Outcome, Writer, WriterFull, WriterStopped

__all__ = [
    "OPEN_PLACES",
    "REQUIRED",
    "ROUTES",
    "UPLOAD",
    "Archive",
    "Authenticate",
    "Bundles",
    "CertificatesUnfit",
    "DemoKeys",
    "Hello",
    "Hook",
    "House",
    "Identity",
    "Outcome",
    "Patience",
    "Problem",
    "Route",
    "Seal",
    "SealUnfit",
    "ServerTls",
    "Settings",
    "SettingsWrong",
    "Webhooks",
    "WebhooksWrong",
    "Writer",
    "WriterFull",
    "WriterStopped",
    "application",
    "into_force",
    "is_loopback",
    "log_in_json",
    "read_hooks",
    "read_settings",
    "roles_page",
    "run",
    "run_doors",
]

"""The Python client of the door: sync and async, typed, asking again only where that is safe."""

from fondaco.client.awaiting import AsyncClient
from fondaco.client.blocking import Client
from fondaco.client.call import Retries
from fondaco.client.connection import ClientCertificate, ClientCredentials, Signer
from fondaco.client.fault import HubFault, Malformed, NotThere, Problem, Refused, TooMany, Unauthorised, Unavailable
from fondaco.client.records import Letter, OfficersWord, OwnQuote, PaymentRow, Story
from fondaco.client.signing import RequestSigner
from fondaco.client.told import Sent, Told

__all__ = [
    "AsyncClient",
    "Client",
    "ClientCertificate",
    "ClientCredentials",
    "HubFault",
    "Letter",
    "Malformed",
    "NotThere",
    "OfficersWord",
    "OwnQuote",
    "PaymentRow",
    "Problem",
    "Refused",
    "RequestSigner",
    "Retries",
    "Sent",
    "Signer",
    "Story",
    "Told",
    "TooMany",
    "Unauthorised",
    "Unavailable",
]

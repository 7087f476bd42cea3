"""Who asks, on whose behalf, with which right."""

from fondaco.access.caller import Caller, Proof, Role

__all__ = ["Caller", "Proof", "Role"]

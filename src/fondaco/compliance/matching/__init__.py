"""Is a text one of the listed names, however it is written."""

from fondaco.compliance.matching.alignment import Met
from fondaco.compliance.matching.index import Found, Index, normal_identifier
from fondaco.compliance.matching.normalise import LIGHT, Reading, read, tokens

__all__ = ["LIGHT", "Found", "Index", "Met", "Reading", "normal_identifier", "read", "tokens"]

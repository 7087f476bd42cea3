"""What members, operators and supervisors read: statements, reconciliation, the story of a payment."""

from fondaco.reporting.statement import differences, statements
from fondaco.reporting.story import story

__all__ = ["differences", "statements", "story"]

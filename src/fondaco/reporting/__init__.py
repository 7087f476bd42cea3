"""What members, operators and supervisors read: statements, reconciliation, the story of a payment."""

from fondaco.reporting.reconciliation import contradictions, differences
from fondaco.reporting.statement import statements
from fondaco.reporting.story import story

__all__ = ["contradictions", "differences", "statements", "story"]

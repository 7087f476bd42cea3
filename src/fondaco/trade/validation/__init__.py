"""Official rules for invoices, computed in a process of their own; what cannot be computed is refused."""

from fondaco.trade.validation.artefacts import RuleSet
from fondaco.trade.validation.checking import Checked, Rules, check, rules_for
from fondaco.trade.validation.engine import Engine, Fired, Unvalidated

__all__ = ["Checked", "Engine", "Fired", "RuleSet", "Rules", "Unvalidated", "check", "rules_for"]

"""The evidence of a day: what the journal says of it, in a store that anybody can read, and the tables that follow from it."""

from fondaco.reporting.evidence.store import TABLES, DayRange, log_of, tables_of, write_evidence

__all__ = ["TABLES", "DayRange", "log_of", "tables_of", "write_evidence"]

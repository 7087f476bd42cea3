"""Foreign exchange: firm quotes, the best one locked; reference rates; conversion with its residue."""

from fondaco.fx.conversion import NANO, Converted, convert, scaled, source_for
from fondaco.fx.quote import Locked, Quote, QuoteBook, fitting
from fondaco.fx.reference import ReferenceRate, reference

__all__ = [
    "NANO",
    "Converted",
    "Locked",
    "Quote",
    "QuoteBook",
    "ReferenceRate",
    "convert",
    "fitting",
    "reference",
    "scaled",
    "source_for",
]

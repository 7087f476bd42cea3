"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here."""

from fondaco.trade import mt
from fondaco.trade.deed import ControlStep, Decided, Deed, Entry, Holding, Kind, Tell

__all__ = ["ControlStep", "Decided", "Deed", "Entry", "Holding", "Kind", "Tell", "mt"]

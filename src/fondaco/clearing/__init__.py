"""Who owes whom: nets that add up to zero, queues that nobody passes."""

from fondaco.clearing.gridlock import Waiting, fifo_set
from fondaco.clearing.netting import Figures, Obligation, figures, nets, without
from fondaco.clearing.queue import Key, Queues

__all__ = ["Figures", "Key", "Obligation", "Queues", "Waiting", "fifo_set", "figures", "nets", "without"]

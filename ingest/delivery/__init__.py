"""Loss-free delivery: a bulk loop that gives the store as much as it takes, and accounts for every document."""

from ingest.delivery.loop import PATIENCE_SECONDS, Delivery, Statistics
from ingest.delivery.outcome import Outcome, Refused, Stopped
from ingest.delivery.pressure import Pressure
from ingest.delivery.waiting import body_of, split

__all__ = [
    "PATIENCE_SECONDS",
    "Delivery",
    "Outcome",
    "Pressure",
    "Refused",
    "Statistics",
    "Stopped",
    "body_of",
    "split",
]

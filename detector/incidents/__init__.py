"""Incidents: anomalies of one entity and class, joined into episodes. Derived from the stored anomalies alone.

Because they are derived, judging windows again, late events and withdrawn anomalies all end in the same incidents.
Anomalies become episodes (`episodes`), those become documents (`composing`), which are brought in line with what is
stored (`updating`).
"""

from detector.incidents.composing import compose, judged
from detector.incidents.episodes import QUIET, episodes
from detector.incidents.updating import update

__all__ = ["QUIET", "compose", "episodes", "judged", "update"]

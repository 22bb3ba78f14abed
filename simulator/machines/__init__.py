"""Machines and crowds that mean no harm, the loud ones among them.

`MACHINES` names them all. The usual ones run on any site; the rest comes when asked for.
"""

from simulator.machines import clients, crawlers, crowds
from simulator.machines.stage import MACHINES, Burst, Machine, Stage

__all__ = ["MACHINES", "Burst", "Machine", "Stage", "clients", "crawlers", "crowds", "usual"]


def usual() -> tuple[str, ...]:
    """The names of machines that any site has."""
    return tuple(name for name, entry in MACHINES.items() if entry.usual)

"""What this process costs the machine."""

import os
import resource
import sys
import time
from pathlib import Path

_STATM = Path("/proc/self/statm")  # Linux: sizes in pages, the second is what is resident
KIBIBYTE = 1024


def resident_bytes() -> int:
    """Memory of this process now; where the system does not tell, the most it ever was."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return peak_bytes()


def peak_bytes() -> int:
    """The most memory this process ever had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * KIBIBYTE


def cpu_seconds() -> float:
    """CPU time of this process and all its threads, user and system."""
    return time.process_time()

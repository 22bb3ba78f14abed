"""The embedded engine: the store of those who have none. Its processes, folders and downloads are its own matter.

`ensure_running(settings)` gives the URL of a running engine; `stop`, `status` and `wipe` do what they say.
"""

from wwwatch.engine.lifecycle import Status, ensure_running, status, stop, wipe

__all__ = ["Status", "ensure_running", "status", "stop", "wipe"]

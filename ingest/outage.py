"""Says once that the store, or the topic, takes nothing, and once that it does again."""

from collections.abc import Callable

from ingest.delivery import Statistics


class Outage:
    """tell: says a line to people. after_seconds: how long the store may refuse before that is worth a word.
    title: of what documents are brought to.
    """

    def __init__(self, tell: Callable[[str], None], after_seconds: float, title: str) -> None:
        self._tell, self._after_seconds, self._title = tell, after_seconds, title
        self._landed = True
        self._failures = 0
        self._since = 0.0
        self.on = False

    def landed(self, _lines: int) -> None:
        """The store has taken something."""
        self._landed = True

    def look(self, now: float, waiting: bool, statistics: Statistics) -> None:
        """now: seconds, of any clock that goes forward. waiting: whether something is on its way to the store."""
        failures = statistics.unreachable + statistics.busy
        if self._landed or not waiting:
            self._landed, self._failures, self._since = False, failures, now
            if self.on:
                self._tell(f"{self._title} takes documents again.")
            self.on = False
        elif not self.on and failures != self._failures and now - self._since >= self._after_seconds:
            self.on = True
            reason = f": {statistics.last_failure}" if statistics.last_failure else "."
            self._tell(f"{self._title} takes no documents{reason} Waiting for it; nothing is lost.")

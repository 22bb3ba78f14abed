"""What became of the lines that were read: they add up, always."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass
class Counts:
    """Lines. read is counted by the reader, the rest by what the store acknowledged.

    dropped: lines a filter of the user's keeps out, on purpose. formats: events by the name of the format that took
    them. possible_duplicates: of those sent, how many may have been stored before, in a backing index that was rolled
    over since and may not be read. newest_event: ISO 8601 UTC, of the newest event delivered; empty before.
    """

    read: int = 0
    sent: int = 0
    duplicate: int = 0
    dropped: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    files: int = 0
    possible_duplicates: int = 0
    newest_event: str = ""

    @property
    def undelivered(self) -> int:
        """Lines read and not (known to be) stored: 0 unless the run was cut short."""
        return self.read - self.sent - self.duplicate - self.dropped - self.rejected.total()

    def copy(self) -> "Counts":
        """The tally as it stands."""
        return replace(self, rejected=self.rejected.copy(), formats=self.formats.copy())

    def as_json(self, seconds: float) -> dict[str, Any]:
        """For `--json`."""
        return {
            "read": self.read,
            "sent": self.sent,
            "duplicate": self.duplicate,
            **({"dropped": self.dropped} if self.dropped else {}),
            "rejected": dict(sorted(self.rejected.items())),
            "undelivered": self.undelivered,
            **({"possible_duplicates": self.possible_duplicates} if self.possible_duplicates else {}),
            "files": self.files,
            "seconds": round(seconds, 3),
        }

    def as_text(self, seconds: float) -> str:
        """For people."""
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.rejected.items()))
        rejected = f"{self.rejected.total():,} rejected" + (f" ({reasons})" if reasons else "")
        stored = f"{self.sent:,} sent, {self.duplicate:,} duplicate, {rejected}"
        text = f"{self.files:,} files, {self.read:,} lines read: {stored}"
        if self.dropped:
            text += f", {self.dropped:,} dropped by filter"
        if self.possible_duplicates:
            text += f", {self.possible_duplicates:,} of those sent possibly stored twice"
        if self.undelivered:
            text += f", {self.undelivered:,} not delivered"
        return f"{text}; {seconds:.1f} s."

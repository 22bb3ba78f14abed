"""What is usual for a site: how much of each kind of evidence its windows held before.

From the windows around, where a whole day is judged at once, and from the roll-ups of the site: the last day's hours,
and the same hour of the week in the weeks before. Medians, because attacks are part of every history.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from detector.groups.screen import Screened
from detector.windows import DAY_SECONDS, HOUR_SECONDS, Span
from wwwatch.moments import iso
from wwwatch.store import Store, names

Document = dict[str, Any]

SITE = "site"
HOUR = timedelta(hours=1)
RECENT_HOURS = 24
WEEKS = 4
# Fewer windows than this around say nothing about what is usual.
LEAST_AROUND = 12
LEAST_HOURS_KNOWN = 3
DAYS_BEFORE = 7
LEAST_HOURS_OF_A_DAY = 12

# "evidence:window_seconds" -> the most events any window of that length held in the hour.
Peaks = Mapping[str, int]


def peaks(found: Iterable[tuple[int, Screened]]) -> dict[int, dict[str, int]]:
    """Hour (epoch seconds) -> peaks, of (window_seconds, screened) pairs."""
    hours: dict[int, dict[str, int]] = {}
    for window_seconds, one in found:
        hour = one.window_start - one.window_start % HOUR_SECONDS
        key = f"{one.evidence}:{window_seconds}"
        of_hour = hours.setdefault(hour, {})
        of_hour[key] = max(of_hour.get(key, 0), one.weight)
    return hours


def remember(store: Store, namespace: str, hours: Mapping[int, Peaks]) -> None:
    """Write the site's roll-ups of judged hours."""
    store.write_documents(
        names.rollup_index(namespace),
        (
            (
                f"{SITE}:{start}",
                {
                    "@timestamp": iso(datetime.fromtimestamp(start, UTC)),
                    "wwwatch": {
                        "namespace": namespace,
                        "entity": {"type": SITE, "id": namespace},
                        "peaks": dict(held),
                    },
                },
            )
            for start, held in hours.items()
        ),
    )


def recall(store: Store, namespace: str, span: Span) -> dict[int, Peaks]:
    """Hour -> peaks, of the weeks before a span and of the span itself."""
    since = span.since - timedelta(weeks=WEEKS) - HOUR
    query = {
        "bool": {
            "filter": [
                {"range": {"@timestamp": {"gte": iso(since), "lt": iso(span.until)}}},
                {"term": {"wwwatch.entity.type": SITE}},
            ]
        }
    }
    return {
        int(datetime.fromisoformat(document["@timestamp"]).timestamp()): document["wwwatch"]["peaks"]
        for _, document in store.documents(names.rollup_index(namespace), query)
    }


def usual(
    evidence: str, window_start: int, window_seconds: int, around: Sequence[Screened], hours: Mapping[int, Peaks]
) -> float | None:
    """How many events of a kind a window of this length usually holds; None where nothing is known. Not of a day's.

    around: other windows of the same length that were screened along. hours: from the roll-ups.
    """
    near = [one.weight for one in around if one.evidence == evidence and one.window_start != window_start]
    known = [float(median(near))] if len(near) >= LEAST_AROUND else []
    hour = window_start - window_start % HOUR_SECONDS
    key = f"{evidence}:{window_seconds}"
    recent = [hours[h].get(key, 0) for h in _recent(hour) if h in hours]
    same = [hours[h].get(key, 0) for h in _same_hour_of_week(hour) if h in hours]
    known += [float(median(values)) for values in (recent, same) if len(values) >= min(LEAST_HOURS_KNOWN, WEEKS)]
    return max(known) if known else None


def usual_of_a_day(evidence: str, window_start: int, hours: Mapping[int, Peaks]) -> float | None:
    """How many events of a kind a day usually holds: the median of the days before, each the sum of its hours.

    Hours that are not known count as the others of their day; None where no day before has half of its hours.
    """
    key = f"{evidence}:{HOUR_SECONDS}"
    sums = []
    for back in range(1, DAYS_BEFORE + 1):
        start = window_start - back * DAY_SECONDS
        held = [hours[hour].get(key, 0) for hour in range(start, start + DAY_SECONDS, HOUR_SECONDS) if hour in hours]
        if len(held) >= LEAST_HOURS_OF_A_DAY:
            sums.append(24 * sum(held) / len(held))
    return float(median(sums)) if sums else None


def _recent(hour: int) -> Iterable[int]:
    return (hour - back * HOUR_SECONDS for back in range(1, RECENT_HOURS + 1))


def _same_hour_of_week(hour: int) -> Iterable[int]:
    return (hour - weeks * 7 * 86400 for weeks in range(1, WEEKS + 1))

"""Whether a login is broken: nobody gets in any more, while at this time of day people usually do."""

from datetime import timedelta
from statistics import median

from detector.windows import Span
from wwwatch.signs import Document, Signs, all_of, span_query
from wwwatch.store import Store

DAYS = 7
LEAST_DAYS = 2
# Where so many usually get in, that none does is no chance: below one in four hundred (Poisson).
LEAST_USUAL = 6


def usual_successes(store: Store, index: str, window: Span, path: str, signs: Signs) -> float | None:
    """How many usually get in at this page in this part of the day, if nobody does now; None if somebody does.

    None also where less than LEAST_DAYS of the days before had traffic then, or fewer than LEAST_USUAL get in.
    """
    here: Document = {"term": {"url.path": path}}
    spans = {str(days): _days_before(window, days) for days in range(DAYS + 1)}
    aggs: Document = {
        name: {
            "filter": span_query(span.since, span.until),
            "aggs": {"passed": {"filter": all_of(here, signs.login_successes())}},
        }
        for name, span in spans.items()
    }
    answer = store.aggregate(index, span_query(spans[str(DAYS)].since, window.until), aggs)
    if not answer or answer["0"]["passed"]["doc_count"]:
        return None
    days = [answer[name] for name in spans if name != "0"]
    before = [day["passed"]["doc_count"] for day in days if day["doc_count"]]
    if len(before) < LEAST_DAYS or median(before) < LEAST_USUAL:
        return None
    return float(median(before))


def _days_before(window: Span, days: int) -> Span:
    seconds = int(timedelta(days=days).total_seconds())
    return Span(window.start - seconds, window.end - seconds)

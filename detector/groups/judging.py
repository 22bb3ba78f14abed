"""One length of window, judged for groups."""

from collections.abc import Sequence

from detector.classes import Severity
from detector.groups import usual as history
from detector.groups.findings import GroupFinding, Spared, find, nobody
from detector.groups.rules import worth_a_look
from detector.groups.screen import enough, screen
from detector.windows import DAY_SECONDS, HOUR_SECONDS, Span
from wwwatch.signs import Signs
from wwwatch.store import Store

# What is low is told once, by the hour, as with single clients.
LOW_WINDOW_SECONDS = HOUR_SECONDS
# Lengths of windows whose fullest in each hour is remembered.
REMEMBERED_SECONDS = (60, 600, HOUR_SECONDS)


def judge(
    store: Store,
    index: str,
    namespace: str,
    spans: Sequence[Span],
    window_seconds: int,
    signs: Signs,
    spared: Spared = nobody,
) -> list[GroupFinding]:
    """The groups in every window of the spans. Hours are remembered on the way, for what is usual.

    spared: see `Known.spared`.
    """
    findings: list[GroupFinding] = []
    for span in spans:
        if window_seconds == HOUR_SECONDS:
            _remember(store, index, namespace, span, signs)
        screened = screen(store, index, span, window_seconds, signs)
        chosen = [one for one in screened if enough(one, window_seconds)]
        hours = history.recall(store, namespace, span) if chosen else {}
        for one in chosen:
            usual = (
                history.usual_of_a_day(one.evidence, one.window_start, hours)
                if window_seconds == DAY_SECONDS
                else history.usual(one.evidence, one.window_start, window_seconds, screened, hours)
            )
            if not worth_a_look(one, usual):
                continue
            findings += find(store, index, namespace, one, window_seconds, signs, usual, spared)
    return [f for f in findings if f.severity > Severity.LOW or window_seconds == LOW_WINDOW_SECONDS]


def _remember(store: Store, index: str, namespace: str, span: Span, signs: Signs) -> None:
    """Hours are whole only when judged again as they fill; each time they are written anew."""
    found = [(seconds, one) for seconds in REMEMBERED_SECONDS for one in screen(store, index, span, seconds, signs)]
    empty: dict[int, dict[str, int]] = {start: {} for start in range(span.start, span.end, HOUR_SECONDS)}
    history.remember(store, namespace, empty | history.peaks(found))

"""What `wwwatch run` has the alerts do."""

from datetime import datetime, timedelta
from typing import Any

from alerts import posting, watch
from alerts.figures import Span
from wwwatch.service.jobs import Turn

DAY, WEEK = timedelta(days=1), timedelta(days=7)
# A digest that makes up for missed ones tells of the time since the last; of more than so many spans nobody reads.
MADE_UP = 5
# A day with a change of the clock is this much shorter, at most.
SHORTER = timedelta(hours=2)


def alerts(turn: Turn) -> dict[str, Any]:
    """Tell what is new of incidents, and send what waits in the outbox."""
    courier = watch.new_courier(turn.settings, turn.namespace, turn.clock, turn.holder, turn.predecessor)
    return dict(watch.alert_pass(turn.store, turn.namespace, turn.settings, turn.clock, courier))


def daily(turn: Turn) -> dict[str, Any]:
    """Send the digest of a day."""
    return _digest(turn, DAY)


def weekly(turn: Turn) -> dict[str, Any]:
    """Send the digest of a week."""
    return _digest(turn, WEEK)


def _digest(turn: Turn, length: timedelta) -> dict[str, Any]:
    if not turn.settings.mail.host:
        return {"status": "not sent: mail.host is not set"}
    span = span_of(turn.due_at, turn.before, length)
    turn.keep()
    status, targets = posting.post_span(turn.store, turn.namespace, span, turn.settings, turn.clock)
    return {"digests": 1, "recipients": len(targets), "status": status}


def span_of(due_at: datetime, before: datetime | None, length: timedelta) -> Span:
    """What a digest tells of: the time since the one before it, so that no minute is left out or told twice.

    before: when that was due. The first digest, and one after a very long time, tells of its usual length.
    """
    usual = before is not None and length - SHORTER <= due_at - before <= MADE_UP * length
    return Span(before if before is not None and usual else due_at - length, due_at)

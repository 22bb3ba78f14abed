"""What `wwwatch run` has the alerts do."""

from typing import Any

from alerts import watch
from wwwatch.service.jobs import Turn


def alerts(turn: Turn) -> dict[str, Any]:
    """Tell what is new of incidents, and send what waits in the outbox."""
    courier = watch.new_courier(turn.settings, turn.namespace, turn.clock, turn.holder, turn.predecessor)
    return dict(watch.alert_pass(turn.store, turn.namespace, turn.settings, turn.clock, courier))

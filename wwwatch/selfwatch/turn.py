"""What `wwwatch run` has the self-watch do: look, and bring the incidents of the watch itself up to date."""

from typing import Any
from zoneinfo import ZoneInfo

from wwwatch import control
from wwwatch.moments import iso
from wwwatch.selfwatch import incidents
from wwwatch.selfwatch.gather import Memory, gather
from wwwatch.selfwatch.rules import readings
from wwwatch.service.jobs import Turn


def selfwatch(turn: Turn) -> dict[str, Any]:
    """One look. Result: how many incidents changed, the kinds that are wrong, and what may not be seen."""
    now, zone = turn.clock(), ZoneInfo(turn.settings.site.timezone)
    memory: Memory = turn.memory.setdefault("facts", Memory())
    facts, refused = gather(turn.store, turn.namespace, now, memory, turn.jobs())
    standing = incidents.standing(turn.store, turn.namespace)
    keys = {incidents.key_of(document) for document in standing.values()}
    found, looked_at = readings(facts, now, turn.settings.selfwatch, zone, keys)
    silenced = any(span.since <= iso(now) < span.until for span in control.silences(turn.store, turn.namespace))
    changed = incidents.changed(turn.namespace, standing, found, looked_at, now, silenced)
    turn.keep()
    incidents.write(turn.store, turn.namespace, changed)
    wrong = sorted({reading.kind for reading in found if reading.severity})
    return {"changed": len(changed), "wrong": wrong, "not_allowed": refused}

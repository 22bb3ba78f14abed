"""Ad-hoc questions to the store, as pure query builders and thin calls.

What a person typed is only ever a value inside the query DSL, never part of a string that is parsed.
"""

from wwwatch.questions.query import (
    BYTES,
    CLASSES,
    SEVERITIES,
    STATUS,
    AlertFilter,
    alert_query,
    alerts,
    between,
    default_span,
    descending,
    moment,
    newest_alerts,
    newest_event,
    severity_name,
)

__all__ = [
    "BYTES",
    "CLASSES",
    "SEVERITIES",
    "STATUS",
    "AlertFilter",
    "alert_query",
    "alerts",
    "between",
    "default_span",
    "descending",
    "moment",
    "newest_alerts",
    "newest_event",
    "severity_name",
]

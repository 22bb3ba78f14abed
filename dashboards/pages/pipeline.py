"""Pipeline health: is everything that happens stored and judged, in time?"""

from dashboards import vocabulary as say
from dashboards.filters import Is, Not
from dashboards.navigation import navigation
from dashboards.panels import Breakdown, Control, Documents, Figure, Measure, OverTime, Page, Row, Table, Top
from wwwatch import pages

HOST = Top("host.name", "Server", 20)
SENT = Measure("Stored", "sum", "wwwatch.sent", colour=say.GREEN)
REJECTED = Measure("Rejected", "sum", "wwwatch.rejected", colour=say.RED)
LAG = "wwwatch.lag_seconds"

PIPELINE_HEALTH = Page(
    pages.PIPELINE,
    "[wwwatch] Pipeline health",
    "Is everything that happens stored and judged, in time?",
    time_from="now-6h",
    refresh_seconds=60,
    controls=(
        Control("host.name", "Server"),
        Control("event.dataset", "Dataset"),
        Control("wwwatch.component", "Component", "pipeline"),
    ),
    rows=(
        Row(
            3,
            (
                navigation(
                    pages.PIPELINE,
                    "Nothing here? No shipper told of itself in this time: `wwwatch ship --follow` does every 10 s, "
                    "`wwwatch ship` while it runs.",
                ),
            ),
        ),
        Row(
            5,
            (
                Figure(
                    id="stored", title="Lines stored", data="pipeline",
                    answers="How many lines did the shippers store?",
                    where=say.SHIPPING, measure=SENT,
                ),
                Figure(
                    id="lag", title="Lag, p95", data="pipeline", where=say.SHIPPING,
                    answers="How old is the newest line when it is stored? Of old logs, their age.",
                    measure=Measure("Lag, p95", "percentile", LAG),
                ),
                Figure(
                    id="rejected", title="Lines rejected", data="pipeline",
                    answers="How many lines did no format take?",
                    where=say.SHIPPING, measure=REJECTED,
                ),
                Figure(
                    id="undelivered", title="Not delivered", data="pipeline", where=say.SHIPPING,
                    answers="How many lines could a shipper not deliver at its worst moment? They are tried again.",
                    measure=Measure("lines, at worst", "max", "wwwatch.undelivered", colour=say.RED),
                ),
                Figure(
                    id="judged-at", title="Last judged", answers="When was the last minute judged?", data="ledger",
                    measure=Measure("Last judged", "max", "wwwatch.done_at"),
                ),
            ),
        ),
        Row(
            10,
            (
                OverTime(
                    id="events", title="Events by dataset",
                    answers="Does every source speak? A gap is a silent shipper.",
                    measures=(Measure("Events"),), by=Top("event.dataset", "Dataset", 10), shape="bars",
                ),
                OverTime(
                    id="judged", title="Judged", data="ledger", answers="Is every event judged? Compare with the left.",
                    measures=(Measure("Events judged", "sum", "wwwatch.documents", colour=say.GREEN),), shape="bars",
                ),
            ),
        ),
        Row(
            11,
            (
                Table(
                    id="last-events", title="Servers", answers="Which server is silent?", by=(HOST,),
                    measures=(Measure("Events"), Measure("Newest event", "max", "@timestamp")),
                ),
                Table(
                    id="shippers", title="Shippers", data="pipeline", where=say.SHIPPING, by=(HOST,),
                    answers="How is each shipper: last heard of, stored, behind, memory?",
                    measures=(
                        SENT, REJECTED, Measure("Duplicate", "sum", "wwwatch.duplicate"),
                        Measure("Retries", "sum", "wwwatch.retries"),
                        Measure("Behind, at worst", "max", "wwwatch.bytes_behind"),
                        Measure("Memory", "max", "wwwatch.memory_bytes"),
                        Measure("Last heartbeat", "max", "@timestamp"),
                    ),
                ),
            ),
            (16, 32),
        ),
        Row(
            10,
            (
                OverTime(
                    id="hosts", title="Events by server", answers="Which server fell silent, and when?",
                    measures=(Measure("Events"),), by=HOST, shape="bars",
                ),
                OverTime(
                    id="lags", title="Lag: median, p95, worst", data="pipeline", where=say.SHIPPING,
                    answers="Does delivery keep up?",
                    measures=(
                        Measure("median", "percentile", LAG, percent=50, colour=say.GREEN),
                        Measure("p95", "percentile", LAG, percent=95, colour=say.AMBER),
                        Measure("worst", "max", LAG, colour=say.RED),
                    ),
                ),
            ),
        ),
        Row(
            9,
            (
                OverTime(
                    id="delivery", title="Delivery", data="pipeline", where=say.SHIPPING, shape="bars",
                    answers="Stored, already there, rejected, kept apart as undelivered?",
                    measures=(
                        SENT, Measure("Duplicate", "sum", "wwwatch.duplicate", colour=say.GREY), REJECTED,
                        Measure("Dropped by a filter", "sum", "wwwatch.dropped", colour=say.BLUE),
                    ),
                ),
                OverTime(
                    id="latency", title="Latency of the store", data="pipeline", where=say.SHIPPING,
                    answers="How long does the store take for a bulk request?",
                    measures=(
                        Measure("mean", "mean", "wwwatch.batch_latency_ms", colour=say.BLUE),
                        Measure("worst", "max", "wwwatch.batch_latency_ms", colour=say.RED),
                    ),
                ),
                OverTime(
                    id="retries", title="Retries", data="pipeline", where=say.SHIPPING, shape="bars",
                    answers="Does the store refuse or fail for a while? Empty: never.",
                    measures=(Measure("Retries", "sum", "wwwatch.retries", colour=say.AMBER),),
                ),
            ),
        ),
        Row(
            10,
            (
                OverTime(
                    id="rejects-over-time", title="Rejected lines by reason", data="rejects", shape="bars",
                    answers="Which lines could not be read, and why? Empty: all were.",
                    measures=(Measure("Lines"),), by=Top("error.type", "Reason", 8),
                ),
                Documents(
                    id="rejects", title="Rejected lines", data="rejects",
                    answers="What do they look like? `wwwatch rejects replay` tries them again.",
                    columns=("error.type", "error.message", "host.name", "log.file.path", "event.original"),
                ),
            ),
            (20, 28),
        ),
        Row(
            8,
            (
                Figure(
                    id="cut", title="Events with a field left out", where=say.CUT_OFF,
                    answers="How many events hold a value too long or malformed to be searched? It is stored.",
                    measure=Measure("events"),
                ),
                Table(
                    id="passes", title="Detector", data="pipeline", where=say.DETECTING,
                    answers="Does the detector run, and by which model? Empty: it did not in this time.",
                    by=(Top("wwwatch.namespace", "Site", 20), Top("wwwatch.model_version", "Model", 3)),
                    measures=(Measure("Passes"), Measure("Last pass", "max", "@timestamp")),
                ),
                Breakdown(
                    id="sites", title="Events by site", measure=Measure("Events"),
                    answers="Which site do they belong to?",
                    by=Top("data_stream.namespace", "Site", 10),
                ),
            ),
            (10, 22, 16),
        ),
        Row(
            7,
            (
                Documents(
                    id="self-incidents", title="What is wrong with wwwatch itself", data="incidents",
                    where=Not(Is("event.dataset", "wwwatch.incident")),
                    answers="Silent shippers, a detector behind. Empty: nothing is, or `wwwatch run` does not run.",
                    columns=("event.severity", "rule.name", "event.reason", "wwwatch.status"),
                ),
            ),
        ),
    ),
)  # fmt: skip

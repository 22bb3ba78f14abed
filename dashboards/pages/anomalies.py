"""Anomalies triage: what is going on that should not, and what comes first?"""

from dashboards import vocabulary as say
from dashboards.filters import All, Between, Is, Not
from dashboards.navigation import navigation
from dashboards.panels import (
    Breakdown,
    Control,
    Documents,
    Figure,
    Measure,
    OverTime,
    Page,
    Ranges,
    Row,
    Swimlanes,
    Table,
    Top,
)
from wwwatch import pages

CLASSES = Top(say.CLASS, "Class", 8)
ANOMALIES = Measure("Anomalies")
INCIDENTS = Measure("Incidents")
BEHIND_THEM = (
    Measure("Sum of scores", "sum", say.SCORE),
    ANOMALIES,
    Measure("Severity", "max", say.SEVERITY),
    Measure("First", "min", "event.start"),
    Measure("Last", "max", "event.end"),
)
SITE_INCIDENTS = All(say.RAISED, Is("event.dataset", "wwwatch.incident"))

ANOMALIES_TRIAGE = Page(
    pages.ANOMALIES,
    "[wwwatch] Anomalies triage",
    "What is going on that should not, and what comes first?",
    time_from="now-7d",
    controls=(
        Control(say.CLASS, "Class", "anomalies"),
        Control("wwwatch.entity.type", "Client or group", "anomalies"),
        Control("wwwatch.status", "Status", "incidents"),
        Control("wwwatch.namespace", "Site", "anomalies"),
    ),
    rows=(
        Row(
            3,
            (
                navigation(
                    pages.ANOMALIES,
                    "Nothing here? Then nothing was raised in this time, or nothing was judged: see Pipeline. "
                    "On a new installation: `wwwatch ship`, `wwwatch train`, `wwwatch detect`.",
                ),
            ),
        ),
        Row(
            5,
            (
                Figure(
                    id="open", title="Open incidents", answers="How many incidents are not over?", data="incidents",
                    where=All(SITE_INCIDENTS, say.NOT_CLOSED), measure=Measure("open or escalated", colour=say.AMBER),
                ),
                Figure(
                    id="grave", title="High and critical", answers="How many incidents are worth getting up for?",
                    data="incidents", where=All(SITE_INCIDENTS, Between(say.SEVERITY, say.LEVELS["high"])),
                    measure=Measure("incidents", colour=say.RED),
                ),
                Figure(
                    id="flagged", title="Clients flagged", answers="How many addresses were flagged by themselves?",
                    data="anomalies", where=say.STANDING, measure=Measure("addresses", "unique", say.ADDRESS),
                ),
                Figure(
                    id="new", title="New since yesterday", answers="How many incidents began in the last 24 hours?",
                    data="incidents", where=All(SITE_INCIDENTS, Between("event.start", "now-1d")),
                    measure=Measure("incidents"),
                ),
                Figure(
                    id="classes", title="Kinds of attack", answers="How many classes were seen?", data="anomalies",
                    where=say.STANDING, measure=Measure("classes", "unique", say.CLASS),
                ),
            ),
        ),
        Row(
            14,
            (
                Documents(
                    id="incidents", title="Incidents, gravest first",
                    answers="What happened, who did it, why is it said, and is it over?",
                    data="incidents", where=SITE_INCIDENTS,
                    columns=(
                        "event.severity", say.CLASS, "source.ip", "event.reason", "wwwatch.requests", "wwwatch.status",
                        "wwwatch.entity.id",
                    ),
                    sort=((say.SEVERITY, "desc"), ("@timestamp", "desc")),
                ),
            ),
        ),
        Row(
            10,
            (
                OverTime(
                    id="severity", title="Anomalies by severity", answers="When did it burn?", data="anomalies",
                    where=say.STANDING, measures=(ANOMALIES,), by=say.SEVERITIES, shape="bars",
                ),
                Swimlanes(
                    id="lanes", title="Classes over time", answers="Which kind, when, how sure? The darker, the surer.",
                    data="anomalies", where=say.STANDING, measure=Measure("Highest score", "max", say.SCORE),
                    by=CLASSES,
                ),
            ),
        ),
        Row(
            12,
            (
                Table(
                    id="repeaters", title="Clients that come back",
                    answers="Which addresses have the most behind them, since when?", data="anomalies",
                    where=say.STANDING, by=(Top(say.ADDRESS, "Address", 50),), measures=BEHIND_THEM,
                ),
                Table(
                    id="groups", title="Groups that come back",
                    data="anomalies",
                    answers="Which networks, agents and pages where many act together? Empty: none did.",
                    where=All(say.STANDING, Not(Is("wwwatch.entity.type", "ip"))),
                    by=(Top("wwwatch.entity.type", "Kind", 5), Top("wwwatch.entity.id", "Group", 10)),
                    measures=BEHIND_THEM,
                ),
            ),
        ),
        Row(
            11,
            (
                Table(
                    id="targets", title="What is being tried, and where",
                    answers="Which paths do probes, payloads and tools ask for, and did any answer with 2xx?",
                    where=say.HOSTILE, by=(Top(say.PATH, "Path", 50),),
                    measures=(say.REQUESTS, say.CLIENTS, Measure("2xx", where=say.OK)),
                ),
            ),
        ),
        Row(
            10,
            (
                Breakdown(
                    id="by-class", title="Incidents by class", answers="Which kinds of attack?", data="incidents",
                    where=SITE_INCIDENTS, measure=INCIDENTS, by=CLASSES,
                ),
                Breakdown(
                    id="scores", title="Scores", answers="How sure is the detector: is much just above the threshold?",
                    data="anomalies", where=say.STANDING, measure=ANOMALIES,
                    by=Ranges(say.SCORE, "Score", (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, None)), shape="columns",
                ),
                Breakdown(
                    id="standing", title="Raised, silenced, withdrawn",
                    answers="What was seen and not raised: allowed, in maintenance, dismissed by a verdict, withdrawn?",
                    data="anomalies", measure=ANOMALIES, by=say.STANDINGS, shape="donut",
                ),
                Breakdown(
                    id="entities", title="Clients and groups", answers="Single clients, networks, agents, logins?",
                    data="anomalies", where=say.STANDING, measure=ANOMALIES, by=Top("wwwatch.entity.type", "Kind", 8),
                    shape="donut",
                ),
            ),
        ),
        Row(
            14,
            (
                Documents(
                    id="anomalies", title="Anomalies, newest first",
                    answers="Every judged window that was out of the ordinary, with its reason.", data="anomalies",
                    where=say.STANDING,
                    columns=(
                        "event.severity", say.CLASS, "source.ip", "event.reason", say.SCORE, "wwwatch.window_seconds",
                        "wwwatch.requests", "wwwatch.entity.id",
                    ),
                ),
            ),
        ),
    ),
)  # fmt: skip

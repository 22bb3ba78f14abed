"""Traffic overview: what is going on on the sites, and is it well?"""

from dashboards import vocabulary as say
from dashboards.filters import Exists
from dashboards.navigation import navigation, note
from dashboards.panels import (
    Breakdown,
    Control,
    Documents,
    Figure,
    Measure,
    OverTime,
    Page,
    Row,
    Table,
    Top,
    WeekdayHours,
)
from wwwatch import pages

TIMED = Exists(say.DURATION)

TRAFFIC_OVERVIEW = Page(
    pages.TRAFFIC,
    "[wwwatch] Traffic overview",
    "What is going on on the sites, and is it well?",
    time_from="now-24h",
    controls=(
        Control("host.name", "Server"),
        Control("url.domain", "Virtual host"),
        Control("event.dataset", "Dataset"),
        Control("data_stream.namespace", "Site"),
    ),
    rows=(
        Row(3, (navigation(pages.TRAFFIC),)),
        Row(
            5,
            (
                Figure(id="requests", title="Requests", answers="How many requests were there?", measure=say.REQUESTS),
                Figure(id="clients", title="Clients", answers="From how many addresses?", measure=say.CLIENTS),
                Figure(
                    id="server-errors",
                    title="Server errors",
                    answers="Which part of the requests ended in 5xx?",
                    measure=Measure("of all requests: 5xx", "share", where=say.SERVER_ERROR, colour=say.RED),
                ),
                Figure(
                    id="client-errors",
                    title="Client errors",
                    answers="Which part ended in 4xx?",
                    measure=Measure("of all requests: 4xx", "share", where=say.CLIENT_ERROR, colour=say.AMBER),
                ),
                Figure(id="bytes", title="Bytes out", answers="How much was sent?", measure=say.BYTES_OUT),
                Figure(
                    id="duration",
                    title="Duration, p95",
                    answers="How slow is the slowest twentieth? Empty where the log format has no request time.",
                    measure=Measure("Duration, p95", "percentile", say.DURATION),
                ),
            ),
        ),
        Row(
            11,
            (
                OverTime(
                    id="status",
                    title="Requests by status",
                    answers="When did it rise or fall, and did errors rise with it?",
                    measures=(say.REQUESTS,),
                    by=say.STATUS_CLASSES,
                    shape="bars",
                ),
                OverTime(
                    id="clients-over-time",
                    title="Clients over time",
                    answers="More people, or the same few asking more?",
                    measures=(say.CLIENTS,),
                ),
            ),
            (32, 16),
        ),
        Row(
            8,
            (
                OverTime(
                    id="anomalies-over-time",
                    title="Anomalies by class",
                    answers="Is something of this an attack? Empty: nothing was raised in this time.",
                    data="anomalies",
                    where=say.STANDING,
                    measures=(Measure("Anomalies"),),
                    by=say.CLASSES,
                    shape="bars",
                ),
                OverTime(
                    id="bytes-over-time",
                    title="Bytes out over time",
                    answers="Who eats the bandwidth, and when?",
                    measures=(say.BYTES_OUT,),
                    shape="areas",
                ),
            ),
            (32, 16),
        ),
        Row(
            13,
            (
                Table(
                    id="top-urls",
                    title="URLs",
                    answers="What is asked for most, by how many, and does it work?",
                    by=(Top(say.PATH, "Path", 50),),
                    measures=(say.REQUESTS, say.CLIENTS, say.CLIENT_ERRORS, say.SERVER_ERRORS),
                ),
                Table(
                    id="top-clients",
                    title="Clients",
                    answers="Who asks most? A click on an address tells everything of it.",
                    by=(Top(say.ADDRESS, "Address", 50),),
                    measures=(say.REQUESTS, say.URLS, say.NOT_FOUND, say.BYTES_OUT),
                ),
            ),
        ),
        Row(
            11,
            (
                Table(
                    id="missing-paths",
                    title="Paths not found",
                    answers="Which links are dead, and what is being looked for that is not there?",
                    where=say.MISSING,
                    by=(Top(say.PATH, "Path", 50),),
                    measures=(say.REQUESTS, say.CLIENTS),
                ),
                Table(
                    id="servers",
                    title="Servers and virtual hosts",
                    answers="Which server and which virtual host is it?",
                    by=(Top("host.name", "Server", 20),),
                    measures=(say.REQUESTS, say.CLIENTS, say.CLIENT_ERRORS, say.SERVER_ERRORS, say.LAST_SEEN),
                ),
                Table(
                    id="networks",
                    title="Networks",
                    answers="Do many clients of one network act together?",
                    by=(Top("wwwatch.net", "Network", 50),),
                    measures=(say.REQUESTS, say.CLIENTS, say.NOT_FOUND),
                ),
            ),
            (16, 18, 14),
        ),
        Row(
            10,
            (
                WeekdayHours(
                    id="hours",
                    title="Requests by weekday and hour",
                    answers="What is a usual hour? Best with two weeks or more.",
                ),
                Breakdown(
                    id="bots",
                    title="Browsers, bots and tools",
                    answers="How much of it is people? As the user agents say of themselves.",
                    measure=say.REQUESTS,
                    by=say.BOTS,
                    shape="donut",
                ),
                Breakdown(
                    id="methods",
                    title="Methods",
                    answers="Anything beside GET and POST?",
                    measure=say.REQUESTS,
                    by=Top("http.request.method", "Method", 10),
                ),
            ),
            (24, 14, 10),
        ),
        Row(
            10,
            (
                Table(
                    id="referrers",
                    title="Referrers",
                    answers="Where do they come from?",
                    by=(Top("http.request.referrer", "Referrer", 50),),
                    measures=(say.REQUESTS, say.CLIENTS),
                ),
                Table(
                    id="agents",
                    title="User agents",
                    answers="With which browser, bot or tool?",
                    by=(Top("user_agent.original", "User agent", 50),),
                    measures=(say.REQUESTS, say.CLIENTS, say.NOT_FOUND),
                ),
            ),
        ),
        Row(
            14,
            (
                Documents(
                    id="events",
                    title="Access events",
                    answers="The requests themselves, newest first.",
                    columns=(
                        "source.ip", "http.request.method", "url.path", "http.response.status_code",
                        "http.response.body.bytes", "user_agent.original", "tags", "host.name",
                    ),
                ),
            ),
        ),
        Row(
            3,
            (
                note(
                    "optional",
                    "**Below: only what your logs and settings hold.** Durations need a log format with the request "
                    "time, virtual hosts one with `$host`; countries, networks' owners and browsers need enrichment "
                    "(`[ingest.geo]`, `ingest.user_agent`). A panel that says *No results found* lacks its field.",
                ),
            ),
        ),
        Row(
            10,
            (
                OverTime(
                    id="durations",
                    title="Duration: median, p95, p99",
                    answers="Does the site get slow, for all or for some?",
                    where=TIMED,
                    measures=(
                        Measure("median", "percentile", say.DURATION, percent=50, colour=say.GREEN),
                        Measure("p95", "percentile", say.DURATION, percent=95, colour=say.AMBER),
                        Measure("p99", "percentile", say.DURATION, percent=99, colour=say.RED),
                    ),
                ),
                Table(
                    id="slow-urls",
                    title="Slow URLs",
                    answers="Which URLs take most of the servers' time?",
                    where=TIMED,
                    by=(Top(say.PATH, "Path", 50),),
                    measures=(
                        Measure("Time, all requests", "sum", say.DURATION),
                        Measure("p95", "percentile", say.DURATION),
                        say.REQUESTS,
                    ),
                ),
            ),
        ),
        Row(
            10,
            (
                Table(
                    id="virtual-hosts",
                    title="Virtual hosts",
                    answers="Which site is it?",
                    by=(Top("url.domain", "Virtual host", 50),),
                    measures=(say.REQUESTS, say.CLIENTS, say.CLIENT_ERRORS, say.SERVER_ERRORS),
                ),
                Breakdown(
                    id="countries",
                    title="Countries",
                    answers="From where?",
                    measure=say.REQUESTS,
                    by=Top("source.geo.country_iso_code", "Country", 15),
                ),
                Table(
                    id="owners",
                    title="Autonomous systems",
                    answers="Whose networks are they: access providers, or data centres?",
                    by=(Top("source.as.number", "AS", 20), Top("source.as.organization.name", "Owner", 1)),
                    measures=(say.REQUESTS, say.CLIENTS),
                ),
            ),
        ),
        Row(
            10,
            (
                Breakdown(
                    id="browsers",
                    title="Browsers",
                    answers="Which browsers must the site work in?",
                    measure=say.CLIENTS,
                    by=Top("user_agent.name", "Browser", 10),
                    shape="donut",
                ),
                Breakdown(
                    id="systems",
                    title="Operating systems",
                    answers="On which systems?",
                    measure=say.CLIENTS,
                    by=Top("user_agent.os.name", "System", 10),
                    shape="donut",
                ),
            ),
        ),
    ),
)  # fmt: skip

"""Single-IP investigation: who is this, what did it do, and what was thought of it?"""

from dashboards import vocabulary as say
from dashboards.navigation import navigation
from dashboards.panels import Breakdown, Control, Documents, Figure, Measure, OverTime, Page, Ranges, Row, Table, Top
from wwwatch import pages

KILO = 1024.0

SINGLE_CLIENT = Page(
    pages.CLIENT,
    "[wwwatch] One client",
    "Who is this, what did it do, and what was thought of it?",
    controls=(
        Control("source.ip", "Address"),
        Control("host.name", "Server"),
        Control("url.domain", "Virtual host"),
        Control("event.dataset", "Dataset"),
    ),
    rows=(
        Row(
            3,
            (
                navigation(
                    pages.CLIENT,
                    "Reached by a click on any address; the time stays. Called without one, it shows all clients: "
                    'choose an address above, or ask `source.ip:"203.0.113.7" or related.ip:"203.0.113.7"`.',
                ),
            ),
        ),
        Row(
            5,
            (
                Figure(id="requests", title="Requests", answers="How many?", measure=say.REQUESTS),
                Figure(
                    id="urls", title="Distinct URLs", answers="How many different paths?",
                    measure=Measure("Distinct URLs", "unique", say.PATH),
                ),
                Figure(
                    id="errors", title="Errors", answers="Which part ended in 4xx or 5xx?",
                    measure=Measure("of its requests", "share", where=say.ERROR, colour=say.AMBER),
                ),
                Figure(id="bytes", title="Bytes out", answers="How much did it get?", measure=say.BYTES_OUT),
                Figure(
                    id="agents-used", title="User agents", answers="How many names does it go by?",
                    measure=Measure("User agents", "unique", "user_agent.original"),
                ),
            ),
        ),
        Row(
            6,
            (
                Table(
                    id="who", title="Who it is",
                    answers="First and last request. Links: the address to its registration, the network to traffic.",
                    by=(Top("source.address", "Address", 10), Top("wwwatch.net", "Network", 1)),
                    measures=(say.REQUESTS, say.FIRST_SEEN, say.LAST_SEEN),
                ),
                Table(
                    id="where", title="Country and owner (with enrichment)",
                    answers="Where is it registered? Empty without enrichment (`[ingest.geo]`).",
                    by=(
                        Top("source.geo.country_iso_code", "Country", 5),
                        Top("source.as.organization.name", "Owner", 3),
                    ),
                    measures=(say.REQUESTS,),
                ),
            ),
            (30, 18),
        ),
        Row(
            10,
            (
                OverTime(
                    id="status", title="Requests by status", answers="When, and how was it answered?",
                    measures=(say.REQUESTS,), by=say.STATUS_CLASSES, shape="bars",
                ),
                OverTime(
                    id="urls-over-time", title="Distinct URLs over time",
                    answers="Does it walk through the site, or ask for the same again?", measures=(say.URLS,),
                    shape="bars",
                ),
            ),
        ),
        Row(
            8,
            (
                OverTime(
                    id="anomalies-over-time", title="Its anomalies", data="anomalies", where=say.STANDING,
                    answers="When was it flagged, by itself or as one of a group? Empty: it never was.",
                    measures=(Measure("Anomalies"),), by=say.SEVERITIES, shape="bars",
                ),
                Documents(
                    id="incidents", title="Its incidents", data="incidents", where=say.RAISED,
                    answers="What was said of it, and why? Empty: nothing.",
                    columns=("event.severity", say.CLASS, "event.reason", "wwwatch.status"),
                ),
            ),
            (18, 30),
        ),
        Row(
            12,
            (
                Table(
                    id="paths", title="What it asked for", answers="Which paths, when first and last, how answered?",
                    by=(Top(say.PATH, "Path", 100),),
                    measures=(
                        say.REQUESTS, Measure("2xx", where=say.OK), say.CLIENT_ERRORS, say.SERVER_ERRORS,
                        say.FIRST_SEEN, say.LAST_SEEN,
                    ),
                ),
                Table(
                    id="failed-paths", title="What it did not get",
                    answers="Which paths ended in an error, and how many of them as not found?",
                    where=say.ERROR, by=(Top(say.PATH, "Path", 100),), measures=(say.REQUESTS, say.NOT_FOUND),
                ),
            ),
            (32, 16),
        ),
        Row(
            9,
            (
                Breakdown(
                    id="tags", title="What its requests look like", measure=say.REQUESTS, by=Top("tags", "Tag", 12),
                    answers="Probes, payloads, logins, tools, static files?",
                ),
                Breakdown(
                    id="methods", title="Methods", answers="Reading or sending?", measure=say.REQUESTS,
                    by=Top("http.request.method", "Method", 10),
                ),
                Breakdown(
                    id="sizes", title="Sizes of answers", measure=say.REQUESTS, shape="columns",
                    answers="Small refusals, pages, or downloads?",
                    by=Ranges(say.BYTES, "Bytes", (0, KILO, 10 * KILO, 100 * KILO, KILO**2, 10 * KILO**2, None)),
                ),
            ),
        ),
        Row(
            9,
            (
                Table(
                    id="agents", title="User agents", answers="Under which names?",
                    by=(Top("user_agent.original", "User agent", 50),),
                    measures=(say.REQUESTS, say.FIRST_SEEN, say.LAST_SEEN),
                ),
                Table(
                    id="referrers", title="Referrers", answers="Where does it say it comes from?",
                    by=(Top("http.request.referrer", "Referrer", 50),), measures=(say.REQUESTS,),
                ),
                Table(
                    id="servers", title="Servers", answers="Which servers did it touch?",
                    by=(Top("host.name", "Server", 20), Top("event.dataset", "Dataset", 5)), measures=(say.REQUESTS,),
                ),
            ),
        ),
        Row(
            14,
            (
                Documents(
                    id="events", title="Its requests", answers="Line by line, newest first.",
                    columns=(
                        "http.request.method", "url.original", "http.response.status_code", "http.response.body.bytes",
                        "http.request.referrer", "user_agent.original", "tags",
                    ),
                ),
            ),
        ),
    ),
)  # fmt: skip

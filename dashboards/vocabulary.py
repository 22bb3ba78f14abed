"""Groups and figures that mean the same, and look the same, on every page."""

from dashboards.filters import All, Between, Exists, Is, Not
from dashboards.panels import Group, Groups, Measure

STATUS = "http.response.status_code"
PATH = "url.path"
ADDRESS = "source.ip"
BYTES = "http.response.body.bytes"
DURATION = "event.duration"
SEVERITY = "event.severity"
SCORE = "wwwatch.score"
CLASS = "wwwatch.class"

GREEN, BLUE, AMBER, RED, GREY = "#54b399", "#6092c0", "#d6bf57", "#e7664c", "#98a2b3"
VIOLET, ROSE, BROWN = "#9170b8", "#d36086", "#aa6556"

OK = Between(STATUS, 200, 300)
REDIRECTED = Between(STATUS, 300, 400)
CLIENT_ERROR = Between(STATUS, 400, 500)
SERVER_ERROR = Between(STATUS, 500, 600)
ERROR = Between(STATUS, 400)
MISSING = Is(STATUS, 404)

STATUS_CLASSES = Groups(
    "Status",
    (
        Group("2xx", OK, GREEN),
        Group("3xx", REDIRECTED, BLUE),
        Group("4xx", CLIENT_ERROR, AMBER),
        Group("5xx", SERVER_ERROR, RED),
        Group("other", Not(Between(STATUS, 200, 600)), GREY),
    ),
)
# What detection writes into event.severity; see wwwatch/questions.py.
LEVELS = {"low": 21, "medium": 47, "high": 73, "critical": 99}
SEVERITIES = Groups(
    "Severity",
    (
        Group("critical", Between(SEVERITY, LEVELS["critical"]), RED),
        Group("high", Between(SEVERITY, LEVELS["high"], LEVELS["critical"]), AMBER),
        Group("medium", Between(SEVERITY, LEVELS["medium"], LEVELS["high"]), BLUE),
        Group("low", Between(SEVERITY, high=LEVELS["medium"]), GREY),
    ),
)
BOTS = Groups(
    "Who",
    (
        Group("tools and scanners", Is("tags", "tool-agent"), RED),
        Group("bots", All(Is("tags", "bot"), Not(Is("tags", "tool-agent"))), AMBER),
        Group("no user agent", All(Is("tags", "empty-agent"), Not(Is("tags", "bot", "tool-agent"))), GREY),
        Group("browsers and others", Not(Is("tags", "tool-agent", "bot", "empty-agent")), GREEN),
    ),
)
CLASSES = Groups(
    "Class",
    (
        Group("dos", Is(CLASS, "dos"), RED),
        Group("brute_force", Is(CLASS, "brute_force"), AMBER),
        Group("credential_stuffing", Is(CLASS, "credential_stuffing"), ROSE),
        Group("scan", Is(CLASS, "scan"), BLUE),
        Group("injection", Is(CLASS, "injection"), VIOLET),
        Group("scraping", Is(CLASS, "scraping"), BROWN),
        Group("unusual", Is(CLASS, "unusual"), GREY),
    ),
)
STANDINGS = Groups(
    "Status",
    (
        Group("open", Is("wwwatch.status", "open"), RED),
        Group("allowed", Is("wwwatch.status", "allowed"), GREEN),
        Group("silenced", Is("wwwatch.status", "silenced"), BLUE),
        Group("dismissed", Is("wwwatch.status", "dismissed"), AMBER),
        Group("withdrawn", Is("wwwatch.status", "withdrawn"), GREY),
    ),
)
HOSTILE = Is("tags", "probe", "sqli", "xss", "traversal", "rce", "tool-agent")

# Anomalies and incidents that stand. A withdrawn one was judged again and not found again.
STANDING = Not(Is("wwwatch.status", "withdrawn"))
RAISED = Is("wwwatch.status", "open", "escalated", "closed")
NOT_CLOSED = Is("wwwatch.status", "open", "escalated")
SHIPPING = Is("wwwatch.component", "ship")
DETECTING = Is("wwwatch.component", "detector")
CUT_OFF = Exists("_ignored")

REQUESTS = Measure("Requests")
CLIENTS = Measure("Clients", "unique", ADDRESS)
BYTES_OUT = Measure("Bytes out", "sum", BYTES)
NOT_FOUND = Measure("404", where=MISSING)
CLIENT_ERRORS = Measure("4xx", where=CLIENT_ERROR)
SERVER_ERRORS = Measure("5xx", where=SERVER_ERROR)
URLS = Measure("URLs", "unique", PATH)
FIRST_SEEN = Measure("First seen", "min", "@timestamp")
LAST_SEEN = Measure("Last seen", "max", "@timestamp")

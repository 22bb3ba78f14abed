"""Example facts of an alert: one client that got in, a group, and one whose every text is hostile."""

from datetime import UTC, datetime, timedelta

from alerts.alert_facts import plotted
from alerts.alert_figures import AlertFacts, Client, Page
from alerts.figures import Feature, Incident, Point, Span, Timeline
from alerts.notices import OPENED
from alerts.rendering import Site
from wwwatch.remedies import remedies

START = datetime(2026, 11, 22, 10, 2, 11, tzinfo=UTC)
AT = START + timedelta(minutes=51)
ADDRESS = "203.0.113.7"
BERLIN = Site("shop", "Europe/Berlin")
ID = "0123456789abcdef0123456789abcdef"


def incident(**changed: object) -> Incident:
    """A client that guessed passwords for 50 minutes and found one."""
    line = f'{ADDRESS} - - [22/Nov/2026:10:0{{}}:11 +0000] "POST /wp-login.php HTTP/1.1" {{}} 3120 "-" "curl/8.5.0"'
    values: dict[str, object] = {
        "attack_class": "brute_force",
        "title": "Brute force",
        "entity_type": "ip",
        "entity_id": ADDRESS,
        "severity": "critical",
        "status": "open",
        "start": START,
        "end": START + timedelta(minutes=50),
        "reason": "412 failed logins and 1 successful login in an hour on /wp-login.php; "
        "a client of this site has at most 3 failed logins",
        "requests": 431,
        "members": 1,
        "technique": "T1110 Brute Force",
        "features": (
            Feature("login_failures", 412.0, 3.0, 0.83),
            Feature("requests", 431.0, 88.5, 0.11),
            Feature("active_seconds", 380.0, 61.0, 0.04),
        ),
        "samples": tuple(line.format(minute, 302 if minute == 6 else 200) for minute in range(2, 7)),
    }
    return Incident(**(values | changed))  # type: ignore[arg-type]


def timeline(span: Span, heights: tuple[int, int], shown: Span) -> Timeline:
    """A minute a step: heights[0] outside of `shown` and heights[1] in it, with some waves."""
    step = timedelta(minutes=1)
    first = span.since.replace(second=0, microsecond=0)
    starts = [first + number * step for number in range(int((span.until - first) / step) + 1)]
    inside = [shown.since <= start < shown.until for start in starts]
    return Timeline(
        60,
        tuple(
            Point(start, {"2xx": heights[within] + number % 5} if heights[within] else {})
            for number, (start, within) in enumerate(zip(starts, inside, strict=True))
        ),
    )


def facts(told: Incident | None = None, **changed: object) -> AlertFacts:
    """An alert on that client."""
    told = told or incident()
    span = plotted(told)
    during = Span(told.start, told.end)
    values: dict[str, object] = {
        "namespace": "shop",
        "event": OPENED,
        "at": AT,
        "incident": told,
        "incident_id": ID,
        "withdrawn": False,
        "others": (),
        "count": 1,
        "client": Client(
            networks={"203.0.113.0/24": 431},
            countries={"NL": 431},
            systems={"Example Hosting B.V.": 431},
            agents={"curl/8.5.0": 420, "Mozilla/5.0 (compatible; Googlebot/2.1)": 11},
            crawlers={"googlebot": "fake"},
        ),
        "pages": (Page("/wp-login.php", 420, 412), Page("/wp-admin/", 11, 9)),
        "by_status": {"2xx": 421, "3xx": 1, "4xx": 9},
        "theirs": timeline(span, (0, 8), during),
        "all": timeline(span, (21, 29), during),
        "span": span,
        "remedies": {
            name: tuple(lines)
            for name, lines in remedies({"wwwatch": {"entity": {"type": "ip", "id": ADDRESS}}}).items()
        },
        "link": "https://kibana.example.org/app/dashboards#/view/wwwatch-client?_g=(time:(from:now-24h,to:now))",
        "last": "",
        "is_self": False,
    }
    return AlertFacts(**(values | changed))  # type: ignore[arg-type]


def hostile(text: str) -> AlertFacts:
    """Every text that comes from a log, or from what is made of one, is this."""
    told = incident(
        entity_id=text, reason=f"412 failed logins {text}", title=text, status="open", technique=text,
        attack_class=text, samples=(text,) * 3, features=(Feature(text, 1.0, 0.0, 1.0),),
    )  # fmt: skip
    return facts(
        told,
        others=(told, incident(entity_type="agent", entity_id=text, reason=text)),
        count=10_000,
        incident_id=text,
        client=Client({text: 1}, {text: 1, "NL": 1}, {text: 1}, {text: 1}, {text: text}),
        pages=(Page(text, 5, 5),),
        all=Timeline(60, ()),  # without a plot, which holds no text of a log and takes its time
        theirs=Timeline(60, ()),
    )

"""Example facts of a digest: an ordinary day with an attack, a quiet day, and the worst day of all."""

from datetime import UTC, datetime, timedelta

from alerts.figures import (
    Background,
    Change,
    Coverage,
    DigestFacts,
    Feature,
    Incident,
    Incidents,
    Lag,
    ModelState,
    Newcomer,
    Newcomers,
    Point,
    SilentHost,
    Span,
    Timeline,
    Traffic,
    VirtualHost,
)

UNTIL = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
DAY = Span(UNTIL - timedelta(days=1), UNTIL)
CLASSES = ("brute_force", "scan", "dos", "injection", "scraping", "credential_stuffing", "unusual")
# Text that a log may hold and that must do nothing anywhere.
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=http://evil.example/x.png onerror=alert(1)>",
    '"><a href="https://evil.example/">click</a>',
    "{{ 7 * 7 }}{% raw %}",
    "x\r\nBcc: victim@evil.example\r\n\r\nbody",
    "\x1b[2J\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\u202egnp.exe\u202c \u200b\ufeff\u2028new line",
    "$(reboot); `reboot` && wwwatch",
    "javascript:alert(document.cookie) data:text/html,x mailto:a@evil.example",
    "www.evil.example evil.com http://192.0.2.1/ ftp://evil.example",
    "a" * 1_000_000,
    "\ud800 lone surrogate $\\frac{1}{2}$",
)


def incident(
    number: int = 0, severity: str = "critical", attack_class: str = "brute_force", **changed: object
) -> Incident:
    """An incident that lasted an hour and is told with everything an incident may have."""
    start = DAY.since + timedelta(hours=2 + number % 20)
    values: dict[str, object] = {
        "attack_class": attack_class,
        "title": attack_class.replace("_", " ").capitalize(),
        "entity_type": "ip",
        "entity_id": f"203.0.113.{number % 250 + 1}",
        "severity": severity,
        "status": "open",
        "start": start,
        "end": start + timedelta(minutes=50),
        "reason": "412 failed logins in 10 min on /wp-login.php; a client of this site has at most 3 failed logins",
        "requests": 4512,
        "members": 1,
        "technique": "T1110 Brute Force",
        "features": (Feature("login_failures", 412.0, 3.0, 0.83), Feature("requests", 431.0, 88.5, 0.11)),
        "id": f"{number:08x}cafe",
        "samples": (
            '203.0.113.1 - - [22/Nov/2026:10:02:11 +0000] "POST /wp-login.php HTTP/1.1" 200 3120 "-" "curl/8.5.0"',
        )
        * 3,
    }
    return Incident(**(values | changed))  # type: ignore[arg-type]


def trouble(**changed: object) -> Incident:
    """An incident of the watch itself."""
    values: dict[str, object] = {
        "severity": "medium", "attack_class": "rejects", "title": "Rejects rise", "entity_type": "site",
        "entity_id": "shop", "status": "closed", "reason": "3 % of the lines of the last hour fit no format", "id": "",
    }  # fmt: skip
    return incident(**(values | changed))  # type: ignore[arg-type]


def timeline(span: Span = DAY) -> Timeline:
    """Ten-minute steps of a day with a calm night and a burst of failures."""
    step = timedelta(minutes=10)
    count = int(span.length / step)
    busy = [30 + 50 * (1 if 36 < number < 120 else 0) + number % 7 for number in range(count)]
    points = (
        Point(
            span.since + number * step,
            {"2xx": busy[number], "3xx": busy[number] // 8, "4xx": 5 + 90 * (60 < number < 66), "5xx": number % 3},
        )
        for number in range(count)
    )
    return Timeline(600, tuple(points))


def facts(incidents: Incidents | None = None, **changed: object) -> DigestFacts:
    """An ordinary day: two incidents, some background, a silent host, a few rejected lines."""
    detailed = (incident(0), incident(1, "high", "scan", status="closed"))
    values: dict[str, object] = {
        "namespace": "shop",
        "span": DAY,
        "incidents": incidents
        or Incidents(
            detailed=detailed,
            counts={"brute_force": {"critical": 1}, "scan": {"high": 1}},
            not_closed=1,
            background=(Background("scan", 112, 340), Background("injection", 3, 4)),
        ),
        "traffic": Traffic(12_345, 1_234, 1_234_567_890, {"2xx": 11_000, "3xx": 500, "4xx": 800, "5xx": 45}),
        "traffic_before": Traffic(12_000, 1_250, 1_200_000_000, {"2xx": 10_900, "3xx": 490, "4xx": 600, "5xx": 10}),
        "timeline": timeline(),
        "changes": (Change("URL", "/wp-login.php", 4512, 31), Change("client", "203.0.113.1", 4512, 0)),
        "rejects": {"no_format": 10, "too_long": 2},
        "coverage": Coverage(1_440, 1_440, ("base-2026.11",)),
        "silent_hosts": (SilentHost("web2", DAY.since - timedelta(hours=3), 4_100),),
        "compared": DAY.week_before,
        "newcomers": Newcomers((Newcomer("203.0.113.99", "scan", 310), Newcomer("2001:db8::9", "injection", 12)), 17),
        "lag": Lag(3, 40.0, "web1"),
        "model": ModelState("shop-12", DAY.until - timedelta(days=3), False, 0.08, "requests"),
        "own": (trouble(),),
        "withheld": {"hour": 3},
    }
    return DigestFacts(**(values | changed))  # type: ignore[arg-type]


def quiet(**changed: object) -> DigestFacts:
    """A day on which nothing happened and everything was judged."""
    nothing = Incidents(detailed=(), counts={}, not_closed=0, background=())
    calm = {"rejects": {}, "silent_hosts": (), "changes": (), "own": (), "withheld": {}, "newcomers": Newcomers((), 0)}
    return facts(nothing, **calm | changed)


def worst() -> DigestFacts:
    """Everything that can be long is."""
    long = "x/" * 300
    detailed = tuple(incident(number, attack_class=CLASSES[number % 7], reason=long) for number in range(50))
    return facts(
        Incidents(
            detailed=detailed,
            counts={name: {"critical": 3000, "high": 4000, "medium": 5000} for name in CLASSES},
            not_closed=11_000,
            background=tuple(Background(f"class_{number}", 10_000, 50_000) for number in range(20)),
        ),
        changes=tuple(Change("URL", f"/{long}{number}", 100_000, 0) for number in range(5)),
        rejects={f"reason_{number}_{long}": 1_000_000 for number in range(20)},
        coverage=Coverage(1_440, 3, tuple(f"model-{number}" for number in range(10))),
        silent_hosts=tuple(SilentHost(f"web{number}-{long}", DAY.since, 1) for number in range(1000)),
        newcomers=Newcomers(tuple(Newcomer(f"2001:db8::{n}", "scan", 10**9) for n in range(5)), 10_000, True),
        lag=Lag(1000, 1e9, long),
        model=ModelState(long, DAY.since, False, 9.9, long),
        own=tuple(trouble(title=long, reason=long, status="open") for _ in range(50)),
        withheld={f"why_{number}": 10**6 for number in range(50)},
        virtual_hosts=tuple(VirtualHost(long, 10**9, 10**9, {"4xx": 1}) for _ in range(100)),
        unknown={f"part_{number}": long for number in range(20)},
    )

"""A week of a site with attacks, in minutes: the service's jobs under a driven clock, a real store and mail server."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from detector.attack_rows import bulk_bodies
from ingest.usage import resident_bytes
from simulator.request import Request
from simulator.site import Site
from simulator.traffic import Planned, generate
from tests.integration.mailbox import Mailbox
from tests.service.post import is_digest, mails
from wwwatch.questions.minutes import by_minute
from wwwatch.service.service import Service
from wwwatch.settings import Settings
from wwwatch.store import Store, names

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ATTACKS = (("scan_dictionary", 29), ("brute_force_fast", 55), ("dos_single_source", 102))  # style, hour of the week


@dataclass
class Week:
    """What came of it. minutes: with events; judged: of these. memory_bytes: at the end of each day."""

    events: int
    minutes: int = 0
    judged: int = 0
    daily: int = 0
    weekly: int = 0
    alerts: list[str] = field(default_factory=list)
    most_an_hour: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    ran: Counter[str] = field(default_factory=Counter)
    memory_bytes: list[int] = field(default_factory=list)


def traffic(visitors_per_day: float) -> list[Request]:
    """A week of a small shop, with three attacks."""
    start = MONDAY.timestamp()
    planned = [Planned(style, start + hour * 3600, 0.3) for style, hour in ATTACKS]
    return generate(Site.shop(3), start, start + 7 * 86_400, 11, visitors_per_day, planned)


def live(
    store: Store, settings: Settings, namespace: str, mailbox: Mailbox, requests: Sequence[Request], step: timedelta
) -> Week:
    """Live through the week: at each step the lines of the step before are in the store, and the service ticks."""
    clock = [MONDAY]
    stream = names.access_stream("nginx.access", namespace)
    service = Service(
        store, settings, "instance", lambda _: None, [namespace], lambda: clock[0],
        lambda: clock[0].timestamp(),  # noqa: PLW0108 - the clock goes on
        submit=lambda _, task: task(),
    )  # fmt: skip
    week, sent = Week(len(requests)), 0
    while clock[0] <= MONDAY + 7 * DAY:
        until = sent
        while until < len(requests) and requests[until].time < clock[0].timestamp():
            until += 1
        for body in bulk_bodies(requests[sent:until], stream):
            assert set(store.bulk(stream, body).statuses) <= {201, 409}
        if until > sent:
            store.refresh(stream)
        sent = until
        service.renew()
        service.tick()
        if clock[0] > MONDAY and (clock[0] - MONDAY) % DAY == timedelta(0):
            week.memory_bytes.append(resident_bytes())
        clock[0] += step
    return _seen(store, namespace, service, mailbox, week)


def _seen(store: Store, namespace: str, service: Service, mailbox: Mailbox, week: Week) -> Week:
    store.refresh(names.windows(namespace))
    for number in range(1, 8):
        start, end = MONDAY + (number - 1) * DAY, MONDAY + number * DAY
        held = by_minute(store, store.access_index(namespace), start, end)
        judged = by_minute(store, names.windows(namespace), start, end, "wwwatch.documents")
        week.minutes += len(held)
        week.judged += sum(judged.get(minute, 0) >= count for minute, count in held.items())
    site = service.sites[0]
    week.failures = {name: state.reason for name, state in site.states().items() if state.failures or state.reason}
    week.ran = Counter({job: count for (job, result), count in site.runs.items() if result == "ok"})
    found = mails(mailbox)
    digests = [mail for mail in found if is_digest(mail)]
    week.weekly = site.runs["weekly_digest", "ok"]
    week.daily = len(digests) - week.weekly
    # The disk of the machine that runs the tests may be full: that is another matter.
    alerts = [mail for mail in found if not is_digest(mail) and "disk" not in str(mail["Subject"])]
    week.alerts = [str(mail["Subject"]) for mail in alerts]
    hours = Counter(str(mail["Date"])[:20] for mail in alerts)
    week.most_an_hour = max(hours.values(), default=0)
    return week

"""What is wrong with the watch: pure functions of facts and the time.

Each rule tells of everything it watches how it is, also that it is well: what is well for a while closes an incident.
What it could not look at it does not mention. Severities are those of incidents; what a person must see to is medium
at least, and so is mailed.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from wwwatch.questions import SEVERITIES
from wwwatch.selfwatch.facts import Disk, Facts, Host, Shipper
from wwwatch.selfwatch.rhythm import USUAL, longest_usual_silence
from wwwatch.selfwatch_settings import SelfwatchSettings

MEDIUM, HIGH, CRITICAL = (SEVERITIES[name] for name in ("medium", "high", "critical"))
LONGEST_BETWEEN_SHIPS = timedelta(hours=26)  # daily, and two hours late
ALWAYS_RUNS = timedelta(hours=1)  # a shipper whose pauses are shorter follows its logs
RISEN = 4  # times the usual share
LEAST_REJECTS = 100
DISK_EASED = 0.03  # below the limit by this much, a disk is well again
HISTORY_TO_LEARN_FROM = timedelta(days=14)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

TITLES = {
    "host_silent": "No logs from a host",
    "shipper_silent": "A shipper gives no sign of life",
    "shipping_lag": "A shipper is behind",
    "rejects_rising": "More lines than usual are of no known format",
    "windows_behind": "Events wait to be judged",
    "model_old": "The model is old",
    "disk_full": "A disk of the store is filling up",
    "mail_failing": "Mails do not leave",
    "job_failing": "A job of the service fails",
}


@dataclass(frozen=True)
class Reading:
    """How one thing is. severity: 0 if it is well. since: when the trouble began, as far as is known.

    observed, expected: the figure that decided it, in the unit of its name (`figure`).
    """

    kind: str
    entity_type: str
    entity_id: str
    severity: int = 0
    since: datetime | None = None
    reason: str = ""
    figure: str = ""
    observed: float = 0.0
    expected: float = 0.0

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is of."""
        return self.kind, self.entity_type, self.entity_id


Key = tuple[str, str, str]
Rule = Callable[[Facts, datetime, SelfwatchSettings, ZoneInfo, Collection[Key]], Iterator[Reading]]


def readings(
    facts: Facts, now: datetime, settings: SelfwatchSettings, zone: ZoneInfo, standing: Collection[Key] = ()
) -> tuple[list[Reading], set[str]]:
    """How everything is, and the kinds that could be looked at. standing: incidents that are open; what has one must
    be better than what has none to be well.
    """
    found = [reading for rule in RULES for reading in rule(facts, now, settings, zone, standing)]
    looked_at = {kind for kind, parts in NEEDS.items() if all(getattr(facts, part) is not None for part in parts)}
    return [reading for reading in found if reading.kind in looked_at], looked_at


def _ignored(host: str, settings: SelfwatchSettings) -> bool:
    return any(fnmatchcase(host, pattern) for pattern in settings.ignored_hosts)


def _silent(facts: Facts, now: datetime, settings: SelfwatchSettings, zone: ZoneInfo, _: object) -> Iterator[Reading]:
    shippers = {shipper.host: shipper for shipper in facts.shippers or ()}
    for host in facts.hosts or ():
        if _ignored(host.name, settings):
            continue
        allowed = _allowed_silence(host, shippers.get(host.name), now, settings, zone)
        silent = now - host.newest_event
        if allowed is None or silent <= allowed:
            yield Reading("host_silent", "host", host.name)
            continue
        yield Reading(
            "host_silent", "host", host.name, HIGH, host.newest_event,
            f"no logs from {host.name} for {_length(silent)}; usual there at this hour are {_length(allowed)} at most",
            "silent_seconds", silent.total_seconds(), allowed.total_seconds(),
        )  # fmt: skip


def _allowed_silence(
    host: Host, shipper: Shipper | None, now: datetime, settings: SelfwatchSettings, zone: ZoneInfo
) -> timedelta | None:
    """How long this host may be silent; None where it cannot be told.

    One whose logs are shipped now and then, by cron, is silent in between, whatever its events tell.
    """
    if shipper and shipper.ended and timedelta(seconds=shipper.longest_pause_seconds) >= ALWAYS_RUNS:
        return max(LONGEST_BETWEEN_SHIPS, 2 * timedelta(seconds=shipper.longest_pause_seconds))
    if shipper and shipper.ended and not shipper.runs:
        return None  # shipped once: an old log, or a first try
    usual = longest_usual_silence(host.active, now, zone)
    return None if usual is None else timedelta(minutes=settings.silent_minutes) + USUAL * usual


def _heartbeat(facts: Facts, now: datetime, settings: SelfwatchSettings, _: ZoneInfo, __: object) -> Iterator[Reading]:
    allowed = timedelta(minutes=settings.heartbeat_minutes)
    for shipper in facts.shippers or ():
        if _ignored(shipper.host, settings):
            continue
        silent = now - shipper.seen_at
        if shipper.ended or silent <= allowed:
            yield Reading("shipper_silent", "host", shipper.host)
            continue
        yield Reading(
            "shipper_silent", "host", shipper.host, HIGH, shipper.seen_at,
            f"the shipper of {shipper.host} gave no sign of life for {_length(silent)}, and did not say that it ended",
            "silent_seconds", silent.total_seconds(), allowed.total_seconds(),
        )  # fmt: skip


def _lag(
    facts: Facts, now: datetime, settings: SelfwatchSettings, _: ZoneInfo, standing: Collection[Key]
) -> Iterator[Reading]:
    for shipper in facts.shippers or ():
        if shipper.behind_bytes is None or _ignored(shipper.host, settings):
            continue
        key = ("shipping_lag", "host", shipper.host)
        allowed = settings.lag_minutes * 60 * (0.5 if key in standing else 1)
        lag = shipper.lag_seconds or 0.0
        if shipper.behind_bytes == 0 or lag <= allowed:
            yield Reading(*key)
            continue
        yield Reading(
            *key, HIGH if lag > 6 * 3600 else MEDIUM, now - timedelta(seconds=lag),
            f"the shipper of {shipper.host} is {_length(timedelta(seconds=lag))} and "
            f"{shipper.behind_bytes / 1e6:,.1f} MB behind its logs",
            "lag_seconds", lag, allowed,
        )  # fmt: skip


def _rejects(
    facts: Facts, now: datetime, settings: SelfwatchSettings, _: ZoneInfo, standing: Collection[Key]
) -> Iterator[Reading]:
    for shipper in facts.shippers or ():
        key = ("rejects_rising", "host", shipper.host)
        eased = 0.5 if key in standing else 1.0
        share, usual = _share(*shipper.hour), _share(*shipper.week)
        allowed = eased * max(settings.rejects_percent / 100, RISEN * usual)
        if shipper.hour[1] < eased * LEAST_REJECTS or share <= allowed:
            yield Reading(*key)
            continue
        yield Reading(
            *key, HIGH if share > 0.5 else MEDIUM, now - HOUR,
            f"{shipper.hour[1]:,} of {shipper.hour[0]:,} lines of {shipper.host} in the last hour were of no known "
            f"format ({share:.1%}, usually {usual:.1%})",
            "rejected_share", round(share, 4), round(allowed, 4),
        )  # fmt: skip


def _share(read: int, rejected: int) -> float:
    return rejected / read if read else 0.0


def _behind(facts: Facts, now: datetime, settings: SelfwatchSettings, _: ZoneInfo, __: object) -> Iterator[Reading]:
    waiting = facts.unjudged.since if facts.unjudged else {}
    allowed = timedelta(minutes=settings.behind_minutes)
    late = {minute: seen for minute, seen in waiting.items() if now - seen > allowed}
    if not late:
        yield Reading("windows_behind", "site", "detector")
        return
    since = min(late.values())
    yield Reading(
        "windows_behind", "site", "detector", HIGH if now - since > HOUR else MEDIUM, since,
        f"events of {len(late):,} minutes have waited for {_length(now - since)} to be judged",
        "waiting_seconds", (now - since).total_seconds(), allowed.total_seconds(),
    )  # fmt: skip


def _model(facts: Facts, now: datetime, settings: SelfwatchSettings, _: ZoneInfo, __: object) -> Iterator[Reading]:
    model = facts.model
    if model is None:
        return
    if model.base:
        # The base model does not grow old, but it does not know the site either.
        learnable = model.history_since
        age, allowed = now - learnable if learnable else timedelta(0), HISTORY_TO_LEARN_FROM + 7 * DAY
        said = f"the site has {age.days} days of history, and is still judged by the base model"
        since = learnable + HISTORY_TO_LEARN_FROM if learnable else now
    else:
        age, allowed, since = now - model.trained_at, timedelta(days=settings.model_days), model.trained_at
        said = f"model {model.version} was trained {age.days} days ago"
    if age <= allowed:
        yield Reading("model_old", "site", "model")
        return
    yield Reading(
        "model_old", "site", "model", MEDIUM, since, said, "age_seconds", age.total_seconds(), allowed.total_seconds()
    )


def _disk(
    facts: Facts, now: datetime, _: SelfwatchSettings, __: ZoneInfo, standing: Collection[Key]
) -> Iterator[Reading]:
    for disk in facts.disks or ():
        key = ("disk_full", "node", disk.node)
        severity = _disk_severity(disk, DISK_EASED if key in standing else 0.0)
        if not severity:
            yield Reading(*key)
            continue
        what = {MEDIUM: "gets no new shards", HIGH: "is being emptied", CRITICAL: "takes no more writes"}[severity]
        yield Reading(
            *key, severity, now,
            f"the disk of the store's node {disk.node} is {disk.used_share:.0%} full: it {what}",
            "used_share", round(disk.used_share, 4), disk.limits[0],
        )  # fmt: skip


def _disk_severity(disk: Disk, eased: float) -> int:
    passed = [disk.used_share >= limit - eased for limit in disk.limits]
    return (0, MEDIUM, HIGH, CRITICAL)[sum(passed)]


def _mail(facts: Facts, now: datetime, settings: SelfwatchSettings, _: ZoneInfo, __: object) -> Iterator[Reading]:
    outbox = facts.outbox
    allowed = timedelta(minutes=settings.mail_minutes)
    if outbox is None or outbox.oldest_at is None or now - outbox.oldest_at <= allowed:
        yield Reading("mail_failing", "site", "mail")
        return
    waits = now - outbox.oldest_at
    yield Reading(
        "mail_failing", "site", "mail", HIGH, outbox.oldest_at,
        f"{outbox.waiting:,} mails cannot leave, the first for {_length(waits)}: {outbox.error or 'no reason given'}",
        "waiting_seconds", waits.total_seconds(), allowed.total_seconds(),
    )  # fmt: skip


def _jobs(facts: Facts, now: datetime, settings: SelfwatchSettings, _: ZoneInfo, __: object) -> Iterator[Reading]:
    for name, state in (facts.jobs or {}).items():
        if state.failures < settings.job_failures:
            yield Reading("job_failing", "job", name)
            continue
        yield Reading(
            "job_failing", "job", name, HIGH if name == "detect" else MEDIUM, state.failing_since or now,
            f"the job {name} failed {state.failures} times in a row: {state.reason}",
            "failures", float(state.failures), float(settings.job_failures),
        )  # fmt: skip


def _length(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


# Of each kind, the facts it needs.
NEEDS = {
    "host_silent": ("hosts", "shippers"),
    "shipper_silent": ("shippers",),
    "shipping_lag": ("shippers",),
    "rejects_rising": ("shippers",),
    "windows_behind": ("unjudged",),
    "model_old": ("model",),
    "disk_full": ("disks",),
    "mail_failing": ("outbox",),
    "job_failing": ("jobs",),
}
RULES: tuple[Rule, ...] = (_silent, _heartbeat, _lag, _rejects, _behind, _model, _disk, _mail, _jobs)

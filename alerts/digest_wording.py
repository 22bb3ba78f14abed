"""What a digest says, in words: the answer, the subject, and the lines of the watch itself. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.figures import DigestFacts, Incident, Lag, ModelState, Newcomers, Span
from alerts.safe import namespace_part, told
from alerts.wording import change, detect_command, length_words, listed, plural, share

RESOLUTION = timedelta(milliseconds=1)
# A population stability index above this is usually called a significant shift (Siddiqi, 2006).
DRIFT_ALARM = 0.25
SEVERITIES = ("critical", "high", "medium")
# Where one of these is unknown, nothing is said to be quiet.
NEEDED = frozenset({"everything", "incidents", "traffic", "coverage"})
SHOWN_OF_AN_ID = 8
WITHHELD_WORDS = {"hour": "the hour's budget", "attack": "the attack's budget"}


def digest_date(span: Span, zone: ZoneInfo) -> str:
    """The day a digest is of: the day its span ends on."""
    return f"{(span.until - RESOLUTION).astimezone(zone):%Y-%m-%d}"


def subject(sites: Sequence[DigestFacts], name: str, zone: ZoneInfo) -> str:
    """`[wwwatch] digest shop 2026-11-22: 1 critical, 2 high`. Nothing of a log is in it."""
    span = sites[0].span
    weekly = "weekly " if span.length >= timedelta(days=6) else ""
    begin = f"[wwwatch] {weekly}digest {name} {digest_date(span, zone)}: "
    if len(sites) == 1:
        silent = len(sites[0].silent_hosts)
        return begin + verdict(sites[0]) + (f", {plural(silent, 'host')} silent" if silent else "")
    return begin + together(sites)


def together(sites: Sequence[DigestFacts]) -> str:
    """Of several sites: what was found in all, and which of them need a look."""
    found = {name: sum(facts.incidents.by_severity.get(name, 0) for facts in sites) for name in SEVERITIES}
    parts = [listed({name: count for name, count in found.items() if count})] if any(found.values()) else []
    unclear = sum(not facts.incidents.total and not is_quiet(facts) for facts in sites)
    quiet = sum(is_quiet(facts) for facts in sites)
    parts += [f"{plural(unclear, 'site')} not clear"] if unclear else []
    parts += [f"{plural(quiet, 'site')} quiet"] if quiet else []
    return ", ".join(parts)


def headline(sites: Sequence[DigestFacts]) -> str:
    """The first line: the answer."""
    return answer(sites[0]) if len(sites) == 1 else f"{plural(len(sites), 'site')}: {together(sites)}."


def gravest(sites: Sequence[DigestFacts]) -> str:
    """The colour of the answer: a severity, `none` where all is quiet, `unknown` else."""
    found = {name for facts in sites for name in facts.incidents.by_severity}
    quiet = "none" if all(map(is_quiet, sites)) else "unknown"
    return next((name for name in SEVERITIES if name in found), quiet)


def rank(facts: DigestFacts) -> tuple[object, ...]:
    """A sort key: what is gravest first, then what is not clear, then by name."""
    found = facts.incidents.by_severity
    return (*(-found.get(name, 0) for name in SEVERITIES), is_quiet(facts), facts.namespace)


def verdict(facts: DigestFacts) -> str:
    """The answer, in a few words; also the end of the subject. Quiet is said only where everything was judged."""
    found = listed(facts.incidents.by_severity)
    if NEEDED & set(facts.unknown):
        return f"{found}, the store answered in part" if found else "the store did not answer"
    if not facts.traffic.requests:
        return found or "no events arrived"
    if facts.coverage.complete:
        return found or ("quiet" if is_quiet(facts) else "no incidents")
    if not facts.coverage.minutes_judged:
        return found or "nothing judged yet"
    return f"{found or 'nothing found so far'}, {_unjudged(facts)} not judged"


def is_quiet(facts: DigestFacts) -> bool:
    """Whether there is nothing to act on: something arrived from everyone, all was judged, nothing was found."""
    found = facts.incidents.total or facts.silent_hosts or own_open(facts) or NEEDED & set(facts.unknown)
    return bool(facts.traffic.requests) and facts.coverage.complete and not found


def own_open(facts: DigestFacts) -> int:
    """How many incidents of the watch itself are not over."""
    return sum(incident.status != "closed" for incident in facts.own)


def answer(facts: DigestFacts) -> str:
    """The answer of a site, in a sentence."""
    if "everything" in facts.unknown:
        return f"The store did not answer, so nothing is known of this span: {facts.unknown['everything']}"
    unknown = NEEDED & set(facts.unknown)
    if unknown:
        return f"{_found(facts)} The store answered in part: unknown are {', '.join(sorted(unknown))}.".lstrip()
    return _found(facts) or _nothing_found(facts)


def _found(facts: DigestFacts) -> str:
    total = facts.incidents.total
    if not total:
        return ""
    alive = facts.incidents.not_closed
    still = f" {alive:,} not closed." if alive else " All closed."
    return f"{plural(total, 'incident')}: {listed(facts.incidents.by_severity)}.{still}{_gap(facts)}"


def _nothing_found(facts: DigestFacts) -> str:
    requests = plural(facts.traffic.requests, "request")
    if not facts.traffic.requests:
        return "No events arrived in this span: nothing can be said of the site."
    if is_quiet(facts):
        return f"Quiet: {requests}, nothing to act on."
    if facts.coverage.complete:
        silent, own = len(facts.silent_hosts), own_open(facts)
        troubles = [f"{plural(silent, 'host')} fell silent"] if silent else []
        troubles += [f"the watch itself has {plural(own, 'trouble')}"] if own else []
        return f"No incidents in {requests}, but {' and '.join(troubles)}."
    if not facts.coverage.minutes_judged:
        return f"Not judged: {requests} arrived and none was looked at. Next: {detect_command(facts.namespace)}"
    return f"Nothing found so far in {requests}.{_gap(facts)}"


def _gap(facts: DigestFacts) -> str:
    if facts.coverage.complete:
        return ""
    return f" Not judged yet: {_unjudged(facts)} of the minutes with events."


def _unjudged(facts: DigestFacts) -> str:
    missing = facts.coverage.minutes_with_events - facts.coverage.minutes_judged
    return share(missing, facts.coverage.minutes_with_events)


def rest_by_class(facts: DigestFacts, shown: int) -> str:
    """The incidents after the first `shown`, counted by class: `4: scan 3, dos 1`; empty if there are none."""
    rest = {name: sum(counts.values()) for name, counts in facts.incidents.counts.items()}
    for incident in facts.incidents.detailed[:shown]:
        rest[incident.attack_class] = rest.get(incident.attack_class, 0) - 1
    left = {told(name, 40): count for name, count in rest.items() if count > 0}
    if not left:
        return ""
    by_class = ", ".join(f"{name} {count:,}" for name, count in sorted(left.items(), key=lambda item: -item[1])[:10])
    return f"{sum(left.values()):,} {'more' if shown else 'incidents'}: {by_class}"


def compared_words(facts: DigestFacts) -> str:
    """What the changes are against: `the same 24 h a week before`, `the 7 days before`."""
    length = length_words(facts.span.length)
    return f"the {length} before" if facts.compared == facts.span.before else f"the same {length} a week before"


def change_of(facts: DigestFacts, status_class: str) -> str:
    """How the requests of a status class changed."""
    now, before = facts.traffic, facts.traffic_before
    if not before.requests:
        return "none before"
    return change(now.by_status.get(status_class, 0), before.by_status.get(status_class, 0))


def newcomers_words(found: Newcomers) -> str:
    """`12 scanners never seen before`."""
    return f"{'at least ' if found.at_least else ''}{plural(found.total, 'scanner')} never seen before"


def lag_words(found: Lag) -> str:
    """`at most 40 s behind, on web1; 3 shippers heard`."""
    if not found.hosts:
        return "unknown: no shipper wrote a heartbeat in this span"
    heard = f"{plural(found.hosts, 'shipper')} heard"
    if not found.seconds:
        return f"none, {heard}"
    return f"at most {seconds_words(found.seconds)} behind, on {told(found.host, 60)}; {heard}"


def seconds_words(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h`, `5 days`."""
    for size, unit in ((172_800, "days"), (7200, "h"), (120, "min")):
        if seconds >= size:
            return f"{seconds / {'days': 86_400, 'h': 3600, 'min': 60}[unit]:,.0f} {unit}"
    return f"{seconds:,.0f} s"


def model_words(model: ModelState | None, until: datetime) -> str:
    """`v12, trained 3 days before; drift 0.08, none to speak of`."""
    if model is None:
        return "none yet"
    name = told(model.version, 60)
    if model.base:
        trained = "the base model: it knows no history of this site; next: wwwatch train"
    else:
        age = until - model.trained_at
        trained = f"trained {length_words(age)} before" if age > timedelta(minutes=1) else "just trained"
    if model.drift is None:
        return f"{name}, {trained}"
    how = "traffic is unlike what it was trained on; next: wwwatch train" if model.drift > DRIFT_ALARM else "no shift"
    return f"{name}, {trained}; drift {model.drift:.2f} ({told(model.drift_feature, 40)}): {how}"


def withheld_words(counts: Mapping[str, int]) -> str:
    """`3 incidents not mailed: 3 by the hour's budget`."""
    by = ", ".join(f"{count:,} by {WITHHELD_WORDS.get(why, told(why, 40))}" for why, count in sorted(counts.items()))
    return f"{plural(sum(counts.values()), 'incident')} not mailed one by one: {by}"


def asked(facts: DigestFacts, limit: int) -> list[str]:
    """Verdicts worth asking for: of the gravest incidents nobody has judged, as commands."""
    unjudged = [one for one in facts.incidents.detailed if one.hostile is None and verdict_id(one)]
    part = namespace_part(facts.namespace)
    return [f"wwwatch verdict {verdict_id(one)} true|false{part}" for one in unjudged[:limit]]


def verdict_id(incident: Incident) -> str:
    """The beginning of an incident's id; empty for what is none, as it is to be typed."""
    short = incident.id[:SHOWN_OF_AN_ID]
    return short if short.isascii() and short.isalnum() else ""


def unknown_words(facts: DigestFacts) -> str:
    """What could not be read, and why."""
    why = next(iter(facts.unknown.values()), "")
    return f"{', '.join(sorted(facts.unknown))}: {told(why, 160)}"

"""An alert in words: subject, what happened, whether it succeeded, who it is. Pure."""

import re
import shlex
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from alerts.alert_figures import AlertFacts
from alerts.figures import Incident
from alerts.safe import namespace_part, told
from alerts.wording import length_words, plural, share, who

LONGEST_TOLD, LONGEST_NAME, LONGEST_LINE = 90, 80, 220
# Where what was done ends in a reason of the detector: the place, the pace, the window, what is usual.
END = re.compile(
    r" on /.*|,? about .*|,? in (?:a minute|10 min(?:utes)?|an hour|a day)\b.*|, such as .*|;.*", re.DOTALL
)
SUCCEEDED = re.compile(r"([\d,]+) successful logins?")
ALIKE = "answered alike"
GUESSING = frozenset({"brute_force", "credential_stuffing"})
PROBING = frozenset({"scan", "injection"})
STANDING = {
    "verified": "is one, by its address",
    "fake": "is none: its address is not one of theirs",
    "unknown": "could not be verified",
}
LAST = {
    "attack": "Further incidents of this attack are counted, and told in the digest.",
    "hour": "This hour's alerts are used up but for critical ones: the rest is counted, and told in the digest.",
}
# Text a shell takes as it is: an incident's id is ours, and yet only this is put into a command.
PLAIN_ID = re.compile(r"[0-9A-Za-z:._-]{1,128}")


def did(incident: Incident) -> str:
    """What was done, short: `412 failed logins and 1 successful login`."""
    return told(END.sub("", incident.reason), LONGEST_TOLD) or told(incident.title, LONGEST_TOLD)


def subject(facts: AlertFacts, site: str) -> str:
    """`[wwwatch] CRITICAL brute_force 203.0.113.7 on shop: 412 failed logins, 1 success`."""
    incident = facts.incident
    more = f" (and {facts.count - 1:,} more)" if facts.count > 1 else ""
    severity = told(incident.severity, 20).upper()
    what = "" if facts.is_self else f" {told(incident.attack_class, 40)} {who(incident)}"
    return f"[wwwatch] {severity}{what} on {site}: {_state(facts)}{more}"


def _state(facts: AlertFacts) -> str:
    incident = facts.incident
    if facts.event != "closed":
        return ("graver now: " if facts.event == "escalated" else "") + did(incident)
    if facts.withdrawn:
        return "taken back"
    return f"over after {lasted(incident)}, {plural(incident.requests, 'request')}"


def headline(facts: AlertFacts) -> str:
    """The first line: what it is and how it stands."""
    incident = facts.incident
    title = told(incident.title, 60)
    more = f", and {facts.count - 1:,} more" if facts.count > 1 else ""
    if facts.is_self:
        return f"{'Over: ' if facts.event == 'closed' else ''}{title}{more}"
    if facts.event == "closed":
        if facts.withdrawn:
            return f"Taken back: {title} by {who(incident)}{more}"
        return f"Over: {title} by {who(incident)}{more}"
    return f"{title} by {who(incident)}{more}"


def lasted(incident: Incident) -> str:
    """`50 min`, `under a minute`."""
    length = incident.end - incident.start
    return length_words(length) if length >= timedelta(minutes=1) else "under a minute"


def since(facts: AlertFacts, zone: ZoneInfo) -> str:
    """`2026-11-22 10:02:11 for 50 min, to 10:52:14 Europe/Berlin`."""
    start, end = facts.incident.start.astimezone(zone), facts.incident.end.astimezone(zone)
    until = f"{end:%H:%M:%S}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    return f"{start:%Y-%m-%d %H:%M:%S} to {until} {zone.key}, {lasted(facts.incident)}"


def standing(facts: AlertFacts) -> str:
    """Whether it goes on."""
    if facts.withdrawn:
        return "taken back: judged again, with all events, it is part of something else or nothing"
    if facts.event == "closed" or facts.incident.status == "closed":
        return "over"
    return "going on, as far as is known" if not facts.is_self else "not mended yet"


def success(facts: AlertFacts) -> tuple[bool, str]:
    """Whether it got what it came for, as far as a log can tell, and that in words."""
    incident = facts.incident
    if incident.attack_class in GUESSING:
        if match := SUCCEEDED.search(incident.reason):
            count = int(match[1].replace(",", ""))
            return True, f"Yes: {plural(count, 'login')} succeeded. Assume that an account is lost."
        if ALIKE in incident.reason:
            return False, "The log cannot tell: this login answers right and wrong alike. Look at the application."
        return False, "No successful login was seen."
    if incident.attack_class in PROBING:
        answered = sum(page.answered for page in facts.pages)
        if facts.by_status.get("2xx", 0):
            found = f"{plural(facts.by_status['2xx'], 'request')} of {facts.requests:,} got an answer (2xx)"
            return bool(answered), f"Look: {found}; see what was given at the URLs below."
        return False, "No: nothing it asked for was given (no 2xx)."
    errors = facts.by_status.get("5xx", 0)
    failing = facts.requests and errors >= 0.05 * facts.requests
    told_errors = f"{share(errors, facts.requests)} of its requests ended in a server error (5xx)"
    return bool(failing), f"{'Yes, the server suffers' if failing else 'The server keeps up'}: {told_errors}."


def rate(facts: AlertFacts) -> str:
    """Its pace at the fullest step of the plot, beside that of everybody else over the whole plot."""
    minutes = facts.theirs.step_seconds / 60
    own = [sum(point.by_status.values()) for point in facts.theirs.points]
    everybody = [sum(point.by_status.values()) for point in facts.all.points]
    if not any(own):
        return ""
    others = sorted(max(total - mine, 0) for total, mine in zip(everybody, own, strict=True))
    usual = others[len(others) // 2] / minutes
    return f"{max(own) / minutes:,.0f} requests a minute at most; all others together usually {usual:,.0f}"


def named(counts: Mapping[str, int], limit: int = LONGEST_NAME) -> str:
    """Names by requests: the name alone if there is one, else with counts."""
    if len(counts) == 1:
        return told(next(iter(counts)), limit)
    return ", ".join(f"{told(name, limit)} ({count:,})" for name, count in counts.items())


def samples(incident: Incident, limit: int) -> list[str]:
    """Lines of the log; the same line is told once, with how often."""
    lines = Counter(told(line, LONGEST_LINE) for line in incident.samples[:limit])
    return [f"{line}  ({count} times)" if count > 1 else line for line, count in lines.items()]


def by_name(counts: Mapping[str, int]) -> str:
    """`4xx 411, 2xx 1`."""
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def crawler(name: str, found: str) -> str:
    """`calls itself googlebot: is none: ...`."""
    return f"calls itself {told(name, 40)} and {STANDING.get(found, STANDING['unknown'])}"


def verdict_command(facts: AlertFacts, answer: str) -> str:
    """What to type to say what an incident was; empty where its id is not one of ours."""
    if PLAIN_ID.fullmatch(facts.incident_id) is None:
        return ""
    return f"wwwatch verdict {shlex.quote(facts.incident_id)} {answer}{namespace_part(facts.namespace)}"


def line(facts: AlertFacts, site: str, zone: ZoneInfo) -> str:
    """The alert in a line, for a summary: when it was given, and its subject."""
    return f"{facts.at.astimezone(zone):%m-%d %H:%M}  {subject(facts, site).removeprefix('[wwwatch] ')}"

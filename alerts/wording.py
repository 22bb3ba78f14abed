"""Figures in words: what the templates show and the subject says. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.figures import Incident, Span
from alerts.safe import address_command, namespace_part, told
from wwwatch.errors import SettingsError
from wwwatch.moments import iso

LONGEST_ENTITY = 60
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def site_zone(name: str) -> ZoneInfo:
    """The site's time zone. Raise SettingsError if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"site.timezone (WWWATCH_SITE__TIMEZONE) is {name!r}, which is no known time zone.",
            "Write an IANA name, such as Europe/Berlin or UTC.",
        ) from error


def plural(count: int, word: str) -> str:
    """`1 incident`, `2 incidents`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def listed(counts: Mapping[str, int]) -> str:
    """`1 critical, 2 high`."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def size(count: float) -> str:
    """Bytes in decimal units: 1234567 -> `1.2 MB`."""
    unit = 0
    while count >= 999.5 and unit < len(UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.1f} {UNITS[unit]}" if unit and count < 99.95 else f"{count:.0f} {UNITS[unit]}"


def share(part: float, whole: float) -> str:
    """`6.5 %`; small shares keep a digit that says something."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.05:
        return "<0.1 %"
    return f"{percent:.1f} %" if percent < 9.95 else f"{_short_of_all(percent):.0f} %"


def _short_of_all(percent: float) -> float:
    """Rounding must not make everything of almost everything."""
    return min(percent, 99.0) if percent < 100 else percent


def change(now: float, before: float) -> str:
    """`+12 %`, `-3 %`, `x 20`, `new`, `none before` ... against the span before."""
    if before == 0:
        return "none before" if now else "as before"
    ratio = now / before
    if ratio >= 10:
        return f"{ratio:,.0f} times"
    percent = round(100 * (ratio - 1))
    return f"{percent:+d} %" if percent else "as before"


def day_time(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-11-22 14:05`."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def span_words(span: Span, zone: ZoneInfo) -> str:
    """`2026-11-21 14:00 to 2026-11-22 14:00 Europe/Berlin`."""
    return f"{day_time(span.since, zone)} to {day_time(span.until, zone)} {zone.key}"


def length_words(length: timedelta) -> str:
    """`24 h`, `7 days`, `90 min`."""
    minutes = round(length.total_seconds() / 60)
    if minutes > 2880 and minutes % 1440 < 2:
        return f"{minutes // 1440:,} days"
    return f"{minutes // 60:,} h" if minutes % 60 == 0 and minutes else f"{minutes:,} min"


def when(incident: Incident, zone: ZoneInfo) -> str:
    """`11-22 10:02 to 10:31`: the day is told again only where it differs."""
    start, end = incident.start.astimezone(zone), incident.end.astimezone(zone)
    return f"{start:%m-%d %H:%M} to {end:{'%H:%M' if start.date() == end.date() else '%m-%d %H:%M'}}"


def who(incident: Incident) -> str:
    """The client, or the group, in a few words."""
    if incident.entity_type == "ip":
        return told(incident.entity_id, LONGEST_ENTITY)
    name = told(incident.entity_id, LONGEST_ENTITY)
    return f"{told(incident.entity_type, 20)} {name} ({plural(incident.members, 'client')})"


def incidents_command(span: Span, namespace: str, attack_class: str | None = None) -> str:
    """`wwwatch incidents ...` for the incidents of a span."""
    chosen = f" --class {attack_class}" if attack_class else ""
    return f"wwwatch incidents --since {iso(span.since)} --until {iso(span.until)}{chosen}{namespace_part(namespace)}"


def detect_command(namespace: str) -> str:
    """What judges what was not judged yet."""
    return f"wwwatch detect{namespace_part(namespace)}"


def next_command(incident: Incident, namespace: str) -> str:
    """What to type to know more of an incident."""
    command = address_command(incident.entity_id, namespace) if incident.entity_type == "ip" else None
    # A minute before and after, so that the incident itself lies within what is asked for.
    around = Span(incident.start - timedelta(minutes=1), incident.end + timedelta(minutes=1))
    return command or incidents_command(around, namespace, told(incident.attack_class, 40))


def figure(value: float) -> str:
    """A feature's figure: whole and large numbers whole, others with a digit or two."""
    if value == round(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"

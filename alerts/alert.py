"""The alert: facts in, mail and a document for programs out. Pure; the same facts give the same bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts import alert_wording, plots, safe, wording
from alerts.alert_figures import AlertFacts
from alerts.rendering import Image, Site, data_sources, environment
from wwwatch import __version__
from wwwatch.moments import iso

TOLD_FEATURES, TOLD_SAMPLES, TOLD_OTHERS, TOLD_REMEDIES = 5, 5, 10, 12
# Ready lines that are told in a mail; all of them: wwwatch ip, wwwatch blocklist.
REMEDIES = ("nginx", "apache", "nftables", "fail2ban")
SUMMARY_LINES = 50
LONGEST_SUBJECT = 160


@dataclass(frozen=True)
class Message:
    """Ready to be mailed or shown. template: of its HTML; context: what that knows; lines: it, in short."""

    subject: str
    text: str
    images: tuple[Image, ...]
    template: str
    context: Mapping[str, Any]
    lines: tuple[str, ...]
    document: Mapping[str, Any]

    def html(self, sources: Mapping[str, str]) -> str:
        """sources: image name -> where it is, a `cid:` of a mail or a `data:` address."""
        return environment().get_template(self.template).render(self.context, sources=sources)

    def page(self) -> str:
        """It as one self-contained HTML page."""
        return self.html(data_sources(self.images))


def compose(facts: AlertFacts, site: Site) -> Message:
    """Word and draw an alert. Raise SettingsError if the time zone is unknown."""
    zone = wording.site_zone(site.timezone)
    name = safe.header(safe.told(site.name, 60), 60)
    subject = safe.header(alert_wording.subject(facts, name), LONGEST_SUBJECT)
    succeeded, success = alert_wording.success(facts)
    context: dict[str, Any] = {
        "facts": facts,
        "incident": facts.incident,
        "site": name,
        "zone": zone,
        "subject": subject,
        "headline": alert_wording.headline(facts),
        "succeeded": succeeded,
        "success": "" if facts.is_self else success,
        "since": alert_wording.since(facts, zone),
        "standing": alert_wording.standing(facts),
        "rate": alert_wording.rate(facts),
        "last": alert_wording.LAST.get(facts.last, ""),
        "verdict_false": "" if facts.is_self else alert_wording.verdict_command(facts, "false"),
        "verdict_true": "" if facts.is_self else alert_wording.verdict_command(facts, "true"),
        "remedies": _remedies(facts),
        "version": __version__,
        "told_features": TOLD_FEATURES,
        "samples": alert_wording.samples(facts.incident, TOLD_SAMPLES),
        "told_others": TOLD_OTHERS,
    }
    images = () if facts.is_self or not any(p.by_status for p in facts.all.points) else (_picture(facts, zone),)
    context["images"] = {image.name: image for image in images}
    text = environment().get_template("alert.txt.jinja").render(context)
    lines = (alert_wording.line(facts, name, zone),)
    return Message(subject, text, images, "alert.html.jinja", context, lines, _document(facts, context))


def summary(lines: Sequence[str], severity: str, site: Site, namespace: str) -> Message:
    """Alerts that could not be given in their time, told in one: a line each, the rest counted.

    lines: as alerts made them. severity: of the gravest.
    """
    name = safe.header(safe.told(site.name, 60), 60)
    count = wording.plural(len(lines), "alert")
    subject = safe.header(f"[wwwatch] {severity.upper()} on {name}: {count} that could not be given in time")
    context: dict[str, Any] = {
        "subject": subject,
        "site": name,
        "severity": severity,
        "namespace": namespace,
        "count": count,
        "lines": list(lines[:SUMMARY_LINES]),
        "more": max(len(lines) - SUMMARY_LINES, 0),
        "command_line": f"wwwatch incidents{safe.namespace_part(namespace)}",
        "version": __version__,
    }
    text = environment().get_template("summary.txt.jinja").render(context)
    document = {
        "event": "summary",
        "severity": severity,
        "namespace": namespace,
        "site": name,
        "subject": subject,
        "text": "\n".join(context["lines"]) + (f"\nand {context['more']:,} more" if context["more"] else ""),
    }
    return Message(subject, text, (), "summary.html.jinja", context, tuple(lines), document)


def _picture(facts: AlertFacts, zone: Any) -> Image:
    # The alternative text is what is left of it where images are not shown: it says the same in words.
    alt = f"Requests over time. {alert_wording.rate(facts) or 'None of this client are left in the store'}."
    return Image("requests", alt, plots.alert(facts.theirs, facts.all, facts.span, facts.incident, zone))


def _remedies(facts: AlertFacts) -> dict[str, list[str]]:
    """Lines made of parsed addresses alone, whatever the incident holds; see `wwwatch.remedies`."""
    if facts.event == "closed":
        return {}
    return {name: list(facts.remedies[name]) for name in REMEDIES if 0 < len(facts.remedies.get(name, ())) <= 12}


def _document(facts: AlertFacts, context: Mapping[str, Any]) -> dict[str, Any]:
    """The alert for programs: chat servers and commands. Every text in it is safe to show."""
    incident = facts.incident
    return {
        "event": facts.event,
        "severity": incident.severity,
        "namespace": facts.namespace,
        "site": context["site"],
        "subject": context["subject"],
        "headline": context["headline"],
        "class": safe.told(incident.attack_class, 40),
        "who": wording.who(incident),
        "reason": safe.told(incident.reason, 300),
        "status": context["standing"],
        "success": context["success"],
        "rate": context["rate"],
        "technique": safe.told(incident.technique, 100),
        "incident_id": safe.told(facts.incident_id, 128),
        "start": iso(incident.start),
        "end": iso(incident.end),
        "requests": incident.requests,
        "incidents": facts.count,
        "link": facts.link,
        "remedies": context["remedies"],
        "verdict": context["verdict_false"],
        "samples": [safe.told(line, 300) for line in incident.samples[:TOLD_SAMPLES]],
    }

"""The digest: facts in, subject, text and HTML out. Pure; the same facts give the same bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts import plots, safe, wording
from alerts.figures import DigestFacts
from alerts.rendering import Image, Site, data_sources, environment
from wwwatch import __version__

TEXT_INCIDENTS = 6
PAGE_INCIDENTS = 12
TOLD_SAMPLES = 3
TOLD_FEATURES = 5
TOLD_ROWS = 6
PAGE_ROWS = 20


@dataclass(frozen=True)
class Digest:
    """A digest, ready to be shown. context: what its templates know."""

    subject: str
    text: str
    images: tuple[Image, ...]
    context: Mapping[str, Any]

    def page(self) -> str:
        """The digest as one self-contained HTML page."""
        return self.html(data_sources(self.images))

    def html(self, sources: Mapping[str, str]) -> str:
        """The page. sources: image name -> where it is, a `cid:` of a mail or a `data:` address."""
        return environment().get_template("digest.html.jinja").render(self.context, sources=sources)


def compose(facts: DigestFacts, site: Site) -> Digest:
    """Word and draw the digest. Raise SettingsError if the time zone is unknown."""
    zone = wording.site_zone(site.timezone)
    name = safe.header(site.name, 60)
    context = {
        "facts": facts,
        "site": name,
        "zone": zone,
        "subject": safe.header(wording.subject(facts, name, zone)),
        "headline": wording.headline(facts),
        "gravest": next(iter(facts.incidents.by_severity), "none" if wording.is_quiet(facts) else "unknown"),
        "version": __version__,
        "text_incidents": TEXT_INCIDENTS,
        "page_incidents": PAGE_INCIDENTS,
        "told_samples": TOLD_SAMPLES,
        "told_features": TOLD_FEATURES,
        "told_rows": TOLD_ROWS,
        "page_rows": PAGE_ROWS,
    }
    images = [
        Image("traffic", _traffic_alt(facts), plots.traffic(facts.timeline, facts.span, facts.incidents.detailed, zone))
    ]
    if facts.incidents.total:
        images.append(Image("incidents", _incidents_alt(facts), plots.incidents_by_class(facts.incidents.counts)))
    context["images"] = {image.name: image for image in images}
    text = environment().get_template("digest.txt.jinja").render(context)
    return Digest(str(context["subject"]), text, tuple(images), context)


def _traffic_alt(facts: DigestFacts) -> str:
    return (
        f"{wording.plural(facts.traffic.requests, 'request')} over time by status class; "
        f"spans with incidents are shaded"
    )


def _incidents_alt(facts: DigestFacts) -> str:
    by_class = {
        safe.told(name, 40).replace("_", " "): sum(counts.values()) for name, counts in facts.incidents.counts.items()
    }
    return f"Incidents by class: {wording.listed(by_class)}"

"""The digest: facts in, subject, text and HTML out. Pure; the same facts give the same bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from alerts import digest_wording, plots, safe, wording
from alerts.figures import DigestFacts
from alerts.rendering import Image, Site, data_sources, environment
from wwwatch import __version__

LONGEST_TEXT = 60  # lines
# A site told in full has no fewer lines.
LEAST_SECTION = 10
PAGE_INCIDENTS = 12
# Sites that are told in full on a page; of the others the answer.
PAGE_SITES = 10
TOLD_SAMPLES = 3
TOLD_FEATURES = 5
PAGE_ROWS = 20


@dataclass(frozen=True)
class Detail:
    """How many of each a section of the text tells. full: with its figures and the watch; else its answer alone."""

    incidents: int = 0
    rows: int = 0
    changes: int = 0
    verdicts: int = 0
    full: bool = True


# From the most detailed on: the first with which all sites fit is taken.
DETAILS = (
    Detail(6, 6, 5, 3), Detail(6, 3, 5, 3), Detail(6, 2, 3, 2), Detail(5, 1, 2, 1), Detail(3, 1, 1, 1),
    Detail(2, 1, 0, 0), Detail(1, 0, 0, 0), Detail(0, 0, 0, 0), Detail(full=False),
)  # fmt: skip


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


def compose(sites: Sequence[DigestFacts], site: Site) -> Digest:
    """Word and draw the digest of one site or several, of one span. Raise SettingsError if the time zone is unknown.

    site: how all of it is called, and its clock; of several, each section is called by its namespace.
    """
    zone = wording.site_zone(site.timezone)
    name = safe.header(site.name, 60)
    several = len(sites) > 1
    ordered = sorted(sites, key=digest_wording.rank) if several else list(sites)
    images = [_images(facts, number, zone) for number, facts in enumerate(ordered[:PAGE_SITES])]
    context = {
        "sites": ordered,
        "site": name,
        "zone": zone,
        "span": sites[0].span,
        "subject": safe.header(digest_wording.subject(ordered, name, zone)),
        "headline": digest_wording.headline(ordered),
        "gravest": digest_wording.gravest(ordered),
        "version": __version__,
        "page_incidents": PAGE_INCIDENTS,
        "page_sites": PAGE_SITES,
        "told_samples": TOLD_SAMPLES,
        "told_features": TOLD_FEATURES,
        "page_rows": PAGE_ROWS,
        "images": [{image.name: image for image in each} for each in images],
    }
    text = _text(context)
    return Digest(str(context["subject"]), text, tuple(image for each in images for image in each), context)


def _text(context: Mapping[str, Any]) -> str:
    """At most LONGEST_TEXT lines, whatever happened: less of each site where there are many, or much happened."""
    text = ""
    fitting = DETAILS if len(context["sites"]) * LEAST_SECTION < LONGEST_TEXT else DETAILS[-1:]
    for detail in fitting:
        text = _rendered(detail, context)
        if text.count("\n") <= LONGEST_TEXT:
            return text
    # More sites than lines: the gravest come first, the others are counted in the last line.
    lines = text.splitlines()
    shown = LONGEST_TEXT - 1
    return "\n".join([*lines[:shown], f"And {wording.plural(len(lines) - shown, 'more site')}.", ""])


def _rendered(detail: Detail, context: Mapping[str, Any]) -> str:
    template = environment().get_template("digest.txt.jinja")
    return template.render(context, detail=asdict(detail))


def _images(facts: DigestFacts, number: int, zone: Any) -> list[Image]:
    """The pictures of a site; the first site's have plain names."""
    suffix = str(number + 1) if number else ""
    found = []
    if facts.timeline.points:
        png = plots.traffic(facts.timeline, facts.span, facts.incidents.detailed, zone)
        found.append(Image(f"traffic{suffix}", _traffic_alt(facts), png))
    if facts.incidents.total:
        png = plots.incidents_by_class(facts.incidents.counts)
        found.append(Image(f"incidents{suffix}", _incidents_alt(facts), png))
    return found


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

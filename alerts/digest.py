"""The digest: facts in, subject, text and HTML out. Pure; the same facts give the same bytes."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from alerts import plots, safe, wording
from alerts.figures import DigestFacts
from wwwatch import __version__

TEXT_INCIDENTS = 6
PAGE_INCIDENTS = 12
TOLD_SAMPLES = 3
TOLD_FEATURES = 5
TOLD_ROWS = 6
PAGE_ROWS = 20


@dataclass(frozen=True)
class Site:
    """How people call the site, and its clock. zone: IANA name; the settings are checked by `wording.site_zone`."""

    name: str
    timezone: str


@dataclass(frozen=True)
class Image:
    """A picture of a message. name: unique in it, made of letters; alt: what it shows, in words."""

    name: str
    alt: str
    png: bytes


@dataclass(frozen=True)
class Digest:
    """A digest, ready to be shown. context: what its templates know."""

    subject: str
    text: str
    images: tuple[Image, ...]
    context: Mapping[str, Any]

    def page(self) -> str:
        """The digest as one self-contained HTML page."""
        return self.html(
            {image.name: f"data:image/png;base64,{b64encode(image.png).decode()}" for image in self.images}
        )

    def html(self, sources: Mapping[str, str]) -> str:
        """The page. sources: image name -> where it is, a `cid:` of a mail or a `data:` address."""
        return _environment().get_template("digest.html.jinja").render(self.context, sources=sources)


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
    text = _environment().get_template("digest.txt.jinja").render(context)
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


@cache
def _environment() -> Environment:
    """The room's templates. Everything they print passes `safe.clean`, and in HTML is escaped: none can forget it."""
    environment = Environment(
        loader=PackageLoader("alerts"),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "told": safe.told,
        "size": wording.size,
        "share": wording.share,
        "change": wording.change,
        "plural": wording.plural,
        "listed": wording.listed,
        "who": wording.who,
        "when": wording.when,
        "day_time": wording.day_time,
        "span_words": wording.span_words,
        "length_words": wording.length_words,
        "next_command": wording.next_command,
        "incidents_command": wording.incidents_command,
        "figure": wording.figure,
        "detect_command": wording.detect_command,
        "rest": wording.rest_by_class,
    }
    return environment


def _finalize(value: Any) -> Any:
    # Markup is what our own macros made, of values that passed here one by one.
    return value if hasattr(value, "__html__") else safe.clean(value)

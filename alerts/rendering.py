"""What mails and pages are made with: templates that escape everything, pictures, the site's name and clock."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from alerts import alert_wording, digest_wording, safe, wording


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


def data_sources(images: Iterable[Image]) -> dict[str, str]:
    """Image name -> itself as a `data:` address, for a page that stands alone."""
    return {image.name: f"data:image/png;base64,{b64encode(image.png).decode()}" for image in images}


@cache
def environment() -> Environment:
    """The room's templates. Everything they print passes `safe.clean`, and in HTML is escaped: none can forget it."""
    made = Environment(
        loader=PackageLoader("alerts"),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
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
        "rest": digest_wording.rest_by_class,
        "answer": digest_wording.answer,
        "asked": digest_wording.asked,
        "compared_words": digest_wording.compared_words,
        "change_of": digest_wording.change_of,
        "newcomers_words": digest_wording.newcomers_words,
        "lag_words": digest_wording.lag_words,
        "model_words": digest_wording.model_words,
        "withheld_words": digest_wording.withheld_words,
        "unknown_words": digest_wording.unknown_words,
        "site_colour": lambda facts: digest_wording.gravest([facts]),
        "named": alert_wording.named,
        "crawler": alert_wording.crawler,
        "listed_named": alert_wording.by_name,
        "namespace_part": safe.namespace_part,
    }
    return made


def _finalize(value: Any) -> Any:
    # Markup is what our own macros made, of values that passed here one by one.
    return value if hasattr(value, "__html__") else safe.clean(value)

"""The steps in their order, as the settings wish them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import polars as pl

from ingest import tags
from ingest.enrichment.filters import Filter
from ingest.enrichment.geo import Geo
from ingest.enrichment.hiding import Hide
from ingest.enrichment.pseudonyms import Pseudonyms, key_of
from ingest.enrichment.real_client import RealClient
from ingest.enrichment.tagging import WithoutTags, with_tags
from ingest.enrichment.user_agent import UserAgent
from ingest.rejects import Reject
from wwwatch.console import say
from wwwatch.errors import SettingsError
from wwwatch.ingest_settings import IngestSettings

Step = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class Enrichment:
    """steps: in order, without hide, which is the last one. constants: fields of all events, by dotted name."""

    steps: tuple[Step, ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    hide: Hide | None = None

    def apply(self, events: pl.DataFrame) -> pl.DataFrame:
        """The events after all steps; rows that are missing were dropped by a filter."""
        steps: tuple[Step, ...] = (*self.steps, self.hide) if self.hide else self.steps
        for step in steps:
            if events.is_empty():
                break
            events = step(events)
        return events

    def of_hidden(self) -> "Enrichment":
        """The same for lines in which addresses are pseudonyms already."""
        return replace(self, hide=self.hide.of_hidden() if self.hide else None)

    def of_reject(self, reject: Reject) -> Reject:
        """What is stored of a line that became no event."""
        return self.hide.of_reject(reject) if self.hide else reject

    def checked(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Lines with the check that is part of their ids in the store."""
        return self.hide.checked(lines) if self.hide else lines


NONE = Enrichment()


def of_settings(settings: IngestSettings, tell: Callable[[str], None] = say) -> Enrichment:
    """What the settings ask for, in the one order: the client first, since places and filters go by it; the user's own
    tags before filters, which may ask for them; pseudonyms last, since everything else needs what they hide.

    Raise SettingsError for what cannot be done: a package that is missing, a database that is none, no key.
    """
    steps: list[Step] = []
    if settings.tags_left_out:
        steps.append(WithoutTags(_known_tags(settings.tags_left_out)))
    if settings.real_client.trusted_proxies:
        steps.append(RealClient(settings.real_client.trusted_proxies, settings.real_client.header))
    if settings.user_agent:
        steps.append(UserAgent(settings.user_agent))
    if settings.geo.databases or settings.geo.registry:
        steps.append(Geo(settings.geo.databases, settings.geo.city, settings.geo.registry, tell))
    if settings.fields.tags:
        steps.append(partial(with_tags, names=settings.fields.tags))
    if settings.drop or settings.keep:
        steps.append(Filter(settings.drop, settings.keep))
    wish = settings.pseudonyms
    labels = {f"labels.{name}": value for name, value in settings.fields.labels.items()}
    if not (wish.addresses or wish.users):
        return Enrichment(tuple(steps), labels)
    hide = Hide(Pseudonyms(key_of(wish.key.get_secret_value())), wish.addresses, wish.users, wish.rejects == "replaced")
    return Enrichment(tuple(steps), labels, hide)


def _known_tags(names: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in names if name not in tags.NAMES]
    if unknown:
        raise SettingsError(
            f"ingest.tags_left_out: there is no tag {unknown[0]}.", f"Tags are {', '.join(tags.NAMES)}."
        )
    return names

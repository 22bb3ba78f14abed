"""Where `ship` brings lines, and where it gets them from, as its options say."""

from collections.abc import Callable
from dataclasses import replace

from ingest.commands.following import to_store
from ingest.road import Road
from ingest.source import Wishes
from wwwatch.errors import UsageError
from wwwatch.settings import Settings


def road_to(url: str | None, settings: Settings) -> Callable[[], Road]:
    """What opens the road to a topic, or to the store where none is named."""
    if url is None:
        return lambda: to_store(settings)
    from ingest.kafka.address import address_of  # noqa: PLC0415 - an extra
    from ingest.kafka.producing import TopicRoad  # noqa: PLC0415

    address = address_of(url)
    return lambda: TopicRoad(address, settings.kafka)


def of_lines(wishes: Wishes) -> Wishes:
    """The same, with lines sent as they are. Raise UsageError where they would tell what the settings hide."""
    from ingest.kafka.lines import LineConverter  # noqa: PLC0415 - an extra

    if wishes.enrichment.hide:
        raise UsageError(
            "Lines as they are would carry into the topic what ingest.pseudonyms hides.", "Add --content document."
        )
    return replace(wishes, converter=LineConverter)


def ship_from(
    url: str,
    group: str,
    settings: Settings,
    wishes: Wishes,
    follow: bool,
    as_json: bool,
    road_of: Callable[[], Road],
) -> None:
    """Read a topic."""
    from ingest.commands import topics  # noqa: PLC0415 - an extra
    from ingest.kafka.address import address_of  # noqa: PLC0415

    topics.run(settings, wishes, address_of(url), group, follow, as_json, road_of)

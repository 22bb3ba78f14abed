"""`wwwatch blocklist`: who is to be kept out, for the program that does it. It writes a list and applies nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from wwwatch import deny
from wwwatch.blocklist import sources
from wwwatch.blocklist.entries import Blocklist, blocklist
from wwwatch.blocklist.formats import FORMATS, Head
from wwwatch.console import plain_markup, print_json, say
from wwwatch.errors import SettingsError, UsageError
from wwwatch.files import write_atomically
from wwwatch.moments import Length, Moment, iso, since_option
from wwwatch.namespaces import namespace_option
from wwwatch.questions import SEVERITIES, severity_name
from wwwatch.settings import Settings, load
from wwwatch.store import connect

SPARED_TOLD = 5


@click.command("blocklist")
@click.option("--format", "format_", type=click.Choice(tuple(FORMATS)), default="plain", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Replace FILE, whole.")
@click.option("--min-severity", type=click.Choice(tuple(SEVERITIES)), default="high", show_default=True)
@click.option(
    "--expire", type=Length(), default="24h", show_default=True, help="How long after an incident's end: 90m, 24h, 7d."
)
@since_option
@click.option("--until", type=Moment(), help="As of this time, for old logs. Default: now.")
@namespace_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object an entry, instead of a format.")
@click.pass_obj
def command(
    config: Path | None,
    format_: str,
    output: Path | None,
    min_severity: str,
    expire: timedelta,
    since: datetime | None,
    until: datetime | None,
    namespace: str,
    as_json: bool,
) -> None:
    """Addresses and networks of incidents that are grave, or were said to be attacks (`wwwatch verdict`).

    Left out: what was said to be no attack, the allow list, verified crawlers, trusted proxies, this machine,
    private ranges, blocklist.never. Nothing is applied: include or load the list where it is to work.
    """
    if as_json and output:
        raise UsageError("--json prints; --output writes a format.", "Leave out one of them.")
    settings = load(config)
    _require_real_addresses(settings)
    now = until or datetime.now(UTC)
    store = connect(settings)
    ended = max(now - expire, since) if since else now - expire
    found = blocklist(
        sources.incidents(store, namespace, ended),
        SEVERITIES[min_severity],
        expire,
        now,
        sources.never(store, namespace, settings, now),
    )
    if as_json:
        print_json(_objects(found, now))
        return
    text = FORMATS[format_](Head(namespace, now), found)
    if output:
        write_atomically(output, text)
        say(f"{len(found.entries):,} entries are in {plain_markup(output)}.")
    else:
        click.echo(text, nl=False)
    _tell(found)


def _require_real_addresses(settings: Settings) -> None:
    """A pseudonym is somebody else's address: to block it would keep a stranger out."""
    if settings.ingest.pseudonyms.addresses:
        raise SettingsError(
            "Addresses are stored as pseudonyms (ingest.pseudonyms.addresses): a list would keep strangers out.",
            "Look up who it is: wwwatch pseudonym --original ADDRESS",
        )


def _objects(found: Blocklist, now: datetime) -> Iterator[dict[str, Any]]:
    for entry in found.entries:
        yield {
            "network": deny.shown(entry.network),
            "version": entry.network.version,
            "expires_at": iso(entry.expires_at),
            "expires_in_seconds": round((entry.expires_at - now).total_seconds()),
            "severity": severity_name(entry.severity),
            "class": entry.attack_class,
            "incident_ids": list(entry.incident_ids),
            "reason": entry.reason,
        }


def _tell(found: Blocklist) -> None:
    """What the list does not say: who was left out, and why."""
    for network, why in list(found.spared.items())[:SPARED_TOLD]:
        say(f"Left out: {deny.shown(network)}, {plain_markup(why)}.")
    if len(found.spared) > SPARED_TOLD:
        say(f"Left out: {len(found.spared) - SPARED_TOLD:,} more.")
    if found.nameless:
        say(f"{found.nameless:,} incidents name no address that could be kept out.")

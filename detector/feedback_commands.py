"""`wwwatch verdict`, `allow`, `maintenance`: what people tell the detector."""

from datetime import UTC, datetime
from pathlib import Path

import click

from detector import feedback
from detector.options import json_lines_option, open_store
from wwwatch import control
from wwwatch.console import plain_markup, print_json, print_table, say
from wwwatch.moments import Moment, iso
from wwwatch.namespaces import namespace_option
from wwwatch.selfwatch import incidents as selfwatch
from wwwatch.settings import load
from wwwatch.store import connect

reason_option = click.option("--reason", required=True, help="Why, for whoever reads the list later.")


@click.command()
@click.argument("incident")
@click.argument("hostile", type=click.Choice(("true", "false")))
@click.option("--note", default="", help="Why.")
@namespace_option
@click.pass_obj
def verdict(config: Path | None, incident: str, hostile: str, note: str, namespace: str) -> None:
    """Say whether INCIDENT (its id, or the beginning of it) was an attack (true) or not (false).

    The next training learns it. After a false verdict, this entity is not raised with this class again. Of an incident
    of the watch itself: whether something was wrong.
    """
    store = open_store(config)
    if own := selfwatch.say(store, namespace, incident, hostile == "true", note):
        what = "right" if hostile == "true" else "no trouble: closed, and not opened again before it was well once"
        say(f"Noted: {plain_markup(own['rule']['name'])}, {plain_markup(own['wwwatch']['entity']['id'])}, was {what}.")
        return
    said = feedback.judge(store, namespace, incident, hostile == "true", note, datetime.now(UTC))
    who = "clients of the site" if said.entity_type == "site" else f"{said.entity_type} {said.entity_id}"
    say(f"Noted: {said.attack_class} by {plain_markup(who)} was {'an attack' if said.hostile else 'none'}.")
    say("The next training learns it: wwwatch train")


@click.group()
def allow() -> None:
    """Addresses and networks that raise no incident. What they do is recorded all the same."""


@allow.command("add")
@click.argument("network")
@reason_option
@click.option("--expires", type=Moment(), help="Until when; default: for ever.")
@namespace_option
@click.pass_obj
def allow_add(config: Path | None, network: str, reason: str, expires: datetime | None, namespace: str) -> None:
    """Allow NETWORK, an address or a network such as 198.51.100.0/24."""
    wanted = control.as_network(network)
    entry, taken_back = feedback.allow(open_store(config), namespace, wanted, reason, expires, datetime.now(UTC))
    until = f"until {entry.expires_at}" if entry.expires_at else "for ever"
    say(f"{entry.network} is allowed {until}; {taken_back:,} open anomalies taken back.")


@allow.command("list")
@namespace_option
@json_lines_option
@click.pass_obj
def allow_list(config: Path | None, namespace: str, as_json: bool) -> None:
    """What is allowed, why, and until when."""
    found = [
        {
            "network": str(entry.network),
            "reason": entry.reason,
            "created": entry.created_at,
            "expires": entry.expires_at,
            "expired": entry.expires_at is not None and entry.expires_at <= iso(datetime.now(UTC)),
        }
        for entry in control.allowed(connect(load(config)), namespace)
    ]
    if as_json:
        print_json(found)
    else:
        rows = [(e["network"], e["reason"], e["expires"] or "never", "expired" if e["expired"] else "") for e in found]
        print_table(f"Allowed in {namespace}", ("network", "reason", "expires", ""), rows)


@allow.command("remove")
@click.argument("network")
@namespace_option
@click.pass_obj
def allow_remove(config: Path | None, network: str, namespace: str) -> None:
    """Take NETWORK off the list."""
    wanted = control.as_network(network)
    control.disallow(open_store(config), namespace, wanted)
    say(f"{wanted} is not allowed any more. To judge what it did meanwhile: wwwatch detect --since ...")


@click.group()
def maintenance() -> None:
    """Spans of event time in which nothing is raised: moves, load tests, penetration tests."""


@maintenance.command("add")
@click.option("--since", type=Moment(), required=True, help="Begin: ISO 8601, or relative such as -1h.")
@click.option("--until", type=Moment(), required=True, help="End.")
@reason_option
@namespace_option
@click.pass_obj
def maintenance_add(config: Path | None, since: datetime, until: datetime, reason: str, namespace: str) -> None:
    """Announce maintenance."""
    entry, taken_back = feedback.silence(open_store(config), namespace, since, until, reason, datetime.now(UTC))
    say(f"Maintenance {entry.id} from {entry.since} to {entry.until}; {taken_back:,} open anomalies taken back.")


@maintenance.command("list")
@namespace_option
@json_lines_option
@click.pass_obj
def maintenance_list(config: Path | None, namespace: str, as_json: bool) -> None:
    """Every maintenance, oldest first."""
    found = [vars(entry) for entry in control.silences(connect(load(config)), namespace)]
    if as_json:
        print_json(found)
    else:
        rows = [(entry["id"], entry["since"], entry["until"], entry["reason"]) for entry in found]
        print_table(f"Maintenance of {namespace}", ("id", "since", "until", "reason"), rows)


@maintenance.command("remove")
@click.argument("id_", metavar="ID")
@namespace_option
@click.pass_obj
def maintenance_remove(config: Path | None, id_: str, namespace: str) -> None:
    """Forget the maintenance with this ID."""
    control.end_silence(open_store(config), namespace, id_)
    say(f"Maintenance {plain_markup(id_)} is forgotten. To judge that span: wwwatch detect --since ... --until ...")

